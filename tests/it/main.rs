//! The network's stories, on one server and one database each. Areas are modules.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this crate is tests: a panic is how it speaks"
)]

mod access;
mod crawl;
mod database;
mod documents;
mod evidence;
mod export;
mod exposure;
mod filters;
mod pages;
mod patch;
mod permissions;
mod projects;
mod reference;
mod search;
mod sources;
mod statements;
