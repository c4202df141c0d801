//! Code lists of the evidence area: indicators, frameworks, measurements, evaluations.

use super::CodeList;
use async_graphql::Enum;
use sea_orm::DeriveValueType;
use std::{fmt, str::FromStr};

code_list! {
    /// What an indicator speaks of, along the chain from means to effects.
    IndicatorLevel "1" {
        /// Means put in.
        Input "Moyens" "Input",
        /// What is done.
        Activity "Activité" "Activity",
        /// What is delivered.
        Output "Réalisation" "Output",
        /// What changes for the people concerned.
        Outcome "Résultat" "Outcome",
        /// Lasting change that can be put down to the action.
        Impact "Impact" "Impact",
    }
}

code_list! {
    /// What kind of value an indicator takes.
    IndicatorValueType "1" {
        /// Number of people, acts or things.
        Count "Nombre" "Count",
        /// Amount of money.
        Amount "Montant" "Amount",
        /// Share of a whole, in percent.
        Percent "Pourcentage" "Percent",
        /// Rate, such as cases per 1,000 inhabitants.
        Rate "Taux" "Rate",
        /// Duration.
        Duration "Durée" "Duration",
        /// Score on a scale.
        Score "Score" "Score",
        /// Physical quantity, such as tonnes.
        Physical "Grandeur physique" "Physical quantity",
        /// Yes or no, as 1 or 0.
        Boolean "Oui ou non" "Yes or no",
        /// Text only.
        Qualitative "Qualitatif" "Qualitative",
    }
}

code_list! {
    /// Way an indicator is meant to go.
    IndicatorDirection "1" {
        /// More is better.
        Increase "Hausse" "Increase",
        /// Less is better.
        Decrease "Baisse" "Decrease",
        /// The same is better.
        Maintain "Maintien" "Maintain",
    }
}

code_list! {
    /// How values of an indicator over periods, places or projects make one.
    IndicatorAggregation "1" {
        /// They add up.
        Sum "Somme" "Sum",
        /// Mean weighted by denominators.
        MeanWeighted "Moyenne pondérée" "Weighted mean",
        /// The latest counts.
        Latest "Dernière valeur" "Latest value",
        /// The largest counts.
        Max "Maximum" "Maximum",
        /// They make no one value.
        None "Aucune" "None",
    }
}

code_list! {
    /// State of an edition of an indicator or framework.
    EditionStatus "1" {
        /// Being written; open to the network's comments.
        Draft "Brouillon" "Draft",
        /// In force; never changes again.
        Published "Publié" "Published",
        /// Followed by a later edition; stays where it is in use.
        Superseded "Remplacé" "Superseded",
        /// Not to be used for anything new.
        Retired "Retiré" "Retired",
    }
}

code_list! {
    /// State of a working group.
    WorkingGroupStatus "1" {
        /// Looking for members.
        Forming "En formation" "Forming",
        /// At work.
        Active "Actif" "Active",
        /// Done; what it wrote stays with its host.
        Closed "Clos" "Closed",
    }
}

code_list! {
    /// State of a comment on a draft.
    CommentState "1" {
        /// Waits for those who keep the draft.
        Open "Ouvert" "Open",
        /// Settled by them.
        Resolved "Résolu" "Resolved",
        /// Taken back by its author.
        Withdrawn "Retiré" "Withdrawn",
    }
}

code_list! {
    /// Collection from which an indicator carries a foreign code.
    IndicatorScheme "1" {
        /// IRIS+ of the GIIN.
        IrisPlus "IRIS+" "IRIS+",
        /// Indicators of the Sustainable Development Goals.
        Sdg "Indicateurs des ODD" "SDG indicators",
        /// Baromètre des résultats de l'action publique.
        Barometre "Baromètre des résultats de l'action publique" "Barometer of public action (France)",
        /// INDIGO data standard.
        Indigo "INDIGO" "INDIGO",
        /// Other.
        Other "Autre" "Other",
    }
}

code_list! {
    /// How much a framework asks for an indicator.
    FrameworkItemKind "1" {
        /// Everybody measures it.
        Core "Socle" "Core",
        /// Whoever wants to measures it.
        Optional "Facultatif" "Optional",
        /// Measured where the circumstances call for it.
        Contextual "Contextuel" "Contextual",
    }
}

