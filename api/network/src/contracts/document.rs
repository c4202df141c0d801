//! Documents that prove a claim: added while it is being written or asked about, seen by those who judge it.

pub mod kind;

use super::{
    claim::{OPERATOR, OutcomeClaim},
    hold::{By, Contract, all, hold_key, may},
    sheet::Sheet,
};
use crate::{
    face::{Door, ViewerPermission, key},
    identity::User,
    orgs::Organization,
};
use async_graphql::{Context, ID, Object, SimpleObject};
use documents::{Address, Documents};
use door::{
    Error, Faults, Nullable, Result, UserErrorCode,
    authz::{Act, CONTRACTS, Event, Store, Tx, WITNESSES},
    nullable,
};
use entity::{
    At,
    codes::{ClaimState, PartyRole},
    contracts::{contract, contract_party, evidence_document, outcome_claim},
    identity::user,
    ids::{ClaimId, ContractId, EvidenceDocumentId, OrganizationId},
    orgs::organization,
};
use gql::{
    codes::ErrorCode,
    scalars::{DateTime, Decimal},
};
use kind::Kind;
use sea_orm::{ColumnTrait, Set};
use std::{collections::HashSet, sync::Arc};
use tokio::fs::File;

/// Documents of one claim.
const MOST: usize = 200;

/// Documents that are looked for in one statement.
const AT_ONCE: usize = 1_000;

/// Field of which a reading by others than the operator is noted in the operator's trail.
const CONTENT: &str = "EvidenceDocument.content";

/// Document that proves what a claim says.
#[derive(Clone)]
pub struct EvidenceDocument(pub evidence_document::Model);

impl From<evidence_document::Model> for EvidenceDocument {
    fn from(row: evidence_document::Model) -> Self {
        Self(row)
    }
}

/// What the viewer may do to a document.
#[derive(Clone, Debug, SimpleObject)]
pub struct EvidenceDocumentViewerPermissions {
    /// `evidenceDocumentRemove`.
    pub remove: ViewerPermission,
}

/// Document that proves what a claim says. It never changes.
///
/// Who sees it: operators and evaluators of the contract; its payers while a verification of the claim is contested.
#[Object]
impl EvidenceDocument {
    /// Id, `doc_…`.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// When it was uploaded.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at.0)
    }

    /// Name of the file, as its uploader calls it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Media type, as its content says.
    async fn media_type(&self) -> &str {
        &self.0.media_type
    }

    /// Size in bytes, a whole number.
    async fn size_bytes(&self) -> Decimal {
        Decimal(self.0.size_bytes.to_string())
    }

    /// SHA-256 of its bytes, in hexadecimal.
    async fn sha256(&self) -> &str {
        &self.0.sha256
    }

    /// Code of the metric it supports; the whole claim if `null`.
    async fn metric(&self) -> Option<&str> {
        self.0.metric.as_deref()
    }

    /// Claim it belongs to.
    async fn claim(&self, ctx: &Context<'_>) -> Nullable<OutcomeClaim> {
        let claim = ctx.store().load::<outcome_claim::Entity>(self.0.claim_id).await;
        nullable(claim.map(|row| row.map(OutcomeClaim)))
    }

    /// Operator whose evidence it is.
    async fn organization(&self, ctx: &Context<'_>) -> Nullable<Organization> {
        let row = ctx.store().load::<organization::Entity>(self.0.organization_id).await;
        nullable(row.map(|row| row.map(Organization)))
    }

    /// Person who uploaded it.
    async fn uploaded_by(&self, ctx: &Context<'_>) -> Nullable<User> {
        let row = ctx.store().load::<user::Entity>(self.0.uploaded_by_id).await;
        nullable(row.map(|row| row.map(User)))
    }

    /// Where to get its bytes, within the API's own address and with the same `Authorization`.
    async fn download_url(&self) -> String {
        format!("/evidence-documents/{}", self.0.id)
    }

    /// What the viewer may do to it now.
    async fn viewer_permissions(&self, ctx: &Context<'_>) -> Nullable<EvidenceDocumentViewerPermissions> {
        nullable(permissions(ctx.store(), &self.0).await.map(Some))
    }
}

