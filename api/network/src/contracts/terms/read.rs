//! Terms as callers write them, read and checked element by element.

use crate::contracts::sheet::{Line, Sheet};
use async_graphql::{ID, InputObject, OneofObject};
use door::{Faults, UserErrorCode};
use entity::codes::{
    CapPeriod, ClaimBasis, CodeList, ContractRuleKind, MetricAccumulation, MetricLevel, PayerSplit,
    TargetRelation,
};
use gql::scalars::{Date, Decimal, minor};
use payment::{
    Quantity,
    terms::{
        Accumulation, Band, Basis, Every, Gate, Metric, Price, Rule, Split, Stair, Tariff, Threshold, Tier,
    },
};

/// Metrics, tariffs and rules of a contract; they replace those of before.
#[derive(Clone, Debug, InputObject)]
pub struct ContractTermsInput {
    /// Metrics with their tariffs; at most 50.
    pub metrics: Vec<OutcomeMetricInput>,
    /// Rules over several metrics; at most 20.
    pub rules: Option<Vec<ContractRuleInput>>,
    /// How payers share what no tariff of their own names; `PRO_RATA` unless given.
    pub split: Option<PayerSplit>,
}

/// What is counted, and what it is worth.
#[derive(Clone, Debug, InputObject)]
pub struct OutcomeMetricInput {
    /// Code within the contract, such as `M1`; at most 40 characters.
    pub code: String,
    /// Precise definition; at most 5,000 characters.
    pub definition: String,
    /// How far along the chain of effects it stands; `OUTCOME` unless given.
    pub level: Option<MetricLevel>,
    /// For whom it is counted; at most 2,000 characters.
    pub population: Option<String>,
    /// Target, in the metric's unit.
    pub target: Option<Decimal>,
    /// What the target is compared to.
    pub target_relation: Option<TargetRelation>,
    /// Reference or control the target is compared to; at most 500 characters.
    pub reference_label: Option<String>,
    /// Value of the reference.
    pub reference_value: Option<Decimal>,
    /// What one unit is; `UNIT` unless given.
    pub basis: Option<ClaimBasis>,
    /// How periods add up; `SUM` unless given.
    pub accumulation: Option<MetricAccumulation>,
    /// Most claims that count for one person; for basis `CLAIM`.
    pub max_claims_per_beneficiary: Option<i32>,
    /// Kinds of evidence each unit needs; at most 20.
    pub required_evidence: Option<Vec<String>>,
    /// How outcomes are validated; at most 2,000 characters.
    pub validation_method: Option<String>,
    /// Where the data come from; at most 2,000 characters.
    pub data_source: Option<String>,
    /// Numbers of Sustainable Development Goals; at most 17.
    pub sdg_goals: Option<Vec<i32>>,
    /// Name of the unit, such as `night`; at most 100 characters.
    pub unit: Option<String>,
    /// Prices; at least one, at most 50.
    pub tariffs: Vec<TariffInput>,
}

/// Price of a metric, and its conditions.
#[derive(Clone, Debug, InputObject)]
pub struct TariffInput {
    /// Party that pays by this tariff; all payers without one of their own unless given.
    pub payer_id: Option<ID>,
    /// How quantities become amounts.
    pub price: TariffPriceInput,
    /// Most this tariff ever pays, in the contract's currency.
    pub metric_cap: Option<Decimal>,
    /// What has to be reached before anything is paid.
    pub gate: Option<GateInput>,
    /// First day of periods it is for.
    pub valid_from: Option<Date>,
    /// Last day of periods it is for.
    pub valid_to: Option<Date>,
}

