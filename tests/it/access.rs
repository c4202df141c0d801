//! The access matrix: every table, every kind of viewer, everything one can do to a row.
//!
//! `tests/snapshots/access.txt` is drawn by the policies themselves, over a network in which everybody meets everything.

use door::authz::{
    Act, CONTRACT_IMPORT, CONTRACTS, EVIDENCE_CLOCK, FIELD_LEVELS, POLICY_IMPORT, Policy, RequestFacts,
    SIGN_IN, Store, Viewer, WORKING_GROUP,
};
use entity::{codes::*, *};
use sea_orm::{ConnectionTrait, EntityTrait, Iden, Iterable, ModelTrait, Statement, Value as Column};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};
use tests::{Cast, golden};

/// Tables that no viewer ever asks for: only the servers themselves do, behind the door.
const WITHOUT_POLICY: &[&str] = &[
    "change",
    "idempotency_key",
    "shared_value",
    "signing_key",
    "throttle",
    "seaql_migrations",
    "sqlite_sequence",
];

/// Whose account and session are drawn.
const DRAWN: &[&str] = &["lab owner", "fallen owner", "stranger", "administrator"];

struct Drawing<'c> {
    cast: &'c Cast,
    viewers: Vec<(String, Viewer)>,
    text: String,
    tables: BTreeSet<String>,
}

impl Drawing<'_> {
    async fn draw<E>(&mut self)
    where
        E: Policy,
        E::Model: PartialEq,
    {
        let table = E::default().table_name().to_owned();
        let mut rows = E::find().all(self.cast.world.pool()).await.expect("rows");
        if ["user", "session"].contains(&&*table) {
            // Everybody has one: a few stand for all.
            rows.retain(|row| DRAWN.iter().any(|name| label::<E>(self.cast, row).contains(name)));
        }
        assert!(!rows.is_empty(), "{table}: no row to draw; add one to tests/src/cast.rs");
        let mut cells: BTreeMap<String, BTreeMap<String, BTreeSet<&str>>> = BTreeMap::new();
        for (name, viewer) in &self.viewers {
            let app = self.cast.world.app();
            let store =
                Store::new(app.pools.clone(), viewer.clone(), app.clock.clone(), RequestFacts::default());
            let seen = store.see::<E>().all().await.expect("what they see");
            for row in &rows {
                let cell = cell::<E>(viewer, row, seen.contains(row));
                cells.entry(label::<E>(self.cast, row)).or_default().entry(cell).or_default().insert(name);
            }
        }
        let _ = writeln!(self.text, "\n{table}");
        for (label, cells) in cells {
            let _ = writeln!(self.text, "  {label}");
            let largest = cells.values().map(BTreeSet::len).max().unwrap_or_default();
            for (cell, names) in cells {
                let is_rest = names.len() == largest && largest > self.viewers.len() / 3;
                let names = names.into_iter().collect::<Vec<_>>().join(", ");
                let names = if is_rest { "everyone else".to_owned() } else { names };
                let _ = writeln!(self.text, "    {cell:<44} {names}");
            }
        }
        self.tables.insert(table);
    }
}

/// Whether the row is seen and how near, then what may be done to it. What may be done unseen is an error in itself.
fn cell<E: Policy>(viewer: &Viewer, row: &E::Model, is_seen: bool) -> String {
    let near = if is_seen { format!("sees {}", E::reach(viewer, row).code()) } else { "-".to_owned() };
    let acts = [
        (Act::Create, "create"),
        (Act::Inspect, "inspect"),
        (Act::Edit, "edit"),
        (Act::Decide, "decide"),
        (Act::Delete, "delete"),
    ];
    let may = acts.iter().filter(|(act, _)| E::allows(viewer, *act, row)).map(|(_, word)| *word);
    [near].into_iter().chain(may.map(str::to_owned)).collect::<Vec<_>>().join(" ")
}

