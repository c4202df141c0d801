//! Laws that hold for every contract, tried on thousands of random ones.

#![expect(clippy::inconsistent_digit_grouping, reason = "amounts are grouped as units and cents")]

use super::{
    Fault,
    quantity::{ONE, Quantity},
    terms::*,
    *,
};

/// Random contracts per law.
const ROUNDS: u64 = 3_000;

/// A small generator, so that a failing contract comes back with its seed.
pub struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03)
    }

    fn below(&mut self, most: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        i64::try_from(self.0 >> 1).unwrap() % most
    }

    fn one_in(&mut self, most: i64) -> bool {
        self.below(most) == 0
    }

    fn maybe<T>(&mut self, each: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.one_in(2).then(|| each(self))
    }
}

fn print(minor: i64, currency: &str) -> String {
    format!("{minor} {currency}")
}

fn price(dice: &mut Dice) -> Price {
    match dice.below(7) {
        0 | 1 => Price::UnitPrice { price: dice.below(10_000_00) },
        2 => {
            let mut up_to = 0;
            let mut tiers: Vec<Tier> = (0..dice.below(3))
                .map(|_| {
                    up_to += 1 + dice.below(40);
                    Tier { up_to: Some(Quantity::of(up_to)), price: dice.below(5_000_00) }
                })
                .collect();
            tiers.push(Tier { up_to: None, price: dice.below(5_000_00) });
            Price::Tiered { tiers }
        }
        3 => {
            let (mut threshold, mut amount) = (0, 0);
            let steps = (0..=dice.below(4)).map(|_| {
                threshold += 1 + dice.below(20);
                amount += dice.below(90_000_00);
                Stair { threshold: Quantity::of(threshold), amount }
            });
            Price::Step { steps: steps.collect() }
        }
        4 => Price::Binary { threshold: Quantity::of(dice.below(60)), amount: dice.below(200_000_00) },
        5 => {
            let (floor, low) = (dice.below(30), dice.below(20_000_00));
            Price::Linear {
                floor: Quantity::of(floor),
                floor_amount: low,
                ceiling: Quantity::of(floor + 1 + dice.below(60)),
                ceiling_amount: low + dice.below(300_000_00),
            }
        }
        _ => {
            let mut from = 0;
            let mut share = dice.below(ONE);
            let bands = (0..=dice.below(3)).map(|_| {
                let start = from;
                from += 1 + dice.below(40);
                let low = share;
                share += dice.below(200_000);
                Band {
                    from: Quantity::of(start),
                    to: Some(Quantity::of(from)),
                    share: low,
                    share_to: Some(share),
                }
            });
            let bands = bands.collect();
            Price::ControlBands { base: dice.below(900_000_00), bands }
        }
    }
}

/// A contract; `is_tame` leaves out what makes more pay less.
///
/// Gates and family caps do so by intent. Besides, an amount that has no payer left may crowd out one that has: a cap
/// over several metrics beside tariffs of single payers, or territories without a payer behind them.
fn contract(dice: &mut Dice, is_tame: bool) -> Terms {
    let split = [Split::ProRata, Split::Priority, Split::Territory][usize::try_from(dice.below(3)).unwrap()];
    let is_local = split == Split::Territory;
    let is_capped_across = dice.one_in(2);
    let payers: Vec<Payer> = (0..=dice.below(4))
        .map(|place| Payer {
            key: format!("payer{place}"),
            max_commitment: dice
                .maybe(|dice| dice.below(400_000_00))
                .filter(|_| !(is_tame && is_local && place == 0)),
            territory: (place > 0).then(|| format!("T{place}")),
        })
        .collect();
    let metrics: Vec<Metric> = (0..=dice.below(4))
        .map(|place| {
            let tariff = |dice: &mut Dice, payer| Tariff {
                payer,
                price: price(dice),
                metric_cap: if dice.one_in(3) { Some(dice.below(200_000_00)) } else { None },
                gate: (!is_tame && dice.one_in(4)).then(|| Gate {
                    threshold: if dice.one_in(2) {
                        Threshold::Value(Quantity::of(dice.below(40)))
                    } else {
                        Threshold::OfTarget(dice.below(ONE))
                    },
                    closes_all: dice.one_in(3),
                }),
                valid_from: None,
                valid_to: None,
            };
            let mut tariffs = vec![tariff(dice, None)];
            if dice.one_in(3) && !(is_tame && (is_local || is_capped_across)) {
                tariffs.push(tariff(dice, Some(payers[0].key.clone())));
            }
            Metric {
                code: format!("m{place}"),
                basis: [Basis::Person, Basis::Claim, Basis::Unit][usize::try_from(dice.below(3)).unwrap()],
                accumulation: Accumulation::Sum,
                max_claims_per_beneficiary: dice.maybe(|dice| 1 + dice.below(3)),
                target: Some(Quantity::of(1 + dice.below(60))),
                tariffs,
            }
        })
        .collect();
    let mut rules = Vec::new();
    if is_capped_across && dice.one_in(3) {
        rules.push(Rule::PerBeneficiaryCap { metrics: vec!["m0".into()], cap: dice.below(9_000_00) });
    }
    if !is_tame && dice.one_in(3) {
        rules.push(Rule::FamilyShareCap { metrics: vec!["m1".into()], share: dice.below(ONE) });
    }
    if !is_tame && dice.one_in(4) {
        rules.push(Rule::GateAllMetrics { metrics: vec![], share_of_target: dice.below(500_000) });
    }
    if is_capped_across && dice.one_in(3) {
        rules.push(Rule::PeriodCap { metrics: vec![], every: Every::Year, cap: 1 + dice.below(150_000_00) });
    }
    if dice.one_in(4) {
        rules.push(Rule::FixedAmount { amount: dice.below(50_000_00), due_from: None });
    }
    // A rule that names a metric the contract lacks covers nothing.
    rules.retain(|rule| rule.metrics().iter().all(|code| metrics.iter().any(|metric| metric.code == *code)));
    Terms {
        currency: "EUR".into(),
        metrics,
        rules,
        payers,
        split,
        contract_cap: dice.maybe(|dice| dice.below(600_000_00)),
    }
}

