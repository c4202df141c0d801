//! Relay's object identification: every noun by its id.

use crate::{
    audit::AuditEvent,
    contracts::{EvidenceDocument, ImpactContract, OutcomeClaim, OutcomePayment, PaymentComputation},
    evidence::{
        Comment, Evaluation, Finding, Framework, FrameworkAdoption, Indicator, IndicatorUse, Measurement,
        PeriodLock, PolicySeries, SroiModel, TheoryOfChange, WorkingGroup,
    },
    face::Door,
    identity::{PersonalAccessToken, Session, User},
    interests::Interest,
    orgs::{Invitation, Membership, Organization},
    projects::{Need, Project, Replication},
    reference::{Term, Territory},
};
use async_graphql::{Context, ID, Interface, Object};
use door::{Error, Nullable, Result, authz::Store, nullable};
use entity::{
    audit::audit_event,
    contracts::{contract, evidence_document, outcome_claim, outcome_payment, payment_computation},
    evidence::{
        comment, evaluation, finding, framework, framework_adoption, indicator, indicator_use, measurement,
        period_lock, policy_series, sroi_model, theory, working_group,
    },
    identity::{personal_access_token, session, user},
    ids::*,
    interests::interest,
    orgs::{invitation, membership, organization},
    projects::{need, project, replication},
    reference::{term, territory},
};

/// Object with an id.
#[derive(Clone, Interface)]
#[allow(clippy::large_enum_variant, reason = "a node lives for the length of its answer")]
#[graphql(field(name = "id", ty = "ID", desc = "Id: a prefix for the type and 26 characters."))]
pub enum Node {
    User(User),
    Session(Session),
    PersonalAccessToken(PersonalAccessToken),
    Organization(Organization),
    Membership(Membership),
    Invitation(Invitation),
    Project(Project),
    Need(Need),
    Replication(Replication),
    Territory(Territory),
    Term(Term),
    ImpactContract(ImpactContract),
    OutcomeClaim(OutcomeClaim),
    EvidenceDocument(EvidenceDocument),
    OutcomePayment(OutcomePayment),
    PaymentComputation(PaymentComputation),
    Interest(Interest),
    Indicator(Indicator),
    PolicySeries(PolicySeries),
    Framework(Framework),
    FrameworkAdoption(FrameworkAdoption),
    IndicatorUse(IndicatorUse),
    TheoryOfChange(TheoryOfChange),
    Measurement(Measurement),
    PeriodLock(PeriodLock),
    Evaluation(Evaluation),
    Finding(Finding),
    SroiModel(SroiModel),
    WorkingGroup(WorkingGroup),
    Comment(Comment),
    AuditEvent(AuditEvent),
}

#[derive(Clone, Copy, Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// Object by its id; `null` if there is none for the viewer.
    async fn node(&self, ctx: &Context<'_>, #[graphql(desc = "Id of any object.")] id: ID) -> Nullable<Node> {
        nullable(find(ctx.store(), &id).await)
    }

    /// Objects by their ids, in the same order; `null` where there is none for the viewer. At most 100.
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Ids of any objects; at most 100.")] ids: Vec<ID>,
    ) -> async_graphql::Result<Vec<Option<Node>>> {
        if ids.len() > 100 {
            return Err(Error::bad_input("`ids` takes at most 100 ids.").into_graphql());
        }
        let found = futures_util::future::try_join_all(ids.iter().map(|id| find(ctx.store(), id))).await;
        found.map_err(Error::into_graphql)
    }
}

