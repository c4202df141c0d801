//! What is due for verified outcomes: ten steps in one order, exact, explained line by line, without side effects.
//!
//! Everything is counted from the start of the contract; what earlier computations made due is taken off at the end,
//! so that corrections net out. Amounts are whole minor units; only a tariff rounds, halves away from zero, and parts
//! always sum to their whole.
//!
//! 1 accepted quantity · 2 gates · 3 tariff · 4 cap per person · 5 caps per metric and per period · 6 shares of
//! families · 7 fixed part · 8 split to payers · 9 cap of the contract · 10 minus what was computed before.

mod family;
mod hash;
mod lanes;
mod price;
pub mod quantity;
pub mod split;
pub mod steps;
pub mod terms;

#[cfg(test)]
mod oracles;
#[cfg(test)]
mod properties;

pub use hash::{canonical, fingerprint, hash};
pub use quantity::Quantity;
pub use steps::{Printer, Step, Unit};

use family::{Family, kept};
use lanes::{Accepted, Lane, covered, lanes, share_out};
use serde::{Deserialize, Serialize};
use split::{in_order, largest_remainder, within_rooms};
use std::collections::BTreeMap;
use steps::Steps;
use terms::{Every, Input, Outcome, Payer, Rule, Split, Terms};

/// Version of these rules; a computation names the one it used. Any change of an amount is a new version.
pub const ENGINE: &str = "1";

/// What is due, and how it came about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Computation {
    pub engine: String,
    pub input_hash: String,
    pub steps: Vec<Step>,
    pub payers: Vec<PayerAmount>,
    pub metrics: Vec<MetricAmount>,
    /// Sums over payers, in minor units.
    pub cumulative: i64,
    pub earlier: i64,
    pub due: i64,
    pub credit: i64,
    /// What no payer's commitment reaches.
    pub unfunded: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayerAmount {
    pub payer: String,
    /// Owed since the start of the contract.
    pub cumulative: i64,
    /// Made due by earlier computations.
    pub earlier: i64,
    /// Due now.
    pub due: i64,
    /// Made due earlier beyond what is owed: taken off what comes next, never paid back by itself.
    pub credit: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricAmount {
    pub metric: String,
    pub quantity: Quantity,
    /// After all caps of metrics, before the split.
    pub amount: i64,
}

/// Why there is no computation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A line names a metric that the terms do not have.
    UnknownMetric(String),
    /// An amount exceeds what can be held.
    TooLarge,
}

/// Computes what is due.
pub fn compute(input: &Input, printer: Printer) -> Result<Computation, Fault> {
    let terms = &input.terms;
    let known = |code: &str| terms.metrics.iter().any(|metric| metric.code == code);
    let stray = input.outcomes.iter().flat_map(|outcome| &outcome.lines).find(|line| !known(&line.metric));
    if let Some(line) = stray {
        return Err(Fault::UnknownMetric(line.metric.clone()));
    }
    let mut steps = Steps::told(terms.currency.clone(), printer);
    let accepted = Accepted::of(in_time(&input.outcomes));
    let mut lanes = lanes(terms, accepted.all(), &mut steps);
    period_caps(terms, &accepted, &mut lanes, &mut steps);
    family_caps(terms, &mut lanes, &mut steps);
    let fixed = fixed_part(terms, accepted.all().outcomes, &mut steps);
    let gross = lanes.iter().map(|lane| lane.amount).sum::<i128>() + fixed;
    let mut shares = split_up(terms, &lanes, fixed, &mut steps);
    let unfunded = gross - shares.iter().sum::<i128>();
    contract_cap(terms, &mut shares, &mut steps);
    let payers = net(terms, &shares, input, &mut steps)?;
    if steps.is_too_large {
        return Err(Fault::TooLarge);
    }
    let sum = |of: fn(&PayerAmount) -> i64| narrow(payers.iter().map(|payer| i128::from(of(payer))).sum());
    Ok(Computation {
        engine: ENGINE.to_owned(),
        input_hash: hash(input),
        metrics: per_metric(terms, &lanes)?,
        cumulative: sum(|payer| payer.cumulative)?,
        earlier: sum(|payer| payer.earlier)?,
        due: sum(|payer| payer.due)?,
        credit: sum(|payer| payer.credit)?,
        unfunded: narrow(unfunded)?,
        steps: steps.list,
        payers,
    })
}

