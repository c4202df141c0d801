//! Amounts that the network sees only roughly.

use async_graphql::SimpleObject;
use gql::scalars::Money;

/// Amount that the network sees only roughly.
#[derive(Clone, Debug, SimpleObject)]
pub struct AmountBand {
    /// Lower end; included.
    pub from: Money,
    /// Upper end; not included. Without end if `null`.
    pub to: Option<Money>,
}

/// An amount between two round numbers of one significant digit.
pub(super) fn band(amount: i64, currency: &str) -> AmountBand {
    let amount = amount.max(0);
    let mut step = 100_000_i64;
    while amount / step >= 10 {
        step = step.saturating_mul(10);
    }
    let from = amount / step * step;
    AmountBand {
        from: Money::from_minor(from, currency),
        to: Some(Money::from_minor(from.saturating_add(step), currency)),
    }
}
