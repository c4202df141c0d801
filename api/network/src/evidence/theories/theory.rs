//! Theories of change: how a project says that it gets from means to effects.

use super::graph::{Link, Node, circle, mermaid, svg};
use crate::{
    evidence::{asked::at_most, indicators::Indicator, permissions::OwnViewerPermissions},
    face::{Door, key, payload},
    projects::Project,
};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use door::{
    Faults, Nullable, Result, UserErrorCode,
    authz::{Act, Event, Lookup, Store, Tx, check_version},
    nullable,
};
use entity::{
    codes::TheoryNodeKind,
    evidence::{indicator, theory, theory_link, theory_node},
    ids::{IndicatorId, ProjectId, TheoryId},
    projects::project,
};
use gql::scalars::DateTime;
use sea_orm::{ColumnTrait, Set};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How a project says that it gets from means to effects.
#[derive(Clone)]
pub struct TheoryOfChange(pub theory::Model);

impl From<theory::Model> for TheoryOfChange {
    fn from(row: theory::Model) -> Self {
        Self(row)
    }
}

/// Part of a theory of change.
#[derive(Clone)]
pub struct TheoryNode(theory_node::Model);

/// Part of a theory of change.
#[Object]
impl TheoryNode {
    /// Name within the theory, for links.
    async fn key(&self) -> &str {
        &self.0.key
    }

    /// Kind of part.
    async fn kind(&self) -> TheoryNodeKind {
        self.0.kind
    }

    /// What it says, in the language of the project.
    async fn text(&self) -> &str {
        &self.0.text
    }

    /// Indicator that shows whether it comes true.
    async fn indicator(&self, ctx: &Context<'_>) -> Nullable<Indicator> {
        let indicator = self.0.indicator_id?;
        nullable(ctx.store().load::<indicator::Entity>(indicator).await.map(|row| row.map(Indicator)))
    }
}

/// One part of a theory of change leads to another.
#[derive(Clone, Debug, SimpleObject)]
pub struct TheoryLink {
    /// Key of the part that leads.
    pub from: String,
    /// Key of the part it leads to.
    pub to: String,
    /// Why it should.
    pub rationale: Option<String>,
}

/// How a project says that it gets from means to effects: a graph without circles. Seen with the project.
#[Object]
impl TheoryOfChange {
    /// Id, `toc_…`.
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

    /// Project it speaks of.
    async fn project(&self, ctx: &Context<'_>) -> Nullable<Project> {
        let row = ctx.store().load::<project::Entity>(self.0.project_id).await;
        nullable(row.map(|row| row.map(Project)))
    }

    /// Parts in their order; at most 60.
    async fn nodes(&self, ctx: &Context<'_>) -> Nullable<Vec<TheoryNode>> {
        let nodes = nodes_of(ctx.store(), self.0.id).await;
        nullable(nodes.map(|nodes| Some(nodes.into_iter().map(TheoryNode).collect())))
    }

    /// What leads to what; at most 200.
    async fn links(&self, ctx: &Context<'_>) -> Nullable<Vec<TheoryLink>> {
        let links = ctx.store().parts::<theory_link::Entity>(self.0.id).await;
        let shown = |row: theory_link::Model| TheoryLink {
            from: row.from_key,
            to: row.to_key,
            rationale: row.rationale,
        };
        nullable(links.map(|links| Some(links.into_iter().map(shown).collect())))
    }

    /// The graph as Mermaid text.
    async fn mermaid(&self, ctx: &Context<'_>) -> Nullable<String> {
        let graph = self.graph(ctx.store()).await;
        nullable(graph.map(|(nodes, links)| Some(mermaid(&nodes, &links))))
    }

    /// The graph as a picture: the text of an SVG file.
    async fn svg(&self, ctx: &Context<'_>) -> Nullable<String> {
        let graph = self.graph(ctx.store()).await;
        nullable(graph.map(|(nodes, links)| Some(svg(&nodes, &links))))
    }

    /// What the viewer may do to it now. `update` is `theoryOfChangeWrite`.
    async fn viewer_permissions(&self, ctx: &Context<'_>) -> OwnViewerPermissions {
        OwnViewerPermissions::of::<theory::Entity>(ctx.store().viewer(), &self.0)
    }
}

