//! The project as the API shows it.

use super::{
    completeness::{self, Around},
    found,
    need::Need,
    replication::Replication,
    similar::SimilarProject,
    state::{Step, after, is_editable},
    steps::unpublishing,
};
use crate::{
    evidence::{
        self, Evaluation, FrameworkAdoption, IndicatorUse, TheoryOfChange,
        evaluations::standing::EvidenceStanding,
    },
    face::{Door, ViewerPermission, list_under},
    orgs::Organization,
    reference::{Reference, Term, Territory},
};
use async_graphql::{Context, ID, Object, SimpleObject};
use door::{
    Nullable,
    authz::{Act, Ask, Direction, Policy, Sort, Store},
    nullable,
};
use entity::{
    codes::*,
    evidence::{evaluation, indicator_use},
    ids::{ProjectId, TermId},
    orgs::organization,
    projects::{co_holder, contact, need, project, project_term, project_territory, replication},
    reference::term,
};
use gql::{
    connection::{Connection, Count, Counter, Edge, Paging},
    scalars::{DateTime, FuzzyDate, LanguageTag, Markdown, Money, Url},
};
use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

/// Social innovation carried by an organization; the domain calls it an innovation.
#[derive(Clone)]
pub struct Project(pub project::Model);

impl From<project::Model> for Project {
    fn from(row: project::Model) -> Self {
        Self(row)
    }
}

/// Texts of a project in one language.
#[derive(Clone, Debug, SimpleObject)]
pub struct ProjectTranslation {
    /// Language of the texts.
    pub language: LanguageTag,
    /// Title in this language.
    pub title: String,
    /// Summary in this language, at most 500 characters.
    pub summary: Option<String>,
}

/// Organization that takes part in a project beside its holder.
#[derive(Clone)]
pub struct CoHolder(co_holder::Model);

/// Organization that takes part in a project beside its holder.
#[Object]
impl CoHolder {
    /// Organization that takes part.
    async fn organization(&self, ctx: &Context<'_>) -> Nullable<Organization> {
        nullable(
            ctx.store()
                .load::<organization::Entity>(self.0.organization_id)
                .await
                .map(|row| row.map(Organization)),
        )
    }

    /// Part it takes.
    async fn role(&self) -> CoHolderRole {
        self.0.role
    }
}

/// Territory of a project with the part it plays.
#[derive(Clone)]
pub struct ProjectTerritory(pub(super) project_territory::Model);

/// Territory of a project with the part it plays.
#[Object]
impl ProjectTerritory {
    /// Where.
    async fn territory(&self, ctx: &Context<'_>) -> Nullable<Territory> {
        let reference = ctx.store().reference().await;
        nullable(
            reference
                .map(|known| known.atlas.get(self.0.territory_id).map(|place| Territory(place.row.clone()))),
        )
    }

    /// How the project relates to it.
    async fn role(&self) -> TerritoryRole {
        self.0.role
    }
}

/// Way to reach the people of a project; each contact says who may read it.
#[derive(Clone, Debug, SimpleObject)]
pub struct Contact {
    /// Name of the person or desk.
    pub name: String,
    /// Role of the person or desk.
    pub role: Option<String>,
    /// Channel of `value`.
    pub channel: ContactChannel,
    /// Address, number or page.
    pub value: String,
    /// Who may read this contact.
    pub visibility: Visibility,
}

/// What the viewer may do to a project now.
#[derive(Clone, Debug, SimpleObject)]
pub struct ProjectViewerPermissions {
    /// `projectUpdate`, `needCreate`, `needUpdate`.
    pub update: ViewerPermission,
    /// `projectSubmit`.
    pub submit: ViewerPermission,
    /// `projectPublish`.
    pub publish: ViewerPermission,
    /// `projectReturn`.
    pub r#return: ViewerPermission,
    /// `projectUnpublish`.
    pub unpublish: ViewerPermission,
    /// `projectArchive`.
    pub archive: ViewerPermission,
    /// `projectRestore`.
    pub restore: ViewerPermission,
    /// `projectWithdraw`.
    pub withdraw: ViewerPermission,
    /// `projectMerge`.
    pub merge: ViewerPermission,
}

