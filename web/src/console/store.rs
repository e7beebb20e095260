//! SQL of the console's front page and of its pages of the audit log. Parts with more to ask have a `store` of their own.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgPool};

use crate::audit::Row;

/// Which rows of the audit log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// The beginning of who did it; empty: anybody.
    pub actor: String,
    /// The beginning of what was done.
    pub action: String,
    /// The beginning of what it was done to.
    pub subject: String,
    /// First instant.
    pub from: Option<DateTime<Utc>>,
    /// First instant after it.
    pub to: Option<DateTime<Utc>>,
    /// Only rows before this number.
    pub before: Option<i64>,
}

/// The newest rows of the audit log that a filter lets through.
///
/// # Errors
/// Postgres fails.
pub async fn audit_rows(pool: &PgPool, filter: &AuditFilter, limit: i64) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as(
        "select id, at, actor, action, subject, reason, address, detail, previous_sha256, sha256 from audit_entries
         where starts_with(actor, $1) and starts_with(action, $2) and starts_with(subject, $3)
           and ($4::timestamptz is null or at >= $4) and ($5::timestamptz is null or at < $5)
           and ($6::bigint is null or id < $6)
         order by id desc limit $7",
    )
    .bind(&filter.actor)
    .bind(&filter.action)
    .bind(&filter.subject)
    .bind(filter.from)
    .bind(filter.to)
    .bind(filter.before)
    .bind(limit)
    .fetch_all(pool)
    .await
}

/// Counts of the front page that need no knowledge of money.
#[derive(Debug, Clone, FromRow)]
pub struct Counts {
    /// Accounts that are no staff's.
    pub customers: i64,
    /// Those of them made within the last seven days.
    pub fresh: i64,
    /// Subscriptions on trial.
    pub trialing: i64,
    /// Subscriptions that are paid.
    pub active: i64,
    /// Subscriptions whose payment is late.
    pub past_due: i64,
    /// Open invoices whose payment failed.
    pub late: i64,
    /// Subscriptions that will end with their period.
    pub ending: i64,
    /// Mails that were given up within the last seven days.
    pub mails_failed: i64,
    /// News from the payment provider that could not be handled so far.
    pub events_stuck: i64,
}

/// The counts at `now`.
///
/// # Errors
/// Postgres fails.
pub async fn counts(pool: &PgPool, now: DateTime<Utc>) -> sqlx::Result<Counts> {
    sqlx::query_as(
        "select (select count(*) from customers where role = 'subscriber') as customers,
           (select count(*) from customers where role = 'subscriber' and created_at > $1 - interval '7 days') as fresh,
           (select count(*) from billing_subscriptions where status = 'trialing') as trialing,
           (select count(*) from billing_subscriptions where status = 'active') as active,
           (select count(*) from billing_subscriptions where status = 'past_due') as past_due,
           (select count(*) from billing_invoices where status = 'open' and attempt_count > 0) as late,
           (select count(*) from billing_subscriptions where cancel_at_period_end and status in ('active', 'trialing')) as ending,
           (select count(*) from mails where state = 'failed' and created_at > $1 - interval '7 days') as mails_failed,
           (select count(*) from billing_events where handled_at is null and tries > 0) as events_stuck",
    )
    .bind(now)
    .fetch_one(pool)
    .await
}

/// A customer whose payment is late.
#[derive(Debug, Clone, FromRow)]
pub struct Late {
    /// The account; `None`: erased.
    pub customer_id: Option<i64>,
    /// The account's address.
    pub email: Option<String>,
    /// The invoice's number.
    pub number: Option<String>,
    /// What is still to be paid.
    pub due_cents: i64,
    /// Its currency.
    pub currency: String,
    /// Times that it was tried.
    pub attempts: i64,
    /// When it is tried again.
    pub next_at: Option<DateTime<Utc>>,
}

/// Open invoices whose payment failed, largest first.
///
/// # Errors
/// Postgres fails.
pub async fn late(pool: &PgPool, limit: i64) -> sqlx::Result<Vec<Late>> {
    sqlx::query_as(
        "select i.customer_id, c.email, i.number, i.amount_due_cents - i.amount_paid_cents as due_cents, i.currency,
             i.attempt_count as attempts, i.next_attempt_at as next_at
         from billing_invoices i left join customers c on c.id = i.customer_id
         where i.status = 'open' and i.attempt_count > 0
         order by due_cents desc, i.created_at limit $1",
    )
    .bind(limit)
    .fetch_all(pool)
    .await
}
