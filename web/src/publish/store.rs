//! All SQL that publishes: one transaction, a few statements, whatever the number of assets.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::slot::SLOT_HOURS;
use sqlx::{PgPool, Postgres, Transaction};

use super::batch::{Batch, Document, Predicted};

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
    let before: Option<i32> =
        sqlx::query_scalar("select version from publications where slot = $1 and manifest_sha256 = $2")
            .bind(&slot)
            .bind(&batch.manifest_sha256)
            .fetch_optional(&mut *tx)
            .await?;
    if let Some(version) = before {
        return Ok(Published::Before { version });
    }
    let (id, version): (i64, i32) = sqlx::query_as(
        "insert into publications (slot, version, closes_at, manifest_sha256, coverage, partial, lineage)
         select $1, coalesce(max(version), 0) + 1, $2, $3, $4, $5, $6 from publications where slot = $1
         returning id, version",
    )
    .bind(&slot)
    .bind(batch.slot.close_at())
    .bind(&batch.manifest_sha256)
    .bind(sqlx::types::Json(&batch.coverage))
    .bind(batch.partial)
    .bind(sqlx::types::Json(&batch.lineage))
    .fetch_one(&mut *tx)
    .await?;
    store_assets(&mut tx, batch).await?;
    store_sentiments(&mut tx, id, batch).await?;
    store_forecasts(&mut tx, id, &batch.predicted).await?;
    store_signals(&mut tx, id, &batch.predicted).await?;
    store_risks(&mut tx, id, &batch.predicted).await?;
    store_documents(&mut tx, id, &batch.predicted).await?;
    take_back(&mut tx, batch).await?;
    store_bars(&mut tx, batch).await?;
    score_forecasts(&mut tx, id, batch.slot.close_at().date_naive()).await?;
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

/// Documents without noise of each asset in the slots of the last day before this one.
async fn documents_before(tx: &mut Tx, closes_at: DateTime<Utc>) -> sqlx::Result<HashMap<String, i64>> {
    let earlier: Vec<(String, i64)> = sqlx::query_as(
        "select s.symbol, sum(s.posts_organic + s.articles_organic)::bigint
         from sentiments s join publications p on p.id = s.publication_id
         where p.closes_at > $1 and p.closes_at < $2
           and not exists (select from publications n where n.slot = p.slot and n.version > p.version)
         group by s.symbol",
    )
    .bind(closes_at - chrono::Duration::hours(4 * SLOT_HOURS))
    .bind(closes_at)
    .fetch_all(&mut **tx)
    .await?;
    Ok(earlier.into_iter().collect())
}

