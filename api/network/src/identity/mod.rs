//! Accounts: who people are, how they sign in, and what they may do with their own.
//!
//! Tokens, hashes and waits stand in [`authn`]; here is what people ask for. Answers never tell whether an
//! address is known: the same words, and evenly long.

pub mod account;
pub mod administration;
mod credentials;
pub mod email;
pub mod export;
pub mod filter;
mod link;
pub mod password;
pub mod registration;
pub mod session;
pub mod sign_in;
pub mod token;
pub mod user;
pub mod viewer;

pub use account::AccountMutation;
pub use administration::UserAdministrationMutation;
pub use email::EmailMutation;
pub use filter::{UserFilter, UserOrder};
pub use password::PasswordMutation;
pub use registration::RegistrationMutation;
pub use session::Session;
pub use sign_in::SessionMutation;
pub use token::{PersonalAccessToken, PersonalAccessTokenMutation};
pub use user::User;
pub use viewer::Viewer;

use crate::face::{Door, key, list};
use async_graphql::{Context, ID, Object};
use authn::Authenticator;
use door::{Nullable, nullable};
use entity::identity::user as row;
use gql::connection::{Connection, Paging};

#[derive(Clone, Copy, Default)]
pub struct IdentityQuery;

#[Object]
impl IdentityQuery {
    /// Whoever asks: the account, its memberships, and what it may do.
    async fn viewer(&self) -> Nullable<Viewer> {
        Some(Ok(Viewer))
    }

    /// Person by id; `null` if there is none for the viewer.
    ///
    /// Who sees it: the person, members of the same organizations, members of the network, administrators.
    async fn user(&self, ctx: &Context<'_>, #[graphql(desc = "Id of the person.")] id: ID) -> Nullable<User> {
        let found = match key(&id) {
            Ok(key) => ctx.store().load::<row::Entity>(key).await,
            Err(error) => Err(error),
        };
        nullable(found.map(|found| found.map(User)))
    }

    /// People the viewer sees, by name unless ordered otherwise.
    ///
    /// Errors: `BAD_USER_INPUT`, `CURSOR_MISMATCH`, `FORBIDDEN` when a filter or an order asks for what only
    /// administrators read.
    #[allow(clippy::too_many_arguments, reason = "the arguments are the field's own")]
    async fn users(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Conditions that all have to hold.")] filter: Option<UserFilter>,
        #[graphql(desc = "Keys to sort by, first key first; at most 3.")] order_by: Option<Vec<UserOrder>>,
        #[graphql(desc = "Size of a page going forward, 1 to 100; 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go forward from.")] after: Option<String>,
        #[graphql(desc = "Size of a page going backward, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go backward from.")] before: Option<String>,
    ) -> Nullable<Connection<User>> {
        let store = ctx.store();
        let paging = Paging { first, after, last, before };
        list(store, filter::ask(store, filter.as_ref(), order_by.as_deref(), paging)).await
    }
}

/// Reaches what signing in needs from a resolver.
trait Desk {
    fn desk(&self) -> &Authenticator;
}

impl Desk for Context<'_> {
    fn desk(&self) -> &Authenticator {
        // The server puts it into the schema's data when it starts.
        self.data_unchecked::<Authenticator>()
    }
}
