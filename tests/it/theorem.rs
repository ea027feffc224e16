//! The theorem, lived through: whatever owners do, and whenever, every item of every example comes to an end, within
//! the time and the cost that were promised, and nothing that was proved is found to be otherwise on the way.

use baton::plan::{Bounds, Flow, Kind, MapValue, Named, Plan, State, Type};
use baton::run::{Effect, Event, Item, Next, Record, RunStart, next_due, start, start_run, step};
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::emitted::examples;

/// Runs of each flow.
const RUNS: u64 = 150;

/// A small generator: what it deals is the same on every machine.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[usize::try_from(self.roll(of.len() as u64)).unwrap()]
    }
}

/// Somebody who does whatever comes to mind.
pub(crate) struct World<'p> {
    plan: &'p Plan,
    pub(crate) dice: Dice,
}

/// How an item has ended.
struct Ended {
    item: Item,
    at: Timestamp,
    cost: Decimal,
}

impl<'p> World<'p> {
    pub(crate) fn new(plan: &'p Plan, seed: u64) -> World<'p> {
        World { plan, dice: Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)) }
    }

    fn field(&mut self, ty: &Type, optional: bool) -> Value {
        if optional && self.dice.roll(3) == 0 { Value::Null } else { self.value(ty) }
    }

    fn value(&mut self, ty: &Type) -> Value {
        match ty {
            Type::Text { max } => {
                json!("é".repeat(usize::try_from(self.dice.roll(max.unwrap_or(9).min(9) + 1)).unwrap()))
            }
            Type::Url => json!("https://example.com/a"),
            Type::Bool => json!(self.dice.roll(2) == 0),
            Type::Int(bounds) => self.number(bounds, 0),
            Type::Number(bounds) => self.number(bounds, 2),
            Type::Percent => self.number(&Bounds { low: exact("0"), high: exact("1"), open: false }, 2),
            Type::Duration | Type::Money(_) => {
                self.number(&Bounds { low: exact("0"), ..Bounds::default() }, 1)
            }
            Type::Date => json!("2026-11-23"),
            Type::Enum(name) => json!(self.dice.pick(&self.plan.enums[name].members)),
            Type::Asset(name) => {
                let fields = self.plan.assets[name].fields.iter();
                fields
                    .map(|(name, field)| (name.to_string(), self.field(&field.ty, field.optional)))
                    .collect()
            }
            Type::List { max, of } => {
                let count = self.dice.roll(max.unwrap_or(2).min(2) + 1);
                (0..count).map(|_| self.value(of)).collect()
            }
        }
    }

    /// Between the ends, these included, or up to 30,000 from the lower one.
    fn number(&mut self, bounds: &Bounds, digits: u32) -> Value {
        let low = bounds.low.map_or(Decimal::ZERO, |low| low.0);
        let high = bounds.high.map_or(low + Decimal::from(30_000), |high| high.0);
        let scale = Decimal::from(10_u64.pow(digits));
        let steps = u64::try_from(((high - low) * scale).floor()).unwrap();
        let number = low + Decimal::from(self.dice.roll(steps + u64::from(!bounds.open))) / scale;
        serde_json::from_str(&number.to_string()).unwrap()
    }

    /// A raw record that an intake takes.
    pub(crate) fn record(&mut self, flow: &Flow, intake: &str) -> Value {
        let intake = &flow.intakes[intake];
        let Some(maps) = &intake.maps else { return self.value(&flow.context[&intake.field].ty) };
        let mut raw = json!({});
        for map in maps {
            if let MapValue::Raw(keys) = &map.value {
                let at = keys.iter().fold(&mut raw, |raw, key| &mut raw[key.as_str()]);
                *at = self.value(&map.path.ty);
            }
        }
        raw
    }

    /// Some moment from now on, before that one.
    fn before(&mut self, now: Timestamp, due: Timestamp) -> Timestamp {
        let seconds = u64::try_from(due.duration_since(now).as_secs()).unwrap();
        now + SignedDuration::from_secs(self.dice.roll(seconds.max(1)).try_into().unwrap())
    }

    fn live(&mut self, (mut item, mut effects): Next) -> Ended {
        let (mut now, mut cost) = (item.came, Decimal::ZERO);
        let mut runs: Vec<(Timestamp, Event)> = Vec::new();
        while let Some(visit) = item.visit() {
            for effect in &effects {
                if let Effect::Run(run) = effect {
                    runs.push(self.run(run, now, &mut cost));
                }
            }
            runs.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
            let state = &self.plan.flows[&item.flow].states[&visit.state];
            let due = next_due(self.plan, &item).unwrap();
            let (at, event) = match &state.kind {
                Kind::Call(_) => runs.pop().filter(|(at, _)| *at < due).unwrap_or((due, Event::Due)),
                _ => self.act(&item, state, now, due),
            };
            let next = step(self.plan, &item, &event, at);
            let (next, done) = next.unwrap_or_else(|refusal| panic!("{refusal}: {event:?} at {item:?}"));
            if next.key() != item.key() {
                runs.clear(); // what comes later is late
            }
            (item, effects, now) = (next, done, at);
        }
        cost += item.cost.as_ref().map_or(Decimal::ZERO, |cost| cost.amount.0);
        Ended { item, at: now, cost }
    }

    /// What the caller hears, and when.
    fn run(&mut self, run: &RunStart, now: Timestamp, cost: &mut Decimal) -> (Timestamp, Event) {
        let begun = start_run(self.plan, run, now).unwrap();
        let ended = self.live(begun);
        *cost += ended.cost;
        (ended.at, ended.item.report().unwrap().1)
    }

    /// The owner answers, fails, accepts, or lets time pass.
    fn act(&mut self, item: &Item, state: &State, now: Timestamp, due: Timestamp) -> (Timestamp, Event) {
        let visit = item.key().unwrap();
        let at = self.before(now, due);
        if matches!(state.kind, Kind::Wait { .. }) || at >= due {
            return (due, Event::Due);
        }
        let paused = !matches!(item.visit().unwrap().phase, baton::run::Phase::Open);
        match self.dice.roll(8) {
            0 => (due, Event::Due),
            1 if !paused => (at, Event::Fail { visit, reason: "no".to_owned() }),
            2 => (at, Event::Accept { visit }),
            _ => {
                let decision = match &state.kind {
                    Kind::Approval(approval) => Some(self.dice.pick(&approval.options).name.clone()),
                    _ => None,
                };
                let context = &self.plan.flows[&item.flow].context;
                (at, Event::Answer { visit, made: self.made(context, &state.makes), decision })
            }
        }
    }

    fn made(&mut self, context: &Named<baton::plan::Field>, makes: &[smol_str::SmolStr]) -> Record {
        let fields = makes.iter().map(|name| (name.to_string(), &context[name]));
        fields.map(|(name, field)| (name, self.field(&field.ty, field.optional))).collect()
    }
}

