//! Lists that the search index answers: by relevance, with facets, suggestions and highlights. Rows come by their ids
//! from the database, which decides last who sees them.

use super::{
    facet::{ProjectFacet, ProjectFacetField, ProjectFacetValue, field_of},
    filter::{ProjectOrder, ProjectOrderField},
    highlight::{Highlight, Marker},
    list::{Asked, ProjectConnection, ProjectEdge, rows},
    project::Project,
    similar::SimilarProject,
};
use crate::{
    face::filter::{NullsOrder, OrderDirection},
    reference::{Reference, Term, Territory},
};
use door::{Error, Result, authz::Store};
use entity::{
    codes::TerritoryScale,
    ids::ProjectId,
    projects::project,
    read_model::{THEMES, project_card},
};
use futures_util::future::try_join_all;
use gql::{
    connection::{COUNTED_TO, Count, Counter, Window},
    cursor::Fingerprint,
};
use search::{
    Check, Engine, Eyes, OrderBy, Question, Rank, Ranked, Wish,
    asked::{self, Part},
    facets::Own,
    stems,
    words::{is_common, words},
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Arc};

/// Facets of one list.
const FACETS: usize = 8;
const FACET_VALUES: usize = 100;
const SUGGESTIONS: usize = 3;
/// Projects looked at to find similar ones.
const CANDIDATES: usize = 60;

/// Work on the index takes a thread of its own: it computes and does not wait.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(anyhow::Error::from)?
}

fn parts(asked: &Asked) -> Result<Vec<Part>> {
    asked.search.as_deref().map_or(Ok(Vec::new()), asked::read)
}

/// A page of what was searched.
pub async fn list(
    store: &Store,
    reference: &Reference,
    asked: Arc<Asked>,
    printed: &str,
    order_by: Option<&[ProjectOrder]>,
    window: Window,
) -> Result<ProjectConnection> {
    let parts = parts(&asked)?;
    let engine = search::engine(store)?;
    let wanted = asked.wanted.clone().for_index(store).await?;
    let check = Arc::new(wanted.check(reference)?);
    let asked = Arc::new(Asked { wanted, search: asked.search.clone() });
    let eyes = Arc::new(Eyes::of(store.viewer()));
    let order = order(store, order_by)?;
    let print = Fingerprint::of("projects", &format!("{order:?}"), &format!("{printed} {:?}", asked.search));
    let from = window.from.as_deref().map(|cursor| place(store.unseal(print, cursor)?)).transpose()?;
    let wish = Wish { order, size: window.size, is_forward: window.forward, from };
    let (question, ranks) = {
        let (check, eyes) = (check.clone(), eyes.clone());
        aside(move || {
            let question = engine.question(&parts)?;
            let ranks = question.page(&check, &eyes, &wish)?;
            Ok((Arc::new(question), ranks))
        })
        .await?
    };
    let more = ranks.len() > window.size;
    let mut ranks: Vec<_> = ranks.into_iter().take(window.size).collect();
    if !window.forward {
        ranks.reverse();
    }
    let projects = projects(store, ranks.iter().map(|rank| rank.id)).await?;
    let edges = ranks.iter().zip(projects).filter_map(|(rank, row)| {
        let score = match rank.value {
            Ranked::Score(score) => Some(score),
            Ranked::Number(_) | Ranked::Text(_) => None,
        };
        let place = store.place(print, named(rank));
        Some(ProjectEdge { place, node: Project(row?), score, asked: Some(asked.clone()) })
    });
    let edges = edges.collect();
    let counter = Counter::new(move || count(question.clone(), check.clone(), eyes.clone()));
    let has_from = window.from.is_some();
    let (has_next, has_previous) = if window.forward { (more, has_from) } else { (has_from, more) };
    Ok(ProjectConnection { edges, has_next, has_previous, counter, asked: Some(asked) })
}

async fn count(question: Arc<Question>, check: Arc<Check>, eyes: Arc<Eyes>) -> async_graphql::Result<Count> {
    let counted = aside(move || question.count(&check, &eyes, COUNTED_TO + 1)).await;
    counted.map(Count::capped).map_err(Error::into_graphql)
}

