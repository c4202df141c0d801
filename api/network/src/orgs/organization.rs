//! The organization as the API shows it.

use super::{
    accreditation::{Accreditation, day},
    filter,
    invitation::{self, Invitation, InvitationFilter},
    membership::{self, Membership, MembershipFilter},
    verification::{Step, after, is_at_work, is_editable},
};
use crate::{
    audit::{self, AuditEvent, AuditEventFilter},
    face::{Door, ViewerPermission, list_under},
    projects::{self, Project, ProjectConnection, ProjectFilter, ProjectOrder},
    reference::Territory,
};
use async_graphql::{Context, ID, Object, SimpleObject};
use door::{
    Nullable, Result,
    authz::{Act, Policy, Power, Store, manages_members, may_add_project},
    nullable,
};
use entity::{
    audit::audit_event,
    codes::{ActorKind, IdentifierScheme, LegalForm, MembershipRole, Verification},
    ids::TerritoryId,
    orgs::{
        accreditation, invitation as invitation_row, membership as membership_row, organization,
        organization_area, organization_identifier, organization_kind,
    },
    projects::project,
    reference::territory,
};
use gql::{
    at_hand::{Asked, AtHand, Told},
    connection::{Connection, Paging},
    scalars::{DateTime, Markdown, Url},
};
use sea_orm::Condition;

/// Association, cooperative, foundation, authority, university: whoever takes part in the network.
#[derive(Clone)]
pub struct Organization(pub organization::Model);

impl From<organization::Model> for Organization {
    fn from(row: organization::Model) -> Self {
        Self(row)
    }
}

impl AtHand for Organization {
    const NAME: &'static str = "Organization";

    fn tell(&self, asked: Asked<'_, '_>, to: &mut Told) -> Option<()> {
        let row = &self.0;
        match asked.name() {
            "id" => to.text(&row.id.to_string()),
            "slug" => to.text(&row.slug),
            "name" => to.text(&row.name),
            "shortName" => match &row.short_name {
                Some(name) => to.text(name),
                None => to.null(),
            },
            "legalForm" => to.code(row.legal_form),
            "verification" => to.code(row.verification),
            _ => return None,
        }
        Some(())
    }
}

/// Number of an organization in a register.
#[derive(Clone, Debug, SimpleObject)]
pub struct Identifier {
    /// Register that gave it.
    pub scheme: IdentifierScheme,
    /// Number as the register writes it, without spaces.
    pub value: String,
}

/// What the viewer may do to an organization now.
#[derive(Clone, Debug, SimpleObject)]
pub struct OrganizationViewerPermissions {
    /// `organizationUpdate`.
    pub update: ViewerPermission,
    /// `organizationRequestVerification`.
    pub request_verification: ViewerPermission,
    /// `organizationVerify`.
    pub verify: ViewerPermission,
    /// `organizationRefuse`.
    pub refuse: ViewerPermission,
    /// `organizationSuspend`.
    pub suspend: ViewerPermission,
    /// `organizationRestore`.
    pub restore: ViewerPermission,
    /// `organizationMerge`.
    pub merge: ViewerPermission,
    /// `membershipInvite`, for any role but `OWNER`.
    pub invite: ViewerPermission,
    /// `projectCreate`.
    pub create_project: ViewerPermission,
}

