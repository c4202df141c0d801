//! The pass over a document's characters, before the parser: one loop, no recursion.
//!
//! It counts tokens and open brackets, and blanks the descriptions that the September 2025 edition allows on
//! operations, fragments and variables, which the library's parser does not know. Every other character, and
//! every position, stays as it was.

use std::{borrow::Cow, ops::Range};

use async_graphql::Pos;

use super::{Limits, exceeded, too_large};
use crate::{codes::ErrorCode, refusal::Refusal};

const DEFINITIONS: [&str; 4] = ["query", "mutation", "subscription", "fragment"];

/// Checks `text` and returns what the parser shall read.
pub fn read<'a>(text: &'a str, limits: &Limits) -> Result<Cow<'a, str>, Refusal> {
    if text.len() > limits.document_bytes {
        return Err(too_large("documentBytes", limits.document_bytes, "The document"));
    }
    let mut reader = Reader::new(text, limits);
    for lexeme in Lexer::new(text) {
        reader.take(&lexeme)?;
    }
    Ok(blanked(text, &reader.descriptions))
}

/// What the pass remembers between two tokens.
struct Reader<'a> {
    text: &'a str,
    limits: &'a Limits,
    tokens: usize,
    open: Vec<Token>,
    before: Option<Token>,
    /// A string that is a description if the next token agrees.
    candidate: Option<Range<usize>>,
    descriptions: Vec<Range<usize>>,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, limits: &'a Limits) -> Self {
        Self {
            text,
            limits,
            tokens: 0,
            open: Vec::new(),
            before: None,
            candidate: None,
            descriptions: Vec::new(),
        }
    }

    fn take(&mut self, lexeme: &Lexeme<'_>) -> Result<(), Refusal> {
        self.tokens += 1;
        if self.tokens > self.limits.tokens {
            return Err(exceeded("tokens", self.limits.tokens, "The document has too many tokens")
                .at(position(self.text, lexeme.span.start)));
        }
        self.check_definition(lexeme)?;
        self.settle_description(lexeme);
        match lexeme.token {
            Token::Paren | Token::Bracket | Token::Brace => self.open_bracket(lexeme)?,
            Token::Close => {
                self.open.pop();
            }
            Token::String if self.expects_definition() || self.expects_variable() => {
                self.candidate = Some(lexeme.span.clone());
            }
            _ => {}
        }
        self.before = Some(lexeme.token);
        Ok(())
    }

    /// The parser reads `queryProjects {` as `query Projects {`; GraphQL does not.
    fn check_definition(&self, lexeme: &Lexeme<'_>) -> Result<(), Refusal> {
        let starts = self.expects_definition() || (self.open.is_empty() && self.candidate.is_some());
        if lexeme.token == Token::Name && starts && !DEFINITIONS.contains(&lexeme.text) {
            return Err(Refusal::new(
                ErrorCode::ParseFailed,
                "Syntax error: expected executable definition.",
            )
            .at(position(self.text, lexeme.span.start)));
        }
        Ok(())
    }

    fn settle_description(&mut self, lexeme: &Lexeme<'_>) {
        let Some(span) = self.candidate.take() else { return };
        let described = match lexeme.token {
            Token::Name => self.open.is_empty(),
            Token::Dollar => !self.open.is_empty(),
            _ => false,
        };
        if described {
            self.descriptions.push(span);
        }
    }

    fn open_bracket(&mut self, lexeme: &Lexeme<'_>) -> Result<(), Refusal> {
        if self.open.len() >= self.limits.nesting {
            return Err(exceeded("nesting", self.limits.nesting, "The document has too many brackets open")
                .at(position(self.text, lexeme.span.start)));
        }
        self.open.push(lexeme.token);
        Ok(())
    }

    fn expects_definition(&self) -> bool {
        self.open.is_empty() && matches!(self.before, None | Some(Token::Close))
    }

    /// Inside `query (…)`, except where a default value stands. Arguments of an operation's directive look
    /// alike, but have a colon before each string.
    fn expects_variable(&self) -> bool {
        self.open == [Token::Paren] && !matches!(self.before, Some(Token::Assigns))
    }
}