/// Rows of these projects in their order; two statements.
async fn projects(
    store: &Store,
    ids: impl Iterator<Item = ProjectId>,
) -> Result<Vec<Option<project::Model>>> {
    let ids: Vec<_> = ids.collect();
    let cards = try_join_all(ids.iter().map(|id| store.load::<project_card::Entity>(*id))).await?;
    let known = cards.iter().flatten().map(|card| (card.project_id, card.parts.as_str()));
    let mut found = rows(store, known).await?.into_iter();
    Ok(cards.iter().map(|card| card.as_ref().and_then(|_| found.next().flatten())).collect())
}

fn named(rank: &Rank) -> Vec<Value> {
    let value = match &rank.value {
        Ranked::Score(score) => json!({ "score": score.to_bits() }),
        Ranked::Number(number) => json!({ "number": number }),
        Ranked::Text(text) => json!({ "text": text }),
    };
    vec![value, json!(rank.id.to_string())]
}

fn place(values: Vec<Value>) -> Result<Rank> {
    let wrong = || Error::bad_input("This is not a cursor; use one that a page gave.");
    let [value, id] = values.as_slice() else { return Err(wrong()) };
    let id = id.as_str().and_then(|id| id.parse().ok()).ok_or_else(wrong)?;
    let (kind, value) = value.as_object().and_then(|value| value.iter().next()).ok_or_else(wrong)?;
    let value = match kind.as_str() {
        "score" => {
            let bits = value.as_u64().and_then(|bits| u32::try_from(bits).ok()).ok_or_else(wrong)?;
            Ranked::Score(f32::from_bits(bits))
        }
        "number" => Ranked::Number(value.as_i64()),
        _ => Ranked::Text(value.as_str().map(str::to_owned)),
    };
    Ok(Rank { value, id })
}

fn order(store: &Store, asked: Option<&[ProjectOrder]>) -> Result<OrderBy> {
    let key = match asked.unwrap_or_default() {
        [] => return Ok(OrderBy::Relevance),
        [key] => key,
        _ => return Err(Error::bad_input("With `search`, `orderBy` takes one key.")),
    };
    let (is_descending, nulls_first) =
        (key.direction == OrderDirection::Desc, key.nulls == NullsOrder::First);
    let text = |name| OrderBy::Text { name, is_descending, nulls_first };
    let name = match key.field {
        ProjectOrderField::Relevance => return Ok(OrderBy::Relevance),
        ProjectOrderField::Title => return Ok(text("title")),
        ProjectOrderField::StartedOn => return Ok(text("started")),
        ProjectOrderField::PublishedAt => "published",
        ProjectOrderField::UpdatedAt => "updated",
        ProjectOrderField::CreatedAt => "created",
        ProjectOrderField::AmountSought => {
            store.may_ask("Project.fundingSought")?;
            "sought"
        }
    };
    Ok(OrderBy::Number { name, is_descending, nulls_first })
}

/// Numbers of projects under each value.
pub async fn facets(
    store: &Store,
    asked: Arc<Asked>,
    by: Vec<ProjectFacetField>,
    scale: TerritoryScale,
) -> Result<Vec<ProjectFacet>> {
    if by.len() > FACETS {
        return Err(Error::bad_input(format!("`by` takes at most {FACETS} facets.")));
    }
    let (reference, engine, eyes) =
        (store.reference().await?, search::engine(store)?, Eyes::of(store.viewer()));
    let parts = parts(&asked)?;
    let fields = by.clone();
    let wanted = asked.wanted.clone().for_index(store).await?;
    let conditions = wanted.conjuncts().into_iter();
    let conditions: Vec<_> = conditions
        .map(|one| Ok(Own { field: field_of(&one), check: one.check(&reference)? }))
        .collect::<Result<_>>()?;
    let counted = aside(move || {
        let question = engine.question(&parts)?;
        search::facets::count(&question, conditions, &eyes, &reference, &fields, scale)
    });
    let english = store.facts().english;
    let facet = |(field, values): (_, Vec<search::facets::Counted>)| ProjectFacet {
        field,
        values: values
            .into_iter()
            .take(FACET_VALUES)
            .map(|one| ProjectFacetValue {
                code: one.code,
                label: if english { one.en } else { one.fr },
                count: i32::try_from(one.count).unwrap_or(i32::MAX),
            })
            .collect(),
    };
    Ok(by.into_iter().zip(counted.await?).map(facet).collect())
}

