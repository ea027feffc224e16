//! A flow: first its names (context, states, ends, intakes), then what stands in them.
//!
//! Must not know: the insides of other flows, but for their [`Signature`].

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::Lowering;
use super::calls::{Receipt, Signature};
use super::guards::ThresholdUses;
use super::lists::merged;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Call, End, FieldId, Flow, FlowId, Join, Kind, Name, PathId, Root, Slot, State, StateId};
use crate::syntax::tree::{
    DefaultKind, EndClauseKind, EndItem, FlowItem, IntakeItem, Junk, Keyword, Member, StateHead, StateItem,
    StateKind,
};

/// A flow of which the names are known.
pub(super) struct OpenFlow<'t> {
    pub(super) item: &'t FlowItem<StateHead>,
    pub(super) flow: Flow,
    pub(super) names: FlowNames,
    /// Behind [`Flow::states`].
    pub(super) bodies: Vec<Body<'t>>,
    /// Behind [`Flow::intakes`].
    pub(super) intakes: Vec<&'t IntakeItem>,
}

/// What stands behind a state's name.
#[derive(Clone, Copy)]
pub(super) enum Body<'t> {
    State(&'t StateHead),
    End(&'t EndItem),
    /// It could not be read.
    Junk,
}

/// The names that a flow declares.
#[derive(Default)]
pub(super) struct FlowNames {
    pub(super) fields: FxHashMap<SmolStr, FieldId>,
    pub(super) states: FxHashMap<SmolStr, StateId>,
    /// A state without a readable name stands here.
    pub(super) nameless: bool,
    /// A default could not be read.
    pub(super) default_unreadable: bool,
    /// An intake could not be read.
    pub(super) intake_unreadable: bool,
}

/// The work on one flow.
pub(super) struct FlowLowering<'l, 't> {
    pub(super) all: &'l mut Lowering<'t>,
    pub(super) id: FlowId,
    pub(super) item: &'t FlowItem<StateHead>,
    pub(super) flow: Flow,
    pub(super) names: FlowNames,
    pub(super) bodies: Vec<Body<'t>>,
    pub(super) intakes: Vec<&'t IntakeItem>,
    pub(super) paths: FxHashMap<(Root, Box<[u32]>), PathId>,
    pub(super) thresholds: ThresholdUses,
}

impl<'t> Lowering<'t> {
    /// Lays out the names of a flow.
    pub(super) fn open_flow(&mut self, item: &'t FlowItem<StateHead>) -> OpenFlow<'t> {
        let flow = Flow::new(item.name.clone(), item.doc.clone(), item.span);
        let mut open =
            OpenFlow { item, flow, names: FlowNames::default(), bodies: Vec::new(), intakes: Vec::new() };
        open.flow.states.reserve_exact(item.members.len());
        open.bodies.reserve_exact(item.members.len());
        self.open_context(&mut open);
        for member in &item.members {
            match member {
                Member::State(state) => self.open_state(&mut open, &state.name, Body::State(state)),
                Member::End(end) => self.open_state(&mut open, &end.name, Body::End(end)),
                Member::Junk(junk) => self.open_junk(&mut open, junk),
                Member::Intake(intake) => open.intakes.push(intake),
                Member::Context(_) | Member::Default(_) | Member::Prove(_) | Member::Scenario(_) => {}
            }
        }
        open
    }

    fn open_context(&mut self, open: &mut OpenFlow<'t>) {
        let mut first = None;
        let mut lists = Vec::new();
        for member in &open.item.members {
            let Member::Context(context) = member else { continue };
            match first {
                Some(first) => {
                    let owner = &open.flow.name.text;
                    self.repeated(context.keyword, context.span, first, "context", owner);
                }
                None => first = Some(context.keyword),
            }
            if context.faulty {
                open.flow.context_unknown = true;
                self.unreadable(context.span);
            }
            lists.push(&context.fields);
        }
        open.flow.context = self.fields(merged(lists.into_iter(), |field| &field.name));
        for (at, field) in open.flow.context.iter().enumerate() {
            open.names.fields.insert(field.name.text.clone(), FieldId::new(at));
        }
        if first.is_none() && !open.item.members.iter().any(is_context_junk) {
            open.flow.context_unknown = true;
            self.unreadable(open.flow.name.span); // its fields may use any type
            self.missing_member(
                &open.flow.name,
                "context",
                "`context { … }` with the fields that the work carries",
            );
        }
    }

    /// B013: the flow lacks a member.
    pub(super) fn missing_member(&mut self, flow: &Name, what: &str, help: &str) {
        let message = format!("flow `{}` has no `{what}`", flow.text);
        self.reports
            .add(Diagnostic::new(Code::MissingClause, flow.span, message).help(format!("write {help}")));
    }

    fn open_state(&mut self, open: &mut OpenFlow<'t>, name: &Name, body: Body<'t>) {
        if let Some(&first) = open.names.states.get(&name.text) {
            let first = open.flow[first].name.span;
            self.reports.duplicate(name, first, "the state");
            self.unreadable(name.span); // what only the second one uses is used
            open.flow.unknown = true;
            return;
        }
        open.names.states.insert(name.text.clone(), StateId::new(open.flow.states.len()));
        open.flow.states.push(self.blank_state(name, body));
        open.bodies.push(body);
    }

    fn blank_state(&self, name: &Name, body: Body<'t>) -> State {
        match body {
            Body::State(head) => State::new(name.clone(), None, head.span, Kind::State),
            Body::End(item) => {
                let end = End { success: item.success, receipt: Slot::Missing, reason: Slot::Missing };
                State::new(name.clone(), item.doc.clone(), item.span, Kind::End(Box::new(end)))
            }
            Body::Junk => State::new(name.clone(), None, name.span, Kind::State),
        }
    }

    /// What only its sort of state has, as far as that is written in one clause.
    pub(super) fn kind(&mut self, item: &StateItem) -> Kind {
        match item.kind {
            StateKind::State => Kind::State,
            StateKind::Approval => Kind::Approval(Box::new(self.options(item))),
            StateKind::Wait => Kind::Wait { time: Slot::Missing },
            StateKind::Call => Kind::Call(Box::new(Call {
                runs: Vec::new(),
                join: Join::All,
                join_span: None,
                unknown: false,
            })),
        }
    }

    fn open_junk(&mut self, open: &mut OpenFlow<'t>, junk: &Junk) {
        self.unreadable(junk.span);
        open.flow.unknown |= !matches!(junk.keyword, Some(Keyword::Prove | Keyword::Scenario));
        match junk.keyword {
            Some(Keyword::Context) => open.flow.context_unknown = true,
            Some(Keyword::Default) => open.names.default_unreadable = true,
            Some(Keyword::Intake) => open.names.intake_unreadable = true,
            Some(Keyword::Prove | Keyword::Scenario) => {}
            _ => self.open_unreadable_state(open, junk),
        }
    }

    /// A state, or nobody knows what: then everything may be missing.
    fn open_unreadable_state(&mut self, open: &mut OpenFlow<'t>, junk: &Junk) {
        if junk.keyword.is_none() {
            open.flow.context_unknown = true;
            open.names.default_unreadable = true;
            open.names.intake_unreadable = true;
        }
        let Some(name) = &junk.name else {
            open.names.nameless = true;
            return;
        };
        self.open_state(open, name, Body::Junk);
        if let Some(state) = open.names.states.get(&name.text).copied() {
            open.flow[state].make_unknown(junk);
        }
    }
}

fn is_context_junk(member: &Member<StateHead>) -> bool {
    matches!(member, Member::Junk(Junk { keyword: None | Some(Keyword::Context), .. }))
}

impl OpenFlow<'_> {
    /// What calls need to know of this flow.
    pub(super) fn signature(&self) -> Signature {
        let field = |name: &Name| self.names.fields.get(&name.text).map(|&id| (&self.flow[id], name.span));
        let mut unknown = self.flow.unknown || self.flow.context_unknown || self.intakes.is_empty();
        let mut intakes = Vec::new();
        for item in &self.intakes {
            match field(&item.field) {
                Some((field, place)) => intakes.push((field.ty.ty.clone(), place)),
                None => unknown = true,
            }
        }
        let mut receipts = Vec::new();
        for body in &self.bodies {
            let Body::End(EndItem { success: Some(true), clauses, .. }) = body else { continue };
            let receipt = clauses.iter().find_map(|clause| match &clause.kind {
                EndClauseKind::Receipt(name) => field(name),
                _ => None,
            });
            match receipt {
                Some((field, place)) => receipts.push(Receipt { ty: field.ty.ty.clone(), place }),
                None => unknown = true,
            }
        }
        Signature { name: self.flow.name.clone(), intakes, receipts, unknown, reported: false }
    }
}

impl<'l, 't> FlowLowering<'l, 't> {
    /// Begins the work on a flow.
    pub(super) fn new(all: &'l mut Lowering<'t>, open: OpenFlow<'t>) -> FlowLowering<'l, 't> {
        let OpenFlow { item, flow, names, bodies, intakes } = open;
        let (paths, thresholds) = (FxHashMap::default(), ThresholdUses::default());
        let id = FlowId::new(all.model.flows.len());
        FlowLowering { all, id, item, flow, names, bodies, intakes, paths, thresholds }
    }

    /// Resolves what stands in the flow.
    pub(super) fn lower(mut self) -> Flow {
        // Room for most flows: growing by steps would for a moment need it twice, and what is not used goes back.
        self.flow.handoffs.reserve_exact(3 * self.bodies.len());
        self.flow.arrows.reserve_exact(6 * self.bodies.len());
        self.defaults();
        self.lower_intakes();
        for at in 0..self.bodies.len() {
            self.lower_body(StateId::new(at));
        }
        self.lower_rest();
        self.flow.handoffs.shrink_to_fit();
        self.flow.arrows.shrink_to_fit();
        self.flow
    }

    fn lower_body(&mut self, id: StateId) {
        match self.bodies.get(id.index()) {
            Some(&Body::State(head)) => self.lower_read(id, head),
            Some(&Body::End(item)) => self.lower_end(id, item),
            Some(Body::Junk) | None => self.no_arrows(id),
        }
    }

    /// A state, read only now.
    fn lower_read(&mut self, id: StateId, head: &StateHead) {
        match self.all.read_state(Some(head.span)) {
            Some(Ok(item)) => self.lower_state(id, &item),
            Some(Err(junk)) => {
                self.all.unreadable(junk.span);
                self.flow.unknown = true;
                self.flow[id].make_unknown(&junk);
                self.no_arrows(id);
            }
            None => self.no_arrows(id),
        }
    }

    fn lower_rest(&mut self) {
        for member in &self.item.members {
            match member {
                Member::Prove(prove) => {
                    let prove = self.prove(prove);
                    self.flow.proves.push(prove);
                }
                Member::Scenario(scenario) => {
                    let scenario = self.scenario(scenario);
                    self.flow.scenarios.push(scenario);
                }
                _ => {}
            }
        }
    }

    /// `default deadline` and `default failure`, each once.
    fn defaults(&mut self) {
        let (mut deadline, mut failure) = (None, None);
        for member in &self.item.members {
            let Member::Default(item) = member else { continue };
            let (seen, word) = match item.kind {
                DefaultKind::Deadline { .. } => (&mut deadline, "default deadline"),
                DefaultKind::Failure(_) => (&mut failure, "default failure"),
            };
            if let Some(first) = *seen {
                self.all.repeated(item.span, item.span, first, word, &self.flow.name.text);
                self.flow.unknown = true;
                continue;
            }
            *seen = Some(item.span);
            self.default(item);
        }
    }

    /// What a name of this flow means, where something else was due.
    pub(super) fn elsewhere(&self, name: &Name) -> Option<&'static str> {
        if self.names.states.contains_key(&name.text) {
            Some("a state")
        } else if self.names.fields.contains_key(&name.text) {
            Some("a context field")
        } else {
            None
        }
    }

    /// The state or end of that name; reported if there is none.
    pub(super) fn state(&mut self, name: &Name) -> Option<StateId> {
        let found = self.names.states.get(&name.text).copied();
        if found.is_none() && !self.names.nameless {
            let other = self.other_than_state(name);
            let states = self.flow.states.iter().map(|state| &state.name.text);
            self.all.reports.misnamed(name, other, "state", states);
        }
        found
    }

    fn other_than_state(&mut self, name: &Name) -> Option<&'static str> {
        if self.names.fields.contains_key(&name.text) {
            return Some("a context field");
        }
        self.all.top_level(name)
    }

    /// The context field of that name; reported if there is none.
    pub(super) fn field(&mut self, name: &Name) -> Option<FieldId> {
        let found = self.names.fields.get(&name.text).copied();
        if found.is_none() && !self.flow.context_unknown {
            let other = if self.names.states.contains_key(&name.text) {
                Some("a state")
            } else {
                self.all.top_level(name)
            };
            let fields = self.flow.context.iter().map(|field| &field.name.text);
            self.all.reports.misnamed(name, other, "context field", fields);
        }
        found
    }

    /// A state from which nothing leads on.
    pub(super) fn no_arrows(&mut self, id: StateId) {
        let at = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let (handoffs, arrows) = (at(self.flow.handoffs.len()), at(self.flow.arrows.len()));
        self.flow[id].handoffs = handoffs..handoffs;
        self.flow[id].arrows = arrows..arrows;
    }
}
