//! Impact contracts. What is computed, verified and booked can be added to, never changed or taken away.

use crate::dialect::{drop_tables, run};
use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, DbBackend},
};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Tables whose rows never change and never go.
const APPEND_ONLY: &[&str] =
    &["ledger_entry", "payment_computation", "claim_verification", "contract_repayment"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, UP).await?;
        let connection = manager.get_connection();
        let is_postgres = connection.get_database_backend() == DbBackend::Postgres;
        if is_postgres {
            connection.execute_unprepared(FUNCTIONS).await?;
        }
        for table in APPEND_ONLY {
            if is_postgres {
                let each = format!(
                    "create trigger {table}_is_append_only before update or delete or truncate on {table} \
                     for each statement execute function contracts_append_only()"
                );
                connection.execute_unprepared(&each).await?;
            } else {
                for act in ["update", "delete"] {
                    let each = format!(
                        "create trigger {table}_no_{act} before {act} on {table} \
                         begin select raise(abort, '{table} is append-only'); end"
                    );
                    connection.execute_unprepared(&each).await?;
                }
            }
        }
        connection.execute_unprepared(if is_postgres { SIGNED_POSTGRES } else { SIGNED_SQLITE }).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(
            manager,
            &[
                "import_record",
                "ledger_entry",
                "contract_repayment",
                "outcome_payment",
                "payment_computation",
                "claim_contestation",
                "claim_verification",
                "outcome_claim",
                "contract_investment",
                "contract_consent",
                "contract_signature",
                "contract_version",
                "contract_party",
                "impact_contract",
            ],
        )
        .await?;
        let connection = manager.get_connection();
        if connection.get_database_backend() == DbBackend::Postgres {
            connection.execute_unprepared("drop function contracts_append_only()").await?;
            connection.execute_unprepared("drop function contract_version_stays()").await?;
        }
        Ok(())
    }
}

const FUNCTIONS: &str = r"
create function contracts_append_only() returns trigger language plpgsql as
$$ begin raise exception '% is append-only', tg_table_name; end $$;
create function contract_version_stays() returns trigger language plpgsql as
$$ begin
  if new.content is distinct from old.content or new.hash is distinct from old.hash
     or new.number is distinct from old.number or new.contract_id is distinct from old.contract_id then
    raise exception 'a frozen version never changes';
  end if;
  return new;
end $$;
";

/// The content of a version is fixed from the moment it exists; only its state moves on.
const SIGNED_POSTGRES: &str = r"
create trigger contract_version_stays before update on contract_version
for each row execute function contract_version_stays();
create trigger contract_version_is_kept before delete or truncate on contract_version
for each statement execute function contracts_append_only();
";

const SIGNED_SQLITE: &str = r"
create trigger contract_version_stays before update of content, hash, number, contract_id on contract_version
begin select raise(abort, 'a frozen version never changes'); end;
create trigger contract_version_is_kept before delete on contract_version
begin select raise(abort, 'contract_version is append-only'); end;
";

