//! Projects, what they need, whom to ask.

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
        drop_tables(
            manager,
            &["contact", "need", "project_territory", "project_term", "co_holder", "project"],
        )
        .await
    }
}

const UP: &str = r#"
create table project (
    id @key primary key,
    slug @text not null unique,
    holder_id @key not null references organization (id),
    language @text not null,
    title @text not null,
    title_key @text not null,
    summary @text not null,
    description @text,
    need_addressed @text,
    solution @text,
    translations @json not null,
    stage @text not null,
    started_on @text,
    licence @text not null,
    status @text not null,
    return_reason @text,
    published_at @int,
    merged_into_id @key references project (id),
    version @int not null,
    created_at @int not null,
    updated_at @int not null
);
create index project_by_publication on project (status, published_at, id);
create index project_by_title on project (status, title_key, id);
create index project_by_update on project (status, updated_at, id);
create index project_by_holder on project (holder_id, status, published_at, id);
create table co_holder (
    project_id @key not null references project (id) on delete cascade,
    organization_id @key not null references organization (id),
    role @text not null,
    primary key (project_id, organization_id, role)
);
create index co_holder_by_organization on co_holder (organization_id, project_id);
create table project_term (
    project_id @key not null references project (id) on delete cascade,
    term_id @key not null references term (id),
    is_primary @bool not null,
    primary key (project_id, term_id)
);
create index project_term_by_term on project_term (term_id, project_id);
create table project_territory (
    project_id @key not null references project (id) on delete cascade,
    territory_id @key not null references territory (id),
    role @text not null,
    primary key (project_id, territory_id, role)
);
create index project_territory_by_territory on project_territory (territory_id, project_id);
create table need (
    id @key primary key,
    project_id @key not null references project (id) on delete cascade,
    kind @text not null,
    instrument @text,
    amount_minor @int check (amount_minor is null or amount_minor > 0),
    currency @text,
    detail @text,
    state @text not null,
    version @int not null,
    created_at @int not null,
    updated_at @int not null,
    check ((amount_minor is null) = (currency is null))
);
create index need_by_project on need (project_id, created_at, id);
create index need_by_amount on need (kind, state, currency, amount_minor);
create table contact (
    project_id @key not null references project (id) on delete cascade,
    position @small not null,
    name @text not null,
    role @text,
    channel @text not null,
    value @text not null,
    visibility @text not null,
    primary key (project_id, position)
);
"#;
