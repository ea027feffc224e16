//! The worst cases of small random flows against an exploration of all their runs; and of large ones against sums.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::model::{Arrow, Flow, Kind, Slot, Start};
use crate::source::Sources;
use crate::{Compilation, Load, compile};

struct Nothing;

impl Load for Nothing {
    fn load(&self, _: &str) -> Result<Arc<str>, String> {
        Err("no such file".to_owned())
    }
}

/// Those of a model of which no arrow is known never to be taken.
fn cases(model: &Model) -> Cases {
    let graphs: Vec<_> = model.flows.iter().map(|flow| Graph::new(flow, |_, _| true)).collect();
    Cases::new(model, &graphs.iter().collect::<Vec<_>>())
}

fn check(text: &str) -> Compilation {
    let mut sources = Sources::new();
    sources.add("main.flow", text);
    compile(sources, &Nothing)
}

/// A state: what makes work leave it, and where to.
#[derive(Clone, Debug)]
struct Plain {
    minutes: u64,
    cents: u64,
    retries: u64,
    accept: Option<(u64, Route)>,
    deadline: Route,
    failure: Route,
    handoff: Route,
}

/// The counted hops of a chain, and its last one.
#[derive(Clone, Debug)]
struct Route {
    counted: Vec<(usize, u64)>,
    last: usize,
}

/// States behind the last one are ends: an uncounted hop leads to a later state, so none closes a circle.
fn route(at: usize, states: usize, most: u64) -> impl Strategy<Value = Route> {
    let counted = prop_oneof![
        3 => Just(Vec::new()).boxed(),
        2 => prop::collection::vec((0..=states, 1..=most), 1..3).boxed()
    ];
    (counted, at + 1..=states).prop_map(|(counted, last)| Route { counted, last })
}

fn plain(at: usize, states: usize, most: u64) -> impl Strategy<Value = Plain> {
    let route = move || route(at, states, most);
    let accept = prop::option::weighted(0.3, (1..9_u64, route()));
    (1..60_u64, 0..9_u64, 0..3_u64, accept, route(), route(), route()).prop_map(
        |(minutes, cents, retries, accept, deadline, failure, handoff)| Plain {
            minutes: minutes + 9,
            cents,
            retries,
            accept,
            deadline,
            failure,
            handoff,
        },
    )
}

fn flow(most: u64) -> impl Strategy<Value = Vec<Plain>> {
    (1..5_usize)
        .prop_flat_map(move |states| (0..states).map(|at| plain(at, states, most)).collect::<Vec<_>>())
}

impl Route {
    /// With what stands behind the first target.
    fn text(&self, when: &str) -> String {
        let counted = self.counted.iter().map(|&(to, times)| (to, format!(" at most {times} times else")));
        let hops: Vec<_> = counted.chain([(self.last, String::new())]).collect();
        let hop = |(index, (to, then)): (usize, &(usize, String))| {
            format!("-> s{to}{}{then} ", if index == 0 { when } else { "" })
        };
        hops.iter().enumerate().map(hop).collect()
    }
}

fn text(flow: &[Plain]) -> String {
    let mut text = String::from("asset A { n: int 0..9 }\nactor o: human { contact \"o\" }\n");
    let mut states = String::new();
    for (at, state) in flow.iter().enumerate() {
        text += &format!("actor m{at}: model {{ uses \"m{at}\" costs 0.{:02} USD }}\n", state.cents);
        states += &format!("state s{at} {{ owner m{at} asset x goal \"g\" makes x\n");
        if let Some((minutes, route)) = &state.accept {
            states += &format!("accept {minutes}m else {}\n", route.text(""));
        }
        if state.retries > 0 {
            states += &format!("retry {} times every 1s\n", state.retries);
        }
        states += &format!("deadline {}m else {}\n", state.minutes, state.deadline.text(""));
        states += &format!("failure {}\n", state.failure.text(""));
        states += &format!("handoff {}\n}}\n", state.handoff.text(" when x.n > 5"));
    }
    let end = flow.len();
    format!(
        "{text}flow f {{ context {{ x: A }}\nintake x from \"s\" -> s0\n{states}\
         end s{end}: success {{ owner o receipt x }}\n}}\n"
    )
}

/// How often hops were taken, by state, exit and place in the chain.
type Used = BTreeMap<(usize, usize, usize), u64>;

