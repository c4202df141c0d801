//! Keeping the index in step: opened or built anew at start, fed from the change log, its position kept with it.
//!
//! An index lives in a directory of its own under `search/` in the data directory; `CURRENT` names the one in use.
//! Building writes a new directory and then that name, so that a server goes on answering from the old one, and a kill
//! at any moment leaves the old one or the new one.

use super::{
    Live,
    document::{self, Fields},
    engine::Engine,
};
use door::{
    Error, Result,
    authz::{EVERYTHING, Feed, Line, Pools, Store},
    progress::Progress,
    reference::Reference,
};
use entity::{
    ids::{OrganizationId, ProjectId, parse},
    projects::project,
    read_model::project_card,
};
use sea_orm::ColumnTrait;
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tantivy::{Index, IndexWriter, ReloadPolicy, TantivyDocument};

const CURRENT: &str = "CURRENT";
/// Memory of the writer: more when everything is written.
const BUDGET: usize = 20_000_000;
const BUILDING: usize = 60_000_000;
/// Projects read at a time, and lines of the change log.
const BATCH: u64 = 1_000;
const LINES: u64 = 2_000;
/// Failures in a row after which an index is broken.
const PATIENCE: u32 = 2;
/// After a failure.
const PAUSE: Duration = Duration::from_secs(1);

/// What a commit of the index says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Label {
    /// Of these words and columns.
    version: u32,
    /// Of this database.
    database: String,
    /// With these numbers of places.
    atlas: u64,
    /// With all changes up to this line of the log.
    line: Line,
}

impl Label {
    /// Whether an index of that label is of this database and form, wherever it stands in the log.
    fn is_alike(&self, other: &Self) -> bool {
        (self.version, &self.database, self.atlas) == (other.version, &other.database, other.atlas)
    }
}

fn failed(cause: impl Into<anyhow::Error>) -> Error {
    Error::Internal(cause.into())
}

/// An index with its writer.
struct Book {
    name: String,
    engine: Arc<Engine>,
    writer: Arc<Mutex<IndexWriter>>,
    label: Label,
}

impl Book {
    fn open(dir: &Path, name: &str) -> Result<(Index, Fields)> {
        let (schema, fields) = document::schema();
        let path = dir.join(name);
        fs::create_dir_all(&path).map_err(failed)?;
        let directory = tantivy::directory::MmapDirectory::open(&path).map_err(failed)?;
        let mut index = Index::open_or_create(directory, schema).map_err(failed)?;
        index.set_tokenizers(document::tokenizers());
        Ok((index, fields))
    }

    fn of(dir: &Path, name: &str, budget: usize, label: Label) -> Result<Self> {
        let (index, fields) = Self::open(dir, name)?;
        let writer = index.writer_with_num_threads(1, budget).map_err(failed)?;
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into().map_err(failed)?;
        let engine = Arc::new(Engine { index, reader, fields });
        Ok(Self { name: name.to_owned(), engine, writer: Arc::new(Mutex::new(writer)), label })
    }

    /// Replaces documents; those of `gone` have no successor.
    async fn put(&self, gone: Vec<ProjectId>, documents: Vec<TantivyDocument>) -> Result<()> {
        let (writer, fields) = (self.writer.clone(), self.engine.fields.clone());
        let put = move || {
            let writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
            for id in gone {
                writer.delete_term(fields.key(id));
            }
            for document in documents {
                writer.add_document(document)?;
            }
            Ok::<_, tantivy::TantivyError>(())
        };
        tokio::task::spawn_blocking(put).await.map_err(failed)?.map_err(failed)
    }

    async fn commit(&mut self, line: Line) -> Result<()> {
        self.label.line = line;
        let payload = serde_json::to_string(&self.label).map_err(failed)?;
        let (writer, engine) = (self.writer.clone(), self.engine.clone());
        let commit = move || {
            let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
            let mut prepared = writer.prepare_commit()?;
            prepared.set_payload(&payload);
            prepared.commit()?;
            engine.reader.reload()
        };
        tokio::task::spawn_blocking(commit).await.map_err(failed)?.map_err(failed)
    }
}

