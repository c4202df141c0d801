//! A project is ready for scale when others do the same elsewhere, and measure it (domain BR-20).

use super::{
    does,
    evaluations::{delivered, planned},
    indicator,
};
use serde_json::{Value, json};
use tests::{Actor, World};

const SEEN: &str = "query ($id: ID!) { project(by: { id: $id }) { replications { nodes { id status organization { name } } } } }";
const STANDING: &str = "query ($id: ID!) { project(by: { id: $id }) {
    evidence { level hasManual measuredReplicationCount restsOn { id } } } }";

struct Network {
    world: World,
    lab: Actor,
    funder: Actor,
    model: String,
    indicator: String,
}

/// A lab whose project two universities found to work, each at a place of its own.
async fn network() -> Network {
    let world = World::new().await;
    let (lab, funder) = (world.innovator("Lab").await, world.funder("Fund").await);
    let curator = world.curator().await;
    let model = lab.publishes("Le modèle", json!({})).await;
    for (name, site) in [("Toulouse University", "COM-31555"), ("Albi University", "DEP-81")] {
        let university = world.university(name).await;
        let id = planned(&university, &funder, &model, json!({ "sites": [site] })).await;
        delivered(&university, &id).await;
        does(&lab, "evaluationReply", "evaluation { id }", json!({ "id": id })).await.fine();
        let level = json!({ "id": id, "level": "E3" });
        does(&university, "evaluationProposeLevel", "evaluation { id }", level.clone()).await.fine();
        does(&curator, "evaluationConfirmLevel", "evaluation { id }", level).await.fine();
        does(&university, "evaluationPublish", "evaluation { id }", json!({ "id": id })).await.fine();
    }
    let indicator = indicator(&funder, "PEOPLE", json!({})).await;
    Network { world, lab, funder, model, indicator }
}

impl Network {
    /// Somebody's own project, whose accepted measurement everybody sees; with the use it is of.
    async fn measures(&self, replicator: &Actor) -> (String, String) {
        let partner = json!({ "coHolders": [{ "organizationId": self.funder.org(), "role": "FUNDER" }] });
        let project = replicator.publishes("La réplique", partner).await;
        let input = json!({ "projectId": project, "indicatorId": self.indicator, "reviewerId": self.funder.org(),
            "sharing": "PUBLIC" });
        let used = does(replicator, "indicatorUseCreate", "indicatorUse { id }", input).await;
        let used = used.text("/indicatorUseCreate/indicatorUse/id");
        let values = json!({ "periodStart": "2025-01-01", "periodEnd": "2025-12-31", "value": "40", "dataSource": "SURVEY" });
        let input = json!({ "useId": used, "measurement": values });
        let made = does(replicator, "measurementCreate", "measurement { id }", input).await;
        let id = json!({ "id": made.text("/measurementCreate/measurement/id") });
        does(replicator, "measurementSubmit", "measurement { id }", id.clone()).await.fine();
        does(&self.funder, "measurementAccept", "measurement { id }", id).await.fine();
        (project, used)
    }

    fn declared(&self, replicator: &Actor, more: Value) -> Value {
        let mut input = json!({ "projectId": self.model, "organizationId": replicator.org(), "territory": "DEP-31",
            "adaptation": "En zone rurale, avec un minibus.", "since": "2024" });
        for (field, value) in more.as_object().into_iter().flatten() {
            input[field] = value.clone();
        }
        input
    }

    async fn declares(&self, replicator: &Actor, more: Value) -> String {
        let input = self.declared(replicator, more);
        let made = does(replicator, "replicationDeclare", "replication { id status }", input).await;
        assert_eq!(made.text("/replicationDeclare/replication/status"), "DECLARED");
        made.text("/replicationDeclare/replication/id")
    }

    async fn confirms(&self, id: &str) {
        let done = does(&self.lab, "replicationConfirm", "replication { status }", json!({ "id": id })).await;
        assert_eq!(done.text("/replicationConfirm/replication/status"), "CONFIRMED");
    }

    async fn seen_by(&self, reader: &Actor) -> Vec<String> {
        reader.asks(SEEN, json!({ "id": self.model })).await.each("/project/replications/nodes", "/status")
    }

    /// Level, whether there is a manual, and how many replications count.
    async fn standing(&self) -> (String, bool, i64) {
        let told = self.world.visitor().asks(STANDING, json!({ "id": self.model })).await;
        let own = self.lab.asks(STANDING, json!({ "id": self.model })).await;
        assert_eq!(told.data("/project"), own.data("/project"), "a level is the same for everybody");
        let found = told.data("/project/evidence");
        (
            told.text("/project/evidence/level"),
            found["hasManual"] == true,
            found["measuredReplicationCount"].as_i64().unwrap(),
        )
    }
}

