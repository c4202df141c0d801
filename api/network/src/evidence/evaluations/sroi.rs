//! Social return on investment: a ratio with its range, and every step that leads to it (BR-22). Pure.
//!
//! Formulas: "A Guide to Social Return on Investment", The SROI Network, January 2012, stages 4 (deadweight,
//! displacement, attribution, drop-off) and 5 (discounting from the first year on, ratio, sensitivity). All figures are
//! exact decimals, not rounded between steps; divisions carry 28 digits.

use rust_decimal::Decimal;

/// Most years that a model looks ahead.
pub const MAX_YEARS: u32 = 50;

/// What went in, what came out of it, and how sure that is. Amounts are in one currency, in its major unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// Years looked at, from 1 to 50; what lasts longer is not counted.
    pub horizon_years: u32,
    /// Yearly discount rate, in percent.
    pub discount_percent: Decimal,
    /// Discount rate of the low case, if another.
    pub low_discount_percent: Option<Decimal>,
    /// Discount rate of the high case, if another.
    pub high_discount_percent: Option<Decimal>,
    pub investments: Vec<Investment>,
    pub outcomes: Vec<Outcome>,
}

/// What was put in, in money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Investment {
    pub amount: Decimal,
    /// Year of it: 0 for the beginning, not discounted.
    pub year: u32,
}

/// A change for a stakeholder, what it is worth, and how much of it is owed to what was put in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How many have it: people, or units.
    pub quantity: Decimal,
    /// What one is worth in one year; negative for harm.
    pub proxy: Decimal,
    /// Years that it lasts.
    pub duration_years: u32,
    pub deductions: Deductions,
    /// What differs in the low case.
    pub low: Variation,
    /// What differs in the high case.
    pub high: Variation,
}

/// Parts of an outcome that do not count, each in percent from 0 to 100. All are required; nought has to be said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deductions {
    /// Share that would have happened anyway.
    pub deadweight: Option<Decimal>,
    /// Share of the rest that was lost elsewhere.
    pub displacement: Option<Decimal>,
    /// Share of the rest that others brought about.
    pub attribution: Option<Decimal>,
    /// Share that is gone each year after the first.
    pub drop_off: Option<Decimal>,
}

/// What differs from an outcome's own figures in a low or high case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Variation {
    pub quantity: Option<Decimal>,
    pub proxy: Option<Decimal>,
    pub duration_years: Option<u32>,
    pub deductions: Deductions,
}

/// Ratio with its range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sroi {
    pub base: Case,
    pub low: Case,
    pub high: Case,
}

/// One way of reckoning, step by step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Present value of the outcomes for each unit of present investment.
    pub ratio: Decimal,
    /// Present value of all outcomes.
    pub value: Decimal,
    /// Present value of all investments.
    pub investment: Decimal,
    /// What is left of the value beyond the investment.
    pub net_value: Decimal,
    /// Steps of each outcome, in the order of the model.
    pub outcomes: Vec<OutcomeSteps>,
}

/// How an outcome's value comes about; each figure follows from the one above.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutcomeSteps {
    /// Quantity × proxy: its worth in the first year.
    pub gross: Decimal,
    /// That less deadweight.
    pub after_deadweight: Decimal,
    /// That less displacement.
    pub after_displacement: Decimal,
    /// That less attribution: the impact of the first year.
    pub after_attribution: Decimal,
    /// Impact year by year, as long as it lasts and the model looks.
    pub years: Vec<YearStep>,
    /// Sum of the years' present values.
    pub present_value: Decimal,
}

/// One year of an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct YearStep {
    /// Year, from 1.
    pub year: u32,
    /// Impact of the year before less drop-off.
    pub impact: Decimal,
    /// What impact is divided by: (1 + discount rate) to the power of the year.
    pub discount_factor: Decimal,
    pub present_value: Decimal,
}

/// A figure of an outcome or of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Figure {
    Deadweight,
    Displacement,
    Attribution,
    DropOff,
    Quantity,
    Duration,
    Discount,
    Horizon,
    InvestmentAmount,
    InvestmentYear,
}

/// Which way of reckoning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scenario {
    Base,
    Low,
    High,
}

