//! Finding projects: by what they say, with facets, pages and suggestions, as far as the viewer sees them.

mod feed;
mod laws;

use std::time::{Duration, Instant};
use tests::{Actor, World, json};

const FIND: &str = "query ($search: String, $filter: ProjectFilter, $first: Int, $after: String, $last: Int, $before: String) {
    projects(search: $search, filter: $filter, first: $first, after: $after, last: $last, before: $before) {
        totalCount { value } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } nodes { id title } } }";

async fn found(reader: &Actor, search: &str) -> Vec<String> {
    let answer = reader.asks(FIND, json!({ "search": search, "first": 100 })).await;
    answer.fine();
    let mut titles = answer.each("/projects/nodes", "/title");
    titles.sort();
    titles
}

/// Asks until the answer is the expected one, for a second at most.
async fn soon_finds(reader: &Actor, search: &str, expected: &[&str]) {
    let began = Instant::now();
    loop {
        let titles = found(reader, search).await;
        if titles == expected {
            return;
        }
        assert!(began.elapsed() < Duration::from_millis(2_500), "{search:?}: {titles:?}, not {expected:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn words_are_found_in_any_form_with_a_mistake_and_without_accents() {
    let world = World::searching().await;
    let lab = world.innovator("Lab").await;
    let visitor = world.visitor();
    for (title, language, summary) in [
        ("Mobilités inclusives", "fr", "L’accès à l’emploi des jeunes ruraux."),
        ("Réparer l’eau", "fr", "Des ateliers pour les écoles, avec la mobilité."),
        ("Shared houses", "en", "Housing that families share."),
    ] {
        let more = json!({ "summary": summary, "language": language, "needAddressed": "…", "solution": "…" });
        lab.publishes(title, more).await;
    }
    soon_finds(&visitor, "eau", &["Réparer l’eau"]).await;
    for (search, expected) in [
        ("mobilité", vec!["Mobilités inclusives", "Réparer l’eau"]),
        ("MOBILITE inclusive", vec!["Mobilités inclusives"]),
        ("emploi ", vec!["Mobilités inclusives"]),
        ("l'emploi des jeunes", vec!["Mobilités inclusives"]),
        ("inclu", vec!["Mobilités inclusives"]),
        ("inclu ", vec![]),
        ("atelier école", vec!["Réparer l’eau"]),
        ("mobilte ", vec!["Mobilités inclusives", "Réparer l’eau"]),
        ("eua ", vec![]),
        ("\"jeunes ruraux\"", vec!["Mobilités inclusives"]),
        ("\"ruraux jeunes\"", vec![]),
        ("house family", vec!["Shared houses"]),
        ("emploi eau", vec![]),
    ] {
        assert_eq!(found(&visitor, search).await, expected, "{search}");
    }
    let best = visitor.asks(FIND, json!({ "search": "mobilité", "first": 1 })).await;
    assert_eq!(best.text("/projects/nodes/0/title"), "Mobilités inclusives", "titles weigh more");
    let told = "{ projects(search: \"mobilte \") { suggestions edges { relevance highlights { field fragments { parts { text isMatch } } } } } }";
    let told = visitor.asks(told, json!({})).await;
    assert_eq!(told.data("/projects/suggestions"), json!(["mobilite "]));
    assert_eq!(
        told.data("/projects/edges/0/highlights/0/fragments/0/parts/0"),
        json!({ "text": "Mobilités", "isMatch": true })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_finds_counts_or_guesses_what_they_do_not_see() {
    let world = World::searching().await;
    let (lab, other) = (world.innovator("Lab").await, world.innovator("Other").await);
    lab.publishes("Visible kiosque", json!({})).await;
    lab.drafts("Secret xylophone", json!({ "themes": ["EMP"] })).await;
    soon_finds(&lab, "xylophone", &["Secret xylophone"]).await;
    let curious =
        "query ($search: String!) { projects(search: $search) { totalCount { value } suggestions nodes { id }
        facets(by: [THEME, STAGE]) { values { code count } } } }";
    for reader in [world.visitor(), other] {
        for search in ["xylophone", "xylophne ", "xylo"] {
            let answer = reader.asks(curious, json!({ "search": search })).await;
            assert_eq!(
                answer.data("/projects"),
                json!({ "totalCount": { "value": 0 }, "suggestions": [], "nodes": [],
                    "facets": [{ "values": [] }, { "values": [] }] }),
                "{} {search}",
                reader.name
            );
        }
    }
    assert_eq!(found(&world.curator().await, "xylophone").await, ["Secret xylophone"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_by_relevance_are_the_whole_list_both_ways_and_facets_are_counts() {
    let world = World::searching().await;
    let lab = world.innovator("Lab").await;
    for place in 0..17 {
        let theme = ["EMP", "HAB", "CUL"][place % 3];
        let words = "eau ".repeat(1 + place % 4);
        let need = json!([{ "kind": "FUNDING", "instrument": (["GRANT", "EQUITY"][place % 2]) }]);
        let place =
            json!([{ "code": (["DEP-31", "REG-76", "FR", "COM-31555"][place % 4]), "role": "ACTIVE" }]);
        lab.publishes(
            &format!("Projet {words}"),
            json!({ "themes": [theme], "needs": need, "territories": place }),
        )
        .await;
    }
    let visitor = world.visitor();
    let began = Instant::now();
    let whole = loop {
        let whole =
            visitor.asks(FIND, json!({ "search": "eau", "first": 100 })).await.each("/projects/nodes", "/id");
        if whole.len() == 17 {
            break whole;
        }
        assert!(began.elapsed() < Duration::from_secs(5), "{} of 17", whole.len());
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    for size in [1, 5, 16, 17] {
        for (count, from, end) in [("first", "after", "endCursor"), ("last", "before", "startCursor")] {
            let mut all: Vec<String> = Vec::new();
            let mut cursor = json!(null);
            loop {
                let answer = visitor.asks(FIND, json!({ "search": "eau", count: size, from: cursor })).await;
                let page = answer.each("/projects/nodes", "/id");
                if count == "first" {
                    all.extend(page);
                } else {
                    all.splice(0..0, page);
                }
                let more = if count == "first" { "hasNextPage" } else { "hasPreviousPage" };
                if answer.data(&format!("/projects/pageInfo/{more}")) == json!(false) {
                    break;
                }
                cursor = answer.data(&format!("/projects/pageInfo/{end}"));
            }
            assert_eq!(all, whole, "{count} {size}");
        }
    }
    facets_are_counts(&visitor).await;
}

async fn facets_are_counts(visitor: &Actor) {
    const FACETS: &str = "query ($filter: ProjectFilter) { projects(filter: $filter) { totalCount { value }
        facets(by: [THEME, TERRITORY, INSTRUMENT], territoryScale: DEPARTEMENT) { field values { code count } } } }";
    let filters = [
        json!({}),
        json!({ "themes": { "some": ["EMP"] } }),
        json!({ "themes": { "some": ["EMP", "CUL"] }, "instruments": { "some": ["GRANT"] } }),
        json!({ "territory": { "codes": ["REG-76"], "relation": "NARROWER" }, "not": { "stage": { "eq": "IDEATION" } } }),
    ];
    for filter in filters {
        let answer = visitor.asks(FACETS, json!({ "filter": filter })).await;
        let mut told = 0;
        for place in 0..3 {
            let field = answer.text(&format!("/projects/facets/{place}/field"));
            for value in answer.data(&format!("/projects/facets/{place}/values")).as_array().unwrap() {
                let mut narrowed = filter.clone();
                let (key, condition) = match field.as_str() {
                    "THEME" => ("themes", json!({ "some": [value["code"]] })),
                    "TERRITORY" => ("territory", json!({ "codes": [value["code"]], "relation": "NARROWER" })),
                    _ => ("instruments", json!({ "some": [value["code"]] })),
                };
                narrowed[key] = condition;
                let counted = visitor.asks(FIND, json!({ "filter": narrowed })).await;
                assert_eq!(
                    counted.data("/projects/totalCount/value"),
                    value["count"],
                    "{field} {value} of {filter}"
                );
                told += 1;
            }
        }
        assert!(told > 0, "{filter}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_read_model_is_what_a_rebuild_gives_after_any_changes() {
    const UPDATE: &str =
        "mutation ($input: ProjectUpdateInput!) { projectUpdate(input: $input) { errors { code } } }";
    const NEED: &str =
        "mutation ($input: NeedCreateInput!) { needCreate(input: $input) { errors { code } } }";
    const STEP: [&str; 4] = [
        "mutation ($id: ID!) { projectUnpublish(input: { id: $id }) { errors { code } } }",
        "mutation ($id: ID!) { projectSubmit(input: { id: $id }) { errors { code } } }",
        "mutation ($id: ID!) { projectArchive(input: { id: $id }) { errors { code } } }",
        "mutation ($id: ID!) { projectRestore(input: { id: $id }) { errors { code } } }",
    ];
    const RESTORE: &str =
        "mutation ($id: ID!) { organizationRestore(input: { id: $id }) { errors { code } } }";
    let world = World::new().await;
    let (lab, other) = (world.innovator("Lab").await, world.innovator("Other").await);
    let curator = world.curator().await;
    let mut lots: u64 = 42;
    let mut draw = |end: usize| {
        lots = lots.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(lots >> 33).unwrap() % end
    };
    let themes = ["EMP", "HAB", "CUL", "EAU"];
    let places = ["DEP-31", "REG-76", "FR", "COM-31555"];
    let mut projects: Vec<(Actor, String)> = Vec::new();
    for round in 0..60 {
        let theme = json!([themes[draw(4)], themes[draw(4)]]);
        let place = json!([{ "code": places[draw(4)], "role": "ACTIVE" }]);
        if projects.len() < 4 || draw(6) == 0 {
            let holder = if draw(2) == 0 { &lab } else { &other };
            // Only once restored does a suspended organization add projects.
            curator.asks(RESTORE, json!({ "id": holder.org() })).await;
            let id = holder.drafts(&format!("Projet {round}"), json!({ "themes": theme, "territories": place, "needAddressed": "x", "description": "x", "solution": "x" })).await;
            holder.asks(STEP[1], json!({ "id": id })).await;
            projects.push((holder.clone(), id));
            continue;
        }
        let (holder, id) = projects[draw(projects.len())].clone();
        match draw(4) {
            3 => {
                let verb = ["organizationSuspend", "organizationRestore"][draw(2)];
                let reason = if verb == "organizationSuspend" { ", reason: \"x\"" } else { "" };
                let act = format!("mutation ($id: ID!) {{ {verb}(input: {{ id: $id{reason} }}) {{ errors {{ code }} }} }}");
                curator.asks(&act, json!({ "id": other.org() })).await
            }
            0 => holder.asks(UPDATE, json!({ "input": { "id": id, "title": format!("Titre {round}"), "themes": theme, "territories": place } })).await,
            1 => {
                let amount = json!({ "amount": format!("{}.00", 1 + draw(900)), "currency": (["EUR", "CHF"][draw(2)]) });
                let need = json!({ "kind": "FUNDING", "instrument": "GRANT", "amount": amount });
                holder.asks(NEED, json!({ "input": { "projectId": id, "need": need } })).await
            }
            _ => holder.asks(STEP[draw(4)], json!({ "id": id })).await,
        };
    }
    let kept = world.read_model().await;
    assert!(kept.len() > projects.len() * 4);
    world.settle().await;
    assert_eq!(kept, world.read_model().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_is_gone_or_broken_is_built_again() {
    let world = World::searching().await;
    let lab = world.innovator("Lab").await;
    lab.publishes("Un kiosque", json!({})).await;
    soon_finds(&lab, "kiosque", &["Un kiosque"]).await;
    let dir = world.dir().join("search");
    std::fs::write(dir.join("CURRENT"), "nowhere").expect("a file");
    lab.publishes("Deux kiosques", json!({})).await;
    let began = Instant::now();
    while lab.asks(FIND, json!({ "search": "kiosque" })).await.errors() != Vec::<String>::new()
        || found(&lab, "kiosque").await != ["Deux kiosques", "Un kiosque"]
    {
        assert!(began.elapsed() < Duration::from_secs(10), "it is not built again");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_questions_get_sensible_answers() {
    let world = World::searching().await;
    let (visitor, funder) = (world.visitor(), world.funder("Fund").await);
    for (variables, code) in [
        (json!({ "search": "x".repeat(10_000) }), "BAD_USER_INPUT"),
        (json!({ "search": "x", "first": 0 }), "BAD_USER_INPUT"),
        (json!({ "search": "x", "first": -1 }), "BAD_USER_INPUT"),
        (json!({ "search": "x", "first": 101 }), "BAD_USER_INPUT"),
        (json!({ "search": "x", "first": 1, "last": 1 }), "BAD_USER_INPUT"),
        (json!({ "search": "x", "after": "AAAA" }), "BAD_USER_INPUT"),
        (json!({ "filter": { "territory": { "codes": ["REG-00"] } } }), "BAD_USER_INPUT"),
        (
            json!({ "filter": { "amountSought": { "gte": { "amount": "1", "currency": "EUR" } } } }),
            "FORBIDDEN",
        ),
    ] {
        visitor.asks(FIND, variables).await.refused(code);
    }
    let euros = json!({ "amount": "1", "currency": "EUR" });
    funder.asks(FIND, json!({ "filter": { "amountSought": { "gte": euros } } })).await.fine();
    let francs = json!({ "amount": "1", "currency": "CHF" });
    let bare = funder.asks(FIND, json!({ "filter": { "amountSought": { "gte": { "amount": "1" } } } })).await;
    bare.refused("BAD_USER_INPUT");
    assert!(bare.messages().contains("currency"), "the field is named: {}", bare.messages());
    funder
        .asks(FIND, json!({ "filter": { "amountSought": { "gte": euros, "lte": francs } } }))
        .await
        .refused("BAD_USER_INPUT");
    for search in [
        "",
        " ",
        "\"",
        "«»",
        "\u{1}\u{2}",
        "title:x",
        "+a -b",
        "(((",
        "a AND OR NOT *",
        "x~2^9",
        "[a TO z]",
        "/.*/",
        "\\",
    ] {
        let answer = visitor.asks(FIND, json!({ "search": search })).await;
        answer.fine();
    }
    let lab = world.innovator("Lab").await;
    for word in ["eau", "eau claire"] {
        lab.publishes(word, json!({})).await;
    }
    soon_finds(&visitor, "eau", &["eau", "eau claire"]).await;
    let page = visitor.asks(FIND, json!({ "search": "eau", "first": 1 })).await;
    let cursor = page.data("/projects/pageInfo/endCursor");
    visitor
        .asks(FIND, json!({ "search": "claire", "first": 1, "after": cursor }))
        .await
        .refused("CURSOR_MISMATCH");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_funders_question_costs_four_statements() {
    const FUNDERS: &str = "query ($filter: ProjectFilter, $search: String) { projects(filter: $filter, search: $search, first: 20) {
        totalCount { value precision } pageInfo { hasNextPage endCursor }
        nodes { id title summary stage publishedAt holder { id name } themes { code label }
            territories { role territory { code name ancestors { code } } } fundingSought { amount currency }
            needs(first: 5) { totalCount { value } nodes { kind instrument amount { amount currency } } } }
        facets(by: [THEME, TERRITORY, STAGE, INSTRUMENT]) { field values { code label count } } } }";
    let world = World::searching().await;
    for place in 0..5 {
        let lab = world.innovator(&format!("Lab {place}")).await;
        let need = json!([{ "kind": "FUNDING", "instrument": "GRANT", "amount": { "amount": "90000", "currency": "EUR" } }]);
        lab.publishes("Mobilité inclusive", json!({ "needs": need })).await;
    }
    let funder = world.funder("Fund").await;
    let found = &["Mobilité inclusive"; 5];
    soon_finds(&funder, "mobilité", found).await;
    let euros = |amount: &str| json!({ "amount": amount, "currency": "EUR" });
    let filter = json!({ "isFundable": true, "themes": { "some": ["EMP"] }, "territory": { "codes": ["REG-76"] },
        "instruments": { "some": ["GRANT", "LOAN_SENIOR"] }, "stage": { "in": ["EXPERIMENTATION", "CONSOLIDATION"] },
        "amountSought": { "gte": euros("50000"), "lte": euros("200000") } });
    for search in [json!(null), json!("mobilité inclu")] {
        let answer = funder.asks(FUNDERS, json!({ "filter": filter, "search": search })).await;
        assert_eq!(answer.data("/projects/totalCount/value"), json!(5), "{answer:#?}");
        assert_eq!(answer.data("/projects/facets/0/values/0/count"), json!(5));
        println!("the funders' question, search {search}: {} statements", answer.statements());
        // Page with rows, holders, total; or cards, rows, holders. With the one that says who asks, four.
        assert!(answer.statements() <= 3, "{}", answer.statements());
    }
}
