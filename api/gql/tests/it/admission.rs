//! Each limit just below and just above, and documents made to hurt.

use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use async_graphql::Value;
use gql::{
    codes::ErrorCode,
    gate::{Ask, Via},
};
use serde_json::json;

use crate::world::{World, ask, ask_with};

/// `part` for each number, one after another.
fn many(count: usize, part: impl Fn(usize) -> String) -> String {
    (0..count).map(part).collect::<Vec<_>>().join(" ")
}

fn nested(depth: usize) -> String {
    format!("{{ project {}{}}}", "{ parent ".repeat(depth - 2), "{ id }".to_owned() + &"}".repeat(depth - 2))
}

#[test]
fn each_limit_holds_at_its_figure() {
    let world = World::with(|limits| limits.cost = u64::MAX);
    let aliases = |count| format!("{{ {} }}", many(count, |n| format!("a{n}: hello")));
    let tokens = |count: usize| format!("{{ {} }}", "hello ".repeat(count - 2));
    let directives = |count| format!("{{ hello {} }}", "@skip(if: false) ".repeat(count));
    let on_typename = |count| format!("{{ __typename {} }}", "@skip(if: false) ".repeat(count));
    let on_spread =
        |count| format!("{{ ...F {} }} fragment F on Query {{ hello }}", "@skip(if: false) ".repeat(count));
    let on_inline = |count| format!("{{ ... {} {{ hello }} }}", "@skip(if: false) ".repeat(count));
    let on_operation = |count| format!("query {} {{ hello }}", "@a ".repeat(count));
    let mutations = |count| {
        format!("mutation {{ {} }}", many(count, |n| format!("p{n}: pay(input: {{ amount: 1 }}) {{ note }}")))
    };
    let spread_mutations = |count: usize| {
        let fields = many(count - 1, |n| format!("p{n}: pay(input: {{ amount: 1 }}) {{ note }}"));
        format!(
            "mutation {{ p: pay(input: {{ amount: 1 }}) {{ note }} ...F }} fragment F on Mutation {{ {fields} }}"
        )
    };
    let brackets =
        |count: usize| format!("{{ hello(name: {}1{}) }}", "[".repeat(count - 2), "]".repeat(count - 2));
    let bytes = |count: usize| format!("{{ hello }}#{}", "x".repeat(count - 10));
    let selections = |count: usize| {
        let tens = many((count - 100) / 11 + 1, |_| "...F".to_owned());
        format!("{{ {tens} }} fragment F on Query {{ {} }}", "hello ".repeat(10))
    };
    let table: [(&str, String, String); 13] = [
        ("DOCUMENT_LIMIT_EXCEEDED \"aliases\"", aliases(30), aliases(31)),
        ("DOCUMENT_LIMIT_EXCEEDED \"tokens\"", tokens(2_000), tokens(2_001)),
        ("DOCUMENT_LIMIT_EXCEEDED \"directives\"", directives(5), directives(6)),
        ("DOCUMENT_LIMIT_EXCEEDED \"directives\"", on_typename(5), on_typename(6)),
        ("DOCUMENT_LIMIT_EXCEEDED \"directives\"", on_spread(5), on_spread(6)),
        ("DOCUMENT_LIMIT_EXCEEDED \"directives\"", on_inline(5), on_inline(6)),
        ("DOCUMENT_LIMIT_EXCEEDED \"directives\"", on_operation(5), on_operation(6)),
        ("DOCUMENT_LIMIT_EXCEEDED \"rootMutations\"", mutations(10), mutations(11)),
        ("DOCUMENT_LIMIT_EXCEEDED \"rootMutations\"", spread_mutations(10), spread_mutations(11)),
        ("DOCUMENT_LIMIT_EXCEEDED \"depth\"", nested(15), nested(16)),
        ("DOCUMENT_LIMIT_EXCEEDED \"nesting\"", brackets(50), brackets(51)),
        ("DOCUMENT_LIMIT_EXCEEDED \"selections\"", selections(5_000), selections(5_200)),
        ("REQUEST_TOO_LARGE \"documentBytes\"", bytes(65_536), bytes(65_537)),
    ];
    for (refusal, below, above) in table {
        assert_eq!(world.refusal(&below), "admitted", "{}", &below[..below.len().min(200)]);
        assert_eq!(world.refusal(&above), refusal, "{}", &above[..above.len().min(200)]);
    }
}

