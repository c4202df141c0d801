//! Pages by keyset: right with NULLs, ties and mixed directions, forward and backward, on both databases.

use super::{Policy, Store, batch::Lookup, store::Seen};
use crate::{Error, Result};
use gql::{
    codes::ErrorCode,
    connection::Window,
    cursor::{CursorError, CursorKey, Fingerprint},
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, FromQueryResult, IntoSimpleExpr, ModelTrait, QuerySelect,
    QueryTrait, Value,
    sea_query::{
        Alias, Expr, ExprTrait, IntoCondition, NullOrdering, Order, Query, SimpleExpr, WindowStatement,
    },
};
use std::{
    collections::HashMap,
    hash::{Hash, Hasher},
};

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

/// Rows of a page in the list's order, each with its cursor.
#[derive(Clone)]
pub struct Page<M> {
    pub rows: Vec<(String, M)>,
    pub has_next: bool,
    pub has_previous: bool,
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
    fn directions(&self) -> impl Iterator<Item = (SimpleExpr, Order, NullOrdering)> {
        self.order.iter().map(|sort| {
            let (direction, nulls) =
                if self.window.forward { (sort.direction, sort.nulls) } else { sort.turned() };
            let order = if direction == Direction::Ascending { Order::Asc } else { Order::Desc };
            let nulls = if nulls == Nulls::First { NullOrdering::First } else { NullOrdering::Last };
            (sort.column.into_simple_expr(), order, nulls)
        })
    }

    /// Rows after the window's cursor, in the direction of travel.
    fn beyond(&self, key: &CursorKey) -> Result<Condition> {
        let Some(cursor) = &self.window.from else { return Ok(Condition::all()) };
        let values = key.open(self.fingerprint, cursor).map_err(|cause| match cause {
            CursorError::Mismatch => Error::refused(
                ErrorCode::CursorMismatch,
                "This cursor was made for another list, order or filter; ask for the first page again.",
            ),
            CursorError::Malformed => Error::bad_input("This is not a cursor; use one that a page gave."),
        })?;
        let values: Vec<Value> =
            values.iter().map(read_value).collect::<Option<_>>().ok_or_else(malformed)?;
        if values.len() != self.order.len() {
            return Err(malformed());
        }
        let mut beyond = Condition::any();
        for (place, (sort, value)) in self.order.iter().zip(&values).enumerate() {
            let ties = self.order.iter().zip(&values).take(place);
            let mut step = Condition::all();
            for (tied, same) in ties {
                step = step.add(equal(tied.column.into_simple_expr(), same));
            }
            let (direction, nulls) =
                if self.window.forward { (sort.direction, sort.nulls) } else { sort.turned() };
            if let Some(after) = past(sort.column.into_simple_expr(), value, direction, nulls) {
                beyond = beyond.add(step.add(after));
            }
        }
        Ok(Condition::all().add(bound(self, &values)).add(beyond))
    }

    fn cursor(&self, key: &CursorKey, row: &E::Model) -> String {
        let values: Vec<_> = self.order.iter().map(|sort| write_value(&row.get(sort.column))).collect();
        key.seal(self.fingerprint, &values)
    }

    /// A page from rows in travel order, one more than the window if there are more.
    fn page(&self, key: &CursorKey, mut rows: Vec<E::Model>) -> Page<E::Model> {
        let more = rows.len() > self.window.size;
        rows.truncate(self.window.size);
        if !self.window.forward {
            rows.reverse();
        }
        let came_from = self.window.from.is_some();
        let (has_next, has_previous) =
            if self.window.forward { (more, came_from) } else { (came_from, more) };
        Page {
            rows: rows.into_iter().map(|row| (self.cursor(key, &row), row)).collect(),
            has_next,
            has_previous,
        }
    }
}

fn malformed() -> Error {
    Error::bad_input("This is not a cursor; use one that a page gave.")
}

fn equal(column: SimpleExpr, value: &Value) -> SimpleExpr {
    if is_null(value) { column.is_null() } else { column.eq(value.clone()) }
}

