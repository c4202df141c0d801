//! Indicators, frameworks, the working groups that write them, and what the network says of their drafts.

use super::{POLICY_IMPORT, WORKING_GROUP};
use crate::authz::{
    Power,
    policy::{Act, PartOf, Policy, Rows, Viewer},
};
use entity::{codes::EditionStatus, evidence::*, ids::*, orgs::organization};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

/// Drafts are the network's to comment on, their owner's, and their working group's.
fn drafts(viewer: &Viewer, owner: impl ColumnTrait, group: impl ColumnTrait) -> Rows {
    let orgs = viewer.orgs(Power::Read);
    let groups = working_group_member::Entity::find()
        .select_only()
        .column(working_group_member::Column::GroupId)
        .filter(working_group_member::Column::OrganizationId.is_in(orgs.clone()))
        .into_query();
    Rows::all_if(viewer.in_network() || viewer.is_job(WORKING_GROUP))
        | Rows::when(owner.is_in(orgs))
        | Rows::when(group.in_subquery(groups))
}

impl Policy for indicator::Entity {
    fn visible(viewer: &Viewer) -> Rows {
        use indicator::Column::{OwnerId, Status, WorkingGroupId};
        Rows::all_if(viewer.is_job(POLICY_IMPORT))
            | drafts(viewer, OwnerId, WorkingGroupId)
            | Rows::when(Status.ne(EditionStatus::Draft))
    }

    fn allows(viewer: &Viewer, act: Act, row: &indicator::Model) -> bool {
        let keeps = |power| match row.owner_id {
            Some(owner) => viewer.sits(owner, power),
            None => viewer.is_steward() || viewer.is_job(POLICY_IMPORT),
        };
        match act {
            Act::Inspect => keeps(Power::Read),
            Act::Create => keeps(Power::Write),
            Act::Edit => keeps(Power::Write) || viewer.is_job(WORKING_GROUP),
            Act::Decide => keeps(Power::Manage) || viewer.is_steward(),
            Act::Delete => false,
        }
    }

    fn home(row: &indicator::Model) -> Option<OrganizationId> {
        row.owner_id
    }

    fn subject(row: &indicator::Model) -> Option<String> {
        Some(row.id.to_string())
    }
}

impl PartOf for indicator_term::Entity {
    type Whole = indicator::Entity;
    const LINK: indicator_term::Column = indicator_term::Column::IndicatorId;
}

impl PartOf for indicator_reference::Entity {
    type Whole = indicator::Entity;
    const LINK: indicator_reference::Column = indicator_reference::Column::IndicatorId;
}

/// Kept by an organization's working group; drafts are open to the network's comments.
impl Policy for framework::Entity {
    fn visible(viewer: &Viewer) -> Rows {
        use framework::Column::{OwnerId, Status, WorkingGroupId};
        drafts(viewer, OwnerId, WorkingGroupId) | Rows::when(Status.ne(EditionStatus::Draft))
    }

    fn allows(viewer: &Viewer, act: Act, row: &framework::Model) -> bool {
        match act {
            Act::Inspect => viewer.sits(row.owner_id, Power::Read),
            Act::Create => viewer.sits(row.owner_id, Power::Write),
            Act::Edit => viewer.sits(row.owner_id, Power::Write) || viewer.is_job(WORKING_GROUP),
            Act::Decide => viewer.sits(row.owner_id, Power::Manage) || viewer.is_steward(),
            Act::Delete => false,
        }
    }

    fn home(row: &framework::Model) -> Option<OrganizationId> {
        Some(row.owner_id)
    }

    fn subject(row: &framework::Model) -> Option<String> {
        Some(row.id.to_string())
    }
}

impl PartOf for framework_dimension::Entity {
    type Whole = framework::Entity;
    const LINK: framework_dimension::Column = framework_dimension::Column::FrameworkId;
}

impl PartOf for framework_item::Entity {
    type Whole = framework::Entity;
    const LINK: framework_item::Column = framework_item::Column::FrameworkId;
}

impl PartOf for framework_term::Entity {
    type Whole = framework::Entity;
    const LINK: framework_term::Column = framework_term::Column::FrameworkId;
}

impl PartOf for framework_territory::Entity {
    type Whole = framework::Entity;
    const LINK: framework_territory::Column = framework_territory::Column::FrameworkId;
}

/// Seen as the organization that convenes it; changed and closed by it.
impl Policy for working_group::Entity {
    fn visible(viewer: &Viewer) -> Rows {
        Rows::through::<organization::Entity>(working_group::Column::HostId, viewer)
    }

    fn allows(viewer: &Viewer, act: Act, row: &working_group::Model) -> bool {
        match act {
            Act::Inspect => viewer.sits(row.host_id, Power::Read),
            Act::Create | Act::Edit => viewer.sits(row.host_id, Power::Write),
            Act::Decide => viewer.sits(row.host_id, Power::Manage),
            Act::Delete => false,
        }
    }

    fn home(row: &working_group::Model) -> Option<OrganizationId> {
        Some(row.host_id)
    }

    fn subject(row: &working_group::Model) -> Option<String> {
        Some(row.id.to_string())
    }
}

/// Who is in a group is for the network, its host and the members themselves.
impl PartOf for working_group_member::Entity {
    type Whole = working_group::Entity;
    const LINK: working_group_member::Column = working_group_member::Column::GroupId;

    fn open(viewer: &Viewer) -> Rows {
        let orgs = viewer.orgs(Power::Read);
        let hosted = Rows::when(working_group::Column::HostId.is_in(orgs.clone()));
        Rows::all_if(viewer.in_network())
            | Rows::when(working_group_member::Column::OrganizationId.is_in(orgs))
            | Rows::through_rows::<working_group::Entity>(Self::LINK, hosted)
    }
}

/// Whether the viewer may comment on drafts of this owner.
pub fn may_comment(viewer: &Viewer, owner: Option<OrganizationId>) -> bool {
    let keeps = owner.is_some_and(|owner| viewer.sits(owner, Power::Read));
    viewer.user().is_some() && (viewer.in_network() || keeps)
}

/// Read by the network, as drafts are; written and taken back by its author, settled by those who keep the draft.
impl Policy for comment::Entity {
    fn visible(viewer: &Viewer) -> Rows {
        use comment::Column::{AuthorId, OwnerId};
        Rows::all_if(viewer.in_network() || viewer.is_job(WORKING_GROUP))
            | Rows::when(OwnerId.is_in(viewer.orgs(Power::Read)))
            | viewer.user().map_or(Rows::None, |user| Rows::when(AuthorId.eq(user)))
    }

    fn allows(viewer: &Viewer, act: Act, row: &comment::Model) -> bool {
        let keeps = |power| match row.owner_id {
            Some(owner) => viewer.sits(owner, power),
            None => viewer.is_steward(),
        };
        match act {
            Act::Create => viewer.is(row.author_id) && may_comment(viewer, row.owner_id),
            Act::Inspect => viewer.is(row.author_id) || keeps(Power::Read),
            Act::Edit => viewer.is(row.author_id),
            Act::Decide => keeps(Power::Write) || viewer.is_job(WORKING_GROUP),
            Act::Delete => false,
        }
    }

    fn home(row: &comment::Model) -> Option<OrganizationId> {
        row.owner_id
    }

    fn subject(row: &comment::Model) -> Option<String> {
        Some(row.id.to_string())
    }
}
