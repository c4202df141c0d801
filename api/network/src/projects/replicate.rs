//! Declaring, confirming, denying and ending replications (domain 5.7).

use super::{
    replication::Replication,
    replication_state::{Step, after, is_alive},
};
use crate::{
    face::{Door, key, payload},
    reference::Atlas,
};
use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};
use door::{
    Error, Faults, Nullable, Result, UserErrorCode,
    authz::{Act, Event, Held, Store, Tx, check_version},
};
use entity::{
    codes::{ProjectStatus, ReplicationStatus},
    ids::{OrganizationId, ProjectId, ReplicationId},
    orgs::organization,
    projects::{project, replication},
    reference::territory,
};
use gql::scalars::FuzzyDate;
use sea_orm::{ColumnTrait, Condition, Set};

/// Says that one's organization does elsewhere what a project does.
#[derive(Clone, Debug, InputObject)]
pub struct ReplicationDeclareInput {
    /// Published project that is replicated.
    pub project_id: ID,
    /// Organization that replicates it; the viewer has to be an editor there.
    pub organization_id: ID,
    /// Code of the territory where it is replicated.
    pub territory: String,
    /// What is done otherwise there; at most 5,000 characters.
    pub adaptation: String,
    /// Since when.
    pub since: Option<FuzzyDate>,
    /// Project of the organization that says what is measured there.
    pub replica_id: Option<ID>,
}

/// Changes a replication. What is left out stays; `null` clears.
#[derive(Clone, Debug, InputObject)]
pub struct ReplicationUpdateInput {
    /// Replication to change.
    pub id: ID,
    /// Version that was read; refuses if it has changed since.
    pub if_version: Option<String>,
    /// What is done otherwise there, as long as the model's holder has not answered; at most 5,000 characters.
    pub adaptation: Option<String>,
    /// Since when, as long as the model's holder has not answered.
    pub since: MaybeUndefined<FuzzyDate>,
    /// Project of the organization that says what is measured there.
    pub replica_id: MaybeUndefined<ID>,
}

/// Confirms that a replication does the same.
#[derive(Clone, Debug, InputObject)]
pub struct ReplicationConfirmInput {
    /// Replication to confirm.
    pub id: ID,
    /// Version that was read; refuses if it has changed since.
    pub if_version: Option<String>,
}

/// Denies that a replication does the same.
#[derive(Clone, Debug, InputObject)]
pub struct ReplicationDenyInput {
    /// Replication to deny.
    pub id: ID,
    /// Version that was read; refuses if it has changed since.
    pub if_version: Option<String>,
    /// Why; the replicator reads it. At most 2,000 characters.
    pub reason: String,
}

/// Ends a replication.
#[derive(Clone, Debug, InputObject)]
pub struct ReplicationEndInput {
    /// Replication to end.
    pub id: ID,
    /// Version that was read; refuses if it has changed since.
    pub if_version: Option<String>,
}

macro_rules! outcomes {
    ($($payload:ident)+) => {$(
        payload! {
            /// Outcome of the mutation.
            $payload {
                /// Replication as it is now.
                replication: Replication
            }
        }
    )+};
}

outcomes! {
    ReplicationDeclarePayload ReplicationUpdatePayload ReplicationConfirmPayload ReplicationDenyPayload
    ReplicationEndPayload
}

#[derive(Clone, Copy, Default)]
pub struct ReplicationMutation;

#[Object]
impl ReplicationMutation {
    /// Declares that one's organization replicates a published project; the model's holder confirms or denies it.
    ///
    /// Errors: `NOT_FOUND`, `STATE_INVALID`, `INVALID`, `BLANK`, `TOO_LONG`, `TAKEN` while one is declared or confirmed for
    /// this territory; top level: `FORBIDDEN`.
    async fn replication_declare(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is replicated, by whom and where.")] input: ReplicationDeclareInput,
    ) -> Nullable<ReplicationDeclarePayload> {
        payload(declare(ctx.store(), input).await)
    }

