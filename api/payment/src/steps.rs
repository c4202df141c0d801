//! How a computation explains itself: one line for each rule that was applied, in the order it was applied.

use super::{
    quantity::Quantity,
    terms::{Price, Threshold},
};
use serde::{Deserialize, Serialize};

/// What the numbers of a step are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    /// Millionths of the metric's unit.
    Quantity,
    /// Minor units of the contract's currency.
    Money,
}

/// A rule, what it found, what it left, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub rule: String,
    pub metric: Option<String>,
    pub payer: Option<String>,
    pub unit: Unit,
    pub before: i64,
    pub after: i64,
    pub en: String,
    pub fr: String,
}

/// Writes amounts: minor units and a currency to text.
pub type Printer = fn(i64, &str) -> String;

/// Gathers steps, or none where only amounts are wanted.
pub struct Steps {
    say: Option<Say>,
    pub list: Vec<Step>,
    pub is_too_large: bool,
}

/// Words for figures.
pub struct Say {
    pub currency: String,
    pub printer: Printer,
}

impl Say {
    pub fn money(&self, amount: i128) -> String {
        (self.printer)(i64::try_from(amount).unwrap_or(i64::MAX), &self.currency)
    }

    /// A tariff applied to a quantity, in English and French.
    pub fn tariff(&self, price: &Price, quantity: Quantity) -> (String, String) {
        let money = |amount: i64| self.money(i128::from(amount));
        match price {
            Price::UnitPrice { price } => {
                let text = format!("{quantity} × {}", money(*price));
                (format!("{text}."), format!("{text}."))
            }
            Price::Tiered { tiers } => {
                let mut from = Quantity::ZERO;
                let mut slices = Vec::new();
                for tier in tiers {
                    let to = tier.up_to.map_or(quantity, |end| end.min(quantity));
                    if to > from {
                        slices.push(format!("{} × {}", Quantity(to.0 - from.0), money(tier.price)));
                        from = to;
                    }
                }
                let sum = if slices.is_empty() { "0".to_owned() } else { slices.join(" + ") };
                (format!("Slices: {sum}."), format!("Tranches : {sum}."))
            }
            Price::Step { .. } => (
                format!("Highest step reached by {quantity}."),
                format!("Palier le plus haut atteint par {quantity}."),
            ),
            Price::Binary { threshold, amount } => (
                format!("{} once {threshold} is reached; {quantity} is.", money(*amount)),
                format!("{} dès que {threshold} est atteint ; atteint : {quantity}.", money(*amount)),
            ),
            Price::Linear { floor, floor_amount, ceiling, ceiling_amount } => {
                let (low, high) = (money(*floor_amount), money(*ceiling_amount));
                (
                    format!(
                        "In a line from {low} at {floor} to {high} at {ceiling}, nothing below; at {quantity}."
                    ),
                    format!(
                        "En ligne droite de {low} à {floor} jusqu’à {high} à {ceiling}, rien en dessous ; à {quantity}."
                    ),
                )
            }
            Price::ControlBands { base, .. } => (
                format!("Share of {} by the band of {quantity} %.", money(*base)),
                format!("Part de {} selon la tranche de {quantity} %.", money(*base)),
            ),
            Price::Fixed { amount } => {
                (format!("Fixed: {}.", money(*amount)), format!("Forfait : {}.", money(*amount)))
            }
        }
    }
}

impl Steps {
    pub const fn told(currency: String, printer: Printer) -> Self {
        Self { say: Some(Say { currency, printer }), list: Vec::new(), is_too_large: false }
    }

    pub const fn silent() -> Self {
        Self { say: None, list: Vec::new(), is_too_large: false }
    }

    pub fn money(
        &mut self,
        rule: &str,
        metric: Option<&str>,
        payer: Option<&str>,
        before: i128,
        after: i128,
        words: impl FnOnce(&Say) -> (String, String),
    ) {
        let Some(say) = &self.say else { return };
        let (Ok(before), Ok(after)) = (i64::try_from(before), i64::try_from(after)) else {
            self.is_too_large = true;
            return;
        };
        let (en, fr) = words(say);
        self.list.push(Step {
            rule: rule.to_owned(),
            metric: metric.map(str::to_owned),
            payer: payer.map(str::to_owned),
            unit: Unit::Money,
            before,
            after,
            en,
            fr,
        });
    }

    pub fn quantity(
        &mut self,
        rule: &str,
        metric: Option<&str>,
        payer: Option<&str>,
        before: Quantity,
        after: Quantity,
        words: impl FnOnce(&Say) -> (String, String),
    ) {
        let Some(say) = &self.say else { return };
        let (en, fr) = words(say);
        self.list.push(Step {
            rule: rule.to_owned(),
            metric: metric.map(str::to_owned),
            payer: payer.map(str::to_owned),
            unit: Unit::Quantity,
            before: before.0,
            after: after.0,
            en,
            fr,
        });
    }

    pub fn gate(
        &mut self,
        metric: &str,
        reached: Quantity,
        is_met: bool,
        threshold: &Threshold,
        target: Option<Quantity>,
    ) {
        let after = if is_met { reached } else { Quantity::ZERO };
        self.quantity("GATE", Some(metric), None, reached, after, |_| {
            let wanted = match threshold {
                Threshold::Value(value) => value.to_string(),
                Threshold::OfTarget(share) => {
                    let percent = Quantity(share.saturating_mul(100));
                    format!("{percent} % × {}", target.unwrap_or_default())
                }
            };
            let (en, fr) = if is_met { ("met", "atteint") } else { ("not met", "non atteint") };
            (
                format!("Gate: at least {wanted}; {reached} is {en}."),
                format!("Seuil : au moins {wanted} ; {reached} : {fr}."),
            )
        });
    }
}
