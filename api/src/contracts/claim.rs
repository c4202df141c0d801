//! Claims of outcomes, their verification and their contestation (domain 5.5).

use super::{
    advance::{accepted, advance, claims as all_claims, read},
    document::{self, EvidenceDocument},
    hold::{By, Contract, all, hold_key, parties},
    payment::{
        Quantity,
        terms::{Achieved, Line, Outcome, Profile, Rule},
    },
    permissions::{self, OutcomeClaimViewerPermissions},
    sheet::Sheet,
    state::{ClaimStep, Step, claim_after},
    steps::{agree, agreed},
    terms::decimal,
};
use crate::{
    Error, Faults, Nullable, Result, UserErrorCode,
    authz::{Ask, CONTRACTS, Direction, Event, Sort, Store, Tx},
    face::{Door, key, list_under},
    nullable,
};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::{
    At,
    codes::{ClaimKind, ClaimState, PartyRole, ResolutionWay, VerificationOpinion},
    contracts::{claim_contestation, claim_verification, contract, evidence_document, outcome_claim},
    ids::{ClaimId, ContestationId, OrganizationId, VerificationId},
};
use gql::{
    connection::{Connection, Paging},
    scalars::{Date, DateTime, Decimal},
};
use sea_orm::{ColumnTrait, Condition, Set};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the operator says was achieved in a period.
#[derive(Clone)]
pub struct OutcomeClaim(pub outcome_claim::Model);

impl From<outcome_claim::Model> for OutcomeClaim {
    fn from(row: outcome_claim::Model) -> Self {
        Self(row)
    }
}

/// Quantity of one metric in a claim.
#[derive(Clone, Debug, SimpleObject)]
pub struct ClaimLine {
    /// Code of the metric.
    pub metric: String,
    /// Quantity in the metric's unit; below zero for a correction.
    pub quantity: Decimal,
    /// People counted for the first time in this metric.
    pub people: Option<i32>,
    /// Territory of the beneficiaries.
    pub territory: Option<String>,
}

/// So many people, each of whom achieved the same; never who they are.
#[derive(Clone, Debug, SimpleObject)]
pub struct ClaimGroup {
    /// Number of people.
    pub people: i32,
    /// What each of them achieved since the contract began; at most 50.
    pub achieved: Vec<ClaimLine>,
}

/// What the evaluator found.
#[derive(Clone, Debug, SimpleObject)]
pub struct ClaimVerification {
    /// Id, `vfn_…`.
    pub id: ID,
    /// Organization that verified.
    pub organization_id: ID,
    /// Number of the finding, from 1; later ones follow a contestation.
    pub revision: i32,
    /// Whether all, a part or nothing is accepted.
    pub opinion: VerificationOpinion,
    /// Lines as they are accepted; at most 200.
    pub lines: Vec<VerifiedLine>,
    /// Report; at most 20,000 characters.
    pub report: Option<String>,
    /// When.
    pub at: DateTime,
}

/// Line of a claim as it is accepted.
#[derive(Clone, Debug, SimpleObject)]
pub struct VerifiedLine {
    /// Code of the metric.
    pub metric: String,
    /// Territory of the beneficiaries.
    pub territory: Option<String>,
    /// Quantity that was claimed.
    pub claimed: Decimal,
    /// Quantity that is accepted.
    pub accepted: Decimal,
    /// People that are accepted.
    pub people: Option<i32>,
    /// Why the rest is not.
    pub reason: Option<String>,
}

/// Contestation of a verification.
#[derive(Clone, Debug, SimpleObject)]
pub struct ClaimContestation {
    /// Id, `cst_…`.
    pub id: ID,
    /// Organization that contests.
    pub organization_id: ID,
    /// Grounds.
    pub grounds: String,
    /// When.
    pub at: DateTime,
    /// How it was resolved.
    pub way: Option<ResolutionWay>,
    /// What was resolved.
    pub resolution: Option<String>,
    /// When it was resolved.
    pub resolved_at: Option<DateTime>,
}

/// A stored line of a verification.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Checked {
    pub metric: String,
    pub territory: Option<String>,
    pub claimed: Quantity,
    pub accepted: Quantity,
    pub people: Option<i64>,
    pub reason: Option<String>,
}

