//! The measurement as the API shows it: to its holder and evaluators whole, to others without small cells.

use super::{
    disclosure,
    state::{Step, after, is_editable},
};
use crate::{
    evidence::{indicators::Indicator, uses::IndicatorUse},
    face::{Door, ViewerPermission},
    orgs::Organization,
    projects::Project,
};
use async_graphql::{Context, ID, Object, SimpleObject};
use door::{
    Error, Nullable, Result,
    authz::{
        Act, Ask, Direction, Lookup, OPEN_TO_EVALUATORS, Policy, Power, Sort, Store, evaluates, reviews,
    },
    nullable,
};
use entity::{
    codes::*,
    evidence::{evaluation, evaluation_party, indicator, indicator_use, measurement, measurement_cell},
    ids::ProjectId,
    orgs::organization,
    projects::project,
};
use gql::{
    connection::Paging,
    scalars::{Date, DateTime, Decimal, Markdown, Url},
};
use sea_orm::{ColumnTrait, Condition};
use std::collections::HashMap;

/// Value of an indicator for a period, as a project measured it.
#[derive(Clone)]
pub struct Measurement(pub measurement::Model);

impl From<measurement::Model> for Measurement {
    fn from(row: measurement::Model) -> Self {
        Self(row)
    }
}

/// Part of a measurement, broken down by one dimension.
#[derive(Clone, Debug, SimpleObject)]
pub struct MeasurementCell {
    /// Dimension, such as `gender`.
    pub dimension: String,
    /// Category on that dimension.
    pub category: String,
    /// People in the cell; `null` where hidden or not said.
    pub people: Option<i32>,
    /// Value in the cell, in the indicator's unit; `null` where hidden or not said.
    pub value: Option<Decimal>,
    /// Whether it is hidden: small, or giving a small one away (domain BR-23: fewer than 11 people, unless set otherwise).
    pub is_suppressed: bool,
}

/// What the viewer may do to a measurement now.
#[derive(Clone, Debug, SimpleObject)]
pub struct MeasurementViewerPermissions {
    /// `measurementUpdate`.
    pub update: ViewerPermission,
    /// `measurementSubmit`.
    pub submit: ViewerPermission,
    /// `measurementAccept`.
    pub accept: ViewerPermission,
    /// `measurementReturn`.
    pub r#return: ViewerPermission,
    /// `measurementCertify`.
    pub certify: ViewerPermission,
    /// `measurementCorrect`.
    pub correct: ViewerPermission,
}

/// Value of an indicator for a period, as a project measured it. Never overwritten once submitted.
///
/// Who sees it: everybody once certified, or accepted and shared with all; members of the network once accepted and
/// shared with them; its reviewer and evaluators once submitted; its holder always. Only holder and evaluators see cells
/// of fewer than 11 people (or as the network set it), and figures that would give such a cell away.
#[Object]
impl Measurement {
    /// Id, `mea_…`.
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

