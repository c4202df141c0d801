//! Fingerprints: of what a computation depends on, and of whatever has to be known again.

use super::{
    ENGINE, in_time,
    terms::{Achieved, Earlier, Input, Line, Outcome, Profile},
};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, fmt::Write};

/// Fingerprint of everything a computation depends on; the order in which claims arrived is not part of it.
pub fn hash(input: &Input) -> String {
    let mut earlier: Vec<&Earlier> = input.earlier.iter().collect();
    earlier.sort_by_key(|earlier| (&earlier.payer, earlier.amount));
    // Fields come in the order of their declaration, so that the text is the same everywhere.
    let terms = serde_json::to_vec(&(ENGINE, &input.version, &input.terms, earlier)).unwrap_or_default();
    let mut digest = Sha256::new().chain_update(terms);
    let mut bytes = Bytes::default();
    for outcome in in_time(&input.outcomes) {
        bytes.outcome(outcome);
        digest.update(&bytes.0);
        bytes.0.clear();
    }
    hex(&digest.finalize())
}

/// Outcomes are many, and most of the time would go into writing them as JSON. Every text and list comes after its
/// length, so that no two outcomes have the same bytes.
#[derive(Default)]
struct Bytes(Vec<u8>);

impl Bytes {
    fn outcome(&mut self, outcome: &Outcome) {
        let Outcome { claim, from, to, lines, profiles } = outcome;
        for text in [claim, from, to] {
            self.text(text);
        }
        self.length(lines.len());
        for Line { metric, quantity, people, territory } in lines {
            self.text(metric);
            self.number(quantity.0);
            self.maybe(people.as_ref(), |bytes, people| bytes.number(*people));
            self.maybe(territory.as_ref(), |bytes, territory| bytes.text(territory));
        }
        self.length(profiles.len());
        for Profile { people, each } in profiles {
            self.number(*people);
            self.length(each.len());
            for Achieved { metric, quantity } in each {
                self.text(metric);
                self.number(quantity.0);
            }
        }
    }

    fn number(&mut self, number: i64) {
        self.0.extend(number.to_be_bytes());
    }

    fn length(&mut self, length: usize) {
        self.0.extend((length as u64).to_be_bytes());
    }

    fn text(&mut self, text: &str) {
        self.length(text.len());
        self.0.extend(text.as_bytes());
    }

    fn maybe<T>(&mut self, value: Option<&T>, write: impl Fn(&mut Self, &T)) {
        self.0.push(u8::from(value.is_some()));
        if let Some(value) = value {
            write(self, value);
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// SHA-256 of a value's canonical text: keys sorted, no spaces, absent values left out.
pub fn fingerprint(value: &serde_json::Value) -> String {
    let mut text = String::new();
    canonical(value, &mut text);
    hex(&Sha256::digest(text.as_bytes()))
}

/// Canonical text of a value.
pub fn canonical(value: &serde_json::Value, text: &mut String) {
    match value {
        serde_json::Value::Array(list) => {
            text.push('[');
            for (place, each) in list.iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                canonical(each, text);
            }
            text.push(']');
        }
        serde_json::Value::Object(map) => {
            let sorted: BTreeMap<_, _> = map.iter().filter(|(_, value)| !value.is_null()).collect();
            text.push('{');
            for (place, (key, each)) in sorted.into_iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                text.push_str(&serde_json::Value::String(key.clone()).to_string());
                text.push(':');
                canonical(each, text);
            }
            text.push('}');
        }
        plain => text.push_str(&plain.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Quantity;
    use std::collections::BTreeSet;

    fn outcome() -> Outcome {
        let achieved = Achieved { metric: "JOBS".into(), quantity: Quantity::of(2) };
        Outcome {
            claim: "1".into(),
            from: "2026-01-01".into(),
            to: "2026-03-31".into(),
            lines: vec![Line {
                metric: "JOBS".into(),
                quantity: Quantity::of(5),
                people: Some(3),
                territory: Some("DEP-31".into()),
            }],
            profiles: vec![Profile { people: 3, each: vec![achieved] }],
        }
    }

    #[test]
    fn whatever_differs_in_an_outcome_gives_another_hash() {
        let changes: [fn(&mut Outcome); 16] = [
            |_| (),
            |one| one.claim.push('1'),
            |one| (one.claim, one.from) = ("12".into(), "026-01-01".into()),
            |one| one.from = "2026-01-02".into(),
            |one| one.to = "2026-03-30".into(),
            |one| one.lines.clear(),
            |one| one.lines[0].metric = "HOMES".into(),
            |one| one.lines[0].quantity = Quantity(5_000_001),
            |one| one.lines[0].people = None,
            |one| one.lines[0].people = Some(4),
            |one| one.lines[0].territory = None,
            |one| one.lines[0].territory = Some("DEP-32".into()),
            |one| one.profiles.clear(),
            |one| one.profiles[0].people = 4,
            |one| one.profiles[0].each[0].metric = "HOMES".into(),
            |one| one.profiles[0].each[0].quantity = Quantity(2_000_001),
        ];
        let hashes: BTreeSet<String> = changes
            .iter()
            .map(|change| {
                let mut changed = outcome();
                change(&mut changed);
                hash(&Input { outcomes: vec![changed], ..Input::default() })
            })
            .collect();
        assert_eq!(hashes.len(), changes.len());
    }
}
