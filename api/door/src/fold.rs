//! Names without case, accents and punctuation: what lists sort by, prefixes match and addresses end in.

use entity::ids::{Key, print};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Characters of a slug before its suffix.
const SLUG: usize = 60;
/// Last characters of the id that keep equal names apart.
const SUFFIX: usize = 6;

/// Lower case, no marks, words parted by single spaces: `L'Île-d'Œuvre (fictive)` is `l ile d oeuvre fictive`.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.nfkd().flat_map(char::to_lowercase).filter(|&letter| !is_combining_mark(letter)) {
        match letter {
            'œ' => folded.push_str("oe"),
            'æ' => folded.push_str("ae"),
            'ß' => folded.push_str("ss"),
            // Strokes are part of the letter for Unicode, an accent for whoever types.
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' => folded.push('d'),
            'ı' => folded.push('i'),
            letter if letter.is_alphanumeric() => folded.push(letter),
            _ if folded.is_empty() || folded.ends_with(' ') => {}
            _ => folded.push(' '),
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// Address of a named row: its folded name, cut, and the last six characters of its id.
#[must_use]
pub fn slug<K: Key>(name: &str, id: K) -> String {
    let name: String =
        fold(name).chars().take(SLUG).map(|letter| if letter == ' ' { '-' } else { letter }).collect();
    let digits = print(K::PREFIX, id.uuid());
    let suffix = digits.get(digits.len().saturating_sub(SUFFIX)..).unwrap_or(&digits);
    match name.trim_end_matches('-') {
        "" => suffix.to_owned(),
        name => format!("{name}-{suffix}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use entity::ids::ProjectId;

    #[test]
    fn folding_leaves_words() {
        for (text, folded) in [
            ("", ""),
            ("  —  ", ""),
            ("Saint-Étienne", "saint etienne"),
            ("L’Haÿ-les-Roses", "l hay les roses"),
            ("Œuvre & Cie.", "oeuvre cie"),
            ("ŒUVRE, Æther", "oeuvre aether"),
            ("Straße 12", "strasse 12"),
            ("Łódź / Ærø", "lodz aero"),
            ("e\u{301}cole", "ecole"),
            ("ﬁnancer", "financer"),
            ("İstanbul", "istanbul"),
            ("Île-de-France\u{a0}: l'eau", "ile de france l eau"),
            ("Ελλάδα", "ελλαδα"),
        ] {
            assert_eq!(fold(text), folded, "{text}");
        }
    }

    #[test]
    fn folding_twice_changes_nothing() {
        for text in ["L'Île-d'Œuvre (fictive)", "ẞ", "ǅ", "①½"] {
            assert_eq!(fold(&fold(text)), fold(text));
        }
    }

    #[test]
    fn a_slug_is_short_and_ends_in_its_id() {
        let id: ProjectId = "prj_01kaaaaaaaaaaaaaaaaaabc123".parse().expect("an id");
        assert_eq!(slug("L'eau, partagée !", id), "l-eau-partagee-abc123");
        assert_eq!(slug("?!", id), "abc123");
        let long = slug(&"mot ".repeat(40), id);
        assert_eq!(long.len(), 59 + 7, "the cut leaves no dash behind: {long}");
        assert!(long.ends_with("mot-abc123"));
    }
}