/// Social innovation carried by an organization.
#[Object]
impl Project {
    /// Id, `prj_…`.
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

    /// Title, in the caller's language if there is a translation, else in the original's.
    async fn title(&self, ctx: &Context<'_>) -> String {
        self.title_for(ctx.store()).into_owned()
    }

    /// Summary of at most 500 characters, in the caller's language if there is a translation.
    async fn summary(&self, ctx: &Context<'_>) -> String {
        self.summary_for(ctx.store()).into_owned()
    }

    /// Description, in the original's language.
    async fn description(&self) -> Option<Markdown> {
        self.0.description.clone().map(Markdown)
    }

    /// Need in society that it answers, in the original's language.
    async fn need_addressed(&self) -> Option<Markdown> {
        self.0.need_addressed.clone().map(Markdown)
    }

    /// What it does about it, in the original's language.
    async fn solution(&self) -> Option<Markdown> {
        self.0.solution.clone().map(Markdown)
    }

    /// Language of the original texts.
    async fn language(&self) -> LanguageTag {
        LanguageTag(self.0.language.clone())
    }

    /// Texts in other languages than the original's; at most 10.
    async fn translations(&self) -> Vec<ProjectTranslation> {
        let texts = self.0.translations.as_object();
        texts
            .into_iter()
            .flatten()
            .filter_map(|(language, texts)| {
                let text =
                    |name: &str| texts.get(name).and_then(serde_json::Value::as_str).map(str::to_owned);
                Some(ProjectTranslation {
                    language: LanguageTag(language.clone()),
                    title: text("title")?,
                    summary: text("summary"),
                })
            })
            .collect()
    }

    /// How far it has come.
    async fn stage(&self) -> ProjectStage {
        self.0.stage
    }

    /// When it began.
    async fn started_on(&self) -> Option<FuzzyDate> {
        self.0.started_on.clone().map(FuzzyDate)
    }

    /// Licence of this description.
    async fn licence(&self) -> Licence {
        self.0.licence
    }

    /// Address of its manual (kit d’essaimage): how others do the same.
    async fn manual_url(&self) -> Option<Url> {
        self.0.manual_url.clone().map(Url)
    }

    /// State of this description.
    async fn status(&self) -> ProjectStatus {
        self.0.status
    }

    /// Why a curator returned it.
    async fn return_reason(&self, ctx: &Context<'_>) -> Option<String> {
        let reason = || self.0.return_reason.clone();
        ctx.store().reveal::<project::Entity, _>("Project.returnReason", &self.0, reason).flatten()
    }

    /// When it was last published.
    async fn published_at(&self) -> Option<DateTime> {
        self.0.published_at.map(|at| DateTime(at.0))
    }

    /// Share of the description that is filled in, in percent: ten parts worth ten each.
    async fn completeness_percent(&self, ctx: &Context<'_>) -> Nullable<i32> {
        let around = around(ctx.store(), self.0.id).await;
        nullable(around.map(|around| Some(completeness::percent(&self.0, around))))
    }

    /// Organization that carries it.
    async fn holder(&self, ctx: &Context<'_>) -> Nullable<Organization> {
        nullable(
            ctx.store().load::<organization::Entity>(self.0.holder_id).await.map(|row| row.map(Organization)),
        )
    }

    /// Organizations that take part beside the holder; at most 50.
    async fn co_holders(&self, ctx: &Context<'_>) -> Nullable<Vec<CoHolder>> {
        let parts = ctx.store().parts::<co_holder::Entity>(self.0.id).await;
        nullable(parts.map(|parts| Some(parts.into_iter().map(CoHolder).collect())))
    }

    /// Themes; at most 20.
    async fn themes(&self, ctx: &Context<'_>) -> Nullable<Vec<Term>> {
        self.terms(ctx.store(), Taxonomy::Theme).await
    }

