//! What an operation costs before it runs: one point an object, a hundred for `first: 100`, ten a mutation.
//!
//! The price is an upper bound from the document, the variables and the price list alone. It takes one walk over
//! the merged document, whose size `limits` bounds, and its arithmetic saturates.

mod prices;

use std::collections::HashMap;

use async_graphql::{
    Positioned, Value, Variables, indexmap,
    parser::types::{
        Directive, ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet, TypeCondition,
    },
    value,
};

pub use self::prices::CostTable;
use self::prices::Many;
use crate::{codes::ErrorCode, refusal::Refusal};

/// The price of one operation, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cost {
    pub requested: u64,
    pub limit: u64,
    /// The five dearest fields, each without what is below it.
    pub by_path: Vec<Share>,
}

/// What one field adds to the price, over all its repetitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// Response keys from the root, joined by dots.
    pub path: String,
    pub cost: u64,
}

impl Cost {
    /// For `extensions.cost` of every answer.
    pub fn to_value(&self) -> Value {
        value!({ "requested": self.requested, "limit": self.limit })
    }

    /// Turns the operation away if it costs more than it may.
    pub fn within_limit(self) -> Result<Self, Refusal> {
        if self.requested <= self.limit {
            return Ok(self);
        }
        let dearest = self.by_path.first().map_or("", |share| share.path.as_str());
        let message = format!(
            "The operation costs {} points; at most {} are allowed. Most of it is \"{dearest}\": \
             ask for smaller pages, or for less inside them.",
            self.requested, self.limit
        );
        let mut detail = indexmap::IndexMap::new();
        if let Value::Object(cost) = self.to_value() {
            detail.extend(cost);
        }
        let shares =
            self.by_path.iter().map(|share| value!({ "path": share.path.clone(), "cost": share.cost }));
        detail.insert(async_graphql::Name::new("byPath"), Value::List(shares.collect()));
        Err(Refusal::new(ErrorCode::CostLimitExceeded, message).with("cost", Value::Object(detail)))
    }
}

/// How many shares a refusal names.
const SHARES: usize = 5;

/// Prices `operation`, a part of `document`, with the variables already coerced.
pub fn price(
    table: &CostTable,
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    variables: &Variables,
    limit: u64,
) -> Cost {
    let walk = Walk { table, document, variables };
    let tally = match table.outline().root(operation.ty) {
        Some(root) => {
            let at = Place { parent: root, times: 1, page: 1, path: &Path::Root };
            walk.set(&operation.selection_set.node, at)
        }
        None => Tally::default(),
    };
    // Nothing is free: a request for `__typename` alone took a request.
    Cost { requested: tally.total.max(1), limit, by_path: tally.shares }
}

/// Where the walk stands.
#[derive(Clone, Copy)]
struct Place<'a> {
    parent: &'a str,
    /// How many of `parent` there may be.
    times: u64,
    /// The page of the connection that `parent` is.
    page: u64,
    path: &'a Path<'a>,
}

/// A path that is written out only for the few fields that are named.
enum Path<'a> {
    Root,
    Below(&'a Path<'a>, &'a str),
}

impl Path<'_> {
    fn written(&self) -> String {
        match self {
            Self::Root => String::new(),
            Self::Below(Self::Root, key) => (*key).to_owned(),
            Self::Below(above, key) => format!("{}.{key}", above.written()),
        }
    }
}

#[derive(Default)]
struct Tally {
    total: u64,
    /// Dearest first, `SHARES` at most.
    shares: Vec<Share>,
}

impl Tally {
    fn charge(&mut self, cost: u64, path: &Path<'_>) {
        self.total = self.total.saturating_add(cost);
        if cost > 0 && (self.shares.len() < SHARES || self.shares.last().is_some_and(|last| last.cost < cost))
        {
            self.rank(Share { path: path.written(), cost });
        }
    }

    fn add(&mut self, other: Self) {
        self.total = self.total.saturating_add(other.total);
        other.shares.into_iter().for_each(|share| self.rank(share));
    }

    fn rank(&mut self, share: Share) {
        let place = self.shares.partition_point(|other| other.cost >= share.cost);
        self.shares.insert(place, share);
        self.shares.truncate(SHARES);
    }
}

