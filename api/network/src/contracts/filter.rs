//! What lists of contracts can be narrowed and sorted by.

use crate::{
    face::{
        Conditions, at_most, contains,
        filter::{Budget, DEEPEST, MoneyFilter, NullsOrder, OneOf, OrderDirection, TextFilter, given},
        key, order as ordered,
    },
    reference::{Places, TerritoryFilter, TerritoryRelation, territories_matching},
};
use async_graphql::{Enum, ID, InputObject, MaybeUndefined};
use door::{
    Error, Result,
    authz::{Ask, Store},
    fold::fold,
};
use entity::{
    codes::{ContractStatus, ContractStructure, PartyRole},
    contracts::{contract, contract_party, contract_territory},
    ids::OrganizationId,
};
use gql::connection::Paging;
use sea_orm::{
    ColumnTrait, Condition,
    sea_query::{Expr, ExprTrait},
};

/// Conditions on impact contracts; all that are given have to hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct ContractFilter {
    /// All of these hold. At most 4 levels deep and 50 conditions in all.
    pub and: Option<Vec<ContractFilter>>,
    /// At least one of these holds; an empty list finds nothing.
    pub or: Option<Vec<ContractFilter>>,
    /// This does not hold.
    pub not: Option<Box<ContractFilter>>,
    /// By state; those before `CONTRACTED` are found in one's own slice only.
    pub status: Option<OneOf<ContractStatus>>,
    /// By structure.
    pub structure: Option<OneOf<ContractStructure>>,
    /// By title.
    pub title: Option<TextFilter>,
    /// By policy sector, as the contract words it; any of these. At most 100.
    pub sectors: Option<Vec<String>>,
    /// By country, two letters; any of these. At most 100.
    pub countries: Option<Vec<String>>,
    /// By numbers of Sustainable Development Goals; any of these. At most 17.
    pub sdg_goals: Option<Vec<i32>>,
    /// By the year of the last signature; any of these. At most 100.
    pub years: Option<Vec<i32>>,
    /// Contracts in which this organization takes part.
    pub organization: Option<ID>,
    /// With `organization`: in this role.
    pub role: Option<PartyRole>,
    /// By a territory it takes effect in, its surroundings or its parts.
    pub territory: Option<TerritoryFilter>,
    /// By stated total investment; finds imported contracts only, whose amounts are public.
    pub investment: Option<MoneyFilter>,
    /// Whether it was imported as history.
    pub is_imported: Option<bool>,
}

impl ContractFilter {
    /// Contracts in a territory or in what lies within it, for which this also holds.
    pub fn under(code: String, filter: Option<Self>) -> Self {
        let relation = MaybeUndefined::Value(TerritoryRelation::Narrower);
        let territory = Some(TerritoryFilter { codes: vec![code], relation });
        Self { and: filter.map(|filter| vec![filter]), territory, ..Self::default() }
    }
}

/// Key to sort contracts by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ContractOrderField {
    /// Title, without case and accents.
    Title,
    /// When the last party signed.
    SignedOn,
    /// When it was created.
    CreatedAt,
}

/// Order of contracts.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct ContractOrder {
    /// What to sort by.
    pub field: ContractOrderField,
    /// Which way.
    #[graphql(default_with = "OrderDirection::Asc")]
    pub direction: OrderDirection,
    /// Where contracts without a value stand.
    #[graphql(default_with = "NullsOrder::Last")]
    pub nulls: NullsOrder,
}

pub async fn ask(
    store: &Store,
    filter: Option<&ContractFilter>,
    search: Option<&str>,
    order_by: Option<&[ContractOrder]>,
    paging: Paging,
) -> Result<Ask<contract::Entity>> {
    let window = paging.window().map_err(Error::bad_input)?;
    let mut budget = Budget::default();
    let condition = condition(store, filter, search, &mut budget).await?;
    let asked = order_by.unwrap_or_default();
    if asked.len() > 3 {
        return Err(Error::bad_input("`orderBy` takes at most 3 keys."));
    }
    let keys = asked.iter().map(|key| {
        let column = match key.field {
            ContractOrderField::Title => contract::Column::TitleKey,
            ContractOrderField::SignedOn => contract::Column::SignedOn,
            ContractOrderField::CreatedAt => contract::Column::CreatedAt,
        };
        (column, key.direction, key.nulls)
    });
    let order = ordered(keys, (contract::Column::TitleKey, OrderDirection::Asc), contract::Column::Id);
    Ok(Ask::new("impactContracts", condition, &format!("{filter:?} {search:?}"), order, window))
}

