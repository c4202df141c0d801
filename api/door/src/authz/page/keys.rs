//! Values of an order's keys: which come after which, in both databases alike, and how cursors write them.

use super::{Ask, Direction, Nulls};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, Value,
    sea_query::{ExprTrait, SimpleExpr},
};
use std::cmp::Ordering;

pub(super) fn equal(column: SimpleExpr, value: &Value) -> SimpleExpr {
    if is_null(value) { column.is_null() } else { column.eq(value.clone()) }
}

/// `column` comes after `value` in this direction; nothing if nothing can.
pub(super) fn past(
    column: SimpleExpr,
    may_be_null: bool,
    value: &Value,
    direction: Direction,
    nulls: Nulls,
) -> Option<SimpleExpr> {
    if is_null(value) {
        return (nulls == Nulls::First).then(|| column.is_not_null());
    }
    let later = match direction {
        Direction::Ascending => column.clone().gt(value.clone()),
        Direction::Descending => column.clone().lt(value.clone()),
    };
    Some(if nulls == Nulls::Last && may_be_null { later.or(column.is_null()) } else { later })
}

/// Bound on the first key alone, which an index can start from; the alternatives after it cannot be searched.
pub(super) fn bound<E: EntityTrait>(
    ask: &Ask<E>,
    values: &[Value],
    expr: impl Fn(E::Column) -> SimpleExpr,
) -> Condition {
    let (Some(sort), Some(value)) = (ask.order.first(), values.first()) else { return Condition::all() };
    let (direction, nulls) = if ask.window.forward { (sort.direction, sort.nulls) } else { sort.turned() };
    if is_null(value) || (nulls == Nulls::Last && sort.column.def().is_null()) {
        return Condition::all();
    }
    let column = expr(sort.column);
    Condition::all().add(match direction {
        Direction::Ascending => column.gte(value.clone()),
        Direction::Descending => column.lte(value.clone()),
    })
}

/// Which of two values comes first, as both databases order them.
pub(in crate::authz) fn ascending(one: &Value, other: &Value) -> Ordering {
    match (one, other) {
        (Value::BigInt(one), Value::BigInt(other)) => one.cmp(other),
        (Value::Int(one), Value::Int(other)) => one.cmp(other),
        (Value::String(one), Value::String(other)) => one.cmp(other),
        (Value::Uuid(one), Value::Uuid(other)) => one.cmp(other),
        _ => Ordering::Equal,
    }
}

pub(super) fn is_null(value: &Value) -> bool {
    matches!(value, Value::String(None) | Value::BigInt(None) | Value::Int(None) | Value::Uuid(None))
}

/// Values that orders use, as JSON that reads back as the same value.
pub(super) fn write_value(value: &Value) -> serde_json::Value {
    match value {
        Value::String(Some(text)) => serde_json::json!(text),
        Value::BigInt(Some(number)) => serde_json::json!(number),
        Value::Int(Some(number)) => serde_json::json!({ "i": number }),
        Value::Uuid(Some(uuid)) => serde_json::json!({ "u": uuid.simple().to_string() }),
        _ => serde_json::Value::Null,
    }
}

pub(super) fn read_value(json: &serde_json::Value) -> Option<Value> {
    Some(match json {
        serde_json::Value::Null => Value::String(None),
        serde_json::Value::String(text) => text.clone().into(),
        serde_json::Value::Number(number) => number.as_i64()?.into(),
        serde_json::Value::Object(map) => match (map.get("i"), map.get("u")) {
            (Some(number), _) => i32::try_from(number.as_i64()?).ok()?.into(),
            (_, Some(uuid)) => uuid::Uuid::parse_str(uuid.as_str()?).ok()?.into(),
            _ => return None,
        },
        _ => return None,
    })
}
