//! Impact contracts: their parties' own until signed; then public, but for what the parties keep to themselves.
//!
//! A party that left keeps what it saw until then. Who may act for which role is said by [`acts_as`]; whether the
//! contract's state allows it is the use cases' affair.

use super::{Act, Node, PartOf, Policy, Rows, Viewer};
use crate::authz::Power;
use entity::{
    codes::{CodeList, ContractStatus, MembershipRole, PartyRole, Visibility},
    contracts::{
        claim_contestation, claim_verification, contract, contract_consent, contract_investment,
        contract_party, contract_repayment, contract_signature, contract_territory, contract_version,
        evidence_document, import_record, ledger_entry, outcome_claim, outcome_payment, payment_computation,
    },
    ids::{
        ClaimId, ComputationId, ContractId, ContractPartyId, EvidenceDocumentId, OrganizationId, PaymentId,
    },
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, SelectStatement},
};

/// The part of the system that does what contracts say: computes, nets out, settles.
pub const CONTRACTS: &str = "contracts";

/// The import of contracts on record; it writes those and the organizations they name, nothing else.
pub const CONTRACT_IMPORT: &str = "contract_import";

pub const FIELDS: &[(&str, Visibility)] = &[
    ("ImpactContract.statusReason", Visibility::Party),
    ("ImpactContract.fullTerms", Visibility::Party),
    ("ImpactContract.amountBand", Visibility::Network),
    ("ImpactContract.versions", Visibility::Party),
    ("ImpactContract.claims", Visibility::Party),
    ("ImpactContract.computations", Visibility::Party),
    ("ImpactContract.ledger", Visibility::Party),
    ("ImpactContract.investments", Visibility::Owner),
    ("ImpactContract.repayments", Visibility::Owner),
    ("ImpactContract.payments", Visibility::Owner),
    ("OutcomeClaim.documents", Visibility::Owner),
];

/// States from which on a contract is public.
const PUBLIC: [ContractStatus; 7] = [
    ContractStatus::Contracted,
    ContractStatus::Active,
    ContractStatus::Suspended,
    ContractStatus::DeliveryComplete,
    ContractStatus::Settled,
    ContractStatus::Closed,
    ContractStatus::Terminated,
];

/// Organizations for which the viewer acts in one of these roles, with at least this power.
pub fn acts_as(
    viewer: &Viewer,
    row: &contract::Model,
    roles: &[PartyRole],
    power: Power,
) -> Vec<OrganizationId> {
    viewer.orgs(power).into_iter().filter(|organization| has_role(row, *organization, roles)).collect()
}

/// Organizations for which the viewer handles money in one of these roles.
pub fn pays_as(viewer: &Viewer, row: &contract::Model, roles: &[PartyRole]) -> Vec<OrganizationId> {
    let handles =
        |role| matches!(role, MembershipRole::Finance | MembershipRole::Admin | MembershipRole::Owner);
    let seats = viewer.seats().iter().filter(|seat| handles(seat.role));
    seats.map(|seat| seat.organization).filter(|organization| has_role(row, *organization, roles)).collect()
}

fn has_role(row: &contract::Model, organization: OrganizationId, roles: &[PartyRole]) -> bool {
    let held = row.roles.get(organization.0.to_string()).and_then(serde_json::Value::as_array);
    held.into_iter()
        .flatten()
        .filter_map(serde_json::Value::as_str)
        .any(|code| roles.is_empty() || roles.iter().any(|role| role.code() == code))
}

/// Contracts in which these organizations are, or were, a party.
fn own(organizations: &[OrganizationId], roles: &[PartyRole], condition: Condition) -> SelectStatement {
    let mut select = contract_party::Entity::find()
        .select_only()
        .column(contract_party::Column::ContractId)
        .filter(contract_party::Column::OrganizationId.is_in(organizations.iter().copied()))
        .filter(condition);
    if !roles.is_empty() {
        select = select.filter(contract_party::Column::Role.is_in(roles.iter().copied()));
    }
    select.into_query()
}

/// Parts of contracts in which the viewer takes part; a party that left sees those that were there by then.
fn for_parties(viewer: &Viewer, link: impl ColumnTrait, made_at: Option<Expr>, roles: &[PartyRole]) -> Rows {
    let mine = viewer.orgs(Power::Read);
    if mine.is_empty() {
        return Rows::None;
    }
    let present = Condition::all().add(contract_party::Column::Until.is_null());
    let now = Rows::when(Expr::col(link.as_column_ref()).in_subquery(own(&mine, roles, present)));
    let Some(made_at) = made_at else {
        return now;
    };
    let until = Expr::col(contract_party::Column::Until.as_column_ref());
    let left = Condition::all().add(until.gte(made_at));
    now | Rows::when(Expr::col(link.as_column_ref()).in_subquery(own(&mine, roles, left)))
}

