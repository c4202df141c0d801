//! Steps 1 to 5: what was accepted, which gates are open, and what each tariff makes of it before shares and splits.
//!
//! A lane is one tariff of one metric: its quantity, and the amount it has come to.

use super::{
    price,
    quantity::{ONE, Quantity},
    split::largest_remainder,
    steps::Steps,
    terms::{
        Accumulation, Basis, Gate, Line, Metric, Outcome, Price, Profile, Rule, Split, Tariff, Terms,
        Threshold,
    },
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What was accepted, in time and by metric; gathered once, whatever part of it is asked for.
pub struct Accepted<'o> {
    outcomes: Vec<&'o Outcome>,
    lines: HashMap<&'o str, Vec<Reached<'o>>>,
}

/// An accepted line, and the place of its outcome in time.
#[derive(Clone, Copy)]
struct Reached<'o> {
    place: usize,
    outcome: &'o Outcome,
    line: &'o Line,
}

impl<'o> Accepted<'o> {
    pub fn of(outcomes: Vec<&'o Outcome>) -> Self {
        let mut lines: HashMap<&str, Vec<Reached<'_>>> = HashMap::new();
        for (place, &outcome) in outcomes.iter().enumerate() {
            for line in &outcome.lines {
                lines.entry(&line.metric).or_default().push(Reached { place, outcome, line });
            }
        }
        Self { outcomes, lines }
    }

    pub fn all(&self) -> Since<'_, 'o> {
        Since { outcomes: &self.outcomes, lines: &self.lines }
    }

    /// The first so many outcomes.
    pub fn first(&self, count: usize) -> Since<'_, 'o> {
        Since { outcomes: self.outcomes.get(..count).unwrap_or(&self.outcomes), lines: &self.lines }
    }
}

/// What was accepted since the contract began, up to some outcome.
#[derive(Clone, Copy)]
pub struct Since<'a, 'o> {
    pub outcomes: &'a [&'o Outcome],
    lines: &'a HashMap<&'o str, Vec<Reached<'o>>>,
}

impl<'a, 'o> Since<'a, 'o> {
    fn lines(self, metric: &Metric) -> &'a [Reached<'o>] {
        let lines = self.lines.get(metric.code.as_str()).map_or(&[][..], Vec::as_slice);
        let end = lines.partition_point(|reached| reached.place < self.outcomes.len());
        lines.get(..end).unwrap_or(lines)
    }
}

pub struct Lane<'t> {
    pub metric: &'t Metric,
    pub tariff: &'t Tariff,
    pub quantity: Quantity,
    pub amount: i128,
    /// Weights for a split by territory.
    pub territories: BTreeMap<Option<&'t str>, i128>,
}

/// Lanes after steps 1 to 5, over these outcomes; caps of periods come after.
pub fn lanes<'t>(terms: &'t Terms, accepted: Since<'_, 't>, steps: &mut Steps) -> Vec<Lane<'t>> {
    let closed = closed_metrics(terms, accepted, steps);
    let mut lanes = Vec::new();
    for metric in &terms.metrics {
        for tariff in &metric.tariffs {
            if let Some(lane) = lane(terms, metric, tariff, accepted, &closed, steps) {
                lanes.push(lane);
            }
        }
    }
    beneficiary_caps(terms, accepted, &mut lanes, steps);
    for lane in &mut lanes {
        let Some(cap) = lane.tariff.metric_cap else { continue };
        let before = lane.amount;
        lane.amount = before.min(i128::from(cap));
        steps.money(
            "METRIC_CAP",
            Some(&lane.metric.code),
            lane.tariff.payer.as_deref(),
            before,
            lane.amount,
            |say| {
                let cap = say.money(i128::from(cap));
                (format!("At most {cap} under this tariff."), format!("Au plus {cap} selon ce tarif."))
            },
        );
    }
    lanes
}

/// Whether a period belongs to a tariff: it does where it begins.
fn is_valid(tariff: &Tariff, outcome: &Outcome) -> bool {
    tariff.valid_from.as_ref().is_none_or(|from| *from <= outcome.from)
        && tariff.valid_to.as_ref().is_none_or(|to| outcome.from <= *to)
}

