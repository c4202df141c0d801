//! Projects that measure by a framework, and what of it does not apply to them (domain BR-24).

use super::usage::{IndicatorUse, uses_of};
use crate::{
    evidence::{
        asked::at_most,
        indicators::framework::{Framework, FrameworkItem, items_of},
        permissions::OwnViewerPermissions,
    },
    face::{Door, key, payload},
    projects::Project,
};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use door::{
    Error, Faults, Nullable, Result, UserErrorCode,
    authz::{Act, Event, Held, Lookup, Store, Tx, check_version},
    nullable,
};
use entity::{
    codes::{EditionStatus, FrameworkItemKind},
    evidence::{adoption_exception, framework, framework_adoption, framework_item},
    ids::{FrameworkAdoptionId, FrameworkId, IndicatorId, ProjectId},
    projects::project,
};
use gql::scalars::DateTime;
use sea_orm::{ColumnTrait, Set};
use std::collections::{BTreeMap, HashMap};

/// Project that measures by an edition of a framework.
#[derive(Clone)]
pub struct FrameworkAdoption(pub framework_adoption::Model);

impl From<framework_adoption::Model> for FrameworkAdoption {
    fn from(row: framework_adoption::Model) -> Self {
        Self(row)
    }
}

/// Item of a framework as a project takes it.
#[derive(Clone, SimpleObject)]
pub struct AdoptedItem {
    /// Item of the framework.
    pub item: FrameworkItem,
    /// Whether it applies to the project.
    pub is_applicable: bool,
    /// Why it does not apply.
    pub reason: Option<String>,
    /// How the project measures it; `null` as long as it does not.
    pub r#use: Option<IndicatorUse>,
}

/// Project that measures by an edition of a framework. Seen with the project, and by the framework's owner.
#[Object]
impl FrameworkAdoption {
    /// Id, `fad_…`.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Version, for `ifVersion`.
    async fn version(&self) -> String {
        self.0.version.to_string()
    }

