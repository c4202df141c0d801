//! `viewerPermissions` and the mutations say the same, in every state, for everybody.

mod evidence;

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

/// The permission says what the mutation does.
async fn agrees(
    actor: &Actor,
    noun: &str,
    (permission, mutation): (&str, &str),
    id: &str,
    input: Value,
    state: &str,
) {
    let told = told(actor, noun, permission, id).await;
    let answer = done(actor, mutation, input.clone()).await;
    if told == "HIDDEN" {
        // The next id: of two, the lower is locked and judged first, whether or not it is there.
        let (prefix, uuid) = entity::ids::parse(id).unwrap();
        let never = entity::ids::print(prefix, uuid::Uuid::from_u128(uuid.as_u128() ^ 1));
        let absent = serde_json::from_str(&input.to_string().replace(id, &never)).unwrap();
        let absent = done(actor, mutation, absent).await;
        assert_eq!(answer.comparable(), absent.comparable(), "{} {noun}.{permission} {state}", actor.name);
        return;
    }
    assert_eq!(told, said(&answer.errors()), "{} {noun}.{permission} {state}: {answer:?}", actor.name);
}

#[tokio::test]
async fn projects_say_what_their_mutations_do() {
    let cast = Cast::new().await;
    let world = &cast.world;
    let lab = cast.person("lab owner").organization.unwrap();
    for status in ProjectStatus::all() {
        for actor in NAMES.iter().map(|name| cast.person(name).clone()).chain([world.visitor()]) {
            let target = world.published(lab, "La cible");
            let into = target.id.to_string();
            world.insert(target).await;
            for (permission, mutation, mut input) in project_actions(&into) {
                let row = world.published(lab, "Un projet");
                let id = row.id.to_string();
                world.insert(project::Model { status, ..row }).await;
                input["id"] = json!(id);
                agrees(&actor, "Project", (permission, mutation), &id, input, status.code()).await;
            }
        }
    }
}

#[tokio::test]
async fn needs_say_what_their_mutation_does() {
    let cast = Cast::new().await;
    let world = &cast.world;
    let lab = cast.person("lab owner").organization.unwrap();
    for status in ProjectStatus::all() {
        for actor in NAMES.iter().map(|name| cast.person(name).clone()).chain([world.visitor()]) {
            let row = world.published(lab, "Un projet");
            let project = row.id;
            world.insert(project::Model { status, ..row }).await;
            let id = world.need(project, 10_000).await.to_string();
            let input = json!({ "id": id, "detail": "Un autre local." });
            agrees(&actor, "Need", ("update", "needUpdate"), &id, input, status.code()).await;
        }
    }
}

#[tokio::test]
async fn replications_say_what_their_mutations_do() {
    use entity::{ids::ReplicationId, projects::replication};
    use sea_orm::EntityTrait;
    let cast = Cast::new().await;
    let world = &cast.world;
    let known = replication::Entity::find().one(world.pool()).await.unwrap().unwrap();
    let actions = [
        ("update", "replicationUpdate", json!({})),
        ("confirm", "replicationConfirm", json!({})),
        ("deny", "replicationDeny", json!({ "reason": "Autre chose." })),
        ("end", "replicationEnd", json!({})),
    ];
    for status in ReplicationStatus::all() {
        for actor in NAMES.iter().map(|name| cast.person(name).clone()).chain([world.visitor()]) {
            for (permission, mutation, mut input) in actions.clone() {
                let model = world.published(known.holder_id, "Le modèle");
                let (id, project_id) = (ReplicationId::fresh(), model.id);
                world.insert(model).await;
                world.insert(replication::Model { id, project_id, status, ..known.clone() }).await;
                let id = id.to_string();
                input["id"] = json!(id);
                agrees(&actor, "Replication", (permission, mutation), &id, input, status.code()).await;
            }
        }
    }
}

#[tokio::test]
async fn terms_say_what_their_mutations_do() {
    let cast = Cast::new().await;
    let terms = "{ terms(taxonomy: METHOD, first: 100) { nodes { id } } }";
    let ids = cast.world.visitor().asks(terms, json!({})).await.each("/terms/nodes", "/id");
    let actors = NAMES.iter().map(|name| cast.person(name).clone()).chain([cast.world.visitor()]);
    for (actor, id) in actors.zip(ids) {
        for state in ["in use", "retired"] {
            let renamed = json!({ "id": id, "labelFr": "Autrement" });
            agrees(&actor, "Term", ("rename", "termRename"), &id, renamed, state).await;
            agrees(&actor, "Term", ("retire", "termRetire"), &id, json!({ "id": id }), state).await;
        }
    }
}

#[tokio::test]
async fn what_never_changes_says_so() {
    let cast = Cast::new().await;
    for actor in NAMES.iter().map(|name| cast.person(name).clone()).chain([cast.world.visitor()]) {
        let place = "{ territory(by: { code: \"FR\" }) { id viewerPermissions { update { isAllowed } } } }";
        let told = actor.asks(place, json!({})).await;
        assert_eq!(told.data("/territory/viewerPermissions/update/isAllowed"), false, "{told:?}");
    }
    let trail = "{ auditEvents { nodes { viewerPermissions { update { isAllowed reason } } } } }";
    let told = cast.person("administrator").asks(trail, json!({})).await;
    assert_eq!(told.data("/auditEvents/nodes/0/viewerPermissions/update/reason"), "FORBIDDEN", "{told:?}");
}

