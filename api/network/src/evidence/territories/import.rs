//! Taking in a delivery of public indicators: idempotent, all or nothing.

use super::{
    barometre::{self, Fault, Indicator, Measures, Point},
    series::{Facts, digest, facts},
};
use door::{
    Error, Result,
    authz::{Event, Store, Tx},
    fold::fold,
};
use entity::{
    codes::{
        EditionStatus, IndicatorAggregation, IndicatorDirection, IndicatorLevel, IndicatorScheme,
        IndicatorValueType, Taxonomy,
    },
    evidence::{indicator, indicator_reference, indicator_term, policy_point, policy_series},
    ids::{IndicatorId, PolicySeriesId, TermId, TerritoryId},
    reference::{term, territory},
};
use rust_decimal::Decimal;
use sea_orm::ColumnTrait;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs::File,
    io::BufReader,
    path::Path,
};

/// What a delivery holds.
pub struct Delivery {
    indicators: Vec<Indicator>,
    measures: Measures,
}

/// What taking it in came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Indicators that are new or say something new.
    pub indicators: usize,
    /// Series that are new or say something new.
    pub series: usize,
    /// Series that say what they said.
    pub unchanged: usize,
    /// Points written.
    pub points: usize,
}

impl Delivery {
    /// Reads `measures.csv` and the `indicators.json` beside it.
    pub fn open(measures: &Path) -> anyhow::Result<(Self, Vec<Fault>)> {
        use anyhow::Context;
        let beside = measures.with_file_name("indicators.json");
        let file = |path: &Path| File::open(path).with_context(|| path.display().to_string());
        let indicators = barometre::indicators(BufReader::new(file(&beside)?))
            .with_context(|| format!("{} is not the list of indicators", beside.display()))?;
        Ok(Self::read(indicators, BufReader::new(file(measures)?)))
    }

    pub fn read(indicators: Vec<Indicator>, measures: impl std::io::Read) -> (Self, Vec<Fault>) {
        let known: BTreeSet<&str> = indicators.iter().map(|indicator| indicator.id.as_str()).collect();
        let (measures, faults) = barometre::measures(measures, &known);
        (Self { indicators, measures }, faults)
    }

    pub fn points(&self) -> u64 {
        self.measures.values().map(|days| days.len() as u64).sum()
    }
}

/// Writes what the delivery says anew, and nothing if it says nothing new. For the import job.
pub async fn take_in(store: &Store, delivery: Delivery, hear: impl FnMut(u64)) -> Result<Taken> {
    let mut tx = store.begin().await?;
    let mut taken = Taken::default();
    let indicators = write_indicators(&mut tx, &delivery.indicators, &mut taken).await?;
    let territories = territories(&tx, &delivery.measures).await?;
    write_series(&mut tx, delivery.measures, &indicators, &territories, &mut taken, hear).await?;
    if taken.indicators + taken.series > 0 {
        tx.commit(Event::of("policySeriesImport")).await?;
    }
    Ok(taken)
}

type Indicators = HashMap<String, IndicatorId>;

async fn write_indicators(tx: &mut Tx, said: &[Indicator], taken: &mut Taken) -> Result<Indicators> {
    let is_ours = indicator_reference::Column::Scheme.eq(IndicatorScheme::Barometre);
    let links = tx.see::<indicator_reference::Entity>().filter(is_ours).all().await?;
    let ids: Vec<_> = links.iter().map(|link| link.indicator_id).collect();
    let rows = tx.see::<indicator::Entity>().filter(indicator::Column::Id.is_in(ids)).all().await?;
    let mut known: HashMap<IndicatorId, indicator::Model> =
        rows.into_iter().map(|row| (row.id, row)).collect();
    let known_ids: Indicators = links.into_iter().map(|link| (link.code, link.indicator_id)).collect();
    let now = tx.store().now();
    let mut all = Indicators::new();
    let mut changed = Vec::new();
    let mut sources = Vec::new();
    for indicator in said {
        let before = known_ids.get(&indicator.id).and_then(|id| known.remove(id));
        let id = before.as_ref().map_or_else(IndicatorId::fresh, |before| before.id);
        all.insert(indicator.id.clone(), id);
        let mut row = row_of(indicator, id, now);
        if let Some(before) = &before {
            row.created_at = before.created_at;
            row.published_at = before.published_at;
            row.version = before.version;
            row.updated_at = before.updated_at;
            if row == *before {
                continue;
            }
            row.version += 1;
            row.updated_at = now;
        }
        changed.push(row);
        sources.push(indicator);
    }
    taken.indicators = changed.len();
    if changed.is_empty() {
        return Ok(all);
    }
    let themes = themes(tx).await?;
    let parts = changed.iter().zip(&sources);
    let terms = parts.clone().flat_map(|(row, indicator)| {
        let codes = barometre::themes(indicator.theme.as_deref().unwrap_or_default())
            .iter()
            .filter_map(|code| themes.get(*code).copied());
        codes.map(|term_id| indicator_term::Model { indicator_id: row.id, term_id })
    });
    let references = parts.map(|(row, indicator)| indicator_reference::Model {
        indicator_id: row.id,
        scheme: IndicatorScheme::Barometre,
        code: indicator.id.clone(),
    });
    let (terms, references) = (terms.collect(), references.collect());
    tx.put_all::<indicator::Entity>(&changed).await?;
    tx.replace_all::<indicator_term::Entity>(&changed, terms, |_| ()).await?;
    tx.replace_all::<indicator_reference::Entity>(&changed, references, |_| ()).await?;
    Ok(all)
}

