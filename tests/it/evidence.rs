//! Impact measured and proved: public indicators, frameworks, measurements, evaluations, and what studies say together.

mod evaluations;
mod frameworks;
mod groups;
mod measurements;
mod policy;
mod pooling;
mod replications;
mod uses;

use serde_json::{Value, json};
use tests::Actor;

/// Runs a mutation `name` that takes `Name…Input` and gives `field { … }`; the answer is checked by the caller.
pub async fn does(actor: &Actor, name: &str, fields: &str, input: Value) -> tests::Answer {
    let mut capital = name.to_owned();
    capital[..1].make_ascii_uppercase();
    let document = format!(
        "mutation ($input: {capital}Input!) {{ {name}(input: $input) {{ {fields} errors {{ code path message }} }} }}"
    );
    actor.asks(&document, json!({ "input": input })).await
}

/// A published indicator of an organization.
pub async fn indicator(owner: &Actor, code: &str, more: Value) -> String {
    let mut input = json!({
        "ownerId": owner.org(),
        "code": code,
        "labelFr": format!("Indicateur {code}"),
        "level": "OUTCOME",
        "valueType": "COUNT",
        "unit": "personnes",
        "direction": "INCREASE",
        "aggregation": "SUM",
        "disaggregations": ["age", "gender"],
    });
    for (field, value) in more.as_object().into_iter().flatten() {
        input[field] = value.clone();
    }
    let id =
        does(owner, "indicatorCreate", "indicator { id }", input).await.text("/indicatorCreate/indicator/id");
    let published = does(owner, "indicatorPublish", "indicator { status }", json!({ "id": id })).await;
    assert_eq!(published.text("/indicatorPublish/indicator/status"), "PUBLISHED");
    id
}
