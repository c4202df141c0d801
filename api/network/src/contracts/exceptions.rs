//! What happens outside of the ordinary course: another evaluator, an amount that is moved by hand.
//!
//! Both need the agreement of others, given party by party by the same mutation; the last agreement has the effect.

use super::{
    consent::{agree, agreed},
    contract::ImpactContract,
    hold::{Booking, By, Contract, all, allowed, book, hold, parties, reseat},
    independent, ledger,
    party::write::{PartyRow, find_party, verified},
    state::{Step, after},
    terms::read_money,
};
use async_graphql::{Enum, ID};
use door::{
    Error, Faults, Result, UserErrorCode,
    authz::{Event, Store, Tx},
};
use entity::{
    codes::{LedgerKind, PartyRole},
    contracts::{contract_party, ledger_entry},
    ids::OrganizationId,
};
use gql::scalars::Decimal;
use payment::fingerprint;
use sea_orm::Set;

/// Which way an adjustment goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum AdjustmentDirection {
    /// From what the contract holds to the party.
    ToParty,
    /// From the party to what the contract holds.
    FromParty,
}

mutations! { ContractExceptionMutation {
    /// Agrees that another organization evaluates; it does once every operator, payer and investor has agreed.
    ///
    /// Claims that are open go to the new evaluator; verifications that were made stay. For administrators of operators,
    /// payers and investors.
    ///
    /// Errors: `NOT_FOUND`, `STATE_INVALID`, `ORGANIZATION_NOT_VERIFIED`, `TAKEN`, `EVALUATOR_NOT_INDEPENDENT`, `INVALID`; top level: `FORBIDDEN`.
    contract_evaluator_replace(ContractEvaluatorReplaceInput {
        /// Contract to act on.
        id: ID,
        /// Organization that is to evaluate.
        organization_id: ID,
        /// Its fee; never a function of what is verified (rule BR-5).
        fee: Option<Decimal>,
    }) -> ContractEvaluatorReplacePayload {
        /// Contract as it is now.
        contract: ImpactContract
    } = replace_evaluator;

    /// Signs an adjustment: an entry of the ledger beside all computations, with its reason (rule BR-9).
    ///
    /// It is booked once administrators of the lead, of the party concerned and of every payer have signed the same one.
    ///
    /// Errors: `NOT_FOUND`, `STATE_INVALID`, `INVALID`, `OUT_OF_RANGE`, `BLANK`, `TOO_LONG`, `FUNDS_MISSING`; top level: `FORBIDDEN`.
    contract_adjust(ContractAdjustInput {
        /// Contract to act on.
        id: ID,
        /// Party whose account is adjusted.
        party_id: ID,
        /// Which way.
        direction: AdjustmentDirection,
        /// Amount, above zero.
        amount: Decimal,
        /// Why; at most 2,000 characters.
        reason: String,
    }) -> ContractAdjustPayload {
        /// Contract as it is now.
        contract: ImpactContract
    } = adjust;

    /// Waives in writing, for a payer, the interests of the evaluators (rule BR-3); for its administrators.
    ///
    /// `independenceConflicts` tells them. Before signature the waiver is part of what all sign.
    ///
    /// Errors: `NOT_FOUND`, `STATE_INVALID`; top level: `FORBIDDEN`.
    contract_conflicts_waive(ContractConflictsWaiveInput {
        /// Contract to act on.
        id: ID,
    }) -> ContractConflictsWaivePayload {
        /// Contract as it is now.
        contract: ImpactContract
    } = waive;
}}

async fn waive(store: &Store, input: ContractConflictsWaiveInput) -> Result<ImpactContract> {
    const PAYERS: &[PartyRole] = &[PartyRole::OutcomePayer];
    let mut tx = store.begin().await?;
    let (held, acting) = hold(&tx, &input.id, None, None, By::Managers(PAYERS)).await?;
    if allowed(&held, Step::Amend).is_err() {
        allowed(&held, Step::Draft)?;
    }
    let mine = parties(&tx, held.id).await?.into_iter().filter(|party| {
        let pays = PAYERS.contains(&party.role) && party.until.is_none();
        pays && acting.contains(&party.organization_id) && !party.waives_conflicts
    });
    for party in mine {
        tx.update_part::<contract_party::Entity>(&held, party, |row| row.waives_conflicts = Set(true))
            .await?;
    }
    tx.commit(Event::of("contractConflictsWaive")).await?;
    Ok(ImpactContract(held.into_row()))
}

const CONCERNED: &[PartyRole] = &[PartyRole::Operator, PartyRole::OutcomePayer, PartyRole::Investor];

