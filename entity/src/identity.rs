//! People, their sessions and their tokens. Secrets are stored as hashes only.

pub mod user {
    use crate::{At, codes::*, ids::UserId};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "user")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: UserId,
        /// Lower case; unique.
        pub email: String,
        pub email_verified_at: Option<At>,
        pub display_name: String,
        /// `display_name` folded, for search and order.
        pub name_key: String,
        pub locale: String,
        pub profile_kind: Option<ActorKind>,
        /// PHC string of argon2id.
        pub password_hash: Option<String>,
        pub password_changed_at: Option<At>,
        pub status: UserStatus,
        pub platform_role: PlatformRole,
        pub version: i64,
        pub created_at: At,
        pub updated_at: At,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// One sign-in: a family of refresh tokens on one device.
pub mod session {
    use crate::{
        At,
        ids::{SessionId, UserId},
    };
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "session")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: SessionId,
        pub user_id: UserId,
        pub user_agent: Option<String>,
        pub address: Option<String>,
        /// When a password was last given in this session.
        pub authenticated_at: At,
        pub last_used_at: At,
        pub expires_at: At,
        pub ended_at: Option<At>,
        pub created_at: At,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Each refresh token ever given for a session, so that a second use is noticed.
pub mod refresh_token {
    use crate::{At, ids::SessionId};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "refresh_token")]
    pub struct Model {
        /// SHA-256 of the token.
        #[sea_orm(primary_key, auto_increment = false)]
        pub hash: Vec<u8>,
        pub session_id: SessionId,
        pub used_at: Option<At>,
        pub expires_at: At,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod personal_access_token {
    use crate::{
        At,
        ids::{PersonalAccessTokenId, UserId},
    };
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "personal_access_token")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: PersonalAccessTokenId,
        pub user_id: UserId,
        pub name: String,
        /// SHA-256 of the token; unique.
        pub hash: Vec<u8>,
        /// Codes of `TokenScope`, separated by spaces.
        pub scopes: String,
        pub expires_at: At,
        pub last_used_at: Option<At>,
        pub revoked_at: Option<At>,
        pub created_at: At,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// A link sent by mail: works once, for one purpose, until it expires.
pub mod mailed_link {
    use crate::{At, ids::UserId};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "mailed_link")]
    pub struct Model {
        /// SHA-256 of the link's token.
        #[sea_orm(primary_key, auto_increment = false)]
        pub hash: Vec<u8>,
        pub user_id: UserId,
        /// `VERIFY_EMAIL` or `RESET_PASSWORD`.
        pub purpose: String,
        /// Address the link was sent to; a link for an address that is no longer the user's is void.
        pub email: String,
        pub used_at: Option<At>,
        pub expires_at: At,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
