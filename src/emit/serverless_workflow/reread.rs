//! Reads an emitted document again, and looks for everything on which the proofs rest: each wait with its time, each
//! bound with its counter, each exit with its target, each end; and that every jump leads somewhere.
//!
//! Must not know: how a document is built. It knows the language, the plan, and the names of tasks. Whether a condition
//! asks what it should is judged by values, in `tests/engines`.

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;
use smol_str::SmolStr;

use super::names::{arrival, bound, entry};
use super::states::TIMEOUT;
use crate::emit::clock::Clock;
use crate::plan::{Call, End, Flow, Hop, Kind, Outcome, State, When};

/// What the document of a flow has lost.
pub(super) fn lost(flow: &Flow, clock: Clock, document: &Value) -> Vec<String> {
    let mut reading = Reading { flow, clock, tasks: FxHashMap::default(), lost: Vec::new() };
    reading.scope(document.get("do"), true);
    reading.all();
    reading.lost
}

struct Reading<'a> {
    flow: &'a Flow,
    clock: Clock,
    /// The tasks of the document itself.
    tasks: FxHashMap<&'a str, &'a Value>,
    lost: Vec<String>,
}

impl<'a> Reading<'a> {
    fn miss(&mut self, there: bool, what: impl FnOnce() -> String) {
        if !there {
            self.lost.push(what());
        }
    }

    /// The tasks of a list, and of all lists in it: each jump leads to one beside it, or out.
    fn scope(&mut self, list: Option<&'a Value>, outermost: bool) {
        let mut open = vec![(list, outermost)];
        while let Some((list, outermost)) = open.pop() {
            let tasks = entries(list);
            let names: FxHashSet<_> = tasks.iter().map(|(name, _)| *name).collect();
            self.miss(!tasks.is_empty() && names.len() == tasks.len(), || {
                "the names of its tasks".to_owned()
            });
            for (name, task) in tasks {
                self.miss(is_whole(task), || format!("the task `{name}`"));
                let leads = jumps(task)
                    .iter()
                    .all(|to| names.contains(to) || ["exit", "continue", "end"].contains(to));
                self.miss(leads, || format!("the way on from `{name}`"));
                let within =
                    [at(task, "/do"), at(task, "/try"), at(task, "/catch/do"), at(task, "/fork/branches")];
                open.extend(within.into_iter().flatten().map(|list| (Some(list), false)));
                if outermost {
                    self.tasks.insert(name, task);
                }
            }
        }
    }

    fn all(&mut self) {
        let flow = self.flow;
        let doors = flow.intakes.iter().all(|(id, intake)| {
            let raw = intake.from.as_ref().map(|_| format!("{id}/raw"));
            let ways: Vec<_> = raw.into_iter().chain([format!("{id}/called")]).collect();
            let comes = |way: &String| {
                let set = self.task(way).and_then(|task| at(task, "/set"));
                let kept = set.is_some_and(|set| ["item", "work"].iter().all(|key| set.get(key).is_some()));
                kept && self.leads("/intakes", way, way) && self.then(way) == Some(id)
            };
            ways.iter().all(comes)
                && self.exports(id, &["handoff: {by: "])
                && self.task(id).is_some_and(|task| text(task, "/set/by") == id)
                && self.then(id) == Some(&arrival(flow, &intake.arrow.to))
        });
        self.miss(doors && self.otherwise("/intakes") == Some("/refused"), || "the way in".to_owned());
        for (name, state) in &flow.states {
            self.state(name, state);
            let from_state =
                state.routes().flat_map(|(_, route)| (0..route.len()).filter_map(|at| route.get(at..)));
            for rest in from_state {
                let kept = rest.split_first().is_some_and(|(hop, after)| self.hop(hop, after));
                self.miss(kept, || format!("the arrow `{}`", rest.first().map_or("", |hop| &hop.id)));
            }
        }
        for (name, end) in &flow.ends {
            let kept = self.end(name, end);
            self.miss(kept, || format!("the end `{name}`"));
        }
        let fails = ["/gap", "/refused"].iter().all(|name| self.raises(name));
        self.miss(fails, || "what fails".to_owned());
    }

