//! A large contract: 35 parties, 33 metrics, 200 claims and 2,000 payments on one page, in a handful of statements.

use super::{Cast, DAYS_16, achieves, homes};
use entity::{
    codes::{PartyRole, RepaymentKind},
    contracts::{
        claim_contestation, claim_verification, contract, contract_investment, contract_party,
        contract_repayment, contract_version, evidence_document, ledger_entry, outcome_claim,
        outcome_payment, payment_computation,
    },
    ids::*,
};
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, ModelTrait,
    QueryFilter, Set,
};
use serde_json::{Map, Value, json};
use tests::Actor;

/// Most statements the page may take: six with the one that finds out who asks, which the answer does not count.
const MOST: u32 = 5;

const PARTIES: usize = 35;
const METRICS: usize = 33;
const CLAIMS: i32 = 200;
const PAYMENTS: i64 = 2_000;

/// Everything a contract has, field by field.
const FIELDS: &[&str] = &[
    "title status signedOn lead { name } disclosures { block state } cap { amount } unfunded { amount }",
    "parties { id role isLead organization { id name slug } maxCommitment { amount } fee { amount } }",
    "terms { metrics { code } } fullTerms { metrics { code definition target tariffs { kind } } rules { kind } }",
    "results { metric accepted people }",
    "money { drawn { amount } computed { amount } received { amount } repaid { amount } escrow { amount } repaymentState }",
    "versions { id number state hash signatures { partyId at } }",
    "investments { id rank drawn { amount } repaidPrincipal { amount } paidReturn { amount } repaymentState }",
    "repayments { id investmentId kind amount { amount } at }",
    "ledger { id sequence kind debitId creditId amount { amount currency } subjectId }",
    "claims(first: 40) { totalCount { value } pageInfo { hasNextPage } edges { cursor node { id number state fromOn toOn
        lines { metric quantity people } groups { people } viewerPermissions { contest { isAllowed } }
        verifications { revision opinion lines { metric claimed accepted } } contestations { grounds way }
        documents(first: 2) { nodes { name sha256 } } } } }",
    "computations(first: 40) { totalCount { value } nodes { id claimId versionId
        result { due { amount } steps { rule metric before after explanation } payers { partyId due { amount } } } } }",
    "payments(first: 100) { totalCount { value } pageInfo { hasNextPage } edges { cursor node { id state dueOn
        amount { amount currency } payer { name } payee { name } reference viewerPermissions { approve { isAllowed } } } } }",
    "viewerPermissions { sign { isAllowed } amend { isAllowed } }",
];

/// Adds rows, as many at a time as SQLite takes.
async fn add<M>(cast: &Cast, rows: impl Iterator<Item = M>)
where
    M: ModelTrait + IntoActiveModel<<M::Entity as EntityTrait>::ActiveModel>,
    <M::Entity as EntityTrait>::ActiveModel:
        ActiveModelTrait<Entity = M::Entity> + ActiveModelBehavior + Send,
{
    let rows: Vec<_> = rows.map(|row| row.into_active_model().reset_all()).collect();
    for some in rows.chunks(500) {
        M::Entity::insert_many(some.to_vec()).exec_without_returning(cast.world.pool()).await.unwrap();
    }
}

async fn rows<E: EntityTrait>(cast: &Cast, link: E::Column) -> Vec<E::Model> {
    let id: ContractId = cast.contract.parse().unwrap();
    E::find().filter(link.eq(id)).all(cast.world.pool()).await.unwrap()
}

/// A contract under way: money was drawn, and something was achieved and is due.
async fn begins(cast: &mut Cast) {
    cast.negotiates().await;
    cast.signs().await;
    let tranches = cast.shows(&cast.bank, "investments { id committed { amount } }").await;
    for tranche in tranches.data("/impactContract/investments").as_array().unwrap() {
        let draw = json!({ "investmentId": tranche["id"], "amount": tranche["committed"]["amount"] });
        cast.step(&cast.bank, "contractDrawDown", draw).await.fine();
    }
    cast.step(&cast.work, "contractServiceConfirm", json!({})).await.fine();
    cast.step(&cast.operator, "contractServiceStart", json!({})).await.fine();
    let counts = [("HOME", "60"), ("JOB", "20"), ("VISIT", "40")];
    let period = ("2027-01-01", "2027-06-30");
    achieves(cast, "INTERIM", period, &counts, homes(&[(20, "1"), (10, "4")])).await;
    cast.later(DAYS_16).await;
}

