//! Writing indicators: drafts change, published editions do not, a revision is a new edition.

use super::Indicator;
use crate::{
    evidence::{
        asked::{self, apply, at_most, listed},
        indicators::edition::{self, acts, check_code},
    },
    face::{Door, key, payload},
    reference::codes_of,
};
use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};
use door::{
    Faults, Nullable, Result, UserErrorCode,
    authz::{Act, Event, Held, Store, Tx},
    fold::fold,
};
use entity::{
    codes::*,
    evidence::{indicator, indicator_reference, indicator_term},
    ids::{IndicatorId, OrganizationId, TermId},
    reference::term,
};
use sea_orm::{ColumnTrait, Set};
use std::collections::{BTreeMap, BTreeSet};

/// Code of an indicator in another collection.
#[derive(Clone, Debug, InputObject)]
pub struct IndicatorReferenceInput {
    /// Collection.
    pub scheme: IndicatorScheme,
    /// Code in that collection; at most 60 characters.
    pub code: String,
}

/// What is said of an indicator. What is left out stays; `null` clears.
#[derive(Clone, Debug, Default, InputObject)]
pub struct IndicatorDetailsInput {
    /// Working group that writes it, convened by its owner; said by the owner alone.
    pub working_group_id: MaybeUndefined<ID>,
    /// Label in English; at most 300 characters.
    pub label_en: MaybeUndefined<String>,
    /// What exactly is counted; at most 5,000 characters.
    pub definition: MaybeUndefined<String>,
    /// How it is calculated; at most 2,000 characters.
    pub formula: MaybeUndefined<String>,
    /// Days between measurements, 1 to 3,650.
    pub frequency_days: MaybeUndefined<i32>,
    /// Where values come from and how to take them; at most 5,000 characters.
    pub guidance: MaybeUndefined<String>,
    /// Dimensions its values may be broken down by, such as `gender`; replaces all. At most 20.
    pub disaggregations: MaybeUndefined<Vec<String>>,
    /// Codes of themes; replaces all. At most 20.
    pub themes: MaybeUndefined<Vec<String>>,
    /// Codes of SDG targets; replaces all. At most 20.
    pub sdg_targets: MaybeUndefined<Vec<String>>,
    /// Codes in other collections; replaces all. At most 20.
    pub references: MaybeUndefined<Vec<IndicatorReferenceInput>>,
}

/// Adds a draft of an indicator.
#[derive(Clone, Debug, InputObject)]
pub struct IndicatorCreateInput {
    /// Organization that keeps it; the network itself unless given, which data stewards write for.
    pub owner_id: Option<ID>,
    /// Code: capital letters, digits, `_`, `-` and `.`; at most 60.
    pub code: String,
    /// Label in French; at most 300 characters.
    pub label_fr: String,
    /// What it speaks of.
    pub level: IndicatorLevel,
    /// What kind of value it takes.
    pub value_type: IndicatorValueType,
    /// Unit of its values, in French; at most 100 characters.
    pub unit: String,
    /// Way it is meant to go.
    pub direction: IndicatorDirection,
    /// How values make one.
    pub aggregation: IndicatorAggregation,
    #[graphql(flatten)]
    pub details: IndicatorDetailsInput,
}

/// Changes a draft of an indicator.
#[derive(Clone, Debug, InputObject)]
pub struct IndicatorUpdateInput {
    /// Indicator to change.
    pub id: ID,
    /// Version that was read; refuses if it has changed since.
    pub if_version: Option<String>,
    /// New label in French; at most 300 characters.
    pub label_fr: Option<String>,
    /// New level.
    pub level: Option<IndicatorLevel>,
    /// New kind of value.
    pub value_type: Option<IndicatorValueType>,
    /// New unit; at most 100 characters.
    pub unit: Option<String>,
    /// New direction.
    pub direction: Option<IndicatorDirection>,
    /// New way values make one.
    pub aggregation: Option<IndicatorAggregation>,
    #[graphql(flatten)]
    pub details: IndicatorDetailsInput,
}

