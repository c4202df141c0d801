//! Bytes in, bytes out.

use gql::{
    gate::Via,
    http::{Media, Reply, decode},
    limits::Limits,
};
use http::{HeaderMap, HeaderValue, Method, header};
use serde_json::json;

use crate::world::{World, ask};

const JSON: &str = "application/json";

fn read(method: Method, query: Option<&str>, kind: Option<&str>, body: &[u8]) -> Result<gql::gate::Ask, u16> {
    let mut headers = HeaderMap::new();
    if let Some(kind) = kind {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(kind).unwrap());
    }
    decode(&method, query, &headers, body, &Limits::default())
        .map_err(|refusal| refusal.status.unwrap_or_else(|| refusal.code.status()).as_u16())
}

#[test]
fn only_json_objects_are_questions() {
    let table: [(Option<&str>, &[u8], u16); 27] = [
        (Some(JSON), br#"{"query":"{a}"}"#, 200),
        (Some("Application/JSON; charset=UTF-8"), br#"{"query":"{a}"}"#, 200),
        (Some("application/json;charset=\"utf-8\""), br#"{"query":"{a}"}"#, 200),
        (Some("application/json; charset=latin1"), br#"{"query":"{a}"}"#, 415),
        (None, br#"{"query":"{a}"}"#, 415),
        (Some("text/plain"), br#"{"query":"{a}"}"#, 415),
        (Some("application/x-www-form-urlencoded"), b"query={a}", 415),
        (Some("multipart/form-data; boundary=x"), b"", 415),
        (Some("application/graphql"), b"{a}", 415),
        (Some(JSON), b"", 400),
        (Some(JSON), b"{", 400),
        (Some(JSON), b"\xff\xfe", 400),
        (Some(JSON), br#"[{"query":"{a}"}]"#, 400),
        (Some(JSON), b"[]", 400),
        (Some(JSON), br#"{"query":"{a}","query":"{b}"}"#, 400),
        (Some(JSON), br#"{"variables":{"a":1},"query":"{a}","variables":{"a":2}}"#, 400),
        (Some(JSON), b"\"{a}\"", 400),
        (Some(JSON), b"1", 400),
        (Some(JSON), b"{}", 400),
        (Some(JSON), br#"{"query":1}"#, 400),
        (Some(JSON), br#"{"query":null}"#, 400),
        (Some(JSON), br#"{"query":"{a}","operationName":1}"#, 400),
        (Some(JSON), br#"{"query":"{a}","variables":[]}"#, 400),
        (Some(JSON), br#"{"query":"{a}","variables":"{}"}"#, 400),
        (Some(JSON), br#"{"query":"{a}","extensions":false}"#, 400),
        (Some(JSON), br#"{"query":"{a}","operationName":null,"variables":null,"extensions":null}"#, 200),
        (Some(JSON), br#"{"query":"{a}","operationName":"A","variables":{"a":1},"extensions":{"x":1}}"#, 200),
    ];
    for (kind, body, status) in table {
        let got = read(Method::POST, None, kind, body).map_or_else(|status| status, |_| 200);
        assert_eq!(got, status, "{kind:?} {}", String::from_utf8_lossy(body));
    }
    let huge = format!("{{\"query\":\"{}\"}}", "x".repeat(1024 * 1024));
    assert_eq!(read(Method::POST, None, Some(JSON), huge.as_bytes()).unwrap_err(), 413);
}

#[test]
fn deep_json_is_refused_in_every_spelling() {
    let deep =
        format!("{{\"query\":\"{{a}}\",\"variables\":{{\"a\":{}{}}}}}", "[".repeat(500), "]".repeat(500));
    assert_eq!(read(Method::POST, None, Some(JSON), deep.as_bytes()).unwrap_err(), 400);
    let raw = br#"{"query":"{a}","variables":{"a":{"$serde_json::private::RawValue":"[1]"}}}"#;
    let ask = read(Method::POST, None, Some(JSON), raw).unwrap();
    assert!(ask.variables["a"].to_string().contains("RawValue"), "a key like any other");
}

#[test]
fn a_link_asks_too() {
    let get = |query: &str| read(Method::GET, Some(query), None, b"");
    let ask = get("query=query+A%28%24a%3AInt%29%7Ba%7D&operationName=A&variables=%7B%22a%22%3A1%7D&other=1")
        .unwrap();
    assert_eq!(
        (ask.query.as_str(), ask.operation_name.as_deref(), ask.via),
        ("query A($a:Int){a}", Some("A"), Via::Get)
    );
    assert_eq!(ask.variables["a"].to_string(), "1");
    assert!(get("query={a}&variables=&operationName=").is_ok());
    for wrong in [
        "",
        "q={a}",
        "query={a}&query={b}",
        "query={a}&variables=x",
        "query={a}&variables=[1]",
        "query={a}&extensions=1",
    ] {
        assert_eq!(get(wrong).unwrap_err(), 400, "{wrong}");
    }
    for method in [Method::PUT, Method::DELETE, Method::HEAD, Method::PATCH] {
        assert_eq!(read(method, Some("query={a}"), Some(JSON), b"{}").unwrap_err(), 405);
    }
}

async fn answer(query: &str, media: Media) -> (u16, String) {
    let world = World::new();
    let reply = Reply { media, request_id: "req_1", cost: None };
    let answer = match world.gate.admit(ask(query)) {
        Ok(admitted) => {
            let cost = admitted.cost;
            Reply { cost: Some(&cost), ..reply }.respond(world.schema.execute(admitted.request).await)
        }
        Err(refusal) => reply.refuse(refusal),
    };
    let response = answer.response;
    assert!(response.headers()[header::CONTENT_TYPE].to_str().unwrap().ends_with("; charset=utf-8"));
    assert_eq!(response.headers()[header::VARY], "Accept, Accept-Language, Authorization");
    (response.status().as_u16(), String::from_utf8(response.into_body()).unwrap())
}

#[tokio::test]
async fn answers_are_bytes_one_can_compare() {
    let fault = "Something went wrong on our side. Quote the requestId when you report it.";
    let table = [
        ("{ hello }", 200, 200, r#"{"data":{"hello":"world"},"extensions":{"cost":{"requested":1,"limit":5000}}}"#.to_owned()),
        ("{ hello broken }", 200, 200, format!(
            r#"{{"errors":[{{"message":"{fault}","locations":[{{"line":1,"column":9}}],"path":["broken"],"extensions":{{"code":"INTERNAL","requestId":"req_1"}}}}],"data":{{"hello":"world","broken":null}},"extensions":{{"cost":{{"requested":1,"limit":5000}}}}}}"#)),
        ("{ strict }", 200, 200, format!(
            r#"{{"errors":[{{"message":"{fault}","locations":[{{"line":1,"column":3}}],"path":["strict"],"extensions":{{"code":"INTERNAL","requestId":"req_1"}}}}],"data":null,"extensions":{{"cost":{{"requested":1,"limit":5000}}}}}}"#)),
        ("{ nothing }", 200, 400,
            r#"{"errors":[{"message":"Unknown field \"nothing\" on type \"Query\".","locations":[{"line":1,"column":3}],"extensions":{"code":"GRAPHQL_VALIDATION_FAILED","requestId":"req_1"}}],"extensions":{"cost":{"requested":1,"limit":5000}}}"#.to_owned()),
        ("{", 200, 400,
            r#"{"errors":[{"message":"Syntax error: expected selection.","locations":[{"line":1,"column":2}],"extensions":{"code":"GRAPHQL_PARSE_FAILED","requestId":"req_1"}}]}"#.to_owned()),
        ("{ projects(first: 101) { nodes { children(first: 100) { nodes { children { nodes { id } } } } } } }", 400, 400, String::new()),
    ];
    for (query, legacy, current, body) in table {
        let (status, text) = answer(query, Media::Json).await;
        assert_eq!(status, legacy, "{query}");
        if !body.is_empty() {
            assert_eq!(text, body, "{query}");
        }
        assert_eq!(answer(query, Media::GraphqlResponse).await, (current, text), "{query}");
    }
}

#[tokio::test]
async fn many_errors_come_in_one_order() {
    let query = "{ d c b a ...F ...G } fragment F on Query { f } fragment G on Query { g }";
    let (_, first) = answer(query, Media::Json).await;
    for _ in 0..10 {
        assert_eq!(answer(query, Media::Json).await.1, first);
    }
}

#[tokio::test]
async fn input_errors_tell_the_caller_and_keep_its_secrets() {
    let world = World::new();
    for (query, code) in [
        ("{ on(flag: \"hunter2\") }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ on(stage: OLD) }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ projects(first: 99999999999) { nodes { id } } }", "BAD_USER_INPUT"),
        ("mutation { pay(input: { amount: 99999999999 }) { note } }", "BAD_USER_INPUT"),
        ("mutation { pay(input: \"hunter2\") { note } }", "GRAPHQL_VALIDATION_FAILED"),
    ] {
        let answer = world.answer(ask(query)).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{answer}");
        assert!(!answer.to_string().contains("hunter2"), "{answer}");
    }
    assert_eq!(world.runs(), 0);
}

#[test]
fn refusals_carry_their_headers() {
    use gql::{codes::ErrorCode, refusal::Refusal};
    let reply = Reply { media: Media::Json, request_id: "req_1", cost: None };
    let limited = reply.refuse(Refusal::new(ErrorCode::RateLimited, "Wait.").retry_after(7)).response;
    assert_eq!(
        (limited.status().as_u16(), &limited.headers()[header::RETRY_AFTER]),
        (429, &HeaderValue::from(7))
    );
    let body: serde_json::Value = serde_json::from_slice(limited.body()).unwrap();
    assert_eq!(
        body["errors"][0]["extensions"],
        json!({ "code": "RATE_LIMITED", "requestId": "req_1", "retryAfter": 7 })
    );
    let unknown = reply.refuse(Refusal::new(ErrorCode::Unauthenticated, "Sign in.")).response;
    assert_eq!(
        (unknown.status().as_u16(), &unknown.headers()[header::WWW_AUTHENTICATE]),
        (401, &HeaderValue::from_static("Bearer"))
    );
}
