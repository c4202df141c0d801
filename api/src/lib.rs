//! The network's API: areas, the door they read through, and the ways in.

#![recursion_limit = "512"]

// First: its macro is used by the areas.
#[macro_use]
pub mod face;

pub mod authz;
mod error;
pub mod evidence;
pub mod fold;
pub mod orgs;
pub mod projects;
pub mod reference;
pub mod schema;

pub use error::{Error, Faults, Nullable, Result, UserError, UserErrorCode, nullable};
