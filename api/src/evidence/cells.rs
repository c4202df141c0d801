//! What of a broken-down measurement outsiders may see (domain BR-23). Pure; the method is in `suppression`.

use super::suppression::{self, Verdict};
use entity::evidence::measurement_cell;
use std::collections::{BTreeMap, BTreeSet};

/// What outsiders may see of a measurement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// Of each cell, in the order given: whether its people are shown, and whether its value is.
    pub cells: Vec<(bool, bool)>,
    /// Whether the total is shown.
    pub is_total_shown: bool,
}

/// Judges all cells of a measurement with its total as one table, each dimension an axis.
///
/// Cells that say no number of people are hidden: nobody can tell how many they are. Values hide with their cell, and
/// with their whole dimension where a single hidden one could be worked out from the total.
pub fn open(cells: &[measurement_cell::Model], total: Option<u64>, k: u64) -> Open {
    let people: Vec<Option<u64>> = cells.iter().map(people).collect();
    if cells.is_empty() {
        return Open { cells: Vec::new(), is_total_shown: true };
    }
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
mod tests {
    use super::*;
    use entity::ids::MeasurementId;

    fn cells(text: &str) -> Vec<measurement_cell::Model> {
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
