//! `impact import`: open data, taken in whole or not at all.

use super::{open, print};
use crate::config::{Home, Stop};
use door::{
    authz::{CONTRACT_IMPORT, Clock, POLICY_IMPORT, Pending, Pools, RequestFacts, Store, Viewer},
    progress::Progress,
};
use network::{
    contracts::indigo,
    evidence::territories::import::{Delivery, take_in},
};
use std::path::Path;

/// Faults to print; a file that is all wrong says so soon enough.
const MOST_FAULTS: usize = 50;

pub async fn barometre(home: &Home, file: &Path) -> Result<(), Stop> {
    let (delivery, faults) = Delivery::open(file).map_err(|cause| Stop::Setting(format!("{cause:#}")))?;
    if !faults.is_empty() {
        for fault in faults.iter().take(MOST_FAULTS) {
            tracing::error!("{fault}");
        }
        let count = faults.len();
        return Err(Stop::Setting(format!("{}: {count} faults, and nothing was written", file.display())));
    }
    let pools = open(home, Pending::Apply).await?;
    let facts =
        RequestFacts { id: format!("cli-{}", uuid::Uuid::now_v7().simple()), ..RequestFacts::default() };
    let store = Store::new(pools.clone(), Viewer::job(POLICY_IMPORT), Clock::default(), facts);
    let mut progress = Progress::new("public indicators", delivery.points());
    let taken = take_in(&store, delivery, |points| progress.add(points)).await?;
    progress.done();
    pools.close().await;
    print(&format!(
        "{} indicators and {} series are new or changed, with {} measures; {} series say what they said.\n",
        taken.indicators, taken.series, taken.points, taken.unchanged
    ))
}

/// Takes in the files of INDIGO's export, each project in a transaction of its own.
pub async fn indigo(home: &Home, dir: &Path) -> Result<(), Stop> {
    let delivery =
        indigo::import::Delivery::open(dir).map_err(|cause| Stop::Setting(format!("{cause:#}")))?;
    let pools = open(home, Pending::Apply).await?;
    let store = contract_store(&pools);
    let mut progress = Progress::new("contracts on record", delivery.count());
    let taken = indigo::import::take_in(&store, delivery, |records| progress.add(records)).await?;
    progress.done();
    pools.close().await;
    for (what, count) in
        [("organizations", taken.organizations), ("funds", taken.funds), ("contracts", taken.contracts)]
    {
        let indigo::import::Count { created, updated, unchanged } = count;
        print(&format!("{what}: {created} created, {updated} updated, {unchanged} unchanged\n"))?;
    }
    if taken.nameless > 0 {
        print(&format!("{} records without an id were left out\n", taken.nameless))?;
    }
    for (kind, count) in &taken.issues {
        print(&format!("issue {kind}: {count}\n"))?;
    }
    Ok(())
}

/// Writes what was imported into files again.
pub async fn export_indigo(home: &Home, dir: &Path) -> Result<(), Stop> {
    let pools = open(home, Pending::Refuse).await?;
    let delivery = indigo::export::gather(&contract_store(&pools)).await?;
    pools.close().await;
    indigo::export::save(&delivery, dir).map_err(|cause| Stop::Setting(format!("{cause:#}")))?;
    print(&format!(
        "{} projects, {} organizations and {} funds written to {}\n",
        delivery.projects.len(),
        delivery.organizations.len(),
        delivery.funds.len(),
        dir.display()
    ))
}

fn contract_store(pools: &Pools) -> Store {
    let facts =
        RequestFacts { id: format!("cli-{}", uuid::Uuid::now_v7().simple()), ..RequestFacts::default() };
    Store::new(pools.clone(), Viewer::job(CONTRACT_IMPORT), Clock::default(), facts)
}
