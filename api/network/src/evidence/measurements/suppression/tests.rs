//! Cases by hand, and attackers who try to get hidden cells back.

use super::*;
use Verdict::{Complement, Shown, Small};
use rand::{Rng, SeedableRng, rngs::StdRng};

fn cell(at: &[&str], count: u64) -> Cell<String> {
    let category = |text: &&str| (*text != "*").then(|| (*text).to_owned());
    Cell { at: at.iter().map(category).collect(), count }
}

fn line(total: u64, parts: &[u64]) -> Vec<Cell<String>> {
    let part = |(n, count): (usize, &u64)| cell(&[&n.to_string()], *count);
    parts.iter().enumerate().map(part).chain([cell(&["*"], total)]).collect()
}

#[test]
fn one_dimension() {
    let table: &[(&str, u64, &[u64], &[Verdict])] = &[
        ("all large", 90, &[30, 60], &[Shown, Shown, Shown]),
        ("k itself is shown", 41, &[11, 30], &[Shown, Shown, Shown]),
        ("one small takes another with it", 95, &[10, 35, 50], &[Small, Complement, Shown, Shown]),
        ("two small whose sum is small too", 57, &[3, 4, 50], &[Small, Small, Complement, Shown]),
        ("two small whose sum is not", 65, &[6, 9, 50], &[Small, Small, Shown, Shown]),
        ("nobody is small", 50, &[0, 50], &[Small, Complement, Shown]),
        ("the total is small", 7, &[3, 4], &[Small, Small, Small]),
        ("an unlisted part is small", 105, &[40, 60], &[Complement, Shown, Shown]),
        ("an unlisted part covers a small one", 105, &[5, 60], &[Small, Shown, Shown]),
        ("only part", 5, &[5], &[Small, Small]),
    ];
    for (case, total, parts, verdicts) in table {
        assert_eq!(judge(&line(*total, parts), K).unwrap(), *verdicts, "{case}");
    }
}

#[test]
fn a_total_is_not_needed_to_hide_a_part() {
    let parts = [cell(&["f"], 5), cell(&["m"], 50)];
    assert_eq!(judge(&parts, K).unwrap(), [Small, Shown]);
    assert_eq!(judge::<String>(&[], K).unwrap(), []);
    assert_eq!(judge(&[cell(&[], 5)], K).unwrap(), [Small]);
}

#[test]
fn crossed_dimensions_hide_a_rectangle() {
    let cells = [
        cell(&["f", "young"], 5),
        cell(&["f", "old"], 30),
        cell(&["m", "young"], 40),
        cell(&["m", "old"], 60),
        cell(&["*", "young"], 45),
        cell(&["*", "old"], 90),
        cell(&["f", "*"], 35),
        cell(&["m", "*"], 100),
        cell(&["*", "*"], 135),
    ];
    let verdicts = judge(&cells, K).unwrap();
    assert_eq!(verdicts[..4], [Small, Complement, Complement, Complement]);
    assert_eq!(verdicts[4..], [Shown; 5]);
}

#[test]
fn breakdowns_of_one_total_need_no_crossing() {
    let cells = [
        cell(&["f", "*"], 5),
        cell(&["m", "*"], 50),
        cell(&["*", "young"], 25),
        cell(&["*", "old"], 30),
        cell(&["*", "*"], 55),
    ];
    assert_eq!(judge(&cells, K).unwrap(), [Small, Complement, Shown, Shown, Shown]);
}

#[test]
fn periods_and_their_sum_are_a_dimension() {
    let cells = [
        cell(&["2024", "f"], 8),
        cell(&["2024", "*"], 40),
        cell(&["2025", "f"], 30),
        cell(&["2025", "*"], 70),
        cell(&["*", "f"], 38),
        cell(&["*", "*"], 110),
    ];
    // What is not `f` can be worked out, so 2024's 8 women would follow from either sum.
    let verdicts = judge(&cells, K).unwrap();
    assert_eq!(verdicts, [Small, Shown, Complement, Shown, Shown, Shown]);
}

#[test]
fn what_cannot_be_judged_says_why() {
    assert_eq!(judge(&[cell(&["f"], 1), cell(&["f", "m"], 1)], K), Err(Fault::Dimensions));
    assert_eq!(judge(&[cell(&["f"], 1), cell(&["f"], 1)], K), Err(Fault::Twice));
    assert_eq!(judge(&line(10, &[6, 5]), K), Err(Fault::PartsExceedTotal));
    assert_eq!(judge(&line(10, &[u64::MAX, u64::MAX]), K), Err(Fault::PartsExceedTotal));
    assert_eq!(judge(&line(9999, &vec![1; 5000]), K), Err(Fault::TooLarge));
}

