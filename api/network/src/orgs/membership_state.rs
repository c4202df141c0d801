//! States of a membership and the steps between them; who may not go because nobody else owns. Pure.

use entity::codes::{
    MembershipRole,
    MembershipStatus::{self, Active, Invited, Left, Removed, Requested},
};

/// A named step from one state to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Somebody asks to be a member.
    Request,
    /// Somebody accepts an invitation, or founds the organization.
    Join,
    /// The organization accepts a request.
    Approve,
    /// The organization declines a request.
    Decline,
    /// The organization gives another role.
    ChangeRole,
    /// The member goes, or takes a request back.
    Leave,
    /// The organization sends a member away.
    Remove,
}

impl Step {
    #[cfg(test)]
    pub const ALL: [Self; 7] = [
        Self::Request,
        Self::Join,
        Self::Approve,
        Self::Decline,
        Self::ChangeRole,
        Self::Leave,
        Self::Remove,
    ];
}

/// State after a step, or nothing if the step does not start here. Who has no membership yet starts from `None`.
pub const fn after(status: Option<MembershipStatus>, step: Step) -> Option<MembershipStatus> {
    Some(match (status, step) {
        (None | Some(Left | Removed), Step::Request) => Requested,
        (None | Some(Invited | Requested | Left | Removed), Step::Join)
        | (Some(Requested), Step::Approve)
        | (Some(Active), Step::ChangeRole) => Active,
        (Some(Requested), Step::Decline) | (Some(Active), Step::Remove) => Removed,
        (Some(Invited | Requested | Active), Step::Leave) => Left,
        _ => return None,
    })
}

/// Whether an organization with so many active owners keeps one when this member goes or takes a role.
pub fn keeps_an_owner(
    owners: usize,
    (status, role): (MembershipStatus, MembershipRole),
    next: Option<MembershipRole>,
) -> bool {
    let is_owner = status == Active && role == MembershipRole::Owner;
    !is_owner || next == Some(MembershipRole::Owner) || owners > 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use entity::codes::CodeList;

    #[test]
    fn each_step_starts_where_the_domain_says() {
        let table = [
            (Step::Request, vec![None, Some(Left), Some(Removed)], Requested),
            (Step::Join, vec![None, Some(Invited), Some(Requested), Some(Left), Some(Removed)], Active),
            (Step::Approve, vec![Some(Requested)], Active),
            (Step::Decline, vec![Some(Requested)], Removed),
            (Step::ChangeRole, vec![Some(Active)], Active),
            (Step::Leave, vec![Some(Invited), Some(Requested), Some(Active)], Left),
            (Step::Remove, vec![Some(Active)], Removed),
        ];
        assert_eq!(table.len(), Step::ALL.len());
        for (step, starts, end) in table {
            for from in MembershipStatus::all().map(Some).chain([None]) {
                let to = starts.contains(&from).then_some(end);
                assert_eq!(after(from, step), to, "{from:?} {step:?}");
            }
        }
    }

    #[test]
    fn the_last_owner_stays_an_owner() {
        use MembershipRole::{Admin, Owner};
        for (owners, member, next, keeps) in [
            (1, (Active, Owner), None, false),
            (1, (Active, Owner), Some(Admin), false),
            (1, (Active, Owner), Some(Owner), true),
            (2, (Active, Owner), None, true),
            (2, (Active, Owner), Some(Admin), true),
            (1, (Active, Admin), None, true),
            // An owner who left long ago takes nothing along.
            (1, (Left, Owner), None, true),
            (1, (Requested, Owner), None, true),
            (0, (Active, Admin), None, true),
        ] {
            assert_eq!(keeps_an_owner(owners, member, next), keeps, "{owners} {member:?} {next:?}");
        }
    }
}
