//! Evidence: what is published is public; drafts are their owner's and, to comment on, the network's.

mod editions;

pub use editions::may_comment;

use super::{Act, CONTRACTS, Node, PartOf, Policy, Rows, Viewer};
use crate::authz::{Power, Seat};
use entity::{
    codes::{EvaluationRole, EvaluationStatus, MeasurementState, MembershipRole, Visibility},
    contracts::contract,
    evidence::*,
    ids::*,
    projects::project,
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{ExprTrait, SelectStatement},
};

pub const FIELDS: &[(&str, Visibility)] = &[
    ("WorkingGroup.members", Visibility::Network),
    ("Framework.comments", Visibility::Network),
    ("Indicator.comments", Visibility::Network),
    ("Measurement.comment", Visibility::Party),
    ("Measurement.evidence", Visibility::Party),
    ("Measurement.returnReason", Visibility::Party),
    ("Measurement.submittedAt", Visibility::Party),
    ("Evaluation.accessGrantedAt", Visibility::Owner),
    ("Evaluation.design", Visibility::Party),
    ("Evaluation.summary", Visibility::Network),
    ("Evaluation.sampleTreatedCount", Visibility::Party),
    ("Evaluation.sampleComparisonCount", Visibility::Party),
    ("Evaluation.limits", Visibility::Party),
    ("Evaluation.fiveDimensions", Visibility::Party),
    ("Evaluation.cost", Visibility::Party),
    ("Evaluation.smsLevel", Visibility::Party),
    ("Evaluation.proposedLevel", Visibility::Owner),
    ("Evaluation.evidenceLevel", Visibility::Party),
    ("Evaluation.reportUrl", Visibility::Party),
    ("Evaluation.datasetUrl", Visibility::Party),
    ("Evaluation.reply", Visibility::Party),
];

/// The part of the system that takes in deliveries of public indicators.
pub const POLICY_IMPORT: &str = "policy_import";

/// The part of the system that writes drafts for members of their working group.
pub const WORKING_GROUP: &str = "working_group";

/// The part of the system that lets time pass for evaluations.
pub const EVIDENCE_CLOCK: &str = "evidence_clock";

/// Public figures: everybody reads them, deliveries write them.
impl Policy for policy_series::Entity {
    fn visible(_: &Viewer) -> Rows {
        Rows::All
    }

    fn allows(viewer: &Viewer, act: Act, _: &policy_series::Model) -> bool {
        match act {
            Act::Inspect => true,
            Act::Create | Act::Edit | Act::Delete => viewer.is_job(POLICY_IMPORT),
            Act::Decide => false,
        }
    }

    fn subject(row: &policy_series::Model) -> Option<String> {
        Some(row.id.to_string())
    }
}

impl Node for policy_series::Entity {
    type Id = PolicySeriesId;
    const ID: policy_series::Column = policy_series::Column::Id;
    fn id(row: &policy_series::Model) -> PolicySeriesId {
        row.id
    }
}

impl PartOf for policy_point::Entity {
    type Whole = policy_series::Entity;
    const LINK: policy_point::Column = policy_point::Column::SeriesId;
}

/// Whatever a project says of itself is seen with the project and written by its holder.
macro_rules! of_project {
    ($($table:ident $(, reviewed by $reviewer:ident)?;)+) => {$(
        impl Policy for $table::Entity {
            fn visible(viewer: &Viewer) -> Rows {
                Rows::through::<project::Entity>($table::Column::ProjectId, viewer)
                    $(| Rows::when($table::Column::$reviewer.is_in(viewer.orgs(Power::Read))))?
            }

            fn allows(viewer: &Viewer, act: Act, row: &$table::Model) -> bool {
                match act {
                    Act::Inspect => viewer.sits(row.holder_id, Power::Read),
                    Act::Create | Act::Edit | Act::Delete => viewer.sits(row.holder_id, Power::Write),
                    Act::Decide => false,
                }
            }

            fn home(row: &$table::Model) -> Option<OrganizationId> {
                Some(row.holder_id)
            }

            fn subject(row: &$table::Model) -> Option<String> {
                Some(row.id.to_string())
            }
        }
    )+};
}

