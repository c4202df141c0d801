//! Pages under parents whose rows each name a row of another table, with those rows: one statement instead of two.

use super::{
    Ask, Node, Page, Policy, Store,
    batch::{ById, Lookup},
    page::{PLACE, PagesUnder},
    tuples::Columns,
};
use crate::Result;
use entity::ids::Key;
use sea_orm::{
    ColumnType, EntityTrait, Iden, ModelTrait, Value,
    sea_query::{Alias, Expr, Query},
};
use std::{
    collections::HashMap,
    hash::{Hash, Hasher},
    marker::PhantomData,
};
use uuid::Uuid;

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

impl<E: Policy, F: Node> Lookup for PagesAlong<E, F> {
    type Key = Uuid;
    type Value = Page<E::Model>;

    async fn find(self, store: Store, parents: Vec<Uuid>) -> Result<HashMap<Uuid, Page<E::Model>>> {
        const PAGE: &str = "page";
        let of_page = |name: &str| Expr::col((Alias::new(PAGE), Alias::new(name)));
        let mut columns = Columns::default();
        columns.expr(of_page(PLACE), ColumnType::BigInteger);
        columns.row::<E>(PAGE);
        columns.joined::<F>();
        // The pages are cut first, so that few rows are joined.
        let mut all = Query::select();
        all.from_subquery(self.pages.statement(&store, parents)?, Alias::new(PAGE));
        store.join::<F>(&mut all, of_page(self.by.unquoted()));
        let placed = store.tuples(all, columns, |mut tuple| {
            let Value::BigInt(place) = tuple.value()? else { return Ok(None) };
            let Some(own) = tuple.row::<E>()? else { return Ok(None) };
            if let Value::Uuid(Some(named)) = own.get(self.by) {
                // What the viewer does not see is known, too: nobody asks for it again.
                store.hub().know(&ById::<F>::default(), F::Id::from_uuid(named), tuple.row::<F>()?);
            }
            Ok(Some((place, own)))
        });
        let mut placed: Vec<_> = placed.await?.into_iter().flatten().collect();
        placed.sort_by_key(|(place, _)| *place);
        Ok(self.pages.pages(&store, placed.into_iter().map(|(_, own)| own)))
    }
}
