//! What somebody may take along, and that it is everything.

use network::identity::export::COVERED;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use std::collections::BTreeSet;
use tests::{Value, World, json};

#[tokio::test]
async fn everything_kept_about_oneself_can_be_taken_along() {
    let world = World::new().await;
    let lab = world.innovator("Le labo").await;
    let document = "mutation ($input: UserUpdateInput!) { userUpdate(input: $input) { errors { code } } }";
    let input = json!({ "id": lab.user.unwrap().to_string(), "displayName": "Camille" });
    lab.asks(document, json!({ "input": input })).await.fine();
    let answer = lab.asks("{ viewer { export } }", json!({})).await;
    let export: Value = serde_json::from_str(&answer.text("/viewer/export")).unwrap();
    assert_eq!(export["user"]["displayName"], "Camille");
    assert_eq!(export["memberships"][0]["organizationId"], lab.organization.unwrap().to_string());
    assert_eq!(export["acts"][0]["action"], "userUpdate");
    assert!(!export.to_string().contains("argon2"), "no hash leaves");
    assert!(world.visitor().asks("{ viewer { export } }", json!({})).await.data("/viewer/export").is_null());
}

#[tokio::test]
async fn an_export_covers_every_column_that_names_a_person() {
    let world = World::new().await;
    let sql = match world.pool().get_database_backend() {
        DbBackend::Postgres => {
            "select concat(replace(c.conrelid::regclass::text, '\"', ''), '.', a.attname)::text
             from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attnum = any (c.conkey)
             where c.contype = 'f' and c.confrelid = '\"user\"'::regclass"
        }
        _ => {
            "select m.name || '.' || f.\"from\" from sqlite_master m, pragma_foreign_key_list(m.name) f
             where m.type = 'table' and f.\"table\" = 'user'"
        }
    };
    let statement = Statement::from_string(world.pool().get_database_backend(), sql);
    let found = world.pool().query_all_raw(statement).await.unwrap();
    let found: BTreeSet<String> = found.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
    // The trail outlives accounts: its actor is no foreign key.
    let covered = COVERED.iter().map(|(column, _)| (*column).to_owned());
    let covered: BTreeSet<String> = covered.filter(|column| column != "audit_event.actor_id").collect();
    assert_eq!(found, covered, "say in api/network/src/identity/export.rs which part tells of each");
}
