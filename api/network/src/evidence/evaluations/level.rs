//! Level of evidence: what a method can prove, and what a project's evaluations prove together (BR-20, BR-21). Pure.
//!
//! Scale: Nesta Standards of Evidence (2013), read with the Maryland scale. What is not here: who proposes and confirms
//! a level (5.6), and how independence is found (6.1).

use chrono::{Months, NaiveDate};

/// Level of evidence, the higher the better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EvidenceLevel {
    /// Not documented.
    E0,
    /// Argued theory of change.
    E1,
    /// Data that show a change.
    E2,
    /// Causality, with a comparison group.
    E3,
    /// Replicated independently.
    E4,
    /// Ready for scale, with a manual and confirmed replications.
    E5,
}

/// Way of evaluating.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EvaluationMethod {
    TheoryOfChange,
    UtiliteSociale,
    Monographie,
    ContributionAnalysis,
    MostSignificantChange,
    OutcomeHarvesting,
    OutcomesStar,
    KpiMonitoring,
    SimpleExPost,
    PrePost,
    HistoricalComparison,
    Matching,
    DiffInDiff,
    RegressionDiscontinuity,
    InstrumentalVariable,
    Rct,
    Sroi,
    CostAvoided,
    CostEffectiveness,
    CostBenefit,
    LiteratureReview,
    MetaAnalysis,
    Deliberative,
}

/// How free an evaluator is of those it judges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Independence {
    Independent,
    DeclaredConflict,
    Internal,
    Unknown,
}

/// Years after which a level has to be confirmed again.
const LASTS_YEARS: u32 = 5;

/// Highest level that an evaluation may be given.
///
/// The best of its methods counts. `used`: level of the causal estimate that a SROI or cost study, a review or a
/// meta-analysis takes from elsewhere; without one, they can account for an effect and not more.
pub fn ceiling(
    methods: &[EvaluationMethod],
    used: Option<EvidenceLevel>,
    independence: Independence,
) -> EvidenceLevel {
    let best = methods.iter().map(|method| of_method(*method, used)).max().unwrap_or(EvidenceLevel::E0);
    capped(best, independence)
}

fn capped(level: EvidenceLevel, independence: Independence) -> EvidenceLevel {
    match independence {
        Independence::Internal => level.min(EvidenceLevel::E2),
        Independence::Independent | Independence::DeclaredConflict | Independence::Unknown => level,
    }
}

fn of_method(method: EvaluationMethod, used: Option<EvidenceLevel>) -> EvidenceLevel {
    use EvaluationMethod as M;
    match method {
        M::TheoryOfChange
        | M::Monographie
        | M::KpiMonitoring
        | M::SimpleExPost
        // From here on not in BR-20: they argue from accounts and compare with nothing, like a monograph.
        | M::UtiliteSociale
        | M::ContributionAnalysis
        | M::MostSignificantChange
        | M::OutcomeHarvesting
        | M::Deliberative => EvidenceLevel::E1,
        M::PrePost | M::HistoricalComparison | M::OutcomesStar => EvidenceLevel::E2,
        M::Matching
        | M::DiffInDiff
        | M::RegressionDiscontinuity
        | M::InstrumentalVariable
        | M::Rct => EvidenceLevel::E3,
        // One evaluation proves E3 at most, whatever it is made of; reviews (not in BR-20) are no better than what
        // they review.
        M::Sroi | M::CostAvoided | M::CostEffectiveness | M::CostBenefit | M::LiteratureReview | M::MetaAnalysis => {
            used.map_or(EvidenceLevel::E1, |level| level.min(EvidenceLevel::E3))
        }
    }
}

/// A published evaluation, as far as a project's level depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published<S> {
    /// Level confirmed by a curator; what no single evaluation can prove (BR-20) is not counted.
    pub level: EvidenceLevel,
    pub published_on: NaiveDate,
    pub independence: Independence,
    /// Where it was done; an evaluation of no known site replicates nothing.
    pub sites: Vec<S>,
    /// Whether a finding of it is null or negative.
    pub is_contrary: bool,
}

/// What makes a project ready for scale.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scale {
    /// Whether a manual of it is published.
    pub has_manual: bool,
    /// Replications that the model's holder confirmed and that have accepted measurements.
    pub measured_replications: usize,
}

/// Level of a project, with what it rests on and what speaks against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Best level reached; E0 without a published evaluation.
    pub level: EvidenceLevel,
    /// Day from which it counts: that of the oldest evaluation that it needs; nothing at E0.
    pub since: Option<NaiveDate>,
    /// Whether that is more than 5 years ago: the level is then "to be confirmed".
    pub is_to_be_confirmed: bool,
    /// Places of the evaluations that it rests on.
    pub rests_on: Vec<usize>,
    /// Places of the evaluations with null or negative findings that are as good, or better; to be shown beside it.
    pub contrary: Vec<usize>,
}

