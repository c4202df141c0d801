//! States of an organization in the network (domain 5.1) and the steps between them. Pure.

use entity::codes::Verification::{self, Merged, Pending, Suspended, Unverified, Verified};

/// A named step from one state to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Request,
    Verify,
    Refuse,
    Suspend,
    Restore,
    Merge,
}

impl Step {
    #[cfg(test)]
    pub const ALL: [Self; 6] =
        [Self::Request, Self::Verify, Self::Refuse, Self::Suspend, Self::Restore, Self::Merge];
}

/// State after a step, or nothing if the step does not start here.
pub const fn after(state: Verification, step: Step) -> Option<Verification> {
    Some(match (state, step) {
        (Unverified, Step::Request) => Pending,
        (Pending, Step::Verify) | (Suspended, Step::Restore) => Verified,
        (Pending, Step::Refuse) => Unverified,
        (Verified, Step::Suspend) => Suspended,
        (Unverified | Pending | Verified | Suspended, Step::Merge) => Merged,
        _ => return None,
    })
}

/// Whether what is said of it may still change.
pub const fn is_editable(state: Verification) -> bool {
    !matches!(state, Merged)
}

/// Whether it works in the network: takes members, invites, adds projects.
pub const fn is_at_work(state: Verification) -> bool {
    matches!(state, Unverified | Pending | Verified)
}

#[cfg(test)]
mod tests {
    use super::*;
    use entity::codes::CodeList;

    #[test]
    fn each_step_starts_where_the_domain_says() {
        let table = [
            (Step::Request, vec![(Unverified, Pending)]),
            (Step::Verify, vec![(Pending, Verified)]),
            (Step::Refuse, vec![(Pending, Unverified)]),
            (Step::Suspend, vec![(Verified, Suspended)]),
            (Step::Restore, vec![(Suspended, Verified)]),
            (
                Step::Merge,
                vec![(Unverified, Merged), (Pending, Merged), (Verified, Merged), (Suspended, Merged)],
            ),
        ];
        assert_eq!(table.len(), Step::ALL.len());
        for (step, ways) in table {
            for from in Verification::all() {
                let to = ways.iter().find(|(start, _)| *start == from).map(|(_, end)| *end);
                assert_eq!(after(from, step), to, "{from} {step:?}");
            }
        }
    }

    #[test]
    fn a_merged_organization_rests_and_a_suspended_one_waits() {
        let all = |rule: fn(Verification) -> bool| Verification::all().filter(move |state| rule(*state));
        assert_eq!(all(is_editable).collect::<Vec<_>>(), [Unverified, Pending, Verified, Suspended]);
        assert_eq!(all(is_at_work).collect::<Vec<_>>(), [Unverified, Pending, Verified]);
    }
}
