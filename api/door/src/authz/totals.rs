//! Totals that are still true, because nothing was committed since they were counted.
//!
//! A statement that counts reads the last line of the change log as well. Lines come in the order of commits (see
//! `feed`), so that the same last line means the same rows, on whatever server: the database then leaves the counting
//! out and says the number it is given.

use super::Store;
use entity::audit::change;
use gql::cursor::Fingerprint;
use sea_orm::{
    ColumnType, IntoSimpleExpr, Value,
    sea_query::{
        CaseStatement, Expr, ExprTrait, Func, PostgresQueryBuilder, Query, SelectStatement, SimpleExpr,
        Values,
    },
};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Longest that a total is believed, should somebody change rows by hand, past the log.
const BELIEVED: Duration = Duration::from_mins(1);
/// Totals from which on counting again costs more than remembering.
const GREAT: i64 = 500;
const MOST: usize = 1_000;

/// A statement that counts, with its values: the viewer's rows are among its conditions.
type Question = (String, Vec<Value>);

/// What this server counted at the last line it saw, by the list it was counted for.
#[derive(Default)]
pub struct Totals(Mutex<Counted>);

#[derive(Default)]
struct Counted {
    line: i64,
    since: Option<Instant>,
    totals: HashMap<Fingerprint, (Question, i64)>,
}

impl Counted {
    fn is_fresh(&self) -> bool {
        self.since.is_some_and(|since| since.elapsed() < BELIEVED)
    }
}

impl Totals {
    /// Line and total of a list, if its question was the same. Other viewers ask other questions of a list.
    fn known(&self, list: Fingerprint, question: impl FnOnce() -> Question) -> Option<(i64, i64)> {
        let counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (asked, total) = counted.totals.get(&list).filter(|_| counted.is_fresh())?;
        (*asked == question()).then_some((counted.line, *total))
    }

    fn keep(&self, list: Fingerprint, question: Question, line: i64, total: i64) {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if line < counted.line && counted.is_fresh() {
            // Read before the line that others have seen.
            return;
        }
        if line != counted.line || !counted.is_fresh() || counted.totals.len() >= MOST {
            *counted = Counted { line, since: Some(Instant::now()), totals: HashMap::new() };
        }
        counted.totals.insert(list, (question, total));
    }
}

/// A total on its way: two columns of a statement.
pub(super) struct Counting {
    list: Fingerprint,
    counted: SelectStatement,
    known: Option<(i64, i64)>,
}

fn question(counted: &SelectStatement) -> Question {
    let (text, Values(values)) = counted.build(PostgresQueryBuilder);
    (text, values)
}

impl Store {
    pub(super) fn total_of(&self, list: Fingerprint, counted: SelectStatement) -> Counting {
        let known = self.pools().shared().totals().known(list, || question(&counted));
        Counting { list, counted, known }
    }

    /// The total, and keeps a great one for the next who asks.
    pub(super) fn told(&self, counting: &Counting, line: i64, total: i64) -> u64 {
        if total >= GREAT && counting.known.is_none_or(|(known, _)| known != line) {
            let totals = self.pools().shared().totals();
            totals.keep(counting.list, question(&counting.counted), line, total);
        }
        u64::try_from(total).unwrap_or(0)
    }
}

impl Counting {
    /// The last line of the log, and the total: neither depends on a row, so that both are read once.
    pub fn columns(&self) -> [(SimpleExpr, ColumnType); 2] {
        let seq = change::Column::Seq.into_simple_expr();
        let last = Query::select().expr(Func::max(seq)).from(change::Entity).to_owned();
        let last = SimpleExpr::SubQuery(None, Box::new(last.into()));
        let counted = SimpleExpr::SubQuery(None, Box::new(self.counted.clone().into()));
        let total = match self.known {
            Some((line, total)) => {
                let is_known = Expr::expr(last.clone()).eq(line);
                CaseStatement::new().case(is_known, Expr::val(total)).finally(counted).into()
            }
            None => counted,
        };
        [(last, ColumnType::BigInteger), (total, ColumnType::BigInteger)]
    }
}
