//! Where contracts take effect. Contracts of before get the territories of their payers; imported ones their country.

use crate::dialect::{drop_tables, run};
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["contract_territory"]).await
    }
}

const UP: &str = r#"
create table contract_territory (
    contract_id @key not null references impact_contract (id) on delete cascade,
    territory_id @key not null references territory (id),
    primary key (contract_id, territory_id)
);
create index contract_territory_by_territory on contract_territory (territory_id, contract_id);
insert into contract_territory (contract_id, territory_id)
select distinct contract_party.contract_id, territory.id
from contract_party join territory on territory.code = contract_party.territory;
insert into contract_territory (contract_id, territory_id)
select impact_contract.id, territory.id
from impact_contract join territory on territory.code = impact_contract.country
where impact_contract.is_imported and not exists
    (select 1 from contract_territory where contract_territory.contract_id = impact_contract.id);
"#;
