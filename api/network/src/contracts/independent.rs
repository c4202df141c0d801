//! Gathers what [`super::independence`] judges: parties, control links above them, who belongs to two of them, and the
//! interests between them. For many contracts at once, in as many statements as for one.

use super::{
    contract::{ImpactContract, conflict::IndependenceConflict},
    independence::{Conflict, Kind, Links, Party, Side, conflicts},
};
use crate::interests::known::{Asked, Sources};
use door::{
    Result,
    authz::{CONTRACTS, Lookup, Store},
};
use entity::{
    codes::{CodeList, MembershipStatus, PartyRole},
    contracts::{contract, contract_party},
    ids::{ContractId, OrganizationId, UserId},
    orgs::{membership, organization},
};
use sea_orm::ColumnTrait;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

/// Control is followed this far up; nobody real is deeper.
const DEEPEST: usize = 20;

/// Conflicts, and the names of the organizations in them.
pub type Found = (Vec<Conflict>, BTreeMap<String, String>);

/// Conflicts among the parties of one contract.
pub async fn found(store: &Store, parties: &[contract_party::Model]) -> Result<Found> {
    let sides = Sides::of(parties);
    let around = Around::read(&store.as_job(CONTRACTS), std::slice::from_ref(&sides)).await?;
    Ok((around.conflicts(&sides), around.names))
}

/// Who takes part in one contract, and on which side.
struct Sides {
    contract: Option<ContractId>,
    organizations: BTreeSet<OrganizationId>,
    judged: Vec<Party>,
    judging: BTreeSet<OrganizationId>,
    interested: BTreeSet<OrganizationId>,
}

impl Sides {
    fn of(parties: &[contract_party::Model]) -> Self {
        let present: Vec<_> = parties.iter().filter(|party| party.until.is_none()).collect();
        let judged: Vec<Party> = present.iter().map(|party| judged(party)).collect();
        let side = |side| {
            let on_side = present.iter().zip(&judged).filter(|(_, party)| party.side == side);
            on_side.map(|(party, _)| party.organization_id).collect()
        };
        Self {
            contract: present.first().map(|party| party.contract_id),
            organizations: present.iter().map(|party| party.organization_id).collect(),
            judging: side(Side::Evaluator),
            interested: side(Side::Interested),
            judged,
        }
    }

    fn asked<'a>(&'a self, seats: &'a [(UserId, OrganizationId)]) -> Asked<'a> {
        Asked { judging: &self.judging, judged: &self.interested, seats, within: self.contract }
    }
}

/// What is known around the parties of some contracts.
struct Around {
    names: BTreeMap<String, String>,
    controls: Vec<(String, String)>,
    seats: Vec<(UserId, OrganizationId)>,
    interests: Sources,
}

impl Around {
    async fn read(system: &Store, contracts: &[Sides]) -> Result<Self> {
        let (mut names, mut controls) = (BTreeMap::new(), Vec::new());
        let organizations: BTreeSet<OrganizationId> =
            contracts.iter().flat_map(|sides| &sides.organizations).copied().collect();
        let mut level: Vec<OrganizationId> = organizations.iter().copied().collect();
        for _ in 0..DEEPEST {
            level.retain(|id| !names.contains_key(&id.to_string()));
            if level.is_empty() {
                break;
            }
            let above = organization::Column::Id.is_in(std::mem::take(&mut level));
            for row in system.see::<organization::Entity>().filter(above).all().await? {
                if let Some(parent) = row.parent_id {
                    controls.push((row.id.to_string(), parent.to_string()));
                    level.push(parent);
                }
                names.insert(row.id.to_string(), row.name);
            }
        }
        let members = system
            .see::<membership::Entity>()
            .filter(membership::Column::OrganizationId.is_in(organizations))
            .filter(membership::Column::Status.eq(MembershipStatus::Active))
            .all()
            .await?;
        let seats: Vec<_> = members.into_iter().map(|row| (row.user_id, row.organization_id)).collect();
        let asked: Vec<_> = contracts.iter().map(|sides| sides.asked(&seats)).collect();
        let interests = Sources::read(system, &asked).await?;
        Ok(Self { names, controls, seats, interests })
    }

    fn conflicts(&self, sides: &Sides) -> Vec<Conflict> {
        let acting = self.seats.iter().filter(|(_, place)| sides.organizations.contains(place));
        let seats: Vec<_> = acting.copied().collect();
        let known = self.interests.known(&sides.asked(&seats)).into_iter();
        let links = Links {
            controls: self.controls.clone(),
            acting: seats.iter().map(|(person, place)| (person.to_string(), place.to_string())).collect(),
            interests: known
                .map(|(one, other, nature)| (one.to_string(), other.to_string(), nature))
                .collect(),
        };
        conflicts(&sides.judged, &links)
    }
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

/// Conflicts of the contracts of a list.
#[derive(Clone, PartialEq, Eq, Hash)]
struct ConflictsOf;

impl Lookup for ConflictsOf {
    type Key = ContractId;
    type Value = (Vec<Conflict>, Arc<BTreeMap<String, String>>);

    async fn find(self, store: Store, keys: Vec<ContractId>) -> Result<HashMap<ContractId, Self::Value>> {
        let system = store.as_job(CONTRACTS);
        let of_contracts = contract_party::Column::ContractId.is_in(keys.iter().copied());
        let mut parties: HashMap<ContractId, Vec<contract_party::Model>> = HashMap::new();
        for party in system.see::<contract_party::Entity>().filter(of_contracts).all().await? {
            parties.entry(party.contract_id).or_default().push(party);
        }
        let (keys, contracts): (Vec<_>, Vec<_>) =
            parties.into_iter().map(|(key, parties)| (key, Sides::of(&parties))).unzip();
        let around = Around::read(&system, &contracts).await?;
        let found: Vec<_> = contracts.iter().map(|sides| around.conflicts(sides)).collect();
        let names = Arc::new(around.names);
        Ok(keys.into_iter().zip(found.into_iter().map(|found| (found, names.clone()))).collect())
    }
}

pub async fn shown(store: &Store, contract: &contract::Model) -> Result<Vec<IndependenceConflict>> {
    let Some((mut conflicts, names)) = store.batched(ConflictsOf, contract.id).await? else {
        return Ok(Vec::new());
    };
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
