//! What findings of many studies say together, as the API shows it; the statistics are in `statistics`.

use super::{
    forest::{Language, forest},
    statistics::{
        self, Cost, Events, Figures, Heterogeneity, How, Mean, Measure, Model, Note, Spread, Study,
        Synthesis, synthesize,
    },
};
use crate::{
    Error, Nullable, Result,
    authz::Store,
    evidence::{
        evaluations::evaluation::{Evaluation, Finding, codes},
        indicators::indicator::{IndicatorRef, coded, find},
        measurements::write::day,
    },
    face::{Door, filter::CodesFilter},
    fold::fold,
    nullable,
};
use async_graphql::{ComplexObject, Context, Enum, InputObject, MaybeUndefined, Object, SimpleObject};
use entity::{
    codes::*,
    evidence::{evaluation, finding},
    projects::{project, project_term},
    reference::term,
};
use gql::scalars::Money;
use sea_orm::{ColumnTrait, Condition, sea_query::ExprTrait};
use std::sync::Arc;

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

/// Pooled effect with one kind of interval; on the scale that is worked on, and as readers know it.
#[derive(Clone, Debug, SimpleObject)]
pub struct PooledInterval {
    /// Standard error of the pooled effect; of its logarithm, for a ratio.
    pub standard_error: f64,
    /// Effect over its standard error.
    pub statistic: f64,
    /// Probability of such a statistic if there were no effect; two-sided.
    pub p_value: f64,
    /// Lower end, as readers know it: a ratio for a ratio measure.
    pub low: f64,
    /// Upper end, as readers know it.
    pub high: f64,
    /// Lower end of where the true effect of a further study is expected; `null` for a fixed effect.
    pub prediction_low: Option<f64>,
    /// Upper end of where the true effect of a further study is expected; `null` for a fixed effect.
    pub prediction_high: Option<f64>,
}

/// Effect that studies have together.
#[derive(Clone, Debug, SimpleObject)]
pub struct PooledEffect {
    /// Pooled effect, as readers know it: a ratio for a ratio measure.
    pub effect: f64,
    /// The same on the scale that is worked on: its logarithm, for a ratio measure.
    pub working_effect: f64,
    /// Interval from the normal distribution.
    pub wald: PooledInterval,
    /// Interval by Hartung and Knapp, wider where studies are few; `null` for a fixed effect.
    pub hartung_knapp: Option<PooledInterval>,
    /// Variance of the true effects between studies, on the working scale; 0 for a fixed effect.
    pub tau2: f64,
    /// Standard error of `tau2`; `null` for a fixed effect.
    pub tau2_standard_error: Option<f64>,
    /// Share of the total variance that is between studies, in percent.
    pub i2_percent: f64,
    /// Total variance over the variance within studies.
    pub h2: f64,
    /// Cochran's Q.
    pub q: f64,
    /// Degrees of freedom of Q.
    pub q_freedom: i32,
    /// Probability of such a Q if all studies had the same true effect.
    pub q_p_value: f64,
}

/// Study's own effect and its part in the pooled one.
#[derive(Clone, SimpleObject)]
pub struct PooledStudy {
    /// Finding that it comes from.
    pub finding: Finding,
    /// Evaluation that found it.
    pub evaluation: Evaluation,
    /// What it is called in plots.
    pub label: String,
    /// Its effect, as readers know it.
    pub effect: f64,
    /// Standard error, on the working scale.
    pub standard_error: f64,
    /// Lower end of its interval, as readers know it.
    pub low: f64,
    /// Upper end of its interval, as readers know it.
    pub high: f64,
    /// Weight in the pooled effect, in percent.
    pub weight_percent: f64,
    /// Whether 0.5 was added to its counts because one of them is nought.
    pub is_corrected: bool,
    /// Cost of one more outcome by its own effect.
    pub cost_per_outcome: Option<Money>,
    /// Pooled effect without this study; `null` where only two are there.
    pub pooled_without: Option<PooledEffect>,
}

/// Studies of one subgroup, pooled alone.
#[derive(Clone, Debug, SimpleObject)]
pub struct SynthesisSubgroup {
    /// Code of the theme or method; `null` for studies of none.
    pub name: Option<String>,
    /// Studies in it.
    pub study_count: i32,
    /// Effect they have together.
    pub pooled: Option<PooledEffect>,
    /// Why they have none.
    pub refusal: Option<SynthesisRefusal>,
}

/// Test of a difference between subgroups.
#[derive(Clone, Debug, SimpleObject)]
pub struct SubgroupTest {
    /// Q between the subgroups.
    pub q: f64,
    /// Degrees of freedom.
    pub freedom: i32,
    /// Probability of such a Q if subgroups did not differ.
    pub p_value: f64,
}

