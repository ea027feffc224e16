//! The SAM template: a queue, a dead-letter queue and a worker for each owner, a machine for each flow, the table of
//! visits, and the two doors: for sources and for people's answers.
//!
//! Must not know: what is in a definition.

use indexmap::IndexSet;
use serde_json::{Map, Value, json};

use super::Build;
use crate::emit::yaml::yaml;
use crate::plan::{Actor, ActorKind, Flow, Kind};

/// The longest that a Lambda function may run, in seconds.
const LONGEST: u64 = 900;

/// Seconds for a function that has no owner to wait for.
const SHORT: u64 = 60;

/// Seconds that the worker keeps of its time to record an attempt; `MARGIN` in the worker.
const MARGIN: u64 = 5;

/// The template, as YAML.
pub(super) fn template(build: &Build<'_>) -> String {
    let mut resources = Map::new();
    resources.insert("Visits".into(), visits());
    for (owner, stem) in build.ids.owners() {
        if let Some(actor) = build.plan.actors.get(owner) {
            resources.extend(owner_resources(build, owner, stem, actor));
        }
    }
    for (name, flow) in &build.plan.flows {
        resources.insert(build.ids.machine(name), machine(build, name, flow));
    }
    resources.insert("Submit".into(), submit(build));
    resources.insert("Answer".into(), answer(build));
    if !build.called.is_empty() {
        resources.insert("Died".into(), died(build));
    }
    let marking = build.clock.marking().unwrap_or_default();
    let template = json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::Serverless-2016-10-31",
        "Description": format!("{marking}Pipelines compiled by Baton, plan {}", build.plan.hash),
        "Globals": { "Function": { "Runtime": "python3.12", "Architectures": ["arm64"], "CodeUri": "worker/", "Tracing": "Active" } },
        "Parameters": parameters(),
        "Resources": resources,
        "Outputs": outputs(build),
    });
    yaml(&template)
}

/// How people are told of open visits, beside the mails to their addresses.
fn parameters() -> Value {
    let text = "The URL of a webhook, or a command, that is told when work waits for people; empty for none";
    let ahead = "So many seconds before it is too late people are told again; 0 for never";
    json!({
        "Notify": { "Type": "String", "Default": "", "Description": text },
        "Remind": { "Type": "Number", "Default": 0, "MinValue": 0, "Description": ahead },
    })
}

/// What the workers remember of each visit: its token, its task until it is answered, and the answer.
fn visits() -> Value {
    let key = |name: &str, kind: &str| json!({ "AttributeName": name, "KeyType": kind });
    let text = |name: &str| json!({ "AttributeName": name, "AttributeType": "S" });
    json!({
        "Type": "AWS::DynamoDB::Table",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [text("visit"), text("waits_for"), text("arrived")],
            "KeySchema": [key("visit", "HASH")],
            "GlobalSecondaryIndexes": [{
                "IndexName": "waits_for",
                "KeySchema": [key("waits_for", "HASH"), key("arrived", "RANGE")],
                "Projection": { "ProjectionType": "ALL" },
            }],
            "TimeToLiveSpecification": { "AttributeName": "expires", "Enabled": true },
            "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": true },
            "SSESpecification": { "SSEEnabled": true },
        },
    })
}

fn owner_resources(build: &Build<'_>, owner: &str, stem: &str, actor: &Actor) -> Vec<(String, Value)> {
    let queue = build.ids.queue(owner);
    let dead = format!("{stem}DeadLetters");
    let seconds = longest_attempt(build, owner);
    let mail = actor.kind == ActorKind::Human && is_mail_address(&actor.binding.text);
    let topic = mail.then(|| format!("{stem}Topic"));
    let mut resources = vec![
        (
            dead.clone(),
            json!({
                "Type": "AWS::SQS::Queue",
                "Properties": { "MessageRetentionPeriod": 14 * 24 * 3600, "SqsManagedSseEnabled": true },
            }),
        ),
        (
            queue.clone(),
            json!({
                "Type": "AWS::SQS::Queue",
                "Properties": {
                    "SqsManagedSseEnabled": true,
                    "VisibilityTimeout": seconds + SHORT,
                    "RedrivePolicy": { "deadLetterTargetArn": attribute(&dead, "Arn"), "maxReceiveCount": 5 },
                },
            }),
        ),
    ];
    if let Some(topic) = &topic {
        let subscription = json!({ "Protocol": "email", "Endpoint": actor.binding.text });
        let properties = json!({ "Subscription": [subscription], "KmsMasterKeyId": "alias/aws/sns" });
        resources.push((topic.clone(), json!({ "Type": "AWS::SNS::Topic", "Properties": properties })));
    }
    resources.push((format!("{stem}Worker"), worker(actor, owner, &queue, seconds, topic.as_deref())));
    resources
}

/// Whether mail can go there: `name@host.domain`, as SNS takes it. Other contacts (`@team`, a telephone) are told by
/// the webhook, or look into the inbox.
fn is_mail_address(contact: &str) -> bool {
    let word = |part: &str, others: &str| {
        !part.is_empty()
            && part.split('.').all(|label| {
                !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || others.contains(c))
            })
    };
    let Some((name, host)) = contact.split_once('@') else { return false };
    word(name, "!#$%&'*+-/=?^_`{|}~") && host.contains('.') && word(host, "-")
}

