//! Convening working groups, and saying who is in them.

use super::{
    WorkingGroup,
    state::{Step, after, is_at_work},
};
use crate::{
    evidence::asked::{self, apply, at_most, listed},
    face::{Door, key, keys, payload},
};
use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};
use door::{
    Error, Faults, Nullable, Result, UserErrorCode,
    authz::{Act, Event, Held, Store, Tx, check_version},
    fold::fold,
};
use entity::{
    codes::*,
    evidence::{working_group, working_group_member},
    ids::{OrganizationId, WorkingGroupId},
    orgs::organization,
};
use sea_orm::{ColumnTrait, Set};
use std::collections::BTreeSet;

/// What is said of a working group. What is left out stays; `null` clears.
#[derive(Clone, Debug, Default, InputObject)]
pub struct WorkingGroupDetailsInput {
    /// What it is to do; at most 5,000 characters.
    pub mandate: MaybeUndefined<String>,
    /// Code of the theme it works on.
    pub theme: MaybeUndefined<String>,
    /// Code of the territory it works for.
    pub territory: MaybeUndefined<String>,
    /// Verified organizations whose editors write its drafts beside the host's; replaces all. At most 50.
    pub members: MaybeUndefined<Vec<ID>>,
}

/// Convenes a working group.
#[derive(Clone, Debug, InputObject)]
pub struct WorkingGroupCreateInput {
    /// Verified organization that convenes it; the viewer has to be an editor there.
    pub host_id: ID,
    /// Title; at most 200 characters.
    pub title: String,
    #[graphql(flatten)]
    pub details: WorkingGroupDetailsInput,
}

/// Changes a working group.
#[derive(Clone, Debug, InputObject)]
pub struct WorkingGroupUpdateInput {
    /// Working group to change.
    pub id: ID,
    /// Version that was read; refuses if it has changed since.
    pub if_version: Option<String>,
    /// New title; at most 200 characters.
    pub title: Option<String>,
    #[graphql(flatten)]
    pub details: WorkingGroupDetailsInput,
}

/// Lets a working group begin.
#[derive(Clone, Debug, InputObject)]
pub struct WorkingGroupStartInput {
    /// Working group.
    pub id: ID,
    /// Version that was read; refuses if it has changed since.
    pub if_version: Option<String>,
}

/// Closes a working group.
#[derive(Clone, Debug, InputObject)]
pub struct WorkingGroupCloseInput {
    /// Working group.
    pub id: ID,
    /// Version that was read; refuses if it has changed since.
    pub if_version: Option<String>,
}

macro_rules! payloads {
    ($($(#[doc = $doc:literal])+ $payload:ident),+ $(,)?) => {$(
        payload! {
            $(#[doc = $doc])+
            $payload {
                /// Working group as it is now.
                working_group: WorkingGroup
            }
        }
    )+};
}

payloads! {
    /// Outcome of `workingGroupCreate`.
    WorkingGroupCreatePayload,
    /// Outcome of `workingGroupUpdate`.
    WorkingGroupUpdatePayload,
    /// Outcome of `workingGroupStart`.
    WorkingGroupStartPayload,
    /// Outcome of `workingGroupClose`.
    WorkingGroupClosePayload,
}

#[derive(Clone, Copy, Default)]
pub struct WorkingGroupMutation;

#[Object]
impl WorkingGroupMutation {
    /// Convenes a working group, which is forming at first; for editors of a verified organization.
    ///
    /// Errors: `BLANK`, `TOO_LONG`, `INVALID`, `NOT_FOUND`, `TERM_RETIRED`, `ORGANIZATION_NOT_VERIFIED`; top level:
    /// `FORBIDDEN`.
    async fn working_group_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to convene.")] input: WorkingGroupCreateInput,
    ) -> Nullable<WorkingGroupCreatePayload> {
        payload(create(ctx.store(), input).await)
    }

    /// Changes a working group that is not closed; for editors of its host.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `BLANK`, `TOO_LONG`, `INVALID`, `TERM_RETIRED`; top level:
    /// `FORBIDDEN`.
    async fn working_group_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: WorkingGroupUpdateInput,
    ) -> Nullable<WorkingGroupUpdatePayload> {
        payload(update(ctx.store(), input).await)
    }

    /// Lets a group that is forming begin; for administrators of its host.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`; top level: `FORBIDDEN`.
    async fn working_group_start(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which working group.")] input: WorkingGroupStartInput,
    ) -> Nullable<WorkingGroupStartPayload> {
        payload(step(ctx.store(), &input.id, input.if_version.as_deref(), Step::Start).await)
    }

    /// Closes a group: its members write no more, what it wrote stays with its host. For administrators of its host.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`; top level: `FORBIDDEN`.
    async fn working_group_close(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which working group.")] input: WorkingGroupCloseInput,
    ) -> Nullable<WorkingGroupClosePayload> {
        payload(step(ctx.store(), &input.id, input.if_version.as_deref(), Step::Close).await)
    }
}

