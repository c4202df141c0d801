//! What is written about an organization, and how it becomes rows.

use super::{
    accreditation::{self as accreditations, AccreditationInput},
    identifier,
};
use crate::{face::key, reference::Atlas};
use async_graphql::{ID, InputObject, MaybeUndefined};
use door::{
    Faults, Result, UserErrorCode,
    authz::{Held, ORGS, Tx},
    fold::fold,
};
use entity::{
    codes::{ActorKind, IdentifierScheme, LegalForm, Verification},
    ids::{OrganizationId, TerritoryId},
    orgs::{accreditation, organization, organization_area, organization_identifier, organization_kind},
    reference::territory,
};
use gql::scalars::Url;
use sea_orm::{ActiveValue, ColumnTrait, Condition, Set};
use std::collections::{BTreeMap, BTreeSet};

/// Longest chain of parents that is followed.
const HIGHEST: usize = 30;

/// Number in a register.
#[derive(Clone, Debug, InputObject)]
pub struct IdentifierInput {
    /// Register.
    pub scheme: IdentifierScheme,
    /// Number; spaces do not matter. SIREN, SIRET and ROR are checked by their check digits, RNA and `ORG_ID` by their
    /// form.
    pub value: String,
}

/// What is said of an organization beside its name, legal form and kinds. What is left out stays; `null` clears.
#[derive(Clone, Debug, Default, InputObject)]
pub struct OrganizationDetailsInput {
    /// Name in everyday use, such as an acronym; at most 100 characters.
    pub short_name: MaybeUndefined<String>,
    /// What it is and does, in `CommonMark`; at most 20,000 characters.
    pub description: MaybeUndefined<String>,
    /// Numbers in registers; replaces all. At most 20; a number belongs to one organization.
    pub identifiers: MaybeUndefined<Vec<IdentifierInput>>,
    /// Accreditations and labels; replaces all. At most 30.
    pub accreditations: MaybeUndefined<Vec<AccreditationInput>>,
    /// Address of its website.
    pub website: MaybeUndefined<Url>,
    /// Code of the territory of its seat, such as `COM-31555`.
    pub seat: MaybeUndefined<String>,
    /// Codes of territories it works in; replaces all. At most 100.
    pub areas: MaybeUndefined<Vec<String>>,
    /// Organization in control of it; neither itself nor one that it controls.
    pub parent_id: MaybeUndefined<ID>,
}

/// Adds an organization to the network.
#[derive(Clone, Debug, InputObject)]
pub struct OrganizationCreateInput {
    /// Name; at most 200 characters.
    pub name: String,
    /// Legal form.
    pub legal_form: LegalForm,
    /// What it does in the network; at least one.
    pub kinds: Vec<ActorKind>,
    #[graphql(flatten)]
    pub details: OrganizationDetailsInput,
}

/// Changes an organization.
#[derive(Clone, Debug, InputObject)]
pub struct OrganizationUpdateInput {
    /// Organization to change.
    pub id: ID,
    /// Version that was read; refuses if it has changed since.
    pub if_version: Option<String>,
    /// New name; at most 200 characters. The slug stays.
    pub name: Option<String>,
    /// New legal form.
    pub legal_form: Option<LegalForm>,
    /// What it does in the network; replaces all. At least one.
    pub kinds: Option<Vec<ActorKind>>,
    #[graphql(flatten)]
    pub details: OrganizationDetailsInput,
}

/// Sets the checked values on a row.
pub type Apply = Box<dyn FnOnce(&mut organization::ActiveModel) + Send>;

/// Checked parts, ready to be written; what is absent stays as it is.
#[derive(Default)]
pub struct Parts {
    pub kinds: Option<Vec<organization_kind::ActiveModel>>,
    identifiers: Option<Vec<organization_identifier::ActiveModel>>,
    accreditations: Option<Vec<accreditation::ActiveModel>>,
    areas: Option<Vec<organization_area::ActiveModel>>,
}

pub fn name_and_key(name: String, faults: &mut Faults) -> (String, String) {
    let name = faults.required(Some(name), &["input", "name"], 200);
    let key = fold(&name);
    if key.is_empty() && !name.is_empty() {
        faults.add(UserErrorCode::Invalid, &["input", "name"], "A name has letters or digits.");
    }
    (name, key)
}

