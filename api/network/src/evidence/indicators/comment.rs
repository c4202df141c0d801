//! Comments of the network on drafts of frameworks and indicators.

use super::{
    Framework, Indicator,
    edition::{Edition, Facts},
    group::writes_for,
};
use crate::{
    face::{Door, ViewerPermission, key, payload},
    identity::User,
};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use door::{
    Error, Faults, Nullable, Result, UserErrorCode,
    authz::{Act, Ask, Direction, Event, Held, Policy, Sort, Store, Tx, WORKING_GROUP, check_version},
    nullable,
};
use entity::{
    codes::{
        CommentState::{self, Open, Resolved, Withdrawn},
        EditionStatus,
    },
    evidence::{comment, framework, indicator},
    identity::user,
    ids::{CommentId, FrameworkId, IndicatorId, WorkingGroupId},
};
use gql::{
    connection::Paging,
    scalars::{DateTime, Markdown},
};
use sea_orm::{ColumnTrait, Condition, Set};

/// What somebody of the network says of a draft.
#[derive(Clone)]
pub struct Comment(pub comment::Model);

impl From<comment::Model> for Comment {
    fn from(row: comment::Model) -> Self {
        Self(row)
    }
}

/// What the viewer may do to a comment now.
#[derive(Clone, Debug, SimpleObject)]
pub struct CommentViewerPermissions {
    /// `commentUpdate`.
    pub update: ViewerPermission,
    /// `commentWithdraw`.
    pub withdraw: ViewerPermission,
    /// `commentResolve`.
    pub resolve: ViewerPermission,
}

/// What somebody of the network says of a draft of a framework or indicator.
///
/// Who sees it: members of the network, as they see drafts, and the organization that keeps the draft; after publication,
/// too.
#[Object]
impl Comment {
    /// Id, `cmt_…`.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Version, for `ifVersion`.
    async fn version(&self) -> String {
        self.0.version.to_string()
    }

    /// When it was written.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at.0)
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at.0)
    }

    /// Edition of a framework it speaks of.
    async fn framework(&self, ctx: &Context<'_>) -> Nullable<Framework> {
        let framework = self.0.framework_id?;
        nullable(ctx.store().load::<framework::Entity>(framework).await.map(|row| row.map(Framework)))
    }

    /// Edition of an indicator it speaks of.
    async fn indicator(&self, ctx: &Context<'_>) -> Nullable<Indicator> {
        let indicator = self.0.indicator_id?;
        nullable(ctx.store().load::<indicator::Entity>(indicator).await.map(|row| row.map(Indicator)))
    }

    /// Who wrote it.
    async fn author(&self, ctx: &Context<'_>) -> Nullable<User> {
        nullable(ctx.store().load::<user::Entity>(self.0.author_id).await.map(|row| row.map(User)))
    }

    /// What it says; `null` once it is withdrawn.
    async fn text(&self) -> Option<Markdown> {
        self.0.text.clone().map(Markdown)
    }

    /// State.
    async fn state(&self) -> CommentState {
        self.0.state
    }

    /// What the viewer may do to it now.
    async fn viewer_permissions(&self, ctx: &Context<'_>) -> Nullable<CommentViewerPermissions> {
        nullable(self.permissions(ctx.store()).await.map(Some))
    }
}

impl Comment {
    async fn permissions(&self, store: &Store) -> Result<CommentViewerPermissions> {
        let viewer = store.viewer();
        let may = |act| comment::Entity::allows(viewer, act, &self.0);
        let resolves = may(Act::Decide) || writes_for(store, group_of(store, &self.0).await?).await?;
        let judge = |met, step| ViewerPermission::judge(viewer, met, after(self.0.state, step).is_some());
        Ok(CommentViewerPermissions {
            update: judge(may(Act::Edit), Step::Update),
            withdraw: judge(may(Act::Edit), Step::Withdraw),
            resolve: judge(resolves, Step::Resolve),
        })
    }
}

#[derive(Clone, Copy)]
enum Step {
    Update,
    Withdraw,
    Resolve,
}

/// State after a step, or nothing if the step does not start here.
const fn after(state: CommentState, step: Step) -> Option<CommentState> {
    Some(match (state, step) {
        (Open, Step::Update) => Open,
        (Open, Step::Resolve) => Resolved,
        (Open | Resolved, Step::Withdraw) => Withdrawn,
        _ => return None,
    })
}

