//! Signing in, staying signed in, and out again.

use super::{
    Desk, Session, User,
    credentials::{check, end_sessions, own},
};
use crate::face::{Door, Payload, key, payload};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use authn::{
    Authenticator,
    token::{self, Bearer, LIVES_FOR, Secret, hash},
};
use door::{
    Error, Nullable, Result, UserError, UserErrorCode,
    authz::{Act, Event, SIGN_IN, Store, Tx},
};
use entity::{
    At,
    codes::UserStatus,
    identity::{refresh_token, session, user},
    ids::SessionId,
};
use gql::scalars::{DateTime, EmailAddress};
use sea_orm::{ColumnTrait, Set};

/// A session that is not refreshed for so long ends.
const IDLE: i64 = 14 * At::DAY;
/// No session lasts longer, however often it is refreshed.
const LONGEST: i64 = 90 * At::DAY;

/// What a client keeps to stay signed in.
#[derive(Clone, SimpleObject)]
pub struct SessionTokens {
    /// Token for the header `Authorization: Bearer …`.
    pub access_token: String,
    /// Token for `sessionRefresh`; works once.
    pub refresh_token: String,
    /// Seconds for which the access token works.
    pub expires_in: i32,
    /// Instant at which the session ends unless it is refreshed.
    pub refresh_expires_at: DateTime,
}

/// A session that was opened or carried on.
pub struct Opened {
    tokens: SessionTokens,
    session: Session,
    user: User,
}

macro_rules! opened_payload {
    ($(#[doc = $doc:literal])+ $name:ident) => {
        $(#[doc = $doc])+
        #[derive(Clone, SimpleObject)]
        pub struct $name {
            /// Tokens to keep; shown this once.
            pub tokens: Option<SessionTokens>,
            /// Session they belong to.
            pub session: Option<Session>,
            /// Person who is signed in; private fields are for requests that carry the new token.
            pub user: Option<User>,
            /// What to mend, all at once; empty when the mutation took effect.
            pub errors: Vec<UserError>,
            /// The network as this request sees it; the new token counts from the next request on.
            pub query: crate::schema::Query,
        }

        impl Payload for $name {
            type Noun = Opened;
            fn done(Opened { tokens, session, user }: Opened) -> Self {
                Self {
                    tokens: Some(tokens),
                    session: Some(session),
                    user: Some(user),
                    errors: Vec::new(),
                    query: crate::schema::Query::default(),
                }
            }
            fn refused(errors: Vec<UserError>) -> Self {
                Self { tokens: None, session: None, user: None, errors, query: crate::schema::Query::default() }
            }
        }
    };
}

opened_payload! {
    /// Outcome of `sessionCreate`.
    SessionCreatePayload
}
opened_payload! {
    /// Outcome of `sessionRefresh`.
    SessionRefreshPayload
}
payload! {
    /// Outcome of `sessionReauthenticate`.
    SessionReauthenticatePayload {
        /// Session as it is now.
        session: Session
    }
}
payload! {
    /// Outcome of `sessionEnd`.
    SessionEndPayload {
        /// Session as it is now: ended.
        session: Session
    }
}
payload! {
    /// Outcome of `sessionEndOthers`.
    SessionEndOthersPayload {
        /// Number of sessions that were ended.
        ended_count: i32
    }
}

/// Signs in with e-mail and password.
#[derive(Clone, InputObject)]
pub struct SessionCreateInput {
    /// E-mail address of the account.
    pub email: EmailAddress,
    /// Password of the account.
    pub password: String,
}

/// Carries a session on.
#[derive(Clone, InputObject)]
pub struct SessionRefreshInput {
    /// Refresh token of the session's last answer.
    pub refresh_token: String,
}

/// Gives the password once more.
#[derive(Clone, InputObject)]
pub struct SessionReauthenticateInput {
    /// Password of the account.
    pub password: String,
}

/// Ends a session.
#[derive(Clone, InputObject)]
pub struct SessionEndInput {
    /// Session to end; the current one unless given.
    pub id: Option<ID>,
}

/// Ends all other sessions.
#[derive(Clone, InputObject)]
pub struct SessionEndOthersInput {
    /// Session to keep; the current one unless given.
    pub keep_id: Option<ID>,
}

#[derive(Clone, Copy, Default)]
pub struct SessionMutation;

#[Object]
impl SessionMutation {
    /// Signs in with e-mail and password.
    ///
    /// The answer is the same for an unknown address, a wrong password, an address that was not verified and an account
    /// that is suspended. Waits grow with wrong tries.
    ///
    /// Errors: `CREDENTIALS_INVALID`; top level: `RATE_LIMITED`, `UNAVAILABLE`, both with `retryAfter`.
    async fn session_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who signs in.")] input: SessionCreateInput,
    ) -> Nullable<SessionCreatePayload> {
        payload(create(ctx.store(), ctx.desk(), input).await)
    }

    /// Gives the next pair of tokens for a refresh token, which works once; used twice, it ends its session.
    ///
    /// Send it without the expired access token.
    ///
    /// Errors: `TOKEN_INVALID`.
    async fn session_refresh(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which session.")] input: SessionRefreshInput,
    ) -> Nullable<SessionRefreshPayload> {
        payload(refresh(ctx.store(), ctx.desk(), &input.refresh_token).await)
    }

    /// Gives the password once more, for what asks for one given in the last ten minutes.
    ///
    /// Errors: `CREDENTIALS_INVALID`; top level: `UNAUTHENTICATED`, `FORBIDDEN` for tokens, `RATE_LIMITED`, `UNAVAILABLE`.
    async fn session_reauthenticate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The password.")] input: SessionReauthenticateInput,
    ) -> Nullable<SessionReauthenticatePayload> {
        payload(reauthenticate(ctx.store(), ctx.desk(), &input.password).await)
    }

    /// Ends the current session, or another of one's own; its tokens work no more.
    ///
    /// Errors: `NOT_FOUND`, `STATE_INVALID`; top level: `UNAUTHENTICATED`, `FORBIDDEN` for tokens.
    async fn session_end(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which session.")] input: SessionEndInput,
    ) -> Nullable<SessionEndPayload> {
        payload(end(ctx.store(), input.id.as_ref()).await)
    }

    /// Ends all sessions of one's own but the current one, or but the one given.
    ///
    /// Errors: `NOT_FOUND`; top level: `UNAUTHENTICATED`, `FORBIDDEN` for tokens.
    async fn session_end_others(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which session to keep.")] input: SessionEndOthersInput,
    ) -> Nullable<SessionEndOthersPayload> {
        payload(end_others(ctx.store(), input.keep_id.as_ref()).await)
    }
}

