//! The database's past, one reversible change per file. Never imports `entity`: rows move on, history stays.

mod dialect;
mod m20261122_000001_identity;
mod m20261122_000002_reference;
mod m20261122_000003_orgs;
mod m20261122_000004_projects;
mod m20261122_000005_audit;
mod m20261122_000006_traffic;
mod m20261122_000007_read_model;
mod m20261122_000020_indicators;
mod m20261122_000021_frameworks;
mod m20261122_000022_measurements;
mod m20261122_000023_evaluations;
mod m20261122_000024_small_cells;
mod m20261122_000025_replications;
mod m20261122_000026_use_owners;
mod m20261122_000030_contracts;
mod m20261122_000031_evidence_documents;
mod m20261122_000032_interests;
mod m20261122_000041_working_groups;
mod m20261122_000042_comments;
mod m20261122_000045_contract_territories;

use sea_orm_migration::prelude::*;

pub use sea_orm_migration::{MigratorTrait, prelude::DbErr};

pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_000001_identity::Migration),
            Box::new(m20261122_000002_reference::Migration),
            Box::new(m20261122_000003_orgs::Migration),
            Box::new(m20261122_000004_projects::Migration),
            Box::new(m20261122_000005_audit::Migration),
            Box::new(m20261122_000006_traffic::Migration),
            Box::new(m20261122_000020_indicators::Migration),
            Box::new(m20261122_000021_frameworks::Migration),
            Box::new(m20261122_000022_measurements::Migration),
            Box::new(m20261122_000023_evaluations::Migration),
            Box::new(m20261122_000024_small_cells::Migration),
            Box::new(m20261122_000007_read_model::Migration),
            Box::new(m20261122_000025_replications::Migration),
            Box::new(m20261122_000030_contracts::Migration),
            Box::new(m20261122_000031_evidence_documents::Migration),
            Box::new(m20261122_000032_interests::Migration),
            Box::new(m20261122_000026_use_owners::Migration),
            Box::new(m20261122_000041_working_groups::Migration),
            Box::new(m20261122_000042_comments::Migration),
            Box::new(m20261122_000045_contract_territories::Migration),
        ]
    }
}
