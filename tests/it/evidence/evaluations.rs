//! Universities evaluate: registered before, replied to, published whatever was found.

use super::{
    does,
    measurements::{accepted, scene},
};
use entity::codes::MembershipRole;
use serde_json::{Value, json};
use std::time::Duration;
use tests::{Actor, World};

const DAY: Duration = Duration::from_hours(24);
const READ: &str = "query ($id: ID!) { evaluation(id: $id) { status independence limits evidenceLevel reply
    independenceReasons { tie chain { name } } findings { direction statement } } }";

pub async fn planned(university: &Actor, commissioner: &Actor, project: &str, more: Value) -> String {
    let mut input = json!({ "projectId": project, "commissionerId": commissioner.org(), "leadId": university.org(),
        "title": "Étude d’impact", "family": "CAUSAL", "methods": ["RCT"], "protocol": "Deux groupes tirés au sort.",
        "limits": "Une seule ville.", "findings": [{ "statement": "Aucun effet", "direction": "NULL" }] });
    for (field, value) in more.as_object().into_iter().flatten() {
        input[field] = value.clone();
    }
    let made = does(university, "evaluationPlan", "evaluation { id status }", input).await;
    made.text("/evaluationPlan/evaluation/id")
}

pub async fn delivered(university: &Actor, id: &str) {
    for step in ["evaluationRegister", "evaluationStart", "evaluationDeliver"] {
        does(university, step, "evaluation { status }", json!({ "id": id })).await.fine();
    }
}

#[tokio::test]
async fn a_university_publishes_that_nothing_was_found() {
    let world = World::new().await;
    let (university, lab, funder) =
        (world.university("University").await, world.innovator("Lab").await, world.funder("Fund").await);
    let project = lab.publishes("Projet", json!({})).await;
    let id = planned(&university, &funder, &project, json!({})).await;
    let visitor = world.visitor();
    assert_eq!(visitor.asks(READ, json!({ "id": id })).await.data("/evaluation"), json!(null), "planned");
    does(&lab, "evaluationRegister", "evaluation { id }", json!({ "id": id })).await.refused("FORBIDDEN");
    does(&university, "evaluationDeliver", "evaluation { id }", json!({ "id": id }))
        .await
        .refused("STATE_INVALID");
    delivered(&university, &id).await;

    let seen = visitor.asks(READ, json!({ "id": id })).await;
    assert_eq!(seen.data("/evaluation/status"), json!("DELIVERED"));
    assert_eq!(seen.data("/evaluation/independence"), json!("INDEPENDENT"));
    assert_eq!(
        (seen.data("/evaluation/limits"), seen.data("/evaluation/findings")),
        (json!(null), json!([]))
    );
    does(&university, "evaluationPublish", "evaluation { id }", json!({ "id": id }))
        .await
        .refused("STATE_INVALID");
    does(&funder, "evaluationReply", "evaluation { id }", json!({ "id": id, "reply": "Non" }))
        .await
        .refused("FORBIDDEN");
    let reply = json!({ "id": id, "reply": "La ville est petite." });
    does(&lab, "evaluationReply", "evaluation { status }", reply).await.fine();

    let high = json!({ "id": id, "level": "E4" });
    does(&university, "evaluationProposeLevel", "evaluation { id }", high).await.refused("EVIDENCE_CEILING");
    let level = json!({ "id": id, "level": "E3" });
    does(&university, "evaluationProposeLevel", "evaluation { id }", level.clone()).await.fine();
    does(&university, "evaluationConfirmLevel", "evaluation { id }", level.clone())
        .await
        .refused("FORBIDDEN");
    let curator = world.curator().await;
    does(&curator, "evaluationConfirmLevel", "evaluation { id }", level).await.fine();
    does(&university, "evaluationPublish", "evaluation { status }", json!({ "id": id })).await.fine();

    let seen = visitor.asks(READ, json!({ "id": id })).await;
    assert_eq!(
        seen.data("/evaluation/findings"),
        json!([{ "direction": "NULL", "statement": "Aucun effet" }])
    );
    assert_eq!(seen.text("/evaluation/reply"), "La ville est petite.");
    let page = "query ($id: ID!) { project(by: { id: $id }) { evidence { level isToBeConfirmed restsOn { id } contrary { id } } } }";
    let page_now = visitor.asks(page, json!({ "id": project })).await;
    assert_eq!(
        page_now.data("/project/evidence"),
        json!({ "level": "E3", "isToBeConfirmed": false, "restsOn": [{ "id": id }], "contrary": [{ "id": id }] })
    );
    world.later(DAY * (5 * 366));
    let later = visitor.asks(page, json!({ "id": project })).await;
    assert_eq!(later.data("/project/evidence/isToBeConfirmed"), json!(true), "levels lapse");
}