/// A column as an expression that also works within a subquery.
fn at(column: impl ColumnTrait) -> Expr {
    Expr::col(column.as_column_ref())
}

impl Policy for contract::Entity {
    fn visible(viewer: &Viewer) -> Rows {
        let mine = viewer.orgs(Power::Read);
        let own = if mine.is_empty() {
            Rows::None
        } else {
            // Who left a draft does not follow it any further; what is public stays visible, with the parts of its time.
            let present = Condition::all().add(contract_party::Column::Until.is_null());
            Rows::when(contract::Column::Id.in_subquery(own(&mine, &[], present)))
        };
        Rows::all_if(viewer.is_job(CONTRACTS)) | Rows::when(contract::Column::Status.is_in(PUBLIC)) | own
    }

    /// Of parties only; which of them, and when, the use case says.
    fn allows(viewer: &Viewer, act: Act, row: &contract::Model) -> bool {
        if viewer.is_job(CONTRACTS) || (viewer.is_job(CONTRACT_IMPORT) && row.is_imported) {
            return true;
        }
        match act {
            Act::Inspect => !acts_as(viewer, row, &[], Power::Read).is_empty(),
            Act::Create | Act::Edit => !acts_as(viewer, row, &[], Power::Write).is_empty(),
            Act::Decide => {
                !acts_as(viewer, row, &[], Power::Manage).is_empty() || !pays_as(viewer, row, &[]).is_empty()
            }
            Act::Delete => false,
        }
    }

    fn reach(viewer: &Viewer, row: &contract::Model) -> Visibility {
        if Self::allows(viewer, Act::Inspect, row) {
            Visibility::Party
        } else {
            super::network_or_public(viewer)
        }
    }

    fn home(row: &contract::Model) -> Option<OrganizationId> {
        Some(row.lead_id)
    }

    fn subject(row: &contract::Model) -> Option<String> {
        Some(row.id.to_string())
    }
}

impl Node for contract::Entity {
    type Id = ContractId;
    const ID: contract::Column = contract::Column::Id;
    fn id(row: &contract::Model) -> ContractId {
        row.id
    }
}

/// Kept for writing a source again; shown to nobody as such.
impl Policy for import_record::Entity {
    fn visible(viewer: &Viewer) -> Rows {
        Rows::all_if(viewer.is_job(CONTRACT_IMPORT))
    }

    fn allows(viewer: &Viewer, _: Act, _: &import_record::Model) -> bool {
        viewer.is_job(CONTRACT_IMPORT)
    }
}

/// Who takes part is as public as the contract.
impl PartOf for contract_party::Entity {
    type Whole = contract::Entity;
    const LINK: contract_party::Column = contract_party::Column::ContractId;
    const TOGETHER: bool = true;
}

impl Node for contract_party::Entity {
    type Id = ContractPartyId;
    const ID: contract_party::Column = contract_party::Column::Id;
    fn id(row: &contract_party::Model) -> ContractPartyId {
        row.id
    }
}

/// Where it takes effect is as public as the contract.
impl PartOf for contract_territory::Entity {
    type Whole = contract::Entity;
    const LINK: contract_territory::Column = contract_territory::Column::ContractId;
    const TOGETHER: bool = true;
}

macro_rules! parts_of_parties {
    ($($table:ident $made_at:ident),+ $(,)?) => {$(
        impl PartOf for $table::Entity {
            type Whole = contract::Entity;
            const LINK: $table::Column = $table::Column::ContractId;
            const TOGETHER: bool = true;

            fn open(viewer: &Viewer) -> Rows {
                Rows::all_if(viewer.is_job(CONTRACTS))
                    | for_parties(viewer, $table::Column::ContractId, Some(at($table::Column::$made_at)), &[])
            }
        }
    )+};
}

parts_of_parties! {
    contract_version FrozenAt,
    contract_signature At,
    contract_consent At,
    outcome_claim CreatedAt,
    claim_verification CreatedAt,
    claim_contestation CreatedAt,
    payment_computation CreatedAt,
}

impl Node for outcome_claim::Entity {
    type Id = ClaimId;
    const ID: outcome_claim::Column = outcome_claim::Column::Id;
    fn id(row: &outcome_claim::Model) -> ClaimId {
        row.id
    }
}

/// Whose evidence it is, and who judges it.
pub const WITNESSES: &[PartyRole] = &[PartyRole::Operator, PartyRole::Evaluator];

/// Evidence is never public: operators and evaluators see it, payers while a verification of it is contested.
impl Policy for evidence_document::Entity {
    const TOGETHER: bool = true;

