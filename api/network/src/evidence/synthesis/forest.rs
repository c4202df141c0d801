//! Forest plot of a synthesis, as SVG text with the synthesis' own numbers. Pure.
//!
//! No font is embedded and nothing is fetched; texts are escaped; a title and a description tell those who cannot see
//! the picture what it says. Studies are grouped where the synthesis has subgroups.

mod axis;
#[cfg(test)]
mod tests;
mod words;

pub use words::Language;

use super::statistics::{Interval, Pooled, StudyEffect, Synthesis};
use crate::evidence::drawing::{ACCENT, INK, Page, Style, Svg};
use axis::Axis;

const WIDTH: f64 = 960.0;
const ROW: f64 = 24.0;
const TOP: f64 = 84.0;
/// Where the plot begins and ends.
const LEFT: f64 = 300.0;
const RIGHT: f64 = 660.0;
/// Right ends of the columns of figures.
const FIGURES: f64 = 870.0;
const WEIGHTS: f64 = 944.0;
const FAINT: &str = "#6b6b80";

/// Draws a synthesis under a title of the caller's.
pub fn forest(synthesis: &Synthesis, title: &str, language: Language) -> String {
    let rows = rows(synthesis, language);
    let plot = Plot { synthesis, language, axis: Axis::of(synthesis), decimals: decimals(synthesis) };
    let bottom = rows.iter().fold(TOP, |y, row| y + row.height());
    let description = plot.description(title);
    let mut svg = Svg::open(Page {
        width: WIDTH,
        height: bottom + 100.0,
        name: "forest",
        title,
        description: &description,
        language: language.code(),
    });
    plot.head(&mut svg, title);
    plot.grid(&mut svg, bottom);
    let mut y = TOP;
    for row in &rows {
        plot.row(&mut svg, row, y + row.height() - ROW / 2.0);
        y += row.height();
    }
    plot.scale(&mut svg, bottom);
    svg.close()
}

enum Row<'a> {
    Heading(String),
    Study(&'a StudyEffect),
    Diamond { label: &'static str, effect: f64, interval: Interval, shape: Shape },
    Prediction { low: f64, high: f64 },
}

/// How a pooled effect is drawn.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// All studies.
    Whole,
    /// A subgroup.
    Part,
    /// All studies, by another interval.
    Hollow,
}

impl Row<'_> {
    fn height(&self) -> f64 {
        match self {
            Self::Heading(_) | Self::Diamond { shape: Shape::Whole, .. } => 1.4 * ROW,
            _ => ROW,
        }
    }
}

fn rows(synthesis: &Synthesis, language: Language) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    for subgroup in &synthesis.subgroups {
        let unnamed = language.pick("Sans groupe", "In no group");
        rows.push(Row::Heading(subgroup.name.clone().unwrap_or_else(|| unnamed.to_owned())));
        rows.extend(subgroup.studies.iter().filter_map(|n| synthesis.studies.get(*n)).map(Row::Study));
        if let Ok(pooled) = &subgroup.pooled {
            let label = language.pick("Ensemble du groupe", "Whole group");
            rows.push(Row::Diamond {
                label,
                effect: pooled.effect,
                interval: pooled.wald,
                shape: Shape::Part,
            });
        }
    }
    if synthesis.subgroups.is_empty() {
        rows.extend(synthesis.studies.iter().map(Row::Study));
    }
    let Pooled { effect, wald, hartung_knapp, .. } = synthesis.pooled;
    let label = language.model(synthesis.how.model);
    rows.push(Row::Diamond { label, effect, interval: wald, shape: Shape::Whole });
    if let Some(interval) = hartung_knapp {
        let label = language.pick("Intervalle de Hartung-Knapp", "Hartung-Knapp interval");
        rows.push(Row::Diamond { label, effect, interval, shape: Shape::Hollow });
    }
    if let Some(own) = wald.prediction {
        rows.push(Row::Prediction { low: own.low, high: own.high });
    }
    rows
}