async fn store_sentiments(tx: &mut Tx, id: i64, batch: &Batch) -> sqlx::Result<()> {
    let before = documents_before(tx, batch.slot.close_at()).await?;
    let mut ranked: Vec<(i64, &Predicted)> = batch
        .predicted
        .iter()
        .map(|p| {
            let now = p.sentiment.posts_organic + p.sentiment.articles_organic;
            (now + before.get(&p.symbol).copied().unwrap_or_default(), p)
        })
        .collect();
    ranked.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.symbol.cmp(&b.1.symbol)));
    let rows: Vec<_> = ranked.iter().map(|(_, p)| (p.symbol.as_str(), &p.sentiment)).collect();
    sqlx::query(
        "insert into sentiments (publication_id, symbol, rank, documents_day, score, low, high, score_raw, posts,
             posts_organic, articles, articles_organic, positive, negative, model)
         select $1, s.* from unnest($2::text[], $3::int[], $4::bigint[], $5::float8[], $6::float8[], $7::float8[],
             $8::float8[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::float8[], $14::float8[],
             $15::text[]) as s",
    )
    .bind(id)
    .bind(symbols(&rows))
    .bind((1..=rows.len() as i32).collect::<Vec<_>>())
    .bind(ranked.iter().map(|(documents, _)| *documents).collect::<Vec<_>>())
    .bind(column(&rows, |s| s.score))
    .bind(column(&rows, |s| s.low))
    .bind(column(&rows, |s| s.high))
    .bind(column(&rows, |s| s.score_raw))
    .bind(column(&rows, |s| s.posts))
    .bind(column(&rows, |s| s.posts_organic))
    .bind(column(&rows, |s| s.articles))
    .bind(column(&rows, |s| s.articles_organic))
    .bind(column(&rows, |s| s.positive))
    .bind(column(&rows, |s| s.negative))
    .bind(column(&rows, |s| s.model.clone()))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn store_forecasts(tx: &mut Tx, id: i64, predicted: &[Predicted]) -> sqlx::Result<()> {
    let rows = rows(predicted, |p| &p.forecast);
    sqlx::query(
        "insert into forecasts (publication_id, symbol, horizon, target_on, last_on, last_close, q025, q10, q50, q90,
             q975, rw_q025, rw_q10, rw_q90, rw_q975, model, skill, skill_low, skill_high, coverage_80, coverage_95,
             evaluated)
         select $1, f.* from unnest($2::text[], $3::int[], $4::date[], $5::date[], $6::float8[], $7::float8[],
             $8::float8[], $9::float8[], $10::float8[], $11::float8[], $12::float8[], $13::float8[], $14::float8[],
             $15::float8[], $16::text[], $17::float8[], $18::float8[], $19::float8[], $20::float8[], $21::float8[],
             $22::bigint[]) as f",
    )
    .bind(id)
    .bind(symbols(&rows))
    .bind(column(&rows, |f| f.horizon))
    .bind(column(&rows, |f| f.target_on))
    .bind(column(&rows, |f| f.last_on))
    .bind(column(&rows, |f| f.last_close))
    .bind(column(&rows, |f| f.q025))
    .bind(column(&rows, |f| f.q10))
    .bind(column(&rows, |f| f.q50))
    .bind(column(&rows, |f| f.q90))
    .bind(column(&rows, |f| f.q975))
    .bind(column(&rows, |f| f.rw_q025))
    .bind(column(&rows, |f| f.rw_q10))
    .bind(column(&rows, |f| f.rw_q90))
    .bind(column(&rows, |f| f.rw_q975))
    .bind(column(&rows, |f| f.model.clone()))
    .bind(column(&rows, |f| f.skill))
    .bind(column(&rows, |f| f.skill_low))
    .bind(column(&rows, |f| f.skill_high))
    .bind(column(&rows, |f| f.coverage_80))
    .bind(column(&rows, |f| f.coverage_95))
    .bind(column(&rows, |f| f.evaluated))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn store_signals(tx: &mut Tx, id: i64, predicted: &[Predicted]) -> sqlx::Result<()> {
    let rows = rows(predicted, |p| &p.signals);
    sqlx::query(
        "insert into signals (publication_id, symbol, name, side, strength, reason)
         select $1, s.* from unnest($2::text[], $3::text[], $4::text[], $5::float8[], $6::text[]) as s",
    )
    .bind(id)
    .bind(symbols(&rows))
    .bind(column(&rows, |s| s.name.clone()))
    .bind(column(&rows, |s| s.side.clone()))
    .bind(column(&rows, |s| s.strength))
    .bind(column(&rows, |s| s.reason.clone()))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn store_risks(tx: &mut Tx, id: i64, predicted: &[Predicted]) -> sqlx::Result<()> {
    let rows = rows(predicted, |p| &p.risk);
    sqlx::query(
        "insert into risks (publication_id, symbol, confidence, horizon, value_at_risk, standard_error,
             expected_shortfall, closed_form, historical, simulations, returns, seed)
         select $1, r.* from unnest($2::text[], $3::float8[], $4::int[], $5::float8[], $6::float8[], $7::float8[],
             $8::float8[], $9::float8[], $10::bigint[], $11::bigint[], $12::bigint[]) as r",
    )
    .bind(id)
    .bind(symbols(&rows))
    .bind(column(&rows, |r| r.confidence))
    .bind(column(&rows, |r| r.horizon))
    .bind(column(&rows, |r| r.value_at_risk))
    .bind(column(&rows, |r| r.standard_error))
    .bind(column(&rows, |r| r.expected_shortfall))
    .bind(column(&rows, |r| r.closed_form))
    .bind(column(&rows, |r| r.historical))
    .bind(column(&rows, |r| r.simulations))
    .bind(column(&rows, |r| r.returns))
    .bind(column(&rows, |r| r.seed))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Empties what publications show of posts that are gone at their source; what was counted stays counted.
async fn take_back(tx: &mut Tx, batch: &Batch) -> sqlx::Result<()> {
    for (source, ids) in &batch.gone {
        sqlx::query(
            "update documents set (outlet, text, url) = (null, null, null)
             where kind = 'post' and source = $1 and id = any ($2)",
        )
        .bind(source)
        .bind(ids.iter().cloned().collect::<Vec<_>>())
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

async fn store_documents(tx: &mut Tx, id: i64, predicted: &[Predicted]) -> sqlx::Result<()> {
    let rows = rows(predicted, |p| &p.documents);
    // Postgres cannot hold NUL in a text.
    let clean = |text: &str| text.replace('\0', "");
    let optional =
        |value: fn(&Document) -> Option<&String>| column(&rows, |d| value(d).map(|text| clean(text)));
    sqlx::query(
        "insert into documents (publication_id, symbol, kind, source, id, said_at, outlet, text, url, score, weight, noise)
         select $1, d.* from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[],
             $8::text[], $9::text[], $10::float8[], $11::float8[], $12::text[]) as d",
    )
    .bind(id)
    .bind(symbols(&rows))
    .bind(column(&rows, |d| d.kind.to_owned()))
    .bind(column(&rows, |d| clean(&d.source)))
    .bind(column(&rows, |d| clean(&d.id)))
    .bind(column(&rows, |d| d.said_at))
    .bind(optional(|d| d.outlet.as_ref()))
    .bind(optional(|d| d.text.as_ref()))
    .bind(optional(|d| d.url.as_ref()))
    .bind(column(&rows, |d| d.score))
    .bind(column(&rows, |d| d.weight))
    .bind(optional(|d| d.noise.as_ref()))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Bars of a later slot stay: a slot that is filled in afterwards must not take prices back.
async fn store_bars(tx: &mut Tx, batch: &Batch) -> sqlx::Result<()> {
    let mut rows = rows(&batch.predicted, |p| &p.bars);
    let day = |at: DateTime<Utc>| -> NaiveDate { at.date_naive() };
    // Two sources may state one day; the first in the file counts.
    rows.sort_by_key(|(symbol, bar)| (*symbol, day(bar.opens_at)));
    rows.dedup_by_key(|(symbol, bar)| (*symbol, day(bar.opens_at)));
    sqlx::query(
        // Only what is new is written: nearly all bars of a slot are those of the slot before.
        "insert into daily_bars (symbol, traded_on, open, high, low, close, adj_close, volume, stated_at)
         select b.*, $1 from unnest($2::text[], $3::date[], $4::float8[], $5::float8[], $6::float8[], $7::float8[],
             $8::float8[], $9::float8[]) as b (symbol, traded_on, open, high, low, close, adj_close, volume)
         left join daily_bars old using (symbol, traded_on)
         where old.symbol is null or old.stated_at <= $1
           and (old.open, old.high, old.low, old.close, old.adj_close, old.volume)
             is distinct from (b.open, b.high, b.low, b.close, b.adj_close, b.volume)
         on conflict (symbol, traded_on) do update set (open, high, low, close, adj_close, volume, stated_at)
             = (excluded.open, excluded.high, excluded.low, excluded.close, excluded.adj_close, excluded.volume,
                excluded.stated_at)",
    )
    .bind(batch.slot.close_at())
    .bind(symbols(&rows))
    .bind(column(&rows, |b| day(b.opens_at)))
    .bind(column(&rows, |b| b.open))
    .bind(column(&rows, |b| b.high))
    .bind(column(&rows, |b| b.low))
    .bind(column(&rows, |b| b.close))
    .bind(column(&rows, |b| b.adj_close))
    .bind(column(&rows, |b| b.volume))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Compares the forecasts whose day has come with what happened. Only a slot's first version counts, so that nobody can
/// mend a forecast afterwards. Where the market was closed on the day, the next trading day within four days counts.
/// Returns are compared, so that a split or dividend meanwhile does not look like an error.
async fn score_forecasts(tx: &mut Tx, id: i64, today: NaiveDate) -> sqlx::Result<()> {
    sqlx::query(
        "insert into forecast_outcomes
         select f.publication_id, f.symbol, f.horizon, b.traded_on, a.price,
                abs(f.q50 - a.price) / f.last_close, abs(f.last_close - a.price) / f.last_close,
                a.price between f.q10 and f.q90, a.price between f.q025 and f.q975, $1
         from forecasts f
         join publications p on p.id = f.publication_id and p.version = 1
         join daily_bars l on l.symbol = f.symbol and l.traded_on = f.last_on
         cross join lateral (
             select traded_on, coalesce(adj_close, close) as basis from daily_bars
             where symbol = f.symbol and traded_on >= f.target_on and traded_on <= f.target_on + 4
             order by traded_on limit 1) b
         cross join lateral (select f.last_close * b.basis / coalesce(l.adj_close, l.close) as price) a
         where f.last_close > 0 and coalesce(l.adj_close, l.close) > 0 and b.traded_on > f.last_on
           and f.target_on between $2 - 30 and $2
           and not exists (select from forecast_outcomes o where o.publication_id = f.publication_id
                           and o.symbol = f.symbol and o.horizon = f.horizon)",
    )
    .bind(id)
    .bind(today)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
