//! Lists of projects: how a filter and an order are answered from the read model.

use super::{
    facet::{ProjectFacet, ProjectFacetField},
    filter::{ProjectFilter, ProjectOrder, ProjectOrderField},
    found,
    highlight::Highlight,
    project::Project,
    reading::wanted,
    wanted::{Places, Table, Wanted, has_bits},
};
use crate::{
    face::{
        Door,
        filter::{NullsOrder, OrderDirection},
        order as ordered,
    },
    reference::Reference,
};
use async_graphql::{Context, Object};
use door::{
    Error, Nullable, Result,
    authz::{Along, Ask, Joined, Ranges, Sort, Store},
    card::{ANY_THEME, EVERYWHERE, MAIN_CURRENCY, Parts},
    nullable,
};
use entity::{
    codes::{NeedKind, NeedState, ProjectStatus, Taxonomy, TerritoryScale},
    ids::{ProjectId, TerritoryId},
    orgs::organization,
    projects::{need, project, project_term, project_territory},
    read_model::{self as model, FUNDABLE, OPEN, OWN, Packed, THEMES, project_card, project_entry},
    reference::term,
};
use futures_util::future::try_join_all;
use gql::{
    at_hand::AtOnce,
    connection::{Connection, Count, Counter, Edge, PageInfo, Paging, Window},
    cursor::Place,
    scalars::{Cursor, Money},
};
use sea_orm::{ColumnTrait, Condition, IntoSimpleExpr, sea_query::ExprTrait};
use std::{collections::BTreeMap, sync::Arc};

/// Ranges of entries worth merging; beyond, the cards are quicker.
const MOST_RANGES: usize = 12;

/// One page of a list of projects: 20 unless asked, at most 100.
pub struct ProjectConnection {
    pub edges: Vec<ProjectEdge>,
    pub has_next: bool,
    pub has_previous: bool,
    pub counter: Counter,
    /// What was asked, for facets and suggestions; nothing for lists under another object.
    pub(super) asked: Option<Arc<Asked>>,
}

/// What a list of projects was asked for.
pub(super) struct Asked {
    pub wanted: Wanted,
    pub search: Option<String>,
}

/// One place in a list of projects.
pub struct ProjectEdge {
    pub place: Place,
    pub node: Project,
    pub(super) score: Option<f32>,
    pub(super) asked: Option<Arc<Asked>>,
}

/// One page of a list of projects: 20 unless asked, at most 100.
#[Object]
impl ProjectConnection {
    /// Places in the list, each with its cursor.
    async fn edges(&self) -> &[ProjectEdge] {
        &self.edges
    }

    /// Projects of the page, for callers that need no cursors.
    async fn nodes(&self) -> Vec<AtOnce<'_, Project>> {
        self.edges.iter().map(|edge| AtOnce(&edge.node)).collect()
    }

    /// Place of the page in the list.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            has_next_page: self.has_next,
            has_previous_page: self.has_previous,
            start_cursor: self.edges.first().map(|edge| edge.place.cursor()),
            end_cursor: self.edges.last().map(|edge| edge.place.cursor()),
        }
    }

    /// Length of the whole list as far as the viewer sees it: exact up to 10,000, counted only when asked for.
    async fn total_count(&self) -> Option<async_graphql::Result<Count>> {
        Some(self.counter.count().await)
    }

    /// Numbers of projects by theme, territory and so on, each under all other conditions of the list.
    ///
    /// Errors: `SEARCH_UNAVAILABLE` while the search index is being built; `BAD_USER_INPUT` with filters on titles, needs
    /// or amounts in other currencies than EUR that hold for more than 50,000 projects each.
    async fn facets(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to count by; at most 8.")] by: Vec<ProjectFacetField>,
        #[graphql(desc = "Scale of the territories to count by.", default_with = "TerritoryScale::Region")]
        territory_scale: TerritoryScale,
    ) -> Nullable<Vec<ProjectFacet>> {
        let asked = self.asked.clone()?;
        nullable(found::facets(ctx.store(), asked, by, territory_scale).await.map(Some))
    }

    /// What was perhaps meant by `search`, where a word of it is found nowhere; at most 3 texts.
    async fn suggestions(&self, ctx: &Context<'_>) -> Nullable<Vec<String>> {
        let asked = self.asked.clone()?;
        nullable(found::suggestions(ctx.store(), asked).await.map(Some))
    }
}

/// One place in a list of projects.
#[Object]
impl ProjectEdge {
    /// Place in the list, for `after` and `before`; good for the same list, order and filter only.
    async fn cursor(&self) -> Cursor {
        self.place.cursor()
    }

