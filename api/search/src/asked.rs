//! What somebody typed into a search field, as words and phrases. Nothing of it reaches an engine's query language. Pure.

use crate::words::{is_common, words};
use door::{Error, Result};

/// Longest text, in characters.
const LONGEST: usize = 500;
/// Words beyond these are not looked for.
const MOST: usize = 16;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    Word {
        folded: String,
        /// Still being typed: also the beginning of a word.
        is_open: bool,
    },
    /// These words, one after the other.
    Phrase(Vec<String>),
}

/// The parts that all have to be found; none if there are no words in the text.
pub fn read(text: &str) -> Result<Vec<Part>> {
    if text.chars().count() > LONGEST {
        return Err(Error::bad_input(format!("`search` takes at most {LONGEST} characters.")));
    }
    let mut parts = Vec::new();
    let (mut rest, mut is_closed) = (text, true);
    while let Some(open) = rest.find(is_quote) {
        let (before, after) = rest.split_at(open);
        let after = after.get(after.chars().next().map_or(0, char::len_utf8)..).unwrap_or_default();
        let Some(close) = after.find(is_quote) else {
            // A quote without its other half is no quote.
            add_words(&mut parts, before);
            rest = after;
            continue;
        };
        add_words(&mut parts, before);
        let (inside, tail) = after.split_at(close);
        let phrase: Vec<_> = words(inside).into_iter().map(|word| word.folded).take(MOST).collect();
        if !phrase.is_empty() {
            parts.push(Part::Phrase(phrase));
        }
        rest = tail.get(tail.chars().next().map_or(0, char::len_utf8)..).unwrap_or_default();
        is_closed = rest.trim().is_empty();
    }
    let before = parts.len();
    add_words(&mut parts, rest);
    is_closed =
        parts.len() == before && is_closed || text.ends_with(|letter: char| !letter.is_alphanumeric());
    parts.truncate(MOST);
    if let (false, Some(Part::Word { is_open, .. })) = (is_closed, parts.last_mut()) {
        *is_open = true;
    }
    Ok(without_common(parts))
}

const fn is_quote(letter: char) -> bool {
    matches!(letter, '"' | '«' | '»' | '“' | '”' | '„')
}

fn add_words(parts: &mut Vec<Part>, text: &str) {
    parts.extend(words(text).into_iter().map(|word| Part::Word { folded: word.folded, is_open: false }));
}

/// Common words are left out where others remain; the last, which may be the beginning of another, stays.
fn without_common(parts: Vec<Part>) -> Vec<Part> {
    let is_telling = |part: &Part| match part {
        Part::Word { folded, is_open } => *is_open || !is_common(folded),
        Part::Phrase(_) => true,
    };
    if parts.iter().any(is_telling) { parts.into_iter().filter(is_telling).collect() } else { parts }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(folded: &str, is_open: bool) -> Part {
        Part::Word { folded: folded.to_owned(), is_open }
    }

    fn phrase(words: &[&str]) -> Part {
        Part::Phrase(words.iter().map(|&word| word.to_owned()).collect())
    }

    #[test]
    fn texts_become_words_and_phrases() {
        for (text, expected) in [
            ("", vec![]),
            ("  ?! ", vec![]),
            ("Mobilité inclu", vec![word("mobilite", false), word("inclu", true)]),
            ("mobilité ", vec![word("mobilite", false)]),
            ("la mobilité des jeunes", vec![word("mobilite", false), word("jeunes", true)]),
            ("de la", vec![word("la", true)]),
            ("de la ", vec![word("de", false), word("la", false)]),
            ("\"l’eau partagée\" été", vec![phrase(&["eau", "partagee"]), word("ete", true)]),
            ("«eau»", vec![phrase(&["eau"])]),
            ("\"eau partagée", vec![word("eau", false), word("partagee", true)]),
            ("\"\" x", vec![word("x", true)]),
            ("title:x AND (y OR *)", vec![word("title", false), word("x", false), word("y", false)]),
        ] {
            assert_eq!(read(text).unwrap(), expected, "{text}");
        }
        assert!(read(&"x".repeat(501)).is_err());
        assert_eq!(read(&"x ".repeat(100)).unwrap().len(), MOST);
    }
}
