//! Every transition of domain 5.5, thrice: by one who may not, by one who must not know, then by one who may.
//!
//! Before signature an outsider must not know of the contract. From then on everybody may know that it is there, so that
//! only its claims and payments are unknown to outsiders: there a step on the contract itself is forbidden to them.

use super::{Cast, DAYS_16, does, exceptions::FIRST, homes, lines};
use entity::{audit::audit_event, contracts::*};
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use tests::{Actor, Answer};

/// What one moves, and where its state is told.
#[derive(Clone, Copy)]
enum Thing {
    Contract,
    /// A claim that is being made, of a contract.
    NewClaim,
    Claim,
    Payment,
}

struct Walk {
    cast: Cast,
    outsider: Actor,
    /// Of the operator, but without any power to act.
    viewer: Actor,
    /// Of the bank: may write, but not bind it.
    editor: Actor,
    is_public: bool,
}

impl Walk {
    async fn begins() -> Self {
        use entity::codes::MembershipRole::{Editor, Viewer};
        let mut cast = Cast::new().await;
        cast.creates().await;
        let (operator, bank) = (cast.operator.organization.unwrap(), cast.bank.organization.unwrap());
        Self {
            outsider: cast.world.funder("Other Fund").await,
            viewer: cast.world.member("Onlooker", operator, Viewer).await,
            editor: cast.world.member("Clerk", bank, Editor).await,
            cast,
            is_public: false,
        }
    }

    /// Everything there is of contracts, and how often somebody did something.
    async fn everything(&self) -> Vec<String> {
        let pool = self.cast.world.pool();
        let mut all = Vec::new();
        macro_rules! rows { ($($table:ident)+) => { $(
            all.extend($table::Entity::find().all(pool).await.unwrap().iter().map(|row| format!("{row:?}")));
        )+ } }
        rows!(contract contract_party contract_territory contract_version contract_signature contract_consent contract_investment);
        rows!(outcome_claim claim_verification claim_contestation payment_computation outcome_payment);
        rows!(contract_repayment ledger_entry audit_event);
        all.sort();
        all
    }

    /// Refused to two and done by the third.
    async fn moves(
        &self,
        thing: Thing,
        mutation: &str,
        input: Value,
        [may_not, unknowing, may]: [&Actor; 3],
        to: &str,
    ) -> Answer {
        let (noun, select) = match thing {
            Thing::Contract => ("contract", "contract { id status }"),
            Thing::NewClaim | Thing::Claim => ("claim", "claim { id state }"),
            Thing::Payment => ("payment", "payment { id state }"),
        };
        let before = self.everything().await;
        let forbidden = does(may_not, mutation, input.clone(), select).await;
        forbidden.refused("FORBIDDEN");
        let is_known = self.is_public && matches!(thing, Thing::Contract | Thing::NewClaim);
        let unknown = does(unknowing, mutation, input.clone(), select).await;
        unknown.refused(if is_known { "FORBIDDEN" } else { "NOT_FOUND" });
        assert!(before == self.everything().await, "{mutation}: a refusal changed something");
        let done = does(may, mutation, input, select).await;
        done.fine();
        assert!(before != self.everything().await, "{mutation}: nothing was written");
        let state = if noun == "contract" { "status" } else { "state" };
        assert_eq!(done.data(&format!("/{mutation}/{noun}/{state}")), to, "{mutation}");
        done
    }

    async fn contract(&self, mutation: &str, more: Value, may_not: &Actor, may: &Actor, to: &str) {
        let input = self.cast.on(more);
        self.moves(Thing::Contract, mutation, input, [may_not, &self.outsider, may], to).await;
    }

    async fn claim(&self, mutation: &str, input: Value, may_not: &Actor, may: &Actor, to: &str) -> String {
        let done = self.moves(Thing::Claim, mutation, input, [may_not, &self.outsider, may], to).await;
        done.text(&format!("/{mutation}/claim/id"))
    }

    /// Of a payment even parties that neither pay nor are paid must not know.
    async fn payment(&self, mutation: &str, input: &Value, may_not: &Actor, may: &Actor, to: &str) {
        let unknowing = &self.cast.investors[0];
        self.moves(Thing::Payment, mutation, input.clone(), [may_not, unknowing, may], to).await;
    }

    async fn later(&mut self) {
        self.cast.later(DAYS_16).await;
        for actor in [&mut self.outsider, &mut self.viewer, &mut self.editor] {
            actor.token = Some(self.cast.world.token_for(actor.user.unwrap()).await);
        }
    }

    /// From the first draft to negotiation.
    async fn negotiates(&self) {
        let Cast { bank, operator, .. } = &self.cast;
        self.cast.gathers().await;
        self.contract("contractStructuringStart", json!({}), operator, bank, "STRUCTURING").await;
        self.cast.writes_terms().await;
        self.contract("contractNegotiationOpen", json!({}), operator, bank, "NEGOTIATION").await;
    }

