//! Whatever the way to an object, the answer is that of `node(id)`.

use std::collections::{BTreeMap, BTreeSet};
use tests::{Actor, Cast, Schema, Value, json};

/// Objects by id, as one viewer sees them.
type Objects = BTreeMap<String, Value>;

/// Every object with an id in an answer.
fn gather(value: &Value, found: &mut Vec<Value>) {
    match value {
        Value::Array(list) => list.iter().for_each(|value| gather(value, found)),
        Value::Object(members) => {
            if members.get("id").is_some_and(Value::is_string) && members.contains_key("__typename") {
                let own = |value: &Value| {
                    !value.is_object()
                        && !value.as_array().is_some_and(|list| list.iter().any(Value::is_object))
                };
                found.push(
                    members
                        .iter()
                        .filter(|(_, value)| own(value))
                        .map(|(key, value)| (key.clone(), value.clone()))
                        .collect::<serde_json::Map<_, _>>()
                        .into(),
                );
            }
            members.values().for_each(|value| gather(value, found));
        }
        _ => {}
    }
}

fn fragments(schema: &Schema) -> String {
    schema.nodes().map(|ty| format!("... on {ty} {{ {} }} ", schema.leaves(ty))).collect()
}

/// What `nodes(ids)` tells of each id.
async fn direct(actor: &Actor, schema: &Schema, ids: &[String]) -> Objects {
    let document = format!("query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ {} }} }}", fragments(schema));
    let mut objects = Objects::new();
    for ids in ids.chunks(50) {
        let answer = actor.asks(&document, json!({ "ids": ids })).await;
        for (id, object) in ids.iter().zip(answer.data("/nodes").as_array().unwrap()) {
            if !object.is_null() {
                assert_eq!(object["id"], *id, "the order is kept");
                objects.insert(id.clone(), object.clone());
            }
        }
    }
    objects
}

/// Selections of all ways of two more steps from a type: one document's worth each.
fn onward(schema: &Schema, ty: &str) -> Vec<String> {
    let types: Vec<_> = if ty == "Node" { schema.nodes().collect() } else { vec![ty] };
    let mut selections = vec![];
    for ty in types {
        for (before, after, next) in schema.ways(ty) {
            let further = schema.ways(&next).into_iter().enumerate().map(|(place, (before, after, last))| {
                let leaves = if last == "Node" { fragments(schema) } else { schema.leaves(&last) };
                format!("w{place}: {before}{leaves}{after} ")
            });
            let leaves = if next == "Node" { fragments(schema) } else { schema.leaves(&next) };
            let inner: String = further.collect();
            let all = format!("... on {ty} {{ {} {before}{leaves} {inner}{after} }}", schema.leaves(ty));
            selections.push(all);
        }
    }
    selections
}

/// The ids of all rows, told by whoever sees them: an administrator and everybody together.
async fn all_ids(cast: &Cast) -> Vec<String> {
    use entity::ids::print;
    use sea_orm::{ConnectionTrait, Statement};
    let (pool, mut ids) = (cast.world.pool(), BTreeSet::new());
    for (prefix, table) in [
        ("usr", "\"user\""),
        ("ses", "session"),
        ("pat", "personal_access_token"),
        ("org", "organization"),
        ("mem", "membership"),
        ("inv", "invitation"),
        ("prj", "project"),
        ("ned", "need"),
        ("rep", "replication"),
        ("aud", "audit_event"),
    ] {
        let statement =
            Statement::from_string(pool.get_database_backend(), format!("select id from {table}"));
        for row in pool.query_all_raw(statement).await.expect("ids") {
            ids.insert(print(prefix, row.try_get_by_index(0).expect("a key")));
        }
    }
    ids.into_iter().collect()
}

/// Walks from one root, and compares all it finds with what `nodes` told.
struct Walk<'w> {
    actor: &'w Actor,
    schema: &'w Schema,
    truth: &'w Objects,
    ids: &'w [String],
    found: BTreeSet<String>,
    skipped: Vec<String>,
}

