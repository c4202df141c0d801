//! Checks the books of every contract: `impact ledger verify`.

use super::ledger;
use door::{
    Result,
    authz::{CONTRACTS, Store},
};
use entity::contracts::{contract, contract_repayment, ledger_entry, outcome_payment};
use sea_orm::ColumnTrait;

/// What was checked, and what is wrong: one line for each fault, with the contract it belongs to.
#[derive(Debug, Default)]
pub struct Verified {
    pub contracts: usize,
    pub entries: usize,
    pub faults: Vec<String>,
}

/// Reads all contracts that have books, one after the other.
pub async fn verify(store: &Store) -> Result<Verified> {
    let system = store.as_job(CONTRACTS);
    let mut verified = Verified::default();
    for row in system.see::<contract::Entity>().filter(contract::Column::IsImported.eq(false)).all().await? {
        let entries = system
            .see::<ledger_entry::Entity>()
            .filter(ledger_entry::Column::ContractId.eq(row.id))
            .all()
            .await?;
        let payments = system
            .see::<outcome_payment::Entity>()
            .filter(outcome_payment::Column::ContractId.eq(row.id))
            .all()
            .await?;
        let repayments = system
            .see::<contract_repayment::Entity>()
            .filter(contract_repayment::Column::ContractId.eq(row.id))
            .all()
            .await?;
        let found = ledger::faults(&row, &entries, &payments, &repayments);
        verified.faults.extend(found.into_iter().map(|fault| format!("{} {}: {fault}", row.id, row.title)));
        verified.contracts += 1;
        verified.entries += entries.len();
    }
    Ok(verified)
}
