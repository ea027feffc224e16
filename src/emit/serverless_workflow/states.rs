//! The states of a flow: who works, waits or runs, by when, and where each outcome leads.
//!
//! Must not know: what an arrow carries.
//!
//! A visit goes through `S/arrive` (counts it), `S/work` (within its times: the owner is told, and heard), `S/leave` (by
//! which cause) and `S/decide` (the guards); every way out is an arrow. A `wait` is `S/time`.

use serde_json::{Map, Value, json};
use smol_str::SmolStr;

use super::jq::{self, Scope, expression, quoted};
use super::names::{self, GAP, NAMESPACE};
use super::workflow::{Workflow, cases, error, insert, named};
use crate::emit::schema;
use crate::plan::{ActorKind, Call, Kind, PROTOCOL, Run, State, Timer, When};

/// The error of a time-out.
pub(super) const TIMEOUT: &str = "https://serverlessworkflow.io/spec/1.0.0/errors/timeout";
/// Whatever is said, an object is kept of it.
const HEARD: &str =
    "$context + {accepted: true, reply: (.[0] | if type == \"object\" then . else {made: .} end)}";
/// All that a reply may say.
const SAID: &str =
    "($context.reply | keys - [\"visit\", \"made\", \"decision\", \"accept\", \"fail\"] == [])";
const UNACCEPTED: &str = "unaccepted";

