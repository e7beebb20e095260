//! All SQL of customers: search, what is known of one, and everything that happened to them.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgPool};

use super::access::Span;
use crate::access::Subscription;

/// A customer in a list.
#[derive(Debug, Clone, FromRow)]
pub struct Found {
    /// The account.
    pub id: i64,
    /// Its address.
    pub email: String,
    /// Its role.
    pub role: String,
    /// What the audit log calls it.
    pub pseudonym: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// The tier of its newest subscription, those that are not over first.
    pub tier: Option<String>,
    /// That subscription's state.
    pub status: Option<String>,
    /// The payment provider's id.
    pub stripe_id: Option<String>,
    /// Balance with the payment provider; negative: credit.
    pub balance_cents: Option<i64>,
    /// Currency of what they pay.
    pub currency: Option<String>,
}

const FOUND: &str = "select c.id, c.email, c.role, c.pseudonym::text as pseudonym, c.created_at, s.tier, s.status, b.stripe_id,
      b.balance_cents, b.currency::text as currency
    from customers c left join billing_customers b on b.customer_id = c.id
    left join lateral (select tier, status from billing_subscriptions where customer_id = c.id
        order by ended_at is not null, created_at desc limit 1) s on true";

fn select(ending: &'static str) -> sqlx::AssertSqlSafe<String> {
    sqlx::AssertSqlSafe(format!("{FOUND} {ending}"))
}

/// Customers whose address holds what is looked for, or whose pseudonym begins with it, or whose number, id at the payment
/// provider, subscription or invoice it is. Addresses that begin with it come first. Without words the newest.
///
/// # Errors
/// Postgres fails.
pub async fn search(pool: &PgPool, words: &str, limit: i64) -> sqlx::Result<Vec<Found>> {
    if words.is_empty() {
        return sqlx::query_as(select("order by c.id desc limit $1")).bind(limit).fetch_all(pool).await;
    }
    let ending =
        "where position(lower($1) in lower(c.email)) > 0 or starts_with(c.pseudonym::text, lower($1))
           or c.id::text = $1 or b.stripe_id = $1
           or exists (select 1 from billing_subscriptions o where o.customer_id = c.id and o.stripe_id = $1)
           or exists (select 1 from billing_invoices i where i.customer_id = c.id
                      and (i.stripe_id = $1 or lower(i.number) = lower($1)))
         order by starts_with(lower(c.email), lower($1)) desc, c.email limit $2";
    sqlx::query_as(select(ending)).bind(words).bind(limit).fetch_all(pool).await
}

/// One customer.
///
/// # Errors
/// Postgres fails.
pub async fn one(pool: &PgPool, id: i64) -> sqlx::Result<Option<Found>> {
    sqlx::query_as(select("where c.id = $1")).bind(id).fetch_optional(pool).await
}

#[derive(FromRow)]
struct SpanRow {
    subscription_stripe_id: String,
    tier: String,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    reason: String,
}

#[derive(FromRow)]
struct GivenRow {
    tier: String,
    status: String,
    starts_at: DateTime<Utc>,
    ends_at: Option<DateTime<Utc>>,
}

/// What gave a customer access over time: by subscriptions, and by hand.
///
/// # Errors
/// Postgres fails.
pub async fn grounds(pool: &PgPool, id: i64) -> sqlx::Result<(Vec<Span>, Vec<Subscription>)> {
    let bought: Vec<SpanRow> = sqlx::query_as(
        "select subscription_stripe_id, tier, starts_at, ends_at, reason from billing_access where customer_id = $1
         order by starts_at",
    )
    .bind(id)
    .fetch_all(pool)
    .await?;
    let given: Vec<GivenRow> = sqlx::query_as(
        "select tier, status, starts_at, ends_at from subscriptions where customer_id = $1 order by starts_at",
    )
    .bind(id)
    .fetch_all(pool)
    .await?;
    let bought = bought.into_iter().filter_map(|row| {
        let tier = row.tier.parse().ok()?;
        let (subscription, reason) = (row.subscription_stripe_id, row.reason);
        Some(Span { subscription, tier, starts_at: row.starts_at, ends_at: row.ends_at, reason })
    });
    let given = given.into_iter().filter_map(|row| {
        let tier = row.tier.parse().ok()?;
        Some(Subscription { tier, status: row.status, starts_at: row.starts_at, ends_at: row.ends_at })
    });
    Ok((bought.collect(), given.collect()))
}

/// One thing that happened, as it is told by [`super::timeline`].
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Event {
    /// When.
    pub at: DateTime<Utc>,
    /// `account`, `billing`, `mail`, `access`, `run`.
    pub part: String,
    /// What, by a name of our own.
    pub what: String,
    /// What it is about: a number, a tier, a subject, an action.
    pub name: String,
    /// How it stands, or why it was done.
    pub note: String,
    /// An amount.
    pub cents: Option<i64>,
    /// Its currency.
    pub currency: Option<String>,
    /// Where more of it is.
    pub link: Option<String>,
}

