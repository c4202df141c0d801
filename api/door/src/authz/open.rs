//! Opening the one database: its connections, its tables, its shared secret. Nothing else ever connects.

use super::{Clock, Pools, Traffic};
use anyhow::{Context, Result, bail};
use gql::cursor::CursorKey;
use migration::{Migrator, MigratorTrait};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
    sqlx::{
        Connection,
        postgres::{PgConnectOptions, PgConnection},
        sqlite::{SqliteAutoVacuum, SqliteJournalMode, SqliteSynchronous},
    },
};
use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
    time::Duration,
};

/// Waiting longer for a connection is worse for everybody than being told to come back.
const ACQUIRE: Duration = Duration::from_secs(5);
/// A statement that takes longer has lost its reader: requests end after ten seconds.
const STATEMENT: Duration = Duration::from_secs(10);
const BUSY: Duration = Duration::from_secs(10);
const SQLITE_READERS: u32 = 4;
/// Oldest PostgreSQL we test with.
const POSTGRES: i64 = 150_000;
/// Keeps two servers from preparing one database at once (`impact` in ASCII).
const PREPARING: i64 = 0x696d_7061_6374;
const CURSOR_KEY: &str = "cursor-key";

/// Where the network's rows live.
#[derive(Clone)]
pub enum Place {
    /// A SQLite file, made when missing.
    File(PathBuf),
    /// A PostgreSQL server's URL.
    Server(Box<PgConnectOptions>, String),
}

impl Place {
    /// Reads `--database-url`; without one it is a file in the data directory.
    pub fn of(url: Option<&str>, data_dir: &Path) -> Result<Self> {
        let Some(url) = url else { return Ok(Self::File(data_dir.join("impact.db"))) };
        let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
        match scheme {
            "postgres" | "postgresql" => {
                let options = PgConnectOptions::from_str(url).map_err(|cause| {
                    anyhow::anyhow!(
                        "not a PostgreSQL URL ({cause}); write postgres://user:password@host:5432/database"
                    )
                })?;
                Ok(Self::Server(Box::new(options), url.to_owned()))
            }
            "sqlite" => {
                let path = url.trim_start_matches("sqlite:").trim_start_matches("//");
                let path = path.split_once('?').map_or(path, |(path, _)| path);
                if path.is_empty() || path == ":memory:" {
                    bail!("SQLite needs a file; write sqlite:/var/lib/impact/impact.db");
                }
                Ok(Self::File(path.into()))
            }
            _ => bail!(
                "must begin with postgres:// or sqlite:; write postgres://user:password@host:5432/database"
            ),
        }
    }
}

/// Without the password.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "SQLite, {}", path.display()),
            Self::Server(options, _) => {
                let database = options.get_database().unwrap_or_else(|| options.get_username());
                write!(f, "PostgreSQL, {}:{}/{database}", options.get_host(), options.get_port())
            }
        }
    }
}

/// What to do about migrations that were not applied yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pending {
    Apply,
    Refuse,
}

impl Pools {
    /// Connects, brings the tables up to date and finds the shared secret. Errors say what to do.
    pub async fn open(place: &Place, connections: u32, pending: Pending) -> Result<Self> {
        let (read, write) = connect(place, connections).await?;
        let pools = Self::new(read, write, CursorKey(Arc::default()));
        if pending == Pending::Apply {
            pools.migrate_up().await.context("migrations failed")?;
        } else if let waiting @ 1.. = pools.waiting().await? {
            bail!("{waiting} migrations are pending; run `impact migrate up`, or start without --no-migrate");
        }
        let key = Traffic::new(pools.clone(), Clock::default())
            .shared(CURSOR_KEY, || rand::random::<[u8; 32]>().to_vec())
            .await
            .map_err(|cause| anyhow::anyhow!("{cause}"))?;
        Ok(Self { cursor_key: CursorKey(key.into()), ..pools })
    }

    /// Only the connections, for `impact migrate`.
    pub async fn connect(place: &Place) -> Result<Self> {
        let (read, write) = connect(place, 2).await?;
        Ok(Self::new(read, write, CursorKey(Arc::default())))
    }

    /// All pending migrations or none, by one server at a time. A kill in the middle leaves nothing behind.
    pub async fn migrate_up(&self) -> Result<(), DbErr> {
        if self.waiting().await.is_ok_and(|waiting| waiting == 0) {
            return Ok(());
        }
        let transaction = self.prepare().await?;
        Migrator::up(&transaction, None).await?;
        transaction.commit().await
    }

    /// Takes the last migration back, or all of them.
    pub async fn migrate_down(&self, steps: Option<u32>) -> Result<(), DbErr> {
        let transaction = self.prepare().await?;
        Migrator::down(&transaction, steps).await?;
        transaction.commit().await
    }

