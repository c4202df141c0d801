//! The files of the Baromètre des résultats de l'action publique, as they are delivered. Pure.
//!
//! `indicators.json` says what is measured; `measures.csv` has one line per indicator, zone and day, with up to three
//! values: the starting one, the actual one, the target.

use entity::codes::IndicatorDirection;
use rust_decimal::Decimal;
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read,
};

/// What is measured, in the source's words.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Indicator {
    pub id: String,
    pub name: Option<String>,
    pub description: Option<String>,
    pub theme: Option<String>,
    pub chantier: Option<String>,
    /// `hausse` or `baisse`.
    pub trend: Option<String>,
    pub unit: Option<String>,
}

impl Indicator {
    /// Way it is meant to go, if the file says one we know.
    pub fn direction(&self) -> Option<IndicatorDirection> {
        match self.trend.as_deref()? {
            "hausse" => Some(IndicatorDirection::Increase),
            "baisse" => Some(IndicatorDirection::Decrease),
            "stable" => Some(IndicatorDirection::Maintain),
            _ => None,
        }
    }
}

/// Themes of the network that a theme of the source speaks of.
pub fn themes(theme: &str) -> &'static [&'static str] {
    match theme {
        "Affaires sociales" => &["COH"],
        "Aménagement du territoire" => &["AME"],
        "Citoyenneté" => &["CIT"],
        "Culture" => &["CUL"],
        "Economie" => &["ECO"],
        "Education" => &["EDU"],
        "Environnement" => &["CLI"],
        "Handicap" => &["HAN"],
        "Institutions" => &["GOU"],
        "Justice" => &["DRO"],
        "Santé" => &["SAN"],
        "Sport" => &["SPO"],
        "Travail" => &["EMP"],
        _ => &[],
    }
}

/// What was said for one day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Point {
    pub initial: Option<Decimal>,
    pub actual: Option<Decimal>,
    pub target: Option<Decimal>,
}

/// Points by day (`YYYY-MM-DD`), by indicator and code of a territory.
pub type Measures = BTreeMap<(String, String), BTreeMap<String, Point>>;

/// Something wrong in the file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Line of the file, from 1, its heading included.
    pub row: u64,
    pub column: &'static str,
    pub reason: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}, {}: {}", self.row, self.column, self.reason)
    }
}

#[derive(Deserialize)]
struct Line {
    indicator: String,
    zone: String,
    date: String,
    initial: String,
    actual: String,
    target: String,
}

pub fn indicators(file: impl Read) -> serde_json::Result<Vec<Indicator>> {
    serde_json::from_reader(file)
}

/// Reads all lines; what is wrong is told line by line, and such a line brings nothing.
pub fn measures(file: impl Read, known: &BTreeSet<&str>) -> (Measures, Vec<Fault>) {
    let (mut measures, mut faults) = (Measures::new(), Vec::new());
    for (place, line) in csv::Reader::from_reader(file).into_deserialize::<Line>().enumerate() {
        let row = place as u64 + 2;
        let mut told = Vec::new();
        match line {
            Ok(line) => {
                let point = read(&line, known, |column, reason| told.push(Fault { row, column, reason }));
                if let (Some((territory, point)), true) = (point, told.is_empty()) {
                    let days = measures.entry((line.indicator, territory)).or_default();
                    if days.insert(line.date, point).is_some() {
                        told.push(Fault {
                            row,
                            column: "date",
                            reason: "said twice for this day".to_owned(),
                        });
                    }
                }
            }
            Err(cause) => told.push(Fault { row, column: "line", reason: cause.to_string() }),
        }
        faults.extend(told);
    }
    (measures, faults)
}

