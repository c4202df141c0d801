//! Indicators, frameworks, measurements and evaluations in every state, around one published project.

use super::Cast;
use entity::{codes::*, contracts::contract, evidence::*, ids::*};
use sea_orm::EntityTrait;
use serde_json::json;

impl Cast {
    /// Everything measured of a project: reviewed by the fund, evaluated by the university.
    pub(super) async fn measured(&mut self, project_id: ProjectId) {
        let (holder_id, fund) = (self.org("lab"), self.org("fund"));
        let indicators = self.indicators(fund).await;
        let indicator_id = indicators[1];
        self.policy(indicator_id).await;
        let framework_id = self.frameworks(fund, indicator_id).await;
        let now = self.world.now();
        let adoption = framework_adoption::Model {
            id: FrameworkAdoptionId::fresh(),
            framework_id,
            reviewer_id: fund,
            project_id,
            holder_id,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let (adoption_id, reason) = (adoption.id, "Nobody to ask".to_owned());
        self.world.insert(adoption).await;
        self.world.insert(adoption_exception::Model { adoption_id, indicator_id, reason }).await;
        let used = self.used(project_id, holder_id, indicator_id, adoption_id).await;
        for state in MeasurementState::all() {
            self.measurement(&used, state, Visibility::Owner).await;
        }
        self.measurement(&used, MeasurementState::Accepted, Visibility::Network).await;
        self.measurement(&used, MeasurementState::Accepted, Visibility::Public).await;
        let lock = period_lock::Model {
            id: PeriodLockId::fresh(),
            project_id,
            holder_id,
            locked_by_id: fund,
            period_start: "2025-01-01".to_owned(),
            period_end: "2025-12-31".to_owned(),
            reason: None,
            is_open: false,
            unlock_reason: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        self.world.insert(lock).await;
        self.theory(project_id, holder_id).await;
        for status in EvaluationStatus::all() {
            self.evaluation(project_id, holder_id, status).await;
        }
    }

    async fn indicators(&mut self, owner: OrganizationId) -> Vec<IndicatorId> {
        let now = self.world.now();
        let mut ids = Vec::new();
        for (edition, status) in (1..).zip([EditionStatus::Draft, EditionStatus::Published]) {
            let id = IndicatorId::fresh();
            let row = indicator::Model {
                id,
                code: "PEOPLE".to_owned(),
                edition,
                owner_id: Some(owner),
                working_group_id: None,
                label_fr: "Personnes".to_owned(),
                label_en: None,
                label_key: "personnes".to_owned(),
                definition: None,
                level: IndicatorLevel::Outcome,
                value_type: IndicatorValueType::Count,
                unit: "personnes".to_owned(),
                direction: IndicatorDirection::Increase,
                aggregation: IndicatorAggregation::Sum,
                formula: None,
                frequency_days: None,
                guidance: None,
                disaggregations: json!(["gender"]),
                source_theme: None,
                source_theme_key: None,
                policy: None,
                status,
                published_at: (status == EditionStatus::Published).then_some(now),
                version: 1,
                created_at: now,
                updated_at: now,
            };
            self.world.insert(row).await;
            self.names.insert(id.0, format!("{} of fund", status.code()));
            ids.push(id);
        }
        for &indicator_id in &ids {
            let term_id = network::reference::load::term_id(Taxonomy::Theme, "EMP");
            self.world.insert(indicator_term::Model { indicator_id, term_id }).await;
            let (scheme, code) = (IndicatorScheme::IrisPlus, "PI4060".to_owned());
            self.world.insert(indicator_reference::Model { indicator_id, scheme, code }).await;
        }
        ids
    }

    async fn policy(&self, indicator_id: IndicatorId) {
        let (id, now) = (PolicySeriesId::fresh(), self.world.now());
        let row = policy_series::Model {
            id,
            indicator_id,
            territory_id: network::reference::load::territory_id("DEP-31"),
            start_value: Some("10".to_owned()),
            start_on: Some("2022-01-01".to_owned()),
            current_value: Some("15".to_owned()),
            current_on: Some("2024-01-01".to_owned()),
            target_value: Some("20".to_owned()),
            target_on: Some("2026-12-01".to_owned()),
            next_due_on: Some("2025-01-01".to_owned()),
            digest: vec![0; 32],
            version: 1,
            created_at: now,
            updated_at: now,
        };
        self.world.insert(row).await;
        let point = policy_point::Model {
            series_id: id,
            on_date: "2022-01-01".to_owned(),
            initial: Some("10".to_owned()),
            actual: None,
            target: None,
        };
        self.world.insert(point).await;
    }

    /// Ends with the published edition.
    async fn frameworks(&mut self, owner_id: OrganizationId, indicator_id: IndicatorId) -> FrameworkId {
        let (now, group) = (self.world.now(), self.working_group(owner_id).await);
        let mut last = FrameworkId::fresh();
        for (edition, status) in (1..).zip([EditionStatus::Draft, EditionStatus::Published]) {
            let id = FrameworkId::fresh();
            let row = framework::Model {
                id,
                code: "REF".to_owned(),
                edition,
                owner_id,
                working_group_id: Some(group),
                title: "Référentiel".to_owned(),
                title_key: "referentiel".to_owned(),
                summary: None,
                status,
                published_at: None,
                version: 1,
                created_at: now,
                updated_at: now,
            };
            self.world.insert(row).await;
            self.names.insert(id.0, format!("{} of fund", status.code()));
            let name = "Inclusion".to_owned();
            let dimension = framework_dimension::Model {
                framework_id: id,
                position: 0,
                name,
                question: None,
                weight: None,
            };
            self.world.insert(dimension).await;
            let item = framework_item::Model {
                framework_id: id,
                indicator_id,
                position: 0,
                dimension: Some(0),
                kind: FrameworkItemKind::Core,
                guidance: None,
            };
            self.world.insert(item).await;
            let term_id = network::reference::load::term_id(Taxonomy::Theme, "EMP");
            self.world.insert(framework_term::Model { framework_id: id, term_id }).await;
            let territory_id = network::reference::load::territory_id("DEP-31");
            self.world.insert(framework_territory::Model { framework_id: id, territory_id }).await;
            for state in CommentState::all() {
                self.comment(id, owner_id, state).await;
            }
            last = id;
        }
        last
    }

    /// Convened by the owner; the city is its member.
    async fn working_group(&mut self, host_id: OrganizationId) -> WorkingGroupId {
        let (id, now) = (WorkingGroupId::fresh(), self.world.now());
        let row = working_group::Model {
            id,
            host_id,
            title: "Groupe de travail".to_owned(),
            title_key: "groupe de travail".to_owned(),
            mandate: None,
            theme_id: Some(network::reference::load::term_id(Taxonomy::Theme, "EMP")),
            territory_id: Some(network::reference::load::territory_id("DEP-31")),
            status: WorkingGroupStatus::Active,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        self.world.insert(row).await;
        self.names.insert(id.0, "group of fund".to_owned());
        let organization_id = self.org("city");
        self.world.insert(working_group_member::Model { group_id: id, organization_id }).await;
        id
    }

    /// By an editor of the lab.
    async fn comment(&mut self, framework: FrameworkId, owner: OrganizationId, state: CommentState) {
        let (id, now) = (CommentId::fresh(), self.world.now());
        let row = comment::Model {
            id,
            framework_id: Some(framework),
            indicator_id: None,
            owner_id: Some(owner),
            author_id: self.person("lab editor").user.expect("an account"),
            text: (state != CommentState::Withdrawn).then(|| "Et les enfants ?".to_owned()),
            state,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        self.world.insert(row).await;
        self.names.insert(id.0, format!("{} comment", state.code()));
    }

    async fn used(
        &self,
        project_id: ProjectId,
        holder_id: OrganizationId,
        indicator_id: IndicatorId,
        adoption_id: FrameworkAdoptionId,
    ) -> indicator_use::Model {
        let now = self.world.now();
        let row = indicator_use::Model {
            id: IndicatorUseId::fresh(),
            project_id: Some(project_id),
            contract_id: None,
            metric: None,
            series_id: None,
            holder_id,
            indicator_id,
            adoption_id: Some(adoption_id),
            reviewer_id: Some(self.org("fund")),
            territory_id: None,
            public_id: None,
            baseline_value: Some("0".to_owned()),
            baseline_on: None,
            target_value: Some("100".to_owned()),
            target_on: None,
            threshold_value: None,
            direction: None,
            rationale: None,
            sharing: Visibility::Owner,
            is_closed: false,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        self.world.insert(row.clone()).await;
        let (on_date, value) = ("2026-01-01".to_owned(), "50".to_owned());
        self.world.insert(indicator_milestone::Model { use_id: row.id, on_date, value }).await;
        row
    }

    /// The same indicator in use of each contract, and of the public series by the city.
    pub(super) async fn used_elsewhere(&self) {
        let pool = self.world.pool();
        let known = indicator_use::Entity::find().one(pool).await.expect("rows").expect("a use");
        let bare = || indicator_use::Model {
            id: IndicatorUseId::fresh(),
            project_id: None,
            adoption_id: None,
            reviewer_id: None,
            ..known.clone()
        };
        for contract in contract::Entity::find().all(pool).await.expect("contracts") {
            let (contract_id, metric) = (Some(contract.id), Some("M1".to_owned()));
            self.world.insert(indicator_use::Model { contract_id, metric, ..bare() }).await;
        }
        let series = policy_series::Entity::find().one(pool).await.expect("rows").expect("a series");
        let (series_id, holder_id) = (Some(series.id), self.org("city"));
        self.world.insert(indicator_use::Model { series_id, holder_id, ..bare() }).await;
    }

    async fn measurement(
        &mut self,
        used: &indicator_use::Model,
        state: MeasurementState,
        sharing: Visibility,
    ) {
        let (id, now) = (MeasurementId::fresh(), self.world.now());
        let row = measurement::Model {
            id,
            use_id: used.id,
            indicator_id: used.indicator_id,
            project_id: used.project_id.expect("a project's use"),
            holder_id: used.holder_id,
            reviewer_id: used.reviewer_id,
            evaluator_id: Some(self.org("university")),
            period_start: "2025-01-01".to_owned(),
            period_end: "2025-12-31".to_owned(),
            value: Some("100".to_owned()),
            qualitative: None,
            unique_people: Some(100),
            claims: None,
            units: None,
            numerator: None,
            denominator: None,
            method: None,
            sample_size: None,
            confidence_low: None,
            confidence_high: None,
            data_source: DataSource::Administrative,
            evidence: json!(["https://example.org/files"]),
            comment: Some("De nos registres.".to_owned()),
            is_disjoint: false,
            is_total_open: true,
            judged_under: Some(11),
            state,
            sharing,
            return_reason: Some("Quelle année ?".to_owned()),
            corrects_id: None,
            author_id: self.person("lab editor").user,
            reviewed_by_id: None,
            submitted_at: Some(now),
            accepted_at: None,
            certified_at: None,
            certified_by_id: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        self.world.insert(row).await;
        self.names.insert(id.0, format!("{} shared {}", state.code(), sharing.code()));
        for (category, people) in [("f", 95), ("m", 5)] {
            let cell = measurement_cell::Model {
                measurement_id: id,
                dimension: "gender".to_owned(),
                category: category.to_owned(),
                people: Some(people),
                value: None,
                is_people_open: false,
                is_value_open: false,
            };
            self.world.insert(cell).await;
        }
    }

    async fn theory(&self, project_id: ProjectId, holder_id: OrganizationId) {
        let (id, now) = (TheoryId::fresh(), self.world.now());
        let row = theory::Model { id, project_id, holder_id, version: 1, created_at: now, updated_at: now };
        self.world.insert(row).await;
        for (position, key) in (0..).zip(["cook", "meet"]) {
            let node = theory_node::Model {
                theory_id: id,
                key: key.to_owned(),
                position,
                kind: TheoryNodeKind::Outcome,
                text: "Neighbours meet".to_owned(),
                indicator_id: None,
            };
            self.world.insert(node).await;
        }
        let (from_key, to_key) = ("cook".to_owned(), "meet".to_owned());
        self.world.insert(theory_link::Model { theory_id: id, from_key, to_key, rationale: None }).await;
    }

    async fn evaluation(
        &mut self,
        project_id: ProjectId,
        holder_id: OrganizationId,
        status: EvaluationStatus,
    ) {
        use EvaluationStatus::{Delivered, Published, Ready};
        let (id, now) = (EvaluationId::fresh(), self.world.now());
        let text = || Some("Une seule ville.".to_owned());
        let is_delivered = matches!(status, Delivered | Ready | Published);
        let row = evaluation::Model {
            id,
            slug: format!("etude-{}", status.code().to_lowercase()),
            project_id,
            holder_id,
            commissioner_id: self.org("fund"),
            lead_id: self.org("university"),
            title: format!("Étude {}", status.code()),
            title_key: "etude".to_owned(),
            questions: json!([]),
            purposes: json!([]),
            family: EvaluationMethodFamily::Causal,
            methods: json!(["RCT"]),
            design: text(),
            period_start: None,
            period_end: None,
            sites: json!([]),
            protocol: text(),
            protocol_url: None,
            registered_at: (status != EvaluationStatus::Planned).then_some(now),
            data_from: None,
            sample_treated: Some(100),
            sample_comparison: Some(100),
            limits: text(),
            dim_what: None,
            dim_who: None,
            dim_scale: None,
            dim_depth: None,
            dim_duration: None,
            dim_contribution: None,
            dim_risk: None,
            cost_minor: Some(100_000),
            currency: Some("EUR".to_owned()),
            sms_level: Some(5),
            causal_level: None,
            proposed_level: Some(EvidenceLevel::E3),
            confirmed_level: Some(EvidenceLevel::E3),
            confirmed_at: None,
            confirmed_by_id: None,
            independence: Independence::Independent,
            independence_reasons: json!([]),
            independence_declared: json!([]),
            report_url: None,
            dataset_url: None,
            summary: text(),
            is_summary_shared: status == Delivered,
            reply: text(),
            replied_at: None,
            access_granted_at: (status == Ready).then_some(now),
            started_at: None,
            delivered_at: is_delivered.then_some(now),
            published_at: (status == Published).then_some(now),
            cancelled_at: None,
            cancel_reason: None,
            status,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        self.world.insert(row).await;
        self.names.insert(id.0, status.code().to_owned());
        let (organization_id, role) = (self.org("city"), EvaluationRole::Funder);
        self.world.insert(evaluation_party::Model { evaluation_id: id, organization_id, role }).await;
        self.found(id, project_id).await;
        let model = sroi_model::Model {
            id: SroiModelId::fresh(),
            evaluation_id: id,
            currency: "EUR".to_owned(),
            horizon_years: 2,
            discount_rate: "0".to_owned(),
            investment: json!([]),
            outcomes: json!([]),
            sensitivity: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        self.world.insert(model).await;
    }

    async fn found(&self, evaluation_id: EvaluationId, project_id: ProjectId) {
        let now = self.world.now();
        let row = finding::Model {
            id: FindingId::fresh(),
            evaluation_id,
            project_id,
            position: 0,
            statement: "Aucun effet".to_owned(),
            indicator_id: None,
            outcome: Some("Emploi".to_owned()),
            outcome_key: Some("emploi".to_owned()),
            measure: None,
            effect: None,
            unit: None,
            standard_error: None,
            ci_low: None,
            ci_high: None,
            ci_percent: None,
            p_value: None,
            n_treated: None,
            n_comparison: None,
            events_treated: None,
            events_comparison: None,
            mean_treated: None,
            sd_treated: None,
            mean_comparison: None,
            sd_comparison: None,
            direction: FindingDirection::Null,
            cost_minor: None,
            currency: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        self.world.insert(row).await;
    }
}