/// Association, cooperative, foundation, authority, university: whoever takes part in the network.
///
/// Who sees it: everybody, unless it is suspended; then its members and staff.
#[Object]
impl Organization {
    /// Id, `org_…`.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Readable, unique and lasting name in addresses.
    async fn slug(&self) -> &str {
        &self.0.slug
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

    /// Name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Name in everyday use, such as an acronym.
    async fn short_name(&self) -> Option<&str> {
        self.0.short_name.as_deref()
    }

    /// What it is and does, in its own words.
    async fn description(&self) -> Option<Markdown> {
        self.0.description.clone().map(Markdown)
    }

    /// Legal form.
    async fn legal_form(&self) -> LegalForm {
        self.0.legal_form
    }

    /// What it does in the network; at least one.
    async fn kinds(&self, ctx: &Context<'_>) -> Nullable<Vec<ActorKind>> {
        let parts = ctx.store().parts::<organization_kind::Entity>(self.0.id).await;
        nullable(parts.map(|parts| {
            let mut kinds: Vec<_> = parts.into_iter().map(|part| part.kind).collect();
            kinds.sort_unstable();
            Some(kinds)
        }))
    }

    /// Numbers in registers; at most 20.
    async fn identifiers(&self, ctx: &Context<'_>) -> Nullable<Vec<Identifier>> {
        let parts = ctx.store().parts::<organization_identifier::Entity>(self.0.id).await;
        nullable(parts.map(|parts| {
            let mut parts: Vec<_> = parts.into_iter().map(|part| (part.scheme, part.value)).collect();
            parts.sort_unstable();
            Some(parts.into_iter().map(|(scheme, value)| Identifier { scheme, value }).collect())
        }))
    }

    /// Accreditations and labels it declares, past ones too; at most 30.
    async fn accreditations(&self, ctx: &Context<'_>) -> Nullable<Vec<Accreditation>> {
        let store = ctx.store();
        let today = day(store.now());
        let parts = store.parts::<accreditation::Entity>(self.0.id).await;
        nullable(
            parts.map(|parts| Some(parts.into_iter().map(|row| Accreditation::of(row, &today)).collect())),
        )
    }

    /// Address of its website.
    async fn website(&self) -> Option<Url> {
        self.0.website.clone().map(Url)
    }

    /// Territory of its seat.
    async fn seat(&self, ctx: &Context<'_>) -> Nullable<Territory> {
        let seat = self.0.seat_id?;
        nullable(ctx.store().load::<territory::Entity>(seat).await.map(|row| row.map(Territory::from)))
    }

    /// Territories it works in; at most 100.
    async fn areas(&self, ctx: &Context<'_>) -> Nullable<Vec<Territory>> {
        nullable(self.working_areas(ctx.store()).await.map(Some))
    }

    /// Organization in control of it, as it declares.
    async fn parent(&self, ctx: &Context<'_>) -> Nullable<Self> {
        let parent = self.0.parent_id?;
        nullable(ctx.store().load::<organization::Entity>(parent).await.map(|row| row.map(Self)))
    }

    /// Organizations that declare it as their parent, by name.
    async fn children(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Size of a page going forward, 1 to 100; 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go forward from.")] after: Option<String>,
        #[graphql(desc = "Size of a page going backward, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go backward from.")] before: Option<String>,
    ) -> Nullable<Connection<Self>> {
        let store = ctx.store();
        let paging = Paging { first, after, last, before };
        let ask = filter::ask(store, "organization.children", None, None, paging).await;
        list_under(store, organization::Column::ParentId, self.0.id.0, ask).await
    }

    /// State in the network.
    async fn verification(&self) -> Verification {
        self.0.verification
    }

    /// Why a curator refused or suspended it. Who sees it: its members and curators.
    async fn verification_reason(&self, ctx: &Context<'_>) -> Option<String> {
        let reason = || self.0.verification_reason.clone();
        ctx.store()
            .reveal::<organization::Entity, _>("Organization.verificationReason", &self.0, reason)
            .flatten()
    }

    /// When it was last verified.
    async fn verified_at(&self) -> Option<DateTime> {
        self.0.verified_at.map(|at| DateTime(at.0))
    }

    /// Organization that this one was merged into: what it had is there.
    async fn merged_into(&self, ctx: &Context<'_>) -> Nullable<Self> {
        let into = self.0.merged_into_id?;
        nullable(ctx.store().load::<organization::Entity>(into).await.map(|row| row.map(Self)))
    }

    /// Projects it holds, as far as the viewer sees them, newest publication first unless ordered otherwise.
    #[allow(clippy::too_many_arguments, reason = "the arguments are the field's own")]
    async fn projects(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Conditions that all have to hold.")] filter: Option<ProjectFilter>,
        #[graphql(desc = "Keys to sort by, first key first; at most 3.")] order_by: Option<Vec<ProjectOrder>>,
        #[graphql(desc = "Size of a page going forward, 1 to 100; 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go forward from.")] after: Option<String>,
        #[graphql(desc = "Size of a page going backward, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go backward from.")] before: Option<String>,
    ) -> Nullable<ProjectConnection> {
        let store = ctx.store();
        let paging = Paging { first, after, last, before };
        let ask =
            projects::ask(store, "organization.projects", filter.as_ref(), order_by.as_deref(), paging).await;
        let page = list_under::<_, Project>(store, project::Column::HolderId, self.0.id.0, ask).await;
        page.map(|page| page.map(ProjectConnection::from))
    }

    /// Memberships, oldest first; past ones only when the filter names `status`.
    ///
    /// Who sees it: its members, curators and administrators; curators see active ones, without role and status.
    #[allow(clippy::too_many_arguments, reason = "the arguments are the field's own")]
    async fn memberships(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Conditions that all have to hold; for members and administrators.")] filter: Option<
            MembershipFilter,
        >,
        #[graphql(desc = "Size of a page going forward, 1 to 100; 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go forward from.")] after: Option<String>,
        #[graphql(desc = "Size of a page going backward, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go backward from.")] before: Option<String>,
    ) -> Nullable<Connection<Membership>> {
        let store = ctx.store();
        let paging = Paging { first, after, last, before };
        let ask = match membership::ask_within(store, self.0.id, filter.as_ref(), paging) {
            Ok(ask) => ask,
            // Refused before it is revealed: who was told nothing has read nothing, and the trail says so.
            Err(refusal) => return nullable(Err(refusal)),
        };
        store.reveal::<organization::Entity, _>("Organization.memberships", &self.0, || ())?;
        list_under(store, membership_row::Column::OrganizationId, self.0.id.0, Ok(ask)).await
    }

    /// Invitations, newest first. Who sees it: those who manage its members, and platform administrators.
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
        if !manages_members(store.viewer(), self.0.id, MembershipRole::Viewer) {
            store.withhold("Organization.invitations");
            return None;
        }
        let paging = Paging { first, after, last, before };
        let ask =
            invitation::ask(store, "organization.invitations", filter.as_ref(), Condition::all(), paging);
        list_under(store, invitation_row::Column::OrganizationId, self.0.id.0, ask).await
    }

