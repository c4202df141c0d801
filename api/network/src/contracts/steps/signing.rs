//! From the first idea to signatures: structuring, negotiating, freezing a version, signing it.

use super::{by_lead, done, said, take};
use crate::contracts::{
    advance::in_force,
    contract::ImpactContract,
    days,
    hold::{By, Contract, all, hold, parties},
    independent,
    party::write::find_party,
    sheet::Sheet,
    state::Step,
    tariff,
    terms::tell,
    versions,
};
use async_graphql::ID;
use door::{
    Error, Faults, Result, UserErrorCode,
    authz::{Event, Store, Tx},
};
use entity::{
    codes::{AmendmentReason, CodeList, PartyRole, VersionState},
    contracts::{contract_investment, contract_party, contract_signature, contract_version},
    ids::ContractVersionId,
};
use payment::fingerprint;
use sea_orm::Set;

mutations! { ContractSigningMutation {
    /// Begins structuring, once an operator and a payer are named; for the creator.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `CONTRACT_PARTY_MISSING`; top level: `FORBIDDEN`.
    contract_structuring_start(ContractStructuringStartInput {
        /// Contract to act on.
        id: ID,
        /// Version that was read; refuses if it has changed since.
        if_version: Option<String>,
    }) -> ContractStructuringStartPayload {
        /// Contract as it is now.
        contract: ImpactContract
    } = start_structuring;

    /// Opens the negotiation, once there is an investor, a metric with a tariff and an evaluator; for the lead.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `CONTRACT_PARTY_MISSING`, `CONTRACT_TERMS_MISSING`; top level: `FORBIDDEN`.
    contract_negotiation_open(ContractNegotiationOpenInput {
        /// Contract to act on.
        id: ID,
        /// Version that was read; refuses if it has changed since.
        if_version: Option<String>,
    }) -> ContractNegotiationOpenPayload {
        /// Contract as it is now.
        contract: ImpactContract
    } = open_negotiation;

    /// Freezes what was negotiated under a hash, for signature; for the lead. All rules from BR-1 to BR-9 have to hold.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `CONTRACT_PARTY_MISSING`, `CONTRACT_TERMS_MISSING`,
    /// `EVALUATOR_NOT_INDEPENDENT`, `EVALUATOR_CONFLICT_NOT_WAIVED`, `TERMS_OVERLAP`, `TERMS_DESCEND`,
    /// `TERMS_UNREACHABLE`, `TERMS_UNFUNDED`; top level: `FORBIDDEN`.
    contract_freeze(ContractFreezeInput {
        /// Contract to act on.
        id: ID,
        /// Version that was read; refuses if it has changed since.
        if_version: Option<String>,
    }) -> ContractFreezePayload {
        /// Contract as it is now.
        contract: ImpactContract
    } = freeze;

    /// Signs the frozen version for a party; for its administrators. The last signature makes it binding.
    ///
    /// Errors: `NOT_FOUND`, `STATE_INVALID`, `CONTRACT_HASH_MISMATCH`, `CONTRACT_ALREADY_SIGNED`; top level: `FORBIDDEN`.
    contract_sign(ContractSignInput {
        /// Contract to act on.
        id: ID,
        /// Party that signs.
        party_id: ID,
        /// Hash of the version, as it was read: that is what is signed.
        hash: String,
    }) -> ContractSignPayload {
        /// Contract as it is now.
        contract: ImpactContract
    } = sign;

    /// Takes the frozen version back to negotiation; all signatures are void. For administrators of any signatory.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `BLANK`, `TOO_LONG`; top level: `FORBIDDEN`.
    contract_reopen(ContractReopenInput {
        /// Contract to act on.
        id: ID,
        /// Version that was read; refuses if it has changed since.
        if_version: Option<String>,
        /// Why; at most 2,000 characters.
        reason: String,
    }) -> ContractReopenPayload {
        /// Contract as it is now.
        contract: ImpactContract
    } = reopen;
}}

