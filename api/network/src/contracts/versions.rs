//! Versions of a contract: what is in one, how its hash comes about, and what an amendment does to tariffs.

use super::{
    days,
    sheet::{Line, Sheet},
};
use async_graphql::{ID, SimpleObject};
use door::{Result, authz::Store};
use entity::{
    codes::{AmendmentReason, CodeList, VersionState},
    contracts::{contract, contract_investment, contract_party, contract_signature, contract_version},
};
use gql::scalars::{Date, DateTime};
use payment::{self, terms::Tariff};
use serde_json::{Value, json};

/// What the parties agree on at one point in time; it never changes.
#[derive(Clone, Debug, SimpleObject)]
pub struct ContractVersion {
    /// Id, `cve_…`.
    pub id: ID,
    /// Number, from 1.
    pub number: i32,
    /// SHA-256 of the canonical content; what a signature is of.
    pub hash: String,
    /// Canonical content: JSON with sorted keys, as it was hashed.
    pub content: String,
    /// State of the version.
    pub state: VersionState,
    /// Why it amends the one before.
    pub reason: Option<AmendmentReason>,
    /// First day of periods it applies to; from the start if `null`.
    pub effective_from: Option<Date>,
    /// Whether earlier periods are computed anew (rule BR-15).
    pub recomputes: bool,
    /// When it was frozen.
    pub frozen_at: DateTime,
    /// When the last party signed.
    pub signed_at: Option<DateTime>,
    /// Signatures so far; at most 100.
    pub signatures: Vec<ContractSignature>,
}

/// Signature of a version by a party.
#[derive(Clone, Debug, SimpleObject)]
pub struct ContractSignature {
    /// Party that signed.
    pub party_id: ID,
    /// When.
    pub at: DateTime,
    /// Hash that was signed.
    pub hash: String,
}

pub async fn of(store: &Store, contract: &contract::Model) -> Result<Vec<ContractVersion>> {
    let (mut versions, signatures) = futures_util::try_join!(
        store.parts::<contract_version::Entity>(contract.id),
        store.parts::<contract_signature::Entity>(contract.id),
    )?;
    versions.sort_by_key(|version| version.number);
    Ok(versions.into_iter().map(|version| show(version, &signatures)).collect())
}

fn show(version: contract_version::Model, signatures: &[contract_signature::Model]) -> ContractVersion {
    let mine = signatures.iter().filter(|signature| signature.version_id == version.id);
    let mut content = String::new();
    payment::canonical(&version.content, &mut content);
    ContractVersion {
        signatures: mine
            .map(|signature| ContractSignature {
                party_id: signature.party_id.to_string().into(),
                at: DateTime(signature.at.0),
                hash: signature.hash.clone(),
            })
            .collect(),
        id: version.id.to_string().into(),
        number: version.number,
        hash: version.hash,
        content,
        state: version.state,
        reason: version.reason,
        effective_from: version.effective_from.map(Date),
        recomputes: version.recomputes,
        frozen_at: DateTime(version.frozen_at.0),
        signed_at: version.signed_at.map(|at| DateTime(at.0)),
    }
}

