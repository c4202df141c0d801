//! What lists of projects are filtered and paged from, written with every change of their sources.
//!
//! `project_card` has one row for each project; `project_entry` one for each place a project is found under and, for
//! fundable ones at the wider scales, one for each of its themes there. What conditions test is packed into integers
//! (see `entity::read_model`), so that one index entry answers a whole filter. Entries have no foreign keys: there are
//! some twenty for each project, nobody but the door writes them, and it does so with the project's row locked.

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
        drop_tables(manager, &["project_entry", "project_card"]).await
    }
}

const UP: &str = r#"
create table project_card (
    project_id @key primary key references project (id) on delete cascade,
    holder_id @key not null references organization (id),
    facts @int not null,
    holder_facts @int not null,
    themes @int not null,
    publics @int not null,
    ways @int not null,
    sought @int,
    sought_key @int not null,
    published_at @int,
    published_key @int not null,
    created_at @int not null,
    updated_at @int not null,
    title_key @text not null,
    started_on @text,
    parts @text not null
);
create index project_card_by_publication on project_card (published_key, project_id
    @covering facts, holder_facts, themes, publics, ways, sought, holder_id);
create index project_card_by_update on project_card (updated_at, project_id);
create index project_card_by_creation on project_card (created_at, project_id);
create index project_card_by_title on project_card (title_key, project_id);
create index project_card_by_amount on project_card (sought_key, project_id);
create index project_card_by_holder on project_card (holder_id, published_key, project_id);
create table project_entry (
    place_id @key not null,
    theme @short not null,
    published_key @int not null,
    project_id @key not null,
    holder_id @key not null,
    facts @int not null,
    holder_facts @int not null,
    themes @int not null,
    publics @int not null,
    ways @int not null,
    sought @int
);
create unique index project_entry_by_publication on project_entry (place_id, theme, published_key, project_id
    @covering facts, themes, sought, holder_id, holder_facts, publics, ways);
create index project_entry_by_project on project_entry (project_id, place_id, theme);
"#;
