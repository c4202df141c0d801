//! Patience with those who guess: waits that grow with failures, for an account, for an address, and for the two
//! together. Nothing is locked for good.
//!
//! * An account and an address together wait as soon as guesses pile up (Rauthy's steps). A success forgets them.
//! * An account waits whatever the address, so that a thousand addresses guess no faster than one (NIST SP 800-63B:
//!   at most 100 tries in a row). Whoever signed in from an address before is let through there, and a link sent by
//!   mail forgets the waits: strangers cannot keep the owner out.
//! * An address waits when it fails with many accounts. It is generous, because offices share addresses, and it is
//!   counted by the day, because there is no success that could speak for all of an office.

use super::{Authenticator, token::hash};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use door::{Error, Result, authz::RequestFacts};
use entity::At;
use gql::codes::ErrorCode;
use std::net::IpAddr;

/// Wait after so many failures of one address with one account.
pub const fn pair(failures: i64) -> i64 {
    match failures {
        ..3 => 0,
        3 => 2 * At::SECOND,
        4 => 5 * At::SECOND,
        5 => 10 * At::SECOND,
        6 => 20 * At::SECOND,
        7..10 => At::MINUTE,
        10..15 => 10 * At::MINUTE,
        15..20 => 15 * At::MINUTE,
        20..25 => At::HOUR,
        _ => At::DAY,
    }
}

/// Wait after so many tries at one account, from wherever: doubled each time, an hour at most.
pub const fn account(tries: i64) -> i64 {
    match tries {
        ..6 => 0,
        6..17 => At::SECOND << (tries - 5),
        _ => At::HOUR,
    }
}

/// Wait after so many failures of one address on one day.
pub const fn address(failures: i64) -> i64 {
    match failures {
        ..10 => 0,
        10..20 => At::MINUTE,
        20..30 => 10 * At::MINUTE,
        30..50 => 15 * At::MINUTE,
        50..100 => At::HOUR,
        _ => At::DAY,
    }
}

/// Wait after asking so often for something that sends mail or makes an account, for one address on one day.
pub const fn asking(times: i64) -> i64 {
    match times {
        ..20 => 0,
        20..50 => At::MINUTE,
        50..100 => 10 * At::MINUTE,
        _ => At::HOUR,
    }
}

/// Wait after so many letters to one person.
pub const fn letters(times: i64) -> i64 {
    match times {
        ..3 => 0,
        3 => At::MINUTE,
        4 => 5 * At::MINUTE,
        5 => 15 * At::MINUTE,
        _ => At::HOUR,
    }
}

/// Keys of one try in the throttle table. They hold hashes: the table never tells who tried.
#[derive(Clone, Debug)]
pub struct Guess {
    account: String,
    pair: String,
    address: String,
    yesterday: String,
}

impl Guess {
    pub fn of(email: &str, facts: &RequestFacts, now: At) -> Self {
        let place = place(facts.address.as_deref());
        let day = now.0.div_euclid(At::DAY);
        Self {
            account: key("account", email),
            pair: key("pair", &format!("{email} {place}")),
            address: key("address", &format!("{place} {day}")),
            yesterday: key("address", &format!("{place} {}", day - 1)),
        }
    }
}

/// Where a request comes from. A home or an office holds a whole /64 of IPv6.
fn place(address: Option<&str>) -> String {
    let address = address.unwrap_or("nowhere");
    match address.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V6(six)) => format!("{:x}/64", u128::from(six) >> 64),
        Ok(four) => four.to_string(),
        Err(_) => address.to_owned(),
    }
}

fn key(what: &str, whom: &str) -> String {
    format!("{what}:{}", BASE64_URL_SAFE_NO_PAD.encode(hash(whom)))
}

impl Authenticator {
    /// Lets a try at a password through, or says until when to wait. Runs before anything is hashed.
    ///
    /// `is_familiar` tells whether the account was signed in to from this address before; it is asked only when the
    /// account itself has to wait.
    pub async fn may_try(
        &self,
        guess: &Guess,
        is_familiar: impl Future<Output = Result<bool>>,
    ) -> Result<()> {
        let keys = [guess.pair.clone(), guess.address.clone(), guess.yesterday.clone()];
        if let Some(until) = self.traffic.waits(&keys).await? {
            return Err(self.wait(until));
        }
        match self.traffic.tries(&guess.account, account).await? {
            Some(until) if !is_familiar.await? => Err(self.wait(until)),
            _ => Ok(()),
        }
    }

    /// The password was wrong.
    pub async fn failed(&self, guess: &Guess) -> Result<()> {
        self.traffic.failed(&guess.pair, pair).await?;
        self.traffic.failed(&guess.address, address).await?;
        Ok(())
    }

    /// The password was right, or a link sent by mail was opened.
    pub async fn succeeded(&self, guess: &Guess) -> Result<()> {
        self.traffic.cleared(&guess.account).await?;
        self.traffic.cleared(&guess.pair).await
    }

