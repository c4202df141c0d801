//! Territories and vocabularies.

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
        drop_tables(manager, &["term_parent", "term", "postal_code", "territory_closure", "territory"]).await
    }
}

const UP: &str = r#"
create table territory (
    id @key primary key,
    code @text not null unique,
    official_code @text not null,
    scale @text not null,
    name @text not null,
    name_key @text not null,
    population @int
);
create index territory_by_official_code on territory (official_code);
create index territory_by_name on territory (name_key, id);
create index territory_by_scale on territory (scale, name_key, id);
create table territory_closure (
    descendant_id @key not null references territory (id) on delete cascade,
    ancestor_id @key not null references territory (id) on delete cascade,
    depth @small not null,
    primary key (descendant_id, ancestor_id)
);
create index territory_closure_down on territory_closure (ancestor_id, depth, descendant_id);
create table postal_code (
    code @text not null,
    territory_id @key not null references territory (id) on delete cascade,
    primary key (code, territory_id)
);
create index postal_code_by_territory on postal_code (territory_id);
create table term (
    id @key primary key,
    taxonomy @text not null,
    code @text not null,
    label_fr @text not null,
    label_en @text not null,
    note @text,
    position @small not null,
    retired_at @int,
    replaced_by_id @key references term (id),
    version @int not null,
    created_at @int not null,
    updated_at @int not null,
    unique (taxonomy, code)
);
create table term_parent (
    term_id @key not null references term (id) on delete cascade,
    parent_id @key not null references term (id) on delete cascade,
    primary key (term_id, parent_id)
);
create index term_parent_down on term_parent (parent_id, term_id);
"#;
