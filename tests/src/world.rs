//! The network of one story: a server, its database, its clock and its people.

use crate::{Actor, Database, Reply, client};
use api::{
    config::Serving,
    http::{App, metrics::Operation, router},
};
use authn::{
    Authenticator,
    mail::{MailSettings, Mailer},
    token,
};
use axum::response::Response;
use documents::{DocumentSettings, Documents};
use door::authz::{Clock, Pending, Pools, RequestFacts, Store, Traffic, Viewer};
use entity::{
    At,
    codes::{ActorKind, PlatformRole, Verification},
    identity::session,
    ids::{SessionId, UserId},
};
use http::Request;
use sea_orm::DatabaseConnection;
use std::{
    future::pending,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{net::TcpListener, task::JoinHandle};

/// A network of its own, on a port of its own.
#[derive(Clone)]
pub struct World(pub(crate) Arc<Inner>);

pub struct Inner {
    pub address: SocketAddr,
    pub(crate) app: Arc<App>,
    /// The test's own connections, beside the server's.
    pool: DatabaseConnection,
    server: JoinHandle<()>,
    dir: PathBuf,
    /// Dropped last.
    database: Arc<Database>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl World {
    /// A network with terms and a few territories, and nobody in it.
    pub async fn new() -> Self {
        Self::with(|_| ()).await
    }

    /// A network whose server is set otherwise; without a change nobody has a budget to keep.
    pub async fn with(change: impl FnOnce(&mut Serving)) -> Self {
        let database = Arc::new(Database::fresh().await);
        let dir = database.dir.clone();
        Self::open(database, &dir, Clock::default(), None, change).await
    }

    /// Another server on the same database, with a data directory of its own.
    pub async fn another_server(&self) -> Self {
        let dir = self.0.database.dir.join("another");
        Self::open(self.0.database.clone(), &dir, self.0.app.clock.clone(), None, |_| ()).await
    }

    /// Another server on the same database that shows outsiders cells of this many people, as `--fewest-shown` sets it.
    pub async fn another_server_showing(&self, fewest: u64) -> Self {
        let dir = self.0.database.dir.join(format!("showing-{fewest}"));
        let clock = self.0.app.clock.clone();
        let world = Self::open(self.0.database.clone(), &dir, clock, Some(fewest), |_| ()).await;
        let judged = network::evidence::measurements::disclosure::judge_all(&world.0.app.pools).await;
        judged.expect("measurements are judged at the start");
        world
    }

    async fn open(
        database: Arc<Database>,
        dir: &Path,
        clock: Clock,
        fewest_shown: Option<u64>,
        change: impl FnOnce(&mut Serving),
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let app = app(&database, dir, (clock, fewest_shown), serving(address, change)).await;
        let routes = router(app.clone()).layer(axum::middleware::map_response(tell_statements));
        let server = tokio::spawn(api::server::serve(listener, routes, app.clone(), Box::pin(pending())));
        let pool = database.connect().await;
        Self(Arc::new(Inner { address, app, pool, server, dir: dir.to_owned(), database }))
    }

    /// A network whose server has its search index open.
    pub async fn searching() -> Self {
        let world = Self::new().await;
        world.search().await;
        world
    }

    /// Opens or builds the server's search index, and waits for it.
    pub async fn search(&self) {
        drop(search::start(&self.0.app.pools, self.dir()).expect("a directory for the index"));
        let ready = "{ projects(first: 1, search: \"x\") { nodes { id } } }";
        while !self.visitor().asks(ready, serde_json::json!({})).await.errors().is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Every row of the read model.
    pub async fn read_model(&self) -> std::collections::BTreeMap<String, String> {
        self.0.app.pools.read_model().await.expect("the read model")
    }

    /// Where the server listens, for what no client would send.
    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// The test's own connection: for rows that no mutation makes, and to see that nothing changed.
    pub fn pool(&self) -> &DatabaseConnection {
        &self.0.pool
    }

    /// The server's insides, for tests of policies.
    pub fn app(&self) -> &App {
        &self.0.app
    }

    /// Where the server keeps its keys and, in `mail`, the letters it sent.
    pub fn dir(&self) -> &Path {
        &self.0.dir
    }

    /// Where all servers of this network keep documents.
    pub fn documents(&self) -> PathBuf {
        documents_of(&self.0.database)
    }

    pub fn now(&self) -> At {
        self.0.app.clock.now()
    }

    /// Time passes.
    pub fn later(&self, time: Duration) {
        self.0.app.clock.advance(i64::try_from(time.as_micros()).expect("less than 292,000 years"));
    }

    /// The database as a part of the system sees it, for what no mutation does.
    pub fn store_of(&self, job: &'static str) -> Store {
        let app = &self.0.app;
        let facts = RequestFacts { id: "story".to_owned(), ..RequestFacts::default() };
        Store::new(app.pools.clone(), Viewer::job(job), app.clock.clone(), facts)
    }

    /// Sends any request, as it is.
    pub async fn sends(&self, request: Request<Vec<u8>>) -> Reply {
        client::send(self.0.address, request).await
    }

    /// Nobody: no sign-in.
    pub fn visitor(&self) -> Actor {
        let (world, name) = (self.0.clone(), "visitor".to_owned());
        Actor { world, name, user: None, organization: None, token: None, language: "fr", address: None }
    }

    /// Somebody signed in who belongs to no organization.
    pub async fn stranger(&self) -> Actor {
        self.staff("Stranger", PlatformRole::None).await
    }

    pub async fn curator(&self) -> Actor {
        self.staff("Curator", PlatformRole::Curator).await
    }

    pub async fn steward(&self) -> Actor {
        self.staff("Steward", PlatformRole::DataSteward).await
    }

    pub async fn administrator(&self) -> Actor {
        self.staff("Administrator", PlatformRole::Admin).await
    }

    /// Owner of a verified association.
    pub async fn innovator(&self, name: &str) -> Actor {
        self.owner(name, ActorKind::Innovator, Verification::Verified).await
    }

    /// Owner of a verified foundation.
    pub async fn funder(&self, name: &str) -> Actor {
        self.owner(name, ActorKind::Funder, Verification::Verified).await
    }

    /// Owner of a verified authority.
    pub async fn public_body(&self, name: &str) -> Actor {
        self.owner(name, ActorKind::PublicDecisionMaker, Verification::Verified).await
    }

    /// Owner of a verified university.
    pub async fn university(&self, name: &str) -> Actor {
        self.owner(name, ActorKind::University, Verification::Verified).await
    }

    /// The same person, signed in anew: tokens end as time passes.
    pub async fn again(&self, actor: &Actor) -> Actor {
        let token = self.token_for(actor.user.expect("an account")).await;
        Actor { token: Some(token), ..actor.clone() }
    }

    /// Signs somebody in: a session, and the access token that the API would give for it.
    pub async fn token_for(&self, user: UserId) -> String {
        let now = self.now();
        let id = SessionId::fresh();
        let row = session::Model {
            id,
            user_id: user,
            user_agent: Some("tests".to_owned()),
            address: None,
            authenticated_at: now,
            last_used_at: now,
            expires_at: now.plus(30 * At::DAY),
            ended_at: None,
            created_at: now,
        };
        self.insert(row).await;
        token::issue(&self.0.app.authn.keys, token::Bearer { user, session: id }, now).expect("a token")
    }
}

/// Most bytes of a document, here: less than a server takes by default, so that too many are soon sent.
pub const MOST_BYTES: u64 = 1_000_000;

fn documents_of(database: &Database) -> PathBuf {
    database.dir.join("documents")
}

fn serving(listen: SocketAddr, change: impl FnOnce(&mut Serving)) -> Serving {
    let mut serving = Serving {
        listen,
        public_url: "http://network.test".to_owned(),
        cors_origins: Vec::new(),
        bucket: None,
        trust_proxy: false,
        max_connections: 1_000,
        is_demo: false,
    };
    change(&mut serving);
    serving
}

async fn app(
    database: &Database,
    dir: &Path,
    (clock, fewest_shown): (Clock, Option<u64>),
    serving: Serving,
) -> Arc<App> {
    let pools = Pools::open(&database.place, 5, Pending::Refuse).await.expect("the database opens");
    let url = format!("file://{}", documents_of(database).display());
    let settings = DocumentSettings { url: Some(&url), most: MOST_BYTES, data_dir: dir };
    std::fs::create_dir_all(dir).expect("a data directory");
    documents::start(&pools, Documents::open(settings).expect("a place for documents"));
    let pools = match fewest_shown {
        Some(fewest) => pools.showing_from(fewest),
        None => pools,
    };
    let traffic = Traffic::new(pools.clone(), clock.clone());
    let mail = MailSettings {
        smtp_url: None,
        from: "Impact network <no-reply@example.org>",
        public_url: &serving.public_url,
        data_dir: dir,
    };
    let mailer = Mailer::start(&mail).expect("mail");
    let authenticator = Authenticator::open(dir, pools.clone(), traffic.clone(), clock.clone(), mailer);
    let authenticator = authenticator.await.expect("sign-in");
    App::new(pools, traffic, clock, authenticator, serving).expect("an app")
}

/// Tells how often the database was asked, as the server's log does; only in tests does it leave the server.
async fn tell_statements(mut response: Response) -> Response {
    if let Some(operation) = response.extensions().get::<Operation>() {
        let statements = operation.statements.into();
        response.headers_mut().insert("x-statements", statements);
    }
    response
}
