//! Writing measurements: drafts change, what was submitted is only ever corrected (domain 5.4).

use super::{
    disclosure::judge_anew,
    input::{MeasurementInput, Values, check},
    measurement::Measurement,
    state::{Step, after, is_editable},
};
use crate::face::{Door, key, payload};
use async_graphql::{Context, ID, InputObject, Object};
use door::{
    Error, Faults, Nullable, Result, UserErrorCode,
    authz::{Act, Event, Held, OPEN_TO_EVALUATORS, Store, Tx, check_version, evaluates, reviews},
};
use entity::{
    codes::MeasurementState,
    evidence::{evaluation, indicator, indicator_use, measurement, measurement_cell, period_lock},
    ids::{MeasurementId, OrganizationId, ProjectId},
};
use sea_orm::{ColumnTrait, Condition, IntoActiveModel, Set};

/// Adds a draft of a measurement.
#[derive(Clone, Debug, InputObject)]
pub struct MeasurementCreateInput {
    /// How the project measures; the viewer has to be an editor of its holder.
    pub use_id: ID,
    /// What was measured.
    pub measurement: MeasurementInput,
}

/// Writes a draft or returned measurement anew.
#[derive(Clone, Debug, InputObject)]
pub struct MeasurementUpdateInput {
    /// Measurement to change.
    pub id: ID,
    /// Version that was read; refuses if it has changed since.
    pub if_version: Option<String>,
    /// What was measured; replaces all.
    pub measurement: MeasurementInput,
}

/// Corrects a measurement that was accepted.
#[derive(Clone, Debug, InputObject)]
pub struct MeasurementCorrectInput {
    /// Measurement to correct; it stays as it was, and gives way.
    pub id: ID,
    /// Version that was read; refuses if it has changed since.
    pub if_version: Option<String>,
    /// What was measured; as a whole.
    pub measurement: MeasurementInput,
    /// Why; kept in the audit trail. At most 2,000 characters.
    pub reason: String,
}

macro_rules! steps {
    ($($(#[doc = $doc:literal])+ $input:ident $payload:ident { $($(#[doc = $extra_doc:literal])+ $extra:ident: $ty:ty),* }),+ $(,)?) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Debug, InputObject)]
        pub struct $input {
            /// Measurement to act on.
            pub id: ID,
            /// Version that was read; refuses if it has changed since.
            pub if_version: Option<String>,
            $($(#[doc = $extra_doc])+ pub $extra: $ty,)*
        }

        payload! {
            /// Outcome of the mutation.
            $payload {
                /// Measurement as it is now.
                measurement: Measurement
            }
        }
    )+};
}

steps! {
    /// Submits a measurement to its reviewer.
    MeasurementSubmitInput MeasurementSubmitPayload {},
    /// Accepts a submitted measurement.
    MeasurementAcceptInput MeasurementAcceptPayload {},
    /// Returns a submitted measurement.
    MeasurementReturnInput MeasurementReturnPayload {
        /// What has to be mended; its holder reads it. At most 2,000 characters.
        reason: String
    },
    /// Certifies an accepted measurement.
    MeasurementCertifyInput MeasurementCertifyPayload {},
}

payload! {
    /// Outcome of `measurementCreate`.
    MeasurementCreatePayload {
        /// Measurement as it is now: a draft.
        measurement: Measurement
    }
}

payload! {
    /// Outcome of `measurementUpdate`.
    MeasurementUpdatePayload {
        /// Measurement as it is now.
        measurement: Measurement
    }
}

payload! {
    /// Outcome of `measurementCorrect`.
    MeasurementCorrectPayload {
        /// New measurement: submitted, and naming the one it corrects.
        measurement: Measurement
    }
}

#[derive(Clone, Copy, Default)]
pub struct MeasurementMutation;

#[Object]
impl MeasurementMutation {
    /// Adds a draft of a measurement to a project of one's organization.
    ///
    /// Errors: `NOT_FOUND`, `STATE_INVALID`, `PERIOD_LOCKED`, `DIMENSION_UNKNOWN`, `BLANK`, `INVALID`, `OUT_OF_RANGE`,
    /// `TOO_LONG`; top level: `FORBIDDEN`.
    async fn measurement_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to add.")] input: MeasurementCreateInput,
    ) -> Nullable<MeasurementCreatePayload> {
        payload(create(ctx.store(), input).await)
    }

    /// Writes a draft or returned measurement anew, as a whole.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `PERIOD_LOCKED`, `DIMENSION_UNKNOWN`, `BLANK`, `INVALID`,
    /// `OUT_OF_RANGE`, `TOO_LONG`; top level: `FORBIDDEN`.
    async fn measurement_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: MeasurementUpdateInput,
    ) -> Nullable<MeasurementUpdatePayload> {
        payload(update(ctx.store(), input).await)
    }

    /// Submits a measurement to its reviewer; from then on it is only ever corrected.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID` (no reviewer, too), `PERIOD_LOCKED`; top level: `FORBIDDEN`.
    async fn measurement_submit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which measurement.")] input: MeasurementSubmitInput,
    ) -> Nullable<MeasurementSubmitPayload> {
        payload(submit(ctx.store(), input).await)
    }

    /// Accepts a submitted measurement; for its reviewer's editors, but not for whoever submitted it.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`; top level: `FORBIDDEN`.
    async fn measurement_accept(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which measurement.")] input: MeasurementAcceptInput,
    ) -> Nullable<MeasurementAcceptPayload> {
        payload(judge(ctx.store(), &input.id, input.if_version.as_deref(), Step::Accept, None).await)
    }

    /// Returns a submitted measurement with a reason; for its reviewer's editors.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `BLANK`, `TOO_LONG`; top level: `FORBIDDEN`.
    async fn measurement_return(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which measurement, and why.")] input: MeasurementReturnInput,
    ) -> Nullable<MeasurementReturnPayload> {
        let reason = Some(input.reason);
        payload(judge(ctx.store(), &input.id, input.if_version.as_deref(), Step::Return, reason).await)
    }

    /// Certifies an accepted measurement; for those who lead an evaluation to which the holder opened its measurements.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`; top level: `FORBIDDEN`.
    async fn measurement_certify(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which measurement.")] input: MeasurementCertifyInput,
    ) -> Nullable<MeasurementCertifyPayload> {
        payload(judge(ctx.store(), &input.id, input.if_version.as_deref(), Step::Certify, None).await)
    }

    /// Corrects an accepted or certified measurement: the old one stays as it was and gives way to a new, submitted one.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `PERIOD_LOCKED`, `DIMENSION_UNKNOWN`, `BLANK`, `INVALID`,
    /// `OUT_OF_RANGE`, `TOO_LONG`; top level: `FORBIDDEN`.
    async fn measurement_correct(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to correct, and why.")] input: MeasurementCorrectInput,
    ) -> Nullable<MeasurementCorrectPayload> {
        payload(correct(ctx.store(), input).await)
    }
}

