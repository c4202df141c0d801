//! The evaluation as the API shows it: its existence once registered, all of it once published.

use super::{
    finding::Finding,
    independence::{IndependenceTie, Reason},
    standing,
    state::{self, Step, after, is_editable, is_evaluators_alone, takes_confirmation, takes_proposals},
};
use crate::{
    evidence::{measurements::write::day, permissions::OwnViewerPermissions},
    face::{Door, ViewerPermission},
    orgs::Organization,
    projects::Project,
};
use async_graphql::{Context, ID, Object, SimpleObject};
use door::{
    Nullable,
    authz::{Act, Policy, Power, Store, Viewer, evaluates},
    nullable,
};
use entity::{
    At,
    codes::*,
    evidence::{evaluation, evaluation_party, finding, sroi_model},
    ids::OrganizationId,
    orgs::organization,
    projects::project,
};
use gql::scalars::{Date, DateTime, Markdown, Money, Url};
use std::str::FromStr;

/// Study of a project by others.
#[derive(Clone)]
pub struct Evaluation(pub evaluation::Model);

impl From<evaluation::Model> for Evaluation {
    fn from(row: evaluation::Model) -> Self {
        Self(row)
    }
}

/// Organization that takes part in an evaluation beside its lead.
#[derive(Clone)]
pub struct EvaluationParty(evaluation_party::Model);

/// Organization that takes part in an evaluation beside its lead.
#[Object]
impl EvaluationParty {
    /// Organization that takes part.
    async fn organization(&self, ctx: &Context<'_>) -> Nullable<Organization> {
        organization_of(ctx.store(), self.0.organization_id).await
    }

    /// Part it takes.
    async fn role(&self) -> EvaluationRole {
        self.0.role
    }
}

async fn organization_of(store: &Store, id: OrganizationId) -> Nullable<Organization> {
    nullable(store.load::<organization::Entity>(id).await.map(|row| row.map(Organization)))
}

/// Tie between evaluators and those they judge.
#[derive(Clone)]
pub struct IndependenceReason(Reason<String>);

/// Tie between evaluators and those they judge.
#[Object]
impl IndependenceReason {
    /// Kind of tie.
    async fn tie(&self) -> IndependenceTie {
        self.0.tie
    }

    /// Organizations it runs through, from the evaluator to the judged; at most 50.
    async fn chain(&self, ctx: &Context<'_>) -> Nullable<Vec<Organization>> {
        let ids = self.0.chain.iter().filter_map(|id| OrganizationId::from_str(id).ok());
        let rows = ids.map(|id| ctx.store().load::<organization::Entity>(id));
        let rows = futures_util::future::try_join_all(rows).await;
        nullable(rows.map(|rows| Some(rows.into_iter().flatten().map(Organization).collect())))
    }

    /// What is declared, in the evaluators' words.
    async fn text(&self) -> Option<&str> {
        self.0.text.as_deref()
    }
}

/// Five dimensions of impact (Impact Management Project).
#[derive(Clone, Debug, SimpleObject)]
pub struct FiveDimensions {
    /// What changes.
    pub what: Option<Markdown>,
    /// For whom.
    pub who: Option<Markdown>,
    /// For how many.
    pub scale: Option<Markdown>,
    /// How deeply.
    pub depth: Option<Markdown>,
    /// For how long.
    pub duration: Option<Markdown>,
    /// What would not have happened without it.
    pub contribution: Option<Markdown>,
    /// What may go otherwise.
    pub risk: Option<Markdown>,
}

/// What the viewer may do to a part of an evaluation: it is written with the whole.
pub(super) fn permissions_within(viewer: &Viewer, whole: &evaluation::Model) -> OwnViewerPermissions {
    let may = evaluation::Entity::allows(viewer, Act::Edit, whole);
    OwnViewerPermissions { update: ViewerPermission::judge(viewer, may, is_editable(whole.status)) }
}

/// What the viewer may do to an evaluation now.
#[derive(Clone, Debug, SimpleObject)]
pub struct EvaluationViewerPermissions {
    /// `evaluationUpdate`, `sroiModelWrite`.
    pub update: ViewerPermission,
    /// `evaluationRegister`.
    pub register: ViewerPermission,
    /// `evaluationStart`.
    pub start: ViewerPermission,
    /// `evaluationDeliver`.
    pub deliver: ViewerPermission,
    /// `evaluationReply`.
    pub reply: ViewerPermission,
    /// `evaluationPublish`.
    pub publish: ViewerPermission,
    /// `evaluationCancel`.
    pub cancel: ViewerPermission,
    /// `evaluationGrantAccess`.
    pub grant_access: ViewerPermission,
    /// `evaluationRevokeAccess`.
    pub revoke_access: ViewerPermission,
    /// `evaluationProposeLevel`.
    pub propose_level: ViewerPermission,
    /// `evaluationConfirmLevel`.
    pub confirm_level: ViewerPermission,
}

