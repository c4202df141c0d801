//! Writing frameworks: drafts change, published editions do not, a revision is a new edition.

use super::Framework;
use crate::{
    evidence::{
        asked::{self, apply, at_most, exact, listed},
        indicators::edition::{self, acts, check_code},
    },
    face::{Door, key, payload},
    reference::codes_of,
};
use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};
use door::{
    Error, Faults, Nullable, Result, UserErrorCode,
    authz::{Act, Event, Held, Store, Tx},
    fold::fold,
};
use entity::{
    codes::*,
    evidence::{
        framework, framework_dimension, framework_item, framework_term, framework_territory, indicator,
    },
    ids::{FrameworkId, IndicatorId, OrganizationId, TermId, TerritoryId},
};
use gql::scalars::Decimal;
use sea_orm::{ColumnTrait, Set};
use std::collections::BTreeSet;

/// Group of a framework's items.
#[derive(Clone, Debug, InputObject)]
pub struct FrameworkDimensionInput {
    /// Name; at most 200 characters.
    pub name: String,
    /// Question that its items answer; at most 500 characters.
    pub question: Option<String>,
    /// Weight beside the other dimensions.
    pub weight: Option<Decimal>,
}

/// Indicator of a framework.
#[derive(Clone, Debug, InputObject)]
pub struct FrameworkItemInput {
    /// What is measured.
    pub indicator_id: ID,
    /// How much the framework asks for it.
    pub kind: FrameworkItemKind,
    /// Place of its dimension among `dimensions`, from 0.
    pub dimension: Option<i32>,
    /// How to measure it within this framework; at most 2,000 characters.
    pub guidance: Option<String>,
}

/// What is said of a framework. What is left out stays; `null` clears.
#[derive(Clone, Debug, Default, InputObject)]
pub struct FrameworkDetailsInput {
    /// What it is for; at most 5,000 characters.
    pub summary: MaybeUndefined<String>,
    /// Working group that writes it, convened by its owner; said by the owner alone.
    pub working_group_id: MaybeUndefined<ID>,
    /// Groups of items, in order; replaces all. At most 20.
    pub dimensions: MaybeUndefined<Vec<FrameworkDimensionInput>>,
    /// Indicators, in order; replaces all. At most 200.
    pub items: MaybeUndefined<Vec<FrameworkItemInput>>,
    /// Codes of themes; replaces all. At most 20.
    pub themes: MaybeUndefined<Vec<String>>,
    /// Codes of territories; replaces all. At most 50.
    pub territories: MaybeUndefined<Vec<String>>,
}

/// Adds a draft of a framework.
#[derive(Clone, Debug, InputObject)]
pub struct FrameworkCreateInput {
    /// Organization that keeps it; the viewer has to be an editor there.
    pub owner_id: ID,
    /// Code: capital letters, digits, `_`, `-` and `.`; at most 60.
    pub code: String,
    /// Title; at most 200 characters.
    pub title: String,
    #[graphql(flatten)]
    pub details: FrameworkDetailsInput,
}

/// Changes a draft of a framework.
#[derive(Clone, Debug, InputObject)]
pub struct FrameworkUpdateInput {
    /// Framework to change.
    pub id: ID,
    /// Version that was read; refuses if it has changed since.
    pub if_version: Option<String>,
    /// New title; at most 200 characters.
    pub title: Option<String>,
    #[graphql(flatten)]
    pub details: FrameworkDetailsInput,
}

acts! {
    framework: Framework {
        /// Publishes a draft of a framework.
        FrameworkPublishInput FrameworkPublishPayload,
        /// Begins a new edition of a framework.
        FrameworkReviseInput FrameworkRevisePayload,
        /// Retires a framework.
        FrameworkRetireInput FrameworkRetirePayload,
    }
}

payload! {
    /// Outcome of `frameworkCreate`.
    FrameworkCreatePayload {
        /// Framework as it is now: a draft.
        framework: Framework
    }
}

