//! What the demo network measured and found: invented figures of fictional organizations, and a few public indicators.

use super::{
    files::{self, DemoEvaluation, DemoFinding, DemoProject, Reading},
    rows::{Rows, code, faulty, minor_units},
};
use door::{
    Result,
    fold::{fold, slug},
};
use entity::{At, codes::*, evidence::*, ids::*};
use network::reference::load::{term_id, territory_id};
use serde_json::json;
use std::{collections::HashMap, str::FromStr};

/// Who and what the file's words stand for.
pub(super) struct Known<'a> {
    pub(super) organizations: &'a HashMap<String, OrganizationId>,
    /// Projects with their holders.
    pub(super) projects: &'a HashMap<String, (ProjectId, OrganizationId)>,
    pub(super) now: At,
}

impl Known<'_> {
    fn organization(&self, key: &str) -> Result<OrganizationId> {
        self.organizations.get(key).copied().ok_or_else(|| faulty(key))
    }

    fn project(&self, key: &str) -> Result<(ProjectId, OrganizationId)> {
        self.projects.get(key).copied().ok_or_else(|| faulty(key))
    }
}

type Indicators = HashMap<String, IndicatorId>;
/// Frameworks with their owners.
type Frameworks = HashMap<String, (FrameworkId, OrganizationId)>;

fn found<T: Copy>(map: &HashMap<String, T>, key: &str) -> Result<T> {
    map.get(key).copied().ok_or_else(|| faulty(key))
}

impl Rows {
    pub(super) fn evidence(&mut self, known: &Known) -> Result<()> {
        let given = files::evidence()?;
        let mut indicators = Indicators::new();
        for one in given.indicators {
            let key = one.key.clone();
            indicators.insert(key, self.indicator(one, known)?);
        }
        let mut frameworks = Frameworks::new();
        for one in given.frameworks {
            let key = one.key.clone();
            frameworks.insert(key, self.framework(one, &indicators, known)?);
        }
        for one in given.projects {
            self.measured(one, &indicators, &frameworks, known)?;
        }
        for one in given.evaluations {
            self.evaluation(one, &indicators, known)?;
        }
        Ok(())
    }

    fn indicator(&mut self, given: files::DemoIndicator, known: &Known) -> Result<IndicatorId> {
        let id = IndicatorId::fresh();
        self.indicators.push(indicator::Model {
            id,
            code: given.code,
            edition: 1,
            owner_id: Some(known.organization(&given.owner)?),
            working_group_id: None,
            label_key: fold(&given.label_fr),
            label_fr: given.label_fr,
            label_en: Some(given.label_en),
            definition: Some(given.definition),
            level: code(&given.level)?,
            value_type: code(&given.value_type)?,
            unit: given.unit,
            direction: IndicatorDirection::Increase,
            aggregation: code(&given.aggregation)?,
            formula: None,
            frequency_days: Some(365),
            guidance: None,
            disaggregations: json!(given.disaggregations),
            source_theme: None,
            source_theme_key: None,
            policy: None,
            status: EditionStatus::Published,
            published_at: Some(known.now),
            version: 1,
            created_at: known.now,
            updated_at: known.now,
        });
        let terms = given.themes.iter().map(|theme| term_id(Taxonomy::Theme, theme));
        self.indicator_terms.extend(terms.map(|term_id| indicator_term::Model { indicator_id: id, term_id }));
        Ok(id)
    }

    fn framework(
        &mut self,
        given: files::DemoFramework,
        indicators: &Indicators,
        known: &Known,
    ) -> Result<(FrameworkId, OrganizationId)> {
        let (id, owner_id) = (FrameworkId::fresh(), known.organization(&given.owner)?);
        let group = self.group(given.working_group, owner_id, known)?;
        self.frameworks.push(framework::Model {
            id,
            code: given.code,
            edition: 1,
            owner_id,
            working_group_id: Some(group),
            title_key: fold(&given.title),
            title: given.title,
            summary: Some(given.summary),
            status: EditionStatus::Published,
            published_at: Some(known.now),
            version: 1,
            created_at: known.now,
            updated_at: known.now,
        });
        for (position, dimension) in (0..).zip(given.dimensions) {
            self.framework_dimensions.push(framework_dimension::Model {
                framework_id: id,
                position,
                name: dimension.name,
                question: Some(dimension.question),
                weight: None,
            });
        }
        for (position, item) in (0..).zip(given.items) {
            self.framework_items.push(framework_item::Model {
                framework_id: id,
                indicator_id: found(indicators, &item.indicator)?,
                position,
                dimension: Some(item.dimension),
                kind: code(&item.kind)?,
                guidance: item.guidance,
            });
        }
        Ok((id, owner_id))
    }

