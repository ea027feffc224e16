//! The findings of lowering, and the sentences that many places share.
//!
//! Must not know: which names are in scope; callers hand in the candidates.

use rustc_hash::FxHashSet;
use smol_str::SmolStr;

use crate::diagnostics::{Code, Diagnostic};
use crate::model::Name;
use crate::source::Span;

/// So many pairs of names are compared in one run to find what was meant; a text in which hundreds of thousands of
/// names are unknown gets no more suggestions after that, rather than taking for ever.
const COMPARISONS: usize = 4_000_000;

/// The findings so far.
pub(super) struct Reports {
    found: Vec<Diagnostic>,
    once: FxHashSet<(Span, Code)>,
    comparisons: usize,
}

impl Default for Reports {
    fn default() -> Reports {
        Reports { found: Vec::new(), once: FxHashSet::default(), comparisons: COMPARISONS }
    }
}

impl Reports {
    /// Adds a finding.
    pub(super) fn add(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    /// Adds a finding unless its code has been given at its place: what a threshold says is read once per flow.
    pub(super) fn add_once(&mut self, diagnostic: Diagnostic) {
        if self.once.insert((diagnostic.place, diagnostic.code)) {
            self.found.push(diagnostic);
        }
    }

    /// All findings, in no particular order.
    pub(super) fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.found
    }

    /// B011: `what` is declared, listed or given twice.
    pub(super) fn duplicate(&mut self, name: &Name, first: Span, what: &str) {
        let text = &name.text;
        self.add(
            Diagnostic::new(Code::DuplicateName, name.span, format!("{what} `{text}` stands twice"))
                .label("the second one")
                .also(first, "the first one")
                .help("rename or delete one of the two"),
        );
    }

    /// B011: a name stands twice in one `list`.
    pub(super) fn listed_twice(&mut self, name: &Name, first: Span, list: &str) {
        self.add(
            Diagnostic::new(
                Code::DuplicateName,
                name.span,
                format!("`{}` stands twice in {list}", name.text),
            )
            .label("the second one")
            .also(first, "the first one")
            .help("delete one of the two"),
        );
    }

    /// A name that does not mean a `due`: B012 if it is something else (`is`), else B010. Answers which name was
    /// meant, if one is near.
    pub(super) fn misnamed<'c>(
        &mut self,
        name: &Name,
        is: Option<&str>,
        due: &str,
        candidates: impl Iterator<Item = &'c SmolStr> + Clone,
    ) -> Option<SmolStr> {
        let near = self.nearest(&name.text, candidates.clone());
        let text = &name.text;
        let (code, message) = match is {
            Some(is) => (Code::WrongKind, format!("`{text}` is {is}, and {} is due here", with_article(due))),
            None => (Code::UnknownName, format!("there is no {due} `{text}`")),
        };
        let diagnostic = Diagnostic::new(code, name.span, message);
        self.add(match (&near, is) {
            (Some(near), _) => meant(diagnostic, name, near),
            (None, None) if candidates.clone().next().is_some() => {
                diagnostic.help(format!("{}, or declare it", choices(due, candidates)))
            }
            (None, _) => diagnostic.help(choices(due, candidates)),
        });
        near
    }

    /// Says which of the candidates was meant, with the repair; else which there are.
    pub(super) fn with_nearest<'c>(
        &mut self,
        diagnostic: Diagnostic,
        name: &Name,
        what: &str,
        candidates: impl Iterator<Item = &'c SmolStr> + Clone,
    ) -> Diagnostic {
        match self.nearest(&name.text, candidates.clone()) {
            Some(near) => meant(diagnostic, name, &near),
            None => diagnostic.help(choices(what, candidates)),
        }
    }

    /// The candidate that is nearest to what was written, the first of several; `None` if none is near.
    pub(super) fn nearest<'c>(
        &mut self,
        written: &str,
        candidates: impl Iterator<Item = &'c SmolStr>,
    ) -> Option<SmolStr> {
        let mut best: Option<(usize, &SmolStr)> = None;
        for candidate in candidates {
            self.comparisons = self.comparisons.checked_sub(1)?;
            if let Some(distance) = distance(written, candidate)
                && best.is_none_or(|(least, _)| distance < least)
            {
                best = Some((distance, candidate));
            }
        }
        best.map(|(_, near)| near.clone())
    }
}

/// How far apart two names are, if it is near enough for one to be meant by the other: a third of the letters may
/// be wrong, or swapped, and capitals do not count.
fn distance(written: &str, candidate: &str) -> Option<usize> {
    if written.eq_ignore_ascii_case(candidate) {
        return Some(0);
    }
    let letters = written.len().max(candidate.len());
    let limit = letters / 3;
    if written.len().abs_diff(candidate.len()) > limit {
        return None;
    }
    Some(strsim::osa_distance(written, candidate)).filter(|&distance| distance <= limit)
}

/// A name that is hardly wrong can be repaired; one that is further off may well mean something else.
fn meant(diagnostic: Diagnostic, written: &Name, near: &SmolStr) -> Diagnostic {
    let diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
    if distance(&written.text, near).is_none_or(|distance| distance > 2) {
        return diagnostic;
    }
    diagnostic.fix(format!("change to `{near}`"), written.span, near.as_str())
}

/// `an actor`
fn with_article(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
    format!("{article} {noun}")
}

/// `write one of …`
fn choices<'c>(what: &str, candidates: impl Iterator<Item = &'c SmolStr> + Clone) -> String {
    const SHOWN: usize = 6;
    let mut shown: Vec<String> = candidates.take(SHOWN + 1).map(|name| format!("`{name}`")).collect();
    if shown.is_empty() {
        return format!("declare {} first", with_article(what));
    }
    if let [only] = shown.as_slice() {
        return format!("write {only}");
    }
    if shown.len() > SHOWN {
        shown.truncate(SHOWN);
        shown.push("…".to_owned());
    }
    format!("write one of {}", shown.join(", "))
}

/// `a`, `b` and `c`, each in backticks.
pub(super) fn listed<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}
