//! Money of a contract as the API shows it: tranches, payments, repayments, the ledger, and their sums.

use super::{
    contract::{ImpactContract, organization},
    days,
    disclosure::is_open,
    permissions::{self, OutcomePaymentViewerPermissions},
    waterfall::{self, Tranche},
};
use crate::{face::Door, orgs::Organization};
use async_graphql::{Context, ID, Object, SimpleObject};
use door::{
    Nullable, Result,
    authz::{CONTRACTS, Store},
    nullable,
};
use entity::{
    At,
    codes::{
        DisclosureBlock, FundingInstrument, LedgerKind, PaymentState, RepaymentKind, RepaymentState,
        ReturnCapKind,
    },
    contracts::{contract, contract_investment, contract_repayment, ledger_entry, outcome_payment},
};
use gql::scalars::{Date, DateTime, Decimal, Money};
use payment::Quantity;

/// Tranche of an investor.
#[derive(Clone, Debug, SimpleObject)]
pub struct ContractInvestment {
    /// Id, `ivt_…`.
    pub id: ID,
    /// Party that invests.
    pub party_id: ID,
    /// Rank; 1 is repaid first.
    pub rank: i32,
    /// Instrument.
    pub instrument: FundingInstrument,
    /// Amount committed.
    pub committed: Money,
    /// Amount drawn so far.
    pub drawn: Money,
    /// Fixed return a year, in percent of what is outstanding.
    pub coupon_percent: Decimal,
    /// Return by outcomes earned so far.
    pub variable_return: Money,
    /// How the most it may earn is counted.
    pub return_cap_kind: Option<ReturnCapKind>,
    /// Most it may earn, in percent.
    pub return_cap_percent: Option<Decimal>,
    /// Most of what was drawn it may lose, in percent; a guarantor bears more.
    pub max_loss_percent: Option<Decimal>,
    /// Principal repaid so far.
    pub repaid_principal: Money,
    /// Returns paid so far.
    pub paid_return: Money,
    /// How far repayment has come (rule BR-13).
    pub repayment_state: RepaymentState,
}

/// What an investor got back.
#[derive(Clone, Debug, SimpleObject)]
pub struct ContractRepayment {
    /// Id, `rpy_…`.
    pub id: ID,
    /// Tranche it repays.
    pub investment_id: ID,
    /// What it is for.
    pub kind: RepaymentKind,
    /// Amount.
    pub amount: Money,
    /// When it was paid.
    pub at: DateTime,
}

/// Money that moved from one account to another; it never changes.
#[derive(Clone, Debug, SimpleObject)]
pub struct LedgerEntry {
    /// Id, `led_…`.
    pub id: ID,
    /// Place in the contract's ledger, from 1.
    pub sequence: i32,
    /// When it was booked.
    pub at: DateTime,
    /// What moved.
    pub kind: LedgerKind,
    /// Organization whose account gains; the contract's escrow account if `null`.
    pub debit_id: Option<ID>,
    /// Organization whose account gives; the contract's escrow account if `null`.
    pub credit_id: Option<ID>,
    /// Amount.
    pub amount: Money,
    /// Payment, tranche or repayment it belongs to.
    pub subject_id: Option<ID>,
    /// Why, for adjustments and reversals.
    pub reason: Option<String>,
    /// Entry it takes back.
    pub reverses_id: Option<ID>,
}

/// Sums of a contract's money.
#[derive(Clone, Debug, SimpleObject)]
pub struct ContractMoney {
    /// Drawn from investors; by `AMOUNTS`.
    pub drawn: Option<Money>,
    /// Made due by computations; by `PAYMENTS`.
    pub computed: Option<Money>,
    /// Received from payers; by `PAYMENTS`.
    pub received: Option<Money>,
    /// Paid back to investors, returns included; by `RETURNS`.
    pub repaid: Option<Money>,
    /// On the escrow account; for the parties.
    pub escrow: Option<Money>,
    /// How far investors were repaid as a whole (rule BR-13); `NOT_DISCLOSED` if the parties keep it.
    pub repayment_state: RepaymentState,
}

