//! What lists of projects can be narrowed and sorted by.

use crate::{
    Error, Result,
    authz::{Sort, Store},
    face::{
        Conditions,
        filter::{
            Budget, CodesFilter, DateTimeFilter, MoneyFilter, NullsOrder, OneOf, OrderDirection, TextFilter,
            given,
        },
        key, order as ordered,
    },
    reference::{TerritoryFilter, territories_matching},
};
use async_graphql::{Enum, ID, InputObject};
use entity::{
    codes::*,
    ids::OrganizationId,
    projects::{need, project, project_term, project_territory},
    reference::term,
};
use sea_orm::{
    ColumnTrait, Condition,
    sea_query::{ExprTrait, SimpleExpr},
};

/// Conditions on projects; all that are given have to hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct ProjectFilter {
    /// All of these hold. At most 4 levels deep and 50 conditions in all.
    pub and: Option<Vec<ProjectFilter>>,
    /// At least one of these holds; an empty list finds nothing.
    pub or: Option<Vec<ProjectFilter>>,
    /// This does not hold.
    pub not: Option<Box<ProjectFilter>>,
    /// By state; others than `PUBLISHED` are found in one's own slice only.
    pub status: Option<OneOf<ProjectStatus>>,
    /// By stage.
    pub stage: Option<OneOf<ProjectStage>>,
    /// By licence of the description.
    pub licence: Option<OneOf<Licence>>,
    /// By title.
    pub title: Option<TextFilter>,
    /// By holder.
    pub holder: Option<OneOf<ID>>,
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
    /// By what the project is looking for.
    pub needs: Option<NeedsFilter>,
    /// By instant of publication.
    pub published_at: Option<DateTimeFilter>,
    /// By instant of the last change.
    pub updated_at: Option<DateTimeFilter>,
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
}

pub fn order(asked: Option<&[ProjectOrder]>) -> Result<Vec<Sort<project::Entity>>> {
    let asked = asked.unwrap_or_default();
    if asked.len() > 3 {
        return Err(Error::bad_input("`orderBy` takes at most 3 keys."));
    }
    let keys = asked.iter().map(|key| {
        let column = match key.field {
            ProjectOrderField::PublishedAt => project::Column::PublishedAt,
            ProjectOrderField::UpdatedAt => project::Column::UpdatedAt,
            ProjectOrderField::CreatedAt => project::Column::CreatedAt,
            ProjectOrderField::Title => project::Column::TitleKey,
            ProjectOrderField::StartedOn => project::Column::StartedOn,
        };
        (column, key.direction, key.nulls)
    });
    Ok(ordered(keys, (project::Column::PublishedAt, OrderDirection::Desc), project::Column::Id))
}

pub async fn condition(store: &Store, filter: Option<&ProjectFilter>) -> Result<Condition> {
    let Some(filter) = filter else { return Ok(Condition::all()) };
    let mut territories = Vec::new();
    gather_territories(filter, &mut territories, 0)?;
    let places = territories_matching(store, &territories).await?;
    build(store, &places, filter, &mut Budget::default())
}

/// Every territory filter in the tree, so that their codes are looked up in one statement.
fn gather_territories<'f>(
    filter: &'f ProjectFilter,
    found: &mut Vec<&'f TerritoryFilter>,
    depth: usize,
) -> Result<()> {
    if depth > crate::face::filter::DEEPEST {
        return Err(Error::bad_input("A filter may not nest deeper."));
    }
    found.extend(&filter.territory);
    let mut inner =
        filter.and.iter().flatten().chain(filter.or.iter().flatten()).chain(filter.not.as_deref());
    inner.try_for_each(|inner| gather_territories(inner, found, depth + 1))
}

fn build(
    store: &Store,
    places: &crate::reference::Places,
    filter: &ProjectFilter,
    budget: &mut Budget,
) -> Result<Condition> {
    use project::Column;
    let mut all = Conditions::new(budget);
    all.one_of("status", filter.status.as_ref(), Column::Status, |code| Ok((*code).into()))?;
    all.one_of("stage", filter.stage.as_ref(), Column::Stage, |code| Ok((*code).into()))?;
    all.one_of("licence", filter.licence.as_ref(), Column::Licence, |code| Ok((*code).into()))?;
    all.one_of("holder", filter.holder.as_ref(), Column::HolderId, |id| {
        Ok(key::<OrganizationId>(id)?.into())
    })?;
    all.text("title", filter.title.as_ref(), Column::TitleKey)?;
    all.instant("publishedAt", filter.published_at.as_ref(), Column::PublishedAt)?;
    all.instant("updatedAt", filter.updated_at.as_ref(), Column::UpdatedAt)?;
    for (name, codes, taxonomy) in [
        ("themes", &filter.themes, Taxonomy::Theme),
        ("publics", &filter.publics, Taxonomy::Public),
        ("methods", &filter.methods, Taxonomy::Method),
        ("policySectors", &filter.policy_sectors, Taxonomy::PolicySector),
        ("sdgGoals", &filter.sdg_goals, Taxonomy::SdgGoal),
        ("sdgTargets", &filter.sdg_targets, Taxonomy::SdgTarget),
    ] {
        all.codes(name, codes.as_ref(), |codes| {
            let wanted =
                term::Column::Taxonomy.eq(taxonomy).and(term::Column::Code.is_in(codes.iter().cloned()));
            carrying(store, store.keys::<term::Entity>(term::Column::Id, wanted))
        })?;
    }
    all.codes("axes", filter.axes.as_ref(), |codes| {
        use entity::reference::term_parent;
        let wanted =
            term::Column::Taxonomy.eq(Taxonomy::Axis).and(term::Column::Code.is_in(codes.iter().cloned()));
        let axes = store.keys::<term::Entity>(term::Column::Id, wanted).holds(term_parent::Column::ParentId);
        carrying(store, store.keys::<term_parent::Entity>(term_parent::Column::TermId, axes))
    })?;
    if let Some(territory) = &filter.territory {
        let link = project_territory::Column::TerritoryId;
        let there = places.condition(store, territory, link)?;
        all.add(store.wholes::<project_territory::Entity>(there).holds(Column::Id))?;
    }
    if let Some(needs) = &filter.needs {
        if let Some(some) = &needs.some {
            all.add(store.wholes::<need::Entity>(need_condition(store, some)?).holds(Column::Id))?;
        }
        if let Some(none) = &needs.none {
            let those = store.wholes::<need::Entity>(need_condition(store, none)?).holds(Column::Id);
            all.add(those.not())?;
        }
    }
    all.combined(filter.and.as_ref(), filter.or.as_ref(), filter.not.as_deref(), |inner, budget| {
        build(store, places, inner, budget)
    })?;
    Ok(all.done())
}

fn carrying(store: &Store, terms: crate::authz::Scoped) -> SimpleExpr {
    let link = terms.holds(project_term::Column::TermId);
    store.wholes::<project_term::Entity>(link).holds(project::Column::Id)
}

fn need_condition(store: &Store, filter: &NeedFilter) -> Result<Condition> {
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
