//! Loads a seeded server and prints what each path costs: see `docs/performance.md`.

use bench::{Arguments, measure};
use clap::Parser;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    measure(Arguments::parse()).await
}
