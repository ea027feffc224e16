//! Calls: which flows they run, with what, and what those give back; circles of calls.
//!
//! Must not know: the callee's insides, but for its [`Signature`].

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use rustc_hash::{FxHashMap, FxHashSet};

use super::Lowering;
use super::clauses::may_be_junk;
use super::cycles::Edges;
use super::flow::FlowLowering;
use super::report::listed;
use super::values::describe;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Bounds, Call, FieldUse, FlowId, IntakeId, Join, Kind, Name, PathUse, Run, StateId, Type};
use crate::source::Span;
use crate::syntax::tree::{ClauseKind, JoinExpr, Keyword, Literal, LiteralValue, RunClause, StateItem};

/// What calls need to know of a flow.
pub(super) struct Signature {
    pub(super) name: Name,
    /// The types that its intakes take, with the places of their fields' names.
    pub(super) intakes: Vec<(Type, Span)>,
    /// What its success ends prove themselves by.
    pub(super) receipts: Vec<Receipt>,
    /// There may be more intakes or receipts.
    pub(super) unknown: bool,
    /// That its receipts differ has been said.
    pub(super) reported: bool,
}

/// The receipt of a success end.
pub(super) struct Receipt {
    pub(super) ty: Type,
    pub(super) place: Span,
}

impl FlowLowering<'_, '_> {
    pub(super) fn lower_call(&mut self, id: StateId, item: &StateItem) {
        let mut runs = Vec::new();
        let mut given = FxHashMap::default();
        for clause in &item.clauses {
            let ClauseKind::Runs(run) = &clause.kind else { continue };
            let run = self.run(clause.span, run, &mut given);
            runs.push(run);
        }
        let unknown = may_be_junk(item, Keyword::Runs);
        if runs.is_empty() && !unknown {
            self.all.missing_clause(&item.name, "runs", "runs some_flow(some_field) gives some_receipt");
        }
        let join = self.join(item, runs.len(), unknown);
        if let Some(join) = join
            && !unknown
            && !join.waits_for_all(runs.len())
        {
            self.check_optional_gives(&runs);
        }
        let unknown = unknown || join.is_none() || runs.iter().any(|run| run.flow.is_none());
        let join_span = join_value(item);
        let call = Call { runs, join: join.unwrap_or(Join::All), join_span, unknown };
        self.flow[id].kind = Kind::Call(Box::new(call));
    }

    fn run(
        &mut self,
        span: Span,
        run: &RunClause,
        given: &mut FxHashMap<crate::model::FieldId, Span>,
    ) -> Run {
        let elsewhere = self.elsewhere(&run.flow);
        let flow = self.all.callee(&run.flow, self.id, elsewhere);
        let argument = self.path_use(&run.argument);
        let gives = run.gives.as_ref().map(|name| {
            let field = self.field(name);
            if let Some(field) = field {
                match given.get(&field) {
                    Some(&first) => self.all.reports.listed_twice(name, first, "`gives`"),
                    None => drop(given.insert(field, name.span)),
                }
            }
            FieldUse { field, span: name.span }
        });
        let intake = flow.and_then(|flow| self.taking_intake(flow, &argument));
        if let Some(flow) = flow {
            self.check_receipt(flow, &run.flow, gives.as_ref());
        }
        Run { span, name: run.flow.clone(), flow, intake, argument: Some(argument), gives }
    }

    /// The one intake of the callee that takes the argument; B020 if there is none, or more.
    fn taking_intake(&mut self, flow: FlowId, argument: &PathUse) -> Option<IntakeId> {
        let path = &self.flow[argument.path?];
        let callee = self.all.signatures.get(flow.index())?;
        if path.ty == Type::Unknown || callee.intakes.iter().any(|(ty, _)| *ty == Type::Unknown) {
            return None;
        }
        let mut taking = callee.intakes.iter().enumerate().filter(|(_, (ty, _))| fits(&path.ty, ty));
        let (first, second) = (taking.next(), taking.next());
        let name = &callee.name.text;
        let is = describe(&self.all.model, &path.ty);
        let diagnostic = match (first, second) {
            (Some((at, _)), None) => return Some(IntakeId::new(at)),
            (None, _) if callee.unknown => return None,
            (None, _) => {
                let message = format!("`{}` is {is}, which no intake of `{name}` takes", path.text);
                let takes: Vec<String> =
                    callee.intakes.iter().map(|(ty, _)| describe(&self.all.model, ty)).collect();
                let help = match takes.len() {
                    0 => format!("give `{name}` an intake without `from` for it"),
                    _ => format!("hand over {}", takes.join(", or ")),
                };
                let mut diagnostic = Diagnostic::new(Code::TypeMismatch, argument.span, message).help(help);
                for &(_, place) in callee.intakes.iter().take(4) {
                    diagnostic = diagnostic.also(place, "it takes this");
                }
                diagnostic
            }
            (Some((_, (_, one))), Some((_, (_, other)))) => {
                let message = format!("`{}` is {is}, which two intakes of `{name}` take", path.text);
                Diagnostic::new(Code::TypeMismatch, argument.span, message)
                    .also(*one, "the one")
                    .also(*other, "the other")
                    .help("give the two intakes different types, so that it is certain which one is meant")
            }
        };
        self.all.reports.add(diagnostic);
        None
    }

