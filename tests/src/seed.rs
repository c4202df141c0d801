//! Rows and projects that stories begin with.

use crate::{Actor, World};
use door::fold::{fold, slug};
use entity::{
    codes::*,
    identity::user,
    ids::{MembershipId, NeedId, OrganizationId, ProjectId, UserId},
    orgs::{membership, organization, organization_kind},
    projects::{need, project},
};
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, ModelTrait,
    QueryFilter, Set,
};
use serde_json::{Value, json};

impl World {
    /// Adds a row as it is.
    pub async fn insert<M>(&self, row: M)
    where
        M: ModelTrait + IntoActiveModel<<M::Entity as EntityTrait>::ActiveModel>,
        <M::Entity as EntityTrait>::ActiveModel:
            ActiveModelTrait<Entity = M::Entity> + ActiveModelBehavior + Send,
    {
        let row = row.into_active_model().reset_all();
        M::Entity::insert(row).exec_without_returning(self.pool()).await.expect("the row is added");
    }

    /// Somebody with an account and no organization.
    pub async fn staff(&self, name: &str, platform_role: PlatformRole) -> Actor {
        let (id, now) = (UserId::fresh(), self.now());
        let email = format!("{}@example.org", slug(name, id));
        let row = user::Model {
            id,
            email,
            email_verified_at: Some(now),
            display_name: name.to_owned(),
            name_key: fold(name),
            locale: "fr".to_owned(),
            profile_kind: None,
            password_hash: None,
            password_changed_at: None,
            status: UserStatus::Active,
            platform_role,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        self.insert(row).await;
        let token = Some(self.token_for(id).await);
        Actor { user: Some(id), name: name.to_owned(), token, ..self.visitor() }
    }

    /// Address of an account.
    pub async fn email(&self, user: UserId) -> String {
        let row = user::Entity::find_by_id(user).one(self.pool()).await.expect("an answer");
        row.expect("an account").email
    }

    pub async fn organization(
        &self,
        name: &str,
        kind: ActorKind,
        verification: Verification,
    ) -> OrganizationId {
        let (id, now) = (OrganizationId::fresh(), self.now());
        let row = organization::Model {
            id,
            slug: slug(name, id),
            name: name.to_owned(),
            name_key: fold(name),
            short_name: None,
            description: None,
            legal_form: LegalForm::Association,
            website: None,
            seat_id: None,
            parent_id: None,
            verification,
            verification_reason: None,
            verified_at: (verification == Verification::Verified).then_some(now),
            merged_into_id: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        self.insert(row).await;
        self.insert(organization_kind::Model { organization_id: id, kind }).await;
        id
    }

    pub async fn seat(
        &self,
        user: UserId,
        organization: OrganizationId,
        role: MembershipRole,
    ) -> MembershipId {
        self.membership(user, organization, role, MembershipStatus::Active).await
    }

    pub async fn membership(
        &self,
        user_id: UserId,
        organization_id: OrganizationId,
        role: MembershipRole,
        status: MembershipStatus,
    ) -> MembershipId {
        let (id, now) = (MembershipId::fresh(), self.now());
        let since = (status == MembershipStatus::Active).then_some(now);
        let row = membership::Model {
            id,
            user_id,
            organization_id,
            role,
            status,
            since,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        self.insert(row).await;
        id
    }

    /// Empties all seats of an organization.
    pub async fn unseat(&self, organization: OrganizationId) {
        let seats =
            membership::Entity::delete_many().filter(membership::Column::OrganizationId.eq(organization));
        seats.exec(self.pool()).await.expect("seats are emptied");
    }

    pub async fn set_status(&self, user: UserId, status: UserStatus) {
        let row = user::ActiveModel { id: Set(user), status: Set(status), ..Default::default() };
        row.update(self.pool()).await.expect("the status is set");
    }

    /// Whether somebody has proved to own their address.
    pub async fn set_verified(&self, user: UserId, is_verified: bool) {
        let at = is_verified.then(|| self.now());
        let row = user::ActiveModel { id: Set(user), email_verified_at: Set(at), ..Default::default() };
        row.update(self.pool()).await.expect("the address is proved or not");
    }

    /// Published projects of an organization, in bulk: `change` makes each what the story needs.
    pub async fn projects(
        &self,
        holder: OrganizationId,
        count: usize,
        change: impl Fn(usize, &mut project::Model),
    ) -> Vec<project::Model> {
        let mut rows = Vec::new();
        for place in 0..count {
            let mut row = self.published(holder, &format!("Projet {place}"));
            change(place, &mut row);
            row.title_key = fold(&row.title);
            self.insert(row.clone()).await;
            rows.push(row);
        }
        self.settle().await;
        rows
    }

    /// Derives what follows from rows that were added as they are.
    pub async fn settle(&self) {
        self.0.app.pools.rebuild_read_model().await.expect("the read model");
    }

    /// Row of a published project, not yet added.
    pub fn published(&self, holder_id: OrganizationId, title: &str) -> project::Model {
        let (id, now) = (ProjectId::fresh(), self.now());
        project::Model {
            id,
            slug: slug(title, id),
            holder_id,
            language: "fr".to_owned(),
            title: title.to_owned(),
            title_key: fold(title),
            summary: "Un résumé.".to_owned(),
            description: None,
            need_addressed: None,
            solution: None,
            translations: json!({}),
            stage: ProjectStage::Experimentation,
            started_on: None,
            licence: Licence::CcBy,
            manual_url: None,
            status: ProjectStatus::Published,
            return_reason: None,
            published_at: Some(now),
            merged_into_id: None,
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }

    /// Adds an open funding need of so many euros' cents.
    pub async fn need(&self, project: ProjectId, cents: i64) -> NeedId {
        let (id, now) = (NeedId::fresh(), self.now());
        let row = need::Model {
            id,
            project_id: project,
            kind: NeedKind::Funding,
            instrument: Some(FundingInstrument::Grant),
            amount_minor: Some(cents),
            currency: Some("EUR".to_owned()),
            detail: Some("Pour trois ans.".to_owned()),
            state: NeedState::Open,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        self.insert(row).await;
        self.settle().await;
        id
    }

    /// Owner of a new organization.
    pub async fn owner(&self, name: &str, kind: ActorKind, verification: Verification) -> Actor {
        let organization = self.organization(name, kind, verification).await;
        self.member(name, organization, MembershipRole::Owner).await
    }

    /// Somebody new with a seat in an organization.
    pub async fn member(&self, name: &str, organization: OrganizationId, role: MembershipRole) -> Actor {
        let person = self.staff(name, PlatformRole::None).await;
        self.seat(person.user.expect("an account"), organization, role).await;
        Actor { organization: Some(organization), ..person }
    }
}

const CREATE: &str = "mutation ($input: ProjectCreateInput!) {
    projectCreate(input: $input) { project { id } errors { code path message } } }";
const SUBMIT: &str = "mutation ($input: ProjectSubmitInput!) {
    projectSubmit(input: $input) { project { status } errors { code path message } } }";

impl Actor {
    /// Adds a draft with nothing but what is required, and what is given.
    pub async fn drafts(&self, title: &str, more: Value) -> String {
        let mut input = json!({
            "holderId": self.org(),
            "title": title,
            "summary": format!("What {title} is about."),
            "stage": "EXPERIMENTATION",
        });
        merge(&mut input, more);
        self.asks(CREATE, json!({ "input": input })).await.text("/projectCreate/project/id")
    }

    /// Publishes a project that is complete enough, with what is given.
    pub async fn publishes(&self, title: &str, more: Value) -> String {
        let mut details = complete();
        merge(&mut details, more);
        let id = self.drafts(title, details).await;
        let submitted = self.asks(SUBMIT, json!({ "input": { "id": id } })).await;
        assert_eq!(submitted.text("/projectSubmit/project/status"), "PUBLISHED", "{submitted:#?}");
        id
    }
}

/// Seven of the ten things that make a description complete; none of them a need.
pub fn complete() -> Value {
    json!({
        "description": "Ce que nous faisons.",
        "needAddressed": "L'eau manque.",
        "solution": "La pluie se garde.",
        "startedOn": "2024-05",
        "themes": ["EMP"],
        "territories": [{ "code": "DEP-31", "role": "ACTIVE" }],
    })
}

/// Lays members over members.
fn merge(below: &mut Value, above: Value) {
    let (Value::Object(below), Value::Object(above)) = (below, above) else { return };
    below.extend(above);
}