fn outcomes(dice: &mut Dice, terms: &Terms, with_corrections: bool) -> Vec<Outcome> {
    (0..=dice.below(4))
        .map(|place| {
            let year = 2024 + place / 2;
            let lines = terms
                .metrics
                .iter()
                .filter_map(|metric| {
                    if dice.one_in(4) {
                        return None;
                    }
                    let people = dice.below(30);
                    let quantity = people + dice.below(20);
                    let sign = if with_corrections && place > 0 && dice.one_in(5) { -1 } else { 1 };
                    Some(Line {
                        metric: metric.code.clone(),
                        quantity: Quantity::of(sign * quantity),
                        people: Some(sign * people),
                        territory: Some(format!("T{}", place % 3)),
                    })
                })
                .collect();
            Outcome {
                claim: format!("claim{place}"),
                from: format!("{year}-01-01"),
                to: format!("{year}-12-31"),
                lines,
                profiles: Vec::new(),
            }
        })
        .collect()
}

fn input(terms: Terms, outcomes: Vec<Outcome>) -> Input {
    Input { version: "v".into(), terms, outcomes, earlier: Vec::new() }
}

fn pay(input: &Input) -> Computation {
    compute(input, print).unwrap()
}

/// Runs a law on random contracts and names the seed that breaks it.
fn law(name: &str, is_tame: bool, check: impl Fn(&mut Dice, &Input)) {
    for seed in 1..=ROUNDS {
        let mut dice = Dice::new(seed);
        let terms = contract(&mut dice, is_tame);
        let reached = outcomes(&mut dice, &terms, !is_tame);
        let input = input(terms, reached);
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(&mut dice, &input)));
        if let Err(cause) = outcome {
            eprintln!("law `{name}`, seed {seed}: {input:#?}");
            std::panic::resume_unwind(cause);
        }
    }
}

#[test]
fn the_sum_of_the_parts_is_the_whole() {
    law("parts", false, |_, input| {
        let paid = pay(input);
        assert_eq!(paid.payers.iter().map(|payer| payer.cumulative).sum::<i64>(), paid.cumulative);
        assert_eq!(paid.payers.iter().map(|payer| payer.due).sum::<i64>(), paid.due);
        for payer in &paid.payers {
            assert_eq!(payer.due - payer.credit, payer.cumulative - payer.earlier);
        }
        let fixed: i64 = paid
            .steps
            .iter()
            .filter(|step| step.rule == "FIXED_AMOUNT")
            .map(|step| step.after - step.before)
            .sum();
        let gross = paid.metrics.iter().map(|metric| metric.amount).sum::<i64>() + fixed;
        let cut: i64 = paid
            .steps
            .iter()
            .filter(|step| step.rule == "CONTRACT_CAP")
            .map(|step| step.before - step.after)
            .sum();
        assert_eq!(gross, paid.cumulative + paid.unfunded + cut, "what is earned is paid, unfunded or cut");
    });
}

