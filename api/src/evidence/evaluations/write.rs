//! Writing evaluations: plan, register, study, deliver, reply, publish (domain 5.6).

use super::{
    clock,
    evaluation::{Evaluation, codes, is_open, status_of},
    independence::{Reason, Ties, judge},
    standing,
    state::{Step, after, is_editable, is_evaluators_alone},
};
use crate::{
    Error, Faults, Nullable, Result, UserErrorCode,
    authz::{Act, EVIDENCE_CLOCK, Event, Held, Power, Store, Tx, check_version, evaluates},
    evidence::{
        asked::{self, apply, at_most, exact, listed},
        measurements::write::evaluator_of,
    },
    face::{Door, key, payload},
    fold::{fold, slug},
    interests::known::{Asked, known},
};
use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};
use entity::{
    codes::*,
    evidence::{evaluation, evaluation_party, finding, indicator, measurement},
    ids::{EvaluationId, FindingId, IndicatorId, OrganizationId, ProjectId, UserId},
    orgs::{membership, organization},
    projects::{co_holder, project},
};
use gql::scalars::{Date, Decimal, MoneyInput, Url};
use sea_orm::{ColumnTrait, Condition, Set};
use std::collections::{BTreeSet, HashMap};

/// Organization that takes part in an evaluation beside its lead.
#[derive(Clone, Debug, InputObject)]
pub struct EvaluationPartyInput {
    /// Organization that takes part.
    pub organization_id: ID,
    /// Part it takes.
    pub role: EvaluationRole,
}

/// Five dimensions of impact; each at most 2,000 characters.
#[derive(Clone, Debug, Default, InputObject)]
pub struct FiveDimensionsInput {
    /// What changes.
    pub what: MaybeUndefined<String>,
    /// For whom.
    pub who: MaybeUndefined<String>,
    /// For how many.
    pub scale: MaybeUndefined<String>,
    /// How deeply.
    pub depth: MaybeUndefined<String>,
    /// For how long.
    pub duration: MaybeUndefined<String>,
    /// What would not have happened without it.
    pub contribution: MaybeUndefined<String>,
    /// What may go otherwise.
    pub risk: MaybeUndefined<String>,
}

/// What a study found: in words, and in figures where there are any. Figures of both arms, or an effect with its error.
#[derive(Clone, Debug, InputObject)]
pub struct FindingInput {
    /// What was found, in words; at most 1,000 characters.
    pub statement: String,
    /// Indicator that was looked at.
    pub indicator_id: Option<ID>,
    /// What was looked at, where no indicator says it; at most 200 characters.
    pub outcome: Option<String>,
    /// What it says about the effect; no effect and harm are findings too.
    pub direction: FindingDirection,
    /// Measure of `effect`, or of the figures of both arms.
    pub measure: Option<EffectMeasure>,
    /// Effect by `measure`; ratios as they are, not as logarithms.
    pub effect: Option<Decimal>,
    /// Unit of a difference of means; at most 100 characters.
    pub unit: Option<String>,
    /// Standard error of the effect; of its logarithm, for a ratio.
    pub standard_error: Option<Decimal>,
    /// Lower end of the confidence interval, on the scale of the effect.
    pub ci_low: Option<Decimal>,
    /// Upper end of the confidence interval, on the scale of the effect.
    pub ci_high: Option<Decimal>,
    /// Level of the interval, in percent, from 50 to 99.99; 95 unless given.
    pub ci_percent: Option<Decimal>,
    /// Probability of such an effect, or a larger one, if there were none: 0 to 1.
    pub p_value: Option<Decimal>,
    /// People or units with the treatment.
    pub treated_count: Option<i32>,
    /// People or units without it.
    pub comparison_count: Option<i32>,
    /// People with the treatment who had the event.
    pub treated_event_count: Option<i32>,
    /// People without it who had the event.
    pub comparison_event_count: Option<i32>,
    /// Mean with the treatment, in `unit`.
    pub treated_mean: Option<Decimal>,
    /// Standard deviation with the treatment, in `unit`.
    pub treated_standard_deviation: Option<Decimal>,
    /// Mean without it, in `unit`.
    pub comparison_mean: Option<Decimal>,
    /// Standard deviation without it, in `unit`.
    pub comparison_standard_deviation: Option<Decimal>,
    /// What the programme cost that the finding is about.
    pub cost: Option<MoneyInput>,
}

