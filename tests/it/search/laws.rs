//! Laws of lists, on a network drawn by lot: pages, totals, filters, facets and visibility agree, whoever asks, through
//! the read model and through the index, on both databases.

use super::{FIND, soon_finds};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};
use tests::{Actor, Value, World, golden, json};

/// Lots with a memory of nothing but their seed.
pub struct Lots(u64);

impl Lots {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    pub fn of<'v, T>(&mut self, values: &'v [T]) -> &'v T {
        &values[self.below(values.len())]
    }
}

const THEMES: [&str; 5] = ["EMP", "HAB", "CUL", "EAU", "EDU"];
const STAGES: [&str; 4] = ["IDEATION", "EXPERIMENTATION", "CONSOLIDATION", "SCALING"];
const PLACES: [&str; 5] = ["DEP-31", "REG-76", "FR", "COM-31555", "DEP-81"];
const INSTRUMENTS: [&str; 3] = ["GRANT", "EQUITY", "LOAN_SENIOR"];
const WORDS: [&str; 4] = ["eau", "mobilité", "jardin", "école"];
const CURRENCIES: [&str; 3] = ["EUR", "EUR", "CHF"];
const LICENCES: [&str; 2] = ["CC0", "CC_BY"];

fn money(amount: usize, currency: &str) -> Value {
    json!({ "amount": amount.to_string(), "currency": currency })
}

/// Holders with projects in every state, many of them alike in what they are sorted by.
async fn network(world: &World, lots: &mut Lots, count: usize) -> Vec<Actor> {
    let holders =
        [world.innovator("Lab").await, world.innovator("Other").await, world.innovator("Fallen").await];
    for place in 0..count {
        let holder = &holders[place % 3];
        let mut more = tests::complete();
        more["themes"] = json!([lots.of(&THEMES), lots.of(&THEMES)]);
        more["stage"] = json!(lots.of(&STAGES));
        more["licence"] = json!(lots.of(&LICENCES));
        more["summary"] = json!(format!("{} et {}.", lots.of(&WORDS), lots.of(&WORDS)));
        more["startedOn"] = json!(lots.of(&["2023", "2024-05", "2024-05-03"]));
        more["territories"] = json!([{ "code": lots.of(&PLACES), "role": "ACTIVE" }]);
        let sought = money(100 * (1 + lots.below(5)), lots.of::<&str>(&CURRENCIES));
        let need = json!({ "kind": "FUNDING", "instrument": lots.of(&INSTRUMENTS), "amount": sought });
        more["needs"] = match lots.below(4) {
            0 => json!([]),
            1 => json!([{ "kind": "SKILL" }, need]),
            _ => json!([need]),
        };
        let title = format!("Projet {}", lots.below(6));
        let id = holder.drafts(&title, more).await;
        if lots.below(5) > 0 {
            let submit = "mutation ($id: ID!) { projectSubmit(input: { id: $id }) { errors { code } } }";
            holder.asks(submit, json!({ "id": id })).await.fine();
            if lots.below(6) == 0 {
                let archive =
                    "mutation ($id: ID!) { projectArchive(input: { id: $id }) { errors { code } } }";
                holder.asks(archive, json!({ "id": id })).await.fine();
            }
        }
    }
    let suspend =
        "mutation ($id: ID!) { organizationSuspend(input: { id: $id, reason: \"x\" }) { errors { code } } }";
    world.curator().await.asks(suspend, json!({ "id": holders[2].org() })).await.fine();
    holders.to_vec()
}