/// What published evaluations prove together on a day.
pub fn standing<S: PartialEq>(published: &[Published<S>], scale: Scale, today: NaiveDate) -> Standing {
    let single = published.iter().map(level_of).max().unwrap_or(EvidenceLevel::E0);
    let (level, rests_on) = match replicated(published) {
        Some(pair) if scale.has_manual && scale.measured_replications >= 2 => (EvidenceLevel::E5, pair),
        Some(pair) => (EvidenceLevel::E4, pair),
        None => (single, latest_of(published, single)),
    };
    let since = rests_on.iter().filter_map(|n| published.get(*n)).map(|one| one.published_on).min();
    // No single evaluation is E4: those as good as what E4 rests on speak against it.
    let equal = level.min(EvidenceLevel::E3);
    let speaks_against = |one: &Published<S>| one.is_contrary && level_of(one) >= equal;
    Standing {
        level,
        since,
        is_to_be_confirmed: since.is_some_and(|since| has_lapsed(since, today)),
        contrary: places(published, speaks_against),
        rests_on,
    }
}

/// Whether a level of a day has lapsed; on the fifth anniversary it still holds.
pub fn has_lapsed(since: NaiveDate, today: NaiveDate) -> bool {
    since.checked_add_months(Months::new(12 * LASTS_YEARS)).is_some_and(|last| today > last)
}

fn level_of<S>(one: &Published<S>) -> EvidenceLevel {
    capped(one.level.min(EvidenceLevel::E3), one.independence)
}

fn places<S>(published: &[Published<S>], is_wanted: impl Fn(&Published<S>) -> bool) -> Vec<usize> {
    published.iter().enumerate().filter(|(_, one)| is_wanted(one)).map(|(n, _)| n).collect()
}

fn latest_of<S>(published: &[Published<S>], level: EvidenceLevel) -> Vec<usize> {
    let of_level = published.iter().enumerate().filter(|(_, one)| level_of(one) == level);
    of_level.max_by_key(|(_, one)| one.published_on).map(|(n, _)| n).into_iter().collect()
}

/// Two independent causal evaluations without a site in common: of all pairs, the one that lasts longest.
fn replicated<S: PartialEq>(published: &[Published<S>]) -> Option<Vec<usize>> {
    let counts = |one: &Published<S>| {
        level_of(one) == EvidenceLevel::E3
            && one.independence == Independence::Independent
            && !one.sites.is_empty()
    };
    let causal: Vec<(usize, &Published<S>)> =
        published.iter().enumerate().filter(|(_, one)| counts(one)).collect();
    let apart =
        |one: &Published<S>, other: &Published<S>| one.sites.iter().all(|site| !other.sites.contains(site));
    let pairs = causal
        .iter()
        .enumerate()
        .flat_map(|(n, one)| causal.iter().skip(n + 1).map(move |other| (one, other)));
    let lasting = pairs
        .filter(|((_, one), (_, other))| apart(one, other))
        .max_by_key(|((_, one), (_, other))| one.published_on.min(other.published_on));
    lasting.map(|((first, _), (second, _))| vec![*first, *second])
}

#[cfg(test)]
mod tests {
    use super::*;
    use EvaluationMethod as M;
    use EvidenceLevel::{E0, E1, E2, E3, E4, E5};
    use Independence::{DeclaredConflict, Independent, Internal, Unknown};

    const ALL: [EvaluationMethod; 23] = [
        M::TheoryOfChange,
        M::UtiliteSociale,
        M::Monographie,
        M::ContributionAnalysis,
        M::MostSignificantChange,
        M::OutcomeHarvesting,
        M::OutcomesStar,
        M::KpiMonitoring,
        M::SimpleExPost,
        M::PrePost,
        M::HistoricalComparison,
        M::Matching,
        M::DiffInDiff,
        M::RegressionDiscontinuity,
        M::InstrumentalVariable,
        M::Rct,
        M::Sroi,
        M::CostAvoided,
        M::CostEffectiveness,
        M::CostBenefit,
        M::LiteratureReview,
        M::MetaAnalysis,
        M::Deliberative,
    ];

    #[test]
    fn a_method_has_a_ceiling() {
        let table: &[(EvidenceLevel, &[EvaluationMethod])] = &[
            (E1, &[M::TheoryOfChange, M::Monographie, M::KpiMonitoring, M::SimpleExPost]),
            (E2, &[M::PrePost, M::HistoricalComparison, M::OutcomesStar]),
            (E3, &[M::Matching, M::DiffInDiff, M::RegressionDiscontinuity, M::InstrumentalVariable, M::Rct]),
        ];
        for (level, methods) in table {
            for method in *methods {
                assert_eq!(ceiling(&[*method], Some(E3), Independent), *level, "{method:?}");
            }
        }
    }