    /// All sign; the first and the last by name.
    async fn signs(&mut self, last: &str) {
        let cast = &self.cast;
        let hash = cast.hash().await;
        let [first, second, third, fourth] = &cast.investors;
        let signature = async |role: &str, actor: &Actor| json!({ "partyId": cast.party(role, &actor.name).await, "hash": hash });
        let before = if last == "CONTRACTED" { "SIGNING" } else { last };
        let bank = signature("STRUCTURER", &cast.bank).await;
        self.contract("contractSign", bank, &cast.operator, &cast.bank, before).await;
        for (role, actor) in [
            ("OPERATOR", &cast.operator),
            ("OUTCOME_PAYER", &cast.work),
            ("OUTCOME_PAYER", &cast.health),
            ("EVALUATOR", &cast.lab),
            ("INVESTOR", first),
            ("INVESTOR", second),
            ("INVESTOR", third),
        ] {
            cast.step(actor, "contractSign", signature(role, actor).await).await.fine();
        }
        let input = signature("INVESTOR", fourth).await;
        self.contract("contractSign", input, &cast.bank, fourth, last).await;
        self.is_public = true;
    }

    /// From signature to service.
    async fn serves(&self) {
        let Cast { bank, operator, work, .. } = &self.cast;
        let tranches = self.cast.shows(bank, "investments { id }").await;
        let draw =
            json!({ "investmentId": tranches.data("/impactContract/investments/0/id"), "amount": "300000" });
        self.contract("contractDrawDown", draw, operator, bank, "CONTRACTED").await;
        self.contract("contractServiceConfirm", json!({}), operator, work, "CONTRACTED").await;
        self.contract("contractServiceStart", json!({}), work, operator, "ACTIVE").await;
    }

    /// A claim from its draft to verification, with a question and its answer.
    async fn verified(&self, kind: &str) -> String {
        self.verified_by(&self.cast.lab, kind).await
    }

    async fn verified_by(&self, lab: &Actor, kind: &str) -> String {
        let operator = &self.cast.operator;
        let draft = json!({ "contractId": self.cast.contract, "kind": kind, "fromOn": "2027-01-01", "toOn": "2027-06-30",
            "lines": lines(FIRST, "quantity"), "groups": homes(&[(60, "1")]) });
        let made = [lab, &self.outsider, operator];
        let made = self.moves(Thing::NewClaim, "claimCreate", draft, made, "DRAFT").await;
        let id = made.text("/claimCreate/claim/id");
        let on = |more: Value| {
            let mut input = json!({ "id": id });
            input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            input
        };
        self.claim("claimSubmit", on(json!({})), lab, operator, "SUBMITTED").await;
        self.claim("claimTake", on(json!({})), operator, lab, "IN_VERIFICATION").await;
        self.claim("claimAsk", on(json!({ "question": "Which?" })), operator, lab, "INFO_REQUESTED").await;
        self.claim("claimAnswer", on(json!({ "answer": "These." })), lab, operator, "IN_VERIFICATION").await;
        let accepted = on(json!({ "lines": lines(FIRST, "accepted") }));
        self.claim("claimVerify", accepted, operator, lab, "VERIFIED").await
    }

    /// A payment from its computation to its receipt; above the limit two people approve.
    async fn pays(&mut self, node: &Value) {
        let is_large = node["payer"]["name"] == "Ministry of Work";
        let (id, transfer) = (json!({ "id": node["id"] }), json!({ "id": node["id"], "reference": "T-1" }));
        let payer = |cast: &Cast| if is_large { cast.work.clone() } else { cast.health.clone() };
        let (pays, operator) = (payer(&self.cast), self.cast.operator.clone());
        self.payment("paymentCall", &id, &pays, &operator, "CALLED").await;
        let hold = json!({ "id": node["id"], "days": 1, "reason": "A question." });
        self.payment("paymentHold", &hold, &operator, &pays, "HELD").await;
        self.later().await;
        let (pays, operator) = (payer(&self.cast), self.cast.operator.clone());
        if is_large {
            self.payment("paymentApprove", &id, &operator, &pays, "CALLED").await;
            let second = &self.cast.work_second;
            self.payment("paymentApprove", &id, &operator, second, "APPROVED").await;
        } else {
            self.payment("paymentApprove", &id, &operator, &pays, "APPROVED").await;
        }
        self.payment("paymentMarkPaid", &transfer, &operator, &pays, "PAID").await;
        self.payment("paymentConfirm", &id, &pays, &operator, "RECEIVED").await;
    }
}