/// A filter without amounts, which everybody may ask.
fn leaf(lots: &mut Lots) -> Value {
    match lots.below(12) {
        0 => json!({ "isFundable": lots.below(2) == 0 }),
        1 => json!({ "themes": { (*lots.of(&["some", "none"])): [lots.of(&THEMES), lots.of(&THEMES)] } }),
        2 => json!({ "axes": { "some": ["INCLUSION"] } }),
        3 => json!({ "stage": { (*lots.of(&["in", "notIn"])): [lots.of(&STAGES), lots.of(&STAGES)] } }),
        4 => json!({ "territory": { "codes": [lots.of(&PLACES)],
            "relation": lots.of(&["EXACT", "WIDER", "NARROWER", "ANY"]) } }),
        5 => json!({ "instruments": { (*lots.of(&["some", "none"])): [lots.of(&INSTRUMENTS)] } }),
        6 => json!({ "licence": { "eq": lots.of(&LICENCES) } }),
        7 => json!({ "status": { "in": ["DRAFT", "ARCHIVED"] } }),
        8 => json!({ "title": { "startsWith": format!("projet {}", lots.below(6)) } }),
        9 => json!({ "holder": { "kind": { "eq": "INNOVATOR" } } }),
        10 => json!({ "needs": { "some": { "kind": { "eq": lots.of(&["FUNDING", "SKILL"]) } } } }),
        _ => json!({ "themes": { "some": [] } }),
    }
}

fn filter(lots: &mut Lots, depth: usize) -> Value {
    if depth == 0 {
        return leaf(lots);
    }
    match lots.below(5) {
        0 => json!({ "and": [filter(lots, depth - 1), leaf(lots)] }),
        1 => json!({ "or": [filter(lots, depth - 1), leaf(lots)] }),
        2 => json!({ "not": filter(lots, depth - 1) }),
        _ => leaf(lots),
    }
}

async fn ids(reader: &Actor, variables: Value) -> Vec<String> {
    let answer = reader.asks(FIND, variables).await;
    answer.fine();
    answer.each("/projects/nodes", "/id")
}

async fn set(reader: &Actor, filter: &Value, search: Option<&str>) -> BTreeSet<String> {
    let answer = reader.asks(FIND, json!({ "filter": filter, "search": search, "first": 100 })).await;
    answer.fine();
    let ids = answer.each("/projects/nodes", "/id");
    let found: BTreeSet<_> = ids.iter().cloned().collect();
    assert_eq!(found.len(), ids.len(), "nothing twice: {filter}");
    let total = answer.data("/projects/totalCount/value");
    assert_eq!(total, json!(found.len()), "the total is the number of rows: {filter} {search:?}");
    found
}

