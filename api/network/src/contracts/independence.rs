//! Whether an evaluator is independent of the parties of its contract (BR-2, BR-3). Pure.
//!
//! Ties are found by the judgment that evaluations use too; here they are told role by role, with the person between
//! two organizations and with the interests that payers may waive.

use crate::evidence::evaluations::independence::{IndependenceTie, between, interests, members};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Role of a party, as far as independence asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    Evaluator,
    /// Operator, investor, outcome payer, special-purpose vehicle: whom an evaluator must be independent of.
    Interested,
    Other,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    pub organization: String,
    /// Code of its role, for the reason.
    pub role: String,
    pub side: Side,
}

/// What is known of organizations and people.
#[derive(Clone, Debug, Default)]
pub struct Links {
    /// Child and the organization that controls it.
    pub controls: Vec<(String, String)>,
    /// Person and the organization it acts for in this contract.
    pub acting: Vec<(String, String)>,
    /// Organization, the other one, and the nature of the interest: declared, or funded within three years.
    pub interests: Vec<(String, String, String)>,
}

/// Why an evaluator is not independent of a party, with the chain from one to the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    pub evaluator: String,
    pub party: String,
    pub role: String,
    pub kind: Kind,
    /// Organizations from the evaluator to the party; for a person, the person between them.
    pub chain: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The same organization.
    Same,
    /// The evaluator controls the party.
    Controls,
    /// The party controls the evaluator.
    ControlledBy,
    /// One organization controls both.
    CommonControl,
    /// One person acts for both.
    SharedPerson,
    /// A declared interest, funding, or a fee by results: allowed with the payers' waiver, always shown.
    Interest,
}

impl Kind {
    /// Whether it keeps the evaluator out; an interest alone can be waived (BR-3).
    #[must_use]
    pub fn is_hard(self) -> bool {
        self != Self::Interest
    }
}

/// Every conflict of every evaluator, hard ones first.
#[must_use]
pub fn conflicts(parties: &[Party], links: &Links) -> Vec<Conflict> {
    let mut found = Vec::new();
    let parents: HashMap<&str, &str> =
        links.controls.iter().map(|(child, parent)| (child.as_str(), parent.as_str())).collect();
    let seats: Vec<(&str, &str)> =
        links.acting.iter().map(|(person, place)| (person.as_str(), place.as_str())).collect();
    let members = members(&seats);
    let known: Vec<(&str, &str, String)> = links
        .interests
        .iter()
        .map(|(one, other, nature)| (one.as_str(), other.as_str(), nature.clone()))
        .collect();
    for evaluator in organizations(parties, Side::Evaluator) {
        for party in parties.iter().filter(|party| party.side == Side::Interested) {
            let mut add = |kind, chain| {
                found.push(Conflict {
                    evaluator: evaluator.to_owned(),
                    party: party.organization.clone(),
                    role: party.role.clone(),
                    kind,
                    chain,
                });
            };
            for reason in between(evaluator, party.organization.as_str(), &parents, &members) {
                let chain: Vec<String> = reason.chain.iter().map(|&step| step.to_owned()).collect();
                match reason.tie {
                    IndependenceTie::Same => add(Kind::Same, vec![evaluator.to_owned()]),
                    IndependenceTie::Control => add(direction(&reason.chain, &parents), chain),
                    IndependenceTie::SharedParent => add(Kind::CommonControl, chain),
                    IndependenceTie::SharedPerson => {
                        for person in shared(&members, evaluator, &party.organization) {
                            let way = [evaluator, person, party.organization.as_str()];
                            add(Kind::SharedPerson, way.map(str::to_owned).to_vec());
                        }
                    }
                    IndependenceTie::Payment | IndependenceTie::Declared => {}
                }
            }
            for nature in interests(evaluator, party.organization.as_str(), &known) {
                let chain = [evaluator, nature, party.organization.as_str()];
                add(Kind::Interest, chain.map(str::to_owned).to_vec());
            }
        }
    }
    found.sort_by(|a, b| {
        (a.kind, &a.evaluator, &a.party, &a.role).cmp(&(b.kind, &b.evaluator, &b.party, &b.role))
    });
    found.dedup();
    found
}

fn organizations(parties: &[Party], side: Side) -> BTreeSet<&str> {
    parties.iter().filter(|party| party.side == side).map(|party| party.organization.as_str()).collect()
}

/// Who is above: a chain that begins by going up ends at the one in control.
fn direction(chain: &[&str], parents: &HashMap<&str, &str>) -> Kind {
    let first_step = chain.first().and_then(|evaluator| parents.get(evaluator));
    if first_step == chain.get(1) { Kind::ControlledBy } else { Kind::Controls }
}