    /// B020 unless all success ends of the callee have receipts of one type, which the given field takes.
    fn check_receipt(&mut self, flow: FlowId, name: &Name, gives: Option<&FieldUse>) {
        let Some(callee) = self.all.signatures.get_mut(flow.index()) else { return };
        let Some((first, rest)) = callee.receipts.split_first() else { return };
        if callee.receipts.iter().any(|receipt| receipt.ty == Type::Unknown) {
            return;
        }
        if let Some(other) = rest.iter().find(|receipt| receipt.ty != first.ty) {
            if !std::mem::replace(&mut callee.reported, true) {
                let message = format!("the success ends of `{}` have receipts of different types", name.text);
                self.all.reports.add(
                    Diagnostic::new(Code::TypeMismatch, name.span, message)
                        .also(first.place, describe(&self.all.model, &first.ty))
                        .also(other.place, describe(&self.all.model, &other.ty))
                        .help("let all its success ends name receipts of one type"),
                );
            }
            return;
        }
        let Some((gives, field)) = gives.and_then(|gives| Some((gives, gives.field?))) else { return };
        let field = &self.flow[field];
        if field.ty.ty != Type::Unknown && !fits(&first.ty, &field.ty.ty) {
            let model = &self.all.model;
            let (is, takes) = (describe(model, &first.ty), describe(model, &field.ty.ty));
            let message = format!("`{}` gives {is}, and `{}` is {takes}", name.text, field.name.text);
            self.all.reports.add(
                Diagnostic::new(Code::TypeMismatch, gives.span, message)
                    .also(first.place, "the receipt")
                    .also(field.ty_span, "the field's type")
                    .help("give it to a field of the receipt's type"),
            );
        }
    }

    /// `None` if it could not be read.
    fn join(&mut self, item: &StateItem, runs: usize, unknown: bool) -> Option<Join> {
        let join = item.clauses.iter().find_map(|clause| match &clause.kind {
            ClauseKind::Join(join) => Some(join),
            _ => None,
        });
        match join {
            None => (!may_be_junk(item, Keyword::Join)).then_some(Join::All),
            Some(JoinExpr::All) => Some(Join::All),
            Some(JoinExpr::Any) => Some(Join::Any),
            Some(JoinExpr::Count(literal)) => self.join_count(literal, runs, unknown || runs == 0),
        }
    }

    fn join_count(&mut self, literal: &Literal, runs: usize, unknown: bool) -> Option<Join> {
        let count = self.all.count(literal, 1, "`join`")?;
        if count as usize > runs && !unknown {
            let (message, help) = match runs {
                1 => ("there is only one run to wait for".to_owned(), "write `join all`".to_owned()),
                _ => (
                    format!("`join {count}` waits for more runs than the {runs} there are"),
                    format!("write `join all`, or a number up to {runs}"),
                ),
            };
            self.all.out_of_range(literal, message, &help);
            return None;
        }
        let LiteralValue::Number(number) = literal.value else { return None };
        number.to_u32().map(Join::Count)
    }

    /// B020 for fields that stay absent where their run is not awaited, and are not optional.
    fn check_optional_gives(&mut self, runs: &[Run]) {
        for gives in runs.iter().filter_map(|run| run.gives.as_ref()) {
            let Some(field) = gives.field.map(|field| &self.flow[field]) else { continue };
            if field.ty.optional || field.ty.ty == Type::Unknown {
                continue;
            }
            let text = &field.name.text;
            let message = format!(
                "`{text}` stays absent where its run is not waited for, and its type does not allow that"
            );
            self.all.reports.add(
                Diagnostic::new(Code::TypeMismatch, gives.span, message)
                    .also(field.ty_span, "not optional")
                    .help(format!("write `?` after the type of `{text}`, or `join all`"))
                    .fix("make the field optional", field.ty_span.end_point(), "?"),
            );
        }
    }
}

impl Join {
    /// Whether a call with so many runs goes on only after all of them.
    #[must_use]
    pub fn waits_for_all(self, runs: usize) -> bool {
        match self {
            Join::All => true,
            Join::Any => runs == 1,
            Join::Count(count) => count as usize >= runs,
        }
    }
}

