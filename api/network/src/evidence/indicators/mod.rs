//! Indicators and frameworks, edition by edition, the working groups that write them, and what the network says of drafts.
//! Not here: who measures by them (`uses`).

pub mod comment;
mod edition;
pub mod framework;
pub mod group;
pub mod indicator;

pub use comment::{Comment, CommentMutation};
pub use framework::{Framework, FrameworkQuery, write::FrameworkMutation};
pub use group::write::WorkingGroupMutation;
pub use group::{WorkingGroup, WorkingGroupQuery};
pub use indicator::write::IndicatorMutation;
pub use indicator::{Indicator, IndicatorQuery};
