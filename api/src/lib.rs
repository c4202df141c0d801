//! The network's API: areas, the door they read through, and the ways in.

pub mod authz;
pub mod cli;
pub mod config;
mod error;
pub mod fold;
mod outage;
mod progress;
pub mod reference;

pub use error::{Error, Faults, Nullable, Result, UserError, UserErrorCode, nullable};
