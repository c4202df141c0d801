//! Verifying claims line by line, contesting the verification, and resolving that.

use super::{
    COMMITTEE, CONTESTERS, Checked, EVALUATOR, OPERATOR, OutcomeClaim,
    grip::{Grip, grip},
    groups::{ClaimGroupInput, check_groups, groups, quantity},
    json,
};
use crate::contracts::{
    advance::read,
    consent::{agree, agreed},
    hold::{Contract, all, parties},
    state::ClaimStep,
};
use async_graphql::{ID, InputObject};
use door::{
    Error, Faults, Result, UserErrorCode,
    authz::{Event, Store, Tx},
};
use entity::{
    At,
    codes::{ResolutionWay, VerificationOpinion},
    contracts::{claim_contestation, claim_verification},
    ids::{ContestationId, VerificationId},
};
use gql::scalars::Decimal;
use payment::{
    Quantity,
    terms::{Line, Profile},
};
use sea_orm::Set;

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

mutations! { ClaimVerificationMutation {
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
