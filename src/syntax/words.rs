//! The language's words: which begin a declaration, a member, a clause; which are reserved; which is meant.
//!
//! Must not know: where they stand.

use super::tree::Keyword;

/// The words that begin something, with where they may stand.
static WORDS: &[(&str, Keyword, Place)] = &[
    ("use", Keyword::Use, Place::Top),
    ("enum", Keyword::Enum, Place::Top),
    ("asset", Keyword::Asset, Place::TopAndState),
    ("actor", Keyword::Actor, Place::Top),
    ("threshold", Keyword::Threshold, Place::Top),
    ("flow", Keyword::Flow, Place::Top),
    ("context", Keyword::Context, Place::Flow),
    ("intake", Keyword::Intake, Place::Flow),
    ("default", Keyword::Default, Place::Flow),
    ("state", Keyword::State, Place::Flow),
    ("approval", Keyword::Approval, Place::Flow),
    ("wait", Keyword::Wait, Place::Flow),
    ("call", Keyword::Call, Place::Flow),
    ("end", Keyword::End, Place::Flow),
    ("prove", Keyword::Prove, Place::Flow),
    ("scenario", Keyword::Scenario, Place::Flow),
    ("owner", Keyword::Owner, Place::StateAndEnd),
    ("goal", Keyword::Goal, Place::State),
    ("needs", Keyword::Needs, Place::State),
    ("makes", Keyword::Makes, Place::State),
    ("accept", Keyword::Accept, Place::State),
    ("deadline", Keyword::Deadline, Place::State),
    ("failure", Keyword::Failure, Place::State),
    ("retry", Keyword::Retry, Place::State),
    ("handoff", Keyword::Handoff, Place::State),
    ("asks", Keyword::Asks, Place::State),
    ("shows", Keyword::Shows, Place::State),
    ("options", Keyword::Options, Place::State),
    ("for", Keyword::For, Place::State),
    ("runs", Keyword::Runs, Place::StateAndActor),
    ("join", Keyword::Join, Place::State),
    ("receipt", Keyword::Receipt, Place::End),
    ("reason", Keyword::Reason, Place::End),
    ("map", Keyword::Map, Place::Intake),
    ("start", Keyword::Start, Place::Scenario),
    ("at", Keyword::At, Place::Scenario),
    ("expect", Keyword::Expect, Place::Scenario),
    ("uses", Keyword::Uses, Place::Actor),
    ("calls", Keyword::Calls, Place::Actor),
    ("contact", Keyword::Contact, Place::Actor),
    ("name", Keyword::Named, Place::Actor),
    ("responds", Keyword::Responds, Place::Actor),
    ("costs", Keyword::Costs, Place::Actor),
];

/// Where a keyword may begin something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    Top,
    Flow,
    State,
    End,
    Actor,
    Intake,
    Scenario,
    TopAndState,
    StateAndEnd,
    StateAndActor,
}

impl Place {
    fn allows(self, place: Place) -> bool {
        self == place
            || match self {
                Place::TopAndState => matches!(place, Place::Top | Place::State),
                Place::StateAndEnd => matches!(place, Place::State | Place::End),
                Place::StateAndActor => matches!(place, Place::State | Place::Actor),
                _ => false,
            }
    }
}

/// The keyword that `word` is.
pub(super) fn keyword(word: &str) -> Option<Keyword> {
    WORDS.iter().find(|(text, ..)| *text == word).map(|(_, keyword, _)| *keyword)
}

/// Whether `word` begins a clause of a state.
pub(super) fn is_clause(word: &str) -> bool {
    WORDS.iter().any(|(text, _, place)| *text == word && place.allows(Place::State))
}

/// Whether `word` begins something at `place`.
pub(super) fn begins(word: &str, place: Place) -> bool {
    WORDS.iter().any(|(text, _, at)| *text == word && at.allows(place))
}

/// The keyword of `place` that is meant by a word that is none, with its spelling.
pub(super) fn meant(word: &str, place: Place) -> Option<(&'static str, Keyword)> {
    let candidates = WORDS.iter().filter(|(.., at)| at.allows(place));
    candidates
        .map(|&(text, keyword, _)| (strsim::damerau_levenshtein(text, word), text, keyword))
        .filter(|&(distance, text, _)| distance * 3 <= text.len().max(3))
        .min_by_key(|&(distance, ..)| distance)
        .map(|(_, text, keyword)| (text, keyword))
}

/// The keyword of `place` that `word` is, or nearly is.
pub(super) fn intended(word: &str, place: Place) -> Option<Keyword> {
    if begins(word, place) { keyword(word) } else { meant(word, place).map(|(_, keyword)| keyword) }
}

/// Words that can't name a field, threshold, enum member or option (B018).
pub const RESERVED: [&str; 13] = [
    "and",
    "or",
    "not",
    "is",
    "in",
    "present",
    "absent",
    "true",
    "false",
    "delivered",
    "otherwise",
    "decision",
    "raw",
];

/// The words that begin something at `place`, for people.
pub(super) fn list(place: Place) -> String {
    let words: Vec<String> =
        WORDS.iter().filter(|(.., at)| at.allows(place)).map(|(word, ..)| format!("`{word}`")).collect();
    words.join(", ")
}
