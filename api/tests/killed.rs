//! A server that is killed in the middle of indexing loses nothing: what it acknowledged is found after the next start.

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
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

const SIGN_IN: &str =
    "mutation ($input: SessionCreateInput!) { sessionCreate(input: $input) { tokens { accessToken } } }";
const CREATE: &str =
    "mutation ($input: ProjectCreateInput!) { projectCreate(input: $input) { project { id } } }";
const FIND: &str = "{ projects(search: \"xylophone\", first: 100) { totalCount { value } nodes { id } } }";

struct Server {
    process: Child,
    address: String,
}

impl Server {
    /// Starts the binary on a port of its choice.
    fn start(dir: &Path) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_impact"))
            .args(["serve", "--demo", "--rate-limit", "0", "--listen", "127.0.0.1:0", "--log-level", "error"])
            .arg("--data-dir")
            .arg(dir)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let address = lines
            .find_map(|line| Some(line.ok()?.split_once("http://")?.1.trim_end_matches('/').to_owned()))
            .expect("it says where it listens");
        // Keeps reading, so that it never waits for us.
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, address }
    }

    fn asks(&self, token: &str, query: &str, variables: &Value) -> Option<Value> {
        let body = json!({ "query": query, "variables": variables }).to_string();
        let mut stream = TcpStream::connect(&self.address).ok()?;
        let bearer =
            if token.is_empty() { String::new() } else { format!("authorization: Bearer {token}\r\n") };
        write!(
            stream,
            "POST /graphql HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n\
             accept: application/graphql-response+json\r\n{bearer}content-length: {}\r\n\r\n{body}",
            body.len()
        )
        .ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()
    }

    fn sign_in(&self) -> String {
        let input = json!({ "email": "innovator@demo.example.org", "password": "impact-demo-2026" });
        let answer = self.asks("", SIGN_IN, &json!({ "input": input })).expect("an answer");
        answer["data"]["sessionCreate"]["tokens"]["accessToken"].as_str().expect("a token").to_owned()
    }

    /// No warning, no last words.
    fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

#[test]
fn killed_in_the_middle_of_indexing_it_loses_nothing() {
    let dir = std::env::temp_dir().join(format!("impact-killed-{}", std::process::id()));
    let mut acknowledged: Vec<String> = Vec::new();
    for round in 0..4_u64 {
        let server = Server::start(&dir);
        let token = server.sign_in();
        let holder = "{ viewer { memberships(first: 1) { nodes { organization { id } } } } }";
        let seen = server.asks(&token, holder, &json!({})).unwrap();
        let holder = &seen["data"]["viewer"]["memberships"]["nodes"][0]["organization"]["id"];
        for place in 0..=3 * round {
            let input = json!({ "holderId": holder, "title": format!("Xylophone {round} {place}"),
                "summary": "Un instrument.", "stage": "IDEATION" });
            let made = server.asks(&token, CREATE, &json!({ "input": input })).unwrap();
            let id = made["data"]["projectCreate"]["project"]["id"].as_str();
            acknowledged.push(id.unwrap_or_else(|| panic!("{made}")).to_owned());
        }
        // Now the index is reading, writing or committing them; or, in the first round, being built.
        sleep(Duration::from_millis(round * 7));
        server.kill();
    }
    let server = Server::start(&dir);
    let token = server.sign_in();
    acknowledged.sort();
    let began = Instant::now();
    loop {
        let answer = server.asks(&token, FIND, &json!({})).unwrap_or_default();
        let nodes = answer["data"]["projects"]["nodes"].as_array().cloned().unwrap_or_default();
        let mut found: Vec<_> =
            nodes.iter().filter_map(|node| Some(node["id"].as_str()?.to_owned())).collect();
        found.sort();
        if found == acknowledged {
            assert_eq!(answer["data"]["projects"]["totalCount"]["value"], acknowledged.len());
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{answer}\nlacks some of {acknowledged:?}");
        sleep(Duration::from_millis(50));
    }
    server.kill();
    std::fs::remove_dir_all(dir).unwrap();
}
