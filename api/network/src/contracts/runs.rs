//! A contract that runs, for the demo: everything in it is invented, and computed by the same engine as any other.

use super::{
    claim::Checked,
    computation::print,
    sheet::{Line, Sheet},
    versions,
};
use door::{Result, fold::fold};
use entity::{
    At,
    codes::{
        ClaimKind, ClaimState, CodeList, ContractStatus, ContractStructure, DisclosureBlock, DisclosureState,
        FundingInstrument, LedgerKind, PartyRole, PaymentState, VerificationOpinion, VersionState,
    },
    contracts::{
        claim_verification, contract, contract_investment, contract_party, contract_signature,
        contract_version, ledger_entry, outcome_claim, outcome_payment, payment_computation,
    },
    ids::{
        ClaimId, ComputationId, ContractId, ContractPartyId, ContractVersionId, InvestmentId, LedgerEntryId,
        OrganizationId, PaymentId, UserId, VerificationId,
    },
};
use payment::{
    self, Quantity, fingerprint,
    terms::{Basis, Input, Line as Claimed, Metric, Outcome, Price, Split, Tariff, Tier},
};
use serde_json::json;

const TITLE: &str = "Contrat d’exemple : la mobilité vers l’emploi (fictif, chiffres inventés)";
const SUMMARY: &str = "Ce contrat n’existe pas. Ses parties sont fictives et tous ses chiffres sont inventés, pour \
                       montrer comment un contrat à impact se lit et se calcule.";
/// Address of the contract, the same in every demo.
const SLUG: &str = "exemple-mobilite-vers-l-emploi";
const CURRENCY: &str = "EUR";
const CAP: i64 = 10_000_000;
const DRAWN: i64 = 6_000_000;
const SERVICE: i64 = 4_000_000;
const FEE: i64 = 500_000;
const MILLION: i64 = 1_000_000;

/// Who takes part, and who signs for it.
pub struct Founding {
    pub organization: OrganizationId,
    pub role: PartyRole,
    pub signatory: UserId,
}

/// Its rows.
pub struct Runs {
    pub contract: contract::Model,
    pub parties: Vec<contract_party::Model>,
    pub version: contract_version::Model,
    pub signatures: Vec<contract_signature::Model>,
    pub investment: contract_investment::Model,
    pub claim: outcome_claim::Model,
    pub verification: claim_verification::Model,
    pub computation: payment_computation::Model,
    pub payment: outcome_payment::Model,
    pub entries: Vec<ledger_entry::Model>,
}

/// Days before today.
fn ago(now: At, days: i64) -> At {
    now.plus(-days * At::DAY)
}

