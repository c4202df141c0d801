//! What would be paid and repaid under given outcomes: the same engine, nothing written.

use super::{
    computation::{ComputedAmounts, print, show},
    contract::parties_of,
    days,
    waterfall::{self, Kind, Pot, Tranche},
    write::draft_terms,
};
use crate::face::{Door, key};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use door::{
    Error, Nullable, Result, UserErrorCode,
    authz::{CONTRACTS, Store},
    nullable,
};
use entity::{
    codes::{RepaymentKind, ReturnCapKind},
    contracts::{contract, contract_investment},
    ids::ContractId,
};
use gql::scalars::{Date, Money};
use payment::{
    self,
    terms::{Earlier, Input, Line, Outcome},
};
use sea_orm::ColumnTrait;
use std::collections::BTreeMap;

/// Outcomes to try a contract with.
#[derive(Clone, Debug, InputObject)]
pub struct ScenarioInput {
    /// Name, such as `central`; at most 100 characters.
    pub name: String,
    /// Outcomes period by period; at most 60.
    pub periods: Vec<ScenarioPeriodInput>,
}

/// Outcomes of one period.
#[derive(Clone, Debug, InputObject)]
pub struct ScenarioPeriodInput {
    /// First day.
    pub from_on: Date,
    /// Last day.
    pub to_on: Date,
    /// Quantities by metric and territory; at most 200.
    pub lines: Vec<super::claim::write::ClaimLineInput>,
}

/// What a contract would pay under a scenario.
#[derive(Clone, Debug, SimpleObject)]
pub struct SimulatedScenario {
    /// Name of the scenario.
    pub name: String,
    /// Due in all periods together.
    pub total: Money,
    /// Period by period; at most 60.
    pub periods: Vec<SimulatedPeriod>,
    /// Repayments the viewer may see: each investor's own; all for structurer, vehicle and lead payer. At most 300.
    pub repayments: Vec<SimulatedRepayment>,
    /// Premium of the operator.
    pub premium: Money,
    /// What would be left on the escrow account.
    pub remainder: Money,
}

/// What would be due for one period.
#[derive(Clone, Debug, SimpleObject)]
pub struct SimulatedPeriod {
    /// First day.
    pub from_on: Date,
    /// Last day.
    pub to_on: Date,
    /// What would be due, step by step.
    pub result: ComputedAmounts,
}

/// What an investor would get back in all periods together.
#[derive(Clone, Debug, SimpleObject)]
pub struct SimulatedRepayment {
    /// Tranche.
    pub investment_id: ID,
    /// What it is for.
    pub kind: RepaymentKind,
    /// Amount.
    pub amount: Money,
}

#[derive(Clone, Copy, Default)]
pub struct SimulationQuery;

#[Object]
impl SimulationQuery {
    /// What a contract would pay, and how investors would be repaid, under given outcomes. Nothing is written.
    ///
    /// It computes by the terms as they stand, in drafts too, from the start of the contract; tranches count as drawn in
    /// full on the first day, and payments as received on the last day of their period. For the parties.
    ///
    /// Errors: `BAD_USER_INPUT`, `FORBIDDEN`.
    async fn contract_simulate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Contract to try.")] contract_id: ID,
        #[graphql(desc = "Outcomes to try it with, such as low, central and high; at most 5.")]
        scenarios: Vec<ScenarioInput>,
    ) -> Nullable<Vec<SimulatedScenario>> {
        nullable(simulate(ctx.store(), &contract_id, scenarios).await)
    }
}

async fn simulate(
    store: &Store,
    id: &ID,
    scenarios: Vec<ScenarioInput>,
) -> Result<Option<Vec<SimulatedScenario>>> {
    let id: ContractId = key(id)?;
    let Some(row) = store.load::<contract::Entity>(id).await? else { return Ok(None) };
    if !super::ImpactContract(row.clone()).is_party(store) {
        return Err(Error::forbidden("Scenarios are for the parties of the contract."));
    }
    if scenarios.len() > 5 || scenarios.iter().any(|scenario| scenario.periods.len() > 60) {
        return Err(Error::bad_input("At most 5 scenarios of 60 periods, please."));
    }
    let parties = parties_of(store, &row).await?;
    let terms = draft_terms(&row, &parties)?;
    let tranches = store
        .as_job(CONTRACTS)
        .see::<contract_investment::Entity>()
        .filter(contract_investment::Column::ContractId.eq(row.id))
        .all()
        .await?;
    let seen = store.parts::<contract_investment::Entity>(row.id).await?;
    let mut shown = Vec::new();
    for scenario in scenarios {
        let mut outcome = run(&row, &terms, &tranches, scenario)?;
        outcome.repayments.retain(|repayment| {
            seen.iter().any(|tranche| tranche.id.to_string() == *repayment.investment_id)
        });
        shown.push(outcome);
    }
    Ok(Some(shown))
}

