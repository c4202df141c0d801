//! Terms of the controlled vocabularies: themes, audiences, methods, sectors, goals.

use super::Reference;
use crate::face::{
    Conditions, Door, ViewerPermission, complete,
    filter::{Budget, NullsOrder, OrderDirection},
    key, list, order, payload,
};
use async_graphql::{Context, ID, InputObject, Object, OneofObject, SimpleObject};
use door::{
    Error, Faults, Nullable, Result, UserErrorCode,
    authz::{Act, Ask, Event, Policy, Store, Tx, check_version},
    nullable,
};
use entity::{codes::Taxonomy, ids::TermId, reference::term};
use gql::{
    at_hand::{Asked, AtHand, Told},
    connection::{Connection, Paging},
    scalars::DateTime,
};
use sea_orm::{ColumnTrait, Set};
use std::sync::Arc;

/// Entry of a controlled vocabulary.
#[derive(Clone)]
pub struct Term(pub Arc<term::Model>);

impl From<term::Model> for Term {
    fn from(row: term::Model) -> Self {
        Self(Arc::new(row))
    }
}

/// Label of a term or code in both languages.
#[derive(Clone, Debug, SimpleObject)]
pub struct Labels {
    /// In French.
    pub fr: String,
    /// In English.
    pub en: String,
}

/// Entry of a controlled vocabulary. Everybody sees all; data stewards keep them.
#[Object]
impl Term {
    /// Id, `trm_…`; the same in every installation for terms that came with it.
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

    /// Vocabulary it belongs to.
    async fn taxonomy(&self) -> Taxonomy {
        self.0.taxonomy
    }

    /// Code, unique in its vocabulary; never changes.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Label in the caller's language.
    async fn label(&self, ctx: &Context<'_>) -> &str {
        if ctx.store().facts().english { &self.0.label_en } else { &self.0.label_fr }
    }

    /// Labels in both languages.
    async fn labels(&self) -> Labels {
        Labels { fr: self.0.label_fr.clone(), en: self.0.label_en.clone() }
    }

    /// What it covers, in French.
    async fn note(&self) -> Option<&str> {
        self.0.note.as_deref()
    }

    /// Axes of a theme, goal of a target; at most 20.
    async fn parents(&self, ctx: &Context<'_>) -> Nullable<Vec<Self>> {
        nullable(self.above(ctx.store()).await)
    }

    /// When it was retired; retired terms stay on old records and are refused on new ones.
    async fn retired_at(&self) -> Option<DateTime> {
        self.0.retired_at.map(|at| DateTime(at.0))
    }

    /// Term to use instead.
    async fn replaced_by(&self, ctx: &Context<'_>) -> Nullable<Self> {
        let successor = self.0.replaced_by_id?;
        nullable(ctx.store().load::<term::Entity>(successor).await.map(|row| row.map(Self::from)))
    }

    /// What the viewer may do to it now.
    async fn viewer_permissions(&self, ctx: &Context<'_>) -> TermViewerPermissions {
        let viewer = ctx.store().viewer();
        let may = term::Entity::allows(viewer, Act::Edit, &self.0);
        TermViewerPermissions {
            rename: ViewerPermission::judge(viewer, may, true),
            retire: ViewerPermission::judge(viewer, may, self.0.retired_at.is_none()),
        }
    }
}

impl AtHand for Term {
    const NAME: &'static str = "Term";

    fn tell(&self, asked: Asked<'_, '_>, to: &mut Told) -> Option<()> {
        match asked.name() {
            "id" => to.text(&self.0.id.to_string()),
            "taxonomy" => to.code(self.0.taxonomy),
            "code" => to.text(&self.0.code),
            "label" => to.text(Reference::label(&self.0, asked.data::<Store>()?.facts().english)),
            _ => return None,
        }
        Some(())
    }
}

