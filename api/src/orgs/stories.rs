//! What happens to organizations and their members, told through the schema on a throw-away database.

use crate::{
    authz::{Batched, Clock, Pending, Place, Pools, Power, RequestFacts, Seat, Store, Viewer, Who},
    schema::{Schema, schema},
};
use async_graphql::{Request, Variables};
use entity::{
    At,
    codes::{MembershipStatus, PlatformRole, TerritoryScale, TokenScope, UserStatus, Verification},
    identity::user,
    ids::{TerritoryId, UserId},
    orgs::{membership, organization},
    reference::{territory, territory_closure},
};
use sea_orm::{ColumnTrait, Condition};
use serde_json::{Value, json};
use std::path::PathBuf;

struct World {
    dir: PathBuf,
    pools: Pools,
    clock: Clock,
    schema: Schema,
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// Somebody with an account; the seats are read anew for each request, as at the front door.
#[derive(Clone)]
struct Person {
    id: UserId,
    email: Option<String>,
    role: PlatformRole,
}

struct Answer(Value);

impl World {
    async fn new() -> Self {
        let dir = std::env::temp_dir().join(format!("impact-orgs-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir_all(&dir).unwrap();
        let url = std::env::var("ORGS_STORIES_URL").ok();
        let pools = Pools::open(&Place::of(url.as_deref(), &dir).unwrap(), 4, Pending::Apply).await.unwrap();
        Self { dir, pools, clock: Clock::default(), schema: schema() }
    }

    async fn person(&self, name: &str) -> Person {
        self.staff(name, PlatformRole::None).await
    }

    async fn staff(&self, name: &str, role: PlatformRole) -> Person {
        let (id, now) = (UserId::fresh(), self.clock.now());
        let email = format!("{}.{}@example.org", name.to_lowercase(), id.0.simple());
        let row = user::Model {
            id,
            email: email.clone(),
            email_verified_at: Some(now),
            display_name: name.to_owned(),
            name_key: name.to_lowercase(),
            locale: "fr".to_owned(),
            profile_kind: None,
            password_hash: None,
            password_changed_at: None,
            status: UserStatus::Active,
            platform_role: role,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let fill = self.pools.fill().await.unwrap();
        fill.add::<user::Entity>(vec![row], |_| ()).await.unwrap();
        fill.commit().await.unwrap();
        Person { id, email: Some(email), role }
    }

    async fn place(&self, code: &str, within: Option<TerritoryId>) -> TerritoryId {
        let id = TerritoryId::fresh();
        let row = territory::Model {
            id,
            code: code.to_owned(),
            official_code: code.to_owned(),
            scale: TerritoryScale::Region,
            name: code.to_owned(),
            name_key: code.to_lowercase(),
            population: None,
        };
        let mut ways = vec![territory_closure::Model { descendant_id: id, ancestor_id: id, depth: 0 }];
        ways.extend(within.map(|around| territory_closure::Model {
            descendant_id: id,
            ancestor_id: around,
            depth: 1,
        }));
        let fill = self.pools.fill().await.unwrap();
        fill.add::<territory::Entity>(vec![row], |_| ()).await.unwrap();
        fill.add::<territory_closure::Entity>(ways, |_| ()).await.unwrap();
        fill.commit().await.unwrap();
        id
    }

    async fn seats(&self, person: &Person) -> Vec<Seat> {
        let viewer = self.viewer(person, Vec::new());
        let store = Store::new(self.pools.clone(), viewer, self.clock.clone(), RequestFacts::default());
        let own = Condition::all()
            .add(membership::Column::UserId.eq(person.id))
            .add(membership::Column::Status.eq(MembershipStatus::Active));
        let mut seats = Vec::new();
        for row in store.see::<membership::Entity>().filter(own).all().await.unwrap() {
            let job = store.as_job(crate::authz::ORGS);
            let wanted = organization::Column::Id.eq(row.organization_id);
            let home = job.see::<organization::Entity>().filter(wanted).one().await.unwrap().unwrap();
            let is_verified = home.verification == Verification::Verified;
            seats.push(Seat { organization: home.id, role: row.role, is_verified });
        }
        seats
    }

    #[expect(clippy::unused_self, reason = "reads like the others")]
    fn viewer(&self, person: &Person, seats: Vec<Seat>) -> Viewer {
        let who = Who::User {
            id: person.id,
            verified_email: person.email.clone(),
            session: None,
            platform_role: person.role,
            scopes: vec![TokenScope::Read, TokenScope::Write],
            authenticated_at: None,
        };
        Viewer::new(who, seats)
    }

    async fn asks(&self, person: &Person, document: &str, variables: Value) -> Answer {
        let viewer = self.viewer(person, self.seats(person).await);
        self.asks_as(viewer, document, variables).await
    }

    async fn asks_as(&self, viewer: Viewer, document: &str, variables: Value) -> Answer {
        let facts = RequestFacts { id: "story".to_owned(), ..RequestFacts::default() };
        let store = Store::new(self.pools.clone(), viewer, self.clock.clone(), facts);
        let request = Request::new(document).variables(Variables::from_json(variables)).data(store.clone());
        let response = Batched::new(store.clone(), self.schema.execute(request)).await;
        let mut answer = serde_json::to_value(&response).unwrap();
        answer["withheld"] = serde_json::to_value(store.withheld().extension()).unwrap();
        answer["intrusions"] = store.take_intrusions().len().into();
        answer["statements"] = store.statements().into();
        Answer(answer)
    }

    async fn founds(&self, person: &Person, name: &str) -> String {
        let input = json!({ "name": name, "legalForm": "ASSOCIATION", "kinds": ["INNOVATOR"] });
        self.does(person, "organizationCreate", "organization", input).await.id("organization")
    }

    /// Runs a mutation and asks for the noun's id, version and states.
    async fn does(&self, person: &Person, mutation: &str, noun: &str, input: Value) -> Answer {
        let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
        let states = match noun {
            "organization" => "verification",
            "membership" => "status role",
            _ => "state role email",
        };
        let document = format!(
            "mutation ($input: {kind}!) {{ it: {mutation}(input: $input) {{ {noun} {{ id version {states} }} errors {{ code path message }} }} }}"
        );
        self.asks(person, &document, json!({ "input": input })).await
    }

    /// Invites, finds the invitation as the invited, accepts; returns the membership.
    async fn seats_somebody(
        &self,
        owner: &Person,
        organization: &str,
        person: &Person,
        role: &str,
    ) -> String {
        let input = json!({ "organizationId": organization, "email": person.email, "role": role });
        let invitation = self.does(owner, "membershipInvite", "invitation", input).await.id("invitation");
        let input = json!({ "id": invitation });
        assert_eq!(self.does(person, "invitationAccept", "invitation", input).await.state(), "ACCEPTED");
        self.membership(person, organization).await
    }

    async fn membership(&self, person: &Person, organization: &str) -> String {
        let document =
            "query ($id: ID!) { organization(by: { id: $id }) { viewerMembership { id status role } } }";
        let answer = self.asks(person, document, json!({ "id": organization })).await;
        answer.at("/data/organization/viewerMembership/id").as_str().unwrap().to_owned()
    }

    async fn verified(&self, owner: &Person, curator: &Person, organization: &str) {
        for (who, mutation) in [(owner, "organizationRequestVerification"), (curator, "organizationVerify")] {
            let done = self.does(who, mutation, "organization", json!({ "id": organization })).await;
            assert!(done.codes().is_empty(), "{}", done.0);
        }
    }
}

impl Answer {
    fn at(&self, path: &str) -> &Value {
        self.0.pointer(path).unwrap_or_else(|| panic!("nothing at {path} in {}", self.0))
    }

    fn id(&self, noun: &str) -> String {
        let id = self.at(&format!("/data/it/{noun}/id")).as_str();
        id.unwrap_or_else(|| panic!("no {noun}: {}", self.0)).to_owned()
    }

    fn codes(&self) -> Vec<String> {
        let payload = self.0.pointer("/data/it/errors").and_then(Value::as_array).into_iter().flatten();
        let payload = payload.map(|error| error["code"].clone());
        let top = self.0["errors"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|error| error["extensions"]["code"].clone());
        payload.chain(top).map(|code| code.as_str().unwrap_or("?").to_owned()).collect()
    }

    fn paths(&self) -> Vec<String> {
        let errors = self.at("/data/it/errors").as_array().unwrap();
        let steps = |error: &Value| {
            error["path"]
                .as_array()
                .unwrap()
                .iter()
                .map(|step| step.as_str().unwrap())
                .collect::<Vec<_>>()
                .join(".")
        };
        errors.iter().map(|error| format!("{} {}", steps(error), error["code"].as_str().unwrap())).collect()
    }

    fn state(&self) -> String {
        for noun in ["organization/verification", "membership/status", "invitation/state"] {
            if let Some(state) = self.0.pointer(&format!("/data/it/{noun}")) {
                return state.as_str().unwrap().to_owned();
            }
        }
        panic!("no state: {}", self.0)
    }

    fn refused(&self, code: &str) {
        assert_eq!(self.codes(), [code], "{}", self.0);
    }
}

#[tokio::test]
async fn whoever_founds_owns_and_may_act_in_the_same_breath() {
    let world = World::new().await;
    let founder = world.person("Founder").await;
    let answer = world
        .asks(
            &founder,
            "mutation ($input: OrganizationCreateInput!) { it: organizationCreate(input: $input) { organization {
                id slug version kinds identifiers { scheme value } accreditations { kind isCurrent }
                viewerMembership { role status since }
                viewerPermissions { update { isAllowed } invite { isAllowed } verify { isAllowed reason } createProject { isAllowed } }
                memberships { totalCount { value } nodes { role user { displayName } organization { name } } }
            } errors { code path } } }",
            json!({ "input": {
                "name": "L'Eau partagée", "legalForm": "SCIC", "kinds": ["SUPPORT", "INNOVATOR", "SUPPORT"],
                "identifiers": [{ "scheme": "SIREN", "value": "732 829 320" }],
                "accreditations": [{ "kind": "ESUS", "validFrom": "2020-01-01", "validTo": "2021-01-01" }, { "kind": "RUP" }],
                "website": "https://example.org", "shortName": " EP "
            } }),
        )
        .await;
    let it = answer.at("/data/it/organization");
    assert_eq!(it["kinds"], json!(["INNOVATOR", "SUPPORT"]));
    assert_eq!(it["identifiers"], json!([{ "scheme": "SIREN", "value": "732829320" }]));
    assert_eq!(it["accreditations"][0]["isCurrent"], false);
    assert_eq!(it["accreditations"][1]["isCurrent"], true);
    assert_eq!(it["viewerMembership"]["role"], "OWNER");
    assert_eq!(it["viewerPermissions"]["update"]["isAllowed"], true);
    assert_eq!(it["viewerPermissions"]["invite"]["isAllowed"], true);
    assert_eq!(it["viewerPermissions"]["createProject"]["isAllowed"], true);
    assert_eq!(it["viewerPermissions"]["verify"]["reason"], "FORBIDDEN");
    assert_eq!(it["memberships"]["totalCount"]["value"], 1);
    assert_eq!(it["memberships"]["nodes"][0]["user"]["displayName"], "Founder");

