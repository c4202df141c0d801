//! Who is signed in, how lately the password was given, and whether it is right.

use authn::{Authenticator, password::Verdict, patience::Guess};
use door::{
    Error, Result, UserErrorCode,
    authz::{Act, Event, SIGN_IN, Store, Tx},
};
use entity::{
    At,
    codes::UserStatus,
    identity::{session, user},
    ids::{SessionId, UserId},
};
use sea_orm::{ColumnTrait, Set};

/// A password given longer ago does not vouch for what changes how one signs in (ASVS 7.5.1).
const VOUCHES_FOR: i64 = 10 * At::MINUTE;

/// The one who is signed in, with the session.
#[derive(Clone, Copy)]
pub struct Own {
    pub user: UserId,
    pub session: SessionId,
}

/// Accounts and credentials are for sessions: a personal access token does not make more of its kind.
pub fn own(store: &Store) -> Result<Own> {
    let viewer = store.viewer();
    match (viewer.user(), viewer.session()) {
        (None, _) => Err(Error::unauthenticated()),
        (Some(_), None) => Err(Error::forbidden(
            "A personal access token does not manage accounts and credentials; sign in.",
        )),
        (Some(user), Some(session)) => Ok(Own { user, session }),
    }
}

/// The same, if the password was given in the last ten minutes.
pub fn own_fresh(store: &Store) -> Result<Own> {
    let own = own(store)?;
    let door::authz::Who::User { authenticated_at: Some(at), .. } = store.viewer().who() else {
        return Err(Error::unauthenticated());
    };
    if at.plus(VOUCHES_FOR) <= store.now() {
        return Err(Error::mend(
            UserErrorCode::ReauthenticationRequired,
            &[],
            "Your password was given more than 10 minutes ago; give it to sessionReauthenticate first.",
        ));
    }
    Ok(own)
}

/// The account of an address.
pub async fn known(store: &Store, email: &str) -> Result<Option<user::Model>> {
    store.as_job(SIGN_IN).see::<user::Entity>().filter(user::Column::Email.eq(email)).one().await
}

/// Checks a password with patience and constant effort, whether or not the account exists; returns the account.
///
/// Refuses with `CREDENTIALS_INVALID` for an unknown address, a wrong password, an address that was not verified and
/// an account that is not active, all alike.
pub async fn check(
    store: &Store,
    desk: &Authenticator,
    email: &str,
    password: &str,
    path: &[&str],
) -> Result<(user::Model, Option<String>)> {
    let guess = Guess::of(email, store.facts(), store.now());
    let found = known(store, email).await?;
    let user = found.as_ref().map(|user| user.id);
    if let Err(refusal) = desk.may_try(&guess, is_familiar(store, user)).await {
        if desk.is_news(&guess, &refusal) {
            record(store, user, "throttled").await?;
        }
        return Err(refusal);
    }
    let stored = found.as_ref().and_then(|user| user.password_hash.clone());
    let verdict = desk.passwords.verify(password, stored).await?;
    let reason = match (found, verdict) {
        (Some(user), Verdict::Right { upgrade }) => match obstacle(&user) {
            None => {
                desk.succeeded(&guess).await?;
                return Ok((user, upgrade));
            }
            Some(obstacle) => obstacle,
        },
        (Some(_), Verdict::Wrong) => "wrong password",
        (None, _) => "unknown account",
    };
    desk.failed(&guess).await?;
    record(store, user, reason).await?;
    Err(Error::mend(
        UserErrorCode::CredentialsInvalid,
        path,
        "The e-mail or the password is wrong, or the address has not been verified yet.",
    ))
}

/// Why an account does not sign in although its password is right.
fn obstacle(user: &user::Model) -> Option<&'static str> {
    if user.status != UserStatus::Active {
        Some("account not active")
    } else if user.email_verified_at.is_none() {
        Some("address not verified")
    } else {
        None
    }
}

/// Whether the account was signed in to from this address before.
async fn is_familiar(store: &Store, user: Option<UserId>) -> Result<bool> {
    let (Some(user), Some(address)) = (user, store.facts().address.clone()) else { return Ok(false) };
    let sessions = store.as_job(SIGN_IN).see::<session::Entity>();
    let here = sessions
        .filter(session::Column::UserId.eq(user))
        .filter(session::Column::Address.eq(address))
        .limit(1)
        .one()
        .await?;
    Ok(here.is_some())
}

/// Leaves a record of a refused sign-in. Addresses stay out of it: what was typed may be a password.
async fn record(store: &Store, user: Option<UserId>, reason: &str) -> Result<()> {
    let mut tx = store.as_job(SIGN_IN).begin().await?;
    if let Some(user) = user {
        tx.about(user);
    }
    tx.commit_note(Event::because("signInRefused", reason)).await
}

/// Ends sessions of a user within a transaction, all or all but one; returns how many. The transaction acts as a job.
pub async fn end_sessions(tx: &mut Tx, user: UserId, except: Option<SessionId>) -> Result<usize> {
    tx.as_job(SIGN_IN);
    let now = tx.store().now();
    let mut sessions = tx
        .see::<session::Entity>()
        .locked()
        .filter(session::Column::UserId.eq(user))
        .filter(session::Column::EndedAt.is_null());
    if let Some(except) = except {
        sessions = sessions.filter(session::Column::Id.ne(except));
    }
    let sessions = sessions.all().await?;
    let ended = sessions.len();
    for row in sessions {
        let held = tx.held::<session::Entity>(row, Act::Edit)?;
        tx.update(held, |row| row.ended_at = Set(Some(now))).await?;
    }
    Ok(ended)
}