/// Makes as many of everything, each like the first.
async fn grows(cast: &Cast) {
    use outcome_claim::Column::ContractId as OfClaim;
    grows_terms(cast).await;
    let [claim] = rows::<outcome_claim::Entity>(cast, OfClaim).await.try_into().unwrap();
    let others: Vec<_> = (2..=CLAIMS)
        .map(|number| outcome_claim::Model { id: ClaimId::fresh(), number, ..claim.clone() })
        .collect();
    add(cast, others.iter().cloned()).await;
    proves(cast, &others).await;
    pays(cast, &others).await;
}

async fn grows_terms(cast: &Cast) {
    let (pool, id) = (cast.world.pool(), cast.contract.parse::<ContractId>().unwrap());
    let parties = rows::<contract_party::Entity>(cast, contract_party::Column::ContractId).await;
    let investor = parties.iter().find(|party| party.role == PartyRole::Investor).unwrap();
    for _ in parties.len()..PARTIES {
        let organization_id = cast.world.funder("Adviser").await.organization.unwrap();
        let id = ContractPartyId::fresh();
        let role = PartyRole::Adviser;
        cast.world.insert(contract_party::Model { id, organization_id, role, ..investor.clone() }).await;
    }
    let row = contract::Entity::find_by_id(id).one(pool).await.unwrap().unwrap();
    let mut terms = row.terms.clone();
    let metrics = terms["metrics"].as_array_mut().unwrap();
    for number in metrics.len()..METRICS {
        let mut metric = metrics[0].clone();
        metric["code"] = format!("M{number}").into();
        metrics.push(metric);
    }
    let mut active = row.into_active_model();
    active.terms = Set(terms);
    active.update(pool).await.unwrap();
}

async fn proves(cast: &Cast, claims: &[outcome_claim::Model]) {
    let [verified] = rows::<claim_verification::Entity>(cast, claim_verification::Column::ContractId)
        .await
        .try_into()
        .unwrap();
    let of = |claim: &outcome_claim::Model| claim_verification::Model {
        id: VerificationId::fresh(),
        claim_id: claim.id,
        ..verified.clone()
    };
    add(cast, claims.iter().map(of)).await;
    let parties = rows::<contract_party::Entity>(cast, contract_party::Column::ContractId).await;
    let operator = parties.iter().find(|party| party.role == PartyRole::Operator).unwrap();
    let contested = claims.iter().step_by(10).map(|claim| claim_contestation::Model {
        id: ContestationId::fresh(),
        contract_id: claim.contract_id,
        claim_id: claim.id,
        party_id: operator.id,
        organization_id: operator.organization_id,
        grounds: format!("Claim {}.", claim.number),
        way: None,
        resolution: Some("Resolved.".to_owned()),
        resolved_at: Some(claim.created_at),
        created_at: claim.created_at,
    });
    add(cast, contested).await;
    let documents =
        claims.iter().flat_map(|claim| (0..3).map(move |number| (claim, number))).map(|(claim, number)| {
            evidence_document::Model {
                id: EvidenceDocumentId::fresh(),
                contract_id: claim.contract_id,
                claim_id: claim.id,
                organization_id: operator.organization_id,
                uploaded_by_id: cast.operator.user.unwrap(),
                name: format!("{number}.pdf"),
                media_type: "application/pdf".to_owned(),
                size_bytes: 1,
                sha256: format!("{number:064}"),
                metric: None,
                created_at: claim.created_at,
            }
        });
    add(cast, documents).await;
}

