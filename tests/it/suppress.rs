//! `// allow(…)`: what it silences, and what is said of it. The cases are small changes of a page's good example.

use baton::diagnostics::Code;

use crate::pages::repaired;
use crate::support::{Mark, check, mark_of};

/// The findings of the good example of B602 with its comment replaced, as `line: code`, and the text.
fn with_comment(comment: &str) -> (String, Vec<(usize, Code)>) {
    let text = repaired(Code::BadAllow);
    let old = text.lines().find(|line| line.contains("// allow(B602)")).unwrap();
    let text = text.replace(old, comment);
    let compilation = check(&text);
    let found = compilation.diagnostics.iter().map(|diagnostic| mark_of(&compilation.sources, diagnostic));
    let found = found.map(|Mark { line, code, .. }| (line, code)).collect();
    (text, found)
}

/// The line, from 1, of the approval that shows nothing.
fn approval(text: &str) -> usize {
    1 + text.lines().position(|line| line.contains("approval review")).unwrap()
}

#[track_caller]
fn silences(comment: &str) {
    assert_eq!(with_comment(comment).1, [], "{comment}");
}

/// The codes that are reported, with how many lines before the approval.
#[track_caller]
fn gives(comment: &str, expected: &[(usize, Code)]) {
    let (text, found) = with_comment(comment);
    let at = approval(&text);
    let found: Vec<(usize, Code)> = found.into_iter().map(|(line, code)| (at - line, code)).collect();
    assert_eq!(found, expected, "{comment}");
}

#[test]
fn a_reason_silences_the_next_line_that_holds_a_token() {
    silences("  // allow(B602): the rating stands in the editor");
    silences("  //allow (b602) : any case, any spaces");
    silences("  // allow(thin-evidence): by its name");
    silences("  // allow(B602): with\n\n  // a comment and\n\n  /// documentation between");
}

#[test]
fn several_codes_are_separated_by_commas() {
    gives("  // allow(B602, B605): one is of no use", &[(1, Code::UselessAllow)]);
}

#[test]
fn other_lines_are_not_silenced() {
    gives(
        "  // allow(B602): an end\n  end never: failure { owner growth reason \"x\" }",
        &[(2, Code::UselessAllow), (1, Code::Unreachable), (0, Code::ThinEvidence)],
    );
}

#[test]
fn what_is_allowed_twice_is_allowed_by_the_first() {
    gives("  // allow(B602): a reason\n  // allow(B602): another", &[(1, Code::UselessAllow)]);
}

#[test]
fn a_bad_allow_is_an_error_and_what_it_means_stays_silent() {
    gives("  // allow(B602)", &[(1, Code::BadAllow)]);
    gives("  // allow(B602):   ", &[(1, Code::BadAllow)]);
    gives("  // allow(B602, B999): a reason", &[(1, Code::BadAllow)]);
    gives("  // allow(B602, B305): a reason", &[(1, Code::BadAllow)]);
    gives("  // allow(): a reason", &[(1, Code::BadAllow), (0, Code::ThinEvidence)]);
    gives("  // allow(B602: a reason", &[(1, Code::BadAllow), (0, Code::ThinEvidence)]);
}

#[test]
fn prose_is_no_allow() {
    gives("  // allow the reviewer some time", &[(0, Code::ThinEvidence)]);
    gives("  /// allow(B602): documentation", &[(0, Code::ThinEvidence)]);
}

#[test]
fn an_unknown_code_gets_a_suggestion_and_a_fix() {
    let compilation = check("// allow(unred-field): a reason\n");
    let fault = &compilation.diagnostics[0];
    assert_eq!(fault.message, "there is no code `unred-field`");
    assert_eq!(fault.help.as_deref(), Some("did you mean `B504` (unread-field)?"));
    assert_eq!(fault.fixes[0].edits[0].text, "B504");
}

#[test]
fn a_useless_allow_is_deleted_by_its_fix() {
    for (before, after) in [
        ("enum A { a }\n  // allow(B602): x\nenum B { b }\n", "enum A { a }\nenum B { b }\n"),
        ("enum A { a } // allow(B602): x\nenum B { b }\n", "enum A { a }\nenum B { b }\n"),
        ("// allow(B602, B504): x\nenum A { a }", "// allow(B504): x\nenum A { a }"),
        ("// allow(B504, B602): x\nenum A { a }", "// allow(B602): x\nenum A { a }"),
    ] {
        let compilation = check(before);
        let useless = compilation.diagnostics.iter().find(|found| found.code == Code::UselessAllow).unwrap();
        let edit = &useless.fixes[0].edits[0];
        let mut text = before.to_owned();
        text.replace_range(edit.span.range(), &edit.text);
        assert_eq!(text, after);
    }
}
