//! Refusals, notes, subgroups and costs; the numbers themselves are in `agreement`.

use super::*;
use rand::{Rng, SeedableRng, rngs::StdRng};

const REML: Model = Model::Random(Heterogeneity::Reml);
const MODELS: [Model; 4] = [
    Model::Fixed,
    Model::Random(Heterogeneity::DerSimonianLaird),
    Model::Random(Heterogeneity::PauleMandel),
    REML,
];
const MEASURES: [Measure; 5] = [
    Measure::MeanDifference,
    Measure::StandardizedMeanDifference,
    Measure::RiskRatio,
    Measure::OddsRatio,
    Measure::RiskDifference,
];

fn study(figures: Figures) -> Study {
    Study { label: "Étude".into(), unit: None, figures, group: None, cost: None }
}

fn events(treated: (u32, u32), control: (u32, u32)) -> Study {
    let arm = |(events, people)| Events { events, people };
    study(Figures::Events { treated: arm(treated), control: arm(control) })
}

fn means(treated: (u32, f64, f64), control: (u32, f64, f64)) -> Study {
    let arm = |(people, mean, standard_deviation)| Mean { people, mean, standard_deviation };
    study(Figures::Means { treated: arm(treated), control: arm(control) })
}

fn effect(measure: Measure, effect: f64, error: f64) -> Study {
    study(Figures::Effect { measure, effect, spread: Spread::StandardError(error) })
}

fn interval(measure: Measure, effect: f64, low: f64, high: f64, percent: f64) -> Study {
    study(Figures::Effect { measure, effect, spread: Spread::Interval { low, high, percent } })
}

fn how(measure: Measure) -> How {
    How { measure, model: REML, percent: 95.0 }
}

fn refused(studies: &[Study], measure: Measure) -> Refusal {
    synthesize(studies, how(measure)).unwrap_err()
}

#[test]
fn what_cannot_be_pooled_says_why() {
    use Measure::{MeanDifference as Md, OddsRatio as Or, RiskDifference as Rd, RiskRatio as Rr};
    let flawed = |flaw| Refusal::BadFigures { study: 1, flaw };
    let good = || events((5, 20), (9, 20));
    let mean = || means((10, 3.0, 1.0), (10, 2.0, 1.0));
    let hours = Study { unit: Some("HOUR".into()), ..mean() };
    let table = [
        (vec![], Rr, Refusal::TooFewStudies { found: 0 }),
        (vec![good()], Rr, Refusal::TooFewStudies { found: 1 }),
        (vec![good(); 1_001], Rr, Refusal::TooManyStudies { found: 1_001 }),
        (vec![good(), mean()], Rr, Refusal::FiguresMisfit { study: 1 }),
        (vec![good(), good()], Md, Refusal::FiguresMisfit { study: 0 }),
        (vec![good(), effect(Or, 0.5, 0.1)], Rr, Refusal::MixedMeasures { study: 1, measure: Or }),
        (vec![mean(), hours], Md, Refusal::MixedUnits { study: 1 }),
        (vec![mean(), means((9, 3.0, 0.0), (9, 1.0, 0.0))], Md, Refusal::ZeroVariance { study: 1 }),
        (vec![good(), effect(Rr, 0.5, 0.0)], Rr, Refusal::ZeroVariance { study: 1 }),
        (vec![good(), interval(Rr, 0.5, 0.5, 0.5, 95.0)], Rr, Refusal::ZeroVariance { study: 1 }),
        (vec![good(), events((21, 20), (9, 20))], Rr, flawed(Flaw::MoreEventsThanPeople)),
        (vec![good(), events((0, 0), (9, 20))], Rd, flawed(Flaw::TooFewPeople)),
        (vec![mean(), means((1, 3.0, 1.0), (10, 2.0, 1.0))], Md, flawed(Flaw::TooFewPeople)),
        (vec![mean(), means((9, f64::NAN, 1.0), (9, 2.0, 1.0))], Md, flawed(Flaw::NotFinite)),
        (vec![mean(), means((9, 1.0, -1.0), (9, 2.0, 1.0))], Md, flawed(Flaw::NegativeSpread)),
        (vec![good(), effect(Rr, -0.5, 0.1)], Rr, flawed(Flaw::RatioNotPositive)),
        (vec![good(), effect(Rr, 0.5, -0.1)], Rr, flawed(Flaw::NegativeSpread)),
        (vec![good(), effect(Rr, 0.5, f64::INFINITY)], Rr, flawed(Flaw::NotFinite)),
        (vec![good(), interval(Rr, 0.5, 0.6, 0.7, 95.0)], Rr, flawed(Flaw::BadInterval)),
        (vec![good(), interval(Rr, 0.5, 0.4, 0.7, 100.0)], Rr, flawed(Flaw::BadInterval)),
        (vec![good(), interval(Rr, 0.5, 0.0, 0.7, 95.0)], Rr, flawed(Flaw::RatioNotPositive)),
    ];
    for (studies, measure, refusal) in table {
        assert_eq!(refused(&studies, measure), refusal);
        assert!(refusal.code().starts_with("SYNTHESIS_") && !refusal.to_string().is_empty());
    }
    for percent in [f64::NAN, 0.0, 49.0, 100.0] {
        let how = How { percent, ..how(Rr) };
        assert_eq!(synthesize(&[good(), good()], how), Err(Refusal::BadLevel));
    }
}

