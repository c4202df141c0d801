//! The schema as it is published: with what each field asks of its reader, and what each operation costs.

use super::{Schema, directives, schema};
use anyhow::Context;
use async_graphql::{SDLExportOptions, Value};
use door::{Result, authz::FIELD_LEVELS};
use entity::codes::CodeList;
use gql::{cost::CostTable, gate::Gate, limits::Limits, sdl::Publication};

const DESCRIPTION: &str = "The impact network: who makes, funds, decides on and studies social innovation.

Lists are connections of 20 unless asked, at most 100. What the viewer may not read is `null` and counted in
`extensions.withheld`; `@access` says which level a field asks for. Mutations take one `input` and return `errors` for what
the caller can mend; everything else is a top-level error with `extensions.code`.";

/// What the library's introspection says of every schema.
const NOT_OURS: &str = "A GraphQL Schema defines the capabilities of a GraphQL server.";

/// Mutations that try a password or a secret: one per document, so that aliases multiply no guesses.
const ONCE: &[&str] = &[
    "sessionCreate",
    "sessionRefresh",
    "sessionReauthenticate",
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
    let sdl = schema().0.sdl_with_options(SDLExportOptions::new().include_specified_by());
    let mut publication =
        Publication::from_sdl(&sdl).context("the schema cannot be read back")?.describe(DESCRIPTION);
    for directive in directives::ALL {
        publication = publication.define(&directive.sdl()).context("a directive cannot be defined")?;
    }
    for (coordinate, level) in FIELD_LEVELS.iter().flat_map(|fields| fields.iter()) {
        let mark = format!("@access(level: {})", level.code());
        let marked = publication.mark(coordinate, &mark);
        publication = marked.with_context(|| format!("{coordinate} is not in the schema"))?;
    }
    Ok(publication.print())
}

/// The way in, with the limits and prices of this schema.
pub fn gate(schema: &Schema) -> Result<Gate> {
    let limits = Limits { once: ONCE.iter().map(|&name| name.to_owned()).collect(), ..Limits::default() };
    let prices = CostTable::from_sdl(&schema.0.sdl()).context("the schema cannot be read back")?;
    Ok(Gate::new(limits, prices.listed("Query", "nodes", "ids").size("Query", "codeLists", 25)))
}

/// Puts our description where introspection asked for the schema's.
pub fn describe_schema(data: &mut Value) {
    let Value::Object(roots) = data else { return };
    for root in roots.values_mut() {
        let Value::Object(fields) = root else { continue };
        for value in fields.values_mut() {
            if matches!(value, Value::String(text) if text.starts_with(NOT_OURS)) {
                *value = Value::String(DESCRIPTION.to_owned());
            }
        }
    }
}
