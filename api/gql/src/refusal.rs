//! A request that never starts: its code, its message, and what the answer carries besides.

use std::collections::BTreeMap;

use async_graphql::{Pos, Value, parser};
use http::{HeaderName, HeaderValue, StatusCode, header};

use crate::codes::ErrorCode;

/// Why a request was turned away before execution.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    pub code: ErrorCode,
    pub message: String,
    pub locations: Vec<Pos>,
    /// What goes beside `code` in the error's `extensions`.
    pub extensions: BTreeMap<String, Value>,
    /// Overrides the status of the code: 405, 406 and 415 share `BAD_REQUEST`.
    pub status: Option<StatusCode>,
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

impl Refusal {
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            locations: Vec::new(),
            extensions: BTreeMap::new(),
            status: None,
            headers: Vec::new(),
        }
    }

    #[must_use]
    pub fn at(mut self, position: Pos) -> Self {
        self.locations.push(position);
        self
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.extensions.insert(name.to_owned(), value.into());
        self
    }

    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = Some(status);
        self
    }

    #[must_use]
    pub fn header(mut self, name: HeaderName, value: impl Into<HeaderValue>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Says when to try again, to machines (`Retry-After`) and to GraphQL clients alike.
    #[must_use]
    pub fn retry_after(self, seconds: u64) -> Self {
        self.with("retryAfter", seconds).header(header::RETRY_AFTER, seconds)
    }
}

impl From<parser::Error> for Refusal {
    fn from(error: parser::Error) -> Self {
        let message = match &error {
            parser::Error::Syntax { message, .. } => syntax(message),
            other => format!("Syntax error: {}.", other.to_string().trim_end_matches('.')),
        };
        let mut refusal = Self::new(ErrorCode::ParseFailed, message);
        // The parser marks start and end; clients want the place, not the span.
        refusal.locations = error.positions().take(1).collect();
        refusal
    }
}

/// Keeps the last line of the parser's drawing, and its rule names without underscores.
fn syntax(drawing: &str) -> String {
    let reason = drawing.lines().rev().find_map(|line| line.trim_start().strip_prefix("= "));
    match reason {
        Some(reason) => {
            format!("Syntax error: {}.", reason.trim().replace('_', " ").replace("EOI", "end of document"))
        }
        None => "Syntax error.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syntax_errors_speak_english() {
        let refusal = Refusal::from(parser::parse_query("{ a(").unwrap_err());
        assert_eq!(refusal.code, ErrorCode::ParseFailed);
        assert_eq!(refusal.message, "Syntax error: expected name.");
        assert_eq!(refusal.locations, [Pos { line: 1, column: 5 }]);
    }
}
