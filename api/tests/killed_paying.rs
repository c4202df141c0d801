//! A server that is killed while many pay at once leaves no payment half made, and a retry has the one effect.
//!
//! On SQLite; with `TEST_DATABASE=postgres` and `TEST_POSTGRES_URL` set, on PostgreSQL.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    env,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread::{sleep, spawn},
    time::Duration,
};

/// Where everything is, removed in the end.
struct Home {
    dir: PathBuf,
    /// Server and name of a database made for this run.
    postgres: Option<(String, String)>,
}

impl Home {
    async fn new() -> Self {
        let name = format!("impact_paying_{}", std::process::id());
        let dir = env::temp_dir().join(&name);
        let is_postgres = env::var("TEST_DATABASE").is_ok_and(|kind| kind == "postgres");
        let postgres = is_postgres.then(|| env::var("TEST_POSTGRES_URL").expect("TEST_POSTGRES_URL"));
        if let Some(server) = &postgres {
            let admin = Database::connect(server).await.unwrap();
            admin.execute_unprepared(&format!("create database {name}")).await.unwrap();
        }
        Self { dir, postgres: postgres.map(|server| (server, name)) }
    }

    fn url(&self) -> String {
        let Some((server, name)) = &self.postgres else {
            return format!("sqlite:{}", self.dir.join("impact.db").display());
        };
        let (before, query) = server.split_once('?').map_or((server.as_str(), ""), |(a, b)| (a, b));
        let (before, _) = before.rsplit_once('/').expect("a database in the URL");
        format!("{before}/{name}{}{query}", if query.is_empty() { "" } else { "?" })
    }

    async fn connect(&self) -> DatabaseConnection {
        Database::connect(self.url().replacen("sqlite:", "sqlite://", 1)).await.unwrap()
    }

    async fn ends(self) {
        if let Some((server, name)) = &self.postgres {
            let admin = Database::connect(server).await.unwrap();
            admin.execute_unprepared(&format!("drop database {name} with (force)")).await.unwrap();
        }
        let _ = std::fs::remove_dir_all(&self.dir);
    }

    fn impact(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_impact"));
        command.args(arguments).args(["--log-level", "error", "--data-dir"]).arg(&self.dir);
        command.args(["--database-url", &self.url()]);
        command
    }
}

struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start(home: &Home) -> Self {
        let arguments = ["serve", "--demo", "--rate-limit", "0", "--listen", "127.0.0.1:0"];
        let mut process = home.impact(&arguments).stdout(Stdio::piped()).spawn().expect("the binary starts");
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let address = lines
            .find_map(|line| Some(line.ok()?.split_once("http://")?.1.trim_end_matches('/').to_owned()))
            .expect("it says where it listens");
        spawn(move || lines.for_each(drop));
        Self { process, address }
    }

    /// No warning, no last words.
    fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// Somebody at a server, which may be gone by now.
#[derive(Clone)]
struct Person {
    address: String,
    token: String,
}

impl Person {
    fn signs_in(server: &Server, name: &str) -> Self {
        let nobody = Self { address: server.address.clone(), token: String::new() };
        let input = json!({ "email": format!("{name}@demo.example.org"), "password": "impact-demo-2026" });
        let answer = nobody.does("sessionCreate", input, "tokens { accessToken }", "").expect("an answer");
        let token = &answer["data"]["sessionCreate"]["tokens"]["accessToken"];
        Self { token: token.as_str().expect("a token").to_owned(), ..nobody }
    }

    /// The answer, unless the server died before it was whole.
    fn asks(&self, query: &str, variables: &Value, key: &str) -> Option<Value> {
        let body = json!({ "query": query, "variables": variables }).to_string();
        let mut stream = TcpStream::connect(&self.address).ok()?;
        let bearer = match self.token.as_str() {
            "" => String::new(),
            token => format!("authorization: Bearer {token}\r\n"),
        };
        let key = if key.is_empty() { String::new() } else { format!("idempotency-key: {key}\r\n") };
        write!(
            stream,
            "POST /graphql HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n\
             accept: application/graphql-response+json\r\n{bearer}{key}content-length: {}\r\n\r\n{body}",
            body.len()
        )
        .ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()
    }

    fn does(&self, name: &str, input: Value, select: &str, key: &str) -> Option<Value> {
        let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
        let query = format!(
            "mutation ($input: {kind}!) {{ {name}(input: $input) {{ {select} errors {{ code message }} }} }}"
        );
        self.asks(&query, &json!({ "input": input }), key)
    }

    /// Done without an error.
    fn fine(&self, name: &str, input: Value, select: &str) -> Value {
        let answer = self.does(name, input, select, "").expect("an answer");
        let outcome = answer["data"][name].clone();
        assert!(outcome.is_object() && outcome["errors"] == json!([]), "{name}: {answer}");
        outcome
    }

