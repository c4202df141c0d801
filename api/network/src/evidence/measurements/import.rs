//! Many measurements at once, out and in: all lines are checked, and nothing is written unless all are right, or the
//! caller asked to leave faulty ones out.

use super::{
    csv::{self, Cell, Fault, Line},
    disclosure,
    input::check,
    measurement::Measurement,
    state::is_editable,
    write::{day, draft, evaluator_of},
};
use crate::face::{Door, key, payload};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use door::{
    Error, Faults, Nullable, Result,
    authz::{Act, Event, Power, Store, Tx},
    nullable,
};
use entity::{
    codes::MeasurementState,
    evidence::{indicator, indicator_use, measurement, measurement_cell, period_lock},
    ids::{IndicatorId, IndicatorUseId, MeasurementId, ProjectId},
    projects::project,
};
use sea_orm::{ColumnTrait, Condition, IntoActiveModel, TryIntoModel};
use std::{
    collections::{BTreeSet, HashMap},
    str::FromStr,
};

/// Most measurements of one file.
const MOST: usize = 5_000;

/// Measurements of a project as a CSV file.
#[derive(Clone, Debug, SimpleObject)]
pub struct MeasurementExport {
    /// The file's text: a heading, and a line for each measurement; `measurementImport` reads it back.
    pub csv: String,
    /// Measurements in it; at most 5,000, latest period first.
    pub row_count: i32,
}

/// Something wrong in a file, and where.
#[derive(Clone, Debug, SimpleObject)]
pub struct ImportFault {
    /// Line of the file, from 1, its heading included.
    pub row: i32,
    /// Column; `line` where the whole line is at fault.
    pub column: String,
    /// What is wrong.
    pub reason: String,
}

/// What an import came to.
#[derive(Clone, Debug, SimpleObject)]
pub struct MeasurementImport {
    /// Whether anything was written.
    pub is_written: bool,
    /// Drafts that are new.
    pub created_count: i32,
    /// Drafts and returned measurements that changed.
    pub updated_count: i32,
    /// Measurements that say what they said.
    pub unchanged_count: i32,
    /// Everything that is wrong, line by line; at most 10,000.
    pub faults: Vec<ImportFault>,
}

/// Takes in measurements of a project.
#[derive(Clone, Debug, InputObject)]
pub struct MeasurementImportInput {
    /// Project; the viewer has to be an editor of its holder.
    pub project_id: ID,
    /// Text of the file, as `measurementExport` writes it; lines without an id are new. At most 5,000 lines.
    pub csv: String,
    /// Whether faulty lines are left out instead of refusing the file.
    #[graphql(default)]
    pub skip_faulty: bool,
    /// Whether to only say what would happen.
    #[graphql(default)]
    pub dry_run: bool,
}

payload! {
    /// Outcome of `measurementImport`.
    MeasurementImportPayload {
        /// What the import came to.
        measurement_import: MeasurementImport
    }
}

#[derive(Clone, Copy, Default)]
pub struct ExportQuery;

#[Object]
impl ExportQuery {
    /// Measurements of a project that the viewer sees, as a CSV file; small cells are left out as everywhere.
    ///
    /// `null` if there is no such project for the viewer.
    async fn measurement_export(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the project.")] project_id: ID,
    ) -> Nullable<MeasurementExport> {
        nullable(export(ctx.store(), &project_id).await)
    }
}

#[derive(Clone, Copy, Default)]
pub struct ImportMutation;

#[Object]
impl ImportMutation {
    /// Takes in measurements as drafts: all of them, or none and every fault, or all but the faulty ones if asked to.
    ///
    /// Errors: `NOT_FOUND`; top level: `FORBIDDEN`.
    async fn measurement_import(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The file, and what to do with it.")] input: MeasurementImportInput,
    ) -> Nullable<MeasurementImportPayload> {
        payload(import(ctx.store(), input).await)
    }
}

