//! What is written about a project, and how it becomes rows.

use super::need::NeedInput;
use crate::{
    face::key,
    reference::{Atlas, codes_of},
};
use async_graphql::{ID, InputObject, MaybeUndefined};
use door::{
    Error, Faults, Result, UserErrorCode,
    authz::{Held, Tx},
    fold::fold,
};
use entity::{
    codes::*,
    ids::{OrganizationId, TermId, TerritoryId},
    orgs::organization,
    projects::{co_holder, contact, project, project_term, project_territory},
    reference::{term, territory},
};
use gql::scalars::{FuzzyDate, LanguageTag, Url};
use sea_orm::{ColumnTrait, Condition, Set};
use std::collections::{BTreeMap, BTreeSet};

/// What is said of a project beside its title, summary and stage. What is left out stays; `null` clears.
#[derive(Clone, Debug, Default, InputObject)]
pub struct ProjectDetailsInput {
    /// Language of the texts; `fr` unless given.
    pub language: MaybeUndefined<LanguageTag>,
    /// Description in CommonMark; at most 20,000 characters.
    pub description: MaybeUndefined<String>,
    /// Need in society that it answers; at most 5,000 characters.
    pub need_addressed: MaybeUndefined<String>,
    /// What it does about it; at most 5,000 characters.
    pub solution: MaybeUndefined<String>,
    /// Title and summary in other languages; replaces all translations. At most 10.
    pub translations: MaybeUndefined<Vec<ProjectTranslationInput>>,
    /// When it began.
    pub started_on: MaybeUndefined<FuzzyDate>,
    /// Licence of the description; `CC_BY` unless given.
    pub licence: MaybeUndefined<Licence>,
    /// Address of the manual by which others may do the same.
    pub manual_url: MaybeUndefined<Url>,
    /// Codes of themes; replaces all. At most 20.
    pub themes: MaybeUndefined<Vec<String>>,
    /// Codes of audiences; replaces all. At most 20.
    pub publics: MaybeUndefined<Vec<String>>,
    /// Codes of methods; replaces all. At most 20.
    pub methods: MaybeUndefined<Vec<String>>,
    /// Codes of policy sectors; replaces all. At most 20.
    pub policy_sectors: MaybeUndefined<Vec<String>>,
    /// Numbers of Sustainable Development Goals; replaces all. At most 17.
    pub sdg_goals: MaybeUndefined<Vec<String>>,
    /// Codes of SDG targets; replaces all. At most 20.
    pub sdg_targets: MaybeUndefined<Vec<String>>,
    /// Number of the goal it serves first; must be among its goals.
    pub primary_sdg_goal: MaybeUndefined<String>,
    /// Territories with their roles; replaces all. At most 50.
    pub territories: MaybeUndefined<Vec<ProjectTerritoryInput>>,
    /// Organizations that take part; replaces all. At most 50.
    pub co_holders: MaybeUndefined<Vec<CoHolderInput>>,
    /// Ways to reach its people; replaces all. At most 20.
    pub contacts: MaybeUndefined<Vec<ContactInput>>,
}

/// Title and summary in another language.
#[derive(Clone, Debug, InputObject)]
pub struct ProjectTranslationInput {
    /// Language of the texts.
    pub language: LanguageTag,
    /// Title; at most 200 characters.
    pub title: String,
    /// Summary; at most 500 characters.
    pub summary: Option<String>,
}

/// Territory of a project.
#[derive(Clone, Debug, InputObject)]
pub struct ProjectTerritoryInput {
    /// Code of the territory, such as `REG-76`.
    pub code: String,
    /// How the project relates to it.
    pub role: TerritoryRole,
}

/// Organization that takes part in a project.
#[derive(Clone, Debug, InputObject)]
pub struct CoHolderInput {
    /// Organization that takes part.
    pub organization_id: ID,
    /// Part it takes.
    pub role: CoHolderRole,
}

/// Way to reach the people of a project.
#[derive(Clone, Debug, InputObject)]
pub struct ContactInput {
    /// Name of the person or desk; at most 200 characters.
    pub name: String,
    /// Role of the person or desk; at most 200 characters.
    pub role: Option<String>,
    /// Channel of `value`.
    pub channel: ContactChannel,
    /// Address, number or page; at most 500 characters.
    pub value: String,
    /// Who may read this contact.
    pub visibility: Visibility,
}

