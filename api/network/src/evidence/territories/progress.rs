//! Progress of an indicator from its start to its target (BR-18). Pure.

use rust_decimal::Decimal;

/// Which way an indicator has to go to be better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// More is better.
    Increase,
    /// Less is better.
    Decrease,
}

/// Where an indicator started, stands and should get to; all in the indicator's unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Course {
    pub start: Option<Decimal>,
    pub current: Option<Decimal>,
    pub target: Option<Decimal>,
}

/// Share of the way gone, in percent from 0 to 100, not rounded; nothing as long as one of the three is missing.
///
/// The direction matters only where start and target are the same: then it is all or nothing. Elsewhere the way from
/// start to target says the direction by itself, as in the Baromètre des résultats de l'action publique (October 2024).
pub fn percent(course: Course, direction: Direction) -> Option<Decimal> {
    let (start, current, target) = (course.start?, course.current?, course.target?);
    if start == target {
        let reached = match direction {
            Direction::Increase => current >= target,
            Direction::Decrease => current <= target,
        };
        return Some(if reached { Decimal::ONE_HUNDRED } else { Decimal::ZERO });
    }
    // Turned so that the way goes up: the figures lie in order, and the outer cases need no arithmetic.
    let (start, current, target) =
        if target > start { (start, current, target) } else { (-start, -current, -target) };
    if current <= start {
        Some(Decimal::ZERO)
    } else if current >= target {
        Some(Decimal::ONE_HUNDRED)
    } else {
        share(start, current, target).checked_mul(Decimal::ONE_HUNDRED)
    }
}

/// Percent as it is shown: two decimals, halves away from zero, no trailing zeros.
pub fn shown(percent: Decimal) -> Decimal {
    percent.round_dp_with_strategy(2, rust_decimal::RoundingStrategy::MidpointAwayFromZero).normalize()
}

