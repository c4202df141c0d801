//! How much the database is asked: by the document, never by the number of rows.

use sea_orm::{ConnectionTrait, TransactionTrait};
use std::time::Duration;
use tests::{Actor, World, is_postgres, json};

const EVERYTHING: &str =
    "query ($first: Int!) { projects(first: $first) { totalCount { value } pageInfo { hasNextPage }
    nodes { id title completenessPercent fundingSought { amount } holder { id name }
        coHolders { role organization { id name } } contacts { name value }
        themes { code label parents { code } } publics { code } methods { code } policySectors { code }
        sdgGoals { code } sdgTargets { code parents { code } } primarySdgGoal { code }
        territories { role territory { code postalCodes parents { code } ancestors { code } } }
        needs(first: 5) { totalCount { value } nodes { id amount { amount } detail project { id title } } }
        mergedInto { id } viewerPermissions { update { isAllowed } } } } }";

/// Projects with some of everything, each with other organizations, terms, territories and needs than the next.
async fn network(world: &World, count: usize) -> Actor {
    let partner = world.university("University of Water").await;
    let (goals, places) =
        (["1", "3", "4", "8", "13"], ["COM-31555", "DEP-81", "REG-94", "DEP-975", "EPCI-200034023"]);
    let mut last = partner.clone();
    for place in 0..count {
        last = world.innovator(&format!("Lab {place}")).await;
        let amount = json!({ "amount": "500.00", "currency": "EUR" });
        let need = json!({ "kind": "FUNDING", "instrument": "GRANT", "amount": amount, "detail": "Pour trois ans." });
        let goal = goals[place % 5];
        let more = json!({
            "publics": ["JEUNES"],
            "sdgGoals": [goal],
            "primarySdgGoal": goal,
            "sdgTargets": [format!("{goal}.1")],
            "territories": [{ "code": places[place % 5], "role": "ACTIVE" }],
            "coHolders": [{ "organizationId": partner.org(), "role": "EVALUATOR" }],
            "contacts": [{ "name": "A", "channel": "WEBSITE", "value": "https://example.org", "visibility": "PUBLIC" }],
            "needs": (0..place % 4).map(|_| need.clone()).collect::<Vec<_>>(),
        });
        last.publishes(&format!("Projet {place}"), more).await;
    }
    last
}

#[tokio::test]
async fn twenty_projects_with_everything_cost_as_many_statements_as_one() {
    let world = World::new().await;
    network(&world, 20).await;
    let funder = world.funder("Blue Fund").await;
    for reader in [world.visitor(), funder] {
        let one = reader.asks(EVERYTHING, json!({ "first": 1 })).await;
        let one = one.statements();
        // Again and again: what depends on timing shows itself only sometimes.
        for _ in 0..5 {
            let twenty = reader.asks(EVERYTHING, json!({ "first": 20 })).await;
            assert_eq!(twenty.each("/projects/nodes", "/id").len(), 20);
            assert_eq!(twenty.statements(), one, "{}: more rows ask more of the database", reader.name);
        }
        assert!(one <= 20, "{} statements for {}", one, reader.name);
        println!("everything about projects, {}: {one} statements for 1 and for 20", reader.name);
    }
}

/// SQLite's readers wait for nobody; there the database cannot be made to keep a request waiting.
#[tokio::test]
async fn who_asks_for_much_at_once_leaves_the_database_to_others() {
    if !is_postgres() {
        return;
    }
    let world = World::new().await;
    let visitor = world.visitor();
    let slow = world.pool().begin().await.unwrap();
    slow.execute_unprepared("lock table working_group in access exclusive mode").await.unwrap();
    let lists: String =
        (0..30).map(|n| format!("g{n}: workingGroups(first: {}) {{ nodes {{ id }} }} ", n + 1)).collect();
    let much = tokio::spawn({
        let (visitor, document) = (visitor.clone(), format!("{{ {lists} }}"));
        async move { visitor.asks(&document, json!({})).await }
    });
    tokio::time::sleep(Duration::from_millis(500)).await;
    // Who finds no connection is told so after five seconds.
    visitor.asks("{ impactContracts(first: 1) { nodes { id } } }", json!({})).await.fine();
    slow.rollback().await.unwrap();
    let told = much.await.unwrap().errors();
    assert!(!told.contains(&"UNAVAILABLE".to_owned()), "it does not wait for itself: {told:?}");
}

#[tokio::test]
async fn single_reads_stay_within_their_budget() {
    let world = World::new().await;
    let lab = network(&world, 2).await;
    let id = lab.asks("{ projects { nodes { id } } }", json!({})).await.text("/projects/nodes/0/id");
    for (most, what, document) in [
        // Rows, themes, territories and needs come with the page of the read model.
        (1, "a list", "{ projects { nodes { title } } }"),
        (1, "a list and its total", "{ projects { nodes { title } totalCount { value } } }"),
        (1, "a list with holders", "{ projects { nodes { title holder { name } } } }"),
        (1, "a list with its needs", "{ projects { nodes { title needs { nodes { kind } } } } }"),
        (1, "a list with themes", "{ projects { nodes { title themes { code } publics { code } } } }"),
        (1, "a node", "query ($id: ID!) { node(id: $id) { id } }"),
        (
            1,
            "one node twice",
            "query ($id: ID!) { a: node(id: $id) { id } project(by: { id: $id }) { title } }",
        ),
        (
            1,
            "a filter by place",
            "{ projects(filter: { territory: { codes: [\"FR\", \"DEP-31\"] } }) { nodes { title } } }",
        ),
        (
            1,
            "a filter by themes",
            "{ projects(filter: { themes: { some: [\"EMP\"] } }) { nodes { title } } }",
        ),
        (0, "code lists", "{ codeLists { name codes { code label } } }"),
    ] {
        let variables = if document.contains("$id") { json!({ "id": id }) } else { json!({}) };
        let answer = lab.asks(document, variables).await;
        answer.fine();
        println!("{what}: {} statements", answer.statements());
        assert!(answer.statements() <= most, "{what}: {} statements, at most {most}", answer.statements());
    }
}
