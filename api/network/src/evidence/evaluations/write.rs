//! Planning evaluations, and writing what they find until they are delivered.

use super::{
    evaluation::Evaluation,
    finding::write::{FindingInput, check_findings, minor},
    hold::hold,
    state::is_editable,
};
use crate::{
    evidence::asked::{self, apply, at_most, listed},
    face::{Door, key, payload},
};
use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};
use door::{
    Error, Faults, Nullable, Result, UserErrorCode,
    authz::{Act, Event, Held, Store, Tx},
    fold::{fold, slug},
};
use entity::{
    codes::*,
    evidence::{evaluation, evaluation_party, finding},
    ids::{EvaluationId, OrganizationId, ProjectId},
    orgs::organization,
    projects::project,
};
use gql::scalars::{Date, MoneyInput, Url};
use sea_orm::{ColumnTrait, Set};
use std::collections::BTreeSet;

/// Organization that takes part in an evaluation beside its lead.
#[derive(Clone, Debug, InputObject)]
pub struct EvaluationPartyInput {
    /// Organization that takes part.
    pub organization_id: ID,
    /// Part it takes.
    pub role: EvaluationRole,
}

/// Five dimensions of impact; each at most 2,000 characters.
#[derive(Clone, Debug, Default, InputObject)]
pub struct FiveDimensionsInput {
    /// What changes.
    pub what: MaybeUndefined<String>,
    /// For whom.
    pub who: MaybeUndefined<String>,
    /// For how many.
    pub scale: MaybeUndefined<String>,
    /// How deeply.
    pub depth: MaybeUndefined<String>,
    /// For how long.
    pub duration: MaybeUndefined<String>,
    /// What would not have happened without it.
    pub contribution: MaybeUndefined<String>,
    /// What may go otherwise.
    pub risk: MaybeUndefined<String>,
}

/// What is said of an evaluation. What is left out stays; `null` clears.
#[derive(Clone, Debug, Default, InputObject)]
pub struct EvaluationDetailsInput {
    /// Questions it answers; replaces all.
    pub questions: MaybeUndefined<Vec<EvaluationQuestion>>,
    /// What it is for; replaces all.
    pub purposes: MaybeUndefined<Vec<EvaluationPurpose>>,
    /// Ways of evaluating; replaces all.
    pub methods: MaybeUndefined<Vec<EvaluationMethod>>,
    /// How it is designed; at most 5,000 characters.
    pub design: MaybeUndefined<String>,
    /// First day of the period that is studied.
    pub period_start: MaybeUndefined<Date>,
    /// Last day of the period that is studied.
    pub period_end: MaybeUndefined<Date>,
    /// Codes of the territories where it is done; replaces all. At most 50.
    pub sites: MaybeUndefined<Vec<String>>,
    /// Who evaluates with the lead, and who pays; replaces all. At most 50.
    pub parties: MaybeUndefined<Vec<EvaluationPartyInput>>,
    /// Conflicts of interest that the evaluators declare; replaces all. At most 20, of at most 500 characters.
    pub declared_conflicts: MaybeUndefined<Vec<String>>,
    /// What the evaluators set out to do; at most 20,000 characters. Stays as registered.
    pub protocol: MaybeUndefined<String>,
    /// Address of the protocol. Stays as registered.
    pub protocol_url: MaybeUndefined<Url>,
    /// First day of the data that it uses.
    pub data_from: MaybeUndefined<Date>,
    /// People or units studied with the treatment.
    pub sample_treated_count: MaybeUndefined<i32>,
    /// People or units studied without it.
    pub sample_comparison_count: MaybeUndefined<i32>,
    /// What it found, in order; replaces all. At most 100.
    pub findings: MaybeUndefined<Vec<FindingInput>>,
    /// What it cannot say; at most 5,000 characters.
    pub limits: MaybeUndefined<String>,
    /// Five dimensions of impact.
    pub five_dimensions: Option<FiveDimensionsInput>,
    /// What it cost.
    pub cost: MaybeUndefined<MoneyInput>,
    /// Maryland Scientific Methods Scale, 1 to 5.
    pub sms_level: MaybeUndefined<i32>,
    /// Level of the causal estimate that a SROI, cost study or review takes from elsewhere.
    pub causal_level: MaybeUndefined<EvidenceLevel>,
    /// Summary; at most 5,000 characters.
    pub summary: MaybeUndefined<String>,
    /// Whether members of the network may read the summary once delivered.
    pub is_summary_shared: Option<bool>,
    /// Address of the report.
    pub report_url: MaybeUndefined<Url>,
    /// Address of the data behind it.
    pub dataset_url: MaybeUndefined<Url>,
}

