//! One's own account: changing it and leaving.

use super::{
    Desk, User,
    credentials::{check, end_sessions, own},
    link, registration,
};
use crate::{
    face::{Door, key, payload},
    orgs::leave_all,
};
use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};
use authn::Authenticator;
use door::{
    Error, Faults, Nullable, Result,
    authz::{Act, Event, SIGN_IN, Store, Tx, check_version},
    fold::fold,
};
use entity::{
    codes::{ActorKind, PlatformRole, UserStatus},
    identity::{personal_access_token, session, user},
    ids::UserId,
    interests::interest,
    orgs::invitation,
};
use gql::scalars::LanguageTag;
use sea_orm::{ColumnTrait, Set};

/// Changes one's account; what is left out stays, `null` clears.
#[derive(Clone, Debug, InputObject)]
pub struct UserUpdateInput {
    /// Account to change; one's own.
    pub id: ID,
    /// Version that was read; refuses if it has changed since.
    pub if_version: Option<String>,
    /// Name to go by; at most 100 characters.
    pub display_name: Option<String>,
    /// Language of letters, `fr` or `en`.
    pub locale: Option<LanguageTag>,
    /// Kind of stakeholder.
    pub profile_kind: MaybeUndefined<ActorKind>,
}

/// Deletes one's account.
#[derive(Clone, InputObject)]
pub struct UserDeleteInput {
    /// Account to delete; one's own.
    pub id: ID,
    /// Password of the account.
    pub password: String,
}

payload! {
    /// Outcome of `userUpdate`.
    UserUpdatePayload {
        /// Account as it is now.
        user: User
    }
}
payload! {
    /// Outcome of `userDelete`.
    UserDeletePayload {
        /// Id of the account that is no more.
        deleted_id: ID
    }
}

#[derive(Clone, Copy, Default)]
pub struct AccountMutation;

#[Object]
impl AccountMutation {
    /// Changes one's account.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `BLANK`, `TOO_LONG`, `INVALID`; top level: `UNAUTHENTICATED`, `FORBIDDEN`.
    async fn user_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UserUpdateInput,
    ) -> Nullable<UserUpdatePayload> {
        payload(update(ctx.store(), input).await)
    }

    /// Deletes one's account: sessions, tokens and invitations go, memberships end, name and address are erased.
    ///
    /// What was written for organizations stays theirs, without the name. Cannot be undone.
    ///
    /// Errors: `NOT_FOUND`, `CREDENTIALS_INVALID`, `LAST_OWNER`, `STATE_INVALID` for the last administrator; top level:
    /// `UNAUTHENTICATED`, `FORBIDDEN`, `RATE_LIMITED`, `UNAVAILABLE`.
    async fn user_delete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which account, and its password.")] input: UserDeleteInput,
    ) -> Nullable<UserDeletePayload> {
        payload(delete(ctx.store(), ctx.desk(), input).await)
    }
}

/// Address of the one who is signed in.
pub(super) async fn email_of(store: &Store, user: UserId) -> Result<String> {
    Ok(store.load::<user::Entity>(user).await?.ok_or_else(Error::unauthenticated)?.email)
}

async fn update(store: &Store, input: UserUpdateInput) -> Result<User> {
    own(store)?;
    let mut tx = store.begin().await?;
    let held = tx.hold::<user::Entity>(key(&input.id)?, Act::Edit, &["input", "id"]).await?;
    check_version(input.if_version.as_deref(), held.version)?;
    let mut faults = Faults::default();
    let name = input.display_name.map(|name| faults.required(Some(name), &["input", "displayName"], 100));
    let locale = input.locale.map(|tag| registration::locale(&mut faults, Some(tag)));
    faults.none_or_refuse()?;
    let held = tx
        .update(held, |row| {
            if let Some(name) = name {
                row.name_key = Set(fold(&name));
                row.display_name = Set(name);
            }
            if let Some(locale) = locale {
                row.locale = Set(locale);
            }
            match input.profile_kind {
                MaybeUndefined::Undefined => (),
                MaybeUndefined::Null => row.profile_kind = Set(None),
                MaybeUndefined::Value(kind) => row.profile_kind = Set(Some(kind)),
            }
        })
        .await?;
    tx.commit(Event::of("userUpdate")).await?;
    Ok(User(held.into_row()))
}

async fn delete(store: &Store, desk: &Authenticator, input: UserDeleteInput) -> Result<ID> {
    let own = own(store)?;
    let id: UserId = key(&input.id)?;
    if id != own.user {
        // Others' accounts are not one's to delete, seen or not; administrators suspend.
        let seen = store.load::<user::Entity>(id).await?;
        return Err(seen.map_or_else(
            || Error::not_found(&["input", "id"]),
            |_| Error::forbidden("You may not remove this user."),
        ));
    }
    let email = email_of(store, id).await?;
    let (known, _) = check(store, desk, &email, &input.password, &["input", "password"]).await?;
    let mut tx = store.begin().await?;
    let held = tx.hold::<user::Entity>(id, Act::Delete, &["input", "id"]).await?;
    decline(&mut tx, &email).await?;
    leave_all(&mut tx, id).await?;
    tx.as_job(SIGN_IN);
    super::administration::keep_an_administrator(&tx, &known).await?;
    let held = tx.held::<user::Entity>(held.into_row(), Act::Delete)?;
    tx.update(held, |row| {
        row.email = Set(format!("{id}@deleted.invalid"));
        row.email_verified_at = Set(None);
        row.display_name = Set("—".to_owned());
        row.name_key = Set(String::new());
        row.locale = Set("fr".to_owned());
        row.profile_kind = Set(None);
        row.password_hash = Set(None);
        row.password_changed_at = Set(None);
        row.status = Set(UserStatus::Deleted);
        row.platform_role = Set(PlatformRole::None);
    })
    .await?;
    erase_credentials(&mut tx, id).await?;
    erase_interests(&mut tx, id).await?;
    tx.commit(Event::of("userDelete")).await?;
    Ok(id.to_string().into())
}

/// Removes invitations to an address that is about to be erased.
async fn decline(tx: &mut Tx, email: &str) -> Result<()> {
    let invitations = tx.see::<invitation::Entity>().locked().filter(invitation::Column::Email.eq(email));
    for row in invitations.all().await? {
        let held = tx.held::<invitation::Entity>(row, Act::Delete)?;
        tx.delete(held).await?;
    }
    Ok(())
}

/// What a person declared of itself goes with the account.
async fn erase_interests(tx: &mut Tx, user: UserId) -> Result<()> {
    let own = interest::Column::UserId.eq(user);
    for row in tx.see::<interest::Entity>().locked().filter(own).all().await? {
        let held = tx.held::<interest::Entity>(row, Act::Delete)?;
        tx.delete(held).await?;
    }
    Ok(())
}

/// Removes sessions with their addresses, tokens and links. The transaction acts as a job.
async fn erase_credentials(tx: &mut Tx, user: UserId) -> Result<()> {
    link::void(tx, user, None).await?;
    end_sessions(tx, user, None).await?;
    for row in tx.see::<session::Entity>().filter(session::Column::UserId.eq(user)).all().await? {
        let held = tx.held::<session::Entity>(row, Act::Delete)?;
        tx.delete(held).await?;
    }
    let owner = personal_access_token::Column::UserId;
    for row in tx.see::<personal_access_token::Entity>().filter(owner.eq(user)).all().await? {
        let held = tx.held::<personal_access_token::Entity>(row, Act::Delete)?;
        tx.delete(held).await?;
    }
    Ok(())
}
