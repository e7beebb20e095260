//! SQL about an account as a whole: everything that hangs on it, and its end.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{AssertSqlSafe, FromRow, PgConnection, PgPool, Postgres, Transaction};

/// Columns whose names say this are not given out: they would let their reader in. Nor are columns of bytes, which are
/// hashes of such.
pub const SECRETS: &str = "(secret|password|token|sha256)";

/// A table that hangs on the account, and how: through which column, to which table.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns that are given out.
    pub columns: Vec<String>,
    /// A condition for the rows that are the customer's, whose id is `$1`.
    pub condition: String,
}

/// A transaction that sees all tables as of one instant.
///
/// # Errors
/// Postgres fails.
pub async fn snapshot(pool: &PgPool) -> sqlx::Result<Transaction<'static, Postgres>> {
    pool.begin_with("begin isolation level repeatable read read only").await
}

/// The tables that hang on an account: `customers` itself, those that refer to it, and so on from these by their only
/// keys, three deep. Of several ways to a table the shortest counts.
///
/// # Errors
/// Postgres fails.
pub async fn tables(db: &mut PgConnection) -> sqlx::Result<Vec<Table>> {
    sqlx::query_as(
        "with recursive links as (
             select k.conrelid as child, k.confrelid as parent, quote_ident(a.attname) as child_column,
                    quote_ident(b.attname) as parent_column
             from pg_constraint k
             join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
             join pg_attribute b on b.attrelid = k.confrelid and b.attnum = k.confkey[1]
             where k.contype = 'f' and cardinality(k.conkey) = 1 and k.conrelid <> k.confrelid),
         reached as (
             select 'customers'::regclass::oid as id, 'id = $1'::text as condition, 0 as depth
             union all
             select l.child, format('%s in (select %s from %s where %s)', l.child_column, l.parent_column,
                                    r.id::regclass, r.condition) collate \"default\", r.depth + 1
             from reached r join links l on l.parent = r.id where r.depth < 3),
         nearest as (select distinct on (id) id, condition from reached order by id, depth, condition)
         select n.id::regclass::text as name, n.condition,
                array_agg(quote_ident(a.attname)::text order by a.attnum) as columns
         from nearest n join pg_attribute a on a.attrelid = n.id
         where a.attnum > 0 and not a.attisdropped and a.atttypid <> 'bytea'::regtype and a.attname !~ $1
         group by n.id, n.condition order by name",
    )
    .bind(SECRETS)
    .fetch_all(db)
    .await
}

/// A customer's rows of a table.
///
/// # Errors
/// Postgres fails.
pub async fn rows(db: &mut PgConnection, table: &Table, customer_id: i64) -> sqlx::Result<Vec<Value>> {
    // Names come from Postgres's own catalogue, quoted by it.
    let sql = format!(
        "select to_jsonb(t) from (select {} from {} where {}) t",
        table.columns.join(", "),
        table.name,
        table.condition
    );
    sqlx::query_scalar(AssertSqlSafe(sql)).bind(customer_id).fetch_all(db).await
}

/// What the audit log holds of an account.
///
/// # Errors
/// Postgres fails.
pub async fn audited(db: &mut PgConnection, pseudonym: &str) -> sqlx::Result<Vec<Value>> {
    sqlx::query_scalar(
        "select jsonb_build_object('at', at, 'action', action, 'address', address) from audit_entries
         where subject = $1 order by id",
    )
    .bind(pseudonym)
    .fetch_all(db)
    .await
}

/// Whether a subscription of a customer's would go on being paid for.
///
/// # Errors
/// Postgres fails.
pub async fn subscribed(db: &mut PgConnection, customer_id: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "select exists (
             select from billing_subscriptions
             where customer_id = $1 and ended_at is null and not cancel_at_period_end and cancel_at is null
               and status not in ('canceled', 'incomplete', 'incomplete_expired'))",
    )
    .bind(customer_id)
    .fetch_one(db)
    .await
}

/// Erases one account whose time has come, and what bears its address without hanging on it; its pseudonym.
///
/// # Errors
/// Postgres fails.
pub async fn erase_one(db: &mut PgConnection, now: DateTime<Utc>) -> sqlx::Result<Option<String>> {
    let found: Option<(i64, String, String, String)> = sqlx::query_as(
        "select id, email, address_key, pseudonym::text from customers where erase_at <= $1
         order by erase_at limit 1 for update skip locked",
    )
    .bind(now)
    .fetch_optional(&mut *db)
    .await?;
    let Some((id, email, key, pseudonym)) = found else { return Ok(None) };
    sqlx::query("delete from mails where recipient = $1").bind(&email).execute(&mut *db).await?;
    sqlx::query("delete from registrations where address_key = $1").bind(&key).execute(&mut *db).await?;
    sqlx::query("delete from reset_requests where address_key = $1").bind(&key).execute(&mut *db).await?;
    sqlx::query("delete from customers where id = $1").bind(id).execute(db).await?;
    Ok(Some(pseudonym))
}