/// Plans an evaluation of a project.
#[derive(Clone, Debug, InputObject)]
pub struct EvaluationPlanInput {
    /// Project to study.
    pub project_id: ID,
    /// Organization that asks for it.
    pub commissioner_id: ID,
    /// Organization that leads it.
    pub lead_id: ID,
    /// Title; at most 200 characters.
    pub title: String,
    /// Family of its methods.
    pub family: EvaluationMethodFamily,
    #[graphql(flatten)]
    pub details: EvaluationDetailsInput,
}

/// Changes an evaluation that is not delivered yet.
#[derive(Clone, Debug, InputObject)]
pub struct EvaluationUpdateInput {
    /// Evaluation to change.
    pub id: ID,
    /// Version that was read; refuses if it has changed since.
    pub if_version: Option<String>,
    /// New title; at most 200 characters.
    pub title: Option<String>,
    /// New family of methods.
    pub family: Option<EvaluationMethodFamily>,
    #[graphql(flatten)]
    pub details: EvaluationDetailsInput,
}

payload! {
    /// Outcome of `evaluationPlan`.
    EvaluationPlanPayload {
        /// Evaluation as it is now: planned, and seen by its parties only.
        evaluation: Evaluation
    }
}

payload! {
    /// Outcome of `evaluationUpdate`.
    EvaluationUpdatePayload {
        /// Evaluation as it is now.
        evaluation: Evaluation
    }
}

#[derive(Clone, Copy, Default)]
pub struct EvaluationWriteMutation;

#[Object]
impl EvaluationWriteMutation {
    /// Plans an evaluation; for editors of its lead or its commissioner.
    ///
    /// Errors: `NOT_FOUND`, `BLANK`, `TOO_LONG`, `INVALID`, `OUT_OF_RANGE`; top level: `FORBIDDEN`.
    async fn evaluation_plan(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to plan.")] input: EvaluationPlanInput,
    ) -> Nullable<EvaluationPlanPayload> {
        payload(plan(ctx.store(), input).await)
    }

    /// Changes plan and findings until delivery; for the lead's editors and evaluation leads.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `BLANK`, `TOO_LONG`, `INVALID`, `OUT_OF_RANGE`; top
    /// level: `FORBIDDEN`.
    async fn evaluation_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: EvaluationUpdateInput,
    ) -> Nullable<EvaluationUpdatePayload> {
        payload(update(ctx.store(), input).await)
    }
}

async fn plan(store: &Store, input: EvaluationPlanInput) -> Result<Evaluation> {
    let mut tx = store.begin().await?;
    let wanted = project::Column::Id.eq(key::<ProjectId>(&input.project_id)?);
    let project = tx.see::<project::Entity>().filter(wanted).one().await?;
    let project = project.ok_or_else(|| Error::not_found(&["input", "projectId"]))?;
    let (lead, commissioner) =
        (key::<OrganizationId>(&input.lead_id)?, key::<OrganizationId>(&input.commissioner_id)?);
    let mut faults = Faults::default();
    let title = faults.required(Some(input.title), &["input", "title"], 200);
    let (id, now) = (EvaluationId::fresh(), store.now());
    let none = || serde_json::json!([]);
    let mut row = evaluation::ActiveModel {
        id: Set(id),
        slug: Set(slug(&title, id)),
        project_id: Set(project.id),
        holder_id: Set(project.holder_id),
        commissioner_id: Set(commissioner),
        lead_id: Set(lead),
        title_key: Set(fold(&title)),
        title: Set(title),
        questions: Set(none()),
        purposes: Set(none()),
        family: Set(input.family),
        methods: Set(none()),
        sites: Set(none()),
        independence: Set(Independence::Unknown),
        independence_reasons: Set(none()),
        independence_declared: Set(none()),
        is_summary_shared: Set(false),
        status: Set(EvaluationStatus::Planned),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
        ..unsaid()
    };
    tx.may_create::<evaluation::Entity>(&row)?;
    for (field, organization) in [("leadId", lead), ("commissionerId", commissioner)] {
        let wanted = organization::Column::Id.eq(organization);
        if tx.see::<organization::Entity>().filter(wanted).one().await?.is_none() {
            faults.add(UserErrorCode::NotFound, &["input", field], "No such organization.");
        }
    }
    let parts = input.details.check(&tx, &project, &mut row, &mut faults).await?;
    faults.none_or_refuse()?;
    let held = tx.create::<evaluation::Entity>(row).await?;
    parts.write(&mut tx, &held).await?;
    tx.commit(Event::of("evaluationPlan")).await?;
    Ok(Evaluation(held.into_row()))
}

