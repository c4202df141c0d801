//! Measurements as lines of a CSV file: what is written reads back as the same. Pure.
//!
//! Cells are `dimension=category:people:value`, separated by `;`; a backslash goes before `;`, `=`, `:` and itself within
//! a name. Texts that a spreadsheet would take for a formula get an apostrophe before them, and lose it on the way in.

use super::input::{MeasurementCellInput, MeasurementInput};
use crate::evidence::asked::exact;
use async_graphql::{ScalarType, Value};
use entity::{
    codes::{CodeList, DataSource},
    evidence::measurement,
};
use gql::scalars::{Date, Decimal, Url};
use std::fmt::Write;

/// Columns in their order. `indicator` and `state` are for readers; they are not read back.
pub const COLUMNS: [&str; 21] = [
    "id",
    "use_id",
    "indicator",
    "state",
    "period_start",
    "period_end",
    "value",
    "qualitative",
    "unique_people",
    "claims",
    "units",
    "numerator",
    "denominator",
    "method",
    "sample_size",
    "confidence_low",
    "confidence_high",
    "data_source",
    "is_disjoint",
    "evidence",
    "comment",
];

/// Column of the cells, after all others.
pub const CELLS: &str = "cells";

/// Something wrong in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Line of the file, from 1, its heading included.
    pub row: usize,
    pub column: String,
    pub reason: String,
}

/// A line as it was read.
#[derive(Clone, Debug)]
pub struct Line {
    /// Line of the file, from 1.
    pub row: usize,
    pub id: Option<String>,
    pub use_id: String,
    pub measurement: MeasurementInput,
}

/// A cell as the reader may see it: dimension, category, people, value.
pub type Cell = (String, String, Option<i64>, Option<String>);

/// The heading and a line for each measurement; what the reader may not see is empty.
pub fn write(rows: &[(measurement::Model, String, Vec<Cell>)]) -> anyhow::Result<String> {
    let mut file = csv::Writer::from_writer(Vec::new());
    file.write_record(COLUMNS.iter().chain([&CELLS]))?;
    for (row, indicator, cells) in rows {
        let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
        let said = |text: &Option<String>| text.clone().unwrap_or_default();
        let addresses = row.evidence.as_array().into_iter().flatten().filter_map(serde_json::Value::as_str);
        file.write_record([
            row.id.to_string(),
            row.use_id.to_string(),
            shielded(indicator),
            row.state.code().to_owned(),
            row.period_start.clone(),
            row.period_end.clone(),
            said(&row.value),
            shielded(&said(&row.qualitative)),
            number(row.unique_people),
            number(row.claims),
            said(&row.units),
            said(&row.numerator),
            said(&row.denominator),
            shielded(&said(&row.method)),
            number(row.sample_size),
            said(&row.confidence_low),
            said(&row.confidence_high),
            row.data_source.code().to_owned(),
            row.is_disjoint.to_string(),
            addresses.collect::<Vec<_>>().join(" "),
            shielded(&said(&row.comment)),
            shielded(&write_cells(cells)),
        ])?;
    }
    Ok(String::from_utf8(file.into_inner().map_err(|fault| anyhow::anyhow!("{fault}"))?)?)
}

fn shielded(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\'']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn unshielded(text: &str) -> String {
    text.strip_prefix('\'').unwrap_or(text).to_owned()
}

fn write_cells(cells: &[Cell]) -> String {
    let mut text = String::new();
    for (dimension, category, people, value) in cells {
        if !text.is_empty() {
            text.push(';');
        }
        let people = people.map(|people| people.to_string()).unwrap_or_default();
        let value = value.as_deref().unwrap_or_default();
        let _ = write!(text, "{}={}:{people}:{value}", escaped(dimension), escaped(category));
    }
    text
}

fn escaped(name: &str) -> String {
    name.chars()
        .flat_map(|letter| ";=:\\".contains(letter).then_some('\\').into_iter().chain([letter]))
        .collect()
}

/// Parts of a text between separators that have no backslash before them; the backslashes stay.
fn parts(text: &str, separator: char) -> Vec<&str> {
    let (mut found, mut start, mut is_escaped) = (Vec::new(), 0, false);
    for (place, letter) in text.char_indices() {
        if letter == separator && !is_escaped {
            found.extend(text.get(start..place));
            start = place + letter.len_utf8();
        }
        is_escaped = letter == '\\' && !is_escaped;
    }
    found.extend(text.get(start..));
    found
}