/// How quantities become amounts; amounts are in the contract's currency.
#[derive(Clone, Debug, OneofObject)]
pub enum TariffPriceInput {
    /// Price of one unit.
    UnitPrice(Decimal),
    /// Slices, lowest first; the last one may be without end. At most 20.
    Tiers(Vec<TierInput>),
    /// Amounts for thresholds, lowest first. At most 20.
    Steps(Vec<StepInput>),
    /// One amount once a threshold is reached.
    Binary(StepInput),
    /// A line between a floor and a ceiling: nothing below, no more above.
    Linear(LinearInput),
    /// Shares of a base amount by the difference to a control group.
    ControlBands(ControlBandsInput),
    /// A fixed amount.
    Fixed(Decimal),
}

/// Slice of a quantity at a price.
#[derive(Clone, Debug, InputObject)]
pub struct TierInput {
    /// Where the slice ends; without end unless given.
    pub up_to: Option<Decimal>,
    /// Price of one unit.
    pub price: Decimal,
}

/// Amount for a threshold.
#[derive(Clone, Debug, InputObject)]
pub struct StepInput {
    /// Quantity to reach.
    pub threshold: Decimal,
    /// Amount once it is reached.
    pub amount: Decimal,
}

/// Line between a floor and a ceiling.
#[derive(Clone, Debug, InputObject)]
pub struct LinearInput {
    /// Quantity below which nothing is paid.
    pub floor: Decimal,
    /// Amount at the floor.
    pub floor_amount: Decimal,
    /// Quantity above which no more is paid.
    pub ceiling: Decimal,
    /// Amount at the ceiling.
    pub ceiling_amount: Decimal,
}

/// Shares of a base amount by the difference to a control group.
#[derive(Clone, Debug, InputObject)]
pub struct ControlBandsInput {
    /// Amount of which shares are paid.
    pub base_amount: Decimal,
    /// Bands, lowest first; at most 20.
    pub bands: Vec<BandInput>,
}

/// Band of differences to a control group, in percent.
#[derive(Clone, Debug, InputObject)]
pub struct BandInput {
    /// Where it begins; included.
    pub from: Decimal,
    /// Where it ends; not included. Without end unless given.
    pub to: Option<Decimal>,
    /// Share of the base at its beginning, in percent.
    pub share_percent: Decimal,
    /// Share at its end, reached in a straight line; the same as at the beginning unless given.
    pub share_percent_to: Option<Decimal>,
}

/// What has to be reached before anything is paid: a value, or a share of the target.
#[derive(Clone, Debug, InputObject)]
pub struct GateInput {
    /// Quantity to reach.
    pub value: Option<Decimal>,
    /// Share of the metric's target to reach, in percent.
    pub percent_of_target: Option<Decimal>,
    /// Not reached, it closes all metrics; only its own unless given.
    pub closes_all_metrics: Option<bool>,
}

/// Rule over several metrics; over all of them if none is named.
#[derive(Clone, Debug, InputObject)]
pub struct ContractRuleInput {
    /// What the rule does.
    pub kind: ContractRuleKind,
    /// Codes of the metrics it covers; all unless given. At most 50.
    pub metrics: Option<Vec<String>>,
    /// Amount of a cap or a fixed part, in the contract's currency.
    pub amount: Option<Decimal>,
    /// Share for `FAMILY_SHARE_CAP` and `GATE_ALL_METRICS`, in percent.
    pub percent: Option<Decimal>,
    /// Length of the period for `PERIOD_CAP`.
    pub every: Option<CapPeriod>,
    /// First day on which a `FIXED_AMOUNT` is due.
    pub due_from: Option<Date>,
}

/// Reads decimals and gathers what is wrong with them.
struct Reader<'f> {
    currency: &'f str,
    faults: &'f mut Faults,
}

