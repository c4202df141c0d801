//! Whether the money part of a contract makes sense: bands, tiers, caps and names, each fault with its path. Pure.

#[cfg(test)]
mod tests;

use payment::terms::{Band, Metric, Price, Rule, Split, Stair, Tariff, Terms, Threshold, Tier};
use payment::{Quantity, quantity::ONE};
use std::collections::BTreeSet;

/// What is wrong with an element of the terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wrong {
    /// A code is used twice.
    Taken,
    /// A code, payer or territory that is not there.
    Unknown,
    /// A list that needs elements has none.
    Empty,
    /// A number below what it can be.
    OutOfRange,
    /// A band begins before the one before it ends.
    Overlaps,
    /// A tier, step or line does not rise.
    Descends,
    /// A cap, gate or share that can never play its part.
    CannotBeMet,
    /// Commitments of the payers do not reach the cap of the contract (BR-7).
    Unfunded,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub wrong: Wrong,
    pub path: Vec<String>,
    pub message: String,
}

/// All faults of these terms; none means a contract can be computed by them.
pub fn faults(terms: &Terms, accepts_unfunded: bool) -> Vec<Fault> {
    let mut found = Found { faults: Vec::new() };
    unique(&mut found, terms.metrics.iter().map(|metric| metric.code.as_str()), "metrics", "code");
    unique(&mut found, terms.payers.iter().map(|payer| payer.key.as_str()), "payers", "partyId");
    for (place, metric) in terms.metrics.iter().enumerate() {
        check_metric(&mut found, terms, metric, &["metrics".into(), place.to_string()]);
    }
    for (place, rule) in terms.rules.iter().enumerate() {
        check_rule(&mut found, terms, rule, place);
    }
    check_payers(&mut found, terms, accepts_unfunded);
    found.faults
}

struct Found {
    faults: Vec<Fault>,
}

impl Found {
    fn add(&mut self, wrong: Wrong, base: &[String], rest: &[&str], message: impl Into<String>) {
        let path = base.iter().cloned().chain(rest.iter().map(|&step| step.to_owned())).collect();
        self.faults.push(Fault { wrong, path, message: message.into() });
    }

    fn positive(&mut self, amount: i64, base: &[String], field: &str) {
        if amount < 0 {
            self.add(Wrong::OutOfRange, base, &[field], "An amount may not be below zero.");
        }
    }
}

fn unique<'a>(found: &mut Found, codes: impl Iterator<Item = &'a str>, list: &str, field: &str) {
    let mut seen = BTreeSet::new();
    for (place, code) in codes.enumerate() {
        if !seen.insert(code) {
            let message = format!("`{code}` is used twice.");
            found.add(Wrong::Taken, &[list.into(), place.to_string()], &[field], message);
        }
    }
}

fn check_metric(found: &mut Found, terms: &Terms, metric: &Metric, base: &[String]) {
    if metric.tariffs.is_empty() {
        found.add(Wrong::Empty, base, &["tariffs"], "A metric needs a tariff.");
    }
    if metric.max_claims_per_beneficiary.is_some_and(|most| most < 1) {
        found.add(Wrong::OutOfRange, base, &["maxClaimsPerBeneficiary"], "At least one claim, please.");
    }
    for (place, tariff) in metric.tariffs.iter().enumerate() {
        let mut path = base.to_vec();
        path.extend(["tariffs".to_owned(), place.to_string()]);
        check_tariff(found, terms, metric, tariff, &path);
        let clash =
            metric.tariffs.iter().take(place).any(|other| other.payer == tariff.payer && meet(other, tariff));
        if clash {
            let message = "Another tariff of this metric and payer is valid on the same days.";
            found.add(Wrong::Overlaps, &path, &["validFrom"], message);
        }
    }
}

fn meet(one: &Tariff, other: &Tariff) -> bool {
    let starts_in_time = |a: &Tariff, b: &Tariff| match (&a.valid_from, &b.valid_to) {
        (Some(from), Some(to)) => from <= to,
        _ => true,
    };
    starts_in_time(one, other) && starts_in_time(other, one)
}

