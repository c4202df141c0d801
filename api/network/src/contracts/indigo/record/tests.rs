use super::*;

const COIN: Coin = Coin {
    minor: |text, _| text.parse::<i64>().ok().map(|whole| whole * 100),
    text: |minor, _| (minor / 100).to_string(),
    is_currency: |code| ["GBP", "EUR"].contains(&code),
};

fn record() -> Value {
    json!({
        "id": "X-1", "impact_bond_name": "A bond", "stage_of_development": "Implementation",
        "dates_start_date_of_service_provision": "2017", "dates_actual_completion_date": "spring 2019",
        "overall_project_finance_total_investment_commitment_currency": "GBP",
        "overall_project_finance_total_investment_commitment_amount_exact": "=U33",
        "purpose_and_classifications_primary_sdg_goal": "1,3",
        "investments": [{ "id": "i1", "organisation_id": "O-1" }, { "id": "i2" }],
        "intermediary_services": [{ "organisation_id": "O-1", "other_role_description": "Evaluator" }],
        "outcome_payment_commitments": [
            { "organisation_id": "O-2", "maximum_potential_outcome_payment_currency": "GBP", "maximum_potential_outcome_payment_amount": "500" },
            { "organisation_id": "O-3", "maximum_potential_outcome_payment_currency": "Russian Ruble", "maximum_potential_outcome_payment_amount": "$" },
        ],
        "outcome_metrics": [{ "id": "m1", "outcome_definition": "Jobs", "primary_sdg_goal": "8" }, { "id": "m2", "outcome_definition": "Homes" }],
        "outcome_pricings": [
            { "outcome_metric_id": "m1", "currency": "GBP", "price_per_unit_amount": "220" },
            { "outcome_metric_id": "m9", "currency": "GBP", "price_per_unit_amount": "12" },
            { "outcome_metric_id": "m2", "currency": "GBP", "price_per_unit_amount": "007" },
        ],
        "outcome_payments": [{ "payer_organisation_id": "O-2,O-3", "payments_amount": "100" }],
    })
}

#[test]
fn a_record_comes_out_as_it_went_in() {
    let project = read(&record(), COIN).unwrap();
    assert_eq!(write(&project, COIN), record());
    assert_eq!(
        (project.stage, project.service_started_on.as_deref()),
        (Some(Stage::Implementation), Some("2017"))
    );
    assert_eq!(project.metrics.iter().map(|metric| metric.price).collect::<Vec<_>>(), [Some(22_000), None]);
    assert_eq!(
        project.parties.iter().map(|party| party.max_commitment).collect::<Vec<_>>(),
        [None, Some(50_000), None, None]
    );
    assert_eq!(project.sdg_goals, [1, 3, 8]);
    assert!(project.completed_on.is_none() && project.extra.contains_key("dates_actual_completion_date"));
}

#[test]
fn what_is_odd_is_told_and_kept() {
    let mut kinds: Vec<_> =
        read(&record(), COIN).unwrap().issues.into_iter().map(|issue| issue.kind).collect();
    kinds.sort_unstable();
    assert_eq!(
        kinds,
        [
            "BARE_SYMBOL",
            "EVALUATOR_INVESTS",
            "FORMULA",
            "ORPHAN_METRIC",
            "SEVERAL_GOALS",
            "SEVERAL_PAYERS",
            "UNKNOWN_CURRENCY",
            "YEAR_ONLY"
        ]
    );
}

/// Every project of a folder that is given, such as INDIGO's own export: `INDIGO_DIR=… cargo test every_project`.
#[test]
fn every_project_of_a_given_folder_comes_out_as_it_went_in() {
    let Ok(dir) = std::env::var("INDIGO_DIR") else { return };
    let text = std::fs::read_to_string(format!("{dir}/projects.json")).unwrap();
    let records: Vec<Value> = serde_json::from_str(&text).unwrap();
    let mut kinds: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
    let (mut prices, mut parties) = (0, 0);
    for record in &records {
        let project = read(record, COIN).unwrap();
        assert_eq!(&write(&project, COIN), record, "{}", project.id);
        project.issues.iter().for_each(|issue| *kinds.entry(issue.kind).or_default() += 1);
        prices += project.metrics.iter().filter(|metric| metric.price.is_some()).count();
        parties += project.parties.len();
    }
    println!("{} projects, {parties} parties, {prices} prices, {kinds:?}", records.len());
    assert!(!records.is_empty());
}
