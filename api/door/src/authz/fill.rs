//! Filling tables before anybody looks: reference data and the demo network. It adds rows and reads none.

use super::Pools;
use crate::Result;
use entity::{
    At,
    identity::{personal_access_token, session, user},
    traffic::shared_value,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, Iterable,
    PaginatorTrait, QueryFilter, QuerySelect, QueryTrait, Set, sea_query::Expr,
};

/// Values one statement may carry: SQLite takes 32,766, PostgreSQL 65,535.
const VALUES: usize = 30_000;

/// One transaction that prepares the database, alone among all servers. Dropped, it leaves nothing behind.
pub struct Fill(DatabaseTransaction, Pools);

impl Pools {
    /// Whether a filling of this name was made.
    pub async fn is_filled(&self, name: &str) -> Result<bool> {
        Ok(shared_value::Entity::find_by_id(name).one(&self.write).await?.is_some())
    }

    /// What a filling of this name was marked with.
    pub async fn mark_of(&self, name: &str) -> Result<Option<String>> {
        let row = shared_value::Entity::find_by_id(name).one(&self.read).await?;
        Ok(row.map(|row| String::from_utf8_lossy(&row.value).into_owned()))
    }

    pub async fn fill(&self) -> Result<Fill> {
        Ok(Fill(self.prepare().await?, self.clone()))
    }
}

impl Fill {
    /// Notes that a filling of this name is made; false if it was made before.
    pub async fn mark(&self, name: &str, version: &str) -> Result<bool> {
        if shared_value::Entity::find_by_id(name).one(&self.0).await?.is_some() {
            return Ok(false);
        }
        let row = shared_value::ActiveModel { name: Set(name.to_owned()), value: Set(version.into()) };
        shared_value::Entity::insert(row).exec_without_returning(&self.0).await?;
        Ok(true)
    }

    pub async fn is_empty<E: EntityTrait<Model: Sync>>(&self) -> Result<bool> {
        Ok(E::find().limit(1).count(&self.0).await? == 0)
    }

    /// Adds rows in few statements; `added` hears how many each time.
    pub async fn add<E>(&self, rows: Vec<E::Model>, mut added: impl FnMut(u64)) -> Result<()>
    where
        E: EntityTrait<Model: IntoActiveModel<E::ActiveModel>>,
        E::ActiveModel: ActiveModelTrait<Entity = E> + Send,
    {
        let most = VALUES / E::Column::iter().count().max(1);
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let batch: Vec<_> =
                rows.by_ref().take(most).map(|row| row.into_active_model().reset_all()).collect();
            let count = batch.len() as u64;
            E::insert_many(batch).exec_without_returning(&self.0).await?;
            added(count);
        }
        Ok(())
    }

    /// Makes it true, with what follows from it, and tells those who follow changes that anything may be new.
    pub async fn commit(self) -> Result<()> {
        let Self(tx, pools) = self;
        pools.derive_missing(&tx).await?;
        super::feed::announce_everything(&tx).await?;
        tx.commit().await?;
        pools.shared().forget_reference();
        pools.shared().ring();
        Ok(())
    }
}

/// Sign-ins that exist in demo mode only.
impl Pools {
    pub async fn lack_password(&self, emails: &[String]) -> Result<bool> {
        let without = user::Entity::find()
            .filter(user::Column::Email.is_in(emails))
            .filter(user::Column::PasswordHash.is_null())
            .count(&self.write)
            .await?;
        Ok(without > 0)
    }

    pub async fn let_in(&self, emails: &[String], hash: &str) -> Result<()> {
        user::Entity::update_many()
            .col_expr(user::Column::PasswordHash, Expr::val(hash))
            .filter(user::Column::Email.is_in(emails))
            .filter(user::Column::PasswordHash.is_null())
            .exec(&self.write)
            .await?;
        Ok(())
    }

    /// Takes passwords, sessions and tokens away.
    pub async fn shut_out(&self, emails: &[String], now: At) -> Result<()> {
        let users = user::Entity::find()
            .select_only()
            .column(user::Column::Id)
            .filter(user::Column::Email.is_in(emails));
        let users = users.into_query();
        session::Entity::update_many()
            .col_expr(session::Column::EndedAt, Expr::val(now))
            .filter(session::Column::EndedAt.is_null())
            .filter(session::Column::UserId.in_subquery(users.clone()))
            .exec(&self.write)
            .await?;
        personal_access_token::Entity::update_many()
            .col_expr(personal_access_token::Column::RevokedAt, Expr::val(now))
            .filter(personal_access_token::Column::RevokedAt.is_null())
            .filter(personal_access_token::Column::UserId.in_subquery(users))
            .exec(&self.write)
            .await?;
        user::Entity::update_many()
            .col_expr(user::Column::PasswordHash, Expr::val(Option::<String>::None))
            .filter(user::Column::Email.is_in(emails))
            .filter(user::Column::PasswordHash.is_not_null())
            .exec(&self.write)
            .await?;
        Ok(())
    }
}