#[tokio::test]
async fn the_seat_of_evaluations_writes_them_and_that_of_money_does_not() {
    let world = World::new().await;
    let (university, lab, funder) =
        (world.university("University").await, world.innovator("Lab").await, world.funder("Fund").await);
    let project = lab.publishes("Projet", json!({})).await;
    let id = json!({ "id": planned(&university, &funder, &project, json!({})).await });
    let seat = async |role| world.member("Member", university.organization.unwrap(), role).await;
    for role in [MembershipRole::Finance, MembershipRole::Viewer] {
        let member = seat(role).await;
        does(&member, "evaluationRegister", "evaluation { id }", id.clone()).await.refused("FORBIDDEN");
    }
    let lead = seat(MembershipRole::EvaluationLead).await;
    does(&lead, "evaluationRegister", "evaluation { id }", id).await.fine();
}

#[tokio::test]
async fn what_the_committee_confirmed_outlives_publication_and_what_was_given_up_has_no_level() {
    let world = World::new().await;
    let (university, lab, funder) =
        (world.university("University").await, world.innovator("Lab").await, world.funder("Fund").await);
    let (curator, project) = (world.curator().await, lab.publishes("Projet", json!({})).await);
    let id = planned(&university, &funder, &project, json!({})).await;
    delivered(&university, &id).await;
    does(&lab, "evaluationReply", "evaluation { id }", json!({ "id": id, "reply": "Oui" })).await.fine();
    does(&university, "evaluationPublish", "evaluation { id }", json!({ "id": id })).await.fine();
    let propose = async |id: &str, level: &str| {
        let input = json!({ "id": id, "level": level });
        does(&university, "evaluationProposeLevel", "evaluation { evidenceLevel }", input).await
    };
    let confirm = async |id: &str, level: &str| {
        let input = json!({ "id": id, "level": level });
        does(&curator, "evaluationConfirmLevel", "evaluation { evidenceLevel }", input).await
    };
    // Published before the committee met: it still may.
    propose(&id, "E3").await.fine();
    confirm(&id, "E2").await.fine();
    propose(&id, "E3").await.refused("STATE_INVALID");
    let seen = world.visitor().asks(READ, json!({ "id": id })).await;
    assert_eq!(seen.text("/evaluation/evidenceLevel"), "E2", "nothing changed");
    let again = confirm(&id, "E3").await;
    assert_eq!(
        again.text("/evaluationConfirmLevel/evaluation/evidenceLevel"),
        "E3",
        "the committee thinks again"
    );

    let given_up = planned(&university, &funder, &project, json!({})).await;
    propose(&given_up, "E2").await.fine();
    let cancel = json!({ "id": given_up, "reason": "Faute de moyens" });
    does(&funder, "evaluationCancel", "evaluation { id }", cancel).await.fine();
    propose(&given_up, "E1").await.refused("STATE_INVALID");
    confirm(&given_up, "E2").await.refused("STATE_INVALID");
}

