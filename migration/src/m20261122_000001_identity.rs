//! Accounts, sessions, tokens.

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
        drop_tables(manager, &["mailed_link", "personal_access_token", "refresh_token", "session", "user"])
            .await
    }
}

const UP: &str = r#"
create table "user" (
    id @key primary key,
    email @text not null unique,
    email_verified_at @int,
    display_name @text not null,
    name_key @text not null,
    locale @text not null,
    profile_kind @text,
    password_hash @text,
    password_changed_at @int,
    status @text not null,
    platform_role @text not null,
    version @int not null,
    created_at @int not null,
    updated_at @int not null
);
create index user_by_name on "user" (name_key, id);
create table session (
    id @key primary key,
    user_id @key not null references "user" (id) on delete cascade,
    user_agent @text,
    address @text,
    authenticated_at @int not null,
    last_used_at @int not null,
    expires_at @int not null,
    ended_at @int,
    created_at @int not null
);
create index session_by_user on session (user_id, created_at);
create table refresh_token (
    hash @bytes primary key,
    session_id @key not null references session (id) on delete cascade,
    used_at @int,
    expires_at @int not null
);
create index refresh_token_by_session on refresh_token (session_id);
create index refresh_token_by_expiry on refresh_token (expires_at);
create table personal_access_token (
    id @key primary key,
    user_id @key not null references "user" (id) on delete cascade,
    name @text not null,
    hash @bytes not null unique,
    scopes @text not null,
    expires_at @int not null,
    last_used_at @int,
    revoked_at @int,
    created_at @int not null
);
create index personal_access_token_by_user on personal_access_token (user_id, created_at);
create table mailed_link (
    hash @bytes primary key,
    user_id @key not null references "user" (id) on delete cascade,
    purpose @text not null,
    email @text not null,
    used_at @int,
    expires_at @int not null
);
create index mailed_link_by_user on mailed_link (user_id);
create index mailed_link_by_expiry on mailed_link (expires_at);
"#;
