//! Everybody and everything at once: a small network in which each kind of viewer meets each kind of row.

mod evidence;

use crate::{Actor, World};
use door::fold::fold;
use entity::{
    audit::audit_event,
    codes::*,
    contracts::{
        claim_contestation, claim_verification, contract, contract_consent, contract_investment,
        contract_party, contract_repayment, contract_signature, contract_territory, contract_version,
        evidence_document, import_record, ledger_entry, outcome_claim, outcome_payment, payment_computation,
    },
    identity::{mailed_link, personal_access_token, refresh_token, session},
    ids::{
        AuditEventId, ClaimId, ComputationId, ContestationId, ContractId, ContractPartyId, ContractVersionId,
        EvidenceDocumentId, InterestId, InvestmentId, InvitationId, LedgerEntryId, OrganizationId, PaymentId,
        PersonalAccessTokenId, ProjectId, RepaymentId, ReplicationId, SessionId, UserId, VerificationId,
    },
    interests::interest,
    orgs::{accreditation, invitation, organization_area, organization_identifier},
    projects::{co_holder, contact, project, project_term, project_territory, replication},
};
use serde_json::json;
use std::collections::HashMap;
use uuid::Uuid;

/// People by name, and the names of all keys.
pub struct Cast {
    pub world: World,
    pub people: Vec<Actor>,
    pub names: HashMap<Uuid, String>,
}

impl Cast {
    pub async fn new() -> Self {
        let mut cast = Self { world: World::searching().await, people: Vec::new(), names: HashMap::new() };
        cast.gather().await;
        cast.fill().await;
        cast.world.settle().await;
        cast
    }

    pub fn person(&self, name: &str) -> &Actor {
        self.people.iter().find(|person| person.name == name).unwrap_or_else(|| panic!("who is {name}?"))
    }

    fn org(&self, name: &str) -> OrganizationId {
        self.person(&format!("{name} owner")).organization.expect("an organization")
    }

    fn enters(&mut self, person: Actor) {
        self.names.insert(person.user.expect("an account").0, person.name.clone());
        self.people.push(person);
    }

    async fn gather(&mut self) {
        use {ActorKind::*, Verification::*};
        for (name, kind, verification) in [
            ("lab", Innovator, Verified),
            ("other", Innovator, Verified),
            ("fund", Funder, Verified),
            ("city", PublicDecisionMaker, Verified),
            ("university", University, Verified),
            ("newcomer", Innovator, Unverified),
            ("fallen", Innovator, Suspended),
        ] {
            let organization = self.world.organization(name, kind, verification).await;
            self.names.insert(organization.0, name.to_owned());
            let owner =
                self.world.member(&format!("{name} owner"), organization, MembershipRole::Owner).await;
            self.enters(owner);
        }
        let lab = self.org("lab");
        for role in [MembershipRole::Admin, MembershipRole::Editor, MembershipRole::Viewer] {
            let member = self.world.member(&format!("lab {}", fold(role.en())), lab, role).await;
            self.enters(member);
        }
        for (name, status) in
            [("lab former", MembershipStatus::Left), ("lab candidate", MembershipStatus::Requested)]
        {
            let person = self.world.staff(name, PlatformRole::None).await;
            self.world.membership(person.user.expect("an account"), lab, MembershipRole::Owner, status).await;
            self.enters(person);
        }
        for (name, role) in [
            ("stranger", PlatformRole::None),
            ("invited", PlatformRole::None),
            ("curator", PlatformRole::Curator),
            ("steward", PlatformRole::DataSteward),
            ("administrator", PlatformRole::Admin),
        ] {
            let person = self.world.staff(name, role).await;
            self.enters(person);
        }
    }

    async fn fill(&mut self) {
        let (lab, fallen) = (self.org("lab"), self.org("fallen"));
        let mut shown = None;
        for status in ProjectStatus::all() {
            let row = self.project(lab, status).await;
            if status == ProjectStatus::Published {
                shown = Some(row);
            }
        }
        let draft = self.project(self.org("other"), ProjectStatus::Draft).await;
        for holder in [fallen, self.org("newcomer")] {
            self.project(holder, ProjectStatus::Published).await;
        }
        let shown = shown.expect("a published project");
        for project in [shown, draft] {
            self.describe(project).await;
        }
        self.measured(shown).await;
        self.replicated(shown, draft).await;
        for organization in [lab, fallen] {
            self.profile(organization).await;
            self.trail(Some(organization), "lab owner").await;
        }
        self.trail(None, "stranger").await;
        self.trail(Some(lab), "administrator").await;
        self.interests().await;
        self.contract(ContractStatus::Negotiation).await;
        self.contract(ContractStatus::Active).await;
        self.used_elsewhere().await;
        self.invite(lab).await;
        self.secrets("lab owner").await;
    }

