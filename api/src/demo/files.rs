//! The demo's files as they are written. Keys are words that the files use among themselves.

use door::Result;
use serde::{Deserialize, de::DeserializeOwned};

const ORGANIZATIONS: &str = include_str!("../../data/demo/organizations.json");
const PROJECTS: &str = include_str!("../../data/demo/projects.json");
const CONTRACTS: &str = include_str!("../../data/demo/contracts.json");
const EVIDENCE: &str = include_str!("../../data/demo/evidence.json");
const PERSONAS: &str = include_str!("../../data/demo/personas.json");

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Organization {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) short_name: Option<String>,
    pub(super) legal_form: String,
    pub(super) kinds: Vec<String>,
    pub(super) description: String,
    pub(super) website: Option<String>,
    pub(super) seat: Option<String>,
    pub(super) areas: Vec<String>,
    pub(super) parent: Option<String>,
    pub(super) verification: String,
    pub(super) accreditations: Vec<Accreditation>,
    pub(super) identifiers: Vec<Identifier>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Accreditation {
    pub(super) kind: String,
    pub(super) valid_from: Option<String>,
    pub(super) valid_to: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Identifier {
    pub(super) scheme: String,
    pub(super) value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Project {
    pub(super) key: String,
    pub(super) holder: String,
    pub(super) co_holders: Vec<CoHolder>,
    pub(super) language: String,
    pub(super) title: String,
    pub(super) summary: String,
    pub(super) description: String,
    pub(super) need_addressed: String,
    pub(super) solution: String,
    pub(super) translations: Vec<Translation>,
    pub(super) stage: String,
    pub(super) started_on: Option<String>,
    pub(super) themes: Vec<String>,
    pub(super) publics: Vec<String>,
    pub(super) methods: Vec<String>,
    pub(super) policy_sector: String,
    pub(super) sdg_primary: String,
    pub(super) sdgs: Vec<String>,
    pub(super) territories: Vec<Place>,
    pub(super) needs: Vec<Need>,
    pub(super) contacts: Vec<Contact>,
    pub(super) licence: String,
    pub(super) status: String,
}

#[derive(Deserialize)]
pub(super) struct CoHolder {
    pub(super) organization: String,
    pub(super) role: String,
}

#[derive(Deserialize)]
pub(super) struct Translation {
    pub(super) language: String,
    #[serde(flatten)]
    pub(super) texts: serde_json::Map<String, serde_json::Value>,
}

#[derive(Deserialize)]
pub(super) struct Place {
    pub(super) code: String,
    pub(super) role: String,
}

#[derive(Deserialize)]
pub(super) struct Need {
    pub(super) kind: String,
    pub(super) instrument: Option<String>,
    pub(super) amount: Option<String>,
    pub(super) currency: Option<String>,
    pub(super) detail: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Contact {
    pub(super) name: String,
    pub(super) role: Option<String>,
    pub(super) channel: String,
    pub(super) value: String,
    pub(super) visibility: String,
}

#[derive(Deserialize)]
pub(super) struct Contracts {
    pub(super) organizations: Vec<RecordedOrganization>,
    pub(super) contracts: Vec<Contract>,
}

/// Organization of the demo with its id in the source of contracts.
#[derive(Deserialize)]
pub(super) struct RecordedOrganization {
    pub(super) record: String,
    pub(super) organization: String,
}

/// What is public of a contract: facts, with labels of our own. Amounts are whole euros.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Contract {
    pub(super) record: String,
    pub(super) title: String,
    pub(super) stage: String,
    pub(super) signed_on: Option<String>,
    pub(super) service_started_on: Option<String>,
    pub(super) investment: Option<i64>,
    pub(super) cap: Option<i64>,
    pub(super) sector: String,
    pub(super) goal: Option<i32>,
    /// Codes of territories.
    pub(super) places: Vec<String>,
    pub(super) people: Option<i64>,
    pub(super) parties: Vec<CoHolder>,
    pub(super) metrics: Vec<String>,
}

/// What was measured and found; all of it invented.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Evidence {
    pub(super) indicators: Vec<DemoIndicator>,
    pub(super) frameworks: Vec<DemoFramework>,
    pub(super) projects: Vec<DemoProject>,
    pub(super) evaluations: Vec<DemoEvaluation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DemoIndicator {
    pub(super) key: String,
    pub(super) owner: String,
    pub(super) code: String,
    pub(super) label_fr: String,
    pub(super) label_en: String,
    pub(super) definition: String,
    pub(super) level: String,
    pub(super) value_type: String,
    pub(super) unit: String,
    pub(super) aggregation: String,
    pub(super) disaggregations: Vec<String>,
    pub(super) themes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DemoFramework {
    pub(super) key: String,
    pub(super) owner: String,
    pub(super) code: String,
    pub(super) title: String,
    pub(super) working_group: DemoGroup,
    pub(super) summary: String,
    pub(super) dimensions: Vec<DemoDimension>,
    pub(super) items: Vec<DemoItem>,
}

/// Working group of a framework, convened by its owner.
#[derive(Deserialize)]
pub(super) struct DemoGroup {
    pub(super) title: String,
    pub(super) mandate: String,
    pub(super) theme: String,
    pub(super) territory: String,
    pub(super) members: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DemoDimension {
    pub(super) name: String,
    pub(super) question: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DemoItem {
    pub(super) indicator: String,
    pub(super) dimension: i32,
    pub(super) kind: String,
    pub(super) guidance: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DemoProject {
    pub(super) project: String,
    pub(super) framework: String,
    pub(super) not_applicable: Vec<DemoException>,
    pub(super) uses: Vec<DemoUse>,
    pub(super) theory: Option<DemoTheory>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DemoException {
    pub(super) indicator: String,
    pub(super) reason: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DemoUse {
    pub(super) indicator: String,
    pub(super) baseline: String,
    pub(super) baseline_on: String,
    pub(super) target: String,
    pub(super) target_on: String,
    pub(super) milestones: Vec<DemoMilestone>,
    pub(super) measurements: Vec<Reading>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DemoMilestone {
    pub(super) on: String,
    pub(super) value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reading {
    pub(super) start: String,
    pub(super) end: String,
    pub(super) value: String,
    pub(super) people: Option<i64>,
    pub(super) state: String,
    pub(super) numerator: Option<String>,
    pub(super) denominator: Option<String>,
    pub(super) cells: Vec<DemoCell>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DemoCell {
    pub(super) dimension: String,
    pub(super) category: String,
    pub(super) people: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DemoTheory {
    pub(super) nodes: Vec<(String, String, String)>,
    pub(super) links: Vec<(String, String)>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DemoEvaluation {
    pub(super) project: String,
    pub(super) commissioner: String,
    pub(super) lead: String,
    pub(super) title: String,
    pub(super) family: String,
    pub(super) methods: Vec<String>,
    pub(super) status: String,
    pub(super) days_ago: i64,
    pub(super) sites: Vec<String>,
    pub(super) limits: String,
    pub(super) level: Option<String>,
    pub(super) sms_level: Option<i32>,
    pub(super) reply: Option<String>,
    pub(super) findings: Vec<DemoFinding>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DemoFinding {
    pub(super) statement: String,
    pub(super) indicator: Option<String>,
    pub(super) outcome: String,
    pub(super) direction: String,
    pub(super) measure: Option<String>,
    pub(super) events_treated: Option<i64>,
    pub(super) treated: Option<i64>,
    pub(super) events_comparison: Option<i64>,
    pub(super) comparison: Option<i64>,
    pub(super) cost: Option<String>,
}

/// Somebody to sign in as.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Persona {
    pub key: String,
    pub email: String,
    pub display_name: String,
    pub(super) profile_kind: Option<String>,
    pub(super) platform_role: String,
    pub(super) locale: String,
    pub(super) memberships: Vec<Seat>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Seat {
    pub(super) organization: String,
    pub(super) role: String,
}

fn parsed<T: DeserializeOwned>(text: &str) -> Result<Vec<T>> {
    Ok(serde_json::from_str(text).map_err(anyhow::Error::from)?)
}

pub(super) fn organizations() -> Result<Vec<Organization>> {
    parsed(ORGANIZATIONS)
}

pub(super) fn projects() -> Result<Vec<Project>> {
    parsed(PROJECTS)
}

pub(super) fn contracts() -> Result<Contracts> {
    Ok(serde_json::from_str(CONTRACTS).map_err(anyhow::Error::from)?)
}

pub(super) fn evidence() -> Result<Evidence> {
    Ok(serde_json::from_str(EVIDENCE).map_err(anyhow::Error::from)?)
}

pub(super) fn personas() -> Result<Vec<Persona>> {
    parsed(PERSONAS)
}
