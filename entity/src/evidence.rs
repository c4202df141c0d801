//! Impact, measured and proved: what is measured, where it stands, and what studies found.

mod evaluations;
mod frameworks;
mod groups;
mod indicators;
mod measurements;
mod policy;
mod uses;

pub use evaluations::*;
pub use frameworks::*;
pub use groups::*;
pub use indicators::*;
pub use measurements::*;
pub use policy::*;
pub use uses::*;
