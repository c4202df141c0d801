//! A world to tell stories in: a real server on a fresh database, and the people who use it.
//!
//! ```ignore
//! let world = World::new().await;
//! let (lab, funder) = (world.innovator("Water Lab").await, world.funder("Blue Fund").await);
//! let project = lab.publishes("Rain for all").await;
//! funder.asks("query ($id: ID!) { node(id: $id) { id } }", json!({ "id": project })).await.data("/node/id");
//! ```
//!
//! Every story runs on SQLite; with `TEST_DATABASE=postgres` and `TEST_POSTGRES_URL` set, on PostgreSQL.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "this crate is tests: a panic is how it speaks"
)]

mod account;
mod actor;
mod answer;
mod cast;
mod client;
mod databases;
mod golden;
mod schema;
mod seed;
mod world;

pub use account::PASSWORD;
pub use actor::Actor;
pub use answer::Answer;
pub use cast::Cast;
pub use client::Reply;
pub use databases::{Database, is_postgres};
pub use golden::golden;
pub use schema::{Field, Schema};
pub use seed::complete;
pub use serde_json::{Value, json};
pub use world::{MOST_BYTES, World};
