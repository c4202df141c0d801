//! Writing: held rows prove the right, every change is judged, recorded and announced, and a commit names its event.

mod bulk;

use super::{Act, Node, PartOf, Policy, Store, batch::Hub, policy::is_recorded, store::Seen};
use crate::{Error, Result, UserErrorCode};
use entity::{
    audit::{audit_event, change},
    ids::{AuditEventId, OrganizationId, UserId},
    traffic::idempotency_key,
};
use gql::codes::ErrorCode;
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ColumnTrait, DatabaseTransaction, DbErr, EntityTrait,
    IntoActiveModel, Iterable, ModelTrait, QueryFilter, QuerySelect, Set, SqlErr, TryIntoModel, Value,
};
use std::{collections::BTreeMap, ops::Deref, str::FromStr, sync::Arc};

/// What a transaction did, for the audit trail.
#[derive(Clone, Debug)]
pub struct Event {
    /// Name of the mutation, or of the system's act.
    pub action: &'static str,
    pub reason: Option<String>,
}

impl Event {
    pub const fn of(action: &'static str) -> Self {
        Self { action, reason: None }
    }

    pub fn because(action: &'static str, reason: impl Into<String>) -> Self {
        Self { action, reason: Some(reason.into()) }
    }
}

/// A transaction that belongs to a viewer.
pub struct Tx {
    store: Store,
    transaction: DatabaseTransaction,
    changes: Vec<Change>,
    /// Who began, or turned out to be the one who acts.
    actor: Option<UserId>,
    /// What the event is about, when that is not the first row that changes.
    subject: Option<String>,
    /// Of the store that began: what it has read is out of date after the commit.
    hub: Arc<Hub>,
}

struct Change {
    subject: Option<String>,
    home: Option<OrganizationId>,
    kind: &'static str,
    fields: BTreeMap<String, serde_json::Value>,
}

/// A row under lock, with proof of the right to act on it.
#[derive(Clone, Debug)]
pub struct Held<E: EntityTrait> {
    row: E::Model,
    act: Act,
}

impl<E: EntityTrait> Deref for Held<E> {
    type Target = E::Model;
    fn deref(&self) -> &E::Model {
        &self.row
    }
}

impl<E: EntityTrait> Held<E> {
    pub fn into_row(self) -> E::Model {
        self.row
    }
}

impl Tx {
    pub(super) fn new(store: Store, transaction: DatabaseTransaction) -> Self {
        let (actor, hub) = (store.viewer().user(), store.hub().clone());
        Self { store, transaction, changes: Vec::new(), actor, subject: None, hub }
    }

    /// From here on a part of the system acts; the trail still names who began.
    pub fn as_job(&mut self, name: &'static str) {
        self.store = self.store.as_job(name);
    }

    /// Names who acts, once that is known: somebody who has just shown the right password, say.
    pub const fn on_behalf_of(&mut self, user: UserId) {
        self.actor = Some(user);
    }

