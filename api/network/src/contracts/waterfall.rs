//! Repaying investors: only from what came in, by rank, within each investor's caps (BR-10, BR-11, BR-13). Pure.

use payment::{
    quantity::{ONE, rounded},
    split::largest_remainder,
};

/// Money of the contract, in minor units, since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pot {
    /// Outcome payments that payees confirmed.
    pub received: i64,
    /// Amounts the contract lets be used again.
    pub recycled: i64,
    /// Fees allowed before repayments.
    pub fees: i64,
    /// Repayments, premiums and remainders paid out before.
    pub paid_out: i64,
}

impl Pot {
    /// What may be paid out now (BR-10).
    #[must_use]
    pub fn free(&self) -> i64 {
        self.received
            .saturating_add(self.recycled)
            .saturating_sub(self.fees)
            .saturating_sub(self.paid_out)
            .max(0)
    }
}

/// What one investor put in, may get and got, in minor units.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tranche {
    pub key: String,
    /// 1 is paid first.
    pub rank: i32,
    pub drawn: i64,
    /// Fixed return earned so far, paid or not.
    pub fixed: i64,
    /// Variable return earned so far, paid or not.
    pub variable: i64,
    /// Most it may get above principal, whatever it earned.
    pub return_cap: Option<i64>,
    /// Most of its principal it may lose; a guarantor bears the rest.
    pub max_loss: Option<i64>,
    pub repaid_principal: i64,
    pub repaid_fixed: i64,
    pub repaid_variable: i64,
}

impl Tranche {
    fn owed(&self, kind: Kind) -> i64 {
        let cap = self.return_cap.unwrap_or(i64::MAX);
        let fixed = self.fixed.min(cap);
        let variable = self.variable.min(cap.saturating_sub(fixed));
        let owed = match kind {
            Kind::Principal => self.drawn.saturating_sub(self.repaid_principal),
            Kind::FixedReturn => fixed.saturating_sub(self.repaid_fixed),
            Kind::VariableReturn => variable.saturating_sub(self.repaid_variable),
        };
        owed.max(0)
    }

    /// What a guarantor would owe if nothing more came in.
    #[must_use]
    pub fn guaranteed_shortfall(&self) -> i64 {
        let loss = self.drawn.saturating_sub(self.repaid_principal);
        self.max_loss.map_or(0, |most| loss.saturating_sub(most).max(0))
    }

    /// How far repayment has come, in INDIGO's steps (BR-13).
    #[must_use]
    pub fn state(&self) -> State {
        let returns = self.repaid_fixed.saturating_add(self.repaid_variable);
        if self.repaid_principal <= 0 && returns <= 0 {
            State::None
        } else if self.repaid_principal < self.drawn {
            State::BelowPrincipal
        } else if returns <= 0 {
            State::PrincipalOnly
        } else {
            State::PrincipalAndReturn
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    None,
    BelowPrincipal,
    PrincipalOnly,
    PrincipalAndReturn,
}

/// What a repayment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Principal,
    FixedReturn,
    VariableReturn,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub tranche: String,
    pub kind: Kind,
    pub amount: i64,
}

/// Who gets what of the free money; the parts, the premium and the remainder sum to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Distribution {
    pub parts: Vec<Part>,
    pub premium: i64,
    pub remainder: i64,
}

/// Pays principal, fixed and variable return of rank 1, then of rank 2 and so on, then the operator's premium.
///
/// Within a rank what is owed is shared pro rata of what is outstanding.
#[must_use]
pub fn distribute(pot: &Pot, tranches: &[Tranche], premium_owed: i64) -> Distribution {
    let mut free = pot.free();
    let mut ranks: Vec<i32> = tranches.iter().map(|tranche| tranche.rank).collect();
    ranks.sort_unstable();
    ranks.dedup();
    let mut parts = Vec::new();
    for rank in ranks {
        let equals: Vec<&Tranche> = tranches.iter().filter(|tranche| tranche.rank == rank).collect();
        for kind in [Kind::Principal, Kind::FixedReturn, Kind::VariableReturn] {
            let owed: Vec<i128> = equals.iter().map(|tranche| i128::from(tranche.owed(kind))).collect();
            let paid = i128::from(free).min(owed.iter().sum());
            for (tranche, amount) in equals.iter().zip(largest_remainder(paid, &owed)) {
                let amount = i64::try_from(amount).unwrap_or(0);
                if amount > 0 {
                    free -= amount;
                    parts.push(Part { tranche: tranche.key.clone(), kind, amount });
                }
            }
        }
    }
    let premium = premium_owed.clamp(0, free);
    Distribution { parts, premium, remainder: free - premium }
}

/// Simple interest at a yearly rate in millionths, 365 days to the year, rounded to the minor unit.
#[must_use]
pub fn interest(principal: i64, rate: i64, days: i64) -> i64 {
    let numerator = i128::from(principal) * i128::from(rate) * i128::from(days.max(0));
    i64::try_from(rounded(numerator, i128::from(ONE) * 365)).unwrap_or(i64::MAX)
}

/// Interest that is added to the principal every 365 days: the most an internal rate of return allows.
#[must_use]
pub fn compound(principal: i64, rate: i64, days: i64) -> i64 {
    let mut balance = principal;
    let mut left = days.max(0);
    while left > 0 {
        balance = balance.saturating_add(interest(balance, rate, left.min(365)));
        left -= 365;
    }
    balance.saturating_sub(principal)
}

