//! The read model's rows of one project, from the rows they follow from. Pure.

use crate::reference::Reference;
use entity::{
    At,
    codes::*,
    ids::{NeedId, ProjectId, TermId, TerritoryId},
    orgs::{accreditation, organization, organization_kind},
    projects::{need, project, project_term, project_territory},
    read_model::{self as model, Packed, project_card, project_entry},
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// The currency that amounts are compared and sorted in; others are compared among themselves.
pub const MAIN_CURRENCY: &str = "EUR";

/// What a project's rows in the read model follow from.
pub struct Sources<'a> {
    pub project: &'a project::Model,
    pub holder: &'a organization::Model,
    pub kinds: &'a [organization_kind::Model],
    pub accreditations: &'a [accreditation::Model],
    pub terms: &'a [project_term::Model],
    pub territories: &'a [project_territory::Model],
    pub needs: &'a [need::Model],
}

/// Packed columns by their index in [`Packed::ALL`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Packs([i64; Packed::ALL.len()]);

impl Packs {
    fn set(&mut self, column: Packed, bits: i64) {
        if let Some(value) = self.0.get_mut(column as usize) {
            *value |= bits;
        }
    }

    pub fn get(&self, column: Packed) -> i64 {
        self.0.get(column as usize).copied().unwrap_or_default()
    }
}

/// Open needs that ask for money.
fn is_open_funding(need: &need::Model) -> bool {
    need.kind == NeedKind::Funding && need.state == NeedState::Open
}

/// Minor units that open needs ask for in a currency; nothing if none names it.
pub fn sought(needs: &[need::Model], currency: &str) -> Option<i64> {
    let amounts = needs
        .iter()
        .filter(|need| is_open_funding(need) && need.currency.as_deref() == Some(currency))
        .filter_map(|need| need.amount_minor);
    amounts.reduce(i64::saturating_add)
}

fn packs(sources: &Sources<'_>, reference: &Reference) -> Packs {
    let Sources { project, holder, .. } = sources;
    let mut packs = Packs::default();
    packs.set(Packed::Facts, model::STATUS.of(project.status) | model::STAGE.of(project.stage));
    packs.set(Packed::Facts, model::LICENCE.of(project.licence));
    for need in sources.needs.iter().filter(|need| need.state == NeedState::Open) {
        packs.set(Packed::Facts, model::NEEDS.of(need.kind));
        if let (NeedKind::Funding, Some(instrument)) = (need.kind, need.instrument) {
            packs.set(Packed::Facts, model::INSTRUMENTS.of(instrument));
        }
    }
    let is_open = matches!(project.status, ProjectStatus::Published | ProjectStatus::Merged)
        && holder.verification != Verification::Suspended;
    if is_open {
        packs.set(Packed::Facts, model::OPEN);
    }
    let is_fundable = project.status == ProjectStatus::Published
        && holder.verification == Verification::Verified
        && sources.needs.iter().any(is_open_funding);
    if is_fundable {
        packs.set(Packed::Facts, model::FUNDABLE);
    }
    packs.set(Packed::HolderFacts, model::LEGAL_FORM.of(holder.legal_form));
    for kind in sources.kinds {
        packs.set(Packed::HolderFacts, model::HOLDER_KINDS.of(kind.kind));
    }
    for accreditation in sources.accreditations {
        packs.set(Packed::HolderFacts, model::ACCREDITATIONS.of(accreditation.kind));
    }
    for link in sources.terms {
        if let Some((bits, bit)) = term_bit(reference, link.term_id) {
            packs.set(bits.column, bit);
        }
    }
    packs
}

/// Where a term is kept and its bit; nothing for vocabularies that are not packed.
pub fn term_bit(reference: &Reference, term: TermId) -> Option<(model::Bits, i64)> {
    let row = reference.vocabulary.get(term)?;
    let bits = model::Bits::of_taxonomy(row.taxonomy)?;
    Some((bits, bits.at(usize::try_from(row.position).ok()?)?))
}

/// Both kinds of rows.
pub fn rows(
    sources: &Sources<'_>,
    reference: &Reference,
) -> (project_card::Model, Vec<project_entry::Model>) {
    let packs = packs(sources, reference);
    let project = sources.project;
    let sought = sought(sources.needs, MAIN_CURRENCY);
    let published_key = project.published_at.map_or(i64::MIN, |at| at.0);
    let card = project_card::Model {
        project_id: project.id,
        holder_id: project.holder_id,
        facts: packs.get(Packed::Facts),
        holder_facts: packs.get(Packed::HolderFacts),
        themes: packs.get(Packed::Themes),
        publics: packs.get(Packed::Publics),
        ways: packs.get(Packed::Ways),
        sought,
        sought_key: sought.unwrap_or(-1),
        published_at: project.published_at,
        published_key,
        created_at: project.created_at,
        updated_at: project.updated_at,
        title_key: project.title_key.clone(),
        started_on: project.started_on.clone(),
        parts: Parts::of(sources).write(),
    };
    let entries = entries(&card, sources, reference);
    (card, entries)
}

