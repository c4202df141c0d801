//! Passwords: rules for new ones, and argon2id on threads of its own.
//!
//! A login storm fills a short queue and is then turned away; other requests keep their threads and the memory stays
//! what a hash needs, times the number of threads.

use super::strength;
use argon2::{
    Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version,
    password_hash::SaltString,
};
use door::{Error, Faults, Result, UserErrorCode};
use gql::codes::ErrorCode;
use std::sync::{
    Arc, Mutex, PoisonError,
    mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
};
use tokio::sync::oneshot;
use unicode_normalization::UnicodeNormalization;

/// Shortest and longest password, in characters.
pub const LENGTH: std::ops::RangeInclusive<usize> = 12..=200;

/// Above OWASP's floor of 19 MiB and 2 passes; 50 to 200 ms on a small server.
const MEMORY_KIB: u32 = 32 * 1024;
const PASSES: u32 = 4;

/// Hashes that may wait; at the pace of one thread the last of them is done within a request's ten seconds.
const QUEUE: usize = 64;
const RETRY_AFTER_SECONDS: u64 = 5;

/// What a password turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Right; with a new hash if the stored one was made with older parameters.
    Right {
        upgrade: Option<String>,
    },
    Wrong,
}

/// The threads that hash, and their queue.
#[derive(Clone)]
pub struct Passwords {
    jobs: SyncSender<Job>,
}

type Job = Box<dyn FnOnce() + Send>;

impl Passwords {
    /// Starts the threads; they end when the last clone is gone.
    pub fn start() -> Result<Self> {
        let (jobs, waiting) = sync_channel::<Job>(QUEUE);
        let waiting = Arc::new(Mutex::new(waiting));
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        for number in 1..=(cores / 2).clamp(1, 2) {
            let waiting = waiting.clone();
            std::thread::Builder::new()
                .name(format!("password-{number}"))
                .spawn(move || work(&waiting))
                .map_err(anyhow::Error::from)?;
        }
        Ok(Self { jobs })
    }

    /// PHC string of a password.
    pub async fn hash(&self, password: &str) -> Result<String> {
        let password = normal(password);
        self.run(move || hash(&password)).await?
    }

    /// Checks a password against a stored hash. Without one the same work is done and the password is wrong.
    pub async fn verify(&self, password: &str, stored: Option<String>) -> Result<Verdict> {
        let password = normal(password);
        self.run(move || verify(&password, stored.as_deref())).await?
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let (done, answer) = oneshot::channel();
        let job: Job = Box::new(move || {
            // Who has left needs no answer.
            if !done.is_closed() {
                let _ = done.send(work());
            }
        });
        self.jobs.try_send(job).map_err(|full| match full {
            TrySendError::Full(_) => Error::Refused {
                code: ErrorCode::Unavailable,
                message: "Many people are signing in at this moment; try again shortly.".to_owned(),
                retry_after: Some(RETRY_AFTER_SECONDS),
            },
            TrySendError::Disconnected(_) => Error::Internal(anyhow::anyhow!("password threads have ended")),
        })?;
        answer.await.map_err(|_| Error::Internal(anyhow::anyhow!("a password thread has ended")))
    }
}

fn work(waiting: &Mutex<Receiver<Job>>) {
    loop {
        let job = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        // One bad job must not take the thread with it.
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(job)).is_err() {
            tracing::error!("a password job panicked");
        }
    }
}

/// Judges a new password; `context` are words an attacker would try first, such as the owner's address.
pub fn check(faults: &mut Faults, path: &[&str], password: &str, context: &[&str]) {
    let (least, most) = (LENGTH.start(), LENGTH.end());
    let length = normal(password).chars().count();
    if length < *least {
        let message = format!("Use at least {least} characters; a sentence is easy to remember.");
        faults.add(UserErrorCode::TooShort, path, message);
    } else if length > *most {
        faults.add(UserErrorCode::TooLong, path, format!("Use at most {most} characters."));
    } else if strength::bits(&normal(password), &[context, &["impact", "network"]].concat())
        < strength::ENOUGH_BITS
    {
        let message = "This password is easy to guess: it is made of common words, dates, runs or repetitions. \
                       Use several unrelated words, or let a password manager choose.";
        faults.add(UserErrorCode::PasswordWeak, path, message);
    }
}

/// One form for texts that look the same, whatever the keyboard made of them.
fn normal(password: &str) -> String {
    password.nfkc().collect()
}

fn hasher() -> Result<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(foreign)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &str) -> Result<String> {
    let salt = SaltString::encode_b64(&rand::random::<[u8; 16]>()).map_err(foreign)?;
    Ok(hasher()?.hash_password(password.as_bytes(), &salt).map_err(foreign)?.to_string())
}

/// A hash that no password has, made with today's parameters.
fn nobody() -> String {
    format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p=1$AAAAAAAAAAAAAAAAAAAAAA${}", "A".repeat(43))
}

