//! The schema: all areas under one root.

mod idempotent;
mod node;
mod publish;

pub use node::{Node, NodeQuery, find as find_node};
pub use publish::{gate, published};

use crate::{evidence, projects, reference};
use async_graphql::{EmptySubscription, MergedObject, Schema as GraphqlSchema};

/// Everything there is to read.
#[derive(Clone, Default, MergedObject)]
pub struct Query(
    NodeQuery,
    projects::ProjectQuery,
    reference::TerritoryQuery,
    reference::TermQuery,
    reference::CodeListQuery,
    evidence::IndicatorQuery,
    evidence::RankingQuery,
    evidence::FrameworkQuery,
    evidence::EvaluationQuery,
);

/// Everything there is to do. Mutations of one operation run one after the other.
#[derive(Clone, Default, MergedObject)]
pub struct Mutation(
    projects::ProjectWriteMutation,
    projects::ProjectStepMutation,
    projects::NeedMutation,
    reference::TermMutation,
    evidence::IndicatorMutation,
    evidence::FrameworkMutation,
    evidence::AdoptionMutation,
    evidence::UsageMutation,
    evidence::TheoryMutation,
    evidence::MeasurementMutation,
    evidence::PeriodMutation,
    evidence::EvaluationMutation,
    evidence::SroiMutation,
);

pub type Schema = GraphqlSchema<Query, Mutation, EmptySubscription>;

/// The executable schema; limits are the transport's, see `gql`.
pub fn schema() -> Schema {
    GraphqlSchema::build(Query::default(), Mutation::default(), EmptySubscription)
        .register_output_type::<Node>()
        .directive(idempotent::idempotent)
        .disable_suggestions()
        .finish()
}
