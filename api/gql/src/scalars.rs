//! Scalars and money: exact, checked on the way in, each with the document that specifies it.

use async_graphql::{
    InputObject, InputValueError, InputValueResult, Scalar, ScalarType, SimpleObject, Value,
};
use chrono::{DateTime as ChronoDateTime, NaiveDate, SecondsFormat, Utc};

macro_rules! text_scalar {
    ($(#[doc = $doc:literal])+ $name:ident $spec:literal $check:expr) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $name(pub String);

        $(#[doc = $doc])+
        #[Scalar(specified_by_url = $spec)]
        impl ScalarType for $name {
            fn parse(value: Value) -> InputValueResult<Self> {
                let check: fn(&str) -> Result<String, &'static str> = $check;
                match &value {
                    Value::String(text) => check(text).map(Self).map_err(InputValueError::custom),
                    _ => Err(InputValueError::custom(concat!("expected a ", stringify!($name), " as a string"))),
                }
            }

            fn to_value(&self) -> Value {
                Value::String(self.0.clone())
            }
        }
    };
}

text_scalar! {
    /// Place in a list: opaque, good for the list, order and filter it came from.
    Cursor "https://relay.dev/graphql/connections.htm#sec-Cursor" |text| Ok(text.to_owned())
}

text_scalar! {
    /// E-mail address as in HTML forms; compared without case.
    EmailAddress "https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address" email
}

text_scalar! {
    /// Absolute `http` or `https` address of at most 2,000 characters.
    Url "https://url.spec.whatwg.org/" url
}

text_scalar! {
    /// Text in CommonMark; stored as written. Render it as untrusted text.
    Markdown "https://spec.commonmark.org/0.31.2/" |text| Ok(text.to_owned())
}

text_scalar! {
    /// Language tag of two letters, such as `fr` or `en`.
    LanguageTag "https://www.rfc-editor.org/info/bcp47" language
}

text_scalar! {
    /// Currency code of ISO 4217, such as `EUR`.
    CurrencyCode "https://www.iso.org/iso-4217-currency-codes.html" currency
}

text_scalar! {
    /// Calendar date, `YYYY-MM-DD`.
    Date "https://www.rfc-editor.org/rfc/rfc3339#section-5.6" date
}

text_scalar! {
    /// Date as precise as it is known: `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
    FuzzyDate "https://www.loc.gov/standards/datetime/" fuzzy_date
}

text_scalar! {
    /// Exact decimal number as a string, such as `"1250.50"`: at most 18 digits, no exponent.
    Decimal "https://www.w3.org/TR/xmlschema11-2/#decimal" decimal
}

/// Instant in UTC, as RFC 3339 with microseconds at most: `2026-11-22T09:30:00Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DateTime(pub i64);

/// Instant in UTC, as RFC 3339 with microseconds at most: `2026-11-22T09:30:00Z`.
#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::custom("expected a DateTime as a string"));
        };
        ChronoDateTime::parse_from_rfc3339(text)
            .map(|instant| Self(instant.timestamp_micros()))
            .map_err(|_| InputValueError::custom("expected a DateTime such as 2026-11-22T09:30:00Z"))
    }

    fn to_value(&self) -> Value {
        Value::String(self.text())
    }
}

impl DateTime {
    pub fn text(self) -> String {
        let instant = ChronoDateTime::<Utc>::from_timestamp_micros(self.0).unwrap_or_default();
        instant.to_rfc3339_opts(SecondsFormat::AutoSi, true)
    }
}

/// Exact amount in one currency.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
pub struct Money {
    /// Amount in the currency's main unit, such as euros; exact.
    pub amount: Decimal,
    /// Currency of the amount.
    pub currency: CurrencyCode,
}

/// Exact amount in one currency.
#[derive(Clone, Debug, InputObject)]
pub struct MoneyInput {
    /// Amount in the currency's main unit, such as euros; no more decimals than the currency has.
    pub amount: Decimal,
    /// Currency of the amount.
    pub currency: CurrencyCode,
}

impl Money {
    /// From minor units: cents, for euros.
    pub fn from_minor(minor: i64, currency: &str) -> Self {
        let places = exponent(currency);
        let digits = format!("{:0>width$}", minor.unsigned_abs(), width = places + 1);
        let (whole, part) = digits.split_at(digits.len() - places);
        let sign = if minor < 0 { "-" } else { "" };
        let amount = if places == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") };
        Self { amount: Decimal(amount), currency: CurrencyCode(currency.to_owned()) }
    }
}

impl MoneyInput {
    /// Minor units, or nothing if the amount has more decimals than the currency or does not fit.
    pub fn minor(&self) -> Option<i64> {
        minor(&self.amount.0, &self.currency.0)
    }
}

