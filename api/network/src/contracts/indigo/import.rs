//! Takes a folder of INDIGO's files in: organizations and funds first, then each project in a transaction of its own.
//!
//! Idempotent: what says what it said is left alone. History is never refused for breaking today's rules.

use super::{
    super::places,
    COIN, SOURCE,
    record::{Issue, Project, read},
    rows::{Known, contract_row, party_rows},
    stated::stated,
};
use door::{
    Result,
    authz::{Act, Event, Store},
    fold::{fold, slug},
};
use entity::{
    At,
    codes::{ActorKind, IdentifierScheme, LegalForm, Verification},
    contracts::{contract, contract_party, contract_territory, import_record},
    ids::OrganizationId,
    orgs::{organization, organization_identifier, organization_kind},
};
use sea_orm::{ActiveModelTrait, ColumnTrait, IntoActiveModel};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::Path,
};

/// What a folder holds, each file a list of objects with an `id`.
#[derive(Clone, Debug, Default)]
pub struct Delivery {
    pub projects: Vec<Value>,
    pub organizations: Vec<Value>,
    pub funds: Vec<Value>,
}

/// What taking it in came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    pub organizations: Count,
    pub funds: Count,
    pub contracts: Count,
    /// Records without an id: nothing can be said of them again.
    pub nameless: usize,
    /// Oddities by kind, over all contracts of the delivery.
    pub issues: BTreeMap<String, usize>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub created: usize,
    pub updated: usize,
    pub unchanged: usize,
}

/// Files of the export, and whether a folder may lack them.
pub const PROJECTS: &str = "projects.json";
pub const ORGANIZATIONS: &str = "organisations.json";
pub const FUNDS: &str = "outcome-funds.json";

impl Delivery {
    pub fn open(dir: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            projects: list(&dir.join(PROJECTS))?,
            organizations: list_if_there(&dir.join(ORGANIZATIONS))?,
            funds: list_if_there(&dir.join(FUNDS))?,
        })
    }

    pub fn count(&self) -> u64 {
        (self.projects.len() + self.organizations.len() + self.funds.len()) as u64
    }
}

fn list(file: &Path) -> anyhow::Result<Vec<Value>> {
    use anyhow::Context;
    let text = std::fs::read(file).with_context(|| file.display().to_string())?;
    serde_json::from_slice(&text).with_context(|| format!("{} is not a list of records", file.display()))
}

fn list_if_there(file: &Path) -> anyhow::Result<Vec<Value>> {
    if file.exists() { list(file) } else { Ok(Vec::new()) }
}

/// Writes what the delivery says anew. For the import's job.
pub async fn take_in(store: &Store, delivery: Delivery, mut hear: impl FnMut(u64)) -> Result<Taken> {
    let mut taken = Taken::default();
    let roles = kinds(&delivery.projects);
    let count = delivery.organizations.len() + delivery.funds.len();
    let (organizations, source) = organizations(store, &delivery, &roles, &mut taken).await?;
    hear(count as u64);
    let known = Known { organizations: &organizations, source };
    for record in &delivery.projects {
        match read(record, COIN) {
            Some(mut project) => {
                add_issues(&mut project, record, &known);
                for issue in &project.issues {
                    *taken.issues.entry(issue.kind.to_owned()).or_default() += 1;
                }
                contract(store, &project, &known, &mut taken.contracts).await?;
            }
            None => taken.nameless += 1,
        }
        hear(1);
    }
    Ok(taken)
}

/// Oddities that show only beside other records.
fn add_issues(project: &mut Project, record: &Value, known: &Known<'_>) {
    let unknown =
        project.parties.iter().filter(|party| !known.organizations.contains_key(&party.organization));
    let mut found: Vec<Issue> = unknown
        .map(|party| Issue {
            kind: "UNKNOWN_ORGANIZATION",
            path: format!("{}.{}.organisation_id", party.table, party.place),
            value: Some(party.organization.clone()),
        })
        .collect();
    let totals = record.as_object().map(|record| stated(record, COIN)).unwrap_or_default();
    found.extend(totals.into_iter().filter(|total| total.total != total.sum).map(|total| Issue {
        kind: "TOTAL_DIFFERS",
        path: format!("{:?}", total.what).to_uppercase(),
        value: Some(format!(
            "{} stated, {} by {} lines",
            (COIN.text)(total.total, &total.currency),
            (COIN.text)(total.sum, &total.currency),
            total.lines
        )),
    }));
    project.issues.extend(found);
}

