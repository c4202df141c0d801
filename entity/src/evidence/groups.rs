//! Working groups that keep indicators and frameworks, and what the network says of their drafts.

pub mod working_group {
    use crate::{
        At,
        codes::WorkingGroupStatus,
        ids::{OrganizationId, TermId, TerritoryId, WorkingGroupId},
    };
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "working_group")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: WorkingGroupId,
        /// Organization that convenes it and keeps what it writes.
        pub host_id: OrganizationId,
        pub title: String,
        /// Title without case and accents.
        pub title_key: String,
        pub mandate: Option<String>,
        pub theme_id: Option<TermId>,
        pub territory_id: Option<TerritoryId>,
        pub status: WorkingGroupStatus,
        pub version: i64,
        pub created_at: At,
        pub updated_at: At,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod working_group_member {
    use crate::ids::{OrganizationId, WorkingGroupId};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "working_group_member")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub group_id: WorkingGroupId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub organization_id: OrganizationId,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod comment {
    use crate::{
        At,
        codes::CommentState,
        ids::{CommentId, FrameworkId, IndicatorId, OrganizationId, UserId},
    };
    use sea_orm::entity::prelude::*;

    /// On a draft of either a framework or an indicator.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "comment")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: CommentId,
        pub framework_id: Option<FrameworkId>,
        pub indicator_id: Option<IndicatorId>,
        /// Who keeps the draft, for policies to read; the network itself has none.
        pub owner_id: Option<OrganizationId>,
        pub author_id: UserId,
        /// Gone once it is withdrawn.
        pub text: Option<String>,
        pub state: CommentState,
        pub version: i64,
        pub created_at: At,
        pub updated_at: At,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
