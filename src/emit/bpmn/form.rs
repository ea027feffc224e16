//! The forms that people fill in, as Camunda has them: what they make, the options, and a reason if they can't.
//!
//! Must not know: where a task stands. A form helps people; whether what they send fits, the door decides.

use serde_json::{Value, json};

use super::{Build, names};
use crate::plan::{ActorKind, Approval, Bounds, Field, Flow, Kind, State, Type};

/// The form by which people acknowledge receipt.
pub(super) const ACCEPT: &str = "baton.accept";

/// The deepest record whose fields get inputs of their own.
const DEEPEST: usize = 4;

/// The id of a state's form.
pub(super) fn id(build: &Build<'_>, flow: &Flow, name: &str, state: &str) -> String {
    format!("{}.{}", build.process_id(name), names::state(flow, state))
}

/// The forms of a flow by their ids.
pub(super) fn forms(build: &Build<'_>, name: &str, flow: &Flow) -> Vec<(String, Value)> {
    let by_hand = |state: &State| {
        let kind = build.plan.actors.get(&state.owner).map(|actor| actor.kind);
        kind == Some(ActorKind::Human) && matches!(state.kind, Kind::State | Kind::Approval(_))
    };
    let states: Vec<_> = flow.states.iter().filter(|(_, state)| by_hand(state)).collect();
    let mut forms: Vec<_> = states
        .iter()
        .map(|(state_name, state)| {
            let id = id(build, flow, name, state_name);
            let form = document(&id, components(build, flow, state));
            (id, form)
        })
        .collect();
    if states.iter().any(|(_, state)| state.accept.is_some()) {
        let words = text("Submit this form once the work has reached you.");
        forms.push((ACCEPT.to_owned(), document(ACCEPT, vec![words])));
    }
    forms
}

fn document(id: &str, components: Vec<Value>) -> Value {
    json!({ "id": id, "type": "default", "schemaVersion": 18, "components": components })
}

fn text(words: &str) -> Value {
    json!({ "type": "text", "text": words })
}

fn components(build: &Build<'_>, flow: &Flow, state: &State) -> Vec<Value> {
    let mut all = vec![text(&state.goal)];
    if let Kind::Approval(approval) = &state.kind {
        all.extend([text(&approval.question), options(approval)]);
    }
    for name in &state.makes {
        if let Some(field) = flow.context.get(name) {
            input(build, &format!("reply.made.{name}"), name, field, DEEPEST, &mut all);
        }
    }
    all.push(json!({ "type": "textfield", "key": "reply.fail", "label": "If you can't: why?" }));
    all
}

fn options(approval: &Approval) -> Value {
    let values = approval.options.iter().map(|option| json!({ "label": option.name, "value": option.name }));
    let values: Vec<_> = values.collect();
    json!({ "type": "radio", "key": "reply.decision", "label": "Decision", "values": values })
}

/// The inputs of a field. What no input can hold is answered by the worker's command.
fn input(build: &Build<'_>, key: &str, label: &str, field: &Field, deeper: usize, all: &mut Vec<Value>) {
    if let Type::Asset(name) = &field.ty {
        let fields = build.plan.assets.get(name).into_iter().flat_map(|asset| &asset.fields);
        for (name, field) in fields.filter(|_| deeper > 0) {
            input(build, &format!("{key}.{name}"), &format!("{label}: {name}"), field, deeper - 1, all);
        }
        return;
    }
    let Some(mut component) = component(build, &field.ty) else { return };
    if let Value::Object(members) = &mut component {
        members.insert("key".to_owned(), key.into());
        members.insert("label".to_owned(), label.into());
    }
    all.push(component);
}

fn component(build: &Build<'_>, ty: &Type) -> Option<Value> {
    Some(match ty {
        Type::Text { max } => json!({ "type": "textarea", "validate": { "maxLength": max } }),
        Type::Url => json!({ "type": "textfield", "description": "https://…" }),
        Type::Bool => json!({ "type": "checkbox" }),
        Type::Int(bounds) => number(bounds, Some(0)),
        Type::Number(bounds) => number(bounds, None),
        Type::Percent => {
            json!({ "type": "number", "description": "0.8 for 80%", "validate": { "min": 0, "max": 1 } })
        }
        Type::Duration => json!({ "type": "number", "description": "seconds", "validate": { "min": 0 } }),
        Type::Money(currency) => {
            json!({ "type": "number", "description": currency, "validate": { "min": 0 } })
        }
        Type::Date => json!({ "type": "datetime", "subtype": "date" }),
        Type::Enum(name) => {
            let members = build.plan.enums.get(name).into_iter().flat_map(|closed| &closed.members);
            let values: Vec<_> = members.map(|member| json!({ "label": member, "value": member })).collect();
            json!({ "type": "select", "values": values })
        }
        Type::Asset(_) | Type::List { .. } => return None,
    })
}

fn number(bounds: &Bounds, digits: Option<u64>) -> Value {
    json!({
        "type": "number",
        "decimalDigits": digits,
        "validate": { "min": bounds.low, "max": bounds.high },
    })
}
