//! What callers write, as rows take it: left out stays, `null` clears, a value is checked.

use crate::reference::{Atlas, codes_of};
use async_graphql::{InputType, MaybeUndefined};
use door::{Faults, Result, UserErrorCode, authz::Tx};
use entity::{
    codes::Taxonomy,
    ids::{TermId, TerritoryId},
    reference::territory,
};
use gql::scalars::{Date, Decimal, Url};
use sea_orm::{ActiveModelTrait, ActiveValue, ColumnTrait, EntityTrait, Iterable};
use std::collections::{BTreeSet, HashMap};

pub fn text(
    asked: MaybeUndefined<String>,
    path: &[&str],
    most: usize,
    faults: &mut Faults,
    column: &mut ActiveValue<Option<String>>,
) {
    match asked {
        MaybeUndefined::Undefined => {}
        MaybeUndefined::Null => *column = ActiveValue::Set(None),
        MaybeUndefined::Value(text) => *column = ActiveValue::Set(faults.text(Some(text), path, most)),
    }
}

pub fn value<T: InputType, V: Into<sea_orm::Value>>(
    asked: MaybeUndefined<T>,
    column: &mut ActiveValue<Option<V>>,
    read: impl FnOnce(T) -> V,
) where
    Option<V>: Into<sea_orm::Value>,
{
    match asked {
        MaybeUndefined::Undefined => {}
        MaybeUndefined::Null => *column = ActiveValue::Set(None),
        MaybeUndefined::Value(value) => *column = ActiveValue::Set(Some(read(value))),
    }
}

pub fn decimal(asked: MaybeUndefined<Decimal>, column: &mut ActiveValue<Option<String>>) {
    value(asked, column, |number| exact(&number.0));
}

pub fn date(asked: MaybeUndefined<Date>, column: &mut ActiveValue<Option<String>>) {
    value(asked, column, |date| date.0);
}

pub fn url(asked: MaybeUndefined<Url>, column: &mut ActiveValue<Option<String>>) {
    value(asked, column, |url| url.0);
}

/// A count of people or things: none below zero.
pub fn count(
    asked: MaybeUndefined<i32>,
    path: &[&str],
    faults: &mut Faults,
    column: &mut ActiveValue<Option<i64>>,
) {
    if asked.value().is_some_and(|count| *count < 0) {
        faults.add(UserErrorCode::OutOfRange, path, "A count is zero or more.");
    }
    value(asked, column, i64::from);
}

/// Ids of territories by their codes; unknown ones become faults that name them.
pub async fn territories(
    tx: &Tx,
    codes: &[String],
    path: &[&str],
    faults: &mut Faults,
) -> Result<Vec<TerritoryId>> {
    let wanted = territory::Column::Code.is_in(codes.iter().cloned());
    let rows = tx.see::<territory::Entity>().filter(wanted).all().await?;
    let known: HashMap<_, _> = rows.into_iter().map(|row| (row.code, row.id)).collect();
    let mut found = BTreeSet::new();
    for code in codes {
        match known.get(code) {
            Some(id) => {
                found.insert(*id);
            }
            None => faults.add(UserErrorCode::NotFound, path, Atlas::unknown(code)),
        }
    }
    Ok(found.into_iter().collect())
}

/// A territory by its code.
pub async fn territory(
    tx: &Tx,
    asked: MaybeUndefined<String>,
    path: &[&str],
    faults: &mut Faults,
    column: &mut ActiveValue<Option<TerritoryId>>,
) -> Result<()> {
    match asked {
        MaybeUndefined::Undefined => {}
        MaybeUndefined::Null => *column = ActiveValue::Set(None),
        MaybeUndefined::Value(code) => {
            *column = ActiveValue::Set(territories(tx, &[code], path, faults).await?.first().copied());
        }
    }
    Ok(())
}

/// A term of a vocabulary by its code.
pub async fn term(
    tx: &Tx,
    (taxonomy, asked): (Taxonomy, MaybeUndefined<String>),
    path: &[&str],
    faults: &mut Faults,
    column: &mut ActiveValue<Option<TermId>>,
) -> Result<()> {
    match asked {
        MaybeUndefined::Undefined => {}
        MaybeUndefined::Null => *column = ActiveValue::Set(None),
        MaybeUndefined::Value(code) => {
            *column = ActiveValue::Set(codes_of(tx, taxonomy, &[code], path, faults).await?.first().copied());
        }
    }
    Ok(())
}

/// A decimal without needless zeros; its form was checked with the scalar.
pub fn exact(text: &str) -> String {
    text.parse::<rust_decimal::Decimal>()
        .map_or_else(|_| text.to_owned(), |number| number.normalize().to_string())
}

/// A list as it replaces the old one: nothing if it was left out, empty if it was cleared.
pub fn listed<T: Clone>(asked: &MaybeUndefined<Vec<T>>) -> Option<Vec<T>> {
    match asked {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(Vec::new()),
        MaybeUndefined::Value(list) => Some(list.clone()),
    }
}

/// Refuses longer lists; true if it is short enough.
pub fn at_most(count: usize, most: usize, path: &[&str], faults: &mut Faults) -> bool {
    if count > most {
        faults.add(UserErrorCode::TooLong, path, format!("At most {most}, please."));
    }
    count <= most
}

/// Writes the columns that a change sets into a row under change.
pub fn apply<A: ActiveModelTrait>(row: &mut A, change: &A) {
    for column in <A::Entity as EntityTrait>::Column::iter() {
        if let ActiveValue::Set(value) = change.get(column) {
            row.set(column, value);
        }
    }
}