/// Payment one payer owes for one computation.
#[derive(Clone)]
pub struct OutcomePayment(pub outcome_payment::Model);

impl From<outcome_payment::Model> for OutcomePayment {
    fn from(row: outcome_payment::Model) -> Self {
        Self(row)
    }
}

/// Payment one payer owes for one computation.
///
/// Who sees it: payer and payee; structurer, vehicle and lead payer.
#[Object]
impl OutcomePayment {
    /// Id, `opy_…`.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Version, for `ifVersion`.
    async fn version(&self) -> String {
        self.0.version.to_string()
    }

    /// When it was computed.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at.0)
    }

    /// Computation that made it due; `null` for an imported payment.
    async fn computation_id(&self) -> Option<ID> {
        self.0.computation_id.map(|id| id.to_string().into())
    }

    /// Organization that pays.
    async fn payer(&self, ctx: &Context<'_>) -> Nullable<Organization> {
        nullable(organization(ctx.store(), self.0.payer_id).await)
    }

    /// Organization that is paid.
    async fn payee(&self, ctx: &Context<'_>) -> Nullable<Organization> {
        nullable(organization(ctx.store(), self.0.payee_id).await)
    }

    /// Amount.
    async fn amount(&self) -> Money {
        Money::from_minor(self.0.amount_minor, &self.0.currency)
    }

    /// State of the payment.
    async fn state(&self) -> PaymentState {
        self.0.state
    }

    /// When it was called.
    async fn called_at(&self) -> Option<DateTime> {
        self.0.called_at.map(|at| DateTime(at.0))
    }

    /// Last day for paying.
    async fn due_on(&self) -> Option<Date> {
        self.0.due_on.clone().map(Date)
    }

    /// When it was approved, by the second person where one is needed.
    async fn approved_at(&self) -> Option<DateTime> {
        self.0.approved_at.map(|at| DateTime(at.0))
    }

    /// Whether one person approved and a second has to.
    async fn awaits_second_approval(&self) -> bool {
        self.0.state == PaymentState::Called && self.0.approved_by_id.is_some()
    }

    /// When it was paid.
    async fn paid_at(&self) -> Option<DateTime> {
        self.0.paid_at.map(|at| DateTime(at.0))
    }

    /// Reference of the transfer.
    async fn reference(&self) -> Option<&str> {
        self.0.reference.as_deref()
    }

    /// When its receipt was confirmed.
    async fn received_at(&self) -> Option<DateTime> {
        self.0.received_at.map(|at| DateTime(at.0))
    }

    /// Until when it is held back.
    async fn held_until(&self) -> Option<DateTime> {
        self.0.held_until.map(|at| DateTime(at.0))
    }

    /// Why it is held back.
    async fn hold_reason(&self) -> Option<&str> {
        self.0.hold_reason.as_deref()
    }

    /// What the viewer may do to it now.
    async fn viewer_permissions(&self, ctx: &Context<'_>) -> Nullable<OutcomePaymentViewerPermissions> {
        nullable(permissions::of_payment(ctx.store(), &self.0).await)
    }
}

fn percent(ppm: i64) -> Decimal {
    Decimal(Quantity(ppm.saturating_mul(100)).to_string())
}

