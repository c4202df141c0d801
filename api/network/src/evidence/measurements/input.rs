//! What is written of a measurement, checked against its indicator. Pure.

use crate::evidence::{
    asked::{apply, exact},
    indicators::indicator::dimensions,
};
use async_graphql::InputObject;
use door::{Faults, UserErrorCode};
use entity::{
    codes::{DataSource, IndicatorValueType},
    evidence::{indicator, measurement, measurement_cell},
    ids::MeasurementId,
};
use gql::scalars::{Date, Decimal, Url};
use rust_decimal::Decimal as Number;
use sea_orm::Set;
use std::collections::BTreeSet;

/// Part of a measurement, broken down by one dimension.
#[derive(Clone, Debug, InputObject)]
pub struct MeasurementCellInput {
    /// Dimension; one of the indicator's.
    pub dimension: String,
    /// Category on that dimension; at most 60 characters.
    pub category: String,
    /// People in the cell; decides whether others see it.
    pub people: Option<i32>,
    /// Value in the cell, in the indicator's unit.
    pub value: Option<Decimal>,
}

/// What was measured. Numbers are exact; no names of people, please.
#[derive(Clone, Debug, InputObject)]
pub struct MeasurementInput {
    /// First day of the period.
    pub period_start: Date,
    /// Last day of the period; not in the future.
    pub period_end: Date,
    /// Value, in the indicator's unit; not for qualitative indicators.
    pub value: Option<Decimal>,
    /// What was found, in words; at most 5,000 characters.
    pub qualitative: Option<String>,
    /// Different people, each counted once.
    pub unique_people: Option<i32>,
    /// Times somebody was served.
    pub claims: Option<i32>,
    /// Things, such as tonnes or bed days.
    pub units: Option<Decimal>,
    /// What the value is a share of counts, if it is a share.
    pub numerator: Option<Decimal>,
    /// What the value is a share of, or how many it is the mean of.
    pub denominator: Option<Decimal>,
    /// How it was measured; at most 2,000 characters.
    pub method: Option<String>,
    /// People or things looked at.
    pub sample_size: Option<i32>,
    /// Lower end of the confidence interval.
    pub confidence_low: Option<Decimal>,
    /// Upper end of the confidence interval.
    pub confidence_high: Option<Decimal>,
    /// Where it comes from.
    pub data_source: DataSource,
    /// Addresses of documents behind it; at most 20.
    pub evidence: Option<Vec<Url>>,
    /// What is to be added; at most 2,000 characters.
    pub comment: Option<String>,
    /// Whether its people are in no other measurement of the same use.
    #[graphql(default)]
    pub is_disjoint: bool,
    /// Broken down by dimensions; at most 200 cells.
    pub cells: Option<Vec<MeasurementCellInput>>,
}

/// Checked values of a measurement, ready to be written.
#[derive(Clone, Debug)]
pub struct Values {
    row: measurement::ActiveModel,
    pub cells: Vec<measurement_cell::Model>,
}

impl Values {
    /// Sets the values on a row and leaves the rest.
    pub fn apply(&self, row: &mut measurement::ActiveModel) {
        apply(row, &self.row);
    }

    /// Sets the values on a row that others see again only once it was submitted, and judged beside others.
    pub fn apply_unjudged(&self, row: &mut measurement::ActiveModel) {
        self.apply(row);
        row.is_total_open = Set(false);
        row.judged_under = Set(None);
    }

    /// First and last day.
    pub fn period(&self) -> (&str, &str) {
        (self.row.period_start.as_ref(), self.row.period_end.as_ref())
    }

    /// Cells of the measurement that got this id.
    pub fn cells_of(&self, id: MeasurementId) -> Vec<measurement_cell::Model> {
        let of =
            |cell: &measurement_cell::Model| measurement_cell::Model { measurement_id: id, ..cell.clone() };
        self.cells.iter().map(of).collect()
    }
}

