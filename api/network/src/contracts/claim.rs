//! Claims of outcomes as the API shows them, with their verifications and contestations (domain 5.5).

mod grip;
mod groups;
pub mod verify;
pub mod write;

use super::{
    advance::{accepted, read},
    document::{self, EvidenceDocument},
    permissions::{self, OutcomeClaimViewerPermissions},
    terms::decimal,
};
use crate::face::{Door, list_under};
use async_graphql::{Context, ID, Object, SimpleObject};
use door::{
    Error, Nullable, Result,
    authz::{Ask, CONTRACTS, Direction, Sort, Store},
    nullable,
};
use entity::{
    codes::{ClaimKind, ClaimState, PartyRole, ResolutionWay, VerificationOpinion},
    contracts::{claim_contestation, claim_verification, contract, evidence_document, outcome_claim},
};
use gql::{
    connection::{Connection, Paging},
    scalars::{Date, DateTime, Decimal},
};
use payment::{
    Quantity,
    terms::{Achieved, Line, Profile},
};
use sea_orm::Condition;
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

fn json<T: Serialize>(value: &T) -> Result<serde_json::Value> {
    Ok(serde_json::to_value(value).map_err(anyhow::Error::from)?)
}

pub const OPERATOR: &[PartyRole] = &[PartyRole::Operator];
pub const EVALUATOR: &[PartyRole] = &[PartyRole::Evaluator];
/// Who may contest a verification.
pub const CONTESTERS: &[PartyRole] = &[PartyRole::Operator, PartyRole::OutcomePayer, PartyRole::Investor];
/// Who, together, may let a contested verification stand.
pub const COMMITTEE: &[PartyRole] = &[PartyRole::Operator, PartyRole::OutcomePayer];
