//! Until the binary's handler lands: the same executor, gate and store behind a handler of our own.

use api::{
    authn::{keys::Keys, token},
    authz::{Batched, Clock, Pools, RequestFacts, Seat, Store, Viewer, Who},
    schema::{Schema, schema},
};
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::Response,
    routing::any,
};
use entity::{
    codes::{MembershipStatus, TokenScope, Verification},
    identity::{session, user},
    orgs::{membership, organization},
};
use gql::{
    codes::ErrorCode,
    cost::CostTable,
    gate::Gate,
    http::{Media, Reply, decode, negotiate},
    limits::Limits,
    refusal::Refusal,
};
use http::header;
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter};
use std::{net::SocketAddr, sync::Arc};
use tokio::{net::TcpListener, task::JoinHandle};

struct Server {
    schema: Schema,
    gate: Gate,
    pools: Pools,
    clock: Clock,
    keys: Keys,
    pool: DatabaseConnection,
}

pub async fn serve(
    pools: Pools,
    clock: Clock,
    keys: Keys,
    pool: DatabaseConnection,
) -> (SocketAddr, JoinHandle<()>) {
    let schema = schema();
    let prices = CostTable::from_sdl(&schema.sdl()).expect("a schema");
    let gate = Gate::new(Limits::default(), prices);
    let server = Arc::new(Server { schema, gate, pools, clock, keys, pool });
    let router = Router::new().route("/graphql", any(graphql)).with_state(server);
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
    let bearer = head.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(viewer) = viewer(&server, bearer).await else {
        return refuse(Refusal::new(ErrorCode::Unauthenticated, "This token is not valid."));
    };
    let english = head.headers.get(header::ACCEPT_LANGUAGE).is_some_and(|value| value == "en");
    let facts = RequestFacts { id: "req".to_owned(), english, ..RequestFacts::default() };
    let store = Store::new(server.pools.clone(), viewer, server.clock.clone(), facts);
    let request = admitted.request.data(store.clone());
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

async fn viewer(server: &Server, header: Option<&str>) -> Option<Viewer> {
    let Some(header) = header else { return Some(Viewer::public()) };
    let token = header.strip_prefix("Bearer ")?;
    let bearer = token::verify(&server.keys, token, server.clock.now()).await.ok()??;
    let session = session::Entity::find_by_id(bearer.session).one(&server.pool).await.ok()??;
    let user = user::Entity::find_by_id(bearer.user).one(&server.pool).await.ok()??;
    let seats = membership::Entity::find()
        .filter(membership::Column::UserId.eq(user.id))
        .filter(membership::Column::Status.eq(MembershipStatus::Active));
    let mut seated = Vec::new();
    for seat in seats.all(&server.pool).await.ok()? {
        let home = organization::Entity::find_by_id(seat.organization_id).one(&server.pool).await.ok()??;
        let is_verified = home.verification == Verification::Verified;
        seated.push(Seat { organization: seat.organization_id, role: seat.role, is_verified });
    }
    let who = Who::User {
        id: user.id,
        verified_email: user.email_verified_at.map(|_| user.email.clone()),
        session: Some(session.id),
        platform_role: user.platform_role,
        scopes: vec![TokenScope::Read, TokenScope::Write],
        authenticated_at: Some(session.authenticated_at),
    };
    session.ended_at.is_none().then(|| Viewer::new(who, seated))
}