async fn replace_evaluator(store: &Store, input: ContractEvaluatorReplaceInput) -> Result<ImpactContract> {
    let mut tx = store.begin().await?;
    let (held, acting) = hold(&tx, &input.id, None, None, By::Managers(CONCERNED)).await?;
    runs(&held)?;
    let coming = verified(&tx, &input.organization_id, "organizationId").await?;
    let fee = input.fee.as_ref().map(|fee| read_money(fee, &held.currency, &["input", "fee"])).transpose()?;
    let before = parties(&tx, held.id).await?;
    let is_there = before.iter().any(|party| {
        party.until.is_none() && party.role == PartyRole::Evaluator && party.organization_id == coming.id
    });
    if is_there {
        return Err(Error::mend(UserErrorCode::Taken, &["input", "organizationId"], "It evaluates already."));
    }
    let subject = format!("EVALUATOR {} {}", coming.id, fee.unwrap_or(0));
    agree(&mut tx, &held, &acting, CONCERNED, &subject).await?;
    let agreed = agreed(&tx, &held, &subject).await?;
    let all_agree = before
        .iter()
        .filter(|party| party.until.is_none() && CONCERNED.contains(&party.role))
        .all(|party| agreed.contains(&party.id));
    let held = if all_agree { change_evaluator(&mut tx, held, &before, coming.id, fee).await? } else { held };
    tx.commit(Event::of("contractEvaluatorReplace")).await?;
    Ok(ImpactContract(held.into_row()))
}

async fn change_evaluator(
    tx: &mut Tx,
    held: Contract,
    before: &[contract_party::Model],
    coming: OrganizationId,
    fee: Option<i64>,
) -> Result<Contract> {
    let now = tx.store().now();
    let leaving = |party: &&contract_party::Model| {
        party.role == PartyRole::Evaluator && party.is_lead && party.until.is_none()
    };
    for party in before.iter().filter(leaving) {
        tx.update_part::<contract_party::Entity>(&held, party.clone(), |row| row.until = Set(Some(now)))
            .await?;
    }
    let seat = PartyRow {
        organization: coming,
        role: PartyRole::Evaluator,
        is_lead: true,
        is_signatory: true,
        position: i32::try_from(before.len()).unwrap_or(i32::MAX),
    };
    let mut row = seat.row(now);
    row.fee_minor = Set(fee);
    tx.add_part::<contract_party::Entity>(&held, row).await?;
    let present = parties(tx, held.id).await?;
    let (conflicts, names) = independent::found(tx.store(), &present).await?;
    let mut faults = Faults::default();
    for conflict in conflicts.iter().filter(|conflict| conflict.kind.is_hard()) {
        let chain: Vec<String> = conflict.chain.iter().map(|step| independent::name(&names, step)).collect();
        let message =
            format!("The evaluator is linked to the {} (BR-2): {}.", conflict.role, chain.join(" → "));
        faults.add(UserErrorCode::EvaluatorNotIndependent, &["input", "organizationId"], message);
    }
    faults.none_or_refuse()?;
    reseat(tx, held).await
}

/// Refuses before the contract binds, and once nothing moves in it any more.
fn runs(held: &Contract) -> Result<()> {
    if after(held.status, Step::Terminate).is_some() {
        return Ok(());
    }
    Err(Error::state(format!("The contract is {}; this is for contracts that run.", held.status)))
}

async fn adjust(store: &Store, input: ContractAdjustInput) -> Result<ImpactContract> {
    let mut faults = Faults::default();
    let reason = faults.required(Some(input.reason), &["input", "reason"], 2_000);
    faults.none_or_refuse()?;
    let mut tx = store.begin().await?;
    let (held, acting) = hold(&tx, &input.id, None, None, By::Managers(&[])).await?;
    runs(&held)?;
    let concerned = find_party(&tx, &held, &input.party_id).await?;
    let amount = read_money(&input.amount, &held.currency, &["input", "amount"])?;
    if amount == 0 {
        return Err(Error::mend(
            UserErrorCode::OutOfRange,
            &["input", "amount"],
            "More than nothing, please.",
        ));
    }
    let entries = all::<ledger_entry::Entity>(&tx, ledger_entry::Column::ContractId, held.id).await?;
    let is_out = input.direction == AdjustmentDirection::ToParty;
    let made = entries.iter().filter(|entry| entry.kind == LedgerKind::Adjustment).count();
    // Numbered, so that signatures of one adjustment are none of the next.
    let said = serde_json::json!([made, concerned.id.to_string(), is_out, amount, reason]);
    let subject = format!("ADJUSTMENT {}", fingerprint(&said));
    let present = parties(&tx, held.id).await?;
    let signs = |party: &&contract_party::Model| {
        party.until.is_none()
            && (party.id == concerned.id
                || party.role == PartyRole::OutcomePayer
                || party.organization_id == held.lead_id)
    };
    if !present.iter().filter(signs).any(|party| acting.contains(&party.organization_id)) {
        return Err(Error::forbidden(
            "Adjustments are signed by the lead, the party concerned and the payers.",
        ));
    }
    agree(&mut tx, &held, &acting, &[], &subject).await?;
    let agreed = agreed(&tx, &held, &subject).await?;
    if present.iter().filter(signs).all(|party| agreed.contains(&party.id)) {
        if is_out && ledger::escrow(&entries) < amount {
            let message = "The contract does not hold that much.";
            return Err(Error::mend(UserErrorCode::FundsMissing, &["input", "amount"], message));
        }
        let account = Some(concerned.organization_id);
        let (debit, credit) = if is_out { (account, None) } else { (None, account) };
        let kind = LedgerKind::Adjustment;
        let booking = Booking { kind, debit, credit, amount, subject: None, reason: Some(reason.clone()) };
        book(&mut tx, &held, vec![booking]).await?;
    }
    tx.commit(Event::because("contractAdjust", reason)).await?;
    Ok(ImpactContract(held.into_row()))
}