/// What the operator says was achieved in a period.
///
/// Who sees it: the parties.
#[Object]
impl OutcomeClaim {
    /// Id, `ocl_…`.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Version, for `ifVersion`.
    async fn version(&self) -> String {
        self.0.version.to_string()
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at.0)
    }

    /// Number within the contract, from 1.
    async fn number(&self) -> i32 {
        self.0.number
    }

    /// What it is for.
    async fn kind(&self) -> ClaimKind {
        self.0.kind
    }

    /// First day of the period.
    async fn from_on(&self) -> Date {
        Date(self.0.from_on.clone())
    }

    /// Last day of the period.
    async fn to_on(&self) -> Date {
        Date(self.0.to_on.clone())
    }

    /// Lines by metric and territory; at most 200.
    async fn lines(&self) -> Nullable<Vec<ClaimLine>> {
        nullable(
            read::<Vec<Line>>(&self.0.lines).map(|lines| Some(lines.into_iter().map(show_line).collect())),
        )
    }

    /// Everybody reached since the contract began, grouped by what each achieved; at most 500.
    async fn groups(&self) -> Nullable<Vec<ClaimGroup>> {
        nullable(
            read::<Vec<Profile>>(&self.0.profiles)
                .map(|groups| Some(groups.into_iter().map(show_group).collect())),
        )
    }

    /// What the operator says about it.
    async fn note(&self) -> Option<&str> {
        self.0.note.as_deref()
    }

    /// State of the claim.
    async fn state(&self) -> ClaimState {
        self.0.state
    }

    /// What the evaluator asked last.
    async fn question(&self) -> Option<&str> {
        self.0.question.as_deref()
    }

    /// What the operator answered.
    async fn answer(&self) -> Option<&str> {
        self.0.answer.as_deref()
    }

    /// When it was submitted.
    async fn submitted_at(&self) -> Option<DateTime> {
        self.0.submitted_at.map(|at| DateTime(at.0))
    }

    /// When it was last verified.
    async fn verified_at(&self) -> Option<DateTime> {
        self.0.verified_at.map(|at| DateTime(at.0))
    }

    /// Until when it may be contested; it is final from then on.
    async fn contestable_until(&self) -> Option<DateTime> {
        self.0.contestable_until.map(|at| DateTime(at.0))
    }

    /// When it became final.
    async fn final_at(&self) -> Option<DateTime> {
        self.0.final_at.map(|at| DateTime(at.0))
    }

    /// Findings of the evaluator, oldest first; at most 100.
    async fn verifications(&self, ctx: &Context<'_>) -> Nullable<Vec<ClaimVerification>> {
        nullable(verifications(ctx.store(), &self.0).await.map(Some))
    }

    /// Contestations, oldest first; at most 100.
    async fn contestations(&self, ctx: &Context<'_>) -> Nullable<Vec<ClaimContestation>> {
        nullable(contestations(ctx.store(), &self.0).await.map(Some))
    }

    /// Documents that prove it, oldest first.
    ///
    /// Who sees them: operators and evaluators; payers while a verification of the claim is contested.
    async fn documents(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Size of a page going forward, 1 to 100; 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go forward from.")] after: Option<String>,
        #[graphql(desc = "Size of a page going backward, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go backward from.")] before: Option<String>,
    ) -> Nullable<Connection<EvidenceDocument>> {
        use evidence_document::Column;
        match document::witnesses(ctx.store(), &self.0).await {
            Ok(true) => {}
            Ok(false) => {
                ctx.store().withhold("OutcomeClaim.documents");
                return None;
            }
            Err(error) => return Some(Err(error.into_graphql())),
        }
        let order = vec![
            Sort::<evidence_document::Entity>::by(Column::CreatedAt, Direction::Ascending),
            Sort::by(Column::Id, Direction::Ascending),
        ];
        let window = Paging { first, after, last, before }.window().map_err(Error::bad_input);
        let ask = window.map(|window| Ask::new("evidenceDocuments", Condition::all(), "", order, window));
        list_under(ctx.store(), Column::ClaimId, self.0.id.0, ask).await
    }

    /// What the viewer may do to it now.
    async fn viewer_permissions(&self, ctx: &Context<'_>) -> Nullable<OutcomeClaimViewerPermissions> {
        nullable(permissions::of_claim(ctx.store(), &self.0).await)
    }
}

