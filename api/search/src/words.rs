//! Words of a text: without case, accents and elisions, each with its place. The same for what is indexed, asked and
//! highlighted. Pure.

use door::fold::fold;

/// A word and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    pub folded: String,
    /// Bytes of the text it covers.
    pub from: usize,
    pub to: usize,
}

/// Short words that lean on the next: `l’eau` is about `eau`.
const ELISIONS: &[&str] =
    &["l", "d", "j", "m", "n", "s", "t", "c", "qu", "lorsqu", "puisqu", "jusqu", "quoiqu", "presqu"];

/// Words that nearly every text has; asked alone they find, asked with others they are left out.
const COMMON: &[&str] = &[
    "a", "au", "aux", "avec", "ce", "ces", "dans", "de", "des", "du", "en", "est", "et", "il", "la", "le",
    "les", "leur", "ne", "ou", "par", "pas", "pour", "que", "qui", "sa", "se", "ses", "son", "sur", "un",
    "une", "and", "are", "as", "at", "by", "for", "in", "is", "of", "on", "or", "the", "to", "with",
];

pub fn is_common(folded: &str) -> bool {
    COMMON.contains(&folded)
}

const fn is_apostrophe(letter: char) -> bool {
    matches!(letter, '\'' | '’' | 'ʼ' | '`')
}

/// Letters, digits and marks on them.
fn is_part(letter: char) -> bool {
    letter.is_alphanumeric() || unicode_normalization::char::is_combining_mark(letter)
}

pub fn words(text: &str) -> Vec<Word> {
    let mut found = Vec::new();
    let mut start: Option<usize> = None;
    for (place, letter) in text.char_indices().chain([(text.len(), ' ')]) {
        if is_part(letter) {
            start.get_or_insert(place);
            continue;
        }
        let Some(from) = start.take() else { continue };
        let folded = fold(text.get(from..place).unwrap_or_default());
        if folded.is_empty() || (is_apostrophe(letter) && ELISIONS.contains(&folded.as_str())) {
            continue;
        }
        found.push(Word { folded, from, to: place });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> Vec<String> {
        words(text).into_iter().map(|word| word.folded).collect()
    }

    #[test]
    fn words_lose_case_accents_and_elisions() {
        assert_eq!(
            folded("L'Économie de l’eau, qu'on partage !"),
            ["economie", "de", "eau", "on", "partage"]
        );
        assert_eq!(folded("Aujourd’hui : jusqu'à 3 œuvres"), ["aujourd", "hui", "a", "3", "oeuvres"]);
        assert_eq!(folded("e\u{301}cole-maison"), ["ecole", "maison"]);
        assert_eq!(folded("  \u{0} \"«» "), Vec::<String>::new());
        assert_eq!(folded("C++ AND title:x*"), ["c", "and", "title", "x"]);
    }

    #[test]
    fn words_know_their_place() {
        let text = "L’été à Sète";
        let found: Vec<_> = words(text).iter().map(|word| &text[word.from..word.to]).collect();
        assert_eq!(found, ["été", "à", "Sète"]);
    }
}
