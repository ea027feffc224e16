//! The states of a flow: who works, waits or runs, by when, and where each outcome leads.
//!
//! Must not know: what an arrow carries.
//!
//! A state is one activity: a task, or a sub-process where the owner has to acknowledge receipt first or other flows run.
//! Its timers stand on its border, so that they run from arrival, whatever happens within.

use super::feel::{Scope, among, below, context, joined, text};
use super::form;
use super::graph::{At, Fault, Kind, Node, Place};
use super::process::Process;
use super::receipt;
use crate::plan::{self, ActorKind, Approval, Call, Hop, PROTOCOL, Run, State};

impl<'a> Process<'a> {
    /// Adds a state with all that leads out of it, and says where it begins.
    pub(super) fn state(&mut self, name: &'a str, state: &'a State) -> At {
        let lane = self.lane(&state.owner);
        let core = match &state.kind {
            plan::Kind::Wait { time } => return self.wait(name, state, time, lane),
            plan::Kind::Call(call) => self.call(name, state, call, lane),
            plan::Kind::State | plan::Kind::Approval(_) => self.task(name, state, lane),
        };
        let id = self.id(name).into_owned();
        let limits = self.build.clock.limits(state);
        if let (Some(timer), Some(seconds)) = (&state.accept, limits.accept) {
            let catch =
                Node::new(format!("{id}.accept.error"), "not accepted", Kind::Catch(Fault::Unaccepted), lane);
            let doc = format!("Nobody has acknowledged receipt within {}.", spoken(seconds));
            self.leave(catch.documented(doc).at(Place::On(core)), &timer.route);
        }
        if let Some(timer) = &state.deadline {
            let name = format!("after {}", spoken(limits.deadline));
            let catch = Node::new(format!("{id}.deadline.timer"), name, Kind::Timer(limits.deadline), lane);
            self.leave(catch.at(Place::On(core)), &timer.route);
        }
        self.outcomes(&id, state, core, lane);
        core
    }

    fn wait(&mut self, name: &str, state: &'a State, time: &'a plan::Timer, lane: usize) -> At {
        let seconds = self.build.clock.seconds(time.seconds);
        let title = format!("{name} ({})", spoken(seconds));
        let node = Node::new(self.id(name), title, Kind::Wait(seconds), lane);
        let wait = self.graph.add(owned(node, name, state));
        let next = self.route(&time.route, lane, None, None);
        self.graph.link(wait, next);
        wait
    }

    /// What a border event leads to.
    fn leave(&mut self, event: Node, route: &'a [Hop]) {
        let lane = event.lane;
        let event = self.graph.add(event);
        let next = self.route(route, lane, None, Some(event));
        self.graph.link(event, next);
    }

    /// What an owner's reply, or the runs of a call, lead to: failure, then the one handoff that holds.
    fn outcomes(&mut self, id: &str, state: &'a State, core: At, lane: usize) {
        let scope = self.scope(state);
        let throws = matches!(state.kind, plan::Kind::Call(_)) || !self.is_person(state);
        let catch = throws.then(|| {
            let node = Node::new(format!("{id}.failure.error"), "fails", Kind::Catch(Fault::Failed), lane);
            self.graph.add(node.at(Place::On(core)))
        });
        let fits = self.misfit(state, &scope).map(|condition| (self.look(id, core, lane), condition));
        let looked_at = fits.as_ref().map(|(split, _)| *split);
        self.failure(id, &state.failure, lane, catch, fits);
        let conditions: Vec<_> =
            state.handoffs.iter().map(|handoff| scope.condition(&handoff.when)).collect();
        if let ([handoff], [None]) = (state.handoffs.as_slice(), conditions.as_slice()) {
            let next = self.route(&handoff.route, lane, Some(&scope), None);
            return self.go_on(core, looked_at, next, &handoff.threshold);
        }
        let split = Node::new(format!("{id}.decide"), "what now?", Kind::Split(None), lane);
        let split = self.graph.add(split.documented("Exactly one of the handoffs holds: that is proved."));
        self.go_on(core, looked_at, split, "yes");
        let all_asked = conditions.iter().all(Option::is_some);
        for (handoff, condition) in state.handoffs.iter().zip(conditions) {
            let next = self.route(&handoff.route, lane, Some(&scope), None);
            match condition {
                Some(_) => drop(self.graph.flow(split, next, &handoff.threshold, condition)),
                None => self.graph.otherwise(split, next, &handoff.threshold),
            }
        }
        if all_asked {
            let gap = self.gap(id, lane, Place::Below(split));
            self.graph.otherwise(split, gap, "no way");
        }
    }

