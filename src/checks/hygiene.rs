//! Nothing is declared in vain: B801.
//!
//! Must not know: `allow` comments.

use std::collections::BTreeSet;

use crate::diagnostics::{Code, Diagnostic};
use crate::model::{ActorKind, Flow, Kind, Model, ModelFile, Name, State};
use crate::source::FileId;

/// B801: a declaration that nothing uses. Files without a flow are libraries, and a name may be used wherever
/// something could not be read.
pub(super) fn unused(model: &Model) -> Vec<Diagnostic> {
    let with_flows: BTreeSet<FileId> = model.flows.iter().map(|flow| flow.name.span.file).collect();
    let doubtful = doubtful_files(model);
    let speaks_of = |file: FileId| with_flows.contains(&file) && !doubtful.contains(&file);
    let names = unused_names(model).filter(|(name, _)| speaks_of(name.span.file));
    let owners_are_known =
        model.flows.iter().all(|flow| flow.states.iter().all(|state| is_well_owned(model, state)));
    let names = names.filter(|(_, noun)| owners_are_known || *noun != "actor");
    let names = names.map(|(name, noun)| never_used(name, noun));
    let files = model.files.iter().filter(|file| speaks_of(file.file)).flat_map(unused_uses);
    let calls_are_known = !model.flows.iter().any(calls_something_unknown);
    let flows = model.flows.iter().filter(|flow| calls_are_known && speaks_of(flow.name.span.file));
    names.chain(files).chain(flows.filter_map(never_called)).collect()
}

/// The files whose names may be used in something that could not be read.
fn doubtful_files(model: &Model) -> BTreeSet<FileId> {
    let faulty = model.files.iter().filter(|file| file.faulty);
    let with_used = |file: &ModelFile| {
        let used: Vec<_> = file.uses.iter().filter_map(|used| used.file).collect();
        std::iter::once(file.file).chain(used)
    };
    faulty.flat_map(with_used).collect()
}

/// Whether a state has an owner that may own it; otherwise an unused actor may be the one that is meant.
fn is_well_owned(model: &Model, state: &State) -> bool {
    let Some(owner) = state.owner.get() else { return false };
    !matches!(state.kind, Kind::Approval(_))
        || model
            .actors
            .get(owner.index())
            .is_some_and(|actor| actor.kind.is_none_or(|kind| kind == ActorKind::Human))
}

fn unused_names(model: &Model) -> impl Iterator<Item = (&Name, &'static str)> {
    let enums = model.enums.iter().map(|item| (item.used, &item.name, "enum"));
    let assets = model.assets.iter().map(|item| (item.used, &item.name, "asset"));
    let actors = model.actors.iter().map(|item| (item.used, &item.name, "actor"));
    let thresholds = model.thresholds.iter().map(|item| (item.used, &item.name, "threshold"));
    let all = enums.chain(assets).chain(actors).chain(thresholds);
    all.filter(|(used, ..)| !used).map(|(_, name, noun)| (name, noun))
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

fn unused_uses(file: &ModelFile) -> impl Iterator<Item = Diagnostic> {
    let unused = file.uses.iter().filter(|used| !used.used && used.file.is_some());
    unused.map(|used| {
        let found = Diagnostic::new(Code::Unused, used.span, "nothing here uses a name of that file");
        found.help("delete this line").fix("delete it", used.span, "")
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
