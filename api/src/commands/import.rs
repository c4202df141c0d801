//! `impact import`: open data, taken in whole or not at all.

use super::{open, print};
use crate::{
    authz::{Clock, POLICY_IMPORT, Pending, RequestFacts, Store, Viewer},
    config::{Home, Stop},
    evidence::import::{Delivery, take_in},
    progress::Progress,
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
