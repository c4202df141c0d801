//! Interests that count today between some organizations: declared by them or by their members, or shown by the books.

use crate::{Result, authz::Store};
use chrono::{DateTime, Months, Utc};
use entity::{
    At,
    codes::{CodeList, InterestNature, LedgerKind},
    contracts::ledger_entry,
    ids::{ContractId, OrganizationId, UserId},
    interests::interest,
};
use sea_orm::{ColumnTrait, Condition};
use std::collections::{BTreeMap, BTreeSet};

/// Nature of what nobody needs to declare: the books show it.
pub const FUNDED: &str = "FUNDED_WITHIN_3_YEARS";

/// For how long money received is an interest (BR-3).
const MONTHS: u32 = 36;

/// An organization, the one it has an interest in, and the nature of the interest.
pub type Known = (OrganizationId, OrganizationId, String);

/// Who has to be independent of whom, and who belongs to them.
pub struct Asked<'a> {
    pub judging: &'a BTreeSet<OrganizationId>,
    pub judged: &'a BTreeSet<OrganizationId>,
    pub seats: &'a [(UserId, OrganizationId)],
    /// Contract at hand: what it pays to its own evaluator is no interest.
    pub within: Option<ContractId>,
}

/// All that is known, in three statements. The store is a part of the system's: who asks need not see why.
pub async fn known(system: &Store, asked: &Asked<'_>) -> Result<Vec<Known>> {
    let mut known = declared(system, asked).await?;
    known.extend(funded(system, asked).await?);
    known.sort();
    known.dedup();
    Ok(known)
}

async fn declared(system: &Store, asked: &Asked<'_>) -> Result<Vec<Known>> {
    use interest::Column::{AgainstId, OrganizationId as Declarer, UserId as Person};
    let sides: BTreeSet<OrganizationId> = asked.judging.union(asked.judged).copied().collect();
    let people: BTreeSet<UserId> = asked.seats.iter().map(|(person, _)| *person).collect();
    let by = Condition::any().add(Declarer.is_in(sides.iter().copied())).add(Person.is_in(people));
    let rows = system.see::<interest::Entity>().filter(AgainstId.is_in(sides)).filter(by).all().await?;
    let now = system.now();
    let mut known = Vec::new();
    for row in rows.iter().filter(|row| counts(row, now)) {
        let places = asked.seats.iter().filter(|(person, _)| row.user_id == Some(*person));
        let declarers = row.organization_id.into_iter().chain(places.map(|(_, place)| *place));
        known.extend(
            declarers
                .filter(|declarer| *declarer != row.against_id)
                .map(|declarer| (declarer, row.against_id, row.nature.code().to_owned())),
        );
    }
    Ok(known)
}

/// Whether a declaration counts today; money counts for three years more. Dates count as far as they are known.
fn counts(row: &interest::Model, now: At) -> bool {
    let today = day(now, 0);
    let since = if row.nature == InterestNature::Funding { day(now, MONTHS) } else { today.clone() };
    let known = |date: &str, limit: &str| limit.get(..date.len()).map(str::to_owned);
    let has_begun = row.from_on.as_ref().is_none_or(|from| Some(from.clone()) <= known(from, &today));
    let is_over = row.to_on.as_ref().is_some_and(|to| Some(to.clone()) < known(to, &since));
    has_begun && !is_over
}

/// Day so many months before an instant.
fn day(at: At, months: u32) -> String {
    let then = DateTime::<Utc>::from_timestamp_micros(at.0).unwrap_or_default();
    let then = then.checked_sub_months(Months::new(months)).unwrap_or(then);
    then.format("%Y-%m-%d").to_string()
}

fn months_before(at: At, months: u32) -> At {
    let then = DateTime::<Utc>::from_timestamp_micros(at.0).unwrap_or_default();
    At(then.checked_sub_months(Months::new(months)).unwrap_or(then).timestamp_micros())
}

/// Money of other contracts: one side was paid there, the other had paid in. Repaid capital is nobody's gift.
async fn funded(system: &Store, asked: &Asked<'_>) -> Result<Vec<Known>> {
    use ledger_entry::Column::{At as When, ContractId as Of, CreditId, DebitId, Kind};
    let since = months_before(system.now(), MONTHS);
    let recent = || {
        let elsewhere = Condition::all().add(When.gte(since));
        asked.within.map_or(elsewhere.clone(), |contract| elsewhere.add(Of.ne(contract)))
    };
    let paid = [LedgerKind::Fee, LedgerKind::ServicePayment, LedgerKind::Premium, LedgerKind::Remainder];
    let gained = recent().add(DebitId.is_in(asked.judging.iter().copied())).add(Kind.is_in(paid));
    let gained = system.see::<ledger_entry::Entity>().filter(gained).all().await?;
    if gained.is_empty() {
        return Ok(Vec::new());
    }
    let contracts: BTreeSet<ContractId> = gained.iter().map(|entry| entry.contract_id).collect();
    let given = recent().add(CreditId.is_in(asked.judged.iter().copied())).add(Of.is_in(contracts));
    let given = system.see::<ledger_entry::Entity>().filter(given).all().await?;
    let mut givers: BTreeMap<ContractId, BTreeSet<OrganizationId>> = BTreeMap::new();
    for entry in given {
        givers.entry(entry.contract_id).or_default().extend(entry.credit_id);
    }
    let mut known = Vec::new();
    for entry in gained {
        let givers = givers.get(&entry.contract_id).into_iter().flatten();
        let pairs =
            entry.debit_id.into_iter().flat_map(|gainer| givers.clone().map(move |giver| (gainer, *giver)));
        known.extend(
            pairs
                .filter(|(gainer, giver)| gainer != giver)
                .map(|(gainer, giver)| (gainer, giver, FUNDED.to_owned())),
        );
    }
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use entity::ids::InterestId;

    fn row(nature: InterestNature, from: Option<&str>, to: Option<&str>) -> interest::Model {
        interest::Model {
            id: InterestId::fresh(),
            organization_id: Some(OrganizationId::fresh()),
            user_id: None,
            against_id: OrganizationId::fresh(),
            nature,
            from_on: from.map(str::to_owned),
            to_on: to.map(str::to_owned),
            detail: None,
            version: 1,
            created_at: At(0),
            updated_at: At(0),
        }
    }

    #[test]
    fn money_counts_for_three_years_and_the_rest_while_it_lasts() {
        use InterestNature::{Employment, Funding};
        // 15 June 2026.
        let now = At(1_781_481_600_000_000);
        assert_eq!((day(now, 0).as_str(), day(now, MONTHS).as_str()), ("2026-06-15", "2023-06-15"));
        for (nature, from, to, expected) in [
            (Employment, None, None, true),
            (Employment, Some("2026"), None, true),
            (Employment, Some("2027"), None, false),
            (Employment, None, Some("2026-06-15"), true),
            (Employment, None, Some("2026-06-14"), false),
            (Employment, None, Some("2026"), true),
            (Funding, Some("2020"), Some("2023-06-15"), true),
            (Funding, Some("2020"), Some("2023-06-14"), false),
            (Funding, Some("2020"), Some("2023"), true),
            (Funding, Some("2020"), Some("2022-12"), false),
        ] {
            assert_eq!(counts(&row(nature, from, to), now), expected, "{nature} {from:?} {to:?}");
        }
    }
}
