//! Directives of our own: one definition each for introspection, for execution and for the published text.

use async_graphql::{
    ContextDirective, CustomDirective, CustomDirectiveFactory, ServerResult,
    indexmap::IndexMap,
    parser::types::Directive as Applied,
    registry::{__DirectiveLocation as Location, Deprecation, MetaDirective, MetaInputValue, Registry},
};
use std::borrow::Cow;

pub const ALL: [Directive; 2] = [ACCESS, IDEMPOTENT];

/// Printed on fields from the policies' table; means nothing in a query.
const ACCESS: Directive = Directive {
    name: "access",
    description: "Level a reader needs; nearer readers see the field too. Others get `null`, counted in \
                  `extensions.withheld`.",
    location: Location::FIELD_DEFINITION,
    on: "FIELD_DEFINITION",
    argument: ("level", "Visibility!", "Widest circle that sees the field."),
};

/// Read by the transport before anything runs.
const IDEMPOTENT: Directive = Directive {
    name: "idempotent",
    description: "Gives a mutation a key: sent again with the same key, it answers as it did the first time and does \
                  nothing more. The same as the header `Idempotency-Key`; one key per request. Keys are the caller's own \
                  and live for 24 hours.",
    location: Location::FIELD,
    on: "FIELD",
    argument: ("key", "String!", "Text of 1 to 255 characters that the caller did not use before."),
};

/// A directive with one argument.
#[derive(Clone, Copy)]
pub struct Directive {
    name: &'static str,
    description: &'static str,
    location: Location,
    on: &'static str,
    /// Name, type, description.
    argument: (&'static str, &'static str, &'static str),
}

impl Directive {
    /// The definition as text; the library's own export drops the description of the argument.
    pub fn sdl(&self) -> String {
        let Self { name, description, on, argument: (argument, ty, meaning), .. } = self;
        format!(
            "\"\"\"{description}\"\"\" directive @{name}(\"\"\"{meaning}\"\"\" {argument}: {ty}) on {on}\n"
        )
    }
}

impl CustomDirectiveFactory for Directive {
    fn name(&self) -> Cow<'static, str> {
        self.name.into()
    }

    fn register(&self, registry: &mut Registry) {
        let (argument, ty, meaning) = self.argument;
        let value = MetaInputValue {
            name: argument.to_owned(),
            description: Some(meaning.to_owned()),
            ty: ty.to_owned(),
            deprecation: Deprecation::NoDeprecated,
            default_value: None,
            visible: None,
            inaccessible: false,
            tags: Vec::new(),
            is_secret: false,
            directive_invocations: Vec::new(),
        };
        registry.add_directive(MetaDirective {
            name: self.name.to_owned(),
            description: Some(self.description.to_owned()),
            locations: vec![self.location],
            args: IndexMap::from([(argument.to_owned(), value)]),
            is_repeatable: false,
            visible: None,
            composable: None,
        });
    }

    fn create(&self, _: &ContextDirective<'_>, _: &Applied) -> ServerResult<Box<dyn CustomDirective>> {
        Ok(Box::new(Inert))
    }
}

struct Inert;

impl CustomDirective for Inert {}
