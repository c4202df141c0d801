//! Code lists: stable codes with French and English labels, one definition for column, schema and label.
//!
//! Sources are named at each list. A list's version changes when a code is added or retired.

use async_graphql::{Enum, resolver_utils::EnumType};
use sea_orm::DeriveValueType;
use std::{fmt, str::FromStr};

/// What every code list can say of itself.
pub trait CodeList: EnumType {
    const NAME: &'static str;
    const VERSION: &'static str;
    fn fr(self) -> &'static str;
    fn en(self) -> &'static str;

    /// The code as stored, filtered and shown: `UPPER_SNAKE`.
    fn code(self) -> &'static str {
        Self::items().iter().find(|item| item.value == self).map_or("", |item| item.name)
    }

    fn all() -> impl Iterator<Item = Self> {
        Self::items().iter().map(|item| item.value)
    }
}

macro_rules! code_list {
    ($(#[doc = $doc:literal])+ $name:ident $version:literal {
        $($(#[doc = $item_doc:literal])+ $(#[graphql($($attr:tt)+)])? $item:ident $fr:literal $en:literal),+ $(,)?
    }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Enum, DeriveValueType)]
        #[sea_orm(value_type = "String", column_type = "Text")]
        pub enum $name {
            $($(#[doc = $item_doc])+ $(#[graphql($($attr)+)])? $item),+
        }

        impl CodeList for $name {
            const NAME: &'static str = stringify!($name);
            const VERSION: &'static str = $version;
            fn fr(self) -> &'static str {
                match self { $(Self::$item => $fr),+ }
            }
            fn en(self) -> &'static str {
                match self { $(Self::$item => $en),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.code())
            }
        }

        impl FromStr for $name {
            type Err = sea_orm::sea_query::ValueTypeErr;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::all().find(|item| item.code() == text).ok_or(sea_orm::sea_query::ValueTypeErr)
            }
        }

        impl sea_orm::TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
                Err(sea_orm::DbErr::ConvertFromU64(stringify!($name)))
            }
        }
    };
}

// After the macro, which it uses.
mod evidence;

pub use evidence::*;

code_list! {
    /// Legal form of an organization.
    ///
    /// Source: law 2014-856 art. 1 and the INSEE legal categories, grouped for the social economy.
    LegalForm "1" {
        /// Association.
        Association "Association loi 1901 (ou droit local)" "Association",
        /// Association of recognised public utility.
        AssociationRup "Association reconnue d'utilité publique" "Association of recognised public utility",
        /// Foundation.
        Fondation "Fondation" "Foundation",
        /// Endowment fund.
        FondsDotation "Fonds de dotation" "Endowment fund",
        /// Co-operative.
        Cooperative "Coopérative (autre que SCOP/SCIC)" "Co-operative",
        /// Worker co-operative.
        Scop "SCOP" "Worker co-operative",
        /// Collective-interest co-operative.
        Scic "SCIC (société coopérative d'intérêt collectif)" "Collective-interest co-operative",
        /// Business and employment co-operative.
        Cae "CAE (coopérative d'activité et d'emploi)" "Business and employment co-operative",
        /// Mutual.
        Mutuelle "Mutuelle / union / société d’assurance mutuelle" "Mutual",
        /// Social-economy company.
        SocieteCommercialeEss "Société commerciale de l'ESS" "Social-economy company",
        /// Commercial company.
        SocieteCommerciale "Société commerciale (hors ESS)" "Commercial company",
        /// Local authority.
        Collectivite "Collectivité territoriale" "Local authority",
        /// Inter-municipal body.
        Epci "EPCI / intercommunalité" "Inter-municipal body",
        /// State department.
        Etat "Service de l'État / ministère" "State department",
        /// Public establishment.
        EtablissementPublic "Établissement public" "Public establishment",
        /// University or research body.
        UniversiteEpscp "Université / EPSCP / laboratoire" "University or research body",
        /// Public-interest grouping.
        Gip "Groupement d'intérêt public" "Public-interest grouping",
        /// Unincorporated citizens’ group.
        Collectif "Collectif citoyen sans personnalité morale" "Unincorporated citizens’ group",
        /// Foreign or international body.
        Etranger "Organisation étrangère ou internationale" "Foreign or international body",
        /// Other.
        Autre "Autre" "Other",
    }
}

