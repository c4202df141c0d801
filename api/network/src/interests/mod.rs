//! Interests: what ties an organization or a person to another organization.
//!
//! They are declared here and counted by [`known`], with what the network's own books show, wherever somebody has to be
//! independent: of the parties of a contract, of a project under evaluation.

pub mod declare;
pub mod known;

pub use declare::{Interest, InterestMutation};

use crate::face::{Door, key, list};
use async_graphql::{Context, ID, Object};
use door::{
    Nullable,
    authz::{Ask, Direction, Sort},
};
use entity::{ids::OrganizationId, interests::interest};
use gql::connection::{Connection, Paging};
use sea_orm::{ColumnTrait, Condition};

#[derive(Clone, Copy, Default)]
pub struct InterestQuery;

#[Object]
impl InterestQuery {
    /// Declared interests the viewer may know of, oldest first.
    ///
    /// Who sees them: whoever declared, staff, and the parties of a contract in which both ends take part.
    #[allow(clippy::too_many_arguments, reason = "the arguments are the field's own")]
    async fn interests(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those this organization declared.")] organization_id: Option<ID>,
        #[graphql(desc = "Only those against this organization.")] against_id: Option<ID>,
        #[graphql(desc = "Size of a page going forward, 1 to 100; 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go forward from.")] after: Option<String>,
        #[graphql(desc = "Size of a page going backward, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go backward from.")] before: Option<String>,
    ) -> Nullable<Connection<Interest>> {
        use interest::Column::{AgainstId, CreatedAt, Id, OrganizationId as Declarer};
        let ask = || {
            let mut condition = Condition::all();
            let mut printed = String::new();
            for (column, id) in [(Declarer, &organization_id), (AgainstId, &against_id)] {
                if let Some(id) = id {
                    condition = condition.add(column.eq(key::<OrganizationId>(id)?));
                }
                printed.push_str(id.as_ref().map_or("-", |id| id.as_str()));
            }
            let order = vec![
                Sort::<interest::Entity>::by(CreatedAt, Direction::Ascending),
                Sort::by(Id, Direction::Ascending),
            ];
            let window = Paging { first, after, last, before }.window().map_err(door::Error::bad_input)?;
            Ok(Ask::new("interests", condition, &printed, order, window))
        };
        list(ctx.store(), ask()).await
    }
}
