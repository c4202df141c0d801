//! Agreement with the R package metafor: `agreement/studies.csv` gives figures of published meta-analyses, and
//! `agreement/expected.csv` what metafor says of them, with the R calls that gave it.

use super::*;
use std::collections::BTreeMap;

const STUDIES: &str = include_str!("agreement/studies.csv");
const EXPECTED: &str = include_str!("agreement/expected.csv");

struct Set {
    measure: Measure,
    studies: Vec<Study>,
}

fn rows(text: &'static str) -> impl Iterator<Item = csv::StringRecord> {
    let reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes());
    reader.into_records().map(Result::unwrap)
}

fn sets() -> BTreeMap<String, Set> {
    let mut sets: BTreeMap<String, Set> = BTreeMap::new();
    for row in rows(STUDIES) {
        let measure = match &row[1] {
            "RISK_RATIO" => Measure::RiskRatio,
            "ODDS_RATIO" => Measure::OddsRatio,
            "RISK_DIFFERENCE" => Measure::RiskDifference,
            "MEAN_DIFFERENCE" => Measure::MeanDifference,
            _ => Measure::StandardizedMeanDifference,
        };
        let set = sets.entry(row[0].into()).or_insert(Set { measure, studies: Vec::new() });
        let group = Some(row[3].to_owned()).filter(|group| !group.is_empty());
        let label = format!("{} {}", &row[0], set.studies.len());
        set.studies.push(Study { label, unit: None, figures: figures(&row, measure), group, cost: None });
    }
    sets
}

fn figures(row: &csv::StringRecord, measure: Measure) -> Figures {
    let figure = |n: usize| -> f64 { row[n].parse().unwrap() };
    let count = |n: usize| -> u32 { row[n].parse().unwrap() };
    let events = |n| Events { events: count(n), people: count(n + 1) };
    let mean = |n| Mean { people: count(n), mean: figure(n + 1), standard_deviation: figure(n + 2) };
    match &row[2] {
        "events" => Figures::Events { treated: events(4), control: events(6) },
        "means" => Figures::Means { treated: mean(4), control: mean(7) },
        "interval" => {
            let spread = Spread::Interval { low: figure(5), high: figure(6), percent: 95.0 };
            Figures::Effect { measure, effect: figure(4), spread }
        }
        _ => Figures::Effect {
            measure,
            effect: measure.natural(figure(4)),
            spread: Spread::StandardError(figure(5).sqrt()),
        },
    }
}

fn model(name: &str) -> Model {
    match name {
        "DERSIMONIAN_LAIRD" => Model::Random(Heterogeneity::DerSimonianLaird),
        "PAULE_MANDEL" => Model::Random(Heterogeneity::PauleMandel),
        "REML" => Model::Random(Heterogeneity::Reml),
        _ => Model::Fixed,
    }
}

fn of_pooled(pooled: &Pooled, key: &str) -> Option<f64> {
    let (wald, knapp) = (Some(pooled.wald), pooled.hartung_knapp);
    Some(match key {
        "effect" => pooled.effect,
        "se" => wald?.standard_error,
        "z" => wald?.statistic,
        "p" => wald?.p_value,
        "low" => wald?.low,
        "high" => wald?.high,
        "pi_low" => wald?.prediction?.low,
        "pi_high" => wald?.prediction?.high,
        "hk_se" => knapp?.standard_error,
        "hk_t" => knapp?.statistic,
        "hk_p" => knapp?.p_value,
        "hk_low" => knapp?.low,
        "hk_high" => knapp?.high,
        "hk_pi_low" => knapp?.prediction?.low,
        "hk_pi_high" => knapp?.prediction?.high,
        "tau2" => pooled.tau2,
        "tau2_se" => pooled.tau2_standard_error?,
        "i2" => pooled.i2_percent,
        "h2" => pooled.h2,
        "q" => pooled.q,
        "q_p" => pooled.q_p_value,
        _ => return None,
    })
}

fn found(synthesis: &Synthesis, key: &str, n: Option<usize>) -> Option<f64> {
    if let Some(key) = key.strip_prefix("without_") {
        return of_pooled(&synthesis.leave_one_out[n?], key);
    }
    if let Some(key) = key.strip_prefix("group_") {
        return of_pooled(synthesis.subgroups[n?].pooled.as_ref().ok()?, key);
    }
    Some(match key {
        "yi" => synthesis.studies[n?].effect,
        "vi" => synthesis.studies[n?].variance,
        "weight" => synthesis.studies[n?].weight_percent,
        "between_q" => synthesis.between_subgroups?.q,
        "between_p" => synthesis.between_subgroups?.p_value,
        "egger_slope" => synthesis.egger?.slope,
        "egger_se" => synthesis.egger?.standard_error,
        "egger_t" => synthesis.egger?.statistic,
        "egger_df" => f64::from(synthesis.egger?.freedom),
        "egger_p" => synthesis.egger?.p_value,
        "egger_limit" => synthesis.egger?.limit,
        "egger_low" => synthesis.egger?.limit_low,
        "egger_high" => synthesis.egger?.limit_high,
        _ => return of_pooled(&synthesis.pooled, key),
    })
}

#[test]
fn numbers_are_those_of_metafor() {
    let sets = sets();
    assert!(sets.len() >= 5);
    let mut made: BTreeMap<(String, String), Synthesis> = BTreeMap::new();
    let mut worst: BTreeMap<(String, String), (f64, String)> = BTreeMap::new();
    for row in rows(EXPECTED) {
        let (set, name, key) = (&row[0], &row[1], &row[2]);
        let (n, wanted): (Option<usize>, f64) = (row[3].parse().ok(), row[4].parse().unwrap());
        let synthesis = made.entry((set.into(), name.into())).or_insert_with(|| {
            let how = How { measure: sets[set].measure, model: model(name), percent: 95.0 };
            synthesize(&sets[set].studies, how).unwrap()
        });
        let got = found(synthesis, key, n).unwrap_or_else(|| panic!("no {key} in {row:?}"));
        // Where metafor says nought, or nearly, there is nothing to be relative to.
        let apart = if wanted.abs() < 1e-12 { got.abs() } else { ((got - wanted) / wanted).abs() };
        let most = worst.entry((set.into(), name.into())).or_insert((0.0, String::new()));
        if apart > most.0 || apart.is_nan() {
            *most = (apart, format!("{key} {n:?}: {got} for {wanted}"));
        }
    }
    // `cargo test agreement -- --nocapture` shows how near each set is.
    for ((set, model), (apart, figure)) in &worst {
        println!("{set:18} {model:18} {apart:.1e}  {figure}");
    }
    assert!(worst.values().all(|(apart, _)| *apart < 1e-6));
}
