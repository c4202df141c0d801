//! The audit trail, which nobody can rewrite, and the change log.

use crate::dialect::{drop_tables, run};
use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, DbBackend},
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, UP).await?;
        let connection = manager.get_connection();
        if connection.get_database_backend() == DbBackend::Postgres {
            connection.execute_unprepared(APPEND_ONLY_POSTGRES).await?;
        } else {
            connection.execute_unprepared(APPEND_ONLY_SQLITE).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["change", "audit_event"]).await?;
        let connection = manager.get_connection();
        if connection.get_database_backend() == DbBackend::Postgres {
            connection.execute_unprepared("drop function audit_event_is_append_only()").await?;
        }
        Ok(())
    }
}

/// No foreign keys: the trail outlives what it speaks of.
const UP: &str = r#"
create table audit_event (
    id @key primary key,
    at @int not null,
    actor_id @key,
    organization_id @key,
    action @text not null,
    subject @text,
    changes @json not null,
    reason @text,
    request_id @text,
    address @text
);
create index audit_event_by_time on audit_event (at, id);
create index audit_event_by_organization on audit_event (organization_id, at, id);
create index audit_event_by_subject on audit_event (subject, at, id);
create index audit_event_by_actor on audit_event (actor_id, at, id);
create table change (
    seq @sequence,
    at @int not null,
    subject @text not null,
    kind @text not null
);
"#;

const APPEND_ONLY_POSTGRES: &str = r"
create function audit_event_is_append_only() returns trigger language plpgsql as
$$ begin raise exception 'audit_event is append-only'; end $$;
create trigger audit_event_is_append_only before update or delete or truncate on audit_event
for each statement execute function audit_event_is_append_only();
";

const APPEND_ONLY_SQLITE: &str = r"
create trigger audit_event_no_update before update on audit_event
begin select raise(abort, 'audit_event is append-only'); end;
create trigger audit_event_no_delete before delete on audit_event
begin select raise(abort, 'audit_event is append-only'); end;
";
