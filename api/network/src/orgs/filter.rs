//! What lists of organizations can be narrowed and sorted by.

use super::{accreditation::AccreditationFilter, identifier, input::IdentifierInput};
use crate::{
    face::{
        Conditions,
        filter::{Budget, DateTimeFilter, NullsOrder, OneOf, OrderDirection, TextFilter, given},
        order as ordered,
    },
    reference::{Places, TerritoryFilter, TerritoryRelation, territories_matching},
};
use async_graphql::{Enum, InputObject, MaybeUndefined};
use door::{
    Error, Result,
    authz::{Ask, Sort, Store},
};
use entity::{
    codes::{ActorKind, LegalForm, Verification},
    orgs::{accreditation, organization, organization_area, organization_identifier, organization_kind},
};
use gql::connection::Paging;
use sea_orm::{
    ColumnTrait, Condition,
    sea_query::{ExprTrait, SimpleExpr},
};

/// Conditions on organizations; all that are given have to hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct OrganizationFilter {
    /// All of these hold. At most 4 levels deep and 50 conditions in all.
    pub and: Option<Vec<OrganizationFilter>>,
    /// At least one of these holds; an empty list finds nothing.
    pub or: Option<Vec<OrganizationFilter>>,
    /// This does not hold.
    pub not: Option<Box<OrganizationFilter>>,
    /// By what it does in the network: `eq` and `in` ask for at least one of its kinds, `notIn` for none of them.
    pub kind: Option<OneOf<ActorKind>>,
    /// By legal form.
    pub legal_form: Option<OneOf<LegalForm>>,
    /// By state in the network; merged ones are found only by filters that name this.
    pub verification: Option<OneOf<Verification>>,
    /// By name.
    pub name: Option<TextFilter>,
    /// By a territory it works in or has its seat in, its surroundings or its parts.
    pub territory: Option<TerritoryFilter>,
    /// By an accreditation it declares.
    pub accreditation: Option<AccreditationFilter>,
    /// By a number in a register.
    pub identifier: Option<IdentifierInput>,
    /// By instant of the last change.
    pub updated_at: Option<DateTimeFilter>,
}

impl OrganizationFilter {
    /// Organizations in a territory or in what lies within it, for which this also holds.
    pub fn under(code: String, filter: Option<Self>) -> Self {
        let relation = MaybeUndefined::Value(TerritoryRelation::Narrower);
        let territory = Some(TerritoryFilter { codes: vec![code], relation });
        Self { and: filter.map(|filter| vec![filter]), territory, ..Self::default() }
    }
}

/// Key to sort organizations by.
#[derive(Clone, Debug, InputObject)]
pub struct OrganizationOrder {
    /// What to sort by.
    pub field: OrganizationOrderField,
    /// Which way.
    #[graphql(default_with = "OrderDirection::Asc")]
    pub direction: OrderDirection,
    /// Where organizations without a value stand.
    #[graphql(default_with = "NullsOrder::Last")]
    pub nulls: NullsOrder,
}

/// What organizations can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum OrganizationOrderField {
    /// Name without case and accents.
    Name,
    /// Instant of creation.
    CreatedAt,
    /// Instant of the last change.
    UpdatedAt,
    /// Instant of the last verification; unverified ones have none.
    VerifiedAt,
}

/// What a list of organizations asks of the store.
pub async fn ask(
    store: &Store,
    name: &str,
    filter: Option<&OrganizationFilter>,
    order_by: Option<&[OrganizationOrder]>,
    paging: Paging,
) -> Result<Ask<organization::Entity>> {
    let window = paging.window().map_err(Error::bad_input)?;
    let condition = condition(store, filter).await?;
    Ok(Ask::new(name, condition, &format!("{filter:?}"), order(order_by)?, window))
}

/// What a filter says of organizations; without one, that they are not merged.
pub async fn condition(store: &Store, filter: Option<&OrganizationFilter>) -> Result<Condition> {
    let mut condition = Condition::all();
    if let Some(filter) = filter {
        let mut territories = Vec::new();
        gather_territories(filter, &mut territories, 0)?;
        let places = territories_matching(store, &territories).await?;
        condition = condition.add(build(store, &places, filter, &mut Budget::default())?);
    }
    if !filter.is_some_and(names_verification) {
        condition = condition.add(organization::Column::Verification.ne(Verification::Merged));
    }
    Ok(condition)
}