struct Walk<'a> {
    table: &'a CostTable,
    document: &'a ExecutableDocument,
    variables: &'a Variables,
}

impl<'a> Walk<'a> {
    fn set(&self, set: &'a SelectionSet, at: Place<'_>) -> Tally {
        let mut tally = Tally::default();
        // One object has one type: of the fragments about object types, only the dearest type can apply.
        let mut by_type: HashMap<&str, Tally> = HashMap::new();
        for selection in &set.items {
            if self.is_skipped(selection.node.directives()) {
                continue;
            }
            let (condition, inner) = match &selection.node {
                Selection::Field(field) => {
                    tally.add(self.field(field, at));
                    continue;
                }
                Selection::InlineFragment(fragment) => {
                    (fragment.node.type_condition.as_ref(), &fragment.node.selection_set.node)
                }
                Selection::FragmentSpread(spread) => {
                    let Some(fragment) = self.document.fragments.get(&spread.node.fragment_name.node) else {
                        continue;
                    };
                    (Some(&fragment.node.type_condition), &fragment.node.selection_set.node)
                }
            };
            let condition =
                condition.map(|condition: &Positioned<TypeCondition>| condition.node.on.node.as_str());
            let inner = self.set(inner, Place { parent: condition.unwrap_or(at.parent), ..at });
            match condition {
                Some(condition) if condition != at.parent && self.table.outline().is_object(condition) => {
                    by_type.entry(condition).or_default().add(inner);
                }
                _ => tally.add(inner),
            }
        }
        let dearest = by_type.into_iter().max_by(|(one, a), (two, b)| (a.total, two).cmp(&(b.total, one)));
        if let Some((_, dearest)) = dearest {
            tally.add(dearest);
        }
        tally
    }

    fn field(&self, field: &'a Positioned<Field>, at: Place<'_>) -> Tally {
        let mut tally = Tally::default();
        // A field that the schema does not have costs nothing: validation refuses it.
        let Some(price) = self.table.price(at.parent, &field.node.name.node) else { return tally };
        let path = Path::Below(at.path, field.node.response_key().node.as_str());
        let (items, page) = match &price.many {
            Many::One => (1, 1),
            Many::Sized(size) => (*size, 1),
            Many::Listed(argument) => (self.listed(field, argument), 1),
            Many::OfPage => (at.page, 1),
            Many::Page { default, maximum } => (1, self.page(field, *default, *maximum)),
        };
        let times = at.times.saturating_mul(items);
        tally.charge(times.saturating_mul(price.weight), &path);
        let below = Place { parent: &price.of, times, page, path: &path };
        tally.add(self.set(&field.node.selection_set.node, below));
        tally
    }

    /// The larger of `first` and `last`. Beyond the maximum the list itself refuses.
    fn page(&self, field: &Positioned<Field>, default: u64, maximum: u64) -> u64 {
        let asked = ["first", "last"].into_iter().filter_map(|name| match self.argument(field, name)? {
            Value::Number(number) => number.as_u64(),
            _ => None,
        });
        asked.max().unwrap_or(default).min(maximum)
    }

    fn listed(&self, field: &Positioned<Field>, argument: &str) -> u64 {
        match self.argument(field, argument) {
            Some(Value::List(items)) => items.len() as u64,
            _ => 1,
        }
    }

    fn argument(&self, field: &Positioned<Field>, name: &str) -> Option<Value> {
        let value = field.node.get_argument(name)?.node.clone();
        value.into_const_with(|name| self.variables.get(&name).cloned().ok_or(())).ok()
    }

    fn is_skipped(&self, directives: &[Positioned<Directive>]) -> bool {
        directives.iter().any(|directive| {
            let skips = match directive.node.name.node.as_str() {
                "skip" => true,
                "include" => false,
                _ => return false,
            };
            let condition = directive.node.get_argument("if").and_then(|value| {
                let value = value.node.clone();
                value.into_const_with(|name| self.variables.get(&name).cloned().ok_or(())).ok()
            });
            condition == Some(Value::Boolean(skips))
        })
    }
}
