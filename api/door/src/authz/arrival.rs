//! Who stands at the door: one statement from a credential to a viewer, asked with every request.
//!
//! Because nothing of it is remembered, a suspended account, an ended session, a removed membership and a changed
//! role count from the next request on.

use super::{Pools, Seat, Viewer, Who};
use crate::Result;
use entity::{
    At,
    codes::{MembershipRole, MembershipStatus, PlatformRole, TokenScope, UserStatus, Verification},
    identity::{personal_access_token, session, user},
    ids::{OrganizationId, PersonalAccessTokenId, SessionId, UserId},
    orgs::{membership, organization},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryResult,
    sea_query::{Alias, Expr, ExprTrait, IntoColumnRef, Query, SelectStatement},
};

/// What a request shows.
#[derive(Clone, Debug)]
pub enum Credential {
    /// A session, named by a verified access token.
    Session { user: UserId, session: SessionId },
    /// A personal access token, by its hash.
    Personal(Vec<u8>),
}

/// Somebody let in.
pub struct Arrival {
    pub viewer: Viewer,
    /// The personal access token used, and when it was last noted as used.
    pub token: Option<(PersonalAccessTokenId, Option<At>)>,
}

impl Pools {
    /// The viewer a credential stands for, if it stands for anybody now.
    pub async fn arrive(&self, credential: &Credential, now: At) -> Result<Option<Arrival>> {
        let statement = match credential {
            Credential::Session { user, session } => by_session(*user, *session, now),
            Credential::Personal(hash) => by_token(hash, now),
        };
        let rows = self.read.query_all(&statement).await?;
        let Some(first) = rows.first() else { return Ok(None) };
        let seats = rows.iter().map(seat).collect::<Result<Vec<_>, DbErr>>()?.into_iter().flatten().collect();
        Ok(Some(arrival(first, credential, seats)?))
    }

    /// Notes that a personal access token is in use.
    pub async fn note_use(&self, token: PersonalAccessTokenId, now: At) -> Result<()> {
        personal_access_token::Entity::update_many()
            .col_expr(personal_access_token::Column::LastUsedAt, Expr::val(now))
            .filter(personal_access_token::Column::Id.eq(token))
            .exec(&self.write)
            .await?;
        Ok(())
    }
}

fn arrival(row: &QueryResult, credential: &Credential, seats: Vec<Seat>) -> Result<Arrival, DbErr> {
    let get_at = |name: &str| row.try_get::<Option<At>>("", name);
    let verified_email =
        get_at("email_verified_at")?.map(|_| row.try_get::<String>("", "email")).transpose()?;
    let (session, scopes, authenticated_at, token) = match credential {
        Credential::Session { session, .. } => {
            (Some(*session), vec![TokenScope::Read, TokenScope::Write], get_at("authenticated_at")?, None)
        }
        Credential::Personal(_) => {
            let scopes: String = row.try_get("", "scopes")?;
            let token = (row.try_get("", "token_id")?, get_at("last_used_at")?);
            (None, scopes_of(&scopes), None, Some(token))
        }
    };
    let who = Who::User {
        id: row.try_get("", "id")?,
        verified_email,
        session,
        platform_role: row.try_get::<PlatformRole>("", "platform_role")?,
        scopes,
        authenticated_at,
    };
    Ok(Arrival { viewer: Viewer::new(who, seats), token })
}

fn scopes_of(text: &str) -> Vec<TokenScope> {
    text.split(' ').filter_map(|code| code.parse().ok()).collect()
}

fn seat(row: &QueryResult) -> Result<Option<Seat>, DbErr> {
    let Some(organization) = row.try_get::<Option<OrganizationId>>("", "organization_id")? else {
        return Ok(None);
    };
    let role = row.try_get::<MembershipRole>("", "role")?;
    let is_verified = row.try_get::<Verification>("", "verification")? == Verification::Verified;
    Ok(Some(Seat { organization, role, is_verified }))
}

fn by_session(user: UserId, session: SessionId, now: At) -> SelectStatement {
    use session::Column::{AuthenticatedAt, EndedAt, ExpiresAt, Id, UserId as Owner};
    let mut select = people();
    select
        .expr(column(session::Entity, AuthenticatedAt))
        .inner_join(session::Entity, column(session::Entity, Owner).equals((user::Entity, user::Column::Id)))
        .and_where(column(session::Entity, Id).eq(session))
        .and_where(column(user::Entity, user::Column::Id).eq(user))
        .and_where(column(session::Entity, EndedAt).is_null())
        .and_where(column(session::Entity, ExpiresAt).gt(now));
    select
}

fn by_token(hash: &[u8], now: At) -> SelectStatement {
    use personal_access_token::{
        Column::{ExpiresAt, Hash, Id, LastUsedAt, RevokedAt, Scopes, UserId as Owner},
        Entity as Token,
    };
    let mut select = people();
    select
        .expr_as(column(Token, Id), Alias::new("token_id"))
        .exprs([column(Token, Scopes), column(Token, LastUsedAt)])
        .inner_join(Token, column(Token, Owner).equals((user::Entity, user::Column::Id)))
        .and_where(column(Token, Hash).eq(hash.to_vec()))
        .and_where(column(Token, RevokedAt).is_null())
        .and_where(column(Token, ExpiresAt).gt(now));
    select
}

/// Active accounts, a row for each active seat.
fn people() -> SelectStatement {
    use membership::{
        Column::{OrganizationId as Organization, Role, Status as MemberStatus, UserId as Member},
        Entity as Membership,
    };
    use user::{
        Column::{Email, EmailVerifiedAt, Id, PlatformRole as StaffRole, Status},
        Entity as User,
    };
    let is_seated = column(Membership, Member)
        .equals((User, Id))
        .and(column(Membership, MemberStatus).eq(MembershipStatus::Active));
    let is_of = column(organization::Entity, organization::Column::Id).equals((Membership, Organization));
    Query::select()
        .from(User)
        .exprs([Id, Email, EmailVerifiedAt, StaffRole].map(|name| column(User, name)))
        .exprs([column(Membership, Organization), column(Membership, Role)])
        .expr(column(organization::Entity, organization::Column::Verification))
        .left_join(Membership, is_seated)
        .left_join(organization::Entity, is_of)
        .and_where(column(User, Status).eq(UserStatus::Active))
        .to_owned()
}

fn column<E: EntityTrait>(table: E, column: E::Column) -> Expr
where
    (E, E::Column): IntoColumnRef,
{
    Expr::col((table, column))
}