fn organization_actions(id: &str, target: &str) -> Vec<(&'static str, &'static str, Value)> {
    let invited = format!("{}@example.org", uuid::Uuid::now_v7().simple());
    vec![
        ("update", "organizationUpdate", json!({ "id": id, "description": "Autre chose." })),
        ("requestVerification", "organizationRequestVerification", json!({ "id": id })),
        ("verify", "organizationVerify", json!({ "id": id })),
        ("refuse", "organizationRefuse", json!({ "id": id, "reason": "Encore un effort." })),
        ("suspend", "organizationSuspend", json!({ "id": id, "reason": "Des doutes." })),
        ("restore", "organizationRestore", json!({ "id": id })),
        ("merge", "organizationMerge", json!({ "id": id, "intoId": target })),
        ("invite", "membershipInvite", json!({ "organizationId": id, "email": invited, "role": "EDITOR" })),
        (
            "createProject",
            "projectCreate",
            json!({ "holderId": id, "title": "Un projet", "summary": "Un résumé.", "stage": "IDEATION" }),
        ),
    ]
}

#[tokio::test]
async fn organizations_say_what_their_mutations_do() {
    use MembershipRole::{Admin, Editor, Owner, Viewer};
    let cast = Cast::new().await;
    let world = &cast.world;
    let seats = [Some(Owner), Some(Admin), Some(Editor), Some(Viewer), None];
    let mut actors: Vec<_> = seats.into_iter().map(|seat| (cast.person("stranger").clone(), seat)).collect();
    actors.extend(
        ["fund owner", "curator", "steward", "administrator"].map(|name| (cast.person(name).clone(), None)),
    );
    actors.push((world.visitor(), None));
    for verification in Verification::all() {
        for (actor, seat) in &actors {
            for place in 0..organization_actions("", "").len() {
                let id = world.organization("Une association", ActorKind::Innovator, verification).await;
                if let (Some(role), Some(user)) = (seat, actor.user) {
                    world.seat(user, id, *role).await;
                }
                // Made later, so that the merger judges the one before the other.
                let target =
                    world.organization("La cible", ActorKind::Innovator, Verification::Verified).await;
                let (text, target) = (id.to_string(), target.to_string());
                let (permission, mutation, input) = organization_actions(&text, &target).swap_remove(place);
                let state = format!("{verification} for {seat:?}");
                agrees(actor, "Organization", (permission, mutation), &text, input, &state).await;
                world.unseat(id).await;
            }
        }
    }
}

#[tokio::test]
async fn memberships_say_what_their_mutations_do() {
    let cast = Cast::new().await;
    let world = &cast.world;
    let lab = cast.person("lab owner").organization.unwrap();
    let others = ["lab owner", "lab administrator", "lab editor", "other owner", "curator", "administrator"];
    let actions = [
        ("approve", "membershipApprove", json!({ "role": "EDITOR" })),
        ("decline", "membershipDecline", json!({})),
        ("changeRole", "membershipChangeRole", json!({ "role": "VIEWER" })),
        ("remove", "membershipRemove", json!({})),
        ("leave", "membershipLeave", json!({})),
    ];
    for status in MembershipStatus::all() {
        for place in 0..=others.len() {
            for (permission, mutation, mut input) in actions.clone() {
                let member = world.staff("Somebody", PlatformRole::None).await;
                let id = world
                    .membership(member.user.unwrap(), lab, MembershipRole::Editor, status)
                    .await
                    .to_string();
                let actor = others.get(place).map_or(&member, |name| cast.person(name));
                input["id"] = json!(id);
                agrees(actor, "Membership", (permission, mutation), &id, input, status.code()).await;
            }
        }
    }
}

#[tokio::test]
async fn accounts_say_what_their_mutations_do() {
    let cast = Cast::new().await;
    let world = &cast.world;
    // `userDelete` asks for the password beside the right; its own story tells of it.
    let actions = [
        ("update", "userUpdate", json!({ "displayName": "Un autre nom" })),
        ("suspend", "userSuspend", json!({ "reason": "Des doutes." })),
        ("restore", "userRestore", json!({})),
        ("setPlatformRole", "userSetPlatformRole", json!({ "platformRole": "CURATOR" })),
    ];
    for status in [UserStatus::Active, UserStatus::Suspended] {
        for name in ["self", "stranger", "fund owner", "curator", "steward", "administrator"] {
            for (permission, mutation, mut input) in actions.clone() {
                let person = world.staff("Somebody", PlatformRole::None).await;
                if name == "self" && status == UserStatus::Suspended {
                    continue; // is not let in at all
                }
                world.set_status(person.user.unwrap(), status).await;
                let id = person.user.unwrap().to_string();
                let actor = if name == "self" { &person } else { cast.person(name) };
                input["id"] = json!(id);
                agrees(actor, "User", (permission, mutation), &id, input, status.code()).await;
            }
        }
    }
}