/// Part of the way from `start` to `target` that lies behind `current`; between 0 and 1 by the caller's order.
fn share(start: Decimal, current: Decimal, target: Decimal) -> Decimal {
    let ratio = |start: Decimal, current: Decimal, target: Decimal| {
        current.checked_sub(start)?.checked_div(target.checked_sub(start)?)
    };
    // A way longer than the largest decimal (7.9e28) is measured at a quarter of its length.
    let quarter = |figure: Decimal| figure / Decimal::from(4);
    ratio(start, current, target)
        .or_else(|| ratio(quarter(start), quarter(current), quarter(target)))
        .unwrap_or_default()
        .clamp(Decimal::ZERO, Decimal::ONE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng, rngs::StdRng};

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn course(start: &str, current: &str, target: &str) -> Course {
        Course { start: Some(decimal(start)), current: Some(decimal(current)), target: Some(decimal(target)) }
    }

    fn shown_of(start: &str, current: &str, target: &str, direction: Direction) -> Decimal {
        shown(percent(course(start, current, target), direction).unwrap())
    }

    /// Start, current, target and published rate of indicators by zone: Baromètre des résultats de l'action publique,
    /// DITP, October 2024 (facts picked by hand).
    const PUBLISHED: &[(&str, &str, &str, &str, &str)] = &[
        ("IND-315 D76", "183.0", "194.0", "200.0", "64.71"),
        ("IND-304 D76", "1141916.0", "1320194.0", "1712874.0", "31.22"),
        ("IND-246 D93", "0.0", "93.56", "95.0", "98.48"),
        ("IND-384 R76", "51.0", "52.0", "58.0", "14.29"),
        ("IND-300 D21", "61.0", "144.0", "561.0", "16.6"),
        ("IND-237 R93", "0.0", "71284.0", "157529.0", "45.25"),
        ("IND-304 D39", "355520.0", "407132.0", "533280.0", "29.03"),
        ("IND-445 D67", "0.0", "707.0", "2236.0", "31.62"),
        ("IND-329 D65", "22.0", "69.0", "90.0", "69.12"),
        ("IND-244 D52", "88.4", "93.7", "100.0", "45.69"),
        ("IND-218 R06", "13.1", "14.0", "27.6", "6.21"),
        ("IND-311 D26", "28.0", "29.0", "44.0", "6.25"),
        ("IND-304 D26", "603044.0", "666408.0", "904566.0", "21.01"),
        ("IND-338 R53", "0.0", "85.1", "88.0", "96.7"),
        ("IND-263 D07", "480.0", "528.0", "557.0", "62.34"),
        ("IND-734 D33", "224.0", "346.0", "493.0", "45.35"),
        ("IND-296 D93", "7.01", "4.4", "4.0", "86.71"),
        ("IND-297 FRANCE", "5.0", "4.9", "3.0", "5.0"),
        ("IND-335 R53", "16.9", "13.4", "9.0", "44.3"),
        ("IND-296 D45", "7.32", "5.4", "4.0", "57.83"),
        ("IND-335 R93", "15.0", "13.1", "9.0", "31.67"),
        ("IND-321 FRANCE", "14.0", "9.9", "6.0", "51.25"),
        ("IND-335 R76", "15.8", "11.4", "9.0", "64.71"),
        ("IND-296 D64", "5.16", "4.9", "4.0", "22.41"),
        ("IND-297 D40", "3.78", "4.5", "3.0", "0.0"),
        ("IND-335 R28", "12.0", "12.5", "9.0", "0.0"),
        ("IND-335 R52", "10.6", "12.9", "9.0", "0.0"),
        ("IND-297 D15", "3.06", "3.0", "3.0", "100.0"),
        ("IND-297 D26", "4.03", "1.8", "3.0", "100.0"),
        ("IND-296 D70", "4.19", "3.6", "4.0", "100.0"),
        ("IND-311 D41", "24.0", "24.0", "35.0", "0.0"),
        ("IND-676 D94", "0.0", "0.0", "120.0", "0.0"),
        ("IND-243 D09", "94.4", "92.0", "100.0", "0.0"),
        ("IND-561 D09", "94.65", "93.51", "99.0", "0.0"),
        ("IND-561 D27", "92.76", "90.63", "98.98", "0.0"),
        ("IND-291 D2A", "46.23", "100.0", "100.0", "100.0"),
        ("IND-302 D57", "36.0", "52.0", "52.0", "100.0"),
        ("IND-291 D40", "81.68", "100.0", "100.0", "100.0"),
        ("IND-439 D02", "1735.0", "1792.0", "1792.0", "100.0"),
        ("IND-339 D55", "0.0", "100.0", "93.0", "100.0"),
    ];

    #[test]
    fn it_is_what_the_barometre_published() {
        for &(line, start, current, target, rate) in PUBLISHED {
            // The Baromètre's figures say the direction by themselves, so that either gives the same.
            for direction in [Direction::Increase, Direction::Decrease] {
                assert_eq!(shown_of(start, current, target, direction), decimal(rate), "{line}");
            }
        }
    }

    #[test]
    fn it_is_what_the_barometre_published_everywhere() {
        let beside = |folder: &std::path::Path| folder.join("shared/data/barometre/progress-oracle.csv");
        let folders = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
        let Some(path) = folders.map(beside).find(|path| path.exists()) else {
            eprintln!("skipped: no shared/data/barometre/progress-oracle.csv beside the project");
            return;
        };
        let (mut lines, mut exact) = (0, 0);
        for line in csv::Reader::from_path(path).unwrap().records().map(Result::unwrap) {
            let got = shown_of(&line[2], &line[3], &line[4], Direction::Increase);
            let apart = (got - decimal(&line[5])).abs();
            // Some lines were published with inputs rounded to two decimals, the rate being computed before: at most
            // 0.06 of a point apart.
            assert!(apart <= decimal("0.06"), "{line:?}: {got}");
            lines += 1;
            exact += usize::from(apart.is_zero());
        }
        assert!(lines > 0 && exact * 100 >= lines * 97, "{exact} of {lines} to the last published digit");
    }

    #[test]
    fn missing_is_not_nought() {
        let whole = course("1", "2", "3");
        for course in [
            Course { start: None, ..whole },
            Course { current: None, ..whole },
            Course { target: None, ..whole },
            Course::default(),
        ] {
            assert_eq!(percent(course, Direction::Increase), None);
        }
    }

    #[test]
    fn a_start_at_its_target_is_all_or_nothing_in_the_declared_direction() {
        for (current, up, down) in [("9.9", "0", "100"), ("10.0", "100", "100"), ("10.1", "100", "0")] {
            assert_eq!(shown_of("10", current, "10.00", Direction::Increase), decimal(up), "{current} up");
            assert_eq!(
                shown_of("10", current, "10.00", Direction::Decrease),
                decimal(down),
                "{current} down"
            );
        }
    }

    #[test]
    fn exact_decimals_round_halves_up() {
        // 0.29 in floats times 100 is 28.999999999999996; a half of the last digit goes up.
        assert_eq!(shown_of("0", "0.29", "1", Direction::Increase), decimal("29"));
        assert_eq!(shown_of("0", "1.00005", "100", Direction::Increase), decimal("1"));
        assert_eq!(shown_of("0", "1.005", "100", Direction::Increase), decimal("1.01"));
        assert_eq!(shown_of("0", "1", "3", Direction::Increase), decimal("33.33"));
    }

    #[test]
    fn it_stays_within_its_bounds_whatever_the_figures() {
        let mut dice = StdRng::seed_from_u64(18);
        let mut figure = move || {
            let mut decimal =
                Decimal::from_parts(dice.random(), dice.random(), dice.random(), dice.random(), 0);
            decimal.set_scale(dice.random_range(0..=28)).unwrap();
            if dice.random_range(0..8) == 0 { Decimal::MAX } else { decimal }
        };
        for _ in 0..20_000 {
            let (start, current, target) = (figure(), figure(), figure());
            let course = Course { start: Some(start), current: Some(current), target: Some(target) };
            let gone = percent(course, Direction::Decrease).unwrap();
            assert!((Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&gone), "{course:?}: {gone}");
            if start == target {
                continue;
            }
            let back = Course { start: Some(target), current: Some(current), target: Some(start) };
            let left = percent(back, Direction::Increase).unwrap();
            assert!(
                (gone + left - Decimal::ONE_HUNDRED).abs() < decimal("0.000001"),
                "{course:?}: {gone} {left}"
            );
        }
    }
}
