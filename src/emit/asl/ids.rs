//! The logical ids of the template's resources, which are also the names of the definitions' substitutions.
//!
//! Must not know: what a resource is made of.

use indexmap::{IndexMap, IndexSet};
use smol_str::SmolStr;

use crate::plan::Plan;

/// Where placeholders stand while a definition is built: no text of a user's may become one.
const OPEN: char = '\u{FDD0}';
const CLOSE: char = '\u{FDD1}';

/// The stem of the logical ids of each owner and flow, unique without regard to what follows it.
pub(super) struct Ids {
    owners: IndexMap<SmolStr, String>,
    flows: IndexMap<SmolStr, String>,
}

impl Ids {
    pub(super) fn new(plan: &Plan) -> Ids {
        let mut taken = IndexSet::new();
        let owners: IndexSet<_> = plan.actors.values().map(|actor| actor.owner.clone()).collect();
        let owners = owners.into_iter().map(|owner| (owner.clone(), stem(&owner, "Owner", &mut taken)));
        let owners = owners.collect();
        let flows = plan.flows.keys().map(|flow| (flow.clone(), stem(flow, "Flow", &mut taken))).collect();
        Ids { owners, flows }
    }

    /// The owners, in order, with the stem of what belongs to them.
    pub(super) fn owners(&self) -> impl Iterator<Item = (&SmolStr, &str)> {
        self.owners.iter().map(|(owner, stem)| (owner, stem.as_str()))
    }

    /// The queue of an owner.
    pub(super) fn queue(&self, owner: &str) -> String {
        format!("{}Queue", self.owners.get(owner).map_or("", String::as_str))
    }

    /// The state machine of a flow.
    pub(super) fn machine(&self, flow: &str) -> String {
        format!("{}Machine", self.flows.get(flow).map_or("", String::as_str))
    }
}

/// `content_refresh` becomes `ContentRefresh`; what is taken, or has nothing that an id may hold, is numbered.
fn stem(name: &str, otherwise: &str, taken: &mut IndexSet<String>) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    let mut base: String = words.map(capitalised).collect();
    base.truncate(100);
    if !base.starts_with(|c: char| c.is_ascii_alphabetic()) {
        base.insert_str(0, otherwise);
    }
    let numbered = (2..).map(|n: u32| format!("{base}{n}"));
    let free = std::iter::once(base.clone()).chain(numbered).find(|stem| !taken.contains(stem));
    let free = free.unwrap_or(base);
    taken.insert(free.clone());
    free
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

/// Stands for a resource until [`bound`].
pub(super) fn placeholder(id: &str) -> String {
    format!("{OPEN}{id}{CLOSE}")
}

/// The text of a definition: each placeholder as `${id}`, and what would look like one in a user's text escaped.
pub(super) fn bound(json: &str) -> String {
    json.replace("${", "\\u0024{").replace(OPEN, "${").replace(CLOSE, "}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stems_are_unique() {
        let mut taken = IndexSet::new();
        assert_eq!(stem("content_refresh", "Flow", &mut taken), "ContentRefresh");
        assert_eq!(stem("contentRefresh", "Flow", &mut taken), "ContentRefresh2");
        assert_eq!(stem("日本", "Flow", &mut taken), "Flow");
        assert_eq!(stem("2x", "Flow", &mut taken), "Flow2x");
    }

    #[test]
    fn texts_do_not_become_substitutions() {
        let text =
            bound(&serde_json::json!({ "a": "${WriterQueue}", "b": placeholder("WriterQueue") }).to_string());
        assert_eq!(text, r#"{"a":"\u0024{WriterQueue}","b":"${WriterQueue}"}"#);
    }
}
