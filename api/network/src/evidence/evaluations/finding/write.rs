//! Findings as evaluators write them, checked one by one.

use crate::{
    evidence::asked::{at_most, exact},
    face::key,
};
use async_graphql::{ID, InputObject};
use door::{Faults, Result, UserErrorCode, authz::Tx, fold::fold};
use entity::{
    codes::*,
    evidence::{finding, indicator},
    ids::{FindingId, IndicatorId},
    projects::project,
};
use gql::scalars::{Decimal, MoneyInput};
use sea_orm::{ColumnTrait, Set};
use std::collections::BTreeSet;

/// What a study found: in words, and in figures where there are any. Figures of both arms, or an effect with its error.
#[derive(Clone, Debug, InputObject)]
pub struct FindingInput {
    /// What was found, in words; at most 1,000 characters.
    pub statement: String,
    /// Indicator that was looked at.
    pub indicator_id: Option<ID>,
    /// What was looked at, where no indicator says it; at most 200 characters.
    pub outcome: Option<String>,
    /// What it says about the effect; no effect and harm are findings too.
    pub direction: FindingDirection,
    /// Measure of `effect`, or of the figures of both arms.
    pub measure: Option<EffectMeasure>,
    /// Effect by `measure`; ratios as they are, not as logarithms.
    pub effect: Option<Decimal>,
    /// Unit of a difference of means; at most 100 characters.
    pub unit: Option<String>,
    /// Standard error of the effect; of its logarithm, for a ratio.
    pub standard_error: Option<Decimal>,
    /// Lower end of the confidence interval, on the scale of the effect.
    pub ci_low: Option<Decimal>,
    /// Upper end of the confidence interval, on the scale of the effect.
    pub ci_high: Option<Decimal>,
    /// Level of the interval, in percent, from 50 to 99.99; 95 unless given.
    pub ci_percent: Option<Decimal>,
    /// Probability of such an effect, or a larger one, if there were none: 0 to 1.
    pub p_value: Option<Decimal>,
    /// People or units with the treatment.
    pub treated_count: Option<i32>,
    /// People or units without it.
    pub comparison_count: Option<i32>,
    /// People with the treatment who had the event.
    pub treated_event_count: Option<i32>,
    /// People without it who had the event.
    pub comparison_event_count: Option<i32>,
    /// Mean with the treatment, in `unit`.
    pub treated_mean: Option<Decimal>,
    /// Standard deviation with the treatment, in `unit`.
    pub treated_standard_deviation: Option<Decimal>,
    /// Mean without it, in `unit`.
    pub comparison_mean: Option<Decimal>,
    /// Standard deviation without it, in `unit`.
    pub comparison_standard_deviation: Option<Decimal>,
    /// What the programme cost that the finding is about.
    pub cost: Option<MoneyInput>,
}

pub async fn check_findings(
    tx: &Tx,
    project: &project::Model,
    list: Vec<FindingInput>,
    faults: &mut Faults,
) -> Result<Vec<finding::ActiveModel>> {
    at_most(list.len(), 100, &["input", "findings"], faults);
    let asked = list.iter().filter_map(|finding| finding.indicator_id.as_ref());
    let asked = asked.map(key::<IndicatorId>).collect::<Result<Vec<_>>>()?;
    let known = tx.see::<indicator::Entity>().filter(indicator::Column::Id.is_in(asked)).all().await?;
    let known: BTreeSet<_> = known.into_iter().map(|row| row.id).collect();
    let now = tx.store().now();
    let mut rows = Vec::new();
    for (position, finding) in (0..100).zip(list) {
        let place = position.to_string();
        let path = ["input", "findings", place.as_str()];
        let indicator = finding.indicator_id.as_ref().map(key::<IndicatorId>).transpose()?;
        if indicator.is_some_and(|id| !known.contains(&id)) {
            faults.add(
                UserErrorCode::NotFound,
                &[&path[..], &["indicatorId"]].concat(),
                "No such indicator.",
            );
        }
        let mut row = finding_row(finding, &path, faults);
        row.project_id = Set(project.id);
        row.indicator_id = Set(indicator);
        row.position = Set(position);
        row.created_at = Set(now);
        row.updated_at = Set(now);
        rows.push(row);
    }
    Ok(rows)
}

