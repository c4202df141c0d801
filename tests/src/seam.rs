//! Until the binary's handler lands: the same executor, gate, sign-in and store behind a handler of our own.

use api::{
    authn::Authenticator,
    authz::{Batched, Clock, Pools, RequestFacts, Store},
    schema::{Schema, gate, published, schema},
};
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::Response,
    routing::{any, get},
};
use gql::{
    codes::ErrorCode,
    gate::Gate,
    http::{Media, Reply, decode, negotiate},
    refusal::Refusal,
};
use http::header;
use std::{net::SocketAddr, sync::Arc};
use tokio::{net::TcpListener, task::JoinHandle};

struct Server {
    schema: Schema,
    gate: Gate,
    pools: Pools,
    clock: Clock,
    authenticator: Authenticator,
}

pub async fn serve(pools: Pools, clock: Clock, authenticator: Authenticator) -> (SocketAddr, JoinHandle<()>) {
    let schema = schema();
    let gate = gate(&schema).expect("a gate");
    let server = Arc::new(Server { schema, gate, pools, clock, authenticator });
    let sdl = get(|| async { published().expect("a schema") });
    let router =
        Router::new().route("/graphql", any(graphql)).route("/schema.graphql", sdl).with_state(server);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let task = tokio::spawn(async move { axum::serve(listener, router).await.expect("served") });
    (address, task)
}

async fn graphql(State(server): State<Arc<Server>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 2_000_000).await.unwrap_or_default();
    let media = negotiate(&head.headers).unwrap_or(Media::Json);
    let refuse =
        |refusal| Reply { media, request_id: "req", cost: None }.refuse(refusal).response.map(Body::from);
    let ask = decode(&head.method, head.uri.query(), &head.headers, &body, server.gate.limits());
    let admitted = match ask.and_then(|ask| server.gate.admit(ask)) {
        Ok(admitted) => admitted,
        Err(refusal) => return refuse(refusal),
    };
    let english = head.headers.get(header::ACCEPT_LANGUAGE).is_some_and(|value| value == "en");
    let facts = RequestFacts { id: "req".to_owned(), english, ..RequestFacts::default() };
    let Ok(viewer) = server.authenticator.authenticate(&head.headers, &facts).await else {
        return refuse(Refusal::new(ErrorCode::Unauthenticated, "This token is not valid."));
    };
    let store = Store::new(server.pools.clone(), viewer, server.clock.clone(), facts);
    let request = admitted.request.data(store.clone()).data(server.authenticator.clone());
    let mut answer = Batched::new(store.clone(), server.schema.execute(request)).await;
    if let Some(withheld) = store.withheld().extension() {
        answer.extensions.insert("withheld".to_owned(), withheld);
    }
    let answer = Reply { media, request_id: "req", cost: Some(&admitted.cost) }.respond(answer);
    for hidden in &answer.hidden {
        eprintln!("hidden: {} {}", hidden.path, hidden.message);
    }
    let mut response = answer.response.map(Body::from);
    response.headers_mut().insert("x-statements", store.statements().into());
    response
}
