//! Files for people with a browser: the same operations as at `/graphql`, asked by the same viewer, and only unpacked.

use super::{App, answer, frame::Facts, graphql::graphql};
use axum::{
    body::Body,
    extract::{Extension, Path, Request, State},
    response::{IntoResponse, Response},
};
use gql::{codes::ErrorCode, refusal::Refusal};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Largest answer that is unpacked.
const MOST_BYTES: usize = 64 * 1024 * 1024;

const FOREST: &str = "query ForestPlot($filter: SynthesisFilter!, $measure: EffectMeasure!, \
    $model: SynthesisModel! = RANDOM, $heterogeneity: HeterogeneityEstimator! = REML, $percent: Float! = 95, \
    $subgroupBy: SynthesisGroup, $title: String!) { evidenceSynthesis(filter: $filter, measure: $measure, model: $model, \
    heterogeneity: $heterogeneity, percent: $percent, subgroupBy: $subgroupBy) { refusal { code message } \
    forestPlot(title: $title) } }";

const THEORY: &str = "query Theory($id: ID!) { node(id: $id) { ... on TheoryOfChange { svg } } }";

const MEASUREMENTS: &str = "query Measurements($id: ID!) { measurementExport(projectId: $id) { csv } }";

/// A file: where it is in the answer, what it is, and what it is called.
#[derive(Clone, Copy)]
struct File {
    pointer: &'static str,
    kind: &'static str,
    name: &'static str,
}

/// `/forest-plot.svg?outcome=…&measure=RISK_RATIO`: arguments of `evidenceSynthesis` as parameters of the address.
pub async fn forest_plot(
    State(app): State<Arc<App>>,
    Extension(facts): Extension<Facts>,
    request: Request,
) -> Response {
    let asked = match forest_variables(request.uri().query().unwrap_or_default()) {
        Ok(asked) => asked,
        Err(fault) => {
            let refusal = Refusal::new(ErrorCode::BadUserInput, fault).status(StatusCode::BAD_REQUEST);
            return answer::refuse(&facts.id, refusal);
        }
    };
    let file =
        File { pointer: "/evidenceSynthesis/forestPlot", kind: "image/svg+xml", name: "forest-plot.svg" };
    let (status, answered) = match ask(&app, &facts, request.headers(), FOREST, asked).await {
        Ok(answered) => answered,
        Err(response) => return *response,
    };
    let refusal = |field: &str| {
        let field = answered.pointer(&format!("/data/evidenceSynthesis/refusal/{field}"));
        field.and_then(Value::as_str).map(str::to_owned)
    };
    if let (Some(code), Some(message)) = (refusal("code"), refusal("message")) {
        let refused = Refusal::new(ErrorCode::BadUserInput, format!("{code}: {message}"));
        return answer::refuse(&facts.id, refused.status(StatusCode::UNPROCESSABLE_ENTITY));
    }
    unpack(&facts, status, &answered, file)
}

/// `/theories-of-change/{id}.svg`.
pub async fn theory(
    State(app): State<Arc<App>>,
    Extension(facts): Extension<Facts>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let file = File { pointer: "/node/svg", kind: "image/svg+xml", name: "theory-of-change.svg" };
    by_id(&app, &facts, &headers, id.strip_suffix(".svg"), THEORY, file).await
}

/// `/projects/{id}/measurements.csv`.
pub async fn measurements(
    State(app): State<Arc<App>>,
    Extension(facts): Extension<Facts>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let file =
        File { pointer: "/measurementExport/csv", kind: "text/csv; charset=utf-8", name: "measurements.csv" };
    by_id(&app, &facts, &headers, Some(&id), MEASUREMENTS, file).await
}

async fn by_id(
    app: &Arc<App>,
    facts: &Facts,
    headers: &HeaderMap,
    id: Option<&str>,
    document: &str,
    file: File,
) -> Response {
    let Some(id) = id else { return answer::not_found(Extension(facts.clone())).await };
    match ask(app, facts, headers, document, json!({ "id": id })).await {
        Ok((status, answered)) => unpack(facts, status, &answered, file),
        Err(response) => *response,
    }
}

