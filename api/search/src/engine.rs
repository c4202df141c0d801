//! Asking the index: which projects match, best first, as far as the viewer sees them.

use super::{
    check::{Check, Columns, Eyes, Texts},
    document::{Fields, stems},
};
use crate::{
    asked::Part,
    words::{is_common, words},
};
use door::Result;
use entity::ids::ProjectId;
use std::{cmp::Ordering, collections::BTreeSet};
use tantivy::{
    DocId, DocSet, Index, IndexReader, Searcher, SegmentReader, TERMINATED, Term,
    query::{
        AllQuery, BooleanQuery, EmptyQuery, EnableScoring, Occur, PhraseQuery, Query, TermQuery, Weight,
    },
    schema::IndexRecordOption,
};

/// Words that a beginning may stand for.
const ENDINGS: usize = 24;
/// Words of the dictionary looked at for a beginning.
const LOOKED_AT: usize = 4_000;
/// Neighbours of a misspelt word that are searched in its place.
const NEIGHBOURS: usize = 4;
/// Letters from which on a word may have one wrong.
const FORGIVEN_FROM: usize = 5;

/// Words that say what a text is about.
const TELLING: usize = 12;

/// An open index.
pub struct Engine {
    pub index: Index,
    pub reader: IndexReader,
    pub fields: Fields,
}

/// A question, put into the engine's terms for the index as it is now.
pub struct Question {
    pub searcher: Searcher,
    query: Box<dyn Query>,
    /// Words searched in place of misspelt ones, with those.
    pub instead: Vec<(String, Vec<String>)>,
}

/// A place in an order: what it is ordered by, then the id.
#[derive(Clone, Debug, PartialEq)]
pub struct Rank {
    pub value: Ranked,
    pub id: ProjectId,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Ranked {
    Score(f32),
    Number(Option<i64>),
    Text(Option<String>),
}

/// What matches are ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderBy {
    Relevance,
    Number { name: &'static str, is_descending: bool, nulls_first: bool },
    Text { name: &'static str, is_descending: bool, nulls_first: bool },
}

/// A page of matches.
#[derive(Clone, Debug)]
pub struct Wish {
    pub order: OrderBy,
    pub size: usize,
    pub is_forward: bool,
    pub from: Option<Rank>,
}

impl OrderBy {
    /// Which of two comes first.
    fn compare(self, one: &Rank, other: &Rank) -> Ordering {
        let first = match (&one.value, &other.value) {
            (Ranked::Number(one), Ranked::Number(other)) => self.arrange(one.as_ref(), other.as_ref()),
            (Ranked::Text(one), Ranked::Text(other)) => self.arrange(one.as_ref(), other.as_ref()),
            (Ranked::Score(one), Ranked::Score(other)) => other.total_cmp(one),
            _ => Ordering::Equal,
        };
        // As in the database: equal ones run the way the order does.
        let ties = one.id.cmp(&other.id);
        first.then(if self.is_descending() { ties.reverse() } else { ties })
    }

    const fn is_descending(self) -> bool {
        match self {
            Self::Relevance => false,
            Self::Number { is_descending, .. } | Self::Text { is_descending, .. } => is_descending,
        }
    }

    fn arrange<T: Ord>(self, one: Option<T>, other: Option<T>) -> Ordering {
        let nulls_first = match self {
            Self::Relevance => false,
            Self::Number { nulls_first, .. } | Self::Text { nulls_first, .. } => nulls_first,
        };
        match (one, other) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) if nulls_first => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) if nulls_first => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(one), Some(other)) if self.is_descending() => other.cmp(&one),
            (Some(one), Some(other)) => one.cmp(&other),
        }
    }
}

/// Scores differ in their last bits by the order of adding; ties are ties.
fn rounded(score: f32) -> f32 {
    f32::from_bits(score.to_bits() & !0xfff)
}

impl Engine {
    /// Puts parts that all have to match into the engine's terms; without parts everything matches.
    pub fn question(&self, parts: &[Part]) -> Result<Question> {
        let searcher = self.reader.searcher();
        let mut groups: Vec<Vec<Box<dyn Query>>> = Vec::new();
        let mut instead = Vec::new();
        for part in parts {
            match part {
                Part::Word { folded, is_open } => {
                    let mut terms = self.terms_of(&searcher, folded, *is_open)?;
                    if terms.is_empty() {
                        let neighbours = self.neighbours(&searcher, folded)?;
                        for neighbour in &neighbours {
                            terms.extend(self.stemmed(&searcher, neighbour)?);
                        }
                        instead.push((folded.clone(), neighbours));
                    }
                    groups.push(terms.into_iter().map(scored).collect());
                }
                Part::Phrase(words) => groups.push(vec![self.phrase(words)]),
            }
        }
        Ok(Question { searcher, query: all_of(groups), instead })
    }

