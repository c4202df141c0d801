//! Loads the territories and vocabularies that the binary carries into a database that has none, once.
//!
//! Ids follow from codes, so that a territory or a term has the same id on every installation.

use door::{Error, Result, authz::Pools, fold::fold, progress::Progress, reference::DATA};
use entity::{
    At,
    codes::{CodeList, Taxonomy},
    ids::{TermId, TerritoryId},
    reference::{postal_code, term, term_parent, territory, territory_closure},
};
use flate2::read::GzDecoder;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::{collections::HashMap, io::Read};
use uuid::Uuid;

const TERRITORIES: &[u8] = include_bytes!("../../../data/geography.csv.gz");
const TERMS: &[u8] = include_bytes!("../../../data/terms.csv");

/// Version of the data, as a database filled with them says it.
const VERSION: &str = "2026-1";
/// 2026-01-01, the day the data speak of, in milliseconds.
const DAY: u64 = 1_767_225_600_000;

pub fn territory_id(code: &str) -> TerritoryId {
    TerritoryId(id(&format!("territory:{code}")))
}

pub fn term_id(taxonomy: Taxonomy, code: &str) -> TermId {
    TermId(id(&format!("term:{}:{code}", taxonomy.code())))
}

/// Shaped like the ids of other rows: a day, then bits of a hash.
fn id(name: &str) -> Uuid {
    let mut bits = [0; 10];
    for (bit, byte) in bits.iter_mut().zip(Sha256::digest(name)) {
        *bit = byte;
    }
    uuid::Builder::from_unix_timestamp_millis(DAY, &bits).into_uuid()
}

/// Loads both files unless they were loaded before; returns whether it did.
pub async fn load(pools: &Pools) -> Result<bool> {
    if pools.is_filled(DATA).await? {
        return Ok(false);
    }
    let fill = pools.fill().await?;
    // Another server may have been quicker.
    if !fill.mark(DATA, VERSION).await? {
        return Ok(false);
    }
    let Geography { territories, closure, postal_codes } = geography(GzDecoder::new(TERRITORIES))?;
    let (terms, parents) = vocabularies(TERMS)?;
    let total = territories.len() + closure.len() + postal_codes.len() + terms.len() + parents.len();
    let mut progress = Progress::new("territories and vocabularies", total as u64);
    fill.add::<territory::Entity>(territories, |rows| progress.add(rows)).await?;
    fill.add::<territory_closure::Entity>(closure, |rows| progress.add(rows)).await?;
    fill.add::<postal_code::Entity>(postal_codes, |rows| progress.add(rows)).await?;
    fill.add::<term::Entity>(terms, |rows| progress.add(rows)).await?;
    fill.add::<term_parent::Entity>(parents, |rows| progress.add(rows)).await?;
    fill.commit().await?;
    progress.done();
    Ok(true)
}

struct Geography {
    territories: Vec<territory::Model>,
    closure: Vec<territory_closure::Model>,
    postal_codes: Vec<postal_code::Model>,
}

#[derive(Deserialize)]
struct TerritoryLine {
    scale: String,
    code: String,
    official_code: String,
    name: String,
    population: Option<i64>,
    parents: String,
    postal_codes: String,
}

fn faulty(line: &str, what: &str) -> Error {
    Error::Internal(anyhow::anyhow!("reference data: {line}: {what}"))
}

fn geography(file: impl Read) -> Result<Geography> {
    let mut found = Geography { territories: Vec::new(), closure: Vec::new(), postal_codes: Vec::new() };
    // Every territory's ancestors, nearest first: parents come before their children in the file.
    let mut ways: HashMap<String, Vec<(TerritoryId, i32)>> = HashMap::new();
    for line in csv::Reader::from_reader(file).into_deserialize() {
        let line: TerritoryLine = line.map_err(anyhow::Error::from)?;
        let id = territory_id(&line.code);
        let mut up = vec![(id, 0)];
        for parent in line.parents.split_whitespace() {
            let above = ways.get(parent).ok_or_else(|| faulty(&line.code, "its parent comes later"))?;
            for &(ancestor, depth) in above {
                match up.iter_mut().find(|(known, _)| *known == ancestor) {
                    Some((_, known)) => *known = (*known).min(depth + 1),
                    None => up.push((ancestor, depth + 1)),
                }
            }
        }
        // In key order: the table is filled from left to right.
        up.sort_unstable();
        found.closure.extend(up.iter().map(|&(ancestor_id, depth)| territory_closure::Model {
            descendant_id: id,
            ancestor_id,
            depth,
        }));
        let codes = line.postal_codes.split_whitespace();
        found
            .postal_codes
            .extend(codes.map(|code| postal_code::Model { code: code.to_owned(), territory_id: id }));
        ways.insert(line.code.clone(), up);
        found.territories.push(territory::Model {
            id,
            scale: line.scale.parse().map_err(|_| faulty(&line.code, "unknown scale"))?,
            name_key: fold(&line.name),
            code: line.code,
            official_code: line.official_code,
            name: line.name,
            population: line.population,
        });
    }
    found.territories.sort_unstable_by_key(|territory| territory.id);
    found.closure.sort_unstable_by_key(|pair| (pair.descendant_id, pair.ancestor_id));
    found
        .postal_codes
        .sort_unstable_by(|one, two| (&one.code, one.territory_id).cmp(&(&two.code, two.territory_id)));
    Ok(found)
}

