//! Inviting people by their e-mail address, whether or not they have an account.

use super::{
    invitation::{Invitation, shown},
    membership_state::Step,
    roster::Roster,
    seats::reachable,
};
use crate::face::{Door, key, payload};
use async_graphql::{Context, ID, InputObject, Object};
use authn::{Authenticator, mail::Letter};
use door::{
    Error, Faults, Nullable, Result, UserErrorCode,
    authz::{Act, Event, Held, ORGS, Store, Tx, check_version},
};
use entity::{
    At,
    codes::{InvitationState, MembershipRole},
    ids::{InvitationId, OrganizationId, UserId},
    orgs::{invitation, organization},
};
use gql::{codes::ErrorCode, scalars::EmailAddress};
use sea_orm::{ColumnTrait, Condition, Set};

/// Days an invitation stays open unless told otherwise.
const OPEN_DAYS: i64 = 14;
const LONGEST_DAYS: i32 = 60;

/// An organization writes to the same address no more often than this.
const PAUSE: i64 = 10 * At::MINUTE;
/// Letters of all organizations to one address in a day.
const LETTERS_A_DAY: usize = 10;
/// Invitations one person may send in a day.
const SENT_A_DAY: usize = 200;

/// Invites somebody to an organization.
#[derive(Clone, Debug, InputObject)]
pub struct MembershipInviteInput {
    /// Organization that invites.
    pub organization_id: ID,
    /// Address to invite; it need not have an account.
    pub email: EmailAddress,
    /// Role to offer. Only owners offer `OWNER`.
    pub role: MembershipRole,
    /// Words to whoever is invited; at most 1,000 characters. Shown with the invitation, not in the letter.
    pub message: Option<String>,
    /// Days until it expires, 1 to 60.
    #[graphql(default = 14)]
    pub expires_in_days: i32,
}

macro_rules! steps {
    ($($(#[doc = $doc:literal])+ $input:ident $payload:ident),+ $(,)?) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Debug, InputObject)]
        pub struct $input {
            /// Invitation to act on.
            pub id: ID,
            /// Version that was read; refuses if it has changed since.
            pub if_version: Option<String>,
        }

        payload! {
            /// Outcome of the mutation.
            $payload {
                /// Invitation as it is now.
                invitation: Invitation
            }
        }
    )+};
}

payload! {
    /// Outcome of `membershipInvite`.
    MembershipInvitePayload {
        /// Invitation as it is now; the same whether or not the address has an account.
        invitation: Invitation
    }
}

steps! {
    /// Accepts an invitation.
    InvitationAcceptInput InvitationAcceptPayload,
    /// Declines an invitation.
    InvitationDeclineInput InvitationDeclinePayload,
    /// Takes an invitation back.
    InvitationRevokeInput InvitationRevokePayload,
    /// Sends an invitation again.
    InvitationResendInput InvitationResendPayload,
}

#[derive(Clone, Copy, Default)]
pub struct InvitationMutation;

#[Object]
impl InvitationMutation {
    /// Invites whoever owns an address; for those who manage the organization's members, and administrators.
    ///
    /// The answer is the same for known and unknown addresses. An address has one open invitation per organization:
    /// inviting again replaces role, message and expiry. It gets at most one letter in ten minutes from an organization,
    /// and ten a day from all; one person sends at most 200 invitations a day.
    ///
    /// Errors: `NOT_FOUND`, `STATE_INVALID`, `TOO_LONG`, `INVALID`, `OUT_OF_RANGE`; top level: `FORBIDDEN`,
    /// `RATE_LIMITED`.
    async fn membership_invite(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom to invite, and as what.")] input: MembershipInviteInput,
    ) -> Nullable<MembershipInvitePayload> {
        payload(invite(ctx, input).await)
    }

    /// Accepts an invitation to one's verified address. Who is a member already keeps the present role.
    ///
    /// Errors: `NOT_FOUND`, `EMAIL_UNVERIFIED`, `VERSION_CONFLICT`, `STATE_INVALID`; top level: `UNAUTHENTICATED`,
    /// `FORBIDDEN`.
    async fn invitation_accept(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which invitation.")] input: InvitationAcceptInput,
    ) -> Nullable<InvitationAcceptPayload> {
        payload(accept(ctx.store(), input).await)
    }

    /// Declines an invitation to one's verified address.
    ///
    /// Errors: `NOT_FOUND`, `EMAIL_UNVERIFIED`, `VERSION_CONFLICT`, `STATE_INVALID`; top level: `UNAUTHENTICATED`,
    /// `FORBIDDEN`.
    async fn invitation_decline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which invitation.")] input: InvitationDeclineInput,
    ) -> Nullable<InvitationDeclinePayload> {
        payload(decline(ctx.store(), input).await)
    }

    /// Takes an open invitation back; for those who manage the organization's members, and administrators.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`; top level: `FORBIDDEN`.
    async fn invitation_revoke(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which invitation.")] input: InvitationRevokeInput,
    ) -> Nullable<InvitationRevokePayload> {
        payload(revoke(ctx.store(), input).await)
    }

    /// Sends an unanswered invitation again, good for 14 more days; for those who manage the organization's members, and
    /// administrators. At most once in ten minutes.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`; top level: `FORBIDDEN`, `RATE_LIMITED`.
    async fn invitation_resend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which invitation.")] input: InvitationResendInput,
    ) -> Nullable<InvitationResendPayload> {
        payload(resend(ctx, input).await)
    }
}

