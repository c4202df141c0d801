//! Impact contracts: the whole of one, told with every amount; who may, who may not, who must not know.

mod benchmark;
mod documents;
mod exceptions;
mod indigo;
mod interests;
mod page;
mod places;
mod transitions;

use entity::codes::MembershipRole;
use serde_json::{Value, json};
use std::time::Duration;
use tests::{Actor, Answer, World};

const DAYS_16: Duration = Duration::from_hours(16 * 24);

/// Runs one mutation: `does(&actor, "claimTake", json!({…}), "claim { state }")`.
async fn does(actor: &Actor, name: &str, input: Value, select: &str) -> Answer {
    let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
    let document = format!(
        "mutation ($input: {kind}!) {{ {name}(input: $input) {{ {select} errors {{ code path message }} }} }}"
    );
    actor.asks(&document, json!({ "input": input })).await
}

async fn contract_does(actor: &Actor, name: &str, input: Value) -> Answer {
    does(actor, name, input, "contract { id status version }").await
}

async fn claim_does(actor: &Actor, name: &str, input: Value) -> Answer {
    as_told(actor, "OutcomeClaim", name, input, "claim { id state number }").await
}

async fn payment_does(actor: &Actor, name: &str, input: Value) -> Answer {
    let select = "payment { id state amount { amount } awaitsSecondApproval }";
    as_told(actor, "OutcomePayment", name, input, select).await
}

/// Runs a step, and holds `viewerPermissions` to what it said just before.
async fn as_told(actor: &Actor, noun: &str, name: &str, input: Value, select: &str) -> Answer {
    let word = name.trim_start_matches(char::is_lowercase);
    let permission = format!("{}{}", word[..1].to_lowercase(), &word[1..]);
    let ask = format!(
        "query ($id: ID!) {{ node(id: $id) {{ ... on {noun} {{ viewerPermissions {{ {permission} {{ reason }} }} }} }} }}"
    );
    let told = match input.get("id") {
        Some(id) => actor.asks(&ask, json!({ "id": id })).await.data("/node"),
        None => Value::Null, // there is no object yet
    };
    let answer = does(actor, name, input, select).await;
    let reason = &told["viewerPermissions"][&permission]["reason"];
    let said = answer.errors().into_iter().next();
    match said.as_deref() {
        _ if told.is_null() => (),
        Some("FORBIDDEN") => assert_eq!(reason, "FORBIDDEN", "{name} {answer:?}"),
        Some("STATE_INVALID" | "SECOND_PERSON_NEEDED" | "CONTESTATION_CLOSED") => {
            assert_eq!(reason, "STATE_INVALID", "{name} {answer:?}");
        }
        _ => assert!(reason.is_null(), "{name} was said to be {reason}: {answer:?}"),
    }
    answer
}

/// The people of one contract.
struct Cast {
    world: World,
    bank: Actor,
    operator: Actor,
    work: Actor,
    work_second: Actor,
    health: Actor,
    lab: Actor,
    investors: [Actor; 4],
    contract: String,
}

impl Cast {
    async fn new() -> Self {
        let world = World::new().await;
        let work = world.public_body("Ministry of Work").await;
        let home = work.organization.unwrap();
        Self {
            bank: world.funder("Clear Bank").await,
            operator: world.innovator("Roofs and Trades").await,
            work_second: world.member("Second", home, MembershipRole::Finance).await,
            work,
            health: world.public_body("Ministry of Health").await,
            lab: world.university("University of the Coast").await,
            investors: [
                world.funder("First Fund").await,
                world.funder("Second Fund").await,
                world.funder("Third Fund").await,
                world.funder("Fourth Fund").await,
            ],
            world,
            contract: String::new(),
        }
    }

    /// Time passes, and everybody signs in again.
    async fn later(&mut self, time: Duration) {
        self.world.later(time);
        let world = self.world.clone();
        let investors = self.investors.iter_mut();
        let others = [
            &mut self.bank,
            &mut self.operator,
            &mut self.work,
            &mut self.work_second,
            &mut self.health,
            &mut self.lab,
        ];
        for actor in others.into_iter().chain(investors) {
            actor.token = Some(world.token_for(actor.user.unwrap()).await);
        }
    }

