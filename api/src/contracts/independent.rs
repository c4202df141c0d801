//! Gathers what [`super::independence`] judges: parties, control links above them, who belongs to two of them, and the
//! interests between them.

use super::{
    contract::{ImpactContract, IndependenceConflict, parties_of},
    independence::{Conflict, Kind, Links, Party, Side, conflicts},
};
use crate::{
    Result,
    authz::{CONTRACTS, Store},
    interests::known::{Asked, known},
};
use entity::{
    codes::{CodeList, MembershipStatus, PartyRole},
    contracts::{contract, contract_party},
    ids::{OrganizationId, UserId},
    orgs::{membership, organization},
};
use sea_orm::ColumnTrait;
use std::collections::{BTreeMap, BTreeSet};

/// Control is followed this far up; nobody real is deeper.
const DEEPEST: usize = 20;

/// Conflicts, and the names of the organizations in them.
pub async fn found(
    store: &Store,
    parties: &[contract_party::Model],
) -> Result<(Vec<Conflict>, BTreeMap<String, String>)> {
    let store = store.as_job(CONTRACTS);
    let present: Vec<&contract_party::Model> = parties.iter().filter(|party| party.until.is_none()).collect();
    let mut links = Links::default();
    let mut names = BTreeMap::new();
    let mut level: Vec<OrganizationId> = present.iter().map(|party| party.organization_id).collect();
    for _ in 0..DEEPEST {
        level.retain(|id| !names.contains_key(&id.to_string()));
        if level.is_empty() {
            break;
        }
        let rows = store
            .see::<organization::Entity>()
            .filter(organization::Column::Id.is_in(level.clone()))
            .all()
            .await?;
        level.clear();
        for row in rows {
            if let Some(parent) = row.parent_id {
                links.controls.push((row.id.to_string(), parent.to_string()));
                level.push(parent);
            }
            names.insert(row.id.to_string(), row.name);
        }
    }
    let organizations: Vec<OrganizationId> = present.iter().map(|party| party.organization_id).collect();
    let members = store
        .see::<membership::Entity>()
        .filter(membership::Column::OrganizationId.is_in(organizations))
        .filter(membership::Column::Status.eq(MembershipStatus::Active))
        .all()
        .await?;
    let seats: Vec<(UserId, OrganizationId)> =
        members.into_iter().map(|row| (row.user_id, row.organization_id)).collect();
    links.acting = seats.iter().map(|(person, place)| (person.to_string(), place.to_string())).collect();
    let judged: Vec<Party> = present.iter().map(|party| judged(party)).collect();
    let side = |side| -> BTreeSet<OrganizationId> {
        let on_side = present.iter().zip(&judged).filter(|(_, party)| party.side == side);
        on_side.map(|(party, _)| party.organization_id).collect()
    };
    let (judging, interested) = (side(Side::Evaluator), side(Side::Interested));
    let asked = Asked {
        judging: &judging,
        judged: &interested,
        seats: &seats,
        within: present.first().map(|party| party.contract_id),
    };
    let known = known(&store, &asked).await?.into_iter();
    links.interests =
        known.map(|(one, other, nature)| (one.to_string(), other.to_string(), nature)).collect();
    Ok((conflicts(&judged, &links), names))
}

fn judged(party: &contract_party::Model) -> Party {
    let side = match party.role {
        PartyRole::Evaluator => Side::Evaluator,
        PartyRole::Operator | PartyRole::Investor | PartyRole::OutcomePayer | PartyRole::Spv => {
            Side::Interested
        }
        _ => Side::Other,
    };
    Party { organization: party.organization_id.to_string(), role: party.role.code().to_owned(), side }
}

/// A step of a chain by name; persons are not named.
pub fn name(names: &BTreeMap<String, String>, step: &str) -> String {
    match names.get(step) {
        Some(name) => name.clone(),
        None if step.starts_with("usr_") => "a person who belongs to both".to_owned(),
        None => step.to_owned(),
    }
}

pub async fn shown(store: &Store, contract: &contract::Model) -> Result<Vec<IndependenceConflict>> {
    let parties = parties_of(store, contract).await?;
    let (mut conflicts, names) = found(store, &parties).await?;
    if !ImpactContract(contract.clone()).is_party(store) {
        // That there is an interest everybody may know (BR-3); of which nature, the parties.
        for conflict in conflicts.iter_mut().filter(|conflict| conflict.kind == Kind::Interest) {
            conflict.chain = vec![conflict.evaluator.clone(), conflict.party.clone()];
        }
    }
    let name = |step: &str| name(&names, step);
    Ok(conflicts
        .into_iter()
        .map(|conflict| IndependenceConflict::from((conflict, &name as &dyn Fn(&str) -> String)))
        .collect())
}
