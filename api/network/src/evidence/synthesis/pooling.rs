//! Which findings to pool and how, as the API takes it; the statistics are in `statistics`.

use super::{
    shown::{EvidenceSynthesis, label, shown, unpooled},
    statistics::{
        self, Cost, Events, Figures, Heterogeneity, How, Mean, Measure, Model, Spread, Study, synthesize,
    },
};
use crate::{
    evidence::{
        evaluations::{evaluation::codes, finding::Finding},
        indicators::indicator::{IndicatorRef, coded, find},
    },
    face::{Door, filter::CodesFilter},
};
use async_graphql::{Context, Enum, InputObject, MaybeUndefined, Object};
use door::{Error, Nullable, Result, authz::Store, fold::fold, nullable};
use entity::{
    codes::*,
    evidence::{evaluation, finding},
    projects::{project, project_term},
    reference::term,
};
use sea_orm::{ColumnTrait, Condition, sea_query::ExprTrait};

/// Which findings to pool: those of published evaluations for which all of this holds.
#[derive(Clone, Debug, Default, InputObject)]
pub struct SynthesisFilter {
    /// By what was looked at: an indicator, in any of its editions when named by code.
    pub indicator: Option<IndicatorRef>,
    /// By what was looked at, in words; ignores case and accents.
    pub outcome: Option<String>,
    /// By codes of the projects' themes.
    pub themes: Option<CodesFilter>,
    /// By ways of evaluating; any of these. At most 23.
    pub methods: Option<Vec<EvaluationMethod>>,
    /// By confirmed level of evidence: this or higher.
    pub min_evidence_level: Option<EvidenceLevel>,
    /// By independence of the evaluators; any of these. At most 4.
    pub independence: Option<Vec<Independence>>,
}

/// How the true effects of studies are thought to relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum SynthesisModel {
    /// One true effect for all studies.
    Fixed,
    /// True effects that differ from study to study.
    Random,
}

/// How the variance between true effects is estimated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum HeterogeneityEstimator {
    /// `DerSimonian` and Laird (1986).
    #[graphql(name = "DERSIMONIAN_LAIRD")]
    DerSimonianLaird,
    /// Paule and Mandel (1982).
    PauleMandel,
    /// Restricted maximum likelihood.
    Reml,
}

/// What studies are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum SynthesisGroup {
    /// First theme of the project.
    Theme,
    /// First of the evaluation's methods.
    Method,
}

#[derive(Clone, Copy, Default)]
pub struct SynthesisQuery;

#[Object]
impl SynthesisQuery {
    /// What findings of published evaluations say together about one thing.
    ///
    /// Studies that cannot be pooled are not: `refusal` says why. Errors: `BAD_USER_INPUT`.
    #[allow(clippy::too_many_arguments, reason = "the arguments are the field's own")]
    async fn evidence_synthesis(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which findings; name an indicator or an outcome.")] filter: SynthesisFilter,
        #[graphql(desc = "Measure to pool by.")] measure: EffectMeasure,
        #[graphql(desc = "Model.", default_with = "SynthesisModel::Random")] model: SynthesisModel,
        #[graphql(
            desc = "Estimator of the variance between studies, for random effects.",
            default_with = "HeterogeneityEstimator::Reml"
        )]
        heterogeneity: HeterogeneityEstimator,
        #[graphql(desc = "Level of all intervals, in percent, from 50 to 99.99.", default = 95.0)]
        percent: f64,
        #[graphql(desc = "What to group studies by.")] subgroup_by: Option<SynthesisGroup>,
    ) -> Nullable<EvidenceSynthesis> {
        let how = How { measure: measure_in(measure), model: model_in(model, heterogeneity), percent };
        nullable(synthesis_of(ctx.store(), filter, how, measure, subgroup_by).await.map(Some))
    }
}