/// Egger's test: whether small studies found something else than large ones. With ten studies or more.
#[derive(Clone, Debug, SimpleObject)]
pub struct EggerTest {
    /// How much the effect changes per unit of standard error, on the working scale.
    pub slope: f64,
    /// Standard error of the slope.
    pub standard_error: f64,
    /// Slope over its standard error.
    pub statistic: f64,
    /// Degrees of freedom of Student's distribution.
    pub freedom: i32,
    /// Probability of such a slope if there were none.
    pub p_value: f64,
}

/// Cost of one more outcome by the pooled effect.
#[derive(Clone, Debug, SimpleObject)]
pub struct CostPerOutcome {
    /// Mean cost of one treated person.
    pub per_person: Money,
    /// People treated for one more outcome.
    pub people_per_outcome: f64,
    /// Cost of one more outcome: a person with the event, or one unit of the measure.
    pub per_outcome: Money,
    /// The same where the effect is largest within its interval; `null` if the interval holds no effect.
    pub low: Option<Money>,
    /// The same where the effect is smallest within its interval; `null` if the interval holds no effect.
    pub high: Option<Money>,
    /// Studies whose costs are known.
    pub study_count: i32,
}

/// Why studies were not pooled.
#[derive(Clone, Debug, SimpleObject)]
pub struct SynthesisRefusal {
    /// Stable code, `SYNTHESIS_…`; `docs/api.md` explains each.
    pub code: String,
    /// What is wrong, and with which study.
    pub message: String,
}

/// Something the reader has to know about how a synthesis was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum SynthesisNote {
    /// 0.5 was added to counts of a study, because one of them is nought.
    Corrected,
    /// Too few studies for Egger's test.
    TooFewForEgger,
    /// Standard errors are all the same: Egger's test says nothing.
    NothingForEgger,
    /// No study has a cost and people treated for it.
    NoCosts,
    /// Costs are in several currencies.
    CostsInSeveralCurrencies,
    /// A ratio needs the risk of the control arms to be turned into outcomes.
    NoControlRisk,
    /// Pooled effect is nought, or so small that its cost has no meaning.
    NoEffectToPayFor,
}

impl From<Note> for SynthesisNote {
    fn from(note: Note) -> Self {
        match note {
            Note::Corrected { .. } => Self::Corrected,
            Note::TooFewForEgger => Self::TooFewForEgger,
            Note::NothingForEgger => Self::NothingForEgger,
            Note::NoCosts => Self::NoCosts,
            Note::CostsInSeveralCurrencies => Self::CostsInSeveralCurrencies,
            Note::NoControlRisk => Self::NoControlRisk,
            Note::NoEffectToPayFor => Self::NoEffectToPayFor,
        }
    }
}

/// What findings of many studies say together.
///
/// Agrees with the R package metafor on published data sets; computed anew from the findings at each reading.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct EvidenceSynthesis {
    #[graphql(skip)]
    made: Option<Arc<Synthesis>>,
    /// Effect that the studies have together; `null` if they were refused.
    pub pooled: Option<PooledEffect>,
    /// Why they have none.
    pub refusal: Option<SynthesisRefusal>,
    /// Unit of a mean difference.
    pub unit: Option<String>,
    /// Studies with their weights; at most 1,000. Empty if they were refused.
    pub studies: Vec<PooledStudy>,
    /// Findings without figures that the measure could use; they say something all the same. At most 1,000.
    pub without_figures: Vec<Finding>,
    /// Subgroups, if asked for; at most 100.
    pub subgroups: Vec<SynthesisSubgroup>,
    /// Whether subgroups differ.
    pub between_subgroups: Option<SubgroupTest>,
    /// Whether small studies found something else than large ones; with ten studies or more.
    pub egger: Option<EggerTest>,
    /// Cost of one more outcome, where costs are known.
    pub cost_per_outcome: Option<CostPerOutcome>,
    /// What the reader has to know about how it was made; at most 1,000.
    pub notes: Vec<SynthesisNote>,
}

#[ComplexObject]
impl EvidenceSynthesis {
    /// Forest plot with the same numbers: the text of an SVG file, in the caller's language. `null` if refused.
    async fn forest_plot(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Title of the plot; at most 200 characters.")] title: String,
    ) -> Nullable<String> {
        let made = self.made.as_ref()?;
        if title.chars().count() > 200 {
            return nullable(Err(Error::bad_input("`title` takes at most 200 characters.")));
        }
        let language = if ctx.store().facts().english { Language::English } else { Language::French };
        Some(Ok(forest(made, &title, language)))
    }
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
        Err(refusal) => EvidenceSynthesis {
            made: None,
            pooled: None,
            refusal: Some(refused(refusal)),
            unit: None,
            studies: Vec::new(),
            without_figures,
            subgroups: Vec::new(),
            between_subgroups: None,
            egger: None,
            cost_per_outcome: None,
            notes: Vec::new(),
        },
    })
}

