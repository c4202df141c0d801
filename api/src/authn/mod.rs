//! From a request to a viewer: credentials, keys, tokens, and patience with those who guess.

pub mod keys;
pub mod password;
#[cfg(test)]
mod scratch;
mod strength;
pub mod token;
