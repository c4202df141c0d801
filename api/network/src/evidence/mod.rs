//! Evidence: indicators, where they stand, what projects measured, what studies found, and what it all says together.

mod asked;
mod drawing;
pub mod permissions;

pub mod evaluations;
pub mod indicators;
pub mod measurements;
pub mod synthesis;
pub mod territories;
pub mod theories;
pub mod uses;

pub use evaluations::{
    Evaluation, EvaluationAccessMutation, EvaluationLevelMutation, EvaluationQuery, EvaluationStepMutation,
    EvaluationWriteMutation, Finding, SroiModel, SroiMutation,
};
pub use indicators::{
    Comment, CommentMutation, Framework, FrameworkMutation, FrameworkQuery, Indicator, IndicatorMutation,
    IndicatorQuery, WorkingGroup, WorkingGroupMutation, WorkingGroupQuery,
};
pub use measurements::{
    ExportQuery, ImportMutation, Measurement, MeasurementMutation, PeriodLock, PeriodMutation, TotalQuery,
};
pub use synthesis::SynthesisQuery;
pub use territories::{PolicySeries, RankingQuery, policy_series_of};
pub use theories::{TheoryMutation, TheoryOfChange};
pub use uses::{AdoptionMutation, FrameworkAdoption, IndicatorUse, UsageMutation};