    /// Every migration, with whether it was applied.
    pub async fn migrations(&self) -> Result<Vec<(String, bool)>, DbErr> {
        let all = Migrator::get_migration_with_status_read_only(&self.read).await?;
        Ok(all
            .iter()
            .map(|migration| {
                let is_applied = migration.status() == sea_orm_migration::MigrationStatus::Applied;
                (migration.name().to_owned(), is_applied)
            })
            .collect())
    }

    async fn waiting(&self) -> Result<usize, DbErr> {
        Ok(self.migrations().await?.iter().filter(|(_, is_applied)| !is_applied).count())
    }

    /// A transaction that is alone in preparing the database.
    pub(super) async fn prepare(&self) -> Result<DatabaseTransaction, DbErr> {
        let transaction = begin(&self.write).await?;
        if transaction.get_database_backend() == DbBackend::Postgres {
            // Others wait here for as long as the first one loads.
            for limit in ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"] {
                transaction.execute_unprepared(&format!("set local {limit} = 0")).await?;
            }
            transaction.execute_unprepared(&format!("select pg_advisory_xact_lock({PREPARING})")).await?;
        }
        Ok(transaction)
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), DbErr> {
        // Not the driver's ping: on SQLite it would not touch the file.
        let statement =
            Statement::from_string(self.read.get_database_backend(), "select 1 from shared_value limit 1");
        self.read.query_one_raw(statement).await?;
        Ok(())
    }

    /// Open and idle connections of all pools.
    pub fn connections(&self) -> (u32, usize) {
        let counts = |pool: &DatabaseConnection| {
            if pool.get_database_backend() == DbBackend::Sqlite {
                let pool = pool.get_sqlite_connection_pool();
                return (pool.size(), pool.num_idle());
            }
            let pool = pool.get_postgres_connection_pool();
            (pool.size(), pool.num_idle())
        };
        let (read, write) = (counts(&self.read), counts(&self.write));
        (read.0 + write.0, read.1 + write.1)
    }

    /// Statements that one request may have under way at once: a connection is left for others, whatever it asks.
    pub(super) fn turns(&self) -> usize {
        let most = if self.read.get_database_backend() == DbBackend::Sqlite {
            self.read.get_sqlite_connection_pool().options().get_max_connections()
        } else {
            self.read.get_postgres_connection_pool().options().get_max_connections()
        };
        most.saturating_sub(1).max(1) as usize
    }
}

/// Begins to write. On SQLite a writer is a writer from the start, or it would fail when it becomes one.
pub(super) async fn begin(write: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    if write.get_database_backend() != DbBackend::Sqlite {
        return write.begin().await;
    }
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..Default::default()
    };
    write.begin_with_options(options).await
}

async fn connect(place: &Place, connections: u32) -> Result<(DatabaseConnection, DatabaseConnection)> {
    match place {
        Place::File(path) => {
            let write = sqlite(path, 1, false).await?;
            let read = sqlite(path, SQLITE_READERS, true).await?;
            Ok((read, write))
        }
        Place::Server(options, url) => {
            knock(options, place).await?;
            // Apart, as on SQLite: a transaction may have to read beside itself, and must not wait for other transactions.
            let writers = (connections / 2).max(1);
            let (write, read) =
                (postgres(url, writers).await?, postgres(url, (connections - writers).max(1)).await?);
            let version = Statement::from_string(
                DbBackend::Postgres,
                "select current_setting('server_version_num')::bigint",
            );
            let row = read.query_one_raw(version).await?.context("PostgreSQL does not tell its version")?;
            let version: i64 = row.try_get_by_index(0)?;
            if is_too_old(version) {
                bail!("{place} is version {}; use PostgreSQL 15 or later", version / 10_000);
            }
            Ok((read, write))
        }
    }
}

/// By PostgreSQL's own number: 150004 is 15.4.
fn is_too_old(version: i64) -> bool {
    version < POSTGRES
}

/// Connects once, because a pool goes on trying and forgets why it failed.
async fn knock(options: &PgConnectOptions, place: &Place) -> Result<()> {
    match tokio::time::timeout(ACQUIRE, PgConnection::connect_with(options)).await {
        Ok(Ok(connection)) => Ok(connection.close().await?),
        Ok(Err(cause)) => bail!(
            "cannot connect to {place}: {}; check the address, the user and whether the server runs",
            reason(&cause.to_string())
        ),
        Err(_) => bail!("{place} does not answer; check the address and whether the server runs"),
    }
}