    /// What has telling words in common with a text: the rarer the word, the more it tells.
    pub fn like(&self, texts: &[&str]) -> Result<Question> {
        let searcher = self.reader.searcher();
        let most = searcher.num_docs() / 5;
        let mut seen = BTreeSet::new();
        let mut terms = Vec::new();
        for word in texts.iter().flat_map(|text| words(text)) {
            if is_common(&word.folded) || !seen.insert(word.folded.clone()) {
                continue;
            }
            for term in self.stemmed(&searcher, &word.folded)? {
                let count = searcher.doc_freq(&term).map_err(anyhow::Error::from)?;
                if (2..=most.max(2)).contains(&count) {
                    terms.push((count, term));
                }
            }
        }
        terms.sort_by_key(|(count, _)| *count);
        terms.truncate(TELLING);
        let any = terms.into_iter().map(|(_, term)| scored(term)).collect::<Vec<_>>();
        let query: Box<dyn Query> = if any.is_empty() { Box::new(EmptyQuery) } else { all_of(vec![any]) };
        Ok(Question { searcher, query, instead: Vec::new() })
    }

    fn phrase(&self, words: &[String]) -> Box<dyn Query> {
        let mut terms: Vec<_> =
            words.iter().map(|word| Term::from_field_text(self.fields.plain, word)).collect();
        match (terms.len(), terms.pop()) {
            (1, Some(term)) => scored(term),
            (_, last) => {
                terms.extend(last);
                Box::new(PhraseQuery::new(terms))
            }
        }
    }

    /// Terms of the index for a word: its stems and, while it is being typed, its endings.
    fn terms_of(&self, searcher: &Searcher, word: &str, is_open: bool) -> Result<BTreeSet<Term>> {
        let mut terms = self.stemmed(searcher, word)?;
        if is_open && word.chars().count() > 1 {
            for (ending, _) in self.endings(searcher, word)? {
                terms.extend(self.stemmed(searcher, &ending)?);
            }
        }
        Ok(terms)
    }

    fn stemmed(&self, searcher: &Searcher, word: &str) -> Result<BTreeSet<Term>> {
        let [french, english] = stems(word);
        let mut terms = BTreeSet::new();
        for (field, stem) in [(self.fields.french, french), (self.fields.english, english)] {
            let term = Term::from_field_text(field, &stem);
            if searcher.doc_freq(&term).map_err(anyhow::Error::from)? > 0 {
                terms.insert(term);
            }
        }
        if terms.is_empty() {
            let plain = Term::from_field_text(self.fields.plain, word);
            if searcher.doc_freq(&plain).map_err(anyhow::Error::from)? > 0 {
                terms.insert(plain);
            }
        }
        Ok(terms)
    }

    /// The most frequent words that begin so, with their numbers of documents.
    fn endings(&self, searcher: &Searcher, beginning: &str) -> Result<Vec<(String, u64)>> {
        let mut found: std::collections::HashMap<String, u64> = std::collections::HashMap::new();
        for reader in searcher.segment_readers() {
            let inverted = reader.inverted_index(self.fields.plain).map_err(anyhow::Error::from)?;
            let end = format!("{beginning}\u{10FFFF}");
            let range = inverted.terms().range().ge(beginning.as_bytes()).lt(end.as_bytes());
            let mut stream = range.into_stream().map_err(anyhow::Error::from)?;
            let mut looked_at = 0;
            while looked_at < LOOKED_AT && stream.advance() {
                looked_at += 1;
                if let Ok(word) = std::str::from_utf8(stream.key()) {
                    *found.entry(word.to_owned()).or_default() += u64::from(stream.value().doc_freq);
                }
            }
        }
        let mut found: Vec<_> = found.into_iter().collect();
        found.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        found.truncate(ENDINGS);
        Ok(found)
    }

    /// Words of the index one letter away, the frequent ones first.
    fn neighbours(&self, searcher: &Searcher, word: &str) -> Result<Vec<String>> {
        if word.chars().count() < FORGIVEN_FROM {
            return Ok(Vec::new());
        }
        let mut found: Vec<(u64, String)> = Vec::new();
        for candidate in one_letter_away(word) {
            let term = Term::from_field_text(self.fields.plain, &candidate);
            let count = searcher.doc_freq(&term).map_err(anyhow::Error::from)?;
            if count > 0 {
                found.push((count, candidate));
            }
        }
        found.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
        found.truncate(NEIGHBOURS);
        Ok(found.into_iter().map(|(_, word)| word).collect())
    }