code_list! {
    /// Part of a theory of change.
    TheoryNodeKind "1" {
        /// Need in society.
        Need "Besoin" "Need",
        /// Means put in.
        Input "Moyens" "Input",
        /// What is done.
        Activity "Activité" "Activity",
        /// What is delivered.
        Output "Réalisation" "Output",
        /// What changes for the people concerned.
        Outcome "Résultat" "Outcome",
        /// Lasting change.
        Impact "Impact" "Impact",
        /// What has to hold for the chain to hold.
        Assumption "Hypothèse" "Assumption",
    }
}

code_list! {
    /// State of a measurement.
    MeasurementState "1" {
        /// Being written; seen by its holder only.
        Draft "Brouillon" "Draft",
        /// Waits for its reviewer.
        Submitted "Soumise" "Submitted",
        /// Sent back with a reason.
        Returned "Renvoyée" "Returned",
        /// Accepted by its reviewer.
        Accepted "Acceptée" "Accepted",
        /// Checked by an evaluator as well.
        Certified "Certifiée" "Certified",
        /// Followed by a correction; kept as it was.
        Superseded "Remplacée" "Superseded",
    }
}

code_list! {
    /// Where a measurement comes from.
    DataSource "1" {
        /// Registers and files.
        Administrative "Données administratives" "Administrative data",
        /// Questions to people.
        Survey "Enquête" "Survey",
        /// Somebody watched and counted.
        Observation "Observation" "Observation",
        /// What people say of themselves.
        SelfDeclared "Déclaratif" "Self-declared",
        /// Devices.
        Sensor "Capteur" "Sensor",
    }
}

code_list! {
    /// Level of evidence, the higher the better.
    ///
    /// Source: Nesta Standards of Evidence; in brackets the Maryland Scientific Methods Scale of What Works Growth.
    EvidenceLevel "1" {
        /// Undocumented.
        #[graphql(name = "E0")]
        E0 "Non documenté" "Undocumented",
        /// Can account for impact (Nesta 1).
        #[graphql(name = "E1")]
        E1 "Théorie du changement argumentée" "Can account for impact (Nesta 1)",
        /// Data show change (Nesta 2; SMS 1-2).
        #[graphql(name = "E2")]
        E2 "Données montrant un changement" "Data show change (Nesta 2; SMS 1-2)",
        /// Causality with comparison group (Nesta 3; SMS 3-4).
        #[graphql(name = "E3")]
        E3 "Causalité établie avec groupe de comparaison" "Causality with comparison group (Nesta 3; SMS 3-4)",
        /// Independent replication (Nesta 4; SMS 4-5).
        #[graphql(name = "E4")]
        E4 "Réplication indépendante" "Independent replication (Nesta 4; SMS 4-5)",
        /// Consistent delivery at scale (Nesta 5).
        #[graphql(name = "E5")]
        E5 "Déployable à l’échelle avec manuel et systèmes" "Consistent delivery at scale (Nesta 5)",
    }
}

code_list! {
    /// Family of evaluation methods. Source: Avise.
    EvaluationMethodFamily "1" {
        /// Qualitative.
        Qualitative "Explicitation du changement (qualitatif)" "Qualitative",
        /// Monitoring.
        Monitoring "Suivi-évaluation (quantitatif)" "Monitoring",
        /// Causal.
        Causal "Impact net (causal)" "Causal",
        /// Monetary.
        Monetary "Monétisation" "Monetary",
        /// Mixed.
        Mixed "Démarche mixte" "Mixed",
    }
}

