//! What projects measured.

/// A value for a period, as it was measured; never overwritten once submitted.
pub mod measurement {
    use crate::{
        At,
        codes::{DataSource, MeasurementState, Visibility},
        ids::*,
    };
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "measurement")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: MeasurementId,
        pub use_id: IndicatorUseId,
        pub indicator_id: IndicatorId,
        pub project_id: ProjectId,
        /// Organization that holds the project.
        pub holder_id: OrganizationId,
        /// Organization that accepts or returns it.
        pub reviewer_id: Option<OrganizationId>,
        /// Lead of the evaluation that the holder last opened its measurements to: it may certify.
        pub evaluator_id: Option<OrganizationId>,
        /// ISO date, `YYYY-MM-DD`; both days are inside.
        pub period_start: String,
        pub period_end: String,
        /// Exact decimal, as text.
        pub value: Option<String>,
        pub qualitative: Option<String>,
        /// Different people, each counted once.
        pub unique_people: Option<i64>,
        /// Times somebody was served; the same person may be counted again.
        pub claims: Option<i64>,
        /// Things, such as tonnes or bed days: an exact decimal, as text.
        pub units: Option<String>,
        pub numerator: Option<String>,
        pub denominator: Option<String>,
        pub method: Option<String>,
        pub sample_size: Option<i64>,
        pub confidence_low: Option<String>,
        pub confidence_high: Option<String>,
        pub data_source: DataSource,
        /// Addresses of documents: `["https://…"]`.
        pub evidence: Json,
        pub comment: Option<String>,
        /// Its people are in no other measurement of the same use.
        pub is_disjoint: bool,
        /// Its total gives no small cell away (domain BR-23); so judged with `judged_under`.
        pub is_total_open: bool,
        /// Fewest people of a shown cell when it was last judged; nothing for drafts, which nobody else sees.
        pub judged_under: Option<i64>,
        pub state: MeasurementState,
        /// How far it is shared once accepted; that of its use.
        pub sharing: Visibility,
        pub return_reason: Option<String>,
        pub corrects_id: Option<MeasurementId>,
        /// Who submitted it.
        pub author_id: Option<UserId>,
        pub reviewed_by_id: Option<UserId>,
        pub submitted_at: Option<At>,
        pub accepted_at: Option<At>,
        pub certified_at: Option<At>,
        /// Organization that certified it.
        pub certified_by_id: Option<OrganizationId>,
        pub version: i64,
        pub created_at: At,
        pub updated_at: At,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// A measurement broken down by one dimension.
pub mod measurement_cell {
    use crate::ids::MeasurementId;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "measurement_cell")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub measurement_id: MeasurementId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub dimension: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub category: String,
        /// People in the cell: what decides whether it is shown.
        pub people: Option<i64>,
        /// Exact decimal, as text.
        pub value: Option<String>,
        /// Outsiders may see the people; so judged with the measurement.
        pub is_people_open: bool,
        /// Outsiders may see the value.
        pub is_value_open: bool,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Days for which a project may add or correct no measurements.
pub mod period_lock {
    use crate::{At, ids::*};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "period_lock")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: PeriodLockId,
        pub project_id: ProjectId,
        pub holder_id: OrganizationId,
        /// Organization that locked it: a reviewer of the project.
        pub locked_by_id: OrganizationId,
        pub period_start: String,
        pub period_end: String,
        pub reason: Option<String>,
        /// Was unlocked again.
        pub is_open: bool,
        pub unlock_reason: Option<String>,
        pub version: i64,
        pub created_at: At,
        pub updated_at: At,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
