//! Territories, vocabularies and code lists: open to everybody, kept by stewards.

use tests::{World, json};

#[tokio::test]
async fn a_body_over_two_departments_names_both() {
    let world = World::new().await;
    let show = "query ($code: String!) { territory(by: { code: $code }) { name scale officialCode
        parents { code } ancestors { code } postalCodes } }";
    let body = world.visitor().asks(show, json!({ "code": "EPCI-200034023" })).await;
    let mut parents = body.each("/territory/parents", "/code");
    parents.sort();
    assert_eq!(parents, ["DEP-31", "DEP-81"]);
    assert_eq!(body.each("/territory/ancestors", "/code").last().map(String::as_str), Some("WORLD"));
    let corsica = world.visitor().asks(show, json!({ "code": "COM-2A004" })).await;
    assert_eq!(corsica.data("/territory/postalCodes"), json!(["20000", "20090", "20167"]));
    let north = world.visitor().asks(show, json!({ "code": "DEP-975" })).await;
    assert_eq!(north.data("/territory/officialCode"), "975");
    assert!(world.visitor().asks(show, json!({ "code": "DEP-99" })).await.data("/territory").is_null());
}

#[tokio::test]
async fn territories_are_found_by_name_place_and_postal_code() {
    let world = World::new().await;
    let list = "query ($filter: TerritoryListFilter) { territories(filter: $filter, first: 100) { nodes { code } } }";
    for (filter, expected) in [
        (json!({ "name": { "startsWith": "toulouse" } }), vec!["COM-31555", "EPCI-243100518"]),
        (json!({ "scale": { "eq": "DEPARTEMENT" }, "within": "REG-94" }), vec!["DEP-2A", "DEP-2B"]),
        (json!({ "postalCode": "31200" }), vec!["COM-31555"]),
        (json!({ "within": "DEP-975" }), vec!["COM-97502"]),
    ] {
        let answer = world.visitor().asks(list, json!({ "filter": filter })).await;
        let mut found = answer.each("/territories/nodes", "/code");
        found.sort();
        assert_eq!(found, expected, "{filter}");
    }
}

#[tokio::test]
async fn labels_come_in_the_readers_language() {
    let world = World::new().await;
    let ask = "{ term(by: { code: { taxonomy: SDG_GOAL, code: \"13\" } }) { label labels { fr en } }
        codeLists(names: [\"NeedKind\"]) { codes { code label } } }";
    let (french, english) =
        (world.visitor().asks(ask, json!({})).await, world.visitor().in_english().asks(ask, json!({})).await);
    assert_eq!(french.data("/term/label"), french.data("/term/labels/fr"));
    assert_eq!(english.data("/term/label"), english.data("/term/labels/en"));
    assert_eq!(french.data("/codeLists/0/codes/0/label"), "Financement");
    assert_eq!(english.data("/codeLists/0/codes/0/label"), "Funding");
}

const CREATE: &str = "mutation ($input: TermCreateInput!) {
    termCreate(input: $input) { term { id code } errors { code path message } } }";
const RETIRE: &str = "mutation ($input: TermRetireInput!) {
    termRetire(input: $input) { term { retiredAt replacedBy { code } } errors { code path message } } }";

#[tokio::test]
async fn stewards_keep_vocabularies_and_nobody_else_does() {
    let world = World::new().await;
    let term = |code: &str| json!({ "input": { "taxonomy": "THEME", "code": code, "labelFr": "Eau", "labelEn": "Water" } });
    for actor in [world.innovator("Water Lab").await, world.curator().await, world.stranger().await] {
        actor.asks(CREATE, term("WATER")).await.refused("FORBIDDEN");
    }
    world.visitor().asks(CREATE, term("WATER")).await.refused("UNAUTHENTICATED");
    let steward = world.steward().await;
    let id = steward.asks(CREATE, term("WATER")).await.text("/termCreate/term/id");
    steward.asks(CREATE, term("WATER")).await.refused("TAKEN");
    let successor = steward.asks(CREATE, term("WATER_2")).await.text("/termCreate/term/id");

    let retire = json!({ "input": { "id": id, "replacedById": successor } });
    world.curator().await.asks(RETIRE, retire.clone()).await.refused("FORBIDDEN");
    let goal = "{ term(by: { code: { taxonomy: SDG_GOAL, code: \"6\" } }) { id } }";
    let goal = steward.asks(goal, json!({})).await.text("/term/id");
    let gone = steward.asks(CREATE, term("WATER_0")).await.text("/termCreate/term/id");
    steward.asks(RETIRE, json!({ "input": { "id": gone } })).await.fine();
    for no_successor in [&goal, &id, &gone] {
        let input = json!({ "input": { "id": id, "replacedById": no_successor } });
        steward.asks(RETIRE, input).await.refused("INVALID");
    }
    let retired = steward.asks(RETIRE, retire.clone()).await;
    assert_eq!(retired.data("/termRetire/term/replacedBy/code"), "WATER_2");
    steward.asks(RETIRE, retire).await.refused("STATE_INVALID");
    let list = "{ terms(taxonomy: THEME, first: 100) { nodes { code } } }";
    let left = world.visitor().asks(list, json!({})).await.each("/terms/nodes", "/code");
    assert!(left.contains(&"WATER_2".to_owned()) && !left.contains(&"WATER".to_owned()));
}

#[tokio::test]
async fn a_retired_term_stays_on_old_projects_and_is_refused_on_new_ones() {
    let world = World::new().await;
    let (lab, steward) = (world.innovator("Water Lab").await, world.steward().await);
    let id = lab.publishes("La pluie", json!({ "themes": ["EMP"] })).await;
    let find = "{ term(by: { code: { taxonomy: THEME, code: \"EMP\" } }) { id } }";
    let term = lab.asks(find, json!({})).await.text("/term/id");
    steward.asks(RETIRE, json!({ "input": { "id": term } })).await.fine();

    let show = "query ($id: ID!) { project(by: { id: $id }) { themes { code } } }";
    assert_eq!(lab.asks(show, json!({ "id": id })).await.each("/project/themes", "/code"), ["EMP"]);
    let create = "mutation ($input: ProjectCreateInput!) {
        projectCreate(input: $input) { project { id } errors { code path message } } }";
    let input = json!({ "holderId": lab.org(), "title": "Le vent", "summary": "x", "stage": "IDEATION", "themes": ["EMP"] });
    let refused = lab.asks(create, json!({ "input": input })).await;
    assert_eq!(refused.refused("TERM_RETIRED").paths(), ["input.themes"]);
}
