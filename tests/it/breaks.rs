//! An example broken in many ways, one at a time: each gives one diagnostic, at the place whose change repairs it, with
//! a help that says what to write. Where there is a fix, making it leaves nothing to report.

use baton::diagnostics::{Diagnostic, Fix};
use baton::source::Sources;

use crate::support::{check, read};

/// One way to break the example.
struct Break {
    /// What is replaced, once.
    from: &'static str,
    /// By what.
    to: &'static str,
    /// The code that it must give.
    code: &'static str,
    /// What the primary label must stand on; empty for an empty place.
    on: &'static str,
}

const fn break_(from: &'static str, to: &'static str, code: &'static str, on: &'static str) -> Break {
    Break { from, to, code, on }
}

#[rustfmt::skip]
const BREAKS: &[Break] = &[
    break_("    owner    tidy\n", "", "B101", "tidying"),
    break_("owner    tidy\n", "owner    tydy\n", "B010", "tydy"),
    break_("owner    tidy\n", "owner    tidying\n", "B012", "tidying"),
    break_("owner    tidy\n", "owner    tidy\n    owner    tidy\n", "B014", "owner"),
    break_("owner    counsel\n", "owner    cms\n", "B102", "cms"),
    break_("    goal     \"The same draft in plain language\"\n", "", "B103", "tidying"),
    break_("\"The same draft in plain language\"", "\" \"", "B103", "\" \""),
    break_("    asset    draft\n    goal     \"The same", "    goal     \"The same", "B104", "tidying"),
    break_("actor cms:     action { calls \"POST https://cms.example.com/pages\"  ", "actor cms:     action { ", "B105", "cms"),
    break_("-> rejected when quality < 0.30", "-> rejected", "B201", "handoff  -> rejected"),
    break_("-> publishing   when publishable", "-> publising    when publishable", "B010", "publising"),
    break_("risk is not high", "risk is not hihg", "B023", "hihg"),
    break_("when decision is reject", "when decision is rejct", "B023", "rejct"),
    break_("quality >= 0.60", "quality >= 60%", "B020", "60%"),
    break_("quality >= 0.60", "quality >= 1.60", "B021", "1.60"),
    break_("in 0.30..<0.60", "in 0.60..<0.30", "B024", "0.60..<0.30"),
    break_("opportunity.intent,", "opportunity.intend,", "B022", "intend"),
    break_("  confidence:  percent\n", "  confidence:  percent\n    confidence:  percent\n", "B011", "confidence"),
    break_("deadline 15m", "deadline 15x", "B002", "15x"),
    break_("deadline 15m else", "deadline 15m els", "B001", "els"),
    break_("deadline 15m else", "deadline 0s else", "B021", "0s"),
    break_("at most 3 times", "at most 0 times", "B021", "0"),
    break_(" at most 2 times else -> stuck", "", "B305", "briefing"),
    break_("    handoff  -> legal_review otherwise\n", "    handoff  -> stuck otherwise\n", "B304", "legal_review"),
    break_("    handoff  -> published when live.status in 200..299\n    handoff  -> stuck     otherwise\n", "", "B303", "publishing"),
    break_("    deadline 5m else -> stuck\n    handoff  -> publishing   when", "    deadline 5m\n    handoff  -> publishing   when", "B401", "5m"),
    break_("accept   4h", "accept   30h", "B402", "24h"),
    break_("retry    2 times every 30s", "retry    2 times every 20m", "B403", "retry    2 times every 20m"),
    break_("deadline 24h else", "deadline 20h else", "B404", "20h"),
    break_(" receipt live", "", "B506", "published"),
    break_("    shows    risk, confidence\n    options  approve", "    options  approve", "B602", "legal_review"),
    break_("    asks     \"May this page be published?\"\n", "", "B603", "legal_review"),
    break_("enum Risk", "enum Unused { a }\nenum Risk", "B801", "Unused"),
    break_("    quality:", "    raw:         bool\n    quality:", "B018", "raw"),
];

#[test]
fn every_break_is_told_once_where_it_can_be_repaired() {
    let example = read("examples/content_refresh.flow");
    let mut told = String::new();
    for Break { from, to, code, on } in BREAKS {
        assert!(example.contains(from), "the example no longer holds {from:?}");
        let text = example.replacen(from, to, 1);
        let compilation = check(&text);
        let found: Vec<(&str, &str)> =
            compilation.diagnostics.iter().map(|d| place(&compilation.sources, d)).collect();
        assert_eq!(found, [(*code, *on)], "{from:?} -> {to:?}");
        let diagnostic = &compilation.diagnostics[0];
        let help = diagnostic.help.as_deref().unwrap_or_else(|| panic!("{code}: no help"));
        told += &format!("{code}: {}\n      {help}\n", diagnostic.message);
        for fix in &diagnostic.fixes {
            told += &format!("      fix: {}\n", fix.title);
            let left: Vec<_> =
                check(&repaired(&text, fix)).diagnostics.into_iter().map(|d| d.message).collect();
            assert_eq!(left, [""; 0], "after {:?} of {from:?} -> {to:?}", fix.title);
        }
    }
    insta::assert_snapshot!(told);
}

/// The code of a finding, and what its primary label stands on.
fn place<'s>(sources: &'s Sources, diagnostic: &Diagnostic) -> (&'static str, &'s str) {
    (diagnostic.code.id(), sources.text(diagnostic.place))
}

/// The text with the edits of a fix made.
fn repaired(text: &str, fix: &Fix) -> String {
    let mut text = text.to_owned();
    for edit in fix.edits.iter().rev() {
        text.replace_range(edit.span.range(), &edit.text);
    }
    text
}
