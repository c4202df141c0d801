//! The network's API: areas, the door they read through, and the ways in.

pub mod authn;
pub mod authz;
mod error;
pub mod fold;
mod outage;

pub use error::{Error, Faults, Nullable, Result, UserError, UserErrorCode, nullable};
