//! What projects measured: written, imported, corrected, locked, added up, and without small cells for outsiders.
//! Pure: `aggregate`, `cells`, `suppression`, `csv`, `input`, `state`.

pub mod aggregate;
mod cells;
mod csv;
pub mod disclosure;
pub mod import;
pub mod input;
pub mod measurement;
pub mod period_lock;
mod state;
pub mod suppression;
pub mod total;
pub mod write;

pub use import::{ExportQuery, ImportMutation};
pub use measurement::Measurement;
pub use period_lock::{PeriodLock, PeriodMutation};
pub use total::TotalQuery;
pub use write::MeasurementMutation;