of_project! {
    framework_adoption, reviewed by ReviewerId;
    theory;
}

/// Seen with what it is a use of, and by its reviewer; written by who keeps it, and by a contract's parties.
impl Policy for indicator_use::Entity {
    fn visible(viewer: &Viewer) -> Rows {
        use indicator_use::Column::{ContractId, ProjectId, ReviewerId, SeriesId};
        // Whoever sees all projects does not therefore see all contracts.
        (Rows::when(ProjectId.is_not_null()) & Rows::through::<project::Entity>(ProjectId, viewer))
            | (Rows::when(ContractId.is_not_null()) & Rows::through::<contract::Entity>(ContractId, viewer))
            | Rows::when(SeriesId.is_not_null())
            | Rows::when(ReviewerId.is_in(viewer.orgs(Power::Read)))
    }

    fn allows(viewer: &Viewer, act: Act, row: &indicator_use::Model) -> bool {
        match act {
            Act::Inspect => viewer.sits(row.holder_id, Power::Read),
            // Terms are all parties': who holds the contract to edit them may, and then the system writes.
            Act::Create | Act::Edit | Act::Delete if row.contract_id.is_some() => viewer.is_job(CONTRACTS),
            Act::Create | Act::Edit | Act::Delete => viewer.sits(row.holder_id, Power::Write),
            Act::Decide => false,
        }
    }

    fn home(row: &indicator_use::Model) -> Option<OrganizationId> {
        Some(row.holder_id)
    }

    fn subject(row: &indicator_use::Model) -> Option<String> {
        Some(row.id.to_string())
    }
}

impl PartOf for adoption_exception::Entity {
    type Whole = framework_adoption::Entity;
    const LINK: adoption_exception::Column = adoption_exception::Column::AdoptionId;
}

impl PartOf for indicator_milestone::Entity {
    type Whole = indicator_use::Entity;
    const LINK: indicator_milestone::Column = indicator_milestone::Column::UseId;
}

impl PartOf for theory_node::Entity {
    type Whole = theory::Entity;
    const LINK: theory_node::Column = theory_node::Column::TheoryId;
}

impl PartOf for theory_link::Entity {
    type Whole = theory::Entity;
    const LINK: theory_link::Column = theory_link::Column::TheoryId;
}

/// Projects whose evaluators the viewer belongs to, from the holder's consent until publication.
fn under_evaluation(viewer: &Viewer) -> SelectStatement {
    use evaluation::Column::{AccessGrantedAt, Id, LeadId, ProjectId, Status};
    let orgs = viewer.orgs(Power::Read);
    let among = evaluation_party::Entity::find()
        .select_only()
        .column(evaluation_party::Column::EvaluationId)
        .filter(evaluation_party::Column::Role.eq(EvaluationRole::Evaluator))
        .filter(evaluation_party::Column::OrganizationId.is_in(orgs.clone()))
        .into_query();
    evaluation::Entity::find()
        .select_only()
        .column(ProjectId)
        .filter(AccessGrantedAt.is_not_null())
        .filter(Status.is_in(OPEN_TO_EVALUATORS))
        .filter(Condition::any().add(LeadId.is_in(orgs)).add(Id.in_subquery(among)))
        .into_query()
}

/// States in which evaluators read unsuppressed measurements, once the holder let them.
pub const OPEN_TO_EVALUATORS: [EvaluationStatus; 4] = [
    EvaluationStatus::Registered,
    EvaluationStatus::Running,
    EvaluationStatus::Delivered,
    EvaluationStatus::Ready,
];

/// The holder sees all; reviewers and evaluators what was submitted; others what was accepted, as far as it is shared.
impl Policy for measurement::Entity {
    fn visible(viewer: &Viewer) -> Rows {
        use measurement::Column::{HolderId, ProjectId, ReviewerId, Sharing, State};
        let submitted = Rows::when(State.ne(MeasurementState::Draft));
        let reviewed = Rows::when(ReviewerId.is_in(viewer.orgs(Power::Read)));
        let evaluated = Rows::when(ProjectId.in_subquery(under_evaluation(viewer)));
        let levels: &[Visibility] = if viewer.in_network() {
            &[Visibility::Public, Visibility::Network]
        } else {
            &[Visibility::Public]
        };
        let shared = Rows::when(State.eq(MeasurementState::Certified))
            | Rows::when(State.eq(MeasurementState::Accepted).and(Sharing.is_in(levels.iter().copied())));
        Rows::all_if(viewer.is_job(EVIDENCE_CLOCK))
            | Rows::when(HolderId.is_in(viewer.orgs(Power::Read)))
            | (submitted & (reviewed | evaluated))
            | (shared & Rows::through::<project::Entity>(ProjectId, viewer))
    }

