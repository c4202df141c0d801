//! Real contracts, as INDIGO records them.

pub mod record;
