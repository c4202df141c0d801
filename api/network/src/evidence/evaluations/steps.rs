//! Steps of an evaluation from registration to publication (domain 5.6): each by whom, on which condition.

use super::{
    access::name_evaluator,
    evaluation::{Evaluation, codes},
    hold::{hold_now, steps},
    independent::judged,
    standing,
    state::{Step, after, is_evaluators_alone},
};
use crate::face::{Door, payload};
use async_graphql::{Context, ID, InputObject, Object};
use door::{
    Error, Faults, Nullable, Result, UserErrorCode,
    authz::{Act, Event, Power, Store, Tx, evaluates},
};
use entity::{
    codes::*,
    evidence::{evaluation, finding},
};
use sea_orm::{ColumnTrait, Set};

steps! {
    /// Registers the protocol of an evaluation.
    EvaluationRegisterInput EvaluationRegisterPayload {},
    /// Starts an evaluation.
    EvaluationStartInput EvaluationStartPayload {},
    /// Delivers an evaluation to its parties.
    EvaluationDeliverInput EvaluationDeliverPayload {},
    /// Replies to a delivered evaluation.
    EvaluationReplyInput EvaluationReplyPayload {
        /// Reply, published with the evaluation; at most 10,000 characters. Nothing to say is a reply as well.
        reply: Option<String>
    },
    /// Publishes an evaluation.
    EvaluationPublishInput EvaluationPublishPayload {},
    /// Gives an evaluation up.
    EvaluationCancelInput EvaluationCancelPayload {
        /// Why; everybody reads it. At most 2,000 characters.
        reason: String
    },
}

#[derive(Clone, Copy, Default)]
pub struct EvaluationStepMutation;

#[Object]
impl EvaluationStepMutation {
    /// Registers the protocol: it stays as it is, and everybody knows that the evaluation exists. For the lead.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `BLANK` (no protocol or methods); top level: `FORBIDDEN`.
    async fn evaluation_register(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which evaluation.")] input: EvaluationRegisterInput,
    ) -> Nullable<EvaluationRegisterPayload> {
        let go = Go::new(Step::Register, Act::Edit, "evaluationRegister");
        payload(step(ctx.store(), &input.id, input.if_version.as_deref(), go).await)
    }

    /// Starts a registered evaluation. For the lead.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`; top level: `FORBIDDEN`.
    async fn evaluation_start(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which evaluation.")] input: EvaluationStartInput,
    ) -> Nullable<EvaluationStartPayload> {
        let go = Go::new(Step::Start, Act::Edit, "evaluationStart");
        payload(step(ctx.store(), &input.id, input.if_version.as_deref(), go).await)
    }

    /// Delivers findings and limits to the parties; the subject has 30 days to reply. For the lead.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `BLANK` (no finding, no limits); top level: `FORBIDDEN`.
    async fn evaluation_deliver(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which evaluation.")] input: EvaluationDeliverInput,
    ) -> Nullable<EvaluationDeliverPayload> {
        let go = Go::new(Step::Deliver, Act::Edit, "evaluationDeliver");
        payload(step(ctx.store(), &input.id, input.if_version.as_deref(), go).await)
    }

    /// Replies to a delivered evaluation within 30 days; for editors of the project's holder.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `TOO_LATE`, `TOO_LONG`; top level: `FORBIDDEN`.
    async fn evaluation_reply(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which evaluation, and what to reply.")] input: EvaluationReplyInput,
    ) -> Nullable<EvaluationReplyPayload> {
        let mut go = Go::new(Step::Reply, Act::Decide, "evaluationReply");
        go.text = input.reply;
        payload(step(ctx.store(), &input.id, input.if_version.as_deref(), go).await)
    }

    /// Publishes an evaluation that is ready, with all findings and the reply.
    ///
    /// For its commissioner or its lead; 12 months after delivery, for its lead alone.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `TOO_LATE`; top level: `FORBIDDEN`.
    async fn evaluation_publish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which evaluation.")] input: EvaluationPublishInput,
    ) -> Nullable<EvaluationPublishPayload> {
        let go = Go::new(Step::Publish, Act::Decide, "evaluationPublish");
        payload(step(ctx.store(), &input.id, input.if_version.as_deref(), go).await)
    }

    /// Gives an evaluation up before it is delivered; for its commissioner. The reason is public.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `BLANK`, `TOO_LONG`; top level: `FORBIDDEN`.
    async fn evaluation_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which evaluation, and why.")] input: EvaluationCancelInput,
    ) -> Nullable<EvaluationCancelPayload> {
        let mut go = Go::new(Step::Cancel, Act::Decide, "evaluationCancel");
        go.text = Some(input.reason);
        payload(step(ctx.store(), &input.id, input.if_version.as_deref(), go).await)
    }
}

struct Go {
    step: Step,
    act: Act,
    action: &'static str,
    /// Reply, or reason to give up.
    text: Option<String>,
}

