//! How large a work item can get: an upper bound in bytes, from the types.
//!
//! Must not know: any engine, nor what it can hold.
//!
//! Sizes are those of compact JSON in UTF-8. A character of a text takes at most four bytes, those that JSON escapes by a
//! backslash two; control characters, which would take six, do not travel (see `docs/targets.md`). A number has
//! at most 15 significant digits, and is written with an exponent where that is shorter.

use rustc_hash::FxHashSet;
use serde::Serialize;
use smol_str::SmolStr;

use super::{Envelope, Flow, Hop, Kind, Named, Plan, State, Type};

/// Bytes of a character.
const CHARACTER: u64 = 4;
/// Bytes of a URL between its quotes: 2,048 ASCII characters, none of which JSON escapes (RFC 3986).
const URL: u64 = 2048 + 2;
/// Bytes of a number with a sign, its digits, a point and an exponent.
const NUMBER: u64 = 24;
/// Bytes of a day between its quotes.
const DAY: u64 = 12;
/// Bytes of a count.
const COUNT: u64 = 20;
/// Bytes of what the envelope says beside what is counted one by one: keys, the item's id, times, the plan's hash.
const HEAD: u64 = 2048;

/// The bounds of a plan's types. `None`: there is none.
#[derive(Debug)]
pub(crate) struct Sizes<'p> {
    plan: &'p Plan,
    assets: Named<Option<u64>>,
}

/// Writes to every hop how large the work can get behind it.
pub(super) fn measure(plan: &mut Plan) {
    let sizes: Vec<Vec<Option<u64>>> = {
        let known = Sizes::new(plan);
        plan.flows.values().map(|flow| known.of_hops(flow)).collect()
    };
    for (flow, sizes) in plan.flows.values_mut().zip(sizes) {
        flow.hops_mut().zip(sizes).for_each(|(hop, size)| hop.envelope.size = size);
    }
}

impl<'p> Sizes<'p> {
    /// Each asset after those that it holds. One that holds itself has no bound.
    pub(crate) fn new(plan: &'p Plan) -> Sizes<'p> {
        let mut sizes = Sizes { plan, assets: Named::default() };
        let mut begun = FxHashSet::default();
        let mut open: Vec<&SmolStr> = plan.assets.keys().rev().collect();
        while let Some(&name) = open.last() {
            let held = held(plan, name);
            let unknown: Vec<_> = held.into_iter().filter(|held| !sizes.assets.contains_key(*held)).collect();
            if begun.insert(name) && !unknown.is_empty() {
                open.extend(unknown.iter().filter(|held| !begun.contains(*held)));
            } else {
                open.pop();
                if !sizes.assets.contains_key(name) {
                    let size = if unknown.is_empty() { sizes.record(name) } else { None };
                    sizes.assets.insert(name.clone(), size);
                }
            }
        }
        sizes
    }

    fn record(&self, asset: &str) -> Option<u64> {
        let fields = self.plan.assets.get(asset)?.fields.iter();
        let entries = fields.map(|(name, field)| entry(name, self.value(&field.ty)));
        entries.sum::<Option<u64>>().map(|entries| entries.saturating_add(2))
    }

    /// The largest value of a type, or `null`. Types nest no deeper than the text does.
    pub(crate) fn value(&self, ty: &Type) -> Option<u64> {
        let size = match ty {
            Type::Text { max } => text((*max)?),
            Type::Url => URL,
            Type::Bool => 5,
            Type::Int(_) | Type::Number(_) | Type::Percent | Type::Duration | Type::Money(_) => NUMBER,
            Type::Date => DAY,
            Type::Enum(name) => {
                let members = self.plan.enums.get(name).map(|closed| closed.members.as_slice());
                members.unwrap_or_default().iter().map(json).max().unwrap_or(0)
            }
            Type::Asset(name) => (*self.assets.get(name)?)?,
            Type::List { max, of } => {
                max.as_ref()?.saturating_mul(self.value(of)?.saturating_add(1)).saturating_add(2)
            }
        };
        Some(size.max(4))
    }

    /// In the order of [`Flow::hops_mut`].
    fn of_hops(&self, flow: &Flow) -> Vec<Option<u64>> {
        let counters = counters(flow);
        let size = |hop: &Hop| {
            let said = said(&hop.envelope).saturating_add(counters);
            let carried = self.fields(flow, hop.envelope.context.iter())?;
            let reply = flow.states.get(&hop.to).map_or(Some(0), |state| self.reply(flow, state))?;
            Some(said.saturating_add(carried).saturating_add(reply))
        };
        flow.hops().map(size).collect()
    }

    /// What the owner of a state answers, or the runs of a call give.
    fn reply(&self, flow: &Flow, state: &State) -> Option<u64> {
        let given = match &state.kind {
            Kind::Call(call) => call.runs.as_slice(),
            _ => &[],
        };
        let decision = match &state.kind {
            Kind::Approval(approval) => approval.options.iter().map(|option| json(&option.name)).max(),
            _ => None,
        };
        let made = state.makes.iter().chain(given.iter().filter_map(|run| run.gives.as_ref()));
        Some(self.fields(flow, made)?.saturating_add(decision.unwrap_or(0)))
    }

    fn fields<'f>(&self, flow: &Flow, names: impl Iterator<Item = &'f SmolStr>) -> Option<u64> {
        let fields = names.filter_map(|name| Some((name, flow.context.get(name)?)));
        fields.map(|(name, field)| entry(name, self.value(&field.ty))).sum()
    }
}

/// The assets that an asset holds, in lists too.
fn held<'p>(plan: &'p Plan, asset: &str) -> Vec<&'p SmolStr> {
    let fields = plan.assets.get(asset).into_iter().flat_map(|asset| asset.fields.values());
    let mut types: Vec<&Type> = fields.map(|field| &field.ty).collect();
    let mut found = Vec::new();
    while let Some(ty) = types.pop() {
        match ty {
            Type::List { of, .. } => types.push(of),
            Type::Asset(name) => found.push(name),
            _ => {}
        }
    }
    found
}

/// `"name":value,`
fn entry(name: &SmolStr, value: Option<u64>) -> Option<u64> {
    Some(json(name).saturating_add(value?).saturating_add(2))
}

fn text(characters: u64) -> u64 {
    characters.saturating_mul(CHARACTER).saturating_add(2)
}

/// The exact size of something that is known.
fn json(value: &impl Serialize) -> u64 {
    serde_json::to_string(value).map_or(0, |text| text.len() as u64)
}

/// What the envelope says, whatever travels.
fn said(envelope: &Envelope) -> u64 {
    let Envelope { asset, goal, state, threshold, owner, .. } = envelope;
    [asset, goal, state, threshold, owner].into_iter().map(json).fold(HEAD, u64::saturating_add)
}

/// How often each state was entered and each counted arrow taken.
fn counters(flow: &Flow) -> u64 {
    let counted = flow.hops().filter(|hop| hop.at_most.is_some()).map(|hop| json(&hop.id));
    let counters = counted.chain(flow.states.keys().map(json));
    counters.fold(0, |sum, name| sum.saturating_add(name).saturating_add(COUNT))
}
