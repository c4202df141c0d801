//! What is to be measured where: indicators in use, and the frameworks that projects adopt.
//! Not here: what was measured (`measurements`).

pub mod adoption;
mod owner;
pub mod usage;
pub mod write;

pub use adoption::{AdoptionMutation, FrameworkAdoption};
pub use usage::IndicatorUse;
pub use write::UsageMutation;
