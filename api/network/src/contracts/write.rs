//! Drawing a contract up: creating it, describing it, setting its terms. All of it before it is frozen.

use super::{
    contract::ImpactContract,
    disclosure::{self, ContractDisclosureInput},
    hold::{By, hold, parties},
    party::write::{PartyRow, verified},
    places,
    sheet::Sheet,
    state::Step,
    tariff,
    terms::{ContractTermsInput, read_money, tell},
};
use async_graphql::{ID, MaybeUndefined};
use door::{
    Faults, Result, UserErrorCode,
    authz::{Event, Store},
    fold::{fold, slug},
};
use entity::{
    codes::{CodeList, ContractStatus, ContractStructure, PartyRole},
    contracts::{contract, contract_party},
    ids::ContractId,
};
use gql::scalars::{CurrencyCode, Decimal, FuzzyDate};
use payment::terms::Terms;
use sea_orm::Set;

mutations! { ContractWriteMutation {
    /// Begins a contract for a verified organization in which one is an editor.
    ///
    /// Errors: `NOT_FOUND`, `ORGANIZATION_NOT_VERIFIED`, `BLANK`, `TOO_LONG`, `INVALID`; top level: `FORBIDDEN`.
    contract_create(ContractCreateInput {
        /// Organization that begins it.
        organization_id: ID,
        /// Its part: `STRUCTURER`, `OPERATOR` or `OUTCOME_PAYER`.
        role: PartyRole,
        /// Title; at most 200 characters.
        title: String,
        /// Summary; at most 2,000 characters.
        summary: Option<String>,
        /// How it binds its parties; `FRAMEWORK` unless given.
        structure: Option<ContractStructure>,
        /// Currency of all its amounts; it cannot change.
        currency: CurrencyCode,
    }) -> ContractCreatePayload {
        /// Contract as it is now.
        contract: ImpactContract
    } = create;

    /// Changes what is being drawn up; for editors of its parties. What is left out stays; `null` clears.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `BLANK`, `TOO_LONG`, `INVALID`, `OUT_OF_RANGE`; top
    /// level: `FORBIDDEN`.
    contract_update(ContractUpdateInput {
        /// Contract to change.
        id: ID,
        /// Version that was read; refuses if it has changed since.
        if_version: Option<String>,
        /// Title; at most 200 characters.
        title: Option<String>,
        /// Summary; at most 2,000 characters.
        summary: MaybeUndefined<String>,
        /// Problem in society it answers; at most 5,000 characters.
        social_challenge: MaybeUndefined<String>,
        /// What is done about it; at most 5,000 characters.
        intervention: MaybeUndefined<String>,
        /// Code of `POLICY_SECTOR`; at most 100 characters.
        policy_sector: MaybeUndefined<String>,
        /// Country, two letters of ISO 3166-1.
        country: MaybeUndefined<String>,
        /// Numbers of the Sustainable Development Goals it serves; replaces all. At most 17.
        sdg_goals: Option<Vec<i32>>,
        /// Codes of the territories it takes effect in, such as `REG-76`; replaces all. At most 50.
        territories: Option<Vec<String>>,
        /// Whom it is for; at most 2,000 characters.
        target_population: MaybeUndefined<String>,
        /// People it is planned to reach.
        planned_people_count: MaybeUndefined<i32>,
        /// When service is planned to begin.
        service_starts_on: MaybeUndefined<FuzzyDate>,
        /// When service is planned to end.
        service_ends_on: MaybeUndefined<FuzzyDate>,
        /// Most that is ever paid for outcomes.
        cap: MaybeUndefined<Decimal>,
        /// Whether commitments may stay below the cap (rule BR-7).
        accepts_unfunded: Option<bool>,
        /// Days for contesting a verification, 0 to 90.
        contestation_days: Option<i32>,
        /// Amount above which a second person has to approve a payment.
        second_person_above: MaybeUndefined<Decimal>,
        /// Fees that may be paid before investors.
        fees_first: Option<Decimal>,
        /// Amounts that may be used again for repayments.
        recycled: Option<Decimal>,
        /// Premium of the operator after all investors.
        premium: Option<Decimal>,
        /// Whether service may begin without a draw-down.
        is_drawdown_waived: Option<bool>,
        /// What to show to everybody; replaces all. At most 5.
        disclosures: Option<Vec<ContractDisclosureInput>>,
    }) -> ContractUpdatePayload {
        /// Contract as it is now.
        contract: ImpactContract
    } = update;

    /// Sets metrics, tariffs and rules; they replace those of before. For editors of the parties.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `BLANK`, `TOO_LONG`, `INVALID`, `TAKEN`, `OUT_OF_RANGE`,
    /// `TERMS_OVERLAP`, `TERMS_DESCEND`, `TERMS_UNREACHABLE`, each with the path of the faulty element; top level: `FORBIDDEN`.
    contract_terms_set(ContractTermsSetInput {
        /// Contract to change.
        id: ID,
        /// Version that was read; refuses if it has changed since.
        if_version: Option<String>,
        /// What is counted and what it is worth.
        terms: ContractTermsInput,
    }) -> ContractTermsSetPayload {
        /// Contract as it is now.
        contract: ImpactContract
    } = set_terms;
}}

