//! The rows of the network, one file per area. Knows neither HTTP, nor who asks.
//!
//! The only GraphQL word spoken here is the enum: a code list is one definition for the column, the schema and the
//! labels (see [`codes`]).

pub mod audit;
pub mod codes;
pub mod contracts;
pub mod evidence;
pub mod identity;
pub mod ids;
pub mod interests;
pub mod orgs;
pub mod projects;
pub mod read_model;
pub mod reference;
pub mod traffic;

use sea_orm::DeriveValueType;

/// An instant, as microseconds since 1970-01-01 UTC.
///
/// An integer on both databases, so that the two order, compare and page instants alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, DeriveValueType)]
pub struct At(pub i64);

impl At {
    pub const SECOND: i64 = 1_000_000;
    pub const MINUTE: i64 = 60 * Self::SECOND;
    pub const HOUR: i64 = 60 * Self::MINUTE;
    pub const DAY: i64 = 24 * Self::HOUR;

    #[must_use]
    pub const fn plus(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }
}