pub fn kinds_of(kinds: Vec<ActorKind>, faults: &mut Faults) -> Vec<organization_kind::ActiveModel> {
    if kinds.is_empty() {
        faults.add(UserErrorCode::TooShort, &["input", "kinds"], "An organization has at least one kind.");
    }
    let kinds: BTreeSet<ActorKind> = kinds.into_iter().collect();
    kinds
        .into_iter()
        .map(|kind| organization_kind::ActiveModel { kind: Set(kind), ..Default::default() })
        .collect()
}

impl OrganizationDetailsInput {
    /// Checks everything at once; faults name their fields. `own` is the organization that is written about.
    pub async fn check(self, tx: &Tx, own: OrganizationId, faults: &mut Faults) -> Result<(Apply, Parts)> {
        let places = self.places(tx).await?;
        let seat = self.check_seat(&places, faults);
        let areas = self.check_areas(&places, faults);
        let parent = self.check_parent(tx, own, faults).await?;
        let identifiers = match listed(self.identifiers) {
            Some(asked) => Some(check_identifiers(tx, own, asked, faults).await?),
            None => None,
        };
        let accreditations = listed(self.accreditations).map(|asked| accreditations::rows_of(asked, faults));
        let short_name = text(self.short_name, &["input", "shortName"], 100, faults);
        let description = text(self.description, &["input", "description"], 20_000, faults);
        let website = self.website.map_value(|url| url.0);
        let apply = Box::new(move |row: &mut organization::ActiveModel| {
            put(&mut row.short_name, short_name);
            put(&mut row.description, description);
            put(&mut row.website, website);
            put(&mut row.seat_id, seat);
            put(&mut row.parent_id, parent);
        });
        Ok((apply, Parts { kinds: None, identifiers, accreditations, areas }))
    }

    /// Territories that seat and areas name, by code.
    async fn places(&self, tx: &Tx) -> Result<BTreeMap<String, TerritoryId>> {
        let areas = self.areas.value().into_iter().flatten().take(100);
        let codes: BTreeSet<&String> = areas.chain(self.seat.value()).collect();
        if codes.is_empty() {
            return Ok(BTreeMap::new());
        }
        let rows = tx.see::<territory::Entity>().filter(territory::Column::Code.is_in(codes)).all().await?;
        Ok(rows.into_iter().map(|row| (row.code, row.id)).collect())
    }

    fn check_seat(
        &self,
        places: &BTreeMap<String, TerritoryId>,
        faults: &mut Faults,
    ) -> MaybeUndefined<TerritoryId> {
        self.seat.clone().map(|code| {
            let code = code?;
            let found = places.get(&code).copied();
            if found.is_none() {
                faults.add(UserErrorCode::NotFound, &["input", "seat"], Atlas::unknown(&code));
            }
            found
        })
    }

    fn check_areas(
        &self,
        places: &BTreeMap<String, TerritoryId>,
        faults: &mut Faults,
    ) -> Option<Vec<organization_area::ActiveModel>> {
        let asked = listed(self.areas.clone())?;
        if asked.len() > 100 {
            faults.add(UserErrorCode::TooLong, &["input", "areas"], "At most 100 territories, please.");
        }
        let mut found = BTreeSet::new();
        for (place, code) in asked.iter().take(100).enumerate() {
            if let Some(territory) = places.get(code) {
                found.insert(*territory);
            } else {
                let path = ["input", "areas", &place.to_string()];
                faults.add(UserErrorCode::NotFound, &path, Atlas::unknown(code));
            }
        }
        let rows = found
            .into_iter()
            .map(|territory_id| organization_area::ActiveModel {
                territory_id: Set(territory_id),
                ..Default::default()
            })
            .collect();
        Some(rows)
    }

    async fn check_parent(
        &self,
        tx: &Tx,
        own: OrganizationId,
        faults: &mut Faults,
    ) -> Result<MaybeUndefined<OrganizationId>> {
        let path = ["input", "parentId"];
        let MaybeUndefined::Value(id) = &self.parent_id else {
            return Ok(self.parent_id.clone().map(|_| None));
        };
        let parent: OrganizationId = key(id)?;
        let wanted = Condition::all()
            .add(organization::Column::Id.eq(parent))
            .add(organization::Column::Verification.ne(Verification::Merged));
        if tx.see::<organization::Entity>().filter(wanted).one().await?.is_none() {
            faults.add(UserErrorCode::NotFound, &path, "No such organization.");
        } else if !may_be_parent(tx, own, parent).await? {
            faults.add(
                UserErrorCode::ParentCycle,
                &path,
                "This organization is, or is controlled by, the one you write about.",
            );
        }
        Ok(MaybeUndefined::Value(parent))
    }
}

