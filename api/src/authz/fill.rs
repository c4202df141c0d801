//! Filling tables before anybody looks: reference data and the demo network. It adds rows and reads none.

use super::Pools;
use crate::Result;
use entity::traffic::shared_value;
use sea_orm::{
    ActiveModelTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, Iterable, PaginatorTrait, QuerySelect, Set,
};

/// Values one statement may carry: SQLite takes 32,766, PostgreSQL 65,535.
const VALUES: usize = 30_000;

/// One transaction that prepares the database, alone among all servers. Dropped, it leaves nothing behind.
pub(crate) struct Fill(DatabaseTransaction);

impl Pools {
    /// Whether a filling of this name was made.
    pub(crate) async fn is_filled(&self, name: &str) -> Result<bool> {
        Ok(shared_value::Entity::find_by_id(name).one(&self.write).await?.is_some())
    }

    pub(crate) async fn fill(&self) -> Result<Fill> {
        Ok(Fill(self.prepare().await?))
    }
}

impl Fill {
    /// Notes that a filling of this name is made; false if it was made before.
    pub(crate) async fn mark(&self, name: &str, version: &str) -> Result<bool> {
        if shared_value::Entity::find_by_id(name).one(&self.0).await?.is_some() {
            return Ok(false);
        }
        let row = shared_value::ActiveModel { name: Set(name.to_owned()), value: Set(version.into()) };
        shared_value::Entity::insert(row).exec_without_returning(&self.0).await?;
        Ok(true)
    }

    pub(crate) async fn is_empty<E: EntityTrait<Model: Sync>>(&self) -> Result<bool> {
        Ok(E::find().limit(1).count(&self.0).await? == 0)
    }

    /// Adds rows in few statements; `added` hears how many each time.
    pub(crate) async fn add<E>(&self, rows: Vec<E::Model>, mut added: impl FnMut(u64)) -> Result<()>
    where
        E: EntityTrait<Model: IntoActiveModel<E::ActiveModel>>,
        E::ActiveModel: ActiveModelTrait<Entity = E> + Send,
    {
        let most = VALUES / E::Column::iter().count().max(1);
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let batch: Vec<_> = rows.by_ref().take(most).map(|row| row.into_active_model().reset_all()).collect();
            let count = batch.len() as u64;
            E::insert_many(batch).exec_without_returning(&self.0).await?;
            added(count);
        }
        Ok(())
    }

    pub(crate) async fn commit(self) -> Result<()> {
        Ok(self.0.commit().await?)
    }
}
