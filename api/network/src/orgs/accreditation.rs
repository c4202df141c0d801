//! Accreditations and labels: held for a dated period.

use crate::{face::filter::OneOf, face::one_of};
use async_graphql::{InputObject, SimpleObject};
use door::{Error, Faults, Result, UserErrorCode};
use entity::{codes::AccreditationKind, orgs::accreditation};
use gql::scalars::{Date, DateTime};
use sea_orm::{ColumnTrait, Condition, Set};

/// Accreditation or label of an organization, as it declares it.
#[derive(Clone, Debug, SimpleObject)]
pub struct Accreditation {
    /// Which one.
    pub kind: AccreditationKind,
    /// Number or decision that grants it.
    pub reference: Option<String>,
    /// First day of the period; `null` when unknown.
    pub valid_from: Option<Date>,
    /// Last day of the period; `null` when it has no known end.
    pub valid_to: Option<Date>,
    /// Whether the period includes today, in UTC.
    pub is_current: bool,
}

impl Accreditation {
    pub fn of(row: accreditation::Model, today: &str) -> Self {
        let is_current = includes(row.valid_from.as_deref(), row.valid_to.as_deref(), today);
        let accreditation::Model { kind, reference, valid_from, valid_to, .. } = row;
        Self { kind, reference, valid_from: valid_from.map(Date), valid_to: valid_to.map(Date), is_current }
    }
}

/// Day of an instant in UTC, as dates are stored.
pub fn day(at: entity::At) -> String {
    DateTime(at.0).text().chars().take(10).collect()
}

/// Whether a period includes a day; an end that is not known is open.
fn includes(from: Option<&str>, to: Option<&str>, day: &str) -> bool {
    from.is_none_or(|from| from <= day) && to.is_none_or(|to| day <= to)
}

/// Accreditation or label of an organization.
#[derive(Clone, Debug, InputObject)]
pub struct AccreditationInput {
    /// Which one.
    pub kind: AccreditationKind,
    /// Number or decision that grants it; at most 200 characters.
    pub reference: Option<String>,
    /// First day of the period.
    pub valid_from: Option<Date>,
    /// Last day of the period; not before the first.
    pub valid_to: Option<Date>,
}

/// Rows of a list of accreditations, with what is wrong with it.
pub fn rows_of(asked: Vec<AccreditationInput>, faults: &mut Faults) -> Vec<accreditation::ActiveModel> {
    if asked.len() > 30 {
        faults.add(
            UserErrorCode::TooLong,
            &["input", "accreditations"],
            "At most 30 accreditations, please.",
        );
    }
    let rows = (0..).zip(asked.into_iter().take(30)).map(|(position, item): (i32, _)| {
        let place = position.to_string();
        let (from, to) = (item.valid_from.map(|date| date.0), item.valid_to.map(|date| date.0));
        if let (Some(from), Some(to)) = (&from, &to)
            && to < from
        {
            let path = ["input", "accreditations", &place, "validTo"];
            faults.add(UserErrorCode::OutOfRange, &path, "The last day may not come before the first.");
        }
        let path = ["input", "accreditations", &place, "reference"];
        accreditation::ActiveModel {
            position: Set(position),
            kind: Set(item.kind),
            reference: Set(faults.text(item.reference, &path, 200)),
            valid_from: Set(from),
            valid_to: Set(to),
            ..Default::default()
        }
    });
    rows.collect()
}

/// Conditions on one accreditation; all that are given have to hold of the same one.
#[derive(Clone, Debug, InputObject)]
pub struct AccreditationFilter {
    /// By kind.
    pub kind: Option<OneOf<AccreditationKind>>,
    /// Held on this day; an unknown first or last day counts as open.
    pub current_on: Option<Date>,
}

impl AccreditationFilter {
    pub fn condition(&self) -> Result<Condition> {
        use accreditation::Column::{Kind, ValidFrom, ValidTo};
        let mut all = Condition::all();
        if self.kind.is_none() && self.current_on.is_none() {
            return Err(Error::bad_input("`accreditation` needs `kind`, `currentOn` or both."));
        }
        if let Some(kind) = &self.kind {
            all = all.add(one_of("accreditation.kind", kind, Kind, |code| Ok((*code).into()))?);
        }
        if let Some(Date(day)) = &self.current_on {
            all = all
                .add(Condition::any().add(ValidFrom.is_null()).add(ValidFrom.lte(day)))
                .add(Condition::any().add(ValidTo.is_null()).add(ValidTo.gte(day)));
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_includes_its_first_and_last_day() {
        for (from, to, held) in [
            (None, None, true),
            (Some("2026-11-22"), None, true),
            (Some("2026-11-23"), None, false),
            (None, Some("2026-11-22"), true),
            (None, Some("2026-11-21"), false),
            (Some("2026-11-22"), Some("2026-11-22"), true),
            (Some("2021-01-01"), Some("2026-01-01"), false),
        ] {
            assert_eq!(includes(from, to, "2026-11-22"), held, "{from:?} {to:?}");
        }
        assert_eq!(day(entity::At(1_795_305_600_000_000)), "2026-11-22");
    }
}
