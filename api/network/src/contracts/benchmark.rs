//! The benchmark of prices, in which no contract can be recognized: neither in one answer, nor in what is left when one
//! answer is taken from another.

use super::{
    sheet::Sheet,
    statistics::{MOST, at, count},
};
use crate::face::Door;
use async_graphql::{Context, Object, SimpleObject};
use door::{
    Error, Nullable, Result,
    authz::{CONTRACTS, Store},
    nullable,
};
use entity::{
    codes::{ContractStatus, PartyRole},
    contracts::{contract, contract_party},
    evidence::{indicator, indicator_use},
    ids::{ContractId, OrganizationId},
};
use gql::scalars::{CurrencyCode, Money};
use payment::terms::Price;
use sea_orm::ColumnTrait;
use std::collections::{BTreeMap, BTreeSet};

/// Contracts, and lead payers among them, below which there is no benchmark.
const FEWEST_CONTRACTS: usize = 5;
const FEWEST_PAYERS: usize = 3;

/// Unit prices of a sector, rounded to two digits, over at least 5 contracts of at least 3 lead payers.
#[derive(Clone, Debug, SimpleObject)]
pub struct TariffBenchmark {
    /// Number of contracts, rounded down to a multiple of 5.
    pub contract_count: i32,
    /// A quarter of the contracts pay no more than this for a unit.
    pub lower_quartile: Money,
    /// Half of the contracts do.
    pub median: Money,
    /// Three quarters of the contracts do.
    pub upper_quartile: Money,
}

#[derive(Clone, Copy, Default)]
pub struct TariffBenchmarkQuery;

#[Object]
impl TariffBenchmarkQuery {
    /// Unit prices of a sector, or of one thing it pays for; `null` if there are too few contracts to hide each among them.
    ///
    /// Prices that are withheld are among them: a contract counts once, by the median of its unit prices, and quartiles
    /// are rounded to two digits. One metric is answered only if the other prices of the sector are as many, too, so that
    /// nothing is learned from the difference. Who sees it: members of the network.
    ///
    /// Errors: `FORBIDDEN`.
    async fn tariff_benchmark(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Policy sector, as contracts word it.")] sector: String,
        #[graphql(
            desc = "Code of the indicator that the metric speaks of; all metrics of the sector unless given."
        )]
        metric: Option<String>,
        #[graphql(desc = "Currency of the prices.")] currency: CurrencyCode,
    ) -> Nullable<TariffBenchmark> {
        nullable(benchmark(ctx.store(), &sector, metric.as_deref(), &currency.0).await)
    }
}

/// States in which prices bind.
const BINDING: [ContractStatus; 6] = [
    ContractStatus::Contracted,
    ContractStatus::Active,
    ContractStatus::Suspended,
    ContractStatus::DeliveryComplete,
    ContractStatus::Settled,
    ContractStatus::Closed,
];

/// Unit price of a metric in a contract.
#[derive(Clone, Debug)]
struct Priced {
    contract: ContractId,
    /// Who leads the contract's payers; nobody if it names none.
    payer: Option<OrganizationId>,
    /// Code of the indicator that the metric speaks of.
    indicator: Option<String>,
    price: i64,
}

async fn benchmark(
    store: &Store,
    sector: &str,
    metric: Option<&str>,
    currency: &str,
) -> Result<Option<TariffBenchmark>> {
    if !store.viewer().in_network() {
        return Err(Error::forbidden("The benchmark is for members of verified organizations."));
    }
    let priced = priced(&store.as_job(CONTRACTS), sector, currency).await?;
    let asked: Vec<&Priced> = match metric {
        None => priced.iter().collect(),
        Some(code) if told_apart(&priced).contains(code) => of(&priced, code).collect(),
        Some(_) => return Ok(None),
    };
    Ok(hides_each(&asked).then(|| quartiles(&asked, currency)))
}

/// All unit prices of a sector, withheld ones among them. Four statements.
async fn priced(system: &Store, sector: &str, currency: &str) -> Result<Vec<Priced>> {
    let rows = system
        .see::<contract::Entity>()
        .filter(contract::Column::PolicySector.eq(sector))
        .filter(contract::Column::Currency.eq(currency))
        .filter(contract::Column::Status.is_in(BINDING))
        .limit(MOST)
        .all()
        .await?;
    let ids = || rows.iter().map(|row| row.id);
    let mut payers = system
        .see::<contract_party::Entity>()
        .filter(contract_party::Column::Role.eq(PartyRole::OutcomePayer))
        .filter(contract_party::Column::ContractId.is_in(ids()))
        .all()
        .await?;
    payers.sort_by_key(|payer| (!payer.is_lead, payer.position, payer.id));
    let indicators = indicators(system, ids().collect()).await?;
    let mut priced = Vec::new();
    for row in &rows {
        let lead = payers.iter().find(|payer| payer.contract_id == row.id);
        for line in Sheet::of(row)?.metrics {
            let indicator = indicators.get(&(row.id, line.metric.code));
            priced.extend(line.metric.tariffs.iter().filter_map(|tariff| match tariff.price {
                Price::UnitPrice { price } => Some(Priced {
                    contract: row.id,
                    payer: lead.map(|payer| payer.organization_id),
                    indicator: indicator.cloned(),
                    price,
                }),
                _ => None,
            }));
        }
    }
    Ok(priced)
}

