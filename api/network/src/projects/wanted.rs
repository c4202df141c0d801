//! What a filter of projects asks, told once for all who answer it: the read model in SQL, the search index in memory.

use super::filter::NeedFilter;
use crate::face::{contains, folded_starts_with};
use door::{
    Error, Result,
    authz::{Scoped, Store},
    card::{ANY_THEME, MAIN_CURRENCY},
    reference::Reference,
};
use entity::{
    At,
    codes::{NeedKind, NeedState},
    ids::{OrganizationId, ProjectId, TermId, TerritoryId},
    projects::{need, project_term},
    read_model::{OWN, Packed, project_card, project_entry},
};
use sea_orm::{
    ColumnTrait, Condition, IntoSimpleExpr,
    sea_query::{Expr, ExprTrait, IntoCondition, SimpleExpr},
};
use search::{Check, Comparison, Moment};
use std::{collections::HashSet, sync::Arc};

/// Projects that a condition may single out for the index.
const SINGLED_OUT: u64 = 50_000;

/// A condition on projects. Every one is either true or false of a project, never unknown.
#[derive(Clone, Debug)]
pub enum Wanted {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    /// One of these bits is set.
    Bits(Packed, i64),
    /// Carries a theme with one of these bits, asked for by its axis.
    Axes(i64),
    /// Held by one of these.
    Holder(Vec<OrganizationId>),
    /// Carries one of these terms, which have no bits.
    Terms(Vec<TermId>),
    Places(Places),
    Sought(Sought),
    Instant(Moment, Comparison, At),
    Title(TitleIs),
    /// Has a need of which all of this holds.
    Need(Box<NeedFilter>),
    /// Is one of these: what the search index is told of conditions that only the database knows.
    Among(Arc<HashSet<ProjectId>>),
}

/// Found under one of `under`, or with one of `own` as a territory of its own.
#[derive(Clone, Debug, Default)]
pub struct Places {
    pub under: Vec<TerritoryId>,
    pub own: Vec<TerritoryId>,
}

/// Still seeks an amount in this currency, within these bounds.
#[derive(Clone, Debug)]
pub struct Sought {
    pub currency: String,
    pub least: Option<i64>,
    pub most: Option<i64>,
}

#[derive(Clone, Debug)]
pub enum TitleIs {
    Equal(String),
    Beginning(String),
    Containing(String),
}

/// Table that a condition is asked of; both have the packed columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    Card,
    Entry,
}

impl Table {
    fn packed(self, column: Packed) -> SimpleExpr {
        macro_rules! column {
            ($($name:ident),+) => {
                match (self, column) {$(
                    (Self::Card, Packed::$name) => project_card::Column::$name.into_simple_expr(),
                    (Self::Entry, Packed::$name) => project_entry::Column::$name.into_simple_expr(),
                )+}
            };
        }
        column!(Facts, HolderFacts, Themes, Publics, Ways)
    }

    fn holder(self) -> SimpleExpr {
        match self {
            Self::Card => project_card::Column::HolderId.into_simple_expr(),
            Self::Entry => project_entry::Column::HolderId.into_simple_expr(),
        }
    }

    fn sought(self) -> SimpleExpr {
        match self {
            Self::Card => project_card::Column::Sought.into_simple_expr(),
            Self::Entry => project_entry::Column::Sought.into_simple_expr(),
        }
    }
}

pub fn has_bits(column: SimpleExpr, mask: i64) -> SimpleExpr {
    column.bit_and(mask).ne(0)
}

impl Wanted {
    /// The alternatives of nothing.
    pub const fn nothing() -> Self {
        Self::Any(Vec::new())
    }

    /// Whether entries alone can tell.
    pub fn fits_entries(&self) -> bool {
        match self {
            Self::All(inner) | Self::Any(inner) => inner.iter().all(Self::fits_entries),
            Self::Not(inner) => inner.fits_entries(),
            Self::Bits(..) | Self::Axes(_) | Self::Holder(_) => true,
            Self::Sought(sought) => sought.currency == MAIN_CURRENCY,
            Self::Terms(_)
            | Self::Places(_)
            | Self::Instant(..)
            | Self::Title(_)
            | Self::Need(_)
            | Self::Among(_) => false,
        }
    }