/// The text with words the network has in place of those it has not.
pub async fn suggestions(store: &Store, asked: Arc<Asked>) -> Result<Vec<String>> {
    let parts = parts(&asked)?;
    if parts.is_empty() {
        return Ok(Vec::new());
    }
    let (engine, eyes) = (search::engine(store)?, Eyes::of(store.viewer()));
    let instead = aside(move || {
        let question = engine.question(&parts)?;
        let mut seen = Vec::new();
        for (word, neighbours) in question.instead.clone() {
            // A word of a draft is nobody else's to learn.
            let mut shown = Vec::new();
            for neighbour in neighbours {
                if engine.is_seen(&question.searcher, &neighbour, &eyes)? {
                    shown.push(neighbour);
                }
            }
            seen.push((word, shown));
        }
        Ok(seen)
    })
    .await?;
    let text = asked.search.as_deref().unwrap_or_default();
    let texts = (0..SUGGESTIONS).filter_map(|place| corrected(text, &instead, place));
    Ok(texts.collect::<BTreeSet<_>>().into_iter().collect())
}

/// The text with the words' best replacements, the first word's being the one at `place`.
fn corrected(text: &str, instead: &[(String, Vec<String>)], place: usize) -> Option<String> {
    let (first, others) = instead.split_first()?;
    let mut chosen = vec![(&first.0, first.1.get(place)?)];
    chosen.extend(others.iter().filter_map(|(word, better)| Some((word, better.first()?))));
    let mut corrected = String::new();
    let mut at = 0;
    for word in words(text) {
        if let Some((_, better)) = chosen.iter().find(|(wrong, _)| **wrong == word.folded) {
            corrected.push_str(text.get(at..word.from)?);
            corrected.push_str(better);
            at = word.to;
        }
    }
    corrected.push_str(text.get(at..)?);
    Some(corrected)
}

/// Where a project says what was looked for.
pub fn highlights(store: &Store, asked: Option<&Asked>, row: &project::Model) -> Result<Vec<Highlight>> {
    let Some(asked) = asked else { return Ok(Vec::new()) };
    let parts = parts(asked)?;
    if parts.is_empty() {
        return Ok(Vec::new());
    }
    let also: Vec<String> =
        search::engine(store)?.question(&parts)?.instead.into_iter().flat_map(|(_, words)| words).collect();
    let stemmed = |word: &str| stems(word).to_vec();
    let marker = Marker::new(&parts, &also, &stemmed);
    let fields = [
        ("title", Some(&row.title)),
        ("summary", Some(&row.summary)),
        ("description", row.description.as_ref()),
        ("needAddressed", row.need_addressed.as_ref()),
        ("solution", row.solution.as_ref()),
    ];
    let highlight = |(field, text): (&str, Option<&String>)| {
        let fragments = marker.fragments(text?);
        (!fragments.is_empty()).then(|| Highlight { field: field.to_owned(), fragments })
    };
    Ok(fields.into_iter().filter_map(highlight).collect())
}

/// Projects that share words with this one, those that also share themes and places first.
pub async fn similar(store: &Store, row: project::Model, first: usize) -> Result<Vec<SimilarProject>> {
    let (engine, eyes) = (search::engine(store)?, Eyes::of(store.viewer()));
    let texts = [row.title.clone(), row.summary.clone(), row.description.clone().unwrap_or_default()];
    let ranks = aside(move || candidates(&engine, &eyes, &texts)).await?;
    let ids: Vec<_> = ranks.iter().map(|rank| rank.id).filter(|id| *id != row.id).collect();
    let Some(own) = store.load::<project_card::Entity>(row.id).await? else { return Ok(Vec::new()) };
    let cards = try_join_all(ids.iter().map(|id| store.load::<project_card::Entity>(*id))).await?;
    let reference = store.reference().await?;
    let mut likely: Vec<_> = ranks
        .iter()
        .filter(|rank| rank.id != row.id)
        .zip(cards)
        .filter_map(|(rank, card)| Some((likeness(rank, &own, &card?, &reference), rank.id)))
        .collect();
    likely.sort_by(|(one, a), (other, b)| other.score.total_cmp(&one.score).then(a.cmp(b)));
    likely.truncate(first);
    let projects = projects(store, likely.iter().map(|(_, id)| *id)).await?;
    let similar = likely.into_iter().zip(projects).filter_map(|((likeness, _), other)| {
        let other = other?;
        let shared_words = shared_words(&row, &other);
        Some(SimilarProject {
            project: Project(other),
            shared_themes: likeness.themes,
            shared_territories: likeness.territories,
            shared_words,
        })
    });
    Ok(similar.collect())
}

