//! Scenarios: the names and values in their lines.
//!
//! Must not know: which path a scenario takes.

use super::flow::FlowLowering;
use super::guards::Reader;
use super::proves::StateRole;
use super::values::Holder;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{
    Assigned, Assignment, Event, IntakeId, Name, PathId, Scenario, ScenarioLine, ScenarioLineKind, StateId,
    Text,
};
use crate::source::Span;
use crate::syntax::tree::{self, EventExpr, Operand, ScenarioItem, ScenarioLineKind as Written};

impl FlowLowering<'_, '_> {
    pub(super) fn scenario(&mut self, item: &ScenarioItem) -> Scenario {
        self.check_lines(item);
        let mut lines = Vec::with_capacity(item.lines.len());
        for line in &item.lines {
            lines.extend(self.line(line));
        }
        let unknown = lines.len() < item.lines.len();
        Scenario { span: item.span, title: item.title.clone(), lines, unknown }
    }

    /// A scenario starts once and expects something.
    fn check_lines(&mut self, item: &ScenarioItem) {
        let mut start = None;
        let (mut expects, mut unreadable) = (false, false);
        for line in &item.lines {
            match &line.kind {
                Written::Start { .. } => match start {
                    Some(first) => {
                        self.all.repeated(line.keyword, line.span, first, "start", &item.title.value);
                    }
                    None => start = Some(line.keyword),
                },
                Written::At { .. } => {}
                Written::Junk(_) => {
                    self.all.unreadable(line.span);
                    unreadable = true;
                }
                _ => expects = true,
            }
        }
        if start.is_none() && !unreadable {
            self.missing_line(item, "start", "start FIELD");
        } else if !expects && !unreadable {
            self.missing_line(item, "expect", "expect END");
        }
    }

    fn missing_line(&mut self, item: &ScenarioItem, word: &str, example: &str) {
        let message = format!("scenario `{}` has no `{word}`", item.title.value);
        self.all.reports.add(
            Diagnostic::new(Code::MissingClause, item.title.span, message)
                .help(format!("write `{example}` between its braces")),
        );
    }

    fn line(&mut self, line: &tree::ScenarioLine) -> Option<ScenarioLine> {
        Some(ScenarioLine { span: line.span, kind: self.line_kind(line)? })
    }

    fn line_kind(&mut self, line: &tree::ScenarioLine) -> Option<ScenarioLineKind> {
        match &line.kind {
            Written::Start { field, from, values } => {
                let intake = self.started_intake(field, from.as_ref());
                let values = self.assignments(values);
                Some(ScenarioLineKind::Start(intake?, values?))
            }
            Written::At { state, event, values } => {
                let state = self.state_in_role(state, event_role(event));
                let event = state.and_then(|state| self.event(state, event, line.span));
                let values = self.assignments(values);
                Some(ScenarioLineKind::At(state?, event?, values?))
            }
            Written::ExpectEnd(name) => {
                self.state_in_role(name, StateRole::End).map(ScenarioLineKind::ExpectEnd)
            }
            Written::ExpectPath(names) => {
                let states: Vec<_> = names.iter().map(|name| self.state(name)).collect();
                states.into_iter().collect::<Option<_>>().map(ScenarioLineKind::ExpectPath)
            }
            Written::ExpectVisits(count, name) => {
                let count = self.all.count(count, 0, "`visits`");
                let state = self.state(name);
                Some(ScenarioLineKind::ExpectVisits(count?, state?))
            }
            Written::ExpectWithin(time) => {
                self.all.duration(time, "`within`").map(ScenarioLineKind::ExpectWithin)
            }
            Written::ExpectCosts(most) => {
                self.all.money(most, "`costs at most`").map(ScenarioLineKind::ExpectCosts)
            }
            Written::Junk(_) => None,
        }
    }

