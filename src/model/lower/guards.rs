//! Guards: their paths, constants and thresholds resolved.
//!
//! Must not know: whether a guard can hold, or what its siblings are. Recursion follows the guard, whose nesting is
//! bounded; a chain of thresholds is resolved from its end, and bounded too.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::flow::FlowLowering;
use super::names::{Decl, Found};
use super::values::{Holder, describe};
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Atom, Bounds, Guard, Name, PathId, StateId, Test, ThresholdId, Type};
use crate::source::Span;
use crate::syntax::tree::{GuardExpr, GuardKind, Operand, PathExpr, RangeExpr};

/// So deep may a guard be with all its thresholds, so that whatever reads it may recurse.
const MAX_DEPTH: u32 = 1024;

/// Where a guard or path is read, and what has been found on the way.
#[derive(Default)]
pub(super) struct Reader {
    /// The approval whose `decision` it may ask for.
    pub(super) approval: Option<StateId>,
    /// That `decision` means nothing here follows from something that has been reported.
    pub(super) silent_decision: bool,
    /// It is read for a flow from a threshold's declaration.
    pub(super) in_threshold: bool,
    /// Names in thresholds that mean nothing in this flow.
    pub(super) missing: Vec<Name>,
    depth: u32,
    deepest: u32,
}

/// The thresholds that a flow has used so far; those that ask for `decision` apart for each state.
#[derive(Default)]
pub(super) struct ThresholdUses {
    known: FxHashMap<(ThresholdId, Option<StateId>), ThresholdUse>,
}

struct ThresholdUse {
    guard: Arc<Guard>,
    depth: u32,
    /// Names in it that mean nothing here, until they are reported.
    missing: Vec<Name>,
}

impl FlowLowering<'_, '_> {
    /// A guard outside of thresholds.
    pub(super) fn guard(&mut self, expr: &GuardExpr, state: Option<StateId>, silent_decision: bool) -> Guard {
        let approval = state.and_then(|state| self.decided_in(state));
        let mut reader = Reader { approval, silent_decision, ..Reader::default() };
        self.read(expr, state, &mut reader)
    }

    fn read(&mut self, expr: &GuardExpr, state: Option<StateId>, reader: &mut Reader) -> Guard {
        reader.depth += 1;
        reader.deepest = reader.deepest.max(reader.depth);
        let guard = match &expr.kind {
            GuardKind::And(parts) => Guard::And(self.read_all(parts, state, reader)),
            GuardKind::Or(parts) => Guard::Or(self.read_all(parts, state, reader)),
            GuardKind::Not(part) => Guard::Not(Box::new(self.read(part, state, reader))),
            GuardKind::Compare { path, op, value } => {
                self.atom(expr.span, path, reader, |flow, id, reader| {
                    flow.comparison(id, op, value, reader).map(|value| Test::Compare(op.value, value))
                })
            }
            GuardKind::InRange(path, range) => {
                self.atom(expr.span, path, reader, |flow, id, reader| flow.in_range(id, range, reader))
            }
            GuardKind::InSet(path, values) => {
                self.atom(expr.span, path, reader, |flow, id, reader| flow.in_set(id, values, reader))
            }
            GuardKind::Present(path, present) => {
                self.atom(expr.span, path, reader, |_, _, _| Some(Test::Present(*present)))
            }
            GuardKind::Bare(path) => self.bare(path, state, reader),
            GuardKind::Delivered => Guard::Delivered(expr.span),
            GuardKind::Faulty => Guard::Unknown,
        };
        reader.depth -= 1;
        guard
    }

    fn read_all(&mut self, parts: &[GuardExpr], state: Option<StateId>, reader: &mut Reader) -> Vec<Guard> {
        parts.iter().map(|part| self.read(part, state, reader)).collect()
    }

    fn atom(
        &mut self,
        span: Span,
        path: &PathExpr,
        reader: &mut Reader,
        test: impl FnOnce(&mut Self, PathId, &Reader) -> Option<Test>,
    ) -> Guard {
        let Some(id) = self.path(path, reader) else { return Guard::Unknown };
        match test(self, id, reader) {
            Some(test) if self.flow[id].ty != Type::Unknown => {
                Guard::Atom(Atom { path: id, test, span, path_span: path.span })
            }
            _ => Guard::Unknown,
        }
    }

