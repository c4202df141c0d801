//! Databases are cheap: one template per run, one copy per test, gone when the test is.
//!
//! A run holds an advisory lock on PostgreSQL, and its process id names its files; so the next run knows what a crashed
//! one left behind, and removes it.

use door::authz::{Pending, Place, Pools};
use sea_orm::{ConnectionTrait, Database as Connect, DatabaseConnection, DbBackend, Statement};
use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    thread,
};
use tokio::{runtime::Runtime, sync::Mutex};

/// Whether this run is on PostgreSQL.
pub fn is_postgres() -> bool {
    match env::var("TEST_DATABASE").as_deref() {
        Ok("postgres") => true,
        Ok("sqlite" | "") | Err(_) => false,
        Ok(other) => panic!("TEST_DATABASE={other}: write sqlite or postgres"),
    }
}

/// A database of one test, removed with it.
pub struct Database {
    pub place: Place,
    /// Also the server's data directory.
    pub dir: PathBuf,
    name: Option<String>,
}

impl Database {
    /// With all tables, all terms and a few dozen territories.
    pub async fn fresh() -> Self {
        Self::from_template(true).await
    }

    /// Without any table.
    pub async fn empty() -> Self {
        Self::from_template(false).await
    }

    async fn from_template(is_filled: bool) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let keeper = Keeper::get();
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let dir = keeper.dir.join(number.to_string());
        fs::create_dir(&dir).expect("a directory for the test");
        let Some(server) = &keeper.server else {
            let file = dir.join("impact.db");
            if is_filled {
                fs::copy(keeper.dir.join("template/impact.db"), file).expect("a copy of the template");
            }
            return Self { place: Place::of(None, &dir).expect("a place"), dir, name: None };
        };
        let name = format!("impact_test_{}_{number}", server.run);
        let template = if is_filled { server.template() } else { "template0".to_owned() };
        keeper.does(format!("create database {name} template {template}")).await;
        let place = server.place(&name);
        Self { place, dir, name: Some(name) }
    }

    /// A connection of the test's own.
    pub async fn connect(&self) -> DatabaseConnection {
        connect(&self.place).await
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let keeper = Keeper::get();
        if let Some(name) = &self.name {
            let (done, wait) = mpsc::channel();
            let drop = format!("drop database if exists {name} with (force)");
            keeper.runtime.spawn(async move {
                Keeper::get().does(drop).await;
                let _ = done.send(());
            });
            let _ = wait.recv();
        }
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// Makes templates and copies, on a runtime of its own: tests come and go.
struct Keeper {
    runtime: Runtime,
    dir: PathBuf,
    server: Option<Server>,
}

struct Server {
    url: String,
    run: u32,
    /// One connection, which also holds the run's lock. One statement at a time: templates bear no company.
    admin: Mutex<DatabaseConnection>,
}

impl Keeper {
    fn get() -> &'static Self {
        static KEEPER: OnceLock<Keeper> = OnceLock::new();
        // A thread of its own, because a runtime cannot be started within a test's.
        KEEPER.get_or_init(|| thread::spawn(Self::start).join().expect("the keeper of databases starts"))
    }

    fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let dir = directory();
        let server = is_postgres().then(|| {
            let url = env::var("TEST_POSTGRES_URL").expect(
                "TEST_DATABASE=postgres needs TEST_POSTGRES_URL; `tests/run` sets both and starts a server",
            );
            runtime.block_on(Server::open(url))
        });
        let place = match &server {
            None => Place::of(None, &dir.join("template")).expect("a place"),
            Some(server) => server.place(&server.template()),
        };
        fs::create_dir(dir.join("template")).expect("a directory for the template");
        runtime.block_on(fill(&place));
        Self { runtime, dir, server }
    }

    async fn does(&self, statement: String) {
        let server = self.server.as_ref().expect("PostgreSQL");
        let admin = server.admin.lock().await;
        admin.execute_unprepared(&statement).await.unwrap_or_else(|fault| panic!("{statement}: {fault}"));
    }
}

impl Server {
    async fn open(url: String) -> Self {
        let mut options = sea_orm::ConnectOptions::new(&url);
        options
            .max_connections(1)
            .min_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .sqlx_logging(false);
        let admin = Connect::connect(options).await.expect("TEST_POSTGRES_URL answers");
        let run = u32::from_be_bytes(*uuid::Uuid::new_v4().as_bytes().first_chunk().expect("16 bytes"));
        lock(&admin, run).await;
        let server = Self { url, run, admin: Mutex::new(admin) };
        server.sweep().await;
        let create = format!("create database {} template template0 encoding 'UTF8'", server.template());
        server.admin.lock().await.execute_unprepared(&create).await.expect("a template");
        server
    }

