//! Interests: declared or shown by the books, they count wherever an evaluator has to be independent (BR-3).

use super::{Cast, does, exceptions::begins};
use serde_json::{Value, json};
use std::time::Duration;
use tests::{Actor, Answer};

async fn declares(actor: &Actor, input: Value) -> Answer {
    does(actor, "interestDeclare", input, "interest { id nature }").await
}

const SEEN: &str = "query ($against: ID) { interests(againstId: $against) { totalCount { value }
    nodes { nature fromOn detail organization { name } user { id } against { name } viewerPermissions { end { reason } } } } }";

async fn conflicts(cast: &Cast, actor: &Actor) -> Vec<Value> {
    let seen = cast.shows(actor, "independenceConflicts { kind isExcluding role chain }").await;
    seen.data("/impactContract/independenceConflicts").as_array().unwrap().clone()
}

#[tokio::test]
async fn a_declared_interest_has_to_be_waived_and_its_detail_stays_at_home() {
    let mut cast = Cast::new().await;
    cast.negotiates().await;
    let (lab, work) = (cast.lab.org(), cast.work.org());
    let funding = json!({ "organizationId": lab, "againstId": work, "nature": "FUNDING", "fromOn": "2024",
        "detail": "A chair, until 2030." });
    // Others do not speak for the laboratory, nor does its finance officer.
    let officer = cast
        .world
        .member("Officer", cast.lab.organization.unwrap(), entity::codes::MembershipRole::Finance)
        .await;
    for actor in [&cast.work, &cast.bank, &officer] {
        declares(actor, funding.clone()).await.refused("FORBIDDEN");
    }
    declares(&cast.world.visitor(), funding.clone()).await.refused("UNAUTHENTICATED");
    declares(&cast.lab, json!({ "organizationId": lab, "againstId": lab, "nature": "OTHER" }))
        .await
        .refused("INVALID");
    let turned = json!({ "organizationId": lab, "againstId": work, "nature": "OTHER", "fromOn": "2024-05", "toOn": "2023" });
    declares(&cast.lab, turned).await.refused("OUT_OF_RANGE");
    let id = declares(&cast.lab, funding).await.text("/interestDeclare/interest/id");

    // Whoever declared, and staff, read everything; parties that there is one; others nothing.
    let against = json!({ "against": work });
    let own = cast.lab.asks(SEEN, against.clone()).await;
    assert_eq!(own.data("/interests/nodes/0/detail"), "A chair, until 2030.");
    let staff = cast.world.administrator().await.asks(SEEN, against.clone()).await;
    assert_eq!(staff.data("/interests/nodes/0/detail"), "A chair, until 2030.");
    for party in [&cast.bank, &cast.work, &cast.investors[3]] {
        let seen = party.asks(SEEN, against.clone()).await;
        let node = seen.data("/interests/nodes/0");
        assert_eq!(
            (&node["nature"], &node["fromOn"], &node["detail"]),
            (&json!("FUNDING"), &json!("2024"), &Value::Null)
        );
        assert_eq!(seen.withheld(), ["Interest.detail OWNER 1"]);
        does(party, "interestEnd", json!({ "id": id, "toOn": "2024" }), "interest { id }")
            .await
            .refused("FORBIDDEN");
    }
    let outsider = cast.world.funder("Other Fund").await;
    for actor in [&outsider, &cast.world.visitor(), &cast.world.stranger().await] {
        let seen = actor.asks(SEEN, against.clone()).await;
        assert_eq!(seen.data("/interests/totalCount/value"), 0, "{}", actor.name);
        let node = actor.asks("query ($id: ID!) { node(id: $id) { id } }", json!({ "id": id })).await;
        assert!(node.data("/node").is_null(), "{}", actor.name);
        does(actor, "interestEnd", json!({ "id": id, "toOn": "2024" }), "interest { id }")
            .await
            .refused("NOT_FOUND");
    }

    // It keeps the contract from being frozen until every payer has waived it, each for itself.
    let told = conflicts(&cast, &cast.health).await;
    assert_eq!(told.len(), 1);
    assert_eq!((&told[0]["kind"], &told[0]["isExcluding"]), (&json!("INTEREST"), &json!(false)));
    let refused = cast.step(&cast.bank, "contractFreeze", json!({})).await;
    refused.refused("EVALUATOR_CONFLICT_NOT_WAIVED");
    assert!(
        refused.messages().contains("University of the Coast → FUNDING → Ministry of Work"),
        "{}",
        refused.messages()
    );
    assert!(!refused.messages().contains("chair"), "the detail stays at home");
    cast.step(&cast.lab, "contractConflictsWaive", json!({})).await.refused("FORBIDDEN");
    cast.step(&outsider, "contractConflictsWaive", json!({})).await.refused("NOT_FOUND");
    cast.step(&cast.work, "contractConflictsWaive", json!({})).await.fine();
    cast.step(&cast.bank, "contractFreeze", json!({})).await.refused("EVALUATOR_CONFLICT_NOT_WAIVED");
    cast.step(&cast.health, "contractConflictsWaive", json!({})).await.fine();
    cast.step(&cast.bank, "contractFreeze", json!({})).await.fine();
    assert_eq!(conflicts(&cast, &cast.lab).await.len(), 1, "waived, and still shown");
    cast.signs_frozen().await;
    let public = conflicts(&cast, &cast.world.visitor()).await;
    assert_eq!(
        public[0]["chain"],
        json!(["University of the Coast", "Ministry of Work"]),
        "of which nature stays within"
    );
}

