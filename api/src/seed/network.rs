//! One organization, one project: rows that follow from the seed, their number and the reference data.

use super::{draw::Draw, words};
use door::{
    card::{self, Sources},
    fold::{fold, slug},
};
use entity::{
    At,
    codes::*,
    ids::{NeedId, OrganizationId, ProjectId, TermId, TerritoryId},
    orgs::{accreditation, organization, organization_kind},
    projects::{contact, need, project, project_term, project_territory},
    read_model::{project_card, project_entry},
};
use network::reference::Reference;
use std::collections::BTreeMap;

/// 2024-01-01, in milliseconds: seeded networks begin there and grow for two years.
const BEGIN: u64 = 1_704_067_200_000;
const SPAN: u64 = 63_072_000_000;
const MICROS: u64 = 1_000;
/// How far a project may stand from its turn.
const MONTH: u64 = 2_592_000_000;

const ORGANIZATION: u64 = 1;
const PROJECT: u64 = 2;

/// What to draw from.
pub struct Ground<'a> {
    pub seed: u64,
    /// How many there will be.
    pub projects: u64,
    pub reference: &'a Reference,
    terms: BTreeMap<Taxonomy, Vec<TermId>>,
    communes: Vec<(TerritoryId, &'a str)>,
    departments: Vec<TerritoryId>,
    regions: Vec<TerritoryId>,
    country: Option<TerritoryId>,
}

impl<'a> Ground<'a> {
    pub fn of(seed: u64, projects: u64, reference: &'a Reference) -> Self {
        let mut terms: BTreeMap<Taxonomy, Vec<_>> = BTreeMap::new();
        let mut rows: Vec<_> = reference.vocabulary.all().filter(|row| row.retired_at.is_none()).collect();
        rows.sort_by_key(|row| (row.taxonomy, row.position));
        for row in rows {
            terms.entry(row.taxonomy).or_default().push(row.id);
        }
        let scaled = |scale| {
            reference.atlas.places().iter().map(|place| &place.row).filter(move |row| row.scale == scale)
        };
        // The largest first: that is where most projects are.
        let mut communes: Vec<_> = scaled(TerritoryScale::Commune).collect();
        communes.sort_by_key(|row| (std::cmp::Reverse(row.population), row.id));
        Self {
            seed,
            projects,
            reference,
            terms,
            communes: communes.into_iter().map(|row| (row.id, row.name.as_str())).collect(),
            departments: scaled(TerritoryScale::Departement).map(|row| row.id).collect(),
            regions: scaled(TerritoryScale::Region).map(|row| row.id).collect(),
            country: scaled(TerritoryScale::Country).map(|row| row.id).next(),
        }
    }

    fn terms(&self, taxonomy: Taxonomy) -> &[TermId] {
        self.terms.get(&taxonomy).map_or(&[], Vec::as_slice)
    }
}

pub struct Organization {
    pub row: organization::Model,
    pub kinds: Vec<organization_kind::Model>,
    pub accreditations: Vec<accreditation::Model>,
}

fn moment(draw: &mut Draw) -> (u64, At) {
    instant(BEGIN + draw.next() % SPAN)
}

/// Projects come about in the order of their numbers, give or take a month: so rows lie in tables as they would in life.
fn turn(ground: &Ground<'_>, draw: &mut Draw, number: u64) -> (u64, At) {
    let passed = u128::from(SPAN) * u128::from(number) / u128::from(ground.projects.max(1));
    instant(BEGIN + u64::try_from(passed).unwrap_or(SPAN) + draw.next() % MONTH)
}

fn instant(millis: u64) -> (u64, At) {
    (millis, At(i64::try_from(millis * MICROS).unwrap_or_default()))
}

fn code<C: CodeList>(draw: &mut Draw) -> Option<C> {
    let all: Vec<_> = C::all().collect();
    draw.skewed_of(&all).copied()
}

pub fn organization(ground: &Ground<'_>, number: u64) -> Organization {
    let mut draw = Draw::of(ground.seed, ORGANIZATION, number);
    let (millis, at) = moment(&mut draw);
    let id = OrganizationId(draw.id(millis));
    let seat = draw.skewed_of(&ground.communes).copied();
    let name = words::organization(&mut draw, number, seat.map_or("France", |(_, name)| name));
    let verification = match draw.below(100) {
        0..90 => Verification::Verified,
        90..98 => Verification::Unverified,
        _ => Verification::Suspended,
    };
    let row = organization::Model {
        id,
        slug: slug(&name, id),
        name_key: fold(&name),
        name,
        short_name: None,
        description: Some(words::text(&mut draw, 2)),
        legal_form: code(&mut draw).unwrap_or(LegalForm::Association),
        website: Some(format!("https://org-{number}.example.org")),
        seat_id: seat.map(|(id, _)| id),
        parent_id: None,
        verification,
        verification_reason: None,
        verified_at: (verification != Verification::Unverified).then_some(at),
        merged_into_id: None,
        version: 1,
        created_at: at,
        updated_at: at,
    };
    let kind = code(&mut draw).unwrap_or(ActorKind::Innovator);
    let accreditations = if draw.percent(30) { code(&mut draw) } else { None };
    Organization {
        row,
        kinds: vec![organization_kind::Model { organization_id: id, kind }],
        accreditations: accreditations
            .into_iter()
            .map(|kind| accreditation::Model {
                organization_id: id,
                position: 0,
                kind,
                reference: None,
                valid_from: None,
                valid_to: None,
            })
            .collect(),
    }
}