async fn export(store: &Store, id: &ID) -> Result<Option<MeasurementExport>> {
    let Some(project) = store.load::<project::Entity>(key::<ProjectId>(id)?).await? else { return Ok(None) };
    let wanted = Condition::all()
        .add(measurement::Column::ProjectId.eq(project.id))
        .add(measurement::Column::State.ne(MeasurementState::Superseded));
    let seen = store.see::<measurement::Entity>().filter(wanted).ascending(measurement::Column::Id);
    let rows = seen.limit(MOST as u64).all().await?;
    let is_own = store.viewer().sits(project.holder_id, Power::Read);
    let lines = rows.into_iter().map(|row| async move {
        let measured = store.load::<indicator::Entity>(row.indicator_id);
        let shown = Measurement(row.clone());
        let (measured, cells) = futures_util::try_join!(measured, shown.shown(store))?;
        let cell = |cell: super::measurement::MeasurementCell| -> Option<Cell> {
            let people = cell.people.map(i64::from);
            (!cell.is_suppressed)
                .then(|| (cell.dimension, cell.category, people, cell.value.map(|value| value.0)))
        };
        let code = measured.map(|measured| measured.code).unwrap_or_default();
        Ok::<_, Error>((
            outward(store, row, is_own),
            code,
            cells.into_iter().filter_map(cell).collect::<Vec<_>>(),
        ))
    });
    let mut lines = futures_util::future::try_join_all(lines).await?;
    lines.sort_by(|(a, ..), (b, ..)| (&b.period_start, b.id).cmp(&(&a.period_start, a.id)));
    let row_count = i32::try_from(lines.len()).unwrap_or(i32::MAX);
    Ok(Some(MeasurementExport { csv: csv::write(&lines)?, row_count }))
}

/// A row without what is its holder's alone.
fn outward(store: &Store, mut row: measurement::Model, is_own: bool) -> measurement::Model {
    if !is_own {
        row.comment = None;
        row.evidence = serde_json::json!([]);
        if !disclosure::is_open(&row, store) {
            (row.value, row.unique_people, row.claims, row.units) = (None, None, None, None);
            (row.numerator, row.denominator, row.sample_size) = (None, None, None);
            (row.confidence_low, row.confidence_high) = (None, None);
        }
    }
    row
}

/// What is there already.
struct Known {
    project: ProjectId,
    uses: HashMap<IndicatorUseId, indicator_use::Model>,
    indicators: HashMap<IndicatorId, indicator::Model>,
    rows: HashMap<MeasurementId, measurement::Model>,
    cells: HashMap<MeasurementId, Vec<measurement_cell::Model>>,
    locks: Vec<period_lock::Model>,
}

impl Known {
    async fn read(tx: &Tx, project: ProjectId, lines: &[Line]) -> Result<Self> {
        let uses = tx
            .see::<indicator_use::Entity>()
            .filter(indicator_use::Column::ProjectId.eq(project))
            .all()
            .await?;
        let measured = indicator::Column::Id.is_in(uses.iter().map(|row| row.indicator_id));
        let indicators = tx.see::<indicator::Entity>().filter(measured).all().await?;
        let ids: Vec<_> =
            lines.iter().filter_map(|line| MeasurementId::from_str(line.id.as_deref()?).ok()).collect();
        let wanted = Condition::all()
            .add(measurement::Column::ProjectId.eq(project))
            .add(measurement::Column::Id.is_in(ids.iter().copied()));
        let rows = tx.see::<measurement::Entity>().locked().filter(wanted).all().await?;
        let mut cells: HashMap<_, Vec<_>> = HashMap::new();
        let of_rows = measurement_cell::Column::MeasurementId.is_in(rows.iter().map(|row| row.id));
        for cell in tx.see::<measurement_cell::Entity>().filter(of_rows).all().await? {
            cells.entry(cell.measurement_id).or_default().push(cell);
        }
        let locks = Condition::all()
            .add(period_lock::Column::ProjectId.eq(project))
            .add(period_lock::Column::IsOpen.eq(false));
        let locks = tx.see::<period_lock::Entity>().filter(locks).all().await?;
        Ok(Self {
            project,
            uses: uses.into_iter().map(|row| (row.id, row)).collect(),
            indicators: indicators.into_iter().map(|row| (row.id, row)).collect(),
            rows: rows.into_iter().map(|row| (row.id, row)).collect(),
            cells,
            locks,
        })
    }
}

/// What a line comes to.
enum Outcome {
    New(Box<measurement::Model>, Vec<measurement_cell::Model>),
    Changed(Box<measurement::Model>, Vec<measurement_cell::Model>),
    Same,
}

