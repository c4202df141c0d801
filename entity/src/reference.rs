//! Territories and vocabularies: what everybody may read and staff keep.

pub mod territory {
    use crate::{codes::TerritoryScale, ids::TerritoryId};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "territory")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: TerritoryId,
        /// Unique over all scales: `FR`, `REG-76`, `DEP-2A`, `EPCI-200069193`, `COM-31555`.
        pub code: String,
        /// Code within its scale, as its source writes it: `76`, `2A`, `31555`.
        pub official_code: String,
        pub scale: TerritoryScale,
        pub name: String,
        pub name_key: String,
        pub population: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Every way down the graph of territories: each pair once, at its shortest distance; itself at 0, parents at 1.
pub mod territory_closure {
    use crate::ids::TerritoryId;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "territory_closure")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub descendant_id: TerritoryId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub ancestor_id: TerritoryId,
        pub depth: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod postal_code {
    use crate::ids::TerritoryId;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "postal_code")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub code: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub territory_id: TerritoryId,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod term {
    use crate::{At, codes::Taxonomy, ids::TermId};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "term")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: TermId,
        pub taxonomy: Taxonomy,
        /// Unique in its taxonomy; never changes.
        pub code: String,
        pub label_fr: String,
        pub label_en: String,
        pub note: Option<String>,
        /// Place in its taxonomy, from 0.
        pub position: i32,
        pub retired_at: Option<At>,
        pub replaced_by_id: Option<TermId>,
        pub version: i64,
        pub created_at: At,
        pub updated_at: At,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// The axes of a theme, the goal of a target.
pub mod term_parent {
    use crate::ids::TermId;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "term_parent")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub term_id: TermId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub parent_id: TermId,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