/// Day of an instant, `YYYY-MM-DD`.
pub(crate) fn day(at: entity::At) -> String {
    chrono::DateTime::from_timestamp_micros(at.0).unwrap_or_default().date_naive().to_string()
}

/// An empty draft under a use.
pub(super) fn draft(
    used: &indicator_use::Model,
    project: ProjectId,
    evaluator: Option<OrganizationId>,
    store: &Store,
) -> measurement::ActiveModel {
    let now = store.now();
    measurement::ActiveModel {
        id: Set(MeasurementId::fresh()),
        use_id: Set(used.id),
        indicator_id: Set(used.indicator_id),
        project_id: Set(project),
        holder_id: Set(used.holder_id),
        reviewer_id: Set(used.reviewer_id),
        evaluator_id: Set(evaluator),
        is_total_open: Set(false),
        judged_under: Set(None),
        state: Set(MeasurementState::Draft),
        sharing: Set(used.sharing),
        return_reason: Set(None),
        corrects_id: Set(None),
        author_id: Set(None),
        reviewed_by_id: Set(None),
        submitted_at: Set(None),
        accepted_at: Set(None),
        certified_at: Set(None),
        certified_by_id: Set(None),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    }
}

/// Project of a use that takes measurements.
fn measuring(used: &indicator_use::Model) -> Result<ProjectId> {
    used.project_id.ok_or_else(|| {
        Error::state(
            "Only projects measure this way: contracts count by claims, public series by deliveries.",
        )
    })
}

async fn create(store: &Store, input: MeasurementCreateInput) -> Result<Measurement> {
    let mut tx = store.begin().await?;
    let used = tx.hold::<indicator_use::Entity>(key(&input.use_id)?, Act::Edit, &["input", "useId"]).await?;
    let project = measuring(&used)?;
    if used.is_closed {
        return Err(Error::state("This use takes no more measurements."));
    }
    let values = checked(&tx, &used, input.measurement).await?;
    let evaluator = evaluator_of(&tx, project).await?;
    let mut row = draft(&used, project, evaluator, store);
    values.apply(&mut row);
    let held = tx.create::<measurement::Entity>(row).await?;
    write_cells(&mut tx, &held, &values).await?;
    tx.commit(Event::of("measurementCreate")).await?;
    Ok(Measurement(held.into_row()))
}

