//! Territories and vocabularies: what everybody may read and staff keep.

pub mod load;
