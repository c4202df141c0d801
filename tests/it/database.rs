//! Tables and rows agree, and the past can be taken back.

use door::authz::{Pending, Pools};
use entity::{At, ids::UserId, traffic::throttle};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ColumnType, ConnectionTrait, DatabaseConnection, DbBackend, EntityTrait,
    Iden, IntoActiveModel, Iterable, Statement,
};
use std::collections::{BTreeMap, BTreeSet};
use tests::{Database, World};

/// What a table has: column, family of type, nullable.
type Columns = BTreeMap<String, (String, bool)>;

async fn rows(pool: &DatabaseConnection, sql: String) -> Vec<sea_orm::QueryResult> {
    let statement = Statement::from_string(pool.get_database_backend(), sql.clone());
    pool.query_all_raw(statement).await.unwrap_or_else(|fault| panic!("{sql}: {fault}"))
}

async fn migrated(pool: &DatabaseConnection, table: &str) -> Columns {
    let sql = match pool.get_database_backend() {
        DbBackend::Postgres => format!(
            "select column_name::text, data_type::text, is_nullable = 'YES' from information_schema.columns
             where table_schema = 'public' and table_name = '{table}'"
        ),
        // SQLite calls a primary key nullable that the rows know better.
        _ => {
            format!("select name, lower(type), \"notnull\" = 0 and pk = 0 from pragma_table_info('{table}')")
        }
    };
    let read = |row: sea_orm::QueryResult| {
        let (name, kind): (String, String) =
            (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap());
        (name, (kind, row.try_get_by_index(2).unwrap()))
    };
    rows(pool, sql).await.into_iter().map(read).collect()
}

/// How a column of a row is spelt on each database; an unknown kind has to be added here.
fn spelt(kind: &ColumnType, backend: DbBackend) -> &'static [&'static str] {
    let (postgres, sqlite): (&[&str], &[&str]) = match kind {
        ColumnType::Uuid => (&["uuid"], &["blob"]),
        ColumnType::String(_) | ColumnType::Text => (&["text"], &["text"]),
        ColumnType::BigInteger => (&["bigint"], &["bigint", "integer"]),
        ColumnType::SmallInteger => (&["smallint", "integer"], &["integer"]),
        ColumnType::Integer => (&["integer"], &["integer"]),
        ColumnType::Boolean => (&["boolean"], &["boolean"]),
        ColumnType::Json | ColumnType::JsonBinary => (&["jsonb"], &["text"]),
        ColumnType::VarBinary(_) | ColumnType::Blob | ColumnType::Binary(_) => (&["bytea"], &["blob"]),
        other => panic!("how is {other:?} spelt? Add it to `spelt` in tests/it/database.rs"),
    };
    if backend == DbBackend::Postgres { postgres } else { sqlite }
}

struct Check<'w> {
    world: &'w World,
    tables: BTreeSet<String>,
    faults: Vec<String>,
}

impl Check<'_> {
    async fn agrees<E: EntityTrait>(&mut self) {
        let (pool, table) = (self.world.pool(), E::default().table_name().to_owned());
        let mut found = migrated(pool, &table).await;
        for column in E::Column::iter() {
            let (name, definition) = (Iden::unquoted(&column).to_owned(), column.def());
            match found.remove(&name) {
                None => self.faults.push(format!("{table}.{name} is in the row, not in the table")),
                Some((kind, nullable)) => {
                    let expected = spelt(definition.get_column_type(), pool.get_database_backend());
                    if !expected.contains(&kind.as_str()) {
                        self.faults.push(format!("{table}.{name} is {kind}, the row wants {expected:?}"));
                    }
                    if nullable != definition.is_null() {
                        self.faults.push(format!(
                            "{table}.{name} is nullable in the table: {nullable}, in the row: {}",
                            !nullable
                        ));
                    }
                }
            }
        }
        self.faults
            .extend(found.keys().map(|name| format!("{table}.{name} is in the table, not in the row")));
        self.tables.insert(table);
    }
}

