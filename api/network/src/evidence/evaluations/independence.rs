//! How free evaluators are of those they judge (domain BR-2, BR-3), with the chain of reasons. Pure.
//!
//! The same judgment serves evaluations and the verification of contracts: some judge, others are judged.

use entity::codes::Independence;
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    hash::Hash,
};

/// What is known of those who judge and those who are judged.
#[derive(Clone, Debug)]
pub struct Ties<O, P> {
    pub judging: Vec<O>,
    pub judged: Vec<O>,
    /// Organization in control of each.
    pub parents: HashMap<O, O>,
    /// Active members of organizations on either side.
    pub seats: Vec<(P, O)>,
    /// Organizations that pay those who judge, among the judged.
    pub paying: Vec<O>,
    /// Interests that count: whose, in whom, and of what nature.
    pub interests: Vec<(O, O, String)>,
    /// Conflicts that those who judge declare themselves.
    pub declared: Vec<String>,
}

/// Kind of tie between a judge and a judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, async_graphql::Enum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum IndependenceTie {
    /// They are one.
    Same,
    /// One controls the other, at whatever depth; the chain says through whom.
    Control,
    /// Both are controlled by a third.
    SharedParent,
    /// A person is a member of both.
    SharedPerson,
    /// The judged pays for the judgment.
    Payment,
    /// The evaluators declare it.
    Declared,
}

/// One tie, with the organizations it runs through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason<O> {
    pub tie: IndependenceTie,
    /// From the judge to the judged.
    pub chain: Vec<O>,
    pub text: Option<String>,
}

/// The judgment and every tie found.
pub fn judge<O, P>(ties: &Ties<O, P>) -> (Independence, Vec<Reason<O>>)
where
    O: Copy + Eq + Hash + Ord,
    P: Copy + Eq + Hash + Ord,
{
    let members = members(&ties.seats);
    let mut reasons = Vec::new();
    for &judge in &ties.judging {
        for &judged in &ties.judged {
            reasons.extend(between(judge, judged, &ties.parents, &members));
        }
    }
    let is_internal = !reasons.is_empty();
    let paying = ties.paying.iter().filter(|payer| ties.judged.contains(payer));
    reasons.extend(paying.map(|payer| Reason {
        tie: IndependenceTie::Payment,
        chain: vec![*payer],
        text: None,
    }));
    for (judge, judged) in
        ties.judging.iter().flat_map(|judge| ties.judged.iter().map(move |judged| (*judge, *judged)))
    {
        reasons.extend(interests(judge, judged, &ties.interests).map(|nature| Reason {
            tie: IndependenceTie::Declared,
            chain: vec![judge, judged],
            text: Some(nature.to_owned()),
        }));
    }
    let declared = ties.declared.iter().cloned();
    reasons.extend(declared.map(|text| Reason {
        tie: IndependenceTie::Declared,
        chain: Vec::new(),
        text: Some(text),
    }));
    let judgment = if ties.judging.is_empty() || ties.judged.is_empty() {
        Independence::Unknown
    } else if is_internal {
        Independence::Internal
    } else if reasons.is_empty() {
        Independence::Independent
    } else {
        Independence::DeclaredConflict
    };
    (judgment, reasons)
}

/// Ties of control and of persons between one who judges and one who is judged.
#[expect(clippy::implicit_hasher, reason = "the area has one kind of map")]
pub fn between<O, P>(
    judge: O,
    judged: O,
    parents: &HashMap<O, O>,
    members: &BTreeMap<O, BTreeSet<P>>,
) -> Vec<Reason<O>>
where
    O: Copy + Eq + Hash + Ord,
    P: Ord,
{
    let mut reasons: Vec<Reason<O>> = tie(judge, judged, parents).into_iter().collect();
    if let (Some(one), Some(other)) = (members.get(&judge), members.get(&judged))
        && judge != judged
        && !one.is_disjoint(other)
    {
        let chain = vec![judge, judged];
        reasons.push(Reason { tie: IndependenceTie::SharedPerson, chain, text: None });
    }
    reasons
}

/// Natures of the interests between one who judges and one who is judged, whoever of the two has them.
pub fn interests<O: Copy + Eq>(judge: O, judged: O, known: &[(O, O, String)]) -> impl Iterator<Item = &str> {
    let joins = move |one: O, other: O| one != other && (one, other) == (judge, judged);
    known
        .iter()
        .filter(move |(one, other, _)| joins(*one, *other) || joins(*other, *one))
        .map(|(_, _, nature)| nature.as_str())
}

