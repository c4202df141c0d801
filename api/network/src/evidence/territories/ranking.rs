//! Territories by the progress of an indicator.

use super::policy_series::{PolicySeries, progress_of};
use crate::{
    evidence::indicators::indicator::{Indicator, IndicatorRef, find},
    face::Door,
    reference::Territory,
};
use async_graphql::{Context, Enum, Object, SimpleObject};
use door::{Error, Nullable, Result, authz::Store, nullable};
use entity::{
    codes::{CodeList, TerritoryScale},
    evidence::policy_series,
    reference::territory,
};
use gql::scalars::Decimal;
use sea_orm::ColumnTrait;
use std::{cmp::Reverse, collections::HashMap};

/// Territories of one level by the progress of one indicator, and those that cannot be placed.
#[derive(Clone, SimpleObject)]
pub struct TerritoryRanking {
    /// What is measured.
    pub indicator: Indicator,
    /// Level of the territories.
    pub level: TerritoryScale,
    /// Territories with a progress, furthest first, then by name; at most 200.
    pub ranked: Vec<RankedTerritory>,
    /// Territories of the level without a progress, by name, each with the reason; at most 200.
    pub missing: Vec<MissingTerritory>,
}

/// Territory with its place in a ranking.
#[derive(Clone, SimpleObject)]
pub struct RankedTerritory {
    /// Place, from 1; territories with the same progress share it, and the next place counts them all.
    pub rank: i32,
    /// Where.
    pub territory: Territory,
    /// Progress from start to target, in percent with two decimals (domain BR-18).
    pub progress: Decimal,
    /// Values behind it.
    pub series: PolicySeries,
}

/// Territory that has no place in a ranking.
#[derive(Clone, SimpleObject)]
pub struct MissingTerritory {
    /// Where.
    pub territory: Territory,
    /// Why it has no place.
    pub reason: MissingReason,
}

/// Why a territory has no place in a ranking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum MissingReason {
    /// Nothing was ever delivered for it.
    NoSeries,
    /// Start, current value or target is missing.
    NoProgress,
}

#[derive(Clone, Copy, Default)]
pub struct RankingQuery;

#[Object]
impl RankingQuery {
    /// Territories of a level by the progress of an indicator, and which are missing; `null` if there is no such
    /// indicator.
    ///
    /// Errors: `BAD_USER_INPUT` for levels with more than 200 territories.
    async fn territory_ranking(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which indicator.")] indicator: IndicatorRef,
        #[graphql(desc = "Level of the territories, such as `DEPARTEMENT` or `REGION`.")]
        level: TerritoryScale,
    ) -> Nullable<TerritoryRanking> {
        nullable(rank(ctx.store(), indicator, level).await)
    }
}

async fn rank(store: &Store, by: IndicatorRef, level: TerritoryScale) -> Result<Option<TerritoryRanking>> {
    if matches!(level, TerritoryScale::Commune | TerritoryScale::Epci) {
        return Err(Error::bad_input(format!(
            "There are too many territories of level {}; rank departments or regions.",
            level.code()
        )));
    }
    let Some(measured) = find(store, by).await? else { return Ok(None) };
    let places = store.see::<territory::Entity>().filter(territory::Column::Scale.eq(level));
    let places = places
        .ascending(territory::Column::NameKey)
        .ascending(territory::Column::Id)
        .limit(200)
        .all()
        .await?;
    let ids: Vec<_> = places.iter().map(|place| place.id).collect();
    let rows =
        store.see::<policy_series::Entity>().filter(policy_series::Column::IndicatorId.eq(measured.id));
    let rows = rows.filter(policy_series::Column::TerritoryId.is_in(ids)).all().await?;
    let mut by_place: HashMap<_, _> = rows.into_iter().map(|row| (row.territory_id, row)).collect();
    let (mut placed, mut missing) = (Vec::new(), Vec::new());
    for place in places {
        let row = by_place.remove(&place.id);
        let progress = row.as_ref().and_then(|row| progress_of(row, measured.direction));
        match (row, progress) {
            (Some(row), Some(progress)) => placed.push((place, row, progress)),
            (row, _) => missing.push(MissingTerritory {
                territory: place.into(),
                reason: if row.is_some() { MissingReason::NoProgress } else { MissingReason::NoSeries },
            }),
        }
    }
    // Stable: names stay in order among equals.
    placed.sort_by_cached_key(|(_, _, progress)| Reverse(progress.parse::<rust_decimal::Decimal>().ok()));
    let mut ranked: Vec<RankedTerritory> = Vec::with_capacity(placed.len());
    for (place, (territory, row, progress)) in (1..).zip(placed) {
        let rank = match ranked.last() {
            Some(before) if before.progress.0 == progress => before.rank,
            _ => place,
        };
        let (territory, series) = (territory.into(), PolicySeries(row));
        ranked.push(RankedTerritory { rank, territory, progress: Decimal(progress), series });
    }
    Ok(Some(TerritoryRanking { indicator: Indicator(measured), level, ranked, missing }))
}
