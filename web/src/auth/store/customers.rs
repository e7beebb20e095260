//! All SQL of accounts themselves.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, PgPool};

use crate::access::Role;
use crate::auth::address::key_of;
use crate::text::Lang;

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
