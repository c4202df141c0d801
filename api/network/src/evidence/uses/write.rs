//! Putting indicators to use: baselines, targets, milestones, and who reviews.

use super::{
    owner::{Owner, hold},
    usage::IndicatorUse,
};
use crate::{
    evidence::asked::{self, apply, at_most, exact, listed},
    face::{Door, key, payload},
};
use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};
use door::{
    Error, Faults, Nullable, Result, UserErrorCode,
    authz::{Act, CONTRACTS, Event, Held, Store, Tx, check_version},
};
use entity::{
    codes::*,
    evidence::{
        framework_adoption, framework_item, indicator, indicator_milestone, indicator_use, measurement,
    },
    ids::{FrameworkAdoptionId, IndicatorId, IndicatorUseId, OrganizationId},
    projects::{co_holder, project},
};
use gql::scalars::{Date, Decimal};
use sea_orm::{ColumnTrait, Condition, Set};
use std::collections::BTreeMap;

/// Value that an indicator is meant to have reached by a day.
#[derive(Clone, Debug, InputObject)]
pub struct MilestoneInput {
    /// Day.
    pub on: Date,
    /// Value, in the indicator's unit.
    pub value: Decimal,
}

/// What is said of an indicator in use. What is left out stays; `null` clears. Values are in the indicator's unit.
#[derive(Clone, Debug, Default, InputObject)]
pub struct IndicatorUseDetailsInput {
    /// Value at the start.
    pub baseline: MaybeUndefined<Decimal>,
    /// Day of the value at the start.
    pub baseline_on: MaybeUndefined<Date>,
    /// Value it is meant to reach.
    pub target: MaybeUndefined<Decimal>,
    /// Day by which the target is meant to be reached.
    pub target_on: MaybeUndefined<Date>,
    /// Value that counts as good enough.
    pub threshold: MaybeUndefined<Decimal>,
    /// Way it is meant to go here, if other than the indicator's.
    pub direction: MaybeUndefined<IndicatorDirection>,
    /// Code of the audience it speaks of.
    pub public: MaybeUndefined<String>,
    /// Code of the territory where it is measured.
    pub territory: MaybeUndefined<String>,
    /// Why it is measured, and so; at most 2,000 characters.
    pub rationale: MaybeUndefined<String>,
    /// Values on the way; replaces all. At most 50.
    pub milestones: MaybeUndefined<Vec<MilestoneInput>>,
    /// Organization that accepts or returns its measurements: a funder, payer or investor among the project's co-holders.
    ///
    /// Under a framework it is the framework's owner, and this is refused.
    pub reviewer_id: MaybeUndefined<ID>,
    /// How far accepted measurements are shared; `OWNER` unless given. Changes those that were taken, too.
    pub sharing: MaybeUndefined<Visibility>,
}

/// Metric of a contract.
#[derive(Clone, Debug, InputObject)]
pub struct ContractMetricInput {
    /// Contract; the viewer has to be an editor of a party, and the terms have to be open.
    pub contract_id: ID,
    /// Code of the metric within the contract.
    pub code: String,
}

/// Public series, and who says where its territory wants to be.
#[derive(Clone, Debug, InputObject)]
pub struct SeriesUseInput {
    /// Series of the indicator on a territory.
    pub series_id: ID,
    /// Verified public decision-maker whose areas contain the territory; the viewer has to be an editor there.
    pub organization_id: ID,
}

/// Puts an indicator to use: for exactly one of `projectId`, `contractMetric` and `series`.
#[derive(Clone, Debug, InputObject)]
pub struct IndicatorUseCreateInput {
    /// Project; the viewer has to be an editor of its holder.
    pub project_id: Option<ID>,
    /// Metric of a contract.
    pub contract_metric: Option<ContractMetricInput>,
    /// Public series.
    pub series: Option<SeriesUseInput>,
    /// Indicator to measure: published, or of the adopted framework.
    pub indicator_id: ID,
    /// Adopted framework that asks for it.
    pub adoption_id: Option<ID>,
    #[graphql(flatten)]
    pub details: IndicatorUseDetailsInput,
}

/// Changes how a project measures an indicator.
#[derive(Clone, Debug, InputObject)]
pub struct IndicatorUseUpdateInput {
    /// Use to change.
    pub id: ID,
    /// Version that was read; refuses if it has changed since.
    pub if_version: Option<String>,
    /// Whether it takes no more measurements.
    pub is_closed: Option<bool>,
    #[graphql(flatten)]
    pub details: IndicatorUseDetailsInput,
}

payload! {
    /// Outcome of `indicatorUseCreate`.
    IndicatorUseCreatePayload {
        /// Use as it is now.
        indicator_use: IndicatorUse
    }
}

payload! {
    /// Outcome of `indicatorUseUpdate`.
    IndicatorUseUpdatePayload {
        /// Use as it is now.
        indicator_use: IndicatorUse
    }
}

#[derive(Clone, Copy, Default)]
pub struct UsageMutation;

