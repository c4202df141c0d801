//! The schema as cost, variables and merging need it: read once from SDL, looked up by name, never changed.

use std::collections::{HashMap, HashSet};

use async_graphql::{
    Value,
    parser::{
        self,
        types::{
            BaseType, FieldDefinition, InputValueDefinition, OperationType, Type, TypeDefinition, TypeKind,
            TypeSystemDefinition,
        },
    },
};

/// Introspection is in no SDL, yet in every document a tool sends.
const INTROSPECTION: &str = "
type __Schema { description: String types: [__Type!]! queryType: __Type! mutationType: __Type
  subscriptionType: __Type directives(includeDeprecated: Boolean): [__Directive!]! }
type __Type { kind: __TypeKind! name: String description: String specifiedByURL: String isOneOf: Boolean
  fields(includeDeprecated: Boolean): [__Field!] interfaces: [__Type!] possibleTypes: [__Type!]
  enumValues(includeDeprecated: Boolean): [__EnumValue!]
  inputFields(includeDeprecated: Boolean): [__InputValue!] ofType: __Type }
type __Field { name: String! description: String args(includeDeprecated: Boolean): [__InputValue!]!
  type: __Type! isDeprecated: Boolean! deprecationReason: String }
type __InputValue { name: String! description: String type: __Type! defaultValue: String
  isDeprecated: Boolean! deprecationReason: String }
type __EnumValue { name: String! description: String isDeprecated: Boolean! deprecationReason: String }
type __Directive { name: String! description: String locations: [__DirectiveLocation!]!
  args(includeDeprecated: Boolean): [__InputValue!]! isRepeatable: Boolean! }
enum __TypeKind { SCALAR OBJECT INTERFACE UNION ENUM INPUT_OBJECT LIST NON_NULL }
scalar __DirectiveLocation
type __Entry { __schema: __Schema! __type(name: String!): __Type __typename: String! }
";

/// Types by name, and the three roots.
#[derive(Clone, Debug)]
pub struct Outline {
    types: HashMap<String, Shape>,
    query: String,
    mutation: Option<String>,
    subscription: Option<String>,
}

/// What may stand under a type's name.
#[derive(Clone, Debug)]
pub enum Shape {
    Scalar,
    Enum { values: HashSet<String> },
    Input { is_one_of: bool, fields: HashMap<String, Argument> },
    Object { fields: HashMap<String, Field>, implements: Vec<String> },
    Interface { fields: HashMap<String, Field>, implements: Vec<String> },
    Union { members: Vec<String> },
}

#[derive(Clone, Debug)]
pub struct Field {
    pub ty: Type,
    pub arguments: HashMap<String, Argument>,
}

/// An argument of a field, or a field of an input.
#[derive(Clone, Debug)]
pub struct Argument {
    pub ty: Type,
    pub default: Option<Value>,
}

impl Outline {
    /// Reads what `Schema::sdl()` prints.
    pub fn from_sdl(sdl: &str) -> Result<Self, parser::Error> {
        let mut outline = Self {
            types: HashMap::new(),
            query: "Query".to_owned(),
            mutation: Some("Mutation".to_owned()),
            subscription: Some("Subscription".to_owned()),
        };
        for document in [parser::parse_schema(INTROSPECTION)?, parser::parse_schema(sdl)?] {
            for definition in document.definitions {
                outline.define(definition);
            }
        }
        for builtin in ["Int", "Float", "String", "Boolean", "ID"] {
            outline.types.insert(builtin.to_owned(), Shape::Scalar);
        }
        outline.open_introspection();
        Ok(outline)
    }

    fn define(&mut self, definition: TypeSystemDefinition) {
        match definition {
            TypeSystemDefinition::Schema(schema) => {
                let name = |root: Option<async_graphql::Positioned<async_graphql::Name>>| {
                    root.map(|name| name.node.to_string())
                };
                self.query = name(schema.node.query).unwrap_or_default();
                self.mutation = name(schema.node.mutation);
                self.subscription = name(schema.node.subscription);
            }
            TypeSystemDefinition::Type(ty) => {
                self.types.insert(ty.node.name.node.to_string(), shape(ty.node));
            }
            TypeSystemDefinition::Directive(_) => {}
        }
    }

