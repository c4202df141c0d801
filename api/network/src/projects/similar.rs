//! Projects like another, with what makes them so.

use super::project::Project;
use crate::reference::{Term, Territory};
use async_graphql::SimpleObject;

/// Project like another, and why.
#[derive(Clone, SimpleObject)]
pub struct SimilarProject {
    /// Project that is alike.
    pub project: Project,
    /// Themes both have; at most 20.
    pub shared_themes: Vec<Term>,
    /// Territories both are found at, the closest only; at most 10.
    pub shared_territories: Vec<Territory>,
    /// Telling words both texts have, without case and accents; at most 12.
    pub shared_words: Vec<String>,
}