impl Reader<'_> {
    fn wrong(&mut self, base: &[String], rest: &[&str], code: UserErrorCode, message: &str) {
        let path: Vec<&str> = base.iter().map(String::as_str).chain(rest.iter().copied()).collect();
        self.faults.add(code, &path, message);
    }

    fn money(&mut self, amount: &Decimal, base: &[String], rest: &[&str]) -> i64 {
        minor(&amount.0, self.currency).unwrap_or_else(|| {
            let message = "This amount has more decimals than the currency, or is too large.";
            self.wrong(base, rest, UserErrorCode::Invalid, message);
            0
        })
    }

    fn quantity(&mut self, quantity: &Decimal, base: &[String], rest: &[&str]) -> Quantity {
        quantity.0.parse().unwrap_or_else(|_| {
            self.wrong(base, rest, UserErrorCode::Invalid, "At most six decimals, please.");
            Quantity::ZERO
        })
    }

    /// Percent as millionths of one.
    fn share(&mut self, percent: &Decimal, base: &[String], rest: &[&str]) -> i64 {
        let percent = self.quantity(percent, base, rest);
        if percent.0 % 100 != 0 {
            self.wrong(base, rest, UserErrorCode::Invalid, "At most four decimals of a percent, please.");
        }
        percent.0 / 100
    }
}

fn deeper(base: &[String], rest: &[&str]) -> Vec<String> {
    base.iter().cloned().chain(rest.iter().map(|&step| step.to_owned())).collect()
}

impl ContractTermsInput {
    /// Reads and checks everything at once; faults name their elements, below `base`.
    pub fn read(self, currency: &str, base: &[&str], faults: &mut Faults) -> Sheet {
        let base: Vec<String> = base.iter().map(|&step| step.to_owned()).collect();
        let mut reader = Reader { currency, faults };
        if self.metrics.len() > 50 {
            reader.wrong(&base, &["metrics"], UserErrorCode::TooLong, "At most 50 metrics, please.");
        }
        let rules = self.rules.unwrap_or_default();
        if rules.len() > 20 {
            reader.wrong(&base, &["rules"], UserErrorCode::TooLong, "At most 20 rules, please.");
        }
        let metrics = self.metrics.into_iter().take(50).enumerate();
        let metrics = metrics
            .map(|(place, metric)| metric.read(&mut reader, &deeper(&base, &["metrics", &place.to_string()])))
            .collect();
        let rules = rules
            .into_iter()
            .take(20)
            .enumerate()
            .filter_map(|(place, rule)| {
                rule.read(&mut reader, &deeper(&base, &["rules", &place.to_string()]))
            })
            .collect();
        Sheet { metrics, rules, split: split_of(self.split.unwrap_or(PayerSplit::ProRata)) }
    }
}

impl OutcomeMetricInput {
    fn read(self, reader: &mut Reader<'_>, base: &[String]) -> Line {
        let path = |field: &str| deeper(base, &[field]);
        let strs = |path: &[String]| path.iter().map(String::as_str).map(str::to_owned).collect::<Vec<_>>();
        let mut text = |value: Option<String>, field: &str, most: usize| {
            let path = strs(&path(field));
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            reader.faults.text(value, &path, most)
        };
        let population = text(self.population, "population", 2_000);
        let reference_label = text(self.reference_label, "referenceLabel", 500);
        let validation_method = text(self.validation_method, "validationMethod", 2_000);
        let data_source = text(self.data_source, "dataSource", 2_000);
        let unit = text(self.unit, "unit", 100);
        let code = text(Some(self.code), "code", 40).unwrap_or_default();
        let definition = text(Some(self.definition), "definition", 5_000).unwrap_or_default();
        for (value, field) in [(&code, "code"), (&definition, "definition")] {
            if value.is_empty() {
                reader.wrong(base, &[field], UserErrorCode::Blank, "This may not be empty.");
            }
        }
        let required_evidence = self.required_evidence.unwrap_or_default();
        if required_evidence.len() > 20 || required_evidence.iter().any(|label| label.chars().count() > 500) {
            let message = "At most 20 kinds of evidence of 500 characters each, please.";
            reader.wrong(base, &["requiredEvidence"], UserErrorCode::TooLong, message);
        }
        let sdg_goals = self.sdg_goals.unwrap_or_default();
        if sdg_goals.iter().any(|goal| !(1..=17).contains(goal)) || sdg_goals.len() > 17 {
            reader.wrong(base, &["sdgGoals"], UserErrorCode::OutOfRange, "Goals have numbers from 1 to 17.");
        }
        if self.tariffs.len() > 50 {
            reader.wrong(base, &["tariffs"], UserErrorCode::TooLong, "At most 50 tariffs, please.");
        }
        let tariffs = self.tariffs.into_iter().take(50).enumerate();
        let tariffs = tariffs
            .map(|(place, tariff)| tariff.read(reader, &deeper(base, &["tariffs", &place.to_string()])))
            .collect();
        Line {
            metric: Metric {
                code,
                basis: match self.basis.unwrap_or(ClaimBasis::Unit) {
                    ClaimBasis::Person => Basis::Person,
                    ClaimBasis::Claim => Basis::Claim,
                    ClaimBasis::Unit => Basis::Unit,
                },
                accumulation: match self.accumulation.unwrap_or(MetricAccumulation::Sum) {
                    MetricAccumulation::Sum => Accumulation::Sum,
                    MetricAccumulation::Latest => Accumulation::Latest,
                },
                max_claims_per_beneficiary: self.max_claims_per_beneficiary.map(i64::from),
                target: self.target.map(|target| reader.quantity(&target, base, &["target"])),
                tariffs,
            },
            definition,
            level: Some(self.level.unwrap_or(MetricLevel::Outcome).code().to_owned()),
            population,
            target_relation: self.target_relation.map(|relation| relation.code().to_owned()),
            reference_label,
            reference_value: self
                .reference_value
                .map(|value| reader.quantity(&value, base, &["referenceValue"])),
            required_evidence,
            validation_method,
            data_source,
            sdg_goals,
            planned_people: None,
            unit,
        }
    }
}

