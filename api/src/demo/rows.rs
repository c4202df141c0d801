//! The demo's rows. Ids are fresh on each load.

mod contracts;

use super::{
    evidence::Known,
    files::{self, Organization, Persona, Project},
};
use door::{
    Error, Result,
    authz::Fill,
    fold::{fold, slug},
};
use entity::{
    At,
    codes::{
        AccreditationKind, ActorKind, CoHolderRole, ContactChannel, FundingInstrument, IdentifierScheme,
        LegalForm, Licence, MembershipRole, MembershipStatus, NeedKind, NeedState, PlatformRole,
        ProjectStage, ProjectStatus, Taxonomy, TerritoryRole, UserStatus, Verification, Visibility,
    },
    contracts::{
        claim_verification, contract, contract_investment, contract_party, contract_signature,
        contract_territory, contract_version, import_record, ledger_entry, outcome_claim, outcome_payment,
        payment_computation,
    },
    evidence::*,
    identity::user,
    ids::{MembershipId, NeedId, OrganizationId, ProjectId, UserId},
    orgs::{
        accreditation, membership, organization, organization_area, organization_identifier,
        organization_kind,
    },
    projects::{co_holder, contact, need, project, project_term, project_territory},
};
use network::reference::load::{term_id, territory_id};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    str::FromStr,
};

pub(super) fn faulty(what: &str) -> Error {
    Error::Internal(anyhow::anyhow!("demo network: {what}"))
}

pub(super) fn code<T: FromStr>(text: &str) -> Result<T> {
    text.parse().map_err(|_| faulty(text))
}

fn codes<T: FromStr>(text: Option<&String>) -> Result<Option<T>> {
    text.map(|text| code(text)).transpose()
}

/// `120000.00` as cents.
pub(super) fn minor_units(text: &str) -> Result<i64> {
    let (whole, cents) =
        text.split_once('.').filter(|(_, cents)| cents.len() == 2).ok_or_else(|| faulty(text))?;
    format!("{whole}{cents}").parse().map_err(|_| faulty(text))
}

macro_rules! rows {
    ($($field:ident: $table:ident),+ $(,)?) => {
        /// Everything to write, in an order in which each row finds those it names.
        #[derive(Default)]
        pub(super) struct Rows { $(pub(super) $field: Vec<$table::Model>),+ }

        impl Rows {
            pub(super) fn count(&self) -> u64 {
                0 $(+ self.$field.len() as u64)+
            }

            pub(super) async fn write(self, fill: &Fill, mut added: impl FnMut(u64)) -> Result<()> {
                $(fill.add::<$table::Entity>(self.$field, &mut added).await?;)+
                Ok(())
            }
        }
    };
}

rows! {
    users: user,
    organizations: organization,
    kinds: organization_kind,
    identifiers: organization_identifier,
    accreditations: accreditation,
    areas: organization_area,
    memberships: membership,
    projects: project,
    co_holders: co_holder,
    terms: project_term,
    territories: project_territory,
    needs: need,
    contacts: contact,
    records: import_record,
    contracts: contract,
    contract_parties: contract_party,
    contract_territories: contract_territory,
    contract_versions: contract_version,
    contract_signatures: contract_signature,
    contract_investments: contract_investment,
    outcome_claims: outcome_claim,
    claim_verifications: claim_verification,
    payment_computations: payment_computation,
    outcome_payments: outcome_payment,
    ledger_entries: ledger_entry,
    indicators: indicator,
    indicator_terms: indicator_term,
    working_groups: working_group,
    working_group_members: working_group_member,
    frameworks: framework,
    framework_dimensions: framework_dimension,
    framework_items: framework_item,
    adoptions: framework_adoption,
    exceptions: adoption_exception,
    uses: indicator_use,
    milestones: indicator_milestone,
    theories: theory,
    theory_nodes: theory_node,
    theory_links: theory_link,
    measurements: measurement,
    cells: measurement_cell,
    evaluations: evaluation,
    findings: finding,
}

