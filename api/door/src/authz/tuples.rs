//! Rows as tuples of values, read alike from both databases.
//!
//! From SQLite all rows of a statement come as one text: its driver hands rows from thread to thread one by one and
//! copies them value by value, which costs more than to find them.

use super::{Policy, Store};
use crate::Result;
use anyhow::Context as _;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ColumnType, DbBackend, EntityTrait, Iterable, QueryResult, TryIntoModel,
    Value,
    sea_query::{Expr, Func, SelectStatement, SimpleExpr},
};
use serde::{Deserialize, Deserializer, de::Visitor};
use std::{borrow::Cow, fmt};
use uuid::Uuid;

/// What is read of each row, in order.
#[derive(Default)]
pub(super) struct Columns {
    exprs: Vec<(SimpleExpr, ColumnType)>,
}

impl Columns {
    /// One column of a table, or of a selection under this name.
    pub fn one(&mut self, table: &str, column: impl ColumnTrait) {
        let kind = column.def().get_column_type().clone();
        // As a text, because building an expression costs more than reading the value.
        self.expr(Expr::cust(format!("\"{table}\".\"{}\"", column.unquoted())), kind);
    }

    pub fn expr(&mut self, expr: SimpleExpr, kind: ColumnType) {
        self.exprs.push((expr, kind));
    }

    /// All columns of a table, or of a selection under this name, for [`Tuple::row`].
    pub fn row<E: EntityTrait>(&mut self, table: &str) {
        for column in E::Column::iter() {
            self.one(table, column);
        }
    }

    /// All columns of a joined table.
    pub fn joined<E: EntityTrait>(&mut self) {
        self.row::<E>(E::default().table_name());
    }
}

/// A row's values, taken from first to last.
pub(super) struct Tuple<'a> {
    source: Source<'a>,
    kinds: std::slice::Iter<'a, ColumnType>,
    width: usize,
}

impl<'a> Tuple<'a> {
    fn new(source: Source<'a>, kinds: &'a [ColumnType]) -> Self {
        Self { source, kinds: kinds.iter(), width: kinds.len() }
    }
}

enum Source<'a> {
    Row(&'a QueryResult),
    Cells(std::vec::IntoIter<Cell<'a>>),
}

impl Tuple<'_> {
    pub fn value(&mut self) -> Result<Value> {
        let place = self.width - self.kinds.len();
        let kind = self.kinds.next().context("a row ends too soon")?;
        Ok(match &mut self.source {
            Source::Row(row) => of_row(row, place, kind)?,
            Source::Cells(cells) => cells.next().context("a row ends too soon")?.value(kind)?,
        })
    }

    /// A row with all its columns, if one was joined: rows begin with their key, which is never NULL.
    pub fn row<E: Policy>(&mut self) -> Result<Option<E::Model>> {
        let mut row = <E::ActiveModel as ActiveModelTrait>::default();
        let mut is_missing = false;
        for (place, column) in E::Column::iter().enumerate() {
            let value = self.value()?;
            is_missing |= place == 0 && value == value.as_null();
            if !is_missing {
                row.try_set(column, value)?;
            }
        }
        Ok(if is_missing { None } else { Some(row.try_into_model()?) })
    }
}

