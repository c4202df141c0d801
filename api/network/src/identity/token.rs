//! Personal access tokens: for programs that act for a person, with less than the person may.

use super::credentials::{own, own_fresh};
use crate::face::{Door, Payload, ViewerPermission, key, payload};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use authn::token::{PERSONAL, Secret};
use door::{
    Error, Faults, Nullable, Result, UserError, UserErrorCode,
    authz::{Act, Event, Store},
};
use entity::{
    At,
    codes::{CodeList, TokenScope},
    identity::personal_access_token as row,
    ids::PersonalAccessTokenId,
};
use gql::scalars::DateTime;
use sea_orm::{ColumnTrait, Set};

const LONGEST: i64 = 366 * At::DAY;
/// Tokens that work at the same time.
const MOST: usize = 50;

/// Token with which a program acts for a person.
#[derive(Clone)]
pub struct PersonalAccessToken(pub row::Model);

impl From<row::Model> for PersonalAccessToken {
    fn from(row: row::Model) -> Self {
        Self(row)
    }
}

/// What the viewer may do to a token now.
#[derive(Clone, Debug, SimpleObject)]
pub struct PersonalAccessTokenViewerPermissions {
    /// `personalAccessTokenRevoke`.
    pub revoke: ViewerPermission,
}

/// Token with which a program acts for a person. Who sees it: the person.
#[Object]
impl PersonalAccessToken {
    /// Id, `pat_…`; not the token itself.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// What it is for, in its owner's words.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it may do; never more than its owner.
    async fn scopes(&self) -> Vec<TokenScope> {
        self.0.scopes.split(' ').filter_map(|code| code.parse().ok()).collect()
    }

    /// When it stops working.
    async fn expires_at(&self) -> DateTime {
        DateTime(self.0.expires_at.0)
    }

    /// When it was last used, to the minute.
    async fn last_used_at(&self) -> Option<DateTime> {
        self.0.last_used_at.map(|at| DateTime(at.0))
    }

    /// When it was revoked.
    async fn revoked_at(&self) -> Option<DateTime> {
        self.0.revoked_at.map(|at| DateTime(at.0))
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at.0)
    }

    /// What the viewer may do to it now.
    async fn viewer_permissions(&self, ctx: &Context<'_>) -> PersonalAccessTokenViewerPermissions {
        let viewer = ctx.store().viewer();
        let is_own = viewer.is(self.0.user_id) && viewer.session().is_some();
        let revoke = ViewerPermission::judge(viewer, is_own, self.0.revoked_at.is_none());
        PersonalAccessTokenViewerPermissions { revoke }
    }
}

/// Makes a personal access token.
#[derive(Clone, Debug, InputObject)]
pub struct PersonalAccessTokenCreateInput {
    /// What it is for; at most 100 characters.
    pub name: String,
    /// What it may do; at least one.
    pub scopes: Vec<TokenScope>,
    /// When it stops working; within a year.
    pub expires_at: DateTime,
}

/// Revokes a personal access token.
#[derive(Clone, Debug, InputObject)]
pub struct PersonalAccessTokenRevokeInput {
    /// Id of the token.
    pub id: ID,
}

/// Outcome of `personalAccessTokenCreate`.
#[derive(Clone, SimpleObject)]
pub struct PersonalAccessTokenCreatePayload {
    /// Token as it is listed.
    pub personal_access_token: Option<PersonalAccessToken>,
    /// The token itself, for the header `Authorization: Bearer …`; shown this once.
    pub secret: Option<String>,
    /// What to mend, all at once; empty when the mutation took effect.
    pub errors: Vec<UserError>,
    /// The network after the mutation.
    pub query: crate::schema::Query,
}

impl Payload for PersonalAccessTokenCreatePayload {
    type Noun = (PersonalAccessToken, String);
    fn done((token, secret): Self::Noun) -> Self {
        let query = crate::schema::Query::default();
        Self { personal_access_token: Some(token), secret: Some(secret), errors: Vec::new(), query }
    }
    fn refused(errors: Vec<UserError>) -> Self {
        Self { personal_access_token: None, secret: None, errors, query: crate::schema::Query::default() }
    }
}

