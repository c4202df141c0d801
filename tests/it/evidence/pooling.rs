//! What studies say together.

use super::{
    does,
    evaluations::{delivered, planned},
};
use serde_json::{Value, json};
use tests::{Actor, World};

async fn published(university: &Actor, lab: &Actor, project: &str, finding: Value) {
    let id = planned(university, lab, project, json!({ "findings": [finding] })).await;
    delivered(university, &id).await;
    does(lab, "evaluationReply", "evaluation { id }", json!({ "id": id })).await.fine();
    does(university, "evaluationPublish", "evaluation { id }", json!({ "id": id })).await.fine();
}

const POOL: &str = "query ($measure: EffectMeasure!, $model: SynthesisModel!) {
    evidenceSynthesis(filter: { outcome: \"tuberculose\" }, measure: $measure, model: $model, heterogeneity: DERSIMONIAN_LAIRD) {
        pooled { effect workingEffect tau2 i2Percent q wald { low high pValue } hartungKnapp { low } } refusal { code message }
        studies { weightPercent label finding { id } pooledWithout { effect } } withoutFigures { statement }
        forestPlot(title: \"BCG\") notes } }";

#[tokio::test]
async fn effects_of_studies_are_pooled_or_refused_with_a_reason() {
    let world = World::new().await;
    let (university, lab) = (world.university("University").await, world.innovator("Lab").await);
    let project = lab.publishes("Vaccin", json!({})).await;
    // Two of the thirteen trials of the BCG vaccine (Colditz et al., 1994).
    let trial = |events: i32, people: i32, without: i32, of: i32| {
        json!({ "statement": "Moins de cas", "direction": "POSITIVE", "outcome": "Tuberculose", "measure": "RISK_RATIO",
            "treatedEventCount": events, "treatedCount": people, "comparisonEventCount": without, "comparisonCount": of })
    };
    published(&university, &lab, &project, trial(4, 123, 11, 139)).await;
    let ask = json!({ "measure": "RISK_RATIO", "model": "RANDOM" });
    let one = world.visitor().asks(POOL, ask.clone()).await;
    assert_eq!(one.data("/evidenceSynthesis/refusal/code"), json!("SYNTHESIS_TOO_FEW_STUDIES"));
    assert_eq!(one.data("/evidenceSynthesis/pooled"), json!(null));
    published(&university, &lab, &project, trial(6, 306, 29, 303)).await;
    let words = json!({ "statement": "Rien à dire", "direction": "MIXED", "outcome": "Tuberculose" });
    published(&university, &lab, &project, words).await;

    let fixed = world.visitor().asks(POOL, json!({ "measure": "RISK_RATIO", "model": "FIXED" })).await;
    let number = |pointer: &str| fixed.data(pointer).as_f64().unwrap();
    // log RR: -0.889311 (variance 0.325585) and -1.585389 (0.194581), weighted by inverse variances.
    assert!((number("/evidenceSynthesis/pooled/workingEffect") - -1.324_997).abs() < 1e-5);
    assert!((number("/evidenceSynthesis/studies/0/weightPercent") - 37.407_3).abs() < 1e-3);
    assert_eq!(fixed.each("/evidenceSynthesis/withoutFigures", "/statement"), ["Rien à dire"]);
    assert!(fixed.text("/evidenceSynthesis/forestPlot").contains("<svg"));
    let mixed = world.visitor().asks(POOL, json!({ "measure": "MEAN_DIFFERENCE", "model": "RANDOM" })).await;
    assert_eq!(mixed.data("/evidenceSynthesis/refusal/code"), json!("SYNTHESIS_FIGURES_MISFIT"));

    let plot =
        world.visitor().gets("/forest-plot.svg?outcome=tuberculose&measure=RISK_RATIO&model=FIXED").await;
    assert_eq!((plot.status.as_u16(), plot.header("content-type")), (200, Some("image/svg+xml")));
    assert!(plot.header("content-disposition").unwrap().contains("forest-plot.svg"));
    let title = fixed.text("/evidenceSynthesis/forestPlot").replace("BCG", "tuberculose");
    assert_eq!(plot.text(), title, "the same picture");
    let refused = world.visitor().gets("/forest-plot.svg?outcome=tuberculose&measure=MEAN_DIFFERENCE").await;
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("SYNTHESIS_FIGURES_MISFIT"), "{}", refused.text());
    for wrong in [
        "",
        "?outcome=x",
        "?outcome=x&measure=TALLNESS",
        "?measure=RISK_RATIO",
        "?outcome=x&measure=RISK_RATIO&colour=red",
    ] {
        let refused = world.visitor().gets(&format!("/forest-plot.svg{wrong}")).await;
        assert_eq!(refused.status, 400, "{wrong}: {}", refused.text());
    }
}