code_list! {
    /// Accreditation or label, held for a dated period.
    ///
    /// Source: law 2014-856 art. 11 (ESUS), the French work-integration statutes and public labels.
    AccreditationKind "1" {
        /// ESUS accreditation.
        Esus "Agrément ESUS (droit commun)" "ESUS accreditation",
        /// ESUS by right.
        EsusDeDroit "ESUS de droit" "ESUS by right",
        /// Work-integration enterprise.
        SiaeEi "Entreprise d’insertion" "Work-integration enterprise",
        /// Work-integration workshop.
        SiaeAci "Atelier et chantier d’insertion" "Work-integration workshop",
        /// Intermediary association.
        SiaeAi "Association intermédiaire" "Intermediary association",
        /// Work-integration temp agency.
        SiaeEtti "Entreprise de travail temporaire d’insertion" "Work-integration temp agency",
        /// Self-employment integration enterprise.
        SiaeEiti "Entreprise d’insertion par le travail indépendant" "Self-employment integration enterprise",
        /// GEIQ.
        Geiq "GEIQ" "GEIQ",
        /// Sheltered employment.
        EaEsat "Entreprise adaptée / ESAT" "Sheltered employment",
        /// Recognised public utility.
        Rup "Reconnue d’utilité publique" "Recognised public utility",
        /// Mission-led company.
        SocieteAMission "Société à mission" "Mission-led company",
        /// French Impact label.
        FrenchImpact "Label French Impact" "French Impact label",
    }
}

code_list! {
    /// What an organization does in the network; one may do several things.
    ActorKind "1" {
        /// Project holder.
        Innovator "Porteur de projet / opérateur" "Project holder",
        /// Funder.
        Funder "Financeur" "Funder",
        /// Public decision-maker.
        PublicDecisionMaker "Décideur public" "Public decision-maker",
        /// University.
        University "Université / laboratoire" "University",
        /// Support organisation.
        Support "Accompagnateur / incubateur / tête de réseau" "Support organisation",
        /// Evaluator.
        Evaluator "Évaluateur" "Evaluator",
        /// Observer or media.
        MediaObserver "Observateur / média" "Observer or media",
    }
}

code_list! {
    /// How far a project has come, from idea to mainstream.
    ProjectStage "1" {
        /// Ideation.
        Ideation "Idée / conception" "Ideation",
        /// Pilot.
        Experimentation "Expérimentation" "Pilot",
        /// Consolidation.
        Consolidation "Consolidation (preuve locale)" "Consolidation",
        /// Scaling.
        Scaling "Changement d’échelle" "Scaling",
        /// Mainstreamed.
        Generalised "Généralisation / droit commun" "Mainstreamed",
        /// Ended.
        Ended "Terminée" "Ended",
    }
}

code_list! {
    /// Financial instrument a project asks for or a funder offers.
    FundingInstrument "1" {
        /// Grant.
        Grant "Subvention" "Grant",
        /// Equity.
        Equity "Fonds propres" "Equity",
        /// Participating security.
        QuasiEquityTitreParticipatif "Titre participatif" "Participating security",
        /// Association bond.
        QuasiEquityTitreAssociatif "Titre associatif" "Association bond",
        /// Participating loan.
        QuasiEquityPretParticipatif "Prêt participatif" "Participating loan",
        /// Convertible.
        Convertible "Obligation convertible" "Convertible",
        /// Senior loan.
        LoanSenior "Prêt senior" "Senior loan",
        /// Subordinated loan.
        LoanSubordinated "Prêt subordonné" "Subordinated loan",
        /// Recoverable advance.
        RecoverableAdvance "Avance récupérable" "Recoverable advance",
        /// Guarantee.
        Guarantee "Garantie" "Guarantee",
        /// Impact contract.
        ImpactContract "Contrat à impact (paiement aux résultats)" "Impact contract",
        /// Social impact incentive.
        Siinc "Prime à l’impact (SIINC)" "Social impact incentive",
        /// Prize.
        Prize "Prix" "Prize",
        /// Technical assistance in kind.
        InKindEngineering "Ingénierie / mécénat de compétences" "Technical assistance in kind",
        /// Other in kind.
        InKindOther "Autre nature" "Other in kind",
        /// Donation.
        Donation "Don / mécénat" "Donation",
        /// Crowdfunding.
        Crowdfunding "Financement participatif" "Crowdfunding",
    }
}