    let found = world
        .asks(
            &founder,
            "{ organization(by: { identifier: { scheme: SIREN, value: \"732829320\" } }) { id } }",
            json!({}),
        )
        .await;
    assert_eq!(found.at("/data/organization/id"), &it["id"]);
}

#[tokio::test]
async fn all_faults_are_told_at_once_with_their_paths() {
    let world = World::new().await;
    let founder = world.person("Founder").await;
    let first = json!({ "name": "First", "legalForm": "AUTRE", "kinds": ["FUNDER"],
        "identifiers": [{ "scheme": "RNA", "value": "W751212517" }] });
    world.does(&founder, "organizationCreate", "organization", first).await.id("organization");
    let wrong = json!({ "name": " ", "legalForm": "AUTRE", "kinds": [], "seat": "REG-00", "areas": ["REG-01"],
        "identifiers": [{ "scheme": "SIREN", "value": "732829321" }, { "scheme": "RNA", "value": "w751212517" }],
        "accreditations": [{ "kind": "ESUS", "validFrom": "2026-01-02", "validTo": "2026-01-01" }],
        "parentId": "org_00000000000000000000000000" });
    let answer = world.does(&founder, "organizationCreate", "organization", wrong.clone()).await;
    let mut paths = answer.paths();
    paths.sort_unstable();
    assert_eq!(
        paths,
        [
            "input.accreditations.0.validTo OUT_OF_RANGE",
            "input.areas.0 NOT_FOUND",
            "input.identifiers.0.value CHECKSUM_INVALID",
            "input.identifiers.1.value TAKEN",
            "input.kinds TOO_SHORT",
            "input.name BLANK",
            "input.parentId NOT_FOUND",
            "input.seat NOT_FOUND",
        ]
    );
    let nobody = Person { email: None, ..founder.clone() };
    let fine = json!({ "name": "Second", "legalForm": "AUTRE", "kinds": ["FUNDER"] });
    world.does(&nobody, "organizationCreate", "organization", fine).await.refused("EMAIL_UNVERIFIED");
    let document = "mutation ($input: OrganizationCreateInput!) { it: organizationCreate(input: $input) { errors { code } } }";
    world.asks_as(Viewer::public(), document, json!({ "input": wrong })).await.refused("UNAUTHENTICATED");
}

#[tokio::test]
async fn an_update_keeps_what_it_leaves_out_and_clears_what_it_nulls() {
    let world = World::new().await;
    let (founder, stranger) = (world.person("Founder").await, world.person("Stranger").await);
    let input = json!({ "name": "Lab", "legalForm": "AUTRE", "kinds": ["UNIVERSITY"], "shortName": "L",
        "description": "text", "identifiers": [{ "scheme": "SIREN", "value": "732829320" }] });
    let id = world.does(&founder, "organizationCreate", "organization", input).await.id("organization");
    let change = json!({ "id": id, "ifVersion": "1", "name": "Laboratory", "shortName": null });
    let document = "mutation ($input: OrganizationUpdateInput!) { it: organizationUpdate(input: $input) {
        organization { name shortName description version identifiers { value } slug } errors { code path } } }";
    world.asks(&stranger, document, json!({ "input": change })).await.refused("FORBIDDEN");
    let answer = world.asks(&founder, document, json!({ "input": change })).await;
    let it = answer.at("/data/it/organization");
    assert_eq!(
        (&it["name"], &it["shortName"], &it["description"]),
        (&json!("Laboratory"), &json!(null), &json!("text"))
    );
    assert_eq!(it["version"], "2");
    assert_eq!(it["identifiers"][0]["value"], "732829320");
    assert!(it["slug"].as_str().unwrap().starts_with("lab-"));
    world.asks(&founder, document, json!({ "input": change })).await.refused("VERSION_CONFLICT");
    let cleared = json!({ "id": id, "identifiers": null });
    let answer = world.asks(&founder, document, json!({ "input": cleared })).await;
    assert_eq!(answer.at("/data/it/organization/identifiers"), &json!([]));
}

