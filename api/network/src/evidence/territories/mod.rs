//! Public indicators on territories: deliveries, series, progress and ranking.
//! Pure: `barometre`, `series`, `progress`.

mod barometre;
pub mod import;
mod policy_series;
pub mod progress;
mod ranking;
mod series;

pub use policy_series::{PolicySeries, policy_series_of};
pub use ranking::RankingQuery;
