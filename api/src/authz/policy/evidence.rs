//! Evidence: what is published is public; drafts are their owner's and, to comment on, the network's.

use super::{Act, Node, PartOf, Policy, Rows, Viewer};
use crate::authz::Power;
use entity::{
    codes::{EditionStatus, Visibility},
    evidence::{indicator, indicator_reference, indicator_term, policy_point, policy_series},
    ids::{IndicatorId, OrganizationId, PolicySeriesId},
};
use sea_orm::ColumnTrait;

pub const FIELDS: &[(&str, Visibility)] = &[("Territory.fundingSought", Visibility::Network)];

/// The part of the system that takes in deliveries of public indicators.
pub const POLICY_IMPORT: &str = "policy_import";

impl Policy for indicator::Entity {
    fn visible(viewer: &Viewer) -> Rows {
        use indicator::Column::{OwnerId, Status};
        Rows::all_if(viewer.in_network() || viewer.is_job(POLICY_IMPORT))
            | Rows::when(Status.ne(EditionStatus::Draft))
            | Rows::when(OwnerId.is_in(viewer.orgs(Power::Read)))
    }

    fn allows(viewer: &Viewer, act: Act, row: &indicator::Model) -> bool {
        let keeps = |power| match row.owner_id {
            Some(owner) => viewer.sits(owner, power),
            None => viewer.is_steward() || viewer.is_job(POLICY_IMPORT),
        };
        match act {
            Act::Inspect => keeps(Power::Read),
            Act::Create | Act::Edit => keeps(Power::Write),
            Act::Decide => keeps(Power::Manage) || viewer.is_steward(),
            Act::Delete => false,
        }
    }

    fn home(row: &indicator::Model) -> Option<OrganizationId> {
        row.owner_id
    }

    fn subject(row: &indicator::Model) -> Option<String> {
        Some(row.id.to_string())
    }
}

impl Node for indicator::Entity {
    type Id = IndicatorId;
    const ID: indicator::Column = indicator::Column::Id;
    fn id(row: &indicator::Model) -> IndicatorId {
        row.id
    }
}

impl PartOf for indicator_term::Entity {
    type Whole = indicator::Entity;
    const LINK: indicator_term::Column = indicator_term::Column::IndicatorId;
}

impl PartOf for indicator_reference::Entity {
    type Whole = indicator::Entity;
    const LINK: indicator_reference::Column = indicator_reference::Column::IndicatorId;
}

/// Public figures: everybody reads them, deliveries write them.
impl Policy for policy_series::Entity {
    fn visible(_: &Viewer) -> Rows {
        Rows::All
    }

    fn allows(viewer: &Viewer, act: Act, _: &policy_series::Model) -> bool {
        match act {
            Act::Inspect => true,
            Act::Create | Act::Edit | Act::Delete => viewer.is_job(POLICY_IMPORT),
            Act::Decide => false,
        }
    }

    fn subject(row: &policy_series::Model) -> Option<String> {
        Some(row.id.to_string())
    }
}

impl Node for policy_series::Entity {
    type Id = PolicySeriesId;
    const ID: policy_series::Column = policy_series::Column::Id;
    fn id(row: &policy_series::Model) -> PolicySeriesId {
        row.id
    }
}

impl PartOf for policy_point::Entity {
    type Whole = policy_series::Entity;
    const LINK: policy_point::Column = policy_point::Column::SeriesId;
}
