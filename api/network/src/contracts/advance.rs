//! What the system does by itself: claims become final, payments are computed, and it knows when all is settled.

use super::{
    computation::print,
    hold::{Contract, all, parties},
    ledger,
    money::tranche,
    sheet::{Sheet, party_of},
    state::{ClaimStep, claim_after},
    waterfall::{self, Distribution, Tranche},
};
use door::{Error, Result, UserErrorCode, authz::Tx};
use entity::{
    codes::{ClaimKind, ClaimState, PartyRole, PaymentState, VersionState},
    contracts::{
        claim_verification, contract_investment, contract_party, contract_repayment, contract_version,
        ledger_entry, outcome_claim, outcome_payment, payment_computation,
    },
    ids::{ComputationId, ContractId, OrganizationId, PaymentId},
};
use payment::{
    self,
    terms::{Earlier, Input, Outcome},
};
use sea_orm::Set;

/// Version that is in force.
pub async fn in_force(tx: &Tx, contract: ContractId) -> Result<Option<contract_version::Model>> {
    let versions =
        all::<contract_version::Entity>(tx, contract_version::Column::ContractId, contract).await?;
    Ok(versions.into_iter().find(|version| version.state == VersionState::Signed))
}

/// Makes claims final whose days for contesting are over, and computes what they make due. In the order of periods.
pub async fn advance(tx: &mut Tx, held: &Contract) -> Result<()> {
    let now = tx.store().now();
    let mut claims = claims(tx, held.id).await?;
    claims.sort_by_key(|claim| (claim.from_on.clone(), claim.number));
    for claim in claims {
        let is_over = claim.contestable_until.is_some_and(|until| until <= now);
        let Some(state) = claim_after(claim.state, ClaimStep::Finalise).filter(|_| is_over) else { continue };
        let claim = tx
            .update_part::<outcome_claim::Entity>(held, claim, |row| {
                row.state = Set(state);
                row.final_at = Set(Some(now));
            })
            .await?;
        compute(tx, held, &claim).await?;
    }
    let payments = all::<outcome_payment::Entity>(tx, outcome_payment::Column::ContractId, held.id).await?;
    let is_over = |payment: &outcome_payment::Model| {
        payment.state == PaymentState::Held && payment.held_until.is_some_and(|until| until <= now)
    };
    for payment in payments.into_iter().filter(is_over) {
        tx.update_part::<outcome_payment::Entity>(held, payment, |row| row.state = Set(PaymentState::Called))
            .await?;
    }
    Ok(())
}

pub async fn claims(tx: &Tx, contract: ContractId) -> Result<Vec<outcome_claim::Model>> {
    all::<outcome_claim::Entity>(tx, outcome_claim::Column::ContractId, contract).await
}

/// What was accepted in final claims.
pub fn accepted(
    claims: &[outcome_claim::Model],
    verifications: &[claim_verification::Model],
) -> Result<Vec<Outcome>> {
    claims
        .iter()
        .filter(|claim| claim.state == ClaimState::Final)
        .map(|claim| {
            let last = verifications
                .iter()
                .filter(|verification| verification.claim_id == claim.id)
                .max_by_key(|verification| verification.revision);
            let (lines, profiles) = match last {
                Some(last) => (super::claim::accepted_lines(last)?, read(&last.profiles)?),
                None => (Vec::new(), Vec::new()),
            };
            Ok(Outcome {
                claim: claim.id.to_string(),
                from: claim.from_on.clone(),
                to: claim.to_on.clone(),
                lines,
                profiles,
            })
        })
        .collect()
}

pub fn read<T: serde::de::DeserializeOwned>(json: &serde_json::Value) -> Result<T> {
    Ok(serde_json::from_value(json.clone()).map_err(anyhow::Error::from)?)
}