#[tokio::test]
async fn time_to_reply_ends_and_after_a_year_the_evaluators_decide_alone() {
    let world = World::new().await;
    let (university, lab, funder) =
        (world.university("University").await, world.innovator("Lab").await, world.funder("Fund").await);
    let project = lab.publishes("Projet", json!({})).await;
    let id = planned(&university, &funder, &project, json!({})).await;
    delivered(&university, &id).await;
    does(&funder, "evaluationCancel", "evaluation { id }", json!({ "id": id, "reason": "Déçus" }))
        .await
        .refused("STATE_INVALID");
    world.later(DAY * 31);
    assert_eq!(world.visitor().asks(READ, json!({ "id": id })).await.text("/evaluation/status"), "READY");
    // Tokens end meanwhile.
    let lab = world.again(&lab).await;
    does(&lab, "evaluationReply", "evaluation { id }", json!({ "id": id, "reply": "Non" }))
        .await
        .refused("TOO_LATE");
    world.later(DAY * 340);
    let (university, funder) = (world.again(&university).await, world.again(&funder).await);
    does(&funder, "evaluationPublish", "evaluation { id }", json!({ "id": id })).await.refused("TOO_LATE");
    does(&university, "evaluationPublish", "evaluation { status }", json!({ "id": id })).await.fine();
}

/// What an organization's trail tells of an evaluation: actions in their order, with whether somebody acted.
async fn told(reader: &Actor, id: &str) -> Vec<(String, bool)> {
    const TRAIL: &str = "query ($id: ID!) { node(id: $id) { ... on Organization { auditEvents(first: 100) {
        nodes { action subjectId actor { id } } } } } }";
    let trail = reader.asks(TRAIL, json!({ "id": reader.org() })).await.data("/node/auditEvents/nodes");
    let about = trail.as_array().unwrap().iter().rev().filter(|event| event["subjectId"] == id);
    about.map(|event| (event["action"].as_str().unwrap().to_owned(), event["actor"].is_object())).collect()
}

#[tokio::test]
async fn the_trail_tells_when_time_made_an_evaluation_ready() {
    let world = World::new().await;
    let (university, lab) = (world.university("University").await, world.innovator("Lab").await);
    let project = lab.publishes("Projet", json!({})).await;
    let by_clock = planned(&university, &lab, &project, json!({})).await;
    let by_step = planned(&university, &lab, &project, json!({})).await;
    delivered(&university, &by_clock).await;
    let system = world.store_of(door::authz::EVIDENCE_CLOCK);
    world.later(DAY * 29 + Duration::from_mins(23 * 60 + 59));
    assert_eq!(network::evidence::evaluations::clock::go_on(&system).await.unwrap(), 0, "a minute too early");
    let university = world.again(&university).await;
    delivered(&university, &by_step).await;
    world.later(Duration::from_mins(1));
    assert_eq!(network::evidence::evaluations::clock::go_on(&system).await.unwrap(), 1);
    assert_eq!(network::evidence::evaluations::clock::go_on(&system).await.unwrap(), 0, "once");
    let last = |told: Vec<(String, bool)>, count| told[told.len() - count..].to_vec();
    let ready = ("evaluationReady".to_owned(), false);
    assert_eq!(last(told(&university, &by_clock).await, 1), std::slice::from_ref(&ready));
    assert_eq!(
        world.visitor().asks(READ, json!({ "id": by_clock })).await.text("/evaluation/status"),
        "READY"
    );
    let lab = world.again(&lab).await;
    does(&lab, "evaluationReply", "evaluation { id }", json!({ "id": by_clock })).await.refused("TOO_LATE");

    // No round ran in between: the next step comes upon it.
    world.later(DAY * 30);
    let university = world.again(&university).await;
    does(&university, "evaluationPublish", "evaluation { id }", json!({ "id": by_step })).await.fine();
    let published = ("evaluationPublish".to_owned(), true);
    assert_eq!(last(told(&university, &by_step).await, 2), [ready, published]);
}