/// What is said of an evaluation. What is left out stays; `null` clears.
#[derive(Clone, Debug, Default, InputObject)]
pub struct EvaluationDetailsInput {
    /// Questions it answers; replaces all.
    pub questions: MaybeUndefined<Vec<EvaluationQuestion>>,
    /// What it is for; replaces all.
    pub purposes: MaybeUndefined<Vec<EvaluationPurpose>>,
    /// Ways of evaluating; replaces all.
    pub methods: MaybeUndefined<Vec<EvaluationMethod>>,
    /// How it is designed; at most 5,000 characters.
    pub design: MaybeUndefined<String>,
    /// First day of the period that is studied.
    pub period_start: MaybeUndefined<Date>,
    /// Last day of the period that is studied.
    pub period_end: MaybeUndefined<Date>,
    /// Codes of the territories where it is done; replaces all. At most 50.
    pub sites: MaybeUndefined<Vec<String>>,
    /// Who evaluates with the lead, and who pays; replaces all. At most 50.
    pub parties: MaybeUndefined<Vec<EvaluationPartyInput>>,
    /// Conflicts of interest that the evaluators declare; replaces all. At most 20, of at most 500 characters.
    pub declared_conflicts: MaybeUndefined<Vec<String>>,
    /// What the evaluators set out to do; at most 20,000 characters. Stays as registered.
    pub protocol: MaybeUndefined<String>,
    /// Address of the protocol. Stays as registered.
    pub protocol_url: MaybeUndefined<Url>,
    /// First day of the data that it uses.
    pub data_from: MaybeUndefined<Date>,
    /// People or units studied with the treatment.
    pub sample_treated_count: MaybeUndefined<i32>,
    /// People or units studied without it.
    pub sample_comparison_count: MaybeUndefined<i32>,
    /// What it found, in order; replaces all. At most 100.
    pub findings: MaybeUndefined<Vec<FindingInput>>,
    /// What it cannot say; at most 5,000 characters.
    pub limits: MaybeUndefined<String>,
    /// Five dimensions of impact.
    pub five_dimensions: Option<FiveDimensionsInput>,
    /// What it cost.
    pub cost: MaybeUndefined<MoneyInput>,
    /// Maryland Scientific Methods Scale, 1 to 5.
    pub sms_level: MaybeUndefined<i32>,
    /// Level of the causal estimate that a SROI, cost study or review takes from elsewhere.
    pub causal_level: MaybeUndefined<EvidenceLevel>,
    /// Summary; at most 5,000 characters.
    pub summary: MaybeUndefined<String>,
    /// Whether members of the network may read the summary once delivered.
    pub is_summary_shared: Option<bool>,
    /// Address of the report.
    pub report_url: MaybeUndefined<Url>,
    /// Address of the data behind it.
    pub dataset_url: MaybeUndefined<Url>,
}

/// Plans an evaluation of a project.
#[derive(Clone, Debug, InputObject)]
pub struct EvaluationPlanInput {
    /// Project to study.
    pub project_id: ID,
    /// Organization that asks for it.
    pub commissioner_id: ID,
    /// Organization that leads it.
    pub lead_id: ID,
    /// Title; at most 200 characters.
    pub title: String,
    /// Family of its methods.
    pub family: EvaluationMethodFamily,
    #[graphql(flatten)]
    pub details: EvaluationDetailsInput,
}