    /// What was done to it and by it, newest first. Who sees it: its administrators, and platform administrators.
    #[allow(clippy::too_many_arguments, reason = "the arguments are the field's own")]
    async fn audit_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Conditions that all have to hold.")] filter: Option<AuditEventFilter>,
        #[graphql(desc = "Size of a page going forward, 1 to 100; 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go forward from.")] after: Option<String>,
        #[graphql(desc = "Size of a page going backward, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go backward from.")] before: Option<String>,
    ) -> Nullable<Connection<AuditEvent>> {
        let store = ctx.store();
        if !store.viewer().sits(self.0.id, Power::Manage) && !store.viewer().is_administrator() {
            store.withhold("Organization.auditEvents");
            return None;
        }
        let ask = audit::ask(filter.as_ref(), Paging { first, after, last, before });
        list_under(store, audit_event::Column::OrganizationId, self.0.id.0, ask).await
    }

    /// Membership of the viewer, in whatever state; `null` if there never was one.
    async fn viewer_membership(&self, ctx: &Context<'_>) -> Nullable<Membership> {
        nullable(membership::own(ctx.store(), self.0.id).await)
    }

    /// What the viewer may do to it now.
    async fn viewer_permissions(&self, ctx: &Context<'_>) -> OrganizationViewerPermissions {
        let (viewer, id, state) = (ctx.store().viewer(), self.0.id, self.0.verification);
        let may = |act| organization::Entity::allows(viewer, act, &self.0);
        let judge = |act, step| ViewerPermission::judge(viewer, may(act), after(state, step).is_some());
        let invites = manages_members(viewer, id, MembershipRole::Viewer);
        OrganizationViewerPermissions {
            update: ViewerPermission::judge(viewer, may(Act::Edit), is_editable(state)),
            request_verification: judge(Act::Edit, Step::Request),
            verify: judge(Act::Decide, Step::Verify),
            refuse: judge(Act::Decide, Step::Refuse),
            suspend: judge(Act::Decide, Step::Suspend),
            restore: judge(Act::Decide, Step::Restore),
            merge: judge(Act::Delete, Step::Merge),
            invite: ViewerPermission::judge(viewer, invites, is_at_work(state)),
            create_project: ViewerPermission::judge(viewer, may_add_project(viewer, id), is_at_work(state)),
        }
    }
}

impl Organization {
    async fn working_areas(&self, store: &Store) -> Result<Vec<Territory>> {
        let parts = store.parts::<organization_area::Entity>(self.0.id).await?;
        let ids: Vec<TerritoryId> = parts.into_iter().map(|part| part.territory_id).collect();
        let rows = ids.into_iter().map(|id| store.load::<territory::Entity>(id));
        let rows = futures_util::future::try_join_all(rows).await?;
        Ok(rows.into_iter().flatten().map(Territory::from).collect())
    }
}
