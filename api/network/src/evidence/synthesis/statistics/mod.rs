//! Evidence synthesis: the effects of several studies pooled into one, with what is unsure about it. Pure.
//!
//! Numbers agree with the R package metafor 3.8 to 1e-6 relative (`agreement.rs`). Ratios are worked with as natural
//! logarithms; `Measure::natural` turns an effect or a bound of it into the ratio that readers know.

#[cfg(test)]
mod agreement;
mod bias;
mod cost;
mod distribution;
mod effect;
mod pool;
#[cfg(test)]
mod tests;

pub use bias::{Egger, FEWEST as FEWEST_FOR_EGGER};
pub use cost::{Cost, CostPerOutcome};
pub use effect::{Events, Figures, Flaw, Mean, Spread};
pub use pool::{Interval, Pooled, Prediction};

use distribution::{chi_squared_above, normal_half_width};
use pool::{Effects, pool, weights};
use std::collections::BTreeMap;

/// Most studies of one synthesis: leaving each out costs the square of their number.
pub const MOST_STUDIES: usize = 1_000;

/// By what studies compare those treated with those not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Mean of the treated less mean of the others, in the unit of the indicator.
    MeanDifference,
    /// That in standard deviations: Hedges' g.
    StandardizedMeanDifference,
    /// Risk of the treated over risk of the others.
    RiskRatio,
    /// Odds of the treated over odds of the others.
    OddsRatio,
    /// Risk of the treated less risk of the others, as a share (0.05 is five points).
    RiskDifference,
}

impl Measure {
    /// Whether effects are worked with as logarithms.
    pub const fn is_ratio(self) -> bool {
        matches!(self, Self::RiskRatio | Self::OddsRatio)
    }

    /// Effect as readers know it: a ratio for a ratio measure, the same elsewhere.
    pub fn natural(self, effect: f64) -> f64 {
        if self.is_ratio() { effect.exp() } else { effect }
    }
}

/// How the true effects of studies are thought to relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Model {
    /// One true effect for all.
    Fixed,
    /// True effects that differ from study to study.
    Random(Heterogeneity),
}

/// How the variance between true effects is estimated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Heterogeneity {
    DerSimonianLaird,
    PauleMandel,
    /// Restricted maximum likelihood.
    Reml,
}

/// What to pool by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct How {
    pub measure: Measure,
    pub model: Model,
    /// Confidence level of all intervals, in percent: 95 unless there is a reason.
    pub percent: f64,
}

/// One study's finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Study {
    /// What it is called in lists and plots.
    pub label: String,
    /// Unit of its means or mean difference; has to be the same in all studies.
    pub unit: Option<String>,
    pub figures: Figures,
    /// Subgroup it belongs to, such as a theme or a method.
    pub group: Option<String>,
    pub cost: Option<Cost>,
}

/// What studies say together. Effects are on the scale that is worked on: the logarithm, for a ratio.
#[derive(Clone, Debug, PartialEq)]
pub struct Synthesis {
    pub how: How,
    /// Unit of a mean difference.
    pub unit: Option<String>,
    /// Each study's effect, in the order given.
    pub studies: Vec<StudyEffect>,
    pub pooled: Pooled,
    /// Pooled effect without each study, in their order; empty where only two are there.
    pub leave_one_out: Vec<Pooled>,
    /// By subgroup, in the order of their names; empty if no study belongs to one.
    pub subgroups: Vec<Subgroup>,
    /// Whether subgroups differ; nothing unless two of them could be pooled.
    pub between_subgroups: Option<Between>,
    /// Nothing with fewer than ten studies, or where standard errors are all the same.
    pub egger: Option<Egger>,
    /// Nothing where no cost is known; `notes` say why.
    pub cost: Option<CostPerOutcome>,
    /// What the reader has to know about how it was made.
    pub notes: Vec<Note>,
}

/// A study's own effect and its part in the pooled one.
#[derive(Clone, Debug, PartialEq)]
pub struct StudyEffect {
    pub label: String,
    pub effect: f64,
    pub variance: f64,
    pub standard_error: f64,
    /// Bounds of its own interval, from the normal distribution.
    pub low: f64,
    pub high: f64,
    /// Weight in the pooled effect, in percent.
    pub weight_percent: f64,
    /// Whether 0.5 was added to its cells because one of them is nought.
    pub is_corrected: bool,
    /// Cost of one more outcome by its own effect, in cents.
    pub cents_per_outcome: Option<i64>,
}