    fn on(&self, more: Value) -> Value {
        let mut input = json!({ "id": self.contract });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    }

    async fn step(&self, actor: &Actor, name: &str, more: Value) -> Answer {
        contract_does(actor, name, self.on(more)).await
    }

    async fn shows(&self, actor: &Actor, select: &str) -> Answer {
        let document = format!("query ($id: ID!) {{ impactContract(by: {{ id: $id }}) {{ {select} }} }}");
        actor.asks(&document, json!({ "id": self.contract })).await
    }

    /// Parties by the name of their organization.
    async fn party(&self, role: &str, name: &str) -> String {
        let shown = self.shows(&self.bank, "parties { id role organization { name } }").await;
        let parties = shown.data("/impactContract/parties");
        let found = parties
            .as_array()
            .unwrap()
            .iter()
            .find(|party| party["role"] == role && party["organization"]["name"] == name);
        found.unwrap_or_else(|| panic!("no {role} {name}"))["id"].as_str().unwrap().to_owned()
    }

    /// A contract with nobody in it but its structurer.
    async fn creates(&mut self) {
        let create = json!({
            "organizationId": self.bank.org(), "role": "STRUCTURER", "title": "A roof and a trade", "currency": "EUR",
        });
        let created = contract_does(&self.bank, "contractCreate", create).await;
        self.contract = created.text("/contractCreate/contract/id");
    }

    /// Everybody comes in.
    async fn gathers(&self) {
        let payer = |most: &str| json!({ "role": "OUTCOME_PAYER", "maxCommitment": most });
        let parties = [
            (&self.operator, json!({ "role": "OPERATOR" })),
            (&self.work, payer("600000")),
            (&self.health, payer("400000")),
            (&self.lab, json!({ "role": "EVALUATOR", "fee": "20000" })),
            (&self.investors[0], json!({ "role": "INVESTOR" })),
            (&self.investors[1], json!({ "role": "INVESTOR" })),
            (&self.investors[2], json!({ "role": "INVESTOR" })),
            (&self.investors[3], json!({ "role": "INVESTOR" })),
        ];
        for (actor, mut party) in parties {
            party["organizationId"] = actor.org().into();
            self.step(&self.bank, "contractPartyAdd", party).await.fine();
        }
    }

    /// What is counted, what it is worth, and who lends how much.
    async fn writes_terms(&self) {
        let more = json!({ "cap": "1000000", "secondPersonAbove": "150000", "serviceEndsOn": "2020-01-01",
            "disclosures": [{ "block": "RESULTS", "state": "DISCLOSED" },
                { "block": "PRICES", "state": "WITHHELD", "reason": "Under negotiation elsewhere." }] });
        self.step(&self.operator, "contractUpdate", more).await.fine();
        self.step(&self.operator, "contractTermsSet", json!({ "terms": terms("3000") })).await.fine();
        for (place, (rank, committed)) in
            [(1, "300000"), (1, "200000"), (2, "60000"), (2, "40000")].into_iter().enumerate()
        {
            let investor = &self.investors[place];
            let party = self.party("INVESTOR", &investor.name).await;
            let tranche = json!({ "partyId": party, "rank": rank, "instrument": "LOAN_SENIOR", "committed": committed, "couponPercent": "4" });
            self.step(investor, "contractInvestmentSet", tranche).await.fine();
        }
    }

    /// From nothing to negotiation, with all parties, tranches and terms.
    async fn negotiates(&mut self) {
        self.creates().await;
        self.step(&self.bank, "contractStructuringStart", json!({})).await.refused("CONTRACT_PARTY_MISSING");
        self.gathers().await;
        self.step(&self.bank, "contractStructuringStart", json!({})).await.fine();
        self.step(&self.bank, "contractNegotiationOpen", json!({})).await.refused("CONTRACT_TERMS_MISSING");
        self.writes_terms().await;
        let opened = self.step(&self.bank, "contractNegotiationOpen", json!({})).await;
        assert_eq!(opened.data("/contractNegotiationOpen/contract/status"), "NEGOTIATION");
    }