code_list! {
    /// Way a project intends to grow.
    ScalingStrategy "1" {
        /// Organic growth.
        OrganicGrowth "Développement interne" "Organic growth",
        /// Replication.
        Replication "Duplication / essaimage" "Replication",
        /// Social franchise.
        Franchise "Franchise sociale" "Social franchise",
        /// Co-operation.
        Cooperation "Coopération / mutualisation" "Co-operation",
        /// Merger.
        Merger "Fusion / rapprochement" "Merger",
        /// Adoption by public policy.
        PublicPolicy "Reprise par la politique publique" "Adoption by public policy",
        /// Open diffusion.
        OpenSource "Diffusion libre" "Open diffusion",
    }
}

code_list! {
    /// Scale of a territory.
    ///
    /// Source: INSEE Code officiel géographique for the French scales.
    TerritoryScale "1" {
        /// Municipality.
        Commune "Commune" "Municipality",
        /// Inter-municipal body.
        Epci "Intercommunalité à fiscalité propre" "Inter-municipal body",
        /// Greater Paris public territory.
        Ept "Établissement public territorial du Grand Paris" "Greater Paris public territory",
        /// Department.
        Departement "Département" "Department",
        /// Region.
        Region "Région" "Region",
        /// Country.
        Country "Pays" "Country",
        /// Europe.
        Europe "Europe" "Europe",
        /// World.
        World "Monde" "World",
    }
}

code_list! {
    /// How a project relates to a territory.
    TerritoryRole "1" {
        /// Where the project is based.
        Seat "Siège" "Seat",
        /// Where it works today.
        Active "Action en cours" "Active",
        /// Where it wants to go.
        Target "Cible" "Target",
    }
}

code_list! {
    /// Kind of thing a project is looking for.
    NeedKind "1" {
        /// Funding.
        Funding "Financement" "Funding",
        /// Partner.
        Partner "Partenaire" "Partner",
        /// Site.
        Site "Lieu" "Site",
        /// Skill.
        Skill "Compétence" "Skill",
        /// Evaluation.
        Evaluation "Évaluation" "Evaluation",
        /// Somebody who takes the project to another place.
        Replicator "Essaimeur" "Replicator",
    }
}

code_list! {
    /// State of a need.
    NeedState "1" {
        /// Open.
        Open "Ouvert" "Open",
        /// Fully answered; its open amount is zero.
        Met "Satisfait" "Met",
        /// Withdrawn.
        Withdrawn "Retiré" "Withdrawn",
    }
}

code_list! {
    /// What became of a declared replication.
    ReplicationStatus "1" {
        /// Said by the replicator; the model's holder has not answered.
        Declared "Déclarée" "Declared",
        /// Confirmed by the model's holder.
        Confirmed "Confirmée par le porteur du modèle" "Confirmed by the model's holder",
        /// Denied by the model's holder.
        Denied "Contestée par le porteur du modèle" "Denied by the model's holder",
        /// Ended by the replicator.
        Ended "Terminée" "Ended",
    }
}

