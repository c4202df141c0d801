//! Measures a release server on a seeded database, PostgreSQL or SQLite: right answers first, then load by `wrk`, and what it
//! cost: CPU time of server and database, SQL statements, memory, and the ratio to one prepared statement that builds
//! the same JSON (the limit). `docs/performance.md` says how to run it.

mod database;
mod freshness;
mod limit;
mod load;
mod question;

use anyhow::{Context, Result, bail};
use clap::Parser;
use database::Database;
use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// What to measure, and how long.
#[derive(Debug, Parser)]
pub struct Arguments {
    /// The release binary.
    #[arg(long, default_value = "target/release/impact")]
    impact: PathBuf,
    /// A seeded database: postgres://… or sqlite:/…
    #[arg(long)]
    database_url: String,
    /// Data directory of the server, with its index.
    #[arg(long)]
    data_dir: PathBuf,
    /// Seconds of each load.
    #[arg(long, default_value_t = 8)]
    seconds: u64,
    /// Connections of the loader.
    #[arg(long, default_value_t = 8)]
    connections: u32,
}

/// Ends the server with the program.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

const SERVER: &str = "127.0.0.1:8711";
const LIMIT: &str = "127.0.0.1:8712";

/// Measures everything and prints it.
pub async fn measure(arguments: Arguments) -> Result<()> {
    let database = Database::open(&arguments.database_url).await.context("the database")?;
    let server = start(&arguments)?;
    let server_pid = server.0.id();
    let limit = tokio::spawn(limit::serve(LIMIT, database.clone()));
    ready(&arguments).await?;
    let questions = question::all(&database).await?;
    let checked = check(&questions.list).await?;
    println!("the list's answers are those of the limit's statement: {checked} of {checked}");
    println!("| path | req/s | p50 ms | p99 ms | server CPU µs | database CPU µs | statements | memory MB |");
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    let mut rates = Vec::new();
    for (name, address, bodies) in [
        ("limit: one statement", LIMIT, &questions.list),
        ("list", SERVER, &questions.list),
        ("list, without total", SERVER, &questions.list_without_total),
        ("list, by text", SERVER, &questions.text),
        ("one frequent word", SERVER, &questions.word),
        ("node by id", SERVER, &questions.node),
        ("deep project", SERVER, &questions.deep),
        ("facets over all", SERVER, &questions.facets),
        ("completion", SERVER, &questions.completion),
    ] {
        let pid = if address == LIMIT { std::process::id() } else { server_pid };
        load::run(&arguments, address, bodies, 2)?;
        let before = Spent::now(&database, pid).await?;
        let load = load::run(&arguments, address, bodies, arguments.seconds)?;
        let spent = Spent::now(&database, pid).await?.since(&before);
        let each = |total: u64| total / load.requests.max(1);
        println!(
            "| {name} | {:.0} | {} | {} | {} | {} | {:.1} | {} |",
            load.rate,
            load.p50,
            load.p99,
            each(spent.server),
            each(spent.database),
            if address == LIMIT { 1.0 } else { Ratio(spent.statements, load.requests).value() },
            memory(pid)?,
        );
        if load.errors > 0 {
            bail!("{name}: {} requests failed", load.errors);
        }
        rates.push((name, load.rate, each(spent.server + spent.database)));
    }
    if let [(_, limit, cost), (_, list, own), ..] = rates.as_slice() {
        println!(
            "list over limit: {:.2} in requests a second, {:.2} in CPU",
            list / limit,
            Ratio(*cost, *own).value()
        );
    }
    let (median, longest) = tokio::task::block_in_place(|| freshness::measure(&arguments))?;
    println!("a change is found after {median:.0?} (median of 20), {longest:.0?} at the most");
    limit.abort();
    drop(server);
    Ok(())
}

struct Ratio(u64, u64);

impl Ratio {
    fn value(&self) -> f64 {
        // Both are far below 2^52.
        #[allow(clippy::cast_precision_loss, reason = "counts of a benchmark are small")]
        let (above, below) = (self.0 as f64, self.1.max(1) as f64);
        above / below
    }
}

