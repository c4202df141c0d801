//! Axis of a forest plot: what part of the scale is shown, where on it a figure lies, and where its marks are.

use crate::evidence::synthesis::statistics::{Measure, Synthesis};

/// Most marks on an axis.
const MARKS: f64 = 6.0;

/// Part of the scale that is shown, on the scale that is worked on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    measure: Measure,
    low: f64,
    high: f64,
}

impl Axis {
    /// Holds all effects, the pooled interval, the prediction and no effect. Other intervals may be cut: those of small
    /// studies, and Hartung and Knapp's of two studies, are so wide that nothing else could be told apart.
    pub fn of(synthesis: &Synthesis) -> Self {
        let wald = synthesis.pooled.wald;
        let prediction = wald.prediction.into_iter().flat_map(|own| [own.low, own.high]);
        let effects = synthesis.studies.iter().map(|study| study.effect);
        let (low, high) = span(effects.chain(prediction).chain([wald.low, wald.high, 0.0]));
        let margin = 0.6 * (high - low);
        let knapp = synthesis.pooled.hartung_knapp.into_iter().flat_map(|own| [own.low, own.high]);
        let ends = synthesis.studies.iter().flat_map(|study| [study.low, study.high]).chain(knapp);
        let (least, most) = span(ends.chain([low, high]));
        let (low, high) = (least.max(low - margin), most.min(high + margin));
        let edge = 0.02 * (high - low);
        Self { measure: synthesis.how.measure, low: low - edge, high: high + edge }
    }

    /// Place between 0 (left end) and 1 (right end); what lies outside is put at the end.
    pub fn place(self, effect: f64) -> f64 {
        let place = (effect - self.low) / (self.high - self.low);
        if place.is_finite() { place.clamp(0.0, 1.0) } else { 0.5 }
    }

    pub fn is_left_of(self, effect: f64) -> bool {
        effect < self.low
    }

    pub fn is_right_of(self, effect: f64) -> bool {
        effect > self.high
    }

    /// Effects to mark, with the decimals that their natural figures need.
    pub fn marks(self) -> Vec<(f64, usize)> {
        if !self.measure.is_ratio() {
            return even_marks(self.low, self.high);
        }
        let (low, high) = (self.low.exp(), self.high.exp());
        let ratios = round_ratios(low, high);
        if ratios.len() >= 3 {
            return ratios.into_iter().map(|ratio| (ratio.ln(), decimals_of(ratio))).collect();
        }
        // So little of the scale that the ratios on it are as good as even.
        let marks = even_marks(low, high).into_iter().filter(|(ratio, _)| *ratio > 0.0);
        marks.map(|(ratio, decimals)| (ratio.ln(), decimals)).collect()
    }
}

fn span(figures: impl Iterator<Item = f64>) -> (f64, f64) {
    figures.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), own| (low.min(own), high.max(own)))
}

/// 1, 2 and 5 times powers of ten; only the powers, or every so many of them, on a wide scale.
fn round_ratios(low: f64, high: f64) -> Vec<f64> {
    let ratios = |steps: &[f64], every: i32| -> Vec<f64> {
        let powers = (-300..=300_i32).filter(|power| power % every == 0);
        let all = powers.flat_map(|power| steps.iter().map(move |step| step * 10_f64.powi(power)));
        all.filter(|ratio| (low..=high).contains(ratio)).collect()
    };
    let powers = [1, 2, 3, 5, 10, 20, 50].into_iter().map(|every| ratios(&[1.0], every));
    let choices = std::iter::once(ratios(&[1.0, 2.0, 5.0], 1)).chain(powers);
    choices.into_iter().find(|ratios| ratios.len() <= 8).unwrap_or_default()
}

/// Multiples of 1, 2 or 5 times a power of ten.
fn even_marks(low: f64, high: f64) -> Vec<(f64, usize)> {
    let rough = (high - low) / MARKS;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|step| step * power).into_iter().find(|step| *step >= rough);
    let step = step.unwrap_or(rough);
    let first = (low / step).ceil();
    let marks = (0..=12_u8).map(|n| (first + f64::from(n)) * step);
    // Nought may come out as something next to it.
    let tidy = |mark: f64| if mark.abs() < step / 1e6 { 0.0 } else { mark };
    let decimals = decimals_of(step);
    marks.take_while(|mark| *mark <= high).map(|mark| (tidy(mark), decimals)).collect()
}

/// Decimals that a step of that size needs.
fn decimals_of(step: f64) -> usize {
    (0..=6_u8).find(|decimals| step * 10_f64.powi(i32::from(*decimals)) > 0.999_999).map_or(6, usize::from)
}
