//! Territories and terms in memory: what every answer needs, read once per server and again when it changes.

use crate::{
    Error, Result,
    authz::{Pools, Store},
    fold::fold,
};
use entity::{
    codes::{Taxonomy, TerritoryScale},
    ids::{TermId, TerritoryId},
    reference::{postal_code, term, term_parent, territory, territory_closure},
};
use sea_orm::ColumnTrait;
use sha2::{Digest, Sha256};
use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

/// Under this name a database says which reference data it was filled with.
pub const DATA: &str = "reference-data";

/// Both, as they were at one moment.
#[derive(Clone)]
pub struct Reference {
    pub atlas: Arc<Atlas>,
    pub vocabulary: Arc<Vocabulary>,
}

/// All territories.
pub struct Atlas {
    /// Ordered by id; an index into this list is a place's number.
    places: Vec<Place>,
    numbers: HashMap<TerritoryId, u32>,
    codes: HashMap<String, u32>,
    /// Postal code and place, ordered.
    postal_codes: Vec<(String, u32)>,
    /// Changes whenever numbers may mean other places.
    pub version: u64,
}

/// A territory with those around it.
pub struct Place {
    pub row: Arc<territory::Model>,
    /// Places it lies in directly.
    pub parents: Vec<u32>,
    /// Places around it with their distance, nearest first.
    pub around: Vec<(u32, i32)>,
    pub postal_codes: Vec<String>,
}

impl Atlas {
    /// What is said of a code that nothing has.
    pub fn unknown(code: &str) -> String {
        format!(
            "There is no territory with code {code:?}. Codes look like FR, REG-76, DEP-31, EPCI-243100518, COM-31555."
        )
    }

    fn new(
        mut rows: Vec<territory::Model>,
        ways: &[territory_closure::Model],
        codes: Vec<postal_code::Model>,
    ) -> Self {
        rows.sort_unstable_by_key(|row| row.id);
        let mut hash = Sha256::new();
        for row in &rows {
            hash.update(row.id.0.as_bytes());
        }
        let version = hash.finalize().iter().take(8).fold(0, |all, byte| (all << 8) | u64::from(*byte));
        let numbers: HashMap<_, _> = (0..).zip(&rows).map(|(number, row)| (row.id, number)).collect();
        let by_code = (0..).zip(&rows).map(|(number, row)| (row.code.clone(), number)).collect();
        let mut parents: HashMap<u32, Vec<u32>> = HashMap::new();
        for way in ways {
            if let (Some(&below), Some(&above)) =
                (numbers.get(&way.descendant_id), numbers.get(&way.ancestor_id))
            {
                parents.entry(below).or_default().push(above);
            }
        }
        let mut postal_codes: Vec<(String, u32)> =
            codes.into_iter().filter_map(|row| Some((row.code, *numbers.get(&row.territory_id)?))).collect();
        postal_codes.sort_unstable();
        let mut of_place: HashMap<u32, Vec<String>> = HashMap::new();
        for (code, number) in &postal_codes {
            of_place.entry(*number).or_default().push(code.clone());
        }
        let places = (0..)
            .zip(rows)
            .map(|(number, row)| Place {
                row: Arc::new(row),
                parents: parents.get(&number).cloned().unwrap_or_default(),
                around: around(number, &parents),
                postal_codes: of_place.remove(&number).unwrap_or_default(),
            })
            .collect();
        Self { places, numbers, codes: by_code, postal_codes, version }
    }

    pub fn places(&self) -> &[Place] {
        &self.places
    }

    pub fn at(&self, number: u32) -> Option<&Place> {
        self.places.get(number as usize)
    }

    pub fn number(&self, id: TerritoryId) -> Option<u32> {
        self.numbers.get(&id).copied()
    }

    pub fn number_of_code(&self, code: &str) -> Option<u32> {
        self.codes.get(code).copied()
    }

    pub fn get(&self, id: TerritoryId) -> Option<&Place> {
        self.at(self.number(id)?)
    }

    /// Places that somebody who types this may mean: their postal code or name begins so, or a word of it does, or it is
    /// one letter off; the closest first, among them those with the most people.
    pub fn completing(&self, text: &str) -> Vec<u32> {
        let folded = fold(text);
        if folded.is_empty() {
            return Vec::new();
        }
        let mut found: Vec<(usize, Reverse<Option<i64>>, u32)> = Vec::new();
        let mut add = |rank: usize, number: u32| {
            if let Some(place) = self.at(number) {
                found.push((rank, Reverse(place.row.population), number));
            }
        };
        if folded.bytes().all(|byte| byte.is_ascii_digit()) {
            self.with_postal_code(&folded).for_each(|(_, number)| add(0, number));
        }
        for (number, place) in (0..).zip(&self.places) {
            if let Some(rank) = closeness(&place.row.name_key, &folded) {
                add(rank, number);
            } else if place.row.code.eq_ignore_ascii_case(text.trim()) {
                add(0, number);
            }
        }
        if found.is_empty() && folded.chars().count() >= FORGIVEN_FROM {
            for (number, place) in (0..).zip(&self.places) {
                if is_one_letter_off(&place.row.name_key, &folded) {
                    found.push((3, Reverse(place.row.population), number));
                }
            }
        }
        found.sort_unstable();
        let mut seen = HashSet::new();
        found.into_iter().map(|(_, _, number)| number).filter(|number| seen.insert(*number)).collect()
    }

