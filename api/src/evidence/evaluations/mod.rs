//! Studies of projects: their steps and clock, how free the evaluators are, what level of evidence they reach, social return.
//! Pure: `state`, `independence`, `level`, `sroi`.

pub mod clock;
pub mod evaluation;
pub mod independence;
pub mod level;
pub mod sroi;
pub mod sroi_model;
pub mod standing;
mod state;
pub mod write;

pub use evaluation::{Evaluation, EvaluationQuery, Finding};
pub use sroi_model::{SroiModel, SroiMutation};
pub use write::EvaluationMutation;
