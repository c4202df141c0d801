//! What time alone makes due: claims become final, payments that were held back are called again.

use super::{
    advance::advance,
    hold::{By, hold_key},
};
use door::{
    Result,
    authz::{CONTRACTS, Event, Store},
};
use entity::{
    codes::{ClaimState, PaymentState},
    contracts::{outcome_claim, outcome_payment},
    ids::ContractId,
};
use sea_orm::ColumnTrait;
use std::collections::BTreeSet;

/// Contracts one round goes on with; the others wait for the next.
const MOST: u64 = 1_000;

/// Goes on with every contract whose time has come, each in a transaction of its own. Returns how many.
pub async fn go_on(store: &Store) -> Result<usize> {
    let system = store.as_job(CONTRACTS);
    let now = system.now();
    let claims = system
        .see::<outcome_claim::Entity>()
        .filter(outcome_claim::Column::State.eq(ClaimState::Verified))
        .filter(outcome_claim::Column::ContestableUntil.lte(now))
        .limit(MOST)
        .all()
        .await?;
    let payments = system
        .see::<outcome_payment::Entity>()
        .filter(outcome_payment::Column::State.eq(PaymentState::Held))
        .filter(outcome_payment::Column::HeldUntil.lte(now))
        .limit(MOST)
        .all()
        .await?;
    let due: BTreeSet<ContractId> = claims
        .iter()
        .map(|claim| claim.contract_id)
        .chain(payments.iter().map(|payment| payment.contract_id))
        .collect();
    let mut count = 0;
    for id in due {
        match one(&system, id).await {
            Ok(()) => count += 1,
            // One contract that cannot go on keeps no other from it.
            Err(error) => tracing::warn!(contract = %id, ?error, "a contract did not go on"),
        }
    }
    Ok(count)
}

async fn one(store: &Store, id: ContractId) -> Result<()> {
    let mut tx = store.begin().await?;
    let (held, _) = hold_key(&tx, id, None, None, By::Editors(&[])).await?;
    advance(&mut tx, &held).await?;
    tx.commit(Event::of("contractAdvance")).await
}
