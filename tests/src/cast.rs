//! Everybody and everything at once: a small network in which each kind of viewer meets each kind of row.

mod evidence;

use crate::{Actor, World};
use api::fold::fold;
use entity::{
    audit::audit_event,
    codes::*,
    identity::{mailed_link, personal_access_token, refresh_token, session},
    ids::{AuditEventId, InvitationId, OrganizationId, PersonalAccessTokenId, ProjectId, SessionId, UserId},
    orgs::{accreditation, invitation, organization_area, organization_identifier},
    projects::{co_holder, contact, project, project_term, project_territory},
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
        for organization in [lab, fallen] {
            self.profile(organization).await;
            self.trail(Some(organization), "lab owner").await;
        }
        self.trail(None, "stranger").await;
        self.trail(Some(lab), "administrator").await;
        self.invite(lab).await;
        self.secrets("lab owner").await;
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

    async fn describe(&self, project_id: ProjectId) {
        let world = &self.world;
        world.need(project_id, 5_000_000).await;
        let term_id = api::reference::load::term_id(Taxonomy::Theme, "EMP");
        world.insert(project_term::Model { project_id, term_id, is_primary: false }).await;
        let territory_id = api::reference::load::territory_id("DEP-31");
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
        let territory_id = api::reference::load::territory_id("REG-76");
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
