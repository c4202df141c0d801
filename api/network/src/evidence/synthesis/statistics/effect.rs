//! A study's figures turned into an effect with its variance.
//!
//! Formulas: `escalc` of the R package metafor 3.8 (Viechtbauer, 2010, J. Stat. Softw. 36(3)). Ratios are worked with
//! as natural logarithms. Where a cell of a 2×2 table is nought, 0.5 is added to its four cells, and said so.

use super::{Measure, Refusal, distribution::normal_half_width};

/// Figures that a study reports.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Figures {
    /// How many had the event, of how many: for risk ratios, odds ratios and risk differences.
    Events { treated: Events, control: Events },
    /// Means: for mean differences, plain or standardized.
    Means { treated: Mean, control: Mean },
    /// An effect worked out by the study itself, by that measure.
    Effect { measure: Measure, effect: f64, spread: Spread },
}

/// People of one arm, and those of them who had the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Events {
    pub events: u32,
    pub people: u32,
}

/// Mean of one arm, in the unit of the study.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mean {
    pub people: u32,
    pub mean: f64,
    pub standard_deviation: f64,
}

/// How sure a study is of its effect.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Spread {
    /// Standard error; of the logarithm, for a ratio.
    StandardError(f64),
    /// Confidence interval of so many percent, on the same scale as the effect. Taken as symmetric around the effect
    /// (around its logarithm, for a ratio) and normal: only its width is used.
    Interval { low: f64, high: f64, percent: f64 },
}

/// What is wrong with a study's figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Flaw {
    #[error("a figure is not a finite number")]
    NotFinite,
    #[error("an arm has too few people")]
    TooFewPeople,
    #[error("more events than people")]
    MoreEventsThanPeople,
    #[error("a standard deviation or standard error is negative")]
    NegativeSpread,
    #[error("a ratio or its interval is not above nought")]
    RatioNotPositive,
    #[error("the interval does not hold the effect, or its percentage is not between 50 and 99.99")]
    BadInterval,
}

/// Effect on the scale that is worked on: the logarithm, for a ratio.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Effect {
    pub size: f64,
    pub variance: f64,
    pub is_corrected: bool,
}

/// Effect of study number `study` by a measure.
pub(super) fn effect(study: usize, figures: Figures, measure: Measure) -> Result<Effect, Refusal> {
    use Measure::{MeanDifference, OddsRatio, RiskDifference, RiskRatio, StandardizedMeanDifference};
    let flawed = |flaw| Refusal::BadFigures { study, flaw };
    let effect = match (figures, measure) {
        (Figures::Events { treated, control }, RiskRatio | OddsRatio | RiskDifference) => {
            of_events(treated, control, measure).map_err(flawed)?
        }
        (Figures::Means { treated, control }, MeanDifference | StandardizedMeanDifference) => {
            of_means(treated, control, measure).map_err(flawed)?
        }
        (Figures::Effect { measure: own, effect, spread }, _) if own == measure => {
            of_effect(effect, spread, measure).map_err(flawed)?
        }
        (Figures::Effect { measure: own, .. }, _) => {
            return Err(Refusal::MixedMeasures { study, measure: own });
        }
        _ => return Err(Refusal::FiguresMisfit { study }),
    };
    if !effect.size.is_finite() || !effect.variance.is_finite() {
        return Err(Refusal::BadFigures { study, flaw: Flaw::NotFinite });
    }
    if effect.variance <= 0.0 {
        return Err(Refusal::ZeroVariance { study });
    }
    Ok(effect)
}

