//! Several tables, one statement: what a page asks of many tables of one record at once.
//!
//! Each table keeps its own selection with its own policy. The selections stand one under the other in a `UNION ALL`:
//! a row has values in the columns of its own table, and nothing in those of the others.

use super::{Store, batch::Lookup};
use crate::{Error, Result};
use sea_orm::{
    ColumnTrait, ColumnType, EntityTrait, FromQueryResult, Iden, Iterable, QueryResult, TryGetable,
    sea_query::{Alias, Expr, ExprTrait, Query, SelectStatement, UnionType},
};
use std::{collections::HashMap, sync::Arc};

/// A lookup that is one selection of rows, so that it can share its statement with others of its round.
pub trait Selected: Lookup {
    fn selection(&self, store: &Store, keys: &[Self::Key]) -> Result<Selection>;

    /// What the selection's rows answer.
    fn answers(
        &self,
        store: &Store,
        keys: &[Self::Key],
        rows: &Rows,
    ) -> Result<HashMap<Self::Key, Self::Value>>;
}

/// Rows of one table, with the columns they have.
pub struct Selection {
    statement: SelectStatement,
    columns: Vec<(String, ColumnType)>,
}

impl Selection {
    pub fn new(statement: SelectStatement, columns: &[(&str, ColumnType)]) -> Self {
        let columns = columns.iter().map(|(name, kind)| ((*name).to_owned(), kind.clone())).collect();
        Self { statement, columns }
    }

    /// A selection of whole rows.
    pub fn of<E: EntityTrait>(statement: SelectStatement) -> Self {
        let columns = E::Column::iter()
            .map(|column| (column.unquoted().to_owned(), column.def().get_column_type().clone()));
        Self { statement, columns: columns.collect() }
    }

    #[must_use]
    pub fn with(mut self, name: &str, kind: ColumnType) -> Self {
        self.columns.push((name.to_owned(), kind));
        self
    }
}

/// Rows of one selection, as they came.
pub struct Rows {
    prefix: String,
    rows: Vec<QueryResult>,
}

impl Rows {
    pub fn models<M: FromQueryResult>(&self) -> Result<Vec<M>> {
        self.rows.iter().map(|row| Ok(M::from_query_result(row, &self.prefix)?)).collect()
    }

    pub fn column<T: TryGetable>(&self, name: &str) -> Result<Vec<T>> {
        self.rows.iter().map(|row| Ok(row.try_get(&self.prefix, name)?)).collect()
    }
}

/// A selection under way, and who waits for its rows.
pub struct Parcel {
    pub selection: Selection,
    pub deliver: Box<dyn FnOnce(std::result::Result<Rows, Arc<Error>>) + Send>,
}

/// Packs a parcel when its round begins.
pub type Packing = Box<dyn FnOnce(&Store) -> Option<Parcel> + Send>;

/// Reads what these lookups ask in one statement, and answers each.
pub async fn travel(store: Store, packings: Vec<Packing>) {
    let parcels = packings.into_iter().filter_map(|pack| pack(&store));
    let (selections, deliveries): (Vec<_>, Vec<_>) =
        parcels.map(|parcel| (parcel.selection, parcel.deliver)).unzip();
    if selections.is_empty() {
        return;
    }
    match read(&store, &selections).await.map_err(Arc::new) {
        Ok(groups) => deliveries.into_iter().zip(groups).for_each(|(deliver, rows)| deliver(Ok(rows))),
        Err(cause) => deliveries.into_iter().for_each(|deliver| deliver(Err(cause.clone()))),
    }
}

/// A lookup that travels alone.
pub async fn alone<L: Selected>(
    lookup: L,
    store: Store,
    keys: Vec<L::Key>,
) -> Result<HashMap<L::Key, L::Value>> {
    let selection = lookup.selection(&store, &keys)?;
    let rows = store.read_all(&selection.statement).await?;
    lookup.answers(&store, &keys, &Rows { prefix: String::new(), rows })
}

async fn read(store: &Store, selections: &[Selection]) -> Result<Vec<Rows>> {
    let mut groups: Vec<Rows> =
        (0..selections.len()).map(|place| Rows { prefix: prefix(place), rows: Vec::new() }).collect();
    for row in store.read_all(&one_under_the_other(selections)).await? {
        let place: i32 = row.try_get("", PLACE)?;
        let group = usize::try_from(place).ok().and_then(|place| groups.get_mut(place));
        group.ok_or_else(|| anyhow::anyhow!("a row of no selection"))?.rows.push(row);
    }
    Ok(groups)
}

/// Column that says whose row it is.
const PLACE: &str = "selection";

fn prefix(place: usize) -> String {
    format!("s{place}_")
}

fn one_under_the_other(selections: &[Selection]) -> SelectStatement {
    let mut parts = (0..selections.len()).map(|place| part(selections, place));
    let mut all = parts.next().unwrap_or_default();
    all.unions(parts.map(|part| (UnionType::All, part)));
    all
}

/// One selection's rows between the columns of the others. The first part names all columns and says of which type
/// they are: databases take both from there.
fn part(selections: &[Selection], place: usize) -> SelectStatement {
    let rows = Alias::new("rows");
    let mut part = Query::select();
    part.expr_as(Expr::cust(place.to_string()), PLACE);
    for (at, selection) in selections.iter().enumerate() {
        for (name, kind) in &selection.columns {
            let value = match at == place {
                true => Expr::col((rows.clone(), Alias::new(name))),
                false if place == 0 => Expr::cust("NULL").cast_as(type_name(kind)),
                false => Expr::cust("NULL"),
            };
            if place == 0 {
                part.expr_as(value, Alias::new(format!("{}{name}", prefix(at))));
            } else {
                part.expr(value);
            }
        }
    }
    if let Some(own) = selections.get(place) {
        part.from_subquery(own.statement.clone(), rows);
    }
    part
}

/// As migrations spell it on PostgreSQL; SQLite has values with types, not columns.
fn type_name(kind: &ColumnType) -> &'static str {
    match kind {
        ColumnType::Uuid => "uuid",
        ColumnType::BigInteger => "bigint",
        ColumnType::Integer => "integer",
        ColumnType::SmallInteger => "smallint",
        ColumnType::Boolean => "boolean",
        ColumnType::Json | ColumnType::JsonBinary => "jsonb",
        ColumnType::Binary(_) | ColumnType::VarBinary(_) | ColumnType::Blob => "bytea",
        _ => "text",
    }
}
