//! A public indicator on a territory, as the API shows it.

use super::progress::{Course, Direction, percent, shown};
use crate::{
    evidence::{
        indicators::indicator::{Indicator, coded, themed},
        uses::{IndicatorUse, usage},
    },
    face::{Door, UnchangingViewerPermissions},
    reference::Territory,
};
use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::DateTime as Instant;
use door::{
    Nullable, Result,
    authz::{Lookup, Store},
    fold::fold,
    nullable,
};
use entity::{
    At,
    codes::IndicatorDirection,
    evidence::{indicator, indicator_use, policy_point, policy_series},
    ids::TerritoryId,
    reference::territory,
};
use gql::{
    connection::{Connection, Paging},
    scalars::{Date, DateTime, Decimal},
};
use sea_orm::{ColumnTrait, Condition};
use std::collections::HashMap;

/// Public indicator on one territory: where it started, where it stands, where it is meant to be.
#[derive(Clone)]
pub struct PolicySeries(pub policy_series::Model);

impl From<policy_series::Model> for PolicySeries {
    fn from(row: policy_series::Model) -> Self {
        Self(row)
    }
}

/// What was said of a series for one day.
#[derive(Clone, Debug, SimpleObject)]
pub struct PolicyPoint {
    /// Day the values are about.
    pub on: Date,
    /// Starting value, in the indicator's unit.
    pub initial: Option<Decimal>,
    /// Actual value, in the indicator's unit.
    pub actual: Option<Decimal>,
    /// Target, in the indicator's unit.
    pub target: Option<Decimal>,
}

/// Public indicator on one territory: where it started, where it stands, where it is meant to be. Everybody sees all.
///
/// Source: Baromètre des résultats de l'action publique, DITP, Licence Ouverte 2.0. Values are in the indicator's unit.
#[Object]
impl PolicySeries {
    /// Id, `pse_…`.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Version; grows with each delivery that says something new.
    async fn version(&self) -> String {
        self.0.version.to_string()
    }

    /// When it was first delivered.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at.0)
    }

    /// When a delivery last said something new.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at.0)
    }

    /// What is measured.
    async fn indicator(&self, ctx: &Context<'_>) -> Nullable<Indicator> {
        nullable(self.measured(ctx.store()).await.map(|row| row.map(Indicator)))
    }

    /// Where it is measured.
    async fn territory(&self, ctx: &Context<'_>) -> Nullable<Territory> {
        nullable(
            ctx.store()
                .load::<territory::Entity>(self.0.territory_id)
                .await
                .map(|row| row.map(Territory::from)),
        )
    }

    /// Where public bodies of the territory say they want to be; oldest first.
    async fn indicator_uses(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Size of a page going forward, 1 to 100; 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go forward from.")] after: Option<String>,
        #[graphql(desc = "Size of a page going backward, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go backward from.")] before: Option<String>,
    ) -> Nullable<Connection<IndicatorUse>> {
        let (link, paging) = (indicator_use::Column::SeriesId, Paging { first, after, last, before });
        usage::page_under(ctx.store(), link, self.0.id.0, paging).await
    }

    /// Value it started from: the first starting value that was given.
    async fn start(&self) -> Option<Decimal> {
        self.0.start_value.clone().map(Decimal)
    }

    /// Day of the starting value.
    async fn start_on(&self) -> Option<Date> {
        self.0.start_on.clone().map(Date)
    }

    /// Value where it stands: the last actual value.
    async fn current(&self) -> Option<Decimal> {
        self.0.current_value.clone().map(Decimal)
    }

    /// Day of the last actual value.
    async fn updated_on(&self) -> Option<Date> {
        self.0.current_on.clone().map(Date)
    }

    /// Value where it is meant to be: the last target that was given.
    async fn target(&self) -> Option<Decimal> {
        self.0.target_value.clone().map(Decimal)
    }

    /// Day by which the target is meant to be reached.
    async fn target_on(&self) -> Option<Date> {
        self.0.target_on.clone().map(Date)
    }

    /// Share of the way from start to target that is done, in percent with two decimals (domain BR-18).
    ///
    /// `100 × (current − start) / (target − start)`, no less than 0, no more than 100. Where start and target are the
    /// same: 100 if the current value is there or beyond in the indicator's direction, else 0. `null` if one is missing.
    async fn progress(&self, ctx: &Context<'_>) -> Nullable<Decimal> {
        let shown = |row: indicator::Model| progress_of(&self.0, row.direction).map(Decimal);
        nullable(self.measured(ctx.store()).await.map(|row| row.and_then(shown)))
    }

    /// Way the indicator is meant to go.
    async fn trend(&self, ctx: &Context<'_>) -> Nullable<IndicatorDirection> {
        nullable(self.measured(ctx.store()).await.map(|row| row.map(|row| row.direction)))
    }

    /// Day by which the next actual value is due.
    ///
    /// The last day and the longest time the series ever took between two values; 366 days if it has only one.
    async fn next_due_on(&self) -> Option<Date> {
        self.0.next_due_on.clone().map(Date)
    }

    /// Whether the next actual value is overdue, or there is none at all.
    async fn is_stale(&self, ctx: &Context<'_>) -> bool {
        is_stale(&self.0, ctx.store().now())
    }

    /// All that was said, earliest day first; at most 500 days.
    async fn points(&self, ctx: &Context<'_>) -> Nullable<Vec<PolicyPoint>> {
        let parts = ctx.store().parts::<policy_point::Entity>(self.0.id).await;
        let shown = |row: policy_point::Model| PolicyPoint {
            on: Date(row.on_date),
            initial: row.initial.map(Decimal),
            actual: row.actual.map(Decimal),
            target: row.target.map(Decimal),
        };
        nullable(parts.map(|parts| Some(parts.into_iter().map(shown).collect())))
    }

    /// What the viewer may do to it: nothing, as it comes from its source.
    async fn viewer_permissions(&self, ctx: &Context<'_>) -> UnchangingViewerPermissions {
        UnchangingViewerPermissions::of::<policy_series::Entity>(ctx.store().viewer(), &self.0)
    }
}

