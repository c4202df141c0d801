//! Drafting claims, and submitting them for verification.

use super::{
    OPERATOR, OutcomeClaim,
    grip::grip,
    groups::{ClaimGroupInput, check_groups, groups, quantity},
    json,
};
use crate::{
    contracts::{
        advance::{claims as all_claims, read},
        hold::{By, allowed, hold_key},
        sheet::Sheet,
        state::{ClaimStep, Step},
    },
    face::key,
};
use async_graphql::{ID, InputObject};
use door::{
    Error, Faults, Result, UserErrorCode,
    authz::{Event, Store},
};
use entity::{
    codes::{ClaimKind, ClaimState, PartyRole},
    contracts::outcome_claim,
    ids::ClaimId,
};
use gql::scalars::{Date, Decimal};
use payment::terms::{Line, Profile};
use sea_orm::Set;

/// Quantity of one metric.
#[derive(Clone, Debug, InputObject)]
pub struct ClaimLineInput {
    /// Code of the metric.
    pub metric: String,
    /// Quantity in the metric's unit; below zero only in a correction.
    pub quantity: Decimal,
    /// People counted for the first time in this metric.
    pub people: Option<i32>,
    /// Territory of the beneficiaries; at most 100 characters.
    pub territory: Option<String>,
}

mutations! { ClaimMutation {
    /// Drafts a claim of what was achieved in a period; for editors of the operator.
    ///
    /// Errors: `NOT_FOUND`, `STATE_INVALID`, `BLANK`, `INVALID`, `OUT_OF_RANGE`, `TOO_LONG`; top level: `FORBIDDEN`.
    claim_create(ClaimCreateInput {
        /// Contract it belongs to.
        contract_id: ID,
        /// What it is for; `INTERIM` unless given.
        kind: Option<ClaimKind>,
        /// First day of the period.
        from_on: Date,
        /// Last day of the period.
        to_on: Date,
        /// Lines by metric and territory; at most 200.
        lines: Vec<ClaimLineInput>,
        /// Everybody reached since the contract began, grouped by what each achieved; needed with a cap per person. At most 500.
        groups: Option<Vec<ClaimGroupInput>>,
        /// What to say about it; at most 5,000 characters.
        note: Option<String>,
    }) -> ClaimCreatePayload {
        /// Claim as it is now.
        claim: OutcomeClaim
    } = create;

    /// Submits a draft for verification; for editors of the operator.
    ///
    /// Errors: `NOT_FOUND`, `STATE_INVALID`, `CLAIM_PERIOD_OVERLAPS`, `CLAIM_GROUPS_MISSING`, `CLAIM_GROUPS_MISMATCH`; top level: `FORBIDDEN`.
    claim_submit(ClaimSubmitInput {
        /// Claim to act on.
        id: ID,
    }) -> ClaimSubmitPayload {
        /// Claim as it is now.
        claim: OutcomeClaim
    } = submit;
}}

fn period(from: &Date, to: &Date, faults: &mut Faults) {
    if to.0 < from.0 {
        faults.add(UserErrorCode::OutOfRange, &["input", "toOn"], "The period ends before it begins.");
    }
}

async fn create(store: &Store, input: ClaimCreateInput) -> Result<OutcomeClaim> {
    let mut tx = store.begin().await?;
    let by = By::Editors(&[PartyRole::Operator]);
    let (held, _) = hold_key(&tx, key(&input.contract_id)?, None, Some(Step::Claim), by).await?;
    let sheet = Sheet::of(&held)?;
    let kind = input.kind.unwrap_or(ClaimKind::Interim);
    let mut faults = Faults::default();
    period(&input.from_on, &input.to_on, &mut faults);
    if input.lines.is_empty() || input.lines.len() > 200 {
        faults.add(UserErrorCode::OutOfRange, &["input", "lines"], "Between 1 and 200 lines, please.");
    }
    let mut lines = Vec::new();
    for (place, line) in input.lines.into_iter().take(200).enumerate() {
        let place = place.to_string();
        let path = |field| ["input", "lines", place.as_str(), field];
        if !sheet.metrics.iter().any(|known| known.metric.code == line.metric) {
            faults.add(
                UserErrorCode::NotFound,
                &path("metric"),
                format!("There is no metric `{}`.", line.metric),
            );
        }
        let quantity = quantity(&line.quantity, &path("quantity"), &mut faults);
        if kind != ClaimKind::Correction && (quantity.0 < 0 || line.people.is_some_and(|people| people < 0)) {
            faults.add(UserErrorCode::OutOfRange, &path("quantity"), "Only a correction may take back.");
        }
        let territory = faults.text(line.territory, &path("territory"), 100);
        lines.push(Line { metric: line.metric, quantity, people: line.people.map(i64::from), territory });
    }
    let profiles = groups(input.groups, &mut faults).unwrap_or_default();
    let note = faults.text(input.note, &["input", "note"], 5_000);
    faults.none_or_refuse()?;
    let number = all_claims(&tx, held.id).await?.iter().map(|claim| claim.number).max().unwrap_or(0) + 1;
    let now = store.now();
    let row = outcome_claim::ActiveModel {
        id: Set(ClaimId::fresh()),
        contract_id: Set(held.id),
        number: Set(number),
        kind: Set(kind),
        from_on: Set(input.from_on.0),
        to_on: Set(input.to_on.0),
        lines: Set(json(&lines)?),
        profiles: Set(json(&profiles)?),
        note: Set(note),
        state: Set(ClaimState::Draft),
        question: Set(None),
        answer: Set(None),
        submitted_at: Set(None),
        submitted_by_id: Set(None),
        verified_at: Set(None),
        contestable_until: Set(None),
        final_at: Set(None),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    let claim = tx.add_part::<outcome_claim::Entity>(&held, row).await?;
    tx.commit(Event::of("claimCreate")).await?;
    Ok(OutcomeClaim(claim))
}

async fn submit(store: &Store, input: ClaimSubmitInput) -> Result<OutcomeClaim> {
    let mut tx = store.begin().await?;
    let grip = grip(&mut tx, &input.id, ClaimStep::Submit, OPERATOR).await?;
    allowed(&grip.held, Step::Claim)?;
    let lines: Vec<Line> = read(&grip.claim.lines)?;
    for other in all_claims(&tx, grip.held.id).await? {
        if other.id == grip.claim.id || other.state == ClaimState::Draft {
            continue;
        }
        let theirs: Vec<Line> = read(&other.lines)?;
        let meets = other.from_on <= grip.claim.to_on && grip.claim.from_on <= other.to_on;
        if meets && theirs.iter().any(|their| lines.iter().any(|line| line.metric == their.metric)) {
            let message =
                format!("Claim {} covers days of this period for the same metric (BR-17).", other.number);
            return Err(Error::mend(UserErrorCode::ClaimPeriodOverlaps, &["input", "id"], message));
        }
    }
    let profiles: Vec<Profile> = read(&grip.claim.profiles)?;
    check_groups(&tx, &grip, &lines, &profiles).await?;
    let (now, user) = (store.now(), store.viewer().user());
    grip.go(tx, ClaimStep::Submit, "claimSubmit", |row| {
        row.submitted_at = Set(Some(now));
        row.submitted_by_id = Set(user);
    })
    .await
}
