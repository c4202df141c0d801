//! Conditions and visibility on the index's columns: what SQL asks of the read model, asked of the index.

use super::{
    document::{SCALES, holder, low, place},
    engine::{Rank, Ranked},
};
use door::{
    Result,
    authz::{Power, Viewer},
};
use entity::{
    codes::TerritoryScale,
    ids::{OrganizationId, ProjectId, TermId},
    read_model::{OPEN, Packed},
};
use std::{collections::HashSet, sync::Arc};
use tantivy::{
    DocId, SegmentReader,
    columnar::{Column, StrColumn, TermOrdHit},
};
use uuid::Uuid;

/// Columns of one segment.
pub struct Columns {
    packed: [Column<u64>; Packed::ALL.len()],
    id_high: Column<u64>,
    id_low: Column<u64>,
    holder: Column<u64>,
    sought: Column<i64>,
    published: Column<i64>,
    updated: Column<i64>,
    created: Column<i64>,
    places: Column<u64>,
    scaled: [Column<u64>; SCALES.len()],
    terms: Column<u64>,
}

impl Columns {
    pub fn of(reader: &SegmentReader) -> Result<Self> {
        let fast = reader.fast_fields();
        let whole = |name: &str| fast.u64(name).map_err(anyhow::Error::from);
        let signed = |name: &str| fast.i64(name).map_err(anyhow::Error::from);
        let [facts, holder_facts, themes, publics, ways] = Packed::ALL.map(|column| whole(column.name()));
        let [regions, departments] = SCALES.map(|(_, name)| whole(name));
        Ok(Self {
            packed: [facts?, holder_facts?, themes?, publics?, ways?],
            id_high: whole("id_high")?,
            id_low: whole("id_low")?,
            holder: whole("holder")?,
            sought: signed("sought")?,
            published: signed("published")?,
            updated: signed("updated")?,
            created: signed("created")?,
            places: whole("places")?,
            scaled: [regions?, departments?],
            terms: whole("terms")?,
        })
    }

    pub fn bits(&self, column: Packed, doc: DocId) -> i64 {
        self.packed
            .get(column as usize)
            .and_then(|column| column.first(doc))
            .unwrap_or_default()
            .cast_signed()
    }

    pub fn id(&self, doc: DocId) -> ProjectId {
        let half = |column: &Column<u64>| column.first(doc).unwrap_or_default();
        ProjectId(Uuid::from_u64_pair(half(&self.id_high), half(&self.id_low)))
    }

    pub fn number(&self, name: &str, doc: DocId) -> Option<i64> {
        match name {
            "published" => self.published.first(doc),
            "updated" => self.updated.first(doc),
            "created" => self.created.first(doc),
            "sought" => self.sought.first(doc),
            _ => None,
        }
    }

    pub fn places(&self, doc: DocId) -> impl Iterator<Item = u64> {
        self.places.values_for_doc(doc)
    }

    /// Numbers of places at a scale that has a column of its own.
    pub fn places_at(&self, scale: TerritoryScale, doc: DocId) -> Option<impl Iterator<Item = u64>> {
        let at = SCALES.iter().position(|(one, _)| *one == scale)?;
        Some(self.scaled.get(at)?.values_for_doc(doc))
    }
}

/// Texts of one segment, as numbers in their order.
pub struct Texts(Option<StrColumn>);

impl Texts {
    pub fn of(reader: &SegmentReader, name: &str) -> Result<Self> {
        Ok(Self(reader.fast_fields().str(name).map_err(anyhow::Error::from)?))
    }

    /// Even, so that there is room between any two for texts of other segments.
    pub fn number(&self, doc: DocId) -> Option<i64> {
        self.0.as_ref()?.ords().first(doc).and_then(|place| i64::try_from(place * 2).ok())
    }

    /// Text of a number.
    pub fn text(&self, value: &Ranked) -> Result<Ranked> {
        let (Some(texts), Ranked::Number(Some(number))) = (&self.0, value) else {
            return Ok(Ranked::Text(None));
        };
        let mut text = String::new();
        texts.ord_to_str(number.unsigned_abs() / 2, &mut text).map_err(anyhow::Error::from)?;
        Ok(Ranked::Text(Some(text)))
    }

