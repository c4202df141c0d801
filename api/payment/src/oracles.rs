//! Payments on record, and the clauses of real contracts, as figures.
//!
//! Source of prices, quantities and payments: INDIGO Impact Bond Dataset v2, download of 20 May 2025, Government
//! Outcomes Lab, University of Oxford. Amounts are pounds unless said otherwise.

#![expect(
    clippy::inconsistent_digit_grouping,
    clippy::unreadable_literal,
    reason = "amounts are grouped as units and cents"
)]

use super::{
    quantity::{ONE, Quantity},
    terms::*,
    *,
};

fn print(minor: i64, currency: &str) -> String {
    format!("{}.{:02} {currency}", minor / 100, minor % 100)
}

fn tariff(price: Price) -> Tariff {
    Tariff { payer: None, price, metric_cap: None, gate: None, valid_from: None, valid_to: None }
}

fn metric(code: &str, tariff: Tariff) -> Metric {
    Metric { code: code.into(), tariffs: vec![tariff], ..Metric::default() }
}

fn one_payer(metrics: Vec<Metric>) -> Terms {
    let payer = Payer { key: "payer".into(), ..Payer::default() };
    Terms { currency: "GBP".into(), metrics, payers: vec![payer], ..Terms::default() }
}

fn line(metric: &str, quantity: Quantity) -> Line {
    Line { metric: metric.into(), quantity, ..Line::default() }
}

fn period(year: i32, lines: Vec<Line>) -> Outcome {
    Outcome {
        claim: format!("claim-{year}"),
        from: format!("{year}-01-01"),
        to: format!("{year}-12-31"),
        lines,
        profiles: Vec::new(),
    }
}

fn pay(terms: &Terms, outcomes: Vec<Outcome>) -> Computation {
    let input = Input { version: "v".into(), terms: terms.clone(), outcomes, earlier: Vec::new() };
    compute(&input, print).unwrap()
}

/// Pays whole pounds (or dollars) for these prices and quantities, in minor units.
fn priced(lines: &[(i64, i64)], cap: Option<i64>) -> Computation {
    let code = |place: usize| format!("m{place}");
    let metrics = lines
        .iter()
        .enumerate()
        .map(|(place, (price, _))| metric(&code(place), tariff(Price::UnitPrice { price: price * 100 })));
    let mut terms = one_payer(metrics.collect());
    terms.contract_cap = cap.map(|cap| cap * 100);
    let reached =
        lines.iter().enumerate().map(|(place, (_, count))| line(&code(place), Quantity::of(*count)));
    pay(&terms, vec![period(2015, reached.collect())])
}

/// INDIGO-POJ-0123, Project Apollo: unit price, number achieved, payment recorded, metric by metric.
const APOLLO: &[(i64, i64, i64)] = &[
    (220, 103, 22660),
    (220, 0, 0),
    (220, 91, 20020),
    (220, 87, 19140),
    (220, 99, 21780),
    (220, 53, 11660),
    (220, 45, 9900),
    (220, 32, 7040),
    (1760, 17, 29920),
    (4730, 19, 89870),
    (4730, 3, 14190),
    (660, 0, 0),
    (2750, 0, 0),
    (2750, 0, 0),
    (4730, 0, 0),
    (110, 22, 2420),
    (220, 21, 4400),
    (330, 17, 5610),
    (660, 73, 48180),
    (2750, 64, 176000),
    (2750, 54, 148500),
    (2750, 46, 126500),
    (2750, 33, 90750),
];

/// INDIGO-POJ-0131, Ambition: unit price and number achieved, metric by metric.
const AMBITION: &[(i64, i64)] = &[
    (500, 406),
    (500, 351),
    (200, 302),
    (500, 370),
    (1500, 328),
    (1500, 288),
    (1500, 235),
    (1500, 201),
    (500, 152),
    (1500, 46),
    (2500, 35),
    (3500, 5),
    (500, 141),
    (3000, 21),
    (2000, 6),
    (4500, 68),
    (3500, 46),
    (500, 92),
    (500, 59),
    (250, 38),
    (250, 23),
];

