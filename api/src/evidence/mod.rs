//! Evidence: indicators, where they stand, what projects measured, what studies found, and what it all says together.

mod barometre;
pub mod import;
mod indicator;
mod policy_series;
pub mod progress;
mod ranking;
mod series;

pub use indicator::{Indicator, IndicatorQuery};
pub use policy_series::{PolicySeries, policy_series_of};
pub use ranking::RankingQuery;
