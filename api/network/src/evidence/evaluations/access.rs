//! Letting evaluators see unsuppressed measurements, until publication.

use super::{
    evaluation::{Evaluation, is_open, status_of},
    hold::{hold, steps},
};
use crate::{
    evidence::measurements::write::evaluator_of,
    face::{Door, payload},
};
use async_graphql::{Context, ID, InputObject, Object};
use door::{
    Error, Nullable, Result,
    authz::{Act, EVIDENCE_CLOCK, Event, Power, Store, Tx},
};
use entity::{evidence::measurement, ids::ProjectId};
use sea_orm::{ColumnTrait, Set};

steps! {
    /// Opens unsuppressed measurements to evaluators.
    EvaluationGrantAccessInput EvaluationGrantAccessPayload {},
    /// Closes unsuppressed measurements to evaluators.
    EvaluationRevokeAccessInput EvaluationRevokeAccessPayload {},
}

#[derive(Clone, Copy, Default)]
pub struct EvaluationAccessMutation;

#[Object]
impl EvaluationAccessMutation {
    /// Opens unsuppressed measurements to the evaluators, until publication; for editors of the project's holder.
    ///
    /// Each reading is written to the holder's audit trail.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`; top level: `FORBIDDEN`.
    async fn evaluation_grant_access(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which evaluation.")] input: EvaluationGrantAccessInput,
    ) -> Nullable<EvaluationGrantAccessPayload> {
        payload(open(ctx.store(), &input.id, input.if_version.as_deref(), true).await)
    }

    /// Closes unsuppressed measurements to the evaluators again; for editors of the project's holder.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`; top level: `FORBIDDEN`.
    async fn evaluation_revoke_access(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which evaluation.")] input: EvaluationRevokeAccessInput,
    ) -> Nullable<EvaluationRevokeAccessPayload> {
        payload(open(ctx.store(), &input.id, input.if_version.as_deref(), false).await)
    }
}

async fn open(store: &Store, id: &ID, if_version: Option<&str>, is_opened: bool) -> Result<Evaluation> {
    let mut tx = store.begin().await?;
    let held = hold(&tx, id, Act::Decide, if_version).await?;
    if !store.viewer().sits(held.holder_id, Power::Write) {
        return Err(Error::forbidden("Only the project's holder opens its measurements."));
    }
    let status = status_of(&held, store.now());
    if !is_open(status) || held.access_granted_at.is_some() == is_opened {
        return Err(Error::state(format!("Nothing to open or close: the evaluation is {status}.")));
    }
    let now = store.now();
    let held = tx.update(held, |row| row.access_granted_at = Set(is_opened.then_some(now))).await?;
    name_evaluator(&mut tx, held.project_id).await?;
    let action = if is_opened { "evaluationGrantAccess" } else { "evaluationRevokeAccess" };
    tx.commit(Event::of(action)).await?;
    Ok(Evaluation(held.into_row()))
}

/// Tells a project's measurements who may certify them: whom the holder let in last, as long as that lasts.
///
/// From here on the system acts: those who publish need not be those who may write measurements.
pub(super) async fn name_evaluator(tx: &mut Tx, project: ProjectId) -> Result<()> {
    tx.as_job(EVIDENCE_CLOCK);
    let evaluator = evaluator_of(tx, project).await?;
    let own = measurement::Column::ProjectId.eq(project);
    for row in tx.see::<measurement::Entity>().locked().filter(own).all().await? {
        if row.evaluator_id != evaluator {
            let row = tx.held::<measurement::Entity>(row, Act::Edit)?;
            tx.update(row, |row| row.evaluator_id = Set(evaluator)).await?;
        }
    }
    Ok(())
}
