//! Computations of what is due, as the API shows them, line by line.

use crate::face::{Door, UnchangingViewerPermissions};
use async_graphql::{Context, ID, Object, SimpleObject};
use entity::contracts::payment_computation;
use gql::scalars::{DateTime, Decimal, Money};
use payment::{self, Quantity, Unit};

/// What a final claim makes due; it never changes.
#[derive(Clone)]
pub struct PaymentComputation(pub payment_computation::Model);

impl From<payment_computation::Model> for PaymentComputation {
    fn from(row: payment_computation::Model) -> Self {
        Self(row)
    }
}

/// One rule that was applied: what it found, what it left, and why.
#[derive(Clone, Debug, SimpleObject)]
pub struct ComputationStep {
    /// Rule, in the order of application: `ACCEPTED`, `GATE`, `TARIFF`, `PER_BENEFICIARY_CAP`, `METRIC_CAP`, `PERIOD_CAP`, `FAMILY_SHARE_CAP`, `FIXED_AMOUNT`, `SPLIT`, `CONTRACT_CAP`, `EARLIER`.
    pub rule: String,
    /// Code of the metric it concerns.
    pub metric: Option<String>,
    /// Party it concerns.
    pub payer_id: Option<ID>,
    /// Quantity or amount before.
    pub before: Decimal,
    /// Quantity or amount after.
    pub after: Decimal,
    /// Whether the two are amounts of money; quantities otherwise.
    pub is_money: bool,
    /// Why, in French.
    pub explanation_fr: String,
    /// Why, in English.
    pub explanation: String,
}

/// What one payer owes.
#[derive(Clone, Debug, SimpleObject)]
pub struct PayerAmount {
    /// Party that pays.
    pub party_id: ID,
    /// Owed since the start of the contract.
    pub cumulative: Money,
    /// Made due by earlier computations.
    pub earlier: Money,
    /// Due now.
    pub due: Money,
    /// Made due earlier beyond what is owed; taken off what comes next.
    pub credit: Money,
}

/// What one metric came to.
#[derive(Clone, Debug, SimpleObject)]
pub struct MetricAmount {
    /// Code of the metric.
    pub metric: String,
    /// Counted quantity since the start of the contract.
    pub quantity: Decimal,
    /// Amount after all caps of metrics, before the split.
    pub amount: Money,
}

/// Result of the engine as the API shows it.
#[derive(Clone, Debug, SimpleObject)]
pub struct ComputedAmounts {
    /// Steps in the order of application; they reproduce the total by hand. At most 2,000.
    pub steps: Vec<ComputationStep>,
    /// Amounts by payer; at most 100.
    pub payers: Vec<PayerAmount>,
    /// Amounts by metric; at most 50.
    pub metrics: Vec<MetricAmount>,
    /// Owed since the start of the contract, by all payers.
    pub cumulative: Money,
    /// Due now, by all payers.
    pub due: Money,
    /// Credits of all payers.
    pub credit: Money,
    /// Earned, but beyond every commitment.
    pub unfunded: Money,
    /// Version of the engine's rules.
    pub engine: String,
    /// SHA-256 of everything it depends on; the same inputs give the same hash.
    pub input_hash: String,
}

/// Amount without its currency, as `before` and `after` of a step are.
pub fn show(computed: payment::Computation, currency: &str) -> ComputedAmounts {
    let money = |minor: i64| Money::from_minor(minor, currency);
    let step = |step: payment::Step| {
        let number = |value: i64| match step.unit {
            Unit::Quantity => Decimal(Quantity(value).to_string()),
            Unit::Money => money(value).amount,
        };
        ComputationStep {
            before: number(step.before),
            after: number(step.after),
            is_money: step.unit == Unit::Money,
            rule: step.rule,
            metric: step.metric,
            payer_id: step.payer.map(ID),
            explanation_fr: step.fr,
            explanation: step.en,
        }
    };
    ComputedAmounts {
        steps: computed.steps.into_iter().map(step).collect(),
        payers: computed
            .payers
            .into_iter()
            .map(|payer| PayerAmount {
                party_id: ID(payer.payer),
                cumulative: money(payer.cumulative),
                earlier: money(payer.earlier),
                due: money(payer.due),
                credit: money(payer.credit),
            })
            .collect(),
        metrics: computed
            .metrics
            .into_iter()
            .map(|metric| MetricAmount {
                metric: metric.metric,
                quantity: Decimal(metric.quantity.to_string()),
                amount: money(metric.amount),
            })
            .collect(),
        cumulative: money(computed.cumulative),
        due: money(computed.due),
        credit: money(computed.credit),
        unfunded: money(computed.unfunded),
        engine: computed.engine,
        input_hash: computed.input_hash,
    }
}

/// Writes amounts for explanations.
pub fn print(minor: i64, currency: &str) -> String {
    format!("{} {currency}", Money::from_minor(minor, currency).amount.0)
}

/// Currency within a stored result.
fn currency_of(row: &payment_computation::Model) -> String {
    row.result.get("currency").and_then(serde_json::Value::as_str).unwrap_or("EUR").to_owned()
}

/// What a final claim makes due; it never changes.
#[Object]
impl PaymentComputation {
    /// Id, `pcp_…`.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Claim that became final.
    async fn claim_id(&self) -> ID {
        self.0.claim_id.to_string().into()
    }

    /// Version of the contract that applied.
    async fn version_id(&self) -> ID {
        self.0.version_id.to_string().into()
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at.0)
    }

    /// What came out, step by step; `null` only if it was made by an engine of another form.
    async fn result(&self) -> Option<ComputedAmounts> {
        let computed: payment::Computation = serde_json::from_value(self.0.result.clone()).ok()?;
        Some(show(computed, &currency_of(&self.0)))
    }

    /// What the viewer may do to it: nothing, as computations never change.
    async fn viewer_permissions(&self, ctx: &Context<'_>) -> UnchangingViewerPermissions {
        UnchangingViewerPermissions::never(ctx.store().viewer())
    }
}
