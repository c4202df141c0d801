//! Pages of ids with what goes along: rows of other tables and the total, in one statement.

use super::{Ask, Page, keys::key_of, ordered};
use crate::{
    Result,
    authz::{Node, Store, batch::ById, store::Seen},
};
use entity::ids::Key;
use sea_orm::{
    Condition, EntityTrait, FromQueryResult, Iden, IntoSimpleExpr, Iterable, JoinType, QueryResult,
    QuerySelect, QueryTrait, Select, Value,
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
    pub(in crate::authz) fn join<E: Node>(&self, to: &mut SelectStatement, prefix: &str, id: SimpleExpr) {
        to.expr(named_columns::<E>(prefix));
        let same = E::ID.into_simple_expr().eq(id);
        let seen = Condition::all().add(same).add(E::visible(self.viewer()).into_condition());
        to.join(JoinType::LeftJoin, E::default().table_ref(), seen);
    }

    fn know_joined<E: Node>(&self, row: &QueryResult, prefix: &str) -> Result<()> {
        if let Some(row) = E::Model::from_query_result_optional(row, prefix)? {
            self.hub().know(&ById::<E>::default(), E::id(&row), row);
        }
        Ok(())
    }
}