const fn measure_in(measure: EffectMeasure) -> Measure {
    match measure {
        EffectMeasure::MeanDifference => Measure::MeanDifference,
        EffectMeasure::StandardizedMeanDifference => Measure::StandardizedMeanDifference,
        EffectMeasure::RiskRatio => Measure::RiskRatio,
        EffectMeasure::OddsRatio => Measure::OddsRatio,
        EffectMeasure::RiskDifference => Measure::RiskDifference,
    }
}

const fn model_in(model: SynthesisModel, heterogeneity: HeterogeneityEstimator) -> Model {
    match (model, heterogeneity) {
        (SynthesisModel::Fixed, _) => Model::Fixed,
        (SynthesisModel::Random, HeterogeneityEstimator::DerSimonianLaird) => {
            Model::Random(Heterogeneity::DerSimonianLaird)
        }
        (SynthesisModel::Random, HeterogeneityEstimator::PauleMandel) => {
            Model::Random(Heterogeneity::PauleMandel)
        }
        (SynthesisModel::Random, HeterogeneityEstimator::Reml) => Model::Random(Heterogeneity::Reml),
    }
}

async fn synthesis_of(
    store: &Store,
    filter: SynthesisFilter,
    how: How,
    measure: EffectMeasure,
    group: Option<SynthesisGroup>,
) -> Result<EvidenceSynthesis> {
    if filter.indicator.is_none() && filter.outcome.is_none() {
        return Err(Error::bad_input(
            "Name an indicator or an outcome: effects on different things do not pool.",
        ));
    }
    let methods = filter.methods.clone();
    let condition = condition(store, filter).await?;
    let seen = store.see::<finding::Entity>().filter(condition).ascending(finding::Column::Id);
    let findings = seen.limit(statistics::MOST_STUDIES as u64 + 1).all().await?;
    let rows = findings.iter().map(|row| store.load::<evaluation::Entity>(row.evaluation_id));
    let rows = futures_util::future::try_join_all(rows).await?;
    let mut found: Vec<_> =
        findings.into_iter().zip(rows).filter_map(|(row, study)| Some((row, study?))).collect();
    if let Some(methods) = methods {
        found.retain(|(_, study)| {
            codes::<EvaluationMethod>(&study.methods).iter().any(|one| methods.contains(one))
        });
    }
    let (usable, rest): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|(row, _)| figures(row, measure).is_some());
    let mut studies = Vec::new();
    for (row, study) in &usable {
        let Some(figures) = figures(row, measure) else { continue };
        studies.push(Study {
            label: label(study),
            unit: row.unit.clone(),
            figures,
            group: group_of(store, group, row, study).await?,
            cost: cost(row),
        });
    }
    let without_figures = rest.into_iter().map(|(row, _)| Finding(row)).collect();
    Ok(match synthesize(&studies, how) {
        Ok(made) => shown(made, usable, without_figures),
        Err(refusal) => unpooled(refusal, without_figures),
    })
}

async fn condition(store: &Store, filter: SynthesisFilter) -> Result<Condition> {
    use finding::Column;
    let mut studies = Condition::all().add(evaluation::Column::Status.eq(EvaluationStatus::Published));
    if let Some(level) = filter.min_evidence_level {
        let high: Vec<EvidenceLevel> = EvidenceLevel::all().filter(|one| *one >= level).collect();
        studies = studies.add(evaluation::Column::ConfirmedLevel.is_in(high));
    }
    if let Some(list) = filter.independence {
        studies = studies.add(evaluation::Column::Independence.is_in(list));
    }
    let mut all = Condition::all()
        .add(store.keys::<evaluation::Entity>(evaluation::Column::Id, studies).holds(Column::EvaluationId));
    if let Some(by) = filter.indicator {
        all = all.add(match by {
            IndicatorRef::Code(code) => store
                .keys::<entity::evidence::indicator::Entity>(
                    entity::evidence::indicator::Column::Id,
                    coded(store, &code),
                )
                .holds(Column::IndicatorId),
            by @ IndicatorRef::Id(_) => {
                let row = find(store, by).await?;
                let row = row.ok_or_else(|| Error::bad_input("There is no such indicator."))?;
                Column::IndicatorId.eq(row.id)
            }
        });
    }
    if let Some(outcome) = filter.outcome {
        all = all.add(Column::OutcomeKey.eq(fold(&outcome)));
    }
    for (codes, is_wanted) in
        filter.themes.iter().flat_map(|themes| [(&themes.some, true), (&themes.none, false)])
    {
        let MaybeUndefined::Value(codes) = codes else { continue };
        let wanted =
            term::Column::Taxonomy.eq(Taxonomy::Theme).and(term::Column::Code.is_in(codes.iter().cloned()));
        let terms = store.keys::<term::Entity>(term::Column::Id, wanted).holds(project_term::Column::TermId);
        let carrying = store.wholes::<project_term::Entity>(terms).holds(project::Column::Id);
        let themed = store.keys::<project::Entity>(project::Column::Id, carrying).holds(Column::ProjectId);
        all = all.add(if is_wanted { themed } else { themed.not() });
    }
    Ok(all)
}