    /// The gateway that looks at a reply before any guard does.
    fn look(&mut self, id: &str, core: At, lane: usize) -> At {
        let split = Node::new(format!("{id}.fits"), "does it fit?", Kind::Split(None), lane);
        let split = self.graph.add(split.documented("Is what was made there, and of its type?"));
        self.graph.link(core, split);
        split
    }

    /// From a state, or from the gateway that has looked at the reply.
    fn go_on(&mut self, core: At, looked_at: Option<At>, next: At, words: &str) {
        match looked_at {
            Some(split) => self.graph.otherwise(split, next, words),
            None if words == "yes" => drop(self.graph.link(core, next)),
            None => drop(self.graph.flow(core, next, words, None)),
        }
    }

    /// What leads to failure: the error that a worker throws, and a reply that says so or does not fit.
    fn failure(
        &mut self,
        id: &str,
        route: &'a [Hop],
        lane: usize,
        catch: Option<At>,
        misfit: Option<(At, String)>,
    ) {
        let direct = self.at_once(route);
        let misfit_at = misfit.as_ref().map(|(split, _)| *split);
        let targets = match (direct, catch, misfit_at) {
            (Some((hop, end)), catch, split) => {
                let caught = catch.map(|catch| self.give_up(hop, end, lane, "", Some(catch)));
                let suffix = if catch.is_some() { ".misfit" } else { "" };
                (caught, split.map(|split| self.give_up(hop, end, lane, suffix, Some(split))))
            }
            (None, Some(_), Some(_)) => {
                let join = self.graph.add(Node::new(format!("{id}.failed"), "", Kind::Join, lane));
                let next = self.route(route, lane, None, None);
                self.graph.link(join, next);
                (Some(join), Some(join))
            }
            (None, catch, split) => {
                let next = self.route(route, lane, None, None);
                (catch.map(|_| next), split.map(|_| next))
            }
        };
        if let (Some(catch), Some(next)) = (catch, targets.0) {
            self.graph.link(catch, next);
        }
        if let (Some((split, condition)), Some(next)) = (misfit, targets.1) {
            self.graph.flow(split, next, "fails", Some(condition));
        }
    }

    /// The condition under which a reply is a failure; none where every reply fits.
    fn misfit(&self, state: &State, scope: &Scope<'_>) -> Option<String> {
        if matches!(state.kind, plan::Kind::Call(_)) {
            return None; // what its runs give has been looked at in them
        }
        let made = state.makes.iter().filter_map(|name| self.flow.context.get_key_value(name));
        let mut fits: Vec<_> =
            made.map(|(name, field)| receipt::field(self.build.plan, field, &scope.field(name))).collect();
        if let plan::Kind::Approval(approval) = &state.kind {
            let options = approval.options.iter().map(|option| text(&option.name));
            fits.push(format!("({})", among("reply.decision", options)));
        }
        let fits = (!fits.is_empty()).then(|| format!("not({})", joined(" and ", fits.into_iter())));
        let says_so = self.is_person(state).then(|| "reply.fail != null".to_owned());
        let parts: Vec<_> = says_so.into_iter().chain(fits).collect();
        (!parts.is_empty()).then(|| parts.join(" or "))
    }

    fn is_person(&self, state: &State) -> bool {
        let actor = self.build.plan.actors.get(&state.owner);
        actor.is_some_and(|actor| actor.kind == ActorKind::Human)
    }

