//! All SQL of watchlists and saved views. Every statement names the customer, so that nobody reaches another's.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use sqlx::{FromRow, PgPool};

/// A watchlist with its assets in order.
#[derive(Debug, Clone, FromRow, Deserialize)]
pub struct Watchlist {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Symbols in order.
    pub symbols: Vec<String>,
}

/// A customer's watchlists in order.
///
/// # Errors
/// Postgres fails.
pub async fn lists(pool: &PgPool, customer_id: i64) -> sqlx::Result<Vec<Watchlist>> {
    sqlx::query_as(
        "select w.id, w.name,
                array(select symbol from watched_assets a where a.watchlist_id = w.id order by position, symbol) as symbols
         from watchlists w where w.customer_id = $1 order by w.position, w.id",
    )
    .bind(customer_id)
    .fetch_all(pool)
    .await
}

/// Makes a list at the end; `None` where one has this name or there are `most` already.
///
/// # Errors
/// Postgres fails.
pub async fn create_list(
    pool: &PgPool,
    customer_id: i64,
    name: &str,
    most: i64,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar(
        "insert into watchlists (customer_id, name, position, created_at)
         select $1, $2, coalesce(max(position), 0) + 1, $4 from watchlists where customer_id = $1
         having count(*) < $3
         on conflict do nothing returning id",
    )
    .bind(customer_id)
    .bind(name)
    .bind(most)
    .bind(now)
    .fetch_optional(pool)
    .await
}

/// Renames a list; `None`: not this customer's, `Some(false)`: another one has the name.
///
/// # Errors
/// Postgres fails.
pub async fn rename_list(pool: &PgPool, customer_id: i64, id: i64, name: &str) -> sqlx::Result<Option<bool>> {
    sqlx::query_scalar(
        "with mine as (select id from watchlists where id = $2 and customer_id = $1),
              taken as (select from watchlists where customer_id = $1 and id <> $2 and lower(name) = lower($3)),
              done as (update watchlists set name = $3 where id in (select id from mine) and not exists (select from taken)
                       returning id)
         select exists (select from done) from mine",
    )
    .bind(customer_id)
    .bind(id)
    .bind(name)
    .fetch_optional(pool)
    .await
}

/// Deletes a list; `false`: not this customer's.
///
/// # Errors
/// Postgres fails.
pub async fn delete_list(pool: &PgPool, customer_id: i64, id: i64) -> sqlx::Result<bool> {
    let done = sqlx::query("delete from watchlists where id = $1 and customer_id = $2")
        .bind(id)
        .bind(customer_id)
        .execute(pool)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Numbers a customer's lists in this order; ids of others are ignored.
///
/// # Errors
/// Postgres fails.
pub async fn order_lists(pool: &PgPool, customer_id: i64, ids: &[i64]) -> sqlx::Result<()> {
    sqlx::query(
        "update watchlists w set position = o.position from unnest($2::bigint[]) with ordinality as o (id, position)
         where w.id = o.id and w.customer_id = $1",
    )
    .bind(customer_id)
    .bind(ids)
    .execute(pool)
    .await?;
    Ok(())
}

/// Adds an asset at the end of a list; does nothing where it is on it, the list is another's, or it holds `most`.
///
/// # Errors
/// Postgres fails.
pub async fn add_asset(
    pool: &PgPool,
    customer_id: i64,
    list: i64,
    symbol: &str,
    most: i64,
) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "insert into watched_assets (watchlist_id, symbol, position)
         select w.id, $3, coalesce(max(a.position), 0) + 1
         from watchlists w left join watched_assets a on a.watchlist_id = w.id
         where w.id = $2 and w.customer_id = $1 group by w.id having count(a.symbol) < $4
         on conflict do nothing",
    )
    .bind(customer_id)
    .bind(list)
    .bind(symbol)
    .bind(most)
    .execute(pool)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes an asset off one list, or (`None`) off all of the customer's.
///
/// # Errors
/// Postgres fails.
pub async fn remove_asset(
    pool: &PgPool,
    customer_id: i64,
    list: Option<i64>,
    symbol: &str,
) -> sqlx::Result<()> {
    sqlx::query(
        "delete from watched_assets a using watchlists w
         where w.id = a.watchlist_id and w.customer_id = $1 and ($2::bigint is null or w.id = $2) and a.symbol = $3",
    )
    .bind(customer_id)
    .bind(list)
    .bind(symbol)
    .execute(pool)
    .await?;
    Ok(())
}

/// Numbers a list's assets in this order.
///
/// # Errors
/// Postgres fails.
pub async fn order_assets(
    pool: &PgPool,
    customer_id: i64,
    list: i64,
    symbols: &[String],
) -> sqlx::Result<()> {
    sqlx::query(
        "update watched_assets a set position = o.position
         from unnest($3::text[]) with ordinality as o (symbol, position), watchlists w
         where a.symbol = o.symbol and a.watchlist_id = w.id and w.id = $2 and w.customer_id = $1",
    )
    .bind(customer_id)
    .bind(list)
    .bind(symbols)
    .execute(pool)
    .await?;
    Ok(())
}

/// One of a customer's lists and whether an asset is on it.
#[derive(Debug, Clone, FromRow)]
pub struct Standing {
    /// The list.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Whether the asset is on it.
    pub watched: bool,
}

/// A customer's lists in order, and whether an asset is on each.
///
/// # Errors
/// Postgres fails.
pub async fn standing(pool: &PgPool, customer_id: i64, symbol: &str) -> sqlx::Result<Vec<Standing>> {
    sqlx::query_as(
        "select w.id, w.name, exists (select from watched_assets a where a.watchlist_id = w.id and a.symbol = $2) as watched
         from watchlists w where w.customer_id = $1 order by w.position, w.id",
    )
    .bind(customer_id)
    .bind(symbol)
    .fetch_all(pool)
    .await
}

/// A saved view.
#[derive(Debug, Clone, FromRow)]
pub struct SavedView {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Path and query.
    pub path: String,
}

/// A customer's saved views by name.
///
/// # Errors
/// Postgres fails.
pub async fn views(pool: &PgPool, customer_id: i64) -> sqlx::Result<Vec<SavedView>> {
    sqlx::query_as("select id, name, path from saved_views where customer_id = $1 order by lower(name)")
        .bind(customer_id)
        .fetch_all(pool)
        .await
}

/// Saves a view, in the place of one with the same name; `false` where there are `most` others already.
///
/// # Errors
/// Postgres fails.
pub async fn save_view(
    pool: &PgPool,
    customer_id: i64,
    name: &str,
    path: &str,
    most: i64,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "insert into saved_views (customer_id, name, path, created_at)
         select $1, $2, $3, $5
         where (select count(*) from saved_views where customer_id = $1 and lower(name) <> lower($2)) < $4
         on conflict (customer_id, lower(name)) do update set (name, path) = (excluded.name, excluded.path)",
    )
    .bind(customer_id)
    .bind(name)
    .bind(path)
    .bind(most)
    .bind(now)
    .execute(pool)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Deletes a saved view; `false`: not this customer's.
///
/// # Errors
/// Postgres fails.
pub async fn delete_view(pool: &PgPool, customer_id: i64, id: i64) -> sqlx::Result<bool> {
    let done = sqlx::query("delete from saved_views where id = $1 and customer_id = $2")
        .bind(id)
        .bind(customer_id)
        .execute(pool)
        .await?;
    Ok(done.rows_affected() == 1)
}
