//! The answer's JSON. What was told at once is JSON already and goes out as it is.

use async_graphql::Value;
use serde::Serialize;

/// Writes a value.
pub fn value(value: &Value, to: &mut Vec<u8>) {
    match value {
        Value::Null => to.extend_from_slice(b"null"),
        Value::Boolean(true) => to.extend_from_slice(b"true"),
        Value::Boolean(false) => to.extend_from_slice(b"false"),
        Value::Number(number) => any(number, to),
        Value::String(words) => text(words, to),
        Value::Enum(name) => text(name, to),
        Value::Binary(told) => to.extend_from_slice(told),
        Value::List(items) => {
            to.push(b'[');
            for (place, item) in items.iter().enumerate() {
                separate(place, to);
                self::value(item, to);
            }
            to.push(b']');
        }
        Value::Object(fields) => members(fields.iter().map(|(name, field)| (name.as_str(), field)), to),
    }
}

/// Writes an object.
pub fn members<'a>(members: impl Iterator<Item = (&'a str, &'a Value)>, to: &mut Vec<u8>) {
    to.push(b'{');
    for (place, (name, member)) in members.enumerate() {
        separate(place, to);
        text(name, to);
        to.push(b':');
        value(member, to);
    }
    to.push(b'}');
}

/// Writes a text in quotes.
pub fn text(text: &str, to: &mut Vec<u8>) {
    any(text, to);
}

/// Writes what has string keys and finite numbers, as all that goes out: to memory that cannot fail.
pub fn any(one: &(impl Serialize + ?Sized), to: &mut Vec<u8>) {
    let _ = serde_json::to_writer(to, one);
}

fn separate(place: usize, to: &mut Vec<u8>) {
    if place > 0 {
        to.push(b',');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::{Name, value as graphql};

    #[test]
    fn values_are_written_as_serde_json_writes_them() {
        let all = graphql!({
            "texts": ["", "d\u{e9}j\u{e0} \"vu\"\n\u{7}\u{2028}\\", "\u{1f600}"],
            "numbers": [0, -1, 9_007_199_254_740_993_i64, 0.1, 1e300],
            "flags": [true, false, null],
            "nested": { "empty": {}, "none": [], "one": [[{ "a": 1 }]] },
        });
        let mut written = Vec::new();
        value(&all, &mut written);
        assert_eq!(String::from_utf8(written).ok(), serde_json::to_string(&all).ok());
        let mut written = Vec::new();
        value(&Value::Enum(Name::new("EMPLOI")), &mut written);
        assert_eq!(written, b"\"EMPLOI\"");
        let mut written = Vec::new();
        value(&Value::Binary((&b"{\"id\":1}"[..]).into()), &mut written);
        assert_eq!(written, b"{\"id\":1}");
    }
}
