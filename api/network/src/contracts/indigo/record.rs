//! A project of INDIGO and what we make of it: read into our fields where that loses nothing, the rest kept as it is.
//!
//! Pure. A field moves out of the record only if writing it back gives the same text; what was read comes out equal.
//! Source: INDIGO data standard 4.1, Government Outcomes Lab, University of Oxford.

#[cfg(test)]
mod tests;

use payment::{
    Quantity,
    terms::{Metric, Price, Tariff},
};
use serde_json::{Map, Value, json};

/// A project as we keep it. Dates are as precise as they were; amounts are minor units of `currency`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Project {
    pub id: String,
    pub title: Option<String>,
    pub stage: Option<Stage>,
    pub signed_on: Option<String>,
    pub service_started_on: Option<String>,
    pub service_ends_on: Option<String>,
    pub service_ended_on: Option<String>,
    pub completed_on: Option<String>,
    pub currency: Option<String>,
    pub investment: Option<i64>,
    pub cap: Option<i64>,
    pub social_challenge: Option<String>,
    pub intervention: Option<String>,
    pub policy_sector: Option<String>,
    pub target_population: Option<String>,
    pub planned_people: Option<i64>,
    pub metrics: Vec<Outcome>,
    pub parties: Vec<Party>,
    /// All that has no place above, in the record's own form.
    pub extra: Map<String, Value>,
    pub issues: Vec<Issue>,
    /// Read off the record, which keeps them: country and goals have other forms there.
    pub country: Option<String>,
    pub sdg_goals: Vec<i32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Contracted,
    Implementation,
    DeliveryComplete,
    Complete,
}

const STAGES: &[(&str, Stage)] = &[
    ("Contracted", Stage::Contracted),
    ("Implementation", Stage::Implementation),
    ("Service delivery complete", Stage::DeliveryComplete),
    ("Complete", Stage::Complete),
];

/// A metric, with its unit price if it has exactly one in the project's currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub code: String,
    pub definition: String,
    pub population: Option<String>,
    pub validation_method: Option<String>,
    pub data_source: Option<String>,
    pub planned_people: Option<i64>,
    pub price: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Operator,
    Investor,
    OutcomePayer,
    Evaluator,
    Structurer,
    Adviser,
    Other,
}

/// An organization in a table of the record, at its place there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    pub organization: String,
    pub role: Role,
    pub table: &'static str,
    pub place: usize,
    pub max_commitment: Option<i64>,
}

/// Something odd, kept and told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    pub kind: &'static str,
    pub path: String,
    pub value: Option<String>,
}

/// What the record needs from outside: currencies and their minor units.
#[derive(Clone, Copy)]
pub struct Coin {
    /// Minor units of an amount, or nothing if it is none.
    pub minor: fn(&str, &str) -> Option<i64>,
    /// Shortest text of an amount.
    pub text: fn(i64, &str) -> String,
    pub is_currency: fn(&str) -> bool,
}

const TITLE: &str = "impact_bond_name";
const TABLES: &[&str] =
    &["service_provisions", "investments", "outcome_payment_commitments", "intermediary_services"];
const CURRENCY: &str = "overall_project_finance_total_investment_commitment_currency";
const INVESTMENT: &str = "overall_project_finance_total_investment_commitment_amount_exact";
const CAP_CURRENCY: &str = "overall_project_finance_maximum_potential_outcome_payment_currency";
const CAP: &str = "overall_project_finance_maximum_potential_outcome_payment_amount";
/// Says that the state of the contract is not the record's.
pub const STAGE_UNKNOWN: &str = "STAGE_UNKNOWN";
const PEOPLE: &str =
    "service_and_beneficiaries_targeted_number_of_unique_service_users_or_beneficiaries_total";
const MOST: &str = "maximum_potential_outcome_payment_amount";
const MOST_CURRENCY: &str = "maximum_potential_outcome_payment_currency";
const DEFINITION: &str = "outcome_definition";
const PRICE: &str = "price_per_unit_amount";