    /// Changes what one's organization says of its replication, or names the project where it measures.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `INVALID`, `BLANK`, `TOO_LONG`; top level: `FORBIDDEN`.
    async fn replication_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: ReplicationUpdateInput,
    ) -> Nullable<ReplicationUpdatePayload> {
        payload(update(ctx.store(), input).await)
    }

    /// Confirms a declared replication; for editors of the model's holder. From then on it is public.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`; top level: `FORBIDDEN`.
    async fn replication_confirm(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which replication.")] input: ReplicationConfirmInput,
    ) -> Nullable<ReplicationConfirmPayload> {
        let go = Go::new(Step::Confirm, Act::Decide, "replicationConfirm");
        payload(step(ctx.store(), &input.id, input.if_version.as_deref(), go).await)
    }

    /// Denies a declared replication, with the reason; for editors of the model's holder.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `BLANK`, `TOO_LONG`; top level: `FORBIDDEN`.
    async fn replication_deny(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which replication, and why.")] input: ReplicationDenyInput,
    ) -> Nullable<ReplicationDenyPayload> {
        let go = Go { reason: Some(input.reason), ..Go::new(Step::Deny, Act::Decide, "replicationDeny") };
        payload(step(ctx.store(), &input.id, input.if_version.as_deref(), go).await)
    }

    /// Ends a replication that was answered; for editors of the replicator.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`; top level: `FORBIDDEN`.
    async fn replication_end(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which replication.")] input: ReplicationEndInput,
    ) -> Nullable<ReplicationEndPayload> {
        let go = Go::new(Step::End, Act::Edit, "replicationEnd");
        payload(step(ctx.store(), &input.id, input.if_version.as_deref(), go).await)
    }
}

