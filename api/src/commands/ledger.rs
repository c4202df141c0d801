//! `impact ledger`: the books of all contracts.

use super::{open, print};
use crate::config::{Home, Stop};
use door::authz::{CONTRACTS, Clock, Pending, RequestFacts, Store, Viewer};
use network::contracts::verify;

/// Checks every contract's books; tells each fault on a line of its own.
pub async fn check(home: &Home) -> Result<(), Stop> {
    let pools = open(home, Pending::Refuse).await?;
    let facts =
        RequestFacts { id: format!("cli-{}", uuid::Uuid::now_v7().simple()), ..RequestFacts::default() };
    let store = Store::new(pools.clone(), Viewer::job(CONTRACTS), Clock::default(), facts);
    let verified = verify::verify(&store).await;
    pools.close().await;
    let verified = verified?;
    for fault in &verified.faults {
        print(&format!("{fault}\n"))?;
    }
    print(&format!(
        "{} contracts, {} entries, {} faults\n",
        verified.contracts,
        verified.entries,
        verified.faults.len()
    ))?;
    if verified.faults.is_empty() {
        Ok(())
    } else {
        Err(Stop::failed("the books of some contracts are wrong; see above"))
    }
}
