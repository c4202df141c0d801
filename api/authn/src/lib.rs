//! From a request to a viewer: credentials, keys, tokens, and patience with those who guess.
//!
//! What people do with their accounts stands in `network::identity`; here is what it stands on.

pub mod keys;
pub mod mail;
pub mod password;
pub mod patience;
mod strength;
pub mod token;

use crate::mail::Mailer;
use door::{
    Result,
    authz::{Clock, Credential, Pools, RequestFacts, Traffic, Viewer},
};
use entity::At;
use http::{HeaderMap, header::AUTHORIZATION};
use keys::Keys;
use password::Passwords;
use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex},
};

/// A token's last use is noted no more often than this.
const NOTED_EVERY: i64 = At::MINUTE;

/// What signing in needs. One per server, made at start; cheap to clone. It travels in the schema's data.
#[derive(Clone)]
pub struct Authenticator {
    pub keys: Keys,
    pub passwords: Passwords,
    pub mailer: Mailer,
    pub traffic: Traffic,
    pools: Pools,
    clock: Clock,
    /// Waits that this server has told and recorded.
    told: Arc<Mutex<HashMap<String, At>>>,
}

impl Authenticator {
    /// Reads or makes the signing key in the data directory and starts the password threads.
    pub async fn open(
        data_dir: &Path,
        pools: Pools,
        traffic: Traffic,
        clock: Clock,
        mailer: Mailer,
    ) -> anyhow::Result<Self> {
        let keys = Keys::open(data_dir, traffic.clone()).await?;
        let passwords = Passwords::start().map_err(|cause| anyhow::anyhow!("{cause}"))?;
        Ok(Self { keys, passwords, mailer, traffic, pools, clock, told: Arc::default() })
    }

    /// Who a request speaks for. Without `Authorization` it is the public; with one that opens nothing it is refused.
    ///
    /// Only that header is read: a token in an address ends up in logs, and one in a cookie is sent by other sites.
    pub async fn authenticate(&self, headers: &HeaderMap, facts: &RequestFacts) -> Result<Viewer> {
        let mut given = headers.get_all(AUTHORIZATION).iter();
        let (Some(first), None) = (given.next(), given.next()) else {
            return if headers.contains_key(AUTHORIZATION) {
                Err(token::refused())
            } else {
                Ok(Viewer::public())
            };
        };
        let credential = match first.to_str().ok().and_then(bearer) {
            Some(token) => self.credential(token).await?,
            None => None,
        };
        let now = self.clock.now();
        let arrival = match credential {
            Some(credential) => self.pools.arrive(&credential, now).await?,
            None => None,
        };
        let Some(arrival) = arrival else {
            tracing::info!(request = facts.id, address = facts.address, "a token was refused");
            return Err(token::refused());
        };
        if let Some((token, noted)) = arrival.token
            && noted.is_none_or(|noted| noted.plus(NOTED_EVERY) <= now)
        {
            self.pools.note_use(token, now).await?;
        }
        Ok(arrival.viewer)
    }

    async fn credential(&self, token: &str) -> Result<Option<Credential>> {
        if token.starts_with(token::PERSONAL) {
            return Ok(Some(Credential::Personal(token::hash(token))));
        }
        let bearer = token::verify(&self.keys, token, self.clock.now()).await?;
        Ok(bearer.map(|bearer| Credential::Session { user: bearer.user, session: bearer.session }))
    }
}

/// `Bearer` and one space and one token (RFC 6750).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    let is_token = !token.is_empty()
        && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte));
    (scheme.eq_ignore_ascii_case("bearer") && is_token).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::bearer;

    #[test]
    fn a_bearer_is_one_word_one_space_and_one_token() {
        assert_eq!(bearer("Bearer a-._~+/=9"), Some("a-._~+/=9"));
        assert_eq!(bearer("bEARER a"), Some("a"));
        for wrong in [
            "",
            "a",
            "Bearer",
            "Bearer ",
            "Bearer  a",
            "Bearer a ",
            "Bearer\ta",
            "Bearer a,b",
            "Basic a",
            "Bearer é",
        ] {
            assert_eq!(bearer(wrong), None, "{wrong:?}");
        }
    }
}
