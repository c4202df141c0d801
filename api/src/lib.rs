//! The network's API: areas, the door they read through, and the ways in.

#![recursion_limit = "512"]

// First: its macro is used by the areas.
#[macro_use]
pub mod face;

pub mod audit;
pub mod authn;
pub mod authz;
pub mod cli;
pub mod commands;
pub mod config;
pub mod contracts;
pub mod demo;
pub mod documents;
mod error;
pub mod evidence;
pub mod fold;
pub mod http;
pub mod identity;
pub mod interests;
pub mod mail;
pub mod orgs;
mod outage;
mod progress;
pub mod projects;
pub mod reference;
pub mod schema;
#[cfg(feature = "search")]
pub mod search;
pub mod seed;
pub mod server;

pub use error::{Error, Faults, Nullable, Result, UserError, UserErrorCode, nullable};