fn check_tariff(found: &mut Found, terms: &Terms, metric: &Metric, tariff: &Tariff, path: &[String]) {
    if let (Some(from), Some(to)) = (&tariff.valid_from, &tariff.valid_to)
        && to < from
    {
        found.add(Wrong::Descends, path, &["validTo"], "The last day comes before the first.");
    }
    if let Some(payer) = &tariff.payer
        && !terms.payers.iter().any(|known| known.key == *payer)
    {
        found.add(Wrong::Unknown, path, &["payerId"], "No payer of this contract.");
    }
    let least = check_price(found, &tariff.price, path);
    if let Some(cap) = tariff.metric_cap {
        found.positive(cap, path, "metricCap");
        if least.is_some_and(|least| cap < least) {
            let message =
                "The cap is below the smallest amount of the tariff: nothing could be paid in full.";
            found.add(Wrong::CannotBeMet, path, &["metricCap"], message);
        }
        if terms.contract_cap.is_some_and(|most| cap > most) {
            let message =
                "The cap of the metric lies above the cap of the contract and could never be reached.";
            found.add(Wrong::CannotBeMet, path, &["metricCap"], message);
        }
    }
    if let Some(gate) = &tariff.gate {
        match gate.threshold {
            Threshold::OfTarget(_) if metric.target.is_none() => {
                let message = "A share of the target needs a target.";
                found.add(Wrong::Unknown, path, &["gate", "percentOfTarget"], message);
            }
            Threshold::OfTarget(share) if share < 0 => {
                found.add(Wrong::OutOfRange, path, &["gate", "percentOfTarget"], "Not below zero, please.");
            }
            Threshold::Value(value) if ends(&tariff.price).is_some_and(|end| value > end) => {
                let message = "The gate lies above all that the tariff pays for.";
                found.add(Wrong::CannotBeMet, path, &["gate", "value"], message);
            }
            _ => {}
        }
    }
}

fn below(path: &[String], rest: &[&str]) -> Vec<String> {
    path.iter().cloned().chain(rest.iter().map(|&step| step.to_owned())).collect()
}

/// Largest quantity that still changes the amount, if there is one.
fn ends(price: &Price) -> Option<Quantity> {
    match price {
        Price::Tiered { tiers } => tiers.last().and_then(|tier| tier.up_to),
        _ => None,
    }
}

/// Smallest amount above zero that a tariff pays, if that can be said.
fn check_price(found: &mut Found, price: &Price, path: &[String]) -> Option<i64> {
    let at = |list: &str, place: usize| {
        let mut longer = path.to_vec();
        longer.push("price".to_owned());
        if list == "bands" {
            longer.push("controlBands".to_owned());
        }
        longer.extend([list.to_owned(), place.to_string()]);
        longer
    };
    match price {
        Price::UnitPrice { price } => {
            found.positive(*price, &below(path, &["price"]), "unitPrice");
            Some(*price)
        }
        Price::Fixed { amount } => {
            found.positive(*amount, &below(path, &["price"]), "fixed");
            Some(*amount)
        }
        Price::Binary { amount, .. } => {
            found.positive(*amount, &below(path, &["price", "binary"]), "amount");
            Some(*amount)
        }
        Price::Tiered { tiers } => {
            check_tiers(found, tiers, path, &at);
            tiers.first().map(|tier| tier.price)
        }
        Price::Step { steps } => {
            check_steps(found, steps, path, &at);
            steps.first().map(|step| step.amount)
        }
        Price::Linear { floor, floor_amount, ceiling, ceiling_amount } => {
            let path = &below(path, &["price", "linear"]);
            found.positive(*floor_amount, path, "floorAmount");
            if ceiling <= floor {
                found.add(Wrong::Descends, path, &["ceiling"], "The ceiling has to lie above the floor.");
            }
            if ceiling_amount < floor_amount {
                found.add(Wrong::Descends, path, &["ceilingAmount"], "More outcomes may not pay less.");
            }
            None
        }
        Price::ControlBands { base, bands } => {
            found.positive(*base, &below(path, &["price", "controlBands"]), "baseAmount");
            check_bands(found, bands, path, &at);
            None
        }
    }
}

