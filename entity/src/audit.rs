//! What happened: the audit trail, and the change log that feeds search, alerts and webhooks.

/// Append-only: triggers refuse update and delete on both databases.
pub mod audit_event {
    use crate::{
        At,
        ids::{AuditEventId, OrganizationId, UserId},
    };
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_event")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: AuditEventId,
        pub at: At,
        /// Nobody when the system acted.
        pub actor_id: Option<UserId>,
        /// Organization the event belongs to; its owners may read it.
        pub organization_id: Option<OrganizationId>,
        /// Mutation or event name, such as `projectPublish`.
        pub action: String,
        /// Id of the subject, such as `prj_…`.
        pub subject: Option<String>,
        /// Field to `[before, after]`; secrets and texts of people never enter.
        pub changes: Json,
        pub reason: Option<String>,
        pub request_id: Option<String>,
        pub address: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// One line for each row that changed, in the order of writing.
pub mod change {
    use crate::At;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "change")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub seq: i64,
        pub at: At,
        /// Id of the changed row, such as `prj_…`.
        pub subject: String,
        /// `CREATED`, `UPDATED` or `DELETED`.
        pub kind: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