/// Decimals that tell the bounds of the pooled interval apart, and no more than needed.
fn decimals(synthesis: &Synthesis) -> usize {
    let natural = |bound| synthesis.how.measure.natural(bound);
    let width = (natural(synthesis.pooled.wald.high) - natural(synthesis.pooled.wald.low)).abs();
    match width {
        _ if width > 50.0 => 1,
        _ if width >= 0.05 => 2,
        _ if width >= 0.005 => 3,
        _ => 4,
    }
}

struct Plot<'a> {
    synthesis: &'a Synthesis,
    language: Language,
    axis: Axis,
    decimals: usize,
}

impl Plot<'_> {
    /// What the picture says, in words.
    fn description(&self, title: &str) -> String {
        let (language, pooled) = (self.language, &self.synthesis.pooled);
        let count = self.synthesis.studies.len();
        let bounds = (pooled.wald.low, pooled.wald.high);
        let measure = self.synthesis.how.measure;
        let effect = language.effect(measure, pooled.effect, bounds, self.decimals);
        let about = language.measure(self.synthesis);
        let model = language.model(self.synthesis.how.model);
        let differ = language.heterogeneity(pooled);
        let p = language.probability(pooled.wald.p_value);
        match language {
            Language::French => format!(
                "Graphique en forêt de {count} études : {title}. {about}, {model} : {effect}, {p}. {differ}."
            ),
            Language::English => {
                format!("Forest plot of {count} studies: {title}. {about}, {model}: {effect}, {p}. {differ}.")
            }
        }
    }

    fn head(&self, svg: &mut Svg, title: &str) {
        let language = self.language;
        svg.label(30.0, title, 84, "", Style { size: 17, bold: true, ..Style::default() });
        let small = Style { bold: true, ..Style::default() };
        let y = TOP - 16.0;
        svg.text(16.0, y, language.pick("Étude", "Study"), small);
        let level = language.percent(self.synthesis.how.percent, self.level_decimals());
        let interval = match language {
            Language::French => format!("Effet [IC à {level}]"),
            Language::English => format!("Effect [{level} CI]"),
        };
        svg.text(FIGURES, y, &interval, Style { anchor: "end", ..small });
        svg.text(WEIGHTS, y, language.pick("Poids", "Weight"), Style { anchor: "end", ..small });
        svg.line((16.0, TOP - 6.0), (WEIGHTS, TOP - 6.0), INK, "");
    }

    /// 95, but 99.9.
    fn level_decimals(&self) -> usize {
        let percent = self.synthesis.how.percent;
        usize::from(percent.fract() != 0.0) + usize::from((percent * 10.0).fract() != 0.0)
    }

    fn grid(&self, svg: &mut Svg, bottom: f64) {
        svg.line((self.x(0.0), TOP - 6.0), (self.x(0.0), bottom), FAINT, "");
        let pooled = self.x(self.synthesis.pooled.effect);
        svg.line((pooled, TOP - 6.0), (pooled, bottom), ACCENT, "3 4");
    }

    fn row(&self, svg: &mut Svg, row: &Row, y: f64) {
        match row {
            Row::Heading(name) => {
                svg.label(y + 4.5, name, 38, "", Style { bold: true, ..Style::default() });
            }
            Row::Study(study) => self.study(svg, study, y),
            Row::Diamond { label, effect, interval, shape } => {
                self.diamond(svg, label, *effect, *interval, *shape, y);
            }
            Row::Prediction { low, high } => {
                svg.text(
                    16.0,
                    y + 4.5,
                    self.language.pick("Intervalle de prédiction", "Prediction interval"),
                    Style::default(),
                );
                svg.bar(self.x(*low), self.x(*high), y);
                let bounds = self.language.interval(self.synthesis.how.measure, (*low, *high), self.decimals);
                svg.text(FIGURES, y + 4.5, &bounds, Style { anchor: "end", ..Style::default() });
            }
        }
    }

    fn study(&self, svg: &mut Svg, study: &StudyEffect, y: f64) {
        let star = if study.is_corrected { " *" } else { "" };
        svg.label(y + 4.5, &study.label, 38, star, Style::default());
        let (low, high) = (self.x(study.low), self.x(study.high));
        svg.line((low, y), (high, y), INK, "");
        if self.axis.is_left_of(study.low) {
            svg.polygon(&[(low - 1.0, y), (low + 7.0, y - 4.0), (low + 7.0, y + 4.0)], INK, INK);
        }
        if self.axis.is_right_of(study.high) {
            svg.polygon(&[(high + 1.0, y), (high - 7.0, y - 4.0), (high - 7.0, y + 4.0)], INK, INK);
        }
        // Area in proportion to weight, the heaviest 15 wide; no study without a mark.
        let heaviest = self.synthesis.studies.iter().map(|own| own.weight_percent).fold(0.0, f64::max);
        let half = (7.5 * (study.weight_percent / heaviest).sqrt()).max(1.5);
        let x = self.x(study.effect);
        svg.polygon(
            &[(x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half)],
            INK,
            INK,
        );
        self.figures(svg, study.effect, (study.low, study.high), y, Style::default());
        let weight = self.language.percent(study.weight_percent, 1);
        svg.text(WEIGHTS, y + 4.5, &weight, Style { anchor: "end", ..Style::default() });
    }

    fn diamond(&self, svg: &mut Svg, label: &str, effect: f64, interval: Interval, shape: Shape, y: f64) {
        let style = Style { bold: shape == Shape::Whole, ..Style::default() };
        svg.text(16.0, y + 4.5, label, style);
        let (fill, half) = match shape {
            Shape::Whole => (ACCENT, 8.0),
            Shape::Part => (FAINT, 6.0),
            Shape::Hollow => ("none", 6.0),
        };
        let (low, x, high) = (self.x(interval.low), self.x(effect), self.x(interval.high));
        let stroke = if shape == Shape::Part { FAINT } else { ACCENT };
        svg.polygon(&[(low, y), (x, y - half), (high, y), (x, y + half)], fill, stroke);
        self.figures(svg, effect, (interval.low, interval.high), y, style);
        if shape == Shape::Whole {
            let whole = self.language.percent(100.0, 1);
            svg.text(WEIGHTS, y + 4.5, &whole, Style { anchor: "end", ..style });
        }
    }

    fn figures(&self, svg: &mut Svg, effect: f64, bounds: (f64, f64), y: f64, style: Style) {
        let figures = self.language.effect(self.synthesis.how.measure, effect, bounds, self.decimals);
        svg.text(FIGURES, y + 4.5, &figures, Style { anchor: "end", ..style });
    }

    fn scale(&self, svg: &mut Svg, bottom: f64) {
        let language = self.language;
        svg.line((LEFT, bottom), (RIGHT, bottom), INK, "");
        let middle = Style { anchor: "middle", size: 12, ..Style::default() };
        for (mark, decimals) in self.axis.marks() {
            let x = self.x(mark);
            svg.line((x, bottom), (x, bottom + 5.0), INK, "");
            let natural = self.synthesis.how.measure.natural(mark);
            svg.text(x, bottom + 19.0, &language.number(natural, decimals), middle);
        }
        let centre = f64::midpoint(LEFT, RIGHT);
        svg.text(centre, bottom + 38.0, &language.measure(self.synthesis), middle);
        let small = Style { size: 12, colour: FAINT, ..Style::default() };
        svg.text(16.0, bottom + 66.0, &language.heterogeneity(&self.synthesis.pooled), small);
        svg.text(16.0, bottom + 84.0, &language.tests(self.synthesis), small);
        if self.synthesis.studies.iter().any(|study| study.is_corrected) {
            let added = language.pick("* 0,5 ajouté à chaque cellule", "* 0.5 added to each cell");
            svg.text(WEIGHTS, bottom + 66.0, added, Style { anchor: "end", ..small });
        }
    }

    fn x(&self, effect: f64) -> f64 {
        LEFT + (RIGHT - LEFT) * self.axis.place(effect)
    }
}
