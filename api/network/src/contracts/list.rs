//! Lists of contracts: narrowed, searched, counted by what they have in common.

use super::{
    contract::ImpactContract,
    filter::{self, ContractFilter, ContractOrder},
};
use crate::face::{Door, filter::Budget, list};
use async_graphql::{Context, Enum, Object, SimpleObject};
use door::{Error, Nullable, Result, authz::Store, nullable};
use entity::{codes::CodeList, contracts::contract};
use gql::connection::{Connection, Count, Edge, PageInfo, Paging};
use std::collections::BTreeMap;

/// Contracts that are counted at most; there are some hundreds in the world.
const MOST: u64 = 10_000;

/// Values of one facet that are shown, the most frequent first.
const MOST_VALUES: usize = 100;

/// One page of a list of contracts: 20 unless asked, at most 100.
pub struct ImpactContractConnection {
    page: Connection<ImpactContract>,
    filter: Option<ContractFilter>,
    search: Option<String>,
}

/// What contracts are counted by, beside a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ContractFacetField {
    /// Country, two letters.
    Country,
    /// Policy sector, as the contract words it.
    Sector,
    /// State of the contract.
    Status,
    /// How it binds its parties.
    Structure,
    /// Year of the last signature.
    Year,
    /// Number of a Sustainable Development Goal.
    SdgGoal,
}

/// Numbers of contracts by the values of one field.
#[derive(Clone, Debug, SimpleObject)]
pub struct ContractFacet {
    /// Field that is counted by.
    pub field: ContractFacetField,
    /// Values with their numbers, the most frequent first; at most 100.
    pub values: Vec<ContractFacetValue>,
}

/// Number of contracts that have a value.
#[derive(Clone, Debug, SimpleObject)]
pub struct ContractFacetValue {
    /// Value, as the filter takes it.
    pub value: String,
    /// Number of contracts under all other conditions of the list.
    pub contract_count: i32,
}

/// One page of a list of contracts: 20 unless asked, at most 100.
#[Object]
impl ImpactContractConnection {
    /// Places in the list, each with its cursor.
    async fn edges(&self) -> &[Edge<ImpactContract>] {
        &self.page.edges
    }

    /// Contracts of the page, for callers that need no cursors.
    async fn nodes(&self) -> Vec<&ImpactContract> {
        self.page.edges.iter().map(|edge| &edge.node).collect()
    }

    /// Place of the page in the list.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            has_next_page: self.page.has_next,
            has_previous_page: self.page.has_previous,
            start_cursor: self.page.edges.first().map(|edge| edge.place.cursor()),
            end_cursor: self.page.edges.last().map(|edge| edge.place.cursor()),
        }
    }

    /// Length of the whole list as far as the viewer sees it: exact up to 10,000, counted only when asked for.
    async fn total_count(&self) -> Option<async_graphql::Result<Count>> {
        Some(self.page.counter.count().await)
    }

    /// Numbers of contracts by country, sector and so on, each under all other conditions of the list.
    ///
    /// Errors: `BAD_USER_INPUT`.
    async fn facets(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to count by; at most 6.")] by: Vec<ContractFacetField>,
    ) -> Nullable<Vec<ContractFacet>> {
        nullable(facets(ctx.store(), self.filter.as_ref(), self.search.as_deref(), by).await.map(Some))
    }
}

pub async fn page(
    store: &Store,
    filter: Option<ContractFilter>,
    search: Option<String>,
    order_by: Option<Vec<ContractOrder>>,
    paging: Paging,
) -> Nullable<ImpactContractConnection> {
    let ask = filter::ask(store, filter.as_ref(), search.as_deref(), order_by.as_deref(), paging).await;
    let page = list(store, ask).await?;
    Some(page.map(|page| ImpactContractConnection { page, filter, search }))
}

async fn facets(
    store: &Store,
    filter: Option<&ContractFilter>,
    search: Option<&str>,
    by: Vec<ContractFacetField>,
) -> Result<Vec<ContractFacet>> {
    if by.len() > 6 {
        return Err(Error::bad_input("`by` takes at most 6 fields."));
    }
    let mut found = Vec::new();
    for field in by {
        let others = filter.map(|filter| without(filter, field));
        let mut budget = Budget::default();
        let condition = filter::condition(store, others.as_ref(), search, &mut budget).await?;
        let rows = store.see::<contract::Entity>().filter(condition).limit(MOST).all().await?;
        found.push(ContractFacet { field, values: count(&rows, field) });
    }
    Ok(found)
}

/// The filter less its own condition on the field, so that other values stay in sight.
fn without(filter: &ContractFilter, field: ContractFacetField) -> ContractFilter {
    let mut others = filter.clone();
    match field {
        ContractFacetField::Country => others.countries = None,
        ContractFacetField::Sector => others.sectors = None,
        ContractFacetField::Status => others.status = None,
        ContractFacetField::Structure => others.structure = None,
        ContractFacetField::Year => others.years = None,
        ContractFacetField::SdgGoal => others.sdg_goals = None,
    }
    others
}

fn count(rows: &[contract::Model], field: ContractFacetField) -> Vec<ContractFacetValue> {
    let mut counts: BTreeMap<String, i32> = BTreeMap::new();
    for value in rows.iter().flat_map(|row| values(row, field)) {
        *counts.entry(value).or_default() += 1;
    }
    let mut values: Vec<_> = counts
        .into_iter()
        .map(|(value, contract_count)| ContractFacetValue { value, contract_count })
        .collect();
    values.sort_by(|one, other| {
        other.contract_count.cmp(&one.contract_count).then_with(|| one.value.cmp(&other.value))
    });
    values.truncate(MOST_VALUES);
    values
}

fn values(row: &contract::Model, field: ContractFacetField) -> Vec<String> {
    let one = |value: Option<&str>| value.map(str::to_owned).into_iter().collect();
    match field {
        ContractFacetField::Country => one(row.country.as_deref()),
        ContractFacetField::Sector => one(row.policy_sector.as_deref()),
        ContractFacetField::Status => one(Some(row.status.code())),
        ContractFacetField::Structure => one(Some(row.structure.code())),
        ContractFacetField::Year => one(row.signed_on.as_deref().and_then(|day| day.get(..4))),
        ContractFacetField::SdgGoal => {
            row.sdg_goals.split('|').filter(|goal| !goal.is_empty()).map(str::to_owned).collect()
        }
    }
}
