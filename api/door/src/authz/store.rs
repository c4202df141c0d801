//! The one place that holds a connection. Everything read goes out through a policy.

use super::{
    Node, PartOf, Policy, Seat, Tx, Viewer, Withheld,
    batch::{AsJob, Busy, ById, Hub, Lookup, Parts},
    policy::level_of,
    together::Selected,
};
use crate::{Error, Result};
use entity::{
    At,
    codes::{CodeList, PlatformRole, TokenScope, Visibility},
    ids::OrganizationId,
};
use gql::cursor::CursorKey;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseConnection, EntityTrait, IntoSimpleExpr, Iterable,
    QueryFilter, QueryOrder, QueryResult, QuerySelect, QueryTrait, Select,
    sea_query::{Expr, ExprTrait, IntoCondition, Query, SelectStatement, SimpleExpr},
};
use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicI64, AtomicU32, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Fewest people of a cell that outsiders are shown, unless configured otherwise (practice of INSEE).
pub const FEWEST_SHOWN: u64 = 11;

/// Connections to the one database: many readers and, on SQLite, a single writer.
#[derive(Clone)]
pub struct Pools {
    pub(super) read: DatabaseConnection,
    pub(super) write: DatabaseConnection,
    pub(super) cursor_key: CursorKey,
    pub(super) shared: Arc<super::shared::Shared>,
    /// Fewest people of a cell that outsiders are shown.
    pub(super) fewest_shown: u64,
}

impl Pools {
    /// Made at start-up; nobody but the door takes them apart again.
    pub fn new(read: DatabaseConnection, write: DatabaseConnection, cursor_key: CursorKey) -> Self {
        Self { read, write, cursor_key, shared: Arc::default(), fewest_shown: FEWEST_SHOWN }
    }

    /// Hides cells of fewer people than this from outsiders.
    #[must_use]
    pub const fn showing_from(mut self, fewest: u64) -> Self {
        self.fewest_shown = fewest;
        self
    }

    pub async fn close(self) {
        // Readers first: on SQLite the last connection to close folds the write-ahead log.
        let _ = self.read.close().await;
        let _ = self.write.close().await;
    }
}

/// What time it is; the world of a test moves it forward.
#[derive(Clone, Debug, Default)]
pub struct Clock(Arc<AtomicI64>);

impl Clock {
    pub fn now(&self) -> At {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        At(i64::try_from(since.as_micros()).unwrap_or(i64::MAX)).plus(self.0.load(Ordering::Relaxed))
    }

    pub fn advance(&self, micros: i64) {
        self.0.fetch_add(micros, Ordering::Relaxed);
    }
}

/// What is known of the request besides who asks.
#[derive(Clone, Debug, Default)]
pub struct RequestFacts {
    pub id: String,
    pub address: Option<String>,
    pub user_agent: Option<String>,
    pub english: bool,
    /// Hashes of the idempotency key (with its actor) and of the operation, if a key was given.
    pub idempotency: Option<(Vec<u8>, Vec<u8>)>,
}

/// The database as one viewer sees it, for one request.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    pools: Pools,
    viewer: Seated,
    clock: Clock,
    facts: RequestFacts,
    withheld: Arc<Withheld>,
    intrusions: Arc<Mutex<BTreeSet<Intrusion>>>,
    statements: Arc<AtomicU32>,
    hub: Arc<Hub>,
    turns: Arc<Semaphore>,
}

/// The viewer, and the viewer it became when a mutation gave it a seat or took one away.
struct Seated {
    viewer: Viewer,
    then: OnceLock<Box<Self>>,
}

impl Seated {
    const fn new(viewer: Viewer) -> Self {
        Self { viewer, then: OnceLock::new() }
    }

    fn last(&self) -> &Self {
        let mut last = self;
        while let Some(then) = last.then.get() {
            last = then;
        }
        last
    }
}

