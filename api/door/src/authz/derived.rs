//! Rows that follow from others: written again in the transaction that changed their sources, or all at once.
//!
//! The project rows are locked first: whoever derives a project's rows waits for whoever is changing it, and reads
//! what was committed.

use super::Pools;
use crate::{
    Result,
    card::{self, Sources},
    progress::Progress,
    reference::Reference,
};
use entity::{
    ids::{OrganizationId, ProjectId, parse},
    orgs::{accreditation, organization, organization_kind},
    projects::{need, project, project_term, project_territory},
    read_model::{VERSION, project_card, project_entry},
    traffic::shared_value,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, IntoSimpleExpr,
    Iterable, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, OnConflict},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    hash::Hash,
};

/// Projects written in one go.
const BATCH: u64 = 1_000;
/// Values one statement may carry: SQLite takes 32,766.
const VALUES: usize = 30_000;
const MARK: &str = "read-model";

/// Changed fields of an organization that its projects' rows follow from.
const OF_HOLDER: &[&str] =
    &["verification", "legal_form", "organization_kind", "accreditation", "merged_into_id"];

/// Projects whose rows follow from these changes: subjects with the names of their changed fields.
pub(super) async fn refresh<'c>(
    pools: &Pools,
    tx: &DatabaseTransaction,
    changes: impl Iterator<Item = (&'c str, Vec<&'c str>)>,
) -> Result<()> {
    let mut projects: BTreeSet<ProjectId> = BTreeSet::new();
    let mut holders: BTreeSet<OrganizationId> = BTreeSet::new();
    for (subject, fields) in changes {
        match parse(subject) {
            Some(("prj", uuid)) => {
                projects.insert(ProjectId(uuid));
            }
            Some(("org", uuid)) if fields.iter().any(|field| OF_HOLDER.contains(field)) => {
                holders.insert(OrganizationId(uuid));
            }
            _ => {}
        }
    }
    if !holders.is_empty() {
        let held = project::Entity::find()
            .select_only()
            .column(project::Column::Id)
            .filter(project::Column::HolderId.is_in(holders))
            .into_tuple::<ProjectId>();
        projects.extend(held.all(tx).await?);
    }
    if projects.is_empty() {
        return Ok(());
    }
    let reference = pools.reference().await?;
    let projects: Vec<_> = projects.into_iter().collect();
    for some in projects.chunks(usize::try_from(BATCH).unwrap_or(usize::MAX)) {
        write(tx, &reference, some).await?;
    }
    Ok(())
}

/// Writes the rows of these projects again.
async fn write(tx: &DatabaseTransaction, reference: &Reference, ids: &[ProjectId]) -> Result<()> {
    let of = |column: project::Column| column.is_in(ids.iter().copied());
    let projects = project::Entity::find()
        .filter(of(project::Column::Id))
        .order_by_asc(project::Column::Id)
        .lock_exclusive();
    let projects = projects.all(tx).await?;
    project_entry::Entity::delete_many()
        .filter(project_entry::Column::ProjectId.is_in(ids.iter().copied()))
        .exec(tx)
        .await?;
    derive(tx, reference, projects, true).await
}

/// Derives and inserts; `replaces` says whether cards may be there already.
pub(super) async fn derive(
    tx: &impl ConnectionTrait,
    reference: &Reference,
    projects: Vec<project::Model>,
    replaces: bool,
) -> Result<()> {
    let ids: Vec<_> = projects.iter().map(|row| row.id).collect();
    let holders: BTreeSet<_> = projects.iter().map(|row| row.holder_id).collect();
    let terms =
        project_term::Entity::find().filter(project_term::Column::ProjectId.is_in(ids.iter().copied()));
    let places = project_territory::Entity::find()
        .filter(project_territory::Column::ProjectId.is_in(ids.iter().copied()));
    let needs = need::Entity::find().filter(need::Column::ProjectId.is_in(ids.iter().copied()));
    let organizations =
        organization::Entity::find().filter(organization::Column::Id.is_in(holders.iter().copied()));
    let kinds = organization_kind::Entity::find()
        .filter(organization_kind::Column::OrganizationId.is_in(holders.iter().copied()));
    let accreditations = accreditation::Entity::find()
        .filter(accreditation::Column::OrganizationId.is_in(holders.iter().copied()));
    let terms = grouped(terms.all(tx).await?, |row| row.project_id);
    let places = grouped(places.all(tx).await?, |row| row.project_id);
    let needs = grouped(needs.all(tx).await?, |row| row.project_id);
    let organizations: HashMap<_, _> =
        organizations.all(tx).await?.into_iter().map(|row| (row.id, row)).collect();
    let kinds = grouped(kinds.all(tx).await?, |row| row.organization_id);
    let accreditations = grouped(accreditations.all(tx).await?, |row| row.organization_id);
    let (mut cards, mut entries) = (Vec::new(), Vec::new());
    for project in &projects {
        let Some(holder) = organizations.get(&project.holder_id) else { continue };
        let sources = Sources {
            project,
            holder,
            kinds: of(&kinds, holder.id),
            accreditations: of(&accreditations, holder.id),
            terms: of(&terms, project.id),
            territories: of(&places, project.id),
            needs: of(&needs, project.id),
        };
        let (card, rows) = card::rows(&sources, reference);
        cards.push(card);
        entries.extend(rows);
    }
    insert::<project_card::Entity>(tx, cards, replaces.then_some(project_card::Column::ProjectId)).await?;
    insert::<project_entry::Entity>(tx, entries, None).await
}