#[derive(Deserialize)]
struct TermLine {
    taxonomy: String,
    code: String,
    parents: String,
    fr: String,
    en: String,
    note: Option<String>,
}

fn vocabularies(file: impl Read) -> Result<(Vec<term::Model>, Vec<term_parent::Model>)> {
    let (mut terms, mut parents) = (Vec::new(), Vec::new());
    let mut positions: HashMap<Taxonomy, i32> = HashMap::new();
    let day = At(i64::try_from(DAY).unwrap_or_default() * 1_000);
    for line in csv::Reader::from_reader(file).into_deserialize() {
        let line: TermLine = line.map_err(anyhow::Error::from)?;
        let taxonomy: Taxonomy = line.taxonomy.parse().map_err(|_| faulty(&line.code, "unknown taxonomy"))?;
        let id = term_id(taxonomy, &line.code);
        for parent in line.parents.split_whitespace() {
            let (taxonomy, code) =
                parent.split_once(':').ok_or_else(|| faulty(&line.code, "a parent without its taxonomy"))?;
            let taxonomy = taxonomy.parse().map_err(|_| faulty(&line.code, "a parent of no taxonomy"))?;
            parents.push(term_parent::Model { term_id: id, parent_id: term_id(taxonomy, code) });
        }
        let next = positions.entry(taxonomy).or_default();
        terms.push(term::Model {
            id,
            taxonomy,
            code: line.code,
            label_fr: line.fr,
            label_en: line.en,
            note: line.note.filter(|note| !note.is_empty()),
            position: *next,
            retired_at: None,
            replaced_by_id: None,
            version: 1,
            created_at: day,
            updated_at: day,
        });
        *next += 1;
    }
    Ok((terms, parents))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_geography_is_whole() {
        let found = geography(GzDecoder::new(TERRITORIES)).expect("a geography");
        let count = |scale: &str| found.territories.iter().filter(|row| row.scale.code() == scale).count();
        for (scale, rows) in
            [("REGION", 26), ("DEPARTEMENT", 109), ("EPCI", 1_255), ("EPT", 11), ("COMMUNE", 34_969)]
        {
            assert_eq!(count(scale), rows, "{scale}");
        }
        let ids: HashSet<_> = found.territories.iter().map(|row| row.id).collect();
        assert_eq!(ids.len(), 36_373, "ids are distinct");
        let above = |code: &str| {
            let id = territory_id(code);
            let pairs = found.closure.iter().filter(move |pair| pair.descendant_id == id);
            pairs.map(|pair| (pair.ancestor_id, pair.depth)).collect::<HashMap<_, _>>()
        };
        let ajaccio = above("COM-2A004");
        assert_eq!(ajaccio.get(&territory_id("COM-2A004")), Some(&0));
        assert_eq!(ajaccio.get(&territory_id("DEP-2A")), Some(&1));
        assert_eq!(ajaccio.get(&territory_id("REG-94")), Some(&2));
        assert_eq!(ajaccio.get(&territory_id("FR")), Some(&3));
        let spanning = found
            .territories
            .iter()
            .filter(|row| row.scale.code() == "EPCI")
            .filter(|row| above(&row.code).values().filter(|&&depth| depth == 1).count() > 1);
        assert_eq!(spanning.count(), 89, "some inter-municipal bodies are under several departments");
        let pairs: HashSet<_> =
            found.closure.iter().map(|pair| (pair.descendant_id, pair.ancestor_id)).collect();
        assert_eq!(pairs.len(), found.closure.len(), "each pair is there once");
    }

    #[test]
    fn the_vocabularies_are_whole() {
        let (terms, parents) = vocabularies(TERMS).expect("terms");
        assert_eq!(terms.len(), 276);
        let ids: HashSet<_> = terms.iter().map(|term| term.id).collect();
        assert!(parents.iter().all(|pair| ids.contains(&pair.parent_id)), "every parent is a term");
        let themes = terms.iter().filter(|term| term.taxonomy == Taxonomy::Theme);
        assert_eq!(themes.map(|term| term.position).collect::<Vec<_>>(), (0..40).collect::<Vec<_>>());
    }

    #[test]
    fn ids_are_the_same_everywhere() {
        assert_eq!(
            territory_id("FR").to_string().get(..14),
            Some("ter_01kdvdna00"),
            "the first of January 2026"
        );
        assert_eq!(territory_id("FR").0.get_version_num(), 7);
        assert_eq!(territory_id("FR"), territory_id("FR"));
        assert_ne!(term_id(Taxonomy::Public, "JEUNES"), term_id(Taxonomy::Theme, "JEUNES"));
    }
}
