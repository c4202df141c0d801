//! Variable values against their declared types, before anything runs (`CoerceVariableValues`).
//!
//! The library looks at a variable only where it is used, forgets defaults in `@skip` and `@include`, and names
//! Rust's types when a value does not fit. Custom scalars keep their own say when the value is read.

use async_graphql::{
    Name, Value, Variables,
    parser::types::{BaseType, OperationDefinition, Type, VariableDefinition},
};

use crate::{
    codes::ErrorCode,
    limits::holds_nul,
    outline::{Argument, Outline, Shape},
    refusal::Refusal,
};

/// Returns the values of the variables that `operation` declares, defaults filled in, and no others.
pub fn coerce(
    operation: &OperationDefinition,
    mut given: Variables,
    outline: &Outline,
) -> Result<Variables, Refusal> {
    let mut coerced = Variables::default();
    for definition in &operation.variable_definitions {
        let VariableDefinition { name, var_type, default_value, .. } = &definition.node;
        let default = || default_value.as_ref().map(|value| value.node.clone());
        let Some(value) = given.remove(&name.node).or_else(default) else {
            if var_type.node.nullable {
                continue; // An omitted variable is not a null one.
            }
            let message = format!("Variable \"${}\" of type \"{}\" is required.", name.node, var_type.node);
            return Err(Refusal::new(ErrorCode::BadUserInput, message).at(definition.pos));
        };
        check(&var_type.node, &value, outline).map_err(|misfit| {
            let message = format!("Variable \"${}{}\" {}.", name.node, misfit.path, misfit.reason);
            Refusal::new(ErrorCode::BadUserInput, message).at(definition.pos)
        })?;
        coerced.insert(name.node.clone(), value);
    }
    Ok(coerced)
}

/// Where inside a value, and why, it does not fit.
struct Misfit {
    path: String,
    reason: String,
}

impl Misfit {
    fn new(reason: impl Into<String>) -> Self {
        Self { path: String::new(), reason: reason.into() }
    }

    fn below(mut self, step: &str) -> Self {
        self.path.insert_str(0, step);
        self
    }
}

fn check(ty: &Type, value: &Value, outline: &Outline) -> Result<(), Misfit> {
    if *value == Value::Null {
        return if ty.nullable {
            Ok(())
        } else {
            Err(Misfit::new(format!("must not be null; it is a \"{ty}\"")))
        };
    }
    if matches!(value, Value::String(_)) && holds_nul(value) {
        return Err(Misfit::new("has the character U+0000; leave it out"));
    }
    match (&ty.base, value) {
        (BaseType::List(inner), Value::List(items)) => {
            for (at, item) in items.iter().enumerate() {
                check(inner, item, outline).map_err(|misfit| misfit.below(&format!("[{at}]")))?;
            }
            Ok(())
        }
        (BaseType::List(inner), single) => check(inner, single, outline),
        (BaseType::Named(name), value) => check_named(name, value, outline),
    }
}

fn check_named(name: &Name, value: &Value, outline: &Outline) -> Result<(), Misfit> {
    match outline.shape(name) {
        Some(Shape::Enum { values }) => match value {
            Value::String(chosen) if values.contains(chosen) => Ok(()),
            Value::Enum(chosen) if values.contains(chosen.as_str()) => Ok(()),
            _ => Err(Misfit::new(format!("is not a value of the enum \"{name}\""))),
        },
        Some(Shape::Input { is_one_of, fields }) => {
            let Value::Object(given) = value else {
                return Err(Misfit::new(format!("must be an object of type \"{name}\"")));
            };
            if *is_one_of && (given.len() != 1 || given.values().any(|value| *value == Value::Null)) {
                return Err(Misfit::new(format!("must have exactly one field of \"{name}\", and not null")));
            }
            if let Some(unknown) = given.keys().find(|field| !fields.contains_key(field.as_str())) {
                return Err(Misfit::new(format!(
                    "has a field \"{unknown}\" that \"{name}\" does not define"
                )));
            }
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(field, _)| *field); // The same input gives the same message.
            for (field, Argument { ty, default }) in fields {
                match given.get(field.as_str()) {
                    Some(value) => {
                        check(ty, value, outline).map_err(|misfit| misfit.below(&format!(".{field}")))?;
                    }
                    None if ty.nullable || default.is_some() => {}
                    None => return Err(Misfit::new(format!("lacks the field \"{field}\" of type \"{ty}\""))),
                }
            }
            Ok(())
        }
        Some(Shape::Scalar) if fits_scalar(name, value) => Ok(()),
        Some(Shape::Scalar) => Err(Misfit::new(format!("is not a valid \"{name}\""))),
        // An output type or an unknown one: validation says so.
        _ => Ok(()),
    }
}

fn fits_scalar(name: &str, value: &Value) -> bool {
    match (name, value) {
        ("Int", Value::Number(number)) => number.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        ("Float", Value::Number(_))
        | ("String" | "ID", Value::String(_))
        | ("Boolean", Value::Boolean(_)) => true,
        ("ID", Value::Number(number)) => number.is_i64() || number.is_u64(),
        ("Int" | "Float" | "String" | "ID" | "Boolean", _) => false,
        _ => true,
    }
}