/// What the viewer may do to a term.
#[derive(Clone, Debug, SimpleObject)]
pub struct TermViewerPermissions {
    /// Give it other labels: `termRename`.
    pub rename: ViewerPermission,
    /// Take it out of use: `termRetire`.
    pub retire: ViewerPermission,
}

impl Term {
    async fn above(&self, store: &Store) -> Result<Option<Vec<Self>>> {
        let reference = store.reference().await?;
        let mut rows: Vec<_> = reference.vocabulary.parents(self.0.id).cloned().collect();
        rows.sort_by_key(|row| row.position);
        Ok(Some(rows.into_iter().map(Self).collect()))
    }
}

/// Way to name one term.
#[derive(Clone, Debug, OneofObject)]
pub enum TermRef {
    /// By its id.
    Id(ID),
    /// By vocabulary and code.
    Code(TermCodeInput),
}

/// Vocabulary and code of a term.
#[derive(Clone, Debug, InputObject)]
pub struct TermCodeInput {
    /// Vocabulary.
    pub taxonomy: Taxonomy,
    /// Code in the vocabulary.
    pub code: String,
}

#[derive(Clone, Copy, Default)]
pub struct TermQuery;

#[Object]
impl TermQuery {
    /// Term by id or code; `null` if there is none.
    async fn term(&self, ctx: &Context<'_>, #[graphql(desc = "Which term.")] by: TermRef) -> Nullable<Term> {
        let store = ctx.store();
        let found = match by {
            TermRef::Id(id) => match key::<TermId>(&id) {
                Ok(key) => store.load::<term::Entity>(key).await,
                Err(error) => Err(error),
            },
            TermRef::Code(TermCodeInput { taxonomy, code }) => {
                let wanted = sea_orm::Condition::all()
                    .add(term::Column::Taxonomy.eq(taxonomy))
                    .add(term::Column::Code.eq(code));
                store.see::<term::Entity>().filter(wanted).one().await
            }
        };
        nullable(found.map(|row| row.map(Term::from)))
    }

    /// Terms of a vocabulary in its own order. Errors: `BAD_USER_INPUT`, `CURSOR_MISMATCH`.
    #[allow(clippy::too_many_arguments, reason = "the arguments are the field's own")]
    async fn terms(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Vocabulary.")] taxonomy: Taxonomy,
        #[graphql(desc = "Whether retired terms are listed too.", default = false)] include_retired: bool,
        #[graphql(desc = "Beginning of a label in either language, as one types it; the closest first.")]
        search: Option<String>,
        #[graphql(desc = "Size of a page going forward, 1 to 100; 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go forward from.")] after: Option<String>,
        #[graphql(desc = "Size of a page going backward, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go backward from.")] before: Option<String>,
    ) -> Nullable<Connection<Term>> {
        let store = ctx.store();
        let paging = Paging { first, after, last, before };
        match search {
            None => list(store, ask(taxonomy, include_retired, paging)).await,
            Some(search) => {
                nullable(completed(store, taxonomy, include_retired, &search, paging).await.map(Some))
            }
        }
    }
}

async fn completed(
    store: &Store,
    taxonomy: Taxonomy,
    include_retired: bool,
    search: &str,
    paging: Paging,
) -> Result<Connection<Term>> {
    let reference = store.reference().await?;
    let found = reference.vocabulary.completing(taxonomy, search).into_iter();
    let rows = found.filter(|row| include_retired || row.retired_at.is_none()).cloned().map(Term).collect();
    complete(store, "terms", &format!("{taxonomy} {include_retired} {search}"), paging, rows)
}

fn ask(taxonomy: Taxonomy, include_retired: bool, paging: Paging) -> Result<Ask<term::Entity>> {
    use term::Column;
    let window = paging.window().map_err(Error::bad_input)?;
    let mut budget = Budget::default();
    let mut all = Conditions::new(&mut budget);
    all.add(Column::Taxonomy.eq(taxonomy))?;
    if !include_retired {
        all.add(Column::RetiredAt.is_null())?;
    }
    let none: [(Column, OrderDirection, NullsOrder); 0] = [];
    let order = order(none, (Column::Position, OrderDirection::Asc), Column::Id);
    Ok(Ask::new("terms", all.done(), &format!("{taxonomy} {include_retired}"), order, window))
}