#[test]
fn empty_cells_are_corrected_where_needed_and_said_so() {
    let studies = [events((0, 20), (9, 20)), events((5, 20), (9, 20))];
    let synthesis = synthesize(&studies, how(Measure::OddsRatio)).unwrap();
    assert_eq!(synthesis.notes[0], Note::Corrected { study: 0 });
    let corrected: Vec<bool> = synthesis.studies.iter().map(|study| study.is_corrected).collect();
    assert_eq!(corrected, [true, false]);
    assert!((synthesis.studies[0].effect - (0.5 * 11.5 / (20.5 * 9.5_f64)).ln()).abs() < 1e-12);
}

#[test]
fn two_studies_have_no_leave_one_out_and_ten_have_egger() {
    let some = |count: u32| -> Vec<Study> { (0..count).map(|n| events((5 + n, 30 + n), (9, 30))).collect() };
    let of = |count| synthesize(&some(count), how(Measure::RiskRatio)).unwrap();
    assert!(of(2).leave_one_out.is_empty() && of(3).leave_one_out.len() == 3);
    assert!(of(9).egger.is_none() && of(9).notes.contains(&Note::TooFewForEgger));
    assert!(of(10).egger.is_some() && !of(10).notes.contains(&Note::TooFewForEgger));
    let same: Vec<Study> = (0..10).map(|n| effect(Measure::MeanDifference, f64::from(n), 1.0)).collect();
    let same = synthesize(&same, how(Measure::MeanDifference)).unwrap();
    assert!(same.egger.is_none() && same.notes.contains(&Note::NothingForEgger));
}

#[test]
fn studies_that_agree_wholly_have_no_variance_between_them() {
    for model in MODELS {
        let studies = vec![effect(Measure::RiskDifference, 0.1, 0.05); 4];
        let pooled = synthesize(&studies, How { model, ..how(Measure::RiskDifference) }).unwrap().pooled;
        assert!((pooled.effect - 0.1).abs() < 1e-15 && (pooled.wald.standard_error - 0.025).abs() < 1e-15);
        assert_eq!((pooled.tau2, pooled.i2_percent), (0.0, 0.0));
        assert!(pooled.q < 1e-20 && pooled.q_p_value > 0.999_999);
    }
}

#[test]
fn subgroups_are_pooled_apart_and_compared() {
    let of = |group: Option<&str>, own: f64| Study {
        group: group.map(Into::into),
        ..effect(Measure::MeanDifference, own, 0.5)
    };
    let studies =
        [of(Some("b"), 1.0), of(Some("a"), 3.0), of(Some("b"), 1.0), of(Some("a"), 3.0), of(None, 9.0)];
    let synthesis = synthesize(&studies, how(Measure::MeanDifference)).unwrap();
    let names: Vec<Option<&str>> = synthesis.subgroups.iter().map(|one| one.name.as_deref()).collect();
    assert_eq!(names, [None, Some("a"), Some("b")]);
    assert_eq!(synthesis.subgroups[0].pooled, Err(Refusal::TooFewStudies { found: 1 }));
    assert_eq!(synthesis.subgroups[1].studies, [1, 3]);
    // Means 3 and 1, each with variance 0.125: Q = 2 × 1² / 0.125.
    let between = synthesis.between_subgroups.unwrap();
    assert!((between.q - 16.0).abs() < 1e-12 && between.freedom == 1 && between.p_value < 1e-4);
}

