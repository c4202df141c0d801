//! What the viewer may do to something that a project says of itself: the same policies as the mutations ask.

use crate::face::ViewerPermission;
use async_graphql::SimpleObject;
use door::authz::{Act, Policy, Viewer};

/// What the viewer may do to something that a project says of itself.
#[derive(Clone, Debug, SimpleObject)]
pub struct OwnViewerPermissions {
    /// Change it.
    pub update: ViewerPermission,
}

impl OwnViewerPermissions {
    pub fn of<E: Policy>(viewer: &Viewer, row: &E::Model) -> Self {
        Self { update: ViewerPermission::judge(viewer, E::allows(viewer, Act::Edit, row), true) }
    }
}
