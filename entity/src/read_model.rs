//! What lists of projects are filtered and paged from: derived rows, rebuilt from their sources at any time.
//!
//! Conditions on closed lists are tests of bits: a code's bit is its place in its list, a term's bit its position in its
//! vocabulary. [`Bits`] says which column holds which list, and from which bit on.

use crate::codes::{
    AccreditationKind, ActorKind, CodeList, FundingInstrument, LegalForm, Licence, NeedKind, ProjectStage,
    ProjectStatus, Taxonomy,
};

/// Version of the rows' meaning; other versions are rebuilt when a server starts.
pub const VERSION: &str = "1";

/// Packed column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Packed {
    Facts,
    HolderFacts,
    Themes,
    Publics,
    Ways,
}

impl Packed {
    pub const ALL: [Self; 5] = [Self::Facts, Self::HolderFacts, Self::Themes, Self::Publics, Self::Ways];

    /// Name of the column in both tables and in the search index.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Facts => "facts",
            Self::HolderFacts => "holder_facts",
            Self::Themes => "themes",
            Self::Publics => "publics",
            Self::Ways => "ways",
        }
    }
}

/// A run of bits in a packed column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bits {
    pub column: Packed,
    first: u32,
    width: u32,
}

const fn bits(column: Packed, first: u32, width: u32) -> Bits {
    Bits { column, first, width }
}

pub const STATUS: Bits = bits(Packed::Facts, 0, 6);
pub const STAGE: Bits = bits(Packed::Facts, 6, 6);
pub const LICENCE: Bits = bits(Packed::Facts, 12, 6);
/// Instruments of open funding needs.
pub const INSTRUMENTS: Bits = bits(Packed::Facts, 18, 24);
/// Kinds of open needs.
pub const NEEDS: Bits = bits(Packed::Facts, 42, 8);
/// Published, its holder verified, at least one open funding need.
pub const FUNDABLE: i64 = 1 << 50;
/// For everybody: published or merged, its holder not suspended.
pub const OPEN: i64 = 1 << 51;
/// The place is one of the project's own, not only around them.
pub const OWN: i64 = 1 << 52;
pub const HOLDER_KINDS: Bits = bits(Packed::HolderFacts, 0, 12);
pub const LEGAL_FORM: Bits = bits(Packed::HolderFacts, 12, 26);
pub const ACCREDITATIONS: Bits = bits(Packed::HolderFacts, 38, 24);
pub const THEMES: Bits = bits(Packed::Themes, 0, 63);
pub const PUBLICS: Bits = bits(Packed::Publics, 0, 63);
pub const GOALS: Bits = bits(Packed::Ways, 0, 17);
pub const METHODS: Bits = bits(Packed::Ways, 17, 22);
pub const SECTORS: Bits = bits(Packed::Ways, 39, 24);

impl Bits {
    /// Bit of the entry at this place of its list; nothing if the run is too short for it.
    #[must_use]
    pub fn at(self, place: usize) -> Option<i64> {
        let place = u32::try_from(place).ok()?;
        (place < self.width).then(|| 1 << (self.first + place))
    }

    /// Bit of a code.
    #[must_use]
    pub fn of<C: CodeList>(self, code: C) -> i64 {
        C::all().position(|other| other == code).and_then(|place| self.at(place)).unwrap_or_default()
    }

    /// All bits of the run.
    #[must_use]
    pub const fn mask(self) -> i64 {
        (((1_u64 << self.width) - 1) << self.first).cast_signed()
    }

    /// Places in the list whose bits are set.
    pub fn places(self, value: i64) -> impl Iterator<Item = usize> {
        let mut rest = (value & self.mask()) >> self.first;
        std::iter::from_fn(move || {
            if rest == 0 {
                return None;
            }
            let place = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            Some(place)
        })
    }

    /// Where a vocabulary is kept; targets of goals are too many and axes follow from themes.
    #[must_use]
    pub const fn of_taxonomy(taxonomy: Taxonomy) -> Option<Self> {
        match taxonomy {
            Taxonomy::Theme => Some(THEMES),
            Taxonomy::Public => Some(PUBLICS),
            Taxonomy::Method => Some(METHODS),
            Taxonomy::PolicySector => Some(SECTORS),
            Taxonomy::SdgGoal => Some(GOALS),
            Taxonomy::Axis | Taxonomy::SdgTarget => None,
        }
    }
}

