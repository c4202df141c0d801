//! Evidence: what measurements and evaluations are worth, and what they say together.

pub mod aggregate;
pub mod forest;
pub mod level;
pub mod progress;
pub mod sroi;
pub mod suppression;
pub mod synthesis;
