//! The laws of filters, and what each comparator means.

use entity::{codes::*, projects::project};
use tests::{Actor, Value, World, json};

const LIST: &str = "query ($filter: ProjectFilter) {
    projects(filter: $filter, first: 100, orderBy: [{ field: TITLE }]) { nodes { title } totalCount { value } } }";

async fn found(actor: &Actor, filter: Value) -> Vec<String> {
    let answer = actor.asks(LIST, json!({ "filter": filter })).await;
    let titles = answer.each("/projects/nodes", "/title");
    assert_eq!(
        answer.data("/projects/totalCount/value"),
        titles.len(),
        "the count is the list's: {answer:?}"
    );
    titles
}

/// Twelve projects of two holders that differ in everything a filter asks for.
async fn network(world: &World) -> (Actor, Actor) {
    let (lab, other) = (world.innovator("Water Lab").await, world.innovator("Other Lab").await);
    let need = |cents: u32| {
        let amount = json!({ "amount": format!("{}.{:02}", cents / 100, cents % 100), "currency": "EUR" });
        json!({ "kind": "FUNDING", "instrument": if cents.is_multiple_of(2) { "GRANT" } else { "LOAN_SENIOR" }, "amount": amount })
    };
    let goals = ["1", "3", "8"];
    let places = ["COM-31555", "DEP-81", "REG-94", "EPCI-200034023"];
    for place in 0..12_usize {
        let holder = if place % 3 == 0 { &other } else { &lab };
        let (stage, licence) =
            (["IDEATION", "EXPERIMENTATION", "SCALING"][place % 3], ["CC0", "CC_BY"][place % 2]);
        let more = json!({
            "stage": stage,
            "licence": licence,
            "sdgGoals": [goals[place % 3]],
            "startedOn": "2024",
            "territories": [{ "code": places[place % 4], "role": "ACTIVE" }],
            "needs": if place % 2 == 0 { json!([need(1_000 + u32::try_from(place).unwrap())]) } else { json!([]) },
        });
        holder.publishes(&format!("Projet {place:02} à l'Œuvre"), more).await;
    }
    (lab, other)
}

#[tokio::test]
async fn not_and_or_are_what_logic_says() {
    let world = World::new().await;
    let (_, other) = network(&world).await;
    let funder = world.funder("Blue Fund").await;
    let all = found(&funder, json!({})).await;
    assert_eq!(all.len(), 12);
    let holder = other.org();
    for filter in [
        json!({}),
        json!({ "stage": { "eq": "SCALING" } }),
        json!({ "stage": { "in": ["SCALING", "IDEATION"] }, "licence": { "eq": "CC0" } }),
        json!({ "holder": { "id": { "eq": holder } } }),
        json!({ "title": { "contains": "l'œuvre" } }),
        json!({ "title": { "startsWith": "projet 0" } }),
        json!({ "sdgGoals": { "some": ["1"] } }),
        json!({ "sdgGoals": { "none": ["1", "3"] } }),
        json!({ "territory": { "codes": ["REG-76"], "relation": "NARROWER" } }),
        json!({ "needs": { "some": { "kind": { "eq": "FUNDING" } } } }),
        json!({ "needs": { "none": {} } }),
        json!({ "needs": { "some": { "amount": { "gte": { "amount": "10.04", "currency": "EUR" } } } } }),
        json!({ "publishedAt": { "gte": "2020-01-01T00:00:00Z" } }),
    ] {
        let some = found(&funder, filter.clone()).await;
        let rest = found(&funder, json!({ "not": filter })).await;
        let mut both = [some.clone(), rest.clone()].concat();
        both.sort();
        assert_eq!(both, all, "f and not f are all, and nothing twice: {filter}");
        for same in [
            json!({ "not": { "not": filter } }),
            json!({ "and": [filter] }),
            json!({ "or": [filter] }),
            json!({ "and": [filter, filter] }),
            json!({ "or": [filter, { "or": [] }] }),
            json!({ "and": [filter, {}] }),
            json!({ "and": [{ "or": [filter, { "not": filter }] }, filter] }),
        ] {
            assert_eq!(found(&funder, same.clone()).await, some, "{same}");
        }
        for nothing in
            [json!({ "and": [filter, { "not": filter }] }), json!({ "and": [filter, { "or": [] }] })]
        {
            assert_eq!(found(&funder, nothing.clone()).await, Vec::<String>::new(), "{nothing}");
        }
    }
}

