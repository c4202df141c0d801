//! The price list: what every field of the schema costs, worked out once from the schema's own shape.
//!
//! A connection is an object type that ends so; its page comes from `first`, `last` and their declared default.
//! A list without pages counts as five, unless an override knows better.

use std::collections::HashMap;

use async_graphql::{Value, parser, parser::types::OperationType};

use crate::outline::{self, Outline, Shape, is_list, named};

const DEFAULT_PAGE: u64 = 20;
const LARGEST_PAGE: u64 = 100;
const ASSUMED_LIST: u64 = 5;
const MUTATION: u64 = 10;

/// Introspection costs about 600 points for the standard query, and soon too much when lists nest in circles.
const INTROSPECTION: [(&str, &str, u64); 9] = [
    ("__Schema", "types", 10),
    ("__Schema", "directives", 2),
    ("__Type", "fields", 5),
    ("__Type", "inputFields", 5),
    ("__Type", "enumValues", 5),
    ("__Type", "interfaces", 2),
    ("__Type", "possibleTypes", 5),
    ("__Field", "args", 2),
    ("__Directive", "args", 2),
];

/// How many objects a field may bring.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Many {
    One,
    /// A connection: one object, whose edges are a page.
    Page {
        default: u64,
        maximum: u64,
    },
    /// The edges or nodes of the connection above.
    OfPage,
    /// A list without pages.
    Sized(u64),
    /// A list as long as this argument.
    Listed(String),
}

#[derive(Clone, Debug)]
pub(super) struct Price {
    pub of: String,
    pub weight: u64,
    pub many: Many,
}

/// Every field's price, and the schema they are about.
#[derive(Clone, Debug)]
pub struct CostTable {
    outline: Outline,
    prices: HashMap<String, HashMap<String, Price>>,
}

impl CostTable {
    /// Reads what `Schema::sdl()` prints.
    pub fn from_sdl(sdl: &str) -> Result<Self, parser::Error> {
        Ok(Self::new(Outline::from_sdl(sdl)?))
    }

    pub fn new(outline: Outline) -> Self {
        let mut prices = HashMap::new();
        for (name, _) in outline.types() {
            if let Some(fields) = outline.fields(name) {
                let priced =
                    fields.iter().map(|(field, shape)| (field.clone(), price(&outline, name, field, shape)));
                prices.insert(name.to_owned(), priced.collect());
            }
        }
        let mut table = Self { outline, prices };
        for (parent, field, size) in INTROSPECTION {
            table = table.size(parent, field, size);
        }
        table.weight("__Type", "ofType", 0)
    }

    /// Expects `size` objects of a list without pages.
    #[must_use]
    pub fn size(self, parent: &str, field: &str, size: u64) -> Self {
        self.change(parent, field, |price| price.many = Many::Sized(size))
    }

    /// Charges `weight` points for each object or value of a field.
    #[must_use]
    pub fn weight(self, parent: &str, field: &str, weight: u64) -> Self {
        self.change(parent, field, |price| price.weight = weight)
    }

    /// Sets the page sizes of a connection that differ from 20 and 100.
    #[must_use]
    pub fn page(self, parent: &str, field: &str, default: u64, maximum: u64) -> Self {
        self.change(parent, field, |price| price.many = Many::Page { default, maximum })
    }

    /// Multiplies by the length of a list argument.
    #[must_use]
    pub fn listed(self, parent: &str, field: &str, argument: &str) -> Self {
        self.change(parent, field, |price| price.many = Many::Listed(argument.to_owned()))
    }

    pub fn outline(&self) -> &Outline {
        &self.outline
    }

    /// Whether the schema has this field; an override without one is a slip that a test should find.
    pub fn has(&self, parent: &str, field: &str) -> bool {
        self.price(parent, field).is_some()
    }

    pub(super) fn price(&self, parent: &str, field: &str) -> Option<&Price> {
        self.prices.get(parent)?.get(field)
    }

    fn change(mut self, parent: &str, field: &str, change: impl FnOnce(&mut Price)) -> Self {
        if let Some(price) = self.prices.get_mut(parent).and_then(|fields| fields.get_mut(field)) {
            change(price);
        }
        self
    }
}

fn price(outline: &Outline, parent: &str, name: &str, field: &outline::Field) -> Price {
    let of = named(&field.ty);
    let weight = if outline.root(OperationType::Mutation) == Some(parent) {
        MUTATION
    } else {
        u64::from(outline.is_composite(of) && !is_wrapper(of))
    };
    Price { of: of.to_owned(), weight, many: many(outline, parent, name, field) }
}

fn many(outline: &Outline, parent: &str, name: &str, field: &outline::Field) -> Many {
    if is_connection(outline, named(&field.ty)) && !is_list(&field.ty) {
        let declared = field.arguments.get("first").and_then(|first| match &first.default {
            Some(Value::Number(number)) => number.as_u64(),
            _ => None,
        });
        Many::Page { default: declared.unwrap_or(DEFAULT_PAGE), maximum: LARGEST_PAGE }
    } else if !is_list(&field.ty) {
        Many::One
    } else if is_connection(outline, parent) && matches!(name, "edges" | "nodes") {
        Many::OfPage
    } else if field.arguments.contains_key("ids") {
        Many::Listed("ids".to_owned())
    } else {
        Many::Sized(ASSUMED_LIST)
    }
}

fn is_connection(outline: &Outline, name: &str) -> bool {
    name.ends_with("Connection")
        && matches!(outline.shape(name), Some(Shape::Object { fields, .. })
            if fields.contains_key("edges") || fields.contains_key("nodes"))
}

/// Objects that come with the page and read nothing of their own.
fn is_wrapper(name: &str) -> bool {
    name.ends_with("Edge") || name == "PageInfo"
}