    fn in_range(&mut self, id: PathId, range: &RangeExpr, reader: &Reader) -> Option<Test> {
        let path = &self.flow[id];
        let holder = Holder { text: path.text.clone(), ty: path.ty.clone(), fills: false };
        if !self.is_ordered(&holder, range.span, reader) {
            return None;
        }
        let low = self.value(&Operand::Literal(range.low.clone()), &holder, reader)?;
        // An end that is left out need not be a value of an open range's type.
        let holder = if range.open { Holder { ty: closed(holder.ty), ..holder } } else { holder };
        let high = self.value(&Operand::Literal(range.high.clone()), &holder, reader)?;
        if let (Some(from), Some(to)) = (low.number(), high.number())
            && !self.all.is_proper_range(range, from, to)
        {
            return None;
        }
        Some(Test::Range { ends: Box::new([low, high]), open: range.open })
    }

    fn in_set(&mut self, id: PathId, values: &[Operand], reader: &Reader) -> Option<Test> {
        let path = &self.flow[id];
        let holder = Holder { text: path.text.clone(), ty: path.ty.clone(), fills: false };
        let values: Vec<_> = values.iter().map(|value| self.value(value, &holder, reader)).collect();
        values.into_iter().collect::<Option<_>>().map(Test::Set)
    }

    /// A bool path, or a threshold; a field hides a threshold of the same name.
    fn bare(&mut self, path: &PathExpr, state: Option<StateId>, reader: &mut Reader) -> Guard {
        let is_field = self.names.fields.contains_key(&path.root.text);
        if !is_field && path.rest.is_empty() && path.root.text != "decision" {
            match self.all.find(&path.root) {
                Found::Decl(Decl::Threshold(id)) => return self.threshold(id, &path.root, state, reader),
                Found::Decl(Decl::Unreadable) | Found::Unknown => return Guard::Unknown,
                found if !reader.in_threshold => {
                    self.unknown_bare(&path.root, found);
                    return Guard::Unknown;
                }
                _ => {}
            }
        }
        let Some(id) = self.path(path, reader) else { return Guard::Unknown };
        match &self.flow[id].ty {
            Type::Bool => {
                Guard::Atom(Atom { path: id, test: Test::True, span: path.span, path_span: path.span })
            }
            Type::Unknown => Guard::Unknown,
            ty => {
                let text = &self.flow[id].text;
                let message = format!(
                    "`{text}` is {}, and only a bool can stand by itself",
                    describe(&self.all.model, ty)
                );
                let help = format!("say what is asked of it, such as `{text} {}`", example_test(ty));
                let diagnostic = Diagnostic::new(Code::TypeMismatch, path.span, message).help(help);
                self.report_in(reader, diagnostic);
                Guard::Unknown
            }
        }
    }

    /// Neither a field nor a threshold.
    fn unknown_bare(&mut self, name: &Name, found: Found) {
        if self.flow.context_unknown {
            return;
        }
        let fields: Vec<_> = self.flow.context.iter().map(|field| field.name.text.clone()).collect();
        let is = match found {
            Found::Decl(decl) => Some(decl.describe()),
            _ => self.elsewhere(name),
        };
        if self.all.reports.nearest(&name.text, fields.iter()).is_some() {
            self.all.reports.misnamed(name, is, "field or threshold", fields.iter());
        } else {
            self.all
                .misnamed(name, "field or threshold", found, is, |decl| matches!(decl, Decl::Threshold(_)));
        }
    }

    fn threshold(
        &mut self,
        id: ThresholdId,
        name: &Name,
        state: Option<StateId>,
        reader: &mut Reader,
    ) -> Guard {
        if self.all.thresholds.is_circular(name.span) {
            return Guard::Unknown;
        }
        if !reader.in_threshold {
            self.resolve_thresholds(id, state);
        }
        let key = self.threshold_key(id, state);
        let Some(used) = self.thresholds.known.get_mut(&key) else { return Guard::Unknown };
        let missing = std::mem::take(&mut used.missing);
        let (guard, depth) = (Arc::clone(&used.guard), reader.depth + used.depth);
        if reader.in_threshold {
            reader.missing.extend(missing);
        } else {
            self.report_missing(name, &missing);
        }
        if depth > MAX_DEPTH {
            self.report_too_deep(name, reader);
            return Guard::Unknown;
        }
        reader.deepest = reader.deepest.max(depth);
        if matches!(*guard, Guard::Unknown) {
            return Guard::Unknown;
        }
        Guard::Threshold { id, span: name.span, guard }
    }