mutations! { EvidenceDocumentMutation {
    /// Removes a document from a claim that is being written, or one that was added to answer a question and not sent yet.
    ///
    /// What was submitted stays. For editors of the operator that uploaded it.
    ///
    /// Errors: `NOT_FOUND`, `STATE_INVALID`; top level: `FORBIDDEN`.
    evidence_document_remove(EvidenceDocumentRemoveInput {
        /// Document to remove.
        id: ID,
    }) -> EvidenceDocumentRemovePayload {
        /// Claim it was removed from.
        claim: OutcomeClaim
    } = remove;
}}

/// Whether documents may be added to a claim in this state.
const fn takes_documents(state: ClaimState) -> bool {
    matches!(state, ClaimState::Draft | ClaimState::InfoRequested)
}

/// Whether a document was not part of what was submitted.
fn is_loose(claim: &outcome_claim::Model, document: &evidence_document::Model) -> bool {
    takes_documents(claim.state) && claim.submitted_at.is_none_or(|at| document.created_at > at)
}

async fn permissions(
    store: &Store,
    row: &evidence_document::Model,
) -> Result<EvidenceDocumentViewerPermissions> {
    use door::authz::Policy;
    let held = store.load::<contract::Entity>(row.contract_id).await?;
    let claim = store.load::<outcome_claim::Entity>(row.claim_id).await?;
    let is_mine = evidence_document::Entity::allows(store.viewer(), Act::Delete, row);
    let is_operator = held.is_some_and(|held| may(store.viewer(), &held, By::Editors(OPERATOR)));
    let is_state_met = claim.is_some_and(|claim| is_loose(&claim, row));
    let remove = ViewerPermission::judge(store.viewer(), is_mine && is_operator, is_state_met);
    Ok(EvidenceDocumentViewerPermissions { remove })
}

/// Whether the viewer is, or was, of those who see evidence; payers, while there is a contestation.
pub async fn witnesses(store: &Store, claim: &outcome_claim::Model) -> Result<bool> {
    let mine = store.viewer().orgs(door::authz::Power::Read);
    let parties = store.parts::<contract_party::Entity>(claim.contract_id).await?;
    let is_contested = claim.state == ClaimState::Contested;
    Ok(parties.iter().filter(|party| mine.contains(&party.organization_id)).any(|party| {
        let pays = party.role == PartyRole::OutcomePayer && party.until.is_none();
        WITNESSES.contains(&party.role) || (pays && is_contested)
    }))
}

/// What came, whole and of a kind that is taken.
pub struct Received {
    pub file: File,
    pub name: String,
    pub kind: Kind,
    pub size: u64,
    pub sha256: String,
    pub metric: Option<String>,
}

/// The store of this server.
pub fn documents(store: &Store) -> Result<Arc<Documents>> {
    store
        .kept::<Documents>()
        .ok_or_else(|| Error::refused(ErrorCode::Unavailable, "This server keeps no documents; ask another."))
}

fn address(contract: ContractId, sha256: &str) -> Address {
    Address { folder: contract.to_string(), sha256: sha256.to_owned() }
}

/// Refuses what would be refused once the file is there, before anybody reads it. Returns the claim.
pub async fn may_add(store: &Store, id: &ID) -> Result<ClaimId> {
    let id: ClaimId = key(id)?;
    let tx = store.begin().await?;
    grip(&tx, id).await?;
    Ok(id)
}