fn has(parties: &[contract_party::Model], role: PartyRole) -> usize {
    parties.iter().filter(|party| party.role == role && party.until.is_none()).count()
}

fn need(parties: &[contract_party::Model], roles: &[PartyRole], faults: &mut Faults) {
    for role in roles.iter().filter(|role| has(parties, **role) == 0) {
        faults.add(
            UserErrorCode::ContractPartyMissing,
            &["input", "id"],
            format!("The contract needs a party of role {role}."),
        );
    }
}

async fn start_structuring(store: &Store, input: ContractStructuringStartInput) -> Result<ImpactContract> {
    let mut tx = store.begin().await?;
    let (held, acting) =
        hold(&tx, &input.id, input.if_version.as_deref(), Some(Step::StartStructuring), By::Editors(&[]))
            .await?;
    if !acting.contains(&held.creator_id) {
        return Err(Error::forbidden("Structuring is begun by the creator of the contract."));
    }
    let mut faults = Faults::default();
    need(&parties(&tx, held.id).await?, &[PartyRole::Operator, PartyRole::OutcomePayer], &mut faults);
    faults.none_or_refuse()?;
    let held = take(&mut tx, held, Step::StartStructuring, None).await?;
    done(tx, held, Event::of("contractStructuringStart")).await
}

async fn open_negotiation(store: &Store, input: ContractNegotiationOpenInput) -> Result<ImpactContract> {
    let mut tx = store.begin().await?;
    let (held, acting) =
        hold(&tx, &input.id, input.if_version.as_deref(), Some(Step::OpenNegotiation), By::Editors(&[]))
            .await?;
    by_lead(&held, &acting)?;
    let mut faults = Faults::default();
    need(&parties(&tx, held.id).await?, &[PartyRole::Investor, PartyRole::Evaluator], &mut faults);
    if !Sheet::of(&held)?.metrics.iter().any(|line| !line.metric.tariffs.is_empty()) {
        let message = "The contract needs a metric with a tariff.";
        faults.add(UserErrorCode::ContractTermsMissing, &["input", "id"], message);
    }
    faults.none_or_refuse()?;
    let held = take(&mut tx, held, Step::OpenNegotiation, None).await?;
    done(tx, held, Event::of("contractNegotiationOpen")).await
}

/// Rules BR-1 to BR-9 over what is to be frozen.
pub(super) async fn check(
    tx: &Tx,
    held: &Contract,
    sheet: &Sheet,
    parties: &[contract_party::Model],
    base: &[&str],
) -> Result<()> {
    let mut faults = Faults::default();
    need(
        parties,
        &[PartyRole::Operator, PartyRole::Investor, PartyRole::OutcomePayer, PartyRole::Evaluator],
        &mut faults,
    );
    let leads = parties
        .iter()
        .filter(|party| party.role == PartyRole::Evaluator && party.is_lead && party.until.is_none());
    if leads.count() != 1 && has(parties, PartyRole::Evaluator) > 0 {
        let message = "The contract needs exactly one lead evaluator (BR-1).";
        faults.add(UserErrorCode::ContractPartyMissing, &["input", "id"], message);
    }
    let operators =
        || parties.iter().filter(|party| party.role == PartyRole::Operator && party.until.is_none());
    let payers =
        || parties.iter().filter(|party| party.role == PartyRole::OutcomePayer && party.until.is_none());
    if payers().count() > 0
        && payers().all(|payer| operators().any(|operator| operator.organization_id == payer.organization_id))
    {
        let message = "Operators may pay only beside a payer of other money (BR-4).";
        faults.add(UserErrorCode::ContractPartyMissing, &["input", "id"], message);
    }
    let (conflicts, names) = independent::found(tx.store(), parties).await?;
    for conflict in &conflicts {
        let chain: Vec<String> = conflict.chain.iter().map(|step| independent::name(&names, step)).collect();
        let chain = chain.join(" → ");
        if conflict.kind.is_hard() {
            let message = format!("The evaluator is linked to the {} (BR-2): {chain}.", conflict.role);
            faults.add(UserErrorCode::EvaluatorNotIndependent, &["input", "id"], message);
        } else if !payers().all(|payer| payer.waives_conflicts) {
            let message =
                format!("Every payer has to waive the evaluator's interest in writing (BR-3): {chain}.");
            faults.add(UserErrorCode::EvaluatorConflictNotWaived, &["input", "id"], message);
        }
    }
    if sheet.metrics.is_empty() {
        let message = "The contract needs a metric with a tariff.";
        faults.add(UserErrorCode::ContractTermsMissing, &["input", "id"], message);
    }
    tell(tariff::faults(&sheet.terms(held, parties), held.accepts_unfunded), base, &mut faults);
    faults.none_or_refuse()
}

