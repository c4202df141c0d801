//! Whether small studies found more: Egger's regression test for an asymmetric funnel.
//!
//! Source: Egger et al. (1997, BMJ 315:629), as `regtest(model = "lm")` of the R package metafor 3.8 states it: effects
//! on their standard errors, weighted by the inverse variances.

use super::{
    distribution::{student_half_width, student_two_sided},
    pool::Effects,
};

/// Fewest studies for the test (Cochrane Handbook 6.4, section 13.3.5.4): with fewer, chance looks like bias.
pub const FEWEST: usize = 10;

/// Egger's test; small `p_value`: small studies found something else than large ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Egger {
    /// How much the effect changes per unit of standard error.
    pub slope: f64,
    pub standard_error: f64,
    /// Slope over its standard error: Student's, with two degrees of freedom less than there are studies.
    pub statistic: f64,
    pub freedom: u32,
    pub p_value: f64,
    /// Effect that a study without error would find, on the scale that is worked on.
    pub limit: f64,
    pub limit_low: f64,
    pub limit_high: f64,
}

/// The test, or nothing: fewer than ten studies, standard errors all the same, or effects on one line.
pub(super) fn egger(effects: &Effects, percent: f64) -> Option<Egger> {
    let count = effects.effects.len();
    let freedom = u32::try_from(count).ok()?.checked_sub(2).filter(|_| count >= FEWEST)?;
    let degrees = f64::from(freedom);
    let points: Vec<(f64, f64, f64)> = effects
        .effects
        .iter()
        .zip(&effects.variances)
        .map(|(effect, variance)| (variance.sqrt(), *effect, 1.0 / variance))
        .collect();
    let sum =
        |of: &dyn Fn(f64, f64) -> f64| points.iter().map(|(x, y, weight)| weight * of(*x, *y)).sum::<f64>();
    let weight = sum(&|_, _| 1.0);
    let (x_mean, y_mean) = (sum(&|x, _| x) / weight, sum(&|_, y| y) / weight);
    let width = sum(&|x, _| (x - x_mean).powi(2));
    // Equal standard errors differ by rounding alone.
    if width <= 1e-20 * weight * x_mean * x_mean {
        return None;
    }
    let slope = sum(&|x, y| (x - x_mean) * (y - y_mean)) / width;
    let limit = y_mean - slope * x_mean;
    let spread = sum(&|x, y| (y - limit - slope * x).powi(2)) / degrees;
    let standard_error = (spread / width).sqrt();
    let statistic = slope / standard_error;
    let limit_width =
        student_half_width(percent, degrees) * (spread * (1.0 / weight + x_mean * x_mean / width)).sqrt();
    let egger = Egger {
        slope,
        standard_error,
        statistic,
        freedom,
        p_value: student_two_sided(statistic, degrees),
        limit,
        limit_low: limit - limit_width,
        limit_high: limit + limit_width,
    };
    let is_finite = [statistic, egger.p_value, limit, limit_width].into_iter().all(f64::is_finite);
    is_finite.then_some(egger)
}