/// A claim that takes documents, its contract, and the operators the viewer acts for.
async fn grip(tx: &Tx, id: ClaimId) -> Result<(Contract, outcome_claim::Model, Vec<OrganizationId>)> {
    let claim = || tx.see::<outcome_claim::Entity>().filter(outcome_claim::Column::Id.eq(id)).one();
    let missing = || Error::not_found(&["input", "id"]);
    let found = claim().await?.ok_or_else(missing)?;
    let (held, acting) = hold_key(tx, found.contract_id, None, None, By::Editors(OPERATOR)).await?;
    // Again, now that nobody else changes it.
    let claim = claim().await?.ok_or_else(missing)?;
    if !takes_documents(claim.state) {
        let message = format!(
            "The claim is {}; documents are added while it is {} or {}.",
            claim.state,
            ClaimState::Draft,
            ClaimState::InfoRequested
        );
        return Err(Error::state(message));
    }
    Ok((held, claim, acting))
}

/// Adds what was received to a claim. The same bytes again are the document that is there; true if it is new.
pub async fn add(
    store: &Store,
    id: ClaimId,
    mut received: Received,
) -> Result<(evidence_document::Model, bool)> {
    let documents = documents(store)?;
    let contract = {
        let tx = store.begin().await?;
        grip(&tx, id).await?.0.id
    };
    let address = address(contract, &received.sha256);
    documents.keep(&address, &mut received.file).await?;
    let added = record(store, &documents, id, &received, &address).await;
    if added.is_err() {
        tidy(store, &documents, contract, &address).await;
    }
    added
}

/// Writes the row, once the bytes are kept: a row without bytes must never be.
async fn record(
    store: &Store,
    documents: &Documents,
    id: ClaimId,
    received: &Received,
    address: &Address,
) -> Result<(evidence_document::Model, bool)> {
    let mut tx = store.begin().await?;
    let (held, claim, acting) = grip(&tx, id).await?;
    let known = of_contract(&tx, held.id).await?;
    let beside = || known.iter().filter(|document| document.claim_id == id);
    if let Some(known) = beside().find(|document| document.sha256 == received.sha256) {
        return Ok((known.clone(), false));
    }
    let mut faults = Faults::default();
    if beside().count() >= MOST {
        faults.add(UserErrorCode::OutOfRange, &["claim"], format!("A claim has at most {MOST} documents."));
    }
    let sheet = Sheet::of(&held)?;
    if let Some(code) = &received.metric
        && !sheet.metrics.iter().any(|line| line.metric.code == *code)
    {
        faults.add(UserErrorCode::NotFound, &["metric"], format!("There is no metric `{code}`."));
    }
    faults.none_or_refuse()?;
    // Under the contract's lock nobody else removes it any more.
    if !documents.has(address).await? {
        let message = "The same document was being removed; send it again.".to_owned();
        return Err(Error::Refused { code: ErrorCode::Unavailable, message, retry_after: Some(1) });
    }
    let (Some(organization), Some(user)) = (acting.first().copied(), store.viewer().user()) else {
        return Err(Error::unauthenticated());
    };
    let row = evidence_document::ActiveModel {
        id: Set(EvidenceDocumentId::fresh()),
        contract_id: Set(held.id),
        claim_id: Set(claim.id),
        organization_id: Set(organization),
        uploaded_by_id: Set(user),
        name: Set(received.name.clone()),
        media_type: Set(received.kind.media_type().to_owned()),
        size_bytes: Set(i64::try_from(received.size).unwrap_or(i64::MAX)),
        sha256: Set(received.sha256.clone()),
        metric: Set(received.metric.clone()),
        created_at: Set(store.now()),
    };
    let added = tx.create::<evidence_document::Entity>(row).await?.into_row();
    tx.commit(Event::of("evidenceDocumentAdd")).await?;
    Ok((added, true))
}

async fn of_contract(tx: &Tx, contract: ContractId) -> Result<Vec<evidence_document::Model>> {
    all::<evidence_document::Entity>(tx, evidence_document::Column::ContractId, contract).await
}