    fn group(
        &mut self,
        given: files::DemoGroup,
        host_id: OrganizationId,
        known: &Known,
    ) -> Result<WorkingGroupId> {
        let id = WorkingGroupId::fresh();
        self.working_groups.push(working_group::Model {
            id,
            host_id,
            title_key: fold(&given.title),
            title: given.title,
            mandate: Some(given.mandate),
            theme_id: Some(term_id(Taxonomy::Theme, &given.theme)),
            territory_id: Some(territory_id(&given.territory)),
            status: WorkingGroupStatus::Active,
            version: 1,
            created_at: known.now,
            updated_at: known.now,
        });
        for member in given.members {
            let organization_id = known.organization(&member)?;
            self.working_group_members.push(working_group_member::Model { group_id: id, organization_id });
        }
        Ok(id)
    }

    fn measured(
        &mut self,
        given: DemoProject,
        indicators: &Indicators,
        frameworks: &Frameworks,
        known: &Known,
    ) -> Result<()> {
        let ((project_id, holder_id), now) = (known.project(&given.project)?, known.now);
        let (framework_id, reviewer_id) = found(frameworks, &given.framework)?;
        let adoption_id = FrameworkAdoptionId::fresh();
        self.adoptions.push(framework_adoption::Model {
            id: adoption_id,
            framework_id,
            reviewer_id,
            project_id,
            holder_id,
            version: 1,
            created_at: now,
            updated_at: now,
        });
        for one in given.not_applicable {
            let indicator_id = found(indicators, &one.indicator)?;
            self.exceptions.push(adoption_exception::Model { adoption_id, indicator_id, reason: one.reason });
        }
        for one in given.uses {
            let used = indicator_use::Model {
                id: IndicatorUseId::fresh(),
                project_id: Some(project_id),
                contract_id: None,
                metric: None,
                series_id: None,
                holder_id,
                indicator_id: found(indicators, &one.indicator)?,
                adoption_id: Some(adoption_id),
                reviewer_id: Some(reviewer_id),
                territory_id: None,
                public_id: None,
                baseline_value: Some(one.baseline),
                baseline_on: Some(one.baseline_on),
                target_value: Some(one.target),
                target_on: Some(one.target_on),
                threshold_value: None,
                direction: None,
                rationale: None,
                sharing: Visibility::Public,
                is_closed: false,
                version: 1,
                created_at: now,
                updated_at: now,
            };
            for milestone in one.milestones {
                let (use_id, on_date, value) = (used.id, milestone.on, milestone.value);
                self.milestones.push(indicator_milestone::Model { use_id, on_date, value });
            }
            for reading in one.measurements {
                self.measurement(reading, &used, project_id)?;
            }
            self.uses.push(used);
        }
        if let Some(theory) = given.theory {
            self.theory(theory, project_id, holder_id, now)?;
        }
        Ok(())
    }

    fn measurement(
        &mut self,
        given: Reading,
        used: &indicator_use::Model,
        project_id: ProjectId,
    ) -> Result<()> {
        let (id, now) = (MeasurementId::fresh(), used.created_at);
        let state: MeasurementState = code(&given.state)?;
        let is_accepted = state != MeasurementState::Submitted;
        self.measurements.push(measurement::Model {
            id,
            use_id: used.id,
            indicator_id: used.indicator_id,
            project_id,
            holder_id: used.holder_id,
            reviewer_id: used.reviewer_id,
            evaluator_id: None,
            period_start: given.start,
            period_end: given.end,
            value: Some(given.value),
            qualitative: None,
            unique_people: given.people,
            claims: None,
            units: None,
            numerator: given.numerator,
            denominator: given.denominator,
            method: Some("Chiffre inventé pour la démonstration.".to_owned()),
            sample_size: None,
            confidence_low: None,
            confidence_high: None,
            data_source: DataSource::Administrative,
            evidence: json!([]),
            comment: None,
            is_disjoint: false,
            // The server judges it at its start.
            is_total_open: false,
            judged_under: None,
            state,
            sharing: used.sharing,
            return_reason: None,
            corrects_id: None,
            author_id: None,
            reviewed_by_id: None,
            submitted_at: Some(now),
            accepted_at: is_accepted.then_some(now),
            certified_at: (state == MeasurementState::Certified).then_some(now),
            certified_by_id: None,
            version: 1,
            created_at: now,
            updated_at: now,
        });
        self.cells.extend(given.cells.into_iter().map(|cell| measurement_cell::Model {
            measurement_id: id,
            dimension: cell.dimension,
            category: cell.category,
            people: Some(cell.people),
            value: None,
            is_people_open: false,
            is_value_open: false,
        }));
        Ok(())
    }