    /// Names what the event is about, when that is not the first row that changes.
    pub fn about(&mut self, subject: impl ToString) {
        self.subject = Some(subject.to_string());
    }

    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// Visible rows, read within the transaction.
    pub fn see<E: Policy>(&self) -> SeenInTx<'_, E> {
        SeenInTx { seen: self.store.see::<E>(), tx: self, locked: false }
    }

    /// Rows as a part of the system sees them, for rules that hold whether or not the viewer sees why.
    pub fn see_as<E: Policy>(&self, job: &'static str) -> SeenInTx<'_, E> {
        SeenInTx { seen: self.store.as_job(job).see::<E>(), tx: self, locked: false }
    }

    /// Locks a row and proves the right to act on it: `NOT_FOUND` if it is not visible, `FORBIDDEN` if it is not allowed.
    pub async fn hold<E: Node>(&self, id: E::Id, act: Act, path: &[&str]) -> Result<Held<E>> {
        let found = self.see::<E>().locked().filter(E::ID.eq(id)).one().await?;
        let row = found.ok_or_else(|| Error::not_found(path))?;
        self.judge::<E>(act, &row)?;
        Ok(Held { row, act })
    }

    /// Proves the right to act on a row that was read and locked in this transaction.
    pub fn held<E: Policy>(&self, row: E::Model, act: Act) -> Result<Held<E>> {
        self.judge::<E>(act, &row)?;
        Ok(Held { row, act })
    }

    fn judge<E: Policy>(&self, act: Act, row: &E::Model) -> Result<()> {
        if E::allows(self.store.viewer(), act, row) {
            return Ok(());
        }
        if self.store.viewer().user().is_none() {
            return Err(Error::unauthenticated());
        }
        Err(Error::forbidden(format!(
            "You may not {} this {}.",
            verb(act),
            E::default().table_name().replace('_', " ")
        )))
    }

    /// Proves the right to create a row before anything is said about its contents.
    pub fn may_create<E: Policy>(&self, row: &E::ActiveModel) -> Result<()>
    where
        E::ActiveModel: TryIntoModel<E::Model>,
    {
        self.judge::<E>(Act::Create, &row.clone().try_into_model()?)
    }

    pub async fn create<E: Policy>(&mut self, row: E::ActiveModel) -> Result<Held<E>>
    where
        E::ActiveModel: ActiveModelBehavior + Send,
        E::Model: IntoActiveModel<E::ActiveModel>,
    {
        self.store.counted();
        let row: E::Model = row.insert(&self.transaction).await.map_err(taken)?;
        self.judge::<E>(Act::Create, &row)?;
        self.note::<E>("CREATED", None, &row);
        Ok(Held { row, act: Act::Create })
    }

    /// Changes a held row, bumps its version and judges the outcome by the same act.
    pub async fn update<E: Policy>(
        &mut self,
        held: Held<E>,
        change: impl FnOnce(&mut E::ActiveModel),
    ) -> Result<Held<E>>
    where
        E::ActiveModel: ActiveModelBehavior + Send,
        E::Model: IntoActiveModel<E::ActiveModel>,
    {
        let Held { row: before, act } = held;
        let mut active = before.clone().into_active_model();
        change(&mut active);
        if let (Ok(version), Value::BigInt(Some(number))) =
            (E::Column::from_str("version"), value::<E>(&before, "version"))
        {
            active.set(version, (number + 1).into());
        }
        if let Ok(updated_at) = E::Column::from_str("updated_at") {
            active.set(updated_at, self.store.now().into());
        }
        self.store.counted();
        let row: E::Model = active.update(&self.transaction).await.map_err(taken)?;
        self.judge::<E>(act, &row)?;
        self.note::<E>("UPDATED", Some(&before), &row);
        Ok(Held { row, act })
    }

    pub async fn delete<E: Policy>(&mut self, held: Held<E>) -> Result<()>
    where
        E::ActiveModel: ActiveModelBehavior + Send,
        E::Model: IntoActiveModel<E::ActiveModel>,
    {
        self.note::<E>("DELETED", None, &held.row);
        self.store.counted();
        held.row.delete(&self.transaction).await?;
        Ok(())
    }

    /// Replaces all parts of a held whole.
    pub async fn replace<P: PartOf>(
        &mut self,
        whole: &Held<P::Whole>,
        parts: Vec<P::ActiveModel>,
    ) -> Result<()>
    where
        P::ActiveModel: ActiveModelTrait<Entity = P> + Send,
    {
        let key: Value = <P::Whole as Node>::id(&whole.row).into();
        self.store.counted();
        P::delete_many().filter(P::LINK.eq(key.clone())).exec(&self.transaction).await?;
        let parts: Vec<_> = parts
            .into_iter()
            .map(|mut part| {
                part.set(P::LINK, key.clone());
                part
            })
            .collect();
        if !parts.is_empty() {
            self.store.counted();
            P::insert_many(parts).exec_without_returning(&self.transaction).await.map_err(taken)?;
        }
        let subject = P::Whole::subject(&whole.row);
        let (table, replaced) = (P::default().table_name().to_owned(), serde_json::Value::from("replaced"));
        match self.changes.iter_mut().rev().find(|change| change.subject == subject) {
            Some(change) => {
                change.fields.insert(table, replaced);
            }
            None => self.changes.push(Change {
                subject,
                home: P::Whole::home(&whole.row),
                kind: "UPDATED",
                fields: BTreeMap::from([(table, replaced)]),
            }),
        }
        Ok(())
    }

    /// Adds one part to a held whole and returns it; parts with an id of their own use this.
    pub async fn add_part<P: PartOf>(
        &mut self,
        whole: &Held<P::Whole>,
        mut part: P::ActiveModel,
    ) -> Result<P::Model>
    where
        P::ActiveModel: ActiveModelTrait<Entity = P> + ActiveModelBehavior + Send,
        P::Model: IntoActiveModel<P::ActiveModel>,
    {
        part.set(P::LINK, <P::Whole as Node>::id(&whole.row).into());
        self.store.counted();
        let row: P::Model = part.insert(&self.transaction).await.map_err(taken)?;
        self.note_part::<P>(whole, "CREATED", None, &row);
        Ok(row)
    }

    /// Changes one part of a held whole.
    pub async fn update_part<P: PartOf>(
        &mut self,
        whole: &Held<P::Whole>,
        before: P::Model,
        change: impl FnOnce(&mut P::ActiveModel),
    ) -> Result<P::Model>
    where
        P::ActiveModel: ActiveModelTrait<Entity = P> + ActiveModelBehavior + Send,
        P::Model: IntoActiveModel<P::ActiveModel>,
    {
        if before.get(P::LINK) != <P::Whole as Node>::id(&whole.row).into() {
            return Err(Error::Internal(anyhow::anyhow!("a part of another whole")));
        }
        let mut active = before.clone().into_active_model();
        change(&mut active);
        if let (Ok(version), Value::BigInt(Some(number))) =
            (P::Column::from_str("version"), value::<P>(&before, "version"))
        {
            active.set(version, (number + 1).into());
        }
        if let Ok(updated_at) = P::Column::from_str("updated_at") {
            active.set(updated_at, self.store.now().into());
        }
        self.store.counted();
        let row: P::Model = active.update(&self.transaction).await.map_err(taken)?;
        self.note_part::<P>(whole, "UPDATED", Some(&before), &row);
        Ok(row)
    }

    fn note_part<P: PartOf>(
        &mut self,
        whole: &Held<P::Whole>,
        kind: &'static str,
        before: Option<&P::Model>,
        after: &P::Model,
    ) {
        let fields = differences::<P>(before, after);
        let subject = P::Whole::subject(&whole.row);
        self.changes.push(Change { subject, home: P::Whole::home(&whole.row), kind, fields });
    }

    fn note<E: Policy>(&mut self, kind: &'static str, before: Option<&E::Model>, after: &E::Model) {
        let fields = differences::<E>(before, after);
        self.changes.push(Change { subject: E::subject(after), home: E::home(after), kind, fields });
    }

    /// Writes the event and everything it changed, and makes it true. The first changed row is the event's subject.
    pub async fn commit(mut self, event: Event) -> Result<()> {
        let lines = self.write(event).await?;
        if let Some((hash, request_hash)) = self.store.facts().idempotency.clone() {
            self.claim(hash, request_hash).await?;
        }
        self.announce(lines).await
    }

    /// The same for what is noted although the mutation is refused: its idempotency key stays unused.
    pub async fn commit_note(mut self, event: Event) -> Result<()> {
        let lines = self.write(event).await?;
        self.announce(lines).await
    }

    /// Adds the lines to the change log and commits. From here on there is one writer, and nothing more to wait for.
    async fn announce(self, lines: Vec<change::ActiveModel>) -> Result<()> {
        let is_reference = |line: &change::ActiveModel| {
            let subject: &String = line.subject.as_ref();
            subject.starts_with("trm_") || subject.starts_with("ter_")
        };
        let teaches = lines.iter().any(is_reference);
        if !lines.is_empty() {
            self.store.counted();
            super::feed::in_turn(&self.transaction).await?;
            change::Entity::insert_many(lines).exec_without_returning(&self.transaction).await?;
        }
        self.transaction.commit().await?;
        self.hub.forget();
        let shared = self.store.pools().shared();
        if teaches {
            shared.forget_reference();
        }
        shared.ring();
        Ok(())
    }

    /// Writes what follows from the changes and the trail; returns the lines of the change log.
    async fn write(&mut self, event: Event) -> Result<Vec<change::ActiveModel>> {
        let now = self.store.now();
        let facts = self.store.facts().clone();
        let changes = std::mem::take(&mut self.changes);
        let first = changes.iter().find_map(|change| change.subject.clone());
        let subject = self.subject.take().or(first);
        let home = changes.iter().find_map(|change| change.home);
        let mut recorded = serde_json::Map::new();
        for change in &changes {
            for (field, values) in &change.fields {
                let path = match &change.subject {
                    other if *other == subject => field.clone(),
                    Some(other) => format!("{other}.{field}"),
                    None => field.clone(),
                };
                recorded.insert(path, values.clone());
            }
        }
        let touched = changes.iter().filter_map(|change| {
            Some((change.subject.as_deref()?, change.fields.keys().map(String::as_str).collect()))
        });
        super::derived::refresh(self.store.pools(), &self.transaction, touched).await?;
        let lines: Vec<_> = changes
            .into_iter()
            .filter_map(|line| line.subject.map(|subject| (subject, line.kind)))
            .collect::<BTreeMap<_, _>>()
            .into_iter()
            .map(|(subject, kind)| change::ActiveModel {
                at: Set(now),
                subject: Set(subject),
                kind: Set(kind.to_owned()),
                ..Default::default()
            })
            .collect();
        let entry = audit_event::ActiveModel {
            id: Set(AuditEventId::fresh()),
            at: Set(now),
            actor_id: Set(self.actor),
            organization_id: Set(home),
            action: Set(event.action.to_owned()),
            subject: Set(subject),
            changes: Set(recorded.into()),
            reason: Set(event.reason),
            request_id: Set(Some(facts.id)),
            address: Set(facts.address),
        };
        self.store.counted();
        audit_event::Entity::insert(entry).exec_without_returning(&self.transaction).await?;
        Ok(lines)
    }

    /// Marks the idempotency key as used in the same breath as the effect, so that a retry cannot repeat it.
    async fn claim(&self, hash: Vec<u8>, request_hash: Vec<u8>) -> Result<()> {
        let now = self.store.now();
        let row = idempotency_key::ActiveModel {
            hash: Set(hash),
            request_hash: Set(request_hash),
            answer: Set(None),
            created_at: Set(now),
            expires_at: Set(now.plus(entity::At::DAY)),
        };
        self.store.counted();
        match idempotency_key::Entity::insert(row).exec_without_returning(&self.transaction).await {
            Ok(_) => Ok(()),
            Err(cause) if is_unique_violation(&cause) => Err(Error::refused(
                ErrorCode::IdempotencyConflict,
                "A request with this Idempotency-Key is running or has run; send it again to read its answer.",
            )),
            Err(cause) => Err(cause.into()),
        }
    }
}