/// Private data read by staff: whose it is, what, and which field.
pub type Intrusion = (OrganizationId, String, &'static str);

impl Store {
    pub fn new(pools: Pools, viewer: Viewer, clock: Clock, facts: RequestFacts) -> Self {
        let turns = Arc::new(Semaphore::new(pools.turns()));
        Self(Arc::new(Inner {
            pools,
            viewer: Seated::new(viewer),
            clock,
            facts,
            withheld: Arc::default(),
            intrusions: Arc::default(),
            statements: Arc::default(),
            hub: Arc::default(),
            turns,
        }))
    }

    /// The same request, seen by a part of the system.
    #[must_use]
    pub fn as_job(&self, name: &'static str) -> Self {
        self.seen_by(Viewer::job(name))
    }

    /// The same request, seen by somebody else: once a password was right, say.
    #[must_use]
    pub fn seen_by(&self, viewer: Viewer) -> Self {
        let Inner { pools, clock, facts, withheld, intrusions, statements, turns, .. } = &*self.0;
        Self(Arc::new(Inner {
            pools: pools.clone(),
            viewer: Seated::new(viewer),
            clock: clock.clone(),
            facts: facts.clone(),
            withheld: withheld.clone(),
            intrusions: intrusions.clone(),
            statements: statements.clone(),
            hub: Arc::default(),
            turns: turns.clone(),
        }))
    }

    pub fn viewer(&self) -> &Viewer {
        &self.0.viewer.last().viewer
    }

    /// The viewer's seat in an organization as it is now, when a mutation of this request read or changed it.
    pub fn reseat(&self, organization: OrganizationId, seat: Option<Seat>) {
        let last = self.0.viewer.last();
        let now = Seated::new(last.viewer.reseated(organization, seat));
        // Mutations run one after the other: nobody else appends.
        let _ = last.then.set(Box::new(now));
    }

    pub fn now(&self) -> At {
        self.0.clock.now()
    }

    /// Fewest people of a cell that outsiders are shown (domain BR-23).
    pub fn fewest_shown(&self) -> u64 {
        self.0.pools.fewest_shown
    }

    pub fn facts(&self) -> &RequestFacts {
        &self.0.facts
    }

    pub fn withheld(&self) -> &Withheld {
        &self.0.withheld
    }

    /// SQL statements run so far in this request.
    pub fn statements(&self) -> u32 {
        self.0.statements.load(Ordering::Relaxed)
    }

    pub(super) fn hub(&self) -> &Arc<Hub> {
        &self.0.hub
    }

    pub(super) fn pools(&self) -> &Pools {
        &self.0.pools
    }

    pub(super) fn cursor_key(&self) -> &CursorKey {
        &self.0.pools.cursor_key
    }

    /// Runs a statement that was built from a scoped selection.
    pub(super) async fn read_all(&self, statement: &SelectStatement) -> Result<Vec<QueryResult>> {
        let _turn = self.turn().await;
        self.counted();
        Ok(self.pools().read.query_all(statement).await?)
    }

    /// A turn to ask the database, held while a statement runs.
    ///
    /// Who asks for much at once waits here and not before the connections, where others wait too.
    async fn turn(&self) -> (Busy, Option<SemaphorePermit<'_>>) {
        let busy = self.hub().busy();
        (busy, self.0.turns.acquire().await.ok())
    }

    pub(super) fn counted(&self) {
        self.0.statements.fetch_add(1, Ordering::Relaxed);
    }

    /// Rows of a table, as far as the viewer sees them.
    pub fn see<E: Policy>(&self) -> Seen<E> {
        Seen { select: E::find().filter(E::visible(self.viewer()).into_condition()), store: self.clone() }
    }

    /// Keys in `column` of visible rows, to narrow another table with [`Scoped::holds`].
    pub fn keys<E: Policy>(&self, column: E::Column, condition: impl IntoCondition) -> Scoped {
        let visible = E::visible(self.viewer()).into_condition();
        let select =
            E::find().filter(visible).filter(condition.into_condition()).select_only().column(column);
        Scoped(select.into_query())
    }

    /// Keys of wholes that have such a part. The whole's own scope is the reader's to add, as [`Store::see`] does.
    pub fn wholes<P: PartOf>(&self, condition: impl IntoCondition) -> Scoped {
        let open = P::open(self.viewer()).into_condition();
        let select = P::find().filter(open).filter(condition.into_condition()).select_only().column(P::LINK);
        Scoped(select.into_query())
    }

    /// Keys of wholes whose parts of this condition add up so.
    pub fn wholes_by_sum<P: PartOf>(
        &self,
        condition: impl IntoCondition,
        column: P::Column,
        bounds: impl FnOnce(&SimpleExpr) -> Condition,
    ) -> Scoped {
        let open = P::open(self.viewer()).into_condition();
        let sum = Expr::expr(column.into_simple_expr()).sum();
        let select = P::find().filter(open).filter(condition.into_condition()).select_only().column(P::LINK);
        Scoped(select.group_by(P::LINK).having(bounds(&sum)).into_query())
    }

    /// One row by its id; many such asks of one moment travel in one statement.
    pub async fn load<E: Node>(&self, id: E::Id) -> Result<Option<E::Model>> {
        self.batched(ById::<E>::default(), id).await
    }

    /// The same, in one statement with the parts of a record that has rows in many tables.
    pub async fn load_together<E: Node>(&self, id: E::Id) -> Result<Option<E::Model>> {
        self.hub().ask_together(ById::<E>::default(), id).await
    }

    /// A row that came on another way, so that nobody asks for it again. Of those the viewer sees.
    pub fn know<E: Node>(&self, row: &E::Model) {
        self.hub().know(&ById::<E>::default(), E::id(row), row.clone());
    }

    /// All parts of a whole; the parts of many wholes travel in one statement.
    pub async fn parts<P: PartOf>(&self, whole: <P::Whole as Node>::Id) -> Result<Vec<P::Model>> {
        let parts = self.selected(Parts::<P>::default(), whole, <P as PartOf>::TOGETHER).await?;
        Ok(parts.unwrap_or_default())
    }

    /// All parts of a whole as a part of the system sees them: for sums, never to be shown as they are.
    pub async fn parts_as_job<P: PartOf>(
        &self,
        job: &'static str,
        whole: <P::Whole as Node>::Id,
    ) -> Result<Vec<P::Model>> {
        let lookup = AsJob(job, Parts::<P>::default());
        Ok(self.selected(lookup, whole, <P as PartOf>::TOGETHER).await?.unwrap_or_default())
    }

    /// Asks a lookup whose table is read together with others, or is not.
    pub(super) async fn selected<L: Selected>(
        &self,
        lookup: L,
        key: L::Key,
        together: bool,
    ) -> Result<Option<L::Value>> {
        if together { self.hub().ask_together(lookup, key).await } else { self.hub().ask(lookup, key).await }
    }

    /// Parts of a whole that came along with another row, so that nobody asks for them again.
    ///
    /// For tables whose parts are open to whoever sees the whole.
    pub fn know_parts<P: PartOf>(&self, whole: <P::Whole as Node>::Id, parts: Vec<P::Model>) {
        self.hub().know(&super::batch::Parts::<P>::default(), whole, parts);
    }

    /// A row that this request has read already.
    pub fn loaded<E: Node>(&self, id: E::Id) -> Option<E::Model> {
        self.hub().known(&super::batch::ById::<E>::default(), &id).flatten()
    }

    /// Parts of a whole that this request has read already.
    pub fn loaded_parts<P: PartOf>(&self, whole: <P::Whole as Node>::Id) -> Option<Vec<P::Model>> {
        self.hub().known(&super::batch::Parts::<P>::default(), &whole).flatten()
    }

    /// Asks of one moment travel together: see [`super::batch`].
    pub async fn batched<L: Lookup>(&self, lookup: L, key: L::Key) -> Result<Option<L::Value>> {
        self.hub().ask(lookup, key).await
    }

    /// Begins to write. On SQLite there is one writer at a time, and it is a writer from the start.
    pub async fn begin(&self) -> Result<Tx> {
        if !self.viewer().may(TokenScope::Write) {
            return Err(Error::forbidden("This token may only read; make one with the scope WRITE."));
        }
        // In memory before a connection is taken: transactions that each wait for a second one would wait for each other.
        self.reference().await?;
        let transaction = super::open::begin(&self.pools().write).await?;
        Ok(Tx::new(self.clone(), transaction))
    }

    /// A value that asks for nearness: shown if the viewer stands near enough, else noted as withheld.
    ///
    /// What staff reads of an organization it does not belong to is remembered for the organization's audit trail.
    pub fn reveal<E: Policy, T>(
        &self,
        coordinate: &'static str,
        row: &E::Model,
        value: impl FnOnce() -> T,
    ) -> Option<T> {
        let level = level_of(coordinate).unwrap_or(Visibility::Owner);
        if level_of(coordinate).is_none() || E::reach(self.viewer(), row) < level {
            self.0.withheld.note(coordinate.to_owned(), level);
            return None;
        }
        self.note_intrusion::<E>(coordinate, level, row);
        Some(value())
    }

    /// Rows of which the viewer reads everything, to keep a list within them.
    pub fn near<E: Policy>(&self) -> Condition {
        E::near(self.viewer()).into_condition()
    }

    /// Notes a list as withheld that stands behind a power rather than a level of its row.
    pub fn withhold(&self, coordinate: &'static str) {
        self.0.withheld.note(coordinate.to_owned(), level_of(coordinate).unwrap_or(Visibility::Owner));
    }

    /// Sum of a column over visible rows; nothing of none.
    pub async fn sum<E: Policy>(
        &self,
        column: E::Column,
        condition: impl IntoCondition,
    ) -> Result<Option<i64>> {
        let visible = E::visible(self.viewer()).into_condition();
        let sum = Expr::expr(column.into_simple_expr()).sum().cast_as("bigint");
        let select = E::find()
            .filter(visible)
            .filter(condition.into_condition())
            .select_only()
            .column_as(sum, "total");
        let rows = self.read_all(&select.into_query()).await?;
        Ok(rows.first().map_or(Ok(None), |row| row.try_get("", "total"))?)
    }

    /// Sums of a column over parts, by another; `condition` says which wholes they are of.
    pub async fn part_sums<P: PartOf>(
        &self,
        by: P::Column,
        column: P::Column,
        condition: impl IntoCondition,
    ) -> Result<Vec<(String, i64)>> {
        let sum = Expr::expr(column.into_simple_expr()).sum().cast_as("bigint");
        let select = self
            .see::<P>()
            .filter(condition)
            .select
            .select_only()
            .column_as(by, "name")
            .column_as(sum, "total")
            .group_by(by);
        let rows = self.read_all(&select.into_query()).await?;
        rows.iter().map(|row| Ok((row.try_get("", "name")?, row.try_get("", "total")?))).collect()
    }

    /// Refuses to filter, sort or count by a field that the viewer would not be shown.
    pub fn may_ask(&self, coordinate: &str) -> Result<()> {
        let level = level_of(coordinate).unwrap_or(Visibility::Owner);
        let near = match level {
            Visibility::Public => true,
            Visibility::Network => self.viewer().in_network(),
            Visibility::Party | Visibility::Owner => false,
        };
        if near {
            return Ok(());
        }
        Err(Error::forbidden(format!(
            "{coordinate} is for level {} and nearer; leave it out of filter and order.",
            level.code()
        )))
    }

    fn note_intrusion<E: Policy>(&self, coordinate: &'static str, level: Visibility, row: &E::Model) {
        if level < Visibility::Party || self.viewer().platform_role() == PlatformRole::None {
            return;
        }
        if let (Some(home), Some(subject)) = (E::home(row), E::subject(row))
            && !self.viewer().sits(home, super::Power::Read)
        {
            let mut seen = self.0.intrusions.lock().unwrap_or_else(PoisonError::into_inner);
            seen.insert((home, subject, coordinate));
        }
    }

    /// Remembers that somebody read what is not for every reader of a row, for its organization's audit trail.
    pub fn note_reading<E: Policy>(&self, coordinate: &'static str, row: &E::Model) {
        if let (Some(home), Some(subject)) = (E::home(row), E::subject(row)) {
            let mut seen = self.0.intrusions.lock().unwrap_or_else(PoisonError::into_inner);
            seen.insert((home, subject, coordinate));
        }
    }

    /// What staff and evaluators read of others in this request, to be written down before the answer leaves.
    pub fn take_intrusions(&self) -> BTreeSet<Intrusion> {
        std::mem::take(&mut *self.0.intrusions.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A scoped selection of keys.
pub struct Scoped(SelectStatement);

impl Scoped {
    /// `column IN (…)`
    pub fn holds(self, column: impl ColumnTrait) -> SimpleExpr {
        column.into_simple_expr().in_subquery(self.0)
    }
}

/// Visible rows of one table, to be narrowed and read.
pub struct Seen<E: EntityTrait> {
    pub(super) select: Select<E>,
    pub(super) store: Store,
}

impl<E: Policy> Seen<E> {
    #[must_use]
    pub fn filter(mut self, condition: impl IntoCondition) -> Self {
        self.select = self.select.filter(condition.into_condition());
        self
    }

    #[must_use]
    pub fn ascending(mut self, column: E::Column) -> Self {
        self.select = self.select.order_by_asc(column);
        self
    }

    #[must_use]
    pub fn descending(mut self, column: E::Column) -> Self {
        self.select = self.select.order_by_desc(column);
        self
    }

    #[must_use]
    pub fn limit(mut self, most: u64) -> Self {
        self.select = self.select.limit(most);
        self
    }

    pub async fn one(self) -> Result<Option<E::Model>> {
        let _turn = self.store.turn().await;
        self.store.counted();
        Ok(self.select.one(&self.store.pools().read).await?)
    }

    pub async fn all(self) -> Result<Vec<E::Model>> {
        let _turn = self.store.turn().await;
        self.store.counted();
        Ok(self.select.all(&self.store.pools().read).await?)
    }

    /// Their ids alone.
    pub async fn ids(self) -> Result<Vec<E::Id>>
    where
        E: Node<Id: sea_orm::TryGetable>,
    {
        let rows =
            self.store.read_all(&self.select.select_only().column_as(E::ID, "id").into_query()).await?;
        rows.iter().map(|row| Ok(row.try_get("", "id")?)).collect()
    }

    /// Number of rows, counted no further than `cap + 1`.
    pub async fn count_to(self, cap: u64) -> Result<u64> {
        let store = self.store.clone();
        store.counted_by(&self.counting_to(cap)).await
    }

    /// The statement for it.
    pub(super) fn counting_to(self, cap: u64) -> SelectStatement {
        number_of(self.select.select_only().expr_as(Expr::val(1), "one").limit(cap + 1).into_query())
    }
}

/// Counts the rows of a statement.
pub(super) fn number_of(rows: SelectStatement) -> SelectStatement {
    Query::select().expr_as(Expr::cust("COUNT(*)"), "total").from_subquery(rows, "counted").to_owned()
}

/// The keys, the last one said again until they are a power of two: a statement for each number of keys would push the
/// others out of what connections keep prepared.
pub(super) fn few_lengths<K: Clone>(mut keys: Vec<K>) -> Vec<K> {
    const MOST: usize = 1_024;
    if let Some(last) = keys.last().cloned()
        && keys.len() <= MOST
    {
        keys.resize(keys.len().next_power_of_two(), last);
    }
    keys
}

/// Orders parts as they were written: by their primary key.
pub(super) fn by_primary_key<E: Policy>(mut seen: Seen<E>) -> Seen<E> {
    use sea_orm::PrimaryKeyToColumn;
    for key in <E as EntityTrait>::PrimaryKey::iter() {
        seen = seen.ascending(key.into_column());
    }
    seen
}
