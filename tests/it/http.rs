//! The front door itself: what every answer has, what is turned away, and what machines ask.

use door::authz::Bucket;
use http::{Request, StatusCode};
use sea_orm::ConnectionTrait;
use std::{collections::BTreeSet, time::Duration};
use tests::{Actor, Reply, Value, World, json};

const HELLO: &str = "{ __typename }";

fn post(body: impl Into<Vec<u8>>) -> Request<Vec<u8>> {
    Request::post("/graphql").body(body.into()).unwrap()
}

fn question(document: &str) -> Request<Vec<u8>> {
    post(json!({ "query": document }).to_string())
}

fn code(reply: &Reply) -> Value {
    let body: Value = serde_json::from_slice(&reply.body).unwrap();
    let error = &body["errors"][0]["extensions"];
    assert_eq!(error["requestId"], reply.header("x-request-id").unwrap(), "{body}");
    error["code"].clone()
}

#[tokio::test]
async fn every_answer_has_a_request_id_and_safe_headers() {
    let world = World::with(|serving| serving.public_url = "https://network.test".to_owned()).await;
    let visitor = world.visitor();
    let mut ids = BTreeSet::new();
    let replies = [
        (200, visitor.sends(question(HELLO)).await),
        (400, visitor.sends(post("{")).await),
        (405, visitor.sends(Request::put("/graphql").body(Vec::new()).unwrap()).await),
        (404, visitor.gets("/nowhere").await),
        (200, visitor.gets("/livez").await),
        (200, visitor.gets("/readyz").await),
        (200, visitor.gets("/metrics").await),
        (200, visitor.gets("/.well-known/jwks.json").await),
        (200, visitor.gets("/schema.graphql").await),
        (200, visitor.gets("/").await),
    ];
    for (place, (status, reply)) in replies.iter().enumerate() {
        assert_eq!(reply.status, *status, "{place}");
        ids.insert(reply.header("x-request-id").unwrap().to_owned());
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("strict-transport-security", "max-age=31536000"),
        ] {
            assert_eq!(reply.header(name), Some(value), "{place} {name}");
        }
        let policy = reply.header("content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none'") && policy.ends_with("frame-ancestors 'none'"),
            "{policy}"
        );
        assert!(reply.header("access-control-allow-origin").is_none(), "nobody is on the list");
    }
    assert_eq!(ids.len(), replies.len(), "each its own");
    for (place, (_, reply)) in replies[..7].iter().enumerate() {
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{place}");
    }
}

#[tokio::test]
async fn nobody_keeps_what_a_person_was_told() {
    let world = World::new().await;
    let lab = world.innovator("Water Lab").await;
    let project = lab.publishes("Rain", json!({})).await;
    let mut wide = question(HELLO);
    wide.headers_mut().insert("x-long", "x".repeat(17 * 1024).parse().unwrap());
    let mut odd = question(HELLO);
    odd.headers_mut().insert("accept", "image/png".parse().unwrap());
    let mine = "{ viewer { user { email } } projects { nodes { title } } }";
    for (status, request) in [
        (200, question(mine)),
        (200, question("{ node(id: \"x\") { id } }")),
        (200, Request::get(format!("/graphql?query={}", url_encoded(mine))).body(Vec::new()).unwrap()),
        (200, Request::get(format!("/projects/{project}/measurements.csv")).body(Vec::new()).unwrap()),
        (400, Request::get("/projects/prj_x/measurements.csv").body(Vec::new()).unwrap()),
        (400, Request::get("/theories-of-change/thy_x.svg").body(Vec::new()).unwrap()),
        (404, Request::get("/evidence-documents/evd_x").body(Vec::new()).unwrap()),
        (400, Request::get("/forest-plot.svg").body(Vec::new()).unwrap()),
        (400, question("{ nothing }")),
        (405, Request::get("/graphql?query=mutation%7Ba%7D").body(Vec::new()).unwrap()),
        (406, odd),
        (413, post("x".repeat((1 << 20) + 1))),
        (431, wide),
    ] {
        let told = format!("{} {}", request.method(), request.uri());
        let reply = lab.sends(request).await;
        assert_eq!(
            (reply.status.as_u16(), reply.header("cache-control")),
            (status, Some("no-store")),
            "{told}"
        );
    }
    let reply = lab.with_token("x").sends(question(mine)).await;
    assert_eq!((reply.status.as_u16(), reply.header("cache-control")), (401, Some("no-store")));
}

