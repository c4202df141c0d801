//! Evidence: indicators, where they stand, what projects measured, what studies found, and what it all says together.

pub mod aggregate;
mod barometre;
pub mod import;
mod indicator;
pub mod level;
mod policy_series;
pub mod progress;
mod ranking;
mod series;
pub mod sroi;
pub mod suppression;

pub use indicator::{Indicator, IndicatorQuery};
pub use policy_series::{PolicySeries, policy_series_of};
pub use ranking::RankingQuery;