type Field = (&'static str, fn(&mut Project) -> &mut Option<String>);

const DATES: &[Field] = &[
    ("dates_date_outcomes_contract_signed", |project| &mut project.signed_on),
    ("dates_start_date_of_service_provision", |project| &mut project.service_started_on),
    ("dates_anticipated_end_date_of_service_provision", |project| &mut project.service_ends_on),
    ("dates_actual_end_date_of_service_provision", |project| &mut project.service_ended_on),
    ("dates_actual_completion_date", |project| &mut project.completed_on),
];

const TEXTS: &[Field] = &[
    (TITLE, |project| &mut project.title),
    ("purpose_and_classifications_social_challenge", |project| &mut project.social_challenge),
    ("purpose_and_classifications_intervention", |project| &mut project.intervention),
    ("purpose_and_classifications_policy_sector", |project| &mut project.policy_sector),
    ("service_and_beneficiaries_target_population", |project| &mut project.target_population),
];

/// Reads a record; nothing without an id.
pub fn read(record: &Value, coin: Coin) -> Option<Project> {
    let mut rest = record.as_object()?.clone();
    let mut project = Project { id: text(&mut rest, "id")?, ..Project::default() };
    issues(record, coin, &mut project.issues);
    project.country = first_country(&rest);
    project.sdg_goals = goals(&rest);
    for (name, field) in TEXTS {
        *field(&mut project) = text(&mut rest, name);
    }
    // A contract without a title is called by its id; one that really has its id for a title keeps it in the record.
    if project.title.as_ref() == Some(&project.id) {
        put(&mut rest, TITLE, project.title.take());
    }
    for (name, field) in DATES {
        if peek(&rest, name).is_some_and(is_date) {
            *field(&mut project) = text(&mut rest, name);
        }
    }
    if let Some(stage) = peek(&rest, "stage_of_development").and_then(stage) {
        project.stage = Some(stage);
        rest.remove("stage_of_development");
    } else {
        let value = peek(&rest, "stage_of_development").map(str::to_owned);
        project.issues.push(Issue { kind: STAGE_UNKNOWN, path: "stage_of_development".to_owned(), value });
    }
    if peek(&rest, CURRENCY).is_some_and(coin.is_currency) {
        project.currency = text(&mut rest, CURRENCY);
    }
    if let Some(currency) = &project.currency {
        project.investment = amount(&mut rest, INVESTMENT, currency, coin);
        if peek(&rest, CAP_CURRENCY) == Some(currency) {
            project.cap = amount(&mut rest, CAP, currency, coin);
        }
    }
    project.planned_people = number(&mut rest, PEOPLE);
    read_metrics(&mut project, &mut rest, coin);
    read_parties(&mut project, &rest, coin);
    project.extra = rest;
    Some(project)
}

/// Writes the record again, as it was read.
pub fn write(project: &Project, coin: Coin) -> Value {
    let mut project = project.clone();
    let mut record = std::mem::take(&mut project.extra);
    for (name, field) in TEXTS.iter().chain(DATES) {
        put(&mut record, name, field(&mut project).clone());
    }
    let stage = project.stage.and_then(|stage| STAGES.iter().find(|(_, known)| *known == stage));
    put(&mut record, "stage_of_development", stage.map(|(name, _)| (*name).to_owned()));
    put(&mut record, "id", Some(project.id.clone()));
    put(&mut record, PEOPLE, project.planned_people.map(|count| count.to_string()));
    if let Some(currency) = &project.currency {
        put(&mut record, CURRENCY, Some(currency.clone()));
        put(&mut record, INVESTMENT, project.investment.map(|amount| (coin.text)(amount, currency)));
        put(&mut record, CAP, project.cap.map(|amount| (coin.text)(amount, currency)));
    }
    let currency = project.currency.clone().unwrap_or_default();
    write_metrics(&project, &mut record, &currency, coin);
    Value::Object(record)
}

fn peek<'r>(row: &'r Map<String, Value>, name: &str) -> Option<&'r str> {
    row.get(name).and_then(Value::as_str)
}

fn text(row: &mut Map<String, Value>, name: &str) -> Option<String> {
    let value = peek(row, name)?.to_owned();
    row.remove(name);
    Some(value)
}

/// An amount that comes out as it went in.
fn amount(row: &mut Map<String, Value>, name: &str, currency: &str, coin: Coin) -> Option<i64> {
    let written = peek(row, name)?;
    let minor = (coin.minor)(written, currency)?;
    if (coin.text)(minor, currency) != written {
        return None;
    }
    row.remove(name);
    Some(minor)
}

fn number(row: &mut Map<String, Value>, name: &str) -> Option<i64> {
    let written = peek(row, name)?;
    let number: i64 = written.parse().ok()?;
    if number.to_string() != written {
        return None;
    }
    row.remove(name);
    Some(number)
}

fn put(row: &mut Map<String, Value>, name: &str, value: Option<String>) {
    if let Some(value) = value {
        row.insert(name.to_owned(), Value::String(value));
    }
}

fn stage(name: &str) -> Option<Stage> {
    STAGES.iter().find(|(known, _)| *known == name).map(|(_, stage)| *stage)
}

