//! A replication as the API shows it, and how many of them prove that a project works elsewhere (domain BR-20).

use super::{
    Project,
    replication_state::{Step, after, is_alive},
};
use crate::{
    face::{Door, ViewerPermission},
    orgs::Organization,
    reference::Territory,
};
use async_graphql::{Context, ID, Object, SimpleObject};
use door::{
    Error, Nullable, Result,
    authz::{Act, Ask, Direction, Lookup, Policy, Sort, Store, Viewer},
    nullable,
};
use entity::{
    codes::ReplicationStatus,
    evidence::measurement,
    ids::ProjectId,
    orgs::organization,
    projects::{project, replication},
    reference::territory,
};
use gql::{
    connection::Paging,
    scalars::{DateTime, FuzzyDate, Markdown},
};
use sea_orm::{ColumnTrait, Condition};
use std::collections::{BTreeSet, HashMap};

/// The same done elsewhere, by another organization.
#[derive(Clone)]
pub struct Replication(pub replication::Model);

impl From<replication::Model> for Replication {
    fn from(row: replication::Model) -> Self {
        Self(row)
    }
}

/// What the viewer may do to a replication now.
#[derive(Clone, Debug, SimpleObject)]
pub struct ReplicationViewerPermissions {
    /// `replicationUpdate`.
    pub update: ViewerPermission,
    /// `replicationConfirm`.
    pub confirm: ViewerPermission,
    /// `replicationDeny`.
    pub deny: ViewerPermission,
    /// `replicationEnd`.
    pub end: ViewerPermission,
}

/// The same done elsewhere, by another organization (essaimage).
///
/// Who sees it: everybody who sees the model, once the model's holder confirmed it; both sides and staff at all times.
#[Object]
impl Replication {
    /// Id, `rep_…`.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Version, for `ifVersion`.
    async fn version(&self) -> String {
        self.0.version.to_string()
    }

    /// When it was declared.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at.0)
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at.0)
    }

    /// Project that is replicated.
    async fn model(&self, ctx: &Context<'_>) -> Nullable<Project> {
        let row = ctx.store().load::<project::Entity>(self.0.project_id).await;
        nullable(row.map(|row| row.map(Project)))
    }

    /// Organization that replicates it.
    async fn organization(&self, ctx: &Context<'_>) -> Nullable<Organization> {
        let row = ctx.store().load::<organization::Entity>(self.0.organization_id).await;
        nullable(row.map(|row| row.map(Organization)))
    }

    /// The replicator's own project, where it says what it measures.
    async fn replica(&self, ctx: &Context<'_>) -> Nullable<Project> {
        let replica = self.0.replica_id?;
        nullable(ctx.store().load::<project::Entity>(replica).await.map(|row| row.map(Project)))
    }

    /// Where it is replicated.
    async fn territory(&self, ctx: &Context<'_>) -> Nullable<Territory> {
        let row = ctx.store().load::<territory::Entity>(self.0.territory_id).await;
        nullable(row.map(|row| row.map(Territory::from)))
    }

    /// What is done otherwise there.
    async fn adaptation(&self) -> Markdown {
        Markdown(self.0.adaptation.clone())
    }

    /// Since when.
    async fn since(&self) -> Option<FuzzyDate> {
        self.0.since.clone().map(FuzzyDate)
    }

    /// What became of it.
    async fn status(&self) -> ReplicationStatus {
        self.0.status
    }

    /// Why the model's holder denies it. Who sees it: both sides, and curators.
    async fn denial_reason(&self, ctx: &Context<'_>) -> Option<Markdown> {
        let reason = || self.0.denial_reason.clone().map(Markdown);
        ctx.store().reveal::<replication::Entity, _>("Replication.denialReason", &self.0, reason).flatten()
    }

    /// What the viewer may do to it now.
    async fn viewer_permissions(&self, ctx: &Context<'_>) -> ReplicationViewerPermissions {
        let (viewer, row) = (ctx.store().viewer(), &self.0);
        let judge = |act, is_time| {
            ViewerPermission::judge(viewer, replication::Entity::allows(viewer, act, row), is_time)
        };
        ReplicationViewerPermissions {
            update: judge(Act::Edit, is_alive(row.status)),
            confirm: judge(Act::Decide, after(row.status, Step::Confirm).is_some()),
            deny: judge(Act::Decide, after(row.status, Step::Deny).is_some()),
            end: judge(Act::Edit, after(row.status, Step::End).is_some()),
        }
    }
}

/// Page of a model's replications, latest declaration first.
pub(super) fn ask(paging: Paging) -> Result<Ask<replication::Entity>> {
    let order = vec![
        Sort::by(replication::Column::CreatedAt, Direction::Descending),
        Sort::by(replication::Column::Id, Direction::Descending),
    ];
    let window = paging.window().map_err(Error::bad_input)?;
    Ok(Ask::new("replications", Condition::all(), "", order, window))
}

/// Confirmed replications of a project whose own projects show measurements to everybody; each project counts once.
pub async fn measured_replications(store: &Store, model: ProjectId) -> Result<usize> {
    Ok(store.batched(MeasuredReplications, model).await?.unwrap_or_default())
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct MeasuredReplications;

impl Lookup for MeasuredReplications {
    type Key = ProjectId;
    type Value = usize;

    async fn find(self, store: Store, keys: Vec<ProjectId>) -> Result<HashMap<ProjectId, usize>> {
        use replication::Column::{ProjectId as Model, ReplicaId, Status};
        // As the public sees it: a level of evidence is the same for everybody.
        let public = store.seen_by(Viewer::public());
        let confirmed = Condition::all().add(Model.is_in(keys)).add(Status.eq(ReplicationStatus::Confirmed));
        let replicas = public.keys::<replication::Entity>(ReplicaId, confirmed.clone());
        let of_replicas = replicas.holds(measurement::Column::ProjectId);
        let measured = public.keys::<measurement::Entity>(measurement::Column::ProjectId, of_replicas);
        let rows = public.see::<replication::Entity>().filter(confirmed.add(measured.holds(ReplicaId)));
        let mut found: HashMap<_, BTreeSet<_>> = HashMap::new();
        for row in rows.all().await? {
            found.entry(row.project_id).or_default().extend(row.replica_id);
        }
        Ok(found.into_iter().map(|(model, replicas)| (model, replicas.len())).collect())
    }
}
