//! Facets of a list of projects, as the API shows them.

use super::wanted::Wanted;
use async_graphql::SimpleObject;
use entity::read_model::{self as model, Bits, Packed};
pub use search::facets::FacetField as ProjectFacetField;

/// The facet whose own condition this is.
pub(super) fn field_of(wanted: &Wanted) -> Option<ProjectFacetField> {
    let within = |mask: i64, bits: Bits| mask & !bits.mask() == 0;
    match wanted {
        Wanted::Not(inner) => field_of(inner),
        Wanted::Places(_) => Some(ProjectFacetField::Territory),
        Wanted::Axes(_) => Some(ProjectFacetField::Axis),
        Wanted::Bits(Packed::Themes, _) => Some(ProjectFacetField::Theme),
        Wanted::Bits(Packed::Publics, _) => Some(ProjectFacetField::Public),
        Wanted::Bits(Packed::Facts, mask) if within(*mask, model::STAGE) => Some(ProjectFacetField::Stage),
        Wanted::Bits(Packed::Facts, mask) if within(*mask, model::INSTRUMENTS) => {
            Some(ProjectFacetField::Instrument)
        }
        Wanted::Bits(Packed::Ways, mask) if within(*mask, model::GOALS) => Some(ProjectFacetField::Sdg),
        Wanted::Bits(Packed::HolderFacts, mask) if within(*mask, model::HOLDER_KINDS) => {
            Some(ProjectFacetField::HolderKind)
        }
        _ => None,
    }
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
