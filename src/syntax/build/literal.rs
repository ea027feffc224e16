//! Literals: numbers, percentages, durations, money, texts. All exact; what is malformed is B002.

use std::borrow::Cow;
use std::str::FromStr;

use rust_decimal::Decimal;

use super::{Builder, Pair, Rule, part, parts};
use crate::diagnostics::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::tree::{Currency, Literal, LiteralValue, Operand, RangeExpr};

/// Seconds a unit, in the order in which a sum names them.
const UNITS: [(char, u64); 5] = [('w', 604_800), ('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// Why a figure is no literal.
struct Bad {
    message: String,
    help: String,
}

impl Bad {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Bad {
        Bad { message: message.into(), help: help.into() }
    }
}

type Figure = Result<LiteralValue, Bad>;

impl Builder<'_> {
    /// `text`, `amount`, `money`, `number` or `duration`, each as its rule wants it.
    pub(super) fn literal(&mut self, pair: Pair) -> Literal {
        let span = self.span(&pair);
        let value = match pair.as_rule() {
            Rule::text => LiteralValue::Text(self.text(&pair).value),
            Rule::number => self.judge(span, number(pair.as_str())),
            Rule::duration => self.judge(span, wanted_duration(pair.as_str())),
            _ => self.judge(span, amount(pair.as_str())),
        };
        Literal { span, value }
    }

    fn judge(&mut self, span: Span, figure: Figure) -> LiteralValue {
        figure.unwrap_or_else(|bad| {
            self.report(Code::BadLiteral, span, bad.message, bad.help);
            LiteralValue::Faulty
        })
    }

    /// A literal, or the name of a member; `true` and `false` are literals.
    pub(super) fn operand(&mut self, pair: Pair) -> Operand {
        if pair.as_rule() != Rule::name {
            return Operand::Literal(self.literal(pair));
        }
        let span = self.span(&pair);
        let bool = |value| Operand::Literal(Literal { span, value: LiteralValue::Bool(value) });
        match pair.as_str() {
            "true" => bool(true),
            "false" => bool(false),
            _ => Operand::Member(self.name(&pair)),
        }
    }

    /// The number of `at most N times` and its like. Where the word is missing and does not touch the number either, it
    /// is asked for.
    pub(super) fn count(&mut self, pair: &Pair, word: Rule, spelling: &str) -> Option<Literal> {
        let number = part(pair, Rule::number)?;
        let touching = number.as_str().ends_with(|c: char| c.is_alphabetic());
        let literal = self.literal(number);
        if part(pair, word).is_none() && !touching {
            let message = format!("expected `{spelling}` after the number");
            let found = Diagnostic::new(Code::Syntax, literal.span, message);
            let place = literal.span.end_point();
            self.found.push(
                found
                    .help(format!(
                        "write `{} {spelling}`",
                        self.file_text.get(literal.span.range()).unwrap_or("2")
                    ))
                    .fix(format!("insert `{spelling}`"), place, format!(" {spelling}")),
            );
        }
        Some(literal)
    }

    pub(super) fn range(&mut self, pair: Pair) -> Option<RangeExpr> {
        let span = self.span(&pair);
        let open = part(&pair, Rule::open).is_some();
        let mut ends = parts(pair).filter(|part| part.as_rule() == Rule::amount);
        let (low, high) = (ends.next()?, ends.next()?);
        Some(RangeExpr { span, low: self.literal(low), high: self.literal(high), open })
    }
}

/// A figure as it is written in a file, standing by itself: `0.7`, `70%`, `1d12h`, `0.15 USD`.
///
/// # Errors
/// In words for people, if it is none.
pub fn figure(text: &str) -> Result<LiteralValue, String> {
    amount(text).map_err(|bad| bad.message)
}

/// Any figure, with its currency if it is money.
fn amount(text: &str) -> Figure {
    match text.split_once([' ', '\t']) {
        Some((figure, code)) => money(figure, code.trim_start()),
        None => plain(text),
    }
}

/// Any figure without a currency.
fn plain(text: &str) -> Figure {
    if let Some(fraction) = text.strip_suffix('%') {
        return percent(text, fraction);
    }
    match text.chars().last() {
        Some(last) if last.is_alphabetic() => duration(text).map(LiteralValue::Duration),
        _ => decimal(text).map(LiteralValue::Number),
    }
}

fn number(text: &str) -> Figure {
    match plain(text)? {
        LiteralValue::Number(value) => Ok(LiteralValue::Number(value)),
        _ => Err(Bad::new(
            format!("`{text}` is not a plain number"),
            "write a number without a unit, like `3`",
        )),
    }
}

fn wanted_duration(text: &str) -> Figure {
    match plain(text)? {
        LiteralValue::Duration(seconds) => Ok(LiteralValue::Duration(seconds)),
        LiteralValue::Number(_) => Err(Bad::new(
            format!("`{text}` has no unit of time"),
            format!("write `{text}m` for minutes, `{text}h` for hours or `{text}d` for days"),
        )),
        _ => Err(Bad::new(
            format!("`{text}` is not a duration"),
            "write a duration like `90s`, `15m`, `24h`, `7d` or `1d12h`",
        )),
    }
}

fn decimal(text: &str) -> Result<Decimal, Bad> {
    let is_plain =
        |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b'-');
    let digits = ungrouped(text).filter(|digits| is_plain(digits)).ok_or_else(|| unreadable(text))?;
    if digits.bytes().filter(u8::is_ascii_digit).count() > 28 {
        return Err(Bad::new("a number can't have more than 28 digits", "write it with fewer digits"));
    }
    Decimal::from_str(&digits).map(|value| value.normalize()).map_err(|_| unreadable(text))
}

