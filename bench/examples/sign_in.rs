//! Measures whether the time of a refused sign-in tells that an address is known: a wrong password for a known and for an
//! unknown address in turn, over HTTP, against a running server. `docs/performance.md` says how to run it.

use anyhow::{Context, Result, bail};
use clap::Parser;
use serde_json::{Value, json};
use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

#[derive(Debug, Parser)]
struct Arguments {
    /// A server that was started with `--trust-proxy`, so that each try comes from an address of its own.
    #[arg(long, default_value = "127.0.0.1:8000")]
    server: String,
    /// Somebody who is known there.
    #[arg(long, default_value = "funder@demo.example.org")]
    email: String,
    /// Their password: signing in makes the server forget the tries before.
    #[arg(long, default_value = "impact-demo-2026")]
    password: String,
    /// Tries of each kind.
    #[arg(long, default_value_t = 60)]
    rounds: u16,
}

const SIGN_IN: &str =
    "mutation ($input: SessionCreateInput!) { sessionCreate(input: $input) { errors { code } } }";

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for round in 0..arguments.rounds {
        let [high, low] = round.to_be_bytes();
        let place = format!("10.0.{high}.{low}");
        let try_in_vain = |email: &str| -> Result<Duration> {
            let (code, time) = try_password(&arguments.server, &place, email, "wrong")?;
            if code != "CREDENTIALS_INVALID" {
                bail!("{email} was answered {code}; are limits off, and is the proxy trusted?");
            }
            Ok(time)
        };
        let nobody = format!("nobody-{}-{round}@example.org", std::process::id());
        // Taking turns at going first: the first try after a sign-in finds other things in the processor's memory.
        if round.is_multiple_of(2) {
            unknown.push(try_in_vain(&nobody)?);
            known.push(try_in_vain(&arguments.email)?);
        } else {
            known.push(try_in_vain(&arguments.email)?);
            unknown.push(try_in_vain(&nobody)?);
        }
        let (code, _) = try_password(&arguments.server, "10.1.0.1", &arguments.email, &arguments.password)?;
        if !code.is_empty() {
            bail!("{} cannot sign in: {code}", arguments.email);
        }
    }
    known.sort();
    unknown.sort();
    println!("median: known {:.1?}, unknown {:.1?}", median(&known)?, median(&unknown)?);
    let slower = known.iter().map(|one| unknown.iter().filter(|other| one > *other).count()).sum::<usize>();
    println!(
        "known slower than unknown in {slower} of {} pairs; half means nothing is told",
        known.len() * unknown.len()
    );
    Ok(())
}

fn median(times: &[Duration]) -> Result<Duration> {
    times.get(times.len() / 2).copied().context("at least one round")
}

/// Code of the refusal, empty when let in, and how long the answer took.
fn try_password(server: &str, place: &str, email: &str, password: &str) -> Result<(String, Duration)> {
    let variables = json!({ "input": { "email": email, "password": password } });
    let body = json!({ "query": SIGN_IN, "variables": variables }).to_string();
    let mut stream = TcpStream::connect(server)?;
    let began = Instant::now();
    write!(
        stream,
        "POST /graphql HTTP/1.1\r\nhost: {server}\r\nconnection: close\r\ncontent-type: application/json\r\n\
         x-forwarded-for: {place}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let time = began.elapsed();
    let (_, body) = answer.split_once("\r\n\r\n").context("an answer")?;
    let answer: Value = serde_json::from_str(body)?;
    let mend = answer.pointer("/data/sessionCreate/errors/0/code");
    let code = mend.or_else(|| answer.pointer("/errors/0/extensions/code"));
    Ok((code.and_then(Value::as_str).unwrap_or_default().to_owned(), time))
}
