//! Measurement frameworks: shared lists of indicators, kept by a working group, edition by edition.

pub mod write;

use super::{edition::EditionViewerPermissions, indicator::Indicator};
use crate::{
    face::{
        Conditions, Door,
        filter::{Budget, CodesFilter, NullsOrder, OneOf, OrderDirection, TextFilter},
        key, list, list_under, order,
    },
    orgs::Organization,
    reference::{Term, Territory},
};
use async_graphql::{Context, ID, InputObject, Object, OneofObject, SimpleObject};
use door::{
    Error, Nullable, Result,
    authz::{Ask, Store},
    nullable,
};
use entity::{
    codes::*,
    evidence::{
        comment, framework, framework_dimension, framework_item, framework_term, framework_territory,
        indicator,
    },
    ids::{FrameworkId, OrganizationId},
    orgs::organization,
    reference::{term, territory},
};
use gql::{
    connection::{Connection, Paging},
    scalars::{DateTime, Decimal, Markdown},
};
use sea_orm::{ColumnTrait, sea_query::ExprTrait};

/// Shared list of indicators by which projects measure.
#[derive(Clone)]
pub struct Framework(pub framework::Model);

impl From<framework::Model> for Framework {
    fn from(row: framework::Model) -> Self {
        Self(row)
    }
}

/// Group of a framework's items.
#[derive(Clone, Debug, SimpleObject)]
pub struct FrameworkDimension {
    /// Place in the framework, from 0.
    pub position: i32,
    /// Name.
    pub name: String,
    /// Question that its items answer.
    pub question: Option<String>,
    /// Weight beside the other dimensions.
    pub weight: Option<Decimal>,
}

/// Indicator of a framework.
#[derive(Clone)]
pub struct FrameworkItem(pub framework_item::Model);

/// Indicator of a framework.
#[Object]
impl FrameworkItem {
    /// What is measured.
    async fn indicator(&self, ctx: &Context<'_>) -> Nullable<Indicator> {
        let row = ctx.store().load::<indicator::Entity>(self.0.indicator_id).await;
        nullable(row.map(|row| row.map(Indicator)))
    }

    /// How much the framework asks for it.
    async fn kind(&self) -> FrameworkItemKind {
        self.0.kind
    }

    /// Place of its dimension.
    async fn dimension(&self) -> Option<i32> {
        self.0.dimension
    }

    /// How to measure it within this framework.
    async fn guidance(&self) -> Option<Markdown> {
        self.0.guidance.clone().map(Markdown)
    }
}

/// Shared list of indicators by which projects measure (référentiel), kept by a working group.
///
/// Who sees it: everybody once published; drafts are seen by members of the network.
#[Object]
impl Framework {
    /// Id, `frm_…`.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
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

    /// Code shared by all its editions.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Edition, from 1; what was published under it never changes.
    async fn edition(&self) -> i32 {
        self.0.edition
    }

    /// Title, in the language of its working group.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// What it is for.
    async fn summary(&self) -> Option<Markdown> {
        self.0.summary.clone().map(Markdown)
    }

    /// Organization that keeps it: the host of its working group.
    async fn owner(&self, ctx: &Context<'_>) -> Nullable<Organization> {
        let row = ctx.store().load::<organization::Entity>(self.0.owner_id).await;
        nullable(row.map(|row| row.map(Organization)))
    }

    /// State of this edition.
    async fn status(&self) -> EditionStatus {
        self.0.status
    }

    /// When this edition was published.
    async fn published_at(&self) -> Option<DateTime> {
        self.0.published_at.map(|at| DateTime(at.0))
    }

    /// Groups of its items; at most 20.
    async fn dimensions(&self, ctx: &Context<'_>) -> Nullable<Vec<FrameworkDimension>> {
        let parts = ctx.store().parts::<framework_dimension::Entity>(self.0.id).await;
        let shown = |row: framework_dimension::Model| FrameworkDimension {
            position: row.position,
            name: row.name,
            question: row.question,
            weight: row.weight.map(Decimal),
        };
        nullable(parts.map(|parts| Some(parts.into_iter().map(shown).collect())))
    }

    /// Indicators in its order; at most 200.
    async fn items(&self, ctx: &Context<'_>) -> Nullable<Vec<FrameworkItem>> {
        let parts = items_of(ctx.store(), self.0.id).await;
        nullable(parts.map(|parts| Some(parts.into_iter().map(FrameworkItem).collect())))
    }

    /// Themes it is made for; at most 20.
    async fn themes(&self, ctx: &Context<'_>) -> Nullable<Vec<Term>> {
        nullable(themes_of(ctx.store(), self.0.id).await.map(Some))
    }

    /// Territories it is made for; at most 50.
    async fn territories(&self, ctx: &Context<'_>) -> Nullable<Vec<Territory>> {
        nullable(territories_of(ctx.store(), self.0.id).await.map(Some))
    }

    /// Working group that writes it.
    async fn working_group(&self, ctx: &Context<'_>) -> Nullable<super::WorkingGroup> {
        super::group::of(ctx.store(), self.0.working_group_id).await
    }