/// One function an owner, so that each has its own time, its own rights and its own throttle.
fn worker(actor: &Actor, owner: &str, queue: &str, seconds: u64, topic: Option<&str>) -> Value {
    let mut environment = Map::from_iter([("BATON_TABLE".to_owned(), reference("Visits"))]);
    let mut policies = vec![
        allow(&["dynamodb:GetItem", "dynamodb:UpdateItem"], attribute("Visits", "Arn")),
        allow(&["sqs:GetQueueUrl", "sqs:SendMessage"], attribute(queue, "Arn")),
        allow(&["states:SendTaskSuccess", "states:SendTaskFailure"], "*".into()),
    ];
    if is_by_hand(actor) {
        environment.insert("BATON_NOTIFY".into(), reference("Notify"));
        environment.insert("BATON_REMIND".into(), reference("Remind"));
    }
    if let Some(topic) = topic {
        environment.insert("BATON_TOPIC".into(), reference(topic));
        policies.push(json!({ "SNSPublishMessagePolicy": { "TopicName": attribute(topic, "TopicName") } }));
    }
    if actor.kind == ActorKind::Model {
        let models = ["foundation-model/*", "inference-profile/*"];
        let arns =
            models.map(|model| json!({ "Fn::Sub": format!("arn:${{AWS::Partition}}:bedrock:*:*:{model}") }));
        policies.push(allow(&["bedrock:InvokeModel"], json!(arns)));
    }
    let queue = json!({ "Queue": attribute(queue, "Arn"), "BatchSize": 1, "FunctionResponseTypes": ["ReportBatchItemFailures"] });
    json!({
        "Type": "AWS::Serverless::Function",
        "Properties": {
            "Description": format!("Hands work to {owner}: {}", actor.binding.text).chars().take(256).collect::<String>(),
            "Handler": "worker.handler",
            "Timeout": seconds,
            "Environment": { "Variables": environment },
            "Policies": policies,
            "Events": { "Work": { "Type": "SQS", "Properties": queue } },
        },
    })
}

/// The longest that one attempt of this owner may take, as far as a function can run.
fn longest_attempt(build: &Build<'_>, owner: &str) -> u64 {
    let owned_by = |name: &str| build.plan.actors.get(name).is_some_and(|actor| actor.owner == owner);
    let by_hand = build.plan.actors.get(owner).is_some_and(is_by_hand);
    let states = build.plan.flows.values().flat_map(|flow| flow.states.values());
    let deadlines =
        states.filter(|state| owned_by(&state.owner)).map(|state| build.clock.limits(state).deadline);
    let longest = deadlines.max().unwrap_or(SHORT).saturating_add(MARGIN);
    if by_hand { SHORT } else { longest.clamp(SHORT, LONGEST) }
}

/// Its visits stay open until somebody answers them.
fn is_by_hand(actor: &Actor) -> bool {
    matches!(actor.kind, ActorKind::Human | ActorKind::Queue)
}

fn machine(build: &Build<'_>, name: &str, flow: &Flow) -> Value {
    let (queues, machines) = reached(build, flow);
    let substitutions: Map<_, _> =
        queues.iter().chain(&machines).map(|id| (id.clone(), reference(id))).collect();
    let queues = queues
        .iter()
        .map(|id| json!({ "SQSSendMessagePolicy": { "QueueName": attribute(id, "QueueName") } }));
    let machines = machines
        .iter()
        .map(|id| json!({ "StepFunctionsExecutionPolicy": { "StateMachineName": attribute(id, "Name") } }));
    let answers = allow(&["states:SendTaskSuccess", "states:SendTaskFailure"], "*".into());
    let called = flow.intakes.values().any(|intake| intake.from.is_none()) || build.called.contains(name);
    let policies: Vec<_> = queues.chain(machines).chain(called.then_some(answers)).collect();
    json!({
        "Type": "AWS::Serverless::StateMachine",
        "Properties": {
            "Type": "STANDARD",
            "DefinitionUri": format!("{name}.asl.json"),
            "DefinitionSubstitutions": substitutions,
            "Policies": policies,
            "Tracing": { "Enabled": true },
        },
    })
}

/// The queues and the machines that a flow's definition names.
fn reached(build: &Build<'_>, flow: &Flow) -> (IndexSet<String>, IndexSet<String>) {
    let mut queues = IndexSet::new();
    let mut machines = IndexSet::new();
    for state in flow.states.values() {
        match &state.kind {
            Kind::State | Kind::Approval(_) => {
                let owner = build.plan.actors.get(&state.owner).map_or(&state.owner, |actor| &actor.owner);
                queues.insert(build.ids.queue(owner));
            }
            Kind::Call(call) => machines.extend(call.runs.iter().map(|run| build.ids.machine(&run.flow))),
            Kind::Wait { .. } => {}
        }
    }
    (queues, machines)
}

