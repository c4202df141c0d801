//! The network's stories, on one server and one database each. Areas are modules.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this crate is tests: a panic is how it speaks"
)]

mod access;
mod at_hand;
mod audit;
mod authn;
mod contracts;
mod crawl;
mod database;
mod demo;
mod documents;
mod evidence;
mod export;
mod exposure;
mod filters;
mod http;
mod idempotency;
mod identity;
mod orgs;
mod pages;
mod patch;
mod permissions;
mod projects;
mod reference;
mod search;
mod sources;
mod statements;
mod traffic;
