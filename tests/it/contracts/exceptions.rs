//! What is out of the ordinary: corrections before payment, the clock, another evaluator, adjustments, crowds.

use super::{Cast, DAYS_16, achieves, claim_does, computed, does, homes, lines};
use door::authz::CONTRACTS;
use network::contracts::clock;
use serde_json::{Value, json};
use tests::Answer;

/// From nothing to service, with one tranche drawn.
pub(super) async fn begins() -> Cast {
    let mut cast = Cast::new().await;
    cast.negotiates().await;
    cast.signs().await;
    let tranches = cast.shows(&cast.bank, "investments { id }").await;
    let draw =
        json!({ "investmentId": tranches.data("/impactContract/investments/0/id"), "amount": "300000" });
    cast.step(&cast.bank, "contractDrawDown", draw).await.fine();
    cast.step(&cast.work, "contractServiceConfirm", json!({})).await.fine();
    cast.step(&cast.operator, "contractServiceStart", json!({})).await.fine();
    cast
}

/// `payer state amount` of all payments.
async fn payments(cast: &Cast) -> Vec<String> {
    let select = "payments { nodes { state amount { amount } payer { name } } }";
    let nodes = cast.shows(&cast.bank, select).await.data("/impactContract/payments/nodes");
    let mut list: Vec<String> = nodes
        .as_array()
        .unwrap()
        .iter()
        .map(|node| {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            format!(
                "{} {} {}",
                text(&node["payer"]["name"]),
                text(&node["state"]),
                text(&node["amount"]["amount"])
            )
        })
        .collect();
    list.sort();
    list
}

pub(super) const FIRST: &[(&str, &str)] = &[("HOME", "60"), ("JOB", "20"), ("VISIT", "30")];

#[tokio::test]
async fn a_correction_takes_back_what_nobody_has_approved() {
    let mut cast = begins().await;
    // 60 × 1,500 + 20 × 5,000 + 30 × 200 = 196,000, shared 60 to 40.
    achieves(&mut cast, "INTERIM", ("2027-01-01", "2027-06-30"), FIRST, homes(&[(60, "1")])).await;
    assert_eq!(
        payments(&cast).await,
        ["Ministry of Health COMPUTED 78400.00", "Ministry of Work COMPUTED 117600.00"]
    );
    // Five jobs less are 25,000 less: 171,000.
    let back = [("JOB", "-5")];
    achieves(&mut cast, "CORRECTION", ("2027-07-01", "2027-07-31"), &back, homes(&[(60, "1")])).await;
    assert_eq!(computed(&cast).await, ["196000.00 196000.00 0.00", "171000.00 171000.00 0.00"]);
    assert_eq!(
        payments(&cast).await,
        [
            "Ministry of Health CANCELLED 78400.00",
            "Ministry of Health COMPUTED 68400.00",
            "Ministry of Work CANCELLED 117600.00",
            "Ministry of Work COMPUTED 102600.00",
        ]
    );
}

#[tokio::test]
async fn time_alone_makes_claims_final() {
    let mut cast = begins().await;
    let claim = json!({ "contractId": cast.contract, "fromOn": "2027-01-01", "toOn": "2027-06-30",
        "lines": lines(FIRST, "quantity"), "groups": homes(&[(60, "1")]) });
    let id = claim_does(&cast.operator, "claimCreate", claim).await.text("/claimCreate/claim/id");
    claim_does(&cast.operator, "claimSubmit", json!({ "id": id })).await.fine();
    claim_does(&cast.lab, "claimTake", json!({ "id": id })).await.fine();
    claim_does(&cast.lab, "claimVerify", json!({ "id": id, "lines": lines(FIRST, "accepted") })).await.fine();
    let system = cast.world.store_of(CONTRACTS);
    assert_eq!(clock::go_on(&system).await.unwrap(), 0, "the days for contesting have just begun");
    cast.later(DAYS_16).await;
    assert_eq!(clock::go_on(&cast.world.store_of(CONTRACTS)).await.unwrap(), 1);
    assert_eq!(clock::go_on(&cast.world.store_of(CONTRACTS)).await.unwrap(), 0);
    let claims = cast.shows(&cast.lab, "claims { nodes { state } }").await;
    assert_eq!(claims.each("/impactContract/claims/nodes", "/state"), ["FINAL"]);
    assert_eq!(computed(&cast).await, ["196000.00 196000.00 0.00"]);
}

