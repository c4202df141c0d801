//! What has had its time: waits, answers, tokens and links. Nothing here ever meant more than its date.

use super::{Traffic, throttle::FORGETS};
use crate::Result;
use entity::{
    At,
    codes::UserStatus,
    identity::{mailed_link, personal_access_token, refresh_token, session, user},
    traffic::{idempotency_key, throttle},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::ExprTrait};

/// An expired link still says that it is expired, not that it is unknown.
const LINKS: i64 = 7 * At::DAY;
/// Sign-ins tell their owner where they came from, for as long as anybody would ask.
const SESSIONS: i64 = 90 * At::DAY;
/// Tokens that no longer work stay in their owner's list for so long.
const TOKENS: i64 = 90 * At::DAY;
/// An address that nobody proved to own is forgotten, with the name that came with it.
const UNPROVED: i64 = 30 * At::DAY;

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
        let sessions = session::Entity::delete_many().filter(
            session::Column::ExpiresAt
                .lt(now.plus(-SESSIONS))
                .or(session::Column::EndedAt.lt(now.plus(-SESSIONS))),
        );
        let programs = personal_access_token::Entity::delete_many().filter(
            personal_access_token::Column::ExpiresAt
                .lt(now.plus(-TOKENS))
                .or(personal_access_token::Column::RevokedAt.lt(now.plus(-TOKENS))),
        );
        let unproved = user::Entity::delete_many()
            .filter(user::Column::Status.eq(UserStatus::Active))
            .filter(user::Column::EmailVerifiedAt.is_null())
            .filter(user::Column::UpdatedAt.lt(now.plus(-UNPROVED)));
        Ok(waits.exec(write).await?.rows_affected
            + answers.exec(write).await?.rows_affected
            + tokens.exec(write).await?.rows_affected
            + links.exec(write).await?.rows_affected
            + sessions.exec(write).await?.rows_affected
            + programs.exec(write).await?.rows_affected
            + unproved.exec(write).await?.rows_affected)
    }
}
