//! What the GraphQL faces of all areas share: the store in the context, ids, versions, pages, payloads, permissions.

mod conditions;
pub mod filter;
mod ids;
mod list;
#[macro_use]
mod payload;
mod permission;

pub use conditions::{Conditions, at_most, contains, folded_starts_with, one_of};
pub use ids::{key, keys, node_prefix};
pub use list::{complete, list, list_under, list_under_along, order};
pub use payload::{Payload, payload};
pub use permission::{PermissionDenialReason, UnchangingViewerPermissions, ViewerPermission};

use async_graphql::Context;
use door::authz::Store;

/// Reaches the request's store from a resolver.
pub trait Door {
    fn store(&self) -> &Store;
}

impl Door for Context<'_> {
    fn store(&self) -> &Store {
        // The handler puts the store into every request before it executes anything.
        self.data_unchecked::<Store>()
    }
}
