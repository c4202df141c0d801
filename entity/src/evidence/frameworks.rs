//! Frameworks: shared lists of indicators, and the projects that measure by them.

pub mod framework {
    use crate::{
        At,
        codes::EditionStatus,
        ids::{FrameworkId, OrganizationId, WorkingGroupId},
    };
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "framework")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: FrameworkId,
        /// Shared by all editions; unique with `edition`.
        pub code: String,
        /// Edition, from 1.
        pub edition: i32,
        /// Organization that keeps it.
        pub owner_id: OrganizationId,
        /// Group that writes it, convened by the owner.
        pub working_group_id: Option<WorkingGroupId>,
        pub title: String,
        /// Title without case and accents.
        pub title_key: String,
        pub summary: Option<String>,
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

pub mod framework_dimension {
    use crate::ids::FrameworkId;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "framework_dimension")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub framework_id: FrameworkId,
        /// Place in the framework, from 0.
        #[sea_orm(primary_key, auto_increment = false)]
        pub position: i32,
        pub name: String,
        pub question: Option<String>,
        /// Exact decimal, as text.
        pub weight: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod framework_item {
    use crate::{
        codes::FrameworkItemKind,
        ids::{FrameworkId, IndicatorId},
    };
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "framework_item")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub framework_id: FrameworkId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub indicator_id: IndicatorId,
        /// Place in the framework, from 0.
        pub position: i32,
        /// Position of its dimension.
        pub dimension: Option<i32>,
        pub kind: FrameworkItemKind,
        pub guidance: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod framework_term {
    use crate::ids::{FrameworkId, TermId};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "framework_term")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub framework_id: FrameworkId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub term_id: TermId,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod framework_territory {
    use crate::ids::{FrameworkId, TerritoryId};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "framework_territory")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub framework_id: FrameworkId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub territory_id: TerritoryId,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// A project measures by an edition of a framework.
pub mod framework_adoption {
    use crate::{
        At,
        ids::{FrameworkAdoptionId, FrameworkId, OrganizationId, ProjectId},
    };
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "framework_adoption")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: FrameworkAdoptionId,
        pub framework_id: FrameworkId,
        /// Organization that keeps the framework: it reviews what is measured under it.
        pub reviewer_id: OrganizationId,
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

/// An item that does not apply to the project, and why.
pub mod adoption_exception {
    use crate::ids::{FrameworkAdoptionId, IndicatorId};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "adoption_exception")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub adoption_id: FrameworkAdoptionId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub indicator_id: IndicatorId,
        pub reason: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
