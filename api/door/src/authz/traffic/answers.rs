//! First answers to keyed mutations, given again for a day.
//!
//! The key is claimed by the transaction that has the effect (see [`super::super::Tx::commit`]); here its answer is
//! kept and found. A claimed key without an answer is a request that still runs, or whose server died before it
//! could answer: its effect is there once, its answer is lost.

use super::Traffic;
use crate::Result;
use entity::traffic::idempotency_key;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

impl Traffic {
    /// What is known of an idempotency key: whether it is claimed, for what, and its answer.
    pub async fn answered(&self, hash: &[u8]) -> Result<Option<idempotency_key::Model>> {
        // From the writer: a reader may still see the moment before.
        let row = idempotency_key::Entity::find_by_id(hash)
            .filter(idempotency_key::Column::ExpiresAt.gt(self.clock.now()))
            .one(&self.pools.write)
            .await?;
        Ok(row)
    }

    /// Keeps the answer to a claimed key. A key that nothing claimed had no effect, and needs no answer.
    pub async fn keep_answer(&self, hash: &[u8], answer: &str) -> Result<()> {
        idempotency_key::Entity::update_many()
            .col_expr(idempotency_key::Column::Answer, Expr::val(answer))
            .filter(idempotency_key::Column::Hash.eq(hash))
            .filter(idempotency_key::Column::Answer.is_null())
            .exec(&self.pools.write)
            .await?;
        Ok(())
    }

    /// Makes room for a key that was used more than a day ago.
    pub async fn forget_answer(&self, hash: &[u8]) -> Result<()> {
        idempotency_key::Entity::delete_many()
            .filter(idempotency_key::Column::Hash.eq(hash))
            .filter(idempotency_key::Column::ExpiresAt.lte(self.clock.now()))
            .exec(&self.pools.write)
            .await?;
        Ok(())
    }
}
