//! The door: the database as one viewer sees it, what it keeps in memory, and how it says no.

pub mod authz;
pub mod card;
mod error;
pub mod fold;
mod outage;
pub mod progress;
pub mod reference;

pub use error::{Error, Faults, Nullable, Result, UserError, UserErrorCode, nullable};