#[tokio::test]
async fn nobody_controls_itself_even_through_others_it_does_not_see() {
    let world = World::new().await;
    let (founder, other) = (world.person("Founder").await, world.person("Other").await);
    let curator = world.staff("Curator", PlatformRole::Curator).await;
    let (a, c) = (world.founds(&founder, "A").await, world.founds(&founder, "C").await);
    let b = world.founds(&other, "B").await;
    let parent = |id: &str, parent: &str| json!({ "id": id, "parentId": parent });
    let update = "organizationUpdate";
    world.does(&founder, update, "organization", parent(&a, &a)).await.refused("PARENT_CYCLE");
    world.does(&other, update, "organization", parent(&b, &a)).await.id("organization");
    world.does(&founder, update, "organization", parent(&c, &b)).await.id("organization");
    world.verified(&other, &curator, &b).await;
    let input = json!({ "id": b, "reason": "doubt" });
    assert_eq!(world.does(&curator, "organizationSuspend", "organization", input).await.state(), "SUSPENDED");
    // The way from C to A leads through B, which the founder does not see.
    world.does(&founder, update, "organization", parent(&a, &c)).await.refused("PARENT_CYCLE");
    let document =
        "query ($id: ID!) { organization(by: { id: $id }) { children { nodes { name } } parent { name } } }";
    let seen = world.asks(&founder, document, json!({ "id": a })).await;
    assert_eq!(seen.at("/data/organization/children/nodes"), &json!([]), "a suspended child is not seen");
    let seen = world.asks(&other, document, json!({ "id": a })).await;
    assert_eq!(seen.at("/data/organization/children/nodes/0/name"), "B");
}