impl TariffInput {
    fn read(self, reader: &mut Reader<'_>, base: &[String]) -> Tariff {
        let price = self.price.read(reader, base);
        Tariff {
            payer: self.payer_id.map(|id| id.to_string()),
            price,
            metric_cap: self.metric_cap.map(|cap| reader.money(&cap, base, &["metricCap"])),
            gate: self.gate.and_then(|gate| gate.read(reader, base)),
            valid_from: self.valid_from.map(|day| day.0),
            valid_to: self.valid_to.map(|day| day.0),
        }
    }
}

impl TariffPriceInput {
    fn read(self, reader: &mut Reader<'_>, base: &[String]) -> Price {
        match self {
            Self::UnitPrice(price) => {
                Price::UnitPrice { price: reader.money(&price, base, &["price", "unitPrice"]) }
            }
            Self::Fixed(amount) => Price::Fixed { amount: reader.money(&amount, base, &["price", "fixed"]) },
            Self::Binary(step) => Price::Binary {
                threshold: reader.quantity(&step.threshold, base, &["price", "binary", "threshold"]),
                amount: reader.money(&step.amount, base, &["price", "binary", "amount"]),
            },
            Self::Linear(line) => Price::Linear {
                floor: reader.quantity(&line.floor, base, &["price", "linear", "floor"]),
                floor_amount: reader.money(&line.floor_amount, base, &["price", "linear", "floorAmount"]),
                ceiling: reader.quantity(&line.ceiling, base, &["price", "linear", "ceiling"]),
                ceiling_amount: reader.money(
                    &line.ceiling_amount,
                    base,
                    &["price", "linear", "ceilingAmount"],
                ),
            },
            Self::Tiers(tiers) => Price::Tiered {
                tiers: listed(tiers, |tier, place| Tier {
                    up_to: tier
                        .up_to
                        .map(|end| reader.quantity(&end, base, &["price", "tiers", place, "upTo"])),
                    price: reader.money(&tier.price, base, &["price", "tiers", place, "price"]),
                }),
            },
            Self::Steps(steps) => Price::Step {
                steps: listed(steps, |step, place| Stair {
                    threshold: reader.quantity(
                        &step.threshold,
                        base,
                        &["price", "steps", place, "threshold"],
                    ),
                    amount: reader.money(&step.amount, base, &["price", "steps", place, "amount"]),
                }),
            },
            Self::ControlBands(control) => Price::ControlBands {
                base: reader.money(&control.base_amount, base, &["price", "controlBands", "baseAmount"]),
                bands: listed(control.bands, |band, place| {
                    let at = |field| ["price", "controlBands", "bands", place, field];
                    Band {
                        from: reader.quantity(&band.from, base, &at("from")),
                        to: band.to.map(|to| reader.quantity(&to, base, &at("to"))),
                        share: reader.share(&band.share_percent, base, &at("sharePercent")),
                        share_to: band
                            .share_percent_to
                            .map(|share| reader.share(&share, base, &at("sharePercentTo"))),
                    }
                }),
            },
        }
    }
}

