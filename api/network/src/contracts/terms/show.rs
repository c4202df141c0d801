//! Terms as the API shows them, with or without their prices.

use super::decimal;
use crate::contracts::sheet::{Line, Sheet};
use async_graphql::{ID, SimpleObject};
use entity::codes::{
    CapPeriod, ClaimBasis, ContractRuleKind, MetricAccumulation, MetricLevel, PayerSplit, TargetRelation,
    TariffKind,
};
use gql::scalars::{Date, Decimal, Money};
use payment::{
    Quantity,
    terms::{Accumulation, Band, Basis, Every, Price, Rule, Split, Tariff, Threshold},
};

/// Metrics, tariffs and rules of a contract.
#[derive(Clone, Debug, SimpleObject)]
pub struct ContractTerms {
    /// Metrics with their tariffs; at most 50.
    pub metrics: Vec<OutcomeMetric>,
    /// Rules over several metrics; `null` if the parties keep prices to themselves. At most 20.
    pub rules: Option<Vec<ContractRule>>,
    /// How payers share what no tariff of their own names.
    pub split: PayerSplit,
}

/// What is counted.
#[derive(Clone, Debug, SimpleObject)]
pub struct OutcomeMetric {
    /// Code within the contract.
    pub code: String,
    /// Precise definition.
    pub definition: String,
    /// How far along the chain of effects it stands.
    pub level: Option<MetricLevel>,
    /// For whom it is counted.
    pub population: Option<String>,
    /// Target, in the metric's unit.
    pub target: Option<Decimal>,
    /// What the target is compared to.
    pub target_relation: Option<TargetRelation>,
    /// Reference or control the target is compared to.
    pub reference_label: Option<String>,
    /// Value of the reference.
    pub reference_value: Option<Decimal>,
    /// What one unit is.
    pub basis: ClaimBasis,
    /// How periods add up.
    pub accumulation: MetricAccumulation,
    /// Most claims that count for one person.
    pub max_claims_per_beneficiary: Option<i32>,
    /// Kinds of evidence each unit needs; at most 20.
    pub required_evidence: Vec<String>,
    /// How outcomes are validated.
    pub validation_method: Option<String>,
    /// Where the data come from.
    pub data_source: Option<String>,
    /// Numbers of Sustainable Development Goals; at most 17.
    pub sdg_goals: Vec<i32>,
    /// Name of the unit.
    pub unit: Option<String>,
    /// Prices; `null` if the parties keep them to themselves, which `disclosures` says. At most 50.
    pub tariffs: Option<Vec<ContractTariff>>,
}

/// Price of a metric, and its conditions. Fields that its kind does not use are `null`.
#[derive(Clone, Debug, SimpleObject)]
pub struct ContractTariff {
    /// How quantities become amounts.
    pub kind: TariffKind,
    /// Party that pays by this tariff; all without one of their own if `null`.
    pub payer_id: Option<ID>,
    /// Price of one unit.
    pub unit_price: Option<Money>,
    /// Fixed amount, amount of `BINARY`, or base of `CONTROL_BANDS`.
    pub amount: Option<Money>,
    /// Threshold of `BINARY`.
    pub threshold: Option<Decimal>,
    /// Slices, steps, bands, or the two ends of a line; at most 20.
    pub slices: Vec<TariffSlice>,
    /// Most this tariff ever pays.
    pub metric_cap: Option<Money>,
    /// What has to be reached before anything is paid.
    pub gate: Option<TariffGate>,
    /// First day of periods it is for.
    pub valid_from: Option<Date>,
    /// Last day of periods it is for.
    pub valid_to: Option<Date>,
}

