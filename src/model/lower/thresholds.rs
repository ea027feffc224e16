//! How thresholds name one another.
//!
//! Must not know: flows; what a threshold asks there is resolved in [`super::guards`].

use rustc_hash::FxHashSet;
use smol_str::SmolStr;

use super::Lowering;
use super::cycles::Edges;
use super::names::{Decl, Found};
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Name, ThresholdId};
use crate::source::Span;
use crate::syntax::tree::{FlowItem, GuardExpr, GuardKind, Member, PathExpr, StateHead};

/// Which thresholds each threshold names, free of circles.
#[derive(Default)]
pub(super) struct ThresholdOrder {
    /// By threshold.
    facts: Vec<ThresholdFacts>,
    /// Where a threshold's name would close a circle.
    circular: FxHashSet<Span>,
}

#[derive(Clone, Default)]
struct ThresholdFacts {
    names: Vec<ThresholdId>,
    /// It stands after all that it names.
    rank: usize,
    /// It or one that it names asks for `decision`.
    decides: bool,
}

impl ThresholdOrder {
    fn facts(&self, id: ThresholdId) -> Option<&ThresholdFacts> {
        self.facts.get(id.index())
    }

    /// Whether `decision` means something in it.
    pub(super) fn decides(&self, id: ThresholdId) -> bool {
        self.facts(id).is_some_and(|facts| facts.decides)
    }

    /// Whether the name at this place closes a circle, which has been reported.
    pub(super) fn is_circular(&self, place: Span) -> bool {
        self.circular.contains(&place)
    }

    /// `id` after all that it names and that is not `done`, each after what it names itself.
    pub(super) fn needed(&self, id: ThresholdId, done: impl Fn(ThresholdId) -> bool) -> Vec<ThresholdId> {
        let mut seen = FxHashSet::from_iter([id]);
        let mut needed = vec![id];
        let mut next = 0;
        while let Some(&id) = needed.get(next) {
            next += 1;
            for &name in self.facts(id).map_or(&[][..], |facts| &facts.names) {
                if !done(name) && seen.insert(name) {
                    needed.push(name);
                }
            }
        }
        needed.sort_by_key(|&id| self.facts(id).map_or(0, |facts| facts.rank));
        needed
    }
}

impl Lowering<'_> {
    /// B016 for thresholds that use themselves, and the order of the others.
    pub(super) fn order_thresholds(&mut self) {
        let hidden = self.hidden_everywhere();
        let mut edges = Vec::new();
        let mut places = Vec::new();
        let mut decides = Vec::new();
        for from in 0..self.items.thresholds.len() {
            let Some(&item) = self.items.thresholds.get(from) else { continue };
            let mut uses = Uses::default();
            uses.collect(&item.guard);
            decides.push(uses.decision);
            for name in uses.bare {
                if let Found::Decl(Decl::Threshold(to)) = self.find(name)
                    && !hidden.contains(&name.text)
                {
                    edges.push((from, to.index()));
                    places.push(name);
                }
            }
        }
        let walk = Edges::new(self.items.thresholds.len(), &edges).walk();
        for circle in &walk.circles {
            let names: Vec<&Name> = circle.iter().filter_map(|&edge| places.get(edge).copied()).collect();
            self.report_threshold_circle(&names);
        }
        self.rank_thresholds(&edges, &places, &walk.finished, decides);
    }

    /// The names that are a context field in every flow: a threshold of such a name is never meant.
    fn hidden_everywhere(&self) -> FxHashSet<SmolStr> {
        let mut flows = self.items.flows.iter().map(|flow| field_names(flow));
        let first = flows.next().unwrap_or_default();
        flows.fold(first, |mut hidden, fields| {
            hidden.retain(|name| fields.contains(name));
            hidden
        })
    }

    fn rank_thresholds(
        &mut self,
        edges: &[(usize, usize)],
        places: &[&Name],
        finished: &[usize],
        decides: Vec<bool>,
    ) {
        let order = &mut self.thresholds;
        order.facts =
            decides.into_iter().map(|decides| ThresholdFacts { decides, ..Default::default() }).collect();
        for (&(from, to), name) in edges.iter().zip(places) {
            if let Some(facts) = order.facts.get_mut(from).filter(|_| !order.circular.contains(&name.span)) {
                facts.names.push(ThresholdId::new(to));
            }
        }
        for (rank, &node) in finished.iter().enumerate() {
            let Some(facts) = order.facts.get(node) else { continue };
            let inherited = facts.names.iter().any(|&name| order.decides(name));
            if let Some(facts) = order.facts.get_mut(node) {
                facts.rank = rank;
                facts.decides |= inherited;
            }
        }
    }

    fn report_threshold_circle(&mut self, names: &[&Name]) {
        let Some((closing, earlier)) = names.split_last() else { return };
        self.thresholds.circular.insert(closing.span);
        let text = &closing.text;
        let mut diagnostic =
            Diagnostic::new(Code::RecursiveType, closing.span, format!("threshold `{text}` uses itself"))
                .help("write here what it asks, in fields and values");
        for name in earlier {
            diagnostic = diagnostic.also(name.span, format!("by way of `{}`", name.text));
        }
        self.reports.add(diagnostic);
    }
}

fn field_names(flow: &FlowItem<StateHead>) -> FxHashSet<SmolStr> {
    let contexts = flow.members.iter().filter_map(|member| match member {
        Member::Context(context) => Some(&context.fields),
        _ => None,
    });
    contexts.flatten().map(|field| field.name.text.clone()).collect()
}

/// The names in a threshold that may be thresholds.
#[derive(Default)]
struct Uses<'t> {
    bare: Vec<&'t Name>,
    decision: bool,
}

impl<'t> Uses<'t> {
    /// Recurses over the guard, whose nesting is bounded.
    fn collect(&mut self, guard: &'t GuardExpr) {
        match &guard.kind {
            GuardKind::And(parts) | GuardKind::Or(parts) => parts.iter().for_each(|part| self.collect(part)),
            GuardKind::Not(part) => self.collect(part),
            GuardKind::Compare { path, .. }
            | GuardKind::InRange(path, _)
            | GuardKind::InSet(path, _)
            | GuardKind::Present(path, _) => self.path(path),
            GuardKind::Bare(path) => {
                self.path(path);
                if path.rest.is_empty() {
                    self.bare.push(&path.root);
                }
            }
            GuardKind::Delivered | GuardKind::Faulty => {}
        }
    }

    fn path(&mut self, path: &PathExpr) {
        self.decision |= path.root.text == "decision";
    }
}