#[test]
fn no_cap_is_ever_exceeded() {
    law("caps", false, |_, input| {
        let paid = pay(input);
        let terms = &input.terms;
        assert!(terms.contract_cap.is_none_or(|cap| paid.cumulative <= cap));
        for payer in &paid.payers {
            let known = terms.payers.iter().find(|known| known.key == payer.payer).unwrap();
            assert!(known.max_commitment.is_none_or(|most| payer.cumulative <= most));
            assert!(payer.due >= 0 && payer.credit >= 0 && payer.cumulative >= 0);
        }
        let of = |code: &str| paid.metrics.iter().find(|metric| metric.metric == code).unwrap().amount;
        for metric in &terms.metrics {
            let caps: Option<i64> = metric.tariffs.iter().map(|tariff| tariff.metric_cap).sum();
            assert!(caps.is_none_or(|most| of(&metric.code) <= most));
        }
        for rule in &terms.rules {
            let covered = || paid.metrics.iter().filter(|metric| rule.covers(&metric.metric));
            let sum: i64 = covered().map(|metric| metric.amount).sum();
            match rule {
                Rule::FamilyShareCap { share, .. } => {
                    let all: i64 = paid.metrics.iter().map(|metric| metric.amount).sum();
                    assert!(i128::from(sum) * i128::from(ONE) <= i128::from(all) * i128::from(*share));
                }
                Rule::PerBeneficiaryCap { cap, .. } => {
                    let lines = input.outcomes.iter().flat_map(|outcome| &outcome.lines);
                    let people: i64 =
                        lines.filter(|line| rule.covers(&line.metric)).filter_map(|line| line.people).sum();
                    assert!(sum <= cap * people.max(0) || sum == 0);
                }
                Rule::PeriodCap { cap, .. } => {
                    let years: std::collections::BTreeSet<_> =
                        input.outcomes.iter().map(|outcome| outcome.from[..4].to_owned()).collect();
                    assert!(sum <= cap * i64::try_from(years.len()).unwrap());
                }
                Rule::GateAllMetrics { .. } | Rule::FixedAmount { .. } => {}
            }
        }
    });
}

#[test]
fn more_accepted_outcomes_never_pay_less() {
    law("more", true, |dice, input| {
        let before = pay(input).cumulative;
        let mut more = input.clone();
        for outcome in &mut more.outcomes {
            for line in &mut outcome.lines {
                let extra = dice.below(10);
                line.quantity = line.quantity.plus(Quantity::of(extra));
                line.people = line.people.map(|people| people + extra);
            }
        }
        assert!(pay(&more).cumulative >= before);
    });
}

#[test]
fn the_order_of_claims_plays_no_part() {
    law("order", false, |dice, input| {
        let mut shuffled = input.clone();
        for place in (1..shuffled.outcomes.len()).rev() {
            let other = usize::try_from(dice.below(i64::try_from(place).unwrap() + 1)).unwrap();
            shuffled.outcomes.swap(place, other);
        }
        assert_eq!(pay(input), pay(&shuffled));
    });
}

#[test]
fn the_same_inputs_give_the_same_hash_and_others_another() {
    law("hash", false, |_, input| {
        assert_eq!(hash(input), hash(&input.clone()));
        let mut other = input.clone();
        other.terms.contract_cap = Some(other.terms.contract_cap.map_or(1, |cap| cap + 1));
        assert_ne!(hash(input), hash(&other));
        let mut renamed = input.clone();
        renamed.version = "w".into();
        assert_ne!(hash(input), hash(&renamed));
    });
}

fn after(input: &Input, paid: &Computation) -> Input {
    let mut next = input.clone();
    next.earlier
        .extend(paid.payers.iter().map(|payer| Earlier { payer: payer.payer.clone(), amount: payer.due }));
    next
}

#[test]
fn computing_twice_is_the_same_as_once() {
    law("twice", false, |_, input| {
        let once = pay(input);
        let twice = pay(&after(input, &once));
        assert_eq!((twice.due, twice.cumulative), (0, once.cumulative));
        assert_eq!(twice.credit, 0);
    });
}

