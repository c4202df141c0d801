//! Pages under parents whose rows each name a row of another table, with those rows: one statement instead of two.

use super::{
    Ask, Node, Page, Policy, Store,
    batch::{ById, Lookup},
    page::{PLACE, PagesUnder},
};
use crate::Result;
use entity::ids::Key;
use sea_orm::{
    EntityTrait, FromQueryResult, Iden, ModelTrait, Value,
    sea_query::{Alias, Asterisk, Expr, Order, Query, SelectStatement},
};
use std::{
    collections::HashMap,
    hash::{Hash, Hasher},
    marker::PhantomData,
};
use uuid::Uuid;

/// Before the columns of the rows that come along.
const OTHER: &str = "other_";

impl Store {
    /// One page under a parent, as [`Store::page_under`]; the rows of `F` that `by` names are known from then on, as far
    /// as the viewer sees them.
    pub async fn page_under_along<E: Policy, F: Node>(
        &self,
        link: E::Column,
        parent: Uuid,
        ask: Ask<E>,
        by: E::Column,
    ) -> Result<Page<E::Model>> {
        let pages = PagesUnder::new(self, link, ask)?;
        let page = self.batched(PagesAlong::<E, F> { pages, by, other: PhantomData }, parent).await?;
        Ok(page.unwrap_or_else(Page::empty))
    }
}

struct PagesAlong<E: EntityTrait, F> {
    pages: PagesUnder<E>,
    by: E::Column,
    other: PhantomData<fn() -> F>,
}

impl<E: EntityTrait, F> Clone for PagesAlong<E, F> {
    fn clone(&self) -> Self {
        Self { pages: self.pages.clone(), by: self.by, other: PhantomData }
    }
}

impl<E: EntityTrait, F> PartialEq for PagesAlong<E, F> {
    fn eq(&self, other: &Self) -> bool {
        self.pages == other.pages && self.by.unquoted() == other.by.unquoted()
    }
}

impl<E: EntityTrait, F> Eq for PagesAlong<E, F> {}

impl<E: EntityTrait, F> Hash for PagesAlong<E, F> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.pages.hash(state);
    }
}

impl<E: Policy, F: Node> PagesAlong<E, F> {
    /// The pages are cut first, so that few rows are joined.
    fn statement(&self, store: &Store, parents: Vec<Uuid>) -> Result<SelectStatement> {
        let page = Alias::new("page");
        let named = Expr::col((page.clone(), Alias::new(self.by.unquoted())));
        let mut all = Query::select();
        all.column((page.clone(), Asterisk));
        all.from_subquery(self.pages.statement(store, parents)?, page.clone())
            .order_by((page, Alias::new(PLACE)), Order::Asc);
        store.join::<F>(&mut all, OTHER, named);
        Ok(all)
    }
}

impl<E: Policy, F: Node> Lookup for PagesAlong<E, F> {
    type Key = Uuid;
    type Value = Page<E::Model>;

    async fn find(self, store: Store, parents: Vec<Uuid>) -> Result<HashMap<Uuid, Page<E::Model>>> {
        let mut rows = Vec::new();
        for row in store.read_all(&self.statement(&store, parents)?).await? {
            let own = E::Model::from_query_result(&row, "")?;
            if let Value::Uuid(Some(named)) = own.get(self.by) {
                // What the viewer does not see is known, too: nobody asks for it again.
                let other = F::Model::from_query_result_optional(&row, OTHER)?;
                store.hub().know(&ById::<F>::default(), F::Id::from_uuid(named), other);
            }
            rows.push(own);
        }
        Ok(self.pages.pages(&store, rows))
    }
}
