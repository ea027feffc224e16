//! From the model to the plan: what is reached, under which names, and the plan's hash.
//!
//! Must not know: any engine, nor the rules of `checks`. It is called where no check found an error; what is
//! unresolved nevertheless is [`Incomplete`].

mod arrive;
mod flow;
mod guard;
mod hops;
mod names;
mod options;
mod scenarios;
mod state;
mod words;

use std::collections::BTreeMap;
use std::fmt;

use smol_str::SmolStr;

use super::{Actor, Asset, Binding, Enum, Exact, Field, Money, Named, Plan, Type, Worst, hash};
use crate::analysis::worst::{Cases, Cost, Measure};
use crate::graph::Graph;
use crate::model::{self, FlowId, Model, Slot};
use crate::source::Span;
use names::Names;
pub use scenarios::scenarios;

/// The plan can't be made: something at that place is missing or unresolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Incomplete {
    /// Where.
    pub place: Span,
}

impl fmt::Display for Incomplete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("something is missing or unresolved here")
    }
}

impl std::error::Error for Incomplete {}

/// The plan of the flows in the checked files, and of all that these call; `cases` are the worst cases of all flows.
///
/// # Errors
/// If something that a flow needs is missing or unresolved, which checks report as errors.
pub fn build(model: &Model, cases: &Cases) -> Result<Plan, Incomplete> {
    let names = Names::of_reached(model);
    let mut plan = Plan {
        version: super::VERSION,
        hash: Default::default(),
        enums: enums(model, &names),
        assets: assets(model, &names)?,
        actors: actors(model, &names)?,
        flows: Named::default(),
    };
    for (index, flow) in model.flows.iter().enumerate() {
        let Some(name) = names.flows.name(index) else { continue };
        let worst = worst(model, cases, FlowId::new(index)).ok_or(Incomplete { place: flow.name.span })?;
        plan.flows.insert(name.clone(), flow::flow(model, &names, name, flow, worst)?);
    }
    super::size::measure(&mut plan);
    plan.hash = hash::of(&plan);
    Ok(plan)
}

/// None if work can go round for ever.
fn worst(model: &Model, cases: &Cases, flow: FlowId) -> Option<Worst> {
    let case = cases.flow(flow)?;
    let time = case.time?;
    let graph = Graph::new(&model[flow], |_, _| true);
    let handovers = cases.run(model, &graph, Measure::Handovers).map(|run| run.figure.value);
    let (cost, exact) = match case.cost {
        Cost::Known(cost, Some(currency)) => {
            let amount = cases.amount(cost.value);
            let price = |amount| Money { amount: Exact(amount), currency: currency.code().into() };
            (amount.map(price), cost.attained)
        }
        _ => (None, true),
    };
    Some(Worst {
        seconds: u64::try_from(time.value).ok(),
        cost,
        handovers: handovers.and_then(|handovers| u64::try_from(handovers).ok()),
        exact: exact && time.attained,
    })
}

fn enums(model: &Model, names: &Names) -> Named<Enum> {
    let reached = names.enums.reached(&model.enums);
    reached.map(|(name, item)| (name.clone(), enumeration(item))).collect()
}

fn enumeration(item: &model::Enum) -> Enum {
    let members = item.members.iter().map(|member| member.text.clone()).collect();
    Enum { doc: item.doc.as_deref().map(Into::into), members }
}

fn assets(model: &Model, names: &Names) -> Result<Named<Asset>, Incomplete> {
    let reached = names.assets.reached(&model.assets);
    let built = reached.map(|(name, item)| {
        let asset = Asset { doc: item.doc.as_deref().map(Into::into), fields: fields(names, &item.fields)? };
        Ok((name.clone(), asset))
    });
    built.collect()
}

fn fields(names: &Names, fields: &[model::Field]) -> Result<Named<Field>, Incomplete> {
    let built = fields.iter().map(|field| {
        let ty = ty(names, &field.ty.ty).ok_or(Incomplete { place: field.ty_span })?;
        let (doc, optional) = (field.doc.as_deref().map(Into::into), field.ty.optional);
        let built = Field { doc, ty, optional, span: field.ty_span };
        Ok((field.name.text.clone(), built))
    });
    built.collect()
}