#[tokio::test]
async fn what_is_over_counts_no_more_and_people_declare_for_themselves() {
    let mut cast = Cast::new().await;
    cast.negotiates().await;
    let fund = cast.investors[1].org();
    let mine = json!({ "againstId": fund, "nature": "EMPLOYMENT", "detail": "My former employer." });
    let id = declares(&cast.lab, mine.clone()).await.text("/interestDeclare/interest/id");
    let refused = cast.step(&cast.bank, "contractFreeze", json!({})).await;
    refused.refused("EVALUATOR_CONFLICT_NOT_WAIVED");
    assert!(
        refused.messages().contains("University of the Coast → EMPLOYMENT → Second Fund"),
        "{}",
        refused.messages()
    );
    // Of somebody who belongs to neither it is nobody's interest here.
    declares(&cast.world.stranger().await, mine).await.fine();
    assert_eq!(conflicts(&cast, &cast.bank).await.len(), 1);
    let end = json!({ "id": id, "toOn": "2020-01-01" });
    does(&cast.lab, "interestEnd", end.clone(), "interest { toOn }").await.fine();
    does(&cast.lab, "interestEnd", end, "interest { toOn }").await.refused("STATE_INVALID");
    cast.step(&cast.bank, "contractFreeze", json!({})).await.fine();
}

#[tokio::test]
async fn money_received_from_a_party_is_an_interest_for_three_years() {
    let mut cast = begins().await;
    let lab = cast.party("EVALUATOR", "University of the Coast").await;
    let fee = json!({ "partyId": lab, "amount": "20000" });
    cast.step(&cast.bank, "contractFeePay", fee).await.fine();
    assert_eq!(
        conflicts(&cast, &cast.lab).await,
        Vec::<Value>::new(),
        "the fee of the contract itself is none"
    );

    // The first investor's money was in the books that paid the fee; nobody else's was.
    cast.negotiates().await;
    let refused = cast.step(&cast.bank, "contractFreeze", json!({})).await;
    refused.refused("EVALUATOR_CONFLICT_NOT_WAIVED");
    assert!(
        refused.messages().contains("University of the Coast → FUNDED_WITHIN_3_YEARS → First Fund"),
        "{}",
        refused.messages()
    );
    assert_eq!(conflicts(&cast, &cast.lab).await.len(), 1);
    cast.later(Duration::from_hours(24 * 366 * 3)).await;
    assert_eq!(conflicts(&cast, &cast.lab).await, Vec::<Value>::new());
    cast.step(&cast.bank, "contractFreeze", json!({})).await.fine();
}

/// A list of contracts with their conflicts asks no more of the database than one contract does.
#[tokio::test]
async fn conflicts_of_many_contracts_are_judged_at_once() {
    let mut cast = Cast::new().await;
    let ask = r#"query ($first: Int!) { impactContracts(first: $first, filter: { title: { startsWith: "A roof" } }) {
        nodes { independenceConflicts { kind role chain } } } }"#;
    for _ in 0..6 {
        cast.creates().await;
        cast.gathers().await;
    }
    let against =
        json!({ "organizationId": cast.lab.org(), "againstId": cast.work.org(), "nature": "FUNDING" });
    declares(&cast.lab, against).await.fine();
    let one = cast.bank.asks(ask, json!({ "first": 1 })).await;
    let six = cast.bank.asks(ask, json!({ "first": 6 })).await;
    let alone = conflicts(&cast, &cast.bank).await.len();
    let nodes = six.data("/impactContracts/nodes");
    let nodes = nodes.as_array().unwrap();
    assert_eq!(nodes.len(), 6);
    for node in nodes {
        assert_eq!(node["independenceConflicts"].as_array().unwrap().len(), alone);
        assert_eq!(node["independenceConflicts"][0]["kind"], "INTEREST");
    }
    assert_eq!(six.statements(), one.statements(), "more contracts ask more of the database");
}
