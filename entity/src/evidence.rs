//! Impact, measured and proved: what is measured, where it stands, and what studies found.

mod indicators;
mod policy;

pub use indicators::{indicator, indicator_reference, indicator_term};
pub use policy::{policy_point, policy_series};