async fn invite(ctx: &Context<'_>, input: MembershipInviteInput) -> Result<Invitation> {
    let store = ctx.store();
    let user = store.viewer().user().ok_or_else(Error::unauthenticated)?;
    let mut tx = store.begin().await?;
    let path = ["input", "organizationId"];
    let roster = Roster::of_visible(&tx, key(&input.organization_id)?, &path).await?;
    let row = row_of(store, roster.organization.id, user, &input);
    // The right comes before the faults.
    tx.may_create::<invitation::Entity>(&row)?;
    let (message, days) = check(&input)?;
    roster.is_at_work()?;
    let letters = Letters::so_far(&tx, user, roster.organization.id, &email_of(&input)).await?;
    letters.leave_room()?;
    let expires_at = store.now().plus(days * At::DAY);
    let held = if let Some(before) = open(&tx, roster.organization.id, &email_of(&input)).await? {
        let held = tx.held::<invitation::Entity>(before, Act::Edit)?;
        tx.update(held, |row| {
            row.role = Set(input.role);
            row.message = Set(message);
            row.invited_by_id = Set(user);
            row.expires_at = Set(expires_at);
        })
        .await?
    } else {
        let row = invitation::ActiveModel { message: Set(message), expires_at: Set(expires_at), ..row };
        tx.create::<invitation::Entity>(row).await?
    };
    tx.commit(Event::of("membershipInvite")).await?;
    if letters.wait.is_none() {
        post(ctx, &roster.organization, &held);
    }
    Ok(Invitation(held.into_row()))
}

fn email_of(input: &MembershipInviteInput) -> String {
    input.email.0.to_lowercase()
}

fn row_of(
    store: &Store,
    organization: OrganizationId,
    user: UserId,
    input: &MembershipInviteInput,
) -> invitation::ActiveModel {
    let now = store.now();
    invitation::ActiveModel {
        id: Set(InvitationId::fresh()),
        organization_id: Set(organization),
        email: Set(email_of(input)),
        role: Set(input.role),
        message: Set(None),
        invited_by_id: Set(user),
        state: Set(InvitationState::Sent),
        expires_at: Set(now),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    }
}

/// Message and days until expiry.
fn check(input: &MembershipInviteInput) -> Result<(Option<String>, i64)> {
    let mut faults = Faults::default();
    let message = faults.text(input.message.clone(), &["input", "message"], 1_000);
    if input.email.0.len() > 254 {
        faults.add(UserErrorCode::TooLong, &["input", "email"], "At most 254 characters, please.");
    }
    if !(1..=LONGEST_DAYS).contains(&input.expires_in_days) {
        let path = ["input", "expiresInDays"];
        faults.add(UserErrorCode::OutOfRange, &path, format!("From 1 to {LONGEST_DAYS} days, please."));
    }
    faults.none_or_refuse()?;
    Ok((message, i64::from(input.expires_in_days)))
}

async fn open(tx: &Tx, organization: OrganizationId, email: &str) -> Result<Option<invitation::Model>> {
    use invitation::Column::{Email, OrganizationId as Organization, State};
    let same = Condition::all()
        .add(Organization.eq(organization))
        .add(Email.eq(email))
        .add(State.eq(InvitationState::Sent));
    tx.see::<invitation::Entity>().locked().filter(same).one().await
}

async fn accept(store: &Store, input: InvitationAcceptInput) -> Result<Invitation> {
    let user = reachable(store)?;
    let mut tx = store.begin().await?;
    let (roster, held) = hold(&tx, &input.id, Act::Decide, input.if_version.as_deref()).await?;
    if shown(&held, store.now()) != InvitationState::Sent {
        return Err(answered(shown(&held, store.now())));
    }
    roster.is_at_work()?;
    let held = tx.update(held, |row| row.state = Set(InvitationState::Accepted)).await?;
    let row = roster.enter(&mut tx, user, Step::Join, held.role).await?;
    tx.commit(Event::of("invitationAccept")).await?;
    roster.settle(store, &row);
    Ok(Invitation(held.into_row()))
}

async fn decline(store: &Store, input: InvitationDeclineInput) -> Result<Invitation> {
    reachable(store)?;
    let mut tx = store.begin().await?;
    let (_, held) = hold(&tx, &input.id, Act::Decide, input.if_version.as_deref()).await?;
    let held = close(&mut tx, held, InvitationState::Declined).await?;
    tx.commit(Event::of("invitationDecline")).await?;
    Ok(Invitation(held.into_row()))
}