fn lane<'t>(
    terms: &Terms,
    metric: &'t Metric,
    tariff: &'t Tariff,
    accepted: Since<'_, 't>,
    closed: &BTreeSet<&str>,
    steps: &mut Steps,
) -> Option<Lane<'t>> {
    let has_own = |key: &str| metric.tariffs.iter().any(|other| other.payer.as_deref() == Some(key));
    if tariff.payer.is_none()
        && !terms.payers.is_empty()
        && terms.payers.iter().all(|payer| has_own(&payer.key))
    {
        // Everybody pays by a tariff of their own: the common one is for nobody.
        return None;
    }
    if !accepted.outcomes.iter().any(|outcome| is_valid(tariff, outcome)) {
        return None;
    }
    let lines: Vec<Reached<'_>> = accepted
        .lines(metric)
        .iter()
        .filter(|reached| {
            is_valid(tariff, reached.outcome)
                && is_for(terms, metric, tariff, reached.line.territory.as_deref())
        })
        .copied()
        .collect();
    let quantity = counted(metric, &lines);
    let raw = lines.iter().fold(Quantity::ZERO, |sum, reached| sum.plus(reached.line.quantity));
    steps.quantity("ACCEPTED", Some(&metric.code), tariff.payer.as_deref(), raw, quantity, |_| {
        basis_of(metric)
    });
    let is_measured = !lines.is_empty() || matches!(tariff.price, Price::Fixed { .. });
    let is_open = !closed.contains(metric.code.as_str());
    let amount = if is_measured && is_open { price::amount(&tariff.price, quantity) } else { 0 };
    steps.money("TARIFF", Some(&metric.code), tariff.payer.as_deref(), 0, amount, |say| {
        if !is_open {
            return (
                "The gate is closed: nothing is due.".into(),
                "Seuil non atteint : rien n’est dû.".into(),
            );
        }
        say.tariff(&tariff.price, quantity)
    });
    let mut territories: BTreeMap<Option<&str>, i128> = BTreeMap::new();
    for Reached { line, .. } in &lines {
        *territories.entry(line.territory.as_deref()).or_default() += line.quantity.wide();
    }
    Some(Lane { metric, tariff, quantity, amount, territories })
}

/// In a split by territory, a payer's own tariff is for its own territory, and the common one for the rest.
fn is_for(terms: &Terms, metric: &Metric, tariff: &Tariff, territory: Option<&str>) -> bool {
    if terms.split != Split::Territory {
        return true;
    }
    let home = |key: &str| terms.payers.iter().find(|payer| payer.key == key)?.territory.as_deref();
    match &tariff.payer {
        Some(payer) => home(payer).is_none_or(|home| Some(home) == territory),
        None => !metric
            .tariffs
            .iter()
            .filter_map(|other| other.payer.as_deref().and_then(home))
            .any(|home| Some(home) == territory),
    }
}

/// Step 1: the accepted quantity by what is counted.
fn counted(metric: &Metric, lines: &[Reached<'_>]) -> Quantity {
    if metric.accumulation == Accumulation::Latest {
        let latest = lines
            .iter()
            .max_by_key(|Reached { outcome, line, .. }| (&outcome.to, &outcome.from, line.quantity));
        return latest.map_or(Quantity::ZERO, |reached| reached.line.quantity);
    }
    let sum = |each: &dyn Fn(&Line) -> Quantity| {
        lines.iter().fold(Quantity::ZERO, |sum, reached| sum.plus(each(reached.line)))
    };
    let all = sum(&|line| line.quantity);
    let counted = match metric.basis {
        Basis::Unit => all,
        Basis::Person => sum(&|line| line.people.map_or(line.quantity, Quantity::of)),
        Basis::Claim => {
            let people = lines.iter().map(|reached| reached.line.people).sum::<Option<i64>>();
            match (metric.max_claims_per_beneficiary, people) {
                (Some(most), Some(people)) => all.min(Quantity::of(people.saturating_mul(most))),
                _ => all,
            }
        }
    };
    counted.max(Quantity::ZERO)
}

fn basis_of(metric: &Metric) -> (String, String) {
    match (metric.accumulation, metric.basis, metric.max_claims_per_beneficiary) {
        (Accumulation::Latest, ..) => {
            ("The latest accepted value.".into(), "La dernière valeur acceptée.".into())
        }
        (_, Basis::Person, _) => {
            ("Every person counts once.".into(), "Chaque personne compte une fois.".into())
        }
        (_, Basis::Claim, Some(most)) => {
            (format!("At most {most} claims per person."), format!("Au plus {most} demandes par personne."))
        }
        _ => (
            "All accepted units since the contract began.".into(),
            "Toutes les unités acceptées depuis le début du contrat.".into(),
        ),
    }
}

/// Step 2: metrics of which nothing is paid because a gate is closed.
fn closed_metrics<'t>(terms: &'t Terms, accepted: Since<'_, '_>, steps: &mut Steps) -> BTreeSet<&'t str> {
    let measure = |metric: &Metric| counted(metric, accepted.lines(metric));
    let mut closed = BTreeSet::new();
    for metric in &terms.metrics {
        let gates: BTreeMap<String, &Gate> = metric
            .tariffs
            .iter()
            .filter_map(|tariff| tariff.gate.as_ref())
            .map(|gate| (format!("{gate:?}"), gate))
            .collect();
        for gate in gates.into_values() {
            let count = measure(metric);
            let is_met = is_met(&gate.threshold, metric.target, count);
            steps.gate(&metric.code, count, is_met, &gate.threshold, metric.target);
            if !is_met && gate.closes_all {
                closed.extend(terms.metrics.iter().map(|metric| metric.code.as_str()));
            } else if !is_met {
                closed.insert(metric.code.as_str());
            }
        }
    }
    for rule in &terms.rules {
        let Rule::GateAllMetrics { share_of_target, .. } = rule else { continue };
        let threshold = Threshold::OfTarget(*share_of_target);
        let covered: Vec<&Metric> = terms.metrics.iter().filter(|metric| rule.covers(&metric.code)).collect();
        let mut all_met = true;
        for metric in &covered {
            let count = measure(metric);
            let is_met = is_met(&threshold, metric.target, count);
            steps.gate(&metric.code, count, is_met, &threshold, metric.target);
            all_met &= is_met;
        }
        if !all_met {
            closed.extend(covered.iter().map(|metric| metric.code.as_str()));
        }
    }
    closed
}

