//! Organizations, who belongs to them, and how they are verified.

mod accreditation;
mod completing;
mod filter;
mod identifier;
mod input;
mod invitation;
pub mod invite;
mod membership;
mod membership_state;
pub mod merge;
mod organization;
mod roster;
pub mod seats;
pub mod steps;
mod verification;
pub mod write;

pub use filter::{OrganizationFilter, OrganizationOrder, OrganizationOrderField, ask};
pub use identifier::normal as normal_identifier;
pub use input::IdentifierInput;
pub use invitation::{Invitation, InvitationFilter, InvitationQuery, to_viewer};
pub use invite::InvitationMutation;
pub use membership::{Membership, MembershipFilter, MembershipQuery, of_person, of_viewer};
pub use merge::OrganizationMergeMutation;
pub use organization::Organization;
pub use roster::leave_all;
pub use seats::MembershipMutation;
pub use steps::OrganizationStepMutation;
pub use write::OrganizationWriteMutation;

use crate::face::{Door, key, list};
use async_graphql::{Context, ID, Object, OneofObject};
use door::{Error, Nullable, nullable};
use entity::orgs::organization as row;
use gql::connection::{Connection, Paging};
use sea_orm::ColumnTrait;

/// Way to name one organization.
#[derive(Clone, Debug, OneofObject)]
pub enum OrganizationRef {
    /// By its id.
    Id(ID),
    /// By its slug, as in addresses of pages.
    Slug(String),
    /// By its number in a register.
    Identifier(IdentifierInput),
}

#[derive(Clone, Copy, Default)]
pub struct OrganizationQuery;

#[Object]
impl OrganizationQuery {
    /// Organization by id, slug or number in a register; `null` if there is none for the viewer.
    ///
    /// Who sees it: everybody, unless it is suspended; then its members and staff. A merged one goes on answering to its
    /// id and slug.
    async fn organization(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which organization.")] by: OrganizationRef,
    ) -> Nullable<Organization> {
        let store = ctx.store();
        let found = match by {
            OrganizationRef::Id(id) => match key(&id) {
                Ok(key) => store.load::<row::Entity>(key).await,
                Err(error) => Err(error),
            },
            OrganizationRef::Slug(slug) => {
                store.see::<row::Entity>().filter(row::Column::Slug.eq(slug)).one().await
            }
            OrganizationRef::Identifier(asked) => {
                store.see::<row::Entity>().filter(filter::identified(store, &asked)).one().await
            }
        };
        nullable(found.map(|found| found.map(Organization)))
    }

    /// Organizations the viewer sees, by name unless ordered otherwise.
    ///
    /// With `verification: {eq: PENDING}` it is the queue of those who wait for a curator. Errors: `BAD_USER_INPUT`,
    /// `CURSOR_MISMATCH`; with `search`, `SEARCH_UNAVAILABLE` while names are being read.
    #[allow(clippy::too_many_arguments, reason = "the arguments are the field's own")]
    async fn organizations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Conditions that all have to hold.")] filter: Option<OrganizationFilter>,
        #[graphql(
            desc = "Beginning of a name, of a word of it or of its short name, as one types it; the 500 closest, without `orderBy`."
        )]
        search: Option<String>,
        #[graphql(desc = "Keys to sort by, first key first; at most 3.")] order_by: Option<
            Vec<OrganizationOrder>,
        >,
        #[graphql(desc = "Size of a page going forward, 1 to 100; 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go forward from.")] after: Option<String>,
        #[graphql(desc = "Size of a page going backward, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go backward from.")] before: Option<String>,
    ) -> Nullable<Connection<Organization>> {
        let store = ctx.store();
        let paging = Paging { first, after, last, before };
        match search {
            None => {
                let ask =
                    filter::ask(store, "organizations", filter.as_ref(), order_by.as_deref(), paging).await;
                list(store, ask).await
            }
            Some(_) if order_by.is_some() => Some(Err(Error::bad_input(
                "`organizations` takes `search` or `orderBy`, not both.",
            )
            .into_graphql())),
            Some(search) => {
                nullable(completing::completed(store, &search, filter.as_ref(), paging).await.map(Some))
            }
        }
    }
}
