//! Levels of evidence: proposed by the lead, confirmed by a curator (domain BR-20).

use super::{
    evaluation::Evaluation,
    hold::{hold, steps},
    standing,
    state::{takes_confirmation, takes_proposals},
};
use crate::face::{Door, payload};
use async_graphql::{Context, ID, InputObject, Object};
use door::{
    Error, Nullable, Result, UserErrorCode,
    authz::{Act, Event, Store},
};
use entity::codes::*;
use sea_orm::Set;

steps! {
    /// Proposes a level of evidence.
    EvaluationProposeLevelInput EvaluationProposeLevelPayload {
        /// Level to propose.
        level: EvidenceLevel
    },
    /// Confirms a level of evidence.
    EvaluationConfirmLevelInput EvaluationConfirmLevelPayload {
        /// Level to confirm; no higher than the lead proposes.
        level: EvidenceLevel
    },
}

#[derive(Clone, Copy, Default)]
pub struct EvaluationLevelMutation;

#[Object]
impl EvaluationLevelMutation {
    /// Proposes a level of evidence, no higher than methods and independence allow (domain BR-20). For the lead.
    ///
    /// A new proposal clears what was confirmed. It is refused once the evaluation is cancelled, or published with a
    /// confirmed level.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `EVIDENCE_CEILING`; top level: `FORBIDDEN`.
    async fn evaluation_propose_level(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which evaluation, and which level.")] input: EvaluationProposeLevelInput,
    ) -> Nullable<EvaluationProposeLevelPayload> {
        payload(propose(ctx.store(), input).await)
    }

    /// Confirms a level of evidence, no higher than proposed; for curators of the scientific committee.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `EVIDENCE_CEILING`; top level: `FORBIDDEN`.
    async fn evaluation_confirm_level(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which evaluation, and which level.")] input: EvaluationConfirmLevelInput,
    ) -> Nullable<EvaluationConfirmLevelPayload> {
        payload(confirm(ctx.store(), input).await)
    }
}

fn above_ceiling(path: &[&str], level: EvidenceLevel, ceiling: EvidenceLevel) -> Error {
    let message = format!("{level} is above {ceiling}, the highest that methods and independence allow.");
    Error::mend(UserErrorCode::EvidenceCeiling, path, message)
}

async fn propose(store: &Store, input: EvaluationProposeLevelInput) -> Result<Evaluation> {
    let mut tx = store.begin().await?;
    let held = hold(&tx, &input.id, Act::Edit, input.if_version.as_deref()).await?;
    if !takes_proposals(held.status, held.confirmed_level.is_some()) {
        let level =
            if held.status == EvaluationStatus::Cancelled { "no level" } else { "its confirmed level" };
        return Err(Error::state(format!("An evaluation that is {} keeps {level}.", held.status)));
    }
    let ceiling = standing::ceiling_of(&held);
    if input.level > ceiling {
        return Err(above_ceiling(&["input", "level"], input.level, ceiling));
    }
    let held = tx
        .update(held, |row| {
            row.proposed_level = Set(Some(input.level));
            // A new proposal waits for the committee again.
            row.confirmed_level = Set(None);
            row.confirmed_at = Set(None);
            row.confirmed_by_id = Set(None);
        })
        .await?;
    tx.commit(Event::of("evaluationProposeLevel")).await?;
    Ok(Evaluation(held.into_row()))
}

async fn confirm(store: &Store, input: EvaluationConfirmLevelInput) -> Result<Evaluation> {
    let mut tx = store.begin().await?;
    let held = hold(&tx, &input.id, Act::Decide, input.if_version.as_deref()).await?;
    if !store.viewer().is_curator() {
        return Err(Error::forbidden("Only curators confirm levels of evidence."));
    }
    let Some(proposed) = held.proposed_level else {
        return Err(Error::state("The lead has not proposed a level yet."));
    };
    if !takes_confirmation(held.status, true) {
        return Err(Error::state(format!("An evaluation that is {} has no level.", held.status)));
    }
    let ceiling = standing::ceiling_of(&held).min(proposed);
    if input.level > ceiling {
        return Err(above_ceiling(&["input", "level"], input.level, ceiling));
    }
    let (now, user) = (store.now(), store.viewer().user());
    let held = tx
        .update(held, |row| {
            row.confirmed_level = Set(Some(input.level));
            row.confirmed_at = Set(Some(now));
            row.confirmed_by_id = Set(user);
        })
        .await?;
    tx.commit(Event::of("evaluationConfirmLevel")).await?;
    Ok(Evaluation(held.into_row()))
}
