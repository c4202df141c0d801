//! What lists of projects can tell at once: see [`gql::at_hand`].

use super::{
    need::Need,
    project::{Project, ProjectTerritory, linked, of_taxonomy},
};
use crate::{orgs::Organization, reference::Territory};
use async_graphql::ScalarType;
use door::authz::Store;
use entity::{
    codes::Taxonomy,
    orgs::organization,
    projects::{need, project_term, project_territory},
};
use gql::{
    at_hand::{Asked, AtHand, Told},
    scalars::{DateTime, FuzzyDate, LanguageTag},
};

impl AtHand for Project {
    const NAME: &'static str = "Project";

    fn tell(&self, asked: Asked<'_, '_>, to: &mut Told) -> Option<()> {
        let (row, store) = (&self.0, asked.data::<Store>()?);
        let terms = |taxonomy, to: &mut Told| {
            let links = store.loaded_parts::<project_term::Entity>(row.id)?;
            asked.list(of_taxonomy(linked(links, &*store.loaded_reference()?), taxonomy), to)
        };
        match asked.name() {
            "id" => to.text(&row.id.to_string()),
            "slug" => to.text(&row.slug),
            "version" => to.text(&row.version.to_string()),
            "createdAt" => to.text(&DateTime(row.created_at.0).text()),
            "updatedAt" => to.text(&DateTime(row.updated_at.0).text()),
            "publishedAt" => match row.published_at {
                Some(at) => to.text(&DateTime(at.0).text()),
                None => to.null(),
            },
            "title" => to.text(&self.title_for(store)),
            "summary" => to.text(&self.summary_for(store)),
            "language" => to.value(&LanguageTag(row.language.clone()).to_value()),
            "stage" => to.code(row.stage),
            "status" => to.code(row.status),
            "licence" => to.code(row.licence),
            "startedOn" => match row.started_on.clone() {
                Some(on) => to.value(&FuzzyDate(on).to_value()),
                None => to.null(),
            },
            "holder" => {
                asked.object(&Organization(store.loaded::<organization::Entity>(row.holder_id)?), to)?;
            }
            "themes" => terms(Taxonomy::Theme, to)?,
            "publics" => terms(Taxonomy::Public, to)?,
            "methods" => terms(Taxonomy::Method, to)?,
            "policySectors" => terms(Taxonomy::PolicySector, to)?,
            "sdgGoals" => terms(Taxonomy::SdgGoal, to)?,
            "territories" => {
                let places = store.loaded_parts::<project_territory::Entity>(row.id)?;
                asked.list(places.into_iter().map(ProjectTerritory), to)?;
            }
            "needs" => {
                let mut needs = store.loaded_parts::<need::Entity>(row.id)?;
                needs.sort_by_key(|need| (need.created_at, need.id));
                needs.truncate(asked.first()?);
                asked.object(&Needs(needs), to)?;
            }
            _ => return None,
        }
        Some(())
    }
}

impl AtHand for ProjectTerritory {
    const NAME: &'static str = "ProjectTerritory";

    fn tell(&self, asked: Asked<'_, '_>, to: &mut Told) -> Option<()> {
        match asked.name() {
            "role" => to.code(self.0.role),
            "territory" => {
                let reference = asked.data::<Store>()?.loaded_reference()?;
                asked.object(&Territory(reference.atlas.get(self.0.territory_id)?.row.clone()), to)?;
            }
            _ => return None,
        }
        Some(())
    }
}

/// First page of a project's needs.
struct Needs(Vec<need::Model>);

impl AtHand for Needs {
    const NAME: &'static str = "NeedConnection";

    fn tell(&self, asked: Asked<'_, '_>, to: &mut Told) -> Option<()> {
        match asked.name() {
            "nodes" => asked.list(self.0.iter().cloned().map(Need), to),
            _ => None,
        }
    }
}

impl AtHand for Need {
    const NAME: &'static str = "Need";

    fn tell(&self, asked: Asked<'_, '_>, to: &mut Told) -> Option<()> {
        match asked.name() {
            "id" => to.text(&self.0.id.to_string()),
            "kind" => to.code(self.0.kind),
            "state" => to.code(self.0.state),
            "instrument" => match self.0.instrument {
                Some(instrument) => to.code(instrument),
                None => to.null(),
            },
            _ => return None,
        }
        Some(())
    }
}
