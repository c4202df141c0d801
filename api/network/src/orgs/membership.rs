//! Who belongs to an organization.

use super::{
    membership_state::{Step, after},
    organization::Organization,
};
use crate::{
    face::{
        Conditions, Door, ViewerPermission,
        filter::{Budget, NullsOrder, OneOf, OrderDirection},
        key, list, order,
    },
    identity::User,
};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use door::{
    Error, Nullable, Result,
    authz::{Act, Ask, Lookup, Policy, Store},
    nullable,
};
use entity::{
    codes::{MembershipRole, MembershipStatus},
    identity::user,
    ids::{OrganizationId, UserId},
    orgs::{membership, organization},
};
use gql::{
    connection::{Connection, Paging},
    scalars::DateTime,
};
use sea_orm::{ColumnTrait, Condition};
use std::collections::HashMap;

/// Person's place in an organization: asked for, held, given up or taken away.
#[derive(Clone)]
pub struct Membership(pub membership::Model);

impl From<membership::Model> for Membership {
    fn from(row: membership::Model) -> Self {
        Self(row)
    }
}

/// What the viewer may do to a membership now.
#[derive(Clone, Debug, SimpleObject)]
pub struct MembershipViewerPermissions {
    /// `membershipApprove`, with any role but `OWNER`.
    pub approve: ViewerPermission,
    /// `membershipDecline`.
    pub decline: ViewerPermission,
    /// `membershipChangeRole`; only owners give the role `OWNER`. The last owner keeps it.
    pub change_role: ViewerPermission,
    /// `membershipRemove`; the last owner stays.
    pub remove: ViewerPermission,
    /// `membershipLeave`; the last owner stays.
    pub leave: ViewerPermission,
}

/// Person's place in an organization.
///
/// Who sees it: the person, members of the organization, administrators; while it is active, members of the network see
/// who belongs where, and no more.
#[Object]
impl Membership {
    /// Id, `mem_…`.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Version, for `ifVersion`.
    async fn version(&self) -> String {
        self.0.version.to_string()
    }

    /// When it was first asked for or given. Who sees it: the person, members of the organization, administrators.
    async fn created_at(&self, ctx: &Context<'_>) -> Option<DateTime> {
        self.reveal(ctx, "Membership.createdAt", |row| DateTime(row.created_at.0))
    }

    /// When it last changed. Who sees it: the person, members of the organization, administrators.
    async fn updated_at(&self, ctx: &Context<'_>) -> Option<DateTime> {
        self.reveal(ctx, "Membership.updatedAt", |row| DateTime(row.updated_at.0))
    }

    /// Person.
    async fn user(&self, ctx: &Context<'_>) -> Nullable<User> {
        nullable(ctx.store().load::<user::Entity>(self.0.user_id).await.map(|row| row.map(User)))
    }

    /// Organization.
    async fn organization(&self, ctx: &Context<'_>) -> Nullable<Organization> {
        let found = ctx.store().load::<organization::Entity>(self.0.organization_id).await;
        nullable(found.map(|row| row.map(Organization)))
    }

    /// What the member may do for the organization. Who sees it: the person, members of the organization,
    /// administrators.
    async fn role(&self, ctx: &Context<'_>) -> Option<MembershipRole> {
        self.reveal(ctx, "Membership.role", |row| row.role)
    }

    /// Whether it is asked for, held or past. Who sees it: the person, members of the organization, administrators.
    async fn status(&self, ctx: &Context<'_>) -> Option<MembershipStatus> {
        self.reveal(ctx, "Membership.status", |row| row.status)
    }

    /// When it last became active. Who sees it: the person, members of the organization, administrators.
    async fn since(&self, ctx: &Context<'_>) -> Option<DateTime> {
        self.reveal(ctx, "Membership.since", |row| row.since.map(|at| DateTime(at.0))).flatten()
    }

    /// What the viewer may do to it now.
    async fn viewer_permissions(&self, ctx: &Context<'_>) -> MembershipViewerPermissions {
        let viewer = ctx.store().viewer();
        let judge = |act, step| {
            let may = membership::Entity::allows(viewer, act, &self.0);
            ViewerPermission::judge(viewer, may, after(Some(self.0.status), step).is_some())
        };
        MembershipViewerPermissions {
            approve: judge(Act::Decide, Step::Approve),
            decline: judge(Act::Decide, Step::Decline),
            change_role: judge(Act::Edit, Step::ChangeRole),
            remove: judge(Act::Edit, Step::Remove),
            leave: judge(Act::Delete, Step::Leave),
        }
    }
}