/// Adds a project to an organization.
#[derive(Clone, Debug, InputObject)]
pub struct ProjectCreateInput {
    /// Organization that carries it; the viewer has to be an editor there.
    pub holder_id: ID,
    /// Title; at most 200 characters.
    pub title: String,
    /// Summary; at most 500 characters.
    pub summary: String,
    /// How far it has come.
    pub stage: ProjectStage,
    /// What it is looking for; at most 20.
    pub needs: Option<Vec<NeedInput>>,
    #[graphql(flatten)]
    pub details: ProjectDetailsInput,
}

/// Changes a project.
#[derive(Clone, Debug, InputObject)]
pub struct ProjectUpdateInput {
    /// Project to change.
    pub id: ID,
    /// Version that was read; refuses if it has changed since.
    pub if_version: Option<String>,
    /// New title; at most 200 characters.
    pub title: Option<String>,
    /// New summary; at most 500 characters.
    pub summary: Option<String>,
    /// New stage.
    pub stage: Option<ProjectStage>,
    #[graphql(flatten)]
    pub details: ProjectDetailsInput,
}

/// Sets the checked texts on a row.
pub type Apply = Box<dyn FnOnce(&mut project::ActiveModel) + Send>;

/// Checked parts, ready to be written; what is absent stays as it is.
pub struct Parts {
    /// Taxonomies that are replaced, with the terms that replace them.
    terms: BTreeMap<Taxonomy, Vec<TermId>>,
    primary: Option<Option<TermId>>,
    territories: Option<Vec<project_territory::ActiveModel>>,
    co_holders: Option<Vec<co_holder::ActiveModel>>,
    contacts: Option<Vec<contact::ActiveModel>>,
}

pub fn title_and_key(title: Option<String>, faults: &mut Faults) -> (String, String) {
    let title = faults.required(title, &["input", "title"], 200);
    let key = fold(&title);
    (title, key)
}

impl ProjectDetailsInput {
    /// Checks everything at once; faults name their fields.
    pub async fn check(self, tx: &Tx, faults: &mut Faults) -> Result<(Apply, Parts)> {
        let terms = self.check_terms(tx, faults).await?;
        let primary = match &self.primary_sdg_goal {
            MaybeUndefined::Undefined => None,
            MaybeUndefined::Null => Some(None),
            MaybeUndefined::Value(code) => {
                let found = codes_of(
                    tx,
                    Taxonomy::SdgGoal,
                    std::slice::from_ref(code),
                    &["input", "primarySdgGoal"],
                    faults,
                )
                .await?;
                Some(found.first().copied())
            }
        };
        let territories = self.check_territories(tx, faults).await?;
        let co_holders = self.check_co_holders(tx, faults).await?;
        let contacts = check_contacts(listed(&self.contacts), faults);
        let apply = self.check_texts(faults);
        Ok((apply, Parts { terms, primary, territories, co_holders, contacts }))
    }

    fn check_texts(self, faults: &mut Faults) -> Apply {
        let text = |asked: MaybeUndefined<String>, path: &[&str], most, faults: &mut Faults| match asked {
            MaybeUndefined::Undefined => None,
            MaybeUndefined::Null => Some(None),
            MaybeUndefined::Value(text) => Some(faults.text(Some(text), path, most)),
        };
        let description = text(self.description, &["input", "description"], 20_000, faults);
        let need_addressed = text(self.need_addressed, &["input", "needAddressed"], 5_000, faults);
        let solution = text(self.solution, &["input", "solution"], 5_000, faults);
        let translations = listed(&self.translations).map(|list| check_translations(list, faults));
        let (language, licence, started_on, manual_url) =
            (self.language, self.licence, self.started_on, self.manual_url);
        Box::new(move |row| {
            if let Some(text) = description {
                row.description = Set(text);
            }
            if let Some(text) = need_addressed {
                row.need_addressed = Set(text);
            }
            if let Some(text) = solution {
                row.solution = Set(text);
            }
            if let Some(texts) = translations {
                row.translations = Set(texts);
            }
            match language {
                MaybeUndefined::Undefined => {}
                MaybeUndefined::Null => row.language = Set("fr".to_owned()),
                MaybeUndefined::Value(tag) => row.language = Set(tag.0),
            }
            match licence {
                MaybeUndefined::Undefined => {}
                MaybeUndefined::Null => row.licence = Set(Licence::CcBy),
                MaybeUndefined::Value(licence) => row.licence = Set(licence),
            }
            match started_on {
                MaybeUndefined::Undefined => {}
                MaybeUndefined::Null => row.started_on = Set(None),
                MaybeUndefined::Value(date) => row.started_on = Set(Some(date.0)),
            }
            match manual_url {
                MaybeUndefined::Undefined => {}
                MaybeUndefined::Null => row.manual_url = Set(None),
                MaybeUndefined::Value(url) => row.manual_url = Set(Some(url.0)),
            }
        })
    }

