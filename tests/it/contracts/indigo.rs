//! Contracts of the world: taken in as they are, shown with what is odd, found like others, written again as read.

use door::authz::CONTRACT_IMPORT;
use network::contracts::indigo::{
    export::gather,
    import::{Count, Delivery, Taken, take_in},
};
use serde_json::{Value, json};
use tests::World;

/// Three invented records with the oddities of real ones.
fn sample() -> Delivery {
    let list = |value: Value| value.as_array().cloned().unwrap();
    Delivery {
        projects: list(json!([
            { "id": "X-1", "impact_bond_name": "Un toit d’abord", "stage_of_development": "Implementation",
              "dates_date_outcomes_contract_signed": "2019-03", "dates_start_date_of_service_provision": "2020",
              "overall_project_finance_total_investment_commitment_currency": "EUR",
              "overall_project_finance_total_investment_commitment_amount_exact": "1000000",
              "purpose_and_classifications_policy_sector": "Homelessness",
              "purpose_and_classifications_primary_sdg_goal": "1,11",
              "service_and_beneficiaries_target_population": "Rough sleepers of a city",
              "delivery_locations": [
                  { "location_name": "Haute Garonne (Toulouse and elsewhere), Tarn, France", "location_country": "FR" },
                  { "location_name": "Région Occitanie" }],
              "service_provisions": [{ "id": "s1", "organisation_id": "O-1" }],
              "investments": [
                  { "id": "i1", "organisation_id": "O-2", "investment_commitment_currency": "EUR", "investment_commitment_amount_exact": "600000" },
                  { "id": "i2", "organisation_id": "O-2", "investment_commitment_currency": "EUR", "investment_commitment_amount_exact": "300000" }],
              "outcome_payment_commitments": [{ "organisation_id": "O-3" }],
              "intermediary_services": [{ "organisation_id": "O-2", "other_role_description": "Evaluator" }],
              "outcome_metrics": [
                  { "id": "m1", "outcome_definition": "Homes kept for a year", "targeted_number_of_service_users_or_beneficiaries_total": "100" },
                  { "id": "m2" },
                  { "id": "m3", "outcome_definition": "Jobs" }],
              "outcome_pricings": [
                  { "outcome_metric_id": "m1", "currency": "EUR", "price_per_unit_amount": "220" },
                  { "outcome_metric_id": "m9", "currency": "EUR", "price_per_unit_amount": "12" }],
              "outcome_payments": [{ "payer_organisation_id": "O-3,O-4", "payments_currency": "EUR", "payments_amount": "4400" }],
              "results": [{ "outcome_metric_id": "m1", "achieved": "20" }] },
            { "id": "X-2", "impact_bond_name": "Work again", "stage_of_development": "Complete",
              "dates_date_outcomes_contract_signed": "2017", "dates_actual_completion_date": "spring 2019",
              "overall_project_finance_total_investment_commitment_currency": "GBP",
              "overall_project_finance_total_investment_commitment_amount_exact": "=U33",
              "purpose_and_classifications_policy_sector": "Employment and training",
              "delivery_locations": [{ "location_country": "GB" }],
              "investments": [{ "organisation_id": "O-9" }] },
            { "id": "X-3", "stage_of_development": "Unheard of",
              "overall_project_finance_total_investment_commitment_currency": "Russian Ruble",
              "overall_project_finance_total_investment_commitment_amount_exact": "$" },
        ])),
        organizations: list(json!([
            { "id": "O-1", "name": "Maison commune", "country": "FR", "type": "Association" },
            { "id": "O-2", "name": "Banque du fleuve", "website": "https://banque.example/" },
            { "id": "O-3", "name": "Ministry of Homes" },
        ])),
        funds: list(json!([{ "id": "F-1", "name": "A fund", "hosts": ["O-3"] }])),
    }
}

async fn taken(world: &World, delivery: Delivery) -> Taken {
    take_in(&world.store_of(CONTRACT_IMPORT), delivery, |_| ()).await.unwrap()
}

fn by_id(list: &[Value]) -> Vec<Value> {
    let mut list = list.to_vec();
    list.sort_by_key(|record| record["id"].as_str().map(str::to_owned));
    list
}