code_list! {
    /// Licence under which a project's description may be reused.
    Licence "1" {
        /// Creative Commons zero: no right reserved.
        #[graphql(name = "CC0")]
        Cc0 "CC0" "CC0",
        /// Creative Commons attribution.
        CcBy "CC BY" "CC BY",
        /// Creative Commons attribution, share alike.
        CcBySa "CC BY-SA" "CC BY-SA",
        /// Licence Ouverte 2.0 of Etalab.
        #[graphql(name = "ETALAB_2")]
        Etalab2 "Licence Ouverte 2.0" "Open Licence 2.0",
        /// Other.
        Other "Autre" "Other",
    }
}

code_list! {
    /// Part an organization takes in a project beside its holder.
    CoHolderRole "1" {
        /// Operator.
        Operator "Opérateur" "Operator",
        /// Investor.
        Investor "Investisseur" "Investor",
        /// Outcome payer.
        OutcomePayer "Tiers-payeur" "Outcome payer",
        /// Evaluator.
        Evaluator "Évaluateur" "Evaluator",
        /// Structurer.
        Structurer "Structureur" "Structurer",
        /// Funder.
        Funder "Financeur" "Funder",
        /// Partner.
        Partner "Partenaire" "Partner",
    }
}

code_list! {
    /// State of a project.
    ProjectStatus "1" {
        /// Being written; seen by its holder only.
        Draft "Brouillon" "Draft",
        /// Submitted; waits for a curator.
        InReview "En relecture" "In review",
        /// Seen by everybody.
        Published "Publié" "Published",
        /// Out of date; seen by its holder and curators.
        Archived "Archivé" "Archived",
        /// Taken back for good.
        Withdrawn "Retiré" "Withdrawn",
        /// Joined into another project, named by `mergedInto`.
        Merged "Fusionné" "Merged",
    }
}

code_list! {
    /// State of an organization in the network.
    Verification "1" {
        /// Unverified.
        Unverified "Non vérifiée" "Unverified",
        /// Its administrators asked for verification.
        Pending "En attente" "Pending",
        /// A curator checked that it is what it says.
        Verified "Vérifiée" "Verified",
        /// Hidden from all but its members and staff.
        Suspended "Suspendue" "Suspended",
        /// Joined into another organization, named by `mergedInto`.
        Merged "Fusionnée" "Merged",
    }
}

code_list! {
    /// What a member may do for an organization.
    ///
    /// `VIEWER` reads, `EDITOR` also writes projects, `ADMIN` also manages members, `OWNER` also manages owners.
    /// `FINANCE` and `EVALUATION_LEAD` read, and act on payments and evaluations.
    MembershipRole "1" {
        /// Owner.
        Owner "Propriétaire" "Owner",
        /// Administrator.
        Admin "Administrateur" "Administrator",
        /// Editor.
        Editor "Éditeur" "Editor",
        /// Finance.
        Finance "Finances" "Finance",
        /// Evaluation lead.
        EvaluationLead "Responsable de l’évaluation" "Evaluation lead",
        /// Viewer.
        Viewer "Lecteur" "Viewer",
    }
}

code_list! {
    /// State of a membership.
    MembershipStatus "1" {
        /// Invited.
        Invited "Invité" "Invited",
        /// Requested.
        Requested "Demandé" "Requested",
        /// Active.
        Active "Actif" "Active",
        /// Left.
        Left "Parti" "Left",
        /// Removed.
        Removed "Retiré" "Removed",
    }
}

code_list! {
    /// State of an invitation.
    InvitationState "1" {
        /// Sent.
        Sent "Envoyée" "Sent",
        /// Accepted.
        Accepted "Acceptée" "Accepted",
        /// Declined.
        Declined "Déclinée" "Declined",
        /// Revoked.
        Revoked "Révoquée" "Revoked",
        /// Sent, and not answered before its expiry.
        Expired "Expirée" "Expired",
    }
}

code_list! {
    /// Register that gave an organization its identifier.
    ///
    /// SIREN and SIRET are checked by the Luhn rule (La Poste's own rule included), RNA by its form (W and nine digits or letters).
    IdentifierScheme "1" {
        /// SIREN.
        Siren "SIREN" "SIREN",
        /// SIRET.
        Siret "SIRET" "SIRET",
        /// French national register of associations.
        Rna "RNA" "RNA",
        /// org-id.guide.
        OrgId "org-id.guide" "org-id.guide",
        /// Research Organization Registry.
        Ror "ROR" "ROR",
        /// Other.
        Other "Autre" "Other",
    }
}