const UP: &str = r#"
create table impact_contract (
    id @key primary key,
    slug @text not null unique,
    title @text not null,
    title_key @text not null,
    search_key @text not null,
    summary @text,
    structure @text not null,
    social_challenge @text,
    intervention @text,
    policy_sector @text,
    country @text,
    sdg_goals @text not null,
    target_population @text,
    planned_people @int,
    signed_on @text,
    service_starts_on @text,
    service_ends_on @text,
    service_started_on @text,
    service_ended_on @text,
    completed_on @text,
    currency @text not null,
    cap_minor @int,
    investment_minor @int,
    accepts_unfunded @bool not null,
    contestation_days @small not null,
    second_person_minor @int,
    fees_first_minor @int not null,
    recycled_minor @int not null,
    premium_minor @int not null,
    drawdown_waived @bool not null,
    status @text not null,
    lead_id @key not null references organization (id),
    creator_id @key not null references organization (id),
    roles @json not null,
    terms @json not null,
    disclosure @json not null,
    closing_report @text,
    status_reason @text,
    is_imported @bool not null,
    external_id @text,
    issues @json not null,
    extra @json not null,
    version @int not null,
    created_at @int not null,
    updated_at @int not null,
    unique (external_id)
);
create table import_record (
    source @text not null,
    kind @text not null,
    external_id @text not null,
    organization_id @key references organization (id),
    content @json not null,
    primary key (source, kind, external_id)
);
create table contract_party (
    id @key primary key,
    contract_id @key not null references impact_contract (id),
    organization_id @key not null references organization (id),
    role @text not null,
    is_lead @bool not null,
    is_signatory @bool not null,
    max_commitment_minor @int,
    territory @text,
    fee_minor @int,
    waives_conflicts @bool not null,
    position @small not null,
    since @int not null,
    until @int,
    version @int not null,
    created_at @int not null,
    updated_at @int not null
);
create table contract_version (
    id @key primary key,
    contract_id @key not null references impact_contract (id),
    number @small not null,
    content @json not null,
    hash @text not null,
    reason @text,
    effective_from @text,
    recomputes @bool not null,
    state @text not null,
    frozen_at @int not null,
    signed_at @int,
    unique (contract_id, number)
);
create table contract_signature (
    version_id @key not null references contract_version (id),
    party_id @key not null references contract_party (id),
    contract_id @key not null references impact_contract (id),
    user_id @key not null references "user" (id),
    hash @text not null,
    at @int not null,
    primary key (version_id, party_id)
);
create table contract_consent (
    contract_id @key not null references impact_contract (id) on delete cascade,
    subject @text not null,
    party_id @key not null references contract_party (id),
    user_id @key not null references "user" (id),
    at @int not null,
    primary key (contract_id, subject, party_id)
);
create table contract_investment (
    id @key primary key,
    contract_id @key not null references impact_contract (id),
    party_id @key not null references contract_party (id),
    organization_id @key not null references organization (id),
    rank @small not null,
    instrument @text not null,
    committed_minor @int not null,
    coupon_ppm @int not null,
    variable_minor @int not null,
    return_cap_kind @text,
    return_cap_ppm @int,
    max_loss_ppm @int,
    version @int not null,
    created_at @int not null,
    updated_at @int not null
);
create table outcome_claim (
    id @key primary key,
    contract_id @key not null references impact_contract (id),
    number @small not null,
    kind @text not null,
    from_on @text not null,
    to_on @text not null,
    lines @json not null,
    profiles @json not null,
    note @text,
    state @text not null,
    question @text,
    answer @text,
    submitted_at @int,
    submitted_by_id @key references "user" (id),
    verified_at @int,
    contestable_until @int,
    final_at @int,
    version @int not null,
    created_at @int not null,
    updated_at @int not null,
    unique (contract_id, number)
);
create table claim_verification (
    id @key primary key,
    contract_id @key not null references impact_contract (id),
    claim_id @key not null references outcome_claim (id),
    organization_id @key not null references organization (id),
    user_id @key not null references "user" (id),
    revision @small not null,
    opinion @text not null,
    lines @json not null,
    profiles @json not null,
    report @text,
    created_at @int not null,
    unique (claim_id, revision)
);
create table claim_contestation (
    id @key primary key,
    contract_id @key not null references impact_contract (id),
    claim_id @key not null references outcome_claim (id),
    party_id @key not null references contract_party (id),
    organization_id @key not null references organization (id),
    grounds @text not null,
    way @text,
    resolution @text,
    resolved_at @int,
    created_at @int not null
);
create table payment_computation (
    id @key primary key,
    contract_id @key not null references impact_contract (id),
    claim_id @key not null references outcome_claim (id),
    version_id @key not null references contract_version (id),
    engine @text not null,
    input_hash @text not null,
    result @json not null,
    cumulative_minor @int not null,
    due_minor @int not null,
    credit_minor @int not null,
    unfunded_minor @int not null,
    created_at @int not null,
    unique (claim_id, version_id)
);
create table outcome_payment (
    id @key primary key,
    contract_id @key not null references impact_contract (id),
    computation_id @key references payment_computation (id),
    payer_id @key not null references organization (id),
    payee_id @key not null references organization (id),
    amount_minor @int not null check (amount_minor >= 0),
    currency @text not null,
    state @text not null,
    called_at @int,
    due_on @text,
    approved_by_id @key references "user" (id),
    approved_at @int,
    second_approval_by_id @key references "user" (id),
    paid_at @int,
    reference @text,
    received_at @int,
    held_until @int,
    hold_reason @text,
    version @int not null,
    created_at @int not null,
    updated_at @int not null
);
create table contract_repayment (
    id @key primary key,
    contract_id @key not null references impact_contract (id),
    investment_id @key not null references contract_investment (id),
    organization_id @key not null references organization (id),
    kind @text not null,
    amount_minor @int not null,
    created_at @int not null
);
create table ledger_entry (
    id @key primary key,
    contract_id @key not null references impact_contract (id),
    sequence @small not null,
    at @int not null,
    kind @text not null,
    debit_id @key references organization (id),
    credit_id @key references organization (id),
    amount_minor @int not null check (amount_minor > 0),
    currency @text not null,
    subject @text,
    reason @text,
    reverses_id @key,
    unique (contract_id, sequence),
    check (debit_id is not null or credit_id is not null)
);
create index impact_contract_by_title on impact_contract (title_key, id);
create index impact_contract_by_status on impact_contract (status, title_key, id);
create index impact_contract_by_country on impact_contract (country, title_key, id);
create index contract_party_by_contract on contract_party (contract_id, role);
create index contract_party_by_organization on contract_party (organization_id, contract_id);
create index contract_version_by_contract on contract_version (contract_id, number);
create index contract_signature_by_contract on contract_signature (contract_id);
create index contract_investment_by_contract on contract_investment (contract_id, rank);
create index outcome_claim_by_contract on outcome_claim (contract_id, number);
create index claim_verification_by_claim on claim_verification (claim_id, revision);
create index claim_verification_by_contract on claim_verification (contract_id);
create index claim_contestation_by_contract on claim_contestation (contract_id);
create index payment_computation_by_contract on payment_computation (contract_id, created_at);
create index outcome_payment_by_contract on outcome_payment (contract_id, created_at, id);
create index outcome_payment_by_payer on outcome_payment (payer_id, state);
create index contract_repayment_by_contract on contract_repayment (contract_id, created_at);
create index ledger_entry_by_contract on ledger_entry (contract_id, sequence);
"#;