#[tokio::test]
async fn curators_verify_refuse_suspend_and_restore() {
    let world = World::new().await;
    let (owner, stranger) = (world.person("Owner").await, world.person("Stranger").await);
    let curator = world.staff("Curator", PlatformRole::Curator).await;
    let steward = world.staff("Steward", PlatformRole::DataSteward).await;
    let id = world.founds(&owner, "Lab").await;
    let input = json!({ "id": id });
    let because = json!({ "id": id, "reason": "Which register?" });
    let noun = "organization";
    world.does(&curator, "organizationVerify", noun, input.clone()).await.refused("STATE_INVALID");
    world.does(&stranger, "organizationRequestVerification", noun, input.clone()).await.refused("FORBIDDEN");
    world.does(&owner, "organizationRequestVerification", noun, input.clone()).await;
    world.does(&owner, "organizationVerify", noun, input.clone()).await.refused("FORBIDDEN");
    world.does(&steward, "organizationVerify", noun, input.clone()).await.refused("FORBIDDEN");
    let blank = json!({ "id": id, "reason": " " });
    world.does(&curator, "organizationRefuse", noun, blank).await.refused("BLANK");
    assert_eq!(world.does(&curator, "organizationRefuse", noun, because.clone()).await.state(), "UNVERIFIED");
    let document = "query ($id: ID!) { organization(by: { id: $id }) { verificationReason verifiedAt } }";
    let read = world.asks(&owner, document, input.clone()).await;
    assert_eq!(read.at("/data/organization/verificationReason"), "Which register?");
    let read = world.asks(&stranger, document, input.clone()).await;
    assert_eq!(read.at("/data/organization/verificationReason"), &Value::Null);
    assert_eq!(read.at("/withheld/0/coordinate"), "Organization.verificationReason");
    world.verified(&owner, &curator, &id).await;
    assert_eq!(world.does(&curator, "organizationSuspend", noun, because).await.state(), "SUSPENDED");
    let read = world.asks(&stranger, document, input.clone()).await;
    assert_eq!(read.at("/data/organization"), &Value::Null);
    world.does(&stranger, "organizationUpdate", noun, input.clone()).await.refused("NOT_FOUND");
    assert!(
        !world.seats(&owner).await[0].is_verified,
        "members of a suspended organization are not of the network"
    );
    let invite = json!({ "organizationId": id, "email": "a@example.org", "role": "VIEWER" });
    world.does(&owner, "membershipInvite", "invitation", invite).await.refused("STATE_INVALID");
    world.does(&owner, "organizationRestore", noun, input.clone()).await.refused("FORBIDDEN");
    assert_eq!(world.does(&curator, "organizationRestore", noun, input).await.state(), "VERIFIED");
    assert!(world.seats(&owner).await[0].is_verified);
}