code_list! {
    /// Way of evaluating.
    ///
    /// Source: Avise, INDIGO outcome validation methods, What Works Growth scoring guide.
    EvaluationMethod "1" {
        /// Theory of change.
        TheoryOfChange "Théorie du changement" "Theory of change",
        /// Social-utility evaluation.
        UtiliteSociale "Évaluation de l'utilité sociale" "Social-utility evaluation",
        /// Case study.
        Monographie "Monographie / étude de cas" "Case study",
        /// Contribution analysis.
        ContributionAnalysis "Analyse de contribution" "Contribution analysis",
        /// Most significant change.
        MostSignificantChange "Changement le plus significatif" "Most significant change",
        /// Outcome harvesting.
        OutcomeHarvesting "Récolte des effets" "Outcome harvesting",
        /// Outcomes Star.
        OutcomesStar "Étoile de progression" "Outcomes Star",
        /// Indicator monitoring.
        KpiMonitoring "Suivi d’indicateurs" "Indicator monitoring",
        /// Simple ex-post verification.
        SimpleExPost "Vérification ex post simple" "Simple ex-post verification",
        /// Pre-post analysis.
        PrePost "Avant-après" "Pre-post analysis",
        /// Historical comparison.
        HistoricalComparison "Comparaison historique" "Historical comparison",
        /// Matching.
        Matching "Appariement" "Matching",
        /// Difference in differences.
        DiffInDiff "Double différence" "Difference in differences",
        /// Regression discontinuity.
        RegressionDiscontinuity "Régression sur discontinuité" "Regression discontinuity",
        /// Instrumental variable.
        InstrumentalVariable "Variable instrumentale" "Instrumental variable",
        /// Randomised controlled trial.
        Rct "Essai contrôlé randomisé" "Randomised controlled trial",
        /// SROI.
        Sroi "Retour social sur investissement (SROI)" "SROI",
        /// Avoided costs.
        CostAvoided "Coûts évités" "Avoided costs",
        /// Cost-effectiveness.
        CostEffectiveness "Coût-efficacité" "Cost-effectiveness",
        /// Cost-benefit.
        CostBenefit "Coût-bénéfice" "Cost-benefit",
        /// Literature review.
        LiteratureReview "Revue de littérature" "Literature review",
        /// Meta-analysis.
        MetaAnalysis "Méta-analyse" "Meta-analysis",
        /// Participatory evaluation.
        Deliberative "Évaluation participative" "Participatory evaluation",
    }
}

code_list! {
    /// State of an evaluation (domain 5.6).
    EvaluationStatus "1" {
        /// Being prepared; seen by its parties only.
        Planned "Prévue" "Planned",
        /// Its protocol is registered: everybody knows it exists.
        Registered "Enregistrée" "Registered",
        /// Data are being taken and read.
        Running "En cours" "Running",
        /// Its report is with the parties; the subject may reply for 30 days.
        Delivered "Remise" "Delivered",
        /// The subject replied or had its time.
        Ready "Prête" "Ready",
        /// Read by everybody.
        Published "Publiée" "Published",
        /// Given up; the reason is public.
        Cancelled "Annulée" "Cancelled",
    }
}

code_list! {
    /// Part an organization takes in an evaluation beside its lead.
    EvaluationRole "1" {
        /// Evaluates with the lead.
        Evaluator "Évaluateur" "Evaluator",
        /// Pays for it.
        Funder "Financeur" "Funder",
    }
}

code_list! {
    /// Question an evaluation answers.
    EvaluationQuestion "1" {
        /// Whether it answers a need.
        Relevance "Pertinence" "Relevance",
        /// Whether it reaches its aims.
        Effectiveness "Efficacité" "Effectiveness",
        /// What would not have happened without it.
        NetImpact "Impact net" "Net impact",
        /// What it brings for what it costs.
        Efficiency "Efficience" "Efficiency",
    }
}

code_list! {
    /// What an evaluation is for.
    EvaluationPurpose "1" {
        /// To do better.
        Improve "Améliorer" "Improve",
        /// To show that it works, or not.
        Prove "Prouver" "Prove",
        /// To answer for means.
        Account "Rendre compte" "Account",
        /// To know more.
        Learn "Apprendre" "Learn",
    }
}

code_list! {
    /// How free evaluators are of those they judge (domain BR-3).
    Independence "1" {
        /// No link was found or declared.
        Independent "Indépendante" "Independent",
        /// A link is declared, or money flows between them; shown with the result.
        DeclaredConflict "Conflit déclaré" "Declared conflict",
        /// Evaluators and judged are one, or one controls the other.
        Internal "Interne" "Internal",
        /// Not known yet.
        Unknown "Inconnue" "Unknown",
    }
}

code_list! {
    /// What a finding says about an effect.
    FindingDirection "1" {
        /// It helps.
        Positive "Positif" "Positive",
        /// No effect was found.
        Null "Nul" "Null",
        /// It harms.
        Negative "Négatif" "Negative",
        /// It helps some and harms others.
        Mixed "Mitigé" "Mixed",
    }
}

code_list! {
    /// Measure of an effect; only findings of one measure are pooled.
    EffectMeasure "1" {
        /// Difference of means, in the indicator's unit.
        MeanDifference "Différence de moyennes" "Mean difference",
        /// Difference of means in standard deviations.
        StandardizedMeanDifference "Différence de moyennes standardisée" "Standardized mean difference",
        /// Ratio of shares.
        RiskRatio "Risque relatif" "Risk ratio",
        /// Ratio of odds.
        OddsRatio "Rapport de cotes" "Odds ratio",
        /// Difference of shares, from -1 to 1.
        RiskDifference "Différence de risques" "Risk difference",
    }
}