#[tokio::test]
async fn another_evaluator_comes_in_when_all_concerned_agree() {
    let mut cast = begins().await;
    let other = cast.world.university("University of the Hills").await;
    let claim = json!({ "contractId": cast.contract, "fromOn": "2027-01-01", "toOn": "2027-06-30",
        "lines": lines(FIRST, "quantity"), "groups": homes(&[(60, "1")]) });
    let id = claim_does(&cast.operator, "claimCreate", claim.clone()).await.text("/claimCreate/claim/id");
    claim_does(&cast.operator, "claimSubmit", json!({ "id": id })).await.fine();
    claim_does(&cast.lab, "claimTake", json!({ "id": id })).await.fine();

    let replace = json!({ "organizationId": other.org(), "fee": "15000" });
    cast.step(&cast.lab, "contractEvaluatorReplace", replace.clone()).await.refused("FORBIDDEN");
    cast.step(&other, "contractEvaluatorReplace", replace.clone()).await.refused("FORBIDDEN");
    let [first, second, third, fourth] = &cast.investors;
    for actor in [&cast.operator, &cast.work, &cast.health, first, second, third] {
        cast.step(actor, "contractEvaluatorReplace", replace.clone()).await.fine();
    }
    let accepted = json!({ "id": id, "lines": lines(FIRST, "accepted") });
    claim_does(&other, "claimVerify", accepted.clone()).await.refused("NOT_FOUND");
    cast.step(fourth, "contractEvaluatorReplace", replace.clone()).await.fine();
    cast.step(fourth, "contractEvaluatorReplace", replace).await.refused("TAKEN");
    claim_does(&cast.lab, "claimVerify", accepted.clone()).await.refused("FORBIDDEN");
    claim_does(&other, "claimVerify", accepted).await.fine();

    // The one that left keeps what it saw, and sees nothing that came after.
    cast.later(DAYS_16).await;
    let mut next = claim;
    next["fromOn"] = "2027-07-01".into();
    next["toOn"] = "2027-12-31".into();
    claim_does(&cast.operator, "claimCreate", next).await.fine();
    let seen = cast
        .shows(&cast.lab, "claims { nodes { number } } versions { number } computations { nodes { id } }")
        .await;
    assert_eq!(seen.each("/impactContract/claims/nodes", "/number"), ["1"]);
    assert_eq!(seen.each("/impactContract/versions", "/number"), ["1"]);

    // An evaluator that invests stays out, whoever agrees.
    let replace = json!({ "organizationId": cast.investors[0].org() });
    let [first, second, third, fourth] = &cast.investors;
    for actor in [&cast.operator, &cast.work, &cast.health, first, second, third] {
        cast.step(actor, "contractEvaluatorReplace", replace.clone()).await.fine();
    }
    cast.step(fourth, "contractEvaluatorReplace", replace).await.refused("EVALUATOR_NOT_INDEPENDENT");
}

#[tokio::test]
async fn an_adjustment_is_signed_by_all_whom_it_concerns() {
    let cast = begins().await;
    let operator = cast.party("OPERATOR", "Roofs and Trades").await;
    let adjust =
        json!({ "partyId": operator, "direction": "TO_PARTY", "amount": "1200.50", "reason": "Flood." });
    cast.step(&cast.lab, "contractAdjust", adjust.clone()).await.refused("FORBIDDEN");
    let outsider = cast.world.funder("Other Fund").await;
    cast.step(&outsider, "contractAdjust", adjust.clone()).await.refused("FORBIDDEN");
    let entries = async || {
        let shown = cast.shows(&cast.bank, "ledger { kind amount { amount } reason }").await;
        shown.data("/impactContract/ledger").as_array().unwrap().len()
    };
    for actor in [&cast.bank, &cast.operator, &cast.work] {
        cast.step(actor, "contractAdjust", adjust.clone()).await.fine();
    }
    let mut other = adjust.clone();
    other["amount"] = "1300".into();
    cast.step(&cast.health, "contractAdjust", other).await.fine();
    assert_eq!(entries().await, 1, "they did not sign the same");
    cast.step(&cast.health, "contractAdjust", adjust.clone()).await.fine();
    assert_eq!(entries().await, 2);
    cast.step(&cast.health, "contractAdjust", adjust).await.fine();
    assert_eq!(entries().await, 2, "signatures of one adjustment are none of the next");
    let money = cast.shows(&cast.bank, "money { escrow { amount } }").await;
    assert_eq!(money.data("/impactContract/money/escrow/amount"), "298799.50");
}

/// How many answers were fine, and the codes of the others.
fn outcome(answers: &[Answer]) -> (usize, Vec<String>) {
    let fine = answers.iter().filter(|answer| answer.errors().is_empty()).count();
    (fine, answers.iter().flat_map(Answer::errors).collect())
}

