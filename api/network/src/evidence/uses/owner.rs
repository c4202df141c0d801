//! What an indicator is used for: a project, a metric of a contract, or a public series on a territory; who writes it.

use super::write::IndicatorUseCreateInput;
use crate::{contracts, face::key};
use door::{
    Error, Faults, Result, UserErrorCode,
    authz::{Act, CONTRACTS, Held, Power, Tx},
};
use entity::{
    codes::{ActorKind, Verification},
    contracts::contract,
    evidence::{indicator, indicator_use, policy_series},
    ids::{ContractId, IndicatorUseId, OrganizationId, PolicySeriesId},
    orgs::{organization, organization_area, organization_kind},
    projects::project,
    reference::territory_closure,
};
use sea_orm::{ColumnTrait, Condition};

/// What a use is for, held for writing it.
pub(super) enum Owner {
    Project(Box<Held<project::Entity>>),
    Metric(Box<Held<contract::Entity>>),
    Series(Box<policy_series::Model>, OrganizationId),
}

impl Owner {
    pub(super) async fn of(tx: &Tx, input: &IndicatorUseCreateInput) -> Result<Self> {
        match (&input.project_id, &input.contract_metric, &input.series) {
            (Some(id), None, None) => {
                let path = ["input", "projectId"];
                let held = tx.hold::<project::Entity>(key(id)?, Act::Edit, &path).await?;
                Ok(Self::Project(Box::new(held)))
            }
            (None, Some(metric), None) => {
                let held = contracts::hold_terms(tx, key(&metric.contract_id)?).await?;
                if contracts::has_metric(&held, &metric.code)? {
                    return Ok(Self::Metric(Box::new(held)));
                }
                let message = "The contract has no metric of this code.";
                let path = ["input", "contractMetric", "code"];
                Err(Error::mend(UserErrorCode::NotFound, &path, message))
            }
            (None, None, Some(asked)) => {
                let wanted = policy_series::Column::Id.eq(key::<PolicySeriesId>(&asked.series_id)?);
                let series = tx.see::<policy_series::Entity>().filter(wanted).one().await?;
                let series = series.ok_or_else(|| Error::not_found(&["input", "series", "seriesId"]))?;
                let body = key(&asked.organization_id)?;
                governs(tx, body, &series).await?;
                Ok(Self::Series(Box::new(series), body))
            }
            _ => {
                let message = "Give exactly one of projectId, contractMetric and series.";
                Err(Error::mend(UserErrorCode::Invalid, &["input"], message))
            }
        }
    }

    pub(super) fn project(&self) -> Option<&project::Model> {
        match self {
            Self::Project(held) => Some(held),
            Self::Metric(_) | Self::Series(..) => None,
        }
    }

    pub(super) fn contract(&self) -> Option<ContractId> {
        match self {
            Self::Metric(held) => Some(held.id),
            Self::Project(_) | Self::Series(..) => None,
        }
    }

    pub(super) fn series(&self) -> Option<PolicySeriesId> {
        match self {
            Self::Series(series, _) => Some(series.id),
            Self::Project(_) | Self::Metric(_) => None,
        }
    }

    /// Organization that keeps the use.
    pub(super) fn holder(&self) -> OrganizationId {
        match self {
            Self::Project(held) => held.holder_id,
            Self::Metric(held) => held.lead_id,
            Self::Series(_, body) => *body,
        }
    }

    /// A series has its indicator already.
    pub(super) fn fits(&self, measured: &indicator::Model, faults: &mut Faults) {
        if let Self::Series(series, _) = self
            && series.indicator_id != measured.id
        {
            let message = "The series is of another indicator.";
            faults.add(UserErrorCode::Invalid, &["input", "indicatorId"], message);
        }
    }
}

/// Proves that an organization of the viewer speaks for a territory: a verified public body whose areas contain it.
async fn governs(tx: &Tx, body: OrganizationId, series: &policy_series::Model) -> Result<()> {
    let path = ["input", "series", "organizationId"];
    let found = tx.see::<organization::Entity>().filter(organization::Column::Id.eq(body)).one().await?;
    let found = found.ok_or_else(|| Error::not_found(&path))?;
    if tx.store().viewer().user().is_none() {
        return Err(Error::unauthenticated());
    }
    if !tx.store().viewer().sits(body, Power::Write) {
        return Err(Error::forbidden("You are not an editor of this organization."));
    }
    let kind = Condition::all()
        .add(organization_kind::Column::OrganizationId.eq(body))
        .add(organization_kind::Column::Kind.eq(ActorKind::PublicDecisionMaker));
    let is_public = found.verification == Verification::Verified
        && tx.see::<organization_kind::Entity>().filter(kind).one().await?.is_some();
    let areas = organization_area::Column::OrganizationId.eq(body);
    let areas = tx.see::<organization_area::Entity>().filter(areas).all().await?;
    let areas: Vec<_> = areas.into_iter().map(|area| area.territory_id).collect();
    let within = Condition::all()
        .add(territory_closure::Column::DescendantId.eq(series.territory_id))
        .add(territory_closure::Column::AncestorId.is_in(areas.iter().copied()));
    let is_there = areas.contains(&series.territory_id)
        || tx.see::<territory_closure::Entity>().filter(within).one().await?.is_some();
    if is_public && is_there {
        return Ok(());
    }
    Err(Error::forbidden("This is for verified public bodies whose areas contain the territory."))
}

/// Holds a use to change it: by its keeper, or by the parties of its contract as long as they edit the terms.
pub(super) async fn hold(tx: &mut Tx, id: IndicatorUseId) -> Result<Held<indicator_use::Entity>> {
    let path = ["input", "id"];
    let seen = tx.see::<indicator_use::Entity>().filter(indicator_use::Column::Id.eq(id)).one().await?;
    if let Some(contract) = seen.and_then(|row| row.contract_id) {
        contracts::hold_terms(tx, contract).await?;
        tx.as_job(CONTRACTS);
    }
    tx.hold::<indicator_use::Entity>(id, Act::Edit, &path).await
}
