//! All SQL of credits for late data.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, PgExecutor, PgPool};

/// A slot and when it was published first.
#[derive(Debug, Clone, FromRow)]
pub struct SlotRow {
    /// Its close.
    pub closes_at: DateTime<Utc>,
    /// When its first version was published; `None`: it was not.
    pub published_at: Option<DateTime<Utc>>,
    /// When its run was begun; much later than its close where it was made up for.
    pub begun_at: Option<DateTime<Utc>>,
    /// Customers who were credited for it.
    pub credited: i64,
    /// Those of them whose credit has been given.
    pub applied: i64,
}

const SLOTS: &str = "with slots as (select slot as closes_at, created_at as begun_at from runs
      union select p.closes_at, null from publications p where not exists (select 1 from runs r where r.slot = p.closes_at))
    select s.closes_at, (select min(p.published_at) from publications p where p.closes_at = s.closes_at) as published_at,
        min(s.begun_at) as begun_at, count(c.*) as credited, count(c.applied_at) as applied
    from slots s left join late_credits c on c.slot = to_char(s.closes_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24\"Z\"')";

/// The slots that closed within this time, newest first.
///
/// # Errors
/// Postgres fails.
pub async fn slots(pool: &PgPool, from: DateTime<Utc>, to: DateTime<Utc>) -> sqlx::Result<Vec<SlotRow>> {
    let select = format!(
        "{SLOTS} where s.closes_at >= $1 and s.closes_at < $2 group by s.closes_at order by s.closes_at desc"
    );
    sqlx::query_as(sqlx::AssertSqlSafe(select)).bind(from).bind(to).fetch_all(pool).await
}

/// One slot.
///
/// # Errors
/// Postgres fails.
pub async fn slot(pool: &PgPool, closes_at: DateTime<Utc>) -> sqlx::Result<Option<SlotRow>> {
    let select = format!("{SLOTS} where s.closes_at = $1 group by s.closes_at");
    sqlx::query_as(sqlx::AssertSqlSafe(select)).bind(closes_at).fetch_optional(pool).await
}

/// Somebody who had paid for the time in which a slot closed.
#[derive(Debug, Clone, FromRow)]
pub struct Payer {
    /// The payment provider's id.
    pub customer_stripe_id: String,
    /// The account; `None`: erased.
    pub customer_id: Option<i64>,
    /// Its address.
    pub email: Option<String>,
    /// The subscription.
    pub subscription: String,
    /// What was paid for the period.
    pub price_cents: i64,
    /// Its currency.
    pub currency: String,
    /// First instant of the period.
    pub starts_at: DateTime<Utc>,
    /// First instant after it.
    pub ends_at: DateTime<Utc>,
}

/// Who had paid for the time in which a slot closed: one row a customer, by the line of a paid invoice that begins last.
/// Who has been erased or deleted at the payment provider gets nothing: there is no invoice to come.
///
/// # Errors
/// Postgres fails.
pub async fn payers(pool: &PgPool, closes_at: DateTime<Utc>) -> sqlx::Result<Vec<Payer>> {
    sqlx::query_as(
        "select distinct on (i.customer_stripe_id) i.customer_stripe_id, i.customer_id, c.email,
             i.subscription_stripe_id as subscription, (l->>'amount_cents')::bigint - (l->>'discount_cents')::bigint as price_cents,
             i.currency::text as currency, (l->>'period_start_at')::timestamptz as starts_at,
             (l->>'period_end_at')::timestamptz as ends_at
         from billing_invoices i cross join lateral jsonb_array_elements(i.lines) l
         join customers c on c.id = i.customer_id
         join billing_customers b on b.stripe_id = i.customer_stripe_id and b.deleted_at is null
         join billing_subscriptions s on s.stripe_id = i.subscription_stripe_id
         where i.status = 'paid' and (l->>'period_start_at')::timestamptz <= $1 and $1 < (l->>'period_end_at')::timestamptz
           and (l->>'amount_cents')::bigint > (l->>'discount_cents')::bigint and (s.ended_at is null or s.ended_at > $1)
         order by i.customer_stripe_id, (l->>'period_start_at')::timestamptz desc, i.created_at desc",
    )
    .bind(closes_at)
    .fetch_all(pool)
    .await
}

/// A credit that has been decided.
#[derive(Debug, Clone, FromRow)]
pub struct Credit {
    /// The slot.
    pub slot: String,
    /// The payment provider's id.
    pub customer_stripe_id: String,
    /// The account; `None`: erased.
    pub customer_id: Option<i64>,
    /// Its address.
    pub email: Option<String>,
    /// Minutes beyond the promise.
    pub late_minutes: i64,
    /// What was paid for the period that the slot lies in.
    pub price_cents: i64,
    /// First instant of that period.
    pub period_starts_at: DateTime<Utc>,
    /// First instant after it.
    pub period_ends_at: DateTime<Utc>,
    /// Slots that are given back.
    pub shares: i32,
    /// How much.
    pub credit_cents: i64,
    /// Its currency.
    pub currency: String,
    /// When it was given; `None`: not yet.
    pub applied_at: Option<DateTime<Utc>>,
    /// Why the last try failed.
    pub error: String,
}

/// What was decided for a slot.
///
/// # Errors
/// Postgres fails.
pub async fn decided(pool: &PgPool, slot: &str) -> sqlx::Result<Vec<Credit>> {
    sqlx::query_as(
        "select k.slot, k.customer_stripe_id, k.customer_id, c.email, k.late_minutes, k.price_cents, k.period_starts_at,
             k.period_ends_at, k.shares, k.credit_cents, k.currency::text as currency, k.applied_at,
             k.error
         from late_credits k left join customers c on c.id = k.customer_id where k.slot = $1 order by k.customer_stripe_id",
    )
    .bind(slot)
    .fetch_all(pool)
    .await
}

/// A credit that is to be decided.
#[derive(Debug, Clone)]
pub struct NewCredit<'a> {
    /// The slot.
    pub slot: &'a str,
    /// Who gets it.
    pub payer: &'a Payer,
    /// Minutes beyond the promise.
    pub late_minutes: i64,
    /// Slots that are given back.
    pub shares: i32,
    /// How much.
    pub credit_cents: i64,
}