#[tokio::test]
async fn independence_is_computed_not_claimed() {
    use entity::{ids::OrganizationId, orgs::organization};
    use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, Set};
    let world = World::new().await;
    let (university, lab, holding) =
        (world.university("University").await, world.innovator("Lab").await, world.funder("Holding").await);
    let project = lab.publishes("Projet", json!({})).await;
    let owned = async |child: OrganizationId, parent: OrganizationId| {
        let row = organization::Entity::find_by_id(child).one(world.pool()).await.unwrap().unwrap();
        let mut row = row.into_active_model();
        row.parent_id = Set(Some(parent));
        row.update(world.pool()).await.unwrap();
    };
    owned(lab.organization.unwrap(), holding.organization.unwrap()).await;
    owned(university.organization.unwrap(), holding.organization.unwrap()).await;
    let id = planned(&university, &holding, &project, json!({})).await;
    does(&university, "evaluationRegister", "evaluation { id }", json!({ "id": id })).await.fine();
    let seen = world.visitor().asks(READ, json!({ "id": id })).await;
    assert_eq!(seen.text("/evaluation/independence"), "INTERNAL");
    let reason = &seen.data("/evaluation/independenceReasons")[0];
    assert_eq!(
        *reason,
        json!({ "tie": "SHARED_PARENT", "chain": [{ "name": "University" }, { "name": "Holding" }, { "name": "Lab" }] })
    );
    let level = json!({ "id": id, "level": "E3" });
    does(&university, "evaluationProposeLevel", "evaluation { id }", level).await.refused("EVIDENCE_CEILING");
}

#[tokio::test]
async fn evaluators_read_small_cells_by_consent_and_each_reading_is_told() {
    let world = World::new().await;
    let university = world.university("University").await;
    let scene = scene(&world, json!({})).await;
    let cells = json!([{ "dimension": "gender", "category": "f", "people": 95 }, { "dimension": "gender", "category": "m", "people": 5 }]);
    let id = accepted(&scene, "100", cells).await;
    let evaluation = planned(&university, &scene.funder, &scene.project, json!({})).await;
    does(&university, "evaluationRegister", "evaluation { id }", json!({ "id": evaluation })).await.fine();
    let read = "query ($id: ID!) { node(id: $id) { ... on Measurement { cells { people } } } }";
    let people =
        async |reader: &Actor| reader.asks(read, json!({ "id": id })).await.each("/node/cells", "/people");
    assert_eq!(people(&university).await, ["null", "null"]);
    does(&university, "evaluationGrantAccess", "evaluation { id }", json!({ "id": evaluation }))
        .await
        .refused("FORBIDDEN");
    does(&scene.lab, "evaluationGrantAccess", "evaluation { id }", json!({ "id": evaluation })).await.fine();
    assert_eq!(people(&university).await, ["95", "5"]);
    assert_eq!(people(&scene.funder).await, ["null", "null"]);
    let trail = "query ($id: ID!) { node(id: $id) { ... on Organization { auditEvents(first: 100) { nodes { action } } } } }";
    let trail = scene.lab.asks(trail, json!({ "id": scene.lab.org() })).await;
    assert!(trail.each("/node/auditEvents/nodes", "/action").contains(&"evaluatorRead".to_owned()));
    does(
        &university,
        "measurementCertify",
        "measurement { state certifiedBy { name } }",
        json!({ "id": id }),
    )
    .await
    .fine();
    for step in ["evaluationStart", "evaluationDeliver"] {
        does(&university, step, "evaluation { id }", json!({ "id": evaluation })).await.fine();
    }
    does(&scene.lab, "evaluationReply", "evaluation { id }", json!({ "id": evaluation })).await.fine();
    does(&university, "evaluationPublish", "evaluation { id }", json!({ "id": evaluation })).await.fine();
    assert_eq!(people(&university).await, ["null", "null"], "until publication");
}

