//! Projects: from the first draft to publication, and who may see and do what on the way.

use sea_orm::ConnectionTrait;
use tests::{Actor, World, json};

const SHOW: &str = "query ($id: ID!) { project(by: { id: $id }) {
    title status version completenessPercent returnReason } }";
const SUBMIT: &str = "mutation ($input: ProjectSubmitInput!) {
    projectSubmit(input: $input) { project { status version publishedAt } errors { code path message } } }";
const PUBLISH: &str = "mutation ($input: ProjectPublishInput!) {
    projectPublish(input: $input) { project { status version } errors { code path message } } }";
const RETURN: &str = "mutation ($input: ProjectReturnInput!) {
    projectReturn(input: $input) { project { status returnReason } errors { code path message } } }";
const UPDATE: &str = "mutation ($input: ProjectUpdateInput!) {
    projectUpdate(input: $input) { project { title version } errors { code path message } } }";

#[tokio::test]
async fn a_verified_innovator_publishes_what_is_complete_at_once() {
    let world = World::new().await;
    let lab = world.innovator("Water Lab").await;
    let id = lab.drafts("La pluie pour tous", tests::complete()).await;
    let draft = lab.asks(SHOW, json!({ "id": id })).await;
    assert_eq!(draft.data("/project/status"), "DRAFT");
    assert_eq!(draft.data("/project/completenessPercent"), 70);

    let submitted = lab.asks(SUBMIT, json!({ "input": { "id": id } })).await;
    assert_eq!(submitted.data("/projectSubmit/project/status"), "PUBLISHED");
    assert!(submitted.data("/projectSubmit/project/publishedAt").is_string());
    world.visitor().asks(SHOW, json!({ "id": id })).await.data("/project/title");
    lab.asks(SUBMIT, json!({ "input": { "id": id } })).await.refused("STATE_INVALID");
}

#[tokio::test]
async fn a_thin_description_waits_for_a_curator_who_returns_it_with_a_reason() {
    let world = World::new().await;
    let (lab, curator) = (world.innovator("Water Lab").await, world.curator().await);
    let id = lab.drafts("La pluie pour tous", json!({})).await;
    let submitted = lab.asks(SUBMIT, json!({ "input": { "id": id } })).await;
    assert_eq!(submitted.data("/projectSubmit/project/status"), "IN_REVIEW");

    let why = json!({ "input": { "id": id, "reason": "Dites à qui cela sert." } });
    lab.asks(RETURN, why.clone()).await.refused("FORBIDDEN");
    lab.asks(PUBLISH, json!({ "input": { "id": id } })).await.refused("FORBIDDEN");
    let returned = curator.asks(RETURN, why.clone()).await;
    assert_eq!(returned.data("/projectReturn/project/status"), "DRAFT");
    let told = lab.asks(SHOW, json!({ "id": id })).await;
    assert_eq!(told.data("/project/returnReason"), "Dites à qui cela sert.");
    curator.asks(RETURN, why).await.refused("STATE_INVALID");

    lab.asks(SUBMIT, json!({ "input": { "id": id } })).await.fine();
    let cleared = lab.asks(SHOW, json!({ "id": id })).await;
    assert!(cleared.data("/project/returnReason").is_null(), "a new submission answers the reason");
    let published = curator.asks(PUBLISH, json!({ "input": { "id": id } })).await;
    assert_eq!(published.data("/projectPublish/project/status"), "PUBLISHED");
}

#[tokio::test]
async fn sixty_percent_and_a_verified_holder_publish_without_a_curator() {
    let world = World::new().await;
    let lab = world.innovator("Water Lab").await;
    let new = world
        .owner("New Lab", entity::codes::ActorKind::Innovator, entity::codes::Verification::Unverified)
        .await;
    for (holder, left_out, percent, status) in [
        (&lab, vec!["startedOn"], 60, "PUBLISHED"),
        (&lab, vec!["startedOn", "solution"], 50, "IN_REVIEW"),
        (&new, vec![], 70, "IN_REVIEW"),
    ] {
        let mut details = tests::complete();
        for field in left_out {
            details.as_object_mut().unwrap().remove(field);
        }
        let id = holder.drafts("La pluie pour tous", details).await;
        let draft = holder.asks(SHOW, json!({ "id": id })).await;
        assert_eq!(draft.data("/project/completenessPercent"), percent);
        let submitted = holder.asks(SUBMIT, json!({ "input": { "id": id } })).await;
        assert_eq!(submitted.data("/projectSubmit/project/status"), status, "{percent} {}", holder.name);
    }
}

#[tokio::test]
async fn a_return_without_a_reason_changes_nothing() {
    let world = World::new().await;
    let (lab, curator) = (world.innovator("Water Lab").await, world.curator().await);
    let id = lab.drafts("La pluie pour tous", json!({})).await;
    lab.asks(SUBMIT, json!({ "input": { "id": id } })).await.fine();
    let silent = curator.asks(RETURN, json!({ "input": { "id": id, "reason": "  " } })).await;
    assert_eq!(silent.refused("BLANK").paths(), ["input.reason"]);
    assert_eq!(lab.asks(SHOW, json!({ "id": id })).await.data("/project/status"), "IN_REVIEW");
}

