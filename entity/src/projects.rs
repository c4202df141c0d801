//! Projects (the domain's innovations), what they need and whom to ask.

pub mod project {
    use crate::{
        At,
        codes::*,
        ids::{OrganizationId, ProjectId},
    };
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "project")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ProjectId,
        pub slug: String,
        pub holder_id: OrganizationId,
        /// Language of the texts below; other languages are in `translations`.
        pub language: String,
        pub title: String,
        /// The title without case and accents: what lists sort by and prefixes match.
        pub title_key: String,
        pub summary: String,
        pub description: Option<String>,
        pub need_addressed: Option<String>,
        pub solution: Option<String>,
        /// Language to texts: `{"en": {"title": …, "summary": …}}`.
        pub translations: Json,
        pub stage: ProjectStage,
        /// `YYYY`, `YYYY-MM` or `YYYY-MM-DD`: as precise as it is known.
        pub started_on: Option<String>,
        pub licence: Licence,
        /// Address of the manual by which others may do the same.
        pub manual_url: Option<String>,
        pub status: ProjectStatus,
        /// Why a curator returned it; for its holder and staff.
        pub return_reason: Option<String>,
        pub published_at: Option<At>,
        pub merged_into_id: Option<ProjectId>,
        pub version: i64,
        pub created_at: At,
        pub updated_at: At,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod co_holder {
    use crate::{
        codes::CoHolderRole,
        ids::{OrganizationId, ProjectId},
    };
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "co_holder")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub project_id: ProjectId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub organization_id: OrganizationId,
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub role: CoHolderRole,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Themes, audiences, methods, sectors and SDGs of a project.
pub mod project_term {
    use crate::ids::{ProjectId, TermId};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "project_term")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub project_id: ProjectId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub term_id: TermId,
        /// Marks the one SDG goal a project serves first.
        pub is_primary: bool,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod project_territory {
    use crate::{
        codes::TerritoryRole,
        ids::{ProjectId, TerritoryId},
    };
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "project_territory")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub project_id: ProjectId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub territory_id: TerritoryId,
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub role: TerritoryRole,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Something a project is looking for.
pub mod need {
    use crate::{
        At,
        codes::*,
        ids::{NeedId, ProjectId},
    };
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "need")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: NeedId,
        pub project_id: ProjectId,
        pub kind: NeedKind,
        pub instrument: Option<FundingInstrument>,
        /// Minor units of `currency`.
        pub amount_minor: Option<i64>,
        pub currency: Option<String>,
        pub detail: Option<String>,
        pub state: NeedState,
        pub version: i64,
        pub created_at: At,
        pub updated_at: At,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod contact {
    use crate::{codes::*, ids::ProjectId};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "contact")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub project_id: ProjectId,
        /// Place in the project's list, from 0.
        #[sea_orm(primary_key, auto_increment = false)]
        pub position: i32,
        pub name: String,
        pub role: Option<String>,
        pub channel: ContactChannel,
        pub value: String,
        pub visibility: Visibility,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// The same done elsewhere by others, as they say and as the model's holder confirms.
pub mod replication {
    use crate::{
        At,
        codes::ReplicationStatus,
        ids::{OrganizationId, ProjectId, ReplicationId, TerritoryId},
    };
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "replication")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ReplicationId,
        /// The model.
        pub project_id: ProjectId,
        /// Organization that holds the model.
        pub holder_id: OrganizationId,
        /// Organization that replicates.
        pub organization_id: OrganizationId,
        /// The replicator's own project, where it measures.
        pub replica_id: Option<ProjectId>,
        pub territory_id: TerritoryId,
        pub adaptation: String,
        /// `YYYY`, `YYYY-MM` or `YYYY-MM-DD`: as precise as it is known.
        pub since: Option<String>,
        pub status: ReplicationStatus,
        /// Why the model's holder denies it; for both sides and staff.
        pub denial_reason: Option<String>,
        pub version: i64,
        pub created_at: At,
        pub updated_at: At,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
