//! Changing a password, and choosing a new one when it is forgotten.

use super::{
    Desk, User, credentials,
    credentials::{check, end_sessions, own},
    link::{self, Purpose},
    registration::EVEN,
};
use crate::face::{Door, payload};
use async_graphql::{Context, InputObject, Object};
use authn::{
    Authenticator,
    mail::Letter,
    password,
    patience::{Guess, evenly},
};
use door::{
    Faults, Nullable, Result, UserErrorCode,
    authz::{Act, Event, SIGN_IN, Store, Tx},
};
use entity::{
    codes::UserStatus,
    identity::{personal_access_token, session, user},
    ids::UserId,
};
use gql::scalars::EmailAddress;
use sea_orm::{ColumnTrait, Set};

/// Changes one's password.
#[derive(Clone, InputObject)]
pub struct PasswordChangeInput {
    /// Password until now.
    pub current_password: String,
    /// New password: 12 to 200 characters, hard to guess.
    pub new_password: String,
}

/// Asks for a new password.
#[derive(Clone, Debug, InputObject)]
pub struct PasswordResetRequestInput {
    /// E-mail address of the account.
    pub email: EmailAddress,
}

/// Chooses a new password.
#[derive(Clone, InputObject)]
pub struct PasswordResetInput {
    /// Token of the letter.
    pub token: String,
    /// New password: 12 to 200 characters, hard to guess.
    pub new_password: String,
}

payload! {
    /// Outcome of `passwordChange`.
    PasswordChangePayload {
        /// Person whose password changed.
        user: User
    }
}
payload! {
    /// Outcome of `passwordResetRequest`.
    PasswordResetRequestPayload {
        /// Address that a letter was sent to, if it has an account.
        email: EmailAddress
    }
}
payload! {
    /// Outcome of `passwordReset`.
    PasswordResetPayload {
        /// Address of the account; sign in with it and the new password.
        email: EmailAddress
    }
}

#[derive(Clone, Copy, Default)]
pub struct PasswordMutation;

#[Object]
impl PasswordMutation {
    /// Changes one's password and ends all other sessions.
    ///
    /// Errors: `CREDENTIALS_INVALID`, `TOO_SHORT`, `TOO_LONG`, `PASSWORD_WEAK`; top level: `UNAUTHENTICATED`, `FORBIDDEN`
    /// for tokens, `RATE_LIMITED`, `UNAVAILABLE`.
    async fn password_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Old and new password.")] input: PasswordChangeInput,
    ) -> Nullable<PasswordChangePayload> {
        payload(change(ctx.store(), ctx.desk(), input).await)
    }

    /// Sends a letter with a link to choose a new password. The answer is the same for an unknown address.
    ///
    /// Errors: top level: `RATE_LIMITED`.
    async fn password_reset_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which address.")] input: PasswordResetRequestInput,
    ) -> Nullable<PasswordResetRequestPayload> {
        payload(evenly(EVEN, Box::pin(request(ctx.store(), ctx.desk(), input.email))).await)
    }

    /// Chooses a new password by the token of a letter; ends all sessions and revokes all personal access tokens.
    ///
    /// Errors: `TOKEN_INVALID`, `TOO_SHORT`, `TOO_LONG`, `PASSWORD_WEAK`; top level: `UNAVAILABLE`.
    async fn password_reset(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The letter's token and the new password.")] input: PasswordResetInput,
    ) -> Nullable<PasswordResetPayload> {
        payload(reset(ctx.store(), ctx.desk(), input).await)
    }
}

async fn change(store: &Store, desk: &Authenticator, input: PasswordChangeInput) -> Result<User> {
    let own = own(store)?;
    let email = super::account::email_of(store, own.user).await?;
    let (known, _) =
        check(store, desk, &email, &input.current_password, &["input", "currentPassword"]).await?;
    let path = &["input", "newPassword"];
    let mut faults = Faults::default();
    password::check(&mut faults, path, &input.new_password, &[&known.email, &known.display_name]);
    if input.new_password == input.current_password {
        faults.add(UserErrorCode::Invalid, path, "This is the password you have; choose another.");
    }
    faults.none_or_refuse()?;
    let hash = desk.passwords.hash(&input.new_password).await?;

    let mut tx = store.begin().await?;
    tx.as_job(SIGN_IN);
    let held = set(&mut tx, known.id, hash).await?;
    end_sessions(&mut tx, own.user, Some(own.session)).await?;
    let now = tx.store().now();
    let current = tx.hold::<session::Entity>(own.session, Act::Edit, &[]).await?;
    tx.update(current, |row| row.authenticated_at = Set(now)).await?;
    link::void(&mut tx, own.user, Some(Purpose::ResetPassword)).await?;
    tx.commit(Event::of("passwordChange")).await?;
    desk.mailer.post(&held.email, &held.locale, Letter::PasswordChanged);
    Ok(User(held))
}