#[tokio::test]
async fn a_request_id_is_taken_from_ones_own_proxy_alone() {
    let ask = async |world: &World, id: &str| {
        let mut request = question(HELLO);
        request.headers_mut().insert("x-request-id", id.parse().unwrap());
        world.visitor().sends(request).await.header("x-request-id").unwrap().to_owned()
    };
    let (alone, proxied) = (World::new().await, World::with(|serving| serving.trust_proxy = true).await);
    assert_ne!(ask(&alone, "given-by-anybody").await, "given-by-anybody");
    assert_eq!(ask(&proxied, "given-by-proxy").await, "given-by-proxy");
    for odd in ["short", "with spaces in it", &"x".repeat(65)] {
        assert_ne!(ask(&proxied, odd).await, odd);
    }
}

#[tokio::test]
async fn pages_of_other_origins_call_only_from_the_list() {
    let world = World::with(|serving| serving.cors_origins = vec!["https://app.example".to_owned()]).await;
    for (origin, allowed) in [
        ("https://app.example", Some("https://app.example")),
        ("https://app.example.evil", None),
        ("http://app.example", None),
        ("null", None),
    ] {
        for method in ["POST", "OPTIONS"] {
            let mut request = question(HELLO);
            *request.method_mut() = method.parse().unwrap();
            request.headers_mut().insert("origin", origin.parse().unwrap());
            let reply = world.visitor().sends(request).await;
            assert_eq!(reply.header("access-control-allow-origin"), allowed, "{method} {origin}");
            assert!(reply.header("access-control-allow-credentials").is_none());
            let preflight = allowed.filter(|_| method == "OPTIONS").map(|_| "GET, POST, OPTIONS");
            assert_eq!(reply.header("access-control-allow-methods"), preflight, "{method} {origin}");
            assert!(reply.headers.get_all("vary").iter().any(|value| value == "Origin"));
        }
    }
}

#[tokio::test]
async fn what_is_no_single_question_is_turned_away() {
    let world = World::new().await;
    let lab = world.innovator("Water Lab").await;
    let create = format!(
        "mutation {{ projectCreate(input: {{ holderId: \"{}\", title: \"A\", summary: \"B\", stage: IDEATION }}) {{ project {{ id }} }} }}",
        lab.org()
    );
    let link: String = url_encoded(&create);
    let by_link = lab.gets(&format!("/graphql?query={link}")).await;
    assert_eq!((by_link.status, by_link.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, Some("POST")));
    assert_eq!(lab.gets("/graphql?query=%7B__typename%7D").await.status, 200, "questions may be links");

    let batch = lab.sends(post(json!([{ "query": create }, { "query": create }]).to_string())).await;
    assert_eq!((batch.status, code(&batch)), (StatusCode::BAD_REQUEST, json!("BAD_REQUEST")));
    let mut form = post(json!({ "query": create }).to_string());
    form.headers_mut().insert("content-type", "text/plain".parse().unwrap());
    assert_eq!(
        lab.sends(form).await.status,
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "what a form can send is no question"
    );

    let padded = |bytes: usize| {
        let empty = json!({ "query": HELLO, "variables": { "x": "" } }).to_string();
        json!({ "query": HELLO, "variables": { "x": "x".repeat(bytes - empty.len()) } }).to_string()
    };
    assert_eq!(lab.sends(post(padded(1 << 20))).await.status, 200);
    let large = lab.sends(post(padded((1 << 20) + 1))).await;
    assert_eq!((large.status, code(&large)), (StatusCode::PAYLOAD_TOO_LARGE, json!("REQUEST_TOO_LARGE")));
    let mine = lab.asks("{ projects { totalCount { value } } }", json!({})).await;
    assert_eq!(mine.data("/projects/totalCount/value"), 0, "none of it had an effect");
}