    /// Places whose postal code begins so, by code.
    pub fn with_postal_code(&self, beginning: &str) -> impl Iterator<Item = (&str, u32)> {
        let from = self.postal_codes.partition_point(|(code, _)| code.as_str() < beginning);
        let rest = self.postal_codes.get(from..).unwrap_or_default();
        let rest = rest.iter().map(|(code, number)| (code.as_str(), *number));
        rest.take_while(move |(code, _)| code.starts_with(beginning))
    }
}

/// Letters from which on one may be wrong.
pub const FORGIVEN_FROM: usize = 5;

/// 0 if the name is this, 1 if it begins so, 2 if a later word does.
pub fn closeness(name: &str, folded: &str) -> Option<usize> {
    match name.strip_prefix(folded) {
        Some("") => Some(0),
        Some(_) => Some(1),
        None => name
            .match_indices(' ')
            .any(|(at, _)| name.get(at + 1..).is_some_and(|word| word.starts_with(folded)))
            .then_some(2),
    }
}

/// Whether a beginning of the name is this text but for one letter: more, less, another, or two exchanged.
///
/// Only the first difference can be that letter, so that most names are told apart by their first.
pub fn is_one_letter_off(name: &str, folded: &str) -> bool {
    let same = |(one, other): &(char, char)| one == other;
    let common: usize =
        name.chars().zip(folded.chars()).take_while(same).map(|(one, _)| one.len_utf8()).sum();
    let (name, folded) = (name.get(common..).unwrap_or_default(), folded.get(common..).unwrap_or_default());
    let (after_one, without_one) = (rest(name), rest(folded));
    let is_exchanged = || {
        let first_two = |text: &str| (text.chars().next(), text.chars().nth(1));
        let (one, other) = (first_two(name), first_two(folded));
        one == (other.1, other.0) && rest(after_one).starts_with(rest(without_one))
    };
    name.starts_with(without_one)
        || after_one.starts_with(folded)
        || after_one.starts_with(without_one)
        || is_exchanged()
}

/// A text without its first letter.
fn rest(text: &str) -> &str {
    let mut letters = text.chars();
    letters.next();
    letters.as_str()
}

/// Places above, each once at its shortest distance.
fn around(start: u32, parents: &HashMap<u32, Vec<u32>>) -> Vec<(u32, i32)> {
    let mut found: Vec<(u32, i32)> = Vec::new();
    let mut open = VecDeque::from([(start, 0)]);
    while let Some((place, depth)) = open.pop_front() {
        for &above in parents.get(&place).into_iter().flatten() {
            if above != start && found.iter().all(|(known, _)| *known != above) {
                found.push((above, depth + 1));
                open.push_back((above, depth + 1));
            }
        }
    }
    found
}

/// All terms.
#[derive(Default)]
pub struct Vocabulary {
    terms: HashMap<TermId, Arc<term::Model>>,
    codes: HashMap<(Taxonomy, String), TermId>,
    parents: HashMap<TermId, Vec<TermId>>,
    positions: HashMap<(Taxonomy, i32), TermId>,
}

impl Vocabulary {
    fn new(rows: Vec<term::Model>, links: Vec<term_parent::Model>) -> Self {
        let mut found = Self::default();
        for link in links {
            found.parents.entry(link.term_id).or_default().push(link.parent_id);
        }
        for row in rows {
            found.codes.insert((row.taxonomy, row.code.clone()), row.id);
            found.positions.insert((row.taxonomy, row.position), row.id);
            found.terms.insert(row.id, Arc::new(row));
        }
        found
    }

    pub fn get(&self, id: TermId) -> Option<&Arc<term::Model>> {
        self.terms.get(&id)
    }

    pub fn of_code(&self, taxonomy: Taxonomy, code: &str) -> Option<&Arc<term::Model>> {
        self.get(*self.codes.get(&(taxonomy, code.to_owned()))?)
    }

    pub fn at(&self, taxonomy: Taxonomy, position: usize) -> Option<&Arc<term::Model>> {
        self.get(*self.positions.get(&(taxonomy, i32::try_from(position).ok()?))?)
    }

