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
