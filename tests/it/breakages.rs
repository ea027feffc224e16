//! The examples are broken in many ways, one at a time. Each way gives just the one finding that belongs to it, where
//! the text was broken, with a help that says what to write.

use std::collections::BTreeMap;
use std::path::Path;

use baton::diagnostics::Code;
use baton::source::Sources;
use baton::{Compilation, compile};

use crate::support::{Texts, files, mark_of, none, read, relative};

/// One way to break a pipeline.
struct Breakage {
    /// The first such text outside of comments; `*` at its end stands for the rest of the line.
    from: &'static str,
    to: &'static str,
    code: Code,
    /// How many lines after the start of the text it is reported, or [`HEAD`].
    line: usize,
}

/// On the first line of the state that is broken.
const HEAD: usize = usize::MAX;

const fn b(from: &'static str, to: &'static str, code: Code, line: usize) -> Breakage {
    Breakage { from, to, code, line }
}

/// Ways that fit every example.
#[rustfmt::skip]
static ANYWHERE: &[Breakage] = &[
    b("\n    goal     *", "", Code::MissingGoal, HEAD),
    b("\n    asset    *", "", Code::MissingAsset, HEAD),
    b("\n    asks     *", "", Code::MissingQuestion, HEAD),
    b("\n    options  *", "", Code::MissingClause, HEAD),
    b("    goal     ", "    gaol     ", Code::Syntax, 0),
    b("    goal     ", "    goal     \"Twice\"\n    goal     ", Code::RepeatedClause, 1),
    b("    owner    ", "    owner    x", Code::UnknownName, 0),
    b("    asset    ", "    asset    x", Code::UnknownName, 0),
    b("    makes    ", "    makes    x", Code::UnknownName, 0),
    b("    handoff  -> ", "    handoff  -> x", Code::UnknownName, 0),
    b("    handoff  -> ", "    handoff  - ", Code::Syntax, 0),
    b("    deadline ", "    deadline 3x", Code::BadLiteral, 0),
    b(" else -> ", " else -> x", Code::UnknownName, 0),
    b(" when ", " whne ", Code::Syntax, 0),
    b(" times else", " else", Code::Syntax, 0),
    b(" times every", " every", Code::Syntax, 0),
    b(" otherwise", "", Code::MissingThreshold, 0),
    b("contact \"", "contat \"", Code::Syntax, 0),
    b("{ contact *", "{ }", Code::MissingBinding, 0),
    b(": success {", ": succes {", Code::Syntax, 0),
    b("  receipt *", " }", Code::NoReceipt, 0),
    b("reason \"", "because \"", Code::Syntax, 0),
    b("\nflow ", "\nenum Unheard { of }\n\nflow ", Code::Unused, 1),
    b("  context {", "  contxt {", Code::Syntax, 0),
    b("  intake ", "  intake x", Code::UnknownName, 0),
    b("  intake ", "  // allow(B503)\n  intake ", Code::BadAllow, 0),
    b("  intake ", "  // allow(B602): nothing here needs it\n  intake ", Code::UselessAllow, 0),
    b("  prove ", "  proof ", Code::Syntax, 0),
    b("    expect ", "    expects ", Code::Syntax, 0),
];

/// Ways that fit the first example.
#[rustfmt::skip]
static CONTENT_REFRESH: &[Breakage] = &[
    b(": model", ": modell", Code::UnknownName, 0),
    b("enum Intent {", "enum Intent {{", Code::Syntax, 0),
    b("int 1..5", "int 6..5", Code::EmptyRange, 0),
    b("number 0..1", "nummer", Code::UnknownName, 0),
    b(" at most 2 times else -> stuck", "", Code::UnboundedLoop, 0),
    b("deadline 15m else -> stuck", "deadline 15m", Code::MissingDeadline, 0),
    b("accept   4h", "accept   25h", Code::AcceptAfterDeadline, 1),
    b("retry    2 times every 30s", "retry    2 times every 1h", Code::RetryPastDeadline, 0),
    b("owner    growth", "owner    writer", Code::WrongOwnerKind, 0),
    b("quality >= 0.60", "quality >= 60%", Code::TypeMismatch, 0),
    b("quality >= 0.60", "quality >= 6", Code::OutOfRange, 0),
    b("quality < 0.30", "quality < low", Code::TypeMismatch, 0),
    b("live.status in", "live.state in", Code::UnknownField, 0),
    b("risk = low", "risk = lowe", Code::BadOption, 0),
    b("decision is approve", "decision is aprove", Code::BadOption, 0),
    b("shows    risk, confidence", "shows    opportunity.page", Code::ThinEvidence, HEAD),
    b("deadline 48h else -> stuck", "deadline 0s else -> stuck", Code::OutOfRange, 0),
    b("  end published: success", "  end nowhere: failure { owner growth  reason \"x\" }\n  end published: success", Code::Unreachable, 0),
    b("prove costs at most 3 USD", "prove costs at most 3 EUR", Code::TypeMismatch, 0),
    b("passes publishing", "passes publishin", Code::UnknownName, 0),
    b("0.02 USD", "0.02 USX", Code::BadLiteral, 0),
    b("flow content_refresh", "use \"nowhere.flow\"\nflow content_refresh", Code::BadUse, 0),
    b("outline: text", "is: text", Code::ReservedName, 0),
    b("asset Receipt {", "asset Receipt { next: Receipt, ", Code::RecursiveType, 0),
];