fn verify(password: &str, stored: Option<&str>) -> Result<Verdict> {
    let text = stored.map_or_else(nobody, str::to_owned);
    let known = PasswordHash::new(&text).map_err(foreign)?;
    match Argon2::default().verify_password(password.as_bytes(), &known) {
        Ok(()) if stored.is_some() => {
            let upgrade = if is_current(&known) { None } else { Some(hash(password)?) };
            Ok(Verdict::Right { upgrade })
        }
        Ok(()) | Err(argon2::password_hash::Error::Password) => Ok(Verdict::Wrong),
        Err(cause) => Err(foreign(cause)),
    }
}

fn is_current(known: &PasswordHash<'_>) -> bool {
    known.algorithm == argon2::ARGON2ID_IDENT
        && Params::try_from(known)
            .is_ok_and(|params| params.m_cost() >= MEMORY_KIB && params.t_cost() >= PASSES)
}

fn foreign(cause: impl std::fmt::Display) -> Error {
    Error::Internal(anyhow::anyhow!("argon2: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(password: &str) -> Vec<UserErrorCode> {
        let mut faults = Faults::default();
        check(&mut faults, &["input", "password"], password, &["sam.doe@example.org"]);
        match faults.none_or_refuse() {
            Err(Error::Mend(errors)) => errors.into_iter().map(|error| error.code).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn a_new_password_is_long_and_hard_to_guess() {
        assert_eq!(codes("Vg7#pLq2!xR"), [UserErrorCode::TooShort]);
        assert_eq!(codes("Vg7#pLq2!xRt"), []);
        let longest = "Le héron suit la rivière. ".repeat(20).chars().take(200).collect::<String>();
        assert_eq!(codes(&longest), []);
        assert_eq!(codes(&format!("{longest}!")), [UserErrorCode::TooLong]);
        assert_eq!(codes("samdoe-impact"), [UserErrorCode::PasswordWeak]);
        assert_eq!(codes("password1234"), [UserErrorCode::PasswordWeak]);
        assert_eq!(codes(""), [UserErrorCode::TooShort]);
    }

    #[tokio::test]
    async fn long_passwords_are_told_apart_to_the_last_byte() {
        let passwords = Passwords::start().unwrap();
        for length in [72, 73, 128] {
            let password = "x".repeat(length);
            let stored = passwords.hash(&password).await.unwrap();
            for (text, verdict) in [
                (password.clone(), Verdict::Right { upgrade: None }),
                (format!("{password}x"), Verdict::Wrong),
                ("x".repeat(length - 1), Verdict::Wrong),
            ] {
                assert_eq!(passwords.verify(&text, Some(stored.clone())).await.unwrap(), verdict);
            }
        }
    }

    #[tokio::test]
    async fn texts_that_look_the_same_are_the_same_password() {
        let passwords = Passwords::start().unwrap();
        let stored = passwords.hash("caf\u{e9} du marché couvert").await.unwrap();
        let verdict = passwords.verify("cafe\u{301} du marché couvert", Some(stored)).await.unwrap();
        assert_eq!(verdict, Verdict::Right { upgrade: None });
    }

    #[tokio::test]
    async fn an_old_hash_is_made_anew_and_a_missing_one_is_wrong() {
        let passwords = Passwords::start().unwrap();
        let old = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(8_192, 1, 1, None).unwrap());
        let salt = SaltString::encode_b64(&[7; 16]).unwrap();
        let stored = old.hash_password(b"right", &salt).unwrap().to_string();
        let Verdict::Right { upgrade: Some(new) } = passwords.verify("right", Some(stored)).await.unwrap()
        else {
            panic!("an old hash asks for an upgrade");
        };
        assert!(new.starts_with("$argon2id$v=19$m=32768,t=4,p=1$"), "{new}");
        assert_eq!(passwords.verify("right", Some(new)).await.unwrap(), Verdict::Right { upgrade: None });
        assert_eq!(passwords.verify("right", None).await.unwrap(), Verdict::Wrong);
        assert!(is_current(&PasswordHash::new(&nobody()).unwrap()));
    }

    #[tokio::test]
    async fn a_storm_is_turned_away_with_a_time_to_come_back() {
        let passwords = Passwords::start().unwrap();
        let asks =
            (0..100).map(|_| passwords.run(|| std::thread::sleep(std::time::Duration::from_millis(2))));
        let answers = futures_util::future::join_all(asks).await;
        let turned_away = answers
            .iter()
            .filter(|answer| {
                matches!(
                    answer,
                    Err(Error::Refused { code: ErrorCode::Unavailable, retry_after: Some(5), .. })
                )
            })
            .count();
        assert!((100 - QUEUE - 2..100 - QUEUE + 2).contains(&turned_away), "{turned_away}");
    }
}