/// The digits without the `_` between them; none if one of these is misplaced.
fn ungrouped(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('_') {
        return Some(Cow::Borrowed(text));
    }
    let misplaced = text.ends_with('_') || ["__", "_.", "._"].iter().any(|wrong| text.contains(wrong));
    (!misplaced).then(|| Cow::Owned(text.replace('_', "")))
}

fn unreadable(text: &str) -> Bad {
    let split = text.find(|c: char| c.is_alphabetic());
    let help = match split.map(|at| text.split_at(at)) {
        Some((number, word)) if matches!(word, "times" | "time" | "visits") => format!("write `{number} {word}`"),
        _ => "numbers are written `0.85`, `-3` or `1_000`, percentages `70%`, durations `15m` or `1d12h`, money `0.15 USD`"
            .to_owned(),
    };
    Bad::new(format!("`{text}` is not a number, a percentage or a duration"), help)
}

fn percent(text: &str, fraction: &str) -> Figure {
    let value = decimal(fraction).map_err(|_| unreadable(text))?;
    if value.is_sign_negative() && !value.is_zero() || value > Decimal::ONE_HUNDRED {
        let bad = Bad::new(
            format!("`{text}` is not between `0%` and `100%`"),
            "a percentage is a share of a whole: write one from `0%` to `100%`",
        );
        return Err(bad);
    }
    Ok(LiteralValue::Percent((value / Decimal::ONE_HUNDRED).normalize()))
}

/// `1d12h`: a descending sum, each unit once.
fn duration(text: &str) -> Result<u64, Bad> {
    let mut rest = text;
    let mut units = UNITS.iter();
    let mut seconds: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'_').count();
        let (count, unit) = rest.split_at(digits);
        let letter = unit.chars().next().ok_or_else(|| unreadable(text))?;
        let count: u64 = count.replace('_', "").parse().map_err(|_| unreadable(text))?;
        if !UNITS.iter().any(|(known, _)| *known == letter) {
            return Err(unreadable(text));
        }
        let Some((_, length)) = units.by_ref().find(|(known, _)| *known == letter) else {
            return Err(Bad::new(
                format!("the units of `{text}` are not in order"),
                "write each unit once, the longest first: `1w2d3h4m5s`",
            ));
        };
        seconds = count
            .checked_mul(*length)
            .and_then(|part| seconds.checked_add(part))
            .ok_or_else(|| too_long(text))?;
        rest = unit.get(letter.len_utf8()..).unwrap_or("");
    }
    // A year is 365 days; nothing that anybody waits for takes a million of them.
    if seconds > 31_536_000_000_000 { Err(too_long(text)) } else { Ok(seconds) }
}

fn too_long(text: &str) -> Bad {
    Bad::new(format!("`{text}` is too long a time"), "write at most a million years")
}

fn money(text: &str, code: &str) -> Figure {
    let amount = match plain(text)? {
        LiteralValue::Number(amount) => amount,
        _ => {
            return Err(Bad::new(
                format!("`{text} {code}` is not an amount of money"),
                "write it like `0.15 USD`",
            ));
        }
    };
    let Some(currency) = Currency::from_code(code) else {
        return Err(Bad::new(
            format!("`{code}` is not a currency"),
            "use a code of ISO 4217 like `USD` or `EUR`",
        ));
    };
    if amount.is_sign_negative() && !amount.is_zero() {
        return Err(Bad::new(format!("`{text} {code}` is below zero"), "amounts of money start at `0`"));
    }
    Ok(LiteralValue::Money(amount, currency))
}

/// What a text literal says, quotes included in `raw`, which stands at `span`.
pub(super) fn unescape(builder: &mut Builder, raw: &str, span: Span) -> Box<str> {
    let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or("");
    if !inner.contains('\\') {
        return inner.into();
    }
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let (character, length) = escape_at(escape);
        match character {
            Some(character) => out.push(character),
            None => bad_escape(
                builder,
                span,
                inner.len() - rest.len() + at,
                escape.get(..length).unwrap_or(escape),
            ),
        }
        rest = escape.get(length..).unwrap_or("");
    }
    out.push_str(rest);
    out.into()
}

/// The character that an escape at the start of `text` says, if it is one, and its length.
fn escape_at(text: &str) -> (Option<char>, usize) {
    let simple = match text.as_bytes().get(1) {
        Some(b'"') => Some('"'),
        Some(b'\\') => Some('\\'),
        Some(b'n') => Some('\n'),
        Some(b't') => Some('\t'),
        _ => None,
    };
    if simple.is_some() {
        return (simple, 2);
    }
    let Some(hex) = text.strip_prefix("\\u{").and_then(|after| after.split_once('}')).map(|(hex, _)| hex)
    else {
        let length = text.chars().take(2).map(char::len_utf8).sum();
        return (None, length);
    };
    let valid = (1..=6).contains(&hex.len()) && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    let scalar = u32::from_str_radix(hex, 16).ok().filter(|_| valid).and_then(char::from_u32);
    (scalar, hex.len() + 4)
}

fn bad_escape(builder: &mut Builder, text: Span, offset: usize, escape: &str) {
    let start = text.start as usize + 1 + offset;
    let span = Span::new(text.file, start, start + escape.len());
    let found = Diagnostic::new(Code::BadLiteral, span, format!("`{escape}` is not an escape")).help(
        "the escapes are `\\\"`, `\\\\`, `\\n`, `\\t` and `\\u{1F600}`; a backslash itself is written `\\\\`",
    );
    builder.found.push(found);
}