/// What earlier computations made due, by payer, less what was cancelled before it was paid.
pub fn earlier(
    computations: &[payment_computation::Model],
    payments: &[outcome_payment::Model],
    parties: &[contract_party::Model],
) -> Result<Vec<Earlier>> {
    let is_cancelled = |computation: &payment_computation::Model, payer: &str| {
        let party = party_of(payer).and_then(|id| parties.iter().find(|party| party.id == id));
        payments.iter().any(|payment| {
            payment.state == PaymentState::Cancelled
                && payment.computation_id == Some(computation.id)
                && party.is_some_and(|party| party.organization_id == payment.payer_id)
        })
    };
    let mut list = Vec::new();
    for computation in computations {
        let result: payment::Computation = read(&computation.result)?;
        let dues = result
            .payers
            .into_iter()
            .filter(|payer| payer.due > 0 && !is_cancelled(computation, &payer.payer));
        list.extend(dues.map(|payer| Earlier { payer: payer.payer, amount: payer.due }));
    }
    Ok(list)
}

/// Who is paid: the vehicle that holds the contract's money, or the lead operator without one.
pub fn payee(parties: &[contract_party::Model]) -> Option<OrganizationId> {
    let of = |role: PartyRole| {
        let mut present: Vec<_> =
            parties.iter().filter(|party| party.role == role && party.until.is_none()).collect();
        present.sort_by_key(|party| (!party.is_lead, party.id));
        present.first().map(|party| party.organization_id)
    };
    of(PartyRole::Spv).or_else(|| of(PartyRole::Operator))
}

async fn compute(tx: &mut Tx, held: &Contract, claim: &outcome_claim::Model) -> Result<()> {
    let Some(version) = in_force(tx, held.id).await? else {
        return Err(Error::state("No signed version is in force."));
    };
    let parties = parties(tx, held.id).await?;
    let sheet = Sheet::read(version.content.get("terms").unwrap_or(&serde_json::Value::Null))?;
    let verifications =
        all::<claim_verification::Entity>(tx, claim_verification::Column::ContractId, held.id).await?;
    let computations =
        all::<payment_computation::Entity>(tx, payment_computation::Column::ContractId, held.id).await?;
    if claim.kind == ClaimKind::Correction {
        cancel_unapproved(tx, held).await?;
    }
    let payments = all::<outcome_payment::Entity>(tx, outcome_payment::Column::ContractId, held.id).await?;
    let input = Input {
        version: version.hash.clone(),
        terms: sheet.terms(held, &parties),
        outcomes: accepted(&claims(tx, held.id).await?, &verifications)?,
        earlier: earlier(&computations, &payments, &parties)?,
    };
    let computed = payment::compute(&input, print).map_err(|fault| match fault {
        payment::Fault::UnknownMetric(code) => Error::state(format!(
            "Metric {code} was claimed, but the version in force has none of that code."
        )),
        payment::Fault::TooLarge => Error::state("An amount is larger than can be paid."),
    })?;
    let now = tx.store().now();
    let id = ComputationId::fresh();
    let mut result = serde_json::to_value(&computed).map_err(anyhow::Error::from)?;
    if let Some(map) = result.as_object_mut() {
        map.insert("currency".to_owned(), held.currency.clone().into());
    }
    let row = payment_computation::ActiveModel {
        id: Set(id),
        contract_id: Set(held.id),
        claim_id: Set(claim.id),
        version_id: Set(version.id),
        engine: Set(computed.engine),
        input_hash: Set(computed.input_hash),
        result: Set(result),
        cumulative_minor: Set(computed.cumulative),
        due_minor: Set(computed.due),
        credit_minor: Set(computed.credit),
        unfunded_minor: Set(computed.unfunded),
        created_at: Set(now),
    };
    tx.add_part::<payment_computation::Entity>(held, row).await?;
    let Some(payee) = payee(&parties) else { return Err(Error::state("Nobody is there to be paid.")) };
    for due in computed.payers.into_iter().filter(|payer| payer.due > 0) {
        let party = party_of(&due.payer).and_then(|id| parties.iter().find(|party| party.id == id));
        let Some(party) = party else { continue };
        let row = outcome_payment::ActiveModel {
            id: Set(PaymentId::fresh()),
            contract_id: Set(held.id),
            computation_id: Set(Some(id)),
            payer_id: Set(party.organization_id),
            payee_id: Set(payee),
            amount_minor: Set(due.due),
            currency: Set(held.currency.clone()),
            state: Set(PaymentState::Computed),
            called_at: Set(None),
            due_on: Set(None),
            approved_by_id: Set(None),
            approved_at: Set(None),
            second_approval_by_id: Set(None),
            paid_at: Set(None),
            reference: Set(None),
            received_at: Set(None),
            held_until: Set(None),
            hold_reason: Set(None),
            version: Set(1),
            created_at: Set(now),
            updated_at: Set(now),
        };
        tx.add_part::<outcome_payment::Entity>(held, row).await?;
    }
    Ok(())
}

