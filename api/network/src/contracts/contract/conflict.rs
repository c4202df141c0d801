//! What makes an evaluator less than independent, as the API shows it.

use crate::contracts::independence::{Conflict, Kind};
use async_graphql::{ID, SimpleObject};

/// Link that makes an evaluator less than independent, computed from control links and persons.
#[derive(Clone, Debug, SimpleObject)]
pub struct IndependenceConflict {
    /// Evaluator concerned.
    pub evaluator_id: ID,
    /// Party it is linked to.
    pub party_id: ID,
    /// Role of that party.
    pub role: String,
    /// Kind of link: `SAME`, `CONTROLS`, `CONTROLLED_BY`, `COMMON_CONTROL`, `SHARED_PERSON` or `INTEREST`.
    pub kind: String,
    /// Whether it keeps the evaluator out; otherwise every payer may waive it.
    pub is_excluding: bool,
    /// Names from the evaluator to the party; an interest's nature between them is for the parties. At most 20.
    pub chain: Vec<String>,
}

impl From<(Conflict, &dyn Fn(&str) -> String)> for IndependenceConflict {
    fn from((conflict, name): (Conflict, &dyn Fn(&str) -> String)) -> Self {
        use Kind;
        let kind = match conflict.kind {
            Kind::Same => "SAME",
            Kind::Controls => "CONTROLS",
            Kind::ControlledBy => "CONTROLLED_BY",
            Kind::CommonControl => "COMMON_CONTROL",
            Kind::SharedPerson => "SHARED_PERSON",
            Kind::Interest => "INTEREST",
        };
        Self {
            chain: conflict.chain.iter().map(|step| name(step)).collect(),
            evaluator_id: conflict.evaluator.into(),
            party_id: conflict.party.into(),
            role: conflict.role,
            kind: kind.to_owned(),
            is_excluding: conflict.kind.is_hard(),
        }
    }
}
