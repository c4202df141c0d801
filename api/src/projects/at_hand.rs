//! What lists of projects can tell at once: see [`gql::at_hand`].

use super::{
    need::Need,
    project::{Project, ProjectTerritory, linked, of_taxonomy},
};
use crate::{authz::Store, orgs::Organization, reference::Territory};
use async_graphql::{ScalarType, Value};
use entity::{
    codes::Taxonomy,
    orgs::organization,
    projects::{need, project_term, project_territory},
};
use gql::{
    at_hand::{Asked, AtHand, code},
    scalars::{DateTime, FuzzyDate, LanguageTag},
};

impl AtHand for Project {
    const NAME: &'static str = "Project";

    fn at_hand(&self, asked: Asked<'_, '_>) -> Option<Value> {
        let (row, store) = (&self.0, asked.data::<Store>()?);
        let terms = |taxonomy| {
            let links = store.loaded_parts::<project_term::Entity>(row.id)?;
            asked.list(of_taxonomy(linked(links, &*store.loaded_reference()?), taxonomy))
        };
        match asked.name() {
            "id" => Some(row.id.to_string().into()),
            "slug" => Some(row.slug.as_str().into()),
            "version" => Some(row.version.to_string().into()),
            "createdAt" => Some(DateTime(row.created_at.0).to_value()),
            "updatedAt" => Some(DateTime(row.updated_at.0).to_value()),
            "publishedAt" => Some(or_null(row.published_at.map(|at| DateTime(at.0).to_value()))),
            "title" => Some(self.title_for(store).into()),
            "summary" => Some(self.summary_for(store).into()),
            "language" => Some(LanguageTag(row.language.clone()).to_value()),
            "stage" => Some(code(row.stage)),
            "status" => Some(code(row.status)),
            "licence" => Some(code(row.licence)),
            "startedOn" => Some(or_null(row.started_on.clone().map(|on| FuzzyDate(on).to_value()))),
            "holder" => asked.object(&Organization(store.loaded::<organization::Entity>(row.holder_id)?)),
            "themes" => terms(Taxonomy::Theme),
            "publics" => terms(Taxonomy::Public),
            "methods" => terms(Taxonomy::Method),
            "policySectors" => terms(Taxonomy::PolicySector),
            "sdgGoals" => terms(Taxonomy::SdgGoal),
            "territories" => {
                let places = store.loaded_parts::<project_territory::Entity>(row.id)?;
                asked.list(places.into_iter().map(ProjectTerritory))
            }
            "needs" => {
                let mut needs = store.loaded_parts::<need::Entity>(row.id)?;
                needs.sort_by_key(|need| (need.created_at, need.id));
                needs.truncate(asked.first()?);
                asked.object(&Needs(needs))
            }
            _ => None,
        }
    }
}

impl AtHand for ProjectTerritory {
    const NAME: &'static str = "ProjectTerritory";

    fn at_hand(&self, asked: Asked<'_, '_>) -> Option<Value> {
        match asked.name() {
            "role" => Some(code(self.0.role)),
            "territory" => {
                let reference = asked.data::<Store>()?.loaded_reference()?;
                asked.object(&Territory(reference.atlas.get(self.0.territory_id)?.row.clone()))
            }
            _ => None,
        }
    }
}

/// First page of a project's needs.
struct Needs(Vec<need::Model>);

impl AtHand for Needs {
    const NAME: &'static str = "NeedConnection";

    fn at_hand(&self, asked: Asked<'_, '_>) -> Option<Value> {
        match asked.name() {
            "nodes" => asked.list(self.0.iter().cloned().map(Need)),
            _ => None,
        }
    }
}

impl AtHand for Need {
    const NAME: &'static str = "Need";

    fn at_hand(&self, asked: Asked<'_, '_>) -> Option<Value> {
        match asked.name() {
            "id" => Some(self.0.id.to_string().into()),
            "kind" => Some(code(self.0.kind)),
            "state" => Some(code(self.0.state)),
            "instrument" => Some(or_null(self.0.instrument.map(code))),
            _ => None,
        }
    }
}

fn or_null(value: Option<Value>) -> Value {
    value.unwrap_or_default()
}
