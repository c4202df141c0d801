//! From a request to a viewer: credentials, keys, tokens, and patience with those who guess.

pub mod password;
mod strength;
