//! One SQL text for both databases: a handful of type words are spelt as each database wants them.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, DbBackend},
};

/// Word in a migration, its spelling on PostgreSQL, its spelling on SQLite.
///
/// Text sorts by bytes on both (`COLLATE "C"`), so that pages of names are the same pages.
const WORDS: &[(&str, &str, &str)] = &[
    ("@key", "uuid", "blob"),
    ("@text", "text collate \"C\"", "text"),
    ("@int", "bigint", "bigint"),
    ("@small", "integer", "integer"),
    ("@short", "smallint", "integer"),
    ("@bool", "boolean", "boolean"),
    ("@json", "jsonb", "text"),
    ("@bytes", "bytea", "blob"),
    // Columns an index carries beside its keys; SQLite knows keys only.
    ("@covering", ") include (", ","),
    ("@sequence", "bigint generated always as identity primary key", "integer primary key autoincrement"),
];

/// Runs statements separated by `;` at line ends, in order.
pub async fn run(manager: &SchemaManager<'_>, sql: &str) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    let backend = connection.get_database_backend();
    let spelt = WORDS.iter().fold(sql.to_owned(), |text, (word, postgres, sqlite)| {
        text.replace(word, if backend == DbBackend::Postgres { postgres } else { sqlite })
    });
    for statement in spelt.split(";\n").map(str::trim).filter(|statement| !statement.is_empty()) {
        connection.execute_unprepared(statement).await?;
    }
    Ok(())
}

/// Drops tables, last made first.
pub async fn drop_tables(manager: &SchemaManager<'_>, tables: &[&str]) -> Result<(), DbErr> {
    for table in tables {
        manager.drop_table(Table::drop().table(Alias::new(*table)).to_owned()).await?;
    }
    Ok(())
}
