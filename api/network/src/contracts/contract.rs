//! The contract as the API shows it.

mod band;
pub mod conflict;
mod source;

use super::{
    claim::{OPERATOR, OutcomeClaim},
    days,
    disclosure::{self, ContractDisclosure, is_open},
    hold::By,
    money::{ContractInvestment, ContractMoney, ContractRepayment, LedgerEntry, OutcomePayment},
    party::ContractParty,
    permissions::of_step,
    sheet::Sheet,
    standing::{PARTIES, PAYMENTS, TRANCHES, within},
    state::Step,
    terms::ContractTerms,
    versions::ContractVersion,
};
use crate::{
    evidence::{IndicatorUse, uses::usage},
    face::{Door, ViewerPermission, list_under},
    orgs::Organization,
    reference::Territory,
};
use async_graphql::{Context, ID, Object, SimpleObject};
use band::{AmountBand, band};
use conflict::IndependenceConflict;
use door::{
    Nullable, Result,
    authz::{Act, Ask, CONTRACTS, Direction, Policy, Sort, Store},
    nullable,
};
use entity::{
    codes::{ContractStatus, ContractStructure, DisclosureBlock},
    contracts::{contract, contract_party, outcome_claim, outcome_payment, payment_computation},
    evidence::indicator_use,
    ids::OrganizationId,
    orgs::organization,
};
use gql::{
    connection::{Connection, Paging},
    scalars::{CurrencyCode, DateTime, Decimal, FuzzyDate, Markdown, Money},
};
use sea_orm::{ColumnTrait, Condition};
use source::{ContractExtra, ContractIssue, ContractStatedTotal, flatten};

/// Impact contract: investors pre-finance, an operator delivers, an evaluator verifies, payers pay for results.
#[derive(Clone)]
pub struct ImpactContract(pub contract::Model);

impl From<contract::Model> for ImpactContract {
    fn from(row: contract::Model) -> Self {
        Self(row)
    }
}

/// What was verified of one metric so far.
#[derive(Clone, Debug, SimpleObject)]
pub struct VerifiedResult {
    /// Code of the metric.
    pub metric: String,
    /// Accepted quantity in final claims, in the metric's unit.
    pub accepted: Decimal,
    /// People counted, where they were.
    pub people: Option<i32>,
}

/// What the viewer may do to a contract now.
#[derive(Clone, Debug, SimpleObject)]
pub struct ContractViewerPermissions {
    /// `contractUpdate`, `contractTermsSet`, `contractPartyAdd`, `contractInvestmentSet`.
    pub update: ViewerPermission,
    /// `contractFreeze`.
    pub freeze: ViewerPermission,
    /// `contractSign`.
    pub sign: ViewerPermission,
    /// `contractServiceStart`.
    pub start_service: ViewerPermission,
    /// `claimCreate`.
    pub claim: ViewerPermission,
    /// `contractAmend`.
    pub amend: ViewerPermission,
}

/// Impact contract: investors pre-finance, an operator delivers, an evaluator verifies, payers pay for results.
///
/// Who sees it: its parties from the start; everybody once all parties have signed.
#[Object]
impl ImpactContract {
    /// Id, `ict_…`.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Readable, unique and lasting name in addresses.
    async fn slug(&self) -> &str {
        &self.0.slug
    }

