//! Deliveries of alerts, and what came of them.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgPool};

use crate::auth::vault::Kept;

/// A delivery that is due, with everything that is needed to make it.
#[derive(Debug, Clone, FromRow)]
pub struct Due {
    /// Its id.
    pub id: i64,
    /// The alert.
    pub alert_id: i64,
    /// Whose it is.
    pub customer_id: i64,
    /// The customer's address.
    pub email: String,
    /// ISO 639-1 code of the customer's language; `None`: never chosen.
    pub language: Option<String>,
    /// Whether alerts go by mail; `None`: never chosen, so they do.
    pub alert_mails: Option<bool>,
    /// The slot.
    pub slot: String,
    /// Its close.
    pub closes_at: DateTime<Utc>,
    /// The asset.
    pub symbol: String,
    /// Its name.
    pub name: String,
    /// `mail`, `webhook` or `telegram`.
    pub channel: String,
    /// What is looked at.
    pub measure: String,
    /// On which side it fires.
    pub operator: String,
    /// The threshold.
    pub threshold: f64,
    /// Days, where the measure takes any.
    pub days: i32,
    /// The value that crossed it.
    pub value: f64,
    /// Tries, this one included.
    pub tries: i32,
    /// The customer's webhook.
    pub webhook_url: Option<String>,
    /// Its secret, as it lies in Postgres.
    #[sqlx(flatten)]
    pub webhook_secret: Kept,
    /// The customer's chat.
    pub chat_id: Option<i64>,
}

/// Takes deliveries that are due: until `leased_until` nobody else takes them.
///
/// # Errors
/// Postgres fails.
pub async fn claim(
    pool: &PgPool,
    now: DateTime<Utc>,
    leased_until: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<Vec<Due>> {
    sqlx::query_as(
        "with due as (
             update alert_deliveries set tries = tries + 1, next_try_at = $2
             where id in (select id from alert_deliveries where state = 'queued' and next_try_at <= $1
                          order by next_try_at, id limit $3 for update skip locked)
             returning *)
         select d.id, d.alert_id, a.customer_id, c.email, n.language, n.alert_mails, d.slot, d.closes_at, d.symbol, s.name,
                d.channel, a.measure, a.operator, a.threshold, a.days, d.value, d.tries, w.url as webhook_url,
                convert_to(w.secret, 'UTF8') as secret, w.secret_sealed, w.secret_key, t.chat_id
         from due d join customer_alerts a on a.id = d.alert_id join customers c on c.id = a.customer_id
         join assets s on s.symbol = d.symbol
         left join notification_settings n on n.customer_id = c.id
         left join webhooks w on w.customer_id = c.id
         left join telegram_chats t on t.customer_id = c.id
         order by d.id",
    )
    .bind(now)
    .bind(leased_until)
    .bind(limit)
    .fetch_all(pool)
    .await
}

/// Writes down what came of a try: sent, tried again at `next_try_at`, or given up.
///
/// # Errors
/// Postgres fails.
pub async fn store(
    pool: &PgPool,
    id: i64,
    code: Option<u16>,
    problem: Option<&str>,
    next_try_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query(
        "update alert_deliveries set
             response_code = $2, error = coalesce($3, ''),
             state = case when $3 is null then 'sent' when $4::timestamptz is null then 'failed' else 'queued' end,
             next_try_at = coalesce($4, next_try_at),
             done_at = case when $3 is null or $4::timestamptz is null then $5 end
         where id = $1 and state = 'queued'",
    )
    .bind(id)
    .bind(code.map(i32::from))
    .bind(problem)
    .bind(next_try_at)
    .bind(now)
    .execute(pool)
    .await?;
    Ok(())
}
