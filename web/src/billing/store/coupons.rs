//! Coupons and their codes.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, PgExecutor};

use crate::billing::facts::Coupon;

/// Stores a coupon as it is there.
///
/// # Errors
/// Postgres fails.
pub async fn upsert(db: &mut PgConnection, c: &Coupon, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query(
        "insert into billing_coupons (stripe_id, name, percent_off, amount_off_cents, currency, duration, months, redeem_by_at,
             max_redemptions, times_redeemed, valid, created_at, synced_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         on conflict (stripe_id) do update set name = $2, times_redeemed = $10,
             valid = $11 and billing_coupons.retired_at is null, synced_at = $13",
    )
    .bind(&c.stripe_id)
    .bind(&c.name)
    .bind(c.percent_off)
    .bind(c.amount_off_cents)
    .bind(&c.currency)
    .bind(&c.duration)
    .bind(c.months)
    .bind(c.redeem_by_at)
    .bind(c.max_redemptions)
    .bind(c.times_redeemed)
    .bind(c.valid)
    .bind(c.created_at)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// Notes the code by which a coupon is asked for, and the code's id there.
///
/// # Errors
/// Postgres fails.
pub async fn set_code(db: &mut PgConnection, coupon: &str, (code, id): (&str, &str)) -> sqlx::Result<()> {
    sqlx::query(
        "update billing_coupons set code = $2, code_stripe_id = $3, code_active = true, code_retired_at = null where stripe_id = $1",
    )
    .bind(coupon)
    .bind(code)
    .bind(id)
    .execute(db)
    .await?;
    Ok(())
}

/// Notes that a code no longer works.
///
/// # Errors
/// Postgres fails.
pub async fn retire_code(db: &mut PgConnection, code_id: &str, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query(
        "update billing_coupons set code_active = false, code_retired_at = coalesce(code_retired_at, $2) where code_stripe_id = $1",
    )
    .bind(code_id)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// Notes that a coupon can no longer be redeemed, who said so and why. Its code goes with it.
///
/// # Errors
/// Postgres fails.
pub async fn retire(
    db: &mut PgConnection,
    coupon: &str,
    (by, reason): (&str, &str),
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query(
        "update billing_coupons set valid = false, retired_at = coalesce(retired_at, $2), retired_by = coalesce(retired_by, $3),
             retired_reason = coalesce(retired_reason, $4), code_active = false,
             code_retired_at = case when code_active then $2 else code_retired_at end
         where stripe_id = $1",
    )
    .bind(coupon)
    .bind(now)
    .bind(by)
    .bind(reason)
    .execute(db)
    .await?;
    Ok(())
}

/// A coupon as far as retiring goes.
#[derive(Debug, Clone, FromRow)]
pub struct Standing {
    /// Its name.
    pub name: String,
    /// Its code.
    pub code: Option<String>,
    /// The code's id there.
    pub code_stripe_id: Option<String>,
    /// Whether the code works.
    pub code_active: bool,
    /// When it was retired.
    pub retired_at: Option<DateTime<Utc>>,
    /// How often it was redeemed.
    pub times_redeemed: i64,
    /// Subscriptions on which it runs.
    pub running: i64,
}

/// How a coupon stands; `None`: there is none.
///
/// # Errors
/// Postgres fails.
pub async fn standing(db: impl PgExecutor<'_>, coupon: &str) -> sqlx::Result<Option<Standing>> {
    sqlx::query_as(
        "select c.name, c.code, c.code_stripe_id, c.code_active, c.retired_at, c.times_redeemed,
             (select count(*) from billing_subscriptions s where s.coupon_id = c.stripe_id
              and s.status not in ('canceled', 'incomplete_expired')) as running
         from billing_coupons c where c.stripe_id = $1",
    )
    .bind(coupon)
    .fetch_optional(db)
    .await
}

/// Coupons of ours and codes of theirs that are gone there: they are noted as retired by the provider.
///
/// # Errors
/// Postgres fails.
pub async fn gone(
    db: &mut PgConnection,
    coupons: &[String],
    codes: &[String],
    now: DateTime<Utc>,
) -> sqlx::Result<u64> {
    let gone = sqlx::query(
        "update billing_coupons set valid = false, retired_at = $2, retired_by = 'provider', retired_reason = '',
             code_active = false, code_retired_at = case when code_active then $2 else code_retired_at end
         where retired_at is null and stripe_id <> all($1)",
    )
    .bind(coupons)
    .bind(now)
    .execute(&mut *db)
    .await?;
    let ended = sqlx::query(
        "update billing_coupons set code_active = false, code_retired_at = $2
         where code_active and code_stripe_id <> all($1)",
    )
    .bind(codes)
    .bind(now)
    .execute(&mut *db)
    .await?;
    Ok(gone.rows_affected() + ended.rows_affected())
}

/// Ids of the coupons that are ours.
///
/// # Errors
/// Postgres fails.
pub async fn ours(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar("select stripe_id from billing_coupons").fetch_all(db).await
}

/// The currency of the amount that a coupon takes off, by its id or by that of its code; `None`: it takes off a share, or is
/// none of ours.
///
/// # Errors
/// Postgres fails.
pub async fn currency(
    db: impl PgExecutor<'_>,
    coupon: Option<&str>,
    code_id: Option<&str>,
) -> sqlx::Result<Option<String>> {
    let found: Option<Option<String>> = sqlx::query_scalar(
        "select currency::text from billing_coupons where amount_off_cents is not null
             and (stripe_id = $1 or code_stripe_id = $2) limit 1",
    )
    .bind(coupon)
    .bind(code_id)
    .fetch_optional(db)
    .await?;
    Ok(found.flatten())
}
