//! One figure for many measurements, as the API shows it; the rules are in `aggregate` (domain BR-19).

use super::{
    aggregate::{self, Aggregation, Quantity, Reading, Refusal},
    disclosure,
};
use crate::{
    evidence::indicators::indicator::{Indicator, IndicatorRef, find},
    face::{Door, keys},
    reference::{TerritoryFilter, territories_matching},
};
use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::NaiveDate;
use door::{Error, Nullable, Result, authz::Store, nullable};
use entity::{
    codes::*,
    evidence::{indicator, indicator_use, measurement},
    ids::{IndicatorUseId, ProjectId},
    projects::{project, project_territory},
};
use gql::scalars::{Date, Decimal};
use sea_orm::{ColumnTrait, Condition};

/// Which measurements make the figure.
#[derive(Clone, Debug, InputObject)]
pub struct MeasurementTotalFilter {
    /// What was measured.
    pub indicator: IndicatorRef,
    /// By project; any of these. At most 100.
    pub projects: Option<Vec<ID>>,
    /// By territory of the project.
    pub territory: Option<TerritoryFilter>,
    /// Periods that start on this day or later.
    pub from: Option<Date>,
    /// Periods that end on this day or earlier.
    pub to: Option<Date>,
}

/// Which number of the measurements makes the figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum MeasurementFigure {
    /// Value, the way the indicator says.
    Value,
    /// Different people: added up only where all are declared disjoint.
    UniquePeople,
    /// Times somebody was served: added up.
    Claims,
}

/// Why measurements make no one figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum TotalRefusal {
    /// The indicator declares that its values are not put together.
    NotAggregated,
    /// It would be a sum of percentages.
    SumOfPercents,
    /// It would be a sum of means, rates or scores.
    SumOfRates,
    /// Unique people of several periods or projects, not declared disjoint.
    PeopleOverlap,
    /// Two periods of one project overlap.
    PeriodsOverlap,
    /// Measurements in different units.
    MixedUnits,
    /// A weighted mean, and no measurement has a denominator.
    NoDenominators,
    /// A denominator is under nought, or all of them are nought.
    BadDenominator,
    /// Latest measurement of several projects, or two different ones of the latest period.
    NoSingleLatest,
    /// The result has more than 28 digits.
    TooLarge,
}

/// One figure for many measurements, with how it was made and what is missing.
#[derive(Clone, SimpleObject)]
pub struct MeasurementTotal {
    /// What was measured.
    pub indicator: Indicator,
    /// The figure, in the indicator's unit; `null` if there is none or it was refused.
    pub value: Option<Decimal>,
    /// Why there is no figure.
    pub refusal: Option<TotalRefusal>,
    /// The same in words, with what would help; for developers, in English.
    pub refusal_message: Option<String>,
    /// How it was made.
    pub method: IndicatorAggregation,
    /// Measurements that it is made of: accepted or certified ones that the viewer sees.
    pub used_count: i32,
    /// Projects that measure the indicator and show the viewer nothing usable, and measurements without a usable number.
    pub missing_count: i32,
    /// Share of what was due that is missing, in percent with one decimal; `null` if nothing was due.
    pub missing_percent: Option<Decimal>,
}

#[derive(Clone, Copy, Default)]
pub struct TotalQuery;

#[Object]
impl TotalQuery {
    /// One figure for many measurements; refused where it would be false. `null` if there is no such indicator.
    ///
    /// Errors: `BAD_USER_INPUT`.
    async fn measurement_total(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which measurements.")] filter: MeasurementTotalFilter,
        #[graphql(desc = "Which number of them.", default_with = "MeasurementFigure::Value")]
        figure: MeasurementFigure,
    ) -> Nullable<MeasurementTotal> {
        nullable(total(ctx.store(), filter, figure).await)
    }
}

/// Most measurements of one figure.
const MOST: u64 = 10_000;

