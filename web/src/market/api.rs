//! The same as JSON: what the charts read, and what customers may read by program. One check of access with the pages.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use domain::Feature;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

use super::cache::{Dossier, Edition};
use super::store::{self, AssetRow};
use super::view;
use crate::access::Access;
use crate::error::Error;
use crate::site::reader::Reader;

/// Closes before the fan.
const FAN_CLOSES: usize = 25;

/// What one call needs: the asset, what is known of it, and what the caller may see of it.
struct Asked {
    edition: Arc<Edition>,
    dossier: Arc<Dossier>,
    symbol: String,
    access: Access,
}

async fn ask(reader: &Reader, symbol: &str, feature: Feature) -> Result<Asked, Error> {
    let edition = reader.app.edition().await?;
    if !edition.front.assets.contains_key(symbol) {
        return Err(Error::NotFound);
    }
    let access = edition.access(reader.who(), feature, symbol, reader.now);
    if let Access::Locked { unlocked_by } = access {
        return Err(Error::Locked { feature, unlocked_by });
    }
    let dossier = reader.app.dossier(&edition, symbol).await?;
    Ok(Asked { edition, dossier, symbol: symbol.to_owned(), access })
}

fn answer(asked: &Asked, mut body: serde_json::Value) -> HttpResponse {
    let publication = asked.edition.publication.as_ref();
    body["symbol"] = asked.symbol.as_str().into();
    body["slot"] = publication.map(|p| p.slot.as_str()).into();
    body["as_of"] = publication.map(|p| p.closes_at.to_rfc3339()).into();
    HttpResponse::Ok().json(body)
}

/// `GET /api/assets`: the assets of which the caller may see something.
///
/// # Errors
/// Postgres fails.
pub async fn assets(reader: Reader) -> Result<HttpResponse, Error> {
    let edition = reader.app.edition().await?;
    let mut listed = Vec::new();
    for row in &edition.front.rows {
        let symbol = &row.sentiment.symbol;
        let access = |feature| edition.access(reader.who(), feature, symbol, reader.now);
        let (prices, moods) = (access(Feature::Price), access(Feature::Sentiment));
        if prices.is_locked() && moods.is_locked() {
            continue;
        }
        let asset: Option<&AssetRow> = edition.front.assets.get(symbol);
        let last = row.bars.last().filter(|_| !prices.is_locked());
        let mood = Some(&row.sentiment).filter(|_| !moods.is_locked());
        listed.push(json!({
            "symbol": symbol,
            "name": asset.map(|a| a.name.as_str()),
            "class": asset.map(|a| a.class.as_str()),
            "rank": row.sentiment.rank,
            "documents_day": row.sentiment.documents_day,
            "close": last.map(|bar| bar.close),
            "closed_on": last.map(|bar| bar.traded_on),
            "change": last.and_then(|_| super::words::last_change(&row.bars)),
            "score": mood.and_then(|m| m.score),
            "low": mood.and_then(|m| m.low),
            "high": mood.and_then(|m| m.high),
        }));
    }
    let publication = edition.publication.as_ref();
    let body = json!({
        "slot": publication.map(|p| p.slot.as_str()),
        "as_of": publication.map(|p| p.closes_at.to_rfc3339()),
        "assets": listed,
    });
    Ok(HttpResponse::Ok().json(body))
}

/// `GET /api/assets/{symbol}/price`: daily bars.
///
/// # Errors
/// Locked, no such asset, or Postgres fails.
pub async fn price(reader: Reader, symbol: web::Path<String>) -> Result<HttpResponse, Error> {
    let asked = ask(&reader, &symbol, Feature::Price).await?;
    Ok(answer(&asked, json!({ "interval": "1d", "bars": asked.dossier.bars })))
}

/// `GET /api/assets/{symbol}/sentiment`: the score slot by slot.
///
/// # Errors
/// Locked, no such asset, or Postgres fails.
pub async fn sentiment(reader: Reader, symbol: web::Path<String>) -> Result<HttpResponse, Error> {
    let asked = ask(&reader, &symbol, Feature::Sentiment).await?;
    let history = reader.app.history(&asked.edition, &asked.symbol).await?;
    let points = view::points(&history, asked.access, asked.edition.closes_at());
    Ok(answer(&asked, json!({ "points": points })))
}

/// Pages of the news.
#[derive(Debug, Deserialize)]
pub struct NewsQuery {
    /// Only what was written before.
    before: Option<DateTime<Utc>>,
}

/// `GET /api/assets/{symbol}/news?before=`: articles, and posts for those who may see what lies behind a score.
///
/// # Errors
/// Locked, no such asset, or Postgres fails.
pub async fn news(
    reader: Reader,
    symbol: web::Path<String>,
    query: web::Query<NewsQuery>,
) -> Result<HttpResponse, Error> {
    let asked = ask(&reader, &symbol, Feature::News).await?;
    let newest_at = asked.edition.closes_at();
    let (articles, posts) = match query.before {
        None => (None, None),
        Some(before) => {
            let rows =
                async |kind| store::documents(&reader.app.pool, &asked.symbol, kind, Some(before)).await;
            (Some(rows("article").await?), Some(rows("post").await?))
        }
    };
    let articles = articles.as_ref().unwrap_or(&asked.dossier.articles);
    let posts = posts.as_ref().unwrap_or(&asked.dossier.posts);
    let mut body = json!({ "articles": view::documents(articles, asked.access, newest_at) });
    if asked.access.sees_behind() {
        body["posts"] = json!(view::documents(posts, asked.access, newest_at));
    }
    Ok(answer(&asked, body))
}

/// `GET /api/assets/{symbol}/forecast`: five trading days, the random walk beside, and the signals.
///
/// # Errors
/// Locked, no such asset, or Postgres fails.
pub async fn forecast(reader: Reader, symbol: web::Path<String>) -> Result<HttpResponse, Error> {
    let asked = ask(&reader, &symbol, Feature::Predictions).await?;
    let recent = asked.dossier.bars.len().saturating_sub(FAN_CLOSES);
    let closes: Vec<_> = asked.dossier.bars[recent..]
        .iter()
        .map(|bar| json!({ "time": bar.traded_on, "value": bar.basis() }))
        .collect();
    let body =
        json!({ "closes": closes, "horizons": asked.dossier.forecast, "signals": asked.dossier.signals });
    Ok(answer(&asked, body))
}

/// `GET /api/assets/{symbol}/risk`: Value at Risk with its Monte-Carlo error.
///
/// # Errors
/// Locked, no such asset, or Postgres fails.
pub async fn risk(reader: Reader, symbol: web::Path<String>) -> Result<HttpResponse, Error> {
    let asked = ask(&reader, &symbol, Feature::Predictions).await?;
    Ok(answer(&asked, json!({ "levels": asked.dossier.risks })))
}
