//! What operations cost.

use gql::{cost::CostTable, gate::Gate, limits::Limits};
use serde_json::json;

use crate::world::{World, ask, ask_with};

fn cost(world: &World, query: &str, variables: serde_json::Value) -> u64 {
    world.gate.price(ask_with(query, variables)).unwrap().requested
}

#[test]
fn pages_multiply() {
    let world = World::new();
    let table = [
        ("{ __typename }", 1),
        ("{ hello }", 1),
        ("{ project { id name } }", 1),
        ("{ project { id organization { name } } }", 2),
        ("{ projects { nodes { id } } }", 1 + 20),
        ("{ projects { edges { cursor node { id } } pageInfo { hasNextPage } } }", 1 + 20),
        ("{ projects(first: 100) { nodes { id } } }", 1 + 100),
        ("{ projects(first: 1000) { nodes { id } } }", 1 + 100),
        ("{ projects(last: 3) { nodes { id } } }", 1 + 3),
        ("{ projects(first: 100) { nodes { organization { id } themes { name } } } }", 1 + 100 * (1 + 1 + 5)),
        (
            "{ projects(first: 100) { nodes { children(first: 100) { nodes { id } } } } }",
            1 + 100 * (1 + 1 + 100),
        ),
        (
            "{ projects(first: 10) { ...C } } fragment C on ProjectConnection { nodes { ...P } } \
          fragment P on Project { children(first: 3) { ...C2 } } fragment C2 on ProjectConnection { nodes { id } }",
            1 + 10 * (1 + 1 + 3),
        ),
        ("mutation { pay(input: { amount: 1 }) { note } }", 10),
        ("mutation { a: pay(input: { amount: 1 }) { note } b: pay(input: { amount: 1 }) { note } }", 20),
        (
            "{ node(id: \"x\") { id ... on Project { organization { id } themes { name } } ... on Organization { name } } }",
            1 + 1 + 5,
        ),
        ("{ nodes(ids: [\"a\", \"b\", \"c\"]) { id } }", 3),
        ("{ project { id organization { id } } project { organization { name } } }", 2),
        ("{ hello projects @skip(if: true) { nodes { id } } }", 1),
        ("{ unknown { field } }", 1),
    ];
    for (document, expected) in table {
        assert_eq!(cost(&world, document, json!({})), expected, "{document}");
    }
}

#[test]
fn variables_set_the_page() {
    let world = World::new();
    let paged = "query($n: Int) { projects(first: $n) { nodes { id } } }";
    assert_eq!(cost(&world, paged, json!({})), 21);
    assert_eq!(cost(&world, paged, json!({ "n": 50 })), 51);
    assert_eq!(cost(&world, paged, json!({ "n": -5 })), 21);
    assert_eq!(cost(&world, "query($n: Int = 7) { projects(first: $n) { nodes { id } } }", json!({})), 8);
    let listed = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    assert_eq!(cost(&world, listed, json!({ "ids": ["a", "b"] })), 2);
    let conditional = "query($all: Boolean!) { hello projects @include(if: $all) { nodes { id } } }";
    assert_eq!(cost(&world, conditional, json!({ "all": false })), 1);
    assert_eq!(cost(&world, conditional, json!({ "all": true })), 21);
}

#[test]
fn a_refusal_names_the_culprit() {
    let world = World::new();
    let dear = "{ hello projects(first: 100) { nodes { kids: children(first: 100) { nodes { id } } } } }";
    let refusal = world.admit(dear).unwrap_err();
    let cost = serde_json::to_value(&refusal.extensions["cost"]).unwrap();
    assert_eq!(
        cost,
        json!({ "requested": 10_201, "limit": 5_000, "byPath": [
        { "path": "projects.nodes.kids.nodes", "cost": 10_000 },
        { "path": "projects.nodes", "cost": 100 },
        { "path": "projects.nodes.kids", "cost": 100 },
        { "path": "projects", "cost": 1 },
    ] })
    );
}

#[test]
fn a_funder_reads_a_hundred_projects_and_a_sixfold_list_is_refused() {
    let world = World::new();
    let list = "{ projects(first: 100) { nodes { id name organization { name } themes { name } \
                children(first: 5) { nodes { id } } } } }";
    assert_eq!(world.admit(list).unwrap().cost.requested, 1 + 100 * (1 + 1 + 5 + 1 + 5));
    let thrice = "{ projects(first: 100) { nodes { children(first: 100) { nodes { children(first: 100) \
                  { nodes { id } } } } } } }";
    assert!(world.gate.price(ask(thrice)).unwrap().requested > 1_000_000);
    assert_eq!(world.refusal(thrice), "COST_LIMIT_EXCEEDED");
}

#[test]
fn overrides_change_the_price() {
    let world = World::new();
    let table = CostTable::from_sdl(&world.schema.sdl()).unwrap();
    assert!(table.has("Project", "themes") && !table.has("Project", "theme"));
    let table =
        table.size("Project", "themes", 2).weight("Query", "hello", 50).page("Query", "projects", 3, 4);
    let gate = Gate::new(Limits::default(), table);
    let cost = |query: &str| gate.price(ask(query)).unwrap().requested;
    assert_eq!(cost("{ project { themes { name } } }"), 3);
    assert_eq!(cost("{ hello }"), 50);
    assert_eq!(cost("{ projects { nodes { id } } }"), 4);
    assert_eq!(cost("{ projects(first: 9) { nodes { id } } }"), 5);
}