#[test]
fn one_secret_is_tried_per_document() {
    let world = World::new();
    let refused = "DOCUMENT_LIMIT_EXCEEDED \"signIns\"";
    let table = [
        ("mutation { sessionCreate(password: \"a\") }", "admitted"),
        ("mutation { a: sessionCreate(password: \"a\") b: sessionCreate(password: \"b\") }", refused),
        ("mutation { a: sessionCreate(password: \"a\") b: passwordReset(email: \"b\") }", refused),
        (
            "mutation { ...F a: sessionCreate(password: \"a\") } fragment F on Mutation { b: sessionCreate(password: \"b\") }",
            refused,
        ),
        (
            "mutation A { sessionCreate(password: \"a\") } mutation B { sessionCreate(password: \"b\") }",
            refused,
        ),
        ("mutation { sessionCreate(password: \"a\") sessionCreate(password: \"b\") }", refused),
    ];
    for (document, expected) in table {
        assert_eq!(world.refusal(document), expected, "{document}");
    }
}

#[test]
fn hostile_documents_are_refused_before_they_cost() {
    let world = World::new();
    let doubling = {
        let mut text = String::from("{ project { ...F0 } }");
        for n in 0..25 {
            write!(text, " fragment F{n} on Project {{ ...F{0} ...F{0} }}", n + 1).unwrap();
        }
        text + " fragment F25 on Project { id }"
    };
    let cycle =
        "{ project { ...A } } fragment A on Project { parent { ...B } } fragment B on Project { ...A }";
    let own = "{ ...A } fragment A on Query { hello ...A }";
    let fanout = format!(
        "{{ projects(first: 100) {}{} }}",
        "{ nodes { children(first: 100) ".repeat(5),
        "{ nodes { id } }".to_owned() + &"} }".repeat(5)
    );
    let limit = |name: &str| format!("DOCUMENT_LIMIT_EXCEEDED \"{name}\"");
    let table = [
        (doubling, limit("selections")),
        (cycle.to_owned(), "GRAPHQL_VALIDATION_FAILED".to_owned()),
        (own.to_owned(), "GRAPHQL_VALIDATION_FAILED".to_owned()),
        (fanout, "COST_LIMIT_EXCEEDED".to_owned()),
        ("{".repeat(60_000), limit("nesting")),
        (format!("{{{}}}", " hello".repeat(10_000)), limit("tokens")),
        (
            many(5_000, |n| format!("query Q{n} {{ hello }}")),
            "REQUEST_TOO_LARGE \"documentBytes\"".to_owned(),
        ),
        (many(1_000, |n| format!("query Q{n} {{ hello }}")), limit("tokens")),
        (format!("{{ hello {} }}", "@a".repeat(1_000)), limit("tokens")),
        (
            format!("#{}\n{{ hello }}", "x".repeat(2 * 1024 * 1024)),
            "REQUEST_TOO_LARGE \"documentBytes\"".to_owned(),
        ),
        ("\"".repeat(60_000), limit("tokens")),
        ("{ hello(name: \"\"\" ".to_owned() + &"\\\"\"\" ".repeat(10_000), "GRAPHQL_PARSE_FAILED".to_owned()),
    ];
    for (document, expected) in table {
        // An engine that reads it all takes minutes; how fast ours is, benchmarks say.
        let start = Instant::now();
        assert_eq!(world.refusal(&document), expected, "{}", &document[..document.len().min(100)]);
        assert!(
            start.elapsed() < Duration::from_secs(5),
            "{:?} {}",
            start.elapsed(),
            &document[..80.min(document.len())]
        );
    }
}