impl Workflow<'_> {
    pub(super) fn state(&mut self, name: &SmolStr, state: &State) {
        if let Kind::Wait { time } = &state.kind {
            return self.wait(name, time);
        }
        self.arrive(name);
        let work = match &state.kind {
            Kind::Call(call) => vec![self.call(name, state, call)],
            _ => vec![named("in-time", self.in_time(state, self.conversation(name, state)))],
        };
        let way = json!({ "set": { "way": expression(cause()) }, "export": { "as": expression("$context + {way: .way}") } });
        self.add(
            &format!("{name}/work"),
            json!({
                "try": work,
                "catch": { "as": "error", "do": [named("cause", way)] },
                "then": format!("{name}/leave"),
            }),
        );
        self.leave(name, state);
    }

    fn arrive(&mut self, name: &SmolStr) {
        let number = format!("(($context.visits[{}] // 0) + 1)", quoted(name));
        let visit = format!("$context.item + {} + ({number} | tostring)", quoted(&format!("/{name}#")));
        let after = format!(
            "$context + {{visits: ($context.visits + {{{}: {number}}}), visit: .visit, \
             since: $task.startedAt.epoch.seconds, attempt: 1, accepted: false, way: \"handoff\", reply: null}}",
            quoted(name)
        );
        self.add(
            &format!("{name}/arrive"),
            json!({
                "set": { "visit": expression(visit) },
                "export": { "as": expression(after) },
                "then": format!("{name}/work"),
            }),
        );
    }

    fn wait(&mut self, name: &str, time: &Timer) {
        let task = json!({ "wait": { "seconds": self.clock.seconds(time.seconds) }, "then": names::entry(&time.route) });
        self.add(&format!("{name}/time"), task);
        self.route(&time.route, None);
    }

    /// Tasks that are given up when the deadline of the state has passed.
    fn in_time(&self, state: &State, tasks: Vec<Value>) -> Value {
        json!({ "timeout": after(self.clock.limits(state).deadline), "do": tasks })
    }

    /// The owner is told, and heard until what it says is an answer.
    fn conversation(&self, name: &SmolStr, state: &State) -> Vec<Value> {
        let accept = self.clock.limits(state).accept;
        let mut tell = self.event("task", &state.owner, self.task(name, state).into());
        insert(&mut tell, "then", if accept.is_some() { "accepted" } else { "hear" }.into());
        let mut tasks = vec![named("tell", tell)];
        if let Some(seconds) = accept {
            let heard = expression("$context.accepted == true");
            tasks.push(named(
                "accepted",
                cases([("yes", Some(heard), "hear".to_owned()), ("no", None, "first".to_owned())]),
            ));
            tasks.push(named("first", self.first(seconds)));
        }
        tasks.push(named("hear", hear()));
        tasks.push(named("look", self.look(state)));
        tasks.extend(self.misfit(state));
        tasks.extend(self.failed(state));
        tasks
    }

    /// The first word of the owner acknowledges receipt.
    fn first(&self, seconds: u64) -> Value {
        let mut listen = hear();
        insert(&mut listen, "timeout", after(seconds));
        insert(&mut listen, "then", "continue".into());
        json!({
            "try": [named("acknowledged", listen)],
            "catch": {
                "errors": { "with": { "type": TIMEOUT } },
                "do": [named("too-late", error(UNACCEPTED, UNACCEPTED, "Nobody has accepted the work in time"))],
            },
            "then": "look",
        })
    }

    /// What the owner has said.
    fn look(&self, state: &State) -> Value {
        let accepted = expression("$context.reply.accept == true");
        let failed = expression("$context.reply.fail != null");
        cases([
            ("accepts", Some(accepted), "hear".to_owned()),
            ("fails", Some(failed), "failed".to_owned()),
            ("answers", Some(expression(self.fits(state))), "exit".to_owned()),
            ("misfits", None, "misfit".to_owned()),
        ])
    }

    /// What does not fit is a failed attempt; of people it is refused, and the visit stays open.
    fn misfit(&self, state: &State) -> Vec<Value> {
        let by_hand = |kind| matches!(kind, ActorKind::Human | ActorKind::Queue);
        let refused = json!({
            "visit": expression("$context.visit"), "reason": "misfit", "reply": expression("$context.reply"),
        });
        let mut task = self.event("refused", &state.owner, refused);
        let again = self.plan.actors.get(&state.owner).is_some_and(|actor| by_hand(actor.kind));
        insert(&mut task, "then", if again { "hear" } else { "failed" }.into());
        vec![named("misfit", task)]
    }

    /// The next attempt follows after a pause, or the failure exit after the last.
    fn failed(&self, state: &State) -> Vec<Value> {
        let give_up = error("failed", "failed", "The owner can't, after all attempts");
        let Some(retry) = state.retry else { return vec![named("failed", give_up)] };
        let again = expression(format!("$context.attempt <= {}", retry.times));
        let ways =
            cases([("again", Some(again), "pause".to_owned()), ("no-more", None, "give-up".to_owned())]);
        let pause = json!({
            "wait": { "seconds": self.clock.seconds(retry.every) },
            "export": { "as": expression("$context + {attempt: ($context.attempt + 1)}") },
            "then": "tell",
        });
        vec![named("failed", ways), named("pause", pause), named("give-up", give_up)]
    }

    /// Whether what was made is there and of its type, and the decision one of the options.
    fn fits(&self, state: &State) -> String {
        let mut types = self.types();
        let made = match &state.kind {
            Kind::Call(call) => call.runs.iter().filter_map(|run| run.gives.as_ref()).collect::<Vec<_>>(),
            _ => state.makes.iter().collect(),
        };
        let fields: Vec<_> =
            made.iter().filter_map(|name| Some((*name, self.flow.context.get(*name)?))).collect();
        let record = types.record(&fields);
        let decided = match &state.kind {
            Kind::Approval(approval) => {
                let each: Vec<_> =
                    approval.options.iter().map(|option| format!(". == {}", quoted(&option.name))).collect();
                format!("($context.reply.decision | {})", each.join(" or "))
            }
            _ => "($context.reply.decision == null)".to_owned(),
        };
        format!("{}{SAID} and (($context.reply.made // {{}}) | {record}) and {decided}", types.functions())
    }

    /// What the owner is told, by the runtime protocol.
    fn task(&self, name: &SmolStr, state: &State) -> Map<String, Value> {
        let due = |seconds: u64| expression(format!("$context.since + {seconds} | todate"));
        let makes = schema::makes(self.plan, self.flow, state);
        let makes = if makes.to_string().contains("${") { expression(makes.to_string()) } else { makes };
        let limits = self.clock.limits(state);
        let context =
            state.reads().map(|field| (field.to_string(), expression(jq::along("$context.work", [field]))));
        let members = [
            ("v", json!(PROTOCOL)),
            ("flow", json!(self.name)),
            ("plan", json!(self.plan.hash)),
            ("item", expression("$context.item")),
            ("visit", expression("$context.visit")),
            ("attempt", expression("$context.visit + \".\" + ($context.attempt | tostring)")),
            ("state", json!(name)),
            ("asset", json!(state.asset)),
            ("goal", jq::text(&state.goal)),
            ("threshold", expression("$context.handoff.threshold")),
            ("owner", json!(state.owner)),
            ("context", context.collect::<Map<_, _>>().into()),
            ("makes", makes),
            ("due", due(limits.deadline)),
            ("accept_due", limits.accept.map_or(Value::Null, due)),
        ];
        let mut task: Map<_, _> = members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        if let Kind::Approval(approval) = &state.kind {
            task.insert("question".into(), jq::text(&approval.question));
            task.insert("shows".into(), approval.shows.iter().map(|path| path.text.as_str()).collect());
            task.insert("options".into(), json!(approval.options));
        }
        task
    }

    /// The runs are workflows of their own. The first that fails takes the others with it, and is the call's failure.
    fn call(&self, name: &SmolStr, state: &State, call: &Call) -> Value {
        let branches: Vec<_> = call.runs.iter().map(|run| named(&run.id, self.run(run))).collect();
        let gives = call.runs.iter().enumerate().filter_map(|(at, run)| Some((run.gives.as_ref()?, at)));
        let made: Vec<_> = gives.map(|(field, at)| format!("{}: .[{at}].receipt", quoted(field))).collect();
        let fork = json!({ "fork": { "compete": false, "branches": branches } });
        let mut runs = self.in_time(state, vec![named("all", fork)]);
        let reply = format!("$context + {{reply: {{made: {{{}}}}}}}", made.join(", "));
        insert(&mut runs, "export", json!({ "as": expression(reply) }));
        named(&format!("{name}/runs"), runs)
    }

    fn run(&self, run: &Run) -> Value {
        let item = format!("$context.visit + {}", quoted(&format!("/{}", run.id)));
        let record = jq::along("$context.work", &run.argument.names);
        json!({ "run": { "workflow": {
            "namespace": NAMESPACE,
            "name": self.names.document(&run.flow),
            "version": self.names.version,
            "input": { "item": expression(item), "intake": run.intake, "record": expression(record) },
        } } })
    }

    /// Every way out, and all of their arrows.
    fn leave(&mut self, name: &SmolStr, state: &State) {
        let flow = self.flow;
        let timers = [("accept", &state.accept), ("deadline", &state.deadline)];
        let timers =
            timers.into_iter().filter_map(|(way, timer)| Some((way, timer.as_ref()?.route.as_slice())));
        let causes: Vec<_> = timers.chain([("failure", state.failure.as_slice())]).collect();
        let ways = causes.iter().map(|(way, route)| {
            let when = expression(format!("$context.way == {}", quoted(way)));
            (*way, Some(when), names::entry(route))
        });
        let misfit = matches!(state.kind, Kind::Call(_)).then(|| {
            let when = expression(format!("({}) | not", self.fits(state)));
            ("misfit", Some(when), names::entry(&state.failure))
        });
        let rest = ("handoff", None, format!("{name}/decide"));
        let ways = cases(ways.chain(misfit).chain([rest]));
        self.add(&format!("{name}/leave"), ways);
        let scope = scope(flow, state);
        self.decide(name, state, &scope);
        for (_, route) in causes {
            self.route(route, None);
        }
        for handoff in &state.handoffs {
            self.route(&handoff.route, Some(&scope));
        }
    }

    /// Exactly one of these holds: that is proved.
    fn decide(&mut self, name: &str, state: &State, scope: &Scope<'_>) {
        let ids: Vec<_> = (1..=state.handoffs.len()).map(|number| format!("handoff-{number}")).collect();
        let ways = ids.iter().zip(&state.handoffs).filter_map(|(id, handoff)| match &handoff.when {
            When::Guard(guard) => {
                Some((id.as_str(), Some(expression(scope.holds(guard))), names::entry(&handoff.route)))
            }
            When::Otherwise => None,
        });
        let otherwise = state.handoffs.iter().find(|handoff| matches!(handoff.when, When::Otherwise));
        let rest = otherwise.map_or(GAP.to_owned(), |handoff| names::entry(&handoff.route));
        let ways = cases(ways.chain([("otherwise", None, rest)]));
        self.add(&format!("{name}/decide"), ways);
    }
}

fn scope<'a>(flow: &'a crate::plan::Flow, state: &'a State) -> Scope<'a> {
    let made = match &state.kind {
        Kind::Call(call) => call.runs.iter().filter_map(|run| run.gives.as_ref()).collect(),
        _ => state.makes.iter().collect(),
    };
    Scope { flow, made }
}

/// The next reply to this visit.
fn hear() -> Value {
    let visit = json!({ "from": expression(".data.visit"), "expect": expression("$context.visit") });
    json!({
        "listen": { "to": { "one": { "with": { "type": "baton.reply" }, "correlate": { "visit": visit } } }, "read": "data" },
        "export": { "as": expression(HEARD) },
        "then": "look",
    })
}

fn after(seconds: u64) -> Value {
    json!({ "after": { "seconds": seconds } })
}

/// By which cause work leaves, of the error that was caught.
fn cause() -> String {
    format!(
        "if $error.type == \"{TIMEOUT}\" then \"deadline\" elif $error.type == \"baton://{UNACCEPTED}\" then \"accept\" else \"failure\" end"
    )
}
