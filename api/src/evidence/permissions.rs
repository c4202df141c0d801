//! What the viewer may do to things of this area: the same policies and the same states as the mutations ask.

use super::{
    edition::{Edition, Facts},
    group::writes_for,
};
use crate::{
    Result,
    authz::{Act, Policy, Store, Viewer, may_comment},
    contracts,
    face::ViewerPermission,
};
use async_graphql::SimpleObject;
use entity::{
    codes::EditionStatus,
    contracts::contract,
    evidence::{evaluation, indicator_use, period_lock},
};

/// What the viewer may do to an edition of an indicator or framework.
#[derive(Clone, Debug, SimpleObject)]
pub struct EditionViewerPermissions {
    /// Change it: drafts only.
    pub update: ViewerPermission,
    /// `commentCreate`: drafts only.
    pub comment: ViewerPermission,
    /// Publish it.
    pub publish: ViewerPermission,
    /// Begin the next edition.
    pub revise: ViewerPermission,
    /// Take it out of use.
    pub retire: ViewerPermission,
}

impl EditionViewerPermissions {
    pub(super) async fn of<E: Edition>(store: &Store, row: &E::Model) -> Result<Self> {
        let (viewer, Facts { status, owner, group, .. }) = (store.viewer(), E::facts(row));
        let (edits, decides) = (E::allows(viewer, Act::Edit, row), E::allows(viewer, Act::Decide, row));
        let writes = edits || (status == EditionStatus::Draft && writes_for(store, group).await?);
        let judge = |met, wanted| ViewerPermission::judge(viewer, met, status == wanted);
        Ok(Self {
            update: judge(writes, EditionStatus::Draft),
            comment: judge(may_comment(viewer, owner), EditionStatus::Draft),
            publish: judge(decides, EditionStatus::Draft),
            revise: judge(edits, EditionStatus::Published),
            retire: judge(decides, EditionStatus::Published),
        })
    }
}

/// What the viewer may do to something that a project says of itself.
#[derive(Clone, Debug, SimpleObject)]
pub struct OwnViewerPermissions {
    /// Change it.
    pub update: ViewerPermission,
}

impl OwnViewerPermissions {
    pub fn of<E: Policy>(viewer: &Viewer, row: &E::Model) -> Self {
        Self { update: ViewerPermission::judge(viewer, E::allows(viewer, Act::Edit, row), true) }
    }

    /// Of a part of an evaluation: it is written with the whole.
    pub fn within(viewer: &Viewer, whole: &evaluation::Model) -> Self {
        let may = evaluation::Entity::allows(viewer, Act::Edit, whole);
        let is_editable = super::evaluation_state::is_editable(whole.status);
        Self { update: ViewerPermission::judge(viewer, may, is_editable) }
    }
}

/// What the viewer may do to an indicator in use.
#[derive(Clone, Debug, SimpleObject)]
pub struct IndicatorUseViewerPermissions {
    /// `indicatorUseUpdate`.
    pub update: ViewerPermission,
    /// `measurementCreate`.
    pub measure: ViewerPermission,
}

impl IndicatorUseViewerPermissions {
    pub async fn of(store: &Store, row: &indicator_use::Model) -> Result<Self> {
        let viewer = store.viewer();
        let may = indicator_use::Entity::allows(viewer, Act::Edit, row);
        let contract = match row.contract_id {
            Some(id) => store.load::<contract::Entity>(id).await?,
            None => None,
        };
        let update = match &contract {
            Some(contract) => contracts::edits_terms(store, contract),
            None => ViewerPermission::judge(viewer, may, true),
        };
        let takes = row.project_id.is_some() && !row.is_closed;
        Ok(Self { update, measure: ViewerPermission::judge(viewer, may, takes) })
    }
}

/// What the viewer may do to locked days.
#[derive(Clone, Debug, SimpleObject)]
pub struct PeriodLockViewerPermissions {
    /// `periodUnlock`.
    pub unlock: ViewerPermission,
}

impl PeriodLockViewerPermissions {
    pub fn of(viewer: &Viewer, row: &period_lock::Model) -> Self {
        let may = period_lock::Entity::allows(viewer, Act::Edit, row);
        Self { unlock: ViewerPermission::judge(viewer, may, !row.is_open) }
    }
}
