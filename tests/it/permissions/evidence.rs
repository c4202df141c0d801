//! Evidence: for each kind of viewer and each state, permissions and mutations say the same.

use super::agrees;
use entity::{codes::*, evidence::*, ids::*};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, Set};
use tests::{Actor, Cast, Value, json};

/// Everybody who has to do with evidence, and who has not.
const NAMES: [&str; 12] = [
    "lab owner",
    "lab editor",
    "lab viewer",
    "lab former",
    "other owner",
    "fund owner",
    "city owner",
    "university owner",
    "stranger",
    "curator",
    "steward",
    "administrator",
];

/// These, somebody who only leads evaluations, and nobody.
async fn everybody(cast: &Cast) -> Vec<Actor> {
    let university = cast.person("university owner").organization.unwrap();
    let lead = cast.world.member("university lead", university, MembershipRole::EvaluationLead).await;
    let known = NAMES.iter().map(|name| cast.person(name).clone());
    known.chain([lead, cast.world.visitor()]).collect()
}

fn measured() -> Value {
    json!({ "periodStart": "2023-01-01", "periodEnd": "2023-12-31", "value": "40", "dataSource": "SURVEY" })
}

const EDITIONS: [(&str, &str); 4] =
    [("update", "Update"), ("publish", "Publish"), ("revise", "Revise"), ("retire", "Retire")];

#[tokio::test]
async fn indicators_say_what_their_mutations_do() {
    let cast = Cast::new().await;
    let world = &cast.world;
    let known = indicator::Entity::find().filter(indicator::Column::Code.eq("PEOPLE"));
    let known = known.one(world.pool()).await.unwrap().unwrap();
    let people = everybody(&cast).await;
    for status in EditionStatus::all() {
        // Without an owner, stewards keep it.
        for owner_id in [known.owner_id, None] {
            for actor in &people {
                for (permission, verb) in EDITIONS {
                    let id = IndicatorId::fresh();
                    let code = format!("C{}", id.0.simple());
                    world.insert(indicator::Model { id, status, code, owner_id, ..known.clone() }).await;
                    let (id, mutation) = (id.to_string(), format!("indicator{verb}"));
                    let input = json!({ "id": id });
                    agrees(actor, "Indicator", (permission, &mutation), &id, input, status.code()).await;
                }
            }
        }
    }
}

#[tokio::test]
async fn frameworks_say_what_their_mutations_do() {
    let cast = Cast::new().await;
    let (world, pool) = (&cast.world, cast.world.pool());
    let known = framework::Entity::find().one(pool).await.unwrap().unwrap();
    let item = framework_item::Entity::find().one(pool).await.unwrap().unwrap();
    let people = everybody(&cast).await;
    for status in EditionStatus::all() {
        for actor in &people {
            for (permission, verb) in EDITIONS {
                let id = FrameworkId::fresh();
                let code = format!("C{}", id.0.simple());
                world.insert(framework::Model { id, status, code, ..known.clone() }).await;
                world.insert(framework_item::Model { framework_id: id, ..item.clone() }).await;
                let (id, mutation) = (id.to_string(), format!("framework{verb}"));
                let input = json!({ "id": id });
                agrees(actor, "Framework", (permission, &mutation), &id, input, status.code()).await;
            }
        }
    }
}

#[tokio::test]
async fn measurements_say_what_their_mutations_do() {
    let cast = Cast::new().await;
    let world = &cast.world;
    let kept = measurement::Entity::find().one(world.pool()).await.unwrap().unwrap();
    // Of days that nobody locked: locks are a rule of the project, not of the measurement.
    let (first, last) = ("2023-01-01".to_owned(), "2023-12-31".to_owned());
    let kept = measurement::Model { period_start: first, period_end: last, ..kept };
    let actions = [
        ("update", "measurementUpdate", json!({ "measurement": measured() })),
        ("submit", "measurementSubmit", json!({})),
        ("accept", "measurementAccept", json!({})),
        ("return", "measurementReturn", json!({ "reason": "Quelle année ?" })),
        ("certify", "measurementCertify", json!({})),
        ("correct", "measurementCorrect", json!({ "measurement": measured(), "reason": "Compté deux fois" })),
    ];
    let people = everybody(&cast).await;
    for state in MeasurementState::all() {
        for actor in &people {
            for (permission, mutation, mut input) in actions.clone() {
                let id = MeasurementId::fresh();
                world.insert(measurement::Model { id, state, ..kept.clone() }).await;
                let id = id.to_string();
                input["id"] = json!(id);
                agrees(actor, "Measurement", (permission, mutation), &id, input, state.code()).await;
            }
        }
    }
}