fn read(
    line: &Line,
    known: &BTreeSet<&str>,
    mut wrong: impl FnMut(&'static str, String),
) -> Option<(String, Point)> {
    if !known.contains(line.indicator.as_str()) {
        wrong("indicator", format!("{:?} is not in indicators.json", line.indicator));
    }
    if chrono::NaiveDate::parse_from_str(&line.date, "%Y-%m-%d").is_err() || line.date.len() != 10 {
        wrong("date", format!("{:?} is not a date such as 2023-12-01", line.date));
    }
    let mut number = |column, text: &str| {
        if text.is_empty() {
            return None;
        }
        let value = decimal(text);
        if value.is_none() {
            wrong(column, format!("{text:?} is not a number such as 57.4"));
        }
        value
    };
    let point = Point {
        initial: number("initial", &line.initial),
        actual: number("actual", &line.actual),
        target: number("target", &line.target),
    };
    let territory = territory(&line.zone);
    if territory.is_none() {
        wrong("zone", format!("{:?} is none of FRANCE, R and a region, D and a department", line.zone));
    }
    Some((territory?, point))
}

/// Code of a zone in the network: `D2A` is `DEP-2A`, `R76` is `REG-76`, `FRANCE` is `FR`.
pub fn territory(zone: &str) -> Option<String> {
    let is_code =
        |code: &str| (2..=3).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match zone.split_at_checked(1)? {
        ("D", code) if is_code(code) => Some(format!("DEP-{code}")),
        ("R", code) if is_code(code) => Some(format!("REG-{code}")),
        _ => (zone == "FRANCE").then(|| "FR".to_owned()),
    }
}

/// Exact, whether it is written `57.4`, `1e-05` or `0.0`.
fn decimal(text: &str) -> Option<Decimal> {
    let value = text.parse::<Decimal>().or_else(|_| Decimal::from_scientific(text)).ok()?;
    Some(value.normalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "indicator,zone,level,date,initial,actual,target,rate\n";

    #[test]
    fn zones_are_territories() {
        for (zone, code) in [
            ("D01", Some("DEP-01")),
            ("D2A", Some("DEP-2A")),
            ("D974", Some("DEP-974")),
            ("R84", Some("REG-84")),
            ("R01", Some("REG-01")),
            ("FRANCE", Some("FR")),
            ("", None),
            ("D", None),
            ("X01", None),
            ("D1;", None),
            ("é01", None),
            ("france", None),
        ] {
            assert_eq!(territory(zone).as_deref(), code, "{zone}");
        }
    }

    #[test]
    fn lines_of_one_series_meet() {
        let file = format!(
            "{HEAD}IND-1,D01,DEPT,2022-09-01,57.4,57.40,,\nIND-1,D01,DEPT,2026-12-01,,,64.5,\nIND-1,FRANCE,NAT,2023-01-01,,0.0,,\n"
        );
        let (measures, faults) = measures(file.as_bytes(), &BTreeSet::from(["IND-1"]));
        assert_eq!(faults, []);
        assert_eq!(measures.len(), 2);
        let ain = &measures[&("IND-1".to_owned(), "DEP-01".to_owned())];
        let first = Point { initial: decimal("57.4"), actual: decimal("57.4"), target: None };
        assert_eq!(ain["2022-09-01"], first);
        assert_eq!(ain["2022-09-01"].actual.map(|value| value.to_string()), Some("57.4".to_owned()));
        assert_eq!(ain["2026-12-01"].target, decimal("64.5"));
    }

    #[test]
    fn every_fault_names_its_line_and_column() {
        let file = format!(
            "{HEAD}IND-9,D01,DEPT,2022-09-01,1,,,\nIND-1,Z1,DEPT,2022-02-30,x,,,\nIND-1,D01,DEPT,2022-09-01,1,,,\nIND-1,D01,DEPT,2022-09-01,2,,,\nIND-1,D01\n"
        );
        let (measures, faults) = measures(file.as_bytes(), &BTreeSet::from(["IND-1"]));
        let places: Vec<_> = faults.iter().map(|fault| (fault.row, fault.column)).collect();
        assert_eq!(
            places,
            [(2, "indicator"), (3, "date"), (3, "initial"), (3, "zone"), (5, "date"), (6, "line")]
        );
        assert_eq!(measures.len(), 1);
    }
}