    /// How the project measures it.
    async fn r#use(&self, ctx: &Context<'_>) -> Nullable<IndicatorUse> {
        let row = ctx.store().load::<indicator_use::Entity>(self.0.use_id).await;
        nullable(row.map(|row| row.map(IndicatorUse)))
    }

    /// What was measured.
    async fn indicator(&self, ctx: &Context<'_>) -> Nullable<Indicator> {
        let row = ctx.store().load::<indicator::Entity>(self.0.indicator_id).await;
        nullable(row.map(|row| row.map(Indicator)))
    }

    /// Project that measured.
    async fn project(&self, ctx: &Context<'_>) -> Nullable<Project> {
        let row = ctx.store().load::<project::Entity>(self.0.project_id).await;
        nullable(row.map(|row| row.map(Project)))
    }

    /// First day of the period.
    async fn period_start(&self) -> Date {
        Date(self.0.period_start.clone())
    }

    /// Last day of the period.
    async fn period_end(&self) -> Date {
        Date(self.0.period_end.clone())
    }

    /// Value, in the indicator's unit; exact.
    async fn value(&self, ctx: &Context<'_>) -> Nullable<Decimal> {
        nullable(self.figure(ctx.store(), "Measurement.value", || self.0.value.clone().map(Decimal)).await)
    }

    /// What was found, in words.
    async fn qualitative(&self) -> Option<Markdown> {
        self.0.qualitative.clone().map(Markdown)
    }

    /// Different people, each counted once. Never added up over periods or projects, unless declared disjoint.
    async fn unique_people(&self, ctx: &Context<'_>) -> Nullable<i32> {
        let people = || self.0.unique_people.and_then(|count| i32::try_from(count).ok());
        nullable(self.figure(ctx.store(), "Measurement.uniquePeople", people).await)
    }

    /// Times somebody was served; the same person may be counted again.
    async fn claims(&self, ctx: &Context<'_>) -> Nullable<i32> {
        let figure = || self.0.claims.and_then(|count| i32::try_from(count).ok());
        nullable(self.figure(ctx.store(), "Measurement.claims", figure).await)
    }

    /// Things, such as tonnes or bed days; exact.
    async fn units(&self, ctx: &Context<'_>) -> Nullable<Decimal> {
        let figure = || self.0.units.clone().map(Decimal);
        nullable(self.figure(ctx.store(), "Measurement.units", figure).await)
    }

    /// What the value is a share of counts, if it is a share.
    async fn numerator(&self, ctx: &Context<'_>) -> Nullable<Decimal> {
        let figure = || self.0.numerator.clone().map(Decimal);
        nullable(self.figure(ctx.store(), "Measurement.numerator", figure).await)
    }

    /// What the value is a share of, or how many it is the mean of.
    async fn denominator(&self, ctx: &Context<'_>) -> Nullable<Decimal> {
        let figure = || self.0.denominator.clone().map(Decimal);
        nullable(self.figure(ctx.store(), "Measurement.denominator", figure).await)
    }

    /// How it was measured.
    async fn method(&self) -> Option<Markdown> {
        self.0.method.clone().map(Markdown)
    }

    /// People or things looked at.
    async fn sample_size(&self, ctx: &Context<'_>) -> Nullable<i32> {
        let figure = || self.0.sample_size.and_then(|count| i32::try_from(count).ok());
        nullable(self.figure(ctx.store(), "Measurement.sampleSize", figure).await)
    }

    /// Lower end of the confidence interval.
    async fn confidence_low(&self, ctx: &Context<'_>) -> Nullable<Decimal> {
        let figure = || self.0.confidence_low.clone().map(Decimal);
        nullable(self.figure(ctx.store(), "Measurement.confidenceLow", figure).await)
    }

    /// Upper end of the confidence interval.
    async fn confidence_high(&self, ctx: &Context<'_>) -> Nullable<Decimal> {
        let figure = || self.0.confidence_high.clone().map(Decimal);
        nullable(self.figure(ctx.store(), "Measurement.confidenceHigh", figure).await)
    }

    /// Where it comes from.
    async fn data_source(&self) -> DataSource {
        self.0.data_source
    }

    /// Whether its people are in no other measurement of the same use, as its holder declares.
    async fn is_disjoint(&self) -> bool {
        self.0.is_disjoint
    }

    /// State.
    async fn state(&self) -> MeasurementState {
        self.0.state
    }

    /// How far it is shared once accepted.
    async fn sharing(&self) -> Visibility {
        self.0.sharing
    }

    /// Documents behind it; at most 20. Who sees them: holder, reviewer and evaluator.
    async fn evidence(&self, ctx: &Context<'_>) -> Option<Vec<Url>> {
        let listed = || {
            let texts = self.0.evidence.as_array().into_iter().flatten();
            texts.filter_map(|text| text.as_str().map(|text| Url(text.to_owned()))).collect()
        };
        ctx.store().reveal::<measurement::Entity, _>("Measurement.evidence", &self.0, listed)
    }

    /// What its holder adds. Who sees it: holder, reviewer and evaluator.
    async fn comment(&self, ctx: &Context<'_>) -> Option<Markdown> {
        let comment = || self.0.comment.clone().map(Markdown);
        ctx.store().reveal::<measurement::Entity, _>("Measurement.comment", &self.0, comment).flatten()
    }

    /// Why its reviewer returned it. Who sees it: holder, reviewer and evaluator.
    async fn return_reason(&self, ctx: &Context<'_>) -> Option<String> {
        let reason = || self.0.return_reason.clone();
        ctx.store().reveal::<measurement::Entity, _>("Measurement.returnReason", &self.0, reason).flatten()
    }

    /// When it was last submitted. Who sees it: holder, reviewer and evaluator.
    async fn submitted_at(&self, ctx: &Context<'_>) -> Option<DateTime> {
        let at = || self.0.submitted_at.map(|at| DateTime(at.0));
        ctx.store().reveal::<measurement::Entity, _>("Measurement.submittedAt", &self.0, at).flatten()
    }

    /// When it was accepted.
    async fn accepted_at(&self) -> Option<DateTime> {
        self.0.accepted_at.map(|at| DateTime(at.0))
    }

    /// When it was certified.
    async fn certified_at(&self) -> Option<DateTime> {
        self.0.certified_at.map(|at| DateTime(at.0))
    }

    /// Organization that certified it.
    async fn certified_by(&self, ctx: &Context<'_>) -> Nullable<Organization> {
        let by = self.0.certified_by_id?;
        nullable(ctx.store().load::<organization::Entity>(by).await.map(|row| row.map(Organization)))
    }

    /// Measurement that this one corrects, as far as the viewer sees it.
    async fn corrects(&self, ctx: &Context<'_>) -> Nullable<Self> {
        let old = self.0.corrects_id?;
        nullable(ctx.store().load::<measurement::Entity>(old).await.map(|row| row.map(Self)))
    }

    /// Broken down by dimensions; at most 200 cells. Small cells are for holder and evaluators only.
    async fn cells(&self, ctx: &Context<'_>) -> Nullable<Vec<MeasurementCell>> {
        nullable(self.shown(ctx.store()).await.map(Some))
    }

    /// What the viewer may do to it now.
    async fn viewer_permissions(&self, ctx: &Context<'_>) -> MeasurementViewerPermissions {
        let viewer = ctx.store().viewer();
        let writes = measurement::Entity::allows(viewer, Act::Edit, &self.0);
        let decides = measurement::Entity::allows(viewer, Act::Decide, &self.0);
        let accepts = decides && reviews(viewer, &self.0);
        let certifies = decides && self.0.evaluator_id.is_some_and(|evaluator| evaluates(viewer, evaluator));
        let judge = |met, step| ViewerPermission::judge(viewer, met, after(self.0.state, step).is_some());
        MeasurementViewerPermissions {
            update: ViewerPermission::judge(viewer, writes, is_editable(self.0.state)),
            submit: judge(writes, Step::Submit),
            accept: judge(accepts, Step::Accept),
            r#return: judge(accepts, Step::Return),
            certify: judge(certifies, Step::Certify),
            correct: judge(writes, Step::Correct),
        }
    }
}

