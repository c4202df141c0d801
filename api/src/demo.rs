//! The demo network: real organizations and projects, fictional ones, and a persona for each kind of visitor.
//!
//! The personas' password is printed and public. It works in demo mode only: a server that starts without `--demo`
//! takes it away.

mod evidence;
mod files;
mod rows;

use crate::config::Stop;
use door::{
    Result,
    authz::{Clock, POLICY_IMPORT, Pools, RequestFacts, Store, Viewer},
    progress::Progress,
};
use entity::{identity::user, orgs::organization, projects::project};
use network::evidence::territories::import::{Delivery, take_in};

pub use files::Persona;

/// Password of every persona.
pub const PASSWORD: &str = "impact-demo-2026";

const MARK: (&str, &str) = ("demo-network", "1");

/// What loading came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loaded {
    Now,
    Before,
    /// The database holds a network of its own.
    Refused,
}

/// The sign-ins to print.
pub fn personas() -> Result<Vec<Persona>> {
    files::personas()
}

/// Fills an empty network, all or nothing; `hash` makes the stored form of a password.
pub async fn load(
    pools: &Pools,
    clock: &Clock,
    hash: impl AsyncFnOnce(&str) -> Result<String>,
) -> Result<Loaded> {
    if pools.is_filled(MARK.0).await? {
        return Ok(Loaded::Before);
    }
    // Before the transaction: on SQLite nobody else writes while it is open.
    let hash = hash(PASSWORD).await?;
    let fill = pools.fill().await?;
    if !fill.mark(MARK.0, MARK.1).await? {
        return Ok(Loaded::Before);
    }
    let is_empty = fill.is_empty::<user::Entity>().await?
        && fill.is_empty::<organization::Entity>().await?
        && fill.is_empty::<project::Entity>().await?;
    if !is_empty {
        return Ok(Loaded::Refused);
    }
    let rows = rows::read(clock.now(), &hash)?;
    let mut progress = Progress::new("the demo network", rows.count());
    rows.write(&fill, |added| progress.add(added)).await?;
    fill.commit().await?;
    progress.done();
    public_indicators(pools, clock).await?;
    Ok(Loaded::Now)
}

/// A few series of the Baromètre, the way any delivery is taken in.
async fn public_indicators(pools: &Pools, clock: &Clock) -> Result<()> {
    const INDICATORS: &str = include_str!("../data/demo/barometre.json");
    const MEASURES: &str = include_str!("../data/demo/barometre.csv");
    let indicators = serde_json::from_str(INDICATORS).map_err(anyhow::Error::from)?;
    let (delivery, _) = Delivery::read(indicators, MEASURES.as_bytes());
    let (viewer, facts) = (Viewer::job(POLICY_IMPORT), RequestFacts::default());
    take_in(&Store::new(pools.clone(), viewer, clock.clone(), facts), delivery, |_| ()).await?;
    Ok(())
}

/// Gives the personas their password in demo mode, and takes it away outside of it.
pub async fn admit_personas(
    pools: &Pools,
    clock: &Clock,
    is_demo: bool,
    hash: impl AsyncFnOnce(&str) -> Result<String>,
) -> Result<(), Stop> {
    if !pools.is_filled(MARK.0).await? {
        return Ok(());
    }
    let emails: Vec<String> = personas()?.into_iter().map(|persona| persona.email).collect();
    if !is_demo {
        pools.shut_out(&emails, clock.now()).await?;
    } else if pools.lack_password(&emails).await? {
        let hash = hash(PASSWORD).await?;
        pools.let_in(&emails, &hash).await?;
    }
    Ok(())
}