/// A row by the keys that have names and the codes that policies ask for.
fn label<E: EntityTrait<Model: ModelTrait<Entity = E>>>(cast: &Cast, row: &E::Model) -> String {
    const CODES: &[&str] = &["status", "state", "visibility", "verification", "role", "purpose"];
    let words = E::Column::iter().filter_map(|column| {
        let name = Iden::unquoted(&column).to_owned();
        match row.get(column) {
            Column::Uuid(Some(key)) => cast.names.get(&key).map(|key| format!("{name} {key}")),
            Column::String(Some(code)) if CODES.contains(&name.as_str()) => Some(code),
            _ => None,
        }
    });
    let words: Vec<_> = words.collect();
    if words.is_empty() { "any".to_owned() } else { words.join(", ") }
}

async fn tables(cast: &Cast) -> BTreeSet<String> {
    let (pool, backend) = (cast.world.pool(), cast.world.pool().get_database_backend());
    let list = match backend {
        sea_orm::DbBackend::Postgres => "select tablename::text from pg_tables where schemaname = 'public'",
        _ => "select name from sqlite_master where type = 'table'",
    };
    let rows = pool.query_all_raw(Statement::from_string(backend, list)).await.expect("tables");
    rows.iter().map(|row| row.try_get_by_index(0).expect("a name")).collect()
}