    /// Where a place of the whole order lies among this segment's texts.
    pub fn place(&self, from: Option<&Rank>) -> Result<Option<Rank>> {
        let Some(Rank { value, id }) = from else { return Ok(None) };
        let number = match (&self.0, value) {
            (Some(texts), Ranked::Text(Some(text))) => {
                let hit = texts.dictionary().term_ord_or_next(text).map_err(anyhow::Error::from)?;
                match hit {
                    TermOrdHit::Exact(place) => i64::try_from(place * 2).ok(),
                    TermOrdHit::Next(place) => i64::try_from(place * 2).ok().map(|next| next - 1),
                }
            }
            (None, Ranked::Text(Some(_))) => Some(0),
            _ => None,
        };
        Ok(Some(Rank { value: Ranked::Number(number), id: *id }))
    }
}

/// What the viewer sees, as `authz::policy::read_model` says it.
pub enum Eyes {
    All,
    /// What is open, and what these organizations hold.
    Some(Vec<u64>),
}

impl Eyes {
    pub fn of(viewer: &Viewer) -> Self {
        if viewer.is_curator() || viewer.is_steward() {
            return Self::All;
        }
        Self::Some(viewer.orgs(Power::Read).into_iter().map(holder).collect())
    }

    pub fn see(&self, columns: &Columns, doc: DocId) -> bool {
        match self {
            Self::All => true,
            Self::Some(mine) => {
                columns.bits(Packed::Facts, doc) & OPEN != 0
                    || (!mine.is_empty()
                        && columns.holder.first(doc).is_some_and(|holder| mine.contains(&holder)))
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    Published,
    Updated,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    From,
    After,
    To,
    Before,
}

impl Comparison {
    const fn holds(self, value: i64, bound: i64) -> bool {
        match self {
            Self::From => value >= bound,
            Self::After => value > bound,
            Self::To => value <= bound,
            Self::Before => value < bound,
        }
    }
}

/// A condition in the index's own numbers.
pub enum Check {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Bits(Packed, i64),
    Holder(HashSet<u64>),
    Terms(HashSet<u64>),
    /// Places under which it is found, and places that are its own.
    Places(HashSet<u64>),
    Sought(Option<i64>, Option<i64>),
    Instant(Moment, Comparison, i64),
    Among(Arc<HashSet<ProjectId>>),
}

impl Default for Check {
    fn default() -> Self {
        Self::All(Vec::new())
    }
}

impl Check {
    pub fn holders(ids: &[OrganizationId]) -> Self {
        Self::Holder(ids.iter().map(|id| holder(*id)).collect())
    }

    pub fn terms(ids: &[TermId]) -> Self {
        Self::Terms(ids.iter().map(|id| low(id.0)).collect())
    }

    /// Found under one of the first, by their numbers, or with one of the second as a territory of its own.
    pub fn places(under: impl Iterator<Item = u32>, own: impl Iterator<Item = u32>) -> Self {
        let under = under.flat_map(|number| [place(number, false), place(number, true)]);
        Self::Places(under.chain(own.map(|number| place(number, true))).collect())
    }

    pub fn holds(&self, columns: &Columns, doc: DocId) -> bool {
        match self {
            Self::All(inner) => inner.iter().all(|one| one.holds(columns, doc)),
            Self::Any(inner) => inner.iter().any(|one| one.holds(columns, doc)),
            Self::Not(inner) => !inner.holds(columns, doc),
            Self::Bits(column, mask) => columns.bits(*column, doc) & mask != 0,
            Self::Among(ids) => ids.contains(&columns.id(doc)),
            Self::Holder(ids) => columns.holder.first(doc).is_some_and(|holder| ids.contains(&holder)),
            Self::Terms(ids) => columns.terms.values_for_doc(doc).any(|term| ids.contains(&term)),
            Self::Places(places) => columns.places(doc).any(|place| places.contains(&place)),
            Self::Sought(least, most) => columns.sought.first(doc).is_some_and(|amount| {
                least.is_none_or(|least| amount >= least) && most.is_none_or(|most| amount <= most)
            }),
            Self::Instant(moment, comparison, bound) => {
                let name = match moment {
                    Moment::Published => "published",
                    Moment::Updated => "updated",
                };
                columns.number(name, doc).is_some_and(|at| comparison.holds(at, *bound))
            }
        }
    }
}
