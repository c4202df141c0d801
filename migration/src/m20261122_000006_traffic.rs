//! What several servers on one database agree on.

use crate::dialect::{drop_tables, run};
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["shared_value", "idempotency_key", "throttle", "signing_key"]).await
    }
}

const UP: &str = r#"
create table signing_key (
    kid @text primary key,
    public_key @bytes not null,
    created_at @int not null,
    retires_at @int
);
create table throttle (
    key @text primary key,
    count @int not null,
    blocked_until @int not null,
    updated_at @int not null
);
create index throttle_by_update on throttle (updated_at);
create table idempotency_key (
    hash @bytes primary key,
    request_hash @bytes not null,
    answer @text,
    created_at @int not null,
    expires_at @int not null
);
create index idempotency_key_by_expiry on idempotency_key (expires_at);
create table shared_value (
    name @text primary key,
    value @bytes not null
);
"#;