fn exact(number: &str) -> Option<baton::plan::Exact> {
    Some(baton::plan::Exact(number.parse().unwrap()))
}

#[test]
fn every_item_comes_to_an_end_as_promised() {
    let came = Timestamp::UNIX_EPOCH;
    let mut ends = std::collections::BTreeSet::new();
    for (name, plan) in examples() {
        for (flow_name, flow) in &plan.flows {
            let intakes: Vec<_> = flow.intakes.iter().filter(|(_, intake)| intake.from.is_some()).collect();
            for run in 1..=RUNS {
                let Some((intake, _)) = intakes.get(usize::try_from(run).unwrap() % intakes.len().max(1))
                else {
                    break;
                };
                let mut world = World::new(&plan, run);
                let raw = world.record(flow, intake);
                let begun = start(&plan, flow_name, intake, "item", &raw, came);
                let begun = begun.unwrap_or_else(|refusal| panic!("{name}: {refusal}: {raw}"));
                let Ended { item, at, cost } = world.live(begun);
                let took = u64::try_from(at.duration_since(came).as_secs()).unwrap();
                assert!(took <= flow.worst.seconds.unwrap(), "{name}, {flow_name}, {run}: {took} s");
                let most = flow.worst.cost.as_ref().map_or(Decimal::ZERO, |cost| cost.amount.0);
                assert!(cost <= most, "{name}, {flow_name}, {run}: {cost}");
                ends.insert(format!("{flow_name} {}", item.outcome().unwrap().end.as_ref().unwrap()));
            }
        }
    }
    assert!(ends.len() > 20, "only these ends were reached: {ends:?}");
}
