//! Evaluations, findings, models of social return.

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
        drop_tables(manager, &["sroi_model", "finding", "evaluation_party", "evaluation"]).await
    }
}

const UP: &str = r#"
create table evaluation (
    id @key primary key,
    slug @text not null,
    project_id @key not null references project (id),
    holder_id @key not null references organization (id),
    commissioner_id @key not null references organization (id),
    lead_id @key not null references organization (id),
    title @text not null,
    title_key @text not null,
    questions @json not null,
    purposes @json not null,
    family @text not null,
    methods @json not null,
    design @text,
    period_start @text,
    period_end @text,
    sites @json not null,
    protocol @text,
    protocol_url @text,
    registered_at @int,
    data_from @text,
    sample_treated @int,
    sample_comparison @int,
    limits @text,
    dim_what @text,
    dim_who @text,
    dim_scale @text,
    dim_depth @text,
    dim_duration @text,
    dim_contribution @text,
    dim_risk @text,
    cost_minor @int,
    currency @text,
    sms_level @small,
    causal_level @text,
    proposed_level @text,
    confirmed_level @text,
    confirmed_at @int,
    confirmed_by_id @key references "user" (id),
    independence @text not null,
    independence_reasons @json not null,
    independence_declared @json not null,
    report_url @text,
    dataset_url @text,
    summary @text,
    is_summary_shared @bool not null,
    reply @text,
    replied_at @int,
    access_granted_at @int,
    started_at @int,
    delivered_at @int,
    published_at @int,
    cancelled_at @int,
    cancel_reason @text,
    status @text not null,
    version @int not null,
    created_at @int not null,
    updated_at @int not null,
    unique (slug)
);
create index evaluation_by_project on evaluation (project_id, created_at, id);
create index evaluation_by_publication on evaluation (status, published_at, id);
create index evaluation_by_lead on evaluation (lead_id, status);
create table evaluation_party (
    evaluation_id @key not null references evaluation (id) on delete cascade,
    organization_id @key not null references organization (id),
    role @text not null,
    primary key (evaluation_id, organization_id, role)
);
create index evaluation_party_by_organization on evaluation_party (organization_id, role, evaluation_id);
create table finding (
    id @key primary key,
    evaluation_id @key not null references evaluation (id) on delete cascade,
    project_id @key not null references project (id),
    position @small not null,
    statement @text not null,
    indicator_id @key references indicator (id),
    outcome @text,
    outcome_key @text,
    measure @text,
    effect @text,
    unit @text,
    standard_error @text,
    ci_low @text,
    ci_high @text,
    ci_percent @text,
    p_value @text,
    n_treated @int,
    n_comparison @int,
    events_treated @int,
    events_comparison @int,
    mean_treated @text,
    sd_treated @text,
    mean_comparison @text,
    sd_comparison @text,
    direction @text not null,
    cost_minor @int,
    currency @text,
    version @int not null,
    created_at @int not null,
    updated_at @int not null
);
create index finding_by_evaluation on finding (evaluation_id, position, id);
create index finding_by_indicator on finding (indicator_id, measure);
create index finding_by_outcome on finding (outcome_key, measure);
create table sroi_model (
    id @key primary key,
    evaluation_id @key not null references evaluation (id) on delete cascade,
    currency @text not null,
    horizon_years @small not null,
    discount_rate @text not null,
    investment @json not null,
    outcomes @json not null,
    sensitivity @json,
    version @int not null,
    created_at @int not null,
    updated_at @int not null,
    unique (evaluation_id)
);
"#;
