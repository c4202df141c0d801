//! Working groups publish frameworks, projects measure by them.

use super::{does, indicator};
use serde_json::json;
use tests::World;

#[tokio::test]
async fn a_working_group_publishes_a_framework_and_a_project_adopts_it() {
    let world = World::new().await;
    let (group, lab, stranger) =
        (world.funder("Working Group").await, world.innovator("Lab").await, world.stranger().await);
    let people = indicator(&group, "PEOPLE", json!({})).await;
    let mood =
        indicator(&group, "MOOD", json!({ "valueType": "SCORE", "aggregation": "MEAN_WEIGHTED" })).await;
    let project = lab.publishes("Projet", json!({})).await;

    let input = json!({ "ownerId": group.org(), "code": "REF", "title": "Référentiel",
        "dimensions": [{ "name": "Inclusion" }],
        "items": [{ "indicatorId": people, "kind": "CORE", "dimension": 0 }, { "indicatorId": mood, "kind": "CORE" }] });
    does(&lab, "frameworkCreate", "framework { id }", input.clone()).await.refused("FORBIDDEN");
    let made =
        does(&group, "frameworkCreate", "framework { id status items { kind indicator { code } } }", input)
            .await;
    let framework = made.text("/frameworkCreate/framework/id");
    assert_eq!(made.each("/frameworkCreate/framework/items", "/indicator/code"), ["PEOPLE", "MOOD"]);

    let read = "query ($id: ID!) { framework(by: { id: $id }) { title } }";
    assert_eq!(
        stranger.asks(read, json!({ "id": framework })).await.data("/framework"),
        json!(null),
        "a draft"
    );
    assert_eq!(lab.asks(read, json!({ "id": framework })).await.text("/framework/title"), "Référentiel");
    let adopt = json!({ "projectId": project, "frameworkId": framework,
        "notApplicable": [{ "indicatorId": mood, "reason": "Nobody to ask" }] });
    does(&lab, "frameworkAdopt", "frameworkAdoption { id }", adopt.clone()).await.refused("STATE_INVALID");
    does(&group, "frameworkPublish", "framework { status }", json!({ "id": framework })).await.fine();
    let late = json!({ "id": framework, "title": "Autre" });
    does(&group, "frameworkUpdate", "framework { id }", late).await.refused("STATE_INVALID");

    let fields = "frameworkAdoption { id completenessPercent items { isApplicable reason item { indicator { code } } } }";
    let adopted = does(&lab, "frameworkAdopt", fields, adopt.clone()).await;
    assert_eq!(adopted.data("/frameworkAdopt/frameworkAdoption/completenessPercent"), json!(0));
    assert_eq!(adopted.data("/frameworkAdopt/frameworkAdoption/items/1/reason"), json!("Nobody to ask"));
    does(&lab, "frameworkAdopt", fields, adopt).await.refused("TAKEN");
    let adoption = adopted.text("/frameworkAdopt/frameworkAdoption/id");
    let used = json!({ "projectId": project, "indicatorId": people, "adoptionId": adoption, "target": "100",
        "milestones": [{ "on": "2026-06-30", "value": "50.0" }] });
    let fields = "indicatorUse { id reviewer { name } milestones { on value } }";
    let used = does(&lab, "indicatorUseCreate", fields, used).await;
    assert_eq!(used.text("/indicatorUseCreate/indicatorUse/reviewer/name"), "Working Group");
    assert_eq!(used.data("/indicatorUseCreate/indicatorUse/milestones/0/value"), json!("50"));
    let page = "query ($id: ID!) { project(by: { id: $id }) { frameworkAdoptions { completenessPercent framework { code } } } }";
    let page = stranger.asks(page, json!({ "id": project })).await;
    assert_eq!(
        page.data("/project/frameworkAdoptions/0/completenessPercent"),
        json!(100),
        "what does not apply is not missed"
    );
}

