//! Lists as connections.

use super::filter::{NullsOrder, OrderDirection};
use async_graphql::{ObjectType, Result as GraphqlResult};
use door::{
    Error, Nullable, Result,
    authz::{Ask, Direction, Node, Nulls, Page, Policy, Sort, Store},
    nullable,
};
use gql::{
    connection::{Connection, Count, Counter, Edge, Paging},
    cursor::Fingerprint,
};
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
    Ok(under(store, link, parent, ask, page))
}

/// The same, where whoever reads a row reads the row of `F` that `by` names: they come in one statement.
pub async fn list_under_along<E, F, T>(
    store: &Store,
    (link, by): (E::Column, E::Column),
    parent: uuid::Uuid,
    ask: Result<Ask<E>>,
) -> Nullable<Connection<T>>
where
    E: Policy + Send + Sync + 'static,
    F: Node,
    T: From<E::Model> + ObjectType + Clone,
{
    let read = async {
        let ask = ask?;
        let page = store.page_under_along::<E, F>(link, parent, ask.clone(), by).await?;
        Ok(Some(under(store, link, parent, ask, page)))
    };
    nullable(read.await)
}

fn under<E, T>(
    store: &Store,
    link: E::Column,
    parent: uuid::Uuid,
    ask: Ask<E>,
    page: Page<E::Model>,
) -> Connection<T>
where
    E: Policy + Send + Sync + 'static,
    T: From<E::Model> + ObjectType + Clone,
{
    let store = store.clone();
    let counter = Counter::new(move || {
        let (store, ask) = (store.clone(), ask.clone());
        async move { counted(store.count_under(link, parent, ask).await) }
    });
    connection(page, counter)
}

/// Page of a short list that is all at hand, in its own order.
pub fn complete<T: ObjectType + Clone>(
    store: &Store,
    name: &str,
    printed: &str,
    paging: Paging,
    rows: Vec<T>,
) -> Result<Connection<T>> {
    let window = paging.window().map_err(Error::bad_input)?;
    let print = Fingerprint::of(name, "closest", printed);
    let place = |cursor: &String| -> Result<usize> {
        let values = store.unseal(print, cursor)?;
        let place =
            values.first().and_then(serde_json::Value::as_u64).and_then(|place| usize::try_from(place).ok());
        place.ok_or_else(|| Error::bad_input("This is not a cursor; use one that a page gave."))
    };
    let from = window.from.as_ref().map(place).transpose()?;
    let (start, end) = if window.forward {
        let start = from.map_or(0, |from| from + 1);
        (start, (start + window.size).min(rows.len()))
    } else {
        let end = from.unwrap_or(rows.len()).min(rows.len());
        (end.saturating_sub(window.size), end)
    };
    let total = Count::capped(rows.len() as u64);
    let (has_next, has_previous) = (end < rows.len(), start > 0);
    let edges = rows.into_iter().enumerate().skip(start).take(end.saturating_sub(start));
    let edges =
        edges.map(|(place, node)| Edge { place: store.place(print, vec![place.into()]), node }).collect();
    Ok(Connection { edges, has_next, has_previous, counter: Counter::new(move || async move { Ok(total) }) })
}

fn counted(total: Result<u64>) -> GraphqlResult<Count> {
    total.map(Count::capped).map_err(Error::into_graphql)
}

fn connection<M, T: From<M>>(page: Page<M>, counter: Counter) -> Connection<T> {
    let edges = page.rows.into_iter().map(|(place, row)| Edge { place, node: T::from(row) }).collect();
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
