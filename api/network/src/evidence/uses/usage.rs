//! Indicators in use, as the API shows them: where they started, where they are meant to be, and who reviews.

use crate::{
    contracts::{self, ImpactContract},
    evidence::{
        indicators::Indicator,
        measurements::{self, Measurement},
        territories::PolicySeries,
    },
    face::{Door, ViewerPermission, list_under, list_under_along},
    orgs::Organization,
    projects::Project,
    reference::{Term, Territory},
};
use async_graphql::{Context, ID, Object, SimpleObject};
use door::{
    Error, Nullable, Result,
    authz::{Act, Ask, Direction, Lookup, Policy, Sort, Store},
    nullable,
};
use entity::{
    codes::*,
    contracts::contract,
    evidence::{indicator, indicator_milestone, indicator_use, measurement, policy_series},
    ids::ProjectId,
    orgs::organization,
    projects::project,
    reference::{term, territory},
};
use gql::{
    connection::{Connection, Paging},
    scalars::{Date, DateTime, Decimal, Markdown},
};
use sea_orm::{ColumnTrait, Condition};
use std::collections::HashMap;

/// Indicator as it is used by a project, for a metric of a contract, or beside a public series.
#[derive(Clone)]
pub struct IndicatorUse(pub indicator_use::Model);

impl From<indicator_use::Model> for IndicatorUse {
    fn from(row: indicator_use::Model) -> Self {
        Self(row)
    }
}

/// Value that an indicator is meant to have reached by a day.
#[derive(Clone, Debug, SimpleObject)]
pub struct Milestone {
    /// Day.
    pub on: Date,
    /// Value, in the indicator's unit.
    pub value: Decimal,
}

/// What the viewer may do to an indicator in use.
#[derive(Clone, Debug, SimpleObject)]
pub struct IndicatorUseViewerPermissions {
    /// `indicatorUseUpdate`.
    pub update: ViewerPermission,
    /// `measurementCreate`.
    pub measure: ViewerPermission,
}

impl IndicatorUseViewerPermissions {
    pub async fn of(store: &Store, row: &indicator_use::Model) -> Result<Self> {
        let viewer = store.viewer();
        let may = indicator_use::Entity::allows(viewer, Act::Edit, row);
        let contract = match row.contract_id {
            Some(id) => store.load::<contract::Entity>(id).await?,
            None => None,
        };
        let update = match &contract {
            Some(contract) => contracts::edits_terms(store, contract),
            None => ViewerPermission::judge(viewer, may, true),
        };
        let takes = row.project_id.is_some() && !row.is_closed;
        Ok(Self { update, measure: ViewerPermission::judge(viewer, may, takes) })
    }
}

/// Indicator as it is used by a project, for a metric of a contract, or beside a public series; by exactly one of them.
///
/// Who sees it: whoever sees what it is used for, and its reviewer. Values are in the indicator's unit.
#[Object]
impl IndicatorUse {
    /// Id, `use_…`.
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

    /// What is measured.
    async fn indicator(&self, ctx: &Context<'_>) -> Nullable<Indicator> {
        let row = ctx.store().load::<indicator::Entity>(self.0.indicator_id).await;
        nullable(row.map(|row| row.map(Indicator)))
    }

    /// Project that measures.
    async fn project(&self, ctx: &Context<'_>) -> Nullable<Project> {
        let project = self.0.project_id?;
        nullable(ctx.store().load::<project::Entity>(project).await.map(|row| row.map(Project)))
    }

    /// Contract whose metric it speaks of.
    async fn contract(&self, ctx: &Context<'_>) -> Nullable<ImpactContract> {
        let contract = self.0.contract_id?;
        nullable(ctx.store().load::<contract::Entity>(contract).await.map(|row| row.map(ImpactContract)))
    }

    /// Code of the contract's metric.
    async fn metric(&self) -> Option<&str> {
        self.0.metric.as_deref()
    }

    /// Public series beside which it says where a territory wants to be.
    async fn series(&self, ctx: &Context<'_>) -> Nullable<PolicySeries> {
        let series = self.0.series_id?;
        nullable(ctx.store().load::<policy_series::Entity>(series).await.map(|row| row.map(PolicySeries)))
    }

    /// Organization that keeps it: the project's holder, the contract's lead, or the territory's public body.
    async fn keeper(&self, ctx: &Context<'_>) -> Nullable<Organization> {
        let row = ctx.store().load::<organization::Entity>(self.0.holder_id).await;
        nullable(row.map(|row| row.map(Organization)))
    }

    /// Organization that accepts or returns its measurements.
    async fn reviewer(&self, ctx: &Context<'_>) -> Nullable<Organization> {
        let reviewer = self.0.reviewer_id?;
        nullable(ctx.store().load::<organization::Entity>(reviewer).await.map(|row| row.map(Organization)))
    }

    /// Where it is measured.
    async fn territory(&self, ctx: &Context<'_>) -> Nullable<Territory> {
        let place = self.0.territory_id?;
        nullable(ctx.store().load::<territory::Entity>(place).await.map(|row| row.map(Territory::from)))
    }

