//! All SQL of the headlines.

use analytics::aggregate::NEUTRAL_BAND;
use chrono::{DateTime, Days, Utc};
use sqlx::{FromRow, PgPool, Postgres, QueryBuilder};

use super::asked::{Filters, Tone};
use super::cursor::Cursor;
use crate::access::Access;
use crate::market::scope::Scope;
use crate::sentiment::asked::Noise;

/// One article, once, whatever number of assets it names.
#[derive(Debug, Clone, FromRow)]
pub struct HeadlineRow {
    /// When it was written.
    pub said_at: DateTime<Utc>,
    /// Its source.
    pub source: String,
    /// The source's own name for it.
    pub id: String,
    /// Its outlet.
    pub outlet: Option<String>,
    /// The headline; `None`: may not be shown.
    pub title: Option<String>,
    /// Link.
    pub url: Option<String>,
    /// Who wrote it.
    pub authors: Option<Vec<String>>,
    /// ISO 639-1 language.
    pub lang: Option<String>,
    /// Its tone, over the assets that it names.
    pub score: Option<f64>,
    /// Why it is noise.
    pub noise: Option<String>,
    /// The assets that it names, of those that the reader may see.
    pub symbols: Vec<String>,
}

/// The headlines in `scope` that `filters` take, newest first, after `cursor`, at most `limit`. `newest_id` is the newest
/// publication, to which the shallowest depth is bound.
///
/// # Errors
/// Postgres fails.
pub async fn headlines(
    pool: &PgPool,
    scope: &Scope,
    filters: &Filters,
    cursor: Option<&Cursor>,
    newest_id: i64,
    limit: i64,
) -> sqlx::Result<Vec<HeadlineRow>> {
    let mut query: QueryBuilder<Postgres> = QueryBuilder::new(
        "select d.said_at, d.source, d.id, min(d.outlet) as outlet, min(d.text) as title, min(d.url) as url,
                min(d.authors) as authors, min(d.lang) as lang, avg(d.score) as score, min(d.noise) as noise,
                array_agg(distinct d.symbol order by d.symbol) as symbols
         from documents d join publications p on p.id = d.publication_id
         where d.kind = 'article'
           and not exists (select from publications n where n.slot = p.slot and n.version > p.version)",
    );
    match scope.access {
        Access::Full => {}
        Access::Since(since) => {
            query.push(" and d.said_at >= ").push_bind(since);
        }
        Access::Latest => {
            query.push(" and d.publication_id = ").push_bind(newest_id);
        }
        Access::Locked { .. } => return Ok(Vec::new()),
    }
    if let Some(symbols) = &scope.symbols {
        query.push(" and d.symbol = any (").push_bind(symbols.clone()).push(")");
    }
    if filters.noise == Noise::Organic {
        query.push(" and d.noise is null");
    }
    if let Some(q) = &filters.q {
        query.push(" and d.search @@ websearch_to_tsquery('simple', ").push_bind(q.clone()).push(")");
    }
    if let Some(outlet) = &filters.outlet {
        query.push(" and d.outlet = ").push_bind(outlet.clone());
    }
    if let Some(lang) = &filters.lang {
        query.push(" and d.lang = ").push_bind(lang.clone());
    }
    let midnight = |day: chrono::NaiveDate| day.and_time(chrono::NaiveTime::MIN).and_utc();
    if let Some(from) = filters.from {
        query.push(" and d.said_at >= ").push_bind(midnight(from));
    }
    if let Some(after) = filters.to.and_then(|to| to.checked_add_days(Days::new(1))) {
        query.push(" and d.said_at < ").push_bind(midnight(after));
    }
    if let Some(cursor) = cursor {
        query.push(" and d.said_at <= ").push_bind(cursor.said_at);
        query.push(" and (d.said_at < ").push_bind(cursor.said_at);
        query.push(" or (d.source, d.id) > (").push_bind(cursor.source.clone());
        query.push(", ").push_bind(cursor.id.clone()).push("))");
    }
    // Grouped in the order of an index, so that a page is read without all that lies before it.
    query.push(" group by d.said_at, d.source, d.id");
    match filters.tone {
        None => {}
        Some(Tone::Positive) => {
            query.push(" having avg(d.score) > ").push_bind(NEUTRAL_BAND);
        }
        Some(Tone::Negative) => {
            query.push(" having avg(d.score) < ").push_bind(-NEUTRAL_BAND);
        }
        Some(Tone::Neutral) => {
            query.push(" having abs(avg(d.score)) <= ").push_bind(NEUTRAL_BAND);
        }
    }
    query.push(" order by d.said_at desc, d.source, d.id limit ").push_bind(limit);
    query.build_query_as().fetch_all(pool).await
}
