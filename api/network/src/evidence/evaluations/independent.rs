//! How free the evaluators of a project are of those they judge, by what the system knows of both.

use super::{
    evaluation::codes,
    independence::{Reason, Ties, judge},
};
use crate::interests::known::{Asked, known};
use door::{
    Result,
    authz::{EVIDENCE_CLOCK, Store, Tx},
};
use entity::{
    codes::*,
    evidence::{evaluation, evaluation_party},
    ids::{OrganizationId, UserId},
    orgs::{membership, organization},
    projects::co_holder,
};
use sea_orm::{ColumnTrait, Condition};
use std::collections::{BTreeSet, HashMap};

/// Independence of the evaluators from the project's holder and operators.
pub(super) async fn judged(tx: &Tx, row: &evaluation::Model) -> Result<(Independence, Vec<Reason<String>>)> {
    let parties = evaluation_party::Column::EvaluationId.eq(row.id);
    let parties = tx.see::<evaluation_party::Entity>().filter(parties).all().await?;
    let part =
        |role| parties.iter().filter(move |party| party.role == role).map(|party| party.organization_id);
    let judging: BTreeSet<_> = part(EvaluationRole::Evaluator).chain([row.lead_id]).collect();
    let operators = Condition::all()
        .add(co_holder::Column::ProjectId.eq(row.project_id))
        .add(co_holder::Column::Role.eq(CoHolderRole::Operator));
    let operators = tx.see::<co_holder::Entity>().filter(operators).all().await?;
    let judged: BTreeSet<_> =
        operators.iter().map(|one| one.organization_id).chain([row.holder_id]).collect();
    let sides: BTreeSet<_> = judging.union(&judged).copied().collect();
    let system = tx.store().as_job(EVIDENCE_CLOCK);
    let seats = seats_of(&system, &sides).await?;
    let asked = Asked { judging: &judging, judged: &judged, seats: &seats, within: None };
    let ties = Ties {
        interests: known(&system, &asked).await?,
        judging: judging.iter().copied().collect(),
        judged: judged.iter().copied().collect(),
        parents: parents_of(&system, &sides).await?,
        seats,
        paying: part(EvaluationRole::Funder).collect(),
        declared: codes(&row.independence_declared),
    };
    let (independence, reasons) = judge(&ties);
    let named = |reason: Reason<OrganizationId>| Reason {
        tie: reason.tie,
        chain: reason.chain.iter().map(ToString::to_string).collect(),
        text: reason.text,
    };
    Ok((independence, reasons.into_iter().map(named).collect()))
}

/// Who controls these organizations, at any depth.
async fn parents_of(
    system: &Store,
    sides: &BTreeSet<OrganizationId>,
) -> Result<HashMap<OrganizationId, OrganizationId>> {
    let mut parents = HashMap::new();
    let mut wanted: Vec<OrganizationId> = sides.iter().copied().collect();
    let mut seen = sides.clone();
    while !wanted.is_empty() {
        let rows = organization::Column::Id.is_in(wanted);
        let rows = system.see::<organization::Entity>().filter(rows).all().await?;
        let found: Vec<_> = rows.iter().filter_map(|row| Some((row.id, row.parent_id?))).collect();
        parents.extend(found.iter().copied());
        wanted = found.into_iter().map(|(_, parent)| parent).filter(|parent| seen.insert(*parent)).collect();
    }
    Ok(parents)
}

async fn seats_of(system: &Store, sides: &BTreeSet<OrganizationId>) -> Result<Vec<(UserId, OrganizationId)>> {
    let active = Condition::all()
        .add(membership::Column::OrganizationId.is_in(sides.iter().copied()))
        .add(membership::Column::Status.eq(MembershipStatus::Active));
    let rows = system.see::<membership::Entity>().filter(active).all().await?;
    Ok(rows.into_iter().map(|row| (row.user_id, row.organization_id)).collect())
}
