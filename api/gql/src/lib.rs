//! The GraphQL contract over async-graphql: what we admit, what it costs, how we answer. No domain, no database.

pub mod at_hand;
mod cache;
mod classify;
pub mod codes;
pub mod connection;
pub mod cost;
pub mod cursor;
pub mod gate;
pub mod http;
pub mod limits;
mod literals;
pub mod merge;
pub mod outline;
pub mod refusal;
pub mod scalars;
pub mod sdl;
pub mod variables;