/// Follows the parents upward, those the viewer does not see too. They stay locked: two organizations that become each
/// other's parent at the same moment wait for each other, and one of them learns of it.
pub async fn may_be_parent(tx: &Tx, own: OrganizationId, parent: OrganizationId) -> Result<bool> {
    let mut next = Some(parent);
    for _ in 0..HIGHEST {
        let Some(id) = next else { return Ok(true) };
        if id == own {
            return Ok(false);
        }
        let above = tx.see_as::<organization::Entity>(ORGS).locked().filter(organization::Column::Id.eq(id));
        next = above.one().await?.and_then(|row| row.parent_id);
    }
    Ok(next.is_none())
}

async fn check_identifiers(
    tx: &Tx,
    own: OrganizationId,
    asked: Vec<IdentifierInput>,
    faults: &mut Faults,
) -> Result<Vec<organization_identifier::ActiveModel>> {
    use organization_identifier::Column::{OrganizationId as Organization, Scheme, Value};
    if asked.len() > 20 {
        faults.add(UserErrorCode::TooLong, &["input", "identifiers"], "At most 20 identifiers, please.");
    }
    let mut places: BTreeMap<(IdentifierScheme, String), usize> = BTreeMap::new();
    for (place, item) in asked.into_iter().take(20).enumerate() {
        let path = ["input", "identifiers", &place.to_string(), "value"];
        match identifier::normal(item.scheme, &item.value) {
            Ok(value) => {
                places.entry((item.scheme, value)).or_insert(place);
            }
            Err(fault) => faults.add(fault.code(), &path, fault.message()),
        }
    }
    let same =
        places.keys().fold(Condition::any().add(Value.is_in::<String, _>([])), |any, (scheme, value)| {
            any.add(Condition::all().add(Scheme.eq(*scheme)).add(Value.eq(value)))
        });
    let taken = tx
        .see_as::<organization_identifier::Entity>(ORGS)
        .filter(same)
        .filter(Organization.ne(own))
        .all()
        .await?;
    for row in taken {
        if let Some(place) = places.get(&(row.scheme, row.value)) {
            let path = ["input", "identifiers", &place.to_string(), "value"];
            faults.add(
                UserErrorCode::Taken,
                &path,
                "Another organization has this number; if it is the same one, ask to join it.",
            );
        }
    }
    let rows = places.into_keys().map(|(scheme, value)| organization_identifier::ActiveModel {
        scheme: Set(scheme),
        value: Set(value),
        ..Default::default()
    });
    Ok(rows.collect())
}

/// A list as it replaces the old one: nothing if it was left out, empty if it was cleared.
fn listed<T>(asked: MaybeUndefined<Vec<T>>) -> Option<Vec<T>> {
    match asked {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(Vec::new()),
        MaybeUndefined::Value(list) => Some(list),
    }
}

fn text(
    asked: MaybeUndefined<String>,
    path: &[&str],
    most: usize,
    faults: &mut Faults,
) -> MaybeUndefined<String> {
    asked.map(|text| faults.text(text, path, most))
}

/// Writes what was given; `null` clears.
fn put<T: Into<sea_orm::Value> + sea_orm::sea_query::Nullable>(
    column: &mut ActiveValue<Option<T>>,
    asked: MaybeUndefined<T>,
) {
    match asked {
        MaybeUndefined::Undefined => {}
        MaybeUndefined::Null => *column = Set(None),
        MaybeUndefined::Value(value) => *column = Set(Some(value)),
    }
}

impl Parts {
    /// Writes the parts of a held organization.
    pub async fn write(self, tx: &mut Tx, held: &Held<organization::Entity>) -> Result<()> {
        if let Some(parts) = self.kinds {
            tx.replace::<organization_kind::Entity>(held, parts).await?;
        }
        if let Some(parts) = self.identifiers {
            tx.replace::<organization_identifier::Entity>(held, parts).await?;
        }
        if let Some(parts) = self.accreditations {
            tx.replace::<accreditation::Entity>(held, parts).await?;
        }
        if let Some(parts) = self.areas {
            tx.replace::<organization_area::Entity>(held, parts).await?;
        }
        Ok(())
    }
}