fn plain(name: &str) -> String {
    let mut letters = name.chars();
    let mut text = String::new();
    while let Some(letter) = letters.next() {
        text.extend(if letter == '\\' { letters.next() } else { Some(letter) });
    }
    text
}

fn read_cells(text: &str) -> Result<Vec<MeasurementCellInput>, String> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let wrong = |cell: &str| format!("{cell:?} is not dimension=category:people:value");
    let read = |cell: &str| {
        let [dimension, rest] = parts(cell, '=')[..] else { return Err(wrong(cell)) };
        let [category, people, value] = parts(rest, ':')[..] else { return Err(wrong(cell)) };
        Ok(MeasurementCellInput {
            dimension: plain(dimension),
            category: plain(category),
            people: optional(people, whole)?,
            value: optional(value, scalar::<Decimal>)?,
        })
    };
    parts(text, ';').into_iter().map(read).collect()
}

fn scalar<S: ScalarType>(text: &str) -> Result<S, String> {
    S::parse(Value::String(text.to_owned())).map_err(|_| format!("{text:?} does not have the right form"))
}

fn whole(text: &str) -> Result<i32, String> {
    text.parse().map_err(|_| format!("{text:?} is not a whole number"))
}

fn optional<T>(text: &str, read: impl FnOnce(&str) -> Result<T, String>) -> Result<Option<T>, String> {
    if text.is_empty() { Ok(None) } else { read(text).map(Some) }
}

/// All lines, good and bad: every fault is told, with its line and column. Columns may stand in any order.
pub fn read(text: &str, most: usize) -> (Vec<Line>, Vec<Fault>) {
    let (mut lines, mut faults) = (Vec::new(), Vec::new());
    let mut file =
        csv::ReaderBuilder::new().flexible(true).from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let heading: Vec<String> = match file.headers() {
        Ok(heading) => heading.iter().map(|name| name.trim().to_owned()).collect(),
        Err(fault) => {
            faults.push(Fault { row: 1, column: "line".to_owned(), reason: fault.to_string() });
            return (lines, faults);
        }
    };
    for name in &heading {
        if !COLUMNS.contains(&name.as_str()) && name != CELLS {
            faults.push(Fault {
                row: 1,
                column: name.clone(),
                reason: "There is no such column.".to_owned(),
            });
        }
    }
    for needed in ["use_id", "period_start", "period_end", "data_source"] {
        if !heading.iter().any(|name| name == needed) {
            faults.push(Fault {
                row: 1,
                column: needed.to_owned(),
                reason: "This column is missing.".to_owned(),
            });
        }
    }
    if !faults.is_empty() {
        return (lines, faults);
    }
    for (place, record) in file.records().enumerate() {
        let row = place + 2;
        if place == most {
            let reason = format!("The file has more than {most} measurements; send them in parts.");
            faults.push(Fault { row, column: "line".to_owned(), reason });
            break;
        }
        match record {
            Ok(record) if record.len() == heading.len() => {
                let text = |column: &str| {
                    let place = heading.iter().position(|name| name == column);
                    place.and_then(|place| record.get(place)).unwrap_or_default().trim()
                };
                let mut told = Vec::new();
                let line = read_line(row, text, |column, reason| {
                    told.push(Fault { row, column: column.to_owned(), reason });
                });
                if told.is_empty() {
                    lines.extend(line);
                }
                faults.extend(told);
            }
            Ok(record) => {
                let reason = format!("{} fields, where the heading has {}.", record.len(), heading.len());
                faults.push(Fault { row, column: "line".to_owned(), reason });
            }
            Err(fault) => faults.push(Fault { row, column: "line".to_owned(), reason: fault.to_string() }),
        }
    }
    (lines, faults)
}

