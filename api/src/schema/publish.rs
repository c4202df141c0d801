//! The schema as it is published: with what each field asks of its reader, and what each operation costs.

use super::{Schema, schema};
use crate::Result;
use crate::authz::FIELD_LEVELS;
use anyhow::Context;
use async_graphql::SDLExportOptions;
use entity::codes::CodeList;
use gql::{cost::CostTable, gate::Gate, limits::Limits, sdl::Publication};

const DESCRIPTION: &str = "The impact network: who makes, funds, decides on and studies social innovation.

Lists are connections of 20 unless asked, at most 100. What the viewer may not read is `null` and counted in
`extensions.withheld`; `@access` says which level a field asks for. Mutations take one `input` and return `errors` for what
the caller can mend; everything else is a top-level error with `extensions.code`.";

const ACCESS: &str = r#"
"Level a reader needs; nearer readers see it too. Others get `null`, counted in `extensions.withheld`."
directive @access(
  "Widest circle that sees the field."
  level: Visibility!
) on FIELD_DEFINITION
"#;

/// Mutations that try a password or a secret: one per document, so that aliases multiply no guesses.
const ONCE: &[&str] = &[
    "sessionCreate",
    "sessionRefresh",
    "passwordReset",
    "passwordResetRequest",
    "passwordChange",
    "emailVerify",
    "emailVerificationResend",
    "userRegister",
    "userDelete",
];

/// SDL with descriptions, `@specifiedBy` and `@access`; `schema.graphql` is this text.
pub fn published() -> Result<String> {
    let sdl = schema().sdl_with_options(SDLExportOptions::new().include_specified_by());
    let mut publication =
        Publication::from_sdl(&sdl).context("the schema cannot be read back")?.describe(DESCRIPTION);
    publication = publication.define(ACCESS).context("@access cannot be defined")?;
    for (coordinate, level) in FIELD_LEVELS.iter().flat_map(|fields| fields.iter()) {
        let mark = format!("@access(level: {})", level.code());
        publication = publication.clone().mark(coordinate, &mark).unwrap_or(publication);
    }
    Ok(publication.print())
}

/// The way in, with the limits and prices of this schema.
pub fn gate(schema: &Schema) -> Result<Gate> {
    let limits = Limits { once: ONCE.iter().map(|&name| name.to_owned()).collect(), ..Limits::default() };
    let prices = CostTable::from_sdl(&schema.sdl()).context("the schema cannot be read back")?;
    Ok(Gate::new(limits, prices.listed("Query", "nodes", "ids").size("Query", "codeLists", 25)))
}