    /// Lets somebody ask for an account from an address.
    pub async fn may_ask(&self, facts: &RequestFacts) -> Result<()> {
        let day = self.clock.now().0.div_euclid(At::DAY);
        let key = key("asking", &format!("{} {day}", place(facts.address.as_deref())));
        self.count(&key, asking).await
    }

    /// Lets a letter go to a person, whether or not it is known here.
    pub async fn may_write_to(&self, email: &str) -> Result<()> {
        self.count(&key("letters", email), letters).await
    }

    async fn count(&self, key: &str, growth: fn(i64) -> i64) -> Result<()> {
        self.traffic.tries(key, growth).await?.map_or(Ok(()), |until| Err(self.wait(until)))
    }

    fn wait(&self, until: At) -> Error {
        let micros = until.0.saturating_sub(self.clock.now().0);
        let seconds = u64::try_from(micros).unwrap_or(0).div_ceil(1_000_000).max(1);
        Error::Refused {
            code: ErrorCode::RateLimited,
            message: format!("Too many tries; wait {seconds} seconds."),
            retry_after: Some(seconds),
        }
    }

    /// Whether this wait is told for the first time by this server, so that a flood leaves one record, not thousands.
    pub fn is_news(&self, guess: &Guess, refusal: &Error) -> bool {
        let Error::Refused { code: ErrorCode::RateLimited, retry_after: Some(seconds), .. } = refusal else {
            return false;
        };
        let now = self.clock.now();
        let until = now.plus(i64::try_from(*seconds).unwrap_or(i64::MAX).saturating_mul(At::SECOND));
        let mut told = self.told.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if told.len() > 1_000 {
            told.retain(|_, until| *until > now);
        }
        if told.len() > 10_000 {
            return false;
        }
        // One record for an account that many addresses try, one for an address that tries many accounts.
        let keys = [&guess.account, &guess.address];
        let is_known = keys.iter().any(|key| told.get(*key).is_some_and(|until| *until > now));
        told.extend(keys.map(|key| (key.clone(), until)));
        !is_known
    }
}

/// Runs a step for its length and then waits until so much time has passed, and a little more by chance: timers tick,
/// and what falls in step with them would tell again how long the step took.
pub async fn evenly<T>(least: std::time::Duration, step: impl Future<Output = T>) -> T {
    let chance = std::time::Duration::from_micros(rand::random_range(0..20_000));
    let until = tokio::time::Instant::now() + least + chance;
    let outcome = step.await;
    tokio::time::sleep_until(until).await;
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ops::ControlFlow;

    /// Tries a patient attacker gets in a time, if each try comes as soon as it may.
    fn tries(growth: fn(i64) -> i64, within: i64) -> i64 {
        let steps = (1..).try_fold(0_i64, |spent, tries| {
            let spent = spent + growth(tries).max(At::SECOND / 10);
            if spent > within { ControlFlow::Break(tries) } else { ControlFlow::Continue(spent) }
        });
        let ControlFlow::Break(tries) = steps else { unreachable!("waits end") };
        tries
    }

    #[test]
    fn waits_take_the_steps_of_rauthy() {
        for (failures, wait) in [
            (0, 0),
            (2, 0),
            (3, 2 * At::SECOND),
            (6, 20 * At::SECOND),
            (7, At::MINUTE),
            (9, At::MINUTE),
            (10, 10 * At::MINUTE),
            (15, 15 * At::MINUTE),
            (20, At::HOUR),
            (24, At::HOUR),
            (25, At::DAY),
            (i64::MAX, At::DAY),
        ] {
            assert_eq!(pair(failures), wait, "{failures}");
        }
    }

    #[test]
    fn waits_never_shrink_and_never_last_for_good() {
        for growth in [pair, account, address, asking, letters] {
            for failures in 0..200 {
                assert!(growth(failures) <= growth(failures + 1), "{failures}");
            }
            assert_eq!(growth(1), 0, "a single slip costs nothing");
            assert!(growth(i64::MAX) <= At::DAY);
        }
        assert_eq!(account(6), 2 * At::SECOND);
        assert_eq!(account(16), 2_048 * At::SECOND);
        assert_eq!(account(17), At::HOUR);
    }

    #[test]
    fn a_thousand_addresses_get_few_tries_a_day() {
        assert!(tries(account, At::DAY) < 50, "{}", tries(account, At::DAY));
        assert!(tries(pair, At::DAY) < 30, "{}", tries(pair, At::DAY));
    }

    #[test]
    fn an_address_is_a_house() {
        assert_eq!(place(Some("192.0.2.7")), "192.0.2.7");
        assert_eq!(place(Some("::ffff:192.0.2.7")), "192.0.2.7");
        assert_eq!(place(Some("2001:db8:1:2:3:4:5:6")), place(Some("2001:db8:1:2:ffff::1")));
        assert_ne!(place(Some("2001:db8:1:2::1")), place(Some("2001:db8:1:3::1")));
        assert_eq!(place(None), "nowhere");
    }
}
