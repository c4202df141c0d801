//! The schema: all areas under one root.

mod directives;
mod node;
mod publish;

pub use node::{Node, NodeQuery, find as find_node};
pub use publish::{describe_schema, gate, published};

use crate::{audit, contracts, evidence, identity, interests, orgs, projects, reference};
use async_graphql::{EmptySubscription, MergedObject, Request, Response, Schema as GraphqlSchema};
use futures_util::future::BoxFuture;

/// Everything there is to read.
#[derive(Clone, Default, MergedObject)]
pub struct Query(
    NodeQuery,
    identity::IdentityQuery,
    orgs::OrganizationQuery,
    orgs::MembershipQuery,
    orgs::InvitationQuery,
    projects::ProjectQuery,
    reference::TerritoryQuery,
    reference::TermQuery,
    reference::CodeListQuery,
    contracts::ContractQuery,
    contracts::SimulationQuery,
    contracts::ContractStatisticsQuery,
    contracts::TariffBenchmarkQuery,
    evidence::IndicatorQuery,
    evidence::RankingQuery,
    evidence::FrameworkQuery,
    evidence::WorkingGroupQuery,
    evidence::EvaluationQuery,
    evidence::SynthesisQuery,
    evidence::TotalQuery,
    evidence::ExportQuery,
    audit::AuditQuery,
    interests::InterestQuery,
);

/// Everything there is to do. Mutations of one operation run one after the other.
#[derive(Clone, Default, MergedObject)]
pub struct Mutation(
    identity::RegistrationMutation,
    identity::EmailMutation,
    identity::SessionMutation,
    identity::PasswordMutation,
    identity::AccountMutation,
    identity::PersonalAccessTokenMutation,
    identity::UserAdministrationMutation,
    orgs::OrganizationWriteMutation,
    orgs::OrganizationStepMutation,
    orgs::OrganizationMergeMutation,
    orgs::MembershipMutation,
    orgs::InvitationMutation,
    projects::ProjectWriteMutation,
    projects::ProjectStepMutation,
    projects::NeedMutation,
    projects::ReplicationMutation,
    reference::TermMutation,
    contracts::ContractWriteMutation,
    contracts::ContractPartyMutation,
    contracts::ContractSigningMutation,
    contracts::ContractServiceMutation,
    contracts::ClaimMutation,
    contracts::ClaimVerificationMutation,
    contracts::EvidenceDocumentMutation,
    contracts::ContractMoneyMutation,
    contracts::ContractPaymentMutation,
    contracts::ContractExceptionMutation,
    evidence::IndicatorMutation,
    evidence::FrameworkMutation,
    evidence::WorkingGroupMutation,
    evidence::CommentMutation,
    evidence::AdoptionMutation,
    evidence::UsageMutation,
    evidence::TheoryMutation,
    evidence::MeasurementMutation,
    evidence::PeriodMutation,
    evidence::ImportMutation,
    evidence::EvaluationWriteMutation,
    evidence::EvaluationStepMutation,
    evidence::EvaluationAccessMutation,
    evidence::EvaluationLevelMutation,
    evidence::SroiMutation,
    interests::InterestMutation,
);

type Inner = GraphqlSchema<Query, Mutation, EmptySubscription>;

/// The executable schema.
#[derive(Clone)]
pub struct Schema(Inner);

impl Schema {
    /// Answers a request. Boxed, so that resolvers are compiled in this crate and not again in the one that asks.
    pub fn execute(&self, request: Request) -> BoxFuture<'_, Response> {
        let Self(schema) = self;
        Box::pin(schema.execute(request))
    }
}

/// Limits are the transport's, see `gql`.
pub fn schema() -> Schema {
    let schema = GraphqlSchema::build(Query::default(), Mutation::default(), EmptySubscription);
    let schema = directives::ALL
        .into_iter()
        .fold(schema, async_graphql::SchemaBuilder::directive)
        .register_output_type::<Node>()
        .disable_suggestions()
        .finish();
    Schema(schema)
}