/// Every run, one hop after the other.
struct Explorer<'e> {
    flow: &'e [Plain],
    /// What leaving a state by an exit adds, and coming to a state.
    leave: &'e dyn Fn(&Plain, usize) -> u128,
    come: &'e dyn Fn(usize) -> u128,
    known: HashMap<(usize, Used), u128>,
}

impl Explorer<'_> {
    fn from(&mut self, at: usize, used: &Used) -> u128 {
        let Some(state) = self.flow.get(at) else { return 0 };
        if let Some(&known) = self.known.get(&(at, used.clone())) {
            return known;
        }
        let accept = state.accept.as_ref().map(|(_, route)| route);
        let exits = [accept, Some(&state.deadline), Some(&state.failure), Some(&state.handoff)];
        let mut most = 0;
        for (exit, route) in exits.into_iter().enumerate().filter_map(|(exit, route)| Some((exit, route?))) {
            let mut used = used.clone();
            let count = |hop: usize| used.get(&(at, exit, hop)).copied().unwrap_or(0);
            let free = (0..route.counted.len()).find(|&hop| count(hop) < route.counted[hop].1);
            let to = match free {
                Some(hop) => {
                    *used.entry((at, exit, hop)).or_default() += 1;
                    route.counted[hop].0
                }
                None => route.last,
            };
            most = most.max((self.leave)(state, exit) + (self.come)(to) + self.from(to, &used));
        }
        self.known.insert((at, used.clone()), most);
        most
    }
}

fn explored(flow: &[Plain], leave: &dyn Fn(&Plain, usize) -> u128, come: &dyn Fn(usize) -> u128) -> u128 {
    come(0) + Explorer { flow, leave, come, known: HashMap::new() }.from(0, &BTreeMap::new())
}

fn seconds(state: &Plain, exit: usize) -> u128 {
    let accept = state.accept.as_ref().filter(|_| exit == 0).map(|&(minutes, _)| minutes);
    u128::from(accept.unwrap_or(state.minutes)) * 60
}

fn cents(state: &Plain, _: usize) -> u128 {
    u128::from(state.cents * (1 + state.retries))
}

/// The figure, and what its run adds up to.
fn worst(compilation: &Compilation, measure: Measure) -> (Figure, Option<u128>) {
    let model = &compilation.model;
    let run = cases(model).run(model, &Graph::new(&model.flows[0], |_, _| true), measure).unwrap();
    let sum = run.arrows.iter().map(|&arrow| run.weights.of(arrow)).sum();
    (run.figure, run.beyond.is_none().then_some(sum))
}