/// `column` comes after `value` in this direction; nothing if nothing can.
fn past(column: SimpleExpr, value: &Value, direction: Direction, nulls: Nulls) -> Option<SimpleExpr> {
    if is_null(value) {
        return (nulls == Nulls::First).then(|| column.is_not_null());
    }
    let later = match direction {
        Direction::Ascending => column.clone().gt(value.clone()),
        Direction::Descending => column.clone().lt(value.clone()),
    };
    Some(if nulls == Nulls::Last { later.or(column.is_null()) } else { later })
}

/// Bound on the first key alone, which an index can start from; the alternatives after it cannot be searched.
fn bound<E: EntityTrait>(ask: &Ask<E>, values: &[Value]) -> Condition {
    let (Some(sort), Some(value)) = (ask.order.first(), values.first()) else { return Condition::all() };
    let (direction, nulls) = if ask.window.forward { (sort.direction, sort.nulls) } else { sort.turned() };
    if is_null(value)
        || (nulls == Nulls::Last && !sort.column.def().is_unique() && sort.column.def().is_null())
    {
        return Condition::all();
    }
    let column = sort.column.into_simple_expr();
    Condition::all().add(match direction {
        Direction::Ascending => column.gte(value.clone()),
        Direction::Descending => column.lte(value.clone()),
    })
}

fn is_null(value: &Value) -> bool {
    matches!(value, Value::String(None) | Value::BigInt(None) | Value::Int(None) | Value::Uuid(None))
}

/// Values that orders use, as JSON that reads back as the same value.
fn write_value(value: &Value) -> serde_json::Value {
    match value {
        Value::String(Some(text)) => serde_json::json!(text),
        Value::BigInt(Some(number)) => serde_json::json!(number),
        Value::Int(Some(number)) => serde_json::json!({ "i": number }),
        Value::Uuid(Some(uuid)) => serde_json::json!({ "u": uuid.simple().to_string() }),
        _ => serde_json::Value::Null,
    }
}

fn read_value(json: &serde_json::Value) -> Option<Value> {
    Some(match json {
        serde_json::Value::Null => Value::String(None),
        serde_json::Value::String(text) => text.clone().into(),
        serde_json::Value::Number(number) => number.as_i64()?.into(),
        serde_json::Value::Object(map) => match (map.get("i"), map.get("u")) {
            (Some(number), _) => i32::try_from(number.as_i64()?).ok()?.into(),
            (_, Some(uuid)) => uuid::Uuid::parse_str(uuid.as_str()?).ok()?.into(),
            _ => return None,
        },
        _ => return None,
    })
}

impl Store {
    /// One page of visible rows.
    pub async fn page<E: Policy>(&self, ask: &Ask<E>) -> Result<Page<E::Model>> {
        let key = self.cursor_key();
        let Seen { mut select, .. } = self.see::<E>().filter(ask.filter.clone()).filter(ask.beyond(key)?);
        for (column, order, nulls) in ask.directions() {
            QueryTrait::query(&mut select).order_by_expr_with_nulls(column, order, nulls);
        }
        let seen = Seen { select: select.limit(ask.window.size as u64 + 1), store: self.clone() };
        Ok(ask.page(key, seen.all().await?))
    }

    /// One page under a parent; the pages of many parents travel in one statement.
    pub async fn page_under<E: Policy>(
        &self,
        link: E::Column,
        parent: uuid::Uuid,
        ask: Ask<E>,
    ) -> Result<Page<E::Model>> {
        // Refused here, where the error finds its field; within the lookup it would be anybody's.
        ask.beyond(self.cursor_key())?;
        let page = self.batched(PagesUnder { link, ask }, parent).await?;
        Ok(page.unwrap_or_else(|| Page { rows: Vec::new(), has_next: false, has_previous: false }))
    }

    /// How many rows each parent has, counted in one statement.
    pub async fn count_under<E: Policy>(
        &self,
        link: E::Column,
        parent: uuid::Uuid,
        ask: Ask<E>,
    ) -> Result<u64> {
        Ok(self.batched(CountsUnder(PagesUnder { link, ask }), parent).await?.unwrap_or(0))
    }