/// Changes an evaluation that is not delivered yet.
#[derive(Clone, Debug, InputObject)]
pub struct EvaluationUpdateInput {
    /// Evaluation to change.
    pub id: ID,
    /// Version that was read; refuses if it has changed since.
    pub if_version: Option<String>,
    /// New title; at most 200 characters.
    pub title: Option<String>,
    /// New family of methods.
    pub family: Option<EvaluationMethodFamily>,
    #[graphql(flatten)]
    pub details: EvaluationDetailsInput,
}

payload! {
    /// Outcome of `evaluationPlan`.
    EvaluationPlanPayload {
        /// Evaluation as it is now: planned, and seen by its parties only.
        evaluation: Evaluation
    }
}

payload! {
    /// Outcome of `evaluationUpdate`.
    EvaluationUpdatePayload {
        /// Evaluation as it is now.
        evaluation: Evaluation
    }
}

macro_rules! steps {
    ($($(#[doc = $doc:literal])+ $input:ident $payload:ident { $($(#[doc = $extra_doc:literal])+ $extra:ident: $ty:ty),* }),+ $(,)?) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Debug, InputObject)]
        pub struct $input {
            /// Evaluation to act on.
            pub id: ID,
            /// Version that was read; refuses if it has changed since.
            pub if_version: Option<String>,
            $($(#[doc = $extra_doc])+ pub $extra: $ty,)*
        }

        payload! {
            /// Outcome of the mutation.
            $payload {
                /// Evaluation as it is now.
                evaluation: Evaluation
            }
        }
    )+};
}

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
    /// Opens unsuppressed measurements to evaluators.
    EvaluationGrantAccessInput EvaluationGrantAccessPayload {},
    /// Closes unsuppressed measurements to evaluators.
    EvaluationRevokeAccessInput EvaluationRevokeAccessPayload {},
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
pub struct EvaluationMutation;

#[Object]
impl EvaluationMutation {
    /// Plans an evaluation; for editors of its lead or its commissioner.
    ///
    /// Errors: `NOT_FOUND`, `BLANK`, `TOO_LONG`, `INVALID`, `OUT_OF_RANGE`; top level: `FORBIDDEN`.
    async fn evaluation_plan(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to plan.")] input: EvaluationPlanInput,
    ) -> Nullable<EvaluationPlanPayload> {
        payload(plan(ctx.store(), input).await)
    }

    /// Changes plan and findings until delivery; for the lead's editors and evaluation leads.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `BLANK`, `TOO_LONG`, `INVALID`, `OUT_OF_RANGE`; top
    /// level: `FORBIDDEN`.
    async fn evaluation_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: EvaluationUpdateInput,
    ) -> Nullable<EvaluationUpdatePayload> {
        payload(update(ctx.store(), input).await)
    }

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

    /// Proposes a level of evidence, no higher than methods and independence allow (domain BR-20). For the lead.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `EVIDENCE_CEILING`; top level: `FORBIDDEN`.
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

async fn plan(store: &Store, input: EvaluationPlanInput) -> Result<Evaluation> {
    let mut tx = store.begin().await?;
    let wanted = project::Column::Id.eq(key::<ProjectId>(&input.project_id)?);
    let project = tx.see::<project::Entity>().filter(wanted).one().await?;
    let project = project.ok_or_else(|| Error::not_found(&["input", "projectId"]))?;
    let (lead, commissioner) =
        (key::<OrganizationId>(&input.lead_id)?, key::<OrganizationId>(&input.commissioner_id)?);
    let mut faults = Faults::default();
    let title = faults.required(Some(input.title), &["input", "title"], 200);
    let (id, now) = (EvaluationId::fresh(), store.now());
    let none = || serde_json::json!([]);
    let mut row = evaluation::ActiveModel {
        id: Set(id),
        slug: Set(slug(&title, id)),
        project_id: Set(project.id),
        holder_id: Set(project.holder_id),
        commissioner_id: Set(commissioner),
        lead_id: Set(lead),
        title_key: Set(fold(&title)),
        title: Set(title),
        questions: Set(none()),
        purposes: Set(none()),
        family: Set(input.family),
        methods: Set(none()),
        sites: Set(none()),
        independence: Set(Independence::Unknown),
        independence_reasons: Set(none()),
        independence_declared: Set(none()),
        is_summary_shared: Set(false),
        status: Set(EvaluationStatus::Planned),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
        ..unsaid()
    };
    tx.may_create::<evaluation::Entity>(&row)?;
    for (field, organization) in [("leadId", lead), ("commissionerId", commissioner)] {
        let wanted = organization::Column::Id.eq(organization);
        if tx.see::<organization::Entity>().filter(wanted).one().await?.is_none() {
            faults.add(UserErrorCode::NotFound, &["input", field], "No such organization.");
        }
    }
    let parts = input.details.check(&tx, &project, &mut row, &mut faults).await?;
    faults.none_or_refuse()?;
    let held = tx.create::<evaluation::Entity>(row).await?;
    parts.write(&mut tx, &held).await?;
    tx.commit(Event::of("evaluationPlan")).await?;
    Ok(Evaluation(held.into_row()))
}

/// A row of which nothing optional is said.
fn unsaid() -> evaluation::ActiveModel {
    use sea_orm::{ActiveModelTrait, Iterable, sea_query::Value};
    let mut row = <evaluation::ActiveModel as Default>::default();
    for column in evaluation::Column::iter().filter(|column| column.def().is_null()) {
        let empty = match column.def().get_column_type() {
            sea_orm::ColumnType::BigInteger => Value::BigInt(None),
            sea_orm::ColumnType::Integer => Value::Int(None),
            sea_orm::ColumnType::Uuid => Value::Uuid(None),
            _ => Value::String(None),
        };
        row.set(column, empty);
    }
    row
}

async fn hold(tx: &Tx, id: &ID, act: Act, if_version: Option<&str>) -> Result<Held<evaluation::Entity>> {
    let held = tx.hold::<evaluation::Entity>(key(id)?, act, &["input", "id"]).await?;
    check_version(if_version, held.version)?;
    Ok(held)
}

/// Holds an evaluation in the state that time has made; what time did is written down first, as an event of its own.
async fn hold_now(
    store: &Store,
    id: &ID,
    act: Act,
    if_version: Option<&str>,
) -> Result<(Tx, Held<evaluation::Entity>)> {
    let tx = store.begin().await?;
    let held = hold(&tx, id, act, if_version).await?;
    if status_of(&held, store.now()) == held.status {
        return Ok((tx, held));
    }
    drop(tx);
    clock::ready(store, held.id).await?;
    let tx = store.begin().await?;
    // The caller's version was the one before time passed.
    let held = hold(&tx, id, act, None).await?;
    Ok((tx, held))
}

async fn update(store: &Store, input: EvaluationUpdateInput) -> Result<Evaluation> {
    let mut tx = store.begin().await?;
    let held = hold(&tx, &input.id, Act::Edit, input.if_version.as_deref()).await?;
    if !is_editable(held.status) {
        return Err(Error::state(format!("An evaluation that is {} cannot change.", held.status)));
    }
    let wanted = project::Column::Id.eq(held.project_id);
    let project = tx.see::<project::Entity>().filter(wanted).one().await?;
    let project = project.ok_or_else(|| Error::not_found(&["input", "id"]))?;
    let mut faults = Faults::default();
    let is_registered = held.registered_at.is_some();
    if is_registered && !(input.details.protocol.is_undefined() && input.details.protocol_url.is_undefined())
    {
        faults.add(UserErrorCode::StateInvalid, &["input", "protocol"], "The protocol stays as registered.");
    }
    let mut row = <evaluation::ActiveModel as Default>::default();
    if let Some(title) = input.title {
        let title = faults.required(Some(title), &["input", "title"], 200);
        row.title_key = Set(fold(&title));
        row.title = Set(title);
    }
    if let Some(family) = input.family {
        row.family = Set(family);
    }
    let parts = input.details.check(&tx, &project, &mut row, &mut faults).await?;
    faults.none_or_refuse()?;
    let held = tx.update(held, |held| apply(held, &row)).await?;
    parts.write(&mut tx, &held).await?;
    tx.commit(Event::of("evaluationUpdate")).await?;
    Ok(Evaluation(held.into_row()))
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

/// Independence of the evaluators from the project's holder and operators.
async fn judged(tx: &Tx, row: &evaluation::Model) -> Result<(Independence, Vec<Reason<String>>)> {
    let parties = evaluation_party::Column::EvaluationId.eq(row.id);
    let parties = tx.see::<evaluation_party::Entity>().filter(parties).all().await?;
    let part =
        |role| parties.iter().filter(move |party| party.role == role).map(|party| party.organization_id);
    let judging: BTreeSet<_> = part(EvaluationRole::Evaluator).chain([row.lead_id]).collect();
    let operators = Condition::all()
        .add(co_holder::Column::ProjectId.eq(row.project_id))
        .add(co_holder::Column::Role.eq(CoHolderRole::Operator));
    let operators = tx.see::<co_holder::Entity>().filter(operators).all().await?;
    let judged: BTreeSet<_> =
        operators.iter().map(|one| one.organization_id).chain([row.holder_id]).collect();
    let sides: BTreeSet<_> = judging.union(&judged).copied().collect();
    let system = tx.store().as_job(EVIDENCE_CLOCK);
    let seats = seats_of(&system, &sides).await?;
    let asked = Asked { judging: &judging, judged: &judged, seats: &seats, within: None };
    let ties = Ties {
        interests: known(&system, &asked).await?,
        judging: judging.iter().copied().collect(),
        judged: judged.iter().copied().collect(),
        parents: parents_of(&system, &sides).await?,
        seats,
        paying: part(EvaluationRole::Funder).collect(),
        declared: codes(&row.independence_declared),
    };
    let (independence, reasons) = judge(&ties);
    let named = |reason: Reason<OrganizationId>| Reason {
        tie: reason.tie,
        chain: reason.chain.iter().map(ToString::to_string).collect(),
        text: reason.text,
    };
    Ok((independence, reasons.into_iter().map(named).collect()))
}

/// Who controls these organizations, at any depth.
async fn parents_of(
    system: &Store,
    sides: &BTreeSet<OrganizationId>,
) -> Result<HashMap<OrganizationId, OrganizationId>> {
    let mut parents = HashMap::new();
    let mut wanted: Vec<OrganizationId> = sides.iter().copied().collect();
    let mut seen = sides.clone();
    while !wanted.is_empty() {
        let rows = organization::Column::Id.is_in(wanted);
        let rows = system.see::<organization::Entity>().filter(rows).all().await?;
        let found: Vec<_> = rows.iter().filter_map(|row| Some((row.id, row.parent_id?))).collect();
        parents.extend(found.iter().copied());
        wanted = found.into_iter().map(|(_, parent)| parent).filter(|parent| seen.insert(*parent)).collect();
    }
    Ok(parents)
}

async fn seats_of(system: &Store, sides: &BTreeSet<OrganizationId>) -> Result<Vec<(UserId, OrganizationId)>> {
    let active = Condition::all()
        .add(membership::Column::OrganizationId.is_in(sides.iter().copied()))
        .add(membership::Column::Status.eq(MembershipStatus::Active));
    let rows = system.see::<membership::Entity>().filter(active).all().await?;
    Ok(rows.into_iter().map(|row| (row.user_id, row.organization_id)).collect())
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
async fn name_evaluator(tx: &mut Tx, project: ProjectId) -> Result<()> {
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

fn above_ceiling(path: &[&str], level: EvidenceLevel, ceiling: EvidenceLevel) -> Error {
    let message = format!("{level} is above {ceiling}, the highest that methods and independence allow.");
    Error::mend(UserErrorCode::EvidenceCeiling, path, message)
}

async fn propose(store: &Store, input: EvaluationProposeLevelInput) -> Result<Evaluation> {
    let mut tx = store.begin().await?;
    let held = hold(&tx, &input.id, Act::Edit, input.if_version.as_deref()).await?;
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

/// Parts to write once the row is held; what is absent stays.
struct Parts {
    parties: Option<Vec<evaluation_party::ActiveModel>>,
    findings: Option<Vec<finding::ActiveModel>>,
}

impl Parts {
    async fn write(self, tx: &mut Tx, held: &Held<evaluation::Entity>) -> Result<()> {
        if let Some(parties) = self.parties {
            tx.replace::<evaluation_party::Entity>(held, parties).await?;
        }
        if let Some(findings) = self.findings {
            tx.replace::<finding::Entity>(held, findings).await?;
        }
        Ok(())
    }
}

fn listing<C: CodeList + Ord>(
    asked: &MaybeUndefined<Vec<C>>,
    column: &mut sea_orm::ActiveValue<serde_json::Value>,
) {
    if let Some(list) = listed(asked) {
        let list: BTreeSet<C> = list.into_iter().collect();
        *column = Set(list.into_iter().map(CodeList::code).collect::<Vec<_>>().into());
    }
}

impl EvaluationDetailsInput {
    async fn check(
        self,
        tx: &Tx,
        project: &project::Model,
        row: &mut evaluation::ActiveModel,
        faults: &mut Faults,
    ) -> Result<Parts> {
        let parties = match listed(&self.parties) {
            Some(list) => Some(check_parties(tx, &list, faults).await?),
            None => None,
        };
        let findings = match listed(&self.findings) {
            Some(list) => Some(check_findings(tx, project, list, faults).await?),
            None => None,
        };
        if let Some(sites) = listed(&self.sites)
            && at_most(sites.len(), 50, &["input", "sites"], faults)
        {
            asked::territories(tx, &sites, &["input", "sites"], faults).await?;
            row.sites =
                Set(sites.into_iter().collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().into());
        }
        if let Some(list) = listed(&self.declared_conflicts) {
            at_most(list.len(), 20, &["input", "declaredConflicts"], faults);
            let text = |(place, text): (usize, String)| {
                faults.required(Some(text), &["input", "declaredConflicts", &place.to_string()], 500)
            };
            row.independence_declared =
                Set(list.into_iter().take(20).enumerate().map(text).collect::<Vec<_>>().into());
        }
        self.check_values(row, faults);
        Ok(Parts { parties, findings })
    }

    fn check_values(self, row: &mut evaluation::ActiveModel, faults: &mut Faults) {
        listing(&self.questions, &mut row.questions);
        listing(&self.purposes, &mut row.purposes);
        listing(&self.methods, &mut row.methods);
        asked::text(self.design, &["input", "design"], 5_000, faults, &mut row.design);
        asked::date(self.period_start, &mut row.period_start);
        asked::date(self.period_end, &mut row.period_end);
        asked::text(self.protocol, &["input", "protocol"], 20_000, faults, &mut row.protocol);
        asked::url(self.protocol_url, &mut row.protocol_url);
        asked::date(self.data_from, &mut row.data_from);
        asked::count(
            self.sample_treated_count,
            &["input", "sampleTreatedCount"],
            faults,
            &mut row.sample_treated,
        );
        asked::count(
            self.sample_comparison_count,
            &["input", "sampleComparisonCount"],
            faults,
            &mut row.sample_comparison,
        );
        asked::text(self.limits, &["input", "limits"], 5_000, faults, &mut row.limits);
        asked::text(self.summary, &["input", "summary"], 5_000, faults, &mut row.summary);
        asked::url(self.report_url, &mut row.report_url);
        asked::url(self.dataset_url, &mut row.dataset_url);
        asked::value(self.causal_level, &mut row.causal_level, |level| level);
        if let Some(is_shared) = self.is_summary_shared {
            row.is_summary_shared = Set(is_shared);
        }
        if self.sms_level.value().is_some_and(|level| !(1..=5).contains(level)) {
            faults.add(UserErrorCode::OutOfRange, &["input", "smsLevel"], "The scale goes from 1 to 5.");
        }
        asked::value(self.sms_level, &mut row.sms_level, |level| level);
        match self.cost {
            MaybeUndefined::Undefined => {}
            MaybeUndefined::Null => (row.cost_minor, row.currency) = (Set(None), Set(None)),
            MaybeUndefined::Value(cost) => {
                row.cost_minor = Set(minor(&cost, &["input", "cost"], faults));
                row.currency = Set(Some(cost.currency.0));
            }
        }
        if let Some(five) = self.five_dimensions {
            for (field, text, column) in [
                ("what", five.what, &mut row.dim_what),
                ("who", five.who, &mut row.dim_who),
                ("scale", five.scale, &mut row.dim_scale),
                ("depth", five.depth, &mut row.dim_depth),
                ("duration", five.duration, &mut row.dim_duration),
                ("contribution", five.contribution, &mut row.dim_contribution),
                ("risk", five.risk, &mut row.dim_risk),
            ] {
                asked::text(text, &["input", "fiveDimensions", field], 2_000, faults, column);
            }
        }
    }
}

fn minor(money: &MoneyInput, path: &[&str], faults: &mut Faults) -> Option<i64> {
    let minor = money.minor().filter(|minor| *minor >= 0);
    if minor.is_none() {
        let message =
            format!("An amount of {} is zero or more, with no more decimals than it has.", money.currency.0);
        faults.add(UserErrorCode::Invalid, path, message);
    }
    minor
}

async fn check_parties(
    tx: &Tx,
    list: &[EvaluationPartyInput],
    faults: &mut Faults,
) -> Result<Vec<evaluation_party::ActiveModel>> {
    at_most(list.len(), 50, &["input", "parties"], faults);
    let ids =
        list.iter().map(|one| key::<OrganizationId>(&one.organization_id)).collect::<Result<Vec<_>>>()?;
    let known = organization::Column::Id.is_in(ids.iter().copied());
    let known: BTreeSet<_> =
        tx.see::<organization::Entity>().filter(known).all().await?.into_iter().map(|row| row.id).collect();
    let mut kept = BTreeSet::new();
    for (place, (one, id)) in list.iter().zip(ids).take(50).enumerate() {
        if !known.contains(&id) {
            let path = ["input", "parties", &place.to_string(), "organizationId"];
            faults.add(UserErrorCode::NotFound, &path, "No such organization.");
        }
        kept.insert((id, one.role));
    }
    let row = |(organization_id, role)| evaluation_party::ActiveModel {
        organization_id: Set(organization_id),
        role: Set(role),
        ..Default::default()
    };
    Ok(kept.into_iter().map(row).collect())
}

async fn check_findings(
    tx: &Tx,
    project: &project::Model,
    list: Vec<FindingInput>,
    faults: &mut Faults,
) -> Result<Vec<finding::ActiveModel>> {
    at_most(list.len(), 100, &["input", "findings"], faults);
    let asked = list.iter().filter_map(|finding| finding.indicator_id.as_ref());
    let asked = asked.map(key::<IndicatorId>).collect::<Result<Vec<_>>>()?;
    let known = tx.see::<indicator::Entity>().filter(indicator::Column::Id.is_in(asked)).all().await?;
    let known: BTreeSet<_> = known.into_iter().map(|row| row.id).collect();
    let now = tx.store().now();
    let mut rows = Vec::new();
    for (position, finding) in (0..100).zip(list) {
        let place = position.to_string();
        let path = ["input", "findings", place.as_str()];
        let indicator = finding.indicator_id.as_ref().map(key::<IndicatorId>).transpose()?;
        if indicator.is_some_and(|id| !known.contains(&id)) {
            faults.add(
                UserErrorCode::NotFound,
                &[&path[..], &["indicatorId"]].concat(),
                "No such indicator.",
            );
        }
        let mut row = finding_row(finding, &path, faults);
        row.project_id = Set(project.id);
        row.indicator_id = Set(indicator);
        row.position = Set(position);
        row.created_at = Set(now);
        row.updated_at = Set(now);
        rows.push(row);
    }
    Ok(rows)
}

fn finding_row(finding: FindingInput, path: &[&str], faults: &mut Faults) -> finding::ActiveModel {
    let at = |field: &'static str| [path, &[field]].concat();
    let number = |value: &Option<Decimal>| {
        value.as_ref().and_then(|value| value.0.parse::<rust_decimal::Decimal>().ok())
    };
    let has_figures =
        finding.effect.is_some() || finding.treated_event_count.is_some() || finding.treated_mean.is_some();
    if has_figures && finding.measure.is_none() {
        faults.add(UserErrorCode::Blank, &at("measure"), "Figures need the measure that they are of.");
    }
    if let (Some(low), Some(high)) = (number(&finding.ci_low), number(&finding.ci_high))
        && low > high
    {
        faults.add(UserErrorCode::Invalid, &at("ciHigh"), "The interval ends below its start.");
    }
    let zero = rust_decimal::Decimal::ZERO;
    if number(&finding.standard_error).is_some_and(|error| error < zero) {
        faults.add(UserErrorCode::OutOfRange, &at("standardError"), "A standard error is zero or more.");
    }
    if number(&finding.p_value).is_some_and(|p| p < zero || p > rust_decimal::Decimal::ONE) {
        faults.add(UserErrorCode::OutOfRange, &at("pValue"), "A probability is from 0 to 1.");
    }
    for (field, events, people) in [
        ("treatedEventCount", finding.treated_event_count, finding.treated_count),
        ("comparisonEventCount", finding.comparison_event_count, finding.comparison_count),
    ] {
        if events.is_some_and(|events| events < 0 || people.is_none_or(|people| events > people)) {
            faults.add(UserErrorCode::OutOfRange, &at(field), "Events are no more than the people counted.");
        }
    }
    for (field, count) in
        [("treatedCount", finding.treated_count), ("comparisonCount", finding.comparison_count)]
    {
        if count.is_some_and(|count| count < 0) {
            faults.add(UserErrorCode::OutOfRange, &at(field), "A count is zero or more.");
        }
    }
    let text = |value: Option<Decimal>| Set(value.map(|value| exact(&value.0)));
    let count = |value: Option<i32>| Set(value.map(i64::from));
    let outcome = faults.text(finding.outcome, &at("outcome"), 200);
    let cost = finding.cost.as_ref().and_then(|cost| minor(cost, &at("cost"), faults));
    finding::ActiveModel {
        id: Set(FindingId::fresh()),
        statement: Set(faults.required(Some(finding.statement), &at("statement"), 1_000)),
        outcome_key: Set(outcome.as_deref().map(fold)),
        outcome: Set(outcome),
        measure: Set(finding.measure),
        effect: text(finding.effect),
        unit: Set(faults.text(finding.unit, &at("unit"), 100)),
        standard_error: text(finding.standard_error),
        ci_low: text(finding.ci_low),
        ci_high: text(finding.ci_high),
        ci_percent: text(finding.ci_percent),
        p_value: text(finding.p_value),
        n_treated: count(finding.treated_count),
        n_comparison: count(finding.comparison_count),
        events_treated: count(finding.treated_event_count),
        events_comparison: count(finding.comparison_event_count),
        mean_treated: text(finding.treated_mean),
        sd_treated: text(finding.treated_standard_deviation),
        mean_comparison: text(finding.comparison_mean),
        sd_comparison: text(finding.comparison_standard_deviation),
        direction: Set(finding.direction),
        cost_minor: Set(cost),
        currency: Set(cost.and(finding.cost.map(|cost| cost.currency.0))),
        version: Set(1),
        ..Default::default()
    }
}
