//! Many asks, one statement.
//!
//! Resolvers of one operation run in one task. [`Batched`] polls that task until nothing in it can move: then every
//! row that could be asked for has been asked for, and each lookup runs once for all its keys. The next round waits
//! until all lookups of this one are answered, so that the number of statements depends on the document alone, never
//! on timing or on the number of rows.

use super::{
    Node, PartOf, Store,
    page::ascending,
    store::{by_primary_key, few_lengths},
    together::{Packing, Parcel, Rows, Selected, Selection, alone, travel},
};
use crate::{Error, Result};
use futures_util::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use sea_orm::{ColumnTrait, EntityTrait, Iterable, ModelTrait, PrimaryKeyToColumn, QueryTrait};
use std::{
    any::{Any, TypeId},
    cmp::Ordering as Order,
    collections::HashMap,
    hash::{Hash, Hasher},
    marker::PhantomData,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};
use tokio::{
    sync::oneshot,
    task::coop::{Unconstrained, unconstrained},
};

/// A way to find many values by their keys with one statement. Equal lookups share their statement.
pub trait Lookup: Clone + Eq + Hash + Send + Sync + 'static {
    type Key: Clone + Eq + Hash + Send + Sync + 'static;
    type Value: Clone + Send + Sync + 'static;

    fn find(
        self,
        store: Store,
        keys: Vec<Self::Key>,
    ) -> impl Future<Output = Result<HashMap<Self::Key, Self::Value>>> + Send;
}

/// What runs once nothing in the operation can move.
enum Round {
    /// A lookup with statements of its own.
    Own(Box<dyn FnOnce(Store) -> BoxFuture<'static, ()> + Send>),
    /// A lookup that shares one statement with the others of this kind.
    Shared(Packing),
}

/// Where asks wait for their round.
#[derive(Default)]
pub struct Hub {
    state: Mutex<State>,
    busy: AtomicUsize,
}

#[derive(Default)]
struct State {
    /// Per lookup type: a `HashMap<L, Desk<L>>`.
    desks: HashMap<TypeId, Box<dyn Any + Send>>,
    rounds: Vec<Round>,
}

struct Desk<L: Lookup> {
    waiting: Waiting<L>,
    known: HashMap<L::Key, Option<L::Value>>,
}

/// Who waits for what.
type Waiting<L> = HashMap<<L as Lookup>::Key, Vec<oneshot::Sender<Answer<<L as Lookup>::Value>>>>;

type Answer<V> = std::result::Result<Option<V>, Arc<Error>>;

impl<L: Lookup> Default for Desk<L> {
    fn default() -> Self {
        Self { waiting: HashMap::new(), known: HashMap::new() }
    }
}

impl Hub {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Marks a statement that runs outside a round, so that the next round waits for it.
    pub(super) fn busy(self: &Arc<Self>) -> Busy {
        self.busy.fetch_add(1, Ordering::AcqRel);
        Busy(self.clone())
    }

    /// Forgets what was read: something was written.
    pub(super) fn forget(&self) {
        self.state().desks.clear();
    }

    /// Answers an ask before it is asked; with nothing, too.
    pub(super) fn know<L: Lookup>(&self, lookup: &L, key: L::Key, value: impl Into<Option<L::Value>>) {
        if let Some(desk) = desk_of(&mut self.state().desks, lookup) {
            desk.known.entry(key).or_insert(value.into());
        }
    }

    /// Answer that is known already, if it is.
    pub(super) fn known<L: Lookup>(&self, lookup: &L, key: &L::Key) -> Option<Option<L::Value>> {
        desk_of(&mut self.state().desks, lookup)?.known.get(key).cloned()
    }

    pub(super) async fn ask<L: Lookup>(self: &Arc<Self>, lookup: L, key: L::Key) -> Result<Option<L::Value>> {
        let own = |hub: Arc<Self>, lookup: L| {
            Round::Own(Box::new(move |store| Box::pin(async move { hub.run(lookup, store).await })))
        };
        self.wait(lookup, key, own).await
    }

    /// The same, in one statement with whatever else is asked for in this way in the same round.
    pub(super) async fn ask_together<L: Selected>(
        self: &Arc<Self>,
        lookup: L,
        key: L::Key,
    ) -> Result<Option<L::Value>> {
        let shared =
            |hub: Arc<Self>, lookup: L| Round::Shared(Box::new(move |store| hub.pack(lookup, store)));
        self.wait(lookup, key, shared).await
    }

