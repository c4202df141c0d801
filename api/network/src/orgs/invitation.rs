//! Offers of a place in an organization, made to an e-mail address.

use super::organization::Organization;
use crate::{
    face::{
        Conditions, Door, ViewerPermission,
        filter::{Budget, NullsOrder, OneOf, OrderDirection, given},
        key, list, order,
    },
    identity::User,
};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use door::{
    Error, Nullable, Result,
    authz::{Act, Ask, Policy, Store},
    nullable,
};
use entity::{
    At,
    codes::{InvitationState, MembershipRole},
    identity::user,
    ids::OrganizationId,
    orgs::{invitation, organization},
};
use gql::{
    connection::{Connection, Paging},
    scalars::{DateTime, EmailAddress},
};
use sea_orm::{ColumnTrait, Condition, sea_query::ExprTrait};

/// Offer of a place in an organization to whoever owns an e-mail address, with or without an account.
#[derive(Clone)]
pub struct Invitation(pub invitation::Model);

impl From<invitation::Model> for Invitation {
    fn from(row: invitation::Model) -> Self {
        Self(row)
    }
}

/// What the viewer may do to an invitation now.
#[derive(Clone, Debug, SimpleObject)]
pub struct InvitationViewerPermissions {
    /// `invitationAccept`.
    pub accept: ViewerPermission,
    /// `invitationDecline`.
    pub decline: ViewerPermission,
    /// `invitationRevoke`.
    pub revoke: ViewerPermission,
    /// `invitationResend`.
    pub resend: ViewerPermission,
}

/// State as it is shown: what was sent and not answered in time has expired.
pub fn shown(row: &invitation::Model, now: At) -> InvitationState {
    if row.state == InvitationState::Sent && row.expires_at <= now {
        InvitationState::Expired
    } else {
        row.state
    }
}

/// Offer of a place in an organization to whoever owns an e-mail address.
///
/// Who sees it: whoever proved to own the address, those who manage the organization's members, administrators.
#[Object]
impl Invitation {
    /// Id, `inv_…`.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Version, for `ifVersion`.
    async fn version(&self) -> String {
        self.0.version.to_string()
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at.0)
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at.0)
    }

    /// Organization that invites.
    async fn organization(&self, ctx: &Context<'_>) -> Nullable<Organization> {
        let found = ctx.store().load::<organization::Entity>(self.0.organization_id).await;
        nullable(found.map(|row| row.map(Organization)))
    }

    /// Address invited, in small letters. Who sees it: whoever sees the invitation.
    async fn email(&self, ctx: &Context<'_>) -> Option<EmailAddress> {
        let email = || EmailAddress(self.0.email.clone());
        ctx.store().reveal::<invitation::Entity, _>("Invitation.email", &self.0, email)
    }

    /// Role offered.
    async fn role(&self) -> MembershipRole {
        self.0.role
    }

    /// Words to whoever is invited. Who sees it: whoever sees the invitation.
    async fn message(&self, ctx: &Context<'_>) -> Option<String> {
        let message = || self.0.message.clone();
        ctx.store().reveal::<invitation::Entity, _>("Invitation.message", &self.0, message).flatten()
    }

    /// Whether it is still open.
    async fn state(&self, ctx: &Context<'_>) -> InvitationState {
        shown(&self.0, ctx.store().now())
    }

    /// When it expires unless it is answered.
    async fn expires_at(&self) -> DateTime {
        DateTime(self.0.expires_at.0)
    }

    /// Who sent it last, as far as the viewer sees that person.
    async fn invited_by(&self, ctx: &Context<'_>) -> Nullable<User> {
        nullable(ctx.store().load::<user::Entity>(self.0.invited_by_id).await.map(|row| row.map(User)))
    }

    /// What the viewer may do to it now.
    async fn viewer_permissions(&self, ctx: &Context<'_>) -> InvitationViewerPermissions {
        let store = ctx.store();
        let viewer = store.viewer();
        let judge = |act, is_met| {
            ViewerPermission::judge(viewer, invitation::Entity::allows(viewer, act, &self.0), is_met)
        };
        let is_unanswered = self.0.state == InvitationState::Sent;
        let is_open = shown(&self.0, store.now()) == InvitationState::Sent;
        InvitationViewerPermissions {
            accept: judge(Act::Decide, is_open),
            decline: judge(Act::Decide, is_unanswered),
            revoke: judge(Act::Edit, is_unanswered),
            resend: judge(Act::Edit, is_unanswered),
        }
    }
}

