//! A large contract: 35 parties, 33 metrics, 200 claims and 2,000 payments on one page, in a handful of statements.

use super::Cast;
use entity::{
    codes::{ClaimKind, ClaimState, PartyRole, PaymentState},
    contracts::{contract, contract_party, outcome_claim, outcome_payment},
    ids::{ClaimId, ContractId, ContractPartyId, OrganizationId, PaymentId},
};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, Set};
use serde_json::json;

/// Most statements the page may take.
const MOST: u32 = 6;

const PAGE: &str = r"query ($id: ID!) { impactContract(by: { id: $id }) {
    title status cap { amount } disclosures { block state } signedOn
    parties { role isLead organization { name slug } maxCommitment { amount } }
    fullTerms { metrics { code definition target tariffs { kind } } rules { kind } }
    claims(first: 100) { totalCount { value } nodes { number state fromOn toOn lines { metric quantity } } pageInfo { hasNextPage } }
    payments(first: 100) { nodes { state dueOn amount { amount currency } reference } pageInfo { hasNextPage } }
    viewerPermissions { sign { isAllowed } } } }";

async fn grown(cast: &Cast) {
    let (pool, world) = (cast.world.pool(), &cast.world);
    let id: ContractId = cast.contract.parse().unwrap();
    let row = contract::Entity::find_by_id(id).one(pool).await.unwrap().unwrap();
    let of_contract = contract_party::Column::ContractId.eq(id);
    let parties = contract_party::Entity::find().filter(of_contract).all(pool).await.unwrap();
    let adviser = parties.iter().find(|party| party.role == PartyRole::Investor).unwrap();
    for _ in parties.len()..35 {
        let organization = world.funder("Adviser").await.organization.unwrap();
        let party = contract_party::Model {
            id: ContractPartyId::fresh(),
            organization_id: organization,
            role: PartyRole::Adviser,
            ..adviser.clone()
        };
        world.insert(party).await;
    }
    let mut terms = row.terms.clone();
    let metrics = terms["metrics"].as_array_mut().unwrap();
    for number in metrics.len()..33 {
        let mut metric = metrics[0].clone();
        metric["code"] = format!("M{number}").into();
        metrics.push(metric);
    }
    let mut active = row.clone().into_active_model();
    active.terms = Set(terms);
    active.update(pool).await.unwrap();
    let claims = (1..=200).map(|number| {
        outcome_claim::Model {
            id: ClaimId::fresh(),
            contract_id: id,
            number,
            kind: ClaimKind::Interim,
            from_on: "2027-01-01".to_owned(),
            to_on: "2027-01-31".to_owned(),
            lines: json!([{ "metric": "HOME", "quantity": "1", "people": 1, "territory": null }]),
            profiles: json!([]),
            note: None,
            state: ClaimState::Draft,
            question: None,
            answer: None,
            submitted_at: None,
            submitted_by_id: None,
            verified_at: None,
            contestable_until: None,
            final_at: None,
            version: 1,
            created_at: row.created_at,
            updated_at: row.created_at,
        }
        .into_active_model()
        .reset_all()
    });
    outcome_claim::Entity::insert_many(claims).exec_without_returning(pool).await.unwrap();
    let home: OrganizationId = cast.operator.organization.unwrap();
    for batch in 0..4 {
        let payments = (0..500).map(|number| {
            outcome_payment::Model {
                id: PaymentId::fresh(),
                contract_id: id,
                computation_id: None,
                payer_id: cast.work.organization.unwrap(),
                payee_id: home,
                amount_minor: 100 + batch * 500 + number,
                currency: "EUR".to_owned(),
                state: PaymentState::Computed,
                called_at: None,
                due_on: None,
                approved_by_id: None,
                approved_at: None,
                second_approval_by_id: None,
                paid_at: None,
                reference: None,
                received_at: None,
                held_until: None,
                hold_reason: None,
                version: 1,
                created_at: row.created_at,
                updated_at: row.created_at,
            }
            .into_active_model()
            .reset_all()
        });
        outcome_payment::Entity::insert_many(payments).exec_without_returning(pool).await.unwrap();
    }
}

#[tokio::test]
async fn a_large_contract_answers_its_page_in_six_statements() {
    let mut cast = Cast::new().await;
    cast.negotiates().await;
    grown(&cast).await;
    let page = cast.bank.asks(PAGE, json!({ "id": cast.contract })).await;
    let contract = page.data("/impactContract");
    assert_eq!(contract["parties"].as_array().unwrap().len(), 35);
    assert_eq!(contract["fullTerms"]["metrics"].as_array().unwrap().len(), 33);
    assert_eq!(contract["claims"]["totalCount"]["value"], 200);
    assert_eq!(contract["claims"]["nodes"].as_array().unwrap().len(), 100);
    assert_eq!(contract["payments"]["nodes"].as_array().unwrap().len(), 100);
    let statements = page.statements();
    println!("a large contract: {statements} statements");
    assert!(statements <= MOST, "{statements} statements, at most {MOST}");
}