#[tokio::test]
async fn somebody_asks_is_let_in_rises_and_goes() {
    let world = World::new().await;
    let (owner, asker, other) =
        (world.person("Owner").await, world.person("Asker").await, world.person("Other").await);
    let administrator = world.staff("Administrator", PlatformRole::Admin).await;
    let id = world.founds(&owner, "Lab").await;
    let noun = "membership";
    let asked = json!({ "organizationId": id });
    let membership = world.does(&asker, "membershipRequest", noun, asked.clone()).await.id(noun);
    world.does(&asker, "membershipRequest", noun, asked).await.refused("STATE_INVALID");
    let it = json!({ "id": membership });
    world.does(&asker, "membershipApprove", noun, it.clone()).await.refused("FORBIDDEN");
    world.does(&other, "membershipApprove", noun, it.clone()).await.refused("NOT_FOUND");
    // The administrators' queue, and the owner's.
    let queue = "{ memberships(filter: { status: { eq: REQUESTED } }) { nodes { id status role user { displayName } } } }";
    for person in [&owner, &administrator] {
        let answer = world.asks(person, queue, json!({})).await;
        assert_eq!(answer.at("/data/memberships/nodes/0/user/displayName"), "Asker");
        assert_eq!(answer.at("/data/memberships/nodes/0/status"), "REQUESTED");
    }
    assert_eq!(world.asks(&administrator, queue, json!({})).await.at("/intrusions"), 2);
    let answer = world.asks(&other, queue, json!({})).await;
    assert_eq!(answer.at("/data/memberships/nodes"), &json!([]));
    let approved =
        world.does(&owner, "membershipApprove", noun, json!({ "id": membership, "role": "ADMIN" })).await;
    assert_eq!(approved.state(), "ACTIVE");
    world.does(&owner, "membershipDecline", noun, it.clone()).await.refused("STATE_INVALID");
    // An administrator of the organization makes and unmakes no owners.
    let raise = json!({ "id": membership, "role": "OWNER" });
    world.does(&asker, "membershipChangeRole", noun, raise.clone()).await.refused("FORBIDDEN");
    let owned = json!({ "id": world.membership(&owner, &id).await });
    world.does(&asker, "membershipRemove", noun, owned.clone()).await.refused("FORBIDDEN");
    world.does(&owner, "membershipLeave", noun, owned.clone()).await.refused("LAST_OWNER");
    let lower = json!({ "id": owned["id"], "role": "EDITOR" });
    world.does(&owner, "membershipChangeRole", noun, lower).await.refused("LAST_OWNER");
    world.does(&administrator, "membershipRemove", noun, owned.clone()).await.refused("LAST_OWNER");
    let stale = json!({ "id": membership, "role": "OWNER", "ifVersion": "1" });
    world.does(&owner, "membershipChangeRole", noun, stale).await.refused("VERSION_CONFLICT");
    assert_eq!(world.does(&owner, "membershipChangeRole", noun, raise).await.state(), "ACTIVE");
    assert_eq!(world.does(&owner, "membershipLeave", noun, owned.clone()).await.state(), "LEFT");
    assert!(world.seats(&owner).await.is_empty());
    assert_eq!(world.seats(&asker).await.iter().map(|seat| Power::of(seat.role)).max(), Some(Power::Own));
    // Who left may ask again, and is a viewer if let in.
    let again = world.does(&owner, "membershipRequest", noun, json!({ "organizationId": id })).await;
    assert_eq!(
        (again.state(), again.at("/data/it/membership/role")),
        ("REQUESTED".to_owned(), &json!("VIEWER"))
    );
}

