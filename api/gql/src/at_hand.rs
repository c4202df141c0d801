//! Objects that are told at once: when everything a document asks of one is at hand, its value is put together straight
//! away. The library would make, box and poll a future for each of its fields, which is most of what a long list costs.
//!
//! What is not at hand takes the library's way, the whole object with it, so that both ways give the same answer.

use async_graphql::{
    ContextSelectionSet, OutputType, Positioned, ServerResult, Value,
    parser::types::{DocumentOperations, ExecutableDocument, Field, Selection, SelectionSet},
    registry::Registry,
    resolver_utils::EnumType,
};
use std::{any::Any, borrow::Cow, collections::HashSet};

use crate::http::json;

/// An object that can tell fields without waiting.
pub trait AtHand {
    /// Its type's name.
    const NAME: &'static str;

    /// Tells a field; nothing if it has to be waited for, or if it has to be said why there is none.
    fn tell(&self, asked: Asked<'_, '_>, to: &mut Told) -> Option<()>;
}

/// What is told, as the JSON that goes out: values made for it would only be taken apart again.
#[derive(Default)]
pub struct Told(Vec<u8>);

impl Told {
    pub fn text(&mut self, text: &str) {
        json::text(text, &mut self.0);
    }

    pub fn value(&mut self, value: &Value) {
        json::value(value, &mut self.0);
    }

    pub fn code<C: EnumType>(&mut self, code: C) {
        let item = C::items().iter().find(|item| item.value == code);
        self.text(item.map_or("", |item| item.name));
    }

    pub fn null(&mut self) {
        self.0.extend_from_slice(b"null");
    }
}

/// In a request's data: its document writes each response key of an object once.
///
/// What is told is whole. Where an object's fields stand in several places, the library puts them together.
pub struct Straight;

impl Straight {
    pub(crate) fn is(document: &ExecutableDocument) -> bool {
        fn once<'a>(selection: &'a SelectionSet, seen: &mut HashSet<&'a str>) -> bool {
            selection.items.iter().all(|item| match &item.node {
                Selection::Field(field) => {
                    seen.insert(&field.node.response_key().node)
                        && once(&field.node.selection_set.node, &mut HashSet::new())
                }
                Selection::InlineFragment(fragment) => once(&fragment.node.selection_set.node, seen),
                Selection::FragmentSpread(_) => false,
            })
        }
        match &document.operations {
            DocumentOperations::Single(one) => once(&one.node.selection_set.node, &mut HashSet::new()),
            DocumentOperations::Multiple(all) => {
                all.values().all(|one| once(&one.node.selection_set.node, &mut HashSet::new()))
            }
        }
    }
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

    pub fn object(&self, object: &impl AtHand, to: &mut Told) -> Option<()> {
        tell(self.context, &self.field.selection_set.node, object, to)
    }

    pub fn list<T: AtHand>(&self, objects: impl IntoIterator<Item = T>, to: &mut Told) -> Option<()> {
        to.0.push(b'[');
        for (place, object) in objects.into_iter().enumerate() {
            if place > 0 {
                to.0.push(b',');
            }
            self.object(&object, to)?;
        }
        to.0.push(b']');
        Some(())
    }
}

/// Tells all that a selection asks of an object, in its order.
fn tell<T: AtHand>(
    context: &ContextSelectionSet<'_>,
    selection: &SelectionSet,
    object: &T,
    to: &mut Told,
) -> Option<()> {
    to.0.push(b'{');
    for (place, item) in selection.items.iter().enumerate() {
        // The gate dissolves fragments that always apply; others are the library's.
        let Selection::Field(Positioned { node: field, .. }) = &item.node else { return None };
        if !field.directives.is_empty() {
            return None;
        }
        if place > 0 {
            to.0.push(b',');
        }
        to.text(&field.response_key().node);
        to.0.push(b':');
        if field.name.node == "__typename" {
            to.text(T::NAME);
        } else {
            object.tell(Asked { context, field }, to)?;
        }
    }
    to.0.push(b'}');
    Some(())
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
        let mut told = Told::default();
        let is_told = context.data_opt::<Straight>().is_some()
            && tell(context, &context.item.node, self.0, &mut told).is_some();
        if is_told {
            // Of all values only this one is bytes: the answer has them as they are.
            return Ok(Value::Binary(told.0.into()));
        }
        self.0.resolve(context, field).await
    }
}
