//! Totals that a record states, beside the sums of the lines it lists. Pure.

use super::record::Coin;
use serde_json::{Map, Value};

/// A total with its sum, both in minor units of one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stated {
    pub what: What,
    pub currency: String,
    pub total: i64,
    pub sum: i64,
    pub lines: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, async_graphql::Enum)]
#[graphql(name = "ContractTotalKind")]
/// What a total is of.
pub enum What {
    /// Investments that were committed.
    Investment,
    /// Most that payers committed to pay.
    Commitment,
    /// Payments that were made for outcomes.
    Payment,
}

/// Total with its currency, table, and amount with its currency there.
type Place = (What, [&'static str; 2], &'static str, [&'static str; 2]);

const PLACES: &[Place] = &[
    (
        What::Investment,
        [
            "overall_project_finance_total_investment_commitment_amount_exact",
            "overall_project_finance_total_investment_commitment_currency",
        ],
        "investments",
        ["investment_commitment_amount_exact", "investment_commitment_currency"],
    ),
    (
        What::Commitment,
        [
            "overall_project_finance_maximum_potential_outcome_payment_amount",
            "overall_project_finance_maximum_potential_outcome_payment_currency",
        ],
        "outcome_payment_commitments",
        ["maximum_potential_outcome_payment_amount", "maximum_potential_outcome_payment_currency"],
    ),
    (
        What::Payment,
        [
            "overall_project_finance_total_outcome_payments_made_amount",
            "overall_project_finance_total_outcome_payments_made_currency",
        ],
        "outcome_payments",
        ["payments_amount", "payments_currency"],
    ),
];

/// Every total of a record whose lines have amounts in its currency too.
pub fn stated(record: &Map<String, Value>, coin: Coin) -> Vec<Stated> {
    let text = |row: &Map<String, Value>, name: &str| row.get(name)?.as_str().map(str::to_owned);
    let place = |(what, [amount, currency], table, [line_amount, line_currency]): &Place| {
        let currency = text(record, currency).filter(|code| (coin.is_currency)(code))?;
        let total = (coin.minor)(&text(record, amount)?, &currency)?;
        let rows = record.get(*table)?.as_array()?.iter().filter_map(Value::as_object);
        let amounts: Vec<i64> = rows
            .filter(|row| text(row, line_currency).as_deref() == Some(&currency))
            .filter_map(|row| (coin.minor)(&text(row, line_amount)?, &currency))
            .collect();
        let sum = amounts.iter().try_fold(0_i64, |sum, amount| sum.checked_add(*amount))?;
        if amounts.is_empty() {
            return None;
        }
        Some(Stated { what: *what, currency, total, sum, lines: amounts.len() })
    };
    PLACES.iter().filter_map(place).collect()
}
