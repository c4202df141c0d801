//! Frameworks, indicators in use, theories of change.

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
            &[
                "theory_link",
                "theory_node",
                "theory",
                "indicator_milestone",
                "indicator_use",
                "adoption_exception",
                "framework_adoption",
                "framework_territory",
                "framework_term",
                "framework_item",
                "framework_dimension",
                "framework",
            ],
        )
        .await
    }
}

const UP: &str = r#"
create table framework (
    id @key primary key,
    code @text not null,
    edition @small not null,
    owner_id @key not null references organization (id),
    working_group @text,
    title @text not null,
    title_key @text not null,
    summary @text,
    status @text not null,
    published_at @int,
    version @int not null,
    created_at @int not null,
    updated_at @int not null,
    unique (code, edition)
);
create index framework_by_title on framework (status, title_key, id);
create index framework_by_owner on framework (owner_id, status);
create table framework_dimension (
    framework_id @key not null references framework (id) on delete cascade,
    position @small not null,
    name @text not null,
    question @text,
    weight @text,
    primary key (framework_id, position)
);
create table framework_item (
    framework_id @key not null references framework (id) on delete cascade,
    indicator_id @key not null references indicator (id),
    position @small not null,
    dimension @small,
    kind @text not null,
    guidance @text,
    primary key (framework_id, indicator_id)
);
create index framework_item_by_indicator on framework_item (indicator_id, framework_id);
create table framework_term (
    framework_id @key not null references framework (id) on delete cascade,
    term_id @key not null references term (id),
    primary key (framework_id, term_id)
);
create table framework_territory (
    framework_id @key not null references framework (id) on delete cascade,
    territory_id @key not null references territory (id),
    primary key (framework_id, territory_id)
);
create table framework_adoption (
    id @key primary key,
    framework_id @key not null references framework (id),
    reviewer_id @key not null references organization (id),
    project_id @key not null references project (id),
    holder_id @key not null references organization (id),
    version @int not null,
    created_at @int not null,
    updated_at @int not null,
    unique (framework_id, project_id)
);
create index framework_adoption_by_project on framework_adoption (project_id, created_at, id);
create table adoption_exception (
    adoption_id @key not null references framework_adoption (id) on delete cascade,
    indicator_id @key not null references indicator (id),
    reason @text not null,
    primary key (adoption_id, indicator_id)
);
create table indicator_use (
    id @key primary key,
    project_id @key not null references project (id),
    holder_id @key not null references organization (id),
    indicator_id @key not null references indicator (id),
    adoption_id @key references framework_adoption (id),
    reviewer_id @key references organization (id),
    territory_id @key references territory (id),
    public_id @key references term (id),
    baseline_value @text,
    baseline_on @text,
    target_value @text,
    target_on @text,
    threshold_value @text,
    direction @text,
    rationale @text,
    sharing @text not null,
    is_closed @bool not null,
    version @int not null,
    created_at @int not null,
    updated_at @int not null
);
create index indicator_use_by_project on indicator_use (project_id, created_at, id);
create index indicator_use_by_indicator on indicator_use (indicator_id, project_id);
create table indicator_milestone (
    use_id @key not null references indicator_use (id) on delete cascade,
    on_date @text not null,
    value @text not null,
    primary key (use_id, on_date)
);
create table theory (
    id @key primary key,
    project_id @key not null references project (id),
    holder_id @key not null references organization (id),
    version @int not null,
    created_at @int not null,
    updated_at @int not null,
    unique (project_id)
);
create table theory_node (
    theory_id @key not null references theory (id) on delete cascade,
    key @text not null,
    position @small not null,
    kind @text not null,
    text @text not null,
    indicator_id @key references indicator (id),
    primary key (theory_id, key)
);
create table theory_link (
    theory_id @key not null references theory (id) on delete cascade,
    from_key @text not null,
    to_key @text not null,
    rationale @text,
    primary key (theory_id, from_key, to_key)
);
"#;