#[tokio::test]
async fn an_empty_list_of_alternatives_finds_nothing() {
    let world = World::new().await;
    network(&world).await;
    let visitor = world.visitor();
    for nothing in [
        json!({ "or": [] }),
        json!({ "stage": { "in": [] } }),
        json!({ "holder": { "id": { "in": [] } } }),
        json!({ "sdgGoals": { "some": [] } }),
        json!({ "territory": { "codes": [] } }),
    ] {
        assert_eq!(found(&visitor, nothing.clone()).await, Vec::<String>::new(), "{nothing}");
        assert_eq!(found(&visitor, json!({ "not": nothing })).await.len(), 12, "{nothing}");
    }
    for all in
        [json!({ "and": [] }), json!({ "stage": { "notIn": [] } }), json!({ "sdgGoals": { "none": [] } })]
    {
        assert_eq!(found(&visitor, all.clone()).await.len(), 12, "{all}");
    }
}

#[tokio::test]
async fn text_ignores_case_and_accents_and_means_itself() {
    let world = World::new().await;
    let lab = world.innovator("Water Lab").await;
    let titles = ["Énergie 100% locale", "energie_locale", "L'Énergie", "Œuvre"];
    world.projects(lab.organization.unwrap(), 4, |place, row| row.title = titles[place].to_owned()).await;
    let visitor = world.visitor();
    for (filter, expected) in [
        (json!({ "startsWith": "ENERGIE" }), vec![titles[0], titles[1]]),
        (json!({ "contains": "énergie" }), vec![titles[0], titles[1], titles[2]]),
        (json!({ "contains": "100%" }), vec![titles[0]]),
        (json!({ "eq": "œuvre" }), vec![titles[3]]),
        (json!({ "eq": "oeuvre" }), vec![titles[3]]),
        (json!({ "contains": "\\" }), titles.to_vec()),
    ] {
        let mut found = found(&visitor, json!({ "title": filter })).await;
        found.sort();
        let mut expected = expected;
        expected.sort_unstable();
        assert_eq!(found, expected, "{filter}");
    }
}

#[tokio::test]
async fn null_is_no_condition_and_says_so() {
    let world = World::new().await;
    let visitor = world.visitor();
    for filter in [
        json!({ "stage": { "eq": null } }),
        json!({ "title": { "contains": null } }),
        json!({ "sdgGoals": { "some": null } }),
        json!({ "publishedAt": { "gte": null } }),
    ] {
        let refused = visitor.asks(LIST, json!({ "filter": filter })).await;
        assert!(refused.refused("BAD_USER_INPUT").messages().contains("null"), "{refused:?}");
    }
}

#[tokio::test]
async fn a_filter_nests_4_deep_and_has_50_conditions() {
    let world = World::new().await;
    let visitor = world.visitor();
    let nested = |depth: usize| (0..depth).fold(json!({}), |inner, _| json!({ "not": inner }));
    visitor.asks(LIST, json!({ "filter": nested(4) })).await.fine();
    visitor.asks(LIST, json!({ "filter": nested(5) })).await.refused("BAD_USER_INPUT");
    let wide = |count: usize| {
        let leaves: Vec<_> = (0..count).map(|_| json!({ "stage": { "eq": "SCALING" } })).collect();
        json!({ "or": leaves })
    };
    visitor.asks(LIST, json!({ "filter": wide(49) })).await.fine();
    visitor.asks(LIST, json!({ "filter": wide(50) })).await.refused("BAD_USER_INPUT");
}

#[tokio::test]
async fn a_list_of_alternatives_has_100() {
    let world = World::new().await;
    let visitor = world.visitor();
    let of = |kind: &str, list: &str, filter: &str| {
        format!("query ($many: [{kind}!]) {{ {list}(filter: {{ {filter} }}) {{ nodes {{ id }} }} }}")
    };
    let id = entity::ids::OrganizationId::fresh().to_string();
    for (document, value) in [
        (of("ProjectStage", "projects", "stage: { in: $many }"), "SCALING"),
        (of("ProjectStage", "projects", "stage: { notIn: $many }"), "SCALING"),
        (of("ID", "projects", "holder: { id: { in: $many } }"), &id),
        (of("ID", "projects", "holder: { id: { notIn: $many } }"), &id),
        (of("String", "projects", "themes: { some: $many }"), "EMP"),
        (of("String", "projects", "themes: { none: $many }"), "EMP"),
        (of("String", "projects", "sdgGoals: { some: $many }"), "8"),
        (of("String", "projects", "territory: { codes: $many }"), "REG-76"),
        (of("Verification", "organizations", "verification: { in: $many }"), "VERIFIED"),
        (of("Verification", "organizations", "verification: { notIn: $many }"), "VERIFIED"),
    ] {
        let many = |count: usize| json!({ "many": vec![value; count] });
        visitor.asks(&document, many(100)).await.fine();
        visitor.asks(&document, many(101)).await.refused("BAD_USER_INPUT");
    }
}

