//! What others studied and found.

/// A study of a project by others.
pub mod evaluation {
    use crate::{At, codes::*, ids::*};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "evaluation")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: EvaluationId,
        pub slug: String,
        pub project_id: ProjectId,
        /// Organization that holds the project: the subject.
        pub holder_id: OrganizationId,
        pub commissioner_id: OrganizationId,
        /// Organization that leads the evaluation.
        pub lead_id: OrganizationId,
        pub title: String,
        pub title_key: String,
        /// Codes of `EvaluationQuestion`.
        pub questions: Json,
        /// Codes of `EvaluationPurpose`.
        pub purposes: Json,
        pub family: EvaluationMethodFamily,
        /// Codes of `EvaluationMethod`.
        pub methods: Json,
        pub design: Option<String>,
        pub period_start: Option<String>,
        pub period_end: Option<String>,
        /// Codes of territories.
        pub sites: Json,
        pub protocol: Option<String>,
        pub protocol_url: Option<String>,
        pub registered_at: Option<At>,
        /// First day of the data that it uses.
        pub data_from: Option<String>,
        pub sample_treated: Option<i64>,
        pub sample_comparison: Option<i64>,
        pub limits: Option<String>,
        pub dim_what: Option<String>,
        pub dim_who: Option<String>,
        pub dim_scale: Option<String>,
        pub dim_depth: Option<String>,
        pub dim_duration: Option<String>,
        pub dim_contribution: Option<String>,
        pub dim_risk: Option<String>,
        /// Minor units of `currency`.
        pub cost_minor: Option<i64>,
        pub currency: Option<String>,
        /// Maryland Scientific Methods Scale, 1 to 5.
        pub sms_level: Option<i32>,
        /// Level of the causal estimate that a SROI or cost study takes from elsewhere.
        pub causal_level: Option<EvidenceLevel>,
        pub proposed_level: Option<EvidenceLevel>,
        pub confirmed_level: Option<EvidenceLevel>,
        pub confirmed_at: Option<At>,
        pub confirmed_by_id: Option<UserId>,
        /// As last computed.
        pub independence: Independence,
        pub independence_reasons: Json,
        /// Conflicts that the evaluators declare, as texts.
        pub independence_declared: Json,
        pub report_url: Option<String>,
        pub dataset_url: Option<String>,
        pub summary: Option<String>,
        /// The network may read the summary once it is delivered.
        pub is_summary_shared: bool,
        pub reply: Option<String>,
        pub replied_at: Option<At>,
        /// When the holder let the evaluators read unsuppressed measurements.
        pub access_granted_at: Option<At>,
        pub started_at: Option<At>,
        pub delivered_at: Option<At>,
        pub published_at: Option<At>,
        pub cancelled_at: Option<At>,
        pub cancel_reason: Option<String>,
        pub status: EvaluationStatus,
        pub version: i64,
        pub created_at: At,
        pub updated_at: At,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Who evaluates beside the lead, and who pays.
pub mod evaluation_party {
    use crate::{
        codes::EvaluationRole,
        ids::{EvaluationId, OrganizationId},
    };
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "evaluation_party")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub evaluation_id: EvaluationId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub organization_id: OrganizationId,
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub role: EvaluationRole,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// What a study found: positive, negative, nothing, or mixed.
pub mod finding {
    use crate::{
        At,
        codes::{EffectMeasure, FindingDirection},
        ids::*,
    };
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "finding")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: FindingId,
        pub evaluation_id: EvaluationId,
        pub project_id: ProjectId,
        pub position: i32,
        pub statement: String,
        pub indicator_id: Option<IndicatorId>,
        /// What was looked at, where no indicator says it.
        pub outcome: Option<String>,
        pub outcome_key: Option<String>,
        pub measure: Option<EffectMeasure>,
        /// Exact decimal, as text; ratios as they are, not as logarithms.
        pub effect: Option<String>,
        pub unit: Option<String>,
        /// Exact decimal; of the logarithm for ratios.
        pub standard_error: Option<String>,
        pub ci_low: Option<String>,
        pub ci_high: Option<String>,
        /// Level of the interval, 95 unless given.
        pub ci_percent: Option<String>,
        pub p_value: Option<String>,
        pub n_treated: Option<i64>,
        pub n_comparison: Option<i64>,
        /// People of each arm who had the event, for risks and odds.
        pub events_treated: Option<i64>,
        pub events_comparison: Option<i64>,
        /// Mean and standard deviation of each arm: exact decimals, as text.
        pub mean_treated: Option<String>,
        pub sd_treated: Option<String>,
        pub mean_comparison: Option<String>,
        pub sd_comparison: Option<String>,
        pub direction: FindingDirection,
        /// What the programme cost, in minor units of `currency`.
        pub cost_minor: Option<i64>,
        pub currency: Option<String>,
        pub version: i64,
        pub created_at: At,
        pub updated_at: At,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Model of the social return on an investment.
pub mod sroi_model {
    use crate::{
        At,
        ids::{EvaluationId, SroiModelId},
    };
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sroi_model")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: SroiModelId,
        pub evaluation_id: EvaluationId,
        pub currency: String,
        pub horizon_years: i32,
        /// Percent a year: an exact decimal, as text.
        pub discount_rate: String,
        /// Lines of what was put in.
        pub investment: Json,
        /// Outcomes with their values and corrections.
        pub outcomes: Json,
        /// Corrections at their most cautious and most hopeful.
        pub sensitivity: Option<Json>,
        pub version: i64,
        pub created_at: At,
        pub updated_at: At,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
