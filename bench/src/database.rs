//! The seeded database, of either kind: what the benchmark asks of it beside the server.

use anyhow::{Context, Result, bail};
use sea_orm::sqlx::{PgPool, Row, SqlitePool};
use uuid::Uuid;

#[derive(Clone)]
pub enum Database {
    Postgres(PgPool),
    Sqlite(SqlitePool),
}

impl Database {
    pub async fn open(url: &str) -> Result<Self> {
        match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("postgres" | "postgresql") => Ok(Self::Postgres(PgPool::connect(url).await?)),
            Some("sqlite") => {
                let connection = sea_orm::Database::connect(url).await?;
                Ok(Self::Sqlite(connection.get_sqlite_connection_pool().clone()))
            }
            _ => bail!("a database is postgres://… or sqlite:…"),
        }
    }

    /// Some published projects, spread over all.
    pub async fn projects(&self) -> Result<Vec<Uuid>> {
        const SQL: &str =
            "select project_id from project_card where published_key > 0 order by project_id limit 500";
        let ids: Vec<Uuid> = match self {
            Self::Postgres(pool) => {
                let rows = sea_orm::sqlx::query(SQL).fetch_all(pool).await?;
                rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?
            }
            Self::Sqlite(pool) => {
                let rows = sea_orm::sqlx::query(SQL).fetch_all(pool).await?;
                rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?
            }
        };
        Ok(ids.into_iter().step_by(20).collect())
    }

    /// Process that started all of the database's others; nothing for one that lives in the server.
    pub async fn process(&self) -> Result<Option<u32>> {
        let Self::Postgres(pool) = self else { return Ok(None) };
        let backend: i32 =
            sea_orm::sqlx::query("select pg_backend_pid()").fetch_one(pool).await?.try_get(0)?;
        let stat = crate::stat(u32::try_from(backend)?).context("a PostgreSQL on this machine")?;
        Ok(Some(stat.parent))
    }
}
