//! Projects measure, reviewers accept, evaluators certify; small cells stay with those they concern.

use super::{does, indicator};
use serde_json::{Value, json};
use tests::{Actor, World};

/// A lab whose project measures an indicator that a funder reviews.
pub struct Scene {
    pub lab: Actor,
    pub funder: Actor,
    pub project: String,
    pub used: String,
}

pub async fn scene(world: &World, more: Value) -> Scene {
    let (lab, funder) = (world.innovator("Lab").await, world.funder("Blue Fund").await);
    let people = indicator(&funder, "PEOPLE", more).await;
    let partner = json!({ "coHolders": [{ "organizationId": funder.org(), "role": "FUNDER" }] });
    let project = lab.publishes("Projet", partner).await;
    let input = json!({ "projectId": project, "indicatorId": people, "reviewerId": funder.org(), "sharing": "PUBLIC" });
    let used = does(&lab, "indicatorUseCreate", "indicatorUse { id }", input).await;
    let used = used.text("/indicatorUseCreate/indicatorUse/id");
    Scene { lab, funder, project, used }
}

pub fn measured(value: &str, cells: Value) -> Value {
    json!({ "periodStart": "2025-01-01", "periodEnd": "2025-12-31", "value": value, "uniquePeople": value.parse::<i32>().unwrap(),
        "dataSource": "ADMINISTRATIVE", "comment": "De nos registres", "cells": cells })
}

pub async fn accepted(scene: &Scene, value: &str, cells: Value) -> String {
    let input = json!({ "useId": scene.used, "measurement": measured(value, cells) });
    let made = does(&scene.lab, "measurementCreate", "measurement { id state }", input).await;
    let id = made.text("/measurementCreate/measurement/id");
    does(&scene.lab, "measurementSubmit", "measurement { state }", json!({ "id": id })).await.fine();
    let taken = does(&scene.funder, "measurementAccept", "measurement { state }", json!({ "id": id })).await;
    assert_eq!(taken.text("/measurementAccept/measurement/state"), "ACCEPTED");
    id
}

const READ: &str = "query ($id: ID!) { node(id: $id) { ... on Measurement { value uniquePeople state comment
    cells { dimension category people isSuppressed } } } }";

#[tokio::test]
async fn what_is_measured_is_reviewed_by_the_other_side_and_only_ever_corrected() {
    let world = World::new().await;
    let scene = scene(&world, json!({})).await;
    let Scene { lab, funder, used, .. } = &scene;
    let input = json!({ "useId": used, "measurement": measured("40", json!([])) });
    does(funder, "measurementCreate", "measurement { id }", input.clone()).await.refused("FORBIDDEN");
    let id = does(lab, "measurementCreate", "measurement { id }", input)
        .await
        .text("/measurementCreate/measurement/id");
    assert_eq!(
        funder.asks(READ, json!({ "id": id })).await.data("/node"),
        json!(null),
        "a draft is the lab's"
    );
    does(lab, "measurementSubmit", "measurement { state }", json!({ "id": id })).await.fine();
    let late = json!({ "id": id, "measurement": measured("41", json!([])) });
    does(lab, "measurementUpdate", "measurement { id }", late.clone()).await.refused("STATE_INVALID");
    does(lab, "measurementAccept", "measurement { id }", json!({ "id": id })).await.refused("FORBIDDEN");
    let sent = does(
        funder,
        "measurementReturn",
        "measurement { state }",
        json!({ "id": id, "reason": "Which year?" }),
    )
    .await;
    assert_eq!(sent.text("/measurementReturn/measurement/state"), "RETURNED");
    does(lab, "measurementUpdate", "measurement { id }", late).await.fine();
    does(lab, "measurementSubmit", "measurement { state }", json!({ "id": id })).await.fine();
    assert_eq!(
        world.visitor().asks(READ, json!({ "id": id })).await.data("/node"),
        json!(null),
        "not accepted yet"
    );
    does(funder, "measurementAccept", "measurement { state }", json!({ "id": id })).await.fine();
    let seen = world.visitor().asks(READ, json!({ "id": id })).await;
    assert_eq!((seen.data("/node/value"), seen.data("/node/comment")), (json!("41"), json!(null)));

    let correct = json!({ "id": id, "measurement": measured("39", json!([])), "reason": "Two people were counted twice" });
    let new =
        does(lab, "measurementCorrect", "measurement { id state corrects { id value state } }", correct)
            .await;
    assert_eq!(
        new.data("/measurementCorrect/measurement/corrects"),
        json!({ "id": id, "value": "41", "state": "SUPERSEDED" })
    );
    assert_eq!(new.text("/measurementCorrect/measurement/state"), "SUBMITTED");
    assert_eq!(world.visitor().asks(READ, json!({ "id": id })).await.data("/node"), json!(null));
}