    async fn signs(&self) {
        self.step(&self.operator, "contractFreeze", json!({})).await.refused("FORBIDDEN");
        self.step(&self.bank, "contractFreeze", json!({})).await.fine();
        self.signs_frozen().await;
    }

    /// All sign what is frozen.
    async fn signs_frozen(&self) {
        let hash = self.hash().await;
        let signatories = [
            ("STRUCTURER", &self.bank),
            ("OPERATOR", &self.operator),
            ("OUTCOME_PAYER", &self.work),
            ("OUTCOME_PAYER", &self.health),
            ("EVALUATOR", &self.lab),
            ("INVESTOR", &self.investors[0]),
            ("INVESTOR", &self.investors[1]),
            ("INVESTOR", &self.investors[2]),
            ("INVESTOR", &self.investors[3]),
        ];
        for (place, (role, actor)) in signatories.into_iter().enumerate() {
            let signature = json!({ "partyId": self.party(role, &actor.name).await, "hash": hash });
            let wrong = json!({ "partyId": signature["partyId"], "hash": "0".repeat(64) });
            self.step(actor, "contractSign", wrong).await.refused("CONTRACT_HASH_MISMATCH");
            let signed = self.step(actor, "contractSign", signature.clone()).await;
            let status = if place == 8 { "CONTRACTED" } else { "SIGNING" };
            assert_eq!(signed.data("/contractSign/contract/status"), status, "{}", actor.name);
            if place < 8 {
                self.step(actor, "contractSign", signature).await.refused("CONTRACT_ALREADY_SIGNED");
            }
        }
    }

    async fn hash(&self) -> String {
        let versions =
            self.shows(&self.bank, "versions { hash state }").await.data("/impactContract/versions");
        let frozen =
            versions.as_array().unwrap().iter().find(|version| version["state"] == "FROZEN").unwrap();
        frozen["hash"].as_str().unwrap().to_owned()
    }
}

/// Three months under a roof at 1,500 and at most 4,000 a person; jobs in tiers; visits at 200; nothing below 30 % of any target.
fn terms(tier: &str) -> Value {
    json!({
        "metrics": [
            { "code": "HOME", "definition": "Three months in a home.", "target": "200", "tariffs": [{ "price": { "unitPrice": "1500" } }] },
            { "code": "JOB", "definition": "Six months in a job.", "target": "50",
              "tariffs": [{ "price": { "tiers": [{ "upTo": "40", "price": "5000" }, { "price": tier }] } }] },
            { "code": "VISIT", "definition": "Visit to a doctor.", "target": "100", "tariffs": [{ "price": { "unitPrice": "200" } }] },
        ],
        "rules": [
            { "kind": "PER_BENEFICIARY_CAP", "metrics": ["HOME"], "amount": "4000" },
            { "kind": "GATE_ALL_METRICS", "percent": "30" },
        ],
    })
}

/// Groups of people, each with so many homes.
fn homes(groups: &[(i32, &str)]) -> Value {
    let groups = groups.iter().map(
        |(people, each)| json!({ "people": people, "achieved": [{ "metric": "HOME", "quantity": each }] }),
    );
    groups.collect()
}

fn lines(list: &[(&str, &str)], quantity: &str) -> Value {
    list.iter().map(|(metric, count)| json!({ "metric": metric, quantity: count })).collect()
}

/// Claims, verifies in full, and waits until nobody can contest it any more. Returns the claim.
async fn achieves(
    cast: &mut Cast,
    kind: &str,
    period: (&str, &str),
    counts: &[(&str, &str)],
    groups: Value,
) -> String {
    let claim = json!({ "contractId": cast.contract, "kind": kind, "fromOn": period.0, "toOn": period.1,
        "lines": lines(counts, "quantity"), "groups": groups });
    let id = claim_does(&cast.operator, "claimCreate", claim).await.text("/claimCreate/claim/id");
    claim_does(&cast.operator, "claimSubmit", json!({ "id": id })).await.fine();
    claim_does(&cast.lab, "claimTake", json!({ "id": id })).await.fine();
    let accepted = json!({ "id": id, "lines": lines(counts, "accepted") });
    claim_does(&cast.lab, "claimVerify", accepted).await.fine();
    cast.later(DAYS_16).await;
    cast.step(&cast.operator, "contractAdvance", json!({})).await.fine();
    id
}