#[tokio::test]
async fn heads_and_addresses_have_a_length() {
    let world = World::new().await;
    let visitor = world.visitor();
    let address = |bytes: usize| {
        let start = "/graphql?query=%7B__typename%7D&x=";
        format!("{start}{}", "x".repeat(bytes - start.len()))
    };
    assert_eq!(visitor.gets(&address(16 * 1024)).await.status, 200);
    let long = visitor.gets(&address(16 * 1024 + 1)).await;
    assert_eq!((long.status, code(&long)), (StatusCode::URI_TOO_LONG, json!("REQUEST_TOO_LARGE")));
    let with = |bytes: usize| {
        let mut request = question(HELLO);
        request.headers_mut().insert("x-long", "x".repeat(bytes).parse().unwrap());
        visitor.sends(request)
    };
    assert_eq!(with(15 * 1024).await.status, 200);
    let large = with(16 * 1024).await;
    let told = (large.status, code(&large));
    assert_eq!(told, (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, json!("REQUEST_TOO_LARGE")));
}

/// What a client would not send: the statuses of the answers to it.
async fn speaks(world: &World, text: &str) -> Vec<String> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(world.address()).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).await.unwrap();
    answers.split("HTTP/1.1 ").skip(1).map(|answer| answer[..3].to_owned()).collect()
}

#[tokio::test]
async fn what_two_servers_could_read_in_two_ways_is_refused() {
    let world = World::new().await;
    let body = json!({ "query": HELLO }).to_string();
    let asks = |head: &str, body: &str| {
        // Whatever is left over would be the next request.
        let next = "GET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        format!("POST /graphql HTTP/1.1\r\ncontent-type: application/json\r\n{head}\r\n\r\n{body}{next}")
    };
    let length = format!("content-length: {}", body.len());
    let chunks = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    for (head, body, expected) in [
        (format!("host: x\r\n{length}"), &body, vec!["200", "200"]),
        (format!("host:\r\n{length}"), &body, vec!["200", "200"]),
        ("host: x\r\ntransfer-encoding: chunked".to_owned(), &chunks, vec!["200", "200"]),
        (length.clone(), &body, vec!["400"]),
        (format!("host: x\r\nhost: y\r\n{length}"), &body, vec!["400"]),
        (format!("host: x, y\r\n{length}"), &body, vec!["400"]),
        (format!("host: a b\r\n{length}"), &body, vec!["400"]),
        (format!("host: x\r\n{length}\r\ncontent-length: 1"), &body, vec!["400"]),
        (format!("host: x\r\n{length}\r\ntransfer-encoding: chunked"), &chunks, vec!["200"]),
        (format!("host: x\r\ntransfer-encoding: chunked\r\n{length}"), &chunks, vec!["200"]),
        (
            "host: x\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked".to_owned(),
            &chunks,
            vec!["501"],
        ),
        ("host: x\r\ntransfer-encoding: gzip, chunked".to_owned(), &chunks, vec!["501"]),
        ("host: x\r\ntransfer-encoding: xchunked".to_owned(), &chunks, vec!["400"]),
    ] {
        assert_eq!(speaks(&world, &asks(&head, body)).await, expected, "{head}");
    }
}

#[tokio::test]
async fn a_body_that_does_not_come_is_given_up() {
    let world = World::new().await;
    let began = std::time::Instant::now();
    let head =
        "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 40\r\n\r\n";
    let begun = format!("{head}{{\"query\"");
    let answers = tokio::time::timeout(Duration::from_secs(40), speaks(&world, &begun)).await;
    assert_eq!(answers.expect("it does not wait for ever"), ["408"]);
    assert!(began.elapsed() >= Duration::from_secs(10), "{:?}", began.elapsed());
}

