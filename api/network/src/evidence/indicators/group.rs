//! Working groups as the API shows them, and whether the viewer writes for one.

pub(super) mod state;
pub mod write;

use super::{Framework, Indicator};
use crate::{
    face::{
        Conditions, Door, ViewerPermission,
        filter::{Budget, CodesFilter, NullsOrder, OneOf, OrderDirection, TextFilter},
        key, list, list_under, order,
    },
    orgs::Organization,
    reference::{Term, Territory},
};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use door::{
    Error, Nullable, Result,
    authz::{Act, Ask, Policy, Power, Store},
    nullable,
};
use entity::{
    codes::*,
    evidence::{framework, indicator, working_group, working_group_member},
    ids::{OrganizationId, WorkingGroupId},
    orgs::organization,
    reference::{term, territory},
};
use gql::{
    connection::{Connection, Paging},
    scalars::{DateTime, Markdown},
};
use sea_orm::{ColumnTrait, Condition, sea_query::ExprTrait};
use state::{Step, after, is_at_work};

/// Organizations that write indicators and frameworks together.
#[derive(Clone)]
pub struct WorkingGroup(pub working_group::Model);

impl From<working_group::Model> for WorkingGroup {
    fn from(row: working_group::Model) -> Self {
        Self(row)
    }
}

/// What the viewer may do to a working group now.
#[derive(Clone, Debug, SimpleObject)]
pub struct WorkingGroupViewerPermissions {
    /// `workingGroupUpdate`.
    pub update: ViewerPermission,
    /// `workingGroupStart`.
    pub start: ViewerPermission,
    /// `workingGroupClose`.
    pub close: ViewerPermission,
}

/// Organizations that write indicators and frameworks together, convened by one of them.
///
/// Who sees it: everybody; its members are seen by the network.
#[Object]
impl WorkingGroup {
    /// Id, `wgr_…`.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Version, for `ifVersion`.
    async fn version(&self) -> String {
        self.0.version.to_string()
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at.0)
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at.0)
    }

    /// Title, in the language of the group.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// What it is to do.
    async fn mandate(&self) -> Option<Markdown> {
        self.0.mandate.clone().map(Markdown)
    }

    /// State.
    async fn status(&self) -> WorkingGroupStatus {
        self.0.status
    }

    /// Organization that convenes it, keeps what it writes and publishes it.
    async fn host(&self, ctx: &Context<'_>) -> Nullable<Organization> {
        let row = ctx.store().load::<organization::Entity>(self.0.host_id).await;
        nullable(row.map(|row| row.map(Organization)))
    }

    /// Theme it works on.
    async fn theme(&self, ctx: &Context<'_>) -> Nullable<Term> {
        let theme = self.0.theme_id?;
        nullable(ctx.store().load::<term::Entity>(theme).await.map(|row| row.map(Term::from)))
    }

    /// Territory it works for.
    async fn territory(&self, ctx: &Context<'_>) -> Nullable<Territory> {
        let place = self.0.territory_id?;
        nullable(ctx.store().load::<territory::Entity>(place).await.map(|row| row.map(Territory::from)))
    }

    /// Organizations whose editors write its drafts beside the host's; at most 50. Who sees it: members of the network.
    async fn members(&self, ctx: &Context<'_>) -> Nullable<Vec<Organization>> {
        let store = ctx.store();
        store.reveal::<working_group::Entity, _>("WorkingGroup.members", &self.0, || ())?;
        nullable(members_of(store, self.0.id).await.map(Some))
    }

    /// Editions of frameworks it keeps, as far as the viewer sees them, by title.
    async fn frameworks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Size of a page going forward, 1 to 100; 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go forward from.")] after: Option<String>,
        #[graphql(desc = "Size of a page going backward, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go backward from.")] before: Option<String>,
    ) -> Nullable<Connection<Framework>> {
        use framework::Column::{Id, TitleKey, WorkingGroupId};
        let ask = kept::<framework::Entity>(
            "workingGroup.frameworks",
            TitleKey,
            Id,
            Paging { first, after, last, before },
        );
        list_under(ctx.store(), WorkingGroupId, self.0.id.0, ask).await
    }

    /// Editions of indicators it keeps, as far as the viewer sees them, by label.
    async fn indicators(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Size of a page going forward, 1 to 100; 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go forward from.")] after: Option<String>,
        #[graphql(desc = "Size of a page going backward, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go backward from.")] before: Option<String>,
    ) -> Nullable<Connection<Indicator>> {
        use indicator::Column::{Id, LabelKey, WorkingGroupId};
        let ask = kept::<indicator::Entity>(
            "workingGroup.indicators",
            LabelKey,
            Id,
            Paging { first, after, last, before },
        );
        list_under(ctx.store(), WorkingGroupId, self.0.id.0, ask).await
    }

    /// What the viewer may do to it now.
    async fn viewer_permissions(&self, ctx: &Context<'_>) -> WorkingGroupViewerPermissions {
        let viewer = ctx.store().viewer();
        let judge = |act, is_state_met| {
            let may = working_group::Entity::allows(viewer, act, &self.0);
            ViewerPermission::judge(viewer, may, is_state_met)
        };
        let starts = |step| after(self.0.status, step).is_some();
        WorkingGroupViewerPermissions {
            update: judge(Act::Edit, is_at_work(self.0.status)),
            start: judge(Act::Decide, starts(Step::Start)),
            close: judge(Act::Decide, starts(Step::Close)),
        }
    }
}