/// `due cumulative credit` of every computation, and its steps' count.
async fn computed(cast: &Cast) -> Vec<String> {
    let select =
        "computations { nodes { result { due { amount } cumulative { amount } credit { amount } } } }";
    let nodes = cast.shows(&cast.health, select).await.data("/impactContract/computations/nodes");
    let text = |node: &Value| {
        let amount = |name: &str| node["result"][name]["amount"].as_str().unwrap().to_owned();
        format!("{} {} {}", amount("due"), amount("cumulative"), amount("credit"))
    };
    nodes.as_array().unwrap().iter().map(text).collect()
}

/// Calls, approves, pays and confirms every payment that is due to be paid.
async fn pays(cast: &Cast) -> Vec<String> {
    let select = "payments { nodes { id state amount { amount } payer { name } } }";
    let nodes = cast.shows(&cast.bank, select).await.data("/impactContract/payments/nodes");
    let mut paid = Vec::new();
    for node in nodes.as_array().unwrap().iter().filter(|node| node["state"] == "COMPUTED") {
        let id = json!({ "id": node["id"] });
        let payer = if node["payer"]["name"] == "Ministry of Work" { &cast.work } else { &cast.health };
        payment_does(&cast.operator, "paymentCall", id.clone()).await.fine();
        payment_does(&cast.operator, "paymentApprove", id.clone()).await.refused("FORBIDDEN");
        payment_does(&cast.investors[0], "paymentApprove", id.clone()).await.refused("NOT_FOUND");
        let lead =
            cast.world.member("Lead", payer.organization.unwrap(), MembershipRole::EvaluationLead).await;
        payment_does(&lead, "paymentApprove", id.clone()).await.refused("FORBIDDEN"); // evaluates, and pays nobody
        let approved = payment_does(payer, "paymentApprove", id.clone()).await;
        if approved.data("/paymentApprove/payment/awaitsSecondApproval") == true {
            payment_does(payer, "paymentApprove", id.clone()).await.refused("SECOND_PERSON_NEEDED");
            payment_does(&cast.work_second, "paymentApprove", id.clone()).await.fine();
        }
        let transfer = json!({ "id": node["id"], "reference": "T-1" });
        payment_does(payer, "paymentMarkPaid", transfer.clone()).await.fine();
        payment_does(payer, "paymentMarkPaid", transfer).await.refused("STATE_INVALID");
        payment_does(payer, "paymentConfirm", id.clone()).await.refused("FORBIDDEN");
        let received = payment_does(&cast.operator, "paymentConfirm", id).await;
        assert_eq!(received.data("/paymentConfirm/payment/state"), "RECEIVED");
        paid.push(format!(
            "{} {}",
            node["payer"]["name"].as_str().unwrap(),
            node["amount"]["amount"].as_str().unwrap()
        ));
    }
    paid.sort();
    paid
}

/// `kind amount` of what one sees of repayments, summed by tranche.
async fn repaid(cast: &Cast, actor: &Actor) -> Vec<String> {
    let select = "investments { rank committed { amount } repaidPrincipal { amount } repaymentState }";
    let list = cast.shows(actor, select).await.data("/impactContract/investments");
    let text = |each: &Value| {
        let amount = |name: &str| each[name]["amount"].as_str().unwrap().to_owned();
        format!(
            "{} {} of {} {}",
            each["rank"],
            amount("repaidPrincipal"),
            amount("committed"),
            each["repaymentState"].as_str().unwrap()
        )
    };
    list.as_array().unwrap().iter().map(text).collect()
}

