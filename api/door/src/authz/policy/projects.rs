//! Projects: published ones are public, drafts are their holder's; amounts and contacts ask for nearness.

use super::{Act, Node, PartOf, Policy, Rows, Viewer};
use crate::authz::Power;
use entity::{
    codes::{ProjectStatus, ReplicationStatus, Visibility},
    ids::{NeedId, OrganizationId, ProjectId, ReplicationId},
    orgs::organization,
    projects::{co_holder, contact, need, project, project_term, project_territory, replication},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

pub const FIELDS: &[(&str, Visibility)] = &[
    ("Project.returnReason", Visibility::Owner),
    ("Project.fundingSought", Visibility::Network),
    ("Need.detail", Visibility::Network),
    ("Need.amount", Visibility::Network),
    ("Replication.denialReason", Visibility::Owner),
];

/// Whether the viewer may add a project to an organization.
pub fn may_add(viewer: &Viewer, holder: OrganizationId) -> bool {
    viewer.sits(holder, Power::Write)
}

impl Policy for project::Entity {
    fn visible(viewer: &Viewer) -> Rows {
        use project::Column::{HolderId, Status};
        Rows::all_if(viewer.is_curator() || viewer.is_steward() || viewer.is_job("search"))
            | (Rows::when(Status.is_in([ProjectStatus::Published, ProjectStatus::Merged]))
                & Rows::through::<organization::Entity>(HolderId, viewer))
            | Rows::when(HolderId.is_in(viewer.orgs(Power::Read)))
    }

    fn allows(viewer: &Viewer, act: Act, row: &project::Model) -> bool {
        match act {
            Act::Inspect => viewer.sits(row.holder_id, Power::Read) || viewer.is_curator(),
            Act::Create | Act::Edit => may_add(viewer, row.holder_id),
            Act::Decide => viewer.is_curator() || viewer.is_steward(),
            Act::Delete => viewer.sits(row.holder_id, Power::Manage) || viewer.is_curator(),
        }
    }

    fn home(row: &project::Model) -> Option<OrganizationId> {
        Some(row.holder_id)
    }

    fn subject(row: &project::Model) -> Option<String> {
        Some(row.id.to_string())
    }
}

impl Node for project::Entity {
    type Id = ProjectId;
    const ID: project::Column = project::Column::Id;
    fn id(row: &project::Model) -> ProjectId {
        row.id
    }
}

impl PartOf for co_holder::Entity {
    type Whole = project::Entity;
    const LINK: co_holder::Column = co_holder::Column::ProjectId;

    fn open(viewer: &Viewer) -> Rows {
        Rows::through::<organization::Entity>(co_holder::Column::OrganizationId, viewer)
    }
}

impl PartOf for project_term::Entity {
    type Whole = project::Entity;
    const LINK: project_term::Column = project_term::Column::ProjectId;
}

impl PartOf for project_territory::Entity {
    type Whole = project::Entity;
    const LINK: project_territory::Column = project_territory::Column::ProjectId;
}

impl PartOf for need::Entity {
    type Whole = project::Entity;
    const LINK: need::Column = need::Column::ProjectId;
}

impl Node for need::Entity {
    type Id = NeedId;
    const ID: need::Column = need::Column::Id;
    fn id(row: &need::Model) -> NeedId {
        row.id
    }
}

/// Each contact says itself who may read it.
impl PartOf for contact::Entity {
    type Whole = project::Entity;
    const LINK: contact::Column = contact::Column::ProjectId;

    fn open(viewer: &Viewer) -> Rows {
        use Visibility::{Network, Party, Public};
        use contact::Column::{ProjectId, Visibility as Level};
        let own = Rows::when(project::Column::HolderId.is_in(viewer.orgs(Power::Read)))
            | Rows::all_if(viewer.is_curator());
        let shared = co_holder::Entity::find()
            .select_only()
            .column(co_holder::Column::ProjectId)
            .filter(co_holder::Column::OrganizationId.is_in(viewer.orgs(Power::Read)))
            .into_query();
        let network = Rows::all_if(viewer.in_network()) & Rows::when(Level.eq(Network));
        Rows::when(Level.eq(Public))
            | network
            | (Rows::when(Level.is_in([Network, Party])) & Rows::when(ProjectId.in_subquery(shared)))
            | Rows::through_rows::<project::Entity>(ProjectId, own)
    }
}

/// Confirmed ones are seen with the model; others by both sides and by staff.
impl Policy for replication::Entity {
    fn visible(viewer: &Viewer) -> Rows {
        use replication::Column::{HolderId, OrganizationId, ProjectId, Status};
        let orgs = viewer.orgs(Power::Read);
        Rows::all_if(viewer.is_curator() || viewer.is_steward())
            | (Rows::when(Status.eq(ReplicationStatus::Confirmed))
                & Rows::through::<project::Entity>(ProjectId, viewer))
            | Rows::when(HolderId.is_in(orgs.clone()))
            | Rows::when(OrganizationId.is_in(orgs))
    }

    fn allows(viewer: &Viewer, act: Act, row: &replication::Model) -> bool {
        let sits = |power| viewer.sits(row.organization_id, power);
        match act {
            Act::Inspect => {
                sits(Power::Read) || viewer.sits(row.holder_id, Power::Read) || viewer.is_curator()
            }
            Act::Create | Act::Edit => sits(Power::Write),
            // Declaring needs no permission; that it is the same thing, the model's holder says.
            Act::Decide => viewer.sits(row.holder_id, Power::Write),
            Act::Delete => false,
        }
    }

    fn home(row: &replication::Model) -> Option<OrganizationId> {
        Some(row.organization_id)
    }

    fn subject(row: &replication::Model) -> Option<String> {
        Some(row.id.to_string())
    }
}

impl Node for replication::Entity {
    type Id = ReplicationId;
    const ID: replication::Column = replication::Column::Id;
    fn id(row: &replication::Model) -> ReplicationId {
        row.id
    }
}