async fn contract(store: &Store, project: &Project, known: &Known<'_>, count: &mut Count) -> Result<()> {
    let mut tx = store.begin().await?;
    let is_it = contract::Column::ExternalId.eq(&project.id);
    let before = tx.see::<contract::Entity>().locked().filter(is_it).one().await?;
    let now = store.now();
    let row = contract_row(project, known, before.as_ref(), now)?;
    let parties = party_rows(project, row.id, known, now);
    let places = places::meant(store, row.country.as_deref(), &locations(&row.extra)).await?;
    let held = match before {
        None => {
            count.created += 1;
            tx.create::<contract::Entity>(row.into_active_model().reset_all()).await?
        }
        Some(before) => {
            let seats = contract_party::Column::ContractId.eq(before.id);
            let seated = tx.see::<contract_party::Entity>().filter(seats).all().await?;
            let there = contract_territory::Column::ContractId.eq(before.id);
            let there = tx.see::<contract_territory::Entity>().filter(there).all().await?;
            let is_there = there.into_iter().map(|part| part.territory_id).collect::<BTreeSet<_>>() == places;
            if row == before && is_there && same(&seated, &parties) {
                count.unchanged += 1;
                return Ok(());
            }
            count.updated += 1;
            let held = tx.held::<contract::Entity>(before, Act::Edit)?;
            tx.update(held, |active| *active = row.into_active_model().reset_all()).await?
        }
    };
    let parties = parties.into_iter().map(|party| party.into_active_model().reset_all()).collect();
    tx.replace::<contract_party::Entity>(&held, parties).await?;
    places::write(&mut tx, &held, places).await?;
    tx.commit(Event::of("contractImport")).await
}

/// Places of delivery, as the record words them.
fn locations(extra: &Value) -> Vec<&str> {
    let list = extra.get("delivery_locations").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(|place| place.get("location_name")?.as_str()).collect()
}

/// Whether the same organizations take the same parts.
fn same(before: &[contract_party::Model], now: &[contract_party::Model]) -> bool {
    let seats = |parties: &[contract_party::Model]| {
        let mut seats: Vec<_> = parties
            .iter()
            .map(|party| (party.role, party.position, party.organization_id, party.max_commitment_minor))
            .collect();
        seats.sort_unstable();
        seats
    };
    seats(before) == seats(now)
}

/// What organizations do, by the tables that name them.
fn kinds(projects: &[Value]) -> HashMap<String, Vec<ActorKind>> {
    let mut kinds: HashMap<String, Vec<ActorKind>> = HashMap::new();
    for (table, kind) in [
        ("service_provisions", ActorKind::Innovator),
        ("investments", ActorKind::Funder),
        ("outcome_payment_commitments", ActorKind::PublicDecisionMaker),
        ("intermediary_services", ActorKind::Support),
    ] {
        let rows = projects.iter().filter_map(|project| project.get(table)?.as_array()).flatten();
        for id in rows.filter_map(|row| row.get("organisation_id")?.as_str()) {
            let held = kinds.entry(id.to_owned()).or_default();
            if !held.contains(&kind) {
                held.push(kind);
            }
        }
    }
    kinds
}

