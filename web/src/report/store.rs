//! All SQL of notification settings and weekly reports. What a report rests on is in [`basis`].

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{FromRow, PgConnection, PgPool};

use crate::mail::letter::Kind;

pub mod basis;

/// How a customer wants to be told.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Settings {
    /// ISO 639-1 code.
    pub language: String,
    /// Whether alerts go by mail.
    pub alert_mails: bool,
    /// Whether the weekly report goes by mail.
    pub report_mails: bool,
    /// The day on which it does; Monday is 0.
    pub report_weekday: i16,
    /// The hour (UTC).
    pub report_hour: i16,
}

impl Settings {
    /// Those of somebody who has chosen nothing: alerts by mail, no report.
    pub fn unset(language: &str) -> Self {
        let language = language.to_owned();
        Self { language, alert_mails: true, report_mails: false, report_weekday: 0, report_hour: 6 }
    }
}

/// A customer's settings, where any were chosen.
///
/// # Errors
/// Postgres fails.
pub async fn settings(pool: &PgPool, customer_id: i64) -> sqlx::Result<Option<Settings>> {
    sqlx::query_as(
        "select language, alert_mails, report_mails, report_weekday, report_hour from notification_settings
         where customer_id = $1",
    )
    .bind(customer_id)
    .fetch_optional(pool)
    .await
}

/// Stores a customer's settings.
///
/// # Errors
/// Postgres fails.
pub async fn store_settings(
    pool: &PgPool,
    customer_id: i64,
    settings: &Settings,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into notification_settings as n (customer_id, language, alert_mails, report_mails, report_weekday,
             report_hour, report_from)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (customer_id) do update
         set (language, alert_mails, report_mails, report_weekday, report_hour)
             = (excluded.language, excluded.alert_mails, excluded.report_mails, excluded.report_weekday,
                excluded.report_hour),
             report_from = case when excluded.report_mails and not n.report_mails then excluded.report_from
                                else n.report_from end",
    )
    .bind(customer_id)
    .bind(&settings.language)
    .bind(settings.alert_mails)
    .bind(settings.report_mails)
    .bind(settings.report_weekday)
    .bind(settings.report_hour)
    .bind(now)
    .execute(pool)
    .await?;
    Ok(())
}

/// Switches one kind of mail off. Somebody who has chosen nothing gets a row in `language`; an account that is gone, none.
///
/// # Errors
/// Postgres fails.
pub async fn unsubscribe(
    pool: &PgPool,
    customer_id: i64,
    kind: Kind,
    language: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let (alerts, reports) = (kind == Kind::Alert, kind == Kind::Report);
    sqlx::query(
        "insert into notification_settings as n (customer_id, language, alert_mails, report_mails, report_weekday,
             report_hour, report_from)
         select id, $2, not $3, false, 0, 6, $5 from customers where id = $1
         on conflict (customer_id) do update
         set (alert_mails, report_mails) = row (n.alert_mails and not $3, n.report_mails and not $4)",
    )
    .bind(customer_id)
    .bind(language)
    .bind(alerts)
    .bind(reports)
    .bind(now)
    .execute(pool)
    .await?;
    Ok(())
}

/// A customer who wants reports.
#[derive(Debug, Clone, FromRow)]
pub struct Subscriber {
    /// The customer.
    pub customer_id: i64,
    /// The address.
    pub email: String,
    /// ISO 639-1 code.
    pub language: String,
    /// Monday of the week that is due.
    pub monday: NaiveDate,
}

/// Customers whose newest due report has not been made. `monday` is that of the week that holds `now`.
///
/// # Errors
/// Postgres fails.
pub async fn due(
    pool: &PgPool,
    now: DateTime<Utc>,
    monday: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<Vec<Subscriber>> {
    sqlx::query_as(
        "with wanted as (
             select n.*, $2 + make_interval(days => report_weekday, hours => report_hour) as this_week
             from notification_settings n where n.report_mails),
         due as (
             select *, case when this_week <= $1 then this_week else this_week - interval '7 days' end as due_at,
                    ($2 at time zone 'UTC')::date - case when this_week <= $1 then 7 else 14 end as monday
             from wanted)
         select d.customer_id, c.email, d.language, d.monday from due d join customers c on c.id = d.customer_id
         where c.erase_at is null and d.due_at >= d.report_from and not exists (
             select from reports r where r.customer_id = d.customer_id and r.week = to_char(d.monday, 'IYYY\"-W\"IW'))
         order by d.customer_id limit $3",
    )
    .bind(now)
    .bind(monday)
    .bind(limit)
    .fetch_all(pool)
    .await
}

/// Takes a customer's week; `false` where it has been made. Holds until the transaction ends.
///
/// # Errors
/// Postgres fails.
pub async fn take(
    db: &mut PgConnection,
    customer_id: i64,
    week: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "insert into reports (customer_id, week, made_at) values ($1, $2, $3) on conflict do nothing",
    )
    .bind(customer_id)
    .bind(week)
    .bind(now)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}
