//! The schema as introspection tells it, for tests that walk it.

use crate::{World, json};
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Debug)]
pub struct Schema(BTreeMap<String, Shape>);

#[derive(Debug)]
pub struct Shape {
    pub kind: String,
    pub interfaces: Vec<String>,
    pub fields: Vec<Field>,
}

#[derive(Clone, Debug)]
pub struct Field {
    pub name: String,
    /// Named type, without lists and exclamation marks.
    pub ty: String,
    pub args: Vec<String>,
    pub needs_arguments: bool,
}

const INTROSPECT: &str =
    "{ __schema { types { name kind interfaces { name } fields(includeDeprecated: true) { name
    type { ...T } args { name defaultValue type { kind } } } } } }
    fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

impl Schema {
    pub async fn of(world: &World) -> Self {
        let answer = world.visitor().asks(INTROSPECT, json!({})).await;
        let types = answer.data("/__schema/types");
        let named = types.as_array().expect("types").iter().map(|ty| (text(&ty["name"]), shape(ty)));
        Self(named.filter(|(name, _)| !name.starts_with("__")).collect())
    }

    pub fn shapes(&self) -> impl Iterator<Item = (&str, &Shape)> {
        self.0.iter().map(|(name, shape)| (name.as_str(), shape))
    }

    pub fn fields(&self, ty: &str) -> &[Field] {
        self.0.get(ty).map_or(&[], |shape| &shape.fields)
    }

    pub fn is_node(&self, ty: &str) -> bool {
        ty == "Node" || self.0.get(ty).is_some_and(|shape| shape.interfaces.iter().any(|name| name == "Node"))
    }

    pub fn is_leaf(&self, ty: &str) -> bool {
        self.0.get(ty).is_none_or(|shape| matches!(shape.kind.as_str(), "SCALAR" | "ENUM"))
    }

    /// Types with an id.
    pub fn nodes(&self) -> impl Iterator<Item = &str> {
        self.shapes().map(|(name, _)| name).filter(|name| *name != "Node" && self.is_node(name))
    }

    /// Ways from a type to objects with an id, through whatever has none: selection before, selection after, type.
    pub fn ways(&self, from: &str) -> Vec<(String, String, String)> {
        let mut ways = Vec::new();
        for field in self.fields(from).iter().filter(|field| !field.needs_arguments) {
            let paged = if field.args.iter().any(|arg| arg == "first") { "(first: 3)" } else { "" };
            let here = format!("{}{paged} {{ ", field.name);
            if self.is_node(&field.ty) {
                ways.push((here, " }".to_owned(), field.ty.clone()));
            } else if !self.is_leaf(&field.ty)
                && field.ty != "Query"
                && !field.ty.ends_with("Edge")
                && field.ty != from
            {
                let inner = self.ways(&field.ty);
                ways.extend(
                    inner.into_iter().map(|(a, b, ty)| (format!("{here}{a}"), format!("{b} }}"), ty)),
                );
            }
        }
        ways
    }

    /// Everything an object tells without an argument and without another object.
    pub fn leaves(&self, ty: &str) -> String {
        let leaf = |field: &&Field| !field.needs_arguments && self.is_leaf(&field.ty);
        let names = self.fields(ty).iter().filter(leaf).map(|field| field.name.as_str());
        ["__typename"].into_iter().chain(names).collect::<Vec<_>>().join(" ")
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn shape(ty: &Value) -> Shape {
    let field = |field: &Value| {
        let args = list(&field["args"]);
        let required = |arg: &&Value| arg["type"]["kind"] == "NON_NULL" && arg["defaultValue"].is_null();
        Field {
            name: text(&field["name"]),
            ty: named(&field["type"]),
            args: args.iter().map(|arg| text(&arg["name"])).collect(),
            needs_arguments: args.iter().any(|arg| required(&arg)),
        }
    };
    Shape {
        kind: text(&ty["kind"]),
        interfaces: list(&ty["interfaces"]).iter().map(|one| text(&one["name"])).collect(),
        fields: list(&ty["fields"]).iter().map(field).collect(),
    }
}

fn named(ty: &Value) -> String {
    if ty["ofType"].is_null() { text(&ty["name"]) } else { named(&ty["ofType"]) }
}
