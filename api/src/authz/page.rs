//! Pages by keyset: right with NULLs, ties and mixed directions, forward and backward, on both databases.

use super::{
    Node, Policy, Store,
    batch::Lookup,
    store::{Seen, few_lengths, number_of},
    together::{Rows, Selected, Selection, alone},
};
use crate::{Error, Result};
use entity::ids::Key;
use gql::{
    codes::ErrorCode,
    connection::Window,
    cursor::{CursorError, CursorKey, Fingerprint, Place},
};
use sea_orm::{
    ColumnTrait, ColumnType, Condition, EntityTrait, FromQueryResult, Iden, IntoSimpleExpr, Iterable,
    JoinType, ModelTrait, QueryResult, QuerySelect, QueryTrait, Select, Value,
    sea_query::{
        Alias, Expr, ExprTrait, IntoCondition, NullOrdering, Order, OrderedStatement, Query, SelectStatement,
        SimpleExpr, UnionType, WindowStatement,
    },
};
use std::{
    cmp::Ordering,
    collections::HashMap,
    hash::{Hash, Hasher},
    marker::PhantomData,
    str::FromStr,
};

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

/// What is read in one statement with a page of ids.
pub struct Along<E: EntityTrait, F: EntityTrait, G> {
    /// A text of each row.
    pub text: E::Column,
    /// The rows of `F` with the same ids come along in any case; those of `G` that this link of theirs names, if there
    /// is one. Both are known from now on as far as the viewer sees them.
    pub link: Option<F::Column>,
    /// Whether the whole list is counted, up to the bound of totals.
    pub has_total: bool,
    linked: PhantomData<G>,
}

impl<E: EntityTrait, F: EntityTrait, G> Along<E, F, G> {
    pub const fn new(text: E::Column, link: Option<F::Column>, has_total: bool) -> Self {
        Self { text, link, has_total, linked: PhantomData }
    }
}