    pub fn sql(&self, store: &Store, table: Table) -> Result<Condition> {
        Ok(match self {
            Self::All(inner) => inner.iter().try_fold(Condition::all(), |all, one| {
                Ok::<_, door::Error>(all.add(one.sql(store, table)?))
            })?,
            Self::Any(inner) => {
                // No alternative is true of nothing.
                let none = Condition::any().add(Expr::val(1).eq(0));
                inner
                    .iter()
                    .try_fold(none, |any, one| Ok::<_, door::Error>(any.add(one.sql(store, table)?)))?
            }
            Self::Not(inner) => inner.sql(store, table)?.not(),
            Self::Bits(column, mask) => has_bits(table.packed(*column), *mask).into_condition(),
            Self::Axes(mask) => has_bits(table.packed(Packed::Themes), *mask).into_condition(),
            Self::Holder(ids) => table.holder().is_in(ids.iter().copied()).into_condition(),
            Self::Sought(sought) if sought.currency == MAIN_CURRENCY => {
                sought.bounds(&table.sought()).add(table.sought().is_not_null())
            }
            other => other.of_card(store)?.into_condition(),
        })
    }

    /// Conditions that entries cannot tell.
    fn of_card(&self, store: &Store) -> Result<SimpleExpr> {
        use project_card::Column;
        let among = |keys: Scoped| keys.holds(Column::ProjectId);
        Ok(match self {
            Self::Terms(ids) => {
                let link = project_term::Column::TermId.is_in(ids.iter().copied());
                among(store.wholes::<project_term::Entity>(link))
            }
            Self::Places(places) => {
                among(store.keys::<project_entry::Entity>(project_entry::Column::ProjectId, places.sql()))
            }
            Self::Sought(sought) => among(sought.keys(store)),
            Self::Instant(moment, comparison, at) => {
                let column = match moment {
                    Moment::Published => Column::PublishedAt,
                    Moment::Updated => Column::UpdatedAt,
                };
                let holds = match comparison {
                    Comparison::From => column.gte(*at),
                    Comparison::After => column.gt(*at),
                    Comparison::To => column.lte(*at),
                    Comparison::Before => column.lt(*at),
                };
                column.is_not_null().and(holds)
            }
            Self::Title(TitleIs::Equal(folded)) => Column::TitleKey.eq(folded.clone()),
            Self::Title(TitleIs::Beginning(text)) => {
                let keys = store.keys::<project_card::Entity>(
                    Column::ProjectId,
                    folded_starts_with(Column::TitleKey, text),
                );
                among(keys)
            }
            Self::Title(TitleIs::Containing(text)) => contains(Column::TitleKey, text),
            Self::Need(filter) => {
                among(store.wholes::<need::Entity>(super::filter::need_condition(store, filter)?))
            }
            Self::Among(ids) => Column::ProjectId.is_in(ids.iter().copied()),
            Self::All(_) | Self::Any(_) | Self::Not(_) | Self::Bits(..) | Self::Axes(_) | Self::Holder(_) => {
                Expr::val(1).eq(1)
            }
        })
    }

    /// The same for the index: what only the database knows is asked of it, one statement for each such condition.
    pub async fn for_index(self, store: &Store) -> Result<Self> {
        Ok(match self {
            Self::All(inner) => Self::All(each_for_index(inner, store).await?),
            Self::Any(inner) => Self::Any(each_for_index(inner, store).await?),
            Self::Not(inner) => Self::Not(Box::new(Box::pin(inner.for_index(store)).await?)),
            one if one.is_known_to_index() => one,
            other => {
                let condition = other.sql(store, Table::Card)?;
                let found = store.see::<project_card::Entity>().filter(condition).limit(SINGLED_OUT + 1);
                let ids: HashSet<_> = found.ids().await?.into_iter().collect();
                if ids.len() as u64 > SINGLED_OUT {
                    return Err(Error::bad_input(format!(
                        "With `search` or `facets`, filters on titles, needs and amounts in other currencies than \
                         {MAIN_CURRENCY} may hold for at most {SINGLED_OUT} projects each."
                    )));
                }
                Self::Among(Arc::new(ids))
            }
        })
    }

