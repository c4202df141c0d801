//! Filtering by territory: a place, what lies within it, what it lies within (domain BR-32).

use crate::face::filter::given;
use async_graphql::{Enum, InputObject, MaybeUndefined};
use door::{
    Error, Result,
    authz::{Lookup, Store},
    reference::Atlas,
};
use entity::{
    ids::TerritoryId,
    reference::{territory, territory_closure},
};
use sea_orm::{ColumnTrait, Condition};
use std::collections::HashMap;

/// Condition on the territories of a record.
#[derive(Clone, Debug, InputObject)]
pub struct TerritoryFilter {
    /// Codes of territories, such as `REG-76`; any of them. At most 100; an empty list finds nothing.
    pub codes: Vec<String>,
    /// How the record's territories relate to these; `ANY` unless given.
    pub relation: MaybeUndefined<TerritoryRelation>,
}

/// How one territory relates to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum TerritoryRelation {
    /// The same territory.
    Exact,
    /// The same or one around it.
    Wider,
    /// The same or one within it.
    Narrower,
    /// The same, one around it or one within it.
    Any,
}

/// Territories that filters name, by code.
pub struct Places(HashMap<String, TerritoryId>);

impl Places {
    /// Rows whose `link` is a territory that relates so.
    pub fn condition(
        &self,
        store: &Store,
        filter: &TerritoryFilter,
        link: impl ColumnTrait,
    ) -> Result<Condition> {
        use territory_closure::Column::{AncestorId, DescendantId};
        let ids = filter
            .codes
            .iter()
            .map(|code| self.0.get(code).copied().ok_or_else(|| Error::bad_input(Atlas::unknown(code))))
            .collect::<Result<Vec<_>>>()?;
        let relation = given(&filter.relation, "relation")
            .map_err(Error::bad_input)?
            .copied()
            .unwrap_or(TerritoryRelation::Any);
        let narrower = || {
            store.keys::<territory_closure::Entity>(DescendantId, AncestorId.is_in(ids.clone())).holds(link)
        };
        let wider = || {
            store.keys::<territory_closure::Entity>(AncestorId, DescendantId.is_in(ids.clone())).holds(link)
        };
        Ok(match relation {
            TerritoryRelation::Exact => Condition::all().add(link.is_in(ids)),
            TerritoryRelation::Wider => Condition::all().add(wider()),
            TerritoryRelation::Narrower => Condition::all().add(narrower()),
            TerritoryRelation::Any => Condition::any().add(wider()).add(narrower()),
        })
    }
}

/// Looks up the codes of territory filters: those of all filters of a moment in one statement.
pub async fn territories_matching(store: &Store, filters: &[&TerritoryFilter]) -> Result<Places> {
    let codes: Vec<String> = filters.iter().flat_map(|filter| filter.codes.iter().cloned()).collect();
    if codes.is_empty() {
        return Ok(Places(HashMap::new()));
    }
    if codes.len() > 100 {
        return Err(Error::bad_input("A filter takes at most 100 territory codes."));
    }
    let found = codes.iter().map(|code| store.batched(ByCode, code.clone()));
    let found = futures_util::future::try_join_all(found).await?;
    Ok(Places(codes.into_iter().zip(found).filter_map(|(code, id)| Some((code, id?))).collect()))
}

/// Territories by their code.
#[derive(Clone, PartialEq, Eq, Hash)]
struct ByCode;

impl Lookup for ByCode {
    type Key = String;
    type Value = TerritoryId;

    async fn find(self, store: Store, codes: Vec<String>) -> Result<HashMap<String, TerritoryId>> {
        let rows =
            store.see::<territory::Entity>().filter(territory::Column::Code.is_in(codes)).all().await?;
        Ok(rows.into_iter().map(|row| (row.code, row.id)).collect())
    }
}