#[test]
fn claim_by_claim_comes_to_the_same_as_all_at_once() {
    law("netting", false, |_, input| {
        let mut known = Input { outcomes: Vec::new(), ..input.clone() };
        for outcome in &input.outcomes {
            known.outcomes.push(outcome.clone());
            let paid = pay(&known);
            known = after(&known, &paid);
        }
        let whole = pay(input);
        let last = pay(&known);
        assert_eq!(last.cumulative, whole.cumulative);
        assert_eq!(last.due, 0, "all that is owed was made due");
        assert_eq!(last.earlier - last.credit, whole.cumulative, "what is too much is carried");
    });
}

#[test]
fn the_steps_reproduce_the_total_by_hand() {
    law("steps", false, |_, input| {
        let paid = pay(input);
        let due: i64 = paid.steps.iter().filter(|step| step.rule == "EARLIER").map(|step| step.after).sum();
        assert_eq!(due, paid.due);
        let shared: i64 = paid.steps.iter().filter(|step| step.rule == "SPLIT").map(|step| step.after).sum();
        let cap = paid.steps.iter().find(|step| step.rule == "CONTRACT_CAP");
        assert_eq!(cap.map_or(shared, |step| step.after), paid.cumulative);
        assert!(cap.is_none_or(|step| step.before == shared));
        let tariffs: i64 =
            paid.steps.iter().filter(|step| step.rule == "TARIFF").map(|step| step.after).sum();
        let cuts: i64 = paid
            .steps
            .iter()
            .filter(|step| {
                ["PER_BENEFICIARY_CAP", "METRIC_CAP", "PERIOD_CAP", "FAMILY_SHARE_CAP"]
                    .contains(&step.rule.as_str())
            })
            .map(|step| step.before - step.after)
            .sum();
        assert_eq!(tariffs - cuts, paid.metrics.iter().map(|metric| metric.amount).sum::<i64>());
        assert!(paid.steps.iter().all(|step| !step.en.is_empty() && !step.fr.is_empty()));
    });
}

#[test]
fn a_line_of_an_unknown_metric_and_an_amount_too_large_are_refused() {
    let metric = Metric {
        code: "a".into(),
        tariffs: vec![Tariff {
            payer: None,
            price: Price::UnitPrice { price: i64::MAX },
            metric_cap: None,
            gate: None,
            valid_from: None,
            valid_to: None,
        }],
        ..Metric::default()
    };
    let payer = Payer { key: "p".into(), ..Payer::default() };
    let terms = Terms { metrics: vec![metric], payers: vec![payer], ..Terms::default() };
    let line = |metric: &str, quantity| Line { metric: metric.into(), quantity, ..Line::default() };
    let of = |line| input(terms.clone(), vec![Outcome { lines: vec![line], ..Outcome::default() }]);
    assert_eq!(compute(&of(line("b", Quantity::of(1))), print), Err(Fault::UnknownMetric("b".into())));
    assert_eq!(compute(&of(line("a", Quantity::of(2))), print), Err(Fault::TooLarge));
    assert_eq!(compute(&of(line("a", Quantity::of(1))), print).unwrap().due, i64::MAX);
}

#[test]
fn a_large_contract_is_computed_in_no_time() {
    let mut dice = Dice::new(1);
    let mut terms = contract(&mut dice, false);
    let one = terms.metrics[0].clone();
    terms.metrics = (0..33).map(|place| Metric { code: format!("m{place}"), ..one.clone() }).collect();
    terms.payers = (0..35)
        .map(|place| Payer { key: format!("p{place}"), max_commitment: Some(50_000_00), territory: None })
        .collect();
    terms.metrics.iter_mut().for_each(|metric| metric.tariffs.truncate(1));
    let many: Vec<Outcome> = (0..200)
        .map(|place| Outcome {
            claim: format!("c{place}"),
            from: format!("{}-{:02}-01", 2010 + place / 12, 1 + place % 12),
            to: format!("{}-{:02}-28", 2010 + place / 12, 1 + place % 12),
            lines: (0..33)
                .map(|metric| Line {
                    metric: format!("m{metric}"),
                    quantity: Quantity::of(1),
                    people: Some(1),
                    territory: None,
                })
                .collect(),
            profiles: Vec::new(),
        })
        .collect();
    let input = input(terms, many);
    let best = (0..5)
        .map(|_| {
            let started = std::time::Instant::now();
            assert!(pay(&input).cumulative > 0);
            started.elapsed()
        })
        .min()
        .unwrap();
    println!("35 payers, 33 metrics, 200 claims: {best:?}");
    // With optimization it takes a few milliseconds; tests run without, beside others.
    let most = if cfg!(debug_assertions) { 500 } else { 10 };
    assert!(best.as_millis() < most, "{best:?}");
}