code_list! {
    /// Channel of a contact.
    ContactChannel "1" {
        /// E-mail.
        Email "Courriel" "E-mail",
        /// Telephone.
        Phone "Téléphone" "Telephone",
        /// Website.
        Website "Site web" "Website",
    }
}

code_list! {
    /// Who may see something, from widest to narrowest.
    Visibility "1" {
        /// Anyone.
        Public "Public" "Public",
        /// Members of verified organizations.
        Network "Réseau" "Network",
        /// Those who take part in the object: co-holders of a project.
        Party "Parties" "Parties",
        /// Members of the owning organization, and staff where moderation needs it.
        Owner "Propriétaire" "Owner",
    }
}

code_list! {
    /// State of an account.
    UserStatus "1" {
        /// Active.
        Active "Actif" "Active",
        /// Suspended.
        Suspended "Suspendu" "Suspended",
        /// Deleted.
        Deleted "Supprimé" "Deleted",
    }
}

code_list! {
    /// Role in the network's staff.
    PlatformRole "1" {
        /// None.
        None "Aucun" "None",
        /// Verifies organizations and publishes projects.
        Curator "Curateur" "Curator",
        /// Keeps vocabularies and merges duplicates.
        DataSteward "Gestionnaire des données" "Data steward",
        /// Does what curators and data stewards do, and manages accounts.
        Admin "Administrateur" "Administrator",
    }
}

code_list! {
    /// What a personal access token may do.
    TokenScope "1" {
        /// Read what its owner reads.
        Read "Lecture" "Read",
        /// Also change what its owner may change, but for accounts and credentials.
        Write "Écriture" "Write",
    }
}

code_list! {
    /// Controlled vocabulary.
    Taxonomy "1" {
        /// Groups of themes of the Carrefour des innovations sociales.
        Axis "Axe" "Axis",
        /// The 40 themes of the Carrefour des innovations sociales.
        Theme "Thème" "Theme",
        /// Audiences of data·inclusion 1.0.10.
        Public "Public" "Audience",
        /// Ways of working of the Carrefour des innovations sociales.
        Method "Méthode" "Method",
        /// Sectors of the INDIGO data standard, with two of our own.
        PolicySector "Secteur de politique publique" "Policy sector",
        /// The 17 goals of the United Nations.
        SdgGoal "Objectif de développement durable" "Sustainable Development Goal",
        /// The 169 targets of the United Nations; labels are ours.
        SdgTarget "Cible d’ODD" "SDG target",
    }
}

code_list! {
    /// How a contract binds its parties.
    ///
    /// Source: INDIGO data standard 4.1.
    ContractStructure "1" {
        /// Payer and operator contract with each other.
        Direct "Direct" "Direct",
        /// An investor or a special-purpose vehicle holds the contract.
        Intermediated "Intermédié" "Intermediated",
        /// An intermediary holds and manages the contract.
        Managed "Géré" "Managed",
        /// All parties sign one contract, as in France.
        Framework "Cadre" "Framework",
    }
}

code_list! {
    /// State of an impact contract.
    ///
    /// Source: the network's rules, 5.5; INDIGO's stages map to the later ones.
    ContractStatus "1" {
        /// What is sought and who takes part is being found out.
        Scoping "Cadrage" "Scoping",
        /// Metrics, tariffs and financing are being drawn up.
        Structuring "Structuration" "Structuring",
        /// All named parties negotiate.
        Negotiation "Négociation" "Negotiation",
        /// The version is frozen; parties sign it.
        Signing "Signature" "Signing",
        /// All have signed; service has not begun.
        Contracted "Signé" "Contracted",
        /// Service runs.
        Active "En cours" "Active",
        /// Service is suspended.
        Suspended "Suspendu" "Suspended",
        /// Service has ended; verification and payments go on.
        DeliveryComplete "Service achevé" "Delivery complete",
        /// All is verified, paid and repaid.
        Settled "Soldé" "Settled",
        /// The closing report is out, or the reason for none.
        Closed "Clos" "Closed",
        /// Given up before it was signed.
        Abandoned "Abandonné" "Abandoned",
        /// Ended early.
        Terminated "Résilié" "Terminated",
    }
}