#[cfg(test)]
#[expect(clippy::inconsistent_digit_grouping, reason = "amounts are grouped as units and cents")]
mod tests {
    use super::*;

    fn tranche(key: &str, rank: i32, drawn: i64, fixed: i64) -> Tranche {
        Tranche { key: key.into(), rank, drawn, fixed, ..Tranche::default() }
    }

    fn got(distribution: &Distribution) -> Vec<(&str, Kind, i64)> {
        distribution.parts.iter().map(|part| (part.tranche.as_str(), part.kind, part.amount)).collect()
    }

    #[test]
    fn the_senior_rank_is_whole_before_the_junior_sees_anything() {
        let tranches = [
            tranche("a", 1, 600_000, 24_000),
            tranche("b", 1, 300_000, 12_000),
            tranche("c", 2, 100_000, 8_000),
        ];
        let paid = |received| distribute(&Pot { received, ..Pot::default() }, &tranches, 5_000);
        assert_eq!(got(&paid(300_001)), [("a", Kind::Principal, 200_001), ("b", Kind::Principal, 100_000)]);
        assert_eq!(
            got(&paid(950_000)),
            [
                ("a", Kind::Principal, 600_000),
                ("b", Kind::Principal, 300_000),
                ("a", Kind::FixedReturn, 24_000),
                ("b", Kind::FixedReturn, 12_000),
                ("c", Kind::Principal, 14_000),
            ]
        );
        let all = paid(1_060_000);
        assert_eq!((all.premium, all.remainder), (5_000, 11_000));
    }

    #[test]
    fn nothing_is_repaid_beyond_what_came_in_less_fees_and_earlier_repayments() {
        let pot = Pot { received: 100, recycled: 20, fees: 30, paid_out: 50 };
        assert_eq!(pot.free(), 40);
        assert_eq!(distribute(&pot, &[tranche("a", 1, 1_000, 0)], 0).parts[0].amount, 40);
        let dry = Pot { received: 100, paid_out: 130, ..Pot::default() };
        assert_eq!(distribute(&dry, &[tranche("a", 1, 1_000, 0)], 9), Distribution::default());
    }

    #[test]
    fn returns_stop_at_the_cap_and_losses_at_the_guarantee() {
        let mut capped = tranche("a", 1, 1_000, 90);
        capped.variable = 80;
        capped.return_cap = Some(125);
        let paid = distribute(&Pot { received: 5_000, ..Pot::default() }, &[capped.clone()], 0);
        assert_eq!(
            got(&paid),
            [("a", Kind::Principal, 1_000), ("a", Kind::FixedReturn, 90), ("a", Kind::VariableReturn, 35)]
        );
        assert_eq!(paid.remainder, 3_875);
        capped.max_loss = Some(400);
        assert_eq!(capped.guaranteed_shortfall(), 600);
        capped.repaid_principal = 700;
        assert_eq!(capped.guaranteed_shortfall(), 0);
    }

    #[test]
    fn repayment_is_told_in_indigos_steps() {
        let at = |principal, fixed| Tranche {
            repaid_principal: principal,
            repaid_fixed: fixed,
            ..tranche("a", 1, 100, 9)
        };
        assert_eq!(at(0, 0).state(), State::None);
        assert_eq!(at(40, 0).state(), State::BelowPrincipal);
        assert_eq!(at(100, 0).state(), State::PrincipalOnly);
        assert_eq!(at(100, 9).state(), State::PrincipalAndReturn);
    }

    #[test]
    fn interest_is_exact() {
        assert_eq!(interest(1_000_000_00, 40_000, 365), 40_000_00);
        assert_eq!(interest(1_000_000_00, 40_000, 73), 8_000_00);
        assert_eq!(compound(1_000_000_00, 125_000, 730), 265_625_00, "12.5 % a year for two years");
        assert_eq!(compound(100, 125_000, 0), 0);
    }

    #[test]
    fn parts_premium_and_remainder_are_all_of_it() {
        let mut seed = 7_u64;
        let mut next = |most: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            i64::try_from((seed >> 33) % most).unwrap()
        };
        for _ in 0..2_000 {
            let tranches: Vec<Tranche> = (0..=next(6))
                .map(|place| Tranche {
                    key: place.to_string(),
                    rank: i32::try_from(next(3)).unwrap(),
                    drawn: next(1_000_000),
                    fixed: next(90_000),
                    variable: next(90_000),
                    return_cap: (next(2) == 0).then(|| next(120_000)),
                    max_loss: None,
                    repaid_principal: next(900_000),
                    repaid_fixed: next(9_000),
                    repaid_variable: next(9_000),
                })
                .collect();
            let pot = Pot {
                received: next(5_000_000),
                recycled: next(10),
                fees: next(9_000),
                paid_out: next(900_000),
            };
            let paid = distribute(&pot, &tranches, next(50_000));
            let sum: i64 = paid.parts.iter().map(|part| part.amount).sum();
            assert_eq!(sum + paid.premium + paid.remainder, pot.free());
            for tranche in &tranches {
                let of = |kind: &[Kind]| -> i64 {
                    let mine = paid.parts.iter().filter(|part| part.tranche == tranche.key);
                    mine.filter(|part| kind.contains(&part.kind)).map(|part| part.amount).sum()
                };
                assert!(of(&[Kind::Principal]) <= (tranche.drawn - tranche.repaid_principal).max(0));
                let returns = of(&[Kind::FixedReturn, Kind::VariableReturn]);
                assert!(tranche.return_cap.is_none_or(|cap| returns <= cap));
            }
        }
    }
}
