//! Organizations are public unless suspended; who belongs to them is their own affair.

use super::{Act, Node, PartOf, Policy, Rows, Viewer};
use crate::authz::Power;
use entity::{
    codes::{MembershipRole, MembershipStatus, Verification, Visibility},
    ids::{InvitationId, MembershipId, OrganizationId},
    orgs::{
        accreditation, invitation, membership, organization, organization_area, organization_identifier,
        organization_kind,
    },
};
use sea_orm::ColumnTrait;

pub const FIELDS: &[(&str, Visibility)] = &[
    ("Organization.verificationReason", Visibility::Owner),
    ("Organization.memberships", Visibility::Owner),
    ("Organization.invitations", Visibility::Owner),
    ("Organization.auditEvents", Visibility::Owner),
    ("Membership.role", Visibility::Owner),
    ("Membership.status", Visibility::Owner),
    ("Membership.since", Visibility::Owner),
    ("Membership.createdAt", Visibility::Owner),
    ("Membership.updatedAt", Visibility::Owner),
    ("Invitation.email", Visibility::Owner),
    ("Invitation.message", Visibility::Owner),
];

/// The part of the system that keeps organizations consistent: it counts owners, follows parents, moves members.
pub const ORGS: &str = "orgs";

/// Whether the viewer may manage those members of an organization who have this role: owners are for owners.
pub fn manages_members(viewer: &Viewer, organization: OrganizationId, role: MembershipRole) -> bool {
    let power = if role == MembershipRole::Owner { Power::Own } else { Power::Manage };
    viewer.sits(organization, power) || viewer.is_administrator()
}

impl Policy for organization::Entity {
    fn visible(viewer: &Viewer) -> Rows {
        use organization::Column::{Id, Verification as State};
        Rows::all_if(viewer.is_staff() || viewer.is_job(ORGS) || viewer.is_job(super::EVIDENCE_CLOCK))
            | Rows::when(State.ne(Verification::Suspended))
            | Rows::when(Id.is_in(viewer.orgs(Power::Read)))
    }

    fn allows(viewer: &Viewer, act: Act, row: &organization::Model) -> bool {
        match act {
            Act::Create => viewer.user().is_some() || viewer.is_job(super::CONTRACT_IMPORT),
            Act::Inspect => viewer.sits(row.id, Power::Read) || viewer.is_curator(),
            Act::Edit => {
                viewer.sits(row.id, Power::Manage)
 || viewer.is_job(ORGS)
 // A source goes on speaking for an organization until that has members of its own who verify it.
 || (viewer.is_job(super::CONTRACT_IMPORT) && row.verification == Verification::Unverified)
            }
            Act::Decide => viewer.is_curator(),
            // An organization ends by being merged into another.
            Act::Delete => viewer.is_steward() || viewer.is_job(ORGS),
        }
    }

    fn home(row: &organization::Model) -> Option<OrganizationId> {
        Some(row.id)
    }

    fn subject(row: &organization::Model) -> Option<String> {
        Some(row.id.to_string())
    }
}

impl Node for organization::Entity {
    type Id = OrganizationId;
    const ID: organization::Column = organization::Column::Id;
    fn id(row: &organization::Model) -> OrganizationId {
        row.id
    }
}

impl PartOf for organization_kind::Entity {
    type Whole = organization::Entity;
    const LINK: organization_kind::Column = organization_kind::Column::OrganizationId;
}

impl PartOf for organization_identifier::Entity {
    type Whole = organization::Entity;
    const LINK: organization_identifier::Column = organization_identifier::Column::OrganizationId;
}

impl PartOf for accreditation::Entity {
    type Whole = organization::Entity;
    const LINK: accreditation::Column = accreditation::Column::OrganizationId;
}

impl PartOf for organization_area::Entity {
    type Whole = organization::Entity;
    const LINK: organization_area::Column = organization_area::Column::OrganizationId;
}

impl Policy for membership::Entity {
    fn visible(viewer: &Viewer) -> Rows {
        use membership::Column::{OrganizationId, Status};
        // Who sits on both sides of a judgment is looked up by the system, and told without names.
        let mut rows = Self::near(viewer)
            | Rows::all_if(viewer.is_job(super::EVIDENCE_CLOCK) || viewer.is_job(super::CONTRACTS));
        if viewer.in_network() {
            // Who works where is shared in the network; what role they have is not.
            rows = rows
                | (Rows::when(Status.eq(MembershipStatus::Active))
                    & Rows::through::<organization::Entity>(OrganizationId, viewer));
        }
        rows
    }

    fn allows(viewer: &Viewer, act: Act, row: &membership::Model) -> bool {
        match act {
            // One asks for oneself, and one leaves by oneself; others are removed, which is an edit. Accepting an
            // invitation and founding an organization are such requests too.
            Act::Create | Act::Delete => viewer.is(row.user_id),
            Act::Inspect => {
                viewer.is(row.user_id)
                    || viewer.sits(row.organization_id, Power::Read)
                    || viewer.is_administrator()
            }
            // The row before and the row after are judged: who is no owner makes and unmakes none.
            Act::Edit | Act::Decide => {
                manages_members(viewer, row.organization_id, row.role) || viewer.is_job(ORGS)
            }
        }
    }

    fn near(viewer: &Viewer) -> Rows {
        use membership::Column::{OrganizationId, UserId};
        Rows::all_if(viewer.is_administrator() || viewer.is_job(ORGS))
            | viewer.user().map_or(Rows::None, |id| Rows::when(UserId.eq(id)))
            | Rows::when(OrganizationId.is_in(viewer.orgs(Power::Read)))
    }

    fn home(row: &membership::Model) -> Option<OrganizationId> {
        Some(row.organization_id)
    }

    fn subject(row: &membership::Model) -> Option<String> {
        Some(row.id.to_string())
    }
}

impl Node for membership::Entity {
    type Id = MembershipId;
    const ID: membership::Column = membership::Column::Id;
    fn id(row: &membership::Model) -> MembershipId {
        row.id
    }
}

impl Policy for invitation::Entity {
    fn visible(viewer: &Viewer) -> Rows {
        use invitation::Column::{Email, OrganizationId};
        let mut rows = Rows::all_if(viewer.is_administrator() || viewer.is_job(ORGS))
            | Rows::when(OrganizationId.is_in(viewer.orgs(Power::Manage)));
        if let Some(email) = viewer.verified_email() {
            rows = rows | Rows::when(Email.eq(email));
        }
        rows
    }

    fn allows(viewer: &Viewer, act: Act, row: &invitation::Model) -> bool {
        let manages = manages_members(viewer, row.organization_id, row.role);
        let is_invited = viewer.verified_email() == Some(row.email.as_str());
        match act {
            Act::Inspect => {
                is_invited || manages_members(viewer, row.organization_id, MembershipRole::Viewer)
            }
            Act::Create => manages,
            Act::Edit => manages || viewer.is_job(ORGS),
            Act::Decide => is_invited,
            // Who deletes an account takes the invitations to its address along.
            Act::Delete => manages || is_invited,
        }
    }

    fn home(row: &invitation::Model) -> Option<OrganizationId> {
        Some(row.organization_id)
    }

    fn subject(row: &invitation::Model) -> Option<String> {
        Some(row.id.to_string())
    }
}

impl Node for invitation::Entity {
    type Id = InvitationId;
    const ID: invitation::Column = invitation::Column::Id;
    fn id(row: &invitation::Model) -> InvitationId {
        row.id
    }
}
