//! Effects pooled into one, and how much they differ.
//!
//! Formulas: `rma.uni` of the R package metafor 3.8 (Viechtbauer, 2010, J. Stat. Softw. 36(3)), with the estimators
//! `DL` (1986), `PM` (1982) and `REML` by Fisher scoring (Viechtbauer, 2005), and intervals by Hartung and Knapp (2001).
//! Iterations run until nothing moves: metafor stops earlier unless told otherwise by its `control`.

use super::{
    Heterogeneity, Model,
    distribution::{
        chi_squared_above, normal_half_width, normal_two_sided, student_half_width, student_two_sided,
    },
};

/// Pooled effect, on the scale that is worked on (the logarithm, for a ratio), with what is known about it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pooled {
    pub effect: f64,
    /// Interval from the normal distribution.
    pub wald: Interval,
    /// Interval by Hartung and Knapp, from Student's distribution: wider where studies are few. Nothing for a fixed
    /// effect, nor where all studies found the very same.
    pub hartung_knapp: Option<Interval>,
    /// Variance of the true effects between studies; 0 for a fixed effect.
    pub tau2: f64,
    /// Standard error of `tau2`; nothing for a fixed effect.
    pub tau2_standard_error: Option<f64>,
    /// Share of the total variance that is between studies, in percent.
    pub i2_percent: f64,
    /// Total variance over the variance within studies.
    pub h2: f64,
    /// Cochran's Q.
    pub q: f64,
    /// Degrees of freedom of Q: one less than there are studies.
    pub q_freedom: u32,
    /// Probability of such a Q if all studies had the same true effect.
    pub q_p_value: f64,
}

/// Interval around a pooled effect, and the test of no effect.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    pub standard_error: f64,
    /// Effect over its standard error: normal (Wald), or Student with one degree of freedom less than there are studies.
    pub statistic: f64,
    /// Probability of such a statistic if there were no effect; two-sided.
    pub p_value: f64,
    pub low: f64,
    pub high: f64,
    /// Where the true effect of a further study is expected; nothing for a fixed effect.
    pub prediction: Option<Prediction>,
}

/// Interval for the true effect of a further study.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    pub low: f64,
    pub high: f64,
}

/// Effects and their variances, which are above nought.
#[derive(Clone, Debug, Default)]
pub(super) struct Effects {
    pub effects: Vec<f64>,
    pub variances: Vec<f64>,
}

impl FromIterator<(f64, f64)> for Effects {
    fn from_iter<I: IntoIterator<Item = (f64, f64)>>(pairs: I) -> Self {
        let (effects, variances) = pairs.into_iter().unzip();
        Self { effects, variances }
    }
}

/// Pools two effects or more; nothing if the figures are beyond what can be reckoned with.
pub(super) fn pool(effects: &Effects, model: Model, percent: f64) -> Option<Pooled> {
    let freedom = u32::try_from(effects.effects.len()).ok()?.checked_sub(1).filter(|freedom| *freedom > 0)?;
    let degrees = f64::from(freedom);
    let within = Sums::of(effects, 0.0);
    let tau2 = match model {
        Model::Fixed => 0.0,
        Model::Random(Heterogeneity::DerSimonianLaird) => ((within.q - degrees) / within.trace()).max(0.0),
        Model::Random(Heterogeneity::PauleMandel) => paule_mandel(effects, degrees),
        Model::Random(Heterogeneity::Reml) => restricted_likelihood(effects),
    };
    let sums = Sums::of(effects, tau2);
    // Variance within the typical study (Higgins and Thompson, 2002).
    let typical = degrees / within.trace();
    let (i2, h2) = match model {
        Model::Fixed => (((within.q - degrees) / within.q).max(0.0), within.q / degrees),
        Model::Random(_) => (tau2 / (tau2 + typical), (tau2 + typical) / typical),
    };
    let pooled = Pooled {
        effect: sums.mean,
        wald: wald(&sums, tau2, model, percent),
        hartung_knapp: hartung_knapp(&sums, tau2, model, degrees, percent),
        tau2,
        tau2_standard_error: tau2_standard_error(model, &within, &sums, tau2, degrees),
        i2_percent: if within.q > 0.0 { 100.0 * i2 } else { 0.0 },
        h2,
        q: within.q,
        q_freedom: freedom,
        q_p_value: chi_squared_above(within.q, degrees),
    };
    pooled.is_finite().then_some(pooled)
}

