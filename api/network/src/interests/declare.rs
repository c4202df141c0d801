//! Declaring an interest, and saying that it is over.

use crate::{
    face::{Door, ViewerPermission, key, payload},
    identity::User,
    orgs::Organization,
};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use door::{
    Error, Faults, Nullable, Result, UserErrorCode,
    authz::{Act, Event, Policy, Store, check_version},
    nullable,
};
use entity::{
    codes::InterestNature,
    identity::user,
    ids::{InterestId, OrganizationId},
    interests::interest,
    orgs::organization,
};
use gql::scalars::{DateTime, FuzzyDate};
use sea_orm::{ColumnTrait, Set};

/// What ties an organization or a person to another organization, as they say themselves.
#[derive(Clone)]
pub struct Interest(pub interest::Model);

impl From<interest::Model> for Interest {
    fn from(row: interest::Model) -> Self {
        Self(row)
    }
}

/// What the viewer may do to a declaration.
#[derive(Clone, Debug, SimpleObject)]
pub struct InterestViewerPermissions {
    /// `interestEnd`.
    pub end: ViewerPermission,
}

/// What ties an organization or a person to another organization, as they say themselves.
///
/// Who sees it: whoever declared it, staff, and the parties of a contract in which both ends take part.
#[Object]
impl Interest {
    /// Id, `itr_…`.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Version, for `ifVersion`.
    async fn version(&self) -> String {
        self.0.version.to_string()
    }

    /// When it was declared.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at.0)
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at.0)
    }

    /// Organization that declares; `null` if a person does.
    async fn organization(&self, ctx: &Context<'_>) -> Nullable<Organization> {
        let id = self.0.organization_id?;
        let row = ctx.store().load::<organization::Entity>(id).await;
        nullable(row.map(|row| row.map(Organization)))
    }

    /// Person that declares; `null` if an organization does.
    async fn user(&self, ctx: &Context<'_>) -> Nullable<User> {
        let id = self.0.user_id?;
        nullable(ctx.store().load::<user::Entity>(id).await.map(|row| row.map(User)))
    }

    /// Organization it is against.
    async fn against(&self, ctx: &Context<'_>) -> Nullable<Organization> {
        let row = ctx.store().load::<organization::Entity>(self.0.against_id).await;
        nullable(row.map(|row| row.map(Organization)))
    }

    /// What kind of tie it is.
    async fn nature(&self) -> InterestNature {
        self.0.nature
    }

    /// Since when.
    async fn from_on(&self) -> Option<FuzzyDate> {
        self.0.from_on.clone().map(FuzzyDate)
    }

    /// Until when; it goes on if `null`.
    async fn to_on(&self) -> Option<FuzzyDate> {
        self.0.to_on.clone().map(FuzzyDate)
    }

    /// What it is about. Who sees it: whoever declared it, and staff.
    async fn detail(&self, ctx: &Context<'_>) -> Option<String> {
        let detail = || self.0.detail.clone();
        ctx.store().reveal::<interest::Entity, _>("Interest.detail", &self.0, detail).flatten()
    }

    /// What the viewer may do now.
    async fn viewer_permissions(&self, ctx: &Context<'_>) -> InterestViewerPermissions {
        let viewer = ctx.store().viewer();
        let may = interest::Entity::allows(viewer, Act::Edit, &self.0);
        InterestViewerPermissions { end: ViewerPermission::judge(viewer, may, self.0.to_on.is_none()) }
    }
}

/// Declares an interest.
#[derive(Clone, Debug, InputObject)]
pub struct InterestDeclareInput {
    /// Organization that declares; the viewer declares for itself unless given.
    pub organization_id: Option<ID>,
    /// Organization it is against.
    pub against_id: ID,
    /// What kind of tie it is.
    pub nature: InterestNature,
    /// Since when.
    pub from_on: Option<FuzzyDate>,
    /// Until when; it goes on unless given.
    pub to_on: Option<FuzzyDate>,
    /// What it is about; at most 5,000 characters.
    pub detail: Option<String>,
}

/// Says that an interest is over.
#[derive(Clone, Debug, InputObject)]
pub struct InterestEndInput {
    /// Declaration.
    pub id: ID,
    /// Version that was read; refuses if it has changed since.
    pub if_version: Option<String>,
    /// Last day.
    pub to_on: FuzzyDate,
}

