//! What the file for Camunda 8 says in words of its own, and what the one for all other engines does.
//!
//! Must not know: which states, arrows or timers there are.
//!
//! In the generic file everything beyond BPMN stands in one namespace: a `property` names a constant, an `input` is FEEL
//! that is computed when work arrives, a `result` is the variable that takes what a called process ends with, and the
//! value of a script is a context whose entries are set as variables.

use super::feel;
use super::form::ACCEPT;
use super::graph::{Kind, Node};
use super::write::Document;
use super::xml::Element;

/// The language of every condition and script.
pub(super) const FEEL: &str = "https://www.omg.org/spec/DMN/20191111/FEEL/";

/// The namespace of what is not BPMN in the generic file.
const OURS: &str = "https://github.com/baton-lang/baton/bpmn";
const ZEEBE: &str = "http://camunda.org/schema/zeebe/1.0";
const MODELER: &str = "http://camunda.org/schema/modeler/1.0";

/// The version of Camunda that has everything that is used here: listeners of user tasks that can refuse.
const CAMUNDA: &str = "8.8.0";

/// The listener by which the worker looks at what people submit.
const DOOR: &str = "baton-door";

/// A form gives an empty text where nobody has written a reason.
const BY_HAND: &str =
    r#"{made: reply.made, decision: reply.decision, fail: if reply.fail = "" then null else reply.fail}"#;

/// For which engine a file is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Flavour {
    Camunda8,
    Generic,
}

impl Flavour {
    pub(super) const ALL: [Flavour; 2] = [Flavour::Camunda8, Flavour::Generic];

    /// The folder of its files.
    pub(super) fn folder(self) -> &'static str {
        match self {
            Flavour::Camunda8 => "camunda8",
            Flavour::Generic => "generic",
        }
    }

    pub(super) fn root(self, root: Element) -> Element {
        match self {
            Flavour::Camunda8 => root
                .with("xmlns:zeebe", ZEEBE)
                .with("xmlns:modeler", MODELER)
                .with("modeler:executionPlatform", "Camunda Cloud")
                .with("modeler:executionPlatformVersion", CAMUNDA),
            Flavour::Generic => root.with("xmlns:baton", OURS).with("expressionLanguage", FEEL),
        }
    }

    /// What is said of the process as a whole: the version of its plan.
    pub(super) fn process(self, document: &Document<'_>) -> Option<Element> {
        let hash = document.build.plan.hash.as_str();
        let said = match self {
            Flavour::Camunda8 => Element::new("zeebe:versionTag").with("value", hash),
            Flavour::Generic => property("baton:property", "plan", hash),
        };
        Some(Element::new("bpmn:extensionElements").holding([said]))
    }

    pub(super) fn condition(self, condition: &str) -> Element {
        let expression = Element::new("bpmn:conditionExpression").with("xsi:type", "bpmn:tFormalExpression");
        match self {
            Flavour::Camunda8 => expression.saying(format!("={condition}")),
            Flavour::Generic => expression.with("language", FEEL).saying(condition),
        }
    }

    pub(super) fn attributes(self, element: Element, kind: &Kind) -> Element {
        match (self, kind) {
            (Flavour::Generic, Kind::Script(_)) => element.with("scriptFormat", FEEL),
            (Flavour::Generic, Kind::Call { process, .. }) => element.with("calledElement", process.as_str()),
            _ => element,
        }
    }

    /// What stands behind an element's ways in and out.
    pub(super) fn content(self, kind: &Kind) -> Option<Element> {
        match (self, kind) {
            (Flavour::Generic, Kind::Script(sets)) => Some(Element::new("bpmn:script").saying(value(sets))),
            (Flavour::Generic, Kind::User { owner, .. }) => {
                let expression = Element::new("bpmn:formalExpression").saying(feel::text(owner));
                let assigned = Element::new("bpmn:resourceAssignmentExpression").holding([expression]);
                Some(Element::new("bpmn:potentialOwner").holding([assigned]))
            }
            _ => None,
        }
    }

    pub(super) fn extension(self, document: &Document<'_>, node: &Node) -> Option<Element> {
        let said = match self {
            Flavour::Camunda8 => camunda(document, node),
            Flavour::Generic => generic(node),
        };
        let extension = Element::new("bpmn:extensionElements").holding(said);
        (!extension.is_empty()).then_some(extension)
    }
}

