//! Working groups write drafts together; the network comments on them; the host publishes.

use super::{does, indicator};
use entity::codes::{ActorKind, MembershipRole, Verification};
use serde_json::{Value, json};
use tests::{Actor, World};

const GROUP: &str = "workingGroup { id status version }";

/// A group of the region with one member.
async fn convened(host: &Actor, member: &Actor) -> String {
    let input = json!({ "hostId": host.org(), "title": "Groupe Mobilité", "mandate": "Mesurer de la même façon.",
        "theme": "MOB", "territory": "REG-76", "members": [member.org()] });
    let made = does(host, "workingGroupCreate", GROUP, input).await;
    assert_eq!(made.text("/workingGroupCreate/workingGroup/status"), "FORMING");
    made.text("/workingGroupCreate/workingGroup/id")
}

/// A draft of a framework that the group writes.
async fn draft(host: &Actor, group: &str) -> String {
    let people = indicator(host, "PEOPLE", json!({})).await;
    let input = json!({ "ownerId": host.org(), "code": "REF", "title": "Référentiel", "workingGroupId": group,
        "items": [{ "indicatorId": people, "kind": "CORE" }] });
    let made = does(host, "frameworkCreate", "framework { id workingGroup { id } }", input).await;
    assert_eq!(made.text("/frameworkCreate/framework/workingGroup/id"), group);
    made.text("/frameworkCreate/framework/id")
}

#[tokio::test]
async fn members_of_a_working_group_write_its_drafts_and_its_host_publishes() {
    let world = World::new().await;
    let (region, university, other) =
        (world.public_body("Region").await, world.university("University").await, world.funder("Fund").await);
    let group = convened(&region, &university).await;
    let framework = draft(&region, &group).await;
    let titled = |title: &str| json!({ "id": framework, "title": title });
    let update = async |actor: &Actor, input: Value| {
        does(actor, "frameworkUpdate", "framework { title version }", input).await
    };
    update(&other, titled("Non")).await.refused("FORBIDDEN");
    update(&world.stranger().await, titled("Non")).await.refused("NOT_FOUND");
    assert_eq!(
        update(&university, titled("À deux")).await.data("/frameworkUpdate/framework"),
        json!({ "title": "À deux", "version": "2" })
    );
    let mut moved = titled("À deux");
    moved["workingGroupId"] = json!(null);
    update(&university, moved).await.refused("FORBIDDEN");
    does(&university, "frameworkPublish", "framework { id }", json!({ "id": framework }))
        .await
        .refused("FORBIDDEN");
    let trail = "query ($id: ID!) { node(id: $id) { ... on Organization { auditEvents(first: 1) {
        nodes { action actor { id } } } } } }";
    let told = region.asks(trail, json!({ "id": region.org() })).await;
    assert_eq!(
        told.data("/node/auditEvents/nodes/0"),
        json!({ "action": "frameworkUpdate", "actor": { "id": university.user.unwrap().to_string() } })
    );

    // Whoever is no member any more writes no more, nor for a group that is closed.
    let seated = |members: Value| json!({ "id": group, "members": members });
    does(&university, "workingGroupUpdate", GROUP, seated(json!([]))).await.refused("FORBIDDEN");
    does(&region, "workingGroupUpdate", GROUP, seated(json!([other.org()]))).await.fine();
    update(&university, titled("Seule")).await.refused("FORBIDDEN");
    update(&other, titled("À trois")).await.fine();
    does(&region, "workingGroupStart", GROUP, json!({ "id": group })).await.fine();
    does(&region, "workingGroupClose", GROUP, json!({ "id": group })).await.fine();
    update(&other, titled("Trop tard")).await.refused("FORBIDDEN");
    does(&region, "workingGroupUpdate", GROUP, seated(json!([]))).await.refused("STATE_INVALID");
    does(&region, "frameworkPublish", "framework { status }", json!({ "id": framework })).await.fine();
    let page = "query ($id: ID!) { workingGroup(id: $id) { status frameworks { nodes { title status } } } }";
    assert_eq!(
        world.visitor().asks(page, json!({ "id": group })).await.data("/workingGroup"),
        json!({ "status": "CLOSED", "frameworks": { "nodes": [{ "title": "À trois", "status": "PUBLISHED" }] } })
    );
}

