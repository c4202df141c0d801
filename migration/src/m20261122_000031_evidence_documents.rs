//! Documents that prove claims. Their bytes are not here: they are kept where `--documents-url` says.

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
        drop_tables(manager, &["evidence_document"]).await
    }
}

const UP: &str = r#"
create table evidence_document (
    id @key primary key,
    contract_id @key not null references impact_contract (id),
    claim_id @key not null references outcome_claim (id),
    organization_id @key not null references organization (id),
    uploaded_by_id @key not null references "user" (id),
    name @text not null,
    media_type @text not null,
    size_bytes @int not null check (size_bytes > 0),
    sha256 @text not null,
    metric @text,
    created_at @int not null,
    unique (claim_id, sha256)
);
create index evidence_document_by_claim on evidence_document (claim_id, created_at, id);
create index evidence_document_by_content on evidence_document (contract_id, sha256);
"#;