    pub fn parents(&self, id: TermId) -> impl Iterator<Item = &Arc<term::Model>> {
        self.parents.get(&id).into_iter().flatten().filter_map(|parent| self.get(*parent))
    }

    /// Terms of a vocabulary that somebody who types this may mean, the closest first.
    pub fn completing(&self, taxonomy: Taxonomy, text: &str) -> Vec<&Arc<term::Model>> {
        let folded = fold(text);
        let rank = |row: &term::Model| {
            let labels = [fold(&row.label_fr), fold(&row.label_en)];
            let near = labels.iter().filter_map(|label| closeness(label, &folded)).min();
            let off = || labels.iter().any(|label| is_one_letter_off(label, &folded)).then_some(3);
            near.or_else(|| if folded.chars().count() >= FORGIVEN_FROM { off() } else { None })
        };
        let terms = self.terms.values().filter(|row| row.taxonomy == taxonomy && !folded.is_empty());
        let mut found: Vec<_> = terms.filter_map(|row| Some((rank(row)?, row.position, row))).collect();
        found.sort_by_key(|(rank, position, _)| (*rank, *position));
        found.into_iter().map(|(_, _, row)| row).collect()
    }

    pub fn all(&self) -> impl Iterator<Item = &Arc<term::Model>> {
        self.terms.values()
    }
}

/// Atlases by the mark of the data they were loaded from: databases filled from the same data share one.
static ATLASES: Mutex<Vec<(String, Arc<Atlas>)>> = Mutex::new(Vec::new());

impl Reference {
    /// Reads all of it; `store` is a job's.
    pub async fn read(pools: &Pools, store: &Store) -> Result<Self> {
        let terms = store.see::<term::Entity>().all().await?;
        let links = store.see::<term_parent::Entity>().all().await?;
        let vocabulary = Arc::new(Vocabulary::new(terms, links));
        let mark = pools.mark_of(DATA).await?;
        if let Some(mark) = &mark {
            let known = ATLASES.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, atlas)) = known.iter().find(|(name, _)| name == mark) {
                return Ok(Self { atlas: atlas.clone(), vocabulary });
            }
        }
        let rows = store.see::<territory::Entity>().all().await?;
        let ways = store
            .see::<territory_closure::Entity>()
            .filter(territory_closure::Column::Depth.eq(1))
            .all()
            .await?;
        let codes = store.see::<postal_code::Entity>().all().await?;
        let atlas = Arc::new(Atlas::new(rows, &ways, codes));
        if let Some(mark) = mark {
            let mut known = ATLASES.lock().unwrap_or_else(PoisonError::into_inner);
            known.push((mark, atlas.clone()));
        }
        Ok(Self { atlas, vocabulary })
    }

    /// Label of a term in a language.
    pub fn label(row: &term::Model, english: bool) -> &str {
        if english { &row.label_en } else { &row.label_fr }
    }

    /// Whether a place is wide enough for theme rows of its own (see `entity::read_model`).
    pub const fn is_wide(scale: TerritoryScale) -> bool {
        !matches!(scale, TerritoryScale::Commune | TerritoryScale::Epci | TerritoryScale::Ept)
    }

    /// Number of a place by its code, or an error that names the code.
    pub fn place_of_code(&self, code: &str) -> Result<u32> {
        self.atlas.number_of_code(code).ok_or_else(|| Error::bad_input(Atlas::unknown(code)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_complete_by_their_beginning_a_word_or_but_for_a_letter() {
        assert_eq!(closeness("toulouse", "toulouse"), Some(0));
        assert_eq!(closeness("toulouse", "toul"), Some(1));
        assert_eq!(closeness("saint etienne", "eti"), Some(2));
        assert_eq!(closeness("toulouse", "oul"), None);
        assert!(is_one_letter_off("toulouse", "tolou") && is_one_letter_off("toulouse", "toulousse"));
        assert!(!is_one_letter_off("toulouse", "paris") && !is_one_letter_off("toulouse", "tuolosue"));
        for near in ["oulouse", "ttoulouse", "toulouze", "tuolouse", "toulous", "toulouses", "toulouse"] {
            assert!(is_one_letter_off("toulouse", near), "{near}");
        }
        assert!(!is_one_letter_off("paris", "pariser") && !is_one_letter_off("", "ab"));
    }

    #[test]
    fn ways_up_are_the_shortest() {
        // 1 lies in 2 and 3; 3 lies in 2; 2 lies in 4.
        let parents = HashMap::from([(1, vec![2, 3]), (3, vec![2]), (2, vec![4])]);
        assert_eq!(around(1, &parents), [(2, 1), (3, 1), (4, 2)]);
        assert_eq!(around(4, &parents), []);
    }
}
