//! Drawing a contract up: creating it, naming parties and tranches, setting terms. All of it before it is frozen.

use super::{
    contract::ImpactContract,
    disclosure::{self, ContractDisclosureInput},
    hold::{By, Contract, all, hold, parties, reseat},
    payment::terms::Terms,
    places,
    sheet::Sheet,
    state::Step,
    tariff,
    terms::{ContractTermsInput, read_money, read_share, tell},
};
use crate::{
    Error, Faults, Result, UserErrorCode,
    authz::{Event, Power, Store, Tx},
    face::key,
    fold::{fold, slug},
};
use async_graphql::{ID, MaybeUndefined};
use entity::{
    codes::{
        CodeList, ContractStatus, ContractStructure, FundingInstrument, PartyRole, ReturnCapKind,
        Verification,
    },
    contracts::{contract, contract_investment, contract_party},
    ids::{ContractId, ContractPartyId, InvestmentId, OrganizationId},
    orgs::organization,
};
use gql::scalars::{CurrencyCode, Decimal, FuzzyDate};
use sea_orm::{ColumnTrait, Set};

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

    /// Adds a party; for editors of the parties.
    ///
    /// Errors: `NOT_FOUND`, `STATE_INVALID`, `TAKEN`, `INVALID`, `ORGANIZATION_NOT_VERIFIED`; top level: `FORBIDDEN`.
    contract_party_add(ContractPartyAddInput {
        /// Contract to change.
        id: ID,
        /// Organization that joins.
        organization_id: ID,
        /// Part it plays.
        role: PartyRole,
        /// Whether it leads its role; the first of a role does unless given.
        is_lead: Option<bool>,
        /// Whether it signs versions; it does unless given.
        is_signatory: Option<bool>,
        /// Most it ever pays, for a payer.
        max_commitment: Option<Decimal>,
        /// Territory whose beneficiaries it pays for, for a payer; at most 100 characters. A code such as `REG-76` becomes
        /// one of the contract's territories.
        territory: Option<String>,
        /// Fixed fee, for an evaluator or adviser (rule BR-5).
        fee: Option<Decimal>,
        /// Whether, as a payer, it waives the evaluator's interests in writing; only its own administrators say so.
        waives_conflicts: Option<bool>,
        /// Place in the order of payers, from 0; last unless given.
        position: Option<i32>,
    }) -> ContractPartyAddPayload {
        /// Contract as it is now.
        contract: ImpactContract
    } = add_party;

    /// Ends a party's part; it keeps seeing what there was until then. For editors of the lead.
    ///
    /// Errors: `NOT_FOUND`, `STATE_INVALID`; top level: `FORBIDDEN`.
    contract_party_end(ContractPartyEndInput {
        /// Contract to change.
        id: ID,
        /// Party that leaves.
        party_id: ID,
    }) -> ContractPartyEndPayload {
        /// Contract as it is now.
        contract: ImpactContract
    } = end_party;

    /// Names a tranche of an investor, or changes it; for editors of that investor and of the structurer.
    ///
    /// Errors: `NOT_FOUND`, `STATE_INVALID`, `INVALID`, `OUT_OF_RANGE`; top level: `FORBIDDEN`.
    contract_investment_set(ContractInvestmentSetInput {
        /// Contract to change.
        id: ID,
        /// Tranche to change; a new one unless given.
        investment_id: Option<ID>,
        /// Party that invests.
        party_id: ID,
        /// Rank; 1 is repaid first.
        rank: i32,
        /// Instrument.
        instrument: FundingInstrument,
        /// Amount committed.
        committed: Decimal,
        /// Fixed return a year, in percent; none unless given.
        coupon_percent: Option<Decimal>,
        /// How the most it may earn is counted.
        return_cap_kind: Option<ReturnCapKind>,
        /// Most it may earn, in percent.
        return_cap_percent: Option<Decimal>,
        /// Most of its principal it may lose, in percent.
        max_loss_percent: Option<Decimal>,
    }) -> ContractInvestmentSetPayload {
        /// Contract as it is now.
        contract: ImpactContract
    } = set_investment;
}}

