//! GraphQL over HTTP as pure functions: bytes to a question, an answer to bytes. No server, no framework.
//!
//! The status codes are those that the `graphql-http` audit asks for.

mod accept;
mod answer;
mod ask;
pub(crate) mod json;

pub use self::{
    accept::{Media, negotiate},
    answer::{Answer, Hidden, Reply},
    ask::decode,
};
