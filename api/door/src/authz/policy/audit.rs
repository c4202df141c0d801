//! The audit trail: an organization's owners read its own, everybody their own acts, administrators all.

use super::{Act, Node, Policy, Rows, Viewer};
use crate::authz::Power;
use entity::{audit::audit_event, codes::Visibility, ids::AuditEventId};
use sea_orm::ColumnTrait;

pub const FIELDS: &[(&str, Visibility)] = &[("AuditEvent.address", Visibility::Owner)];

impl Policy for audit_event::Entity {
    fn visible(viewer: &Viewer) -> Rows {
        use audit_event::Column::{ActorId, OrganizationId};
        let own = viewer.user().map_or(Rows::None, |id| Rows::when(ActorId.eq(id)));
        Rows::all_if(viewer.is_administrator())
            | Rows::when(OrganizationId.is_in(viewer.orgs(Power::Manage)))
            | own
    }

    /// Nobody writes the trail but the door itself.
    fn allows(_: &Viewer, act: Act, _: &audit_event::Model) -> bool {
        act == Act::Inspect
    }

    /// Whoever acted and administrators stand nearer to an event than the organization it happened to.
    fn reach(viewer: &Viewer, row: &audit_event::Model) -> Visibility {
        let is_near = viewer.is_administrator() || row.actor_id.is_some_and(|actor| viewer.is(actor));
        if is_near { Visibility::Owner } else { Visibility::Network }
    }
}

impl Node for audit_event::Entity {
    type Id = AuditEventId;
    const ID: audit_event::Column = audit_event::Column::Id;
    fn id(row: &audit_event::Model) -> AuditEventId {
        row.id
    }
}