#[tokio::test]
async fn what_a_client_began_is_done_though_it_leaves() {
    use tokio::io::AsyncWriteExt;
    let world = World::new().await;
    let register = "mutation { userRegister(input: { email: \"ada@example.org\", displayName: \"Ada\",
        password: \"une barque verte sous le pont\" }) { errors { code } } }";
    let body = json!({ "query": register }).to_string();
    let head = "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    let mut stream = tokio::net::TcpStream::connect(world.address()).await.unwrap();
    let request = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    drop(stream);
    for _ in 0..500 {
        if !world.letters().await.is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("its letter never left");
}

#[tokio::test]
async fn who_leaves_in_the_middle_takes_no_place_and_disturbs_nobody() {
    use tokio::io::AsyncWriteExt;
    let world = World::new().await;
    let open = async || {
        let metrics = world.visitor().gets("/metrics").await.text();
        let line = metrics.lines().find(|line| line.starts_with("impact_http_connections ")).unwrap();
        line.rsplit(' ').next().unwrap().parse::<usize>().unwrap()
    };
    let body = json!({ "query": HELLO }).to_string();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    // Within the head, before the body, within the body, and before the answer.
    for sent in [&head[..20], &head, &format!("{head}{}", &body[..5]), &format!("{head}{body}")] {
        let mut streams = Vec::new();
        for _ in 0..20 {
            let mut stream = tokio::net::TcpStream::connect(world.address()).await.unwrap();
            stream.write_all(sent.as_bytes()).await.unwrap();
            streams.push(stream);
        }
        while open().await < streams.len() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        drop(streams);
        let began = std::time::Instant::now();
        while open().await > 2 {
            // Sooner than any patience ends.
            assert!(
                began.elapsed() < Duration::from_secs(8),
                "{} are still there after {sent:?}",
                open().await
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(world.visitor().sends(question(HELLO)).await.status, 200);
    }
}

#[tokio::test]
async fn a_text_that_no_database_keeps_is_not_our_fault() {
    let world = World::new().await;
    let lab = world.innovator("Water Lab").await;
    for document in [
        "query ($text: String!) { organization(by: { slug: $text }) { id } }",
        "query ($text: String!) { territory(by: { code: $text }) { id } }",
        "query ($text: ID!) { auditEvents(filter: { subject: { eq: $text } }) { nodes { id } } }",
        "query { project(by: { slug: \"a\\u0000b\" }) { id } }",
    ] {
        lab.asks(document, json!({ "text": "a\0b" })).await.refused("BAD_USER_INPUT");
    }
}

/// Every byte as `%41`.
fn url_encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn the_limits_of_documents_are_those_that_are_written_down() {
    let world = World::new().await;
    let visitor = world.visitor();
    let repeat = |count: usize, part: &dyn Fn(usize) -> String| (0..count).map(part).collect::<String>();
    let aliases = |count| format!("{{ {} }}", repeat(count, &|n| format!("a{n}: __typename ")));
    let tokens = |count: usize| format!("{{ {} }}", "__typename ".repeat(count - 2));
    let directives = |count| format!("{{ __typename {} }}", "@skip(if: false) ".repeat(count));
    let mutations = |count| {
        format!(
            "mutation {{ {} }}",
            repeat(count, &|n| format!(
                "m{n}: userSuspend(input: {{ id: \"x\", reason: \"x\" }}) {{ errors {{ code }} }} "
            ))
        )
    };
    let depth = |depth: usize| {
        let (open, close) = ("mergedInto { ".repeat(depth - 2), "}".repeat(depth - 1));
        format!("{{ project(by: {{ id: \"x\" }}) {{ {open} id {close} }}")
    };
    for (limit, below, above) in [
        ("aliases", aliases(30), aliases(31)),
        ("tokens", tokens(2_000), tokens(2_001)),
        ("directives", directives(5), directives(6)),
        ("rootMutations", mutations(10), mutations(11)),
        ("depth", depth(15), depth(16)),
    ] {
        let limits = async |document: &str| {
            let answer = visitor.asks(document, json!({})).await;
            answer.body["errors"][0]["extensions"]["limit"]["name"].clone()
        };
        assert_eq!(limits(&below).await, Value::Null, "{limit}");
        assert_eq!(limits(&above).await, limit);
    }
    let dear = "{ projects(first: 100) { nodes { needs(first: 100) { nodes { id } } } } }";
    let refused = visitor.asks(dear, json!({})).await;
    let cost = &refused.refused("COST_LIMIT_EXCEEDED").body["errors"][0]["extensions"]["cost"];
    assert_eq!(
        (&cost["limit"], &cost["byPath"][0]["path"]),
        (&json!(5_000), &json!("projects.nodes.needs.nodes"))
    );
    let cheap = visitor.asks("{ projects(first: 10) { nodes { id } } }", json!({})).await;
    assert_eq!(cheap.body["extensions"]["cost"]["limit"], 5_000, "told with every answer");
}

/// Asks until the budget is spent; the refusal.
async fn spends(who: &Actor) -> Reply {
    for _ in 0..20 {
        let reply = who.sends(question("{ projects(first: 100) { nodes { id } } }")).await;
        if reply.status != 200 {
            return reply;
        }
    }
    panic!("{} has no end of points", who.name);
}

#[tokio::test]
async fn who_spent_the_budget_waits_and_nobody_else_does() {
    let world = World::with(|serving| {
        serving.bucket = Some(Bucket { maximum: 500, per_second: 10 });
        serving.trust_proxy = true;
    })
    .await;
    let (one, other) = (world.stranger().await, world.stranger().await);
    let refused = spends(&one).await;
    assert_eq!((refused.status, code(&refused)), (StatusCode::TOO_MANY_REQUESTS, json!("RATE_LIMITED")));
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=11).contains(&wait), "{wait}");
    assert!(refused.header("ratelimit").is_some() && refused.header("ratelimit-policy").is_some());
    assert_eq!(other.sends(question(HELLO)).await.status, 200);
    let (house, neighbour) = (world.visitor().from("192.0.2.1"), world.visitor().from("192.0.2.2"));
    assert_eq!(spends(&house).await.status, 429);
    assert_eq!(neighbour.sends(question("{ projects { nodes { id } } }")).await.status, 200);
    world.later(Duration::from_secs(wait));
    assert_eq!(one.sends(question("{ projects(first: 100) { nodes { id } } }")).await.status, 200);
}

#[tokio::test]
async fn our_own_faults_tell_their_number_and_nothing_else() {
    let world = World::new().await;
    let lab = world.innovator("Water Lab").await;
    world.pool().execute_unprepared("alter table invitation rename to elsewhere").await.unwrap();
    let asked = lab.asks("{ invitations { nodes { id } } viewer { isAuthenticated } }", json!({})).await;
    assert_eq!(asked.refused("INTERNAL").seen("/viewer/isAuthenticated"), true, "the rest is told");
    assert_eq!(
        asked.body["errors"][0]["message"],
        "Something went wrong on our side. Quote the requestId when you report it."
    );
    let keys: Vec<_> = asked.body["errors"][0]["extensions"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["code", "requestId"]);
    lab.asks("{ projects { nodes { id } } }", json!({})).await.fine();
}

#[tokio::test]
async fn machines_ask_whether_it_lives_is_ready_and_which_keys_it_has() {
    let world = World::new().await;
    let (visitor, person) = (world.visitor(), world.stranger().await);
    let keys: Value = serde_json::from_slice(&visitor.gets("/.well-known/jwks.json").await.body).unwrap();
    let key = &keys["keys"][0];
    assert_eq!((&key["kty"], &key["crv"], &key["d"]), (&json!("OKP"), &json!("Ed25519"), &Value::Null));
    let token = person.token.clone().unwrap();
    let header =
        base64::Engine::decode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, token.split('.').next().unwrap());
    let header: Value = serde_json::from_slice(&header.unwrap()).unwrap();
    assert_eq!(
        (&header["kid"], &header["alg"], &header["typ"]),
        (&key["kid"], &json!("EdDSA"), &json!("at+jwt"))
    );

    assert!(visitor.gets("/metrics").await.text().contains("impact_sql_statements_total"));
    world.app().pools.clone().close().await;
    let unready = visitor.gets("/readyz").await;
    assert_eq!((unready.status, unready.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, Some("2")));
    assert_eq!(
        visitor.gets("/livez").await.status,
        200,
        "a server whose database is away is not to be killed"
    );
}

#[tokio::test]
async fn metrics_are_not_for_those_who_come_through_the_proxy() {
    let world = World::with(|serving| serving.trust_proxy = true).await;
    assert_eq!(world.visitor().gets("/metrics").await.status, 200);
    assert_eq!(world.visitor().from("192.0.2.1").gets("/metrics").await.status, 404);
}