#[tokio::test]
async fn a_social_return_needs_its_range() {
    let world = World::new().await;
    let (university, lab) = (world.university("University").await, world.innovator("Lab").await);
    let project = lab.publishes("Projet", json!({})).await;
    let id = planned(&university, &lab, &project, json!({ "methods": ["SROI"] })).await;
    let model = |more: Value| {
        let mut outcome = json!({ "stakeholder": "Participants", "label": "Un emploi", "quantity": "10", "proxy": "2000",
            "proxySource": "Enquête", "durationYears": 2, "deadweightPercent": "20", "displacementPercent": "0",
            "attributionPercent": "50", "dropOffPercent": "10" });
        for (field, value) in more.as_object().into_iter().flatten() {
            outcome[field] = value.clone();
        }
        json!({ "evaluationId": id, "currency": "EUR", "horizonYears": 2, "discountPercent": "0",
            "investments": [{ "label": "Subvention", "amount": "10000", "year": 0 }], "outcomes": [outcome] })
    };
    let fields = "sroiModel { base { ratio outcomes { gross afterDeadweight afterAttribution } } low { ratio } high { ratio } }";
    does(&university, "sroiModelWrite", fields, model(json!({}))).await.refused("SROI_INCOMPLETE");
    let range = json!({ "low": { "deadweightPercent": "40" }, "high": { "deadweightPercent": "10" } });
    let missing = model(json!({ "low": range["low"], "high": range["high"], "dropOffPercent": null }));
    does(&university, "sroiModelWrite", fields, missing).await.refused("SROI_INCOMPLETE");
    let made = does(&university, "sroiModelWrite", fields, model(range)).await;
    // 10 × 2,000 × 0.8 × 0.5 = 8,000 in the first year, 7,200 in the second: 15,200 for 10,000.
    assert_eq!(made.data("/sroiModelWrite/sroiModel/base/ratio"), json!("1.52"));
    assert_eq!(made.data("/sroiModelWrite/sroiModel/low/ratio"), json!("1.14"));
    assert_eq!(made.data("/sroiModelWrite/sroiModel/high/ratio"), json!("1.71"));
}

/// A project with 30 indicators of 10 measurements each, and 10 evaluations.
async fn crowded(world: &World) -> (Actor, Actor, String) {
    use entity::{evidence::*, ids::*};
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
    let scene = scene(world, json!({})).await;
    let university = world.university("University").await;
    accepted(&scene, "40", json!([])).await;
    planned(&university, &scene.funder, &scene.project, json!({})).await;
    let pool = world.pool();
    let people = indicator::Entity::find().filter(indicator::Column::Code.eq("PEOPLE"));
    let people = people.one(pool).await.unwrap().unwrap();
    let used = indicator_use::Entity::find().one(pool).await.unwrap().unwrap();
    let measured = measurement::Entity::find().one(pool).await.unwrap().unwrap();
    let study = evaluation::Entity::find().one(pool).await.unwrap().unwrap();
    let found = finding::Entity::find().one(pool).await.unwrap().unwrap();
    for n in 1..30 {
        let measures =
            indicator::Model { id: IndicatorId::fresh(), code: format!("PEOPLE{n}"), ..people.clone() };
        let uses =
            indicator_use::Model { id: IndicatorUseId::fresh(), indicator_id: measures.id, ..used.clone() };
        world.insert(measures.clone()).await;
        world.insert(uses.clone()).await;
        for year in 2010..2020 {
            let row = measurement::Model {
                id: MeasurementId::fresh(),
                use_id: uses.id,
                indicator_id: measures.id,
                period_start: format!("{year}-01-01"),
                period_end: format!("{year}-12-31"),
                ..measured.clone()
            };
            world.insert(row).await;
        }
    }
    for year in 2010..2019 {
        let row = measurement::Model {
            id: MeasurementId::fresh(),
            period_start: format!("{year}-01-01"),
            period_end: format!("{year}-12-31"),
            ..measured.clone()
        };
        world.insert(row).await;
    }
    for n in 1..10 {
        let id = EvaluationId::fresh();
        let status = entity::codes::EvaluationStatus::Published;
        world.insert(evaluation::Model { id, status, slug: format!("etude-{n}"), ..study.clone() }).await;
        world.insert(finding::Model { id: FindingId::fresh(), evaluation_id: id, ..found.clone() }).await;
    }
    (scene.lab, university, scene.project)
}