async fn create(store: &Store, input: WorkingGroupCreateInput) -> Result<WorkingGroup> {
    let host: OrganizationId = key(&input.host_id)?;
    let mut tx = store.begin().await?;
    let mut faults = Faults::default();
    let title = faults.required(Some(input.title), &["input", "title"], 200);
    let now = store.now();
    let mut row = working_group::ActiveModel {
        id: Set(WorkingGroupId::fresh()),
        host_id: Set(host),
        title_key: Set(fold(&title)),
        title: Set(title),
        mandate: Set(None),
        theme_id: Set(None),
        territory_id: Set(None),
        status: Set(WorkingGroupStatus::Forming),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    tx.may_create::<working_group::Entity>(&row)?;
    if verified(&tx, &[host]).await?.is_empty() {
        let message = "Only verified organizations convene working groups.";
        faults.add(UserErrorCode::OrganizationNotVerified, &["input", "hostId"], message);
    }
    let members = input.details.check(&tx, &mut row, &mut faults).await?;
    faults.none_or_refuse()?;
    let held = tx.create::<working_group::Entity>(row).await?;
    seat(&mut tx, &held, members).await?;
    tx.commit(Event::of("workingGroupCreate")).await?;
    Ok(WorkingGroup(held.into_row()))
}

async fn update(store: &Store, input: WorkingGroupUpdateInput) -> Result<WorkingGroup> {
    let mut tx = store.begin().await?;
    let held = hold(&tx, &input.id, Act::Edit, input.if_version.as_deref()).await?;
    if !is_at_work(held.status) {
        return Err(Error::state("A closed working group changes no more."));
    }
    let mut faults = Faults::default();
    let mut row = working_group::ActiveModel::default();
    if let Some(title) = input.title {
        let title = faults.required(Some(title), &["input", "title"], 200);
        row.title_key = Set(fold(&title));
        row.title = Set(title);
    }
    let members = input.details.check(&tx, &mut row, &mut faults).await?;
    faults.none_or_refuse()?;
    let held = tx.update(held, |held| apply(held, &row)).await?;
    seat(&mut tx, &held, members).await?;
    tx.commit(Event::of("workingGroupUpdate")).await?;
    Ok(WorkingGroup(held.into_row()))
}

async fn step(store: &Store, id: &ID, if_version: Option<&str>, step: Step) -> Result<WorkingGroup> {
    let mut tx = store.begin().await?;
    let held = hold(&tx, id, Act::Decide, if_version).await?;
    let next = after(held.status, step)
        .ok_or_else(|| Error::state(format!("A group that is {} cannot take this step.", held.status)))?;
    let held = tx.update(held, |row| row.status = Set(next)).await?;
    let action = match step {
        Step::Start => "workingGroupStart",
        Step::Close => "workingGroupClose",
    };
    tx.commit(Event::of(action)).await?;
    Ok(WorkingGroup(held.into_row()))
}

async fn hold(tx: &Tx, id: &ID, act: Act, if_version: Option<&str>) -> Result<Held<working_group::Entity>> {
    let held = tx.hold::<working_group::Entity>(key(id)?, act, &["input", "id"]).await?;
    check_version(if_version, held.version)?;
    Ok(held)
}

/// Writes who is in the group, if that is said.
async fn seat(
    tx: &mut Tx,
    held: &Held<working_group::Entity>,
    members: Option<BTreeSet<OrganizationId>>,
) -> Result<()> {
    let Some(members) = members else { return Ok(()) };
    let row = |organization_id| working_group_member::ActiveModel {
        organization_id: Set(organization_id),
        ..Default::default()
    };
    tx.replace::<working_group_member::Entity>(held, members.into_iter().map(row).collect()).await
}

/// Those of the organizations that are verified.
async fn verified(tx: &Tx, asked: &[OrganizationId]) -> Result<BTreeSet<OrganizationId>> {
    let wanted = organization::Column::Id.is_in(asked.iter().copied());
    let rows = tx.see::<organization::Entity>().filter(wanted).all().await?;
    let verified = rows.into_iter().filter(|row| row.verification == Verification::Verified);
    Ok(verified.map(|row| row.id).collect())
}

impl WorkingGroupDetailsInput {
    async fn check(
        self,
        tx: &Tx,
        row: &mut working_group::ActiveModel,
        faults: &mut Faults,
    ) -> Result<Option<BTreeSet<OrganizationId>>> {
        asked::text(self.mandate, &["input", "mandate"], 5_000, faults, &mut row.mandate);
        let theme = (Taxonomy::Theme, self.theme);
        asked::term(tx, theme, &["input", "theme"], faults, &mut row.theme_id).await?;
        asked::territory(tx, self.territory, &["input", "territory"], faults, &mut row.territory_id).await?;
        match listed(&self.members) {
            Some(ids) if at_most(ids.len(), 50, &["input", "members"], faults) => {
                Ok(Some(check_members(tx, &ids, faults).await?))
            }
            _ => Ok(None),
        }
    }
}

async fn check_members(tx: &Tx, ids: &[ID], faults: &mut Faults) -> Result<BTreeSet<OrganizationId>> {
    let asked = keys::<OrganizationId>(ids)?;
    let known = verified(tx, &asked).await?;
    for (place, id) in asked.iter().enumerate() {
        if !known.contains(id) {
            let path = ["input", "members", &place.to_string()];
            faults.add(UserErrorCode::NotFound, &path, "No verified organization has this id.");
        }
    }
    Ok(known)
}
