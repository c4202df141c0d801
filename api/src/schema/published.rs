//! The schema as clients read it: completed with `@access`, from the same table that withholds values.

use super::schema;
use crate::{Result, authz::FIELD_LEVELS};
use async_graphql::SDLExportOptions;
use entity::codes::CodeList;
use gql::sdl::Publication;

const DESCRIPTION: &str = "The impact network: people, organizations, projects and what they need, each stakeholder in \
                           its own slice.";

const DIRECTIVES: &str = r#"
"""
Nearness a reader needs to be shown this field; without it the field is for everybody who sees the object. Too far, the
field is null and `extensions.withheld` says so.
"""
directive @access(level: Visibility!) on FIELD_DEFINITION
"#;

/// The text of `schema.graphql`.
pub fn published() -> Result<String> {
    let sdl = schema().sdl_with_options(SDLExportOptions::new().include_specified_by());
    let mut publication = Publication::from_sdl(&sdl)
        .and_then(|publication| publication.describe(DESCRIPTION).define(DIRECTIVES))
        .map_err(anyhow::Error::from)?;
    for (coordinate, level) in FIELD_LEVELS.iter().flat_map(|fields| fields.iter()) {
        // A column may wait for its field; a field cannot do without its column.
        let marked = publication.clone().mark(coordinate, &format!("@access(level: {})", level.code()));
        publication = marked.unwrap_or(publication);
    }
    Ok(publication.print())
}