#[tokio::test]
async fn editions_of_indicators_follow_each_other() {
    let world = World::new().await;
    let group = world.funder("Working Group").await;
    let first = indicator(
        &group,
        "PEOPLE",
        json!({ "themes": ["EMP"], "references": [{ "scheme": "IRIS_PLUS", "code": "PI4060" }] }),
    )
    .await;
    let revise = does(
        &group,
        "indicatorRevise",
        "indicator { id edition status themes { code } }",
        json!({ "id": first }),
    )
    .await;
    assert_eq!(revise.data("/indicatorRevise/indicator/edition"), json!(2));
    assert_eq!(revise.data("/indicatorRevise/indicator/themes/0/code"), json!("EMP"));
    let second = revise.text("/indicatorRevise/indicator/id");
    does(&group, "indicatorRevise", "indicator { id }", json!({ "id": first })).await.refused("TAKEN");
    let change = json!({ "id": second, "unit": "adultes", "themes": ["EDU"] });
    let changed = does(
        &group,
        "indicatorUpdate",
        "indicator { unit labelled: label themes { code } references { code } }",
        change,
    )
    .await;
    assert_eq!(changed.data("/indicatorUpdate/indicator/references/0/code"), json!("PI4060"));
    does(&group, "indicatorPublish", "indicator { id }", json!({ "id": second })).await.fine();
    let read = "query ($id: ID!) { old: indicator(by: { id: $id }) { status } now: indicator(by: { code: \"PI4060\" }) { edition unit } }";
    let read = world.visitor().asks(read, json!({ "id": first })).await;
    assert_eq!(read.text("/old/status"), "SUPERSEDED");
    assert_eq!(read.data("/now"), json!({ "edition": 2, "unit": "adultes" }));
}

#[tokio::test]
async fn a_theory_of_change_has_no_circles_and_is_drawn() {
    let world = World::new().await;
    let lab = world.innovator("Lab").await;
    let project = lab.publishes("Projet", json!({})).await;
    let theory = |links: serde_json::Value| {
        json!({ "projectId": project, "links": links, "nodes": [
            { "key": "cook", "kind": "ACTIVITY", "text": "Cook together" },
            { "key": "meet", "kind": "OUTCOME", "text": "Neighbours meet" },
        ] })
    };
    let fields = "theoryOfChange { version mermaid svg nodes { key } links { from to } }";
    let round = theory(json!([{ "from": "cook", "to": "meet" }, { "from": "meet", "to": "cook" }]));
    does(&lab, "theoryOfChangeWrite", fields, round).await.refused("THEORY_CYCLE");
    let made =
        does(&lab, "theoryOfChangeWrite", fields, theory(json!([{ "from": "cook", "to": "meet" }]))).await;
    assert!(made.text("/theoryOfChangeWrite/theoryOfChange/mermaid").contains("n0 --> n1"));
    assert!(made.text("/theoryOfChangeWrite/theoryOfChange/svg").contains("<svg"));
    let fields = format!("theoryOfChange {{ id {}", fields.split_once("{ ").unwrap().1);
    let again = does(&lab, "theoryOfChangeWrite", &fields, theory(json!([]))).await;
    let id = again.text("/theoryOfChangeWrite/theoryOfChange/id");
    let picture = world.visitor().gets(&format!("/theories-of-change/{id}.svg")).await;
    assert_eq!(picture.status, 200, "{}", picture.text());
    assert_eq!(picture.text(), again.text("/theoryOfChangeWrite/theoryOfChange/svg"));
    let nothing = world.visitor().gets("/theories-of-change/toc_00000000000000000000000001.svg").await;
    assert_eq!(nothing.status, 404);
    assert_eq!(again.text("/theoryOfChangeWrite/theoryOfChange/version"), "2");
    does(&world.stranger().await, "theoryOfChangeWrite", &fields, theory(json!([])))
        .await
        .refused("FORBIDDEN");
}