fn check_tiers(found: &mut Found, tiers: &[Tier], path: &[String], at: &dyn Fn(&str, usize) -> Vec<String>) {
    if tiers.is_empty() {
        found.add(Wrong::Empty, path, &["price", "tiers"], "At least one tier, please.");
    }
    let mut before: Option<Quantity> = Some(Quantity::ZERO);
    for (place, tier) in tiers.iter().enumerate() {
        found.positive(tier.price, &at("tiers", place), "price");
        match (before, tier.up_to) {
            (None, _) => {
                let message = "The tier before this one has no end: nothing is left for this one.";
                found.add(Wrong::Descends, &at("tiers", place), &["upTo"], message);
            }
            (Some(before), Some(up_to)) if up_to <= before => {
                let message = format!("A tier has to end above {before}, where the one before it ends.");
                found.add(Wrong::Descends, &at("tiers", place), &["upTo"], message);
            }
            _ => {}
        }
        before = tier.up_to;
    }
}

fn check_steps(found: &mut Found, steps: &[Stair], path: &[String], at: &dyn Fn(&str, usize) -> Vec<String>) {
    if steps.is_empty() {
        found.add(Wrong::Empty, path, &["price", "steps"], "At least one step, please.");
    }
    for (place, (step, next)) in steps.iter().zip(steps.iter().skip(1)).enumerate() {
        if next.threshold <= step.threshold {
            found.add(Wrong::Descends, &at("steps", place + 1), &["threshold"], "Thresholds have to rise.");
        }
        if next.amount < step.amount {
            found.add(
                Wrong::Descends,
                &at("steps", place + 1),
                &["amount"],
                "More outcomes may not pay less.",
            );
        }
    }
    for (place, step) in steps.iter().enumerate() {
        found.positive(step.amount, &at("steps", place), "amount");
    }
}

fn check_bands(found: &mut Found, bands: &[Band], path: &[String], at: &dyn Fn(&str, usize) -> Vec<String>) {
    if bands.is_empty() {
        found.add(Wrong::Empty, path, &["price", "controlBands", "bands"], "At least one band, please.");
    }
    for (place, band) in bands.iter().enumerate() {
        if band.to.is_some_and(|to| to <= band.from) {
            found.add(
                Wrong::Descends,
                &at("bands", place),
                &["to"],
                "A band has to end above its beginning.",
            );
        }
        if band.share < 0 || band.share_to.is_some_and(|share| share < 0) {
            found.add(
                Wrong::OutOfRange,
                &at("bands", place),
                &["sharePercent"],
                "A share may not be below zero.",
            );
        }
    }
    for (place, (band, next)) in bands.iter().zip(bands.iter().skip(1)).enumerate() {
        if band.to.is_none_or(|to| next.from < to) {
            let message = "This band begins before the one before it ends.";
            found.add(Wrong::Overlaps, &at("bands", place + 1), &["from"], message);
        }
        if next.share < band.share_to.unwrap_or(band.share) {
            let message = "More outcomes may not pay less.";
            found.add(Wrong::Descends, &at("bands", place + 1), &["sharePercent"], message);
        }
    }
}