#[tokio::test]
async fn outsiders_see_no_small_cell() {
    let world = World::new().await;
    let scene = scene(&world, json!({})).await;
    let cells = json!([
        { "dimension": "gender", "category": "f", "people": 60 }, { "dimension": "gender", "category": "m", "people": 40 },
        { "dimension": "age", "category": "-25", "people": 5 }, { "dimension": "age", "category": "25-60", "people": 40 },
        { "dimension": "age", "category": "60+", "people": 55 },
    ]);
    let id = accepted(&scene, "100", cells).await;
    let own = scene.lab.asks(READ, json!({ "id": id })).await;
    assert_eq!(own.each("/node/cells", "/isSuppressed"), ["false"; 5]);
    for outsider in [&world.visitor(), &scene.funder, &world.administrator().await] {
        let seen = outsider.asks(READ, json!({ "id": id })).await;
        assert_eq!(seen.data("/node/value"), json!("100"), "{}", outsider.name);
        let hidden = seen.each("/node/cells", "/isSuppressed").iter().filter(|one| *one == "true").count();
        assert_eq!(hidden, 2, "the small one, and one that would give it away: {}", outsider.name);
        assert!(!seen.each("/node/cells", "/people").contains(&"5".to_owned()));
    }
    let unknown = json!({ "useId": scene.used, "measurement": measured("20", json!([{ "dimension": "town", "category": "x", "people": 20 }])) });
    does(&scene.lab, "measurementCreate", "measurement { id }", unknown).await.refused("DIMENSION_UNKNOWN");
}

#[tokio::test]
async fn a_server_with_another_limit_hides_accordingly() {
    let world = World::new().await;
    let scene = scene(&world, json!({})).await;
    let cells = json!([
        { "dimension": "gender", "category": "f", "people": 88 }, { "dimension": "gender", "category": "m", "people": 12 },
        { "dimension": "age", "category": "-25", "people": 6 }, { "dimension": "age", "category": "25+", "people": 94 },
    ]);
    let id = accepted(&scene, "100", cells).await;
    let people = async |reader: Actor| {
        let seen = reader.asks(READ, json!({ "id": id })).await;
        let cells = seen.data("/node/cells");
        let mut people: Vec<_> =
            cells.as_array().unwrap().iter().filter_map(|cell| cell["people"].as_i64()).collect();
        people.sort_unstable();
        people
    };
    assert_eq!(people(world.visitor()).await, [12, 88], "from 11 on");
    let open = world.another_server_showing(5).await;
    assert_eq!(people(open.visitor()).await, [6, 12, 88, 94], "from 5 on");
    assert_eq!(people(world.visitor()).await, [0; 0], "what another limit let through is not shown here");
    let strict = open.another_server_showing(20).await;
    assert_eq!(people(strict.visitor()).await, [0; 0], "from 20 on");
    assert_eq!(people(open.visitor()).await, [0; 0]);
    assert_eq!(people(scene.lab.at(&strict)).await, [6, 12, 88, 94], "its holder sees all");
    let again = strict.another_server_showing(11).await;
    assert_eq!(people(again.visitor()).await, [12, 88], "a server that starts judges anew");
}

