//! Organizations, who belongs to them, and how they are verified.

mod organization;

pub use organization::Organization;