/// Decides a credit; `false` where there was one already.
///
/// # Errors
/// Postgres fails.
pub async fn decide(
    db: &mut PgConnection,
    credit: &NewCredit<'_>,
    by: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let payer = credit.payer;
    let done = sqlx::query(
        "insert into late_credits (slot, customer_stripe_id, customer_id, subscription_stripe_id, late_minutes, price_cents,
             period_starts_at, period_ends_at, shares, credit_cents, currency, decided_by, decided_at, next_try_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13) on conflict do nothing",
    )
    .bind(credit.slot)
    .bind(&payer.customer_stripe_id)
    .bind(payer.customer_id)
    .bind(&payer.subscription)
    .bind(credit.late_minutes)
    .bind(payer.price_cents)
    .bind(payer.starts_at)
    .bind(payer.ends_at)
    .bind(credit.shares)
    .bind(credit.credit_cents)
    .bind(&payer.currency)
    .bind(by)
    .bind(now)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes credits that are to be given now: until `leased_until` nobody else takes them.
///
/// # Errors
/// Postgres fails.
pub async fn claim(
    pool: &PgPool,
    now: DateTime<Utc>,
    leased_until: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<Vec<Credit>> {
    sqlx::query_as(
        "update late_credits k set tries = tries + 1, next_try_at = $2
         where (slot, customer_stripe_id) in (select slot, customer_stripe_id from late_credits
             where applied_at is null and next_try_at <= $1 order by next_try_at limit $3 for update skip locked)
         returning k.slot, k.customer_stripe_id, k.customer_id, null as email, k.late_minutes, k.price_cents, k.period_starts_at,
             k.period_ends_at, k.shares, k.credit_cents, k.currency::text as currency, k.applied_at, k.error",
    )
    .bind(now)
    .bind(leased_until)
    .bind(limit)
    .fetch_all(pool)
    .await
}

/// A credit has been given, or why it was not.
///
/// # Errors
/// Postgres fails.
pub async fn tried(
    db: impl PgExecutor<'_>,
    credit: &Credit,
    outcome: Result<DateTime<Utc>, (&str, DateTime<Utc>)>,
) -> sqlx::Result<()> {
    let (applied_at, error, next) = match outcome {
        Ok(at) => (Some(at), "", None),
        Err((why, next)) => (None, why, Some(next)),
    };
    sqlx::query(
        "update late_credits set applied_at = $3, error = $4, next_try_at = coalesce($5, next_try_at)
         where slot = $1 and customer_stripe_id = $2 and applied_at is null",
    )
    .bind(&credit.slot)
    .bind(&credit.customer_stripe_id)
    .bind(applied_at)
    .bind(error)
    .bind(next)
    .execute(db)
    .await?;
    Ok(())
}
