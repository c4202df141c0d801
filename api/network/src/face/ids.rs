//! Ids on the way in.

use async_graphql::ID;
use door::{Error, Result};
use entity::ids::{Key, PREFIXES, parse};

/// Typed key of an id, or an error that names the type it should be of.
pub fn key<K: Key>(id: &ID) -> Result<K> {
    match parse(id) {
        Some((prefix, uuid)) if prefix == K::PREFIX => Ok(K::from_uuid(uuid)),
        Some((prefix, _)) if PREFIXES.iter().any(|(known, _)| *known == prefix) => {
            let found = node_prefix(prefix).unwrap_or("another type");
            Err(Error::bad_input(format!(
                "Expected the id of a {}, `{}_…`; this one is of a {found}.",
                K::NOUN,
                K::PREFIX
            )))
        }
        _ => Err(Error::bad_input(format!(
            "Expected the id of a {}: `{}_` and 26 characters.",
            K::NOUN,
            K::PREFIX
        ))),
    }
}

pub fn keys<K: Key>(ids: &[ID]) -> Result<Vec<K>> {
    ids.iter().map(key).collect()
}

/// GraphQL type of a prefix.
pub fn node_prefix(prefix: &str) -> Option<&'static str> {
    PREFIXES.iter().find(|(known, _)| *known == prefix).map(|(_, noun)| *noun)
}
