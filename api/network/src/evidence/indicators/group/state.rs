//! States of a working group, and the steps between them. Pure.

use entity::codes::WorkingGroupStatus::{self, Active, Closed, Forming};

/// A named step from one state to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Start,
    Close,
}

/// State after a step, or nothing if the step does not start here.
pub const fn after(status: WorkingGroupStatus, step: Step) -> Option<WorkingGroupStatus> {
    Some(match (status, step) {
        (Forming, Step::Start) => Active,
        (Forming | Active, Step::Close) => Closed,
        _ => return None,
    })
}

/// Whether it may still change, and its members write.
pub const fn is_at_work(status: WorkingGroupStatus) -> bool {
    matches!(status, Forming | Active)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_forms_works_and_closes() {
        for (from, start, close) in
            [(Forming, Some(Active), Some(Closed)), (Active, None, Some(Closed)), (Closed, None, None)]
        {
            assert_eq!((after(from, Step::Start), after(from, Step::Close)), (start, close), "{from}");
            assert_eq!(is_at_work(from), close.is_some(), "{from}");
        }
    }
}