    /// What was made [for the index](Self::for_index), in its own numbers.
    pub fn check(&self, reference: &Reference) -> Result<Check> {
        let all = |inner: &[Self]| inner.iter().map(|one| one.check(reference)).collect::<Result<Vec<_>>>();
        Ok(match self {
            Self::All(inner) => Check::All(all(inner)?),
            Self::Any(inner) => Check::Any(all(inner)?),
            Self::Not(inner) => Check::Not(Box::new(inner.check(reference)?)),
            Self::Bits(column, mask) => Check::Bits(*column, *mask),
            Self::Axes(mask) => Check::Bits(Packed::Themes, *mask),
            Self::Holder(ids) => Check::holders(ids),
            Self::Terms(ids) => Check::terms(ids),
            Self::Places(places) => {
                let numbers = |ids: &[TerritoryId]| {
                    ids.iter().filter_map(|id| reference.atlas.number(*id)).collect::<Vec<_>>()
                };
                Check::places(numbers(&places.under).into_iter(), numbers(&places.own).into_iter())
            }
            Self::Sought(sought) if sought.currency == MAIN_CURRENCY => {
                Check::Sought(sought.least, sought.most)
            }
            Self::Instant(moment, comparison, at) => Check::Instant(*moment, *comparison, at.0),
            Self::Among(ids) => Check::Among(ids.clone()),
            Self::Sought(_) | Self::Title(_) | Self::Need(_) => {
                return Err(Error::Internal(anyhow::anyhow!(
                    "the index was asked what only the database knows"
                )));
            }
        })
    }

    fn is_known_to_index(&self) -> bool {
        match self {
            Self::Title(_) | Self::Need(_) => false,
            Self::Sought(sought) => sought.currency == MAIN_CURRENCY,
            _ => true,
        }
    }

    /// Conditions that all have to hold, the nested ones among them.
    pub fn conjuncts(self) -> Vec<Self> {
        match self {
            Self::All(inner) => inner.into_iter().flat_map(Self::conjuncts).collect(),
            other => vec![other],
        }
    }
}

async fn each_for_index(inner: Vec<Wanted>, store: &Store) -> Result<Vec<Wanted>> {
    let mut all = Vec::new();
    for one in inner {
        all.push(Box::pin(one.for_index(store)).await?);
    }
    Ok(all)
}

impl Places {
    fn sql(&self) -> Condition {
        use project_entry::Column::{Facts, PlaceId, Theme};
        let own = PlaceId.is_in(self.own.iter().copied()).and(has_bits(Facts.into_simple_expr(), OWN));
        let there = Condition::any().add(PlaceId.is_in(self.under.iter().copied())).add(own);
        Condition::all().add(Theme.eq(ANY_THEME)).add(there)
    }
}

impl Sought {
    fn bounds(&self, amount: &SimpleExpr) -> Condition {
        let least = self.least.map(|least| amount.clone().gte(least));
        let most = self.most.map(|most| amount.clone().lte(most));
        Condition::all().add_option(least).add_option(most)
    }

    /// Projects whose open needs in the currency add up so.
    fn keys(&self, store: &Store) -> Scoped {
        use need::Column::{AmountMinor, Currency, Kind, State};
        let open = Condition::all()
            .add(Kind.eq(NeedKind::Funding))
            .add(State.eq(NeedState::Open))
            .add(Currency.eq(self.currency.clone()))
            .add(AmountMinor.is_not_null());
        store.wholes_by_sum::<need::Entity>(open, AmountMinor, |sum| self.bounds(sum))
    }
}