    #[test]
    fn money_takes_the_level_of_its_causal_estimate() {
        for method in [M::Sroi, M::CostAvoided, M::CostEffectiveness, M::CostBenefit, M::MetaAnalysis] {
            for (used, level) in [(None, E1), (Some(E1), E1), (Some(E2), E2), (Some(E3), E3), (Some(E5), E3)]
            {
                assert_eq!(ceiling(&[method], used, Independent), level, "{method:?} {used:?}");
            }
        }
        assert_eq!(ceiling(&[M::Sroi, M::DiffInDiff], None, Independent), E3);
    }

    #[test]
    fn an_internal_evaluation_is_capped_whatever_its_methods() {
        for method in ALL {
            for used in [None, Some(E0), Some(E2), Some(E3), Some(E5)] {
                let free = ceiling(&[method], used, Independent);
                assert_eq!(ceiling(&[method], used, Internal), free.min(E2), "{method:?} {used:?}");
                assert_eq!(ceiling(&[method], used, DeclaredConflict), free);
                assert_eq!(ceiling(&[method], used, Unknown), free);
                assert!(free <= E3, "{method:?}: one evaluation never proves a replication");
                assert!(ceiling(&[method, M::TheoryOfChange], used, Independent) >= free);
            }
        }
        assert_eq!(ceiling(&[], Some(E3), Independent), E0);
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn published(level: EvidenceLevel, on: &str, sites: &[&'static str]) -> Published<&'static str> {
        let sites = sites.to_vec();
        Published { level, published_on: day(on), independence: Independent, sites, is_contrary: false }
    }

    fn standing_of(
        published: &[Published<&str>],
        has_manual: bool,
        measured_replications: usize,
    ) -> Standing {
        standing(published, Scale { has_manual, measured_replications }, day("2026-11-22"))
    }

    #[test]
    fn four_and_five_are_earned_together() {
        let lyon = || published(E3, "2024-03-01", &["lyon"]);
        let lille = || published(E3, "2025-03-01", &["lille", "roubaix"]);
        let own = Published { independence: Internal, ..lille() };
        let both = published(E3, "2025-01-01", &["lyon", "nantes"]);
        let table = [
            ("nothing", vec![], true, 9, E0),
            ("one", vec![lyon()], true, 9, E3),
            ("two sites", vec![lyon(), lille()], false, 9, E4),
            ("and a manual", vec![lyon(), lille()], true, 1, E4),
            ("and two replications", vec![lyon(), lille()], true, 2, E5),
            ("replications without a second evaluation", vec![lyon()], true, 2, E3),
            ("same site", vec![lyon(), lyon()], true, 2, E3),
            ("a site in common", vec![lyon(), both], true, 2, E3),
            ("no site", vec![lyon(), published(E3, "2025-01-01", &[])], true, 2, E3),
            ("not independent", vec![lyon(), own], true, 2, E3),
            ("not causal", vec![lyon(), published(E2, "2025-01-01", &["lille"])], true, 2, E3),
            ("internal alone", vec![Published { independence: Internal, ..lyon() }], true, 2, E2),
            ("claimed", vec![published(E5, "2025-01-01", &["lille"])], true, 2, E3),
        ];
        for (case, published, has_manual, replications, level) in table {
            assert_eq!(standing_of(&published, has_manual, replications).level, level, "{case}");
        }
    }

    #[test]
    fn the_best_level_is_shown_with_its_date_and_what_speaks_against_it() {
        let contrary = |level, on| Published { is_contrary: true, ..published(level, on, &["brest"]) };
        let all = [
            published(E2, "2020-05-01", &[]),
            published(E2, "2023-05-01", &[]),
            contrary(E1, "2024-01-01"),
            contrary(E2, "2022-01-01"),
        ];
        let standing = standing_of(&all, false, 0);
        assert_eq!((standing.level, standing.since), (E2, Some(day("2023-05-01"))));
        assert_eq!((standing.rests_on, standing.contrary), (vec![1], vec![3]));
        assert!(!standing.is_to_be_confirmed);

        let pair = [
            published(E3, "2019-01-01", &["lyon"]),
            published(E3, "2023-01-01", &["lille"]),
            Published { is_contrary: true, ..published(E3, "2024-01-01", &["brest"]) },
        ];
        let standing = standing_of(&pair, false, 0);
        assert_eq!((standing.level, standing.since), (E4, Some(day("2023-01-01"))));
        assert_eq!((standing.rests_on, standing.contrary), (vec![1, 2], vec![2]));
    }

    #[test]
    fn a_level_lapses_after_five_years() {
        let since = day("2020-02-29");
        for (today, lapsed) in [("2020-03-01", false), ("2025-02-28", false), ("2025-03-01", true)] {
            assert_eq!(has_lapsed(since, day(today)), lapsed, "{today}");
        }
        let old = standing_of(&[published(E3, "2021-11-21", &["lyon"])], false, 0);
        assert!(old.level == E3 && old.is_to_be_confirmed);
        let fresh = standing_of(&[published(E3, "2021-11-22", &["lyon"])], false, 0);
        assert!(!fresh.is_to_be_confirmed);
        assert!(!has_lapsed(NaiveDate::MAX, NaiveDate::MAX));
    }
}
