//! A project of INDIGO as rows of ours, and back.

use super::{
    super::{
        sheet::{Line, Sheet},
        write::{bars, searched},
    },
    record::{Coin, Outcome, Party, Project, Role, STAGE_UNKNOWN, Stage},
};
use door::{
    Result,
    fold::{fold, slug},
};
use entity::{
    At,
    codes::{CodeList, ContractStatus, ContractStructure, DisclosureBlock, DisclosureState, PartyRole},
    contracts::{contract, contract_party},
    ids::{ContractId, ContractPartyId, OrganizationId},
};
use gql::scalars::{Money, minor};
use payment::terms::Price;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};

/// Stands where a contract names no currency; ISO 4217 keeps it for that.
const NO_CURRENCY: &str = "XXX";

/// Currencies as they are written here.
pub const COIN: Coin = Coin { minor: exact_minor, text: shortest, is_currency };

fn exact_minor(amount: &str, currency: &str) -> Option<i64> {
    let is_plain = amount.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && amount.starts_with(|letter: char| letter.is_ascii_digit());
    if is_plain { minor(amount, currency) } else { None }
}

fn shortest(amount: i64, currency: &str) -> String {
    let text = Money::from_minor(amount, currency).amount.0;
    match text.split_once('.') {
        Some((whole, part)) if part.bytes().all(|digit| digit == b'0') => whole.to_owned(),
        _ => text,
    }
}

fn is_currency(code: &str) -> bool {
    code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()) && code != NO_CURRENCY
}

const STAGES: &[(Stage, ContractStatus)] = &[
    (Stage::Contracted, ContractStatus::Contracted),
    (Stage::Implementation, ContractStatus::Active),
    (Stage::DeliveryComplete, ContractStatus::DeliveryComplete),
    (Stage::Complete, ContractStatus::Settled),
];

/// Organizations by their ids in the source, and the one that speaks for contracts without any.
pub struct Known<'k> {
    pub organizations: &'k HashMap<String, OrganizationId>,
    pub source: OrganizationId,
}

/// The contract's row; `before` is the one it replaces.
pub fn contract_row(
    project: &Project,
    known: &Known<'_>,
    before: Option<&contract::Model>,
    now: At,
) -> Result<contract::Model> {
    let id = before.map_or_else(ContractId::fresh, |before| before.id);
    let title = project.title.clone().unwrap_or_else(|| project.id.clone());
    let status = project.stage.and_then(|stage| STAGES.iter().find(|(known, _)| *known == stage));
    let lead = lead(project, known);
    let disclosure = DisclosureBlock::all()
        .map(|block| (block.code().to_owned(), json!({ "state": DisclosureState::Disclosed.code() })));
    Ok(contract::Model {
        slug: before.map_or_else(|| slug(&title, id), |before| before.slug.clone()),
        id,
        title_key: fold(&title),
        search_key: searched(&[
            Some(&title),
            Some(&project.id),
            project.social_challenge.as_deref(),
            project.intervention.as_deref(),
            project.target_population.as_deref(),
            project.policy_sector.as_deref(),
        ]),
        title,
        summary: None,
        structure: ContractStructure::Framework,
        social_challenge: project.social_challenge.clone(),
        intervention: project.intervention.clone(),
        policy_sector: project.policy_sector.clone(),
        country: project.country.clone(),
        sdg_goals: bars(&project.sdg_goals),
        target_population: project.target_population.clone(),
        planned_people: project.planned_people,
        signed_on: project.signed_on.clone(),
        service_starts_on: None,
        service_ends_on: project.service_ends_on.clone(),
        service_started_on: project.service_started_on.clone(),
        service_ended_on: project.service_ended_on.clone(),
        completed_on: project.completed_on.clone(),
        currency: project.currency.clone().unwrap_or_else(|| NO_CURRENCY.to_owned()),
        cap_minor: project.cap,
        investment_minor: project.investment,
        accepts_unfunded: true,
        contestation_days: 0,
        second_person_minor: None,
        fees_first_minor: 0,
        recycled_minor: 0,
        premium_minor: 0,
        drawdown_waived: false,
        status: status.map_or(ContractStatus::Contracted, |(_, status)| *status),
        lead_id: lead,
        creator_id: lead,
        roles: roles(project, known),
        terms: sheet(project).json()?,
        disclosure: Value::Object(disclosure.collect()),
        closing_report: None,
        status_reason: None,
        is_imported: true,
        external_id: Some(project.id.clone()),
        issues: project.issues.iter().map(super::record::Issue::json).collect(),
        extra: Value::Object(project.extra.clone()),
        version: before.map_or(1, |before| before.version),
        created_at: before.map_or(now, |before| before.created_at),
        updated_at: before.map_or(now, |before| before.updated_at),
    })
}