pub async fn find(store: &Store, id: &ID) -> Result<Option<Node>> {
    let Some((prefix, uuid)) = parse(id) else {
        return Err(Error::bad_input("This is not an id: an id is three letters, `_` and 26 characters."));
    };
    Ok(match prefix {
        UserId::PREFIX => {
            store.load::<user::Entity>(Key::from_uuid(uuid)).await?.map(|row| Node::User(User(row)))
        }
        SessionId::PREFIX => {
            store.load::<session::Entity>(Key::from_uuid(uuid)).await?.map(|row| Node::Session(Session(row)))
        }
        PersonalAccessTokenId::PREFIX => store
            .load::<personal_access_token::Entity>(Key::from_uuid(uuid))
            .await?
            .map(|row| Node::PersonalAccessToken(PersonalAccessToken(row))),
        OrganizationId::PREFIX => store
            .load::<organization::Entity>(Key::from_uuid(uuid))
            .await?
            .map(|row| Node::Organization(Organization(row))),
        MembershipId::PREFIX => store
            .load::<membership::Entity>(Key::from_uuid(uuid))
            .await?
            .map(|row| Node::Membership(Membership(row))),
        InvitationId::PREFIX => store
            .load::<invitation::Entity>(Key::from_uuid(uuid))
            .await?
            .map(|row| Node::Invitation(Invitation(row))),
        ProjectId::PREFIX => {
            store.load::<project::Entity>(Key::from_uuid(uuid)).await?.map(|row| Node::Project(Project(row)))
        }
        NeedId::PREFIX => {
            store.load::<need::Entity>(Key::from_uuid(uuid)).await?.map(|row| Node::Need(Need(row)))
        }
        ReplicationId::PREFIX => store
            .load::<replication::Entity>(Key::from_uuid(uuid))
            .await?
            .map(|row| Node::Replication(Replication(row))),
        TerritoryId::PREFIX => store
            .load::<territory::Entity>(Key::from_uuid(uuid))
            .await?
            .map(|row| Node::Territory(row.into())),
        TermId::PREFIX => {
            store.load::<term::Entity>(Key::from_uuid(uuid)).await?.map(|row| Node::Term(row.into()))
        }
        ContractId::PREFIX => store
            .load::<contract::Entity>(Key::from_uuid(uuid))
            .await?
            .map(|row| Node::ImpactContract(ImpactContract(row))),
        ClaimId::PREFIX => store
            .load::<outcome_claim::Entity>(Key::from_uuid(uuid))
            .await?
            .map(|row| Node::OutcomeClaim(OutcomeClaim(row))),
        EvidenceDocumentId::PREFIX => store
            .load::<evidence_document::Entity>(Key::from_uuid(uuid))
            .await?
            .map(|row| Node::EvidenceDocument(EvidenceDocument(row))),
        PaymentId::PREFIX => store
            .load::<outcome_payment::Entity>(Key::from_uuid(uuid))
            .await?
            .map(|row| Node::OutcomePayment(OutcomePayment(row))),
        ComputationId::PREFIX => store
            .load::<payment_computation::Entity>(Key::from_uuid(uuid))
            .await?
            .map(|row| Node::PaymentComputation(PaymentComputation(row))),
        InterestId::PREFIX => store
            .load::<interest::Entity>(Key::from_uuid(uuid))
            .await?
            .map(|row| Node::Interest(Interest(row))),
        IndicatorId::PREFIX => store
            .load::<indicator::Entity>(Key::from_uuid(uuid))
            .await?
            .map(|row| Node::Indicator(Indicator(row))),
        PolicySeriesId::PREFIX => store
            .load::<policy_series::Entity>(Key::from_uuid(uuid))
            .await?
            .map(|row| Node::PolicySeries(PolicySeries(row))),
        FrameworkId::PREFIX => store
            .load::<framework::Entity>(Key::from_uuid(uuid))
            .await?
            .map(|row| Node::Framework(Framework(row))),
        FrameworkAdoptionId::PREFIX => store
            .load::<framework_adoption::Entity>(Key::from_uuid(uuid))
            .await?
            .map(|row| Node::FrameworkAdoption(FrameworkAdoption(row))),
        IndicatorUseId::PREFIX => store
            .load::<indicator_use::Entity>(Key::from_uuid(uuid))
            .await?
            .map(|row| Node::IndicatorUse(IndicatorUse(row))),
        TheoryId::PREFIX => store
            .load::<theory::Entity>(Key::from_uuid(uuid))
            .await?
            .map(|row| Node::TheoryOfChange(TheoryOfChange(row))),
        MeasurementId::PREFIX => store
            .load::<measurement::Entity>(Key::from_uuid(uuid))
            .await?
            .map(|row| Node::Measurement(Measurement(row))),
        PeriodLockId::PREFIX => store
            .load::<period_lock::Entity>(Key::from_uuid(uuid))
            .await?
            .map(|row| Node::PeriodLock(PeriodLock(row))),
        EvaluationId::PREFIX => store
            .load::<evaluation::Entity>(Key::from_uuid(uuid))
            .await?
            .map(|row| Node::Evaluation(Evaluation(row))),
        FindingId::PREFIX => {
            store.load::<finding::Entity>(Key::from_uuid(uuid)).await?.map(|row| Node::Finding(Finding(row)))
        }
        SroiModelId::PREFIX => store
            .load::<sroi_model::Entity>(Key::from_uuid(uuid))
            .await?
            .map(|row| Node::SroiModel(SroiModel(row))),
        WorkingGroupId::PREFIX => store
            .load::<working_group::Entity>(Key::from_uuid(uuid))
            .await?
            .map(|row| Node::WorkingGroup(WorkingGroup(row))),
        CommentId::PREFIX => {
            store.load::<comment::Entity>(Key::from_uuid(uuid)).await?.map(|row| Node::Comment(Comment(row)))
        }
        AuditEventId::PREFIX => {
            let row = store.load::<audit_event::Entity>(Key::from_uuid(uuid)).await?;
            row.map(|row| Node::AuditEvent(AuditEvent(row)))
        }
        _ => None,
    })
}
