//! Pages by keyset: right with NULLs, ties and mixed directions, forward and backward, on both databases.

mod joined;
mod keys;
mod through;
mod under;

pub use joined::{Along, Joined};
pub(super) use keys::ascending;
pub use through::Ranges;
pub(super) use under::PagesUnder;

use super::{Policy, Store, store::Seen};
use crate::{Error, Result};
use gql::{
    codes::ErrorCode,
    connection::Window,
    cursor::{CursorError, CursorKey, Fingerprint, Place},
};
use keys::{bound, equal, is_null, past, read_value, write_value};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, IntoSimpleExpr, ModelTrait, QuerySelect, QueryTrait, Value,
    sea_query::{IntoCondition, NullOrdering, Order, OrderedStatement, SelectStatement, SimpleExpr},
};
use std::cmp::Ordering;

/// Column in which rows of many pages say their place.
pub(super) const PLACE: &str = "place_in_page";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    Ascending,
    Descending,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Nulls {
    First,
    Last,
}

/// One key of an order.
#[derive(Clone, Debug)]
pub struct Sort<E: EntityTrait> {
    pub column: E::Column,
    pub direction: Direction,
    pub nulls: Nulls,
}

impl<E: EntityTrait> Sort<E> {
    pub const fn by(column: E::Column, direction: Direction) -> Self {
        Self { column, direction, nulls: Nulls::Last }
    }

    const fn turned(&self) -> (Direction, Nulls) {
        let direction = match self.direction {
            Direction::Ascending => Direction::Descending,
            Direction::Descending => Direction::Ascending,
        };
        let nulls = match self.nulls {
            Nulls::First => Nulls::Last,
            Nulls::Last => Nulls::First,
        };
        (direction, nulls)
    }
}

/// A list with its order and the part of it that is wanted.
pub struct Ask<E: EntityTrait> {
    /// Names list, order and filter: cursors are good for asks of the same name only.
    fingerprint: Fingerprint,
    filter: Condition,
    /// Ends with a key that no two rows share.
    order: Vec<Sort<E>>,
    window: Window,
}

impl<E: EntityTrait> Clone for Ask<E> {
    fn clone(&self) -> Self {
        let Self { fingerprint, filter, order, window } = self;
        Self {
            fingerprint: *fingerprint,
            filter: filter.clone(),
            order: order.clone(),
            window: window.clone(),
        }
    }
}

/// Rows of a page in the list's order, each with its place.
#[derive(Clone)]
pub struct Page<M> {
    pub rows: Vec<(Place, M)>,
    pub has_next: bool,
    pub has_previous: bool,
}

impl<M> Page<M> {
    pub(super) const fn empty() -> Self {
        Self { rows: Vec::new(), has_next: false, has_previous: false }
    }
}

impl<E: Policy> Ask<E> {
    /// `name` says which list this is, `printed` what filters it: both only to tell cursors apart.
    pub fn new(
        name: &str,
        filter: impl IntoCondition,
        printed: &str,
        order: Vec<Sort<E>>,
        window: Window,
    ) -> Self {
        let fingerprint = Fingerprint::of(name, &format!("{order:?}"), printed);
        Self { fingerprint, filter: filter.into_condition(), order, window }
    }

    /// The order as SQL, turned round when paging backward.
    ///
    /// Where nothing can be NULL, nothing is said of it: an index without that clause would not be used.
    fn directions(&self) -> impl Iterator<Item = (E::Column, Order, Option<NullOrdering>)> {
        self.order.iter().map(|sort| {
            let (direction, nulls) =
                if self.window.forward { (sort.direction, sort.nulls) } else { sort.turned() };
            let order = if direction == Direction::Ascending { Order::Asc } else { Order::Desc };
            let nulls = if nulls == Nulls::First { NullOrdering::First } else { NullOrdering::Last };
            (sort.column, order, sort.column.def().is_null().then_some(nulls))
        })
    }

    /// Rows after the window's cursor, in the direction of travel.
    fn beyond(&self, key: &CursorKey) -> Result<Condition> {
        self.beyond_in(key, sea_orm::IntoSimpleExpr::into_simple_expr)
    }

    /// The same, in a table that has columns for the order's.
    fn beyond_in(&self, key: &CursorKey, expr: impl Fn(E::Column) -> SimpleExpr) -> Result<Condition> {
        let Some(cursor) = &self.window.from else { return Ok(Condition::all()) };
        let values = self.opened(key, cursor)?;
        let mut beyond = Condition::any();
        for (place, (sort, value)) in self.order.iter().zip(&values).enumerate() {
            let ties = self.order.iter().zip(&values).take(place);
            let mut step = Condition::all();
            for (tied, same) in ties {
                step = step.add(equal(expr(tied.column), same));
            }
            let (direction, nulls) =
                if self.window.forward { (sort.direction, sort.nulls) } else { sort.turned() };
            if let Some(after) = past(expr(sort.column), sort.column.def().is_null(), value, direction, nulls)
            {
                beyond = beyond.add(step.add(after));
            }
        }
        Ok(Condition::all().add(bound(self, &values, expr)).add(beyond))
    }

    /// A row's order keys.
    fn values(&self, row: &E::Model) -> Vec<Value> {
        self.order.iter().map(|sort| row.get(sort.column)).collect()
    }

