//! The finding of a study as the API shows it.

pub mod write;

use super::evaluation::{Evaluation, permissions_within};
use crate::{
    evidence::{indicators::Indicator, permissions::OwnViewerPermissions},
    face::Door,
};
use async_graphql::{Context, ID, Object};
use door::{Nullable, nullable};
use entity::{
    codes::*,
    evidence::{evaluation, finding, indicator},
};
use gql::scalars::{DateTime, Decimal, Money};

/// What a study found: an effect for the better, for the worse, none, or some of each.
#[derive(Clone)]
pub struct Finding(pub finding::Model);

impl From<finding::Model> for Finding {
    fn from(row: finding::Model) -> Self {
        Self(row)
    }
}

/// What a study found. Findings of no effect or of harm are told like any other.
///
/// Who sees it: everybody once its evaluation is published; parties of the evaluation before.
#[Object]
impl Finding {
    /// Id, `fin_…`.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Version; findings are written anew as a whole.
    async fn version(&self) -> String {
        self.0.version.to_string()
    }

    /// When it was written.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at.0)
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at.0)
    }

    /// Study that found it.
    async fn evaluation(&self, ctx: &Context<'_>) -> Nullable<Evaluation> {
        let row = ctx.store().load::<evaluation::Entity>(self.0.evaluation_id).await;
        nullable(row.map(|row| row.map(Evaluation)))
    }

    /// What was found, in words.
    async fn statement(&self) -> &str {
        &self.0.statement
    }

    /// Indicator that was looked at.
    async fn indicator(&self, ctx: &Context<'_>) -> Nullable<Indicator> {
        let indicator = self.0.indicator_id?;
        nullable(ctx.store().load::<indicator::Entity>(indicator).await.map(|row| row.map(Indicator)))
    }

    /// What was looked at, where no indicator says it.
    async fn outcome(&self) -> Option<&str> {
        self.0.outcome.as_deref()
    }

    /// What it says about the effect.
    async fn direction(&self) -> FindingDirection {
        self.0.direction
    }

    /// Measure of `effect`.
    async fn measure(&self) -> Option<EffectMeasure> {
        self.0.measure
    }

    /// Effect by `measure`; ratios as they are, not as logarithms.
    async fn effect(&self) -> Option<Decimal> {
        self.0.effect.clone().map(Decimal)
    }

    /// Unit of a difference of means.
    async fn unit(&self) -> Option<&str> {
        self.0.unit.as_deref()
    }

    /// Standard error of the effect; of its logarithm, for a ratio.
    async fn standard_error(&self) -> Option<Decimal> {
        self.0.standard_error.clone().map(Decimal)
    }

    /// Lower end of the confidence interval, on the scale of the effect.
    async fn ci_low(&self) -> Option<Decimal> {
        self.0.ci_low.clone().map(Decimal)
    }

    /// Upper end of the confidence interval, on the scale of the effect.
    async fn ci_high(&self) -> Option<Decimal> {
        self.0.ci_high.clone().map(Decimal)
    }

    /// Level of the interval, in percent; 95 unless it says otherwise.
    async fn ci_percent(&self) -> Option<Decimal> {
        self.0.ci_percent.clone().map(Decimal)
    }

    /// Probability of such an effect, or a larger one, if there were none.
    async fn p_value(&self) -> Option<Decimal> {
        self.0.p_value.clone().map(Decimal)
    }

    /// People or units with the treatment.
    async fn treated_count(&self) -> Option<i32> {
        self.0.n_treated.and_then(|count| i32::try_from(count).ok())
    }

    /// People with the treatment who had the event.
    async fn treated_event_count(&self) -> Option<i32> {
        self.0.events_treated.and_then(|count| i32::try_from(count).ok())
    }

    /// People without the treatment who had the event.
    async fn comparison_event_count(&self) -> Option<i32> {
        self.0.events_comparison.and_then(|count| i32::try_from(count).ok())
    }

    /// Mean with the treatment, in `unit`.
    async fn treated_mean(&self) -> Option<Decimal> {
        self.0.mean_treated.clone().map(Decimal)
    }

    /// Standard deviation with the treatment, in `unit`.
    async fn treated_standard_deviation(&self) -> Option<Decimal> {
        self.0.sd_treated.clone().map(Decimal)
    }

    /// Mean without the treatment, in `unit`.
    async fn comparison_mean(&self) -> Option<Decimal> {
        self.0.mean_comparison.clone().map(Decimal)
    }

    /// Standard deviation without the treatment, in `unit`.
    async fn comparison_standard_deviation(&self) -> Option<Decimal> {
        self.0.sd_comparison.clone().map(Decimal)
    }

    /// What the programme cost that the finding is about.
    async fn cost(&self) -> Option<Money> {
        Some(Money::from_minor(self.0.cost_minor?, self.0.currency.as_deref()?))
    }

    /// People or units without it.
    async fn comparison_count(&self) -> Option<i32> {
        self.0.n_comparison.and_then(|count| i32::try_from(count).ok())
    }

    /// What the viewer may do to it now. `update` is `evaluationUpdate`.
    async fn viewer_permissions(&self, ctx: &Context<'_>) -> Nullable<OwnViewerPermissions> {
        let whole = ctx.store().load::<evaluation::Entity>(self.0.evaluation_id).await;
        nullable(whole.map(|row| row.map(|row| permissions_within(ctx.store().viewer(), &row))))
    }
}
