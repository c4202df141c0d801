//! The organization as the API shows it.

use async_graphql::{ID, Object};
use entity::orgs::organization;

/// Association, cooperative, foundation, authority, university: whoever takes part in the network.
#[derive(Clone)]
pub struct Organization(pub organization::Model);

impl From<organization::Model> for Organization {
    fn from(row: organization::Model) -> Self {
        Self(row)
    }
}

/// Association, cooperative, foundation, authority, university: whoever takes part in the network.
#[Object]
impl Organization {
    /// Id, `org_…`.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Name.
    async fn name(&self) -> &str {
        &self.0.name
    }
}
