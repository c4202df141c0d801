//! Projects: what innovators carry, from the first draft to the archive, and what they need.

mod at_hand;
mod completeness;
pub mod facet;
mod filter;
mod found;
pub mod highlight;
mod input;
pub mod list;
pub mod need;
mod project;
mod reading;
pub mod replicate;
pub mod replication;
mod replication_state;
mod similar;
mod state;
pub mod steps;
pub(crate) mod wanted;
pub mod write;

pub use filter::{ProjectFilter, ProjectOrder, ProjectOrderField};
pub use list::{ProjectConnection, ProjectEdge, ask, by_theme_under, sought_under};
pub use need::{Need, NeedMutation};
pub use project::Project;
pub use replicate::ReplicationMutation;
pub use replication::{Replication, measured_replications};
pub use steps::ProjectStepMutation;
pub use write::ProjectWriteMutation;

use crate::face::{Door, key};
use async_graphql::{Context, ID, Object, OneofObject};
use door::{Nullable, nullable};
use entity::projects::project as row;
use gql::connection::Paging;
use sea_orm::ColumnTrait;

/// Way to name one project.
#[derive(Clone, Debug, OneofObject)]
pub enum ProjectRef {
    /// By its id.
    Id(ID),
    /// By its slug, as in addresses of pages.
    Slug(String),
}

#[derive(Clone, Copy, Default)]
pub struct ProjectQuery;

#[Object]
impl ProjectQuery {
    /// Project by id or slug; `null` if there is none for the viewer.
    ///
    /// Who sees it: everybody once published; its holder's members and curators before and after.
    async fn project(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which project.")] by: ProjectRef,
    ) -> Nullable<Project> {
        let store = ctx.store();
        let found = match by {
            ProjectRef::Id(id) => match key(&id) {
                Ok(key) => store.load::<row::Entity>(key).await,
                Err(error) => Err(error),
            },
            ProjectRef::Slug(slug) => {
                store.see::<row::Entity>().filter(row::Column::Slug.eq(slug)).one().await
            }
        };
        nullable(found.map(|found| found.map(Project)))
    }

    /// Projects the viewer sees: newest publication first, or best answer to `search` first, unless ordered otherwise.
    ///
    /// Errors: `BAD_USER_INPUT`, `CURSOR_MISMATCH`, `FORBIDDEN` when a filter asks for amounts and the viewer is not of
    /// the network.
    async fn projects(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Conditions that all have to hold.")] filter: Option<ProjectFilter>,
        #[graphql(
            desc = "Words that all have to be found, in any form; the last may be unfinished. Phrases in quotes. At most 500 characters."
        )]
        search: Option<String>,
        #[graphql(desc = "Keys to sort by, first key first; at most 3, one with `search`.")] order_by: Option<
            Vec<ProjectOrder>,
        >,
        #[graphql(desc = "Size of a page going forward, 1 to 100; 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go forward from.")] after: Option<String>,
        #[graphql(desc = "Size of a page going backward, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go backward from.")] before: Option<String>,
    ) -> Nullable<ProjectConnection> {
        let paging = Paging { first, after, last, before };
        let selected = list::Selected::by(ctx);
        let page =
            list::list(ctx.store(), filter.as_ref(), search, order_by.as_deref(), paging, selected).await;
        nullable(page.map(Some))
    }
}