/// Each organization once in each of its roles.
pub fn party_rows(
    project: &Project,
    contract: ContractId,
    known: &Known<'_>,
    now: At,
) -> Vec<contract_party::Model> {
    let mut rows: Vec<contract_party::Model> = Vec::new();
    for party in &project.parties {
        let Some(&organization_id) = known.organizations.get(&party.organization) else { continue };
        let role = role(party);
        let same = rows.iter_mut().find(|row| row.organization_id == organization_id && row.role == role);
        if let Some(row) = same {
            row.max_commitment_minor = match (row.max_commitment_minor, party.max_commitment) {
                (Some(one), Some(other)) => one.checked_add(other),
                (one, other) => one.or(other),
            };
            continue;
        }
        let of_role = rows.iter().filter(|row| row.role == role).count();
        rows.push(contract_party::Model {
            id: ContractPartyId::fresh(),
            contract_id: contract,
            organization_id,
            role,
            is_lead: of_role == 0,
            is_signatory: false,
            max_commitment_minor: party.max_commitment,
            territory: None,
            fee_minor: None,
            waives_conflicts: false,
            position: i32::try_from(of_role).unwrap_or(i32::MAX),
            since: now,
            until: None,
            version: 1,
            created_at: now,
            updated_at: now,
        });
    }
    rows
}

/// The project again, from the row it became.
pub fn project_of(row: &contract::Model) -> Result<Project> {
    let sheet = Sheet::of(row)?;
    let id = row.external_id.clone().unwrap_or_default();
    let issues = row.issues.as_array().into_iter().flatten();
    let has_stage = !issues.filter_map(|issue| issue.get("kind")?.as_str()).any(|kind| kind == STAGE_UNKNOWN);
    let stage = STAGES.iter().find(|(_, status)| has_stage && *status == row.status);
    Ok(Project {
        title: Some(row.title.clone()).filter(|title| *title != id),
        id,
        stage: stage.map(|(stage, _)| *stage),
        signed_on: row.signed_on.clone(),
        service_started_on: row.service_started_on.clone(),
        service_ends_on: row.service_ends_on.clone(),
        service_ended_on: row.service_ended_on.clone(),
        completed_on: row.completed_on.clone(),
        currency: Some(row.currency.clone()).filter(|currency| currency != NO_CURRENCY),
        investment: row.investment_minor,
        cap: row.cap_minor,
        social_challenge: row.social_challenge.clone(),
        intervention: row.intervention.clone(),
        policy_sector: row.policy_sector.clone(),
        target_population: row.target_population.clone(),
        planned_people: row.planned_people,
        metrics: sheet.metrics.into_iter().map(outcome).collect(),
        extra: row.extra.as_object().cloned().unwrap_or_else(Map::new),
        ..Project::default()
    })
}

fn sheet(project: &Project) -> Sheet {
    let lines = project.metrics.iter().map(|outcome| Line {
        metric: outcome.metric(),
        definition: outcome.definition.clone(),
        population: outcome.population.clone(),
        validation_method: outcome.validation_method.clone(),
        data_source: outcome.data_source.clone(),
        planned_people: outcome.planned_people,
        ..Line::default()
    });
    Sheet { metrics: lines.collect(), ..Sheet::default() }
}

fn outcome(line: Line) -> Outcome {
    let price = line.metric.tariffs.into_iter().find_map(|tariff| match tariff.price {
        Price::UnitPrice { price } => Some(price),
        _ => None,
    });
    Outcome {
        code: line.metric.code,
        definition: line.definition,
        population: line.population,
        validation_method: line.validation_method,
        data_source: line.data_source,
        planned_people: line.planned_people,
        price,
    }
}

fn role(party: &Party) -> PartyRole {
    match party.role {
        Role::Operator => PartyRole::Operator,
        Role::Investor => PartyRole::Investor,
        Role::OutcomePayer => PartyRole::OutcomePayer,
        Role::Evaluator => PartyRole::Evaluator,
        Role::Structurer => PartyRole::Structurer,
        Role::Adviser => PartyRole::Adviser,
        Role::Other => PartyRole::Other,
    }
}

/// Who leads: the structurer, else an operator, else a payer, else whoever is named first.
fn lead(project: &Project, known: &Known<'_>) -> OrganizationId {
    let of = |wanted: Option<Role>| {
        let mut mine = project.parties.iter().filter(|party| wanted.is_none_or(|role| party.role == role));
        mine.find_map(|party| known.organizations.get(&party.organization)).copied()
    };
    of(Some(Role::Structurer))
        .or_else(|| of(Some(Role::Operator)))
        .or_else(|| of(Some(Role::OutcomePayer)))
        .or_else(|| of(None))
        .unwrap_or(known.source)
}

fn roles(project: &Project, known: &Known<'_>) -> Value {
    let mut roles: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for party in &project.parties {
        if let Some(organization) = known.organizations.get(&party.organization) {
            let held = roles.entry(organization.0.to_string()).or_default();
            let code = role(party).code();
            if !held.contains(&code) {
                held.push(code);
            }
        }
    }
    json!(roles)
}
