//! The graph's answers against slow and plain ones, on small random flows; and against the size of large ones.

use proptest::prelude::*;

use super::*;
use crate::model::{ArrowKind, Intake, IntakeId, Kind, Name, Slot, Start, State};
use crate::source::{FileId, Span};

const SPAN: Span = Span { file: FileId(0), start: 0, end: 0 };

/// A flow of so many states with arrows between them, in the order of their starts.
fn flow(states: usize, pairs: &[(usize, usize)]) -> Flow {
    let name = Name { text: "x".into(), span: SPAN };
    let state = State {
        name: name.clone(),
        doc: None,
        span: SPAN,
        kind: Kind::State,
        owner: Slot::Missing,
        asset: Slot::Missing,
        goal: Slot::Missing,
        goal_span: None,
        needs: Vec::new(),
        makes: Vec::new(),
        accept: Slot::Missing,
        deadline: Slot::Missing,
        deadline_without_target: None,
        failure: Slot::Missing,
        retry: Slot::Missing,
        handoffs: 0..0,
        arrows: 0..0,
        unknown: false,
    };
    let arrow = |&(from, to): &(usize, usize)| Arrow {
        from: Start::State(StateId::new(from)),
        kind: ArrowKind::Failure,
        hop: 0,
        to: Some(StateId::new(to)),
        span: SPAN,
        bound: None,
        bound_unknown: false,
        inherited: false,
    };
    let mut sorted = pairs.to_vec();
    sorted.sort_by_key(|pair| pair.0);
    Flow {
        name,
        doc: None,
        span: SPAN,
        context: Vec::new(),
        context_unknown: false,
        states: vec![state; states],
        intakes: Vec::<Intake>::new(),
        handoffs: Vec::new(),
        arrows: sorted.iter().map(arrow).collect(),
        paths: Vec::new(),
        default_deadline: None,
        default_failure: None,
        proves: Vec::new(),
        scenarios: Vec::new(),
        unknown: false,
        called: false,
    }
}

/// The flow with an intake that leads to its first state, as its last arrow.
fn with_intake(mut flow: Flow) -> Flow {
    let arrow = ArrowId::new(flow.arrows.len());
    flow.arrows.push(Arrow {
        from: Start::Intake(IntakeId(0)),
        kind: ArrowKind::Intake,
        hop: 0,
        to: Some(StateId(0)),
        span: SPAN,
        bound: None,
        bound_unknown: false,
        inherited: false,
    });
    let name = flow.name.clone();
    flow.intakes =
        vec![Intake { span: SPAN, name, field: None, from: None, maps: None, arrow, unknown: false }];
    flow
}

/// The length of a shortest way of one arrow or more, for each pair of states (Floyd and Warshall).
#[allow(clippy::needless_range_loop)] // the indices are the states
fn distances(flow: &Flow) -> Vec<Vec<usize>> {
    let states = flow.states.len();
    let mut far = vec![vec![usize::MAX / 4; states]; states];
    for arrow in &flow.arrows {
        far[arrow.start().unwrap().index()][arrow.to.unwrap().index()] = 1;
    }
    for by in 0..states {
        for from in 0..states {
            for to in 0..states {
                far[from][to] = far[from][to].min(far[from][by] + far[by][to]);
            }
        }
    }
    far
}

fn random_flow() -> impl Strategy<Value = Flow> {
    (1..9_usize).prop_flat_map(|states| {
        let pairs = prop::collection::vec((0..states, 0..states), 0..14);
        pairs.prop_map(move |pairs| flow(states, &pairs))
    })
}