    fn allows(viewer: &Viewer, act: Act, row: &measurement::Model) -> bool {
        match act {
            Act::Inspect => viewer.sits(row.holder_id, Power::Read),
            // What outsiders may see is judged by the system.
            Act::Edit if viewer.is_job(EVIDENCE_CLOCK) => true,
            Act::Create | Act::Edit | Act::Delete => viewer.sits(row.holder_id, Power::Write),
            // Reviewers accept, evaluators certify: which, each step says. Nobody judges what they submitted.
            Act::Decide => {
                (reviews(viewer, row)
                    || row.evaluator_id.is_some_and(|evaluator| evaluates(viewer, evaluator)))
                    && row.author_id.is_none_or(|author| !viewer.is(author))
            }
        }
    }

    fn reach(viewer: &Viewer, row: &measurement::Model) -> Visibility {
        let is_party =
            |party: Option<OrganizationId>| party.is_some_and(|party| viewer.sits(party, Power::Read));
        if Self::allows(viewer, Act::Inspect, row) {
            Visibility::Owner
        } else if is_party(row.reviewer_id) || is_party(row.evaluator_id) {
            Visibility::Party
        } else {
            super::network_or_public(viewer)
        }
    }

    fn home(row: &measurement::Model) -> Option<OrganizationId> {
        Some(row.holder_id)
    }

    fn subject(row: &measurement::Model) -> Option<String> {
        Some(row.id.to_string())
    }
}

/// Whether the viewer accepts or returns measurements like this one; holders never review themselves.
pub fn reviews(viewer: &Viewer, row: &measurement::Model) -> bool {
    row.reviewer_id.is_some_and(|reviewer| reviewer != row.holder_id && viewer.sits(reviewer, Power::Write))
}

impl PartOf for measurement_cell::Entity {
    type Whole = measurement::Entity;
    const LINK: measurement_cell::Column = measurement_cell::Column::MeasurementId;
}

/// Locked by a reviewer of the project, for the holder to see.
impl Policy for period_lock::Entity {
    fn visible(viewer: &Viewer) -> Rows {
        use period_lock::Column::{HolderId, LockedById};
        let orgs = viewer.orgs(Power::Read);
        Rows::when(HolderId.is_in(orgs.clone())) | Rows::when(LockedById.is_in(orgs))
    }

    fn allows(viewer: &Viewer, act: Act, row: &period_lock::Model) -> bool {
        match act {
            Act::Inspect => true,
            Act::Create | Act::Edit => viewer.sits(row.locked_by_id, Power::Write),
            Act::Decide | Act::Delete => false,
        }
    }

    fn home(row: &period_lock::Model) -> Option<OrganizationId> {
        Some(row.holder_id)
    }

    fn subject(row: &period_lock::Model) -> Option<String> {
        Some(row.id.to_string())
    }
}

/// Parties see all; once registered, everybody knows it exists; once published, everybody reads all.
impl Policy for evaluation::Entity {
    fn visible(viewer: &Viewer) -> Rows {
        use evaluation::Column::{ProjectId, Status};
        (Rows::when(Status.ne(EvaluationStatus::Planned))
            & Rows::through::<project::Entity>(ProjectId, viewer))
            | evaluation_parties(viewer)
    }