code_list! {
    /// Part an organization plays in one contract.
    PartyRole "1" {
        /// Delivers the programme.
        Operator "Opérateur" "Operator",
        /// Pre-finances and bears the risk.
        Investor "Investisseur" "Investor",
        /// Pays for verified outcomes.
        OutcomePayer "Tiers-payeur" "Outcome payer",
        /// Verifies outcomes independently.
        Evaluator "Évaluateur indépendant" "Evaluator",
        /// Builds the contract and coordinates it.
        Structurer "Structureur" "Structurer",
        /// Vehicle that holds the contract's money.
        Spv "Structure de portage" "Special-purpose vehicle",
        /// Advises a party.
        Adviser "Conseil" "Adviser",
        /// Bears a part of a loss.
        Guarantor "Garant" "Guarantor",
        /// Another part.
        Other "Autre" "Other",
    }
}

code_list! {
    /// State of a version of a contract.
    VersionState "1" {
        /// It may still change.
        Draft "Brouillon" "Draft",
        /// Its content is fixed; parties sign it.
        Frozen "Figée" "Frozen",
        /// All signatories have signed it.
        Signed "Signée" "Signed",
        /// A later version has taken its place.
        Superseded "Remplacée" "Superseded",
        /// It was reopened before all had signed.
        Void "Annulée" "Void",
    }
}

code_list! {
    /// What a claim is for.
    ClaimKind "1" {
        /// Outcomes of a period while service runs.
        Interim "Intermédiaire" "Interim",
        /// Outcomes of the last period.
        Final "Finale" "Final",
        /// Corrects earlier claims; may be negative.
        Correction "Correction" "Correction",
    }
}

code_list! {
    /// State of a claim of outcomes.
    ClaimState "1" {
        /// Being drawn up by the operator.
        Draft "Brouillon" "Draft",
        /// Waits for the evaluator.
        Submitted "Soumise" "Submitted",
        /// The evaluator verifies it.
        InVerification "En vérification" "In verification",
        /// The evaluator waits for an answer.
        InfoRequested "Complément demandé" "Information requested",
        /// Verified; may be contested for some days.
        Verified "Vérifiée" "Verified",
        /// A party contests the verification.
        Contested "Contestée" "Contested",
        /// Nobody can change it any more; payments are computed.
        Final "Définitive" "Final",
    }
}

code_list! {
    /// What an evaluator found of a claim.
    VerificationOpinion "1" {
        /// All that was claimed is accepted.
        Full "Totale" "Full",
        /// A part is accepted.
        Partial "Partielle" "Partial",
        /// Nothing is accepted.
        None "Aucune" "None",
    }
}

code_list! {
    /// How a contestation was resolved.
    ResolutionWay "1" {
        /// By a second opinion of the evaluator.
        SecondOpinion "Second avis" "Second opinion",
        /// By every payer and the operator together.
        SteeringCommittee "Comité de pilotage" "Steering committee",
    }
}

code_list! {
    /// State of an outcome payment.
    PaymentState "1" {
        /// Computed; not yet called.
        Computed "Calculé" "Computed",
        /// Called for by the operator or the structurer.
        Called "Appelé" "Called",
        /// Held back by the payer for some days, with a reason.
        Held "Retenu" "Held",
        /// Approved by the payer.
        Approved "Approuvé" "Approved",
        /// Paid by the payer.
        Paid "Payé" "Paid",
        /// Its receipt is confirmed by the payee.
        Received "Reçu" "Received",
        /// Taken back by a correction.
        Cancelled "Annulé" "Cancelled",
    }
}

