//! Filters: typed comparators, `and`/`or`/`not`, and the rules that hold for all of them.
//!
//! An omitted comparator is no condition; an explicit `null` is an error; `in: []` finds nothing.

use async_graphql::{Enum, ID, InputObject, InputType, MaybeUndefined};
use entity::codes::{
    AccreditationKind, ActorKind, ContractStatus, ContractStructure, EditionStatus, EvaluationMethodFamily,
    EvaluationStatus, EvidenceLevel, FundingInstrument, Independence, IndicatorLevel, InvitationState,
    LegalForm, Licence, MembershipRole, MembershipStatus, NeedKind, NeedState, PlatformRole, ProjectStage,
    ProjectStatus, TerritoryScale, UserStatus, Verification, WorkingGroupStatus,
};
use gql::scalars::{DateTime, MoneyInput};

/// Deepest nesting of `and`, `or`, `not`.
pub const DEEPEST: usize = 4;

/// Most conditions in one filter.
pub const MOST_CONDITIONS: usize = 50;

/// What a comparator asks, or a refusal of `null`.
pub fn given<'a, T>(asked: &'a MaybeUndefined<T>, name: &str) -> Result<Option<&'a T>, String> {
    match asked {
        MaybeUndefined::Undefined => Ok(None),
        MaybeUndefined::Null => {
            Err(format!("`{name}: null` is no condition; leave it out, or use `isNull`."))
        }
        MaybeUndefined::Value(value) => Ok(Some(value)),
    }
}

/// Comparators for one value out of a closed list.
#[derive(Clone, Debug, InputObject)]
#[graphql(
    concrete(name = "ProjectStageFilter", params(ProjectStage)),
    concrete(name = "ProjectStatusFilter", params(ProjectStatus)),
    concrete(name = "LicenceFilter", params(Licence)),
    concrete(name = "NeedKindFilter", params(NeedKind)),
    concrete(name = "NeedStateFilter", params(NeedState)),
    concrete(name = "FundingInstrumentFilter", params(FundingInstrument)),
    concrete(name = "ActorKindFilter", params(ActorKind)),
    concrete(name = "LegalFormFilter", params(LegalForm)),
    concrete(name = "AccreditationKindFilter", params(AccreditationKind)),
    concrete(name = "VerificationFilter", params(Verification)),
    concrete(name = "MembershipStatusFilter", params(MembershipStatus)),
    concrete(name = "MembershipRoleFilter", params(MembershipRole)),
    concrete(name = "InvitationStateFilter", params(InvitationState)),
    concrete(name = "UserStatusFilter", params(UserStatus)),
    concrete(name = "PlatformRoleFilter", params(PlatformRole)),
    concrete(name = "TerritoryScaleFilter", params(TerritoryScale)),
    concrete(name = "ContractStatusFilter", params(ContractStatus)),
    concrete(name = "ContractStructureFilter", params(ContractStructure)),
    concrete(name = "IndicatorLevelFilter", params(IndicatorLevel)),
    concrete(name = "EditionStatusFilter", params(EditionStatus)),
    concrete(name = "WorkingGroupStatusFilter", params(WorkingGroupStatus)),
    concrete(name = "EvaluationStatusFilter", params(EvaluationStatus)),
    concrete(name = "EvaluationMethodFamilyFilter", params(EvaluationMethodFamily)),
    concrete(name = "EvidenceLevelFilter", params(EvidenceLevel)),
    concrete(name = "IndependenceFilter", params(Independence)),
    concrete(name = "IDFilter", params(ID))
)]
pub struct OneOf<T: InputType> {
    /// Equals this.
    pub eq: MaybeUndefined<T>,
    /// Is one of these; an empty list finds nothing. At most 100.
    pub r#in: MaybeUndefined<Vec<T>>,
    /// Is none of these. At most 100.
    pub not_in: MaybeUndefined<Vec<T>>,
}

/// Text comparators; all ignore case and accents.
#[derive(Clone, Debug, InputObject)]
pub struct TextFilter {
    /// Equals this text.
    pub eq: MaybeUndefined<String>,
    /// Begins with this text.
    pub starts_with: MaybeUndefined<String>,
    /// Contains this text.
    pub contains: MaybeUndefined<String>,
}

/// Comparators for instants.
#[derive(Clone, Debug, InputObject)]
pub struct DateTimeFilter {
    /// At this instant or later.
    pub gte: MaybeUndefined<DateTime>,
    /// After this instant.
    pub gt: MaybeUndefined<DateTime>,
    /// At this instant or earlier.
    pub lte: MaybeUndefined<DateTime>,
    /// Before this instant.
    pub lt: MaybeUndefined<DateTime>,
}

/// Comparators for amounts; only amounts in the same currency compare.
#[derive(Clone, Debug, InputObject)]
pub struct MoneyFilter {
    /// At least this amount.
    pub gte: MaybeUndefined<MoneyInput>,
    /// At most this amount.
    pub lte: MaybeUndefined<MoneyInput>,
}

/// Comparators for codes of a vocabulary that a record carries any number of.
#[derive(Clone, Debug, InputObject)]
pub struct CodesFilter {
    /// Carries at least one of these codes; an empty list finds nothing. At most 100.
    pub some: MaybeUndefined<Vec<String>>,
    /// Carries none of these codes. At most 100.
    pub none: MaybeUndefined<Vec<String>>,
}

/// Which way an order runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum OrderDirection {
    /// Smallest, earliest or first letter first.
    Asc,
    /// Largest, latest or last letter first.
    Desc,
}

/// Where records without a value stand in an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum NullsOrder {
    /// Before all others.
    First,
    /// After all others.
    Last,
}

/// Counts what a filter asks, so that nobody nests or repeats without end.
#[derive(Default)]
pub struct Budget {
    depth: usize,
    conditions: usize,
}

impl Budget {
    /// One level down.
    pub fn deeper<T>(&mut self, visit: impl FnOnce(&mut Self) -> Result<T, String>) -> Result<T, String> {
        if self.depth == DEEPEST {
            return Err(format!("A filter may nest `and`, `or` and `not` {DEEPEST} levels deep, no deeper."));
        }
        self.depth += 1;
        let visited = visit(self);
        self.depth -= 1;
        visited
    }

    pub fn spend(&mut self, conditions: usize) -> Result<(), String> {
        self.conditions += conditions;
        if self.conditions > MOST_CONDITIONS {
            return Err(format!("A filter may have {MOST_CONDITIONS} conditions, no more."));
        }
        Ok(())
    }
}