pub(super) async fn verified(tx: &Tx, id: &ID, path: &str) -> Result<organization::Model> {
    let id: OrganizationId = key(id)?;
    let found = tx.see::<organization::Entity>().filter(organization::Column::Id.eq(id)).one().await?;
    let found = found.ok_or_else(|| Error::not_found(&["input", path]))?;
    if found.verification != Verification::Verified {
        let message = format!("{} is not verified.", found.name);
        return Err(Error::mend(UserErrorCode::OrganizationNotVerified, &["input", path], message));
    }
    Ok(found)
}

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

/// A party without commitments.
pub(super) struct PartyRow {
    pub(super) organization: OrganizationId,
    pub(super) role: PartyRole,
    pub(super) is_lead: bool,
    pub(super) is_signatory: bool,
    pub(super) position: i32,
}

impl PartyRow {
    pub(super) fn row(&self, now: entity::At) -> contract_party::ActiveModel {
        contract_party::ActiveModel {
            id: Set(ContractPartyId::fresh()),
            organization_id: Set(self.organization),
            role: Set(self.role),
            is_lead: Set(self.is_lead),
            is_signatory: Set(self.is_signatory),
            max_commitment_minor: Set(None),
            territory: Set(None),
            fee_minor: Set(None),
            waives_conflicts: Set(false),
            position: Set(self.position),
            since: Set(now),
            until: Set(None),
            version: Set(1),
            created_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        }
    }
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

async fn add_party(store: &Store, input: ContractPartyAddInput) -> Result<ImpactContract> {
    let mut tx = store.begin().await?;
    let (held, _) = hold(&tx, &input.id, None, Some(Step::Draft), By::Editors(&[])).await?;
    let home = verified(&tx, &input.organization_id, "organizationId").await?;
    let all = parties(&tx, held.id).await?;
    let present = || all.iter().filter(|party| party.until.is_none());
    let mut faults = Faults::default();
    if present().any(|party| party.organization_id == home.id && party.role == input.role) {
        faults.add(UserErrorCode::Taken, &["input", "organizationId"], "It has this part already.");
    }
    if present().count() >= 100 {
        faults.add(
            UserErrorCode::TooLong,
            &["input", "organizationId"],
            "A contract has at most 100 parties.",
        );
    }
    let currency = held.currency.clone();
    let mut money = |value: Option<Decimal>, field: &str| -> Result<Option<i64>> {
        value.map_or(Ok(None), |amount| faults.keep(read_money(&amount, &currency, &["input", field])))
    };
    let (commitment, fee) = (money(input.max_commitment, "maxCommitment")?, money(input.fee, "fee")?);
    let territory = faults.text(input.territory, &["input", "territory"], 100);
    if input.role != PartyRole::OutcomePayer && (commitment.is_some() || territory.is_some()) {
        faults.add(
            UserErrorCode::Invalid,
            &["input", "maxCommitment"],
            "Commitments and territories are for payers.",
        );
    }
    faults.none_or_refuse()?;
    let place = places::of_code(store, territory.as_deref().unwrap_or_default()).await?;
    let is_first = !present().any(|party| party.role == input.role);
    let party = PartyRow {
        organization: home.id,
        role: input.role,
        is_lead: input.is_lead.unwrap_or(is_first),
        is_signatory: input.is_signatory.unwrap_or(true),
        position: input.position.unwrap_or_else(|| i32::try_from(all.len()).unwrap_or(i32::MAX)),
    };
    let mut row = party.row(store.now());
    row.max_commitment_minor = Set(commitment);
    row.territory = Set(territory);
    row.fee_minor = Set(fee);
    let waives = input.waives_conflicts.unwrap_or(false) && input.role == PartyRole::OutcomePayer;
    if waives && !store.viewer().sits(home.id, Power::Manage) {
        return Err(Error::forbidden("A payer waives for itself, with `contractConflictsWaive`."));
    }
    row.waives_conflicts = Set(waives);
    tx.add_part::<contract_party::Entity>(&held, row).await?;
    if let Some(place) = place {
        places::add(&mut tx, &held, place).await?;
    }
    let held = reseat(&mut tx, held).await?;
    tx.commit(Event::of("contractPartyAdd")).await?;
    Ok(ImpactContract(held.into_row()))
}

async fn end_party(store: &Store, input: ContractPartyEndInput) -> Result<ImpactContract> {
    let mut tx = store.begin().await?;
    let (held, acting) = hold(&tx, &input.id, None, Some(Step::Draft), By::Editors(&[])).await?;
    if !acting.contains(&held.lead_id) {
        return Err(Error::forbidden("Parties are ended by the lead of the contract."));
    }
    let leaving = find_party(&tx, &held, &input.party_id).await?;
    if leaving.organization_id == held.lead_id {
        return Err(Error::state("The lead cannot leave; name another structurer first."));
    }
    let now = store.now();
    tx.update_part::<contract_party::Entity>(&held, leaving, |row| row.until = Set(Some(now))).await?;
    let held = reseat(&mut tx, held).await?;
    tx.commit(Event::of("contractPartyEnd")).await?;
    Ok(ImpactContract(held.into_row()))
}

/// A present party of a held contract.
pub async fn find_party(tx: &Tx, held: &Contract, id: &ID) -> Result<contract_party::Model> {
    let id: ContractPartyId = key(id)?;
    let found = parties(tx, held.id).await?.into_iter().find(|party| party.id == id && party.until.is_none());
    found.ok_or_else(|| Error::not_found(&["input", "partyId"]))
}

async fn set_investment(store: &Store, input: ContractInvestmentSetInput) -> Result<ImpactContract> {
    let mut tx = store.begin().await?;
    let by = By::Editors(&[PartyRole::Structurer, PartyRole::Investor]);
    let (held, acting) = hold(&tx, &input.id, None, Some(Step::Draft), by).await?;
    let party = find_party(&tx, &held, &input.party_id).await?;
    if party.role != PartyRole::Investor {
        return Err(Error::mend(
            UserErrorCode::Invalid,
            &["input", "partyId"],
            "Tranches belong to investors.",
        ));
    }
    if !acting.contains(&party.organization_id) && !acting.contains(&held.lead_id) {
        return Err(Error::forbidden("This is for the investor itself and for the structurer."));
    }
    let mut faults = Faults::default();
    if !(1..=20).contains(&input.rank) {
        faults.add(UserErrorCode::OutOfRange, &["input", "rank"], "Ranks go from 1 to 20.");
    }
    let committed = faults.keep(read_money(&input.committed, &held.currency, &["input", "committed"]))?;
    let mut share = |value: Option<Decimal>, field: &str| -> Result<Option<i64>> {
        value.map_or(Ok(None), |percent| faults.keep(read_share(&percent, &["input", field])))
    };
    let coupon = share(input.coupon_percent, "couponPercent")?.unwrap_or(0);
    let (cap, loss) = (
        share(input.return_cap_percent, "returnCapPercent")?,
        share(input.max_loss_percent, "maxLossPercent")?,
    );
    if input.return_cap_kind.is_some() != cap.is_some() {
        let message = "Give both `returnCapKind` and `returnCapPercent`, or neither.";
        faults.add(UserErrorCode::Invalid, &["input", "returnCapKind"], message);
    }
    faults.none_or_refuse()?;
    let committed = committed.unwrap_or_default();
    let now = store.now();
    let set = |row: &mut contract_investment::ActiveModel| {
        row.party_id = Set(party.id);
        row.organization_id = Set(party.organization_id);
        row.rank = Set(input.rank);
        row.instrument = Set(input.instrument);
        row.committed_minor = Set(committed);
        row.coupon_ppm = Set(coupon);
        row.return_cap_kind = Set(input.return_cap_kind);
        row.return_cap_ppm = Set(cap);
        row.max_loss_ppm = Set(loss);
    };
    if let Some(id) = &input.investment_id {
        let id: InvestmentId = key(id)?;
        let all =
            all::<contract_investment::Entity>(&tx, contract_investment::Column::ContractId, held.id).await?;
        let found = all.into_iter().find(|row| row.id == id && row.party_id == party.id);
        let found = found.ok_or_else(|| Error::not_found(&["input", "investmentId"]))?;
        tx.update_part::<contract_investment::Entity>(&held, found, set).await?;
    } else {
        let mut row = contract_investment::ActiveModel {
            id: Set(InvestmentId::fresh()),
            variable_minor: Set(0),
            version: Set(1),
            created_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        };
        set(&mut row);
        tx.add_part::<contract_investment::Entity>(&held, row).await?;
    }
    tx.commit(Event::of("contractInvestmentSet")).await?;
    Ok(ImpactContract(held.into_row()))
}

/// Terms as the engine needs them, from what is being drawn up.
pub fn draft_terms(contract: &contract::Model, parties: &[contract_party::Model]) -> Result<Terms> {
    Ok(Sheet::of(contract)?.terms(contract, parties))
}