/// INDIGO-POJ-0133, Depaul: unit price and number achieved, metric by metric.
const DEPAUL: &[(i64, i64)] = &[
    (500, 209),
    (500, 182),
    (200, 126),
    (500, 192),
    (1500, 188),
    (1500, 179),
    (1500, 165),
    (1500, 142),
    (500, 91),
    (1500, 23),
    (2500, 11),
    (3500, 1),
    (500, 57),
    (3000, 2),
    (2000, 0),
    (4500, 30),
    (3500, 20),
    (500, 16),
    (500, 13),
    (250, 0),
    (250, 0),
];

/// INDIGO-POJ-0134, Fusion: unit price and number achieved, metric by metric.
const FUSION: &[(i64, i64)] = &[
    (500, 345),
    (500, 295),
    (200, 271),
    (500, 293),
    (1500, 282),
    (1500, 267),
    (1500, 235),
    (1500, 199),
    (500, 172),
    (1500, 33),
    (2500, 9),
    (3500, 9),
    (500, 153),
    (3000, 18),
    (2000, 13),
    (4500, 93),
    (3500, 70),
    (500, 30),
    (500, 17),
    (250, 12),
    (250, 7),
];

/// INDIGO-POJ-0135, Home Group: unit price and number achieved, metric by metric.
const HOME_GROUP: &[(i64, i64)] = &[
    (500, 273),
    (500, 211),
    (200, 156),
    (500, 231),
    (1500, 206),
    (1500, 184),
    (1500, 157),
    (1500, 132),
    (500, 158),
    (1500, 122),
    (2500, 131),
    (3500, 27),
    (500, 53),
    (3000, 3),
    (2000, 1),
    (4500, 31),
    (3500, 20),
    (500, 52),
    (500, 37),
    (250, 20),
    (250, 15),
];

/// INDIGO-POJ-0136, Local Solutions: unit price and number achieved, metric by metric.
const LOCAL_SOLUTIONS: &[(i64, i64)] = &[
    (500, 138),
    (500, 125),
    (200, 105),
    (500, 130),
    (1500, 122),
    (1500, 115),
    (1500, 99),
    (1500, 85),
    (500, 113),
    (1500, 48),
    (2500, 56),
    (3500, 0),
    (500, 46),
    (3000, 6),
    (2000, 1),
    (4500, 26),
    (3500, 19),
    (500, 4),
    (500, 1),
    (250, 1),
    (250, 1),
];

/// INDIGO-POJ-0195, The Skill Mill: unit price and number achieved, metric by metric.
const SKILL_MILL: &[(i64, i64)] =
    &[(4390, 242), (1310, 237), (8240, 179), (9340, 185), (430, 74), (320, 162)];

#[test]
fn project_apollo_was_paid_line_by_line_but_for_one_unit() {
    let mut differing = Vec::new();
    for &(price, achieved, recorded) in APOLLO {
        let computed = priced(&[(price, achieved)], None).due;
        assert_eq!(recorded % price, 0, "every payment on record is a whole multiple of its price");
        if computed != recorded * 100 {
            differing.push((computed / 100, recorded));
        }
    }
    // Earnings of 8,155 pounds: 21 people at 220 are 4,620; 4,400 are 20 people. One unit was withheld.
    assert_eq!(differing, [(4_620, 4_400)]);
    let all: Vec<(i64, i64)> = APOLLO.iter().map(|&(price, achieved, _)| (price, achieved)).collect();
    assert_eq!(priced(&all, None).due, 848_760_00);
    assert_eq!(APOLLO.iter().map(|&(_, _, recorded)| recorded).sum::<i64>(), 848_540);
    assert_eq!(848_760 - 848_540, 220, "one unit of 220");
}