impl Walk<'_> {
    async fn follow(&mut self, document: &str, variables: Value) {
        let answer = self.actor.asks(document, variables).await;
        if answer
            .errors()
            .iter()
            .any(|code| code == "COST_LIMIT_EXCEEDED" || code == "DOCUMENT_LIMIT_EXCEEDED")
        {
            self.skipped.push(format!("{:?} {document}", answer.errors()));
            return;
        }
        answer.fine();
        let mut objects = Vec::new();
        gather(&answer.body["data"], &mut objects);
        for object in objects {
            let id = object["id"].as_str().unwrap().to_owned();
            // Territories and terms are open to everybody; what staff read leaves new events behind.
            if !self.ids.contains(&id) {
                continue;
            }
            let known = self.truth.get(&id);
            let known = known.unwrap_or_else(|| {
                panic!("{} finds {id}, which node(id) hides: {document}", self.actor.name)
            });
            for (field, value) in object.as_object().unwrap() {
                // Lists of objects are compared object by object.
                let Some(alone) = known.get(field) else { continue };
                assert_eq!(
                    value, alone,
                    "{}: {id} tells another {field} on this way: {document}",
                    self.actor.name
                );
            }
            self.found.insert(id);
        }
    }

    async fn everywhere(&mut self) {
        for (before, after, ty) in self.schema.ways("Query") {
            for selection in onward(self.schema, &ty) {
                self.follow(&format!("{{ {before}{selection}{after} }}"), json!({})).await;
            }
        }
        for ty in self.schema.nodes() {
            let prefix = entity::ids::PREFIXES.iter().find(|(_, noun)| *noun == ty).unwrap().0;
            let ids: Vec<_> = self.ids.iter().filter(|id| id.starts_with(prefix)).collect();
            for selection in onward(self.schema, ty) {
                let document = format!("query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ {selection} }} }}");
                for ids in ids.chunks(5) {
                    self.follow(&document, json!({ "ids": ids })).await;
                }
            }
        }
    }
}

#[tokio::test]
async fn every_way_to_an_object_answers_as_node_does() {
    let cast = Cast::new().await;
    let schema = Schema::of(&cast.world).await;
    let ids = all_ids(&cast).await;
    let names = [
        "stranger",
        "lab owner",
        "lab viewer",
        "fund owner",
        "fallen owner",
        "invited",
        "curator",
        "administrator",
    ];
    let mut actors = vec![cast.world.visitor()];
    actors.extend(names.map(|name| cast.person(name).clone()));
    let mut seen = BTreeMap::new();
    for actor in &actors {
        let truth = direct(actor, &schema, &ids).await;
        let mut walk = Walk {
            actor,
            schema: &schema,
            truth: &truth,
            ids: &ids,
            found: BTreeSet::new(),
            skipped: Vec::new(),
        };
        walk.everywhere().await;
        assert_eq!(
            walk.skipped,
            Vec::<String>::new(),
            "ways too dear to walk; ask for less in `Schema::ways`"
        );
        println!(
            "{}: {} of {} objects, {} met on the ways",
            actor.name,
            truth.len(),
            ids.len(),
            walk.found.len()
        );
        seen.insert(actor.name.clone(), truth.len());
    }
    assert!(seen["visitor"] < seen["fund owner"] && seen["fund owner"] < seen["administrator"], "{seen:?}");
}

#[tokio::test]
async fn what_is_hidden_answers_as_what_never_was() {
    let cast = Cast::new().await;
    let schema = Schema::of(&cast.world).await;
    let (ids, visitor) = (all_ids(&cast).await, cast.world.visitor());
    let truth = direct(&visitor, &schema, &ids).await;
    for id in ids.iter().filter(|id| !truth.contains_key(*id)) {
        let never = entity::ids::print(&id[..3], uuid::Uuid::now_v7());
        let document = "query ($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } }";
        let hidden = visitor.asks(document, json!({ "id": id })).await;
        let absent = visitor.asks(document, json!({ "id": never })).await;
        assert_eq!(hidden.comparable(), absent.comparable(), "{id}");
        assert_eq!(hidden.reply.status, absent.reply.status);
    }
}
