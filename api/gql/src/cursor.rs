//! Cursors: where a page ended, sealed so that a cursor of another list, order or filter is refused.

use crate::scalars::Cursor;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::sync::Arc;

const VERSION: u8 = 1;
const SEAL: usize = 12;

/// Key that all servers of one database share. Seals against mistakes and meddling; hides nothing.
#[derive(Clone)]
pub struct CursorKey(pub Arc<[u8]>);

/// What a cursor belongs to: the list with its order and filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 8]);

impl Fingerprint {
    pub fn of(list: &str, order: &str, filter: &str) -> Self {
        let mut hash = Sha256::new();
        for part in [list, order, filter] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        let mut bytes = [0; 8];
        for (to, from) in bytes.iter_mut().zip(hash.finalize()) {
            *to = from;
        }
        Self(bytes)
    }
}

/// Why a text is not a cursor of this list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CursorError {
    /// Not one of ours, or altered.
    Malformed,
    /// Made for another list, order or filter.
    Mismatch,
}

/// Where a row stands in its list; sealed when somebody asks for the cursor, which most readers of a page do not.
#[derive(Clone)]
pub struct Place {
    key: CursorKey,
    list: Fingerprint,
    values: Vec<Value>,
}

impl Place {
    pub fn cursor(&self) -> Cursor {
        Cursor(self.key.seal(self.list, &self.values))
    }
}

impl CursorKey {
    /// Place of a row by the values of its order keys.
    pub fn place(&self, list: Fingerprint, values: Vec<Value>) -> Place {
        Place { key: self.clone(), list, values }
    }

    fn seal(&self, list: Fingerprint, values: &[Value]) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend(list.0);
        bytes.extend(serde_json::json!(values).to_string().into_bytes());
        let seal = self.mac(&bytes);
        bytes.extend(seal);
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    pub fn open(&self, fingerprint: Fingerprint, cursor: &str) -> Result<Vec<Value>, CursorError> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).map_err(|_| CursorError::Malformed)?;
        let (body, seal) =
            bytes.split_at_checked(bytes.len().saturating_sub(SEAL)).ok_or(CursorError::Malformed)?;
        if self.mac(body) != seal || body.first() != Some(&VERSION) {
            return Err(CursorError::Malformed);
        }
        let (print, values) =
            body.get(1..).and_then(|rest| rest.split_at_checked(8)).ok_or(CursorError::Malformed)?;
        if print != fingerprint.0 {
            return Err(CursorError::Mismatch);
        }
        serde_json::from_slice(values).map_err(|_| CursorError::Malformed)
    }

    fn mac(&self, bytes: &[u8]) -> Vec<u8> {
        // HMAC takes a key of any length; the impossible error leaves an empty seal, which opens nothing.
        Hmac::<Sha256>::new_from_slice(&self.0).map_or_else(
            |_| Vec::new(),
            |mut mac| {
                mac.update(bytes);
                mac.finalize().into_bytes().into_iter().take(SEAL).collect()
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_cursor_opens_only_where_it_was_made() {
        let key = CursorKey(vec![7; 32].into());
        let here = Fingerprint::of("projects", "TITLE", "{}");
        let cursor = key.seal(here, &[json!("Été"), json!(null), json!(42)]);
        assert_eq!(key.open(here, &cursor), Ok(vec![json!("Été"), json!(null), json!(42)]));
        let elsewhere = Fingerprint::of("projects", "TITLE", "{stage}");
        assert_eq!(key.open(elsewhere, &cursor), Err(CursorError::Mismatch));
        assert_eq!(CursorKey(vec![8; 32].into()).open(here, &cursor), Err(CursorError::Malformed));
    }

    #[test]
    fn an_altered_cursor_opens_nowhere() {
        let key = CursorKey(vec![7; 32].into());
        let here = Fingerprint::of("projects", "TITLE", "{}");
        let cursor = key.seal(here, &[json!(1)]);
        for place in 0..cursor.len() {
            let mut altered = cursor.clone().into_bytes();
            altered[place] = if altered[place] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(altered).unwrap();
            if altered != cursor {
                assert_eq!(key.open(here, &altered), Err(CursorError::Malformed), "{place}");
            }
        }
        for text in ["", "A", "AAAA", "not a cursor", "é"] {
            assert_eq!(key.open(here, text), Err(CursorError::Malformed));
        }
    }
}
