//! What one more outcome costs, where studies tell what they cost.
//!
//! Mean cost of a treated person, divided by what treating one person changes. For ratios, that change is the one in
//! the control arms of the studies with known costs, taken together.

use super::{Figures, Measure, Note, Study, StudyEffect, pool::Pooled};
use rust_decimal::prelude::ToPrimitive;

/// What a study's programme cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cost {
    /// In minor units of the currency (cents).
    pub cents: i64,
    /// ISO 4217 code.
    pub currency: String,
    /// People treated for it; those of the treated arm unless said.
    pub people: Option<u32>,
}

/// Cost of one more outcome by the pooled effect.
///
/// One outcome is one more person (or one fewer, by the sign of the effect) with the event; one unit of a mean
/// difference; one standard deviation of a standardized one. All amounts are in minor units (cents), rounded.
#[derive(Clone, Debug, PartialEq)]
pub struct CostPerOutcome {
    pub currency: String,
    /// Mean cost of one treated person.
    pub cents_per_person: i64,
    /// People treated for one more outcome.
    pub people_per_outcome: f64,
    pub cents_per_outcome: i64,
    /// The same at the end of the effect's Wald interval where the effect is largest; nothing if the interval holds no
    /// effect.
    pub low_cents: Option<i64>,
    /// At its other end; nothing if the interval holds no effect: then the cost has no upper bound.
    pub high_cents: Option<i64>,
    /// Places of the studies whose costs are known.
    pub studies: Vec<usize>,
}

/// Cost of one more outcome, or why there is none.
pub(super) fn cost(studies: &[Study], measure: Measure, pooled: &Pooled) -> Result<CostPerOutcome, Note> {
    let known: Vec<(usize, &Study, &Cost, f64)> = studies
        .iter()
        .enumerate()
        .filter_map(|(n, study)| Some((n, study, study.cost.as_ref()?, people(study)?)))
        .collect();
    let currency = known.first().map(|(.., cost, _)| cost.currency.clone()).ok_or(Note::NoCosts)?;
    if known.iter().any(|(.., cost, _)| cost.currency != currency) {
        return Err(Note::CostsInSeveralCurrencies);
    }
    let treated: f64 = known.iter().map(|(.., people)| people).sum();
    let spent: f64 = known.iter().filter_map(|(.., cost, _)| cost.cents.to_f64()).sum();
    let risk = control_risk(known.iter().map(|(_, study, ..)| study.figures));
    let change = |effect: f64| absolute(effect, measure, risk);
    let per_outcome = |change: f64| (spent / treated / change.abs()).round().to_i64();
    let effect = change(pooled.effect).ok_or(Note::NoControlRisk)?;
    let ends = change(pooled.wald.low).zip(change(pooled.wald.high));
    let ends = ends.filter(|(low, high)| low * high > 0.0).map(|(low, high)| (low.abs(), high.abs()));
    Ok(CostPerOutcome {
        currency,
        cents_per_person: (spent / treated).round().to_i64().ok_or(Note::NoCosts)?,
        people_per_outcome: 1.0 / effect.abs(),
        cents_per_outcome: per_outcome(effect).ok_or(Note::NoEffectToPayFor)?,
        low_cents: ends.and_then(|(low, high)| per_outcome(low.max(high))),
        high_cents: ends.and_then(|(low, high)| per_outcome(low.min(high))),
        studies: known.iter().map(|(n, ..)| *n).collect(),
    })
}

/// Cost of one more outcome by a study's own effect, in cents.
pub(super) fn own_cents(study: &Study, own: &StudyEffect, measure: Measure) -> Option<i64> {
    let cost = study.cost.as_ref()?;
    let change = absolute(own.effect, measure, control_risk([study.figures].into_iter()))?;
    (cost.cents.to_f64()? / people(study)? / change.abs()).round().to_i64()
}

/// People treated; nothing if nobody knows, or nobody was.
fn people(study: &Study) -> Option<f64> {
    let arm = match study.figures {
        Figures::Events { treated, .. } => Some(treated.people),
        Figures::Means { treated, .. } => Some(treated.people),
        Figures::Effect { .. } => None,
    };
    study.cost.as_ref()?.people.or(arm).filter(|people| *people > 0).map(f64::from)
}

/// Share of the control arms that had the event.
fn control_risk(figures: impl Iterator<Item = Figures>) -> Option<f64> {
    let controls = figures.filter_map(|figures| match figures {
        Figures::Events { control, .. } => Some((f64::from(control.events), f64::from(control.people))),
        _ => None,
    });
    let (events, people) = controls.fold((0.0, 0.0), |sums, own| (sums.0 + own.0, sums.1 + own.1));
    (people > 0.0).then_some(events / people)
}

/// What treating one person changes.
fn absolute(effect: f64, measure: Measure, control_risk: Option<f64>) -> Option<f64> {
    match measure {
        Measure::RiskRatio => control_risk.map(|risk| risk * effect.exp_m1()),
        Measure::OddsRatio => control_risk.map(|risk| {
            let ratio = effect.exp();
            risk * ratio / (1.0 - risk + risk * ratio) - risk
        }),
        _ => Some(effect),
    }
}