async fn create(store: &Store, desk: &Authenticator, input: SessionCreateInput) -> Result<Opened> {
    let path = &["input"];
    let (user, upgrade) = check(store, desk, &input.email.0, &input.password, path).await?;
    let now = store.now();
    let mut tx = store.begin().await?;
    tx.as_job(SIGN_IN);
    tx.on_behalf_of(user.id);
    let held = tx
        .create::<session::Entity>(session::ActiveModel {
            id: Set(SessionId::fresh()),
            user_id: Set(user.id),
            user_agent: Set(store.facts().user_agent.as_ref().map(|agent| agent.chars().take(200).collect())),
            address: Set(store.facts().address.clone()),
            authenticated_at: Set(now),
            last_used_at: Set(now),
            expires_at: Set(now.plus(IDLE)),
            ended_at: Set(None),
            created_at: Set(now),
        })
        .await?;
    // The account may have been suspended, or its password changed, since it was read.
    let mut account = tx.hold::<user::Entity>(user.id, Act::Edit, path).await?;
    if account.status != UserStatus::Active || account.password_hash != user.password_hash {
        return Err(Error::mend(UserErrorCode::CredentialsInvalid, path, "The account changed; try again."));
    }
    if let Some(hash) = upgrade {
        account = tx.update(account, |row| row.password_hash = Set(Some(hash))).await?;
    }
    let refresh_token = give(&mut tx, &held).await?;
    tx.commit(Event::of("sessionCreate")).await?;
    opened(desk, held.into_row(), account.into_row(), refresh_token, now)
}

