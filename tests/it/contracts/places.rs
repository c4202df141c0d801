//! Where contracts take effect: found there beside projects and the funding they seek, by whoever may see them.

use super::{Cast, does};
use serde_json::{Value, json};
use tests::Actor;

const PLACE: &str = r"query ($code: String!, $filter: ContractFilter) { territory(by: { code: $code }) {
    name
    projects(first: 5) { totalCount { value } nodes { title } }
    fundingSought { amount currency }
    contracts(first: 5, filter: $filter) { totalCount { value } nodes { title territories { code } }
        facets(by: [STATUS]) { values { value contractCount } } } } }";

/// Titles of the contracts in a territory; their number is counted apart, and has to be the same.
async fn there(actor: &Actor, code: &str) -> Vec<String> {
    let seen = actor.asks(PLACE, json!({ "code": code })).await;
    let titles = seen.each("/territory/contracts/nodes", "/title");
    assert_eq!(seen.data("/territory/contracts/totalCount/value"), titles.len(), "{code}");
    titles
}

async fn filtered(actor: &Actor, codes: &[&str], relation: &str) -> usize {
    let ask = "query ($filter: ContractFilter) { impactContracts(filter: $filter) { nodes { title } } }";
    let filter = json!({ "territory": { "codes": codes, "relation": relation } });
    actor.asks(ask, json!({ "filter": filter })).await.each("/impactContracts/nodes", "/title").len()
}

#[tokio::test]
async fn a_territory_shows_contracts_beside_projects_and_the_funding_they_seek() {
    let mut cast = Cast::new().await;
    let reader = cast.world.funder("Reader").await;
    let need = json!([{ "kind": "FUNDING", "instrument": "GRANT", "amount": { "amount": "500", "currency": "EUR" } }]);
    let project = json!({ "needs": need, "territories": [{ "code": "DEP-31", "role": "ACTIVE" }] });
    reader.publishes("Un atelier", project).await;
    cast.negotiates().await;
    let set = |codes: Value| cast.on(json!({ "territories": codes }));
    cast.step(&cast.operator, "contractUpdate", json!({ "territories": ["DEP-31", "NOWHERE"] }))
        .await
        .refused("NOT_FOUND");
    assert_eq!(there(&cast.bank, "DEP-31").await, Vec::<String>::new(), "a refusal changes nothing");
    does(&reader, "contractUpdate", set(json!(["DEP-31"])), "contract { id }").await.refused("NOT_FOUND");
    let both = json!({ "territories": ["DEP-31", "REG-94", "DEP-31"] });
    cast.step(&cast.operator, "contractUpdate", both).await.fine();

    // A draft is its parties' own, in lists and in numbers.
    for code in ["COM-31555", "DEP-31", "REG-76", "FR", "REG-94"] {
        let found = usize::from(code != "COM-31555");
        assert_eq!(there(&cast.bank, code).await.len(), found, "{code}");
        for outsider in [&reader, &cast.world.visitor()] {
            assert!(there(outsider, code).await.is_empty(), "{code} for {}", outsider.name);
        }
    }
    cast.signs().await;
    for code in ["DEP-31", "REG-76", "FR"] {
        assert_eq!(there(&cast.world.visitor(), code).await, ["A roof and a trade"], "{code}");
    }
    assert!(there(&reader, "DEP-81").await.is_empty());
    for (codes, relation, found) in [
        (&["COM-31555"][..], "WIDER", 1),
        (&["COM-31555"], "NARROWER", 0),
        (&["REG-76"], "EXACT", 0),
        (&["REG-76", "DEP-81"], "NARROWER", 1),
        (&[], "ANY", 0),
    ] {
        assert_eq!(filtered(&reader, codes, relation).await, found, "{codes:?} {relation}");
    }

    // Together with what else is there, in one question.
    let seen = reader
        .asks(PLACE, json!({ "code": "REG-76", "filter": { "status": { "in": ["CONTRACTED"] } } }))
        .await;
    let place = seen.data("/territory");
    assert_eq!(place["projects"]["nodes"], json!([{ "title": "Un atelier" }]));
    assert_eq!(place["fundingSought"], json!([{ "amount": "500.00", "currency": "EUR" }]));
    let contract =
        json!({ "title": "A roof and a trade", "territories": [{ "code": "DEP-31" }, { "code": "REG-94" }] });
    assert_eq!(place["contracts"]["nodes"], json!([contract]));
    let facets = json!([{ "values": [{ "value": "CONTRACTED", "contractCount": 1 }] }]);
    assert_eq!(place["contracts"]["facets"], facets);
    cast.step(&cast.operator, "contractUpdate", json!({ "territories": [] })).await.refused("STATE_INVALID");
}

#[tokio::test]
async fn a_payers_territory_is_one_of_the_contracts() {
    let mut cast = Cast::new().await;
    cast.creates().await;
    let payer = |code: &str| json!({ "organizationId": cast.work.org(), "role": "OUTCOME_PAYER", "maxCommitment": "10", "territory": code });
    cast.step(&cast.bank, "contractPartyAdd", payer("REG-94")).await.fine();
    assert_eq!(there(&cast.bank, "REG-94").await, ["A roof and a trade"]);
    let health = json!({ "organizationId": cast.health.org(), "role": "OUTCOME_PAYER", "territory": "le bassin minier" });
    cast.step(&cast.bank, "contractPartyAdd", health).await.fine();
    let territories = cast.shows(&cast.bank, "territories { code }").await;
    assert_eq!(territories.each("/impactContract/territories", "/code"), ["REG-94"]);
}
