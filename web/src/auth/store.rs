//! All SQL of accounts and sessions.

pub mod limits;
pub mod registration;
pub mod second;
pub mod sessions;
pub mod tokens;

use chrono::{DateTime, Duration, Utc};
use domain::Tier;
use sqlx::{FromRow, PgConnection, PgPool};

use super::address::key_of;
use crate::access::{Role, Subscription, Who};
use crate::text::Lang;

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
}

#[derive(FromRow)]
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
                exists (select from totp_secrets t where t.customer_id = c.id and t.confirmed_at is not null) as two_step
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
    let who = load_who(pool, row.id, &row.role).await?;
    let AccountRow { id, email, pseudonym, created_at, session, authenticated_at, two_step, .. } = row;
    Ok(Some(Account { id, email, pseudonym, who, created_at, session, authenticated_at, two_step }))
}

/// What decides what a customer with this role sees.
///
/// # Errors
/// Postgres fails.
pub async fn load_who(pool: &PgPool, customer_id: i64, role: &str) -> sqlx::Result<Who> {
    let bought: Vec<SubscriptionRow> =
        sqlx::query_as("select tier, status, starts_at, ends_at from subscriptions where customer_id = $1")
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

/// An account, whoever asks.
#[derive(Debug, Clone)]
pub struct Customer {
    /// Its id.
    pub id: i64,
    /// Its address, as typed.
    pub email: String,
    /// What the audit log calls it.
    pub pseudonym: String,
    /// Hash of its password.
    pub password_hash: String,
    /// What it is for.
    pub role: Role,
    /// The language of mails about it.
    pub lang: Lang,
    /// When it is going to be erased; `None`: its owner did not ask for that.
    pub erase_at: Option<DateTime<Utc>>,
}

#[derive(FromRow)]
struct CustomerRow {
    id: i64,
    email: String,
    pseudonym: String,
    password_hash: String,
    role: String,
    language: String,
    erase_at: Option<DateTime<Utc>>,
}

impl From<CustomerRow> for Customer {
    fn from(row: CustomerRow) -> Self {
        let CustomerRow { id, email, pseudonym, password_hash, erase_at, .. } = row;
        let lang = Lang::parse(&row.language).unwrap_or(Lang::En);
        Self { id, email, pseudonym, password_hash, role: Role::parse(&row.role), lang, erase_at }
    }
}

/// The account whose address has this key.
///
/// # Errors
/// Postgres fails.
pub async fn by_key(pool: &PgPool, address_key: &str) -> sqlx::Result<Option<Customer>> {
    let row: Option<CustomerRow> = sqlx::query_as(
        "select id, email, pseudonym::text as pseudonym, password_hash, role, language, erase_at from customers
         where address_key = $1",
    )
    .bind(address_key)
    .fetch_optional(pool)
    .await?;
    Ok(row.map(Customer::from))
}

/// The account with this id.
///
/// # Errors
/// Postgres fails.
pub async fn by_id(db: &mut PgConnection, id: i64) -> sqlx::Result<Option<Customer>> {
    let row: Option<CustomerRow> = sqlx::query_as(
        "select id, email, pseudonym::text as pseudonym, password_hash, role, language, erase_at from customers
         where id = $1",
    )
    .bind(id)
    .fetch_optional(db)
    .await?;
    Ok(row.map(Customer::from))
}

/// Stores a new account, whose address counts as confirmed; `None` when the address is taken or cannot be one.
///
/// # Errors
/// Postgres fails.
pub async fn store_customer(
    pool: &PgPool,
    email: &str,
    password_hash: &str,
    role: Role,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<i64>> {
    let Some(address_key) = key_of(email) else { return Ok(None) };
    let mut db = pool.acquire().await?;
    insert_customer(
        &mut db,
        &NewCustomer { email, address_key: &address_key, password_hash, role, lang: Lang::En },
        now,
    )
    .await
}

/// An account to be stored.
#[derive(Debug, Clone)]
pub struct NewCustomer<'a> {
    /// Its address, as typed and confirmed.
    pub email: &'a str,
    /// The address's key.
    pub address_key: &'a str,
    /// Hash of its password.
    pub password_hash: &'a str,
    /// What it is for.
    pub role: Role,
    /// The language of mails about it.
    pub lang: Lang,
}

/// Stores a new account; `None` when the address is taken.
///
/// # Errors
/// Postgres fails.
pub async fn insert_customer(
    db: &mut PgConnection,
    new: &NewCustomer<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar(
        "insert into customers (email, address_key, password_hash, role, language, created_at)
         values ($1, $2, $3, $4, $5, $6) on conflict do nothing returning id",
    )
    .bind(new.email)
    .bind(new.address_key)
    .bind(new.password_hash)
    .bind(new.role.as_str())
    .bind(new.lang.code())
    .bind(now)
    .fetch_optional(db)
    .await
}

/// Gives an account another password.
///
/// # Errors
/// Postgres fails.
pub async fn set_password(db: &mut PgConnection, id: i64, password_hash: &str) -> sqlx::Result<()> {
    sqlx::query("update customers set password_hash = $2 where id = $1")
        .bind(id)
        .bind(password_hash)
        .execute(db)
        .await?;
    Ok(())
}

/// Gives an account another address; `false` where another account has it. The transaction goes on in either case.
///
/// # Errors
/// Postgres fails.
pub async fn set_email(db: &mut PgConnection, id: i64, email: &str, address_key: &str) -> sqlx::Result<bool> {
    let taken: bool =
        sqlx::query_scalar("select exists (select from customers where address_key = $2 and id <> $1)")
            .bind(id)
            .bind(address_key)
            .fetch_one(&mut *db)
            .await?;
    if taken {
        return Ok(false);
    }
    // Of two at once, the index refuses the second, whose transaction is lost.
    sqlx::query("update customers set email = $2, address_key = $3 where id = $1")
        .bind(id)
        .bind(email)
        .bind(address_key)
        .execute(db)
        .await?;
    Ok(true)
}

/// Says when an account is going to be erased, or (`None`) that it is not.
///
/// # Errors
/// Postgres fails.
pub async fn set_erasure(
    db: &mut PgConnection,
    id: i64,
    erase_at: Option<DateTime<Utc>>,
) -> sqlx::Result<()> {
    sqlx::query("update customers set erase_at = $2 where id = $1")
        .bind(id)
        .bind(erase_at)
        .execute(db)
        .await?;
    Ok(())
}

/// Gives an account another role.
///
/// # Errors
/// Postgres fails.
pub async fn set_role(db: &mut PgConnection, id: i64, role: Role) -> sqlx::Result<()> {
    sqlx::query("update customers set role = $2 where id = $1")
        .bind(id)
        .bind(role.as_str())
        .execute(db)
        .await?;
    Ok(())
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