    /// Project at this place.
    async fn node(&self) -> AtOnce<'_, Project> {
        AtOnce(&self.node)
    }

    /// How well the project answers `search`; comparable within one list only. `null` without `search`.
    async fn relevance(&self) -> Option<f64> {
        self.score.map(f64::from)
    }

    /// Where the project says what was looked for, in its original language; empty without `search`. At most 5.
    async fn highlights(&self, ctx: &Context<'_>) -> Nullable<Vec<Highlight>> {
        nullable(found::highlights(ctx.store(), self.asked.as_deref(), &self.node.0).map(Some))
    }
}

impl From<Connection<Project>> for ProjectConnection {
    fn from(page: Connection<Project>) -> Self {
        let Connection { edges, has_next, has_previous, counter } = page;
        let edges = edges
            .into_iter()
            .map(|Edge { place, node }| ProjectEdge { place, node, score: None, asked: None })
            .collect();
        Self { edges, has_next, has_previous, counter, asked: None }
    }
}

/// What is read with the rows of a page because the document asks for it.
#[derive(Clone, Copy)]
pub struct Selected {
    holder: bool,
    total: bool,
}

impl Selected {
    pub fn by(ctx: &Context<'_>) -> Self {
        let list = ctx.look_ahead();
        let nodes = [list.field("nodes"), list.field("edges").field("node")];
        Self {
            holder: nodes.iter().any(|node| node.field("holder").exists()),
            total: list.field("totalCount").exists(),
        }
    }
}

/// A page of projects: by what they say if they are searched, else in an order of the read model.
pub async fn list(
    store: &Store,
    filter: Option<&ProjectFilter>,
    search: Option<String>,
    order_by: Option<&[ProjectOrder]>,
    paging: Paging,
    selected: Selected,
) -> Result<ProjectConnection> {
    let window = paging.window().map_err(Error::bad_input)?;
    let reference = store.reference().await?;
    let wanted = wanted(store, &reference, filter)?;
    let asked = Arc::new(Asked { wanted, search });
    if asked.search.is_some() {
        return found::list(store, &reference, asked, &format!("{filter:?}"), order_by, window).await;
    }
    let plan = Plan::of(store, &reference, &asked.wanted, &format!("{filter:?}"), order_by, window)?;
    let Joined { page, total } = plan.page(store, selected).await?;
    let rows = rows(store, page.rows.iter().map(|(_, (id, parts))| (*id, parts.as_str()))).await?;
    let edges = page.rows.into_iter().zip(rows).filter_map(|((place, _), row)| {
        // Gone or hidden between the two statements: the row decides.
        Some(ProjectEdge { place, node: Project(row?), score: None, asked: None })
    });
    let (edges, store) = (edges.collect(), store.clone());
    let plan = Arc::new(plan);
    let counter = Counter::new(move || {
        let (plan, store) = (plan.clone(), store.clone());
        async move {
            let counted = match total {
                Some(total) => Ok(total),
                None => plan.count(&store).await,
            };
            counted.map(Count::capped).map_err(Error::into_graphql)
        }
    });
    let (has_next, has_previous) = (page.has_next, page.has_previous);
    Ok(ProjectConnection { edges, has_next, has_previous, counter, asked: Some(asked) })
}

/// Project rows of cards, in their order; what the cards carry of other tables is known from now on.
pub async fn rows<'c>(
    store: &Store,
    cards: impl Iterator<Item = (ProjectId, &'c str)>,
) -> Result<Vec<Option<project::Model>>> {
    let ids: Vec<ProjectId> = cards
        .map(|(id, parts)| {
            know_parts(store, id, parts);
            id
        })
        .collect();
    try_join_all(ids.into_iter().map(|id| store.load::<project::Entity>(id))).await
}

fn know_parts(store: &Store, id: ProjectId, parts: &str) {
    let Some(parts) = Parts::read(parts) else { return };
    store.know_parts::<project_term::Entity>(id, parts.terms(id));
    if let Some(places) = parts.territories(id) {
        store.know_parts::<project_territory::Entity>(id, places);
    }
    if let Some(needs) = parts.needs(id) {
        store.know_parts::<need::Entity>(id, needs);
    }
}

/// How a list is read: through entries of places and themes, or from the cards alone.
struct Plan {
    ask: Ask<project_card::Entity>,
    entries: Option<Ranges<project_entry::Entity>>,
}

impl Plan {
    fn of(
        store: &Store,
        reference: &Reference,
        wanted: &Wanted,
        printed: &str,
        order_by: Option<&[ProjectOrder]>,
        window: Window,
    ) -> Result<Self> {
        let order = order(store, order_by)?;
        let is_by_publication = matches!(order.first(), Some(first) if matches!(first.column, project_card::Column::PublishedKey))
            && order.len() == 2;
        let condition = wanted.sql(store, Table::Card)?;
        let entries = if is_by_publication { ranges(store, reference, wanted.clone())? } else { None };
        let entries = entries.map(|conditions| Ranges { key: project_entry::Column::ProjectId, conditions });
        Ok(Self { ask: Ask::new("projects", condition, printed, order, window), entries })
    }

