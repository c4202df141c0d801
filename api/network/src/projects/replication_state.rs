//! States of a replication (domain 5.7) and the steps between them. Pure.

use entity::codes::ReplicationStatus::{self, Confirmed, Declared, Denied, Ended};

/// A named step from one state to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Confirm,
    Deny,
    End,
}

/// State after a step, or nothing if the step does not start here.
pub const fn after(status: ReplicationStatus, step: Step) -> Option<ReplicationStatus> {
    Some(match (status, step) {
        (Declared, Step::Confirm) => Confirmed,
        (Declared, Step::Deny) => Denied,
        (Confirmed | Denied, Step::End) => Ended,
        _ => return None,
    })
}

/// Whether it goes on, as far as is known.
pub const fn is_alive(status: ReplicationStatus) -> bool {
    matches!(status, Declared | Confirmed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use entity::codes::CodeList;

    #[test]
    fn each_step_starts_where_the_domain_says() {
        let table = [
            (Step::Confirm, vec![(Declared, Confirmed)]),
            (Step::Deny, vec![(Declared, Denied)]),
            (Step::End, vec![(Confirmed, Ended), (Denied, Ended)]),
        ];
        for (step, ways) in table {
            for from in ReplicationStatus::all() {
                let to = ways.iter().find(|(start, _)| *start == from).map(|(_, end)| *end);
                assert_eq!(after(from, step), to, "{from} {step:?}");
            }
        }
    }
}
