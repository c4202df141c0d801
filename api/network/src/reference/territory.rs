//! Territories: communes, intercommunal bodies, departments, regions and what lies around them.

use super::Term;
use crate::{
    contracts::{self, ContractFilter, ImpactContractConnection},
    evidence::{PolicySeries, policy_series_of},
    face::{
        Conditions, Door, UnchangingViewerPermissions, complete,
        filter::{Budget, NullsOrder, OneOf, OrderDirection, TextFilter},
        key, list, order,
    },
    orgs::{self, Organization, OrganizationFilter, OrganizationOrder},
    projects::{self, ProjectConnection, ProjectFilter},
};
use async_graphql::{Context, ID, InputObject, Object, OneofObject, SimpleObject};
use door::{
    Error, Nullable, Result,
    authz::{Ask, Store},
    nullable,
};
use entity::{
    codes::TerritoryScale,
    ids::TerritoryId,
    reference::{postal_code, territory, territory_closure},
};
use gql::{
    at_hand::{Asked, AtHand, Told},
    connection::{Connection, Paging},
    scalars::Money,
};
use sea_orm::{ColumnTrait, Condition, sea_query::ExprTrait};
use std::sync::Arc;

/// Place with a boundary: a commune, a department, a region, a country.
#[derive(Clone)]
pub struct Territory(pub Arc<territory::Model>);

impl From<territory::Model> for Territory {
    fn from(row: territory::Model) -> Self {
        Self(Arc::new(row))
    }
}

impl AtHand for Territory {
    const NAME: &'static str = "Territory";

    fn tell(&self, asked: Asked<'_, '_>, to: &mut Told) -> Option<()> {
        match asked.name() {
            "id" => to.text(&self.0.id.to_string()),
            "code" => to.text(&self.0.code),
            "scale" => to.code(self.0.scale),
            "name" => to.text(&self.0.name),
            _ => return None,
        }
        Some(())
    }
}

/// Place with a boundary: a commune, an intercommunal body, a department, a region, a country. Everybody sees all.
///
/// Source: INSEE Code officiel géographique and EPCI of 2026, through the package decoupage-administratif 6.0.0.
#[Object]
impl Territory {
    /// Id, `ter_…`; the same in every installation.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Code, unique over all scales: `FR`, `REG-76`, `DEP-2A`, `EPCI-200069193`, `COM-31555`.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Code within its scale, as its source writes it: `76`, `2A`, `31555`.
    async fn official_code(&self) -> &str {
        &self.0.official_code
    }

    /// Scale of the territory.
    async fn scale(&self) -> TerritoryScale {
        self.0.scale
    }

    /// Name in the language of the place.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Inhabitants, municipal population of 2026.
    async fn population(&self) -> Option<i32> {
        self.0.population.and_then(|people| i32::try_from(people).ok())
    }

    /// Postal codes of a commune; at most 100.
    async fn postal_codes(&self, ctx: &Context<'_>) -> Nullable<Vec<String>> {
        let reference = ctx.store().reference().await;
        nullable(reference.map(|known| known.atlas.get(self.0.id).map(|place| place.postal_codes.clone())))
    }