#[tokio::test]
async fn a_contract_runs_from_the_first_draft_to_settlement_with_every_amount() {
    let mut cast = Cast::new().await;
    cast.negotiates().await;

    // A draft is its parties' own.
    for outsider in [cast.world.visitor(), cast.world.curator().await, cast.world.funder("Other Fund").await]
    {
        assert!(cast.shows(&outsider, "title").await.data("/impactContract").is_null());
        cast.step(&outsider, "contractFreeze", json!({})).await.refused("NOT_FOUND");
    }

    // Low and central outcomes, before anybody signs: the same engine.
    let scenario = |name: &str, home: &str| {
        json!({ "name": name, "periods": [{ "fromOn": "2027-01-01", "toOn": "2027-12-31",
        "lines": [{ "metric": "HOME", "quantity": home }, { "metric": "JOB", "quantity": "42" }, { "metric": "VISIT", "quantity": "35" }] }] })
    };
    let simulated = cast.bank.asks(
        "query ($id: ID!, $scenarios: [ScenarioInput!]!) { contractSimulate(contractId: $id, scenarios: $scenarios) { name total { amount } repayments { amount { amount } kind } } }",
        json!({ "id": cast.contract, "scenarios": [scenario("low", "10"), scenario("central", "100")] }),
    );
    let simulated = simulated.await;
    assert_eq!(simulated.each("/contractSimulate", "/total/amount"), ["0.00", "363000.00"]);
    assert_eq!(
        simulated.each("/contractSimulate/1/repayments", "/amount/amount").len(),
        2,
        "the senior rank alone is reached"
    );

    cast.signs().await;
    assert_eq!(
        cast.shows(&cast.world.visitor(), "title status").await.data("/impactContract/status"),
        "CONTRACTED"
    );

    // Money comes in, a payer agrees, service begins.
    let both = cast.step(&cast.operator, "contractServiceStart", json!({})).await.errors();
    assert_eq!(both, ["AGREEMENT_MISSING", "DRAWDOWN_MISSING"]);
    let tranches = cast.shows(&cast.bank, "investments { id committed { amount } }").await;
    for (place, tranche) in
        tranches.data("/impactContract/investments").as_array().unwrap().iter().enumerate()
    {
        let amount = tranche["committed"]["amount"].clone();
        let draw = json!({ "investmentId": tranche["id"], "amount": amount });
        if place == 0 {
            cast.step(&cast.operator, "contractDrawDown", draw.clone()).await.refused("FORBIDDEN");
            cast.step(&cast.investors[3], "contractDrawDown", draw.clone()).await.refused("NOT_FOUND");
        }
        cast.step(&cast.bank, "contractDrawDown", draw.clone()).await.fine();
        cast.step(&cast.bank, "contractDrawDown", draw).await.refused("COMMITMENT_EXCEEDED");
    }
    cast.step(&cast.work, "contractServiceConfirm", json!({})).await.fine();
    cast.step(&cast.operator, "contractServiceStart", json!({})).await.fine();
    let service = |amount: &str, party: &str| json!({ "partyId": party, "amount": amount });
    let operator = cast.party("OPERATOR", "Roofs and Trades").await;
    cast.step(&cast.bank, "contractServicePay", service("600001", &operator)).await.refused("FUNDS_MISSING");
    cast.step(&cast.bank, "contractServicePay", service("580000", &operator)).await.fine();
    let lab = cast.party("EVALUATOR", "University of the Coast").await;
    cast.step(&cast.bank, "contractFeePay", service("20001", &lab)).await.refused("COMMITMENT_EXCEEDED");
    cast.step(&cast.bank, "contractFeePay", service("20000", &lab)).await.fine();

    // First half of 2027: 20 visits are below 30 % of 100, so the gate is closed and nothing is due.
    let first = [("HOME", "60"), ("JOB", "20"), ("VISIT", "20")];
    let short = json!({ "contractId": cast.contract, "fromOn": "2027-01-01", "toOn": "2027-06-30", "lines": lines(&first, "quantity") });
    let id = claim_does(&cast.operator, "claimCreate", short).await.text("/claimCreate/claim/id");
    claim_does(&cast.operator, "claimSubmit", json!({ "id": id })).await.refused("CLAIM_GROUPS_MISSING");
    achieves(&mut cast, "INTERIM", ("2027-01-01", "2027-06-30"), &first, homes(&[(20, "1"), (10, "4")]))
        .await;
    assert_eq!(computed(&cast).await, ["0.00 0.00 0.00"]);

    // Second half: the evaluator accepts 15 jobs of 25, the operator contests, and 22 are accepted.
    let second = [("HOME", "40"), ("JOB", "25"), ("VISIT", "15")];
    let claim = json!({ "contractId": cast.contract, "fromOn": "2027-06-30", "toOn": "2027-12-31", "lines": lines(&second, "quantity"),
        "groups": homes(&[(20, "2"), (15, "4")]) });
    let meets = claim_does(&cast.operator, "claimCreate", claim.clone()).await.text("/claimCreate/claim/id");
    claim_does(&cast.operator, "claimSubmit", json!({ "id": meets })).await.refused("CLAIM_PERIOD_OVERLAPS");
    let mut claim = claim;
    claim["fromOn"] = "2027-07-01".into();
    let id = claim_does(&cast.operator, "claimCreate", claim).await.text("/claimCreate/claim/id");
    claim_does(&cast.lab, "claimTake", json!({ "id": id })).await.refused("STATE_INVALID");
    claim_does(&cast.operator, "claimSubmit", json!({ "id": id })).await.fine();
    claim_does(&cast.operator, "claimTake", json!({ "id": id })).await.refused("FORBIDDEN");
    claim_does(&cast.lab, "claimTake", json!({ "id": id })).await.fine();
    claim_does(&cast.lab, "claimAsk", json!({ "id": id, "question": "Which jobs?" })).await.fine();
    claim_does(&cast.operator, "claimAnswer", json!({ "id": id, "answer": "Those of the list." }))
        .await
        .fine();
    let verify = |jobs: &str| json!({ "id": id, "lines": lines(&[("HOME", "40"), ("JOB", jobs), ("VISIT", "15")], "accepted") });
    claim_does(&cast.lab, "claimVerify", verify("26")).await.refused("OUT_OF_RANGE");
    claim_does(&cast.lab, "claimVerify", verify("15")).await.fine();
    claim_does(&cast.lab, "claimContest", json!({ "id": id, "grounds": "No." })).await.refused("FORBIDDEN");
    claim_does(
        &cast.operator,
        "claimContest",
        json!({ "id": id, "grounds": "Seven contracts were overlooked." }),
    )
    .await
    .fine();
    cast.later(DAYS_16).await;
    cast.step(&cast.bank, "contractAdvance", json!({})).await.fine();
    assert_eq!(computed(&cast).await.len(), 1, "a contested claim does not become final");
    let mut resolve = verify("22");
    resolve["resolution"] = "The contracts were found.".into();
    claim_does(&cast.lab, "claimResolve", resolve).await.fine();
    cast.later(DAYS_16).await;
    claim_does(&cast.investors[0], "claimContest", json!({ "id": id, "grounds": "Late." }))
        .await
        .refused("CONTESTATION_CLOSED");
    cast.step(&cast.bank, "contractAdvance", json!({})).await.fine();

    // HOME 100 × 1,500 = 150,000, less 2,000 for each of 15 people beyond 4,000: 120,000.
    // JOB 40 × 5,000 + 2 × 3,000 = 206,000. VISIT 35 × 200 = 7,000. Together 333,000, shared 60 to 40.
    assert_eq!(computed(&cast).await, ["0.00 0.00 0.00", "333000.00 333000.00 0.00"]);
    assert_eq!(pays(&cast).await, ["Ministry of Health 133200.00", "Ministry of Work 199800.00"]);
    cast.step(&cast.investors[0], "contractRepay", json!({})).await.refused("FORBIDDEN");
    cast.step(&cast.bank, "contractRepay", json!({})).await.fine();
    cast.step(&cast.bank, "contractRepay", json!({})).await.refused("FUNDS_MISSING");
    assert_eq!(
        repaid(&cast, &cast.bank).await,
        [
            "1 199800.00 of 300000.00 BELOW_PRINCIPAL",
            "1 133200.00 of 200000.00 BELOW_PRINCIPAL",
            "2 0.00 of 60000.00 NONE",
            "2 0.00 of 40000.00 NONE",
        ]
    );
    assert_eq!(
        repaid(&cast, &cast.investors[1]).await,
        ["1 133200.00 of 200000.00 BELOW_PRINCIPAL"],
        "its own tranche only"
    );
    let tranches = cast.shows(&cast.operator, "investments { rank }").await;
    assert!(tranches.data("/impactContract/investments").is_null(), "not even whether there are any");
    assert_eq!(tranches.withheld(), ["ImpactContract.investments OWNER 1"]);

    // Ten homes were counted twice: HOME 90 × 1,500 = 135,000 less 10 × 2,000 is 115,000; 5,000 too much was due.
    achieves(
        &mut cast,
        "CORRECTION",
        ("2028-01-01", "2028-01-31"),
        &[("HOME", "-10")],
        homes(&[(25, "2"), (10, "4")]),
    )
    .await;
    assert_eq!(computed(&cast).await[2], "0.00 328000.00 5000.00");

    // The last claim: HOME 150 × 1,500 less 30 × 500 and 15 × 2,000 is 180,000; JOB 40 × 5,000 + 14 × 3,000 is 242,000;
    // VISIT 125 × 200 is 25,000: 447,000 in all, of which 333,000 were due before.
    let last = [("HOME", "60"), ("JOB", "12"), ("VISIT", "90")];
    achieves(&mut cast, "FINAL", ("2028-02-01", "2028-06-30"), &last, homes(&[(30, "3"), (15, "4")])).await;
    assert_eq!(computed(&cast).await[3], "114000.00 447000.00 0.00");
    cast.step(&cast.operator, "contractServiceEnd", json!({})).await.fine();
    cast.step(&cast.operator, "contractSettle", json!({})).await.refused("PAYMENTS_OPEN");
    assert_eq!(pays(&cast).await, ["Ministry of Health 45600.00", "Ministry of Work 68400.00"]);
    cast.step(&cast.operator, "contractSettle", json!({})).await.refused("REPAYMENTS_OPEN");
    cast.step(&cast.bank, "contractRepay", json!({})).await.fine();
    assert_eq!(
        repaid(&cast, &cast.bank).await[..2],
        ["1 268200.00 of 300000.00 BELOW_PRINCIPAL", "1 178800.00 of 200000.00 BELOW_PRINCIPAL"]
    );
    let settled = cast.step(&cast.operator, "contractSettle", json!({})).await;
    assert_eq!(settled.data("/contractSettle/contract/status"), "SETTLED");
    let money = cast.shows(&cast.bank, "money { drawn { amount } computed { amount } received { amount } repaid { amount } escrow { amount } repaymentState }").await;
    let money = money.data("/impactContract/money");
    let amount = |name: &str| money[name]["amount"].as_str().unwrap().to_owned();
    assert_eq!(
        ["drawn", "computed", "received", "repaid", "escrow"].map(amount),
        ["600000.00", "447000.00", "447000.00", "447000.00", "0.00"]
    );

    // What the public sees is what the parties agreed to show; the rest is openly withheld.
    let visitor = cast.world.visitor();
    let public = cast.shows(
        &visitor,
        "disclosures { block state reason } results { metric accepted } cap { amount } terms { metrics { code tariffs { kind } } rules { kind } }
         fullTerms { split } versions { hash } claims { totalCount { value } } payments { totalCount { value } } investments { rank } ledger { sequence }
         money { drawn { amount } escrow { amount } repaymentState } amountBand { from { amount } }",
    );
    let public = public.await;
    assert_eq!(
        public.each("/impactContract/disclosures", "/state"),
        ["WITHHELD", "WITHHELD", "DISCLOSED", "WITHHELD", "WITHHELD"]
    );
    assert_eq!(public.each("/impactContract/results", "/accepted"), ["150", "54", "125"]);
    for hidden in [
        "cap",
        "fullTerms",
        "money/drawn",
        "money/escrow",
        "amountBand",
        "terms/metrics/0/tariffs",
        "terms/rules",
        "versions",
        "investments",
        "ledger",
        "claims",
        "payments",
    ] {
        assert!(public.data(&format!("/impactContract/{hidden}")).is_null(), "{hidden}");
    }
    assert_eq!(public.data("/impactContract/money/repaymentState"), "NOT_DISCLOSED");
    assert_eq!(
        public.withheld(),
        [
            "ImpactContract.amountBand NETWORK 1",
            "ImpactContract.claims PARTY 1",
            "ImpactContract.fullTerms PARTY 1",
            "ImpactContract.investments OWNER 1",
            "ImpactContract.ledger PARTY 1",
            "ImpactContract.payments OWNER 1",
            "ImpactContract.versions PARTY 1",
        ]
    );

    cast.step(&cast.bank, "contractClose", json!({})).await.refused("CONTRACT_REPORT_MISSING");
    cast.step(&cast.bank, "contractClose", json!({ "report": "What we learned." })).await.fine();
}

