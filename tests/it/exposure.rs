//! Every way by which an object or something personal leaves the API is declared in `tests/exposure.txt`.

use door::authz::FIELD_LEVELS;
use std::{collections::BTreeMap, fs, path::Path};
use tests::{Field, Schema, World, golden};

/// Words of fields that tell of a person.
const PERSONAL: &[&str] =
    &["email", "address", "userAgent", "displayName", "locale", "authenticatedAt", "lastUsedAt"];

/// What keeps a field from telling too much. `tests/exposure.txt` explains each.
const STRATEGIES: &[&str] = &["scope", "level", "part", "owner-only", "held", "parent", "staff"];

fn is_exposing(schema: &Schema, owner: &str, field: &Field) -> bool {
    let is_personal =
        field.ty == "EmailAddress" || PERSONAL.contains(&field.name.as_str()) || owner == "Contact";
    is_personal || leads_to_node(schema, &field.ty)
}

/// A node, a list or connection of nodes, or what holds one: payloads, edges.
fn leads_to_node(schema: &Schema, ty: &str) -> bool {
    schema.is_node(ty)
        || ty.ends_with("Connection")
        || ((ty.ends_with("Payload") || ty.ends_with("Edge"))
            && schema.fields(ty).iter().any(|field| schema.is_node(&field.ty)))
}

async fn exposed(world: &World) -> Vec<String> {
    let schema = Schema::of(world).await;
    let mut found = Vec::new();
    for (owner, shape) in schema.shapes().filter(|(_, shape)| shape.kind == "OBJECT") {
        // A connection or an edge tells what the field that made it chose to.
        if !owner.ends_with("Connection") && !owner.ends_with("Edge") {
            let fields = shape.fields.iter().filter(|field| is_exposing(&schema, owner, field));
            found.extend(fields.map(|field| format!("{owner}.{}", field.name)));
        }
    }
    found
}

fn declared() -> BTreeMap<String, String> {
    let text =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("exposure.txt")).unwrap_or_default();
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    let pair = |line: &str| {
        let (coordinate, strategy) = line.split_once(' ').unwrap_or_else(|| panic!("exposure.txt: {line:?}"));
        (coordinate.to_owned(), strategy.trim().to_owned())
    };
    lines.map(pair).collect()
}

#[tokio::test]
async fn every_field_that_exposes_says_what_keeps_it() {
    let world = World::new().await;
    let (found, declared) = (exposed(&world).await, declared());
    let new: Vec<_> = found.iter().filter(|field| !declared.contains_key(*field)).collect();
    assert!(
        new.is_empty(),
        "fields that expose objects or personal data, and are not in tests/exposure.txt: {new:#?}\n\
         Decide for each what keeps it from telling too much, and add a line: the coordinate and one of {STRATEGIES:?}."
    );
    let gone: Vec<_> = declared.keys().filter(|field| !found.contains(field)).collect();
    assert!(gone.is_empty(), "lines of tests/exposure.txt without a field; remove them: {gone:#?}");
    let levels: Vec<_> =
        FIELD_LEVELS.iter().flat_map(|fields| fields.iter()).map(|(name, _)| *name).collect();
    for (field, strategy) in &declared {
        assert!(STRATEGIES.contains(&strategy.as_str()), "{field}: {strategy} is none of {STRATEGIES:?}");
        let has_level = levels.contains(&field.as_str());
        assert_eq!(
            strategy == "level",
            has_level,
            "{field}: `level` is said of fields with @access, and of all of them"
        );
    }
}

#[tokio::test]
async fn the_schema_is_the_one_written_down() {
    let world = World::new().await;
    let served = world.visitor().gets("/schema.graphql").await;
    assert_eq!(served.status, 200);
    golden("schema.graphql", &served.text());
}
