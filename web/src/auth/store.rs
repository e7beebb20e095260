//! All SQL of accounts and sessions.

pub mod customers;
pub mod limits;
pub mod registration;
pub mod second;
pub mod sessions;
pub mod site_keys;
pub mod tokens;
pub mod vault;

use chrono::{DateTime, Duration, Utc};
use domain::Tier;
use serde::Deserialize;
use sqlx::types::Json;
use sqlx::{FromRow, PgPool};

use crate::access::{Role, Subscription, Who};
use crate::watch::store::Watchlist;

pub use self::customers::{
    Customer, NewCustomer, by_id, by_key, insert_customer, set_email, set_erasure, set_password, set_role,
    store_customer,
};

/// A session that was not used for so long has ended.
const IDLE_DAYS: i64 = 14;
/// How exact the time is at which a session was used last.
const SEEN_MINUTES: i64 = 5;

/// An account that is signed in.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its id.
    pub id: i64,
    /// Its address, as typed.
    pub email: String,
    /// What the audit log calls it.
    pub pseudonym: String,
    /// What decides what it sees.
    pub who: Who,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// The session's id, by which its owner names it.
    pub session: i64,
    /// When password (and code) were shown last in this session.
    pub authenticated_at: DateTime<Utc>,
    /// Whether signing in asks for a code.
    pub two_step: bool,
    /// Its watchlists in order.
    pub lists: Vec<Watchlist>,
}

#[derive(FromRow)]
struct AccountRow {
    id: i64,
    email: String,
    pseudonym: String,
    role: String,
    created_at: DateTime<Utc>,
    session: i64,
    authenticated_at: DateTime<Utc>,
    seen_at: DateTime<Utc>,
    two_step: bool,
    bought: Json<Vec<SubscriptionRow>>,
    lists: Json<Vec<Watchlist>>,
}

#[derive(FromRow, Deserialize)]
struct SubscriptionRow {
    tier: String,
    status: String,
    starts_at: DateTime<Utc>,
    ends_at: Option<DateTime<Utc>>,
}

/// The account whose session has this fingerprint, if the session has not ended at `now`.
///
/// # Errors
/// Postgres fails.
pub async fn load_account(
    pool: &PgPool,
    fingerprint: &[u8],
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Account>> {
    let row: Option<AccountRow> = sqlx::query_as(
        "select c.id, c.email, c.pseudonym::text as pseudonym, c.role, c.created_at, s.id as session,
                s.authenticated_at, s.seen_at,
                exists (select from totp_secrets t where t.customer_id = c.id and t.confirmed_at is not null) as two_step,
                (select coalesce(jsonb_agg(jsonb_build_object('tier', b.tier, 'status', b.status, 'starts_at', b.starts_at,
                     'ends_at', b.ends_at)), '[]') from tier_spans b where b.customer_id = c.id) as bought,
                (select coalesce(json_agg(json_build_object('id', w.id, 'name', w.name, 'symbols', array(
                     select symbol from watched_assets a where a.watchlist_id = w.id order by position, symbol))
                     order by w.position, w.id), '[]') from watchlists w where w.customer_id = c.id) as lists
         from sessions s join customers c on c.id = s.customer_id
         where s.key_sha256 = $1 and s.expires_at > $2 and s.seen_at > $3",
    )
    .bind(fingerprint)
    .bind(now)
    .bind(now - Duration::days(IDLE_DAYS))
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    if row.seen_at < now - Duration::minutes(SEEN_MINUTES) {
        sessions::seen(pool, row.session, now).await?;
    }
    let subscriptions = row.bought.0.into_iter().filter_map(subscription).collect();
    let who = Who::Customer { role: Role::parse(&row.role), subscriptions };
    let AccountRow { id, email, pseudonym, created_at, session, authenticated_at, two_step, .. } = row;
    let lists = row.lists.0;
    Ok(Some(Account { id, email, pseudonym, who, created_at, session, authenticated_at, two_step, lists }))
}

/// What decides what a customer with this role sees.
///
/// # Errors
/// Postgres fails.
pub async fn load_who(pool: &PgPool, customer_id: i64, role: &str) -> sqlx::Result<Who> {
    let bought: Vec<SubscriptionRow> =
        sqlx::query_as("select tier, status, starts_at, ends_at from tier_spans where customer_id = $1")
            .bind(customer_id)
            .fetch_all(pool)
            .await?;
    let subscriptions = bought.into_iter().filter_map(subscription).collect();
    Ok(Who::Customer { role: Role::parse(role), subscriptions })
}

/// A tier that this version does not know gives nothing.
fn subscription(row: SubscriptionRow) -> Option<Subscription> {
    let tier: Tier = row.tier.parse().ok()?;
    Some(Subscription { tier, status: row.status, starts_at: row.starts_at, ends_at: row.ends_at })
}

/// Gives a customer a tier from `now` on, without end.
///
/// # Errors
/// Postgres fails.
pub async fn store_subscription(
    pool: &PgPool,
    customer_id: i64,
    tier: Tier,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into subscriptions (customer_id, tier, status, starts_at) values ($1, $2, 'active', $3)",
    )
    .bind(customer_id)
    .bind(tier.as_str())
    .bind(now)
    .execute(pool)
    .await?;
    Ok(())
}

/// Stores a session that came from nowhere in particular and drops those that have ended.
///
/// # Errors
/// Postgres fails.
pub async fn store_session(
    pool: &PgPool,
    customer_id: i64,
    fingerprint: &[u8],
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    let new = sessions::NewSession { fingerprint, customer_id, expires_at, address: "", agent: "" };
    let mut db = pool.acquire().await?;
    sessions::start(&mut db, &new, now).await
}
