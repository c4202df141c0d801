//! The published schema: the library's export, completed with what the library cannot say, printed as
//! `graphql-js` prints it, so that printing it again changes no byte.

mod print;
mod text;

use std::fmt;

use async_graphql::{
    Positioned,
    parser::{
        self,
        types::{
            ConstDirective, DirectiveDefinition, FieldDefinition, SchemaDefinition, TypeDefinition, TypeKind,
            TypeSystemDefinition,
        },
    },
};

/// Every GraphQL implementation has these; their definitions are noise.
const BUILT_IN: [&str; 5] = ["deprecated", "include", "oneOf", "skip", "specifiedBy"];

/// A schema on its way to print.
#[derive(Clone, Debug, Default)]
pub struct Publication {
    description: String,
    schema: Option<SchemaDefinition>,
    directives: Vec<DirectiveDefinition>,
    types: Vec<TypeDefinition>,
}

impl Publication {
    /// Reads what `Schema::sdl_with_options` exports. Ask it to `include_specified_by`.
    pub fn from_sdl(sdl: &str) -> Result<Self, Misprint> {
        Self::default().define(sdl)
    }

    /// Sets the description of the schema as a whole.
    #[must_use]
    pub fn describe(mut self, description: &str) -> Self {
        description.clone_into(&mut self.description);
        self
    }

    /// Adds definitions that the library does not know: directives, and the enums of their arguments.
    /// A directive that is there already is replaced: the library exports no descriptions of arguments.
    pub fn define(mut self, sdl: &str) -> Result<Self, Misprint> {
        for definition in parser::parse_schema(sdl)?.definitions {
            match definition {
                TypeSystemDefinition::Schema(schema) => self.schema = Some(schema.node),
                TypeSystemDefinition::Type(ty) => self.types.push(ty.node),
                TypeSystemDefinition::Directive(directive) => {
                    let mut directive = directive.node;
                    directive.is_repeatable = is_repeatable(&directive, sdl);
                    if !BUILT_IN.contains(&directive.name.node.as_str()) {
                        self.directives.retain(|known| known.name.node != directive.name.node);
                        self.directives.push(directive);
                    }
                }
            }
        }
        self.directives.sort_by(|one, other| one.name.node.cmp(&other.name.node));
        self.types.sort_by(|one, other| one.name.node.cmp(&other.name.node));
        Ok(self)
    }

    /// Puts a directive, written as `@access(level: PUBLIC)`, on the field at `Type.field`.
    pub fn mark(mut self, coordinate: &str, directive: &str) -> Result<Self, Misprint> {
        let directives = read_directives(directive)?;
        let Some(field) = self.field(coordinate) else {
            return Err(Misprint::NoSuchField(coordinate.to_owned()));
        };
        field.directives.extend(directives);
        Ok(self)
    }

    /// Prints the schema, then the directives, then the types by name.
    pub fn print(&self) -> String {
        let schema = self.schema.iter().map(|schema| print::schema(schema, &self.description));
        let directives = self.directives.iter().map(print::directive_definition);
        let types = self.types.iter().map(print::type_definition);
        let mut text = schema.chain(directives).chain(types).collect::<Vec<_>>().join("\n\n");
        text.push('\n');
        text
    }

    fn field(&mut self, coordinate: &str) -> Option<&mut FieldDefinition> {
        let (parent, name) = coordinate.split_once('.')?;
        let ty = self.types.iter_mut().find(|ty| ty.name.node == parent)?;
        let fields = match &mut ty.kind {
            TypeKind::Object(object) => &mut object.fields,
            TypeKind::Interface(interface) => &mut interface.fields,
            _ => return None,
        };
        fields.iter_mut().map(|field| &mut field.node).find(|field| field.name.node == name)
    }
}

/// The library's parser takes every directive for repeatable; the text before its locations knows.
fn is_repeatable(directive: &DirectiveDefinition, sdl: &str) -> bool {
    let Some(place) = directive.locations.first().map(|location| location.pos) else { return false };
    let lines: Vec<&str> = sdl.split('\n').take(place.line).collect();
    let Some((last, above)) = lines.split_last() else { return false };
    let until: String = last.chars().take(place.column.saturating_sub(1)).collect();
    let before = format!("{} {until}", above.join(" "));
    let before = before.trim_end_matches([' ', '\t', '\r', '|']).trim_end_matches("on").trim_end();
    before.strip_suffix("repeatable").is_some_and(|before| before.ends_with([' ', '\t', '\r', ')']))
}

/// The parser reads no directive alone, but on a scalar.
fn read_directives(text: &str) -> Result<Vec<Positioned<ConstDirective>>, Misprint> {
    let document = parser::parse_schema(format!("scalar Any {text}"))?;
    let directives = document.definitions.into_iter().filter_map(|definition| match definition {
        TypeSystemDefinition::Type(ty) => Some(ty.node.directives),
        _ => None,
    });
    Ok(directives.flatten().collect())
}

/// Why a schema cannot be printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misprint {
    /// The text is not a schema. An unescaped quote in a deprecation reason does this: the library escapes none.
    Syntax(parser::Error),
    NoSuchField(String),
}

impl From<parser::Error> for Misprint {
    fn from(error: parser::Error) -> Self {
        Self::Syntax(error)
    }
}

impl fmt::Display for Misprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(error) => write!(f, "the schema's text does not parse: {error}"),
            Self::NoSuchField(coordinate) => write!(f, "the schema has no field {coordinate}"),
        }
    }
}

impl std::error::Error for Misprint {}
