//! Asking once, and asking many times with `wrk`.

use crate::Arguments;
use anyhow::{Context, Result};
use std::{
    fmt::Write as _,
    io::{Read, Write},
    net::TcpStream,
    process::Command,
};

/// One question on a connection of its own, asked by nobody in particular.
pub fn ask(address: &str, body: &str) -> Result<String> {
    ask_as(address, None, body)
}

/// The same, asked by whoever the token is for.
pub fn ask_as(address: &str, token: Option<&str>, body: &str) -> Result<String> {
    let authorization = token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "POST /graphql HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-type: application/json\r\n\
         accept: application/graphql-response+json\r\n{authorization}content-length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (_, body) = answer.split_once("\r\n\r\n").context("an answer")?;
    Ok(body.to_owned())
}

/// A page as it is.
pub fn get(address: &str, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

pub struct Load {
    pub requests: u64,
    pub errors: u64,
    pub rate: f64,
    pub p50: String,
    pub p99: String,
}

/// Loads an address with these bodies in turn.
pub fn run(arguments: &Arguments, address: &str, bodies: &[String], seconds: u64) -> Result<Load> {
    let mut script = String::from("local bodies = {\n");
    for body in bodies {
        writeln!(script, "[==[{body}]==],")?;
    }
    script.push_str(
        "}\nlocal at = 0\nlocal headers = { ['content-type'] = 'application/json', ['accept'] = 'application/graphql-response+json' }\n\
         request = function() at = at % #bodies + 1; return wrk.format('POST', '/graphql', headers, bodies[at]) end\n\
         done = function(summary, latency) print(string.format('measured %d %d %d %.2f %.2f', summary.requests, \
         summary.errors.status + summary.errors.timeout + summary.errors.read, summary.duration, \
         latency:percentile(50) / 1000, latency:percentile(99) / 1000)) end\n",
    );
    let file = std::env::temp_dir().join(format!("impact-bench-{}.lua", std::process::id()));
    std::fs::write(&file, script)?;
    let output = Command::new("wrk")
        .args([
            "-t1",
            &format!("-c{}", arguments.connections),
            &format!("-d{seconds}s"),
            "--timeout",
            "10s",
            "-s",
        ])
        .arg(&file)
        .arg(format!("http://{address}/graphql"))
        .output()
        .context("wrk; install it")?;
    std::fs::remove_file(&file)?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find_map(|line| line.strip_prefix("measured ")).context("what wrk measured")?;
    let mut fields = line.split(' ');
    let mut next = || fields.next().context("a figure");
    let (requests, errors, micros): (u64, u64, f64) = (next()?.parse()?, next()?.parse()?, next()?.parse()?);
    #[allow(clippy::cast_precision_loss, reason = "counts of a benchmark are small")]
    let rate = requests as f64 / micros * 1e6;
    Ok(Load { requests, errors, rate, p50: next()?.to_owned(), p99: next()?.to_owned() })
}
