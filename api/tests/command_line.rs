//! The binary as operators meet it: wrong settings end with one line, pending migrations are respected, and it stops when told.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread::sleep,
    time::{Duration, Instant, SystemTime},
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

/// A server, and where it listens.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start(mut command: Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let address = lines.find_map(|line| Some(line.ok()?.split_once("http://")?.1.to_owned()));
        // Keeps reading, so that it never waits for us.
        std::thread::spawn(move || lines.for_each(drop));
        let address = address.expect("it says where it listens").trim_end_matches('/').to_owned();
        Self { process, address }
    }

    /// Sends a question and does not wait for the answer.
    fn asks(&self, headers: &str, query: &str, variables: &Value) -> TcpStream {
        let body = json!({ "query": query, "variables": variables }).to_string();
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "POST /graphql?token=canary-in-the-address HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
             content-type: application/json\r\n{headers}content-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        stream
    }

    fn is_told_to_stop(&self) {
        let told = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status().unwrap();
        assert!(told.success());
    }

    /// Ends in good order, and in time.
    fn ends(&mut self) {
        let began = Instant::now();
        assert_eq!(self.process.wait().unwrap().code(), Some(0));
        assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    }
}

/// Head and body of an answer.
fn answer(mut stream: TcpStream) -> (String, Value) {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
    (head.to_owned(), serde_json::from_str(body).unwrap_or_else(|_| panic!("{text}")))
}

/// Ends with one line that says all of this.
fn stops_with(command: &mut Command, words: &[&str]) {
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut printed = BufReader::new(process.stdout.take().unwrap()).lines();
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || tell.send(printed.next()));
    // Whoever prints has started; whoever ends prints nothing.
    let first = told.recv_timeout(Duration::from_secs(100));
    if !matches!(first, Ok(None)) {
        process.kill().unwrap();
        panic!("it goes on and prints {first:?}, instead of saying {words:?}");
    }
    let output = process.wait_with_output().unwrap();
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
    // What only looks is done sooner, if it goes on where it should not.
    for command in ["check", "serve"] {
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
    let mut server = Server::start(impact(&serve, dir));
    server.is_told_to_stop();
    server.ends();
}

const REGISTER: &str =
    "mutation ($input: UserRegisterInput!) { userRegister(input: $input) { email errors { code } } }";

#[test]
fn a_request_in_flight_is_answered_before_it_stops() {
    let scratch = Scratch::new("flight");
    let dir = &scratch.0;
    let serve = ["serve", "--listen", "127.0.0.1:0", "--log-level", "error"];
    let mut server = Server::start(impact(&serve, dir));
    let input = json!({ "email": "ada@example.org", "password": "une barque verte sous le pont", "displayName": "Ada" });
    // Takes at least 400 ms, whoever registers.
    let in_flight = server.asks("", REGISTER, &json!({ "input": input }));
    sleep(Duration::from_millis(150));
    server.is_told_to_stop();
    let (head, body) = answer(in_flight);
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert_eq!(body["data"]["userRegister"], json!({ "email": "ada@example.org", "errors": [] }));
    assert!(TcpStream::connect(&server.address).is_err(), "nobody else is let in");
    server.ends();
    assert_eq!(std::fs::read_dir(dir.join("mail")).unwrap().count(), 1, "its letter left too");
}

#[test]
fn check_ends_well_when_serve_would_and_badly_when_not() {
    let scratch = Scratch::new("check");
    let dir = &scratch.0;
    let check = ["check", "--listen", "127.0.0.1:0"];
    let and = |more: &[&'static str]| [check.as_slice(), more].concat();
    let is_fine = |more| {
        let output = impact(&and(more), dir).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    };
    is_fine(&[]); // nothing is there yet
    for command in ["check", "serve"] {
        let here =
            |more: &[&'static str]| impact(&[&[command, "--listen", "127.0.0.1:0"], more].concat(), dir);
        let nobody = ["--database-url", "postgres://nobody@127.0.0.1:1/nowhere"];
        stops_with(&mut here(&nobody), &["--database-url", "127.0.0.1:1"]);
        stops_with(&mut here(&["--mail-from", "nobody"]), &["--mail-from", "no-reply@"]);
        stops_with(&mut here(&["--smtp-url", "http://x"]), &["--smtp-url", "smtp://"]);
        stops_with(&mut here(&["--documents-url", "ftp://x"]), &["--documents-url", "s3://bucket/prefix"]);
    }
    assert!(impact(&["migrate", "up"], dir).output().unwrap().status.success());
    is_fine(&["--no-migrate"]);
    assert!(impact(&["migrate", "down"], dir).output().unwrap().status.success());
    is_fine(&[]); // `serve` applies it
    stops_with(&mut impact(&and(&["--no-migrate"]), dir), &["--no-migrate", "impact migrate up"]);
}

#[test]
fn a_signing_key_that_cannot_be_used_ends_with_its_mending() {
    let scratch = Scratch::new("key");
    let dir = &scratch.0;
    let serve = ["serve", "--listen", "127.0.0.1:0", "--log-level", "error"];
    let mut server = Server::start(impact(&serve, dir));
    server.is_told_to_stop();
    server.ends();
    let key = std::fs::read_dir(dir.join("keys")).unwrap().next().unwrap().unwrap().path();
    let shown = key.display().to_string();
    let both = |words: &[&str]| {
        stops_with(&mut impact(&serve, dir), words);
        stops_with(&mut impact(&["check", "--listen", "127.0.0.1:0"], dir), words);
    };
    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o640)).unwrap();
    both(&["--data-dir", &format!("chmod 600 {shown}")]);
    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o600)).unwrap();
    std::fs::write(&key, "no key").unwrap();
    both(&["--data-dir", &shown, "not an Ed25519 key"]);
}

