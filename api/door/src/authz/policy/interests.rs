//! Interests: declared by those who have them; that there is one, the parties of a contract between the two may know.

use super::{Act, CONTRACTS, EVIDENCE_CLOCK, Node, Policy, Rows, SIGN_IN, Viewer};
use crate::authz::Power;
use entity::{
    codes::{MembershipStatus, Visibility},
    contracts::contract_party,
    ids::{InterestId, OrganizationId},
    interests::interest,
    orgs::membership,
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{Alias, Expr, ExprTrait, JoinType, Query, SelectStatement},
};

pub const FIELDS: &[(&str, Visibility)] = &[("Interest.detail", Visibility::Owner)];

impl Policy for interest::Entity {
    fn visible(viewer: &Viewer) -> Rows {
        use interest::Column::{OrganizationId, UserId};
        let is_system = [CONTRACTS, EVIDENCE_CLOCK, SIGN_IN].iter().any(|job| viewer.is_job(job));
        let mine = viewer.orgs(Power::Read);
        let beside =
            if mine.is_empty() { Rows::None } else { Rows::when(Expr::exists(common_contract(&mine))) };
        Rows::all_if(viewer.is_staff() || is_system)
            | viewer.user().map_or(Rows::None, |user| Rows::when(UserId.eq(user)))
            | Rows::when(OrganizationId.is_in(mine))
            | beside
    }

    /// An organization's managers speak for it; a person speaks for itself. Nobody takes a declaration back but with the
    /// account: it ends.
    fn allows(viewer: &Viewer, act: Act, row: &interest::Model) -> bool {
        let own = |power| match (row.organization_id, row.user_id) {
            (Some(organization), _) => viewer.sits(organization, power),
            (None, Some(user)) => viewer.is(user),
            (None, None) => false,
        };
        match act {
            Act::Inspect => own(Power::Read) || viewer.is_staff(),
            Act::Create | Act::Edit => own(Power::Manage),
            Act::Delete => row.user_id.is_some() && viewer.is_job(SIGN_IN),
            Act::Decide => false,
        }
    }

    fn reach(viewer: &Viewer, row: &interest::Model) -> Visibility {
        if Self::allows(viewer, Act::Inspect, row) { Visibility::Owner } else { Visibility::Party }
    }

    fn home(row: &interest::Model) -> Option<OrganizationId> {
        row.organization_id
    }

    fn subject(row: &interest::Model) -> Option<String> {
        Some(row.id.to_string())
    }
}

impl Node for interest::Entity {
    type Id = InterestId;
    const ID: interest::Column = interest::Column::Id;
    fn id(row: &interest::Model) -> InterestId {
        row.id
    }
}

/// A contract of these organizations in which both ends of the interest take part; a person, through where it belongs.
fn common_contract(mine: &[OrganizationId]) -> SelectStatement {
    use contract_party::Column::{ContractId, OrganizationId as Party, Until};
    let (one, other) = (Alias::new("one"), Alias::new("other"));
    let column = |side: &Alias, column: contract_party::Column| Expr::col((side.clone(), column));
    let own = contract_party::Entity::find()
        .select_only()
        .column(ContractId)
        .filter(Party.is_in(mine.iter().copied()))
        .filter(Until.is_null());
    let seats = membership::Entity::find()
        .select_only()
        .column(membership::Column::OrganizationId)
        .filter(
            Expr::col((membership::Entity, membership::Column::UserId))
                .equals((interest::Entity, interest::Column::UserId)),
        )
        .filter(membership::Column::Status.eq(MembershipStatus::Active));
    let declares = Condition::any()
        .add(column(&one, Party).equals((interest::Entity, interest::Column::OrganizationId)))
        .add(column(&one, Party).in_subquery(seats.into_query()));
    Query::select()
        .expr(Expr::val(1))
        .from_as(contract_party::Entity, one.clone())
        .join_as(
            JoinType::InnerJoin,
            contract_party::Entity,
            other.clone(),
            column(&one, ContractId).equals((other.clone(), ContractId)),
        )
        .and_where(column(&other, Party).equals((interest::Entity, interest::Column::AgainstId)))
        .and_where(column(&one, ContractId).in_subquery(own.into_query()))
        .cond_where(declares)
        .to_owned()
}