#[tokio::test]
async fn locked_days_take_no_measurements() {
    let world = World::new().await;
    let scene = scene(&world, json!({})).await;
    let id = accepted(&scene, "40", json!([])).await;
    let lock = json!({ "projectId": scene.project, "organizationId": scene.funder.org(), "periodStart": "2025-06-01", "periodEnd": "2025-06-30" });
    does(&scene.lab, "periodLock", "periodLock { id }", lock.clone()).await.refused("FORBIDDEN");
    let lock =
        does(&scene.funder, "periodLock", "periodLock { id }", lock).await.text("/periodLock/periodLock/id");
    let input = json!({ "useId": scene.used, "measurement": measured("1", json!([])) });
    does(&scene.lab, "measurementCreate", "measurement { id }", input.clone()).await.refused("PERIOD_LOCKED");
    let correct = json!({ "id": id, "measurement": measured("39", json!([])), "reason": "Wrong" });
    does(&scene.lab, "measurementCorrect", "measurement { id }", correct).await.refused("PERIOD_LOCKED");
    does(
        &scene.funder,
        "periodUnlock",
        "periodLock { isOpen }",
        json!({ "id": lock, "reason": "A late file" }),
    )
    .await
    .fine();
    does(&scene.lab, "measurementCreate", "measurement { id }", input).await.fine();
}

#[tokio::test]
async fn totals_say_how_they_were_made_and_refuse_to_be_false() {
    const TOTAL: &str = "query ($figure: MeasurementFigure!) { measurementTotal(filter: { indicator: { code: \"PEOPLE\" } }, figure: $figure) {
        value refusal method usedCount missingCount } }";
    let world = World::new().await;
    let scene = scene(&world, json!({})).await;
    accepted(&scene, "40", json!([])).await;
    let more = json!({ "useId": scene.used, "measurement": { "periodStart": "2024-01-01", "periodEnd": "2024-12-31", "value": "2",
        "uniquePeople": 2, "dataSource": "SURVEY" } });
    let id = does(&scene.lab, "measurementCreate", "measurement { id }", more)
        .await
        .text("/measurementCreate/measurement/id");
    does(&scene.lab, "measurementSubmit", "measurement { id }", json!({ "id": id })).await.fine();
    does(&scene.funder, "measurementAccept", "measurement { id }", json!({ "id": id })).await.fine();
    let seen = world.visitor().asks(TOTAL, json!({ "figure": "VALUE" })).await;
    assert_eq!(
        seen.data("/measurementTotal"),
        json!({ "value": "42", "refusal": null, "method": "SUM", "usedCount": 2, "missingCount": 0 })
    );
    let seen = world.visitor().asks(TOTAL, json!({ "figure": "UNIQUE_PEOPLE" })).await;
    assert_eq!(seen.data("/measurementTotal/refusal"), json!("PEOPLE_OVERLAP"));
}

