//! Comparators of [`super::filter`] as SQL conditions.

use super::filter::{Budget, CodesFilter, DateTimeFilter, OneOf, TextFilter, given};
use async_graphql::InputType;
use door::{Error, Result, fold::fold};
use entity::At;
use sea_orm::{
    ColumnTrait, Condition, Value,
    sea_query::{Expr, ExprTrait, IntoCondition, LikeExpr, SimpleExpr},
};

/// Gathers conditions that all have to hold, within the filter's budget.
pub struct Conditions<'b> {
    all: Condition,
    budget: &'b mut Budget,
}

impl<'b> Conditions<'b> {
    pub fn new(budget: &'b mut Budget) -> Self {
        Self { all: Condition::all(), budget }
    }

    pub fn add(&mut self, condition: impl IntoCondition) -> Result<()> {
        self.budget.spend(1).map_err(Error::bad_input)?;
        let all = std::mem::replace(&mut self.all, Condition::all());
        self.all = all.add(condition.into_condition());
        Ok(())
    }

    /// A comparator of one value, if it was given.
    pub fn one_of<T: InputType + Clone>(
        &mut self,
        name: &str,
        filter: Option<&OneOf<T>>,
        column: impl ColumnTrait,
        value: impl Fn(&T) -> Result<Value>,
    ) -> Result<()> {
        let Some(filter) = filter else { return Ok(()) };
        self.add(one_of(name, filter, column, value)?)
    }

    pub fn text(&mut self, name: &str, filter: Option<&TextFilter>, folded: impl ColumnTrait) -> Result<()> {
        let Some(filter) = filter else { return Ok(()) };
        let at = |comparator: &str| format!("{name}.{comparator}");
        if let Some(text) = given(&filter.eq, &at("eq")).map_err(Error::bad_input)? {
            self.add(folded.eq(fold(text)))?;
        }
        if let Some(text) = given(&filter.starts_with, &at("startsWith")).map_err(Error::bad_input)? {
            self.add(folded_starts_with(folded, text))?;
        }
        if let Some(text) = given(&filter.contains, &at("contains")).map_err(Error::bad_input)? {
            self.add(contains(folded, text))?;
        }
        Ok(())
    }

    pub fn instant(
        &mut self,
        name: &str,
        filter: Option<&DateTimeFilter>,
        column: impl ColumnTrait,
    ) -> Result<()> {
        let Some(filter) = filter else { return Ok(()) };
        let at = |comparator: &str| format!("{name}.{comparator}");
        if let Some(instant) = given(&filter.gte, &at("gte")).map_err(Error::bad_input)? {
            self.add(column.gte(At(instant.0)))?;
        }
        if let Some(instant) = given(&filter.gt, &at("gt")).map_err(Error::bad_input)? {
            self.add(column.gt(At(instant.0)))?;
        }
        if let Some(instant) = given(&filter.lte, &at("lte")).map_err(Error::bad_input)? {
            self.add(column.lte(At(instant.0)))?;
        }
        if let Some(instant) = given(&filter.lt, &at("lt")).map_err(Error::bad_input)? {
            self.add(column.lt(At(instant.0)))?;
        }
        Ok(())
    }

    /// Codes a record carries; `carrying` says which records carry at least one of them.
    pub fn codes(
        &mut self,
        name: &str,
        filter: Option<&CodesFilter>,
        carrying: impl Fn(&[String]) -> SimpleExpr,
    ) -> Result<()> {
        let Some(filter) = filter else { return Ok(()) };
        if let Some(codes) = given(&filter.some, &format!("{name}.some")).map_err(Error::bad_input)? {
            at_most(codes.len(), 100, name)?;
            self.add(carrying(codes))?;
        }
        if let Some(codes) = given(&filter.none, &format!("{name}.none")).map_err(Error::bad_input)? {
            at_most(codes.len(), 100, name)?;
            self.add(carrying(codes).not())?;
        }
        Ok(())
    }

    /// `and`, `or`, `not` of a filter, each of whose members `each` turns into a condition.
    pub fn combined<F>(
        &mut self,
        and: Option<&Vec<F>>,
        or: Option<&Vec<F>>,
        not: Option<&F>,
        each: impl Fn(&F, &mut Budget) -> Result<Condition>,
    ) -> Result<()> {
        let members = |filters: &[F], start: Condition, budget: &mut Budget| {
            deeper(budget, |budget| {
                filters.iter().try_fold(start, |all, filter| Ok(all.add(each(filter, budget)?)))
            })
        };
        if let Some(filters) = and {
            let all = members(filters, Condition::all(), self.budget)?;
            self.add(all)?;
        }
        if let Some(filters) = or {
            // No alternative is true of nothing.
            let start = Condition::any().add(Expr::val(1).eq(0));
            let any = members(filters, start, self.budget)?;
            self.add(any)?;
        }
        if let Some(filter) = not {
            let inner = deeper(self.budget, |budget| each(filter, budget))?;
            self.add(inner.not())?;
        }
        Ok(())
    }

    pub fn done(self) -> Condition {
        self.all
    }
}

fn deeper<T>(budget: &mut Budget, visit: impl FnOnce(&mut Budget) -> Result<T>) -> Result<T> {
    let mut visited = None;
    let depth = budget.deeper(|budget| {
        visited = Some(visit(budget));
        Ok(())
    });
    depth.map_err(Error::bad_input)?;
    visited.unwrap_or_else(|| Err(Error::bad_input("A filter may not nest deeper.")))
}

/// Comparator of one value as a condition.
pub fn one_of<T: InputType + Clone>(
    name: &str,
    filter: &OneOf<T>,
    column: impl ColumnTrait,
    value: impl Fn(&T) -> Result<Value>,
) -> Result<Condition> {
    let mut all = Condition::all();
    if let Some(equal) = given(&filter.eq, &format!("{name}.eq")).map_err(Error::bad_input)? {
        all = all.add(column.eq(value(equal)?));
    }
    if let Some(any) = given(&filter.r#in, &format!("{name}.in")).map_err(Error::bad_input)? {
        at_most(any.len(), 100, name)?;
        all = all.add(column.is_in(any.iter().map(&value).collect::<Result<Vec<_>>>()?));
    }
    if let Some(none) = given(&filter.not_in, &format!("{name}.notIn")).map_err(Error::bad_input)? {
        at_most(none.len(), 100, name)?;
        all = all.add(column.is_not_in(none.iter().map(&value).collect::<Result<Vec<_>>>()?));
    }
    Ok(all)
}

/// Refuses longer lists.
pub fn at_most(count: usize, most: usize, name: &str) -> Result<()> {
    if count > most {
        return Err(Error::bad_input(format!("`{name}` takes at most {most} values.")));
    }
    Ok(())
}

/// Texts that begin so, without case and accents: a range, which an index can answer on both databases.
pub fn folded_starts_with(folded: impl ColumnTrait, text: &str) -> Condition {
    let from = fold(text);
    let to = format!("{from}\u{10FFFF}");
    Condition::all().add(folded.gte(from)).add(folded.lt(to))
}

/// Texts that contain this, without case and accents.
pub fn contains(folded: impl ColumnTrait, text: &str) -> SimpleExpr {
    let escaped: String = fold(text)
        .chars()
        .flat_map(|letter| match letter {
            '%' | '_' | '\\' => vec!['\\', letter],
            other => vec![other],
        })
        .collect();
    folded.like(LikeExpr::new(format!("%{escaped}%")).escape('\\'))
}
