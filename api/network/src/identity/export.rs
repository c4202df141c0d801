//! Everything the network keeps about one person, for that person (GDPR, articles 15 and 20).

use door::{Result, authz::Store};
use entity::{
    At,
    audit::audit_event,
    codes::CodeList,
    evidence::comment,
    identity::{personal_access_token, session, user},
    interests::interest,
    orgs::{invitation, membership},
};
use gql::scalars::DateTime;
use sea_orm::{ColumnTrait, sea_query::ExprTrait};
use serde_json::{Value, json};

/// Entries of the audit trail that an export holds at most.
const ACTS: u64 = 10_000;

/// Columns that name a person, each with the part of the export that tells of it.
pub const COVERED: &[(&str, &str)] = &[
    ("session.user_id", "sessions"),
    ("personal_access_token.user_id", "personalAccessTokens"),
    ("membership.user_id", "memberships"),
    ("invitation.invited_by_id", "invitations"),
    ("interest.user_id", "interests"),
    ("comment.author_id", "comments"),
    ("audit_event.actor_id", "acts"),
    // Lives for hours and holds the address of the account beside a hash.
    ("mailed_link.user_id", "user"),
    // Who wrote or judged what, the trail tells.
    ("measurement.author_id", "acts"),
    ("measurement.reviewed_by_id", "acts"),
    ("evaluation.confirmed_by_id", "acts"),
    ("contract_signature.user_id", "acts"),
    ("contract_consent.user_id", "acts"),
    ("outcome_claim.submitted_by_id", "acts"),
    ("claim_verification.user_id", "acts"),
    ("evidence_document.uploaded_by_id", "acts"),
    ("outcome_payment.approved_by_id", "acts"),
    ("outcome_payment.second_approval_by_id", "acts"),
];

fn time(at: At) -> Value {
    Value::String(DateTime(at.0).text())
}

fn maybe(at: Option<At>) -> Value {
    at.map_or(Value::Null, time)
}

/// One JSON text; nothing when nobody is signed in. Hashes of secrets are left out.
pub async fn export(store: &Store) -> Result<Option<String>> {
    let Some(id) = store.viewer().user() else { return Ok(None) };
    let Some(own) = store.load::<user::Entity>(id).await? else { return Ok(None) };
    let sessions = store.see::<session::Entity>().filter(session::Column::UserId.eq(id)).all();
    let tokens = personal_access_token::Column::UserId.eq(id);
    let tokens = store.see::<personal_access_token::Entity>().filter(tokens).all();
    let memberships = store.see::<membership::Entity>().filter(membership::Column::UserId.eq(id)).all();
    let invitations = invitation::Column::InvitedById.eq(id);
    let invitations = match store.viewer().verified_email() {
        Some(email) => invitations.or(invitation::Column::Email.eq(email)),
        None => invitations,
    };
    let invitations = store.see::<invitation::Entity>().filter(invitations).all();
    let acts = store.see::<audit_event::Entity>().filter(audit_event::Column::ActorId.eq(id));
    let acts = acts.descending(audit_event::Column::Id).limit(ACTS).all();
    let interests = store.see::<interest::Entity>().filter(interest::Column::UserId.eq(id)).all();
    let comments = store.see::<comment::Entity>().filter(comment::Column::AuthorId.eq(id)).all();
    let (sessions, tokens, memberships, invitations, interests, comments, acts) =
        futures_util::try_join!(sessions, tokens, memberships, invitations, interests, comments, acts)?;
    let text = json!({
        "exportedAt": time(store.now()),
        "user": of_user(&own),
        "sessions": sessions.iter().map(of_session).collect::<Vec<_>>(),
        "personalAccessTokens": tokens.iter().map(of_token).collect::<Vec<_>>(),
        "memberships": memberships.iter().map(of_membership).collect::<Vec<_>>(),
        "invitations": invitations.iter().map(of_invitation).collect::<Vec<_>>(),
        "interests": interests.iter().map(of_interest).collect::<Vec<_>>(),
        "comments": comments.iter().map(of_comment).collect::<Vec<_>>(),
        "acts": acts.iter().map(of_act).collect::<Vec<_>>(),
    });
    Ok(Some(text.to_string()))
}

fn of_user(row: &user::Model) -> Value {
    json!({
        "id": row.id.to_string(), "email": row.email, "emailVerifiedAt": maybe(row.email_verified_at),
        "displayName": row.display_name, "locale": row.locale, "profileKind": row.profile_kind.map(CodeList::code),
        "hasPassword": row.password_hash.is_some(), "passwordChangedAt": maybe(row.password_changed_at),
        "status": row.status.code(), "platformRole": row.platform_role.code(),
        "createdAt": time(row.created_at), "updatedAt": time(row.updated_at),
    })
}

fn of_session(row: &session::Model) -> Value {
    json!({
        "id": row.id.to_string(), "userAgent": row.user_agent, "address": row.address,
        "authenticatedAt": time(row.authenticated_at), "lastUsedAt": time(row.last_used_at),
        "expiresAt": time(row.expires_at), "endedAt": maybe(row.ended_at), "createdAt": time(row.created_at),
    })
}

fn of_token(row: &personal_access_token::Model) -> Value {
    json!({
        "id": row.id.to_string(), "name": row.name, "scopes": row.scopes.split(' ').collect::<Vec<_>>(),
        "expiresAt": time(row.expires_at), "lastUsedAt": maybe(row.last_used_at),
        "revokedAt": maybe(row.revoked_at), "createdAt": time(row.created_at),
    })
}

fn of_membership(row: &membership::Model) -> Value {
    json!({
        "id": row.id.to_string(), "organizationId": row.organization_id.to_string(), "role": row.role.code(),
        "status": row.status.code(), "since": maybe(row.since),
        "createdAt": time(row.created_at), "updatedAt": time(row.updated_at),
    })
}

fn of_invitation(row: &invitation::Model) -> Value {
    json!({
        "id": row.id.to_string(), "organizationId": row.organization_id.to_string(), "email": row.email,
        "role": row.role.code(), "message": row.message, "invitedById": row.invited_by_id.to_string(),
        "state": row.state.code(), "expiresAt": time(row.expires_at), "createdAt": time(row.created_at),
    })
}

fn of_interest(row: &interest::Model) -> Value {
    json!({
        "id": row.id.to_string(), "againstId": row.against_id.to_string(), "nature": row.nature.code(),
        "fromOn": row.from_on, "toOn": row.to_on, "detail": row.detail,
        "createdAt": time(row.created_at), "updatedAt": time(row.updated_at),
    })
}

fn of_comment(row: &comment::Model) -> Value {
    json!({
        "id": row.id.to_string(), "frameworkId": row.framework_id.map(|id| id.to_string()),
        "indicatorId": row.indicator_id.map(|id| id.to_string()), "text": row.text, "state": row.state.code(),
        "createdAt": time(row.created_at), "updatedAt": time(row.updated_at),
    })
}

fn of_act(row: &audit_event::Model) -> Value {
    json!({
        "id": row.id.to_string(), "at": time(row.at), "action": row.action, "subjectId": row.subject,
        "changes": row.changes, "reason": row.reason, "requestId": row.request_id, "address": row.address,
    })
}
