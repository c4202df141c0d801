//! The hard limits of a request, in one place, and the two passes that hold them.
//!
//! `text` reads the characters before the parser does; `document` walks the parsed tree. Price is not here,
//! but in `cost`.

pub mod document;
pub mod text;

use async_graphql::{Value, value};

use crate::{codes::ErrorCode, refusal::Refusal};

/// What one request may hold. A request at the limit passes.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of an HTTP body. 1 MiB: the longest text field we take, with room to spare.
    pub body_bytes: usize,
    /// Bytes of a document. 64 KiB, as OWASP advises.
    pub document_bytes: usize,
    /// Tokens of a document. The standard introspection query has about 260.
    pub tokens: usize,
    /// Brackets open at once: bounds the recursion of the parser, whose own limit comes after its stack is used.
    pub nesting: usize,
    /// Fields above one another, through fragments. The standard introspection query has 15.
    pub depth: usize,
    /// Aliases of one field name in a document.
    pub aliases: usize,
    /// Directives on one field, fragment, variable or operation.
    pub directives: usize,
    /// Mutations in one operation, through fragments.
    pub root_mutations: usize,
    /// Fields and fragments after every fragment is spread out.
    pub selections: usize,
    /// Mutations that check a secret: one of them all per document, or aliases would guess passwords in bulk.
    pub once: Vec<String>,
    /// Points one operation may cost (see `cost`).
    pub cost: u64,
    /// Memory for parsed documents, in bytes, estimated.
    pub cache_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 1024 * 1024,
            document_bytes: 64 * 1024,
            tokens: 2_000,
            nesting: 50,
            depth: 15,
            aliases: 30,
            directives: 5,
            root_mutations: 10,
            selections: 5_000,
            once: Vec::new(),
            cost: 5_000,
            cache_bytes: 32 * 1024 * 1024,
        }
    }
}

/// Whether a value holds the character U+0000, which PostgreSQL keeps in no text.
pub(crate) fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::List(items) => items.iter().any(holds_nul),
        Value::Object(members) => members.values().any(holds_nul),
        _ => false,
    }
}

/// Refuses with the limit's name and figure, so that a client's author need not search for them.
pub(crate) fn exceeded(limit: &str, maximum: usize, what: &str) -> Refusal {
    let detail: Value = value!({ "name": limit, "maximum": maximum });
    Refusal::new(ErrorCode::DocumentLimitExceeded, format!("{what}; at most {maximum} are allowed."))
        .with("limit", detail)
}

pub(crate) fn too_large(limit: &str, maximum: usize, what: &str) -> Refusal {
    let detail: Value = value!({ "name": limit, "maximum": maximum });
    Refusal::new(ErrorCode::RequestTooLarge, format!("{what} has more than {maximum} bytes."))
        .with("limit", detail)
}