fn whole(number: Option<i64>) -> Option<i32> {
    number.and_then(|number| i32::try_from(number).ok())
}

fn show_line(line: Line) -> ClaimLine {
    ClaimLine {
        metric: line.metric,
        quantity: decimal(line.quantity),
        people: whole(line.people),
        territory: line.territory,
    }
}

fn show_group(group: Profile) -> ClaimGroup {
    let each = |achieved: Achieved| ClaimLine {
        metric: achieved.metric,
        quantity: decimal(achieved.quantity),
        people: None,
        territory: None,
    };
    ClaimGroup {
        people: i32::try_from(group.people).unwrap_or(i32::MAX),
        achieved: group.each.into_iter().map(each).collect(),
    }
}

async fn verifications(store: &Store, claim: &outcome_claim::Model) -> Result<Vec<ClaimVerification>> {
    let mut rows = store.parts::<claim_verification::Entity>(claim.contract_id).await?;
    rows.retain(|row| row.claim_id == claim.id);
    rows.sort_by_key(|row| row.revision);
    rows.into_iter()
        .map(|row| {
            let lines = read::<Vec<Checked>>(&row.lines)?.into_iter().map(|line| VerifiedLine {
                metric: line.metric,
                territory: line.territory,
                claimed: decimal(line.claimed),
                accepted: decimal(line.accepted),
                people: whole(line.people),
                reason: line.reason,
            });
            Ok(ClaimVerification {
                lines: lines.collect(),
                id: row.id.to_string().into(),
                organization_id: row.organization_id.to_string().into(),
                revision: row.revision,
                opinion: row.opinion,
                report: row.report,
                at: DateTime(row.created_at.0),
            })
        })
        .collect()
}

async fn contestations(store: &Store, claim: &outcome_claim::Model) -> Result<Vec<ClaimContestation>> {
    let mut rows = store.parts::<claim_contestation::Entity>(claim.contract_id).await?;
    rows.retain(|row| row.claim_id == claim.id);
    rows.sort_by_key(|row| (row.created_at, row.id));
    Ok(rows
        .into_iter()
        .map(|row| ClaimContestation {
            id: row.id.to_string().into(),
            organization_id: row.organization_id.to_string().into(),
            grounds: row.grounds,
            at: DateTime(row.created_at.0),
            way: row.way,
            resolution: row.resolution,
            resolved_at: row.resolved_at.map(|at| DateTime(at.0)),
        })
        .collect())
}

/// What a verification accepts, as the engine reads it.
pub fn accepted_lines(verification: &claim_verification::Model) -> Result<Vec<Line>> {
    let checked: Vec<Checked> = read(&verification.lines)?;
    Ok(checked
        .into_iter()
        .map(|line| Line {
            metric: line.metric,
            quantity: line.accepted,
            people: line.people,
            territory: line.territory,
        })
        .collect())
}

/// Verified results by metric, as the system sees them; whether they are shown is asked before.
pub async fn results(
    store: &Store,
    contract: &contract::Model,
) -> Result<Vec<super::contract::VerifiedResult>> {
    let (claims, verifications) = futures_util::try_join!(
        store.parts_as_job::<outcome_claim::Entity>(CONTRACTS, contract.id),
        store.parts_as_job::<claim_verification::Entity>(CONTRACTS, contract.id),
    )?;
    let mut sums: BTreeMap<String, (Quantity, Option<i64>)> = BTreeMap::new();
    for line in accepted(&claims, &verifications)?.into_iter().flat_map(|outcome| outcome.lines) {
        let sum = sums.entry(line.metric).or_default();
        sum.0 = sum.0.plus(line.quantity);
        if let Some(people) = line.people {
            sum.1 = Some(sum.1.unwrap_or(0).saturating_add(people));
        }
    }
    Ok(sums
        .into_iter()
        .map(|(metric, (accepted, people))| super::contract::VerifiedResult {
            metric,
            accepted: decimal(accepted),
            people: whole(people),
        })
        .collect())
}

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

/// So many people, each of whom achieved the same.
#[derive(Clone, Debug, InputObject)]
pub struct ClaimGroupInput {
    /// Number of people.
    pub people: i32,
    /// What each of them achieved since the contract began; at most 50.
    pub achieved: Vec<AchievedInput>,
}

