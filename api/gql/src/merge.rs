//! One field for each response key, as the specification's `CollectFields` has it.
//!
//! The library runs a field as often as a document writes it: `mutation { pay(…) pay(…) }` pays twice. So that
//! everything with one key runs once, fragments are spread out where they stand, fragments that always apply
//! dissolve into their parent, and equal fields become one with both selections. What differs in arguments or
//! directives stays apart, for validation to judge. `limits::document` must have passed before: it bounds the
//! size of the result and knows that there are no cycles.

use std::collections::{HashMap, HashSet};

use async_graphql::{
    Name, Pos, Positioned,
    parser::types::{
        Directive, DocumentOperations, ExecutableDocument, Field, FragmentDefinition, FragmentSpread,
        InlineFragment, OperationDefinition, OperationType, Selection, SelectionSet, TypeCondition,
    },
};

use crate::{
    codes::ErrorCode,
    outline::{Outline, named},
    refusal::Refusal,
};

type Items = Vec<Positioned<Selection>>;
type Fragments = HashMap<Name, Positioned<FragmentDefinition>>;
type Operation = Positioned<OperationDefinition>;

/// Merges every operation of `document`. Fragments that are spread out everywhere leave it.
pub fn merge(document: ExecutableDocument, outline: &Outline) -> Result<ExecutableDocument, Refusal> {
    let ExecutableDocument { operations, mut fragments } = document;
    let before = reached(&operations, &fragments);
    let merger = Merger { outline, fragments: &fragments };
    let operations = match operations {
        DocumentOperations::Single(operation) => DocumentOperations::Single(merger.operation(operation)?),
        DocumentOperations::Multiple(all) => DocumentOperations::Multiple(
            all.into_iter()
                .map(|(name, operation)| Ok((name, merger.operation(operation)?)))
                .collect::<Result<_, Refusal>>()?,
        ),
    };
    // One that nothing ever spread stays, so that validation can say so.
    let after = reached(&operations, &fragments);
    fragments.retain(|name, _| after.contains(name) || !before.contains(name));
    Ok(ExecutableDocument { operations, fragments })
}

/// What becomes one selection of the merged set.
enum Slot<'a> {
    Field { field: &'a Positioned<Field>, below: Vec<&'a Items> },
    Fragment { place: Pos, condition: Condition<'a>, directives: &'a Directives, below: Vec<&'a Items> },
    Spread(&'a Positioned<FragmentSpread>),
}

type Condition<'a> = Option<&'a Positioned<TypeCondition>>;
type Directives = Vec<Positioned<Directive>>;

#[derive(Default)]
struct Slots<'a> {
    list: Vec<Slot<'a>>,
    /// Where the fields with one response key are; more than one only if they do not merge.
    by_key: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Slots<'a> {
    fn add_field(&mut self, field: &'a Positioned<Field>) {
        let places = self.by_key.entry(field.node.response_key().node.as_str()).or_default();
        for place in places.iter() {
            if let Some(Slot::Field { field: first, below }) = self.list.get_mut(*place)
                && is_same(&first.node, &field.node)
            {
                below.push(&field.node.selection_set.node.items);
                return;
            }
        }
        places.push(self.list.len());
        self.list.push(Slot::Field { field, below: vec![&field.node.selection_set.node.items] });
    }

    fn add_fragment(
        &mut self,
        place: Pos,
        condition: Condition<'a>,
        directives: &'a Directives,
        items: &'a Items,
    ) {
        let about = |condition: Condition<'a>| condition.map(|condition| &condition.node.on.node);
        for slot in &mut self.list {
            if let Slot::Fragment { condition: first, directives: theirs, below, .. } = slot
                && about(*first) == about(condition)
                && are_same(theirs, directives)
            {
                below.push(items);
                return;
            }
        }
        self.list.push(Slot::Fragment { place, condition, directives, below: vec![items] });
    }
}

struct Merger<'a> {
    outline: &'a Outline,
    fragments: &'a Fragments,
}

impl<'a> Merger<'a> {
    fn operation(&self, mut operation: Operation) -> Result<Operation, Refusal> {
        let root = self.outline.root(operation.node.ty);
        let items = self.set(root, &[&operation.node.selection_set.node.items]);
        if operation.node.ty == OperationType::Mutation {
            self.runs_once(&items, &mut HashSet::new())?;
        }
        operation.node.selection_set.node.items = items;
        Ok(operation)
    }

    fn set(&self, parent: Option<&str>, lists: &[&Items]) -> Items {
        let mut slots = Slots::default();
        for items in lists {
            self.gather(parent, items, &mut slots);
        }
        slots.list.into_iter().map(|slot| self.build(parent, slot)).collect()
    }

