//! Several readings of one indicator made into one figure, or a reason why not (BR-19). Pure.
//!
//! What is not here: which readings belong together (the caller's query), and hiding small cells (`suppression`).

use chrono::NaiveDate;
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// How an indicator's readings are put together; declared with the indicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Aggregation {
    /// Sum over periods and sites.
    Sum,
    /// Mean, each reading weighing as much as its denominator.
    MeanWeighted,
    /// Reading of the latest period.
    Latest,
    /// Highest reading.
    Max,
    /// Not at all: every reading stands for itself.
    None,
}

/// What an indicator counts, as far as it matters for adding up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quantity {
    /// Things, acts or claims: additive.
    Count,
    /// Amounts of money, hours, tonnes: additive.
    Amount,
    /// Different people: the same person may be in several readings.
    UniquePeople,
    /// Share of a whole in percent: not additive.
    Percent,
    /// Mean, rate, score or index: not additive.
    Rate,
}

/// What is known of an indicator at one site over one period; days inclusive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading<S> {
    pub site: S,
    pub starts_on: NaiveDate,
    pub ends_on: NaiveDate,
    /// Unit of the value, such as `EUR`; readings of different units are never put together.
    pub unit: String,
    /// Value; `None` where a reading was due and is missing.
    pub value: Option<Decimal>,
    /// What the value is a share of, or how many it is the mean of.
    pub denominator: Option<Decimal>,
}

/// One figure for several readings, with how it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aggregate {
    /// The figure; `None` if not one reading could be used.
    pub value: Option<Decimal>,
    /// How it was made.
    pub method: Aggregation,
    /// Places, in the readings given, of those that the figure is made of.
    pub used: Vec<usize>,
    /// Places of those that could not be looked at: no value, or no denominator where one is needed.
    pub missing: Vec<usize>,
    /// Readings that were due: all that were given.
    pub due: usize,
}

impl Aggregate {
    /// Share of the readings due that is missing, in percent with one decimal; nothing if none was due.
    pub fn missing_percent(&self) -> Option<Decimal> {
        let percent = Decimal::from(self.missing.len()) * Decimal::ONE_HUNDRED;
        percent.checked_div(Decimal::from(self.due)).map(|percent| percent.round_dp(1).normalize())
    }
}

/// Why readings cannot be made into one figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// The indicator declares that its readings are not put together.
    #[error("the indicator is declared as not to be aggregated")]
    NotAggregated,
    /// A sum of percentages.
    #[error("percentages do not add up: declare a weighted mean, with denominators")]
    SumOfPercents,
    /// A sum of means, rates, scores or indexes.
    #[error("means, rates and scores do not add up: declare a weighted mean, with denominators")]
    SumOfRates,
    /// Unique people of several periods or sites, not declared disjoint.
    #[error(
        "the same people may be in several readings: declare the groups disjoint, or choose one site and period"
    )]
    PeopleOverlap,
    /// Two periods of one site overlap, so that a sum would count days twice.
    #[error("periods of one site overlap: a sum would count some days twice")]
    PeriodsOverlap,
    /// Readings in different units.
    #[error("readings are in different units")]
    MixedUnits,
    /// A weighted mean, and no reading has a denominator.
    #[error("a weighted mean needs denominators, and no reading has one")]
    NoDenominators,
    /// A denominator under nought, or all of them nought.
    #[error("denominators have to be positive")]
    BadDenominator,
    /// The latest reading over several sites, or two different readings of the latest period.
    #[error("there is no single latest reading: choose one site")]
    NoSingleLatest,
    /// The result has more than 28 digits.
    #[error("the result is too large")]
    TooLarge,
}

