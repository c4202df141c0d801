//! Stand-in until the identity area lands.

use async_graphql::{ID, Object};
use entity::identity::user;

/// Person with an account.
#[derive(Clone)]
pub struct User(pub user::Model);

impl From<user::Model> for User {
    fn from(row: user::Model) -> Self {
        Self(row)
    }
}

/// Person with an account.
#[Object]
impl User {
    /// Id, `usr_…`.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Name the person goes by.
    async fn display_name(&self) -> &str {
        &self.0.display_name
    }
}