/// What `node(id)` shows a reader of all projects.
async fn shown(reader: &Actor, all: &BTreeMap<String, String>) -> BTreeSet<String> {
    let mut shown = BTreeSet::new();
    let ids: Vec<_> = all.keys().collect();
    for ids in ids.chunks(50) {
        let answer =
            reader.asks("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", json!({ "ids": ids })).await;
        let nodes = answer.data("/nodes");
        shown.extend(
            nodes.as_array().unwrap().iter().filter_map(|node| Some(node["id"].as_str()?.to_owned())),
        );
    }
    shown
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_totals_facets_and_visibility_agree_for_everybody_both_ways() {
    let world = World::searching().await;
    let mut lots = Lots::new(7);
    let holders = network(&world, &mut lots, 60).await;
    let curator = world.curator().await;
    let whole = curator.asks(FIND, json!({ "first": 100 })).await;
    let all: BTreeMap<String, String> = whole
        .each("/projects/nodes", "/id")
        .into_iter()
        .zip(whole.each("/projects/nodes", "/title"))
        .collect();
    assert_eq!(all.len(), 60);
    let titles: Vec<_> = all.values().map(String::as_str).collect();
    let mut sorted = titles.clone();
    sorted.sort_unstable();
    soon_finds(&curator, "projet", &sorted).await;
    // Who sees everything cannot tell whether the index knows of the last change, the suspension.
    let open = world.visitor().asks(FIND, json!({ "first": 100 })).await.each("/projects/nodes", "/title");
    let mut open: Vec<_> = open.iter().map(String::as_str).collect();
    open.sort_unstable();
    soon_finds(&world.visitor(), "projet", &open).await;
    let funder = world.funder("Fund").await;
    let readers = [world.visitor(), holders[0].clone(), holders[2].clone(), funder, curator];
    let mut told = String::new();
    for reader in &readers {
        let everything = set(reader, &json!({}), None).await;
        assert_eq!(everything, shown(reader, &all).await, "{}: the list is what node(id) shows", reader.name);
        for round in 0..25 {
            let filter = filter(&mut lots, round % 3);
            let some = set(reader, &filter, None).await;
            let rest = set(reader, &json!({ "not": filter }), None).await;
            assert!(some.is_disjoint(&rest), "{filter}");
            assert_eq!(&some | &rest, everything, "f or not f is all: {filter}");
            assert_eq!(some, set(reader, &json!({ "not": { "not": filter } }), None).await, "{filter}");
            let indexed = set(reader, &filter, Some("projet")).await;
            assert_eq!(some, indexed, "{}: the index and the read model agree: {filter}", reader.name);
            let word = lots.of(&WORDS);
            let mentioned = set(reader, &json!({}), Some(word)).await;
            let both = set(reader, &filter, Some(word)).await;
            assert_eq!(both, &some & &mentioned, "{}: {word} among {filter}", reader.name);
            facets_are_counts(reader, &filter, [None, Some(*word)][round % 2]).await;
            let mut names: Vec<_> = some.iter().map(|id| all[id].replace("Projet ", "")).collect();
            names.sort();
            writeln!(told, "{} | {filter} | {} | {}", reader.name, some.len(), names.concat()).unwrap();
        }
    }
    for amount in [
        json!({ "gte": money(200, "EUR"), "lte": money(400, "EUR") }),
        json!({ "gte": money(200, "CHF") }),
        json!({ "lte": money(300, "CHF") }),
    ] {
        let (funder, filter) =
            (&readers[3], json!({ "amountSought": amount, "not": { "stage": { "eq": "SCALING" } } }));
        let some = set(funder, &filter, None).await;
        assert!(!some.is_empty(), "{filter}");
        assert_eq!(some, set(funder, &filter, Some("projet")).await, "{filter}");
        facets_are_counts(funder, &json!({ "amountSought": amount }), None).await;
    }
    // Written down once, read on both databases.
    golden("tests/snapshots/search.txt", &told);
}

async fn facets_are_counts(reader: &Actor, filter: &Value, search: Option<&str>) {
    const FACETS: &str = "query ($filter: ProjectFilter, $search: String) { projects(filter: $filter, search: $search, first: 1) {
        facets(by: [THEME, STAGE, INSTRUMENT, HOLDER_KIND, TERRITORY, AXIS], territoryScale: DEPARTEMENT) {
            field values { code label count } } } }";
    let answer = reader.asks(FACETS, json!({ "filter": filter, "search": search })).await;
    answer.fine();
    for facet in answer.data("/projects/facets").as_array().unwrap() {
        let field = facet["field"].as_str().unwrap();
        // A filter on the facet's own field at the top is left out of its count: another test looks at that.
        let own = match field {
            "THEME" => "themes",
            "STAGE" => "stage",
            "INSTRUMENT" => "instruments",
            "HOLDER_KIND" => "holder",
            "AXIS" => "axes",
            _ => "territory",
        };
        if filter.to_string().contains(own) {
            continue;
        }
        for value in facet["values"].as_array().unwrap().iter().take(3) {
            let code = &value["code"];
            let own = match field {
                "THEME" => json!({ "themes": { "some": [code] } }),
                "STAGE" => json!({ "stage": { "eq": code } }),
                "INSTRUMENT" => json!({ "instruments": { "some": [code] } }),
                "HOLDER_KIND" => json!({ "holder": { "kind": { "eq": code } } }),
                "AXIS" => json!({ "axes": { "some": [code] } }),
                _ => json!({ "territory": { "codes": [code], "relation": "NARROWER" } }),
            };
            let counted = set(reader, &json!({ "and": [filter, own] }), search).await;
            assert_eq!(json!(counted.len()), value["count"], "{}: {field} {value} of {filter}", reader.name);
        }
    }
}