impl Store {
    /// Reads these columns of a selection, in no order, in one statement.
    pub(super) async fn tuples<T>(
        &self,
        mut from: SelectStatement,
        columns: Columns,
        each: impl Fn(Tuple<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let (exprs, kinds): (Vec<_>, Vec<_>) = columns.exprs.into_iter().unzip();
        if self.pools().read.get_database_backend() == DbBackend::Postgres {
            from.exprs(exprs);
            let rows = self.read_all(&from).await?;
            return rows.iter().map(|row| each(Tuple::new(Source::Row(row), &kinds))).collect();
        }
        let exprs = exprs.into_iter().zip(&kinds).map(|(expr, kind)| match kind {
            ColumnType::Uuid => Func::cust("hex").arg(expr).into(),
            _ => expr,
        });
        let row: SimpleExpr = Func::cust("json_array").args(exprs).into();
        from.expr(Func::cust("group_concat").arg(row).arg(Expr::cust("' '")));
        let found = self.read_all(&from).await?;
        let text: Option<String> =
            found.first().map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or_default();
        serde_json::Deserializer::from_str(&text.unwrap_or_default())
            .into_iter::<Vec<Cell<'_>>>()
            .map(|cells| {
                let cells = Source::Cells(cells.context("a row is no JSON")?.into_iter());
                each(Tuple::new(cells, &kinds))
            })
            .collect()
    }
}

fn of_row(row: &QueryResult, place: usize, kind: &ColumnType) -> Result<Value> {
    Ok(match kind {
        ColumnType::Uuid => Value::Uuid(row.try_get_by_index(place)?),
        ColumnType::SmallInteger => Value::SmallInt(row.try_get_by_index(place)?),
        ColumnType::Integer => Value::Int(row.try_get_by_index(place)?),
        ColumnType::BigInteger => Value::BigInt(row.try_get_by_index(place)?),
        ColumnType::Boolean => Value::Bool(row.try_get_by_index(place)?),
        ColumnType::Json | ColumnType::JsonBinary => {
            Value::Json(row.try_get_by_index::<Option<_>>(place)?.map(Box::new))
        }
        ColumnType::Text | ColumnType::String(_) => Value::String(row.try_get_by_index(place)?),
        other => return Err(unread(other).into()),
    })
}

fn unread(kind: &ColumnType) -> anyhow::Error {
    anyhow::anyhow!("columns of {kind:?} are not read in tuples")
}

/// A value as JSON has it.
enum Cell<'a> {
    Null,
    Number(i64),
    Text(Cow<'a, str>),
}

impl Cell<'_> {
    fn value(self, kind: &ColumnType) -> anyhow::Result<Value> {
        Ok(match (kind, self) {
            (ColumnType::Uuid, Cell::Text(digits)) if digits.is_empty() => Value::Uuid(None),
            (ColumnType::Uuid, Cell::Text(digits)) => Uuid::try_parse(&digits)?.into(),
            (ColumnType::SmallInteger, Cell::Number(number)) => i16::try_from(number)?.into(),
            (ColumnType::SmallInteger, Cell::Null) => Value::SmallInt(None),
            (ColumnType::Integer, Cell::Number(number)) => i32::try_from(number)?.into(),
            (ColumnType::Integer, Cell::Null) => Value::Int(None),
            (ColumnType::BigInteger, Cell::Number(number)) => number.into(),
            (ColumnType::BigInteger, Cell::Null) => Value::BigInt(None),
            (ColumnType::Boolean, Cell::Number(number)) => (number != 0).into(),
            (ColumnType::Boolean, Cell::Null) => Value::Bool(None),
            (ColumnType::Json | ColumnType::JsonBinary, Cell::Text(text)) => {
                Value::Json(Some(Box::new(serde_json::from_str(&text)?)))
            }
            (ColumnType::Json | ColumnType::JsonBinary, Cell::Null) => Value::Json(None),
            (ColumnType::Text | ColumnType::String(_), Cell::Text(text)) => text.into_owned().into(),
            (ColumnType::Text | ColumnType::String(_), Cell::Null) => Value::String(None),
            (other, _) => return Err(unread(other)),
        })
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Cell<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        struct AnyCell;
        impl<'de> Visitor<'de> for AnyCell {
            type Value = Cell<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("null, a whole number or a text")
            }
            fn visit_unit<E>(self) -> std::result::Result<Cell<'de>, E> {
                Ok(Cell::Null)
            }
            fn visit_i64<E>(self, number: i64) -> std::result::Result<Cell<'de>, E> {
                Ok(Cell::Number(number))
            }
            fn visit_u64<E: serde::de::Error>(self, number: u64) -> std::result::Result<Cell<'de>, E> {
                i64::try_from(number).map(Cell::Number).map_err(E::custom)
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> std::result::Result<Cell<'de>, E> {
                Ok(Cell::Text(text.into()))
            }
            fn visit_str<E>(self, text: &str) -> std::result::Result<Cell<'de>, E> {
                Ok(Cell::Text(Cow::Owned(text.to_owned())))
            }
        }
        from.deserialize_any(AnyCell)
    }
}
