//! Small cells of a table of people, hidden so that no total gives them back (BR-23). Pure.
//!
//! Method: hypercubes, one of the known methods of statistical disclosure control (Giessing and Repsilber, 2002, LNCS
//! 2316; "Handbook on Statistical Disclosure Control", version 1.2, 2010, chapter 4). A small cell is safe once it is a
//! corner of a box of hidden cells through which people can be moved without any shown figure noticing, and enough of
//! them that nobody can rule out that the cell holds `k` people or more. Unlike elimination or bounds line by line,
//! that holds for everything that can be worked out from the shown figures, knowing that counts are whole and not
//! negative.
//!
//! What it does not do: guard two tables that were judged apart. Put all that a viewer may ask into one table; periods,
//! sites and sums over them are dimensions like any other. Crossings that are not in the table are taken to be able to
//! hold anything; give them where they exist, even if nobody is shown them.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

/// Fewest people of a shown cell, unless configured otherwise.
pub const K: u64 = door::authz::FEWEST_SHOWN;

/// Most steps a search for protection may take: seconds, at worst.
const WORK: u128 = 20_000_000;

/// Number of people at a place of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell<C> {
    /// Category on each dimension; `None` is the total over that dimension.
    pub at: Vec<Option<C>>,
    /// People counted.
    pub count: u64,
}

/// Whether a cell may be shown. Tell only `Shown` or not to those from whom cells are hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Large enough, and gives no other cell away.
    Shown,
    /// Under `k`.
    Small,
    /// Large enough, but shown it would give a small cell away.
    Complement,
}

/// Why a table cannot be judged; then show none of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Its cells have different numbers of dimensions, or more than 8.
    #[error("cells of one table need the same dimensions, at most 8")]
    Dimensions,
    /// Two cells are at the same place.
    #[error("two cells are at the same place")]
    Twice,
    /// Parts are more than their total: categories overlap, or figures are wrong. Judge such dimensions apart.
    #[error("parts are more than their total: the categories overlap")]
    PartsExceedTotal,
    /// Too many cells to protect at once.
    #[error("too many cells to protect at once")]
    TooLarge,
}

/// Says of each cell, in the order given, whether it may be shown.
///
/// A total that is more than its listed parts has an unlisted part that anyone can work out; it is protected like a
/// listed one. Places that are not listed although their siblings are hold nobody.
pub fn judge<C: Ord>(cells: &[Cell<C>], k: u64) -> Result<Vec<Verdict>, Fault> {
    let (mut table, places) = Table::of(cells)?;
    table.add_unlisted_parts()?;
    table.protect(k)?;
    let verdict = |place: &Place| match table.slots.get(place) {
        Some(slot) if slot.count < k => Verdict::Small,
        Some(slot) if slot.is_hidden => Verdict::Complement,
        _ => Verdict::Shown,
    };
    Ok(places.iter().map(verdict).collect())
}

/// Number of the category on each dimension; `TOTAL` is the total.
type Place = Vec<usize>;
const TOTAL: usize = 0;

#[derive(Clone, Copy)]
struct Slot {
    count: u64,
    is_listed: bool,
    is_hidden: bool,
}

struct Table {
    slots: BTreeMap<Place, Slot>,
    /// Highest category of each dimension; it stands for the parts that are not listed.
    unlisted: Vec<usize>,
    /// Totals that have parts in the table, with the dimension of the parts.
    split: BTreeSet<(Place, usize)>,
}

impl Table {
    fn of<C: Ord>(cells: &[Cell<C>]) -> Result<(Self, Vec<Place>), Fault> {
        let width = cells.first().map_or(0, |cell| cell.at.len());
        if width > 8 || cells.iter().any(|cell| cell.at.len() != width) {
            return Err(Fault::Dimensions);
        }
        let number = |dimension: usize| {
            let found: BTreeSet<&C> =
                cells.iter().filter_map(|cell| cell.at.get(dimension)?.as_ref()).collect();
            found.into_iter().zip(1..).collect::<BTreeMap<_, _>>()
        };
        let numbers: Vec<BTreeMap<&C, usize>> = (0..width).map(number).collect();
        let place = |cell: &Cell<C>| -> Place {
            let number = |(category, numbers): (&Option<C>, &BTreeMap<&C, usize>)| {
                category.as_ref().and_then(|category| numbers.get(category).copied()).unwrap_or(TOTAL)
            };
            cell.at.iter().zip(&numbers).map(number).collect()
        };
        let places: Vec<Place> = cells.iter().map(place).collect();
        let slot = |cell: &Cell<C>| Slot { count: cell.count, is_listed: true, is_hidden: false };
        let slots: BTreeMap<Place, Slot> = places.iter().cloned().zip(cells.iter().map(slot)).collect();
        if slots.len() < cells.len() {
            return Err(Fault::Twice);
        }
        let unlisted = numbers.iter().map(|numbers| numbers.len() + 1).collect();
        Ok((Self { slots, unlisted, split: BTreeSet::new() }, places))
    }

    /// Adds what totals hold beyond their listed parts, until every sum is exact.
    fn add_unlisted_parts(&mut self) -> Result<(), Fault> {
        loop {
            let mut added = Vec::new();
            for dimension in 0..self.unlisted.len() {
                for (total, parts) in self.sums(dimension)? {
                    let rest = self.count(&total).checked_sub(parts).ok_or(Fault::PartsExceedTotal)?;
                    if rest > 0 {
                        added.push((with(&total, dimension, self.unlisted_on(dimension)), rest));
                    }
                    self.split.insert((total, dimension));
                }
                // One dimension at a time: its unlisted parts have parts of their own on the next.
                if !added.is_empty() {
                    break;
                }
            }
            if added.is_empty() {
                return Ok(());
            }
            for (place, rest) in added {
                let empty = Slot { count: 0, is_listed: false, is_hidden: false };
                self.slots.entry(place).or_insert(empty).count += rest;
            }
        }
    }