/// Follows the change log until the server ends. A failed round is made up for by the next; an index that goes on
/// failing while the database answers is given up for a new one.
pub async fn follow(pools: Pools, dir: PathBuf, live: Arc<Live>) {
    let mut book: Option<Book> = None;
    let mut feed = Feed::of(&pools).await;
    let mut failures = 0;
    loop {
        match round(&pools, &dir, &live, &feed, &mut book).await {
            Ok(true) => continue,
            Ok(false) => failures = 0,
            Err(error) => {
                failures += 1;
                if failures >= PATIENCE && feed.newest().await.is_ok() {
                    let _ = fs::remove_file(dir.join(CURRENT));
                    failures = 0;
                }
                tracing::warn!(error = ?error.to_string(), "the search index could not be brought up to date");
                live.close();
                book = None;
                tokio::time::sleep(PAUSE).await;
            }
        }
        feed.wait().await;
    }
}

/// One look at the log; true if there is more.
async fn round(pools: &Pools, dir: &Path, live: &Live, feed: &Feed, book: &mut Option<Book>) -> Result<bool> {
    let current = fs::read_to_string(dir.join(CURRENT)).unwrap_or_default();
    if book.as_ref().is_some_and(|book| book.name != current) {
        *book = None;
    }
    let label = label(pools).await?;
    let open = match book.take() {
        None => reopened(feed, dir, &current, &label).await?,
        open => open.filter(|open| open.label.is_alike(&label)),
    };
    let mut open = if let Some(open) = open {
        open
    } else {
        tracing::info!("building the search index");
        let name = build(pools, dir, feed, label.clone()).await?;
        reopened(feed, dir, &name, &label)
            .await?
            .ok_or_else(|| failed(anyhow::anyhow!("the index that was built does not open")))?
    };
    if !live.is_open() {
        live.names().read(&pools.job("search")).await?;
    }
    live.open(&open.engine);
    let more = catch_up(pools, feed, live, &mut open).await;
    if let Ok(Some(more)) = more {
        *book = Some(open);
        return Ok(more);
    }
    // Anything may have changed: build anew, answering from the old one until then.
    more?;
    drop(open);
    build(pools, dir, feed, label).await?;
    live.names().read(&pools.job("search")).await?;
    Ok(true)
}

/// What a right index of this database says, but for its position.
async fn label(pools: &Pools) -> Result<Label> {
    let atlas = pools.reference().await?.atlas.version;
    Ok(Label { version: document::VERSION, database: pools.name(), atlas, line: Line::default() })
}

/// The index of this name, if it is whole and of this database's log.
async fn reopened(feed: &Feed, dir: &Path, name: &str, label: &Label) -> Result<Option<Book>> {
    let Some(found) = labelled(dir, name).filter(|found| found.is_alike(label)) else { return Ok(None) };
    if !feed.has(&found.line).await? {
        return Ok(None);
    }
    Ok(Book::of(dir, name, BUDGET, found).ok())
}

/// What the index of this name says of itself, if it says anything.
fn labelled(dir: &Path, name: &str) -> Option<Label> {
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) || !dir.join(name).is_dir() {
        return None;
    }
    let (index, _) = Book::open(dir, name).ok()?;
    serde_json::from_str(&index.load_metas().ok()?.payload?).ok()
}

