//! What parties agree to outside of signatures, each noted once.

use super::hold::{Contract, all, parties};
use door::{Error, Result, authz::Tx};
use entity::{codes::PartyRole, contracts::contract_consent, ids::OrganizationId};
use sea_orm::Set;

/// Notes that the viewer's parties in these roles agree to something; says whether that is news.
pub async fn agree(
    tx: &mut Tx,
    held: &Contract,
    acting: &[OrganizationId],
    roles: &[PartyRole],
    subject: &str,
) -> Result<()> {
    let Some(user_id) = tx.store().viewer().user() else { return Err(Error::unauthenticated()) };
    let given = all::<contract_consent::Entity>(tx, contract_consent::Column::ContractId, held.id).await?;
    let now = tx.store().now();
    for party in parties(tx, held.id).await? {
        let is_mine = party.until.is_none()
            && acting.contains(&party.organization_id)
            && (roles.is_empty() || roles.contains(&party.role));
        if is_mine && !given.iter().any(|consent| consent.subject == subject && consent.party_id == party.id)
        {
            let row = contract_consent::ActiveModel {
                contract_id: Set(held.id),
                subject: Set(subject.to_owned()),
                party_id: Set(party.id),
                user_id: Set(user_id),
                at: Set(now),
            };
            tx.add_part::<contract_consent::Entity>(held, row).await?;
        }
    }
    Ok(())
}

/// Parties that agreed to something.
pub async fn agreed(tx: &Tx, held: &Contract, subject: &str) -> Result<Vec<entity::ids::ContractPartyId>> {
    let given = all::<contract_consent::Entity>(tx, contract_consent::Column::ContractId, held.id).await?;
    Ok(given
        .into_iter()
        .filter(|consent| consent.subject == subject)
        .map(|consent| consent.party_id)
        .collect())
}