#[tokio::test]
async fn invitations_say_nothing_of_accounts_and_work_for_their_address_alone() {
    let world = World::new().await;
    let (owner, known, other) =
        (world.person("Owner").await, world.person("Known").await, world.person("Other").await);
    let id = world.founds(&owner, "Lab").await;
    let noun = "invitation";
    let invite = |email: &str, role: &str| json!({ "organizationId": id, "email": email, "role": role });
    let email = known.email.clone().unwrap();
    let document = "mutation ($input: MembershipInviteInput!) { it: membershipInvite(input: $input) { invitation {
        id email role state message version expiresAt viewerPermissions { revoke { isAllowed } accept { isAllowed } } }
        errors { code path message } } }";
    let strip = |mut answer: Value| {
        for field in ["id", "email", "expiresAt"] {
            answer["data"]["it"]["invitation"][field] = Value::Null;
        }
        answer
    };
    let to_known =
        world.asks(&owner, document, json!({ "input": invite(&email.to_uppercase(), "EDITOR") })).await;
    let to_unknown =
        world.asks(&owner, document, json!({ "input": invite("nobody@example.org", "EDITOR") })).await;
    assert_eq!(to_known.at("/data/it/invitation/email"), &json!(email));
    let invitation = to_known.id(noun);
    assert_eq!(strip(to_known.0), strip(to_unknown.0), "statements too");
    // Again: the same invitation, changed.
    let again = world.does(&owner, "membershipInvite", noun, invite(&email, "VIEWER")).await;
    assert_eq!(
        (again.id(noun), again.at("/data/it/invitation/role")),
        (invitation.clone(), &json!("VIEWER"))
    );
    let it = json!({ "id": invitation });
    world.does(&other, "invitationAccept", noun, it.clone()).await.refused("NOT_FOUND");
    world.does(&owner, "invitationAccept", noun, it.clone()).await.refused("FORBIDDEN");
    world.does(&known, "invitationRevoke", noun, it.clone()).await.refused("FORBIDDEN");
    let unverified = Person { email: None, ..known.clone() };
    world.does(&unverified, "invitationAccept", noun, it.clone()).await.refused("EMAIL_UNVERIFIED");
    world
        .does(&other, "membershipInvite", noun, invite("x@example.org", "VIEWER"))
        .await
        .refused("FORBIDDEN");
    // Time passes; it expires; resent, it is good again.
    world.does(&owner, "invitationResend", noun, it.clone()).await.refused("RATE_LIMITED");
    world.clock.advance(15 * At::DAY);
    let list = "query ($state: InvitationState!) { invitations(filter: { state: { eq: $state } }) { nodes { state email } } }";
    let expired = world.asks(&known, list, json!({ "state": "EXPIRED" })).await;
    assert_eq!(expired.at("/data/invitations/nodes/0/state"), "EXPIRED");
    assert_eq!(
        world.asks(&known, list, json!({ "state": "SENT" })).await.at("/data/invitations/nodes"),
        &json!([])
    );
    assert_eq!(
        world.asks(&other, list, json!({ "state": "EXPIRED" })).await.at("/data/invitations/nodes"),
        &json!([])
    );
    world.does(&known, "invitationAccept", noun, it.clone()).await.refused("STATE_INVALID");
    assert_eq!(world.does(&owner, "invitationResend", noun, it.clone()).await.state(), "SENT");
    assert_eq!(world.does(&known, "invitationAccept", noun, it.clone()).await.state(), "ACCEPTED");
    assert_eq!(world.seats(&known).await.len(), 1);
    world.does(&known, "invitationDecline", noun, it).await.refused("STATE_INVALID");
    // A viewer manages nobody, and is not shown whom others invite.
    let read = "query ($id: ID!) { organization(by: { id: $id }) { invitations { nodes { email } } memberships { nodes { role } } } }";
    let answer = world.asks(&known, read, json!({ "id": id })).await;
    assert_eq!(answer.at("/data/organization/invitations"), &Value::Null);
    assert_eq!(answer.at("/data/organization/memberships/nodes").as_array().unwrap().len(), 2);
    let answer = world.asks(&other, read, json!({ "id": id })).await;
    assert_eq!(answer.at("/data/organization/memberships"), &Value::Null);
    let coordinates: Vec<_> = answer
        .at("/withheld")
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["coordinate"].as_str().unwrap())
        .collect();
    assert_eq!(coordinates, ["Organization.invitations", "Organization.memberships"]);
}

#[tokio::test]
async fn who_goes_leaves_no_door_open() {
    let world = World::new().await;
    let (owner, admin, friend) =
        (world.person("Owner").await, world.person("Admin").await, world.person("Friend").await);
    let id = world.founds(&owner, "Lab").await;
    let membership = world.seats_somebody(&owner, &id, &admin, "ADMIN").await;
    let invite = |role: &str| json!({ "organizationId": id, "email": friend.email, "role": role });
    world.does(&admin, "membershipInvite", "invitation", invite("OWNER")).await.refused("FORBIDDEN");
    let invitation =
        world.does(&admin, "membershipInvite", "invitation", invite("ADMIN")).await.id("invitation");
    let removed = world
        .does(&owner, "membershipRemove", "membership", json!({ "id": membership, "reason": "gone" }))
        .await;
    assert_eq!(removed.state(), "REMOVED");
    world
        .does(&friend, "invitationAccept", "invitation", json!({ "id": invitation }))
        .await
        .refused("STATE_INVALID");
    assert!(world.seats(&friend).await.is_empty());
}

#[tokio::test]
async fn two_owners_cannot_leave_at_the_same_moment() {
    let world = World::new().await;
    for _ in 0..5 {
        let (one, two) = (world.person("One").await, world.person("Two").await);
        let id = world.founds(&one, "Lab").await;
        let second = world.seats_somebody(&one, &id, &two, "OWNER").await;
        let first = world.membership(&one, &id).await;
        let (left, right) = tokio::join!(
            world.does(&one, "membershipLeave", "membership", json!({ "id": first })),
            world.does(&two, "membershipLeave", "membership", json!({ "id": second })),
        );
        let mut codes = [left.codes(), right.codes()].concat();
        codes.sort_unstable();
        assert_eq!(codes, ["LAST_OWNER"]);
        assert_eq!(world.seats(&one).await.len() + world.seats(&two).await.len(), 1);
    }
    // Each removes the other: one of them acts without a seat.
    let (one, two) = (world.person("One").await, world.person("Two").await);
    let id = world.founds(&one, "Lab").await;
    let second = world.seats_somebody(&one, &id, &two, "OWNER").await;
    let first = world.membership(&one, &id).await;
    let (left, right) = tokio::join!(
        world.does(&one, "membershipRemove", "membership", json!({ "id": second })),
        world.does(&two, "membershipRemove", "membership", json!({ "id": first })),
    );
    assert_eq!([left.codes(), right.codes()].concat().len(), 1, "{} {}", left.0, right.0);
    assert_eq!(world.seats(&one).await.len() + world.seats(&two).await.len(), 1);
}

