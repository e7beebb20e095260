//! Holding all alerts against one slot, in one transaction.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection};

use super::alerts::AlertRow;
use crate::access::{Role, Subscription, Who};
use crate::alerts::rule::Standing;

/// Any constant: one evaluation at a time.
const LOCK: i64 = 0x5144_616c_6572_7473;
/// Slots that are made up for after a standstill: two days.
const MOST: i64 = 8;

/// Takes the lock until the transaction ends; `false` where another instance holds it.
///
/// # Errors
/// Postgres fails.
pub async fn lock(db: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar("select pg_try_advisory_xact_lock($1)").bind(LOCK).fetch_one(db).await
}

/// A slot that alerts have not been held against.
#[derive(Debug, Clone, FromRow)]
pub struct NewSlot {
    /// Its first publication.
    pub id: i64,
    /// Its name.
    pub slot: String,
    /// Its close.
    pub closes_at: DateTime<Utc>,
}

/// The oldest slot that is newer than the last one looked at; before the first, the newest of all. Slots that are filled
/// in afterwards are not news.
///
/// # Errors
/// Postgres fails.
pub async fn next_slot(db: &mut PgConnection) -> sqlx::Result<Option<NewSlot>> {
    sqlx::query_as(
        "with last as (select max(closes_at) as closes_at from alert_evaluations),
              fresh as (
                  select p.id, p.slot, p.closes_at from publications p, last
                  where p.version = 1 and (last.closes_at is null or p.closes_at > last.closes_at)
                  order by p.closes_at desc
                  limit case when (select closes_at from last) is null then 1 else $1 end)
         select id, slot, closes_at from fresh order by closes_at limit 1",
    )
    .bind(MOST)
    .fetch_optional(db)
    .await
}

/// Writes down that alerts have been held against a slot.
///
/// # Errors
/// Postgres fails.
pub async fn done(db: &mut PgConnection, slot: &NewSlot, fired: i32, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query(
        "insert into alert_evaluations (slot, closes_at, fired, evaluated_at) values ($1, $2, $3, $4)",
    )
    .bind(&slot.slot)
    .bind(slot.closes_at)
    .bind(fired)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// All alerts that their owners have not switched off, by customer, oldest first; none of an account that is going to be
/// erased.
///
/// # Errors
/// Postgres fails.
pub async fn alerts(db: &mut PgConnection) -> sqlx::Result<Vec<AlertRow>> {
    sqlx::query_as(
        "select id, customer_id, symbol, watchlist_id, null as list_name, measure, operator, threshold, days, channels,
                paused
         from customer_alerts
         where paused is distinct from 'customer'
           and customer_id not in (select id from customers where erase_at is not null)
         order by customer_id, id",
    )
    .fetch_all(db)
    .await
}

/// The assets of these watchlists.
///
/// # Errors
/// Postgres fails.
pub async fn watched(db: &mut PgConnection, lists: &[i64]) -> sqlx::Result<HashMap<i64, Vec<String>>> {
    let rows: Vec<(i64, String)> = sqlx::query_as(
        "select watchlist_id, symbol from watched_assets where watchlist_id = any ($1) order by watchlist_id, symbol",
    )
    .bind(lists)
    .fetch_all(db)
    .await?;
    let mut watched: HashMap<i64, Vec<String>> = HashMap::new();
    for (list, symbol) in rows {
        watched.entry(list).or_default().push(symbol);
    }
    Ok(watched)
}

#[derive(FromRow)]
struct OwnerRow {
    id: i64,
    role: String,
    tier: Option<String>,
    status: Option<String>,
    starts_at: Option<DateTime<Utc>>,
    ends_at: Option<DateTime<Utc>>,
}

/// What decides what these customers see.
///
/// # Errors
/// Postgres fails.
pub async fn owners(db: &mut PgConnection, customers: &[i64]) -> sqlx::Result<HashMap<i64, Who>> {
    let rows: Vec<OwnerRow> = sqlx::query_as(
        "select c.id, c.role, s.tier, s.status, s.starts_at, s.ends_at
         from customers c left join tier_spans s on s.customer_id = c.id where c.id = any ($1)",
    )
    .bind(customers)
    .fetch_all(db)
    .await?;
    let mut owners: HashMap<i64, (Role, Vec<Subscription>)> = HashMap::new();
    for row in rows {
        let owner = owners.entry(row.id).or_insert_with(|| (Role::parse(&row.role), Vec::new()));
        let tier = row.tier.and_then(|tier| tier.parse().ok());
        if let (Some(tier), Some(status), Some(starts_at)) = (tier, row.status, row.starts_at) {
            owner.1.push(Subscription { tier, status, starts_at, ends_at: row.ends_at });
        }
    }
    let who = |(id, (role, subscriptions))| (id, Who::Customer { role, subscriptions });
    Ok(owners.into_iter().map(who).collect())
}

/// Ranks of the assets in one publication.
///
/// # Errors
/// Postgres fails.
pub async fn ranks(db: &mut PgConnection, publication: i64) -> sqlx::Result<HashMap<String, i32>> {
    let rows: Vec<(String, i32)> =
        sqlx::query_as("select symbol, rank from sentiments where publication_id = $1")
            .bind(publication)
            .fetch_all(db)
            .await?;
    Ok(rows.into_iter().collect())
}

/// Where all alerts stand, by alert and asset.
///
/// # Errors
/// Postgres fails.
pub async fn standings(
    db: &mut PgConnection,
    alerts: &[i64],
) -> sqlx::Result<HashMap<(i64, String), Standing>> {
    type Row = (i64, String, bool, DateTime<Utc>, Option<DateTime<Utc>>);
    let rows: Vec<Row> = sqlx::query_as(
        "select alert_id, symbol, armed, seen_at, fired_at from alert_states where alert_id = any ($1)",
    )
    .bind(alerts)
    .fetch_all(db)
    .await?;
    let standing =
        |(alert, symbol, armed, seen_at, fired_at)| ((alert, symbol), Standing { armed, seen_at, fired_at });
    Ok(rows.into_iter().map(standing).collect())
}

/// Writes down where alerts stand now.
///
/// # Errors
/// Postgres fails.
pub async fn store_standings(
    db: &mut PgConnection,
    standings: &[(i64, String, Standing)],
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into alert_states (alert_id, symbol, armed, seen_at, fired_at)
         select * from unnest($1::bigint[], $2::text[], $3::boolean[], $4::timestamptz[], $5::timestamptz[])
         on conflict (alert_id, symbol) do update
         set (armed, seen_at, fired_at) = (excluded.armed, excluded.seen_at, excluded.fired_at)",
    )
    .bind(standings.iter().map(|(alert, ..)| *alert).collect::<Vec<_>>())
    .bind(standings.iter().map(|(_, symbol, _)| symbol.clone()).collect::<Vec<_>>())
    .bind(standings.iter().map(|(.., s)| s.armed).collect::<Vec<_>>())
    .bind(standings.iter().map(|(.., s)| s.seen_at).collect::<Vec<_>>())
    .bind(standings.iter().map(|(.., s)| s.fired_at).collect::<Vec<_>>())
    .execute(db)
    .await?;
    Ok(())
}