    /// Audiences; at most 20.
    async fn publics(&self, ctx: &Context<'_>) -> Nullable<Vec<Term>> {
        self.terms(ctx.store(), Taxonomy::Public).await
    }

    /// Ways of working; at most 20.
    async fn methods(&self, ctx: &Context<'_>) -> Nullable<Vec<Term>> {
        self.terms(ctx.store(), Taxonomy::Method).await
    }

    /// Policy sectors; at most 20.
    async fn policy_sectors(&self, ctx: &Context<'_>) -> Nullable<Vec<Term>> {
        self.terms(ctx.store(), Taxonomy::PolicySector).await
    }

    /// Sustainable Development Goals it serves; at most 17.
    async fn sdg_goals(&self, ctx: &Context<'_>) -> Nullable<Vec<Term>> {
        self.terms(ctx.store(), Taxonomy::SdgGoal).await
    }

    /// Targets of the goals it serves; at most 20.
    async fn sdg_targets(&self, ctx: &Context<'_>) -> Nullable<Vec<Term>> {
        self.terms(ctx.store(), Taxonomy::SdgTarget).await
    }

    /// Goal it serves first.
    async fn primary_sdg_goal(&self, ctx: &Context<'_>) -> Nullable<Term> {
        nullable(self.primary_goal(ctx.store()).await)
    }

    /// Where it is based, works and wants to go; at most 50.
    async fn territories(&self, ctx: &Context<'_>) -> Nullable<Vec<ProjectTerritory>> {
        let parts = ctx.store().parts::<project_territory::Entity>(self.0.id).await;
        nullable(parts.map(|parts| Some(parts.into_iter().map(ProjectTerritory).collect())))
    }