fn number(text: Option<&String>) -> Option<f64> {
    text?.parse().ok()
}

fn count(number: Option<i64>) -> Option<u32> {
    u32::try_from(number?).ok()
}

/// Figures of a finding that the measure could use.
fn figures(row: &finding::Model, wanted: EffectMeasure) -> Option<Figures> {
    let events = || {
        Some(Figures::Events {
            treated: Events { events: count(row.events_treated)?, people: count(row.n_treated)? },
            control: Events { events: count(row.events_comparison)?, people: count(row.n_comparison)? },
        })
    };
    let means = || {
        Some(Figures::Means {
            treated: Mean {
                people: count(row.n_treated)?,
                mean: number(row.mean_treated.as_ref())?,
                standard_deviation: number(row.sd_treated.as_ref())?,
            },
            control: Mean {
                people: count(row.n_comparison)?,
                mean: number(row.mean_comparison.as_ref())?,
                standard_deviation: number(row.sd_comparison.as_ref())?,
            },
        })
    };
    let effect = || {
        let spread = match (
            number(row.standard_error.as_ref()),
            number(row.ci_low.as_ref()),
            number(row.ci_high.as_ref()),
        ) {
            (Some(error), ..) => Spread::StandardError(error),
            (None, Some(low), Some(high)) => {
                Spread::Interval { low, high, percent: number(row.ci_percent.as_ref()).unwrap_or(95.0) }
            }
            _ => return None,
        };
        Some(Figures::Effect {
            measure: measure_in(row.measure?),
            effect: number(row.effect.as_ref())?,
            spread,
        })
    };
    let is_of_means =
        matches!(wanted, EffectMeasure::MeanDifference | EffectMeasure::StandardizedMeanDifference);
    let raw = if is_of_means { means() } else { events() };
    // Raw figures of the other kind are given too: that they do not fit is for the reader to know.
    raw.or_else(effect).or_else(|| if is_of_means { events() } else { means() })
}

fn cost(row: &finding::Model) -> Option<Cost> {
    Some(Cost { cents: row.cost_minor?, currency: row.currency.clone()?, people: count(row.n_treated) })
}

async fn group_of(
    store: &Store,
    group: Option<SynthesisGroup>,
    row: &finding::Model,
    study: &evaluation::Model,
) -> Result<Option<String>> {
    Ok(match group {
        None => None,
        Some(SynthesisGroup::Method) => codes::<EvaluationMethod>(&study.methods)
            .into_iter()
            .next()
            .map(|method| method.code().to_owned()),
        Some(SynthesisGroup::Theme) => {
            let links = store.parts::<project_term::Entity>(row.project_id).await?;
            let terms = links.iter().map(|link| store.load::<term::Entity>(link.term_id));
            let terms = futures_util::future::try_join_all(terms).await?;
            let themes = terms.into_iter().flatten().filter(|term| term.taxonomy == Taxonomy::Theme);
            themes.min_by_key(|term| term.position).map(|term| term.code)
        }
    })
}
