//! Editions of indicators and frameworks: drafts change, published ones do not, a revision is the next edition.

use super::group::{state::is_at_work, writes_for};
use crate::face::{ViewerPermission, key};
use async_graphql::{ID, MaybeUndefined, SimpleObject};
use door::{
    Error, Faults, Result, UserErrorCode,
    authz::{Act, Event, Held, Node, PartOf, Store, Tx, WORKING_GROUP, check_version, may_comment},
};
use entity::{
    At,
    codes::EditionStatus,
    evidence::{framework, indicator, working_group},
    ids::{FrameworkId, IndicatorId, OrganizationId, WorkingGroupId},
};
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ActiveValue, ColumnTrait, Condition, EntityTrait, IntoActiveModel,
    Set,
};

/// A table whose rows are published edition by edition.
pub(super) trait Edition:
    Node<Model: IntoActiveModel<Self::ActiveModel>> + EntityTrait<ActiveModel: ActiveModelBehavior + Send>
{
    const CODE: Self::Column;
    const STATUS: Self::Column;

    fn facts(row: &Self::Model) -> Facts<'_>;
    fn set_status(row: &mut Self::ActiveModel, status: EditionStatus);
    fn set_published(row: &mut Self::ActiveModel, at: At);
    /// The draft that follows this edition.
    fn next(row: Self::Model, now: At) -> Self::Model;
}

/// What every edition says of itself.
pub(super) struct Facts<'r> {
    pub code: &'r str,
    pub status: EditionStatus,
    pub version: i64,
    /// Who keeps it; nobody what the network carries.
    pub owner: Option<OrganizationId>,
    pub group: Option<WorkingGroupId>,
}

macro_rules! editions {
    ($($table:ident $id:ident $owner:expr;)+) => {$(
        impl Edition for $table::Entity {
            const CODE: $table::Column = $table::Column::Code;
            const STATUS: $table::Column = $table::Column::Status;

            fn facts(row: &$table::Model) -> Facts<'_> {
                let owner: fn(&$table::Model) -> Option<OrganizationId> = $owner;
                Facts {
                    code: &row.code,
                    status: row.status,
                    version: row.version,
                    owner: owner(row),
                    group: row.working_group_id,
                }
            }

            fn set_status(row: &mut $table::ActiveModel, status: EditionStatus) {
                row.status = Set(status);
            }

            fn set_published(row: &mut $table::ActiveModel, at: At) {
                row.published_at = Set(Some(at));
            }

            fn next(row: $table::Model, now: At) -> $table::Model {
                $table::Model {
                    id: $id::fresh(),
                    edition: row.edition + 1,
                    status: EditionStatus::Draft,
                    published_at: None,
                    version: 1,
                    created_at: now,
                    updated_at: now,
                    ..row
                }
            }
        }
    )+};
}

editions! {
    indicator IndicatorId |row| row.owner_id;
    framework FrameworkId |row| Some(row.owner_id);
}

/// What the viewer may do to an edition of an indicator or framework.
#[derive(Clone, Debug, SimpleObject)]
pub struct EditionViewerPermissions {
    /// Change it: drafts only.
    pub update: ViewerPermission,
    /// `commentCreate`: drafts only.
    pub comment: ViewerPermission,
    /// Publish it.
    pub publish: ViewerPermission,
    /// Begin the next edition.
    pub revise: ViewerPermission,
    /// Take it out of use.
    pub retire: ViewerPermission,
}

impl EditionViewerPermissions {
    pub(super) async fn of<E: Edition>(store: &Store, row: &E::Model) -> Result<Self> {
        let (viewer, Facts { status, owner, group, .. }) = (store.viewer(), E::facts(row));
        let (edits, decides) = (E::allows(viewer, Act::Edit, row), E::allows(viewer, Act::Decide, row));
        let writes = edits || (status == EditionStatus::Draft && writes_for(store, group).await?);
        let judge = |met, wanted| ViewerPermission::judge(viewer, met, status == wanted);
        Ok(Self {
            update: judge(writes, EditionStatus::Draft),
            comment: judge(may_comment(viewer, owner), EditionStatus::Draft),
            publish: judge(decides, EditionStatus::Draft),
            revise: judge(edits, EditionStatus::Published),
            retire: judge(decides, EditionStatus::Published),
        })
    }
}

