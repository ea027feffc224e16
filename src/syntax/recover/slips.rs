//! Slips that a list of what was expected would not explain: habits from other languages, lists and texts without end.
//!
//! Must not know: pest; what could have stood at the place comes as words.

use super::{Reading, Stop, syntax};
use crate::diagnostics::Diagnostic;
use crate::syntax::grammar::Rule;
use crate::syntax::words;

/// The slip that explains why the reading stopped.
pub(super) fn slip(reading: &Reading, stop: &Stop) -> Option<Diagnostic> {
    let rest = reading.text.get(stop.at..)?.trim_start_matches([' ', '\t']);
    let slip = Slip { reading, stop, at: reading.text.len() - rest.len(), rest };
    slip.open_text()
        .or_else(|| slip.list_without_end())
        .or_else(|| slip.foreign_sign())
        .or_else(|| slip.stray_comma())
        .or_else(|| slip.semicolon())
        .or_else(|| slip.foreign_quotes())
}

struct Slip<'r, 't> {
    reading: &'r Reading<'t>,
    stop: &'r Stop,
    /// Where the token stands that could not be read.
    at: usize,
    /// The text from there on.
    rest: &'t str,
}

/// Signs that are not of this language, or stand in another place of it, and what they are taken for: the first that
/// can stand there.
static SIGNS: &[(&str, &[&str])] = &[
    ("&&", &["and"]),
    ("||", &["or"]),
    ("≥", &[">="]),
    ("≤", &["<="]),
    ("≠", &["is not"]),
    ("=>", &["->"]),
    ("→", &["->"]),
    ("⇒", &["->"]),
    ("–>", &["->"]),
    ("—>", &["->"]),
    ("-->", &["->"]),
    ("!", &["not"]),
    ("=", &["is", ":", "->"]),
    (":", &["->", "=", "is"]),
];

impl Slip<'_, '_> {
    /// A text that is not closed on its line.
    fn open_text(&self) -> Option<Diagnostic> {
        let text = self.reading.text;
        let quote = unclosed_text(text).filter(|&quote| quote <= self.at)?;
        let end = quote + text.get(quote..)?.lines().next().map_or(1, str::len);
        let found = syntax(self.reading.span(quote, end), "this text has no closing `\"`");
        Some(found.help("texts end on the line on which they begin; write `\"` at its end"))
    }

    /// The comma at the end of a list took the next clause's keyword for a name.
    fn list_without_end(&self) -> Option<Diagnostic> {
        let comma = dangling_comma(self.reading.text.get(..self.at)?)?;
        let span = self.reading.span(comma, comma + 1);
        let found = syntax(span, "nothing follows this `,` in its list");
        Some(found.help("remove it, or write what was to follow").fix("remove the `,`", span, ""))
    }

    /// A sign where another one, or a word, says it.
    fn foreign_sign(&self) -> Option<Diagnostic> {
        let &(sign, meanings) = SIGNS.iter().find(|(sign, _)| self.rest.starts_with(sign))?;
        let &meant = meanings.iter().find(|meaning| self.could_be(meaning))?;
        let span = self.reading.span(self.at, self.at + sign.len());
        let message = match meant {
            "->" | "=" | ":" => format!("`{sign}` does not stand here"),
            _ => format!("guards are not written with `{sign}`"),
        };
        let found = syntax(span, message).help(format!("write `{meant}`"));
        Some(found.fix(format!("change to `{meant}`"), span, self.apart(sign, meant)))
    }

    fn could_be(&self, meaning: &str) -> bool {
        // Where one comparison can stand, each of them can.
        let meaning = if matches!(meaning, "is not" | ">=" | "<=") { "is" } else { meaning };
        self.stop.expected.contains(&format!("`{meaning}`"))
    }

    /// `meant` in place of `sign`, with blanks where a word would grow together with its neighbours.
    fn apart(&self, sign: &str, meant: &str) -> String {
        let is_word = |c: char| c == '_' || c.is_alphanumeric();
        let before = self.reading.text.get(..self.at).unwrap_or("");
        let behind = self.rest.get(sign.len()..).unwrap_or("");
        let blank = |touches: bool| if touches && meant.starts_with(is_word) { " " } else { "" };
        format!("{}{meant}{}", blank(before.ends_with(is_word)), blank(behind.starts_with(is_word)))
    }

    /// A comma behind which no list goes on.
    fn stray_comma(&self) -> Option<Diagnostic> {
        let behind = self.rest.strip_prefix(',')?;
        let next = behind.trim_start_matches([' ', '\t']);
        let ends = next.is_empty() || next.starts_with(['\n', '\r', ',', '}']) || next.starts_with("//");
        let goes_on = ends || words::is_clause(super::first_word(next)) || self.at == 0;
        let span = self.reading.span(self.at, self.at + 1);
        let found = syntax(span, "no list goes on here").help("remove the `,`");
        goes_on.then(|| found.fix("remove the `,`", span, ""))
    }

    /// `;` between fields, which have commas there, or at a line's end.
    fn semicolon(&self) -> Option<Diagnostic> {
        let behind = self.rest.strip_prefix(';')?.trim_start_matches([' ', '\t']);
        let goes_on = self.reading.rule == Rule::one_field && !behind.is_empty();
        let (help, title, meant) = match goes_on {
            true => ("write `,` between fields", "change to `,`", ","),
            false => ("remove it: a line end is enough", "remove the `;`", ""),
        };
        let span = self.reading.span(self.at, self.at + 1);
        Some(syntax(span, "`;` ends nothing here").help(help).fix(title, span, meant))
    }

    /// `'…'` or `“…”`.
    fn foreign_quotes(&self) -> Option<Diagnostic> {
        let opening = self.rest.chars().next()?;
        let (what, closing) = match opening {
            '\'' => ("single", '\''),
            '“' | '”' | '„' => ("typographic", '”'),
            '‘' | '’' => ("typographic", '’'),
            _ => return None,
        };
        let opened = opening.len_utf8();
        let span = self.reading.span(self.at, self.at + opened);
        let found = syntax(span, format!("texts do not stand in {what} quotes"))
            .help("write them in double quotes: `\"…\"`");
        let line = self.rest.lines().next()?.get(opened..)?;
        let Some((inside, _)) = line.split_once(closing).filter(|(inside, _)| !inside.contains(['"', '\\']))
        else {
            return Some(found);
        };
        let whole = self.reading.span(self.at, self.at + opened + inside.len() + closing.len_utf8());
        Some(found.fix("change the quotes", whole, format!("\"{inside}\"")))
    }
}

/// Where the comma stands at whose line end a list was to end: what it took for its next name is the keyword of the
/// clause on a line below.
fn dangling_comma(before: &str) -> Option<usize> {
    let (above, last) = before.trim_end().rsplit_once('\n')?;
    let line_start = above.rfind('\n').map_or(0, |at| at + 1);
    let line = above.get(line_start..)?.split("//").next()?;
    let list = line.trim_end().strip_suffix(',')?;
    words::is_clause(last.trim()).then_some(line_start + list.len())
}

/// Where the last text that is not closed on its line begins.
fn unclosed_text(text: &str) -> Option<usize> {
    let mut open = None;
    let mut escaped = false;
    let mut comment = false;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '\n' if open.is_some() => return open,
            '\n' => comment = false,
            _ if comment || escaped => escaped = false,
            '\\' if open.is_some() => escaped = true,
            '"' => open = if open.is_some() { None } else { Some(at) },
            '/' if before == '/' && open.is_none() => comment = true,
            _ => {}
        }
        before = c;
    }
    open
}
