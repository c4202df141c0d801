//! Indicators in use beside projects: of a contract's metric, and of a public series on a territory.

use super::{does, indicator};
use door::authz::POLICY_IMPORT;
use network::evidence::territories::import::{Delivery, take_in};
use serde_json::{Value, json};
use tests::{Actor, World};

const USE: &str = "indicatorUse { id version metric target baseline project { id } keeper { name } milestones { on value } }";

async fn created(actor: &Actor, input: Value) -> tests::Answer {
    does(actor, "indicatorUseCreate", USE, input).await
}

/// What a use's permissions say to somebody.
async fn may(actor: &Actor, id: &str) -> Value {
    let ask = "query ($id: ID!) { node(id: $id) { ... on IndicatorUse { viewerPermissions { update { reason } measure { reason } } } } }";
    let told = actor.asks(ask, json!({ "id": id })).await.data("/node");
    if told.is_null() {
        return told;
    }
    json!([told["viewerPermissions"]["update"]["reason"], told["viewerPermissions"]["measure"]["reason"]])
}

#[tokio::test]
async fn parties_of_a_contract_say_what_its_metric_starts_from_and_aims_at() {
    let world = World::new().await;
    let (operator, payer) = (world.innovator("Operator").await, world.public_body("Region").await);
    let (stranger, visitor, curator) =
        (world.funder("Another Fund").await, world.visitor(), world.curator().await);
    let jobs = indicator(&payer, "JOBS", json!({})).await;
    let input = json!({ "organizationId": operator.org(), "role": "OPERATOR", "title": "Vers l'emploi", "currency": "EUR" });
    let made = does(&operator, "contractCreate", "contract { id }", input).await;
    let contract = made.text("/contractCreate/contract/id");
    let party = json!({ "id": contract, "organizationId": payer.org(), "role": "OUTCOME_PAYER", "maxCommitment": "1000" });
    does(&operator, "contractPartyAdd", "contract { id }", party).await.fine();
    let terms = json!({ "id": contract, "terms": { "metrics": [{ "code": "M1", "definition": "Emplois de six mois",
            "tariffs": [{ "price": { "unitPrice": "100" } }] }] } });
    does(&operator, "contractTermsSet", "contract { id }", terms).await.fine();

    let input = |code: &str| {
        json!({ "contractMetric": { "contractId": contract, "code": code }, "indicatorId": jobs, "baseline": "10",
            "target": "40", "milestones": [{ "on": "2027-01-01", "value": "20" }] })
    };
    created(&stranger, input("M1")).await.refused("NOT_FOUND");
    created(&curator, input("M1")).await.refused("NOT_FOUND");
    created(&operator, input("M2")).await.refused("NOT_FOUND");
    let mut both = input("M1");
    both["projectId"] = json!(operator.drafts("Un projet", json!({})).await);
    created(&operator, both).await.refused("INVALID");
    let mut reviewed = input("M1");
    reviewed["reviewerId"] = json!(payer.org());
    created(&operator, reviewed).await.refused("INVALID");

    let made = created(&payer, input("M1")).await;
    let used = made.data("/indicatorUseCreate/indicatorUse");
    let id = used["id"].as_str().unwrap();
    assert_eq!(
        (&used["metric"], &used["target"], &used["project"], &used["keeper"]["name"]),
        (&json!("M1"), &json!("40"), &json!(null), &json!("Operator"))
    );
    assert_eq!(used["milestones"], json!([{ "on": "2027-01-01", "value": "20" }]));
    for (actor, told) in [
        (&operator, json!([null, "FORBIDDEN"])),
        (&payer, json!([null, "FORBIDDEN"])),
        (&stranger, json!(null)),
        (&curator, json!(null)),
        (&visitor, json!(null)),
    ] {
        assert_eq!(may(actor, id).await, told, "{}", actor.name);
        let told = if told.is_null() { "NOT_FOUND" } else { "" };
        let changed = does(actor, "indicatorUseUpdate", USE, json!({ "id": id, "target": "50" })).await;
        assert_eq!(changed.errors().join(""), told, "{}", actor.name);
    }
    let values = json!({ "periodStart": "2025-01-01", "periodEnd": "2025-12-31", "value": "4", "dataSource": "SURVEY" });
    let measured = json!({ "useId": id, "measurement": values });
    does(&operator, "measurementCreate", "measurement { id }", measured).await.refused("FORBIDDEN");
    let page = "query ($id: ID!) { impactContract(by: { id: $id }) { indicatorUses { nodes { metric target indicator { code } } } } }";
    let told = payer.asks(page, json!({ "id": contract })).await;
    assert_eq!(
        told.data("/impactContract/indicatorUses/nodes"),
        json!([{ "metric": "M1", "target": "50", "indicator": { "code": "JOBS" } }])
    );
    let total = "{ measurementTotal(filter: { indicator: { code: \"JOBS\" } }) { missingCount } }";
    let total = visitor.asks(total, json!({})).await;
    assert_eq!(total.data("/measurementTotal/missingCount"), json!(0), "contracts measure by claims");

    // Once the terms are settled, so is what they aim at.
    settled(&world, &contract).await;
    does(&payer, "indicatorUseUpdate", USE, json!({ "id": id, "target": "60" }))
        .await
        .refused("STATE_INVALID");
    assert_eq!(may(&payer, id).await, json!(["STATE_INVALID", "FORBIDDEN"]));
    assert_eq!(may(&visitor, id).await, json!(["UNAUTHENTICATED", "UNAUTHENTICATED"]), "public by now");
}

