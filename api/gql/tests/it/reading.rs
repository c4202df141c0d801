//! The pass before the parser: whatever the parser takes, it leaves alone; what only the specification takes, it
//! makes the parser take.

use std::{borrow::Cow, fmt::Write as _};

use async_graphql::parser::parse_query;
use gql::limits::{Limits, text::read};

fn limits() -> Limits {
    Limits::default()
}

#[test]
fn descriptions_become_spaces() {
    let table = [
        ("\"Lists.\" query A { a }", "         query A { a }"),
        ("\"\"\"\nLists é\n\"\"\"\nquery { a }", "   \n       \n   \nquery { a }"),
        ("{ a } \"x\" fragment F on Q { b }", "{ a }     fragment F on Q { b }"),
        (
            "query A(\"one\" $a: Int = 1 \"two\" $b: String = \"no\") { a }",
            "query A(      $a: Int = 1       $b: String = \"no\") { a }",
        ),
        ("\"\"\"a \\\"\"\" b\"\"\" mutation { a }", "               mutation { a }"),
    ];
    for (text, expected) in table {
        assert_eq!(read(text, &limits()).unwrap(), expected);
        parse_query(expected).unwrap();
    }
}

#[test]
fn other_strings_stay() {
    let table = [
        "\"x\" { a }",
        "\"x\" \"y\" query { a }",
        "\"unterminated\nquery { a }",
        "\"unterminated \\\nquery { a }",
        "{ a(b: \"x\" c: \"\"\"query { \" } \\\"\"\" \"\"\") }",
        "query($a: String = \"$b\") { a }",
        "query($a: [String] = [\"a\" \"b\"]) { a }",
        "query @d(a: \"x\", b: $c) { a }",
        "# \"x\" query\n{ a }",
        "\u{feff}{ a }",
    ];
    for text in table {
        assert!(matches!(read(text, &limits()).unwrap(), Cow::Borrowed(same) if same == text), "{text}");
    }
}

#[test]
fn a_keyword_ends_where_it_ends() {
    for text in ["queryA { a }", "fragmentF on Q { a } { b }", "quer { a }", "\"d\" querya { a }"] {
        assert!(read(text, &limits()).is_err(), "{text}");
    }
}

#[test]
fn places_are_those_of_the_text() {
    let limits = Limits { tokens: 4, ..limits() };
    let refusal = read("# é\n{ é a\r\n  b c }", &limits).unwrap_err();
    assert_eq!((refusal.locations[0].line, refusal.locations[0].column), (3, 5));
}

/// Enough chance for documents; the same ones in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

/// Real documents with a few tokens dropped, doubled or put in: many stay documents, most of the rest nearly are.
#[test]
fn whatever_the_parser_takes_stays_as_it_is() {
    const DOCUMENTS: [&str; 4] = [
        "query Q ( $a : Int = 1 , $b : [T!]! = [ \"x\" ] ) @d ( x : \"y\" ) { a ( b : $a c : \"s\" ) { ... F } }",
        "mutation { pay ( input : { amount : -1.5e+3 , note : \"\"\"b \\\"\"\" { \"\"\" } ) @skip ( if : true ) { x : y } }",
        "fragment F on Q { ... on P { a } ... @include ( if : $a ) { b } } # c \"{\n { a ... F }",
        "\u{feff} { a ( x : \"\" y : \"\\\"\" z : \"\\u00e9é\" e : ENUM n : null l : [ 1 2 [ ] ] ) }",
    ];
    const PIECES: [&str; 16] = [
        "{",
        "}",
        "(",
        ")",
        "\"s\"",
        "\"\"\"b\"\"\"",
        "$a",
        ":",
        "a",
        "query",
        "fragment",
        "...",
        "@d",
        "1",
        "é",
        "\"",
    ];
    let mut dice = Dice(7);
    let mut taken = 0;
    for _ in 0..10_000 {
        let mut tokens: Vec<&str> = dice.pick(&DOCUMENTS).split(' ').collect();
        for _ in 0..dice.below(3) {
            let place = dice.below(tokens.len());
            match dice.below(3) {
                0 => drop(tokens.remove(place)),
                1 => tokens.insert(place, tokens[place]),
                _ => tokens.insert(place, dice.pick(&PIECES)),
            }
        }
        let text = tokens.join(dice.pick(&[" ", "\n", " , ", " #c\r\n"]));
        let Ok(read) = read(&text, &limits()) else { continue };
        if parse_query(&text).is_ok() {
            taken += 1;
            assert_eq!(read, text, "changed");
        } else {
            assert_eq!(read.chars().count(), text.chars().count());
        }
    }
    assert!(taken > 3_000, "the dice make too few documents: {taken}");
}

/// Documents that are valid, with descriptions and comments strewn in where the specification has them.
#[test]
fn descriptions_never_change_the_meaning() {
    let mut dice = Dice(11);
    for _ in 0..2_000 {
        let described = |dice: &mut Dice| {
            dice.pick(&["", "\"d\" ", "\"\"\"d { \" } \\\"\"\" é\n\"\"\"\n", "# c\n"]).to_owned()
        };
        let value = |dice: &mut Dice| {
            dice.pick(&["1", "\"$x\"", "\"\"\"query { \"\"\"", "[\"a\", \"b\"]", "{ k: \"v\" }"]).to_owned()
        };
        let mut plain = String::new();
        let mut rich = String::new();
        for n in 0..=dice.below(3) {
            let variable = format!("$a: T = {}", value(&mut dice));
            let body = format!("{{ f(x: {}, y: $a) ... @skip(if: $a) {{ g }} }}", value(&mut dice));
            let before = described(&mut dice);
            let inside = described(&mut dice);
            writeln!(plain, "query Q{n}({variable}) {body}").unwrap();
            writeln!(rich, "{before}query Q{n}({inside}{variable}) {body}").unwrap();
        }
        let read = read(&rich, &limits()).unwrap();
        let shape = |text: &str| {
            let document = parse_query(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
            let mut operations: Vec<_> = document
                .operations
                .iter()
                .map(|(name, operation)| {
                    let operation = &operation.node;
                    format!(
                        "{name:?} {:?} {:?}",
                        operation.variable_definitions[0]
                            .node
                            .default_value
                            .as_ref()
                            .map(|v| v.node.to_string()),
                        operation.selection_set.node.items.len()
                    )
                })
                .collect();
            operations.sort();
            operations
        };
        assert_eq!(shape(&read), shape(&plain), "{rich}");
    }
}