    fn visible(viewer: &Viewer) -> Rows {
        use evidence_document::Column::{ClaimId, ContractId, CreatedAt};
        let contested = claim_contestation::Entity::find()
            .select_only()
            .column(claim_contestation::Column::ClaimId)
            .filter(claim_contestation::Column::ResolvedAt.is_null())
            .into_query();
        let open = Rows::all_if(viewer.is_job(CONTRACTS))
            | for_parties(viewer, ContractId, Some(at(CreatedAt)), WITNESSES)
            | (for_parties(viewer, ContractId, None, &[PartyRole::OutcomePayer])
                & Rows::when(Expr::col(ClaimId.as_column_ref()).in_subquery(contested)));
        open & Rows::through::<contract::Entity>(ContractId, viewer)
    }

    /// The operator's whose evidence it is; when, the claim's state says.
    fn allows(viewer: &Viewer, act: Act, row: &evidence_document::Model) -> bool {
        match act {
            Act::Inspect => viewer.sits(row.organization_id, Power::Read),
            Act::Create | Act::Delete => viewer.sits(row.organization_id, Power::Write),
            Act::Edit | Act::Decide => false,
        }
    }

    fn home(row: &evidence_document::Model) -> Option<OrganizationId> {
        Some(row.organization_id)
    }

    fn subject(row: &evidence_document::Model) -> Option<String> {
        Some(row.id.to_string())
    }
}

impl Node for evidence_document::Entity {
    type Id = EvidenceDocumentId;
    const ID: evidence_document::Column = evidence_document::Column::Id;
    fn id(row: &evidence_document::Model) -> EvidenceDocumentId {
        row.id
    }
}

impl Node for payment_computation::Entity {
    type Id = ComputationId;
    const ID: payment_computation::Column = payment_computation::Column::Id;
    fn id(row: &payment_computation::Model) -> ComputationId {
        row.id
    }
}

/// Who sees all money of a contract: the structurer, the vehicle that holds it and the lead payer.
const TREASURERS: &[PartyRole] = &[PartyRole::Structurer, PartyRole::Spv];

fn all_money(viewer: &Viewer, link: impl ColumnTrait) -> Rows {
    let mine = viewer.orgs(Power::Read);
    if mine.is_empty() {
        return Rows::None;
    }
    let lead = Condition::all()
        .add(contract_party::Column::IsLead.eq(true))
        .add(contract_party::Column::Until.is_null());
    for_parties(viewer, link, None, TREASURERS)
        | Rows::when(Expr::col(link.as_column_ref()).in_subquery(own(
            &mine,
            &[PartyRole::OutcomePayer],
            lead,
        )))
}

/// Each investor its own tranche.
impl PartOf for contract_investment::Entity {
    type Whole = contract::Entity;
    const LINK: contract_investment::Column = contract_investment::Column::ContractId;
    const TOGETHER: bool = true;

    fn open(viewer: &Viewer) -> Rows {
        use contract_investment::Column::{ContractId, OrganizationId};
        Rows::all_if(viewer.is_job(CONTRACTS))
            | all_money(viewer, ContractId)
            | Rows::when(OrganizationId.is_in(viewer.orgs(Power::Read)))
    }
}

impl PartOf for contract_repayment::Entity {
    type Whole = contract::Entity;
    const LINK: contract_repayment::Column = contract_repayment::Column::ContractId;
    const TOGETHER: bool = true;

    fn open(viewer: &Viewer) -> Rows {
        use contract_repayment::Column::{ContractId, OrganizationId};
        Rows::all_if(viewer.is_job(CONTRACTS))
            | all_money(viewer, ContractId)
            | Rows::when(OrganizationId.is_in(viewer.orgs(Power::Read)))
    }
}

/// Payer and payee of the line, and who sees all money.
impl PartOf for outcome_payment::Entity {
    type Whole = contract::Entity;
    const LINK: outcome_payment::Column = outcome_payment::Column::ContractId;
    const TOGETHER: bool = true;

    fn open(viewer: &Viewer) -> Rows {
        use outcome_payment::Column::{ContractId, PayeeId, PayerId};
        let mine = viewer.orgs(Power::Read);
        Rows::all_if(viewer.is_job(CONTRACTS))
            | all_money(viewer, ContractId)
            | Rows::when(PayerId.is_in(mine.clone()))
            | Rows::when(PayeeId.is_in(mine))
    }
}

impl Node for outcome_payment::Entity {
    type Id = PaymentId;
    const ID: outcome_payment::Column = outcome_payment::Column::Id;
    fn id(row: &outcome_payment::Model) -> PaymentId {
        row.id
    }
}

impl PartOf for ledger_entry::Entity {
    type Whole = contract::Entity;
    const LINK: ledger_entry::Column = ledger_entry::Column::ContractId;
    const TOGETHER: bool = true;

    fn open(viewer: &Viewer) -> Rows {
        use ledger_entry::Column::{ContractId, CreditId, DebitId};
        let mine = viewer.orgs(Power::Read);
        Rows::all_if(viewer.is_job(CONTRACTS))
            | all_money(viewer, ContractId)
            | Rows::when(DebitId.is_in(mine.clone()))
            | Rows::when(CreditId.is_in(mine))
    }
}
