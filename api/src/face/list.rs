//! Lists as connections.

use super::filter::{NullsOrder, OrderDirection};
use crate::{
    Error, Nullable, Result,
    authz::{Ask, Direction, Nulls, Page, Policy, Sort, Store},
    nullable,
};
use async_graphql::{ObjectType, Result as GraphqlResult};
use gql::connection::{Connection, Count, Counter, Edge};
use sea_orm::EntityTrait;

/// Page of a root list.
pub async fn list<E, T>(store: &Store, ask: Result<Ask<E>>) -> Nullable<Connection<T>>
where
    E: Policy + Send + Sync + 'static,
    T: From<E::Model> + ObjectType + Clone,
{
    nullable(list_inner(store, ask).await.map(Some))
}

async fn list_inner<E, T>(store: &Store, ask: Result<Ask<E>>) -> Result<Connection<T>>
where
    E: Policy + Send + Sync + 'static,
    T: From<E::Model> + ObjectType + Clone,
{
    let ask = ask?;
    let page = store.page(&ask).await?;
    let store = store.clone();
    let counter = Counter::new(move || {
        let (store, ask) = (store.clone(), ask.clone());
        async move { counted(store.count(&ask).await) }
    });
    Ok(connection(page, counter))
}

/// Page of a list under a parent; pages of many parents are read together.
pub async fn list_under<E, T>(
    store: &Store,
    link: E::Column,
    parent: uuid::Uuid,
    ask: Result<Ask<E>>,
) -> Nullable<Connection<T>>
where
    E: Policy + Send + Sync + 'static,
    T: From<E::Model> + ObjectType + Clone,
{
    nullable(list_under_inner(store, link, parent, ask).await.map(Some))
}

async fn list_under_inner<E, T>(
    store: &Store,
    link: E::Column,
    parent: uuid::Uuid,
    ask: Result<Ask<E>>,
) -> Result<Connection<T>>
where
    E: Policy + Send + Sync + 'static,
    T: From<E::Model> + ObjectType + Clone,
{
    let ask = ask?;
    let page = store.page_under(link, parent, ask.clone()).await?;
    let store = store.clone();
    let counter = Counter::new(move || {
        let (store, ask) = (store.clone(), ask.clone());
        async move { counted(store.count_under(link, parent, ask).await) }
    });
    Ok(connection(page, counter))
}

fn counted(total: Result<u64>) -> GraphqlResult<Count> {
    total.map(Count::capped).map_err(Error::into_graphql)
}

fn connection<M, T: From<M>>(page: Page<M>, counter: Counter) -> Connection<T> {
    let edges = page.rows.into_iter().map(|(cursor, row)| Edge { cursor, node: T::from(row) }).collect();
    Connection { edges, has_next: page.has_next, has_previous: page.has_previous, counter }
}

/// An order's keys as the caller gave them, with the id last so that no two rows tie.
pub fn order<E: EntityTrait>(
    asked: impl IntoIterator<Item = (E::Column, OrderDirection, NullsOrder)>,
    default: (E::Column, OrderDirection),
    id: E::Column,
) -> Vec<Sort<E>> {
    let mut keys: Vec<Sort<E>> = asked
        .into_iter()
        .map(|(column, direction, nulls)| Sort {
            column,
            direction: run(direction),
            nulls: if nulls == NullsOrder::First { Nulls::First } else { Nulls::Last },
        })
        .collect();
    if keys.is_empty() {
        keys.push(Sort::by(default.0, run(default.1)));
    }
    let last = keys.last().map_or(Direction::Ascending, |key| key.direction);
    keys.push(Sort::by(id, last));
    keys
}

const fn run(direction: OrderDirection) -> Direction {
    match direction {
        OrderDirection::Asc => Direction::Ascending,
        OrderDirection::Desc => Direction::Descending,
    }
}
