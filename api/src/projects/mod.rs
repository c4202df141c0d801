//! Projects: what innovators carry, from the first draft to the archive, and what they need.

mod completeness;
mod filter;
mod input;
pub mod need;
mod project;
mod state;
pub mod steps;
pub mod write;

pub use filter::{ProjectFilter, ProjectOrder, ProjectOrderField};
pub use need::{Need, NeedMutation};
pub use project::Project;
pub use steps::ProjectStepMutation;
pub use write::ProjectWriteMutation;

use crate::{
    Error, Nullable, Result,
    authz::{Ask, Store},
    face::{Door, key, list},
    nullable,
    reference::{TerritoryRelation, related},
};
use async_graphql::{Context, ID, Object, OneofObject};
use entity::{
    codes::{NeedKind, NeedState, ProjectStatus},
    ids::TerritoryId,
    projects::{need as need_row, project as row, project_territory},
};
use gql::{
    connection::{Connection, Paging},
    scalars::Money,
};
use sea_orm::{ColumnTrait, Condition, sea_query::SimpleExpr};

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

    /// Projects the viewer sees, newest publication first unless ordered otherwise.
    ///
    /// Errors: `BAD_USER_INPUT`, `CURSOR_MISMATCH`, `FORBIDDEN` when a filter asks for amounts and the viewer is not of
    /// the network.
    #[allow(clippy::too_many_arguments, reason = "the arguments are the field's own")]
    async fn projects(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Conditions that all have to hold.")] filter: Option<ProjectFilter>,
        #[graphql(desc = "Keys to sort by, first key first; at most 3.")] order_by: Option<Vec<ProjectOrder>>,
        #[graphql(desc = "Size of a page going forward, 1 to 100; 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go forward from.")] after: Option<String>,
        #[graphql(desc = "Size of a page going backward, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go backward from.")] before: Option<String>,
    ) -> Nullable<Connection<Project>> {
        let store = ctx.store();
        let paging = Paging { first, after, last, before };
        let ask = ask(store, "projects", filter.as_ref(), order_by.as_deref(), paging).await;
        list(store, ask).await
    }
}

/// What a list of projects asks of the store.
pub async fn ask(
    store: &Store,
    name: &str,
    filter: Option<&ProjectFilter>,
    order_by: Option<&[ProjectOrder]>,
    paging: Paging,
) -> Result<Ask<row::Entity>> {
    let window = paging.window().map_err(Error::bad_input)?;
    let condition = filter::condition(store, filter).await?;
    let order = filter::order(order_by)?;
    Ok(Ask::new(name, condition, &format!("{filter:?}"), order, window))
}

/// Projects whose territories relate so to this one.
pub fn ask_around(
    store: &Store,
    territory: TerritoryId,
    relation: TerritoryRelation,
    paging: Paging,
) -> Result<Ask<row::Entity>> {
    let window = paging.window().map_err(Error::bad_input)?;
    let order = filter::order(None)?;
    Ok(Ask::new(
        "territory.projects",
        around(store, territory, relation),
        &format!("{territory} {relation:?}"),
        order,
        window,
    ))
}

fn around(store: &Store, territory: TerritoryId, relation: TerritoryRelation) -> SimpleExpr {
    let there = related(store, &[territory], relation, project_territory::Column::TerritoryId);
    store.wholes::<project_territory::Entity>(there).holds(row::Column::Id)
}

/// What open funding needs of published projects around a territory ask for, one amount per currency.
pub async fn funding_sought_around(
    store: &Store,
    territory: TerritoryId,
    relation: TerritoryRelation,
) -> Result<Vec<Money>> {
    let published = Condition::all()
        .add(row::Column::Status.eq(ProjectStatus::Published))
        .add(around(store, territory, relation));
    let open = Condition::all()
        .add(need_row::Column::Kind.eq(NeedKind::Funding))
        .add(need_row::Column::State.eq(NeedState::Open))
        .add(store.keys::<row::Entity>(row::Column::Id, published).holds(need_row::Column::ProjectId));
    let needs = store.see::<need_row::Entity>().filter(open).all().await?;
    Ok(project::sum_of(needs))
}