#[tokio::test]
async fn the_matrix_is_as_it_is_written_down() {
    let cast = Cast::new().await;
    let mut viewers = vec![
        ("public".to_owned(), Viewer::public()),
        ("job harvest".to_owned(), Viewer::job("harvest")),
        ("job sign_in".to_owned(), Viewer::job(SIGN_IN)),
        ("job contracts".to_owned(), Viewer::job(CONTRACTS)),
        ("job contract_import".to_owned(), Viewer::job(CONTRACT_IMPORT)),
        ("job policy_import".to_owned(), Viewer::job(POLICY_IMPORT)),
        ("job evidence_clock".to_owned(), Viewer::job(EVIDENCE_CLOCK)),
        ("job working_group".to_owned(), Viewer::job(WORKING_GROUP)),
    ];
    for person in &cast.people {
        viewers.push((person.name.clone(), person.viewer().await));
    }
    let mut drawing = Drawing { cast: &cast, viewers, text: String::new(), tables: BTreeSet::new() };
    drawing.draw::<identity::user::Entity>().await;
    drawing.draw::<identity::session::Entity>().await;
    drawing.draw::<identity::refresh_token::Entity>().await;
    drawing.draw::<identity::personal_access_token::Entity>().await;
    drawing.draw::<identity::mailed_link::Entity>().await;
    drawing.draw::<orgs::organization::Entity>().await;
    drawing.draw::<orgs::organization_kind::Entity>().await;
    drawing.draw::<orgs::organization_identifier::Entity>().await;
    drawing.draw::<orgs::organization_area::Entity>().await;
    drawing.draw::<orgs::accreditation::Entity>().await;
    drawing.draw::<orgs::membership::Entity>().await;
    drawing.draw::<orgs::invitation::Entity>().await;
    drawing.draw::<projects::project::Entity>().await;
    drawing.draw::<projects::co_holder::Entity>().await;
    drawing.draw::<projects::project_term::Entity>().await;
    drawing.draw::<projects::project_territory::Entity>().await;
    drawing.draw::<projects::need::Entity>().await;
    drawing.draw::<projects::contact::Entity>().await;
    drawing.draw::<projects::replication::Entity>().await;
    drawing.draw::<contracts::contract::Entity>().await;
    drawing.draw::<contracts::import_record::Entity>().await;
    drawing.draw::<contracts::contract_party::Entity>().await;
    drawing.draw::<contracts::contract_territory::Entity>().await;
    drawing.draw::<contracts::contract_version::Entity>().await;
    drawing.draw::<contracts::contract_signature::Entity>().await;
    drawing.draw::<contracts::contract_consent::Entity>().await;
    drawing.draw::<contracts::contract_investment::Entity>().await;
    drawing.draw::<contracts::outcome_claim::Entity>().await;
    drawing.draw::<interests::interest::Entity>().await;
    drawing.draw::<contracts::evidence_document::Entity>().await;
    drawing.draw::<contracts::claim_verification::Entity>().await;
    drawing.draw::<contracts::claim_contestation::Entity>().await;
    drawing.draw::<contracts::payment_computation::Entity>().await;
    drawing.draw::<contracts::outcome_payment::Entity>().await;
    drawing.draw::<contracts::contract_repayment::Entity>().await;
    drawing.draw::<contracts::ledger_entry::Entity>().await;
    drawing.draw::<read_model::project_card::Entity>().await;
    drawing.draw::<read_model::project_entry::Entity>().await;
    drawing.draw::<audit::audit_event::Entity>().await;
    drawing.draw::<reference::territory::Entity>().await;
    drawing.draw::<reference::territory_closure::Entity>().await;
    drawing.draw::<reference::postal_code::Entity>().await;
    drawing.draw::<reference::term::Entity>().await;
    drawing.draw::<reference::term_parent::Entity>().await;
    drawing.draw::<evidence::indicator::Entity>().await;
    drawing.draw::<evidence::indicator_term::Entity>().await;
    drawing.draw::<evidence::indicator_reference::Entity>().await;
    drawing.draw::<evidence::policy_series::Entity>().await;
    drawing.draw::<evidence::policy_point::Entity>().await;
    drawing.draw::<evidence::framework::Entity>().await;
    drawing.draw::<evidence::framework_dimension::Entity>().await;
    drawing.draw::<evidence::framework_item::Entity>().await;
    drawing.draw::<evidence::framework_term::Entity>().await;
    drawing.draw::<evidence::framework_territory::Entity>().await;
    drawing.draw::<evidence::working_group::Entity>().await;
    drawing.draw::<evidence::working_group_member::Entity>().await;
    drawing.draw::<evidence::comment::Entity>().await;
    drawing.draw::<evidence::framework_adoption::Entity>().await;
    drawing.draw::<evidence::adoption_exception::Entity>().await;
    drawing.draw::<evidence::indicator_use::Entity>().await;
    drawing.draw::<evidence::indicator_milestone::Entity>().await;
    drawing.draw::<evidence::theory::Entity>().await;
    drawing.draw::<evidence::theory_node::Entity>().await;
    drawing.draw::<evidence::theory_link::Entity>().await;
    drawing.draw::<evidence::measurement::Entity>().await;
    drawing.draw::<evidence::measurement_cell::Entity>().await;
    drawing.draw::<evidence::period_lock::Entity>().await;
    drawing.draw::<evidence::evaluation::Entity>().await;
    drawing.draw::<evidence::evaluation_party::Entity>().await;
    drawing.draw::<evidence::finding::Entity>().await;
    drawing.draw::<evidence::sroi_model::Entity>().await;

    let known: BTreeSet<_> = WITHOUT_POLICY.iter().map(|&table| table.to_owned()).collect();
    let new: Vec<_> = tables(&cast)
        .await
        .into_iter()
        .filter(|name| !drawing.tables.contains(name) && !known.contains(name))
        .collect();
    assert!(
        new.is_empty(),
        "tables that are not in the matrix: {new:?}. Give each a policy in api/door/src/authz/policy/, a row in \
         tests/src/cast.rs and a line here; or, if no viewer ever asks for it, name it in WITHOUT_POLICY."
    );
    let names: Vec<_> = drawing.viewers.iter().map(|(name, _)| name.as_str()).collect();
    let head = format!("{HEAD}\nEveryone: {}.\n", names.join(", "));
    golden("tests/snapshots/access.txt", &(head + &drawing.text + &fields()));
}

const HEAD: &str = "Who sees and does what: drawn by the policies (tests/it/access.rs), read by people.

A row, then who may do what to it. `sees LEVEL`: sees the row and its fields up to that level; `-`: for them it does not
exist, and what follows can only be done by making it. Rows are named by whose they are.
";

fn fields() -> String {
    let mut text = "\nfields that ask for nearness\n".to_owned();
    let fields: BTreeMap<_, _> = FIELD_LEVELS.iter().flat_map(|fields| fields.iter().copied()).collect();
    for (coordinate, level) in fields {
        let _ = writeln!(text, "  {:<8} {coordinate}", level.code());
    }
    text
}