    fn open_introspection(&mut self) {
        let Some(Shape::Object { fields: entry, .. }) = self.types.remove("__Entry") else { return };
        if let Some(Shape::Object { fields, .. }) = self.types.get_mut(&self.query) {
            fields.extend(entry);
        }
    }

    pub fn root(&self, kind: OperationType) -> Option<&str> {
        match kind {
            OperationType::Query => Some(&self.query),
            OperationType::Mutation => self.mutation.as_deref(),
            OperationType::Subscription => self.subscription.as_deref(),
        }
    }

    pub fn shape(&self, name: &str) -> Option<&Shape> {
        self.types.get(name)
    }

    pub fn types(&self) -> impl Iterator<Item = (&str, &Shape)> {
        self.types.iter().map(|(name, shape)| (name.as_str(), shape))
    }

    pub fn field(&self, parent: &str, field: &str) -> Option<&Field> {
        self.fields(parent)?.get(field)
    }

    pub fn fields(&self, parent: &str) -> Option<&HashMap<String, Field>> {
        match self.types.get(parent)? {
            Shape::Object { fields, .. } | Shape::Interface { fields, .. } => Some(fields),
            _ => None,
        }
    }

    /// Whether a type has fields or members, so that a fragment may be about it.
    pub fn is_composite(&self, name: &str) -> bool {
        matches!(
            self.types.get(name),
            Some(Shape::Object { .. } | Shape::Interface { .. } | Shape::Union { .. })
        )
    }

    pub fn is_object(&self, name: &str) -> bool {
        matches!(self.types.get(name), Some(Shape::Object { .. }))
    }

    /// Whether whatever is a `name` is always a `condition` too.
    pub fn is_always(&self, name: &str, condition: &str) -> bool {
        if name == condition {
            return self.is_composite(name);
        }
        let declares = match self.types.get(name) {
            Some(Shape::Object { implements, .. } | Shape::Interface { implements, .. }) => {
                implements.iter().any(|interface| interface == condition)
            }
            _ => false,
        };
        declares
            || matches!(self.types.get(condition),
                Some(Shape::Union { members }) if members.iter().any(|member| member == name))
    }
}

/// The name inside all lists and bangs.
pub fn named(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name,
        BaseType::List(inner) => named(inner),
    }
}

pub fn is_list(ty: &Type) -> bool {
    matches!(ty.base, BaseType::List(_))
}

fn shape(ty: TypeDefinition) -> Shape {
    let one_of = ty.directives.iter().any(|directive| directive.node.name.node == "oneOf");
    let names = |list: Vec<async_graphql::Positioned<async_graphql::Name>>| {
        list.into_iter().map(|name| name.node.to_string()).collect()
    };
    match ty.kind {
        TypeKind::Scalar => Shape::Scalar,
        TypeKind::Enum(kind) => Shape::Enum {
            values: kind.values.into_iter().map(|value| value.node.value.node.to_string()).collect(),
        },
        TypeKind::InputObject(kind) => Shape::Input {
            is_one_of: one_of,
            fields: kind.fields.into_iter().map(|field| argument(field.node)).collect(),
        },
        TypeKind::Object(kind) => Shape::Object {
            fields: kind.fields.into_iter().map(|definition| field(definition.node)).collect(),
            implements: names(kind.implements),
        },
        TypeKind::Interface(kind) => Shape::Interface {
            fields: kind.fields.into_iter().map(|definition| field(definition.node)).collect(),
            implements: names(kind.implements),
        },
        TypeKind::Union(kind) => Shape::Union { members: names(kind.members) },
    }
}

fn field(definition: FieldDefinition) -> (String, Field) {
    let arguments = definition.arguments.into_iter().map(|value| argument(value.node)).collect();
    (definition.name.node.to_string(), Field { ty: definition.ty.node, arguments })
}

fn argument(definition: InputValueDefinition) -> (String, Argument) {
    let default = definition.default_value.map(|value| value.node);
    (definition.name.node.to_string(), Argument { ty: definition.ty.node, default })
}