async fn total(
    store: &Store,
    filter: MeasurementTotalFilter,
    figure: MeasurementFigure,
) -> Result<Option<MeasurementTotal>> {
    let Some(measured) = find(store, filter.indicator.clone()).await? else { return Ok(None) };
    let scope = scope(store, &filter).await?;
    let uses = Condition::all()
        .add(indicator_use::Column::IndicatorId.eq(measured.id))
        // Contracts and series measure by claims and deliveries: nothing of them is missing here.
        .add(indicator_use::Column::ProjectId.is_not_null());
    let uses = scope.iter().fold(uses, |all, (of_use, _)| all.add(of_use.clone()));
    let uses = store.see::<indicator_use::Entity>().filter(uses).limit(MOST).all().await?;
    let mut wanted = Condition::all()
        .add(measurement::Column::IndicatorId.eq(measured.id))
        .add(measurement::Column::State.is_in([MeasurementState::Accepted, MeasurementState::Certified]))
        // What is hidden from the viewer is not told by a sum either.
        .add(
            Condition::any()
                .add(disclosure::open_rows(store))
                .add(measurement::Column::HolderId.is_in(store.viewer().orgs(door::authz::Power::Read))),
        );
    for (_, of_measurement) in &scope {
        wanted = wanted.add(of_measurement.clone());
    }
    if let Some(from) = &filter.from {
        wanted = wanted.add(measurement::Column::PeriodStart.gte(&from.0));
    }
    if let Some(to) = &filter.to {
        wanted = wanted.add(measurement::Column::PeriodEnd.lte(&to.0));
    }
    let rows = store.see::<measurement::Entity>().filter(wanted).limit(MOST + 1).all().await?;
    if rows.len() as u64 > MOST {
        return Err(Error::bad_input(format!("More than {MOST} measurements; narrow the filter.")));
    }
    Ok(Some(made(measured, &uses, &rows, figure)))
}

/// Conditions on uses and on measurements, in pairs.
async fn scope(store: &Store, filter: &MeasurementTotalFilter) -> Result<Vec<(Condition, Condition)>> {
    let mut pairs = Vec::new();
    if let Some(projects) = &filter.projects {
        if projects.len() > 100 {
            return Err(Error::bad_input("`projects` takes at most 100 ids."));
        }
        let ids = keys::<ProjectId>(projects)?;
        pairs.push((
            Condition::all().add(indicator_use::Column::ProjectId.is_in(ids.clone())),
            Condition::all().add(measurement::Column::ProjectId.is_in(ids)),
        ));
    }
    if let Some(territory) = &filter.territory {
        let places = territories_matching(store, &[territory]).await?;
        let there = || -> Result<_> {
            let there = places.condition(store, territory, project_territory::Column::TerritoryId)?;
            let carrying = store.wholes::<project_territory::Entity>(there).holds(project::Column::Id);
            Ok(store.keys::<project::Entity>(project::Column::Id, carrying))
        };
        pairs.push((
            Condition::all().add(there()?.holds(indicator_use::Column::ProjectId)),
            Condition::all().add(there()?.holds(measurement::Column::ProjectId)),
        ));
    }
    Ok(pairs)
}