    fn task(&mut self, name: &'a str, state: &'a State, lane: usize) -> At {
        let id = self.id(name).into_owned();
        let limits = self.build.clock.limits(state);
        let (Some(_), Some(accept)) = (&state.accept, limits.accept) else {
            let node = Node::new(id, name, self.work(name, state), lane);
            return self.graph.add(self.handed(node, name, state));
        };
        let sub = self.graph.add(owned(Node::new(id.as_str(), name, Kind::Sub, lane), name, state));
        let within = |node: Node, column| node.at(Place::In(sub, 0, column));
        let start = self.graph.add(within(Node::new(format!("{id}.start"), "arrived", Kind::Start, lane), 0));
        let accepting =
            Node::new(format!("{id}.accept.task"), format!("accept {name}"), self.work(name, state), lane);
        let accepting = self.handed(accepting, name, state).saying("expects", "accept");
        let accepting = self.graph.add(within(accepting, 1));
        let working = Node::new(format!("{id}.work"), name, self.work(name, state), lane);
        let working = self.handed(working, name, state);
        let working = self.graph.add(within(working, 2));
        let done = self.graph.add(within(Node::new(format!("{id}.done"), "done", Kind::End, lane), 3));
        let title = format!("after {}", spoken(accept));
        let timer = Node::new(format!("{id}.accept.timer"), title, Kind::Timer(accept), lane);
        let timer = self.graph.add(timer.at(Place::On(accepting)));
        let fault = Fault::Unaccepted;
        let late = Node::new(format!("{id}.unaccepted"), fault.code(), Kind::Throw(fault), lane);
        let late = self.graph.add(late.at(Place::Below(timer)));
        for (from, to) in [(start, accepting), (accepting, working), (working, done), (timer, late)] {
            self.graph.link(from, to);
        }
        sub
    }

    /// Who takes the work, and how.
    fn work(&self, name: &str, state: &State) -> Kind {
        let owner = self.build.owner(&state.owner).to_owned();
        if self.is_person(state) {
            let limits = self.build.clock.limits(state);
            Kind::User {
                owner,
                due: later(limits.deadline),
                form: form::id(self.build, self.flow, self.name, name),
            }
        } else {
            Kind::Service {
                job: owner,
                retries: state.retry.map_or(1, |retry| retry.times.saturating_add(1)),
            }
        }
    }

    /// A task with all that its owner is told.
    fn handed(&self, node: Node, name: &str, state: &State) -> Node {
        let limits = self.build.clock.limits(state);
        let node = owned(node, name, state);
        let mut node = self.told(node, state);
        node.input = vec![
            ("item", "work.item".to_owned()),
            ("visit", visit(name)),
            ("threshold", "work.handoff.threshold".to_owned()),
            ("context", context(state.reads().map(|field| (field.as_str(), below("work.context", field))))),
            ("due", later(limits.deadline)),
            ("accept_due", limits.accept.map_or_else(|| "null".to_owned(), later)),
        ];
        node
    }

    /// What the owner is told that is always the same.
    fn told(&self, node: Node, state: &State) -> Node {
        let mut node = node
            .saying("v", PROTOCOL.to_string())
            .saying("flow", self.name.as_str())
            .saying("plan", self.build.plan.hash.as_str())
            .saying("asset", state.asset.as_str())
            .saying("goal", state.goal.as_str());
        if let Some(actor) = self.build.plan.actors.get(&state.owner) {
            node = node.saying("kind", actor.kind.word()).saying("binding", actor.binding.text.as_str());
        }
        let retry = state.retry.map_or((0, 0), |retry| (retry.times, self.build.clock.seconds(retry.every)));
        let makes = crate::emit::schema::makes(self.build.plan, self.flow, state);
        node = node
            .saying("makes", makes.to_string())
            .saying("retry_times", retry.0.to_string())
            .saying("retry_every", retry.1.to_string());
        match &state.kind {
            plan::Kind::Approval(approval) => asked(node, approval),
            _ => node,
        }
    }

