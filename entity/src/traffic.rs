//! What several servers on one database must agree on: keys, limits and answers already given.

/// Public half of a server's signing key; the private half never leaves that server's data directory.
pub mod signing_key {
    use crate::At;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "signing_key")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub kid: String,
        /// Raw Ed25519 public key, 32 bytes.
        pub public_key: Vec<u8>,
        pub created_at: At,
        /// After this instant tokens of this key are refused.
        pub retires_at: Option<At>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// A growing wait or a bucket, for one account, address or actor.
pub mod throttle {
    use crate::At;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "throttle")]
    pub struct Model {
        /// `<what>:<hash of whom>`.
        #[sea_orm(primary_key, auto_increment = false)]
        pub key: String,
        /// Failures so far, or points taken from a bucket.
        pub count: i64,
        pub blocked_until: At,
        pub updated_at: At,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// First answer to a keyed mutation, given again for 24 hours.
pub mod idempotency_key {
    use crate::At;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "idempotency_key")]
    pub struct Model {
        /// SHA-256 of actor and key.
        #[sea_orm(primary_key, auto_increment = false)]
        pub hash: Vec<u8>,
        /// SHA-256 of what was asked.
        pub request_hash: Vec<u8>,
        /// The answer's JSON, once there is one.
        pub answer: Option<String>,
        pub created_at: At,
        pub expires_at: At,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Values all servers share, made once: the key that seals cursors.
pub mod shared_value {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "shared_value")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub name: String,
        pub value: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