/// Visible rows, read within a transaction.
pub struct SeenInTx<'tx, E: EntityTrait> {
    seen: Seen<E>,
    tx: &'tx Tx,
    locked: bool,
}

impl<E: Policy> SeenInTx<'_, E> {
    #[must_use]
    pub fn filter(mut self, condition: impl sea_orm::sea_query::IntoCondition) -> Self {
        self.seen = self.seen.filter(condition);
        self
    }

    /// Keeps others from changing the rows until the transaction ends. SQLite has one writer, so there it is so anyway.
    #[must_use]
    pub const fn locked(mut self) -> Self {
        self.locked = true;
        self
    }

    pub async fn one(self) -> Result<Option<E::Model>> {
        self.tx.store.counted();
        let select = if self.locked { self.seen.select.lock_exclusive() } else { self.seen.select };
        Ok(select.one(&self.tx.transaction).await?)
    }

    pub async fn all(self) -> Result<Vec<E::Model>> {
        self.tx.store.counted();
        let select = if self.locked { self.seen.select.lock_exclusive() } else { self.seen.select };
        Ok(select.all(&self.tx.transaction).await?)
    }
}

const fn verb(act: Act) -> &'static str {
    match act {
        Act::Create => "create",
        Act::Inspect => "inspect",
        Act::Edit => "edit",
        Act::Decide => "decide on",
        Act::Delete => "remove",
    }
}