acts! {
    indicator: Indicator {
        /// Publishes a draft of an indicator.
        IndicatorPublishInput IndicatorPublishPayload,
        /// Begins a new edition of an indicator.
        IndicatorReviseInput IndicatorRevisePayload,
        /// Retires an indicator.
        IndicatorRetireInput IndicatorRetirePayload,
    }
}

payload! {
    /// Outcome of `indicatorCreate`.
    IndicatorCreatePayload {
        /// Indicator as it is now: a draft.
        indicator: Indicator
    }
}

payload! {
    /// Outcome of `indicatorUpdate`.
    IndicatorUpdatePayload {
        /// Indicator as it is now.
        indicator: Indicator
    }
}

#[derive(Clone, Copy, Default)]
pub struct IndicatorMutation;

#[Object]
impl IndicatorMutation {
    /// Adds a draft of an indicator; for the owner's editors, or data stewards for the network's own.
    ///
    /// Errors: `BLANK`, `TOO_LONG`, `INVALID`, `OUT_OF_RANGE`, `NOT_FOUND`, `TERM_RETIRED`, `TAKEN`; top level: `FORBIDDEN`.
    async fn indicator_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to add.")] input: IndicatorCreateInput,
    ) -> Nullable<IndicatorCreatePayload> {
        payload(create(ctx.store(), input).await)
    }

    /// Changes a draft; published editions never change. For editors of its owner, and of its working group's members.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `BLANK`, `TOO_LONG`, `INVALID`, `OUT_OF_RANGE`,
    /// `TERM_RETIRED`; top level: `FORBIDDEN`.
    async fn indicator_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: IndicatorUpdateInput,
    ) -> Nullable<IndicatorUpdatePayload> {
        payload(update(ctx.store(), input).await)
    }

    /// Publishes a draft; the edition before it is superseded and stays where it is in use. For the owner's administrators.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`; top level: `FORBIDDEN`.
    async fn indicator_publish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which indicator.")] input: IndicatorPublishInput,
    ) -> Nullable<IndicatorPublishPayload> {
        payload(publish(ctx.store(), input).await)
    }

    /// Begins a new edition: a draft with all that the published one says.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `TAKEN`; top level: `FORBIDDEN`.
    async fn indicator_revise(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which indicator.")] input: IndicatorReviseInput,
    ) -> Nullable<IndicatorRevisePayload> {
        payload(revise(ctx.store(), input).await)
    }

    /// Retires an indicator: it stays where it is in use, and is refused for anything new.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`; top level: `FORBIDDEN`.
    async fn indicator_retire(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which indicator.")] input: IndicatorRetireInput,
    ) -> Nullable<IndicatorRetirePayload> {
        let retired = edition::retire::<indicator::Entity>(
            ctx.store(),
            &input.id,
            input.if_version.as_deref(),
            "indicatorRetire",
        );
        payload(retired.await.map(Indicator))
    }
}