fn refused(refusal: statistics::Refusal) -> SynthesisRefusal {
    SynthesisRefusal { code: refusal.code().to_owned(), message: refusal.to_string() }
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

fn label(study: &evaluation::Model) -> String {
    let year = study.published_at.map(|at| day(at).chars().take(4).collect::<String>());
    let title: String = study.title.chars().take(60).collect();
    year.map_or_else(|| title.clone(), |year| format!("{title} ({year})"))
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

fn pooled(made: &statistics::Pooled, measure: Measure) -> PooledEffect {
    let interval = |interval: &statistics::Interval| PooledInterval {
        standard_error: interval.standard_error,
        statistic: interval.statistic,
        p_value: interval.p_value,
        low: measure.natural(interval.low),
        high: measure.natural(interval.high),
        prediction_low: interval.prediction.map(|prediction| measure.natural(prediction.low)),
        prediction_high: interval.prediction.map(|prediction| measure.natural(prediction.high)),
    };
    PooledEffect {
        effect: measure.natural(made.effect),
        working_effect: made.effect,
        wald: interval(&made.wald),
        hartung_knapp: made.hartung_knapp.as_ref().map(interval),
        tau2: made.tau2,
        tau2_standard_error: made.tau2_standard_error,
        i2_percent: made.i2_percent,
        h2: made.h2,
        q: made.q,
        q_freedom: whole(made.q_freedom),
        q_p_value: made.q_p_value,
    }
}

fn whole(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn counted(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn shown(
    made: Synthesis,
    usable: Vec<(finding::Model, evaluation::Model)>,
    without_figures: Vec<Finding>,
) -> EvidenceSynthesis {
    let measure = made.how.measure;
    let mut without = made.leave_one_out.iter();
    let currency = made.cost.as_ref().map(|cost| cost.currency.clone());
    let study = |((row, study), effect): ((finding::Model, evaluation::Model), &statistics::StudyEffect)| {
        let spent = row.currency.clone().or_else(|| currency.clone());
        PooledStudy {
            finding: Finding(row),
            evaluation: Evaluation(study),
            label: effect.label.clone(),
            effect: measure.natural(effect.effect),
            standard_error: effect.standard_error,
            low: measure.natural(effect.low),
            high: measure.natural(effect.high),
            weight_percent: effect.weight_percent,
            is_corrected: effect.is_corrected,
            cost_per_outcome: effect
                .cents_per_outcome
                .zip(spent)
                .map(|(cents, code)| Money::from_minor(cents, &code)),
            pooled_without: without.next().map(|made| pooled(made, measure)),
        }
    };
    let studies = usable.into_iter().zip(&made.studies).map(study).collect();
    let subgroup = |group: &statistics::Subgroup| SynthesisSubgroup {
        name: group.name.clone(),
        study_count: counted(group.studies.len()),
        pooled: group.pooled.as_ref().ok().map(|made| pooled(made, measure)),
        refusal: group.pooled.as_ref().err().map(|refusal| refused(*refusal)),
    };
    EvidenceSynthesis {
        pooled: Some(pooled(&made.pooled, measure)),
        refusal: None,
        unit: made.unit.clone(),
        studies,
        without_figures,
        subgroups: made.subgroups.iter().map(subgroup).collect(),
        between_subgroups: made.between_subgroups.map(|test| SubgroupTest {
            q: test.q,
            freedom: whole(test.freedom),
            p_value: test.p_value,
        }),
        egger: made.egger.as_ref().map(|test| EggerTest {
            slope: test.slope,
            standard_error: test.standard_error,
            statistic: test.statistic,
            freedom: whole(test.freedom),
            p_value: test.p_value,
        }),
        cost_per_outcome: made.cost.as_ref().map(|cost| {
            let money = |cents| Money::from_minor(cents, &cost.currency);
            CostPerOutcome {
                per_person: money(cost.cents_per_person),
                people_per_outcome: cost.people_per_outcome,
                per_outcome: money(cost.cents_per_outcome),
                low: cost.low_cents.map(money),
                high: cost.high_cents.map(money),
                study_count: counted(cost.studies.len()),
            }
        }),
        notes: made.notes.iter().copied().map(SynthesisNote::from).collect(),
        made: Some(Arc::new(made)),
    }
}