#[tokio::test]
async fn anothers_draft_does_not_exist() {
    let world = World::new().await;
    let (lab, other) = (world.innovator("Water Lab").await, world.innovator("Other Lab").await);
    let draft = lab.drafts("La pluie pour tous", json!({})).await;
    let unknown = entity::ids::ProjectId::fresh().to_string();
    for actor in [other, world.funder("Blue Fund").await, world.stranger().await, world.visitor()] {
        for (document, input) in [
            (SHOW, None),
            (SUBMIT, Some(json!({}))),
            (PUBLISH, Some(json!({}))),
            (RETURN, Some(json!({ "reason": "x" }))),
            (UPDATE, Some(json!({ "title": "Mine now" }))),
        ] {
            let about = |id: &str| match input.clone() {
                None => json!({ "id": id }),
                Some(mut input) => {
                    input["id"] = json!(id);
                    json!({ "input": input })
                }
            };
            let hidden = actor.asks(document, about(&draft)).await;
            let absent = actor.asks(document, about(&unknown)).await;
            assert_eq!(hidden.comparable(), absent.comparable(), "{} tells them apart", actor.name);
            assert_eq!(hidden.reply.status, absent.reply.status);
            assert!(document == SHOW || hidden.errors() == ["NOT_FOUND"], "{hidden:?}");
        }
    }
    assert_eq!(lab.asks(SHOW, json!({ "id": draft })).await.data("/project/version"), "1");
}

#[tokio::test]
async fn a_published_project_is_edited_by_its_holder_alone() {
    let world = World::new().await;
    let lab = world.innovator("Water Lab").await;
    let id = lab.publishes("La pluie pour tous", json!({})).await;
    let mine = json!({ "input": { "id": id, "title": "Mine now" } });
    for actor in [world.innovator("Other Lab").await, world.curator().await, world.stranger().await] {
        actor.asks(UPDATE, mine.clone()).await.refused("FORBIDDEN");
    }
    world.visitor().asks(UPDATE, mine.clone()).await.refused("UNAUTHENTICATED");
    let unchanged = lab.asks(SHOW, json!({ "id": id })).await;
    assert_eq!(unchanged.data("/project/title"), "La pluie pour tous");
    assert_eq!(unchanged.data("/project/version"), "3", "created, submitted, published");
    assert_eq!(lab.asks(UPDATE, mine).await.data("/projectUpdate/project/title"), "Mine now");
}

#[tokio::test]
async fn a_visitor_sees_what_is_published_and_no_amounts() {
    let world = World::new().await;
    let lab = world.innovator("Water Lab").await;
    lab.drafts("Un brouillon", json!({})).await;
    let need = |amount: &str| {
        let amount = json!({ "amount": amount, "currency": "EUR" });
        json!({ "kind": "FUNDING", "instrument": "GRANT", "amount": amount, "detail": "Pour trois ans." })
    };
    lab.publishes("La pluie", json!({ "needs": [need("50000.00"), need("1200.50")] })).await;
    lab.publishes("Le vent", json!({ "needs": [need("7.00")] })).await;

    let list = "{ projects { totalCount { value } nodes { title fundingSought { amount }
        needs { nodes { kind amount { amount } detail } } } } }";
    let seen = world.visitor().asks(list, json!({})).await;
    assert_eq!(seen.each("/projects/nodes", "/title"), ["Le vent", "La pluie"]);
    assert_eq!(seen.data("/projects/totalCount/value"), 2);
    assert!(seen.data("/projects/nodes/1/needs/nodes/0/amount").is_null());
    assert!(seen.data("/projects/nodes/1/fundingSought").is_null());
    let told = ["Need.amount NETWORK 3", "Need.detail NETWORK 3", "Project.fundingSought NETWORK 2"];
    assert_eq!(seen.withheld(), told, "once per coordinate");
    assert_eq!(world.stranger().await.asks(list, json!({})).await.comparable(), seen.comparable());

    let funder = world.funder("Blue Fund").await;
    let near = funder.asks(list, json!({})).await;
    assert_eq!(near.data("/projects/nodes/1/needs/nodes/0/amount/amount"), "50000.00");
    assert_eq!(near.data("/projects/nodes/1/fundingSought/0/amount"), "51200.50");
    assert_eq!(near.withheld(), Vec::<String>::new());
}

