//! Writes down what outsiders may see of measurements (domain BR-23); the judgment itself is in `cells`.
//!
//! A measurement is judged when it is submitted, together with those beside it, so that reading is quick and every outlet
//! says the same. Until then, and whenever the judgment was made under another limit, outsiders see no figure.

use super::{
    cells::{Open, Told, open_together},
    measurement::total,
};
use door::{
    Result,
    authz::{Clock, EVIDENCE_CLOCK, Event, Pools, RequestFacts, Store, Tx, Viewer},
};
use entity::{
    codes::MeasurementState,
    evidence::{measurement, measurement_cell},
    ids::{MeasurementId, ProjectId},
};
use sea_orm::{ActiveModelTrait, ColumnTrait, Condition, IntoActiveModel, Set};
use std::collections::HashMap;

/// States in which others than the holder see a measurement, and in which it is beside others.
const TOLD: [MeasurementState; 4] = [
    MeasurementState::Submitted,
    MeasurementState::Returned,
    MeasurementState::Accepted,
    MeasurementState::Certified,
];

/// Whether outsiders may see figures of the whole.
pub fn is_open(row: &measurement::Model, store: &Store) -> bool {
    row.is_total_open && is_judged(row, store)
}

/// Whether what was written down of it holds under the limit of today.
pub fn is_judged(row: &measurement::Model, store: &Store) -> bool {
    row.judged_under.and_then(|limit| u64::try_from(limit).ok()) == Some(store.fewest_shown())
}

/// The same for queries.
pub fn open_rows(store: &Store) -> Condition {
    let limit = i64::try_from(store.fewest_shown()).unwrap_or(i64::MAX);
    Condition::all()
        .add(measurement::Column::IsTotalOpen.eq(true))
        .add(measurement::Column::JudgedUnder.eq(limit))
}

/// Judges a project's measurements of these days, and all that overlap with them, anew. From here on the system acts.
pub async fn judge_anew(tx: &mut Tx, project: ProjectId, days: (&str, &str)) -> Result<()> {
    tx.as_job(EVIDENCE_CLOCK);
    let (mut start, mut end) = (days.0.to_owned(), days.1.to_owned());
    loop {
        let beside = Condition::all()
            .add(measurement::Column::ProjectId.eq(project))
            .add(measurement::Column::State.is_in(TOLD))
            .add(measurement::Column::PeriodStart.lte(&end))
            .add(measurement::Column::PeriodEnd.gte(&start));
        let rows = tx.see::<measurement::Entity>().locked().filter(beside).all().await?;
        let first = rows.iter().map(|row| &row.period_start).min().filter(|first| **first < start);
        let last = rows.iter().map(|row| &row.period_end).max().filter(|last| **last > end);
        if first.is_none() && last.is_none() {
            return judge_rows(tx, rows).await;
        }
        // What they overlap with, too.
        (start, end) = (first.unwrap_or(&start).clone(), last.unwrap_or(&end).clone());
    }
}

async fn judge_rows(tx: &mut Tx, rows: Vec<measurement::Model>) -> Result<()> {
    let of_rows = measurement_cell::Column::MeasurementId.is_in(rows.iter().map(|row| row.id));
    let mut cells: HashMap<MeasurementId, Vec<measurement_cell::Model>> = HashMap::new();
    for cell in tx.see::<measurement_cell::Entity>().filter(of_rows).all().await? {
        cells.entry(cell.measurement_id).or_default().push(cell);
    }
    let none = Vec::new();
    let limit = tx.store().fewest_shown();
    let told: Vec<Told> = rows
        .iter()
        .map(|row| Told {
            id: row.id,
            indicator: row.indicator_id,
            starts: &row.period_start,
            ends: &row.period_end,
            people: row.unique_people.and_then(|people| u64::try_from(people).ok()),
            total: total(row.unique_people, row.value.as_deref()),
            cells: cells.get(&row.id).unwrap_or(&none),
        })
        .collect();
    let judged = open_together(&told, limit);
    for (row, open) in rows.iter().zip(judged) {
        let its = cells.get(&row.id).unwrap_or(&none);
        write(tx, row.clone(), its, &open, i64::try_from(limit).unwrap_or(i64::MAX)).await?;
    }
    Ok(())
}

async fn write(
    tx: &mut Tx,
    row: measurement::Model,
    cells: &[measurement_cell::Model],
    open: &Open,
    limit: i64,
) -> Result<()> {
    let said = |cell: &measurement_cell::Model| (cell.is_people_open, cell.is_value_open);
    let is_same = cells.iter().map(said).eq(open.cells.iter().copied());
    if is_same && row.is_total_open == open.is_total_shown && row.judged_under == Some(limit) {
        return Ok(());
    }
    let held = tx.held::<measurement::Entity>(row, door::authz::Act::Edit)?;
    let is_total_open = open.is_total_shown;
    let held = tx
        .update(held, |row| {
            row.is_total_open = Set(is_total_open);
            row.judged_under = Set(Some(limit));
        })
        .await?;
    if is_same {
        return Ok(());
    }
    let parts = cells.iter().zip(&open.cells).map(|(cell, (people, value))| {
        let cell = measurement_cell::Model { is_people_open: *people, is_value_open: *value, ..cell.clone() };
        cell.into_active_model().reset_all()
    });
    tx.replace::<measurement_cell::Entity>(&held, parts.collect()).await
}

/// Judges what was judged under another limit, project by project; at a server's start.
pub async fn judge_all(pools: &Pools) -> Result<()> {
    let store =
        Store::new(pools.clone(), Viewer::job(EVIDENCE_CLOCK), Clock::default(), RequestFacts::default());
    let limit = i64::try_from(store.fewest_shown()).unwrap_or(i64::MAX);
    loop {
        let stale = Condition::any()
            .add(measurement::Column::JudgedUnder.ne(limit))
            .add(measurement::Column::JudgedUnder.is_null());
        let stale = Condition::all().add(measurement::Column::State.is_in(TOLD)).add(stale);
        let Some(row) = store.see::<measurement::Entity>().filter(stale).one().await? else { return Ok(()) };
        let mut tx = store.begin().await?;
        judge_anew(&mut tx, row.project_id, (&row.period_start, &row.period_end)).await?;
        tx.commit(Event::of("measurementJudge")).await?;
    }
}
