//! Pages through an index table: the keys from there, in the order it has, the rows by their keys.

use super::{
    Ask, Page,
    joined::{Along, Joined},
    ordered,
};
use crate::{
    Result,
    authz::{
        Node, Policy, Store,
        store::{Seen, number_of},
    },
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, IntoSimpleExpr, QuerySelect, QueryTrait,
    sea_query::{Alias, Expr, Query, SelectStatement, UnionType},
};
use std::str::FromStr;

/// Parts of an index table, each read in the list's order: together they hold the keys of the list's rows.
pub struct Ranges<I: EntityTrait> {
    /// Column of the list's keys in the index table.
    pub key: I::Column,
    pub conditions: Vec<Condition>,
}

impl<I: EntityTrait> Clone for Ranges<I> {
    fn clone(&self) -> Self {
        Self { key: self.key, conditions: self.conditions.clone() }
    }
}

impl Store {
    /// One page of a list whose order an index table has: the keys from there, the rows by their keys.
    ///
    /// The index table has columns of the same names as the order's.
    pub async fn page_through<I: Policy, E: Node, F: Node<Id = E::Id>, G: Node>(
        &self,
        ask: &Ask<E>,
        ranges: &Ranges<I>,
        along: &Along<E, F, G>,
    ) -> Result<Joined<E>> {
        let key = self.cursor_key();
        let column = |column: E::Column| {
            in_index::<I, E>(column).map_or_else(|| Expr::val(1), sea_orm::IntoSimpleExpr::into_simple_expr)
        };
        let beyond = ask.beyond_in(key, column)?;
        let keys = self.keys_in(ranges, ask.window.size as u64 + 1, |select| {
            select.cond_where(beyond.clone());
            for (name, order, nulls) in ask.directions() {
                ordered(select, column(name), order, nulls);
            }
        });
        let Some(keys) = keys else { return Ok(Joined { page: Page::empty(), total: Some(0) }) };
        let Seen { mut select, .. } = self.see::<E>().filter(E::ID.in_subquery(keys));
        for (column, order, nulls) in ask.directions() {
            ordered(QueryTrait::query(&mut select), column.into_simple_expr(), order, nulls);
        }
        let page = ask.narrow(select, along.text).limit(ask.window.size as u64 + 1).into_query();
        let total = if along.has_total { self.counting_through(ranges) } else { None };
        self.joined(ask, page, total, along).await
    }

    /// How many keys the ranges hold together, counted no further than the bound of totals.
    pub async fn count_through<I: Policy>(&self, ranges: &Ranges<I>) -> Result<u64> {
        match self.counting_through(ranges) {
            Some(counting) => self.counted_by(&counting).await,
            None => Ok(0),
        }
    }

    fn counting_through<I: Policy>(&self, ranges: &Ranges<I>) -> Option<SelectStatement> {
        self.keys_in(ranges, gql::connection::COUNTED_TO + 1, |_| ()).map(number_of)
    }

    /// Keys of all ranges, at most `most` of each.
    fn keys_in<I: Policy>(
        &self,
        ranges: &Ranges<I>,
        most: u64,
        each: impl Fn(&mut SelectStatement),
    ) -> Option<SelectStatement> {
        let mut parts = ranges.conditions.iter().map(|condition| {
            let Seen { select, .. } = self.see::<I>().filter(condition.clone());
            let mut part = select.select_only().column(ranges.key).limit(most).into_query();
            each(&mut part);
            part
        });
        let first = parts.next()?;
        if ranges.conditions.len() == 1 {
            return Some(first);
        }
        // Wrapped: a part of a union may not have an order of its own.
        let wrapped =
            |part| Query::select().column(ranges.key).from_subquery(part, Alias::new("range")).to_owned();
        let mut all = wrapped(first);
        all.unions(parts.map(|part| (UnionType::Distinct, wrapped(part))));
        Some(all)
    }
}

/// Column of the same name in an index table.
fn in_index<I: EntityTrait, E: EntityTrait>(column: E::Column) -> Option<I::Column> {
    I::Column::from_str(sea_orm::Iden::unquoted(&column)).ok()
}