#[test]
fn every_breakage_is_told_where_it_is_with_a_help() {
    let mut wrong = Vec::new();
    for path in files("examples", ".flow").iter().filter(|path| is_pipeline(path)) {
        let text = read(path);
        let tried = breakages(path).filter_map(|breakage| Some((breakage, broken(&text, breakage)?)));
        let tried: Vec<_> = tried.collect();
        assert!(tried.len() >= 20, "{}: only {} breakages fit", relative(path), tried.len());
        wrong.extend(
            tried.iter().filter_map(|(breakage, (text, line))| complaint(path, breakage, text, *line)),
        );
    }
    none(wrong, "breakages that are not told as they should be");
}

/// Every broken text, with the path of what it was.
pub(crate) fn all() -> Vec<(String, String)> {
    let mut all = Vec::new();
    for path in files("examples", ".flow").iter().filter(|path| is_pipeline(path)) {
        let text = read(path);
        let texts = breakages(path).filter_map(|breakage| broken(&text, breakage));
        all.extend(texts.map(|(text, _)| (relative(path), text)));
    }
    all
}

/// Those that may fit the example.
fn breakages(path: &Path) -> impl Iterator<Item = &'static Breakage> {
    let own = if path.ends_with("content_refresh.flow") { CONTENT_REFRESH } else { &[] };
    ANYWHERE.iter().chain(own)
}

fn is_pipeline(path: &Path) -> bool {
    read(path).contains("\nflow ")
}

/// The broken text, and the line that the finding is due on; `None` if the text does not have what is to be broken.
fn broken(text: &str, breakage: &Breakage) -> Option<(String, usize)> {
    let (from, rest_of_line) = match breakage.from.strip_suffix('*') {
        Some(from) => (from, true),
        None => (breakage.from, false),
    };
    let is_code = |at: usize| {
        let line_start = text[..at].rfind('\n').map_or(0, |at| at + 1);
        from.starts_with('\n') || !text[line_start..].trim_start().starts_with("//")
    };
    let (at, _) = text.match_indices(from).find(|&(at, _)| is_code(at))?;
    let end = at + from.len();
    let end = if rest_of_line { end + text[end..].find('\n')? } else { end };
    let line = 1 + text[..at].matches('\n').count();
    let broken = format!("{}{}{}", &text[..at], breakage.to, &text[end..]);
    let due = if breakage.line == HEAD { head(text, line) } else { line + breakage.line };
    Some((broken, due))
}

/// The last line, from 1, up to `line` that begins a member of a flow.
fn head(text: &str, line: usize) -> usize {
    let is_head = |line: &&str| line.starts_with("  ") && line.ends_with('{') && !line.starts_with("   ");
    let lines: Vec<&str> = text.lines().take(line).collect();
    lines.iter().rposition(is_head).map_or(0, |at| at + 1)
}

fn complaint(path: &Path, breakage: &Breakage, text: &str, line: usize) -> Option<String> {
    let compilation = check(&relative(path), text);
    let found: Vec<String> = compilation
        .diagnostics
        .iter()
        .map(|finding| {
            let mark = mark_of(&compilation.sources, finding);
            let help = if finding.help.is_some() { "" } else { " (no help)" };
            format!("{}: {} {}{help}", mark.line, mark.code.id(), finding.message)
        })
        .collect();
    let due = format!("{line}: {}", breakage.code.id());
    let right = matches!(&found[..], [one] if one.starts_with(&due) && !one.ends_with("(no help)"));
    let Breakage { from, to, .. } = breakage;
    (!right).then(|| format!("{}: {from:?} -> {to:?}: due is {due}, found is {found:#?}", relative(path)))
}

fn check(path: &str, text: &str) -> Compilation {
    let mut sources = Sources::new();
    sources.add(path, text);
    let others = files("examples", ".flow").into_iter().map(|path| (relative(&path), read(&path)));
    compile(sources, &Texts(others.collect::<BTreeMap<_, _>>()))
}