/// Slice, step or band of a tariff.
#[derive(Clone, Debug, Default, SimpleObject)]
pub struct TariffSlice {
    /// Where it begins: a quantity, or percent for a band.
    pub from: Option<Decimal>,
    /// Where it ends; without end if `null`.
    pub to: Option<Decimal>,
    /// Price of one unit in it, or amount once it is reached.
    pub amount: Option<Money>,
    /// Share of the base at its beginning, in percent.
    pub share_percent: Option<Decimal>,
    /// Share at its end, in percent.
    pub share_percent_to: Option<Decimal>,
}

/// What has to be reached before anything is paid.
#[derive(Clone, Debug, SimpleObject)]
pub struct TariffGate {
    /// Quantity to reach.
    pub value: Option<Decimal>,
    /// Share of the target to reach, in percent.
    pub percent_of_target: Option<Decimal>,
    /// Not reached, it closes all metrics.
    pub closes_all_metrics: bool,
}

/// Rule over several metrics.
#[derive(Clone, Debug, SimpleObject)]
pub struct ContractRule {
    /// What the rule does.
    pub kind: ContractRuleKind,
    /// Metrics it covers; all if empty. At most 50.
    pub metrics: Vec<String>,
    /// Amount of a cap or a fixed part.
    pub amount: Option<Money>,
    /// Share, in percent.
    pub percent: Option<Decimal>,
    /// Length of a capped period.
    pub every: Option<CapPeriod>,
    /// First day on which a fixed amount is due.
    pub due_from: Option<Date>,
}

/// Millionths as percent.
fn percent(share: i64) -> Decimal {
    decimal(Quantity(share.saturating_mul(100)))
}

impl ContractTerms {
    /// Everything, or everything but the prices.
    pub fn show(sheet: Sheet, currency: &str, with_prices: bool) -> Self {
        let rules = || sheet.rules.iter().map(|rule| show_rule(rule, currency)).collect();
        let rules = with_prices.then(rules);
        Self {
            metrics: sheet.metrics.into_iter().map(|line| show_metric(line, currency, with_prices)).collect(),
            rules,
            split: match sheet.split {
                Split::ProRata => PayerSplit::ProRata,
                Split::Priority => PayerSplit::Priority,
                Split::Territory => PayerSplit::Territory,
            },
        }
    }
}

fn show_metric(line: Line, currency: &str, with_prices: bool) -> OutcomeMetric {
    let metric = line.metric;
    OutcomeMetric {
        code: metric.code,
        definition: line.definition,
        level: line.level.and_then(|code| code.parse().ok()),
        population: line.population,
        target: metric.target.map(decimal),
        target_relation: line.target_relation.and_then(|code| code.parse().ok()),
        reference_label: line.reference_label,
        reference_value: line.reference_value.map(decimal),
        basis: match metric.basis {
            Basis::Person => ClaimBasis::Person,
            Basis::Claim => ClaimBasis::Claim,
            Basis::Unit => ClaimBasis::Unit,
        },
        accumulation: match metric.accumulation {
            Accumulation::Sum => MetricAccumulation::Sum,
            Accumulation::Latest => MetricAccumulation::Latest,
        },
        max_claims_per_beneficiary: metric
            .max_claims_per_beneficiary
            .and_then(|most| i32::try_from(most).ok()),
        required_evidence: line.required_evidence,
        validation_method: line.validation_method,
        data_source: line.data_source,
        sdg_goals: line.sdg_goals,
        unit: line.unit,
        tariffs: with_prices
            .then(|| metric.tariffs.iter().map(|tariff| show_tariff(tariff, currency)).collect()),
    }
}

