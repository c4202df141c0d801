//! The ledger's laws: every entry has two accounts and one amount, escrow never owes, investors get only what came in.

use entity::{
    codes::{CodeList, LedgerKind, PaymentState},
    contracts::{contract, contract_repayment, ledger_entry, outcome_payment},
    ids::OrganizationId,
};
use std::collections::BTreeMap;

/// What is on the escrow account.
pub fn escrow(entries: &[ledger_entry::Model]) -> i64 {
    balances(entries).get(&None).copied().unwrap_or(0)
}

/// Balance of every account, the escrow account under none: what it gained less what it gave.
pub fn balances(entries: &[ledger_entry::Model]) -> BTreeMap<Option<OrganizationId>, i64> {
    let mut balances: BTreeMap<Option<OrganizationId>, i64> = BTreeMap::new();
    for entry in entries {
        *balances.entry(entry.debit_id).or_default() += entry.amount_minor;
        *balances.entry(entry.credit_id).or_default() -= entry.amount_minor;
    }
    balances
}

/// Money of the contract for a waterfall.
pub fn pot(contract: &contract::Model, entries: &[ledger_entry::Model]) -> super::waterfall::Pot {
    let sum = |kinds: &[LedgerKind]| -> i64 {
        entries.iter().filter(|entry| kinds.contains(&entry.kind)).map(|entry| entry.amount_minor).sum()
    };
    super::waterfall::Pot {
        received: sum(&[LedgerKind::OutcomePayment]),
        recycled: contract.recycled_minor,
        fees: sum(&[LedgerKind::Fee]).min(contract.fees_first_minor),
        paid_out: sum(&[LedgerKind::Repayment, LedgerKind::Premium, LedgerKind::Remainder]),
    }
}

/// What is wrong with a contract's books; nothing if they are right.
pub fn faults(
    contract: &contract::Model,
    entries: &[ledger_entry::Model],
    payments: &[outcome_payment::Model],
    repayments: &[contract_repayment::Model],
) -> Vec<String> {
    let mut faults = Vec::new();
    let mut sorted: Vec<&ledger_entry::Model> = entries.iter().collect();
    sorted.sort_by_key(|entry| entry.sequence);
    let (mut escrow, mut came_in, mut paid_out) = (0_i64, contract.recycled_minor, 0_i64);
    for (place, entry) in sorted.iter().enumerate() {
        let name = format!("entry {} ({})", entry.sequence, entry.kind.code());
        if usize::try_from(entry.sequence).ok() != Some(place + 1) {
            faults.push(format!("{name}: entry {} is missing", place + 1));
        }
        if entry.amount_minor <= 0 {
            faults.push(format!("{name}: the amount is not above zero"));
        }
        if entry.debit_id == entry.credit_id {
            faults.push(format!("{name}: one account gives and gains"));
        }
        if entry.currency != contract.currency {
            faults.push(format!("{name}: {} in a contract in {}", entry.currency, contract.currency));
        }
        if entry.debit_id.is_none() {
            escrow += entry.amount_minor;
        }
        if entry.credit_id.is_none() {
            escrow -= entry.amount_minor;
        }
        match entry.kind {
            LedgerKind::OutcomePayment => came_in += entry.amount_minor,
            LedgerKind::Repayment => paid_out += entry.amount_minor,
            _ => {}
        }
        if escrow < 0 {
            faults.push(format!("{name}: the escrow account owes {}", -escrow));
        }
        if paid_out > came_in {
            faults.push(format!("{name}: investors got {} more than came in", paid_out - came_in));
        }
    }
    let sum: i64 = balances(entries).values().sum();
    if sum != 0 {
        faults.push(format!("debits and credits differ by {sum}"));
    }
    for payment in payments.iter().filter(|payment| payment.computation_id.is_some()) {
        let subject = payment.id.to_string();
        let booked: i64 = entries
            .iter()
            .filter(|entry| {
                entry.kind == LedgerKind::OutcomePayment && entry.subject.as_deref() == Some(&subject)
            })
            .map(|entry| entry.amount_minor)
            .sum();
        let wanted = if payment.state == PaymentState::Received { payment.amount_minor } else { 0 };
        if booked != wanted {
            faults.push(format!("payment {subject}: {booked} booked, {wanted} received"));
        }
    }
    for repayment in repayments {
        let subject = repayment.id.to_string();
        let booked: i64 = entries
            .iter()
            .filter(|entry| entry.kind == LedgerKind::Repayment && entry.subject.as_deref() == Some(&subject))
            .map(|entry| entry.amount_minor)
            .sum();
        if booked != repayment.amount_minor {
            faults.push(format!("repayment {subject}: {booked} booked, {} repaid", repayment.amount_minor));
        }
    }
    faults
}