fn candidates(engine: &Engine, eyes: &Eyes, texts: &[String]) -> Result<Vec<Rank>> {
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let wish = Wish { order: OrderBy::Relevance, size: CANDIDATES, is_forward: true, from: None };
    engine.like(&texts)?.page(&Check::default(), eyes, &wish)
}

struct Likeness {
    score: f32,
    themes: Vec<Term>,
    territories: Vec<Territory>,
}

fn likeness(
    rank: &Rank,
    own: &project_card::Model,
    card: &project_card::Model,
    reference: &Reference,
) -> Likeness {
    let vocabulary = &reference.vocabulary;
    let themes: Vec<_> = THEMES
        .places(own.themes & card.themes)
        .filter_map(|place| vocabulary.at(entity::codes::Taxonomy::Theme, place).cloned().map(Term))
        .collect();
    let territories = shared_places(own, card, reference);
    let text = match rank.value {
        Ranked::Score(score) => score,
        Ranked::Number(_) | Ranked::Text(_) => 0.0,
    };
    let bonus = u16::try_from(2 * themes.len() + 3 * territories.len().min(2)).map_or(0.0, f32::from);
    Likeness { score: text + bonus, themes, territories }
}

/// Places both are found under, without those around another of them and without whole countries.
fn shared_places(
    own: &project_card::Model,
    card: &project_card::Model,
    reference: &Reference,
) -> Vec<Territory> {
    let under = |card: &project_card::Model| -> BTreeSet<u32> {
        let parts = door::card::Parts::read(&card.parts).unwrap_or_default();
        let places = parts.territories(card.project_id).unwrap_or_default();
        let numbers = places.iter().filter_map(|place| reference.atlas.number(place.territory_id));
        numbers
            .flat_map(|number| {
                let around = reference.atlas.at(number).into_iter().flat_map(|place| &place.around);
                around.map(|(above, _)| *above).chain([number]).collect::<Vec<_>>()
            })
            .collect()
    };
    let shared: Vec<u32> = under(own).intersection(&under(card)).copied().collect();
    let is_outer = |number: &u32| {
        let place = |other: &u32| reference.atlas.at(*other);
        shared.iter().any(|other| {
            place(other).is_some_and(|place| place.around.iter().any(|(above, _)| above == number))
        })
    };
    let is_wide =
        |scale| matches!(scale, TerritoryScale::Country | TerritoryScale::Europe | TerritoryScale::World);
    let closest =
        shared.iter().filter(|number| !is_outer(number)).filter_map(|number| reference.atlas.at(*number));
    closest
        .filter(|place| !is_wide(place.row.scale))
        .map(|place| Territory(place.row.clone()))
        .take(10)
        .collect()
}

fn shared_words(one: &project::Model, other: &project::Model) -> Vec<String> {
    let telling = |row: &project::Model| -> BTreeSet<String> {
        let texts = [Some(&row.title), Some(&row.summary), row.description.as_ref()];
        let all = texts.into_iter().flatten().flat_map(|text| words(text)).map(|word| word.folded);
        all.filter(|word| word.chars().count() > 4 && !is_common(word)).collect()
    };
    telling(one).intersection(&telling(other)).take(12).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correction_keeps_the_rest_of_the_text() {
        let instead = vec![("mobilte".to_owned(), vec!["mobilite".to_owned(), "mobilise".to_owned()])];
        assert_eq!(
            corrected("La mobilté, l’eau", &instead, 0).as_deref(),
            Some("La mobilité, l’eau").map(|_| "La mobilite, l’eau")
        );
        assert_eq!(corrected("mobilte", &instead, 1).as_deref(), Some("mobilise"));
        assert_eq!(corrected("mobilte", &instead, 2), None);
        assert_eq!(corrected("rien", &[], 0), None);
    }
}