    /// Audience it speaks of.
    async fn public(&self, ctx: &Context<'_>) -> Nullable<Term> {
        let public = self.0.public_id?;
        nullable(ctx.store().load::<term::Entity>(public).await.map(|row| row.map(Term::from)))
    }

    /// Value at the start.
    async fn baseline(&self) -> Option<Decimal> {
        self.0.baseline_value.clone().map(Decimal)
    }

    /// Day of the value at the start.
    async fn baseline_on(&self) -> Option<Date> {
        self.0.baseline_on.clone().map(Date)
    }

    /// Value it is meant to reach.
    async fn target(&self) -> Option<Decimal> {
        self.0.target_value.clone().map(Decimal)
    }

    /// Day by which the target is meant to be reached.
    async fn target_on(&self) -> Option<Date> {
        self.0.target_on.clone().map(Date)
    }

    /// Value that counts as good enough.
    async fn threshold(&self) -> Option<Decimal> {
        self.0.threshold_value.clone().map(Decimal)
    }

    /// Way it is meant to go here; the indicator's own unless it says otherwise.
    async fn direction(&self, ctx: &Context<'_>) -> Nullable<IndicatorDirection> {
        if let Some(direction) = self.0.direction {
            return Some(Ok(direction));
        }
        let row = ctx.store().load::<indicator::Entity>(self.0.indicator_id).await;
        nullable(row.map(|row| row.map(|row| row.direction)))
    }

    /// Why it is measured, and so.
    async fn rationale(&self) -> Option<Markdown> {
        self.0.rationale.clone().map(Markdown)
    }

    /// How far accepted measurements are shared; certified ones are public.
    async fn sharing(&self) -> Visibility {
        self.0.sharing
    }

    /// Whether it takes no more measurements.
    async fn is_closed(&self) -> bool {
        self.0.is_closed
    }

    /// Values on the way, earliest first; at most 50.
    async fn milestones(&self, ctx: &Context<'_>) -> Nullable<Vec<Milestone>> {
        let parts = ctx.store().parts::<indicator_milestone::Entity>(self.0.id).await;
        let shown =
            |row: indicator_milestone::Model| Milestone { on: Date(row.on_date), value: Decimal(row.value) };
        nullable(parts.map(|parts| Some(parts.into_iter().map(shown).collect())))
    }

    /// What was measured, as far as the viewer sees it; latest period first.
    async fn measurements(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Size of a page going forward, 1 to 100; 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go forward from.")] after: Option<String>,
        #[graphql(desc = "Size of a page going backward, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go backward from.")] before: Option<String>,
    ) -> Nullable<Connection<Measurement>> {
        let paging = Paging { first, after, last, before };
        let ask = measurements::measurement::ask("use.measurements", Condition::all(), "", paging);
        list_under(ctx.store(), measurement::Column::UseId, self.0.id.0, ask).await
    }

    /// What the viewer may do to it now.
    async fn viewer_permissions(&self, ctx: &Context<'_>) -> Nullable<IndicatorUseViewerPermissions> {
        nullable(IndicatorUseViewerPermissions::of(ctx.store(), &self.0).await.map(Some))
    }
}

/// Uses of a project, oldest first; those of many projects come in one statement.
pub(super) async fn uses_of(store: &Store, project: ProjectId) -> Result<Vec<indicator_use::Model>> {
    Ok(store.batched(UsesOf, project).await?.unwrap_or_default())
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct UsesOf;

impl Lookup for UsesOf {
    type Key = ProjectId;
    type Value = Vec<indicator_use::Model>;

    async fn find(
        self,
        store: Store,
        keys: Vec<ProjectId>,
    ) -> Result<HashMap<ProjectId, Vec<indicator_use::Model>>> {
        let seen = store.see::<indicator_use::Entity>().filter(indicator_use::Column::ProjectId.is_in(keys));
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        for row in seen.ascending(indicator_use::Column::Id).all().await? {
            if let Some(project) = row.project_id {
                found.entry(project).or_default().push(row);
            }
        }
        Ok(found)
    }
}

/// Page of the uses of a project, a contract or a series, oldest first, with their indicators.
pub async fn page_under(
    store: &Store,
    link: indicator_use::Column,
    parent: uuid::Uuid,
    paging: Paging,
) -> Nullable<Connection<IndicatorUse>> {
    let links = (link, indicator_use::Column::IndicatorId);
    list_under_along::<_, indicator::Entity, _>(store, links, parent, ask(paging)).await
}

fn ask(paging: Paging) -> Result<Ask<indicator_use::Entity>> {
    let order = vec![
        Sort::by(indicator_use::Column::CreatedAt, Direction::Ascending),
        Sort::by(indicator_use::Column::Id, Direction::Ascending),
    ];
    let window = paging.window().map_err(Error::bad_input)?;
    Ok(Ask::new("indicatorUses", Condition::all(), "", order, window))
}
