//! Objects that are told at once: when everything a document asks of one is at hand, its value is put together straight
//! away. The library would make, box and poll a future for each of its fields, which is most of what a long list costs.
//!
//! What is not at hand takes the library's way, the whole object with it, so that both ways give the same answer.

use async_graphql::{
    ContextSelectionSet, Name, OutputType, Positioned, ServerResult, Value,
    indexmap::IndexMap,
    parser::types::{Field, Selection, SelectionSet},
    registry::Registry,
    resolver_utils::{EnumType, enum_value},
};
use std::{any::Any, borrow::Cow};

/// An object that can tell fields without waiting.
pub trait AtHand {
    /// Its type's name.
    const NAME: &'static str;

    /// Value of a field; nothing if it has to be waited for, or if it has to be told why there is none.
    fn at_hand(&self, asked: Asked<'_, '_>) -> Option<Value>;
}

/// A field as the document asks for it.
#[derive(Clone, Copy)]
pub struct Asked<'a, 'c> {
    context: &'a ContextSelectionSet<'c>,
    field: &'a Field,
}

impl Asked<'_, '_> {
    pub fn name(&self) -> &str {
        &self.field.name.node
    }

    /// What was put into the request.
    pub fn data<D: Any + Send + Sync>(&self) -> Option<&D> {
        self.context.data_opt()
    }

    /// Whether the field is asked for without arguments.
    pub fn is_plain(&self) -> bool {
        self.field.arguments.is_empty()
    }

    /// Size of a first page, if that is all the arguments ask for and it is written in the document.
    pub fn first(&self) -> Option<usize> {
        match self.field.arguments.as_slice() {
            [] => Some(crate::connection::DEFAULT_PAGE),
            [(name, value)] if name.node == "first" => match value.node.clone().into_const()? {
                Value::Number(first) => usize::try_from(first.as_u64()?)
                    .ok()
                    .filter(|first| (1..=crate::connection::LARGEST_PAGE).contains(first)),
                _ => None,
            },
            _ => None,
        }
    }

    pub fn object(&self, object: &impl AtHand) -> Option<Value> {
        told(self.context, &self.field.selection_set.node, object)
    }

    pub fn list<T: AtHand>(&self, objects: impl IntoIterator<Item = T>) -> Option<Value> {
        let objects = objects.into_iter().map(|object| self.object(&object));
        objects.collect::<Option<_>>().map(Value::List)
    }
}

/// Value of all that a selection asks of an object, in its order.
fn told(context: &ContextSelectionSet<'_>, selection: &SelectionSet, object: &impl AtHand) -> Option<Value> {
    let mut fields = IndexMap::with_capacity(selection.items.len());
    tell(context, selection, object, &mut fields)?;
    Some(Value::Object(fields))
}

fn tell<T: AtHand>(
    context: &ContextSelectionSet<'_>,
    selection: &SelectionSet,
    object: &T,
    fields: &mut IndexMap<Name, Value>,
) -> Option<()> {
    for item in &selection.items {
        // The gate dissolves fragments that always apply; others are the library's.
        let Selection::Field(Positioned { node: field, .. }) = &item.node else { return None };
        if !field.directives.is_empty() {
            return None;
        }
        let value = if field.name.node == "__typename" {
            Value::String(T::NAME.to_owned())
        } else {
            object.at_hand(Asked { context, field })?
        };
        if fields.insert(field.response_key().node.clone(), value).is_some() {
            return None;
        }
    }
    Some(())
}

/// A code as the library writes it.
pub fn code<C: EnumType>(code: C) -> Value {
    enum_value(code)
}

/// An object of a list, told at once if it can be.
pub struct AtOnce<'a, T>(pub &'a T);

impl<T: AtHand + OutputType> OutputType for AtOnce<'_, T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(
        &self,
        context: &ContextSelectionSet<'_>,
        field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        match told(context, &context.item.node, self.0) {
            Some(value) => Ok(value),
            None => self.0.resolve(context, field).await,
        }
    }
}
