//! States of a project (domain 5.2) and the steps between them. Pure.

use entity::codes::ProjectStatus::{self, Archived, Draft, InReview, Merged, Published, Withdrawn};

/// A named step from one state to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Submit,
    Publish,
    Return,
    Unpublish,
    Archive,
    Restore,
    Withdraw,
    Merge,
}

impl Step {
    #[cfg(test)]
    pub const ALL: [Self; 8] = [
        Self::Submit,
        Self::Publish,
        Self::Return,
        Self::Unpublish,
        Self::Archive,
        Self::Restore,
        Self::Withdraw,
        Self::Merge,
    ];
}

/// State after a step, or nothing if the step does not start here.
pub const fn after(status: ProjectStatus, step: Step) -> Option<ProjectStatus> {
    Some(match (status, step) {
        (Draft, Step::Submit) => InReview,
        (InReview, Step::Publish) | (Archived, Step::Restore) => Published,
        (InReview, Step::Return) | (Published, Step::Unpublish) => Draft,
        (Published, Step::Archive) => Archived,
        (Draft | InReview | Published | Archived, Step::Withdraw) => Withdrawn,
        (Draft | InReview | Published | Archived, Step::Merge) => Merged,
        _ => return None,
    })
}

/// Whether the texts may still change.
pub const fn is_editable(status: ProjectStatus) -> bool {
    matches!(status, Draft | InReview | Published)
}

#[cfg(test)]
mod tests {
    use super::*;
    use entity::codes::CodeList;

    #[test]
    fn each_step_starts_where_the_domain_says() {
        let table = [
            (Step::Submit, vec![(Draft, InReview)]),
            (Step::Publish, vec![(InReview, Published)]),
            (Step::Return, vec![(InReview, Draft)]),
            (Step::Unpublish, vec![(Published, Draft)]),
            (Step::Archive, vec![(Published, Archived)]),
            (Step::Restore, vec![(Archived, Published)]),
            (
                Step::Withdraw,
                vec![
                    (Draft, Withdrawn),
                    (InReview, Withdrawn),
                    (Published, Withdrawn),
                    (Archived, Withdrawn),
                ],
            ),
            (Step::Merge, vec![(Draft, Merged), (InReview, Merged), (Published, Merged), (Archived, Merged)]),
        ];
        assert_eq!(table.len(), Step::ALL.len());
        for (step, ways) in table {
            for from in ProjectStatus::all() {
                let to = ways.iter().find(|(start, _)| *start == from).map(|(_, end)| *end);
                assert_eq!(after(from, step), to, "{from} {step:?}");
            }
        }
    }
}
