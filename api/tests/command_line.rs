//! The binary as operators meet it: wrong settings end with one line, pending migrations are respected, and it stops when told.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// A directory of one test, removed with it.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("impact-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn impact(arguments: &[&str], dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_impact"));
    command.args(arguments).arg("--data-dir").arg(dir);
    command
}

/// Ends with one line that says all of this.
fn stops_with(command: &mut Command, words: &[&str]) {
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{told}");
    assert_eq!(told.trim().lines().count(), 1, "{told}");
    for word in words {
        assert!(told.contains(word), "{word} is not in: {told}");
    }
}

#[test]
fn a_wrong_setting_ends_with_one_line_that_names_it() {
    let scratch = Scratch::new("settings");
    let dir = &scratch.0;
    for command in ["serve", "check"] {
        let here = [command, "--listen", "127.0.0.1:0"];
        stops_with(impact(&here, dir).env("IMPACT_LISTN", "x"), &["IMPACT_LISTN", "IMPACT_LISTEN"]);
        stops_with(
            impact(&here, dir).env("IMPACT_DATABASE_URL", "mysql://x"),
            &["--database-url", "postgres://"],
        );
        stops_with(impact(&here, dir).env("IMPACT_CORS_ORIGIN", "example.org/x"), &["--cors-origin"]);
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap().to_string();
        stops_with(&mut impact(&[command, "--listen", &address], dir), &["--listen", &address, "taken"]);
        let nowhere = Path::new("/proc/nowhere");
        stops_with(&mut impact(&here, nowhere), &["--data-dir", "/proc/nowhere"]);
    }
}

#[test]
fn with_no_migrate_it_starts_only_on_tables_that_are_up_to_date_and_it_stops_when_told() {
    let scratch = Scratch::new("migrate");
    let dir = &scratch.0;
    let serve = ["serve", "--no-migrate", "--listen", "127.0.0.1:0", "--log-level", "error"];
    stops_with(&mut impact(&serve, dir), &["migrations are pending", "impact migrate up"]);
    assert!(impact(&["migrate", "up"], dir).output().unwrap().status.success());
    let mut server = impact(&serve, dir).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("/graphql")), "it says where the API is");
    let told = Command::new("kill").args(["-TERM", &server.id().to_string()]).status().unwrap();
    assert!(told.success());
    let began = Instant::now();
    assert_eq!(server.wait().unwrap().code(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
}
