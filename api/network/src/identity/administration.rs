//! What administrators do with accounts: suspend, restore, and give a role in the network's staff.

use super::{
    User,
    credentials::{end_sessions, own},
};
use crate::face::{Door, key, payload};
use async_graphql::{Context, ID, InputObject, Object};
use door::{
    Error, Faults, Nullable, Result,
    authz::{Act, Event, Held, Store, Tx, check_version},
};
use entity::{
    codes::{PlatformRole, UserStatus},
    identity::user,
    ids::UserId,
};
use sea_orm::{ColumnTrait, Set};

/// Suspends an account.
#[derive(Clone, Debug, InputObject)]
pub struct UserSuspendInput {
    /// Account to suspend.
    pub id: ID,
    /// Version that was read; refuses if it has changed since.
    pub if_version: Option<String>,
    /// Why; kept in the audit trail. At most 2,000 characters.
    pub reason: String,
}

/// Restores a suspended account.
#[derive(Clone, Debug, InputObject)]
pub struct UserRestoreInput {
    /// Account to restore.
    pub id: ID,
    /// Version that was read; refuses if it has changed since.
    pub if_version: Option<String>,
}

/// Gives a role in the network's staff, or takes it.
#[derive(Clone, Debug, InputObject)]
pub struct UserSetPlatformRoleInput {
    /// Account that gets the role.
    pub id: ID,
    /// Version that was read; refuses if it has changed since.
    pub if_version: Option<String>,
    /// Role to have from now on.
    pub platform_role: PlatformRole,
}

payload! {
    /// Outcome of `userSuspend`.
    UserSuspendPayload {
        /// Account as it is now.
        user: User
    }
}
payload! {
    /// Outcome of `userRestore`.
    UserRestorePayload {
        /// Account as it is now.
        user: User
    }
}
payload! {
    /// Outcome of `userSetPlatformRole`.
    UserSetPlatformRolePayload {
        /// Account as it is now.
        user: User
    }
}

#[derive(Clone, Copy, Default)]
pub struct UserAdministrationMutation;

#[Object]
impl UserAdministrationMutation {
    /// Suspends an account and ends its sessions; its tokens rest. Takes effect on the very next request. For administrators.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `BLANK`, `TOO_LONG`; top level: `FORBIDDEN`, also for
    /// one's own account.
    async fn user_suspend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which account, and why.")] input: UserSuspendInput,
    ) -> Nullable<UserSuspendPayload> {
        payload(suspend(ctx.store(), input).await)
    }

    /// Restores a suspended account. For administrators.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`; top level: `FORBIDDEN`.
    async fn user_restore(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which account.")] input: UserRestoreInput,
    ) -> Nullable<UserRestorePayload> {
        payload(restore(ctx.store(), input).await)
    }

    /// Gives a role in the network's staff, or takes it. Takes effect on the very next request. For administrators.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID` for the last administrator; top level: `FORBIDDEN`, also
    /// for one's own account.
    async fn user_set_platform_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who gets which role.")] input: UserSetPlatformRoleInput,
    ) -> Nullable<UserSetPlatformRolePayload> {
        payload(set_platform_role(ctx.store(), input).await)
    }
}

async fn suspend(store: &Store, input: UserSuspendInput) -> Result<User> {
    let mut tx = store.begin().await?;
    let held = hold(&tx, &input.id, input.if_version.as_deref()).await?;
    let mut faults = Faults::default();
    let reason = faults.required(Some(input.reason), &["input", "reason"], 2_000);
    faults.none_or_refuse()?;
    if held.status != UserStatus::Active {
        return Err(Error::state(format!("An account that is {} cannot be suspended.", held.status)));
    }
    keep_an_administrator(&tx, &held).await?;
    let held = tx.update(held, |row| row.status = Set(UserStatus::Suspended)).await?;
    end_sessions(&mut tx, held.id, None).await?;
    tx.commit(Event::because("userSuspend", reason)).await?;
    Ok(User(held.into_row()))
}

async fn restore(store: &Store, input: UserRestoreInput) -> Result<User> {
    let mut tx = store.begin().await?;
    let held = hold(&tx, &input.id, input.if_version.as_deref()).await?;
    if held.status != UserStatus::Suspended {
        return Err(Error::state(format!("An account that is {} cannot be restored.", held.status)));
    }
    let held = tx.update(held, |row| row.status = Set(UserStatus::Active)).await?;
    tx.commit(Event::of("userRestore")).await?;
    Ok(User(held.into_row()))
}

async fn set_platform_role(store: &Store, input: UserSetPlatformRoleInput) -> Result<User> {
    let mut tx = store.begin().await?;
    let held = hold(&tx, &input.id, input.if_version.as_deref()).await?;
    if held.status == UserStatus::Deleted {
        return Err(Error::state("A deleted account has no role."));
    }
    if input.platform_role != PlatformRole::Admin {
        keep_an_administrator(&tx, &held).await?;
    }
    let held = tx.update(held, |row| row.platform_role = Set(input.platform_role)).await?;
    tx.commit(Event::of("userSetPlatformRole")).await?;
    Ok(User(held.into_row()))
}

/// An account other than one's own: nobody locks themselves out, or up.
async fn hold(tx: &Tx, id: &ID, if_version: Option<&str>) -> Result<Held<user::Entity>> {
    let own = own(tx.store())?;
    let id: UserId = key(id)?;
    let held = tx.hold::<user::Entity>(id, Act::Decide, &["input", "id"]).await?;
    if own.user == id {
        return Err(Error::forbidden("You may not do this to your own account; ask another administrator."));
    }
    check_version(if_version, held.version)?;
    Ok(held)
}

/// Refuses to lose the last administrator who could undo it.
pub(super) async fn keep_an_administrator(tx: &Tx, losing: &user::Model) -> Result<()> {
    if losing.platform_role != PlatformRole::Admin || losing.status != UserStatus::Active {
        return Ok(());
    }
    let others = tx
        .see::<user::Entity>()
        .locked()
        .filter(user::Column::PlatformRole.eq(PlatformRole::Admin))
        .filter(user::Column::Status.eq(UserStatus::Active))
        .filter(user::Column::Id.ne(losing.id));
    if others.all().await?.is_empty() {
        return Err(Error::state("This is the last administrator; make another one first."));
    }
    Ok(())
}