#[tokio::test]
async fn an_evaluator_that_a_party_controls_keeps_the_contract_from_being_frozen() {
    use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, Set};
    let mut cast = Cast::new().await;
    cast.negotiates().await;
    let lab = cast.lab.organization.unwrap();
    let row =
        entity::orgs::organization::Entity::find_by_id(lab).one(cast.world.pool()).await.unwrap().unwrap();
    let mut row = row.into_active_model();
    row.parent_id = Set(cast.investors[2].organization);
    row.update(cast.world.pool()).await.unwrap();
    let refused = cast.step(&cast.bank, "contractFreeze", json!({})).await;
    refused.refused("EVALUATOR_NOT_INDEPENDENT");
    assert!(refused.messages().contains("University of the Coast → Third Fund"), "{}", refused.messages());
}

#[tokio::test]
async fn terms_that_make_no_sense_are_refused_at_the_faulty_element() {
    let mut cast = Cast::new().await;
    cast.negotiates().await;
    let band = |from: &str, to: Value| json!({ "from": from, "to": to, "sharePercent": "100" });
    let bad = json!({ "metrics": [
        { "code": "A", "definition": "x", "tariffs": [{ "price": { "controlBands": { "baseAmount": "10", "bands": [band("0", json!("50")), band("40", Value::Null)] } } }] },
        { "code": "B", "definition": "x", "tariffs": [{ "price": { "tiers": [{ "upTo": "410", "price": "1" }, { "upTo": "370", "price": "1" }] } }] },
    ] });
    let refused = cast.step(&cast.bank, "contractTermsSet", json!({ "terms": bad })).await;
    assert_eq!(refused.errors(), ["TERMS_OVERLAP", "TERMS_DESCEND"]);
    assert_eq!(
        refused.paths(),
        [
            "input.terms.metrics.0.tariffs.0.price.controlBands.bands.1.from",
            "input.terms.metrics.1.tariffs.0.price.tiers.1.upTo",
        ]
    );
}

