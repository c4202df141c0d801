//! Writing projects: create and update.

use super::{
    input::{ProjectCreateInput, ProjectUpdateInput, title_and_key},
    need,
    project::Project,
    state::is_editable,
};
use crate::face::{Door, key, payload};
use async_graphql::{Context, Object};
use door::{
    Error, Faults, Nullable, Result, UserErrorCode,
    authz::{Act, Event, Store, check_version},
    fold::slug,
};
use entity::{
    codes::{Licence, ProjectStatus, Verification},
    ids::{OrganizationId, ProjectId},
    orgs::organization,
    projects::{need as need_row, project},
};
use sea_orm::{ColumnTrait, Set};

payload! {
    /// Outcome of `projectCreate`.
    ProjectCreatePayload {
        /// Project as it is now: a draft.
        project: Project
    }
}

payload! {
    /// Outcome of `projectUpdate`.
    ProjectUpdatePayload {
        /// Project as it is now.
        project: Project
    }
}

#[derive(Clone, Copy, Default)]
pub struct ProjectWriteMutation;

#[Object]
impl ProjectWriteMutation {
    /// Adds a draft to an organization in which one is an editor.
    ///
    /// Errors: `NOT_FOUND`, `BLANK`, `TOO_LONG`, `INVALID`, `OUT_OF_RANGE`, `TERM_RETIRED`, `STATE_INVALID`; top level:
    /// `FORBIDDEN`.
    async fn project_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to add, and to whom.")] input: ProjectCreateInput,
    ) -> Nullable<ProjectCreatePayload> {
        payload(create(ctx.store(), input).await)
    }

    /// Changes a project of one's organization; what is left out stays, `null` clears.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `BLANK`, `TOO_LONG`, `INVALID`, `TERM_RETIRED`, `STATE_INVALID`; top
    /// level: `FORBIDDEN`.
    async fn project_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: ProjectUpdateInput,
    ) -> Nullable<ProjectUpdatePayload> {
        payload(update(ctx.store(), input).await)
    }
}

async fn create(store: &Store, input: ProjectCreateInput) -> Result<Project> {
    let holder: OrganizationId = key(&input.holder_id)?;
    let mut tx = store.begin().await?;
    let found = tx.see::<organization::Entity>().filter(organization::Column::Id.eq(holder)).one().await?;
    let holder = found.ok_or_else(|| Error::not_found(&["input", "holderId"]))?;
    let mut faults = Faults::default();
    let (title, title_key) = title_and_key(Some(input.title), &mut faults);
    let summary = faults.required(Some(input.summary), &["input", "summary"], 500);
    let needs = input.needs.unwrap_or_default();
    if needs.len() > 20 {
        faults.add(UserErrorCode::TooLong, &["input", "needs"], "At most 20 needs, please.");
    }
    let needs: Vec<_> = needs
        .iter()
        .take(20)
        .enumerate()
        .map(|(place, input)| {
            need::row_of(input, store, &["input", "needs", &place.to_string()], &mut faults)
        })
        .collect();
    let (apply, parts) = input.details.check(&tx, &mut faults).await?;
    let (id, now) = (ProjectId::fresh(), store.now());
    let mut row = project::ActiveModel {
        id: Set(id),
        slug: Set(slug(&title, id)),
        holder_id: Set(holder.id),
        language: Set("fr".to_owned()),
        title: Set(title),
        title_key: Set(title_key),
        summary: Set(summary),
        description: Set(None),
        need_addressed: Set(None),
        solution: Set(None),
        translations: Set(serde_json::json!({})),
        stage: Set(input.stage),
        started_on: Set(None),
        licence: Set(Licence::CcBy),
        manual_url: Set(None),
        status: Set(ProjectStatus::Draft),
        return_reason: Set(None),
        published_at: Set(None),
        merged_into_id: Set(None),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    // The right comes before the faults: who may not write learns nothing about codes and organizations.
    tx.may_create::<project::Entity>(&row)?;
    if matches!(holder.verification, Verification::Suspended | Verification::Merged) {
        return Err(Error::state(format!(
            "An organization that is {} adds no projects.",
            holder.verification
        )));
    }
    faults.none_or_refuse()?;
    apply(&mut row);
    let held = tx.create::<project::Entity>(row).await?;
    parts.write(&mut tx, &held).await?;
    for need in needs {
        tx.add_part::<need_row::Entity>(&held, need).await?;
    }
    tx.commit(Event::of("projectCreate")).await?;
    Ok(Project(held.into_row()))
}

async fn update(store: &Store, input: ProjectUpdateInput) -> Result<Project> {
    let id: ProjectId = key(&input.id)?;
    let mut tx = store.begin().await?;
    let held = tx.hold::<project::Entity>(id, Act::Edit, &["input", "id"]).await?;
    check_version(input.if_version.as_deref(), held.version)?;
    if !is_editable(held.status) {
        return Err(Error::state(format!("A project that is {} cannot change.", held.status)));
    }
    let mut faults = Faults::default();
    let title = input.title.map(|title| title_and_key(Some(title), &mut faults));
    let summary = input.summary.map(|summary| faults.required(Some(summary), &["input", "summary"], 500));
    let (apply, parts) = input.details.check(&tx, &mut faults).await?;
    faults.none_or_refuse()?;
    let held = tx
        .update(held, |row| {
            if let Some((title, key)) = title {
                row.title = Set(title);
                row.title_key = Set(key);
            }
            if let Some(summary) = summary {
                row.summary = Set(summary);
            }
            if let Some(stage) = input.stage {
                row.stage = Set(stage);
            }
            apply(row);
        })
        .await?;
    parts.write(&mut tx, &held).await?;
    tx.commit(Event::of("projectUpdate")).await?;
    Ok(Project(held.into_row()))
}
