//! People of a claim, in groups by what each achieved: for caps per person.

use super::grip::Grip;
use crate::contracts::{
    advance::{accepted, claims as all_claims},
    hold::all,
    sheet::Sheet,
};
use async_graphql::InputObject;
use door::{Error, Faults, Result, UserErrorCode, authz::Tx};
use entity::contracts::claim_verification;
use gql::scalars::Decimal;
use payment::{
    Quantity,
    terms::{Achieved, Line, Outcome, Profile, Rule},
};

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

pub(super) fn quantity(text: &Decimal, path: &[&str], faults: &mut Faults) -> Quantity {
    text.0.parse().unwrap_or_else(|_| {
        faults.add(UserErrorCode::Invalid, path, "At most six decimals, please.");
        Quantity::ZERO
    })
}

pub(super) fn groups(inputs: Option<Vec<ClaimGroupInput>>, faults: &mut Faults) -> Option<Vec<Profile>> {
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

/// With a cap per person, groups have to be given, and to add up to all that was accepted and is claimed now.
pub(super) async fn check_groups(tx: &Tx, grip: &Grip, lines: &[Line], profiles: &[Profile]) -> Result<()> {
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