    /// The runs are processes of their own, side by side. The first that fails decides the join.
    fn call(&mut self, name: &'a str, state: &'a State, call: &'a Call, lane: usize) -> At {
        let id = self.id(name).into_owned();
        let sub = self.graph.add(owned(Node::new(id.as_str(), name, Kind::Sub, lane), name, state));
        let within = |what: &str, name: &str, kind, column| {
            Node::new(format!("{id}.{what}"), name, kind, lane).at(Place::In(sub, 0, column))
        };
        let start = self.graph.add(within("start", "arrived", Kind::Start, 0));
        let script = self.graph.add(within("receipts", "take receipts", Kind::Script(receipts(call)), 5));
        let done = self.graph.add(within("done", "done", Kind::End, 6));
        self.graph.link(script, done);
        let (first, last) = match call.runs.as_slice() {
            [_] => (start, script),
            _ => {
                let fork = self.graph.add(within("fork", "", Kind::Fork, 1));
                let meet = self.graph.add(within("meet", "", Kind::Meet, 4));
                self.graph.link(start, fork);
                self.graph.link(meet, script);
                (fork, meet)
            }
        };
        for (row, run) in call.runs.iter().enumerate() {
            let (begin, end) = self.run(name, &id, run, Place::In(sub, row, 2), lane);
            self.graph.link(first, begin);
            self.graph.flow(end, last, "succeeded", Some(format!("{}.receipt != null", variable(row))));
        }
        sub
    }

    /// One run, and the gateway that asks how it has ended.
    fn run(&mut self, state: &str, id: &str, run: &'a Run, place: Place, lane: usize) -> (At, At) {
        let Place::In(sub, row, column) = place else { return (0, 0) };
        let id = format!("{id}.run-{}", row + 1);
        let flow = self.build.process_id(&run.flow);
        let kind = Kind::Call { process: flow, result: variable(row) };
        let mut call =
            Node::new(id.as_str(), run.id.as_str(), kind, lane).at(place).saying("run", run.id.as_str());
        let argument = run.argument.names.iter().fold("work.context".to_owned(), |at, name| below(&at, name));
        call.input = vec![
            ("item", format!("{} + {}", visit(state), text(&format!("/{}", run.id)))),
            ("intake", text(&run.intake)),
            ("record", argument),
        ];
        let call = self.graph.add(call);
        let split = Node::new(format!("{id}.ended"), "how?", Kind::Split(None), lane);
        let split = self.graph.add(split.at(Place::In(sub, row, column + 1)));
        let failed = Node::new(format!("{id}.failed"), "failed", Kind::Throw(Fault::Failed), lane);
        let failed = self.graph.add(failed.at(Place::Below(split)));
        self.graph.link(call, split);
        self.graph.otherwise(split, failed, "failed");
        (call, split)
    }
}

/// A state's activity: for people its goal, for programs its name and its owner.
fn owned(node: Node, name: &str, state: &State) -> Node {
    node.documented(state.goal.as_str()).saying("state", name).saying("owner", state.owner.as_str())
}

/// The variable that takes what the run of that row ends with.
fn variable(row: usize) -> String {
    format!("run_{}", row + 1)
}

/// What the runs give, as a reply.
fn receipts(call: &Call) -> Vec<(String, String)> {
    let given = call
        .runs
        .iter()
        .enumerate()
        .filter_map(|(row, run)| Some((run.gives.as_deref()?, format!("{}.receipt", variable(row)))));
    let reply = ("reply".to_owned(), context([("made", context(given))]));
    let nothing = (0..call.runs.len()).map(|row| (variable(row), "null".to_owned()));
    [reply].into_iter().chain(nothing).collect()
}

/// How the visit is known: `ITEM/STATE#N`.
fn visit(state: &str) -> String {
    format!(
        "work.item + {} + string({})",
        text(&format!("/{state}#")),
        super::feel::value_of("work.visits", state)
    )
}

/// So many seconds after arrival.
fn later(seconds: u64) -> String {
    format!("string(date and time(work.arrived) + duration({}))", text(&super::iso(seconds)))
}

/// What a reviewer is asked and shown, and where each option leads.
fn asked(node: Node, approval: &Approval) -> Node {
    let shows: Vec<_> = approval.shows.iter().map(|path| path.text.as_str()).collect();
    node.saying("question", approval.question.as_str())
        .saying("shows", serde_json::json!(shows).to_string())
        .saying("options", serde_json::json!(approval.options).to_string())
}

/// For people: `2d`, `4h 30m`.
fn spoken(seconds: u64) -> String {
    let units = [("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)];
    let mut left = seconds;
    let mut words = Vec::new();
    for (unit, size) in units {
        if left >= size {
            words.push(format!("{}{unit}", left / size));
            left %= size;
        }
    }
    words.join(" ")
}