/// Conditions on invitations; all that are given have to hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct InvitationFilter {
    /// By state.
    pub state: Option<OneOf<InvitationState>>,
    /// By role offered.
    pub role: Option<OneOf<MembershipRole>>,
    /// By organization.
    pub organization: Option<OneOf<ID>>,
}

#[derive(Clone, Copy, Default)]
pub struct InvitationQuery;

#[Object]
impl InvitationQuery {
    /// Invitations to the viewer's verified address and those it manages, newest first; for administrators all.
    ///
    /// Errors: `BAD_USER_INPUT`, `CURSOR_MISMATCH`.
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
        list(store, ask(store, "invitations", filter.as_ref(), Condition::all(), paging)).await
    }
}

/// What the list of invitations to the viewer's own address asks of the store.
pub fn to_viewer(
    store: &Store,
    filter: Option<&InvitationFilter>,
    paging: Paging,
) -> Result<Ask<invitation::Entity>> {
    let own = match store.viewer().verified_email() {
        Some(email) => invitation::Column::Email.eq(email),
        None => invitation::Column::Email.is_in::<&str, _>([]),
    };
    ask(store, "viewer.invitations", filter, Condition::all().add(own), paging)
}

/// What a list of invitations asks of the store.
pub fn ask(
    store: &Store,
    name: &str,
    filter: Option<&InvitationFilter>,
    within: Condition,
    paging: Paging,
) -> Result<Ask<invitation::Entity>> {
    use invitation::Column::{CreatedAt, Id, OrganizationId as Organization, Role};
    let window = paging.window().map_err(Error::bad_input)?;
    let mut budget = Budget::default();
    let mut all = Conditions::new(&mut budget);
    all.add(within)?;
    if let Some(filter) = filter {
        if let Some(state) = &filter.state {
            all.add(states(state, store.now())?)?;
        }
        all.one_of("role", filter.role.as_ref(), Role, |code| Ok((*code).into()))?;
        all.one_of("organization", filter.organization.as_ref(), Organization, |id| {
            Ok(key::<OrganizationId>(id)?.into())
        })?;
    }
    let none: [(invitation::Column, OrderDirection, NullsOrder); 0] = [];
    let order = order(none, (CreatedAt, OrderDirection::Desc), Id);
    Ok(Ask::new(name, all.done(), &format!("{filter:?}"), order, window))
}

/// The shown state as a condition on the stored one.
fn states(filter: &OneOf<InvitationState>, now: At) -> Result<Condition> {
    use invitation::Column::{ExpiresAt, State};
    let one = |state: InvitationState| match state {
        InvitationState::Sent => State.eq(state).and(ExpiresAt.gt(now)),
        InvitationState::Expired => State.eq(InvitationState::Sent).and(ExpiresAt.lte(now)),
        _ => State.eq(state),
    };
    // No state is one of none.
    let any = |states: &[InvitationState]| {
        states.iter().fold(Condition::any().add(State.is_in::<InvitationState, _>([])), |any, state| {
            any.add(one(*state))
        })
    };
    let mut all = Condition::all();
    if let Some(state) = given(&filter.eq, "state.eq").map_err(Error::bad_input)? {
        all = all.add(one(*state));
    }
    if let Some(states) = given(&filter.r#in, "state.in").map_err(Error::bad_input)? {
        all = all.add(any(states));
    }
    if let Some(states) = given(&filter.not_in, "state.notIn").map_err(Error::bad_input)? {
        all = all.add(any(states).not());
    }
    Ok(all)
}
