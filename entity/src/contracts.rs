//! Impact contracts: who agreed on what, what was achieved, what is due and what moved.

pub mod evidence_document;

pub mod contract {
    use crate::{
        At,
        codes::{ContractStatus, ContractStructure},
        ids::{ContractId, OrganizationId},
    };
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "impact_contract")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ContractId,
        pub slug: String,
        pub title: String,
        /// The title without case and accents: what lists sort by and prefixes match.
        pub title_key: String,
        /// Everything that is searched, without case and accents.
        pub search_key: String,
        pub summary: Option<String>,
        pub structure: ContractStructure,
        pub social_challenge: Option<String>,
        pub intervention: Option<String>,
        /// Code of the `POLICY_SECTOR` vocabulary, or the imported wording.
        pub policy_sector: Option<String>,
        /// ISO 3166-1 alpha-2.
        pub country: Option<String>,
        /// Numbers between bars: `|1|3|`; empty for none.
        pub sdg_goals: String,
        pub target_population: Option<String>,
        pub planned_people: Option<i64>,
        /// `YYYY`, `YYYY-MM` or `YYYY-MM-DD`, as the other dates here.
        pub signed_on: Option<String>,
        pub service_starts_on: Option<String>,
        pub service_ends_on: Option<String>,
        pub service_started_on: Option<String>,
        pub service_ended_on: Option<String>,
        pub completed_on: Option<String>,
        pub currency: String,
        /// Most that is ever paid for outcomes, minor units.
        pub cap_minor: Option<i64>,
        /// Stated total investment of an imported contract, minor units of `currency`.
        pub investment_minor: Option<i64>,
        /// The parties accept that commitments do not reach the cap.
        pub accepts_unfunded: bool,
        pub contestation_days: i32,
        /// Approvals above this need a second person.
        pub second_person_minor: Option<i64>,
        /// Fees that may be paid before investors, minor units.
        pub fees_first_minor: i64,
        /// Amounts that may be used again, minor units.
        pub recycled_minor: i64,
        /// Premium of the operator after all investors, minor units.
        pub premium_minor: i64,
        pub drawdown_waived: bool,
        pub status: ContractStatus,
        /// Who leads: the creator, or the structurer once there is one.
        pub lead_id: OrganizationId,
        pub creator_id: OrganizationId,
        /// Organization to its roles now, for policies: `{"<uuid>": ["OPERATOR"]}`; kept by the parties' use cases.
        pub roles: Json,
        /// Metrics, tariffs and rules as they stand in the draft.
        pub terms: Json,
        /// Block to state, reason and end, as they stand in the draft.
        pub disclosure: Json,
        pub closing_report: Option<String>,
        pub status_reason: Option<String>,
        pub is_imported: bool,
        /// Id in the source it was imported from.
        pub external_id: Option<String>,
        /// What was odd in the source.
        pub issues: Json,
        /// Fields of the source without a column.
        pub extra: Json,
        pub version: i64,
        pub created_at: At,
        pub updated_at: At,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// What a source says besides what has a column, so that it can be written again.
pub mod import_record {
    use crate::ids::OrganizationId;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "import_record")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub source: String,
        /// `ORGANIZATION` or `FUND`.
        #[sea_orm(primary_key, auto_increment = false)]
        pub kind: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub external_id: String,
        /// Organization it became.
        pub organization_id: Option<OrganizationId>,
        pub content: Json,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Organization in a contract, with the part it plays.
pub mod contract_party {
    use crate::{
        At,
        codes::PartyRole,
        ids::{ContractId, ContractPartyId, OrganizationId},
    };
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "contract_party")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ContractPartyId,
        pub contract_id: ContractId,
        pub organization_id: OrganizationId,
        pub role: PartyRole,
        /// Lead of its role: the lead evaluator, the lead payer.
        pub is_lead: bool,
        pub is_signatory: bool,
        /// Most a payer ever pays, minor units.
        pub max_commitment_minor: Option<i64>,
        /// Whose beneficiaries a payer pays for.
        pub territory: Option<String>,
        /// Fee of an evaluator or adviser, minor units.
        pub fee_minor: Option<i64>,
        /// A payer's written waiver of the evaluator's soft conflicts.
        pub waives_conflicts: bool,
        /// Order of payers in a split by priority.
        pub position: i32,
        pub since: At,
        /// When it left; it keeps seeing what there was.
        pub until: Option<At>,
        pub version: i64,
        pub created_at: At,
        pub updated_at: At,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Where a contract takes effect.