async fn create(store: &Store, input: ContractCreateInput) -> Result<ImpactContract> {
    let mut tx = store.begin().await?;
    let home = verified(&tx, &input.organization_id, "organizationId").await?;
    let mut faults = Faults::default();
    let title = faults.required(Some(input.title), &["input", "title"], 200);
    let summary = faults.text(input.summary, &["input", "summary"], 2_000);
    if !matches!(input.role, PartyRole::Structurer | PartyRole::Operator | PartyRole::OutcomePayer) {
        let message = "A contract is begun by a structurer, an operator or an outcome payer.";
        faults.add(UserErrorCode::Invalid, &["input", "role"], message);
    }
    let now = store.now();
    let id = ContractId::fresh();
    let row = contract::ActiveModel {
        id: Set(id),
        slug: Set(slug(&title, id)),
        search_key: Set(searched(&[Some(&title), summary.as_deref()])),
        title_key: Set(fold(&title)),
        title: Set(title),
        summary: Set(summary),
        structure: Set(input.structure.unwrap_or(ContractStructure::Framework)),
        social_challenge: Set(None),
        intervention: Set(None),
        policy_sector: Set(None),
        country: Set(None),
        sdg_goals: Set(String::new()),
        target_population: Set(None),
        planned_people: Set(None),
        signed_on: Set(None),
        service_starts_on: Set(None),
        service_ends_on: Set(None),
        service_started_on: Set(None),
        service_ended_on: Set(None),
        completed_on: Set(None),
        currency: Set(input.currency.0),
        cap_minor: Set(None),
        investment_minor: Set(None),
        accepts_unfunded: Set(false),
        contestation_days: Set(15),
        second_person_minor: Set(None),
        fees_first_minor: Set(0),
        recycled_minor: Set(0),
        premium_minor: Set(0),
        drawdown_waived: Set(false),
        status: Set(ContractStatus::Scoping),
        lead_id: Set(home.id),
        creator_id: Set(home.id),
        roles: Set(serde_json::json!({ home.id.0.to_string(): [input.role.code()] })),
        terms: Set(serde_json::json!({})),
        disclosure: Set(serde_json::json!({})),
        closing_report: Set(None),
        status_reason: Set(None),
        is_imported: Set(false),
        external_id: Set(None),
        issues: Set(serde_json::json!([])),
        extra: Set(serde_json::json!({})),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    tx.may_create::<contract::Entity>(&row)?;
    faults.none_or_refuse()?;
    let held = tx.create::<contract::Entity>(row).await?;
    let party =
        PartyRow { organization: home.id, role: input.role, is_lead: true, is_signatory: true, position: 0 };
    tx.add_part::<contract_party::Entity>(&held, party.row(now)).await?;
    tx.commit(Event::of("contractCreate")).await?;
    Ok(ImpactContract(held.into_row()))
}

#[expect(clippy::option_option, reason = "left out, cleared or given: that is what a field of an update is")]
fn asked<T>(value: MaybeUndefined<T>) -> Option<Option<T>> {
    match value {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(None),
        MaybeUndefined::Value(value) => Some(Some(value)),
    }
}

async fn update(store: &Store, input: ContractUpdateInput) -> Result<ImpactContract> {
    let mut tx = store.begin().await?;
    let (held, _) =
        hold(&tx, &input.id, input.if_version.as_deref(), Some(Step::Draft), By::Editors(&[])).await?;
    let mut faults = Faults::default();
    let title = input.title.map(|title| faults.required(Some(title), &["input", "title"], 200));
    let mut text = |value: MaybeUndefined<String>, field: &str, most: usize| {
        asked(value).map(|value| faults.text(value, &["input", field], most))
    };
    let summary = text(input.summary, "summary", 2_000);
    let social_challenge = text(input.social_challenge, "socialChallenge", 5_000);
    let intervention = text(input.intervention, "intervention", 5_000);
    let policy_sector = text(input.policy_sector, "policySector", 100);
    let country = text(input.country, "country", 2);
    let target_population = text(input.target_population, "targetPopulation", 2_000);
    if country
        .as_ref()
        .and_then(Option::as_ref)
        .is_some_and(|code| code.len() != 2 || !code.bytes().all(|byte| byte.is_ascii_uppercase()))
    {
        faults.add(
            UserErrorCode::Invalid,
            &["input", "country"],
            "Two capital letters of ISO 3166-1, such as FR.",
        );
    }
    let territories = match &input.territories {
        Some(codes) => Some(places::named(store, codes, &mut faults).await?),
        None => None,
    };
    let goals = input.sdg_goals;
    if goals.as_ref().is_some_and(|goals| goals.iter().any(|goal| !(1..=17).contains(goal))) {
        faults.add(UserErrorCode::OutOfRange, &["input", "sdgGoals"], "Goals have numbers from 1 to 17.");
    }
    if input.contestation_days.is_some_and(|days| !(0..=90).contains(&days)) {
        faults.add(
            UserErrorCode::OutOfRange,
            &["input", "contestationDays"],
            "Between 0 and 90 days, please.",
        );
    }
    let currency = held.currency.clone();
    let money = |amount: &Decimal, field: &str| read_money(amount, &currency, &["input", field]);
    let optional =
        |value: MaybeUndefined<Decimal>, field: &str, faults: &mut Faults| -> Result<Option<Option<i64>>> {
            match asked(value) {
                None => Ok(None),
                Some(None) => Ok(Some(None)),
                Some(Some(amount)) => Ok(Some(faults.keep(money(&amount, field))?)),
            }
        };
    let cap = optional(input.cap, "cap", &mut faults)?;
    let second = optional(input.second_person_above, "secondPersonAbove", &mut faults)?;
    let mut plain = |value: Option<Decimal>, field: &str| -> Result<Option<i64>> {
        value.map_or(Ok(None), |amount| faults.keep(money(&amount, field)))
    };
    let (fees, recycled, premium) = (
        plain(input.fees_first, "feesFirst")?,
        plain(input.recycled, "recycled")?,
        plain(input.premium, "premium")?,
    );
    faults.none_or_refuse()?;
    let held = tx
        .update(held, |row| {
            macro_rules! set {
                ($($field:ident = $value:expr),* $(,)?) => {$(
                    if let Some(value) = $value {
                        row.$field = Set(value);
                    }
                )*};
            }
            if let Some(title) = title {
                row.title_key = Set(fold(&title));
                row.title = Set(title);
            }
            set! {
                summary = summary,
                social_challenge = social_challenge,
                intervention = intervention,
                policy_sector = policy_sector,
                country = country,
                target_population = target_population,
                planned_people = asked(input.planned_people_count).map(|count| count.map(i64::from)),
                service_starts_on = asked(input.service_starts_on).map(|day| day.map(|day| day.0)),
                service_ends_on = asked(input.service_ends_on).map(|day| day.map(|day| day.0)),
                sdg_goals = goals.map(|goals| bars(&goals)),
                cap_minor = cap,
                second_person_minor = second,
                accepts_unfunded = input.accepts_unfunded,
                contestation_days = input.contestation_days,
                fees_first_minor = fees,
                recycled_minor = recycled,
                premium_minor = premium,
                drawdown_waived = input.is_drawdown_waived,
                disclosure = input.disclosures.map(disclosure::stored),
            }
            row.search_key = Set(searched(&[
                Some(row.title.as_ref()),
                row.summary.as_ref().as_deref(),
                row.social_challenge.as_ref().as_deref(),
                row.intervention.as_ref().as_deref(),
                row.target_population.as_ref().as_deref(),
                row.policy_sector.as_ref().as_deref(),
            ]));
        })
        .await?;
    if let Some(territories) = territories {
        places::write(&mut tx, &held, territories).await?;
    }
    tx.commit(Event::of("contractUpdate")).await?;
    Ok(ImpactContract(held.into_row()))
}

/// Texts of a contract as they are searched, without case and accents.
pub fn searched(texts: &[Option<&str>]) -> String {
    fold(&texts.iter().flatten().copied().collect::<Vec<_>>().join(" "))
}

/// Numbers between bars, so that one of them is found by `|3|`.
pub fn bars(goals: &[i32]) -> String {
    if goals.is_empty() {
        return String::new();
    }
    let numbers: Vec<String> = goals.iter().map(ToString::to_string).collect();
    format!("|{}|", numbers.join("|"))
}

async fn set_terms(store: &Store, input: ContractTermsSetInput) -> Result<ImpactContract> {
    let mut tx = store.begin().await?;
    let (held, _) =
        hold(&tx, &input.id, input.if_version.as_deref(), Some(Step::Draft), By::Editors(&[])).await?;
    let parties = parties(&tx, held.id).await?;
    let mut faults = Faults::default();
    let sheet = input.terms.read(&held.currency, &["input", "terms"], &mut faults);
    // Whether commitments reach the cap is asked when the version is frozen: payers may still be missing.
    tell(tariff::faults(&sheet.terms(&held, &parties), true), &["input", "terms"], &mut faults);
    faults.none_or_refuse()?;
    let json = sheet.json()?;
    let held = tx.update(held, |row| row.terms = Set(json)).await?;
    tx.commit(Event::of("contractTermsSet")).await?;
    Ok(ImpactContract(held.into_row()))
}

/// Terms as the engine needs them, from what is being drawn up.
pub fn draft_terms(contract: &contract::Model, parties: &[contract_party::Model]) -> Result<Terms> {
    Ok(Sheet::of(contract)?.terms(contract, parties))
}
