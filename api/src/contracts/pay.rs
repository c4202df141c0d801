//! Moving money: draw-downs, outcome payments from call to receipt, service, fees, and repayments by the waterfall.
//!
//! Nobody types the amount of an outcome payment or of a repayment.

use super::{
    advance::{advance, distribution},
    contract::ImpactContract,
    days,
    hold::{Booking, By, Contract, all, book, hold, hold_key},
    ledger,
    money::OutcomePayment,
    party::write::find_party,
    state::Step,
    terms::read_money,
    waterfall::Kind,
};
use crate::{
    Error, Faults, Result, UserErrorCode,
    authz::{CONTRACTS, Event, Store, Tx},
    face::key,
};
use async_graphql::ID;
use entity::{
    At,
    codes::{LedgerKind, PartyRole, PaymentState, RepaymentKind},
    contracts::{contract_investment, contract_repayment, ledger_entry, outcome_payment},
    ids::{InvestmentId, OrganizationId, PaymentId, RepaymentId},
};
use gql::scalars::{Date, Decimal};
use sea_orm::{ColumnTrait, Set};

/// Longest time a payer may hold a payment back.
const LONGEST_HOLD: i32 = 60;

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

    /// Calls a computed payment; for editors of the operator, the structurer and the vehicle.
    ///
    /// Errors: `NOT_FOUND`, `STATE_INVALID`; top level: `FORBIDDEN`.
    payment_call(PaymentCallInput {
        /// Payment to call.
        id: ID,
        /// Last day for paying; in 30 days unless given.
        due_on: Option<Date>,
    }) -> PaymentCallPayload {
        /// Payment as it is now.
        payment: OutcomePayment
    } = call;

    /// Approves a called payment; for those who handle money at its payer. Above the contract's limit, two different people do.
    ///
    /// Errors: `NOT_FOUND`, `STATE_INVALID`, `SECOND_PERSON_NEEDED`; top level: `FORBIDDEN`.
    payment_approve(PaymentApproveInput {
        /// Payment to approve.
        id: ID,
    }) -> PaymentApprovePayload {
        /// Payment as it is now; still `CALLED` when a second person has to approve.
        payment: OutcomePayment
    } = approve;

    /// Holds a called payment back for some days; for those who handle money at its payer.
    ///
    /// Errors: `NOT_FOUND`, `STATE_INVALID`, `BLANK`, `TOO_LONG`, `OUT_OF_RANGE`; top level: `FORBIDDEN`.
    payment_hold(PaymentHoldInput {
        /// Payment to hold back.
        id: ID,
        /// Days, 1 to 60.
        days: i32,
        /// Why; at most 2,000 characters.
        reason: String,
    }) -> PaymentHoldPayload {
        /// Payment as it is now.
        payment: OutcomePayment
    } = hold_back;

    /// Says that an approved payment was made; for those who handle money at its payer.
    ///
    /// Errors: `NOT_FOUND`, `STATE_INVALID`, `BLANK`, `TOO_LONG`; top level: `FORBIDDEN`.
    payment_mark_paid(PaymentMarkPaidInput {
        /// Payment that was made.
        id: ID,
        /// Reference of the transfer; at most 200 characters.
        reference: String,
    }) -> PaymentMarkPaidPayload {
        /// Payment as it is now.
        payment: OutcomePayment
    } = mark_paid;

    /// Confirms the receipt of a payment, which books it; for those who handle money at its payee.
    ///
    /// Errors: `NOT_FOUND`, `STATE_INVALID`; top level: `FORBIDDEN`.
    payment_confirm(PaymentConfirmInput {
        /// Payment that was received.
        id: ID,
    }) -> PaymentConfirmPayload {
        /// Payment as it is now.
        payment: OutcomePayment
    } = confirm;
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
    let treasurers = crate::authz::pays_as(store.viewer(), &held, &[PartyRole::Structurer, PartyRole::Spv]);
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
    let vehicles = crate::authz::pays_as(tx.store().viewer(), &held, &[PartyRole::Spv]);
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
    let parties = super::hold::parties(&tx, held.id).await?;
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

/// A payment of a held contract, and for whom the viewer acts.
struct Grip {
    held: Contract,
    payment: outcome_payment::Model,
    acting: Vec<OrganizationId>,
}

async fn grip(tx: &mut Tx, id: &ID, from: &[PaymentState], by: By) -> Result<Grip> {
    let id: PaymentId = key(id)?;
    let found = tx.see::<outcome_payment::Entity>().filter(outcome_payment::Column::Id.eq(id)).one().await?;
    let found = found.ok_or_else(|| Error::not_found(&["input", "id"]))?;
    let (held, acting) = hold_key(tx, found.contract_id, None, None, by).await?;
    advance(tx, &held).await?;
    let again = tx
        .see_as::<outcome_payment::Entity>(CONTRACTS)
        .filter(outcome_payment::Column::Id.eq(id))
        .one()
        .await?;
    let mut payment = again.ok_or_else(|| Error::not_found(&["input", "id"]))?;
    if payment.state == PaymentState::Held
        && payment.held_until.is_some_and(|until| until <= tx.store().now())
    {
        payment = tx
            .update_part::<outcome_payment::Entity>(&held, payment, |row| {
                row.state = Set(PaymentState::Called);
            })
            .await?;
    }
    if !from.contains(&payment.state) {
        return Err(Error::state(format!(
            "The payment is {}; this cannot be done to it now.",
            payment.state
        )));
    }
    Ok(Grip { held, payment, acting })
}

