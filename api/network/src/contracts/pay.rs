//! Outcome payments from call to receipt. Nobody types their amount.

use super::{
    advance::advance,
    days,
    hold::{Booking, By, Contract, book, hold_key},
    money::OutcomePayment,
};
use crate::face::key;
use async_graphql::ID;
use door::{
    Error, Faults, Result, UserErrorCode,
    authz::{CONTRACTS, Event, Store, Tx},
};
use entity::{
    At,
    codes::{LedgerKind, PartyRole, PaymentState},
    contracts::outcome_payment,
    ids::{OrganizationId, PaymentId},
};
use gql::scalars::Date;
use sea_orm::{ColumnTrait, Set};

/// Longest time a payer may hold a payment back.
const LONGEST_HOLD: i32 = 60;

mutations! { ContractPaymentMutation {
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
