//! States of a measurement (domain 5.4) and the steps between them. Pure.

use entity::codes::MeasurementState::{self, Accepted, Certified, Draft, Returned, Submitted, Superseded};

/// A named step from one state to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Submit,
    Accept,
    Return,
    Certify,
    /// The old one gives way to its correction.
    Correct,
}

/// State after a step, or nothing if the step does not start here.
pub const fn after(state: MeasurementState, step: Step) -> Option<MeasurementState> {
    Some(match (state, step) {
        (Draft | Returned, Step::Submit) => Submitted,
        (Submitted, Step::Accept) => Accepted,
        (Submitted, Step::Return) => Returned,
        (Accepted, Step::Certify) => Certified,
        (Accepted | Certified, Step::Correct) => Superseded,
        _ => return None,
    })
}

/// Whether its values may still change: later on, only a correction says otherwise.
pub const fn is_editable(state: MeasurementState) -> bool {
    matches!(state, Draft | Returned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use entity::codes::CodeList;

    #[test]
    fn each_step_starts_where_the_domain_says() {
        let table = [
            (Step::Submit, vec![(Draft, Submitted), (Returned, Submitted)]),
            (Step::Accept, vec![(Submitted, Accepted)]),
            (Step::Return, vec![(Submitted, Returned)]),
            (Step::Certify, vec![(Accepted, Certified)]),
            (Step::Correct, vec![(Accepted, Superseded), (Certified, Superseded)]),
        ];
        for (step, ways) in table {
            for from in MeasurementState::all() {
                let to = ways.iter().find(|(start, _)| *start == from).map(|(_, end)| *end);
                assert_eq!(after(from, step), to, "{from} {step:?}");
            }
        }
    }
}
