//! The vehicle's money: draw-downs from investors, service and fees from escrow, repayments (domain BR-10 to BR-14).

use super::{
    advance::distribution,
    contract::ImpactContract,
    days,
    hold::{Booking, By, Contract, all, book, hold, parties},
    ledger,
    party::write::find_party,
    state::Step,
    terms::read_money,
    waterfall::Kind,
};
use crate::face::key;
use async_graphql::ID;
use door::{
    Error, Result, UserErrorCode,
    authz::{Event, Store, Tx},
};
use entity::{
    codes::{LedgerKind, PartyRole, RepaymentKind},
    contracts::{contract_investment, contract_repayment, ledger_entry},
    ids::{InvestmentId, OrganizationId, RepaymentId},
};
use gql::scalars::Decimal;
use sea_orm::Set;

mutations! { ContractMoneyMutation {
    /// Records money that came in from an investor; for those who handle money at the investor, the structurer or the vehicle.
    ///
    /// Errors: `NOT_FOUND`, `STATE_INVALID`, `INVALID`, `COMMITMENT_EXCEEDED`; top level: `FORBIDDEN`.
    contract_draw_down(ContractDrawDownInput {
        /// Contract to act on.
        id: ID,
        /// Tranche that is drawn.
        investment_id: ID,
        /// Amount.
        amount: Decimal,
    }) -> ContractDrawDownPayload {
        /// Contract as it is now.
        contract: ImpactContract
    } = draw_down;

    /// Pays the operator for service from what the contract holds; for those who handle money at the vehicle or the lead.
    ///
    /// Errors: `NOT_FOUND`, `STATE_INVALID`, `INVALID`, `FUNDS_MISSING`; top level: `FORBIDDEN`.
    contract_service_pay(ContractServicePayInput {
        /// Contract to act on.
        id: ID,
        /// Operator that is paid.
        party_id: ID,
        /// Amount.
        amount: Decimal,
    }) -> ContractServicePayPayload {
        /// Contract as it is now.
        contract: ImpactContract
    } = pay_service;

    /// Pays a party its agreed fee from what the contract holds; for those who handle money at the vehicle or the lead.
    ///
    /// Errors: `NOT_FOUND`, `STATE_INVALID`, `INVALID`, `FUNDS_MISSING`, `COMMITMENT_EXCEEDED`; top level: `FORBIDDEN`.
    contract_fee_pay(ContractFeePayInput {
        /// Contract to act on.
        id: ID,
        /// Party that is paid.
        party_id: ID,
        /// Amount; with what was paid before, no more than the agreed fee.
        amount: Decimal,
    }) -> ContractFeePayPayload {
        /// Contract as it is now.
        contract: ImpactContract
    } = pay_fee;

    /// Pays out to investors what is theirs, by rank (rules BR-10 and BR-11), then the operator's premium.
    ///
    /// For those who handle money at the vehicle or the lead. What is left stays on the escrow account.
    ///
    /// Errors: `NOT_FOUND`, `STATE_INVALID`, `FUNDS_MISSING`; top level: `FORBIDDEN`.
    contract_repay(ContractRepayInput {
        /// Contract to act on.
        id: ID,
    }) -> ContractRepayPayload {
        /// Contract as it is now.
        contract: ImpactContract
    } = repay;
}}

fn positive(amount: &Decimal, held: &Contract) -> Result<i64> {
    match read_money(amount, &held.currency, &["input", "amount"])? {
        0 => Err(Error::mend(UserErrorCode::OutOfRange, &["input", "amount"], "More than nothing, please.")),
        amount => Ok(amount),
    }
}

async fn entries(tx: &Tx, held: &Contract) -> Result<Vec<ledger_entry::Model>> {
    all::<ledger_entry::Entity>(tx, ledger_entry::Column::ContractId, held.id).await
}

async fn draw_down(store: &Store, input: ContractDrawDownInput) -> Result<ImpactContract> {
    let mut tx = store.begin().await?;
    let by = By::Finance(&[PartyRole::Investor, PartyRole::Structurer, PartyRole::Spv]);
    let (held, acting) = hold(&tx, &input.id, None, Some(Step::DrawDown), by).await?;
    let id: InvestmentId = key(&input.investment_id)?;
    let tranches =
        all::<contract_investment::Entity>(&tx, contract_investment::Column::ContractId, held.id).await?;
    let tranche = tranches.into_iter().find(|tranche| tranche.id == id);
    let tranche = tranche.ok_or_else(|| Error::not_found(&["input", "investmentId"]))?;
    let treasurers = door::authz::pays_as(store.viewer(), &held, &[PartyRole::Structurer, PartyRole::Spv]);
    if !acting.contains(&tranche.organization_id) && treasurers.is_empty() {
        return Err(Error::not_found(&["input", "investmentId"]));
    }
    let amount = positive(&input.amount, &held)?;
    let subject = tranche.id.to_string();
    let drawn: i64 = entries(&tx, &held)
        .await?
        .iter()
        .filter(|entry| entry.kind == LedgerKind::DrawDown && entry.subject.as_deref() == Some(&subject))
        .map(|entry| entry.amount_minor)
        .sum();
    if drawn.saturating_add(amount) > tranche.committed_minor {
        let message = "With what was drawn before, this exceeds what the investor committed (BR-12).";
        return Err(Error::mend(UserErrorCode::CommitmentExceeded, &["input", "amount"], message));
    }
    let booking = Booking {
        kind: LedgerKind::DrawDown,
        debit: None,
        credit: Some(tranche.organization_id),
        amount,
        subject: Some(subject),
        reason: None,
    };
    book(&mut tx, &held, vec![booking]).await?;
    tx.commit(Event::of("contractDrawDown")).await?;
    Ok(ImpactContract(held.into_row()))
}

