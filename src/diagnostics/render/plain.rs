//! Text that does nothing to a terminal: control and direction characters are replaced, byte for byte.
//!
//! Must not know: where the text comes from.

use std::borrow::Cow;

/// `text` without anything that a terminal would obey, in exactly as many bytes. Line ends and tabs stay.
pub(super) fn harmless(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| c == '\r' || replacement(c).is_some()) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let alone = c == '\r' && chars.peek().is_some_and(|&next| next != '\n');
        clean.push(if alone { '?' } else { replacement(c).unwrap_or(c) });
    }
    Cow::Owned(clean)
}

/// A word of a message may be so many bytes long; user text in it has no bound of its own.
const LONG_WORD: usize = 200;
/// So much of a longer one is shown.
const WORD_START: usize = 60;

/// `text` with its endless words cut.
pub(super) fn brief(text: &str) -> Cow<'_, str> {
    if text.split(' ').all(|word| word.len() <= LONG_WORD) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.split(' ').map(cut).collect::<Vec<_>>().join(" "))
}

/// The start of a long word; a backtick at its end stays, for it closes a quotation.
fn cut(word: &str) -> Cow<'_, str> {
    if word.len() <= LONG_WORD {
        return Cow::Borrowed(word);
    }
    let end = if word.ends_with('`') { "…`" } else { "…" };
    Cow::Owned(word.chars().take(WORD_START).chain(end.chars()).collect())
}

/// A message as people see it: [`brief`] and [`harmless`].
pub(super) fn words(text: &str) -> String {
    harmless(&brief(text)).into_owned()
}

/// As [`harmless`], on one line.
pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
    match harmless(text) {
        text if text.contains(['\n', '\r', '\t']) => Cow::Owned(text.replace(['\n', '\r', '\t'], " ")),
        text => text,
    }
}

/// A character of the same length in UTF-8 for one that steers terminals or turns the reading direction.
fn replacement(c: char) -> Option<char> {
    match c {
        '\n' | '\r' | '\t' => None,
        '\0'..='\x1f' | '\x7f' => Some('?'),
        '\u{80}'..='\u{9f}' | '\u{61c}' => Some('·'),
        '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => Some('\u{fffd}'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endless_word_is_cut() {
        let text = format!("there is no `{}` here", "x".repeat(1_000_000));
        assert_eq!(brief(&text), format!("there is no `{}…` here", "x".repeat(59)));
        assert_eq!(brief("a  short\ttext\n"), "a  short\ttext\n");
    }

    #[test]
    fn what_steers_a_terminal_is_replaced_byte_for_byte() {
        let text = "a\x1b[31mb\u{9b}c\u{202e}d\u{61c}\r\n\te\u{7f}";
        let clean = harmless(text);
        assert_eq!(clean, "a?[31mb·c\u{fffd}d·\r\n\te?");
        assert_eq!(clean.len(), text.len());
        assert_eq!(harmless("a\rb"), "a?b");
        assert_eq!(one_line("a\r\nb"), "a  b");
    }
}