    async fn check_terms(&self, tx: &Tx, faults: &mut Faults) -> Result<BTreeMap<Taxonomy, Vec<TermId>>> {
        let mut terms = BTreeMap::new();
        for (taxonomy, field, asked) in [
            (Taxonomy::Theme, "themes", &self.themes),
            (Taxonomy::Public, "publics", &self.publics),
            (Taxonomy::Method, "methods", &self.methods),
            (Taxonomy::PolicySector, "policySectors", &self.policy_sectors),
            (Taxonomy::SdgGoal, "sdgGoals", &self.sdg_goals),
            (Taxonomy::SdgTarget, "sdgTargets", &self.sdg_targets),
        ] {
            let Some(codes) = listed(asked) else { continue };
            if codes.len() > 20 {
                faults.add(UserErrorCode::TooLong, &["input", field], "At most 20 codes, please.");
                continue;
            }
            terms.insert(taxonomy, codes_of(tx, taxonomy, &codes, &["input", field], faults).await?);
        }
        Ok(terms)
    }

    async fn check_territories(
        &self,
        tx: &Tx,
        faults: &mut Faults,
    ) -> Result<Option<Vec<project_territory::ActiveModel>>> {
        let Some(asked) = listed(&self.territories) else { return Ok(None) };
        if asked.len() > 50 {
            faults.add(UserErrorCode::TooLong, &["input", "territories"], "At most 50 territories, please.");
            return Ok(None);
        }
        let codes: Vec<String> = asked.iter().map(|place| place.code.clone()).collect();
        let rows = tx.see::<territory::Entity>().filter(territory::Column::Code.is_in(codes)).all().await?;
        let by_code: BTreeMap<&str, TerritoryId> =
            rows.iter().map(|row| (row.code.as_str(), row.id)).collect();
        let mut seen = BTreeSet::new();
        let mut parts = Vec::new();
        for (place, item) in asked.iter().enumerate() {
            let Some(&territory_id) = by_code.get(item.code.as_str()) else {
                let path = ["input", "territories", &place.to_string(), "code"];
                faults.add(UserErrorCode::NotFound, &path, Atlas::unknown(&item.code));
                continue;
            };
            if seen.insert((territory_id, item.role)) {
                parts.push(project_territory::ActiveModel {
                    territory_id: Set(territory_id),
                    role: Set(item.role),
                    ..Default::default()
                });
            }
        }
        Ok(Some(parts))
    }

    async fn check_co_holders(
        &self,
        tx: &Tx,
        faults: &mut Faults,
    ) -> Result<Option<Vec<co_holder::ActiveModel>>> {
        let Some(asked) = listed(&self.co_holders) else { return Ok(None) };
        if asked.len() > 50 {
            faults.add(UserErrorCode::TooLong, &["input", "coHolders"], "At most 50 organizations, please.");
            return Ok(None);
        }
        let ids = asked
            .iter()
            .map(|item| key::<OrganizationId>(&item.organization_id))
            .collect::<Result<Vec<_>>>()?;
        let wanted = Condition::all().add(organization::Column::Id.is_in(ids.iter().copied()));
        let known: BTreeSet<_> = tx
            .see::<organization::Entity>()
            .filter(wanted)
            .all()
            .await?
            .into_iter()
            .map(|row| row.id)
            .collect();
        let mut seen = BTreeSet::new();
        let mut parts = Vec::new();
        for (place, (item, id)) in asked.iter().zip(ids).enumerate() {
            if !known.contains(&id) {
                let path = ["input", "coHolders", &place.to_string(), "organizationId"];
                faults.add(UserErrorCode::NotFound, &path, "No such organization.");
            } else if seen.insert((id, item.role)) {
                parts.push(co_holder::ActiveModel {
                    organization_id: Set(id),
                    role: Set(item.role),
                    ..Default::default()
                });
            }
        }
        Ok(Some(parts))
    }
}

/// A list as it replaces the old one: nothing if it was left out, empty if it was cleared.
fn listed<T: Clone>(asked: &MaybeUndefined<Vec<T>>) -> Option<Vec<T>> {
    match asked {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(Vec::new()),
        MaybeUndefined::Value(list) => Some(list.clone()),
    }
}

