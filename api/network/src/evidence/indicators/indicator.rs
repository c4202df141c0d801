//! The indicator as the API shows it.

pub mod write;

use super::edition::EditionViewerPermissions;
use crate::{
    face::{
        Conditions, Door,
        filter::{Budget, CodesFilter, NullsOrder, OneOf, OrderDirection, TextFilter},
        key, list, list_under, order,
    },
    orgs::Organization,
    reference::Term,
};
use async_graphql::{Context, ID, InputObject, Object, OneofObject, SimpleObject};
use door::{
    Error, Nullable, Result,
    authz::{Ask, Store},
    fold::fold,
    nullable,
};
use entity::{
    codes::*,
    evidence::{comment, indicator, indicator_reference, indicator_term},
    ids::IndicatorId,
    orgs::organization,
    reference::term,
};
use gql::{
    connection::{Connection, Paging},
    scalars::{DateTime, Markdown},
};
use sea_orm::{
    ColumnTrait, Condition,
    sea_query::{ExprTrait, SimpleExpr},
};

/// What is measured, and how its values are read. Editions never change once published.
#[derive(Clone)]
pub struct Indicator(pub indicator::Model);

impl From<indicator::Model> for Indicator {
    fn from(row: indicator::Model) -> Self {
        Self(row)
    }
}

/// Code of an indicator in another collection.
#[derive(Clone, Debug, SimpleObject)]
pub struct IndicatorReference {
    /// Collection.
    pub scheme: IndicatorScheme,
    /// Code in that collection.
    pub code: String,
}

/// What is measured, and how its values are read.
///
/// Who sees it: everybody once published; drafts are seen by members of the network.
#[Object]
impl Indicator {
    /// Id, `ind_…`.
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

    /// Label in the caller's language if there is one, else in French.
    async fn label(&self, ctx: &Context<'_>) -> &str {
        let english = self.0.label_en.as_deref().filter(|_| ctx.store().facts().english);
        english.unwrap_or(&self.0.label_fr)
    }

    /// What exactly is counted, in the words of its owner or source.
    async fn definition(&self) -> Option<Markdown> {
        self.0.definition.clone().map(Markdown)
    }

    /// What it speaks of, from means to effects.
    async fn level(&self) -> IndicatorLevel {
        self.0.level
    }

    /// What kind of value it takes.
    async fn value_type(&self) -> IndicatorValueType {
        self.0.value_type
    }

    /// Unit of its values, in French.
    async fn unit(&self) -> &str {
        &self.0.unit
    }

    /// Way it is meant to go.
    async fn direction(&self) -> IndicatorDirection {
        self.0.direction
    }

    /// How its values over periods, places or projects make one.
    async fn aggregation(&self) -> IndicatorAggregation {
        self.0.aggregation
    }

    /// How it is calculated.
    async fn formula(&self) -> Option<&str> {
        self.0.formula.as_deref()
    }

    /// Days between measurements.
    async fn frequency_days(&self) -> Option<i32> {
        self.0.frequency_days
    }

    /// Where its values come from and how to take them.
    async fn guidance(&self) -> Option<Markdown> {
        self.0.guidance.clone().map(Markdown)
    }

    /// Dimensions its values may be broken down by, such as `gender`; at most 20.
    async fn disaggregations(&self) -> Vec<String> {
        dimensions(&self.0)
    }

    /// Theme in the words of its source, such as `Education`; in French.
    async fn source_theme(&self) -> Option<&str> {
        self.0.source_theme.as_deref()
    }

    /// Public policy that it follows, in the words of its source; in French.
    async fn policy(&self) -> Option<&str> {
        self.0.policy.as_deref()
    }

    /// State of this edition.
    async fn status(&self) -> EditionStatus {
        self.0.status
    }

    /// When this edition was published.
    async fn published_at(&self) -> Option<DateTime> {
        self.0.published_at.map(|at| DateTime(at.0))
    }

