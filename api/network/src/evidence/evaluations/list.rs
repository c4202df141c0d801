//! Which evaluations there are.

use super::{evaluation::Evaluation, state};
use crate::face::{
    Conditions, Door,
    filter::{Budget, OneOf, given},
    key, list,
};
use async_graphql::{Context, ID, InputObject, Object};
use door::{
    Error, Nullable, Result,
    authz::{Ask, Direction, Sort},
    nullable,
};
use entity::{
    At,
    codes::*,
    evidence::evaluation,
    ids::{EvaluationId, OrganizationId, ProjectId},
};
use gql::connection::{Connection, Paging};
use sea_orm::{ColumnTrait, Condition, sea_query::ExprTrait};

/// Conditions on evaluations; all that are given have to hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct EvaluationFilter {
    /// By project.
    pub project: Option<OneOf<ID>>,
    /// By lead.
    pub lead: Option<OneOf<ID>>,
    /// By state.
    pub status: Option<OneOf<EvaluationStatus>>,
    /// By family of methods.
    pub family: Option<OneOf<EvaluationMethodFamily>>,
    /// By confirmed level of evidence; published ones only.
    pub evidence_level: Option<OneOf<EvidenceLevel>>,
    /// By independence.
    pub independence: Option<OneOf<Independence>>,
}

#[derive(Clone, Copy, Default)]
pub struct EvaluationQuery;

#[Object]
impl EvaluationQuery {
    /// Evaluation by id; `null` if there is none for the viewer.
    async fn evaluation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the evaluation.")] id: ID,
    ) -> Nullable<Evaluation> {
        let found = match key::<EvaluationId>(&id) {
            Ok(key) => ctx.store().load::<evaluation::Entity>(key).await,
            Err(error) => Err(error),
        };
        nullable(found.map(|row| row.map(Evaluation)))
    }

    /// Evaluations the viewer sees, latest publication first. Errors: `BAD_USER_INPUT`, `CURSOR_MISMATCH`.
    async fn evaluations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Conditions that all have to hold.")] filter: Option<EvaluationFilter>,
        #[graphql(desc = "Size of a page going forward, 1 to 100; 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go forward from.")] after: Option<String>,
        #[graphql(desc = "Size of a page going backward, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go backward from.")] before: Option<String>,
    ) -> Nullable<Connection<Evaluation>> {
        let paging = Paging { first, after, last, before };
        list(ctx.store(), ask("evaluations", filter.as_ref(), paging, ctx.store().now())).await
    }
}

/// Page of evaluations, latest publication first.
///
/// `now` decides which delivered ones are ready.
pub fn ask(
    name: &str,
    filter: Option<&EvaluationFilter>,
    paging: Paging,
    now: At,
) -> Result<Ask<evaluation::Entity>> {
    use evaluation::Column;
    let window = paging.window().map_err(Error::bad_input)?;
    let mut budget = Budget::default();
    let mut all = Conditions::new(&mut budget);
    if let Some(filter) = filter {
        all.one_of("project", filter.project.as_ref(), Column::ProjectId, |id| {
            Ok(key::<ProjectId>(id)?.into())
        })?;
        all.one_of("lead", filter.lead.as_ref(), Column::LeadId, |id| Ok(key::<OrganizationId>(id)?.into()))?;
        all.add(in_state(filter.status.as_ref(), now)?)?;
        all.one_of("family", filter.family.as_ref(), Column::Family, |code| Ok((*code).into()))?;
        all.one_of("independence", filter.independence.as_ref(), Column::Independence, |code| {
            Ok((*code).into())
        })?;
        if filter.evidence_level.is_some() {
            // Levels of unpublished ones are not for everybody; nobody finds out by asking.
            all.add(Column::Status.eq(EvaluationStatus::Published))?;
        }
        all.one_of("evidenceLevel", filter.evidence_level.as_ref(), Column::ConfirmedLevel, |code| {
            Ok((*code).into())
        })?;
    }
    let order = vec![
        Sort::by(Column::PublishedAt, Direction::Descending),
        Sort::by(Column::Id, Direction::Descending),
    ];
    Ok(Ask::new(name, Condition::all().add(all.done()), &format!("{filter:?}"), order, window))
}

/// Evaluations that are in these states at this moment: time makes delivered ones ready.
fn in_state(asked: Option<&OneOf<EvaluationStatus>>, now: At) -> Result<Condition> {
    use evaluation::Column::{DeliveredAt, Status};
    let Some(asked) = asked else { return Ok(Condition::all()) };
    let mut all = Condition::all();
    let state = |status: EvaluationStatus| {
        let stepped_to = Condition::all().add(Status.eq(status));
        let over = || DeliveredAt.lte(now.plus(-state::REPLY));
        match status {
            EvaluationStatus::Delivered => stepped_to.add(over().not()),
            EvaluationStatus::Ready => {
                let by_time = Condition::all().add(Status.eq(EvaluationStatus::Delivered)).add(over());
                Condition::any().add(stepped_to).add(by_time)
            }
            _ => stepped_to,
        }
    };
    let any = |list: &[EvaluationStatus]| {
        // An empty list finds nothing.
        let none = Condition::any().add(Status.is_in(Vec::<EvaluationStatus>::new()));
        list.iter().fold(none, |any, status| any.add(state(*status)))
    };
    if let Some(equal) = given(&asked.eq, "status.eq").map_err(Error::bad_input)? {
        all = all.add(state(*equal));
    }
    if let Some(list) = given(&asked.r#in, "status.in").map_err(Error::bad_input)? {
        all = all.add(any(list));
    }
    if let Some(list) = given(&asked.not_in, "status.notIn").map_err(Error::bad_input)? {
        all = all.add(any(list).not());
    }
    Ok(all)
}