/// Writes a frozen version with its hash.
pub(super) async fn write_version(
    tx: &mut Tx,
    held: &Contract,
    sheet: &Sheet,
    amendment: Option<(AmendmentReason, String, bool)>,
) -> Result<()> {
    let parties = parties(tx, held.id).await?;
    let tranches =
        all::<contract_investment::Entity>(tx, contract_investment::Column::ContractId, held.id).await?;
    let versions = all::<contract_version::Entity>(tx, contract_version::Column::ContractId, held.id).await?;
    let number = versions.iter().map(|version| version.number).max().unwrap_or(0) + 1;
    let mut content = versions::content(held, sheet, &parties, &tranches)?;
    if let (Some((reason, from, recomputes)), Some(map)) = (&amendment, content.as_object_mut()) {
        let said =
            serde_json::json!({ "reason": reason.code(), "effectiveFrom": from, "recomputes": recomputes });
        map.insert("amendment".to_owned(), said);
    }
    if let Some(map) = content.as_object_mut() {
        map.insert("number".to_owned(), number.into());
    }
    let (reason, from, recomputes) = match amendment {
        Some((reason, from, recomputes)) => (Some(reason), Some(from), recomputes),
        None => (None, None, false),
    };
    let row = contract_version::ActiveModel {
        id: Set(ContractVersionId::fresh()),
        contract_id: Set(held.id),
        number: Set(number),
        hash: Set(fingerprint(&content)),
        content: Set(content),
        reason: Set(reason),
        effective_from: Set(from),
        recomputes: Set(recomputes),
        state: Set(VersionState::Frozen),
        frozen_at: Set(tx.store().now()),
        signed_at: Set(None),
    };
    tx.add_part::<contract_version::Entity>(held, row).await?;
    Ok(())
}

async fn freeze(store: &Store, input: ContractFreezeInput) -> Result<ImpactContract> {
    let mut tx = store.begin().await?;
    let (held, acting) =
        hold(&tx, &input.id, input.if_version.as_deref(), Some(Step::Freeze), By::Editors(&[])).await?;
    by_lead(&held, &acting)?;
    let sheet = Sheet::of(&held)?;
    let parties = parties(&tx, held.id).await?;
    check(&tx, &held, &sheet, &parties, &["contract", "terms"]).await?;
    write_version(&mut tx, &held, &sheet, None).await?;
    let held = take(&mut tx, held, Step::Freeze, None).await?;
    done(tx, held, Event::of("contractFreeze")).await
}

pub(super) async fn frozen(tx: &Tx, held: &Contract) -> Result<Option<contract_version::Model>> {
    let versions = all::<contract_version::Entity>(tx, contract_version::Column::ContractId, held.id).await?;
    Ok(versions.into_iter().find(|version| version.state == VersionState::Frozen))
}

