//! How many matches carry each value of a facet, under all other conditions than the facet's own.

use super::{
    check::{Check, Columns, Eyes},
    engine::Question,
};
use async_graphql::Enum;
use door::{Result, reference::Reference};
use entity::{
    codes::{ActorKind, CodeList, FundingInstrument, ProjectStage, Taxonomy, TerritoryScale},
    read_model::{self as model, Bits, Packed},
};
use tantivy::DocId;

/// A value of a facet, by its code and labels, with its number of matches.
pub struct Counted {
    pub code: String,
    pub fr: String,
    pub en: String,
    pub count: u64,
}

/// What is counted for one facet.
struct Tally {
    field: FacetField,
    counts: Vec<u64>,
}

/// What projects can be counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
#[graphql(name = "ProjectFacetField")]
pub enum FacetField {
    /// By theme.
    Theme,
    /// By axis of their themes.
    Axis,
    /// By territory they are found under, at the scale of `territoryScale`.
    Territory,
    /// By stage.
    Stage,
    /// By instrument of open funding needs.
    Instrument,
    /// By Sustainable Development Goal.
    Sdg,
    /// By audience.
    Public,
    /// By kind of holder.
    HolderKind,
}

/// A condition of the filter, and the facet it belongs to.
pub struct Own {
    pub field: Option<FacetField>,
    pub check: Check,
}

/// Counts all facets in one pass over the matches.
pub fn count(
    question: &Question,
    conditions: Vec<Own>,
    eyes: &Eyes,
    reference: &Reference,
    fields: &[FacetField],
    scale: TerritoryScale,
) -> Result<Vec<Vec<Counted>>> {
    let (own, rest): (Vec<_>, Vec<_>) = conditions.into_iter().partition(|one| one.field.is_some());
    let rest = Check::All(rest.into_iter().map(|one| one.check).collect());
    let ground = Ground::of(reference, scale, fields);
    let mut tallies: Vec<_> =
        fields.iter().map(|&field| Tally { field, counts: vec![0; ground.size(field)] }).collect();
    question.visit(&rest, eyes, |columns, doc| {
        let mut failed = own.iter().filter(|one| !one.check.holds(columns, doc)).map(|one| one.field);
        // Nothing fails: counts for all. All that fails is one facet's own: counts for that one.
        let first = failed.next().flatten();
        if first.is_none() || failed.all(|other| other == first) {
            for tally in tallies.iter_mut().filter(|tally| first.is_none_or(|field| field == tally.field)) {
                ground.add(tally, columns, doc);
            }
        }
        true
    })?;
    Ok(tallies.into_iter().map(|tally| ground.told(tally)).collect())
}

/// What values mean.
struct Ground<'a> {
    reference: &'a Reference,
    /// Bits of axes for each theme.
    axes: Vec<u64>,
    /// Place number to its place among the places of the scale, from 1; 0 for others.
    places: Vec<u32>,
    scaled: Vec<u32>,
    scale: TerritoryScale,
}

impl<'a> Ground<'a> {
    fn of(reference: &'a Reference, scale: TerritoryScale, fields: &[FacetField]) -> Self {
        let vocabulary = &reference.vocabulary;
        let axes = (0..63).map(|place| {
            let theme = vocabulary.at(Taxonomy::Theme, place);
            let axes = theme.into_iter().flat_map(|theme| vocabulary.parents(theme.id));
            axes.fold(0, |all, axis| {
                all | u32::try_from(axis.position).ok().and_then(|bit| 1u64.checked_shl(bit)).unwrap_or(0)
            })
        });
        let (mut places, mut scaled) = (Vec::new(), Vec::new());
        if fields.contains(&FacetField::Territory) {
            for (number, place) in (0..).zip(reference.atlas.places()) {
                if place.row.scale == scale {
                    scaled.push(number);
                    places.push(u32::try_from(scaled.len()).unwrap_or(0));
                } else {
                    places.push(0);
                }
            }
        }
        Self { reference, axes: axes.collect(), places, scaled, scale }
    }

    fn size(&self, field: FacetField) -> usize {
        if field == FacetField::Territory { self.scaled.len() } else { 64 }
    }

    const fn bits(field: FacetField) -> Option<Bits> {
        Some(match field {
            FacetField::Theme => model::THEMES,
            FacetField::Stage => model::STAGE,
            FacetField::Instrument => model::INSTRUMENTS,
            FacetField::Sdg => model::GOALS,
            FacetField::Public => model::PUBLICS,
            FacetField::HolderKind => model::HOLDER_KINDS,
            FacetField::Axis | FacetField::Territory => return None,
        })
    }

    fn add(&self, tally: &mut Tally, columns: &Columns, doc: DocId) {
        let mut bump = |place: usize| {
            if let Some(count) = tally.counts.get_mut(place) {
                *count += 1;
            }
        };
        match (Self::bits(tally.field), tally.field) {
            (Some(bits), _) => bits.places(columns.bits(bits.column, doc)).for_each(bump),
            (None, FacetField::Axis) => {
                let themes = model::THEMES.places(columns.bits(Packed::Themes, doc));
                let mut axes = themes.fold(0, |all, theme| all | self.axes.get(theme).copied().unwrap_or(0));
                while axes != 0 {
                    bump(axes.trailing_zeros() as usize);
                    axes &= axes - 1;
                }
            }
            _ => {
                let mut bump = |number: u64| {
                    let number = usize::try_from(number).unwrap_or(usize::MAX);
                    if let Some(at @ 1..) = self.places.get(number) {
                        bump(*at as usize - 1);
                    }
                };
                match columns.places_at(self.scale, doc) {
                    Some(numbers) => numbers.for_each(bump),
                    None => columns.places(doc).for_each(|place| bump(place >> 1)),
                }
            }
        }
    }

    /// Values that anything carries, the frequent ones first.
    fn told(&self, tally: Tally) -> Vec<Counted> {
        let Tally { field, counts } = tally;
        let mut values: Vec<_> = counts
            .into_iter()
            .enumerate()
            .filter(|(_, count)| *count > 0)
            .filter_map(|(place, count)| {
                let (code, fr, en) = self.value(field, place)?;
                Some(Counted { code, fr, en, count })
            })
            .collect();
        values.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.code.cmp(&other.code)));
        values
    }

    fn value(&self, field: FacetField, place: usize) -> Option<(String, String, String)> {
        fn listed<C: CodeList>(place: usize) -> Option<(String, String, String)> {
            C::all()
                .nth(place)
                .map(|code| (code.code().to_owned(), code.fr().to_owned(), code.en().to_owned()))
        }
        let term = |taxonomy| {
            let row = self.reference.vocabulary.at(taxonomy, place)?;
            Some((row.code.clone(), row.label_fr.clone(), row.label_en.clone()))
        };
        match field {
            FacetField::Theme => term(Taxonomy::Theme),
            FacetField::Axis => term(Taxonomy::Axis),
            FacetField::Sdg => term(Taxonomy::SdgGoal),
            FacetField::Public => term(Taxonomy::Public),
            FacetField::Stage => listed::<ProjectStage>(place),
            FacetField::Instrument => listed::<FundingInstrument>(place),
            FacetField::HolderKind => listed::<ActorKind>(place),
            FacetField::Territory => {
                let row = &self.reference.atlas.at(*self.scaled.get(place)?)?.row;
                Some((row.code.clone(), row.name.clone(), row.name.clone()))
            }
        }
    }
}
