//! What is left out stays, `null` clears, a value replaces: as a literal and as a variable.

use tests::{Actor, Value, World, json};

const SHOW: &str = "query ($id: ID!) { project(by: { id: $id }) {
    description solution startedOn licence title themes { code } primarySdgGoal { code } contacts { name } version } }";

async fn draft(lab: &Actor) -> String {
    let more = json!({
        "description": "Avant", "solution": "Avant", "startedOn": "2020", "licence": "CC0", "themes": ["EMP"],
        "sdgGoals": ["1", "8"], "primarySdgGoal": "8",
        "contacts": [{ "name": "A", "channel": "WEBSITE", "value": "https://example.org", "visibility": "PUBLIC" }],
    });
    lab.drafts("Avant", more).await
}

async fn shown(lab: &Actor, id: &str, field: &str) -> Value {
    lab.asks(SHOW, json!({ "id": id })).await.data(&format!("/project/{field}"))
}

/// Every field that may be cleared: its value as a literal and as JSON, what then is shown, and what null leaves.
fn fields() -> Vec<(&'static str, &'static str, &'static str, Value, Value, Value)> {
    let kept = |after: Value, cleared: Value| (after, cleared);
    let row =
        |field, ty, literal, value: Value, (after, cleared)| (field, ty, literal, value, after, cleared);
    let contact = json!({ "name": "B", "channel": "EMAIL", "value": "b@example.org", "visibility": "OWNER" });
    let spelt = "[{ name: \"B\", channel: EMAIL, value: \"b@example.org\", visibility: OWNER }]";
    vec![
        row("description", "String", "\"Après\"", json!("Après"), kept(json!("Après"), Value::Null)),
        row("solution", "String", "\"Après\"", json!("Après"), kept(json!("Après"), Value::Null)),
        row("startedOn", "FuzzyDate", "\"2021-03\"", json!("2021-03"), kept(json!("2021-03"), Value::Null)),
        row("themes", "[String!]", "[]", json!([]), kept(json!([]), json!([]))),
        row("primarySdgGoal", "String", "\"1\"", json!("1"), kept(json!({ "code": "1" }), Value::Null)),
        row(
            "contacts",
            "[ContactInput!]",
            spelt,
            json!([contact]),
            kept(json!([{ "name": "B" }]), json!([])),
        ),
    ]
}

#[tokio::test]
async fn a_field_left_out_stays_null_clears_and_a_value_replaces() {
    let world = World::new().await;
    let lab = world.innovator("Water Lab").await;
    for (field, ty, literal, value, after, cleared) in fields() {
        let before = shown(&lab, &draft(&lab).await, field).await;
        for (literal, expected) in [("", &before), ("null", &cleared), (literal, &after)] {
            let id = draft(&lab).await;
            let given = if literal.is_empty() { String::new() } else { format!("{field}: {literal}") };
            let update = format!(
                "mutation ($id: ID!) {{ projectUpdate(input: {{ id: $id, {given} }}) {{ errors {{ code message }} }} }}"
            );
            lab.asks(&update, json!({ "id": id })).await.fine();
            assert_eq!(shown(&lab, &id, field).await, *expected, "{field} as the literal {literal:?}");
        }
        let update = format!(
            "mutation ($id: ID!, $value: {ty}) {{ projectUpdate(input: {{ id: $id, {field}: $value }}) {{
             errors {{ code message }} }} }}"
        );
        for (given, expected) in [(None, &before), (Some(Value::Null), &cleared), (Some(value), &after)] {
            let id = draft(&lab).await;
            let mut variables = json!({ "id": id });
            if let Some(given) = &given {
                variables["value"] = given.clone();
            }
            lab.asks(&update, variables).await.fine();
            assert_eq!(shown(&lab, &id, field).await, *expected, "{field} as the variable {given:?}");
        }
    }
}

#[tokio::test]
async fn the_whole_input_as_a_variable_means_the_same() {
    let world = World::new().await;
    let lab = world.innovator("Water Lab").await;
    let update =
        "mutation ($input: ProjectUpdateInput!) { projectUpdate(input: $input) { errors { code message } } }";
    for (field, _, _, value, after, cleared) in fields() {
        let before = shown(&lab, &draft(&lab).await, field).await;
        for (given, expected) in [(None, &before), (Some(Value::Null), &cleared), (Some(value), &after)] {
            let id = draft(&lab).await;
            let mut input = json!({ "id": id });
            if let Some(given) = &given {
                input[field] = given.clone();
            }
            lab.asks(update, json!({ "input": input })).await.fine();
            assert_eq!(shown(&lab, &id, field).await, *expected, "{field}: {given:?}");
        }
    }
}

#[tokio::test]
async fn what_must_be_there_cannot_be_cleared() {
    let world = World::new().await;
    let lab = world.innovator("Water Lab").await;
    let id = draft(&lab).await;
    let update = "mutation ($input: ProjectUpdateInput!) {
        projectUpdate(input: $input) { errors { code path message } } }";
    let blank = lab.asks(update, json!({ "input": { "id": id, "title": " ", "summary": "" } })).await;
    assert_eq!(blank.refused("BLANK").paths(), ["input.title", "input.summary"], "all faults at once");
    assert_eq!(shown(&lab, &id, "title").await, "Avant");
    assert_eq!(shown(&lab, &id, "version").await, "1");
}

#[tokio::test]
async fn ones_own_account_is_patched_alike() {
    let world = World::new().await;
    let person = world.stranger().await;
    let id = person.user.unwrap().to_string();
    for (given, expected) in [
        (json!({ "profileKind": "FUNDER" }), json!("FUNDER")),
        (json!({ "displayName": "Ada" }), json!("FUNDER")),
        (json!({ "profileKind": null }), Value::Null),
    ] {
        let mut input = given;
        input["id"] = json!(id);
        let told = person.does("userUpdate", "user { profileKind }", input).await;
        assert_eq!(told.data("/userUpdate/user/profileKind"), expected);
    }
}
