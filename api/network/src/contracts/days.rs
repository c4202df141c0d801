//! Calendar days, as texts `YYYY-MM-DD`.

use chrono::{DateTime, NaiveDate, Utc};
use entity::At;

/// Day in UTC on which an instant lies.
pub fn of(at: At) -> String {
    DateTime::<Utc>::from_timestamp_micros(at.0).unwrap_or_default().format("%Y-%m-%d").to_string()
}

/// Whole days from one day to another, below zero if it comes before; zero if one is no day.
pub fn between(from: &str, to: &str) -> i64 {
    match (read(from), read(to)) {
        (Some(from), Some(to)) => (to - from).num_days(),
        _ => 0,
    }
}

/// Day before this one.
pub fn before(day: &str) -> String {
    read(day)
        .and_then(|day| day.pred_opt())
        .map_or_else(|| day.to_owned(), |day| day.format("%Y-%m-%d").to_string())
}

/// First day of a date that may be known to the month or the year only.
fn read(day: &str) -> Option<NaiveDate> {
    let whole = match day.len() {
        4 => format!("{day}-01-01"),
        7 => format!("{day}-01"),
        _ => day.to_owned(),
    };
    NaiveDate::parse_from_str(&whole, "%Y-%m-%d").ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_over_leap_years() {
        assert_eq!(between("2024-02-28", "2024-03-01"), 2);
        assert_eq!(between("2023-01-01", "2024-01-01"), 365);
        assert_eq!(between("2024", "2025"), 366);
        assert_eq!(before("2024-03-01"), "2024-02-29");
        assert_eq!(of(At(0)), "1970-01-01");
    }
}
