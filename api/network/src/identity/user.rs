//! The person as the API shows it.

use super::{Session, token::PersonalAccessToken};
use crate::{
    face::{Door, ViewerPermission, list_under},
    orgs::{self, Membership},
};
use async_graphql::{Context, ID, Object, SimpleObject};
use door::{
    Nullable,
    authz::{Act, Ask, Direction, Policy, Sort},
};
use entity::{
    codes::{ActorKind, PlatformRole, UserStatus},
    identity::{personal_access_token, session, user},
    orgs::membership,
};
use gql::{
    connection::{Connection, Paging},
    scalars::{DateTime, EmailAddress, LanguageTag},
};
use sea_orm::Condition;

/// Person with an account.
#[derive(Clone)]
pub struct User(pub user::Model);

impl From<user::Model> for User {
    fn from(row: user::Model) -> Self {
        Self(row)
    }
}

/// What the viewer may do to an account now.
#[derive(Clone, Debug, SimpleObject)]
pub struct UserViewerPermissions {
    /// `userUpdate`.
    pub update: ViewerPermission,
    /// `userDelete`.
    pub delete: ViewerPermission,
    /// `userSuspend`.
    pub suspend: ViewerPermission,
    /// `userRestore`.
    pub restore: ViewerPermission,
    /// `userSetPlatformRole`.
    pub set_platform_role: ViewerPermission,
}

/// Person with an account.
///
/// Who sees it: the person, members of the same organizations, members of the network, administrators.
#[Object]
impl User {
    /// Id, `usr_…`.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Version, for `ifVersion`.
    async fn version(&self) -> String {
        self.0.version.to_string()
    }

    /// Name the person goes by.
    async fn display_name(&self) -> &str {
        &self.0.display_name
    }

    /// Kind of stakeholder the person says to be.
    async fn profile_kind(&self) -> Option<ActorKind> {
        self.0.profile_kind
    }

    /// E-mail address. Who sees it: the person and administrators.
    async fn email(&self, ctx: &Context<'_>) -> Option<EmailAddress> {
        self.reveal(ctx, "User.email", || EmailAddress(self.0.email.clone()))
    }

    /// Whether the person proved to own the address. Who sees it: the person and administrators.
    async fn is_email_verified(&self, ctx: &Context<'_>) -> Option<bool> {
        self.reveal(ctx, "User.isEmailVerified", || self.0.email_verified_at.is_some())
    }

    /// Language of letters. Who sees it: the person and administrators.
    async fn locale(&self, ctx: &Context<'_>) -> Option<LanguageTag> {
        self.reveal(ctx, "User.locale", || LanguageTag(self.0.locale.clone()))
    }

    /// State of the account. Who sees it: the person and administrators.
    async fn status(&self, ctx: &Context<'_>) -> Option<UserStatus> {
        self.reveal(ctx, "User.status", || self.0.status)
    }

    /// Role in the network's staff. Who sees it: the person and administrators.
    async fn platform_role(&self, ctx: &Context<'_>) -> Option<PlatformRole> {
        self.reveal(ctx, "User.platformRole", || self.0.platform_role)
    }

    /// When the account was made. Who sees it: the person and administrators.
    async fn created_at(&self, ctx: &Context<'_>) -> Option<DateTime> {
        self.reveal(ctx, "User.createdAt", || DateTime(self.0.created_at.0))
    }

    /// When the account last changed. Who sees it: the person and administrators.
    async fn updated_at(&self, ctx: &Context<'_>) -> Option<DateTime> {
        self.reveal(ctx, "User.updatedAt", || DateTime(self.0.updated_at.0))
    }

    /// Where the person works, as far as the viewer sees it, oldest membership first; past ones are left out.
    async fn memberships(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Size of a page going forward, 1 to 100; 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go forward from.")] after: Option<String>,
        #[graphql(desc = "Size of a page going backward, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go backward from.")] before: Option<String>,
    ) -> Nullable<Connection<Membership>> {
        let ask = orgs::of_person(Paging { first, after, last, before });
        list_under(ctx.store(), membership::Column::UserId, self.0.id.0, ask).await
    }

    /// Sign-ins, newest first. Who sees them: the person.
    async fn sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Size of a page going forward, 1 to 100; 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go forward from.")] after: Option<String>,
        #[graphql(desc = "Size of a page going backward, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go backward from.")] before: Option<String>,
    ) -> Nullable<Connection<Session>> {
        self.reveal(ctx, "User.sessions", || ())?;
        let order = vec![
            Sort::<session::Entity>::by(session::Column::CreatedAt, Direction::Descending),
            Sort::by(session::Column::Id, Direction::Descending),
        ];
        let window = Paging { first, after, last, before }.window().map_err(door::Error::bad_input);
        let ask = window.map(|window| Ask::new("sessions", Condition::all(), "", order, window));
        list_under(ctx.store(), session::Column::UserId, self.0.id.0, ask).await
    }

    /// Personal access tokens, newest first, revoked ones included. Who sees them: the person.
    async fn personal_access_tokens(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Size of a page going forward, 1 to 100; 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go forward from.")] after: Option<String>,
        #[graphql(desc = "Size of a page going backward, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go backward from.")] before: Option<String>,
    ) -> Nullable<Connection<PersonalAccessToken>> {
        use personal_access_token::{
            Column::{CreatedAt, Id, UserId},
            Entity,
        };
        self.reveal(ctx, "User.personalAccessTokens", || ())?;
        let order =
            vec![Sort::<Entity>::by(CreatedAt, Direction::Descending), Sort::by(Id, Direction::Descending)];
        let window = Paging { first, after, last, before }.window().map_err(door::Error::bad_input);
        let ask = window.map(|window| Ask::new("personalAccessTokens", Condition::all(), "", order, window));
        list_under(ctx.store(), UserId, self.0.id.0, ask).await
    }

    /// What the viewer may do to it now.
    async fn viewer_permissions(&self, ctx: &Context<'_>) -> UserViewerPermissions {
        let viewer = ctx.store().viewer();
        let may = |act| user::Entity::allows(viewer, act, &self.0);
        let is_session = viewer.session().is_some();
        let judge = |met, state| ViewerPermission::judge(viewer, met, state);
        let is_other = !viewer.is(self.0.id);
        let decides = may(Act::Decide) && is_session && is_other;
        UserViewerPermissions {
            update: judge(may(Act::Edit) && is_session, true),
            delete: judge(may(Act::Delete) && is_session, true),
            suspend: judge(decides, self.0.status == UserStatus::Active),
            restore: judge(decides, self.0.status == UserStatus::Suspended),
            set_platform_role: judge(decides, self.0.status != UserStatus::Deleted),
        }
    }
}

impl User {
    fn reveal<T>(&self, ctx: &Context<'_>, coordinate: &'static str, value: impl FnOnce() -> T) -> Option<T> {
        ctx.store().reveal::<user::Entity, _>(coordinate, &self.0, value)
    }
}
