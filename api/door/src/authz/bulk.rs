//! Filling tables with millions of rows: `COPY` on PostgreSQL, with the indexes made afterwards; ordinary inserts on
//! SQLite. One transaction: a kill leaves nothing behind.

use super::{Fill, Pools};
use crate::{Error, Result};
use sea_orm::{
    ActiveModelTrait, DbBackend, EntityTrait, Iden, IntoActiveModel, Iterable, ModelTrait, Value,
    sqlx::{self, Postgres, Row, Transaction},
};
use std::fmt::Write;

/// Tables that are written in bulk, whose indexes and foreign keys wait until the end.
const TABLES: &[&str] = &[
    "organization",
    "organization_kind",
    "accreditation",
    "project",
    "project_term",
    "project_territory",
    "need",
    "contact",
    "project_card",
    "project_entry",
];

pub enum Bulk {
    Insert(Fill),
    Copy(Box<Copy>),
}

/// A transaction of the driver's own: `COPY` is not spoken by the layer above it.
pub struct Copy {
    tx: Transaction<'static, Postgres>,
    /// Statements that make indexes and foreign keys again.
    afterwards: Vec<String>,
    pools: Pools,
}

fn failed(cause: sqlx::Error) -> Error {
    Error::Internal(cause.into())
}

impl Bulk {
    /// Nothing if a filling of this name was made before.
    pub async fn begin(pools: &Pools, mark: &str, version: &str) -> Result<Option<Self>> {
        let fill = pools.fill().await?;
        if !fill.mark(mark, version).await? {
            return Ok(None);
        }
        if pools.write.get_database_backend() == DbBackend::Sqlite {
            return Ok(Some(Self::Insert(fill)));
        }
        // The other transaction starts over with a connection of its own.
        drop(fill);
        let mut tx = pools.write.get_postgres_connection_pool().begin().await.map_err(failed)?;
        sqlx::raw_sql("set local statement_timeout = 0").execute(&mut *tx).await.map_err(failed)?;
        sqlx::query("insert into shared_value (name, value) values ($1, $2)")
            .bind(mark)
            .bind(version.as_bytes())
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        let afterwards = take_down(&mut tx).await.map_err(failed)?;
        Ok(Some(Self::Copy(Box::new(Copy { tx, afterwards, pools: pools.clone() }))))
    }

    pub async fn add<E>(&mut self, rows: Vec<E::Model>) -> Result<()>
    where
        E: EntityTrait<Model: IntoActiveModel<E::ActiveModel> + ModelTrait<Entity = E>>,
        E::ActiveModel: ActiveModelTrait<Entity = E> + Send,
    {
        let copy = match self {
            Self::Insert(fill) => return fill.add::<E>(rows, |_| ()).await,
            Self::Copy(copy) => copy,
        };
        let columns: Vec<_> = E::Column::iter().map(|column| column.unquoted().to_owned()).collect();
        let sql = format!("copy {} ({}) from stdin", E::default().table_name(), columns.join(", "));
        let mut text = String::new();
        for row in rows {
            for (place, column) in E::Column::iter().enumerate() {
                if place > 0 {
                    text.push('\t');
                }
                field(&mut text, row.get(column));
            }
            text.push('\n');
        }
        let mut sink = copy.tx.copy_in_raw(&sql).await.map_err(failed)?;
        sink.send(text.as_bytes()).await.map_err(failed)?;
        sink.finish().await.map_err(failed)?;
        Ok(())
    }

    pub async fn commit(self) -> Result<()> {
        let copy = match self {
            Self::Insert(fill) => return fill.commit().await,
            Self::Copy(copy) => copy,
        };
        let Copy { mut tx, afterwards, pools } = *copy;
        for sql in afterwards {
            tracing::info!("{sql}");
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut *tx).await.map_err(failed)?;
        }
        tx.commit().await.map_err(failed)?;
        for table in TABLES {
            // Counts for the planner and the visibility map for index-only reads.
            let sql = format!("vacuum analyze {table}");
            let pool = pools.write.get_postgres_connection_pool();
            let mut connection = pool.acquire().await.map_err(failed)?;
            sqlx::raw_sql("set statement_timeout = 0").execute(&mut *connection).await.map_err(failed)?;
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut *connection).await.map_err(failed)?;
            connection.close().await.map_err(failed)?;
        }
        // What follows changes hears of it.
        pools.fill().await?.commit().await
    }
}

/// Drops foreign keys and indexes, and says how to make them again.
async fn take_down(tx: &mut Transaction<'static, Postgres>) -> sqlx::Result<Vec<String>> {
    const KEYS: &str = "select conrelid::regclass::text as owner, conname::text as name, pg_get_constraintdef(oid) as definition
        from pg_constraint where contype = 'f' and conrelid::regclass::text = any($1) order by 1, 2";
    const INDEXES: &str =
        "select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition
        from pg_index where indrelid::regclass::text = any($1) and not indisprimary
        and not exists (select 1 from pg_constraint where conindid = indexrelid) order by 1";
    let (mut down, mut indexes, mut keys) = (Vec::new(), Vec::new(), Vec::new());
    for row in sqlx::query(KEYS).bind(TABLES).fetch_all(&mut **tx).await? {
        let (owner, name, definition): (String, String, String) =
            (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        down.push(format!("alter table {owner} drop constraint {name}"));
        keys.push(format!("alter table {owner} add constraint {name} {definition}"));
    }
    for row in sqlx::query(INDEXES).bind(TABLES).fetch_all(&mut **tx).await? {
        let (name, definition): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        down.push(format!("drop index {name}"));
        indexes.push(definition);
    }
    for sql in down {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut **tx).await?;
    }
    // Keys are checked by joins, which are planned well only once the sizes of the tables are known.
    indexes.push("analyze".to_owned());
    indexes.extend(keys);
    Ok(indexes)
}

/// One field in the text form of `COPY`.
fn field(text: &mut String, value: Value) {
    match value {
        Value::String(Some(value)) => escaped(text, &value),
        Value::BigInt(Some(value)) => write(text, value),
        Value::Int(Some(value)) => write(text, value),
        Value::SmallInt(Some(value)) => write(text, value),
        Value::Bool(Some(value)) => text.push(if value { 't' } else { 'f' }),
        Value::Uuid(Some(value)) => write(text, value.hyphenated()),
        Value::Json(Some(value)) => escaped(text, &value.to_string()),
        _ => text.push_str("\\N"),
    }
}

fn write(text: &mut String, value: impl std::fmt::Display) {
    // Writing to a string cannot fail.
    let _ = write!(text, "{value}");
}

fn escaped(text: &mut String, value: &str) {
    for letter in value.chars() {
        match letter {
            '\\' => text.push_str("\\\\"),
            '\t' => text.push_str("\\t"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            letter => text.push(letter),
        }
    }
}