    fn theory(
        &mut self,
        given: files::DemoTheory,
        project_id: ProjectId,
        holder_id: OrganizationId,
        now: At,
    ) -> Result<()> {
        let id = TheoryId::fresh();
        self.theories.push(theory::Model {
            id,
            project_id,
            holder_id,
            version: 1,
            created_at: now,
            updated_at: now,
        });
        for (position, (key, kind, text)) in (0..).zip(given.nodes) {
            let kind = code(&kind)?;
            self.theory_nodes.push(theory_node::Model {
                theory_id: id,
                key,
                position,
                kind,
                text,
                indicator_id: None,
            });
        }
        self.theory_links.extend(given.links.into_iter().map(|(from_key, to_key)| theory_link::Model {
            theory_id: id,
            from_key,
            to_key,
            rationale: None,
        }));
        Ok(())
    }

    fn evaluation(&mut self, given: DemoEvaluation, indicators: &Indicators, known: &Known) -> Result<()> {
        let (id, (project_id, holder_id)) = (EvaluationId::fresh(), known.project(&given.project)?);
        let at = known.now.plus(-given.days_ago * At::DAY);
        let status: EvaluationStatus = code(&given.status)?;
        let published = (status == EvaluationStatus::Published).then_some(at);
        let level = given.level.as_deref().map(code::<EvidenceLevel>).transpose()?;
        let methods =
            given.methods.iter().map(|method| EvaluationMethod::from_str(method).map_err(|_| faulty(method)));
        methods.collect::<Result<Vec<_>>>()?;
        for (position, one) in (0..).zip(given.findings) {
            self.finding(one, position, (id, project_id, at), indicators)?;
        }
        self.evaluations.push(evaluation::Model {
            id,
            slug: slug(&given.title, id),
            project_id,
            holder_id,
            commissioner_id: known.organization(&given.commissioner)?,
            lead_id: known.organization(&given.lead)?,
            title_key: fold(&given.title),
            title: given.title,
            questions: json!(["NET_IMPACT"]),
            purposes: json!(["LEARN", "PROVE"]),
            family: code(&given.family)?,
            methods: json!(given.methods),
            design: None,
            period_start: None,
            period_end: None,
            sites: json!(given.sites),
            protocol: Some("Protocole fictif de démonstration.".to_owned()),
            protocol_url: None,
            registered_at: Some(at.plus(-400 * At::DAY)),
            data_from: None,
            sample_treated: None,
            sample_comparison: None,
            limits: Some(given.limits),
            dim_what: None,
            dim_who: None,
            dim_scale: None,
            dim_depth: None,
            dim_duration: None,
            dim_contribution: None,
            dim_risk: None,
            cost_minor: None,
            currency: None,
            sms_level: given.sms_level,
            causal_level: None,
            proposed_level: level,
            confirmed_level: level,
            confirmed_at: level.map(|_| at),
            confirmed_by_id: None,
            independence: Independence::Independent,
            independence_reasons: json!([]),
            independence_declared: json!([]),
            report_url: None,
            dataset_url: None,
            summary: None,
            is_summary_shared: false,
            replied_at: given.reply.as_ref().map(|_| at),
            reply: given.reply,
            access_granted_at: None,
            started_at: Some(at.plus(-390 * At::DAY)),
            delivered_at: published.map(|at| at.plus(-40 * At::DAY)),
            published_at: published,
            cancelled_at: None,
            cancel_reason: None,
            status,
            version: 1,
            created_at: at,
            updated_at: at,
        });
        Ok(())
    }

    fn finding(
        &mut self,
        given: DemoFinding,
        position: i32,
        (evaluation_id, project_id, at): (EvaluationId, ProjectId, At),
        indicators: &Indicators,
    ) -> Result<()> {
        let cost_minor = given.cost.as_deref().map(minor_units).transpose()?;
        self.findings.push(finding::Model {
            id: FindingId::fresh(),
            evaluation_id,
            project_id,
            position,
            statement: given.statement,
            indicator_id: given.indicator.as_deref().map(|key| found(indicators, key)).transpose()?,
            outcome_key: Some(fold(&given.outcome)),
            outcome: Some(given.outcome),
            measure: given.measure.as_deref().map(code).transpose()?,
            effect: None,
            unit: None,
            standard_error: None,
            ci_low: None,
            ci_high: None,
            ci_percent: None,
            p_value: None,
            n_treated: given.treated,
            n_comparison: given.comparison,
            events_treated: given.events_treated,
            events_comparison: given.events_comparison,
            mean_treated: None,
            sd_treated: None,
            mean_comparison: None,
            sd_comparison: None,
            direction: code(&given.direction)?,
            cost_minor,
            currency: cost_minor.map(|_| "EUR".to_owned()),
            version: 1,
            created_at: at,
            updated_at: at,
        });
        Ok(())
    }
}