async fn comes_out_equal(world: &World, delivery: &Delivery) {
    let out = gather(&world.store_of(CONTRACT_IMPORT)).await.unwrap();
    for (one, other) in [
        (&out.projects, &delivery.projects),
        (&out.organizations, &delivery.organizations),
        (&out.funds, &delivery.funds),
    ] {
        assert_eq!(one.len(), other.len());
        for (one, other) in one.iter().zip(by_id(other)) {
            assert_eq!(*one, other);
        }
    }
}

#[tokio::test]
async fn records_load_once_and_come_out_as_they_went_in() {
    let world = World::new().await;
    let first = taken(&world, sample()).await;
    let created = |created| Count { created, ..Count::default() };
    assert_eq!((first.organizations, first.funds, first.contracts), (created(3), created(1), created(3)));
    assert_eq!(
        first.issues.iter().map(|(kind, count)| (kind.as_str(), *count)).collect::<Vec<_>>(),
        [
            ("BARE_SYMBOL", 1),
            ("EVALUATOR_INVESTS", 1),
            ("FORMULA", 1),
            ("ORPHAN_METRIC", 1),
            ("SEVERAL_GOALS", 1),
            ("SEVERAL_PAYERS", 1),
            ("STAGE_UNKNOWN", 1),
            ("TOTAL_DIFFERS", 1),
            ("UNKNOWN_CURRENCY", 1),
            ("UNKNOWN_ORGANIZATION", 1),
            ("YEAR_ONLY", 2),
        ]
    );
    comes_out_equal(&world, &sample()).await;

    let unchanged = |unchanged| Count { unchanged, ..Count::default() };
    let again = taken(&world, sample()).await;
    assert_eq!(
        (again.organizations, again.funds, again.contracts),
        (unchanged(3), unchanged(1), unchanged(3))
    );

    let mut changed = sample();
    changed.projects[1]["stage_of_development"] = json!("Implementation");
    changed.organizations[0]["type"] = json!("Cooperative");
    let third = taken(&world, changed.clone()).await;
    assert_eq!(third.contracts, Count { updated: 1, unchanged: 2, ..Count::default() });
    assert_eq!(third.organizations, Count { updated: 1, unchanged: 2, ..Count::default() });
    comes_out_equal(&world, &changed).await;
}