#[tokio::test]
async fn a_file_of_measurements_goes_out_and_comes_back() {
    const EXPORT: &str = "query ($id: ID!) { measurementExport(projectId: $id) { csv rowCount } }";
    const FIELDS: &str = "measurementImport { isWritten createdCount updatedCount unchangedCount faults { row column reason } }";
    let world = World::new().await;
    let scene = scene(&world, json!({})).await;
    let cells = json!([{ "dimension": "age", "category": "-25; =A1", "people": 5 }, { "dimension": "age", "category": "25+", "people": 35 }]);
    accepted(&scene, "40", cells).await;
    let file = scene.lab.asks(EXPORT, json!({ "id": scene.project })).await.text("/measurementExport/csv");
    let back = |csv: &str, more: Value| {
        let mut input = json!({ "projectId": scene.project, "csv": csv });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    does(&scene.funder, "measurementImport", FIELDS, back(&file, json!({}))).await.refused("FORBIDDEN");
    let same = does(&scene.lab, "measurementImport", FIELDS, back(&file, json!({}))).await;
    let nothing = json!({ "isWritten": false, "createdCount": 0, "updatedCount": 0, "unchangedCount": 1, "faults": [] });
    assert_eq!(same.data("/measurementImport/measurementImport"), nothing);

    let heading = "use_id,period_start,period_end,value,unique_people,data_source,comment,cells";
    let line =
        |value: &str, end: &str| format!("{},2024-01-01,{end},{value},,SURVEY,'=1+1,age=-25:12:", scene.used);
    let mixed =
        [heading, &line("12", "2024-12-31"), &line("1.5", "2024-12-31"), &line("3", "2999-12-31")].join("\n");
    let refused = does(&scene.lab, "measurementImport", FIELDS, back(&mixed, json!({}))).await;
    assert_eq!(refused.data("/measurementImport/measurementImport/isWritten"), json!(false));
    let places = refused.data("/measurementImport/measurementImport/faults");
    let places: Vec<_> =
        places.as_array().unwrap().iter().map(|one| (one["row"].clone(), one["column"].clone())).collect();
    assert_eq!(places, [(json!(3), json!("value")), (json!(4), json!("period_end"))]);
    let count = async || {
        scene.lab.asks(EXPORT, json!({ "id": scene.project })).await.data("/measurementExport/rowCount")
    };
    assert_eq!(count().await, json!(1), "nothing was written");
    does(
        &scene.lab,
        "measurementImport",
        FIELDS,
        back(&mixed, json!({ "skipFaulty": true, "dryRun": true })),
    )
    .await
    .fine();
    assert_eq!(count().await, json!(1), "only said what would happen");
    let taken =
        does(&scene.lab, "measurementImport", FIELDS, back(&mixed, json!({ "skipFaulty": true }))).await;
    assert_eq!(taken.data("/measurementImport/measurementImport/createdCount"), json!(1));
    assert_eq!(count().await, json!(2));
    let file = scene.lab.asks(EXPORT, json!({ "id": scene.project })).await.text("/measurementExport/csv");
    assert!(file.contains("'=1+1"), "formulas stay words: {file}");
    let changed = file.replace(",12,", ",13,");
    let changed = does(&scene.lab, "measurementImport", FIELDS, back(&changed, json!({}))).await;
    assert_eq!(changed.data("/measurementImport/measurementImport/updatedCount"), json!(1), "{changed:#?}");
    let outside = world.visitor().asks(EXPORT, json!({ "id": scene.project })).await;
    assert_eq!(outside.data("/measurementExport/rowCount"), json!(1), "drafts are the lab's");
    assert!(!outside.text("/measurementExport/csv").contains("age="), "both cells hide");
}

/// What anybody is shown of a project's measurements: cells that are not hidden, as `period dimension=category people`.
async fn shown(reader: &Actor, project: &str) -> Vec<String> {
    const ALL: &str =
        "query ($id: ID!) { project(by: { id: $id }) { indicatorUses { nodes { measurements { nodes {
        periodStart value cells { dimension category people isSuppressed } } } } } } }";
    let seen = reader.asks(ALL, json!({ "id": project })).await;
    let uses = seen.data("/project/indicatorUses/nodes");
    let rows =
        uses.as_array().unwrap().iter().flat_map(|one| one["measurements"]["nodes"].as_array().unwrap());
    let cells = |row: &Value| {
        let start = row["periodStart"].as_str().unwrap()[..7].to_owned();
        let cells = row["cells"].as_array().unwrap().iter().filter(|cell| cell["isSuppressed"] == false);
        let text = |cell: &Value| {
            let name = |field: &str| cell[field].as_str().unwrap().to_owned();
            format!("{start} {}={} {}", name("dimension"), name("category"), cell["people"])
        };
        cells.map(text).collect::<Vec<_>>()
    };
    let mut all: Vec<_> = rows.flat_map(cells).collect();
    all.sort();
    all
}

