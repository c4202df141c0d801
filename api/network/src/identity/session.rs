//! The session as the API shows it.

use crate::face::{Door, ViewerPermission};
use async_graphql::{Context, ID, Object, SimpleObject};
use entity::identity::session;
use gql::scalars::DateTime;

/// Sign-in on one device.
#[derive(Clone)]
pub struct Session(pub session::Model);

impl From<session::Model> for Session {
    fn from(row: session::Model) -> Self {
        Self(row)
    }
}

/// What the viewer may do to a session now.
#[derive(Clone, Debug, SimpleObject)]
pub struct SessionViewerPermissions {
    /// `sessionEnd`.
    pub end: ViewerPermission,
}

/// Sign-in on one device. Who sees it: the person.
#[Object]
impl Session {
    /// Id, `ses_…`.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Whether this request belongs to it.
    async fn is_current(&self, ctx: &Context<'_>) -> bool {
        ctx.store().viewer().session() == Some(self.0.id)
    }

    /// Program that signed in, as it named itself.
    async fn user_agent(&self) -> Option<&str> {
        self.0.user_agent.as_deref()
    }

    /// Network address that signed in.
    async fn address(&self) -> Option<&str> {
        self.0.address.as_deref()
    }

    /// When the password was last given.
    async fn authenticated_at(&self) -> DateTime {
        DateTime(self.0.authenticated_at.0)
    }

    /// When it was last refreshed.
    async fn last_used_at(&self) -> DateTime {
        DateTime(self.0.last_used_at.0)
    }

    /// When it ends unless it is refreshed.
    async fn expires_at(&self) -> DateTime {
        DateTime(self.0.expires_at.0)
    }

    /// When it was ended.
    async fn ended_at(&self) -> Option<DateTime> {
        self.0.ended_at.map(|at| DateTime(at.0))
    }

    /// When it began.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at.0)
    }

    /// What the viewer may do to it now.
    async fn viewer_permissions(&self, ctx: &Context<'_>) -> SessionViewerPermissions {
        let viewer = ctx.store().viewer();
        let is_own = viewer.is(self.0.user_id) && viewer.session().is_some();
        SessionViewerPermissions { end: ViewerPermission::judge(viewer, is_own, self.0.ended_at.is_none()) }
    }
}
