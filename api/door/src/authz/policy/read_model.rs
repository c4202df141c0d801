//! The read model: whoever sees a project sees its rows here, told by the rows alone.

use super::{Act, Node, Policy, Rows, Viewer};
use crate::authz::Power;
use entity::{
    ids::ProjectId,
    read_model::{OPEN, project_card, project_entry},
};
use sea_orm::{ColumnTrait, IntoSimpleExpr, sea_query::ExprTrait};

/// As `project::Entity` says, from bits: open to all, or of one's own organization, or anything for staff.
fn rows<C: ColumnTrait>(viewer: &Viewer, facts: C, holder: C) -> Rows {
    let mine = viewer.orgs(Power::Read);
    let own = if mine.is_empty() { Rows::None } else { Rows::when(holder.is_in(mine)) };
    Rows::all_if(viewer.is_curator() || viewer.is_steward() || viewer.is_job("search"))
        | Rows::when(facts.into_simple_expr().bit_and(OPEN).ne(0))
        | own
}

impl Policy for project_card::Entity {
    fn visible(viewer: &Viewer) -> Rows {
        rows(viewer, project_card::Column::Facts, project_card::Column::HolderId)
    }

    /// Nobody writes what follows from other rows but the door itself.
    fn allows(_: &Viewer, act: Act, _: &project_card::Model) -> bool {
        act == Act::Inspect
    }
}

impl Node for project_card::Entity {
    type Id = ProjectId;
    const ID: project_card::Column = project_card::Column::ProjectId;
    fn id(row: &project_card::Model) -> ProjectId {
        row.project_id
    }
}

impl Policy for project_entry::Entity {
    fn visible(viewer: &Viewer) -> Rows {
        rows(viewer, project_entry::Column::Facts, project_entry::Column::HolderId)
    }

    fn allows(_: &Viewer, act: Act, _: &project_entry::Model) -> bool {
        act == Act::Inspect
    }
}