    async fn page(&self, store: &Store, selected: Selected) -> Result<Joined<project_card::Entity>> {
        let holder = selected.holder.then_some(project::Column::HolderId);
        let along = Along::<_, project::Entity, organization::Entity>::new(
            project_card::Column::Parts,
            holder,
            selected.total,
        );
        match &self.entries {
            Some(ranges) => store.page_through(&self.ask, ranges, &along).await,
            None => store.page_along(&self.ask, &along).await,
        }
    }

    async fn count(&self, store: &Store) -> Result<u64> {
        match &self.entries {
            Some(ranges) => store.count_through(ranges).await,
            None => store.count(&self.ask).await,
        }
    }
}

/// The order of cards, with the id last. Keys without gaps where the index has them.
fn order(store: &Store, asked: Option<&[ProjectOrder]>) -> Result<Vec<Sort<project_card::Entity>>> {
    use project_card::Column;
    let asked = asked.unwrap_or_default();
    if asked.len() > 3 {
        return Err(Error::bad_input("`orderBy` takes at most 3 keys."));
    }
    let mut keys = Vec::new();
    for key in asked {
        let is_plain = matches!(
            (key.direction, key.nulls),
            (OrderDirection::Desc, NullsOrder::Last) | (OrderDirection::Asc, NullsOrder::First)
        );
        let column = match key.field {
            ProjectOrderField::PublishedAt if is_plain => Column::PublishedKey,
            ProjectOrderField::PublishedAt => Column::PublishedAt,
            ProjectOrderField::UpdatedAt => Column::UpdatedAt,
            ProjectOrderField::CreatedAt => Column::CreatedAt,
            ProjectOrderField::Title => Column::TitleKey,
            ProjectOrderField::StartedOn => Column::StartedOn,
            ProjectOrderField::AmountSought => {
                store.may_ask("Project.fundingSought")?;
                if is_plain { Column::SoughtKey } else { Column::Sought }
            }
            ProjectOrderField::Relevance => {
                return Err(Error::bad_input("`RELEVANCE` goes with `search` and with no other key."));
            }
        };
        keys.push((column, key.direction, key.nulls));
    }
    Ok(ordered(keys, (Column::PublishedKey, OrderDirection::Desc), Column::ProjectId))
}

/// Entries that answer the filter, or nothing if the cards do it better.
fn ranges(store: &Store, reference: &Reference, wanted: Wanted) -> Result<Option<Vec<Condition>>> {
    let (mut rest, mut places) = (Vec::new(), None::<Places>);
    // What an entry of a theme says by being there.
    let (mut said, mut is_fundable, mut themes) = (Vec::new(), false, Vec::new());
    for one in wanted.conjuncts() {
        match &one {
            Wanted::Places(here) if places.is_none() => places = Some(here.clone()),
            Wanted::Bits(Packed::Facts, FUNDABLE) => {
                is_fundable = true;
                said.push(one);
            }
            Wanted::Bits(Packed::Themes, mask) if themes.is_empty() => {
                themes = THEMES.places(*mask).collect();
                said.push(one);
            }
            _ => rest.push(one),
        }
    }
    let (rest, said) = (Wanted::All(rest), Wanted::All(said));
    if !rest.fits_entries() {
        return Ok(None);
    }
    let themes: Vec<i16> = if is_fundable {
        themes.iter().filter_map(|place| i16::try_from(place + 1).ok()).collect()
    } else {
        Vec::new()
    };
    let spots = match places {
        Some(places) => spots(reference, &places, &themes),
        None => themes.iter().map(|&theme| Spot { place: EVERYWHERE, theme, is_own: false }).collect(),
    };
    if spots.is_empty() || spots.len() > MOST_RANGES {
        return Ok(None);
    }
    let (rest, said) = (rest.sql(store, Table::Entry)?, said.sql(store, Table::Entry)?);
    let sql = |spot: &Spot| {
        let unsaid = (spot.theme == ANY_THEME).then(|| said.clone());
        spot.sql().add(rest.clone()).add_option(unsaid)
    };
    Ok(Some(spots.iter().map(sql).collect()))
}

/// Entries of one place and theme.
struct Spot {
    place: TerritoryId,
    theme: i16,
    is_own: bool,
}

impl Spot {
    fn sql(&self) -> Condition {
        use project_entry::Column::{Facts, PlaceId, Theme};
        let own = self.is_own.then(|| has_bits(Facts.into_simple_expr(), OWN));
        Condition::all().add(PlaceId.eq(self.place)).add(Theme.eq(self.theme)).add_option(own)
    }
}

