//! What a project is looking for.

use super::{project::Project, state::is_editable};
use crate::face::{Door, ViewerPermission, key, payload};
use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use door::{
    Error, Faults, Nullable, Result, UserErrorCode,
    authz::{Act, Event, Held, Policy, Store, Tx, check_version},
    nullable,
};
use entity::{
    codes::*,
    ids::{NeedId, ProjectId},
    projects::{need, project},
};
use gql::scalars::{DateTime, Money, MoneyInput};
use sea_orm::{ColumnTrait, Set};

/// Something a project is looking for: money, a partner, a place, a skill.
#[derive(Clone)]
pub struct Need(pub need::Model);

impl From<need::Model> for Need {
    fn from(row: need::Model) -> Self {
        Self(row)
    }
}

/// Something a project is looking for.
#[Object]
impl Need {
    /// Id, `ned_…`.
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

    /// Project that is looking.
    async fn project(&self, ctx: &Context<'_>) -> Nullable<Project> {
        nullable(self.whole(ctx.store()).await.map(|row| row.map(Project)))
    }

    /// Kind of thing looked for.
    async fn kind(&self) -> NeedKind {
        self.0.kind
    }

    /// Whether it is still open.
    async fn state(&self) -> NeedState {
        self.0.state
    }

    /// Financial instrument asked for; funding needs only.
    async fn instrument(&self) -> Option<FundingInstrument> {
        self.0.instrument
    }

    /// Amount asked for; funding needs only. Who sees it: members of the network.
    async fn amount(&self, ctx: &Context<'_>) -> Nullable<Money> {
        let amount = || Some(Money::from_minor(self.0.amount_minor?, self.0.currency.as_deref()?));
        nullable(self.reveal(ctx.store(), "Need.amount", amount).await)
    }

    /// What exactly is looked for. Who sees it: members of the network.
    async fn detail(&self, ctx: &Context<'_>) -> Nullable<String> {
        nullable(self.reveal(ctx.store(), "Need.detail", || self.0.detail.clone()).await)
    }

    /// What the viewer may do to it now.
    async fn viewer_permissions(&self, ctx: &Context<'_>) -> Nullable<NeedViewerPermissions> {
        let judged = |project: project::Model| {
            let viewer = ctx.store().viewer();
            let may = project::Entity::allows(viewer, Act::Edit, &project);
            NeedViewerPermissions {
                update: ViewerPermission::judge(viewer, may, is_editable(project.status)),
            }
        };
        nullable(self.whole(ctx.store()).await.map(|project| project.map(judged)))
    }
}

/// What the viewer may do to a need.
#[derive(Clone, Debug, SimpleObject)]
pub struct NeedViewerPermissions {
    /// Change it, meet it or withdraw it: `needUpdate`.
    pub update: ViewerPermission,
}

impl Need {
    async fn whole(&self, store: &Store) -> Result<Option<project::Model>> {
        store.load::<project::Entity>(self.0.project_id).await
    }

    /// A need is as near as its project.
    async fn reveal<T>(
        &self,
        store: &Store,
        coordinate: &'static str,
        value: impl FnOnce() -> Option<T>,
    ) -> Result<Option<T>> {
        let Some(project) = self.whole(store).await? else { return Ok(None) };
        Ok(store.reveal::<project::Entity, _>(coordinate, &project, value).flatten())
    }
}

/// A need, as it is written.
#[derive(Clone, Debug, InputObject)]
pub struct NeedInput {
    /// Kind of thing looked for.
    pub kind: NeedKind,
    /// Financial instrument; only with `FUNDING`, and required there.
    pub instrument: Option<FundingInstrument>,
    /// Amount; only with `FUNDING`. Above zero.
    pub amount: Option<MoneyInput>,
    /// What exactly is looked for; at most 2,000 characters.
    pub detail: Option<String>,
}

/// Adds a need to a project.
#[derive(Clone, Debug, InputObject)]
pub struct NeedCreateInput {
    /// Project that is looking.
    pub project_id: ID,
    /// What it is looking for.
    pub need: NeedInput,
}

/// Changes a need.
#[derive(Clone, Debug, InputObject)]
pub struct NeedUpdateInput {
    /// Need to change.
    pub id: ID,
    /// Version that was read; refuses if it has changed since.
    pub if_version: Option<String>,
    /// New instrument; `null` clears it.
    pub instrument: MaybeUndefined<FundingInstrument>,
    /// New amount; `null` clears it.
    pub amount: MaybeUndefined<MoneyInput>,
    /// New detail; `null` clears it.
    pub detail: MaybeUndefined<String>,
    /// New state.
    pub state: Option<NeedState>,
}

payload! {
    /// Outcome of `needCreate`.
    NeedCreatePayload {
        /// Need that was added.
        need: Need
    }
}

payload! {
    /// Outcome of `needUpdate`.
    NeedUpdatePayload {
        /// Need as it is now.
        need: Need
    }
}

#[derive(Clone, Copy, Default)]
pub struct NeedMutation;

