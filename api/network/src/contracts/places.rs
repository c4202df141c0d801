//! Where a contract takes effect: territories that its parties name, and those an imported record speaks of.

use crate::reference::{Atlas, Territory};
use door::{
    Faults, Result, UserErrorCode,
    authz::{Held, Store, Tx},
    fold::fold,
};
use entity::{
    contracts::{contract, contract_territory},
    ids::TerritoryId,
};
use sea_orm::{ColumnTrait, Set};
use std::collections::{BTreeMap, BTreeSet};

/// Territories of one contract at most.
const MOST: usize = 50;

pub async fn of(store: &Store, contract: &contract::Model) -> Result<Vec<Territory>> {
    let parts = store.parts::<contract_territory::Entity>(contract.id).await?;
    let reference = store.reference().await?;
    let places = parts.iter().filter_map(|part| reference.atlas.get(part.territory_id));
    let mut rows: Vec<_> = places.map(|place| place.row.clone()).collect();
    rows.sort_by(|one, other| one.code.cmp(&other.code));
    Ok(rows.into_iter().map(Territory).collect())
}

/// Territories of these codes, each once; faults for those that are none.
pub async fn named(store: &Store, codes: &[String], faults: &mut Faults) -> Result<BTreeSet<TerritoryId>> {
    let mut found = BTreeSet::new();
    if codes.len() > MOST {
        let message = format!("At most {MOST} territories, please.");
        faults.add(UserErrorCode::TooLong, &["input", "territories"], message);
        return Ok(found);
    }
    for (place, code) in codes.iter().enumerate() {
        match of_code(store, code).await? {
            Some(id) => {
                found.insert(id);
            }
            None => faults.add(
                UserErrorCode::NotFound,
                &["input", "territories", &place.to_string()],
                Atlas::unknown(code),
            ),
        }
    }
    Ok(found)
}

pub async fn of_code(store: &Store, code: &str) -> Result<Option<TerritoryId>> {
    let atlas = &store.reference().await?.atlas;
    Ok(atlas.number_of_code(code).and_then(|number| atlas.at(number)).map(|place| place.row.id))
}

/// Writes the territories of a held contract; they replace those of before.
pub async fn write(
    tx: &mut Tx,
    held: &Held<contract::Entity>,
    places: impl IntoIterator<Item = TerritoryId>,
) -> Result<()> {
    let parts = places.into_iter().map(|territory_id| contract_territory::ActiveModel {
        territory_id: Set(territory_id),
        ..Default::default()
    });
    tx.replace::<contract_territory::Entity>(held, parts.collect()).await
}

/// A payer pays for the people of a territory: the contract takes effect there, too.
pub async fn add(tx: &mut Tx, held: &Held<contract::Entity>, territory_id: TerritoryId) -> Result<()> {
    let of_contract = contract_territory::Column::ContractId.eq(held.id);
    let parts = tx.see::<contract_territory::Entity>().filter(of_contract).all().await?;
    if parts.len() < MOST && !parts.iter().any(|part| part.territory_id == territory_id) {
        let part = contract_territory::ActiveModel { territory_id: Set(territory_id), ..Default::default() };
        tx.add_part::<contract_territory::Entity>(held, part).await?;
    }
    Ok(())
}

/// Territories that places of an imported record mean, by their names; the country where no name is one of ours.
pub async fn meant(store: &Store, country: Option<&str>, places: &[&str]) -> Result<BTreeSet<TerritoryId>> {
    // Names are those of one country: there is a Paris in Texas, and a Saint-Denis in seven departments.
    let Some(home) = of_code(store, country.unwrap_or_default()).await? else { return Ok(BTreeSet::new()) };
    let atlas = &store.reference().await?.atlas;
    let names: BTreeSet<String> = places.iter().flat_map(|text| names(text)).collect();
    let mut by_name: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for place in atlas.places().iter().filter(|place| names.contains(&place.row.name_key)) {
        by_name.entry(&place.row.name_key).or_default().push((place.around.len(), place.row.id));
    }
    let mut found = BTreeSet::new();
    for mut same in by_name.into_values() {
        // Of a department and a commune of one name the wider; of two communes none.
        same.sort_unstable();
        match same.as_slice() {
            [(_, id)] => {
                found.insert(*id);
            }
            [(widest, id), (next, _), ..] if widest < next => {
                found.insert(*id);
            }
            _ => {}
        }
    }
    found.remove(&home);
    if found.is_empty() {
        found.insert(home);
    }
    Ok(found.into_iter().take(MOST).collect())
}

/// Names within a text such as `Île-de-France (Val d'Oise), Région Hauts-de-France`.
fn names(text: &str) -> impl Iterator<Item = String> {
    let parts = text.split([',', ';', '(', ')']).flat_map(|part| part.split(" and "));
    parts.map(|part| {
        let name = fold(part);
        name.strip_prefix("region ").map_or(name.clone(), str::to_owned)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_out_of_what_records_say() {
        let read = |text| names(text).filter(|name| !name.is_empty()).collect::<Vec<_>>();
        assert_eq!(
            read("Ile-de-France (Ile-Saint-Denis and Val d'Oise), France"),
            ["ile de france", "ile saint denis", "val d oise", "france"]
        );
        assert_eq!(read("Région Hauts-de-France"), ["hauts de france"]);
    }
}