fn show_tariff(tariff: &Tariff, currency: &str) -> ContractTariff {
    let money = |minor: i64| Money::from_minor(minor, currency);
    let mut shown = ContractTariff {
        kind: TariffKind::Fixed,
        payer_id: tariff.payer.clone().map(ID),
        unit_price: None,
        amount: None,
        threshold: None,
        slices: Vec::new(),
        metric_cap: tariff.metric_cap.map(money),
        gate: tariff.gate.as_ref().map(|gate| TariffGate {
            value: match gate.threshold {
                Threshold::Value(value) => Some(decimal(value)),
                Threshold::OfTarget(_) => None,
            },
            percent_of_target: match gate.threshold {
                Threshold::OfTarget(share) => Some(percent(share)),
                Threshold::Value(_) => None,
            },
            closes_all_metrics: gate.closes_all,
        }),
        valid_from: tariff.valid_from.clone().map(Date),
        valid_to: tariff.valid_to.clone().map(Date),
    };
    match &tariff.price {
        Price::UnitPrice { price } => {
            shown.kind = TariffKind::UnitPrice;
            shown.unit_price = Some(money(*price));
        }
        Price::Fixed { amount } => shown.amount = Some(money(*amount)),
        Price::Binary { threshold, amount } => {
            shown.kind = TariffKind::Binary;
            (shown.threshold, shown.amount) = (Some(decimal(*threshold)), Some(money(*amount)));
        }
        Price::Tiered { tiers } => {
            shown.kind = TariffKind::Tiered;
            let mut from = Quantity::ZERO;
            for tier in tiers {
                let slice = TariffSlice {
                    from: Some(decimal(from)),
                    to: tier.up_to.map(decimal),
                    amount: Some(money(tier.price)),
                    ..TariffSlice::default()
                };
                shown.slices.push(slice);
                from = tier.up_to.unwrap_or(from);
            }
        }
        Price::Step { steps } => {
            shown.kind = TariffKind::Step;
            shown.slices = steps.iter().map(|step| at(step.threshold, money(step.amount))).collect();
        }
        Price::Linear { floor, floor_amount, ceiling, ceiling_amount } => {
            shown.kind = TariffKind::Linear;
            shown.slices = vec![at(*floor, money(*floor_amount)), at(*ceiling, money(*ceiling_amount))];
        }
        Price::ControlBands { base, bands } => {
            shown.kind = TariffKind::ControlBands;
            shown.amount = Some(money(*base));
            let slice = |band: &Band| TariffSlice {
                from: Some(decimal(band.from)),
                to: band.to.map(decimal),
                amount: None,
                share_percent: Some(percent(band.share)),
                share_percent_to: band.share_to.map(percent),
            };
            shown.slices = bands.iter().map(slice).collect();
        }
    }
    shown
}

pub(super) fn at(from: Quantity, amount: Money) -> TariffSlice {
    TariffSlice { from: Some(decimal(from)), amount: Some(amount), ..TariffSlice::default() }
}

fn show_rule(rule: &Rule, currency: &str) -> ContractRule {
    let mut shown = ContractRule {
        kind: ContractRuleKind::FixedAmount,
        metrics: rule.metrics().to_vec(),
        amount: None,
        percent: None,
        every: None,
        due_from: None,
    };
    let money = |minor: i64| Some(Money::from_minor(minor, currency));
    match rule {
        Rule::PerBeneficiaryCap { cap, .. } => {
            (shown.kind, shown.amount) = (ContractRuleKind::PerBeneficiaryCap, money(*cap));
        }
        Rule::FamilyShareCap { share, .. } => {
            (shown.kind, shown.percent) = (ContractRuleKind::FamilyShareCap, Some(percent(*share)));
        }
        Rule::PeriodCap { every, cap, .. } => {
            (shown.kind, shown.amount) = (ContractRuleKind::PeriodCap, money(*cap));
            shown.every = Some(match every {
                Every::Month => CapPeriod::Month,
                Every::Quarter => CapPeriod::Quarter,
                Every::Year => CapPeriod::Year,
            });
        }
        Rule::GateAllMetrics { share_of_target, .. } => {
            (shown.kind, shown.percent) = (ContractRuleKind::GateAllMetrics, Some(percent(*share_of_target)));
        }
        Rule::FixedAmount { amount, due_from } => {
            shown.amount = money(*amount);
            shown.due_from = due_from.clone().map(Date);
        }
    }
    shown
}