impl Runs {
    pub fn invented(founding: &[Founding], now: At) -> Result<Self> {
        let contract_id = ContractId::fresh();
        let of = |role: PartyRole| founding.iter().find(|party| party.role == role);
        let (Some(operator), Some(investor), Some(payer), Some(evaluator)) = (
            of(PartyRole::Operator),
            of(PartyRole::Investor),
            of(PartyRole::OutcomePayer),
            of(PartyRole::Evaluator),
        ) else {
            return Err(anyhow::anyhow!("a contract without its parties").into());
        };
        let parties: Vec<_> = founding.iter().map(|party| party_row(party, contract_id, now)).collect();
        let party_of =
            |role: PartyRole| parties.iter().find(|party| party.role == role).map(|party| party.id);
        let sheet = sheet();
        let contract = contract_row(contract_id, operator.organization, &sheet, &parties, now)?;
        let investment = contract_investment::Model {
            id: InvestmentId::fresh(),
            contract_id,
            party_id: party_of(PartyRole::Investor).unwrap_or_else(ContractPartyId::fresh),
            organization_id: investor.organization,
            rank: 1,
            instrument: FundingInstrument::LoanSubordinated,
            committed_minor: DRAWN,
            coupon_ppm: 30_000,
            variable_minor: 0,
            return_cap_kind: None,
            return_cap_ppm: None,
            max_loss_ppm: Some(MILLION),
            version: 1,
            created_at: ago(now, 400),
            updated_at: ago(now, 400),
        };
        let version = version_row(&contract, &sheet, &parties, &investment, now)?;
        let signatures = founding
            .iter()
            .zip(&parties)
            .map(|(signs, party)| contract_signature::Model {
                version_id: version.id,
                party_id: party.id,
                contract_id,
                user_id: signs.signatory,
                hash: version.hash.clone(),
                at: ago(now, 380),
            })
            .collect();
        let claim = claim_row(contract_id, operator.signatory, now)?;
        let verification = verification_row(&claim, evaluator, now)?;
        let input = Input {
            version: version.hash.clone(),
            terms: sheet.terms(&contract, &parties),
            outcomes: vec![Outcome {
                claim: claim.id.to_string(),
                from: claim.from_on.clone(),
                to: claim.to_on.clone(),
                lines: super::claim::accepted_lines(&verification)?,
                profiles: Vec::new(),
            }],
            earlier: Vec::new(),
        };
        let computed = payment::compute(&input, print).map_err(|fault| anyhow::anyhow!("{fault:?}"))?;
        let due = computed.due;
        let computation = computation_row(&claim, &version, computed, now)?;
        let payment = payment_row(&computation, payer.organization, operator.organization, due, now);
        let entries = entries(contract_id, &investment, operator.organization, now);
        Ok(Self {
            contract,
            parties,
            version,
            signatures,
            investment,
            claim,
            verification,
            computation,
            payment,
            entries,
        })
    }
}

/// Driving licences by tiers, and jobs at a price each.
fn sheet() -> Sheet {
    let tariff = |price: Price| Tariff {
        payer: None,
        price,
        metric_cap: None,
        gate: None,
        valid_from: None,
        valid_to: None,
    };
    let line = |code: &str, definition: &str, target: i64, price: Price| Line {
        metric: Metric {
            code: code.to_owned(),
            basis: Basis::Person,
            target: Some(Quantity::of(target)),
            tariffs: vec![tariff(price)],
            ..Metric::default()
        },
        definition: definition.to_owned(),
        level: Some("OUTCOME".to_owned()),
        ..Line::default()
    };
    let up_to = |count: Option<i64>, price: i64| Tier { up_to: count.map(Quantity::of), price };
    Sheet {
        metrics: vec![
            line("EMPLOI", "Personnes en emploi depuis six mois", 40, Price::UnitPrice { price: 200_000 }),
            line(
                "PERMIS",
                "Permis de conduire obtenus",
                60,
                Price::Tiered { tiers: vec![up_to(Some(20), 40_000), up_to(None, 25_000)] },
            ),
        ],
        rules: Vec::new(),
        split: Split::ProRata,
    }
}

fn party_row(party: &Founding, contract_id: ContractId, now: At) -> contract_party::Model {
    contract_party::Model {
        id: ContractPartyId::fresh(),
        contract_id,
        organization_id: party.organization,
        role: party.role,
        is_lead: true,
        is_signatory: true,
        max_commitment_minor: (party.role == PartyRole::OutcomePayer).then_some(CAP),
        territory: None,
        fee_minor: (party.role == PartyRole::Evaluator).then_some(FEE),
        waives_conflicts: false,
        position: 0,
        since: ago(now, 400),
        until: None,
        version: 1,
        created_at: ago(now, 400),
        updated_at: ago(now, 400),
    }
}

