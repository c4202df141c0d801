//! Strings as `graphql-js` 16 prints them.

use std::fmt::Write as _;

/// Longer descriptions get lines of their own.
const SHORT: usize = 70;

/// A description between three quotes, over several lines where `graphql-js` would do so.
pub(super) fn block(text: &str) -> String {
    // The library reads `\"""` without taking the backslash away.
    let plain = text.replace("\\\"\"\"", "\"\"\"").replace("\r\n", "\n").replace('\r', "\n");
    let escaped = plain.replace("\"\"\"", "\\\"\"\"");
    let is_blank_or_indented = |line: &str| line.is_empty() || line.starts_with([' ', '\t']);
    let is_single = !plain.contains('\n');
    let starts_lower = !is_single && escaped.split('\n').skip(1).all(is_blank_or_indented);
    let ends_in_quotes = escaped.ends_with("\\\"\"\"");
    let needs_last_line = (plain.ends_with('"') && !ends_in_quotes) || plain.ends_with('\\');
    let is_long = plain.encode_utf16().count() > SHORT;
    let spreads = !is_single || is_long || needs_last_line || starts_lower || ends_in_quotes;
    let keeps_first_line = is_single && plain.starts_with([' ', '\t']);

    let before = if (spreads && !keeps_first_line) || starts_lower { "\n" } else { "" };
    let after = if spreads || needs_last_line { "\n" } else { "" };
    format!("\"\"\"{before}{escaped}{after}\"\"\"")
}

/// A string in double quotes, control characters escaped.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for char in text.chars() {
        match char {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\u{8}' => quoted.push_str("\\b"),
            '\t' => quoted.push_str("\\t"),
            '\n' => quoted.push_str("\\n"),
            '\u{c}' => quoted.push_str("\\f"),
            '\r' => quoted.push_str("\\r"),
            control if control.is_control() => {
                // Writing to memory cannot fail.
                let _ = write!(quoted, "\\u{:04X}", u32::from(control));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
