//! What the index holds of a project: words to find it by, and columns for conditions, facets and visibility.

use crate::words::words;
use door::{card::Parts, reference::Reference};
use entity::{
    codes::TerritoryScale,
    ids::{Key, OrganizationId, ProjectId},
    projects::project,
    read_model::{Packed, project_card},
};
use std::collections::BTreeMap;
use tantivy::{
    TantivyDocument, Term,
    schema::{
        FAST, Field, INDEXED, IndexRecordOption, NumericOptions, Schema, TextFieldIndexing, TextOptions,
    },
    tokenizer::{Language, Stemmer, TextAnalyzer, Token, TokenStream, Tokenizer, TokenizerManager},
};
use uuid::Uuid;

/// Changes whenever the index has to be built anew.
pub const VERSION: u32 = 3;

/// A title's words count so many times.
const TITLE: usize = 3;

pub const FRENCH: &str = "fr";
pub const ENGLISH: &str = "en";
pub const PLAIN: &str = "plain";

/// Scales that people count by most: their places have a column of their own, which is much shorter than that of all.
pub const SCALES: [(TerritoryScale, &str); 2] =
    [(TerritoryScale::Region, "regions"), (TerritoryScale::Departement, "departments")];

#[derive(Clone)]
pub struct Fields {
    pub id: Field,
    pub french: Field,
    pub english: Field,
    pub plain: Field,
    packed: [Field; Packed::ALL.len()],
    id_high: Field,
    id_low: Field,
    holder: Field,
    sought: Field,
    published: Field,
    updated: Field,
    created: Field,
    title: Field,
    started: Field,
    places: Field,
    scaled: [Field; SCALES.len()],
    terms: Field,
}

pub fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let text = |tokenizer: &str, record| {
        TextOptions::default().set_indexing_options(
            TextFieldIndexing::default().set_tokenizer(tokenizer).set_index_option(record),
        )
    };
    let fast = NumericOptions::default() | FAST;
    let sorted = TextOptions::default().set_fast("raw");
    let fields = Fields {
        id: schema.add_bytes_field("id", INDEXED),
        french: schema.add_text_field(FRENCH, text(FRENCH, IndexRecordOption::WithFreqs)),
        english: schema.add_text_field(ENGLISH, text(ENGLISH, IndexRecordOption::WithFreqs)),
        plain: schema.add_text_field(PLAIN, text(PLAIN, IndexRecordOption::WithFreqsAndPositions)),
        packed: Packed::ALL.map(|column| schema.add_u64_field(column.name(), fast.clone())),
        id_high: schema.add_u64_field("id_high", fast.clone()),
        id_low: schema.add_u64_field("id_low", fast.clone()),
        holder: schema.add_u64_field("holder", fast.clone()),
        sought: schema.add_i64_field("sought", fast.clone()),
        published: schema.add_i64_field("published", fast.clone()),
        updated: schema.add_i64_field("updated", fast.clone()),
        created: schema.add_i64_field("created", fast.clone()),
        title: schema.add_text_field("title", sorted.clone()),
        started: schema.add_text_field("started", sorted),
        places: schema.add_u64_field("places", fast.clone()),
        scaled: SCALES.map(|(_, name)| schema.add_u64_field(name, fast.clone())),
        terms: schema.add_u64_field("terms", fast),
    };
    (schema.build(), fields)
}

/// Number of an id that columns can hold: its random half.
pub fn low(id: Uuid) -> u64 {
    id.as_u64_pair().1
}

pub fn holder(id: OrganizationId) -> u64 {
    low(id.0)
}

/// A place as the index keeps it: its number, and whether it is the project's own.
pub const fn place(number: u32, is_own: bool) -> u64 {
    (number as u64) << 1 | is_own as u64
}

impl Fields {
    pub fn key(&self, id: ProjectId) -> Term {
        Term::from_field_bytes(self.id, id.uuid().as_bytes())
    }

