//! A list tells its projects at once when all that is asked is at hand, `nodes` never does: both say the same, in the
//! same order, whatever is asked together.

use serde_json::value::RawValue;
use std::collections::HashMap;
use tests::{Actor, Cast, Value, json};

/// Pieces of a selection: told at once, not told at once, and written in other ways.
const PIECES: [&str; 26] = [
    "__typename",
    "title",
    "named: title",
    "summary slug version",
    "createdAt updatedAt publishedAt",
    "stage status licence language startedOn",
    "holder { __typename id name slug shortName legalForm verification }",
    "holder { id website }",
    "by: holder { name }",
    "themes { __typename id taxonomy code label }",
    "publics { code } methods { code } policySectors { label } sdgGoals { code }",
    "themes { code labels { fr en } }",
    "territories { __typename role territory { __typename id code name scale } }",
    "territories { territory { code population } }",
    "needs { __typename nodes { __typename id kind state instrument } }",
    "needs(first: 1) { nodes { kind } }",
    "few: needs(first: 1) { nodes { id } }",
    "needs(last: 1) { nodes { id } }",
    "needs { nodes { amount { amount currency } detail } }",
    "needs { totalCount { value } pageInfo { hasNextPage endCursor } }",
    "description",
    "fundingSought { amount currency }",
    "... on Project { title stage }",
    "... on Node { id }",
    "stage @include(if: true) title @skip(if: true)",
    "viewerPermissions { update { isAllowed } }",
];

/// Pieces of one round, in an order of its own.
fn selection(round: usize) -> String {
    let mut state = round.wrapping_mul(0x9E37_79B9).wrapping_add(1);
    let mut drawn = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    // Fields of one name want the same arguments: pieces that quarrel are not drawn together.
    let mut pieces: Vec<&str> = Vec::new();
    for _ in 0..=drawn(5) {
        let piece = PIECES[drawn(PIECES.len())];
        let has_needs = |text: &str| text.starts_with("needs");
        if !(has_needs(piece) && pieces.iter().any(|other| has_needs(other))) {
            pieces.push(piece);
        }
    }
    format!("id {}", pieces.join(" "))
}

/// Rows of an answer as they were sent, and what was withheld.
async fn told(actor: &Actor, document: &str, variables: Value, at: &[&str]) -> (Vec<String>, Value) {
    let answer = actor.asks(document, variables).await;
    answer.fine();
    let mut text = answer.reply.text();
    for name in ["data"].iter().chain(at) {
        let mut members: HashMap<String, Box<RawValue>> = serde_json::from_str(&text).unwrap();
        members.remove(*name).unwrap().get().clone_into(&mut text);
    }
    let rows: Vec<Box<RawValue>> = serde_json::from_str(&text).unwrap();
    let rows = rows.iter().map(|row| row.get().to_owned()).collect();
    (rows, answer.body["extensions"]["withheld"].clone())
}

#[tokio::test]
async fn lists_tell_of_a_project_what_its_node_does() {
    let cast = Cast::new().await;
    let mut actors = vec![cast.world.visitor()];
    actors.extend(["stranger", "lab owner", "fund owner", "curator"].map(|name| cast.person(name).clone()));
    let mut rows = 0;
    for round in 0..60 {
        let (actor, selection) = (&actors[round % actors.len()], selection(round));
        let listed = format!("{{ projects(first: 50) {{ nodes {{ {selection} }} }} }}");
        let (nodes, withheld) = told(actor, &listed, json!({}), &["projects", "nodes"]).await;
        let edges = format!("{{ projects(first: 50) {{ edges {{ node {{ {selection} }} }} }} }}");
        let (in_edges, _) = told(actor, &edges, json!({}), &["projects", "edges"]).await;
        let ids: Vec<Value> =
            nodes.iter().map(|row| serde_json::from_str::<Value>(row).unwrap()["id"].clone()).collect();
        let direct =
            format!("query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Project {{ {selection} }} }} }}");
        let (direct, withheld_directly) = told(actor, &direct, json!({ "ids": ids }), &["nodes"]).await;
        assert_eq!(nodes, direct, "{}: {selection}", actor.name);
        assert_eq!(withheld, withheld_directly, "{}: {selection}", actor.name);
        let wrapped: Vec<_> = nodes.iter().map(|row| format!("{{\"node\":{row}}}")).collect();
        assert_eq!(in_edges, wrapped, "{}: {selection}", actor.name);
        rows += nodes.len();
    }
    assert!(rows > 100, "{rows} rows compared");
}

#[tokio::test]
async fn what_is_asked_in_several_places_is_put_together() {
    let cast = Cast::new().await;
    let visitor = cast.world.visitor();
    let plain = visitor.asks("{ projects { nodes { id title stage summary } } }", json!({})).await;
    let apart = "query ($yes: Boolean!) { projects { nodes { id title } nodes @include(if: $yes) { stage }
        ... @include(if: $yes) { nodes { summary } } } }";
    let apart = visitor.asks(apart, json!({ "yes": true })).await;
    assert!(plain.data("/projects/nodes/0/summary").is_string(), "{plain:?}");
    assert_eq!(apart.data("/projects/nodes"), plain.data("/projects/nodes"));
}
