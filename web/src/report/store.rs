//! All SQL of notification settings and weekly reports.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{FromRow, PgConnection, PgPool};

use crate::mail::letter::Kind;

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
         where d.due_at >= d.report_from and not exists (
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

/// A slot of the week, in its newest version.
#[derive(Debug, Clone, FromRow)]
pub struct SlotRow {
    /// The publication.
    pub id: i64,
    /// Its name.
    pub slot: String,
    /// Its close.
    pub closes_at: DateTime<Utc>,
}

/// The slots that closed in `(from, to]`, oldest first.
///
/// # Errors
/// Postgres fails.
pub async fn slots(
    db: &mut PgConnection,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> sqlx::Result<Vec<SlotRow>> {
    sqlx::query_as(
        "select distinct on (closes_at) id, slot, closes_at from publications
         where closes_at > $1 and closes_at <= $2 order by closes_at, version desc",
    )
    .bind(from)
    .bind(to)
    .fetch_all(db)
    .await
}

/// The assets of all of a customer's watchlists in order, each once.
///
/// # Errors
/// Postgres fails.
pub async fn watched(db: &mut PgConnection, customer_id: i64, limit: i64) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(
        "select symbol from (
             select a.symbol, row_number() over (order by w.position, w.id, a.position, a.symbol) as place
             from watchlists w join watched_assets a on a.watchlist_id = w.id where w.customer_id = $1) as all_of_them
         group by symbol order by min(place) limit $2",
    )
    .bind(customer_id)
    .bind(limit)
    .fetch_all(db)
    .await
}

/// Closes of these assets by day, oldest first.
///
/// # Errors
/// Postgres fails.
pub async fn closes(
    db: &mut PgConnection,
    symbols: &[String],
    from: NaiveDate,
    to: NaiveDate,
) -> sqlx::Result<BTreeMap<String, Vec<(NaiveDate, f64, f64)>>> {
    let rows: Vec<(String, NaiveDate, f64, f64)> = sqlx::query_as(
        "select symbol, traded_on, close, coalesce(adj_close, close) from daily_bars
         where symbol = any ($1) and traded_on between $2 and $3 order by symbol, traded_on",
    )
    .bind(symbols)
    .bind(from)
    .bind(to)
    .fetch_all(db)
    .await?;
    let mut closes: BTreeMap<String, Vec<(NaiveDate, f64, f64)>> = BTreeMap::new();
    for (symbol, day, close, basis) in rows {
        closes.entry(symbol).or_default().push((day, close, basis));
    }
    Ok(closes)
}

/// One asset's mood in one slot.
#[derive(Debug, Clone, FromRow)]
pub struct MoodRow {
    /// The asset.
    pub symbol: String,
    /// The slot's close.
    pub closes_at: DateTime<Utc>,
    /// Score; `None`: too few documents.
    pub score: Option<f64>,
    /// Lower end of its 95 % interval.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Documents behind it, without noise.
    pub documents: i64,
}

/// Moods of these assets in these publications, oldest first.
///
/// # Errors
/// Postgres fails.
pub async fn moods(db: &mut PgConnection, symbols: &[String], slots: &[i64]) -> sqlx::Result<Vec<MoodRow>> {
    sqlx::query_as(
        "select s.symbol, p.closes_at, s.score, s.low, s.high, s.posts_organic + s.articles_organic as documents
         from sentiments s join publications p on p.id = s.publication_id
         where s.publication_id = any ($2) and s.symbol = any ($1) order by s.symbol, p.closes_at",
    )
    .bind(symbols)
    .bind(slots)
    .fetch_all(db)
    .await
}

/// A headline.
#[derive(Debug, Clone, FromRow)]
pub struct HeadlineRow {
    /// The asset.
    pub symbol: String,
    /// Close of the slot in which it was collected.
    pub closes_at: DateTime<Utc>,
    /// When it was published.
    pub said_at: DateTime<Utc>,
    /// The outlet.
    pub outlet: Option<String>,
    /// The headline.
    pub text: String,
    /// Its link.
    pub url: Option<String>,
}

/// The heaviest headlines of each of these assets in these publications.
///
/// # Errors
/// Postgres fails.
pub async fn headlines(
    db: &mut PgConnection,
    symbols: &[String],
    slots: &[i64],
    each: i64,
) -> sqlx::Result<Vec<HeadlineRow>> {
    sqlx::query_as(
        "select symbol, closes_at, said_at, outlet, text, url from (
             select d.symbol, p.closes_at, d.said_at, d.outlet, d.text, d.url,
                    row_number() over (partition by d.symbol order by d.weight desc nulls last, d.said_at desc, d.id) as place
             from documents d join publications p on p.id = d.publication_id
             where d.publication_id = any ($2) and d.symbol = any ($1) and d.kind = 'article' and d.noise is null
               and d.text is not null) as ranked
         where place <= $3 order by symbol, place",
    )
    .bind(symbols)
    .bind(slots)
    .bind(each)
    .fetch_all(db)
    .await
}

/// The outlook of one asset over five trading days.
#[derive(Debug, Clone, FromRow)]
pub struct OutlookRow {
    /// The asset.
    pub symbol: String,
    /// Lower end of the 80 % interval, as a share of the last close, less 1.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Value at Risk of one day at 95 %, as a share; a loss is positive.
    pub value_at_risk: Option<f64>,
}

/// Outlooks of these assets in one publication.
///
/// # Errors
/// Postgres fails.
pub async fn outlooks(
    db: &mut PgConnection,
    symbols: &[String],
    publication: i64,
) -> sqlx::Result<Vec<OutlookRow>> {
    sqlx::query_as(
        "select f.symbol, f.q10 / f.last_close - 1 as low, f.q90 / f.last_close - 1 as high,
                (select r.value_at_risk from risks r where r.publication_id = f.publication_id and r.symbol = f.symbol
                   and r.horizon = 1 and r.confidence between 0.9499 and 0.9501) as value_at_risk
         from forecasts f where f.publication_id = $2 and f.symbol = any ($1) and f.horizon = 5 and f.last_close > 0
         order by f.symbol",
    )
    .bind(symbols)
    .bind(publication)
    .fetch_all(db)
    .await
}

/// How forecasts one day ahead fared.
#[derive(Debug, Clone, Copy, FromRow)]
pub struct RecordRow {
    /// Forecasts that have come due.
    pub forecasts: i64,
    /// Outcomes inside the 80 % interval.
    pub inside_80: i64,
    /// Sum of the relative errors.
    pub error: Option<f64>,
    /// Sum of the random walk's.
    pub walk_error: Option<f64>,
}

/// How forecasts one day ahead fared up to a day.
///
/// # Errors
/// Postgres fails.
pub async fn record(db: &mut PgConnection, to: NaiveDate) -> sqlx::Result<RecordRow> {
    sqlx::query_as(
        "select count(*) as forecasts, count(*) filter (where inside_80) as inside_80, sum(error) as error,
                sum(walk_error) as walk_error
         from forecast_outcomes where horizon = 1 and traded_on <= $1",
    )
    .bind(to)
    .fetch_one(db)
    .await
}
