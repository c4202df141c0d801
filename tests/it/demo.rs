//! The demo network: loaded once, and open in demo mode only.

use api::demo::{Loaded, admit_personas, load, personas};
use door::{
    Result,
    authz::{Clock, Pending, Pools},
};
use entity::identity::user;
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, PaginatorTrait, QueryFilter};
use tests::Database;

/// How many of these accounts have no password.
async fn lacking(pool: &DatabaseConnection, emails: &[String]) -> u64 {
    let people = user::Entity::find().filter(user::Column::Email.is_in(emails));
    people.filter(user::Column::PasswordHash.is_null()).count(pool).await.expect("a count")
}

async fn hash(password: &str) -> Result<String> {
    Ok(format!("hash of {password}"))
}

#[tokio::test]
async fn it_loads_once_into_an_empty_network_and_its_doors_close_again() {
    let database = Database::empty().await;
    let pools = Pools::open(&database.place, 2, Pending::Apply).await.expect("a database");
    let own = database.connect().await;
    let clock = Clock::default();
    assert!(network::reference::load::load(&pools).await.expect("reference data"));
    assert!(!network::reference::load::load(&pools).await.expect("reference data"), "once");
    assert_eq!(load(&pools, &clock, hash).await.expect("a demo"), Loaded::Now);
    assert_eq!(load(&pools, &clock, hash).await.expect("a demo"), Loaded::Before);
    let emails: Vec<_> = personas().expect("personas").into_iter().map(|persona| persona.email).collect();
    assert!(lacking(&own, &emails).await == 0);
    admit_personas(&pools, &clock, false, hash).await.expect("closed");
    assert!(lacking(&own, &emails).await == emails.len() as u64, "nobody knows a password now");
    admit_personas(&pools, &clock, true, hash).await.expect("opened");
    assert!(lacking(&own, &emails).await == 0);
    pools.close().await;
}
