//! Links sent by mail: each works once, for one purpose, for a while, and only while its address is its account's.

use authn::token::{Secret, hash};
use door::{
    Error, Result, UserErrorCode,
    authz::{Act, SIGN_IN, Store, Tx},
};
use entity::{At, identity::mailed_link, ids::UserId};
use sea_orm::{ColumnTrait, Set};

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    VerifyEmail,
    ResetPassword,
    /// The link's address is to become the account's.
    ChangeEmail,
}

impl Purpose {
    const fn code(self) -> &'static str {
        match self {
            Self::VerifyEmail => "VERIFY_EMAIL",
            Self::ResetPassword => "RESET_PASSWORD",
            Self::ChangeEmail => "CHANGE_EMAIL",
        }
    }

    const fn lives_for(self) -> i64 {
        match self {
            Self::VerifyEmail | Self::ChangeEmail => At::DAY,
            Self::ResetPassword => At::HOUR,
        }
    }

    pub fn is(self, link: &mailed_link::Model) -> bool {
        link.purpose == self.code()
    }
}

/// Makes a link and voids earlier ones for the same purpose; returns the token to send. The transaction acts as a job.
pub async fn make(tx: &mut Tx, user: UserId, email: &str, purpose: Purpose) -> Result<String> {
    void(tx, user, Some(purpose)).await?;
    let secret = Secret::fresh("");
    tx.create::<mailed_link::Entity>(mailed_link::ActiveModel {
        hash: Set(secret.hash),
        user_id: Set(user),
        purpose: Set(purpose.code().to_owned()),
        email: Set(email.to_owned()),
        used_at: Set(None),
        expires_at: Set(tx.store().now().plus(purpose.lives_for())),
    })
    .await?;
    Ok(secret.shown)
}

/// Removes links of an account, for one purpose or all. The transaction acts as a job.
pub async fn void(tx: &mut Tx, user: UserId, purpose: Option<Purpose>) -> Result<()> {
    tx.as_job(SIGN_IN);
    let mut links = tx.see::<mailed_link::Entity>().filter(mailed_link::Column::UserId.eq(user));
    if let Some(purpose) = purpose {
        links = links.filter(mailed_link::Column::Purpose.eq(purpose.code()));
    }
    for link in links.all().await? {
        let held = tx.held::<mailed_link::Entity>(link, Act::Delete)?;
        tx.delete(held).await?;
    }
    Ok(())
}

/// The link of a token, if it would open now.
pub async fn peek(store: &Store, token: &str, purposes: &[Purpose]) -> Result<mailed_link::Model> {
    let links = store.as_job(SIGN_IN).see::<mailed_link::Entity>();
    let found = links.filter(mailed_link::Column::Hash.eq(hash(token))).one().await?;
    open(found, store.now(), purposes)
}

/// Uses the link of a token up. The transaction acts as a job.
pub async fn redeem(tx: &mut Tx, token: &str, purposes: &[Purpose]) -> Result<mailed_link::Model> {
    tx.as_job(SIGN_IN);
    let now = tx.store().now();
    let links = tx.see::<mailed_link::Entity>().locked();
    let found = links.filter(mailed_link::Column::Hash.eq(hash(token))).one().await?;
    let held = tx.held::<mailed_link::Entity>(open(found, now, purposes)?, Act::Edit)?;
    Ok(tx.update(held, |row| row.used_at = Set(Some(now))).await?.into_row())
}

fn open(found: Option<mailed_link::Model>, now: At, purposes: &[Purpose]) -> Result<mailed_link::Model> {
    let is_open = |link: &mailed_link::Model| {
        link.used_at.is_none() && now < link.expires_at && purposes.iter().any(|purpose| purpose.is(link))
    };
    found.filter(is_open).ok_or_else(invalid)
}

/// Unknown, used, expired and void links are told apart by nobody.
pub fn invalid() -> Error {
    Error::mend(
        UserErrorCode::TokenInvalid,
        &["input", "token"],
        "This link is not valid, or not any more; ask for a new one.",
    )
}