    fn allows(viewer: &Viewer, act: Act, row: &evaluation::Model) -> bool {
        let is_party = |power| {
            [row.lead_id, row.commissioner_id, row.holder_id].iter().any(|party| viewer.sits(*party, power))
        };
        match act {
            Act::Create => {
                viewer.sits(row.lead_id, Power::Write) || viewer.sits(row.commissioner_id, Power::Write)
            }
            Act::Inspect => is_party(Power::Read) || viewer.is_curator(),
            // Time passes by the system.
            Act::Edit => evaluates(viewer, row.lead_id) || viewer.is_job(EVIDENCE_CLOCK),
            // Who answers for the other sides; which side, each step says.
            Act::Decide => is_party(Power::Write) || evaluates(viewer, row.lead_id) || viewer.is_curator(),
            Act::Delete => viewer.sits(row.commissioner_id, Power::Manage),
        }
    }

    fn reach(viewer: &Viewer, row: &evaluation::Model) -> Visibility {
        if Self::allows(viewer, Act::Inspect, row) {
            return Visibility::Owner;
        }
        let is_delivered = matches!(row.status, EvaluationStatus::Delivered | EvaluationStatus::Ready);
        match row.status {
            EvaluationStatus::Published => Visibility::Party,
            _ if is_delivered && row.is_summary_shared && viewer.in_network() => Visibility::Network,
            _ => Visibility::Public,
        }
    }

    fn home(row: &evaluation::Model) -> Option<OrganizationId> {
        Some(row.lead_id)
    }

    fn subject(row: &evaluation::Model) -> Option<String> {
        Some(row.id.to_string())
    }
}

/// Whether the viewer writes evaluations for this organization.
pub fn evaluates(viewer: &Viewer, lead: OrganizationId) -> bool {
    let leads = |seat: &Seat| seat.organization == lead && seat.role == MembershipRole::EvaluationLead;
    viewer.sits(lead, Power::Write) || viewer.seats().iter().any(leads)
}

fn evaluation_parties(viewer: &Viewer) -> Rows {
    use evaluation::Column::{CommissionerId, HolderId, Id, LeadId};
    let orgs = viewer.orgs(Power::Read);
    let among = evaluation_party::Entity::find()
        .select_only()
        .column(evaluation_party::Column::EvaluationId)
        .filter(evaluation_party::Column::OrganizationId.is_in(orgs.clone()))
        .into_query();
    Rows::all_if(viewer.is_curator() || viewer.is_job(EVIDENCE_CLOCK))
        | Rows::when(LeadId.is_in(orgs.clone()))
        | Rows::when(CommissionerId.is_in(orgs.clone()))
        | Rows::when(HolderId.is_in(orgs))
        | Rows::when(Id.in_subquery(among))
}

/// What is read once an evaluation is published, and by its parties before.
fn open_evaluations(link: impl ColumnTrait, viewer: &Viewer) -> Rows {
    let published = Rows::when(evaluation::Column::Status.eq(EvaluationStatus::Published));
    Rows::through_rows::<evaluation::Entity>(link, published | evaluation_parties(viewer))
}

/// Who evaluates is public with the evaluation.
impl PartOf for evaluation_party::Entity {
    type Whole = evaluation::Entity;
    const LINK: evaluation_party::Column = evaluation_party::Column::EvaluationId;
}

impl PartOf for finding::Entity {
    type Whole = evaluation::Entity;
    const LINK: finding::Column = finding::Column::EvaluationId;

    fn open(viewer: &Viewer) -> Rows {
        open_evaluations(Self::LINK, viewer)
    }
}

impl PartOf for sroi_model::Entity {
    type Whole = evaluation::Entity;
    const LINK: sroi_model::Column = sroi_model::Column::EvaluationId;

    fn open(viewer: &Viewer) -> Rows {
        open_evaluations(Self::LINK, viewer)
    }
}

macro_rules! nodes {
    ($($table:ident $id:ty;)+) => {$(
        impl Node for $table::Entity {
            type Id = $id;
            const ID: $table::Column = $table::Column::Id;
            fn id(row: &$table::Model) -> $id {
                row.id
            }
        }
    )+};
}

nodes! {
    indicator IndicatorId;
    framework FrameworkId;
    working_group WorkingGroupId;
    comment CommentId;
    framework_adoption FrameworkAdoptionId;
    indicator_use IndicatorUseId;
    theory TheoryId;
    measurement MeasurementId;
    period_lock PeriodLockId;
    evaluation EvaluationId;
    finding FindingId;
    sroi_model SroiModelId;
}
