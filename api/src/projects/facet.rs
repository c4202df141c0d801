//! Facets of a list of projects, as the API shows them.

use async_graphql::{Enum, SimpleObject};

/// What projects can be counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum ProjectFacetField {
    /// By theme.
    Theme,
    /// By axis of their themes.
    Axis,
    /// By territory they are found under, at the scale of `territoryScale`.
    Territory,
    /// By stage.
    Stage,
    /// By instrument of open funding needs.
    Instrument,
    /// By Sustainable Development Goal.
    Sdg,
    /// By audience.
    Public,
    /// By kind of holder.
    HolderKind,
}

/// Values of one facet, each with its number of projects.
#[derive(Clone, Debug, SimpleObject)]
pub struct ProjectFacet {
    /// What the projects are counted by.
    pub field: ProjectFacetField,
    /// Values that projects carry, the most frequent first; at most 100.
    pub values: Vec<ProjectFacetValue>,
}

/// Value of a facet.
#[derive(Clone, Debug, SimpleObject)]
pub struct ProjectFacetValue {
    /// Code, as filters take it.
    pub code: String,
    /// Label in the caller's language.
    pub label: String,
    /// Projects the viewer sees that carry it and meet all other conditions of the list than this facet's own.
    pub count: i32,
}