/// The evaluation that runs, as it would be in another state.
async fn evaluation_in(cast: &Cast, status: EvaluationStatus) -> EvaluationId {
    use EvaluationStatus::{Delivered, Planned, Published, Ready, Running};
    let (world, id) = (&cast.world, EvaluationId::fresh());
    let known = evaluation::Entity::find().filter(evaluation::Column::Status.eq(Running));
    let known = known.one(world.pool()).await.unwrap().unwrap();
    let when = |is_so: bool| is_so.then_some(known.created_at);
    let row = evaluation::Model {
        id,
        slug: id.to_string(),
        status,
        registered_at: when(status != Planned),
        delivered_at: when(matches!(status, Delivered | Ready | Published)),
        access_granted_at: when(matches!(status, Running | Delivered)),
        replied_at: when(status == Ready),
        ..known.clone()
    };
    world.insert(row).await;
    let (organization_id, role) = (cast.person("city owner").organization.unwrap(), EvaluationRole::Funder);
    world.insert(evaluation_party::Model { evaluation_id: id, organization_id, role }).await;
    id
}

async fn found(cast: &Cast, evaluation_id: EvaluationId) -> String {
    let (world, id) = (&cast.world, FindingId::fresh());
    let known = finding::Entity::find().one(world.pool()).await.unwrap().unwrap();
    world.insert(finding::Model { id, evaluation_id, ..known }).await;
    id.to_string()
}

#[tokio::test]
async fn evaluations_say_what_their_mutations_do() {
    let cast = Cast::new().await;
    let actions = [
        ("update", "evaluationUpdate", json!({ "summary": "Un résumé" })),
        ("register", "evaluationRegister", json!({})),
        ("start", "evaluationStart", json!({})),
        ("deliver", "evaluationDeliver", json!({})),
        ("reply", "evaluationReply", json!({ "reply": "La ville est petite." })),
        ("publish", "evaluationPublish", json!({})),
        ("cancel", "evaluationCancel", json!({ "reason": "Faute de moyens" })),
        ("grantAccess", "evaluationGrantAccess", json!({})),
        ("revokeAccess", "evaluationRevokeAccess", json!({})),
        ("proposeLevel", "evaluationProposeLevel", json!({ "level": "E2" })),
        ("confirmLevel", "evaluationConfirmLevel", json!({ "level": "E3" })),
    ];
    let people = everybody(&cast).await;
    for status in EvaluationStatus::all() {
        for actor in &people {
            for (permission, mutation, mut input) in actions.clone() {
                let id = evaluation_in(&cast, status).await;
                found(&cast, id).await;
                let id = id.to_string();
                input["id"] = json!(id);
                agrees(actor, "Evaluation", (permission, mutation), &id, input, status.code()).await;
            }
        }
    }
}

#[tokio::test]
async fn parts_of_evaluations_say_what_their_mutations_do() {
    let cast = Cast::new().await;
    let (world, pool) = (&cast.world, cast.world.pool());
    let model = sroi_model::Entity::find().one(pool).await.unwrap().unwrap();
    let outcome = json!({ "stakeholder": "Participants", "label": "Un emploi", "quantity": "10", "proxy": "2000",
        "proxySource": "Enquête", "durationYears": 2, "deadweightPercent": "20", "displacementPercent": "0",
        "attributionPercent": "50", "dropOffPercent": "10", "low": { "deadweightPercent": "40" },
        "high": { "deadweightPercent": "10" } });
    let people = everybody(&cast).await;
    for status in EvaluationStatus::all() {
        for actor in &people {
            let (whole, id) = (evaluation_in(&cast, status).await, SroiModelId::fresh());
            world.insert(sroi_model::Model { id, evaluation_id: whole, ..model.clone() }).await;
            let (id, found) = (id.to_string(), found(&cast, whole).await);
            let written = json!({ "evaluationId": whole.to_string(), "currency": "EUR", "horizonYears": 2,
                "discountPercent": "0", "outcomes": [outcome],
                "investments": [{ "label": "Subvention", "amount": "10000", "year": 0 }] });
            agrees(actor, "SroiModel", ("update", "sroiModelWrite"), &id, written, status.code()).await;
            let changed = json!({ "id": whole.to_string(), "summary": "Un résumé" });
            agrees(actor, "Finding", ("update", "evaluationUpdate"), &found, changed, status.code()).await;
        }
    }
}

