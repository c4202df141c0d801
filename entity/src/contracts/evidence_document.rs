//! Document that proves a claim: everything about it but its bytes.

use crate::{
    At,
    ids::{ClaimId, ContractId, EvidenceDocumentId, OrganizationId, UserId},
};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "evidence_document")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EvidenceDocumentId,
    pub contract_id: ContractId,
    pub claim_id: ClaimId,
    /// Operator whose evidence it is.
    pub organization_id: OrganizationId,
    pub uploaded_by_id: UserId,
    /// As the uploader calls it.
    pub name: String,
    /// As the content says.
    pub media_type: String,
    pub size_bytes: i64,
    /// Of the bytes, in hexadecimal; with the contract, where they are kept.
    pub sha256: String,
    /// Code of the metric it supports; of the whole claim if absent.
    pub metric: Option<String>,
    pub created_at: At,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}
impl ActiveModelBehavior for ActiveModel {}