/// The Fair Chance Fund told of each project how its payment stood to all that was available: that is its cap.
#[test]
fn the_fair_chance_fund_paid_up_to_the_cap_of_each_contract() {
    // Paid in full up to the cap, as recorded.
    assert_eq!(priced(DEPAUL, None).due, 1_692_700_00);
    assert_eq!(priced(DEPAUL, Some(1_654_340)).due, 1_654_340_00);
    assert_eq!(priced(FUSION, None).due, 3_032_950_00);
    assert_eq!(priced(FUSION, Some(2_513_800)).due, 2_513_800_00);
    // 93 % of 2,944,525 was paid although outcomes were worth more: the record does not say which were refused.
    assert_eq!(priced(AMBITION, None).due, 3_155_150_00);
    assert_eq!(priced(AMBITION, Some(2_944_525)).due, 2_944_525_00);
    assert_eq!(2_742_943 * 100 / 2_944_525, 93);
    // 99 % of what was available; the cap itself is not on record. Below what the outcomes are worth, as a cap makes it.
    assert_eq!(priced(LOCAL_SOLUTIONS, None).due, 1_347_000_00);
    assert_eq!(1_347_000 - 1_323_670, 23_330);
    // The record gives Home Group the payment of Local Solutions to the pound; outcomes were worth far more. One of
    // the two was entered by mistake.
    assert_eq!(priced(HOME_GROUP, None).due, 2_391_450_00);
}

#[test]
fn the_skill_mill_earned_more_than_its_cap() {
    assert_eq!(priced(SKILL_MILL, None).due, 4_659_370_00);
    let capped = priced(SKILL_MILL, Some(3_241_776));
    assert_eq!(capped.due, 3_241_776_00);
    let cap = capped.steps.iter().find(|step| step.rule == "CONTRACT_CAP").unwrap();
    assert_eq!((cap.before, cap.after), (4_659_370_00, 3_241_776_00));
    // 3,159,820 was paid by the time of the record: below the cap, with payments to come.
    assert_eq!(3_241_776 - 3_159_820, 81_956);
}

/// INDIGO-POJ-0015: outcomes worth 3.1 million dollars, of which 2.43 million were paid because of the cap.
#[test]
fn kangaroo_mother_care_was_paid_up_to_its_cap() {
    assert_eq!(priced(&[(3_100_000, 1)], Some(2_430_000)).due, 2_430_000_00);
}

/// Up to 370 outcomes at one price, the next 40 at another, beyond 410 at a third. The prices are invented.
#[test]
fn tiers_of_370_and_410_are_paid_slice_by_slice() {
    let tier = |up_to: Option<i64>, price| Tier { up_to: up_to.map(Quantity::of), price };
    let tiers = vec![tier(Some(370), 4_000_00), tier(Some(410), 2_500_00), tier(None, 1_000_00)];
    let terms = one_payer(vec![metric("homes", tariff(Price::Tiered { tiers }))]);
    for (count, due) in [
        (0, 0),
        (1, 4_000_00),
        (370, 1_480_000_00),
        (371, 1_482_500_00),
        (410, 1_580_000_00),
        (411, 1_581_000_00),
        (450, 1_620_000_00),
    ] {
        let paid = pay(&terms, vec![period(2024, vec![line("homes", Quantity::of(count))])]);
        assert_eq!(paid.due, due, "{count}");
    }
    let paid = pay(&terms, vec![period(2024, vec![line("homes", Quantity::of(420))])]);
    let told = paid.steps.iter().find(|step| step.rule == "TARIFF").unwrap();
    assert_eq!(told.en, "Slices: 370 × 4000.00 GBP + 40 × 2500.00 GBP + 10 × 1000.00 GBP.");
}

/// INDIGO-POJ-0222, the clause: below the control group all is lost; up to 50 % better the capital comes back; from
/// 50 to 100 % a premium grows to 7.5 %. The capital of one million is invented.
#[test]
fn bands_against_a_control_group_pay_capital_and_then_a_growing_premium() {
    let band = |from: &str, to: Option<i64>, share, share_to| Band {
        from: from.parse().unwrap(),
        to: to.map(Quantity::of),
        share,
        share_to,
    };
    let bands = vec![
        band("0.000001", Some(50), ONE, None),
        band("50", Some(100), ONE, Some(1_075_000)),
        band("100", None, 1_075_000, None),
    ];
    let mut outcome = metric("return to work", tariff(Price::ControlBands { base: 1_000_000_00, bands }));
    outcome.accumulation = Accumulation::Latest;
    let terms = one_payer(vec![outcome]);
    for (difference, due) in [
        ("-12.5", 0),
        ("0", 0),
        ("0.1", 1_000_000_00),
        ("49.999999", 1_000_000_00),
        ("50", 1_000_000_00),
        ("75", 1_037_500_00),
        ("100", 1_075_000_00),
        ("180", 1_075_000_00),
    ] {
        let reached = vec![line("return to work", difference.parse().unwrap())];
        assert_eq!(pay(&terms, vec![period(2024, reached)]).due, due, "{difference} %");
    }
    // The latest value replaces the one before it; what was paid too much is carried, not paid back.
    let good = period(2024, vec![line("return to work", Quantity::of(75))]);
    let worse = period(2025, vec![line("return to work", Quantity::of(10))]);
    let earlier = vec![Earlier { payer: "payer".into(), amount: 1_037_500_00 }];
    let input = Input { version: "v".into(), terms, outcomes: vec![good, worse], earlier };
    let paid = compute(&input, print).unwrap();
    assert_eq!((paid.cumulative, paid.due, paid.credit), (1_000_000_00, 0, 37_500_00));
}

