//! What the viewer may do to an object, as data: the same policy and the same rules as the mutations use.

use async_graphql::{Enum, SimpleObject};
use door::authz::{Act, Policy, Viewer};

/// Whether the viewer may do something now, and if not, why.
#[derive(Clone, Debug, SimpleObject)]
pub struct ViewerPermission {
    /// Whether the mutation would be let through for this viewer and this state.
    pub is_allowed: bool,
    /// Why not; `null` when allowed.
    pub reason: Option<PermissionDenialReason>,
}

/// Why a viewer may not do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum PermissionDenialReason {
    /// Nobody is signed in.
    Unauthenticated,
    /// Viewer's role does not reach this far.
    Forbidden,
    /// Personal access token lacks the scope.
    ScopeMissing,
    /// State of the object does not allow it now.
    StateInvalid,
}

/// What the viewer may do to an object that no mutation changes.
#[derive(Clone, Debug, SimpleObject)]
pub struct UnchangingViewerPermissions {
    /// Change it: never allowed, to nobody.
    pub update: ViewerPermission,
}

impl UnchangingViewerPermissions {
    /// For parts that have no policy of their own.
    pub fn never(viewer: &Viewer) -> Self {
        Self { update: ViewerPermission::judge(viewer, false, false) }
    }

    pub fn of<E: Policy>(viewer: &Viewer, row: &E::Model) -> Self {
        Self { update: ViewerPermission::judge(viewer, E::allows(viewer, Act::Edit, row), false) }
    }
}

impl ViewerPermission {
    /// From who (policy) and when (rule).
    pub fn judge(viewer: &Viewer, is_policy_met: bool, is_state_met: bool) -> Self {
        let reason = if viewer.user().is_none() {
            Some(PermissionDenialReason::Unauthenticated)
        } else if !is_policy_met {
            Some(PermissionDenialReason::Forbidden)
        } else if !viewer.may(entity::codes::TokenScope::Write) {
            Some(PermissionDenialReason::ScopeMissing)
        } else if !is_state_met {
            Some(PermissionDenialReason::StateInvalid)
        } else {
            None
        };
        Self { is_allowed: reason.is_none(), reason }
    }
}