payload! {
    /// Outcome of `frameworkUpdate`.
    FrameworkUpdatePayload {
        /// Framework as it is now.
        framework: Framework
    }
}

#[derive(Clone, Copy, Default)]
pub struct FrameworkMutation;

#[Object]
impl FrameworkMutation {
    /// Adds a draft of a framework to an organization in which one is an editor.
    ///
    /// Errors: `BLANK`, `TOO_LONG`, `INVALID`, `NOT_FOUND`, `TERM_RETIRED`, `TAKEN`; top level: `FORBIDDEN`.
    async fn framework_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to add.")] input: FrameworkCreateInput,
    ) -> Nullable<FrameworkCreatePayload> {
        payload(create(ctx.store(), input).await)
    }

    /// Changes a draft; published editions never change. For editors of its owner, and of its working group's members.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `BLANK`, `TOO_LONG`, `INVALID`, `TERM_RETIRED`; top
    /// level: `FORBIDDEN`.
    async fn framework_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: FrameworkUpdateInput,
    ) -> Nullable<FrameworkUpdatePayload> {
        payload(update(ctx.store(), input).await)
    }

    /// Publishes a draft whose indicators are all published; the edition before it is superseded.
    ///
    /// For the owner's administrators. Projects that adopted the edition before keep it.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`; top level: `FORBIDDEN`.
    async fn framework_publish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which framework.")] input: FrameworkPublishInput,
    ) -> Nullable<FrameworkPublishPayload> {
        payload(publish(ctx.store(), input).await)
    }

    /// Begins a new edition: a draft with all that the published one says.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `TAKEN`; top level: `FORBIDDEN`.
    async fn framework_revise(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which framework.")] input: FrameworkReviseInput,
    ) -> Nullable<FrameworkRevisePayload> {
        payload(revise(ctx.store(), input).await)
    }

    /// Retires a framework: projects that adopted it keep it, no other adopts it.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`; top level: `FORBIDDEN`.
    async fn framework_retire(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which framework.")] input: FrameworkRetireInput,
    ) -> Nullable<FrameworkRetirePayload> {
        let retired = edition::retire::<framework::Entity>(
            ctx.store(),
            &input.id,
            input.if_version.as_deref(),
            "frameworkRetire",
        );
        payload(retired.await.map(Framework))
    }
}

