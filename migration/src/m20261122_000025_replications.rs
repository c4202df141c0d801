//! Replications of projects elsewhere, and the manuals they follow.

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
        drop_tables(manager, &["replication"]).await?;
        run(manager, "alter table project drop column manual_url;\n").await
    }
}

const UP: &str = r#"
alter table project add column manual_url @text;
create table replication (
    id @key primary key,
    project_id @key not null references project (id),
    holder_id @key not null references organization (id),
    organization_id @key not null references organization (id),
    replica_id @key references project (id),
    territory_id @key not null references territory (id),
    adaptation @text not null,
    since @text,
    status @text not null,
    denial_reason @text,
    version @int not null,
    created_at @int not null,
    updated_at @int not null
);
create index replication_by_project on replication (project_id, created_at, id);
create index replication_by_organization on replication (organization_id, created_at, id);
create index replication_by_holder on replication (holder_id);
create unique index replication_alive on replication (project_id, organization_id, territory_id)
    where status in ('DECLARED', 'CONFIRMED');
"#;
