//! The gate, the price list and the transport before a real async-graphql schema.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod admission;
mod cost;
mod merging;
mod protocol;
mod publishing;
mod reading;
mod world;
