//! The index follows the database: on every server, from nothing, from somebody else's, from a broken one.

use super::{FIND, found, soon_finds};
use std::{
    fs,
    time::{Duration, Instant},
};
use tests::{World, json};

#[tokio::test(flavor = "multi_thread")]
async fn what_one_server_writes_every_server_finds() {
    let here = World::searching().await;
    let there = here.another_server().await;
    there.search().await;
    let lab = here.innovator("Lab").await;
    lab.publishes("Un kiosque", json!({})).await;
    soon_finds(&there.visitor(), "kiosque", &["Un kiosque"]).await;
    lab.at(&there).publishes("Un moulin", json!({})).await;
    for visitor in [here.visitor(), there.visitor()] {
        soon_finds(&visitor, "moulin", &["Un moulin"]).await;
    }
    // What is hidden again is found no more, and what its holder is counts at once.
    let suspend =
        "mutation ($id: ID!) { organizationSuspend(input: { id: $id, reason: \"x\" }) { errors { code } } }";
    here.curator().await.asks(suspend, json!({ "id": lab.org() })).await.fine();
    assert_eq!(found(&there.visitor(), "moulin").await, Vec::<String>::new());
    let counted =
        "{ projects(search: \"moulin\") { totalCount { value } facets(by: [STAGE]) { values { count } } } }";
    let began = Instant::now();
    while there.visitor().asks(counted, json!({})).await.data("/projects")
        != json!({ "totalCount": { "value": 0 }, "facets": [{ "values": [] }] })
    {
        assert!(began.elapsed() < Duration::from_secs(5), "the index still counts it");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_organizations_complete_as_one_types() {
    const COMPLETE: &str = "query ($search: String!, $filter: OrganizationFilter) {
        organizations(search: $search, filter: $filter, first: 10) { totalCount { value } nodes { name } } }";
    let world = World::searching().await;
    for name in ["Énergies partagées", "Les Énergies douces", "Atelier vélo", "Enercoop"] {
        world.innovator(name).await;
    }
    world.funder("Fonds énergie").await.publishes("Un fonds", json!({})).await;
    world.settle().await;
    let (visitor, began) = (world.visitor(), Instant::now());
    while visitor
        .asks(COMPLETE, json!({ "search": "energi" }))
        .await
        .each("/organizations/nodes", "/name")
        .len()
        < 3
    {
        assert!(began.elapsed() < Duration::from_secs(5), "names are not read");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for (search, filter, expected) in [
        ("ener", json!({}), vec!["Enercoop", "Énergies partagées", "Fonds énergie", "Les Énergies douces"]),
        ("ÉNERGIE", json!({}), vec!["Énergies partagées", "Fonds énergie", "Les Énergies douces"]),
        ("energie", json!({ "kind": { "eq": "FUNDER" } }), vec!["Fonds énergie"]),
        ("enrecoop", json!({}), vec!["Enercoop"]),
        ("xyz", json!({}), vec![]),
        ("  ", json!({}), vec![]),
        ("%_", json!({}), vec![]),
    ] {
        let answer = visitor.asks(COMPLETE, json!({ "search": search, "filter": filter })).await;
        assert_eq!(answer.each("/organizations/nodes", "/name"), expected, "{search}");
        assert_eq!(answer.data("/organizations/totalCount/value"), json!(expected.len()));
    }
    let ordered = "{ organizations(search: \"x\", orderBy: [{ field: NAME }]) { nodes { name } } }";
    visitor.asks(ordered, json!({})).await.refused("BAD_USER_INPUT");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_shows_its_projects_organizations_and_what_they_seek() {
    const PLACE: &str = r#"query ($code: String!) { territory(by: { code: $code }) {
        projects { totalCount { value } } organizations { totalCount { value } nodes { name } }
        fundingSought { amount currency } projectsByTheme { theme { code } count } } }"#;
    let world = World::searching().await;
    let (lab, other) = (world.innovator("Lab").await, world.innovator("Other").await);
    let need = |amount: &str, currency: &str| {
        json!({ "kind": "FUNDING", "instrument": "GRANT",
        "amount": { "amount": amount, "currency": currency } })
    };
    for (holder, place, themes, needs) in [
        (&lab, "COM-31555", json!(["EMP", "HAB"]), json!([need("100", "EUR"), need("7", "CHF")])),
        (&lab, "DEP-31", json!(["EMP"]), json!([need("50.50", "EUR")])),
        (&other, "REG-76", json!(["CUL"]), json!([need("5", "USD"), { "kind": "SKILL" }])),
        (&other, "DEP-81", json!(["CUL"]), json!([])),
    ] {
        let more =
            json!({ "territories": [{ "code": place, "role": "ACTIVE" }], "themes": themes, "needs": needs });
        holder.publishes("Ensemble", more).await;
    }
    lab.drafts(
        "Brouillon",
        json!({ "needs": [need("9", "EUR")], "territories": [{ "code": "DEP-31", "role": "ACTIVE" }] }),
    )
    .await;
    soon_finds(&world.visitor(), "ensemble", &["Ensemble"; 4]).await;
    let funder = world.funder("Fund").await;
    let euros = |amount: &str| json!({ "amount": amount, "currency": "EUR" });
    for (code, projects, sought, themes) in [
        (
            "DEP-31",
            2,
            json!([{ "amount": "7.00", "currency": "CHF" }, euros("150.50")]),
            json!([{ "theme": { "code": "EMP" }, "count": 2 }, { "theme": { "code": "HAB" }, "count": 1 }]),
        ),
        ("DEP-81", 1, json!([]), json!([{ "theme": { "code": "CUL" }, "count": 1 }])),
        (
            "FR",
            4,
            json!([{ "amount": "7.00", "currency": "CHF" }, euros("150.50"), { "amount": "5.00", "currency": "USD" }]),
            json!([{ "theme": { "code": "CUL" }, "count": 2 }, { "theme": { "code": "EMP" }, "count": 2 },
                { "theme": { "code": "HAB" }, "count": 1 }]),
        ),
    ] {
        let seen = funder.asks(PLACE, json!({ "code": code })).await;
        assert_eq!(seen.data("/territory/projects/totalCount/value"), json!(projects), "{code}");
        assert_eq!(seen.data("/territory/fundingSought"), sought, "{code}");
        assert_eq!(seen.data("/territory/projectsByTheme"), themes, "{code}");
        assert!(seen.statements() <= 9, "{} statements", seen.statements());
    }
    let seen = world.visitor().asks(PLACE, json!({ "code": "FR" })).await;
    assert_eq!(seen.data("/territory/fundingSought"), json!(null));
    assert_eq!(seen.withheld(), ["Territory.fundingSought NETWORK 1"]);
}

/// The directory of the index in use.
fn current(world: &World) -> std::path::PathBuf {
    let dir = world.dir().join("search");
    dir.join(fs::read_to_string(dir.join("CURRENT")).expect("a name"))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_is_missing_foreign_or_broken_is_built_again_while_the_api_answers() {
    let world = World::searching().await;
    let lab = world.innovator("Lab").await;
    lab.publishes("Un kiosque", json!({})).await;
    soon_finds(&lab, "kiosque", &["Un kiosque"]).await;
    let foreign = World::searching().await;
    foreign.innovator("Elsewhere").await.publishes("Un kiosque d’ailleurs", json!({})).await;
    soon_finds(&foreign.visitor(), "kiosque", &["Un kiosque d’ailleurs"]).await;
    for what in ["missing", "cut short", "foreign"] {
        // As a server that starts would find it.
        let server = world.another_server().await;
        let dir = world.dir().join("another").join("search");
        let _ = fs::remove_dir_all(&dir);
        copy(&world.dir().join("search"), &dir);
        let index = dir.join(current(&world).file_name().unwrap());
        match what {
            "missing" => fs::remove_dir_all(&index).unwrap(),
            "foreign" => {
                fs::remove_dir_all(&index).unwrap();
                copy(&current(&foreign), &index);
            }
            _ => {
                for file in fs::read_dir(&index).unwrap().flatten() {
                    let length = file.metadata().unwrap().len();
                    fs::OpenOptions::new()
                        .write(true)
                        .open(file.path())
                        .unwrap()
                        .set_len(length / 2)
                        .unwrap();
                }
            }
        }
        let titles = server.visitor().asks("{ projects { nodes { title } } }", json!({})).await;
        assert_eq!(titles.each("/projects/nodes", "/title"), ["Un kiosque"], "{what}: lists go on");
        let unready = server.visitor().asks(FIND, json!({ "search": "kiosque" })).await;
        assert_eq!(
            (unready.reply.status.as_u16(), unready.errors()),
            (503, vec!["SEARCH_UNAVAILABLE".to_owned()])
        );
        let partly = "{ projects { nodes { title similarProjects { project { title } } } } }";
        let partly = server.visitor().asks(partly, json!({})).await;
        assert_eq!(
            (partly.reply.status.as_u16(), partly.errors()),
            (200, vec!["SEARCH_UNAVAILABLE".to_owned()]),
            "{what}"
        );
        server.search().await;
        assert_eq!(found(&server.visitor(), "kiosque").await, ["Un kiosque"], "{what}");
    }
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap().flatten() {
        if file.file_type().unwrap().is_dir() {
            copy(&file.path(), &to.join(file.file_name()));
        } else {
            // A file may go while the writer merges.
            let _ = fs::copy(file.path(), to.join(file.file_name()));
        }
    }
}