#[test]
fn an_outcome_has_a_cost_where_costs_are_known() {
    let costing = |study: Study, euros: i64| {
        let cost = Cost { cents: 100 * euros, currency: "EUR".into(), people: None };
        Study { cost: Some(cost), ..study }
    };
    // 30 of 100 against 20 of 100, twice: ten more for 20,000 euros, in each.
    let studies =
        [costing(events((30, 100), (20, 100)), 20_000), costing(events((30, 100), (20, 100)), 20_000)];
    for measure in [Measure::RiskDifference, Measure::RiskRatio, Measure::OddsRatio] {
        let synthesis = synthesize(&studies, how(measure)).unwrap();
        let cost = synthesis.cost.unwrap();
        assert_eq!((cost.cents_per_person, cost.cents_per_outcome), (20_000, 200_000), "{measure:?}");
        assert!((cost.people_per_outcome - 10.0).abs() < 1e-9);
        assert_eq!(synthesis.studies[0].cents_per_outcome, Some(200_000));
        // 0.1 ± 1.96 × sqrt(0.0037 / 2) holds more than nought: both ends have a cost.
        let (low, high) = (cost.low_cents.unwrap(), cost.high_cents.unwrap());
        assert!(low < 200_000 && 200_000 < high, "{measure:?}");
    }
    let unsure = [costing(events((5, 20), (4, 20)), 1_000), events((5, 20), (4, 20))];
    let cost = synthesize(&unsure, how(Measure::RiskDifference)).unwrap().cost.unwrap();
    assert_eq!((cost.low_cents, cost.high_cents, cost.studies), (None, None, vec![0]));

    let note = |studies: &[Study], measure| {
        let synthesis = synthesize(studies, how(measure)).unwrap();
        assert_eq!(synthesis.cost, None);
        *synthesis.notes.last().unwrap()
    };
    let free = [events((5, 20), (4, 20)), events((5, 20), (4, 20))];
    assert_eq!(note(&free, Measure::RiskRatio), Note::NoCosts);
    let mut dollars = studies.clone();
    dollars[1].cost = Some(Cost { cents: 1, currency: "USD".into(), people: None });
    assert_eq!(note(&dollars, Measure::RiskRatio), Note::CostsInSeveralCurrencies);
    let mut claimed = costing(effect(Measure::RiskRatio, 0.8, 0.1), 10);
    claimed.cost.as_mut().unwrap().people = Some(5);
    assert_eq!(note(&[claimed.clone(), claimed], Measure::RiskRatio), Note::NoControlRisk);
    let even = [costing(events((5, 20), (5, 20)), 10), costing(events((5, 20), (5, 20)), 10)];
    assert_eq!(note(&even, Measure::RiskDifference), Note::NoEffectToPayFor);
}

#[test]
fn a_change_of_unit_changes_nothing_else() {
    let mut dice = StdRng::seed_from_u64(4);
    for model in MODELS {
        let own: Vec<(f64, f64)> =
            (0..8).map(|_| (dice.random_range(-2.0..2.0), dice.random_range(0.1..1.0))).collect();
        let of = |scale: f64| {
            let study =
                |(own, error): &(f64, f64)| effect(Measure::MeanDifference, own * scale, error * scale);
            let studies: Vec<Study> = own.iter().map(study).collect();
            synthesize(&studies, How { model, ..how(Measure::MeanDifference) }).unwrap().pooled
        };
        let (small, large) = (of(1.0), of(1000.0));
        for (one, other) in [
            (small.effect * 1000.0, large.effect),
            (small.tau2 * 1e6, large.tau2),
            (small.wald.p_value, large.wald.p_value),
            (small.i2_percent, large.i2_percent),
        ] {
            assert!((one - other).abs() <= 1e-9 * one.abs(), "{model:?}: {one} {other}");
        }
    }
}

#[test]
fn no_figures_make_it_fail() {
    let mut dice = StdRng::seed_from_u64(5);
    let mut pooled = 0;
    for round in 0..20_000 {
        let measure = MEASURES[round % 5];
        let wild = |dice: &mut StdRng| match dice.random_range(0..8) {
            0 => f64::from_bits(dice.random()),
            1 => [f64::NAN, f64::INFINITY, f64::MAX, f64::MIN_POSITIVE, 0.0, -1.0][dice.random_range(0..6)],
            2 => 10_f64.powi(dice.random_range(-320..310)),
            _ => dice.random_range(0.01..2.0),
        };
        let count = |dice: &mut StdRng| match dice.random_range(0..4) {
            0 => dice.random(),
            _ => dice.random_range(0..40_u32),
        };
        let studies: Vec<Study> = (0..dice.random_range(0..12))
            .map(|_| {
                let dice = &mut dice;
                let mut study = match dice.random_range(0..4) {
                    0 => interval(measure, wild(dice), wild(dice), wild(dice), 95.0),
                    1 => effect(measure, wild(dice), wild(dice)),
                    _ if matches!(measure, Measure::MeanDifference | Measure::StandardizedMeanDifference) => {
                        means((count(dice), wild(dice), wild(dice)), (count(dice), wild(dice), wild(dice)))
                    }
                    _ => {
                        let (people, others) = (count(dice), count(dice));
                        events((people / 3, people), (others / 5, others))
                    }
                };
                study.group = dice.random_bool(0.5).then(|| "g".to_owned());
                let cost = Cost { cents: dice.random(), currency: "EUR".into(), people: Some(count(dice)) };
                study.cost = dice.random_bool(0.5).then_some(cost);
                study
            })
            .collect();
        // Mostly small sets of tame studies come through.
        let few = &studies[..studies.len().min(dice.random_range(1..=12))];
        if let Ok(synthesis) = synthesize(few, How { model: MODELS[round % 4], ..how(measure) }) {
            let sum: f64 = synthesis.studies.iter().map(|study| study.weight_percent).sum();
            assert!((sum - 100.0).abs() < 1e-6, "{sum}");
            assert!(synthesis.pooled.wald.low <= synthesis.pooled.effect);
            assert!((0.0..=100.0).contains(&synthesis.pooled.i2_percent));
            pooled += 1;
        }
    }
    assert!(pooled > 1_000, "{pooled}");
}
