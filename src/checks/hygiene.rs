//! Nothing is declared in vain: B801.
//!
//! Must not know: `allow` comments.

use std::collections::BTreeSet;

use super::facts::lacks_handoff;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{ActorKind, Flow, HandoffId, Kind, Model, ModelFile, Name, State, When};
use crate::source::FileId;

/// B801: a declaration that nothing uses. Files without a flow are libraries; and where something could not be read
/// or is missing, it may be just this that belongs there.
pub(super) fn unused(model: &Model) -> Vec<Diagnostic> {
    let with_flows: BTreeSet<FileId> = model.flows.iter().map(|flow| flow.name.span.file).collect();
    let unreadable = seen_from(model, model.files.iter().filter(|file| file.faulty).map(|file| file.file));
    let speaks_of = |file: FileId| with_flows.contains(&file) && !unreadable.contains(&file);
    let names = unused_names(model).into_iter().filter(|(name, _)| speaks_of(name.span.file));
    let names = names.map(|(name, noun)| never_used(name, noun));
    let files =
        model.files.iter().filter(|file| speaks_of(file.file)).flat_map(|file| unused_uses(model, file));
    let calls_are_known = !model.flows.iter().any(calls_something_unknown);
    let flows = model.flows.iter().filter(|flow| calls_are_known && speaks_of(flow.name.span.file));
    names.chain(files).chain(flows.filter_map(never_called)).collect()
}

/// The files whose names can be used in one of these.
fn seen_from(model: &Model, files: impl Iterator<Item = FileId>) -> BTreeSet<FileId> {
    let files: BTreeSet<FileId> = files.collect();
    let using = model.files.iter().filter(|file| files.contains(&file.file));
    let used = using.flat_map(|file| file.uses.iter().filter_map(|used| used.file));
    files.iter().copied().chain(used).collect()
}

fn unused_names(model: &Model) -> Vec<(&Name, &'static str)> {
    let ownerless = seen_from(model, files_with(model, |_, state| lacks_an_owner(model, state)));
    let unguarded = seen_from(model, files_with(model, lacks_a_guard));
    let enums = model.enums.iter().filter(|item| !item.used).map(|item| (&item.name, "enum"));
    let assets = model.assets.iter().filter(|item| !item.used).map(|item| (&item.name, "asset"));
    let actors = model.actors.iter().filter(|item| !item.used).map(|item| (&item.name, "actor"));
    let thresholds = model.thresholds.iter().filter(|item| !item.used).map(|item| (&item.name, "threshold"));
    let actors = actors.filter(|(name, _)| !ownerless.contains(&name.span.file));
    let thresholds = thresholds.filter(|(name, _)| !unguarded.contains(&name.span.file));
    enums.chain(assets).chain(actors).chain(thresholds).collect()
}

/// The files with a flow in which some state is like that.
fn files_with(model: &Model, is: impl Fn(&Flow, &State) -> bool) -> impl Iterator<Item = FileId> {
    let flows = model.flows.iter().filter(move |flow| flow.states.iter().any(|state| is(flow, state)));
    flows.map(|flow| flow.name.span.file)
}

/// Its owner is missing, unknown, or one who can't own it.
fn lacks_an_owner(model: &Model, state: &State) -> bool {
    let Some(&owner) = state.owner.get() else { return true };
    let by_human = matches!(state.kind, Kind::Approval(_));
    by_human && model[owner].kind.is_some_and(|kind| kind != ActorKind::Human)
}

/// A handoff with a threshold is missing there.
fn lacks_a_guard(flow: &Flow, state: &State) -> bool {
    let unguarded = |id: u32| matches!(flow[HandoffId(id)].when, When::Missing);
    lacks_handoff(flow, state) || state.handoffs.clone().any(unguarded)
}

fn never_used(name: &Name, noun: &str) -> Diagnostic {
    let advice = match noun {
        "actor" => "give it a state: `owner",
        "threshold" => "ask for it in a handoff: `when",
        _ => "give a field that type: `FIELD:",
    };
    let message = format!("nothing uses the {noun} `{}`", name.text);
    let help = format!("delete it, or {advice} {}`", name.text);
    Diagnostic::new(Code::Unused, name.span, message).help(help)
}

/// What an unreadable file declares may be used.
fn unused_uses<'m>(model: &'m Model, file: &'m ModelFile) -> impl Iterator<Item = Diagnostic> {
    let is_faulty = |id: FileId| model.files.get(id.0 as usize).is_none_or(|file| file.faulty);
    let mut seen = BTreeSet::new();
    file.uses.iter().filter_map(move |used| {
        let other = used.file?;
        let message = match (seen.insert(other), used.used || is_faulty(other)) {
            (false, _) => "that file is used already, by a line above",
            (true, false) => "nothing here uses a name of that file",
            (true, true) => return None,
        };
        let found = Diagnostic::new(Code::Unused, used.span, message);
        Some(found.help("delete this line").fix("delete it", used.span, ""))
    })
}

/// A flow of that name may be called there.
fn calls_something_unknown(flow: &Flow) -> bool {
    flow.states.iter().any(|state| match &state.kind {
        Kind::Call(call) => call.unknown || call.runs.iter().any(|run| run.flow.is_none()),
        _ => false,
    })
}

/// A flow that only calls can enter, and none does.
fn never_called(flow: &Flow) -> Option<Diagnostic> {
    let from_outside = flow.intakes.iter().any(|intake| intake.from.is_some());
    if flow.called || flow.unknown || flow.intakes.is_empty() || from_outside {
        return None;
    }
    let message = format!("nothing calls the flow `{}`, and no intake of it names a source", flow.name.text);
    let intake = flow.intakes.first().map_or("FIELD", |intake| &intake.name.text);
    let help =
        format!("say where its work comes from: `intake {intake} from \"SOURCE\"`, or run it from a call");
    Some(Diagnostic::new(Code::Unused, flow.name.span, message).help(help))
}
