//! Evidence: indicators, where they stand, what projects measured, what studies found, and what it all says together.

pub mod adoption;
pub mod aggregate;
mod asked;
mod barometre;
mod cells;
pub mod framework;
pub mod import;
pub mod indicator;
pub mod indicator_write;
pub mod level;
pub mod measurement;
pub mod measurement_input;
mod measurement_state;
pub mod measurement_write;
pub mod period_lock;
mod policy_series;
pub mod progress;
mod ranking;
mod series;
pub mod sroi;
pub mod suppression;
pub mod theory;
mod theory_graph;
pub mod usage;

pub use adoption::{AdoptionMutation, FrameworkAdoption};
pub use framework::{Framework, FrameworkMutation, FrameworkQuery};
pub use indicator::{Indicator, IndicatorQuery};
pub use indicator_write::IndicatorMutation;
pub use measurement::Measurement;
pub use measurement_write::MeasurementMutation;
pub use period_lock::{PeriodLock, PeriodMutation};
pub use policy_series::{PolicySeries, policy_series_of};
pub use ranking::RankingQuery;
pub use theory::{TheoryMutation, TheoryOfChange};
pub use usage::{IndicatorUse, UsageMutation};