async fn pays(cast: &Cast, claims: &[outcome_claim::Model]) {
    let [computed] = rows::<payment_computation::Entity>(cast, payment_computation::Column::ContractId)
        .await
        .try_into()
        .unwrap();
    let of = |claim: &outcome_claim::Model| payment_computation::Model {
        id: ComputationId::fresh(),
        claim_id: claim.id,
        ..computed.clone()
    };
    add(cast, claims.iter().map(of)).await;
    let before = rows::<outcome_payment::Entity>(cast, outcome_payment::Column::ContractId).await;
    let many = i64::try_from(before.len()).unwrap()..PAYMENTS;
    let payments = many.map(|number| outcome_payment::Model {
        id: PaymentId::fresh(),
        amount_minor: 100 + number,
        ..before[0].clone()
    });
    add(cast, payments).await;
    let booked = rows::<ledger_entry::Entity>(cast, ledger_entry::Column::ContractId).await;
    let last = i32::try_from(booked.len()).unwrap();
    let entries = (1..=1_000).map(|number| ledger_entry::Model {
        id: LedgerEntryId::fresh(),
        sequence: last + number,
        ..booked[0].clone()
    });
    add(cast, entries).await;
    let tranches = rows::<contract_investment::Entity>(cast, contract_investment::Column::ContractId).await;
    let repayments = tranches.iter().flat_map(|tranche| (1..=50).map(move |amount| (tranche, amount))).map(
        |(tranche, amount_minor)| contract_repayment::Model {
            id: RepaymentId::fresh(),
            contract_id: tranche.contract_id,
            investment_id: tranche.id,
            organization_id: tranche.organization_id,
            kind: RepaymentKind::Principal,
            amount_minor,
            created_at: tranche.created_at,
        },
    );
    add(cast, repayments).await;
    assert_eq!(rows::<contract_version::Entity>(cast, contract_version::Column::ContractId).await.len(), 1);
}

/// The page in one question, held to what its fields answer when each is asked alone; and the statements it took.
async fn page(cast: &Cast, actor: &Actor) -> (Value, u32) {
    let whole = cast.shows(actor, &FIELDS.join("\n")).await;
    let contract = whole.data("/impactContract");
    let mut alone = Map::new();
    for field in FIELDS {
        let answer = cast.shows(actor, field).await.data("/impactContract");
        alone.extend(answer.as_object().unwrap().clone());
    }
    for (field, value) in alone {
        assert_eq!(contract[&field], value, "{field} differs for {}", actor.name);
    }
    (contract, whole.statements())
}

#[tokio::test]
async fn a_large_contract_answers_its_page_in_six_statements() {
    let mut cast = Cast::new().await;
    begins(&mut cast).await;
    let (_, small) = page(&cast, &cast.bank).await;
    grows(&cast).await;
    let (contract, statements) = page(&cast, &cast.bank).await;
    let length = |path: &str| contract.pointer(path).and_then(Value::as_array).map(Vec::len);
    for (path, count) in [
        ("/parties", PARTIES),
        ("/fullTerms/metrics", METRICS),
        ("/versions/0/signatures", 9),
        ("/investments", 4),
        ("/repayments", 200),
        ("/ledger", 1_004),
        ("/claims/edges", 40),
        ("/claims/edges/1/node/verifications", 1),
        ("/claims/edges/1/node/contestations", 1),
        ("/computations/nodes", 40),
        ("/payments/edges", 100),
    ] {
        assert_eq!(length(path), Some(count), "{path}");
    }
    assert_eq!(contract["claims"]["totalCount"]["value"], CLAIMS);
    assert_eq!(contract["payments"]["totalCount"]["value"], PAYMENTS);
    assert_eq!(contract["results"][0]["accepted"], (60 * CLAIMS).to_string());
    println!("a contract's page: {small} statements for a small one, {statements} for a large one");
    assert_eq!(statements, small, "more rows ask more of the database");
    assert!(statements <= MOST, "{statements} statements, at most {MOST}");
}

#[tokio::test]
async fn what_is_read_together_stays_within_what_each_may_see() {
    let mut cast = Cast::new().await;
    begins(&mut cast).await;
    grows(&cast).await;
    let (investor, statements) = page(&cast, &cast.investors[0]).await;
    assert_eq!(investor["investments"].as_array().unwrap().len(), 1, "its own tranche");
    assert_eq!(investor["repayments"].as_array().unwrap().len(), 50);
    assert!(investor["payments"].is_null() && investor["claims"]["edges"][0]["node"]["documents"].is_null());
    assert!(statements <= MOST, "{statements} statements for an investor");
    let (lab, _) = page(&cast, &cast.lab).await;
    let documents = lab["claims"]["edges"][1]["node"]["documents"]["nodes"].as_array().unwrap().len();
    assert_eq!((documents, lab["investments"].is_null()), (2, true), "the evaluator sees evidence");
    let (visitor, _) = page(&cast, &cast.world.visitor()).await;
    for hidden in ["versions", "investments", "repayments", "ledger", "claims", "computations", "payments"] {
        assert!(visitor[hidden].is_null(), "{hidden}");
    }
    assert_eq!(visitor["money"]["repaymentState"], "NOT_DISCLOSED");
}