impl Measurement {
    /// How much of it the viewer sees.
    async fn nearness(&self, store: &Store) -> Result<Near> {
        if store.viewer().sits(self.0.holder_id, Power::Read) {
            return Ok(Near::Holder);
        }
        let is_evaluator = store.viewer().user().is_some()
            && store.batched(UnderEvaluation, self.0.project_id).await?.is_some();
        Ok(if is_evaluator { Near::Evaluator } else { Near::Outside })
    }

    /// Whether everybody of the viewer's kind may read it.
    fn is_shared(&self, store: &Store) -> bool {
        let reach = if store.viewer().in_network() { Visibility::Network } else { Visibility::Public };
        match self.0.state {
            MeasurementState::Certified => true,
            MeasurementState::Accepted => self.0.sharing <= reach,
            _ => false,
        }
    }

    /// A figure of the whole: hidden where it would give a cell away; noted where only an evaluator may read it.
    async fn figure<T>(
        &self,
        store: &Store,
        coordinate: &'static str,
        figure: impl FnOnce() -> Option<T>,
    ) -> Result<Option<T>> {
        // What is open to others anyway needs no question.
        let is_open = disclosure::is_open(&self.0, store);
        if is_open && self.is_shared(store) {
            return Ok(figure());
        }
        Ok(match self.nearness(store).await? {
            Near::Holder => figure(),
            Near::Evaluator => {
                store.note_reading::<measurement::Entity>(coordinate, &self.0);
                figure()
            }
            Near::Outside if is_open => figure(),
            Near::Outside => None,
        })
    }