/// Whether every value of one type is a value of the other.
fn fits(given: &Type, taken: &Type) -> bool {
    match (given, taken) {
        (Type::Text { max: given }, Type::Text { max: taken }) => at_most(*given, *taken),
        (Type::Int(given), Type::Int(taken)) => lies_within(&closed(given), &closed(taken)),
        (Type::Number(given), Type::Number(taken)) => lies_within(given, taken),
        (Type::List { max: given, of }, Type::List { max: taken, of: taken_of }) => {
            at_most(*given, *taken) && fits(of, taken_of)
        }
        _ => given == taken,
    }
}

fn at_most(given: Option<u64>, taken: Option<u64>) -> bool {
    taken.is_none_or(|taken| given.is_some_and(|given| given <= taken))
}

/// The same whole numbers without `..<`.
fn closed(bounds: &Bounds) -> Bounds {
    let last = Decimal::from(u8::from(bounds.open));
    Bounds { high: bounds.high.map(|high| high - last), open: false, ..*bounds }
}

fn lies_within(given: &Bounds, taken: &Bounds) -> bool {
    let low = taken.low.is_none_or(|taken| given.low.is_some_and(|given| given >= taken));
    let high = taken.high.is_none_or(|high| {
        given.high.is_some_and(|given_high| {
            given_high < high || (given_high == high && (given.open || !taken.open))
        })
    });
    low && high
}

impl Lowering<'_> {
    /// Marks the flows that are called, and cuts the calls that close a circle (B017): they lead nowhere then. The
    /// flows come back in an order in which each stands after those that it calls.
    pub(super) fn cut_call_circles(&mut self) -> Vec<usize> {
        let mut edges = Vec::new();
        let mut places = Vec::new();
        for (from, flow) in self.model.flows.iter().enumerate() {
            for (state, item) in flow.states.iter().enumerate() {
                let Kind::Call(call) = &item.kind else { continue };
                for (at, run) in call.runs.iter().enumerate() {
                    if let Some(to) = run.flow {
                        edges.push((from, to.index()));
                        places.push((FlowId::new(from), StateId::new(state), at));
                    }
                }
            }
        }
        for &(_, to) in &edges {
            self.model[FlowId::new(to)].called = true;
        }
        let walk = Edges::new(self.model.flows.len(), &edges).walk();
        let mut told = FxHashSet::default();
        for circle in walk.circles {
            let is_new =
                circle.last().and_then(|&edge| edges.get(edge)).is_some_and(|&closing| told.insert(closing));
            let steps: Vec<_> = circle.iter().filter_map(|&edge| places.get(edge).copied()).collect();
            if is_new {
                self.report_call_circle(&steps);
            }
            self.cut_call(steps.last().copied());
        }
        walk.finished
    }

    /// B017, at the call that closes the circle.
    fn report_call_circle(&mut self, steps: &[(FlowId, StateId, usize)]) {
        let Some((&(flow, state, at), earlier)) = steps.split_last() else { return };
        let names: Vec<&str> = steps.iter().map(|step| self.model[step.0].name.text.as_str()).collect();
        let Some(closing) = self.run_name(flow, state, at) else { return };
        let message = match names.as_slice() {
            [only] => format!("flow `{only}` calls itself, so it could never end"),
            several => format!(
                "flows {} call each other in a circle, so they could never end",
                listed(several.iter().copied())
            ),
        };
        let mut diagnostic = Diagnostic::new(Code::RecursiveCall, closing.span, message)
            .label("closes the circle")
            .help("lead back by a counted arrow inside one flow instead of by a call");
        for &(flow, state, at) in earlier {
            if let Some(name) = self.run_name(flow, state, at) {
                let caller = &self.model[flow].name.text;
                diagnostic = diagnostic.also(name.span, format!("`{caller}` calls `{}`", name.text));
            }
        }
        self.reports.add(diagnostic);
    }

    /// The run leads nowhere from here on.
    fn cut_call(&mut self, closing: Option<(FlowId, StateId, usize)>) {
        let Some((flow, state, at)) = closing else { return };
        if let Kind::Call(call) = &mut self.model[flow][state].kind {
            let Call { runs, unknown, .. } = &mut **call;
            *unknown = true;
            if let Some(run) = runs.get_mut(at) {
                (run.flow, run.intake) = (None, None);
            }
        }
    }

    fn run_name(&self, flow: FlowId, state: StateId, at: usize) -> Option<&Name> {
        match &self.model[flow][state].kind {
            Kind::Call(call) => call.runs.get(at).map(|run| &run.name),
            _ => None,
        }
    }
}

/// What stands behind the word `join`.
fn join_value(item: &StateItem) -> Option<Span> {
    item.clauses.iter().find_map(|clause| match &clause.kind {
        ClauseKind::Join(JoinExpr::Count(literal)) => Some(literal.span),
        ClauseKind::Join(JoinExpr::All | JoinExpr::Any) => {
            Some(Span { start: clause.span.end.saturating_sub(3), ..clause.span }) // `all`, `any`
        }
        _ => None,
    })
}