/// Code lists with their runs, so that a test can tell when a list outgrows its run.
pub const LISTS: &[(&str, Bits, fn() -> usize)] = &[
    ("ProjectStatus", STATUS, || ProjectStatus::all().count()),
    ("ProjectStage", STAGE, || ProjectStage::all().count()),
    ("Licence", LICENCE, || Licence::all().count()),
    ("FundingInstrument", INSTRUMENTS, || FundingInstrument::all().count()),
    ("NeedKind", NEEDS, || NeedKind::all().count()),
    ("ActorKind", HOLDER_KINDS, || ActorKind::all().count()),
    ("LegalForm", LEGAL_FORM, || LegalForm::all().count()),
    ("AccreditationKind", ACCREDITATIONS, || AccreditationKind::all().count()),
];

/// One row for each project.
pub mod project_card {
    use crate::{
        At,
        ids::{OrganizationId, ProjectId},
    };
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "project_card")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub project_id: ProjectId,
        pub holder_id: OrganizationId,
        pub facts: i64,
        pub holder_facts: i64,
        pub themes: i64,
        pub publics: i64,
        pub ways: i64,
        /// Euro cents still sought; nothing if no open need names euros.
        pub sought: Option<i64>,
        /// `sought`, or -1: an index runs through it without gaps.
        pub sought_key: i64,
        pub published_at: Option<At>,
        /// `published_at`, or the smallest number: an index runs through it without gaps.
        pub published_key: i64,
        pub created_at: At,
        pub updated_at: At,
        pub title_key: String,
        pub started_on: Option<String>,
        /// Terms, territories and needs as JSON, so that a page of projects reads one table for them.
        pub parts: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// One row for each place a project is found under, and theme there.
pub mod project_entry {
    use crate::ids::{OrganizationId, ProjectId, TerritoryId};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "project_entry")]
    pub struct Model {
        /// A territory of the project or one around it; the nil id stands for everywhere.
        #[sea_orm(primary_key, auto_increment = false)]
        pub place_id: TerritoryId,
        /// 0 for the project itself, else 1 and the theme's position.
        #[sea_orm(primary_key, auto_increment = false)]
        pub theme: i16,
        #[sea_orm(primary_key, auto_increment = false)]
        pub published_key: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub project_id: ProjectId,
        pub holder_id: OrganizationId,
        pub facts: i64,
        pub holder_facts: i64,
        pub themes: i64,
        pub publics: i64,
        pub ways: i64,
        pub sought: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_fits_its_bits() {
        for (name, bits, count) in LISTS {
            assert!(bits.at(count() - 1).is_some(), "{name} outgrew its bits: widen it and bump VERSION");
        }
    }

    #[test]
    fn runs_do_not_overlap() {
        let runs = [
            STATUS,
            STAGE,
            LICENCE,
            INSTRUMENTS,
            NEEDS,
            HOLDER_KINDS,
            LEGAL_FORM,
            ACCREDITATIONS,
            GOALS,
            METHODS,
            SECTORS,
        ];
        for (place, one) in runs.iter().enumerate() {
            for other in runs.iter().skip(place + 1).filter(|other| other.column == one.column) {
                assert_eq!(one.mask() & other.mask(), 0, "{one:?} {other:?}");
            }
        }
        assert_eq!((STATUS.mask() | NEEDS.mask() | INSTRUMENTS.mask()) & (FUNDABLE | OPEN | OWN), 0);
    }

    #[test]
    fn bits_read_back() {
        let value = GOALS.at(0).unwrap() | GOALS.at(16).unwrap() | METHODS.at(3).unwrap();
        assert_eq!(GOALS.places(value).collect::<Vec<_>>(), [0, 16]);
        assert_eq!(METHODS.places(value).collect::<Vec<_>>(), [3]);
        assert!(THEMES.mask() > 0, "the sign stays free");
    }
}
