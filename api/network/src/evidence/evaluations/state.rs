//! States of an evaluation (domain 5.6), its clock, and the steps between them. Pure.

use entity::{
    At,
    codes::EvaluationStatus::{self, Cancelled, Delivered, Planned, Published, Ready, Registered, Running},
};

/// Time that the subject has to reply.
pub const REPLY: i64 = 30 * At::DAY;

/// Time from delivery after which the evaluators alone decide on publication.
pub const ALONE: i64 = 365 * At::DAY;

/// A named step from one state to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Register,
    Start,
    Deliver,
    Reply,
    Publish,
    Cancel,
}

/// State as time has made it: a delivered evaluation is ready once the subject had its time to reply.
pub fn now(status: EvaluationStatus, delivered_at: Option<At>, now: At) -> EvaluationStatus {
    match (status, delivered_at) {
        (Delivered, Some(delivered)) if now >= delivered.plus(REPLY) => Ready,
        _ => status,
    }
}

/// State after a step, or nothing if the step does not start here.
pub const fn after(status: EvaluationStatus, step: Step) -> Option<EvaluationStatus> {
    Some(match (status, step) {
        (Planned, Step::Register) => Registered,
        (Registered, Step::Start) => Running,
        (Running, Step::Deliver) => Delivered,
        (Delivered, Step::Reply) => Ready,
        (Ready, Step::Publish) => Published,
        // What was delivered is not made to disappear.
        (Planned | Registered | Running, Step::Cancel) => Cancelled,
        _ => return None,
    })
}

/// Whether the evaluators alone decide on publication by now.
pub fn is_evaluators_alone(delivered_at: Option<At>, now: At) -> bool {
    delivered_at.is_some_and(|delivered| now >= delivered.plus(ALONE))
}

/// Whether plan and findings may still change.
pub const fn is_editable(status: EvaluationStatus) -> bool {
    matches!(status, Planned | Registered | Running)
}

/// Whether the lead may propose a level of evidence: what was given up proves nothing, and what is published keeps the
/// level that the committee confirmed.
pub const fn takes_proposals(status: EvaluationStatus, is_confirmed: bool) -> bool {
    match status {
        Cancelled => false,
        Published => !is_confirmed,
        Planned | Registered | Running | Delivered | Ready => true,
    }
}

/// Whether the committee may confirm what was proposed; of a published evaluation, it may think again.
pub const fn takes_confirmation(status: EvaluationStatus, is_proposed: bool) -> bool {
    is_proposed && !matches!(status, Cancelled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use entity::codes::CodeList;

    #[test]
    fn each_step_starts_where_the_domain_says() {
        let table = [
            (Step::Register, vec![(Planned, Registered)]),
            (Step::Start, vec![(Registered, Running)]),
            (Step::Deliver, vec![(Running, Delivered)]),
            (Step::Reply, vec![(Delivered, Ready)]),
            (Step::Publish, vec![(Ready, Published)]),
            (Step::Cancel, vec![(Planned, Cancelled), (Registered, Cancelled), (Running, Cancelled)]),
        ];
        for (step, ways) in table {
            for from in EvaluationStatus::all() {
                let to = ways.iter().find(|(start, _)| *start == from).map(|(_, end)| *end);
                assert_eq!(after(from, step), to, "{from} {step:?}");
            }
        }
    }

    #[test]
    fn a_confirmed_level_that_is_published_stays() {
        for status in EvaluationStatus::all() {
            assert_eq!(takes_proposals(status, false), status != Cancelled, "{status}");
            assert_eq!(takes_proposals(status, true), ![Cancelled, Published].contains(&status), "{status}");
            assert_eq!(takes_confirmation(status, true), status != Cancelled, "{status}");
            assert!(!takes_confirmation(status, false), "{status}");
        }
    }

    #[test]
    fn time_to_reply_ends_to_the_second() {
        let delivered = Some(At(1_000));
        let end = At(1_000).plus(REPLY);
        assert_eq!(now(Delivered, delivered, end.plus(-1)), Delivered);
        assert_eq!(now(Delivered, delivered, end), Ready);
        assert_eq!(now(Running, delivered, end), Running);
        assert!(!is_evaluators_alone(delivered, At(1_000).plus(ALONE - 1)));
        assert!(is_evaluators_alone(delivered, At(1_000).plus(ALONE)));
        assert!(!is_evaluators_alone(None, At(i64::MAX)));
    }
}
