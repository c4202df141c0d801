//! What lists of people can be narrowed and sorted by.

use crate::face::{
    Conditions,
    filter::{Budget, DateTimeFilter, NullsOrder, OneOf, OrderDirection, TextFilter},
    order as ordered,
};
use async_graphql::{Enum, InputObject};
use door::{
    Error, Result,
    authz::{Ask, Sort, Store},
};
use entity::{
    codes::{ActorKind, PlatformRole, UserStatus},
    identity::user,
};
use gql::{connection::Paging, scalars::EmailAddress};
use sea_orm::{ColumnTrait, Condition};

/// Conditions on people; all that are given have to hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct UserFilter {
    /// All of these hold. At most 4 levels deep and 50 conditions in all.
    pub and: Option<Vec<UserFilter>>,
    /// At least one of these holds; an empty list finds nothing.
    pub or: Option<Vec<UserFilter>>,
    /// This does not hold.
    pub not: Option<Box<UserFilter>>,
    /// By name.
    pub name: Option<TextFilter>,
    /// By kind of stakeholder.
    pub profile_kind: Option<OneOf<ActorKind>>,
    /// By whole e-mail address; for administrators.
    pub email: Option<EmailAddress>,
    /// By state of the account; for administrators.
    pub status: Option<OneOf<UserStatus>>,
    /// By role in the network's staff; for administrators.
    pub platform_role: Option<OneOf<PlatformRole>>,
    /// By instant of registration; for administrators.
    pub created_at: Option<DateTimeFilter>,
}

/// Key to sort people by.
#[derive(Clone, Debug, InputObject)]
pub struct UserOrder {
    /// What to sort by.
    pub field: UserOrderField,
    /// Which way.
    #[graphql(default_with = "OrderDirection::Asc")]
    pub direction: OrderDirection,
}

/// What people can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum UserOrderField {
    /// Name.
    DisplayName,
    /// Instant of registration; for administrators.
    CreatedAt,
}

/// What a list of people asks of the store.
pub(super) fn ask(
    store: &Store,
    filter: Option<&UserFilter>,
    order_by: Option<&[UserOrder]>,
    paging: Paging,
) -> Result<Ask<user::Entity>> {
    let window = paging.window().map_err(Error::bad_input)?;
    let condition = match filter {
        Some(filter) => condition(store, filter, &mut Budget::default())?,
        None => Condition::all(),
    };
    Ok(Ask::new("users", condition, &format!("{filter:?}"), order(store, order_by)?, window))
}

fn condition(store: &Store, filter: &UserFilter, budget: &mut Budget) -> Result<Condition> {
    let mut all = Conditions::new(budget);
    all.text("name", filter.name.as_ref(), user::Column::NameKey)?;
    all.one_of("profileKind", filter.profile_kind.as_ref(), user::Column::ProfileKind, |kind| {
        Ok((*kind).into())
    })?;
    if let Some(email) = &filter.email {
        may_ask(store, "User.email")?;
        all.add(user::Column::Email.eq(&email.0))?;
    }
    if filter.status.is_some() {
        may_ask(store, "User.status")?;
    }
    all.one_of("status", filter.status.as_ref(), user::Column::Status, |status| Ok((*status).into()))?;
    if filter.platform_role.is_some() {
        may_ask(store, "User.platformRole")?;
    }
    all.one_of("platformRole", filter.platform_role.as_ref(), user::Column::PlatformRole, |role| {
        Ok((*role).into())
    })?;
    if filter.created_at.is_some() {
        may_ask(store, "User.createdAt")?;
    }
    all.instant("createdAt", filter.created_at.as_ref(), user::Column::CreatedAt)?;
    let each = |filter: &UserFilter, budget: &mut Budget| condition(store, filter, budget);
    all.combined(filter.and.as_ref(), filter.or.as_ref(), filter.not.as_deref(), each)?;
    Ok(all.done())
}

fn order(store: &Store, asked: Option<&[UserOrder]>) -> Result<Vec<Sort<user::Entity>>> {
    let asked = asked.unwrap_or_default();
    if asked.len() > 3 {
        return Err(Error::bad_input("`orderBy` takes at most 3 keys."));
    }
    let mut keys = Vec::new();
    for key in asked {
        let column = match key.field {
            UserOrderField::DisplayName => user::Column::NameKey,
            UserOrderField::CreatedAt => {
                may_ask(store, "User.createdAt")?;
                user::Column::CreatedAt
            }
        };
        keys.push((column, key.direction, NullsOrder::Last));
    }
    Ok(ordered(keys, (user::Column::NameKey, OrderDirection::Asc), user::Column::Id))
}

/// Administrators read these fields of everybody, so they may also ask by them.
fn may_ask(store: &Store, coordinate: &str) -> Result<()> {
    if store.viewer().is_administrator() { Ok(()) } else { store.may_ask(coordinate) }
}
