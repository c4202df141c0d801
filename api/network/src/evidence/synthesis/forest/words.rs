//! Words and figures of a forest plot, in French and in English.

use crate::evidence::synthesis::statistics::{Heterogeneity, Measure, Model, Pooled, Synthesis};

/// Language of a plot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    French,
    English,
}

impl Language {
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::French => "fr",
            Self::English => "en",
        }
    }

    pub(super) const fn pick(self, french: &'static str, english: &'static str) -> &'static str {
        match self {
            Self::French => french,
            Self::English => english,
        }
    }

    /// Number with so many decimals.
    pub(super) fn number(self, figure: f64, decimals: usize) -> String {
        let text = match figure {
            _ if figure.is_nan() => "?".to_owned(),
            _ if figure.is_infinite() => "∞".to_owned(),
            _ if figure.abs() >= 1e7 => format!("{:.2e}", figure.abs()),
            _ => format!("{:.decimals$}", figure.abs()),
        };
        let text = match self {
            Self::French => text.replace('.', ","),
            Self::English => text,
        };
        // A nought has no sign, rounded ones included.
        let is_nought = text.bytes().all(|byte| matches!(byte, b'0' | b'.' | b','));
        if figure < 0.0 && !is_nought { format!("−{text}") } else { text }
    }

    /// Percentage with its sign.
    pub(super) fn percent(self, figure: f64, decimals: usize) -> String {
        format!("{}{}", self.number(figure, decimals), self.pick("\u{202f}%", "%"))
    }

    /// Probability, such as `p = 0.012` or `p < 0.001`.
    pub(super) fn probability(self, p: f64) -> String {
        if p < 0.001 {
            format!("p < {}", self.number(0.001, 3))
        } else {
            format!("p = {}", self.number(p, 3))
        }
    }

    pub(super) fn measure(self, synthesis: &Synthesis) -> String {
        let name = match synthesis.how.measure {
            Measure::MeanDifference => self.pick("Différence de moyennes", "Mean difference"),
            Measure::StandardizedMeanDifference => self.pick(
                "Différence de moyennes standardisée (g de Hedges)",
                "Standardized mean difference (Hedges’ g)",
            ),
            Measure::RiskRatio => {
                self.pick("Risque relatif (échelle logarithmique)", "Risk ratio (log scale)")
            }
            Measure::OddsRatio => {
                self.pick("Rapport de cotes (échelle logarithmique)", "Odds ratio (log scale)")
            }
            Measure::RiskDifference => self.pick("Différence de risques", "Risk difference"),
        };
        match &synthesis.unit {
            Some(unit) => format!("{name} ({unit})"),
            None => name.to_owned(),
        }
    }

    pub(super) const fn model(self, model: Model) -> &'static str {
        match model {
            Model::Fixed => self.pick("Effet fixe", "Fixed effect"),
            Model::Random(Heterogeneity::DerSimonianLaird) => {
                self.pick("Effets aléatoires (DerSimonian-Laird)", "Random effects (DerSimonian-Laird)")
            }
            Model::Random(Heterogeneity::PauleMandel) => {
                self.pick("Effets aléatoires (Paule-Mandel)", "Random effects (Paule-Mandel)")
            }
            Model::Random(Heterogeneity::Reml) => {
                self.pick("Effets aléatoires (REML)", "Random effects (REML)")
            }
        }
    }

    /// Effect with its interval, on the scale that readers know.
    pub(super) fn effect(self, measure: Measure, effect: f64, bounds: (f64, f64), decimals: usize) -> String {
        let own = self.number(measure.natural(effect), decimals);
        format!("{own} {}", self.interval(measure, bounds, decimals))
    }

    pub(super) fn interval(self, measure: Measure, bounds: (f64, f64), decimals: usize) -> String {
        let bound = |bound: f64| self.number(measure.natural(bound), decimals);
        let apart = self.pick(" ; ", ", ");
        format!("[{}{apart}{}]", bound(bounds.0), bound(bounds.1))
    }

    /// How much the studies differ.
    pub(super) fn heterogeneity(self, pooled: &Pooled) -> String {
        let about = self.pick("Hétérogénéité : ", "Heterogeneity: ");
        let test = self.q_test(pooled.q, pooled.q_freedom, pooled.q_p_value);
        let i2 = self.percent(pooled.i2_percent, 1);
        let apart = self.pick(" ; ", "; ");
        // A fixed effect supposes that there is no variance between studies, rather than finding it.
        let tau2 = match pooled.tau2_standard_error {
            Some(_) => format!("{apart}τ² = {}", self.significant(pooled.tau2)),
            None => String::new(),
        };
        format!("{about}{test}{apart}I² = {i2}{tau2}")
    }

    /// Whether there is an effect at all, and whether subgroups differ in it.
    pub(super) fn tests(self, synthesis: &Synthesis) -> String {
        let wald = synthesis.pooled.wald;
        let (z, p) = (self.number(wald.statistic, 2), self.probability(wald.p_value));
        let own = match self {
            Self::French => format!("Test de l’effet : z = {z}, {p}"),
            Self::English => format!("Test of the effect: z = {z}, {p}"),
        };
        match synthesis.between_subgroups {
            Some(between) => {
                let test = self.q_test(between.q, between.freedom, between.p_value);
                let about = self.pick("différence entre groupes : ", "difference between groups: ");
                format!("{own}{}{about}{test}", self.pick(" ; ", "; "))
            }
            None => own,
        }
    }

    fn q_test(self, q: f64, freedom: u32, p: f64) -> String {
        let (q, p) = (self.number(q, 2), self.probability(p));
        match self {
            Self::French => format!("Q = {q} ({freedom} ddl), {p}"),
            Self::English => format!("Q = {q} (df = {freedom}), {p}"),
        }
    }

    /// Number above nought with four digits that mean something.
    fn significant(self, figure: f64) -> String {
        let decimals = (0..=8_u8).find(|decimals| figure * 10_f64.powi(i32::from(*decimals)) >= 1000.0);
        if figure > 0.0 { self.number(figure, decimals.map_or(8, usize::from)) } else { self.number(0.0, 0) }
    }
}