async fn import(store: &Store, input: MeasurementImportInput) -> Result<MeasurementImport> {
    let mut tx = store.begin().await?;
    let id = key::<ProjectId>(&input.project_id)?;
    let project = tx.hold::<project::Entity>(id, Act::Edit, &["input", "projectId"]).await?;
    let (lines, mut faults) = csv::read(&input.csv, MOST);
    let known = Known::read(&tx, project.id, &lines).await?;
    let evaluator = evaluator_of(&tx, project.id).await?;
    let mut seen = BTreeSet::new();
    let (mut rows, mut cells, mut counts) = (Vec::new(), Vec::new(), (0, 0, 0));
    for line in lines {
        let row = line.row;
        if let Some(id) = &line.id
            && !seen.insert(id.clone())
        {
            let reason = "This measurement is in the file already.".to_owned();
            faults.push(Fault { row, column: "id".to_owned(), reason });
            continue;
        }
        match outcome(store, &known, evaluator, line)? {
            Ok(Outcome::Same) => counts.2 += 1,
            Ok(Outcome::New(row, its)) => {
                counts.0 += 1;
                rows.push(*row);
                cells.extend(its);
            }
            Ok(Outcome::Changed(row, its)) => {
                counts.1 += 1;
                rows.push(*row);
                cells.extend(its);
            }
            Err(told) => faults.extend(told),
        }
    }
    faults.sort_by_key(|fault| fault.row);
    let is_written = !rows.is_empty() && !input.dry_run && (faults.is_empty() || input.skip_faulty);
    if is_written {
        tx.put_all::<measurement::Entity>(&rows).await?;
        tx.replace_all::<measurement_cell::Entity>(&rows, cells, |_| ()).await?;
        tx.commit(Event::of("measurementImport")).await?;
    }
    let told = |fault: Fault| ImportFault {
        row: i32::try_from(fault.row).unwrap_or(i32::MAX),
        column: fault.column,
        reason: fault.reason,
    };
    Ok(MeasurementImport {
        is_written,
        created_count: counts.0,
        updated_count: counts.1,
        unchanged_count: counts.2,
        faults: faults.into_iter().take(10_000).map(told).collect(),
    })
}

fn outcome(
    store: &Store,
    known: &Known,
    evaluator: Option<entity::ids::OrganizationId>,
    line: Line,
) -> Result<Result<Outcome, Vec<Fault>>> {
    let row = line.row;
    let wrong = |column: &str, reason: &str| {
        Ok(Err(vec![Fault { row, column: column.to_owned(), reason: reason.to_owned() }]))
    };
    let used = IndicatorUseId::from_str(&line.use_id).ok().and_then(|id| known.uses.get(&id));
    let Some(used) = used else { return wrong("use_id", "The project has no such use of an indicator.") };
    let Some(measured) = known.indicators.get(&used.indicator_id) else {
        return wrong("use_id", "There is no such indicator.");
    };
    let mut faults = Faults::default();
    let values = check(line.measurement, measured, &day(store.now()), &[], &mut faults);
    if let Err(refused) = faults.none_or_refuse() {
        let Error::Mend(errors) = refused else { return Err(refused) };
        let fault = |error: door::UserError| Fault {
            row,
            column: error.path.first().map_or_else(|| "line".to_owned(), |field| snake(field)),
            reason: error.message,
        };
        return Ok(Err(errors.into_iter().map(fault).collect()));
    }
    let before = match &line.id {
        None => None,
        Some(id) => {
            let before = MeasurementId::from_str(id).ok().and_then(|id| known.rows.get(&id));
            let Some(before) = before.filter(|before| before.use_id == used.id) else {
                return wrong("id", "The project has no such measurement under this use.");
            };
            Some(before)
        }
    };
    let base = before.map_or_else(
        || draft(used, known.project, evaluator, store),
        |before| before.clone().into_active_model(),
    );
    let mut made = base;
    values.apply(&mut made);
    let mut made: measurement::Model = made.try_into_model()?;
    let cells = values.cells_of(made.id);
    if let Some(before) = before {
        let same =
            known.cells.get(&before.id).map_or(cells.is_empty(), |known| sorted(known) == sorted(&cells));
        if same && made == *before {
            return Ok(Ok(Outcome::Same));
        }
        if !is_editable(before.state) {
            return wrong("id", "This measurement was submitted; correct it instead (`measurementCorrect`).");
        }
        made.version += 1;
        made.updated_at = store.now();
        (made.is_total_open, made.judged_under) = (false, None);
    }
    if used.is_closed {
        return wrong("use_id", "This use takes no more measurements.");
    }
    let (start, end) = values.period();
    if known.locks.iter().any(|lock| lock.period_start.as_str() <= end && lock.period_end.as_str() >= start) {
        return wrong("period_start", "A reviewer locked these days.");
    }
    let made = Box::new(made);
    Ok(Ok(if before.is_some() { Outcome::Changed(made, cells) } else { Outcome::New(made, cells) }))
}

/// Cells in their order, without what was judged of them.
fn sorted(cells: &[measurement_cell::Model]) -> Vec<measurement_cell::Model> {
    let plain = |cell: &measurement_cell::Model| measurement_cell::Model {
        is_people_open: false,
        is_value_open: false,
        ..cell.clone()
    };
    let mut cells: Vec<_> = cells.iter().map(plain).collect();
    cells.sort_by(|a, b| (&a.dimension, &a.category).cmp(&(&b.dimension, &b.category)));
    cells
}

/// Column of a field: `periodStart` is `period_start`.
fn snake(field: &str) -> String {
    let mut name = String::new();
    for letter in field.chars() {
        if letter.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}