/// `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let are_digits = parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    let within = |place: usize, most: u32| {
        parts
            .get(place)
            .is_none_or(|part| part.parse::<u32>().is_ok_and(|number| (1..=most).contains(&number)))
    };
    are_digits
        && [&[4][..], &[4, 2], &[4, 2, 2]].contains(&lengths.as_slice())
        && within(1, 12)
        && within(2, 31)
}

fn read_metrics(project: &mut Project, rest: &mut Map<String, Value>, coin: Coin) {
    let currency = project.currency.clone();
    let mut prices = rest.remove("outcome_pricings");
    let mut metrics = rest.remove("outcome_metrics");
    // Rows are found again by what they lack: a row that lacks both from the start would be taken for another.
    let is_plain = |row: &Map<String, Value>| peek(row, "id").is_none() && peek(row, DEFINITION).is_none();
    if rows(metrics.as_mut()).any(|row| is_plain(row)) {
        metrics = metrics.map(|table| {
            rest.insert("outcome_metrics".to_owned(), table);
            Value::Null
        });
    }
    for row in rows(metrics.as_mut()) {
        if peek(row, "id").is_none() || peek(row, DEFINITION).is_none() {
            continue;
        }
        let (Some(code), Some(definition)) = (text(row, "id"), text(row, DEFINITION)) else { continue };
        let mine: Vec<&mut Map<String, Value>> =
            rows(prices.as_mut()).filter(|price| peek(price, "outcome_metric_id") == Some(&code)).collect();
        let only = if mine.len() == 1 { mine.into_iter().next() } else { None };
        let price = only.and_then(|price| {
            let currency =
                currency.as_deref().filter(|currency| peek(price, "currency") == Some(currency))?;
            amount(price, PRICE, currency, coin)
        });
        project.metrics.push(Outcome {
            code,
            definition,
            population: text(row, "target_population"),
            validation_method: text(row, "outcome_validation_method"),
            data_source: text(row, "data_source_for_outcome_validation"),
            planned_people: number(row, "targeted_number_of_service_users_or_beneficiaries_total"),
            price,
        });
    }
    for (name, table) in [("outcome_pricings", prices), ("outcome_metrics", metrics)] {
        if let Some(table) = table.filter(|table| !table.is_null()) {
            rest.insert(name.to_owned(), table);
        }
    }
}

fn write_metrics(project: &Project, record: &mut Map<String, Value>, currency: &str, coin: Coin) {
    let mut places = rows(record.get_mut("outcome_metrics"))
        .filter(|row| peek(row, "id").is_none() && peek(row, DEFINITION).is_none());
    for metric in &project.metrics {
        if let Some(row) = places.next() {
            put(row, "id", Some(metric.code.clone()));
            put(row, DEFINITION, Some(metric.definition.clone()));
            put(row, "target_population", metric.population.clone());
            put(row, "outcome_validation_method", metric.validation_method.clone());
            put(row, "data_source_for_outcome_validation", metric.data_source.clone());
            let people = metric.planned_people.map(|count| count.to_string());
            put(row, "targeted_number_of_service_users_or_beneficiaries_total", people);
        }
    }
    drop(places);
    for metric in &project.metrics {
        if let Some(price) = metric.price {
            let mut prices = rows(record.get_mut("outcome_pricings"));
            if let Some(row) = prices.find(|row| peek(row, "outcome_metric_id") == Some(&metric.code)) {
                put(row, PRICE, Some((coin.text)(price, currency)));
            }
        }
    }
}

fn rows(table: Option<&mut Value>) -> impl Iterator<Item = &mut Map<String, Value>> {
    table.and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut)
}

/// Parties, read off the record: their rows stay in it, for one organization may have several in a table.
fn read_parties(project: &mut Project, rest: &Map<String, Value>, coin: Coin) {
    for table in TABLES {
        let rows = rest.get(*table).and_then(Value::as_array).into_iter().flatten();
        for (place, row) in rows.filter_map(Value::as_object).enumerate() {
            let Some(organization) = peek(row, "organisation_id") else { continue };
            let currency =
                project.currency.as_deref().filter(|currency| peek(row, MOST_CURRENCY) == Some(currency));
            let most =
                currency.zip(peek(row, MOST)).and_then(|(currency, most)| (coin.minor)(most, currency));
            project.parties.push(Party {
                organization: organization.to_owned(),
                role: role(table, row),
                table,
                place,
                max_commitment: most.filter(|_| *table == "outcome_payment_commitments"),
            });
        }
    }
    let invests = |organization: &str| {
        project.parties.iter().any(|party| {
            party.organization == organization
                && matches!(party.role, Role::Investor | Role::OutcomePayer | Role::Operator)
        })
    };
    let found: Vec<Issue> = project
        .parties
        .iter()
        .filter(|party| party.role == Role::Evaluator && invests(&party.organization))
        .map(|party| Issue {
            kind: "EVALUATOR_INVESTS",
            path: format!("{}.{}", party.table, party.place),
            value: Some(party.organization.clone()),
        })
        .collect();
    project.issues.extend(found);
}

