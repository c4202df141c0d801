//! The network of one story: a server, its database, its clock and its people.

use crate::{Actor, Database, Reply, client, seam};
use api::{
    authn::{Authenticator, token},
    authz::{Clock, Pending, Pools, Traffic},
    mail::{MailSettings, Mailer},
};
use entity::{
    At,
    codes::{ActorKind, PlatformRole, Verification},
    identity::session,
    ids::{SessionId, UserId},
};
use http::Request;
use sea_orm::DatabaseConnection;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::task::JoinHandle;

/// A network of its own, on a port of its own.
#[derive(Clone)]
pub struct World(pub(crate) Arc<Inner>);

pub struct Inner {
    pub address: SocketAddr,
    pub(crate) clock: Clock,
    /// The test's own connections, beside the server's.
    pub pool: DatabaseConnection,
    pub(crate) authenticator: Authenticator,
    server: JoinHandle<()>,
    /// Dropped last.
    pub database: Database,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl World {
    /// A network with terms and a few territories, and nobody in it.
    pub async fn new() -> Self {
        let database = Database::fresh().await;
        let clock = Clock::default();
        let pools = Pools::open(&database.place, 5, Pending::Refuse).await.expect("the database opens");
        let traffic = Traffic::new(pools.clone(), clock.clone());
        let mail = MailSettings {
            smtp_url: None,
            from: "Impact network <no-reply@example.org>",
            public_url: "http://network.test",
            data_dir: &database.dir,
        };
        let mailer = Mailer::start(&mail).expect("mail");
        let authenticator = Authenticator::open(&database.dir, pools.clone(), traffic, clock.clone(), mailer);
        let authenticator = authenticator.await.expect("sign-in");
        let pool = database.connect().await;
        let (address, server) = seam::serve(pools, clock.clone(), authenticator.clone()).await;
        Self(Arc::new(Inner { address, clock, pool, authenticator, server, database }))
    }

    /// The test's own connection: for rows that no mutation makes, and to see that nothing changed.
    pub fn pool(&self) -> &DatabaseConnection {
        &self.0.pool
    }

    pub fn now(&self) -> At {
        self.0.clock.now()
    }

    /// Time passes.
    pub fn later(&self, time: Duration) {
        self.0.clock.advance(i64::try_from(time.as_micros()).expect("less than 292,000 years"));
    }

    /// Sends any request, as it is.
    pub async fn sends(&self, request: Request<Vec<u8>>) -> Reply {
        client::send(self.0.address, request).await
    }

    /// Nobody: no sign-in.
    pub fn visitor(&self) -> Actor {
        let (world, name) = (self.0.clone(), "visitor".to_owned());
        Actor { world, name, user: None, organization: None, token: None, language: "fr" }
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
        token::issue(&self.0.authenticator.keys, token::Bearer { user, session: id }, now).expect("a token")
    }
}
