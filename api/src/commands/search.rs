//! `impact seed` and `impact search`: much to find, and finding it.

use super::{open, print};
use crate::{
    cli::{Search, SeedArgs},
    config::{Home, Stop},
    seed::{self, Size},
};
use door::authz::Pending;

/// Projects for each organization, unless told otherwise.
const SHARE: u64 = 50;

pub async fn seed(home: &Home, arguments: SeedArgs) -> Result<(), Stop> {
    let pools = open(home, Pending::Apply).await?;
    let SeedArgs { projects, organizations, seed } = arguments;
    let size = Size { projects, organizations: organizations.unwrap_or(projects.div_ceil(SHARE)), seed };
    seed::seed(&pools, size).await?;
    pools.close().await;
    print(&format!("{projects} projects of {} organizations are there.\n", size.organizations))
}

pub async fn search(home: &Home, what: &Search) -> Result<(), Stop> {
    let Search::Rebuild = what;
    let pools = open(home, Pending::Apply).await?;
    pools.rebuild_read_model().await?;
    search::rebuild(&pools, &home.data_dir).await?;
    pools.close().await;
    print("The read model and the search index are built again.\n")
}