async fn members_of(store: &Store, group: WorkingGroupId) -> Result<Vec<Organization>> {
    let members = store.parts::<working_group_member::Entity>(group).await?;
    let rows = members.iter().map(|member| store.load::<organization::Entity>(member.organization_id));
    let rows = futures_util::future::try_join_all(rows).await?;
    Ok(rows.into_iter().flatten().map(Organization).collect())
}

fn kept<E: Policy>(name: &str, by: E::Column, id: E::Column, paging: Paging) -> Result<Ask<E>> {
    let none: [(E::Column, OrderDirection, NullsOrder); 0] = [];
    let window = paging.window().map_err(Error::bad_input)?;
    Ok(Ask::new(name, Condition::all(), "", order::<E>(none, (by, OrderDirection::Asc), id), window))
}

/// Working group of a draft, as the API shows it.
pub(super) async fn of(store: &Store, group: Option<WorkingGroupId>) -> Nullable<WorkingGroup> {
    let row = store.load::<working_group::Entity>(group?).await;
    nullable(row.map(|row| row.map(WorkingGroup)))
}

/// Whether the viewer writes drafts of this group as one of its members; many such questions in two statements.
pub(super) async fn writes_for(store: &Store, group: Option<WorkingGroupId>) -> Result<bool> {
    let writes = store.viewer().orgs(Power::Write);
    let Some(id) = group.filter(|_| !writes.is_empty()) else { return Ok(false) };
    let members = store.parts::<working_group_member::Entity>(id);
    let (row, members) = futures_util::try_join!(store.load::<working_group::Entity>(id), members)?;
    let is_member = members.iter().any(|member| writes.contains(&member.organization_id));
    Ok(is_member && row.is_some_and(|row| is_at_work(row.status)))
}

/// Conditions on working groups; all that are given have to hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct WorkingGroupFilter {
    /// By title.
    pub title: Option<TextFilter>,
    /// By state.
    pub status: Option<OneOf<WorkingGroupStatus>>,
    /// By the organization that convenes it.
    pub host: Option<OneOf<ID>>,
    /// By codes of themes.
    pub themes: Option<CodesFilter>,
}

#[derive(Clone, Copy, Default)]
pub struct WorkingGroupQuery;

#[Object]
impl WorkingGroupQuery {
    /// Working group by id; `null` if there is none for the viewer.
    async fn working_group(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the working group.")] id: ID,
    ) -> Nullable<WorkingGroup> {
        let found = match key::<WorkingGroupId>(&id) {
            Ok(key) => ctx.store().load::<working_group::Entity>(key).await,
            Err(error) => Err(error),
        };
        nullable(found.map(|row| row.map(WorkingGroup)))
    }

    /// Working groups by title. Errors: `BAD_USER_INPUT`, `CURSOR_MISMATCH`.
    async fn working_groups(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Conditions that all have to hold.")] filter: Option<WorkingGroupFilter>,
        #[graphql(desc = "Size of a page going forward, 1 to 100; 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go forward from.")] after: Option<String>,
        #[graphql(desc = "Size of a page going backward, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go backward from.")] before: Option<String>,
    ) -> Nullable<Connection<WorkingGroup>> {
        let store = ctx.store();
        list(store, ask(store, filter.as_ref(), Paging { first, after, last, before })).await
    }
}

fn ask(
    store: &Store,
    filter: Option<&WorkingGroupFilter>,
    paging: Paging,
) -> Result<Ask<working_group::Entity>> {
    use working_group::Column;
    let window = paging.window().map_err(Error::bad_input)?;
    let mut budget = Budget::default();
    let mut all = Conditions::new(&mut budget);
    if let Some(filter) = filter {
        all.text("title", filter.title.as_ref(), Column::TitleKey)?;
        all.one_of("status", filter.status.as_ref(), Column::Status, |code| Ok((*code).into()))?;
        all.one_of("host", filter.host.as_ref(), Column::HostId, |id| Ok(key::<OrganizationId>(id)?.into()))?;
        all.codes("themes", filter.themes.as_ref(), |codes| {
            let wanted = term::Column::Taxonomy
                .eq(Taxonomy::Theme)
                .and(term::Column::Code.is_in(codes.iter().cloned()));
            store.keys::<term::Entity>(term::Column::Id, wanted).holds(Column::ThemeId)
        })?;
    }
    let none: [(Column, OrderDirection, NullsOrder); 0] = [];
    let order = order(none, (Column::TitleKey, OrderDirection::Asc), Column::Id);
    Ok(Ask::new("workingGroups", all.done(), &format!("{filter:?}"), order, window))
}
