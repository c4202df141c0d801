//! One plot kept as text, and what must hold for all.

use super::*;
use crate::evidence::synthesis::statistics::{
    Events, Figures, Heterogeneity, How, Measure, Model, Spread, Study, synthesize,
};
use rand::{Rng, SeedableRng, rngs::StdRng};

/// Trials of the BCG vaccine: events and people of the treated, and of the controls, by how people were allotted.
/// Source: Colditz et al. (1994, JAMA 271), as in `agreement/studies.csv`.
const BCG: &[(&str, &str, [u32; 4])] = &[
    ("Aronson, 1948", "random", [4, 123, 11, 139]),
    ("Ferguson & Simes, 1949", "random", [6, 306, 29, 303]),
    ("Rosenthal et al., 1960", "random", [3, 231, 11, 220]),
    ("Hart & Sutherland, 1977", "random", [62, 13598, 248, 12867]),
    ("Frimodt-Møller et al., 1973", "alternate", [33, 5069, 47, 5808]),
    ("Stein & Aronson, 1953", "alternate", [180, 1541, 372, 1451]),
    ("Vandiviere et al., 1973", "random", [8, 2545, 10, 629]),
    ("TPT Madras, 1980", "random", [505, 88391, 499, 88391]),
    ("Coetzee & Berjak, 1968", "random", [29, 7499, 45, 7277]),
    ("Rosenthal et al., 1961", "systematic", [17, 1716, 65, 1665]),
    ("Comstock et al., 1974", "systematic", [186, 50634, 141, 27338]),
    ("Comstock & Webster, 1969", "systematic", [5, 2498, 3, 2341]),
    ("Comstock et al., 1976", "systematic", [27, 16913, 29, 17854]),
];

const REML: Model = Model::Random(Heterogeneity::Reml);

fn bcg(measure: Measure, model: Model, is_grouped: bool) -> Synthesis {
    let study = |(label, group, [events, people, others, controls]): &(&str, &str, [u32; 4])| Study {
        label: (*label).into(),
        unit: None,
        figures: Figures::Events {
            treated: Events { events: *events, people: *people },
            control: Events { events: *others, people: *controls },
        },
        group: is_grouped.then(|| (*group).into()),
        cost: None,
    };
    let studies: Vec<Study> = BCG.iter().map(study).collect();
    synthesize(&studies, How { measure, model, percent: 95.0 }).unwrap()
}

fn claimed(measure: Measure, own: &[(f64, f64)]) -> Option<Synthesis> {
    let study = |(effect, error): &(f64, f64)| Study {
        label: format!("{effect}"),
        unit: (measure == Measure::MeanDifference).then(|| "jours d’hospitalisation".into()),
        figures: Figures::Effect { measure, effect: *effect, spread: Spread::StandardError(*error) },
        group: None,
        cost: None,
    };
    let studies: Vec<Study> = own.iter().map(study).collect();
    synthesize(&studies, How { measure, model: REML, percent: 95.0 }).ok()
}

#[test]
fn the_example_is_drawn_as_before() {
    let plot = forest(&bcg(Measure::RiskRatio, REML, true), "Vaccin BCG et tuberculose", Language::French);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/evidence/synthesis/forest/example.svg");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, &plot).unwrap();
    }
    let before = std::fs::read_to_string(path).unwrap_or_default();
    assert!(plot == before, "the plot changed: run with BLESS=1, look at {path} in a browser, and commit it");
}

#[test]
fn it_shows_the_numbers_of_the_synthesis() {
    let plot = forest(&bcg(Measure::RiskRatio, REML, false), "BCG", Language::English);
    // metafor: exp of -0.7145 [-1.0669, -0.3622], Hartung-Knapp [-1.1084, -0.3206], prediction [-1.8667, 0.4376].
    for text in [
        "0.49 [0.34, 0.70]",
        "0.49 [0.33, 0.73]",
        "[0.15, 1.55]",
        "Random effects (REML)",
        "Q = 152.23 (df = 12), p &lt; 0.001; I² = 92.2%; τ² = 0.3132",
        "Ferguson &amp; Simes, 1949",
    ] {
        assert!(plot.contains(text), "{text} is not in {plot}");
    }
    let plot = forest(&bcg(Measure::RiskRatio, REML, false), "BCG", Language::French);
    for text in ["0,49 [0,34 ; 0,70]", "Effet [IC à 95\u{202f}%]", "Q = 152,23 (12 ddl), p &lt; 0,001"] {
        assert!(plot.contains(text), "{text} is not in {plot}");
    }
}