/// Inputs and payloads of the steps of an edition.
macro_rules! acts {
    ($field:ident: $noun:ty { $($(#[doc = $doc:literal])+ $input:ident $payload:ident),+ $(,)? }) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Debug, async_graphql::InputObject)]
        pub struct $input {
            /// Edition to act on.
            pub id: async_graphql::ID,
            /// Version that was read; refuses if it has changed since.
            pub if_version: Option<String>,
        }

        payload! {
            /// Outcome of the mutation.
            $payload {
                /// Edition as it is now.
                $field: $noun
            }
        }
    )+};
}
pub(super) use acts;

/// Whether a text may be the code of an indicator or framework.
pub(super) fn check_code(code: &str, faults: &mut Faults) {
    let is_code = |letter: u8| {
        letter.is_ascii_uppercase() || letter.is_ascii_digit() || matches!(letter, b'_' | b'.' | b'-')
    };
    if code.is_empty() || code.len() > 60 || !code.bytes().all(is_code) {
        let message = "A code is 1 to 60 capital letters, digits, `_`, `-` or `.`.";
        faults.add(UserErrorCode::Invalid, &["input", "code"], message);
    }
}

/// Takes the working group that is to write a draft: convened by the draft's owner, and at work.
pub(super) async fn check_group(
    tx: &Tx,
    asked: MaybeUndefined<ID>,
    owner: Option<OrganizationId>,
    column: &mut ActiveValue<Option<WorkingGroupId>>,
    faults: &mut Faults,
) -> Result<()> {
    let path = ["input", "workingGroupId"];
    if asked.is_undefined() {
        return Ok(());
    }
    if tx.store().viewer().is_job(WORKING_GROUP) {
        return Err(Error::forbidden("Only its owner moves a draft to another working group."));
    }
    let MaybeUndefined::Value(id) = asked else {
        *column = Set(None);
        return Ok(());
    };
    let wanted = working_group::Column::Id.eq(key::<WorkingGroupId>(&id)?);
    match tx.see::<working_group::Entity>().filter(wanted).one().await? {
        None => faults.add(UserErrorCode::NotFound, &path, "No such working group."),
        Some(row) if Some(row.host_id) != owner => {
            let message = "Another organization than the draft's owner convenes this group.";
            faults.add(UserErrorCode::Invalid, &path, message);
        }
        Some(row) if !is_at_work(row.status) => {
            faults.add(UserErrorCode::StateInvalid, &path, "This working group is closed.");
        }
        Some(row) => *column = Set(Some(row.id)),
    }
    Ok(())
}

/// Holds an edition that is in the wanted state.
pub(super) async fn hold<E: Edition>(
    tx: &Tx,
    id: &ID,
    act: Act,
    if_version: Option<&str>,
    wanted: EditionStatus,
) -> Result<Held<E>> {
    let held = tx.hold::<E>(key(id)?, act, &["input", "id"]).await?;
    let Facts { status, version, .. } = E::facts(&held);
    check_version(if_version, version)?;
    if status == wanted {
        return Ok(held);
    }
    Err(Error::state(format!("This edition is {status}; that takes one that is {wanted}.")))
}

/// Holds a draft to change it: for its owner's editors and, through the system, for those of its working group.
pub(super) async fn hold_draft<E: Edition>(
    tx: &mut Tx,
    id: &ID,
    if_version: Option<&str>,
) -> Result<Held<E>> {
    let seen = tx.see::<E>().filter(E::ID.eq(key::<E::Id>(id)?)).one().await?;
    if let Some(row) = seen
        && E::facts(&row).status == EditionStatus::Draft
        && !E::allows(tx.store().viewer(), Act::Edit, &row)
        && writes_for(tx.store(), E::facts(&row).group).await?
    {
        tx.as_job(WORKING_GROUP);
    }
    hold(tx, id, Act::Edit, if_version, EditionStatus::Draft).await
}

/// Publishes a held draft; the edition before it is superseded.
pub(super) async fn publish<E: Edition>(tx: &mut Tx, held: Held<E>) -> Result<Held<E>> {
    let before =
        Condition::all().add(E::CODE.eq(E::facts(&held).code)).add(E::STATUS.eq(EditionStatus::Published));
    let before = tx.see::<E>().locked().filter(before).all().await?;
    let now = tx.store().now();
    let held = tx
        .update(held, |row| {
            E::set_status(row, EditionStatus::Published);
            E::set_published(row, now);
        })
        .await?;
    for row in before {
        let row = tx.held::<E>(row, Act::Decide)?;
        tx.update(row, |row| E::set_status(row, EditionStatus::Superseded)).await?;
    }
    Ok(held)
}

/// Begins the next edition of a held one; its parts are the caller's to copy.
pub(super) async fn revise<E: Edition>(tx: &mut Tx, held: Held<E>) -> Result<Held<E>> {
    let next = E::next(held.into_row(), tx.store().now());
    tx.create::<E>(next.into_active_model().reset_all()).await
}

/// Gives the next edition the parts of the one before.
pub(super) async fn copy<P, E>(tx: &mut Tx, from: E::Id, to: &Held<E>) -> Result<()>
where
    E: Edition,
    P: PartOf<Whole = E, Model: IntoActiveModel<P::ActiveModel>> + EntityTrait<ActiveModel: Send>,
{
    let rows = tx.see::<P>().filter(P::LINK.eq(from)).all().await?;
    let rows = rows.into_iter().map(|row| row.into_active_model().reset_all()).collect();
    tx.replace::<P>(to, rows).await
}

/// Takes an edition out of use.
pub(super) async fn retire<E: Edition>(
    store: &Store,
    id: &ID,
    if_version: Option<&str>,
    action: &'static str,
) -> Result<E::Model> {
    let mut tx = store.begin().await?;
    let held = hold::<E>(&tx, id, Act::Decide, if_version, EditionStatus::Published).await?;
    let held = tx.update(held, |row| E::set_status(row, EditionStatus::Retired)).await?;
    tx.commit(Event::of(action)).await?;
    Ok(held.into_row())
}
