//! The library's own errors: which code they get, and what of their words a client may read.
//!
//! The library gives codes to nothing and builds some messages from Rust's. This is the one place that knows
//! its phrases; a test pins those it relies on.

use async_graphql::{ServerError, Value};

use crate::codes::ErrorCode;

/// What a client is told of one error.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub code: ErrorCode,
    pub message: String,
    /// The original is for our log alone.
    pub is_hidden: bool,
}

const OUR_FAULT: &str = "Something went wrong on our side. Quote the requestId when you report it.";

/// How messages begin, before execution. Whatever is not here is a validation error.
const REQUEST_ERRORS: [(&str, ErrorCode); 8] = [
    (" --> ", ErrorCode::ParseFailed),
    ("Unknown operation named", ErrorCode::OperationAmbiguous),
    ("Operation name required", ErrorCode::OperationAmbiguous),
    ("The recursion depth", ErrorCode::DocumentLimitExceeded),
    ("The number of directives", ErrorCode::DocumentLimitExceeded),
    ("The amount of aliases", ErrorCode::DocumentLimitExceeded),
    ("Query is ", ErrorCode::DocumentLimitExceeded),
    ("Subscriptions are not supported", ErrorCode::BadRequest),
];

/// How messages about an argument's value begin, during execution.
const INPUT_ERRORS: [&str; 8] = [
    "Failed to parse \"",
    "Expected input type \"",
    "The \"first\"",
    "The \"last\"",
    "the value ",
    "the string length ",
    "the chars length ",
    "Invalid value for argument",
];

/// Words of Rust and of its libraries.
const FOREIGN: [&str; 16] = [
    "invalid digit",
    "empty string",
    "to fit in target type",
    "float literal",
    "invalid type:",
    "invalid value:",
    "invalid length",
    "missing field `",
    "unknown field `",
    "unknown variant `",
    "premature end of input",
    "invalid characters",
    "trailing input",
    "utf-8",
    "::",
    " line ",
];

const RUST_TYPES: [&str; 10] = ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "usize", "f64"];

pub(crate) fn classify(error: &ServerError, has_started: bool) -> Verdict {
    let given = error.extensions.as_ref().and_then(|extensions| extensions.get("code"));
    let code = match given {
        Some(Value::String(name)) => ErrorCode::named(name),
        Some(_) => None,
        None if has_started => is_input_error(&error.message).then_some(ErrorCode::BadUserInput),
        None => Some(request_error(&error.message)),
    };
    match (code, given) {
        (None | Some(ErrorCode::Internal), _) => {
            Verdict { code: ErrorCode::Internal, message: OUR_FAULT.to_owned(), is_hidden: true }
        }
        // Our own words stay as they are.
        (Some(code), Some(_)) => Verdict { code, message: error.message.clone(), is_hidden: false },
        (Some(code), None) => Verdict { code, message: tidy(&error.message), is_hidden: false },
    }
}

fn request_error(message: &str) -> ErrorCode {
    let known = REQUEST_ERRORS.iter().find(|(start, _)| message.starts_with(start));
    known.map_or(ErrorCode::ValidationFailed, |(_, code)| *code)
}

fn is_input_error(message: &str) -> bool {
    INPUT_ERRORS.iter().any(|start| message.starts_with(start))
}

/// Takes out what the caller sent (it may be a password in the wrong place) and what only Rust understands.
fn tidy(message: &str) -> String {
    if let Some((ty, _)) = quoted(message, "Expected input type \"") {
        return format!("Expected a value of type \"{ty}\".");
    }
    if let Some((ty, reason)) = quoted(message, "Failed to parse \"") {
        let reason = reason.trim_start_matches(": ");
        return if is_foreign(reason) {
            format!("This is not a valid \"{ty}\".")
        } else {
            format!("This is not a valid \"{ty}\": {reason}")
        };
    }
    if is_foreign(message) { "This value is not valid.".to_owned() } else { message.to_owned() }
}

/// The quoted word after `start`, and what follows it.
fn quoted<'a>(message: &'a str, start: &str) -> Option<(&'a str, &'a str)> {
    message.strip_prefix(start)?.split_once('"')
}

fn is_foreign(text: &str) -> bool {
    let lower = text.to_lowercase();
    FOREIGN.iter().any(|phrase| lower.contains(phrase))
        || lower.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| RUST_TYPES.contains(&word))
}

#[cfg(test)]
mod tests {
    use async_graphql::Pos;

    use super::*;

    fn verdict(message: &str, has_started: bool) -> (ErrorCode, String) {
        let verdict = classify(&ServerError::new(message, None), has_started);
        (verdict.code, verdict.message)
    }

    #[test]
    fn the_library_speaks_our_codes() {
        use ErrorCode::{
            BadUserInput, DocumentLimitExceeded, Internal, OperationAmbiguous, ValidationFailed,
        };
        let table = [
            (false, "Unknown field \"x\" on type \"Query\".", ValidationFailed, None),
            (false, "Unknown operation named \"x\"", OperationAmbiguous, None),
            (
                false,
                "The recursion depth of the query cannot be greater than `32`",
                DocumentLimitExceeded,
                None,
            ),
            (
                true,
                "Failed to parse \"Int\": invalid digit found in string",
                BadUserInput,
                Some("This is not a valid \"Int\"."),
            ),
            (
                true,
                "Failed to parse \"Date\": Give a day as 2026-11-22.",
                BadUserInput,
                Some("This is not a valid \"Date\": Give a day as 2026-11-22."),
            ),
            (
                true,
                "Expected input type \"Int\", found \"hunter2\".",
                BadUserInput,
                Some("Expected a value of type \"Int\"."),
            ),
            (true, "connection to 10.0.0.7 refused", Internal, Some(OUR_FAULT)),
            (true, "Data `api::Store` does not exist.", Internal, Some(OUR_FAULT)),
        ];
        for (has_started, message, code, words) in table {
            assert_eq!(verdict(message, has_started), (code, words.unwrap_or(message).to_owned()));
        }
    }

    #[test]
    fn a_code_that_is_not_ours_is_a_fault_of_ours() {
        let mut error = ErrorCode::Forbidden.error("Editors only.").into_server_error(Pos::default());
        assert_eq!(classify(&error, true).message, "Editors only.");
        error.extensions.get_or_insert_default().set("code", "OFFER_NOT_OPEN");
        assert_eq!(classify(&error, true).code, ErrorCode::Internal);
        let internal = ErrorCode::Internal.error("disk full").into_server_error(Pos::default());
        assert_eq!(classify(&internal, true).message, OUR_FAULT);
    }
}