/// Weight of each effect in the pooled one, in percent.
pub(super) fn weights(effects: &Effects, tau2: f64) -> Vec<f64> {
    let weights: Vec<f64> = effects.variances.iter().map(|variance| 1.0 / (variance + tau2)).collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| 100.0 * weight / sum).collect()
}

impl Pooled {
    fn is_finite(&self) -> bool {
        let prediction = |interval: Interval| interval.prediction.map_or([0.0; 2], |own| [own.low, own.high]);
        let interval = |own: Interval| {
            [own.standard_error, own.statistic, own.p_value, own.low, own.high]
                .into_iter()
                .chain(prediction(own))
        };
        let own = [self.effect, self.tau2, self.i2_percent, self.h2, self.q, self.q_p_value]
            .into_iter()
            .chain(interval(self.wald));
        own.chain(self.hartung_knapp.into_iter().flat_map(interval))
            .chain(self.tau2_standard_error)
            .all(f64::is_finite)
            && self.wald.standard_error > 0.0
    }
}

/// Weighted sums with weights `1 / (variance + tau2)`; `second` and `third` are of the weights' powers.
struct Sums {
    weight: f64,
    second: f64,
    third: f64,
    mean: f64,
    /// Sum of weighted squares around the mean.
    q: f64,
    /// The same with squared weights.
    q_second: f64,
}

impl Sums {
    fn of(effects: &Effects, tau2: f64) -> Self {
        let weighted = || {
            let weights = effects.variances.iter().map(|variance| 1.0 / (variance + tau2));
            effects.effects.iter().zip(weights)
        };
        let (mut weight, mut second, mut third, mut sum) = (0.0, 0.0, 0.0, 0.0);
        for (effect, own) in weighted() {
            weight += own;
            second += own * own;
            third += own * own * own;
            sum += own * effect;
        }
        let mean = sum / weight;
        let (mut q, mut q_second) = (0.0, 0.0);
        for (effect, own) in weighted() {
            let part = own * (effect - mean).powi(2);
            q += part;
            q_second += own * part;
        }
        Self { weight, second, third, mean, q, q_second }
    }

    /// Trace of the projection matrix P.
    fn trace(&self) -> f64 {
        self.weight - self.second / self.weight
    }

    /// Trace of its square.
    fn trace_of_square(&self) -> f64 {
        self.second - 2.0 * self.third / self.weight + (self.second / self.weight).powi(2)
    }
}

fn wald(sums: &Sums, tau2: f64, model: Model, percent: f64) -> Interval {
    let standard_error = (1.0 / sums.weight).sqrt();
    let statistic = sums.mean / standard_error;
    let p_value = normal_two_sided(statistic);
    interval(sums.mean, standard_error, (statistic, p_value), normal_half_width(percent), tau2, model)
}

fn hartung_knapp(sums: &Sums, tau2: f64, model: Model, degrees: f64, percent: f64) -> Option<Interval> {
    let standard_error = (sums.q / degrees / sums.weight).sqrt();
    if model == Model::Fixed || standard_error <= 0.0 {
        return None;
    }
    let statistic = sums.mean / standard_error;
    let p_value = student_two_sided(statistic, degrees);
    let width = student_half_width(percent, degrees);
    Some(interval(sums.mean, standard_error, (statistic, p_value), width, tau2, model))
}