fn row_of(said: &Indicator, id: IndicatorId, now: entity::At) -> indicator::Model {
    let label = said.name.clone().filter(|name| !name.trim().is_empty()).unwrap_or_else(|| said.id.clone());
    let unit = said.unit.clone().unwrap_or_default();
    indicator::Model {
        id,
        code: format!("BAROMETRE-{}", said.id),
        edition: 1,
        owner_id: None,
        working_group_id: None,
        label_key: fold(&label),
        label_fr: label,
        label_en: None,
        definition: said.description.clone().filter(|text| !text.trim().is_empty()),
        level: IndicatorLevel::Outcome,
        value_type: if unit.starts_with('%') || unit.starts_with("Taux") {
            IndicatorValueType::Percent
        } else {
            IndicatorValueType::Count
        },
        unit,
        direction: said.direction().unwrap_or(IndicatorDirection::Increase),
        aggregation: IndicatorAggregation::Latest,
        formula: None,
        frequency_days: None,
        guidance: None,
        disaggregations: serde_json::json!([]),
        source_theme_key: said.theme.as_deref().map(fold),
        source_theme: said.theme.clone(),
        policy: said.chantier.clone(),
        status: EditionStatus::Published,
        published_at: Some(now),
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

async fn themes(tx: &Tx) -> Result<HashMap<String, TermId>> {
    let rows = tx.see::<term::Entity>().filter(term::Column::Taxonomy.eq(Taxonomy::Theme)).all().await?;
    Ok(rows.into_iter().map(|row| (row.code, row.id)).collect())
}

async fn territories(tx: &Tx, measures: &Measures) -> Result<HashMap<String, TerritoryId>> {
    let codes: BTreeSet<String> = measures.keys().map(|(_, territory)| territory.clone()).collect();
    let rows = tx
        .see::<territory::Entity>()
        .filter(territory::Column::Code.is_in(codes.iter().cloned()))
        .all()
        .await?;
    let found: HashMap<_, _> = rows.into_iter().map(|row| (row.code, row.id)).collect();
    let missing: Vec<_> = codes.into_iter().filter(|code| !found.contains_key(code)).collect();
    if missing.is_empty() {
        return Ok(found);
    }
    Err(Error::bad_input(format!("The network has no territory {}.", missing.join(", "))))
}

async fn write_series(
    tx: &mut Tx,
    measures: Measures,
    indicators: &Indicators,
    territories: &HashMap<String, TerritoryId>,
    taken: &mut Taken,
    mut hear: impl FnMut(u64),
) -> Result<()> {
    let ids: Vec<_> = indicators.values().copied().collect();
    let rows =
        tx.see::<policy_series::Entity>().filter(policy_series::Column::IndicatorId.is_in(ids)).all().await?;
    let mut known: HashMap<_, _> =
        rows.into_iter().map(|row| ((row.indicator_id, row.territory_id), row)).collect();
    let now = tx.store().now();
    let (mut series, mut points) = (Vec::new(), Vec::new());
    for ((indicator, territory), days) in measures {
        let (Some(&indicator_id), Some(&territory_id)) =
            (indicators.get(&indicator), territories.get(&territory))
        else {
            continue;
        };
        let digest = digest(&days);
        let before = known.remove(&(indicator_id, territory_id));
        if before.as_ref().is_some_and(|before| before.digest == digest) {
            taken.unchanged += 1;
            hear(days.len() as u64);
            continue;
        }
        let Facts { start, current, target, next_due_on } = facts(&days);
        let (start_on, start_value) = parted(start);
        let (current_on, current_value) = parted(current);
        let (target_on, target_value) = parted(target);
        let id = before.as_ref().map_or_else(PolicySeriesId::fresh, |before| before.id);
        series.push(policy_series::Model {
            id,
            indicator_id,
            territory_id,
            start_value,
            start_on,
            current_value,
            current_on,
            target_value,
            target_on,
            next_due_on,
            digest,
            version: before.as_ref().map_or(1, |before| before.version + 1),
            created_at: before.as_ref().map_or(now, |before| before.created_at),
            updated_at: now,
        });
        points.extend(rows_of(id, days));
    }
    (taken.series, taken.points) = (series.len(), points.len());
    if series.is_empty() {
        return Ok(());
    }
    tx.put_all::<policy_series::Entity>(&series).await?;
    tx.replace_all::<policy_point::Entity>(&series, points, hear).await
}

fn parted(said: Option<(String, Decimal)>) -> (Option<String>, Option<String>) {
    said.map(|(day, value)| (day, value.to_string())).unzip()
}

fn rows_of(
    series_id: PolicySeriesId,
    days: BTreeMap<String, Point>,
) -> impl Iterator<Item = policy_point::Model> {
    let text = |value: Option<Decimal>| value.map(|value| value.to_string());
    days.into_iter().map(move |(on_date, point)| policy_point::Model {
        series_id,
        on_date,
        initial: text(point.initial),
        actual: text(point.actual),
        target: text(point.target),
    })
}
