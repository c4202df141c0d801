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
