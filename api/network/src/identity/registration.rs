//! Registering. Whoever asks learns nothing about who is here already: that is told by mail, to the address alone.

use super::{
    Desk, credentials,
    link::{self, Purpose},
};
use crate::face::{Door, payload};
use async_graphql::{Context, InputObject, Object};
use authn::{Authenticator, mail::Letter, password, patience::evenly};
use door::{
    Error, Faults, Nullable, Result, UserErrorCode,
    authz::{Act, Event, SIGN_IN, Store, Tx},
    fold::fold,
};
use entity::{
    codes::{ActorKind, PlatformRole, UserStatus},
    identity::user,
    ids::UserId,
};
use gql::scalars::{EmailAddress, LanguageTag};
use sea_orm::Set;
use std::time::Duration;

/// Longer than any of this takes, so that the length of an answer tells nothing.
pub(super) const EVEN: Duration = Duration::from_millis(400);

/// Registers an account.
#[derive(Clone, InputObject)]
pub struct UserRegisterInput {
    /// E-mail address; a letter goes there.
    pub email: EmailAddress,
    /// Password: 12 to 200 characters, hard to guess.
    pub password: String,
    /// Name to go by; at most 100 characters. Members of the network read it.
    pub display_name: String,
    /// Language of letters, `fr` or `en`; `fr` unless given.
    pub locale: Option<LanguageTag>,
    /// Kind of stakeholder.
    pub profile_kind: Option<ActorKind>,
}

payload! {
    /// Outcome of `userRegister`.
    UserRegisterPayload {
        /// Address that a letter was sent to.
        email: EmailAddress
    }
}

#[derive(Clone, Copy, Default)]
pub struct RegistrationMutation;

#[Object]
impl RegistrationMutation {
    /// Registers an account and sends a letter with a link that verifies the address.
    ///
    /// The answer is the same for a known address; the letter then says that there is an account.
    ///
    /// Errors: `BLANK`, `TOO_LONG`, `TOO_SHORT`, `PASSWORD_WEAK`, `INVALID`; top level: `RATE_LIMITED`, `UNAVAILABLE`.
    async fn user_register(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who registers.")] input: UserRegisterInput,
    ) -> Nullable<UserRegisterPayload> {
        payload(evenly(EVEN, Box::pin(register(ctx.store(), ctx.desk(), input))).await)
    }
}

async fn register(store: &Store, desk: &Authenticator, input: UserRegisterInput) -> Result<EmailAddress> {
    let mut faults = Faults::default();
    let name = faults.required(Some(input.display_name), &["input", "displayName"], 100);
    let locale = locale(&mut faults, input.locale);
    password::check(&mut faults, &["input", "password"], &input.password, &[&input.email.0, &name]);
    faults.none_or_refuse()?;
    desk.may_ask(store.facts()).await?;
    desk.may_write_to(&input.email.0).await?;
    let hash = desk.passwords.hash(&input.password).await?;
    let known = credentials::known(store, &input.email.0).await?;

    let mut tx = store.begin().await?;
    tx.as_job(SIGN_IN);
    let new = New { name, locale: locale.clone(), kind: input.profile_kind, hash };
    let (locale, letter) = match known {
        None => match create(&mut tx, &input.email.0, new).await {
            Ok(user) => (locale, verify(&mut tx, user, &input.email.0).await?),
            // Somebody else registered it at this very moment, and gets the letter.
            Err(Error::Mend(_)) => return Ok(input.email),
            Err(other) => return Err(other),
        },
        // Nobody has proved to own it yet, so whoever opens the last letter has it.
        Some(user) if user.email_verified_at.is_none() && user.status == UserStatus::Active => {
            renew(&mut tx, user.id, new).await?;
            (locale, verify(&mut tx, user.id, &input.email.0).await?)
        }
        Some(user) => {
            tx.about(user.id);
            (user.locale, Letter::AlreadyRegistered)
        }
    };
    tx.commit(Event::of("userRegister")).await?;
    desk.mailer.post(&input.email.0, &locale, letter);
    Ok(input.email)
}

struct New {
    name: String,
    locale: String,
    kind: Option<ActorKind>,
    hash: String,
}

async fn create(tx: &mut Tx, email: &str, new: New) -> Result<UserId> {
    let (id, now) = (UserId::fresh(), tx.store().now());
    tx.create::<user::Entity>(user::ActiveModel {
        id: Set(id),
        email: Set(email.to_owned()),
        email_verified_at: Set(None),
        name_key: Set(fold(&new.name)),
        display_name: Set(new.name),
        locale: Set(new.locale),
        profile_kind: Set(new.kind),
        password_hash: Set(Some(new.hash)),
        password_changed_at: Set(Some(now)),
        status: Set(UserStatus::Active),
        platform_role: Set(PlatformRole::None),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    })
    .await?;
    Ok(id)
}

async fn renew(tx: &mut Tx, user: UserId, new: New) -> Result<()> {
    let held = tx.hold::<user::Entity>(user, Act::Edit, &[]).await?;
    let now = tx.store().now();
    tx.update(held, |row| {
        row.name_key = Set(fold(&new.name));
        row.display_name = Set(new.name);
        row.locale = Set(new.locale);
        row.profile_kind = Set(new.kind);
        row.password_hash = Set(Some(new.hash));
        row.password_changed_at = Set(Some(now));
    })
    .await?;
    link::void(tx, user, None).await
}

async fn verify(tx: &mut Tx, user: UserId, email: &str) -> Result<Letter> {
    Ok(Letter::VerifyEmail { token: link::make(tx, user, email, Purpose::VerifyEmail).await? })
}

/// A language that letters are written in.
pub(super) fn locale(faults: &mut Faults, asked: Option<LanguageTag>) -> String {
    let locale = asked.map_or_else(|| "fr".to_owned(), |tag| tag.0);
    if !matches!(locale.as_str(), "fr" | "en") {
        faults.add(UserErrorCode::Invalid, &["input", "locale"], "Letters are written in `fr` and `en`.");
    }
    locale
}
