//! Writing organizations: create and update.

use super::{
    input::{OrganizationCreateInput, OrganizationUpdateInput, kinds_of, name_and_key},
    organization::Organization,
    verification::is_editable,
};
use crate::face::{Door, key, payload};
use async_graphql::{Context, Object};
use door::{
    Error, Faults, Nullable, Result, UserErrorCode,
    authz::{Act, Event, Seat, Store, Tx, check_version},
    fold::slug,
};
use entity::{
    At,
    codes::{MembershipRole, MembershipStatus, Verification},
    ids::{MembershipId, OrganizationId, UserId},
    orgs::{membership, organization},
};
use gql::codes::ErrorCode;
use sea_orm::{ColumnTrait, Condition, Set};

/// Organizations one person may found in a day.
const FOUNDED_A_DAY: usize = 20;

payload! {
    /// Outcome of `organizationCreate`.
    OrganizationCreatePayload {
        /// Organization as it is now: unverified, with the viewer as its owner.
        organization: Organization
    }
}

payload! {
    /// Outcome of `organizationUpdate`.
    OrganizationUpdatePayload {
        /// Organization as it is now.
        organization: Organization
    }
}

#[derive(Clone, Copy, Default)]
pub struct OrganizationWriteMutation;

#[Object]
impl OrganizationWriteMutation {
    /// Adds an organization and makes the viewer its owner. It is public at once, and unverified. At most 20 a day.
    ///
    /// Errors: `EMAIL_UNVERIFIED`, `BLANK`, `TOO_LONG`, `TOO_SHORT`, `INVALID`, `OUT_OF_RANGE`, `NOT_FOUND`, `TAKEN`,
    /// `CHECKSUM_INVALID`; top level: `UNAUTHENTICATED`, `RATE_LIMITED`.
    async fn organization_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to add.")] input: OrganizationCreateInput,
    ) -> Nullable<OrganizationCreatePayload> {
        payload(create(ctx.store(), input).await)
    }

    /// Changes an organization whose members one manages; what is left out stays, `null` clears. A verified one stays
    /// verified; the audit trail keeps what changed.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `BLANK`, `TOO_LONG`, `TOO_SHORT`, `INVALID`,
    /// `OUT_OF_RANGE`, `TAKEN`, `CHECKSUM_INVALID`, `PARENT_CYCLE`; top level: `FORBIDDEN`.
    async fn organization_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change; what is left out stays.")] input: OrganizationUpdateInput,
    ) -> Nullable<OrganizationUpdatePayload> {
        payload(update(ctx.store(), input).await)
    }
}

async fn create(store: &Store, input: OrganizationCreateInput) -> Result<Organization> {
    let user = store.viewer().user().ok_or_else(Error::unauthenticated)?;
    let mut tx = store.begin().await?;
    founds_at_leisure(&tx, user).await?;
    let mut faults = Faults::default();
    if store.viewer().verified_email().is_none() {
        faults.add(UserErrorCode::EmailUnverified, &[], "Verify your e-mail address first.");
    }
    let (id, now) = (OrganizationId::fresh(), store.now());
    let (name, name_key) = name_and_key(input.name, &mut faults);
    let kinds = kinds_of(input.kinds, &mut faults);
    let (apply, mut parts) = input.details.check(&tx, id, &mut faults).await?;
    parts.kinds = Some(kinds);
    let mut row = organization::ActiveModel {
        id: Set(id),
        slug: Set(slug(&name, id)),
        name: Set(name),
        name_key: Set(name_key),
        short_name: Set(None),
        description: Set(None),
        legal_form: Set(input.legal_form),
        website: Set(None),
        seat_id: Set(None),
        parent_id: Set(None),
        verification: Set(Verification::Unverified),
        verification_reason: Set(None),
        verified_at: Set(None),
        merged_into_id: Set(None),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    tx.may_create::<organization::Entity>(&row)?;
    faults.none_or_refuse()?;
    apply(&mut row);
    let held = tx.create::<organization::Entity>(row).await?;
    parts.write(&mut tx, &held).await?;
    let founder = membership::ActiveModel {
        id: Set(MembershipId::fresh()),
        user_id: Set(user),
        organization_id: Set(id),
        role: Set(MembershipRole::Owner),
        status: Set(MembershipStatus::Active),
        since: Set(Some(now)),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    tx.create::<membership::Entity>(founder).await?;
    tx.commit(Event::of("organizationCreate")).await?;
    let seat = Seat { organization: id, role: MembershipRole::Owner, is_verified: false };
    store.reseat(id, Some(seat));
    Ok(Organization(held.into_row()))
}

/// Organizations are public at once: nobody floods the network with them.
async fn founds_at_leisure(tx: &Tx, user: UserId) -> Result<()> {
    use membership::Column::{CreatedAt, Role, UserId as Member};
    let recent = Condition::all()
        .add(Member.eq(user))
        .add(Role.eq(MembershipRole::Owner))
        .add(CreatedAt.gt(tx.store().now().plus(-At::DAY)));
    if tx.see::<membership::Entity>().filter(recent).all().await?.len() < FOUNDED_A_DAY {
        return Ok(());
    }
    Err(Error::Refused {
        code: ErrorCode::RateLimited,
        message: format!("One person may add {FOUNDED_A_DAY} organizations a day."),
        retry_after: Some(3_600),
    })
}

async fn update(store: &Store, input: OrganizationUpdateInput) -> Result<Organization> {
    let mut tx = store.begin().await?;
    let held = tx.hold::<organization::Entity>(key(&input.id)?, Act::Edit, &["input", "id"]).await?;
    check_version(input.if_version.as_deref(), held.version)?;
    if !is_editable(held.verification) {
        return Err(Error::state(format!("An organization that is {} cannot change.", held.verification)));
    }
    let mut faults = Faults::default();
    let name = input.name.map(|name| name_and_key(name, &mut faults));
    let kinds = input.kinds.map(|kinds| kinds_of(kinds, &mut faults));
    let (apply, mut parts) = input.details.check(&tx, held.id, &mut faults).await?;
    parts.kinds = kinds;
    faults.none_or_refuse()?;
    let held = tx
        .update(held, |row| {
            if let Some((name, key)) = name {
                row.name = Set(name);
                row.name_key = Set(key);
            }
            if let Some(form) = input.legal_form {
                row.legal_form = Set(form);
            }
            apply(row);
        })
        .await?;
    parts.write(&mut tx, &held).await?;
    tx.commit(Event::of("organizationUpdate")).await?;
    Ok(Organization(held.into_row()))
}