fn grouped<K: Eq + Hash, R>(rows: Vec<R>, key: impl Fn(&R) -> K) -> HashMap<K, Vec<R>> {
    let mut groups: HashMap<K, Vec<R>> = HashMap::new();
    for row in rows {
        groups.entry(key(&row)).or_default().push(row);
    }
    groups
}

fn of<K: Eq + Hash, R>(groups: &HashMap<K, Vec<R>>, key: K) -> &[R] {
    groups.get(&key).map_or(&[], Vec::as_slice)
}

async fn insert<E>(tx: &impl ConnectionTrait, rows: Vec<E::Model>, replaces: Option<E::Column>) -> Result<()>
where
    E: EntityTrait<Model: IntoActiveModel<E::ActiveModel>>,
    E::ActiveModel: sea_orm::ActiveModelTrait<Entity = E> + Send,
{
    let most = VALUES / E::Column::iter().count().max(1);
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let batch =
            rows.by_ref().take(most).map(|row| sea_orm::ActiveModelTrait::reset_all(row.into_active_model()));
        let mut insert = E::insert_many(batch);
        if let Some(key) = replaces {
            let others = E::Column::iter()
                .filter(|column| sea_orm::Iden::unquoted(column) != sea_orm::Iden::unquoted(&key));
            insert = insert.on_conflict(OnConflict::column(key).update_columns(others).to_owned());
        }
        insert.exec_without_returning(tx).await?;
    }
    Ok(())
}

impl Pools {
    /// Writes the read model of all projects again, a batch at a time, while others read and write.
    pub async fn rebuild_read_model(&self) -> Result<()> {
        let reference = self.reference().await?;
        let total = project::Entity::find().count(&self.read).await?;
        let mut progress = Progress::new("the read model", total);
        let mut last: Option<ProjectId> = None;
        loop {
            let tx = super::open::begin(&self.write).await?;
            let mut next = project::Entity::find().order_by_asc(project::Column::Id).limit(BATCH);
            if let Some(last) = last {
                next = next.filter(project::Column::Id.gt(last));
            }
            let ids: Vec<ProjectId> =
                next.select_only().column(project::Column::Id).into_tuple().all(&tx).await?;
            let Some(&end) = ids.last() else { break };
            write(&tx, &reference, &ids).await?;
            tx.commit().await?;
            progress.add(ids.len() as u64);
            last = Some(end);
        }
        self.mark_read_model().await?;
        if total > 0 {
            // The search index is made of these rows.
            let tx = super::open::begin(&self.write).await?;
            super::feed::announce_everything(&tx).await?;
            tx.commit().await?;
            self.shared().ring();
        }
        progress.done();
        Ok(())
    }

    /// Derives the rows of projects that have none, within the transaction that filled them in.
    pub(super) async fn derive_missing(&self, tx: &DatabaseTransaction) -> Result<()> {
        // Asked row by row: PostgreSQL reads all of a long `NOT IN` again for each row.
        let same =
            project_card::Column::ProjectId.into_simple_expr().eq(project::Column::Id.into_simple_expr());
        let card = project_card::Entity::find()
            .select_only()
            .column(project_card::Column::ProjectId)
            .filter(same)
            .into_query();
        loop {
            let missing =
                project::Entity::find().filter(Expr::exists(card.clone()).not()).limit(BATCH).all(tx).await?;
            if missing.is_empty() {
                return Ok(());
            }
            derive(tx, &*self.reference().await?, missing, false).await?;
        }
    }

    /// Rebuilds the read model if its rows are of another version, or of none.
    pub async fn ensure_read_model(&self) -> Result<()> {
        if self.mark_of(MARK).await?.as_deref() == Some(VERSION) {
            return Ok(());
        }
        self.rebuild_read_model().await
    }

    async fn mark_read_model(&self) -> Result<()> {
        let row = shared_value::Model { name: MARK.to_owned(), value: VERSION.into() };
        let written = OnConflict::column(shared_value::Column::Name)
            .update_column(shared_value::Column::Value)
            .to_owned();
        shared_value::Entity::insert(sea_orm::ActiveModelTrait::reset_all(row.into_active_model()))
            .on_conflict(written)
            .exec_without_returning(&self.write)
            .await?;
        Ok(())
    }

    /// Every row of the read model, for the test that compares it with a rebuilt one.
    #[doc(hidden)]
    pub async fn read_model(&self) -> Result<BTreeMap<String, String>> {
        let mut rows = BTreeMap::new();
        for card in project_card::Entity::find().all(&self.read).await? {
            rows.insert(format!("card {}", card.project_id), format!("{card:?}"));
        }
        for entry in project_entry::Entity::find().all(&self.read).await? {
            rows.insert(
                format!("entry {} {} {}", entry.project_id, entry.place_id, entry.theme),
                format!("{entry:?}"),
            );
        }
        Ok(rows)
    }
}
