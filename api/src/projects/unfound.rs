//! What stands in for `found` in a build without the search index.

use super::{
    facet::{ProjectFacet, ProjectFacetField},
    filter::ProjectOrder,
    highlight::Highlight,
    list::{Asked, ProjectConnection},
    similar::SimilarProject,
};
use crate::{Error, Result, authz::Store, reference::Reference};
use entity::{codes::TerritoryScale, projects::project};
use gql::{codes::ErrorCode, connection::Window};
use std::sync::Arc;

fn unavailable<T>() -> Result<T> {
    Err(Error::refused(ErrorCode::SearchUnavailable, "This server was built without its search index."))
}

pub async fn list(
    _: &Store,
    _: &Reference,
    _: Arc<Asked>,
    _: &str,
    _: Option<&[ProjectOrder]>,
    _: Window,
) -> Result<ProjectConnection> {
    unavailable()
}

pub async fn facets(
    _: &Store,
    _: Arc<Asked>,
    _: Vec<ProjectFacetField>,
    _: TerritoryScale,
) -> Result<Vec<ProjectFacet>> {
    unavailable()
}

pub async fn suggestions(_: &Store, _: Arc<Asked>) -> Result<Vec<String>> {
    unavailable()
}

pub fn highlights(_: &Store, _: Option<&Asked>, _: &project::Model) -> Result<Vec<Highlight>> {
    Ok(Vec::new())
}

pub async fn similar(_: &Store, _: project::Model, _: usize) -> Result<Vec<SimilarProject>> {
    unavailable()
}