impl Go {
    const fn new(step: Step, act: Act, action: &'static str) -> Self {
        Self { step, act, action, text: None }
    }
}

async fn step(store: &Store, id: &ID, if_version: Option<&str>, go: Go) -> Result<Evaluation> {
    let (mut tx, held) = hold_now(store, id, go.act, if_version).await?;
    let now = store.now();
    may_step(store, &held, go.step)?;
    let status = held.status;
    if go.step == Step::Reply && status == EvaluationStatus::Ready && held.replied_at.is_none() {
        return Err(Error::mend(UserErrorCode::TooLate, &[], "The 30 days to reply are over."));
    }
    let next = after(status, go.step)
        .ok_or_else(|| Error::state(format!("An evaluation that is {status} cannot take this step.")))?;
    let mut faults = Faults::default();
    let text = match go.step {
        Step::Cancel => Some(faults.required(go.text, &["input", "reason"], 2_000)),
        Step::Reply => faults.text(go.text, &["input", "reply"], 10_000),
        _ => None,
    };
    is_complete(&tx, &held, go.step, &mut faults).await?;
    faults.none_or_refuse()?;
    let judged = match go.step {
        Step::Register | Step::Deliver | Step::Publish => Some(judged(&tx, &held).await?),
        _ => None,
    };
    let reason = text.clone().filter(|_| go.step == Step::Cancel);
    // A tie that came to light after confirmation lowers the level.
    let capped = judged.as_ref().and_then(|(independence, _)| {
        let known = evaluation::Model { independence: *independence, ..(*held).clone() };
        held.confirmed_level.map(|level| level.min(standing::ceiling_of(&known)))
    });
    let held = tx
        .update(held, |row| {
            row.status = Set(next);
            if let Some((independence, reasons)) = judged {
                row.independence = Set(independence);
                row.independence_reasons = Set(serde_json::json!(reasons));
            }
            match go.step {
                Step::Register => row.registered_at = Set(Some(now)),
                Step::Start => row.started_at = Set(Some(now)),
                Step::Deliver => row.delivered_at = Set(Some(now)),
                Step::Reply => {
                    row.reply = Set(text);
                    row.replied_at = Set(Some(now));
                }
                Step::Publish => row.published_at = Set(Some(now)),
                Step::Cancel => {
                    row.cancelled_at = Set(Some(now));
                    row.cancel_reason = Set(text);
                }
            }
            if let Some(level) = capped {
                row.confirmed_level = Set(Some(level));
            }
        })
        .await?;
    if matches!(go.step, Step::Publish | Step::Cancel) {
        name_evaluator(&mut tx, held.project_id).await?;
    }
    tx.commit(Event { action: go.action, reason }).await?;
    Ok(Evaluation(held.into_row()))
}

/// Which side takes which step.
fn may_step(store: &Store, row: &evaluation::Model, step: Step) -> Result<()> {
    let viewer = store.viewer();
    let commissions = viewer.sits(row.commissioner_id, Power::Write);
    let leads = evaluates(viewer, row.lead_id);
    let is_late = is_evaluators_alone(row.delivered_at, store.now());
    let may = match step {
        Step::Register | Step::Start | Step::Deliver => leads,
        Step::Reply => viewer.sits(row.holder_id, Power::Write),
        Step::Cancel => commissions,
        Step::Publish if commissions && is_late && !leads => {
            let message = "12 months after delivery, the evaluators alone decide on publication.";
            return Err(Error::mend(UserErrorCode::TooLate, &[], message));
        }
        Step::Publish => leads || commissions,
    };
    if may { Ok(()) } else { Err(Error::forbidden("This step is another party's.")) }
}

/// What has to be there before a step.
async fn is_complete(tx: &Tx, row: &evaluation::Model, step: Step, faults: &mut Faults) -> Result<()> {
    match step {
        Step::Register => {
            if row.protocol.is_none() && row.protocol_url.is_none() {
                faults.add(
                    UserErrorCode::Blank,
                    &["input", "id"],
                    "Write the protocol, or its address, first.",
                );
            }
            if codes::<EvaluationMethod>(&row.methods).is_empty() {
                faults.add(UserErrorCode::Blank, &["input", "id"], "Name the methods first.");
            }
        }
        Step::Deliver => {
            let found =
                tx.see::<finding::Entity>().filter(finding::Column::EvaluationId.eq(row.id)).one().await?;
            if found.is_none() {
                let message = "Write down what was found first; that nothing was found is a finding.";
                faults.add(UserErrorCode::Blank, &["input", "id"], message);
            }
            if row.limits.is_none() {
                faults.add(
                    UserErrorCode::Blank,
                    &["input", "id"],
                    "Say what it cannot say (`limits`) first.",
                );
            }
        }
        _ => {}
    }
    Ok(())
}
