//! Contracts of the world as INDIGO records them: taken in as history, shown with what is odd, written again as read.
//!
//! Pure: [`record`] and `stated`. Source of the form: INDIGO data standard 4.1, Government Outcomes Lab, University of
//! Oxford.

pub mod export;
pub mod import;
pub mod record;
pub mod rows;
pub mod stated;

pub use rows::COIN;

/// Name of the source in records and identifiers.
pub const SOURCE: &str = "INDIGO";

/// Totals an imported contract states, beside the sums of its lines.
pub fn totals(row: &entity::contracts::contract::Model) -> Vec<stated::Stated> {
    let project = if row.is_imported { rows::project_of(row).ok() } else { None };
    let record = project.map(|project| record::write(&project, COIN));
    record
        .as_ref()
        .and_then(serde_json::Value::as_object)
        .map(|it| stated::stated(it, COIN))
        .unwrap_or_default()
}
