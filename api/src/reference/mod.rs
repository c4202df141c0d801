//! Territories, vocabularies and code lists: what everybody shares.

mod code_list;
pub mod load;
mod places;
pub mod term;
mod territory;

pub use code_list::CodeListQuery;
pub use places::{Places, TerritoryFilter, TerritoryRelation, related, territories_matching};
pub use term::{Term, TermMutation, TermQuery, codes_of};
pub use territory::{Territory, TerritoryQuery, TerritoryRef};
