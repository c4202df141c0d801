//! Pages of ids with what goes along: rows of other tables and the total, in one statement.

use super::{Ask, Page, ordered};
use crate::{
    Result,
    authz::{
        Node, Store,
        batch::ById,
        store::Seen,
        totals::Counting,
        tuples::{Columns, Tuple},
    },
};
use entity::ids::Key;
use sea_orm::{
    Condition, EntityTrait, Iden, IntoSimpleExpr, JoinType, QuerySelect, QueryTrait, Select, Value,
    sea_query::{Alias, Expr, ExprTrait, Query, SelectStatement, SimpleExpr},
};
use std::marker::PhantomData;

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

impl<E: Node> Ask<E> {
    /// Only the id, a text and the order's keys.
    pub(super) fn narrow(&self, select: Select<E>, text: E::Column) -> Select<E> {
        let mut columns: Vec<E::Column> = vec![E::ID, text];
        for sort in &self.order {
            if !columns.iter().any(|column| column.unquoted() == sort.column.unquoted()) {
                columns.push(sort.column);
            }
        }
        select.select_only().columns(columns)
    }
}

impl Store {
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
    pub(super) async fn joined<E: Node, F: Node<Id = E::Id>, G: Node>(
        &self,
        ask: &Ask<E>,
        page: SelectStatement,
        total: Option<SelectStatement>,
        along: &Along<E, F, G>,
    ) -> Result<Joined<E>> {
        const PAGE: &str = "page";
        let of_page = |column: E::Column| Expr::col((Alias::new(PAGE), Alias::new(column.unquoted())));
        let mut columns = Columns::default();
        columns.one(PAGE, E::ID);
        columns.one(PAGE, along.text);
        for sort in &ask.order {
            columns.one(PAGE, sort.column);
        }
        columns.joined::<F>();
        if along.link.is_some() {
            columns.joined::<G>();
        }
        let counting = total.map(|total| self.total_of(ask.fingerprint, total));
        for (column, kind) in counting.iter().flat_map(Counting::columns) {
            columns.expr(column, kind);
        }
        let mut all = Query::select();
        all.from_subquery(page, Alias::new(PAGE));
        self.join::<F>(&mut all, of_page(E::ID));
        if let Some(link) = along.link {
            self.join::<G>(&mut all, link.into_simple_expr());
        }
        let rows = self.tuples(all, columns, |mut row| {
            let (Value::Uuid(Some(id)), Value::String(Some(text))) = (row.value()?, row.value()?) else {
                return Err(anyhow::anyhow!("a row of a page has no key or no text").into());
            };
            let keys: Vec<Value> = ask.order.iter().map(|_| row.value()).collect::<Result<_>>()?;
            self.know_joined::<F>(&mut row)?;
            if along.link.is_some() {
                self.know_joined::<G>(&mut row)?;
            }
            let total = if counting.is_some() { Some((row.value()?, row.value()?)) } else { None };
            Ok((keys, (E::Id::from_uuid(id), text), total))
        });
        let mut rows = rows.await?;
        let total = match (&counting, rows.first()) {
            (Some(counting), Some((.., Some((Value::BigInt(line), Value::BigInt(Some(total))))))) => {
                Some(self.told(counting, line.unwrap_or(0), *total))
            }
            _ => None,
        };
        // A join need not keep the order of the page.
        rows.sort_by(|(one, ..), (other, ..)| ask.compare(one, other));
        let Page { rows, has_next, has_previous } =
            ask.page_by(self.cursor_key(), rows, |(keys, ..)| keys.clone());
        let rows = rows.into_iter().map(|(place, (_, row, _))| (place, row)).collect();
        Ok(Joined { page: Page { rows, has_next, has_previous }, total })
    }

    /// Joins the row with this id, as far as the viewer sees it.
    pub(in crate::authz) fn join<E: Node>(&self, to: &mut SelectStatement, id: SimpleExpr) {
        let same = E::ID.into_simple_expr().eq(id);
        let seen = Condition::all().add(same).add(E::visible(self.viewer()).into_condition());
        to.join(JoinType::LeftJoin, E::default().table_ref(), seen);
    }

    fn know_joined<E: Node>(&self, row: &mut Tuple<'_>) -> Result<()> {
        if let Some(row) = row.row::<E>()? {
            self.hub().know(&ById::<E>::default(), E::id(&row), row);
        }
        Ok(())
    }
}
