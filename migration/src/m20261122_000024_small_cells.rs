//! What outsiders may see of measurements is judged when one is submitted, together with those beside it, and kept.
//!
//! Rows that are there already count as not judged: nothing of them is shown until the server judges them at its start.

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

const UP: &str = r#"
alter table measurement add column judged_under @int;
alter table measurement_cell add column is_people_open @bool not null default false;
alter table measurement_cell add column is_value_open @bool not null default false;
create index measurement_by_judgment on measurement (judged_under, project_id);
"#;

const DOWN: &str = r#"
drop index measurement_by_judgment;
alter table measurement_cell drop column is_value_open;
alter table measurement_cell drop column is_people_open;
alter table measurement drop column judged_under;
"#;