/// Puts readings together the way their indicator declares.
///
/// `disjoint`: someone answers for it that no person, act or day is in two of the readings.
pub fn aggregate<S: Ord>(
    readings: &[Reading<S>],
    method: Aggregation,
    quantity: Quantity,
    disjoint: bool,
) -> Result<Aggregate, Refusal> {
    let valued: Vec<Used<'_, S>> =
        readings.iter().enumerate().filter_map(|(n, reading)| Some((n, reading, reading.value?))).collect();
    if valued
        .iter()
        .any(|(_, reading, _)| valued.first().is_some_and(|(_, first, _)| first.unit != reading.unit))
    {
        return Err(Refusal::MixedUnits);
    }
    let needs_denominator = method == Aggregation::MeanWeighted;
    let is_usable = |(_, reading, _): &Used<'_, S>| !needs_denominator || reading.denominator.is_some();
    let usable: Vec<Used<'_, S>> = valued.iter().copied().filter(is_usable).collect();
    let alone =
        |chosen: Option<Used<'_, S>>| chosen.map_or((None, vec![]), |(n, _, value)| (Some(value), vec![n]));
    let whole = |value| (value, usable.iter().map(|(n, ..)| *n).collect());
    let (value, used) = match method {
        Aggregation::Sum => whole(sum(&usable, quantity, disjoint)?),
        Aggregation::MeanWeighted if usable.is_empty() && !valued.is_empty() => {
            return Err(Refusal::NoDenominators);
        }
        Aggregation::MeanWeighted => whole(mean(&usable)?),
        Aggregation::Latest => alone(latest(&usable)?),
        Aggregation::Max => alone(usable.iter().copied().rev().max_by_key(|(_, _, value)| *value)),
        Aggregation::None if usable.len() > 1 => return Err(Refusal::NotAggregated),
        Aggregation::None => alone(usable.first().copied()),
    };
    let looked_at: BTreeSet<usize> = usable.iter().map(|(n, ..)| *n).collect();
    let missing = (0..readings.len()).filter(|n| !looked_at.contains(n)).collect();
    Ok(Aggregate { value, method, used, missing, due: readings.len() })
}

/// A reading that has a value, with its place among those given.
type Used<'a, S> = (usize, &'a Reading<S>, Decimal);

