//! What the points of a series come to: start, current value, target, and when news are due. Pure.

use super::barometre::Point;
use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The values that progress follows from, each with its day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// First starting value.
    pub start: Option<(String, Decimal)>,
    /// Last actual value.
    pub current: Option<(String, Decimal)>,
    /// Last target.
    pub target: Option<(String, Decimal)>,
    /// Day by which the next actual value is due.
    pub next_due_on: Option<String>,
}

/// Days between values of a series that has too few to tell.
const USUAL_GAP: u64 = 366;

pub fn facts(points: &BTreeMap<String, Point>) -> Facts {
    let said = |value: fn(&Point) -> Option<Decimal>| {
        points.iter().filter_map(move |(day, point)| Some((day.clone(), value(point)?)))
    };
    let actual: Vec<_> = said(|point| point.actual).collect();
    Facts {
        start: said(|point| point.initial).next(),
        target: said(|point| point.target).next_back(),
        next_due_on: next_due_on(actual.iter().map(|(day, _)| day.as_str())),
        current: actual.into_iter().last(),
    }
}

/// The last day and the longest time the series ever took between two values; a year and a day if it has one value.
fn next_due_on<'d>(days: impl Iterator<Item = &'d str>) -> Option<String> {
    let days: Vec<NaiveDate> =
        days.filter_map(|day| NaiveDate::parse_from_str(day, "%Y-%m-%d").ok()).collect();
    let gaps = days.windows(2).filter_map(|pair| match pair {
        [earlier, later] => u64::try_from((*later - *earlier).num_days()).ok(),
        _ => None,
    });
    let gap = gaps.max().unwrap_or(USUAL_GAP);
    Some(days.last()?.checked_add_days(Days::new(gap))?.to_string())
}

/// A digest that changes when any point does.
pub fn digest(points: &BTreeMap<String, Point>) -> Vec<u8> {
    let mut digest = Sha256::new();
    for (day, point) in points {
        digest.update(day);
        for value in [point.initial, point.actual, point.target] {
            digest.update(value.map_or(String::new(), |value| value.to_string()));
            digest.update(b"|");
        }
    }
    digest.finalize().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(lines: &[(&str, &str, &str, &str)]) -> BTreeMap<String, Point> {
        let number = |text: &str| text.parse().ok();
        let point = |&(day, initial, actual, target): &(&str, &str, &str, &str)| {
            (
                day.to_owned(),
                Point { initial: number(initial), actual: number(actual), target: number(target) },
            )
        };
        lines.iter().map(point).collect()
    }

    #[test]
    fn a_series_starts_first_and_aims_last() {
        let found = facts(&points(&[
            ("2022-09-01", "57.4", "57.4", ""),
            ("2023-12-01", "58", "59.3", "60"),
            ("2026-12-01", "", "", "64.5"),
        ]));
        let value = |said: &Option<(String, Decimal)>| {
            said.as_ref().map(|(day, value)| (day.clone(), value.to_string()))
        };
        let on = |day: &str, value: &str| Some((day.to_owned(), value.to_owned()));
        assert_eq!(value(&found.start), on("2022-09-01", "57.4"));
        assert_eq!(value(&found.current), on("2023-12-01", "59.3"));
        assert_eq!(value(&found.target), on("2026-12-01", "64.5"));
        assert_eq!(found.next_due_on.as_deref(), Some("2025-03-01"), "456 days, as between its two values");
    }

    #[test]
    fn news_are_due_a_year_after_a_single_value_and_never_without_one() {
        assert_eq!(facts(&points(&[("2024-01-01", "", "3", "")])).next_due_on.as_deref(), Some("2025-01-01"));
        assert_eq!(facts(&points(&[("2024-01-01", "1", "", "2")])).next_due_on, None);
    }

    #[test]
    fn a_digest_tells_values_and_places_apart() {
        let one = digest(&points(&[("2024-01-01", "1", "", "")]));
        assert_eq!(one, digest(&points(&[("2024-01-01", "1", "", "")])));
        assert_ne!(one, digest(&points(&[("2024-01-01", "", "1", "")])));
        assert_ne!(one, digest(&points(&[("2024-01-02", "1", "", "")])));
    }
}
