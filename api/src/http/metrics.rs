//! Counts for Prometheus. No label ever holds what a client wrote.

use door::authz::Pools;
use http::StatusCode;
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Upper bounds of the histogram, in milliseconds.
const BOUNDS: [u64; 11] = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];

/// What an answer to GraphQL tells of itself.
#[derive(Clone, Debug)]
pub struct Operation {
    /// `query`, `mutation`, or `none` when it was turned away.
    pub kind: &'static str,
    /// Root fields, for the log.
    pub roots: Arc<str>,
    pub statements: u32,
}

#[derive(Default)]
pub struct Metrics {
    answers: Mutex<BTreeMap<(&'static str, u16), u64>>,
    /// How many took at most each bound, the last without one; and their sum.
    within: [AtomicU64; BOUNDS.len() + 1],
    micros: AtomicU64,
    statements: AtomicU64,
    pub connections: AtomicU64,
}

impl Metrics {
    pub fn answered(&self, operation: Option<&Operation>, status: StatusCode, elapsed: Duration) {
        let kind = operation.map_or("other", |operation| operation.kind);
        *self
            .answers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry((kind, status.as_u16()))
            .or_default() += 1;
        let Some(operation) = operation else { return };
        self.statements.fetch_add(u64::from(operation.statements), Ordering::Relaxed);
        let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        let place = BOUNDS.partition_point(|&bound| bound < millis);
        if let Some(count) = self.within.get(place) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.micros.fetch_add(u64::try_from(elapsed.as_micros()).unwrap_or(0), Ordering::Relaxed);
    }

    /// The text Prometheus reads.
    pub fn text(&self, pools: &Pools) -> String {
        let mut text = String::new();
        let _ = self.write(pools, &mut text);
        text
    }

    fn write(&self, pools: &Pools, to: &mut String) -> std::fmt::Result {
        head(to, "impact_requests_total", "counter", "Answers by kind of operation and HTTP status.")?;
        for ((kind, status), count) in &*self.answers.lock().unwrap_or_else(PoisonError::into_inner) {
            writeln!(to, "impact_requests_total{{operation=\"{kind}\",status=\"{status}\"}} {count}")?;
        }
        head(
            to,
            "impact_graphql_duration_seconds",
            "histogram",
            "Time from the request's head to its answer.",
        )?;
        let mut below = 0;
        for (place, count) in self.within.iter().enumerate() {
            below += count.load(Ordering::Relaxed);
            let bound = BOUNDS.get(place).map_or_else(|| "+Inf".to_owned(), |&bound| seconds(bound * 1_000));
            writeln!(to, "impact_graphql_duration_seconds_bucket{{le=\"{bound}\"}} {below}")?;
        }
        writeln!(to, "impact_graphql_duration_seconds_sum {}", seconds(self.micros.load(Ordering::Relaxed)))?;
        writeln!(to, "impact_graphql_duration_seconds_count {below}")?;
        let (open, idle) = pools.connections();
        for (name, kind, help, value) in [
            (
                "impact_sql_statements_total",
                "counter",
                "SQL statements run for operations.",
                self.statements.load(Ordering::Relaxed),
            ),
            ("impact_database_connections", "gauge", "Open database connections.", u64::from(open)),
            (
                "impact_database_connections_idle",
                "gauge",
                "Open database connections nobody uses.",
                idle as u64,
            ),
            (
                "impact_http_connections",
                "gauge",
                "Open HTTP connections.",
                self.connections.load(Ordering::Relaxed),
            ),
        ] {
            head(to, name, kind, help)?;
            writeln!(to, "{name} {value}")?;
        }
        if let Some(bytes) = resident_bytes() {
            head(to, "process_resident_memory_bytes", "gauge", "Memory of the process.")?;
            writeln!(to, "process_resident_memory_bytes {bytes}")?;
        }
        Ok(())
    }
}

fn head(to: &mut String, name: &str, kind: &str, help: &str) -> std::fmt::Result {
    writeln!(to, "# HELP {name} {help}\n# TYPE {name} {kind}")
}

fn seconds(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

/// From Linux; elsewhere the platform's own exporter knows.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_decimal() {
        assert_eq!(seconds(5_000), "0.005000");
        assert_eq!(seconds(2_500_000), "2.500000");
    }
}