/// A page of ids with their texts, and the total if it came along: an empty page has none.
pub struct Joined<E: Node> {
    pub page: Page<(E::Id, String)>,
    pub total: Option<u64>,
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

impl<E: Node> Ask<E> {
    /// Only the id, a text and the order's keys.
    fn narrow(&self, select: Select<E>, text: E::Column) -> Select<E> {
        let mut columns: Vec<E::Column> = vec![E::ID, text];
        for sort in &self.order {
            if !columns.iter().any(|column| column.unquoted() == sort.column.unquoted()) {
                columns.push(sort.column);
            }
        }
        select.select_only().columns(columns)
    }
}

/// All columns of a table, each under its name with a prefix: one text, as building each would cost more than reading it.
fn named_columns<E: EntityTrait>(prefix: &str) -> SimpleExpr {
    let (mut text, entity) = (String::new(), E::default());
    for column in E::Column::iter() {
        let name = column.unquoted();
        let separator = if text.is_empty() { "\"" } else { ", \"" };
        for part in [separator, entity.table_name(), "\".\"", name, "\" AS \"", prefix, name, "\""] {
            text.push_str(part);
        }
    }
    Expr::cust(text)
}

fn key_name(place: usize) -> String {
    format!("own_{place}")
}

/// An order's key as a row of raw columns has it.
fn key_of(row: &QueryResult, name: &str, column: impl ColumnTrait) -> Result<Value> {
    Ok(match column.def().get_column_type() {
        ColumnType::BigInteger => Value::BigInt(row.try_get("", name)?),
        ColumnType::Integer => Value::Int(row.try_get("", name)?),
        ColumnType::Uuid => Value::Uuid(row.try_get("", name)?),
        _ => Value::String(row.try_get("", name)?),
    })
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

fn equal(column: SimpleExpr, value: &Value) -> SimpleExpr {
    if is_null(value) { column.is_null() } else { column.eq(value.clone()) }
}

/// `column` comes after `value` in this direction; nothing if nothing can.
fn past(
    column: SimpleExpr,
    may_be_null: bool,
    value: &Value,
    direction: Direction,
    nulls: Nulls,
) -> Option<SimpleExpr> {
    if is_null(value) {
        return (nulls == Nulls::First).then(|| column.is_not_null());
    }
    let later = match direction {
        Direction::Ascending => column.clone().gt(value.clone()),
        Direction::Descending => column.clone().lt(value.clone()),
    };
    Some(if nulls == Nulls::Last && may_be_null { later.or(column.is_null()) } else { later })
}

/// Bound on the first key alone, which an index can start from; the alternatives after it cannot be searched.
fn bound<E: EntityTrait>(
    ask: &Ask<E>,
    values: &[Value],
    expr: impl Fn(E::Column) -> SimpleExpr,
) -> Condition {
    let (Some(sort), Some(value)) = (ask.order.first(), values.first()) else { return Condition::all() };
    let (direction, nulls) = if ask.window.forward { (sort.direction, sort.nulls) } else { sort.turned() };
    if is_null(value) || (nulls == Nulls::Last && sort.column.def().is_null()) {
        return Condition::all();
    }
    let column = expr(sort.column);
    Condition::all().add(match direction {
        Direction::Ascending => column.gte(value.clone()),
        Direction::Descending => column.lte(value.clone()),
    })
}

/// Which of two values comes first, as both databases order them.
pub(super) fn ascending(one: &Value, other: &Value) -> Ordering {
    match (one, other) {
        (Value::BigInt(one), Value::BigInt(other)) => one.cmp(other),
        (Value::Int(one), Value::Int(other)) => one.cmp(other),
        (Value::String(one), Value::String(other)) => one.cmp(other),
        (Value::Uuid(one), Value::Uuid(other)) => one.cmp(other),
        _ => Ordering::Equal,
    }
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

/// Places in a list that is ordered outside of the database.
impl Store {
    /// Place that these values name.
    pub(crate) fn place(&self, list: Fingerprint, values: Vec<serde_json::Value>) -> Place {
        self.cursor_key().place(list, values)
    }

    /// Place of a cursor.
    pub(crate) fn unseal(&self, list: Fingerprint, cursor: &str) -> Result<Vec<serde_json::Value>> {
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

    /// One page of ids and of a text that goes with each, and what goes along. One statement.
    pub async fn page_along<E: Node, F: Node<Id = E::Id>, G: Node>(
        &self,
        ask: &Ask<E>,
        along: &Along<E, F, G>,
    ) -> Result<Joined<E>> {
        let key = self.cursor_key();
        let Seen { mut select, .. } = self.see::<E>().filter(ask.filter.clone()).filter(ask.beyond(key)?);
        for (column, order, nulls) in ask.directions() {
            ordered(QueryTrait::query(&mut select), column.into_simple_expr(), order, nulls);
        }
        let page = ask.narrow(select, along.text).limit(ask.window.size as u64 + 1).into_query();
        let total = along.has_total.then(|| self.counting(ask));
        self.joined(ask, page, total, along).await
    }

    /// Reads a page and what goes along with it; the page is cut first, so that few rows are joined.
    ///
    /// Of the page's own table come the order and the text alone: a row costs by its columns.
    async fn joined<E: Node, F: Node<Id = E::Id>, G: Node>(
        &self,
        ask: &Ask<E>,
        page: SelectStatement,
        total: Option<SelectStatement>,
        along: &Along<E, F, G>,
    ) -> Result<Joined<E>> {
        const ID: &str = "own_id";
        const TEXT: &str = "own_text";
        const TOTAL: &str = "own_total";
        // Names that are read as they are cost less.
        const SAME: &str = "";
        const LINKED: &str = "linked_";
        let table = Alias::new("page");
        let of_page = |column: E::Column| Expr::col((table.clone(), Alias::new(column.unquoted())));
        let mut all = Query::select();
        all.expr_as(of_page(E::ID), ID).expr_as(of_page(along.text), TEXT);
        for (place, sort) in ask.order.iter().enumerate() {
            all.expr_as(of_page(sort.column), Alias::new(key_name(place)));
        }
        let has_total = total.is_some();
        if let Some(total) = total {
            // Depends on no row, so that it is counted once.
            all.expr_as(SimpleExpr::SubQuery(None, Box::new(total.into())), TOTAL);
        }
        all.from_subquery(page, table.clone());
        self.join::<F>(&mut all, SAME, of_page(E::ID));
        if let Some(link) = along.link {
            self.join::<G>(&mut all, LINKED, link.into_simple_expr());
        }
        for (column, order, nulls) in ask.directions() {
            ordered(&mut all, of_page(column), order, nulls);
        }
        let found = self.read_all(&all).await?;
        let total =
            found.first().filter(|_| has_total).map(|row| row.try_get::<i64>("", TOTAL)).transpose()?;
        let mut rows = Vec::with_capacity(found.len());
        for row in found {
            self.know_joined::<F>(&row, SAME)?;
            if along.link.is_some() {
                self.know_joined::<G>(&row, LINKED)?;
            }
            let keys = ask.order.iter().enumerate();
            let keys: Vec<Value> = keys
                .map(|(place, sort)| key_of(&row, &key_name(place), sort.column))
                .collect::<Result<_>>()?;
            let id = E::Id::from_uuid(row.try_get("", ID)?);
            rows.push((keys, (id, row.try_get::<String>("", TEXT)?)));
        }
        let Page { rows, has_next, has_previous } =
            ask.page_by(self.cursor_key(), rows, |(keys, _)| keys.clone());
        let rows = rows.into_iter().map(|(place, (_, row))| (place, row)).collect();
        Ok(Joined {
            page: Page { rows, has_next, has_previous },
            total: total.map(|total| u64::try_from(total).unwrap_or(0)),
        })
    }

    /// Joins the row with this id, as far as the viewer sees it.
    pub(super) fn join<E: Node>(&self, to: &mut SelectStatement, prefix: &str, id: SimpleExpr) {
        to.expr(named_columns::<E>(prefix));
        let same = E::ID.into_simple_expr().eq(id);
        let seen = Condition::all().add(same).add(E::visible(self.viewer()).into_condition());
        to.join(JoinType::LeftJoin, E::default().table_ref(), seen);
    }

    fn know_joined<E: Node>(&self, row: &QueryResult, prefix: &str) -> Result<()> {
        if let Some(row) = E::Model::from_query_result_optional(row, prefix)? {
            self.hub().know(&super::batch::ById::<E>::default(), E::id(&row), row);
        }
        Ok(())
    }

    /// One page under a parent; the pages of many parents travel in one statement.
    pub async fn page_under<E: Policy>(
        &self,
        link: E::Column,
        parent: uuid::Uuid,
        ask: Ask<E>,
    ) -> Result<Page<E::Model>> {
        let page = self.selected(PagesUnder::new(self, link, ask)?, parent, E::TOGETHER).await?;
        Ok(page.unwrap_or_else(Page::empty))
    }

    /// How many rows each parent has, counted in one statement.
    pub async fn count_under<E: Policy>(
        &self,
        link: E::Column,
        parent: uuid::Uuid,
        ask: Ask<E>,
    ) -> Result<u64> {
        let count = self.selected(CountsUnder(PagesUnder { link, ask }), parent, E::TOGETHER).await?;
        Ok(count.unwrap_or(0))
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

/// Parts of an index table, each read in the list's order: together they hold the keys of the list's rows.
pub struct Ranges<I: EntityTrait> {
    /// Column of the list's keys in the index table.
    pub key: I::Column,
    pub conditions: Vec<Condition>,
}

impl<I: EntityTrait> Clone for Ranges<I> {
    fn clone(&self) -> Self {
        Self { key: self.key, conditions: self.conditions.clone() }
    }
}

impl Store {
    /// One page of a list whose order an index table has: the keys from there, the rows by their keys.
    ///
    /// The index table has columns of the same names as the order's.
    pub async fn page_through<I: Policy, E: Node, F: Node<Id = E::Id>, G: Node>(
        &self,
        ask: &Ask<E>,
        ranges: &Ranges<I>,
        along: &Along<E, F, G>,
    ) -> Result<Joined<E>> {
        let key = self.cursor_key();
        let column = |column: E::Column| {
            in_index::<I, E>(column).map_or_else(|| Expr::val(1), sea_orm::IntoSimpleExpr::into_simple_expr)
        };
        let beyond = ask.beyond_in(key, column)?;
        let keys = self.keys_in(ranges, ask.window.size as u64 + 1, |select| {
            select.cond_where(beyond.clone());
            for (name, order, nulls) in ask.directions() {
                ordered(select, column(name), order, nulls);
            }
        });
        let Some(keys) = keys else { return Ok(Joined { page: Page::empty(), total: Some(0) }) };
        let Seen { mut select, .. } = self.see::<E>().filter(E::ID.in_subquery(keys));
        for (column, order, nulls) in ask.directions() {
            ordered(QueryTrait::query(&mut select), column.into_simple_expr(), order, nulls);
        }
        let page = ask.narrow(select, along.text).limit(ask.window.size as u64 + 1).into_query();
        let total = if along.has_total { self.counting_through(ranges) } else { None };
        self.joined(ask, page, total, along).await
    }

    /// How many keys the ranges hold together, counted no further than the bound of totals.
    pub async fn count_through<I: Policy>(&self, ranges: &Ranges<I>) -> Result<u64> {
        match self.counting_through(ranges) {
            Some(counting) => self.counted_by(&counting).await,
            None => Ok(0),
        }
    }

    fn counting_through<I: Policy>(&self, ranges: &Ranges<I>) -> Option<SelectStatement> {
        self.keys_in(ranges, gql::connection::COUNTED_TO + 1, |_| ()).map(number_of)
    }

    /// Keys of all ranges, at most `most` of each.
    fn keys_in<I: Policy>(
        &self,
        ranges: &Ranges<I>,
        most: u64,
        each: impl Fn(&mut SelectStatement),
    ) -> Option<SelectStatement> {
        let mut parts = ranges.conditions.iter().map(|condition| {
            let Seen { select, .. } = self.see::<I>().filter(condition.clone());
            let mut part = select.select_only().column(ranges.key).limit(most).into_query();
            each(&mut part);
            part
        });
        let first = parts.next()?;
        if ranges.conditions.len() == 1 {
            return Some(first);
        }
        // Wrapped: a part of a union may not have an order of its own.
        let wrapped =
            |part| Query::select().column(ranges.key).from_subquery(part, Alias::new("range")).to_owned();
        let mut all = wrapped(first);
        all.unions(parts.map(|part| (UnionType::Distinct, wrapped(part))));
        Some(all)
    }
}

/// Column of the same name in an index table.
fn in_index<I: EntityTrait, E: EntityTrait>(column: E::Column) -> Option<I::Column> {
    I::Column::from_str(sea_orm::Iden::unquoted(&column)).ok()
}

/// The same page for many parents.
pub(super) struct PagesUnder<E: EntityTrait> {
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

impl<E: Policy> PagesUnder<E> {
    /// Refuses a cursor here, where the error finds its field; within the lookup it would be anybody's.
    pub(super) fn new(store: &Store, link: E::Column, ask: Ask<E>) -> Result<Self> {
        ask.beyond(store.cursor_key())?;
        Ok(Self { link, ask })
    }

    /// Rows of all pages, by [`PLACE`] in their page.
    pub(super) fn statement(&self, store: &Store, parents: Vec<uuid::Uuid>) -> Result<SelectStatement> {
        let Seen { select, .. } = store
            .see::<E>()
            .filter(self.ask.filter.clone())
            .filter(self.ask.beyond(store.cursor_key())?)
            .filter(self.link.is_in(few_lengths(parents)));
        let mut window = WindowStatement::partition_by(self.link.as_column_ref());
        for (column, order, nulls) in self.ask.directions() {
            ordered(&mut window, column.into_simple_expr(), order, nulls);
        }
        let place = Alias::new(PLACE);
        let mut ranked = select.into_query();
        ranked.expr_window_as(Expr::cust("ROW_NUMBER()"), window, place.clone());
        Ok(Query::select()
            .column(sea_orm::sea_query::Asterisk)
            .from_subquery(ranked, Alias::new("ranked"))
            .and_where(Expr::col(place.clone()).lte(self.ask.window.size as u64 + 1))
            .order_by(place, Order::Asc)
            .to_owned())
    }

    /// Pages of rows that come in the order of their places.
    pub(super) fn pages(
        &self,
        store: &Store,
        rows: impl IntoIterator<Item = E::Model>,
    ) -> HashMap<uuid::Uuid, Page<E::Model>> {
        let mut groups: HashMap<uuid::Uuid, Vec<E::Model>> = HashMap::new();
        for row in rows {
            if let Value::Uuid(Some(parent)) = row.get(self.link) {
                groups.entry(parent).or_default().push(row);
            }
        }
        let page = |(parent, rows)| (parent, self.ask.page(store.cursor_key(), rows));
        groups.into_iter().map(page).collect()
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
        alone(self, store, parents).await
    }
}

impl<E: Policy> Selected for PagesUnder<E> {
    fn selection(&self, store: &Store, parents: &[uuid::Uuid]) -> Result<Selection> {
        let statement = self.statement(store, parents.to_vec())?;
        Ok(Selection::of::<E>(statement).with(PLACE, ColumnType::BigInteger))
    }

    fn answers(
        &self,
        store: &Store,
        _: &[uuid::Uuid],
        rows: &Rows,
    ) -> Result<HashMap<uuid::Uuid, Page<E::Model>>> {
        let mut placed: Vec<(i64, E::Model)> = rows.column(PLACE)?.into_iter().zip(rows.models()?).collect();
        // A statement of several tables forgets the order of each.
        placed.sort_by_key(|(place, _)| *place);
        Ok(self.pages(store, placed.into_iter().map(|(_, row)| row)))
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
        alone(self, store, parents).await
    }
}

impl<E: Policy> Selected for CountsUnder<E> {
    fn selection(&self, store: &Store, parents: &[uuid::Uuid]) -> Result<Selection> {
        let PagesUnder { link, ask } = &self.0;
        let Seen { select, .. } =
            store.see::<E>().filter(ask.filter.clone()).filter(link.is_in(few_lengths(parents.to_vec())));
        let statement = select
            .select_only()
            .column_as(*link, "parent")
            .column_as(Expr::cust("COUNT(*)"), "total")
            .group_by(*link)
            .into_query();
        Ok(Selection::new(statement, &[("parent", ColumnType::Uuid), ("total", ColumnType::BigInteger)]))
    }

    fn answers(&self, _: &Store, _: &[uuid::Uuid], rows: &Rows) -> Result<HashMap<uuid::Uuid, u64>> {
        let totals = rows.column::<i64>("total")?.into_iter().map(|total| u64::try_from(total).unwrap_or(0));
        Ok(rows.column("parent")?.into_iter().zip(totals).collect())
    }
}