fn of_events(treated: Events, control: Events, measure: Measure) -> Result<Effect, Flaw> {
    if treated.people == 0 || control.people == 0 {
        return Err(Flaw::TooFewPeople);
    }
    let others = |arm: Events| arm.people.checked_sub(arm.events).ok_or(Flaw::MoreEventsThanPeople);
    let cells = [treated.events, others(treated)?, control.events, others(control)?];
    let is_corrected = cells.contains(&0);
    let [event, none, other_event, other_none] =
        cells.map(|cell| f64::from(cell) + if is_corrected { 0.5 } else { 0.0 });
    let (arm, other) = (event + none, other_event + other_none);
    let (risk, other_risk) = (event / arm, other_event / other);
    let (size, variance) = match measure {
        Measure::RiskRatio => {
            ((risk / other_risk).ln(), 1.0 / event - 1.0 / arm + 1.0 / other_event - 1.0 / other)
        }
        Measure::OddsRatio => (
            (event * other_none / (none * other_event)).ln(),
            1.0 / event + 1.0 / none + 1.0 / other_event + 1.0 / other_none,
        ),
        _ => (risk - other_risk, risk * (1.0 - risk) / arm + other_risk * (1.0 - other_risk) / other),
    };
    Ok(Effect { size, variance, is_corrected })
}

fn of_means(treated: Mean, control: Mean, measure: Measure) -> Result<Effect, Flaw> {
    for arm in [treated, control] {
        if arm.people < 2 {
            return Err(Flaw::TooFewPeople);
        }
        if !arm.mean.is_finite() || !arm.standard_deviation.is_finite() {
            return Err(Flaw::NotFinite);
        }
        if arm.standard_deviation < 0.0 {
            return Err(Flaw::NegativeSpread);
        }
    }
    let (n, m) = (f64::from(treated.people), f64::from(control.people));
    let difference = treated.mean - control.mean;
    let squares = (treated.standard_deviation.powi(2), control.standard_deviation.powi(2));
    let (size, variance) = if measure == Measure::StandardizedMeanDifference {
        let freedom = n + m - 2.0;
        let pooled = (((n - 1.0) * squares.0 + (m - 1.0) * squares.1) / freedom).sqrt();
        if pooled <= 0.0 {
            return Ok(Effect { size: 0.0, variance: 0.0, is_corrected: false });
        }
        let g = small_sample_factor(freedom) * difference / pooled;
        (g, 1.0 / n + 1.0 / m + g * g / (2.0 * (n + m)))
    } else {
        (difference, squares.0 / n + squares.1 / m)
    };
    Ok(Effect { size, variance, is_corrected: false })
}

/// Hedges' exact factor that takes the bias out of a standardized mean difference (1981, J. Educ. Stat. 6(2)).
fn small_sample_factor(freedom: f64) -> f64 {
    if freedom > 1e5 {
        // The gamma functions would cancel; this is exact to 1e-10 there.
        return 1.0 - 3.0 / (4.0 * freedom - 1.0);
    }
    let ln_gamma = statrs::function::gamma::ln_gamma;
    (ln_gamma(freedom / 2.0) - ln_gamma((freedom - 1.0) / 2.0)).exp() / (freedom / 2.0).sqrt()
}

fn of_effect(effect: f64, spread: Spread, measure: Measure) -> Result<Effect, Flaw> {
    let scaled = |figure: f64| match measure.is_ratio() {
        _ if !figure.is_finite() => Err(Flaw::NotFinite),
        true if figure <= 0.0 => Err(Flaw::RatioNotPositive),
        true => Ok(figure.ln()),
        false => Ok(figure),
    };
    let size = scaled(effect)?;
    let error = match spread {
        Spread::StandardError(error) if !error.is_finite() => return Err(Flaw::NotFinite),
        Spread::StandardError(error) if error < 0.0 => return Err(Flaw::NegativeSpread),
        Spread::StandardError(error) => error,
        Spread::Interval { low, high, percent } => {
            let (low, high) = (scaled(low)?, scaled(high)?);
            if !(50.0..=99.99).contains(&percent) || !(low..=high).contains(&size) {
                return Err(Flaw::BadInterval);
            }
            (high - low) / (2.0 * normal_half_width(percent))
        }
    };
    Ok(Effect { size, variance: error * error, is_corrected: false })
}
