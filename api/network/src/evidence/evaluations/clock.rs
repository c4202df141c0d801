//! What time alone makes of evaluations (domain 5.6): delivered ones become ready when the subject had its time to reply.
//!
//! Whoever reads sees it at once, see `state`; here it is written down, with its entry in the trail.

use super::state::{self, REPLY};
use door::{
    Result,
    authz::{Act, EVIDENCE_CLOCK, Event, Store},
};
use entity::{codes::EvaluationStatus, evidence::evaluation, ids::EvaluationId};
use sea_orm::{ColumnTrait, Condition, Set};

/// Evaluations one round goes on with; the others wait for the next.
const MOST: u64 = 1_000;

/// Goes on with every evaluation whose time has come, each in a transaction of its own. Returns how many.
pub async fn go_on(store: &Store) -> Result<usize> {
    use evaluation::Column::{DeliveredAt, Status};
    let system = store.as_job(EVIDENCE_CLOCK);
    let due = Condition::all()
        .add(Status.eq(EvaluationStatus::Delivered))
        .add(DeliveredAt.lte(system.now().plus(-REPLY)));
    let mut count = 0;
    for row in system.see::<evaluation::Entity>().filter(due).limit(MOST).all().await? {
        match ready(&system, row.id).await {
            Ok(()) => count += 1,
            // One evaluation that cannot go on keeps no other from it.
            Err(error) => tracing::warn!(evaluation = %row.id, ?error, "an evaluation did not go on"),
        }
    }
    Ok(count)
}

/// Writes down that the time to reply is over.
pub(super) async fn ready(store: &Store, id: EvaluationId) -> Result<()> {
    let system = store.as_job(EVIDENCE_CLOCK);
    let mut tx = system.begin().await?;
    let held = tx.hold::<evaluation::Entity>(id, Act::Edit, &[]).await?;
    if state::now(held.status, held.delivered_at, system.now()) == held.status {
        return Ok(()); // another server was first
    }
    tx.update(held, |row| row.status = Set(EvaluationStatus::Ready)).await?;
    // A note: the key of a mutation that came upon this is for the mutation's own effect.
    tx.commit_note(Event::of("evaluationReady")).await
}