async fn sign(store: &Store, input: ContractSignInput) -> Result<ImpactContract> {
    let mut tx = store.begin().await?;
    let (held, acting) = hold(&tx, &input.id, None, None, By::Managers(&[])).await?;
    let party = find_party(&tx, &held, &input.party_id).await?;
    if !acting.contains(&party.organization_id) {
        return Err(Error::forbidden("A party is signed for by its own administrators."));
    }
    let Some(version) = frozen(&tx, &held).await? else {
        return Err(Error::state(format!("Nothing waits for signature; the contract is {}.", held.status)));
    };
    if !party.is_signatory {
        return Err(Error::state("This party does not sign."));
    }
    if version.hash != input.hash {
        let message = format!("The frozen version has hash {}; read it again before signing.", version.hash);
        return Err(Error::mend(UserErrorCode::ContractHashMismatch, &["input", "hash"], message));
    }
    let signatures =
        all::<contract_signature::Entity>(&tx, contract_signature::Column::ContractId, held.id).await?;
    let of_version = || signatures.iter().filter(|signature| signature.version_id == version.id);
    if of_version().any(|signature| signature.party_id == party.id) {
        let message = "This party has signed this version already.";
        return Err(Error::mend(UserErrorCode::ContractAlreadySigned, &["input", "partyId"], message));
    }
    let now = store.now();
    let Some(user_id) = store.viewer().user() else { return Err(Error::unauthenticated()) };
    let row = contract_signature::ActiveModel {
        version_id: Set(version.id),
        party_id: Set(party.id),
        contract_id: Set(held.id),
        user_id: Set(user_id),
        hash: Set(input.hash),
        at: Set(now),
    };
    tx.add_part::<contract_signature::Entity>(&held, row).await?;
    let waiting = parties(&tx, held.id).await?.into_iter().filter(|other| {
        other.is_signatory
            && other.until.is_none()
            && other.id != party.id
            && !of_version().any(|signature| signature.party_id == other.id)
    });
    if waiting.count() > 0 {
        return done(tx, held, Event::of("contractSign")).await;
    }
    let held = conclude(&mut tx, held, version).await?;
    done(tx, held, Event::of("contractSign")).await
}

/// All have signed: the version is in force, and the one before is not.
async fn conclude(tx: &mut Tx, held: Contract, version: contract_version::Model) -> Result<Contract> {
    let now = tx.store().now();
    let before = in_force(tx, held.id).await?;
    let (terms, is_first) = (version.content.get("terms").cloned(), before.is_none());
    tx.update_part::<contract_version::Entity>(&held, version, |row| {
        row.state = Set(VersionState::Signed);
        row.signed_at = Set(Some(now));
    })
    .await?;
    if let Some(before) = before {
        tx.update_part::<contract_version::Entity>(&held, before, |row| {
            row.state = Set(VersionState::Superseded);
        })
        .await?;
    }
    if is_first {
        let held = take(tx, held, Step::Contract, None).await?;
        return tx.update(held, |row| row.signed_on = Set(Some(days::of(now)))).await;
    }
    let terms = terms.unwrap_or_default();
    tx.update(held, |row| row.terms = Set(terms)).await
}

async fn reopen(store: &Store, input: ContractReopenInput) -> Result<ImpactContract> {
    let reason = said(input.reason)?;
    let mut tx = store.begin().await?;
    let (held, acting) =
        hold(&tx, &input.id, input.if_version.as_deref(), Some(Step::Reopen), By::Managers(&[])).await?;
    let signs = parties(&tx, held.id)
        .await?
        .into_iter()
        .any(|party| party.is_signatory && party.until.is_none() && acting.contains(&party.organization_id));
    if !signs {
        return Err(Error::forbidden("A frozen version is reopened by a signatory."));
    }
    if let Some(version) = frozen(&tx, &held).await? {
        tx.update_part::<contract_version::Entity>(&held, version, |row| row.state = Set(VersionState::Void))
            .await?;
    }
    let held = take(&mut tx, held, Step::Reopen, Some(reason.clone())).await?;
    done(tx, held, Event::because("contractReopen", reason)).await
}