/// A row of which nothing optional is said.
fn unsaid() -> evaluation::ActiveModel {
    use sea_orm::{ActiveModelTrait, Iterable, sea_query::Value};
    let mut row = <evaluation::ActiveModel as Default>::default();
    for column in evaluation::Column::iter().filter(|column| column.def().is_null()) {
        let empty = match column.def().get_column_type() {
            sea_orm::ColumnType::BigInteger => Value::BigInt(None),
            sea_orm::ColumnType::Integer => Value::Int(None),
            sea_orm::ColumnType::Uuid => Value::Uuid(None),
            _ => Value::String(None),
        };
        row.set(column, empty);
    }
    row
}

async fn update(store: &Store, input: EvaluationUpdateInput) -> Result<Evaluation> {
    let mut tx = store.begin().await?;
    let held = hold(&tx, &input.id, Act::Edit, input.if_version.as_deref()).await?;
    if !is_editable(held.status) {
        return Err(Error::state(format!("An evaluation that is {} cannot change.", held.status)));
    }
    let wanted = project::Column::Id.eq(held.project_id);
    let project = tx.see::<project::Entity>().filter(wanted).one().await?;
    let project = project.ok_or_else(|| Error::not_found(&["input", "id"]))?;
    let mut faults = Faults::default();
    let is_registered = held.registered_at.is_some();
    if is_registered && !(input.details.protocol.is_undefined() && input.details.protocol_url.is_undefined())
    {
        faults.add(UserErrorCode::StateInvalid, &["input", "protocol"], "The protocol stays as registered.");
    }
    let mut row = <evaluation::ActiveModel as Default>::default();
    if let Some(title) = input.title {
        let title = faults.required(Some(title), &["input", "title"], 200);
        row.title_key = Set(fold(&title));
        row.title = Set(title);
    }
    if let Some(family) = input.family {
        row.family = Set(family);
    }
    let parts = input.details.check(&tx, &project, &mut row, &mut faults).await?;
    faults.none_or_refuse()?;
    let held = tx.update(held, |held| apply(held, &row)).await?;
    parts.write(&mut tx, &held).await?;
    tx.commit(Event::of("evaluationUpdate")).await?;
    Ok(Evaluation(held.into_row()))
}

/// Parts to write once the row is held; what is absent stays.
struct Parts {
    parties: Option<Vec<evaluation_party::ActiveModel>>,
    findings: Option<Vec<finding::ActiveModel>>,
}

impl Parts {
    async fn write(self, tx: &mut Tx, held: &Held<evaluation::Entity>) -> Result<()> {
        if let Some(parties) = self.parties {
            tx.replace::<evaluation_party::Entity>(held, parties).await?;
        }
        if let Some(findings) = self.findings {
            tx.replace::<finding::Entity>(held, findings).await?;
        }
        Ok(())
    }
}

fn listing<C: CodeList + Ord>(
    asked: &MaybeUndefined<Vec<C>>,
    column: &mut sea_orm::ActiveValue<serde_json::Value>,
) {
    if let Some(list) = listed(asked) {
        let list: BTreeSet<C> = list.into_iter().collect();
        *column = Set(list.into_iter().map(CodeList::code).collect::<Vec<_>>().into());
    }
}

impl EvaluationDetailsInput {
    async fn check(
        self,
        tx: &Tx,
        project: &project::Model,
        row: &mut evaluation::ActiveModel,
        faults: &mut Faults,
    ) -> Result<Parts> {
        let parties = match listed(&self.parties) {
            Some(list) => Some(check_parties(tx, &list, faults).await?),
            None => None,
        };
        let findings = match listed(&self.findings) {
            Some(list) => Some(check_findings(tx, project, list, faults).await?),
            None => None,
        };
        if let Some(sites) = listed(&self.sites)
            && at_most(sites.len(), 50, &["input", "sites"], faults)
        {
            asked::territories(tx, &sites, &["input", "sites"], faults).await?;
            row.sites =
                Set(sites.into_iter().collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().into());
        }
        if let Some(list) = listed(&self.declared_conflicts) {
            at_most(list.len(), 20, &["input", "declaredConflicts"], faults);
            let text = |(place, text): (usize, String)| {
                faults.required(Some(text), &["input", "declaredConflicts", &place.to_string()], 500)
            };
            row.independence_declared =
                Set(list.into_iter().take(20).enumerate().map(text).collect::<Vec<_>>().into());
        }
        self.check_values(row, faults);
        Ok(Parts { parties, findings })
    }

