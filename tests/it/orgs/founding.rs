//! Founding and changing an organization, and who controls whom.

use super::{founds, organization, verifies};
use tests::{Value, World, json};

#[tokio::test]
async fn whoever_founds_owns_and_may_act_in_the_same_breath() {
    let world = World::new().await;
    let founder = world.staff("Founder", entity::codes::PlatformRole::None).await;
    let shown = "organization { id kinds identifiers { scheme value } accreditations { kind isCurrent } shortName
        viewerMembership { role status since }
        viewerPermissions { update { isAllowed } invite { isAllowed } verify { isAllowed reason } createProject { isAllowed } }
        memberships { totalCount { value } nodes { role user { displayName } organization { name } } } }";
    let input = json!({
        "name": "L'Eau partagée", "legalForm": "SCIC", "kinds": ["SUPPORT", "INNOVATOR", "SUPPORT"],
        "identifiers": [{ "scheme": "SIREN", "value": "732 829 320" }],
        "accreditations": [
            { "kind": "ESUS", "validFrom": "2020-01-01", "validTo": "2021-01-01" }, { "kind": "RUP" },
        ],
        "website": "https://example.org", "shortName": " EP ",
    });
    let answer = founder.does("organizationCreate", shown, input).await;
    let it = answer.data("/organizationCreate/organization");
    assert_eq!(it["kinds"], json!(["INNOVATOR", "SUPPORT"]));
    assert_eq!(it["shortName"], "EP");
    assert_eq!(it["identifiers"], json!([{ "scheme": "SIREN", "value": "732829320" }]));
    assert_eq!(it["accreditations"][0]["isCurrent"], false);
    assert_eq!(it["accreditations"][1]["isCurrent"], true);
    assert_eq!(it["viewerMembership"]["role"], "OWNER");
    assert_eq!(it["viewerMembership"]["status"], "ACTIVE");
    for permission in ["update", "invite", "createProject"] {
        assert_eq!(it["viewerPermissions"][permission]["isAllowed"], true, "{permission}");
    }
    assert_eq!(it["viewerPermissions"]["verify"]["reason"], "FORBIDDEN");
    assert_eq!(it["memberships"]["totalCount"]["value"], 1);
    assert_eq!(it["memberships"]["nodes"][0]["user"]["displayName"], "Founder");
    assert_eq!(it["memberships"]["nodes"][0]["organization"]["name"], "L'Eau partagée");

    let by_number = "{ organization(by: { identifier: { scheme: SIREN, value: \"732829320\" } }) { id } }";
    assert_eq!(founder.asks(by_number, json!({})).await.data("/organization/id"), it["id"]);
}

#[tokio::test]
async fn all_faults_are_told_at_once_with_their_paths() {
    let world = World::new().await;
    let founder = world.stranger().await;
    let first = json!({ "name": "First", "legalForm": "AUTRE", "kinds": ["FUNDER"],
        "identifiers": [{ "scheme": "RNA", "value": "W751212517" }] });
    organization(&founder, "organizationCreate", first).await.fine();
    let wrong = json!({ "name": " ", "legalForm": "AUTRE", "kinds": [], "seat": "REG-00", "areas": ["REG-01"],
        "identifiers": [{ "scheme": "SIREN", "value": "732829321" }, { "scheme": "RNA", "value": "w751212517" }],
        "accreditations": [{ "kind": "ESUS", "validFrom": "2026-01-02", "validTo": "2026-01-01" }],
        "parentId": "org_00000000000000000000000000" });
    let answer = organization(&founder, "organizationCreate", wrong.clone()).await;
    let mut faults: Vec<_> = answer
        .paths()
        .into_iter()
        .zip(answer.errors())
        .map(|(path, code)| format!("{path} {code}"))
        .collect();
    faults.sort_unstable();
    assert_eq!(
        faults,
        [
            "input.accreditations.0.validTo OUT_OF_RANGE",
            "input.areas.0 NOT_FOUND",
            "input.identifiers.0.value CHECKSUM_INVALID",
            "input.identifiers.1.value TAKEN",
            "input.kinds TOO_SHORT",
            "input.name BLANK",
            "input.parentId NOT_FOUND",
            "input.seat NOT_FOUND",
        ]
    );
    let unproved = world.stranger().await;
    world.set_verified(unproved.user.unwrap(), false).await;
    let fine = json!({ "name": "Second", "legalForm": "AUTRE", "kinds": ["FUNDER"] });
    organization(&unproved, "organizationCreate", fine).await.refused("EMAIL_UNVERIFIED");
    organization(&world.visitor(), "organizationCreate", wrong).await.refused("UNAUTHENTICATED");
    let count = "{ organizations { totalCount { value } } }";
    assert_eq!(founder.asks(count, json!({})).await.data("/organizations/totalCount/value"), 1);
}

