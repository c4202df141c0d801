//! Entering, leaving and managing an organization's members.

use super::{
    membership::Membership,
    membership_state::{Step, after},
    roster::{Roster, close_doors},
};
use crate::face::{Door, key, payload};
use async_graphql::{Context, ID, InputObject, Object};
use door::{
    Error, Faults, Nullable, Result, UserErrorCode,
    authz::{Act, Event, Store, check_version},
};
use entity::{
    codes::{MembershipRole, MembershipStatus},
    ids::UserId,
    orgs::membership,
};
use sea_orm::Set;

/// Asks to be a member.
#[derive(Clone, Debug, InputObject)]
pub struct MembershipRequestInput {
    /// Organization to be a member of.
    pub organization_id: ID,
}

macro_rules! steps {
    ($($(#[doc = $doc:literal])+ $input:ident $payload:ident { $($(#[doc = $extra_doc:literal])+ $extra:ident: $ty:ty),* }),+ $(,)?) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Debug, InputObject)]
        pub struct $input {
            /// Membership to act on.
            pub id: ID,
            /// Version that was read; refuses if it has changed since.
            pub if_version: Option<String>,
            $($(#[doc = $extra_doc])+ pub $extra: $ty,)*
        }

        payload! {
            /// Outcome of the mutation.
            $payload {
                /// Membership as it is now.
                membership: Membership
            }
        }
    )+};
}

payload! {
    /// Outcome of `membershipRequest`.
    MembershipRequestPayload {
        /// Membership as it is now: requested.
        membership: Membership
    }
}

steps! {
    /// Lets somebody in who asked.
    MembershipApproveInput MembershipApprovePayload {
        /// Role to give; `VIEWER` unless given. Only owners give `OWNER`.
        role: Option<MembershipRole>
    },
    /// Declines a request.
    MembershipDeclineInput MembershipDeclinePayload {},
    /// Gives a member another role.
    MembershipChangeRoleInput MembershipChangeRolePayload {
        /// Role to give. Only owners give `OWNER`, and only owners take it.
        role: MembershipRole
    },
    /// Sends a member away.
    MembershipRemoveInput MembershipRemovePayload {
        /// Why; kept in the audit trail. At most 2,000 characters.
        reason: Option<String>
    },
    /// Leaves an organization, or takes a request back.
    MembershipLeaveInput MembershipLeavePayload {},
}

#[derive(Clone, Copy, Default)]
pub struct MembershipMutation;

#[Object]
impl MembershipMutation {
    /// Asks to be a member of an organization; those who manage its members answer.
    ///
    /// Errors: `NOT_FOUND`, `EMAIL_UNVERIFIED`, `STATE_INVALID`; top level: `UNAUTHENTICATED`.
    async fn membership_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which organization.")] input: MembershipRequestInput,
    ) -> Nullable<MembershipRequestPayload> {
        payload(request(ctx.store(), input).await)
    }

    /// Lets somebody in who asked; for those who manage the organization's members, and administrators.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`; top level: `FORBIDDEN`.
    async fn membership_approve(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which membership, and its role.")] input: MembershipApproveInput,
    ) -> Nullable<MembershipApprovePayload> {
        let MembershipApproveInput { id, if_version, role } = input;
        let go = Go::new(id, if_version, Step::Approve, Act::Decide, Event::of("membershipApprove"));
        payload(step(ctx.store(), Go { role, ..go }).await)
    }

    /// Declines a request; for those who manage the organization's members, and administrators.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`; top level: `FORBIDDEN`.
    async fn membership_decline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which membership.")] input: MembershipDeclineInput,
    ) -> Nullable<MembershipDeclinePayload> {
        let MembershipDeclineInput { id, if_version } = input;
        let go = Go::new(id, if_version, Step::Decline, Act::Decide, Event::of("membershipDecline"));
        payload(step(ctx.store(), go).await)
    }

    /// Gives a member another role; for those who manage the organization's members, and administrators.
    ///
    /// Open invitations that the member sent and could not send in the new role are revoked.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `LAST_OWNER`; top level: `FORBIDDEN`.
    async fn membership_change_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which membership, and its new role.")] input: MembershipChangeRoleInput,
    ) -> Nullable<MembershipChangeRolePayload> {
        let MembershipChangeRoleInput { id, if_version, role } = input;
        let go = Go::new(id, if_version, Step::ChangeRole, Act::Edit, Event::of("membershipChangeRole"));
        payload(step(ctx.store(), Go { role: Some(role), ..go }).await)
    }

    /// Sends a member away; for those who manage the organization's members, and administrators. Only owners remove
    /// owners. Open invitations that the member sent are revoked.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `LAST_OWNER`, `TOO_LONG`, `INVALID`; top level:
    /// `FORBIDDEN`.
    async fn membership_remove(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which membership, and why.")] input: MembershipRemoveInput,
    ) -> Nullable<MembershipRemovePayload> {
        let MembershipRemoveInput { id, if_version, reason } = input;
        let mut faults = Faults::default();
        let reason = faults.text(reason, &["input", "reason"], 2_000);
        let event = Event { action: "membershipRemove", reason };
        let go = Go::new(id, if_version, Step::Remove, Act::Edit, event);
        let removed = match faults.none_or_refuse() {
            Ok(()) => step(ctx.store(), go).await,
            Err(error) => Err(error),
        };
        payload(removed)
    }

    /// Leaves an organization, or takes one's request back. Open invitations that one sent are revoked.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `LAST_OWNER`; top level: `FORBIDDEN`.
    async fn membership_leave(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which of one's memberships.")] input: MembershipLeaveInput,
    ) -> Nullable<MembershipLeavePayload> {
        let MembershipLeaveInput { id, if_version } = input;
        let go = Go::new(id, if_version, Step::Leave, Act::Delete, Event::of("membershipLeave"));
        payload(step(ctx.store(), go).await)
    }
}