async fn declare(store: &Store, input: ReplicationDeclareInput) -> Result<Replication> {
    let mut tx = store.begin().await?;
    let wanted = project::Column::Id.eq(key::<ProjectId>(&input.project_id)?);
    let model = tx.see::<project::Entity>().filter(wanted).one().await?;
    let model = model.ok_or_else(|| Error::not_found(&["input", "projectId"]))?;
    let wanted = organization::Column::Id.eq(key::<OrganizationId>(&input.organization_id)?);
    let organization = tx.see::<organization::Entity>().filter(wanted).one().await?;
    let organization = organization.ok_or_else(|| Error::not_found(&["input", "organizationId"]))?.id;
    let wanted = territory::Column::Code.eq(&input.territory);
    let place = tx.see::<territory::Entity>().filter(wanted).one().await?;
    let unknown =
        || Error::mend(UserErrorCode::NotFound, &["input", "territory"], Atlas::unknown(&input.territory));
    let territory_id = place.ok_or_else(unknown)?.id;
    let mut faults = Faults::default();
    if organization == model.holder_id {
        let message = "Who holds the model does not replicate it; say where it works as its territories.";
        faults.add(UserErrorCode::Invalid, &["input", "organizationId"], message);
    }
    let replica = match &input.replica_id {
        Some(id) => own_project(&tx, id, organization, &mut faults).await?,
        None => None,
    };
    let now = store.now();
    let row = replication::ActiveModel {
        id: Set(ReplicationId::fresh()),
        project_id: Set(model.id),
        holder_id: Set(model.holder_id),
        organization_id: Set(organization),
        replica_id: Set(replica),
        territory_id: Set(territory_id),
        adaptation: Set(faults.required(Some(input.adaptation), &["input", "adaptation"], 5_000)),
        since: Set(input.since.map(|date| date.0)),
        status: Set(ReplicationStatus::Declared),
        denial_reason: Set(None),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    tx.may_create::<replication::Entity>(&row)?;
    if model.status != ProjectStatus::Published {
        return Err(Error::state(format!("A project that is {} is not replicated.", model.status)));
    }
    faults.none_or_refuse()?;
    let held = tx.create::<replication::Entity>(row).await?;
    tx.commit(Event::of("replicationDeclare")).await?;
    Ok(Replication(held.into_row()))
}

/// A project that the replicator holds.
async fn own_project(
    tx: &Tx,
    id: &ID,
    organization: OrganizationId,
    faults: &mut Faults,
) -> Result<Option<ProjectId>> {
    let wanted = Condition::all()
        .add(project::Column::Id.eq(key::<ProjectId>(id)?))
        .add(project::Column::HolderId.eq(organization));
    let found = tx.see::<project::Entity>().filter(wanted).one().await?;
    if found.is_none() {
        let message = "The replicating organization holds no such project.";
        faults.add(UserErrorCode::NotFound, &["input", "replicaId"], message);
    }
    Ok(found.map(|row| row.id))
}

async fn hold(tx: &Tx, id: &ID, act: Act, if_version: Option<&str>) -> Result<Held<replication::Entity>> {
    let held = tx.hold::<replication::Entity>(key(id)?, act, &["input", "id"]).await?;
    check_version(if_version, held.version)?;
    Ok(held)
}

async fn update(store: &Store, input: ReplicationUpdateInput) -> Result<Replication> {
    let mut tx = store.begin().await?;
    let held = hold(&tx, &input.id, Act::Edit, input.if_version.as_deref()).await?;
    if !is_alive(held.status) {
        return Err(Error::state(format!("A replication that is {} does not change.", held.status)));
    }
    let retells = input.adaptation.is_some() || !input.since.is_undefined();
    if retells && held.status == ReplicationStatus::Confirmed {
        return Err(Error::state("What the model's holder confirmed stays; only `replicaId` may change."));
    }
    let mut faults = Faults::default();
    let adaptation =
        input.adaptation.map(|text| faults.required(Some(text), &["input", "adaptation"], 5_000));
    let replica = match &input.replica_id {
        MaybeUndefined::Undefined => held.replica_id,
        MaybeUndefined::Null => None,
        MaybeUndefined::Value(id) => own_project(&tx, id, held.organization_id, &mut faults).await?,
    };
    faults.none_or_refuse()?;
    let since = input.since;
    let held = tx
        .update(held, |row| {
            if let Some(text) = adaptation {
                row.adaptation = Set(text);
            }
            if !since.is_undefined() {
                row.since = Set(since.take().map(|date| date.0));
            }
            row.replica_id = Set(replica);
        })
        .await?;
    tx.commit(Event::of("replicationUpdate")).await?;
    Ok(Replication(held.into_row()))
}

struct Go {
    step: Step,
    act: Act,
    action: &'static str,
    /// Why it is denied.
    reason: Option<String>,
}

impl Go {
    const fn new(step: Step, act: Act, action: &'static str) -> Self {
        Self { step, act, action, reason: None }
    }
}

async fn step(store: &Store, id: &ID, if_version: Option<&str>, go: Go) -> Result<Replication> {
    let mut tx = store.begin().await?;
    let held = hold(&tx, id, go.act, if_version).await?;
    let status = after(held.status, go.step).ok_or_else(|| {
        Error::state(format!("A replication that is {} cannot take this step.", held.status))
    })?;
    let mut faults = Faults::default();
    let reason = match go.step {
        Step::Deny => Some(faults.required(go.reason, &["input", "reason"], 2_000)),
        Step::Confirm | Step::End => held.denial_reason.clone(),
    };
    faults.none_or_refuse()?;
    let event = Event { action: go.action, reason: reason.clone().filter(|_| go.step == Step::Deny) };
    let held = tx
        .update(held, |row| {
            row.status = Set(status);
            row.denial_reason = Set(reason);
        })
        .await?;
    tx.commit(event).await?;
    Ok(Replication(held.into_row()))
}
