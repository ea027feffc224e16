//! Clauses that list fields, paths or options: `needs`, `makes`, `shows`, `carry`, `options`.
//!
//! Must not know: where the fields come from and who reads them.

use rustc_hash::{FxHashMap, FxHashSet};

use super::Lowering;
use super::clauses::may_be_junk;
use super::flow::FlowLowering;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Approval, FieldId, FieldUse, Name, Need, PathUse, Slot, Type};
use crate::source::Span;
use crate::syntax::tree::{ClauseKind, Keyword, NeedExpr, PathExpr, StateItem};

/// What all clauses of one sort list; a second clause is told as such (B014), not for what it says again.
pub(super) fn merged<'n, T>(clauses: impl Iterator<Item = &'n Vec<T>>, name: fn(&T) -> &Name) -> Vec<&'n T> {
    let (mut all, mut before) = (Vec::new(), FxHashSet::default());
    for items in clauses {
        all.extend(items.iter().filter(|item| !before.contains(&name(item).text)));
        before.extend(items.iter().map(|item| &name(item).text));
    }
    all
}

impl Lowering<'_> {
    /// The options of an approval.
    pub(super) fn options(&mut self, item: &StateItem) -> Approval {
        let clauses = item.clauses.iter().filter_map(|clause| match &clause.kind {
            ClauseKind::Options(names) => Some((clause.span, names)),
            _ => None,
        });
        let written: Vec<(Span, &Vec<Name>)> = clauses.collect();
        let names = merged(written.iter().map(|&(_, names)| names), |name| name);
        for &name in &names {
            self.refuse_reserved(name, "an option");
        }
        let options = self.unique(names, "the option");
        let unreadable = may_be_junk(item, Keyword::Options);
        match written.first() {
            None if !unreadable => {
                self.missing_clause(&item.name, "options", "options approve, reject");
            }
            Some(&(place, _)) if options.len() < 2 => self.report_few_options(item, place),
            _ => {}
        }
        let options_unknown = unreadable || options.len() < 2;
        Approval {
            asks: Slot::Missing,
            asks_span: None,
            options,
            options_unknown,
            shows: Vec::new(),
            shows_unknown: false,
        }
    }

    fn report_few_options(&mut self, item: &StateItem, place: Span) {
        let message = format!("`{}` leaves its reviewer nothing to choose", item.name.text);
        self.reports.add(
            Diagnostic::new(Code::EmptyRange, place, message)
                .label("fewer than two options")
                .help("write at least two options, such as `options approve, reject`"),
        );
    }
}

impl FlowLowering<'_, '_> {
    /// Whole context fields, each once.
    pub(super) fn field_list<'n>(
        &mut self,
        names: impl Iterator<Item = &'n Name>,
        list: &str,
    ) -> Vec<FieldUse> {
        let mut seen: FxHashMap<FieldId, Span> = FxHashMap::default();
        let mut uses = Vec::with_capacity(1);
        for name in names {
            let field = self.field(name);
            match field.and_then(|field| seen.get(&field).copied()) {
                Some(first) => self.all.reports.listed_twice(name, first, list),
                None => {
                    uses.push(FieldUse { field, span: name.span });
                    seen.extend(field.map(|field| (field, name.span)));
                }
            }
        }
        uses
    }

    pub(super) fn makes(&mut self, item: &StateItem) -> Vec<FieldUse> {
        let names = item.clauses.iter().filter_map(|clause| match &clause.kind {
            ClauseKind::Makes(names) => Some(names),
            _ => None,
        });
        self.field_list(merged(names, |name| name).into_iter(), "`makes`")
    }

    pub(super) fn shows(&mut self, item: &StateItem) -> Vec<PathUse> {
        let paths = item.clauses.iter().filter_map(|clause| match &clause.kind {
            ClauseKind::Shows(paths) => Some(paths),
            _ => None,
        });
        let mut shows: Vec<_> = paths.flatten().map(|path| self.path_use(path)).collect();
        shows.shrink_to_fit();
        shows
    }

    pub(super) fn needs(&mut self, item: &StateItem) -> Vec<Need> {
        let needs = item.clauses.iter().filter_map(|clause| match &clause.kind {
            ClauseKind::Needs(needs) => Some(needs),
            _ => None,
        });
        let mut needs: Vec<_> = needs.flatten().map(|need| self.need(need)).collect();
        needs.shrink_to_fit();
        needs
    }

    fn need(&mut self, need: &NeedExpr) -> Need {
        let path = self.path_use(&need.path);
        if let (Some(id), Some(mark)) = (path.path, need.optional) {
            let known = &self.flow[id];
            if !known.optional && known.ty != Type::Unknown {
                let message = format!("`{}` is never absent, so `?` says nothing", known.text);
                self.all.reports.add(
                    Diagnostic::new(Code::TypeMismatch, mark, message)
                        .help(format!("write `{}`, or make its type optional", known.text))
                        .fix("delete the `?`", mark, ""),
                );
            }
        }
        Need { path, optional: need.optional.is_some() }
    }

    /// A path of the context, read as a whole.
    pub(super) fn path_use(&mut self, path: &PathExpr) -> PathUse {
        PathUse { path: self.plain_path(path), span: path.span }
    }
}
