//! What lists of projects can be narrowed and sorted by.

use crate::{
    face::{
        Conditions,
        filter::{
            Budget, CodesFilter, DateTimeFilter, MoneyFilter, NullsOrder, OneOf, OrderDirection, TextFilter,
            given,
        },
    },
    reference::{TerritoryFilter, TerritoryRelation},
};
use async_graphql::{Enum, ID, InputObject, MaybeUndefined};
use door::{Error, Result, authz::Store};
use entity::{codes::*, projects::need};
use sea_orm::{ColumnTrait, Condition};

/// Conditions on projects; all that are given have to hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct ProjectFilter {
    /// All of these hold. At most 4 levels deep and 50 conditions in all.
    pub and: Option<Vec<ProjectFilter>>,
    /// At least one of these holds; an empty list finds nothing.
    pub or: Option<Vec<ProjectFilter>>,
    /// This does not hold.
    pub not: Option<Box<ProjectFilter>>,
    /// Whether one can fund it: published, its holder verified, at least one funding need open.
    pub is_fundable: Option<bool>,
    /// By state; others than `PUBLISHED` are found in one's own slice only.
    pub status: Option<OneOf<ProjectStatus>>,
    /// By stage.
    pub stage: Option<OneOf<ProjectStage>>,
    /// By licence of the description.
    pub licence: Option<OneOf<Licence>>,
    /// By title.
    pub title: Option<TextFilter>,
    /// By holder.
    pub holder: Option<HolderFilter>,
    /// By codes of themes, such as `EMP`.
    pub themes: Option<CodesFilter>,
    /// By codes of axes of themes, such as `INCLUSION`.
    pub axes: Option<CodesFilter>,
    /// By codes of audiences.
    pub publics: Option<CodesFilter>,
    /// By codes of methods.
    pub methods: Option<CodesFilter>,
    /// By codes of policy sectors.
    pub policy_sectors: Option<CodesFilter>,
    /// By numbers of Sustainable Development Goals, such as `8`.
    pub sdg_goals: Option<CodesFilter>,
    /// By codes of SDG targets, such as `8.5`.
    pub sdg_targets: Option<CodesFilter>,
    /// By territory, its surroundings or its parts.
    pub territory: Option<TerritoryFilter>,
    /// By instruments of its open funding needs.
    pub instruments: Option<InstrumentsFilter>,
    /// By the sum its open funding needs still ask for in one currency; for members of the network.
    pub amount_sought: Option<MoneyFilter>,
    /// By what the project is looking for.
    pub needs: Option<NeedsFilter>,
    /// By instant of publication.
    pub published_at: Option<DateTimeFilter>,
    /// By instant of the last change.
    pub updated_at: Option<DateTimeFilter>,
}

impl ProjectFilter {
    /// Projects found under a territory, for which this also holds.
    pub fn under(code: String, filter: Option<Self>) -> Self {
        let relation = MaybeUndefined::Value(TerritoryRelation::Narrower);
        let territory = Some(TerritoryFilter { codes: vec![code], relation });
        Self { and: filter.map(|filter| vec![filter]), territory, ..Self::default() }
    }
}

/// Conditions on the organization that carries a project; all that are given have to hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct HolderFilter {
    /// By id.
    pub id: Option<OneOf<ID>>,
    /// By kind of actor; an organization may be of several kinds.
    pub kind: Option<OneOf<ActorKind>>,
    /// By legal form.
    pub legal_form: Option<OneOf<LegalForm>>,
    /// By accreditation; an organization may have several.
    pub accreditation: Option<OneOf<AccreditationKind>>,
}

/// Conditions on the instruments of open funding needs.
#[derive(Clone, Debug, InputObject)]
pub struct InstrumentsFilter {
    /// Asks for at least one of these; an empty list finds nothing.
    pub some: MaybeUndefined<Vec<FundingInstrument>>,
    /// Asks for none of these.
    pub none: MaybeUndefined<Vec<FundingInstrument>>,
}

/// Conditions on the needs of a project.
#[derive(Clone, Debug, InputObject)]
pub struct NeedsFilter {
    /// At least one need for which all of this holds.
    pub some: Option<NeedFilter>,
    /// No need for which all of this holds.
    pub none: Option<NeedFilter>,
}

/// Conditions on one need; all that are given have to hold.
#[derive(Clone, Debug, InputObject)]
pub struct NeedFilter {
    /// By kind.
    pub kind: Option<OneOf<NeedKind>>,
    /// By state.
    pub state: Option<OneOf<NeedState>>,
    /// By instrument.
    pub instrument: Option<OneOf<FundingInstrument>>,
    /// By amount; for members of the network.
    pub amount: Option<MoneyFilter>,
}

/// Key to sort projects by.
#[derive(Clone, Debug, InputObject)]
pub struct ProjectOrder {
    /// What to sort by.
    pub field: ProjectOrderField,
    /// Which way.
    #[graphql(default_with = "OrderDirection::Asc")]
    pub direction: OrderDirection,
    /// Where projects without a value stand.
    #[graphql(default_with = "NullsOrder::Last")]
    pub nulls: NullsOrder,
}

/// What projects can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ProjectOrderField {
    /// Instant of publication; drafts have none.
    PublishedAt,
    /// Instant of the last change.
    UpdatedAt,
    /// Instant of creation.
    CreatedAt,
    /// Title without case and accents.
    Title,
    /// Start of the project, as precise as it is known.
    StartedOn,
    /// Euros that open funding needs still ask for; for members of the network.
    AmountSought,
    /// How well it answers `search`, best first whatever the direction; only with `search` and alone.
    Relevance,
}

pub(super) fn need_condition(store: &Store, filter: &NeedFilter) -> Result<Condition> {
    use need::Column;
    let mut budget = Budget::default();
    let mut all = Conditions::new(&mut budget);
    all.one_of("needs.kind", filter.kind.as_ref(), Column::Kind, |code| Ok((*code).into()))?;
    all.one_of("needs.state", filter.state.as_ref(), Column::State, |code| Ok((*code).into()))?;
    all.one_of(
        "needs.instrument",
        filter.instrument.as_ref(),
        Column::Instrument,
        |code| Ok((*code).into()),
    )?;
    if let Some(amount) = &filter.amount {
        store.may_ask("Need.amount")?;
        for (name, bound, is_least) in [("gte", &amount.gte, true), ("lte", &amount.lte, false)] {
            let Some(money) = given(bound, &format!("needs.amount.{name}")).map_err(Error::bad_input)? else {
                continue;
            };
            let minor = money.minor().ok_or_else(|| {
                Error::bad_input(format!(
                    "`needs.amount.{name}` has more decimals than {} has.",
                    money.currency.0
                ))
            })?;
            all.add(Column::Currency.eq(&money.currency.0))?;
            all.add(if is_least { Column::AmountMinor.gte(minor) } else { Column::AmountMinor.lte(minor) })?;
        }
    }
    Ok(all.done())
}
