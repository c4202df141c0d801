//! Steps of a project from state to state (domain 5.2).

use super::{
    completeness,
    project::{Project, around},
    state::{Step, after},
};
use crate::face::{Door, key, payload};
use async_graphql::{Context, ID, InputObject, Object};
use door::{
    Error, Faults, Nullable, Result, UserErrorCode,
    authz::{Act, Event, Held, Store, Tx, Viewer, check_version},
};
use entity::{
    codes::{ProjectStatus, Verification},
    ids::ProjectId,
    orgs::organization,
    projects::project,
};
use sea_orm::{ColumnTrait, Set};

macro_rules! steps {
    ($($(#[doc = $doc:literal])+ $input:ident $payload:ident { $($(#[doc = $extra_doc:literal])+ $extra:ident: $ty:ty),* }),+ $(,)?) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Debug, InputObject)]
        pub struct $input {
            /// Project to act on.
            pub id: ID,
            /// Version that was read; refuses if it has changed since.
            pub if_version: Option<String>,
            $($(#[doc = $extra_doc])+ pub $extra: $ty,)*
        }

        payload! {
            /// Outcome of the mutation.
            $payload {
                /// Project as it is now.
                project: Project
            }
        }
    )+};
}

steps! {
    /// Submits a draft for publication.
    ProjectSubmitInput ProjectSubmitPayload {},
    /// Publishes a project in review.
    ProjectPublishInput ProjectPublishPayload {},
    /// Returns a project in review to its holder.
    ProjectReturnInput ProjectReturnPayload {
        /// What has to be mended; the holder reads it. At most 2,000 characters.
        reason: String
    },
    /// Takes a published project back to draft.
    ProjectUnpublishInput ProjectUnpublishPayload {},
    /// Archives a published project.
    ProjectArchiveInput ProjectArchivePayload {},
    /// Publishes an archived project again.
    ProjectRestoreInput ProjectRestorePayload {},
    /// Withdraws a project for good.
    ProjectWithdrawInput ProjectWithdrawPayload {
        /// Why; kept in the audit trail. At most 2,000 characters.
        reason: Option<String>
    },
    /// Joins a project into another that describes the same thing.
    ProjectMergeInput ProjectMergePayload {
        /// Project that remains.
        into_id: ID
    },
}

#[derive(Clone, Copy, Default)]
pub struct ProjectStepMutation;

#[Object]
impl ProjectStepMutation {
    /// Submits a draft. It is published at once if its holder is verified and it is 60 % complete, else a curator reads it.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`; top level: `FORBIDDEN`.
    async fn project_submit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which project.")] input: ProjectSubmitInput,
    ) -> Nullable<ProjectSubmitPayload> {
        payload(submit(ctx.store(), input).await)
    }

    /// Publishes a project in review; for curators.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`; top level: `FORBIDDEN`.
    async fn project_publish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which project.")] input: ProjectPublishInput,
    ) -> Nullable<ProjectPublishPayload> {
        let go = Go {
            id: input.id,
            if_version: input.if_version,
            step: Step::Publish,
            act: Act::Decide,
            event: Event::of("projectPublish"),
        };
        payload(step(ctx.store(), go, |_| ()).await)
    }

    /// Returns a project in review to its holder with a reason; for curators.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `BLANK`, `TOO_LONG`; top level: `FORBIDDEN`.
    async fn project_return(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which project, and why.")] input: ProjectReturnInput,
    ) -> Nullable<ProjectReturnPayload> {
        let mut faults = Faults::default();
        let reason = faults.required(Some(input.reason), &["input", "reason"], 2_000);
        let event = Event::because("projectReturn", reason.clone());
        let go =
            Go { id: input.id, if_version: input.if_version, step: Step::Return, act: Act::Decide, event };
        let returned = match faults.none_or_refuse() {
            Ok(()) => step(ctx.store(), go, |row| row.return_reason = Set(Some(reason))).await,
            Err(error) => Err(error),
        };
        payload(returned)
    }

    /// Takes a published project back to draft; for its holder's editors and for curators.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`; top level: `FORBIDDEN`.
    async fn project_unpublish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which project.")] input: ProjectUnpublishInput,
    ) -> Nullable<ProjectUnpublishPayload> {
        let act = unpublishing(ctx.store().viewer());
        let go = Go {
            id: input.id,
            if_version: input.if_version,
            step: Step::Unpublish,
            act,
            event: Event::of("projectUnpublish"),
        };
        payload(step(ctx.store(), go, |_| ()).await)
    }

    /// Archives a published project.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`; top level: `FORBIDDEN`.
    async fn project_archive(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which project.")] input: ProjectArchiveInput,
    ) -> Nullable<ProjectArchivePayload> {
        let go = Go {
            id: input.id,
            if_version: input.if_version,
            step: Step::Archive,
            act: Act::Edit,
            event: Event::of("projectArchive"),
        };
        payload(step(ctx.store(), go, |_| ()).await)
    }

    /// Publishes an archived project again.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`; top level: `FORBIDDEN`.
    async fn project_restore(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which project.")] input: ProjectRestoreInput,
    ) -> Nullable<ProjectRestorePayload> {
        let go = Go {
            id: input.id,
            if_version: input.if_version,
            step: Step::Restore,
            act: Act::Edit,
            event: Event::of("projectRestore"),
        };
        payload(step(ctx.store(), go, |_| ()).await)
    }

    /// Withdraws a project for good; for its holder's administrators and for curators.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `TOO_LONG`; top level: `FORBIDDEN`.
    async fn project_withdraw(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which project, and why.")] input: ProjectWithdrawInput,
    ) -> Nullable<ProjectWithdrawPayload> {
        let mut faults = Faults::default();
        let reason = faults.text(input.reason, &["input", "reason"], 2_000);
        let event = Event { action: "projectWithdraw", reason };
        let go =
            Go { id: input.id, if_version: input.if_version, step: Step::Withdraw, act: Act::Delete, event };
        let withdrawn = match faults.none_or_refuse() {
            Ok(()) => step(ctx.store(), go, |_| ()).await,
            Err(error) => Err(error),
        };
        payload(withdrawn)
    }

    /// Joins a project into another; the old id goes on answering and names the new one. For curators and data stewards.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `INVALID`; top level: `FORBIDDEN`.
    async fn project_merge(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which project into which.")] input: ProjectMergeInput,
    ) -> Nullable<ProjectMergePayload> {
        payload(merge(ctx.store(), input).await)
    }
}