const ORDERED: &str = "query ($search: String, $orderBy: [ProjectOrder!], $first: Int, $after: String, $last: Int, $before: String) {
    projects(search: $search, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } nodes { id } } }";

async fn page(reader: &Actor, variables: &Value) -> (Vec<String>, Value) {
    let answer = reader.asks(ORDERED, variables.clone()).await;
    answer.fine();
    (answer.each("/projects/nodes", "/id"), answer.data("/projects/pageInfo"))
}

/// All pages of a size, one way; between two pages somebody may add a project.
async fn paged(
    reader: &Actor,
    asked: &Value,
    size: usize,
    is_forward: bool,
    adds: Option<&Actor>,
) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let mut variables = asked.clone();
    variables[if is_forward { "first" } else { "last" }] = json!(size);
    loop {
        let (page, info) = page(reader, &variables).await;
        let more = if is_forward {
            all.extend(page);
            variables["after"] = info["endCursor"].clone();
            &info["hasNextPage"]
        } else {
            all.splice(0..0, page);
            variables["before"] = info["startCursor"].clone();
            &info["hasPreviousPage"]
        };
        if *more == json!(false) {
            return all;
        }
        if let Some(adds) = adds {
            adds.publishes("Projet 3", json!({})).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_every_order_are_the_whole_list_both_ways_while_projects_are_added() {
    let world = World::searching().await;
    let mut lots = Lots::new(11);
    let holders = network(&world, &mut lots, 40).await;
    let funder = world.funder("Fund").await;
    let fields = ["PUBLISHED_AT", "UPDATED_AT", "CREATED_AT", "TITLE", "STARTED_ON", "AMOUNT_SOUGHT"];
    let began = std::time::Instant::now();
    let all = ids(&holders[0], json!({ "first": 100 })).await.len();
    while ids(&holders[0], json!({ "search": "projet ", "first": 100 })).await.len() < all {
        assert!(began.elapsed().as_secs() < 10, "the index follows");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    for round in 0..24 {
        let mut keys = Vec::new();
        for place in 0..=round % 2 {
            let field = if place == 0 { fields[round % 6] } else { *lots.of(&fields) };
            keys.push(json!({ "field": field, "direction": lots.of(&["ASC", "DESC"]),
                "nulls": lots.of(&["FIRST", "LAST"]) }));
        }
        let asked = json!({ "orderBy": keys });
        // Its holder sees drafts too, which were never published.
        let reader = [&funder, &holders[0]][round % 2];
        let (whole, _) = page(reader, &json!({ "orderBy": keys, "first": 100 })).await;
        for (size, is_forward) in
            [(7, true), (7, false), (whole.len(), true), (1 + lots.below(11), round % 4 < 2)]
        {
            assert_eq!(
                paged(reader, &asked, size, is_forward, None).await,
                whole,
                "{asked} {size} {is_forward}"
            );
        }
        if keys.len() == 1 {
            // Every title has the word: the index arranges as the database does.
            let asked = json!({ "orderBy": keys, "search": "projet " });
            for (size, is_forward) in [(7, true), (7, false)] {
                assert_eq!(paged(reader, &asked, size, is_forward, None).await, whole, "{asked} {size}");
            }
        }
    }
    for (field, is_forward) in [("TITLE", true), ("AMOUNT_SOUGHT", false), ("PUBLISHED_AT", true)] {
        let asked = json!({ "orderBy": [{ "field": field, "direction": "DESC" }] });
        let before = ids(&funder, json!({ "first": 100 })).await;
        let found = paged(&funder, &asked, 9, is_forward, Some(&holders[1])).await;
        let once: BTreeSet<_> = found.iter().collect();
        assert_eq!(once.len(), found.len(), "{field}: nothing twice");
        assert!(before.iter().all(|id| once.contains(id)), "{field}: nothing lost");
    }
}