code_list! {
    /// What a repayment to an investor is for.
    RepaymentKind "1" {
        /// Repays what was put in.
        Principal "Capital" "Principal",
        /// Pays the fixed return.
        FixedReturn "Rendement fixe" "Fixed return",
        /// Pays the return by outcomes.
        VariableReturn "Rendement variable" "Variable return",
    }
}

code_list! {
    /// How far an investor was repaid.
    ///
    /// Source: INDIGO data standard 4.1, five steps.
    RepaymentState "1" {
        /// Nothing yet.
        None "Rien" "None",
        /// Some, less than was put in.
        BelowPrincipal "Une partie du capital" "Some, below principal",
        /// What was put in.
        PrincipalOnly "Capital seul" "Principal only",
        /// What was put in, and a return.
        PrincipalAndReturn "Capital et rendement" "Principal and return",
        /// Not disclosed.
        NotDisclosed "Non communiqué" "Not disclosed",
    }
}

code_list! {
    /// How the most an investor may earn is counted.
    ReturnCapKind "1" {
        /// As an internal rate of return, compounded every 365 days.
        Irr "Taux de rendement interne" "Internal rate of return",
        /// As simple interest a year.
        Annual "Par an" "A year",
        /// As a share of what was put in.
        Multiple "Multiple du capital" "Multiple of principal",
    }
}

code_list! {
    /// What moved.
    LedgerKind "1" {
        /// An investor's money came in.
        DrawDown "Appel de fonds" "Draw-down",
        /// A grant came in.
        Grant "Subvention" "Grant",
        /// The operator was paid for service from funds drawn.
        ServicePayment "Financement du service" "Service payment",
        /// A payer paid for outcomes.
        OutcomePayment "Paiement de résultats" "Outcome payment",
        /// An investor was repaid.
        Repayment "Remboursement" "Repayment",
        /// The operator got its premium.
        Premium "Prime de succès" "Success premium",
        /// A fee was paid.
        Fee "Honoraires" "Fee",
        /// What was left was paid out.
        Remainder "Solde" "Remainder",
        /// Signed by hand, with a reason.
        Adjustment "Ajustement" "Adjustment",
        /// Takes back another entry.
        Reversal "Contre-passation" "Reversal",
    }
}

code_list! {
    /// Part of a contract that its parties may disclose.
    DisclosureBlock "1" {
        /// Investments, commitments and caps.
        Amounts "Montants" "Amounts",
        /// Tariffs and rules.
        Prices "Prix" "Prices",
        /// Verified outcomes.
        Results "Résultats" "Results",
        /// Payments made for outcomes.
        Payments "Paiements" "Payments",
        /// Repayments to investors.
        Returns "Rendements" "Returns",
    }
}

code_list! {
    /// Whether a part of a contract is shown to everybody.
    DisclosureState "1" {
        /// Shown to everybody.
        Disclosed "Publié" "Disclosed",
        /// Kept to the parties.
        Withheld "Retenu" "Withheld",
    }
}

code_list! {
    /// Why a contract is amended.
    AmendmentReason "1" {
        /// The Covid-19 epidemic.
        Covid "Covid-19" "Covid-19",
        /// Scope.
        Scope "Périmètre" "Scope",
        /// Calendar.
        Calendar "Calendrier" "Calendar",
        /// A party joins or leaves.
        Party "Partie" "Party",
        /// Tariffs.
        Tariff "Tarifs" "Tariff",
        /// Another reason.
        Other "Autre" "Other",
    }
}

code_list! {
    /// What one unit of a metric is.
    ClaimBasis "1" {
        /// A person, once.
        Person "Personne" "Person",
        /// A claim; a person may have several.
        Claim "Demande" "Claim",
        /// Something else: a night, a tonne, a point.
        Unit "Unité" "Unit",
    }
}

code_list! {
    /// How far along the chain of effects a metric stands.
    MetricLevel "1" {
        /// What was done.
        Output "Réalisation" "Output",
        /// What changed.
        Outcome "Résultat" "Outcome",
    }
}