    async fn wait<L: Lookup>(
        self: &Arc<Self>,
        lookup: L,
        key: L::Key,
        round: impl FnOnce(Arc<Self>, L) -> Round,
    ) -> Result<Option<L::Value>> {
        let answer = {
            let mut state = self.state();
            let State { desks, rounds } = &mut *state;
            let Some(desk) = desk_of(desks, &lookup) else {
                return Err(Error::Internal(anyhow::anyhow!("a desk of another lookup")));
            };
            if let Some(known) = desk.known.get(&key) {
                return Ok(known.clone());
            }
            if desk.waiting.is_empty() {
                rounds.push(round(self.clone(), lookup));
            }
            let (sender, receiver) = oneshot::channel();
            desk.waiting.entry(key).or_default().push(sender);
            receiver
        };
        match answer.await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(cause)) => Err(match &*cause {
                // An outage stays an outage for each who waited.
                Error::Refused { code, message, retry_after } => {
                    Error::Refused { code: *code, message: message.clone(), retry_after: *retry_after }
                }
                cause => Error::Internal(anyhow::anyhow!("lookup failed: {cause}")),
            }),
            Err(_) => Err(Error::Internal(anyhow::anyhow!("lookup was dropped"))),
        }
    }

    async fn run<L: Lookup>(self: Arc<Self>, lookup: L, store: Store) {
        let waiting = self.waiting(&lookup);
        if waiting.is_empty() {
            return;
        }
        let found = lookup.clone().find(store, waiting.keys().cloned().collect()).await.map_err(Arc::new);
        self.answer(&lookup, waiting, &found);
    }

    fn pack<L: Selected>(self: Arc<Self>, lookup: L, store: &Store) -> Option<Parcel> {
        let waiting = self.waiting(&lookup);
        let keys: Vec<L::Key> = waiting.keys().cloned().collect();
        if keys.is_empty() {
            return None;
        }
        match lookup.selection(store, &keys) {
            Ok(selection) => {
                let store = store.clone();
                let deliver = move |rows: std::result::Result<Rows, Arc<Error>>| {
                    let found = rows.and_then(|rows| lookup.answers(&store, &keys, &rows).map_err(Arc::new));
                    self.answer(&lookup, waiting, &found);
                };
                Some(Parcel { selection, deliver: Box::new(deliver) })
            }
            Err(error) => {
                self.answer(&lookup, waiting, &Err(Arc::new(error)));
                None
            }
        }
    }

    fn waiting<L: Lookup>(&self, lookup: &L) -> Waiting<L> {
        desk_of(&mut self.state().desks, lookup)
            .map(|desk: &mut Desk<L>| std::mem::take(&mut desk.waiting))
            .unwrap_or_default()
    }

    fn answer<L: Lookup>(
        &self,
        lookup: &L,
        waiting: Waiting<L>,
        found: &std::result::Result<HashMap<L::Key, L::Value>, Arc<Error>>,
    ) {
        let mut state = self.state();
        for (key, senders) in waiting {
            let answer = found.as_ref().map(|found| found.get(&key).cloned()).map_err(Clone::clone);
            if let (Ok(value), Some(desk)) = (&answer, desk_of::<L>(&mut state.desks, lookup)) {
                desk.known.insert(key, value.clone());
            }
            for sender in senders {
                // A receiver that is gone was cancelled and needs no answer.
                let _ = sender.send(answer.clone());
            }
        }
    }
}

fn desk_of<'a, L: Lookup>(
    desks: &'a mut HashMap<TypeId, Box<dyn Any + Send>>,
    lookup: &L,
) -> Option<&'a mut Desk<L>> {
    desks
        .entry(TypeId::of::<L>())
        .or_insert_with(|| Box::new(HashMap::<L, Desk<L>>::new()))
        .downcast_mut::<HashMap<L, Desk<L>>>()
        .map(|desks| desks.entry(lookup.clone()).or_default())
}

/// Held while a statement runs.
pub struct Busy(Arc<Hub>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A future whose asks are answered in rounds.
pub struct Batched<F> {
    /// Unconstrained: a task that tokio holds back after 128 answers looks as if it were at rest.
    task: Pin<Box<Unconstrained<F>>>,
    store: Store,
    running: FuturesUnordered<BoxFuture<'static, ()>>,
}

impl<F: Future> Batched<F> {
    pub fn new(store: Store, task: F) -> Self {
        Self { task: Box::pin(unconstrained(task)), store, running: FuturesUnordered::new() }
    }
}

impl<F: Future> Future for Batched<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        loop {
            let woken = Arc::new(Woken { flag: AtomicBool::new(false), outer: cx.waker().clone() });
            let waker = Waker::from(woken.clone());
            if let Poll::Ready(output) = self.task.as_mut().poll(&mut Context::from_waker(&waker)) {
                return Poll::Ready(output);
            }
            let mut answered = false;
            while let Poll::Ready(Some(())) = self.running.poll_next_unpin(cx) {
                answered = true;
            }
            if answered {
                continue;
            }
            let idle = self.running.is_empty() && self.store.hub().busy.load(Ordering::Acquire) == 0;
            if !idle || woken.flag.load(Ordering::Acquire) {
                return Poll::Pending;
            }
            let rounds = std::mem::take(&mut self.store.hub().state().rounds);
            if rounds.is_empty() {
                return Poll::Pending;
            }
            let store = self.store.clone();
            let mut shared = Vec::new();
            for round in rounds {
                match round {
                    Round::Own(run) => self.running.push(run(store.clone())),
                    Round::Shared(packing) => shared.push(packing),
                }
            }
            if !shared.is_empty() {
                self.running.push(Box::pin(travel(store, shared)));
            }
        }
    }
}