    /// Version, for `ifVersion`.
    async fn version(&self) -> String {
        self.0.version.to_string()
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at.0)
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at.0)
    }

    /// Title.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// Summary.
    async fn summary(&self) -> Option<&str> {
        self.0.summary.as_deref()
    }

    /// State of the contract.
    async fn status(&self) -> ContractStatus {
        self.0.status
    }

    /// Why it was suspended, abandoned, reopened or terminated.
    ///
    /// Who sees it: its parties.
    async fn status_reason(&self, ctx: &Context<'_>) -> Option<String> {
        let reason = || self.0.status_reason.clone();
        ctx.store().reveal::<contract::Entity, _>("ImpactContract.statusReason", &self.0, reason).flatten()
    }

    /// How it binds its parties.
    async fn structure(&self) -> ContractStructure {
        self.0.structure
    }

    /// Problem in society it answers.
    async fn social_challenge(&self) -> Option<Markdown> {
        self.0.social_challenge.clone().map(Markdown)
    }

    /// What is done about it.
    async fn intervention(&self) -> Option<Markdown> {
        self.0.intervention.clone().map(Markdown)
    }

    /// Policy sector: a code of `POLICY_SECTOR`, or the wording of the source.
    async fn policy_sector(&self) -> Option<&str> {
        self.0.policy_sector.as_deref()
    }

    /// Country, two letters of ISO 3166-1.
    async fn country(&self) -> Option<&str> {
        self.0.country.as_deref()
    }

    /// Where it takes effect; at most 50.
    async fn territories(&self, ctx: &Context<'_>) -> Nullable<Vec<Territory>> {
        nullable(super::places::of(ctx.store(), &self.0).await.map(Some))
    }

    /// Numbers of the Sustainable Development Goals it serves; at most 17.
    async fn sdg_goals(&self) -> Vec<i32> {
        self.0.sdg_goals.split('|').filter_map(|goal| goal.parse().ok()).collect()
    }

    /// Whom it is for.
    async fn target_population(&self) -> Option<&str> {
        self.0.target_population.as_deref()
    }

    /// People it is planned to reach.
    async fn planned_people_count(&self) -> Option<i32> {
        self.0.planned_people.and_then(|count| i32::try_from(count).ok())
    }

    /// When the last party signed.
    async fn signed_on(&self) -> Option<FuzzyDate> {
        self.0.signed_on.clone().map(FuzzyDate)
    }

    /// When service is planned to begin.
    async fn service_starts_on(&self) -> Option<FuzzyDate> {
        self.0.service_starts_on.clone().map(FuzzyDate)
    }

    /// When service is planned to end.
    async fn service_ends_on(&self) -> Option<FuzzyDate> {
        self.0.service_ends_on.clone().map(FuzzyDate)
    }

    /// When service began.
    async fn service_started_on(&self) -> Option<FuzzyDate> {
        self.0.service_started_on.clone().map(FuzzyDate)
    }

    /// When service ended.
    async fn service_ended_on(&self) -> Option<FuzzyDate> {
        self.0.service_ended_on.clone().map(FuzzyDate)
    }

    /// When all was settled.
    async fn completed_on(&self) -> Option<FuzzyDate> {
        self.0.completed_on.clone().map(FuzzyDate)
    }

    /// Currency of all its amounts.
    async fn currency(&self) -> CurrencyCode {
        CurrencyCode(self.0.currency.clone())
    }

    /// Days for contesting a verification.
    async fn contestation_days(&self) -> i32 {
        self.0.contestation_days
    }

    /// Organization that leads: the structurer, or the creator before there is one.
    async fn lead(&self, ctx: &Context<'_>) -> Nullable<Organization> {
        nullable(organization(ctx.store(), self.0.lead_id).await)
    }

    /// What the parties show to everybody and what they keep to themselves, block by block; at most 5.
    async fn disclosures(&self, ctx: &Context<'_>) -> Vec<ContractDisclosure> {
        disclosure::shown(&self.0, &days::of(ctx.store().now()))
    }

    /// Parties with their roles, those that left among them; at most 100.
    async fn parties(&self, ctx: &Context<'_>) -> Nullable<Vec<ContractParty>> {
        nullable(super::party::of(ctx.store(), &self.0).await.map(Some))
    }

    /// Metrics for everybody; their tariffs and the rules as far as `PRICES` is disclosed.
    async fn terms(&self, ctx: &Context<'_>) -> Nullable<ContractTerms> {
        let today = days::of(ctx.store().now());
        nullable(Sheet::of(&self.0).map(|sheet| {
            Some(ContractTerms::show(
                sheet,
                &self.0.currency,
                is_open(&self.0, DisclosureBlock::Prices, &today),
            ))
        }))
    }

    /// All terms, with tariffs and rules.
    ///
    /// Who sees them: the parties.
    async fn full_terms(&self, ctx: &Context<'_>) -> Nullable<ContractTerms> {
        ctx.store().reveal::<contract::Entity, _>("ImpactContract.fullTerms", &self.0, || ())?;
        nullable(Sheet::of(&self.0).map(|sheet| Some(ContractTerms::show(sheet, &self.0.currency, true))))
    }

    /// Most that is ever paid for outcomes; `null` if the parties keep it to themselves.
    async fn cap(&self, ctx: &Context<'_>) -> Option<Money> {
        self.amount(ctx.store(), self.0.cap_minor)
    }

    /// Total investment as stated; `null` if not stated or kept by the parties.
    async fn investment(&self, ctx: &Context<'_>) -> Option<Money> {
        self.amount(ctx.store(), self.0.investment_minor)
    }

    /// Part of the cap that no commitment reaches (rule BR-7); `null` if kept by the parties.
    async fn unfunded(&self, ctx: &Context<'_>) -> Nullable<Money> {
        self.amount(ctx.store(), Some(0))?;
        nullable(self.unfunded_amount(ctx.store()).await.map(Some))
    }

    /// Total investment in bands of one significant digit.
    ///
    /// Who sees it: members of the network.
    async fn amount_band(&self, ctx: &Context<'_>) -> Option<AmountBand> {
        let band =
            || self.0.investment_minor.or(self.0.cap_minor).map(|amount| band(amount, &self.0.currency));
        ctx.store().reveal::<contract::Entity, _>("ImpactContract.amountBand", &self.0, band).flatten()
    }

    /// Links that make an evaluator less than independent (rules BR-2 and BR-3); at most 100.
    async fn independence_conflicts(&self, ctx: &Context<'_>) -> Nullable<Vec<IndependenceConflict>> {
        nullable(super::independent::shown(ctx.store(), &self.0).await.map(Some))
    }

    /// Verified results by metric; `null` if the parties keep them to themselves. At most 50.
    async fn results(&self, ctx: &Context<'_>) -> Nullable<Vec<VerifiedResult>> {
        let store = ctx.store();
        if !is_open(&self.0, DisclosureBlock::Results, &days::of(store.now())) && !self.is_party(store) {
            return None;
        }
        nullable(super::claim::results(store, &self.0).await.map(Some))
    }

    /// Sums of what was committed, drawn, paid and repaid; each `null` if the parties keep it to themselves.
    async fn money(&self, ctx: &Context<'_>) -> Nullable<ContractMoney> {
        nullable(super::money::sums(ctx.store(), &self.0).await.map(Some))
    }

    /// Versions, oldest first; `null` for others than the parties. At most 100.
    async fn versions(&self, ctx: &Context<'_>) -> Nullable<Vec<ContractVersion>> {
        let versions = async { nullable(super::versions::of(ctx.store(), &self.0).await.map(Some)) };
        within(ctx.store(), self.0.id, ("ImpactContract.versions", PARTIES), versions).await
    }

    /// Tranches: each investor's own; all for structurer, vehicle and lead payer; `null` for others. At most 100.
    async fn investments(&self, ctx: &Context<'_>) -> Nullable<Vec<ContractInvestment>> {
        let investments = async { nullable(super::money::investments(ctx.store(), &self.0).await.map(Some)) };
        within(ctx.store(), self.0.id, ("ImpactContract.investments", TRANCHES), investments).await
    }

    /// Repayments: each investor's own; all for structurer, vehicle and lead payer; `null` for others. At most 1,000.
    async fn repayments(&self, ctx: &Context<'_>) -> Nullable<Vec<ContractRepayment>> {
        let repayments = async { nullable(super::money::repayments(ctx.store(), &self.0).await.map(Some)) };
        within(ctx.store(), self.0.id, ("ImpactContract.repayments", TRANCHES), repayments).await
    }

    /// Entries of the ledger of one's own account; all for structurer, vehicle and lead payer; `null` for others. At most 5,000.
    async fn ledger(&self, ctx: &Context<'_>) -> Nullable<Vec<LedgerEntry>> {
        let ledger = async { nullable(super::money::ledger(ctx.store(), &self.0).await.map(Some)) };
        within(ctx.store(), self.0.id, ("ImpactContract.ledger", PARTIES), ledger).await
    }

    /// Indicators that its metrics speak of, with baseline and target; oldest first.
    async fn indicator_uses(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Size of a page going forward, 1 to 100; 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go forward from.")] after: Option<String>,
        #[graphql(desc = "Size of a page going backward, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go backward from.")] before: Option<String>,
    ) -> Nullable<Connection<IndicatorUse>> {
        let (link, paging) = (indicator_use::Column::ContractId, Paging { first, after, last, before });
        usage::page_under(ctx.store(), link, self.0.id.0, paging).await
    }

    /// Claims of outcomes, oldest first; `null` for others than the parties.
    async fn claims(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Size of a page going forward, 1 to 100; 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go forward from.")] after: Option<String>,
        #[graphql(desc = "Size of a page going backward, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go backward from.")] before: Option<String>,
    ) -> Nullable<Connection<OutcomeClaim>> {
        let order = vec![
            Sort::<outcome_claim::Entity>::by(outcome_claim::Column::CreatedAt, Direction::Ascending),
            Sort::by(outcome_claim::Column::Id, Direction::Ascending),
        ];
        let window = Paging { first, after, last, before }.window().map_err(door::Error::bad_input);
        let ask = window.map(|window| Ask::new("claims", Condition::all(), "", order, window));
        let page = list_under(ctx.store(), outcome_claim::Column::ContractId, self.0.id.0, ask);
        within(ctx.store(), self.0.id, ("ImpactContract.claims", PARTIES), page).await
    }

    /// Computations of what is due, oldest first; `null` for others than the parties.
    async fn computations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Size of a page going forward, 1 to 100; 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go forward from.")] after: Option<String>,
        #[graphql(desc = "Size of a page going backward, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go backward from.")] before: Option<String>,
    ) -> Nullable<Connection<super::computation::PaymentComputation>> {
        let order = vec![
            Sort::<payment_computation::Entity>::by(
                payment_computation::Column::CreatedAt,
                Direction::Ascending,
            ),
            Sort::by(payment_computation::Column::Id, Direction::Ascending),
        ];
        let window = Paging { first, after, last, before }.window().map_err(door::Error::bad_input);
        let ask = window.map(|window| Ask::new("computations", Condition::all(), "", order, window));
        let page = list_under(ctx.store(), payment_computation::Column::ContractId, self.0.id.0, ask);
        within(ctx.store(), self.0.id, ("ImpactContract.computations", PARTIES), page).await
    }

    /// Outcome payments, oldest first: payers' and payees' own; all for structurer, vehicle and lead payer; `null` for others.
    async fn payments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Size of a page going forward, 1 to 100; 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go forward from.")] after: Option<String>,
        #[graphql(desc = "Size of a page going backward, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go backward from.")] before: Option<String>,
    ) -> Nullable<Connection<OutcomePayment>> {
        let order = vec![
            Sort::<outcome_payment::Entity>::by(outcome_payment::Column::CreatedAt, Direction::Ascending),
            Sort::by(outcome_payment::Column::Id, Direction::Ascending),
        ];
        let window = Paging { first, after, last, before }.window().map_err(door::Error::bad_input);
        let ask = window.map(|window| Ask::new("payments", Condition::all(), "", order, window));
        let page = list_under(ctx.store(), outcome_payment::Column::ContractId, self.0.id.0, ask);
        within(ctx.store(), self.0.id, ("ImpactContract.payments", PAYMENTS), page).await
    }

    /// Closing report, or the reason for none.
    async fn closing_report(&self) -> Option<Markdown> {
        self.0.closing_report.clone().map(Markdown)
    }

    /// Whether it was imported as history: it is shown as it was recorded, and no step is taken on it.
    async fn is_imported(&self) -> bool {
        self.0.is_imported
    }

    /// Id in the source it was imported from, such as `INDIGO-POJ-0029`.
    async fn external_id(&self) -> Option<&str> {
        self.0.external_id.as_deref()
    }

    /// Oddities of the source; at most 1,000.
    async fn issues(&self) -> Vec<ContractIssue> {
        let text = |issue: &serde_json::Value, key: &str| {
            issue.get(key).and_then(serde_json::Value::as_str).map(str::to_owned)
        };
        let issues = self.0.issues.as_array().into_iter().flatten();
        issues
            .filter_map(|issue| {
                Some(ContractIssue {
                    kind: text(issue, "kind")?,
                    path: text(issue, "path")?,
                    value: text(issue, "value"),
                })
            })
            .collect()
    }

    /// Totals that the source of an imported contract states, beside the sums of its lines; at most 3.
    async fn stated_totals(&self) -> Vec<ContractStatedTotal> {
        let money = Money::from_minor;
        let totals = super::indigo::totals(&self.0);
        totals
            .into_iter()
            .map(|total| ContractStatedTotal {
                kind: total.what,
                stated: money(total.total, &total.currency),
                sum: money(total.sum, &total.currency),
                is_equal: total.total == total.sum,
            })
            .collect()
    }

    /// Fields of the source that have no place of their own here; at most 5,000.
    async fn extra(&self) -> Vec<ContractExtra> {
        let mut list = Vec::new();
        flatten("", &self.0.extra, &mut list);
        list
    }

    /// What the viewer may do now.
    async fn viewer_permissions(&self, ctx: &Context<'_>) -> ContractViewerPermissions {
        let judge = |step, by| of_step(ctx.store(), &self.0, step, by);
        ContractViewerPermissions {
            update: judge(Step::Draft, By::Editors(&[])),
            freeze: judge(Step::Freeze, By::Editors(&[])),
            sign: judge(Step::Sign, By::Managers(&[])),
            start_service: judge(Step::StartService, By::Editors(OPERATOR)),
            claim: judge(Step::Claim, By::Editors(OPERATOR)),
            amend: judge(Step::Amend, By::Managers(&[])),
        }
    }
}