/// That work can take the arrows one after the other, with what their chains say of their counts.
fn assert_is_a_run(flow: &Flow, run: &[ArrowId]) {
    let mut taken: HashMap<ArrowId, u64> = HashMap::new();
    for (index, &id) in run.iter().enumerate() {
        let arrow = &flow[id];
        if let Some(&next) = run.get(index + 1) {
            assert_eq!(Start::State(arrow.to.unwrap()), flow[next].from);
        }
        for hop in 1..=arrow.hop {
            let before = ArrowId(id.0 - hop);
            assert_eq!(taken.get(&before).copied(), flow[before].bound, "the hops before are used up");
        }
        let count = taken.entry(id).or_default();
        *count += 1;
        assert!(arrow.bound.is_none_or(|bound| *count <= bound));
    }
    let last = flow[*run.last().unwrap()].to.unwrap();
    assert!(matches!(flow[last].kind, Kind::End(_)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn figures_are_those_of_all_runs(flow in flow(2)) {
        let compilation = check(&text(&flow));
        let came = flow.len() - 1;
        let expected = [
            (Measure::Time, explored(&flow, &seconds, &|_| 0)),
            (Measure::Visits(StateId::new(came)), explored(&flow, &|_, _| 0, &|to| u128::from(to == came))),
            (Measure::Handovers, explored(&flow, &|_, _| 0, &|_| 1)),
        ];
        for (measure, value) in expected {
            let (figure, sum) = worst(&compilation, measure);
            prop_assert_eq!((figure, sum), (Figure::exactly(value), Some(value)));
            let model = &compilation.model;
            let graph = Graph::new(&model.flows[0], |_, _| true);
            let run = cases(model).run(model, &graph, measure).unwrap();
            assert_is_a_run(&model.flows[0], &run.arrows);
        }
        let cases = cases(&compilation.model);
        let Cost::Known(figure, _) = cases.flow(FlowId(0)).unwrap().cost else { panic!("costs are known") };
        let amount = cases.amount(figure.value).unwrap();
        prop_assert_eq!(amount * Decimal::ONE_HUNDRED, Decimal::from(explored(&flow, &cents, &|_| 0)));
        prop_assert_eq!(worst(&compilation, Measure::Cost), (figure, Some(figure.value)));
    }

    #[test]
    fn bounds_are_never_too_low(flow in flow(3)) {
        let compilation = check(&text(&flow));
        let model = &compilation.model;
        let graph = Graph::new(&model.flows[0], |_, _| true);
        let mut walks = Walks::new(&graph).unwrap();
        let weights = Weights::time(&model.flows[0]);
        let exact = walks.longest(&weights).figure;
        walks.limit = 1;
        let bound = walks.longest(&weights).figure;
        prop_assert!(bound.value >= exact.value, "{bound:?} is below {exact:?}");
        let (arrows, beyond) = walks.run(&weights, &walks.longest(&weights));
        let followed: u128 = arrows.iter().map(|&arrow| weights.of(arrow)).sum();
        let rounds = |beyond: &Beyond| beyond.rounds.iter().map(|round| round.price * u128::from(round.times)).sum::<u128>();
        let rest = beyond.as_ref().map_or(0, |beyond| beyond.once + rounds(beyond));
        prop_assert!(beyond.is_none() || !bound.attained);
        prop_assert_eq!(followed + rest, bound.value, "the bound is what its parts add up to");
    }
}

/// So many states of one hour one after the other, the last of which leads back to the first that many times.
fn ring(states: usize, times: u64) -> Model {
    let one = Route { counted: vec![(0, times)], last: 1 };
    let out = Route { counted: Vec::new(), last: 1 };
    let state = Plain {
        minutes: 60,
        cents: 2,
        retries: 0,
        accept: None,
        deadline: out.clone(),
        failure: out,
        handoff: one,
    };
    let mut model = check(&text(&[state])).model;
    let flow = &mut model.flows[0];
    let end = flow.states.pop().unwrap();
    let hops = flow.arrows.split_off(1);
    let last = StateId::new(states - 1);
    flow.states = vec![flow.states[0].clone(); states];
    flow.states.push(end);
    let on = |at: usize| Arrow {
        from: Start::State(StateId::new(at)),
        to: Some(StateId::new(at + 1)),
        ..hops[0].clone()
    };
    flow.arrows.extend((0..states - 1).map(on));
    flow.arrows.extend(hops.into_iter().map(|hop| Arrow {
        from: Start::State(last),
        to: if hop.bound.is_some() { Some(StateId(0)) } else { Some(StateId::new(states)) },
        ..hop
    }));
    model
}

#[track_caller]
fn check_ring(states: usize, times: u64, attained: bool) {
    let model = ring(states, times);
    let hours = states as u128 * (u128::from(times) + 1);
    let case = cases(&model);
    let case = case.flow(FlowId(0)).unwrap();
    assert_eq!(case.time, Some(Figure { value: hours * 3_600, attained, complete: true }));
    let Cost::Known(cost, _) = case.cost else { panic!("costs are known") };
    assert_eq!(cost.value, hours * 2);
}

#[test]
fn large_flows_and_bounds_are_no_matter() {
    check_ring(100_000, 9, true);
    check_ring(100_000, 10, false);
    check_ring(1, 999_999, true);
    check_ring(3, 1_000_000_000, false);
    check_ring(100_000, u64::MAX >> 20, false);
}

#[test]
fn what_is_too_much_is_not_wrapped() {
    let model = ring(1, u64::MAX);
    let mut long = model.clone();
    let Slot::Here(deadline) = &mut long.flows[0].states[0].deadline else { panic!("a deadline") };
    deadline.value.seconds = Some(u64::MAX);
    let time = |model| cases(model).flow(FlowId(0)).unwrap().time.unwrap().value;
    assert_eq!(time(&model), (1 << 64) * 3_600);
    assert_eq!(time(&long), u128::MAX - u128::from(u64::MAX));
    assert_eq!(cases(&model).amount(u128::MAX), None);
}
