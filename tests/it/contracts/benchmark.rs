//! What a payer learns of the prices of others: quartiles, and never whose they are.

use super::{contract_does, does};
use crate::evidence::indicator;
use entity::{codes::ContractStatus, contracts::contract, ids::ContractId};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, Set};
use serde_json::{Value, json};
use tests::{Actor, Answer, World};

const ASK: &str = r#"query ($sector: String!, $metric: String) { tariffBenchmark(sector: $sector, metric: $metric, currency: "EUR") {
    contractCount lowerQuartile { amount } median { amount } upperQuartile { amount } } }"#;

async fn asks(actor: &Actor, sector: &str, metric: Option<&str>) -> Answer {
    actor.asks(ASK, json!({ "sector": sector, "metric": metric })).await
}

/// Contract count and quartiles; nothing where contracts cannot be hidden.
async fn told(actor: &Actor, sector: &str, metric: Option<&str>) -> Option<[String; 4]> {
    let found = asks(actor, sector, metric).await.data("/tariffBenchmark");
    let text =
        |path: &str| found.pointer(path).map(|value| value.as_str().map_or(value.to_string(), str::to_owned));
    found.is_object().then(|| {
        ["/contractCount", "/lowerQuartile/amount", "/median/amount", "/upperQuartile/amount"]
            .map(|path| text(path).unwrap())
    })
}

/// A contract that binds: who pays so much for one unit, of what indicator.
async fn binds(
    world: &World,
    operator: &Actor,
    payer: &Actor,
    sector: &str,
    price: u32,
    indicator: Option<&str>,
) {
    let input = json!({ "organizationId": operator.org(), "role": "OPERATOR", "title": "Contrat", "currency": "EUR" });
    let id = contract_does(operator, "contractCreate", input).await.text("/contractCreate/contract/id");
    let on = |more: Value| {
        let mut input = json!({ "id": id });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let party = json!({ "organizationId": payer.org(), "role": "OUTCOME_PAYER", "maxCommitment": "100000" });
    contract_does(operator, "contractPartyAdd", on(party)).await.fine();
    contract_does(operator, "contractUpdate", on(json!({ "policySector": sector }))).await.fine();
    let metric = json!({ "code": "M", "definition": "Une unité.",
        "tariffs": [{ "price": { "unitPrice": price.to_string() } }] });
    contract_does(operator, "contractTermsSet", on(json!({ "terms": { "metrics": [metric] } }))).await.fine();
    if let Some(indicator) = indicator {
        let used = json!({ "contractMetric": { "contractId": id, "code": "M" }, "indicatorId": indicator });
        does(operator, "indicatorUseCreate", used, "indicatorUse { id }").await.fine();
    }
    let id: ContractId = id.parse().unwrap();
    let row = contract::Entity::find_by_id(id).one(world.pool()).await.unwrap().unwrap();
    let mut row = row.into_active_model();
    row.status = Set(ContractStatus::Active);
    row.update(world.pool()).await.unwrap();
}

#[tokio::test]
async fn a_payer_learns_what_others_pay_for_a_unit_and_never_who() {
    let world = World::new().await;
    let operator = world.innovator("Operator").await;
    let payers =
        [world.public_body("North").await, world.public_body("South").await, world.public_body("East").await];
    let jobs = indicator(&payers[0], "JOBS", json!({})).await;
    let homes = indicator(&payers[0], "HOMES", json!({})).await;
    for place in 0..5 {
        let payer = &payers[place % 3];
        binds(&world, &operator, payer, "Emploi", 1_010 + 100 * u32::try_from(place).unwrap(), Some(&jobs))
            .await;
        assert_eq!(told(payer, "Emploi", Some("JOBS")).await.is_some(), place == 4, "{place}");
    }
    let reader = world.funder("Reader").await;
    let quartiles = |list: [&str; 4]| Some(list.map(str::to_owned));
    // 1,110, 1,210 and 1,310, to two digits.
    let told_of_jobs = quartiles(["5", "1100.00", "1200.00", "1300.00"]);
    assert_eq!(told(&reader, "Emploi", Some("JOBS")).await, told_of_jobs);
    assert_eq!(told(&reader, "Emploi", None).await, told_of_jobs);
    assert_eq!(told(&reader, "Emploi", Some("HOMES")).await, None);
    assert_eq!(told(&reader, "Logement", None).await, None);

    // The sector less the jobs would be one contract, then four: the metric is not told until there are five.
    for place in 0..5 {
        binds(&world, &operator, &payers[place % 3], "Emploi", 9_000, Some(&homes)).await;
        let seen = told(&reader, "Emploi", Some("JOBS")).await;
        assert_eq!(seen.is_some(), place == 4, "beside {} others", place + 1);
        assert!(told(&reader, "Emploi", None).await.is_some(), "the sector hides them all");
    }
    assert_eq!(told(&reader, "Emploi", Some("JOBS")).await, told_of_jobs);
    assert_eq!(
        told(&reader, "Emploi", Some("HOMES")).await,
        quartiles(["5", "9000.00", "9000.00", "9000.00"])
    );
    assert_eq!(told(&reader, "Emploi", None).await, quartiles(["10", "1200.00", "1400.00", "9000.00"]));

    // Not for those outside the network, whatever there is.
    for outsider in [world.visitor(), world.stranger().await] {
        asks(&outsider, "Emploi", Some("JOBS")).await.refused("FORBIDDEN");
        asks(&outsider, "Nowhere", None).await.refused("FORBIDDEN");
    }
    let one = asks(&reader, "Emploi", None).await.statements();
    assert!(one <= 5, "{one} statements, whatever the number of contracts");
}
