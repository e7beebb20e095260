//! All SQL that publishes: one transaction, a few statements, whatever the number of assets.
//!
//! Here are the publication itself and the assets; then `predictions`, `documents`, `analyses`, `prices`.

mod analyses;
mod documents;
mod predictions;
mod prices;

use sqlx::{PgPool, Postgres, Transaction};

use super::batch::{Batch, Predicted};

/// Held while one publishes, so that two deliveries of a message come one after the other.
const LOCK: i64 = 0x7175_6172_7465_7231;

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    /// It is a new version.
    New {
        /// Its number, from 1.
        version: i32,
    },
    /// The same had been published before; nothing was changed.
    Before {
        /// Its number.
        version: i32,
    },
}

impl Published {
    /// The version that holds the batch.
    pub fn version(&self) -> i32 {
        match self {
            Self::New { version } | Self::Before { version } => *version,
        }
    }

    /// Whether something was written.
    pub fn is_new(&self) -> bool {
        matches!(self, Self::New { .. })
    }
}

type Tx = Transaction<'static, Postgres>;

/// Publishes a batch whole, or, on any error, nothing of it.
///
/// # Errors
/// Postgres fails.
pub async fn store(pool: &PgPool, batch: &Batch) -> sqlx::Result<Published> {
    let mut tx = pool.begin().await?;
    sqlx::query("select pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *tx).await?;
    let slot = batch.slot.to_string();
    let before: Option<i32> = sqlx::query_scalar(
        "select version from publications_made where slot = $1 and manifest_sha256 = $2 and left_out = $3",
    )
    .bind(&slot)
    .bind(&batch.manifest_sha256)
    .bind(&batch.left_out)
    .fetch_optional(&mut *tx)
    .await?;
    if let Some(version) = before {
        return Ok(Published::Before { version });
    }
    let (id, version): (i64, i32) = sqlx::query_as(
        "insert into publications_made (slot, version, closes_at, manifest_sha256, coverage, partial, lineage, left_out)
         select $1, coalesce(max(version), 0) + 1, $2, $3, $4, $5, $6, $7 from publications_made where slot = $1
         returning id, version",
    )
    .bind(&slot)
    .bind(batch.slot.close_at())
    .bind(&batch.manifest_sha256)
    .bind(sqlx::types::Json(&batch.coverage))
    .bind(batch.partial)
    .bind(sqlx::types::Json(&batch.lineage))
    .bind(&batch.left_out)
    .fetch_one(&mut *tx)
    .await?;
    store_assets(&mut tx, batch).await?;
    predictions::store_sentiments(&mut tx, id, batch).await?;
    predictions::store_forecasts(&mut tx, id, &batch.predicted).await?;
    predictions::store_signals(&mut tx, id, &batch.predicted).await?;
    predictions::store_risks(&mut tx, id, &batch.predicted).await?;
    documents::store_documents(&mut tx, id, &batch.predicted).await?;
    documents::take_back(&mut tx, batch).await?;
    analyses::store_volumes(&mut tx, id, &batch.predicted).await?;
    analyses::store_contributions(&mut tx, id, &batch.predicted).await?;
    analyses::store_strategies(&mut tx, id, &batch.predicted).await?;
    analyses::store_leads(&mut tx, id, &batch.predicted).await?;
    analyses::store_risk_backtests(&mut tx, id, &batch.predicted).await?;
    prices::store_bars(&mut tx, batch).await?;
    prices::score_forecasts(&mut tx, id, batch.slot.close_at().date_naive()).await?;
    // Every instance of the site hears of it once, and only if, this is committed.
    sqlx::query("select pg_notify('slot_published', $1)").bind(&slot).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(Published::New { version })
}

/// One value of each row as a column for `unnest`.
fn column<'a, R: 'a, T>(rows: &[(&'a str, R)], value: impl Fn(&R) -> T) -> Vec<T> {
    rows.iter().map(|(_, row)| value(row)).collect()
}

fn symbols<R>(rows: &[(&str, R)]) -> Vec<String> {
    rows.iter().map(|(symbol, _)| (*symbol).to_owned()).collect()
}

/// The rows of all assets, each with its asset's symbol.
fn rows<R>(predicted: &[Predicted], of: impl Fn(&Predicted) -> &[R]) -> Vec<(&str, &R)> {
    predicted.iter().flat_map(|p| of(p).iter().map(|row| (p.symbol.as_str(), row))).collect()
}

async fn store_assets(tx: &mut Tx, batch: &Batch) -> sqlx::Result<()> {
    let text = |value: fn(&domain::Asset) -> String| batch.assets.iter().map(value).collect::<Vec<_>>();
    sqlx::query(
        "insert into assets (symbol, name, class, exchange, aliases)
         select symbol, name, class, exchange, string_to_array(aliases, '|')
         from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) as a (symbol, name, class, exchange, aliases)
         on conflict (symbol) do update set (name, class, exchange, aliases)
             = (excluded.name, excluded.class, excluded.exchange, excluded.aliases)
         where (assets.name, assets.class, assets.exchange, assets.aliases)
             is distinct from (excluded.name, excluded.class, excluded.exchange, excluded.aliases)",
    )
    .bind(text(|a| a.symbol.to_string()))
    .bind(text(|a| a.name.clone()))
    .bind(text(|a| a.class.as_str().to_owned()))
    .bind(text(|a| a.exchange.clone()))
    .bind(text(|a| a.aliases.join("|")))
    .execute(&mut **tx)
    .await?;
    Ok(())
}