/// Code of the indicator that each metric speaks of: the one it was put to use for first, so that it has only one.
async fn indicators(
    system: &Store,
    contracts: Vec<ContractId>,
) -> Result<BTreeMap<(ContractId, String), String>> {
    let of_contracts = indicator_use::Column::ContractId.is_in(contracts);
    let mut uses = system.see::<indicator_use::Entity>().filter(of_contracts).all().await?;
    uses.sort_by_key(|row| (row.created_at, row.id));
    let used: BTreeSet<_> = uses.iter().map(|row| row.indicator_id).collect();
    let rows = system.see::<indicator::Entity>().filter(indicator::Column::Id.is_in(used)).all().await?;
    let codes: BTreeMap<_, _> = rows.into_iter().map(|row| (row.id, row.code)).collect();
    let mut found = BTreeMap::new();
    for row in uses {
        if let (Some(contract), Some(metric), Some(code)) =
            (row.contract_id, row.metric, codes.get(&row.indicator_id))
        {
            found.entry((contract, metric)).or_insert_with(|| code.clone());
        }
    }
    Ok(found)
}

fn of<'p>(priced: &'p [Priced], code: &str) -> impl Iterator<Item = &'p Priced> {
    priced.iter().filter(move |one| one.indicator.as_deref() == Some(code))
}

/// Whether enough contracts of enough lead payers stand behind these prices.
fn hides_each(priced: &[&Priced]) -> bool {
    let contracts: BTreeSet<_> = priced.iter().map(|one| one.contract).collect();
    let payers: BTreeSet<_> = priced.iter().filter_map(|one| one.payer).collect();
    contracts.len() >= FEWEST_CONTRACTS && payers.len() >= FEWEST_PAYERS
}

/// Codes of the indicators that may be asked for one by one.
///
/// Each hides its contracts, and so do the prices that are left when all of them are taken from the sector's: whoever
/// asks for some of them and for the sector finds no difference of fewer. It depends on the prices alone, never on who
/// asks or what was asked before.
fn told_apart(priced: &[Priced]) -> BTreeSet<&str> {
    let codes: BTreeSet<&str> = priced.iter().filter_map(|one| one.indicator.as_deref()).collect();
    let mut told = BTreeSet::new();
    for code in codes {
        let class: Vec<_> = of(priced, code).collect();
        let is_told = |one: &&Priced| {
            one.indicator.as_deref().is_some_and(|other| other == code || told.contains(other))
        };
        let rest: Vec<_> = priced.iter().filter(|one| !is_told(one)).collect();
        if hides_each(&class) && (rest.is_empty() || hides_each(&rest)) {
            told.insert(code);
        }
    }
    told
}

fn quartiles(priced: &[&Priced], currency: &str) -> TariffBenchmark {
    let mut units: BTreeMap<ContractId, Vec<i64>> = BTreeMap::new();
    for one in priced {
        units.entry(one.contract).or_default().push(one.price);
    }
    let median = |mut prices: Vec<i64>| {
        prices.sort_unstable();
        at(&prices, 2)
    };
    let mut prices: Vec<i64> = units.into_values().map(median).collect();
    prices.sort_unstable();
    let quartile = |quarters| Money::from_minor(rounded(at(&prices, quarters)), currency);
    TariffBenchmark {
        contract_count: count(prices.len() / 5 * 5),
        lower_quartile: quartile(1),
        median: quartile(2),
        upper_quartile: quartile(3),
    }
}

/// An amount to two digits, so that nobody recognizes a price.
fn rounded(amount: i64) -> i64 {
    let mut step = 1_i64;
    while amount / step >= 100 {
        step = step.saturating_mul(10);
    }
    amount / step * step
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many contracts for each code, of three payers in turn.
    fn sector(classes: &[(Option<&str>, usize)]) -> Vec<Priced> {
        let payers = [(); 3].map(|()| OrganizationId::fresh());
        let each = classes.iter().flat_map(|(code, count)| std::iter::repeat_n(*code, *count));
        each.zip(payers.iter().cycle())
            .map(|(code, payer)| Priced {
                contract: ContractId::fresh(),
                payer: Some(*payer),
                indicator: code.map(str::to_owned),
                price: 1,
            })
            .collect()
    }

    #[test]
    fn roundings_keep_two_digits() {
        assert_eq!([rounded(439_000), rounded(123_456), rounded(99), rounded(7)], [430_000, 120_000, 99, 7]);
    }

    #[test]
    fn what_is_left_of_a_sector_hides_as_many_as_what_is_told() {
        for (classes, told) in [
            (&[(Some("a"), 5)][..], &["a"][..]),
            (&[(Some("a"), 4), (None, 9)], &[]),
            (&[(Some("a"), 5), (None, 4)], &[]),
            (&[(Some("a"), 5), (None, 5)], &["a"]),
            (&[(Some("a"), 5), (Some("b"), 5)], &["a", "b"]),
            // Sector less `a` less `b` would be the four.
            (&[(Some("a"), 5), (Some("b"), 5), (None, 4)], &["a"]),
            (&[(Some("a"), 5), (Some("b"), 5), (None, 5)], &["a", "b"]),
        ] {
            assert_eq!(told_apart(&sector(classes)), told.iter().copied().collect(), "{classes:?}");
        }
        let mut one_payer = sector(&[(Some("a"), 9)]);
        for one in &mut one_payer {
            one.payer = None;
        }
        assert!(told_apart(&one_payer).is_empty(), "contracts of too few payers");
    }
}
