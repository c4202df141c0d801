//! What all steps of a contract share: holding it, telling for whom one acts, booking, and the system's own reading.

use super::{
    party::roles,
    state::{Step, after},
};
use crate::face::key;
use async_graphql::ID;
use door::{
    Error, Result,
    authz::{Act, CONTRACTS, Held, Policy, Power, Tx, Viewer, acts_as, check_version, pays_as},
};
use entity::{
    codes::{CodeList, LedgerKind, PartyRole},
    contracts::{contract, contract_party, ledger_entry},
    ids::{ContractId, LedgerEntryId, OrganizationId},
};
use sea_orm::{ColumnTrait, EntityTrait, Set};

pub type Contract = Held<contract::Entity>;

/// Who may take a step.
#[derive(Clone, Copy)]
pub enum By {
    /// Editors of parties with one of these roles; of all parties if none is named.
    Editors(&'static [PartyRole]),
    /// Administrators of parties with one of these roles: those who may bind them.
    Managers(&'static [PartyRole]),
    /// Those who handle money for parties with one of these roles.
    Finance(&'static [PartyRole]),
}

impl By {
    const fn roles(self) -> &'static [PartyRole] {
        match self {
            Self::Editors(roles) | Self::Managers(roles) | Self::Finance(roles) => roles,
        }
    }

    /// What the contract's policy has to grant.
    const fn act(self) -> Act {
        match self {
            Self::Editors(_) => Act::Edit,
            Self::Managers(_) | Self::Finance(_) => Act::Decide,
        }
    }

    /// Organizations of the viewer that may take the step.
    fn acting(self, viewer: &Viewer, row: &contract::Model) -> Vec<OrganizationId> {
        match self {
            Self::Editors(roles) => acts_as(viewer, row, roles, Power::Write),
            Self::Managers(roles) => acts_as(viewer, row, roles, Power::Manage),
            Self::Finance(roles) => pays_as(viewer, row, roles),
        }
    }
}

/// Whether the viewer may take steps that are for these, whatever the state.
pub fn may(viewer: &Viewer, row: &contract::Model, by: By) -> bool {
    contract::Entity::allows(viewer, by.act(), row) && !by.acting(viewer, row).is_empty()
}

/// Holds a contract for a step; nobody else changes anything of it until the transaction ends.
///
/// Returns the organizations of the viewer that may take the step.
pub async fn hold(
    tx: &Tx,
    id: &ID,
    if_version: Option<&str>,
    step: Option<Step>,
    by: By,
) -> Result<(Contract, Vec<OrganizationId>)> {
    hold_key(tx, key(id)?, if_version, step, by).await
}

pub async fn hold_key(
    tx: &Tx,
    id: ContractId,
    if_version: Option<&str>,
    step: Option<Step>,
    by: By,
) -> Result<(Contract, Vec<OrganizationId>)> {
    let held = tx.hold::<contract::Entity>(id, by.act(), &["input", "id"]).await?;
    let viewer = tx.store().viewer();
    let acting = by.acting(viewer, &held);
    if acting.is_empty() && !viewer.is_job(CONTRACTS) {
        let names: Vec<&str> = by.roles().iter().map(|role| role.code()).collect();
        let names = if names.is_empty() { "party".to_owned() } else { names.join(" or ") };
        return Err(Error::forbidden(format!(
            "This is for the {names} of the contract, and asks for more power than you have there."
        )));
    }
    check_version(if_version, held.version)?;
    if held.is_imported {
        return Err(Error::state("This contract was imported as history; no step is taken on it."));
    }
    if let Some(step) = step {
        allowed(&held, step)?;
    }
    Ok((held, acting))
}

/// Refuses a step that does not start in the contract's state.
pub fn allowed(contract: &contract::Model, step: Step) -> Result<()> {
    if after(contract.status, step).is_some() {
        return Ok(());
    }
    let from: Vec<&str> = entity::codes::ContractStatus::all()
        .filter(|status| after(*status, step).is_some())
        .map(CodeList::code)
        .collect();
    Err(Error::state(format!("The contract is {}; this needs {}.", contract.status, from.join(" or "))))
}

/// All rows of a table that belong to a contract, read within the transaction as the system sees them.
pub async fn all<E>(tx: &Tx, link: E::Column, contract: ContractId) -> Result<Vec<E::Model>>
where
    E: door::authz::Policy + EntityTrait,
{
    tx.see_as::<E>(CONTRACTS).filter(link.eq(contract)).all().await
}

pub async fn parties(tx: &Tx, contract: ContractId) -> Result<Vec<contract_party::Model>> {
    all::<contract_party::Entity>(tx, contract_party::Column::ContractId, contract).await
}

/// Writes the roles of the parties into the contract, where policies read them.
pub async fn reseat(tx: &mut Tx, held: Contract) -> Result<Contract> {
    let parties = parties(tx, held.id).await?;
    let structurer =
        parties.iter().find(|party| party.role == PartyRole::Structurer && party.until.is_none());
    let lead = structurer.map_or(held.creator_id, |party| party.organization_id);
    tx.update(held, |row| {
        row.roles = Set(roles(&parties));
        row.lead_id = Set(lead);
    })
    .await
}

/// One movement of money.
pub struct Booking {
    pub kind: LedgerKind,
    /// Account that gains; escrow if none.
    pub debit: Option<OrganizationId>,
    /// Account that gives; escrow if none.
    pub credit: Option<OrganizationId>,
    pub amount: i64,
    pub subject: Option<String>,
    pub reason: Option<String>,
}

/// Books entries after those there are.
pub async fn book(tx: &mut Tx, held: &Contract, bookings: Vec<Booking>) -> Result<()> {
    let entries = all::<ledger_entry::Entity>(tx, ledger_entry::Column::ContractId, held.id).await?;
    let mut sequence = entries.iter().map(|entry| entry.sequence).max().unwrap_or(0);
    let now = tx.store().now();
    for booking in bookings.into_iter().filter(|booking| booking.amount > 0) {
        sequence += 1;
        let row = ledger_entry::ActiveModel {
            id: Set(LedgerEntryId::fresh()),
            contract_id: Set(held.id),
            sequence: Set(sequence),
            at: Set(now),
            kind: Set(booking.kind),
            debit_id: Set(booking.debit),
            credit_id: Set(booking.credit),
            amount_minor: Set(booking.amount),
            currency: Set(held.currency.clone()),
            subject: Set(booking.subject),
            reason: Set(booking.reason),
            reverses_id: Set(None),
        };
        tx.add_part::<ledger_entry::Entity>(held, row).await?;
    }
    Ok(())
}