    pub(super) async fn shown(&self, store: &Store) -> Result<Vec<MeasurementCell>> {
        let cells = store.parts::<measurement_cell::Entity>(self.0.id).await?;
        if cells.is_empty() {
            return Ok(Vec::new());
        }
        let near = self.nearness(store).await?;
        let is_judged = disclosure::is_judged(&self.0, store);
        let opened = |cell: &measurement_cell::Model| match near {
            Near::Outside => (is_judged && cell.is_people_open, is_judged && cell.is_value_open),
            Near::Holder | Near::Evaluator => (true, true),
        };
        if near == Near::Evaluator {
            store.note_reading::<measurement::Entity>("Measurement.cells", &self.0);
        }
        let shown = cells.into_iter().map(|cell| {
            let (people, value) = opened(&cell);
            MeasurementCell {
                dimension: cell.dimension,
                category: cell.category,
                people: cell.people.filter(|_| people).and_then(|count| i32::try_from(count).ok()),
                value: cell.value.filter(|_| value).map(Decimal),
                is_suppressed: !people,
            }
        });
        Ok(shown.collect())
    }
}

/// People of a whole measurement; where only a value is said, a whole number of it counts as people.
pub(super) fn total(unique_people: Option<i64>, value: Option<&str>) -> Option<u64> {
    let people = unique_people.and_then(|people| u64::try_from(people).ok());
    people.or_else(|| value?.parse().ok())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Near {
    Holder,
    Evaluator,
    Outside,
}

/// Which projects the viewer evaluates with the holder's consent; many in one statement.
#[derive(Clone, PartialEq, Eq, Hash)]
struct UnderEvaluation;

impl Lookup for UnderEvaluation {
    type Key = ProjectId;
    type Value = ();

    async fn find(self, store: Store, keys: Vec<ProjectId>) -> Result<HashMap<ProjectId, ()>> {
        use evaluation::Column::{AccessGrantedAt, Id, LeadId, ProjectId as Subject, Status};
        let orgs = store.viewer().orgs(Power::Read);
        let among = Condition::all()
            .add(evaluation_party::Column::Role.eq(EvaluationRole::Evaluator))
            .add(evaluation_party::Column::OrganizationId.is_in(orgs.clone()));
        let evaluates = Condition::any()
            .add(LeadId.is_in(orgs))
            .add(store.wholes::<evaluation_party::Entity>(among).holds(Id));
        let wanted = Condition::all()
            .add(Subject.is_in(keys))
            .add(AccessGrantedAt.is_not_null())
            .add(Status.is_in(OPEN_TO_EVALUATORS))
            .add(evaluates);
        let rows = store.see::<evaluation::Entity>().filter(wanted).all().await?;
        Ok(rows.into_iter().map(|row| (row.project_id, ())).collect())
    }
}

/// Page of measurements, latest period first.
pub fn ask(name: &str, filter: Condition, printed: &str, paging: Paging) -> Result<Ask<measurement::Entity>> {
    let order = vec![
        Sort::by(measurement::Column::PeriodStart, Direction::Descending),
        Sort::by(measurement::Column::Id, Direction::Descending),
    ];
    let window = paging.window().map_err(Error::bad_input)?;
    Ok(Ask::new(name, filter, printed, order, window))
}