fn check_rule(found: &mut Found, terms: &Terms, rule: &Rule, place: usize) {
    let path = ["rules".to_owned(), place.to_string()];
    for (position, code) in rule.metrics().iter().enumerate() {
        if !terms.metrics.iter().any(|metric| metric.code == *code) {
            let position = position.to_string();
            found.add(
                Wrong::Unknown,
                &path,
                &["metrics", &position],
                format!("There is no metric `{code}`."),
            );
        }
    }
    let covered = || terms.metrics.iter().filter(|metric| rule.covers(&metric.code));
    match rule {
        Rule::PerBeneficiaryCap { cap, .. } => {
            let dearest =
                covered().flat_map(|metric| &metric.tariffs).filter_map(|tariff| match tariff.price {
                    Price::UnitPrice { price } => Some(price),
                    _ => None,
                });
            if dearest.max().is_some_and(|price| *cap < price) {
                let message =
                    "The cap is below the price of one outcome: that outcome could never be paid in full.";
                found.add(Wrong::CannotBeMet, &path, &["amount"], message);
            }
        }
        Rule::FamilyShareCap { metrics, share } => {
            if !(0..=ONE).contains(share) {
                found.add(Wrong::OutOfRange, &path, &["percent"], "Between 0 and 100, please.");
            }
            if metrics.is_empty() || covered().count() == terms.metrics.len() && *share < ONE {
                let message = "A family of all metrics would be a share of itself: nothing could be paid.";
                found.add(Wrong::CannotBeMet, &path, &["metrics"], message);
            }
            let in_another = terms.rules.iter().take(place).any(|other| {
                matches!(other, Rule::FamilyShareCap { .. }) && metrics.iter().any(|code| other.covers(code))
            });
            if in_another {
                found.add(Wrong::Overlaps, &path, &["metrics"], "A metric belongs to one family only.");
            }
        }
        Rule::PeriodCap { cap, .. } => {
            if *cap <= 0 {
                found.add(Wrong::OutOfRange, &path, &["amount"], "Above zero, please.");
            }
            if terms.contract_cap.is_some_and(|most| *cap > most) {
                let message =
                    "The cap of a period lies above the cap of the contract and could never be reached.";
                found.add(Wrong::CannotBeMet, &path, &["amount"], message);
            }
        }
        Rule::GateAllMetrics { share_of_target, .. } => {
            if *share_of_target < 0 {
                found.add(Wrong::OutOfRange, &path, &["percent"], "Not below zero, please.");
            }
            for metric in covered().filter(|metric| metric.target.is_none()) {
                let message = format!("Metric `{}` has no target to take a share of.", metric.code);
                found.add(Wrong::Unknown, &path, &["percent"], message);
            }
        }
        Rule::FixedAmount { amount, .. } => {
            found.positive(*amount, &path, "amount");
            if terms.contract_cap.is_some_and(|most| *amount > most) {
                let message = "The fixed part lies above the cap of the contract.";
                found.add(Wrong::CannotBeMet, &path, &["amount"], message);
            }
        }
    }
}

fn check_payers(found: &mut Found, terms: &Terms, accepts_unfunded: bool) {
    for (place, payer) in terms.payers.iter().enumerate() {
        let path = ["payers".to_owned(), place.to_string()];
        if payer.max_commitment.is_some_and(|most| most < 0) {
            found.add(Wrong::OutOfRange, &path, &["maxCommitment"], "An amount may not be below zero.");
        }
    }
    if terms.split == Split::Territory && terms.payers.iter().all(|payer| payer.territory.is_none()) {
        let message = "A split by territory needs a payer with a territory.";
        found.add(Wrong::Unknown, &[], &["split"], message);
    }
    let committed: Option<i128> = terms.payers.iter().map(|payer| payer.max_commitment.map(i128::from)).sum();
    if let (Some(cap), Some(committed)) = (terms.contract_cap, committed)
        && committed < i128::from(cap)
        && !accepts_unfunded
    {
        let message = "Commitments of the payers do not reach the cap; raise them, lower it, or accept the unfunded amount.";
        found.add(Wrong::Unfunded, &[], &["contractCap"], message);
    }
}

/// Part of the cap that no commitment reaches, in minor units (BR-7).
pub fn unfunded(terms: &Terms) -> i64 {
    let committed: Option<i64> = terms.payers.iter().map(|payer| payer.max_commitment).sum();
    match (terms.contract_cap, committed) {
        (Some(cap), Some(committed)) => cap.saturating_sub(committed).max(0),
        _ => 0,
    }
}