pub struct Project {
    pub row: project::Model,
    pub terms: Vec<project_term::Model>,
    pub territories: Vec<project_territory::Model>,
    pub needs: Vec<need::Model>,
    pub contacts: Vec<contact::Model>,
    pub card: project_card::Model,
    pub entries: Vec<project_entry::Model>,
}

pub fn project(ground: &Ground<'_>, number: u64, holder: &Organization) -> Project {
    let mut draw = Draw::of(ground.seed, PROJECT, number);
    let (millis, at) = turn(ground, &mut draw, number);
    let id = ProjectId(draw.id(millis));
    let place = draw.skewed_of(&ground.communes).copied();
    let title = words::title(&mut draw, place.map_or("France", |(_, name)| name));
    let status = match draw.below(100) {
        0..90 => ProjectStatus::Published,
        90..95 => ProjectStatus::Draft,
        95..97 => ProjectStatus::InReview,
        _ => ProjectStatus::Archived,
    };
    let was_published = matches!(status, ProjectStatus::Published | ProjectStatus::Archived);
    let row = project::Model {
        id,
        slug: slug(&title, id),
        holder_id: holder.row.id,
        language: "fr".to_owned(),
        title_key: fold(&title),
        title,
        summary: words::text(&mut draw, 1),
        description: Some(words::text(&mut draw, 2)),
        need_addressed: Some(words::sentence(&mut draw)),
        solution: Some(words::sentence(&mut draw)),
        translations: serde_json::json!({}),
        stage: code(&mut draw).unwrap_or(ProjectStage::Experimentation),
        started_on: draw.percent(80).then(|| format!("{}", 2015 + number % 10)),
        licence: code(&mut draw).unwrap_or(Licence::CcBy),
        manual_url: None,
        status,
        return_reason: None,
        published_at: was_published.then_some(At(at.0 + At::DAY)),
        merged_into_id: None,
        version: 1,
        created_at: at,
        updated_at: At(at.0 + At::DAY),
    };
    let terms = terms(ground, &mut draw, id);
    let territories = territories(ground, &mut draw, id, place.map(|(id, _)| id));
    let needs = needs(&mut draw, id, millis);
    let contacts = vec![contact::Model {
        project_id: id,
        position: 0,
        name: "Accueil".to_owned(),
        role: None,
        channel: ContactChannel::Email,
        value: format!("accueil-{number}@example.org"),
        visibility: if draw.percent(50) { Visibility::Public } else { Visibility::Network },
    }];
    let sources = Sources {
        project: &row,
        holder: &holder.row,
        kinds: &holder.kinds,
        accreditations: &holder.accreditations,
        terms: &terms,
        territories: &territories,
        needs: &needs,
    };
    let (card, entries) = card::rows(&sources, ground.reference);
    Project { row, terms, territories, needs, contacts, card, entries }
}

fn terms(ground: &Ground<'_>, draw: &mut Draw, project_id: ProjectId) -> Vec<project_term::Model> {
    let mut found: BTreeMap<TermId, bool> = BTreeMap::new();
    for (taxonomy, most) in [
        (Taxonomy::Theme, 4),
        (Taxonomy::Public, 2),
        (Taxonomy::Method, 1),
        (Taxonomy::PolicySector, 1),
        (Taxonomy::SdgGoal, 3),
    ] {
        for place in 0..=draw.below(most) {
            if let Some(&term) = draw.skewed_of(ground.terms(taxonomy)) {
                found.entry(term).or_insert(taxonomy == Taxonomy::SdgGoal && place == 0);
            }
        }
    }
    found
        .into_iter()
        .map(|(term_id, is_primary)| project_term::Model { project_id, term_id, is_primary })
        .collect()
}

fn territories(
    ground: &Ground<'_>,
    draw: &mut Draw,
    project_id: ProjectId,
    seat: Option<TerritoryId>,
) -> Vec<project_territory::Model> {
    let active = match draw.below(100) {
        0..50 => seat,
        50..80 => draw.one_of(&ground.departments).copied(),
        80..96 => draw.one_of(&ground.regions).copied(),
        _ => ground.country,
    };
    let seat = seat.filter(|_| draw.percent(50)).map(|id| (id, TerritoryRole::Seat));
    let all = active.map(|id| (id, TerritoryRole::Active)).into_iter().chain(seat);
    all.map(|(territory_id, role)| project_territory::Model { project_id, territory_id, role }).collect()
}

fn needs(draw: &mut Draw, project_id: ProjectId, millis: u64) -> Vec<need::Model> {
    let count = draw.below(4);
    let mut needs: Vec<_> = (0..count)
        .map(|place| {
            let at = At(i64::try_from((millis + place as u64) * MICROS).unwrap_or_default());
            let is_funding = draw.percent(65);
            let kind = if is_funding { NeedKind::Funding } else { code(draw).unwrap_or(NeedKind::Partner) };
            let is_funding = kind == NeedKind::Funding;
            let amount = i64::try_from((draw.below(40) + 1) * (draw.below(20) + 1)).unwrap_or(1) * 100_000;
            need::Model {
                id: NeedId(draw.id(millis + place as u64)),
                project_id,
                kind,
                instrument: is_funding.then(|| code(draw)).flatten(),
                amount_minor: is_funding.then_some(amount),
                currency: is_funding.then(|| "EUR".to_owned()),
                detail: Some(words::sentence(draw)),
                state: if draw.percent(80) { NeedState::Open } else { NeedState::Met },
                version: 1,
                created_at: at,
                updated_at: at,
            }
        })
        .collect();
    needs.sort_by_key(|need| need.id);
    needs
}
