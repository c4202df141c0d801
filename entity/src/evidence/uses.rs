//! Indicators as projects measure them, and theories of change.

/// An indicator as it is used: by a project, for a metric of a contract, or beside a public series; by exactly one.
pub mod indicator_use {
    use crate::{
        At,
        codes::{IndicatorDirection, Visibility},
        ids::*,
    };
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "indicator_use")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: IndicatorUseId,
        pub project_id: Option<ProjectId>,
        pub contract_id: Option<ContractId>,
        /// Code of the contract's metric.
        pub metric: Option<String>,
        pub series_id: Option<PolicySeriesId>,
        /// Organization that holds the project, led the contract, or keeps it for the series' territory.
        pub holder_id: OrganizationId,
        pub indicator_id: IndicatorId,
        /// Adoption of the framework that asks for it.
        pub adoption_id: Option<FrameworkAdoptionId>,
        /// Organization that reviews its measurements.
        pub reviewer_id: Option<OrganizationId>,
        pub territory_id: Option<TerritoryId>,
        /// Audience it speaks of.
        pub public_id: Option<TermId>,
        /// Exact decimal, as text.
        pub baseline_value: Option<String>,
        pub baseline_on: Option<String>,
        /// Exact decimal, as text.
        pub target_value: Option<String>,
        pub target_on: Option<String>,
        /// Exact decimal, as text: what counts as good enough.
        pub threshold_value: Option<String>,
        /// Way it is meant to go here, if other than the indicator's.
        pub direction: Option<IndicatorDirection>,
        pub rationale: Option<String>,
        /// How far accepted measurements are shared.
        pub sharing: Visibility,
        /// Takes no more measurements.
        pub is_closed: bool,
        pub version: i64,
        pub created_at: At,
        pub updated_at: At,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod indicator_milestone {
    use crate::ids::IndicatorUseId;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "indicator_milestone")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub use_id: IndicatorUseId,
        /// ISO date, `YYYY-MM-DD`.
        #[sea_orm(primary_key, auto_increment = false)]
        pub on_date: String,
        /// Exact decimal, as text.
        pub value: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Theory of change of a project.
pub mod theory {
    use crate::{
        At,
        ids::{OrganizationId, ProjectId, TheoryId},
    };
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "theory")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: TheoryId,
        pub project_id: ProjectId,
        /// Organization that holds the project.
        pub holder_id: OrganizationId,
        pub version: i64,
        pub created_at: At,
        pub updated_at: At,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod theory_node {
    use crate::{
        codes::TheoryNodeKind,
        ids::{IndicatorId, TheoryId},
    };
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "theory_node")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub theory_id: TheoryId,
        /// Name within the theory, for links.
        #[sea_orm(primary_key, auto_increment = false)]
        pub key: String,
        /// Place in the theory, from 0.
        pub position: i32,
        pub kind: TheoryNodeKind,
        pub text: String,
        /// Indicator that shows whether it comes true.
        pub indicator_id: Option<IndicatorId>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod theory_link {
    use crate::ids::TheoryId;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "theory_link")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub theory_id: TheoryId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub from_key: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub to_key: String,
        pub rationale: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