fn sum<S: Ord>(used: &[Used<'_, S>], quantity: Quantity, disjoint: bool) -> Result<Option<Decimal>, Refusal> {
    match quantity {
        Quantity::Percent => return Err(Refusal::SumOfPercents),
        Quantity::Rate => return Err(Refusal::SumOfRates),
        Quantity::UniquePeople if used.len() > 1 && !disjoint => return Err(Refusal::PeopleOverlap),
        _ if !disjoint && periods_overlap(used) => return Err(Refusal::PeriodsOverlap),
        _ => {}
    }
    if used.is_empty() {
        return Ok(None);
    }
    let sum = used.iter().try_fold(Decimal::ZERO, |sum, (_, _, value)| sum.checked_add(*value));
    sum.map(|sum| Some(sum.normalize())).ok_or(Refusal::TooLarge)
}

fn periods_overlap<S: Ord>(used: &[Used<'_, S>]) -> bool {
    let mut periods: Vec<(&S, NaiveDate, NaiveDate)> =
        used.iter().map(|(_, reading, _)| (&reading.site, reading.starts_on, reading.ends_on)).collect();
    periods.sort();
    periods.windows(2).any(|pair| match pair {
        [(site, _, ends_on), (other, starts_on, _)] => site == other && starts_on <= ends_on,
        _ => false,
    })
}

fn mean<S>(used: &[Used<'_, S>]) -> Result<Option<Decimal>, Refusal> {
    let (mut sum, mut weight) = (Decimal::ZERO, Decimal::ZERO);
    for (_, reading, value) in used {
        let own = reading.denominator.unwrap_or_default();
        if own < Decimal::ZERO {
            return Err(Refusal::BadDenominator);
        }
        let part = value.checked_mul(own).ok_or(Refusal::TooLarge)?;
        sum = sum.checked_add(part).ok_or(Refusal::TooLarge)?;
        weight = weight.checked_add(own).ok_or(Refusal::TooLarge)?;
    }
    if weight.is_zero() {
        return if used.is_empty() { Ok(None) } else { Err(Refusal::BadDenominator) };
    }
    sum.checked_div(weight).map(|mean| Some(mean.normalize())).ok_or(Refusal::TooLarge)
}

fn latest<'a, S: Ord>(used: &[Used<'a, S>]) -> Result<Option<Used<'a, S>>, Refusal> {
    let Some(last) = used.iter().map(|(_, reading, _)| (reading.ends_on, reading.starts_on)).max() else {
        return Ok(None);
    };
    let sites: BTreeSet<&S> = used.iter().map(|(_, reading, _)| &reading.site).collect();
    let mut found = used.iter().filter(|(_, reading, _)| (reading.ends_on, reading.starts_on) == last);
    match (found.next(), found.next()) {
        (Some(one), None) if sites.len() == 1 => Ok(Some(*one)),
        _ => Err(Refusal::NoSingleLatest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng, rngs::StdRng};

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    /// A year at a site: value and denominator, `-` where missing.
    fn year(site: &'static str, year: i32, value: &str, denominator: &str) -> Reading<&'static str> {
        Reading {
            site,
            starts_on: NaiveDate::from_ymd_opt(year, 1, 1).unwrap(),
            ends_on: NaiveDate::from_ymd_opt(year, 12, 31).unwrap(),
            unit: "one".into(),
            value: value.parse().ok(),
            denominator: denominator.parse().ok(),
        }
    }

    fn made(
        readings: &[Reading<&str>],
        method: Aggregation,
        quantity: Quantity,
    ) -> Result<Aggregate, Refusal> {
        aggregate(readings, method, quantity, false)
    }

    #[test]
    fn each_method_makes_its_figure() {
        use Aggregation::{Latest, Max, MeanWeighted, None as Not, Sum};
        use Quantity::{Amount, Count, Percent, Rate, UniquePeople};
        let years = [year("a", 2023, "50", "100"), year("a", 2024, "80", "300"), year("a", 2025, "-", "50")];
        let table: &[(Aggregation, Quantity, &str, &[usize])] = &[
            (Sum, Count, "130", &[0, 1]),
            (Sum, Amount, "130", &[0, 1]),
            (MeanWeighted, Percent, "72.5", &[0, 1]),
            (MeanWeighted, Rate, "72.5", &[0, 1]),
            (Latest, Percent, "80", &[1]),
            (Latest, UniquePeople, "80", &[1]),
            (Max, UniquePeople, "80", &[1]),
        ];
        for (method, quantity, value, used) in table {
            let aggregate = made(&years, *method, *quantity).unwrap();
            assert_eq!(aggregate.value, Some(decimal(value)), "{method:?} {quantity:?}");
            assert_eq!((aggregate.method, aggregate.used.as_slice()), (*method, *used));
            assert_eq!((aggregate.missing.as_slice(), aggregate.due), (&[2][..], 3));
            assert_eq!(aggregate.missing_percent(), Some(decimal("33.3")));
        }
        let one = made(&years[1..], Not, Percent).unwrap();
        assert_eq!((one.value, one.used, one.missing), (Some(decimal("80")), vec![0], vec![1]));
    }

    #[test]
    fn false_sums_are_refused() {
        use Aggregation::{Latest, MeanWeighted, None as Not, Sum};
        use Quantity::{Count, Percent, Rate, UniquePeople};
        let (a, b) = (year("a", 2024, "50", "-"), year("b", 2024, "80", "-"));
        let later = year("a", 2025, "60", "-");
        let quarter = Reading { starts_on: NaiveDate::from_ymd_opt(2024, 10, 1).unwrap(), ..a.clone() };
        let euros = Reading { unit: "EUR".into(), ..b.clone() };
        let table = [
            (vec![&a, &b], Sum, Percent, Refusal::SumOfPercents),
            (vec![&a], Sum, Percent, Refusal::SumOfPercents),
            (vec![&a, &b], Sum, Rate, Refusal::SumOfRates),
            (vec![&a, &b], Sum, UniquePeople, Refusal::PeopleOverlap),
            (vec![&a, &later], Sum, UniquePeople, Refusal::PeopleOverlap),
            (vec![&a, &quarter], Sum, Count, Refusal::PeriodsOverlap),
            (vec![&a, &euros], Sum, Count, Refusal::MixedUnits),
            (vec![&a, &b], MeanWeighted, Percent, Refusal::NoDenominators),
            (vec![&a, &b], Latest, Percent, Refusal::NoSingleLatest),
            (vec![&a, &a], Latest, Percent, Refusal::NoSingleLatest),
            (vec![&a, &later], Not, Count, Refusal::NotAggregated),
        ];
        for (readings, method, quantity, refusal) in table {
            let readings: Vec<_> = readings.into_iter().cloned().collect();
            assert_eq!(made(&readings, method, quantity), Err(refusal), "{readings:?}");
        }
    }

    #[test]
    fn someone_may_answer_for_it_that_groups_are_disjoint() {
        let sites = [year("a", 2024, "50", "-"), year("b", 2024, "80", "-")];
        let sum = aggregate(&sites, Aggregation::Sum, Quantity::UniquePeople, true).unwrap();
        assert_eq!(sum.value, Some(decimal("130")));
        // One reading needs nobody's word.
        let one = made(&sites[..1], Aggregation::Sum, Quantity::UniquePeople).unwrap();
        assert_eq!(one.value, Some(decimal("50")));
        // Percentages do not add up however disjoint the groups.
        let percents = aggregate(&sites, Aggregation::Sum, Quantity::Percent, true);
        assert_eq!(percents, Err(Refusal::SumOfPercents));
    }

    #[test]
    fn denominators_are_needed_and_positive() {
        let mean = |readings: &[Reading<&str>]| made(readings, Aggregation::MeanWeighted, Quantity::Percent);
        let some = mean(&[year("a", 2024, "50", "10"), year("b", 2024, "80", "-")]).unwrap();
        assert_eq!((some.value, some.used, some.missing), (Some(decimal("50")), vec![0], vec![1]));
        let nobody = mean(&[year("a", 2024, "50", "10"), year("b", 2024, "80", "0")]).unwrap();
        assert_eq!(nobody.value, Some(decimal("50")));
        assert_eq!(mean(&[year("a", 2024, "50", "0")]), Err(Refusal::BadDenominator));
        let negative = [year("a", 2024, "50", "10"), year("a", 2025, "50", "-1")];
        assert_eq!(mean(&negative), Err(Refusal::BadDenominator));
    }

    #[test]
    fn nothing_due_and_nothing_come_are_told_apart() {
        for method in [Aggregation::Sum, Aggregation::MeanWeighted, Aggregation::Latest, Aggregation::Max] {
            let nothing = made(&[], method, Quantity::Count).unwrap();
            assert_eq!((nothing.value, nothing.missing_percent()), (None, None), "{method:?}");
            let missing = made(&[year("a", 2024, "-", "-")], method, Quantity::Count).unwrap();
            assert_eq!(
                (missing.value, missing.missing_percent()),
                (None, Some(decimal("100"))),
                "{method:?}"
            );
        }
    }

    #[test]
    fn a_mean_lies_among_its_readings_and_nothing_is_lost() {
        let mut dice = StdRng::seed_from_u64(19);
        for _ in 0..2_000 {
            let figure = |dice: &mut StdRng, scale| Decimal::new(dice.random_range(0..1_000_000), scale);
            let reading = |n: i32, dice: &mut StdRng| {
                let mut reading = year("a", 2000 + n, "-", "-");
                reading.value = dice.random_bool(0.9).then(|| figure(dice, 2));
                reading.denominator = dice.random_bool(0.9).then(|| figure(dice, 0) + Decimal::ONE);
                reading
            };
            let count = dice.random_range(0..12);
            let readings: Vec<_> = (0..count).map(|n| reading(n, &mut dice)).collect();
            for method in [Aggregation::Sum, Aggregation::MeanWeighted, Aggregation::Latest, Aggregation::Max]
            {
                let Ok(aggregate) = made(&readings, method, Quantity::Count) else { continue };
                let values = || aggregate.used.iter().filter_map(|n| readings[*n].value);
                assert!(aggregate.used.len() + aggregate.missing.len() <= aggregate.due);
                match method {
                    Aggregation::Sum => {
                        assert_eq!(aggregate.value.unwrap_or_default(), values().sum::<Decimal>());
                    }
                    Aggregation::MeanWeighted => {
                        let (low, high) = (values().min(), values().max());
                        assert!(
                            low <= aggregate.value && aggregate.value <= high,
                            "{readings:?} {aggregate:?}"
                        );
                    }
                    _ => assert_eq!(aggregate.value, values().next()),
                }
            }
        }
    }

    #[test]
    fn figures_too_large_are_refused() {
        let large = Reading { value: Some(Decimal::MAX), ..year("a", 2024, "-", "2") };
        let next = Reading { value: Some(Decimal::MAX), ..year("a", 2025, "-", "2") };
        for method in [Aggregation::Sum, Aggregation::MeanWeighted] {
            assert_eq!(
                made(&[large.clone(), next.clone()], method, Quantity::Amount),
                Err(Refusal::TooLarge)
            );
        }
    }
}