/// Minor units of a decimal text in a currency.
pub fn minor(amount: &str, currency: &str) -> Option<i64> {
    let places = exponent(currency);
    let (sign, digits) = amount.strip_prefix('-').map_or((1, amount), |rest| (-1, rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let (part, rest) = part.split_at_checked(places).unwrap_or((part, ""));
    if rest.bytes().any(|digit| digit != b'0') {
        return None;
    }
    format!("{whole}{part:0<places$}").parse::<i64>().ok().map(|minor| sign * minor)
}

/// Decimals of a currency. Source: ISO 4217, list one, amendment 177.
fn exponent(currency: &str) -> usize {
    match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND"
        | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

/// Active currencies of ISO 4217, funds and metals left out.
const CURRENCIES: &[&str] = &[
    "AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BGN", "BHD", "BIF",
    "BMD", "BND", "BOB", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CLP", "CNY", "COP",
    "CRC", "CUP", "CVE", "CZK", "DJF", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP",
    "GEL", "GHS", "GIP", "GMD", "GNF", "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR", "IQD",
    "IRR", "ISK", "JMD", "JOD", "JPY", "KES", "KGS", "KHR", "KMF", "KPW", "KRW", "KWD", "KYD", "KZT", "LAK",
    "LBP", "LKR", "LRD", "LSL", "LYD", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR",
    "MWK", "MXN", "MYR", "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "OMR", "PAB", "PEN", "PGK", "PHP",
    "PKR", "PLN", "PYG", "QAR", "RON", "RSD", "RUB", "RWF", "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP",
    "SLE", "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "THB", "TJS", "TMT", "TND", "TOP", "TRY", "TTD",
    "TWD", "TZS", "UAH", "UGX", "USD", "UYU", "UZS", "VES", "VND", "VUV", "WST", "XAF", "XCD", "XOF", "XPF",
    "YER", "ZAR", "ZMW",
];

fn currency(text: &str) -> Result<String, &'static str> {
    if CURRENCIES.contains(&text) {
        Ok(text.to_owned())
    } else {
        Err("expected a currency code of ISO 4217 such as EUR")
    }
}

fn email(text: &str) -> Result<String, &'static str> {
    const WRONG: &str = "expected an e-mail address such as name@example.org";
    let (local, domain) = text.rsplit_once('@').ok_or(WRONG)?;
    let is_local = |byte: u8| byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte);
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_fine = text.len() <= 254
        && (1..=64).contains(&local.len())
        && local.bytes().all(is_local)
        && domain.contains('.')
        && domain.split('.').all(is_label);
    if is_fine { Ok(text.to_ascii_lowercase()) } else { Err(WRONG) }
}

fn url(text: &str) -> Result<String, &'static str> {
    const WRONG: &str = "expected an address that begins with https:// or http://";
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).ok_or(WRONG)?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or("");
    let is_fine = text.len() <= 2_000
        && !host.is_empty()
        && !host.contains('@')
        && !text
            .chars()
            .any(|letter| letter.is_control() || letter.is_whitespace() || "\"<>\\^`{|}".contains(letter));
    if is_fine { Ok(text.to_owned()) } else { Err(WRONG) }
}

fn language(text: &str) -> Result<String, &'static str> {
    if text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_lowercase()) {
        Ok(text.to_owned())
    } else {
        Err("expected a language of two small letters such as fr")
    }
}

fn date(text: &str) -> Result<String, &'static str> {
    const WRONG: &str = "expected a date such as 2026-11-22";
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') && !text.starts_with('-');
    let is_date = is_plain && text.len() == 10 && NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok();
    if is_date { Ok(text.to_owned()) } else { Err(WRONG) }
}

fn fuzzy_date(text: &str) -> Result<String, &'static str> {
    let whole = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        _ => text.to_owned(),
    };
    date(&whole).map(|_| text.to_owned()).map_err(|_| "expected a date such as 2026, 2026-11 or 2026-11-22")
}

fn decimal(text: &str) -> Result<String, &'static str> {
    const WRONG: &str = "expected a decimal number as a string such as \"1250.50\", at most 18 digits";
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if are_digits(whole) && are_digits(part) && digits.len() <= 19 { Ok(text.to_owned()) } else { Err(WRONG) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_exact_in_every_currency() {
        for (text, currency, units) in [
            ("1250.50", "EUR", Some(125_050)),
            ("1250.5", "EUR", Some(125_050)),
            ("1250.505", "EUR", None),
            ("1250.500", "EUR", Some(125_050)),
            ("0.07", "EUR", Some(7)),
            ("-3", "EUR", Some(-300)),
            ("500", "JPY", Some(500)),
            ("500.5", "JPY", None),
            ("1.234", "TND", Some(1_234)),
            ("90071992547409.93", "EUR", Some(9_007_199_254_740_993)),
            ("999999999999999999", "EUR", None),
        ] {
            assert_eq!(minor(text, currency), units, "{text} {currency}");
        }
        assert_eq!(Money::from_minor(7, "EUR").amount.0, "0.07");
        assert_eq!(Money::from_minor(-125_050, "EUR").amount.0, "-1250.50");
        assert_eq!(Money::from_minor(500, "JPY").amount.0, "500");
        assert_eq!(Money::from_minor(9_007_199_254_740_993, "EUR").amount.0, "90071992547409.93");
    }

    #[test]
    fn texts_are_checked_by_their_form() {
        for good in ["a@b.fr", "Anne.Marie+x@sous.example.org"] {
            assert!(email(good).is_ok(), "{good}");
        }
        for bad in ["", "a", "a@b", "@b.fr", "a@.fr", "a b@c.fr", "a@b..fr", "a@-b.fr", "é@b.fr", "a@b.fr\n"]
        {
            assert!(email(bad).is_err(), "{bad}");
        }
        for bad in [
            "javascript:alert(1)",
            "https://",
            "ftp://a.fr",
            "https://a b.fr",
            "https://u:p@a.fr",
            "//a.fr",
            "https://a.fr/<",
        ] {
            assert!(url(bad).is_err(), "{bad}");
        }
        for bad in ["", "1e5", "1.", ".5", "+1", "1,5", "NaN", "٣", "12345678901234567890"] {
            assert!(decimal(bad).is_err(), "{bad}");
        }
        for bad in ["2026-02-30", "2026-13", "26", "2026-1-1", "+026", "2026-11-22T00:00:00Z"] {
            assert!(fuzzy_date(bad).is_err(), "{bad}");
        }
        assert!(
            fuzzy_date("2024-02-29").is_ok() && fuzzy_date("2024-02").is_ok() && fuzzy_date("2024").is_ok()
        );
    }
}