#[tokio::test]
async fn two_who_sign_approve_or_confirm_at_once_have_one_effect() {
    let mut cast = Cast::new().await;
    cast.negotiates().await;
    cast.step(&cast.bank, "contractFreeze", json!({})).await.fine();
    let hash = cast.hash().await;
    let party = cast.party("OPERATOR", "Roofs and Trades").await;
    let signature = || cast.step(&cast.operator, "contractSign", json!({ "partyId": party, "hash": hash }));
    let answers = futures_util::future::join_all((0..8).map(|_| signature())).await;
    let refused: Vec<_> = answers.iter().flat_map(Answer::errors).collect();
    assert_eq!(refused, ["CONTRACT_ALREADY_SIGNED"; 7]);
    let versions = cast.shows(&cast.bank, "versions { signatures { hash } }").await;
    assert_eq!(versions.each("/impactContract/versions/0/signatures", "/hash").len(), 1);
}

#[tokio::test]
async fn the_ledger_can_be_added_to_and_nothing_else() {
    use sea_orm::ConnectionTrait;
    let mut cast = Cast::new().await;
    cast.negotiates().await;
    cast.signs().await;
    let tranches = cast.shows(&cast.bank, "investments { id }").await;
    let draw = json!({ "investmentId": tranches.data("/impactContract/investments/0/id"), "amount": "1000" });
    cast.step(&cast.bank, "contractDrawDown", draw).await.fine();
    for statement in [
        "update ledger_entry set amount_minor = 1",
        "delete from ledger_entry",
        "update contract_version set hash = 'x'",
        "delete from contract_version",
    ] {
        assert!(cast.world.pool().execute_unprepared(statement).await.is_err(), "{statement}");
    }
    let entries = cast.shows(&cast.bank, "ledger { kind amount { amount } }").await;
    assert_eq!(entries.each("/impactContract/ledger", "/amount/amount"), ["1000.00"]);
}
