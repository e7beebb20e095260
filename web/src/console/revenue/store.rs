//! All SQL of revenue. Reads what `billing` writes.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgPool};

use super::payments::{Bill, Refund};
use super::recurring::Line;
use super::trials::Trial;

/// Everything that revenue follows from.
#[derive(Debug, Clone, Default)]
pub struct Books {
    /// Lines that say what subscriptions cost.
    pub lines: Vec<Line>,
    /// Subscriptions that have ended, with the instant.
    pub ended: BTreeMap<String, DateTime<Utc>>,
    /// Subscriptions that began with a trial.
    pub trials: Vec<Trial>,
    /// Invoices.
    pub bills: Vec<Bill>,
    /// Refunds.
    pub refunds: Vec<Refund>,
}

#[derive(FromRow)]
struct LineRow {
    customer: String,
    subscription: String,
    invoice: String,
    currency: String,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    unit_cents: i64,
    quantity: i64,
    months: i64,
    amount_cents: i64,
    discount_cents: i64,
    proration: bool,
    invoiced_at: DateTime<Utc>,
}

#[derive(FromRow)]
struct TrialRow {
    customer: String,
    started_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    paid_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
}

#[derive(FromRow)]
struct BillRow {
    currency: String,
    status: String,
    total_cents: i64,
    paid_cents: i64,
    created_at: DateTime<Utc>,
    paid_at: Option<DateTime<Utc>>,
    attempts: i64,
}

#[derive(FromRow)]
struct RefundRow {
    currency: String,
    cents: i64,
    at: DateTime<Utc>,
}

/// Lines of invoices that are paid or open; a price that is none of ours is taken from the line itself. Then the current
/// period of each subscription that is paid or late, so that a renewal whose invoice is on its way is no gap.
const LINES: &str = "
select i.customer_stripe_id as customer, i.subscription_stripe_id as subscription, i.stripe_id as invoice,
       i.currency::text as currency, (l->>'period_start_at')::timestamptz as starts_at, (l->>'period_end_at')::timestamptz as ends_at,
       coalesce(p.unit_amount_cents, (l->>'amount_cents')::bigint / greatest((l->>'quantity')::bigint, 1)) as unit_cents,
       (l->>'quantity')::bigint as quantity,
       case when coalesce(p.interval, case when (l->>'period_end_at')::timestamptz - (l->>'period_start_at')::timestamptz
            > interval '45 days' then 'year' else 'month' end) = 'year' then 12::bigint else 1 end as months,
       (l->>'amount_cents')::bigint as amount_cents, (l->>'discount_cents')::bigint as discount_cents,
       (l->>'proration')::boolean as proration, i.created_at as invoiced_at
from billing_invoices i cross join lateral jsonb_array_elements(i.lines) l
left join prices p on p.stripe_id = l->>'price_id'
where i.status in ('paid', 'open') and i.subscription_stripe_id is not null and l->>'price_id' is not null
union all
select customer_stripe_id, stripe_id, '', currency::text, current_period_start_at, current_period_end_at, unit_amount_cents, quantity,
       case interval when 'year' then 12::bigint else 1 end, unit_amount_cents * quantity,
       least(unit_amount_cents * quantity, coalesce(round(unit_amount_cents * quantity * discount_percent / 100)::bigint,
             discount_cents, 0)), false, synced_at
from billing_subscriptions where status in ('active', 'past_due') and paused_behavior is null";

/// All of it.
///
/// # Errors
/// Postgres fails.
pub async fn books(pool: &PgPool) -> sqlx::Result<Books> {
    let lines: Vec<LineRow> = sqlx::query_as(LINES).fetch_all(pool).await?;
    let ended: Vec<(String, DateTime<Utc>)> =
        sqlx::query_as("select stripe_id, ended_at from billing_subscriptions where ended_at is not null")
            .fetch_all(pool)
            .await?;
    let trials: Vec<TrialRow> = sqlx::query_as(
        "select s.customer_stripe_id as customer, coalesce(s.trial_start_at, s.started_at) as started_at, s.trial_end_at as ends_at,
             s.ended_at, (select min(i.paid_at) from billing_invoices i where i.subscription_stripe_id = s.stripe_id
                 and i.status = 'paid' and i.total_cents > 0) as paid_at
         from billing_subscriptions s where s.trial_end_at is not null",
    )
    .fetch_all(pool)
    .await?;
    let bills: Vec<BillRow> = sqlx::query_as(
        "select currency::text as currency, status, total_cents, amount_paid_cents as paid_cents, created_at, paid_at,
             attempt_count as attempts from billing_invoices",
    )
    .fetch_all(pool)
    .await?;
    let refunds: Vec<RefundRow> = sqlx::query_as(
        "select currency::text as currency, amount_cents as cents, created_at as at from billing_refunds where status = 'succeeded'",
    )
    .fetch_all(pool)
    .await?;
    Ok(Books {
        lines: lines.into_iter().map(line).collect(),
        ended: ended.into_iter().collect(),
        trials: trials.into_iter().map(trial).collect(),
        bills: bills.into_iter().map(bill).collect(),
        refunds: refunds
            .into_iter()
            .map(|r| Refund { currency: r.currency, cents: r.cents, at: r.at })
            .collect(),
    })
}