fn narrow(amount: i128) -> Result<i64, Fault> {
    i64::try_from(amount).map_err(|_| Fault::TooLarge)
}

/// Outcomes by period; which of them came first within a period plays no part.
fn in_time(outcomes: &[Outcome]) -> Vec<&Outcome> {
    let mut sorted: Vec<&Outcome> = outcomes.iter().collect();
    sorted.sort_by_key(|outcome| (&outcome.from, &outcome.to, &outcome.claim));
    sorted
}

/// Caps per month, quarter or year: what does not fit waits for a later period that has room.
fn period_caps(terms: &Terms, accepted: &Accepted<'_>, lanes: &mut [Lane<'_>], steps: &mut Steps) {
    for rule in &terms.rules {
        let Rule::PeriodCap { every, cap, .. } = rule else { continue };
        let mut ends: BTreeMap<String, usize> = BTreeMap::new();
        for (place, outcome) in accepted.all().outcomes.iter().enumerate() {
            ends.insert(label(&outcome.from, *every), place + 1);
        }
        let mut allowed = 0_i128;
        for &end in ends.values() {
            let gross = covered(rule, &self::lanes(terms, accepted.first(end), &mut Steps::silent()));
            allowed = gross.min(allowed + i128::from(*cap));
        }
        let before = covered(rule, lanes);
        let after = before.min(allowed);
        share_out(rule, lanes, after);
        steps.money("PERIOD_CAP", None, None, before, after, |say| {
            let (cap, count) = (say.money(i128::from(*cap)), ends.len());
            (
                format!("At most {cap} in each of {count} periods; what is beyond waits for room."),
                format!("Au plus {cap} pour chacune des {count} périodes ; l’excédent attend une place."),
            )
        });
    }
}

/// The month, quarter or year in which a day lies.
fn label(day: &str, every: Every) -> String {
    let year = day.get(..4).unwrap_or(day);
    let month = day.get(5..7).and_then(|month| month.parse::<u32>().ok()).unwrap_or(1);
    match every {
        Every::Year => year.to_owned(),
        Every::Quarter => format!("{year}-Q{}", month.div_ceil(3)),
        Every::Month => format!("{year}-{month:02}"),
    }
}

