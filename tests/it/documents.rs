//! What the documents promise and the code can be asked for.

use gql::codes::ErrorCode;
use std::{collections::BTreeSet, fs, path::Path};

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).expect(path)
}

/// Values of an enum of the schema, each with its description.
fn values(schema: &str, name: &str) -> Vec<(String, String)> {
    let (_, body) = schema.split_once(&format!("\nenum {name} {{\n")).expect("an enum");
    let (body, _) = body.split_once("\n}").expect("its end");
    let mut values = Vec::new();
    let mut pieces = body.split("\"\"\"").map(|piece| piece.split_whitespace().collect::<Vec<_>>().join(" "));
    pieces.next(); // what stands before the first description
    while let (Some(description), Some(value)) = (pieces.next(), pieces.next()) {
        values.push((value, description));
    }
    values
}

#[test]
fn every_error_code_has_its_row() {
    let rows: BTreeSet<String> = read("docs/api.md").lines().map(str::to_owned).collect();
    let users = values(&read("schema.graphql"), "UserErrorCode");
    assert!(users.len() > 20, "{users:?}");
    let users = users.into_iter().map(|(code, meaning)| format!("| `{code}` | {meaning} |"));
    let tops = ErrorCode::ALL
        .iter()
        .map(|code| format!("| `{}` | {} | {} |", code.as_str(), code.status().as_u16(), code.meaning()));
    let missing: Vec<String> = users.chain(tops).filter(|row| !rows.contains(row)).collect();
    assert!(missing.is_empty(), "docs/api.md lacks:\n{}", missing.join("\n"));
}