/// INDIGO-POJ-0224, the clause: at least 90 % of the target on each indicator, or nothing. Figures are invented.
#[test]
fn one_indicator_below_ninety_percent_closes_all() {
    let gated = |code: &str, target| Metric {
        target: Some(Quantity::of(target)),
        ..metric(code, tariff(Price::Binary { threshold: Quantity::of(1), amount: 50_000_00 }))
    };
    let mut terms = one_payer(vec![gated("jobs", 200), gated("homes", 40), gated("health", 10)]);
    terms.rules = vec![Rule::GateAllMetrics { metrics: Vec::new(), share_of_target: 900_000 }];
    for (jobs, homes, health, due) in
        [(180, 36, 9, 150_000_00), (200, 40, 10, 150_000_00), (179, 40, 10, 0), (200, 40, 8, 0)]
    {
        let reached = [("jobs", jobs), ("homes", homes), ("health", health)];
        let lines = reached.iter().map(|&(code, count)| line(code, Quantity::of(count))).collect();
        assert_eq!(pay(&terms, vec![period(2024, lines)]).due, due, "{jobs} {homes} {health}");
    }
    // The same clause written on the tariffs.
    terms.rules.clear();
    for metric in &mut terms.metrics {
        metric.tariffs[0].gate = Some(Gate { threshold: Threshold::OfTarget(900_000), closes_all: true });
    }
    let lines = vec![
        line("jobs", Quantity::of(179)),
        line("homes", Quantity::of(40)),
        line("health", Quantity::of(10)),
    ];
    assert_eq!(pay(&terms, vec![period(2024, lines)]).due, 0);
    // A gate of its own closes its own metric only.
    for metric in &mut terms.metrics {
        metric.tariffs[0].gate = Some(Gate { threshold: Threshold::OfTarget(900_000), closes_all: false });
    }
    let lines = vec![
        line("jobs", Quantity::of(179)),
        line("homes", Quantity::of(40)),
        line("health", Quantity::of(10)),
    ];
    assert_eq!(pay(&terms, vec![period(2024, lines)]).due, 100_000_00);
}

/// INDIGO-POJ-0245: 370,388,000 yen, of which 95 million depend on results.
#[test]
fn a_fixed_part_stands_beside_the_part_by_results() {
    let mut terms = one_payer(vec![metric(
        "visits",
        tariff(Price::Linear {
            floor: Quantity::of(50),
            floor_amount: 0,
            ceiling: Quantity::of(100),
            ceiling_amount: 95_000_000,
        }),
    )]);
    terms.currency = "JPY".into();
    terms.rules = vec![Rule::FixedAmount { amount: 275_388_000, due_from: None }];
    for (visits, due) in
        [(49, 275_388_000), (50, 275_388_000), (75, 322_888_000), (100, 370_388_000), (130, 370_388_000)]
    {
        let paid = pay(&terms, vec![period(2018, vec![line("visits", Quantity::of(visits))])]);
        assert_eq!(paid.due, due, "{visits}");
    }
}