/// Organizations and funds, in one transaction; returns organizations by their ids, and the one that is the source.
async fn organizations(
    store: &Store,
    delivery: &Delivery,
    kinds: &HashMap<String, Vec<ActorKind>>,
    taken: &mut Taken,
) -> Result<(HashMap<String, OrganizationId>, OrganizationId)> {
    let mut tx = store.begin().await?;
    let now = store.now();
    let records =
        tx.see::<import_record::Entity>().filter(import_record::Column::Source.eq(SOURCE)).all().await?;
    let mut known: HashMap<(String, String), import_record::Model> =
        records.into_iter().map(|row| ((row.kind.clone(), row.external_id.clone()), row)).collect();
    let mut ids: HashMap<String, OrganizationId> =
        known.values().filter_map(|row| Some((row.external_id.clone(), row.organization_id?))).collect();
    let (mut said, mut created, mut parts) = (Vec::new(), Vec::new(), (Vec::new(), Vec::new()));
    let itself = json!({ "id": SOURCE, "name": "INDIGO — Government Outcomes Lab",
        "website": "https://golab.bsg.ox.ac.uk/" });
    for record in delivery.organizations.iter().chain([&itself]) {
        let Some((id, name, website, rest)) = organization_parts(record) else {
            taken.nameless += 1;
            continue;
        };
        let before = known.remove(&("ORGANIZATION".to_owned(), id.clone()));
        if before.as_ref().is_some_and(|before| before.content == rest) {
            taken.organizations.unchanged += usize::from(id != SOURCE);
            continue;
        }
        let organization_id = before.as_ref().and_then(|before| before.organization_id);
        if id != SOURCE {
            *(if before.is_some() {
                &mut taken.organizations.updated
            } else {
                &mut taken.organizations.created
            }) += 1;
        }
        let organization_id = organization_id.unwrap_or_else(|| {
            let row = organization_row(&name, website.as_deref(), now);
            let mine = kinds.get(&id).cloned().unwrap_or_else(|| vec![ActorKind::Support]);
            parts.0.extend(
                mine.into_iter().map(|kind| organization_kind::Model { organization_id: row.id, kind }),
            );
            parts.1.push(organization_identifier::Model {
                organization_id: row.id,
                scheme: IdentifierScheme::Other,
                value: id.clone(),
            });
            let fresh = row.id;
            created.push(row);
            fresh
        });
        ids.insert(id.clone(), organization_id);
        said.push(record_row("ORGANIZATION", id, Some(organization_id), rest));
    }
    for record in &delivery.funds {
        let Some(id) = record.get("id").and_then(Value::as_str) else {
            taken.nameless += 1;
            continue;
        };
        match known.remove(&("FUND".to_owned(), id.to_owned())) {
            Some(before) if before.content == *record => {
                taken.funds.unchanged += 1;
                continue;
            }
            Some(_) => taken.funds.updated += 1,
            None => taken.funds.created += 1,
        }
        said.push(record_row("FUND", id.to_owned(), None, record.clone()));
    }
    if !said.is_empty() {
        tx.put_all::<organization::Entity>(&created).await?;
        tx.replace_all::<organization_kind::Entity>(&created, parts.0, |_| ()).await?;
        tx.replace_all::<organization_identifier::Entity>(&created, parts.1, |_| ()).await?;
        tx.put_all::<import_record::Entity>(&said).await?;
        tx.commit(Event::of("contractOrganizationsImport")).await?;
    }
    let source = ids.get(SOURCE).copied();
    Ok((ids, source.ok_or_else(|| anyhow::anyhow!("the source itself is an organization"))?))
}

fn record_row(
    kind: &str,
    external_id: String,
    organization_id: Option<OrganizationId>,
    content: Value,
) -> import_record::Model {
    import_record::Model {
        source: SOURCE.to_owned(),
        kind: kind.to_owned(),
        external_id,
        organization_id,
        content,
    }
}

/// Id, name and address of the site, and the whole as it was said.
fn organization_parts(record: &Value) -> Option<(String, String, Option<String>, Value)> {
    let text = |name: &str| record.get(name).and_then(Value::as_str).map(str::to_owned);
    let id = text("id")?;
    let name = text("name").filter(|name| !name.trim().is_empty()).unwrap_or_else(|| id.clone());
    let website = text("website").filter(|site| site.starts_with("http") && site.len() <= 500);
    Some((id, name, website, record.clone()))
}

fn organization_row(name: &str, website: Option<&str>, now: At) -> organization::Model {
    let id = OrganizationId::fresh();
    organization::Model {
        id,
        slug: slug(name, id),
        name: name.to_owned(),
        name_key: fold(name),
        short_name: None,
        description: None,
        legal_form: LegalForm::Etranger,
        website: website.map(str::to_owned),
        seat_id: None,
        parent_id: None,
        verification: Verification::Unverified,
        verification_reason: None,
        verified_at: None,
        merged_into_id: None,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}