pub mod contract_territory {
    use crate::ids::{ContractId, TerritoryId};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "contract_territory")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub contract_id: ContractId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub territory_id: TerritoryId,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// What the parties agree on, at one point in time.
pub mod contract_version {
    use crate::{
        At,
        codes::{AmendmentReason, VersionState},
        ids::{ContractId, ContractVersionId},
    };
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "contract_version")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ContractVersionId,
        pub contract_id: ContractId,
        pub number: i32,
        /// All that is signed, canonical.
        pub content: Json,
        /// SHA-256 of the canonical content.
        pub hash: String,
        pub reason: Option<AmendmentReason>,
        /// First day of periods it applies to; from the start if absent.
        pub effective_from: Option<String>,
        /// It also applies to periods before.
        pub recomputes: bool,
        pub state: VersionState,
        pub frozen_at: At,
        pub signed_at: Option<At>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Signature of one party under one version.
pub mod contract_signature {
    use crate::{
        At,
        ids::{ContractId, ContractPartyId, ContractVersionId, UserId},
    };
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "contract_signature")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub version_id: ContractVersionId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub party_id: ContractPartyId,
        pub contract_id: ContractId,
        pub user_id: UserId,
        /// Content that was signed.
        pub hash: String,
        pub at: At,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// What a party agreed to besides versions: the start of service, a termination, a new evaluator.
pub mod contract_consent {
    use crate::{
        At,
        ids::{ContractId, ContractPartyId, UserId},
    };
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "contract_consent")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub contract_id: ContractId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub subject: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub party_id: ContractPartyId,
        pub user_id: UserId,
        pub at: At,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Tranche of an investor.
pub mod contract_investment {
    use crate::{
        At,
        codes::{FundingInstrument, ReturnCapKind},
        ids::{ContractId, ContractPartyId, InvestmentId, OrganizationId},
    };
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "contract_investment")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: InvestmentId,
        pub contract_id: ContractId,
        pub party_id: ContractPartyId,
        pub organization_id: OrganizationId,
        /// 1 is repaid first.
        pub rank: i32,
        pub instrument: FundingInstrument,
        /// Minor units.
        pub committed_minor: i64,
        /// Fixed return a year, millionths of what was drawn.
        pub coupon_ppm: i64,
        /// Return by outcomes earned so far, minor units.
        pub variable_minor: i64,
        pub return_cap_kind: Option<ReturnCapKind>,
        /// Millionths.
        pub return_cap_ppm: Option<i64>,
        /// Millionths of what was drawn; a guarantor bears more.
        pub max_loss_ppm: Option<i64>,
        pub version: i64,
        pub created_at: At,
        pub updated_at: At,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// What the operator says was achieved in a period.
pub mod outcome_claim {
    use crate::{
        At,
        codes::{ClaimKind, ClaimState},
        ids::{ClaimId, ContractId, UserId},
    };
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "outcome_claim")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ClaimId,
        pub contract_id: ContractId,
        pub number: i32,
        pub kind: ClaimKind,
        pub from_on: String,
        pub to_on: String,
        pub lines: Json,
        pub profiles: Json,
        pub note: Option<String>,
        pub state: ClaimState,
        /// What the evaluator asks.
        pub question: Option<String>,
        pub answer: Option<String>,
        pub submitted_at: Option<At>,
        pub submitted_by_id: Option<UserId>,
        pub verified_at: Option<At>,
        pub contestable_until: Option<At>,
        pub final_at: Option<At>,
        pub version: i64,
        pub created_at: At,
        pub updated_at: At,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// What the evaluator accepts of a claim; a revision does not replace the one before.