    /// Organization that keeps it; `null` for those the network carries.
    async fn owner(&self, ctx: &Context<'_>) -> Nullable<Organization> {
        let owner = self.0.owner_id?;
        nullable(ctx.store().load::<organization::Entity>(owner).await.map(|row| row.map(Organization)))
    }

    /// Themes; at most 20.
    async fn themes(&self, ctx: &Context<'_>) -> Nullable<Vec<Term>> {
        nullable(self.terms(ctx.store(), Taxonomy::Theme).await)
    }

    /// Targets of the Sustainable Development Goals it speaks of; at most 20.
    async fn sdg_targets(&self, ctx: &Context<'_>) -> Nullable<Vec<Term>> {
        nullable(self.terms(ctx.store(), Taxonomy::SdgTarget).await)
    }

    /// Codes in other collections; at most 20.
    async fn references(&self, ctx: &Context<'_>) -> Nullable<Vec<IndicatorReference>> {
        let parts = ctx.store().parts::<indicator_reference::Entity>(self.0.id).await;
        let shown =
            |row: indicator_reference::Model| IndicatorReference { scheme: row.scheme, code: row.code };
        nullable(parts.map(|parts| Some(parts.into_iter().map(shown).collect())))
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
        ctx.store().reveal::<indicator::Entity, _>("Indicator.comments", &self.0, || ())?;
        let ask = super::comment::ask("indicator.comments", Paging { first, after, last, before });
        list_under(ctx.store(), comment::Column::IndicatorId, self.0.id.0, ask).await
    }

    /// What the viewer may do to it now.
    async fn viewer_permissions(&self, ctx: &Context<'_>) -> Nullable<EditionViewerPermissions> {
        let told = EditionViewerPermissions::of::<indicator::Entity>(ctx.store(), &self.0).await;
        nullable(told.map(Some))
    }
}

impl Indicator {
    async fn terms(&self, store: &Store, taxonomy: Taxonomy) -> Result<Option<Vec<Term>>> {
        let links = store.parts::<indicator_term::Entity>(self.0.id).await?;
        let rows = links.iter().map(|link| store.load::<term::Entity>(link.term_id));
        let rows = futures_util::future::try_join_all(rows).await?;
        let mut rows: Vec<_> = rows.into_iter().flatten().filter(|row| row.taxonomy == taxonomy).collect();
        rows.sort_by_key(|row| row.position);
        Ok(Some(rows.into_iter().map(Term::from).collect()))
    }
}

/// Names of the dimensions an indicator may be broken down by.
pub fn dimensions(row: &indicator::Model) -> Vec<String> {
    let names = row.disaggregations.as_array().into_iter().flatten();
    names.filter_map(|name| name.as_str().map(str::to_owned)).collect()
}

/// Way to name one indicator.
#[derive(Clone, Debug, OneofObject)]
pub enum IndicatorRef {
    /// By its id.
    Id(ID),
    /// By its code, here or in another collection such as `IND-218` of the Baromètre: the edition in force.
    Code(String),
}

/// Conditions on indicators; all that are given have to hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct IndicatorFilter {
    /// By label, in French.
    pub label: Option<TextFilter>,
    /// By level.
    pub level: Option<OneOf<IndicatorLevel>>,
    /// By state of the edition; only those in force unless given.
    pub status: Option<OneOf<EditionStatus>>,
    /// By codes of themes, such as `EMP`.
    pub themes: Option<CodesFilter>,
    /// By theme in the words of the source, such as `Education`; ignores case and accents.
    pub source_theme: Option<String>,
    /// By codes in other collections.
    pub references: Option<CodesFilter>,
    /// By the organization that keeps it.
    pub owner: Option<OneOf<ID>>,
}

#[derive(Clone, Copy, Default)]
pub struct IndicatorQuery;