    /// Which comes first in the direction of travel.
    fn compare(&self, one: &[Value], other: &[Value]) -> Ordering {
        let keys = self.order.iter().zip(one.iter().zip(other));
        keys.map(|(sort, (one, other))| {
            let (direction, nulls) =
                if self.window.forward { (sort.direction, sort.nulls) } else { sort.turned() };
            match (is_null(one), is_null(other), nulls) {
                (true, true, _) => Ordering::Equal,
                (true, false, Nulls::First) | (false, true, Nulls::Last) => Ordering::Less,
                (true, false, Nulls::Last) | (false, true, Nulls::First) => Ordering::Greater,
                _ if direction == Direction::Ascending => ascending(one, other),
                _ => ascending(other, one),
            }
        })
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
    }

    /// Order keys of the row at a cursor.
    fn opened(&self, key: &CursorKey, cursor: &str) -> Result<Vec<Value>> {
        let values = key.open(self.fingerprint, cursor).map_err(no_cursor)?;
        let values: Vec<Value> =
            values.iter().map(read_value).collect::<Option<_>>().ok_or_else(malformed)?;
        if values.len() != self.order.len() {
            return Err(malformed());
        }
        Ok(values)
    }

    fn place(&self, key: &CursorKey, values: &[Value]) -> Place {
        key.place(self.fingerprint, values.iter().map(write_value).collect())
    }

    /// A page from rows in travel order, one more than the window if there are more.
    fn page(&self, key: &CursorKey, rows: Vec<E::Model>) -> Page<E::Model> {
        self.page_by(key, rows, |row| self.values(row))
    }

    /// The same of whatever has an order's values.
    fn page_by<R>(&self, key: &CursorKey, mut rows: Vec<R>, values: impl Fn(&R) -> Vec<Value>) -> Page<R> {
        let more = rows.len() > self.window.size;
        rows.truncate(self.window.size);
        if !self.window.forward {
            rows.reverse();
        }
        let came_from = self.window.from.is_some();
        let (has_next, has_previous) =
            if self.window.forward { (more, came_from) } else { (came_from, more) };
        Page {
            rows: rows.into_iter().map(|row| (self.place(key, &values(&row)), row)).collect(),
            has_next,
            has_previous,
        }
    }
}

/// Adds a key to an order.
fn ordered(to: &mut impl OrderedStatement, column: SimpleExpr, order: Order, nulls: Option<NullOrdering>) {
    match nulls {
        Some(nulls) => to.order_by_expr_with_nulls(column, order, nulls),
        None => to.order_by_expr(column, order),
    };
}

fn no_cursor(cause: CursorError) -> Error {
    match cause {
        CursorError::Mismatch => Error::refused(
            ErrorCode::CursorMismatch,
            "This cursor was made for another list, order or filter; ask for the first page again.",
        ),
        CursorError::Malformed => malformed(),
    }
}

fn malformed() -> Error {
    Error::bad_input("This is not a cursor; use one that a page gave.")
}

/// Places in a list that is ordered outside of the database.
impl Store {
    /// Place that these values name.
    pub fn place(&self, list: Fingerprint, values: Vec<serde_json::Value>) -> Place {
        self.cursor_key().place(list, values)
    }

    /// Place of a cursor.
    pub fn unseal(&self, list: Fingerprint, cursor: &str) -> Result<Vec<serde_json::Value>> {
        self.cursor_key().open(list, cursor).map_err(no_cursor)
    }
}

impl Store {
    /// One page of visible rows.
    pub async fn page<E: Policy>(&self, ask: &Ask<E>) -> Result<Page<E::Model>> {
        let key = self.cursor_key();
        let Seen { mut select, .. } = self.see::<E>().filter(ask.filter.clone()).filter(ask.beyond(key)?);
        for (column, order, nulls) in ask.directions() {
            ordered(QueryTrait::query(&mut select), column.into_simple_expr(), order, nulls);
        }
        let seen = Seen { select: select.limit(ask.window.size as u64 + 1), store: self.clone() };
        Ok(ask.page(key, seen.all().await?))
    }

    /// How many rows the whole list has.
    pub async fn count<E: Policy>(&self, ask: &Ask<E>) -> Result<u64> {
        self.counted_by(&self.counting(ask)).await
    }

    fn counting<E: Policy>(&self, ask: &Ask<E>) -> SelectStatement {
        self.see::<E>().filter(ask.filter.clone()).counting_to(gql::connection::COUNTED_TO)
    }

    pub(super) async fn counted_by(&self, counting: &SelectStatement) -> Result<u64> {
        let rows = self.read_all(counting).await?;
        let total: i64 = rows.first().map_or(Ok(0), |row| row.try_get("", "total"))?;
        Ok(u64::try_from(total).unwrap_or(0))
    }
}

impl Store {
    /// One page of rows that are all at hand.
    pub fn page_of<E: Policy>(&self, ask: &Ask<E>, mut rows: Vec<E::Model>) -> Result<Page<E::Model>> {
        let key = self.cursor_key();
        rows.sort_by(|one, other| ask.compare(&ask.values(one), &ask.values(other)));
        if let Some(cursor) = &ask.window.from {
            let from = ask.opened(key, cursor)?;
            rows.retain(|row| ask.compare(&ask.values(row), &from).is_gt());
        }
        rows.truncate(ask.window.size + 1);
        Ok(ask.page(key, rows))
    }
}
