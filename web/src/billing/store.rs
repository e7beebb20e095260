//! All SQL of billing.

use chrono::{DateTime, Duration, Utc};
use domain::Tier;
use sqlx::{PgConnection, PgExecutor, PgPool};

use super::entitlement::Rules;
use crate::access::Subscription;

pub mod access;
pub mod checkouts;
pub mod coupons;
pub mod credit_notes;
pub mod events;
pub mod invoices;
pub mod mirror;
pub mod nights;
pub mod orders;
pub mod plans;
pub mod refunds;
pub mod subscriptions;
pub mod withdrawals;

/// Waits until nobody else works on this customer; until the transaction ends nobody else does.
///
/// # Errors
/// Postgres fails.
pub async fn lock(db: &mut PgConnection, what: &str) -> sqlx::Result<()> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('billing:' || $1, 0))")
        .bind(what)
        .execute(db)
        .await?;
    Ok(())
}

/// Like [`lock`], but does not wait: says whether nobody else works on it.
///
/// # Errors
/// Postgres fails.
pub async fn try_lock(db: &mut PgConnection, what: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar("select pg_try_advisory_xact_lock(hashtextextended('billing:' || $1, 0))")
        .bind(what)
        .fetch_one(db)
        .await
}

/// Times that follow from nothing else, and the days of the right of withdrawal.
///
/// # Errors
/// Postgres fails.
pub async fn rules(db: impl PgExecutor<'_>) -> sqlx::Result<(Rules, Duration)> {
    let (grace, late, withdrawal): (i32, i32, i32) =
        sqlx::query_as("select grace_days, late_hours, withdrawal_days from billing_rules")
            .fetch_one(db)
            .await?;
    let rules = Rules { grace: Duration::days(grace.into()), late: Duration::hours(late.into()) };
    Ok((rules, Duration::days(withdrawal.into())))
}

/// What stands beside an account's subscriptions and invoices.
#[derive(Debug, sqlx::FromRow)]
pub struct Beside {
    /// Days in which a first payment may be withdrawn.
    pub withdrawal_days: i32,
    /// The highest tier that billing gives now.
    pub tier: Option<String>,
    /// Until when.
    pub ends_at: Option<DateTime<Utc>>,
    /// Why.
    pub reason: Option<String>,
    /// Tax ids: kind, value, what their check said.
    pub tax_ids: sqlx::types::Json<Vec<(String, String, String)>>,
    /// Credit notes, the newest first.
    pub credit_notes: sqlx::types::Json<Vec<CreditNoteLink>>,
    /// Orders to the provider that have no answer yet.
    pub on_the_way: i64,
}

/// A credit note as the page of its invoice's owner shows it.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct CreditNoteLink {
    /// Of which invoice.
    pub invoice_stripe_id: String,
    /// Its number.
    pub number: String,
    /// issued or void.
    pub status: String,
    /// The note as PDF.
    pub pdf_url: Option<String>,
}

impl Beside {
    /// Tier, end and reason of the access that billing gives now.
    pub fn access(&self) -> Option<(String, DateTime<Utc>, String)> {
        Some((self.tier.clone()?, self.ends_at?, self.reason.clone()?))
    }
}

/// What stands beside an account's subscriptions and invoices, at an instant.
///
/// # Errors
/// Postgres fails.
pub async fn beside(db: impl PgExecutor<'_>, account: i64, at: DateTime<Utc>) -> sqlx::Result<Beside> {
    sqlx::query_as(
        "select r.withdrawal_days, a.tier, a.ends_at, a.reason,
            (select coalesce(jsonb_agg(jsonb_build_array(i.kind, i.value, i.verification) order by i.created_at, i.stripe_id), '[]')
             from billing_tax_ids i join billing_customers c on c.stripe_id = i.customer_stripe_id
             where c.customer_id = $1 and c.deleted_at is null) as tax_ids,
            (select coalesce(jsonb_agg(to_jsonb(n) order by n.created_at desc, n.stripe_id), '[]')
             from billing_credit_notes n where n.customer_id = $1) as credit_notes,
            (select count(*) from billing_orders o where o.customer_id = $1 and o.state = 'sent') as on_the_way
         from billing_rules r
         left join lateral (
            select x.tier, x.ends_at, x.reason from billing_access x join tiers t using (tier)
            where x.customer_id = $1 and x.starts_at <= $2 and $2 < x.ends_at order by t.rank desc limit 1) a on true",
    )
    .bind(account)
    .bind(at)
    .fetch_one(db)
    .await
}

/// Who somebody is: address and pseudonym.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Person {
    /// The account.
    pub id: i64,
    /// Its address.
    pub email: String,
    /// What the audit log calls it.
    pub pseudonym: String,
}

/// The person of an account.
///
/// # Errors
/// Postgres fails.
pub async fn person(db: impl PgExecutor<'_>, id: i64) -> sqlx::Result<Option<Person>> {
    sqlx::query_as("select id, email, pseudonym::text as pseudonym from customers where id = $1")
        .bind(id)
        .fetch_optional(db)
        .await
}

/// The account with this address.
///
/// # Errors
/// Postgres fails.
pub async fn account_of(pool: &PgPool, email: &str) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar("select id from customers where lower(email) = lower($1)")
        .bind(email)
        .fetch_optional(pool)
        .await
}

/// What was given to an account by hand.
///
/// # Errors
/// Postgres fails.
pub async fn grants(pool: &PgPool, customer_id: i64) -> sqlx::Result<Vec<Subscription>> {
    type Row = (String, String, DateTime<Utc>, Option<DateTime<Utc>>);
    let rows: Vec<Row> = sqlx::query_as(
        "select tier, status, starts_at, ends_at from subscriptions where customer_id = $1 order by id",
    )
    .bind(customer_id)
    .fetch_all(pool)
    .await?;
    let grant = |(tier, status, starts_at, ends_at): Row| {
        Some(Subscription { tier: tier.parse::<Tier>().ok()?, status, starts_at, ends_at })
    };
    Ok(rows.into_iter().filter_map(grant).collect())
}