fn order(asked: Option<&[OrganizationOrder]>) -> Result<Vec<Sort<organization::Entity>>> {
    let asked = asked.unwrap_or_default();
    if asked.len() > 3 {
        return Err(Error::bad_input("`orderBy` takes at most 3 keys."));
    }
    let keys = asked.iter().map(|key| {
        let column = match key.field {
            OrganizationOrderField::Name => organization::Column::NameKey,
            OrganizationOrderField::CreatedAt => organization::Column::CreatedAt,
            OrganizationOrderField::UpdatedAt => organization::Column::UpdatedAt,
            OrganizationOrderField::VerifiedAt => organization::Column::VerifiedAt,
        };
        (column, key.direction, key.nulls)
    });
    Ok(ordered(keys, (organization::Column::NameKey, OrderDirection::Asc), organization::Column::Id))
}

fn within(filter: &OrganizationFilter) -> impl Iterator<Item = &OrganizationFilter> {
    filter.and.iter().flatten().chain(filter.or.iter().flatten()).chain(filter.not.as_deref())
}

/// Every territory filter in the tree, so that their codes are looked up in one statement.
fn gather_territories<'f>(
    filter: &'f OrganizationFilter,
    found: &mut Vec<&'f TerritoryFilter>,
    depth: usize,
) -> Result<()> {
    if depth > crate::face::filter::DEEPEST {
        return Err(Error::bad_input("A filter may not nest deeper."));
    }
    found.extend(&filter.territory);
    within(filter).try_for_each(|inner| gather_territories(inner, found, depth + 1))
}

/// The tree is no deeper than [`gather_territories`] lets through.
fn names_verification(filter: &OrganizationFilter) -> bool {
    filter.verification.is_some() || within(filter).any(names_verification)
}

fn build(
    store: &Store,
    places: &Places,
    filter: &OrganizationFilter,
    budget: &mut Budget,
) -> Result<Condition> {
    use organization::Column;
    let mut all = Conditions::new(budget);
    if let Some(kind) = &filter.kind {
        kinds(store, kind, &mut all)?;
    }
    all.one_of("legalForm", filter.legal_form.as_ref(), Column::LegalForm, |code| Ok((*code).into()))?;
    all.one_of(
        "verification",
        filter.verification.as_ref(),
        Column::Verification,
        |code| Ok((*code).into()),
    )?;
    all.text("name", filter.name.as_ref(), Column::NameKey)?;
    all.instant("updatedAt", filter.updated_at.as_ref(), Column::UpdatedAt)?;
    if let Some(territory) = &filter.territory {
        // No seat is no match, so that `not` finds organizations without one.
        let seat = Condition::all().add(Column::SeatId.is_not_null()).add(places.condition(
            store,
            territory,
            Column::SeatId,
        )?);
        let area = places.condition(store, territory, organization_area::Column::TerritoryId)?;
        let areas = store.wholes::<organization_area::Entity>(area).holds(Column::Id);
        all.add(Condition::any().add(seat).add(areas))?;
    }
    if let Some(accreditation) = &filter.accreditation {
        let held = accreditation.condition()?;
        all.add(store.wholes::<accreditation::Entity>(held).holds(Column::Id))?;
    }
    if let Some(identifier) = &filter.identifier {
        all.add(identified(store, identifier))?;
    }
    all.combined(filter.and.as_ref(), filter.or.as_ref(), filter.not.as_deref(), |inner, budget| {
        build(store, places, inner, budget)
    })?;
    Ok(all.done())
}

/// An organization has several kinds: `notIn` speaks of all of them.
fn kinds(store: &Store, filter: &OneOf<ActorKind>, all: &mut Conditions<'_>) -> Result<()> {
    let carrying = |kinds: &[ActorKind]| -> SimpleExpr {
        let wanted = organization_kind::Column::Kind.is_in(kinds.iter().copied());
        store.wholes::<organization_kind::Entity>(wanted).holds(organization::Column::Id)
    };
    let asked = |comparator: &'static str, list: &MaybeUndefined<Vec<ActorKind>>| {
        given(list, &format!("kind.{comparator}")).map(Option::<&Vec<_>>::cloned).map_err(Error::bad_input)
    };
    if let Some(kind) = given(&filter.eq, "kind.eq").map_err(Error::bad_input)? {
        all.add(carrying(&[*kind]))?;
    }
    if let Some(kinds) = asked("in", &filter.r#in)? {
        all.add(carrying(&kinds))?;
    }
    if let Some(kinds) = asked("notIn", &filter.not_in)? {
        all.add(carrying(&kinds).not())?;
    }
    Ok(())
}

/// Organizations with this number; a number that its register would not write finds nothing.
pub fn identified(store: &Store, asked: &IdentifierInput) -> SimpleExpr {
    use organization_identifier::Column::{Scheme, Value};
    let value = identifier::normal(asked.scheme, &asked.value).unwrap_or_default();
    let wanted = Condition::all().add(Scheme.eq(asked.scheme)).add(Value.eq(value));
    store.wholes::<organization_identifier::Entity>(wanted).holds(organization::Column::Id)
}