#[test]
fn the_standard_introspection_query_passes() {
    let world = World::new();
    let types = "kind name ofType { ".repeat(9) + "kind name" + &" }".repeat(9);
    let document = format!(
        "query IntrospectionQuery {{ __schema {{ description queryType {{ name kind }} mutationType {{ name kind }} \
         subscriptionType {{ name kind }} types {{ ...FullType }} directives {{ name description isRepeatable \
         locations args(includeDeprecated: true) {{ ...InputValue }} }} }} }} \
         fragment FullType on __Type {{ kind name description specifiedByURL isOneOf \
         fields(includeDeprecated: true) {{ name description args(includeDeprecated: true) {{ ...InputValue }} \
         type {{ ...TypeRef }} isDeprecated deprecationReason }} inputFields(includeDeprecated: true) \
         {{ ...InputValue }} interfaces {{ ...TypeRef }} enumValues(includeDeprecated: true) {{ name description \
         isDeprecated deprecationReason }} possibleTypes {{ ...TypeRef }} }} \
         fragment InputValue on __InputValue {{ name description type {{ ...TypeRef }} defaultValue isDeprecated \
         deprecationReason }} fragment TypeRef on __Type {{ {types} }}"
    );
    let admitted = world.admit(&document).unwrap();
    assert!((300..1_500).contains(&admitted.cost.requested), "{}", admitted.cost.requested);
}

#[tokio::test]
async fn introspection_answers_through_the_gate() {
    let world = World::new();
    let answer = world.answer(ask("{ __schema { queryType { ...T } types { ...T } } __type(name: \"Query\") { ...T } } fragment T on __Type { name kind }")).await;
    assert_eq!(answer["data"]["__schema"]["queryType"]["name"], "Query");
    assert_eq!(answer.get("errors"), None);
    let circles = "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }";
    assert_eq!(world.refusal(circles), "COST_LIMIT_EXCEEDED");
}

#[test]
fn a_link_changes_nothing() {
    let world = World::new();
    let get = |query: &str| world.gate.admit(Ask { via: Via::Get, ..ask(query) });
    assert!(get("{ hello }").is_ok());
    let refusal = get("mutation { pay(input: { amount: 1 }) { note } }").unwrap_err();
    assert_eq!((refusal.status.unwrap().as_u16(), refusal.headers[0].1.to_str().unwrap()), (405, "POST"));
    assert_eq!(world.refusal("subscription { hello }"), "BAD_REQUEST");
}

#[test]
fn the_operation_is_chosen_by_name() {
    let world = World::new();
    let two = "query A { hello } query B { hello project { id } }";
    let named = |query: &str, name: Option<&str>| {
        world.gate.admit(Ask { operation_name: name.map(str::to_owned), ..ask(query) })
    };
    assert_eq!(named(two, None).unwrap_err().code, ErrorCode::OperationAmbiguous);
    assert_eq!(named(two, Some("C")).unwrap_err().code, ErrorCode::OperationAmbiguous);
    assert_eq!(named("{ hello }", Some("A")).unwrap_err().code, ErrorCode::OperationAmbiguous);
    assert_eq!(named(two, Some("B")).unwrap().roots, ["hello", "project"]);
    assert_eq!(named("query A { hello }", None).unwrap().operation_name.unwrap(), "A");
}