#[tokio::test]
async fn amounts_cannot_be_found_by_filtering() {
    let world = World::new().await;
    let lab = world.innovator("Water Lab").await;
    let need = json!({ "kind": "FUNDING", "instrument": "GRANT", "amount": { "amount": "50000", "currency": "EUR" } });
    lab.publishes("La pluie", json!({ "needs": [need] })).await;
    let list = "query ($filter: ProjectFilter) { projects(filter: $filter) { nodes { title } totalCount { value } } }";
    let over = |amount: &str| {
        let bound = json!({ "gte": { "amount": amount, "currency": "EUR" } });
        json!({ "needs": { "some": { "amount": bound } } })
    };
    for actor in [world.visitor(), world.stranger().await] {
        for filter in [over("1"), json!({ "not": over("1") }), json!({ "or": [{ "and": [over("1")] }] })] {
            let refused = actor.asks(list, json!({ "filter": filter })).await;
            assert!(refused.refused("FORBIDDEN").messages().contains("NETWORK"), "{refused:?}");
        }
    }
    let funder = world.funder("Blue Fund").await;
    let found = |answer: tests::Answer| answer.each("/projects/nodes", "/title");
    assert_eq!(found(funder.asks(list, json!({ "filter": over("50000.00") })).await), ["La pluie"]);
    assert_eq!(found(funder.asks(list, json!({ "filter": over("50000.01") })).await), Vec::<String>::new());
}

#[tokio::test]
async fn a_stale_version_changes_nothing() {
    let world = World::new().await;
    let lab = world.innovator("Water Lab").await;
    let id = lab.drafts("La pluie", json!({})).await;
    let update =
        |title: &str, version: &str| json!({ "input": { "id": id, "title": title, "ifVersion": version } });
    let first = lab.asks(UPDATE, update("Le vent", "1")).await;
    assert_eq!(first.data("/projectUpdate/project/version"), "2");
    let stale = lab.asks(UPDATE, update("Le soleil", "1")).await;
    assert_eq!(stale.refused("VERSION_CONFLICT").paths(), ["input.ifVersion"]);
    assert_eq!(lab.asks(SHOW, json!({ "id": id })).await.data("/project/title"), "Le vent");
}

#[tokio::test]
async fn of_two_writers_with_one_version_one_wins() {
    let world = World::new().await;
    let lab = world.innovator("Water Lab").await;
    let id = lab.drafts("La pluie", json!({})).await;
    for turn in 0..10 {
        let version = (turn + 1).to_string();
        let update = |title: String| json!({ "input": { "id": id, "title": title, "ifVersion": version } });
        let writers =
            (0..4).map(|writer| lab.asks(UPDATE, update(format!("Writer {writer} of turn {turn}"))));
        let answers = futures_util::future::join_all(writers).await;
        let won: Vec<_> = answers.iter().filter(|answer| answer.errors().is_empty()).collect();
        assert_eq!(won.len(), 1, "{answers:#?}");
        let title = lab.asks(SHOW, json!({ "id": id })).await.data("/project/title");
        assert_eq!(won[0].data("/projectUpdate/project/title"), title);
        for lost in answers.iter().filter(|answer| !answer.errors().is_empty()) {
            lost.refused("VERSION_CONFLICT");
        }
    }
}

#[tokio::test]
async fn concurrent_publishes_happen_once() {
    let world = World::new().await;
    let (lab, curator) = (world.innovator("Water Lab").await, world.curator().await);
    let id = lab.drafts("La pluie", json!({})).await;
    lab.asks(SUBMIT, json!({ "input": { "id": id } })).await.fine();
    let publish = || curator.asks(PUBLISH, json!({ "input": { "id": id } }));
    let answers = futures_util::future::join_all((0..8).map(|_| publish())).await;
    let won = answers.iter().filter(|answer| answer.errors().is_empty()).count();
    assert_eq!(won, 1, "{answers:#?}");
    assert!(answers.iter().all(|answer| answer.errors().iter().all(|code| code == "STATE_INVALID")));
    assert_eq!(lab.asks(SHOW, json!({ "id": id })).await.data("/project/version"), "3");
}

#[tokio::test]
async fn a_great_total_is_counted_anew_after_a_commit_and_not_before() {
    const GREAT: usize = 520;
    let world = World::new().await;
    let lab = world.innovator("Water Lab").await;
    world.projects(lab.organization.unwrap(), GREAT, |_, _| ()).await;
    let visitor = world.visitor();
    let total = async |reader: &Actor| {
        let list = "{ projects(first: 1) { totalCount { value } nodes { id } } }";
        reader.asks(list, json!({})).await.data("/projects/totalCount/value").clone()
    };
    assert_eq!(total(&visitor).await, GREAT);
    let by_hand = "update project_card set facts = 0 where project_id = (select id from project where title = 'Projet 7')";
    world.pool().execute_unprepared(by_hand).await.expect("a change that the log does not know");
    assert_eq!(total(&visitor).await, GREAT, "nothing was committed since it was counted");
    assert_eq!(total(&lab).await, GREAT, "its holder sees all, whatever others were told");
    lab.drafts("Un brouillon", json!({})).await;
    assert_eq!(total(&lab).await, GREAT + 1);
    assert_eq!(total(&visitor).await, GREAT - 1);
    lab.publishes("La neige", json!({})).await;
    assert_eq!(total(&visitor).await, GREAT);
}