fn is_met(threshold: &Threshold, target: Option<Quantity>, reached: Quantity) -> bool {
    match threshold {
        Threshold::Value(value) => reached >= *value,
        Threshold::OfTarget(share) => {
            let target = target.unwrap_or_default().wide();
            reached.wide() * i128::from(ONE) >= target * i128::from(*share)
        }
    }
}

/// Step 4: no person brings more than the cap, over the metrics a rule covers.
fn beneficiary_caps(terms: &Terms, accepted: Since<'_, '_>, lanes: &mut [Lane<'_>], steps: &mut Steps) {
    let described = accepted.outcomes.iter().filter(|outcome| !outcome.profiles.is_empty());
    let latest = described.max_by_key(|outcome| (&outcome.to, &outcome.from, people_in(&outcome.profiles)));
    for rule in &terms.rules {
        let Rule::PerBeneficiaryCap { cap, .. } = rule else { continue };
        let cap = i128::from(*cap);
        let before = covered(rule, lanes);
        let (after, en, fr) = match latest {
            Some(outcome) => {
                let profiles = &outcome.profiles;
                let beyond: i128 =
                    profiles.iter().map(|profile| beyond_cap(rule, lanes, profiles, profile, cap)).sum();
                (
                    (before - beyond).max(0),
                    "each group of people by what it achieved",
                    "chaque groupe de personnes selon ses résultats",
                )
            }
            None => match people(terms, rule, accepted) {
                Some(people) => (
                    before.min(cap.saturating_mul(i128::from(people.max(0)))),
                    "the number of people, as no groups were given",
                    "le nombre de personnes, faute de groupes",
                ),
                None => (
                    before,
                    "nothing: neither groups nor people were given",
                    "rien : ni groupes ni personnes ne sont connus",
                ),
            },
        };
        share_out(rule, lanes, after);
        steps.money("PER_BENEFICIARY_CAP", None, None, before, after, |say| {
            let cap = say.money(cap);
            (
                format!("At most {cap} per person, by {en}."),
                format!("Au plus {cap} par personne, d’après {fr}."),
            )
        });
    }
}

fn people_in(profiles: &[Profile]) -> i64 {
    profiles.iter().map(|profile| profile.people).sum()
}

/// What a group of people brings beyond the cap; a person's value is rounded up, so that the cap holds.
fn beyond_cap(rule: &Rule, lanes: &[Lane<'_>], profiles: &[Profile], profile: &Profile, cap: i128) -> i128 {
    let mut value = 0;
    for achieved in profile.each.iter().filter(|achieved| rule.covers(&achieved.metric)) {
        let amount: i128 =
            lanes.iter().filter(|lane| lane.metric.code == achieved.metric).map(|lane| lane.amount).sum();
        let whole: i128 = profiles
            .iter()
            .flat_map(|other| other.each.iter().map(move |each| (other.people, each)))
            .filter(|(_, each)| each.metric == achieved.metric)
            .map(|(people, each)| i128::from(people) * each.quantity.wide())
            .sum();
        if whole > 0 {
            value += (amount * achieved.quantity.wide() + whole - 1) / whole;
        }
    }
    (value - cap).max(0) * i128::from(profile.people)
}

/// People over the metrics of a rule: as many as the metric with most of them has.
fn people(terms: &Terms, rule: &Rule, accepted: Since<'_, '_>) -> Option<i64> {
    terms
        .metrics
        .iter()
        .filter(|metric| rule.covers(&metric.code))
        .filter_map(|metric| {
            let lines = accepted.lines(metric);
            (!lines.is_empty())
                .then(|| lines.iter().map(|reached| reached.line.people).sum::<Option<i64>>())?
        })
        .max()
}

pub fn covered(rule: &Rule, lanes: &[Lane<'_>]) -> i128 {
    lanes.iter().filter(|lane| rule.covers(&lane.metric.code)).map(|lane| lane.amount).sum()
}

/// Gives the lanes a rule covers their parts of what remains of them.
pub fn share_out(rule: &Rule, lanes: &mut [Lane<'_>], after: i128) {
    let mut mine: Vec<&mut Lane<'_>> =
        lanes.iter_mut().filter(|lane| rule.covers(&lane.metric.code)).collect();
    let weights: Vec<i128> = mine.iter().map(|lane| lane.amount).collect();
    if weights.iter().sum::<i128>() == after {
        return;
    }
    for (lane, part) in mine.iter_mut().zip(largest_remainder(after, &weights)) {
        lane.amount = part;
    }
}