    /// What it is looking for, oldest first.
    async fn needs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Size of a page going forward, 1 to 100; 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go forward from.")] after: Option<String>,
        #[graphql(desc = "Size of a page going backward, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go backward from.")] before: Option<String>,
    ) -> Nullable<Connection<Need>> {
        let order = vec![
            Sort::<need::Entity>::by(need::Column::CreatedAt, Direction::Ascending),
            Sort::by(need::Column::Id, Direction::Ascending),
        ];
        let window = Paging { first, after, last, before }.window().map_err(door::Error::bad_input);
        let ask = window.map(|window| Ask::new("needs", sea_orm::Condition::all(), "", order, window));
        nullable(needs(ctx.store(), self.0.id, ask).await.map(Some))
    }

    /// Sum of what its open funding needs still ask for, one amount per currency.
    ///
    /// Who sees it: members of the network.
    async fn funding_sought(&self, ctx: &Context<'_>) -> Nullable<Vec<Money>> {
        let store = ctx.store();
        store.reveal::<project::Entity, _>("Project.fundingSought", &self.0, || ())?;
        nullable(funding_sought(store, self.0.id).await.map(Some))
    }

    /// Ways to reach its people, as far as each contact is open to the viewer; at most 20.
    async fn contacts(&self, ctx: &Context<'_>) -> Nullable<Vec<Contact>> {
        let parts = ctx.store().parts::<contact::Entity>(self.0.id).await;
        let shown = |row: contact::Model| {
            let contact::Model { name, role, channel, value, visibility, .. } = row;
            Contact { name, role, channel, value, visibility }
        };
        nullable(parts.map(|parts| Some(parts.into_iter().map(shown).collect())))
    }

    /// Indicators it measures, oldest first.
    async fn indicator_uses(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Size of a page going forward, 1 to 100; 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go forward from.")] after: Option<String>,
        #[graphql(desc = "Size of a page going backward, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go backward from.")] before: Option<String>,
    ) -> Nullable<Connection<IndicatorUse>> {
        let (link, paging) = (indicator_use::Column::ProjectId, Paging { first, after, last, before });
        evidence::uses::usage::page_under(ctx.store(), link, self.0.id.0, paging).await
    }

    /// Frameworks it measures by; at most 20.
    async fn framework_adoptions(&self, ctx: &Context<'_>) -> Nullable<Vec<FrameworkAdoption>> {
        nullable(evidence::uses::adoption::adoptions_of(ctx.store(), self.0.id).await.map(Some))
    }

    /// Studies of it by others, latest publication first.
    async fn evaluations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Size of a page going forward, 1 to 100; 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go forward from.")] after: Option<String>,
        #[graphql(desc = "Size of a page going backward, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go backward from.")] before: Option<String>,
    ) -> Nullable<Connection<Evaluation>> {
        let ask = evidence::evaluations::list::ask(
            "project.evaluations",
            None,
            Paging { first, after, last, before },
            ctx.store().now(),
        );
        list_under(ctx.store(), evaluation::Column::ProjectId, self.0.id.0, ask).await
    }

    /// What its published evaluations prove together, and what speaks against it (domain BR-20, BR-21).
    async fn evidence(&self, ctx: &Context<'_>) -> Nullable<EvidenceStanding> {
        nullable(evidence::evaluations::standing::standing_of(ctx.store(), &self.0).await.map(Some))
    }

    /// How it says that it gets from means to effects.
    async fn theory_of_change(&self, ctx: &Context<'_>) -> Nullable<TheoryOfChange> {
        nullable(evidence::theories::theory::theory_of(ctx.store(), self.0.id).await)
    }

    /// Where others do the same, latest declaration first: confirmed ones for everybody, others for both sides.
    async fn replications(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Size of a page going forward, 1 to 100; 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go forward from.")] after: Option<String>,
        #[graphql(desc = "Size of a page going backward, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go backward from.")] before: Option<String>,
    ) -> Nullable<Connection<Replication>> {
        let ask = super::replication::ask(Paging { first, after, last, before });
        list_under(ctx.store(), replication::Column::ProjectId, self.0.id.0, ask).await
    }

    /// Projects like this one, with what they share; the viewer sees all of them.
    ///
    /// Errors: `SEARCH_UNAVAILABLE` while the search index is being built.
    async fn similar_projects(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 20.", default = 5)] first: i32,
    ) -> Nullable<Vec<SimilarProject>> {
        let Ok(first @ 1..=20) = usize::try_from(first) else {
            return Some(Err(door::Error::bad_input("`first` must be from 1 to 20.").into_graphql()));
        };
        nullable(found::similar(ctx.store(), self.0.clone(), first).await.map(Some))
    }

    /// Project that this one was joined into.
    async fn merged_into(&self, ctx: &Context<'_>) -> Nullable<Self> {
        let into = self.0.merged_into_id?;
        nullable(ctx.store().load::<project::Entity>(into).await.map(|row| row.map(Self)))
    }

    /// What the viewer may do to it now.
    async fn viewer_permissions(&self, ctx: &Context<'_>) -> ProjectViewerPermissions {
        let viewer = ctx.store().viewer();
        let may = |act| project::Entity::allows(viewer, act, &self.0);
        let judge = |met, step| ViewerPermission::judge(viewer, met, after(self.0.status, step).is_some());
        ProjectViewerPermissions {
            update: ViewerPermission::judge(viewer, may(Act::Edit), is_editable(self.0.status)),
            submit: judge(may(Act::Edit), Step::Submit),
            publish: judge(may(Act::Decide), Step::Publish),
            r#return: judge(may(Act::Decide), Step::Return),
            unpublish: judge(may(unpublishing(viewer)), Step::Unpublish),
            archive: judge(may(Act::Edit), Step::Archive),
            restore: judge(may(Act::Edit), Step::Restore),
            withdraw: judge(may(Act::Delete), Step::Withdraw),
            merge: judge(may(Act::Decide), Step::Merge),
        }
    }
}