/// All files as rows of now.
pub(super) fn read(now: At, password_hash: &str) -> Result<Rows> {
    let organizations = files::organizations()?;
    let keys: HashMap<String, OrganizationId> =
        organizations.iter().map(|given| (given.key.clone(), OrganizationId::fresh())).collect();
    let mut rows = Rows::default();
    for given in organizations {
        rows.organization(given, &keys, now)?;
    }
    let projects = files::projects()?;
    let count = i64::try_from(projects.len()).unwrap_or_default();
    let mut known = HashMap::new();
    for (place, given) in (0_i64..).zip(projects) {
        let (key, holder) = (given.key.clone(), organization_id(&keys, &given.holder)?);
        // A day apart, so that the newest has a meaning.
        let id = rows.project(given, &keys, now.plus((place - count) * At::DAY))?;
        known.insert(key, (id, holder));
    }
    rows.evidence(&Known { organizations: &keys, projects: &known, now })?;
    for given in files::personas()? {
        rows.persona(given, &keys, now, password_hash)?;
    }
    rows.recorded(&keys, now)?;
    rows.running(&keys, now)?;
    Ok(rows)
}

fn organization_id(keys: &HashMap<String, OrganizationId>, key: &str) -> Result<OrganizationId> {
    keys.get(key).copied().ok_or_else(|| faulty(key))
}

impl Rows {
    fn organization(
        &mut self,
        given: Organization,
        keys: &HashMap<String, OrganizationId>,
        now: At,
    ) -> Result<()> {
        let id = organization_id(keys, &given.key)?;
        let verification: Verification = code(&given.verification)?;
        for kind in given.kinds {
            self.kinds
                .push(organization_kind::Model { organization_id: id, kind: code::<ActorKind>(&kind)? });
        }
        for identifier in given.identifiers {
            let scheme: IdentifierScheme = code(&identifier.scheme)?;
            self.identifiers.push(organization_identifier::Model {
                organization_id: id,
                scheme,
                value: identifier.value,
            });
        }
        for (position, accreditation) in (0..).zip(given.accreditations) {
            self.accreditations.push(accreditation::Model {
                organization_id: id,
                position,
                kind: code::<AccreditationKind>(&accreditation.kind)?,
                reference: None,
                valid_from: accreditation.valid_from,
                valid_to: accreditation.valid_to,
            });
        }
        let areas: BTreeSet<_> = given.areas.iter().map(|area| territory_id(area)).collect();
        self.areas.extend(
            areas
                .into_iter()
                .map(|territory_id| organization_area::Model { organization_id: id, territory_id }),
        );
        self.organizations.push(organization::Model {
            id,
            slug: slug(&given.name, id),
            name_key: fold(&given.name),
            name: given.name,
            short_name: given.short_name,
            description: Some(given.description),
            legal_form: code::<LegalForm>(&given.legal_form)?,
            website: given.website,
            seat_id: given.seat.as_deref().map(territory_id),
            parent_id: given.parent.map(|key| organization_id(keys, &key)).transpose()?,
            verification,
            verification_reason: None,
            verified_at: (verification == Verification::Verified).then_some(now),
            merged_into_id: None,
            version: 1,
            created_at: now,
            updated_at: now,
        });
        Ok(())
    }

    fn project(
        &mut self,
        given: Project,
        keys: &HashMap<String, OrganizationId>,
        at: At,
    ) -> Result<ProjectId> {
        let id = ProjectId::fresh();
        let status: ProjectStatus = code(&given.status)?;
        self.project_terms(id, &given);
        for co_holder in &given.co_holders {
            let organization_id = organization_id(keys, &co_holder.organization)?;
            let role: CoHolderRole = code(&co_holder.role)?;
            self.co_holders.push(co_holder::Model { project_id: id, organization_id, role });
        }
        for place in &given.territories {
            let role: TerritoryRole = code(&place.role)?;
            let territory_id = territory_id(&place.code);
            self.territories.push(project_territory::Model { project_id: id, territory_id, role });
        }
        for need in given.needs {
            self.needs.push(need::Model {
                id: NeedId::fresh(),
                project_id: id,
                kind: code::<NeedKind>(&need.kind)?,
                instrument: codes::<FundingInstrument>(need.instrument.as_ref())?,
                amount_minor: need.amount.as_deref().map(minor_units).transpose()?,
                currency: need.currency,
                detail: need.detail,
                state: NeedState::Open,
                version: 1,
                created_at: at,
                updated_at: at,
            });
        }
        for (position, contact) in (0..).zip(given.contacts) {
            self.contacts.push(contact::Model {
                project_id: id,
                position,
                name: contact.name,
                role: contact.role,
                channel: code::<ContactChannel>(&contact.channel)?,
                value: contact.value,
                visibility: code::<Visibility>(&contact.visibility)?,
            });
        }
        let translations: BTreeMap<_, _> =
            given.translations.into_iter().map(|given| (given.language, given.texts)).collect();
        self.projects.push(project::Model {
            id,
            slug: slug(&given.title, id),
            holder_id: organization_id(keys, &given.holder)?,
            language: given.language,
            title_key: fold(&given.title),
            title: given.title,
            summary: given.summary,
            description: Some(given.description),
            need_addressed: Some(given.need_addressed),
            solution: Some(given.solution),
            translations: serde_json::to_value(translations).map_err(anyhow::Error::from)?,
            stage: code::<ProjectStage>(&given.stage)?,
            started_on: given.started_on,
            licence: code::<Licence>(&given.licence)?,
            manual_url: None,
            status,
            return_reason: None,
            published_at: (status == ProjectStatus::Published).then_some(at),
            merged_into_id: None,
            version: 1,
            created_at: at,
            updated_at: at,
        });
        Ok(id)
    }