payload! {
    /// Outcome of `personalAccessTokenRevoke`.
    PersonalAccessTokenRevokePayload {
        /// Token as it is now: revoked.
        personal_access_token: PersonalAccessToken
    }
}

#[derive(Clone, Copy, Default)]
pub struct PersonalAccessTokenMutation;

#[Object]
impl PersonalAccessTokenMutation {
    /// Makes a token for programs; asks for a password given in the last ten minutes.
    ///
    /// Errors: `BLANK`, `TOO_LONG`, `OUT_OF_RANGE`, `STATE_INVALID`, `REAUTHENTICATION_REQUIRED`; top level:
    /// `UNAUTHENTICATED`, `FORBIDDEN` for tokens.
    async fn personal_access_token_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is for and what it may do.")] input: PersonalAccessTokenCreateInput,
    ) -> Nullable<PersonalAccessTokenCreatePayload> {
        payload(create(ctx.store(), input).await)
    }

    /// Revokes a token of one's own; it works no more.
    ///
    /// Errors: `NOT_FOUND`, `STATE_INVALID`; top level: `UNAUTHENTICATED`, `FORBIDDEN` for tokens.
    async fn personal_access_token_revoke(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which token.")] input: PersonalAccessTokenRevokeInput,
    ) -> Nullable<PersonalAccessTokenRevokePayload> {
        payload(revoke(ctx.store(), &input.id).await)
    }
}

async fn create(
    store: &Store,
    input: PersonalAccessTokenCreateInput,
) -> Result<(PersonalAccessToken, String)> {
    let own = own_fresh(store)?;
    let now = store.now();
    let mut faults = Faults::default();
    let name = faults.required(Some(input.name), &["input", "name"], 100);
    let mut scopes = input.scopes;
    scopes.sort();
    scopes.dedup();
    if scopes.is_empty() {
        faults.add(UserErrorCode::Blank, &["input", "scopes"], "Give at least one scope.");
    }
    let expires_at = At(input.expires_at.0);
    if expires_at <= now || now.plus(LONGEST) < expires_at {
        let message = "Choose an instant from now to a year ahead.";
        faults.add(UserErrorCode::OutOfRange, &["input", "expiresAt"], message);
    }
    faults.none_or_refuse()?;
    let mut tx = store.begin().await?;
    let live = tx
        .see::<row::Entity>()
        .filter(row::Column::UserId.eq(own.user))
        .filter(row::Column::RevokedAt.is_null())
        .filter(row::Column::ExpiresAt.gt(now));
    if live.all().await?.len() >= MOST {
        return Err(Error::state(format!("{MOST} tokens work already; revoke one first.")));
    }
    let secret = Secret::fresh(PERSONAL);
    let scopes = scopes.into_iter().map(CodeList::code).collect::<Vec<_>>().join(" ");
    let held = tx
        .create::<row::Entity>(row::ActiveModel {
            id: Set(PersonalAccessTokenId::fresh()),
            user_id: Set(own.user),
            name: Set(name),
            hash: Set(secret.hash),
            scopes: Set(scopes),
            expires_at: Set(expires_at),
            last_used_at: Set(None),
            revoked_at: Set(None),
            created_at: Set(now),
        })
        .await?;
    tx.commit(Event::of("personalAccessTokenCreate")).await?;
    Ok((PersonalAccessToken(held.into_row()), secret.shown))
}

async fn revoke(store: &Store, id: &ID) -> Result<PersonalAccessToken> {
    own(store)?;
    let mut tx = store.begin().await?;
    let held = tx.hold::<row::Entity>(key(id)?, Act::Delete, &["input", "id"]).await?;
    if held.revoked_at.is_some() {
        return Err(Error::state("This token was revoked already."));
    }
    let now = tx.store().now();
    let held = tx.update(held, |row| row.revoked_at = Set(Some(now))).await?;
    tx.commit(Event::of("personalAccessTokenRevoke")).await?;
    Ok(PersonalAccessToken(held.into_row()))
}