#[tokio::test]
async fn variables_are_checked_before_anything_runs() {
    let world = World::new();
    let pay = "mutation($input: PayInput!) { pay(input: $input) { amount } }";
    let table = [
        (json!({}), "Variable \"$input\" of type \"PayInput!\" is required."),
        (json!({ "input": null }), "Variable \"$input\" must not be null; it is a \"PayInput!\"."),
        (json!({ "input": 1 }), "Variable \"$input\" must be an object of type \"PayInput\"."),
        (json!({ "input": {} }), "Variable \"$input\" lacks the field \"amount\" of type \"Int!\"."),
        (json!({ "input": { "amount": "a" } }), "Variable \"$input.amount\" is not a valid \"Int\"."),
        (
            json!({ "input": { "amount": 3_000_000_000_u32 } }),
            "Variable \"$input.amount\" is not a valid \"Int\".",
        ),
        (
            json!({ "input": { "amount": 1, "stage": "OLD" } }),
            "Variable \"$input.stage\" is not a value of the enum \"Stage\".",
        ),
        (
            json!({ "input": { "amount": 1, "x": 1 } }),
            "Variable \"$input\" has a field \"x\" that \"PayInput\" does not define.",
        ),
    ];
    for (variables, message) in table {
        let refusal = world.gate.admit(ask_with(pay, variables.clone())).unwrap_err();
        assert_eq!(
            (refusal.code, refusal.message.as_str()),
            (ErrorCode::BadUserInput, message),
            "{variables}"
        );
    }
    let paid = world.answer(ask_with(pay, json!({ "input": { "amount": 7, "stage": "GROWN" } }))).await;
    assert_eq!(paid["data"]["pay"]["amount"], 7);
    assert_eq!(world.runs(), 1);
}

#[test]
fn what_stands_for_an_input_object_is_named() {
    let world = World::new();
    for (document, place) in [
        ("mutation { pay(input: 1) { amount } }", Some("input")),
        ("mutation { pay(input: \"1\") { amount } }", Some("input")),
        ("mutation { ... @include(if: true) { pay(input: [1]) { amount } } }", Some("input")),
        ("mutation { ...F } fragment F on Mutation { pay(input: GROWN) { amount } }", Some("input")),
        ("mutation { pay(input: { amount: 1 }) { amount } }", None),
        ("mutation { pay(input: null) { amount } }", None),
        ("mutation ($input: PayInput!) { pay(input: $input) { amount } }", None),
    ] {
        let variables = json!({ "input": { "amount": 1 } });
        let refused = world.gate.admit(ask_with(document, variables)).err().map(|refusal| refusal.message);
        let wanted =
            place.map(|place| format!("Argument \"{place}\" must be an object of type \"PayInput\"."));
        assert_eq!(refused, wanted, "{document}");
    }
}

/// PostgreSQL would call it a broken text, and its caller would be told that we broke down.
#[test]
fn no_text_has_the_character_zero() {
    let world = World::new();
    let hello = "query ($name: String) { hello(name: $name) }";
    let with = |variables| world.gate.admit(ask_with(hello, variables)).map(|_| ());
    assert_eq!(with(json!({ "name": "a\u{1}b" })), Ok(()));
    let refusal = with(json!({ "name": "a\0b" })).unwrap_err();
    assert_eq!(
        (refusal.code, refusal.message.as_str()),
        (ErrorCode::BadUserInput, "Variable \"$name\" has the character U+0000; leave it out.")
    );
    let table = [
        ("{ hello(name: \"a\\u0001b\") }", "admitted"),
        ("{ hello(name: \"a\\\\u0000b\") }", "admitted"),
        ("{ hello(name: \"a\\u0000b\") }", "BAD_USER_INPUT"),
        ("{ hello(name: \"\"\"a\0b\"\"\") }", "BAD_USER_INPUT"),
        (
            "{ project { ...F } } fragment F on Project { children(first: [{ a: \"\\u0000\" }]) { nodes { id } } }",
            "BAD_USER_INPUT",
        ),
        ("query ($name: String = \"\\u0000\") { hello(name: $name) }", "BAD_USER_INPUT"),
    ];
    for (document, expected) in table {
        assert_eq!(world.refusal(document), expected, "{document}");
    }
}

#[tokio::test]
async fn defaults_count_in_conditions_too() {
    let world = World::new();
    let document =
        "query($yes: Boolean = true, $id: ID = \"org_1\") { hello @include(if: $yes) node(id: $id) { id } }";
    let response = world.run(ask(document)).await;
    assert_eq!(response.errors, []);
    let Value::Object(data) = response.data else { panic!("an object") };
    assert_eq!(data.keys().map(async_graphql::Name::as_str).collect::<Vec<_>>(), ["hello", "node"]);
}
