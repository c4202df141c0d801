//! What the API answered, and what any answer has to hold to.

use crate::Reply;
use gql::codes::ErrorCode;
use serde_json::Value;
use std::fmt;

/// An answer of the API. What holds for all answers was checked when it came.
#[derive(Clone)]
pub struct Answer {
    /// Who asked what.
    asked: String,
    pub reply: Reply,
    pub body: Value,
}

/// The story so far, for a test that failed.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\nanswered {} {:#}", self.asked, self.reply.status.as_u16(), self.body)
    }
}

/// What an error text must never tell: SQL, the driver, a file, Rust.
const INNARDS: &[&str] = &[
    "select ",
    "insert into",
    "update \"",
    "sqlx",
    "sqlite",
    "postgres",
    "DbErr",
    "sea_orm",
    ".rs:",
    "panicked",
    "constraint",
    "no such table",
    "relation \"",
];

impl Answer {
    pub(crate) fn read(asked: String, reply: Reply) -> Self {
        let body = serde_json::from_slice(&reply.body)
            .unwrap_or_else(|_| panic!("{asked}\nanswered {} without JSON: {}", reply.status, reply.text()));
        let answer = Self { asked, reply, body };
        answer.holds();
        answer
    }

    /// Every error has a code of the closed list and a request id, and tells nothing of our insides.
    fn holds(&self) {
        for error in self.top_level() {
            let code = error["extensions"]["code"].as_str().unwrap_or_default();
            let known = ErrorCode::named(code).is_some();
            assert!(known, "code {code:?} is not in the closed list\n{self:#?}");
            assert!(error["extensions"]["requestId"].is_string(), "an error has no request id\n{self:#?}");
            let text = error["message"].to_string();
            let leak = INNARDS.iter().find(|word| text.to_lowercase().contains(&word.to_lowercase()));
            assert_eq!(leak, None, "an error tells of our insides\n{self:#?}");
        }
    }

    fn top_level(&self) -> &[Value] {
        self.body["errors"].as_array().map_or(&[], Vec::as_slice)
    }

    /// What the payloads of mutations refused.
    fn mendable(&self) -> impl Iterator<Item = &Value> {
        let payloads = self.body["data"].as_object().into_iter().flat_map(serde_json::Map::values);
        payloads.filter_map(|payload| payload["errors"].as_array()).flatten()
    }

    /// Codes of all errors, top level first.
    pub fn errors(&self) -> Vec<String> {
        let top = self.top_level().iter().map(|error| &error["extensions"]["code"]);
        let codes = top.chain(self.mendable().map(|error| &error["code"]));
        codes.map(|code| code.as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Paths of the input that payload errors name, such as `input.needs.0.amount`.
    pub fn paths(&self) -> Vec<String> {
        let step = |step: &Value| step.as_str().unwrap_or_default().to_owned();
        let path =
            |error: &Value| error["path"].as_array().map(|path| path.iter().map(step).collect::<Vec<_>>());
        self.mendable().map(|error| path(error).unwrap_or_default().join(".")).collect()
    }

    /// All messages, for their words.
    pub fn messages(&self) -> String {
        let all = self.top_level().iter().chain(self.mendable());
        all.map(|error| error["message"].as_str().unwrap_or_default()).collect::<Vec<_>>().join("\n")
    }

    /// Refused with this code and no other, at the top level or in a payload.
    #[track_caller]
    pub fn refused(&self, code: &str) -> &Self {
        let errors = self.errors();
        assert!(
            !errors.is_empty() && errors.iter().all(|given| given == code),
            "not refused with {code}\n{self:#?}"
        );
        self
    }

    /// Answered without any error.
    #[track_caller]
    pub fn fine(&self) -> &Self {
        assert_eq!(self.errors(), Vec::<String>::new(), "{self:#?}");
        self
    }

    /// Value at `/a/0/b` of an answer without errors.
    #[track_caller]
    pub fn data(&self, pointer: &str) -> Value {
        self.fine();
        self.seen(pointer)
    }

    /// Value at `/a/0/b` whatever the errors.
    #[track_caller]
    pub fn seen(&self, pointer: &str) -> Value {
        let found = self.body["data"].pointer(pointer);
        found.unwrap_or_else(|| panic!("nothing at {pointer}\n{self:#?}")).clone()
    }

    /// Text at `/a/0/b` of an answer without errors.
    #[track_caller]
    pub fn text(&self, pointer: &str) -> String {
        let value = self.data(pointer);
        value.as_str().unwrap_or_else(|| panic!("{pointer} is {value}, no text\n{self:#?}")).to_owned()
    }

    /// One member of each entry of a list: `each("/projects/nodes", "/title")`.
    #[track_caller]
    pub fn each(&self, list: &str, member: &str) -> Vec<String> {
        let values = self.data(list);
        let entries = values.as_array().unwrap_or_else(|| panic!("{list} is no list\n{self:#?}"));
        let text = |entry: &Value| match entry.pointer(member) {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => panic!("{list} has no {member}\n{self:#?}"),
        };
        entries.iter().map(text).collect()
    }

    /// `Coordinate LEVEL count` of what was withheld.
    pub fn withheld(&self) -> Vec<String> {
        let list = self.body["extensions"]["withheld"].as_array().cloned().unwrap_or_default();
        let text = |entry: &Value| entry["coordinate"].as_str().unwrap_or_default().to_owned();
        let level = |entry: &Value| entry["level"].as_str().unwrap_or_default().to_owned();
        list.iter().map(|entry| format!("{} {} {}", text(entry), level(entry), entry["count"])).collect()
    }

    /// SQL statements this request ran.
    #[track_caller]
    pub fn statements(&self) -> u32 {
        let told = self.reply.header("x-statements").and_then(|text| text.parse().ok());
        told.unwrap_or_else(|| panic!("the answer does not tell its statements\n{self:#?}"))
    }

    /// The body without what differs from request to request.
    pub fn comparable(&self) -> Value {
        let mut body = self.body.clone();
        for error in body["errors"].as_array_mut().into_iter().flatten() {
            error["extensions"]["requestId"] = Value::Null;
        }
        if let Some(extensions) = body["extensions"].as_object_mut() {
            extensions.remove("requestId");
            extensions.remove("cost");
        }
        body
    }
}
