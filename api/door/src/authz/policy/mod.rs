//! Who sees which rows, who may do what to them, and which fields ask for nearness: the whole of authorization.
//!
//! One file per area. A policy says *who*; *when* (states, deadlines) is a rule and stands beside its use case.

mod audit;
mod contracts;
mod evidence;
mod identity;
mod interests;
mod orgs;
mod projects;
mod read_model;
mod reference;

pub use contracts::{CONTRACT_IMPORT, CONTRACTS, WITNESSES, acts_as, pays_as};
pub use evidence::{
    EVIDENCE_CLOCK, OPEN_TO_EVALUATORS, POLICY_IMPORT, WORKING_GROUP, evaluates, may_comment, reviews,
};
pub use identity::SIGN_IN;
pub use orgs::{ORGS, manages_members};
pub use projects::may_add as may_add_project;

use super::{Rows, Viewer};
use entity::{
    codes::Visibility,
    ids::{Key, OrganizationId},
};
use sea_orm::{EntityTrait, Iden, ModelTrait, TryIntoModel, Value};

/// What one may do to a row one sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Act {
    Create,
    /// Read what is not for every reader of the row.
    Inspect,
    Edit,
    /// Answer for the other side: verify, publish, approve.
    Decide,
    Delete,
}

impl Act {
    pub const ALL: [Self; 5] = [Self::Create, Self::Inspect, Self::Edit, Self::Decide, Self::Delete];
}

/// A table whose rows can be read value by value and passed around.
pub trait Table:
    EntityTrait<
        Model: ModelTrait<Entity = Self> + Send + Sync + Clone,
        ActiveModel: TryIntoModel<<Self as EntityTrait>::Model>,
    >
{
}

impl<E> Table for E where
    E: EntityTrait<
            Model: ModelTrait<Entity = E> + Send + Sync + Clone,
            ActiveModel: TryIntoModel<<E as EntityTrait>::Model>,
        >
{
}

/// Rules of one table. A table without them cannot be queried.
pub trait Policy: Table {
    /// Whether it is read in one statement with others of a record that has rows in many tables.
    const TOGETHER: bool = false;

    /// Rows the viewer sees.
    fn visible(viewer: &Viewer) -> Rows;

    /// Whether the viewer may do this to a row it sees.
    fn allows(viewer: &Viewer, act: Act, row: &Self::Model) -> bool;

    /// Narrowest level of fields the viewer reads on a row it sees.
    fn reach(viewer: &Viewer, row: &Self::Model) -> Visibility {
        if Self::allows(viewer, Act::Inspect, row) { Visibility::Owner } else { network_or_public(viewer) }
    }

    /// Rows of which the viewer reads everything: a list narrowed by `OWNER` fields keeps within them.
    fn near(_viewer: &Viewer) -> Rows {
        Rows::None
    }

    /// Organization whose owners read the audit trail of the row.
    fn home(_row: &Self::Model) -> Option<OrganizationId> {
        None
    }

    /// Id of the row in the audit trail and the change log; parts speak through their whole.
    fn subject(_row: &Self::Model) -> Option<String> {
        None
    }
}

/// A table whose rows have an id of their own.
pub trait Node: Policy {
    type Id: Key + Into<Value>;
    const ID: Self::Column;
    fn id(row: &Self::Model) -> Self::Id;
}

/// A table whose rows belong to a row of another and are seen, written and deleted with it.
pub trait PartOf: Table {
    type Whole: Node;
    /// Column that names the whole.
    const LINK: Self::Column;
    /// As [`Policy::TOGETHER`].
    const TOGETHER: bool = false;

    /// Parts the viewer sees of a whole it sees.
    fn open(_viewer: &Viewer) -> Rows {
        Rows::All
    }
}

impl<P: PartOf> Policy for P {
    const TOGETHER: bool = <P as PartOf>::TOGETHER;

    fn visible(viewer: &Viewer) -> Rows {
        P::open(viewer) & Rows::through::<P::Whole>(P::LINK, viewer)
    }

    /// Parts change through their whole.
    fn allows(_: &Viewer, _: Act, _: &Self::Model) -> bool {
        false
    }
}

fn network_or_public(viewer: &Viewer) -> Visibility {
    if viewer.in_network() { Visibility::Network } else { Visibility::Public }
}

/// Schema coordinates that ask for more than `PUBLIC`, each with its level. Printed as `@access` in the schema.
///
/// A coordinate that asks for nearness but is not listed is withheld from everybody.
pub const FIELD_LEVELS: &[&[(&str, Visibility)]] = &[
    identity::FIELDS,
    orgs::FIELDS,
    projects::FIELDS,
    reference::FIELDS,
    audit::FIELDS,
    evidence::FIELDS,
    contracts::FIELDS,
    interests::FIELDS,
];

/// Level a coordinate asks for.
pub(super) fn level_of(coordinate: &str) -> Option<Visibility> {
    FIELD_LEVELS
        .iter()
        .flat_map(|fields| fields.iter())
        .find(|(name, _)| *name == coordinate)
        .map(|(_, level)| *level)
}

/// Columns whose values the audit trail shows as they are; others appear by name only.
pub(super) fn is_recorded(column: &impl Iden) -> bool {
    const RECORDED: &[&str] = &[
        "status",
        "state",
        "role",
        "verification",
        "platform_role",
        "stage",
        "licence",
        "legal_form",
        "kind",
        "instrument",
        "amount_minor",
        "currency",
        "visibility",
        "published_at",
        "verified_at",
        "expires_at",
        "ended_at",
        "revoked_at",
        "retired_at",
        "scopes",
        "holder_id",
        "organization_id",
        "parent_id",
        "merged_into_id",
        "replaced_by_id",
        "code",
        "taxonomy",
        "hash",
        "sha256",
        "number",
        "opinion",
        "way",
    ];
    RECORDED.contains(&column.unquoted())
}