    /// Projects found under it, in it or in what lies within it, as far as the viewer sees them, newest publication first.
    async fn projects(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "More conditions; all have to hold.")] filter: Option<ProjectFilter>,
        #[graphql(desc = "Size of a page going forward, 1 to 100; 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go forward from.")] after: Option<String>,
        #[graphql(desc = "Size of a page going backward, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go backward from.")] before: Option<String>,
    ) -> Nullable<ProjectConnection> {
        let paging = Paging { first, after, last, before };
        let here = ProjectFilter::under(self.0.code.clone(), filter);
        let selected = projects::list::Selected::by(ctx);
        let page = projects::list::list(ctx.store(), Some(&here), None, None, paging, selected).await;
        nullable(page.map(Some))
    }

    /// Organizations that have their seat or work in it or in what lies within it, by name unless ordered otherwise.
    #[allow(clippy::too_many_arguments, reason = "the arguments are the field's own")]
    async fn organizations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "More conditions; all have to hold.")] filter: Option<OrganizationFilter>,
        #[graphql(desc = "Keys to sort by, first key first; at most 3.")] order_by: Option<
            Vec<OrganizationOrder>,
        >,
        #[graphql(desc = "Size of a page going forward, 1 to 100; 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go forward from.")] after: Option<String>,
        #[graphql(desc = "Size of a page going backward, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go backward from.")] before: Option<String>,
    ) -> Nullable<Connection<Organization>> {
        let paging = Paging { first, after, last, before };
        let here = OrganizationFilter::under(self.0.code.clone(), filter);
        let name = "territory.organizations";
        list(ctx.store(), orgs::ask(ctx.store(), name, Some(&here), order_by.as_deref(), paging).await).await
    }

    /// Impact contracts that take effect in it or in what lies within it, as far as the viewer sees them, by title.
    async fn contracts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "More conditions; all have to hold.")] filter: Option<ContractFilter>,
        #[graphql(desc = "Size of a page going forward, 1 to 100; 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go forward from.")] after: Option<String>,
        #[graphql(desc = "Size of a page going backward, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go backward from.")] before: Option<String>,
    ) -> Nullable<ImpactContractConnection> {
        contracts::under(ctx.store(), &self.0.code, filter, Paging { first, after, last, before }).await
    }

    /// What published projects found under it still seek, by currency; in what lies within it too. At most 200.
    async fn funding_sought(&self, ctx: &Context<'_>) -> Nullable<Vec<Money>> {
        let store = ctx.store();
        store.reveal::<territory::Entity, _>("Territory.fundingSought", &self.0, || ())?;
        nullable(projects::sought_under(store, self.0.id).await.map(Some))
    }

    /// Projects found under it that the viewer sees, by theme, the most frequent first; in what lies within it too. At
    /// most 100. A project counts for each of its themes.
    ///
    /// Errors: `SEARCH_UNAVAILABLE` while the search index is being built.
    async fn projects_by_theme(&self, ctx: &Context<'_>) -> Nullable<Vec<ThemeCount>> {
        let counted = projects::by_theme_under(ctx.store(), self.0.id).await;
        nullable(counted.map(|values| {
            Some(values.into_iter().map(|(row, count)| ThemeCount { theme: Term(row), count }).collect())
        }))
    }

    /// Territories it lies in directly; an intercommunal body may lie in several departments. At most 20.
    async fn parents(&self, ctx: &Context<'_>) -> Nullable<Vec<Self>> {
        nullable(self.above(ctx.store(), |depth| depth == 1).await)
    }

    /// Territories it lies in, nearest first; at most 20.
    async fn ancestors(&self, ctx: &Context<'_>) -> Nullable<Vec<Self>> {
        nullable(self.above(ctx.store(), |depth| depth > 0).await)
    }

    /// Public indicators of this territory: where each started, stands and is meant to be; by theme. At most 200.
    async fn policy_series(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Code of a theme such as `EMP`, or a theme in the source's words such as `Education`."
        )]
        theme: Option<String>,
        #[graphql(desc = "Code of an indicator, here or at its source, such as `IND-218`.")]
        indicator: Option<String>,
    ) -> Nullable<Vec<PolicySeries>> {
        nullable(policy_series_of(ctx.store(), self.0.id, theme, indicator).await.map(Some))
    }

    /// What the viewer may do to it: nothing, as it comes from its source.
    async fn viewer_permissions(&self, ctx: &Context<'_>) -> UnchangingViewerPermissions {
        UnchangingViewerPermissions::of::<territory::Entity>(ctx.store().viewer(), &self.0)
    }
}

impl Territory {
    async fn above(&self, store: &Store, wanted: impl Fn(i32) -> bool) -> Result<Option<Vec<Self>>> {
        let reference = store.reference().await?;
        let Some(place) = reference.atlas.get(self.0.id) else { return Ok(Some(Vec::new())) };
        let ways = place.around.iter().filter(|(_, depth)| wanted(*depth));
        let rows = ways.filter_map(|(above, _)| Some(Self(reference.atlas.at(*above)?.row.clone())));
        Ok(Some(rows.collect()))
    }
}

/// Number of projects of a theme.
#[derive(Clone, SimpleObject)]
pub struct ThemeCount {
    /// Theme.
    pub theme: Term,
    /// Projects that carry it.
    pub count: i32,
}

