//! Indicators in use of a contract's metric or of a public series, beside those of projects.

use crate::dialect::run;
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DOWN).await
    }
}

// SQLite cannot let go of `not null`; so the column is made anew.
const UP: &str = r#"
drop index indicator_use_by_project;
drop index indicator_use_by_indicator;
alter table indicator_use add column owned_by_id @key references project (id);
update indicator_use set owned_by_id = project_id;
alter table indicator_use drop column project_id;
alter table indicator_use rename column owned_by_id to project_id;
alter table indicator_use add column contract_id @key references impact_contract (id);
alter table indicator_use add column metric @text;
alter table indicator_use add column series_id @key references policy_series (id);
create index indicator_use_by_project on indicator_use (project_id, created_at, id);
create index indicator_use_by_indicator on indicator_use (indicator_id, project_id);
create index indicator_use_by_contract on indicator_use (contract_id, created_at, id);
create index indicator_use_by_series on indicator_use (series_id, created_at, id);
"#;

// What no project owns did not exist before. The column stays as it is: SQLite adds no `not null` either.
const DOWN: &str = r#"
delete from indicator_use where project_id is null;
drop index indicator_use_by_series;
drop index indicator_use_by_contract;
alter table indicator_use drop column series_id;
alter table indicator_use drop column metric;
alter table indicator_use drop column contract_id;
"#;
