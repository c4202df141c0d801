//! `impact migrate`: the tables' versions.

use super::print;
use crate::{
    cli::Migrate,
    config::{Home, Stop},
};
use door::authz::Pools;

pub async fn migrate(home: &Home, what: Migrate) -> Result<(), Stop> {
    home.settle()?;
    let pools = Pools::connect(&home.place).await.map_err(|fault| home.fault(format!("{fault:#}")))?;
    match what {
        Migrate::Up => pools.migrate_up().await?,
        Migrate::Down { steps } => pools.migrate_down(Some(steps)).await?,
        Migrate::Status => {}
    }
    let migrations = pools.migrations().await?;
    pools.close().await;
    let lines = migrations
        .iter()
        .map(|(name, is_applied)| format!("{} {name}\n", if *is_applied { "applied" } else { "pending" }));
    print(&lines.collect::<String>())?;
    if matches!(what, Migrate::Status) && migrations.iter().any(|(_, is_applied)| !is_applied) {
        return Err(Stop::failed("some migrations are pending; run `impact migrate up`"));
    }
    Ok(())
}