code_list! {
    /// What a metric's target is compared to.
    TargetRelation "1" {
        /// Nothing.
        Absolute "Absolu" "Absolute",
        /// The state before.
        VsBaseline "Par rapport à l’état initial" "Against the baseline",
        /// A reference, such as a national average.
        VsReference "Par rapport à une référence" "Against a reference",
        /// A control group.
        VsControl "Par rapport à un groupe témoin" "Against a control group",
    }
}

code_list! {
    /// How quantities of several periods become one.
    MetricAccumulation "1" {
        /// They add up.
        Sum "Somme" "Sum",
        /// The latest replaces the others.
        Latest "Dernière valeur" "Latest",
    }
}

code_list! {
    /// How payers share what no tariff of their own names.
    PayerSplit "1" {
        /// By commitments.
        ProRata "Au prorata des engagements" "Pro rata",
        /// One after the other.
        Priority "Par ordre" "Priority",
        /// By the beneficiaries' territories.
        Territory "Par territoire" "Territory",
    }
}

code_list! {
    /// Length of a capped period.
    CapPeriod "1" {
        /// Calendar month.
        Month "Mois" "Month",
        /// Calendar quarter.
        Quarter "Trimestre" "Quarter",
        /// Calendar year.
        Year "Année" "Year",
    }
}

code_list! {
    /// How a tariff turns a quantity into an amount.
    TariffKind "1" {
        /// Quantity times a price.
        UnitPrice "Prix unitaire" "Unit price",
        /// Slices of the quantity at different prices.
        Tiered "Prix par tranches" "Tiered prices",
        /// Amount of the highest step reached.
        Step "Paliers" "Steps",
        /// One amount once a threshold is reached.
        Binary "Tout ou rien" "All or nothing",
        /// A line between a floor and a ceiling.
        Linear "Linéaire" "Linear",
        /// Share of a base by the difference to a control group.
        ControlBands "Tranches par rapport à un groupe témoin" "Bands against a control group",
        /// A fixed amount.
        Fixed "Forfait" "Fixed",
    }
}

code_list! {
    /// Rule over several metrics of a contract.
    ContractRuleKind "1" {
        /// No person brings more than this.
        PerBeneficiaryCap "Plafond par bénéficiaire" "Cap per beneficiary",
        /// A family of metrics is at most a share of all that is paid.
        FamilyShareCap "Part maximale d’une famille" "Share cap of a family",
        /// At most this much in each period.
        PeriodCap "Plafond par période" "Cap per period",
        /// All metrics have to reach a share of their targets, or none is paid.
        GateAllMetrics "Seuil commun" "Gate on all metrics",
        /// An amount that depends on no outcome.
        FixedAmount "Part fixe" "Fixed amount",
    }
}

code_list! {
    /// What ties an organization or a person to an organization.
    InterestNature "1" {
        /// Money that was given or lent.
        Funding "Financement" "Funding",
        /// Work, paid or not.
        Employment "Emploi" "Employment",
        /// Influence on decisions.
        Control "Contrôle" "Control",
        /// Doing something together.
        Partnership "Partenariat" "Partnership",
        /// Ties of family or friendship.
        Family "Lien personnel" "Personal tie",
        /// Something else.
        Other "Autre" "Other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_written_as_the_sources_write_them() {
        assert_eq!(
            Licence::all().map(CodeList::code).collect::<Vec<_>>(),
            ["CC0", "CC_BY", "CC_BY_SA", "ETALAB_2", "OTHER"]
        );
        assert_eq!(FundingInstrument::QuasiEquityTitreAssociatif.code(), "QUASI_EQUITY_TITRE_ASSOCIATIF");
        assert_eq!("SIAE_ACI".parse::<AccreditationKind>().ok(), Some(AccreditationKind::SiaeAci));
        assert!("siae_aci".parse::<AccreditationKind>().is_err());
        assert_eq!(LegalForm::all().count(), 20);
    }
}