    fn organization(&self) -> String {
        let ask = "{ viewer { memberships(first: 1) { nodes { organization { id } } } } }";
        let seen = self.asks(ask, &json!({}), "").unwrap();
        let id = &seen["data"]["viewer"]["memberships"]["nodes"][0]["organization"]["id"];
        id.as_str().unwrap().to_owned()
    }
}

/// Operator, payer and evaluator of the contract, and its id.
struct Parties {
    operator: Person,
    payer: Person,
    evaluator: Person,
    contract: String,
}

const CLAIMS: usize = 12;

/// A running contract without days for contesting.
fn prepares(server: &Server) -> String {
    let [operator, payer, investor, evaluator] =
        ["innovator", "public", "funder", "university"].map(|name| Person::signs_in(server, name));
    let create = json!({ "organizationId": operator.organization(), "role": "OPERATOR", "title": "Paiements", "currency": "EUR" });
    let created = operator.fine("contractCreate", create, "contract { id }");
    let contract = created["contract"]["id"].as_str().unwrap().to_owned();
    let on = |more: Value| {
        let mut input = json!({ "id": contract });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    for (person, role, more) in [
        (&payer, "OUTCOME_PAYER", json!({ "maxCommitment": "1000000" })),
        (&investor, "INVESTOR", json!({})),
        (&evaluator, "EVALUATOR", json!({})),
    ] {
        let mut party = on(more);
        party["organizationId"] = person.organization().into();
        party["role"] = role.into();
        operator.fine("contractPartyAdd", party, "contract { id }");
    }
    operator.fine("contractStructuringStart", on(json!({})), "contract { id }");
    let more = json!({ "cap": "1000000", "contestationDays": 0, "isDrawdownWaived": true });
    operator.fine("contractUpdate", on(more), "contract { id }");
    let metric =
        json!({ "code": "JOB", "definition": "A job.", "tariffs": [{ "price": { "unitPrice": "100" } }] });
    operator.fine("contractTermsSet", on(json!({ "terms": { "metrics": [metric] } })), "contract { id }");
    operator.fine("contractNegotiationOpen", on(json!({})), "contract { id }");
    // The demo's people met in its own contract: what it paid is an interest.
    payer.fine("contractConflictsWaive", on(json!({})), "contract { id }");
    operator.fine("contractFreeze", on(json!({})), "contract { id }");
    let ask = "query ($id: ID!) { impactContract(by: { id: $id }) { versions { hash } parties { id organization { id } } } }";
    let seen = operator.asks(ask, &json!({ "id": contract }), "").unwrap();
    let seen = &seen["data"]["impactContract"];
    for person in [&operator, &payer, &investor, &evaluator] {
        let own = person.organization();
        let parties = seen["parties"].as_array().unwrap();
        let party = parties.iter().find(|party| party["organization"]["id"] == own.as_str()).unwrap();
        let signature = json!({ "partyId": party["id"], "hash": seen["versions"][0]["hash"] });
        person.fine("contractSign", on(signature), "contract { id }");
    }
    payer.fine("contractServiceConfirm", on(json!({})), "contract { id }");
    operator.fine("contractServiceStart", on(json!({})), "contract { id }");
    contract
}

/// Claims and verifies so many jobs; the next step on the contract makes the claim final.
fn verifies(parties: &Parties, number: usize) {
    let Parties { operator, evaluator, contract, .. } = parties;
    let (year, count) = (2030 + number, format!("{}", number + 1));
    let draft = json!({ "contractId": contract, "fromOn": format!("{year}-01-01"), "toOn": format!("{year}-12-31"),
        "lines": [{ "metric": "JOB", "quantity": count }] });
    let claim = operator.fine("claimCreate", draft, "claim { id }");
    let id = claim["claim"]["id"].clone();
    operator.fine("claimSubmit", json!({ "id": id }), "claim { id }");
    evaluator.fine("claimTake", json!({ "id": id }), "claim { id }");
    let accepted = json!({ "id": id, "lines": [{ "metric": "JOB", "accepted": count }] });
    evaluator.fine("claimVerify", accepted, "claim { id }");
}

/// Payments by id, with their states.
fn payments(parties: &Parties) -> BTreeMap<String, String> {
    let ask = "query ($id: ID!) { impactContract(by: { id: $id }) { payments(first: 100) { nodes { id state } } } }";
    let seen = parties.operator.asks(ask, &json!({ "id": parties.contract }), "").unwrap_or_default();
    let nodes = seen["data"]["impactContract"]["payments"]["nodes"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    nodes.iter().map(|node| (text(&node["id"]), text(&node["state"]))).collect()
}

/// Steps of a payment, each with the state it starts from.
const STEPS: &[(&str, &str)] = &[
    ("COMPUTED", "paymentCall"),
    ("CALLED", "paymentApprove"),
    ("APPROVED", "paymentMarkPaid"),
    ("PAID", "paymentConfirm"),
];

/// Takes all steps of a payment that are left. A step is always sent with the same key, whether or not it was sent before.
fn pays(parties: &Parties, id: &str, state: &str, answered: &Mutex<Vec<String>>) {
    let from = STEPS.iter().position(|(from, _)| *from == state).unwrap_or(STEPS.len());
    // The step before may have been taken without an answer: it is sent again, too.
    for (_, name) in &STEPS[from.saturating_sub(1)..] {
        let is_payee = ["paymentCall", "paymentConfirm"].contains(name);
        let person = if is_payee { &parties.operator } else { &parties.payer };
        let mut input = json!({ "id": id });
        if *name == "paymentMarkPaid" {
            input["reference"] = "T".into();
        }
        let key = format!("{name}-{id}");
        let Some(answer) = person.does(name, input, "payment { state }", &key) else { return };
        let code = &answer["errors"][0]["extensions"]["code"];
        let is_done = answer["data"][name]["errors"] == json!([]);
        // A conflict: its effect is there, only the answer is lost.
        assert!(is_done || code == "IDEMPOTENCY_CONFLICT" || code == "UNAVAILABLE", "{name}: {answer}");
        if code == "UNAVAILABLE" {
            return;
        }
        answered.lock().unwrap().push(key);
    }
}

/// Everybody at once, until all is done or the server is gone.
fn all_pay(parties: &Arc<Parties>, answered: &Arc<Mutex<Vec<String>>>) -> Vec<std::thread::JoinHandle<()>> {
    let mut working = Vec::new();
    for _ in 0..2 {
        let parties = parties.clone();
        working.push(spawn(move || {
            for _ in 0..3 {
                let input = json!({ "id": parties.contract });
                let _ = parties.operator.does("contractAdvance", input, "contract { id }", "");
            }
        }));
    }
    for (id, state) in payments(parties) {
        let (parties, answered) = (parties.clone(), answered.clone());
        working.push(spawn(move || pays(&parties, &id, &state, &answered)));
    }
    working
}

async fn count(database: &DatabaseConnection, sql: &str) -> i64 {
    let statement = Statement::from_string(database.get_database_backend(), sql.to_owned());
    database.query_one_raw(statement).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}

fn at(server: &Server, contract: &str) -> Arc<Parties> {
    let [operator, payer, evaluator] =
        ["innovator", "public", "university"].map(|name| Person::signs_in(server, name));
    Arc::new(Parties { operator, payer, evaluator, contract: contract.to_owned() })
}

/// Every contract's books add up, and every payment that is received is booked once.
fn books_are_right(home: &Home) {
    let told = home.impact(&["ledger", "verify"]).output().unwrap();
    let text = String::from_utf8_lossy(&told.stdout).into_owned() + &String::from_utf8_lossy(&told.stderr);
    assert!(told.status.success() && text.contains(" 0 faults"), "{text}");
}

#[test]
fn killed_while_many_pay_it_leaves_nothing_half_done() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let home = runtime.block_on(Home::new());
    let answered = Arc::new(Mutex::new(Vec::new()));
    let server = Server::start(&home);
    let contract = prepares(&server);
    server.kill();
    for round in 0..CLAIMS {
        let server = Server::start(&home);
        let parties = at(&server, &contract);
        verifies(&parties, round);
        let working = all_pay(&parties, &answered);
        sleep(Duration::from_millis(u64::try_from(round * 23 % 180).unwrap()));
        server.kill();
        for one in working {
            one.join().unwrap();
        }
        books_are_right(&home);
    }
    // Nobody is in the way now: all that is left is paid.
    let server = Server::start(&home);
    let parties = at(&server, &contract);
    while payments(&parties).len() < CLAIMS || payments(&parties).values().any(|state| state != "RECEIVED") {
        for one in all_pay(&parties, &answered) {
            one.join().unwrap();
        }
    }
    server.kill();
    books_are_right(&home);
    runtime.block_on(async {
        let database = home.connect().await;
        let of = "contract_id in (select id from impact_contract where title = 'Paiements')";
        let expected: i64 = (1..=i64::try_from(CLAIMS).unwrap()).map(|jobs| jobs * 10_000).sum();
        let due = format!("select cast(sum(amount_minor) as bigint) from outcome_payment where {of}");
        assert_eq!(count(&database, &due).await, expected);
        let booked = format!(
            "select cast(sum(amount_minor) as bigint) from ledger_entry where kind = 'OUTCOME_PAYMENT' and {of}"
        );
        assert_eq!(count(&database, &booked).await, expected);
        // Every step of every payment is in the trail once: no retry had an effect of its own.
        for (_, step) in STEPS {
            let trail = format!(
                "select count(*) from audit_event where action = '{step}'
                 and at > (select max(signed_at) from contract_version where {of})"
            );
            assert_eq!(count(&database, &trail).await, i64::try_from(CLAIMS).unwrap(), "{step}");
        }
        database.close().await.unwrap();
        home.ends().await;
    });
    assert!(answered.lock().unwrap().len() >= CLAIMS * STEPS.len());
}
