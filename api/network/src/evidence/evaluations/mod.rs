//! Studies of projects: their steps and clock, how free the evaluators are, what level of evidence they reach, social return.
//! Pure: `state`, `independence`, `level`, `sroi`.

pub mod access;
pub mod clock;
pub mod evaluation;
pub mod finding;
mod hold;
pub mod independence;
mod independent;
pub mod level;
pub mod list;
pub mod proposal;
pub mod sroi;
pub mod sroi_model;
pub mod standing;
mod state;
pub mod steps;
pub mod write;

pub use access::EvaluationAccessMutation;
pub use evaluation::Evaluation;
pub use finding::Finding;
pub use list::EvaluationQuery;
pub use proposal::EvaluationLevelMutation;
pub use sroi_model::{SroiModel, SroiMutation};
pub use steps::EvaluationStepMutation;
pub use write::EvaluationWriteMutation;