fn made(
    measured: indicator::Model,
    uses: &[indicator_use::Model],
    rows: &[measurement::Model],
    figure: MeasurementFigure,
) -> MeasurementTotal {
    let day = |text: &str| NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap_or_default();
    let reading = |row: &measurement::Model| Reading {
        site: row.use_id,
        starts_on: day(&row.period_start),
        ends_on: day(&row.period_end),
        unit: measured.unit.clone(),
        value: match figure {
            MeasurementFigure::Value => row.value.as_ref().and_then(|value| value.parse().ok()),
            MeasurementFigure::UniquePeople => row.unique_people.map(Into::into),
            MeasurementFigure::Claims => row.claims.map(Into::into),
        },
        denominator: row.denominator.as_ref().and_then(|value| value.parse().ok()),
    };
    let mut readings: Vec<Reading<IndicatorUseId>> = rows.iter().map(reading).collect();
    let silent = uses.iter().filter(|used| !rows.iter().any(|row| row.use_id == used.id));
    readings.extend(silent.map(|used| Reading {
        site: used.id,
        starts_on: NaiveDate::MIN,
        ends_on: NaiveDate::MIN,
        unit: measured.unit.clone(),
        value: None,
        denominator: None,
    }));
    let (method, quantity) = how(&measured, figure);
    let is_disjoint = rows.iter().all(|row| row.is_disjoint);
    let found = aggregate::aggregate(&readings, method, quantity, is_disjoint);
    let count = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
    let shown = |number: rust_decimal::Decimal| Decimal(number.round_dp(10).normalize().to_string());
    let method = method_out(method);
    match found {
        Ok(found) => MeasurementTotal {
            indicator: Indicator(measured),
            value: found.value.map(shown),
            refusal: None,
            refusal_message: None,
            method,
            used_count: count(found.used.len()),
            missing_count: count(found.missing.len()),
            missing_percent: found.missing_percent().map(shown),
        },
        Err(refusal) => MeasurementTotal {
            indicator: Indicator(measured),
            value: None,
            refusal: Some(refusal_out(refusal)),
            refusal_message: Some(refusal.to_string()),
            method,
            used_count: 0,
            missing_count: count(readings.iter().filter(|reading| reading.value.is_none()).count()),
            missing_percent: None,
        },
    }
}

const fn how(measured: &indicator::Model, figure: MeasurementFigure) -> (Aggregation, Quantity) {
    let quantity = match (figure, measured.value_type) {
        (MeasurementFigure::UniquePeople, _) => return (Aggregation::Sum, Quantity::UniquePeople),
        (MeasurementFigure::Claims, _) => return (Aggregation::Sum, Quantity::Count),
        (_, IndicatorValueType::Count | IndicatorValueType::Boolean) => Quantity::Count,
        (_, IndicatorValueType::Amount | IndicatorValueType::Duration | IndicatorValueType::Physical) => {
            Quantity::Amount
        }
        (_, IndicatorValueType::Percent) => Quantity::Percent,
        (_, IndicatorValueType::Rate | IndicatorValueType::Score | IndicatorValueType::Qualitative) => {
            Quantity::Rate
        }
    };
    let method = match measured.aggregation {
        IndicatorAggregation::Sum => Aggregation::Sum,
        IndicatorAggregation::MeanWeighted => Aggregation::MeanWeighted,
        IndicatorAggregation::Latest => Aggregation::Latest,
        IndicatorAggregation::Max => Aggregation::Max,
        IndicatorAggregation::None => Aggregation::None,
    };
    (method, quantity)
}

const fn method_out(method: Aggregation) -> IndicatorAggregation {
    match method {
        Aggregation::Sum => IndicatorAggregation::Sum,
        Aggregation::MeanWeighted => IndicatorAggregation::MeanWeighted,
        Aggregation::Latest => IndicatorAggregation::Latest,
        Aggregation::Max => IndicatorAggregation::Max,
        Aggregation::None => IndicatorAggregation::None,
    }
}

const fn refusal_out(refusal: Refusal) -> TotalRefusal {
    match refusal {
        Refusal::NotAggregated => TotalRefusal::NotAggregated,
        Refusal::SumOfPercents => TotalRefusal::SumOfPercents,
        Refusal::SumOfRates => TotalRefusal::SumOfRates,
        Refusal::PeopleOverlap => TotalRefusal::PeopleOverlap,
        Refusal::PeriodsOverlap => TotalRefusal::PeriodsOverlap,
        Refusal::MixedUnits => TotalRefusal::MixedUnits,
        Refusal::NoDenominators => TotalRefusal::NoDenominators,
        Refusal::BadDenominator => TotalRefusal::BadDenominator,
        Refusal::NoSingleLatest => TotalRefusal::NoSingleLatest,
        Refusal::TooLarge => TotalRefusal::TooLarge,
    }
}