fn check_translations(asked: Vec<ProjectTranslationInput>, faults: &mut Faults) -> serde_json::Value {
    if asked.len() > 10 {
        faults.add(UserErrorCode::TooLong, &["input", "translations"], "At most 10 translations, please.");
    }
    let mut texts = serde_json::Map::new();
    for (place, item) in asked.into_iter().take(10).enumerate() {
        let place = place.to_string();
        let title = faults.required(Some(item.title), &["input", "translations", &place, "title"], 200);
        let summary = faults.text(item.summary, &["input", "translations", &place, "summary"], 500);
        texts.insert(item.language.0, serde_json::json!({ "title": title, "summary": summary }));
    }
    texts.into()
}

fn check_contacts(
    asked: Option<Vec<ContactInput>>,
    faults: &mut Faults,
) -> Option<Vec<contact::ActiveModel>> {
    let asked = asked?;
    if asked.len() > 20 {
        faults.add(UserErrorCode::TooLong, &["input", "contacts"], "At most 20 contacts, please.");
        return None;
    }
    let rows = (0..).zip(asked).map(|(position, item)| {
        let place = position.to_string();
        let at = |field: &'static str| {
            ["input".to_owned(), "contacts".to_owned(), place.clone(), field.to_owned()]
        };
        let name = at("name");
        let value = at("value");
        let role = at("role");
        contact::ActiveModel {
            position: Set(position),
            name: Set(faults.required(Some(item.name), &name.each_ref().map(String::as_str), 200)),
            role: Set(faults.text(item.role, &role.each_ref().map(String::as_str), 200)),
            channel: Set(item.channel),
            value: Set(checked_value(
                item.channel,
                item.value,
                &value.each_ref().map(String::as_str),
                faults,
            )),
            visibility: Set(item.visibility),
            ..Default::default()
        }
    });
    Some(rows.collect())
}

fn checked_value(channel: ContactChannel, value: String, path: &[&str], faults: &mut Faults) -> String {
    use async_graphql::{ScalarType, Value};
    let value = faults.required(Some(value), path, 500);
    let as_text = Value::String(value.clone());
    let is_fine = match channel {
        ContactChannel::Email => gql::scalars::EmailAddress::parse(as_text).is_ok(),
        ContactChannel::Website => gql::scalars::Url::parse(as_text).is_ok(),
        ContactChannel::Phone => {
            value.bytes().filter(u8::is_ascii_digit).count() >= 6
                && value.chars().all(|letter| letter.is_ascii_digit() || "+ .-()".contains(letter))
        }
    };
    if !is_fine && !value.is_empty() {
        faults.add(UserErrorCode::Invalid, path, format!("This is not a value for channel {channel}."));
    }
    value
}

impl Parts {
    /// Writes the parts of a held project.
    pub async fn write(self, tx: &mut Tx, held: &Held<project::Entity>) -> Result<()> {
        if !self.terms.is_empty() || self.primary.is_some() {
            write_terms(tx, held, self.terms, self.primary).await?;
        }
        if let Some(parts) = self.territories {
            tx.replace::<project_territory::Entity>(held, parts).await?;
        }
        if let Some(parts) = self.co_holders {
            tx.replace::<co_holder::Entity>(held, parts).await?;
        }
        if let Some(parts) = self.contacts {
            tx.replace::<contact::Entity>(held, parts).await?;
        }
        Ok(())
    }
}

/// Keeps the terms of taxonomies that were not given, and the mark unless a new one was.
async fn write_terms(
    tx: &mut Tx,
    held: &Held<project::Entity>,
    given: BTreeMap<Taxonomy, Vec<TermId>>,
    primary: Option<Option<TermId>>,
) -> Result<()> {
    let before =
        tx.see::<project_term::Entity>().filter(project_term::Column::ProjectId.eq(held.id)).all().await?;
    let ids: Vec<TermId> = before.iter().map(|link| link.term_id).collect();
    let known = tx.see::<term::Entity>().filter(term::Column::Id.is_in(ids)).all().await?;
    let kept = known.iter().filter(|term| !given.contains_key(&term.taxonomy)).map(|term| term.id);
    let all: BTreeSet<TermId> = kept.chain(given.values().flatten().copied()).collect();
    let marked = before.iter().find(|link| link.is_primary).map(|link| link.term_id);
    let primary = match primary {
        Some(Some(goal)) if !all.contains(&goal) => {
            let path = ["input", "primarySdgGoal"];
            return Err(Error::mend(
                UserErrorCode::Invalid,
                &path,
                "The first goal must be among the project's goals.",
            ));
        }
        Some(goal) => goal,
        None => marked.filter(|goal| all.contains(goal)),
    };
    let links = all.into_iter().map(|term_id| project_term::ActiveModel {
        term_id: Set(term_id),
        is_primary: Set(primary == Some(term_id)),
        ..Default::default()
    });
    tx.replace::<project_term::Entity>(held, links.collect()).await
}
