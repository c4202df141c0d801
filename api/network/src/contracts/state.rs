//! States of a contract and of a claim, and the steps between them (domain 5.5). Pure.

use entity::codes::{
    ClaimState,
    ContractStatus::{
        self, Abandoned, Active, Closed, Contracted, DeliveryComplete, Negotiation, Scoping, Settled,
        Signing, Structuring, Suspended, Terminated,
    },
};

/// Steps of a contract; those that leave its state as it is are here to say where they are possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Changing what is being negotiated.
    Draft,
    StartStructuring,
    OpenNegotiation,
    Freeze,
    /// One of several signatures.
    Sign,
    /// The last signature.
    Contract,
    Reopen,
    DrawDown,
    StartService,
    Suspend,
    Resume,
    Amend,
    Claim,
    EndService,
    Settle,
    Close,
    Abandon,
    Terminate,
}

/// State after a step, or nothing if the step does not start here.
pub const fn after(status: ContractStatus, step: Step) -> Option<ContractStatus> {
    Some(match (status, step) {
        (Scoping | Structuring | Negotiation, Step::Draft)
        | (Signing, Step::Sign)
        | (Active | Suspended, Step::Amend)
        | (Contracted | Active | Suspended, Step::DrawDown)
        | (Active | Suspended | DeliveryComplete, Step::Claim) => status,
        (Scoping, Step::StartStructuring) => Structuring,
        (Structuring, Step::OpenNegotiation) | (Signing, Step::Reopen) => Negotiation,
        (Negotiation, Step::Freeze) => Signing,
        (Signing, Step::Contract) => Contracted,
        (Contracted, Step::StartService) | (Suspended, Step::Resume) => Active,
        (Active, Step::Suspend) => Suspended,
        (Active, Step::EndService) => DeliveryComplete,
        (DeliveryComplete, Step::Settle) => Settled,
        (Settled, Step::Close) => Closed,
        (Scoping | Structuring | Negotiation | Signing, Step::Abandon) => Abandoned,
        (Contracted | Active | Suspended | DeliveryComplete, Step::Terminate) => Terminated,
        _ => return None,
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimStep {
    Submit,
    Take,
    Ask,
    Answer,
    Conclude,
    Contest,
    Resolve,
    Finalise,
}

/// State of a claim after a step, or nothing if the step does not start here.
pub const fn claim_after(state: ClaimState, step: ClaimStep) -> Option<ClaimState> {
    use ClaimState::{Contested, Draft, Final, InVerification, InfoRequested, Submitted, Verified};
    Some(match (state, step) {
        (Draft, ClaimStep::Submit) => Submitted,
        (Submitted, ClaimStep::Take) | (InfoRequested, ClaimStep::Answer) => InVerification,
        (InVerification, ClaimStep::Ask) => InfoRequested,
        (InVerification, ClaimStep::Conclude) | (Contested, ClaimStep::Resolve) => Verified,
        (Verified, ClaimStep::Contest) => Contested,
        (Verified, ClaimStep::Finalise) => Final,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use entity::codes::CodeList;

    #[test]
    fn each_step_starts_where_the_domain_says() {
        let table: &[(Step, &[(ContractStatus, ContractStatus)])] = &[
            (Step::Draft, &[(Scoping, Scoping), (Structuring, Structuring), (Negotiation, Negotiation)]),
            (Step::StartStructuring, &[(Scoping, Structuring)]),
            (Step::OpenNegotiation, &[(Structuring, Negotiation)]),
            (Step::Freeze, &[(Negotiation, Signing)]),
            (Step::Sign, &[(Signing, Signing)]),
            (Step::Contract, &[(Signing, Contracted)]),
            (Step::Reopen, &[(Signing, Negotiation)]),
            (Step::DrawDown, &[(Contracted, Contracted), (Active, Active), (Suspended, Suspended)]),
            (Step::StartService, &[(Contracted, Active)]),
            (Step::Suspend, &[(Active, Suspended)]),
            (Step::Resume, &[(Suspended, Active)]),
            (Step::Amend, &[(Active, Active), (Suspended, Suspended)]),
            (Step::Claim, &[(Active, Active), (Suspended, Suspended), (DeliveryComplete, DeliveryComplete)]),
            (Step::EndService, &[(Active, DeliveryComplete)]),
            (Step::Settle, &[(DeliveryComplete, Settled)]),
            (Step::Close, &[(Settled, Closed)]),
            (
                Step::Abandon,
                &[
                    (Scoping, Abandoned),
                    (Structuring, Abandoned),
                    (Negotiation, Abandoned),
                    (Signing, Abandoned),
                ],
            ),
            (
                Step::Terminate,
                &[
                    (Contracted, Terminated),
                    (Active, Terminated),
                    (Suspended, Terminated),
                    (DeliveryComplete, Terminated),
                ],
            ),
        ];
        for (step, ways) in table {
            for from in ContractStatus::all() {
                let to = ways.iter().find(|(start, _)| *start == from).map(|(_, end)| *end);
                assert_eq!(after(from, *step), to, "{from} {step:?}");
            }
        }
    }

    #[test]
    fn a_claim_ends_final_and_stays_so() {
        use ClaimStep::{Answer, Ask, Conclude, Contest, Finalise, Resolve, Submit, Take};
        let steps = [Submit, Take, Ask, Answer, Conclude, Contest, Resolve, Finalise];
        let count: Vec<(ClaimState, usize)> = ClaimState::all()
            .map(|state| (state, steps.iter().filter(|step| claim_after(state, **step).is_some()).count()))
            .collect();
        assert_eq!(
            count,
            [
                (ClaimState::Draft, 1),
                (ClaimState::Submitted, 1),
                (ClaimState::InVerification, 2),
                (ClaimState::InfoRequested, 1),
                (ClaimState::Verified, 2),
                (ClaimState::Contested, 1),
                (ClaimState::Final, 0),
            ]
        );
    }
}