fn read_line<'t>(
    row: usize,
    text: impl Fn(&str) -> &'t str,
    mut wrong: impl FnMut(&str, String),
) -> Option<Line> {
    macro_rules! field {
        ($column:literal, $read:expr) => {
            match $read(text($column)) {
                Ok(value) => Some(value),
                Err(reason) => {
                    wrong($column, reason);
                    None
                }
            }
        };
    }
    let decimal =
        |text: &str| optional(text, |text| scalar::<Decimal>(text).map(|value| Decimal(exact(&value.0))));
    let count = |text: &str| optional(text, whole);
    let said = |text: &str| Some(unshielded(text)).filter(|text| !text.is_empty());
    let truth = |text: &str| match text {
        "" | "false" => Ok(false),
        "true" => Ok(true),
        _ => Err(format!("{text:?} is not true or false")),
    };
    let source = |text: &str| {
        text.parse::<DataSource>().map_err(|_| {
            let known: Vec<_> = DataSource::all().map(CodeList::code).collect();
            format!("{text:?} is none of {}", known.join(", "))
        })
    };
    let addresses = |text: &str| text.split_whitespace().map(scalar::<Url>).collect::<Result<Vec<_>, _>>();
    let period_start = field!("period_start", scalar::<Date>);
    let period_end = field!("period_end", scalar::<Date>);
    let value = field!("value", decimal);
    let unique_people = field!("unique_people", count);
    let claims = field!("claims", count);
    let units = field!("units", decimal);
    let numerator = field!("numerator", decimal);
    let denominator = field!("denominator", decimal);
    let sample_size = field!("sample_size", count);
    let confidence_low = field!("confidence_low", decimal);
    let confidence_high = field!("confidence_high", decimal);
    let data_source = field!("data_source", source);
    let is_disjoint = field!("is_disjoint", truth);
    let evidence = field!("evidence", addresses);
    let cells = field!("cells", |text: &str| read_cells(&unshielded(text)));
    Some(Line {
        row,
        id: Some(text("id").to_owned()).filter(|id| !id.is_empty()),
        use_id: text("use_id").to_owned(),
        measurement: MeasurementInput {
            period_start: period_start?,
            period_end: period_end?,
            value: value?,
            qualitative: said(text("qualitative")),
            unique_people: unique_people?,
            claims: claims?,
            units: units?,
            numerator: numerator?,
            denominator: denominator?,
            method: said(text("method")),
            sample_size: sample_size?,
            confidence_low: confidence_low?,
            confidence_high: confidence_high?,
            data_source: data_source?,
            evidence: Some(evidence?),
            comment: said(text("comment")),
            is_disjoint: is_disjoint?,
            cells: Some(cells?),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_read_back_whatever_they_are_called() {
        let cells: Vec<Cell> = vec![
            ("age".to_owned(), "-25".to_owned(), Some(5), None),
            ("a=b:c;d\\".to_owned(), "x:y".to_owned(), None, Some("4.5".to_owned())),
        ];
        let read = read_cells(&write_cells(&cells)).unwrap();
        let back: Vec<Cell> = read
            .into_iter()
            .map(|cell| {
                (cell.dimension, cell.category, cell.people.map(i64::from), cell.value.map(|value| value.0))
            })
            .collect();
        assert_eq!(back, cells);
        assert!(read_cells("age=x").is_err());
    }

    #[test]
    fn formulas_are_shielded_and_come_back() {
        for text in ["=1+1", "-3", "@x", "'quoted", "plain", ""] {
            assert_eq!(unshielded(&shielded(text)), text);
        }
        assert_eq!(shielded("=1+1"), "'=1+1");
    }

    #[test]
    fn every_fault_names_its_line_and_column() {
        let file = "use_id,period_start,period_end,data_source,value,unique_people,cells\n\
            use_1,2025-01-01,2025-12-31,SURVEY,4,3,\n\
            use_1,2025-13-01,2025-12-31,survey,4,many,age\n\
            use_1,2025-01-01\n";
        let (lines, faults) = read(file, 10);
        let places: Vec<_> = faults.iter().map(|fault| (fault.row, fault.column.as_str())).collect();
        let expected =
            [(3, "period_start"), (3, "unique_people"), (3, "data_source"), (3, "cells"), (4, "line")];
        assert_eq!((lines.len(), places), (1, expected.to_vec()));
        let (_, faults) = read("use_id,wrong\n", 10);
        let columns: Vec<_> = faults.iter().map(|fault| fault.column.as_str()).collect();
        assert_eq!(columns, ["wrong", "period_start", "period_end", "data_source"]);
        assert_eq!(read(file, 1).1.last().map(|fault| fault.row), Some(3));
    }
}
