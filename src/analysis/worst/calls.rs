//! Which flows call which: in which order they can be composed.
//!
//! Must not know: what is composed.

use crate::model::{Flow, FlowId, Kind, Model};

/// The flows in groups, each after all that it calls. Those that call themselves, directly or through others, are in
/// none, nor are their callers.
pub(super) fn rounds(model: &Model) -> Vec<Vec<FlowId>> {
    let mut callers: Vec<Vec<FlowId>> = vec![Vec::new(); model.flows.len()];
    let mut waiting: Vec<usize> = vec![0; model.flows.len()];
    for (index, (flow, waiting)) in model.flows.iter().zip(&mut waiting).enumerate() {
        for callee in callees(flow) {
            *waiting += 1;
            callers.get_mut(callee.index()).into_iter().for_each(|callers| callers.push(FlowId::new(index)));
        }
    }
    let all = (0..model.flows.len()).map(FlowId::new);
    let mut round: Vec<FlowId> = all.filter(|flow| waiting.get(flow.index()) == Some(&0)).collect();
    let mut rounds = Vec::new();
    while !round.is_empty() {
        let freed = round.iter().flat_map(|flow| callers.get(flow.index()).into_iter().flatten());
        let freed = freed.filter(|caller| waiting.get_mut(caller.index()).is_some_and(is_last)).copied();
        let next = freed.collect();
        rounds.push(std::mem::replace(&mut round, next));
    }
    rounds
}

/// One fewer; whether it was the last.
fn is_last(waiting: &mut usize) -> bool {
    *waiting -= 1;
    *waiting == 0
}

fn callees(flow: &Flow) -> impl Iterator<Item = FlowId> {
    let calls = flow.states.iter().filter_map(|state| match &state.kind {
        Kind::Call(call) => Some(call),
        _ => None,
    });
    calls.flat_map(|call| call.runs.iter().filter_map(|run| run.flow))
}