pub(crate) fn codes<C: FromStr>(list: &serde_json::Value) -> Vec<C> {
    let texts = list.as_array().into_iter().flatten();
    texts.filter_map(|text| text.as_str()?.parse().ok()).collect()
}

/// State of a row at this moment.
pub(super) fn status_of(row: &evaluation::Model, now: At) -> EvaluationStatus {
    state::now(row.status, row.delivered_at, now)
}

macro_rules! open {
    ($self:ident, $ctx:ident, $coordinate:literal, $value:expr) => {
        $ctx.store().reveal::<evaluation::Entity, _>($coordinate, &$self.0, || $value)
    };
}

/// Study of a project by others.
///
/// Who sees it: that it exists, who does it, and its independence, everybody once it is registered; all of it, null and
/// negative findings and the subject's reply included, everybody once it is published; its parties at all times.
#[Object]
impl Evaluation {
    /// Id, `eva_…`.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Readable, unique and lasting name in addresses.
    async fn slug(&self) -> &str {
        &self.0.slug
    }

    /// Version, for `ifVersion`.
    async fn version(&self) -> String {
        self.0.version.to_string()
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at.0)
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at.0)
    }

    /// Title.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// Project that is studied.
    async fn project(&self, ctx: &Context<'_>) -> Nullable<Project> {
        let row = ctx.store().load::<project::Entity>(self.0.project_id).await;
        nullable(row.map(|row| row.map(Project)))
    }

    /// Organization that asked for it.
    async fn commissioner(&self, ctx: &Context<'_>) -> Nullable<Organization> {
        organization_of(ctx.store(), self.0.commissioner_id).await
    }

    /// Organization that leads it.
    async fn lead(&self, ctx: &Context<'_>) -> Nullable<Organization> {
        organization_of(ctx.store(), self.0.lead_id).await
    }

    /// Who evaluates with the lead, and who pays; at most 50.
    async fn parties(&self, ctx: &Context<'_>) -> Nullable<Vec<EvaluationParty>> {
        let parts = ctx.store().parts::<evaluation_party::Entity>(self.0.id).await;
        nullable(parts.map(|parts| Some(parts.into_iter().map(EvaluationParty).collect())))
    }

    /// State. A delivered evaluation becomes ready when the subject replied, or 30 days later.
    async fn status(&self, ctx: &Context<'_>) -> EvaluationStatus {
        status_of(&self.0, ctx.store().now())
    }

    /// Questions it answers; at most 4.
    async fn questions(&self) -> Vec<EvaluationQuestion> {
        codes(&self.0.questions)
    }

    /// What it is for; at most 4.
    async fn purposes(&self) -> Vec<EvaluationPurpose> {
        codes(&self.0.purposes)
    }

    /// Family of its methods.
    async fn family(&self) -> EvaluationMethodFamily {
        self.0.family
    }

    /// Ways of evaluating; at most 23.
    async fn methods(&self) -> Vec<EvaluationMethod> {
        codes(&self.0.methods)
    }

    /// How free the evaluators are of the subject: computed from control links, shared members, payments and declarations.
    async fn independence(&self) -> Independence {
        self.0.independence
    }

    /// Ties that the judgment rests on; at most 100.
    async fn independence_reasons(&self) -> Vec<IndependenceReason> {
        let reasons: Vec<Reason<String>> =
            serde_json::from_value(self.0.independence_reasons.clone()).unwrap_or_default();
        reasons.into_iter().map(IndependenceReason).collect()
    }

    /// First day of the period that is studied.
    async fn period_start(&self) -> Option<Date> {
        self.0.period_start.clone().map(Date)
    }

    /// Last day of the period that is studied.
    async fn period_end(&self) -> Option<Date> {
        self.0.period_end.clone().map(Date)
    }

    /// Codes of the territories where it is done; at most 50.
    async fn sites(&self) -> Vec<String> {
        codes(&self.0.sites)
    }

    /// When its protocol was registered.
    async fn registered_at(&self) -> Option<DateTime> {
        self.0.registered_at.map(|at| DateTime(at.0))
    }

    /// First day of the data that it uses.
    async fn data_from(&self) -> Option<Date> {
        self.0.data_from.clone().map(Date)
    }

    /// Whether its protocol was registered before its data began; `null` as long as one of the two is unknown.
    async fn is_preregistered(&self) -> Option<bool> {
        let registered = day(self.0.registered_at?);
        Some(registered.as_str() <= self.0.data_from.as_deref()?)
    }

    /// What the evaluators set out to do, as registered.
    async fn protocol(&self) -> Option<Markdown> {
        self.0.registered_at?;
        self.0.protocol.clone().map(Markdown)
    }

    /// Address of the protocol, as registered.
    async fn protocol_url(&self) -> Option<Url> {
        self.0.registered_at?;
        self.0.protocol_url.clone().map(Url)
    }

    /// When its report was delivered to the parties.
    async fn delivered_at(&self) -> Option<DateTime> {
        self.0.delivered_at.map(|at| DateTime(at.0))
    }

    /// Until when the subject may reply.
    async fn reply_until(&self) -> Option<DateTime> {
        self.0.delivered_at.map(|at| DateTime(at.plus(state::REPLY).0))
    }

    /// When it was published.
    async fn published_at(&self) -> Option<DateTime> {
        self.0.published_at.map(|at| DateTime(at.0))
    }

    /// When it was given up.
    async fn cancelled_at(&self) -> Option<DateTime> {
        self.0.cancelled_at.map(|at| DateTime(at.0))
    }

    /// Why it was given up.
    async fn cancel_reason(&self) -> Option<&str> {
        self.0.cancel_reason.as_deref()
    }

    /// When the holder opened its unsuppressed measurements to the evaluators. Who sees it: parties.
    async fn access_granted_at(&self, ctx: &Context<'_>) -> Option<DateTime> {
        open!(self, ctx, "Evaluation.accessGrantedAt", self.0.access_granted_at.map(|at| DateTime(at.0)))
            .flatten()
    }

    /// How it is designed.
    async fn design(&self, ctx: &Context<'_>) -> Option<Markdown> {
        open!(self, ctx, "Evaluation.design", self.0.design.clone().map(Markdown)).flatten()
    }

    /// Summary. Who sees it: members of the network once delivered, if shared; everybody once published.
    async fn summary(&self, ctx: &Context<'_>) -> Option<Markdown> {
        open!(self, ctx, "Evaluation.summary", self.0.summary.clone().map(Markdown)).flatten()
    }

    /// People or units studied with the treatment.
    async fn sample_treated_count(&self, ctx: &Context<'_>) -> Option<i32> {
        let count = |count: Option<i64>| count.and_then(|count| i32::try_from(count).ok());
        open!(self, ctx, "Evaluation.sampleTreatedCount", count(self.0.sample_treated)).flatten()
    }

    /// People or units studied without it.
    async fn sample_comparison_count(&self, ctx: &Context<'_>) -> Option<i32> {
        let count = |count: Option<i64>| count.and_then(|count| i32::try_from(count).ok());
        open!(self, ctx, "Evaluation.sampleComparisonCount", count(self.0.sample_comparison)).flatten()
    }

    /// What it cannot say.
    async fn limits(&self, ctx: &Context<'_>) -> Option<Markdown> {
        open!(self, ctx, "Evaluation.limits", self.0.limits.clone().map(Markdown)).flatten()
    }

    /// Five dimensions of impact.
    async fn five_dimensions(&self, ctx: &Context<'_>) -> Option<FiveDimensions> {
        let text = |text: &Option<String>| text.clone().map(Markdown);
        open!(
            self,
            ctx,
            "Evaluation.fiveDimensions",
            FiveDimensions {
                what: text(&self.0.dim_what),
                who: text(&self.0.dim_who),
                scale: text(&self.0.dim_scale),
                depth: text(&self.0.dim_depth),
                duration: text(&self.0.dim_duration),
                contribution: text(&self.0.dim_contribution),
                risk: text(&self.0.dim_risk),
            }
        )
    }

    /// What it cost.
    async fn cost(&self, ctx: &Context<'_>) -> Option<Money> {
        let cost = || Some(Money::from_minor(self.0.cost_minor?, self.0.currency.as_deref()?));
        open!(self, ctx, "Evaluation.cost", cost()).flatten()
    }

    /// Maryland Scientific Methods Scale, 1 to 5.
    async fn sms_level(&self, ctx: &Context<'_>) -> Option<i32> {
        open!(self, ctx, "Evaluation.smsLevel", self.0.sms_level).flatten()
    }

    /// Level of evidence that the lead proposes; no higher than methods and independence allow (domain BR-20).
    async fn proposed_level(&self, ctx: &Context<'_>) -> Option<EvidenceLevel> {
        open!(self, ctx, "Evaluation.proposedLevel", self.0.proposed_level).flatten()
    }

    /// Level of evidence, confirmed by a curator.
    async fn evidence_level(&self, ctx: &Context<'_>) -> Option<EvidenceLevel> {
        open!(self, ctx, "Evaluation.evidenceLevel", self.0.confirmed_level).flatten()
    }

    /// Highest level that methods and independence allow (domain BR-20).
    async fn evidence_ceiling(&self) -> EvidenceLevel {
        standing::ceiling_of(&self.0)
    }

    /// Address of the report.
    async fn report_url(&self, ctx: &Context<'_>) -> Option<Url> {
        open!(self, ctx, "Evaluation.reportUrl", self.0.report_url.clone().map(Url)).flatten()
    }

    /// Address of the data behind it.
    async fn dataset_url(&self, ctx: &Context<'_>) -> Option<Url> {
        open!(self, ctx, "Evaluation.datasetUrl", self.0.dataset_url.clone().map(Url)).flatten()
    }

    /// What the subject replies; published with the evaluation.
    async fn reply(&self, ctx: &Context<'_>) -> Option<Markdown> {
        open!(self, ctx, "Evaluation.reply", self.0.reply.clone().map(Markdown)).flatten()
    }

    /// What it found, in its order; at most 100.
    async fn findings(&self, ctx: &Context<'_>) -> Nullable<Vec<Finding>> {
        let parts = ctx.store().parts::<finding::Entity>(self.0.id).await;
        nullable(parts.map(|mut parts| {
            parts.sort_by_key(|part| part.position);
            Some(parts.into_iter().map(Finding).collect())
        }))
    }

    /// Model of the social return, with its range.
    async fn sroi_model(&self, ctx: &Context<'_>) -> Nullable<super::SroiModel> {
        let parts = ctx.store().parts::<sroi_model::Entity>(self.0.id).await;
        nullable(parts.map(|parts| parts.into_iter().next().map(super::SroiModel)))
    }

    /// What the viewer may do to it now.
    async fn viewer_permissions(&self, ctx: &Context<'_>) -> EvaluationViewerPermissions {
        let (viewer, now) = (ctx.store().viewer(), ctx.store().now());
        let row = &self.0;
        let status = status_of(row, now);
        let writes = evaluation::Entity::allows(viewer, Act::Edit, row);
        let holds = viewer.sits(row.holder_id, Power::Write);
        let commissions = viewer.sits(row.commissioner_id, Power::Write);
        let publishes =
            evaluates(viewer, row.lead_id) || (commissions && !is_evaluators_alone(row.delivered_at, now));
        let judge = |met, step| ViewerPermission::judge(viewer, met, after(status, step).is_some());
        let opens = |changes| ViewerPermission::judge(viewer, holds, is_open(status) && changes);
        EvaluationViewerPermissions {
            update: ViewerPermission::judge(viewer, writes, is_editable(status)),
            register: judge(writes, Step::Register),
            start: judge(writes, Step::Start),
            deliver: judge(writes, Step::Deliver),
            reply: judge(holds, Step::Reply),
            publish: judge(publishes, Step::Publish),
            cancel: judge(commissions, Step::Cancel),
            grant_access: opens(row.access_granted_at.is_none()),
            revoke_access: opens(row.access_granted_at.is_some()),
            propose_level: ViewerPermission::judge(
                viewer,
                writes,
                takes_proposals(status, row.confirmed_level.is_some()),
            ),
            confirm_level: ViewerPermission::judge(
                viewer,
                viewer.is_curator(),
                takes_confirmation(status, row.proposed_level.is_some()),
            ),
        }
    }
}

/// Whether evaluators may be let in.
pub(super) const fn is_open(status: EvaluationStatus) -> bool {
    !matches!(status, EvaluationStatus::Published | EvaluationStatus::Cancelled)
}
