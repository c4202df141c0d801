//! Working groups: named so far by the frameworks they keep, from now on records of their own.

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
        run(manager, DOWN).await?;
        drop_tables(manager, &["working_group_member", "working_group"]).await
    }
}

// A group that frameworks name takes the key of the first of them, and its title for its key: the next change folds it.
const UP: &str = r#"
create table working_group (
    id @key primary key,
    host_id @key not null references organization (id),
    title @text not null,
    title_key @text not null,
    mandate @text,
    theme_id @key references term (id),
    territory_id @key references territory (id),
    status @text not null,
    version @int not null,
    created_at @int not null,
    updated_at @int not null
);
create index working_group_by_title on working_group (status, title_key, id);
create index working_group_by_host on working_group (host_id, status);
create table working_group_member (
    group_id @key not null references working_group (id) on delete cascade,
    organization_id @key not null references organization (id),
    primary key (group_id, organization_id)
);
create index working_group_member_by_organization on working_group_member (organization_id, group_id);
insert into working_group (id, host_id, title, title_key, status, version, created_at, updated_at)
    select id, owner_id, working_group, lower(working_group), 'ACTIVE', 1, created_at, updated_at from framework
    where working_group is not null and not exists (
        select 1 from framework other where other.owner_id = framework.owner_id
            and other.working_group = framework.working_group and other.id < framework.id
    );
alter table framework add column working_group_id @key references working_group (id);
alter table indicator add column working_group_id @key references working_group (id);
update framework set working_group_id = (
    select id from working_group where host_id = framework.owner_id and title = framework.working_group
) where working_group is not null;
alter table framework drop column working_group;
create index framework_by_working_group on framework (working_group_id);
create index indicator_by_working_group on indicator (working_group_id);
"#;

const DOWN: &str = r#"
alter table framework add column working_group @text;
update framework set working_group = (select title from working_group where id = framework.working_group_id);
drop index framework_by_working_group;
drop index indicator_by_working_group;
alter table framework drop column working_group_id;
alter table indicator drop column working_group_id;
"#;