async fn request(store: &Store, desk: &Authenticator, email: EmailAddress) -> Result<EmailAddress> {
    desk.may_ask(store.facts()).await?;
    desk.may_write_to(&email.0).await?;
    let known = credentials::known(store, &email.0).await?.filter(|user| user.status == UserStatus::Active);
    let mut tx = store.begin().await?;
    tx.as_job(SIGN_IN);
    let mut letter = None;
    if let Some(user) = known {
        tx.about(user.id);
        let token = link::make(&mut tx, user.id, &email.0, Purpose::ResetPassword).await?;
        letter = Some((user.locale, Letter::ResetPassword { token }));
    }
    tx.commit(Event::of("passwordResetRequest")).await?;
    if let Some((locale, letter)) = letter {
        desk.mailer.post(&email.0, &locale, letter);
    }
    Ok(email)
}

async fn reset(store: &Store, desk: &Authenticator, input: PasswordResetInput) -> Result<EmailAddress> {
    // Looked at first: only a link that opens is worth the work of a hash.
    let link = link::peek(store, &input.token, &[Purpose::ResetPassword]).await?;
    let user = credentials::known(store, &link.email).await?.filter(|user| user.id == link.user_id);
    let user = user.filter(|user| user.status == UserStatus::Active).ok_or_else(link::invalid)?;
    let mut faults = Faults::default();
    let context = [user.email.as_str(), user.display_name.as_str()];
    password::check(&mut faults, &["input", "newPassword"], &input.new_password, &context);
    faults.none_or_refuse()?;
    let hash = desk.passwords.hash(&input.new_password).await?;

    let mut tx = store.begin().await?;
    link::redeem(&mut tx, &input.token, &[Purpose::ResetPassword]).await?;
    tx.on_behalf_of(user.id);
    let held = set(&mut tx, user.id, hash).await?;
    if held.email != link.email || held.status != UserStatus::Active {
        return Err(link::invalid());
    }
    end_sessions(&mut tx, user.id, None).await?;
    revoke_tokens(&mut tx, user.id).await?;
    tx.commit(Event::of("passwordReset")).await?;
    // Who reads the mail is the owner: strangers' guesses count for nothing now.
    desk.succeeded(&Guess::of(&held.email, store.facts(), store.now())).await?;
    desk.mailer.post(&held.email, &held.locale, Letter::PasswordChanged);
    Ok(EmailAddress(held.email))
}

/// Sets a password; a link that was read at an address also verifies it.
async fn set(tx: &mut Tx, user: UserId, hash: String) -> Result<user::Model> {
    let held = tx.hold::<user::Entity>(user, Act::Edit, &[]).await?;
    let now = tx.store().now();
    let verified_at = held.email_verified_at.or(Some(now));
    let held = tx
        .update(held, |row| {
            row.password_hash = Set(Some(hash));
            row.password_changed_at = Set(Some(now));
            row.email_verified_at = Set(verified_at);
        })
        .await?;
    Ok(held.into_row())
}

async fn revoke_tokens(tx: &mut Tx, user: UserId) -> Result<()> {
    use personal_access_token::{
        Column::{RevokedAt, UserId as Owner},
        Entity,
    };
    let now = tx.store().now();
    let tokens = tx.see::<Entity>().locked().filter(Owner.eq(user)).filter(RevokedAt.is_null());
    for row in tokens.all().await? {
        let held = tx.held::<Entity>(row, Act::Edit)?;
        tx.update(held, |row| row.revoked_at = Set(Some(now))).await?;
    }
    Ok(())
}
