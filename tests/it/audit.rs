//! The audit trail: who reads what of it, and how it is searched.

use entity::codes::MembershipRole;
use std::time::Duration;
use tests::{Actor, Value, World, json};

async fn found(who: &Actor, filter: Value) -> Vec<String> {
    let list = "query ($filter: AuditEventFilter) { auditEvents(filter: $filter, first: 100) {
        nodes { action } totalCount { value } } }";
    let answer = who.asks(list, json!({ "filter": filter })).await;
    let actions = answer.each("/auditEvents/nodes", "/action");
    assert_eq!(answer.data("/auditEvents/totalCount/value"), actions.len());
    actions
}

#[tokio::test]
async fn managers_read_their_organizations_trail_and_administrators_all() {
    let world = World::new().await;
    let (lab, other) = (world.innovator("Water Lab").await, world.innovator("Other Lab").await);
    let home = lab.organization.unwrap();
    let deputy = world.member("Deputy", home, MembershipRole::Admin).await;
    let editor = world.member("Editor", home, MembershipRole::Editor).await;
    lab.drafts("La pluie", json!({})).await;
    other.drafts("Le vent", json!({})).await;
    editor.drafts("Le soleil", json!({})).await;

    let administrator = world.administrator().await;
    assert_eq!(found(&administrator, json!({})).await, ["projectCreate"; 3]);
    for manager in [&lab, &deputy] {
        assert_eq!(found(manager, json!({})).await, ["projectCreate"; 2], "{}", manager.name);
    }
    assert_eq!(found(&editor, json!({})).await, ["projectCreate"], "one's own acts");
    assert_eq!(found(&other, json!({})).await, ["projectCreate"]);
    for outsider in [world.stranger().await, world.visitor(), world.curator().await] {
        assert_eq!(found(&outsider, json!({})).await, Vec::<String>::new(), "{}", outsider.name);
    }
    assert_eq!(found(&other, json!({ "organization": { "eq": lab.org() } })).await, Vec::<String>::new());
    let of_lab =
        "query ($id: ID!) { organization(by: { id: $id }) { auditEvents { totalCount { value } } } }";
    let seen = lab.asks(of_lab, json!({ "id": lab.org() })).await;
    assert_eq!(seen.data("/organization/auditEvents/totalCount/value"), 2);
}

#[tokio::test]
async fn an_address_is_for_whoever_acted_and_for_administrators() {
    let world = World::new().await;
    let lab = world.innovator("Water Lab").await;
    let editor = world.member("Editor", lab.organization.unwrap(), MembershipRole::Editor).await;
    editor.drafts("La pluie", json!({})).await;
    let show = "{ auditEvents { nodes { address actor { displayName } } } }";
    for near in [&editor, &world.administrator().await] {
        let seen = near.asks(show, json!({})).await;
        assert_eq!(seen.each("/auditEvents/nodes", "/address"), ["127.0.0.1"], "{}", near.name);
    }
    let seen = lab.asks(show, json!({})).await;
    assert_eq!(seen.each("/auditEvents/nodes", "/address"), ["null"]);
    assert_eq!(seen.each("/auditEvents/nodes", "/actor/displayName"), ["Editor"]);
    assert_eq!(seen.withheld(), ["AuditEvent.address OWNER 1"]);
}

#[tokio::test]
async fn the_trail_is_searched_by_actor_subject_action_and_time() {
    let world = World::new().await;
    let (lab, other) = (world.innovator("Water Lab").await, world.innovator("Other Lab").await);
    let rain = lab.drafts("La pluie", json!({})).await;
    let wind = other.drafts("Le vent", json!({})).await;
    world.later(Duration::from_mins(5));
    let noon = gql::scalars::DateTime(world.now().0).text();
    world.later(Duration::from_mins(5));
    let change = json!({ "id": rain, "title": "La neige", "stage": "SCALING" });
    lab.does("projectUpdate", "project { id }", change).await.fine();

    let administrator = world.administrator().await;
    let actor = |who: &Actor| json!({ "actor": { "eq": who.user.unwrap().to_string() } });
    for (filter, expected) in [
        (actor(&lab), vec!["projectUpdate", "projectCreate"]),
        (actor(&other), vec!["projectCreate"]),
        (json!({ "subject": { "eq": rain } }), vec!["projectUpdate", "projectCreate"]),
        (json!({ "subject": { "in": [wind] } }), vec!["projectCreate"]),
        (json!({ "organization": { "eq": other.org() } }), vec!["projectCreate"]),
        (json!({ "actions": ["projectUpdate"] }), vec!["projectUpdate"]),
        (json!({ "actions": [] }), vec![]),
        (json!({ "at": { "gte": noon } }), vec!["projectUpdate"]),
        (json!({ "at": { "lt": noon } }), vec!["projectCreate"; 2]),
        (
            json!({ "actor": { "eq": lab.user.unwrap().to_string() }, "at": { "lt": noon } }),
            vec!["projectCreate"],
        ),
    ] {
        assert_eq!(found(&administrator, filter.clone()).await, expected, "{filter}");
    }
    let show = "{ auditEvents(first: 1) { nodes { subjectId changes { path before after } } } }";
    let told = lab.asks(show, json!({})).await;
    assert_eq!(told.each("/auditEvents/nodes", "/subjectId"), [rain.as_str()]);
    let changes = told.data("/auditEvents/nodes/0/changes");
    let of = |path: &str| changes.as_array().unwrap().iter().find(|change| change["path"] == path).cloned();
    let stage = of("stage").unwrap();
    assert_eq!((&stage["before"], &stage["after"]), (&json!("EXPERIMENTATION"), &json!("SCALING")));
    let title = of("title").unwrap();
    assert_eq!((&title["before"], &title["after"]), (&Value::Null, &Value::Null), "texts by name alone");
}