#[tokio::test]
async fn each_transition_from_draft_to_closure_asks_who_takes_it() {
    let mut walk = Walk::begins().await;
    let create = json!({ "organizationId": walk.cast.bank.org(), "role": "STRUCTURER", "title": "Another", "currency": "EUR" });
    for actor in [&walk.outsider, &walk.cast.operator, &walk.viewer] {
        does(actor, "contractCreate", create.clone(), "contract { id }").await.refused("FORBIDDEN");
    }
    walk.negotiates().await;
    let Cast { bank, operator, .. } = &walk.cast;
    walk.cast.step(bank, "contractUpdate", json!({ "secondPersonAbove": "100000" })).await.fine();
    walk.contract("contractFreeze", json!({}), operator, bank, "SIGNING").await;
    let why = json!({ "reason": "A typing error." });
    walk.contract("contractReopen", why.clone(), &walk.editor, operator, "NEGOTIATION").await;
    walk.contract("contractFreeze", json!({}), operator, bank, "SIGNING").await;
    walk.signs("CONTRACTED").await;
    walk.serves().await;
    let Cast { bank, operator, work, .. } = &walk.cast;
    walk.contract("contractSuspend", why, operator, work, "SUSPENDED").await;
    walk.contract("contractResume", json!({}), operator, bank, "ACTIVE").await;

    // The terms of an amendment apply once all have signed them.
    let amend = json!({ "reason": "OTHER", "effectiveFrom": "2028-01-01", "terms": super::terms("2500") });
    walk.contract("contractAmend", amend, &walk.editor, work, "ACTIVE").await;
    walk.signs("ACTIVE").await;

    let claim = walk.verified("FINAL").await;
    let Cast { operator, health, lab, .. } = &walk.cast;
    let grounds = json!({ "id": claim, "grounds": "Too many." });
    walk.claim("claimContest", grounds.clone(), lab, health, "CONTESTED").await;
    let resolve = json!({ "id": claim, "lines": lines(FIRST, "accepted"), "resolution": "Counted again." });
    walk.claim("claimResolve", resolve, operator, lab, "VERIFIED").await;
    walk.claim("claimContest", grounds, lab, health, "CONTESTED").await;
    let claim = json!({ "id": claim });
    walk.claim("claimUphold", claim.clone(), lab, operator, "CONTESTED").await;
    walk.claim("claimUphold", claim.clone(), lab, &walk.cast.work, "CONTESTED").await;
    walk.claim("claimUphold", claim, lab, health, "VERIFIED").await;
    walk.later().await;
    walk.contract("contractAdvance", json!({}), &walk.viewer, &walk.cast.lab, "ACTIVE").await;
    let shown = walk.cast.shows(&walk.cast.lab, "claims { nodes { state } }").await;
    assert_eq!(shown.each("/impactContract/claims/nodes", "/state"), ["FINAL"]);

    walk.contract(
        "contractServiceEnd",
        json!({ "reason": "Done." }),
        &walk.cast.bank,
        &walk.cast.operator,
        "DELIVERY_COMPLETE",
    )
    .await;
    let due = walk.cast.shows(&walk.cast.bank, "payments { nodes { id payer { name } } }").await;
    let due = due.data("/impactContract/payments/nodes");
    assert_eq!(due.as_array().unwrap().len(), 2);
    for node in due.as_array().unwrap() {
        walk.pays(node).await;
    }
    let Cast { bank, operator, investors, .. } = &walk.cast;
    walk.contract("contractRepay", json!({}), &investors[0], bank, "DELIVERY_COMPLETE").await;
    walk.contract("contractSettle", json!({}), &walk.viewer, operator, "SETTLED").await;
    walk.contract("contractClose", json!({ "report": "What we learned." }), operator, bank, "CLOSED").await;
}

#[tokio::test]
async fn a_contract_ends_early_by_those_who_may_end_it() {
    let walk = Walk::begins().await;
    walk.negotiates().await;
    let why = json!({ "reason": "No money." });
    walk.contract("contractAbandon", why, &walk.cast.operator, &walk.cast.bank, "ABANDONED").await;

    let mut walk = Walk::begins().await;
    walk.negotiates().await;
    walk.contract("contractFreeze", json!({}), &walk.cast.operator, &walk.cast.bank, "SIGNING").await;
    walk.signs("CONTRACTED").await;
    walk.serves().await;
    let [first, second, third, fourth] = &walk.cast.investors;
    let (cast, why) = (&walk.cast, json!({ "reason": "By agreement." }));
    for actor in [&cast.bank, &cast.operator, &cast.work, &cast.health, &cast.lab, first, second, third] {
        walk.contract("contractTerminate", why.clone(), &walk.editor, actor, "ACTIVE").await;
    }
    walk.contract("contractTerminate", why, &walk.editor, fourth, "TERMINATED").await;
}

#[tokio::test]
async fn another_evaluator_comes_in_by_all_who_are_concerned() {
    let mut walk = Walk::begins().await;
    walk.negotiates().await;
    walk.contract("contractFreeze", json!({}), &walk.cast.operator, &walk.cast.bank, "SIGNING").await;
    walk.signs("CONTRACTED").await;
    walk.serves().await;
    let other = walk.cast.world.university("University of the Hills").await;
    let [first, second, third, fourth] = &walk.cast.investors;
    let (cast, input) = (&walk.cast, json!({ "organizationId": other.org(), "fee": "15000" }));
    for actor in [&cast.operator, &cast.work, &cast.health, first, second, third, fourth] {
        walk.contract("contractEvaluatorReplace", input.clone(), &cast.lab, actor, "ACTIVE").await;
    }
    let claim = walk.verified_by(&other, "INTERIM").await;
    assert!(claim.starts_with("ocl_"));
}