impl Grip {
    /// The viewer handles money for this side of the payment.
    fn is_for(&self, side: OrganizationId) -> Result<()> {
        if self.acting.contains(&side) {
            return Ok(());
        }
        Err(Error::forbidden("This is for those who handle money on the other side of the payment."))
    }

    async fn go(
        self,
        mut tx: Tx,
        action: &'static str,
        change: impl FnOnce(&mut outcome_payment::ActiveModel),
    ) -> Result<OutcomePayment> {
        let payment = tx.update_part::<outcome_payment::Entity>(&self.held, self.payment, change).await?;
        tx.commit(Event::of(action)).await?;
        Ok(OutcomePayment(payment))
    }
}

pub const CALLERS: &[PartyRole] = &[PartyRole::Operator, PartyRole::Structurer, PartyRole::Spv];

async fn call(store: &Store, input: PaymentCallInput) -> Result<OutcomePayment> {
    let mut tx = store.begin().await?;
    let grip = grip(&mut tx, &input.id, &[PaymentState::Computed], By::Editors(CALLERS)).await?;
    let now = store.now();
    let due = input.due_on.map_or_else(|| days::of(now.plus(30 * At::DAY)), |day| day.0);
    grip.go(tx, "paymentCall", |row| {
        row.state = Set(PaymentState::Called);
        row.called_at = Set(Some(now));
        row.due_on = Set(Some(due));
    })
    .await
}

pub const PAYER: By = By::Finance(&[PartyRole::OutcomePayer]);
pub const PAYEE: By = By::Finance(&[PartyRole::Operator, PartyRole::Spv]);

async fn approve(store: &Store, input: PaymentApproveInput) -> Result<OutcomePayment> {
    let mut tx = store.begin().await?;
    let grip = grip(&mut tx, &input.id, &[PaymentState::Called], PAYER).await?;
    grip.is_for(grip.payment.payer_id)?;
    let Some(user) = store.viewer().user() else { return Err(Error::unauthenticated()) };
    let needs_two = grip.held.second_person_minor.is_some_and(|limit| grip.payment.amount_minor > limit);
    let now = store.now();
    match grip.payment.approved_by_id {
        Some(first) if needs_two && first == user => {
            let message = "You approved it already; above the contract's limit a second person has to.";
            Err(Error::mend(UserErrorCode::SecondPersonNeeded, &["input", "id"], message))
        }
        None if needs_two => grip.go(tx, "paymentApprove", |row| row.approved_by_id = Set(Some(user))).await,
        first => {
            grip.go(tx, "paymentApprove", |row| {
                row.state = Set(PaymentState::Approved);
                row.approved_at = Set(Some(now));
                if first.is_some() {
                    row.second_approval_by_id = Set(Some(user));
                } else {
                    row.approved_by_id = Set(Some(user));
                }
            })
            .await
        }
    }
}

async fn hold_back(store: &Store, input: PaymentHoldInput) -> Result<OutcomePayment> {
    let mut faults = Faults::default();
    let reason = faults.required(Some(input.reason), &["input", "reason"], 2_000);
    if !(1..=LONGEST_HOLD).contains(&input.days) {
        faults.add(
            UserErrorCode::OutOfRange,
            &["input", "days"],
            format!("Between 1 and {LONGEST_HOLD} days, please."),
        );
    }
    faults.none_or_refuse()?;
    let mut tx = store.begin().await?;
    let grip = grip(&mut tx, &input.id, &[PaymentState::Called], PAYER).await?;
    grip.is_for(grip.payment.payer_id)?;
    if grip.payment.held_until.is_some() {
        return Err(Error::state("The payment was held back before; it cannot be a second time."));
    }
    let until = store.now().plus(At::DAY.saturating_mul(i64::from(input.days)));
    grip.go(tx, "paymentHold", |row| {
        row.state = Set(PaymentState::Held);
        row.held_until = Set(Some(until));
        row.hold_reason = Set(Some(reason));
    })
    .await
}

async fn mark_paid(store: &Store, input: PaymentMarkPaidInput) -> Result<OutcomePayment> {
    let mut faults = Faults::default();
    let reference = faults.required(Some(input.reference), &["input", "reference"], 200);
    faults.none_or_refuse()?;
    let mut tx = store.begin().await?;
    let grip = grip(&mut tx, &input.id, &[PaymentState::Approved], PAYER).await?;
    grip.is_for(grip.payment.payer_id)?;
    let now = store.now();
    grip.go(tx, "paymentMarkPaid", |row| {
        row.state = Set(PaymentState::Paid);
        row.paid_at = Set(Some(now));
        row.reference = Set(Some(reference));
    })
    .await
}

async fn confirm(store: &Store, input: PaymentConfirmInput) -> Result<OutcomePayment> {
    let mut tx = store.begin().await?;
    let grip = grip(&mut tx, &input.id, &[PaymentState::Paid], PAYEE).await?;
    grip.is_for(grip.payment.payee_id)?;
    let booking = Booking {
        kind: LedgerKind::OutcomePayment,
        debit: None,
        credit: Some(grip.payment.payer_id),
        amount: grip.payment.amount_minor,
        subject: Some(grip.payment.id.to_string()),
        reason: None,
    };
    book(&mut tx, &grip.held, vec![booking]).await?;
    let now = store.now();
    grip.go(tx, "paymentConfirm", |row| {
        row.state = Set(PaymentState::Received);
        row.received_at = Set(Some(now));
    })
    .await
}