    /// Whether a word is in a text that the viewer sees.
    pub fn is_seen(&self, searcher: &Searcher, word: &str, eyes: &Eyes) -> Result<bool> {
        let terms = self.stemmed(searcher, word)?;
        let query = all_of(vec![terms.into_iter().map(scored).collect()]);
        let question = Question { searcher: searcher.clone(), query, instead: Vec::new() };
        Ok(question.count(&Check::default(), eyes, 1)? > 0)
    }
}

fn scored(term: Term) -> Box<dyn Query> {
    Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs))
}

/// Every group, by any of its members. Single members stay bare, so that the engine may skip what cannot win.
fn all_of(groups: Vec<Vec<Box<dyn Query>>>) -> Box<dyn Query> {
    let mut groups: Vec<Box<dyn Query>> = groups
        .into_iter()
        .map(|mut members| match (members.len(), members.pop()) {
            // A word that nothing has.
            (0, _) => Box::new(EmptyQuery) as Box<dyn Query>,
            (1, Some(member)) => member,
            (_, last) => {
                members.extend(last);
                Box::new(BooleanQuery::new(
                    members.into_iter().map(|member| (Occur::Should, member)).collect(),
                ))
            }
        })
        .collect();
    match (groups.len(), groups.pop()) {
        (0, _) => Box::new(AllQuery),
        (1, Some(group)) => group,
        (_, last) => {
            groups.extend(last);
            Box::new(BooleanQuery::new(groups.into_iter().map(|group| (Occur::Must, group)).collect()))
        }
    }
}

/// Every word one insertion, deletion, change or exchange of letters away.
fn one_letter_away(word: &str) -> BTreeSet<String> {
    const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz";
    let letters: Vec<char> = word.chars().collect();
    let mut found = BTreeSet::new();
    let glue = |parts: [&[char]; 3]| parts.concat().into_iter().collect::<String>();
    for place in 0..=letters.len() {
        let (before, after) = letters.split_at(place);
        for letter in LETTERS.chars() {
            found.insert(glue([before, &[letter], after]));
            if let Some((_, rest)) = after.split_first() {
                found.insert(glue([before, &[letter], rest]));
            }
        }
        if let Some((&first, rest)) = after.split_first() {
            found.insert(glue([before, &[], rest]));
            if let Some((&second, rest)) = rest.split_first() {
                found.insert(glue([before, &[second, first], rest]));
            }
        }
    }
    found.remove(word);
    found
}

impl Question {
    fn weight(&self, is_scored: bool) -> Result<Box<dyn Weight>> {
        let scoring = if is_scored {
            EnableScoring::enabled_from_searcher(&self.searcher)
        } else {
            EnableScoring::disabled_from_searcher(&self.searcher)
        };
        Ok(self.query.weight(scoring).map_err(anyhow::Error::from)?)
    }

    /// Visits every match that passes, in the order of the index, until told to stop.
    pub fn visit(
        &self,
        check: &Check,
        eyes: &Eyes,
        mut visit: impl FnMut(&Columns, DocId) -> bool,
    ) -> Result<()> {
        self.visit_all(|columns, doc| {
            !(eyes.see(columns, doc) && check.holds(columns, doc)) || visit(columns, doc)
        })
    }

    /// Visits every match, whoever sees it.
    pub fn visit_all(&self, mut visit: impl FnMut(&Columns, DocId) -> bool) -> Result<()> {
        let weight = self.weight(false)?;
        for reader in self.searcher.segment_readers() {
            if !visit_segment(&*weight, reader, &Columns::of(reader)?, &mut visit)? {
                break;
            }
        }
        Ok(())
    }

    /// Matches that pass, counted no further than `most`.
    pub fn count(&self, check: &Check, eyes: &Eyes, most: u64) -> Result<u64> {
        let mut count = 0;
        self.visit(check, eyes, |_, _| {
            count += 1;
            count < most
        })?;
        Ok(count)
    }

    /// The first matches of an order after a place in it, one more than the page if there are more.
    pub fn page(&self, check: &Check, eyes: &Eyes, wish: &Wish) -> Result<Vec<Rank>> {
        let mut best = Best { wish, ranks: Vec::new() };
        match wish.order {
            OrderBy::Relevance => self.by_score(check, eyes, &mut best)?,
            OrderBy::Number { name, .. } => self.visit(check, eyes, |columns, doc| {
                best.offer(Rank { value: Ranked::Number(columns.number(name, doc)), id: columns.id(doc) });
                true
            })?,
            OrderBy::Text { name, .. } => self.by_text(name, check, eyes, &mut best)?,
        }
        Ok(best.ranks)
    }

