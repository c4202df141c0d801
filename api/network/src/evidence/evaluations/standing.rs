//! What evaluations of a project prove together (domain BR-20, BR-21), over the pure rules in `level`.

use super::{
    evaluation::{Evaluation, codes},
    level::{self, Published, Scale},
};
use crate::projects::measured_replications;
use async_graphql::SimpleObject;
use door::{
    Result,
    authz::{Lookup, Store},
};
use entity::{
    codes::*,
    evidence::{evaluation, finding},
    ids::ProjectId,
    projects::project,
};
use gql::scalars::Date;
use sea_orm::{ColumnTrait, Condition};
use std::collections::HashMap;

/// What published evaluations of a project prove together, and what speaks against it.
#[derive(Clone, SimpleObject)]
pub struct EvidenceStanding {
    /// Best level reached; `E0` without a published evaluation.
    pub level: EvidenceLevel,
    /// Day from which it counts; `null` at `E0`.
    pub since: Option<Date>,
    /// Whether that is more than five years ago: the level is then to be confirmed (domain BR-21).
    pub is_to_be_confirmed: bool,
    /// Evaluations that it rests on; at most 10.
    pub rests_on: Vec<Evaluation>,
    /// Whether a manual tells others how to do the same; `E5` needs one.
    pub has_manual: bool,
    /// Confirmed replications whose own projects show measurements to everybody; `E5` needs two.
    pub measured_replication_count: i32,
    /// Evaluations as good or better that found no effect or harm; at most 100. Show them beside the level.
    pub contrary: Vec<Evaluation>,
}

/// Standing of a project: three statements for many projects.
pub async fn standing_of(store: &Store, project: &project::Model) -> Result<EvidenceStanding> {
    let (rows, measured_replications) = futures_util::try_join!(
        store.batched(PublishedOf, project.id),
        measured_replications(store, project.id)
    )?;
    let rows = rows.unwrap_or_default();
    let findings = rows.iter().map(|row| store.parts::<finding::Entity>(row.id));
    let findings = futures_util::future::try_join_all(findings).await?;
    let day = |at: entity::At| chrono::DateTime::from_timestamp_micros(at.0).unwrap_or_default().date_naive();
    let published: Vec<_> = rows
        .iter()
        .zip(&findings)
        .map(|(row, findings)| Published {
            level: row.confirmed_level.map_or(level::EvidenceLevel::E0, level_in),
            published_on: day(row.published_at.unwrap_or(row.updated_at)),
            independence: independence_in(row.independence),
            sites: codes::<String>(&row.sites),
            is_contrary: findings.iter().any(|finding| {
                matches!(finding.direction, FindingDirection::Null | FindingDirection::Negative)
            }),
        })
        .collect();
    let scale = Scale { has_manual: project.manual_url.is_some(), measured_replications };
    let found = level::standing(&published, scale, day(store.now()));
    let shown = |places: &[usize]| {
        places.iter().filter_map(|place| rows.get(*place).cloned().map(Evaluation)).collect()
    };
    Ok(EvidenceStanding {
        level: level_out(found.level),
        since: found.since.map(|day| Date(day.to_string())),
        is_to_be_confirmed: found.is_to_be_confirmed,
        rests_on: shown(&found.rests_on),
        has_manual: scale.has_manual,
        measured_replication_count: i32::try_from(measured_replications).unwrap_or(i32::MAX),
        contrary: shown(&found.contrary),
    })
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct PublishedOf;

impl Lookup for PublishedOf {
    type Key = ProjectId;
    type Value = Vec<evaluation::Model>;

    async fn find(
        self,
        store: Store,
        keys: Vec<ProjectId>,
    ) -> Result<HashMap<ProjectId, Vec<evaluation::Model>>> {
        let wanted = Condition::all()
            .add(evaluation::Column::ProjectId.is_in(keys))
            .add(evaluation::Column::Status.eq(EvaluationStatus::Published));
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        let seen = store.see::<evaluation::Entity>().filter(wanted).ascending(evaluation::Column::Id);
        for row in seen.all().await? {
            found.entry(row.project_id).or_default().push(row);
        }
        Ok(found)
    }
}

/// Highest level that methods and independence allow.
pub fn ceiling_of(row: &evaluation::Model) -> EvidenceLevel {
    let methods: Vec<_> = codes::<EvaluationMethod>(&row.methods).into_iter().map(method_in).collect();
    let used = row.causal_level.map(level_in);
    level_out(level::ceiling(&methods, used, independence_in(row.independence)))
}

macro_rules! same {
    ($($name:ident $out:ident $ty:ident { $($item:ident),+ $(,)? })+) => {$(
        pub const fn $name(code: $ty) -> level::$ty {
            match code { $($ty::$item => level::$ty::$item),+ }
        }

        #[allow(dead_code, reason = "not all lists come back")]
        pub const fn $out(code: level::$ty) -> $ty {
            match code { $(level::$ty::$item => $ty::$item),+ }
        }
    )+};
}

same! {
    level_in level_out EvidenceLevel { E0, E1, E2, E3, E4, E5 }
    independence_in independence_out Independence { Independent, DeclaredConflict, Internal, Unknown }
    method_in method_out EvaluationMethod {
        TheoryOfChange, UtiliteSociale, Monographie, ContributionAnalysis, MostSignificantChange, OutcomeHarvesting,
        OutcomesStar, KpiMonitoring, SimpleExPost, PrePost, HistoricalComparison, Matching, DiffInDiff,
        RegressionDiscontinuity, InstrumentalVariable, Rct, Sroi, CostAvoided, CostEffectiveness, CostBenefit,
        LiteratureReview, MetaAnalysis, Deliberative,
    }
}
