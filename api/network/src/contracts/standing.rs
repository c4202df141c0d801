//! How near the viewer stands to the parts of a contract. What it may not see is `null` and told as withheld, never an
//! empty list or a count: whether there is anything stays unknown.

use door::{
    Nullable, Result,
    authz::{Power, Store},
};
use entity::{codes::PartyRole, contracts::contract_party, ids::ContractId};

/// Parties to whom a list, or their own part of it, is open; those that left among them.
pub type Open = fn(&contract_party::Model) -> bool;

/// All who take part.
pub const PARTIES: Open = |_| true;

/// Who pays, who is paid, and who sees all money.
pub const PAYMENTS: Open = |party| {
    use PartyRole::{Operator, OutcomePayer, Spv, Structurer};
    matches!(party.role, Operator | OutcomePayer | Spv | Structurer)
};

/// Who invests, and who sees all money.
pub const TRANCHES: Open = |party| {
    use PartyRole::{Guarantor, Investor, OutcomePayer, Spv, Structurer};
    matches!(party.role, Guarantor | Investor | Spv | Structurer)
        || (party.role == OutcomePayer && party.is_lead && party.until.is_none())
};

/// Whether the viewer is, or was, such a party.
pub async fn stands(store: &Store, contract: ContractId, open: Open) -> Result<bool> {
    let mine = store.viewer().orgs(Power::Read);
    if mine.is_empty() {
        return Ok(false);
    }
    let parties = store.parts::<contract_party::Entity>(contract).await?;
    Ok(parties.iter().any(|party| mine.contains(&party.organization_id) && open(party)))
}

/// A list for those who stand near enough; for others nothing, and a note that it is withheld.
pub async fn within<T>(
    store: &Store,
    contract: ContractId,
    (coordinate, open): (&'static str, Open),
    list: impl Future<Output = Nullable<T>>,
) -> Nullable<T> {
    match stands(store, contract, open).await {
        Ok(true) => list.await,
        Ok(false) => {
            store.withhold(coordinate);
            None
        }
        Err(error) => Some(Err(error.into_graphql())),
    }
}
