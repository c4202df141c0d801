//! What a contract says about money, and what was accepted: all that a computation needs.
//!
//! Amounts are minor units of the contract's currency (cents, for euros); shares are millionths; dates are
//! `YYYY-MM-DD`. The same form is stored with a frozen version, so its field names do not change.

use super::quantity::Quantity;
use serde::{Deserialize, Serialize};

/// The money part of a version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    pub currency: String,
    pub metrics: Vec<Metric>,
    #[serde(default)]
    pub rules: Vec<Rule>,
    #[serde(default)]
    pub payers: Vec<Payer>,
    #[serde(default)]
    pub split: Split,
    pub contract_cap: Option<i64>,
}

/// What is counted, and what it is worth.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metric {
    pub code: String,
    #[serde(default)]
    pub basis: Basis,
    #[serde(default)]
    pub accumulation: Accumulation,
    pub max_claims_per_beneficiary: Option<i64>,
    pub target: Option<Quantity>,
    pub tariffs: Vec<Tariff>,
}

/// What one unit of the quantity is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Basis {
    /// A person, once.
    Person,
    /// A claim; a person may have several.
    Claim,
    /// Something else: a night, a tonne, a point.
    #[default]
    Unit,
}

/// How quantities of several periods become one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Accumulation {
    /// They add up.
    #[default]
    Sum,
    /// The latest replaces the others: rates, scores, differences.
    Latest,
}

/// A price and the conditions of its metric.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tariff {
    /// Who pays by this tariff; everybody without one of their own if absent.
    pub payer: Option<String>,
    pub price: Price,
    pub metric_cap: Option<i64>,
    pub gate: Option<Gate>,
    /// First and last day of periods it is for; a period belongs where it begins.
    pub valid_from: Option<String>,
    pub valid_to: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Price {
    UnitPrice { price: i64 },
    Tiered { tiers: Vec<Tier> },
    Step { steps: Vec<Stair> },
    Binary { threshold: Quantity, amount: i64 },
    Linear { floor: Quantity, floor_amount: i64, ceiling: Quantity, ceiling_amount: i64 },
    ControlBands { base: i64, bands: Vec<Band> },
    Fixed { amount: i64 },
}

/// Units up to a number, each at a price; the last tier has no end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tier {
    pub up_to: Option<Quantity>,
    pub price: i64,
}

/// An amount for reaching a threshold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stair {
    pub threshold: Quantity,
    pub amount: i64,
}

/// A band of differences to a control group, in percent: from (included) to (excluded).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Band {
    pub from: Quantity,
    pub to: Option<Quantity>,
    /// Share of the base at the band's start.
    pub share: i64,
    /// Share at the band's end; grows in a straight line. The same as at the start if absent.
    pub share_to: Option<i64>,
}

/// What has to be reached before anything is paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    pub threshold: Threshold,
    /// Not met, it closes all metrics, not only its own.
    pub closes_all: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Threshold {
    Value(Quantity),
    /// Share of the metric's target.
    OfTarget(i64),
}

/// A rule over several metrics; over all of them if none is named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rule {
    PerBeneficiaryCap { metrics: Vec<String>, cap: i64 },
    FamilyShareCap { metrics: Vec<String>, share: i64 },
    PeriodCap { metrics: Vec<String>, every: Every, cap: i64 },
    GateAllMetrics { metrics: Vec<String>, share_of_target: i64 },
    FixedAmount { amount: i64, due_from: Option<String> },
}

impl Rule {
    /// Metrics the rule names; empty for all.
    pub fn metrics(&self) -> &[String] {
        match self {
            Self::PerBeneficiaryCap { metrics, .. }
            | Self::FamilyShareCap { metrics, .. }
            | Self::PeriodCap { metrics, .. }
            | Self::GateAllMetrics { metrics, .. } => metrics,
            Self::FixedAmount { .. } => &[],
        }
    }

    pub fn covers(&self, metric: &str) -> bool {
        let named = self.metrics();
        named.is_empty() || named.iter().any(|code| code == metric)
    }
}

/// Length of a capped period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Every {
    Month,
    Quarter,
    Year,
}

/// Who pays for outcomes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payer {
    pub key: String,
    /// Most it will ever pay; its weight in a split by commitments.
    pub max_commitment: Option<i64>,
    /// Whose beneficiaries it pays for, in a split by territory.
    pub territory: Option<String>,
}

/// How payers share what no tariff of their own names. Their order is the order of payers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Split {
    #[default]
    ProRata,
    Priority,
    Territory,
}

/// What was accepted for a period.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    pub claim: String,
    pub from: String,
    pub to: String,
    pub lines: Vec<Line>,
    /// Everybody reached since the contract began, grouped by what each achieved; no identities.
    #[serde(default)]
    pub profiles: Vec<Profile>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub metric: String,
    pub quantity: Quantity,
    /// People counted for the first time in this metric.
    pub people: Option<i64>,
    pub territory: Option<String>,
}

/// So many people, each with these quantities.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    pub people: i64,
    pub each: Vec<Achieved>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Achieved {
    pub metric: String,
    pub quantity: Quantity,
}

/// All that a computation depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// Content hash of the version that applies.
    pub version: String,
    pub terms: Terms,
    pub outcomes: Vec<Outcome>,
    /// What earlier computations made due, by payer.
    pub earlier: Vec<Earlier>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earlier {
    pub payer: String,
    pub amount: i64,
}
