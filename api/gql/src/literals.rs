//! Values written in a document where an input object is wanted.
//!
//! The library's validation passes over anything else that stands there, and execution then names the type alone.

use async_graphql::{
    Value,
    parser::types::{BaseType, DocumentOperations, ExecutableDocument, Field, Selection, SelectionSet, Type},
};
use std::convert::Infallible;

use crate::{
    codes::ErrorCode,
    outline::{Argument, Outline, Shape, named},
    refusal::Refusal,
};

/// Refuses a document in which something else stands for an input object, and names the place.
pub fn check(document: &ExecutableDocument, outline: &Outline) -> Result<(), Refusal> {
    let operations: Vec<_> = match &document.operations {
        DocumentOperations::Single(one) => vec![&one.node],
        DocumentOperations::Multiple(all) => all.values().map(|one| &one.node).collect(),
    };
    for operation in operations {
        if let Some(root) = outline.root(operation.ty) {
            selection(&operation.selection_set.node, root, outline)?;
        }
    }
    document.fragments.values().try_for_each(|fragment| {
        selection(&fragment.node.selection_set.node, &fragment.node.type_condition.node.on.node, outline)
    })
}

fn selection(set: &SelectionSet, parent: &str, outline: &Outline) -> Result<(), Refusal> {
    set.items.iter().try_for_each(|item| match &item.node {
        Selection::Field(asked) => field(&asked.node, parent, outline),
        Selection::InlineFragment(fragment) => {
            let condition = fragment.node.type_condition.as_ref();
            let parent = condition.map_or(parent, |condition| &condition.node.on.node);
            selection(&fragment.node.selection_set.node, parent, outline)
        }
        Selection::FragmentSpread(_) => Ok(()),
    })
}

fn field(asked: &Field, parent: &str, outline: &Outline) -> Result<(), Refusal> {
    // What the schema does not know, validation says.
    let Some(known) = outline.field(parent, &asked.name.node) else { return Ok(()) };
    for (name, value) in &asked.arguments {
        let Some(Argument { ty, .. }) = known.arguments.get(name.node.as_str()) else { continue };
        // A variable has a type of its own, which is checked with its value.
        let Ok(written) = value.node.clone().into_const_with(|_| Ok::<_, Infallible>(Value::Null));
        if let Some((path, wanted)) = misplaced(ty, &written, outline) {
            let message = format!("Argument \"{}{path}\" must be an object of type \"{wanted}\".", name.node);
            return Err(Refusal::new(ErrorCode::ValidationFailed, message).at(value.pos));
        }
    }
    selection(&asked.selection_set.node, named(&known.ty), outline)
}

/// Way to a value that is no object where one is wanted, and the type that is wanted.
fn misplaced<'a>(ty: &'a Type, value: &Value, outline: &'a Outline) -> Option<(String, &'a str)> {
    match (&ty.base, value) {
        (_, Value::Null) => None,
        (BaseType::List(inner), Value::List(items)) => items.iter().enumerate().find_map(|(at, item)| {
            let (path, wanted) = misplaced(inner, item, outline)?;
            Some((format!("[{at}]{path}"), wanted))
        }),
        (BaseType::List(inner), single) => misplaced(inner, single, outline),
        (BaseType::Named(name), value) => {
            let Some(Shape::Input { fields, .. }) = outline.shape(name) else { return None };
            let Value::Object(given) = value else { return Some((String::new(), name)) };
            given.iter().find_map(|(field, value)| {
                let (path, wanted) = misplaced(&fields.get(field.as_str())?.ty, value, outline)?;
                Some((format!(".{field}{path}"), wanted))
            })
        }
    }
}