async fn remove(store: &Store, input: EvidenceDocumentRemoveInput) -> Result<OutcomeClaim> {
    let id: EvidenceDocumentId = key(&input.id)?;
    let documents = documents(store)?;
    let mut tx = store.begin().await?;
    let document =
        || tx.see::<evidence_document::Entity>().filter(evidence_document::Column::Id.eq(id)).one();
    let missing = || Error::not_found(&["input", "id"]);
    let found = document().await?.ok_or_else(missing)?;
    let (held, _) = hold_key(&tx, found.contract_id, None, None, By::Editors(OPERATOR)).await?;
    let found = document().await?.ok_or_else(missing)?;
    let found = tx.held::<evidence_document::Entity>(found, Act::Delete)?;
    let of_claim = outcome_claim::Column::Id.eq(found.claim_id);
    let claim = tx.see::<outcome_claim::Entity>().filter(of_claim).one().await?.ok_or_else(missing)?;
    if !is_loose(&claim, &found) {
        return Err(Error::state(format!("The claim is {}; what was submitted stays.", claim.state)));
    }
    let address = address(held.id, &found.sha256);
    let contract = held.id;
    tx.delete(found).await?;
    tx.commit(Event::of("evidenceDocumentRemove")).await?;
    tidy(store, &documents, contract, &address).await;
    Ok(OutcomeClaim(claim))
}

/// Removes bytes that no document of the contract has. Bytes that stay because the store is away are nobody's to read.
async fn tidy(store: &Store, documents: &Documents, contract: ContractId, address: &Address) {
    if let Err(fault) = sweep(store, documents, contract, address).await {
        tracing::warn!(error = ?fault.to_string(), sha256 = address.sha256, "bytes of no document were not removed");
    }
}

/// Under the contract's lock, so that nobody adds such a document meanwhile.
async fn sweep(store: &Store, documents: &Documents, contract: ContractId, address: &Address) -> Result<()> {
    let tx = store.as_job(CONTRACTS).begin().await?;
    tx.hold::<contract::Entity>(contract, Act::Edit, &[]).await?;
    let known = of_contract(&tx, contract).await?;
    if known.iter().any(|document| document.sha256 == address.sha256) {
        return Ok(());
    }
    documents.remove(address).await
}

/// Removes bytes whose document never came, because a server died between the two; a day is left for it to come.
/// Returns how many.
pub async fn sweep_lost(store: &Store) -> Result<usize> {
    let Some(documents) = store.kept::<Documents>() else { return Ok(0) };
    let before = store.now().plus(-At::DAY);
    let old = documents.stored_before(before.0).await?;
    let system = store.as_job(CONTRACTS);
    let mut count = 0;
    for some in old.chunks(AT_ONCE) {
        let hashes = evidence_document::Column::Sha256.is_in(some.iter().map(|address| &address.sha256));
        let rows = system.see::<evidence_document::Entity>().filter(hashes).all().await?;
        let known: HashSet<_> = rows.iter().map(|row| (row.contract_id, row.sha256.as_str())).collect();
        for address in some {
            let Ok(contract) = address.folder.parse::<ContractId>() else { continue };
            if !known.contains(&(contract, address.sha256.as_str())) {
                tidy(store, &documents, contract, address).await;
                count += 1;
            }
        }
    }
    Ok(count)
}

/// A document the viewer sees and where its bytes are; who reads the evidence of others is noted in their trail.
pub async fn read(store: &Store, id: &ID) -> Result<(evidence_document::Model, Arc<Documents>, Address)> {
    let id: EvidenceDocumentId = key(id)?;
    let found = store.load::<evidence_document::Entity>(id).await?;
    let document = found.ok_or_else(|| Error::not_found(&["id"]))?;
    if !store.viewer().sits(document.organization_id, door::authz::Power::Read) {
        store.note_reading::<evidence_document::Entity>(CONTENT, &document);
        store.record_intrusions().await?;
    }
    let address = address(document.contract_id, &document.sha256);
    Ok((document, documents(store)?, address))
}