/// Step 6: families may be no more than their shares of what remains, all solved together.
fn family_caps(terms: &Terms, lanes: &mut [Lane<'_>], steps: &mut Steps) {
    let rules: Vec<(&Rule, i64)> = terms
        .rules
        .iter()
        .filter_map(|rule| match rule {
            Rule::FamilyShareCap { share, .. } => Some((rule, *share)),
            _ => None,
        })
        .collect();
    if rules.is_empty() {
        return;
    }
    let families: Vec<Family> =
        rules.iter().map(|&(rule, share)| Family { amount: covered(rule, lanes), share }).collect();
    let others = lanes
        .iter()
        .filter(|lane| !rules.iter().any(|(rule, _)| rule.covers(&lane.metric.code)))
        .map(|lane| lane.amount)
        .sum();
    for (((rule, share), family), after) in rules.iter().zip(&families).zip(kept(&families, others)) {
        share_out(rule, lanes, after);
        steps.money("FAMILY_SHARE_CAP", None, None, family.amount, after, |_| {
            let (percent, names) = (Quantity(share.saturating_mul(100)), rule.metrics().join(", "));
            (
                format!("{names}: at most {percent} % of all that is paid for outcomes."),
                format!("{names} : au plus {percent} % de tout ce qui est payé pour les résultats."),
            )
        });
    }
}

/// Step 7: amounts that depend on no outcome.
fn fixed_part(terms: &Terms, outcomes: &[&Outcome], steps: &mut Steps) -> i128 {
    let Some(last) = outcomes.iter().map(|outcome| &outcome.to).max() else { return 0 };
    let mut sum = 0;
    for rule in &terms.rules {
        let Rule::FixedAmount { amount, due_from } = rule else { continue };
        let is_due = due_from.as_ref().is_none_or(|from| from <= last);
        let after = if is_due { sum + i128::from(*amount) } else { sum };
        steps.money("FIXED_AMOUNT", None, None, sum, after, |say| {
            let amount = say.money(i128::from(*amount));
            match due_from {
                Some(from) => (
                    format!("Fixed part of {amount} from {from}."),
                    format!("Part fixe de {amount} à partir du {from}."),
                ),
                None => (format!("Fixed part of {amount}."), format!("Part fixe de {amount}.")),
            }
        });
        sum = after;
    }
    sum
}

/// Step 8: who pays what; never more than it committed.
fn split_up(terms: &Terms, lanes: &[Lane<'_>], fixed: i128, steps: &mut Steps) -> Vec<i128> {
    let payers = &terms.payers;
    let mut shares = vec![0_i128; payers.len()];
    for (payer, share) in payers.iter().zip(&mut shares) {
        let own: i128 = lanes
            .iter()
            .filter(|lane| lane.tariff.payer.as_deref() == Some(payer.key.as_str()))
            .map(|lane| lane.amount)
            .sum();
        *share = payer.max_commitment.map_or(own, |most| own.min(i128::from(most)));
    }
    for (whose, amount) in pots(terms, lanes, fixed) {
        let parts = share_pot(terms, &whose, amount, &shares);
        shares.iter_mut().zip(parts).for_each(|(share, part)| *share += part);
    }
    for (payer, share) in payers.iter().zip(&shares) {
        steps.money("SPLIT", None, Some(&payer.key), 0, *share, |say| how_split(terms, payer, say));
    }
    shares
}

fn how_split(terms: &Terms, payer: &Payer, say: &steps::Say) -> (String, String) {
    let (en, fr) = match terms.split {
        Split::ProRata => ("by commitments", "au prorata des engagements"),
        Split::Priority => ("in the payers’ order", "dans l’ordre des payeurs"),
        Split::Territory => ("by beneficiaries’ territories", "selon le territoire des bénéficiaires"),
    };
    match payer.max_commitment {
        Some(most) => {
            let most = say.money(i128::from(most));
            (
                format!("Own tariffs, then {en}; at most {most}."),
                format!("Tarifs propres, puis {fr} ; au plus {most}."),
            )
        }
        None => (format!("Own tariffs, then {en}."), format!("Tarifs propres, puis {fr}.")),
    }
}

/// Amounts to share, each with who may be asked for it and, by territory, whose it is.
fn pots<'t>(terms: &Terms, lanes: &[Lane<'t>], fixed: i128) -> BTreeMap<(Vec<bool>, Option<&'t str>), i128> {
    let mut pots: BTreeMap<(Vec<bool>, Option<&str>), i128> = BTreeMap::new();
    let everybody = vec![true; terms.payers.len()];
    if fixed > 0 {
        *pots.entry((everybody, None)).or_default() += fixed;
    }
    for lane in lanes.iter().filter(|lane| lane.tariff.payer.is_none() && lane.amount > 0) {
        let has_own = |payer: &Payer| {
            lane.metric.tariffs.iter().any(|tariff| tariff.payer.as_deref() == Some(payer.key.as_str()))
        };
        let eligible: Vec<bool> = terms.payers.iter().map(|payer| !has_own(payer)).collect();
        if terms.split == Split::Territory {
            let weights: Vec<i128> = lane.territories.values().map(|weight| (*weight).max(0)).collect();
            for (territory, part) in lane.territories.keys().zip(largest_remainder(lane.amount, &weights)) {
                *pots.entry((eligible.clone(), *territory)).or_default() += part;
            }
            if lane.territories.is_empty() {
                *pots.entry((eligible, None)).or_default() += lane.amount;
            }
        } else {
            *pots.entry((eligible, None)).or_default() += lane.amount;
        }
    }
    pots
}