impl Project {
    pub(super) fn title_for(&self, store: &Store) -> Cow<'_, str> {
        self.translated(store, "title").map_or(Cow::Borrowed(&self.0.title), Cow::Owned)
    }

    pub(super) fn summary_for(&self, store: &Store) -> Cow<'_, str> {
        self.translated(store, "summary").map_or(Cow::Borrowed(&self.0.summary), Cow::Owned)
    }

    fn translated(&self, store: &Store, name: &str) -> Option<String> {
        let wanted = if store.facts().english { "en" } else { "fr" };
        if self.0.language == wanted {
            return None;
        }
        self.0.translations.get(wanted)?.get(name)?.as_str().map(str::to_owned)
    }

    async fn terms(&self, store: &Store, taxonomy: Taxonomy) -> Nullable<Vec<Term>> {
        nullable(terms_of(store, self.0.id).await.map(|all| Some(of_taxonomy(all, taxonomy))))
    }

    async fn primary_goal(&self, store: &Store) -> door::Result<Option<Term>> {
        let terms = terms_of(store, self.0.id).await?;
        Ok(terms.into_iter().find(|(_, is_primary)| *is_primary).map(|(term, _)| Term(term)))
    }
}

/// Terms of a project with their mark; all links of all projects of an answer come in one statement.
pub(super) async fn terms_of(
    store: &Store,
    project: ProjectId,
) -> door::Result<Vec<(Arc<term::Model>, bool)>> {
    let links = store.parts::<project_term::Entity>(project).await?;
    Ok(linked(links, &*store.reference().await?))
}

/// Terms that links name, with their mark.
pub(super) fn linked(
    links: Vec<project_term::Model>,
    reference: &Reference,
) -> Vec<(Arc<term::Model>, bool)> {
    let links: BTreeMap<TermId, bool> =
        links.into_iter().map(|link| (link.term_id, link.is_primary)).collect();
    let term = |(id, is_primary)| Some((reference.vocabulary.get(id)?.clone(), is_primary));
    links.into_iter().filter_map(term).collect()
}

/// Those of one vocabulary, in its order.
pub(super) fn of_taxonomy(all: Vec<(Arc<term::Model>, bool)>, taxonomy: Taxonomy) -> Vec<Term> {
    let mut terms: Vec<_> =
        all.into_iter().map(|(term, _)| term).filter(|term| term.taxonomy == taxonomy).collect();
    terms.sort_by_key(|term| term.position);
    terms.into_iter().map(Term).collect()
}

/// What completeness counts around a project.
pub(super) async fn around(store: &Store, project: ProjectId) -> door::Result<Around> {
    let (terms, territories, needs) = futures_util::try_join!(
        terms_of(store, project),
        store.parts::<project_territory::Entity>(project),
        store.parts::<need::Entity>(project),
    )?;
    let count = |taxonomy| terms.iter().filter(|(term, _)| term.taxonomy == taxonomy).count();
    Ok(Around {
        themes: count(Taxonomy::Theme),
        publics: count(Taxonomy::Public),
        goals: count(Taxonomy::SdgGoal),
        territories: territories.len(),
        needs: needs.len(),
    })
}

/// A project has few needs: all are read at once, with those of the other projects of the answer, and paged here.
async fn needs(
    store: &Store,
    project: ProjectId,
    ask: door::Result<Ask<need::Entity>>,
) -> door::Result<Connection<Need>> {
    let ask = ask?;
    let rows = store.parts::<need::Entity>(project).await?;
    let total = Count::capped(rows.len() as u64);
    let page = store.page_of(&ask, rows)?;
    let edges = page.rows.into_iter().map(|(place, row)| Edge { place, node: Need(row) }).collect();
    let counter = Counter::new(move || async move { Ok(total) });
    Ok(Connection { edges, has_next: page.has_next, has_previous: page.has_previous, counter })
}

async fn funding_sought(store: &Store, project: ProjectId) -> door::Result<Vec<Money>> {
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for need in store.parts::<need::Entity>(project).await? {
        if need.kind != NeedKind::Funding || need.state != NeedState::Open {
            continue;
        }
        if let (Some(minor), Some(currency)) = (need.amount_minor, need.currency) {
            let sum = sums.entry(currency).or_default();
            *sum = sum.saturating_add(minor);
        }
    }
    Ok(sums.into_iter().map(|(currency, minor)| Money::from_minor(minor, &currency)).collect())
}