/// Who sits where.
pub fn members<O: Copy + Ord, P: Copy + Ord>(seats: &[(P, O)]) -> BTreeMap<O, BTreeSet<P>> {
    let mut members: BTreeMap<O, BTreeSet<P>> = BTreeMap::new();
    for &(person, organization) in seats {
        members.entry(organization).or_default().insert(person);
    }
    members
}

/// The nearest tie by control between two organizations.
fn tie<O: Copy + Eq + Hash>(judge: O, judged: O, parents: &HashMap<O, O>) -> Option<Reason<O>> {
    let (up, across) = (above(judge, parents), above(judged, parents));
    let place = up.iter().position(|one| across.contains(one))?;
    let meeting = up.get(place)?;
    let down = across.iter().position(|one| one == meeting)?;
    let mut chain: Vec<O> = up.iter().take(place + 1).copied().collect();
    chain.extend(across.iter().take(down).rev());
    let kind = match (place, down) {
        (0, 0) => IndependenceTie::Same,
        (0, _) | (_, 0) => IndependenceTie::Control,
        _ => IndependenceTie::SharedParent,
    };
    Some(Reason { tie: kind, chain, text: None })
}

/// An organization and all that control it, nearest first; a circle ends where it would begin again.
fn above<O: Copy + Eq + Hash>(start: O, parents: &HashMap<O, O>) -> Vec<O> {
    let mut way = vec![start];
    let mut last = start;
    while let Some(&parent) = parents.get(&last) {
        if way.contains(&parent) {
            break;
        }
        way.push(parent);
        last = parent;
    }
    way
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ties(parents: &[(&'static str, &'static str)]) -> Ties<&'static str, u8> {
        Ties {
            judging: vec!["lab"],
            judged: vec!["cook"],
            parents: parents.iter().copied().collect(),
            seats: vec![(1, "lab"), (2, "cook")],
            paying: vec![],
            interests: vec![],
            declared: vec![],
        }
    }

    #[test]
    fn control_counts_at_any_depth_and_names_its_chain() {
        let chain = |parents: &[(&'static str, &'static str)]| {
            let (judgment, reasons) = judge(&ties(parents));
            (
                judgment,
                reasons.into_iter().map(|reason| (reason.tie, reason.chain.join(">"))).collect::<Vec<_>>(),
            )
        };
        let internal = |tie, chain: &str| (Independence::Internal, vec![(tie, chain.to_owned())]);
        assert_eq!(chain(&[]), (Independence::Independent, vec![]));
        assert_eq!(chain(&[("lab", "cook")]), internal(IndependenceTie::Control, "lab>cook"));
        assert_eq!(
            chain(&[("cook", "a"), ("a", "b"), ("b", "lab")]),
            internal(IndependenceTie::Control, "lab>b>a>cook")
        );
        assert_eq!(
            chain(&[("lab", "a"), ("a", "top"), ("cook", "top")]),
            internal(IndependenceTie::SharedParent, "lab>a>top>cook")
        );
        assert_eq!(chain(&[("lab", "a"), ("a", "lab"), ("cook", "b")]), (Independence::Independent, vec![]));
    }

    #[test]
    fn people_money_and_declarations_count_too() {
        let both = Ties { seats: vec![(1, "lab"), (1, "cook")], ..ties(&[]) };
        assert_eq!(judge(&both).0, Independence::Internal);
        let same = Ties { judging: vec!["cook"], ..ties(&[]) };
        assert_eq!(judge(&same).1.first().map(|reason| reason.tie), Some(IndependenceTie::Same));
        let paid = Ties { paying: vec!["cook", "fund"], ..ties(&[]) };
        assert_eq!(judge(&paid).0, Independence::DeclaredConflict);
        assert_eq!(judge(&paid).1.len(), 1, "money of others is no tie");
        let declared = Ties { declared: vec!["A former colleague works there".to_owned()], ..ties(&[]) };
        assert_eq!(judge(&declared).0, Independence::DeclaredConflict);
        for (one, other) in [("lab", "cook"), ("cook", "lab")] {
            let interested = Ties { interests: vec![(one, other, "FUNDING".to_owned())], ..ties(&[]) };
            let (judgment, reasons) = judge(&interested);
            assert_eq!(judgment, Independence::DeclaredConflict);
            assert_eq!(reasons[0].text.as_deref(), Some("FUNDING"));
        }
        let elsewhere = Ties { interests: vec![("lab", "fund", "FUNDING".to_owned())], ..ties(&[]) };
        assert_eq!(judge(&elsewhere).0, Independence::Independent);
        assert_eq!(judge(&Ties { judging: vec![], ..ties(&[]) }).0, Independence::Unknown);
    }
}