fn run(
    row: &contract::Model,
    terms: &payment::terms::Terms,
    tranches: &[contract_investment::Model],
    scenario: ScenarioInput,
) -> Result<SimulatedScenario> {
    let money = |minor: i64| Money::from_minor(minor, &row.currency);
    let first = scenario.periods.iter().map(|period| period.from_on.0.clone()).min().unwrap_or_default();
    let mut input = Input { version: "simulation".into(), terms: terms.clone(), ..Input::default() };
    let mut investors: Vec<Tranche> = tranches.iter().map(drawn).collect();
    let mut pot = Pot { recycled: row.recycled_minor, fees: row.fees_first_minor, ..Pot::default() };
    let (mut total, mut premium, mut periods) = (0_i64, 0_i64, Vec::new());
    let mut sums: BTreeMap<(String, Kind), i64> = BTreeMap::new();
    for (place, period) in scenario.periods.into_iter().enumerate() {
        input.outcomes.push(outcome(place, &period)?);
        let computed = payment::compute(&input, print).map_err(|fault| match fault {
            payment::Fault::UnknownMetric(code) => Error::bad_input(format!("There is no metric `{code}`.")),
            payment::Fault::TooLarge => Error::bad_input("An amount is larger than can be paid."),
        })?;
        let dues = computed.payers.iter().filter(|payer| payer.due > 0);
        input.earlier.extend(dues.map(|payer| Earlier { payer: payer.payer.clone(), amount: payer.due }));
        total = total.saturating_add(computed.due);
        pot.received = pot.received.saturating_add(computed.due);
        let elapsed = days::between(&first, &period.to_on.0);
        for (investor, tranche) in investors.iter_mut().zip(tranches) {
            accrue(investor, tranche, elapsed);
        }
        let paid = waterfall::distribute(&pot, &investors, row.premium_minor.saturating_sub(premium));
        for part in &paid.parts {
            *sums.entry((part.tranche.clone(), part.kind)).or_default() += part.amount;
            if let Some(investor) = investors.iter_mut().find(|investor| investor.key == part.tranche) {
                match part.kind {
                    Kind::Principal => investor.repaid_principal += part.amount,
                    Kind::FixedReturn => investor.repaid_fixed += part.amount,
                    Kind::VariableReturn => investor.repaid_variable += part.amount,
                }
            }
            pot.paid_out = pot.paid_out.saturating_add(part.amount);
        }
        premium = premium.saturating_add(paid.premium);
        pot.paid_out = pot.paid_out.saturating_add(paid.premium);
        periods.push(SimulatedPeriod {
            from_on: period.from_on,
            to_on: period.to_on,
            result: show(computed, &row.currency),
        });
    }
    let repayments = sums.into_iter().map(|((tranche, kind), amount)| SimulatedRepayment {
        investment_id: ID(tranche),
        kind: match kind {
            Kind::Principal => RepaymentKind::Principal,
            Kind::FixedReturn => RepaymentKind::FixedReturn,
            Kind::VariableReturn => RepaymentKind::VariableReturn,
        },
        amount: money(amount),
    });
    Ok(SimulatedScenario {
        name: scenario.name.chars().take(100).collect(),
        total: money(total),
        periods,
        repayments: repayments.collect(),
        premium: money(premium),
        remainder: money(pot.free()),
    })
}

fn drawn(row: &contract_investment::Model) -> Tranche {
    Tranche {
        key: row.id.to_string(),
        rank: row.rank,
        drawn: row.committed_minor,
        variable: row.variable_minor,
        max_loss: row.max_loss_ppm.map(|ppm| waterfall::interest(row.committed_minor, ppm, 365)),
        ..Tranche::default()
    }
}

/// Returns earned by this day, on the whole commitment until it is repaid.
fn accrue(investor: &mut Tranche, row: &contract_investment::Model, elapsed: i64) {
    investor.fixed = waterfall::interest(investor.drawn, row.coupon_ppm, elapsed);
    investor.return_cap = row.return_cap_kind.zip(row.return_cap_ppm).map(|(kind, ppm)| match kind {
        ReturnCapKind::Multiple => waterfall::interest(investor.drawn, ppm, 365),
        ReturnCapKind::Annual => waterfall::interest(investor.drawn, ppm, elapsed),
        ReturnCapKind::Irr => waterfall::compound(investor.drawn, ppm, elapsed),
    });
}

fn outcome(place: usize, period: &ScenarioPeriodInput) -> Result<Outcome> {
    let lines = period.lines.iter().take(200).map(|line| {
        let quantity = line.quantity.0.parse().map_err(|_| {
            Error::mend(
                UserErrorCode::Invalid,
                &["scenarios", "periods", "lines", "quantity"],
                "At most six decimals, please.",
            )
        })?;
        Ok(Line {
            metric: line.metric.clone(),
            quantity,
            people: line.people.map(i64::from),
            territory: line.territory.clone(),
        })
    });
    Ok(Outcome {
        claim: format!("{place:03}"),
        from: period.from_on.0.clone(),
        to: period.to_on.0.clone(),
        lines: lines.collect::<Result<_>>()?,
        profiles: Vec::new(),
    })
}