/// Holds a contract for somebody who handles its money: the vehicle, or the lead.
async fn treasury(tx: &Tx, id: &ID) -> Result<Contract> {
    let (held, acting) = hold(tx, id, None, None, By::Finance(&[])).await?;
    let vehicles = door::authz::pays_as(tx.store().viewer(), &held, &[PartyRole::Spv]);
    if vehicles.is_empty() && !acting.contains(&held.lead_id) {
        return Err(Error::forbidden(
            "This is for those who handle money at the vehicle or the lead of the contract.",
        ));
    }
    if !matches!(
        held.status,
        entity::codes::ContractStatus::Contracted
            | entity::codes::ContractStatus::Active
            | entity::codes::ContractStatus::Suspended
            | entity::codes::ContractStatus::DeliveryComplete
            | entity::codes::ContractStatus::Terminated
    ) {
        return Err(Error::state(format!("The contract is {}; no money moves in it now.", held.status)));
    }
    Ok(held)
}

async fn pay_service(store: &Store, input: ContractServicePayInput) -> Result<ImpactContract> {
    let mut tx = store.begin().await?;
    let held = treasury(&tx, &input.id).await?;
    let operator = find_party(&tx, &held, &input.party_id).await?;
    if operator.role != PartyRole::Operator {
        return Err(Error::mend(
            UserErrorCode::Invalid,
            &["input", "partyId"],
            "Service is paid to an operator.",
        ));
    }
    let amount = positive(&input.amount, &held)?;
    spend(&mut tx, &held, LedgerKind::ServicePayment, operator.organization_id, amount).await?;
    tx.commit(Event::of("contractServicePay")).await?;
    Ok(ImpactContract(held.into_row()))
}

async fn pay_fee(store: &Store, input: ContractFeePayInput) -> Result<ImpactContract> {
    let mut tx = store.begin().await?;
    let held = treasury(&tx, &input.id).await?;
    let party = find_party(&tx, &held, &input.party_id).await?;
    let amount = positive(&input.amount, &held)?;
    let paid: i64 = entries(&tx, &held)
        .await?
        .iter()
        .filter(|entry| entry.kind == LedgerKind::Fee && entry.debit_id == Some(party.organization_id))
        .map(|entry| entry.amount_minor)
        .sum();
    if paid.saturating_add(amount) > party.fee_minor.unwrap_or(0) {
        let message = "With what was paid before, this exceeds the agreed fee.";
        return Err(Error::mend(UserErrorCode::CommitmentExceeded, &["input", "amount"], message));
    }
    spend(&mut tx, &held, LedgerKind::Fee, party.organization_id, amount).await?;
    tx.commit(Event::of("contractFeePay")).await?;
    Ok(ImpactContract(held.into_row()))
}

/// Pays from escrow, which never owes (BR-12).
async fn spend(
    tx: &mut Tx,
    held: &Contract,
    kind: LedgerKind,
    to: OrganizationId,
    amount: i64,
) -> Result<()> {
    if ledger::escrow(&entries(tx, held).await?) < amount {
        let message =
            "The contract does not hold that much: draw-downs and payments received set the limit (BR-12).";
        return Err(Error::mend(UserErrorCode::FundsMissing, &["input", "amount"], message));
    }
    let booking = Booking { kind, debit: Some(to), credit: None, amount, subject: None, reason: None };
    book(tx, held, vec![booking]).await
}

async fn repay(store: &Store, input: ContractRepayInput) -> Result<ImpactContract> {
    let mut tx = store.begin().await?;
    let held = treasury(&tx, &input.id).await?;
    let today = days::of(store.now());
    let (distribution, _) = distribution(&tx, &held, &today).await?;
    if distribution.parts.is_empty() && distribution.premium == 0 {
        let message = "Nothing came in that has not been paid out (BR-10).";
        return Err(Error::mend(UserErrorCode::FundsMissing, &["input", "id"], message));
    }
    let tranches =
        all::<contract_investment::Entity>(&tx, contract_investment::Column::ContractId, held.id).await?;
    let now = store.now();
    let mut bookings = Vec::new();
    for part in distribution.parts {
        let Some(tranche) = tranches.iter().find(|tranche| tranche.id.to_string() == part.tranche) else {
            continue;
        };
        let id = RepaymentId::fresh();
        let row = contract_repayment::ActiveModel {
            id: Set(id),
            contract_id: Set(held.id),
            investment_id: Set(tranche.id),
            organization_id: Set(tranche.organization_id),
            kind: Set(match part.kind {
                Kind::Principal => RepaymentKind::Principal,
                Kind::FixedReturn => RepaymentKind::FixedReturn,
                Kind::VariableReturn => RepaymentKind::VariableReturn,
            }),
            amount_minor: Set(part.amount),
            created_at: Set(now),
        };
        tx.add_part::<contract_repayment::Entity>(&held, row).await?;
        bookings.push(Booking {
            kind: LedgerKind::Repayment,
            debit: Some(tranche.organization_id),
            credit: None,
            amount: part.amount,
            subject: Some(id.to_string()),
            reason: None,
        });
    }
    let parties = parties(&tx, held.id).await?;
    let operator = parties.iter().find(|party| party.role == PartyRole::Operator && party.until.is_none());
    if let Some(operator) = operator.filter(|_| distribution.premium > 0) {
        bookings.push(Booking {
            kind: LedgerKind::Premium,
            debit: Some(operator.organization_id),
            credit: None,
            amount: distribution.premium,
            subject: None,
            reason: None,
        });
    }
    book(&mut tx, &held, bookings).await?;
    tx.commit(Event::of("contractRepay")).await?;
    Ok(ImpactContract(held.into_row()))
}
