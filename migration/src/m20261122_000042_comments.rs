//! Comments of the network on drafts of frameworks and indicators.

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
        drop_tables(manager, &["comment"]).await
    }
}

const UP: &str = r#"
create table comment (
    id @key primary key,
    framework_id @key references framework (id),
    indicator_id @key references indicator (id),
    owner_id @key references organization (id),
    author_id @key not null references "user" (id),
    text @text,
    state @text not null,
    version @int not null,
    created_at @int not null,
    updated_at @int not null,
    check ((framework_id is null) <> (indicator_id is null))
);
create index comment_by_framework on comment (framework_id, created_at, id);
create index comment_by_indicator on comment (indicator_id, created_at, id);
create index comment_by_owner on comment (owner_id);
create index comment_by_author on comment (author_id);
"#;