/// The viewer, if the e-mail address is verified: an organization's members are people who can be reached.
pub fn reachable(store: &Store) -> Result<UserId> {
    let user = store.viewer().user().ok_or_else(Error::unauthenticated)?;
    if store.viewer().verified_email().is_none() {
        let message = "Verify your e-mail address first.";
        return Err(Error::mend(UserErrorCode::EmailUnverified, &[], message));
    }
    Ok(user)
}

async fn request(store: &Store, input: MembershipRequestInput) -> Result<Membership> {
    let user = reachable(store)?;
    let mut tx = store.begin().await?;
    let path = ["input", "organizationId"];
    let roster = Roster::of_visible(&tx, key(&input.organization_id)?, &path).await?;
    roster.is_at_work()?;
    let row = roster.enter(&mut tx, user, Step::Request, MembershipRole::Viewer).await?;
    tx.commit(Event::of("membershipRequest")).await?;
    Ok(Membership(row))
}

struct Go {
    id: ID,
    if_version: Option<String>,
    step: Step,
    act: Act,
    role: Option<MembershipRole>,
    event: Event,
}

impl Go {
    const fn new(id: ID, if_version: Option<String>, step: Step, act: Act, event: Event) -> Self {
        Self { id, if_version, step, act, role: None, event }
    }
}

async fn step(store: &Store, go: Go) -> Result<Membership> {
    let mut tx = store.begin().await?;
    let (roster, row) = Roster::with(&tx, key(&go.id)?).await?;
    let held = tx.held::<membership::Entity>(row, go.act)?;
    check_version(go.if_version.as_deref(), held.version)?;
    let status = after(Some(held.status), go.step).ok_or_else(|| {
        Error::state(format!("A membership that is {} cannot take this step.", held.status))
    })?;
    if go.step == Step::Approve {
        roster.is_at_work()?;
    }
    let is_active = status == MembershipStatus::Active;
    let next = is_active.then(|| go.role.unwrap_or(held.role));
    roster.keeps_an_owner(&held, next)?;
    let (was_active, now) = (held.status == MembershipStatus::Active, store.now());
    let held = tx
        .update(held, |row| {
            row.status = Set(status);
            if let Some(role) = next {
                row.role = Set(role);
            }
            if is_active && !was_active {
                row.since = Set(Some(now));
            }
        })
        .await?;
    let row = held.into_row();
    if was_active {
        close_doors(&mut tx, &row, next).await?;
    }
    tx.commit(go.event).await?;
    roster.settle(store, &row);
    Ok(Membership(row))
}
