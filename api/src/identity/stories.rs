//! Stories of accounts, told to the schema itself: no transport, a throw-away SQLite file, a clock that can be moved.

use crate::{
    authn::{Authenticator, scratch::Scratch},
    authz::{Batched, Event, RequestFacts, SIGN_IN, Store, Viewer},
    mail::{MailSettings, Mailer},
    schema::{Schema, schema},
};
use async_graphql::{Request, Variables};
use entity::{
    At,
    audit::audit_event,
    codes::{PlatformRole, UserStatus},
    identity::{refresh_token, user},
    ids::UserId,
};
use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
use sea_orm::{ColumnTrait, Set};
use serde_json::{Value, json};

const PASSWORD: &str = "les bouquetins de la moraine";
const OTHER: &str = "une barque verte sous le pont";

const SIGN_IN_DOCUMENT: &str = "mutation ($input: SessionCreateInput!) { sessionCreate(input: $input) {
    tokens { accessToken refreshToken expiresIn } session { id } user { id displayName } errors { code path message } } }";
const REFRESH: &str = "mutation ($input: SessionRefreshInput!) { sessionRefresh(input: $input) {
    tokens { accessToken refreshToken } errors { code } } }";
const VIEWER: &str =
    "{ viewer { isAuthenticated platformRole scopes user { id email status displayName } } }";
const REGISTER: &str =
    "mutation ($input: UserRegisterInput!) { userRegister(input: $input) { email errors { code path } } }";
const VERIFY: &str =
    "mutation ($input: EmailVerifyInput!) { emailVerify(input: $input) { email errors { code } } }";
const RESET_REQUEST: &str = "mutation ($input: PasswordResetRequestInput!) { passwordResetRequest(input: $input) { email errors { code } } }";
const RESET: &str =
    "mutation ($input: PasswordResetInput!) { passwordReset(input: $input) { email errors { code } } }";
const CHANGE: &str = "mutation ($input: PasswordChangeInput!) { passwordChange(input: $input) { user { id } errors { code path } } }";
const TOKEN: &str =
    "mutation ($input: PersonalAccessTokenCreateInput!) { personalAccessTokenCreate(input: $input) {
    personalAccessToken { id scopes lastUsedAt } secret errors { code path } } }";
const UPDATE: &str = "mutation ($input: UserUpdateInput!) { userUpdate(input: $input) { user { displayName version } errors { code } } }";

struct Place {
    scratch: Scratch,
    authn: Authenticator,
    schema: Schema,
}

/// An answer, with how many statements it took.
struct Answer(Value, u32);

impl Answer {
    fn at(&self, pointer: &str) -> &Value {
        self.0.pointer(pointer).unwrap_or(&Value::Null)
    }

    fn text(&self, pointer: &str) -> String {
        self.at(pointer).as_str().unwrap_or_else(|| panic!("{pointer} in {}", self.0)).to_owned()
    }

    /// Code of the first error, in the payload or at the top.
    fn code(&self) -> String {
        let data = self.at("/data").as_object().into_iter().flatten().next().map(|(_, payload)| payload);
        let mend = data.and_then(|payload| payload.pointer("/errors/0/code"));
        let code = mend.unwrap_or(self.at("/errors/0/extensions/code"));
        code.as_str().unwrap_or_else(|| panic!("no error in {}", self.0)).to_owned()
    }

    fn fine(self) -> Self {
        assert_eq!(self.at("/errors"), &Value::Null, "{}", self.0);
        let payloads = self.at("/data").as_object().unwrap();
        for payload in payloads.values() {
            assert_eq!(payload.get("errors").unwrap_or(&json!([])), &json!([]), "{}", self.0);
        }
        self
    }
}

impl Place {
    async fn new() -> Self {
        let scratch = Scratch::new().await;
        let mailer = Mailer::start(&MailSettings {
            smtp_url: None,
            from: "Impact <no-reply@example.org>",
            public_url: "https://impact.example",
            data_dir: &scratch.dir,
        })
        .unwrap();
        let Scratch { dir, pools, clock, traffic, .. } = &scratch;
        let authn =
            Authenticator::open(dir, pools.clone(), traffic.clone(), clock.clone(), mailer).await.unwrap();
        Self { scratch, authn, schema: schema() }
    }