    fn project_terms(&mut self, id: ProjectId, given: &Project) {
        let mut terms = BTreeMap::new();
        for (taxonomy, codes) in [
            (Taxonomy::Theme, &given.themes),
            (Taxonomy::Public, &given.publics),
            (Taxonomy::Method, &given.methods),
        ] {
            terms.extend(codes.iter().map(|code| (term_id(taxonomy, code), false)));
        }
        terms.insert(term_id(Taxonomy::PolicySector, &given.policy_sector), false);
        for sdg in &given.sdgs {
            let taxonomy = if sdg.contains('.') { Taxonomy::SdgTarget } else { Taxonomy::SdgGoal };
            terms.insert(term_id(taxonomy, sdg), false);
        }
        terms.insert(term_id(Taxonomy::SdgGoal, &given.sdg_primary), true);
        self.terms.extend(terms.into_iter().map(|(term_id, is_primary)| project_term::Model {
            project_id: id,
            term_id,
            is_primary,
        }));
    }

    fn persona(
        &mut self,
        given: Persona,
        keys: &HashMap<String, OrganizationId>,
        now: At,
        password_hash: &str,
    ) -> Result<()> {
        let id = UserId::fresh();
        for seat in given.memberships {
            self.memberships.push(membership::Model {
                id: MembershipId::fresh(),
                user_id: id,
                organization_id: organization_id(keys, &seat.organization)?,
                role: code::<MembershipRole>(&seat.role)?,
                status: MembershipStatus::Active,
                since: Some(now),
                version: 1,
                created_at: now,
                updated_at: now,
            });
        }
        self.users.push(user::Model {
            id,
            email: given.email,
            email_verified_at: Some(now),
            name_key: fold(&given.display_name),
            display_name: given.display_name,
            locale: given.locale,
            profile_kind: codes::<ActorKind>(given.profile_kind.as_ref())?,
            password_hash: Some(password_hash.to_owned()),
            password_changed_at: Some(now),
            status: UserStatus::Active,
            platform_role: code::<PlatformRole>(&given.platform_role)?,
            version: 1,
            created_at: now,
            updated_at: now,
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_make_rows() {
        let rows = read(At(1_800_000_000_000_000), "hash").expect("rows");
        assert_eq!((rows.organizations.len(), rows.projects.len(), rows.users.len()), (137, 40, 8));
        assert!(rows.users.iter().all(|user| user.email.ends_with("example.org")));
        assert_eq!((rows.contracts.len(), rows.outcome_payments.len()), (26, 1));
        let due = rows.outcome_payments.first().map(|payment| payment.amount_minor);
        assert_eq!(due, Some(3_100_000), "11 jobs at 2,000, 20 licences at 400 and 4 at 250");
        let primary = rows.terms.iter().filter(|term| term.is_primary).count();
        assert_eq!(primary, 40, "each project serves one goal first");
    }

    #[test]
    fn amounts_are_cents() {
        assert_eq!(minor_units("120000.00").ok(), Some(12_000_000));
        assert!(minor_units("120000").is_err());
    }
}