/// Way to name one territory.
#[derive(Clone, Debug, OneofObject)]
pub enum TerritoryRef {
    /// By its id.
    Id(ID),
    /// By its code, such as `REG-76`.
    Code(String),
}

/// Conditions on territories; all that are given have to hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct TerritoryListFilter {
    /// By scale.
    pub scale: Option<OneOf<TerritoryScale>>,
    /// By name.
    pub name: Option<TextFilter>,
    /// Within this territory, by its code.
    pub within: Option<String>,
    /// By postal code of a commune.
    pub postal_code: Option<String>,
}

#[derive(Clone, Copy, Default)]
pub struct TerritoryQuery;

#[Object]
impl TerritoryQuery {
    /// Territory by id or code; `null` if there is none.
    async fn territory(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which territory.")] by: TerritoryRef,
    ) -> Nullable<Territory> {
        let store = ctx.store();
        let found = match by {
            TerritoryRef::Id(id) => match key::<TerritoryId>(&id) {
                Ok(key) => store.load::<territory::Entity>(key).await,
                Err(error) => Err(error),
            },
            TerritoryRef::Code(code) => {
                store.see::<territory::Entity>().filter(territory::Column::Code.eq(code)).one().await
            }
        };
        nullable(found.map(|row| row.map(Territory::from)))
    }

    /// Territories by name. Errors: `BAD_USER_INPUT`, `CURSOR_MISMATCH`.
    async fn territories(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Conditions that all have to hold.")] filter: Option<TerritoryListFilter>,
        #[graphql(
            desc = "Beginning of a name or postal code, as one types it; the 100 closest, the most people first. Without `filter`."
        )]
        search: Option<String>,
        #[graphql(desc = "Size of a page going forward, 1 to 100; 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go forward from.")] after: Option<String>,
        #[graphql(desc = "Size of a page going backward, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go backward from.")] before: Option<String>,
    ) -> Nullable<Connection<Territory>> {
        let store = ctx.store();
        let paging = Paging { first, after, last, before };
        match search {
            None => list(store, ask(store, filter.as_ref(), paging)).await,
            Some(_) if filter.is_some() => Some(Err(Error::bad_input(
                "`territories` takes `search` or `filter`, not both.",
            )
            .into_graphql())),
            Some(search) => nullable(completed(store, &search, paging).await.map(Some)),
        }
    }
}

async fn completed(store: &Store, search: &str, paging: Paging) -> Result<Connection<Territory>> {
    let reference = store.reference().await?;
    let found = reference.atlas.completing(search).into_iter().take(100);
    let rows = found.filter_map(|number| Some(Territory(reference.atlas.at(number)?.row.clone()))).collect();
    complete(store, "territories", search, paging, rows)
}

fn ask(
    store: &Store,
    filter: Option<&TerritoryListFilter>,
    paging: Paging,
) -> Result<Ask<territory::Entity>> {
    use territory::Column;
    let window = paging.window().map_err(Error::bad_input)?;
    let mut budget = Budget::default();
    let mut all = Conditions::new(&mut budget);
    if let Some(filter) = filter {
        all.one_of("scale", filter.scale.as_ref(), Column::Scale, |code| Ok((*code).into()))?;
        all.text("name", filter.name.as_ref(), Column::NameKey)?;
        if let Some(code) = &filter.within {
            let around = store.keys::<territory::Entity>(Column::Id, Column::Code.eq(code));
            let within = around
                .holds(territory_closure::Column::AncestorId)
                .and(territory_closure::Column::Depth.gt(0));
            all.add(
                store
                    .keys::<territory_closure::Entity>(territory_closure::Column::DescendantId, within)
                    .holds(Column::Id),
            )?;
        }
        if let Some(code) = &filter.postal_code {
            let there = Condition::all().add(postal_code::Column::Code.eq(code));
            all.add(store.wholes::<postal_code::Entity>(there).holds(Column::Id))?;
        }
    }
    let none: [(Column, OrderDirection, NullsOrder); 0] = [];
    let order = order(none, (Column::NameKey, OrderDirection::Asc), Column::Id);
    Ok(Ask::new("territories", all.done(), &format!("{filter:?}"), order, window))
}