#[tokio::test]
async fn anybody_finds_them_like_other_contracts_with_what_is_odd() {
    let world = World::new().await;
    taken(&world, sample()).await;
    let visitor = world.visitor();
    let one = visitor
        .asks(
            r#"{ impactContract(by: { externalId: "X-1" }) { title status isImported signedOn serviceStartedOn country sdgGoals
                investment { amount currency } statedTotals { kind stated { amount } sum { amount } isEqual }
                issues { kind path value } extra { path value } parties { role organization { name } }
                territories { code } terms { metrics { code definition } } independenceConflicts { kind isExcluding } } }"#,
            json!({}),
        )
        .await;
    let contract = one.data("/impactContract");
    assert_eq!(contract["status"], json!("ACTIVE"));
    assert_eq!(contract["signedOn"], json!("2019-03"), "as precise as it was");
    assert_eq!(contract["serviceStartedOn"], json!("2020"));
    assert_eq!(contract["investment"], json!({ "amount": "1000000.00", "currency": "EUR" }));
    assert_eq!(
        contract["statedTotals"],
        json!([{ "kind": "INVESTMENT", "stated": { "amount": "1000000.00" }, "sum": { "amount": "900000.00" }, "isEqual": false }])
    );
    assert_eq!(
        one.each("/impactContract/territories", "/code"),
        ["COM-31555", "DEP-31", "DEP-81", "REG-76"],
        "what it names of our places; not the country beside them"
    );
    assert_eq!(contract["independenceConflicts"], json!([{ "kind": "SAME", "isExcluding": true }]));
    assert_eq!(
        contract["terms"]["metrics"].as_array().unwrap().len(),
        2,
        "one has no definition; it is in extra"
    );
    let extra = contract["extra"].as_array().unwrap();
    assert!(extra.contains(&json!({ "path": "results.0.achieved", "value": "20" })));
    assert!(contract["issues"].as_array().unwrap().contains(
        &json!({ "kind": "SEVERAL_PAYERS", "path": "outcome_payments.0.payer_organisation_id", "value": "O-3,O-4" })
    ));

    let find = "query ($filter: ContractFilter, $search: String) { impactContracts(filter: $filter, search: $search) {
        totalCount { value } nodes { externalId }
        facets(by: [COUNTRY, SECTOR, STATUS, YEAR, SDG_GOAL]) { field values { value contractCount } } } }";
    let ids = async |filter: Value, search: Option<&str>| {
        let found = visitor.asks(find, json!({ "filter": filter, "search": search })).await;
        found.each("/impactContracts/nodes", "/externalId").join(" ")
    };
    assert_eq!(ids(json!({}), None).await, "X-1 X-2 X-3");
    assert_eq!(ids(json!({ "countries": ["FR"] }), None).await, "X-1");
    assert_eq!(ids(json!({ "sectors": ["Homelessness"], "years": [2019] }), None).await, "X-1");
    assert_eq!(ids(json!({ "status": { "eq": "SETTLED" } }), None).await, "X-2");
    assert_eq!(ids(json!({ "sdgGoals": [11] }), None).await, "X-1");
    assert_eq!(ids(json!({ "sdgGoals": [2] }), None).await, "");
    assert_eq!(
        ids(json!({ "investment": { "gte": { "amount": "900000", "currency": "EUR" } } }), None).await,
        "X-1"
    );
    assert_eq!(ids(json!({}), Some("sleepers TOIT")).await, "X-1", "each word, anywhere, without case");
    assert_eq!(ids(json!({}), Some("nowhere")).await, "");
    let bank = visitor
        .asks(r#"{ organizations(filter: { name: { startsWith: "Banque" } }) { nodes { id } } }"#, json!({}))
        .await;
    let bank = bank.text("/organizations/nodes/0/id");
    assert_eq!(ids(json!({ "organization": bank, "role": "EVALUATOR" }), None).await, "X-1");
    assert_eq!(ids(json!({ "organization": bank, "role": "OPERATOR" }), None).await, "");

    let counted = visitor.asks(find, json!({ "filter": { "countries": ["FR"] } })).await;
    assert_eq!(
        counted.data("/impactContracts/facets/0/values"),
        json!([{ "value": "FR", "contractCount": 1 }, { "value": "GB", "contractCount": 1 }]),
        "other countries stay in sight"
    );
    assert_eq!(
        counted.data("/impactContracts/facets/1/values"),
        json!([{ "value": "Homelessness", "contractCount": 1 }])
    );

    let statistics = visitor
        .asks(
            "{ contractStatistics(by: COUNTRY) { key contractCount withInvestmentCount investments { median { amount } total { amount } }
               withPricesCount withResultsCount withEvaluatorCount } }",
            json!({}),
        )
        .await;
    assert_eq!(
        statistics.data("/contractStatistics/1"),
        json!({ "key": "FR", "contractCount": 1, "withInvestmentCount": 1,
            "investments": [{ "median": { "amount": "1000000.00" }, "total": { "amount": "1000000.00" } }],
            "withPricesCount": 1, "withResultsCount": 1, "withEvaluatorCount": 1 })
    );
}

/// The files that lie beside the project, if they do: every record, through the database and back.
#[tokio::test]
async fn every_real_record_comes_out_as_it_went_in() {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|folder| folder.join("shared/data/indigo"))
        .find(|folder| folder.join("projects.json").exists());
    let Some(dir) = dir else { return };
    let delivery = Delivery::open(&dir).unwrap();
    let world = World::new().await;
    let first = taken(&world, delivery.clone()).await;
    assert_eq!(first.contracts.created, delivery.projects.len());
    comes_out_equal(&world, &delivery).await;
    let again = taken(&world, delivery.clone()).await;
    assert_eq!(again.contracts.unchanged, delivery.projects.len(), "{again:?}");
    assert_eq!(again.organizations.unchanged, delivery.organizations.len());
    println!("{first:?}");
}
