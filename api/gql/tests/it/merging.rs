//! What the client asks for twice runs once, and validation sees all it saw before.

use async_graphql::Response;
use serde_json::json;

use crate::world::{World, ask, ask_with};

fn words(response: &Response) -> (String, Vec<String>) {
    let errors = response.errors.iter().map(|error| error.message.clone()).collect();
    (serde_json::to_string(&response.data).unwrap(), errors)
}

#[tokio::test]
async fn equal_fields_run_once() {
    let world = World::new();
    let table = [
        ("{ hello hello hello }", 1, r#"{"hello":"world"}"#),
        (
            "{ hello ...F ... { hello } ... on Query { hello } } fragment F on Query { hello ...G } fragment G on Query { hello }",
            1,
            r#"{"hello":"world"}"#,
        ),
        (
            "{ project { name } project { id name } ...F } fragment F on Query { project { organization { id } organization { name } } }",
            2,
            r#"{"project":{"name":"Project 1","id":"prj_1","organization":{"id":"org_1","name":"Blue Fund"}}}"#,
        ),
        ("{ a: hello b: hello }", 2, r#"{"a":"world","b":"world"}"#),
        (
            "{ node(id: \"prj\") { ... on Project { name } ...P id ... on Node { id } } } fragment P on Project { name }",
            2,
            r#"{"node":{"name":"Project 1","id":"prj_1"}}"#,
        ),
        (
            "{ node(id: \"org\") { ... on Project { name } ... on Organization { name } __typename } }",
            1,
            r#"{"node":{"name":"Blue Fund","__typename":"Organization"}}"#,
        ),
        (
            "{ project { ...N } } fragment N on Node { id ... on Project { name } }",
            2,
            r#"{"project":{"id":"prj_1","name":"Project 1"}}"#,
        ),
    ];
    for (document, runs, data) in table {
        assert_eq!(words(&world.run(ask(document)).await), (data.to_owned(), vec![]), "{document}");
        assert_eq!(world.runs(), runs, "{document}");
    }
}

#[tokio::test]
async fn nobody_pays_twice() {
    let world = World::new();
    let once = [
        "mutation { pay(input: { amount: 1 }) { note } pay(input: { amount: 1 }) { amount } }",
        "mutation { pay(input: { amount: 1 }) { note } ...F } fragment F on Mutation { pay(input: { amount: 1 }) { amount } }",
        "mutation { ...F ...F ... { ...F } } fragment F on Mutation { pay(input: { amount: 1 }) { note amount } }",
        "mutation($yes: Boolean = true) { ... @include(if: $yes) { pay(input: { amount: 1 }) { note amount } } }",
    ];
    for document in once {
        let (data, errors) = words(&world.run(ask(document)).await);
        assert_eq!((data.as_str(), errors), (r#"{"pay":{"note":"paid","amount":1}}"#, vec![]), "{document}");
        assert_eq!(world.runs(), 1, "{document}");
    }
    let never = [
        "mutation { pay(input: { amount: 1 }) { note } pay(input: { amount: 2 }) { note } }",
        "mutation { pay(input: { amount: 1 }) { note } pay(input: { amount: 1 }) @include(if: true) { note } }",
        "mutation { pay(input: { amount: 1 }) { note } ... @include(if: true) { pay(input: { amount: 1 }) { note } } }",
        "mutation { pay(input: { amount: 1 }) { note } ...F @include(if: true) } fragment F on Mutation { pay(input: { amount: 1 }) { note } }",
        "mutation { pay(input: { amount: 1 }) { note } ...F } fragment F on Mutation @skip(if: false) { pay(input: { amount: 1 }) { note } }",
        "mutation { pay(input: { amount: 1 }) { note } pay: sessionCreate(password: \"a\") }",
    ];
    for document in never {
        let answer = world.answer(ask(document)).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED", "{document}");
        assert_eq!((answer.get("data"), world.runs()), (None, 0), "{document}");
    }
}

#[tokio::test]
async fn validation_still_sees_everything() {
    let world = World::new();
    let table = [
        ("{ ...F } fragment F on Query { nothing }", "Unknown field \"nothing\" on type \"Query\"."),
        ("{ hello } fragment F on Query { hello }", "Fragment \"F\" is never used"),
        ("{ hello ...F }", "Unknown fragment: \"F\""),
        ("{ hello ...F } fragment F on Nothing { hello }", "Unknown type \"Nothing\""),
        (
            "{ hello ...F } fragment F on Stage { hello }",
            "Fragment \"F\" cannot be spread here as objects of type \"Query\" can never be of type \"Stage\"",
        ),
        (
            "{ project { ...F } } fragment F on Organization { id }",
            "Fragment cannot be spread here as objects of type \"Project\" can never be of type \"Organization\"",
        ),
        ("query($a: Int) { hello }", "Variable \"$a\" is not used"),
        ("{ ...F } fragment F on Query { hello(name: $a) }", "Variable \"$a\" is not defined"),
        ("{ hello @nothing }", "Unknown directive \"nothing\""),
        ("{ hello ...F @nothing } fragment F on Query { hello }", "Unknown directive \"nothing\""),
        ("{ __typename @nothing }", "Unknown directive \"nothing\""),
        ("{ __typename @skip(if: null) }", "Invalid value for argument \"if\", expected type \"Boolean\""),
        ("{ __typename @skip(if: true) @skip(if: true) }", "Duplicate directive \"skip\""),
        (
            "{ __typename @skip }",
            "Directive \"@skip\" argument \"if\" of type \"Boolean!\" is required but not provided",
        ),
        (
            "{ __typename(a: 1) }",
            "Field \"__typename\" takes neither arguments nor a selection of subfields.",
        ),
        (
            "{ __typename { a } }",
            "Field \"__typename\" takes neither arguments nor a selection of subfields.",
        ),
        (
            "{ hello(name: \"a\") ...F } fragment F on Query { hello(name: \"b\") }",
            // The library names the argument, not the field.
            "Fields \"name\" conflict because they have differing arguments. Use different aliases on the fields to fetch both if this was intentional.",
        ),
        (
            "{ project { x: id } project { x: name } }",
            "Fields \"x\" conflict because \"id\" and \"name\" are different fields. Use different aliases on the fields to fetch both if this was intentional.",
        ),
    ];
    for (document, message) in table {
        let answer = world.answer(ask(document)).await;
        assert_eq!(answer["errors"][0]["message"], message, "{document}");
        assert_eq!(answer["errors"][0]["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED", "{document}");
        assert_eq!(answer.get("data"), None, "{document}");
    }
}

#[tokio::test]
async fn conditions_on_typename_work() {
    let world = World::new();
    let document = "query($yes: Boolean!) { hello __typename @include(if: $yes) }";
    let (data, errors) = words(&world.run(ask_with(document, json!({ "yes": true }))).await);
    assert_eq!((data.as_str(), errors), (r#"{"hello":"world","__typename":"Query"}"#, vec![]));
    let (data, errors) = words(&world.run(ask_with(document, json!({ "yes": false }))).await);
    assert_eq!((data.as_str(), errors), (r#"{"hello":"world"}"#, vec![]));
}

#[tokio::test]
async fn a_document_asked_again_comes_from_the_cache_and_means_the_same() {
    let world = World::new();
    for n in 0..3 {
        let answer =
            world.run(ask_with("query($n: String) { hello(name: $n) }", json!({ "n": n.to_string() }))).await;
        assert_eq!(words(&answer).0, format!("{{\"hello\":\"{n}\"}}"));
    }
}