    /// What the network says of this draft, oldest first. Who sees it: members of the network, and its owner.
    async fn comments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Size of a page going forward, 1 to 100; 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go forward from.")] after: Option<String>,
        #[graphql(desc = "Size of a page going backward, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go backward from.")] before: Option<String>,
    ) -> Nullable<Connection<super::Comment>> {
        ctx.store().reveal::<framework::Entity, _>("Framework.comments", &self.0, || ())?;
        let ask = super::comment::ask("framework.comments", Paging { first, after, last, before });
        list_under(ctx.store(), comment::Column::FrameworkId, self.0.id.0, ask).await
    }

    /// What the viewer may do to it now.
    async fn viewer_permissions(&self, ctx: &Context<'_>) -> Nullable<EditionViewerPermissions> {
        let told = EditionViewerPermissions::of::<framework::Entity>(ctx.store(), &self.0).await;
        nullable(told.map(Some))
    }
}

pub(crate) async fn items_of(store: &Store, framework: FrameworkId) -> Result<Vec<framework_item::Model>> {
    let mut items = store.parts::<framework_item::Entity>(framework).await?;
    items.sort_by_key(|item| item.position);
    Ok(items)
}

async fn themes_of(store: &Store, framework: FrameworkId) -> Result<Vec<Term>> {
    let links = store.parts::<framework_term::Entity>(framework).await?;
    let rows = links.iter().map(|link| store.load::<term::Entity>(link.term_id));
    let mut rows: Vec<_> = futures_util::future::try_join_all(rows).await?.into_iter().flatten().collect();
    rows.sort_by_key(|row| row.position);
    Ok(rows.into_iter().map(Term::from).collect())
}

async fn territories_of(store: &Store, framework: FrameworkId) -> Result<Vec<Territory>> {
    let links = store.parts::<framework_territory::Entity>(framework).await?;
    let rows = links.iter().map(|link| store.load::<territory::Entity>(link.territory_id));
    let rows = futures_util::future::try_join_all(rows).await?;
    Ok(rows.into_iter().flatten().map(Territory::from).collect())
}

/// Way to name one framework.
#[derive(Clone, Debug, OneofObject)]
pub enum FrameworkRef {
    /// By its id.
    Id(ID),
    /// By its code: the edition in force.
    Code(String),
}

/// Conditions on frameworks; all that are given have to hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct FrameworkFilter {
    /// By title.
    pub title: Option<TextFilter>,
    /// By state of the edition; only those in force unless given.
    pub status: Option<OneOf<EditionStatus>>,
    /// By codes of themes it is made for.
    pub themes: Option<CodesFilter>,
    /// By the organization that keeps it.
    pub owner: Option<OneOf<ID>>,
}

#[derive(Clone, Copy, Default)]
pub struct FrameworkQuery;

#[Object]
impl FrameworkQuery {
    /// Framework by id or code; `null` if there is none for the viewer.
    async fn framework(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which framework.")] by: FrameworkRef,
    ) -> Nullable<Framework> {
        nullable(find(ctx.store(), by).await.map(|row| row.map(Framework)))
    }

    /// Frameworks by title. Errors: `BAD_USER_INPUT`, `CURSOR_MISMATCH`.
    async fn frameworks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Conditions that all have to hold.")] filter: Option<FrameworkFilter>,
        #[graphql(desc = "Size of a page going forward, 1 to 100; 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go forward from.")] after: Option<String>,
        #[graphql(desc = "Size of a page going backward, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go backward from.")] before: Option<String>,
    ) -> Nullable<Connection<Framework>> {
        let store = ctx.store();
        list(store, ask(store, filter.as_ref(), Paging { first, after, last, before })).await
    }
}

async fn find(store: &Store, by: FrameworkRef) -> Result<Option<framework::Model>> {
    let code = match by {
        FrameworkRef::Id(id) => return store.load::<framework::Entity>(key::<FrameworkId>(&id)?).await,
        FrameworkRef::Code(code) => code,
    };
    let mut rows = store.see::<framework::Entity>().filter(framework::Column::Code.eq(code)).all().await?;
    rows.sort_by_key(|row| (row.status == EditionStatus::Published, row.edition));
    Ok(rows.pop())
}

fn ask(store: &Store, filter: Option<&FrameworkFilter>, paging: Paging) -> Result<Ask<framework::Entity>> {
    use framework::Column;
    let window = paging.window().map_err(Error::bad_input)?;
    let mut budget = Budget::default();
    let mut all = Conditions::new(&mut budget);
    if let Some(filter) = filter {
        all.text("title", filter.title.as_ref(), Column::TitleKey)?;
        all.one_of("status", filter.status.as_ref(), Column::Status, |code| Ok((*code).into()))?;
        all.one_of("owner", filter.owner.as_ref(), Column::OwnerId, |id| {
            Ok(key::<OrganizationId>(id)?.into())
        })?;
        all.codes("themes", filter.themes.as_ref(), |codes| {
            let wanted = term::Column::Taxonomy
                .eq(Taxonomy::Theme)
                .and(term::Column::Code.is_in(codes.iter().cloned()));
            let terms =
                store.keys::<term::Entity>(term::Column::Id, wanted).holds(framework_term::Column::TermId);
            store.wholes::<framework_term::Entity>(terms).holds(Column::Id)
        })?;
    }
    if filter.is_none_or(|filter| filter.status.is_none()) {
        all.add(Column::Status.eq(EditionStatus::Published))?;
    }
    let none: [(Column, OrderDirection, NullsOrder); 0] = [];
    let order = order(none, (Column::TitleKey, OrderDirection::Asc), Column::Id);
    Ok(Ask::new("frameworks", all.done(), &format!("{filter:?}"), order, window))
}
