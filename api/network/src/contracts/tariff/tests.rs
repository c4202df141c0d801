use super::*;
use payment::terms::{Gate, Payer};

fn unit(price: i64) -> Tariff {
    Tariff {
        payer: None,
        price: Price::UnitPrice { price },
        metric_cap: None,
        gate: None,
        valid_from: None,
        valid_to: None,
    }
}

fn priced(price: Price) -> Terms {
    let tariff = Tariff { price, ..unit(0) };
    with(vec![Metric { code: "a".into(), tariffs: vec![tariff], ..Metric::default() }])
}

fn with(metrics: Vec<Metric>) -> Terms {
    Terms { currency: "EUR".into(), metrics, ..Terms::default() }
}

fn told(terms: &Terms) -> Vec<(Wrong, String)> {
    faults(terms, false).into_iter().map(|fault| (fault.wrong, fault.path.join("."))).collect()
}

fn band(from: i64, to: Option<i64>, share: i64) -> Band {
    Band { from: Quantity::of(from), to: to.map(Quantity::of), share, share_to: None }
}

#[test]
fn bands_do_not_overlap_and_tiers_do_not_descend() {
    let bands = |bands| priced(Price::ControlBands { base: 100, bands });
    assert_eq!(told(&bands(vec![band(0, Some(50), ONE), band(50, None, ONE)])), []);
    let overlap = bands(vec![band(0, Some(50), ONE), band(40, None, ONE)]);
    assert_eq!(
        told(&overlap),
        [(Wrong::Overlaps, "metrics.0.tariffs.0.price.controlBands.bands.1.from".into())]
    );
    let open = bands(vec![band(0, None, ONE), band(50, None, ONE)]);
    assert_eq!(
        told(&open),
        [(Wrong::Overlaps, "metrics.0.tariffs.0.price.controlBands.bands.1.from".into())]
    );
    let tier = |up_to: Option<i64>| Tier { up_to: up_to.map(Quantity::of), price: 5 };
    let tiers = |tiers| priced(Price::Tiered { tiers });
    assert_eq!(told(&tiers(vec![tier(Some(370)), tier(Some(410)), tier(None)])), []);
    let falling = tiers(vec![tier(Some(410)), tier(Some(370)), tier(None)]);
    assert_eq!(told(&falling), [(Wrong::Descends, "metrics.0.tariffs.0.price.tiers.1.upTo".into())]);
    let endless = tiers(vec![tier(None), tier(Some(410))]);
    assert_eq!(told(&endless), [(Wrong::Descends, "metrics.0.tariffs.0.price.tiers.1.upTo".into())]);
    let stair = |threshold, amount| Stair { threshold: Quantity::of(threshold), amount };
    let steps = priced(Price::Step { steps: vec![stair(10, 100), stair(10, 90)] });
    assert_eq!(
        told(&steps),
        [
            (Wrong::Descends, "metrics.0.tariffs.0.price.steps.1.threshold".into()),
            (Wrong::Descends, "metrics.0.tariffs.0.price.steps.1.amount".into()),
        ]
    );
}

#[test]
fn caps_that_cannot_be_met_are_named() {
    let mut terms = priced(Price::UnitPrice { price: 500 });
    terms.contract_cap = Some(10_000);
    terms.payers = vec![Payer { key: "p".into(), max_commitment: Some(9_000), territory: None }];
    assert_eq!(told(&terms), [(Wrong::Unfunded, "contractCap".into())]);
    assert_eq!(unfunded(&terms), 1_000);
    assert_eq!(faults(&terms, true), []);
    terms.payers[0].max_commitment = None;
    terms.metrics[0].tariffs[0].metric_cap = Some(400);
    assert_eq!(told(&terms), [(Wrong::CannotBeMet, "metrics.0.tariffs.0.metricCap".into())]);
    terms.metrics[0].tariffs[0].metric_cap = Some(10_001);
    assert_eq!(told(&terms), [(Wrong::CannotBeMet, "metrics.0.tariffs.0.metricCap".into())]);
    terms.metrics[0].tariffs[0].metric_cap = None;
    terms.rules = vec![
        Rule::PerBeneficiaryCap { metrics: vec![], cap: 499 },
        Rule::FamilyShareCap { metrics: vec!["a".into()], share: 400_000 },
        Rule::GateAllMetrics { metrics: vec!["b".into()], share_of_target: 900_000 },
        Rule::PeriodCap { metrics: vec![], every: payment::terms::Every::Year, cap: 20_000 },
    ];
    assert_eq!(
        told(&terms),
        [
            (Wrong::CannotBeMet, "rules.0.amount".into()),
            (Wrong::CannotBeMet, "rules.1.metrics".into()),
            (Wrong::Unknown, "rules.2.metrics.0".into()),
            (Wrong::CannotBeMet, "rules.3.amount".into()),
        ]
    );
}

#[test]
fn names_are_known_and_tariffs_of_one_payer_do_not_meet() {
    let mut early = unit(5);
    early.valid_to = Some("2026-06-30".into());
    let mut late = unit(6);
    late.valid_from = Some("2026-07-01".into());
    let mut stray = unit(7);
    stray.payer = Some("nobody".into());
    stray.gate = Some(Gate { threshold: Threshold::OfTarget(900_000), closes_all: true });
    let metric = |tariffs: Vec<Tariff>| Metric { code: "a".into(), tariffs, ..Metric::default() };
    assert_eq!(told(&with(vec![metric(vec![early.clone(), late.clone()])])), []);
    assert_eq!(
        told(&with(vec![metric(vec![early, unit(9), stray]), metric(vec![])])),
        [
            (Wrong::Taken, "metrics.1.code".into()),
            (Wrong::Overlaps, "metrics.0.tariffs.1.validFrom".into()),
            (Wrong::Unknown, "metrics.0.tariffs.2.payerId".into()),
            (Wrong::Unknown, "metrics.0.tariffs.2.gate.percentOfTarget".into()),
            (Wrong::Empty, "metrics.1.tariffs".into()),
        ]
    );
}
