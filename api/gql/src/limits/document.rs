//! The pass over a parsed document, before validation: aliases, directives, depth, size, mutations, texts.
//!
//! Fragments are measured once each, so a document in which each spreads the next twice costs no more than its
//! length. Nothing here needs the schema.

use std::collections::HashMap;

use async_graphql::{
    Name, Pos, Positioned, Value,
    parser::types::{
        Directive, ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
    },
};

use super::{Limits, exceeded, holds_nul};
use crate::{codes::ErrorCode, refusal::Refusal};

/// Holds `document` to `limits`. Returns how many selections it has with every fragment spread out.
pub fn check(document: &ExecutableDocument, limits: &Limits) -> Result<usize, Refusal> {
    let mut survey = Survey { document, limits, measured: HashMap::new(), aliases: HashMap::new() };
    let mut fragments: Vec<_> = document.fragments.iter().collect();
    fragments.sort_by_key(|(_, fragment)| fragment.pos);
    for (name, fragment) in fragments {
        survey.directives(&fragment.node.directives, fragment.pos)?;
        survey.fragment(name, fragment.pos)?;
    }
    let mut operations: Vec<_> = document.operations.iter().map(|(_, operation)| operation).collect();
    operations.sort_by_key(|operation| operation.pos);
    let mut total: u64 = 0;
    let mut secrets: u64 = 0;
    for operation in operations {
        let measure = survey.operation(operation)?;
        total = total.saturating_add(measure.selections);
        secrets = secrets.saturating_add(measure.secrets);
        if total > limits.selections as u64 {
            return Err(
                exceeded("selections", limits.selections, "The document selects too much").at(operation.pos)
            );
        }
        if secrets > 1 {
            return Err(exceeded("signIns", 1, "The document checks more than one secret").at(operation.pos));
        }
    }
    Ok(usize::try_from(total).unwrap_or(limits.selections))
}

/// What a selection set comes to, its fragments spread out.
#[derive(Clone, Copy, Default)]
struct Measure {
    selections: u64,
    depth: usize,
    /// Fields at the top of the set itself.
    top: u64,
    /// Among them, those that check a secret.
    secrets: u64,
}

impl Measure {
    fn add(&mut self, other: Self) {
        self.selections = self.selections.saturating_add(other.selections);
        self.depth = self.depth.max(other.depth);
        self.top = self.top.saturating_add(other.top);
        self.secrets = self.secrets.saturating_add(other.secrets);
    }
}

struct Survey<'a> {
    document: &'a ExecutableDocument,
    limits: &'a Limits,
    /// `None` while a fragment is being measured: meeting it again is a cycle.
    measured: HashMap<&'a Name, Option<Measure>>,
    aliases: HashMap<&'a Name, usize>,
}

impl<'a> Survey<'a> {
    fn operation(&mut self, operation: &'a Positioned<OperationDefinition>) -> Result<Measure, Refusal> {
        self.directives(&operation.node.directives, operation.pos)?;
        for variable in &operation.node.variable_definitions {
            self.directives(&variable.node.directives, variable.pos)?;
        }
        let mut measure = self.set(&operation.node.selection_set)?;
        if measure.depth > self.limits.depth {
            return Err(
                exceeded("depth", self.limits.depth, "The operation nests fields too deep").at(operation.pos)
            );
        }
        if operation.node.ty != OperationType::Mutation {
            measure.secrets = 0;
        } else if measure.top > self.limits.root_mutations as u64 {
            return Err(exceeded(
                "rootMutations",
                self.limits.root_mutations,
                "The operation has too many mutations",
            )
            .at(operation.pos));
        }
        Ok(measure)
    }

    fn set(&mut self, set: &'a Positioned<SelectionSet>) -> Result<Measure, Refusal> {
        let mut total = Measure::default();
        for selection in &set.node.items {
            let mut measure = match &selection.node {
                Selection::Field(field) => self.field(field)?,
                Selection::InlineFragment(fragment) => {
                    self.directives(&fragment.node.directives, fragment.pos)?;
                    self.set(&fragment.node.selection_set)?
                }
                Selection::FragmentSpread(spread) => {
                    self.directives(&spread.node.directives, spread.pos)?;
                    self.fragment(&spread.node.fragment_name.node, spread.pos)?
                }
            };
            measure.selections = measure.selections.saturating_add(1);
            total.add(measure);
        }
        Ok(total)
    }

    fn field(&mut self, field: &'a Positioned<Field>) -> Result<Measure, Refusal> {
        self.directives(&field.node.directives, field.pos)?;
        self.alias(field)?;
        leaf_if_typename(field)?;
        texts(field)?;
        let below = self.set(&field.node.selection_set)?;
        let name = field.node.name.node.as_str();
        let secret = self.limits.once.iter().any(|once| once == name);
        Ok(Measure {
            selections: below.selections,
            depth: below.depth.saturating_add(1),
            top: u64::from(name != "__typename"),
            secrets: u64::from(secret),
        })
    }

    /// An unknown fragment measures nothing; validation names it.
    fn fragment(&mut self, name: &'a Name, spread: Pos) -> Result<Measure, Refusal> {
        match self.measured.get(name) {
            Some(Some(measure)) => return Ok(*measure),
            Some(None) => {
                let message = format!("Cannot spread fragment \"{name}\" within itself.");
                return Err(Refusal::new(ErrorCode::ValidationFailed, message).at(spread));
            }
            None => {}
        }
        let Some(fragment) = self.document.fragments.get(name) else { return Ok(Measure::default()) };
        self.measured.insert(name, None);
        let measure = self.set(&fragment.node.selection_set)?;
        self.measured.insert(name, Some(measure));
        Ok(measure)
    }

    fn alias(&mut self, field: &'a Positioned<Field>) -> Result<(), Refusal> {
        if field.node.alias.is_none() {
            return Ok(());
        }
        let count = self.aliases.entry(&field.node.name.node).or_default();
        *count += 1;
        if *count > self.limits.aliases {
            let what = format!("The field \"{}\" has too many aliases", field.node.name.node);
            return Err(exceeded("aliases", self.limits.aliases, &what).at(field.pos));
        }
        Ok(())
    }

    fn directives(&self, directives: &[Positioned<Directive>], place: Pos) -> Result<(), Refusal> {
        if directives.len() > self.limits.directives {
            return Err(
                exceeded("directives", self.limits.directives, "Too many directives in one place").at(place)
            );
        }
        Ok(())
    }
}

/// The library's validation passes by `__typename`; its directives `merge` brings back into sight.
fn leaf_if_typename(field: &Positioned<Field>) -> Result<(), Refusal> {
    let Field { name, arguments, selection_set, .. } = &field.node;
    if name.node != "__typename" || (arguments.is_empty() && selection_set.node.items.is_empty()) {
        return Ok(());
    }
    let message = "Field \"__typename\" takes neither arguments nor a selection of subfields.";
    Err(Refusal::new(ErrorCode::ValidationFailed, message).at(field.pos))
}

/// Texts of the field's arguments; those of variables are looked at with the variables.
fn texts(field: &Positioned<Field>) -> Result<(), Refusal> {
    for (_, value) in &field.node.arguments {
        let known = value.node.clone().into_const_with(|_| Ok::<_, ()>(Value::Null));
        if known.is_ok_and(|known| holds_nul(&known)) {
            let message = "A text has the character U+0000; leave it out.";
            return Err(Refusal::new(ErrorCode::BadUserInput, message).at(value.pos));
        }
    }
    Ok(())
}