fn finding_row(finding: FindingInput, path: &[&str], faults: &mut Faults) -> finding::ActiveModel {
    let at = |field: &'static str| [path, &[field]].concat();
    let number = |value: &Option<Decimal>| {
        value.as_ref().and_then(|value| value.0.parse::<rust_decimal::Decimal>().ok())
    };
    let has_figures =
        finding.effect.is_some() || finding.treated_event_count.is_some() || finding.treated_mean.is_some();
    if has_figures && finding.measure.is_none() {
        faults.add(UserErrorCode::Blank, &at("measure"), "Figures need the measure that they are of.");
    }
    if let (Some(low), Some(high)) = (number(&finding.ci_low), number(&finding.ci_high))
        && low > high
    {
        faults.add(UserErrorCode::Invalid, &at("ciHigh"), "The interval ends below its start.");
    }
    let zero = rust_decimal::Decimal::ZERO;
    if number(&finding.standard_error).is_some_and(|error| error < zero) {
        faults.add(UserErrorCode::OutOfRange, &at("standardError"), "A standard error is zero or more.");
    }
    if number(&finding.p_value).is_some_and(|p| p < zero || p > rust_decimal::Decimal::ONE) {
        faults.add(UserErrorCode::OutOfRange, &at("pValue"), "A probability is from 0 to 1.");
    }
    for (field, events, people) in [
        ("treatedEventCount", finding.treated_event_count, finding.treated_count),
        ("comparisonEventCount", finding.comparison_event_count, finding.comparison_count),
    ] {
        if events.is_some_and(|events| events < 0 || people.is_none_or(|people| events > people)) {
            faults.add(UserErrorCode::OutOfRange, &at(field), "Events are no more than the people counted.");
        }
    }
    for (field, count) in
        [("treatedCount", finding.treated_count), ("comparisonCount", finding.comparison_count)]
    {
        if count.is_some_and(|count| count < 0) {
            faults.add(UserErrorCode::OutOfRange, &at(field), "A count is zero or more.");
        }
    }
    let text = |value: Option<Decimal>| Set(value.map(|value| exact(&value.0)));
    let count = |value: Option<i32>| Set(value.map(i64::from));
    let outcome = faults.text(finding.outcome, &at("outcome"), 200);
    let cost = finding.cost.as_ref().and_then(|cost| minor(cost, &at("cost"), faults));
    finding::ActiveModel {
        id: Set(FindingId::fresh()),
        statement: Set(faults.required(Some(finding.statement), &at("statement"), 1_000)),
        outcome_key: Set(outcome.as_deref().map(fold)),
        outcome: Set(outcome),
        measure: Set(finding.measure),
        effect: text(finding.effect),
        unit: Set(faults.text(finding.unit, &at("unit"), 100)),
        standard_error: text(finding.standard_error),
        ci_low: text(finding.ci_low),
        ci_high: text(finding.ci_high),
        ci_percent: text(finding.ci_percent),
        p_value: text(finding.p_value),
        n_treated: count(finding.treated_count),
        n_comparison: count(finding.comparison_count),
        events_treated: count(finding.treated_event_count),
        events_comparison: count(finding.comparison_event_count),
        mean_treated: text(finding.treated_mean),
        sd_treated: text(finding.treated_standard_deviation),
        mean_comparison: text(finding.comparison_mean),
        sd_comparison: text(finding.comparison_standard_deviation),
        direction: Set(finding.direction),
        cost_minor: Set(cost),
        currency: Set(cost.and(finding.cost.map(|cost| cost.currency.0))),
        version: Set(1),
        ..Default::default()
    }
}

pub fn minor(money: &MoneyInput, path: &[&str], faults: &mut Faults) -> Option<i64> {
    let minor = money.minor().filter(|minor| *minor >= 0);
    if minor.is_none() {
        let message =
            format!("An amount of {} is zero or more, with no more decimals than it has.", money.currency.0);
        faults.add(UserErrorCode::Invalid, path, message);
    }
    minor
}
