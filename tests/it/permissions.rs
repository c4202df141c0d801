//! `viewerPermissions` and the mutations say the same, in every state, for everybody.

use entity::{codes::*, projects::project};
use tests::{Actor, Cast, Value, json};

/// Permission, mutation, and what it needs beside the id.
fn project_actions(target: &str) -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("update", "projectUpdate", json!({ "title": "Un autre titre" })),
        ("submit", "projectSubmit", json!({})),
        ("publish", "projectPublish", json!({})),
        ("return", "projectReturn", json!({ "reason": "Encore un effort." })),
        ("unpublish", "projectUnpublish", json!({})),
        ("archive", "projectArchive", json!({})),
        ("restore", "projectRestore", json!({})),
        ("withdraw", "projectWithdraw", json!({ "reason": "Fini." })),
        ("merge", "projectMerge", json!({ "intoId": target })),
    ]
}

/// What a mutation says, as a permission would.
fn said(codes: &[String]) -> &str {
    match codes.first().map(String::as_str) {
        None => "ALLOWED",
        Some("NOT_FOUND") => "HIDDEN",
        Some(code) => code,
    }
}

/// What the permission says; the object may not be seen at all.
async fn told(actor: &Actor, noun: &str, permission: &str, id: &str) -> String {
    let ask = format!(
        "query ($id: ID!) {{ node(id: $id) {{ ... on {noun} {{ viewerPermissions {{ {permission} {{ isAllowed reason }} }} }} }} }}"
    );
    let answer = actor.asks(&ask, json!({ "id": id })).await;
    let node = answer.data("/node");
    if node.is_null() {
        return "HIDDEN".to_owned();
    }
    let told = &node["viewerPermissions"][permission];
    assert_eq!(told["isAllowed"] == true, told["reason"].is_null(), "{answer:?}");
    told["reason"].as_str().unwrap_or("ALLOWED").to_owned()
}

async fn done(actor: &Actor, mutation: &str, input: Value) -> tests::Answer {
    let noun = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
    let document = format!(
        "mutation ($input: {noun}!) {{ {mutation}(input: $input) {{ errors {{ code path message }} }} }}"
    );
    actor.asks(&document, json!({ "input": input })).await
}

const NAMES: &[&str] = &[
    "lab owner",
    "lab editor",
    "lab viewer",
    "other owner",
    "fund owner",
    "curator",
    "steward",
    "administrator",
];

#[tokio::test]
async fn projects_say_what_their_mutations_do() {
    let cast = Cast::new().await;
    let world = &cast.world;
    let lab = cast.person("lab owner").organization.unwrap();
    let mut agreed = 0;
    for status in ProjectStatus::all() {
        for actor in NAMES.iter().map(|name| cast.person(name).clone()).chain([world.visitor()]) {
            let target = world.published(lab, "La cible");
            let into = target.id.to_string();
            world.insert(target).await;
            for (permission, mutation, more) in project_actions(&into) {
                let row = world.published(lab, "Un projet");
                let id = row.id.to_string();
                world.insert(project::Model { status, ..row }).await;
                let told = told(&actor, "Project", permission, &id).await;
                let mut input = more;
                input["id"] = json!(id);
                let answer = done(&actor, mutation, input).await;
                assert_eq!(told, said(&answer.errors()), "{} {permission} {status}: {answer:?}", actor.name);
                agreed += 1;
            }
        }
    }
    assert_eq!(agreed, 6 * 9 * 9);
}