fn blanked<'a>(text: &'a str, spans: &[Range<usize>]) -> Cow<'a, str> {
    if spans.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut spans = spans.iter().peekable();
    let mut blank = String::with_capacity(text.len());
    for (at, char) in text.char_indices() {
        while spans.next_if(|span| span.end <= at).is_some() {}
        let inside = spans.peek().is_some_and(|span| span.contains(&at));
        // One space for each character keeps lines and columns; bytes nobody counts.
        blank.push(if inside && !matches!(char, '\n' | '\r') { ' ' } else { char });
    }
    Cow::Owned(blank)
}

/// Line and column as the parser counts them: from one, in characters.
fn position(text: &str, offset: usize) -> Pos {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit(['\n', '\r']).next().map_or(0, |rest| rest.chars().count()) + 1;
    Pos { line, column }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Paren,
    Bracket,
    Brace,
    Close,
    Dollar,
    /// `=` or `:`, after which a value follows.
    Assigns,
    Name,
    String,
    Other,
}

struct Lexeme<'a> {
    token: Token,
    text: &'a str,
    span: Range<usize>,
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Spaces, commas, line ends, byte order marks and comments.
    fn skip_ignored(&mut self) {
        loop {
            let rest = self.rest();
            let ignored = rest.trim_start_matches([' ', '\t', ',', '\n', '\r', '\u{feff}']);
            let after = match ignored.strip_prefix('#') {
                Some(comment) => comment.trim_start_matches(|char| char != '\n' && char != '\r'),
                None => ignored,
            };
            if after.len() == rest.len() {
                return;
            }
            self.at += rest.len() - after.len();
        }
    }
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Lexeme<'a>;

    fn next(&mut self) -> Option<Lexeme<'a>> {
        self.skip_ignored();
        let rest = self.rest();
        let first = rest.chars().next()?;
        let (token, length) = match first {
            '(' => (Token::Paren, 1),
            '[' => (Token::Bracket, 1),
            '{' => (Token::Brace, 1),
            ')' | ']' | '}' => (Token::Close, 1),
            '$' => (Token::Dollar, 1),
            '=' | ':' => (Token::Assigns, 1),
            '"' => string(rest),
            '_' | 'a'..='z' | 'A'..='Z' => {
                (Token::Name, run(rest, |c| c == '_' || c.is_ascii_alphanumeric()))
            }
            '-' | '0'..='9' => (Token::Other, number(rest)),
            '.' if rest.starts_with("...") => (Token::Other, 3),
            other => (Token::Other, other.len_utf8()),
        };
        let span = self.at..self.at + length;
        self.at = span.end;
        Some(Lexeme { token, text: rest.get(..length).unwrap_or_default(), span })
    }
}

fn run(rest: &str, belongs: fn(char) -> bool) -> usize {
    rest.len() - rest.trim_start_matches(belongs).len()
}

/// A sign, digits, a fraction and an exponent; whether they are a number the parser decides.
fn number(rest: &str) -> usize {
    let digits = |text: &str| run(text, |c| c.is_ascii_digit());
    let from = |at: usize| rest.get(at..).unwrap_or_default();
    let mut length = usize::from(rest.starts_with('-'));
    length += digits(from(length));
    let fraction = from(length).strip_prefix('.').map_or(0, digits);
    if fraction > 0 {
        length += 1 + fraction;
    }
    if from(length).starts_with(['e', 'E']) {
        length += 1;
        length += usize::from(from(length).starts_with(['+', '-']));
        length += digits(from(length));
    }
    length.max(1)
}

/// A string that never ends is not one: nothing of it may be taken for a description.
fn string(rest: &str) -> (Token, usize) {
    let end = if rest.starts_with("\"\"\"") { block_end(rest) } else { line_end(rest) };
    match end {
        Ok(length) => (Token::String, length),
        Err(length) => (Token::Other, length),
    }
}

fn block_end(rest: &str) -> Result<usize, usize> {
    let mut at = 3;
    while let Some(found) = rest.get(at..).and_then(|body| body.find("\"\"\"")) {
        let quotes = at + found;
        if !rest.get(at..quotes).unwrap_or_default().ends_with('\\') {
            return Ok(quotes + 3);
        }
        at = quotes + 3;
    }
    Err(rest.len())
}

fn line_end(rest: &str) -> Result<usize, usize> {
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return Ok(at + 1),
            '\n' | '\r' => return Err(at),
            '\\' => {
                if let Some((at, '\n' | '\r')) = chars.next() {
                    return Err(at);
                }
            }
            _ => {}
        }
    }
    Err(rest.len())
}