fn start(arguments: &Arguments) -> Result<Server> {
    let child = Command::new(&arguments.impact)
        .args(["serve", "--rate-limit", "0", "--log-level", "warn", "--listen", SERVER])
        .arg("--database-url")
        .arg(&arguments.database_url)
        .arg("--data-dir")
        .arg(&arguments.data_dir)
        .stdout(Stdio::null())
        .spawn()
        .context("the server")?;
    Ok(Server(child))
}

/// Waits for the index, which a first start builds.
async fn ready(arguments: &Arguments) -> Result<()> {
    let began = Instant::now();
    let asked = r#"{"query":"{ projects(first: 1, search: \"x\") { nodes { id } } }"}"#;
    while !load::ask(SERVER, asked).is_ok_and(|answer| answer.contains("\"data\":{\"projects\":{")) {
        if began.elapsed() > Duration::from_mins(20) {
            bail!("no index in {} after {:?}", arguments.data_dir.display(), began.elapsed());
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    println!("ready after {:.1} s", began.elapsed().as_secs_f32());
    Ok(())
}

/// The same rows from both, in the same order.
async fn check(bodies: &[String]) -> Result<usize> {
    for body in bodies {
        let (own, limit) = tokio::task::block_in_place(|| {
            Ok::<_, anyhow::Error>((load::ask(SERVER, body)?, load::ask(LIMIT, body)?))
        })?;
        let rows = |text: &str| -> Result<serde_json::Value> {
            let answer: serde_json::Value = serde_json::from_str(text)?;
            answer.pointer("/data/projects").cloned().with_context(|| text.to_owned())
        };
        let (mut own, mut limit) = (rows(&own)?, rows(&limit)?);
        let count = own.pointer("/nodes").and_then(serde_json::Value::as_array).map_or(0, Vec::len);
        if count < question::PAGE {
            bail!("a page of {count} instead of {} for {body}", question::PAGE);
        }
        alike(&mut own);
        alike(&mut limit);
        if own != limit {
            bail!("answers differ for {body}:\n{own}\n{limit}");
        }
    }
    Ok(bodies.len())
}

/// Ids and instants, which the limit writes as the database does, are left out.
fn alike(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(members) => {
            members.remove("id");
            members.remove("publishedAt");
            members.values_mut().for_each(alike);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(alike),
        _ => {}
    }
}

/// CPU time in microseconds, and statements.
struct Spent {
    server: u64,
    database: u64,
    statements: u64,
}

impl Spent {
    async fn now(database: &Database, server: u32) -> Result<Self> {
        let process = database.process().await?;
        let statements = load::get(SERVER, "/metrics")?
            .lines()
            .find_map(|line| line.strip_prefix("impact_sql_statements_total ")?.trim().parse().ok())
            .context("a count of statements")?;
        Ok(Self { server: stat(server)?.micros, database: process.map_or(Ok(0), children)?, statements })
    }

    fn since(&self, before: &Self) -> Self {
        Self {
            server: self.server - before.server,
            database: self.database.saturating_sub(before.database),
            statements: self.statements - before.statements,
        }
    }
}

pub struct Stat {
    pub parent: u32,
    micros: u64,
}

/// From `/proc`: ticks are hundredths of a second.
pub fn stat(pid: u32) -> Result<Stat> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, fields) = text.rsplit_once(')').context("stat")?;
    let fields: Vec<u64> =
        fields.split_whitespace().skip(1).map(|field| field.parse().unwrap_or(0)).collect();
    let at = |place: usize| fields.get(place).copied().unwrap_or(0);
    Ok(Stat { parent: u32::try_from(at(0))?, micros: (at(10) + at(11)) * 10_000 })
}

fn children(parent: u32) -> Result<u64> {
    let mut sum = 0;
    for entry in std::fs::read_dir("/proc")?.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        if let Ok(found) = stat(pid)
            && found.parent == parent
        {
            sum += found.micros;
        }
    }
    Ok(sum)
}

fn memory(pid: u32) -> Result<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = text.lines().find(|line| line.starts_with("RssAnon")).context("memory")?;
    let kilobytes: u64 = line.split_whitespace().nth(1).context("memory")?.parse()?;
    Ok(kilobytes / 1_024)
}
