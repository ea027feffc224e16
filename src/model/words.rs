//! Values as an author writes them.
//!
//! Must not know: where they stand, nor how the author spelled them.

use rust_decimal::Decimal;

use super::{Currency, Type};

/// A number with the unit of its type: `0.7`, `70%`, `1d12h`, `5 EUR`.
#[must_use]
pub fn amount(number: Decimal, ty: &Type) -> String {
    match ty {
        Type::Percent => number
            .checked_mul(Decimal::ONE_HUNDRED)
            .map_or_else(|| plain(number), |share| format!("{}%", plain(share))),
        Type::Duration => u64::try_from(number)
            .ok()
            .filter(|_| number.is_integer())
            .map_or_else(|| format!("{}s", plain(number)), duration),
        Type::Money(currency) => format!("{} {}", plain(number), currency.code()),
        _ => plain(number),
    }
}

fn plain(number: Decimal) -> String {
    number.normalize().to_string()
}

/// A time in seconds: the units that are not zero, the largest first, as in `1d12h`.
#[must_use]
pub fn duration(seconds: u64) -> String {
    let parts =
        [(seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
    let said: String =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}")).collect();
    if said.is_empty() { "0s".to_owned() } else { said }
}

/// A time in seconds that may be past counting.
#[must_use]
pub fn long(seconds: u128) -> String {
    u64::try_from(seconds).map_or_else(|_| "longer than can be counted".to_owned(), duration)
}

/// An amount of money; without one, it is past counting.
#[must_use]
pub fn money(amount: Option<Decimal>, currency: Currency) -> String {
    let said = |amount| self::amount(amount, &Type::Money(currency));
    amount.map_or_else(|| "more than can be counted".to_owned(), said)
}

/// A text as a literal.
#[must_use]
pub fn text(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t");
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_add_up_their_units() {
        assert_eq!(duration(86_400 + 12 * 3_600), "1d12h");
        assert_eq!(duration(90), "1m30s");
        assert_eq!(duration(14 * 86_400), "14d");
        assert_eq!(duration(0), "0s");
    }

    #[test]
    fn numbers_wear_their_unit() {
        assert_eq!(amount(Decimal::new(15, 3), &Type::Percent), "1.5%");
        assert_eq!(amount(Decimal::new(900, 0), &Type::Duration), "15m");
        assert_eq!(amount(Decimal::new(5, 1), &Type::Duration), "0.5s");
        assert_eq!(amount(Decimal::new(60, 2), &Type::Number(Default::default())), "0.6");
    }

    #[test]
    fn texts_are_literals_again() {
        assert_eq!(text("a \"b\"\\\n"), r#""a \"b\"\\\n""#);
    }
}