#[tokio::test]
async fn a_merged_organization_hands_over_what_it_had() {
    let world = World::new().await;
    let (owner, twin, both) =
        (world.person("Owner").await, world.person("Twin").await, world.person("Both").await);
    let curator = world.staff("Curator", PlatformRole::Curator).await;
    let steward = world.staff("Steward", PlatformRole::DataSteward).await;
    let place = world.place(&format!("REG-{}", uuid::Uuid::now_v7().simple()), None).await;
    let (into, from) = (world.founds(&owner, "Lab").await, world.founds(&twin, "The Lab").await);
    let child = world.founds(&owner, "Child").await;
    let code = world
        .asks(
            &owner,
            "query ($id: ID!) { territory(by: { id: $id }) { code } }",
            json!({ "id": place.to_string() }),
        )
        .await;
    let code = code.at("/data/territory/code").clone();
    let said = json!({ "id": from, "areas": [code], "seat": code, "identifiers": [{ "scheme": "SIREN", "value": "732829320" }] });
    world.does(&twin, "organizationUpdate", "organization", said).await.id("organization");
    world
        .does(&owner, "organizationUpdate", "organization", json!({ "id": child, "parentId": from }))
        .await
        .id("organization");
    // The one that remains lies below the child: the hierarchy is mended.
    world
        .does(&owner, "organizationUpdate", "organization", json!({ "id": into, "parentId": child }))
        .await
        .id("organization");
    world.seats_somebody(&owner, &into, &both, "VIEWER").await;
    world.seats_somebody(&twin, &from, &both, "ADMIN").await;
    let project = "mutation ($input: ProjectCreateInput!) { it: projectCreate(input: $input) { project { id } errors { code } } }";
    let mine = json!({ "input": { "holderId": from, "title": "P", "summary": "S", "stage": "IDEATION" } });
    let mine = world.asks(&twin, project, mine).await.id("project");
    let theirs = json!({ "input": { "holderId": child, "title": "Q", "summary": "S", "stage": "IDEATION",
        "coHolders": [{ "organizationId": from, "role": "FUNDER" }, { "organizationId": into, "role": "FUNDER" }] } });
    let theirs = world.asks(&owner, project, theirs).await.id("project");
    let go = json!({ "id": from, "intoId": into });
    world.does(&curator, "organizationMerge", "organization", go.clone()).await.refused("FORBIDDEN");
    world.does(&twin, "organizationMerge", "organization", go.clone()).await.refused("FORBIDDEN");
    let own = json!({ "id": from, "intoId": from });
    world.does(&steward, "organizationMerge", "organization", own).await.refused("INVALID");
    assert_eq!(world.does(&steward, "organizationMerge", "organization", go.clone()).await.state(), "MERGED");
    world.does(&steward, "organizationMerge", "organization", go).await.refused("STATE_INVALID");
    let document = "query ($from: ID!, $into: ID!, $project: ID!, $theirs: ID!) {
        old: organization(by: { id: $from }) { name verification mergedInto { name } identifiers { value } areas { code } parent { name } }
        new: organization(by: { id: $into }) { identifiers { value } areas { code } parent { name } children { nodes { name } }
            memberships { nodes { role status user { displayName } } } projects { nodes { id } } viewerPermissions { update { isAllowed } } }
        project(by: { id: $project }) { holder { name } }
        theirs: project(by: { id: $theirs }) { coHolders { role organization { name } } version }
        found: organizations(filter: { name: { startsWith: \"the l\" } }) { nodes { name } totalCount { value } }
        merged: organizations(filter: { verification: { eq: MERGED } }) { totalCount { value } }
        there: organizations(filter: { territory: { codes: [\"CODE\"] } }) { nodes { name } }
        elsewhere: organizations(filter: { not: { territory: { codes: [\"CODE\"] } } }) { nodes { name } }
    }";
    let document = document.replace("CODE", code.as_str().unwrap());
    let variables = json!({ "from": from, "into": into, "project": mine, "theirs": theirs });
    let seen = world.asks(&twin, &document, variables.clone()).await;
    let old = seen.at("/data/old");
    assert_eq!(
        (&old["name"], &old["mergedInto"]["name"], &old["identifiers"]),
        (&json!("The Lab"), &json!("Lab"), &json!([]))
    );
    let new = seen.at("/data/new");
    assert_eq!(new["identifiers"][0]["value"], "732829320");
    assert_eq!(new["areas"][0]["code"], code);
    assert_eq!(new["parent"], Value::Null);
    assert_eq!(new["children"]["nodes"], json!([{ "name": "Child" }]));
    assert_eq!(new["viewerPermissions"]["update"]["isAllowed"], true, "owners of the one own the other");
    let mut members: Vec<_> = new["memberships"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            format!("{} {}", one["user"]["displayName"].as_str().unwrap(), one["role"].as_str().unwrap())
        })
        .collect();
    members.sort_unstable();
    assert_eq!(members, ["Both ADMIN", "Owner OWNER", "Twin OWNER"]);
    assert_eq!(seen.at("/data/project/holder/name"), "Lab");
    assert_eq!(seen.at("/data/found/totalCount/value"), 0);
    assert_eq!(seen.at("/data/merged/totalCount/value"), 1);
    assert_eq!(seen.at("/data/there/nodes"), &json!([{ "name": "Lab" }]));
    assert_eq!(seen.at("/data/elsewhere/nodes"), &json!([{ "name": "Child" }]));
    let seen = world.asks(&owner, &document, variables).await;
    assert_eq!(
        seen.at("/data/theirs/coHolders"),
        &json!([{ "role": "FUNDER", "organization": { "name": "Lab" } }])
    );
    assert_eq!(seen.at("/data/theirs/version"), "2");
    assert_eq!(world.seats(&twin).await.len(), 1);
}

#[tokio::test]
async fn a_stranger_gains_no_seat_in_a_verified_organization_by_a_merger() {
    let world = World::new().await;
    let (owner, twin) = (world.person("Owner").await, world.person("Twin").await);
    let administrator = world.staff("Administrator", PlatformRole::Admin).await;
    let (into, from) = (world.founds(&owner, "Lab").await, world.founds(&twin, "The Lab").await);
    world.verified(&owner, &administrator, &into).await;
    world
        .does(&administrator, "organizationMerge", "organization", json!({ "id": from, "intoId": into }))
        .await;
    assert!(world.seats(&twin).await.is_empty());
    let queue = "{ memberships(filter: { status: { eq: REQUESTED } }) { nodes { status role user { displayName } } } }";
    let answer = world.asks(&owner, queue, json!({})).await;
    assert_eq!(answer.at("/data/memberships/nodes/0/user/displayName"), "Twin");
    assert_eq!(answer.at("/data/memberships/nodes/0/role"), "VIEWER");
}

#[tokio::test]
async fn the_network_learns_who_works_where_and_no_more() {
    let world = World::new().await;
    let (owner, peer) = (world.person("Owner").await, world.person("Peer").await);
    let curator = world.staff("Curator", PlatformRole::Curator).await;
    let (lab, fund) = (world.founds(&owner, "Lab").await, world.founds(&peer, "Fund").await);
    world.verified(&peer, &curator, &fund).await;
    let membership = world.membership(&owner, &lab).await;
    let document = "query ($id: ID!) { node(id: $id) { ... on Membership { id role status since createdAt user { displayName } } } }";
    let answer = world.asks(&peer, document, json!({ "id": membership })).await;
    assert_eq!(answer.at("/data/node/user/displayName"), "Owner");
    for field in ["role", "status", "since", "createdAt"] {
        assert_eq!(answer.at("/data/node")[field], Value::Null, "{field}");
    }
    let count = "{ memberships(filter: { role: { eq: OWNER } }) { totalCount { value } } }";
    assert_eq!(
        world.asks(&peer, count, json!({})).await.at("/data/memberships/totalCount/value"),
        1,
        "only one's own"
    );
    // A curator is shown the members, and no way to learn their roles.
    let members = "query ($id: ID!) { organization(by: { id: $id }) { memberships(filter: { role: { eq: OWNER } }) { nodes { id } } } }";
    world.asks(&curator, members, json!({ "id": lab })).await.refused("FORBIDDEN");
    let members = "query ($id: ID!) { organization(by: { id: $id }) { memberships { nodes { role user { displayName } } } } }";
    let answer = world.asks(&curator, members, json!({ "id": lab })).await;
    assert_eq!(answer.at("/data/organization/memberships/nodes/0/user/displayName"), "Owner");
    assert_eq!(answer.at("/data/organization/memberships/nodes/0/role"), &Value::Null);
    assert_eq!(answer.at("/intrusions"), 1);
    let anonymous = world.asks_as(Viewer::public(), document, json!({ "id": membership })).await;
    assert_eq!(anonymous.at("/data/node"), &Value::Null);
}

#[tokio::test]
async fn a_list_costs_the_same_number_of_statements_however_long_it_is() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    let document = "{ organizations(first: 50) { totalCount { value } nodes { id kinds identifiers { value } accreditations { kind } areas { code }
        seat { code } parent { id } children { nodes { id } } viewerMembership { id } memberships { nodes { user { displayName } } }
        invitations { nodes { email } } projects(filter: { territory: { codes: [] } }) { nodes { id } } } } }";
    world.founds(&owner, "One").await;
    let one = world.asks(&owner, document, json!({})).await;
    for name in ["Two", "Three", "Four"] {
        world.founds(&owner, name).await;
    }
    let four = world.asks(&owner, document, json!({})).await;
    assert_eq!(four.at("/data/organizations/totalCount/value"), 4);
    assert_eq!(one.at("/statements"), four.at("/statements"), "{}", four.0);
}
