//! What of broken-down measurements outsiders may see (domain BR-23). Pure; the method is in `suppression`.
//!
//! Measurements are judged together wherever one could give another's cells away: those of one project whose periods
//! overlap. What no rule on figures can find: that figures of other projects, or of days that do not overlap, are about the
//! same people; sharing (`OWNER`, `NETWORK`, `PUBLIC`) is the holder's answer to that.

use super::suppression::{self, Verdict};
use chrono::NaiveDate;
use entity::{
    evidence::measurement_cell,
    ids::{IndicatorId, MeasurementId},
};
use std::collections::{BTreeMap, BTreeSet};

/// What outsiders may see of a measurement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// Of each cell, in the order given: whether its people are shown, and whether its value is.
    pub cells: Vec<(bool, bool)>,
    /// Whether the total is shown, and every other figure of the whole.
    pub is_total_shown: bool,
}

impl Open {
    /// No cell, whatever the total.
    fn no_cell(cells: usize, is_total_shown: bool) -> Self {
        Self { cells: vec![(false, false); cells], is_total_shown }
    }

    /// What both show.
    fn and(self, other: &Self) -> Self {
        let cells = self.cells.into_iter().zip(&other.cells);
        Self {
            cells: cells.map(|(one, other)| (one.0 && other.0, one.1 && other.1)).collect(),
            is_total_shown: self.is_total_shown && other.is_total_shown,
        }
    }
}

/// Measurement of a project, as far as what outsiders see of this one and of others depends on it.
#[derive(Clone, Debug)]
pub struct Told<'a> {
    pub id: MeasurementId,
    pub indicator: IndicatorId,
    /// ISO dates; both days are inside.
    pub starts: &'a str,
    pub ends: &'a str,
    /// Different people.
    pub people: Option<u64>,
    /// People that its cells are parts of.
    pub total: Option<u64>,
    pub cells: &'a [measurement_cell::Model],
}

/// Judges measurements of one project together; answers are in the order given.
///
/// Of measurements of one indicator whose periods overlap, directly or through others, one breakdown is shown: that of the
/// longest period, then of the latest measurement. Sums over periods, several figures for one period and finer or coarser
/// categories would otherwise be ways to subtract. Their totals are shown all or none; where several indicators overlap and
/// anything is hidden, each shows one total. A total that is a hidden cell's, or what a total lacks of one, is not shown.
pub fn open_together(all: &[Told], k: u64) -> Vec<Open> {
    let mut judged: Vec<(usize, Open)> = runs(all).iter().flat_map(|run| judge_run(run, k)).collect();
    judged.sort_by_key(|(place, _)| *place);
    judged.into_iter().map(|(_, open)| open).collect()
}

/// A measurement with its place in the list that was given.
type Placed<'a> = (usize, &'a Told<'a>);

/// Measurements whose periods overlap, directly or through others.
fn runs<'a>(all: &'a [Told<'a>]) -> Vec<Vec<Placed<'a>>> {
    let mut placed: Vec<Placed> = all.iter().enumerate().collect();
    placed.sort_by_key(|(place, told)| (told.starts, *place));
    let mut runs: Vec<Vec<Placed>> = Vec::new();
    let mut last = "";
    for one in placed {
        match runs.last_mut() {
            Some(run) if one.1.starts <= last => run.push(one),
            _ => runs.push(vec![one]),
        }
        last = last.max(one.1.ends);
    }
    runs
}

fn judge_run(run: &[Placed], k: u64) -> Vec<(usize, Open)> {
    let mut of_indicator: BTreeMap<IndicatorId, Vec<Placed>> = BTreeMap::new();
    for one in run {
        of_indicator.entry(one.1.indicator).or_default().push(*one);
    }
    let mut judged: Vec<Judged> = of_indicator.values().flat_map(|own| judge_indicator(own, k)).collect();
    let hides = judged.iter().any(|one| one.counted(false).next().is_some());
    if of_indicator.len() > 1 && hides {
        // Differences of periods under one indicator, less what another one counts, would be parts of the hidden.
        for one in judged.iter_mut().filter(|one| !one.is_leading) {
            one.open = Open::no_cell(one.told.cells.len(), false);
        }
    }
    while let Some(next) = judged.iter().find_map(|one| gives_away(one, &judged)) {
        match next {
            Leak::Dimension(place, dimension) => {
                for one in judged.iter_mut().filter(|one| one.place == place) {
                    one.hide(&dimension);
                }
            }
            Leak::Total(indicator) => {
                for one in judged.iter_mut().filter(|one| one.told.indicator == indicator) {
                    one.open = Open::no_cell(one.told.cells.len(), false);
                }
            }
        }
    }
    judged.into_iter().map(|one| (one.place, one.open)).collect()
}

struct Judged<'a> {
    place: usize,
    told: &'a Told<'a>,
    open: Open,
    /// What would be shown of it if it were alone.
    alone: Open,
    /// Whether its breakdown is the one that is shown.
    is_main: bool,
    /// Whether its total is the one that is shown, where only one is.
    is_leading: bool,
}