    fn gather<'s>(&'s self, parent: Option<&str>, items: &'s Items, slots: &mut Slots<'s>) {
        for selection in items {
            match &selection.node {
                Selection::Field(field) => slots.add_field(field),
                Selection::InlineFragment(fragment) => {
                    let InlineFragment { type_condition, directives, selection_set } = &fragment.node;
                    let items = &selection_set.node.items;
                    self.gather_fragment(
                        parent,
                        fragment.pos,
                        type_condition.as_ref(),
                        directives,
                        items,
                        slots,
                    );
                }
                Selection::FragmentSpread(spread) => match self.definition(&spread.node) {
                    Some(fragment) => {
                        let condition = Some(&fragment.type_condition);
                        let items = &fragment.selection_set.node.items;
                        self.gather_fragment(
                            parent,
                            spread.pos,
                            condition,
                            &spread.node.directives,
                            items,
                            slots,
                        );
                    }
                    None => slots.list.push(Slot::Spread(spread)),
                },
            }
        }
    }

    fn gather_fragment<'s>(
        &'s self,
        parent: Option<&str>,
        place: Pos,
        condition: Condition<'s>,
        directives: &'s Directives,
        items: &'s Items,
        slots: &mut Slots<'s>,
    ) {
        let applies = condition.is_none_or(|condition| {
            parent.is_some_and(|parent| self.outline.is_always(parent, &condition.node.on.node))
        });
        if applies && directives.is_empty() {
            self.gather(parent, items, slots);
        } else {
            slots.add_fragment(place, condition, directives, items);
        }
    }

    /// The fragment to put in place of `spread`, if no validation rule loses sight of anything by it.
    fn definition(&self, spread: &FragmentSpread) -> Option<&'a FragmentDefinition> {
        let fragment = &self.fragments.get(&spread.fragment_name.node)?.node;
        let plain = fragment.directives.is_empty()
            && self.outline.is_composite(&fragment.type_condition.node.on.node)
            && spread.directives.iter().all(|directive| is_condition(&directive.node));
        plain.then_some(fragment)
    }

    fn build(&self, parent: Option<&str>, slot: Slot<'_>) -> Positioned<Selection> {
        match slot {
            Slot::Field { field, below } => self.build_field(parent, field, &below),
            Slot::Fragment { place, condition, directives, below } => {
                let inner = condition.map_or(parent, |condition| Some(condition.node.on.node.as_str()));
                let items = self.set(inner, &below);
                fragment(place, condition.cloned(), directives.clone(), items)
            }
            Slot::Spread(spread) => Positioned::new(Selection::FragmentSpread(spread.clone()), spread.pos),
        }
    }

    fn build_field(
        &self,
        parent: Option<&str>,
        field: &Positioned<Field>,
        below: &[&Items],
    ) -> Positioned<Selection> {
        let Field { alias, name, arguments, directives, selection_set } = &field.node;
        let ty =
            parent.and_then(|parent| self.outline.field(parent, &name.node)).map(|field| named(&field.ty));
        // The library does not look at directives on `__typename`; on a fragment around it, it does.
        let is_hidden = name.node == "__typename" && !directives.is_empty();
        let merged = Field {
            alias: alias.clone(),
            name: name.clone(),
            arguments: arguments.clone(),
            directives: if is_hidden { Vec::new() } else { directives.clone() },
            selection_set: Positioned::new(SelectionSet { items: self.set(ty, below) }, selection_set.pos),
        };
        let selection = Positioned::new(Selection::Field(Positioned::new(merged, field.pos)), field.pos);
        if is_hidden { fragment(field.pos, None, directives.clone(), vec![selection]) } else { selection }
    }

    /// Two mutations under one key that did not merge would both take effect, and one answer be lost.
    fn runs_once<'s>(&'s self, items: &'s Items, seen: &mut HashSet<&'s Name>) -> Result<(), Refusal> {
        for selection in items {
            match &selection.node {
                Selection::Field(field) => {
                    let key = &field.node.response_key().node;
                    if field.node.name.node != "__typename" && !seen.insert(key) {
                        let message = format!(
                            "The mutation \"{key}\" is asked for twice in different ways. Use aliases."
                        );
                        return Err(Refusal::new(ErrorCode::ValidationFailed, message).at(field.pos));
                    }
                }
                Selection::InlineFragment(fragment) => {
                    self.runs_once(&fragment.node.selection_set.node.items, seen)?;
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.fragments.get(&spread.node.fragment_name.node) {
                        self.runs_once(&fragment.node.selection_set.node.items, seen)?;
                    }
                }
            }
        }
        Ok(())
    }
}

fn fragment(
    place: Pos,
    type_condition: Option<Positioned<TypeCondition>>,
    directives: Directives,
    items: Items,
) -> Positioned<Selection> {
    let selection_set = Positioned::new(SelectionSet { items }, place);
    let fragment = InlineFragment { type_condition, directives, selection_set };
    Positioned::new(Selection::InlineFragment(Positioned::new(fragment, place)), place)
}

fn is_same(one: &Field, other: &Field) -> bool {
    one.name == other.name
        && one.arguments.len() == other.arguments.len()
        && one.arguments.iter().all(|(name, value)| other.get_argument(&name.node) == Some(value))
        && are_same(&one.directives, &other.directives)
}

fn are_same(some: &Directives, others: &Directives) -> bool {
    some.len() == others.len()
        && some.iter().zip(others).all(|(one, other)| {
            one.node.name == other.node.name && one.node.arguments == other.node.arguments
        })
}

fn is_condition(directive: &Directive) -> bool {
    matches!(directive.name.node.as_str(), "skip" | "include")
}

/// Names of the fragments that the operations spread, directly or through others.
fn reached(operations: &DocumentOperations, fragments: &Fragments) -> HashSet<Name> {
    let mut reached = HashSet::new();
    let mut open: Vec<&Items> =
        operations.iter().map(|(_, operation)| &operation.node.selection_set.node.items).collect();
    while let Some(items) = open.pop() {
        for selection in items {
            match &selection.node {
                Selection::Field(field) => open.push(&field.node.selection_set.node.items),
                Selection::InlineFragment(fragment) => open.push(&fragment.node.selection_set.node.items),
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    if reached.insert(name.clone())
                        && let Some(fragment) = fragments.get(name)
                    {
                        open.push(&fragment.node.selection_set.node.items);
                    }
                }
            }
        }
    }
    reached
}
