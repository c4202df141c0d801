//! Interests that organizations and people declare against an organization.

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
        run(manager, "drop index ledger_entry_by_debit;").await?;
        drop_tables(manager, &["interest"]).await
    }
}

const UP: &str = r#"
create table interest (
    id @key primary key,
    organization_id @key references organization (id),
    user_id @key references "user" (id),
    against_id @key not null references organization (id),
    nature @text not null,
    from_on @text,
    to_on @text,
    detail @text,
    version @int not null,
    created_at @int not null,
    updated_at @int not null,
    check ((organization_id is null) <> (user_id is null))
);
create index interest_by_against on interest (against_id);
create index interest_by_organization on interest (organization_id);
create index interest_by_user on interest (user_id);
create index ledger_entry_by_debit on ledger_entry (debit_id, at);
"#;