/// A tranche as the waterfall sees it, on this day.
pub fn tranche(
    row: &contract_investment::Model,
    ledger: &[ledger_entry::Model],
    repayments: &[contract_repayment::Model],
    today: &str,
) -> Tranche {
    let subject = row.id.to_string();
    let mine = || repayments.iter().filter(|repayment| repayment.investment_id == row.id);
    let repaid = |kind| {
        mine().filter(|repayment| repayment.kind == kind).map(|repayment| repayment.amount_minor).sum()
    };
    let mut moves: Vec<(At, i64)> = ledger
        .iter()
        .filter(|entry| entry.kind == LedgerKind::DrawDown && entry.subject.as_deref() == Some(&subject))
        .map(|entry| (entry.at, entry.amount_minor))
        .collect();
    let drawn = moves.iter().map(|(_, amount)| amount).sum();
    let principal = mine().filter(|repayment| repayment.kind == RepaymentKind::Principal);
    moves.extend(principal.map(|repayment| (repayment.created_at, -repayment.amount_minor)));
    moves.sort_unstable();
    let first = moves.first().map_or_else(|| today.to_owned(), |(at, _)| days::of(*at));
    let by_balance = |rate: i64| balance_interest(&moves, rate, today);
    let share = |ppm: i64| waterfall::interest(drawn, ppm, 365);
    Tranche {
        key: subject,
        rank: row.rank,
        drawn,
        fixed: by_balance(row.coupon_ppm),
        variable: row.variable_minor,
        return_cap: row.return_cap_kind.zip(row.return_cap_ppm).map(|(kind, ppm)| match kind {
            ReturnCapKind::Multiple => share(ppm),
            ReturnCapKind::Annual => by_balance(ppm),
            ReturnCapKind::Irr => waterfall::compound(drawn, ppm, days::between(&first, today)),
        }),
        max_loss: row.max_loss_ppm.map(share),
        repaid_principal: repaid(RepaymentKind::Principal),
        repaid_fixed: repaid(RepaymentKind::FixedReturn),
        repaid_variable: repaid(RepaymentKind::VariableReturn),
    }
}

/// Simple interest on what was outstanding, day by day.
fn balance_interest(moves: &[(At, i64)], rate: i64, today: &str) -> i64 {
    let (mut balance, mut sum) = (0_i64, 0_i64);
    let mut since: Option<String> = None;
    for (at, amount) in moves {
        let day = days::of(*at);
        if let Some(since) = &since {
            sum = sum.saturating_add(waterfall::interest(balance, rate, days::between(since, &day)));
        }
        balance = balance.saturating_add(*amount);
        since = Some(day);
    }
    let last = since.map_or(0, |since| waterfall::interest(balance, rate, days::between(&since, today)));
    sum.saturating_add(last)
}

fn state_of(state: waterfall::State) -> RepaymentState {
    match state {
        waterfall::State::None => RepaymentState::None,
        waterfall::State::BelowPrincipal => RepaymentState::BelowPrincipal,
        waterfall::State::PrincipalOnly => RepaymentState::PrincipalOnly,
        waterfall::State::PrincipalAndReturn => RepaymentState::PrincipalAndReturn,
    }
}

/// Tranches the viewer sees. A tranche's owner sees the entries of its own account, so its sums are right.
pub async fn investments(store: &Store, contract: &contract::Model) -> Result<Vec<ContractInvestment>> {
    let (mut rows, ledger, repayments) = futures_util::try_join!(
        store.parts::<contract_investment::Entity>(contract.id),
        store.parts::<ledger_entry::Entity>(contract.id),
        store.parts::<contract_repayment::Entity>(contract.id),
    )?;
    let today = days::of(store.now());
    let money = |minor: i64| Money::from_minor(minor, &contract.currency);
    rows.sort_by_key(|row| (row.rank, row.id));
    Ok(rows
        .into_iter()
        .map(|row| {
            let tranche = tranche(&row, &ledger, &repayments, &today);
            ContractInvestment {
                id: row.id.to_string().into(),
                party_id: row.party_id.to_string().into(),
                rank: row.rank,
                instrument: row.instrument,
                committed: money(row.committed_minor),
                drawn: money(tranche.drawn),
                coupon_percent: percent(row.coupon_ppm),
                variable_return: money(row.variable_minor),
                return_cap_kind: row.return_cap_kind,
                return_cap_percent: row.return_cap_ppm.map(percent),
                max_loss_percent: row.max_loss_ppm.map(percent),
                repaid_principal: money(tranche.repaid_principal),
                paid_return: money(tranche.repaid_fixed.saturating_add(tranche.repaid_variable)),
                repayment_state: state_of(tranche.state()),
            }
        })
        .collect())
}