#[tokio::test]
async fn a_crowded_project_page_costs_six_statements() {
    const PAGE: &str = "query ($id: ID!) { project(by: { id: $id }) { title
        indicatorUses(first: 30) { nodes { target indicator { label unit }
            measurements(first: 10) { nodes { periodStart value uniquePeople state } } } }
        evaluations(first: 10) { nodes { title status independence evidenceLevel } } } }";
    let world = World::new().await;
    let (lab, university, project) = crowded(&world).await;
    for reader in [&world.visitor(), &lab, &university] {
        let page = reader.asks(PAGE, json!({ "id": project })).await;
        let uses = page.data("/project/indicatorUses/nodes");
        let uses = uses.as_array().unwrap();
        let values = uses.iter().flat_map(|one| one["measurements"]["nodes"].as_array().unwrap());
        assert_eq!(
            (uses.len(), values.filter(|one| one["value"] == "40").count()),
            (30, 300),
            "{}",
            reader.name
        );
        let studies = page.data("/project/evaluations/nodes");
        let studies = studies.as_array().unwrap().len();
        assert_eq!(studies, if reader.token.is_some() { 10 } else { 9 }, "{}: one is planned", reader.name);
        // Whoever signs in is looked up by one of the six.
        assert!(page.statements() <= 6, "{}: {} statements", reader.name, page.statements());
        let findings = PAGE.replace("evidenceLevel }", "evidenceLevel findings { statement direction } }");
        let page = reader.asks(&findings, json!({ "id": project })).await;
        let studies = page.data("/project/evaluations/nodes");
        let found = studies.as_array().unwrap().iter().flat_map(|one| one["findings"].as_array().unwrap());
        assert_eq!(found.count(), if reader.token.is_some() { 10 } else { 9 }, "{}", reader.name);
        assert!(page.statements() <= 6, "{}: {} statements", reader.name, page.statements());
    }
}

#[tokio::test]
async fn what_evaluators_may_do_ends_with_the_evaluation() {
    let world = World::new().await;
    let university = world.university("University").await;
    let scene = scene(&world, json!({})).await;
    let id = accepted(&scene, "40", json!([])).await;
    let evaluation = planned(&university, &scene.funder, &scene.project, json!({})).await;
    does(&university, "evaluationRegister", "evaluation { id }", json!({ "id": evaluation })).await.fine();
    does(&scene.lab, "evaluationGrantAccess", "evaluation { id }", json!({ "id": evaluation })).await.fine();
    let read = "query ($id: ID!) { node(id: $id) { ... on Measurement { comment } } }";
    assert_eq!(university.asks(read, json!({ "id": id })).await.text("/node/comment"), "De nos registres");
    let reason = json!({ "id": evaluation, "reason": "Faute de moyens" });
    does(&scene.funder, "evaluationCancel", "evaluation { id }", reason).await.fine();
    assert_eq!(university.asks(read, json!({ "id": id })).await.data("/node/comment"), json!(null));
    does(&university, "measurementCertify", "measurement { id }", json!({ "id": id }))
        .await
        .refused("FORBIDDEN");
}

#[tokio::test]
async fn lists_know_what_time_made_of_evaluations() {
    const LIST: &str = "query ($status: EvaluationStatusFilter!) { evaluations(filter: { status: $status }) { nodes { id status } } }";
    let world = World::new().await;
    let (university, lab) = (world.university("University").await, world.innovator("Lab").await);
    let project = lab.publishes("Projet", json!({})).await;
    let id = planned(&university, &lab, &project, json!({})).await;
    delivered(&university, &id).await;
    let visitor = world.visitor();
    let in_state = async |filter: Value| {
        visitor.asks(LIST, json!({ "status": filter })).await.each("/evaluations/nodes", "/status")
    };
    assert_eq!(in_state(json!({ "eq": "DELIVERED" })).await, ["DELIVERED"]);
    assert!(in_state(json!({ "eq": "READY" })).await.is_empty());
    world.later(DAY * 30);
    assert!(in_state(json!({ "in": ["DELIVERED", "RUNNING"] })).await.is_empty());
    assert_eq!(in_state(json!({ "in": ["READY"] })).await, ["READY"]);
    assert_eq!(in_state(json!({ "notIn": ["DELIVERED"] })).await, ["READY"]);
    assert!(in_state(json!({ "notIn": ["READY"] })).await.is_empty());
    assert!(in_state(json!({ "in": [] })).await.is_empty());
}