/// Checks everything at once; faults name their fields below `path`. `today` is `YYYY-MM-DD`.
pub fn check(
    input: MeasurementInput,
    measured: &indicator::Model,
    today: &str,
    path: &[&str],
    faults: &mut Faults,
) -> Values {
    let at = |field: &'static str| [path, &[field]].concat();
    if input.period_end.0 < input.period_start.0 {
        faults.add(UserErrorCode::Invalid, &at("periodEnd"), "The period ends before it starts.");
    }
    if input.period_end.0.as_str() > today {
        faults.add(UserErrorCode::OutOfRange, &at("periodEnd"), "The period is not over yet.");
    }
    let number = |value: &Option<Decimal>| value.as_ref().and_then(|value| value.0.parse::<Number>().ok());
    let value = number(&input.value);
    let qualitative = faults.text(input.qualitative, &at("qualitative"), 5_000);
    let is_qualitative = measured.value_type == IndicatorValueType::Qualitative;
    if is_qualitative && (value.is_some() || qualitative.is_none()) {
        faults.add(UserErrorCode::Invalid, &at("qualitative"), "This indicator takes words, and no value.");
    }
    if !is_qualitative {
        match value {
            None => faults.add(UserErrorCode::Blank, &at("value"), "This indicator takes a value."),
            Some(value) => {
                if let Some(fault) = out_of_range(value, measured.value_type) {
                    faults.add(UserErrorCode::OutOfRange, &at("value"), fault);
                }
            }
        }
    }
    for (field, count) in
        [("uniquePeople", input.unique_people), ("claims", input.claims), ("sampleSize", input.sample_size)]
    {
        if count.is_some_and(|count| count < 0) {
            faults.add(UserErrorCode::OutOfRange, &at(field), "A count is zero or more.");
        }
    }
    if let (Some(people), Some(claims)) = (input.unique_people, input.claims)
        && claims < people
    {
        let message = "Each person makes at least one claim: people are not more than claims.";
        faults.add(UserErrorCode::OutOfRange, &at("claims"), message);
    }
    if let (Some(low), Some(high)) = (number(&input.confidence_low), number(&input.confidence_high))
        && low > high
    {
        faults.add(UserErrorCode::Invalid, &at("confidenceHigh"), "The interval ends below its start.");
    }
    if number(&input.denominator).is_some_and(|denominator| denominator <= Number::ZERO) {
        faults.add(UserErrorCode::OutOfRange, &at("denominator"), "A denominator is above zero.");
    }
    let evidence = input.evidence.unwrap_or_default();
    if evidence.len() > 20 {
        faults.add(UserErrorCode::TooLong, &at("evidence"), "At most 20 addresses, please.");
    }
    let cells = check_cells(input.cells.unwrap_or_default(), measured, &at("cells"), faults);
    let text = |value: Option<Decimal>| Set(value.map(|value| exact(&value.0)));
    let unique_people = input.unique_people.map(i64::from);
    let value = input.value.map(|value| exact(&value.0));
    let row = measurement::ActiveModel {
        period_start: Set(input.period_start.0),
        period_end: Set(input.period_end.0),
        value: Set(value),
        qualitative: Set(qualitative),
        unique_people: Set(unique_people),
        claims: Set(input.claims.map(i64::from)),
        units: text(input.units),
        numerator: text(input.numerator),
        denominator: text(input.denominator),
        method: Set(faults.text(input.method, &at("method"), 2_000)),
        sample_size: Set(input.sample_size.map(i64::from)),
        confidence_low: text(input.confidence_low),
        confidence_high: text(input.confidence_high),
        data_source: Set(input.data_source),
        evidence: Set(evidence.into_iter().map(|url| url.0).collect::<Vec<_>>().into()),
        comment: Set(faults.text(input.comment, &at("comment"), 2_000)),
        is_disjoint: Set(input.is_disjoint),
        ..Default::default()
    };
    Values { row, cells }
}

/// Why a value cannot be one of this kind.
fn out_of_range(value: Number, kind: IndicatorValueType) -> Option<&'static str> {
    match kind {
        IndicatorValueType::Count if value < Number::ZERO || !value.is_integer() => {
            Some("A count is a whole number of zero or more.")
        }
        IndicatorValueType::Percent if value < Number::ZERO || value > Number::ONE_HUNDRED => {
            Some("A percentage is from 0 to 100.")
        }
        IndicatorValueType::Duration | IndicatorValueType::Physical if value < Number::ZERO => {
            Some("This is zero or more.")
        }
        IndicatorValueType::Boolean if value != Number::ZERO && value != Number::ONE => {
            Some("Yes is 1, no is 0.")
        }
        _ => None,
    }
}

fn check_cells(
    list: Vec<MeasurementCellInput>,
    measured: &indicator::Model,
    path: &[&str],
    faults: &mut Faults,
) -> Vec<measurement_cell::Model> {
    if list.len() > 200 {
        faults.add(UserErrorCode::TooLong, path, "At most 200 cells, please.");
    }
    let allowed = dimensions(measured);
    let mut seen = BTreeSet::new();
    let mut cells = Vec::new();
    for (place, cell) in list.into_iter().take(200).enumerate() {
        let place = place.to_string();
        let at = |field: &'static str| [path, &[place.as_str(), field]].concat();
        if !allowed.contains(&cell.dimension) {
            let message = format!(
                "This indicator is not broken down by {:?}; it takes: {}.",
                cell.dimension,
                allowed.join(", ")
            );
            faults.add(UserErrorCode::DimensionUnknown, &at("dimension"), message);
        }
        let category = faults.required(Some(cell.category), &at("category"), 60);
        if !seen.insert((cell.dimension.clone(), category.clone())) {
            faults.add(UserErrorCode::Invalid, &at("category"), "This cell was said already.");
        }
        if cell.people.is_some_and(|people| people < 0) {
            faults.add(UserErrorCode::OutOfRange, &at("people"), "A count is zero or more.");
        }
        if cell.people.is_none() && cell.value.is_none() {
            faults.add(UserErrorCode::Blank, &at("people"), "Say people, a value, or both.");
        }
        cells.push(measurement_cell::Model {
            measurement_id: MeasurementId(uuid::Uuid::nil()),
            dimension: cell.dimension,
            category,
            people: cell.people.map(i64::from),
            value: cell.value.map(|value| exact(&value.0)),
            is_people_open: false,
            is_value_open: false,
        });
    }
    // In the order they are read back in.
    cells.sort_by(|a, b| (&a.dimension, &a.category).cmp(&(&b.dimension, &b.category)));
    cells
}
