//! Steps of a contract from state to state (domain 5.5): each by whom, on which condition.

use super::{
    advance::{advance, in_force},
    contract::ImpactContract,
    days,
    hold::{By, Contract, all, allowed, hold, parties},
    independent,
    payment::fingerprint,
    sheet::Sheet,
    state::{Step, after},
    tariff,
    terms::{ContractTermsInput, tell},
    versions,
};
use crate::{
    Error, Faults, Result, UserErrorCode,
    authz::{Event, Store, Tx},
};
use async_graphql::ID;
use entity::{
    codes::{AmendmentReason, CodeList, LedgerKind, PartyRole, VersionState},
    contracts::{
        contract_consent, contract_investment, contract_party, contract_signature, contract_version,
        ledger_entry,
    },
    ids::{ContractVersionId, OrganizationId},
};
use gql::scalars::Date;
use sea_orm::Set;

mutations! { ContractStepMutation {
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

    /// Agrees to the start of service; for editors of a payer. The operator can begin then.
    ///
    /// Errors: `NOT_FOUND`, `STATE_INVALID`; top level: `FORBIDDEN`.
    contract_service_confirm(ContractServiceConfirmInput {
        /// Contract to act on.
        id: ID,
    }) -> ContractServiceConfirmPayload {
        /// Contract as it is now.
        contract: ImpactContract
    } = confirm_service;

    /// Begins service, once a payer agreed and a draw-down is recorded or waived; for the operator.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `AGREEMENT_MISSING`, `DRAWDOWN_MISSING`; top level: `FORBIDDEN`.
    contract_service_start(ContractServiceStartInput {
        /// Contract to act on.
        id: ID,
        /// Version that was read; refuses if it has changed since.
        if_version: Option<String>,
    }) -> ContractServiceStartPayload {
        /// Contract as it is now.
        contract: ImpactContract
    } = start_service;

    /// Suspends service; for payers and the structurer.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `BLANK`, `TOO_LONG`; top level: `FORBIDDEN`.
    contract_suspend(ContractSuspendInput {
        /// Contract to act on.
        id: ID,
        /// Version that was read; refuses if it has changed since.
        if_version: Option<String>,
        /// Why; at most 2,000 characters.
        reason: String,
    }) -> ContractSuspendPayload {
        /// Contract as it is now.
        contract: ImpactContract
    } = suspend;

    /// Resumes service; for payers and the structurer.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`; top level: `FORBIDDEN`.
    contract_resume(ContractResumeInput {
        /// Contract to act on.
        id: ID,
        /// Version that was read; refuses if it has changed since.
        if_version: Option<String>,
    }) -> ContractResumePayload {
        /// Contract as it is now.
        contract: ImpactContract
    } = resume;

    /// Proposes an amendment: a new version, frozen at once, for all signatories to sign. The old one applies until then.
    ///
    /// It applies to periods that begin on `effectiveFrom` or later; earlier ones are computed anew only with
    /// `recomputes`, which every payer signs (rule BR-15). For administrators of any party.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID` and those of `contractTermsSet`; top level: `FORBIDDEN`.
    contract_amend(ContractAmendInput {
        /// Contract to act on.
        id: ID,
        /// Version that was read; refuses if it has changed since.
        if_version: Option<String>,
        /// Why.
        reason: AmendmentReason,
        /// First day of periods it applies to.
        effective_from: Date,
        /// Whether earlier periods are computed anew; they are not unless given.
        recomputes: Option<bool>,
        /// What is counted and what it is worth, whole.
        terms: ContractTermsInput,
    }) -> ContractAmendPayload {
        /// Contract as it is now.
        contract: ImpactContract
    } = amend;

    /// Ends service, on the planned day or later, or with a reason; for the operator.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `SERVICE_NOT_OVER`, `TOO_LONG`; top level: `FORBIDDEN`.
    contract_service_end(ContractServiceEndInput {
        /// Contract to act on.
        id: ID,
        /// Version that was read; refuses if it has changed since.
        if_version: Option<String>,
        /// Why it ends early; at most 2,000 characters.
        reason: Option<String>,
    }) -> ContractServiceEndPayload {
        /// Contract as it is now.
        contract: ImpactContract
    } = end_service;

    /// Does what time has made due: claims become final and payments are computed. For editors of any party.
    ///
    /// Errors: `NOT_FOUND`, `STATE_INVALID`; top level: `FORBIDDEN`.
    contract_advance(ContractAdvanceInput {
        /// Contract to act on.
        id: ID,
    }) -> ContractAdvancePayload {
        /// Contract as it is now.
        contract: ImpactContract
    } = go_on;

    /// Settles the contract: the last claim is final, payments are received and investors have what is theirs.
    ///
    /// Errors: `NOT_FOUND`, `STATE_INVALID`, `CLAIMS_OPEN`, `PAYMENTS_OPEN`, `REPAYMENTS_OPEN`; top level: `FORBIDDEN`.
    contract_settle(ContractSettleInput {
        /// Contract to act on.
        id: ID,
    }) -> ContractSettlePayload {
        /// Contract as it is now.
        contract: ImpactContract
    } = settle;

    /// Closes a settled contract with its report, or the reason for none; for the lead.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `CONTRACT_REPORT_MISSING`, `TOO_LONG`; top level: `FORBIDDEN`.
    contract_close(ContractCloseInput {
        /// Contract to act on.
        id: ID,
        /// Version that was read; refuses if it has changed since.
        if_version: Option<String>,
        /// Closing report, or why there is none; at most 20,000 characters.
        report: Option<String>,
    }) -> ContractClosePayload {
        /// Contract as it is now.
        contract: ImpactContract
    } = close;

    /// Gives a contract up before it is signed; for the creator and the structurer.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `BLANK`, `TOO_LONG`; top level: `FORBIDDEN`.
    contract_abandon(ContractAbandonInput {
        /// Contract to act on.
        id: ID,
        /// Version that was read; refuses if it has changed since.
        if_version: Option<String>,
        /// Why; at most 2,000 characters.
        reason: String,
    }) -> ContractAbandonPayload {
        /// Contract as it is now.
        contract: ImpactContract
    } = abandon;

    /// Agrees to end the contract early; it ends when all signatories have, or at once by a court's decision.
    ///
    /// Errors: `NOT_FOUND`, `STATE_INVALID`, `CLAIMS_OPEN`, `BLANK`, `TOO_LONG`; top level: `FORBIDDEN`.
    contract_terminate(ContractTerminateInput {
        /// Contract to act on.
        id: ID,
        /// Why; at most 2,000 characters.
        reason: String,
        /// Reference of a court's decision that ends it at once; at most 200 characters.
        court_reference: Option<String>,
    }) -> ContractTerminatePayload {
        /// Contract as it is now.
        contract: ImpactContract
    } = terminate;
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
async fn check(
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
async fn write_version(
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

async fn frozen(tx: &Tx, held: &Contract) -> Result<Option<contract_version::Model>> {
    let versions = all::<contract_version::Entity>(tx, contract_version::Column::ContractId, held.id).await?;
    Ok(versions.into_iter().find(|version| version.state == VersionState::Frozen))
}

async fn sign(store: &Store, input: ContractSignInput) -> Result<ImpactContract> {
    let mut tx = store.begin().await?;
    let (held, acting) = hold(&tx, &input.id, None, None, By::Managers(&[])).await?;
    let party = super::write::find_party(&tx, &held, &input.party_id).await?;
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

/// Notes that the viewer's parties in these roles agree to something; says whether that is news.
pub async fn agree(
    tx: &mut Tx,
    held: &Contract,
    acting: &[OrganizationId],
    roles: &[PartyRole],
    subject: &str,
) -> Result<()> {
    let Some(user_id) = tx.store().viewer().user() else { return Err(Error::unauthenticated()) };
    let given = all::<contract_consent::Entity>(tx, contract_consent::Column::ContractId, held.id).await?;
    let now = tx.store().now();
    for party in parties(tx, held.id).await? {
        let is_mine = party.until.is_none()
            && acting.contains(&party.organization_id)
            && (roles.is_empty() || roles.contains(&party.role));
        if is_mine && !given.iter().any(|consent| consent.subject == subject && consent.party_id == party.id)
        {
            let row = contract_consent::ActiveModel {
                contract_id: Set(held.id),
                subject: Set(subject.to_owned()),
                party_id: Set(party.id),
                user_id: Set(user_id),
                at: Set(now),
            };
            tx.add_part::<contract_consent::Entity>(held, row).await?;
        }
    }
    Ok(())
}

/// Parties that agreed to something.
pub async fn agreed(tx: &Tx, held: &Contract, subject: &str) -> Result<Vec<entity::ids::ContractPartyId>> {
    let given = all::<contract_consent::Entity>(tx, contract_consent::Column::ContractId, held.id).await?;
    Ok(given
        .into_iter()
        .filter(|consent| consent.subject == subject)
        .map(|consent| consent.party_id)
        .collect())
}

const START: &str = "SERVICE_START";

async fn confirm_service(store: &Store, input: ContractServiceConfirmInput) -> Result<ImpactContract> {
    let mut tx = store.begin().await?;
    let by = By::Editors(&[PartyRole::OutcomePayer]);
    let (held, acting) = hold(&tx, &input.id, None, Some(Step::StartService), by).await?;
    agree(&mut tx, &held, &acting, &[PartyRole::OutcomePayer], START).await?;
    done(tx, held, Event::of("contractServiceConfirm")).await
}

async fn start_service(store: &Store, input: ContractServiceStartInput) -> Result<ImpactContract> {
    let mut tx = store.begin().await?;
    let by = By::Editors(&[PartyRole::Operator]);
    let (held, _) = hold(&tx, &input.id, input.if_version.as_deref(), Some(Step::StartService), by).await?;
    let mut faults = Faults::default();
    if agreed(&tx, &held, START).await?.is_empty() {
        let message = "A payer has to agree first, with `contractServiceConfirm`.";
        faults.add(UserErrorCode::AgreementMissing, &["input", "id"], message);
    }
    let entries = all::<ledger_entry::Entity>(&tx, ledger_entry::Column::ContractId, held.id).await?;
    if !held.drawdown_waived && !entries.iter().any(|entry| entry.kind == LedgerKind::DrawDown) {
        let message = "No draw-down is recorded, and the contract waives none.";
        faults.add(UserErrorCode::DrawdownMissing, &["input", "id"], message);
    }
    faults.none_or_refuse()?;
    let today = days::of(store.now());
    let held = take(&mut tx, held, Step::StartService, None).await?;
    let held = tx.update(held, |row| row.service_started_on = Set(Some(today))).await?;
    done(tx, held, Event::of("contractServiceStart")).await
}

const CALLERS: &[PartyRole] = &[PartyRole::OutcomePayer, PartyRole::Structurer];

async fn suspend(store: &Store, input: ContractSuspendInput) -> Result<ImpactContract> {
    let reason = said(input.reason)?;
    let mut tx = store.begin().await?;
    let by = By::Editors(CALLERS);
    let (held, _) = hold(&tx, &input.id, input.if_version.as_deref(), Some(Step::Suspend), by).await?;
    let held = take(&mut tx, held, Step::Suspend, Some(reason.clone())).await?;
    done(tx, held, Event::because("contractSuspend", reason)).await
}

async fn resume(store: &Store, input: ContractResumeInput) -> Result<ImpactContract> {
    let mut tx = store.begin().await?;
    let by = By::Editors(CALLERS);
    let (held, _) = hold(&tx, &input.id, input.if_version.as_deref(), Some(Step::Resume), by).await?;
    let held = take(&mut tx, held, Step::Resume, None).await?;
    done(tx, held, Event::of("contractResume")).await
}

async fn amend(store: &Store, input: ContractAmendInput) -> Result<ImpactContract> {
    let mut tx = store.begin().await?;
    let (held, _) =
        hold(&tx, &input.id, input.if_version.as_deref(), Some(Step::Amend), By::Managers(&[])).await?;
    if frozen(&tx, &held).await?.is_some() {
        return Err(Error::state("An amendment waits for signatures already."));
    }
    let parties = parties(&tx, held.id).await?;
    let recomputes = input.recomputes.unwrap_or(false);
    if recomputes
        && parties.iter().any(|party| {
            party.role == PartyRole::OutcomePayer && !party.is_signatory && party.until.is_none()
        })
    {
        return Err(Error::state("Earlier periods are computed anew only if every payer signs (BR-15)."));
    }
    let mut faults = Faults::default();
    let wanted = input.terms.read(&held.currency, &["input", "terms"], &mut faults);
    faults.none_or_refuse()?;
    let sheet = if recomputes {
        wanted
    } else {
        versions::amended(&Sheet::of(&held)?, wanted, &input.effective_from.0)
    };
    check(&tx, &held, &sheet, &parties, &["input", "terms"]).await?;
    write_version(&mut tx, &held, &sheet, Some((input.reason, input.effective_from.0, recomputes))).await?;
    done(tx, held, Event::because("contractAmend", input.reason.code())).await
}

async fn end_service(store: &Store, input: ContractServiceEndInput) -> Result<ImpactContract> {
    let mut faults = Faults::default();
    let reason = faults.text(input.reason, &["input", "reason"], 2_000);
    faults.none_or_refuse()?;
    let mut tx = store.begin().await?;
    let by = By::Editors(&[PartyRole::Operator]);
    let (held, _) = hold(&tx, &input.id, input.if_version.as_deref(), Some(Step::EndService), by).await?;
    let today = days::of(store.now());
    if reason.is_none() && held.service_ends_on.as_ref().is_none_or(|end| *end > today) {
        let message = "The planned end of service is not reached; give a reason to end it now.";
        return Err(Error::mend(UserErrorCode::ServiceNotOver, &["input", "reason"], message));
    }
    let held = take(&mut tx, held, Step::EndService, reason.clone()).await?;
    let held = tx.update(held, |row| row.service_ended_on = Set(Some(today))).await?;
    done(tx, held, Event { action: "contractServiceEnd", reason }).await
}

async fn go_on(store: &Store, input: ContractAdvanceInput) -> Result<ImpactContract> {
    let mut tx = store.begin().await?;
    let (held, _) = hold(&tx, &input.id, None, None, By::Editors(&[])).await?;
    advance(&mut tx, &held).await?;
    done(tx, held, Event::of("contractAdvance")).await
}

async fn settle(store: &Store, input: ContractSettleInput) -> Result<ImpactContract> {
    let mut tx = store.begin().await?;
    let (held, _) = hold(&tx, &input.id, None, Some(Step::Settle), By::Editors(&[])).await?;
    advance(&mut tx, &held).await?;
    super::advance::is_settled(&tx, &held).await?;
    let today = days::of(store.now());
    let held = take(&mut tx, held, Step::Settle, None).await?;
    let held = tx.update(held, |row| row.completed_on = Set(Some(today))).await?;
    done(tx, held, Event::of("contractSettle")).await
}

async fn close(store: &Store, input: ContractCloseInput) -> Result<ImpactContract> {
    let mut faults = Faults::default();
    let report = faults.text(input.report, &["input", "report"], 20_000);
    faults.none_or_refuse()?;
    let mut tx = store.begin().await?;
    let (held, acting) =
        hold(&tx, &input.id, input.if_version.as_deref(), Some(Step::Close), By::Editors(&[])).await?;
    by_lead(&held, &acting)?;
    let Some(report) = report else {
        let message = "Give the closing report, or say why there is none.";
        return Err(Error::mend(UserErrorCode::ContractReportMissing, &["input", "report"], message));
    };
    let held = take(&mut tx, held, Step::Close, None).await?;
    let held = tx.update(held, |row| row.closing_report = Set(Some(report))).await?;
    done(tx, held, Event::of("contractClose")).await
}

async fn abandon(store: &Store, input: ContractAbandonInput) -> Result<ImpactContract> {
    let reason = said(input.reason)?;
    let mut tx = store.begin().await?;
    let (held, acting) =
        hold(&tx, &input.id, input.if_version.as_deref(), Some(Step::Abandon), By::Editors(&[])).await?;
    if !acting.contains(&held.creator_id) {
        by_lead(&held, &acting)?;
    }
    if let Some(version) = frozen(&tx, &held).await? {
        tx.update_part::<contract_version::Entity>(&held, version, |row| row.state = Set(VersionState::Void))
            .await?;
    }
    let held = take(&mut tx, held, Step::Abandon, Some(reason.clone())).await?;
    done(tx, held, Event::because("contractAbandon", reason)).await
}

async fn terminate(store: &Store, input: ContractTerminateInput) -> Result<ImpactContract> {
    const SUBJECT: &str = "TERMINATION";
    let reason = said(input.reason)?;
    let mut faults = Faults::default();
    let court = faults.text(input.court_reference, &["input", "courtReference"], 200);
    faults.none_or_refuse()?;
    let mut tx = store.begin().await?;
    let (held, acting) = hold(&tx, &input.id, None, Some(Step::Terminate), By::Managers(&[])).await?;
    advance(&mut tx, &held).await?;
    super::advance::no_open_claims(&tx, &held).await?;
    agree(&mut tx, &held, &acting, &[], SUBJECT).await?;
    let agreed = agreed(&tx, &held, SUBJECT).await?;
    let all_agree = parties(&tx, held.id)
        .await?
        .iter()
        .filter(|party| party.is_signatory && party.until.is_none())
        .all(|party| agreed.contains(&party.id));
    let reason = court.as_ref().map_or_else(|| reason.clone(), |court| format!("{reason} ({court})"));
    let held = if all_agree || court.is_some() {
        take(&mut tx, held, Step::Terminate, Some(reason.clone())).await?
    } else {
        held
    };
    done(tx, held, Event::because("contractTerminate", reason)).await
}