/// Working group of the draft that a comment is on.
async fn group_of(store: &Store, row: &comment::Model) -> Result<Option<WorkingGroupId>> {
    if let Some(id) = row.framework_id {
        return Ok(store.load::<framework::Entity>(id).await?.and_then(|row| row.working_group_id));
    }
    let Some(id) = row.indicator_id else { return Ok(None) };
    Ok(store.load::<indicator::Entity>(id).await?.and_then(|row| row.working_group_id))
}

/// Page of the comments on an edition, oldest first.
pub(super) fn ask(name: &str, paging: Paging) -> Result<Ask<comment::Entity>> {
    let order = vec![
        Sort::by(comment::Column::CreatedAt, Direction::Ascending),
        Sort::by(comment::Column::Id, Direction::Ascending),
    ];
    let window = paging.window().map_err(Error::bad_input)?;
    Ok(Ask::new(name, Condition::all(), "", order, window))
}

/// Comments on a draft: exactly one of `frameworkId` and `indicatorId`.
#[derive(Clone, Debug, InputObject)]
pub struct CommentCreateInput {
    /// Draft of a framework.
    pub framework_id: Option<ID>,
    /// Draft of an indicator.
    pub indicator_id: Option<ID>,
    /// What to say; at most 5,000 characters.
    pub text: String,
}

/// Changes one's comment.
#[derive(Clone, Debug, InputObject)]
pub struct CommentUpdateInput {
    /// Comment to change.
    pub id: ID,
    /// Version that was read; refuses if it has changed since.
    pub if_version: Option<String>,
    /// What to say instead; at most 5,000 characters.
    pub text: String,
}

/// Takes one's comment back.
#[derive(Clone, Debug, InputObject)]
pub struct CommentWithdrawInput {
    /// Comment to take back.
    pub id: ID,
    /// Version that was read; refuses if it has changed since.
    pub if_version: Option<String>,
}

/// Settles a comment on one's draft.
#[derive(Clone, Debug, InputObject)]
pub struct CommentResolveInput {
    /// Comment that is settled.
    pub id: ID,
    /// Version that was read; refuses if it has changed since.
    pub if_version: Option<String>,
}

macro_rules! payloads {
    ($($(#[doc = $doc:literal])+ $payload:ident),+ $(,)?) => {$(
        payload! {
            $(#[doc = $doc])+
            $payload {
                /// Comment as it is now.
                comment: Comment
            }
        }
    )+};
}

payloads! {
    /// Outcome of `commentCreate`.
    CommentCreatePayload,
    /// Outcome of `commentUpdate`.
    CommentUpdatePayload,
    /// Outcome of `commentWithdraw`.
    CommentWithdrawPayload,
    /// Outcome of `commentResolve`.
    CommentResolvePayload,
}

#[derive(Clone, Copy, Default)]
pub struct CommentMutation;

#[Object]
impl CommentMutation {
    /// Comments on a draft of a framework or indicator; for members of the network and of the draft's owner.
    ///
    /// Errors: `NOT_FOUND`, `STATE_INVALID`, `INVALID`, `BLANK`, `TOO_LONG`; top level: `FORBIDDEN`.
    async fn comment_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to say of which draft.")] input: CommentCreateInput,
    ) -> Nullable<CommentCreatePayload> {
        payload(create(ctx.store(), input).await)
    }

    /// Changes an open comment; for its author.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `BLANK`, `TOO_LONG`; top level: `FORBIDDEN`.
    async fn comment_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which comment, and what to say.")] input: CommentUpdateInput,
    ) -> Nullable<CommentUpdatePayload> {
        payload(update(ctx.store(), input).await)
    }

    /// Takes a comment back: its text is deleted, that there was one stays. For its author.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`; top level: `FORBIDDEN`.
    async fn comment_withdraw(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which comment.")] input: CommentWithdrawInput,
    ) -> Nullable<CommentWithdrawPayload> {
        payload(withdraw(ctx.store(), input).await)
    }

    /// Settles an open comment; for editors of the draft's owner and of its working group's members.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`; top level: `FORBIDDEN`.
    async fn comment_resolve(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which comment.")] input: CommentResolveInput,
    ) -> Nullable<CommentResolvePayload> {
        payload(resolve(ctx.store(), input).await)
    }
}

