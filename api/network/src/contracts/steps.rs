//! Steps of a contract from state to state (domain 5.5): each by whom, on which condition.
//!
//! Here stands what they share.

pub mod service;
pub mod signing;

use super::{
    contract::ImpactContract,
    hold::{Contract, allowed},
    state::{Step, after},
};
use door::{
    Error, Faults, Result,
    authz::{Event, Tx},
};
use entity::ids::OrganizationId;
use sea_orm::Set;

/// The lead acts, or anybody of the creator before there is a structurer.
fn by_lead(held: &Contract, acting: &[OrganizationId]) -> Result<()> {
    if acting.contains(&held.lead_id) {
        return Ok(());
    }
    Err(Error::forbidden("This is for the lead of the contract: its structurer, or its creator without one."))
}

/// Moves a held contract on.
async fn take(tx: &mut Tx, held: Contract, step: Step, reason: Option<String>) -> Result<Contract> {
    allowed(&held, step)?;
    let Some(status) = after(held.status, step) else { return Ok(held) };
    tx.update(held, |row| {
        row.status = Set(status);
        row.status_reason = Set(reason);
    })
    .await
}

fn said(reason: String) -> Result<String> {
    let mut faults = Faults::default();
    let reason = faults.required(Some(reason), &["input", "reason"], 2_000);
    faults.none_or_refuse()?;
    Ok(reason)
}

async fn done(tx: Tx, held: Contract, event: Event) -> Result<ImpactContract> {
    tx.commit(event).await?;
    Ok(ImpactContract(held.into_row()))
}