/// A correction takes back what nobody has approved yet, and makes what is right due anew.
async fn cancel_unapproved(tx: &mut Tx, held: &Contract) -> Result<()> {
    let payments = all::<outcome_payment::Entity>(tx, outcome_payment::Column::ContractId, held.id).await?;
    let is_open = |payment: &outcome_payment::Model| {
        matches!(payment.state, PaymentState::Computed | PaymentState::Called)
            && payment.approved_by_id.is_none()
    };
    for payment in payments.into_iter().filter(is_open) {
        tx.update_part::<outcome_payment::Entity>(held, payment, |row| {
            row.state = Set(PaymentState::Cancelled);
        })
        .await?;
    }
    Ok(())
}

/// Refuses while a claim is on its way.
pub async fn no_open_claims(tx: &Tx, held: &Contract) -> Result<()> {
    let claims = claims(tx, held.id).await?;
    let open =
        claims.iter().filter(|claim| !matches!(claim.state, ClaimState::Final | ClaimState::Draft)).count();
    if open > 0 {
        let message = format!("{open} claims are not final yet.");
        return Err(Error::mend(UserErrorCode::ClaimsOpen, &["input", "id"], message));
    }
    Ok(())
}

/// What the waterfall would pay out now.
pub async fn distribution(tx: &Tx, held: &Contract, today: &str) -> Result<(Distribution, Vec<Tranche>)> {
    let entries = all::<ledger_entry::Entity>(tx, ledger_entry::Column::ContractId, held.id).await?;
    let repayments =
        all::<contract_repayment::Entity>(tx, contract_repayment::Column::ContractId, held.id).await?;
    let rows =
        all::<contract_investment::Entity>(tx, contract_investment::Column::ContractId, held.id).await?;
    let tranches: Vec<Tranche> = rows.iter().map(|row| tranche(row, &entries, &repayments, today)).collect();
    let premium_paid: i64 = entries
        .iter()
        .filter(|entry| entry.kind == entity::codes::LedgerKind::Premium)
        .map(|entry| entry.amount_minor)
        .sum();
    let mut pot = ledger::pot(held, &entries);
    // Nothing leaves that is not there: service may have been paid from what came in.
    pot.received =
        pot.received.min(pot.received.saturating_sub(pot.free()).saturating_add(ledger::escrow(&entries)));
    Ok((waterfall::distribute(&pot, &tranches, held.premium_minor.saturating_sub(premium_paid)), tranches))
}

/// Refuses to settle while something is missing; names all of it.
pub async fn is_settled(tx: &Tx, held: &Contract) -> Result<()> {
    let mut faults = door::Faults::default();
    let claims = claims(tx, held.id).await?;
    let open =
        claims.iter().filter(|claim| !matches!(claim.state, ClaimState::Final | ClaimState::Draft)).count();
    let has_last =
        claims.iter().any(|claim| claim.kind == ClaimKind::Final && claim.state == ClaimState::Final);
    if open > 0 || !has_last {
        let message = if has_last {
            format!("{open} claims are not final yet.")
        } else {
            "The last claim is not final yet.".to_owned()
        };
        faults.add(UserErrorCode::ClaimsOpen, &["input", "id"], message);
    }
    let payments = all::<outcome_payment::Entity>(tx, outcome_payment::Column::ContractId, held.id).await?;
    let due = payments
        .iter()
        .filter(|payment| !matches!(payment.state, PaymentState::Received | PaymentState::Cancelled));
    let due = due.count();
    if due > 0 {
        faults.add(
            UserErrorCode::PaymentsOpen,
            &["input", "id"],
            format!("{due} payments are not received yet."),
        );
    }
    let today = super::days::of(tx.store().now());
    let (distribution, _) = distribution(tx, held, &today).await?;
    if !distribution.parts.is_empty() {
        let message = "Money is left that belongs to investors; pay it out with `contractRepay`.";
        faults.add(UserErrorCode::RepaymentsOpen, &["input", "id"], message);
    }
    faults.none_or_refuse()
}