/// `None` if it is unknown. Types nest no deeper than the text does.
fn ty(names: &Names, ty: &model::Type) -> Option<Type> {
    Some(match ty {
        model::Type::Text { max } => Type::Text { max: *max },
        model::Type::Url => Type::Url,
        model::Type::Bool => Type::Bool,
        model::Type::Int(range) => Type::Int(bounds(range)),
        model::Type::Number(range) => Type::Number(bounds(range)),
        model::Type::Percent => Type::Percent,
        model::Type::Duration => Type::Duration,
        model::Type::Money(currency) => Type::Money(currency.code().into()),
        model::Type::Date => Type::Date,
        model::Type::Enum(id) => Type::Enum(names.enums.name(id.index())?.clone()),
        model::Type::Asset(id) => Type::Asset(names.assets.name(id.index())?.clone()),
        model::Type::List { max, of } => Type::List { max: *max, of: Box::new(self::ty(names, of)?) },
        model::Type::Options(_) => Type::Text { max: None },
        model::Type::Unknown => return None,
    })
}

fn bounds(range: &model::Bounds) -> super::Bounds {
    super::Bounds { low: range.low.map(Exact), high: range.high.map(Exact), open: range.open }
}

fn actors(model: &Model, names: &Names) -> Result<Named<Actor>, Incomplete> {
    let built =
        names.actors.reached(&model.actors).map(|(name, item)| Ok((name.clone(), actor(name, item)?)));
    let mut actors = built.collect::<Result<Named<Actor>, _>>()?;
    let mut owners = BTreeMap::<Binding, SmolStr>::new();
    for (name, actor) in &actors {
        let owner = owners.entry(actor.binding.clone()).or_insert_with(|| name.clone());
        if name < owner {
            owner.clone_from(name);
        }
    }
    for actor in actors.values_mut() {
        if let Some(owner) = owners.get(&actor.binding) {
            actor.owner.clone_from(owner);
        }
    }
    Ok(actors)
}

/// As if it were the only one with its binding.
fn actor(name: &SmolStr, item: &model::Actor) -> Result<Actor, Incomplete> {
    let unreachable = Incomplete { place: item.name.span };
    let kind = item.kind.ok_or(unreachable)?;
    let text = &*item.binding.as_ref().ok_or(unreachable)?.value;
    Ok(Actor {
        doc: item.doc.as_deref().map(Into::into),
        owner: name.clone(),
        kind: actor_kind(kind),
        binding: Binding { clause: clause(kind).into(), text: text.into() },
        responds: item.responds.as_ref().map(|responds| responds.value),
        costs: item.costs.as_ref().map(|costs| money(&costs.value)),
    })
}

fn money(money: &model::Money) -> Money {
    Money { amount: Exact(money.amount), currency: money.currency.code().into() }
}

/// The clause that says how an actor of that kind is reached; each kind has its own.
fn clause(kind: model::ActorKind) -> &'static str {
    match kind {
        model::ActorKind::Model => "uses",
        model::ActorKind::Script => "runs",
        model::ActorKind::Action => "calls",
        model::ActorKind::Human => "contact",
        model::ActorKind::Queue => "name",
    }
}

fn actor_kind(kind: model::ActorKind) -> super::ActorKind {
    match kind {
        model::ActorKind::Model => super::ActorKind::Model,
        model::ActorKind::Script => super::ActorKind::Script,
        model::ActorKind::Action => super::ActorKind::Action,
        model::ActorKind::Human => super::ActorKind::Human,
        model::ActorKind::Queue => super::ActorKind::Queue,
    }
}

/// What a clause says that must be there; `place` is told otherwise.
fn required<T>(slot: &Slot<T>, place: Span) -> Result<&T, Incomplete> {
    slot.get().ok_or(Incomplete { place })
}

/// What a clause says that may be missing.
fn wanted<T>(slot: &Slot<T>, place: Span) -> Result<Option<&T>, Incomplete> {
    match slot {
        Slot::Here(spanned) => Ok(Some(&spanned.value)),
        Slot::Missing => Ok(None),
        Slot::Unknown => Err(Incomplete { place }),
    }
}
