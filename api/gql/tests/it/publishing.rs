//! The published schema, down to the byte.

use async_graphql::{SDLExportOptions, parser::parse_schema};
use gql::sdl::{Misprint, Publication};

use crate::world::World;

const DEFINITIONS: &str = "
\"\"\"Says who may read a field.\"\"\"
directive @access(level: AccessLevel!) repeatable on FIELD_DEFINITION | OBJECT

\"Who may read.\"
enum AccessLevel { \"Everybody.\" PUBLIC MEMBER @deprecated(reason: \"Use \\\"PUBLIC\\\".\") }
";

fn publication() -> Publication {
    let options = SDLExportOptions::new().include_specified_by();
    Publication::from_sdl(&World::new().schema.sdl_with_options(options))
        .unwrap()
        .describe("A schema for tests.\n\nIn two paragraphs.")
        .define(DEFINITIONS)
        .unwrap()
        .mark("Query.projects", "@access(level: PUBLIC)")
        .unwrap()
        .mark("Receipt.note", "@access(level: MEMBER) @access(level: PUBLIC)")
        .unwrap()
}

#[test]
fn it_says_what_the_library_cannot() {
    let sdl = publication().print();
    let starts = "\"\"\"\nA schema for tests.\n\nIn two paragraphs.\n\"\"\"\nschema {\n  query: Query\n  mutation: Mutation\n}\n\n\
                  \"\"\"Says who may read a field.\"\"\"\n\
                  directive @access(level: AccessLevel!) repeatable on FIELD_DEFINITION | OBJECT\n\n\
                  \"\"\"Who may read.\"\"\"\nenum AccessLevel {\n  \"\"\"Everybody.\"\"\"\n  PUBLIC\n  MEMBER @deprecated(reason: \"Use \\\"PUBLIC\\\".\")\n}\n\n\
                  type Mutation {\n  pay(input: PayInput!): Receipt!\n";
    assert!(sdl.starts_with(starts), "{sdl}");
    assert!(
        sdl.contains("\n  projects(first: Int, last: Int): ProjectConnection! @access(level: PUBLIC)\n"),
        "{sdl}"
    );
    assert!(sdl.contains("\n  note: String! @access(level: MEMBER) @access(level: PUBLIC)\n"), "{sdl}");
    assert!(sdl.contains("\n  times: Int! = 1\n"), "{sdl}");
    assert!(!sdl.contains("directive @skip"), "{sdl}");
    assert!(!sdl.contains('\t') && sdl.ends_with("}\n"), "{sdl}");
}

#[test]
fn printing_what_was_printed_changes_nothing() {
    let sdl = publication().print();
    let again = Publication::from_sdl(
        sdl.split_once("schema {").map(|(_, rest)| format!("schema {{{rest}")).unwrap().as_str(),
    );
    assert_eq!(again.unwrap().describe("A schema for tests.\n\nIn two paragraphs.").print(), sdl);
    parse_schema(sdl.split_once("\"\"\"\nschema").unwrap().1.replacen(" {", "schema {", 1)).unwrap();
}

#[test]
fn only_what_is_repeatable_is_printed_so() {
    let sdl = "directive @repeatable on | FIELD | QUERY\n\ndirective @a(b: Int) on FIELD\n\n\
               directive @c(d: Int)repeatable\n  on\n  | FIELD\n\ndirective @e repeatable on FIELD\n";
    let printed = Publication::default().define(sdl).unwrap().print();
    let expected = "directive @a(b: Int) on FIELD\n\ndirective @c(d: Int) repeatable on FIELD\n\n\
                    directive @e repeatable on FIELD\n\ndirective @repeatable on FIELD | QUERY\n";
    assert_eq!(printed, expected);
}

#[test]
fn slips_are_named() {
    let empty = Publication::default();
    assert_eq!(empty.clone().mark("Query.no", "@a").unwrap_err(), Misprint::NoSuchField("Query.no".into()));
    assert!(matches!(empty.define("type {"), Err(Misprint::Syntax(_))));
}