impl ImpactContract {
    /// Whether the viewer takes part in the contract now.
    pub fn is_party(&self, store: &Store) -> bool {
        contract::Entity::allows(store.viewer(), Act::Inspect, &self.0)
    }

    fn amount(&self, store: &Store, minor: Option<i64>) -> Option<Money> {
        if !is_open(&self.0, DisclosureBlock::Amounts, &days::of(store.now())) && !self.is_party(store) {
            return None;
        }
        minor.map(|minor| Money::from_minor(minor, &self.0.currency))
    }

    async fn unfunded_amount(&self, store: &Store) -> Result<Money> {
        let parties = store.parts::<contract_party::Entity>(self.0.id).await?;
        let unfunded = super::tariff::unfunded(&Sheet::of(&self.0)?.terms(&self.0, &parties));
        Ok(Money::from_minor(unfunded, &self.0.currency))
    }
}

pub async fn organization(store: &Store, id: OrganizationId) -> Result<Option<Organization>> {
    Ok(store.load_together::<organization::Entity>(id).await?.map(Organization))
}

/// Parties as the system sees them, for rules.
pub async fn parties_of(store: &Store, contract: &contract::Model) -> Result<Vec<contract_party::Model>> {
    store
        .as_job(CONTRACTS)
        .see::<contract_party::Entity>()
        .filter(contract_party::Column::ContractId.eq(contract.id))
        .all()
        .await
}
