//! The names of documents, and of the tasks in them.
//!
//! Must not know: what a task does.
//!
//! Every task of a state has a `/` in its name, as has every arrow's id: no name in a flow can have one, and none is
//! taken for a directive (`continue`, `exit`, `end`).

use indexmap::IndexSet;
use smol_str::SmolStr;

use crate::plan::{Flow, Hop, Kind, Named, Plan};

/// The namespace of all documents.
pub(super) const NAMESPACE: &str = "baton";
/// Where no rule holds; it is proved that nothing comes there.
pub(super) const GAP: &str = "/gap";
/// Where a record goes that does not fit.
pub(super) const REFUSED: &str = "/refused";

/// The longest name of a document.
const LONGEST: usize = 63;

/// What the documents of one build are called.
pub(super) struct Names {
    flows: Named<String>,
    /// The same for all: who has started with one plan keeps it.
    pub(super) version: String,
}

impl Names {
    pub(super) fn new(plan: &Plan) -> Names {
        let mut taken = IndexSet::new();
        let flows = plan.flows.keys().map(|flow| (flow.clone(), document(flow, &mut taken))).collect();
        let digest: String = plan.hash.trim_start_matches("sha256:").chars().take(16).collect();
        Names { flows, version: format!("1.0.0-p{digest}") }
    }

    /// The document of a flow.
    pub(super) fn document(&self, flow: &str) -> &str {
        self.flows.get(flow).map_or("", String::as_str)
    }
}

/// `content_refresh` becomes `content-refresh`: letters, digits and hyphens between them; what is taken is numbered.
fn document(name: &SmolStr, taken: &mut IndexSet<String>) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut base = words.collect::<Vec<_>>().join("-").to_ascii_lowercase();
    base.truncate(LONGEST - 8);
    let base = if base.is_empty() { "flow" } else { base.trim_end_matches('-') };
    let numbered = (2..).map(|n: u32| format!("{base}-{n}"));
    let free = std::iter::once(base.to_owned()).chain(numbered).find(|name| !taken.contains(name));
    let free = free.unwrap_or_default();
    taken.insert(free.clone());
    free
}

/// The first task of a state or an end.
pub(super) fn arrival(flow: &Flow, name: &str) -> String {
    match flow.states.get(name).map(|state| &state.kind) {
        Some(Kind::Wait { .. }) => format!("{name}/time"),
        Some(_) => format!("{name}/arrive"),
        None => format!("{name}/tell"),
    }
}

/// The first task of a route.
pub(super) fn entry(route: &[Hop]) -> String {
    match route.first() {
        Some(hop) if hop.at_most.is_some() => bound(hop),
        Some(hop) => hop.id.to_string(),
        None => GAP.to_owned(),
    }
}

/// The task that looks at the count of an arrow.
pub(super) fn bound(hop: &Hop) -> String {
    format!("{} bound", hop.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_have_names_of_their_own() {
        let mut taken = IndexSet::new();
        let mut name = |text: &str| document(&text.into(), &mut taken);
        assert_eq!(name("content_refresh"), "content-refresh");
        assert_eq!(name("Content__refresh_"), "content-refresh-2");
        assert_eq!([name("日本"), name("日")], ["flow", "flow-2"]);
        assert!(name(&"a_".repeat(200)).len() <= LONGEST);
    }
}