fn contract_row(
    id: ContractId,
    lead: OrganizationId,
    sheet: &Sheet,
    parties: &[contract_party::Model],
    now: At,
) -> Result<contract::Model> {
    let day = |days: i64| super::days::of(ago(now, days));
    let shown = |block: DisclosureBlock| match block {
        DisclosureBlock::Amounts | DisclosureBlock::Prices | DisclosureBlock::Results => {
            json!({ "state": DisclosureState::Disclosed.code() })
        }
        DisclosureBlock::Payments => json!({
            "state": DisclosureState::Withheld.code(),
            "reason": "Publiés après le dernier paiement.",
            "until": super::days::of(now.plus(700 * At::DAY)),
        }),
        DisclosureBlock::Returns => {
            json!({ "state": DisclosureState::Withheld.code(), "reason": "Propres à l’investisseur." })
        }
    };
    Ok(contract::Model {
        id,
        slug: SLUG.to_owned(),
        title: TITLE.to_owned(),
        title_key: fold(TITLE),
        search_key: super::write::searched(&[Some(TITLE), Some(SUMMARY)]),
        summary: Some(SUMMARY.to_owned()),
        structure: ContractStructure::Framework,
        social_challenge: None,
        intervention: Some(
            "Permis de conduire, location solidaire et accompagnement vers l’emploi.".to_owned(),
        ),
        policy_sector: Some("Employment and training".to_owned()),
        country: Some("FR".to_owned()),
        sdg_goals: super::write::bars(&[8]),
        target_population: Some("Demandeurs d’emploi sans moyen de transport".to_owned()),
        planned_people: Some(120),
        signed_on: Some(day(380)),
        service_starts_on: Some(day(370)),
        service_ends_on: Some(super::days::of(now.plus(700 * At::DAY))),
        service_started_on: Some(day(365)),
        service_ended_on: None,
        completed_on: None,
        currency: CURRENCY.to_owned(),
        cap_minor: Some(CAP),
        investment_minor: Some(DRAWN),
        accepts_unfunded: false,
        contestation_days: 15,
        second_person_minor: None,
        fees_first_minor: FEE,
        recycled_minor: 0,
        premium_minor: 0,
        drawdown_waived: false,
        status: ContractStatus::Active,
        lead_id: lead,
        creator_id: lead,
        roles: super::party::roles(parties),
        terms: sheet.json()?,
        disclosure: DisclosureBlock::all().map(|block| (block.code().to_owned(), shown(block))).collect(),
        closing_report: None,
        status_reason: None,
        is_imported: false,
        external_id: None,
        issues: json!([]),
        extra: json!({}),
        version: 1,
        created_at: ago(now, 400),
        updated_at: ago(now, 365),
    })
}

fn version_row(
    contract: &contract::Model,
    sheet: &Sheet,
    parties: &[contract_party::Model],
    investment: &contract_investment::Model,
    now: At,
) -> Result<contract_version::Model> {
    let mut content = versions::content(contract, sheet, parties, std::slice::from_ref(investment))?;
    if let Some(map) = content.as_object_mut() {
        map.insert("number".to_owned(), 1.into());
    }
    Ok(contract_version::Model {
        id: ContractVersionId::fresh(),
        contract_id: contract.id,
        number: 1,
        hash: fingerprint(&content),
        content,
        reason: None,
        effective_from: None,
        recomputes: false,
        state: VersionState::Signed,
        frozen_at: ago(now, 385),
        signed_at: Some(ago(now, 380)),
    })
}

fn claim_row(contract_id: ContractId, operator: UserId, now: At) -> Result<outcome_claim::Model> {
    let line = |metric: &str, count: i64| Claimed {
        metric: metric.to_owned(),
        quantity: Quantity::of(count),
        people: Some(count),
        territory: None,
    };
    let lines = vec![line("EMPLOI", 12), line("PERMIS", 24)];
    Ok(outcome_claim::Model {
        id: ClaimId::fresh(),
        contract_id,
        number: 1,
        kind: ClaimKind::Interim,
        from_on: super::days::of(ago(now, 365)),
        to_on: super::days::of(ago(now, 185)),
        lines: serde_json::to_value(lines).map_err(anyhow::Error::from)?,
        profiles: json!([]),
        note: Some("Premier semestre de service.".to_owned()),
        state: ClaimState::Final,
        question: None,
        answer: None,
        submitted_at: Some(ago(now, 170)),
        submitted_by_id: Some(operator),
        verified_at: Some(ago(now, 150)),
        contestable_until: Some(ago(now, 135)),
        final_at: Some(ago(now, 135)),
        version: 5,
        created_at: ago(now, 175),
        updated_at: ago(now, 135),
    })
}