/// INDIGO-POJ-0152: entry to a home 600, three months 1,500, six months 1,500 and so on, with 19,000 per person at most.
#[test]
fn no_person_brings_more_than_the_cap() {
    let unit = |code: &str, price| metric(code, tariff(Price::UnitPrice { price }));
    let mut terms = one_payer(vec![unit("entry", 600_00), unit("job", 9_500_00), unit("health", 2_500_00)]);
    terms.rules = vec![Rule::PerBeneficiaryCap { metrics: Vec::new(), cap: 19_000_00 }];
    let each = |metric: &str, count| Achieved { metric: metric.into(), quantity: Quantity::of(count) };
    let mut outcome = period(
        2018,
        vec![
            line("entry", Quantity::of(30)),
            line("job", Quantity::of(20)),
            line("health", Quantity::of(10)),
        ],
    );
    // Twenty people with an entry each; ten with an entry, two jobs and better health: 600 + 19,000 + 2,500 = 22,100.
    outcome.profiles = vec![
        Profile { people: 20, each: vec![each("entry", 1)] },
        Profile { people: 10, each: vec![each("entry", 1), each("job", 2), each("health", 1)] },
    ];
    let paid = pay(&terms, vec![outcome.clone()]);
    assert_eq!(paid.due, (20 * 600 + 10 * 19_000) * 100);
    // Without the groups, the number of people bounds the whole: 30 × 19,000 is more than 233,000.
    outcome.profiles.clear();
    outcome.lines[0].people = Some(30);
    assert_eq!(pay(&terms, vec![outcome.clone()]).due, 233_000_00);
    outcome.lines[0].people = Some(10);
    assert_eq!(pay(&terms, vec![outcome]).due, 190_000_00);
}

/// A rough sleepers' clause: each outcome once per person; and Reboot's: 527 claims of 231 people. Prices are invented.
#[test]
fn people_count_once_and_claims_up_to_their_number() {
    let of = |basis, most| {
        let unit = metric("a", tariff(Price::UnitPrice { price: 100_00 }));
        one_payer(vec![Metric { basis, max_claims_per_beneficiary: most, ..unit }])
    };
    let reached = || vec![period(2016, vec![Line { people: Some(231), ..line("a", Quantity::of(527)) }])];
    for (basis, most, count) in [
        (Basis::Person, None, 231),
        (Basis::Claim, None, 527),
        (Basis::Claim, Some(2), 462),
        (Basis::Claim, Some(3), 527),
        (Basis::Unit, Some(1), 527),
    ] {
        assert_eq!(pay(&of(basis, most), reached()).due, count * 100_00, "{basis:?} {most:?}");
    }
}

/// At most 40 % of what is paid may be for employment.
#[test]
fn a_family_takes_no_more_than_its_share_of_what_is_paid() {
    let unit = |code: &str| metric(code, tariff(Price::UnitPrice { price: 1_00 }));
    let mut terms = one_payer(vec![unit("job"), unit("home")]);
    terms.rules = vec![Rule::FamilyShareCap { metrics: vec!["job".into()], share: 400_000 }];
    let paid = pay(
        &terms,
        vec![period(2020, vec![line("job", Quantity::of(900)), line("home", Quantity::of(600))])],
    );
    assert_eq!((paid.metrics[0].amount, paid.metrics[1].amount, paid.due), (400_00, 600_00, 1_000_00));
}

/// INDIGO-POJ-0309: a 10 % fund, a 20 % partnership, a 70 % commissioner; and towns with rates of their own.
#[test]
fn payers_share_by_commitment_order_or_territory_and_by_their_own_rates() {
    let payer = |key: &str, most: Option<i64>, territory: Option<&str>| Payer {
        key: key.into(),
        max_commitment: most,
        territory: territory.map(Into::into),
    };
    let unit = |price| metric("engaged", tariff(Price::UnitPrice { price }));
    let shares = |terms: &Terms, lines: Vec<Line>| {
        let paid = pay(terms, vec![period(2019, lines)]);
        (paid.payers.iter().map(|payer| payer.due).collect::<Vec<_>>(), paid.unfunded)
    };
    let reached = || vec![line("engaged", Quantity::of(101))];
    let mut terms = one_payer(vec![unit(3_33)]);
    terms.payers = vec![
        payer("a commissioner", Some(70_000_00), None),
        payer("b partnership", Some(20_000_00), None),
        payer("c fund", Some(10_000_00), None),
    ];
    // 336.33: 235.431, 67.266 and 33.633; the largest remainders get the two missing cents... of which there is one.
    assert_eq!(shares(&terms, reached()), (vec![235_43, 67_27, 33_63], 0));
    terms.split = Split::Priority;
    terms.payers[0].max_commitment = Some(300_00);
    assert_eq!(shares(&terms, reached()), (vec![300_00, 36_33, 0], 0));
    terms.payers[1].max_commitment = Some(30_00);
    terms.payers[2].max_commitment = Some(5_00);
    assert_eq!(shares(&terms, reached()), (vec![300_00, 30_00, 5_00], 1_33));
    terms.split = Split::Territory;
    terms.payers = vec![
        payer("north", Some(100_00), Some("N")),
        payer("south", None, Some("S")),
        payer("state", None, None),
    ];
    let at = |territory: Option<&str>, count| Line {
        territory: territory.map(Into::into),
        ..line("engaged", Quantity::of(count))
    };
    // 60 in the north: 199.80, of which 100 fit and 99.80 fall to the state, with the 10 of nowhere.
    let spread = || vec![at(Some("N"), 60), at(Some("S"), 31), at(None, 10)];
    assert_eq!(shares(&terms, spread()), (vec![100_00, 103_23, 133_10], 0));
    // The south pays its own rate for its own people.
    let mut own = tariff(Price::UnitPrice { price: 5_00 });
    own.payer = Some("south".into());
    terms.metrics[0].tariffs.push(own);
    assert_eq!(shares(&terms, spread()), (vec![100_00, 155_00, 133_10], 0));
}