#[tokio::test]
async fn a_manual_and_two_measured_replications_make_a_project_ready_for_scale() {
    let network = network().await;
    let Network { world, lab, model, .. } = &network;
    let (albi, foix) = (world.innovator("Albi").await, world.innovator("Foix").await);
    assert_eq!(network.standing().await, ("E4".to_owned(), false, 0));

    let (replica, used) = network.measures(&albi).await;
    let first = network.declares(&albi, json!({ "replicaId": replica })).await;
    let second = network.declares(&foix, json!({ "territory": "DEP-81" })).await;
    network.confirms(&first).await;
    network.confirms(&second).await;
    assert_eq!(network.standing().await, ("E4".to_owned(), false, 1), "one of two measures");

    let (replica, _) = network.measures(&foix).await;
    let named = json!({ "id": second, "replicaId": replica });
    does(&foix, "replicationUpdate", "replication { replica { id } }", named).await.fine();
    assert_eq!(network.standing().await, ("E4".to_owned(), false, 2), "without a manual");
    let manual = json!({ "id": model, "manualUrl": "https://example.org/kit-essaimage.pdf" });
    does(lab, "projectUpdate", "project { manualUrl }", manual).await.fine();
    assert_eq!(network.standing().await, ("E5".to_owned(), true, 2));

    let hidden = json!({ "id": used, "sharing": "OWNER" });
    does(&albi, "indicatorUseUpdate", "indicatorUse { id }", hidden).await.fine();
    assert_eq!(network.standing().await, ("E4".to_owned(), true, 1), "measurements are shown to everybody");
    let shown = json!({ "id": used, "sharing": "PUBLIC" });
    does(&albi, "indicatorUseUpdate", "indicatorUse { id }", shown).await.fine();
    assert_eq!(network.standing().await, ("E5".to_owned(), true, 2));

    does(&foix, "replicationEnd", "replication { status }", json!({ "id": second })).await.fine();
    assert_eq!(network.standing().await, ("E4".to_owned(), true, 1), "what ended no longer counts");
    let trail = "query ($id: ID!) { node(id: $id) { ... on Organization { auditEvents(first: 100) { nodes { action } } } } }";
    let trail =
        foix.asks(trail, json!({ "id": foix.org() })).await.each("/node/auditEvents/nodes", "/action");
    for step in ["replicationDeclare", "replicationUpdate", "replicationConfirm", "replicationEnd"] {
        assert!(trail.iter().any(|action| action == step), "{step} is missing in {trail:?}");
    }
}

#[tokio::test]
async fn one_project_measures_for_one_replication_only() {
    let network = network().await;
    let albi = network.world.innovator("Albi").await;
    let (replica, _) = network.measures(&albi).await;
    for place in ["DEP-31", "DEP-81"] {
        let id = network.declares(&albi, json!({ "replicaId": replica, "territory": place })).await;
        network.confirms(&id).await;
    }
    assert_eq!(network.standing().await, ("E4".to_owned(), false, 1));
}

#[tokio::test]
async fn the_replicator_declares_and_the_holder_of_the_model_answers() {
    let network = network().await;
    let Network { world, lab, model, .. } = &network;
    let (albi, foix) = (world.innovator("Albi").await, world.innovator("Foix").await);
    let (visitor, curator) = (world.visitor(), world.curator().await);
    let draft = lab.drafts("Un brouillon", json!({})).await;
    for (who, more, code) in [
        (&foix, json!({}), "FORBIDDEN"),
        (&albi, json!({ "projectId": draft }), "NOT_FOUND"),
        (&albi, json!({ "territory": "DEP-00" }), "NOT_FOUND"),
        (&albi, json!({ "replicaId": model }), "NOT_FOUND"),
        (&albi, json!({ "adaptation": " " }), "BLANK"),
        (lab, json!({ "organizationId": lab.org() }), "INVALID"),
        (lab, json!({ "projectId": draft, "organizationId": lab.org() }), "STATE_INVALID"),
    ] {
        let input = network.declared(&albi, more);
        does(who, "replicationDeclare", "replication { id }", input).await.refused(code);
    }
    let id = network.declares(&albi, json!({})).await;
    let again = network.declared(&albi, json!({}));
    does(&albi, "replicationDeclare", "replication { id }", again.clone()).await.refused("TAKEN");

    for (reader, seen) in [(&visitor, 0), (&foix, 0), (&albi, 1), (lab, 1), (&curator, 1)] {
        assert_eq!(network.seen_by(reader).await.len(), seen, "{}", reader.name);
    }
    let confirm = json!({ "id": id });
    does(&albi, "replicationConfirm", "replication { id }", confirm.clone()).await.refused("FORBIDDEN");
    does(&curator, "replicationConfirm", "replication { id }", confirm.clone()).await.refused("FORBIDDEN");
    does(&foix, "replicationConfirm", "replication { id }", confirm.clone()).await.refused("NOT_FOUND");
    does(&albi, "replicationEnd", "replication { id }", confirm.clone()).await.refused("STATE_INVALID");

    let deny = |reason: &str| json!({ "id": id, "reason": reason });
    does(lab, "replicationDeny", "replication { id }", deny(" ")).await.refused("BLANK");
    does(lab, "replicationDeny", "replication { id }", deny("Sans accompagnement.")).await.fine();
    does(lab, "replicationConfirm", "replication { id }", confirm.clone()).await.refused("STATE_INVALID");
    let read = "query ($id: ID!) { node(id: $id) { ... on Replication { status denialReason } } }";
    let told = albi.asks(read, json!({ "id": id })).await;
    assert_eq!(told.data("/node"), json!({ "status": "DENIED", "denialReason": "Sans accompagnement." }));
    assert_eq!(visitor.asks(read, json!({ "id": id })).await.data("/node"), json!(null));

    // Declared anew, otherwise: the first one stays as it was answered.
    let second = network.declares(&albi, json!({ "adaptation": "Avec un accompagnement." })).await;
    network.confirms(&second).await;
    assert_eq!(network.seen_by(&visitor).await, ["CONFIRMED"]);
    assert_eq!(network.seen_by(&albi).await, ["CONFIRMED", "DENIED"]);
    let retold = json!({ "id": second, "adaptation": "Tout autre chose." });
    does(&albi, "replicationUpdate", "replication { id }", retold).await.refused("STATE_INVALID");
    does(&albi, "replicationDeclare", "replication { id }", again).await.refused("TAKEN");
    does(&albi, "replicationEnd", "replication { status }", json!({ "id": id })).await.fine();
}