    fn state(&mut self, name: &SmolStr, state: &State) {
        if let Kind::Wait { time } = &state.kind {
            let task = self.task(&format!("{name}/time"));
            let kept = seconds(task, "/wait/seconds") == Some(self.clock.seconds(time.seconds));
            let leads = self.then(&format!("{name}/time")) == Some(&entry(&time.route));
            return self.miss(kept && leads, || format!("the time of `{name}`"));
        }
        let [arrive, work, leave, decide] =
            ["arrive", "work", "leave", "decide"].map(|part| format!("{name}/{part}"));
        let counted = self.exports(&arrive, &["$context.visits", "since:", "attempt: 1", "reply: null"]);
        let visited = self.task(&arrive).and_then(|task| at(task, "/set/visit")?.as_str());
        let counted = counted && visited.is_some_and(|visit| visit.contains(&format!("/{name}#")));
        let on = self.then(&arrive) == Some(&work) && self.then(&work) == Some(&leave);
        self.miss(counted && on, || format!("the visits of `{name}`"));
        let timed = self.times(&work, state);
        self.miss(timed, || format!("the times of `{name}`"));
        let heard = match &state.kind {
            Kind::Call(call) => self.runs(&work, call),
            _ => self.task(&work).is_some_and(|task| converses(task, name, state)),
        };
        self.miss(heard, || format!("the owner of `{name}`"));
        let timers = [("accept", &state.accept), ("deadline", &state.deadline)];
        let timers =
            timers.into_iter().filter_map(|(way, timer)| Some((way, timer.as_ref()?.route.as_slice())));
        let causes = timers.chain([("failure", state.failure.as_slice())]);
        let left = causes.into_iter().all(|(way, route)| self.leads(&leave, way, &entry(route)))
            && self.otherwise(&leave) == Some(&decide)
            && (!matches!(state.kind, Kind::Call(_)) || self.leads(&leave, "misfit", &entry(&state.failure)));
        let guards = state.handoffs.iter().enumerate().all(|(index, handoff)| match handoff.when {
            When::Guard(_) => self.leads(&decide, &format!("handoff-{}", index + 1), &entry(&handoff.route)),
            When::Otherwise => self.otherwise(&decide) == Some(&entry(&handoff.route)),
        });
        self.miss(left && guards && self.otherwise(&decide).is_some(), || format!("an exit of `{name}`"));
    }

    /// The deadline ends all work there; the acceptance ends what listens first, by an error of its own.
    fn times(&self, work: &str, state: &State) -> bool {
        let limits = self.clock.limits(state);
        let Some(task) = self.task(work) else { return false };
        let (tried, caught) = (entries(at(task, "/try")), entries(at(task, "/catch/do")));
        let ([(_, inner)], [(_, cause)]) = (tried.as_slice(), caught.as_slice()) else { return false };
        let told = text(cause, "/set/way");
        let causes = [TIMEOUT, "deadline", "baton://unaccepted", "accept", "failure"];
        let by_cause =
            causes.iter().all(|word| told.contains(word)) && text(cause, "/export/as").contains("way: .way");
        let first =
            entries(at(inner, "/do")).into_iter().find(|(name, _)| *name == "first").map(|(_, task)| task);
        let accepted = match (limits.accept, first) {
            (None, None) => true,
            (Some(accept), Some(first)) => {
                let waits = entries(at(first, "/try"));
                let raised = entries(at(first, "/catch/do"));
                waits
                    .first()
                    .is_some_and(|(_, task)| seconds(Some(task), "/timeout/after/seconds") == Some(accept))
                    && text(first, "/catch/errors/with/type") == TIMEOUT
                    && raised
                        .first()
                        .is_some_and(|(_, task)| text(task, "/raise/error/type") == "baton://unaccepted")
            }
            _ => false,
        };
        by_cause && accepted && seconds(Some(inner), "/timeout/after/seconds") == Some(limits.deadline)
    }

    fn runs(&self, work: &str, call: &Call) -> bool {
        let inner = self.task(work).map(|task| entries(at(task, "/try"))).unwrap_or_default();
        let Some((_, runs)) = inner.first() else { return false };
        let fork = entries(at(runs, "/do"));
        let branches = fork.first().map(|(_, fork)| entries(at(fork, "/fork/branches"))).unwrap_or_default();
        let all =
            fork.first().is_some_and(|(_, fork)| at(fork, "/fork/compete") == Some(&Value::Bool(false)));
        let each = call.runs.iter().enumerate().all(|(index, run)| {
            let input = branches.get(index).and_then(|(_, task)| at(task, "/run/workflow/input"));
            let gives = run.gives.as_ref().is_none_or(|field| {
                let taken = format!("{}: .[{index}].receipt", Value::from(field.as_str()));
                text(runs, "/export/as").contains(&taken)
            });
            let item = input.is_some_and(|input| text(input, "/item").contains(&format!("/{}", run.id)));
            gives
                && item
                && input.is_some_and(|input| {
                    text(input, "/intake") == run.intake && at(input, "/record").is_some()
                })
        });
        all && each && branches.len() == call.runs.len()
    }

