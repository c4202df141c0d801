//! What the viewer may do to claims and payments now: the same judgement as their steps make.

use super::{
    claim::{COMMITTEE, CONTESTERS, EVALUATOR, OPERATOR},
    hold::{By, allowed, may},
    pay::{CALLERS, PAYEE, PAYER},
    state::{ClaimStep, Step, after, claim_after},
};
use crate::face::ViewerPermission;
use async_graphql::SimpleObject;
use door::{
    Result,
    authz::{Store, pays_as},
};
use entity::{
    codes::{ClaimState, PaymentState},
    contracts::{contract, outcome_claim, outcome_payment},
    ids::ContractId,
};

/// What the viewer may do to a claim.
#[derive(Clone, Debug, SimpleObject)]
pub struct OutcomeClaimViewerPermissions {
    /// `claimSubmit`.
    pub submit: ViewerPermission,
    /// `claimTake`.
    pub take: ViewerPermission,
    /// `claimAsk`.
    pub ask: ViewerPermission,
    /// `claimAnswer`.
    pub answer: ViewerPermission,
    /// `claimVerify`.
    pub verify: ViewerPermission,
    /// `claimContest`.
    pub contest: ViewerPermission,
    /// `claimResolve`.
    pub resolve: ViewerPermission,
    /// `claimUphold`.
    pub uphold: ViewerPermission,
}

/// What the viewer may do to a payment.
#[derive(Clone, Debug, SimpleObject)]
pub struct OutcomePaymentViewerPermissions {
    /// `paymentCall`.
    pub call: ViewerPermission,
    /// `paymentApprove`; above the contract's limit, a second person.
    pub approve: ViewerPermission,
    /// `paymentHold`.
    pub hold: ViewerPermission,
    /// `paymentMarkPaid`.
    pub mark_paid: ViewerPermission,
    /// `paymentConfirm`.
    pub confirm: ViewerPermission,
}

/// Whether a step may be taken on a contract.
pub fn of_step(store: &Store, row: &contract::Model, step: Step, by: By) -> ViewerPermission {
    let is_state_met = !row.is_imported && after(row.status, step).is_some();
    ViewerPermission::judge(store.viewer(), may(store.viewer(), row, by), is_state_met)
}

pub async fn of_claim(
    store: &Store,
    claim: &outcome_claim::Model,
) -> Result<Option<OutcomeClaimViewerPermissions>> {
    let Some(held) = contract_of(store, claim.contract_id).await? else { return Ok(None) };
    let is_over = claim.contestable_until.is_some_and(|until| until <= store.now());
    let state = if claim.state == ClaimState::Verified && is_over { ClaimState::Final } else { claim.state };
    let judge = |step, by| {
        let starts = claim_after(state, step).is_some() && !held.is_imported;
        let is_state_met = starts && (step != ClaimStep::Submit || allowed(&held, Step::Claim).is_ok());
        ViewerPermission::judge(store.viewer(), may(store.viewer(), &held, by), is_state_met)
    };
    Ok(Some(OutcomeClaimViewerPermissions {
        submit: judge(ClaimStep::Submit, By::Editors(OPERATOR)),
        take: judge(ClaimStep::Take, By::Editors(EVALUATOR)),
        ask: judge(ClaimStep::Ask, By::Editors(EVALUATOR)),
        answer: judge(ClaimStep::Answer, By::Editors(OPERATOR)),
        verify: judge(ClaimStep::Conclude, By::Editors(EVALUATOR)),
        contest: judge(ClaimStep::Contest, By::Editors(CONTESTERS)),
        resolve: judge(ClaimStep::Resolve, By::Editors(EVALUATOR)),
        uphold: judge(ClaimStep::Resolve, By::Editors(COMMITTEE)),
    }))
}

pub async fn of_payment(
    store: &Store,
    payment: &outcome_payment::Model,
) -> Result<Option<OutcomePaymentViewerPermissions>> {
    let Some(held) = contract_of(store, payment.contract_id).await? else { return Ok(None) };
    let viewer = store.viewer();
    let is_held_no_more = payment.held_until.is_some_and(|until| until <= store.now());
    let state = match payment.state {
        PaymentState::Held if is_held_no_more => PaymentState::Called,
        state => state,
    };
    let judge = |from, by, side| {
        let is_for_side = match (by, side) {
            (By::Finance(roles), Some(side)) => pays_as(viewer, &held, roles).contains(&side),
            _ => true,
        };
        let is_state_met = state == from && !held.is_imported;
        ViewerPermission::judge(viewer, may(viewer, &held, by) && is_for_side, is_state_met)
    };
    let payer = Some(payment.payer_id);
    let mut approve = judge(PaymentState::Called, PAYER, payer);
    if approve.is_allowed && payment.approved_by_id.is_some() && payment.approved_by_id == viewer.user() {
        approve = ViewerPermission::judge(viewer, true, false);
    }
    let mut hold = judge(PaymentState::Called, PAYER, payer);
    if hold.is_allowed && payment.held_until.is_some() {
        hold = ViewerPermission::judge(viewer, true, false);
    }
    Ok(Some(OutcomePaymentViewerPermissions {
        call: judge(PaymentState::Computed, By::Editors(CALLERS), None),
        approve,
        hold,
        mark_paid: judge(PaymentState::Approved, PAYER, payer),
        confirm: judge(PaymentState::Paid, PAYEE, Some(payment.payee_id)),
    }))
}

async fn contract_of(store: &Store, id: ContractId) -> Result<Option<contract::Model>> {
    store.load::<contract::Entity>(id).await
}