    /// A model of lab, as other replicates it.
    async fn replicated(&mut self, project_id: ProjectId, replica: ProjectId) {
        let now = self.world.now();
        for status in ReplicationStatus::all() {
            // Of those that go on, there is one for each territory.
            let place = if status == ReplicationStatus::Confirmed { "DEP-81" } else { "DEP-31" };
            let row = replication::Model {
                id: ReplicationId::fresh(),
                project_id,
                holder_id: self.org("lab"),
                organization_id: self.org("other"),
                replica_id: Some(replica),
                territory_id: network::reference::load::territory_id(place),
                adaptation: "En zone rurale.".to_owned(),
                since: None,
                status,
                denial_reason: (status == ReplicationStatus::Denied).then(|| "Autre chose.".to_owned()),
                version: 1,
                created_at: now,
                updated_at: now,
            };
            self.world.insert(row).await;
        }
    }

    async fn project(&mut self, holder: OrganizationId, status: ProjectStatus) -> ProjectId {
        let row = self.world.published(holder, &format!("{} of {}", status.code(), self.names[&holder.0]));
        let published_at = row.published_at.filter(|_| status != ProjectStatus::Draft);
        let return_reason = (status == ProjectStatus::Draft).then(|| "Encore un effort.".to_owned());
        let id = row.id;
        self.world.insert(project::Model { status, published_at, return_reason, ..row }).await;
        self.names.insert(id.0, format!("{} {}", self.names[&holder.0], status.code()));
        id
    }

    /// The university has one in the city, a person of the fund one in the lab.
    async fn interests(&mut self) {
        let (now, university) = (self.world.now(), self.org("university"));
        let person = self.person("fund owner").user;
        for (organization_id, user_id, against) in [(Some(university), None, "city"), (None, person, "lab")] {
            self.world
                .insert(interest::Model {
                    id: InterestId::fresh(),
                    organization_id,
                    user_id,
                    against_id: self.org(against),
                    nature: InterestNature::Funding,
                    from_on: None,
                    to_on: None,
                    detail: Some("A chair.".to_owned()),
                    version: 1,
                    created_at: now,
                    updated_at: now,
                })
                .await;
        }
    }

