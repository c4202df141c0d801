//! Locked periods: once a reviewer has closed its books, a project's measurements of those days stay as they are.

use crate::{
    face::{Door, ViewerPermission, key, payload},
    orgs::Organization,
};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use door::{
    Error, Faults, Nullable, Result, UserErrorCode,
    authz::{Act, Event, Policy, Store, Tx, Viewer, check_version},
    nullable,
};
use entity::{
    evidence::{indicator_use, period_lock},
    ids::{OrganizationId, PeriodLockId, ProjectId},
    orgs::organization,
    projects::project,
};
use gql::scalars::{Date, DateTime};
use sea_orm::{ColumnTrait, Condition, Set};

/// Days for which a project may add or correct no measurements.
#[derive(Clone)]
pub struct PeriodLock(pub period_lock::Model);

impl From<period_lock::Model> for PeriodLock {
    fn from(row: period_lock::Model) -> Self {
        Self(row)
    }
}

/// What the viewer may do to locked days.
#[derive(Clone, Debug, SimpleObject)]
pub struct PeriodLockViewerPermissions {
    /// `periodUnlock`.
    pub unlock: ViewerPermission,
}

impl PeriodLockViewerPermissions {
    pub fn of(viewer: &Viewer, row: &period_lock::Model) -> Self {
        let may = period_lock::Entity::allows(viewer, Act::Edit, row);
        Self { unlock: ViewerPermission::judge(viewer, may, !row.is_open) }
    }
}

/// Days for which a project may add or correct no measurements. Seen by the project's holder and by whoever locked them.
#[Object]
impl PeriodLock {
    /// Id, `lck_…`.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Version, for `ifVersion`.
    async fn version(&self) -> String {
        self.0.version.to_string()
    }

    /// When they were locked.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at.0)
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at.0)
    }

    /// First day.
    async fn period_start(&self) -> Date {
        Date(self.0.period_start.clone())
    }

    /// Last day.
    async fn period_end(&self) -> Date {
        Date(self.0.period_end.clone())
    }

    /// Reviewer that locked them.
    async fn locked_by(&self, ctx: &Context<'_>) -> Nullable<Organization> {
        let row = ctx.store().load::<organization::Entity>(self.0.locked_by_id).await;
        nullable(row.map(|row| row.map(Organization)))
    }

    /// Why they were locked.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// Whether they were unlocked again.
    async fn is_open(&self) -> bool {
        self.0.is_open
    }

    /// Why they were unlocked.
    async fn unlock_reason(&self) -> Option<&str> {
        self.0.unlock_reason.as_deref()
    }

    /// What the viewer may do to it now.
    async fn viewer_permissions(&self, ctx: &Context<'_>) -> PeriodLockViewerPermissions {
        PeriodLockViewerPermissions::of(ctx.store().viewer(), &self.0)
    }
}

/// Locks days of a project.
#[derive(Clone, Debug, InputObject)]
pub struct PeriodLockInput {
    /// Project.
    pub project_id: ID,
    /// Organization that locks: it reviews measurements of the project; the viewer has to be an editor there.
    pub organization_id: ID,
    /// First day.
    pub period_start: Date,
    /// Last day.
    pub period_end: Date,
    /// Why; at most 1,000 characters.
    pub reason: Option<String>,
}

/// Unlocks days of a project.
#[derive(Clone, Debug, InputObject)]
pub struct PeriodUnlockInput {
    /// Lock to open.
    pub id: ID,
    /// Version that was read; refuses if it has changed since.
    pub if_version: Option<String>,
    /// Why; at most 1,000 characters.
    pub reason: String,
}

payload! {
    /// Outcome of `periodLock`.
    PeriodLockPayload {
        /// Lock as it is now.
        period_lock: PeriodLock
    }
}

payload! {
    /// Outcome of `periodUnlock`.
    PeriodUnlockPayload {
        /// Lock as it is now.
        period_lock: PeriodLock
    }
}

#[derive(Clone, Copy, Default)]
pub struct PeriodMutation;

#[Object]
impl PeriodMutation {
    /// Locks days of a project whose measurements one's organization reviews.
    ///
    /// Errors: `NOT_FOUND`, `INVALID`, `TOO_LONG`; top level: `FORBIDDEN`.
    async fn period_lock(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which days of which project.")] input: PeriodLockInput,
    ) -> Nullable<PeriodLockPayload> {
        payload(lock(ctx.store(), input).await)
    }

    /// Unlocks days again, with a reason.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `BLANK`, `TOO_LONG`; top level: `FORBIDDEN`.
    async fn period_unlock(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which lock, and why.")] input: PeriodUnlockInput,
    ) -> Nullable<PeriodUnlockPayload> {
        payload(unlock(ctx.store(), input).await)
    }
}

async fn lock(store: &Store, input: PeriodLockInput) -> Result<PeriodLock> {
    let locked_by = key::<OrganizationId>(&input.organization_id)?;
    let mut tx = store.begin().await?;
    let wanted = project::Column::Id.eq(key::<ProjectId>(&input.project_id)?);
    let project = tx.see::<project::Entity>().filter(wanted).one().await?;
    let project = project.ok_or_else(|| Error::not_found(&["input", "projectId"]))?;
    let mut faults = Faults::default();
    if input.period_end.0 < input.period_start.0 {
        faults.add(UserErrorCode::Invalid, &["input", "periodEnd"], "The period ends before it starts.");
    }
    let reason = faults.text(input.reason, &["input", "reason"], 1_000);
    let now = store.now();
    let row = period_lock::ActiveModel {
        id: Set(PeriodLockId::fresh()),
        project_id: Set(project.id),
        holder_id: Set(project.holder_id),
        locked_by_id: Set(locked_by),
        period_start: Set(input.period_start.0),
        period_end: Set(input.period_end.0),
        reason: Set(reason),
        is_open: Set(false),
        unlock_reason: Set(None),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    tx.may_create::<period_lock::Entity>(&row)?;
    if !is_reviewer(&tx, project.id, locked_by).await? {
        return Err(Error::forbidden(
            "Only an organization that reviews measurements of the project locks its days.",
        ));
    }
    faults.none_or_refuse()?;
    let held = tx.create::<period_lock::Entity>(row).await?;
    tx.commit(Event::of("periodLock")).await?;
    Ok(PeriodLock(held.into_row()))
}

async fn is_reviewer(tx: &Tx, project: ProjectId, reviewer: OrganizationId) -> Result<bool> {
    let wanted = Condition::all()
        .add(indicator_use::Column::ProjectId.eq(project))
        .add(indicator_use::Column::ReviewerId.eq(reviewer));
    Ok(tx.see::<indicator_use::Entity>().filter(wanted).one().await?.is_some())
}

async fn unlock(store: &Store, input: PeriodUnlockInput) -> Result<PeriodLock> {
    let mut tx = store.begin().await?;
    let held = tx.hold::<period_lock::Entity>(key(&input.id)?, Act::Edit, &["input", "id"]).await?;
    check_version(input.if_version.as_deref(), held.version)?;
    if held.is_open {
        return Err(Error::state("These days are unlocked already."));
    }
    let mut faults = Faults::default();
    let reason = faults.required(Some(input.reason), &["input", "reason"], 1_000);
    faults.none_or_refuse()?;
    let told = reason.clone();
    let held = tx
        .update(held, |row| {
            row.is_open = Set(true);
            row.unlock_reason = Set(Some(reason));
        })
        .await?;
    tx.commit(Event::because("periodUnlock", told)).await?;
    Ok(PeriodLock(held.into_row()))
}