/// Why there is no ratio. `outcome` is the place of the outcome in the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    #[error("there is no outcome")]
    NoOutcomes,
    #[error("there is no investment to divide by")]
    NoInvestment,
    /// Deadweight, displacement, attribution or drop-off is not said.
    #[error("{figure:?} of outcome {outcome} is not said: without it there is no ratio")]
    Missing { outcome: usize, figure: Figure },
    /// A percentage outside 0 to 100, a negative quantity, no year at all or too many.
    #[error("{figure:?} is outside its range")]
    OutOfRange { outcome: Option<usize>, figure: Figure },
    /// Nothing differs in the low or in the high case.
    #[error("nothing differs in the {scenario:?} case: without a range there is no ratio")]
    NoSensitivity { scenario: Scenario },
    /// The low case is above the ratio, the high case under it, or both are the same.
    #[error("the low and high cases do not enclose the ratio")]
    NotARange,
    #[error("a figure is too large")]
    TooLarge,
}

/// Works out the ratio and its range.
pub fn sroi(model: &Model) -> Result<Sroi, Refusal> {
    if model.outcomes.is_empty() {
        return Err(Refusal::NoOutcomes);
    }
    let base = case(model, Scenario::Base)?;
    for (scenario, discount) in
        [(Scenario::Low, model.low_discount_percent), (Scenario::High, model.high_discount_percent)]
    {
        let differs = |outcome: &Outcome| outcome.variation(scenario) != Variation::default();
        if discount.is_none() && !model.outcomes.iter().any(differs) {
            return Err(Refusal::NoSensitivity { scenario });
        }
    }
    let (low, high) = (case(model, Scenario::Low)?, case(model, Scenario::High)?);
    if low.ratio > base.ratio || base.ratio > high.ratio || low.ratio == high.ratio {
        return Err(Refusal::NotARange);
    }
    Ok(Sroi { base, low, high })
}

impl Outcome {
    fn variation(&self, scenario: Scenario) -> Variation {
        match scenario {
            Scenario::Base => Variation::default(),
            Scenario::Low => self.low,
            Scenario::High => self.high,
        }
    }
}

fn case(model: &Model, scenario: Scenario) -> Result<Case, Refusal> {
    let discount = match scenario {
        Scenario::Base => None,
        Scenario::Low => model.low_discount_percent,
        Scenario::High => model.high_discount_percent,
    };
    let discount = percent(discount.unwrap_or(model.discount_percent), None, Figure::Discount)?;
    if !(1..=MAX_YEARS).contains(&model.horizon_years) {
        return Err(Refusal::OutOfRange { outcome: None, figure: Figure::Horizon });
    }
    let growth = Decimal::ONE + discount;
    let investment = investment(model, growth)?;
    let numbered = model.outcomes.iter().enumerate();
    let outcomes = numbered
        .map(|(n, outcome)| steps(n, outcome, outcome.variation(scenario), model.horizon_years, growth))
        .collect::<Result<Vec<_>, _>>()?;
    let value = total(outcomes.iter().map(|outcome| outcome.present_value))?;
    Ok(Case {
        ratio: value.checked_div(investment).ok_or(Refusal::TooLarge)?,
        net_value: value.checked_sub(investment).ok_or(Refusal::TooLarge)?,
        value,
        investment,
        outcomes,
    })
}

fn investment(model: &Model, growth: Decimal) -> Result<Decimal, Refusal> {
    let present = |line: &Investment| {
        let refused = |figure| Refusal::OutOfRange { outcome: None, figure };
        if line.amount < Decimal::ZERO {
            return Err(refused(Figure::InvestmentAmount));
        }
        if line.year > model.horizon_years {
            return Err(refused(Figure::InvestmentYear));
        }
        let factor = (0..line.year).try_fold(Decimal::ONE, |factor, _| factor.checked_mul(growth));
        factor.and_then(|factor| line.amount.checked_div(factor)).ok_or(Refusal::TooLarge)
    };
    let present = model.investments.iter().map(present).collect::<Result<Vec<_>, _>>()?;
    let sum = total(present)?;
    if sum.is_zero() { Err(Refusal::NoInvestment) } else { Ok(sum) }
}

fn steps(
    n: usize,
    outcome: &Outcome,
    differs: Variation,
    horizon: u32,
    growth: Decimal,
) -> Result<OutcomeSteps, Refusal> {
    let left = |own: Option<Decimal>, other: Option<Decimal>, figure| {
        // The outcome's own figure is required even where a case has another.
        let own = own.ok_or(Refusal::Missing { outcome: n, figure })?;
        let lost = percent(other.unwrap_or(own), Some(n), figure)?;
        Ok(Decimal::ONE - lost)
    };
    let (own, other) = (outcome.deductions, differs.deductions);
    let caused = left(own.deadweight, other.deadweight, Figure::Deadweight)?;
    let net = left(own.displacement, other.displacement, Figure::Displacement)?;
    let owed = left(own.attribution, other.attribution, Figure::Attribution)?;
    let kept = left(own.drop_off, other.drop_off, Figure::DropOff)?;
    let refused = |figure| Refusal::OutOfRange { outcome: Some(n), figure };
    let quantity = differs.quantity.unwrap_or(outcome.quantity);
    if quantity < Decimal::ZERO {
        return Err(refused(Figure::Quantity));
    }
    let duration = differs.duration_years.unwrap_or(outcome.duration_years);
    if duration == 0 {
        return Err(refused(Figure::Duration));
    }
    let gross = times(quantity, differs.proxy.unwrap_or(outcome.proxy))?;
    let after_deadweight = times(gross, caused)?;
    let after_displacement = times(after_deadweight, net)?;
    let after_attribution = times(after_displacement, owed)?;
    let years = years(after_attribution, kept, growth, duration.min(horizon))?;
    let present_value = total(years.iter().map(|year| year.present_value))?;
    Ok(OutcomeSteps { gross, after_deadweight, after_displacement, after_attribution, years, present_value })
}