/// A curator takes a project back by deciding, its holder by editing; a data steward does neither.
pub(super) fn unpublishing(viewer: &Viewer) -> Act {
    if viewer.is_curator() { Act::Decide } else { Act::Edit }
}

struct Go {
    id: ID,
    if_version: Option<String>,
    step: Step,
    act: Act,
    event: Event,
}

async fn step(store: &Store, go: Go, change: impl FnOnce(&mut project::ActiveModel)) -> Result<Project> {
    let mut tx = store.begin().await?;
    let held = hold(&tx, &go.id, go.act, go.if_version.as_deref()).await?;
    let held = take(&mut tx, held, go.step, change).await?;
    tx.commit(go.event).await?;
    Ok(Project(held.into_row()))
}

async fn submit(store: &Store, input: ProjectSubmitInput) -> Result<Project> {
    let mut tx = store.begin().await?;
    let held = hold(&tx, &input.id, Act::Edit, input.if_version.as_deref()).await?;
    let mut held = take(&mut tx, held, Step::Submit, |row| row.return_reason = Set(None)).await?;
    let holder =
        tx.see::<organization::Entity>().filter(organization::Column::Id.eq(held.holder_id)).one().await?;
    let is_verified = holder.is_some_and(|holder| holder.verification == Verification::Verified);
    if is_verified && completeness::percent(&held, around(store, held.id).await?) >= completeness::ENOUGH {
        held = take(&mut tx, held, Step::Publish, |_| ()).await?;
    }
    tx.commit(Event::of("projectSubmit")).await?;
    Ok(Project(held.into_row()))
}

async fn merge(store: &Store, input: ProjectMergeInput) -> Result<Project> {
    let into: ProjectId = key(&input.into_id)?;
    let mut tx = store.begin().await?;
    let held = hold(&tx, &input.id, Act::Decide, input.if_version.as_deref()).await?;
    if held.id == into {
        return Err(Error::mend(
            UserErrorCode::Invalid,
            &["input", "intoId"],
            "A project cannot be joined into itself.",
        ));
    }
    let target = tx.hold::<project::Entity>(into, Act::Decide, &["input", "intoId"]).await?;
    if matches!(target.status, ProjectStatus::Merged | ProjectStatus::Withdrawn) {
        return Err(Error::state(format!(
            "The project that remains is {}; choose one that lives.",
            target.status
        )));
    }
    let held = take(&mut tx, held, Step::Merge, |row| row.merged_into_id = Set(Some(into))).await?;
    tx.commit(Event::of("projectMerge")).await?;
    Ok(Project(held.into_row()))
}

async fn hold(tx: &Tx, id: &ID, act: Act, if_version: Option<&str>) -> Result<Held<project::Entity>> {
    let held = tx.hold::<project::Entity>(key(id)?, act, &["input", "id"]).await?;
    check_version(if_version, held.version)?;
    Ok(held)
}

async fn take(
    tx: &mut Tx,
    held: Held<project::Entity>,
    step: Step,
    change: impl FnOnce(&mut project::ActiveModel),
) -> Result<Held<project::Entity>> {
    let status = after(held.status, step)
        .ok_or_else(|| Error::state(format!("A project that is {} cannot take this step.", held.status)))?;
    let now = tx.store().now();
    tx.update(held, |row| {
        row.status = Set(status);
        if status == ProjectStatus::Published {
            row.published_at = Set(Some(now));
        }
        change(row);
    })
    .await
}