    fn check_values(self, row: &mut evaluation::ActiveModel, faults: &mut Faults) {
        listing(&self.questions, &mut row.questions);
        listing(&self.purposes, &mut row.purposes);
        listing(&self.methods, &mut row.methods);
        asked::text(self.design, &["input", "design"], 5_000, faults, &mut row.design);
        asked::date(self.period_start, &mut row.period_start);
        asked::date(self.period_end, &mut row.period_end);
        asked::text(self.protocol, &["input", "protocol"], 20_000, faults, &mut row.protocol);
        asked::url(self.protocol_url, &mut row.protocol_url);
        asked::date(self.data_from, &mut row.data_from);
        asked::count(
            self.sample_treated_count,
            &["input", "sampleTreatedCount"],
            faults,
            &mut row.sample_treated,
        );
        asked::count(
            self.sample_comparison_count,
            &["input", "sampleComparisonCount"],
            faults,
            &mut row.sample_comparison,
        );
        asked::text(self.limits, &["input", "limits"], 5_000, faults, &mut row.limits);
        asked::text(self.summary, &["input", "summary"], 5_000, faults, &mut row.summary);
        asked::url(self.report_url, &mut row.report_url);
        asked::url(self.dataset_url, &mut row.dataset_url);
        asked::value(self.causal_level, &mut row.causal_level, |level| level);
        if let Some(is_shared) = self.is_summary_shared {
            row.is_summary_shared = Set(is_shared);
        }
        if self.sms_level.value().is_some_and(|level| !(1..=5).contains(level)) {
            faults.add(UserErrorCode::OutOfRange, &["input", "smsLevel"], "The scale goes from 1 to 5.");
        }
        asked::value(self.sms_level, &mut row.sms_level, |level| level);
        match self.cost {
            MaybeUndefined::Undefined => {}
            MaybeUndefined::Null => (row.cost_minor, row.currency) = (Set(None), Set(None)),
            MaybeUndefined::Value(cost) => {
                row.cost_minor = Set(minor(&cost, &["input", "cost"], faults));
                row.currency = Set(Some(cost.currency.0));
            }
        }
        if let Some(five) = self.five_dimensions {
            for (field, text, column) in [
                ("what", five.what, &mut row.dim_what),
                ("who", five.who, &mut row.dim_who),
                ("scale", five.scale, &mut row.dim_scale),
                ("depth", five.depth, &mut row.dim_depth),
                ("duration", five.duration, &mut row.dim_duration),
                ("contribution", five.contribution, &mut row.dim_contribution),
                ("risk", five.risk, &mut row.dim_risk),
            ] {
                asked::text(text, &["input", "fiveDimensions", field], 2_000, faults, column);
            }
        }
    }
}

async fn check_parties(
    tx: &Tx,
    list: &[EvaluationPartyInput],
    faults: &mut Faults,
) -> Result<Vec<evaluation_party::ActiveModel>> {
    at_most(list.len(), 50, &["input", "parties"], faults);
    let ids =
        list.iter().map(|one| key::<OrganizationId>(&one.organization_id)).collect::<Result<Vec<_>>>()?;
    let known = organization::Column::Id.is_in(ids.iter().copied());
    let known: BTreeSet<_> =
        tx.see::<organization::Entity>().filter(known).all().await?.into_iter().map(|row| row.id).collect();
    let mut kept = BTreeSet::new();
    for (place, (one, id)) in list.iter().zip(ids).take(50).enumerate() {
        if !known.contains(&id) {
            let path = ["input", "parties", &place.to_string(), "organizationId"];
            faults.add(UserErrorCode::NotFound, &path, "No such organization.");
        }
        kept.insert((id, one.role));
    }
    let row = |(organization_id, role)| evaluation_party::ActiveModel {
        organization_id: Set(organization_id),
        role: Set(role),
        ..Default::default()
    };
    Ok(kept.into_iter().map(row).collect())
}