async fn create(store: &Store, input: IndicatorCreateInput) -> Result<Indicator> {
    let owner = input.owner_id.as_ref().map(key::<OrganizationId>).transpose()?;
    let mut tx = store.begin().await?;
    let mut faults = Faults::default();
    check_code(&input.code, &mut faults);
    let label = faults.required(Some(input.label_fr), &["input", "labelFr"], 300);
    let unit = faults.required(Some(input.unit), &["input", "unit"], 100);
    let now = store.now();
    let mut row = indicator::ActiveModel {
        id: Set(IndicatorId::fresh()),
        code: Set(input.code),
        edition: Set(1),
        owner_id: Set(owner),
        working_group_id: Set(None),
        label_key: Set(fold(&label)),
        label_fr: Set(label),
        label_en: Set(None),
        definition: Set(None),
        level: Set(input.level),
        value_type: Set(input.value_type),
        unit: Set(unit),
        direction: Set(input.direction),
        aggregation: Set(input.aggregation),
        formula: Set(None),
        frequency_days: Set(None),
        guidance: Set(None),
        disaggregations: Set(serde_json::json!([])),
        source_theme: Set(None),
        source_theme_key: Set(None),
        policy: Set(None),
        status: Set(EditionStatus::Draft),
        published_at: Set(None),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    tx.may_create::<indicator::Entity>(&row)?;
    let parts = input.details.check(&tx, owner, &mut row, &mut faults).await?;
    faults.none_or_refuse()?;
    let held = tx.create::<indicator::Entity>(row).await?;
    parts.write(&mut tx, &held).await?;
    tx.commit(Event::of("indicatorCreate")).await?;
    Ok(Indicator(held.into_row()))
}

async fn update(store: &Store, input: IndicatorUpdateInput) -> Result<Indicator> {
    let mut tx = store.begin().await?;
    let held =
        edition::hold_draft::<indicator::Entity>(&mut tx, &input.id, input.if_version.as_deref()).await?;
    let mut faults = Faults::default();
    let mut row = indicator::ActiveModel::default();
    if let Some(label) = input.label_fr {
        let label = faults.required(Some(label), &["input", "labelFr"], 300);
        row.label_key = Set(fold(&label));
        row.label_fr = Set(label);
    }
    if let Some(unit) = input.unit {
        row.unit = Set(faults.required(Some(unit), &["input", "unit"], 100));
    }
    row.level = input.level.map_or(row.level, Set);
    row.value_type = input.value_type.map_or(row.value_type, Set);
    row.direction = input.direction.map_or(row.direction, Set);
    row.aggregation = input.aggregation.map_or(row.aggregation, Set);
    let parts = input.details.check(&tx, held.owner_id, &mut row, &mut faults).await?;
    faults.none_or_refuse()?;
    let held = tx.update(held, |held| apply(held, &row)).await?;
    parts.write(&mut tx, &held).await?;
    tx.commit(Event::of("indicatorUpdate")).await?;
    Ok(Indicator(held.into_row()))
}

async fn publish(store: &Store, input: IndicatorPublishInput) -> Result<Indicator> {
    let mut tx = store.begin().await?;
    let draft =
        edition::hold(&tx, &input.id, Act::Decide, input.if_version.as_deref(), EditionStatus::Draft).await?;
    let held = edition::publish::<indicator::Entity>(&mut tx, draft).await?;
    tx.commit(Event::of("indicatorPublish")).await?;
    Ok(Indicator(held.into_row()))
}

async fn revise(store: &Store, input: IndicatorReviseInput) -> Result<Indicator> {
    let mut tx = store.begin().await?;
    let before: Held<indicator::Entity> =
        edition::hold(&tx, &input.id, Act::Edit, input.if_version.as_deref(), EditionStatus::Published)
            .await?;
    let from = before.id;
    let held = edition::revise(&mut tx, before).await?;
    edition::copy::<indicator_term::Entity, _>(&mut tx, from, &held).await?;
    edition::copy::<indicator_reference::Entity, _>(&mut tx, from, &held).await?;
    tx.commit(Event::of("indicatorRevise")).await?;
    Ok(Indicator(held.into_row()))
}

/// Parts to write once the row is held; what is absent stays.
struct Parts {
    /// Taxonomies that are replaced, with the terms that replace them.
    terms: BTreeMap<Taxonomy, Vec<TermId>>,
    references: Option<Vec<indicator_reference::ActiveModel>>,
}

impl Parts {
    async fn write(self, tx: &mut Tx, held: &Held<indicator::Entity>) -> Result<()> {
        if !self.terms.is_empty() {
            write_terms(tx, held, self.terms).await?;
        }
        if let Some(references) = self.references {
            tx.replace::<indicator_reference::Entity>(held, references).await?;
        }
        Ok(())
    }
}

/// Keeps the terms of taxonomies that were not given.
async fn write_terms(
    tx: &mut Tx,
    held: &Held<indicator::Entity>,
    given: BTreeMap<Taxonomy, Vec<TermId>>,
) -> Result<()> {
    let before = indicator_term::Column::IndicatorId.eq(held.id);
    let before = tx.see::<indicator_term::Entity>().filter(before).all().await?;
    let known = term::Column::Id.is_in(before.into_iter().map(|link| link.term_id));
    let known = tx.see::<term::Entity>().filter(known).all().await?;
    let kept = known.iter().filter(|term| !given.contains_key(&term.taxonomy)).map(|term| term.id);
    let all: BTreeSet<TermId> = kept.chain(given.values().flatten().copied()).collect();
    let link = |term_id| indicator_term::ActiveModel { term_id: Set(term_id), ..Default::default() };
    tx.replace::<indicator_term::Entity>(held, all.into_iter().map(link).collect()).await
}

impl IndicatorDetailsInput {
    async fn check(
        self,
        tx: &Tx,
        owner: Option<OrganizationId>,
        row: &mut indicator::ActiveModel,
        faults: &mut Faults,
    ) -> Result<Parts> {
        let terms = self.check_terms(tx, faults).await?;
        let (group, column) = (self.working_group_id, &mut row.working_group_id);
        edition::check_group(tx, group, owner, column, faults).await?;
        let references = listed(&self.references).map(|list| check_references(list, faults));
        if let Some(names) = listed(&self.disaggregations) {
            row.disaggregations = Set(check_dimensions(names, faults));
        }
        asked::text(self.label_en, &["input", "labelEn"], 300, faults, &mut row.label_en);
        asked::text(self.definition, &["input", "definition"], 5_000, faults, &mut row.definition);
        asked::text(self.formula, &["input", "formula"], 2_000, faults, &mut row.formula);
        asked::text(self.guidance, &["input", "guidance"], 5_000, faults, &mut row.guidance);
        if self.frequency_days.value().is_some_and(|days| !(1..=3_650).contains(days)) {
            faults.add(UserErrorCode::OutOfRange, &["input", "frequencyDays"], "1 to 3,650 days, please.");
        }
        asked::value(self.frequency_days, &mut row.frequency_days, |days| days);
        Ok(Parts { terms, references })
    }

    async fn check_terms(&self, tx: &Tx, faults: &mut Faults) -> Result<BTreeMap<Taxonomy, Vec<TermId>>> {
        let mut all = BTreeMap::new();
        for (taxonomy, field, asked) in [
            (Taxonomy::Theme, "themes", &self.themes),
            (Taxonomy::SdgTarget, "sdgTargets", &self.sdg_targets),
        ] {
            let Some(codes) = listed(asked) else { continue };
            let path = ["input", field];
            if at_most(codes.len(), 20, &path, faults) {
                all.insert(taxonomy, codes_of(tx, taxonomy, &codes, &path, faults).await?);
            }
        }
        Ok(all)
    }
}

fn check_dimensions(names: Vec<String>, faults: &mut Faults) -> serde_json::Value {
    at_most(names.len(), 20, &["input", "disaggregations"], faults);
    let mut kept = BTreeSet::new();
    for (place, name) in names.into_iter().take(20).enumerate() {
        kept.insert(faults.required(Some(name), &["input", "disaggregations", &place.to_string()], 60));
    }
    kept.into_iter().collect::<Vec<_>>().into()
}

fn check_references(
    list: Vec<IndicatorReferenceInput>,
    faults: &mut Faults,
) -> Vec<indicator_reference::ActiveModel> {
    at_most(list.len(), 20, &["input", "references"], faults);
    let mut kept = BTreeSet::new();
    for (place, item) in list.into_iter().take(20).enumerate() {
        let path = ["input", "references", &place.to_string(), "code"];
        kept.insert((item.scheme, faults.required(Some(item.code), &path, 60)));
    }
    let row = |(scheme, code)| indicator_reference::ActiveModel {
        scheme: Set(scheme),
        code: Set(code),
        ..Default::default()
    };
    kept.into_iter().map(row).collect()
}