    /// A contract in which lab operates, fund invests, city pays and university evaluates, with a row in every table.
    async fn contract(&mut self, status: ContractStatus) {
        let (lab, fund, city, university) =
            (self.org("lab"), self.org("fund"), self.org("city"), self.org("university"));
        let (world, now) = (self.world.clone(), self.world.now());
        let user = self.person("lab owner").user.expect("an account");
        let contract_id = ContractId::fresh();
        self.names.insert(contract_id.0, format!("contract {}", status.code()));
        let seats = [
            (lab, PartyRole::Operator),
            (fund, PartyRole::Investor),
            (city, PartyRole::OutcomePayer),
            (university, PartyRole::Evaluator),
        ];
        let roles: serde_json::Map<_, _> =
            seats.iter().map(|(id, role)| (id.0.to_string(), json!([role.code()]))).collect();
        world
            .insert(import_record::Model {
                source: "SAMPLE".to_owned(),
                kind: "FUND".to_owned(),
                external_id: contract_id.to_string(),
                organization_id: None,
                content: json!({}),
            })
            .await;
        world
            .insert(contract::Model {
                id: contract_id,
                slug: contract_id.to_string(),
                title: "A contract".to_owned(),
                title_key: "a contract".to_owned(),
                search_key: "a contract".to_owned(),
                summary: None,
                structure: ContractStructure::Framework,
                social_challenge: None,
                intervention: None,
                policy_sector: None,
                country: None,
                sdg_goals: String::new(),
                target_population: None,
                planned_people: None,
                signed_on: None,
                service_starts_on: None,
                service_ends_on: None,
                service_started_on: None,
                service_ended_on: None,
                completed_on: None,
                currency: "EUR".to_owned(),
                cap_minor: None,
                investment_minor: None,
                accepts_unfunded: false,
                contestation_days: 15,
                second_person_minor: None,
                fees_first_minor: 0,
                recycled_minor: 0,
                premium_minor: 0,
                drawdown_waived: false,
                status,
                lead_id: lab,
                creator_id: lab,
                roles: roles.into(),
                terms: json!({}),
                disclosure: json!({}),
                closing_report: None,
                status_reason: None,
                is_imported: false,
                external_id: None,
                issues: json!([]),
                extra: json!({}),
                version: 1,
                created_at: now,
                updated_at: now,
            })
            .await;
        let mut parties = Vec::new();
        for (organization_id, role) in seats {
            let id = ContractPartyId::fresh();
            parties.push(id);
            world
                .insert(contract_party::Model {
                    id,
                    contract_id,
                    organization_id,
                    role,
                    is_lead: role == PartyRole::Evaluator,
                    is_signatory: true,
                    max_commitment_minor: None,
                    territory: None,
                    fee_minor: None,
                    waives_conflicts: false,
                    position: 0,
                    since: now,
                    until: None,
                    version: 1,
                    created_at: now,
                    updated_at: now,
                })
                .await;
        }
        let territory_id = network::reference::load::territory_id("DEP-31");
        world.insert(contract_territory::Model { contract_id, territory_id }).await;
        let (version_id, claim_id, investment_id) =
            (ContractVersionId::fresh(), ClaimId::fresh(), InvestmentId::fresh());
        world
            .insert(contract_version::Model {
                id: version_id,
                contract_id,
                number: 1,
                content: json!({}),
                hash: "0".to_owned(),
                reason: None,
                effective_from: None,
                recomputes: false,
                state: VersionState::Frozen,
                frozen_at: now,
                signed_at: None,
            })
            .await;
        let party_id = parties[0];
        world
            .insert(contract_signature::Model {
                version_id,
                party_id,
                contract_id,
                user_id: user,
                hash: "0".to_owned(),
                at: now,
            })
            .await;
        let subject = "SERVICE_START".to_owned();
        world
            .insert(contract_consent::Model { contract_id, subject, party_id, user_id: user, at: now })
            .await;
        world
            .insert(contract_investment::Model {
                id: investment_id,
                contract_id,
                party_id: parties[1],
                organization_id: fund,
                rank: 1,
                instrument: FundingInstrument::LoanSenior,
                committed_minor: 1,
                coupon_ppm: 0,
                variable_minor: 0,
                return_cap_kind: None,
                return_cap_ppm: None,
                max_loss_ppm: None,
                version: 1,
                created_at: now,
                updated_at: now,
            })
            .await;
        world
            .insert(outcome_claim::Model {
                id: claim_id,
                contract_id,
                number: 1,
                kind: ClaimKind::Interim,
                from_on: "2026-01-01".to_owned(),
                to_on: "2026-12-31".to_owned(),
                lines: json!([]),
                profiles: json!([]),
                note: None,
                state: ClaimState::Submitted,
                question: None,
                answer: None,
                submitted_at: None,
                submitted_by_id: None,
                verified_at: None,
                contestable_until: None,
                final_at: None,
                version: 1,
                created_at: now,
                updated_at: now,
            })
            .await;
        world
            .insert(evidence_document::Model {
                id: EvidenceDocumentId::fresh(),
                contract_id,
                claim_id,
                organization_id: lab,
                uploaded_by_id: user,
                name: "Attestation.pdf".to_owned(),
                media_type: "application/pdf".to_owned(),
                size_bytes: 1,
                sha256: "0".to_owned(),
                metric: None,
                created_at: now,
            })
            .await;
        world
            .insert(claim_verification::Model {
                id: VerificationId::fresh(),
                contract_id,
                claim_id,
                organization_id: university,
                user_id: user,
                revision: 1,
                opinion: VerificationOpinion::Full,
                lines: json!([]),
                profiles: json!([]),
                report: None,
                created_at: now,
            })
            .await;
        world
            .insert(claim_contestation::Model {
                id: ContestationId::fresh(),
                contract_id,
                claim_id,
                party_id,
                organization_id: lab,
                grounds: "No.".to_owned(),
                way: None,
                resolution: None,
                resolved_at: None,
                created_at: now,
            })
            .await;
        let computation_id = ComputationId::fresh();
        world
            .insert(payment_computation::Model {
                id: computation_id,
                contract_id,
                claim_id,
                version_id,
                engine: "1".to_owned(),
                input_hash: "0".to_owned(),
                result: json!({}),
                cumulative_minor: 1,
                due_minor: 1,
                credit_minor: 0,
                unfunded_minor: 0,
                created_at: now,
            })
            .await;
        world
            .insert(outcome_payment::Model {
                id: PaymentId::fresh(),
                contract_id,
                computation_id: Some(computation_id),
                payer_id: city,
                payee_id: lab,
                amount_minor: 1,
                currency: "EUR".to_owned(),
                state: PaymentState::Computed,
                called_at: None,
                due_on: None,
                approved_by_id: None,
                approved_at: None,
                second_approval_by_id: None,
                paid_at: None,
                reference: None,
                received_at: None,
                held_until: None,
                hold_reason: None,
                version: 1,
                created_at: now,
                updated_at: now,
            })
            .await;
        world
            .insert(contract_repayment::Model {
                id: RepaymentId::fresh(),
                contract_id,
                investment_id,
                organization_id: fund,
                kind: RepaymentKind::Principal,
                amount_minor: 1,
                created_at: now,
            })
            .await;
        world
            .insert(ledger_entry::Model {
                id: LedgerEntryId::fresh(),
                contract_id,
                sequence: 1,
                at: now,
                kind: LedgerKind::DrawDown,
                debit_id: None,
                credit_id: Some(fund),
                amount_minor: 1,
                currency: "EUR".to_owned(),
                subject: None,
                reason: None,
                reverses_id: None,
            })
            .await;
    }