fn years(first: Decimal, kept: Decimal, growth: Decimal, last: u32) -> Result<Vec<YearStep>, Refusal> {
    let (mut impact, mut discount_factor) = (first, Decimal::ONE);
    let step = |year| {
        if year > 1 {
            impact = times(impact, kept)?;
        }
        discount_factor = times(discount_factor, growth)?;
        let present_value = impact.checked_div(discount_factor).ok_or(Refusal::TooLarge)?;
        Ok(YearStep { year, impact, discount_factor, present_value })
    };
    (1..=last).map(step).collect()
}

/// Share of one, from a percentage between 0 and 100.
fn percent(percent: Decimal, outcome: Option<usize>, figure: Figure) -> Result<Decimal, Refusal> {
    if !(Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&percent) {
        return Err(Refusal::OutOfRange { outcome, figure });
    }
    Ok(percent / Decimal::ONE_HUNDRED)
}

fn times(one: Decimal, other: Decimal) -> Result<Decimal, Refusal> {
    one.checked_mul(other).ok_or(Refusal::TooLarge)
}

fn total(figures: impl IntoIterator<Item = Decimal>) -> Result<Decimal, Refusal> {
    figures.into_iter().try_fold(Decimal::ZERO, Decimal::checked_add).ok_or(Refusal::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng, rngs::StdRng};

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[expect(
        clippy::unnecessary_wraps,
        reason = "figures of the model may be missing, and are written so here"
    )]
    fn some(text: &str) -> Option<Decimal> {
        Some(decimal(text))
    }

    fn deadweight(text: &str) -> Variation {
        let deductions = Deductions { deadweight: some(text), ..Deductions::default() };
        Variation { deductions, ..Variation::default() }
    }

    /// 10,000 put into ten people's way to work, worth 2,000 a year to each, for two years.
    fn example() -> Model {
        Model {
            horizon_years: 5,
            discount_percent: decimal("20"),
            low_discount_percent: None,
            high_discount_percent: None,
            investments: vec![Investment { amount: decimal("10000"), year: 0 }],
            outcomes: vec![Outcome {
                quantity: decimal("10"),
                proxy: decimal("2000"),
                duration_years: 2,
                deductions: Deductions {
                    deadweight: some("50"),
                    displacement: some("10"),
                    attribution: some("20"),
                    drop_off: some("25"),
                },
                low: deadweight("60"),
                high: deadweight("40"),
            }],
        }
    }

    #[test]
    fn the_worked_example_can_be_checked_by_hand() {
        let sroi = sroi(&example()).unwrap();
        let steps = &sroi.base.outcomes[0];
        assert_eq!(steps.gross, decimal("20000"), "10 × 2,000");
        assert_eq!(steps.after_deadweight, decimal("10000"), "half would have found work anyway");
        assert_eq!(steps.after_displacement, decimal("9000"), "a tenth of them took someone's place");
        assert_eq!(steps.after_attribution, decimal("7200"), "a fifth is owed to others");
        let year = |year, impact, factor, present| YearStep {
            year,
            impact: decimal(impact),
            discount_factor: decimal(factor),
            present_value: decimal(present),
        };
        // 7,200 / 1.2, then 7,200 × 0.75 / 1.44.
        assert_eq!(steps.years, [year(1, "7200", "1.2", "6000"), year(2, "5400", "1.44", "3750")]);
        assert_eq!(steps.present_value, decimal("9750"));
        assert_eq!((sroi.base.value, sroi.base.investment), (decimal("9750"), decimal("10000")));
        assert_eq!((sroi.base.ratio, sroi.base.net_value), (decimal("0.975"), decimal("-250")));
        // 20,000 × 0.4 × 0.9 × 0.8 = 5,760, so 4,800 + 3,000; and × 0.6: 8,640, so 7,200 + 4,500.
        assert_eq!((sroi.low.ratio, sroi.high.ratio), (decimal("0.78"), decimal("1.17")));
    }

    #[test]
    fn later_investments_are_discounted_and_long_outcomes_end_at_the_horizon() {
        let mut model = example();
        model.investments.push(Investment { amount: decimal("1440"), year: 2 });
        model.outcomes[0].duration_years = 9;
        model.horizon_years = 2;
        let sroi = sroi(&model).unwrap();
        assert_eq!(sroi.base.investment, decimal("11000"));
        assert_eq!(sroi.base.value, decimal("9750"));
    }

    type Change = fn(&mut Model);

    #[test]
    fn no_ratio_without_what_it_needs() {
        use Figure::{Attribution, Deadweight, Discount, Displacement, DropOff, Duration, Horizon, Quantity};
        let missing = |figure| Refusal::Missing { outcome: 0, figure };
        let out = |figure| Refusal::OutOfRange { outcome: Some(0), figure };
        let table: &[(Change, Refusal)] = &[
            (|model| model.outcomes[0].deductions.deadweight = None, missing(Deadweight)),
            (|model| model.outcomes[0].deductions.displacement = None, missing(Displacement)),
            (|model| model.outcomes[0].deductions.attribution = None, missing(Attribution)),
            (|model| model.outcomes[0].deductions.drop_off = None, missing(DropOff)),
            (
                |model| model.outcomes[0].low = Variation::default(),
                Refusal::NoSensitivity { scenario: Scenario::Low },
            ),
            (
                |model| model.outcomes[0].high = Variation::default(),
                Refusal::NoSensitivity { scenario: Scenario::High },
            ),
            (|model| model.outcomes[0].low = deadweight("30"), Refusal::NotARange),
            (
                |model| {
                    (model.outcomes[0].low, model.outcomes[0].high) = (deadweight("50"), deadweight("50"));
                },
                Refusal::NotARange,
            ),
            (|model| model.outcomes.clear(), Refusal::NoOutcomes),
            (|model| model.investments.clear(), Refusal::NoInvestment),
            (|model| model.outcomes[0].deductions.deadweight = some("100.1"), out(Deadweight)),
            (|model| model.outcomes[0].low.deductions.attribution = some("-1"), out(Attribution)),
            (|model| model.outcomes[0].quantity = decimal("-1"), out(Quantity)),
            (|model| model.outcomes[0].duration_years = 0, out(Duration)),
            (
                |model| model.discount_percent = decimal("-1"),
                Refusal::OutOfRange { outcome: None, figure: Discount },
            ),
            (|model| model.horizon_years = 51, Refusal::OutOfRange { outcome: None, figure: Horizon }),
            (|model| model.outcomes[0].proxy = Decimal::MAX, Refusal::TooLarge),
        ];
        for (n, (change, refusal)) in table.iter().enumerate() {
            let mut model = example();
            change(&mut model);
            assert_eq!(sroi(&model), Err(*refusal), "case {n}");
        }
    }

    #[test]
    fn any_figures_give_a_ratio_within_its_range_or_a_reason() {
        let mut dice = StdRng::seed_from_u64(22);
        let mut found = 0;
        for _ in 0..3_000 {
            let figure = |dice: &mut StdRng, most: i64| {
                // Of all sizes, mostly small; now and then under nought.
                let most = most >> dice.random_range(0..=60).min(most.ilog2());
                Decimal::new(dice.random_range(-most / 50..=most), dice.random_range(0..=4))
            };
            let mut model = example();
            model.horizon_years = dice.random_range(0..=60);
            model.discount_percent = figure(&mut dice, 110);
            model.investments[0] =
                Investment { amount: figure(&mut dice, i64::MAX), year: dice.random_range(0..9) };
            let outcome = &mut model.outcomes[0];
            outcome.quantity = figure(&mut dice, i64::MAX);
            outcome.proxy = figure(&mut dice, i64::MAX);
            outcome.duration_years = dice.random_range(0..=u32::MAX);
            outcome.deductions.drop_off = Some(figure(&mut dice, 110));
            outcome.high.proxy = Some(figure(&mut dice, i64::MAX));
            if let Ok(sroi) = sroi(&model) {
                assert!(sroi.low.ratio <= sroi.base.ratio && sroi.base.ratio <= sroi.high.ratio);
                let steps = &sroi.base.outcomes[0];
                assert!(steps.after_attribution.abs() <= steps.gross.abs());
                found += 1;
            }
        }
        assert!(found > 200, "{found}");
    }
}
