//! Filtering by territory: a place, what lies within it, what it lies within (domain BR-32).

use async_graphql::{Enum, InputObject, MaybeUndefined};

/// Condition on the territories of a record.
#[derive(Clone, Debug, InputObject)]
pub struct TerritoryFilter {
    /// Codes of territories, such as `REG-76`; any of them. At most 100; an empty list finds nothing.
    pub codes: Vec<String>,
    /// How the record's territories relate to these; `ANY` unless given.
    pub relation: MaybeUndefined<TerritoryRelation>,
}

/// How one territory relates to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum TerritoryRelation {
    /// The same territory.
    Exact,
    /// The same or one around it.
    Wider,
    /// The same or one within it.
    Narrower,
    /// The same, one around it or one within it.
    Any,
}

/// What is said of a code that no territory has.
pub fn unknown_place(code: &str) -> String {
    format!("There is no territory with code {code:?}. Codes look like FR, REG-76, DEP-31, EPCI-243100518, COM-31555.")
}
