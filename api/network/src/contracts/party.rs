//! Parties of a contract as the API shows them.

pub mod write;

use super::{contract::ImpactContract, days, disclosure::is_open};
use crate::orgs::Organization;
use async_graphql::{ID, SimpleObject};
use door::{Result, authz::Store};
use entity::{
    codes::{CodeList, DisclosureBlock, PartyRole},
    contracts::{contract, contract_party},
    orgs::organization,
};
use gql::scalars::{DateTime, Money};
use std::collections::BTreeMap;

/// Organization in a contract, with the part it plays there.
#[derive(Clone, SimpleObject)]
pub struct ContractParty {
    /// Id, `cpa_…`.
    pub id: ID,
    /// Organization; `null` if it is suspended.
    pub organization: Option<Organization>,
    /// Part it plays.
    pub role: PartyRole,
    /// Whether it leads its role.
    pub is_lead: bool,
    /// Whether it signs versions.
    pub is_signatory: bool,
    /// Most it ever pays, for a payer; for the parties, or for everybody if `AMOUNTS` is disclosed.
    pub max_commitment: Option<Money>,
    /// Territory whose beneficiaries it pays for.
    pub territory: Option<String>,
    /// Fee, never a function of what is verified (rule BR-5); for the parties.
    pub fee: Option<Money>,
    /// Whether, as a payer, it waived the evaluator's declared interests in writing.
    pub waives_conflicts: bool,
    /// Place in the order of payers, from 0.
    pub position: i32,
    /// When it joined.
    pub since: DateTime,
    /// When it left; it keeps seeing what there was until then.
    pub until: Option<DateTime>,
}

/// Parties with their organizations.
pub async fn of(store: &Store, contract: &contract::Model) -> Result<Vec<ContractParty>> {
    let parties = store.parts::<contract_party::Entity>(contract.id).await?;
    let organizations =
        parties.iter().map(|party| store.load_together::<organization::Entity>(party.organization_id));
    let organizations = futures_util::future::try_join_all(organizations).await?;
    let is_party = ImpactContract(contract.clone()).is_party(store);
    let is_shown = is_party || is_open(contract, DisclosureBlock::Amounts, &days::of(store.now()));
    Ok(parties
        .into_iter()
        .zip(organizations)
        .map(|(party, organization)| show(party, organization, contract, is_shown, is_party))
        .collect())
}

fn show(
    party: contract_party::Model,
    organization: Option<organization::Model>,
    contract: &contract::Model,
    is_shown: bool,
    is_party: bool,
) -> ContractParty {
    let money = |minor: Option<i64>| minor.map(|minor| Money::from_minor(minor, &contract.currency));
    ContractParty {
        id: party.id.to_string().into(),
        organization: organization.map(Organization),
        role: party.role,
        is_lead: party.is_lead,
        is_signatory: party.is_signatory,
        max_commitment: money(party.max_commitment_minor.filter(|_| is_shown)),
        territory: party.territory,
        fee: money(party.fee_minor.filter(|_| is_party)),
        waives_conflicts: party.waives_conflicts,
        position: party.position,
        since: DateTime(party.since.0),
        until: party.until.map(|at| DateTime(at.0)),
    }
}

/// Organizations to their present roles, as policies read them.
pub fn roles(parties: &[contract_party::Model]) -> serde_json::Value {
    let mut roles: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for party in parties.iter().filter(|party| party.until.is_none()) {
        roles.entry(party.organization_id.0.to_string()).or_default().push(party.role.code());
    }
    serde_json::json!(roles)
}
