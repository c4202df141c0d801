//! How long the computation of a payment takes for a very large contract: 24 payers, 33 metrics, 200 claims, 2,000 payments.
//!
//! `cargo run --release --example payment_speed` says the figures and ends with 1 above the limit.

use payment::{
    Quantity, compute,
    terms::{
        Achieved, Earlier, Every, Gate, Input, Line, Metric, Outcome, Payer, Price, Profile, Rule, Split,
        Tariff, Terms, Threshold, Tier,
    },
};
use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

const LIMIT: Duration = Duration::from_millis(10);
const ROUNDS: usize = 200;
/// As many payers as the most on record, beside eleven other parties that the engine does not ask about.
const PAYERS: i64 = 24;
const METRICS: i64 = 33;
const CLAIMS: i64 = 200;
const PAYMENTS: i64 = 2_000;
const GROUPS: i64 = 100;

fn code(number: i64) -> String {
    format!("M{number}")
}

fn metric(number: i64) -> Metric {
    let tiers = [(Some(400), 50_000), (Some(900), 40_000), (None, 25_000)];
    let tiers = tiers.map(|(up_to, price)| Tier { up_to: up_to.map(Quantity::of), price: price + number });
    let is_tiered = number % 2 == 0;
    let gate = Gate { threshold: Threshold::OfTarget(100_000), closes_all: false };
    let tariff = Tariff {
        payer: None,
        price: if is_tiered {
            Price::Tiered { tiers: tiers.into() }
        } else {
            Price::UnitPrice { price: 30_000 }
        },
        metric_cap: Some(40_000_000),
        gate: (number % 3 == 0).then_some(gate),
        valid_from: None,
        valid_to: None,
    };
    Metric {
        code: code(number),
        target: Some(Quantity::of(1_000)),
        tariffs: vec![tariff],
        ..Metric::default()
    }
}

fn outcome(number: i64) -> Outcome {
    // Claims of two weeks, one after the other.
    let (year, month, half) = (2026 + number / 24, number % 24 / 2 + 1, number % 2);
    let (first, last) = if half == 0 { (1, 14) } else { (15, 28) };
    let line = |metric| Line {
        metric: code(metric),
        quantity: Quantity::of(1 + (number + metric) % 9),
        people: Some(1),
        territory: None,
    };
    let achieved = |place: i64, step: i64| Achieved {
        metric: code((place + step) % METRICS),
        quantity: Quantity::of(1 + place % 4),
    };
    let group = |place: i64| Profile {
        people: 1 + place % 7,
        each: (0..3).map(|step| achieved(place, step)).collect(),
    };
    Outcome {
        claim: format!("claim-{number}"),
        from: format!("{year}-{month:02}-{first:02}"),
        to: format!("{year}-{month:02}-{last:02}"),
        lines: (0..METRICS).map(line).collect(),
        profiles: (0..GROUPS).map(group).collect(),
    }
}

fn input() -> Input {
    let payer = |number| Payer {
        key: format!("payer-{number}"),
        max_commitment: Some(30_000_000 + number),
        territory: None,
    };
    let rules = vec![
        Rule::PerBeneficiaryCap { metrics: vec![code(0), code(1)], cap: 800_000 },
        Rule::PeriodCap { metrics: vec![code(4)], every: Every::Quarter, cap: 9_000_000 },
        Rule::FamilyShareCap { metrics: vec![code(2), code(3)], share: 200_000 },
        Rule::GateAllMetrics { metrics: vec![code(5)], share_of_target: 10_000 },
        Rule::FixedAmount { amount: 1_000_000, due_from: None },
    ];
    let earlier = |number| Earlier { payer: format!("payer-{}", number % PAYERS), amount: 1_000 + number };
    Input {
        version: "0".repeat(64),
        terms: Terms {
            currency: "EUR".to_owned(),
            metrics: (0..METRICS).map(metric).collect(),
            rules,
            payers: (0..PAYERS).map(payer).collect(),
            split: Split::ProRata,
            contract_cap: Some(600_000_000),
        },
        outcomes: (0..CLAIMS).map(outcome).collect(),
        earlier: (0..PAYMENTS).map(earlier).collect(),
    }
}

fn main() -> ExitCode {
    let input = input();
    let mut took = Vec::with_capacity(ROUNDS);
    let (mut steps, mut due) = (0, 0);
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let computed = compute(&input, |minor, currency| format!("{minor} {currency}"));
        took.push(began.elapsed());
        match computed {
            Ok(computed) => (steps, due) = (computed.steps.len(), computed.due),
            Err(fault) => {
                eprintln!("{fault:?}");
                return ExitCode::FAILURE;
            }
        }
    }
    took.sort_unstable();
    let of = |share: usize| took.get(ROUNDS * share / 100).copied().unwrap_or_default();
    println!(
        "{PAYERS} payers, {METRICS} metrics, {CLAIMS} claims, {PAYMENTS} payments before: {steps} steps, {due} due; \
         median {:?}, 95 % within {:?}, longest {:?}",
        of(50),
        of(95),
        took.last().copied().unwrap_or_default()
    );
    if of(95) < LIMIT { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
