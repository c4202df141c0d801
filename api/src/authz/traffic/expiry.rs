//! What has had its time: waits, answers, tokens and links. Nothing here ever meant more than its date.

use super::{Traffic, throttle::FORGETS};
use crate::Result;
use entity::{
    At,
    identity::{mailed_link, refresh_token},
    traffic::{idempotency_key, throttle},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

/// An expired link still says that it is expired, not that it is unknown.
const LINKS: i64 = 7 * At::DAY;

impl Traffic {
    /// Removes expired rows; returns how many. Every server may do it at any time.
    pub async fn expire(&self) -> Result<u64> {
        let (now, write) = (self.clock.now(), &self.pools.write);
        let waits = throttle::Entity::delete_many()
            .filter(throttle::Column::UpdatedAt.lt(now.plus(-FORGETS)))
            .filter(throttle::Column::BlockedUntil.lt(now));
        let answers =
            idempotency_key::Entity::delete_many().filter(idempotency_key::Column::ExpiresAt.lt(now));
        // A used token is kept until it expires: its second use ends the session.
        let tokens = refresh_token::Entity::delete_many().filter(refresh_token::Column::ExpiresAt.lt(now));
        let links =
            mailed_link::Entity::delete_many().filter(mailed_link::Column::ExpiresAt.lt(now.plus(-LINKS)));
        Ok(waits.exec(write).await?.rows_affected
            + answers.exec(write).await?.rows_affected
            + tokens.exec(write).await?.rows_affected
            + links.exec(write).await?.rows_affected)
    }
}