impl Membership {
    fn reveal<T>(
        &self,
        ctx: &Context<'_>,
        coordinate: &'static str,
        value: impl FnOnce(&membership::Model) -> T,
    ) -> Option<T> {
        ctx.store().reveal::<membership::Entity, _>(coordinate, &self.0, || value(&self.0))
    }
}

/// Conditions on memberships; all that are given have to hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct MembershipFilter {
    /// By status; `LEFT` and `REMOVED` ones are found only by filters that name this.
    pub status: Option<OneOf<MembershipStatus>>,
    /// By role.
    pub role: Option<OneOf<MembershipRole>>,
    /// By organization.
    pub organization: Option<OneOf<ID>>,
}

#[derive(Clone, Copy, Default)]
pub struct MembershipQuery;

#[Object]
impl MembershipQuery {
    /// Memberships of which the viewer reads everything, oldest first: one's own and those of one's organizations; for
    /// administrators all.
    ///
    /// With `status: {eq: REQUESTED}` it is the queue of who waits to be let in. Errors: `BAD_USER_INPUT`,
    /// `CURSOR_MISMATCH`.
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
        let near = store.near::<membership::Entity>();
        list(store, ask("memberships", filter.as_ref(), near, paging)).await
    }
}

/// What the list of an organization's members asks of the store. Role and status are no way to find out more.
pub fn ask_within(
    store: &Store,
    organization: OrganizationId,
    filter: Option<&MembershipFilter>,
    paging: Paging,
) -> Result<Ask<membership::Entity>> {
    let viewer = store.viewer();
    let is_near = viewer.sits(organization, door::authz::Power::Read) || viewer.is_administrator();
    if filter.is_some_and(|filter| filter.status.is_some() || filter.role.is_some()) && !is_near {
        store.may_ask("Membership.role")?;
    }
    ask("organization.memberships", filter, Condition::all(), paging)
}

/// What the list of one's own memberships asks of the store.
pub fn of_viewer(
    store: &Store,
    filter: Option<&MembershipFilter>,
    paging: Paging,
) -> Result<Ask<membership::Entity>> {
    let own = match store.viewer().user() {
        Some(user) => membership::Column::UserId.eq(user),
        None => membership::Column::UserId.is_in::<UserId, _>([]),
    };
    ask("viewer.memberships", filter, Condition::all().add(own), paging)
}

/// What the list of a person's memberships asks of the store.
pub fn of_person(paging: Paging) -> Result<Ask<membership::Entity>> {
    ask("user.memberships", None, Condition::all(), paging)
}

fn ask(
    name: &str,
    filter: Option<&MembershipFilter>,
    within: Condition,
    paging: Paging,
) -> Result<Ask<membership::Entity>> {
    use membership::Column::{CreatedAt, Id, OrganizationId as Organization, Role, Status};
    let window = paging.window().map_err(Error::bad_input)?;
    let mut budget = Budget::default();
    let mut all = Conditions::new(&mut budget);
    all.add(within)?;
    if let Some(filter) = filter {
        all.one_of("status", filter.status.as_ref(), Status, |code| Ok((*code).into()))?;
        all.one_of("role", filter.role.as_ref(), Role, |code| Ok((*code).into()))?;
        all.one_of("organization", filter.organization.as_ref(), Organization, |id| {
            Ok(key::<OrganizationId>(id)?.into())
        })?;
    }
    if filter.is_none_or(|filter| filter.status.is_none()) {
        all.add(Status.is_not_in([MembershipStatus::Left, MembershipStatus::Removed]))?;
    }
    let none: [(membership::Column, OrderDirection, NullsOrder); 0] = [];
    let order = order(none, (CreatedAt, OrderDirection::Asc), Id);
    Ok(Ask::new(name, all.done(), &format!("{filter:?}"), order, window))
}

/// Membership of the viewer in an organization; those of many organizations come in one statement.
pub async fn own(store: &Store, organization: OrganizationId) -> Result<Option<Membership>> {
    if store.viewer().user().is_none() {
        return Ok(None);
    }
    Ok(store.batched(Own, organization).await?.map(Membership))
}

/// Memberships of the viewer by organization.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Own;

impl Lookup for Own {
    type Key = OrganizationId;
    type Value = membership::Model;

    async fn find(
        self,
        store: Store,
        organizations: Vec<OrganizationId>,
    ) -> Result<HashMap<OrganizationId, membership::Model>> {
        let Some(user) = store.viewer().user() else { return Ok(HashMap::new()) };
        let wanted = Condition::all()
            .add(membership::Column::UserId.eq(user))
            .add(membership::Column::OrganizationId.is_in(organizations));
        let rows = store.see::<membership::Entity>().filter(wanted).all().await?;
        Ok(rows.into_iter().map(|row| (row.organization_id, row)).collect())
    }
}
