//! The GraphQL contract: what holds for every operation, whatever it is about. Knows no domain and no database.

pub mod codes;
pub mod connection;
pub mod cursor;
pub mod scalars;
