//! Holding a claim for one of its steps.

use super::OutcomeClaim;
use crate::{
    contracts::{
        advance::{advance, claims as all_claims},
        hold::{By, Contract, hold_key},
        state::{ClaimStep, claim_after},
    },
    face::key,
};
use async_graphql::ID;
use door::{
    Error, Result, UserErrorCode,
    authz::{Event, Tx},
};
use entity::{
    codes::{ClaimState, PartyRole},
    contracts::outcome_claim,
    ids::{ClaimId, OrganizationId},
};
use sea_orm::{ColumnTrait, Set};

/// A claim of a held contract, and for whom the viewer acts.
pub(super) struct Grip {
    pub held: Contract,
    pub claim: outcome_claim::Model,
    pub acting: Vec<OrganizationId>,
}

pub(super) async fn grip(tx: &mut Tx, id: &ID, step: ClaimStep, roles: &'static [PartyRole]) -> Result<Grip> {
    let id: ClaimId = key(id)?;
    let found = tx.see::<outcome_claim::Entity>().filter(outcome_claim::Column::Id.eq(id)).one().await?;
    let found = found.ok_or_else(|| Error::not_found(&["input", "id"]))?;
    let (held, acting) = hold_key(tx, found.contract_id, None, None, By::Editors(roles)).await?;
    // What time has made final is final before anything else happens to it.
    advance(tx, &held).await?;
    let claim = all_claims(tx, held.id).await?.into_iter().find(|claim| claim.id == id);
    let claim = claim.ok_or_else(|| Error::not_found(&["input", "id"]))?;
    if claim_after(claim.state, step).is_none() {
        if step == ClaimStep::Contest && claim.state == ClaimState::Final {
            let message = "The days for contesting are over; the claim is final.";
            return Err(Error::mend(UserErrorCode::ContestationClosed, &["input", "id"], message));
        }
        return Err(Error::state(format!("The claim is {}; this cannot be done to it now.", claim.state)));
    }
    Ok(Grip { held, claim, acting })
}

impl Grip {
    pub async fn go(
        self,
        mut tx: Tx,
        step: ClaimStep,
        action: &'static str,
        change: impl FnOnce(&mut outcome_claim::ActiveModel),
    ) -> Result<OutcomeClaim> {
        let Some(state) = claim_after(self.claim.state, step) else {
            return Err(Error::state(format!("The claim is {}.", self.claim.state)));
        };
        let claim = tx
            .update_part::<outcome_claim::Entity>(&self.held, self.claim, |row| {
                row.state = Set(state);
                change(row);
            })
            .await?;
        tx.commit(Event::of(action)).await?;
        Ok(OutcomeClaim(claim))
    }
}