#[tokio::test]
async fn every_row_is_what_its_table_is() {
    use entity::{
        audit::*, contracts::*, evidence::*, identity::*, interests::*, orgs::*, projects::*, read_model::*,
        reference::*, traffic::*,
    };
    let world = World::new().await;
    let mut check = Check { world: &world, tables: BTreeSet::new(), faults: Vec::new() };
    macro_rules! agree { ($($area:ident)+) => { $(check.agrees::<$area::Entity>().await;)+ } }
    agree!(user session refresh_token personal_access_token mailed_link);
    agree!(organization organization_kind organization_identifier organization_area accreditation membership invitation);
    agree!(project co_holder project_term project_territory need contact replication project_entry project_card);
    agree!(territory territory_closure postal_code term term_parent audit_event change);
    agree!(contract import_record contract_party contract_territory contract_version contract_signature contract_consent contract_investment outcome_claim evidence_document claim_verification claim_contestation payment_computation outcome_payment contract_repayment ledger_entry);
    agree!(indicator indicator_term indicator_reference policy_series policy_point);
    agree!(working_group working_group_member comment);
    agree!(framework framework_dimension framework_item framework_term framework_territory);
    agree!(framework_adoption adoption_exception indicator_use indicator_milestone theory theory_node theory_link);
    agree!(measurement measurement_cell period_lock evaluation evaluation_party finding sroi_model);
    agree!(interest);
    agree!(signing_key throttle idempotency_key shared_value);
    let missing: Vec<_> = tables(world.pool()).await.difference(&check.tables).cloned().collect();
    assert_eq!(missing, Vec::<String>::new(), "tables without a row here; add them to `agree!`");
    assert!(check.faults.is_empty(), "{}", check.faults.join("\n"));
}

async fn tables(pool: &DatabaseConnection) -> BTreeSet<String> {
    let sql = match pool.get_database_backend() {
        DbBackend::Postgres => "select tablename::text from pg_tables where schemaname = 'public'",
        _ => "select name from sqlite_master where type = 'table' and name not like 'sqlite%'",
    };
    let names =
        rows(pool, sql.to_owned()).await.into_iter().map(|row| row.try_get_by_index::<String>(0).unwrap());
    names.filter(|name| name != "seaql_migrations").collect()
}

/// Everything the migrations made, as the database tells it.
async fn drawn(pool: &DatabaseConnection) -> BTreeSet<String> {
    let sql = match pool.get_database_backend() {
        DbBackend::Postgres => {
            "select concat_ws(' ', table_name, column_name, data_type, collation_name, is_nullable)::text
             from information_schema.columns where table_schema = 'public'
             union all select indexdef::text from pg_indexes where schemaname = 'public'
             union all select concat_ws(' ', conrelid::regclass, pg_get_constraintdef(oid))::text from pg_constraint
                where connamespace = 'public'::regnamespace
             union all select concat_ws(' ', 'trigger', tgname, tgrelid::regclass)::text from pg_trigger where not tgisinternal
             union all select concat('function ', proname)::text from pg_proc where pronamespace = 'public'::regnamespace"
        }
        _ => "select coalesce(sql, name) from sqlite_master where name not like 'sqlite%'",
    };
    rows(pool, sql.to_owned()).await.into_iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

async fn add_rows(pool: &DatabaseConnection) {
    let row =
        throttle::Model { key: "login:x".to_owned(), count: 1, blocked_until: At(0), updated_at: At(0) };
    throttle::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(pool).await.unwrap();
    let event = entity::audit::audit_event::Model {
        id: entity::ids::AuditEventId::fresh(),
        at: At(0),
        actor_id: Some(UserId::fresh()),
        organization_id: None,
        action: "projectCreate".to_owned(),
        subject: None,
        changes: serde_json::json!({}),
        reason: None,
        request_id: None,
        address: None,
    };
    let event = event.into_active_model().reset_all();
    entity::audit::audit_event::Entity::insert(event).exec_without_returning(pool).await.unwrap();
}

#[tokio::test]
async fn migrations_go_up_down_and_up_again_with_data() {
    let database = Database::empty().await;
    let pools = Pools::open(&database.place, 2, Pending::Apply).await.unwrap();
    let pool = database.connect().await;
    let first = drawn(&pool).await;
    add_rows(&pool).await;
    let steps = pools.migrations().await.unwrap().len();
    for left in (0..steps).rev() {
        pools
            .migrate_down(Some(1))
            .await
            .unwrap_or_else(|fault| panic!("step {left} does not go down: {fault}"));
    }
    assert_eq!(tables(&pool).await, BTreeSet::new(), "nothing is left behind");
    pools.migrate_up().await.unwrap();
    assert_eq!(drawn(&pool).await, first, "the second time makes what the first made");
    add_rows(&pool).await;
    pools.migrate_down(None).await.unwrap();
    pools.migrate_up().await.unwrap();
}

#[tokio::test]
async fn nobody_rewrites_the_audit_trail() {
    let world = World::new().await;
    add_rows(world.pool()).await;
    for statement in ["update audit_event set action = 'x'", "delete from audit_event"] {
        let refused = world.pool().execute_unprepared(statement).await.expect_err(statement);
        assert!(refused.to_string().contains("append-only"), "{refused}");
    }
    assert_eq!(
        rows(world.pool(), "select 1 from audit_event where action = 'projectCreate'".to_owned()).await.len(),
        1
    );
}