/// Parts of one pot, given what payers bear already.
fn share_pot(
    terms: &Terms,
    (eligible, territory): &(Vec<bool>, Option<&str>),
    amount: i128,
    shares: &[i128],
) -> Vec<i128> {
    let rooms = |asked: &dyn Fn(&Payer) -> bool, given: &[i128]| -> Vec<Option<i128>> {
        terms
            .payers
            .iter()
            .zip(eligible)
            .zip(shares.iter().zip(given))
            .map(|((payer, is_eligible), (share, given))| {
                if *is_eligible && asked(payer) {
                    payer.max_commitment.map(|most| (i128::from(most) - share - given).max(0))
                } else {
                    Some(0)
                }
            })
            .collect()
    };
    let none = vec![0; terms.payers.len()];
    let by_commitment = |rooms: &[Option<i128>], amount| within_rooms(amount, &weights(terms, rooms), rooms);
    match terms.split {
        Split::ProRata => by_commitment(&rooms(&|_| true, &none), amount).0,
        Split::Priority => in_order(amount, &rooms(&|_| true, &none)).0,
        Split::Territory => {
            let home = rooms(&|payer| territory.is_some() && payer.territory.as_deref() == *territory, &none);
            let (first, rest) = by_commitment(&home, amount);
            let everywhere = rooms(&|payer| payer.territory.is_none(), &first);
            let (second, _) = by_commitment(&everywhere, rest);
            first.iter().zip(second).map(|(first, second)| first + second).collect()
        }
    }
}

/// Commitments as weights; all alike if somebody's has no limit. Who has no room has no weight.
fn weights(terms: &Terms, rooms: &[Option<i128>]) -> Vec<i128> {
    let are_limited = terms.payers.iter().all(|payer| payer.max_commitment.is_some());
    terms
        .payers
        .iter()
        .zip(rooms)
        .map(|(payer, room)| match (room, payer.max_commitment) {
            (Some(0), _) => 0,
            (_, Some(most)) if are_limited => i128::from(most),
            _ => 1,
        })
        .collect()
}

/// Step 9: the contract as a whole.
fn contract_cap(terms: &Terms, shares: &mut Vec<i128>, steps: &mut Steps) {
    let Some(cap) = terms.contract_cap else { return };
    let before: i128 = shares.iter().sum();
    let after = before.min(i128::from(cap));
    if after < before {
        *shares = match terms.split {
            Split::Priority => {
                in_order(after, &shares.iter().map(|share| Some(*share)).collect::<Vec<_>>()).0
            }
            _ => largest_remainder(after, shares),
        };
    }
    steps.money("CONTRACT_CAP", None, None, before, after, |say| {
        let cap = say.money(i128::from(cap));
        (format!("At most {cap} under the whole contract."), format!("Au plus {cap} pour tout le contrat."))
    });
}

/// Step 10: what earlier computations made due is taken off; too much of it is a credit.
fn net(terms: &Terms, shares: &[i128], input: &Input, steps: &mut Steps) -> Result<Vec<PayerAmount>, Fault> {
    let mut owed: BTreeMap<&str, (i128, i128)> = BTreeMap::new();
    for (payer, share) in terms.payers.iter().zip(shares) {
        owed.entry(&payer.key).or_default().0 += share;
    }
    for earlier in &input.earlier {
        owed.entry(&earlier.payer).or_default().1 += i128::from(earlier.amount);
    }
    owed.into_iter()
        .map(|(payer, (cumulative, earlier))| {
            let (due, credit) = ((cumulative - earlier).max(0), (earlier - cumulative).max(0));
            steps.money("EARLIER", None, Some(payer), cumulative, due, |say| {
                let (earlier, credit) = (say.money(earlier), say.money(credit));
                (
                    format!("Minus {earlier} made due before; credit to carry: {credit}."),
                    format!("Moins {earlier} déjà dus ; avoir à reporter : {credit}."),
                )
            });
            Ok(PayerAmount {
                payer: payer.to_owned(),
                cumulative: narrow(cumulative)?,
                earlier: narrow(earlier)?,
                due: narrow(due)?,
                credit: narrow(credit)?,
            })
        })
        .collect()
}

fn per_metric(terms: &Terms, lanes: &[Lane<'_>]) -> Result<Vec<MetricAmount>, Fault> {
    terms
        .metrics
        .iter()
        .map(|metric| {
            let mine = || lanes.iter().filter(|lane| lane.metric.code == metric.code);
            Ok(MetricAmount {
                metric: metric.code.clone(),
                quantity: mine().map(|lane| lane.quantity).max().unwrap_or_default(),
                amount: narrow(mine().map(|lane| lane.amount).sum())?,
            })
        })
        .collect()
}