impl PolicySeries {
    async fn measured(&self, store: &Store) -> Result<Option<indicator::Model>> {
        store.load::<indicator::Entity>(self.0.indicator_id).await
    }
}

/// Progress of a series as shown: two decimals.
pub fn progress_of(row: &policy_series::Model, direction: IndicatorDirection) -> Option<String> {
    let value = |text: &Option<String>| text.as_ref()?.parse().ok();
    let course = Course {
        start: value(&row.start_value),
        current: value(&row.current_value),
        target: value(&row.target_value),
    };
    Some(shown(percent_of(course, direction)?).to_string())
}

/// A value that is to be kept is there only where it was kept; the other directions are BR-18's own.
pub fn percent_of(course: Course, direction: IndicatorDirection) -> Option<rust_decimal::Decimal> {
    match direction {
        IndicatorDirection::Increase => percent(course, Direction::Increase),
        IndicatorDirection::Decrease => percent(course, Direction::Decrease),
        IndicatorDirection::Maintain => {
            let both = [Direction::Increase, Direction::Decrease].map(|direction| percent(course, direction));
            both.into_iter().flatten().min()
        }
    }
}

pub fn is_stale(row: &policy_series::Model, now: At) -> bool {
    let today = Instant::from_timestamp_micros(now.0).map(|now| now.date_naive().to_string());
    match (&row.next_due_on, today) {
        (Some(due), Some(today)) => *due < today,
        _ => true,
    }
}

/// Series of a territory, by theme and code of their indicators; those of many territories come in one statement.
pub async fn policy_series_of(
    store: &Store,
    territory: TerritoryId,
    theme: Option<String>,
    indicator: Option<String>,
) -> Result<Vec<PolicySeries>> {
    let rows = store.batched(SeriesOf { theme, indicator }, territory).await?.unwrap_or_default();
    let measured = rows.iter().map(|row| store.load::<indicator::Entity>(row.indicator_id));
    let measured = futures_util::future::try_join_all(measured).await?;
    let mut rows: Vec<_> = rows.into_iter().zip(measured).collect();
    rows.sort_by_cached_key(|(_, measured)| {
        measured.as_ref().map(|row| (row.source_theme_key.clone(), row.code.clone(), row.edition))
    });
    Ok(rows.into_iter().map(|(row, _)| PolicySeries(row)).collect())
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct SeriesOf {
    theme: Option<String>,
    indicator: Option<String>,
}

impl Lookup for SeriesOf {
    type Key = TerritoryId;
    type Value = Vec<policy_series::Model>;

    async fn find(
        self,
        store: Store,
        keys: Vec<TerritoryId>,
    ) -> Result<HashMap<TerritoryId, Vec<policy_series::Model>>> {
        use policy_series::Column::{IndicatorId, TerritoryId as Place};
        let mut seen = store.see::<policy_series::Entity>().filter(Place.is_in(keys));
        if self.theme.is_some() || self.indicator.is_some() {
            let mut wanted = Condition::all();
            if let Some(theme) = self.theme {
                let worded = indicator::Column::SourceThemeKey.eq(fold(&theme));
                wanted = wanted.add(Condition::any().add(worded).add(themed(&store, &[theme])));
            }
            if let Some(code) = self.indicator {
                wanted = wanted.add(coded(&store, &code));
            }
            seen = seen
                .filter(store.keys::<indicator::Entity>(indicator::Column::Id, wanted).holds(IndicatorId));
        }
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        for row in seen.all().await? {
            found.entry(row.territory_id).or_default().push(row);
        }
        Ok(found)
    }
}
