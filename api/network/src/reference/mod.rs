//! Territories, vocabularies and code lists: what everybody shares.

mod code_list;
pub mod load;
mod places;
pub mod term;
mod territory;

pub use code_list::CodeListQuery;
pub use door::reference::{Atlas, FORGIVEN_FROM, Place, Reference, Vocabulary, closeness, is_one_letter_off};
pub use places::{Places, TerritoryFilter, TerritoryRelation, territories_matching};
pub use term::{Term, TermMutation, TermQuery, codes_of};
pub use territory::{Territory, TerritoryQuery, TerritoryRef};