impl Judged<'_> {
    fn hide(&mut self, dimension: &str) {
        for (cell, open) in self.told.cells.iter().zip(&mut self.open.cells) {
            if cell.dimension == dimension {
                *open = (false, false);
            }
        }
    }

    /// Cells with their people, that are shown, or that have to stay hidden.
    ///
    /// A breakdown that is hidden only because another one is shown keeps no secret beyond what it would alone.
    fn counted(&self, is_shown: bool) -> impl Iterator<Item = (&measurement_cell::Model, u64)> {
        let open = if self.is_main || is_shown { &self.open } else { &self.alone };
        let cells = self.told.cells.iter().zip(&open.cells).filter(move |(_, open)| open.0 == is_shown);
        cells.filter_map(|(cell, _)| Some((cell, people(cell)?)))
    }
}

/// Measurements of one indicator.
fn judge_indicator<'a>(own: &[Placed<'a>], k: u64) -> Vec<Judged<'a>> {
    let length = |told: &Told| {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap_or_default();
        day(told.ends).signed_duration_since(day(told.starts)).num_days()
    };
    let broken_down = own.iter().filter(|(_, told)| !told.cells.is_empty());
    let longest = |(_, told): &&Placed| (length(told), told.id);
    let main = broken_down.max_by_key(longest).map(|(place, _)| *place);
    let leading = main.or_else(|| own.iter().max_by_key(longest).map(|(place, _)| *place));
    let totals: BTreeSet<u64> = own.iter().filter_map(|(_, told)| told.total).collect();
    let mut judged: Vec<Judged> = own
        .iter()
        .map(|&(place, told)| {
            let is_main = main == Some(place);
            let alone = open(told.cells, told.total, k);
            let mut found = alone.clone();
            if is_main {
                // Whatever is told of the same days may be its total, if it is large enough to be.
                let least = largest_sum(told.cells);
                for total in totals.iter().filter(|total| **total >= least && Some(**total) != told.total) {
                    found = found.and(&open(told.cells, Some(*total), k));
                }
            }
            Judged { place, told, open: found, alone, is_main, is_leading: leading == Some(place) }
        })
        .collect();
    let is_shown = judged.iter().all(|one| one.open.is_total_shown);
    for one in &mut judged {
        if is_shown && one.is_main {
            continue;
        }
        one.open = Open::no_cell(one.told.cells.len(), is_shown);
    }
    judged
}

/// Most people that the cells of one dimension hold together.
fn largest_sum(cells: &[measurement_cell::Model]) -> u64 {
    let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
    for cell in cells {
        let sum = sums.entry(&cell.dimension).or_default();
        *sum = sum.saturating_add(people(cell).unwrap_or_default());
    }
    sums.into_values().max().unwrap_or_default()
}

/// What has to be hidden, because it shows what is hidden elsewhere.
enum Leak {
    Dimension(usize, String),
    Total(IndicatorId),
}

/// The same cell under another indicator, or a number of people that is a hidden cell's, or what a total lacks of one.
fn gives_away(one: &Judged, all: &[Judged]) -> Option<Leak> {
    let others = || all.iter().filter(|other| other.told.indicator != one.told.indicator);
    let hidden = || others().flat_map(|other| other.counted(false));
    let tells = |own: u64| hidden().any(|(_, other)| own == other || is_rest(own, other, one, all));
    if one.open.is_total_shown && one.told.people.is_some_and(tells) {
        return Some(Leak::Total(one.told.indicator));
    }
    // A breakdown of which nothing is hidden tells its total.
    let mut sums: BTreeMap<&str, Option<u64>> = BTreeMap::new();
    for (cell, open) in one.told.cells.iter().zip(&one.open.cells) {
        let sum = sums.entry(&cell.dimension).or_insert(Some(0));
        *sum = sum.zip(people(cell).filter(|_| open.0)).and_then(|(sum, people)| sum.checked_add(people));
    }
    if let Some((dimension, _)) = sums.into_iter().find(|(_, sum)| sum.is_some_and(tells)) {
        return Some(Leak::Dimension(one.place, dimension.to_owned()));
    }
    let same = |cell: &measurement_cell::Model, count: u64| {
        hidden().any(|(other, people)| {
            (&other.dimension, &other.category, people) == (&cell.dimension, &cell.category, count)
        })
    };
    let mut shown = one.counted(true);
    shown
        .find(|(cell, count)| same(cell, *count))
        .map(|(cell, _)| Leak::Dimension(one.place, cell.dimension.clone()))
}

/// Whether a number and a hidden one make a figure of another indicator, or lie as far apart as one, or as two totals: then
/// the one follows from the other.
fn is_rest(own: u64, hidden: u64, one: &Judged, all: &[Judged]) -> bool {
    let others = || all.iter().filter(|other| other.told.indicator != one.told.indicator);
    let totals = others().flat_map(|other| [other.told.total, Some(largest_sum(other.told.cells))]);
    let totals: BTreeSet<u64> = totals.flatten().collect();
    let cells: BTreeSet<u64> = others().flat_map(|other| other.told.cells).filter_map(people).collect();
    let is_told = |figure: u64| totals.contains(&figure) || cells.contains(&figure);
    let is_apart = |both: u64| {
        totals.iter().any(|total| total.checked_sub(both).is_some_and(|rest| totals.contains(&rest)))
    };
    own.checked_add(hidden).is_some_and(|both| is_told(both) || is_apart(both))
        || own.checked_sub(hidden).is_some_and(is_told)
}