async fn create(store: &Store, input: FrameworkCreateInput) -> Result<Framework> {
    let owner = key(&input.owner_id)?;
    let mut tx = store.begin().await?;
    let mut faults = Faults::default();
    check_code(&input.code, &mut faults);
    let title = faults.required(Some(input.title), &["input", "title"], 200);
    let now = store.now();
    let mut row = framework::ActiveModel {
        id: Set(FrameworkId::fresh()),
        code: Set(input.code),
        edition: Set(1),
        owner_id: Set(owner),
        working_group_id: Set(None),
        title_key: Set(fold(&title)),
        title: Set(title),
        summary: Set(None),
        status: Set(EditionStatus::Draft),
        published_at: Set(None),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    tx.may_create::<framework::Entity>(&row)?;
    let parts = input.details.check(&tx, owner, &mut row, &mut faults).await?;
    faults.none_or_refuse()?;
    let held = tx.create::<framework::Entity>(row).await?;
    parts.write(&mut tx, &held).await?;
    tx.commit(Event::of("frameworkCreate")).await?;
    Ok(Framework(held.into_row()))
}

async fn update(store: &Store, input: FrameworkUpdateInput) -> Result<Framework> {
    let mut tx = store.begin().await?;
    let held =
        edition::hold_draft::<framework::Entity>(&mut tx, &input.id, input.if_version.as_deref()).await?;
    let mut faults = Faults::default();
    let mut row = <framework::ActiveModel as Default>::default();
    if let Some(title) = input.title {
        let title = faults.required(Some(title), &["input", "title"], 200);
        row.title_key = Set(fold(&title));
        row.title = Set(title);
    }
    let parts = input.details.check(&tx, held.owner_id, &mut row, &mut faults).await?;
    faults.none_or_refuse()?;
    let held = tx.update(held, |held| apply(held, &row)).await?;
    parts.write(&mut tx, &held).await?;
    tx.commit(Event::of("frameworkUpdate")).await?;
    Ok(Framework(held.into_row()))
}

async fn publish(store: &Store, input: FrameworkPublishInput) -> Result<Framework> {
    let mut tx = store.begin().await?;
    let held: Held<framework::Entity> =
        edition::hold(&tx, &input.id, Act::Decide, input.if_version.as_deref(), EditionStatus::Draft).await?;
    let items = framework_item::Column::FrameworkId.eq(held.id);
    let items = tx.see::<framework_item::Entity>().filter(items).all().await?;
    let wanted = indicator::Column::Id.is_in(items.iter().map(|item| item.indicator_id));
    let indicators = tx.see::<indicator::Entity>().filter(wanted).all().await?;
    let unpublished: Vec<_> = indicators
        .iter()
        .filter(|row| row.status != EditionStatus::Published)
        .map(|row| format!("{} ({})", row.code, row.status))
        .collect();
    if items.is_empty() || !unpublished.is_empty() {
        let message = if items.is_empty() {
            "A framework without indicators is not published.".to_owned()
        } else {
            format!("Its indicators have to be published first: {}.", unpublished.join(", "))
        };
        return Err(Error::state(message));
    }
    let held = edition::publish(&mut tx, held).await?;
    tx.commit(Event::of("frameworkPublish")).await?;
    Ok(Framework(held.into_row()))
}

async fn revise(store: &Store, input: FrameworkReviseInput) -> Result<Framework> {
    let mut tx = store.begin().await?;
    let before: Held<framework::Entity> =
        edition::hold(&tx, &input.id, Act::Edit, input.if_version.as_deref(), EditionStatus::Published)
            .await?;
    let from = before.id;
    let held = edition::revise(&mut tx, before).await?;
    edition::copy::<framework_dimension::Entity, _>(&mut tx, from, &held).await?;
    edition::copy::<framework_item::Entity, _>(&mut tx, from, &held).await?;
    edition::copy::<framework_term::Entity, _>(&mut tx, from, &held).await?;
    edition::copy::<framework_territory::Entity, _>(&mut tx, from, &held).await?;
    tx.commit(Event::of("frameworkRevise")).await?;
    Ok(Framework(held.into_row()))
}

/// Parts to write once the row is held; what is absent stays.
struct Parts {
    dimensions: Option<Vec<framework_dimension::ActiveModel>>,
    items: Option<Vec<framework_item::ActiveModel>>,
    themes: Option<Vec<TermId>>,
    territories: Option<Vec<TerritoryId>>,
}

impl Parts {
    async fn write(self, tx: &mut Tx, held: &Held<framework::Entity>) -> Result<()> {
        if let Some(dimensions) = self.dimensions {
            tx.replace::<framework_dimension::Entity>(held, dimensions).await?;
        }
        if let Some(items) = self.items {
            tx.replace::<framework_item::Entity>(held, items).await?;
        }
        if let Some(themes) = self.themes {
            let row = |term_id| framework_term::ActiveModel { term_id: Set(term_id), ..Default::default() };
            tx.replace::<framework_term::Entity>(held, themes.into_iter().map(row).collect()).await?;
        }
        if let Some(territories) = self.territories {
            let row = |territory_id| framework_territory::ActiveModel {
                territory_id: Set(territory_id),
                ..Default::default()
            };
            tx.replace::<framework_territory::Entity>(held, territories.into_iter().map(row).collect())
                .await?;
        }
        Ok(())
    }
}

impl FrameworkDetailsInput {
    async fn check(
        self,
        tx: &Tx,
        owner: OrganizationId,
        row: &mut framework::ActiveModel,
        faults: &mut Faults,
    ) -> Result<Parts> {
        let (group, column) = (self.working_group_id, &mut row.working_group_id);
        edition::check_group(tx, group, Some(owner), column, faults).await?;
        asked::text(self.summary, &["input", "summary"], 5_000, faults, &mut row.summary);
        let dimensions = listed(&self.dimensions).map(|list| check_dimensions(list, faults));
        let items = match listed(&self.items) {
            Some(items) => Some(check_items(tx, items, dimensions.as_ref().map(Vec::len), faults).await?),
            None => None,
        };
        let themes = match listed(&self.themes) {
            Some(codes) if at_most(codes.len(), 20, &["input", "themes"], faults) => {
                let found = codes_of(tx, Taxonomy::Theme, &codes, &["input", "themes"], faults).await?;
                Some(found.into_iter().collect::<BTreeSet<_>>().into_iter().collect())
            }
            _ => None,
        };
        let territories = match listed(&self.territories) {
            Some(codes) if at_most(codes.len(), 50, &["input", "territories"], faults) => {
                Some(asked::territories(tx, &codes, &["input", "territories"], faults).await?)
            }
            _ => None,
        };
        Ok(Parts { dimensions, items, themes, territories })
    }
}

fn check_dimensions(
    list: Vec<FrameworkDimensionInput>,
    faults: &mut Faults,
) -> Vec<framework_dimension::ActiveModel> {
    at_most(list.len(), 20, &["input", "dimensions"], faults);
    let row = |(position, item): (i32, FrameworkDimensionInput)| {
        let place = position.to_string();
        framework_dimension::ActiveModel {
            position: Set(position),
            name: Set(faults.required(Some(item.name), &["input", "dimensions", &place, "name"], 200)),
            question: Set(faults.text(item.question, &["input", "dimensions", &place, "question"], 500)),
            weight: Set(item.weight.map(|weight| exact(&weight.0))),
            ..Default::default()
        }
    };
    (0..20).zip(list).map(row).collect()
}

async fn check_items(
    tx: &Tx,
    list: Vec<FrameworkItemInput>,
    dimensions: Option<usize>,
    faults: &mut Faults,
) -> Result<Vec<framework_item::ActiveModel>> {
    at_most(list.len(), 200, &["input", "items"], faults);
    let ids = list.iter().map(|item| key::<IndicatorId>(&item.indicator_id)).collect::<Result<Vec<_>>>()?;
    let wanted = indicator::Column::Id.is_in(ids.iter().copied());
    let known: BTreeSet<_> =
        tx.see::<indicator::Entity>().filter(wanted).all().await?.into_iter().map(|row| row.id).collect();
    let mut seen = BTreeSet::new();
    let mut rows = Vec::new();
    for ((position, item), id) in (0..200).zip(list).zip(ids) {
        let place = position.to_string();
        let path = ["input", "items", &place, "indicatorId"];
        if !known.contains(&id) {
            faults.add(UserErrorCode::NotFound, &path, "No such indicator.");
        }
        if !seen.insert(id) {
            faults.add(UserErrorCode::Invalid, &path, "This indicator is in the list already.");
        }
        let is_placed = item.dimension.is_none_or(|dimension| {
            usize::try_from(dimension).is_ok_and(|dimension| dimensions.is_none_or(|count| dimension < count))
        });
        if !is_placed {
            let path = ["input", "items", &place, "dimension"];
            faults.add(UserErrorCode::OutOfRange, &path, "There is no dimension at this place.");
        }
        rows.push(framework_item::ActiveModel {
            indicator_id: Set(id),
            position: Set(position),
            dimension: Set(item.dimension),
            kind: Set(item.kind),
            guidance: Set(faults.text(item.guidance, &["input", "items", &place, "guidance"], 2_000)),
            ..Default::default()
        });
    }
    Ok(rows)
}