async fn refresh(store: &Store, desk: &Authenticator, token: &str) -> Result<Opened> {
    let now = store.now();
    let mut tx = store.begin().await?;
    tx.as_job(SIGN_IN);
    let tokens = tx.see::<refresh_token::Entity>().locked();
    let found = tokens.filter(refresh_token::Column::Hash.eq(hash(token))).one().await?;
    let Some(row) = found else { return Err(invalid()) };
    let session = tx.hold::<session::Entity>(row.session_id, Act::Edit, &["input", "refreshToken"]).await?;
    tx.on_behalf_of(session.user_id);
    if session.ended_at.is_some() || session.expires_at <= now || row.expires_at <= now {
        return Err(invalid());
    }
    if row.used_at.is_some() {
        // Two hold the same token: one of them stole it, and nobody knows which.
        tx.update(session, |row| row.ended_at = Set(Some(now))).await?;
        tx.commit_note(Event::because("sessionRefreshRefused", "refresh token used twice")).await?;
        return Err(invalid());
    }
    let users = tx.see::<user::Entity>().filter(user::Column::Id.eq(session.user_id));
    let user = users.one().await?.filter(|user| user.status == UserStatus::Active).ok_or_else(invalid)?;
    let used = tx.held::<refresh_token::Entity>(row, Act::Edit)?;
    tx.update(used, |row| row.used_at = Set(Some(now))).await?;
    let until = Ord::min(now.plus(IDLE), session.created_at.plus(LONGEST));
    let session = tx
        .update(session, |row| {
            row.last_used_at = Set(now);
            row.expires_at = Set(until);
        })
        .await?;
    let refresh_token = give(&mut tx, &session).await?;
    tx.commit(Event::of("sessionRefresh")).await?;
    opened(desk, session.into_row(), user, refresh_token, now)
}

fn invalid() -> Error {
    Error::mend(
        UserErrorCode::TokenInvalid,
        &["input", "refreshToken"],
        "This refresh token is not valid, or not any more; sign in again.",
    )
}

/// Makes the next refresh token of a session; returns what is shown.
async fn give(tx: &mut Tx, session: &session::Model) -> Result<String> {
    let secret = Secret::fresh("");
    tx.create::<refresh_token::Entity>(refresh_token::ActiveModel {
        hash: Set(secret.hash),
        session_id: Set(session.id),
        used_at: Set(None),
        expires_at: Set(session.expires_at),
    })
    .await?;
    Ok(secret.shown)
}

fn opened(
    desk: &Authenticator,
    session: session::Model,
    user: user::Model,
    refresh_token: String,
    now: At,
) -> Result<Opened> {
    let access_token = token::issue(&desk.keys, Bearer { user: user.id, session: session.id }, now)?;
    let tokens = SessionTokens {
        access_token,
        refresh_token,
        expires_in: i32::try_from(LIVES_FOR / At::SECOND).unwrap_or(i32::MAX),
        refresh_expires_at: DateTime(session.expires_at.0),
    };
    Ok(Opened { tokens, session: Session(session), user: User(user) })
}

async fn reauthenticate(store: &Store, desk: &Authenticator, password: &str) -> Result<Session> {
    let own = own(store)?;
    let email = super::account::email_of(store, own.user).await?;
    check(store, desk, &email, password, &["input", "password"]).await?;
    let mut tx = store.begin().await?;
    tx.as_job(SIGN_IN);
    let held = tx.hold::<session::Entity>(own.session, Act::Edit, &[]).await?;
    let now = tx.store().now();
    let held = tx.update(held, |row| row.authenticated_at = Set(now)).await?;
    tx.commit(Event::of("sessionReauthenticate")).await?;
    Ok(Session(held.into_row()))
}

async fn end(store: &Store, id: Option<&ID>) -> Result<Session> {
    let own = own(store)?;
    let id = id.map_or(Ok(own.session), key)?;
    let mut tx = store.begin().await?;
    let held = tx.hold::<session::Entity>(id, Act::Delete, &["input", "id"]).await?;
    if held.ended_at.is_some() {
        return Err(Error::state("This session has ended already."));
    }
    let now = tx.store().now();
    let held = tx.update(held, |row| row.ended_at = Set(Some(now))).await?;
    tx.commit(Event::of("sessionEnd")).await?;
    Ok(Session(held.into_row()))
}

async fn end_others(store: &Store, keep: Option<&ID>) -> Result<i32> {
    let own = own(store)?;
    let keep = keep.map_or(Ok(own.session), key)?;
    let mut tx = store.begin().await?;
    tx.hold::<session::Entity>(keep, Act::Delete, &["input", "keepId"]).await?;
    tx.about(own.user);
    let ended = end_sessions(&mut tx, own.user, Some(keep)).await?;
    tx.commit(Event::of("sessionEndOthers")).await?;
    Ok(i32::try_from(ended).unwrap_or(i32::MAX))
}
