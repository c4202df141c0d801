//! Accounts: one's own, and as much of others' as the network shares.

use super::{Act, Node, Policy, Rows, Viewer};
use entity::{
    codes::{UserStatus, Visibility},
    identity::{mailed_link, personal_access_token, refresh_token, session, user},
    ids::{PersonalAccessTokenId, SessionId, UserId},
    orgs::membership,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

pub const FIELDS: &[(&str, Visibility)] = &[
    ("User.email", Visibility::Owner),
    ("User.isEmailVerified", Visibility::Owner),
    ("User.locale", Visibility::Owner),
    ("User.status", Visibility::Owner),
    ("User.platformRole", Visibility::Owner),
    ("User.sessions", Visibility::Owner),
    ("User.personalAccessTokens", Visibility::Owner),
    ("User.createdAt", Visibility::Owner),
    ("User.updatedAt", Visibility::Owner),
];

/// The part of the system that signs people in and out.
pub const SIGN_IN: &str = "sign_in";

impl Policy for user::Entity {
    fn visible(viewer: &Viewer) -> Rows {
        let mut rows = Rows::all_if(viewer.is_administrator() || viewer.is_job(SIGN_IN));
        if let Some(id) = viewer.user() {
            rows = rows | Rows::when(user::Column::Id.eq(id));
        }
        if viewer.in_network() {
            rows = rows | Rows::when(user::Column::Status.eq(UserStatus::Active));
        }
        let shared = viewer.seats().iter().map(|seat| seat.organization).collect::<Vec<_>>();
        if !shared.is_empty() {
            // Whoever sits, sat or asks to sit at the same table, so that members can be managed.
            let colleagues = membership::Entity::find()
                .select_only()
                .column(membership::Column::UserId)
                .filter(membership::Column::OrganizationId.is_in(shared))
                .into_query();
            rows = rows | Rows::when(user::Column::Id.in_subquery(colleagues));
        }
        rows
    }

    fn allows(viewer: &Viewer, act: Act, row: &user::Model) -> bool {
        match act {
            Act::Create => viewer.is_job(SIGN_IN),
            Act::Inspect => viewer.is(row.id) || viewer.is_administrator() || viewer.is_job(SIGN_IN),
            Act::Edit | Act::Delete => viewer.is(row.id) || viewer.is_job(SIGN_IN),
            Act::Decide => viewer.is_administrator(),
        }
    }

    fn subject(row: &user::Model) -> Option<String> {
        Some(row.id.to_string())
    }
}

impl Node for user::Entity {
    type Id = UserId;
    const ID: user::Column = user::Column::Id;
    fn id(row: &user::Model) -> UserId {
        row.id
    }
}

impl Policy for session::Entity {
    fn visible(viewer: &Viewer) -> Rows {
        let own = viewer.user().map_or(Rows::None, |id| Rows::when(session::Column::UserId.eq(id)));
        own | Rows::all_if(viewer.is_job(SIGN_IN))
    }

    fn allows(viewer: &Viewer, act: Act, row: &session::Model) -> bool {
        match act {
            Act::Create | Act::Edit => viewer.is_job(SIGN_IN),
            Act::Inspect | Act::Delete => viewer.is(row.user_id) || viewer.is_job(SIGN_IN),
            Act::Decide => false,
        }
    }

    fn subject(row: &session::Model) -> Option<String> {
        Some(row.id.to_string())
    }
}

impl Node for session::Entity {
    type Id = SessionId;
    const ID: session::Column = session::Column::Id;
    fn id(row: &session::Model) -> SessionId {
        row.id
    }
}

impl Policy for personal_access_token::Entity {
    fn visible(viewer: &Viewer) -> Rows {
        let own =
            viewer.user().map_or(Rows::None, |id| Rows::when(personal_access_token::Column::UserId.eq(id)));
        own | Rows::all_if(viewer.is_job(SIGN_IN))
    }

    fn allows(viewer: &Viewer, act: Act, row: &personal_access_token::Model) -> bool {
        match act {
            // A token makes no tokens: only a signed-in session does.
            Act::Create => viewer.is(row.user_id) && viewer.session().is_some(),
            Act::Inspect => viewer.is(row.user_id),
            Act::Delete => viewer.is(row.user_id) || viewer.is_job(SIGN_IN),
            Act::Edit => viewer.is_job(SIGN_IN),
            Act::Decide => false,
        }
    }

    fn subject(row: &personal_access_token::Model) -> Option<String> {
        Some(row.id.to_string())
    }
}

impl Node for personal_access_token::Entity {
    type Id = PersonalAccessTokenId;
    const ID: personal_access_token::Column = personal_access_token::Column::Id;
    fn id(row: &personal_access_token::Model) -> PersonalAccessTokenId {
        row.id
    }
}

impl Policy for refresh_token::Entity {
    fn visible(viewer: &Viewer) -> Rows {
        Rows::all_if(viewer.is_job(SIGN_IN))
    }

    fn allows(viewer: &Viewer, _: Act, _: &refresh_token::Model) -> bool {
        viewer.is_job(SIGN_IN)
    }
}

impl Policy for mailed_link::Entity {
    fn visible(viewer: &Viewer) -> Rows {
        Rows::all_if(viewer.is_job(SIGN_IN))
    }

    fn allows(viewer: &Viewer, _: Act, _: &mailed_link::Model) -> bool {
        viewer.is_job(SIGN_IN)
    }
}
