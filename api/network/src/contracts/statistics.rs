//! Counts over contracts as the viewer sees them.

use super::{days, disclosure::is_open, sheet::Sheet};
use crate::face::Door;
use async_graphql::{Context, Enum, Object, SimpleObject};
use door::{
    Nullable, Result,
    authz::{CONTRACTS, Store},
    nullable,
};
use entity::{
    codes::{ClaimState, CodeList, DisclosureBlock, PartyRole},
    contracts::{contract, contract_party, outcome_claim},
    ids::ContractId,
};
use gql::scalars::Money;
use sea_orm::ColumnTrait;
use std::collections::{BTreeMap, BTreeSet};

/// Contracts that are counted at most; there are some hundreds in the world.
pub const MOST: u64 = 10_000;

/// What contracts are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ContractStatisticsBy {
    /// Country, two letters.
    Country,
    /// Policy sector, as the contract words it.
    Sector,
    /// Year of the last signature.
    Year,
    /// State of the contract.
    Stage,
}

/// Contracts that have something in common.
#[derive(Clone, Debug, SimpleObject)]
pub struct ContractStatistics {
    /// What they have in common; `null` where it is not known.
    pub key: Option<String>,
    /// Number of contracts.
    pub contract_count: i32,
    /// Of these, how many disclose a total investment.
    pub with_investment_count: i32,
    /// Total and median of disclosed investments, one for each currency; at most 50.
    pub investments: Vec<InvestmentStatistics>,
    /// How many publish prices.
    pub with_prices_count: i32,
    /// How many publish results.
    pub with_results_count: i32,
    /// How many name an evaluator.
    pub with_evaluator_count: i32,
}

/// Investments in one currency.
#[derive(Clone, Debug, SimpleObject)]
pub struct InvestmentStatistics {
    /// Number of contracts.
    pub contract_count: i32,
    /// Sum.
    pub total: Money,
    /// Middle one; of an even number, the lower of the two in the middle.
    pub median: Money,
}

#[derive(Clone, Copy, Default)]
pub struct ContractStatisticsQuery;

#[Object]
impl ContractStatisticsQuery {
    /// Counts over the contracts the viewer sees; amounts, prices and results as far as they are disclosed. At most 1,000 groups.
    async fn contract_statistics(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to count by.")] by: ContractStatisticsBy,
    ) -> Nullable<Vec<ContractStatistics>> {
        nullable(statistics(ctx.store(), by).await.map(Some))
    }
}

pub fn count(list: usize) -> i32 {
    i32::try_from(list).unwrap_or(i32::MAX)
}

async fn statistics(store: &Store, by: ContractStatisticsBy) -> Result<Vec<ContractStatistics>> {
    let rows = store.see::<contract::Entity>().limit(MOST).all().await?;
    let evaluated: BTreeSet<ContractId> = store
        .see::<contract_party::Entity>()
        .filter(contract_party::Column::Role.eq(PartyRole::Evaluator))
        .all()
        .await?
        .into_iter()
        .map(|party| party.contract_id)
        .collect();
    let with_results = with_results(store, &rows).await?;
    let today = days::of(store.now());
    let mut groups: BTreeMap<Option<String>, Vec<contract::Model>> = BTreeMap::new();
    for row in rows {
        let key = match by {
            ContractStatisticsBy::Country => row.country.clone(),
            ContractStatisticsBy::Sector => row.policy_sector.clone(),
            ContractStatisticsBy::Year => {
                row.signed_on.as_ref().and_then(|day| day.get(..4)).map(str::to_owned)
            }
            ContractStatisticsBy::Stage => Some(row.status.code().to_owned()),
        };
        groups.entry(key).or_default().push(row);
    }
    groups
        .into_iter()
        .take(1_000)
        .map(|(key, rows)| group(key, &rows, &evaluated, &with_results, &today))
        .collect()
}

/// Contracts that show results: verified ones, or those of the source they were imported from.
async fn with_results(store: &Store, rows: &[contract::Model]) -> Result<BTreeSet<ContractId>> {
    let is_final = outcome_claim::Column::State.eq(ClaimState::Final);
    let claims = store.as_job(CONTRACTS).see::<outcome_claim::Entity>().filter(is_final).all().await?;
    let verified: BTreeSet<ContractId> = claims.into_iter().map(|claim| claim.contract_id).collect();
    let has_record = |row: &contract::Model| {
        let results = row.extra.get("results").and_then(serde_json::Value::as_array);
        row.is_imported && results.is_some_and(|results| !results.is_empty())
    };
    let today = days::of(store.now());
    let shows = |row: &&contract::Model| {
        is_open(row, DisclosureBlock::Results, &today) && (has_record(row) || verified.contains(&row.id))
    };
    Ok(rows.iter().filter(shows).map(|row| row.id).collect())
}

fn group(
    key: Option<String>,
    rows: &[contract::Model],
    evaluated: &BTreeSet<ContractId>,
    with_results: &BTreeSet<ContractId>,
    today: &str,
) -> Result<ContractStatistics> {
    let mut sums: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    let mut with_prices = 0;
    for row in rows {
        if let Some(amount) = row.investment_minor.filter(|_| is_open(row, DisclosureBlock::Amounts, today)) {
            sums.entry(&row.currency).or_default().push(amount);
        }
        let is_priced = Sheet::of(row)?.metrics.iter().any(|line| !line.metric.tariffs.is_empty());
        with_prices += usize::from(is_priced && is_open(row, DisclosureBlock::Prices, today));
    }
    Ok(ContractStatistics {
        key,
        contract_count: count(rows.len()),
        with_investment_count: count(sums.values().map(Vec::len).sum()),
        investments: sums.into_iter().map(|(currency, amounts)| investments(currency, amounts)).collect(),
        with_prices_count: count(with_prices),
        with_results_count: count(rows.iter().filter(|row| with_results.contains(&row.id)).count()),
        with_evaluator_count: count(rows.iter().filter(|row| evaluated.contains(&row.id)).count()),
    })
}

fn investments(currency: &str, mut amounts: Vec<i64>) -> InvestmentStatistics {
    amounts.sort_unstable();
    InvestmentStatistics {
        contract_count: count(amounts.len()),
        total: Money::from_minor(amounts.iter().fold(0, |sum, amount| sum.saturating_add(*amount)), currency),
        median: Money::from_minor(at(&amounts, 2), currency),
    }
}

/// The value below which so many quarters lie; of two in the middle the lower one.
pub fn at(sorted: &[i64], quarters: usize) -> i64 {
    let place = (sorted.len().saturating_sub(1)) * quarters / 4;
    sorted.get(place).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_are_those_of_the_trade() {
        assert_eq!([at(&[1, 2, 3, 4, 5], 1), at(&[1, 2, 3, 4, 5], 2), at(&[1, 2, 3, 4, 5], 3)], [2, 3, 4]);
        assert_eq!(at(&[1, 2], 2), 1);
        assert_eq!(at(&[], 2), 0);
    }
}