/// Studies of one subgroup, pooled alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Subgroup {
    /// Nothing for the studies that belong to none.
    pub name: Option<String>,
    /// Places of its studies.
    pub studies: Vec<usize>,
    pub pooled: Result<Pooled, Refusal>,
}

/// Test of a difference between the subgroups' pooled effects; each has its own variance between studies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Between {
    pub q: f64,
    pub freedom: u32,
    pub p_value: f64,
}

/// Something about how a synthesis was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Note {
    /// 0.5 was added to the cells of that study, because one of them is nought.
    Corrected { study: usize },
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
    /// The pooled effect is nought, or so small that its cost has no meaning.
    NoEffectToPayFor,
}

/// Why studies cannot be pooled. `study` is the place of the study at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    #[error("{found} studies: at least 2 are needed")]
    TooFewStudies { found: usize },
    #[error("{found} studies: at most 1,000 can be pooled")]
    TooManyStudies { found: usize },
    #[error("study {study}: {flaw}")]
    BadFigures { study: usize, flaw: Flaw },
    /// All in an arm had the same value, or a standard error of nought is claimed.
    #[error("study {study}: the variance of its effect is nought")]
    ZeroVariance { study: usize },
    /// Its effect was worked out by another measure, and there are no raw figures.
    #[error("study {study}: its effect is a {measure:?}")]
    MixedMeasures { study: usize, measure: Measure },
    /// Means where the measure compares risks, or the other way round.
    #[error("study {study}: the measure cannot be worked out from its figures")]
    FiguresMisfit { study: usize },
    #[error("study {study}: its unit is not that of the first")]
    MixedUnits { study: usize },
    #[error("the confidence level has to be between 50 and 99.99 percent")]
    BadLevel,
    #[error("the figures are too large, too small or too far apart to be pooled")]
    NotComputable,
}

impl Refusal {
    /// Stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooFewStudies { .. } => "SYNTHESIS_TOO_FEW_STUDIES",
            Self::TooManyStudies { .. } => "SYNTHESIS_TOO_MANY_STUDIES",
            Self::BadFigures { .. } => "SYNTHESIS_BAD_FIGURES",
            Self::ZeroVariance { .. } => "SYNTHESIS_ZERO_VARIANCE",
            Self::MixedMeasures { .. } => "SYNTHESIS_MIXED_MEASURES",
            Self::FiguresMisfit { .. } => "SYNTHESIS_FIGURES_MISFIT",
            Self::MixedUnits { .. } => "SYNTHESIS_MIXED_UNITS",
            Self::BadLevel => "SYNTHESIS_BAD_LEVEL",
            Self::NotComputable => "SYNTHESIS_NOT_COMPUTABLE",
        }
    }
}

/// Pools studies.
pub fn synthesize(studies: &[Study], how: How) -> Result<Synthesis, Refusal> {
    check(studies, how)?;
    let found = studies
        .iter()
        .enumerate()
        .map(|(n, study)| effect::effect(n, study.figures, how.measure))
        .collect::<Result<Vec<_>, _>>()?;
    let effects: Effects = found.iter().map(|own| (own.size, own.variance)).collect();
    let pooled = pool(&effects, how.model, how.percent).ok_or(Refusal::NotComputable)?;
    let own = own_effects(studies, &found, &weights(&effects, pooled.tau2), how);
    let subgroups = subgroups(studies, &effects, how);
    let egger = bias::egger(&effects, how.percent);
    let cost = cost::cost(studies, how.measure, &pooled);
    Ok(Synthesis {
        how,
        unit: studies
            .first()
            .and_then(|study| study.unit.clone())
            .filter(|_| how.measure == Measure::MeanDifference),
        leave_one_out: leave_one_out(&effects, how)?,
        between_subgroups: between(&subgroups),
        notes: notes(&found, egger, &cost),
        cost: cost.ok(),
        studies: own,
        pooled,
        subgroups,
        egger,
    })
}