#[tokio::test]
async fn a_place_is_found_from_above_below_and_both_its_departments() {
    let world = World::new().await;
    let lab = world.innovator("Water Lab").await;
    for (title, code) in [
        ("Tarn-Agout", "EPCI-200034023"),
        ("Toulouse", "COM-31555"),
        ("Occitanie", "REG-76"),
        ("Ajaccio", "COM-2A004"),
        ("Saint-Pierre", "DEP-975"),
    ] {
        lab.publishes(title, json!({ "territories": [{ "code": code, "role": "ACTIVE" }] })).await;
    }
    let visitor = world.visitor();
    for (code, relation, expected) in [
        ("DEP-31", "NARROWER", vec!["Tarn-Agout", "Toulouse"]),
        ("DEP-81", "NARROWER", vec!["Tarn-Agout"]),
        ("DEP-31", "WIDER", vec!["Occitanie"]),
        ("DEP-31", "ANY", vec!["Occitanie", "Tarn-Agout", "Toulouse"]),
        ("DEP-31", "EXACT", vec![]),
        ("REG-76", "EXACT", vec!["Occitanie"]),
        ("COM-31555", "WIDER", vec!["Occitanie", "Toulouse"]),
        ("DEP-2A", "ANY", vec!["Ajaccio"]),
        ("REG-94", "NARROWER", vec!["Ajaccio"]),
        ("REG-975", "NARROWER", vec!["Saint-Pierre"]),
        ("DEP-2B", "ANY", vec![]),
    ] {
        let filter = json!({ "territory": { "codes": [code], "relation": relation } });
        assert_eq!(found(&visitor, filter).await, expected, "{code} {relation}");
    }
    let default = found(&visitor, json!({ "territory": { "codes": ["DEP-81"] } })).await;
    assert_eq!(default, ["Occitanie", "Tarn-Agout"], "ANY unless given");
}

#[tokio::test]
async fn an_unknown_territory_is_named() {
    let world = World::new().await;
    let filter = json!({ "filter": { "not": { "territory": { "codes": ["FR", "DEP-99"] } } } });
    let refused = world.visitor().asks(LIST, filter).await;
    assert!(refused.refused("BAD_USER_INPUT").messages().contains("\"DEP-99\""), "{refused:?}");
}

#[tokio::test]
async fn a_text_in_place_of_an_amount_is_named() {
    let world = World::new().await;
    for (filter, place) in [
        ("amountSought: { gte: \"1000\" }", "filter.amountSought.gte"),
        ("or: [{ isFundable: true }, { amountSought: 1000 }]", "filter.or[1].amountSought"),
    ] {
        let document = format!("{{ projects(filter: {{ {filter} }}) {{ nodes {{ id }} }} }}");
        let refused = world.visitor().asks(&document, json!({})).await;
        let told = refused.refused("GRAPHQL_VALIDATION_FAILED").messages();
        assert!(told.contains(&format!("\"{place}\" must be an object")), "{told}");
    }
}

#[tokio::test]
async fn a_filter_finds_nothing_outside_the_slice() {
    let world = World::new().await;
    let (lab, other) = (world.innovator("Water Lab").await, world.innovator("Other Lab").await);
    let draft = |_: usize, row: &mut project::Model| {
        (row.status, row.published_at) = (ProjectStatus::Draft, None);
    };
    world.projects(lab.organization.unwrap(), 2, draft).await;
    for filter in [
        json!({ "status": { "eq": "DRAFT" } }),
        json!({ "not": { "status": { "eq": "PUBLISHED" } } }),
        json!({ "holder": { "id": { "eq": lab.org() } } }),
        json!({ "title": { "startsWith": "projet" } }),
    ] {
        assert_eq!(found(&lab, filter.clone()).await.len(), 2);
        for stranger in [&other, &world.visitor()] {
            assert_eq!(found(stranger, filter.clone()).await, Vec::<String>::new(), "{filter}");
        }
    }
}
