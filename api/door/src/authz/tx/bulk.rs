//! Deliveries of many rows: few statements, each row judged, and one line in the trail that counts them.

use super::{Change, Tx, taken};
use crate::{
    Result,
    authz::{Act, Node, PartOf, Policy},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, Iterable, PrimaryKeyToColumn, QueryFilter,
    Value, sea_query::OnConflict,
};
use std::collections::BTreeMap;

/// Values one statement may carry: SQLite takes 32,766, PostgreSQL 65,535.
const VALUES: usize = 30_000;

impl Tx {
    /// Creates rows, and overwrites those whose keys are known.
    ///
    /// The trail says how many; the change log, which speaks of single records, says nothing.
    pub async fn put_all<E>(&mut self, rows: &[E::Model]) -> Result<()>
    where
        E: Policy + EntityTrait<Model: IntoActiveModel<E::ActiveModel>>,
        E::ActiveModel: ActiveModelTrait<Entity = E> + Send,
    {
        for row in rows {
            self.judge::<E>(Act::Create, row)?;
            self.judge::<E>(Act::Edit, row)?;
        }
        let keys: Vec<_> = E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column).collect();
        let is_key = |column: &E::Column| keys.iter().any(|key| format!("{key:?}") == format!("{column:?}"));
        let others = E::Column::iter().filter(|column| !is_key(column));
        let known = OnConflict::columns(keys.clone()).update_columns(others).to_owned();
        for batch in rows.chunks(VALUES / E::Column::iter().count().max(1)) {
            let batch: Vec<_> = batch.iter().map(|row| row.clone().into_active_model().reset_all()).collect();
            self.store.counted();
            let insert = E::insert_many(batch).on_conflict(known.clone());
            insert.exec_without_returning(&self.transaction).await.map_err(taken)?;
        }
        self.note_count(E::default().table_name(), rows.len());
        Ok(())
    }

    /// Replaces all parts of many wholes that one may edit; `hear` is told how many were written each time.
    pub async fn replace_all<P>(
        &mut self,
        wholes: &[<P::Whole as EntityTrait>::Model],
        parts: Vec<P::Model>,
        mut hear: impl FnMut(u64),
    ) -> Result<()>
    where
        P: PartOf + EntityTrait<Model: IntoActiveModel<P::ActiveModel>>,
        P::ActiveModel: ActiveModelTrait<Entity = P> + Send,
    {
        for whole in wholes {
            self.judge::<P::Whole>(Act::Edit, whole)?;
        }
        let keys: Vec<Value> = wholes.iter().map(|whole| <P::Whole as Node>::id(whole).into()).collect();
        for batch in keys.chunks(VALUES) {
            self.store.counted();
            P::delete_many().filter(P::LINK.is_in(batch.to_vec())).exec(&self.transaction).await?;
        }
        self.note_count(P::default().table_name(), parts.len());
        for batch in parts.chunks(VALUES / P::Column::iter().count().max(1)) {
            let rows: Vec<_> = batch.iter().map(|row| row.clone().into_active_model().reset_all()).collect();
            self.store.counted();
            P::insert_many(rows).exec_without_returning(&self.transaction).await.map_err(taken)?;
            hear(batch.len() as u64);
        }
        Ok(())
    }

    fn note_count(&mut self, table: &str, count: usize) {
        let fields = BTreeMap::from([(table.to_owned(), serde_json::json!([null, count]))]);
        self.changes.push(Change { subject: None, home: None, kind: "UPDATED", fields });
    }
}