/// Table of all crossings and totals, some of whose rows, columns or cells are not listed.
fn random_table(dice: &mut StdRng, sizes: &[usize], most: u64) -> Vec<Cell<usize>> {
    let mut sums: BTreeMap<Place, u64> = BTreeMap::new();
    let inner = sizes.iter().fold(vec![vec![]], |places, size| {
        let pairs =
            places.iter().flat_map(|place: &Place| (1..=*size).map(move |category| (place, category)));
        pairs.map(|(place, category)| [place.clone(), vec![category]].concat()).collect::<Vec<Place>>()
    });
    for place in inner {
        let count = dice.random_range(0..=most);
        for mask in 0..1 << sizes.len() {
            let pick = |(n, category): (usize, &usize)| if mask >> n & 1 == 1 { TOTAL } else { *category };
            *sums.entry(place.iter().enumerate().map(pick).collect()).or_default() += count;
        }
    }
    // Left out: a category everywhere, now and then.
    let left_out = dice.random_range(0..3 * sizes.len());
    let is_listed = |place: &Place| place.get(left_out) != Some(&1);
    let name = |category: &usize| (*category != TOTAL).then_some(*category);
    let listed = sums.into_iter().filter(|(place, _)| is_listed(place));
    listed.map(|(place, count)| Cell { at: place.iter().map(name).collect(), count }).collect()
}

/// All cells an attacker can name, unlisted parts included: what he sees of them, and what they are.
struct Attack {
    places: Vec<Place>,
    seen: Vec<Option<u64>>,
    truth: Vec<u64>,
    /// A total and its parts.
    sums: Vec<(usize, Vec<usize>)>,
}

fn attack(cells: &[Cell<usize>], verdicts: &[Verdict]) -> Attack {
    let (mut table, listed) = Table::of(cells).unwrap();
    table.add_unlisted_parts().unwrap();
    let places: Vec<Place> = table.slots.keys().cloned().collect();
    let seen = |place: &Place| {
        let n = listed.iter().position(|other| other == place)?;
        (verdicts[n] == Shown).then_some(cells[n].count)
    };
    let parts = |total: &Place, dimension: usize| -> Vec<usize> {
        let is_part = |place: &Place| place != total && with(place, dimension, TOTAL) == *total;
        (0..places.len()).filter(|n| is_part(&places[*n])).collect()
    };
    let mut sums = Vec::new();
    for (n, total) in places.iter().enumerate() {
        for dimension in (0..total.len()).filter(|dimension| total[*dimension] == TOTAL) {
            sums.push((n, parts(total, dimension)));
        }
    }
    sums.retain(|(_, parts)| !parts.is_empty());
    let seen = places.iter().map(seen).collect();
    Attack { truth: table.slots.values().map(|slot| slot.count).collect(), seen, sums, places }
}

/// Cells that follow from the shown ones by adding and subtracting: elimination modulo a large prime.
fn solved(attack: &Attack) -> Vec<usize> {
    const PRIME: i128 = 1_000_000_007;
    let unknown: Vec<usize> = (0..attack.places.len()).filter(|n| attack.seen[*n].is_none()).collect();
    let factor = |(total, parts): &(usize, Vec<usize>), n: usize| {
        i128::from(parts.contains(&n)) + if *total == n { PRIME - 1 } else { 0 }
    };
    let row = |sum: &(usize, Vec<usize>)| unknown.iter().map(|n| factor(sum, *n)).collect::<Vec<i128>>();
    let mut rows: Vec<Vec<i128>> = attack.sums.iter().map(row).collect();
    let mut top = 0;
    for column in 0..unknown.len() {
        let Some(pivot) = (top..rows.len()).find(|n| rows[*n][column] != 0) else { continue };
        rows.swap(top, pivot);
        let inverse = power(rows[top][column], PRIME - 2, PRIME);
        rows[top].iter_mut().for_each(|value| *value = *value * inverse % PRIME);
        let lead = rows[top].clone();
        for (_, row) in rows.iter_mut().enumerate().filter(|(n, row)| *n != top && row[column] != 0) {
            let times = row[column];
            row.iter_mut()
                .zip(&lead)
                .for_each(|(value, own)| *value = (*value + (PRIME - times) * own) % PRIME);
        }
        top += 1;
    }
    let alone = |row: &Vec<i128>| row.iter().filter(|value| **value != 0).count() == 1;
    let alone = rows.iter().filter(|row| alone(row));
    alone.map(|row| unknown[row.iter().position(|value| *value != 0).unwrap()]).collect()
}

fn power(base: i128, exponent: i128, prime: i128) -> i128 {
    match exponent {
        0 => 1,
        n if n % 2 == 0 => power(base * base % prime, n / 2, prime),
        n => base * power(base, n - 1, prime) % prime,
    }
}