fn verification_row(
    claim: &outcome_claim::Model,
    evaluator: &Founding,
    now: At,
) -> Result<claim_verification::Model> {
    let checked = |metric: &str, claimed: i64, accepted: i64, reason: Option<&str>| Checked {
        metric: metric.to_owned(),
        territory: None,
        claimed: Quantity::of(claimed),
        accepted: Quantity::of(accepted),
        people: Some(accepted),
        reason: reason.map(str::to_owned),
    };
    let lines = vec![
        checked("EMPLOI", 12, 11, Some("Un contrat de travail dure moins de six mois.")),
        checked("PERMIS", 24, 24, None),
    ];
    Ok(claim_verification::Model {
        id: VerificationId::fresh(),
        contract_id: claim.contract_id,
        claim_id: claim.id,
        organization_id: evaluator.organization,
        user_id: evaluator.signatory,
        revision: 1,
        opinion: VerificationOpinion::Partial,
        lines: serde_json::to_value(lines).map_err(anyhow::Error::from)?,
        profiles: json!([]),
        report: Some("Pièces vues une à une ; onze retours à l’emploi sur douze retenus.".to_owned()),
        created_at: ago(now, 150),
    })
}

fn computation_row(
    claim: &outcome_claim::Model,
    version: &contract_version::Model,
    computed: payment::Computation,
    now: At,
) -> Result<payment_computation::Model> {
    let mut result = serde_json::to_value(&computed).map_err(anyhow::Error::from)?;
    if let Some(map) = result.as_object_mut() {
        map.insert("currency".to_owned(), CURRENCY.into());
    }
    Ok(payment_computation::Model {
        id: ComputationId::fresh(),
        contract_id: claim.contract_id,
        claim_id: claim.id,
        version_id: version.id,
        engine: computed.engine,
        input_hash: computed.input_hash,
        result,
        cumulative_minor: computed.cumulative,
        due_minor: computed.due,
        credit_minor: computed.credit,
        unfunded_minor: computed.unfunded,
        created_at: ago(now, 135),
    })
}

fn payment_row(
    computation: &payment_computation::Model,
    payer: OrganizationId,
    payee: OrganizationId,
    amount: i64,
    now: At,
) -> outcome_payment::Model {
    outcome_payment::Model {
        id: PaymentId::fresh(),
        contract_id: computation.contract_id,
        computation_id: Some(computation.id),
        payer_id: payer,
        payee_id: payee,
        amount_minor: amount,
        currency: CURRENCY.to_owned(),
        state: PaymentState::Called,
        called_at: Some(ago(now, 10)),
        due_on: Some(super::days::of(now.plus(20 * At::DAY))),
        approved_by_id: None,
        approved_at: None,
        second_approval_by_id: None,
        paid_at: None,
        reference: None,
        received_at: None,
        held_until: None,
        hold_reason: None,
        version: 2,
        created_at: ago(now, 135),
        updated_at: ago(now, 10),
    }
}

/// The investor's money came in, and a part of it went out for service.
fn entries(
    contract_id: ContractId,
    investment: &contract_investment::Model,
    operator: OrganizationId,
    now: At,
) -> Vec<ledger_entry::Model> {
    let entry = |sequence, days, kind, debit_id, credit_id, amount_minor, subject| ledger_entry::Model {
        id: LedgerEntryId::fresh(),
        contract_id,
        sequence,
        at: ago(now, days),
        kind,
        debit_id,
        credit_id,
        amount_minor,
        currency: CURRENCY.to_owned(),
        subject,
        reason: None,
        reverses_id: None,
    };
    vec![
        entry(
            1,
            370,
            LedgerKind::DrawDown,
            None,
            Some(investment.organization_id),
            DRAWN,
            Some(investment.id.to_string()),
        ),
        entry(2, 300, LedgerKind::ServicePayment, Some(operator), None, SERVICE, None),
    ]
}