async fn checked(tx: &Tx, used: &indicator_use::Model, input: MeasurementInput) -> Result<Values> {
    let measured = indicator::Column::Id.eq(used.indicator_id);
    let measured = tx.see::<indicator::Entity>().filter(measured).one().await?;
    let measured = measured.ok_or_else(|| Error::not_found(&["input"]))?;
    let mut faults = Faults::default();
    let today = day(tx.store().now());
    let values = check(input, &measured, &today, &["input", "measurement"], &mut faults);
    let (start, end) = values.period();
    if is_locked(tx, measuring(used)?, start, end).await? {
        let path = ["input", "measurement", "periodStart"];
        faults.add(UserErrorCode::PeriodLocked, &path, "A reviewer locked these days.");
    }
    faults.none_or_refuse()?;
    Ok(values)
}

/// Whether a reviewer locked any of these days of a project.
pub(super) async fn is_locked(tx: &Tx, project: ProjectId, start: &str, end: &str) -> Result<bool> {
    let overlapping = Condition::all()
        .add(period_lock::Column::ProjectId.eq(project))
        .add(period_lock::Column::IsOpen.eq(false))
        .add(period_lock::Column::PeriodStart.lte(end))
        .add(period_lock::Column::PeriodEnd.gte(start));
    Ok(tx.see::<period_lock::Entity>().filter(overlapping).one().await?.is_some())
}

/// Lead of the evaluation to which the holder last opened the project's measurements.
pub(crate) async fn evaluator_of(tx: &Tx, project: ProjectId) -> Result<Option<OrganizationId>> {
    let open = Condition::all()
        .add(evaluation::Column::ProjectId.eq(project))
        .add(evaluation::Column::AccessGrantedAt.is_not_null())
        .add(evaluation::Column::Status.is_in(OPEN_TO_EVALUATORS));
    let rows = tx.see::<evaluation::Entity>().filter(open).all().await?;
    Ok(rows.into_iter().max_by_key(|row| row.access_granted_at).map(|row| row.lead_id))
}

pub(super) async fn write_cells(
    tx: &mut Tx,
    held: &Held<measurement::Entity>,
    values: &Values,
) -> Result<()> {
    use sea_orm::ActiveModelTrait;
    let cells = values.cells_of(held.id).into_iter().map(|cell| cell.into_active_model().reset_all());
    tx.replace::<measurement_cell::Entity>(held, cells.collect()).await
}

async fn hold(tx: &Tx, id: &ID, act: Act, if_version: Option<&str>) -> Result<Held<measurement::Entity>> {
    let held = tx.hold::<measurement::Entity>(key(id)?, act, &["input", "id"]).await?;
    check_version(if_version, held.version)?;
    Ok(held)
}

async fn use_of(tx: &Tx, row: &measurement::Model) -> Result<indicator_use::Model> {
    let used = indicator_use::Column::Id.eq(row.use_id);
    let used = tx.see::<indicator_use::Entity>().filter(used).one().await?;
    used.ok_or_else(|| Error::not_found(&["input", "id"]))
}

async fn update(store: &Store, input: MeasurementUpdateInput) -> Result<Measurement> {
    let mut tx = store.begin().await?;
    let held = hold(&tx, &input.id, Act::Edit, input.if_version.as_deref()).await?;
    if !is_editable(held.state) {
        return Err(Error::state(format!(
            "A measurement that is {} cannot change; correct it instead.",
            held.state
        )));
    }
    let used = use_of(&tx, &held).await?;
    let values = checked(&tx, &used, input.measurement).await?;
    let held = tx.update(held, |row| values.apply_unjudged(row)).await?;
    write_cells(&mut tx, &held, &values).await?;
    tx.commit(Event::of("measurementUpdate")).await?;
    Ok(Measurement(held.into_row()))
}

fn step_from(row: &measurement::Model, step: Step) -> Result<MeasurementState> {
    after(row.state, step)
        .ok_or_else(|| Error::state(format!("A measurement that is {} cannot take this step.", row.state)))
}

