//! Evidence: what measurements and evaluations are worth, and what they say together.

pub mod progress;
pub mod suppression;