/// A version the caller read is still the row's.
pub fn check_version(given: Option<&str>, current: i64) -> Result<()> {
    match given {
        Some(given) if given != current.to_string() => Err(Error::mend(
            UserErrorCode::VersionConflict,
            &["input", "ifVersion"],
            format!("The object changed meanwhile: it is at version {current}. Read it again and repeat."),
        )),
        _ => Ok(()),
    }
}

fn is_unique_violation(cause: &DbErr) -> bool {
    matches!(cause.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}

fn taken(cause: DbErr) -> Error {
    if is_unique_violation(&cause) {
        return Error::mend(UserErrorCode::Taken, &["input"], "This value is already in use.");
    }
    cause.into()
}

fn value<E: EntityTrait>(row: &E::Model, column: &str) -> Value
where
    E::Model: ModelTrait<Entity = E>,
{
    E::Column::from_str(column).map_or(Value::String(None), |column| row.get(column))
}

/// Fields that differ, each with its values before and after where the trail may show them.
fn differences<E: EntityTrait>(
    before: Option<&E::Model>,
    after: &E::Model,
) -> BTreeMap<String, serde_json::Value>
where
    E::Model: ModelTrait<Entity = E>,
{
    const NOISE: &[&str] =
        &["id", "version", "created_at", "updated_at", "name_key", "title_key", "search_key", "slug"];
    E::Column::iter()
        .filter(|column| !NOISE.contains(&sea_orm::Iden::unquoted(column)))
        .filter_map(|column| {
            let (old, new) = (before.map(|row| row.get(column)), after.get(column));
            let changed = old.as_ref().map_or_else(|| !is_empty(&new), |old| *old != new);
            changed.then(|| {
                let shown = if is_recorded(&column) {
                    serde_json::json!([old.as_ref().map(show), show(&new)])
                } else {
                    "changed".into()
                };
                (sea_orm::Iden::unquoted(&column).to_owned(), shown)
            })
        })
        .collect()
}

fn is_empty(value: &Value) -> bool {
    show(value).is_null()
}

fn show(value: &Value) -> serde_json::Value {
    match value {
        Value::String(Some(text)) => serde_json::json!(text),
        Value::BigInt(Some(number)) => serde_json::json!(number),
        Value::Int(Some(number)) => serde_json::json!(number),
        Value::Bool(Some(flag)) => serde_json::json!(flag),
        Value::Uuid(Some(uuid)) => serde_json::json!(uuid),
        Value::Bytes(Some(_)) | Value::Json(Some(_)) => serde_json::json!("…"),
        _ => serde_json::Value::Null,
    }
}
