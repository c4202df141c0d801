//! Contracts of the demo: what is public of the French ones on record, and one that runs, invented in every figure.

use super::{Rows, faulty, organization_id};
use crate::demo::files::{self, Contract, RecordedOrganization};
use door::Result;
use entity::{
    At,
    codes::PartyRole,
    contracts::{contract_territory, import_record},
    ids::{ContractId, OrganizationId},
};
use network::{
    contracts::{
        Founding, Runs,
        indigo::{
            SOURCE,
            record::{Outcome, Party, Project, Role, Stage},
            rows::{Known, contract_row, party_rows},
        },
    },
    reference::load::territory_id,
};
use serde_json::json;
use std::collections::HashMap;

/// Where the contract that runs takes effect: Occitanie, as most of the demo.
const PLACE: &str = "REG-76";

type Keys = HashMap<String, OrganizationId>;

impl Rows {
    /// Contracts on record. Their organizations keep their ids there, so that a later import finds both again.
    pub(super) fn recorded(&mut self, keys: &Keys, now: At) -> Result<()> {
        let files::Contracts { organizations, contracts } = files::contracts()?;
        for RecordedOrganization { record, organization } in organizations {
            self.records.push(import_record::Model {
                source: SOURCE.to_owned(),
                kind: "ORGANIZATION".to_owned(),
                organization_id: Some(organization_id(keys, &organization)?),
                content: json!({ "id": record }),
                external_id: record,
            });
        }
        let known = Known { organizations: keys, source: organization_id(keys, "impact-tank")? };
        for mut contract in contracts {
            let places = std::mem::take(&mut contract.places);
            let project = project(contract)?;
            let row = contract_row(&project, &known, None, now)?;
            self.contract_parties.extend(party_rows(&project, row.id, &known, now));
            self.contract_territories.extend(places.iter().map(|code| place(row.id, code)));
            self.contracts.push(row);
        }
        Ok(())
    }

    /// The contract the tour walks through: signed, drawn, claimed, verified, computed and called.
    pub(super) fn running(&mut self, keys: &Keys, now: At) -> Result<()> {
        let mut parties = Vec::new();
        for (key, role) in [
            ("exemple-mobilite", PartyRole::Operator),
            ("exemple-horizon", PartyRole::Investor),
            ("exemple-region", PartyRole::OutcomePayer),
            ("exemple-universite", PartyRole::Evaluator),
        ] {
            let organization = organization_id(keys, key)?;
            let seat = self.memberships.iter().find(|seat| seat.organization_id == organization);
            let signatory = seat.ok_or_else(|| faulty(key))?.user_id;
            parties.push(Founding { organization, role, signatory });
        }
        let Runs {
            contract,
            parties,
            version,
            signatures,
            investment,
            claim,
            verification,
            computation,
            payment,
            entries,
        } = Runs::invented(&parties, now)?;
        self.contract_territories.push(place(contract.id, PLACE));
        self.contracts.push(contract);
        self.contract_parties.extend(parties);
        self.contract_versions.push(version);
        self.contract_signatures.extend(signatures);
        self.contract_investments.push(investment);
        self.outcome_claims.push(claim);
        self.claim_verifications.push(verification);
        self.payment_computations.push(computation);
        self.outcome_payments.push(payment);
        self.ledger_entries.extend(entries);
        Ok(())
    }
}

fn place(contract_id: ContractId, code: &str) -> contract_territory::Model {
    contract_territory::Model { contract_id, territory_id: territory_id(code) }
}

fn project(given: Contract) -> Result<Project> {
    let stage = match given.stage.as_str() {
        "Implementation" => Stage::Implementation,
        "Complete" => Stage::Complete,
        other => return Err(faulty(other)),
    };
    let mut parties = Vec::new();
    for (place, party) in given.parties.into_iter().enumerate() {
        let role = match party.role.as_str() {
            "OPERATOR" => Role::Operator,
            "INVESTOR" => Role::Investor,
            "OUTCOME_PAYER" => Role::OutcomePayer,
            "EVALUATOR" => Role::Evaluator,
            "STRUCTURER" => Role::Structurer,
            "ADVISER" => Role::Adviser,
            "OTHER" => Role::Other,
            other => return Err(faulty(other)),
        };
        parties.push(Party {
            organization: party.organization,
            role,
            table: "",
            place,
            max_commitment: None,
        });
    }
    let metrics = (1..).zip(given.metrics).map(|(number, label): (u32, String)| Outcome {
        code: format!("outcomemetric{number}"),
        definition: label,
        ..Outcome::default()
    });
    let cents = |euros: i64| euros.saturating_mul(100);
    Ok(Project {
        id: given.record,
        title: Some(given.title),
        stage: Some(stage),
        signed_on: given.signed_on,
        service_started_on: given.service_started_on,
        currency: Some("EUR".to_owned()),
        investment: given.investment.map(cents),
        cap: given.cap.map(cents),
        policy_sector: Some(given.sector),
        planned_people: given.people,
        metrics: metrics.collect(),
        parties,
        country: Some("FR".to_owned()),
        sdg_goals: given.goal.into_iter().collect(),
        ..Project::default()
    })
}