/// Tells whether the task woke itself while it was polled: then it is not at rest yet.
struct Woken {
    flag: AtomicBool,
    outer: Waker,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.flag.store(true, Ordering::Release);
        self.outer.wake_by_ref();
    }
}

macro_rules! marker {
    ($(#[doc = $doc:literal])+ $name:ident $bound:ident) => {
        $(#[doc = $doc])+
        pub struct $name<E: $bound>(PhantomData<fn() -> E>);

        impl<E: $bound> Default for $name<E> {
            fn default() -> Self {
                Self(PhantomData)
            }
        }
        impl<E: $bound> Clone for $name<E> {
            fn clone(&self) -> Self {
                Self::default()
            }
        }
        impl<E: $bound> PartialEq for $name<E> {
            fn eq(&self, _: &Self) -> bool {
                true
            }
        }
        impl<E: $bound> Eq for $name<E> {}
        impl<E: $bound> Hash for $name<E> {
            fn hash<H: Hasher>(&self, _: &mut H) {}
        }
    };
}

marker! {
    /// Rows by their id.
    ById Node
}

impl<E: Node> Lookup for ById<E> {
    type Key = E::Id;
    type Value = E::Model;

    async fn find(self, store: Store, keys: Vec<E::Id>) -> Result<HashMap<E::Id, E::Model>> {
        alone(self, store, keys).await
    }
}

impl<E: Node> Selected for ById<E> {
    fn selection(&self, store: &Store, keys: &[E::Id]) -> Result<Selection> {
        let keys: Vec<sea_orm::Value> = keys.iter().map(|&key| key.into()).collect();
        let seen = store.see::<E>().filter(E::ID.is_in(few_lengths(keys)));
        Ok(Selection::of::<E>(seen.select.into_query()))
    }

    fn answers(&self, _: &Store, _: &[E::Id], rows: &Rows) -> Result<HashMap<E::Id, E::Model>> {
        Ok(rows.models::<E::Model>()?.into_iter().map(|row| (E::id(&row), row)).collect())
    }
}

marker! {
    /// Parts by their whole.
    Parts PartOf
}

impl<P: PartOf> Lookup for Parts<P> {
    type Key = <P::Whole as Node>::Id;
    type Value = Vec<P::Model>;

    async fn find(self, store: Store, keys: Vec<Self::Key>) -> Result<HashMap<Self::Key, Vec<P::Model>>> {
        alone(self, store, keys).await
    }
}

impl<P: PartOf> Selected for Parts<P> {
    fn selection(&self, store: &Store, keys: &[Self::Key]) -> Result<Selection> {
        let wanted: Vec<sea_orm::Value> = keys.iter().map(|&key| key.into()).collect();
        let seen = by_primary_key(store.see::<P>().filter(P::LINK.is_in(few_lengths(wanted))));
        Ok(Selection::of::<P>(seen.select.into_query()))
    }

    fn answers(
        &self,
        _: &Store,
        keys: &[Self::Key],
        rows: &Rows,
    ) -> Result<HashMap<Self::Key, Vec<P::Model>>> {
        let mut found: HashMap<Self::Key, Vec<P::Model>> =
            keys.iter().map(|&key| (key, Vec::new())).collect();
        let by_value: HashMap<String, Self::Key> =
            keys.iter().map(|&key| (format!("{:?}", Into::<sea_orm::Value>::into(key)), key)).collect();
        let mut rows = rows.models::<P::Model>()?;
        // A statement of several tables forgets the order of each.
        rows.sort_by(in_order_of_key::<P>);
        for row in rows {
            let whole = by_value.get(&format!("{:?}", row.get(P::LINK)));
            if let Some(parts) = whole.and_then(|whole| found.get_mut(whole)) {
                parts.push(row);
            }
        }
        Ok(found)
    }
}

fn in_order_of_key<P: PartOf>(one: &P::Model, other: &P::Model) -> Order {
    let columns = <P as EntityTrait>::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column);
    let orders = columns.map(|column| ascending(&one.get(column), &other.get(column)));
    orders.fold(Order::Equal, Order::then)
}

/// What another lookup finds, as a part of the system sees it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct AsJob<L>(pub &'static str, pub L);

impl<L: Selected> Lookup for AsJob<L> {
    type Key = L::Key;
    type Value = L::Value;

    async fn find(self, store: Store, keys: Vec<L::Key>) -> Result<HashMap<L::Key, L::Value>> {
        alone(self, store, keys).await
    }
}

impl<L: Selected> Selected for AsJob<L> {
    fn selection(&self, store: &Store, keys: &[L::Key]) -> Result<Selection> {
        self.1.selection(&store.as_job(self.0), keys)
    }

    fn answers(&self, store: &Store, keys: &[L::Key], rows: &Rows) -> Result<HashMap<L::Key, L::Value>> {
        self.1.answers(store, keys, rows)
    }
}
