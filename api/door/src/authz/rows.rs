//! A set of rows, as a policy names it: starts closed, opens with `|`, narrows with `&`.

use super::{Node, Viewer};
use sea_orm::{
    ColumnTrait, Condition, IntoSimpleExpr, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, IntoCondition, SimpleExpr},
};
use std::ops::{BitAnd, BitOr};

/// Rows of one table.
#[derive(Clone, Debug)]
pub enum Rows {
    None,
    All,
    When(Condition),
}

impl Rows {
    pub fn when(condition: impl IntoCondition) -> Self {
        Self::When(condition.into_condition())
    }

    pub const fn all_if(open: bool) -> Self {
        if open { Self::All } else { Self::None }
    }

    /// Rows whose `link` points at a row of `W` that the viewer sees.
    pub fn through<W: Node>(link: impl ColumnTrait, viewer: &Viewer) -> Self {
        Self::through_rows::<W>(link, W::visible(viewer))
    }

    /// Rows whose `link` points at one of these rows of `W`.
    pub fn through_rows<W: Node>(link: impl ColumnTrait, rows: Self) -> Self {
        match rows {
            Self::None => Self::None,
            Self::All => Self::All,
            Self::When(condition) => Self::when(among::<W>(link, condition)),
        }
    }

    pub(super) fn into_condition(self) -> Condition {
        match self {
            Self::None => Condition::all().add(Expr::val(1).eq(0)),
            Self::All => Condition::all(),
            Self::When(condition) => condition,
        }
    }
}

/// `link IN (SELECT id FROM w WHERE w.id = link AND …)`
///
/// Asked for the rows at hand, one key at a time: without `w.id = link` both databases first list all of `w`.
fn among<W: Node>(link: impl ColumnTrait, condition: Condition) -> SimpleExpr {
    let this = W::ID.into_simple_expr().eq(link.into_simple_expr());
    let keys = W::find().select_only().column(W::ID).filter(this).filter(condition).into_query();
    link.into_simple_expr().in_subquery(keys)
}

impl BitOr for Rows {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        match (self, other) {
            (Self::All, _) | (_, Self::All) => Self::All,
            (Self::None, rows) | (rows, Self::None) => rows,
            (Self::When(left), Self::When(right)) => Self::When(Condition::any().add(left).add(right)),
        }
    }
}

impl BitAnd for Rows {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        match (self, other) {
            (Self::None, _) | (_, Self::None) => Self::None,
            (Self::All, rows) | (rows, Self::All) => rows,
            (Self::When(left), Self::When(right)) => Self::When(Condition::all().add(left).add(right)),
        }
    }
}
