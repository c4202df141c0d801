//! Code lists with their labels, so that no front end writes them again.

use super::term::Labels;
use crate::face::Door;
use async_graphql::{Context, Object, SimpleObject};
use entity::codes;

/// Closed list of codes, as an enum of the schema, with labels.
#[derive(Clone, Debug, SimpleObject)]
pub struct CodeList {
    /// Name of the enum in the schema.
    pub name: String,
    /// Version of the list.
    pub version: String,
    /// Codes in order; at most 100.
    pub codes: Vec<ListedCode>,
}

/// Code with its labels.
#[derive(Clone, Debug, SimpleObject)]
pub struct ListedCode {
    /// Code as in the enum.
    pub code: String,
    /// Label in the caller's language.
    pub label: String,
    /// Labels in both languages.
    pub labels: Labels,
}

#[derive(Clone, Copy, Default)]
pub struct CodeListQuery;

#[Object]
impl CodeListQuery {
    /// Code lists of the schema with French and English labels; at most 100.
    async fn code_lists(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Names of enums, such as `LegalForm`; all unless given. At most 100.")]
        names: Option<Vec<String>>,
    ) -> Vec<CodeList> {
        let english = ctx.store().facts().english;
        let wanted = |list: &CodeList| names.as_ref().is_none_or(|names| names.contains(&list.name));
        all(english).into_iter().filter(wanted).collect()
    }
}

fn all(english: bool) -> Vec<CodeList> {
    macro_rules! lists {
        ($($name:ident),+ $(,)?) => { vec![$(list::<codes::$name>(english)),+] };
    }
    lists![
        LegalForm,
        AccreditationKind,
        ActorKind,
        ProjectStage,
        FundingInstrument,
        TerritoryScale,
        TerritoryRole,
        NeedKind,
        NeedState,
        ReplicationStatus,
        Licence,
        CoHolderRole,
        ProjectStatus,
        Verification,
        MembershipRole,
        MembershipStatus,
        InvitationState,
        IdentifierScheme,
        ContactChannel,
        Visibility,
        UserStatus,
        PlatformRole,
        TokenScope,
        Taxonomy,
        IndicatorLevel,
        IndicatorValueType,
        IndicatorDirection,
        IndicatorAggregation,
        EditionStatus,
        WorkingGroupStatus,
        CommentState,
        IndicatorScheme,
        FrameworkItemKind,
        TheoryNodeKind,
        MeasurementState,
        DataSource,
        EvidenceLevel,
        EvaluationMethodFamily,
        EvaluationMethod,
        EvaluationStatus,
        EvaluationRole,
        EvaluationQuestion,
        EvaluationPurpose,
        Independence,
        FindingDirection,
        EffectMeasure,
        InterestNature,
    ]
}

fn list<C: codes::CodeList>(english: bool) -> CodeList {
    let codes = C::all().map(|code| ListedCode {
        code: code.code().to_owned(),
        label: (if english { code.en() } else { code.fr() }).to_owned(),
        labels: Labels { fr: code.fr().to_owned(), en: code.en().to_owned() },
    });
    CodeList { name: C::NAME.to_owned(), version: C::VERSION.to_owned(), codes: codes.collect() }
}