async fn submit(store: &Store, input: MeasurementSubmitInput) -> Result<Measurement> {
    let mut tx = store.begin().await?;
    let held = hold(&tx, &input.id, Act::Edit, input.if_version.as_deref()).await?;
    let state = step_from(&held, Step::Submit)?;
    if held.reviewer_id.is_none() {
        return Err(Error::state(
            "Nobody reviews this indicator: adopt a framework, or name a reviewer first.",
        ));
    }
    if is_locked(&tx, held.project_id, &held.period_start, &held.period_end).await? {
        let message = "A reviewer locked these days.";
        return Err(Error::mend(UserErrorCode::PeriodLocked, &["input", "id"], message));
    }
    let (now, author) = (store.now(), store.viewer().user());
    let held = tx
        .update(held, |row| {
            row.state = Set(state);
            row.author_id = Set(author);
            row.submitted_at = Set(Some(now));
            row.return_reason = Set(None);
        })
        .await?;
    let row = judged(&mut tx, held).await?;
    tx.commit(Event::of("measurementSubmit")).await?;
    Ok(Measurement(row))
}

async fn judge(
    store: &Store,
    id: &ID,
    if_version: Option<&str>,
    step: Step,
    reason: Option<String>,
) -> Result<Measurement> {
    let mut tx = store.begin().await?;
    let held = hold(&tx, id, Act::Decide, if_version).await?;
    let viewer = store.viewer();
    let may = match step {
        Step::Certify => held.evaluator_id.is_some_and(|evaluator| evaluates(viewer, evaluator)),
        _ => reviews(viewer, &held),
    };
    if !may {
        return Err(Error::forbidden("This is for the other side: reviewers accept, evaluators certify."));
    }
    let mut faults = Faults::default();
    let reason = reason.map(|reason| faults.required(Some(reason), &["input", "reason"], 2_000));
    faults.none_or_refuse()?;
    let state = step_from(&held, step)?;
    let (now, user) = (store.now(), viewer.user());
    let told = reason.clone();
    let held = tx
        .update(held, |row| {
            row.state = Set(state);
            match step {
                Step::Accept => {
                    row.accepted_at = Set(Some(now));
                    row.reviewed_by_id = Set(user);
                }
                Step::Return => {
                    row.return_reason = Set(reason);
                    row.reviewed_by_id = Set(user);
                }
                Step::Certify => {
                    row.certified_at = Set(Some(now));
                    row.certified_by_id = row.evaluator_id.clone();
                }
                Step::Submit | Step::Correct => {}
            }
        })
        .await?;
    let action = match step {
        Step::Accept => "measurementAccept",
        Step::Return => "measurementReturn",
        _ => "measurementCertify",
    };
    tx.commit(Event { action, reason: told }).await?;
    Ok(Measurement(held.into_row()))
}

async fn correct(store: &Store, input: MeasurementCorrectInput) -> Result<Measurement> {
    let mut tx = store.begin().await?;
    let old = hold(&tx, &input.id, Act::Edit, input.if_version.as_deref()).await?;
    let state = step_from(&old, Step::Correct)?;
    let used = use_of(&tx, &old).await?;
    let mut faults = Faults::default();
    let reason = faults.required(Some(input.reason), &["input", "reason"], 2_000);
    faults.none_or_refuse()?;
    let values = checked(&tx, &used, input.measurement).await?;
    if is_locked(&tx, old.project_id, &old.period_start, &old.period_end).await? {
        let message = "A reviewer locked these days.";
        return Err(Error::mend(UserErrorCode::PeriodLocked, &["input", "id"], message));
    }
    let mut row = draft(&used, old.project_id, old.evaluator_id, store);
    values.apply(&mut row);
    row.state = Set(MeasurementState::Submitted);
    row.corrects_id = Set(Some(old.id));
    row.author_id = Set(store.viewer().user());
    row.submitted_at = Set(Some(store.now()));
    let held = tx.create::<measurement::Entity>(row).await?;
    write_cells(&mut tx, &held, &values).await?;
    let old = tx.update(old, |row| row.state = Set(state)).await?.into_row();
    let row = judged(&mut tx, held).await?;
    if old.period_end < row.period_start || old.period_start > row.period_end {
        // Those beside the old one may show more by now.
        judge_anew(&mut tx, old.project_id, (&old.period_start, &old.period_end)).await?;
    }
    tx.commit(Event::because("measurementCorrect", reason)).await?;
    Ok(Measurement(row))
}

/// Judges what outsiders may see of a measurement that others see from now on; as it is then.
async fn judged(tx: &mut Tx, held: Held<measurement::Entity>) -> Result<measurement::Model> {
    let row = held.into_row();
    judge_anew(tx, row.project_id, (&row.period_start, &row.period_end)).await?;
    let now = tx.see::<measurement::Entity>().filter(measurement::Column::Id.eq(row.id)).one().await?;
    Ok(now.unwrap_or(row))
}
