//! `@idempotent(key:)`: the spelling of the `Idempotency-Key` header inside a document.

use async_graphql::{CustomDirective, Directive};

/// Gives a mutation a key: sent again with the same key, it answers as it did the first time and does nothing more.
///
/// The same as the header `Idempotency-Key`; one key per request. Keys are the viewer's own and live for 24 hours.
#[Directive(location = "Field")]
pub fn idempotent(
    #[graphql(desc = "Any text of at most 255 characters that the caller did not use before.")] key: String,
) -> impl CustomDirective {
    // The transport reads the key before anything runs; here there is nothing left to do.
    drop(key);
    Keyed
}

struct Keyed;

impl CustomDirective for Keyed {}