/// All that is signed.
pub fn content(
    contract: &contract::Model,
    sheet: &Sheet,
    parties: &[contract_party::Model],
    investments: &[contract_investment::Model],
) -> Result<Value> {
    let mut present: Vec<&contract_party::Model> =
        parties.iter().filter(|party| party.until.is_none()).collect();
    present.sort_by_key(|party| party.id);
    let mut tranches: Vec<&contract_investment::Model> = investments.iter().collect();
    tranches.sort_by_key(|tranche| tranche.id);
    Ok(json!({
        "contract": {
            "id": contract.id.to_string(),
            "title": contract.title,
            "structure": contract.structure.code(),
            "currency": contract.currency,
            "cap": contract.cap_minor,
            "acceptsUnfunded": contract.accepts_unfunded,
            "contestationDays": contract.contestation_days,
            "secondPersonAbove": contract.second_person_minor,
            "feesFirst": contract.fees_first_minor,
            "recycled": contract.recycled_minor,
            "premium": contract.premium_minor,
            "serviceStartsOn": contract.service_starts_on,
            "serviceEndsOn": contract.service_ends_on,
        },
        "parties": present.iter().map(|party| json!({
            "id": party.id.to_string(),
            "organization": party.organization_id.to_string(),
            "role": party.role.code(),
            "isLead": party.is_lead,
            "isSignatory": party.is_signatory,
            "maxCommitment": party.max_commitment_minor,
            "territory": party.territory,
            "fee": party.fee_minor,
            "position": party.position,
            "waivesConflicts": party.waives_conflicts,
        })).collect::<Vec<_>>(),
        "investments": tranches.iter().map(|tranche| json!({
            "id": tranche.id.to_string(),
            "party": tranche.party_id.to_string(),
            "rank": tranche.rank,
            "instrument": tranche.instrument.code(),
            "committed": tranche.committed_minor,
            "coupon": tranche.coupon_ppm,
            "returnCapKind": tranche.return_cap_kind.map(CodeList::code),
            "returnCap": tranche.return_cap_ppm,
            "maxLoss": tranche.max_loss_ppm,
        })).collect::<Vec<_>>(),
        "terms": sheet.json()?,
        "disclosure": contract.disclosure,
    }))
}

/// Terms after an amendment for periods from a day on: what was priced before stays so until the day before.
pub fn amended(before: &Sheet, after: Sheet, from: &str) -> Sheet {
    let last = days::before(from);
    let metrics = after.metrics.into_iter().map(|mut line| {
        let old = before.metrics.iter().find(|old| old.metric.code == line.metric.code);
        if let Some(old) = old.filter(|old| old.metric.tariffs != line.metric.tariffs) {
            let ended = old.metric.tariffs.iter().cloned().filter_map(|tariff| until(tariff, &last));
            let begun =
                std::mem::take(&mut line.metric.tariffs).into_iter().map(|tariff| since(tariff, from));
            line.metric.tariffs = ended.chain(begun).collect();
        }
        line
    });
    let mut metrics: Vec<Line> = metrics.collect();
    // A metric that is no longer there keeps its price for what was achieved before.
    for old in &before.metrics {
        if !metrics.iter().any(|line| line.metric.code == old.metric.code) {
            let mut line = old.clone();
            line.metric.tariffs =
                line.metric.tariffs.into_iter().filter_map(|tariff| until(tariff, &last)).collect();
            metrics.push(line);
        }
    }
    Sheet { metrics, ..after }
}

fn until(mut tariff: Tariff, last: &str) -> Option<Tariff> {
    if tariff.valid_from.as_deref().is_some_and(|from| from > last) {
        return None;
    }
    if tariff.valid_to.as_deref().is_none_or(|to| to > last) {
        tariff.valid_to = Some(last.to_owned());
    }
    Some(tariff)
}

fn since(mut tariff: Tariff, from: &str) -> Tariff {
    if tariff.valid_from.as_deref().is_none_or(|given| given < from) {
        tariff.valid_from = Some(from.to_owned());
    }
    tariff
}

#[cfg(test)]
mod tests {
    use super::*;
    use payment::terms::{Metric, Price};

    fn sheet(price: i64) -> Sheet {
        let tariff = Tariff {
            payer: None,
            price: Price::UnitPrice { price },
            metric_cap: None,
            gate: None,
            valid_from: None,
            valid_to: None,
        };
        let metric = Metric { code: "a".into(), tariffs: vec![tariff], ..Metric::default() };
        Sheet { metrics: vec![Line { metric, ..Line::default() }], ..Sheet::default() }
    }

    #[test]
    fn an_amended_tariff_begins_where_the_old_one_ends() {
        let after = amended(&sheet(700), sheet(900), "2026-07-01");
        let tariffs = &after.metrics[0].metric.tariffs;
        assert_eq!(tariffs.len(), 2);
        assert_eq!(
            (tariffs[0].valid_to.as_deref(), tariffs[1].valid_from.as_deref()),
            (Some("2026-06-30"), Some("2026-07-01"))
        );
        assert_eq!(amended(&sheet(700), sheet(700), "2026-07-01"), sheet(700), "what does not change stays");
    }
}