fn role(table: &str, row: &Map<String, Value>) -> Role {
    let words = |name: &str| peek(row, name).unwrap_or_default().to_lowercase();
    match table {
        "service_provisions" => Role::Operator,
        "investments" => Role::Investor,
        "outcome_payment_commitments" => Role::OutcomePayer,
        _ => {
            let (category, description) =
                (words("organisation_role_category"), words("other_role_description"));
            if description.contains("evaluat") || description.contains("verification") {
                Role::Evaluator
            } else if category.contains("design") || category.contains("structure") {
                Role::Structurer
            } else if category.contains("counsel") || category.contains("assistance") {
                Role::Adviser
            } else {
                Role::Other
            }
        }
    }
}

fn first_country(record: &Map<String, Value>) -> Option<String> {
    let locations = record.get("delivery_locations")?.as_array()?;
    let code = locations.iter().find_map(|location| location.get("location_country")?.as_str())?;
    (code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase())).then(|| code.to_owned())
}

/// Goals of the project and of its metrics, once each.
fn goals(record: &Map<String, Value>) -> Vec<i32> {
    let own =
        ["purpose_and_classifications_primary_sdg_goal", "purpose_and_classifications_secondary_sdg_goals"];
    let metrics = record.get("outcome_metrics").and_then(Value::as_array).into_iter().flatten();
    let theirs = metrics.flat_map(|metric| {
        ["primary_sdg_goal", "secondary_sdg_goals"].into_iter().filter_map(|name| metric.get(name)?.as_str())
    });
    let lists = own.into_iter().filter_map(|name| peek(record, name)).chain(theirs);
    let mut goals: Vec<i32> = lists
        .flat_map(|list| list.split(','))
        .filter_map(|goal| goal.trim().parse().ok())
        .filter(|goal| (1..=17).contains(goal))
        .collect();
    goals.sort_unstable();
    goals.dedup();
    goals
}

/// Everything odd in a record, wherever it stands.
fn issues(record: &Value, coin: Coin, found: &mut Vec<Issue>) {
    let metrics: Vec<&str> = record
        .get("outcome_metrics")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|metric| metric.get("id")?.as_str())
        .collect();
    visit("", record, &mut |path, name, value| {
        let kind = if value.starts_with('=') {
            "FORMULA"
        } else if name.contains("amount")
            && value.trim_matches(|letter: char| "$£€".contains(letter)).is_empty()
        {
            "BARE_SYMBOL"
        } else if name.ends_with("currency") && !(coin.is_currency)(value) {
            "UNKNOWN_CURRENCY"
        } else if name == "payer_organisation_id" && value.contains(',') {
            "SEVERAL_PAYERS"
        } else if name == "outcome_metric_id" && !metrics.contains(&value) {
            "ORPHAN_METRIC"
        } else if name.starts_with("dates_") && name.contains("date") && value.len() == 4 && is_date(value) {
            "YEAR_ONLY"
        } else if name.ends_with("primary_sdg_goal") && value.contains(',') {
            "SEVERAL_GOALS"
        } else {
            return;
        };
        found.push(Issue { kind, path: path.to_owned(), value: Some(value.to_owned()) });
    });
}

fn visit(path: &str, value: &Value, each: &mut impl FnMut(&str, &str, &str)) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                match value.as_str() {
                    Some(text) => each(&below(key), key, text),
                    None => visit(&below(key), value, each),
                }
            }
        }
        Value::Array(list) => {
            for (place, value) in list.iter().enumerate() {
                visit(&below(&place.to_string()), value, each);
            }
        }
        _ => {}
    }
}

impl Outcome {
    /// The metric as contracts keep it.
    pub fn metric(&self) -> Metric {
        let tariff = |price| Tariff {
            payer: None,
            price: Price::UnitPrice { price },
            metric_cap: None,
            gate: None,
            valid_from: None,
            valid_to: None,
        };
        Metric {
            code: self.code.clone(),
            target: self.planned_people.map(Quantity::of),
            tariffs: self.price.map(tariff).into_iter().collect(),
            ..Metric::default()
        }
    }
}

impl Issue {
    pub fn json(&self) -> Value {
        json!({ "kind": self.kind, "path": self.path, "value": self.value })
    }
}