#[Object]
impl IndicatorQuery {
    /// Indicator by id or code; `null` if there is none for the viewer.
    async fn indicator(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which indicator.")] by: IndicatorRef,
    ) -> Nullable<Indicator> {
        nullable(find(ctx.store(), by).await.map(|row| row.map(Indicator)))
    }

    /// Indicators by label. Errors: `BAD_USER_INPUT`, `CURSOR_MISMATCH`.
    async fn indicators(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Conditions that all have to hold.")] filter: Option<IndicatorFilter>,
        #[graphql(desc = "Size of a page going forward, 1 to 100; 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go forward from.")] after: Option<String>,
        #[graphql(desc = "Size of a page going backward, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go backward from.")] before: Option<String>,
    ) -> Nullable<Connection<Indicator>> {
        let store = ctx.store();
        list(store, ask(store, filter.as_ref(), Paging { first, after, last, before })).await
    }
}

/// The indicator that is meant: of several editions the one in force, else the latest.
pub async fn find(store: &Store, by: IndicatorRef) -> Result<Option<indicator::Model>> {
    let code = match by {
        IndicatorRef::Id(id) => return store.load::<indicator::Entity>(key::<IndicatorId>(&id)?).await,
        IndicatorRef::Code(code) => code,
    };
    let mut rows = store.see::<indicator::Entity>().filter(coded(store, &code)).all().await?;
    rows.sort_by_key(|row| (row.status == EditionStatus::Published, row.edition));
    Ok(rows.pop())
}

/// Indicators with this code, here or elsewhere.
pub fn coded(store: &Store, code: &str) -> Condition {
    let elsewhere = store.wholes::<indicator_reference::Entity>(indicator_reference::Column::Code.eq(code));
    Condition::any().add(indicator::Column::Code.eq(code)).add(elsewhere.holds(indicator::Column::Id))
}

/// Indicators of these themes.
pub fn themed(store: &Store, codes: &[String]) -> SimpleExpr {
    let wanted =
        term::Column::Taxonomy.eq(Taxonomy::Theme).and(term::Column::Code.is_in(codes.iter().cloned()));
    let terms = store.keys::<term::Entity>(term::Column::Id, wanted).holds(indicator_term::Column::TermId);
    store.wholes::<indicator_term::Entity>(terms).holds(indicator::Column::Id)
}

fn ask(store: &Store, filter: Option<&IndicatorFilter>, paging: Paging) -> Result<Ask<indicator::Entity>> {
    use indicator::Column;
    let window = paging.window().map_err(Error::bad_input)?;
    let mut budget = Budget::default();
    let mut all = Conditions::new(&mut budget);
    if let Some(filter) = filter {
        all.text("label", filter.label.as_ref(), Column::LabelKey)?;
        all.one_of("level", filter.level.as_ref(), Column::Level, |code| Ok((*code).into()))?;
        all.one_of("status", filter.status.as_ref(), Column::Status, |code| Ok((*code).into()))?;
        all.one_of("owner", filter.owner.as_ref(), Column::OwnerId, |id| {
            Ok(key::<entity::ids::OrganizationId>(id)?.into())
        })?;
        all.codes("themes", filter.themes.as_ref(), |codes| themed(store, codes))?;
        all.codes("references", filter.references.as_ref(), |codes| {
            let wanted = indicator_reference::Column::Code.is_in(codes.iter().cloned());
            store.wholes::<indicator_reference::Entity>(wanted).holds(Column::Id)
        })?;
        if let Some(theme) = &filter.source_theme {
            all.add(Column::SourceThemeKey.eq(fold(theme)))?;
        }
    }
    if filter.is_none_or(|filter| filter.status.is_none()) {
        all.add(Column::Status.eq(EditionStatus::Published))?;
    }
    let none: [(Column, OrderDirection, NullsOrder); 0] = [];
    let order = order(none, (Column::LabelKey, OrderDirection::Asc), Column::Id);
    Ok(Ask::new("indicators", all.done(), &format!("{filter:?}"), order, window))
}