/// Everything that happened to a customer up to `now`, newest first; only of one part where `part` names one.
///
/// Runs are those that a subscriber would notice: slots that were published late or not at all, or without all assets or
/// sources, while there was access; `promise_minutes` is how late is late.
///
/// # Errors
/// Postgres fails.
pub async fn events(
    pool: &PgPool,
    id: i64,
    (part, promise_minutes): (&str, i64),
    now: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<Vec<Event>> {
    sqlx::query_as(EVENTS)
        .bind(id)
        .bind(part)
        .bind(promise_minutes)
        .bind(now)
        .bind(limit)
        .fetch_all(pool)
        .await
}

const EVENTS: &str = "
with me as (select id, pseudonym::text as pseudonym, created_at from customers where id = $1),
spans as (select starts_at, ends_at from billing_access where customer_id = $1
          union all select starts_at, coalesce(ends_at, 'infinity') from subscriptions where customer_id = $1),
recent as (select slot, closes_at, partial, published_at > closes_at + $3 * interval '1 minute' as late,
               ceil(extract(epoch from published_at - closes_at) / 60 - $3)::bigint as minutes
           from publications where version = 1 and closes_at > $4 - interval '90 days'),
events as (
  select created_at as at, 'account' as part, 'made' as what, '' as name, '' as note, null::bigint as cents,
         null::text as currency, null::text as link from me
  union all select a.at, 'account', case when a.actor = me.pseudonym then 'did' else 'done' end, a.action, a.reason,
         null, null, '/admin/audit?subject=' || me.pseudonym
    from me join audit_entries a on a.subject = me.pseudonym or a.actor = me.pseudonym
  union all select created_at, 'billing', 'subscribed', coalesce(tier, price_id), status, unit_amount_cents, currency, null
    from billing_subscriptions where customer_id = $1
  union all select canceled_at, 'billing', 'cancel_asked', coalesce(tier, price_id), status, null, null, null
    from billing_subscriptions where customer_id = $1 and canceled_at is not null
  union all select ended_at, 'billing', 'ended', coalesce(tier, price_id), status, null, null, null
    from billing_subscriptions where customer_id = $1 and ended_at is not null
  union all select created_at, 'billing', 'invoiced', coalesce(number, stripe_id), status, total_cents, currency, hosted_url
    from billing_invoices where customer_id = $1
  union all select paid_at, 'billing', 'paid', coalesce(number, stripe_id), '', amount_paid_cents, currency, hosted_url
    from billing_invoices where customer_id = $1 and paid_at is not null and amount_paid_cents > 0
  union all select created_at, 'billing', 'refunded', coalesce(invoice_stripe_id, stripe_id), status, amount_cents, currency, null
    from billing_refunds where customer_id = $1
  union all select starts_at, 'access', 'begins', tier, reason, null, null, null
    from billing_access where customer_id = $1
  union all select a.ends_at, 'access', 'stops', a.tier, a.reason, null, null, null
    from billing_access a where a.customer_id = $1
     and not exists (select 1 from billing_access n where n.customer_id = $1 and n.starts_at = a.ends_at)
  union all select starts_at, 'access', 'given', tier, status, null, null, null
    from subscriptions where customer_id = $1
  union all select ends_at, 'access', 'given_ends', tier, status, null, null, null
    from subscriptions where customer_id = $1 and ends_at is not null
  union all select created_at, 'mail', state, subject, error, null, null, null from mails where customer_id = $1
  union all select d.created_at, 'mail', 'alert', d.symbol, d.channel || ': ' || d.state, null, null, null
    from alert_deliveries d join customer_alerts o on o.id = d.alert_id where o.customer_id = $1
  union all select p.closes_at, 'run', case when p.late then 'late' else 'partial' end, p.slot,
         case when p.late then p.minutes::text else '' end, null, null,
         case when p.late then '/admin/credits/' || p.slot end
    from recent p where (p.late or p.partial)
     and exists (select 1 from spans s where s.starts_at <= p.closes_at and p.closes_at < s.ends_at)
  union all select r.slot, 'run', 'missing', to_char(r.slot at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24\"Z\"'), r.status,
         null, null, null
    from runs r where r.slot > $4 - interval '90 days' and r.slot + $3 * interval '1 minute' < $4
     and not exists (select 1 from publications p where p.closes_at = r.slot)
     and exists (select 1 from spans s where s.starts_at <= r.slot and r.slot < s.ends_at)
  union all select decided_at, 'run', 'credited', slot, '', credit_cents, currency, '/admin/credits/' || slot
    from late_credits where customer_id = $1)
select at, part, what, name, note, cents, currency::text as currency, link from events
where at <= $4 and ($2 = '' or part = $2) order by at desc, part, what, name limit $5";