#[Object]
impl NeedMutation {
    /// Adds a need to a project of one's organization.
    ///
    /// Errors: `NOT_FOUND`, `STATE_INVALID`, `INVALID`, `BLANK`, `TOO_LONG`, `OUT_OF_RANGE`; top level: `FORBIDDEN`.
    async fn need_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to add and where.")] input: NeedCreateInput,
    ) -> Nullable<NeedCreatePayload> {
        payload(create(ctx.store(), input).await)
    }

    /// Changes, meets or withdraws a need of one's organization's project.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `INVALID`, `TOO_LONG`, `OUT_OF_RANGE`; top level:
    /// `FORBIDDEN`.
    async fn need_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change; what is left out stays.")] input: NeedUpdateInput,
    ) -> Nullable<NeedUpdatePayload> {
        payload(update(ctx.store(), input).await)
    }
}

async fn create(store: &Store, input: NeedCreateInput) -> Result<Need> {
    let project: ProjectId = key(&input.project_id)?;
    let mut tx = store.begin().await?;
    let held = hold_editable(&tx, project, &["input", "projectId"]).await?;
    let mut faults = Faults::default();
    let row = row_of(&input.need, store, &["input", "need"], &mut faults);
    faults.none_or_refuse()?;
    let need = tx.add_part::<need::Entity>(&held, row).await?;
    tx.commit(Event::of("needCreate")).await?;
    Ok(Need(need))
}

async fn update(store: &Store, input: NeedUpdateInput) -> Result<Need> {
    let id: NeedId = key(&input.id)?;
    let mut tx = store.begin().await?;
    let found = tx.see::<need::Entity>().locked().filter(need::Column::Id.eq(id)).one().await?;
    let before = found.ok_or_else(|| Error::not_found(&["input", "id"]))?;
    let held = hold_editable(&tx, before.project_id, &["input", "id"]).await?;
    check_version(input.if_version.as_deref(), before.version)?;
    let after = NeedInput {
        kind: before.kind,
        instrument: patched(&input.instrument, before.instrument),
        amount: match &input.amount {
            MaybeUndefined::Undefined => money_of(&before),
            MaybeUndefined::Null => None,
            MaybeUndefined::Value(money) => Some(money.clone()),
        },
        detail: patched(&input.detail, before.detail.clone()),
    };
    let mut faults = Faults::default();
    let row = row_of(&after, store, &["input"], &mut faults);
    faults.none_or_refuse()?;
    let need = tx
        .update_part::<need::Entity>(&held, before, |need| {
            need.instrument = row.instrument;
            need.amount_minor = row.amount_minor;
            need.currency = row.currency;
            need.detail = row.detail;
            if let Some(state) = input.state {
                need.state = Set(state);
            }
        })
        .await?;
    tx.commit(Event::of("needUpdate")).await?;
    Ok(Need(need))
}

async fn hold_editable(tx: &Tx, project: ProjectId, path: &[&str]) -> Result<Held<project::Entity>> {
    let held = tx.hold::<project::Entity>(project, Act::Edit, path).await?;
    if is_editable(held.status) {
        Ok(held)
    } else {
        Err(Error::state(format!("A project that is {} cannot change.", held.status)))
    }
}

fn patched<T: Clone>(asked: &MaybeUndefined<T>, before: Option<T>) -> Option<T> {
    match asked {
        MaybeUndefined::Undefined => before,
        MaybeUndefined::Null => None,
        MaybeUndefined::Value(value) => Some(value.clone()),
    }
}

fn money_of(row: &need::Model) -> Option<MoneyInput> {
    let Money { amount, currency } = Money::from_minor(row.amount_minor?, row.currency.as_deref()?);
    Some(MoneyInput { amount, currency })
}

/// The row of a need, with what is wrong with its input.
pub(super) fn row_of(
    input: &NeedInput,
    store: &Store,
    path: &[&str],
    faults: &mut Faults,
) -> need::ActiveModel {
    let at = |field: &'static str| [path, &[field]].concat();
    let is_funding = input.kind == NeedKind::Funding;
    if is_funding && input.instrument.is_none() {
        faults.add(UserErrorCode::Blank, &at("instrument"), "A funding need names its instrument.");
    }
    if !is_funding && (input.instrument.is_some() || input.amount.is_some()) {
        faults.add(
            UserErrorCode::Invalid,
            &at("amount"),
            "Only funding needs have an instrument and an amount.",
        );
    }
    let minor = input.amount.as_ref().map(|money| (money.minor(), money.currency.0.clone()));
    match &minor {
        Some((None, currency)) => {
            faults.add(
                UserErrorCode::Invalid,
                &at("amount"),
                format!("The amount has more decimals than {currency} has."),
            );
        }
        Some((Some(minor), _)) if *minor <= 0 => {
            faults.add(UserErrorCode::OutOfRange, &at("amount"), "The amount must be above zero.");
        }
        _ => {}
    }
    let detail = faults.text(input.detail.clone(), &at("detail"), 2_000);
    let now = store.now();
    need::ActiveModel {
        id: Set(NeedId::fresh()),
        kind: Set(input.kind),
        instrument: Set(input.instrument),
        amount_minor: Set(minor.as_ref().and_then(|(minor, _)| *minor)),
        currency: Set(minor.filter(|(minor, _)| minor.is_some()).map(|(_, currency)| currency)),
        detail: Set(detail),
        state: Set(NeedState::Open),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    }
}