fn property(element: &'static str, name: &str, value: &str) -> Element {
    Element::new(element).with("name", name).with("value", value)
}

/// The value of a script: what it sets.
fn value(sets: &[(String, String)]) -> String {
    feel::context(sets.iter().map(|(name, value)| (name, value.clone())))
}

fn generic(node: &Node) -> Vec<Element> {
    let mut said: Vec<_> =
        node.says.iter().map(|(name, value)| property("baton:property", name, value)).collect();
    if let Kind::Service { job, .. } = &node.kind {
        said.push(property("baton:property", "job", job));
    }
    said.extend(node.input.iter().map(|(name, feel)| property("baton:input", name, feel)));
    if let Kind::Call { result, .. } = &node.kind {
        said.push(Element::new("baton:result").with("name", result.as_str()));
    }
    said
}

fn camunda(document: &Document<'_>, node: &Node) -> Vec<Element> {
    let source = |feel: &str| format!("={feel}");
    let output = |feel: &str, target: &str| {
        Element::new("zeebe:output").with("source", source(feel)).with("target", target)
    };
    let inputs = node
        .input
        .iter()
        .map(|(name, feel)| Element::new("zeebe:input").with("source", source(feel)).with("target", *name));
    let mapping = Element::new("zeebe:ioMapping").holding(inputs);
    // Whoever only acknowledges receipt brings nothing.
    let accepts = node.says.iter().any(|(name, _)| *name == "expects");
    let reply = || output(if accepts { "null" } else { "reply" }, "reply");
    match &node.kind {
        Kind::Service { job, retries } => {
            let definition = Element::new("zeebe:taskDefinition").with("type", job.as_str());
            vec![definition.with("retries", retries.to_string()), mapping.holding([reply()]), headers(node)]
        }
        Kind::User { owner, due, form } => {
            let listener = |event: &str| {
                Element::new("zeebe:taskListener")
                    .with("eventType", event)
                    .with("type", DOOR)
                    .with("retries", "3")
            };
            let listeners = ["creating", "completing", "canceling"].map(listener);
            vec![
                Element::new("zeebe:userTask"),
                Element::new("zeebe:formDefinition").with("formId", if accepts { ACCEPT } else { form }),
                Element::new("zeebe:assignmentDefinition").with("candidateGroups", owner.as_str()),
                Element::new("zeebe:taskSchedule").with("dueDate", source(due)),
                mapping.holding([if accepts { reply() } else { output(BY_HAND, "reply") }]),
                headers(node),
                Element::new("zeebe:taskListeners").holding(listeners),
            ]
        }
        Kind::Script(sets) => {
            let script = Element::new("zeebe:script")
                .with("expression", source(&value(sets)))
                .with("resultVariable", "result");
            let outputs = sets.iter().map(|(name, _)| output(&format!("result.{name}"), name));
            vec![script, mapping.holding(outputs)].into_iter().chain(properties(node)).collect()
        }
        Kind::Call { process, result } => {
            let called = Element::new("zeebe:calledElement")
                .with("processId", process.as_str())
                .with("propagateAllChildVariables", "false")
                .with("propagateAllParentVariables", "false")
                .with("bindingType", "versionTag")
                .with("versionTag", document.build.plan.hash.as_str());
            let mapping = mapping.holding([output("outcome", result)]);
            vec![called, mapping].into_iter().chain(properties(node)).collect()
        }
        Kind::Outcome(outcome) => {
            let sets = [output(outcome, "outcome"), output("null", "work"), output("null", "reply")];
            vec![mapping.holding(sets)].into_iter().chain(properties(node)).collect()
        }
        _ => properties(node).into_iter().collect(),
    }
}

/// What a worker is told of a job beside its variables.
fn headers(node: &Node) -> Element {
    let header = |(name, value): &(&'static str, String)| {
        Element::new("zeebe:header").with("key", *name).with("value", value.as_str())
    };
    Element::new("zeebe:taskHeaders").holding(node.says.iter().map(header))
}

/// What is said of a node that is no job.
fn properties(node: &Node) -> Option<Element> {
    let said = node.says.iter().map(|(name, value)| property("zeebe:property", name, value));
    let properties = Element::new("zeebe:properties").holding(said);
    (!properties.is_empty()).then_some(properties)
}
