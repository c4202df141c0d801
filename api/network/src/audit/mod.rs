//! The audit trail: who did what, to what, when, and what staff read of others.

mod event;

pub use event::{AuditEvent, AuditEventFilter, AuditQuery, ask};
