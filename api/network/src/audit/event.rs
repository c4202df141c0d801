//! The audit event as the API shows it, and the trail as a list.

use crate::{
    face::{
        Conditions, Door, UnchangingViewerPermissions,
        filter::{Budget, DateTimeFilter, NullsOrder, OneOf, OrderDirection},
        key, list, order,
    },
    orgs::Organization,
    schema::{Node, find_node},
};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use door::{
    Error, Nullable, Result,
    authz::{Ask, Store},
    nullable,
};
use entity::{
    audit::audit_event,
    ids::{OrganizationId, UserId},
    orgs::organization,
};
use gql::{
    connection::{Connection, Paging},
    scalars::DateTime,
};
use sea_orm::ColumnTrait;

/// Entry of the audit trail; never changed, never removed.
#[derive(Clone)]
pub struct AuditEvent(pub audit_event::Model);

impl From<audit_event::Model> for AuditEvent {
    fn from(row: audit_event::Model) -> Self {
        Self(row)
    }
}

/// One field that changed.
#[derive(Clone, Debug, SimpleObject)]
pub struct AuditChange {
    /// Field, with the id of its record in front when it is not the subject's own.
    pub path: String,
    /// Value before, as text; `null` when there was none or when it is not for the trail.
    pub before: Option<String>,
    /// Value after, as text; `null` when there is none or when it is not for the trail.
    pub after: Option<String>,
}

/// Entry of the audit trail; never changed, never removed.
///
/// Who sees it: whoever acted, owners and administrators of the organization it belongs to, network administrators.
#[Object]
impl AuditEvent {
    /// Id, `aud_…`.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// When it happened.
    async fn at(&self) -> DateTime {
        DateTime(self.0.at.0)
    }

    /// Who acted; `null` when the system did, or when the viewer does not see the person.
    async fn actor(&self, ctx: &Context<'_>) -> Nullable<crate::identity::User> {
        let actor = self.0.actor_id?;
        let found = ctx.store().load::<entity::identity::user::Entity>(actor).await;
        nullable(found.map(|row| row.map(crate::identity::User)))
    }

    /// Organization it belongs to.
    async fn organization(&self, ctx: &Context<'_>) -> Nullable<Organization> {
        let home = self.0.organization_id?;
        nullable(ctx.store().load::<organization::Entity>(home).await.map(|row| row.map(Organization)))
    }

    /// What was done: the mutation's name, or `staffRead` when staff read what is not theirs.
    async fn action(&self) -> &str {
        &self.0.action
    }

    /// Id of what it was done to.
    async fn subject_id(&self) -> Option<ID> {
        self.0.subject.clone().map(ID)
    }

    /// What it was done to, if the viewer sees it now.
    async fn subject(&self, ctx: &Context<'_>) -> Nullable<Node> {
        let subject = self.0.subject.clone()?;
        nullable(find_node(ctx.store(), &ID(subject)).await)
    }

    /// Fields that changed; at most a few dozen. Codes, amounts and dates with their values, texts by name alone.
    async fn changes(&self) -> Vec<AuditChange> {
        let changes = self.0.changes.as_object();
        changes
            .into_iter()
            .flatten()
            .map(|(path, values)| {
                let text = |place: usize| match values.get(place) {
                    Some(serde_json::Value::String(text)) => Some(text.clone()),
                    None | Some(serde_json::Value::Null) => None,
                    Some(other) => Some(other.to_string()),
                };
                AuditChange { path: path.clone(), before: text(0), after: text(1) }
            })
            .collect()
    }

    /// Reason that was given.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// Request that did it, as in the answer's `x-request-id`.
    async fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// Network address of the request. Who sees it: whoever acted, and administrators.
    async fn address(&self, ctx: &Context<'_>) -> Option<String> {
        let address = || self.0.address.clone();
        ctx.store().reveal::<audit_event::Entity, _>("AuditEvent.address", &self.0, address).flatten()
    }

    /// What the viewer may do to it: nothing, as nobody rewrites the trail.
    async fn viewer_permissions(&self, ctx: &Context<'_>) -> UnchangingViewerPermissions {
        UnchangingViewerPermissions::of::<audit_event::Entity>(ctx.store().viewer(), &self.0)
    }
}

/// Conditions on audit events; all that are given have to hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct AuditEventFilter {
    /// By who acted.
    pub actor: Option<OneOf<ID>>,
    /// By organization.
    pub organization: Option<OneOf<ID>>,
    /// By id of the subject.
    pub subject: Option<OneOf<ID>>,
    /// By action, such as `projectPublish`; any of them. At most 100.
    pub actions: Option<Vec<String>>,
    /// By instant.
    pub at: Option<DateTimeFilter>,
}

#[derive(Clone, Copy, Default)]
pub struct AuditQuery;

#[Object]
impl AuditQuery {
    /// Audit events the viewer may read, newest first. Errors: `BAD_USER_INPUT`, `CURSOR_MISMATCH`.
    async fn audit_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Conditions that all have to hold.")] filter: Option<AuditEventFilter>,
        #[graphql(desc = "Size of a page going forward, 1 to 100; 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go forward from.")] after: Option<String>,
        #[graphql(desc = "Size of a page going backward, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go backward from.")] before: Option<String>,
    ) -> Nullable<Connection<AuditEvent>> {
        let store: &Store = ctx.store();
        list(store, ask(filter.as_ref(), Paging { first, after, last, before })).await
    }
}

/// What a list of audit events asks of the store.
pub fn ask(filter: Option<&AuditEventFilter>, paging: Paging) -> Result<Ask<audit_event::Entity>> {
    use audit_event::Column;
    let window = paging.window().map_err(Error::bad_input)?;
    let mut budget = Budget::default();
    let mut all = Conditions::new(&mut budget);
    if let Some(filter) = filter {
        all.one_of("actor", filter.actor.as_ref(), Column::ActorId, |id| Ok(key::<UserId>(id)?.into()))?;
        let home = |id: &ID| Ok(key::<OrganizationId>(id)?.into());
        all.one_of("organization", filter.organization.as_ref(), Column::OrganizationId, home)?;
        all.one_of("subject", filter.subject.as_ref(), Column::Subject, |id| Ok(id.to_string().into()))?;
        if let Some(actions) = &filter.actions {
            if actions.len() > 100 {
                return Err(Error::bad_input("`actions` takes at most 100 values."));
            }
            all.add(Column::Action.is_in(actions.iter().cloned()))?;
        }
        all.instant("at", filter.at.as_ref(), Column::At)?;
    }
    let none: [(Column, OrderDirection, NullsOrder); 0] = [];
    let order = order(none, (Column::At, OrderDirection::Desc), Column::Id);
    Ok(Ask::new("auditEvents", all.done(), &format!("{filter:?}"), order, window))
}