/// Judges all cells of a measurement with its total as one table, each dimension an axis.
///
/// Cells that say no number of people are hidden: nobody can tell how many they are. Values hide with their cell, and
/// with their whole dimension where a single hidden one could be worked out from the total.
fn open(cells: &[measurement_cell::Model], total: Option<u64>, k: u64) -> Open {
    let people: Vec<Option<u64>> = cells.iter().map(people).collect();
    if cells.is_empty() {
        return Open { cells: Vec::new(), is_total_shown: true };
    }
    // A total that is not told here may be told elsewhere: by another breakdown, period or indicator.
    let total = total.or_else(|| Some(largest_sum(cells)));
    let (shown, is_total_shown) = judged(cells, &people, total, k);
    let mut hidden: BTreeMap<&str, usize> = BTreeMap::new();
    for (cell, _) in cells.iter().zip(&shown).filter(|(_, shown)| !**shown) {
        *hidden.entry(&cell.dimension).or_default() += 1;
    }
    let is_alone = |cell: &measurement_cell::Model| hidden.get(cell.dimension.as_str()) == Some(&1);
    let cells = cells.iter().zip(shown).map(|(cell, shown)| (shown, shown && !is_alone(cell)));
    Open { cells: cells.collect(), is_total_shown }
}

fn judged(
    cells: &[measurement_cell::Model],
    people: &[Option<u64>],
    total: Option<u64>,
    k: u64,
) -> (Vec<bool>, bool) {
    let axes: Vec<&str> =
        cells.iter().map(|cell| cell.dimension.as_str()).collect::<BTreeSet<_>>().into_iter().collect();
    let at = |cell: &measurement_cell::Model| {
        axes.iter().map(|axis| (*axis == cell.dimension).then(|| cell.category.clone())).collect()
    };
    let counted = cells.iter().zip(people).filter_map(|(cell, people)| Some((cell, (*people)?)));
    let mut table: Vec<_> = counted.map(|(cell, count)| suppression::Cell { at: at(cell), count }).collect();
    table.extend(total.map(|count| suppression::Cell { at: vec![None; axes.len()], count }));
    let Ok(verdicts) = suppression::judge(&table, k) else { return (vec![false; cells.len()], true) };
    let mut verdicts = verdicts.into_iter().map(|verdict| verdict == Verdict::Shown);
    let shown = people.iter().map(|people| people.is_some() && verdicts.next() == Some(true)).collect();
    (shown, total.is_none() || verdicts.next() == Some(true))
}

/// People of a cell; where only a value is said, a whole number of it counts as people.
fn people(cell: &measurement_cell::Model) -> Option<u64> {
    match cell.people {
        Some(people) => u64::try_from(people).ok(),
        None => cell.value.as_ref()?.parse().ok(),
    }
}

#[cfg(test)]
mod attacks;

#[cfg(test)]
mod tests {
    use super::*;
    use entity::ids::MeasurementId;

    pub(super) fn cells(text: &str) -> Vec<measurement_cell::Model> {
        let id = MeasurementId::fresh();
        let cell = |text: &str| {
            let (place, count) = text.split_once('=').unwrap();
            let (dimension, category) = place.split_once(':').unwrap();
            let (people, value) = count.split_once('/').unwrap_or((count, ""));
            measurement_cell::Model {
                measurement_id: id,
                dimension: dimension.to_owned(),
                category: category.to_owned(),
                people: people.parse().ok(),
                value: (!value.is_empty()).then(|| value.to_owned()),
                is_people_open: false,
                is_value_open: false,
            }
        };
        text.split_whitespace().map(cell).collect()
    }

    #[test]
    fn small_cells_take_another_with_them() {
        let shown = |text: &str, total| {
            let open = open(&cells(text), total, 11);
            open.cells.iter().map(|(people, value)| (*people, *value)).collect::<Vec<_>>()
        };
        assert_eq!(shown("sex:f=20 sex:m=30", Some(50)), [(true, true), (true, true)]);
        assert_eq!(shown("sex:f=45 sex:m=5", Some(50)), [(false, false), (false, false)]);
        let ages = shown("age:a=5 age:b=40 age:c=55", Some(100));
        assert_eq!(
            ages.iter().filter(|(people, _)| !people).count(),
            2,
            "one small, one that would give it away"
        );
        assert_eq!(shown("sex:f=/4.5", Some(50)), [(false, false)], "nobody knows how many they are");
    }

    #[test]
    fn a_single_hidden_value_hides_its_dimension() {
        let open = open(&cells("sex:f=20/1.5 sex:m=30/2 sex:x=/9.5"), None, 11);
        assert_eq!(open.cells, [(true, false), (true, false), (false, false)]);
    }
}