/// Everything a list is narrowed by: its filter, and each word of its search, in any place.
pub async fn condition(
    store: &Store,
    filter: Option<&ContractFilter>,
    search: Option<&str>,
    budget: &mut Budget,
) -> Result<Condition> {
    let mut all = match filter {
        Some(filter) => {
            let mut territories = Vec::new();
            gather_territories(filter, &mut territories, 0)?;
            build(store, &territories_matching(store, &territories).await?, filter, budget)?
        }
        None => Condition::all(),
    };
    if let Some(search) = search {
        if search.chars().count() > 200 {
            return Err(Error::bad_input("`search` takes at most 200 characters."));
        }
        for word in fold(search).split(' ').filter(|word| !word.is_empty()) {
            all = all.add(contains(contract::Column::SearchKey, word));
        }
    }
    Ok(all)
}

/// Every territory filter in the tree, so that their codes are looked up in one statement.
fn gather_territories<'f>(
    filter: &'f ContractFilter,
    found: &mut Vec<&'f TerritoryFilter>,
    depth: usize,
) -> Result<()> {
    if depth > DEEPEST {
        return Err(Error::bad_input("A filter may not nest deeper."));
    }
    found.extend(&filter.territory);
    let within = filter.and.iter().flatten().chain(filter.or.iter().flatten()).chain(filter.not.as_deref());
    within.into_iter().try_for_each(|inner| gather_territories(inner, found, depth + 1))
}

fn build(store: &Store, places: &Places, filter: &ContractFilter, budget: &mut Budget) -> Result<Condition> {
    use contract::Column;
    let mut all = Conditions::new(budget);
    all.one_of("status", filter.status.as_ref(), Column::Status, |code| Ok((*code).into()))?;
    all.one_of("structure", filter.structure.as_ref(), Column::Structure, |code| Ok((*code).into()))?;
    all.text("title", filter.title.as_ref(), Column::TitleKey)?;
    if let Some(sectors) = &filter.sectors {
        at_most(sectors.len(), 100, "sectors")?;
        all.add(Column::PolicySector.is_in(sectors))?;
    }
    if let Some(countries) = &filter.countries {
        at_most(countries.len(), 100, "countries")?;
        all.add(Column::Country.is_in(countries))?;
    }
    if let Some(goals) = &filter.sdg_goals {
        at_most(goals.len(), 17, "sdgGoals")?;
        all.add(any(goals.iter().map(|goal| Column::SdgGoals.contains(format!("|{goal}|")))))?;
    }
    if let Some(years) = &filter.years {
        at_most(years.len(), 100, "years")?;
        all.add(any(years.iter().map(|year| Column::SignedOn.starts_with(format!("{year:04}")))))?;
    }
    if let Some(organization) = &filter.organization {
        let organization: OrganizationId = key(organization)?;
        let mut party = Condition::all().add(contract_party::Column::OrganizationId.eq(organization));
        if let Some(role) = filter.role {
            party = party.add(contract_party::Column::Role.eq(role));
        }
        all.add(store.wholes::<contract_party::Entity>(party).holds(Column::Id))?;
    } else if filter.role.is_some() {
        return Err(Error::bad_input("`role` goes with `organization`."));
    }
    if let Some(territory) = &filter.territory {
        let there = places.condition(store, territory, contract_territory::Column::TerritoryId)?;
        all.add(store.wholes::<contract_territory::Entity>(there).holds(Column::Id))?;
    }
    if let Some(investment) = &filter.investment {
        for (name, bound, is_least) in [("gte", &investment.gte, true), ("lte", &investment.lte, false)] {
            let Some(money) = given(bound, &format!("investment.{name}")).map_err(Error::bad_input)? else {
                continue;
            };
            let minor = money.minor().ok_or_else(|| {
                Error::bad_input(format!("`investment.{name}` has more decimals than its currency."))
            })?;
            all.add(Column::IsImported.eq(true))?;
            all.add(Column::Currency.eq(&money.currency.0))?;
            all.add(if is_least {
                Column::InvestmentMinor.gte(minor)
            } else {
                Column::InvestmentMinor.lte(minor)
            })?;
        }
    }
    if let Some(is_imported) = filter.is_imported {
        all.add(Column::IsImported.eq(is_imported))?;
    }
    all.combined(filter.and.as_ref(), filter.or.as_ref(), filter.not.as_deref(), |inner, budget| {
        build(store, places, inner, budget)
    })?;
    Ok(all.done())
}

/// One of these; nothing is true of an empty list.
fn any(conditions: impl Iterator<Item = sea_orm::sea_query::SimpleExpr>) -> Condition {
    conditions.fold(Condition::any().add(Expr::val(1).eq(0)), Condition::add)
}