fn entries(
    card: &project_card::Model,
    sources: &Sources<'_>,
    reference: &Reference,
) -> Vec<project_entry::Model> {
    // Place to whether it is the project's own.
    let mut places: BTreeMap<u32, bool> = BTreeMap::new();
    for link in sources.territories {
        let Some(number) = reference.atlas.number(link.territory_id) else { continue };
        places.insert(number, true);
        for &(above, _) in reference.atlas.at(number).into_iter().flat_map(|place| &place.around) {
            places.entry(above).or_insert(false);
        }
    }
    let themes: Vec<i16> = if card.facts & model::FUNDABLE == 0 {
        Vec::new()
    } else {
        model::THEMES.places(card.themes).filter_map(|place| i16::try_from(place + 1).ok()).collect()
    };
    let entry = |place_id: TerritoryId, theme: i16, is_own: bool| project_entry::Model {
        place_id,
        theme,
        published_key: card.published_key,
        project_id: card.project_id,
        holder_id: card.holder_id,
        facts: if is_own { card.facts | model::OWN } else { card.facts },
        holder_facts: card.holder_facts,
        themes: card.themes,
        publics: card.publics,
        ways: card.ways,
        sought: card.sought,
    };
    let mut rows: Vec<_> = themes.iter().map(|&theme| entry(EVERYWHERE, theme, false)).collect();
    for (number, is_own) in places {
        let Some(place) = reference.atlas.at(number) else { continue };
        rows.push(entry(place.row.id, ANY_THEME, is_own));
        if Reference::is_wide(place.row.scale) {
            rows.extend(themes.iter().map(|&theme| entry(place.row.id, theme, is_own)));
        }
    }
    rows
}

/// Stands for every place in entries of themes.
pub const EVERYWHERE: TerritoryId = TerritoryId(Uuid::nil());

/// Theme of the entries that stand for their projects whatever their themes.
pub const ANY_THEME: i16 = 0;

/// What a page of projects shows of other tables, carried by the card.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parts<'a> {
    #[serde(rename = "t")]
    terms: Vec<(u128, bool)>,
    #[serde(rename = "p", borrow)]
    places: Vec<(u128, &'a str)>,
    #[serde(rename = "n", borrow)]
    needs: Vec<NeedPart<'a>>,
}

/// Codes are written without escapes, so that they are read where they stand.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct NeedPart<'a>(
    u128,
    &'a str,
    Option<&'a str>,
    Option<i64>,
    Option<String>,
    Option<String>,
    #[serde(borrow)] &'a str,
    i64,
    i64,
    i64,
);

impl<'a> Parts<'a> {
    fn of(sources: &Sources<'_>) -> Self {
        let terms: BTreeSet<_> =
            sources.terms.iter().map(|link| (link.term_id.0.as_u128(), link.is_primary)).collect();
        let places: BTreeSet<_> = sources
            .territories
            .iter()
            .map(|link| (link.territory_id.0.as_u128(), link.role.code()))
            .collect();
        let mut needs: Vec<_> = sources.needs.iter().collect();
        needs.sort_by_key(|need| need.id);
        let need = |need: &need::Model| {
            NeedPart(
                need.id.0.as_u128(),
                need.kind.code(),
                need.instrument.map(CodeList::code),
                need.amount_minor,
                need.currency.clone(),
                need.detail.clone(),
                need.state.code(),
                need.version,
                need.created_at.0,
                need.updated_at.0,
            )
        };
        Self {
            terms: terms.into_iter().collect(),
            places: places.into_iter().collect(),
            needs: needs.into_iter().map(need).collect(),
        }
    }

    fn write(&self) -> String {
        // Plain data always has a JSON form; an empty text reads back as nothing and is read from the sources.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads a card's parts; nothing if they were written in another form.
    pub fn read(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    pub fn terms(&self, project_id: ProjectId) -> Vec<project_term::Model> {
        let row = |&(term, is_primary): &(u128, bool)| project_term::Model {
            project_id,
            term_id: TermId(Uuid::from_u128(term)),
            is_primary,
        };
        self.terms.iter().map(row).collect()
    }

    pub fn territories(&self, project_id: ProjectId) -> Option<Vec<project_territory::Model>> {
        let row = |(place, role): &(u128, &str)| {
            Some(project_territory::Model {
                project_id,
                territory_id: TerritoryId(Uuid::from_u128(*place)),
                role: role.parse().ok()?,
            })
        };
        self.places.iter().map(row).collect()
    }

    pub fn needs(self, project_id: ProjectId) -> Option<Vec<need::Model>> {
        let row = |part: NeedPart<'_>| {
            let NeedPart(
                id,
                kind,
                instrument,
                amount_minor,
                currency,
                detail,
                state,
                version,
                created,
                updated,
            ) = part;
            Some(need::Model {
                id: NeedId(Uuid::from_u128(id)),
                project_id,
                kind: kind.parse().ok()?,
                instrument: instrument.map(str::parse).transpose().ok()?,
                amount_minor,
                currency,
                detail,
                state: state.parse().ok()?,
                version,
                created_at: At(created),
                updated_at: At(updated),
            })
        };
        self.needs.into_iter().map(row).collect()
    }
}
