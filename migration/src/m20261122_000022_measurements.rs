//! Measurements and locked periods.

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
        drop_tables(manager, &["period_lock", "measurement_cell", "measurement"]).await
    }
}

const UP: &str = r#"
create table measurement (
    id @key primary key,
    use_id @key not null references indicator_use (id),
    indicator_id @key not null references indicator (id),
    project_id @key not null references project (id),
    holder_id @key not null references organization (id),
    reviewer_id @key references organization (id),
    evaluator_id @key references organization (id),
    period_start @text not null,
    period_end @text not null,
    value @text,
    qualitative @text,
    unique_people @int,
    claims @int,
    units @text,
    numerator @text,
    denominator @text,
    method @text,
    sample_size @int,
    confidence_low @text,
    confidence_high @text,
    data_source @text not null,
    evidence @json not null,
    comment @text,
    is_disjoint @bool not null,
    is_total_open @bool not null,
    state @text not null,
    sharing @text not null,
    return_reason @text,
    corrects_id @key references measurement (id),
    author_id @key references "user" (id),
    reviewed_by_id @key references "user" (id),
    submitted_at @int,
    accepted_at @int,
    certified_at @int,
    certified_by_id @key references organization (id),
    version @int not null,
    created_at @int not null,
    updated_at @int not null
);
create index measurement_by_use on measurement (use_id, period_start, id);
create index measurement_by_project on measurement (project_id, period_start, id);
create index measurement_by_reviewer on measurement (reviewer_id, state, submitted_at, id);
create table measurement_cell (
    measurement_id @key not null references measurement (id) on delete cascade,
    dimension @text not null,
    category @text not null,
    people @int,
    value @text,
    primary key (measurement_id, dimension, category)
);
create table period_lock (
    id @key primary key,
    project_id @key not null references project (id),
    holder_id @key not null references organization (id),
    locked_by_id @key not null references organization (id),
    period_start @text not null,
    period_end @text not null,
    reason @text,
    is_open @bool not null,
    unlock_reason @text,
    version @int not null,
    created_at @int not null,
    updated_at @int not null
);
create index period_lock_by_project on period_lock (project_id, period_start, id);
"#;
