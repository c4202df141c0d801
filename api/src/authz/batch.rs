//! Many asks, one statement.
//!
//! Resolvers of one operation run in one task. [`Batched`] polls that task until nothing in it can move: then every
//! row that could be asked for has been asked for, and each lookup runs once for all its keys. The next round waits
//! until all lookups of this one are answered, so that the number of statements depends on the document alone, never
//! on timing or on the number of rows.

use super::{
    Node, PartOf, Store,
    store::{by_primary_key, few_lengths, rows_by},
};
use crate::{Error, Result};
use futures_util::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use sea_orm::ModelTrait;
use std::{
    any::{Any, TypeId},
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

type Round = Box<dyn FnOnce(Store) -> BoxFuture<'static, ()> + Send>;

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
    waiting: HashMap<L::Key, Vec<oneshot::Sender<Answer<L::Value>>>>,
    known: HashMap<L::Key, Option<L::Value>>,
}

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

    pub(super) async fn ask<L: Lookup>(self: &Arc<Self>, lookup: L, key: L::Key) -> Result<Option<L::Value>> {
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
                let hub = self.clone();
                rounds.push(Box::new(move |store| Box::pin(async move { hub.run(lookup, store).await })));
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
        let waiting = desk_of(&mut self.state().desks, &lookup)
            .map(|desk: &mut Desk<L>| std::mem::take(&mut desk.waiting));
        let Some(waiting) = waiting else { return };
        let found = lookup.clone().find(store, waiting.keys().cloned().collect()).await.map_err(Arc::new);
        let mut state = self.state();
        for (key, senders) in waiting {
            let answer = found.as_ref().map(|found| found.get(&key).cloned()).map_err(Clone::clone);
            if let (Ok(value), Some(desk)) = (&answer, desk_of::<L>(&mut state.desks, &lookup)) {
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
            self.running.extend(rounds.into_iter().map(|round| round(store.clone())));
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
        let rows = rows_by::<E>(&store, E::ID, keys.into_iter().map(Into::into).collect()).await?;
        Ok(rows.into_iter().map(|row| (E::id(&row), row)).collect())
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
        use sea_orm::ColumnTrait;
        let wanted: Vec<sea_orm::Value> = keys.iter().map(|&key| key.into()).collect();
        let rows = by_primary_key(store.see::<P>().filter(P::LINK.is_in(few_lengths(wanted)))).all().await?;
        let mut found: HashMap<Self::Key, Vec<P::Model>> =
            keys.iter().map(|&key| (key, Vec::new())).collect();
        let by_value: HashMap<String, Self::Key> =
            keys.into_iter().map(|key| (format!("{:?}", Into::<sea_orm::Value>::into(key)), key)).collect();
        for row in rows {
            let whole = by_value.get(&format!("{:?}", row.get(P::LINK)));
            if let Some(parts) = whole.and_then(|whole| found.get_mut(whole)) {
                parts.push(row);
            }
        }
        Ok(found)
    }
}