    fn store(&self, viewer: Viewer, address: &str) -> Store {
        let facts = RequestFacts {
            id: "req".to_owned(),
            address: Some(address.to_owned()),
            ..RequestFacts::default()
        };
        Store::new(self.scratch.pools.clone(), viewer, self.scratch.clock.clone(), facts)
    }

    async fn viewer(&self, token: &str) -> crate::Result<Viewer> {
        let mut headers = HeaderMap::new();
        if !token.is_empty() {
            headers.insert(AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {token}")).unwrap());
        }
        self.authn.authenticate(&headers, &RequestFacts::default()).await
    }

    async fn ask_from(&self, address: &str, token: &str, document: &str, input: Value) -> Answer {
        let viewer = match self.viewer(token).await {
            Ok(viewer) => viewer,
            Err(error) => {
                let error = serde_json::to_value(
                    error.into_graphql().into_server_error(async_graphql::Pos::default()),
                )
                .unwrap();
                return Answer(json!({ "errors": [error] }), 0);
            }
        };
        let store = self.store(viewer, address);
        let request = Request::new(document)
            .variables(Variables::from_json(json!({ "input": input })))
            .data(store.clone())
            .data(self.authn.clone());
        let response = Batched::new(store.clone(), self.schema.execute(request)).await;
        Answer(serde_json::to_value(response).unwrap(), store.statements())
    }

    async fn ask(&self, token: &str, document: &str, input: Value) -> Answer {
        self.ask_from("192.0.2.1", token, document, input).await
    }

    async fn person(&self, email: &str, role: PlatformRole) -> UserId {
        let hash = self.authn.passwords.hash(PASSWORD).await.unwrap();
        let store = self.store(Viewer::job(SIGN_IN), "seed");
        let (id, now) = (UserId::fresh(), store.now());
        let mut tx = store.begin().await.unwrap();
        tx.create::<user::Entity>(user::ActiveModel {
            id: Set(id),
            email: Set(email.to_owned()),
            email_verified_at: Set(Some(now)),
            display_name: Set("Sam".to_owned()),
            name_key: Set("sam".to_owned()),
            locale: Set("en".to_owned()),
            profile_kind: Set(None),
            password_hash: Set(Some(hash)),
            password_changed_at: Set(Some(now)),
            status: Set(UserStatus::Active),
            platform_role: Set(role),
            version: Set(1),
            created_at: Set(now),
            updated_at: Set(now),
        })
        .await
        .unwrap();
        tx.commit(Event::of("seed")).await.unwrap();
        id
    }

    async fn try_sign_in(&self, address: &str, email: &str, password: &str) -> Answer {
        self.ask_from(address, "", SIGN_IN_DOCUMENT, json!({ "email": email, "password": password })).await
    }

    /// Access and refresh token.
    async fn sign_in(&self, email: &str) -> (String, String) {
        let answer = self.try_sign_in("192.0.2.1", email, PASSWORD).await.fine();
        (
            answer.text("/data/sessionCreate/tokens/accessToken"),
            answer.text("/data/sessionCreate/tokens/refreshToken"),
        )
    }

    async fn is_in(&self, token: &str) -> bool {
        self.viewer(token).await.is_ok()
    }

    /// Actions of the audit trail, oldest first.
    async fn trail(&self) -> Vec<audit_event::Model> {
        let admin = Viewer::new(
            crate::authz::Who::User {
                id: UserId::fresh(),
                verified_email: None,
                session: None,
                platform_role: PlatformRole::Admin,
                scopes: Vec::new(),
                authenticated_at: None,
            },
            Vec::new(),
        );
        let store = self.store(admin, "seed");
        store.see::<audit_event::Entity>().ascending(audit_event::Column::Id).all().await.unwrap()
    }

    async fn actions(&self) -> Vec<String> {
        let trail = self.trail().await;
        trail.into_iter().map(|event| event.action).filter(|action| action != "seed").collect()
    }

    async fn letters(&self) -> Vec<String> {
        self.authn.mailer.finish().await;
        let directory = self.scratch.dir.join("mail");
        let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
    }

    /// Token of the last letter.
    async fn link(&self, name: &str) -> String {
        let letter = self.letters().await.pop().expect("a letter");
        let mark = format!("#{name}=");
        letter.split(&mark).nth(1).unwrap_or_else(|| panic!("{letter}")).lines().next().unwrap().to_owned()
    }
}

#[tokio::test]
async fn somebody_registers_verifies_signs_in_carries_on_and_leaves() {
    let place = Place::new().await;
    let input =
        json!({ "email": "Ada@Example.org", "password": PASSWORD, "displayName": "Ada", "locale": "en" });
    place.ask("", REGISTER, input).await.fine();
    let early = place.try_sign_in("192.0.2.1", "ada@example.org", PASSWORD).await;
    assert_eq!(early.code(), "CREDENTIALS_INVALID", "not before the address is verified");
    let link = place.link("verify").await;
    let answer = place.ask("", VERIFY, json!({ "token": link })).await.fine();
    assert_eq!(answer.text("/data/emailVerify/email"), "ada@example.org");
    assert_eq!(place.ask("", VERIFY, json!({ "token": link })).await.code(), "TOKEN_INVALID", "once");

    let (access, refresh) = place.sign_in("ada@example.org").await;
    let viewer = place.ask(&access, VIEWER, json!({})).await.fine();
    assert_eq!(viewer.text("/data/viewer/user/email"), "ada@example.org");
    assert_eq!(viewer.1, 1, "one statement after the one that let the request in");
    assert_eq!(place.ask("", VIEWER, json!({})).await.at("/data/viewer/isAuthenticated"), false);

    let answer = place.ask("", REFRESH, json!({ "refreshToken": refresh })).await.fine();
    let next = answer.text("/data/sessionRefresh/tokens/accessToken");
    assert!(place.is_in(&access).await && place.is_in(&next).await);
    place
        .ask(&next, "mutation { sessionEnd(input: {}) { session { id } errors { code } } }", json!({}))
        .await
        .fine();
    assert!(!place.is_in(&access).await && !place.is_in(&next).await, "an ended session counts at once");
    let newest = answer.text("/data/sessionRefresh/tokens/refreshToken");
    assert_eq!(place.ask("", REFRESH, json!({ "refreshToken": newest })).await.code(), "TOKEN_INVALID");
    assert_eq!(
        place.actions().await,
        ["userRegister", "signInRefused", "emailVerify", "sessionCreate", "sessionRefresh", "sessionEnd"]
    );
}

#[tokio::test]
async fn answers_do_not_tell_who_is_here() {
    let place = Place::new().await;
    place.person("known@example.org", PlatformRole::None).await;
    let sign_in = |email: &'static str| place.try_sign_in("192.0.2.9", email, "not the right password");
    assert_eq!(sign_in("known@example.org").await.0, sign_in("unknown@example.org").await.0);
    for (document, field, more) in [
        (RESET_REQUEST, "passwordResetRequest", json!({})),
        (REGISTER, "userRegister", json!({ "password": OTHER, "displayName": "X" })),
    ] {
        let ask = async |email: &str| {
            let mut input = more.clone();
            input["email"] = json!(email);
            let started = std::time::Instant::now();
            let answer = place.ask("", document, input).await.fine();
            assert!(started.elapsed() >= super::registration::EVEN, "evenly long");
            answer.0["data"][field]
                .as_object()
                .unwrap()
                .iter()
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect::<Vec<_>>()
        };
        let (known, unknown) = (ask("known@example.org").await, ask("unknown@example.org").await);
        assert_eq!(known[1..], unknown[1..]);
    }
    let letters = place.letters().await;
    assert_eq!(
        letters.len(),
        3,
        "a reset link and a word to the known, a link to the new; none to the unknown"
    );
    let works = place.try_sign_in("192.0.2.9", "known@example.org", PASSWORD).await;
    works.fine();
}

#[tokio::test]
async fn a_refresh_token_used_twice_ends_its_session() {
    let place = Place::new().await;
    place.person("ada@example.org", PlatformRole::None).await;
    let (_, refresh) = place.sign_in("ada@example.org").await;
    let uses = (0..20).map(|_| place.ask("", REFRESH, json!({ "refreshToken": refresh })));
    let answers = futures_util::future::join_all(uses).await;
    let winners: Vec<_> =
        answers.iter().filter(|answer| !answer.at("/data/sessionRefresh/tokens").is_null()).collect();
    assert_eq!(winners.len(), 1);
    let access = winners[0].text("/data/sessionRefresh/tokens/accessToken");
    assert!(!place.is_in(&access).await, "the newest token is dead too");
    let actions = place.actions().await;
    assert_eq!(actions.iter().filter(|action| *action == "sessionRefreshRefused").count(), 1, "{actions:?}");
}

#[tokio::test]
async fn sessions_end_when_nobody_refreshes_them() {
    let place = Place::new().await;
    place.person("ada@example.org", PlatformRole::None).await;
    let (access, mut refresh) = place.sign_in("ada@example.org").await;
    place.scratch.clock.advance(15 * At::MINUTE + 6 * At::SECOND);
    assert!(!place.is_in(&access).await, "an access token lives 15 minutes");
    for _ in 0..8 {
        place.scratch.clock.advance(11 * At::DAY);
        let answer = place.ask("", REFRESH, json!({ "refreshToken": refresh })).await.fine();
        refresh = answer.text("/data/sessionRefresh/tokens/refreshToken");
    }
    place.scratch.clock.advance(3 * At::DAY);
    let answer = place.ask("", REFRESH, json!({ "refreshToken": refresh })).await;
    assert_eq!(answer.code(), "TOKEN_INVALID", "90 days at most");
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    let place = Place::new().await;
    place.person("ada@example.org", PlatformRole::None).await;
    let mut tokens = Vec::new();
    for _ in 0..10 {
        tokens.push(place.sign_in("ada@example.org").await.0);
    }
    let change = |current: &str, new: &str| json!({ "currentPassword": current, "newPassword": new });
    let wrong = place.ask(&tokens[0], CHANGE, change("no", OTHER)).await;
    assert_eq!(wrong.code(), "CREDENTIALS_INVALID");
    let weak = place.ask(&tokens[0], CHANGE, change(PASSWORD, "motdepasse2026")).await;
    assert_eq!(weak.code(), "PASSWORD_WEAK");
    place.ask(&tokens[0], CHANGE, change(PASSWORD, OTHER)).await.fine();
    let mut alive = Vec::new();
    for token in &tokens {
        alive.push(place.is_in(token).await);
    }
    assert_eq!(alive, [vec![true], vec![false; 9]].concat());
    assert_eq!(
        place.try_sign_in("192.0.2.1", "ada@example.org", PASSWORD).await.code(),
        "CREDENTIALS_INVALID"
    );
    place.try_sign_in("192.0.2.1", "ada@example.org", OTHER).await.fine();
    assert!(place.letters().await.last().unwrap().contains("password of your account was changed"));
}

#[tokio::test]
async fn a_forgotten_password_is_chosen_anew_by_a_link() {
    let place = Place::new().await;
    place.person("ada@example.org", PlatformRole::None).await;
    let (access, _) = place.sign_in("ada@example.org").await;
    let ask = json!({ "email": "ada@example.org" });
    place.ask("", RESET_REQUEST, ask.clone()).await.fine();
    let first = place.link("reset").await;
    place.ask("", RESET_REQUEST, ask.clone()).await.fine();
    let second = place.link("reset").await;
    let choose = |token: &str| json!({ "token": token, "newPassword": OTHER });
    assert_eq!(
        place.ask("", RESET, choose(&first)).await.code(),
        "TOKEN_INVALID",
        "the later link voids the earlier"
    );
    place.ask("", RESET, choose(&second)).await.fine();
    assert!(!place.is_in(&access).await, "all sessions end");
    assert_eq!(place.ask("", RESET, choose(&second)).await.code(), "TOKEN_INVALID", "once");
    place.try_sign_in("192.0.2.1", "ada@example.org", OTHER).await.fine();

    place.scratch.clock.advance(At::DAY);
    place.ask("", RESET_REQUEST, ask).await.fine();
    let late = place.link("reset").await;
    place.scratch.clock.advance(At::HOUR);
    assert_eq!(place.ask("", RESET, choose(&late)).await.code(), "TOKEN_INVALID", "for an hour");
}

#[tokio::test]
async fn guesses_wait_and_the_owner_comes_in() {
    let place = Place::new().await;
    place.person("ada@example.org", PlatformRole::None).await;
    place.sign_in("ada@example.org").await;
    for _ in 0..3 {
        assert_eq!(
            place.try_sign_in("203.0.113.1", "ada@example.org", "wrong").await.code(),
            "CREDENTIALS_INVALID"
        );
    }
    let waits = place.try_sign_in("203.0.113.1", "ada@example.org", PASSWORD).await;
    assert_eq!(
        (waits.code().as_str(), waits.at("/errors/0/extensions/retryAfter")),
        ("RATE_LIMITED", &json!(2))
    );
    for number in 0..30 {
        place.try_sign_in(&format!("203.0.113.{}", 10 + number), "ada@example.org", "wrong").await;
    }
    let stranger = place.try_sign_in("203.0.113.200", "ada@example.org", PASSWORD).await;
    assert_eq!(stranger.code(), "RATE_LIMITED", "from an address never seen the account waits");
    place.try_sign_in("192.0.2.1", "ada@example.org", PASSWORD).await.fine();
    place.try_sign_in("203.0.113.200", "ada@example.org", PASSWORD).await.fine();

    let unknown = async |number: usize| {
        let started = std::time::Instant::now();
        let answer =
            place.try_sign_in("198.51.100.1", &format!("x{number}@example.org"), "wrong").await.code();
        (answer, started.elapsed())
    };
    let mut hashed = std::time::Duration::MAX;
    for number in 0..10 {
        let (code, took) = unknown(number).await;
        assert_eq!(code, "CREDENTIALS_INVALID");
        hashed = hashed.min(took);
    }
    let mut refused = std::time::Duration::MAX;
    for number in 10..15 {
        let (code, took) = unknown(number).await;
        assert_eq!(code, "RATE_LIMITED", "an address that tries many accounts waits");
        refused = refused.min(took);
    }
    assert!(refused < hashed / 2, "before anything is hashed: {refused:?}, {hashed:?}");
    let refused =
        place.trail().await.into_iter().filter(|event| event.reason.as_deref() == Some("throttled")).count();
    assert!((2..=15).contains(&refused), "waits are recorded, a flood of them is not: {refused}");
    place.scratch.clock.advance(At::MINUTE + At::SECOND);
    assert_eq!(unknown(15).await.0, "CREDENTIALS_INVALID", "and end");
}

#[tokio::test]
async fn a_program_gets_a_token_of_its_own() {
    let place = Place::new().await;
    let id = place.person("ada@example.org", PlatformRole::None).await;
    let (access, _) = place.sign_in("ada@example.org").await;
    let expires_at =
        |days: i64| gql::scalars::DateTime(place.scratch.clock.now().plus(days * At::DAY).0).text();
    let input =
        |scope: &str, days| json!({ "name": "Export", "scopes": [scope], "expiresAt": expires_at(days) });
    for days in [-1, 0, 367] {
        assert_eq!(place.ask(&access, TOKEN, input("READ", days)).await.code(), "OUT_OF_RANGE", "{days}");
    }
    place.scratch.clock.advance(11 * At::MINUTE);
    assert_eq!(place.ask(&access, TOKEN, input("READ", 30)).await.code(), "REAUTHENTICATION_REQUIRED");
    let again = "mutation ($input: SessionReauthenticateInput!) { sessionReauthenticate(input: $input) { session { id } errors { code } } }";
    place.ask(&access, again, json!({ "password": PASSWORD })).await.fine();
    let reads = place.ask(&access, TOKEN, input("READ", 30)).await.fine();
    let secret = reads.text("/data/personalAccessTokenCreate/secret");
    assert_eq!((secret.len(), &secret[..4]), (47, "pat_"));
    let node = reads.text("/data/personalAccessTokenCreate/personalAccessToken/id");
    assert_eq!(node.len(), 30);
    assert!(!place.is_in(&node).await, "an id is no token");

    let viewer = place.ask(&secret, VIEWER, json!({})).await.fine();
    assert_eq!(viewer.at("/data/viewer/scopes"), &json!(["READ"]));
    let used = "query ($input: ID!) { node(id: $input) { ... on PersonalAccessToken { lastUsedAt } } }";
    assert!(!place.ask(&access, used, json!(node)).await.fine().at("/data/node/lastUsedAt").is_null());
    let rename = json!({ "id": id.to_string(), "displayName": "Program" });
    assert_eq!(place.ask(&secret, UPDATE, rename.clone()).await.code(), "FORBIDDEN");
    let writes = place.ask(&access, TOKEN, input("WRITE", 30)).await.fine();
    let writing = writes.text("/data/personalAccessTokenCreate/secret");
    assert_eq!(place.ask(&writing, UPDATE, rename).await.code(), "FORBIDDEN", "accounts are for sessions");
    assert_eq!(place.ask(&writing, TOKEN, input("READ", 1)).await.code(), "FORBIDDEN");

    let revoke = "mutation ($input: PersonalAccessTokenRevokeInput!) { personalAccessTokenRevoke(input: $input) { errors { code } } }";
    place.ask(&access, revoke, json!({ "id": node })).await.fine();
    assert!(!place.is_in(&secret).await);
    place.scratch.clock.advance(31 * At::DAY);
    assert!(!place.is_in(&writing).await, "a token ends");
}

#[tokio::test]
async fn administrators_suspend_restore_and_appoint_but_not_themselves() {
    let place = Place::new().await;
    let root = place.person("root@example.org", PlatformRole::Admin).await;
    let ada = place.person("ada@example.org", PlatformRole::None).await;
    let (admin, _) = place.sign_in("root@example.org").await;
    let (access, refresh) = place.sign_in("ada@example.org").await;
    let suspend = "mutation ($input: UserSuspendInput!) { userSuspend(input: $input) { user { status } errors { code } } }";
    let restore = "mutation ($input: UserRestoreInput!) { userRestore(input: $input) { user { status } errors { code } } }";
    let appoint = "mutation ($input: UserSetPlatformRoleInput!) { userSetPlatformRole(input: $input) { user { platformRole } errors { code } } }";
    let whom = |id: UserId| json!({ "id": id.to_string(), "reason": "spam" });
    assert_eq!(
        place.ask(&access, suspend, whom(root)).await.code(),
        "NOT_FOUND",
        "a stranger does not even see"
    );
    assert_eq!(place.ask(&access, suspend, whom(ada)).await.code(), "FORBIDDEN");
    assert_eq!(place.ask(&admin, suspend, whom(root)).await.code(), "FORBIDDEN");

    place.ask(&admin, suspend, whom(ada)).await.fine();
    assert!(!place.is_in(&access).await, "on the very next request");
    assert_eq!(place.ask("", REFRESH, json!({ "refreshToken": refresh })).await.code(), "TOKEN_INVALID");
    assert_eq!(
        place.try_sign_in("192.0.2.1", "ada@example.org", PASSWORD).await.code(),
        "CREDENTIALS_INVALID"
    );
    place.ask(&admin, restore, json!({ "id": ada.to_string() })).await.fine();
    assert!(!place.is_in(&access).await, "old sessions stay ended");
    let (access, _) = place.sign_in("ada@example.org").await;

    let role = |id: UserId, role: &str| json!({ "id": id.to_string(), "platformRole": role });
    assert_eq!(place.ask(&admin, appoint, role(root, "NONE")).await.code(), "FORBIDDEN");
    place.ask(&admin, appoint, role(ada, "ADMIN")).await.fine();
    assert_eq!(
        place.ask(&access, VIEWER, json!({})).await.text("/data/viewer/platformRole"),
        "ADMIN",
        "at once"
    );
    place.ask(&access, appoint, role(root, "NONE")).await.fine();
    assert_eq!(place.ask(&admin, suspend, whom(ada)).await.code(), "NOT_FOUND", "the role is gone at once");
    let leave =
        "mutation ($input: UserDeleteInput!) { userDelete(input: $input) { deletedId errors { code } } }";
    let last = place.ask(&access, leave, json!({ "id": ada.to_string(), "password": PASSWORD })).await;
    assert_eq!(last.code(), "STATE_INVALID", "the last administrator stays");
}

#[tokio::test]
async fn who_leaves_is_forgotten() {
    let place = Place::new().await;
    let input = json!({ "email": "canary@example.org", "password": PASSWORD, "displayName": "Canary Bird" });
    place.ask("", REGISTER, input).await.fine();
    place.ask("", VERIFY, json!({ "token": place.link("verify").await })).await.fine();
    let answer = place.try_sign_in("198.51.100.77", "canary@example.org", PASSWORD).await.fine();
    let (access, id) =
        (answer.text("/data/sessionCreate/tokens/accessToken"), answer.text("/data/sessionCreate/user/id"));
    let leave =
        "mutation ($input: UserDeleteInput!) { userDelete(input: $input) { deletedId errors { code } } }";
    let wrong = place.ask(&access, leave, json!({ "id": id, "password": "wrong" })).await;
    assert_eq!(wrong.code(), "CREDENTIALS_INVALID");
    place.ask(&access, leave, json!({ "id": id, "password": PASSWORD })).await.fine();
    assert!(!place.is_in(&access).await);
    assert_eq!(
        place.try_sign_in("192.0.2.1", "canary@example.org", PASSWORD).await.code(),
        "CREDENTIALS_INVALID"
    );
    let store = place.store(Viewer::job(SIGN_IN), "seed");
    for person in store.see::<user::Entity>().all().await.unwrap() {
        let shown = format!("{person:?}").to_lowercase();
        assert!(!shown.contains("canary"), "{shown}");
    }
    let trail = format!("{:?}", place.trail().await).to_lowercase();
    assert!(!trail.contains("canary"), "{trail}");
    let left =
        store.see::<refresh_token::Entity>().filter(refresh_token::Column::UsedAt.is_null()).all().await;
    assert!(left.unwrap().is_empty(), "sessions go with their tokens");
}

#[tokio::test]
async fn an_address_changes_once_the_new_one_is_proved() {
    let place = Place::new().await;
    place.person("ada@example.org", PlatformRole::None).await;
    place.person("bob@example.org", PlatformRole::None).await;
    let (access, _) = place.sign_in("ada@example.org").await;
    let change =
        "mutation ($input: EmailChangeInput!) { emailChange(input: $input) { email errors { code } } }";
    place.ask(&access, change, json!({ "email": "bob@example.org" })).await.fine();
    let told = place.letters().await.pop().unwrap();
    assert!(told.contains("To: bob@example.org") && !told.contains("#verify="), "{told}");
    place.ask(&access, change, json!({ "email": "lovelace@example.org" })).await.fine();
    let letters = place.letters().await;
    let link = letters.iter().rev().find(|letter| letter.contains("#verify=")).unwrap();
    assert!(link.contains("To: lovelace@example.org"));
    let token = link.split("#verify=").nth(1).unwrap().lines().next().unwrap().to_owned();
    let viewer = place.ask(&access, VIEWER, json!({})).await;
    assert_eq!(viewer.text("/data/viewer/user/email"), "ada@example.org", "not before");
    place.ask("", VERIFY, json!({ "token": token })).await.fine();
    let viewer = place.ask(&access, VIEWER, json!({})).await;
    assert_eq!(viewer.text("/data/viewer/user/email"), "lovelace@example.org");
}

#[tokio::test]
async fn what_nobody_needs_is_forgotten() {
    let place = Place::new().await;
    place.person("ada@example.org", PlatformRole::None).await;
    place.sign_in("ada@example.org").await;
    let input = json!({ "email": "bob@example.org", "password": PASSWORD, "displayName": "Bob" });
    place.ask("", REGISTER, input).await.fine();
    place.scratch.clock.advance(29 * At::DAY);
    let count = async || {
        place.scratch.traffic.expire().await.unwrap();
        let store = place.store(Viewer::job(SIGN_IN), "seed");
        let users = store.see::<user::Entity>().all().await.unwrap();
        let sessions = store.see::<entity::identity::session::Entity>().all().await.unwrap();
        (users.len(), sessions.len())
    };
    assert_eq!(count().await, (2, 1));
    place.scratch.clock.advance(2 * At::DAY);
    assert_eq!(count().await, (1, 1), "an address that nobody proved to own");
    place.scratch.clock.advance(74 * At::DAY);
    assert_eq!(count().await, (1, 0), "where somebody signed in long ago");
}

/// Not a test: `cargo test -p api measure_sign_in -- --ignored --nocapture` compares known and unknown addresses.
#[tokio::test]
#[ignore = "measures"]
async fn measure_sign_in() {
    use crate::authn::patience::Guess;
    let place = Place::new().await;
    place.person("known@example.org", PlatformRole::None).await;
    for (name, input) in [("sessionCreate", None), ("passwordResetRequest", Some(RESET_REQUEST))] {
        let mut times = [Vec::new(), Vec::new()];
        for round in 0..120 {
            let known = round % 2;
            let email = ["unknown@example.org", "known@example.org"][known];
            let address = format!("10.0.{}.{}", round / 10, round % 10);
            // Timers tick in milliseconds; rounds must not fall in step with them.
            std::thread::sleep(std::time::Duration::from_micros(rand::random::<u64>() % 3_000));
            let started = std::time::Instant::now();
            match input {
                None => place.try_sign_in(&address, email, "wrong").await,
                Some(document) => place.ask_from(&address, "", document, json!({ "email": email })).await,
            };
            times[known].push(started.elapsed());
            let store = place.store(Viewer::public(), &address);
            place.authn.succeeded(&Guess::of(email, store.facts(), store.now())).await.unwrap();
            if input.is_some() {
                place.scratch.clock.advance(2 * At::DAY);
            }
        }
        for times in &mut times {
            times.sort();
        }
        println!("{name}: unknown {:?}, known {:?} (medians of 60)", times[0][30], times[1][30]);
        let larger = times[1].iter().map(|known| times[0].iter().filter(|unknown| known > *unknown).count());
        println!("  known > unknown in {} of 3600 pairs", larger.sum::<usize>());
    }
}

#[tokio::test]
async fn only_one_bearer_header_opens() {
    let place = Place::new().await;
    place.person("ada@example.org", PlatformRole::None).await;
    let (access, _) = place.sign_in("ada@example.org").await;
    let with = async |values: &[&str]| {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        place
            .authn
            .authenticate(&headers, &RequestFacts::default())
            .await
            .map(|viewer| viewer.user().is_some())
    };
    let honest = format!("Bearer {access}");
    assert_eq!(with(&[]).await.ok(), Some(false), "nobody in particular");
    assert_eq!(with(&[&honest]).await.ok(), Some(true));
    assert_eq!(with(&[&format!("bearer {access}")]).await.ok(), Some(true));
    for wrong in [
        "",
        "Bearer",
        "Bearer ",
        &access,
        &format!("Basic {access}"),
        &format!("Bearer  {access}"),
        &format!("Bearer {access} "),
        &format!("Bearer {access}, Bearer {access}"),
        &format!("Bearer\t{access}"),
        &format!("Bearer \"{access}\""),
        "Bearer é",
        "Bearer pat_",
        "Bearer pat_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        &format!("Bearer {}", "a".repeat(8_000)),
    ] {
        assert!(with(&[wrong]).await.is_err(), "{wrong}");
    }
    assert!(with(&[&honest, &honest]).await.is_err(), "two headers");
    let mut elsewhere = HeaderMap::new();
    elsewhere.insert("cookie", HeaderValue::from_str(&format!("access_token={access}")).unwrap());
    let viewer = place.authn.authenticate(&elsewhere, &RequestFacts::default()).await.unwrap();
    assert_eq!(viewer.user(), None, "a cookie is not read");
}
