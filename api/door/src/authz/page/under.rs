//! Pages and counts under many parents at once: one statement for all of them.

use super::{Ask, PLACE, Page, ordered};
use crate::{
    Result,
    authz::{
        Policy, Store,
        batch::Lookup,
        store::{Seen, few_lengths},
        together::{Rows, Selected, Selection, alone},
    },
};
use gql::{connection::Window, cursor::Fingerprint};
use sea_orm::{
    ColumnTrait, ColumnType, EntityTrait, IntoSimpleExpr, ModelTrait, QuerySelect, QueryTrait, Value,
    sea_query::{Alias, Expr, ExprTrait, Order, Query, SelectStatement, WindowStatement},
};
use std::{
    collections::HashMap,
    hash::{Hash, Hasher},
};

impl Store {
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
}

/// The same page for many parents.
pub(in crate::authz) struct PagesUnder<E: EntityTrait> {
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
    pub(in crate::authz) fn new(store: &Store, link: E::Column, ask: Ask<E>) -> Result<Self> {
        ask.beyond(store.cursor_key())?;
        Ok(Self { link, ask })
    }

    /// Rows of all pages, by [`PLACE`] in their page.
    pub(in crate::authz) fn statement(
        &self,
        store: &Store,
        parents: Vec<uuid::Uuid>,
    ) -> Result<SelectStatement> {
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
    pub(in crate::authz) fn pages(
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