#[tokio::test]
async fn everybody_knows_of_a_group_and_the_network_who_is_in_it() {
    let world = World::new().await;
    let (region, university) = (world.public_body("Region").await, world.university("University").await);
    let fund = world.funder("Fund").await;
    let group = convened(&region, &university).await;
    let page =
        "query ($id: ID!) { workingGroup(id: $id) { title host { name } theme { code } members { name } } }";
    let seen = world.visitor().asks(page, json!({ "id": group })).await;
    assert_eq!(
        seen.data("/workingGroup"),
        json!({ "title": "Groupe Mobilité", "host": { "name": "Region" }, "theme": { "code": "MOB" },
            "members": null })
    );
    assert_eq!(seen.withheld(), ["WorkingGroup.members NETWORK 1"]);
    let seen = fund.asks(page, json!({ "id": group })).await;
    assert_eq!(seen.data("/workingGroup/members"), json!([{ "name": "University" }]));

    let list = "{ workingGroups(filter: { title: { contains: \"mobilite\" }, themes: { some: [\"MOB\"] },
        status: { eq: FORMING } }) { totalCount { value } } }";
    let found = world.visitor().asks(list, json!({})).await;
    assert_eq!(found.data("/workingGroups/totalCount/value"), json!(1));

    // Only verified organizations convene and sit, and only their own host gives a group its drafts.
    let newcomer = world.organization("New", ActorKind::Innovator, Verification::Unverified).await;
    let newcomer = world.member("newcomer", newcomer, MembershipRole::Owner).await;
    let input = json!({ "hostId": newcomer.org(), "title": "Groupe" });
    does(&newcomer, "workingGroupCreate", GROUP, input.clone()).await.refused("ORGANIZATION_NOT_VERIFIED");
    does(&fund, "workingGroupCreate", GROUP, input).await.refused("FORBIDDEN");
    let seated = json!({ "id": group, "members": [newcomer.org()] });
    does(&region, "workingGroupUpdate", GROUP, seated).await.refused("NOT_FOUND");
    let taken =
        json!({ "ownerId": fund.org(), "code": "REF", "title": "Référentiel", "workingGroupId": group });
    does(&fund, "frameworkCreate", "framework { id }", taken).await.refused("INVALID");
}

const COMMENT: &str = "comment { id text state version author { displayName } }";

#[tokio::test]
async fn the_network_comments_on_drafts_and_those_who_keep_them_settle_it() {
    let world = World::new().await;
    let (region, university, lab) = (
        world.public_body("Region").await,
        world.university("University").await,
        world.innovator("Lab").await,
    );
    let (stranger, visitor) = (world.stranger().await, world.visitor());
    let group = convened(&region, &university).await;
    let framework = draft(&region, &group).await;
    let said = json!({ "frameworkId": framework, "text": "Et les enfants ?" });
    does(&visitor, "commentCreate", COMMENT, said.clone()).await.refused("UNAUTHENTICATED");
    does(&stranger, "commentCreate", COMMENT, said.clone()).await.refused("NOT_FOUND");
    let both = json!({ "text": "Lequel ?" });
    does(&lab, "commentCreate", COMMENT, both).await.refused("INVALID");
    let blank = json!({ "frameworkId": framework, "text": " " });
    does(&lab, "commentCreate", COMMENT, blank).await.refused("BLANK");
    let first = does(&lab, "commentCreate", COMMENT, said.clone()).await.text("/commentCreate/comment/id");
    let second = does(&lab, "commentCreate", COMMENT, said.clone()).await.text("/commentCreate/comment/id");
    let changed = json!({ "id": first, "ifVersion": "1", "text": "Et les enfants de moins de six ans ?" });
    does(&region, "commentUpdate", COMMENT, changed.clone()).await.refused("FORBIDDEN");
    does(&stranger, "commentUpdate", COMMENT, changed.clone()).await.refused("NOT_FOUND");
    does(&lab, "commentUpdate", COMMENT, changed.clone()).await.fine();
    does(&lab, "commentUpdate", COMMENT, changed).await.refused("VERSION_CONFLICT");

    let read = "query ($id: ID!) { framework(by: { id: $id }) { comments { nodes { text state } totalCount { value } }
        viewerPermissions { comment { isAllowed } } } }";
    let listed = async |actor: &Actor| {
        let seen = actor.asks(read, json!({ "id": framework })).await;
        seen.data("/framework")["comments"]["nodes"].clone()
    };
    assert_eq!(
        listed(&university).await,
        json!([{ "text": "Et les enfants de moins de six ans ?", "state": "OPEN" },
            { "text": "Et les enfants ?", "state": "OPEN" }])
    );
    // The host settles, and so does a member of the group; the author takes back, and the words are gone.
    does(&lab, "commentResolve", COMMENT, json!({ "id": first })).await.refused("FORBIDDEN");
    does(&university, "commentResolve", COMMENT, json!({ "id": first })).await.fine();
    does(&region, "commentResolve", COMMENT, json!({ "id": first })).await.refused("STATE_INVALID");
    does(&region, "commentWithdraw", COMMENT, json!({ "id": second })).await.refused("FORBIDDEN");
    does(&lab, "commentWithdraw", COMMENT, json!({ "id": second })).await.fine();
    does(&region, "frameworkPublish", "framework { id }", json!({ "id": framework })).await.fine();
    does(&lab, "commentCreate", COMMENT, said).await.refused("STATE_INVALID");
    assert_eq!(
        listed(&university).await,
        json!([{ "text": "Et les enfants de moins de six ans ?", "state": "RESOLVED" },
            { "text": null, "state": "WITHDRAWN" }])
    );
    // Published, the framework is everybody's; what was said of the draft stays within the network.
    for outsider in [&stranger, &visitor] {
        assert_eq!(listed(outsider).await, json!(null), "{}", outsider.name);
        let node = "query ($id: ID!) { node(id: $id) { id } }";
        assert_eq!(outsider.asks(node, json!({ "id": first })).await.data("/node"), json!(null));
    }
    let export = lab.asks("{ viewer { export } }", json!({})).await;
    let export: Value = serde_json::from_str(&export.text("/viewer/export")).unwrap();
    assert_eq!(export["comments"][0]["text"], "Et les enfants de moins de six ans ?");
}