    async fn describe(&self, project_id: ProjectId) {
        let world = &self.world;
        world.need(project_id, 5_000_000).await;
        let term_id = network::reference::load::term_id(Taxonomy::Theme, "EMP");
        world.insert(project_term::Model { project_id, term_id, is_primary: false }).await;
        let territory_id = network::reference::load::territory_id("DEP-31");
        world
            .insert(project_territory::Model { project_id, territory_id, role: TerritoryRole::Active })
            .await;
        for partner in ["university", "fallen"] {
            let organization_id = self.org(partner);
            let role = CoHolderRole::all().next().expect("a role");
            world.insert(co_holder::Model { project_id, organization_id, role }).await;
        }
        for (position, visibility) in (0..).zip(Visibility::all()) {
            let (name, value) =
                (format!("For {}", visibility.code()), format!("desk-{position}@example.org"));
            let channel = ContactChannel::Email;
            world
                .insert(contact::Model { project_id, position, name, role: None, channel, value, visibility })
                .await;
        }
    }

    async fn profile(&self, organization_id: OrganizationId) {
        let (scheme, value) = (IdentifierScheme::Other, organization_id.to_string());
        self.world.insert(organization_identifier::Model { organization_id, scheme, value }).await;
        let territory_id = network::reference::load::territory_id("REG-76");
        self.world.insert(organization_area::Model { organization_id, territory_id }).await;
        let row = accreditation::Model {
            organization_id,
            position: 0,
            kind: AccreditationKind::Esus,
            reference: None,
            valid_from: Some("2024-01-01".to_owned()),
            valid_to: None,
        };
        self.world.insert(row).await;
    }

    async fn trail(&self, organization_id: Option<OrganizationId>, actor: &str) {
        let row = audit_event::Model {
            id: AuditEventId::fresh(),
            at: self.world.now(),
            actor_id: self.person(actor).user,
            organization_id,
            action: "projectUpdate".to_owned(),
            subject: None,
            changes: json!({ "stage": ["IDEATION", "SCALING"] }),
            reason: None,
            request_id: Some("request-1".to_owned()),
            address: Some("192.0.2.7".to_owned()),
        };
        self.world.insert(row).await;
    }

    async fn invite(&self, organization_id: OrganizationId) {
        let invited = self.person("invited").user.expect("an account");
        let now = self.world.now();
        let row = invitation::Model {
            id: InvitationId::fresh(),
            organization_id,
            email: self.world.email(invited).await,
            role: MembershipRole::Editor,
            message: None,
            invited_by_id: self.person("lab owner").user.expect("an account"),
            state: InvitationState::Sent,
            expires_at: now.plus(entity::At::DAY),
            version: 1,
            created_at: now,
            updated_at: now,
        };
        self.world.insert(row).await;
    }

    async fn secrets(&self, name: &str) {
        let user_id: UserId = self.person(name).user.expect("an account");
        let now = self.world.now();
        let expires_at = now.plus(entity::At::DAY);
        let session_id = SessionId::fresh();
        let row = session::Model {
            id: session_id,
            user_id,
            user_agent: None,
            address: None,
            authenticated_at: now,
            last_used_at: now,
            expires_at,
            ended_at: None,
            created_at: now,
        };
        self.world.insert(row).await;
        self.world
            .insert(refresh_token::Model { hash: vec![1; 32], session_id, used_at: None, expires_at })
            .await;
        let (purpose, email) = ("RESET_PASSWORD".to_owned(), self.world.email(user_id).await);
        let link =
            mailed_link::Model { hash: vec![2; 32], user_id, purpose, email, used_at: None, expires_at };
        self.world.insert(link).await;
        let token = personal_access_token::Model {
            id: PersonalAccessTokenId::fresh(),
            user_id,
            name: "A script".to_owned(),
            hash: vec![3; 32],
            scopes: "READ".to_owned(),
            expires_at,
            last_used_at: None,
            revoked_at: None,
            created_at: now,
        };
        self.world.insert(token).await;
    }
}
