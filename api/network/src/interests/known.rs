//! Interests that count today between some organizations: declared by them or by their members, or shown by the books.

use chrono::{DateTime, Months, Utc};
use door::{Result, authz::Store};
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
    Ok(Sources::read(system, std::slice::from_ref(asked)).await?.known(asked))
}

/// What is known of interests that several questions ask for, read at once.
pub struct Sources {
    now: At,
    declared: Vec<interest::Model>,
    gained: Vec<ledger_entry::Model>,
    given: Vec<ledger_entry::Model>,
}

impl Sources {
    /// Three statements, whatever the number of questions.
    pub async fn read(system: &Store, asked: &[Asked<'_>]) -> Result<Self> {
        use interest::Column::{AgainstId, OrganizationId as Declarer, UserId as Person};
        use ledger_entry::Column::{At as When, ContractId as Of, CreditId, DebitId, Kind};
        let judging: BTreeSet<OrganizationId> = asked.iter().flat_map(|one| one.judging).copied().collect();
        let judged: BTreeSet<OrganizationId> = asked.iter().flat_map(|one| one.judged).copied().collect();
        let sides = || judging.union(&judged).copied();
        let people: BTreeSet<UserId> = asked.iter().flat_map(|one| one.seats).map(|seat| seat.0).collect();
        let by = Condition::any().add(Declarer.is_in(sides())).add(Person.is_in(people));
        let declared = system.see::<interest::Entity>().filter(AgainstId.is_in(sides())).filter(by).all();
        let declared = declared.await?;
        let now = system.now();
        let recent = || Condition::all().add(When.gte(months_before(now, MONTHS)));
        let paid = [LedgerKind::Fee, LedgerKind::ServicePayment, LedgerKind::Premium, LedgerKind::Remainder];
        let gained = recent().add(DebitId.is_in(judging.iter().copied())).add(Kind.is_in(paid));
        let gained = system.see::<ledger_entry::Entity>().filter(gained).all().await?;
        if gained.is_empty() {
            return Ok(Self { now, declared, gained, given: Vec::new() });
        }
        let contracts: BTreeSet<ContractId> = gained.iter().map(|entry| entry.contract_id).collect();
        let given = recent().add(CreditId.is_in(judged.iter().copied())).add(Of.is_in(contracts));
        let given = system.see::<ledger_entry::Entity>().filter(given).all().await?;
        Ok(Self { now, declared, gained, given })
    }

    /// What one question asks of them.
    pub fn known(&self, asked: &Asked<'_>) -> Vec<Known> {
        let mut known = self.declared(asked);
        known.extend(self.funded(asked));
        known.sort();
        known.dedup();
        known
    }

    fn declared(&self, asked: &Asked<'_>) -> Vec<Known> {
        let is_side = |place: &OrganizationId| asked.judging.contains(place) || asked.judged.contains(place);
        let mut known = Vec::new();
        for row in self.declared.iter().filter(|row| is_side(&row.against_id) && counts(row, self.now)) {
            let places = asked.seats.iter().filter(|(person, _)| row.user_id == Some(*person));
            let declarers = row.organization_id.into_iter().filter(is_side);
            let declarers = declarers.chain(places.map(|(_, place)| *place));
            known.extend(
                declarers
                    .filter(|declarer| *declarer != row.against_id)
                    .map(|declarer| (declarer, row.against_id, row.nature.code().to_owned())),
            );
        }
        known
    }

    /// Money of other contracts: one side was paid there, the other had paid in. Repaid capital is nobody's gift.
    fn funded(&self, asked: &Asked<'_>) -> Vec<Known> {
        let is_elsewhere = |entry: &&ledger_entry::Model| asked.within != Some(entry.contract_id);
        let mut givers: BTreeMap<ContractId, BTreeSet<OrganizationId>> = BTreeMap::new();
        for entry in self.given.iter().filter(is_elsewhere) {
            let giver = entry.credit_id.filter(|giver| asked.judged.contains(giver));
            givers.entry(entry.contract_id).or_default().extend(giver);
        }
        let mut known = Vec::new();
        for entry in self.gained.iter().filter(is_elsewhere) {
            let gainer = entry.debit_id.filter(|gainer| asked.judging.contains(gainer));
            let givers = givers.get(&entry.contract_id).into_iter().flatten();
            let pairs =
                gainer.into_iter().flat_map(|gainer| givers.clone().map(move |giver| (gainer, *giver)));
            known.extend(
                pairs
                    .filter(|(gainer, giver)| gainer != giver)
                    .map(|(gainer, giver)| (gainer, giver, FUNDED.to_owned())),
            );
        }
        known
    }
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