fn shared<'m>(members: &BTreeMap<&'m str, BTreeSet<&'m str>>, one: &str, other: &str) -> Vec<&'m str> {
    match (members.get(one), members.get(other)) {
        (Some(one), Some(other)) => one.intersection(other).copied().collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn party(organization: &str, role: &str) -> Party {
        let side = match role {
            "EVALUATOR" => Side::Evaluator,
            "OPERATOR" | "INVESTOR" | "OUTCOME_PAYER" | "SPV" => Side::Interested,
            _ => Side::Other,
        };
        Party { organization: organization.into(), role: role.into(), side }
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|&(a, b)| (a.to_owned(), b.to_owned())).collect()
    }

    fn found(parties: &[Party], links: &Links) -> Vec<(Kind, Vec<String>)> {
        conflicts(parties, links).into_iter().map(|conflict| (conflict.kind, conflict.chain)).collect()
    }

    fn chain(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn control_is_followed_to_any_depth_and_the_chain_is_told() {
        let parties = [party("lab", "EVALUATOR"), party("bank", "INVESTOR"), party("town", "OUTCOME_PAYER")];
        let links = |controls| Links { controls: pairs(controls), ..Links::default() };
        assert_eq!(found(&parties, &Links::default()), []);
        assert_eq!(
            found(&parties, &links(&[("lab", "h1"), ("h1", "h2"), ("h2", "bank")])),
            [(Kind::ControlledBy, chain(&["lab", "h1", "h2", "bank"]))]
        );
        assert_eq!(found(&parties, &links(&[("bank", "lab")])), [(Kind::Controls, chain(&["lab", "bank"]))]);
        assert_eq!(
            found(&parties, &links(&[("lab", "h1"), ("h1", "top"), ("bank", "h3"), ("h3", "top")])),
            [(Kind::CommonControl, chain(&["lab", "h1", "top", "h3", "bank"]))]
        );
        assert_eq!(found(&parties, &links(&[("lab", "h1"), ("h1", "lab")])), [], "a cycle ends");
    }

    #[test]
    fn a_person_who_acts_for_two_parties_joins_them() {
        let parties = [party("lab", "EVALUATOR"), party("help", "OPERATOR")];
        let links =
            Links { acting: pairs(&[("anne", "lab"), ("anne", "help"), ("bob", "lab")]), ..Links::default() };
        assert_eq!(found(&parties, &links), [(Kind::SharedPerson, chain(&["lab", "anne", "help"]))]);
    }

    #[test]
    fn an_interest_is_shown_but_does_not_exclude() {
        let parties = [party("lab", "EVALUATOR"), party("town", "OUTCOME_PAYER")];
        let interests = vec![("town".to_owned(), "lab".to_owned(), "FUNDING".to_owned())];
        let links = Links { interests, ..Links::default() };
        assert_eq!(found(&parties, &links), [(Kind::Interest, chain(&["lab", "FUNDING", "town"]))]);
        assert!(!Kind::Interest.is_hard() && Kind::Same.is_hard());
    }

    /// Contracts on record with a named evaluator, by INDIGO's organization numbers.
    ///
    /// Source: INDIGO Impact Bond Dataset v2, download of 20 May 2025, Government Outcomes Lab, University of Oxford.
    #[test]
    fn of_the_contracts_on_record_two_name_an_investor_as_evaluator() {
        let auteuil = |payer: &str| {
            let investors = ["0023", "0018", "0710", "0025"].map(|number| party(number, "INVESTOR"));
            let evaluators = ["0042", "0018"].map(|number| party(number, "EVALUATOR"));
            let others = [party("0017", "STRUCTURER"), party(payer, "OUTCOME_PAYER")];
            investors.into_iter().chain(evaluators).chain(others).collect::<Vec<_>>()
        };
        for payer in ["1122", "1123"] {
            let found = conflicts(&auteuil(payer), &Links::default());
            assert_eq!(found.len(), 1);
            assert_eq!(
                (found[0].party.as_str(), found[0].kind, found[0].role.as_str()),
                ("0018", Kind::Same, "INVESTOR")
            );
        }
        for (project, evaluators, interested) in EVALUATED {
            let parties: Vec<Party> = evaluators
                .iter()
                .map(|number| party(number, "EVALUATOR"))
                .chain(interested.iter().map(|number| party(number, "INVESTOR")))
                .collect();
            let is_flagged = !conflicts(&parties, &Links::default()).is_empty();
            assert_eq!(is_flagged, ["0029", "0196"].contains(project), "INDIGO-POJ-{project}");
        }
    }

    /// Contract, its evaluators, and its operators, investors and payers: those on record here with an evaluator.
    const EVALUATED: &[(&str, &[&str], &[&str])] = &[
        ("0005", &["0699"], &["0011", "0571", "0701"]),
        ("0015", &["1247"], &["0458", "0459", "0460", "0465", "0466", "0467"]),
        ("0029", &["0018", "0042"], &["0018", "0023", "0025", "0643", "0710", "1122"]),
        ("0037", &["1246"], &["0073", "0534", "0597", "0602", "1198"]),
        ("0063", &["1016"], &["0357", "0930", "1017"]),
        ("0090", &["0853"], &["0110", "0852", "0859", "0860", "0861", "0862", "0863", "0864"]),
        ("0196", &["0018", "0042"], &["0018", "0023", "0025", "0643", "0710", "1123"]),
        ("0210", &["0017"], &["0018", "0019", "0020", "0021", "0023", "0727", "1211", "1212"]),
        ("0229", &["1292"], &["0185", "0533", "1283", "1284", "1285", "1286", "1289", "1290", "1291"]),
        ("0288", &["1540"], &["1533", "1534", "1535", "1536", "1537", "1538", "1542"]),
        ("0315", &["1615"], &["1610", "1613", "1614", "1616"]),
        ("0317", &["1630"], &["0206", "1626", "1627"]),
        (
            "0321",
            &["0183"],
            &[
                "0180", "0185", "0534", "1245", "1279", "1280", "1587", "1637", "1638", "1640", "1641",
                "1642", "1643", "1707", "1708",
            ],
        ),
        ("0326", &["1673"], &["0018", "0019", "0336"]),
    ];
}
