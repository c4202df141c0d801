//! Impact contracts: parties agree on metrics and tariffs, outcomes are verified, payments follow by rule.
//!
//! Pure: [`payment`], [`tariff`], [`waterfall`], [`independence`], `state`, `ledger`, `days`. The rest asks and writes.

#[macro_use]
mod mutation;

mod advance;
mod benchmark;
pub mod claim;
pub mod clock;
mod computation;
mod consent;
mod contract;
mod days;
mod disclosure;
pub mod document;
pub mod exceptions;
mod filter;
mod hold;
pub mod independence;
mod independent;
pub mod indigo;
mod ledger;
mod list;
mod money;
pub mod party;
pub mod pay;
mod permissions;
mod places;
mod runs;
mod sheet;
mod simulate;
mod standing;
mod state;
mod statistics;
pub mod steps;
pub mod tariff;
mod terms;
pub mod treasury;
pub mod verify;
mod versions;
pub mod waterfall;
pub mod write;

pub use benchmark::TariffBenchmarkQuery;
pub use claim::{OutcomeClaim, verify::ClaimVerificationMutation, write::ClaimMutation};
pub use computation::PaymentComputation;
pub use contract::ImpactContract;
pub use document::{EvidenceDocument, EvidenceDocumentMutation};
pub use exceptions::ContractExceptionMutation;
pub use filter::ContractFilter;
pub use list::ImpactContractConnection;
pub use money::OutcomePayment;
pub use party::write::ContractPartyMutation;
pub use pay::ContractPaymentMutation;
pub use runs::{Founding, Runs};
pub use simulate::SimulationQuery;
pub use statistics::ContractStatisticsQuery;
pub use steps::{service::ContractServiceMutation, signing::ContractSigningMutation};
pub use treasury::ContractMoneyMutation;
pub use write::ContractWriteMutation;

use crate::face::{Door, ViewerPermission, key};
use async_graphql::{Context, ID, Object, OneofObject};
use door::{
    Nullable, Result,
    authz::{Held, Store, Tx},
    nullable,
};
use entity::{contracts::contract as row, ids::ContractId};
use filter::ContractOrder;
use gql::connection::Paging;
use sea_orm::ColumnTrait;

/// Way to name one contract.
#[derive(Clone, Debug, OneofObject)]
pub enum ContractRef {
    /// By its id.
    Id(ID),
    /// By its slug, as in addresses of pages.
    Slug(String),
    /// By its id in the source it was imported from, such as `INDIGO-POJ-0029`.
    ExternalId(String),
}

#[derive(Clone, Copy, Default)]
pub struct ContractQuery;

#[Object]
impl ContractQuery {
    /// Impact contract by id, slug or external id; `null` if there is none for the viewer.
    ///
    /// Who sees it: its parties from the start; everybody once all parties have signed.
    async fn impact_contract(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which contract.")] by: ContractRef,
    ) -> Nullable<ImpactContract> {
        let store = ctx.store();
        let one = |condition| store.see::<row::Entity>().filter(condition).one();
        let found = match by {
            ContractRef::Id(id) => match key(&id) {
                Ok(key) => store.load::<row::Entity>(key).await,
                Err(error) => Err(error),
            },
            ContractRef::Slug(slug) => one(row::Column::Slug.eq(slug)).await,
            ContractRef::ExternalId(id) => one(row::Column::ExternalId.eq(id)).await,
        };
        if let Ok(Some(row)) = &found {
            store.know::<row::Entity>(row);
        }
        nullable(found.map(|found| found.map(ImpactContract)))
    }

    /// Impact contracts the viewer sees, by title unless ordered otherwise.
    ///
    /// Errors: `BAD_USER_INPUT`, `CURSOR_MISMATCH`.
    #[allow(clippy::too_many_arguments, reason = "the arguments are the field's own")]
    async fn impact_contracts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Conditions that all have to hold.")] filter: Option<ContractFilter>,
        #[graphql(
            desc = "Words that all have to occur in title, summary, challenge, intervention, target population \
                          or sector, without case and accents; at most 200 characters."
        )]
        search: Option<String>,
        #[graphql(desc = "Keys to sort by, first key first; at most 3.")] order_by: Option<
            Vec<ContractOrder>,
        >,
        #[graphql(desc = "Size of a page going forward, 1 to 100; 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go forward from.")] after: Option<String>,
        #[graphql(desc = "Size of a page going backward, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go backward from.")] before: Option<String>,
    ) -> Nullable<ImpactContractConnection> {
        list::page(ctx.store(), filter, search, order_by, Paging { first, after, last, before }).await
    }
}

/// Contracts that take effect in a territory or in what lies within it, by title.
pub(crate) async fn under(
    store: &Store,
    code: &str,
    filter: Option<ContractFilter>,
    paging: Paging,
) -> Nullable<ImpactContractConnection> {
    list::page(store, Some(ContractFilter::under(code.to_owned(), filter)), None, None, paging).await
}

/// Holds a contract for who may edit its terms now.
pub(crate) async fn hold_terms(tx: &Tx, id: ContractId) -> Result<Held<row::Entity>> {
    let by = hold::By::Editors(&[]);
    Ok(hold::hold_key(tx, id, None, Some(state::Step::Draft), by).await?.0)
}

/// Whether the viewer may edit the terms now.
pub(crate) fn edits_terms(store: &Store, contract: &row::Model) -> ViewerPermission {
    permissions::of_step(store, contract, state::Step::Draft, hold::By::Editors(&[]))
}

/// Whether a contract has a metric of this code.
pub(crate) fn has_metric(contract: &row::Model, code: &str) -> Result<bool> {
    Ok(sheet::Sheet::of(contract)?.metrics.iter().any(|line| line.metric.code == code))
}