    /// Whether an arrow leads where it should with what travels; a counted one only as often as it may.
    fn hop(&self, hop: &Hop, after: &[Hop]) -> bool {
        let id = Value::from(hop.id.as_str()).to_string();
        let fields = hop.envelope.context.iter().map(|field| format!("{}:", Value::from(field.as_str())));
        let said = [format!("by: {id}"), "item: $context.item".into(), "visits: $context.visits".into()];
        let parts: Vec<_> = fields.chain(said).collect();
        let carried = self.exports(&hop.id, &parts.iter().map(String::as_str).collect::<Vec<_>>());
        let counted = hop.at_most.is_none_or(|limit| {
            let free = format!("($context.taken[{id}] // 0) < {limit} }}");
            let asked =
                self.case(&bound(hop), "free").is_some_and(|case| text(case, "/when").ends_with(&free));
            asked
                && self.leads(&bound(hop), "free", &hop.id)
                && self.otherwise(&bound(hop)) == Some(&entry(after))
                && self.exports(&hop.id, &[&format!("{{{id}: (($context.taken[{id}] // 0) + 1)}}")])
        });
        let named = self.task(&hop.id).is_some_and(|task| text(task, "/set/by") == hop.id);
        named && carried && counted && self.then(&hop.id) == Some(&arrival(self.flow, &hop.to))
    }

    fn end(&self, name: &str, end: &End) -> bool {
        let (tell, over) = (format!("{name}/tell"), format!("{name}/over"));
        let data = self.task(&tell).and_then(|task| at(task, "/emit/event/with/data"));
        let told = data.is_some_and(|data| {
            text(data, "/end") == name && text(data, "/owner") == end.owner && at(data, "/item").is_some()
        });
        let ended = match (&end.outcome, self.task(&over)) {
            (Outcome::Success { receipt }, Some(task)) => {
                let proof = |data: &Value| text(data, "/receipt").contains(receipt.as_str());
                let set = at(task, "/set").is_some_and(|set| {
                    proof(set) && text(set, "/end") == name && text(set, "/owner") == end.owner
                });
                set && data.is_some_and(proof) && self.then(&over) == Some("end")
            }
            (Outcome::Failure { .. }, Some(task)) => {
                let said = ["/raise/error/title", "/raise/error/detail"]
                    .iter()
                    .all(|place| !text(task, place).is_empty());
                said && text(task, "/raise/error/type") == "baton://ended"
                    && data.is_some_and(|data| at(data, "/reason").is_some())
            }
            _ => false,
        };
        told && ended && self.then(&tell) == Some(&over)
    }

    fn task(&self, name: &str) -> Option<&'a Value> {
        self.tasks.get(name).copied()
    }

    fn then(&self, name: &str) -> Option<&'a str> {
        self.task(name)?.get("then")?.as_str()
    }

    fn case(&self, name: &str, case: &str) -> Option<&'a Value> {
        let cases = entries(self.task(name)?.get("switch"));
        cases.into_iter().find(|(name, _)| *name == case).map(|(_, case)| case)
    }

    fn leads(&self, name: &str, case: &str, to: &str) -> bool {
        self.case(name, case).is_some_and(|case| text(case, "/then") == to && case.get("when").is_some())
    }

    fn otherwise(&self, name: &str) -> Option<&'a str> {
        let cases = entries(self.task(name)?.get("switch"));
        cases.last().filter(|(_, case)| case.get("when").is_none())?.1.get("then")?.as_str()
    }

    fn exports(&self, name: &str, parts: &[&str]) -> bool {
        self.task(name).is_some_and(|task| parts.iter().all(|part| text(task, "/export/as").contains(part)))
    }

    fn raises(&self, name: &str) -> bool {
        self.task(name).is_some_and(|task| text(task, "/raise/error/type").starts_with("baton://"))
    }
}

