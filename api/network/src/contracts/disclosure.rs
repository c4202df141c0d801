//! What the parties show to everybody, and how it is said that they keep the rest.

use async_graphql::{InputObject, SimpleObject};
use entity::{
    codes::{CodeList, DisclosureBlock, DisclosureState},
    contracts::contract,
};
use gql::scalars::Date;
use serde_json::{Value, json};

/// Whether a part of a contract is shown to everybody; agreed by its parties in the signed version.
#[derive(Clone, Debug, SimpleObject)]
pub struct ContractDisclosure {
    /// Part of the contract.
    pub block: DisclosureBlock,
    /// Whether it is shown.
    pub state: DisclosureState,
    /// Why it is withheld.
    pub reason: Option<String>,
    /// Last day on which it is withheld.
    pub until: Option<Date>,
}

/// What to show to everybody.
#[derive(Clone, Debug, InputObject)]
pub struct ContractDisclosureInput {
    /// Part of the contract.
    pub block: DisclosureBlock,
    /// Whether it is shown.
    pub state: DisclosureState,
    /// Why it is withheld; at most 500 characters.
    pub reason: Option<String>,
    /// Last day on which it is withheld.
    pub until: Option<Date>,
}

/// Every block, those nobody spoke of withheld.
pub fn shown(contract: &contract::Model, today: &str) -> Vec<ContractDisclosure> {
    DisclosureBlock::all()
        .map(|block| {
            let said = contract.disclosure.get(block.code());
            let text =
                |key: &str| said.and_then(|said| said.get(key)).and_then(Value::as_str).map(str::to_owned);
            ContractDisclosure {
                block,
                state: state(contract, block, today),
                reason: text("reason"),
                until: text("until").map(Date),
            }
        })
        .collect()
}

/// What is withheld until a day is shown from the next day on.
fn state(contract: &contract::Model, block: DisclosureBlock, today: &str) -> DisclosureState {
    let said = |key: &str| contract.disclosure.get(block.code())?.get(key)?.as_str();
    if said("until").is_some_and(|until| until < today) {
        return DisclosureState::Disclosed;
    }
    said("state").and_then(|code| code.parse().ok()).unwrap_or(DisclosureState::Withheld)
}

/// Whether everybody may see a block.
pub fn is_open(contract: &contract::Model, block: DisclosureBlock, today: &str) -> bool {
    state(contract, block, today) == DisclosureState::Disclosed
}

/// As it is stored.
pub fn stored(inputs: Vec<ContractDisclosureInput>) -> Value {
    let blocks = inputs.into_iter().map(|input| {
        let said = json!({
            "state": input.state.code(),
            "reason": input.reason.map(|reason| reason.chars().take(500).collect::<String>()),
            "until": input.until.map(|day| day.0),
        });
        (input.block.code().to_owned(), said)
    });
    Value::Object(blocks.collect())
}