fn interval(mean: f64, error: f64, test: (f64, f64), width: f64, tau2: f64, model: Model) -> Interval {
    let spread = width * (error * error + tau2).sqrt();
    let prediction = Prediction { low: mean - spread, high: mean + spread };
    Interval {
        standard_error: error,
        statistic: test.0,
        p_value: test.1,
        low: mean - width * error,
        high: mean + width * error,
        prediction: (model != Model::Fixed).then_some(prediction),
    }
}

fn tau2_standard_error(model: Model, within: &Sums, sums: &Sums, tau2: f64, degrees: f64) -> Option<f64> {
    match model {
        Model::Fixed => None,
        Model::Random(Heterogeneity::Reml) => Some((2.0 / sums.trace_of_square()).sqrt()),
        // Morris' approximation for empirical Bayes, which Paule and Mandel's estimate is.
        Model::Random(Heterogeneity::PauleMandel) => {
            Some((degrees + 1.0) * (2.0 / degrees).sqrt() / sums.weight)
        }
        Model::Random(Heterogeneity::DerSimonianLaird) => {
            let trace = within.trace();
            let spread = 2.0 * degrees + 4.0 * tau2 * trace + 2.0 * tau2 * tau2 * within.trace_of_square();
            Some(spread.sqrt() / trace)
        }
    }
}

/// Most rounds of an iteration; it takes some twenty.
const ROUNDS: u32 = 500;

/// Where the generalized Q is as expected. Newton's method from nought: Q falls and is convex, so it never overshoots.
fn paule_mandel(effects: &Effects, degrees: f64) -> f64 {
    let mut tau2 = 0.0;
    for _ in 0..ROUNDS {
        let sums = Sums::of(effects, tau2);
        let step = (sums.q - degrees) / sums.q_second;
        if !step.is_finite() || step <= 1e-15 * tau2 {
            break;
        }
        tau2 += step;
    }
    tau2
}

/// Most likely `tau2` given what is left of the effects once their mean is taken out.
fn restricted_likelihood(effects: &Effects) -> f64 {
    let mut tau2 = hedges(effects);
    for _ in 0..ROUNDS {
        let sums = Sums::of(effects, tau2);
        let step = (sums.q_second - sums.trace()) / sums.trace_of_square();
        let next = (tau2 + step).max(0.0);
        if !next.is_finite() {
            return f64::NAN;
        }
        let is_still = (next - tau2).abs() <= 1e-15 * tau2;
        tau2 = next;
        if is_still {
            break;
        }
    }
    tau2 = polished(effects, tau2);
    // Nought may be likelier than the top that was climbed.
    if likelihood(effects, 0.0) > likelihood(effects, tau2) { 0.0 } else { tau2 }
}

/// Start of the climb: the unweighted estimate of Hedges.
fn hedges(effects: &Effects) -> f64 {
    let count: f64 = effects.effects.iter().map(|_| 1.0).sum();
    let mean = effects.effects.iter().sum::<f64>() / count;
    let squares: f64 = effects.effects.iter().map(|effect| (effect - mean).powi(2)).sum();
    let within: f64 = effects.variances.iter().sum::<f64>() / count;
    (squares / (count - 1.0) - within).max(0.0)
}

/// The root of the score next to a climb that was too slow to end, by halving a bracket around it.
fn polished(effects: &Effects, tau2: f64) -> f64 {
    let score = |tau2: f64| {
        let sums = Sums::of(effects, tau2);
        sums.q_second - sums.trace()
    };
    let (mut low, mut high) = (tau2 * (1.0 - 1e-4), tau2 * (1.0 + 1e-4));
    if !(score(low) > 0.0 && score(high) < 0.0) {
        return tau2;
    }
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if score(middle) > 0.0 { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

/// Restricted log-likelihood, but for constants.
fn likelihood(effects: &Effects, tau2: f64) -> f64 {
    let sums = Sums::of(effects, tau2);
    let spread: f64 = effects.variances.iter().map(|variance| (variance + tau2).ln()).sum();
    -0.5 * (spread + sums.weight.ln() + sums.q)
}
