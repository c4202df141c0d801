//! Territories and vocabularies: everybody reads them, stewards keep them.

use super::{Act, Node, PartOf, Policy, Rows, Viewer};
use entity::{
    codes::Visibility,
    ids::{TermId, TerritoryId},
    reference::{postal_code, term, term_parent, territory, territory_closure},
};

/// Where one project seeks money, the sum of a place is that project's amount.
pub const FIELDS: &[(&str, Visibility)] = &[("Territory.fundingSought", Visibility::Network)];

impl Policy for territory::Entity {
    fn visible(_: &Viewer) -> Rows {
        Rows::All
    }

    fn allows(_: &Viewer, act: Act, _: &territory::Model) -> bool {
        act == Act::Inspect
    }

    /// A territory is nobody's own: what it shows beyond itself is the network's.
    fn reach(viewer: &Viewer, _: &territory::Model) -> Visibility {
        super::network_or_public(viewer)
    }

    fn subject(row: &territory::Model) -> Option<String> {
        Some(row.id.to_string())
    }
}

impl Node for territory::Entity {
    type Id = TerritoryId;
    const ID: territory::Column = territory::Column::Id;
    fn id(row: &territory::Model) -> TerritoryId {
        row.id
    }
}

impl PartOf for territory_closure::Entity {
    type Whole = territory::Entity;
    const LINK: territory_closure::Column = territory_closure::Column::DescendantId;
}

impl PartOf for postal_code::Entity {
    type Whole = territory::Entity;
    const LINK: postal_code::Column = postal_code::Column::TerritoryId;
}

impl Policy for term::Entity {
    fn visible(_: &Viewer) -> Rows {
        Rows::All
    }

    fn allows(viewer: &Viewer, act: Act, _: &term::Model) -> bool {
        match act {
            Act::Inspect => true,
            Act::Create | Act::Edit | Act::Decide => viewer.is_steward(),
            Act::Delete => false,
        }
    }

    fn subject(row: &term::Model) -> Option<String> {
        Some(row.id.to_string())
    }
}

impl Node for term::Entity {
    type Id = TermId;
    const ID: term::Column = term::Column::Id;
    fn id(row: &term::Model) -> TermId {
        row.id
    }
}

impl PartOf for term_parent::Entity {
    type Whole = term::Entity;
    const LINK: term_parent::Column = term_parent::Column::TermId;
}