fn spots(reference: &Reference, places: &Places, themes: &[i16]) -> Vec<Spot> {
    let own = places.own.iter().filter(|place| !places.under.contains(place));
    let all = places.under.iter().map(|place| (*place, false)).chain(own.map(|place| (*place, true)));
    all.flat_map(|(place, is_own)| {
        let is_wide = reference.atlas.get(place).is_some_and(|place| Reference::is_wide(place.row.scale));
        let themes = if is_wide && !themes.is_empty() { themes } else { &[ANY_THEME] };
        themes.iter().map(move |&theme| Spot { place, theme, is_own })
    })
    .collect()
}

/// What a list of projects under another object asks of the store; pages of many such objects are read together.
pub async fn ask(
    store: &Store,
    name: &str,
    filter: Option<&ProjectFilter>,
    order_by: Option<&[ProjectOrder]>,
    paging: Paging,
) -> Result<Ask<project::Entity>> {
    use project::Column;
    let window = paging.window().map_err(Error::bad_input)?;
    let condition = match filter {
        None => Condition::all(),
        Some(filter) => {
            let reference = store.reference().await?;
            let wanted = wanted(store, &reference, Some(filter))?.sql(store, Table::Card)?;
            let cards = store.keys::<project_card::Entity>(project_card::Column::ProjectId, wanted);
            Condition::all().add(cards.holds(Column::Id))
        }
    };
    let asked = order_by.unwrap_or_default();
    if asked.len() > 3 {
        return Err(Error::bad_input("`orderBy` takes at most 3 keys."));
    }
    let mut keys = Vec::new();
    for key in asked {
        let column = match key.field {
            ProjectOrderField::PublishedAt => Column::PublishedAt,
            ProjectOrderField::UpdatedAt => Column::UpdatedAt,
            ProjectOrderField::CreatedAt => Column::CreatedAt,
            ProjectOrderField::Title => Column::TitleKey,
            ProjectOrderField::StartedOn => Column::StartedOn,
            ProjectOrderField::AmountSought | ProjectOrderField::Relevance => {
                return Err(Error::bad_input(
                    "This list is not sorted by amount or relevance; `projects` is.",
                ));
            }
        };
        keys.push((column, key.direction, key.nulls));
    }
    let order = ordered(keys, (Column::PublishedAt, OrderDirection::Desc), Column::Id);
    Ok(Ask::new(name, condition, &format!("{filter:?}"), order, window))
}

/// What open needs of published projects under a territory ask for, by currency.
pub async fn sought_under(store: &Store, territory: TerritoryId) -> Result<Vec<Money>> {
    use project_entry::Column::{Facts, PlaceId, ProjectId, Sought, Theme};
    let has = |bits| has_bits(Facts.into_simple_expr(), bits);
    let here = Condition::all()
        .add(PlaceId.eq(territory))
        .add(Theme.eq(ANY_THEME))
        .add(has(OPEN))
        .add(has(model::STATUS.of(ProjectStatus::Published)));
    let main = store.sum::<project_entry::Entity>(Sought, here.clone()).await?;
    // Entries know the main currency; the others are few enough to be added up from the needs themselves.
    let other = need::Column::Currency.lt(MAIN_CURRENCY).or(need::Column::Currency.gt(MAIN_CURRENCY));
    let open = Condition::all()
        .add(need::Column::Kind.eq(NeedKind::Funding))
        .add(need::Column::State.eq(NeedState::Open))
        .add(other)
        .add(store.keys::<project_entry::Entity>(ProjectId, here).holds(need::Column::ProjectId));
    let others =
        store.part_sums::<need::Entity>(need::Column::Currency, need::Column::AmountMinor, open).await?;
    let sums = main.map(|minor| (MAIN_CURRENCY.to_owned(), minor)).into_iter().chain(others);
    let sums: BTreeMap<_, _> = sums.collect();
    Ok(sums.into_iter().map(|(currency, minor)| Money::from_minor(minor, &currency)).collect())
}

/// Projects under a territory that the viewer sees, by theme.
pub async fn by_theme_under(store: &Store, territory: TerritoryId) -> Result<Vec<(Arc<term::Model>, i32)>> {
    let wanted = Wanted::Places(Places { under: vec![territory], own: Vec::new() });
    let asked = Arc::new(Asked { wanted, search: None });
    let facets = found::facets(store, asked, vec![ProjectFacetField::Theme], TerritoryScale::Region).await?;
    let reference = store.reference().await?;
    let theme = |code: &str| reference.vocabulary.of_code(Taxonomy::Theme, code).cloned();
    let values = facets.into_iter().flat_map(|facet| facet.values);
    Ok(values.filter_map(|value| Some((theme(&value.code)?, value.count))).collect())
}
