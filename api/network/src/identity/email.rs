//! Proving to own an address, and changing it.

use super::{
    Desk, credentials,
    credentials::own_fresh,
    link::{self, Purpose},
    registration::EVEN,
};
use crate::face::{Door, payload};
use async_graphql::{Context, InputObject, Object};
use authn::{Authenticator, mail::Letter, patience::evenly};
use door::{
    Error, Nullable, Result,
    authz::{Act, Event, SIGN_IN, Store},
};
use entity::{codes::UserStatus, identity::user};
use gql::scalars::EmailAddress;
use sea_orm::{ColumnTrait, Set};

/// Opens a link that verifies an address.
#[derive(Clone, InputObject)]
pub struct EmailVerifyInput {
    /// Token of the letter.
    pub token: String,
}

/// Asks for another letter.
#[derive(Clone, Debug, InputObject)]
pub struct EmailVerificationResendInput {
    /// Address that was registered.
    pub email: EmailAddress,
}

/// Asks to change one's address.
#[derive(Clone, Debug, InputObject)]
pub struct EmailChangeInput {
    /// Address that is to become the account's.
    pub email: EmailAddress,
}

payload! {
    /// Outcome of `emailVerify`.
    EmailVerifyPayload {
        /// Address that is verified now.
        email: EmailAddress
    }
}
payload! {
    /// Outcome of `emailVerificationResend`.
    EmailVerificationResendPayload {
        /// Address that a letter was sent to, if it waits for one.
        email: EmailAddress
    }
}
payload! {
    /// Outcome of `emailChange`.
    EmailChangePayload {
        /// Address that a letter was sent to; the account's address changes once its link is opened.
        email: EmailAddress
    }
}

#[derive(Clone, Copy, Default)]
pub struct EmailMutation;

#[Object]
impl EmailMutation {
    /// Verifies an address by the token of a letter.
    ///
    /// Errors: `TOKEN_INVALID`.
    async fn email_verify(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The letter's token.")] input: EmailVerifyInput,
    ) -> Nullable<EmailVerifyPayload> {
        payload(verify(ctx.store(), &input.token).await)
    }

    /// Sends the letter that verifies an address once more, and voids the earlier one.
    ///
    /// The answer is the same for an unknown and for a verified address, which get no letter.
    ///
    /// Errors: top level: `RATE_LIMITED`.
    async fn email_verification_resend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which address.")] input: EmailVerificationResendInput,
    ) -> Nullable<EmailVerificationResendPayload> {
        payload(evenly(EVEN, Box::pin(resend(ctx.store(), ctx.desk(), input.email))).await)
    }

    /// Asks to change one's address; asks for a password given in the last ten minutes.
    ///
    /// A letter goes to the new address; the answer is the same if that address has an account already.
    ///
    /// Errors: `REAUTHENTICATION_REQUIRED`; top level: `UNAUTHENTICATED`, `FORBIDDEN` for tokens, `RATE_LIMITED`.
    async fn email_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new address.")] input: EmailChangeInput,
    ) -> Nullable<EmailChangePayload> {
        payload(evenly(EVEN, Box::pin(change(ctx.store(), ctx.desk(), input.email))).await)
    }
}

async fn verify(store: &Store, token: &str) -> Result<EmailAddress> {
    let mut tx = store.begin().await?;
    let link = link::redeem(&mut tx, token, &[Purpose::VerifyEmail, Purpose::ChangeEmail]).await?;
    tx.on_behalf_of(link.user_id);
    let held = tx.hold::<user::Entity>(link.user_id, Act::Edit, &["input", "token"]).await?;
    let is_change = Purpose::ChangeEmail.is(&link);
    if held.status != UserStatus::Active || (!is_change && held.email != link.email) {
        return Err(link::invalid());
    }
    let now = tx.store().now();
    let held = tx
        .update(held, |row| {
            row.email = Set(link.email);
            row.email_verified_at = Set(Some(now));
        })
        .await
        // Taken meanwhile by another account.
        .map_err(|cause| if matches!(cause, Error::Mend(_)) { link::invalid() } else { cause })?;
    if is_change {
        // Links that went to the old address are void.
        link::void(&mut tx, held.id, None).await?;
    }
    tx.commit(Event::of("emailVerify")).await?;
    Ok(EmailAddress(held.into_row().email))
}

async fn resend(store: &Store, desk: &Authenticator, email: EmailAddress) -> Result<EmailAddress> {
    desk.may_ask(store.facts()).await?;
    desk.may_write_to(&email.0).await?;
    let known = credentials::known(store, &email.0).await?;
    let waiting = known.filter(|user| user.email_verified_at.is_none() && user.status == UserStatus::Active);
    let mut tx = store.begin().await?;
    tx.as_job(SIGN_IN);
    let mut letter = None;
    if let Some(user) = waiting {
        tx.about(user.id);
        let token = link::make(&mut tx, user.id, &email.0, Purpose::VerifyEmail).await?;
        letter = Some((user.locale, Letter::VerifyEmail { token }));
    }
    tx.commit(Event::of("emailVerificationResend")).await?;
    if let Some((locale, letter)) = letter {
        desk.mailer.post(&email.0, &locale, letter);
    }
    Ok(email)
}

async fn change(store: &Store, desk: &Authenticator, email: EmailAddress) -> Result<EmailAddress> {
    let own = own_fresh(store)?;
    desk.may_ask(store.facts()).await?;
    desk.may_write_to(&email.0).await?;
    let is_taken = credentials::known(store, &email.0).await?.is_some();
    let mut tx = store.begin().await?;
    let users = tx.see::<user::Entity>().filter(user::Column::Id.eq(own.user));
    let user = users.one().await?.ok_or_else(Error::unauthenticated)?;
    tx.about(user.id);
    let token = link::make(&mut tx, user.id, &email.0, Purpose::ChangeEmail).await?;
    tx.commit(Event::of("emailChange")).await?;
    if is_taken {
        desk.mailer.post(&email.0, &user.locale, Letter::AlreadyRegistered);
    } else {
        desk.mailer.post(&email.0, &user.locale, Letter::ConfirmNewEmail { token });
        desk.mailer.post(&user.email, &user.locale, Letter::EmailChanging);
    }
    Ok(email)
}
