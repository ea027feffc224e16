//! The way in: which intake, whether what came fits, and what becomes of it.
//!
//! Must not know: who sends records. A process starts with the variables `item`, `intake` and either `raw`, which a source
//! has sent, or `record`, which a call gives.

use indexmap::IndexMap;

use super::feel::{below, constant, context, joined, text};
use super::graph::{Fault, Kind, Node, Place};
use super::process::Process;
use super::receipt;
use super::routes::handoff;
use crate::emit::schema::may_be_absent;
use crate::plan::{Intake, MapValue, Type};

impl<'a> Process<'a> {
    pub(super) fn door(&mut self) {
        let flow = self.flow;
        let first = flow.intakes.values().next().and_then(|intake| flow.states.get(&intake.arrow.to));
        let lane = first.map_or(0, |state| self.lane(&state.owner));
        let doc = flow.doc.as_deref().unwrap_or_default().trim();
        let start = Node::new("way-in", "work comes in", Kind::Start, lane).documented(doc);
        let start = self.graph.add(start);
        let which = self.graph.add(Node::new("way-in.which", "does it fit?", Kind::Split(None), lane));
        self.graph.link(start, which);
        for (id, intake) in &flow.intakes {
            let script = Kind::Script(self.taken_in(intake));
            let source = intake.from.as_ref().map_or("a call", |from| from.as_str());
            let node = Node::new(id.as_str(), format!("{} from {source}", intake.field), script, lane)
                .documented(format!("To {}: {} owns it next.", intake.arrow.to, intake.arrow.envelope.owner))
                .saying("hop", intake.arrow.id.as_str());
            let taken = self.graph.add(node);
            self.graph.flow(which, taken, id, Some(self.fits(id, intake)));
            self.arrives(taken, &intake.arrow.to, true);
        }
        let refused = Node::new("way-in.refused", Fault::Refused.code(), Kind::Throw(Fault::Refused), lane);
        let refused =
            refused.at(Place::Below(which)).documented("It never became work: the source has it still.");
        let refused = self.graph.add(refused);
        self.graph.otherwise(which, refused, "no");
    }

    /// What came is by this intake, and of its type.
    fn fits(&self, id: &str, intake: &Intake) -> String {
        let called = "record != null".to_owned();
        let fits = match (intake.from.is_some(), self.is_called()) {
            (true, true) => format!("({called} or {})", self.raw_fits(intake)),
            (true, false) => self.raw_fits(intake),
            (false, _) => called,
        };
        format!("intake = {} and {fits}", text(id))
    }

    fn raw_fits(&self, intake: &Intake) -> String {
        let (plan, flow) = (self.build.plan, self.flow);
        let there = "raw != null".to_owned();
        let fits: Vec<_> = match &intake.maps {
            Some(maps) => maps
                .iter()
                .filter_map(|map| match &map.value {
                    MapValue::Raw(keys) => {
                        let at = keys.iter().fold("raw".to_owned(), |at, key| below(&at, key));
                        Some(receipt::raw(plan, &map.path.ty, may_be_absent(plan, flow, &map.path), &at))
                    }
                    MapValue::Constant(_) => None,
                })
                .collect(),
            None => {
                let field = flow.context.get(&intake.field);
                field.map(|field| receipt::raw(plan, &field.ty, false, "raw")).into_iter().collect()
            }
        };
        format!("({})", joined(" and ", [there].into_iter().chain(fits)))
    }

    /// Everything that the item carries begins here, its counters at zero.
    fn taken_in(&self, intake: &Intake) -> Vec<(String, String)> {
        let hop = &intake.arrow;
        let raw = self.mapped(intake);
        let record = match (intake.from.is_some(), self.is_called()) {
            (true, true) => format!("if record != null then record else {raw}"),
            (true, false) => raw,
            (false, _) => "record".to_owned(),
        };
        let travels = hop.envelope.context.contains(&intake.field);
        let work = context([
            ("item", "item".to_owned()),
            ("context", context(travels.then_some((intake.field.as_str(), record)))),
            ("counters", "{}".to_owned()),
            ("visits", context([(hop.to.as_str(), "1".to_owned())])),
            ("handoff", handoff(hop)),
            ("arrived", "string(now())".to_owned()),
        ]);
        let nothing = ["raw", "record"].map(|name| (name.to_owned(), "null".to_owned()));
        [("work".to_owned(), work)].into_iter().chain(nothing).collect()
    }

    /// The raw record as the asset that the context takes in.
    fn mapped(&self, intake: &Intake) -> String {
        let Some(maps) = &intake.maps else { return self.whole(intake) };
        let mut record = Record::default();
        for map in maps {
            let value = match &map.value {
                MapValue::Raw(keys) => keys.iter().fold("raw".to_owned(), |at, key| below(&at, key)),
                MapValue::Constant(value) => constant(value),
            };
            let names = map.path.names.iter().skip(1).map(|name| name.as_str());
            record.put(names, value);
        }
        record.feel()
    }

    /// A raw record that has the asset's own shape, field by field: what it leaves out is null.
    fn whole(&self, intake: &Intake) -> String {
        let field = self.flow.context.get(&intake.field);
        let asset = field.and_then(|field| match &field.ty {
            Type::Asset(name) => self.build.plan.assets.get(name),
            _ => None,
        });
        asset.map_or_else(
            || "raw".to_owned(),
            |asset| context(asset.fields.keys().map(|name| (name.as_str(), below("raw", name)))),
        )
    }

    fn is_called(&self) -> bool {
        self.build.called.contains(self.name.as_str())
    }
}

/// A record under construction: a value, or what stands below each name.
#[derive(Default)]
struct Record<'m> {
    value: Option<String>,
    below: IndexMap<&'m str, Record<'m>>,
}

impl<'m> Record<'m> {
    fn put(&mut self, names: impl Iterator<Item = &'m str>, value: String) {
        let mut here = self;
        for name in names {
            here = here.below.entry(name).or_default();
        }
        here.value = Some(value);
    }

    /// As deep as the paths are written.
    fn feel(self) -> String {
        match self.value {
            Some(value) => value,
            None => context(self.below.into_iter().map(|(name, below)| (name, below.feel()))),
        }
    }
}
