//! Indicators, and where they stand on territories.

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
            &["policy_point", "policy_series", "indicator_reference", "indicator_term", "indicator"],
        )
        .await
    }
}

const UP: &str = r#"
create table indicator (
    id @key primary key,
    code @text not null,
    edition @small not null,
    owner_id @key references organization (id),
    label_fr @text not null,
    label_en @text,
    label_key @text not null,
    definition @text,
    level @text not null,
    value_type @text not null,
    unit @text not null,
    direction @text not null,
    aggregation @text not null,
    formula @text,
    frequency_days @small,
    guidance @text,
    disaggregations @json not null,
    source_theme @text,
    source_theme_key @text,
    policy @text,
    status @text not null,
    published_at @int,
    version @int not null,
    created_at @int not null,
    updated_at @int not null,
    unique (code, edition)
);
create index indicator_by_label on indicator (status, label_key, id);
create index indicator_by_owner on indicator (owner_id, status);
create index indicator_by_source_theme on indicator (source_theme_key);
create table indicator_term (
    indicator_id @key not null references indicator (id) on delete cascade,
    term_id @key not null references term (id),
    primary key (indicator_id, term_id)
);
create index indicator_term_by_term on indicator_term (term_id, indicator_id);
create table indicator_reference (
    indicator_id @key not null references indicator (id) on delete cascade,
    scheme @text not null,
    code @text not null,
    primary key (indicator_id, scheme, code)
);
create index indicator_reference_by_code on indicator_reference (scheme, code, indicator_id);
create table policy_series (
    id @key primary key,
    indicator_id @key not null references indicator (id),
    territory_id @key not null references territory (id),
    start_value @text,
    start_on @text,
    current_value @text,
    current_on @text,
    target_value @text,
    target_on @text,
    next_due_on @text,
    digest @bytes not null,
    version @int not null,
    created_at @int not null,
    updated_at @int not null,
    unique (indicator_id, territory_id)
);
create index policy_series_by_territory on policy_series (territory_id, indicator_id);
create table policy_point (
    series_id @key not null references policy_series (id) on delete cascade,
    on_date @text not null,
    initial @text,
    actual @text,
    target @text,
    primary key (series_id, on_date)
);
"#;
