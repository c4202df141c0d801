//! Organizations and who belongs to them.

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
                "invitation",
                "membership",
                "organization_area",
                "accreditation",
                "organization_identifier",
                "organization_kind",
                "organization",
            ],
        )
        .await
    }
}

const UP: &str = r#"
create table organization (
    id @key primary key,
    slug @text not null unique,
    name @text not null,
    name_key @text not null,
    short_name @text,
    description @text,
    legal_form @text not null,
    website @text,
    seat_id @key references territory (id),
    parent_id @key references organization (id),
    verification @text not null,
    verification_reason @text,
    verified_at @int,
    merged_into_id @key references organization (id),
    version @int not null,
    created_at @int not null,
    updated_at @int not null
);
create index organization_by_name on organization (name_key, id);
create index organization_by_verification on organization (verification, name_key, id);
create index organization_by_parent on organization (parent_id);
create table organization_kind (
    organization_id @key not null references organization (id) on delete cascade,
    kind @text not null,
    primary key (organization_id, kind)
);
create index organization_kind_by_kind on organization_kind (kind, organization_id);
create table organization_identifier (
    organization_id @key not null references organization (id) on delete cascade,
    scheme @text not null,
    value @text not null,
    primary key (organization_id, scheme, value)
);
create unique index organization_identifier_by_value on organization_identifier (scheme, value);
create table accreditation (
    organization_id @key not null references organization (id) on delete cascade,
    position @small not null,
    kind @text not null,
    reference @text,
    valid_from @text,
    valid_to @text,
    primary key (organization_id, position)
);
create index accreditation_by_kind on accreditation (kind, organization_id);
create table organization_area (
    organization_id @key not null references organization (id) on delete cascade,
    territory_id @key not null references territory (id),
    primary key (organization_id, territory_id)
);
create index organization_area_by_territory on organization_area (territory_id, organization_id);
create table membership (
    id @key primary key,
    user_id @key not null references "user" (id) on delete cascade,
    organization_id @key not null references organization (id) on delete cascade,
    role @text not null,
    status @text not null,
    since @int,
    version @int not null,
    created_at @int not null,
    updated_at @int not null,
    unique (user_id, organization_id)
);
create index membership_by_organization on membership (organization_id, status, created_at, id);
create index membership_by_status on membership (status, created_at, id);
create table invitation (
    id @key primary key,
    organization_id @key not null references organization (id) on delete cascade,
    email @text not null,
    role @text not null,
    message @text,
    invited_by_id @key not null references "user" (id),
    state @text not null,
    expires_at @int not null,
    version @int not null,
    created_at @int not null,
    updated_at @int not null
);
create index invitation_by_organization on invitation (organization_id, created_at, id);
create index invitation_by_email on invitation (email, state);
create unique index invitation_open_once on invitation (organization_id, email) where state = 'SENT';
"#;