payload! {
    /// Outcome of `interestDeclare`.
    InterestDeclarePayload {
        /// Declaration as it is now.
        interest: Interest
    }
}

payload! {
    /// Outcome of `interestEnd`.
    InterestEndPayload {
        /// Declaration as it is now.
        interest: Interest
    }
}

#[derive(Clone, Copy, Default)]
pub struct InterestMutation;

#[Object]
impl InterestMutation {
    /// Declares what ties one's organization, or oneself, to another organization (rule BR-3).
    ///
    /// It counts wherever the declarer has to be independent. For administrators of the organization; for oneself, anybody.
    ///
    /// Errors: `NOT_FOUND`, `INVALID`, `OUT_OF_RANGE`, `TOO_LONG`; top level: `FORBIDDEN`.
    async fn interest_declare(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is declared.")] input: InterestDeclareInput,
    ) -> Nullable<InterestDeclarePayload> {
        payload(declare(ctx.store(), input).await)
    }

    /// Says that a declared interest is over; what was stays on record.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `OUT_OF_RANGE`; top level: `FORBIDDEN`.
    async fn interest_end(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one, and its last day.")] input: InterestEndInput,
    ) -> Nullable<InterestEndPayload> {
        payload(end(ctx.store(), input).await)
    }
}

/// The period ends before it begins, as far as the two dates tell.
fn is_turned(from: Option<&str>, to: Option<&str>) -> bool {
    from.zip(to).is_some_and(|(from, to)| {
        let known = from.len().min(to.len());
        to.get(..known) < from.get(..known)
    })
}

async fn declare(store: &Store, input: InterestDeclareInput) -> Result<Interest> {
    let Some(user) = store.viewer().user() else { return Err(Error::unauthenticated()) };
    let organization: Option<OrganizationId> = input.organization_id.as_ref().map(key).transpose()?;
    let against: OrganizationId = key(&input.against_id)?;
    let mut tx = store.begin().await?;
    let mut faults = Faults::default();
    for (id, path) in [(organization, "organizationId"), (Some(against), "againstId")] {
        let Some(id) = id else { continue };
        let seen = tx.see::<organization::Entity>().filter(organization::Column::Id.eq(id)).one().await?;
        if seen.is_none() {
            return Err(Error::not_found(&["input", path]));
        }
    }
    if organization == Some(against) {
        faults.add(UserErrorCode::Invalid, &["input", "againstId"], "That is the same organization.");
    }
    let (from_on, to_on) = (input.from_on.map(|day| day.0), input.to_on.map(|day| day.0));
    if is_turned(from_on.as_deref(), to_on.as_deref()) {
        faults.add(UserErrorCode::OutOfRange, &["input", "toOn"], "The period ends before it begins.");
    }
    let detail = faults.text(input.detail, &["input", "detail"], 5_000);
    let now = store.now();
    let row = interest::ActiveModel {
        id: Set(InterestId::fresh()),
        organization_id: Set(organization),
        user_id: Set(if organization.is_none() { Some(user) } else { None }),
        against_id: Set(against),
        nature: Set(input.nature),
        from_on: Set(from_on),
        to_on: Set(to_on),
        detail: Set(detail),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    tx.may_create::<interest::Entity>(&row)?;
    faults.none_or_refuse()?;
    let held = tx.create::<interest::Entity>(row).await?;
    tx.commit(Event::of("interestDeclare")).await?;
    Ok(Interest(held.into_row()))
}

async fn end(store: &Store, input: InterestEndInput) -> Result<Interest> {
    let mut tx = store.begin().await?;
    let held = tx.hold::<interest::Entity>(key(&input.id)?, Act::Edit, &["input", "id"]).await?;
    check_version(input.if_version.as_deref(), held.version)?;
    if held.to_on.is_some() {
        return Err(Error::state("The declaration says already when it ended."));
    }
    if is_turned(held.from_on.as_deref(), Some(&input.to_on.0)) {
        let message = "The period ends before it begins.";
        return Err(Error::mend(UserErrorCode::OutOfRange, &["input", "toOn"], message));
    }
    let held = tx.update(held, |row| row.to_on = Set(Some(input.to_on.0))).await?;
    tx.commit(Event::of("interestEnd")).await?;
    Ok(Interest(held.into_row()))
}
