//! Metrics, tariffs and rules as they are stored with a contract: what the engine computes by, and what people read.

use door::Result;
use entity::{
    codes::PartyRole,
    contracts::{contract, contract_party},
    ids::ContractPartyId,
};
use payment::{
    Quantity,
    terms::{Metric, Payer, Rule, Split, Terms},
};
use serde::{Deserialize, Serialize};

/// All of a contract that concerns outcomes and their price.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    #[serde(default)]
    pub metrics: Vec<Line>,
    #[serde(default)]
    pub rules: Vec<Rule>,
    #[serde(default)]
    pub split: Split,
}

/// A metric with its words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    #[serde(flatten)]
    pub metric: Metric,
    pub definition: String,
    pub level: Option<String>,
    pub population: Option<String>,
    pub target_relation: Option<String>,
    pub reference_label: Option<String>,
    pub reference_value: Option<Quantity>,
    #[serde(default)]
    pub required_evidence: Vec<String>,
    pub validation_method: Option<String>,
    pub data_source: Option<String>,
    #[serde(default)]
    pub sdg_goals: Vec<i32>,
    /// Targeted number of people, where the target is something else.
    pub planned_people: Option<i64>,
    pub unit: Option<String>,
}

impl Sheet {
    pub fn of(contract: &contract::Model) -> Result<Self> {
        Self::read(&contract.terms)
    }

    pub fn read(json: &serde_json::Value) -> Result<Self> {
        if json.is_null() {
            return Ok(Self::default());
        }
        Ok(serde_json::from_value(json.clone()).map_err(anyhow::Error::from)?)
    }

    pub fn json(&self) -> Result<serde_json::Value> {
        Ok(serde_json::to_value(self).map_err(anyhow::Error::from)?)
    }

    /// What the engine computes by; payers in their order.
    pub fn terms(&self, contract: &contract::Model, parties: &[contract_party::Model]) -> Terms {
        Terms {
            currency: contract.currency.clone(),
            metrics: self.metrics.iter().map(|line| line.metric.clone()).collect(),
            rules: self.rules.clone(),
            payers: payers(parties),
            split: self.split,
            contract_cap: contract.cap_minor,
        }
    }
}

/// Outcome payers as the engine knows them: by the id of the party.
pub fn payers(parties: &[contract_party::Model]) -> Vec<Payer> {
    let mut sorted: Vec<&contract_party::Model> = parties
        .iter()
        .filter(|party| party.role == PartyRole::OutcomePayer && party.until.is_none())
        .collect();
    sorted.sort_by_key(|party| (party.position, party.id));
    sorted.into_iter().map(payer).collect()
}

fn payer(party: &contract_party::Model) -> Payer {
    Payer {
        key: party.id.to_string(),
        max_commitment: party.max_commitment_minor,
        territory: party.territory.clone(),
    }
}

/// Party behind a payer's key.
pub fn party_of(key: &str) -> Option<ContractPartyId> {
    key.parse().ok()
}
