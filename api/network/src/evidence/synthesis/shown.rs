//! What a synthesis says, as the API shows it.

use super::{
    forest::{Language, forest},
    statistics::{self, Measure, Note, Synthesis},
};
use crate::{
    evidence::{
        evaluations::{evaluation::Evaluation, finding::Finding},
        measurements::write::day,
    },
    face::Door,
};
use async_graphql::{ComplexObject, Context, Enum, SimpleObject};
use door::{Error, Nullable, nullable};
use entity::evidence::{evaluation, finding};
use gql::scalars::Money;
use std::sync::Arc;

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

fn refused(refusal: statistics::Refusal) -> SynthesisRefusal {
    SynthesisRefusal { code: refusal.code().to_owned(), message: refusal.to_string() }
}

/// A synthesis of studies that were not pooled.
pub(super) fn unpooled(refusal: statistics::Refusal, without_figures: Vec<Finding>) -> EvidenceSynthesis {
    EvidenceSynthesis {
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
    }
}

pub(super) fn label(study: &evaluation::Model) -> String {
    let year = study.published_at.map(|at| day(at).chars().take(4).collect::<String>());
    let title: String = study.title.chars().take(60).collect();
    year.map_or_else(|| title.clone(), |year| format!("{title} ({year})"))
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

pub(super) fn shown(
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
