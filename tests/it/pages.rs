//! The laws of pages: concatenated they are the whole list, whatever the order, the size and the way.

use entity::{At, projects::project};
use std::cmp::Ordering;
use tests::{Actor, Value, World, json};

const LIST: &str = "query ($orderBy: [ProjectOrder!], $filter: ProjectFilter, $first: Int, $after: String, $last: Int,
    $before: String) { projects(orderBy: $orderBy, filter: $filter, first: $first, after: $after, last: $last,
    before: $before) { edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";

/// Rows with ties, gaps and every letter that two databases might sort apart.
async fn rows(world: &World) -> Vec<project::Model> {
    const TITLES: [&str; 8] = ["eau", "Eau", "Éau", "l'eau", "l eau", "zèbre", "Œuvre", "10 ponts"];
    let lab = world.innovator("Water Lab").await;
    let start = world.now();
    let change = |place: usize, row: &mut project::Model| {
        TITLES[place % TITLES.len()].clone_into(&mut row.title);
        row.started_on =
            [None, Some("2024"), Some("2024-05"), Some("2023-12-31"), None][place % 5].map(str::to_owned);
        let hour = i64::try_from(place % 3).unwrap() * At::HOUR;
        (row.published_at, row.updated_at) =
            ((!place.is_multiple_of(4)).then(|| start.plus(hour)), start.plus(-hour));
    };
    world.projects(lab.organization.unwrap(), 23, change).await
}

/// Field, descending, nulls first.
type Key = (&'static str, bool, bool);

fn order_by(keys: &[Key]) -> Value {
    let key = |(field, down, first): &Key| {
        let direction = if *down { "DESC" } else { "ASC" };
        json!({ "field": field, "direction": direction, "nulls": if *first { "FIRST" } else { "LAST" } })
    };
    keys.iter().map(key).collect()
}

/// The order as this file understands it: bytes of texts, numbers, and the id last, the way of the last key.
fn compare(keys: &[Key], one: &project::Model, two: &project::Model) -> Ordering {
    for (field, down, first) in keys {
        let value = |row: &project::Model| match *field {
            "TITLE" => Some(row.title_key.clone()),
            "STARTED_ON" => row.started_on.clone(),
            "PUBLISHED_AT" => row.published_at.map(|at| format!("{:020}", at.0)),
            _ => Some(format!("{:020}", row.updated_at.0)),
        };
        let way = match (value(one), value(two)) {
            (Some(one), Some(two)) if *down => two.cmp(&one),
            (Some(one), Some(two)) => one.cmp(&two),
            (one, two) => {
                if *first {
                    one.is_some().cmp(&two.is_some())
                } else {
                    two.is_some().cmp(&one.is_some())
                }
            }
        };
        if way != Ordering::Equal {
            return way;
        }
    }
    if keys.last().is_some_and(|key| key.1) { two.id.cmp(&one.id) } else { one.id.cmp(&two.id) }
}

/// Walks a list to its end; `between` happens before each next page.
async fn walk(
    actor: &Actor,
    order: &Value,
    size: usize,
    forward: bool,
    mut between: impl AsyncFnMut(),
) -> Vec<String> {
    let (count, from, end) =
        if forward { ("first", "after", "/endCursor") } else { ("last", "before", "/startCursor") };
    let (mut found, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let answer = actor.asks(LIST, json!({ "orderBy": order, count: size, from: cursor })).await;
        let page = answer.each("/projects/edges", "/node/id");
        let info = answer.data("/projects/pageInfo");
        let (more, came) =
            if forward { ("hasNextPage", "hasPreviousPage") } else { ("hasPreviousPage", "hasNextPage") };
        assert_eq!(info[came], !cursor.is_null(), "{answer:?}");
        assert!(page.len() <= size, "{answer:?}");
        if forward {
            found.extend(page);
        } else {
            found.splice(0..0, page);
        }
        if info[more] == false {
            return found;
        }
        cursor = info.pointer(end).unwrap().clone();
        between().await;
    }
}

#[tokio::test]
async fn pages_make_the_whole_list_in_any_order_size_and_way() {
    let world = World::new().await;
    let (visitor, rows) = (world.visitor(), rows(&world).await);
    let orders: &[&[Key]] = &[
        &[("TITLE", false, false)],
        &[("STARTED_ON", false, false)],
        &[("STARTED_ON", false, true)],
        &[("STARTED_ON", true, false)],
        &[("STARTED_ON", true, true)],
        &[("PUBLISHED_AT", true, true), ("TITLE", false, false)],
        &[("STARTED_ON", true, false), ("PUBLISHED_AT", false, true), ("TITLE", true, false)],
        &[("UPDATED_AT", false, false), ("STARTED_ON", true, true)],
    ];
    for keys in orders {
        let mut expected = rows.clone();
        expected.sort_by(|one, two| compare(keys, one, two));
        let expected: Vec<_> = expected.iter().map(|row| row.id.to_string()).collect();
        for size in [1, 4, 22, 23, 100] {
            for forward in [true, false] {
                let found = walk(&visitor, &order_by(keys), size, forward, async || ()).await;
                assert_eq!(found, expected, "{keys:?} by {size}, forward: {forward}");
            }
        }
    }
}

#[tokio::test]
async fn rows_that_come_and_go_move_no_page() {
    let world = World::new().await;
    let (visitor, rows) = (world.visitor(), rows(&world).await);
    let keys: &[Key] = &[("STARTED_ON", true, true), ("TITLE", false, false)];
    let mut expected = rows.clone();
    expected.sort_by(|one, two| compare(keys, one, two));
    for forward in [true, false] {
        let intruders = async || {
            for (title, started_on) in [("aaa", None), ("eau", Some("2024")), ("zzz", Some("1999"))] {
                let started_on = started_on.map(str::to_owned);
                world
                    .insert(project::Model { started_on, ..world.published(rows[0].holder_id, title) })
                    .await;
            }
            world.settle().await;
        };
        let mut found = walk(&visitor, &order_by(keys), 5, forward, intruders).await;
        let all = found.len();
        found.retain(|id| rows.iter().any(|row| row.id.to_string() == *id));
        assert!(all > found.len(), "rows came in between");
        assert_eq!(
            found,
            expected.iter().map(|row| row.id.to_string()).collect::<Vec<_>>(),
            "forward: {forward}"
        );
    }
}

#[tokio::test]
async fn a_cursor_is_good_for_its_own_list_only() {
    let world = World::new().await;
    rows(&world).await;
    let (visitor, title) = (world.visitor(), order_by(&[("TITLE", false, false)]));
    let page = visitor.asks(LIST, json!({ "orderBy": title, "first": 2 })).await;
    let cursor = page.text("/projects/pageInfo/endCursor");
    visitor.asks(LIST, json!({ "orderBy": title, "after": cursor })).await.fine();

    let down = order_by(&[("TITLE", true, false)]);
    let stage = json!({ "stage": { "eq": "EXPERIMENTATION" } });
    for other in [
        json!({ "after": cursor }),
        json!({ "orderBy": down, "after": cursor }),
        json!({ "orderBy": title, "filter": stage, "after": cursor }),
        json!({ "orderBy": title, "filter": stage, "last": 2, "before": cursor }),
    ] {
        visitor.asks(LIST, other).await.refused("CURSOR_MISMATCH");
    }
    let territories = "query ($after: String) { territories(after: $after) { nodes { id } } }";
    visitor.asks(territories, json!({ "after": cursor })).await.refused("CURSOR_MISMATCH");
}

#[tokio::test]
async fn an_altered_cursor_is_no_cursor() {
    let world = World::new().await;
    rows(&world).await;
    let visitor = world.visitor();
    let cursor = visitor.asks(LIST, json!({ "first": 2 })).await.text("/projects/pageInfo/endCursor");
    let mut altered: Vec<_> = (0..cursor.len())
        .step_by(7)
        .map(|place| {
            let letter = if &cursor[place..=place] == "A" { "B" } else { "A" };
            format!("{}{letter}{}", &cursor[..place], &cursor[place + 1..])
        })
        .collect();
    altered.extend(
        ["", "x", "ÿ", "AA==", &cursor[1..], &cursor[..cursor.len() - 4], &format!("{cursor}AAAA")]
            .map(str::to_owned),
    );
    for cursor in altered {
        visitor.asks(LIST, json!({ "after": cursor })).await.refused("BAD_USER_INPUT");
    }
}

#[tokio::test]
async fn a_page_has_1_to_100_rows_and_one_way() {
    let world = World::new().await;
    let visitor = world.visitor();
    for wrong in [
        json!({ "first": 0 }),
        json!({ "first": -1 }),
        json!({ "first": 101 }),
        json!({ "last": 0 }),
        json!({ "last": 101 }),
        json!({ "first": 1, "last": 1 }),
        json!({ "after": "x", "before": "x" }),
    ] {
        visitor.asks(LIST, wrong).await.refused("BAD_USER_INPUT");
    }
    for right in [json!({ "first": 1 }), json!({ "first": 100 }), json!({ "last": 100 })] {
        visitor.asks(LIST, right).await.fine();
    }
}

#[tokio::test]
async fn twenty_come_unless_asked_otherwise() {
    let world = World::new().await;
    rows(&world).await;
    let answer = world.visitor().asks(LIST, json!({})).await;
    assert_eq!(answer.each("/projects/edges", "/cursor").len(), 20);
    assert_eq!(answer.data("/projects/pageInfo/hasNextPage"), true);
}

#[tokio::test]
async fn pages_under_many_parents_are_each_parents_own() {
    let world = World::new().await;
    let funder = world.funder("Blue Fund").await;
    let projects =
        world.projects(world.innovator("Water Lab").await.organization.unwrap(), 3, |_, _| ()).await;
    for (place, project) in projects.iter().enumerate() {
        for cents in 1..=(i64::try_from(place).unwrap() * 3) {
            world.need(project.id, cents * 100).await;
        }
    }
    let list = "query ($after: String, $first: Int) { projects(orderBy: [{ field: TITLE }]) { nodes {
        needs(first: $first, after: $after) { totalCount { value } pageInfo { hasNextPage endCursor }
        nodes { amount { amount } } } } } }";
    let page = funder.asks(list, json!({ "first": 4 })).await;
    let sizes = |pointer: &str| {
        (0..3).map(|place| page.data(&format!("/projects/nodes/{place}{pointer}"))).collect::<Vec<_>>()
    };
    assert_eq!(sizes("/needs/totalCount/value"), [0, 3, 6]);
    assert_eq!(sizes("/needs/pageInfo/hasNextPage"), [false, false, true]);
    let cursor = page.text("/projects/nodes/2/needs/pageInfo/endCursor");
    let rest = funder.asks(list, json!({ "first": 4, "after": cursor })).await;
    assert_eq!(rest.each("/projects/nodes/2/needs/nodes", "/amount/amount"), ["5.00", "6.00"]);
}
