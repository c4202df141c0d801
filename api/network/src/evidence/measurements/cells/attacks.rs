//! Outsiders who know what every figure means, and add and subtract whatever they are shown of a project.

use super::*;
use crate::evidence::measurements::suppression::K;
use rand::{Rng, SeedableRng, rngs::StdRng};

/// People by half of the year, gender and age: everything that is measured is a sum of these.
const HALVES: usize = 2;
const GENDERS: usize = 2;
const AGES: usize = 3;
const ATOMS: usize = HALVES * GENDERS * AGES;

/// Which of them a figure counts.
type Sum = [bool; ATOMS];

fn sum(counts: impl Fn(usize, usize, usize) -> bool) -> Sum {
    std::array::from_fn(|n| counts(n / (GENDERS * AGES), n / AGES % GENDERS, n % AGES))
}

fn count(people: &[u64; ATOMS], of: Sum) -> u64 {
    people.iter().zip(of).filter(|(_, counts)| *counts).map(|(people, _)| people).sum()
}

/// A measurement with what each of its figures counts.
struct Made {
    id: MeasurementId,
    indicator: IndicatorId,
    starts: &'static str,
    ends: &'static str,
    whole: Sum,
    people: Option<u64>,
    cells: Vec<measurement_cell::Model>,
    of_cells: Vec<Sum>,
}

/// Half of the year, or all of it.
fn days(period: usize) -> (&'static str, &'static str) {
    [("2025-01-01", "2025-06-30"), ("2025-07-01", "2025-12-31"), ("2025-01-01", "2025-12-31")][period]
}

/// Measures `who` in a period, with a total or without, broken down by gender, age, coarser ages, or not.
fn measured(
    dice: &mut StdRng,
    people: &[u64; ATOMS],
    // Categories that this holder never lists.
    (no_gender, no_age): (usize, usize),
    indicator: IndicatorId,
    period: usize,
    who: fn(usize, usize) -> bool,
) -> Made {
    let whole = sum(|half, gender, age| (period == 2 || half == period) && who(gender, age));
    let and = |part: &dyn Fn(usize, usize) -> bool| {
        sum(|half, gender, age| whole[(half * GENDERS + gender) * AGES + age] && part(gender, age))
    };
    let (mut cells, mut of_cells) = (Vec::new(), Vec::new());
    let mut say = |dimension: &str, category: String, of: Sum| {
        cells.push(measurement_cell::Model {
            measurement_id: MeasurementId(uuid::Uuid::nil()),
            dimension: dimension.to_owned(),
            category,
            people: i64::try_from(count(people, of)).ok(),
            value: None,
            is_people_open: false,
            is_value_open: false,
        });
        of_cells.push(of);
    };
    if dice.random_bool(0.5) {
        for gender in 0..GENDERS {
            if gender != no_gender {
                say("gender", gender.to_string(), and(&|own, _| own == gender));
            }
        }
    }
    match dice.random_range(0..3) {
        0 => {
            for age in 0..AGES {
                if age != no_age {
                    say("age", age.to_string(), and(&|_, own| own == age));
                }
            }
        }
        1 => {
            say("age", "0 or 1".to_owned(), and(&|_, own| own < 2));
            if no_age != 2 {
                say("age", "2".to_owned(), and(&|_, own| own == 2));
            }
        }
        _ => {}
    }
    let (starts, ends) = days(period);
    let id = MeasurementId(uuid::Uuid::from_u128(dice.random()));
    let people = dice.random_bool(0.7).then(|| count(people, whole));
    Made { id, indicator, starts, ends, whole, people, cells, of_cells }
}

/// Rank of figures, modulo a large prime.
fn rank(figures: &[Sum]) -> usize {
    const PRIME: i128 = 1_000_000_007;
    let mut rows: Vec<Vec<i128>> =
        figures.iter().map(|sum| sum.iter().map(|counts| i128::from(*counts)).collect()).collect();
    let mut top = 0;
    for column in 0..ATOMS {
        let Some(pivot) = (top..rows.len()).find(|n| rows[*n][column] != 0) else { continue };
        rows.swap(top, pivot);
        let lead = rows[top].clone();
        for row in rows.iter_mut().skip(top + 1) {
            // Crosswise, so that nothing has to be divided.
            let (own, other) = (row[column], lead[column]);
            row.iter_mut().zip(&lead).for_each(|(value, lead)| {
                *value = (*value * other - lead * own).rem_euclid(PRIME);
            });
        }
        top += 1;
    }
    top
}

#[test]
fn no_small_cell_follows_from_all_that_is_shown_of_a_project() {
    let mut dice = StdRng::seed_from_u64(231);
    let (mut small, mut shown_cells) = (0, 0);
    for _ in 0..20_000 {
        let people: [u64; ATOMS] =
            std::array::from_fn(|_| dice.random_range(0..40) * dice.random_range(0..2));
        let (all, women) = (IndicatorId(uuid::Uuid::from_u128(1)), IndicatorId(uuid::Uuid::from_u128(2)));
        let unlisted = (dice.random_range(0..6), dice.random_range(0..9));
        let count_of_all = dice.random_range(1..5);
        let mut made: Vec<Made> = (0..count_of_all)
            .map(|_| {
                let period = dice.random_range(0..3);
                measured(&mut dice, &people, unlisted, all, period, |_, _| true)
            })
            .collect();
        if dice.random_bool(0.5) {
            let period = days_of(&made[0]);
            made.push(measured(&mut dice, &people, unlisted, women, period, |gender, _| gender == 0));
        }
        let told: Vec<Told> = made
            .iter()
            .map(|one| Told {
                id: one.id,
                indicator: one.indicator,
                starts: one.starts,
                ends: one.ends,
                people: one.people,
                total: one.people,
                cells: &one.cells,
            })
            .collect();
        let open = open_together(&told, K);
        let mut shown = Vec::new();
        for (one, open) in made.iter().zip(&open) {
            shown.extend((open.is_total_shown && one.people.is_some()).then_some(one.whole));
            let cells = one.of_cells.iter().zip(&open.cells).filter(|(_, open)| open.0);
            shown.extend(cells.map(|(sum, _)| *sum));
        }
        shown_cells += open.iter().flat_map(|open| &open.cells).filter(|open| open.0).count();
        let known = rank(&shown);
        // That there are no men among the women is no secret.
        let told = |sum: &&Sum| sum.contains(&true) && count(&people, **sum) < K;
        for sum in made.iter().flat_map(|one| &one.of_cells).filter(told) {
            small += 1;
            let with: Vec<Sum> = shown.iter().copied().chain([*sum]).collect();
            assert!(rank(&with) > known, "{sum:?} of {people:?} follows from {shown:?}");
        }
    }
    assert!(small > 1_000 && shown_cells > 1_000, "{small} small, {shown_cells} shown");
}

fn days_of(one: &Made) -> usize {
    (0..3).find(|period| days(*period) == (one.starts, one.ends)).unwrap()
}