/// The contract is signed.
async fn settled(world: &World, contract: &str) {
    use entity::{codes::ContractStatus, contracts::contract as row, ids::ContractId};
    use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, Set};
    let id: ContractId = contract.parse().unwrap();
    let found = row::Entity::find_by_id(id).one(world.pool()).await.unwrap().unwrap();
    let mut found = found.into_active_model();
    found.status = Set(ContractStatus::Active);
    found.update(world.pool()).await.unwrap();
}

#[tokio::test]
async fn a_public_body_says_where_its_territory_wants_to_be() {
    let world = World::new().await;
    let known = r#"[{"id": "IND-1", "name": "Lire en sixième", "description": null, "theme": "Education",
        "chantier": "Savoirs", "trend": "hausse", "unit": "%"}]"#;
    let measures =
        "indicator,zone,level,date,initial,actual,target,rate\nIND-1,D31,DEPT,2022-09-01,60,60,,\n";
    let (delivery, faults) = Delivery::read(serde_json::from_str(known).unwrap(), measures.as_bytes());
    assert_eq!(faults, []);
    take_in(&world.store_of(POLICY_IMPORT), delivery, |_| ()).await.unwrap();
    let series = "{ territory(by: { code: \"DEP-31\" }) { policySeries { id indicator { id }
        indicatorUses { nodes { target keeper { name } series { id } } } } } }";
    let visitor = world.visitor();
    let seen = visitor.asks(series, json!({})).await;
    let (id, measured) =
        (seen.text("/territory/policySeries/0/id"), seen.text("/territory/policySeries/0/indicator/id"));
    let (region, elsewhere, fund) = (
        world.public_body("Occitanie").await,
        world.public_body("Ailleurs").await,
        world.funder("Fund").await,
    );
    for (body, areas) in
        [(&region, json!(["REG-76"])), (&elsewhere, json!(["DEP-81"])), (&fund, json!(["REG-76"]))]
    {
        does(body, "organizationUpdate", "organization { id }", json!({ "id": body.org(), "areas": areas }))
            .await
            .fine();
    }
    let input = |body: &Actor, indicator: &str| {
        json!({ "series": { "seriesId": id, "organizationId": body.org() }, "indicatorId": indicator, "target": "75",
            "targetOn": "2030-12-31" })
    };
    created(&elsewhere, input(&elsewhere, &measured)).await.refused("FORBIDDEN");
    created(&fund, input(&fund, &measured)).await.refused("FORBIDDEN");
    created(&fund, input(&region, &measured)).await.refused("FORBIDDEN");
    created(&visitor, input(&region, &measured)).await.refused("UNAUTHENTICATED");
    let other = indicator(&fund, "OTHER", json!({})).await;
    created(&region, input(&region, &other)).await.refused("INVALID");
    let made = created(&region, input(&region, &measured)).await;
    let used = made.text("/indicatorUseCreate/indicatorUse/id");

    let seen = visitor.asks(series, json!({})).await;
    assert_eq!(
        seen.data("/territory/policySeries/0/indicatorUses/nodes"),
        json!([{ "target": "75", "keeper": { "name": "Occitanie" }, "series": { "id": id } }])
    );
    assert_eq!(may(&region, &used).await, json!([null, "STATE_INVALID"]));
    assert_eq!(may(&elsewhere, &used).await, json!(["FORBIDDEN", "FORBIDDEN"]));
    let values = json!({ "periodStart": "2025-01-01", "periodEnd": "2025-12-31", "value": "4", "dataSource": "SURVEY" });
    let measured = json!({ "useId": used, "measurement": values });
    does(&region, "measurementCreate", "measurement { id }", measured).await.refused("STATE_INVALID");
    let further = json!({ "id": used, "target": "80" });
    does(&elsewhere, "indicatorUseUpdate", USE, further.clone()).await.refused("FORBIDDEN");
    does(&region, "indicatorUseUpdate", USE, further).await.fine();
}