/// Least and most that each cell can hold, by narrowing along the sums until nothing moves.
fn bounds(attack: &Attack) -> Vec<(u64, u64)> {
    const MANY: u64 = 1_000_000;
    let mut bounds: Vec<(u64, u64)> =
        attack.seen.iter().map(|seen| seen.map_or((0, MANY), |n| (n, n))).collect();
    loop {
        let before = bounds.clone();
        for (total, parts) in &attack.sums {
            let low: u64 = parts.iter().map(|n| bounds[*n].0).sum();
            let high: u64 = parts.iter().map(|n| bounds[*n].1).sum();
            bounds[*total] = (bounds[*total].0.max(low), bounds[*total].1.min(high));
            for n in parts {
                let (least, most) = bounds[*n];
                let others = (low - least, high - most);
                let least = least.max(bounds[*total].0.saturating_sub(others.1));
                bounds[*n] = (least, most.min(bounds[*total].1.saturating_sub(others.0)));
            }
        }
        if bounds == before {
            return bounds;
        }
    }
}

#[test]
fn no_hidden_cell_follows_by_adding_subtracting_or_bounds() {
    let mut dice = StdRng::seed_from_u64(23);
    let mut hidden = 0;
    for round in 0..400 {
        let sizes: &[usize] = [&[4][..], &[6], &[2, 3], &[4, 4], &[2, 2, 2], &[3, 2, 3]][round % 6];
        let most = [8, 30, 60, 200][round % 4];
        let cells = random_table(&mut dice, sizes, most);
        let verdicts = judge(&cells, K).unwrap();
        let attack = attack(&cells, &verdicts);
        assert!(solved(&attack).iter().all(|n| attack.truth[*n] >= K), "{cells:?} {verdicts:?}");
        for (n, (least, most)) in bounds(&attack).into_iter().enumerate() {
            let is_small = attack.truth[n] < K;
            assert!(!is_small || most >= K, "{:?} of {cells:?} {verdicts:?}", attack.places[n]);
            assert!(attack.seen[n].is_some() || !is_small || least < most);
            hidden += usize::from(is_small);
        }
        // Complements are hidden for a reason, and stay so.
        let listed = |n: &usize| {
            cells.iter().zip(&verdicts).any(|(cell, verdict)| {
                cell.at.iter().map(|name| name.unwrap_or(TOTAL)).eq(attack.places[*n].iter().copied())
                    && *verdict != Shown
            })
        };
        assert!(!solved(&attack).iter().any(listed), "{cells:?} {verdicts:?}");
    }
    assert!(hidden > 1000, "{hidden}");
}

/// Every whole table that fits what is shown: an attacker who tries them all.
fn possible(attack: &Attack, most: u64) -> Vec<BTreeSet<u64>> {
    fn go(attack: &Attack, most: u64, filled: &mut Vec<u64>, found: &mut Vec<BTreeSet<u64>>) {
        let n = filled.len();
        let fits = |(total, parts): &(usize, Vec<usize>)| {
            // Parts come after their total, so that a sum is whole once its last part is filled.
            let sum: u64 = parts.iter().filter_map(|part| filled.get(*part)).sum();
            let is_whole = parts.iter().all(|part| *part < n);
            filled.get(*total).is_none_or(|total| if is_whole { sum == *total } else { sum <= *total })
        };
        if !attack.sums.iter().all(fits) {
            return;
        }
        if n == attack.places.len() {
            found.iter_mut().zip(filled.iter()).for_each(|(found, value)| _ = found.insert(*value));
            return;
        }
        let choices = attack.seen[n].map_or(0..=most, |seen| seen..=seen);
        for value in choices {
            filled.push(value);
            go(attack, most, filled, found);
            filled.pop();
        }
    }
    let mut found = vec![BTreeSet::new(); attack.places.len()];
    go(attack, most, &mut Vec::new(), &mut found);
    found
}

#[test]
fn no_small_cell_is_told_by_trying_every_table() {
    const FEW: u64 = 3;
    let mut dice = StdRng::seed_from_u64(24);
    for round in 0..300 {
        let sizes: &[usize] = [&[3][..], &[4], &[2, 2]][round % 3];
        let cells = random_table(&mut dice, sizes, 4);
        let verdicts = judge(&cells, FEW).unwrap();
        let attack = attack(&cells, &verdicts);
        let most = attack.truth.iter().max().unwrap() + FEW;
        for (n, values) in possible(&attack, most).into_iter().enumerate() {
            assert!(values.contains(&attack.truth[n]));
            let is_safe = attack.truth[n] >= FEW || values.iter().any(|value| *value >= FEW);
            assert!(is_safe, "{:?}: {values:?} of {cells:?} {verdicts:?}", attack.places[n]);
        }
    }
}

#[test]
fn nothing_is_hidden_where_nothing_is_small() {
    let mut dice = StdRng::seed_from_u64(25);
    for _ in 0..50 {
        let cells = random_table(&mut dice, &[3, 4], 50);
        assert!(judge(&cells, 0).unwrap().iter().all(|verdict| *verdict == Shown));
    }
}