pub mod claim_verification {
    use crate::{
        At,
        codes::VerificationOpinion,
        ids::{ClaimId, ContractId, OrganizationId, UserId, VerificationId},
    };
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "claim_verification")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: VerificationId,
        pub contract_id: ContractId,
        pub claim_id: ClaimId,
        pub organization_id: OrganizationId,
        pub user_id: UserId,
        pub revision: i32,
        pub opinion: VerificationOpinion,
        pub lines: Json,
        pub profiles: Json,
        pub report: Option<String>,
        pub created_at: At,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Contestation of a verification by a party.
pub mod claim_contestation {
    use crate::{
        At,
        codes::ResolutionWay,
        ids::{ClaimId, ContestationId, ContractId, ContractPartyId, OrganizationId},
    };
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "claim_contestation")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ContestationId,
        pub contract_id: ContractId,
        pub claim_id: ClaimId,
        pub party_id: ContractPartyId,
        pub organization_id: OrganizationId,
        pub grounds: String,
        pub way: Option<ResolutionWay>,
        pub resolution: Option<String>,
        pub resolved_at: Option<At>,
        pub created_at: At,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// What a final claim makes due; never changes.
pub mod payment_computation {
    use crate::{
        At,
        ids::{ClaimId, ComputationId, ContractId, ContractVersionId},
    };
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "payment_computation")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ComputationId,
        pub contract_id: ContractId,
        pub claim_id: ClaimId,
        pub version_id: ContractVersionId,
        pub engine: String,
        pub input_hash: String,
        pub result: Json,
        pub cumulative_minor: i64,
        pub due_minor: i64,
        pub credit_minor: i64,
        pub unfunded_minor: i64,
        pub created_at: At,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Payment one payer owes for one computation.
pub mod outcome_payment {
    use crate::{
        At,
        codes::PaymentState,
        ids::{ComputationId, ContractId, OrganizationId, PaymentId, UserId},
    };
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "outcome_payment")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: PaymentId,
        pub contract_id: ContractId,
        /// None for an imported payment.
        pub computation_id: Option<ComputationId>,
        pub payer_id: OrganizationId,
        pub payee_id: OrganizationId,
        pub amount_minor: i64,
        pub currency: String,
        pub state: PaymentState,
        pub called_at: Option<At>,
        pub due_on: Option<String>,
        pub approved_by_id: Option<UserId>,
        pub approved_at: Option<At>,
        pub second_approval_by_id: Option<UserId>,
        pub paid_at: Option<At>,
        pub reference: Option<String>,
        pub received_at: Option<At>,
        pub held_until: Option<At>,
        pub hold_reason: Option<String>,
        pub version: i64,
        pub created_at: At,
        pub updated_at: At,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// What an investor got back.
pub mod contract_repayment {
    use crate::{
        At,
        codes::RepaymentKind,
        ids::{ContractId, InvestmentId, OrganizationId, RepaymentId},
    };
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "contract_repayment")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: RepaymentId,
        pub contract_id: ContractId,
        pub investment_id: InvestmentId,
        pub organization_id: OrganizationId,
        pub kind: RepaymentKind,
        pub amount_minor: i64,
        pub created_at: At,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Money that moved; append-only: triggers refuse update and delete on both databases.
pub mod ledger_entry {
    use crate::{
        At,
        codes::LedgerKind,
        ids::{ContractId, LedgerEntryId, OrganizationId},
    };
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "ledger_entry")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: LedgerEntryId,
        pub contract_id: ContractId,
        /// Place in the contract's ledger, from 1.
        pub sequence: i32,
        pub at: At,
        pub kind: LedgerKind,
        /// Account that gains; the escrow account if absent.
        pub debit_id: Option<OrganizationId>,
        /// Account that gives; the escrow account if absent.
        pub credit_id: Option<OrganizationId>,
        /// Minor units, above zero.
        pub amount_minor: i64,
        pub currency: String,
        /// Id of the payment, tranche or repayment.
        pub subject: Option<String>,
        pub reason: Option<String>,
        pub reverses_id: Option<LedgerEntryId>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