#[tokio::test]
async fn measurements_beside_each_other_do_not_give_small_cells_away() {
    let world = World::new().await;
    let scene = scene(&world, json!({})).await;
    let visitor = world.visitor();
    let add = async |used: &str, days: (&str, &str), value: i32, cells: Value| {
        let mut measurement = measured(&value.to_string(), cells);
        (measurement["periodStart"], measurement["periodEnd"]) = (json!(days.0), json!(days.1));
        let input = json!({ "useId": used, "measurement": measurement });
        let made = does(&scene.lab, "measurementCreate", "measurement { id }", input).await;
        let id = made.text("/measurementCreate/measurement/id");
        does(&scene.lab, "measurementSubmit", "measurement { id }", json!({ "id": id })).await.fine();
        does(&scene.funder, "measurementAccept", "measurement { id }", json!({ "id": id })).await.fine();
        id
    };
    let gender = |f: i32, m: i32| json!([{ "dimension": "gender", "category": "f", "people": f }, { "dimension": "gender", "category": "m", "people": m }]);
    // Two halves, and then the whole year: year less one half would be the other half's five men.
    add(&scene.used, ("2025-01-01", "2025-06-30"), 45, gender(40, 5)).await;
    add(&scene.used, ("2025-07-01", "2025-12-31"), 50, gender(30, 20)).await;
    assert_eq!(shown(&visitor, &scene.project).await, ["2025-07 gender=f 30", "2025-07 gender=m 20"]);
    add(&scene.used, ("2025-01-01", "2025-12-31"), 95, gender(70, 25)).await;
    let year = ["2025-01 gender=f 70", "2025-01 gender=m 25"];
    assert_eq!(shown(&visitor, &scene.project).await, year, "one breakdown of days that overlap");
    assert_eq!(shown(&scene.funder, &scene.project).await, year, "for reviewers as well");
    assert_eq!(shown(&scene.lab, &scene.project).await.len(), 6, "the holder sees all");

    // The same indicator under another use, with other ages, is about the same people.
    let again = json!({ "projectId": scene.project, "indicatorId": indicator(&scene.funder, "WOMEN", json!({})).await,
        "reviewerId": scene.funder.org(), "sharing": "PUBLIC" });
    let women = does(&scene.lab, "indicatorUseCreate", "indicatorUse { id }", again)
        .await
        .text("/indicatorUseCreate/indicatorUse/id");
    let ages = json!([{ "dimension": "age", "category": "-25", "people": 12 }, { "dimension": "age", "category": "25+", "people": 28 }]);
    let id = add(&women, ("2025-01-01", "2025-06-30"), 40, ages).await;
    // Forty women of the first half, of forty-five: that number is hidden there.
    let seen = visitor.asks(READ, json!({ "id": id })).await;
    assert_eq!((seen.data("/node/value"), seen.data("/node/uniquePeople")), (json!(null), json!(null)));
    assert_eq!(shown(&visitor, &scene.project).await, year);
    let total =
        "{ measurementTotal(filter: { indicator: { code: \"WOMEN\" } }) { value usedCount missingCount } }";
    let total = visitor.asks(total, json!({})).await;
    assert_eq!(total.data("/measurementTotal"), json!({ "value": null, "usedCount": 0, "missingCount": 1 }));
    let file = visitor.gets(&format!("/projects/{}/measurements.csv", scene.project)).await;
    assert_eq!(file.status, 200);
    let rows: Vec<String> = file.text().lines().map(str::to_owned).collect();
    let of_women = rows.iter().find(|row| row.contains(&id)).unwrap();
    // Ids, which may hold any digits, come first.
    let figures = of_women.splitn(3, ',').nth(2).unwrap();
    assert!(!figures.contains("40") && !figures.contains("12"), "{of_women}");
}
