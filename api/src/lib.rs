//! The program: command line, settings, server, HTTP, demo and seeded networks.

#![recursion_limit = "512"]

pub mod cli;
pub mod commands;
pub mod config;
pub mod demo;
pub mod http;
pub mod seed;
pub mod server;