    /// When it was adopted.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at.0)
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at.0)
    }

    /// Edition that was adopted.
    async fn framework(&self, ctx: &Context<'_>) -> Nullable<Framework> {
        let row = ctx.store().load::<framework::Entity>(self.0.framework_id).await;
        nullable(row.map(|row| row.map(Framework)))
    }

    /// Project that adopted it.
    async fn project(&self, ctx: &Context<'_>) -> Nullable<Project> {
        let row = ctx.store().load::<project::Entity>(self.0.project_id).await;
        nullable(row.map(|row| row.map(Project)))
    }

    /// Items of the framework as the project takes them; at most 200.
    async fn items(&self, ctx: &Context<'_>) -> Nullable<Vec<AdoptedItem>> {
        nullable(self.taken(ctx.store()).await.map(Some))
    }

    /// Share of core items that apply and that the project measures, in percent; 100 if none applies.
    ///
    /// Items that are not applicable are left out (domain BR-24).
    async fn completeness_percent(&self, ctx: &Context<'_>) -> Nullable<i32> {
        let taken = self.taken(ctx.store()).await;
        nullable(taken.map(|items| {
            let asked = items.iter().map(|item| (item.item.0.kind, item.is_applicable, item.r#use.is_some()));
            Some(completeness(asked))
        }))
    }

    /// What the viewer may do to it now. `update` is `frameworkAdoptionUpdate`.
    async fn viewer_permissions(&self, ctx: &Context<'_>) -> OwnViewerPermissions {
        OwnViewerPermissions::of::<framework_adoption::Entity>(ctx.store().viewer(), &self.0)
    }
}

/// Share of core items that apply and are measured, in percent; from kind, whether it applies and whether it is measured.
fn completeness(items: impl Iterator<Item = (FrameworkItemKind, bool, bool)>) -> i32 {
    let (mut asked, mut measured) = (0, 0);
    for (kind, is_applicable, is_measured) in items {
        if kind == FrameworkItemKind::Core && is_applicable {
            asked += 1;
            measured += i32::from(is_measured);
        }
    }
    if asked == 0 { 100 } else { measured * 100 / asked }
}

impl FrameworkAdoption {
    async fn taken(&self, store: &Store) -> Result<Vec<AdoptedItem>> {
        let (items, exceptions, uses) = futures_util::try_join!(
            items_of(store, self.0.framework_id),
            store.parts::<adoption_exception::Entity>(self.0.id),
            uses_of(store, self.0.project_id),
        )?;
        let reasons: HashMap<_, _> =
            exceptions.into_iter().map(|row| (row.indicator_id, row.reason)).collect();
        let taken = items.into_iter().map(|item| {
            let used = uses.iter().find(|row| row.indicator_id == item.indicator_id && !row.is_closed);
            AdoptedItem {
                is_applicable: !reasons.contains_key(&item.indicator_id),
                reason: reasons.get(&item.indicator_id).cloned(),
                r#use: used.cloned().map(IndicatorUse),
                item: FrameworkItem(item),
            }
        });
        Ok(taken.collect())
    }
}

/// Adoptions of a project, oldest first; those of many projects come in one statement.
pub async fn adoptions_of(store: &Store, project: ProjectId) -> Result<Vec<FrameworkAdoption>> {
    let rows = store.batched(AdoptionsOf, project).await?.unwrap_or_default();
    Ok(rows.into_iter().map(FrameworkAdoption).collect())
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct AdoptionsOf;

impl Lookup for AdoptionsOf {
    type Key = ProjectId;
    type Value = Vec<framework_adoption::Model>;

    async fn find(
        self,
        store: Store,
        keys: Vec<ProjectId>,
    ) -> Result<HashMap<ProjectId, Vec<framework_adoption::Model>>> {
        let wanted = framework_adoption::Column::ProjectId.is_in(keys);
        let seen = store.see::<framework_adoption::Entity>().filter(wanted);
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        for row in seen.ascending(framework_adoption::Column::Id).all().await? {
            found.entry(row.project_id).or_default().push(row);
        }
        Ok(found)
    }
}

/// Item of a framework that does not apply to a project.
#[derive(Clone, Debug, InputObject)]
pub struct NotApplicableInput {
    /// Indicator of the item.
    pub indicator_id: ID,
    /// Why it does not apply; at most 1,000 characters.
    pub reason: String,
}

/// Makes a project measure by a framework.
#[derive(Clone, Debug, InputObject)]
pub struct FrameworkAdoptInput {
    /// Project; the viewer has to be an editor of its holder.
    pub project_id: ID,
    /// Published edition to adopt.
    pub framework_id: ID,
    /// Items that do not apply, each with its reason; at most 200.
    pub not_applicable: Option<Vec<NotApplicableInput>>,
}

/// Says anew what of a framework does not apply.
#[derive(Clone, Debug, InputObject)]
pub struct FrameworkAdoptionUpdateInput {
    /// Adoption to change.
    pub id: ID,
    /// Version that was read; refuses if it has changed since.
    pub if_version: Option<String>,
    /// Items that do not apply, each with its reason; replaces all. At most 200.
    pub not_applicable: Vec<NotApplicableInput>,
}

payload! {
    /// Outcome of `frameworkAdopt`.
    FrameworkAdoptPayload {
        /// Adoption as it is now.
        framework_adoption: FrameworkAdoption
    }
}

payload! {
    /// Outcome of `frameworkAdoptionUpdate`.
    FrameworkAdoptionUpdatePayload {
        /// Adoption as it is now.
        framework_adoption: FrameworkAdoption
    }
}

#[derive(Clone, Copy, Default)]
pub struct AdoptionMutation;

#[Object]
impl AdoptionMutation {
    /// Adopts a published framework for a project of one's organization.
    ///
    /// Errors: `NOT_FOUND`, `STATE_INVALID`, `TAKEN`, `BLANK`, `TOO_LONG`; top level: `FORBIDDEN`.
    async fn framework_adopt(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which framework, for which project.")] input: FrameworkAdoptInput,
    ) -> Nullable<FrameworkAdoptPayload> {
        payload(adopt(ctx.store(), input).await)
    }

    /// Says anew which items of an adopted framework do not apply, and why.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `BLANK`, `TOO_LONG`; top level: `FORBIDDEN`.
    async fn framework_adoption_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: FrameworkAdoptionUpdateInput,
    ) -> Nullable<FrameworkAdoptionUpdatePayload> {
        payload(update(ctx.store(), input).await)
    }
}

async fn adopt(store: &Store, input: FrameworkAdoptInput) -> Result<FrameworkAdoption> {
    let mut tx = store.begin().await?;
    let project =
        tx.hold::<project::Entity>(key::<ProjectId>(&input.project_id)?, Act::Edit, &["input", "projectId"]);
    let project = project.await?;
    let path = ["input", "frameworkId"];
    let wanted = framework::Column::Id.eq(key::<FrameworkId>(&input.framework_id)?);
    let found = tx.see::<framework::Entity>().filter(wanted).one().await?;
    let framework = found.ok_or_else(|| Error::not_found(&path))?;
    if framework.status != EditionStatus::Published {
        return Err(Error::state(format!(
            "This edition is {}; adopt one that is published.",
            framework.status
        )));
    }
    let mut faults = Faults::default();
    let exceptions = check(&tx, framework.id, input.not_applicable.unwrap_or_default(), &mut faults).await?;
    faults.none_or_refuse()?;
    let now = store.now();
    let row = framework_adoption::ActiveModel {
        id: Set(FrameworkAdoptionId::fresh()),
        framework_id: Set(framework.id),
        reviewer_id: Set(framework.owner_id),
        project_id: Set(project.id),
        holder_id: Set(project.holder_id),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    let held = tx.create::<framework_adoption::Entity>(row).await?;
    tx.replace::<adoption_exception::Entity>(&held, exceptions).await?;
    tx.commit(Event::of("frameworkAdopt")).await?;
    Ok(FrameworkAdoption(held.into_row()))
}

async fn update(store: &Store, input: FrameworkAdoptionUpdateInput) -> Result<FrameworkAdoption> {
    let mut tx = store.begin().await?;
    let held: Held<framework_adoption::Entity> =
        tx.hold(key(&input.id)?, Act::Edit, &["input", "id"]).await?;
    check_version(input.if_version.as_deref(), held.version)?;
    let mut faults = Faults::default();
    let exceptions = check(&tx, held.framework_id, input.not_applicable, &mut faults).await?;
    faults.none_or_refuse()?;
    let held = tx.update(held, |_| ()).await?;
    tx.replace::<adoption_exception::Entity>(&held, exceptions).await?;
    tx.commit(Event::of("frameworkAdoptionUpdate")).await?;
    Ok(FrameworkAdoption(held.into_row()))
}

async fn check(
    tx: &Tx,
    framework: FrameworkId,
    list: Vec<NotApplicableInput>,
    faults: &mut Faults,
) -> Result<Vec<adoption_exception::ActiveModel>> {
    at_most(list.len(), 200, &["input", "notApplicable"], faults);
    let items = tx
        .see::<framework_item::Entity>()
        .filter(framework_item::Column::FrameworkId.eq(framework))
        .all()
        .await?;
    let mut kept = BTreeMap::new();
    for (place, item) in list.into_iter().take(200).enumerate() {
        let place = place.to_string();
        let id = key::<IndicatorId>(&item.indicator_id)?;
        if !items.iter().any(|item| item.indicator_id == id) {
            let path = ["input", "notApplicable", &place, "indicatorId"];
            faults.add(UserErrorCode::NotFound, &path, "The framework has no such indicator.");
        }
        kept.insert(
            id,
            faults.required(Some(item.reason), &["input", "notApplicable", &place, "reason"], 1_000),
        );
    }
    let row = |(indicator_id, reason)| adoption_exception::ActiveModel {
        indicator_id: Set(indicator_id),
        reason: Set(reason),
        ..Default::default()
    };
    Ok(kept.into_iter().map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use FrameworkItemKind::{Core, Optional};

    #[test]
    fn what_does_not_apply_is_not_missed() {
        for (items, percent) in [
            (vec![], 100),
            (vec![(Core, true, true), (Core, true, false)], 50),
            (vec![(Core, true, true), (Core, false, false)], 100),
            (vec![(Core, true, false), (Optional, true, true)], 0),
            (vec![(Core, false, true)], 100),
        ] {
            assert_eq!(completeness(items.clone().into_iter()), percent, "{items:?}");
        }
    }
}
