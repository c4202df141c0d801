//! Interests: what ties an organization or a person to another organization, as they say themselves.

pub mod interest {
    use crate::{
        At,
        codes::InterestNature,
        ids::{InterestId, OrganizationId, UserId},
    };
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "interest")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: InterestId,
        /// Organization that declares; or else a person does.
        pub organization_id: Option<OrganizationId>,
        pub user_id: Option<UserId>,
        pub against_id: OrganizationId,
        pub nature: InterestNature,
        /// `YYYY`, `YYYY-MM` or `YYYY-MM-DD`; always if absent.
        pub from_on: Option<String>,
        /// Last day; none yet if absent.
        pub to_on: Option<String>,
        pub detail: Option<String>,
        pub version: i64,
        pub created_at: At,
        pub updated_at: At,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
