//! The network's areas as GraphQL types: what may be asked and changed, by the rules of each area.

#![recursion_limit = "512"]

// First: its macro is used by the areas.
#[macro_use]
pub mod face;

pub mod audit;
pub mod contracts;
pub mod evidence;
pub mod identity;
pub mod interests;
pub mod orgs;
pub mod projects;
pub mod reference;
pub mod schema;