    /// Totals over a dimension that are in the table, with the sum of their parts.
    fn sums(&self, dimension: usize) -> Result<BTreeMap<Place, u64>, Fault> {
        let mut sums: BTreeMap<Place, u64> = BTreeMap::new();
        for (place, slot) in &self.slots {
            let total = with(place, dimension, TOTAL);
            if total != *place && self.slots.contains_key(&total) {
                let sum = sums.entry(total).or_default();
                *sum = sum.checked_add(slot.count).ok_or(Fault::PartsExceedTotal)?;
            }
        }
        Ok(sums)
    }

    fn protect(&mut self, k: u64) -> Result<(), Fault> {
        let small = |(place, slot): (&Place, &Slot)| (slot.count < k).then(|| (slot.count, place.clone()));
        let mut small: Vec<(u64, Place)> = self.slots.iter().filter_map(small).collect();
        let boxes = self.unlisted.iter().map(|last| *last as u128 * 2).product::<u128>();
        if boxes.saturating_mul(small.len() as u128) > WORK {
            return Err(Fault::TooLarge);
        }
        for (_, place) in &small {
            self.hide(place);
        }
        // The smallest need the most room; what is hidden for them serves the others.
        small.sort();
        for (count, place) in small {
            match self.cheapest_box(&place, k.saturating_sub(count)) {
                Some(corners) => corners.iter().for_each(|corner| self.hide(corner)),
                // Nothing but silence protects it.
                None => self.slots.values_mut().for_each(|slot| slot.is_hidden = true),
            }
        }
        Ok(())
    }

    /// Corners to hide so that `room` more people could be at `place`: the fewest totals, then the fewest people.
    fn cheapest_box(&self, place: &Place, room: u64) -> Option<Vec<Place>> {
        let mut best: Option<(Cost, Vec<Place>)> = None;
        let mut opposite: Place = place.iter().map(|_| TOTAL).collect();
        loop {
            if let Some((cost, corners)) = self.measure(place, &opposite, room)
                && best.as_ref().is_none_or(|(least, _)| cost < *least)
            {
                best = Some((cost, corners));
            }
            if !self.advance(&mut opposite) {
                return best.map(|(_, corners)| corners);
            }
        }
    }

    /// Next opposite corner, counting through all categories of all dimensions.
    fn advance(&self, opposite: &mut Place) -> bool {
        for (category, last) in opposite.iter_mut().zip(&self.unlisted) {
            if *category < *last {
                *category += 1;
                return true;
            }
            *category = TOTAL;
        }
        false
    }

    /// What hiding a box costs, or nothing if it does not let `room` people through.
    ///
    /// Moving people into `place` takes them from the next corner along a dimension, unless that one is a total, which
    /// grows with its part. So all sums stay exact, over every dimension, if no corner is known to be empty.
    fn measure(&self, place: &Place, opposite: &Place, room: u64) -> Option<(Cost, Vec<Place>)> {
        if place.iter().zip(opposite).any(|(own, other)| own == other) {
            return None;
        }
        let (mut cost, mut corners) = (Cost::default(), Vec::new());
        for mask in 0..1_usize << place.len() {
            let turned = |dimension: usize| mask >> dimension & 1 == 1;
            let sides = || (0..).zip(place.iter().zip(opposite));
            let corner: Place =
                sides().map(|(n, (own, other))| if turned(n) { *other } else { *own }).collect();
            let swaps = sides().filter(|(n, (own, other))| turned(*n) && **own != TOTAL && **other != TOTAL);
            let takes = swaps.count() % 2 == 1;
            match self.slots.get(&corner) {
                Some(slot) if takes && slot.count < room => return None,
                Some(slot) => cost.add(&corner, *slot),
                None if self.is_known_empty(&corner) => return None,
                None => continue, // Neither shown nor to be worked out: it may hold anything.
            }
            corners.push(corner);
        }
        Some((cost, corners))
    }

    /// Whether a place outside the table follows from a total and its parts, all of which are in it.
    fn is_known_empty(&self, place: &Place) -> bool {
        place.iter().enumerate().any(|(dimension, category)| {
            *category != TOTAL && self.split.contains(&(with(place, dimension, TOTAL), dimension))
        })
    }

    fn hide(&mut self, place: &Place) {
        if let Some(slot) = self.slots.get_mut(place) {
            slot.is_hidden = true;
        }
    }

    fn count(&self, place: &Place) -> u64 {
        self.slots.get(place).map_or(0, |slot| slot.count)
    }

    fn unlisted_on(&self, dimension: usize) -> usize {
        self.unlisted.get(dimension).copied().unwrap_or(TOTAL)
    }
}

/// What is lost to readers, the most dear first.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Cost {
    totals: usize,
    people: u64,
    cells: usize,
}

impl Cost {
    fn add(&mut self, place: &Place, slot: Slot) {
        if slot.is_listed && !slot.is_hidden {
            self.totals += place.iter().filter(|category| **category == TOTAL).count();
            self.people = self.people.saturating_add(slot.count);
            self.cells += 1;
        }
    }
}

fn with(place: &Place, dimension: usize, category: usize) -> Place {
    let change = |(n, own): (usize, &usize)| if n == dimension { category } else { *own };
    place.iter().enumerate().map(change).collect()
}
