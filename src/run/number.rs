//! Numbers of JSON, compared digit by digit.
//!
//! Must not know: binary floating point.

use std::cmp::Ordering;

use rust_decimal::Decimal;

/// The significant digits that travel: those that every engine compares alike.
pub(super) const DIGITS: usize = 15;
/// The largest power of ten, either way.
const MAGNITUDE: i64 = 300;

/// `digits` times ten to the power of `exponent`, below zero if `negative`. There is one form for each number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number {
    negative: bool,
    /// The last one is not 0, unless all of it is. At most 29.
    digits: u128,
    exponent: i64,
}

impl Number {
    /// What a number of JSON says; none if it has more digits than travel, or is too large or small.
    pub(super) fn read(text: &str) -> Option<Number> {
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |text| (true, text));
        let (mantissa, power) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let written = [whole, fraction].concat();
        let significant = written.trim_end_matches('0');
        let dropped = written.len() - significant.len();
        let significant = significant.trim_start_matches('0');
        if significant.is_empty() {
            return Some(Number { negative: false, digits: 0, exponent: 0 });
        }
        if significant.len() > DIGITS {
            return None;
        }
        let digits = significant.parse().ok()?;
        let shift = i64::try_from(dropped).ok()? - i64::try_from(fraction.len()).ok()?;
        let exponent = power.parse::<i64>().ok()?.checked_add(shift)?;
        let number = Number { negative, digits, exponent };
        (number.magnitude().abs() <= MAGNITUDE).then_some(number)
    }

    pub(super) fn is_whole(self) -> bool {
        self.exponent >= 0
    }

    /// The power of ten of its first digit.
    fn magnitude(self) -> i64 {
        self.exponent.saturating_add(i64::from(self.digits.checked_ilog10().unwrap_or(0)))
    }

    fn cmp_size(self, other: Number) -> Ordering {
        let aligned = |number: Number| {
            let missing = 37 - number.digits.checked_ilog10().unwrap_or(0);
            number.digits.saturating_mul(10_u128.saturating_pow(missing))
        };
        match (self.digits, other.digits) {
            (0, _) | (_, 0) => self.digits.cmp(&other.digits),
            _ => self.magnitude().cmp(&other.magnitude()).then(aligned(self).cmp(&aligned(other))),
        }
    }
}

impl From<Decimal> for Number {
    fn from(decimal: Decimal) -> Number {
        let decimal = decimal.normalize();
        let (mut digits, mut exponent) = (decimal.mantissa().unsigned_abs(), -i64::from(decimal.scale()));
        while digits != 0 && digits.is_multiple_of(10) {
            digits /= 10;
            exponent += 1;
        }
        let exponent = if digits == 0 { 0 } else { exponent };
        Number { negative: decimal.is_sign_negative() && digits != 0, digits, exponent }
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Number) -> Ordering {
        match (self.negative, other.negative) {
            (false, false) => self.cmp_size(*other),
            (true, true) => other.cmp_size(*self),
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Number) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use super::*;

    fn number(text: &str) -> Number {
        Number::read(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn one_number_has_one_form() {
        for (a, b) in [("0.85", "0.850"), ("1e2", "100"), ("-0", "0"), ("0.0e7", "0"), ("12E-1", "1.2")] {
            assert_eq!(number(a), number(b), "{a} {b}");
        }
        assert_eq!(number("0.30"), Number::from(Decimal::from_str("0.3").unwrap()));
        assert_eq!(number("-1200"), Number::from(Decimal::from_str("-1200.00").unwrap()));
    }

    #[test]
    fn numbers_are_in_order() {
        let order = [
            "-1e300",
            "-79",
            "-8",
            "-0.5",
            "0",
            "1e-300",
            "0.1",
            "0.3",
            "0.30000000000001",
            "8",
            "79",
            "1e300",
        ];
        let sorted = order.map(number);
        assert!(sorted.is_sorted_by(|a, b| a < b), "{sorted:?}");
        let long = Number::from(Decimal::from_str("0.1234567890123456789012345678").unwrap());
        assert!(number("0.123456789012345") < long && long < number("0.123456789012346"));
        assert!(Number::from(Decimal::MAX) < number("1e29") && number("7e28") < Number::from(Decimal::MAX));
    }

    #[test]
    fn what_does_not_travel_is_no_number() {
        assert!(Number::read("1234567890.12345").is_some());
        for text in ["1234567890.123456", "1e301", "1e-301", "1e99999999999999999999"] {
            assert_eq!(Number::read(text), None, "{text}");
        }
    }

    #[test]
    fn whole_numbers_have_no_fraction() {
        assert!(number("100.0").is_whole() && number("1.5e1").is_whole() && !number("0.5").is_whole());
    }
}