/// Whether the owner is told all that it must be, and heard, as often as it may try.
fn converses(work: &Value, name: &str, state: &State) -> bool {
    let inner = entries(at(work, "/try"));
    let tasks: FxHashMap<_, _> =
        inner.first().map(|(_, inner)| entries(at(inner, "/do"))).unwrap_or_default().into_iter().collect();
    let data = tasks.get("tell").and_then(|tell| at(tell, "/emit/event/with/data"));
    let said = [("/state", name), ("/asset", &state.asset), ("/owner", &state.owner)];
    let keys = [
        "/v",
        "/flow",
        "/plan",
        "/item",
        "/visit",
        "/attempt",
        "/goal",
        "/threshold",
        "/context",
        "/makes",
        "/due",
    ];
    let told = data.is_some_and(|data| {
        said.iter().all(|(place, word)| text(data, place) == *word)
            && keys.iter().all(|key| at(data, key).is_some())
            && state.reads().all(|field| {
                at(data, "/context").is_some_and(|context| context.get(field.as_str()).is_some())
            })
            && (!matches!(state.kind, Kind::Approval(_))
                || ["/question", "/shows", "/options"].iter().all(|key| at(data, key).is_some()))
    });
    let cases: Vec<_> = tasks.get("look").map(|look| entries(look.get("switch"))).unwrap_or_default();
    let looked = cases.iter().map(|(name, case)| (*name, text(case, "/then"))).collect::<Vec<_>>()
        == [("accepts", "hear"), ("fails", "failed"), ("answers", "exit"), ("misfits", "misfit")];
    let again = state.retry.is_none_or(|retry| {
        let cases = tasks.get("failed").map(|failed| entries(failed.get("switch"))).unwrap_or_default();
        let counted = cases.first().is_some_and(|(_, case)| {
            text(case, "/when").contains(&format!("$context.attempt <= {} ", retry.times))
                && text(case, "/then") == "pause"
        });
        let next = tasks.get("pause").is_some_and(|pause| {
            text(pause, "/export/as").contains("$context.attempt + 1") && text(pause, "/then") == "tell"
        });
        counted && next && cases.last().is_some_and(|(_, case)| text(case, "/then") == "give-up")
    });
    let fails = if state.retry.is_some() { "give-up" } else { "failed" };
    let fails = tasks.get(fails).is_some_and(|task| text(task, "/raise/error/type") == "baton://failed");
    let starts = text(tasks.get("tell").copied().unwrap_or(&Value::Null), "/then")
        == if state.accept.is_some() { "accepted" } else { "hear" };
    let accepted: Vec<_> = tasks.get("accepted").map(|task| entries(task.get("switch"))).unwrap_or_default();
    let accepted: Vec<_> = accepted.iter().map(|(_, case)| text(case, "/then")).collect();
    let accepted = accepted == if state.accept.is_some() { vec!["hear", "first"] } else { vec![] };
    told && accepted
        && looked
        && again
        && fails
        && starts
        && tasks.contains_key("hear")
        && tasks.contains_key("misfit")
}

/// The entries of a list of tasks, cases or branches; empty if one of them is none.
fn entries(list: Option<&Value>) -> Vec<(&str, &Value)> {
    let entry = |entry: &'_ Value| entry.as_object().filter(|entry| entry.len() == 1).is_some();
    let list = list.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if !list.iter().all(entry) {
        return Vec::new();
    }
    list.iter().filter_map(Value::as_object).flatten().map(|(name, value)| (name.as_str(), value)).collect()
}

/// All that a task of its kind needs, and how it goes on.
fn is_whole(task: &Value) -> bool {
    let has = |places: &[&str]| places.iter().all(|place| at(task, place).is_some());
    let kinds = ["set", "switch", "emit", "listen", "wait", "try", "raise", "do", "fork", "run"];
    let mut found = kinds.iter().filter(|kind| task.get(**kind).is_some());
    let kind = found.next().copied().filter(|_| found.next().is_none());
    match kind {
        Some("set") => at(task, "/export/as").is_some() || text(task, "/then") == "end",
        Some("switch") => {
            let cases = entries(task.get("switch"));
            let others = cases.iter().filter(|(_, case)| case.get("when").is_none()).count();
            others == 1 && cases.last().is_some_and(|(_, case)| case.get("when").is_none())
        }
        Some("emit") => has(&[
            "/emit/event/with/type",
            "/emit/event/with/source",
            "/emit/event/with/subject",
            "/emit/event/with/data",
            "/then",
        ]),
        Some("listen") => {
            let one = "/listen/to/one";
            let visit = ["from", "expect"].map(|part| text(task, &format!("{one}/correlate/visit/{part}")));
            visit == ["${ .data.visit }", "${ $context.visit }"]
                && text(task, &format!("{one}/with/type")) == "baton.reply"
                && text(task, "/listen/read") == "data"
                && text(task, "/export/as").contains("reply: (.[0]")
                && has(&["/then"])
        }
        Some("wait") => has(&["/wait/seconds", "/then"]),
        Some("try") => has(&["/catch/do", "/then"]),
        Some("raise") => {
            has(&["/raise/error/type", "/raise/error/status", "/raise/error/title", "/raise/error/detail"])
        }
        Some("do") => has(&["/timeout/after/seconds"]),
        Some("fork") => has(&["/fork/compete", "/fork/branches"]),
        Some("run") => has(&["/run/workflow/namespace", "/run/workflow/name", "/run/workflow/version"]),
        _ => false,
    }
}

/// Where a task may lead.
fn jumps(task: &Value) -> Vec<&str> {
    let cases = entries(task.get("switch"));
    let ways = cases.into_iter().map(|(_, case)| case.get("then")).chain(task.get("then").map(Some));
    ways.map(|to| to.and_then(Value::as_str).unwrap_or_default()).collect()
}

fn at<'v>(value: &'v Value, place: &str) -> Option<&'v Value> {
    value.pointer(place)
}

fn text<'v>(value: &'v Value, place: &str) -> &'v str {
    at(value, place).and_then(Value::as_str).unwrap_or_default()
}

fn seconds(task: Option<&Value>, place: &str) -> Option<u64> {
    at(task?, place)?.as_u64()
}
