//! Naming parties of a contract and tranches of its investors, before it is frozen.

use crate::{
    contracts::{
        contract::ImpactContract,
        hold::{By, Contract, all, hold, parties, reseat},
        places,
        state::Step,
        terms::{read_money, read_share},
    },
    face::key,
};
use async_graphql::ID;
use door::{
    Error, Faults, Result, UserErrorCode,
    authz::{Event, Power, Store, Tx},
};
use entity::{
    codes::{FundingInstrument, PartyRole, ReturnCapKind, Verification},
    contracts::{contract_investment, contract_party},
    ids::{ContractPartyId, InvestmentId, OrganizationId},
    orgs::organization,
};
use gql::scalars::Decimal;
use sea_orm::{ColumnTrait, Set};

mutations! { ContractPartyMutation {
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

pub async fn verified(tx: &Tx, id: &ID, path: &str) -> Result<organization::Model> {
    let id: OrganizationId = key(id)?;
    let found = tx.see::<organization::Entity>().filter(organization::Column::Id.eq(id)).one().await?;
    let found = found.ok_or_else(|| Error::not_found(&["input", path]))?;
    if found.verification != Verification::Verified {
        let message = format!("{} is not verified.", found.name);
        return Err(Error::mend(UserErrorCode::OrganizationNotVerified, &["input", path], message));
    }
    Ok(found)
}

/// A party without commitments.
pub struct PartyRow {
    pub organization: OrganizationId,
    pub role: PartyRole,
    pub is_lead: bool,
    pub is_signatory: bool,
    pub position: i32,
}

impl PartyRow {
    pub fn row(&self, now: entity::At) -> contract_party::ActiveModel {
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