/// One line, without the library's own preamble.
fn reason(cause: &str) -> String {
    let cause = cause.rsplit_once("error with configuration:").map_or(cause, |(_, cause)| cause);
    let cause = cause.lines().next().unwrap_or_default().trim();
    // The line is one of PostgreSQL's own source.
    cause.rsplit_once(" at line ").map_or(cause, |(cause, _)| cause).to_owned()
}

async fn sqlite(path: &Path, connections: u32, is_reader: bool) -> Result<DatabaseConnection> {
    let file = path.to_owned();
    let mut options = ConnectOptions::new("sqlite::memory:");
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(ACQUIRE)
        // A file does not hang up.
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(move |options| {
            let options = options
                .filename(&file)
                .in_memory(false)
                .shared_cache(false)
                .create_if_missing(true)
                .foreign_keys(true)
                .busy_timeout(BUSY)
                .journal_mode(SqliteJournalMode::Wal)
                .auto_vacuum(SqliteAutoVacuum::None)
                // NORMAL outlives kill -9 but not a power cut. What was acknowledged must outlive both, and a network
                // is read far more than written.
                .synchronous(SqliteSynchronous::Full);
            if is_reader { options.pragma("query_only", "on") } else { options }
        });
    Database::connect(options)
        .await
        .map_err(|cause| anyhow::anyhow!("cannot open {}: {}", path.display(), reason(&cause.to_string())))
}

async fn postgres(url: &str, connections: u32) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(ACQUIRE)
        // A ping for each statement doubles the round trips; one after a pause finds what a restart cut.
        .test_before_acquire(false)
        .test_before_acquire_if_idle_for(Duration::from_secs(1))
        .statement_timeout(STATEMENT)
        .set_application_name("impact")
        .sqlx_logging(false)
        .map_sqlx_postgres_opts(|options| {
            options.options([("idle_in_transaction_session_timeout", "20000"), ("lock_timeout", "8000")])
        });
    Database::connect(options).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_file_or_a_server() {
        let dir = Path::new("data");
        let shown =
            |url| Place::of(url, dir).map(|place| place.to_string()).map_err(|error| error.to_string());
        assert_eq!(shown(None), Ok("SQLite, data/impact.db".to_owned()));
        assert_eq!(shown(Some("sqlite:///var/a.db?mode=rw")), Ok("SQLite, /var/a.db".to_owned()));
        assert_eq!(
            shown(Some("postgres://me:secret@db.example:5433/net")),
            Ok("PostgreSQL, db.example:5433/net".to_owned())
        );
        for wrong in ["mysql://x/y", "impact", "sqlite:", "postgres://host:port/x"] {
            let told = shown(Some(wrong)).expect_err(wrong);
            assert!(!told.contains('\n') && told.contains("write "), "{told}");
        }
    }
    #[test]
    fn postgresql_is_15_or_later() {
        assert_eq!([90_624, 140_099, 149_999].map(is_too_old), [true; 3]);
        assert_eq!([150_000, 150_004, 180_001].map(is_too_old), [false; 3]);
    }

    #[tokio::test]
    async fn sqlite_has_one_writer_a_log_to_write_ahead_and_keys_that_lead_somewhere() {
        let dir = tempfile::tempdir().unwrap();
        let place = Place::File(dir.path().join("impact.db"));
        let pools = Pools::open(&place, 10, Pending::Apply).await.unwrap();
        let ask = async |pool: &DatabaseConnection, pragma: &str| {
            let statement = Statement::from_string(DbBackend::Sqlite, format!("pragma {pragma}"));
            pool.query_one_raw(statement).await.unwrap().unwrap()
        };
        for (pool, connections, is_reader) in [(&pools.write, 1, 0), (&pools.read, SQLITE_READERS, 1)] {
            let options = pool.get_sqlite_connection_pool().options();
            assert_eq!(options.get_max_connections(), connections);
            assert_eq!(ask(pool, "journal_mode").await.try_get_by_index::<String>(0).unwrap(), "wal");
            for (pragma, expected) in
                [("foreign_keys", 1), ("busy_timeout", 10_000), ("synchronous", 2), ("query_only", is_reader)]
            {
                let told: i64 = ask(pool, pragma).await.try_get_by_index(0).unwrap();
                assert_eq!(told, expected, "{pragma}");
            }
        }
        let first = begin(&pools.write).await.unwrap();
        let other = Pools::connect(&place).await.unwrap();
        other.write.execute_unprepared("pragma busy_timeout = 0").await.unwrap();
        assert!(begin(&other.write).await.is_err(), "who begins to write is the writer from the start");
        first.rollback().await.unwrap();
        begin(&other.write).await.unwrap();
    }
}
