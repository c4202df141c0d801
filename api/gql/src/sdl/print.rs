//! Definitions as `graphql-js` 16 prints them.

use async_graphql::{
    Positioned, Value,
    parser::types::{
        ConstDirective, DirectiveDefinition, DirectiveLocation, EnumValueDefinition, FieldDefinition,
        InputValueDefinition, SchemaDefinition, TypeDefinition, TypeKind,
    },
};

use super::text;

pub(super) fn schema(schema: &SchemaDefinition, description: &str) -> String {
    let roots =
        [("query", &schema.query), ("mutation", &schema.mutation), ("subscription", &schema.subscription)];
    let roots = roots.iter().filter_map(|(kind, name)| Some(format!("{kind}: {}", name.as_ref()?.node)));
    let body = words(["schema".to_owned(), directives(&schema.directives), block(roots)]);
    described(Some(description), body)
}

pub(super) fn directive_definition(directive: &DirectiveDefinition) -> String {
    let DirectiveDefinition { description, name, arguments, is_repeatable, locations } = directive;
    let repeatable = if *is_repeatable { " repeatable" } else { "" };
    let locations = locations.iter().map(|place| location(place.node)).collect::<Vec<_>>().join(" | ");
    let body = format!("directive @{}{}{repeatable} on {locations}", name.node, parameters(arguments));
    described(node(description.as_ref()), body)
}

pub(super) fn type_definition(ty: &TypeDefinition) -> String {
    let directives = directives(&ty.directives);
    let head = |keyword: &str| format!("{keyword} {}", ty.name.node);
    let body = match &ty.kind {
        TypeKind::Scalar => words([head("scalar"), directives]),
        TypeKind::Object(object) => {
            let fields = block(object.fields.iter().map(|field| self::field(&field.node)));
            words([head("type"), implements(&object.implements), directives, fields])
        }
        TypeKind::Interface(interface) => {
            let fields = block(interface.fields.iter().map(|field| self::field(&field.node)));
            words([head("interface"), implements(&interface.implements), directives, fields])
        }
        TypeKind::Union(union) => words([head("union"), directives, names("= ", &union.members, " | ")]),
        TypeKind::Enum(kind) => {
            let values = block(kind.values.iter().map(|value| enum_value(&value.node)));
            words([head("enum"), directives, values])
        }
        TypeKind::InputObject(input) => {
            let fields = block(input.fields.iter().map(|field| input_value(&field.node)));
            words([head("input"), directives, fields])
        }
    };
    described(node(ty.description.as_ref()), body)
}

fn field(field: &FieldDefinition) -> String {
    let FieldDefinition { description, name, arguments, ty, directives } = field;
    let body = format!("{}{}: {}", name.node, parameters(arguments), ty.node);
    described(node(description.as_ref()), words([body, self::directives(directives)]))
}

fn enum_value(value: &EnumValueDefinition) -> String {
    let body = words([value.value.node.to_string(), directives(&value.directives)]);
    described(node(value.description.as_ref()), body)
}

fn input_value(input: &InputValueDefinition) -> String {
    let InputValueDefinition { description, name, ty, default_value, directives } = input;
    let default =
        default_value.as_ref().map_or_else(String::new, |default| format!("= {}", value(&default.node)));
    let body = words([format!("{}: {}", name.node, ty.node), default, self::directives(directives)]);
    described(node(description.as_ref()), body)
}

fn parameters(arguments: &[Positioned<InputValueDefinition>]) -> String {
    let arguments: Vec<_> = arguments.iter().map(|argument| input_value(&argument.node)).collect();
    if arguments.is_empty() {
        String::new()
    } else if arguments.iter().any(|argument| argument.contains('\n')) {
        format!("(\n{}\n)", indented(&arguments.join("\n")))
    } else {
        format!("({})", arguments.join(", "))
    }
}

fn directives(directives: &[Positioned<ConstDirective>]) -> String {
    let uses = directives.iter().map(|directive| {
        let ConstDirective { name, arguments } = &directive.node;
        let arguments =
            arguments.iter().map(|(name, given)| format!("{}: {}", name.node, value(&given.node)));
        let arguments = arguments.collect::<Vec<_>>().join(", ");
        if arguments.is_empty() { format!("@{}", name.node) } else { format!("@{}({arguments})", name.node) }
    });
    uses.collect::<Vec<_>>().join(" ")
}

fn value(given: &Value) -> String {
    match given {
        Value::String(string) => text::quoted(string),
        Value::List(items) => format!("[{}]", items.iter().map(value).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let members = members.iter().map(|(name, member)| format!("{name}: {}", value(member)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        plain => plain.to_string(),
    }
}

fn implements(interfaces: &[Positioned<async_graphql::Name>]) -> String {
    names("implements ", interfaces, " & ")
}

fn names(before: &str, names: &[Positioned<async_graphql::Name>], between: &str) -> String {
    let names = names.iter().map(|name| name.node.as_str()).collect::<Vec<_>>().join(between);
    if names.is_empty() { names } else { format!("{before}{names}") }
}

fn node(description: Option<&Positioned<String>>) -> Option<&str> {
    description.map(|description| description.node.as_str())
}

fn described(description: Option<&str>, body: String) -> String {
    match description {
        Some(description) if !description.trim().is_empty() => {
            format!("{}\n{body}", text::block(description))
        }
        _ => body,
    }
}

fn words(parts: impl IntoIterator<Item = String>) -> String {
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn block(lines: impl Iterator<Item = String>) -> String {
    let lines = lines.collect::<Vec<_>>().join("\n");
    if lines.is_empty() { lines } else { format!("{{\n{}\n}}", indented(&lines)) }
}

/// Empty lines too: `graphql-js` does so, and its bytes are the measure.
fn indented(lines: &str) -> String {
    format!("  {}", lines.replace('\n', "\n  "))
}

fn location(place: DirectiveLocation) -> &'static str {
    match place {
        DirectiveLocation::Query => "QUERY",
        DirectiveLocation::Mutation => "MUTATION",
        DirectiveLocation::Subscription => "SUBSCRIPTION",
        DirectiveLocation::Field => "FIELD",
        DirectiveLocation::FragmentDefinition => "FRAGMENT_DEFINITION",
        DirectiveLocation::FragmentSpread => "FRAGMENT_SPREAD",
        DirectiveLocation::InlineFragment => "INLINE_FRAGMENT",
        DirectiveLocation::VariableDefinition => "VARIABLE_DEFINITION",
        DirectiveLocation::Schema => "SCHEMA",
        DirectiveLocation::Scalar => "SCALAR",
        DirectiveLocation::Object => "OBJECT",
        DirectiveLocation::FieldDefinition => "FIELD_DEFINITION",
        DirectiveLocation::ArgumentDefinition => "ARGUMENT_DEFINITION",
        DirectiveLocation::Interface => "INTERFACE",
        DirectiveLocation::Union => "UNION",
        DirectiveLocation::Enum => "ENUM",
        DirectiveLocation::EnumValue => "ENUM_VALUE",
        DirectiveLocation::InputObject => "INPUT_OBJECT",
        DirectiveLocation::InputFieldDefinition => "INPUT_FIELD_DEFINITION",
    }
}