/// Ids of codes in use; unknown and retired ones become faults that name them.
pub async fn codes_of(
    tx: &Tx,
    taxonomy: Taxonomy,
    codes: &[String],
    path: &[&str],
    faults: &mut Faults,
) -> Result<Vec<TermId>> {
    let wanted = sea_orm::Condition::all()
        .add(term::Column::Taxonomy.eq(taxonomy))
        .add(term::Column::Code.is_in(codes.iter().cloned()));
    let rows = tx.see::<term::Entity>().filter(wanted).all().await?;
    let mut ids = Vec::new();
    for code in codes {
        match rows.iter().find(|row| row.code == *code) {
            None => faults.add(
                UserErrorCode::NotFound,
                path,
                format!("There is no {taxonomy} with code {code:?}."),
            ),
            Some(row) if row.retired_at.is_some() => {
                faults.add(UserErrorCode::TermRetired, path, format!("{taxonomy} {code:?} is retired."));
            }
            Some(row) => ids.push(row.id),
        }
    }
    Ok(ids)
}

/// Adds a term to a vocabulary.
#[derive(Clone, Debug, InputObject)]
pub struct TermCreateInput {
    /// Vocabulary.
    pub taxonomy: Taxonomy,
    /// Code: capital letters, digits, `_` and `.`; at most 60.
    pub code: String,
    /// Label in French; at most 200 characters.
    pub label_fr: String,
    /// Label in English; at most 200 characters.
    pub label_en: String,
    /// What it covers, in French; at most 1,000 characters.
    pub note: Option<String>,
}

/// Renames a term; its code stays.
#[derive(Clone, Debug, InputObject)]
pub struct TermRenameInput {
    /// Term to rename.
    pub id: ID,
    /// Version that was read; refuses if it has changed since.
    pub if_version: Option<String>,
    /// New label in French; at most 200 characters.
    pub label_fr: Option<String>,
    /// New label in English; at most 200 characters.
    pub label_en: Option<String>,
}

/// Retires a term.
#[derive(Clone, Debug, InputObject)]
pub struct TermRetireInput {
    /// Term to retire.
    pub id: ID,
    /// Version that was read; refuses if it has changed since.
    pub if_version: Option<String>,
    /// Term to use instead; of the same vocabulary and in use.
    pub replaced_by_id: Option<ID>,
}

payload! {
    /// Outcome of `termCreate`.
    TermCreatePayload {
        /// Term that was added.
        term: Term
    }
}

payload! {
    /// Outcome of `termRename`.
    TermRenamePayload {
        /// Term as it is now.
        term: Term
    }
}

payload! {
    /// Outcome of `termRetire`.
    TermRetirePayload {
        /// Term as it is now.
        term: Term
    }
}

#[derive(Clone, Copy, Default)]
pub struct TermMutation;

#[Object]
impl TermMutation {
    /// Adds a term; for data stewards.
    ///
    /// Errors: `BLANK`, `TOO_LONG`, `INVALID`, `TAKEN`; top level: `FORBIDDEN`.
    async fn term_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to add.")] input: TermCreateInput,
    ) -> Nullable<TermCreatePayload> {
        payload(create(ctx.store(), input).await)
    }

    /// Renames a term; for data stewards.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `BLANK`, `TOO_LONG`; top level: `FORBIDDEN`.
    async fn term_rename(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which term, and its new labels.")] input: TermRenameInput,
    ) -> Nullable<TermRenamePayload> {
        payload(rename(ctx.store(), input).await)
    }

    /// Retires a term and names its successor; for data stewards.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `INVALID`; top level: `FORBIDDEN`.
    async fn term_retire(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which term, and its successor.")] input: TermRetireInput,
    ) -> Nullable<TermRetirePayload> {
        payload(retire(ctx.store(), input).await)
    }
}

