//! How long a change takes from its commit until a search finds it: a new project, looked for by a word of its own.

use crate::{Arguments, SERVER, load};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::{
    io::Write,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

const ROUNDS: usize = 20;
const PASSWORD: &str = "a password of the benchmark's own";

/// Median and longest wait.
pub fn measure(arguments: &Arguments) -> Result<(Duration, Duration)> {
    let email = format!("bench-{}@example.org", std::process::id());
    administrator(arguments, &email)?;
    let sign_in = "mutation ($email: EmailAddress!, $password: String!) {
        sessionCreate(input: { email: $email, password: $password }) { tokens { accessToken } } }";
    let answer = ask(None, sign_in, json!({ "email": email, "password": PASSWORD }))?;
    let token = text(&answer, "/data/sessionCreate/tokens/accessToken")?;
    let found = "mutation { organizationCreate(input: { name: \"Banc\", legalForm: ASSOCIATION, kinds: [INNOVATOR] }) {
        organization { id } errors { code message } } }";
    let answer = ask(Some(&token), found, json!({}))?;
    let holder = text(&answer, "/data/organizationCreate/organization/id")?;
    let mut waits = (0..ROUNDS).map(|round| wait(&token, &holder, round)).collect::<Result<Vec<_>>>()?;
    waits.sort();
    let at = |place: usize| waits.get(place).copied().context("a wait");
    Ok((at(ROUNDS / 2)?, at(ROUNDS - 1)?))
}

fn wait(token: &str, holder: &str, round: usize) -> Result<Duration> {
    let letter = |digit: usize| char::from(b'a' + u8::try_from(digit % 26).unwrap_or_default());
    let own: String =
        [round, round / 26, std::process::id() as usize, 7].iter().map(|&digit| letter(digit)).collect();
    let word = format!("zyx{own}");
    let create = "mutation ($holder: ID!, $title: String!) {
        projectCreate(input: { holderId: $holder, title: $title, summary: \"…\", stage: IDEATION }) {
            project { id } errors { code message } } }";
    let answer = ask(Some(token), create, json!({ "holder": holder, "title": word }))?;
    let id = text(&answer, "/data/projectCreate/project/id")?;
    let began = Instant::now();
    let search = "query ($search: String!) { projects(search: $search) { nodes { id } } }";
    loop {
        let answer = ask(Some(token), search, json!({ "search": word }))?;
        if text(&answer, "/data/projects/nodes/0/id").is_ok_and(|found| found == id) {
            return Ok(began.elapsed());
        }
        ensure!(began.elapsed() < Duration::from_secs(30), "{word} is not found: {answer}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn administrator(arguments: &Arguments, email: &str) -> Result<()> {
    let mut child = Command::new(&arguments.impact)
        .args(["admin", "create", "--email", email, "--database-url", &arguments.database_url, "--data-dir"])
        .arg(&arguments.data_dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()?;
    writeln!(child.stdin.take().context("standard input")?, "{PASSWORD}")?;
    ensure!(child.wait()?.success(), "no administrator");
    Ok(())
}

fn ask(token: Option<&str>, query: &str, variables: Value) -> Result<Value> {
    let body = json!({ "query": query, "variables": variables }).to_string();
    Ok(serde_json::from_str(&load::ask_as(SERVER, token, &body)?)?)
}

fn text(answer: &Value, pointer: &str) -> Result<String> {
    let text = answer.pointer(pointer).and_then(Value::as_str);
    Ok(text.with_context(|| format!("{pointer} of {answer}"))?.to_owned())
}