/// The door for sources: checks a record and starts an execution.
fn submit(build: &Build<'_>) -> Value {
    let start = build.plan.flows.keys().map(|flow| {
        json!({ "StepFunctionsExecutionPolicy": { "StateMachineName": attribute(&build.ids.machine(flow), "Name") } })
    });
    let claim = allow(&["dynamodb:UpdateItem"], attribute("Visits", "Arn"));
    let environment = json!({
        "BATON_MACHINES": machines(build),
        "BATON_TABLE": reference("Visits"),
    });
    json!({
        "Type": "AWS::Serverless::Function",
        "Properties": {
            "Description": "The door for sources: {flow, intake, raw, item?}",
            "Handler": "worker.submit_handler",
            "Timeout": SHORT,
            "Environment": { "Variables": environment },
            "Policies": start.chain([claim]).collect::<Vec<_>>(),
        },
    })
}

/// Each flow's machine, as JSON.
fn machines(build: &Build<'_>) -> Value {
    let ids = build.plan.flows.keys().map(|flow| (flow, build.ids.machine(flow)));
    let machines: Map<_, _> = ids.map(|(flow, id)| (flow.to_string(), format!("${{{id}}}").into())).collect();
    json!({ "Fn::Sub": Value::from(machines).to_string() })
}

/// The door for people's answers. What they fail and may try again goes back into their queues.
fn answer(build: &Build<'_>) -> Value {
    let index = json!({ "Fn::Sub": "${Visits.Arn}/index/waits_for" });
    let mut policies = vec![
        allow(&["dynamodb:GetItem", "dynamodb:UpdateItem"], attribute("Visits", "Arn")),
        allow(&["dynamodb:Query"], index),
        allow(&["states:SendTaskSuccess", "states:SendTaskFailure"], "*".into()),
    ];
    let by_hand = |owner: &str| build.plan.actors.get(owner).is_some_and(is_by_hand);
    let queues = build.ids.owners().filter(|(owner, _)| by_hand(owner));
    let queues: Vec<_> = queues.map(|(owner, _)| attribute(&build.ids.queue(owner), "Arn")).collect();
    if !queues.is_empty() {
        policies.push(allow(&["sqs:SendMessage"], queues.into()));
    }
    json!({
        "Type": "AWS::Serverless::Function",
        "Properties": {
            "Description": "The door for answers: {visit, made, decision?}, {visit, accept}, {visit, fail} or {open: owner}",
            "Handler": "worker.answer_handler",
            "Timeout": SHORT,
            "Environment": { "Variables": { "BATON_TABLE": reference("Visits") } },
            "Policies": policies,
        },
    })
}

/// Answers for runs that have come to no end: stopped by hand, or by the engine itself. A caller would wait until its
/// deadline. Where an end has told the caller already, this changes nothing.
fn died(build: &Build<'_>) -> Value {
    let called = build.called.iter().map(|flow| build.ids.machine(flow));
    let (machines, names): (Vec<_>, Vec<_>) =
        called.map(|id| (reference(&id), attribute(&id, "Name"))).unzip();
    let executions = names.into_iter().map(|name| {
        let arn = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:execution:${Name}:*";
        json!({ "Fn::Sub": [arn, { "Name": name }] })
    });
    let pattern = json!({
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": { "status": ["FAILED", "TIMED_OUT", "ABORTED"], "stateMachineArn": machines },
    });
    json!({
        "Type": "AWS::Serverless::Function",
        "Properties": {
            "Description": "Tells the caller of a run that has come to no end",
            "Handler": "worker.died_handler",
            "Timeout": SHORT,
            "Policies": [
                allow(&["states:DescribeExecution"], executions.collect()),
                allow(&["states:SendTaskFailure"], "*".into()),
            ],
            "Events": { "Died": { "Type": "EventBridgeRule", "Properties": { "Pattern": pattern } } },
        },
    })
}

fn outputs(build: &Build<'_>) -> Value {
    let each = build.plan.flows.keys().map(|flow| build.ids.machine(flow));
    let ids = each.chain(["Submit", "Answer", "Visits"].map(str::to_owned));
    let all = ("Machines".to_owned(), json!({ "Value": machines(build) }));
    ids.map(|id| (id.clone(), json!({ "Value": reference(&id) }))).chain([all]).collect::<Map<_, _>>().into()
}

fn allow(actions: &[&str], resource: Value) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": actions, "Resource": resource }] })
}

fn reference(id: &str) -> Value {
    json!({ "Ref": id })
}

fn attribute(id: &str, name: &str) -> Value {
    json!({ "Fn::GetAtt": [id, name] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_mail_addresses_are_mailed() {
        for address in ["legal@example.com", "first.last+flow@mail.example.co.uk"] {
            assert!(is_mail_address(address), "{address}");
        }
        for other in [
            "@legal",
            "legal@",
            "legal@localhost",
            "a@b@example.com",
            "#legal @ chat.example.com",
            "a..b@x.org",
        ] {
            assert!(!is_mail_address(other), "{other}");
        }
    }
}