    pub fn document(
        &self,
        row: &project::Model,
        card: &project_card::Model,
        reference: &Reference,
    ) -> TantivyDocument {
        let mut document = TantivyDocument::new();
        document.add_bytes(self.id, row.id.0.as_bytes());
        let (high, low_half) = row.id.0.as_u64_pair();
        document.add_u64(self.id_high, high);
        document.add_u64(self.id_low, low_half);
        self.texts(&mut document, row);
        let packs = [card.facts, card.holder_facts, card.themes, card.publics, card.ways];
        for (field, bits) in self.packed.iter().zip(packs) {
            document.add_u64(*field, bits.cast_unsigned());
        }
        document.add_u64(self.holder, holder(card.holder_id));
        if let Some(sought) = card.sought {
            document.add_i64(self.sought, sought);
        }
        if let Some(at) = card.published_at {
            document.add_i64(self.published, at.0);
        }
        document.add_i64(self.updated, card.updated_at.0);
        document.add_i64(self.created, card.created_at.0);
        document.add_text(self.title, &card.title_key);
        if let Some(on) = &card.started_on {
            document.add_text(self.started, on);
        }
        let parts = Parts::read(&card.parts).unwrap_or_default();
        self.places(&mut document, &parts, row.id, reference);
        for link in parts.terms(row.id) {
            if door::card::term_bit(reference, link.term_id).is_none() {
                document.add_u64(self.terms, low(link.term_id.0));
            }
        }
        document
    }

    fn texts(&self, document: &mut TantivyDocument, row: &project::Model) {
        let mut add = |language: &str, text: &str, times: usize| {
            let field = if language == ENGLISH { self.english } else { self.french };
            for _ in 0..times {
                document.add_text(field, text);
                document.add_text(self.plain, text);
            }
        };
        add(&row.language, &row.title, TITLE);
        let more = [
            Some(&row.summary),
            row.description.as_ref(),
            row.need_addressed.as_ref(),
            row.solution.as_ref(),
        ];
        for text in more.into_iter().flatten() {
            add(&row.language, text, 1);
        }
        for (language, texts) in row.translations.as_object().into_iter().flatten() {
            for (name, times) in [("title", TITLE), ("summary", 1)] {
                if let Some(text) = texts.get(name).and_then(serde_json::Value::as_str) {
                    add(language, text, times);
                }
            }
        }
    }

    fn places(&self, document: &mut TantivyDocument, parts: &Parts, id: ProjectId, reference: &Reference) {
        let mut places: BTreeMap<u32, bool> = BTreeMap::new();
        for link in parts.territories(id).unwrap_or_default() {
            let Some(number) = reference.atlas.number(link.territory_id) else { continue };
            places.insert(number, true);
            for &(above, _) in reference.atlas.at(number).into_iter().flat_map(|place| &place.around) {
                places.entry(above).or_insert(false);
            }
        }
        for (number, is_own) in places {
            document.add_u64(self.places, place(number, is_own));
            let scale = reference.atlas.at(number).map(|place| place.row.scale);
            let column = SCALES.iter().zip(&self.scaled).find(|((one, _), _)| Some(*one) == scale);
            if let Some((_, column)) = column {
                document.add_u64(*column, u64::from(number));
            }
        }
    }
}

/// Our words as the library's tokens.
#[derive(Clone, Default)]
struct Words;

struct Tokens {
    tokens: std::vec::IntoIter<Token>,
    token: Token,
}

impl Tokenizer for Words {
    type TokenStream<'a> = Tokens;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Tokens {
        let tokens: Vec<_> = words(text)
            .into_iter()
            .enumerate()
            .map(|(position, word)| Token {
                offset_from: word.from,
                offset_to: word.to,
                position,
                text: word.folded,
                position_length: 1,
            })
            .collect();
        Tokens { tokens: tokens.into_iter(), token: Token::default() }
    }
}

impl TokenStream for Tokens {
    fn advance(&mut self) -> bool {
        match self.tokens.next() {
            Some(token) => {
                self.token = token;
                true
            }
            None => false,
        }
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

fn stemming(language: Language) -> TextAnalyzer {
    TextAnalyzer::builder(Words).filter(Stemmer::new(language)).build()
}

pub fn tokenizers() -> TokenizerManager {
    // The default ones too: key fields ask for them.
    let manager = TokenizerManager::default();
    manager.register(FRENCH, stemming(Language::French));
    manager.register(ENGLISH, stemming(Language::English));
    manager.register(PLAIN, TextAnalyzer::from(Words));
    manager
}

/// Stems of a folded word, French and English.
pub fn stems(word: &str) -> [String; 2] {
    [Language::French, Language::English].map(|language| {
        let mut analyzer = stemming(language);
        let mut stream = analyzer.token_stream(word);
        if stream.advance() { stream.token().text.clone() } else { word.to_owned() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_share_a_stem() {
        for (one, other) in
            [("mobilites", "mobilite"), ("solidaires", "solidaire"), ("inclusifs", "inclusif")]
        {
            assert_eq!(stems(one)[0], stems(other)[0], "{one} {other}");
        }
        assert_eq!(stems("housing")[1], stems("house")[1]);
    }
}
