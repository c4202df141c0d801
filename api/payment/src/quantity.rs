//! Exact quantities: decimals of six places, held as whole millionths.

use serde::{Deserialize, Serialize, Serializer};
use std::{fmt, str::FromStr};

/// Places after the point.
pub const PLACES: usize = 6;

/// One whole, in millionths; also 100 % where a share is meant.
pub const ONE: i64 = 1_000_000;

/// Decimal of at most six places: people, claims, tonnes, days, percent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Quantity(pub i64);

impl Quantity {
    pub const ZERO: Self = Self(0);

    /// So many wholes; as many as fit.
    #[must_use]
    pub const fn of(whole: i64) -> Self {
        Self(whole.saturating_mul(ONE))
    }

    #[must_use]
    pub fn wide(self) -> i128 {
        i128::from(self.0)
    }

    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    #[must_use]
    pub const fn is_whole(self) -> bool {
        self.0 % ONE == 0
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, part) = (self.0.unsigned_abs() / 1_000_000, self.0.unsigned_abs() % 1_000_000);
        if part == 0 {
            return write!(f, "{sign}{whole}");
        }
        let part = format!("{part:0>PLACES$}");
        write!(f, "{sign}{whole}.{}", part.trim_end_matches('0'))
    }
}

/// Why a text is no quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAQuantity;

impl fmt::Display for NotAQuantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a decimal number of at most six decimal places")
    }
}

impl FromStr for Quantity {
    type Err = NotAQuantity;

    fn from_str(text: &str) -> Result<Self, NotAQuantity> {
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
        let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let (part, rest) = part.split_at_checked(PLACES).unwrap_or((part, ""));
        if !are_digits(whole) || !are_digits(part) || rest.bytes().any(|digit| digit != b'0') {
            return Err(NotAQuantity);
        }
        let millionths = format!("{whole}{part:0<PLACES$}").parse::<i64>().map_err(|_| NotAQuantity)?;
        Ok(Self(sign * millionths))
    }
}

impl TryFrom<String> for Quantity {
    type Error = NotAQuantity;
    fn try_from(text: String) -> Result<Self, NotAQuantity> {
        text.parse()
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Division of whole numbers, halves away from zero.
#[must_use]
pub const fn rounded(numerator: i128, denominator: i128) -> i128 {
    let half = denominator / 2;
    if numerator < 0 { (numerator - half) / denominator } else { (numerator + half) / denominator }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_exact_and_print_as_they_read() {
        for (text, millionths, printed) in [
            ("12", Some(12_000_000), "12"),
            ("-3.5", Some(-3_500_000), "-3.5"),
            ("0.000001", Some(1), "0.000001"),
            ("1.2500000", Some(1_250_000), "1.25"),
            ("0.0000001", None, ""),
            ("1e3", None, ""),
            ("", None, ""),
            (".5", None, ""),
            ("99999999999999", None, ""),
        ] {
            let read = text.parse::<Quantity>().ok();
            assert_eq!(read.map(|quantity| quantity.0), millionths, "{text}");
            if let Some(quantity) = read {
                assert_eq!(quantity.to_string(), printed);
            }
        }
        assert_eq!([rounded(5, 10), rounded(-5, 10), rounded(4, 10), rounded(25, 10)], [1, -1, 0, 3]);
    }
}