/// Parameters of an address as variables; unknown ones are told, not passed over.
fn forest_variables(query: &str) -> Result<Value, String> {
    let (mut variables, mut filter) = (Map::new(), Map::new());
    let mut title = None;
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let value = value.into_owned();
        match name.as_ref() {
            "indicator" => filter.insert("indicator".into(), json!({ "code": value })),
            "indicatorId" => filter.insert("indicator".into(), json!({ "id": value })),
            "outcome" | "minEvidenceLevel" => filter.insert(name.into_owned(), value.into()),
            "theme" => push(filter.entry("themes").or_insert_with(|| json!({ "some": [] })), "/some", value),
            "method" => push(filter.entry("methods").or_insert_with(|| json!([])), "", value),
            "independence" => push(filter.entry("independence").or_insert_with(|| json!([])), "", value),
            "measure" | "model" | "heterogeneity" | "subgroupBy" => {
                variables.insert(name.into_owned(), value.into())
            }
            "percent" => {
                let percent: f64 = value.parse().map_err(|_| "`percent` is a number.".to_owned())?;
                variables.insert("percent".into(), percent.into())
            }
            "title" => {
                title = Some(value);
                None
            }
            other => return Err(format!("There is no parameter `{other}`.")),
        };
    }
    if !variables.contains_key("measure") {
        return Err("Name the `measure` to pool by, such as `RISK_RATIO`.".to_owned());
    }
    let subject = filter.get("outcome").or_else(|| filter.get("indicator")?.get("code")).cloned();
    let title = title.map(Value::from).or(subject).unwrap_or_else(|| "Synthesis".into());
    variables.insert("title".into(), title);
    variables.insert("filter".into(), filter.into());
    Ok(variables.into())
}

fn push(list: &mut Value, pointer: &str, value: String) -> Option<Value> {
    list.pointer_mut(pointer).and_then(Value::as_array_mut)?.push(value.into());
    None
}

/// Asks as the sender of these headers would at `/graphql`, with the same limits and the same budget.
async fn ask(
    app: &Arc<App>,
    facts: &Facts,
    headers: &HeaderMap,
    document: &str,
    variables: Value,
) -> Result<(StatusCode, Value), Box<Response>> {
    let body = json!({ "query": document, "variables": variables }).to_string();
    let mut request = Request::new(Body::from(body));
    *request.method_mut() = http::Method::POST;
    for name in [header::AUTHORIZATION, header::ACCEPT_LANGUAGE, header::USER_AGENT] {
        for value in headers.get_all(&name) {
            request.headers_mut().append(name.clone(), value.clone());
        }
    }
    let json = HeaderValue::from_static("application/json");
    request.headers_mut().insert(header::CONTENT_TYPE, json);
    let accepted = HeaderValue::from_static("application/graphql-response+json");
    request.headers_mut().insert(header::ACCEPT, accepted);
    let response = graphql(State(app.clone()), Extension(facts.clone()), request).await;
    let status = response.status();
    let unread = || Box::new(answer::refuse(&facts.id, answer::internal()));
    let body = axum::body::to_bytes(response.into_body(), MOST_BYTES).await.map_err(|_| unread())?;
    Ok((status, serde_json::from_slice(&body).map_err(|_| unread())?))
}

/// The file out of an answer; without it, the answer as it is, or that there is none for this viewer.
fn unpack(facts: &Facts, status: StatusCode, answered: &Value, file: File) -> Response {
    if let Some(text) = answered.pointer(&format!("/data{}", file.pointer)).and_then(Value::as_str) {
        let mut response = answer::text(file.kind, text.to_owned());
        let to = response.headers_mut();
        let named = format!("attachment; filename=\"{}\"", file.name);
        to.insert(
            header::CONTENT_DISPOSITION,
            HeaderValue::try_from(named).unwrap_or(HeaderValue::from_static("attachment")),
        );
        // What one viewer gets is not another's; that nobody keeps it is said of every answer.
        to.insert(header::VARY, HeaderValue::from_static("Authorization, Accept-Language"));
        let policy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
        to.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
        return response;
    }
    if answered.get("errors").is_some() {
        let status = if status.is_success() { StatusCode::BAD_REQUEST } else { status };
        let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"))];
        return (status, json, answered.to_string()).into_response();
    }
    answer::refuse(&facts.id, Refusal::new(ErrorCode::NotFound, "There is no such file for you."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_say_what_variables_say() {
        let read = |query: &str| forest_variables(query);
        assert_eq!(
            read("outcome=Emploi&measure=RISK_RATIO&theme=EMP&theme=EDU&method=RCT&percent=90").unwrap(),
            json!({ "measure": "RISK_RATIO", "percent": 90.0, "title": "Emploi",
                "filter": { "outcome": "Emploi", "themes": { "some": ["EMP", "EDU"] }, "methods": ["RCT"] } })
        );
        assert_eq!(
            read("indicator=PEOPLE&measure=MEAN_DIFFERENCE&title=Repas+partag%C3%A9s").unwrap()["title"],
            "Repas partagés"
        );
        assert!(read("outcome=x").unwrap_err().contains("measure"));
        assert!(read("outcome=x&measure=RISK_RATIO&colour=red").unwrap_err().contains("colour"));
        assert!(read("measure=RISK_RATIO&percent=many").is_err());
    }
}
