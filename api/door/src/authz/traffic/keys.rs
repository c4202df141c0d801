//! Public halves of the signing keys of all servers. A private half never leaves its server's data directory.

use super::Traffic;
use crate::Result;
use entity::{At, traffic::signing_key};
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Set,
    sea_query::{Expr, ExprTrait, OnConflict},
};

impl Traffic {
    /// Lets every server verify tokens of this key. Does nothing if the key is known.
    pub async fn publish_key(&self, kid: &str, public: &[u8]) -> Result<()> {
        let row = signing_key::ActiveModel {
            kid: Set(kid.to_owned()),
            public_key: Set(public.to_owned()),
            created_at: Set(self.clock.now()),
            retires_at: Set(None),
        };
        let known = OnConflict::column(signing_key::Column::Kid).do_nothing().to_owned();
        signing_key::Entity::insert(row).on_conflict(known).exec_without_returning(&self.pools.write).await?;
        Ok(())
    }

    /// Keys whose tokens are taken now, oldest first. Ask seldom: a key stays what it is.
    pub async fn verifying_keys(&self) -> Result<Vec<signing_key::Model>> {
        let keys = signing_key::Entity::find()
            .filter(
                signing_key::Column::RetiresAt
                    .is_null()
                    .or(signing_key::Column::RetiresAt.gt(self.clock.now())),
            )
            .order_by_asc(signing_key::Column::CreatedAt)
            .order_by_asc(signing_key::Column::Kid);
        Ok(keys.all(&self.pools.read).await?)
    }

    /// Refuses tokens of this key from `at` on. A date set before is never moved back.
    pub async fn retire_key(&self, kid: &str, at: At) -> Result<()> {
        signing_key::Entity::update_many()
            .col_expr(signing_key::Column::RetiresAt, Expr::val(at))
            .filter(signing_key::Column::Kid.eq(kid))
            .filter(signing_key::Column::RetiresAt.is_null().or(signing_key::Column::RetiresAt.gt(at)))
            .exec(&self.pools.write)
            .await?;
        Ok(())
    }
}