#[tokio::test]
async fn of_many_who_finalize_approve_pay_and_confirm_at_once_one_has_the_effect() {
    use futures_util::future::join_all;
    let mut cast = begins().await;
    let claim = json!({ "contractId": cast.contract, "fromOn": "2027-01-01", "toOn": "2027-06-30",
        "lines": lines(FIRST, "quantity"), "groups": homes(&[(60, "1")]) });
    let id = claim_does(&cast.operator, "claimCreate", claim).await.text("/claimCreate/claim/id");
    claim_does(&cast.operator, "claimSubmit", json!({ "id": id })).await.fine();
    claim_does(&cast.lab, "claimTake", json!({ "id": id })).await.fine();
    claim_does(&cast.lab, "claimVerify", json!({ "id": id, "lines": lines(FIRST, "accepted") })).await.fine();
    cast.later(DAYS_16).await;

    let advanced = join_all((0..8).map(|_| cast.step(&cast.bank, "contractAdvance", json!({})))).await;
    assert_eq!(outcome(&advanced), (8, vec![]), "going on twice is going on once");
    assert_eq!(computed(&cast).await.len(), 1);
    let shown = cast.shows(&cast.bank, "payments { nodes { id payer { name } } }").await;
    let nodes = shown.data("/impactContract/payments/nodes");
    let mine =
        nodes.as_array().unwrap().iter().find(|node| node["payer"]["name"] == "Ministry of Work").unwrap();
    let payment = json!({ "id": mine["id"] });
    let transfer = json!({ "id": mine["id"], "reference": "T-9" });
    for (actor, name, input) in [
        (&cast.operator, "paymentCall", &payment),
        (&cast.work, "paymentApprove", &payment),
        (&cast.work, "paymentMarkPaid", &transfer),
        (&cast.operator, "paymentConfirm", &payment),
    ] {
        let select = "payment { state }";
        let answers = join_all((0..8).map(|_| does(actor, name, input.clone(), select))).await;
        assert_eq!(outcome(&answers), (1, vec!["STATE_INVALID".to_owned(); 7]), "{name}");
    }
    let repaid = join_all((0..4).map(|_| cast.step(&cast.bank, "contractRepay", json!({})))).await;
    assert_eq!(outcome(&repaid), (1, vec!["FUNDS_MISSING".to_owned(); 3]));
    let ledger = cast.shows(&cast.bank, "ledger { kind amount { amount } }").await;
    assert_eq!(ledger.each("/impactContract/ledger", "/kind"), ["DRAW_DOWN", "OUTCOME_PAYMENT", "REPAYMENT"]);
    let verified = network::contracts::verify::verify(&cast.world.store_of(CONTRACTS)).await.unwrap();
    assert_eq!(verified.faults, Vec::<String>::new());
}

#[tokio::test]
async fn what_is_withheld_until_a_day_is_shown_from_the_next() {
    let mut cast = Cast::new().await;
    cast.negotiates().await;
    let more = json!({ "disclosures": [{ "block": "AMOUNTS", "state": "WITHHELD", "reason": "A tender runs.",
        "until": "1970-01-01" }, { "block": "PRICES", "state": "WITHHELD", "until": "2999-12-31" }] });
    cast.step(&cast.operator, "contractUpdate", more).await.fine();
    cast.signs().await;
    let seen = cast
        .shows(
            &cast.world.visitor(),
            "cap { amount } disclosures { block state until } terms { rules { kind } }",
        )
        .await;
    assert_eq!(seen.data("/impactContract/cap/amount"), "1000000.00");
    assert_eq!(seen.each("/impactContract/disclosures", "/state")[..2], ["DISCLOSED", "WITHHELD"]);
    assert!(seen.data("/impactContract/terms/rules").is_null());
}

/// A server that is killed loses its connection, and with it all of the step it was in the middle of.
#[tokio::test]
async fn a_server_that_dies_in_the_middle_leaves_nothing_half_done() {
    use sea_orm::{ConnectionTrait, DbBackend, Statement, TransactionTrait};
    let cast = begins().await;
    let pool = cast.world.pool();
    if pool.get_database_backend() != DbBackend::Postgres {
        return;
    }
    let sql = |text: &str| Statement::from_string(DbBackend::Postgres, text);
    let dying = pool.begin().await.unwrap();
    dying.execute_unprepared("select id from impact_contract for update").await.unwrap();
    dying
        .execute_unprepared(
            "insert into ledger_entry select gen_random_uuid(), contract_id, 2, at, kind, debit_id, credit_id, amount_minor,
             currency, subject, reason, reverses_id from ledger_entry",
        )
        .await
        .unwrap();
    let row = dying.query_one_raw(sql("select pg_backend_pid()")).await.unwrap().unwrap();
    let pid: i32 = row.try_get_by_index(0).unwrap();
    let waiting = cast.step(&cast.bank, "contractAdvance", json!({}));
    let kill = format!("select pg_terminate_backend({pid})");
    let killing = pool.execute_unprepared(&kill);
    let (went_on, killed) = futures_util::future::join(waiting, killing).await;
    killed.unwrap();
    went_on.fine();
    assert!(dying.commit().await.is_err(), "its transaction is gone");
    let entries = cast.shows(&cast.bank, "ledger { sequence amount { amount } }").await;
    assert_eq!(entries.each("/impactContract/ledger", "/sequence"), ["1"]);
    let verified = network::contracts::verify::verify(&cast.world.store_of(CONTRACTS)).await.unwrap();
    assert_eq!(verified.faults, Vec::<String>::new());
}