async fn create(store: &Store, input: CommentCreateInput) -> Result<Comment> {
    let Some(author) = store.viewer().user() else { return Err(Error::unauthenticated()) };
    let mut tx = store.begin().await?;
    let now = store.now();
    let mut row = comment::ActiveModel {
        id: Set(CommentId::fresh()),
        framework_id: Set(None),
        indicator_id: Set(None),
        author_id: Set(author),
        state: Set(Open),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    };
    let status = match (&input.framework_id, &input.indicator_id) {
        (Some(id), None) => {
            let id: FrameworkId = key(id)?;
            row.framework_id = Set(Some(id));
            spoken_of::<framework::Entity>(&tx, id, &mut row, "frameworkId").await?
        }
        (None, Some(id)) => {
            let id: IndicatorId = key(id)?;
            row.indicator_id = Set(Some(id));
            spoken_of::<indicator::Entity>(&tx, id, &mut row, "indicatorId").await?
        }
        _ => {
            let message = "Give exactly one of frameworkId and indicatorId.";
            return Err(Error::mend(UserErrorCode::Invalid, &["input"], message));
        }
    };
    row.text = Set(None);
    tx.may_create::<comment::Entity>(&row)?;
    if status != EditionStatus::Draft {
        return Err(Error::state(format!("This edition is {status}; comments are for drafts.")));
    }
    row.text = Set(Some(said(input.text)?));
    let held = tx.create::<comment::Entity>(row).await?;
    tx.commit(Event::of("commentCreate")).await?;
    Ok(Comment(held.into_row()))
}

/// Finds the edition that a comment speaks of, and tells the comment who keeps it.
///
/// Locked: what is published meanwhile takes no comment.
async fn spoken_of<E: Edition>(
    tx: &Tx,
    id: E::Id,
    row: &mut comment::ActiveModel,
    field: &str,
) -> Result<EditionStatus> {
    let found = tx.see::<E>().locked().filter(E::ID.eq(id)).one().await?;
    let found = found.ok_or_else(|| Error::not_found(&["input", field]))?;
    let Facts { status, owner, .. } = E::facts(&found);
    row.owner_id = Set(owner);
    Ok(status)
}

fn said(text: String) -> Result<String> {
    let mut faults = Faults::default();
    let text = faults.required(Some(text), &["input", "text"], 5_000);
    faults.none_or_refuse()?;
    Ok(text)
}

async fn update(store: &Store, input: CommentUpdateInput) -> Result<Comment> {
    let mut tx = store.begin().await?;
    let held = hold(&tx, &input.id, Act::Edit, input.if_version.as_deref()).await?;
    next(&held, Step::Update)?;
    let text = said(input.text)?;
    let held = tx.update(held, |row| row.text = Set(Some(text))).await?;
    tx.commit(Event::of("commentUpdate")).await?;
    Ok(Comment(held.into_row()))
}

async fn withdraw(store: &Store, input: CommentWithdrawInput) -> Result<Comment> {
    let mut tx = store.begin().await?;
    let held = hold(&tx, &input.id, Act::Edit, input.if_version.as_deref()).await?;
    let state = next(&held, Step::Withdraw)?;
    let held = tx
        .update(held, |row| {
            row.state = Set(state);
            row.text = Set(None);
        })
        .await?;
    tx.commit(Event::of("commentWithdraw")).await?;
    Ok(Comment(held.into_row()))
}

async fn resolve(store: &Store, input: CommentResolveInput) -> Result<Comment> {
    let mut tx = store.begin().await?;
    let seen = comment::Column::Id.eq(key::<CommentId>(&input.id)?);
    let seen = tx.see::<comment::Entity>().filter(seen).one().await?;
    if let Some(row) = seen
        && !comment::Entity::allows(store.viewer(), Act::Decide, &row)
        && writes_for(store, group_of(store, &row).await?).await?
    {
        tx.as_job(WORKING_GROUP);
    }
    let held = hold(&tx, &input.id, Act::Decide, input.if_version.as_deref()).await?;
    let state = next(&held, Step::Resolve)?;
    let held = tx.update(held, |row| row.state = Set(state)).await?;
    tx.commit(Event::of("commentResolve")).await?;
    Ok(Comment(held.into_row()))
}

async fn hold(tx: &Tx, id: &ID, act: Act, if_version: Option<&str>) -> Result<Held<comment::Entity>> {
    let held = tx.hold::<comment::Entity>(key(id)?, act, &["input", "id"]).await?;
    check_version(if_version, held.version)?;
    Ok(held)
}

fn next(row: &comment::Model, step: Step) -> Result<CommentState> {
    after(row.state, step).ok_or_else(|| Error::state(format!("A comment that is {} stays so.", row.state)))
}