async fn create(store: &Store, input: TermCreateInput) -> Result<Term> {
    let mut tx = store.begin().await?;
    let mut faults = Faults::default();
    let is_code =
        |letter: u8| letter.is_ascii_uppercase() || letter.is_ascii_digit() || matches!(letter, b'_' | b'.');
    if input.code.is_empty() || input.code.len() > 60 || !input.code.bytes().all(is_code) {
        faults.add(
            UserErrorCode::Invalid,
            &["input", "code"],
            "A code is 1 to 60 capital letters, digits, `_` or `.`.",
        );
    }
    let label_fr = faults.required(Some(input.label_fr), &["input", "labelFr"], 200);
    let label_en = faults.required(Some(input.label_en), &["input", "labelEn"], 200);
    let note = faults.text(input.note, &["input", "note"], 1_000);
    let last = tx.see::<term::Entity>().filter(term::Column::Taxonomy.eq(input.taxonomy)).all().await?;
    let now = store.now();
    let row = term::ActiveModel {
        id: Set(TermId::fresh()),
        taxonomy: Set(input.taxonomy),
        code: Set(input.code),
        label_fr: Set(label_fr),
        label_en: Set(label_en),
        note: Set(note),
        position: Set(last.iter().map(|row| row.position).max().unwrap_or(-1) + 1),
        retired_at: Set(None),
        replaced_by_id: Set(None),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    tx.may_create::<term::Entity>(&row)?;
    faults.none_or_refuse()?;
    let held = tx.create::<term::Entity>(row).await?;
    tx.commit(Event::of("termCreate")).await?;
    Ok(held.into_row().into())
}

async fn rename(store: &Store, input: TermRenameInput) -> Result<Term> {
    let mut tx = store.begin().await?;
    let held = tx.hold::<term::Entity>(key(&input.id)?, Act::Edit, &["input", "id"]).await?;
    check_version(input.if_version.as_deref(), held.version)?;
    let mut faults = Faults::default();
    let label_fr = input.label_fr.map(|label| faults.required(Some(label), &["input", "labelFr"], 200));
    let label_en = input.label_en.map(|label| faults.required(Some(label), &["input", "labelEn"], 200));
    faults.none_or_refuse()?;
    let held = tx
        .update(held, |row| {
            if let Some(label) = label_fr {
                row.label_fr = Set(label);
            }
            if let Some(label) = label_en {
                row.label_en = Set(label);
            }
        })
        .await?;
    tx.commit(Event::of("termRename")).await?;
    Ok(held.into_row().into())
}

async fn retire(store: &Store, input: TermRetireInput) -> Result<Term> {
    let mut tx = store.begin().await?;
    let held = tx.hold::<term::Entity>(key(&input.id)?, Act::Edit, &["input", "id"]).await?;
    check_version(input.if_version.as_deref(), held.version)?;
    if held.retired_at.is_some() {
        return Err(Error::state("This term is retired already."));
    }
    let path = ["input", "replacedById"];
    let successor = match input.replaced_by_id {
        None => None,
        Some(id) => {
            let successor = tx.hold::<term::Entity>(key(&id)?, Act::Inspect, &path).await?;
            if successor.taxonomy != held.taxonomy
                || successor.retired_at.is_some()
                || successor.id == held.id
            {
                return Err(Error::mend(
                    UserErrorCode::Invalid,
                    &path,
                    "The successor is another term of the same vocabulary, in use.",
                ));
            }
            Some(successor.id)
        }
    };
    let now = store.now();
    let held = tx
        .update(held, |row| {
            row.retired_at = Set(Some(now));
            row.replaced_by_id = Set(successor);
        })
        .await?;
    tx.commit(Event::of("termRetire")).await?;
    Ok(held.into_row().into())
}
