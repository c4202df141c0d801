//! What staff and evaluators read of organizations they do not belong to, written down for those organizations.

use super::Store;
use crate::Result;
use entity::{
    audit::audit_event,
    ids::{AuditEventId, EvidenceDocumentId, Key, OrganizationId},
};
use sea_orm::{EntityTrait, Set};
use std::collections::BTreeMap;

impl Store {
    /// Writes one event for each organization and subject; to be awaited before the answer leaves.
    pub async fn record_intrusions(&self) -> Result<()> {
        let mut read: BTreeMap<(OrganizationId, String), Vec<&'static str>> = BTreeMap::new();
        for (organization, subject, coordinate) in self.take_intrusions() {
            read.entry((organization, subject)).or_default().push(coordinate);
        }
        if read.is_empty() {
            return Ok(());
        }
        let (now, facts, actor) = (self.now(), self.facts(), self.viewer().user());
        let is_staff = self.viewer().is_staff();
        let action = |subject: &str| match subject {
            _ if is_staff => "staffRead",
            document if document.starts_with(EvidenceDocumentId::PREFIX) => "evidenceRead",
            _ => "evaluatorRead",
        };
        let events = read.into_iter().map(|((organization, subject), fields)| audit_event::ActiveModel {
            id: Set(AuditEventId::fresh()),
            at: Set(now),
            actor_id: Set(actor),
            organization_id: Set(Some(organization)),
            action: Set(action(&subject).to_owned()),
            subject: Set(Some(subject)),
            changes: Set(serde_json::json!({ "fields": fields })),
            reason: Set(None),
            request_id: Set(Some(facts.id.clone())),
            address: Set(facts.address.clone()),
        });
        self.counted();
        audit_event::Entity::insert_many(events).exec_without_returning(&self.pools().write).await?;
        Ok(())
    }
}
