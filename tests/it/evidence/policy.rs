//! Dashboards of territories.

use door::authz::POLICY_IMPORT;
use network::evidence::territories::import::{Delivery, Taken, take_in};
use serde_json::json;
use tests::World;

const INDICATORS: &str = r#"[
    {"id": "IND-1", "name": "Lire en sixième", "description": "Part des élèves", "theme": "Education",
     "chantier": "Savoirs", "trend": "hausse", "unit": "% des élèves"},
    {"id": "IND-2", "name": "Délai", "description": null, "theme": "Justice",
     "chantier": "Justice", "trend": "baisse", "unit": "mois"}]"#;

const MEASURES: &str = "indicator,zone,level,date,initial,actual,target,rate
IND-1,D31,DEPT,2022-09-01,60,60,,
IND-1,D31,DEPT,2023-12-01,,63.7,,55.22
IND-1,D31,DEPT,2026-12-01,,,66.7,
IND-1,D81,DEPT,2022-09-01,50.0,50.0,,
IND-1,D81,DEPT,2023-12-01,,55,,50
IND-1,D81,DEPT,2026-12-01,,,60,
IND-1,D2A,DEPT,2022-09-01,50.0,50.0,,
IND-2,FRANCE,NAT,2022-09-01,12,12,,
IND-2,FRANCE,NAT,2026-10-01,,6,,100
IND-2,FRANCE,NAT,2027-12-01,,,8,
";

async fn deliver(world: &World, measures: &str) -> Taken {
    let indicators = serde_json::from_str(INDICATORS).unwrap();
    let (delivery, faults) = Delivery::read(indicators, measures.as_bytes());
    assert_eq!(faults, []);
    take_in(&world.store_of(POLICY_IMPORT), delivery, |_| ()).await.unwrap()
}

const DASHBOARD: &str = r#"query ($theme: String, $indicator: String) { territory(by: { code: "DEP-31" }) {
    policySeries(theme: $theme, indicator: $indicator) {
        indicator { code label policy themes { code } } start current target progress updatedOn isStale trend
        points { on initial actual target } }
    projects { totalCount { value } nodes { title } } fundingSought { amount currency } } }"#;

#[tokio::test]
async fn anybody_sees_where_a_territory_stands_with_its_projects_in_one_query() {
    let world = World::new().await;
    deliver(&world, MEASURES).await;
    let lab = world.innovator("Lab").await;
    let more = json!({ "territories": [{ "code": "COM-31555", "role": "ACTIVE" }],
        "needs": [{ "kind": "FUNDING", "instrument": "GRANT", "amount": { "amount": "500.00", "currency": "EUR" } }] });
    lab.publishes("Lire ensemble", more).await;

    let seen = world.visitor().asks(DASHBOARD, json!({ "theme": "edu", "indicator": "IND-1" })).await;
    assert_eq!(seen.data("/territory/policySeries"), json!([]), "codes of themes are capitals");
    let seen = world.visitor().asks(DASHBOARD, json!({ "theme": "education" })).await;
    assert_eq!(
        seen.data("/territory/policySeries/0"),
        json!({
            "indicator": { "code": "BAROMETRE-IND-1", "label": "Lire en sixième", "policy": "Savoirs",
                "themes": [{ "code": "EDU" }] },
            "start": "60", "current": "63.7", "target": "66.7", "progress": "55.22",
            "updatedOn": "2023-12-01", "isStale": true, "trend": "INCREASE",
            "points": [
                { "on": "2022-09-01", "initial": "60", "actual": "60", "target": null },
                { "on": "2023-12-01", "initial": null, "actual": "63.7", "target": null },
                { "on": "2026-12-01", "initial": null, "actual": null, "target": "66.7" },
            ],
        })
    );
    assert_eq!(seen.each("/territory/projects/nodes", "/title"), ["Lire ensemble"]);
    assert!(seen.withheld().iter().any(|one| one.contains("fundingSought NETWORK")), "{:?}", seen.withheld());
    assert!(seen.statements() <= 9, "{} statements", seen.statements());
    let seen = lab.asks(DASHBOARD, json!({ "theme": "EDU" })).await;
    // One amount, or one for each currency: how sums are shown is the project search's to say.
    let sought = seen.data("/territory/fundingSought").to_string();
    assert!(sought.contains("500.00") && sought.contains("EUR"), "{sought}");
}

#[tokio::test]
async fn a_delivery_says_only_what_is_new() {
    let world = World::new().await;
    let first = deliver(&world, MEASURES).await;
    assert_eq!(first, Taken { indicators: 2, series: 4, unchanged: 0, points: 10 });
    let again = deliver(&world, MEASURES).await;
    assert_eq!(again, Taken { indicators: 0, series: 0, unchanged: 4, points: 0 });
    let news = deliver(&world, &MEASURES.replace("63.7", "64.7")).await;
    assert_eq!(news, Taken { indicators: 0, series: 1, unchanged: 3, points: 3 });
    let seen = world.visitor().asks(DASHBOARD, json!({})).await;
    assert_eq!(seen.data("/territory/policySeries/0/current"), json!("64.7"));
}

#[tokio::test]
async fn territories_are_ranked_and_those_that_are_missing_are_said() {
    const RANKING: &str =
        "query ($level: TerritoryScale!) { territoryRanking(indicator: { code: \"IND-1\" }, level: $level) {
        ranked { rank progress territory { code } } missing { reason territory { code } } } }";
    let world = World::new().await;
    deliver(&world, MEASURES).await;
    let seen = world.visitor().asks(RANKING, json!({ "level": "DEPARTEMENT" })).await;
    assert_eq!(
        seen.data("/territoryRanking/ranked"),
        json!([
            { "rank": 1, "progress": "55.22", "territory": { "code": "DEP-31" } },
            { "rank": 2, "progress": "50", "territory": { "code": "DEP-81" } },
        ])
    );
    let missing = seen.data("/territoryRanking/missing");
    let of = |code: &str| {
        let list = missing.as_array().unwrap();
        list.iter().find(|one| one["territory"]["code"] == code).map(|one| one["reason"].clone())
    };
    assert_eq!(of("DEP-2A"), Some(json!("NO_PROGRESS")));
    assert!(seen.statements() <= 4, "{} statements", seen.statements());
    world.visitor().asks(RANKING, json!({ "level": "COMMUNE" })).await.refused("BAD_USER_INPUT");
}

/// The whole file, where the data lie beside the project.
#[tokio::test]
async fn the_published_file_is_taken_in_whole() {
    let file =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/barometre/measures.csv");
    if !file.exists() {
        println!("the Baromètre's file is not beside the project: figures only");
        return;
    }
    let (delivery, faults) = Delivery::open(&file).unwrap();
    assert_eq!((faults.len(), delivery.points()), (0, 45_091));
}