async fn revoke(store: &Store, input: InvitationRevokeInput) -> Result<Invitation> {
    let mut tx = store.begin().await?;
    let (_, held) = hold(&tx, &input.id, Act::Edit, input.if_version.as_deref()).await?;
    let held = close(&mut tx, held, InvitationState::Revoked).await?;
    tx.commit(Event::of("invitationRevoke")).await?;
    Ok(Invitation(held.into_row()))
}

async fn resend(ctx: &Context<'_>, input: InvitationResendInput) -> Result<Invitation> {
    let store = ctx.store();
    let user = store.viewer().user().ok_or_else(Error::unauthenticated)?;
    let mut tx = store.begin().await?;
    let (roster, held) = hold(&tx, &input.id, Act::Edit, input.if_version.as_deref()).await?;
    if held.state != InvitationState::Sent {
        return Err(answered(held.state));
    }
    roster.is_at_work()?;
    let letters = Letters::so_far(&tx, user, held.organization_id, &held.email).await?;
    letters.leave_room()?;
    if let Some(wait) = letters.wait {
        return Err(too_often("This address got a letter just now.", wait));
    }
    let expires_at = store.now().plus(OPEN_DAYS * At::DAY);
    let held = tx
        .update(held, |row| {
            row.invited_by_id = Set(user);
            row.expires_at = Set(expires_at);
        })
        .await?;
    tx.commit(Event::of("invitationResend")).await?;
    post(ctx, &roster.organization, &held);
    Ok(Invitation(held.into_row()))
}

/// Locks the organization of an invitation, then the invitation.
async fn hold(
    tx: &Tx,
    id: &ID,
    act: Act,
    if_version: Option<&str>,
) -> Result<(Roster, Held<invitation::Entity>)> {
    let (id, path): (InvitationId, _) = (key(id)?, ["input", "id"]);
    let found = tx.see::<invitation::Entity>().filter(invitation::Column::Id.eq(id)).one().await?;
    let roster = Roster::of(tx, found.ok_or_else(|| Error::not_found(&path))?.organization_id).await?;
    let held = tx.hold::<invitation::Entity>(id, act, &path).await?;
    check_version(if_version, held.version)?;
    Ok((roster, held))
}

async fn close(
    tx: &mut Tx,
    held: Held<invitation::Entity>,
    state: InvitationState,
) -> Result<Held<invitation::Entity>> {
    if held.state != InvitationState::Sent {
        return Err(answered(held.state));
    }
    tx.update(held, |row| row.state = Set(state)).await
}

fn answered(state: InvitationState) -> Error {
    Error::state(format!("An invitation that is {state} cannot take this step."))
}

/// Letters of the last day: nobody uses invitations to flood a stranger.
struct Letters {
    sent_by_viewer: usize,
    /// Microseconds until the address may get the next letter.
    wait: Option<i64>,
}

impl Letters {
    async fn so_far(tx: &Tx, user: UserId, organization: OrganizationId, email: &str) -> Result<Self> {
        use invitation::Column::{Email, InvitedById, UpdatedAt};
        let now = tx.store().now();
        let recent = UpdatedAt.gt(now.plus(-At::DAY));
        let by_viewer = Condition::all().add(InvitedById.eq(user)).add(recent.clone());
        let to_address = Condition::all().add(Email.eq(email)).add(recent);
        let sent_by_viewer = tx.see_as::<invitation::Entity>(ORGS).filter(by_viewer).all().await?.len();
        let letters = tx.see_as::<invitation::Entity>(ORGS).filter(to_address).all().await?;
        let last = letters.iter().filter(|row| row.organization_id == organization).map(|row| row.updated_at);
        let wait = if letters.len() >= LETTERS_A_DAY {
            Some(At::DAY)
        } else {
            last.max().map(|last| last.plus(PAUSE).0 - now.0).filter(|wait| *wait > 0)
        };
        Ok(Self { sent_by_viewer, wait })
    }

    fn leave_room(&self) -> Result<()> {
        if self.sent_by_viewer < SENT_A_DAY {
            return Ok(());
        }
        Err(too_often(&format!("One person may send {SENT_A_DAY} invitations a day."), At::HOUR))
    }
}

fn too_often(why: &str, wait: i64) -> Error {
    Error::Refused {
        code: ErrorCode::RateLimited,
        message: why.to_owned(),
        retry_after: Some(u64::try_from(wait / At::SECOND + 1).unwrap_or(1)),
    }
}

/// Tells the address, in the language of whoever invites: whether it has an account, and which language that speaks, is
/// nobody's to learn. The letter names the organization and no more.
fn post(ctx: &Context<'_>, organization: &organization::Model, invitation: &invitation::Model) {
    let Ok(desk) = ctx.data::<Authenticator>() else {
        tracing::warn!(invitation = %invitation.id, "a letter was not sent: there is no mailer");
        return;
    };
    let locale = if ctx.store().facts().english { "en" } else { "fr" };
    desk.mailer.post(&invitation.email, locale, Letter::Invited { organization: organization.name.clone() });
}
