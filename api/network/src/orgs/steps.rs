//! Steps of an organization from state to state (domain 5.1), but for merging.

use super::{
    organization::Organization,
    verification::{Step, after},
};
use crate::face::{Door, key, payload};
use async_graphql::{Context, ID, InputObject, Object};
use door::{
    Error, Faults, Nullable, Result,
    authz::{Act, Event, Store, check_version},
};
use entity::orgs::organization;
use sea_orm::Set;

macro_rules! steps {
    ($($(#[doc = $doc:literal])+ $input:ident $payload:ident { $($(#[doc = $extra_doc:literal])+ $extra:ident: $ty:ty),* }),+ $(,)?) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Debug, InputObject)]
        pub struct $input {
            /// Organization to act on.
            pub id: ID,
            /// Version that was read; refuses if it has changed since.
            pub if_version: Option<String>,
            $($(#[doc = $extra_doc])+ pub $extra: $ty,)*
        }

        payload! {
            /// Outcome of the mutation.
            $payload {
                /// Organization as it is now.
                organization: Organization
            }
        }
    )+};
}

steps! {
    /// Asks curators to verify an organization.
    OrganizationRequestVerificationInput OrganizationRequestVerificationPayload {},
    /// Verifies an organization.
    OrganizationVerifyInput OrganizationVerifyPayload {},
    /// Refuses to verify an organization.
    OrganizationRefuseInput OrganizationRefusePayload {
        /// Why; its members read it. At most 2,000 characters.
        reason: String
    },
    /// Suspends a verified organization.
    OrganizationSuspendInput OrganizationSuspendPayload {
        /// Why; its members read it. At most 2,000 characters.
        reason: String
    },
    /// Restores a suspended organization.
    OrganizationRestoreInput OrganizationRestorePayload {},
}

#[derive(Clone, Copy, Default)]
pub struct OrganizationStepMutation;

#[Object]
impl OrganizationStepMutation {
    /// Asks curators to verify an organization whose members one manages.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`; top level: `FORBIDDEN`.
    async fn organization_request_verification(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which organization.")] input: OrganizationRequestVerificationInput,
    ) -> Nullable<OrganizationRequestVerificationPayload> {
        let go = Go {
            id: input.id,
            if_version: input.if_version,
            step: Step::Request,
            act: Act::Edit,
            action: "organizationRequestVerification",
        };
        payload(step(ctx.store(), go, None).await)
    }

    /// Verifies an organization that asked for it: its members are of the network from the next request on. For curators.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`; top level: `FORBIDDEN`.
    async fn organization_verify(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which organization.")] input: OrganizationVerifyInput,
    ) -> Nullable<OrganizationVerifyPayload> {
        let go = Go {
            id: input.id,
            if_version: input.if_version,
            step: Step::Verify,
            act: Act::Decide,
            action: "organizationVerify",
        };
        payload(step(ctx.store(), go, None).await)
    }

    /// Refuses to verify an organization, with a reason; it may mend what is wrong and ask again. For curators.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `BLANK`, `TOO_LONG`; top level: `FORBIDDEN`.
    async fn organization_refuse(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which organization, and why.")] input: OrganizationRefuseInput,
    ) -> Nullable<OrganizationRefusePayload> {
        let go = Go {
            id: input.id,
            if_version: input.if_version,
            step: Step::Refuse,
            act: Act::Decide,
            action: "organizationRefuse",
        };
        payload(step(ctx.store(), go, Some(input.reason)).await)
    }

    /// Suspends a verified organization: only its members and staff see it and its projects. For curators.
    ///
    /// Its members lose what they have as members of the network, from the next request on.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `BLANK`, `TOO_LONG`; top level: `FORBIDDEN`.
    async fn organization_suspend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which organization, and why.")] input: OrganizationSuspendInput,
    ) -> Nullable<OrganizationSuspendPayload> {
        let go = Go {
            id: input.id,
            if_version: input.if_version,
            step: Step::Suspend,
            act: Act::Decide,
            action: "organizationSuspend",
        };
        payload(step(ctx.store(), go, Some(input.reason)).await)
    }

    /// Restores a suspended organization: it is verified again. For curators.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`; top level: `FORBIDDEN`.
    async fn organization_restore(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which organization.")] input: OrganizationRestoreInput,
    ) -> Nullable<OrganizationRestorePayload> {
        let go = Go {
            id: input.id,
            if_version: input.if_version,
            step: Step::Restore,
            act: Act::Decide,
            action: "organizationRestore",
        };
        payload(step(ctx.store(), go, None).await)
    }
}

struct Go {
    id: ID,
    if_version: Option<String>,
    step: Step,
    act: Act,
    action: &'static str,
}

/// `reason` is given by steps that need one; the others clear it.
async fn step(store: &Store, go: Go, reason: Option<String>) -> Result<Organization> {
    let mut tx = store.begin().await?;
    let held = tx.hold::<organization::Entity>(key(&go.id)?, go.act, &["input", "id"]).await?;
    check_version(go.if_version.as_deref(), held.version)?;
    let state = after(held.verification, go.step).ok_or_else(|| {
        Error::state(format!("An organization that is {} cannot take this step.", held.verification))
    })?;
    let mut faults = Faults::default();
    let reason = reason.map(|reason| faults.required(Some(reason), &["input", "reason"], 2_000));
    faults.none_or_refuse()?;
    let now = store.now();
    let held = tx
        .update(held, |row| {
            row.verification = Set(state);
            row.verification_reason = Set(reason.clone());
            if go.step == Step::Verify {
                row.verified_at = Set(Some(now));
            }
        })
        .await?;
    tx.commit(Event { action: go.action, reason }).await?;
    Ok(Organization(held.into_row()))
}