#[test]
fn texts_cannot_break_out() {
    let mut synthesis = bcg(Measure::RiskRatio, REML, false);
    synthesis.studies[0].label = "</text><script>alert('\"x\"')</script>\u{0}\u{b}\u{ffff}\nA & B".into();
    let plot = forest(&synthesis, "<b onload=\"x\">&amp;]]>", Language::English);
    assert!(!plot.contains("<script") && !plot.contains("<b ") && !plot.contains("]]>"));
    let is_plain = |own: char| own == '\n' || !(own.is_control() || own == '\u{ffff}');
    assert!(plot.chars().all(is_plain));
    assert_eq!(plot.matches("<text").count(), plot.matches("</text>").count());
}

#[test]
fn everything_lies_within_the_picture_whatever_the_figures() {
    let mut dice = StdRng::seed_from_u64(7);
    let mut drawn = 0;
    let measures = [Measure::MeanDifference, Measure::OddsRatio, Measure::RiskDifference];
    for round in 0..600 {
        let power = 10_f64.powi(dice.random_range(-90..90));
        let figure = |dice: &mut StdRng| match measures[round % 3] {
            Measure::OddsRatio => dice.random_range(0.01..9.0) * power,
            _ => dice.random_range(-9.0..9.0) * power,
        };
        let error = |dice: &mut StdRng| dice.random_range(0.01..9.0) * power.clamp(1e-60, 1e60);
        let own: Vec<(f64, f64)> =
            (0..dice.random_range(2..9)).map(|_| (figure(&mut dice), error(&mut dice))).collect();
        // Figures that are too far apart are refused before they come here.
        let Some(synthesis) = claimed(measures[round % 3], &own) else { continue };
        drawn += 1;
        let plot = forest(&synthesis, "t", Language::French);
        assert!(!plot.contains("NaN") && !plot.contains("inf"), "{plot}");
        for place in plot.split([' ', '\n']).filter_map(|part| part.strip_prefix("x1=\"")) {
            let x: f64 = place.trim_end_matches(['"', '/', '>']).parse().unwrap();
            assert!((0.0..=WIDTH).contains(&x), "{plot}");
        }
    }
    assert!(drawn > 200, "{drawn}");
}

#[test]
fn an_axis_has_a_few_round_marks() {
    let marks = |measure: Measure, own: &[(f64, f64)]| {
        let marks = Axis::of(&claimed(measure, own).unwrap()).marks().into_iter();
        let marks = marks.map(|(mark, decimals)| format!("{:.decimals$}", measure.natural(mark)));
        marks.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(marks(Measure::MeanDifference, &[(-3.0, 0.4), (2.0, 0.9), (5.0, 0.5)]), "-5 0 5 10");
    assert_eq!(marks(Measure::RiskDifference, &[(-0.03, 0.004), (-0.02, 0.009)]), "-0.04 -0.02 0.00 0.02");
    assert_eq!(marks(Measure::OddsRatio, &[(0.4, 0.2), (0.9, 0.3)]), "0.05 0.1 0.2 0.5 1 2 5 10");
    assert_eq!(marks(Measure::OddsRatio, &[(0.4, 0.4), (1.9, 0.5)]), "0.01 0.1 1 10 100");
    assert_eq!(marks(Measure::OddsRatio, &[(1.04, 0.01), (1.06, 0.02)]), "1.00 1.05 1.10");
}

/// Pictures to look at: `FOREST=/tmp/forest cargo test pictures`.
#[test]
fn pictures_to_look_at() {
    let Some(folder) = std::env::var_os("FOREST").map(std::path::PathBuf::from) else { return };
    let long =
        "Effet de l’accompagnement renforcé vers l’emploi sur la durée d’hospitalisation évitée, en jours";
    let mut days =
        claimed(Measure::MeanDifference, &[(-3.0, 0.4), (2.0, 0.9), (5.0, 0.5), (-1.0, 30.0)]).unwrap();
    days.studies[1].label =
        "Association pour le développement de l’insertion par l’activité économique".into();
    days.studies[2].is_corrected = true;
    let plots = [
        (
            "bcg-rr-fr",
            forest(&bcg(Measure::RiskRatio, REML, false), "Vaccin BCG et tuberculose", Language::French),
        ),
        (
            "bcg-or-en",
            forest(&bcg(Measure::OddsRatio, REML, true), "BCG vaccine and tuberculosis", Language::English),
        ),
        ("bcg-rd-en", forest(&bcg(Measure::RiskDifference, REML, false), "BCG vaccine", Language::English)),
        (
            "bcg-fixed-fr",
            forest(&bcg(Measure::RiskRatio, Model::Fixed, false), "Vaccin BCG", Language::French),
        ),
        ("days-fr", forest(&days, long, Language::French)),
    ];
    for (name, plot) in plots {
        std::fs::write(folder.join(name).with_extension("svg"), plot).unwrap();
    }
}