/// What each person of a group achieved.
#[derive(Clone, Debug, InputObject)]
pub struct AchievedInput {
    /// Code of the metric.
    pub metric: String,
    /// Quantity in the metric's unit.
    pub quantity: Decimal,
}

/// Line of a claim as it is accepted.
#[derive(Clone, Debug, InputObject)]
pub struct VerifiedLineInput {
    /// Code of the metric.
    pub metric: String,
    /// Territory, as in the claim.
    pub territory: Option<String>,
    /// Quantity that is accepted; no more than was claimed.
    pub accepted: Decimal,
    /// People that are accepted.
    pub people: Option<i32>,
    /// Why the rest is not; at most 2,000 characters.
    pub reason: Option<String>,
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

    /// Takes a claim up for verification; for editors of the evaluator.
    ///
    /// Errors: `NOT_FOUND`, `STATE_INVALID`; top level: `FORBIDDEN`.
    claim_take(ClaimTakeInput {
        /// Claim to act on.
        id: ID,
    }) -> ClaimTakePayload {
        /// Claim as it is now.
        claim: OutcomeClaim
    } = take_up;

    /// Asks the operator about a claim; for editors of the evaluator.
    ///
    /// Errors: `NOT_FOUND`, `STATE_INVALID`, `BLANK`, `TOO_LONG`; top level: `FORBIDDEN`.
    claim_ask(ClaimAskInput {
        /// Claim to act on.
        id: ID,
        /// What to ask; at most 5,000 characters.
        question: String,
    }) -> ClaimAskPayload {
        /// Claim as it is now.
        claim: OutcomeClaim
    } = ask;

    /// Answers the evaluator; for editors of the operator.
    ///
    /// Errors: `NOT_FOUND`, `STATE_INVALID`, `BLANK`, `TOO_LONG`; top level: `FORBIDDEN`.
    claim_answer(ClaimAnswerInput {
        /// Claim to act on.
        id: ID,
        /// What to answer; at most 5,000 characters.
        answer: String,
    }) -> ClaimAnswerPayload {
        /// Claim as it is now.
        claim: OutcomeClaim
    } = answer;

    /// Concludes a verification line by line; for editors of the evaluator. The days for contesting begin.
    ///
    /// Errors: `NOT_FOUND`, `STATE_INVALID`, `BLANK`, `INVALID`, `OUT_OF_RANGE`, `TOO_LONG`, `CLAIM_GROUPS_MISSING`, `CLAIM_GROUPS_MISMATCH`; top level: `FORBIDDEN`.
    claim_verify(ClaimVerifyInput {
        /// Claim to act on.
        id: ID,
        /// Every line of the claim with what is accepted of it; at most 200.
        lines: Vec<VerifiedLineInput>,
        /// Groups as they are accepted; those of the claim unless given. At most 500.
        groups: Option<Vec<ClaimGroupInput>>,
        /// Report; at most 20,000 characters.
        report: Option<String>,
    }) -> ClaimVerifyPayload {
        /// Claim as it is now.
        claim: OutcomeClaim
    } = verify;

    /// Contests a verification within the contract's days; for editors of operator, payers and investors.
    ///
    /// Errors: `NOT_FOUND`, `STATE_INVALID`, `CONTESTATION_CLOSED`, `BLANK`, `TOO_LONG`; top level: `FORBIDDEN`.
    claim_contest(ClaimContestInput {
        /// Claim to act on.
        id: ID,
        /// Grounds; at most 5,000 characters.
        grounds: String,
    }) -> ClaimContestPayload {
        /// Claim as it is now.
        claim: OutcomeClaim
    } = contest;

    /// Resolves contestations by a second opinion of the evaluator; the days for contesting begin again.
    ///
    /// Errors: as `claimVerify`; top level: `FORBIDDEN`.
    claim_resolve(ClaimResolveInput {
        /// Claim to act on.
        id: ID,
        /// Every line of the claim with what is accepted of it; at most 200.
        lines: Vec<VerifiedLineInput>,
        /// Groups as they are accepted; those of the claim unless given. At most 500.
        groups: Option<Vec<ClaimGroupInput>>,
        /// What was resolved, and why; at most 20,000 characters.
        resolution: String,
    }) -> ClaimResolvePayload {
        /// Claim as it is now.
        claim: OutcomeClaim
    } = resolve;

