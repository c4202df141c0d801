//! What is asked, drawn from the seeded network.

use crate::database::Database;
use anyhow::Result;
use serde_json::{Value, json};

pub struct Questions {
    pub list: Vec<String>,
    pub list_without_total: Vec<String>,
    pub text: Vec<String>,
    pub word: Vec<String>,
    pub node: Vec<String>,
    pub deep: Vec<String>,
    pub facets: Vec<String>,
    pub completion: Vec<String>,
}

const NODES: &str = "nodes { id title summary stage publishedAt holder { id name } themes { code label }
    territories { role territory { code name } } needs(first: 20) { nodes { id kind state instrument } } }";

/// Rows of a page unless asked otherwise.
pub const PAGE: usize = 20;
/// Frequent enough to fill a page among ten thousand projects: a short page is cheaper than it looks.
const THEMES: [&str; 4] = ["ECO", "CUL", "COM", "CIT"];
const REGIONS: [&str; 4] = ["REG-84", "REG-75", "REG-76", "REG-44"];

fn body(query: &str, variables: Value) -> String {
    json!({ "query": query, "variables": variables }).to_string()
}

fn filters() -> Vec<Value> {
    let mut all = Vec::new();
    for theme in THEMES {
        for region in REGIONS {
            all.push(json!({
                "isFundable": true,
                "themes": { "some": [theme] },
                "territory": { "codes": [region], "relation": "NARROWER" },
                "stage": { "in": ["EXPERIMENTATION", "CONSOLIDATION", "SCALING", "GENERALISED"] },
            }));
        }
    }
    all
}

pub async fn all(database: &Database) -> Result<Questions> {
    let with_total = format!(
        "query ($filter: ProjectFilter) {{ projects(filter: $filter) {{ totalCount {{ value precision }} {NODES} }} }}"
    );
    let without = format!("query ($filter: ProjectFilter) {{ projects(filter: $filter) {{ {NODES} }} }}");
    let text = format!(
        "query ($filter: ProjectFilter, $search: String) {{ projects(filter: $filter, search: $search) {{ {NODES} }} }}"
    );
    let word =
        "query ($search: String) { projects(search: $search) { edges { relevance node { id title } } } }";
    let node =
        "query ($id: ID!) { node(id: $id) { ... on Project { id title summary holder { id name } } } }";
    let deep = "query ($id: ID!) { node(id: $id) { ... on Project { id title description holder { id name }
        coHolders { role organization { id name } } contacts { name value } themes { code label parents { code label } }
        sdgGoals { code } territories { role territory { code name ancestors { code name } } }
        needs { totalCount { value } nodes { id kind instrument detail } } } } }";
    let facets = "{ projects(first: 1) { facets(by: [THEME, STAGE, TERRITORY]) { field values { code label count } } } }";
    let completion = "query ($search: String) { territories(search: $search, first: 10) { nodes { code name scale population } } }";
    let ids: Vec<String> = database.projects().await?.into_iter().map(crockford).collect();
    Ok(Questions {
        list: filters().into_iter().map(|filter| body(&with_total, json!({ "filter": filter }))).collect(),
        list_without_total: filters()
            .into_iter()
            .map(|filter| body(&without, json!({ "filter": filter })))
            .collect(),
        text: filters()
            .into_iter()
            .map(|filter| body(&text, json!({ "filter": filter, "search": "mobilité inclusive" })))
            .collect(),
        word: ["atelier", "emploi", "jeunes ", "habitants "]
            .map(|search| body(word, json!({ "search": search })))
            .to_vec(),
        node: ids.iter().map(|id| body(node, json!({ "id": id }))).collect(),
        deep: ids.iter().map(|id| body(deep, json!({ "id": id }))).collect(),
        facets: vec![body(facets, json!({}))],
        completion: ["tou", "saint et", "310", "marsielle", "ile"]
            .map(|search| body(completion, json!({ "search": search })))
            .to_vec(),
    })
}

/// An id as the API writes it.
pub fn crockford(id: uuid::Uuid) -> String {
    const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let bits = id.as_u128();
    let letter = |place: u32| LETTERS.get(usize::try_from((bits >> (5 * place)) & 31).unwrap_or(0)).copied();
    let digits: String = (0..26).rev().filter_map(letter).map(char::from).collect();
    format!("prj_{digits}")
}