pub async fn repayments(store: &Store, contract: &contract::Model) -> Result<Vec<ContractRepayment>> {
    let mut rows = store.parts::<contract_repayment::Entity>(contract.id).await?;
    rows.sort_by_key(|row| (row.created_at, row.id));
    Ok(rows
        .into_iter()
        .map(|row| ContractRepayment {
            id: row.id.to_string().into(),
            investment_id: row.investment_id.to_string().into(),
            kind: row.kind,
            amount: Money::from_minor(row.amount_minor, &contract.currency),
            at: DateTime(row.created_at.0),
        })
        .collect())
}

pub async fn ledger(store: &Store, contract: &contract::Model) -> Result<Vec<LedgerEntry>> {
    let mut rows = store.parts::<ledger_entry::Entity>(contract.id).await?;
    rows.sort_by_key(|row| row.sequence);
    Ok(rows
        .into_iter()
        .map(|row| LedgerEntry {
            id: row.id.to_string().into(),
            sequence: row.sequence,
            at: DateTime(row.at.0),
            kind: row.kind,
            debit_id: row.debit_id.map(|id| id.to_string().into()),
            credit_id: row.credit_id.map(|id| id.to_string().into()),
            amount: Money::from_minor(row.amount_minor, &row.currency),
            subject_id: row.subject.map(ID),
            reason: row.reason,
            reverses_id: row.reverses_id.map(|id| id.to_string().into()),
        })
        .collect())
}

/// Sums over all of a contract's money, each shown as far as it is disclosed.
pub async fn sums(store: &Store, contract: &contract::Model) -> Result<ContractMoney> {
    let is_party = ImpactContract(contract.clone()).is_party(store);
    let (ledger, payments) = futures_util::try_join!(
        store.parts_as_job::<ledger_entry::Entity>(CONTRACTS, contract.id),
        store.parts_as_job::<outcome_payment::Entity>(CONTRACTS, contract.id),
    )?;
    let sum = |kinds: &[LedgerKind]| -> i64 {
        ledger.iter().filter(|entry| kinds.contains(&entry.kind)).map(|entry| entry.amount_minor).sum()
    };
    let money = |minor: i64| Money::from_minor(minor, &contract.currency);
    let today = days::of(store.now());
    let shown = |block| is_party || is_open(contract, block, &today);
    let valid = payments.iter().filter(|payment| payment.state != PaymentState::Cancelled);
    let received: i64 = payments
        .iter()
        .filter(|payment| payment.state == PaymentState::Received)
        .map(|payment| payment.amount_minor)
        .sum();
    let (drawn, repaid) = (sum(&[LedgerKind::DrawDown]), sum(&[LedgerKind::Repayment]));
    let step = match (repaid, drawn) {
        (0, _) => RepaymentState::None,
        (repaid, drawn) if repaid < drawn => RepaymentState::BelowPrincipal,
        (repaid, drawn) if repaid == drawn => RepaymentState::PrincipalOnly,
        _ => RepaymentState::PrincipalAndReturn,
    };
    Ok(ContractMoney {
        drawn: shown(DisclosureBlock::Amounts).then(|| money(drawn)),
        computed: shown(DisclosureBlock::Payments)
            .then(|| money(valid.map(|payment| payment.amount_minor).sum())),
        received: shown(DisclosureBlock::Payments).then(|| money(received)),
        repaid: shown(DisclosureBlock::Returns).then(|| money(repaid)),
        escrow: is_party.then(|| money(super::ledger::escrow(&ledger))),
        repayment_state: if shown(DisclosureBlock::Returns) { step } else { RepaymentState::NotDisclosed },
    })
}