    /// Agrees that the last verification stands; once every payer and the operator have, contestations are resolved.
    ///
    /// Errors: `NOT_FOUND`, `STATE_INVALID`; top level: `FORBIDDEN`.
    claim_uphold(ClaimUpholdInput {
        /// Claim to act on.
        id: ID,
    }) -> ClaimUpholdPayload {
        /// Claim as it is now.
        claim: OutcomeClaim
    } = uphold;
}}

fn period(from: &Date, to: &Date, faults: &mut Faults) {
    if to.0 < from.0 {
        faults.add(UserErrorCode::OutOfRange, &["input", "toOn"], "The period ends before it begins.");
    }
}

fn quantity(text: &Decimal, path: &[&str], faults: &mut Faults) -> Quantity {
    text.0.parse().unwrap_or_else(|_| {
        faults.add(UserErrorCode::Invalid, path, "At most six decimals, please.");
        Quantity::ZERO
    })
}

fn groups(inputs: Option<Vec<ClaimGroupInput>>, faults: &mut Faults) -> Option<Vec<Profile>> {
    let inputs = inputs?;
    if inputs.len() > 500 || inputs.iter().any(|group| group.achieved.len() > 50) {
        faults.add(UserErrorCode::TooLong, &["input", "groups"], "At most 500 groups of 50 metrics, please.");
    }
    let groups = inputs.into_iter().take(500).enumerate().map(|(place, group)| {
        let place = place.to_string();
        if group.people < 1 {
            let path = ["input", "groups", &place, "people"];
            faults.add(UserErrorCode::OutOfRange, &path, "A group has at least one person.");
        }
        let each = group.achieved.into_iter().take(50).map(|achieved| Achieved {
            quantity: quantity(&achieved.quantity, &["input", "groups", &place, "achieved"], faults),
            metric: achieved.metric,
        });
        Profile { people: i64::from(group.people), each: each.collect() }
    });
    Some(groups.collect())
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

fn json<T: Serialize>(value: &T) -> Result<serde_json::Value> {
    Ok(serde_json::to_value(value).map_err(anyhow::Error::from)?)
}

/// A claim of a held contract, and for whom the viewer acts.
struct Grip {
    held: Contract,
    claim: outcome_claim::Model,
    acting: Vec<OrganizationId>,
}

async fn grip(tx: &mut Tx, id: &ID, step: ClaimStep, roles: &'static [PartyRole]) -> Result<Grip> {
    let id: ClaimId = key(id)?;
    let found = tx.see::<outcome_claim::Entity>().filter(outcome_claim::Column::Id.eq(id)).one().await?;
    let found = found.ok_or_else(|| Error::not_found(&["input", "id"]))?;
    let (held, acting) = hold_key(tx, found.contract_id, None, None, By::Editors(roles)).await?;
    // What time has made final is final before anything else happens to it.
    advance(tx, &held).await?;
    let claim = all_claims(tx, held.id).await?.into_iter().find(|claim| claim.id == id);
    let claim = claim.ok_or_else(|| Error::not_found(&["input", "id"]))?;
    if claim_after(claim.state, step).is_none() {
        if step == ClaimStep::Contest && claim.state == ClaimState::Final {
            let message = "The days for contesting are over; the claim is final.";
            return Err(Error::mend(UserErrorCode::ContestationClosed, &["input", "id"], message));
        }
        return Err(Error::state(format!("The claim is {}; this cannot be done to it now.", claim.state)));
    }
    Ok(Grip { held, claim, acting })
}

impl Grip {
    async fn go(
        self,
        mut tx: Tx,
        step: ClaimStep,
        action: &'static str,
        change: impl FnOnce(&mut outcome_claim::ActiveModel),
    ) -> Result<OutcomeClaim> {
        let Some(state) = claim_after(self.claim.state, step) else {
            return Err(Error::state(format!("The claim is {}.", self.claim.state)));
        };
        let claim = tx
            .update_part::<outcome_claim::Entity>(&self.held, self.claim, |row| {
                row.state = Set(state);
                change(row);
            })
            .await?;
        tx.commit(Event::of(action)).await?;
        Ok(OutcomeClaim(claim))
    }
}

pub const OPERATOR: &[PartyRole] = &[PartyRole::Operator];
pub const EVALUATOR: &[PartyRole] = &[PartyRole::Evaluator];
/// Who may contest a verification.
pub const CONTESTERS: &[PartyRole] = &[PartyRole::Operator, PartyRole::OutcomePayer, PartyRole::Investor];
/// Who, together, may let a contested verification stand.
pub const COMMITTEE: &[PartyRole] = &[PartyRole::Operator, PartyRole::OutcomePayer];

async fn submit(store: &Store, input: ClaimSubmitInput) -> Result<OutcomeClaim> {
    let mut tx = store.begin().await?;
    let grip = grip(&mut tx, &input.id, ClaimStep::Submit, OPERATOR).await?;
    super::hold::allowed(&grip.held, Step::Claim)?;
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

/// With a cap per person, groups have to be given, and to add up to all that was accepted and is claimed now.
async fn check_groups(tx: &Tx, grip: &Grip, lines: &[Line], profiles: &[Profile]) -> Result<()> {
    let sheet = Sheet::of(&grip.held)?;
    let caps: Vec<&Rule> =
        sheet.rules.iter().filter(|rule| matches!(rule, Rule::PerBeneficiaryCap { .. })).collect();
    if caps.is_empty() {
        return Ok(());
    }
    if profiles.is_empty() {
        let message =
            "The contract caps what one person brings: give the people in groups by what each achieved.";
        return Err(Error::mend(UserErrorCode::ClaimGroupsMissing, &["input", "groups"], message));
    }
    let verifications =
        all::<claim_verification::Entity>(tx, claim_verification::Column::ContractId, grip.held.id).await?;
    let before: Vec<Outcome> = accepted(&all_claims(tx, grip.held.id).await?, &verifications)?;
    for line in sheet.metrics.iter().filter(|line| caps.iter().any(|rule| rule.covers(&line.metric.code))) {
        let code = &line.metric.code;
        let earlier = before.iter().flat_map(|outcome| &outcome.lines);
        let wanted = earlier
            .chain(lines)
            .filter(|line| line.metric == *code)
            .fold(Quantity::ZERO, |sum, line| sum.plus(line.quantity));
        let given = profiles.iter().fold(Quantity::ZERO, |sum, group| {
            let each = group.each.iter().filter(|each| each.metric == *code);
            each.fold(sum, |sum, each| sum.plus(Quantity(each.quantity.0.saturating_mul(group.people))))
        });
        if given != wanted {
            let message = format!(
                "Groups add up to {given} of `{code}`; accepted before and claimed now are {wanted}."
            );
            return Err(Error::mend(UserErrorCode::ClaimGroupsMismatch, &["input", "groups"], message));
        }
    }
    Ok(())
}

async fn take_up(store: &Store, input: ClaimTakeInput) -> Result<OutcomeClaim> {
    let mut tx = store.begin().await?;
    let grip = grip(&mut tx, &input.id, ClaimStep::Take, EVALUATOR).await?;
    grip.go(tx, ClaimStep::Take, "claimTake", |_| ()).await
}

fn words(text: String, path: &str, most: usize) -> Result<String> {
    let mut faults = Faults::default();
    let text = faults.required(Some(text), &["input", path], most);
    faults.none_or_refuse()?;
    Ok(text)
}

async fn ask(store: &Store, input: ClaimAskInput) -> Result<OutcomeClaim> {
    let question = words(input.question, "question", 5_000)?;
    let mut tx = store.begin().await?;
    let grip = grip(&mut tx, &input.id, ClaimStep::Ask, EVALUATOR).await?;
    grip.go(tx, ClaimStep::Ask, "claimAsk", |row| {
        row.question = Set(Some(question));
        row.answer = Set(None);
    })
    .await
}

async fn answer(store: &Store, input: ClaimAnswerInput) -> Result<OutcomeClaim> {
    let answer = words(input.answer, "answer", 5_000)?;
    let mut tx = store.begin().await?;
    let grip = grip(&mut tx, &input.id, ClaimStep::Answer, OPERATOR).await?;
    grip.go(tx, ClaimStep::Answer, "claimAnswer", |row| row.answer = Set(Some(answer))).await
}

async fn verify(store: &Store, input: ClaimVerifyInput) -> Result<OutcomeClaim> {
    let mut faults = Faults::default();
    let report = faults.text(input.report, &["input", "report"], 20_000);
    faults.none_or_refuse()?;
    let mut tx = store.begin().await?;
    let grip = grip(&mut tx, &input.id, ClaimStep::Conclude, EVALUATOR).await?;
    conclude(tx, grip, ClaimStep::Conclude, "claimVerify", (input.lines, input.groups, report)).await
}

async fn resolve(store: &Store, input: ClaimResolveInput) -> Result<OutcomeClaim> {
    let resolution = words(input.resolution, "resolution", 20_000)?;
    let mut tx = store.begin().await?;
    let grip = grip(&mut tx, &input.id, ClaimStep::Resolve, EVALUATOR).await?;
    settle_contestations(&mut tx, &grip, ResolutionWay::SecondOpinion, &resolution).await?;
    conclude(tx, grip, ClaimStep::Resolve, "claimResolve", (input.lines, input.groups, Some(resolution)))
        .await
}

async fn settle_contestations(tx: &mut Tx, grip: &Grip, way: ResolutionWay, resolution: &str) -> Result<()> {
    let all =
        all::<claim_contestation::Entity>(tx, claim_contestation::Column::ContractId, grip.held.id).await?;
    let now = tx.store().now();
    for open in all.into_iter().filter(|row| row.claim_id == grip.claim.id && row.resolved_at.is_none()) {
        tx.update_part::<claim_contestation::Entity>(&grip.held, open, |row| {
            row.way = Set(Some(way));
            row.resolution = Set(Some(resolution.to_owned()));
            row.resolved_at = Set(Some(now));
        })
        .await?;
    }
    Ok(())
}

/// When days for contesting that begin now are over.
fn contestable_until(held: &Contract, now: At) -> At {
    now.plus(At::DAY.saturating_mul(i64::from(held.contestation_days)))
}

async fn conclude(
    mut tx: Tx,
    grip: Grip,
    step: ClaimStep,
    action: &'static str,
    (inputs, restated, report): (Vec<VerifiedLineInput>, Option<Vec<ClaimGroupInput>>, Option<String>),
) -> Result<OutcomeClaim> {
    let claimed: Vec<Line> = read(&grip.claim.lines)?;
    let mut faults = Faults::default();
    let mut checked = Vec::new();
    for line in &claimed {
        let same =
            |input: &&VerifiedLineInput| input.metric == line.metric && input.territory == line.territory;
        let Some(place) = inputs.iter().position(|input| same(&input)) else {
            let message = format!("Metric `{}` was claimed: say what is accepted of it.", line.metric);
            faults.add(UserErrorCode::Blank, &["input", "lines"], message);
            continue;
        };
        let Some(input) = inputs.get(place) else { continue };
        let place = place.to_string();
        let accepted = quantity(&input.accepted, &["input", "lines", &place, "accepted"], &mut faults);
        let is_within = if line.quantity.0 >= 0 {
            (0..=line.quantity.0).contains(&accepted.0)
        } else {
            (line.quantity.0..=0).contains(&accepted.0)
        };
        if !is_within {
            let message = format!("Between nothing and the {} that were claimed.", line.quantity);
            faults.add(UserErrorCode::OutOfRange, &["input", "lines", &place, "accepted"], message);
        }
        let people =
            input.people.map(i64::from).or(if accepted == line.quantity { line.people } else { None });
        checked.push(Checked {
            metric: line.metric.clone(),
            territory: line.territory.clone(),
            claimed: line.quantity,
            accepted,
            people: people.or(line.people.map(|people| people.min(accepted.0 / 1_000_000))),
            reason: faults.text(input.reason.clone(), &["input", "lines", &place, "reason"], 2_000),
        });
    }
    for (place, input) in inputs.iter().enumerate() {
        if !claimed.iter().any(|line| line.metric == input.metric && line.territory == input.territory) {
            let place = place.to_string();
            faults.add(
                UserErrorCode::NotFound,
                &["input", "lines", &place, "metric"],
                "This was not claimed.",
            );
        }
    }
    let restated = groups(restated, &mut faults);
    faults.none_or_refuse()?;
    let profiles: Vec<Profile> = match restated {
        Some(profiles) => profiles,
        None => read(&grip.claim.profiles)?,
    };
    let lines: Vec<Line> = checked
        .iter()
        .map(|line| Line {
            metric: line.metric.clone(),
            quantity: line.accepted,
            people: line.people,
            territory: line.territory.clone(),
        })
        .collect();
    check_groups(&tx, &grip, &lines, &profiles).await?;
    let opinion = if checked.iter().all(|line| line.accepted == line.claimed) {
        VerificationOpinion::Full
    } else if checked.iter().all(|line| line.accepted == Quantity::ZERO) {
        VerificationOpinion::None
    } else {
        VerificationOpinion::Partial
    };
    let all =
        all::<claim_verification::Entity>(&tx, claim_verification::Column::ContractId, grip.held.id).await?;
    let revision =
        all.iter().filter(|row| row.claim_id == grip.claim.id).map(|row| row.revision).max().unwrap_or(0);
    let now = tx.store().now();
    let (Some(organization), Some(user)) = (grip.acting.first().copied(), tx.store().viewer().user()) else {
        return Err(Error::unauthenticated());
    };
    let row = claim_verification::ActiveModel {
        id: Set(VerificationId::fresh()),
        contract_id: Set(grip.held.id),
        claim_id: Set(grip.claim.id),
        organization_id: Set(organization),
        user_id: Set(user),
        revision: Set(revision + 1),
        opinion: Set(opinion),
        lines: Set(json(&checked)?),
        profiles: Set(json(&profiles)?),
        report: Set(report),
        created_at: Set(now),
    };
    tx.add_part::<claim_verification::Entity>(&grip.held, row).await?;
    let until = contestable_until(&grip.held, now);
    grip.go(tx, step, action, |row| {
        row.verified_at = Set(Some(now));
        row.contestable_until = Set(Some(until));
    })
    .await
}

async fn contest(store: &Store, input: ClaimContestInput) -> Result<OutcomeClaim> {
    let grounds = words(input.grounds, "grounds", 5_000)?;
    let mut tx = store.begin().await?;
    let grip = grip(&mut tx, &input.id, ClaimStep::Contest, CONTESTERS).await?;
    let party = parties(&tx, grip.held.id).await?.into_iter().find(|party| {
        CONTESTERS.contains(&party.role)
            && party.until.is_none()
            && grip.acting.contains(&party.organization_id)
    });
    let Some(party) = party else { return Err(Error::forbidden("This is for the parties of the contract.")) };
    let row = claim_contestation::ActiveModel {
        id: Set(ContestationId::fresh()),
        contract_id: Set(grip.held.id),
        claim_id: Set(grip.claim.id),
        party_id: Set(party.id),
        organization_id: Set(party.organization_id),
        grounds: Set(grounds),
        way: Set(None),
        resolution: Set(None),
        resolved_at: Set(None),
        created_at: Set(store.now()),
    };
    tx.add_part::<claim_contestation::Entity>(&grip.held, row).await?;
    grip.go(tx, ClaimStep::Contest, "claimContest", |row| row.contestable_until = Set(None)).await
}

async fn uphold(store: &Store, input: ClaimUpholdInput) -> Result<OutcomeClaim> {
    let mut tx = store.begin().await?;
    let grip = grip(&mut tx, &input.id, ClaimStep::Resolve, COMMITTEE).await?;
    let verifications =
        all::<claim_verification::Entity>(&tx, claim_verification::Column::ContractId, grip.held.id).await?;
    let revision =
        verifications.iter().filter(|row| row.claim_id == grip.claim.id).map(|row| row.revision).max();
    let subject = format!("UPHOLD {} {}", grip.claim.id, revision.unwrap_or(0));
    agree(&mut tx, &grip.held, &grip.acting, COMMITTEE, &subject).await?;
    let agreed = agreed(&tx, &grip.held, &subject).await?;
    let committee = parties(&tx, grip.held.id).await?;
    let all_agree = committee
        .iter()
        .filter(|party| party.until.is_none() && COMMITTEE.contains(&party.role))
        .all(|party| agreed.contains(&party.id));
    if !all_agree {
        let claim = OutcomeClaim(grip.claim);
        tx.commit(Event::of("claimUphold")).await?;
        return Ok(claim);
    }
    settle_contestations(&mut tx, &grip, ResolutionWay::SteeringCommittee, "The verification stands.")
        .await?;
    let now = store.now();
    let until = contestable_until(&grip.held, now);
    grip.go(tx, ClaimStep::Resolve, "claimUphold", |row| row.contestable_until = Set(Some(until))).await
}