    fn event(&mut self, state: StateId, event: &EventExpr, place: Span) -> Option<Event> {
        match event {
            EventExpr::Delivers => Some(Event::Delivers),
            EventExpr::Decides(option) => self.option(state, option, &Reader::default()).map(Event::Decides),
            EventExpr::Fails => Some(Event::Fails),
            EventExpr::Silent => Some(Event::Silent),
            EventExpr::Unaccepted if self.flow[state].accept.is_missing() => {
                let name = &self.flow[state].name;
                let message = format!("`{}` has no `accept`, so nobody can be too late with it", name.text);
                self.all.reports.add(
                    Diagnostic::new(Code::RepeatedClause, place, message)
                        .also(name.span, "declared here")
                        .help("write `silent`, or give the state an `accept`"),
                );
                None
            }
            EventExpr::Unaccepted => Some(Event::Unaccepted),
        }
    }

    /// The intake of that field, and of that source if it is said; else the one for calls, or the only one.
    fn started_intake(&mut self, name: &Name, from: Option<&Text>) -> Option<IntakeId> {
        let field = self.field(name)?;
        let taking: Vec<usize> = (0..)
            .zip(&self.flow.intakes)
            .filter(|(_, intake)| intake.field == Some(field))
            .map(|(at, _)| at)
            .collect();
        let source = |at: &usize| self.flow.intakes.get(*at).and_then(|intake| intake.from.as_ref());
        let found = match from {
            Some(from) => {
                taking.iter().find(|at| source(at).is_some_and(|source| source.value == from.value))
            }
            None if taking.len() == 1 => taking.first(),
            None => taking.iter().find(|at| source(at).is_none()),
        };
        let intakes = &self.flow.intakes;
        let unknown = self.names.intake_unreadable
            || intakes.is_empty()
            || intakes.iter().any(|intake| intake.field.is_none());
        if found.is_none() && !unknown {
            self.report_no_intake(name, from, taking.len());
        }
        found.copied().map(IntakeId::new)
    }

    fn report_no_intake(&mut self, name: &Name, from: Option<&Text>, taking: usize) {
        let text = &name.text;
        let diagnostic = match from {
            _ if taking == 0 => {
                let message = format!("no intake takes `{text}`, so no work can start with it");
                let fields = self.flow.intakes.iter().map(|intake| intake.name.text.as_str());
                let help = format!(
                    "start with the field of an intake, such as {}",
                    super::report::listed(fields.take(4))
                );
                Diagnostic::new(Code::UnknownName, name.span, message).help(help)
            }
            Some(from) => {
                let message = format!("no intake takes `{text}` from \"{}\"", from.value);
                Diagnostic::new(Code::UnknownName, from.span, message)
                    .help("write the source of one of its intakes")
            }
            None => {
                let message = format!("{taking} intakes take `{text}`, and nothing says which one");
                Diagnostic::new(Code::MissingClause, name.span, message)
                    .help(format!("write `start {text} from \"…\"` with the source of one"))
            }
        };
        self.all.reports.add(diagnostic);
    }

    /// `None` if one of them can't be relied on.
    fn assignments(&mut self, values: &[tree::Assignment]) -> Option<Vec<Assignment>> {
        let values: Vec<_> = values.iter().map(|value| self.assignment(value)).collect();
        values.into_iter().collect()
    }

    fn assignment(&mut self, item: &tree::Assignment) -> Option<Assignment> {
        let path = self.plain_path(&item.path)?;
        let known = &self.flow[path];
        let holder = Holder { text: known.text.clone(), ty: known.ty.clone(), fills: true };
        let value = match &item.value {
            Operand::Member(word) if word.text == "present" => Assigned::Present,
            Operand::Member(word) if word.text == "absent" => {
                self.may_be_absent(path, word)?;
                Assigned::Absent
            }
            value => Assigned::Value(self.value(value, &holder, &Reader::default())?),
        };
        Some(Assignment { path, value, span: item.path.span })
    }

    fn may_be_absent(&mut self, path: PathId, word: &Name) -> Option<()> {
        let known = &self.flow[path];
        if known.optional {
            return Some(());
        }
        let message = format!("`{}` is never absent", known.text);
        let found = Diagnostic::new(Code::TypeMismatch, word.span, message);
        self.all.reports.add(found.help("only what has an optional type, such as `text?`, may be absent"));
        None
    }
}

fn event_role(event: &EventExpr) -> StateRole {
    match event {
        EventExpr::Decides(_) => StateRole::Approval,
        _ => StateRole::Visited,
    }
}