#[tokio::test]
async fn an_update_keeps_what_it_leaves_out_and_clears_what_it_nulls() {
    let world = World::new().await;
    let (founder, stranger) = (world.stranger().await, world.stranger().await);
    let input = json!({ "name": "Lab", "legalForm": "AUTRE", "kinds": ["UNIVERSITY"], "shortName": "L",
        "description": "text", "identifiers": [{ "scheme": "SIREN", "value": "732829320" }] });
    let created = organization(&founder, "organizationCreate", input).await;
    let id = created.text("/organizationCreate/organization/id");
    let shown = "organization { name shortName description version identifiers { value } slug }";
    let change = json!({ "id": id, "ifVersion": "1", "name": "Laboratory", "shortName": null });
    stranger.does("organizationUpdate", shown, change.clone()).await.refused("FORBIDDEN");
    let it = founder.does("organizationUpdate", shown, change.clone()).await;
    let it = it.data("/organizationUpdate/organization");
    assert_eq!(it["name"], "Laboratory");
    assert_eq!(it["shortName"], Value::Null);
    assert_eq!(it["description"], "text");
    assert_eq!(it["version"], "2");
    assert_eq!(it["identifiers"][0]["value"], "732829320");
    assert!(it["slug"].as_str().unwrap().starts_with("lab-"), "an address stays");
    founder.does("organizationUpdate", shown, change).await.refused("VERSION_CONFLICT");
    let cleared = founder.does("organizationUpdate", shown, json!({ "id": id, "identifiers": null })).await;
    assert_eq!(cleared.data("/organizationUpdate/organization/identifiers"), json!([]));
}

#[tokio::test]
async fn nobody_controls_itself_even_through_others_it_does_not_see() {
    let world = World::new().await;
    let (founder, other) = (world.stranger().await, world.stranger().await);
    let curator = world.curator().await;
    let (a, c) = (founds(&founder, "A").await, founds(&founder, "C").await);
    let b = founds(&other, "B").await;
    let parent = |id: &str, parent: &str| json!({ "id": id, "parentId": parent });
    organization(&founder, "organizationUpdate", parent(&a, &a)).await.refused("PARENT_CYCLE");
    organization(&other, "organizationUpdate", parent(&b, &a)).await.fine();
    organization(&founder, "organizationUpdate", parent(&c, &b)).await.fine();
    verifies(&other, &curator, &b).await;
    let doubt = json!({ "id": b, "reason": "doubt" });
    organization(&curator, "organizationSuspend", doubt).await.fine();
    // The way from C to A leads through B, which the founder does not see.
    organization(&founder, "organizationUpdate", parent(&a, &c)).await.refused("PARENT_CYCLE");
    let children = "query ($id: ID!) { organization(by: { id: $id }) { children { nodes { name } } } }";
    let seen = founder.asks(children, json!({ "id": a })).await;
    assert_eq!(seen.data("/organization/children/nodes"), json!([]), "a suspended child is not seen");
    let seen = other.asks(children, json!({ "id": a })).await;
    assert_eq!(seen.each("/organization/children/nodes", "/name"), ["B"]);
}

#[tokio::test]
async fn one_person_adds_twenty_organizations_a_day() {
    let world = World::new().await;
    let (busy, other) = (world.stranger().await, world.stranger().await);
    for number in 0..20 {
        founds(&busy, &format!("Lab {number}")).await;
    }
    let one_more = json!({ "name": "Lab 20", "legalForm": "ASSOCIATION", "kinds": ["INNOVATOR"] });
    organization(&busy, "organizationCreate", one_more.clone()).await.refused("RATE_LIMITED");
    organization(&other, "organizationCreate", one_more.clone()).await.fine();
    world.later(std::time::Duration::from_hours(25));
    organization(&world.again(&busy).await, "organizationCreate", one_more).await.fine();
}

#[tokio::test]
async fn a_list_costs_the_same_number_of_statements_however_long_it_is() {
    let world = World::new().await;
    let owner = world.stranger().await;
    let list = "{ organizations(first: 30) { totalCount { value } nodes { id kinds identifiers { value }
        accreditations { kind } areas { code } seat { code } parent { id } children { nodes { id } } viewerMembership { id }
        memberships { nodes { user { displayName } } } invitations { nodes { email } }
        projects(filter: { territory: { codes: [] } }) { nodes { id } } } } }";
    founds(&owner, "One").await;
    let one = owner.asks(list, json!({})).await;
    assert_eq!(one.data("/organizations/totalCount/value"), 1);
    for name in ["Two", "Three", "Four"] {
        founds(&owner, name).await;
    }
    let four = owner.asks(list, json!({})).await;
    assert_eq!(four.data("/organizations/totalCount/value"), 4);
    assert_eq!(one.statements(), four.statements());
}