#[Object]
impl UsageMutation {
    /// Puts an indicator to use for a project of one's organization, a metric of one's contract, or one's territory.
    ///
    /// Errors: `NOT_FOUND`, `STATE_INVALID`, `INVALID`, `TOO_LONG`, `TERM_RETIRED`; top level: `FORBIDDEN`.
    async fn indicator_use_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to measure.")] input: IndicatorUseCreateInput,
    ) -> Nullable<IndicatorUseCreatePayload> {
        payload(create(ctx.store(), input).await)
    }

    /// Changes baseline, target, milestones, sharing or reviewer.
    ///
    /// Those of a contract change as long as its terms do.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `INVALID`, `TOO_LONG`, `TERM_RETIRED`; top level: `FORBIDDEN`.
    async fn indicator_use_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: IndicatorUseUpdateInput,
    ) -> Nullable<IndicatorUseUpdatePayload> {
        payload(update(ctx.store(), input).await)
    }
}

async fn create(store: &Store, input: IndicatorUseCreateInput) -> Result<IndicatorUse> {
    let mut tx = store.begin().await?;
    let owner = Owner::of(&tx, &input).await?;
    let path = ["input", "indicatorId"];
    let wanted = indicator::Column::Id.eq(key::<IndicatorId>(&input.indicator_id)?);
    let measured = tx.see::<indicator::Entity>().filter(wanted).one().await?;
    let measured = measured.ok_or_else(|| Error::not_found(&path))?;
    let adoption = match &input.adoption_id {
        Some(id) => Some(adopted(&tx, key(id)?, &owner, &measured).await?),
        None => None,
    };
    if adoption.is_none() && measured.status != EditionStatus::Published {
        return Err(Error::state(format!(
            "This indicator is {}; use one that is published.",
            measured.status
        )));
    }
    let now = store.now();
    let mut row = indicator_use::ActiveModel {
        id: Set(IndicatorUseId::fresh()),
        project_id: Set(owner.project().map(|project| project.id)),
        contract_id: Set(owner.contract()),
        metric: Set(input.contract_metric.map(|metric| metric.code)),
        series_id: Set(owner.series()),
        holder_id: Set(owner.holder()),
        indicator_id: Set(measured.id),
        reviewer_id: Set(adoption.as_ref().map(|adoption| adoption.reviewer_id)),
        adoption_id: Set(adoption.map(|adoption| adoption.id)),
        territory_id: Set(None),
        public_id: Set(None),
        baseline_value: Set(None),
        baseline_on: Set(None),
        target_value: Set(None),
        target_on: Set(None),
        threshold_value: Set(None),
        direction: Set(None),
        rationale: Set(None),
        sharing: Set(Visibility::Owner),
        is_closed: Set(false),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    let mut faults = Faults::default();
    let is_adopted = input.adoption_id.is_some();
    let milestones = input.details.check(&tx, owner.project(), is_adopted, &mut row, &mut faults).await?;
    owner.fits(&measured, &mut faults);
    faults.none_or_refuse()?;
    if owner.contract().is_some() {
        tx.as_job(CONTRACTS);
    }
    let held = tx.create::<indicator_use::Entity>(row).await?;
    if let Some(milestones) = milestones {
        tx.replace::<indicator_milestone::Entity>(&held, milestones).await?;
    }
    tx.commit(Event::of("indicatorUseCreate")).await?;
    Ok(IndicatorUse(held.into_row()))
}

/// The project's adoption of a framework that asks for the indicator.
async fn adopted(
    tx: &Tx,
    id: FrameworkAdoptionId,
    owner: &Owner,
    measured: &indicator::Model,
) -> Result<framework_adoption::Model> {
    let path = ["input", "adoptionId"];
    let project = owner.project().ok_or_else(|| Error::not_found(&path))?;
    let wanted = Condition::all()
        .add(framework_adoption::Column::Id.eq(id))
        .add(framework_adoption::Column::ProjectId.eq(project.id));
    let found = tx.see::<framework_adoption::Entity>().filter(wanted).one().await?;
    let adoption = found.ok_or_else(|| Error::not_found(&path))?;
    let item = Condition::all()
        .add(framework_item::Column::FrameworkId.eq(adoption.framework_id))
        .add(framework_item::Column::IndicatorId.eq(measured.id));
    if tx.see::<framework_item::Entity>().filter(item).one().await?.is_none() {
        let message = "The adopted framework does not ask for this indicator.";
        return Err(Error::mend(UserErrorCode::Invalid, &path, message));
    }
    Ok(adoption)
}

async fn update(store: &Store, input: IndicatorUseUpdateInput) -> Result<IndicatorUse> {
    let mut tx = store.begin().await?;
    let held = hold(&mut tx, key(&input.id)?).await?;
    check_version(input.if_version.as_deref(), held.version)?;
    let project = match held.project_id {
        Some(id) => tx.see::<project::Entity>().filter(project::Column::Id.eq(id)).one().await?,
        None => None,
    };
    let mut faults = Faults::default();
    let mut row = indicator_use::ActiveModel::default();
    if let Some(is_closed) = input.is_closed {
        row.is_closed = Set(is_closed);
    }
    let is_adopted = held.adoption_id.is_some();
    let milestones = input.details.check(&tx, project.as_ref(), is_adopted, &mut row, &mut faults).await?;
    faults.none_or_refuse()?;
    let (sharing, reviewer) = (held.sharing, held.reviewer_id);
    let held = tx.update(held, |held| apply(held, &row)).await?;
    if let Some(milestones) = milestones {
        tx.replace::<indicator_milestone::Entity>(&held, milestones).await?;
    }
    if held.sharing != sharing || held.reviewer_id != reviewer {
        share_anew(&mut tx, &held).await?;
    }
    tx.commit(Event::of("indicatorUseUpdate")).await?;
    Ok(IndicatorUse(held.into_row()))
}

/// Measurements carry how far they are shared and who reviews them, for their policy to read.
async fn share_anew(tx: &mut Tx, held: &Held<indicator_use::Entity>) -> Result<()> {
    let taken = measurement::Column::UseId.eq(held.id);
    for row in tx.see::<measurement::Entity>().locked().filter(taken).all().await? {
        let row = tx.held::<measurement::Entity>(row, Act::Edit)?;
        tx.update(row, |row| {
            row.sharing = Set(held.sharing);
            row.reviewer_id = Set(held.reviewer_id);
        })
        .await?;
    }
    Ok(())
}

impl IndicatorUseDetailsInput {
    async fn check(
        self,
        tx: &Tx,
        project: Option<&project::Model>,
        is_adopted: bool,
        row: &mut indicator_use::ActiveModel,
        faults: &mut Faults,
    ) -> Result<Option<Vec<indicator_milestone::ActiveModel>>> {
        let milestones = listed(&self.milestones).map(|list| check_milestones(list, faults));
        let public = (Taxonomy::Public, self.public);
        asked::term(tx, public, &["input", "public"], faults, &mut row.public_id).await?;
        asked::territory(tx, self.territory, &["input", "territory"], faults, &mut row.territory_id).await?;
        let path = ["input", "reviewerId"];
        match &self.reviewer_id {
            MaybeUndefined::Undefined => {}
            _ if is_adopted => {
                let message = "Under a framework, its owner reviews.";
                faults.add(UserErrorCode::Invalid, &path, message);
            }
            MaybeUndefined::Null => row.reviewer_id = Set(None),
            MaybeUndefined::Value(id) => {
                let reviewer = key::<OrganizationId>(id)?;
                let reviews = match project {
                    Some(project) => is_reviewer(tx, project, reviewer).await?,
                    None => false,
                };
                if !reviews {
                    let message = "A reviewer is a funder, payer or investor among the project's co-holders.";
                    faults.add(UserErrorCode::Invalid, &path, message);
                }
                row.reviewer_id = Set(Some(reviewer));
            }
        }
        asked::decimal(self.baseline, &mut row.baseline_value);
        asked::date(self.baseline_on, &mut row.baseline_on);
        asked::decimal(self.target, &mut row.target_value);
        asked::date(self.target_on, &mut row.target_on);
        asked::decimal(self.threshold, &mut row.threshold_value);
        asked::value(self.direction, &mut row.direction, |direction| direction);
        asked::text(self.rationale, &["input", "rationale"], 2_000, faults, &mut row.rationale);
        match self.sharing {
            MaybeUndefined::Undefined => {}
            MaybeUndefined::Null => row.sharing = Set(Visibility::Owner),
            MaybeUndefined::Value(sharing) => row.sharing = Set(sharing),
        }
        Ok(milestones)
    }
}

async fn is_reviewer(tx: &Tx, project: &project::Model, reviewer: OrganizationId) -> Result<bool> {
    const ROLES: [CoHolderRole; 3] =
        [CoHolderRole::Funder, CoHolderRole::OutcomePayer, CoHolderRole::Investor];
    let wanted = Condition::all()
        .add(co_holder::Column::ProjectId.eq(project.id))
        .add(co_holder::Column::OrganizationId.eq(reviewer))
        .add(co_holder::Column::Role.is_in(ROLES));
    Ok(reviewer != project.holder_id && tx.see::<co_holder::Entity>().filter(wanted).one().await?.is_some())
}

fn check_milestones(list: Vec<MilestoneInput>, faults: &mut Faults) -> Vec<indicator_milestone::ActiveModel> {
    at_most(list.len(), 50, &["input", "milestones"], faults);
    let mut kept = BTreeMap::new();
    for (place, item) in list.into_iter().take(50).enumerate() {
        if kept.insert(item.on.0, exact(&item.value.0)).is_some() {
            let path = ["input", "milestones", &place.to_string(), "on"];
            faults.add(UserErrorCode::Invalid, &path, "There is a milestone on this day already.");
        }
    }
    let row = |(on_date, value)| indicator_milestone::ActiveModel {
        on_date: Set(on_date),
        value: Set(value),
        ..Default::default()
    };
    kept.into_iter().map(row).collect()
}