    /// How many rows the whole list has.
    pub async fn count<E: Policy>(&self, ask: &Ask<E>) -> Result<u64> {
        self.see::<E>().filter(ask.filter.clone()).count_to(gql::connection::COUNTED_TO).await
    }
}

/// The same page for many parents.
struct PagesUnder<E: EntityTrait> {
    link: E::Column,
    ask: Ask<E>,
}

impl<E: EntityTrait> Clone for PagesUnder<E> {
    fn clone(&self) -> Self {
        Self { link: self.link, ask: self.ask.clone() }
    }
}

impl<E: EntityTrait> PagesUnder<E> {
    fn identity(&self) -> (String, Fingerprint, &Window) {
        (format!("{:?}", self.link), self.ask.fingerprint, &self.ask.window)
    }
}

impl<E: EntityTrait> PartialEq for PagesUnder<E> {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

impl<E: EntityTrait> Eq for PagesUnder<E> {}

impl<E: EntityTrait> Hash for PagesUnder<E> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.ask.window.hash(state);
    }
}

impl<E: Policy> Lookup for PagesUnder<E> {
    type Key = uuid::Uuid;
    type Value = Page<E::Model>;

    async fn find(
        self,
        store: Store,
        parents: Vec<uuid::Uuid>,
    ) -> Result<HashMap<uuid::Uuid, Page<E::Model>>> {
        let key = store.cursor_key();
        let Seen { select, .. } = store
            .see::<E>()
            .filter(self.ask.filter.clone())
            .filter(self.ask.beyond(key)?)
            .filter(self.link.is_in(parents));
        let mut window = WindowStatement::partition_by(self.link.as_column_ref());
        for (column, order, nulls) in self.ask.directions() {
            window.order_by_expr_with_nulls(column, order, nulls);
        }
        let place = Alias::new("place_in_page");
        let mut ranked = select.into_query();
        ranked.expr_window_as(Expr::cust("ROW_NUMBER()"), window, place.clone());
        let statement = Query::select()
            .column(sea_orm::sea_query::Asterisk)
            .from_subquery(ranked, Alias::new("ranked"))
            .and_where(Expr::col(place.clone()).lte(self.ask.window.size as u64 + 1))
            .order_by(place, Order::Asc)
            .to_owned();
        let mut groups: HashMap<uuid::Uuid, Vec<E::Model>> = HashMap::new();
        for row in store.read_all(&statement).await? {
            let model = E::Model::from_query_result(&row, "")?;
            if let Value::Uuid(Some(parent)) = model.get(self.link) {
                groups.entry(parent).or_default().push(model);
            }
        }
        Ok(groups.into_iter().map(|(parent, rows)| (parent, self.ask.page(key, rows))).collect())
    }
}

/// Counts for many parents.
struct CountsUnder<E: EntityTrait>(PagesUnder<E>);

impl<E: EntityTrait> Clone for CountsUnder<E> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<E: EntityTrait> PartialEq for CountsUnder<E> {
    fn eq(&self, other: &Self) -> bool {
        self.0.identity().0 == other.0.identity().0 && self.0.ask.fingerprint == other.0.ask.fingerprint
    }
}

impl<E: EntityTrait> Eq for CountsUnder<E> {}

impl<E: EntityTrait> Hash for CountsUnder<E> {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

impl<E: Policy> Lookup for CountsUnder<E> {
    type Key = uuid::Uuid;
    type Value = u64;

    async fn find(self, store: Store, parents: Vec<uuid::Uuid>) -> Result<HashMap<uuid::Uuid, u64>> {
        let PagesUnder { link, ask } = self.0;
        let Seen { select, .. } = store.see::<E>().filter(ask.filter).filter(link.is_in(parents));
        let statement = select
            .select_only()
            .column_as(link, "parent")
            .column_as(Expr::cust("COUNT(*)"), "total")
            .group_by(link)
            .into_query();
        let mut counts = HashMap::new();
        for row in store.read_all(&statement).await? {
            let total: i64 = row.try_get("", "total")?;
            counts.insert(row.try_get("", "parent")?, u64::try_from(total).unwrap_or(0));
        }
        Ok(counts)
    }
}