    fn threshold_key(&self, id: ThresholdId, state: Option<StateId>) -> (ThresholdId, Option<StateId>) {
        (id, state.filter(|_| self.all.thresholds.decides(id)))
    }

    /// Resolves a threshold and what it names, each for the first time, without recursion.
    fn resolve_thresholds(&mut self, id: ThresholdId, state: Option<StateId>) {
        if self.thresholds.known.contains_key(&self.threshold_key(id, state)) {
            return;
        }
        let needed = self
            .all
            .thresholds
            .needed(id, |id| self.thresholds.known.contains_key(&self.threshold_key(id, state)));
        for id in needed {
            let Some(&item) = self.all.items.thresholds.get(id.index()) else { continue };
            let approval = state.and_then(|state| self.decided_in(state));
            let mut reader = Reader { approval, in_threshold: true, ..Reader::default() };
            let guard = Arc::new(self.read(&item.guard, state, &mut reader));
            let used = ThresholdUse { guard, depth: reader.deepest, missing: reader.missing };
            self.thresholds.known.insert(self.threshold_key(id, state), used);
        }
    }

    /// B010 at the use of a threshold that asks for what this flow does not have.
    fn report_missing(&mut self, name: &Name, missing: &[Name]) {
        let Some(first) = missing.first() else { return };
        let (text, field) = (&name.text, &first.text);
        let mut diagnostic = if first.text == "decision" {
            let message =
                format!("`{text}` asks for `decision`, which is known in the guards of an approval only");
            Diagnostic::new(Code::UnknownName, name.span, message)
                .help("use this threshold in an approval, or ask for a field")
        } else {
            let message =
                format!("`{text}` asks for `{field}`, which flow `{}` does not have", self.flow.name.text);
            Diagnostic::new(Code::UnknownName, name.span, message)
                .help(format!("declare `{field}` in the context, or use another threshold"))
        };
        let mut told = rustc_hash::FxHashSet::default();
        for name in missing {
            if told.insert(name.span) {
                diagnostic = diagnostic.also(name.span, format!("asks for `{}`", name.text));
            }
        }
        self.all.reports.add(diagnostic);
    }

    fn report_too_deep(&mut self, name: &Name, reader: &Reader) {
        let message = format!("thresholds are nested too deep below `{}` to decide", name.text);
        let diagnostic = Diagnostic::new(Code::TooComplex, name.span, message)
            .help("write what they ask in fewer thresholds");
        self.report_in(reader, diagnostic);
    }

    /// Reports what is found while reading; in a threshold once, however many flows use it.
    pub(super) fn report_in(&mut self, reader: &Reader, diagnostic: Diagnostic) {
        if reader.in_threshold {
            self.all.reports.add_once(diagnostic);
        } else {
            self.all.reports.add(diagnostic);
        }
    }
}

fn example_test(ty: &Type) -> String {
    let example = match ty {
        Type::Percent => ">= 80%",
        Type::Int(Bounds { high: Some(high), .. }) | Type::Number(Bounds { high: Some(high), .. }) => {
            return format!("< {}", high.normalize());
        }
        Type::Int(_) | Type::Number(_) => ">= 1",
        Type::Duration => "< 1h",
        Type::Enum(_) | Type::Options(_) => "is …",
        Type::Text { .. } | Type::Url => "is \"…\"",
        _ => "is present",
    };
    example.to_owned()
}

/// The type with its upper end.
fn closed(ty: Type) -> Type {
    match ty {
        Type::Number(bounds) => Type::Number(Bounds { open: false, ..bounds }),
        Type::Int(bounds) => Type::Int(Bounds { open: false, ..bounds }),
        ty => ty,
    }
}
