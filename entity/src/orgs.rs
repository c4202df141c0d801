//! Organizations, what is known of them, and who belongs to them.

pub mod organization {
    use crate::{
        At,
        codes::*,
        ids::{OrganizationId, TerritoryId},
    };
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "organization")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: OrganizationId,
        pub slug: String,
        pub name: String,
        /// The name without case and accents: what lists sort by and prefixes match.
        pub name_key: String,
        pub short_name: Option<String>,
        pub description: Option<String>,
        pub legal_form: LegalForm,
        pub website: Option<String>,
        pub seat_id: Option<TerritoryId>,
        /// Organization in ultimate control.
        pub parent_id: Option<OrganizationId>,
        pub verification: Verification,
        /// Why verification was refused or the organization suspended; for its members and staff.
        pub verification_reason: Option<String>,
        pub verified_at: Option<At>,
        pub merged_into_id: Option<OrganizationId>,
        pub version: i64,
        pub created_at: At,
        pub updated_at: At,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod organization_kind {
    use crate::{codes::ActorKind, ids::OrganizationId};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "organization_kind")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub organization_id: OrganizationId,
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub kind: ActorKind,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod organization_identifier {
    use crate::{codes::IdentifierScheme, ids::OrganizationId};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "organization_identifier")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub organization_id: OrganizationId,
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub scheme: IdentifierScheme,
        #[sea_orm(primary_key, auto_increment = false)]
        pub value: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod accreditation {
    use crate::{codes::AccreditationKind, ids::OrganizationId};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "accreditation")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub organization_id: OrganizationId,
        /// Place in the organization's list, from 0.
        #[sea_orm(primary_key, auto_increment = false)]
        pub position: i32,
        pub kind: AccreditationKind,
        pub reference: Option<String>,
        /// ISO date, `YYYY-MM-DD`.
        pub valid_from: Option<String>,
        pub valid_to: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Territories an organization works in.
pub mod organization_area {
    use crate::ids::{OrganizationId, TerritoryId};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "organization_area")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub organization_id: OrganizationId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub territory_id: TerritoryId,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod membership {
    use crate::{
        At,
        codes::*,
        ids::{MembershipId, OrganizationId, UserId},
    };
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "membership")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: MembershipId,
        pub user_id: UserId,
        pub organization_id: OrganizationId,
        pub role: MembershipRole,
        pub status: MembershipStatus,
        /// When the membership last became active.
        pub since: Option<At>,
        pub version: i64,
        pub created_at: At,
        pub updated_at: At,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// An offer of a seat to an e-mail address, whether or not it has an account.
pub mod invitation {
    use crate::{
        At,
        codes::*,
        ids::{InvitationId, OrganizationId, UserId},
    };
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "invitation")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: InvitationId,
        pub organization_id: OrganizationId,
        pub email: String,
        pub role: MembershipRole,
        pub message: Option<String>,
        pub invited_by_id: UserId,
        pub state: InvitationState,
        pub expires_at: At,
        pub version: i64,
        pub created_at: At,
        pub updated_at: At,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
