//! Theories of change: how a project says that it gets from means to effects, and how that is drawn.
//! The graph is pure.

mod graph;
pub mod theory;

pub use theory::{TheoryMutation, TheoryOfChange};