fn line(row: LineRow) -> Line {
    Line {
        customer: row.customer,
        subscription: row.subscription,
        invoice: row.invoice,
        currency: row.currency,
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        unit_cents: row.unit_cents,
        quantity: row.quantity,
        months: row.months,
        amount_cents: row.amount_cents,
        discount_cents: row.discount_cents,
        proration: row.proration,
        invoiced_at: row.invoiced_at,
    }
}

fn trial(row: TrialRow) -> Trial {
    let TrialRow { customer, started_at, ends_at, paid_at, ended_at } = row;
    Trial { customer, started_at, ends_at, paid_at, ended_at }
}

fn bill(row: BillRow) -> Bill {
    let BillRow { currency, status, total_cents, paid_cents, created_at, paid_at, attempts } = row;
    Bill { currency, status, total_cents, paid_cents, created_at, paid_at, attempts }
}

/// Accounts and addresses of customers by the payment provider's id; who was erased has none.
///
/// # Errors
/// Postgres fails.
pub async fn names(pool: &PgPool, customers: &[String]) -> sqlx::Result<BTreeMap<String, (i64, String)>> {
    let rows: Vec<(String, i64, String)> = sqlx::query_as(
        "select b.stripe_id, c.id, c.email from billing_customers b join customers c on c.id = b.customer_id
         where b.stripe_id = any($1)",
    )
    .bind(customers)
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|(stripe_id, id, email)| (stripe_id, (id, email))).collect())
}

/// An invoice in a list.
#[derive(Debug, Clone, FromRow)]
pub struct InvoiceRow {
    /// Its id at the payment provider.
    pub stripe_id: String,
    /// Its number.
    pub number: Option<String>,
    /// The customer's id there.
    pub customer: String,
    /// The account; `None`: erased.
    pub customer_id: Option<i64>,
    /// The account's address.
    pub email: Option<String>,
    /// How it stands.
    pub status: String,
    /// What it asks for.
    pub total_cents: i64,
    /// What was paid.
    pub paid_cents: i64,
    /// Currency.
    pub currency: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was paid.
    pub paid_at: Option<DateTime<Utc>>,
    /// Times that payment was tried.
    pub attempts: i64,
    /// When it is tried again.
    pub next_at: Option<DateTime<Utc>>,
    /// The page on which it is shown.
    pub hosted_url: Option<String>,
}

/// Which invoices: of a currency, made within some time, perhaps of some customers, perhaps those whose payment failed.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    /// Currency.
    pub currency: &'a str,
    /// First instant.
    pub from: DateTime<Utc>,
    /// First instant after it.
    pub to: DateTime<Utc>,
    /// Only of these customers.
    pub customers: Option<&'a [String]>,
    /// Only those whose first payment failed.
    pub failed: bool,
}

/// Invoices, newest first.
///
/// # Errors
/// Postgres fails.
pub async fn invoices(pool: &PgPool, wanted: &Wanted<'_>, limit: i64) -> sqlx::Result<Vec<InvoiceRow>> {
    sqlx::query_as(
        "select i.stripe_id, i.number, i.customer_stripe_id as customer, i.customer_id, c.email, i.status, i.total_cents,
             i.amount_paid_cents as paid_cents, i.currency::text as currency, i.created_at, i.paid_at,
             i.attempt_count as attempts, i.next_attempt_at as next_at, i.hosted_url
         from billing_invoices i left join customers c on c.id = i.customer_id
         where i.currency = $1 and i.created_at >= $2 and i.created_at < $3 and i.status <> 'draft'
           and ($4::text[] is null or i.customer_stripe_id = any($4))
           and (not $5 or (i.status = 'paid' and i.attempt_count > 1) or i.status = 'uncollectible'
                or (i.status in ('open', 'void') and i.attempt_count > 0))
         order by i.created_at desc, i.stripe_id limit $6",
    )
    .bind(wanted.currency)
    .bind(wanted.from)
    .bind(wanted.to)
    .bind(wanted.customers)
    .bind(wanted.failed)
    .bind(limit)
    .fetch_all(pool)
    .await
}