impl TheoryOfChange {
    async fn graph(&self, store: &Store) -> Result<(Vec<Node>, Vec<Link>)> {
        let (nodes, links) = futures_util::try_join!(
            nodes_of(store, self.0.id),
            store.parts::<theory_link::Entity>(self.0.id)
        )?;
        let nodes = nodes.into_iter().map(|row| Node { key: row.key, kind: row.kind, text: row.text });
        let links = links.into_iter().map(|row| Link { from: row.from_key, to: row.to_key });
        Ok((nodes.collect(), links.collect()))
    }
}

async fn nodes_of(store: &Store, theory: TheoryId) -> Result<Vec<theory_node::Model>> {
    let mut nodes = store.parts::<theory_node::Entity>(theory).await?;
    nodes.sort_by_key(|node| node.position);
    Ok(nodes)
}

/// Theory of a project; those of many projects come in one statement.
pub async fn theory_of(store: &Store, project: ProjectId) -> Result<Option<TheoryOfChange>> {
    Ok(store.batched(TheoryOf, project).await?.map(TheoryOfChange))
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct TheoryOf;

impl Lookup for TheoryOf {
    type Key = ProjectId;
    type Value = theory::Model;

    async fn find(self, store: Store, keys: Vec<ProjectId>) -> Result<HashMap<ProjectId, theory::Model>> {
        let rows = store.see::<theory::Entity>().filter(theory::Column::ProjectId.is_in(keys)).all().await?;
        Ok(rows.into_iter().map(|row| (row.project_id, row)).collect())
    }
}

/// Part of a theory of change.
#[derive(Clone, Debug, InputObject)]
pub struct TheoryNodeInput {
    /// Name within the theory, for links: small letters, digits and `_`; at most 40.
    pub key: String,
    /// Kind of part.
    pub kind: TheoryNodeKind,
    /// What it says; at most 300 characters.
    pub text: String,
    /// Indicator that shows whether it comes true.
    pub indicator_id: Option<ID>,
}

/// One part of a theory of change leads to another.
#[derive(Clone, Debug, InputObject)]
pub struct TheoryLinkInput {
    /// Key of the part that leads.
    pub from: String,
    /// Key of the part it leads to.
    pub to: String,
    /// Why it should; at most 1,000 characters.
    pub rationale: Option<String>,
}

/// Writes the theory of change of a project, as a whole.
#[derive(Clone, Debug, InputObject)]
pub struct TheoryOfChangeWriteInput {
    /// Project; the viewer has to be an editor of its holder.
    pub project_id: ID,
    /// Version that was read; refuses if it has changed since.
    pub if_version: Option<String>,
    /// Parts in their order; at most 60.
    pub nodes: Vec<TheoryNodeInput>,
    /// What leads to what; no part may lead back to itself. At most 200.
    pub links: Vec<TheoryLinkInput>,
}

payload! {
    /// Outcome of `theoryOfChangeWrite`.
    TheoryOfChangeWritePayload {
        /// Theory as it is now.
        theory_of_change: TheoryOfChange
    }
}

#[derive(Clone, Copy, Default)]
pub struct TheoryMutation;

#[Object]
impl TheoryMutation {
    /// Writes the theory of change of a project of one's organization; replaces the one before.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `BLANK`, `TOO_LONG`, `INVALID`, `THEORY_CYCLE`; top level: `FORBIDDEN`.
    async fn theory_of_change_write(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to write.")] input: TheoryOfChangeWriteInput,
    ) -> Nullable<TheoryOfChangeWritePayload> {
        payload(write(ctx.store(), input).await)
    }
}

async fn write(store: &Store, input: TheoryOfChangeWriteInput) -> Result<TheoryOfChange> {
    let mut tx = store.begin().await?;
    let id = key::<ProjectId>(&input.project_id)?;
    let project = tx.hold::<project::Entity>(id, Act::Edit, &["input", "projectId"]).await?;
    let before = theory::Column::ProjectId.eq(project.id);
    let before = tx.see::<theory::Entity>().locked().filter(before).one().await?;
    check_version(input.if_version.as_deref(), before.as_ref().map_or(0, |row| row.version))?;
    let mut faults = Faults::default();
    let nodes = check_nodes(&tx, input.nodes, &mut faults).await?;
    let links = check_links(input.links, &nodes, &mut faults);
    faults.none_or_refuse()?;
    let now = store.now();
    let held = if let Some(row) = before {
        let held = tx.held::<theory::Entity>(row, Act::Edit)?;
        tx.update(held, |_| ()).await?
    } else {
        let row = theory::ActiveModel {
            id: Set(TheoryId::fresh()),
            project_id: Set(project.id),
            holder_id: Set(project.holder_id),
            version: Set(1),
            created_at: Set(now),
            updated_at: Set(now),
        };
        tx.create::<theory::Entity>(row).await?
    };
    tx.replace::<theory_node::Entity>(&held, nodes).await?;
    tx.replace::<theory_link::Entity>(&held, links).await?;
    tx.commit(Event::of("theoryOfChangeWrite")).await?;
    Ok(TheoryOfChange(held.into_row()))
}

async fn check_nodes(
    tx: &Tx,
    list: Vec<TheoryNodeInput>,
    faults: &mut Faults,
) -> Result<Vec<theory_node::ActiveModel>> {
    at_most(list.len(), 60, &["input", "nodes"], faults);
    let asked = list.iter().filter_map(|node| node.indicator_id.as_ref());
    let asked = asked.map(key::<IndicatorId>).collect::<Result<Vec<_>>>()?;
    let known = tx.see::<indicator::Entity>().filter(indicator::Column::Id.is_in(asked)).all().await?;
    let known: BTreeSet<_> = known.into_iter().map(|row| row.id).collect();
    let mut seen = BTreeSet::new();
    let mut rows = Vec::new();
    for (position, node) in (0..60).zip(list) {
        let place = position.to_string();
        let path = ["input", "nodes", &place, "key"];
        let is_key = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'_';
        if node.key.is_empty() || node.key.len() > 40 || !node.key.bytes().all(is_key) {
            faults.add(UserErrorCode::Invalid, &path, "A key is 1 to 40 small letters, digits or `_`.");
        }
        if !seen.insert(node.key.clone()) {
            faults.add(UserErrorCode::Invalid, &path, "Another part has this key.");
        }
        let indicator = node.indicator_id.as_ref().map(key::<IndicatorId>).transpose()?;
        if indicator.is_some_and(|id| !known.contains(&id)) {
            let path = ["input", "nodes", &place, "indicatorId"];
            faults.add(UserErrorCode::NotFound, &path, "No such indicator.");
        }
        rows.push(theory_node::ActiveModel {
            key: Set(node.key),
            position: Set(position),
            kind: Set(node.kind),
            text: Set(faults.required(Some(node.text), &["input", "nodes", &place, "text"], 300)),
            indicator_id: Set(indicator),
            ..Default::default()
        });
    }
    Ok(rows)
}

fn check_links(
    list: Vec<TheoryLinkInput>,
    nodes: &[theory_node::ActiveModel],
    faults: &mut Faults,
) -> Vec<theory_link::ActiveModel> {
    at_most(list.len(), 200, &["input", "links"], faults);
    let is_known = |key: &str| nodes.iter().any(|node| node.key.as_ref() == key);
    let mut kept = BTreeMap::new();
    for (place, link) in list.into_iter().take(200).enumerate() {
        let place = place.to_string();
        for (field, key) in [("from", &link.from), ("to", &link.to)] {
            if !is_known(key) {
                let path = ["input", "links", &place, field];
                faults.add(UserErrorCode::Invalid, &path, format!("No part has the key {key:?}."));
            }
        }
        let rationale = faults.text(link.rationale, &["input", "links", &place, "rationale"], 1_000);
        kept.insert((link.from, link.to), rationale);
    }
    let graph: Vec<_> = kept.keys().map(|(from, to)| Link { from: from.clone(), to: to.clone() }).collect();
    if let Some(round) = circle(&graph) {
        let message = format!("What leads to what goes in a circle: {}.", round.join(", "));
        faults.add(UserErrorCode::TheoryCycle, &["input", "links"], message);
    }
    let row = |((from, to), rationale)| theory_link::ActiveModel {
        from_key: Set(from),
        to_key: Set(to),
        rationale: Set(rationale),
        ..Default::default()
    };
    kept.into_iter().map(row).collect()
}
