//! Connections: pages of a list, in the shape Relay knows, with `nodes` beside `edges`.

use crate::{cursor::Place, scalars::Cursor};
use async_graphql::{Context, Enum, InputValueError, Object, ObjectType, OutputType, SimpleObject, TypeName};
use std::{borrow::Cow, future::Future, pin::Pin, sync::Arc};

pub const DEFAULT_PAGE: usize = 20;
pub const LARGEST_PAGE: usize = 100;

/// Totals are exact up to here and `AT_LEAST` beyond.
pub const COUNTED_TO: u64 = 10_000;

/// Which part of a list is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    pub size: usize,
    pub forward: bool,
    /// Cursor to start from, not included.
    pub from: Option<String>,
}

/// The four paging arguments, as the caller gave them.
#[derive(Clone, Debug, Default)]
pub struct Paging {
    pub first: Option<i32>,
    pub after: Option<String>,
    pub last: Option<i32>,
    pub before: Option<String>,
}

impl Paging {
    /// The window, or what is wrong with the arguments.
    pub fn window(self) -> Result<Window, String> {
        let size = |name: &str, asked: i32| match usize::try_from(asked) {
            Ok(size) if (1..=LARGEST_PAGE).contains(&size) => Ok(size),
            _ => Err(format!("`{name}` must be from 1 to {LARGEST_PAGE}, not {asked}.")),
        };
        match self {
            Self { first: Some(_), last: Some(_), .. } => Err("Give `first` or `last`, not both.".to_owned()),
            Self { after: Some(_), before: Some(_), .. } => {
                Err("Give `after` or `before`, not both.".to_owned())
            }
            Self { last: Some(_), after: Some(_), .. } => {
                Err("`after` goes with `first`; `last` goes with `before`.".to_owned())
            }
            Self { first: Some(_), before: Some(_), .. } => {
                Err("`before` goes with `last`; `first` goes with `after`.".to_owned())
            }
            Self { last: Some(last), before, .. } => {
                Ok(Window { size: size("last", last)?, forward: false, from: before })
            }
            Self { before: before @ Some(_), .. } => {
                Ok(Window { size: DEFAULT_PAGE, forward: false, from: before })
            }
            Self { first, after, .. } => {
                let size = first.map_or(Ok(DEFAULT_PAGE), |first| size("first", first))?;
                Ok(Window { size, forward: true, from: after })
            }
        }
    }
}

/// Place of a page in its list.
#[derive(Clone, Debug, SimpleObject)]
pub struct PageInfo {
    /// Whether more follows this page.
    pub has_next_page: bool,
    /// Whether something precedes this page.
    pub has_previous_page: bool,
    /// Cursor of the first edge.
    pub start_cursor: Option<Cursor>,
    /// Cursor of the last edge.
    pub end_cursor: Option<Cursor>,
}

/// Number that may be known only up to a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, SimpleObject)]
pub struct Count {
    /// Number counted; at most 10,000.
    pub value: i32,
    /// Whether the number is exact.
    pub precision: CountPrecision,
}

/// Whether a count is exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum CountPrecision {
    /// Exactly so many.
    Exact,
    /// At least so many: counting stopped there.
    AtLeast,
}

impl Count {
    /// From a count that stopped after `COUNTED_TO + 1`.
    pub fn capped(counted: u64) -> Self {
        let precision = if counted > COUNTED_TO { CountPrecision::AtLeast } else { CountPrecision::Exact };
        Self { value: i32::try_from(counted.min(COUNTED_TO)).unwrap_or(i32::MAX), precision }
    }
}

type Counting = Pin<Box<dyn Future<Output = async_graphql::Result<Count>> + Send>>;

/// Counts a list when somebody asks for its total.
#[derive(Clone)]
pub struct Counter(Arc<dyn Fn() -> Counting + Send + Sync>);

impl Counter {
    pub fn new<F>(count: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = async_graphql::Result<Count>> + Send + 'static,
    {
        Self(Arc::new(move || Box::pin(count())))
    }

    pub async fn count(&self) -> async_graphql::Result<Count> {
        (self.0)().await
    }
}

/// One page of a list of `T`.
pub struct Connection<T> {
    pub edges: Vec<Edge<T>>,
    pub has_next: bool,
    pub has_previous: bool,
    pub counter: Counter,
}

/// One place in a list of `T`.
#[derive(Clone)]
pub struct Edge<T> {
    pub place: Place,
    pub node: T,
}

impl<T: ObjectType> TypeName for Connection<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", <T as OutputType>::type_name()).into()
    }
}

impl<T: ObjectType> TypeName for Edge<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", <T as OutputType>::type_name()).into()
    }
}

/// One page of a list: 20 unless asked, at most 100.
#[Object(name_type)]
impl<T: ObjectType + Clone> Connection<T> {
    /// Places in the list, each with its cursor.
    async fn edges(&self) -> &[Edge<T>] {
        &self.edges
    }

    /// Objects of the page, for callers that need no cursors.
    async fn nodes(&self) -> Vec<&T> {
        self.edges.iter().map(|edge| &edge.node).collect()
    }

    /// Place of the page in the list.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            has_next_page: self.has_next,
            has_previous_page: self.has_previous,
            start_cursor: self.edges.first().map(|edge| edge.place.cursor()),
            end_cursor: self.edges.last().map(|edge| edge.place.cursor()),
        }
    }

    /// Length of the whole list as far as the viewer sees it: exact up to 10,000, counted only when asked for.
    async fn total_count(&self, _ctx: &Context<'_>) -> Option<async_graphql::Result<Count>> {
        Some(self.counter.count().await)
    }
}

/// One place in a list.
#[Object(name_type)]
impl<T: ObjectType + Clone> Edge<T> {
    /// Place in the list, for `after` and `before`; good for the same list, order and filter only.
    async fn cursor(&self) -> Cursor {
        self.place.cursor()
    }

    /// Object at this place.
    async fn node(&self) -> &T {
        &self.node
    }
}

/// What is wrong with an input value, without words of the implementation.
pub fn invalid<T: async_graphql::InputType>(what: &str) -> InputValueError<T> {
    InputValueError::custom(what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_asked_for_one_way_at_a_time() {
        let ask = |first, after: Option<&str>, last, before: Option<&str>| {
            Paging { first, after: after.map(str::to_owned), last, before: before.map(str::to_owned) }
                .window()
        };
        assert_eq!(ask(None, None, None, None), Ok(Window { size: 20, forward: true, from: None }));
        assert_eq!(
            ask(Some(5), Some("c"), None, None),
            Ok(Window { size: 5, forward: true, from: Some("c".into()) })
        );
        assert_eq!(ask(None, None, Some(5), None), Ok(Window { size: 5, forward: false, from: None }));
        assert_eq!(
            ask(None, None, None, Some("c")),
            Ok(Window { size: 20, forward: false, from: Some("c".into()) })
        );
        for (first, after, last, before) in [
            (Some(0), None, None, None),
            (Some(-1), None, None, None),
            (Some(101), None, None, None),
            (None, None, Some(101), None),
            (Some(1), None, Some(1), None),
            (None, Some("c"), Some(1), None),
            (Some(1), None, None, Some("c")),
            (None, Some("c"), None, Some("c")),
        ] {
            assert!(ask(first, after, last, before).is_err());
        }
    }

    #[test]
    fn a_total_beyond_the_bound_says_so() {
        assert_eq!(Count::capped(10_000), Count { value: 10_000, precision: CountPrecision::Exact });
        assert_eq!(Count::capped(10_001), Count { value: 10_000, precision: CountPrecision::AtLeast });
    }
}
