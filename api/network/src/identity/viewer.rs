//! The viewer: whoever asks, and what follows from it.

use super::{Session, User, export};
use crate::{
    face::{Door, list},
    orgs::{self, Invitation, InvitationFilter, Membership, MembershipFilter},
};
use async_graphql::{Context, Object};
use door::{
    Nullable, Result,
    authz::{Store, Who},
    nullable,
};
use entity::{
    codes::{PlatformRole, TokenScope},
    identity::{session, user},
};
use gql::{
    connection::{Connection, Paging},
    scalars::DateTime,
};

/// Whoever asks.
#[derive(Clone, Copy)]
pub struct Viewer;

/// Whoever asks.
#[Object]
impl Viewer {
    /// Whether somebody is signed in.
    async fn is_authenticated(&self, ctx: &Context<'_>) -> bool {
        ctx.store().viewer().user().is_some()
    }

    /// Account; `null` when nobody is signed in.
    async fn user(&self, ctx: &Context<'_>) -> Nullable<User> {
        nullable(user(ctx.store()).await)
    }

    /// One's memberships, oldest first; past ones only when the filter names `status`.
    #[allow(clippy::too_many_arguments, reason = "the arguments are the field's own")]
    async fn memberships(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Conditions that all have to hold.")] filter: Option<MembershipFilter>,
        #[graphql(desc = "Size of a page going forward, 1 to 100; 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go forward from.")] after: Option<String>,
        #[graphql(desc = "Size of a page going backward, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go backward from.")] before: Option<String>,
    ) -> Nullable<Connection<Membership>> {
        let store = ctx.store();
        let paging = Paging { first, after, last, before };
        list(store, orgs::of_viewer(store, filter.as_ref(), paging)).await
    }

    /// Invitations to one's verified address, newest first.
    #[allow(clippy::too_many_arguments, reason = "the arguments are the field's own")]
    async fn invitations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Conditions that all have to hold.")] filter: Option<InvitationFilter>,
        #[graphql(desc = "Size of a page going forward, 1 to 100; 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go forward from.")] after: Option<String>,
        #[graphql(desc = "Size of a page going backward, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go backward from.")] before: Option<String>,
    ) -> Nullable<Connection<Invitation>> {
        let store = ctx.store();
        let paging = Paging { first, after, last, before };
        list(store, orgs::to_viewer(store, filter.as_ref(), paging)).await
    }

    /// Session of this request; `null` for personal access tokens.
    async fn session(&self, ctx: &Context<'_>) -> Nullable<Session> {
        let id = ctx.store().viewer().session()?;
        nullable(ctx.store().load::<session::Entity>(id).await.map(|row| row.map(Session)))
    }

    /// What the token of this request may do; both for a session, none when nobody is signed in.
    async fn scopes(&self, ctx: &Context<'_>) -> Vec<TokenScope> {
        match ctx.store().viewer().who() {
            Who::User { scopes, .. } => scopes.clone(),
            Who::Public | Who::Job(_) => Vec::new(),
        }
    }

    /// Role in the network's staff.
    async fn platform_role(&self, ctx: &Context<'_>) -> PlatformRole {
        ctx.store().viewer().platform_role()
    }

    /// Whether one reads what members of the network read: a member of a verified organization, or staff.
    async fn is_network_member(&self, ctx: &Context<'_>) -> bool {
        ctx.store().viewer().in_network()
    }

    /// When the password was last given in this session; some mutations ask for the last ten minutes.
    async fn authenticated_at(&self, ctx: &Context<'_>) -> Option<DateTime> {
        match ctx.store().viewer().who() {
            Who::User { authenticated_at, .. } => authenticated_at.map(|at| DateTime(at.0)),
            Who::Public | Who::Job(_) => None,
        }
    }

    /// Everything the network keeps about oneself, as one JSON text to keep or to take elsewhere: account, sessions,
    /// tokens without their secrets, memberships, invitations, and the last 10,000 entries of the audit trail on what
    /// one did (GDPR, articles 15 and 20); `null` when nobody is signed in.
    async fn export(&self, ctx: &Context<'_>) -> Nullable<String> {
        nullable(Box::pin(export::export(ctx.store())).await)
    }
}

async fn user(store: &Store) -> Result<Option<User>> {
    let Some(id) = store.viewer().user() else { return Ok(None) };
    Ok(store.load::<user::Entity>(id).await?.map(User))
}