proptest! {
    #[test]
    fn reachability_is_that_of_all_ways(flow in random_flow()) {
        let graph = Graph::new(&flow, |_, _| true);
        let far = distances(&flow);
        for from in graph.states() {
            let reached = graph.reached_from([from]);
            for to in graph.states() {
                let there = from == to || far[from.index()][to.index()] <= flow.states.len();
                prop_assert_eq!(reached.contains(to), there);
                prop_assert_eq!(graph.leading_to([to]).contains(from), there);
            }
        }
    }

    #[test]
    fn ways_are_shortest(flow in random_flow(), goal in 0..8_usize) {
        let graph = Graph::new(&flow, |_, _| true);
        let goal = StateId::new(goal % flow.states.len());
        let far = distances(&flow);
        let ways = graph.ways_to([goal]);
        for from in graph.states().filter(|&from| from != goal) {
            let far = far[from.index()][goal.index()];
            let way: Vec<_> = ways.steps(from).collect();
            prop_assert_eq!(way.len(), if far <= flow.states.len() { far } else { 0 });
            prop_assert!(way.last().is_none_or(|&(_, end)| end == goal));
        }
    }

    #[test]
    fn runs_are_shortest_and_avoid_what_is_not_chosen(flow in random_flow(), avoided in any::<u16>()) {
        let takes = |arrow: ArrowId| avoided & 1 << arrow.index() == 0;
        let mut rest = flow.clone();
        let mut index = 0..;
        rest.arrows.retain(|_| index.next().is_some_and(|index| takes(ArrowId::new(index))));
        let far = distances(&rest);
        let flow = with_intake(flow);
        let graph = Graph::new(&flow, |_, _| true);
        let runs = graph.runs_from(graph.entries().map(|(arrow, _)| arrow), takes);
        for to in 0..flow.states.len() {
            let run = runs.to(StateId::new(to));
            let far = if to == 0 { 0 } else { far[0][to] };
            prop_assert_eq!(run.len(), if far <= flow.states.len() { far + 1 } else { 0 });
            prop_assert!(run.iter().skip(1).all(|&arrow| takes(arrow)));
            prop_assert!(run.windows(2).all(|pair| flow[pair[0]].to == flow[pair[1]].start()));
            prop_assert!(run.last().is_none_or(|&last| flow[last].to == Some(StateId::new(to))));
        }
    }

    #[test]
    fn components_lead_to_one_another(flow in random_flow()) {
        let graph = Graph::new(&flow, |_, _| true);
        let components = graph.components();
        let far = distances(&flow);
        for a in graph.states() {
            for b in graph.states().filter(|&b| b != a) {
                let round = far[a.index()][b.index()].max(far[b.index()][a.index()]);
                prop_assert_eq!(components.same(a, b), round <= flow.states.len());
            }
        }
    }

    #[test]
    fn cycles_are_shortest_and_one_for_each_component(flow in random_flow()) {
        let graph = Graph::new(&flow, |_, _| true);
        let components = graph.components();
        let far = distances(&flow);
        let cycles = graph.short_cycles();
        let mut told: Vec<StateId> = Vec::new();
        for cycle in &cycles {
            let first = flow[cycle[0]].start().unwrap();
            let members = graph.states().filter(|&state| components.same(first, state));
            let shortest = members.map(|state| far[state.index()][state.index()]).min();
            prop_assert_eq!(Some(cycle.len()), shortest);
            for (one, next) in cycle.iter().zip(cycle.iter().cycle().skip(1)) {
                prop_assert_eq!(flow[*one].to, flow[*next].start());
            }
            prop_assert!(told.iter().all(|&other| !components.same(first, other)));
            told.push(first);
        }
        for state in graph.states().filter(|state| far[state.index()][state.index()] <= flow.states.len()) {
            prop_assert!(told.iter().any(|&first| components.same(first, state)));
        }
    }

    #[test]
    fn the_edges_of_a_set_lead_to_and_from_all_of_it(flow in random_flow(), chosen in any::<u8>()) {
        let inside = |_: ArrowId, arrow: &Arrow| {
            let chosen = |state: StateId| chosen & 1 << state.index() != 0;
            arrow.start().is_some_and(chosen) && arrow.to.is_some_and(chosen)
        };
        let graph = Graph::new(&flow, inside);
        let set = StateSet::of(flow.states.len(), |state| chosen & 1 << state.index() != 0);
        let components = graph.components();
        for (side, other) in [(Side::First, Side::Last), (Side::Last, Side::First)] {
            let edge = graph.edge(&set, &components, side);
            let from_edge = match side {
                Side::First => graph.reached_from(edge.iter().copied()),
                Side::Last => graph.leading_to(edge.iter().copied()),
            };
            prop_assert!(set.iter().all(|state| from_edge.contains(state)), "{other:?}");
            for &state in &edge {
                let others = edge.iter().copied().filter(|&other| other != state);
                let from_others = match side {
                    Side::First => graph.reached_from(others),
                    Side::Last => graph.leading_to(others),
                };
                prop_assert!(!from_others.contains(state), "one of the edge is enough");
            }
        }
    }
}

/// A ring and a chain behind it, a hundred thousand states each: no stack overflows, and nothing is quadratic.
#[test]
fn large_flows_are_no_matter() {
    const HALF: usize = 100_000;
    let ring = (0..HALF).map(|state| (state, (state + 1) % HALF));
    let chain = (HALF - 1..2 * HALF - 1).map(|state| (state, state + 1));
    let flow = flow(2 * HALF, &ring.chain(chain).collect::<Vec<_>>());
    let graph = Graph::new(&flow, |_, _| true);
    let (first, last) = (StateId(0), StateId::new(2 * HALF - 1));
    assert!(graph.reached_from([first]).contains(last));
    assert!(graph.leading_to([last]).contains(first));
    assert_eq!(graph.ways_to([last]).steps(first).count(), 2 * HALF - 1);
    let cycles = graph.short_cycles();
    assert_eq!(cycles.iter().map(Vec::len).collect::<Vec<_>>(), [HALF]);
    let all = StateSet::of(2 * HALF, |_| true);
    let components = graph.components();
    assert_eq!(graph.edge(&all, &components, Side::First), [first]);
    assert_eq!(graph.edge(&all, &components, Side::Last), [last]);
}
