//! Where a text says what was looked for: fragments in parts, matching or not. Pure; no markup.

use async_graphql::SimpleObject;
use search::{
    asked::Part,
    words::{Word, words},
};

/// Characters of context on each side of a match.
const AROUND: usize = 80;
/// Fragments of one field.
const MOST: usize = 3;

/// Field of a project in which the search text was found.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
pub struct Highlight {
    /// Name of the field, such as `title`.
    pub field: String,
    /// Pieces of its text around what was found; at most 3.
    pub fragments: Vec<Fragment>,
}

/// Piece of a text, cut where it matches: the parts in order are the piece.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
pub struct Fragment {
    /// Parts of the piece; at most 40.
    pub parts: Vec<FragmentPart>,
}

/// Part of a piece of text. Plain text: escape it like any other.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
pub struct FragmentPart {
    /// Text as it stands.
    pub text: String,
    /// Whether this is what was looked for.
    pub is_match: bool,
}

/// What matches a word of a text.
pub struct Marker<'a> {
    parts: &'a [Part],
    /// Words that were looked for in place of misspelt ones.
    also: &'a [String],
    /// Stems of a word in the languages texts are in.
    stems: &'a dyn Fn(&str) -> Vec<String>,
    wanted: Vec<Vec<String>>,
}

impl<'a> Marker<'a> {
    pub fn new(parts: &'a [Part], also: &'a [String], stems: &'a dyn Fn(&str) -> Vec<String>) -> Self {
        let asked = parts.iter().flat_map(|part| match part {
            Part::Word { folded, .. } => vec![folded.as_str()],
            Part::Phrase(_) => Vec::new(),
        });
        let wanted = asked.chain(also.iter().map(String::as_str)).map(stems).collect();
        Self { parts, also, stems, wanted }
    }

    fn marks(&self, word: &str) -> bool {
        let is_plain = self.parts.iter().any(|part| match part {
            Part::Word { folded, is_open } => {
                folded == word || (*is_open && folded.len() > 1 && word.starts_with(folded.as_str()))
            }
            Part::Phrase(_) => false,
        });
        is_plain || self.also.iter().any(|other| other == word) || {
            let stems = (self.stems)(word);
            self.wanted.iter().any(|wanted| wanted.iter().zip(&stems).any(|(one, other)| one == other))
        }
    }

    /// Which words match, phrases as wholes.
    fn marked(&self, all: &[Word]) -> Vec<bool> {
        let mut marked: Vec<bool> = all.iter().map(|word| self.marks(&word.folded)).collect();
        for part in self.parts {
            let Part::Phrase(phrase) = part else { continue };
            for start in 0..all.len().saturating_sub(phrase.len() - 1) {
                let here = all.iter().skip(start).take(phrase.len());
                if here.map(|word| &word.folded).eq(phrase.iter()) {
                    marked.iter_mut().skip(start).take(phrase.len()).for_each(|mark| *mark = true);
                }
            }
        }
        marked
    }

    /// Fragments of a text; none if nothing of it matches.
    pub fn fragments(&self, text: &str) -> Vec<Fragment> {
        let all = words(text);
        let marked = self.marked(&all);
        let matches: Vec<(usize, usize)> =
            all.iter().zip(marked).filter(|(_, mark)| *mark).map(|(word, _)| (word.from, word.to)).collect();
        let mut fragments = Vec::new();
        let mut rest = matches.as_slice();
        while let (Some(&(from, _)), true) = (rest.first(), fragments.len() < MOST) {
            let start = back(text, from, AROUND);
            let end = forth(text, from, 2 * AROUND);
            let inside = rest.iter().take_while(|(_, to)| *to <= end).count().max(1);
            let (here, later) = rest.split_at(inside);
            fragments.push(cut(text, start, end, here));
            rest = later;
        }
        fragments
    }
}

/// The start of a word some characters back.
fn back(text: &str, from: usize, most: usize) -> usize {
    let before = text.get(..from).unwrap_or_default();
    let start = before.char_indices().rev().take(most).last().map_or(from, |(place, _)| place);
    if start == 0 {
        return 0;
    }
    let gap = text.get(start..from).and_then(|piece| piece.find(' '));
    gap.map_or(start, |gap| start + gap + 1)
}

/// The end of a word some characters on.
fn forth(text: &str, from: usize, most: usize) -> usize {
    let after = text.get(from..).unwrap_or_default();
    let Some((end, _)) = after.char_indices().nth(most) else { return text.len() };
    let gap = after.get(..end).and_then(|piece| piece.rfind(' '));
    from + gap.unwrap_or(end)
}

fn cut(text: &str, start: usize, end: usize, matches: &[(usize, usize)]) -> Fragment {
    let mut parts = Vec::new();
    let mut at = start;
    let mut push = |from: usize, to: usize, is_match: bool| {
        if let Some(piece) = text.get(from..to).filter(|piece| !piece.is_empty()) {
            parts.push(FragmentPart { text: piece.to_owned(), is_match });
        }
    };
    for &(from, to) in matches {
        push(at, from, false);
        push(from, to, true);
        at = to;
    }
    push(at, end.max(at), false);
    Fragment { parts }
}

#[cfg(test)]
mod tests {
    use super::*;
    use search::asked::read;

    fn marked(asked: &str, text: &str) -> Vec<String> {
        let parts = read(asked).unwrap();
        // A stemmer that takes the plural off.
        let stems = |word: &str| vec![word.trim_end_matches('s').to_owned()];
        let fragments = Marker::new(&parts, &[], &stems).fragments(text);
        let whole: String =
            fragments.iter().flat_map(|one| &one.parts).map(|part| part.text.as_str()).collect();
        assert!(text.len() > 200 || fragments.is_empty() || whole == text, "parts make the text again");
        fragments
            .into_iter()
            .flat_map(|one| one.parts)
            .filter(|part| part.is_match)
            .map(|part| part.text)
            .collect()
    }

    #[test]
    fn matches_are_marked_as_they_stand() {
        assert_eq!(
            marked("mobilite inclu", "La mobilité inclusive, les mobilités"),
            ["mobilité", "inclusive", "mobilités"]
        );
        assert_eq!(marked("\"eau partagée\"", "L’eau partagée, une eau"), ["eau", "partagée"]);
        assert_eq!(marked("x", "<b>x</b>"), ["x"]);
        assert_eq!(marked("rien", "tout"), Vec::<String>::new());
    }

    #[test]
    fn long_texts_are_cut_between_words() {
        let text = format!("{} cible {}", "avant ".repeat(100), "après ".repeat(100));
        let parts = read("cible").unwrap();
        let stems = |word: &str| vec![word.to_owned()];
        let fragments = Marker::new(&parts, &[], &stems).fragments(&text);
        let whole: String = fragments[0].parts.iter().map(|part| part.text.as_str()).collect();
        assert!(
            whole.starts_with("avant ") && whole.ends_with("après") && whole.chars().count() < 260,
            "{whole}"
        );
        assert_eq!(fragments.len(), 1);
    }
}
