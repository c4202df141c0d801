//! Where public indicators stand on territories.

/// One indicator on one territory, with the three values its progress follows from.
pub mod policy_series {
    use crate::{
        At,
        ids::{IndicatorId, PolicySeriesId, TerritoryId},
    };
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "policy_series")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: PolicySeriesId,
        pub indicator_id: IndicatorId,
        pub territory_id: TerritoryId,
        /// First starting value: an exact decimal, as text.
        pub start_value: Option<String>,
        pub start_on: Option<String>,
        /// Last actual value: an exact decimal, as text.
        pub current_value: Option<String>,
        pub current_on: Option<String>,
        /// Last target: an exact decimal, as text.
        pub target_value: Option<String>,
        pub target_on: Option<String>,
        /// Day by which the next actual value is due.
        pub next_due_on: Option<String>,
        /// SHA-256 of all points, to see whether a new delivery says anything new.
        pub digest: Vec<u8>,
        pub version: i64,
        pub created_at: At,
        pub updated_at: At,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// What was said of a series for one day; exact decimals as text.
pub mod policy_point {
    use crate::ids::PolicySeriesId;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "policy_point")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub series_id: PolicySeriesId,
        /// ISO date, `YYYY-MM-DD`.
        #[sea_orm(primary_key, auto_increment = false)]
        pub on_date: String,
        pub initial: Option<String>,
        pub actual: Option<String>,
        pub target: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