#[tokio::test]
async fn what_projects_say_of_themselves_says_what_its_mutations_do() {
    let cast = Cast::new().await;
    let (world, pool) = (&cast.world, cast.world.pool());
    let used = indicator_use::Entity::find().filter(indicator_use::Column::ProjectId.is_not_null());
    let used = used.one(pool).await.unwrap().unwrap();
    let lock = period_lock::Entity::find().one(pool).await.unwrap().unwrap();
    let adoption = framework_adoption::Entity::find().one(pool).await.unwrap().unwrap().id.to_string();
    let theory = theory::Entity::find().one(pool).await.unwrap().unwrap();
    let node = json!({ "key": "cook", "kind": "OUTCOME", "text": "On cuisine." });
    let people = everybody(&cast).await;
    for status in ProjectStatus::all() {
        in_state(&cast, theory.project_id, status).await;
        for actor in &people {
            let input = json!({ "id": adoption, "notApplicable": [] });
            let way = ("update", "frameworkAdoptionUpdate");
            agrees(actor, "FrameworkAdoption", way, &adoption, input, status.code()).await;
            let id = theory.id.to_string();
            let input = json!({ "projectId": theory.project_id.to_string(), "nodes": [node], "links": [] });
            let way = ("update", "theoryOfChangeWrite");
            agrees(actor, "TheoryOfChange", way, &id, input, status.code()).await;
            for is_closed in [false, true] {
                let state = format!("{status}, {}", if is_closed { "closed" } else { "open" });
                let id = IndicatorUseId::fresh();
                world.insert(indicator_use::Model { id, is_closed, ..used.clone() }).await;
                uses_agree(actor, &id.to_string(), &state).await;
                let id = PeriodLockId::fresh();
                world.insert(period_lock::Model { id, is_open: is_closed, ..lock.clone() }).await;
                let id = id.to_string();
                let input = json!({ "id": id, "reason": "Une erreur." });
                agrees(actor, "PeriodLock", ("unlock", "periodUnlock"), &id, input, &state).await;
            }
        }
    }
}

async fn in_state(cast: &Cast, project: ProjectId, status: ProjectStatus) {
    use entity::projects::project;
    let row = project::Entity::find_by_id(project).one(cast.world.pool()).await.unwrap().unwrap();
    let mut row = row.into_active_model();
    row.status = Set(status);
    row.update(cast.world.pool()).await.unwrap();
}

async fn uses_agree(actor: &Actor, id: &str, state: &str) {
    let input = json!({ "id": id, "target": "50" });
    agrees(actor, "IndicatorUse", ("update", "indicatorUseUpdate"), id, input, state).await;
    let input = json!({ "useId": id, "measurement": measured() });
    agrees(actor, "IndicatorUse", ("measure", "measurementCreate"), id, input, state).await;
}

#[tokio::test]
async fn indicators_in_use_elsewhere_say_what_their_mutations_do() {
    use entity::contracts::contract;
    let cast = Cast::new().await;
    let pool = cast.world.pool();
    let people = everybody(&cast).await;
    let used = indicator_use::Entity::find().filter(indicator_use::Column::ProjectId.is_null());
    for used in used.all(pool).await.unwrap() {
        let id = used.id.to_string();
        let Some(contract) = used.contract_id else {
            for actor in &people {
                uses_agree(actor, &id, "of a series").await;
            }
            continue;
        };
        for status in ContractStatus::all() {
            let row = contract::Entity::find_by_id(contract).one(pool).await.unwrap().unwrap();
            let mut row = row.into_active_model();
            row.status = Set(status);
            row.update(pool).await.unwrap();
            for actor in &people {
                uses_agree(actor, &id, status.code()).await;
            }
        }
    }
}

#[tokio::test]
async fn working_groups_and_comments_say_what_their_mutations_do() {
    let cast = Cast::new().await;
    let (world, pool) = (&cast.world, cast.world.pool());
    let known = working_group::Entity::find().one(pool).await.unwrap().unwrap();
    let people = everybody(&cast).await;
    for status in WorkingGroupStatus::all() {
        for actor in &people {
            for (permission, verb) in [("update", "Update"), ("start", "Start"), ("close", "Close")] {
                let id = WorkingGroupId::fresh();
                world.insert(working_group::Model { id, status, ..known.clone() }).await;
                let (id, mutation) = (id.to_string(), format!("workingGroup{verb}"));
                let input = json!({ "id": id });
                agrees(actor, "WorkingGroup", (permission, &mutation), &id, input, status.code()).await;
            }
        }
    }
    let known = comment::Entity::find().one(pool).await.unwrap().unwrap();
    let actions = [
        ("update", "commentUpdate", json!({ "text": "Et les enfants de moins de six ans ?" })),
        ("withdraw", "commentWithdraw", json!({})),
        ("resolve", "commentResolve", json!({})),
    ];
    for state in CommentState::all() {
        for actor in &people {
            for (permission, mutation, mut input) in actions.clone() {
                let id = CommentId::fresh();
                world.insert(comment::Model { id, state, ..known.clone() }).await;
                let id = id.to_string();
                input["id"] = json!(id);
                agrees(actor, "Comment", (permission, mutation), &id, input, state.code()).await;
            }
        }
    }
}
