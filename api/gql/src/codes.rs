//! The closed list of top-level `extensions.code` values, and what HTTP makes of each.
//!
//! What the caller can mend inside a mutation travels in the payload's `errors` and is not listed here.

use std::fmt;

use http::StatusCode;

macro_rules! codes {
    ($($(#[doc = $meaning:literal])+ $variant:ident = $name:literal, $status:ident;)+) => {
        /// Why a request, or one field of it, was not answered.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ErrorCode { $($(#[doc = $meaning])+ $variant),+ }

        impl ErrorCode {
            /// Every code there is, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Spelling in `extensions.code`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// One paragraph for the documentation.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($meaning),+).trim_ascii()),+ }
            }

            /// HTTP status when the code ends the whole request, in `application/graphql-response+json`.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status),+ }
            }
        }
    };
}

codes! {
    /// The HTTP request is not a GraphQL request: bad JSON, a member of the wrong type, a batch,
    /// an unsupported method or media type.
    BadRequest = "BAD_REQUEST", BAD_REQUEST;
    /// The body or the document has too many bytes.
    RequestTooLarge = "REQUEST_TOO_LARGE", PAYLOAD_TOO_LARGE;
    /// The document is not GraphQL; `locations` shows where reading stopped.
    ParseFailed = "GRAPHQL_PARSE_FAILED", BAD_REQUEST;
    /// The document does not fit the schema.
    ValidationFailed = "GRAPHQL_VALIDATION_FAILED", BAD_REQUEST;
    /// `operationName` does not choose exactly one operation of the document.
    OperationAmbiguous = "OPERATION_AMBIGUOUS", BAD_REQUEST;
    /// A variable or an argument has a value that its type or its documented range does not allow.
    BadUserInput = "BAD_USER_INPUT", BAD_REQUEST;
    /// The document passes a structural limit, such as depth or aliases; `extensions.limit` names it.
    DocumentLimitExceeded = "DOCUMENT_LIMIT_EXCEEDED", BAD_REQUEST;
    /// The operation costs more than one request may; `extensions.cost.byPath` shows where.
    CostLimitExceeded = "COST_LIMIT_EXCEEDED", BAD_REQUEST;
    /// The caller is not signed in, or the token is not valid (any more).
    Unauthenticated = "UNAUTHENTICATED", UNAUTHORIZED;
    /// The caller sees the object, but may not do or read this.
    Forbidden = "FORBIDDEN", FORBIDDEN;
    /// There is no such object, or the caller does not see it.
    NotFound = "NOT_FOUND", NOT_FOUND;
    /// The cursor was made for another list, order or filter.
    CursorMismatch = "CURSOR_MISMATCH", BAD_REQUEST;
    /// A request with the same idempotency key is still running.
    IdempotencyConflict = "IDEMPOTENCY_CONFLICT", CONFLICT;
    /// The idempotency key was used before, with another request.
    IdempotencyKeyReused = "IDEMPOTENCY_KEY_REUSED", UNPROCESSABLE_ENTITY;
    /// The caller spent its budget; `extensions.retryAfter` says for how many seconds to wait.
    RateLimited = "RATE_LIMITED", TOO_MANY_REQUESTS;
    /// The answer was not ready in time; ask for less, or page.
    Timeout = "TIMEOUT", GATEWAY_TIMEOUT;
    /// The service cannot answer now; try again in `extensions.retryAfter` seconds.
    Unavailable = "UNAVAILABLE", SERVICE_UNAVAILABLE;
    /// The search index is being built; whatever does not search works. Try again in `extensions.retryAfter` seconds.
    SearchUnavailable = "SEARCH_UNAVAILABLE", SERVICE_UNAVAILABLE;
    /// Our fault. Quote `extensions.requestId` when you report it.
    Internal = "INTERNAL", INTERNAL_SERVER_ERROR;
}

impl ErrorCode {
    /// HTTP status in `application/json`, where clients from before GraphQL over HTTP expect 200 for
    /// any well-formed request whose document or variables are wrong.
    pub const fn legacy_status(self) -> StatusCode {
        match self {
            Self::ParseFailed | Self::ValidationFailed | Self::OperationAmbiguous | Self::BadUserInput => {
                StatusCode::OK
            }
            other => other.status(),
        }
    }

    /// A field's error with this code. The words of `INTERNAL` reach the log alone.
    pub fn error(self, message: impl Into<String>) -> async_graphql::Error {
        let mut error = async_graphql::Error::new(message);
        error.extensions.get_or_insert_default().set("code", self.as_str());
        error
    }

    /// The code spelled `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == name)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_found() {
        for code in ErrorCode::ALL {
            assert_eq!(ErrorCode::named(code.as_str()), Some(*code));
            assert!(code.meaning().ends_with('.'), "{code}: its meaning is a sentence");
        }
    }
}
