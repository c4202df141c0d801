//! `impact admin create`: the first administrator, and any later one when nobody can sign in.

use super::{open, print};
use crate::config::{Home, Stop};
use authn::password::{self, Passwords};
use door::{
    Error, Faults,
    authz::{Act, Clock, Event, Pending, RequestFacts, Store, Viewer},
    fold::fold,
};
use entity::{
    codes::{PlatformRole, UserStatus},
    identity::user,
    ids::UserId,
};
use sea_orm::{ColumnTrait, Set};
use std::io::{BufRead, IsTerminal};

pub async fn create(home: &Home, email: &str, name: &str) -> Result<(), Stop> {
    let email =
        address(email).ok_or_else(|| Stop::setting("email", "write an address such as ada@example.org"))?;
    let pools = open(home, Pending::Apply).await?;
    let facts =
        RequestFacts { id: format!("cli-{}", uuid::Uuid::now_v7().simple()), ..RequestFacts::default() };
    let store = Store::new(pools.clone(), Viewer::job("sign_in"), Clock::default(), facts);
    let known = store.see::<user::Entity>().filter(user::Column::Email.eq(&*email)).one().await?;
    let told = match known {
        Some(known) => promote(&store, known).await?,
        None => register(&store, email, name).await?,
    };
    pools.close().await;
    print(&told)
}

async fn promote(store: &Store, known: user::Model) -> Result<String, Stop> {
    let email = known.email.clone();
    if known.platform_role == PlatformRole::Admin && known.status == UserStatus::Active {
        return Ok(format!("{email} is an administrator already; the password stays as it is.\n"));
    }
    let now = store.now();
    let mut tx = store.begin().await?;
    let held = tx.hold::<user::Entity>(known.id, Act::Edit, &["email"]).await?;
    tx.update(held, |row| {
        row.platform_role = Set(PlatformRole::Admin);
        row.status = Set(UserStatus::Active);
        // Whoever runs commands on the server vouches for the address.
        row.email_verified_at = Set(known.email_verified_at.or(Some(now)));
    })
    .await?;
    tx.commit(Event::of("administratorCreate")).await?;
    Ok(format!("{email} is an administrator now; the password stays as it is.\n"))
}

async fn register(store: &Store, email: String, name: &str) -> Result<String, Stop> {
    let secret = tokio::task::spawn_blocking(ask).await.map_err(Stop::failed)??;
    let mut faults = Faults::default();
    password::check(&mut faults, &["password"], &secret, &[&email, name]);
    faults.none_or_refuse().map_err(|fault| match fault {
        Error::Mend(_) => Stop::Setting(format!("password: {fault}")),
        other => other.into(),
    })?;
    let hash = Passwords::start()?.hash(&secret).await?;
    let now = store.now();
    let mut tx = store.begin().await?;
    tx.create::<user::Entity>(user::ActiveModel {
        id: Set(UserId::fresh()),
        email: Set(email.clone()),
        email_verified_at: Set(Some(now)),
        display_name: Set(name.to_owned()),
        name_key: Set(fold(name)),
        locale: Set("fr".to_owned()),
        profile_kind: Set(None),
        password_hash: Set(Some(hash)),
        password_changed_at: Set(Some(now)),
        status: Set(UserStatus::Active),
        platform_role: Set(PlatformRole::Admin),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    })
    .await?;
    tx.commit(Event::of("administratorCreate")).await?;
    Ok(format!("{email} is an administrator now.\n"))
}

/// From the terminal without echo, or the first line of a pipe.
fn ask() -> Result<String, Stop> {
    let mut secret = if std::io::stdin().is_terminal() {
        rpassword::prompt_password("Password: ").map_err(Stop::failed)?
    } else {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map_err(Stop::failed)?;
        line
    };
    secret.truncate(secret.trim_end_matches(['\r', '\n']).len());
    if secret.is_empty() {
        return Err(Stop::Setting("password: none given; write it on standard input".to_owned()));
    }
    Ok(secret)
}

/// Lower case, with something on both sides of one `@`. Whether mail arrives there, only mail can tell.
fn address(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let (local, domain) = text.split_once('@')?;
    let is_plain = !local.is_empty() && !domain.is_empty() && !domain.contains('@') && text.len() <= 254;
    (is_plain && !text.contains(|letter: char| letter.is_whitespace() || letter.is_control())).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_two_sides() {
        assert_eq!(address(" Ada@Example.org "), Some("ada@example.org".to_owned()));
        for wrong in ["", "ada", "@example.org", "ada@", "a@b@c", "a b@c"] {
            assert_eq!(address(wrong), None, "{wrong}");
        }
    }
}