/// Pauses an alert for a reason of the tier's, or (`None`) lets it go on. What its owner has switched off stays off.
///
/// # Errors
/// Postgres fails.
pub async fn store_pause(db: &mut PgConnection, alert: i64, paused: Option<&str>) -> sqlx::Result<()> {
    sqlx::query(
        "update customer_alerts set paused = $2 where id = $1 and paused is distinct from 'customer'",
    )
    .bind(alert)
    .bind(paused)
    .execute(db)
    .await?;
    Ok(())
}

/// What an alert has to say.
#[derive(Debug, Clone)]
pub struct Firing {
    /// The alert.
    pub alert_id: i64,
    /// The asset.
    pub symbol: String,
    /// `mail`, `webhook` or `telegram`.
    pub channel: String,
    /// The value that crossed the threshold.
    pub value: f64,
}

/// Queues what alerts have to say of a slot; what has been queued before is not queued again.
///
/// # Errors
/// Postgres fails.
pub async fn queue(
    db: &mut PgConnection,
    slot: &NewSlot,
    firings: &[Firing],
    now: DateTime<Utc>,
) -> sqlx::Result<u64> {
    let done = sqlx::query(
        "insert into alert_deliveries (alert_id, symbol, channel, value, slot, closes_at, created_at, next_try_at)
         select f.*, $5, $6, $7, $7 from unnest($1::bigint[], $2::text[], $3::text[], $4::float8[]) as f
         on conflict (alert_id, slot, symbol, channel) do nothing",
    )
    .bind(firings.iter().map(|f| f.alert_id).collect::<Vec<_>>())
    .bind(firings.iter().map(|f| f.symbol.clone()).collect::<Vec<_>>())
    .bind(firings.iter().map(|f| f.channel.clone()).collect::<Vec<_>>())
    .bind(firings.iter().map(|f| f.value).collect::<Vec<_>>())
    .bind(&slot.slot)
    .bind(slot.closes_at)
    .bind(now)
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}
