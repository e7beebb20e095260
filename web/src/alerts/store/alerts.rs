//! Alerts as their owners see them. Every statement names the customer, so that nobody reaches another's.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgPool};

use crate::alerts::rule::{Measure, Operator, Rule, Standing};

/// An alert.
#[derive(Debug, Clone, FromRow)]
pub struct AlertRow {
    /// Its id.
    pub id: i64,
    /// Whose it is.
    pub customer_id: i64,
    /// The asset; `None`: see `watchlist_id`.
    pub symbol: Option<String>,
    /// The watchlist.
    pub watchlist_id: Option<i64>,
    /// The watchlist's name.
    pub list_name: Option<String>,
    /// What it looks at.
    pub measure: String,
    /// On which side it fires.
    pub operator: String,
    /// The threshold, in the measure's unit.
    pub threshold: f64,
    /// Days, where the measure takes any.
    pub days: i32,
    /// `mail`, `webhook`, `telegram`.
    pub channels: Vec<String>,
    /// Why it is off: `customer`, `tier` or `limit`; `None`: on.
    pub paused: Option<String>,
}

impl AlertRow {
    /// Its rule; `None` where this version does not know the measure.
    pub fn rule(&self) -> Option<Rule> {
        let (measure, operator) = (Measure::parse(&self.measure)?, Operator::parse(&self.operator)?);
        Some(Rule { measure, operator, threshold: self.threshold, days: self.days })
    }
}

/// A new alert.
#[derive(Debug, Clone)]
pub struct NewAlert<'a> {
    /// Whose it is.
    pub customer_id: i64,
    /// The asset, or `None` for a watchlist.
    pub symbol: Option<&'a str>,
    /// The watchlist.
    pub watchlist_id: Option<i64>,
    /// Its rule.
    pub rule: Rule,
    /// `mail`, `webhook`, `telegram`.
    pub channels: &'a [String],
    /// Where it stands, by asset: so that it fires at the next crossing and not at what is beyond already.
    pub standings: &'a [(String, Standing)],
    /// Most alerts of this customer.
    pub limit: i64,
}

/// A customer's alerts, oldest first.
///
/// # Errors
/// Postgres fails.
pub async fn of_customer(pool: &PgPool, customer_id: i64) -> sqlx::Result<Vec<AlertRow>> {
    sqlx::query_as(
        "select a.id, a.customer_id, a.symbol, a.watchlist_id, w.name as list_name, a.measure, a.operator, a.threshold,
                a.days, a.channels, a.paused
         from customer_alerts a left join watchlists w on w.id = a.watchlist_id
         where a.customer_id = $1 order by a.id",
    )
    .bind(customer_id)
    .fetch_all(pool)
    .await
}

/// Stores an alert with where it stands; `None` where the customer has as many as the tier includes, or the watchlist is
/// not the customer's.
///
/// # Errors
/// Postgres fails.
pub async fn insert(pool: &PgPool, alert: &NewAlert<'_>, now: DateTime<Utc>) -> sqlx::Result<Option<i64>> {
    let mut tx = pool.begin().await?;
    // Two forms sent at once are counted one after the other.
    sqlx::query("select 1 from customers where id = $1 for update")
        .bind(alert.customer_id)
        .execute(&mut *tx)
        .await?;
    let id: Option<i64> = sqlx::query_scalar(
        "insert into customer_alerts (customer_id, symbol, watchlist_id, measure, operator, threshold, days, channels,
             created_at)
         select $1, $2, $3, $4, $5, $6, $7, $8, $9
         where (select count(*) from customer_alerts where customer_id = $1) < $10
           and ($3::bigint is null or exists (select from watchlists where id = $3 and customer_id = $1))
         returning id",
    )
    .bind(alert.customer_id)
    .bind(alert.symbol)
    .bind(alert.watchlist_id)
    .bind(alert.rule.measure.as_str())
    .bind(alert.rule.operator.as_str())
    .bind(alert.rule.threshold)
    .bind(alert.rule.days)
    .bind(alert.channels)
    .bind(now)
    .bind(alert.limit)
    .fetch_optional(&mut *tx)
    .await?;
    let Some(id) = id else { return Ok(None) };
    let standings = alert.standings;
    sqlx::query(
        "insert into alert_states (alert_id, symbol, armed, seen_at, fired_at)
         select $1, s.* from unnest($2::text[], $3::boolean[], $4::timestamptz[], $5::timestamptz[]) as s",
    )
    .bind(id)
    .bind(standings.iter().map(|(symbol, _)| symbol.clone()).collect::<Vec<_>>())
    .bind(standings.iter().map(|(_, s)| s.armed).collect::<Vec<_>>())
    .bind(standings.iter().map(|(_, s)| s.seen_at).collect::<Vec<_>>())
    .bind(standings.iter().map(|(_, s)| s.fired_at).collect::<Vec<_>>())
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(Some(id))
}

/// Switches an alert off or on again; `false`: not this customer's. What the tier has paused stays so.
///
/// # Errors
/// Postgres fails.
pub async fn pause(pool: &PgPool, customer_id: i64, id: i64, off: bool) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "update customer_alerts set paused = case
             when $3 and paused is null then 'customer'
             when not $3 and paused = 'customer' then null
             else paused end
         where id = $2 and customer_id = $1",
    )
    .bind(customer_id)
    .bind(id)
    .bind(off)
    .execute(pool)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Deletes an alert; `false`: not this customer's.
///
/// # Errors
/// Postgres fails.
pub async fn delete(pool: &PgPool, customer_id: i64, id: i64) -> sqlx::Result<bool> {
    let done = sqlx::query("delete from customer_alerts where id = $2 and customer_id = $1")
        .bind(customer_id)
        .bind(id)
        .execute(pool)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// What an alert said and what came of it.
#[derive(Debug, Clone, FromRow)]
pub struct ReceiptRow {
    /// The alert.
    pub alert_id: i64,
    /// The slot.
    pub slot: String,
    /// The asset.
    pub symbol: String,
    /// What it looks at.
    pub measure: String,
    /// The value that crossed the threshold.
    pub value: f64,
    /// `mail`, `webhook` or `telegram`.
    pub channel: String,
    /// `queued`, `sent` or `failed`; a mail counts as sent once the mail server has it.
    pub state: String,
    /// Tries so far.
    pub tries: i32,
    /// The answer's status, where there was one.
    pub response_code: Option<i32>,
    /// What went wrong.
    pub error: String,
    /// When it fired.
    pub created_at: DateTime<Utc>,
}

/// A customer's newest deliveries.
///
/// # Errors
/// Postgres fails.
pub async fn receipts(pool: &PgPool, customer_id: i64, limit: i64) -> sqlx::Result<Vec<ReceiptRow>> {
    sqlx::query_as(
        "select d.alert_id, d.slot, d.symbol, a.measure, d.value, d.channel,
                case when d.state = 'sent' then coalesce(m.state, d.state) else d.state end as state,
                coalesce(m.tries, d.tries) as tries, d.response_code,
                coalesce(nullif(d.error, ''), m.error, '') as error, d.created_at
         from alert_deliveries d join customer_alerts a on a.id = d.alert_id
         left join mails m on d.channel = 'mail' and m.dedupe_key = 'alert:' || d.id
         where a.customer_id = $1 order by d.id desc limit $2",
    )
    .bind(customer_id)
    .bind(limit)
    .fetch_all(pool)
    .await
}
