//! Service and its end: starting, suspending, amending, settling, closing; and ending before time.

use super::{
    by_lead, done, said,
    signing::{check, frozen, write_version},
    take,
};
use crate::contracts::{
    advance::{advance, is_settled, no_open_claims},
    consent::{agree, agreed},
    contract::ImpactContract,
    days,
    hold::{By, all, hold, parties},
    sheet::Sheet,
    state::Step,
    terms::ContractTermsInput,
    versions,
};
use async_graphql::ID;
use door::{
    Error, Faults, Result, UserErrorCode,
    authz::{Event, Store},
};
use entity::{
    codes::{AmendmentReason, CodeList, LedgerKind, PartyRole, VersionState},
    contracts::{contract_version, ledger_entry},
};
use gql::scalars::Date;
use sea_orm::Set;

mutations! { ContractServiceMutation {
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
    is_settled(&tx, &held).await?;
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
    no_open_claims(&tx, &held).await?;
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
