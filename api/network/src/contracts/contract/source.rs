//! What an imported contract says beyond its own fields, and where its source disagrees with itself.

use crate::contracts::indigo::stated::What;
use async_graphql::SimpleObject;
use gql::scalars::Money;

/// Oddity of an imported contract; nothing is rejected for it.
#[derive(Clone, Debug, SimpleObject)]
pub struct ContractIssue {
    /// Kind, such as `ORPHAN_METRIC`, `UNKNOWN_CURRENCY`, `SEVERAL_PAYERS`, `FORMULA`, `EVALUATOR_INVESTS`.
    pub kind: String,
    /// Where in the source it was found.
    pub path: String,
    /// What was found, as it was written.
    pub value: Option<String>,
}

/// Field of an imported contract that has no place of its own here.
#[derive(Clone, Debug, SimpleObject)]
pub struct ContractExtra {
    /// Path in the source, such as `results.0.notes`.
    pub path: String,
    /// Text as it was written.
    pub value: String,
}

/// Total of an imported contract as its source states it, and the sum of the lines the source lists.
#[derive(Clone, Debug, SimpleObject)]
pub struct ContractStatedTotal {
    /// What it is of.
    pub kind: What,
    /// Total as stated.
    pub stated: Money,
    /// Sum of the lines in the same currency.
    pub sum: Money,
    /// Whether the two are equal.
    pub is_equal: bool,
}

pub(super) fn flatten(path: &str, value: &serde_json::Value, list: &mut Vec<ContractExtra>) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match value {
        serde_json::Value::Object(map) => {
            map.iter().for_each(|(key, value)| flatten(&below(key), value, list));
        }
        serde_json::Value::Array(each) => {
            each.iter()
                .enumerate()
                .for_each(|(place, value)| flatten(&below(&place.to_string()), value, list));
        }
        serde_json::Value::Null => {}
        serde_json::Value::String(text) => {
            list.push(ContractExtra { path: path.to_owned(), value: text.clone() });
        }
        other => list.push(ContractExtra { path: path.to_owned(), value: other.to_string() }),
    }
}