/// Applies the next lines of the log; nothing if only building anew will do.
async fn catch_up(pools: &Pools, feed: &Feed, live: &Live, book: &mut Book) -> Result<Option<bool>> {
    let lines = feed.after(book.label.line.seq, LINES).await?;
    let Some(last) = lines.last() else { return Ok(Some(false)) };
    if lines.iter().any(|line| line.subject == EVERYTHING) {
        return Ok(None);
    }
    let store = pools.job("search");
    let (mut projects, mut holders) = (BTreeSet::new(), BTreeSet::new());
    let mut teaches = false;
    for line in &lines {
        match parse(&line.subject) {
            Some(("prj", uuid)) => {
                projects.insert(ProjectId(uuid));
            }
            Some(("org", uuid)) => {
                holders.insert(OrganizationId(uuid));
            }
            Some(("trm" | "ter", _)) => teaches = true,
            _ => {}
        }
    }
    if teaches {
        // Another server may have written it.
        pools.shared().forget_reference();
    }
    if !holders.is_empty() {
        live.names().read_again(&store, &holders).await?;
        let held = project_card::Column::HolderId.is_in(holders);
        let cards = store.see::<project_card::Entity>().filter(held).all().await?;
        projects.extend(cards.into_iter().map(|card| card.project_id));
    }
    let reference = pools.reference().await?;
    let projects: Vec<_> = projects.into_iter().collect();
    for some in projects.chunks(usize::try_from(BATCH).unwrap_or(usize::MAX)) {
        let documents = documents(&store, &book.engine.fields, &reference, some).await?;
        book.put(some.to_vec(), documents).await?;
    }
    let more = lines.len() as u64 == LINES;
    book.commit(Line::of(last)).await?;
    Ok(Some(more))
}

async fn documents(
    store: &Store,
    fields: &Fields,
    reference: &Reference,
    ids: &[ProjectId],
) -> Result<Vec<TantivyDocument>> {
    let these = project_card::Column::ProjectId.is_in(ids.iter().copied());
    let cards = store.see::<project_card::Entity>().filter(these).all().await?;
    let rows =
        store.see::<project::Entity>().filter(project::Column::Id.is_in(ids.iter().copied())).all().await?;
    let rows: BTreeMap<_, _> = rows.into_iter().map(|row| (row.id, row)).collect();
    let document =
        |card: &project_card::Model| Some(fields.document(rows.get(&card.project_id)?, card, reference));
    Ok(cards.iter().filter_map(document).collect())
}

/// Builds the index in a directory of its own and names it the current one.
async fn build(pools: &Pools, dir: &Path, feed: &Feed, label: Label) -> Result<String> {
    let name = uuid::Uuid::now_v7().simple().to_string();
    let built = write(pools, dir, feed, label, &name).await;
    if built.is_err() {
        let _ = fs::remove_dir_all(dir.join(&name));
    }
    built?;
    let new = dir.join("CURRENT.new");
    fs::write(&new, &name).map_err(failed)?;
    fs::File::open(&new).and_then(|file| file.sync_all()).map_err(failed)?;
    fs::rename(&new, dir.join(CURRENT)).map_err(failed)?;
    for other in fs::read_dir(dir).map_err(failed)?.flatten() {
        if other.file_name().to_str() != Some(name.as_str()) && other.path().is_dir() {
            // Files that are still open stay readable until they are closed.
            let _ = fs::remove_dir_all(other.path());
        }
    }
    Ok(name)
}

async fn write(pools: &Pools, dir: &Path, feed: &Feed, label: Label, name: &str) -> Result<()> {
    let store = pools.job("search");
    let reference = pools.reference().await?;
    // Before anything is read: what changes meanwhile is applied again.
    let line = feed.newest().await?;
    let mut book = Book::of(dir, name, BUILDING, label)?;
    let mut progress = Progress::new(
        "the search index",
        store.see::<project_card::Entity>().count_to(i64::MAX as u64 - 1).await?,
    );
    let mut last: Option<ProjectId> = None;
    loop {
        let mut next =
            store.see::<project_card::Entity>().ascending(project_card::Column::ProjectId).limit(BATCH);
        if let Some(last) = last {
            next = next.filter(project_card::Column::ProjectId.gt(last));
        }
        let ids: Vec<_> = next.all().await?.into_iter().map(|card| card.project_id).collect();
        let Some(&end) = ids.last() else { break };
        let documents = documents(&store, &book.engine.fields, &reference, &ids).await?;
        book.put(Vec::new(), documents).await?;
        progress.add(ids.len() as u64);
        last = Some(end);
    }
    book.commit(line).await?;
    progress.done();
    Ok(())
}

/// Builds the index again; servers notice and change over.
pub async fn rebuild(pools: &Pools, dir: &Path) -> Result<()> {
    fs::create_dir_all(dir).map_err(failed)?;
    let feed = Feed::of(pools).await;
    let label = label(pools).await?;
    build(pools, dir, &feed, label).await.map(|_| ())
}