    fn template(&self) -> String {
        format!("impact_test_{}_template", self.run)
    }

    fn place(&self, database: &str) -> Place {
        Place::of(Some(&with_database(&self.url, database)), Path::new("")).expect("a place")
    }

    /// Removes what runs left behind whose lock is free.
    async fn sweep(&self) {
        let admin = self.admin.lock().await;
        let list = "select datname::text from pg_database where datname like 'impact\\_test\\_%'";
        let rows = admin.query_all_raw(Statement::from_string(DbBackend::Postgres, list)).await;
        for row in rows.expect("databases") {
            let name: String = row.try_get_by_index(0).expect("a name");
            let run = name.split('_').nth(2).and_then(|run| run.parse().ok());
            if let Some(run) = run.filter(|run| *run != self.run)
                && lock(&admin, run).await
            {
                // Another sweeper may be quicker.
                let _ =
                    admin.execute_unprepared(&format!("drop database if exists {name} with (force)")).await;
            }
        }
    }
}

/// Takes a run's lock; false if the run lives.
async fn lock(admin: &DatabaseConnection, run: u32) -> bool {
    let statement = format!("select pg_try_advisory_lock(1768779891, {})", run.cast_signed());
    let row = admin.query_one_raw(Statement::from_string(DbBackend::Postgres, statement)).await;
    row.expect("an answer").expect("a row").try_get_by_index(0).expect("a truth")
}

/// `postgres://user@host/postgres?x=y` with another database.
fn with_database(url: &str, database: &str) -> String {
    let (before, query) = url.split_once('?').map_or((url, None), |(before, query)| (before, Some(query)));
    let (scheme, rest) = before.split_once("://").expect("TEST_POSTGRES_URL is a URL");
    let authority = rest.split('/').next().unwrap_or_default();
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{scheme}://{authority}/{database}{query}")
}

/// This run's directory: in memory where there is such a place. Those of runs that died are removed.
fn directory() -> PathBuf {
    let memory = Path::new("/dev/shm");
    let root = if memory.is_dir() { memory.to_owned() } else { env::temp_dir() };
    for entry in fs::read_dir(&root).expect("a place for files").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let process = name.strip_prefix("impact-test-").and_then(|rest| rest.parse::<u32>().ok());
        if process.is_some_and(|process| !Path::new(&format!("/proc/{process}")).exists()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    let dir = root.join(format!("impact-test-{}", std::process::id()));
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir(&dir).expect("this run's directory");
    dir
}

/// Territories every test has: a region with two departments and an inter-municipal body over both, `2A`, `975`.
const TERRITORIES: &[&str] = &[
    "WORLD",
    "EU",
    "FR",
    "REG-76",
    "REG-94",
    "REG-975",
    "DEP-31",
    "DEP-81",
    "DEP-82",
    "DEP-2A",
    "DEP-2B",
    "DEP-975",
    "EPCI-243100518",
    "EPCI-200034023",
    "EPCI-242010056",
    "COM-31555",
    "COM-81271",
    "COM-2A004",
    "COM-97502",
];

/// The tables and the reference data, then only those territories and the parts of the inter-municipal body over two.
async fn fill(place: &Place) {
    let pools = Pools::open(place, 2, Pending::Apply).await.expect("the template opens");
    network::reference::load::load(&pools).await.expect("the reference data load");
    pools.close().await;
    let own = connect(place).await;
    let kept = TERRITORIES.iter().map(|code| format!("'{code}'")).collect::<Vec<_>>().join(",");
    for statement in [
        format!(
            "create table kept as select id from territory where code in ({kept}) union
             select descendant_id from territory_closure where ancestor_id =
               (select id from territory where code = 'EPCI-200034023')"
        ),
        "delete from postal_code where territory_id not in (select id from kept)".to_owned(),
        "delete from territory_closure where descendant_id not in (select id from kept)".to_owned(),
        "delete from territory where id not in (select id from kept)".to_owned(),
        "drop table kept".to_owned(),
    ] {
        own.execute_unprepared(&statement).await.unwrap_or_else(|fault| panic!("{statement}: {fault}"));
    }
    let tidy = match own.get_database_backend() {
        DbBackend::Postgres => "vacuum (full, analyze)",
        _ => "vacuum",
    };
    own.execute_unprepared(tidy).await.expect("room is given back");
    own.close().await.expect("the template closes");
}

/// Plain connections: this is not the door.
async fn connect(place: &Place) -> DatabaseConnection {
    let url = match place {
        Place::File(path) => format!("sqlite://{}?mode=rwc", path.display()),
        Place::Server(_, url) => url.clone(),
    };
    let mut options = sea_orm::ConnectOptions::new(url);
    options.max_connections(2).sqlx_logging(false);
    Connect::connect(options).await.expect("the test connects")
}