fn listed<T, U>(list: Vec<T>, mut each: impl FnMut(T, &str) -> U) -> Vec<U> {
    list.into_iter().take(20).enumerate().map(|(place, one)| each(one, &place.to_string())).collect()
}

impl GateInput {
    fn read(self, reader: &mut Reader<'_>, base: &[String]) -> Option<Gate> {
        let threshold = match (self.value, self.percent_of_target) {
            (Some(value), None) => Threshold::Value(reader.quantity(&value, base, &["gate", "value"])),
            (None, Some(percent)) => {
                Threshold::OfTarget(reader.share(&percent, base, &["gate", "percentOfTarget"]))
            }
            _ => {
                let message = "Give either `value` or `percentOfTarget`.";
                reader.wrong(base, &["gate"], UserErrorCode::Invalid, message);
                return None;
            }
        };
        Some(Gate { threshold, closes_all: self.closes_all_metrics.unwrap_or(false) })
    }
}

impl ContractRuleInput {
    fn read(self, reader: &mut Reader<'_>, base: &[String]) -> Option<Rule> {
        let metrics = self.metrics.unwrap_or_default();
        let mut missing = |field: &str| {
            let message = format!("A rule of kind {} needs `{field}`.", self.kind);
            reader.wrong(base, &[field], UserErrorCode::Blank, &message);
        };
        match self.kind {
            ContractRuleKind::PerBeneficiaryCap
            | ContractRuleKind::PeriodCap
            | ContractRuleKind::FixedAmount
                if self.amount.is_none() =>
            {
                missing("amount");
                return None;
            }
            ContractRuleKind::FamilyShareCap | ContractRuleKind::GateAllMetrics if self.percent.is_none() => {
                missing("percent");
                return None;
            }
            ContractRuleKind::PeriodCap if self.every.is_none() => {
                missing("every");
                return None;
            }
            _ => {}
        }
        let amount = self.amount.map(|amount| reader.money(&amount, base, &["amount"])).unwrap_or_default();
        let share =
            self.percent.map(|percent| reader.share(&percent, base, &["percent"])).unwrap_or_default();
        Some(match self.kind {
            ContractRuleKind::PerBeneficiaryCap => Rule::PerBeneficiaryCap { metrics, cap: amount },
            ContractRuleKind::FamilyShareCap => Rule::FamilyShareCap { metrics, share },
            ContractRuleKind::PeriodCap => Rule::PeriodCap {
                metrics,
                every: match self.every? {
                    CapPeriod::Month => Every::Month,
                    CapPeriod::Quarter => Every::Quarter,
                    CapPeriod::Year => Every::Year,
                },
                cap: amount,
            },
            ContractRuleKind::GateAllMetrics => Rule::GateAllMetrics { metrics, share_of_target: share },
            ContractRuleKind::FixedAmount => {
                Rule::FixedAmount { amount, due_from: self.due_from.map(|day| day.0) }
            }
        })
    }
}

fn split_of(split: PayerSplit) -> Split {
    match split {
        PayerSplit::ProRata => Split::ProRata,
        PayerSplit::Priority => Split::Priority,
        PayerSplit::Territory => Split::Territory,
    }
}