#[test]
fn each_line_of_a_request_has_its_id_and_none_has_a_secret() {
    const ROOT: &str = "root@example.org";
    const PASSWORD: &str = "les bouquetins de la moraine";
    const WRONG: &str = "canary in a wrong password";
    let scratch = Scratch::new("log");
    let dir = &scratch.0;
    let mut admin = impact(&["admin", "create", "--email", ROOT], dir).stdin(Stdio::piped()).spawn().unwrap();
    writeln!(admin.stdin.take().unwrap(), "{PASSWORD}").unwrap();
    assert!(admin.wait().unwrap().success());
    let serve = ["serve", "--listen", "127.0.0.1:0", "--log", "json", "--log-level", "debug"];
    let mut command = impact(&serve, dir);
    command.stderr(Stdio::piped());
    let mut server = Server::start(command);
    let mut told = server.process.stderr.take().unwrap();
    let log = std::thread::spawn(move || {
        let mut text = String::new();
        told.read_to_string(&mut text).unwrap();
        text
    });

    let mut ids = Vec::new();
    let mut asks = |headers: &str, query: &str, input: Value| {
        let (head, body) = answer(server.asks(headers, query, &json!({ "input": input })));
        let id = head.lines().find_map(|line| line.strip_prefix("x-request-id: "));
        ids.push(id.unwrap_or_else(|| panic!("{head}")).to_owned());
        body["data"].clone()
    };
    let sign_in = "mutation ($input: SessionCreateInput!) { sessionCreate(input: $input) {
        tokens { accessToken refreshToken } errors { code } } }";
    let refresh = "mutation ($input: SessionRefreshInput!) { sessionRefresh(input: $input) { tokens { refreshToken } } }";
    let make = "mutation ($input: PersonalAccessTokenCreateInput!) { personalAccessTokenCreate(input: $input) { secret } }";
    asks("", sign_in, json!({ "email": ROOT, "password": WRONG }));
    let tokens =
        asks("", sign_in, json!({ "email": ROOT, "password": PASSWORD }))["sessionCreate"]["tokens"].clone();
    let (access, refreshing) =
        (tokens["accessToken"].as_str().unwrap(), tokens["refreshToken"].as_str().unwrap());
    let next = asks("", refresh, json!({ "refreshToken": refreshing }));
    let next = next["sessionRefresh"]["tokens"]["refreshToken"].as_str().unwrap().to_owned();
    let bearer = format!("authorization: Bearer {access}\r\n");
    let until = chrono::DateTime::<chrono::Utc>::from(SystemTime::now() + Duration::from_hours(9 * 24));
    let until = until.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let token = json!({ "name": "Export", "scopes": ["READ"], "expiresAt": until });
    let secret =
        asks(&bearer, make, token)["personalAccessTokenCreate"]["secret"].as_str().unwrap().to_owned();
    let viewer = "query ($input: Boolean!) { viewer { isAuthenticated @skip(if: $input) user { email } } }";
    asks(&format!("authorization: Bearer {secret}\r\n"), viewer, json!(false));
    asks(&format!("authorization: Bearer {access}x\r\n"), viewer, json!(false));
    let ada = json!({ "email": "ada@example.org", "password": WRONG, "displayName": "Ada" });
    asks("idempotency-key: canary-in-a-key\r\n", REGISTER, ada);
    server.is_told_to_stop();
    server.ends();

    let letter = std::fs::read_dir(dir.join("mail")).unwrap().next().unwrap().unwrap().path();
    let letter = std::fs::read_to_string(letter).unwrap();
    let link = letter.split_once("#verify=").unwrap().1.lines().next().unwrap().to_owned();
    let log = log.join().unwrap();
    for canary in [PASSWORD, WRONG, access, refreshing, &next, &secret, &link, "canary"] {
        assert!(!log.contains(canary), "{canary} is in the log");
    }
    let lines: Vec<Value> =
        log.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
    let answered: Vec<_> = lines.iter().filter(|line| line["message"] == "answered").collect();
    let known: Vec<_> = answered.iter().map(|line| line["span"]["id"].as_str().unwrap_or_default()).collect();
    assert_eq!(known, ids);
    let refused: Vec<_> = lines.iter().filter(|line| line["message"] == "a token was refused").collect();
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0]["span"]["id"], json!(ids[5]));
}
