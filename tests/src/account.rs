//! People with a password, who sign in the way everybody does, and the letters they get.

use crate::{Actor, Answer, World};
use door::fold::fold;
use entity::{
    codes::{PlatformRole, UserStatus},
    identity::user,
    ids::UserId,
};
use serde_json::json;

/// Everybody's, until they choose another.
pub const PASSWORD: &str = "les bouquetins de la moraine";

const SIGN_IN: &str = "mutation ($input: SessionCreateInput!) { sessionCreate(input: $input) {
    tokens { accessToken refreshToken expiresIn } session { id } user { id displayName } errors { code path message } } }";

impl World {
    /// Somebody called Sam, with a proved address and a password; not signed in.
    pub async fn account(&self, email: &str, platform_role: PlatformRole) -> UserId {
        let hash = self.app().authn.passwords.hash(PASSWORD).await.expect("a hash");
        let (id, now) = (UserId::fresh(), self.now());
        let row = user::Model {
            id,
            email: email.to_owned(),
            email_verified_at: Some(now),
            display_name: "Sam".to_owned(),
            name_key: fold("Sam"),
            locale: "en".to_owned(),
            profile_kind: None,
            password_hash: Some(hash),
            password_changed_at: Some(now),
            status: UserStatus::Active,
            platform_role,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        self.insert(row).await;
        id
    }

    /// Signs somebody in; the actor, and the refresh token.
    pub async fn signs_in(&self, email: &str) -> (Actor, String) {
        let answer = self.visitor().signs_in(email, PASSWORD).await;
        let (access, refresh) = (
            answer.text("/sessionCreate/tokens/accessToken"),
            answer.text("/sessionCreate/tokens/refreshToken"),
        );
        (self.visitor().with_token(&access), refresh)
    }

    /// All letters sent so far, oldest first.
    pub async fn letters(&self) -> Vec<String> {
        self.app().authn.mailer.finish().await;
        let Ok(entries) = std::fs::read_dir(self.dir().join("mail")) else { return Vec::new() };
        let mut paths: Vec<_> = entries.map(|entry| entry.expect("a letter").path()).collect();
        paths.sort();
        paths.iter().map(|path| std::fs::read_to_string(path).expect("a letter")).collect()
    }

    /// What the link of the last letter carries, such as `verify` or `reset`.
    pub async fn link(&self, name: &str) -> String {
        let letters = self.letters().await;
        let letter = letters.last().expect("a letter");
        let (_, rest) = letter.split_once(&format!("#{name}=")).unwrap_or_else(|| panic!("{letter}"));
        rest.lines().next().unwrap_or_default().to_owned()
    }
}

impl Actor {
    /// Tries an address and a password.
    pub async fn signs_in(&self, email: &str, password: &str) -> Answer {
        self.asks(SIGN_IN, json!({ "input": { "email": email, "password": password } })).await
    }

    /// Whether the token they hold still opens the door.
    pub async fn is_let_in(&self) -> bool {
        let answer = self.asks("{ viewer { isAuthenticated } }", json!({})).await;
        let codes = answer.errors();
        assert!(codes.is_empty() || codes == ["UNAUTHENTICATED"], "{answer:#?}");
        codes.is_empty()
    }
}