    /// A segment knows the order of its own texts: texts are only read of the best of each.
    fn by_text(&self, name: &str, check: &Check, eyes: &Eyes, best: &mut Best<'_>) -> Result<()> {
        let weight = self.weight(false)?;
        for reader in self.searcher.segment_readers() {
            let (columns, texts) = (Columns::of(reader)?, Texts::of(reader, name)?);
            let wish = Wish { from: texts.place(best.wish.from.as_ref())?, ..best.wish.clone() };
            let mut here = Best { wish: &wish, ranks: Vec::new() };
            visit_segment(&*weight, reader, &columns, &mut |columns, doc| {
                if eyes.see(columns, doc) && check.holds(columns, doc) {
                    here.offer(Rank { value: Ranked::Number(texts.number(doc)), id: columns.id(doc) });
                }
                true
            })?;
            for Rank { value, id } in here.ranks {
                best.offer(Rank { value: texts.text(&value)?, id });
            }
        }
        Ok(())
    }

    fn by_score(&self, check: &Check, eyes: &Eyes, best: &mut Best<'_>) -> Result<()> {
        let weight = self.weight(true)?;
        for reader in self.searcher.segment_readers() {
            let columns = Columns::of(reader)?;
            let offer = |doc: DocId, score: f32, best: &mut Best<'_>| {
                if is_alive(reader, doc) && eyes.see(&columns, doc) && check.holds(&columns, doc) {
                    best.offer(Rank { value: Ranked::Score(rounded(score)), id: columns.id(doc) });
                }
            };
            if best.wish.is_forward {
                let least = best.least_score();
                weight
                    .for_each_pruning(least, reader, &mut |doc, score| {
                        if score > best.least_score() {
                            offer(doc, score, best);
                        }
                        best.least_score()
                    })
                    .map_err(anyhow::Error::from)?;
            } else {
                weight
                    .for_each(reader, &mut |doc, score| offer(doc, score, best))
                    .map_err(anyhow::Error::from)?;
            }
        }
        Ok(())
    }
}

/// Visits the matches of one segment until told to stop; says whether to go on.
fn visit_segment(
    weight: &dyn Weight,
    reader: &SegmentReader,
    columns: &Columns,
    visit: &mut impl FnMut(&Columns, DocId) -> bool,
) -> Result<bool> {
    let mut scorer = weight.scorer(reader, 1.0).map_err(anyhow::Error::from)?;
    let mut doc = scorer.doc();
    while doc != TERMINATED {
        if is_alive(reader, doc) && !visit(columns, doc) {
            return Ok(false);
        }
        doc = scorer.advance();
    }
    Ok(true)
}

fn is_alive(reader: &SegmentReader, doc: DocId) -> bool {
    reader.alive_bitset().is_none_or(|alive| alive.is_alive(doc))
}

/// The best so far, in the direction of travel.
struct Best<'w> {
    wish: &'w Wish,
    ranks: Vec<Rank>,
}

impl Best<'_> {
    fn compare(&self, one: &Rank, other: &Rank) -> Ordering {
        let order = self.wish.order.compare(one, other);
        if self.wish.is_forward { order } else { order.reverse() }
    }

    fn offer(&mut self, rank: Rank) {
        if self.wish.from.as_ref().is_some_and(|from| self.compare(&rank, from).is_le()) {
            return;
        }
        let place = self.ranks.partition_point(|other| self.compare(other, &rank).is_lt());
        if place <= self.wish.size {
            self.ranks.insert(place, rank);
            self.ranks.truncate(self.wish.size + 1);
        }
    }

    /// Scores up to here cannot enter any more; equal ones still may, by their ids.
    fn least_score(&self) -> f32 {
        match self.ranks.get(self.wish.size) {
            Some(Rank { value: Ranked::Score(score), .. }) => score.next_down(),
            _ => f32::MIN,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn neighbours_are_one_letter_away() {
        let near = one_letter_away("mobilite");
        for one in
            ["mobilité".replace('é', "e") + "s", "mobilte".into(), "mobilitr".into(), "mobliite".into()]
        {
            assert!(near.contains(&one), "{one}");
        }
        assert!(!near.contains("mobilite") && !near.contains("mobil"));
    }

    #[test]
    fn ties_stay_within_reach() {
        let wish = Wish { order: OrderBy::Relevance, size: 0, is_forward: true, from: None };
        let mut best = Best { wish: &wish, ranks: Vec::new() };
        let rank = |id: u128| Rank { value: Ranked::Score(1.5), id: ProjectId(Uuid::from_u128(id)) };
        best.offer(rank(2));
        assert!(best.least_score() < 1.5);
        best.offer(rank(1));
        assert_eq!(best.ranks, [rank(1)]);
    }
}