fn check(studies: &[Study], how: How) -> Result<(), Refusal> {
    let found = studies.len();
    if found < 2 {
        return Err(Refusal::TooFewStudies { found });
    }
    if found > MOST_STUDIES {
        return Err(Refusal::TooManyStudies { found });
    }
    if !(50.0..=99.99).contains(&how.percent) {
        return Err(Refusal::BadLevel);
    }
    let first = studies.first().and_then(|study| study.unit.as_ref());
    let differs = |study: &Study| study.unit.as_ref() != first;
    match studies.iter().position(differs) {
        // The other measures have no unit left.
        Some(study) if how.measure == Measure::MeanDifference => Err(Refusal::MixedUnits { study }),
        _ => Ok(()),
    }
}

fn own_effects(studies: &[Study], found: &[effect::Effect], weights: &[f64], how: How) -> Vec<StudyEffect> {
    let width = normal_half_width(how.percent);
    let own = |((study, own), weight): ((&Study, &effect::Effect), &f64)| {
        let standard_error = own.variance.sqrt();
        let mut own = StudyEffect {
            label: study.label.clone(),
            effect: own.size,
            variance: own.variance,
            standard_error,
            low: own.size - width * standard_error,
            high: own.size + width * standard_error,
            weight_percent: *weight,
            is_corrected: own.is_corrected,
            cents_per_outcome: None,
        };
        own.cents_per_outcome = cost::own_cents(study, &own, how.measure);
        own
    };
    studies.iter().zip(found).zip(weights).map(own).collect()
}

fn leave_one_out(effects: &Effects, how: How) -> Result<Vec<Pooled>, Refusal> {
    let count = effects.effects.len();
    if count < 3 {
        return Ok(Vec::new());
    }
    let without = |left_out: usize| {
        let others = pairs(effects).enumerate().filter(|(n, _)| *n != left_out).map(|(_, pair)| pair);
        pool(&others.collect(), how.model, how.percent).ok_or(Refusal::NotComputable)
    };
    (0..count).map(without).collect()
}

fn subgroups(studies: &[Study], effects: &Effects, how: How) -> Vec<Subgroup> {
    let mut groups: BTreeMap<Option<&String>, Vec<usize>> = BTreeMap::new();
    for (n, study) in studies.iter().enumerate() {
        groups.entry(study.group.as_ref()).or_default().push(n);
    }
    if groups.keys().all(Option::is_none) {
        return Vec::new();
    }
    let subgroup = |(name, members): (Option<&String>, Vec<usize>)| {
        let found = members.len();
        let own = pairs(effects).enumerate().filter(|(n, _)| members.contains(n)).map(|(_, pair)| pair);
        let pooled = match found {
            0 | 1 => Err(Refusal::TooFewStudies { found }),
            _ => pool(&own.collect(), how.model, how.percent).ok_or(Refusal::NotComputable),
        };
        Subgroup { name: name.cloned(), studies: members, pooled }
    };
    groups.into_iter().map(subgroup).collect()
}

/// Q of the subgroups' pooled effects around their common mean.
fn between(subgroups: &[Subgroup]) -> Option<Between> {
    let named = subgroups.iter().filter(|subgroup| subgroup.name.is_some());
    let pooled = named.filter_map(|subgroup| subgroup.pooled.as_ref().ok());
    let pooled: Effects = pooled.map(|pooled| (pooled.effect, pooled.wald.standard_error.powi(2))).collect();
    let common = pool(&pooled, Model::Fixed, 95.0)?;
    let (q, freedom) = (common.q, common.q_freedom);
    Some(Between { q, freedom, p_value: chi_squared_above(q, f64::from(freedom)) })
}

fn notes(found: &[effect::Effect], egger: Option<Egger>, cost: &Result<CostPerOutcome, Note>) -> Vec<Note> {
    let corrected = found.iter().enumerate().filter(|(_, own)| own.is_corrected);
    let mut notes: Vec<Note> = corrected.map(|(study, _)| Note::Corrected { study }).collect();
    if egger.is_none() {
        let few = found.len() < FEWEST_FOR_EGGER;
        notes.push(if few { Note::TooFewForEgger } else { Note::NothingForEgger });
    }
    notes.extend(cost.as_ref().err());
    notes
}

fn pairs(effects: &Effects) -> impl Iterator<Item = (f64, f64)> {
    effects.effects.iter().copied().zip(effects.variances.iter().copied())
}
