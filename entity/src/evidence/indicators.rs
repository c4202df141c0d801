//! Indicators: what is measured and how it is read.

pub mod indicator {
    use crate::{
        At,
        codes::*,
        ids::{IndicatorId, OrganizationId, WorkingGroupId},
    };
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "indicator")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: IndicatorId,
        /// Code shared by all editions; unique with `edition`.
        pub code: String,
        /// Edition, from 1.
        pub edition: i32,
        /// Organization that keeps it; nobody for those the network carries.
        pub owner_id: Option<OrganizationId>,
        /// Group that writes it, convened by the owner.
        pub working_group_id: Option<WorkingGroupId>,
        pub label_fr: String,
        pub label_en: Option<String>,
        /// French label without case and accents.
        pub label_key: String,
        pub definition: Option<String>,
        pub level: IndicatorLevel,
        pub value_type: IndicatorValueType,
        pub unit: String,
        pub direction: IndicatorDirection,
        pub aggregation: IndicatorAggregation,
        pub formula: Option<String>,
        /// Days between measurements.
        pub frequency_days: Option<i32>,
        pub guidance: Option<String>,
        /// Names of dimensions that measurements may be broken down by: `["gender", "age"]`.
        pub disaggregations: Json,
        /// Theme as the indicator's source words it.
        pub source_theme: Option<String>,
        /// Source theme without case and accents.
        pub source_theme_key: Option<String>,
        /// Policy that the indicator follows, as its source words it.
        pub policy: Option<String>,
        pub status: EditionStatus,
        pub published_at: Option<At>,
        pub version: i64,
        pub created_at: At,
        pub updated_at: At,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Themes and SDG targets of an indicator.
pub mod indicator_term {
    use crate::ids::{IndicatorId, TermId};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "indicator_term")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub indicator_id: IndicatorId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub term_id: TermId,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Codes of an indicator in other collections.
pub mod indicator_reference {
    use crate::{codes::IndicatorScheme, ids::IndicatorId};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "indicator_reference")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub indicator_id: IndicatorId,
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub scheme: IndicatorScheme,
        #[sea_orm(primary_key, auto_increment = false)]
        pub code: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