/// Two years, 50,000 a year at most: what did not fit waits for room.
#[test]
fn what_does_not_fit_a_period_waits_for_the_next() {
    let mut terms = one_payer(vec![metric("a", tariff(Price::UnitPrice { price: 1_000_00 }))]);
    terms.rules = vec![Rule::PeriodCap { metrics: Vec::new(), every: Every::Year, cap: 50_000_00 }];
    let first = period(2024, vec![line("a", Quantity::of(70))]);
    assert_eq!(pay(&terms, vec![first.clone()]).due, 50_000_00);
    let second = period(2025, vec![line("a", Quantity::of(10))]);
    assert_eq!(pay(&terms, vec![first.clone(), second]).due, 80_000_00);
    let third = period(2025, vec![line("a", Quantity::of(60))]);
    assert_eq!(pay(&terms, vec![first, third]).due, 100_000_00);
}

/// Vulnerable young people at a higher rate from July 2020 on: an amended tariff, for periods that begin then.
#[test]
fn an_amended_price_is_for_periods_that_begin_under_it() {
    let mut early = tariff(Price::UnitPrice { price: 700_00 });
    early.valid_to = Some("2020-06-30".into());
    let mut late = tariff(Price::UnitPrice { price: 900_00 });
    late.valid_from = Some("2020-07-01".into());
    let terms = one_payer(vec![Metric { code: "a".into(), tariffs: vec![early, late], ..Metric::default() }]);
    let at = |from: &str, to: &str, count| Outcome {
        claim: from.into(),
        from: from.into(),
        to: to.into(),
        lines: vec![line("a", Quantity::of(count))],
        profiles: Vec::new(),
    };
    let paid = pay(&terms, vec![at("2020-04-01", "2020-09-30", 10), at("2020-10-01", "2020-12-31", 10)]);
    assert_eq!(paid.due, 16_000_00);
}

#[test]
fn a_correction_nets_out_and_leaves_a_credit() {
    let terms = one_payer(vec![metric("a", tariff(Price::UnitPrice { price: 100_00 }))]);
    let first = period(2023, vec![line("a", Quantity::of(50))]);
    let correction = period(2024, vec![line("a", Quantity::of(-8))]);
    let more = period(2025, vec![line("a", Quantity::of(5))]);
    let mut input = Input { version: "v".into(), terms, outcomes: vec![first], earlier: Vec::new() };
    let mut run = |next: Option<Outcome>| {
        input.outcomes.extend(next);
        let paid = compute(&input, print).unwrap();
        input.earlier = vec![Earlier { payer: "payer".into(), amount: paid.earlier + paid.due }];
        (paid.cumulative, paid.due, paid.credit)
    };
    assert_eq!(run(None), (5_000_00, 5_000_00, 0));
    assert_eq!(run(Some(correction)), (4_200_00, 0, 800_00));
    assert_eq!(run(Some(more)), (4_700_00, 0, 300_00));
}
